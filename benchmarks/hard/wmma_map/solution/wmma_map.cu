#include <hip/hip_runtime.h>
#include "wmma_map.h"

#include <hip/hip_fp16.h>

#include "buffer.h"

#include <hip/hip_bf16.h>
#include <type_traits>

#if defined(__HIPCC__) && !defined(HIPWRIGHT_WMMA)
#define HIPWRIGHT_WMMA
// CUDA's warp matrices on 32 lanes, in plain code: the same on wave64 and wave32, whatever the rest of the wavefront
// does. Matrix A is spread by rows, B by columns and the accumulator by rows, consecutive elements to one lane.
namespace hipwright {
namespace wmma {
struct matrix_a;
struct matrix_b;
struct accumulator;
struct row_major;
struct col_major;
enum layout_t { mem_row_major, mem_col_major };
namespace precision {
struct tf32;
}

template <typename T> struct storage { using type = T; };
template <> struct storage<precision::tf32> { using type = float; };
template <typename T> struct wide { using type = float; };
template <> struct wide<double> { using type = double; };
template <> struct wide<int> { using type = int; };
template <typename Use, int M, int N, int K> struct extent;
template <int M, int N, int K> struct extent<matrix_a, M, N, K> { static constexpr int value = M * K; };
template <int M, int N, int K> struct extent<matrix_b, M, N, K> { static constexpr int value = K * N; };
template <int M, int N, int K> struct extent<accumulator, M, N, K> { static constexpr int value = M * N; };

template <typename Use, int M, int N, int K, typename T, typename Layout = void>
struct fragment {
  using element_type = T;
  using storage_element_type = typename storage<T>::type;
  static constexpr int num_elements = extent<Use, M, N, K>::value / 32;
  storage_element_type x[num_elements];
};

__device__ inline int lane() { return __lane_id() & 31; }

template <typename T>
__device__ inline T from_lane(T value, int source) {
  static_assert(sizeof(T) <= 8, "an element has at most 8 bytes");
  using Word = typename std::conditional<sizeof(T) == 8, long long, int>::type;
  Word word = 0;
  __builtin_memcpy(&word, &value, sizeof(T));
  word = __shfl(word, source, 32);
  __builtin_memcpy(&value, &word, sizeof(T));
  return value;
}

template <int M, int N, int K, typename T, typename Layout, typename S>
__device__ inline void load_matrix_sync(fragment<matrix_a, M, N, K, T, Layout>& a, const S* memory, unsigned ld) {
  constexpr int count = fragment<matrix_a, M, N, K, T, Layout>::num_elements;
  for (int i = 0; i < count; ++i) {
    const int element = lane() * count + i, row = element / K, k = element % K;
    a.x[i] = std::is_same<Layout, row_major>::value ? memory[row * ld + k] : memory[k * ld + row];
  }
}

template <int M, int N, int K, typename T, typename Layout, typename S>
__device__ inline void load_matrix_sync(fragment<matrix_b, M, N, K, T, Layout>& b, const S* memory, unsigned ld) {
  constexpr int count = fragment<matrix_b, M, N, K, T, Layout>::num_elements;
  for (int i = 0; i < count; ++i) {
    const int element = lane() * count + i, column = element / K, k = element % K;
    b.x[i] = std::is_same<Layout, row_major>::value ? memory[k * ld + column] : memory[column * ld + k];
  }
}

template <int M, int N, int K, typename T, typename S>
__device__ inline void load_matrix_sync(fragment<accumulator, M, N, K, T>& c, const S* memory, unsigned ld,
                                        layout_t layout) {
  constexpr int count = fragment<accumulator, M, N, K, T>::num_elements;
  for (int i = 0; i < count; ++i) {
    const int element = lane() * count + i, row = element / N, column = element % N;
    c.x[i] = layout == mem_row_major ? memory[row * ld + column] : memory[column * ld + row];
  }
}

template <int M, int N, int K, typename T, typename S>
__device__ inline void store_matrix_sync(S* memory, const fragment<accumulator, M, N, K, T>& c, unsigned ld,
                                         layout_t layout) {
  constexpr int count = fragment<accumulator, M, N, K, T>::num_elements;
  for (int i = 0; i < count; ++i) {
    const int element = lane() * count + i, row = element / N, column = element % N;
    memory[layout == mem_row_major ? row * ld + column : column * ld + row] = c.x[i];
  }
}

template <typename Use, int M, int N, int K, typename T, typename Layout, typename V>
__device__ inline void fill_fragment(fragment<Use, M, N, K, T, Layout>& f, V value) {
  for (int i = 0; i < f.num_elements; ++i) f.x[i] = value;
}

template <int M, int N, int K, typename D, typename A, typename LayoutA, typename B, typename LayoutB, typename C>
__device__ inline void mma_sync(fragment<accumulator, M, N, K, D>& d, const fragment<matrix_a, M, N, K, A, LayoutA>& a,
                                const fragment<matrix_b, M, N, K, B, LayoutB>& b,
                                const fragment<accumulator, M, N, K, C>& c, bool = false) {
  constexpr int count = M * N / 32, inA = M * K / 32, inB = K * N / 32;
  using Sum = typename wide<C>::type;
  Sum sums[count];
  for (int i = 0; i < count; ++i) sums[i] = static_cast<Sum>(c.x[i]);
#pragma unroll
  for (int k = 0; k < K; ++k) {
    for (int i = 0; i < count; ++i) {
      const int element = lane() * count + i, row = element / N, column = element % N;
      const Sum left = static_cast<Sum>(from_lane(a.x[k % inA], (row * K + k) / inA));
      const Sum right = static_cast<Sum>(from_lane(b.x[k % inB], (column * K + k) / inB));
      sums[i] += left * right;
    }
  }
  for (int i = 0; i < count; ++i) d.x[i] = sums[i];
}

// A float with the 10 mantissa bits of TF32, rounded to the nearest, ties away from zero.
__device__ inline float __float_to_tf32(float value) {
  const unsigned bits = __float_as_uint(value);
  const bool finite = (bits & 0x7f800000u) != 0x7f800000u;
  return finite ? __uint_as_float((bits + 0x1000u) & ~0x1fffu) : value;
}
}  // namespace wmma
}  // namespace hipwright
#endif  // HIPWRIGHT_WMMA

