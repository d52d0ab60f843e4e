#include <cmath>
#include <cstdio>
#include <vector>

#include "cube_map.h"

static bool run(int size) {
  std::vector<float> map(6 * size * size), directions, want;
  for (size_t i = 0; i < map.size(); i++) map[i] = (float)i + 0.25f;
  // From the middle of each texel back to the direction: a point on a face of the cube that is `m` away.
  for (int face = 0; face < 6; face++)
    for (int row = 0; row < size; row++)
      for (int column = 0; column < size; column++)
        for (float m : {1.0f, 3.0f, 0.125f}) {
          float s = ((column + 0.5f) / size * 2 - 1) * m, t = ((row + 0.5f) / size * 2 - 1) * m;
          const float points[6][3] = {{m, -t, -s}, {-m, -t, s}, {s, m, t}, {s, -m, -t}, {s, -t, m}, {-s, -t, -m}};
          directions.insert(directions.end(), points[face], points[face] + 3);
          want.push_back(map[(face * size + row) * size + column]);
        }
  int n = (int)want.size();
  std::vector<float> light(n, -1);
  if (int status = look_up(map.data(), size, directions.data(), n, light.data())) return std::printf("status %d\n", status), false;
  for (int i = 0; i < n; i++)
    if (light[i] != want[i])
      return std::printf("size %d, direction (%g, %g, %g): %g instead of %g\n", size, directions[3 * i],
                         directions[3 * i + 1], directions[3 * i + 2], light[i], want[i]),
             false;
  return true;
}

int main() {
  bool good = run(1) && run(2) && run(5) && run(16);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
