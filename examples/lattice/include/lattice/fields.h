// What lives on the device while a simulation runs.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "lattice/buffer.h"
#include "lattice/d2q9.h"

namespace lattice {

struct Fields {
  explicit Fields(const Grid& grid)
      : now(kDirections * grid.cells()),
        next(kDirections * grid.cells()),
        velocity(grid.cells()),
        density(grid.cells()),
        solid_bits((grid.cells() + 31) / 32) {}

  Buffer<float> now, next;         // populations, direction by direction
  Buffer<float2> velocity;         // per cell
  Buffer<float> density;           // per cell
  Buffer<uint32_t> solid_bits;     // one bit per cell
};

struct Tracers {
  explicit Tracers(int count) : place(count), spare(count), identity(count), spare_identity(count), count(count) {}

  Buffer<float2> place, spare;
  Buffer<int> identity, spare_identity;
  int count;  // that are alive
};

// Totals over the grid.
struct Totals {
  double mass;
  double momentum;   // along x
  float fastest;     // largest speed
  int fluid_cells;
};

// A field in half precision, with a hash of its bits.
struct Snapshot {
  Buffer<uint32_t> pairs;  // two halves each: the velocity of a cell
  uint32_t checksum;
};

}  // namespace lattice
