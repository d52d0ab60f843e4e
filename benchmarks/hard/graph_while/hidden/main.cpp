#include <algorithm>
#include <cstdio>
#include <vector>

#include "graph_while.h"

static bool run(const char *name, int vertices, const std::vector<int> &from, const std::vector<int> &to) {
  int edges = (int)from.size(), rounds = -1;
  std::vector<int> label(vertices, -1), want(vertices);
  std::vector<int> one = from, other = to;
  one.push_back(0), other.push_back(0);  // so that there is an address without edges
  if (int status = components(one.data(), other.data(), edges, vertices, label.data(), &rounds))
    return std::printf("%s: status %d\n", name, status), false;
  for (int v = 0; v < vertices; v++) want[v] = v;
  int steps = 0;
  for (bool changed = true; changed; steps++) {
    std::vector<int> next = want;
    for (int e = 0; e < edges; e++) {
      next[from[e]] = std::min(next[from[e]], want[to[e]]);
      next[to[e]] = std::min(next[to[e]], want[from[e]]);
    }
    changed = next != want;
    want = next;
  }
  for (int v = 0; v < vertices; v++)
    if (label[v] != want[v]) return std::printf("%s: vertex %d has %d instead of %d\n", name, v, label[v], want[v]), false;
  if (rounds != steps) return std::printf("%s: %d rounds instead of %d\n", name, rounds, steps), false;
  return true;
}

int main() {
  std::vector<int> from, to;
  for (int v = 0; v < 39; v++) from.push_back(v + 1), to.push_back(v);  // a chain: many rounds
  bool good = run("chain", 45, from, to) && run("none", 10, {}, {}) && run("loop", 3, {1}, {1});
  std::vector<int> a, b;
  unsigned state = 3;
  auto draw = [&](int below) { return state = state * 1664525u + 1013904223u, (int)((state >> 8) % below); };
  for (int e = 0; e < 250; e++) a.push_back(draw(300)), b.push_back(draw(300));
  good = good && run("random", 300, a, b);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
