// Kernels whose emulated time is compared with that of plain loops: `kernels NAME` prints seconds of both and checks them.
#include <cuda_runtime.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "plain.h"

__global__ void saxpy(int n, float a, const float* x, float* y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a * x[i] + y[i];
}

__global__ void matmul(int n, const float* a, const float* b, float* c) {
    const int row = blockIdx.y * blockDim.y + threadIdx.y, column = blockIdx.x * blockDim.x + threadIdx.x;
    float sum = 0;
    for (int k = 0; k < n; k++) sum += a[row * n + k] * b[k * n + column];
    c[row * n + column] = sum;
}

__global__ void matmul_tiled(int n, const float* a, const float* b, float* c) {
    __shared__ float left[16][16], right[16][16];
    const int row = blockIdx.y * 16 + threadIdx.y, column = blockIdx.x * 16 + threadIdx.x;
    float sum = 0;
    for (int tile = 0; tile < n; tile += 16) {
        left[threadIdx.y][threadIdx.x] = a[row * n + tile + threadIdx.x];
        right[threadIdx.y][threadIdx.x] = b[(tile + threadIdx.y) * n + column];
        __syncthreads();
        for (int k = 0; k < 16; k++) sum += left[threadIdx.y][k] * right[k][threadIdx.x];
        __syncthreads();
    }
    c[row * n + column] = sum;
}

__global__ void bodies(int n, const float4* place, float3* force) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const float4 mine = place[i];
    float3 sum = make_float3(0, 0, 0);
    for (int j = 0; j < n; j++) {
        const float4 other = place[j];
        const float dx = other.x - mine.x, dy = other.y - mine.y, dz = other.z - mine.z;
        const float d = dx * dx + dy * dy + dz * dz + 1e-3f;
        const float w = other.w / (d * sqrtf(d));
        sum.x += dx * w, sum.y += dy * w, sum.z += dz * w;
    }
    force[i] = sum;
}

__global__ void sum_up(int n, const float* x, float* total) {
    __shared__ float parts[32];
    float sum = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) sum += x[i];
    for (int step = 16; step; step /= 2) sum += __shfl_down_sync(0xffffffffu, sum, step);
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (unsigned i = 1; i < blockDim.x / 32; i++) sum += parts[i];
        atomicAdd(total, sum);
    }
}

__global__ void stencil(int n, const float* in, float* out) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x + 1, y = blockIdx.y * blockDim.y + threadIdx.y + 1;
    if (x >= n - 1 || y >= n - 1) return;
    const int i = y * n + x;
    out[i] = 0.5f * in[i] + 0.125f * (in[i - 1] + in[i + 1] + in[i - n] + in[i + n]);
}

__global__ void histogram(int n, const unsigned char* data, unsigned* bins) {
    __shared__ unsigned own[256];
    own[threadIdx.x] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) atomicAdd(&own[data[i]], 1u);
    __syncthreads();
    atomicAdd(&bins[threadIdx.x], own[threadIdx.x]);
}

__global__ void barriers(int rounds, unsigned* out) {
    __shared__ unsigned turn;
    for (int i = 0; i < rounds; i++) {
        if (threadIdx.x == i % blockDim.x) turn = i;
        __syncthreads();
    }
    out[blockIdx.x * blockDim.x + threadIdx.x] = turn;
}

__global__ void shuffles(int rounds, int* out) {
    int value = threadIdx.x;
    for (int i = 0; i < rounds; i++) value = __shfl_xor_sync(0xffffffffu, value, 1 + i % 31);
    out[blockIdx.x * blockDim.x + threadIdx.x] = value;
}

