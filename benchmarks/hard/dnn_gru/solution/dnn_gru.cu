#include "dnn_gru.h"

#include <hip/hip_runtime.h>

#define CHECK_HIP(call) \
  if ((call) != hipSuccess) return 1

__device__ static float sigmoid(float v) { return 1.0f / (1.0f + expf(-v)); }

// One step: a thread for each unit of each sequence. `before` is null at the first step, where the state is zero.
__global__ void gru_step(const float* w, const float* u, const float* bw, const float* bu, const float* x,
                         const float* before, float* after, int batch, int input, int hidden) {
  const int at = blockIdx.x * blockDim.x + threadIdx.x;
  if (at >= batch * hidden) return;
  const int sequence = at / hidden, unit = at % hidden;
  float of_x[3], of_h[3];
  for (int gate = 0; gate < 3; ++gate) {
    const int row = gate * hidden + unit;
    of_x[gate] = bw[row];
    of_h[gate] = bu[row];
    for (int i = 0; i < input; ++i) of_x[gate] += w[row * input + i] * x[sequence * input + i];
    for (int i = 0; before && i < hidden; ++i) of_h[gate] += u[row * hidden + i] * before[sequence * hidden + i];
  }
  const float reset = sigmoid(of_x[0] + of_h[0]), keep = sigmoid(of_x[1] + of_h[1]);
  const float fresh = tanhf(of_x[2] + reset * of_h[2]);
  after[at] = (1.0f - keep) * fresh + keep * (before ? before[at] : 0.0f);
}

static float* upload(const float* host, size_t count) {
  float* device = nullptr;
  if (hipMalloc((void**)&device, count * sizeof(float)) != hipSuccess) return nullptr;
  if (hipMemcpy(device, host, count * sizeof(float), hipMemcpyHostToDevice) != hipSuccess) return nullptr;
  return device;
}

int gru(const float* w, const float* u, const float* bw, const float* bu, const float* x, float* y, int steps, int batch,
        int input, int hidden) {
  float* dw = upload(w, 3 * hidden * input);
  float* du = upload(u, 3 * hidden * hidden);
  float* dbw = upload(bw, 3 * hidden);
  float* dbu = upload(bu, 3 * hidden);
  float* dx = upload(x, steps * batch * input);
  float* dy = nullptr;
  if (!dw || !du || !dbw || !dbu || !dx) return 1;
  const int units = batch * hidden;
  CHECK_HIP(hipMalloc((void**)&dy, sizeof(float) * steps * units));
  for (int t = 0; t < steps; ++t)
    gru_step<<<(units + 127) / 128, 128>>>(dw, du, dbw, dbu, dx + t * batch * input,
                                           t ? dy + (t - 1) * units : nullptr, dy + t * units, batch, input, hidden);
  CHECK_HIP(hipMemcpy(y, dy, sizeof(float) * steps * units, hipMemcpyDeviceToHost));
  for (float* each : {dw, du, dbw, dbu, dx, dy}) (void)hipFree(each);
  return 0;
}
