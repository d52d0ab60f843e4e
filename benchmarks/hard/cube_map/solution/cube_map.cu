#include <hip/hip_runtime.h>
#include "cube_map.h"

#include "buffer.h"

__device__ float texel(const float *map, int size, float x, float y, float z) {
  float ax = fabsf(x), ay = fabsf(y), az = fabsf(z), m, s, t;
  int face;
  if (ax >= ay && ax >= az) {
    face = x < 0, m = ax, s = x < 0 ? z : -z, t = -y;
  } else if (ay >= az) {
    face = 2 + (y < 0), m = ay, s = x, t = y < 0 ? -z : z;
  } else {
    face = 4 + (z < 0), m = az, s = z < 0 ? -x : x, t = -y;
  }
  int column = min((int)((s / m + 1) / 2 * size), size - 1), row = min((int)((t / m + 1) / 2 * size), size - 1);
  return map[((size_t)face * size + row) * size + column];
}

__global__ void look(const float *map, int size, const float *directions, int n, float *light) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) light[i] = texel(map, size, directions[3 * i], directions[3 * i + 1], directions[3 * i + 2]);
}

int look_up(const float *map, int size, const float *directions, int n, float *light) {
  Buffer<float> d_map(map, (size_t)6 * size * size);
  Buffer<float> d_directions(directions, (size_t)n * 3), d_light(n);
  look<<<(n + 127) / 128, 128>>>(d_map.data, size, d_directions.data, n, d_light.data);
  int status = finished();
  d_light.read(light);
  return status;
}
