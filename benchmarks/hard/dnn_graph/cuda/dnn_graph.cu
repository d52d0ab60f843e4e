#include "dnn_graph.h"

#include <cuda_runtime.h>
#include <cudnn.h>

#include <cstdint>
#include <vector>

namespace {

using Descriptor = cudnnBackendDescriptor_t;

class Failed {};

void must(cudnnStatus_t status) {
  if (status != CUDNN_STATUS_SUCCESS) throw Failed{};
}

struct Builder {
  std::vector<Descriptor> all;

  Descriptor make(cudnnBackendDescriptorType_t type) {
    Descriptor made;
    must(cudnnBackendCreateDescriptor(type, &made));
    all.push_back(made);
    return made;
  }
  template <typename T>
  void set(Descriptor d, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::vector<T> values) {
    must(cudnnBackendSetAttribute(d, name, type, static_cast<int64_t>(values.size()), values.data()));
  }
  Descriptor tensor(int64_t id, std::vector<int64_t> dims, bool inner) {
    Descriptor made = make(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    std::vector<int64_t> strides = {dims[1] * dims[2], dims[2], 1};
    set(made, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, std::vector<cudnnDataType_t>{CUDNN_DATA_FLOAT});
    set(made, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, dims);
    set(made, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, strides);
    set(made, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, std::vector<int64_t>{id});
    set(made, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, std::vector<int64_t>{16});
    set(made, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, std::vector<char>{inner});
    must(cudnnBackendFinalize(made));
    return made;
  }
  ~Builder() {
    for (auto each = all.rbegin(); each != all.rend(); ++each) cudnnBackendDestroyDescriptor(*each);
  }
};

void run(cudnnHandle_t handle, float* a, float* b, float* out, float alpha, int64_t batch, int64_t m, int64_t n,
         int64_t k) {
  Builder g;
  Descriptor ta = g.tensor('a', {batch, m, k}, false), tb = g.tensor('b', {1, k, n}, false);
  Descriptor product = g.tensor('p', {batch, m, n}, true), result = g.tensor('r', {batch, m, n}, false);

  Descriptor how = g.make(CUDNN_BACKEND_MATMUL_DESCRIPTOR);
  g.set(how, CUDNN_ATTR_MATMUL_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, std::vector<cudnnDataType_t>{CUDNN_DATA_FLOAT});
  must(cudnnBackendFinalize(how));
  Descriptor multiply = g.make(CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR);
  g.set(multiply, CUDNN_ATTR_OPERATION_MATMUL_ADESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{ta});
  g.set(multiply, CUDNN_ATTR_OPERATION_MATMUL_BDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{tb});
  g.set(multiply, CUDNN_ATTR_OPERATION_MATMUL_CDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{product});
  g.set(multiply, CUDNN_ATTR_OPERATION_MATMUL_DESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{how});
  must(cudnnBackendFinalize(multiply));

  Descriptor elu = g.make(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  g.set(elu, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE,
        std::vector<cudnnPointwiseMode_t>{CUDNN_POINTWISE_ELU_FWD});
  g.set(elu, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, std::vector<cudnnDataType_t>{CUDNN_DATA_FLOAT});
  g.set(elu, CUDNN_ATTR_POINTWISE_ELU_ALPHA, CUDNN_TYPE_DOUBLE, std::vector<double>{alpha});
  must(cudnnBackendFinalize(elu));
  Descriptor tail = g.make(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  g.set(tail, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{elu});
  g.set(tail, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{product});
  g.set(tail, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{result});
  must(cudnnBackendFinalize(tail));

  Descriptor graph = g.make(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  g.set(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{multiply, tail});
  g.set(graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, std::vector<cudnnHandle_t>{handle});
  must(cudnnBackendFinalize(graph));
  Descriptor engine = g.make(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  g.set(engine, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{graph});
  g.set(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, std::vector<int64_t>{0});
  must(cudnnBackendFinalize(engine));
  Descriptor config = g.make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  g.set(config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{engine});
  must(cudnnBackendFinalize(config));
  Descriptor plan = g.make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  g.set(plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, std::vector<cudnnHandle_t>{handle});
  g.set(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<Descriptor>{config});
  must(cudnnBackendFinalize(plan));

  int64_t bytes = 0, count = 0;
  must(cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &count, &bytes));
  void* workspace = nullptr;
  if (bytes && cudaMalloc(&workspace, bytes) != cudaSuccess) throw Failed{};
  Descriptor pack = g.make(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  g.set(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, std::vector<void*>{a, b, out});
  g.set(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, std::vector<int64_t>{'a', 'b', 'r'});
  g.set(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, std::vector<void*>{workspace});
  must(cudnnBackendFinalize(pack));
  must(cudnnBackendExecute(handle, plan, pack));
  if (cudaDeviceSynchronize() != cudaSuccess) throw Failed{};
  cudaFree(workspace);
}

}  // namespace

int dense_elu(const float* a, const float* b, float alpha, float* out, int batch, int m, int n, int k) {
  const size_t sizeA = sizeof(float) * batch * m * k, sizeB = sizeof(float) * k * n;
  const size_t sizeOut = sizeof(float) * batch * m * n;
  float *da, *db, *dout;
  cudnnHandle_t handle;
  if (cudaMalloc(&da, sizeA) != cudaSuccess || cudaMalloc(&db, sizeB) != cudaSuccess ||
      cudaMalloc(&dout, sizeOut) != cudaSuccess || cudnnCreate(&handle) != CUDNN_STATUS_SUCCESS)
    return 1;
  cudaMemcpy(da, a, sizeA, cudaMemcpyHostToDevice);
  cudaMemcpy(db, b, sizeB, cudaMemcpyHostToDevice);
  try {
    run(handle, da, db, dout, alpha, batch, m, n, k);
  } catch (const Failed&) {
    return 2;
  }
  cudaMemcpy(out, dout, sizeOut, cudaMemcpyDeviceToHost);
  cudnnDestroy(handle);
  cudaFree(dout);
  cudaFree(db);
  cudaFree(da);
  return 0;
}
