// Layer normalisation of rows in half and in bfloat16, two elements at a time.
//
// The kernels are guarded by __CUDA_ARCH__ as half precision code usually is: without the hardware they would be empty.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define CUDA_TRY(...)                                                                       \
  if (cudaError_t e = (__VA_ARGS__); e != cudaSuccess) {                                    \
    std::fprintf(stderr, "%s failed: %s\n", #__VA_ARGS__, cudaGetErrorString(e));           \
    std::exit(2);                                                                           \
  }

#define WARP_SIZE 32
#define ALL_LANES 0xFFFFFFFF

struct Moments {
  float sum, squares;
};

__device__ __forceinline__ Moments row_moments(Moments mine) {
#pragma unroll
  for (int offset = WARP_SIZE >> 1; offset; offset >>= 1) {
    mine.sum += __shfl_xor_sync(ALL_LANES, mine.sum, offset, WARP_SIZE);
    mine.squares += __shfl_xor_sync(ALL_LANES, mine.squares, offset, WARP_SIZE);
  }
  return mine;
}

// One warp normalises one row of 2 * pairs elements.
__global__ void layernorm_half(const __half2* in, const __half2* gain, const __half2* bias, __half2* out, int rows,
                               int pairs, float epsilon) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 530
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  in += static_cast<size_t>(row) * pairs;
  out += static_cast<size_t>(row) * pairs;

  Moments moments = {0.f, 0.f};
  for (int i = threadIdx.x; i < pairs; i += WARP_SIZE) {
    const float2 x = __half22float2(__ldg(in + i));
    moments.sum += x.x + x.y;
    moments.squares = fmaf(x.x, x.x, fmaf(x.y, x.y, moments.squares));
  }
  moments = row_moments(moments);

  const float scale = 1.f / (2 * pairs);
  const float mean = moments.sum * scale;
  const float variance = fmaxf(moments.squares * scale - mean * mean, 0.f);
  const __half2 shift = __float2half2_rn(-mean);
  const __half2 factor = __float2half2_rn(rsqrtf(variance + epsilon));
  for (int i = threadIdx.x; i < pairs; i += WARP_SIZE) {
    const __half2 normal = __hmul2(__hadd2(in[i], shift), factor);
    out[i] = __hfma2(normal, gain[i], bias[i]);
  }
#endif
}

// The largest magnitude of a row, clamped to what the next layer takes: comparisons and selections of half2.
__global__ void clamp_rows(__half2* data, __half* peaks, int rows, int pairs, float limit) {
#if __CUDA_ARCH__ >= 530
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  const __half2 high = __float2half2_rn(limit), low = __hneg2(high);
  __half peak = __float2half(0.f);
  for (int i = threadIdx.x; i < pairs; i += WARP_SIZE) {
    __half2 x = data[row * pairs + i];
    x = __hmin2(__hmax2(x, low), high);
    data[row * pairs + i] = x;
    const __half2 size = __habs2(x);
    const __half larger = __hgt(__low2half(size), __high2half(size)) ? __low2half(size) : __high2half(size);
    if (__hgt(larger, peak)) peak = larger;
  }
  for (int offset = WARP_SIZE / 2; offset > 0; offset /= 2) {
    const __half other = __shfl_down_sync(ALL_LANES, peak, offset);
    peak = __hmax(peak, other);
  }
  if (threadIdx.x == 0) peaks[row] = peak;
#endif
}

template <typename T>
struct Traits;

template <>
struct Traits<__nv_bfloat16> {
  using Pair = __nv_bfloat162;
  static __device__ float2 load(const Pair& pair) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    return __bfloat1622float2(pair);
#else
    return make_float2(__bfloat162float(pair.x), __bfloat162float(pair.y));
#endif
  }
  static __device__ Pair store(float2 value) { return __floats2bfloat162_rn(value.x, value.y); }
};

template <typename T>
__global__ void layernorm_float(const T* in_, const float2* gain, const float2* bias, T* out_, int rows, int pairs,
                                float epsilon) {
#if __CUDA_ARCH__ < 700
  asm("trap;");
#else
  using Pair = typename Traits<T>::Pair;
  const Pair* in = reinterpret_cast<const Pair*>(in_);
  Pair* out = reinterpret_cast<Pair*>(out_);
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  Moments moments = {0.f, 0.f};
  for (int i = threadIdx.x; i < pairs; i += WARP_SIZE) {
    const float2 x = Traits<T>::load(in[row * pairs + i]);
    moments.sum += x.x + x.y;
    moments.squares += x.x * x.x + x.y * x.y;
  }
  moments = row_moments(moments);
  const float mean = moments.sum / (2 * pairs);
  const float factor = rsqrtf(fmaxf(moments.squares / (2 * pairs) - mean * mean, 0.f) + epsilon);
  for (int i = threadIdx.x; i < pairs; i += WARP_SIZE) {
    float2 x = Traits<T>::load(in[row * pairs + i]);
    x.x = (x.x - mean) * factor * gain[i].x + bias[i].x;
    x.y = (x.y - mean) * factor * gain[i].y + bias[i].y;
    out[row * pairs + i] = Traits<T>::store(x);
  }
#endif
}

