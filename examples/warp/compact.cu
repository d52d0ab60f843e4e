// Keeps the readings above a threshold, in their order, and counts them by sensor.
//
// Everything happens inside warps of 32: votes find who has something to keep, a scan of shuffles finds where it goes,
// and lanes that hold the same sensor elect one of them to add for all.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(call)                                                                            \
  do {                                                                                         \
    cudaError_t status_ = (call);                                                              \
    if (status_ != cudaSuccess) {                                                              \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(status_));    \
      std::exit(2);                                                                            \
    }                                                                                          \
  } while (0)

constexpr unsigned FULL_MASK = 0xffffffffu;
constexpr int BLOCK = 128;
constexpr int WARPS = BLOCK / 32;
constexpr int SENSORS = 5;

struct Reading {
  int sensor;
  int value;
};

__device__ __forceinline__ int lane_id() { return threadIdx.x & (warpSize - 1); }
__device__ __forceinline__ int warp_id() { return threadIdx.x / warpSize; }

__device__ __forceinline__ unsigned lanes_below() { return (1u << lane_id()) - 1u; }

template <typename T>
__device__ T warp_sum(T value) {
#pragma unroll
  for (int offset = warpSize / 2; offset > 0; offset /= 2) value += __shfl_down_sync(FULL_MASK, value, offset);
  return value;
}

__device__ int warp_scan(int value) {
  for (int step = 1; step < 32; step <<= 1) {
    int other = __shfl_up_sync(FULL_MASK, value, step);
    if (lane_id() >= step) value += other;
  }
  return value;
}

// How many readings of each warp of the grid pass.
__global__ void count_kept(const Reading* readings, int count, int threshold, int* kept) {
  int index = blockIdx.x * blockDim.x + threadIdx.x;
  bool keep = index < count && readings[index].value > threshold;
  unsigned ballot = __ballot_sync(FULL_MASK, keep);
  if (lane_id() == 0) kept[blockIdx.x * WARPS + warp_id()] = __popc(ballot);
}

// An exclusive scan by one warp, 32 counters at a time; the total goes behind the last.
__global__ void scan_counts(int* counts, int warps) {
  int carry = 0;
  for (int base = 0; base < warps; base += 32) {
    int mine = base + lane_id() < warps ? counts[base + lane_id()] : 0;
    int through = warp_scan(mine);
    if (base + lane_id() < warps) counts[base + lane_id()] = carry + through - mine;
    carry += __shfl_sync(FULL_MASK, through, 31);
  }
  if (lane_id() == 0) counts[warps] = carry;
}

__global__ void scatter(const Reading* readings, int count, int threshold, const int* starts, Reading* out) {
  int index = blockIdx.x * blockDim.x + threadIdx.x;
  bool keep = index < count && readings[index].value > threshold;
  unsigned ballot = __ballot_sync(FULL_MASK, keep);
  if (__any_sync(FULL_MASK, keep)) {
    // Lane 0 fetches for the warp.
    int start = lane_id() == 0 ? starts[blockIdx.x * WARPS + warp_id()] : 0;
    start = __shfl_sync(FULL_MASK, start, 0);
    if (keep) out[start + __popc(ballot & lanes_below())] = readings[index];
  }
}

// One atomic per sensor and warp: lanes with the same sensor find each other.
__global__ void count_sensors(const Reading* readings, int count, int* histogram, int* peaks) {
  int index = blockIdx.x * blockDim.x + threadIdx.x;
  int value = index < count ? readings[index].value : INT32_MIN;
  unsigned active = __ballot_sync(FULL_MASK, index < count);
  if (index < count) {
    unsigned peers = __match_any_sync(active, readings[index].sensor);
    int leader = __ffs(peers) - 1;
    if (lane_id() == leader) atomicAdd(&histogram[readings[index].sensor], __popc(peers));
  }
  int peak = __reduce_max_sync(FULL_MASK, value);
  if (lane_id() == 0) atomicMax(peaks, peak);
}

