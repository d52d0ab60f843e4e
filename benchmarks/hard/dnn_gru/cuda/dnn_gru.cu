#include "dnn_gru.h"

#include <cuda_runtime.h>
#include <cudnn.h>

#include <vector>

#define CHECK_CUDA(call) \
  if ((call) != cudaSuccess) return 1
#define CHECK_DNN(call) \
  if ((call) != CUDNN_STATUS_SUCCESS) return 2

int gru(const float* w, const float* u, const float* bw, const float* bu, const float* x, float* y, int steps, int batch,
        int input, int hidden) {
  cudnnHandle_t handle;
  CHECK_DNN(cudnnCreate(&handle));
  cudnnDropoutDescriptor_t dropout;
  CHECK_DNN(cudnnCreateDropoutDescriptor(&dropout));
  CHECK_DNN(cudnnSetDropoutDescriptor(dropout, handle, 0.0f, nullptr, 0, 0));
  cudnnRNNDescriptor_t rnn;
  CHECK_DNN(cudnnCreateRNNDescriptor(&rnn));
  CHECK_DNN(cudnnSetRNNDescriptor_v8(rnn, CUDNN_RNN_ALGO_STANDARD, CUDNN_GRU, CUDNN_RNN_DOUBLE_BIAS,
                                     CUDNN_UNIDIRECTIONAL, CUDNN_LINEAR_INPUT, CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT,
                                     CUDNN_DEFAULT_MATH, input, hidden, hidden, 1, dropout,
                                     CUDNN_RNN_PADDED_IO_DISABLED));

  size_t weightBytes = 0;
  CHECK_DNN(cudnnGetRNNWeightSpaceSize(handle, rnn, &weightBytes));
  void* weights;
  CHECK_CUDA(cudaMalloc(&weights, weightBytes));
  cudnnTensorDescriptor_t matrix, bias;
  CHECK_DNN(cudnnCreateTensorDescriptor(&matrix));
  CHECK_DNN(cudnnCreateTensorDescriptor(&bias));
  for (int gate = 0; gate < 6; ++gate) {  // 0..2 are applied to the input, 3..5 to the state
    void *matrixAt, *biasAt;
    CHECK_DNN(cudnnGetRNNWeightParams(handle, rnn, 0, weightBytes, weights, gate, matrix, &matrixAt, bias, &biasAt));
    const int columns = gate < 3 ? input : hidden;
    const float* from = gate < 3 ? w + gate * hidden * input : u + (gate - 3) * hidden * hidden;
    const float* fromBias = gate < 3 ? bw + gate * hidden : bu + (gate - 3) * hidden;
    CHECK_CUDA(cudaMemcpy(matrixAt, from, sizeof(float) * hidden * columns, cudaMemcpyHostToDevice));
    CHECK_CUDA(cudaMemcpy(biasAt, fromBias, sizeof(float) * hidden, cudaMemcpyHostToDevice));
  }

  std::vector<int> lengths(batch, steps);
  cudnnRNNDataDescriptor_t in, out;
  float padding = 0.0f;
  CHECK_DNN(cudnnCreateRNNDataDescriptor(&in));
  CHECK_DNN(cudnnCreateRNNDataDescriptor(&out));
  CHECK_DNN(cudnnSetRNNDataDescriptor(in, CUDNN_DATA_FLOAT, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED, steps, batch, input,
                                      lengths.data(), &padding));
  CHECK_DNN(cudnnSetRNNDataDescriptor(out, CUDNN_DATA_FLOAT, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED, steps, batch,
                                      hidden, lengths.data(), &padding));
  cudnnTensorDescriptor_t state;
  const int dims[] = {1, batch, hidden}, strides[] = {batch * hidden, hidden, 1};
  CHECK_DNN(cudnnCreateTensorDescriptor(&state));
  CHECK_DNN(cudnnSetTensorNdDescriptor(state, CUDNN_DATA_FLOAT, 3, dims, strides));

  float *dx, *dy;
  int* dlengths;
  CHECK_CUDA(cudaMalloc((void**)&dx, sizeof(float) * steps * batch * input));
  CHECK_CUDA(cudaMalloc((void**)&dy, sizeof(float) * steps * batch * hidden));
  CHECK_CUDA(cudaMalloc((void**)&dlengths, sizeof(int) * batch));
  CHECK_CUDA(cudaMemcpy(dx, x, sizeof(float) * steps * batch * input, cudaMemcpyHostToDevice));
  CHECK_CUDA(cudaMemcpy(dlengths, lengths.data(), sizeof(int) * batch, cudaMemcpyHostToDevice));
  size_t workBytes = 0, reserveBytes = 0;
  CHECK_DNN(cudnnGetRNNTempSpaceSizes(handle, rnn, CUDNN_FWD_MODE_INFERENCE, in, &workBytes, &reserveBytes));
  void* work = nullptr;
  CHECK_CUDA(cudaMalloc(&work, workBytes));
  CHECK_DNN(cudnnRNNForward(handle, rnn, CUDNN_FWD_MODE_INFERENCE, dlengths, in, dx, out, dy, state, nullptr, nullptr,
                            state, nullptr, nullptr, weightBytes, weights, workBytes, work, 0, nullptr));
  CHECK_CUDA(cudaMemcpy(y, dy, sizeof(float) * steps * batch * hidden, cudaMemcpyDeviceToHost));

  cudaFree(work);
  cudaFree(dlengths);
  cudaFree(dy);
  cudaFree(dx);
  cudnnDestroyTensorDescriptor(state);
  cudnnDestroyRNNDataDescriptor(out);
  cudnnDestroyRNNDataDescriptor(in);
  cudnnDestroyTensorDescriptor(bias);
  cudnnDestroyTensorDescriptor(matrix);
  cudaFree(weights);
  cudnnDestroyRNNDescriptor(rnn);
  cudnnDestroyDropoutDescriptor(dropout);
  cudnnDestroy(handle);
  return 0;
}
