// cuDNN's legacy interface over dnn_core: names, enumerators and descriptors of cudnn.h.
#include <cudnn.h>

#include "dnn_core.h"

using namespace hw;
using Status = cudnnStatus_t;
using Handle = cudnnHandle_t;
using TensorDesc = cudnnTensorDescriptor_t;
using FilterDesc = cudnnFilterDescriptor_t;
using ConvDesc = cudnnConvolutionDescriptor_t;
using PoolDesc = cudnnPoolingDescriptor_t;
using ActDesc = cudnnActivationDescriptor_t;

static Status status(dnn::Status s) {
    switch (s) {
    case dnn::Status::ok: return CUDNN_STATUS_SUCCESS;
    case dnn::Status::not_initialized: return CUDNN_STATUS_NOT_INITIALIZED;
    case dnn::Status::bad_parameter: return CUDNN_STATUS_BAD_PARAM;
    case dnn::Status::not_supported: return CUDNN_STATUS_NOT_SUPPORTED;
    default: return CUDNN_STATUS_EXECUTION_FAILED;
    }
}
static dnn::Handle* own(Handle h) { return reinterpret_cast<dnn::Handle*>(h); }
static dnn::Tensor* own(TensorDesc t) { return reinterpret_cast<dnn::Tensor*>(t); }
static dnn::Tensor* own(FilterDesc t) { return reinterpret_cast<dnn::Tensor*>(t); }
static dnn::Convolution* own(ConvDesc c) { return reinterpret_cast<dnn::Convolution*>(c); }
static dnn::Pooling* own(PoolDesc p) { return reinterpret_cast<dnn::Pooling*>(p); }
static dnn::Activation* own(ActDesc a) { return reinterpret_cast<dnn::Activation*>(a); }
static dnn::Lrn* own(cudnnLRNDescriptor_t l) { return reinterpret_cast<dnn::Lrn*>(l); }
struct ReduceTensor { dnn::Reduction op = dnn::Reduction::invalid; cudnnReduceTensorOp_t given{}; cudnnDataType_t type{}; cudnnNanPropagation_t nan{}; };
struct OpTensor { dnn::Op op = dnn::Op::invalid; cudnnOpTensorOp_t given{}; cudnnDataType_t type{}; cudnnNanPropagation_t nan{}; };
static ReduceTensor* own(cudnnReduceTensorDescriptor_t r) { return reinterpret_cast<ReduceTensor*>(r); }
static OpTensor* own(cudnnOpTensorDescriptor_t o) { return reinterpret_cast<OpTensor*>(o); }

template <class Own, class Desc> static Status create(Desc* out) {
    if (!out) return CUDNN_STATUS_BAD_PARAM;
    *out = reinterpret_cast<Desc>(new Own);
    return CUDNN_STATUS_SUCCESS;
}
template <class Desc> static Status destroy(Desc desc) {
    delete own(desc);
    return CUDNN_STATUS_SUCCESS;
}

static DataType type(cudnnDataType_t t) {
    switch (t) {
    case CUDNN_DATA_FLOAT: return DataType::r32f;
    case CUDNN_DATA_DOUBLE: return DataType::r64f;
    case CUDNN_DATA_HALF: return DataType::r16f;
    case CUDNN_DATA_BFLOAT16: return DataType::r16bf;
    case CUDNN_DATA_INT8: return DataType::r8i;
    case CUDNN_DATA_UINT8: return DataType::r8u;
    case CUDNN_DATA_INT32: return DataType::r32i;
    default: hw_unsupported("cudnnDataType_t other than float, double, half, bfloat16, int8, uint8 and int32");
    }
}
static cudnnDataType_t given(DataType t) {
    switch (t) {
    case DataType::r64f: return CUDNN_DATA_DOUBLE;
    case DataType::r16f: return CUDNN_DATA_HALF;
    case DataType::r16bf: return CUDNN_DATA_BFLOAT16;
    case DataType::r8i: return CUDNN_DATA_INT8;
    case DataType::r8u: return CUDNN_DATA_UINT8;
    case DataType::r32i: return CUDNN_DATA_INT32;
    default: return CUDNN_DATA_FLOAT;
    }
}
static bool channels_last(cudnnTensorFormat_t format) {
    if (format == CUDNN_TENSOR_NCHW_VECT_C) hw_unsupported("CUDNN_TENSOR_NCHW_VECT_C");
    return format == CUDNN_TENSOR_NHWC;
}
// Scaling factors are doubles for double tensors and floats for all others.
static double factor(const void* p, const dnn::Tensor* t) {
    return t && t->type == DataType::r64f ? *static_cast<const double*>(p) : double(*static_cast<const float*>(p));
}
static dnn::Blend blend(const void* alpha, const void* beta, const dnn::Tensor* t) { return {factor(alpha, t), factor(beta, t)}; }
#define NEED(...) if (dnn::any_null(__VA_ARGS__)) return CUDNN_STATUS_BAD_PARAM

template <class... Ints> static Status answer(const dnn::Sizes& values, Ints*... out) {
    if (values.size() != sizeof...(out)) return CUDNN_STATUS_BAD_PARAM;
    size_t i = 0;
    ((*out = int(values[i++])), ...);
    return CUDNN_STATUS_SUCCESS;
}
static void copy(const dnn::Sizes& values, int wanted, int* out) {
    for (int i = 0; out && i < wanted && i < int(values.size()); ++i) out[i] = int(values[i]);
}