// The sum of all values, and of groups of eight lanes: a butterfly in a narrower width.
__global__ void sums(const Reading* readings, int count, unsigned long long* total, int* largest_octet) {
  __shared__ long long partial[WARPS];
  int index = blockIdx.x * blockDim.x + threadIdx.x;
  int value = index < count ? readings[index].value : 0;

  int octet = value;
  for (int mask = 4; mask > 0; mask >>= 1) octet += __shfl_xor_sync(FULL_MASK, octet, mask, 8);
  if ((lane_id() & 7) == 0) atomicMax(largest_octet, octet);

  long long sum = warp_sum<long long>(value);
  if (lane_id() == 0) partial[warp_id()] = sum;
  __syncthreads();
  if (warp_id() == 0) {
    sum = warp_sum<long long>(lane_id() < WARPS ? partial[lane_id()] : 0);
    if (lane_id() == 0) atomicAdd(total, static_cast<unsigned long long>(sum));
  }
}

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  const int threshold = 600;
  if (count < 1) {
    std::fprintf(stderr, "usage: %s [readings]\n", argv[0]);
    return 2;
  }

  std::vector<Reading> readings(count);
  uint32_t state = 12345;
  for (Reading& each : readings) {
    state = state * 1664525u + 1013904223u;
    each = {static_cast<int>((state >> 8) % SENSORS), static_cast<int>((state >> 16) % 1000)};
  }
  if (count > 40) readings[40].value = 1234;  // a peak that no first warp of a block sees

  const int blocks = (count + BLOCK - 1) / BLOCK;
  Reading *d_readings, *d_out;
  int *d_counts, *d_histogram, *d_extremes;
  unsigned long long* d_total;
  CHECK(cudaMalloc(&d_readings, count * sizeof(Reading)));
  CHECK(cudaMalloc(&d_out, count * sizeof(Reading)));
  CHECK(cudaMalloc(&d_counts, (blocks * WARPS + 1) * sizeof(int)));
  CHECK(cudaMalloc(&d_histogram, SENSORS * sizeof(int)));
  CHECK(cudaMalloc(&d_extremes, 2 * sizeof(int)));
  CHECK(cudaMalloc(&d_total, sizeof(unsigned long long)));
  CHECK(cudaMemcpy(d_readings, readings.data(), count * sizeof(Reading), cudaMemcpyHostToDevice));
  CHECK(cudaMemset(d_histogram, 0, SENSORS * sizeof(int)));
  CHECK(cudaMemset(d_extremes, 0, 2 * sizeof(int)));
  CHECK(cudaMemset(d_total, 0, sizeof(unsigned long long)));

  count_kept<<<blocks, BLOCK>>>(d_readings, count, threshold, d_counts);
  scan_counts<<<1, 32>>>(d_counts, blocks * WARPS);
  scatter<<<blocks, BLOCK>>>(d_readings, count, threshold, d_counts, d_out);
  count_sensors<<<blocks, BLOCK>>>(d_readings, count, d_histogram, d_extremes);
  sums<<<blocks, BLOCK>>>(d_readings, count, d_total, d_extremes + 1);
  CHECK(cudaGetLastError());
  CHECK(cudaDeviceSynchronize());

  int kept = 0, histogram[SENSORS], extremes[2];
  unsigned long long total = 0;
  CHECK(cudaMemcpy(&kept, d_counts + blocks * WARPS, sizeof(int), cudaMemcpyDeviceToHost));
  std::vector<Reading> out(std::min(std::max(kept, 0), count));
  CHECK(cudaMemcpy(out.data(), d_out, out.size() * sizeof(Reading), cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(histogram, d_histogram, sizeof(histogram), cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(extremes, d_extremes, sizeof(extremes), cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(&total, d_total, sizeof(total), cudaMemcpyDeviceToHost));

  std::vector<Reading> expected;
  int by_sensor[SENSORS] = {}, peak = 0, octet = 0;
  unsigned long long sum = 0;
  for (int i = 0; i < count; i += 8) {
    int eight = 0;
    for (int j = i; j < std::min(i + 8, count); ++j) eight += readings[j].value;
    octet = std::max(octet, eight);
  }
  for (const Reading& each : readings) {
    if (each.value > threshold) expected.push_back(each);
    ++by_sensor[each.sensor];
    peak = std::max(peak, each.value);
    sum += each.value;
  }

  bool same = expected.size() == out.size() &&
              std::equal(out.begin(), out.end(), expected.begin(),
                         [](const Reading& a, const Reading& b) { return a.sensor == b.sensor && a.value == b.value; });
  bool counted = std::equal(histogram, histogram + SENSORS, by_sensor);
  bool summed = total == sum && extremes[0] == peak && extremes[1] == octet;
  std::printf("kept %d of %d readings, sum %llu, peak %d, best eight %d\n", kept, count, total, extremes[0], extremes[1]);
  std::printf("compaction %s, sensors %s, sums %s\n", same ? "ok" : "WRONG", counted ? "ok" : "WRONG",
              summed ? "ok" : "WRONG");

  cudaFree(d_readings);
  cudaFree(d_out);
  cudaFree(d_counts);
  cudaFree(d_histogram);
  cudaFree(d_extremes);
  cudaFree(d_total);
  return same && counted && summed ? 0 : 1;
}