static std::vector<float> reference(const std::vector<float>& in, const std::vector<float>& gain,
                                    const std::vector<float>& bias, int rows, int columns, float epsilon) {
  std::vector<float> out(in.size());
  for (int row = 0; row < rows; ++row) {
    double sum = 0, squares = 0;
    for (int i = 0; i < columns; ++i) sum += in[row * columns + i];
    const double mean = sum / columns;
    for (int i = 0; i < columns; ++i) squares += (in[row * columns + i] - mean) * (in[row * columns + i] - mean);
    const double factor = 1.0 / std::sqrt(squares / columns + epsilon);
    for (int i = 0; i < columns; ++i)
      out[row * columns + i] = static_cast<float>((in[row * columns + i] - mean) * factor * gain[i] + bias[i]);
  }
  return out;
}

template <typename T>
static T* upload(const std::vector<T>& values) {
  T* device = nullptr;
  CUDA_TRY(cudaMalloc((void**)&device, values.size() * sizeof(T)));
  CUDA_TRY(cudaMemcpy(device, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
  return device;
}

int main(int argc, char** argv) {
  const int rows = argc > 1 ? std::atoi(argv[1]) : 6;
  const int columns = argc > 2 ? std::atoi(argv[2]) : 192;
  if (rows < 1 || columns < 2 || columns % 2) {
    std::fprintf(stderr, "usage: %s [rows [columns, even]]\n", argv[0]);
    return 2;
  }
  const int pairs = columns / 2;
  const float epsilon = 1e-5f, limit = 1.5f;

  std::vector<float> in(rows * columns), gain(columns), bias(columns);
  for (int i = 0; i < rows * columns; ++i) in[i] = static_cast<float>((i * 37) % 64) / 16.f - 2.f;
  for (int i = 0; i < columns; ++i) gain[i] = 0.5f + (i % 4) * 0.25f, bias[i] = (i % 3) * 0.125f;

  std::vector<__half> half_in, half_gain, half_bias;
  std::vector<__nv_bfloat16> bf_in;
  for (float x : in) half_in.push_back(__float2half(x)), bf_in.push_back(__float2bfloat16(x));
  for (float x : gain) half_gain.push_back(__float2half_rn(x));
  for (float x : bias) half_bias.push_back(__float2half_rn(x));
  __half *d_in = upload(half_in), *d_gain = upload(half_gain), *d_bias = upload(half_bias);
  __half *d_out = upload(half_in), *d_peaks = upload(std::vector<__half>(rows));
  __nv_bfloat16 *d_bf_in = upload(bf_in), *d_bf_out = upload(bf_in);
  float *d_gain32 = upload(gain), *d_bias32 = upload(bias);

  const dim3 block(WARP_SIZE, 4), grid((rows + 3) / 4);
  layernorm_half<<<grid, block>>>((const __half2*)d_in, (const __half2*)d_gain, (const __half2*)d_bias,
                                  (__half2*)d_out, rows, pairs, epsilon);
  clamp_rows<<<grid, block>>>((__half2*)d_out, d_peaks, rows, pairs, limit);
  layernorm_float<__nv_bfloat16><<<grid, block>>>(d_bf_in, (const float2*)d_gain32, (const float2*)d_bias32, d_bf_out,
                                                  rows, pairs, epsilon);
  CUDA_TRY(cudaGetLastError());

  std::vector<__half> out(rows * columns), peaks(rows);
  std::vector<__nv_bfloat16> bf_out(rows * columns);
  CUDA_TRY(cudaMemcpy(out.data(), d_out, out.size() * sizeof(__half), cudaMemcpyDeviceToHost));
  CUDA_TRY(cudaMemcpy(peaks.data(), d_peaks, peaks.size() * sizeof(__half), cudaMemcpyDeviceToHost));
  CUDA_TRY(cudaMemcpy(bf_out.data(), d_bf_out, bf_out.size() * sizeof(__nv_bfloat16), cudaMemcpyDeviceToHost));

  const std::vector<float> expected = reference(in, gain, bias, rows, columns, epsilon);
  float half_error = 0, bf_error = 0, peak_error = 0;
  for (int row = 0; row < rows; ++row) {
    float peak = 0;
    for (int i = row * columns; i < (row + 1) * columns; ++i) {
      const float clamped = std::min(std::max(expected[i], -limit), limit);
      half_error = std::max(half_error, std::fabs(__half2float(out[i]) - clamped));
      bf_error = std::max(bf_error, std::fabs(__bfloat162float(bf_out[i]) - expected[i]));
      peak = std::max(peak, std::fabs(clamped));
    }
    peak_error = std::max(peak_error, std::fabs(__half2float(peaks[row]) - peak));
  }
  // Half has 11 significant bits, bfloat16 has 8; the results are below 4.
  const bool good = half_error < 8e-3f && bf_error < 2e-2f && peak_error < 8e-3f;
  std::printf("%d x %d: error %.1e in half, %.1e in bfloat16, %.1e of peaks: %s\n", rows, columns, half_error, bf_error,
              peak_error, good ? "ok" : "WRONG");
  for (void* each : {(void*)d_in, (void*)d_gain, (void*)d_bias, (void*)d_out, (void*)d_peaks, (void*)d_bf_in,
                     (void*)d_bf_out, (void*)d_gain32, (void*)d_bias32})
    CUDA_TRY(cudaFree(each));
  return good ? 0 : 1;
}
