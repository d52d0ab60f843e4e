// Counts samples into bins with unequal edges: edges in constant memory, one private histogram per block in dynamic
// shared memory, and the halves of the data on two streams.
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bins.cuh"

#define CHECK(call) check((call), #call, __FILE__, __LINE__)

static void check(cudaError_t status, const char* call, const char* file, int line) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "%s:%d: %s: %s\n", file, line, call, cudaGetErrorName(status));
  std::exit(2);
}

__constant__ float edges[MAX_BINS + 1];
__constant__ Scale scale;
__device__ unsigned int rejected;
__device__ float largest;

// The bin of a sample by bisection, -1 outside of all.
__device__ int bin_of(float x, int bins) {
  if (!(x >= edges[0]) || x >= edges[bins]) return -1;
  int low = 0, high = bins;
  while (high - low > 1) {
    int middle = (low + high) >> 1;
    if (x < edges[middle]) high = middle;
    else low = middle;
  }
  return low;
}

__device__ float atomicMaxFloat(float* address, float value) {
  int* bits = reinterpret_cast<int*>(address);
  int old = *bits;
  while (value > __int_as_float(old)) {
    int assumed = old;
    old = atomicCAS(bits, assumed, __float_as_int(value));
    if (old == assumed) break;
  }
  return __int_as_float(old);
}

template <typename Weight>
__global__ void __launch_bounds__(256, 2)
    histogram(const float* __restrict__ samples, int count, int bins, Weight* __restrict__ result) {
  Weight* local = SharedBins<Weight>::get();
  for (int bin = threadIdx.x; bin < bins; bin += blockDim.x) local[bin] = Weight(0);
  __syncthreads();

  unsigned outside = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
    float x = __ldg(samples + i) * scale.factor + scale.offset;
    int bin = bin_of(x, bins);
    if (bin < 0) ++outside;
    else atomicAdd(&local[bin], weight_of<Weight>(bin));
    atomicMaxFloat(&largest, x);
  }
  if (outside) atomicInc(&rejected, 0xffffffffu), atomicAdd(&rejected, outside - 1);
  __syncthreads();

  for (int bin = threadIdx.x; bin < bins; bin += blockDim.x)
    if (local[bin] != Weight(0)) atomicAdd(&result[bin], local[bin]);
}

template <typename Weight>
static std::vector<Weight> count_on_device(const std::vector<float>& samples, int bins) {
  const int count = static_cast<int>(samples.size());
  const int half = count / 2;
  float* pinned;
  float* device;
  Weight* result;
  CHECK(cudaHostAlloc(reinterpret_cast<void**>(&pinned), count * sizeof(float), cudaHostAllocDefault));
  for (int i = 0; i < count; ++i) pinned[i] = samples[i];
  CHECK(cudaMalloc(&device, count * sizeof(float)));
  CHECK(cudaMallocManaged(&result, bins * sizeof(Weight)));
  for (int bin = 0; bin < bins; ++bin) result[bin] = Weight(0);

  const size_t shared = bins * sizeof(Weight);
  CHECK(cudaFuncSetAttribute(histogram<Weight>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared)));

  cudaStream_t streams[2];
  cudaEvent_t done[2], start;
  CHECK(cudaEventCreate(&start));
  CHECK(cudaEventRecord(start));
  for (int part = 0; part < 2; ++part) {
    CHECK(cudaStreamCreateWithFlags(&streams[part], cudaStreamNonBlocking));
    CHECK(cudaEventCreateWithFlags(&done[part], cudaEventDefault));
    const int from = part ? half : 0, length = part ? count - half : half;
    CHECK(cudaMemcpyAsync(device + from, pinned + from, length * sizeof(float), cudaMemcpyHostToDevice, streams[part]));
    CHECK(cudaStreamWaitEvent(streams[part], start, 0));
    histogram<Weight><<<4, 128, shared, streams[part]>>>(device + from, length, bins, result);
    CHECK(cudaPeekAtLastError());
    CHECK(cudaEventRecord(done[part], streams[part]));
  }
  for (int part = 0; part < 2; ++part) {
    CHECK(cudaEventSynchronize(done[part]));
    float milliseconds = 0;
    CHECK(cudaEventElapsedTime(&milliseconds, start, done[part]));
    if (milliseconds < 0) std::exit(2);
    CHECK(cudaEventDestroy(done[part]));
    CHECK(cudaStreamDestroy(streams[part]));
  }
  CHECK(cudaDeviceSynchronize());
  std::vector<Weight> counts(result, result + bins);
  CHECK(cudaEventDestroy(start));
  CHECK(cudaFree(result));
  CHECK(cudaFree(device));
  CHECK(cudaFreeHost(pinned));
  return counts;
}

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 2000;
  const int bins = argc > 2 ? std::atoi(argv[2]) : 37;
  if (count < 2 || bins < 1 || bins > MAX_BINS) {
    std::fprintf(stderr, "usage: %s [samples [bins up to %d]]\n", argv[0], MAX_BINS);
    return 2;
  }

  // Quarters are exact in float, so both sides put a sample on an edge into the same bin.
  std::vector<float> bounds(bins + 1), samples(count);
  for (int i = 0; i <= bins; ++i) bounds[i] = 0.25f * i * (i + 1);
  unsigned state = 99;
  for (float& each : samples) {
    state = state * 1103515245u + 12345u;
    each = 0.25f * static_cast<float>((state >> 10) % 4096u) - 8.0f;
  }
  const Scale host_scale = {0.5f, 1.0f};
  const unsigned zero = 0;
  const float lowest = 0.0f;
  CHECK(cudaMemcpyToSymbol(edges, bounds.data(), bounds.size() * sizeof(float)));
  CHECK(cudaMemcpyToSymbol(scale, &host_scale, sizeof(host_scale), 0, cudaMemcpyHostToDevice));
  CHECK(cudaMemcpyToSymbol(rejected, &zero, sizeof(zero)));
  CHECK(cudaMemcpyToSymbol(largest, &lowest, sizeof(lowest)));

  const std::vector<int> counts = count_on_device<int>(samples, bins);
  const std::vector<float> weighted = count_on_device<float>(samples, bins);

  unsigned outside = 0;
  float peak = 0;
  CHECK(cudaMemcpyFromSymbol(&outside, rejected, sizeof(outside)));
  float* address = nullptr;
  CHECK(cudaGetSymbolAddress(reinterpret_cast<void**>(&address), largest));
  CHECK(cudaMemcpy(&peak, address, sizeof(peak), cudaMemcpyDeviceToHost));

  std::vector<int> expected(bins);
  unsigned expected_outside = 0;
  float expected_peak = 0;
  for (float sample : samples) {
    float x = sample * host_scale.factor + host_scale.offset;
    expected_peak = std::fmax(expected_peak, x);
    int bin = -1;
    for (int i = 0; i < bins; ++i)
      if (x >= bounds[i] && x < bounds[i + 1]) bin = i;
    if (bin < 0) ++expected_outside;
    else ++expected[bin];
  }

  bool good = outside == 2 * expected_outside && peak == expected_peak;
  for (int bin = 0; bin < bins; ++bin) {
    good = good && counts[bin] == expected[bin];
    good = good && weighted[bin] == expected[bin] * weight_of<float>(bin);
  }
  std::printf("%d samples in %d bins, %u outside, largest %g: %s\n", count, bins, outside / 2, peak, good ? "ok" : "WRONG");
  return good ? 0 : 1;
}
