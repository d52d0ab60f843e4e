#include "large_tiles.h"

#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

#include <climits>

#include "buffer.h"

namespace cg = cooperative_groups;

static const int kThreads = 512, kTile = 128;

// A tile for each row, then for the next that no tile has yet.
__global__ void __launch_bounds__(kThreads) maxima(const int *numbers, int rows, int width, int *greatest, int *place) {
  __shared__ cg::block_tile_memory<kThreads> scratch;
  cg::thread_block block = cg::this_thread_block(scratch);
  auto tile = cg::tiled_partition<kTile>(block);
  int stride = gridDim.x * tile.meta_group_size();
  for (int row = blockIdx.x * tile.meta_group_size() + tile.meta_group_rank(); row < rows; row += stride) {
    const int *mine = numbers + (size_t)row * width;
    int best = INT_MIN, at = INT_MAX;
    for (int i = tile.thread_rank(); i < width; i += tile.size()) best = max(best, mine[i]);
    best = cg::reduce(tile, best, cg::greater<int>());
    for (int i = tile.thread_rank(); i < width; i += tile.size())
      if (mine[i] == best) at = min(at, i);
    at = cg::reduce(tile, at, cg::less<int>());
    if (tile.thread_rank() == 0) {
      greatest[row] = best;
      place[row] = at;
    }
  }
}

int row_maxima(const int *numbers, int rows, int width, int *greatest, int *place) {
  Buffer<int> d_numbers(numbers, (size_t)rows * width), d_greatest(rows), d_place(rows);
  maxima<<<2, kThreads>>>(d_numbers.data, rows, width, d_greatest.data, d_place.data);
  int status = finished();
  d_greatest.read(greatest);
  d_place.read(place);
  return status;
}
