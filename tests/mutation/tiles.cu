// Matrices: tiles in shared memory, strides and transposes, halves, launch bounds, cuBLAS on column-major data.
#include <cublas_v2.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include "check.h"

constexpr int TILE = 16;

__global__ void __launch_bounds__(TILE * TILE) product(const float* a, const float* b, float* c, int m, int n, int k) {
    __shared__ float left[TILE][TILE], right[TILE][TILE];
    int row = blockIdx.y * TILE + threadIdx.y, column = blockIdx.x * TILE + threadIdx.x;
    float sum = 0;
    for (int from = 0; from < k; from += TILE) {
        left[threadIdx.y][threadIdx.x] = row < m && from + threadIdx.x < k ? a[row * k + from + threadIdx.x] : 0.0f;
        right[threadIdx.y][threadIdx.x] = column < n && from + threadIdx.y < k ? b[(from + threadIdx.y) * n + column] : 0.0f;
        __syncthreads();
        for (int i = 0; i < TILE; ++i) sum += left[threadIdx.y][i] * right[i][threadIdx.x];
        __syncthreads();
    }
    if (row < m && column < n) c[row * n + column] = sum;
}

__global__ void __launch_bounds__(256) transpose(const float* in, float* out, int width, int height) {
    __shared__ float tile[TILE * (TILE + 1)];
    int tx = threadIdx.x, ty = threadIdx.y;
    int x = blockIdx.x * TILE + tx, y = blockIdx.y * TILE + ty;
    if (x < width && y < height) tile[ty * (TILE + 1) + tx] = in[y * width + x];
    __syncthreads();
    x = blockIdx.y * TILE + tx;
    y = blockIdx.x * TILE + ty;
    if (x < height && y < width) out[y * height + x] = tile[tx * (TILE + 1) + ty];
}

// Interleaved pairs of halves, row by row: the norm of each row and its largest difference within a pair.
__global__ void __launch_bounds__(128) norms(const __half2* in, float* norm, float* gap, int rows, int pairs) {
    extern __shared__ float partial[];
    int row = blockIdx.x, t = threadIdx.x;
    float sum = 0, widest = 0;
    for (int i = t; i < pairs; i += blockDim.x) {
        __half2 pair = in[row * pairs + i];
        float low = __low2float(pair), high = __high2float(pair);
        sum += low * low + 2.0f * high;
        float apart = __half2float(__hsub(__low2half(pair), __high2half(pair)));
        widest = fmaxf(widest, apart);
    }
    partial[t] = sum;
    partial[blockDim.x + t] = widest;
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        __syncthreads();
        if (t < half) {
            partial[t] += partial[t + half];
            partial[blockDim.x + t] = fmaxf(partial[blockDim.x + t], partial[blockDim.x + t + half]);
        }
    }
    if (t == 0) norm[row] = partial[0], gap[row] = partial[blockDim.x];
}

int main() {
    const int m = 37, n = 29, k = 45;
    std::vector<float> a(m * k), b(k * n), c(m * n), turned(m * k);
    for (int i = 0; i < m * k; ++i) a[i] = float(i * 7 % 23) - 11 + float(i / k % 3) * 0.25f;
    for (int i = 0; i < k * n; ++i) b[i] = float(i * 5 % 19) - 9 + float(i % n % 4) * 0.5f;
    for (int i = 0; i < m; ++i)
        for (int p = 0; p < k; ++p) {
            turned[p * m + i] = a[i * k + p];
            for (int j = 0; j < n; ++j) c[i * n + j] += a[i * k + p] * b[p * n + j];
        }
    Array<float> d_a(a), d_b(b), d_c(m * n), d_turned(m * k);
    const dim3 block(TILE, TILE);
    product<<<dim3((n + TILE - 1) / TILE, (m + TILE - 1) / TILE), block>>>(d_a.data, d_b.data, d_c.data, m, n, k);
    show("product", d_c.read(), c);
    transpose<<<dim3((k + TILE - 1) / TILE, (m + TILE - 1) / TILE), block>>>(d_a.data, d_turned.data, k, m);
    show("transposed", d_turned.read(), turned);

    // What is row-major here is column-major there: the product's operands change sides.
    const int lda = k, ldb = n, ldc = n;
    const float alpha = 1, beta = 0.5f;
    cublasHandle_t handle;
    if (cublasCreate(&handle) != CUBLAS_STATUS_SUCCESS) return 2;
    Array<float> start(c);
    std::vector<float> more(c);
    for (float& each : more) each *= 1.5f;
    if (cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, n, m, k, &alpha, d_b.data, ldb, d_a.data, lda, &beta, start.data, ldc))
        return 2;
    show("library's product", start.read(), more, 1e-5);
    // a's transpose times itself
    std::vector<float> gram(m * m);
    for (int i = 0; i < m; ++i)
        for (int j = 0; j < m; ++j)
            for (int p = 0; p < k; ++p) gram[i * m + j] += a[i * k + p] * a[j * k + p];
    Array<float> d_gram(m * m);
    const float zero = 0;
    if (cublasSgemm(handle, CUBLAS_OP_T, CUBLAS_OP_N, m, m, k, &alpha, d_a.data, lda, d_a.data, lda, &zero, d_gram.data, m))
        return 2;
    show("gram", d_gram.read(), gram, 1e-5);
    cublasDestroy(handle);

    const int rows = 9, pairs = 300, threads = 128;
    std::vector<__half2> halves(rows * pairs);
    std::vector<float> norm(rows), gap(rows);
    for (int i = 0; i < rows * pairs; ++i) {
        float low = float(i * 3 % 31) * 0.125f, high = float(i * 11 % 17) * 0.0625f - 0.5f;
        halves[i] = __floats2half2_rn(low, high);
        norm[i / pairs] += low * low + 2 * high;
        gap[i / pairs] = std::fmax(gap[i / pairs], low - high);
    }
    Array<__half2> d_halves(halves);
    Array<float> d_norm(rows), d_gap(rows);
    norms<<<rows, threads, 2 * threads * sizeof(float)>>>(d_halves.data, d_norm.data, d_gap.data, rows, pairs);
    show("norms", d_norm.read(), norm);
    show("gaps", d_gap.read(), gap);
    return finish();
}
