// Point: a padded 2D tile: the classic transposition.
// Rule: a shared 2D array is row-major, and the pad column only changes the pitch.
#include "check.h"

__global__ void transpose(const float* in, float* out, int width, int height) {
    __shared__ float tile[16][16 + 1];
    int x = blockIdx.x * 16 + threadIdx.x, y = blockIdx.y * 16 + threadIdx.y;
    if (x < width && y < height) tile[threadIdx.y][threadIdx.x] = in[y * width + x];
    __syncthreads();
    x = blockIdx.y * 16 + threadIdx.x;
    y = blockIdx.x * 16 + threadIdx.y;
    if (x < height && y < width) out[y * height + x] = tile[threadIdx.x][threadIdx.y];
}

int main() {
    const int width = 50, height = 37;
    std::vector<float> values(width * height), want(width * height);
    for (int i = 0; i < width * height; i++) values[i] = float(i);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) want[x * height + y] = values[y * width + x];
    Device<float> in(values), out(width * height);
    transpose<<<dim3(4, 3), dim3(16, 16)>>>(in, out, width, height);
    expect_all("transposed", out.read(), want);
    return finish();
}
