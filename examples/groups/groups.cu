// Forces between charges in the plane: cooperative groups from a tile of 16 lanes up to the whole grid, complex
// arithmetic with operators of our own, and sums that a compiler must not reorder.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace cg = cooperative_groups;

#define CHECK(call)                                                                   \
  do {                                                                                \
    const cudaError_t status_ = (call);                                               \
    if (status_ != cudaSuccess) {                                                     \
      std::fprintf(stderr, "%s: %s\n", #call, cudaGetErrorString(status_));           \
      std::exit(2);                                                                   \
    }                                                                                 \
  } while (0)

// A float2 is a complex number here: its product is not the product of its members.
__host__ __device__ inline float2 operator+(float2 a, float2 b) { return make_float2(a.x + b.x, a.y + b.y); }
__host__ __device__ inline float2 operator-(float2 a, float2 b) { return make_float2(a.x - b.x, a.y - b.y); }
__host__ __device__ inline float2 operator*(float2 a, float2 b) {
  return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}
__host__ __device__ inline float2 operator*(float s, float2 a) { return make_float2(s * a.x, s * a.y); }
__host__ __device__ inline float2& operator+=(float2& a, float2 b) { return a = a + b; }

// Kahan's sum: every operation is rounded by itself.
struct Compensated {
  float sum = 0.0f, rest = 0.0f;
  __device__ void add(float value) {
    const float corrected = __fsub_rn(value, rest);
    const float next = __fadd_rn(sum, corrected);
    rest = __fsub_rn(__fsub_rn(next, sum), corrected);
    sum = next;
  }
};

template <typename Tile>
__device__ float2 tile_sum(const Tile& tile, float2 value) {
  for (int step = tile.size() / 2; step > 0; step /= 2) {
    const float2 other = make_float2(tile.shfl_down(value.x, step), tile.shfl_down(value.y, step));
    value += other;
  }
  return value;
}

// The field at every charge: one tile of 16 lanes per charge.
__global__ void field(const float2* place, const float* charge, int count, float2* out) {
  cg::thread_block block = cg::this_thread_block();
  cg::thread_block_tile<16> tile = cg::tiled_partition<16>(block);
  const int mine = (block.group_index().x * block.size() + block.thread_rank()) / tile.size();
  if (mine >= count) return;
  float2 sum = make_float2(0.0f, 0.0f);
  for (int other = tile.thread_rank(); other < count; other += tile.num_threads()) {
    if (other == mine) continue;
    const float2 way = place[mine] - place[other];
    const float squared = fmaf(way.x, way.x, way.y * way.y);
    sum += __fdividef(charge[other], squared) * way;
  }
  sum = tile_sum(tile, sum);
  if (tile.thread_rank() == 0) out[mine] = sum;
}

// Totals in three phases of one launch; partial sums cross the grid between them.
__global__ void totals(const float2* fields, const float* charge, int count, float2* partial, int* positive, float2* power,
                       float* kahan) {
  cg::grid_group grid = cg::this_grid();
  cg::thread_block block = cg::this_thread_block();
  auto warp = cg::tiled_partition<32>(block);

  int above = 0;
  float2 rotated = make_float2(0.0f, 0.0f);
  for (unsigned i = grid.thread_rank(); i < static_cast<unsigned>(count); i += grid.size()) {
    above += charge[i] > 0.0f;
    rotated += fields[i] * make_float2(0.0f, 1.0f);
  }
  above = cg::reduce(warp, above, cg::plus<int>());
  const float x = cg::reduce(warp, rotated.x, cg::plus<float>());
  const float y = cg::reduce(warp, rotated.y, cg::plus<float>());
  const int slot = block.group_index().x * warp.meta_group_size() + warp.meta_group_rank();
  if (warp.thread_rank() == 0) {
    partial[slot] = make_float2(x, y);
    atomicAdd(positive, above);
  }
  grid.sync();

  const int slots = gridDim.x * warp.meta_group_size();
  if (block.group_index().x == 0 && warp.meta_group_rank() == 0) {
    float2 sum = make_float2(0.0f, 0.0f);
    for (int i = warp.thread_rank(); i < slots; i += warp.size()) sum += partial[i];
    sum = tile_sum(warp, sum);
    if (warp.thread_rank() == 0) *power = sum;
    if (warp.any(warp.thread_rank() == 31) && warp.thread_rank() == 31) {
      Compensated all;
      for (int i = 0; i < count; ++i) all.add(charge[i]);
      *kahan = all.sum;
    }
  }
  grid.sync();
  if (grid.thread_rank() == 0) *power = 0.5f * *power;
}

int main(int argc, char** argv) {
  int count = argc > 1 ? std::atoi(argv[1]) : 200;
  if (count < 2) {
    std::fprintf(stderr, "usage: %s [charges]\n", argv[0]);
    return 2;
  }
  int device = 0, cooperative = 0;
  CHECK(cudaGetDevice(&device));
  CHECK(cudaDeviceGetAttribute(&cooperative, cudaDevAttrCooperativeLaunch, device));
  if (!cooperative) {
    std::fprintf(stderr, "this device cannot launch cooperatively\n");
    return 2;
  }

  std::vector<float2> place(count);
  std::vector<float> charge(count);
  for (int i = 0; i < count; ++i) {
    place[i] = make_float2(static_cast<float>(i % 16) + 0.01f * (i % 7), static_cast<float>(i / 16) + 0.02f * (i % 5));
    charge[i] = (i % 3 ? 1.0f : -1.5f) + 1e-4f * (i % 11);
  }

  const int threads = 64, blocks = 3, slots = threads / 32 * blocks;
  float2 *d_place, *d_field, *d_partial, *d_power;
  float *d_charge, *d_kahan;
  int* d_positive;
  CHECK(cudaMalloc(&d_place, count * sizeof(float2)));
  CHECK(cudaMalloc(&d_field, count * sizeof(float2)));
  CHECK(cudaMalloc(&d_partial, slots * sizeof(float2)));
  CHECK(cudaMalloc(&d_power, sizeof(float2)));
  CHECK(cudaMalloc(&d_charge, count * sizeof(float)));
  CHECK(cudaMalloc(&d_kahan, sizeof(float)));
  CHECK(cudaMalloc(&d_positive, sizeof(int)));
  CHECK(cudaMemset(d_positive, 0, sizeof(int)));
  CHECK(cudaMemcpy(d_place, place.data(), count * sizeof(float2), cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(d_charge, charge.data(), count * sizeof(float), cudaMemcpyHostToDevice));

  field<<<(count * 16 + 127) / 128, 128>>>(d_place, d_charge, count, d_field);
  CHECK(cudaGetLastError());
  void* arguments[] = {&d_field, &d_charge, &count, &d_partial, &d_positive, &d_power, &d_kahan};
  CHECK(cudaLaunchCooperativeKernel((void*)totals, dim3(blocks), dim3(threads), arguments, 0, nullptr));
  CHECK(cudaDeviceSynchronize());

  std::vector<float2> out(count);
  float2 power;
  float kahan = 0;
  int positive = 0;
  CHECK(cudaMemcpy(out.data(), d_field, count * sizeof(float2), cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(&power, d_power, sizeof(power), cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(&kahan, d_kahan, sizeof(kahan), cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(&positive, d_positive, sizeof(positive), cudaMemcpyDeviceToHost));

  double worst = 0, sum_x = 0, sum_y = 0, size = 0, charges = 0;
  int expected_positive = 0;
  for (int i = 0; i < count; ++i) {
    double x = 0, y = 0;
    for (int j = 0; j < count; ++j) {
      if (i == j) continue;
      const double dx = double(place[i].x) - place[j].x, dy = double(place[i].y) - place[j].y;
      x += charge[j] * dx / (dx * dx + dy * dy);
      y += charge[j] * dy / (dx * dx + dy * dy);
    }
    worst = std::fmax(worst, std::fmax(std::fabs(out[i].x - x), std::fabs(out[i].y - y)));
    sum_x -= 0.5 * y, sum_y += 0.5 * x;
    size += std::fabs(x) + std::fabs(y);
    charges += charge[i];
    expected_positive += charge[i] > 0.0f;
  }
  const double drift = (std::fabs(power.x - sum_x) + std::fabs(power.y - sum_y)) / size;
  const bool good = worst < 1e-3 && drift < 1e-5 && positive == expected_positive &&
                    std::fabs(kahan - charges) <= 1e-6 * std::fabs(charges) + 1e-7 * count;
  std::printf("%d charges, %d positive, total %.6f, error %.1e: %s\n", count, positive, kahan, worst, good ? "ok" : "WRONG");
  for (void* each : {(void*)d_place, (void*)d_field, (void*)d_partial, (void*)d_power, (void*)d_charge, (void*)d_kahan,
                     (void*)d_positive})
    CHECK(cudaFree(each));
  return good ? 0 : 1;
}