// Of the algorithms, only those that unfold the input need scratch memory; all compute the same.
static size_t scratch(bool unfolds, const dnn::Tensor* x, const dnn::Tensor* w, const dnn::Tensor* y) {
    return unfolds ? dnn::unfolded_bytes(*x, *w, *y) : 0;
}
static bool fits(const ConvDesc c, const dnn::Tensor* x, const dnn::Tensor* w, const dnn::Tensor* y) {
    return c && own(c)->set && !dnn::any_absent(x, w, y) && own(c)->output(*x, *w) == y->dims;
}
template <class Perf, class Algorithm>
static Status algorithms(const ConvDesc c, const dnn::Tensor* x, const dnn::Tensor* w, const dnn::Tensor* y, int count, int unfolding,
                         int wanted, int* found, Perf* results) {
    if (!found || !results || wanted < 1 || !fits(c, x, w, y)) return CUDNN_STATUS_BAD_PARAM;
    *found = std::min(wanted, count);
    for (int i = 0; i < *found; ++i) {       // nothing is measured: no time is told
        results[i] = {};
        results[i].algo = Algorithm((i + unfolding) % count);
        results[i].status = CUDNN_STATUS_SUCCESS;
        results[i].memory = scratch(i == 0, x, w, y);
        results[i].determinism = CUDNN_DETERMINISTIC;
    }
    return CUDNN_STATUS_SUCCESS;
}

