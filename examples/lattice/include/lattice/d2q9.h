// The lattice: nine directions in the plane, and the physics that both CPU and GPU compute.
#pragma once

#ifdef __CUDACC__
#define LATTICE_BOTH __host__ __device__ __forceinline__
#else
#define LATTICE_BOTH inline
#endif

namespace lattice {

constexpr int kDirections = 9;

// A channel, periodic along x, with walls at the first and the last row, and an obstacle.
struct Grid {
  int width, height;
  LATTICE_BOTH int cells() const { return width * height; }
  LATTICE_BOTH int index(int x, int y) const { return y * width + x; }
  LATTICE_BOTH int wrap(int x) const { return x < 0 ? x + width : x >= width ? x - width : x; }
};

struct Constants {
  float weight[kDirections];
  int dx[kDirections];
  int dy[kDirections];
  int opposite[kDirections];
};

constexpr Constants kConstants = {
    {4.f / 9, 1.f / 9, 1.f / 9, 1.f / 9, 1.f / 9, 1.f / 36, 1.f / 36, 1.f / 36, 1.f / 36},
    {0, 1, 0, -1, 0, 1, -1, -1, 1},
    {0, 0, 1, 0, -1, 1, 1, -1, -1},
    {0, 3, 4, 1, 2, 7, 8, 5, 6},
};

struct Settings {
  Grid grid;
  float relaxation;  // between 0 and 2
  float force;       // along x, per step
  int tracers;
  unsigned seed;
};

template <typename Real>
LATTICE_BOTH Real equilibrium(Real weight, Real density, Real ux, Real uy, int dx, int dy) {
  const Real along = Real(dx) * ux + Real(dy) * uy;
  const Real speed = ux * ux + uy * uy;
  return weight * density * (Real(1) + Real(3) * along + Real(4.5) * along * along - Real(1.5) * speed);
}

// Whether a cell is solid: the walls and a disc.
LATTICE_BOTH bool solid(const Grid& grid, int x, int y) {
  if (y == 0 || y == grid.height - 1) return true;
  const int cx = x - grid.width / 4, cy = y - grid.height / 2, radius = grid.height / 6;
  return cx * cx + cy * cy < radius * radius;
}

// A number from 0 to 2^32 - 1 that depends on its arguments only: the same on every device.
LATTICE_BOTH unsigned hash(unsigned seed, unsigned counter) {
  unsigned x = counter * 0x9e3779b9u ^ seed;
  x = (x ^ x >> 16) * 0x85ebca6bu;
  x = (x ^ x >> 13) * 0xc2b2ae35u;
  return x ^ x >> 16;
}

}  // namespace lattice