// Seconds of processor time, so that what else the machine does counts little; of all threads.
static double now() {
    rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1e-6 * (used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

// A number of kilobytes that the system states of this process.
static double status(const char* key) {
    double value = 0;
    if (FILE* file = std::fopen("/proc/self/status", "r")) {
        char line[256];
        while (std::fgets(line, sizeof line, file))
            if (!std::strncmp(line, key, std::strlen(key))) value = std::atof(line + std::strlen(key));
        std::fclose(file);
    }
    return value;
}

static double wall() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class T>
static T* device(const std::vector<T>& data) {
    T* pointer = nullptr;
    if (cudaMalloc(&pointer, data.size() * sizeof(T)) != cudaSuccess) std::exit(3);
    cudaMemcpy(pointer, data.data(), data.size() * sizeof(T), cudaMemcpyHostToDevice);
    return pointer;
}

template <class T>
static std::vector<T> host(const T* pointer, size_t count) {
    std::vector<T> data(count);
    cudaMemcpy(data.data(), pointer, count * sizeof(T), cudaMemcpyDeviceToHost);
    return data;
}

static std::vector<float> numbers(size_t count) {
    std::vector<float> data(count);
    unsigned state = 1;
    for (float& value : data) value = (state = state * 1664525u + 1013904223u) / 4294967296.0f;
    return data;
}

static bool close(const std::vector<float>& a, const std::vector<float>& b) {
    for (size_t i = 0; i < a.size(); i++)
        if (std::fabs(a[i] - b[i]) > 2e-3f * (1 + std::fabs(b[i]))) return false;
    return true;
}

template <class Emulated, class Plain>
static void timed(const char* name, double items, int repeats, Emulated emulated, Plain plain, bool (*good)()) {
    emulated();  // the first launch also makes fibers and stacks
    const double begin = now(), start = wall();
    for (int i = 0; i < repeats; i++) emulated();
    cudaDeviceSynchronize();
    const double middle = now(), stop = wall();
    for (int i = 0; i < repeats; i++) plain();
    const double end = now();
    std::printf("%s items %.0f emulated %.6f wall %.6f plain %.6f ok %d\n", name, items * repeats, middle - begin, stop - start,
                end - middle, int(good()));
}

static std::vector<float> got, want;
static bool same() { return close(got, want); }

int main(int count, char** arguments) {
    if (count < 2) return 2;
    const char* name = arguments[1];
    auto is = [&](const char* other) { return !std::strcmp(name, other); };
    if (is("saxpy")) {
        const int n = 1 << 22;
        auto x = numbers(n), y = numbers(n);
        float *dx = device(x), *dy = device(y);
        timed(name, n, 8, [&] { saxpy<<<n / 256, 256>>>(n, 0.5f, dx, dy); }, [&] { plain_saxpy(n, 0.5f, x.data(), y.data()); },
              [] { return true; });
        got = host(dy, n), want = y;
        plain_saxpy(n, 0.5f, x.data(), want.data());  // the emulated one ran once more
        return !same();
    }
    if (is("matmul") || is("matmul_tiled")) {
        const int n = 256;
        auto a = numbers(n * n), b = numbers(n * n);
        float *da = device(a), *db = device(b), *dc = device(std::vector<float>(n * n));
        want.resize(n * n);
        const dim3 grid(n / 16, n / 16), block(16, 16);
        auto run = [&] { is("matmul") ? matmul<<<grid, block>>>(n, da, db, dc) : matmul_tiled<<<grid, block>>>(n, da, db, dc); };
        run();
        got = host(dc, n * n);
        plain_matmul(n, a.data(), b.data(), want.data());
        timed(name, double(n) * n * n, 4, run, [&] { plain_matmul(n, a.data(), b.data(), want.data()); }, same);
        return !same();
    }
    if (is("bodies")) {
        const int n = 2048;
        auto place = numbers(4 * n);
        auto* dp = reinterpret_cast<float4*>(device(place));
        float* df = device(std::vector<float>(3 * n));
        want.resize(3 * n);
        auto run = [&] { bodies<<<n / 128, 128>>>(n, dp, reinterpret_cast<float3*>(df)); };
        run();
        got = host(df, 3 * n);
        plain_bodies(n, place.data(), want.data());
        timed(name, double(n) * n, 4, run, [&] { plain_bodies(n, place.data(), want.data()); }, same);
        return !same();
    }
    if (is("reduction")) {
        const int n = 1 << 22;
        auto x = numbers(n);
        float *dx = device(x), *total = device(std::vector<float>(1));
        volatile float sum = 0;
        timed(name, n, 8, [&] { sum_up<<<64, 256>>>(n, dx, total); }, [&] { sum = sum + plain_sum(n, x.data()); }, [] { return true; });
        return std::fabs(host(total, 1)[0] / 9 / (n * 0.5f) - 1) > 1e-2f;
    }
    if (is("stencil")) {
        const int n = 2048;
        auto in = numbers(n * n);
        float *di = device(in), *out = device(std::vector<float>(n * n));
        want.resize(n * n);
        auto run = [&] { stencil<<<dim3(n / 32, n / 8), dim3(32, 8)>>>(n, di, out); };
        run();
        got = host(out, n * n);
        plain_stencil(n, in.data(), want.data());
        timed(name, double(n) * n, 8, run, [&] { plain_stencil(n, in.data(), want.data()); }, same);
        return !same();
    }
    if (is("histogram")) {
        const int n = 1 << 22;
        std::vector<unsigned char> data(n);
        for (int i = 0; i < n; i++) data[i] = (unsigned char)((i * 2654435761u) >> 24);
        auto* dd = device(data);
        unsigned* bins = device(std::vector<unsigned>(256));
        std::vector<unsigned> plain(256);
        timed(name, n, 8, [&] { histogram<<<64, 256>>>(n, dd, bins); }, [&] { plain_histogram(n, data.data(), plain.data()); },
              [] { return true; });
        auto found = host(bins, 256);
        for (int i = 0; i < 256; i++)
            if (found[i] * 8 != plain[i] * 9) return 1;
        return 0;
    }
    if (is("barriers") || is("shuffles")) {
        const int rounds = 200, blocks = 64;
        auto* out = device(std::vector<unsigned>(blocks * 256));
        auto run = [&] {
            is("barriers") ? barriers<<<blocks, 256>>>(rounds, out) : shuffles<<<blocks, 256>>>(rounds, reinterpret_cast<int*>(out));
        };
        timed(name, double(rounds) * blocks * 256, 4, run, [] {}, [] { return true; });
        return 0;
    }
    if (is("resident")) {  // memory of GPU threads that all stand at a barrier
        const int lanes = 1024;
        auto* out = device(std::vector<unsigned>(lanes));
        if (FILE* file = std::fopen("/proc/self/clear_refs", "w")) {  // the peak is counted from here on
            std::fputs("5", file);
            std::fclose(file);
        }
        const double before = status("VmRSS:");
        barriers<<<1, lanes>>>(4, out);
        cudaDeviceSynchronize();
        std::printf("resident items %d bytes %.0f\n", lanes, 1024.0 * (status("VmHWM:") - before) / lanes);
        return 0;
    }
    return 2;
}