extern "C" {

// -- the library --------------------------------------------------------------------------------------------------------

size_t cudnnGetVersion() { return CUDNN_VERSION; }
size_t cudnnGetCudartVersion() { return CUDART_VERSION; }
Status cudnnGetProperty(libraryPropertyType which, int* value) {
    NEED(value);
    *value = which == MAJOR_VERSION ? CUDNN_MAJOR : which == MINOR_VERSION ? CUDNN_MINOR : CUDNN_PATCHLEVEL;
    return CUDNN_STATUS_SUCCESS;
}
const char* cudnnGetErrorString(Status s) {
    switch (int(s)) {
#define CASE(x) case int(x): return #x;
    CASE(CUDNN_STATUS_SUCCESS) CASE(CUDNN_STATUS_NOT_INITIALIZED) CASE(CUDNN_STATUS_BAD_PARAM) CASE(CUDNN_STATUS_NOT_SUPPORTED)
    CASE(CUDNN_STATUS_EXECUTION_FAILED)
#undef CASE
    }
    return "CUDNN_UNKNOWN_STATUS";
}
Status cudnnCreate(Handle* handle) { return create<dnn::Handle>(handle); }
Status cudnnDestroy(Handle handle) { return destroy(handle); }
Status cudnnSetStream(Handle handle, cudaStream_t stream) {
    NEED(handle);
    own(handle)->stream = stream;
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnGetStream(Handle handle, cudaStream_t* stream) {
    NEED(handle, stream);
    *stream = static_cast<cudaStream_t>(own(handle)->stream);
    return CUDNN_STATUS_SUCCESS;
}

// -- tensors and filters ------------------------------------------------------------------------------------------------

Status cudnnCreateTensorDescriptor(TensorDesc* t) { return create<dnn::Tensor>(t); }
Status cudnnDestroyTensorDescriptor(TensorDesc t) { return destroy(t); }
Status cudnnSetTensor4dDescriptor(TensorDesc t, cudnnTensorFormat_t format, cudnnDataType_t kind, int n, int c, int h, int w) {
    int dims[] = {n, c, h, w};
    return status(dnn::describe<int>(own(t), type(kind), 4, dims, nullptr, channels_last(format)));
}
Status cudnnSetTensor4dDescriptorEx(TensorDesc t, cudnnDataType_t kind, int n, int c, int h, int w, int sn, int sc, int sh, int sw) {
    int dims[] = {n, c, h, w}, strides[] = {sn, sc, sh, sw};
    return status(dnn::describe(own(t), type(kind), 4, dims, strides));
}
Status cudnnGetTensor4dDescriptor(const TensorDesc t, cudnnDataType_t* kind, int* n, int* c, int* h, int* w, int* sn, int* sc,
                                  int* sh, int* sw) {
    NEED(t, kind, n, c, h, w, sn, sc, sh, sw);
    *kind = given(own(t)->type);
    Status done = answer(own(t)->dims, n, c, h, w);
    return done == CUDNN_STATUS_SUCCESS ? answer(own(t)->strides, sn, sc, sh, sw) : done;
}
Status cudnnSetTensorNdDescriptor(TensorDesc t, cudnnDataType_t kind, int rank, const int dims[], const int strides[]) {
    NEED(strides);
    return status(dnn::describe(own(t), type(kind), rank, dims, strides));
}
Status cudnnSetTensorNdDescriptorEx(TensorDesc t, cudnnTensorFormat_t format, cudnnDataType_t kind, int rank, const int dims[]) {
    return status(dnn::describe<int>(own(t), type(kind), rank, dims, nullptr, channels_last(format)));
}
Status cudnnGetTensorNdDescriptor(const TensorDesc t, int wanted, cudnnDataType_t* kind, int* rank, int dims[], int strides[]) {
    NEED(t, kind, rank);
    *kind = given(own(t)->type);
    *rank = int(own(t)->dims.size());
    copy(own(t)->dims, wanted, dims);
    copy(own(t)->strides, wanted, strides);
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnGetTensorSizeInBytes(const TensorDesc t, size_t* bytes) {
    NEED(t, bytes);
    *bytes = size_t(own(t)->span()) * size_of(own(t)->type);
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnCreateFilterDescriptor(FilterDesc* t) { return create<dnn::Tensor>(t); }
Status cudnnDestroyFilterDescriptor(FilterDesc t) { return destroy(t); }
Status cudnnSetFilter4dDescriptor(FilterDesc t, cudnnDataType_t kind, cudnnTensorFormat_t format, int k, int c, int h, int w) {
    int dims[] = {k, c, h, w};
    return status(dnn::describe<int>(own(t), type(kind), 4, dims, nullptr, channels_last(format)));
}
Status cudnnSetFilterNdDescriptor(FilterDesc t, cudnnDataType_t kind, cudnnTensorFormat_t format, int rank, const int dims[]) {
    return status(dnn::describe<int>(own(t), type(kind), rank, dims, nullptr, channels_last(format)));
}
Status cudnnGetFilter4dDescriptor(const FilterDesc t, cudnnDataType_t* kind, cudnnTensorFormat_t* format, int* k, int* c, int* h, int* w) {
    NEED(t, kind, format, k, c, h, w);
    *kind = given(own(t)->type);
    *format = cudnnTensorFormat_t(own(t)->format);
    return answer(own(t)->dims, k, c, h, w);
}
Status cudnnGetFilterNdDescriptor(const FilterDesc t, int wanted, cudnnDataType_t* kind, cudnnTensorFormat_t* format, int* rank, int dims[]) {
    NEED(t, kind, format, rank);
    *kind = given(own(t)->type);
    *format = cudnnTensorFormat_t(own(t)->format);
    *rank = int(own(t)->dims.size());
    copy(own(t)->dims, wanted, dims);
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnGetFilterSizeInBytes(const FilterDesc t, size_t* bytes) { return cudnnGetTensorSizeInBytes(reinterpret_cast<TensorDesc>(t), bytes); }

Status cudnnTransformTensor(Handle h, const void* alpha, const TensorDesc x, const void* px, const void* beta, const TensorDesc y, void* py) {
    NEED(alpha, beta);
    return status(dnn::transform(own(h), blend(alpha, beta, own(y)), own(x), px, own(y), py));
}
Status cudnnAddTensor(Handle h, const void* alpha, const TensorDesc a, const void* pa, const void* beta, const TensorDesc c, void* pc) {
    NEED(alpha, beta);
    return status(dnn::add_tensor(own(h), blend(alpha, beta, own(c)), own(a), pa, own(c), pc));
}
Status cudnnSetTensor(Handle h, const TensorDesc y, void* py, const void* value) {
    NEED(y, value);
    return status(dnn::fill(own(h), own(y), py, load<double>(own(y)->type, value, 0)));
}
Status cudnnScaleTensor(Handle h, const TensorDesc y, void* py, const void* alpha) {
    NEED(alpha);
    return status(dnn::transform(own(h), {factor(alpha, own(y)), 0}, own(y), py, own(y), py));
}

Status cudnnCreateOpTensorDescriptor(cudnnOpTensorDescriptor_t* o) { return create<OpTensor>(o); }
Status cudnnDestroyOpTensorDescriptor(cudnnOpTensorDescriptor_t o) { return destroy(o); }
Status cudnnSetOpTensorDescriptor(cudnnOpTensorDescriptor_t o, cudnnOpTensorOp_t op, cudnnDataType_t kind, cudnnNanPropagation_t nan) {
    NEED(o);
    *own(o) = {op == CUDNN_OP_TENSOR_ADD    ? dnn::Op::add
               : op == CUDNN_OP_TENSOR_MUL  ? dnn::Op::mul
               : op == CUDNN_OP_TENSOR_MIN  ? dnn::Op::min
               : op == CUDNN_OP_TENSOR_MAX  ? dnn::Op::max
               : op == CUDNN_OP_TENSOR_SQRT ? dnn::Op::sqrt
               : op == CUDNN_OP_TENSOR_NOT  ? dnn::Op::negate
                                            : dnn::Op::invalid,
               op, kind, nan};
    return own(o)->op == dnn::Op::invalid ? CUDNN_STATUS_BAD_PARAM : CUDNN_STATUS_SUCCESS;
}
Status cudnnGetOpTensorDescriptor(const cudnnOpTensorDescriptor_t o, cudnnOpTensorOp_t* op, cudnnDataType_t* kind, cudnnNanPropagation_t* nan) {
    NEED(o, op, kind, nan);
    *op = own(o)->given, *kind = own(o)->type, *nan = own(o)->nan;
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnOpTensor(Handle h, const cudnnOpTensorDescriptor_t o, const void* alpha1, const TensorDesc a, const void* pa,
                     const void* alpha2, const TensorDesc b, const void* pb, const void* beta, const TensorDesc c, void* pc) {
    NEED(o, alpha1, alpha2, beta);
    return status(dnn::op_tensor(own(h), own(o)->op, factor(alpha1, own(c)), own(a), pa, factor(alpha2, own(c)), own(b), pb,
                                 factor(beta, own(c)), own(c), pc));
}

Status cudnnCreateReduceTensorDescriptor(cudnnReduceTensorDescriptor_t* r) { return create<ReduceTensor>(r); }
Status cudnnDestroyReduceTensorDescriptor(cudnnReduceTensorDescriptor_t r) { return destroy(r); }
Status cudnnSetReduceTensorDescriptor(cudnnReduceTensorDescriptor_t r, cudnnReduceTensorOp_t op, cudnnDataType_t kind,
                                      cudnnNanPropagation_t nan, cudnnReduceTensorIndices_t indices, cudnnIndicesType_t) {
    NEED(r);
    if (indices != CUDNN_REDUCE_TENSOR_NO_INDICES) hw_unsupported("cudnnSetReduceTensorDescriptor(CUDNN_REDUCE_TENSOR_FLATTENED_INDICES)");
    if (op == CUDNN_REDUCE_TENSOR_MUL_NO_ZEROS) hw_unsupported("CUDNN_REDUCE_TENSOR_MUL_NO_ZEROS");
    if (op < CUDNN_REDUCE_TENSOR_ADD || op > CUDNN_REDUCE_TENSOR_NORM2) return CUDNN_STATUS_BAD_PARAM;
    *own(r) = {dnn::Reduction(int(op)), op, kind, nan};    // numbered alike
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnGetReductionWorkspaceSize(Handle h, const cudnnReduceTensorDescriptor_t r, const TensorDesc a, const TensorDesc c, size_t* bytes) {
    NEED(h, r, a, c, bytes);
    *bytes = 0;
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnGetReductionIndicesSize(Handle h, const cudnnReduceTensorDescriptor_t r, const TensorDesc a, const TensorDesc c, size_t* bytes) {
    return cudnnGetReductionWorkspaceSize(h, r, a, c, bytes);
}
Status cudnnReduceTensor(Handle h, const cudnnReduceTensorDescriptor_t r, void*, size_t, void*, size_t, const void* alpha,
                         const TensorDesc a, const void* pa, const void* beta, const TensorDesc c, void* pc) {
    NEED(r, alpha, beta);
    return status(dnn::reduce(own(h), own(r)->op, blend(alpha, beta, own(c)), own(a), pa, own(c), pc));
}

// -- activation, softmax, pooling, normalisation ------------------------------------------------------------------------

Status cudnnCreateActivationDescriptor(ActDesc* a) { return create<dnn::Activation>(a); }
Status cudnnDestroyActivationDescriptor(ActDesc a) { return destroy(a); }
Status cudnnSetActivationDescriptor(ActDesc a, cudnnActivationMode_t mode, cudnnNanPropagation_t nan, double coefficient) {
    NEED(a);
    dnn::Mode own_mode = mode == CUDNN_ACTIVATION_SIGMOID        ? dnn::Mode::sigmoid
                         : mode == CUDNN_ACTIVATION_RELU         ? dnn::Mode::relu
                         : mode == CUDNN_ACTIVATION_TANH         ? dnn::Mode::tanh
                         : mode == CUDNN_ACTIVATION_CLIPPED_RELU ? dnn::Mode::clipped_relu
                         : mode == CUDNN_ACTIVATION_ELU          ? dnn::Mode::elu
                         : mode == CUDNN_ACTIVATION_IDENTITY     ? dnn::Mode::identity
                         : mode == CUDNN_ACTIVATION_SWISH        ? dnn::Mode::swish
                                                                 : dnn::Mode::invalid;
    bool tanh = own_mode == dnn::Mode::tanh;
    *own(a) = {own_mode, tanh ? 1 : coefficient, 1, 0, nan == CUDNN_PROPAGATE_NAN, int(mode)};
    own(a)->c = coefficient;
    return own_mode == dnn::Mode::invalid ? CUDNN_STATUS_BAD_PARAM : CUDNN_STATUS_SUCCESS;
}
Status cudnnGetActivationDescriptor(const ActDesc a, cudnnActivationMode_t* mode, cudnnNanPropagation_t* nan, double* coefficient) {
    NEED(a, mode, nan, coefficient);
    *mode = cudnnActivationMode_t(own(a)->own_mode);
    *nan = own(a)->keeps_nan ? CUDNN_PROPAGATE_NAN : CUDNN_NOT_PROPAGATE_NAN;
    *coefficient = own(a)->c;
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnSetActivationDescriptorSwishBeta(ActDesc a, double beta) {
    NEED(a);
    own(a)->b = beta;
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnActivationForward(Handle h, ActDesc a, const void* alpha, const TensorDesc x, const void* px, const void* beta,
                              const TensorDesc y, void* py) {
    NEED(alpha, beta);
    return status(dnn::activate(own(h), own(a), blend(alpha, beta, own(y)), own(x), px, own(y), py));
}
Status cudnnActivationBackward(Handle h, ActDesc a, const void* alpha, const TensorDesc y, const void* py, const TensorDesc dy,
                               const void* pdy, const TensorDesc x, const void* px, const void* beta, const TensorDesc dx, void* pdx) {
    NEED(alpha, beta);
    return status(dnn::activate_backward(own(h), own(a), blend(alpha, beta, own(dx)), own(y), py, own(dy), pdy, own(x), px, own(dx), pdx));
}

static dnn::Softmax softmax(cudnnSoftmaxAlgorithm_t a) {
    return a == CUDNN_SOFTMAX_FAST ? dnn::Softmax::fast : a == CUDNN_SOFTMAX_LOG ? dnn::Softmax::logarithm : dnn::Softmax::accurate;
}
Status cudnnSoftmaxForward(Handle h, cudnnSoftmaxAlgorithm_t how, cudnnSoftmaxMode_t mode, const void* alpha, const TensorDesc x,
                           const void* px, const void* beta, const TensorDesc y, void* py) {
    NEED(alpha, beta);
    return status(dnn::softmax(own(h), softmax(how), mode == CUDNN_SOFTMAX_MODE_CHANNEL, blend(alpha, beta, own(y)), own(x), px, own(y), py));
}
Status cudnnSoftmaxBackward(Handle h, cudnnSoftmaxAlgorithm_t how, cudnnSoftmaxMode_t mode, const void* alpha, const TensorDesc y,
                            const void* py, const TensorDesc dy, const void* pdy, const void* beta, const TensorDesc dx, void* pdx) {
    NEED(alpha, beta);
    return status(dnn::softmax_backward(own(h), softmax(how), mode == CUDNN_SOFTMAX_MODE_CHANNEL, blend(alpha, beta, own(dx)), own(y), py,
                                        own(dy), pdy, own(dx), pdx));
}

Status cudnnCreatePoolingDescriptor(PoolDesc* p) { return create<dnn::Pooling>(p); }
Status cudnnDestroyPoolingDescriptor(PoolDesc p) { return destroy(p); }
Status cudnnSetPoolingNdDescriptor(PoolDesc p, const cudnnPoolingMode_t mode, const cudnnNanPropagation_t nan, int rank,
                                   const int size[], const int pad[], const int stride[]) {
    NEED(p, size, pad, stride);
    if (rank < 1 || rank > 3) return CUDNN_STATUS_NOT_SUPPORTED;
    own(p)->mode = mode == CUDNN_POOLING_MAX || mode == CUDNN_POOLING_MAX_DETERMINISTIC ? dnn::Pool::max
                   : mode == CUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING                ? dnn::Pool::average
                   : mode == CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING                ? dnn::Pool::average_inside
                                                                                        : dnn::Pool::invalid;
    own(p)->window = {{size, size + rank}, {pad, pad + rank}, {stride, stride + rank}, {}};
    own(p)->keeps_nan = nan == CUDNN_PROPAGATE_NAN;
    own(p)->own_mode = int(mode);
    bool good = own(p)->mode != dnn::Pool::invalid;
    for (int i = 0; i < rank; ++i) good = good && size[i] > 0 && stride[i] > 0 && pad[i] >= 0 && pad[i] < size[i];
    return good ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}
Status cudnnSetPooling2dDescriptor(PoolDesc p, cudnnPoolingMode_t mode, cudnnNanPropagation_t nan, int height, int width, int pad_y,
                                   int pad_x, int stride_y, int stride_x) {
    int size[] = {height, width}, pad[] = {pad_y, pad_x}, stride[] = {stride_y, stride_x};
    return cudnnSetPoolingNdDescriptor(p, mode, nan, 2, size, pad, stride);
}
Status cudnnGetPooling2dDescriptor(const PoolDesc p, cudnnPoolingMode_t* mode, cudnnNanPropagation_t* nan, int* height, int* width,
                                   int* pad_y, int* pad_x, int* stride_y, int* stride_x) {
    NEED(p, mode, nan, height, width, pad_y, pad_x, stride_y, stride_x);
    *mode = cudnnPoolingMode_t(own(p)->own_mode);
    *nan = own(p)->keeps_nan ? CUDNN_PROPAGATE_NAN : CUDNN_NOT_PROPAGATE_NAN;
    Status done = answer(own(p)->window.size, height, width);
    answer(own(p)->window.pad, pad_y, pad_x);
    answer(own(p)->window.stride, stride_y, stride_x);
    return done;
}
Status cudnnGetPooling2dForwardOutputDim(const PoolDesc p, const TensorDesc x, int* n, int* c, int* h, int* w) {
    NEED(p, x, n, c, h, w);
    return answer(own(p)->output(*own(x)), n, c, h, w);
}
Status cudnnGetPoolingNdForwardOutputDim(const PoolDesc p, const TensorDesc x, int rank, int dims[]) {
    NEED(p, x, dims);
    dnn::Sizes out = own(p)->output(*own(x));
    copy(out, rank, dims);
    return int(out.size()) == rank ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}
Status cudnnPoolingForward(Handle h, const PoolDesc p, const void* alpha, const TensorDesc x, const void* px, const void* beta,
                           const TensorDesc y, void* py) {
    NEED(alpha, beta);
    return status(dnn::pool(own(h), own(p), blend(alpha, beta, own(y)), own(x), px, own(y), py));
}
Status cudnnPoolingBackward(Handle h, const PoolDesc p, const void* alpha, const TensorDesc, const void*, const TensorDesc dy,
                            const void* pdy, const TensorDesc x, const void* px, const void* beta, const TensorDesc dx, void* pdx) {
    NEED(alpha, beta);
    return status(dnn::pool_backward(own(h), own(p), blend(alpha, beta, own(dx)), own(dy), pdy, own(x), px, own(dx), pdx));
}

Status cudnnCreateLRNDescriptor(cudnnLRNDescriptor_t* l) { return create<dnn::Lrn>(l); }
Status cudnnDestroyLRNDescriptor(cudnnLRNDescriptor_t l) { return destroy(l); }
Status cudnnSetLRNDescriptor(cudnnLRNDescriptor_t l, unsigned n, double alpha, double beta, double k) {
    NEED(l);
    if (n < CUDNN_LRN_MIN_N || n > CUDNN_LRN_MAX_N || k < CUDNN_LRN_MIN_K || beta < CUDNN_LRN_MIN_BETA) return CUDNN_STATUS_BAD_PARAM;
    *own(l) = {n, alpha, beta, k};
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnLRNCrossChannelForward(Handle h, cudnnLRNDescriptor_t l, cudnnLRNMode_t, const void* alpha, const TensorDesc x,
                                   const void* px, const void* beta, const TensorDesc y, void* py) {
    NEED(alpha, beta);
    return status(dnn::lrn(own(h), own(l), blend(alpha, beta, own(y)), own(x), px, own(y), py));
}

static bool spatial(cudnnBatchNormMode_t mode) { return mode != CUDNN_BATCHNORM_PER_ACTIVATION; }
Status cudnnDeriveBNTensorDescriptor(TensorDesc derived, const TensorDesc x, cudnnBatchNormMode_t mode) {
    return status(dnn::derive_norm(own(derived), own(x), spatial(mode)));
}
Status cudnnBatchNormalizationForwardInference(Handle h, cudnnBatchNormMode_t mode, const void* alpha, const void* beta,
                                               const TensorDesc x, const void* px, const TensorDesc y, void* py, const TensorDesc stats,
                                               const void* scale, const void* bias, const void* mean, const void* variance, double epsilon) {
    NEED(alpha, beta);
    return status(dnn::norm_inference(own(h), spatial(mode), blend(alpha, beta, own(y)), own(x), px, own(y), py, own(stats), scale, bias,
                                      mean, variance, epsilon));
}
Status cudnnBatchNormalizationForwardTraining(Handle h, cudnnBatchNormMode_t mode, const void* alpha, const void* beta,
                                              const TensorDesc x, const void* px, const TensorDesc y, void* py, const TensorDesc stats,
                                              const void* scale, const void* bias, double average, void* running_mean,
                                              void* running_variance, double epsilon, void* saved_mean, void* saved_inverse) {
    NEED(alpha, beta);
    return status(dnn::norm_training(own(h), spatial(mode), blend(alpha, beta, own(y)), own(x), px, own(y), py, own(stats), scale, bias,
                                     average, running_mean, running_variance, epsilon, saved_mean, saved_inverse));
}
Status cudnnBatchNormalizationBackward(Handle h, cudnnBatchNormMode_t mode, const void* alpha_data, const void* beta_data,
                                       const void* alpha_parameters, const void* beta_parameters, const TensorDesc x, const void* px,
                                       const TensorDesc dy, const void* pdy, const TensorDesc dx, void* pdx, const TensorDesc stats,
                                       const void* scale, void* dscale, void* dbias, double epsilon, const void* saved_mean,
                                       const void* saved_inverse) {
    NEED(alpha_data, beta_data, alpha_parameters, beta_parameters);
    return status(dnn::norm_backward(own(h), spatial(mode), blend(alpha_data, beta_data, own(dx)),
                                     blend(alpha_parameters, beta_parameters, own(stats)), own(x), px, own(dy), pdy, own(dx), pdx,
                                     own(stats), scale, dscale, dbias, epsilon, saved_mean, saved_inverse));
}

// -- convolution --------------------------------------------------------------------------------------------------------

Status cudnnCreateConvolutionDescriptor(ConvDesc* c) { return create<dnn::Convolution>(c); }
Status cudnnDestroyConvolutionDescriptor(ConvDesc c) { return destroy(c); }
Status cudnnSetConvolutionNdDescriptor(ConvDesc c, int rank, const int pad[], const int stride[], const int dilation[],
                                       cudnnConvolutionMode_t mode, cudnnDataType_t) {
    NEED(c, pad, stride, dilation);
    if (rank < 1 || rank > 3) return CUDNN_STATUS_NOT_SUPPORTED;
    for (int i = 0; i < rank; ++i)
        if (pad[i] < 0 || stride[i] <= 0 || dilation[i] <= 0) return CUDNN_STATUS_BAD_PARAM;
    own(c)->window = {{}, {pad, pad + rank}, {stride, stride + rank}, {dilation, dilation + rank}};
    own(c)->mirrored = mode == CUDNN_CONVOLUTION;
    own(c)->own_mode = int(mode);
    own(c)->set = true;
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnSetConvolution2dDescriptor(ConvDesc c, int pad_y, int pad_x, int stride_y, int stride_x, int dilation_y, int dilation_x,
                                       cudnnConvolutionMode_t mode, cudnnDataType_t compute) {
    int pad[] = {pad_y, pad_x}, stride[] = {stride_y, stride_x}, dilation[] = {dilation_y, dilation_x};
    return cudnnSetConvolutionNdDescriptor(c, 2, pad, stride, dilation, mode, compute);
}
Status cudnnGetConvolution2dDescriptor(const ConvDesc c, int* pad_y, int* pad_x, int* stride_y, int* stride_x, int* dilation_y,
                                       int* dilation_x, cudnnConvolutionMode_t* mode, cudnnDataType_t* compute) {
    NEED(c, pad_y, pad_x, stride_y, stride_x, dilation_y, dilation_x, mode, compute);
    *mode = cudnnConvolutionMode_t(own(c)->own_mode);
    *compute = CUDNN_DATA_FLOAT;
    answer(own(c)->window.pad, pad_y, pad_x);
    answer(own(c)->window.stride, stride_y, stride_x);
    return answer(own(c)->window.dilation, dilation_y, dilation_x);
}
Status cudnnSetConvolutionGroupCount(ConvDesc c, int groups) {
    NEED(c);
    if (groups < 1) return CUDNN_STATUS_BAD_PARAM;
    own(c)->groups = groups;
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnGetConvolutionGroupCount(ConvDesc c, int* groups) {
    NEED(c, groups);
    *groups = int(own(c)->groups);
    return CUDNN_STATUS_SUCCESS;
}
// Which units multiply, and whether filters are stored otherwise in between, changes no result here.
Status cudnnSetConvolutionMathType(ConvDesc c, cudnnMathType_t) { return c ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM; }
Status cudnnSetConvolutionReorderType(ConvDesc c, cudnnReorderType_t) { return c ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM; }
Status cudnnGetConvolution2dForwardOutputDim(const ConvDesc c, const TensorDesc x, const FilterDesc w, int* n, int* k, int* h, int* width) {
    NEED(c, x, w, n, k, h, width);
    return answer(own(c)->output(*own(x), *own(w)), n, k, h, width);
}
Status cudnnGetConvolutionNdForwardOutputDim(const ConvDesc c, const TensorDesc x, const FilterDesc w, int rank, int dims[]) {
    NEED(c, x, w, dims);
    dnn::Sizes out = own(c)->output(*own(x), *own(w));
    copy(out, rank, dims);
    return int(out.size()) == rank ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

static Status run(Handle h, dnn::Pass pass, const ConvDesc c, const void* alpha, const void* beta, const dnn::Tensor* made,
                  const dnn::Tensor* x, const void* px, const dnn::Tensor* w, const void* pw, const dnn::Tensor* y, const void* py,
                  bool unfolds, void* workspace, size_t bytes) {
    NEED(alpha, beta);
    if (!fits(c, x, w, y)) return CUDNN_STATUS_BAD_PARAM;
    size_t needed = scratch(unfolds, x, w, y);
    if (needed > (workspace ? bytes : 0)) return CUDNN_STATUS_BAD_PARAM;
    dnn::spoil(own(h), workspace, needed);
    return status(dnn::convolve(own(h), pass, own(c), blend(alpha, beta, made), x, px, w, pw, y, py));
}

Status cudnnGetConvolutionForwardAlgorithmMaxCount(Handle, int* count) {
    NEED(count);
    *count = CUDNN_CONVOLUTION_FWD_ALGO_COUNT;
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnGetConvolutionBackwardDataAlgorithmMaxCount(Handle, int* count) {
    NEED(count);
    *count = CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT;
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnGetConvolutionBackwardFilterAlgorithmMaxCount(Handle, int* count) {
    NEED(count);
    *count = CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT;
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnGetConvolutionForwardAlgorithm_v7(Handle, const TensorDesc x, const FilterDesc w, const ConvDesc c, const TensorDesc y,
                                              const int wanted, int* found, cudnnConvolutionFwdAlgoPerf_t* results) {
    return algorithms<cudnnConvolutionFwdAlgoPerf_t, cudnnConvolutionFwdAlgo_t>(
        c, own(x), own(w), own(y), CUDNN_CONVOLUTION_FWD_ALGO_COUNT, CUDNN_CONVOLUTION_FWD_ALGO_GEMM, wanted, found, results);
}
Status cudnnFindConvolutionForwardAlgorithm(Handle h, const TensorDesc x, const FilterDesc w, const ConvDesc c, const TensorDesc y,
                                            const int wanted, int* found, cudnnConvolutionFwdAlgoPerf_t* results) {
    return cudnnGetConvolutionForwardAlgorithm_v7(h, x, w, c, y, wanted, found, results);
}
Status cudnnFindConvolutionForwardAlgorithmEx(Handle h, const TensorDesc x, const void*, const FilterDesc w, const void*, const ConvDesc c,
                                              const TensorDesc y, void*, const int wanted, int* found,
                                              cudnnConvolutionFwdAlgoPerf_t* results, void*, size_t) {
    return cudnnGetConvolutionForwardAlgorithm_v7(h, x, w, c, y, wanted, found, results);
}
Status cudnnGetConvolutionForwardWorkspaceSize(Handle, const TensorDesc x, const FilterDesc w, const ConvDesc c, const TensorDesc y,
                                               cudnnConvolutionFwdAlgo_t algo, size_t* bytes) {
    NEED(bytes);
    if (!fits(c, own(x), own(w), own(y))) return CUDNN_STATUS_BAD_PARAM;
    *bytes = scratch(algo == CUDNN_CONVOLUTION_FWD_ALGO_GEMM, own(x), own(w), own(y));
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnConvolutionForward(Handle h, const void* alpha, const TensorDesc x, const void* px, const FilterDesc w, const void* pw,
                               const ConvDesc c, cudnnConvolutionFwdAlgo_t algo, void* workspace, size_t bytes, const void* beta,
                               const TensorDesc y, void* py) {
    return run(h, dnn::Pass::forward, c, alpha, beta, own(y), own(x), px, own(w), pw, own(y), py,
               algo == CUDNN_CONVOLUTION_FWD_ALGO_GEMM, workspace, bytes);
}
Status cudnnConvolutionBiasActivationForward(Handle h, const void* alpha1, const TensorDesc x, const void* px, const FilterDesc w,
                                             const void* pw, const ConvDesc c, cudnnConvolutionFwdAlgo_t algo, void* workspace, size_t bytes,
                                             const void* alpha2, const TensorDesc z, const void* pz, const TensorDesc bias,
                                             const void* pbias, const ActDesc a, const TensorDesc y, void* py) {
    NEED(alpha1, alpha2);
    if (!fits(c, own(x), own(w), own(y))) return CUDNN_STATUS_BAD_PARAM;
    if (scratch(algo == CUDNN_CONVOLUTION_FWD_ALGO_GEMM, own(x), own(w), own(y)) > (workspace ? bytes : 0)) return CUDNN_STATUS_BAD_PARAM;
    return status(dnn::convolve_fused(own(h), own(c), factor(alpha1, own(y)), own(x), px, own(w), pw, factor(alpha2, own(y)), own(z), pz,
                                      own(bias), pbias, own(a), own(y), py));
}

Status cudnnGetConvolutionBackwardDataAlgorithm_v7(Handle, const FilterDesc w, const TensorDesc dy, const ConvDesc c, const TensorDesc dx,
                                                   const int wanted, int* found, cudnnConvolutionBwdDataAlgoPerf_t* results) {
    return algorithms<cudnnConvolutionBwdDataAlgoPerf_t, cudnnConvolutionBwdDataAlgo_t>(
        c, own(dx), own(w), own(dy), CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT, CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, wanted, found, results);
}
Status cudnnFindConvolutionBackwardDataAlgorithm(Handle h, const FilterDesc w, const TensorDesc dy, const ConvDesc c, const TensorDesc dx,
                                                 const int wanted, int* found, cudnnConvolutionBwdDataAlgoPerf_t* results) {
    return cudnnGetConvolutionBackwardDataAlgorithm_v7(h, w, dy, c, dx, wanted, found, results);
}
Status cudnnFindConvolutionBackwardDataAlgorithmEx(Handle h, const FilterDesc w, const void*, const TensorDesc dy, const void*,
                                                   const ConvDesc c, const TensorDesc dx, void*, const int wanted, int* found,
                                                   cudnnConvolutionBwdDataAlgoPerf_t* results, void*, size_t) {
    return cudnnGetConvolutionBackwardDataAlgorithm_v7(h, w, dy, c, dx, wanted, found, results);
}
Status cudnnGetConvolutionBackwardDataWorkspaceSize(Handle, const FilterDesc w, const TensorDesc dy, const ConvDesc c, const TensorDesc dx,
                                                    cudnnConvolutionBwdDataAlgo_t algo, size_t* bytes) {
    NEED(bytes);
    if (!fits(c, own(dx), own(w), own(dy))) return CUDNN_STATUS_BAD_PARAM;
    *bytes = scratch(algo == CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, own(dx), own(w), own(dy));
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnConvolutionBackwardData(Handle h, const void* alpha, const FilterDesc w, const void* pw, const TensorDesc dy, const void* pdy,
                                    const ConvDesc c, cudnnConvolutionBwdDataAlgo_t algo, void* workspace, size_t bytes, const void* beta,
                                    const TensorDesc dx, void* pdx) {
    return run(h, dnn::Pass::data, c, alpha, beta, own(dx), own(dx), pdx, own(w), pw, own(dy), pdy,
               algo == CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, workspace, bytes);
}

Status cudnnGetConvolutionBackwardFilterAlgorithm_v7(Handle, const TensorDesc x, const TensorDesc dy, const ConvDesc c, const FilterDesc dw,
                                                     const int wanted, int* found, cudnnConvolutionBwdFilterAlgoPerf_t* results) {
    return algorithms<cudnnConvolutionBwdFilterAlgoPerf_t, cudnnConvolutionBwdFilterAlgo_t>(
        c, own(x), own(dw), own(dy), CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, wanted, found, results);
}
Status cudnnFindConvolutionBackwardFilterAlgorithm(Handle h, const TensorDesc x, const TensorDesc dy, const ConvDesc c, const FilterDesc dw,
                                                   const int wanted, int* found, cudnnConvolutionBwdFilterAlgoPerf_t* results) {
    return cudnnGetConvolutionBackwardFilterAlgorithm_v7(h, x, dy, c, dw, wanted, found, results);
}
Status cudnnFindConvolutionBackwardFilterAlgorithmEx(Handle h, const TensorDesc x, const void*, const TensorDesc dy, const void*,
                                                     const ConvDesc c, const FilterDesc dw, void*, const int wanted, int* found,
                                                     cudnnConvolutionBwdFilterAlgoPerf_t* results, void*, size_t) {
    return cudnnGetConvolutionBackwardFilterAlgorithm_v7(h, x, dy, c, dw, wanted, found, results);
}
Status cudnnGetConvolutionBackwardFilterWorkspaceSize(Handle, const TensorDesc x, const TensorDesc dy, const ConvDesc c, const FilterDesc dw,
                                                      cudnnConvolutionBwdFilterAlgo_t algo, size_t* bytes) {
    NEED(bytes);
    if (!fits(c, own(x), own(dw), own(dy))) return CUDNN_STATUS_BAD_PARAM;
    *bytes = scratch(algo == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, own(x), own(dw), own(dy));
    return CUDNN_STATUS_SUCCESS;
}
Status cudnnConvolutionBackwardFilter(Handle h, const void* alpha, const TensorDesc x, const void* px, const TensorDesc dy, const void* pdy,
                                      const ConvDesc c, cudnnConvolutionBwdFilterAlgo_t algo, void* workspace, size_t bytes,
                                      const void* beta, const FilterDesc dw, void* pdw) {
    return run(h, dnn::Pass::weights, c, alpha, beta, own(dw), own(x), px, own(dw), pdw, own(dy), pdy,
               algo == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, workspace, bytes);
}
Status cudnnConvolutionBackwardBias(Handle h, const void* alpha, const TensorDesc dy, const void* pdy, const void* beta,
                                    const TensorDesc db, void* pdb) {
    NEED(alpha, beta);
    return status(dnn::bias_backward(own(h), blend(alpha, beta, own(db)), own(dy), pdy, own(db), pdb));
}

}  // extern "C"
