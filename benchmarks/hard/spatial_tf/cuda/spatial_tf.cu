#include "spatial_tf.h"

#include <cuda_runtime.h>
#include <cudnn.h>

#define CHECK_CUDA(call) \
  if ((call) != cudaSuccess) return 1
#define CHECK_DNN(call) \
  if ((call) != CUDNN_STATUS_SUCCESS) return 2

int warp_images(const float* images, const float* theta, float* out, int batch, int channels, int height, int width) {
  const size_t bytes = sizeof(float) * batch * channels * height * width;
  float *in, *maps, *grid, *warped;
  CHECK_CUDA(cudaMalloc((void**)&in, bytes));
  CHECK_CUDA(cudaMalloc((void**)&warped, bytes));
  CHECK_CUDA(cudaMalloc((void**)&maps, sizeof(float) * batch * 6));
  CHECK_CUDA(cudaMalloc((void**)&grid, sizeof(float) * batch * height * width * 2));
  CHECK_CUDA(cudaMemcpy(in, images, bytes, cudaMemcpyHostToDevice));
  CHECK_CUDA(cudaMemcpy(maps, theta, sizeof(float) * batch * 6, cudaMemcpyHostToDevice));

  cudnnHandle_t handle;
  CHECK_DNN(cudnnCreate(&handle));
  cudnnTensorDescriptor_t tensor;
  CHECK_DNN(cudnnCreateTensorDescriptor(&tensor));
  CHECK_DNN(cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, batch, channels, height, width));
  cudnnSpatialTransformerDescriptor_t transformer;
  CHECK_DNN(cudnnCreateSpatialTransformerDescriptor(&transformer));
  const int dims[] = {batch, channels, height, width};
  CHECK_DNN(cudnnSetSpatialTransformerNdDescriptor(transformer, CUDNN_SAMPLER_BILINEAR, CUDNN_DATA_FLOAT, 4, dims));
  CHECK_DNN(cudnnSpatialTfGridGeneratorForward(handle, transformer, maps, grid));
  const float one = 1.0f, zero = 0.0f;
  CHECK_DNN(cudnnSpatialTfSamplerForward(handle, transformer, &one, tensor, in, grid, &zero, tensor, warped));
  CHECK_CUDA(cudaMemcpy(out, warped, bytes, cudaMemcpyDeviceToHost));

  cudnnDestroySpatialTransformerDescriptor(transformer);
  cudnnDestroyTensorDescriptor(tensor);
  cudnnDestroy(handle);
  cudaFree(grid);
  cudaFree(maps);
  cudaFree(warped);
  cudaFree(in);
  return 0;
}