using namespace hipwright;

static const int kColumns = 32;

__global__ void to_half(const float *in, half *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = __float2half(in[i]);
}

// A block of 32 threads for each 16 rows, which go through shared memory on their way out: a thread for each column.
__global__ void __launch_bounds__(32) multiply(const half *a, const half *b, const float *scale, const float *shift,
                                               float *out, float *lowest, int k) {
  int lane = threadIdx.x, first = blockIdx.x * 16;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sums[2];
  for (int half_ = 0; half_ < 2; half_++) wmma::fill_fragment(sums[half_], 0.0f);
  for (int i = 0; i < k; i += 16) {
    wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> x;
    wmma::load_matrix_sync(x, a + (size_t)first * k + i, k);
    for (int half_ = 0; half_ < 2; half_++) {
      wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::row_major> y;
      wmma::load_matrix_sync(y, b + (size_t)i * kColumns + half_ * 16, kColumns);
      wmma::mma_sync(sums[half_], x, y, sums[half_]);
    }
  }
  __shared__ float tile[16 * kColumns];
  for (int half_ = 0; half_ < 2; half_++)
    wmma::store_matrix_sync(tile + half_ * 16, sums[half_], kColumns, wmma::mem_row_major);
  __syncthreads();
  for (int row = 0; row < 16; row++) {
    float value = tile[row * kColumns + lane] * scale[first + row] + shift[lane];
    out[(size_t)(first + row) * kColumns + lane] = value;
    for (int offset = 16; offset; offset >>= 1) value = fminf(value, __shfl_xor(value, offset, 32));
    if (lane == 0) lowest[first + row] = value;
  }
}

int scaled_product(const float *a, const float *b, const float *scale, const float *shift, float *out, float *lowest,
                   int m, int k) {
  int sizes[] = {m * k, k * kColumns};
  Buffer<float> d_a(a, sizes[0]), d_b(b, sizes[1]), d_scale(scale, m), d_shift(shift, kColumns);
  Buffer<float> d_out((size_t)m * kColumns), d_lowest(m);
  Buffer<half> half_a(sizes[0]), half_b(sizes[1]);
  to_half<<<(sizes[0] + 255) / 256, 256>>>(d_a.data, half_a.data, sizes[0]);
  to_half<<<(sizes[1] + 255) / 256, 256>>>(d_b.data, half_b.data, sizes[1]);
  multiply<<<m / 16, 32>>>(half_a.data, half_b.data, d_scale.data, d_shift.data, d_out.data, d_lowest.data, k);
  int status = finished();
  d_out.read(out);
  d_lowest.read(lowest);
  return status;
}
