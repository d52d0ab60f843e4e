#include <cstdio>
#include <vector>

#include "device_graph.h"

static bool check(int vertices, int chain, int source) {
  std::vector<std::vector<int>> near(vertices);
  for (int v = 0; v + 1 < chain; ++v) {
    near[v].push_back(v + 1);
    near[v + 1].push_back(v);
  }
  int seed = vertices;
  for (int v = chain; v < vertices; ++v) {
    seed = (seed * 157 + 89) % 9973;
    if (v % 6 == 0) continue;  // some that nothing reaches
    const int to = seed % chain;
    near[to].push_back(v);
    if (v % 4 == 0) near[v].push_back(to);
  }
  std::vector<int> starts = {0}, edges;
  for (const auto& each : near) {
    edges.insert(edges.end(), each.begin(), each.end());
    starts.push_back(static_cast<int>(edges.size()));
  }
  std::vector<int> expected(vertices, -1), queue = {source}, depth(vertices, 99);
  expected[source] = 0;
  for (size_t i = 0; i < queue.size(); ++i)
    for (const int to : near[queue[i]])
      if (expected[to] < 0) {
        expected[to] = expected[queue[i]] + 1;
        queue.push_back(to);
      }
  const int wanted = expected[queue.back()] + 1;
  const int made = levels(starts.data(), edges.data(), vertices, source, depth.data());
  if (made != wanted) {
    std::printf("%d levels, not %d\n", made, wanted);
    return false;
  }
  for (int v = 0; v < vertices; ++v)
    if (depth[v] != expected[v]) {
      std::printf("vertex %d has depth %d, not %d\n", v, depth[v], expected[v]);
      return false;
    }
  return true;
}

int main() {
  if (!check(400, 30, 0) || !check(300, 9, 4) || !check(50, 2, 49)) return 1;
  std::printf("PASS\n");
  return 0;
}
