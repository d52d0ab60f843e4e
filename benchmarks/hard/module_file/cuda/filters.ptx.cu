// Compiled to filters.ptx; module_file.cu finds the kernels by their names.

__constant__ float weights[7];

extern "C" __global__ void convolve(const float* in, float* out, int n, int radius) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float sum = 0.0f;
  for (int d = -radius; d <= radius; ++d) {
    const int at = min(max(i + d, 0), n - 1);  // the ends are repeated
    sum += weights[radius + d] * in[at];
  }
  out[i] = sum;
}

extern "C" __global__ void middle(const float* in, float* out, int n, int) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const float a = in[max(i - 1, 0)], b = in[i], c = in[min(i + 1, n - 1)];
  out[i] = fmaxf(fminf(a, b), fminf(fmaxf(a, b), c));
}
