// MIOpen over dnn_core: names, enumerators and descriptors of miopen.h.
//
// MIOpen's own conditions are kept, since a port has to meet them: scaling factors of 1 and 0 only where it knows no
// others, factors read as float, a search before a convolution outside of the immediate mode, one layout for all tensors
// of a convolution, workspaces as large as it asked for.
#include <hip/hip_runtime_api.h>
#define MIOPEN_BETA_API 1
#include <miopen/miopen.h>
#include <miopen/version.h>

#include "dnn_core.h"

using namespace hw;
using Status = miopenStatus_t;
using Handle = miopenHandle_t;
using TensorDesc = miopenTensorDescriptor_t;
using ConvDesc = miopenConvolutionDescriptor_t;
using PoolDesc = miopenPoolingDescriptor_t;
using ActDesc = miopenActivationDescriptor_t;

static Status status(dnn::Status s) {
    switch (s) {
    case dnn::Status::ok: return miopenStatusSuccess;
    case dnn::Status::not_initialized: return miopenStatusNotInitialized;
    case dnn::Status::bad_parameter: return miopenStatusBadParm;
    case dnn::Status::not_supported: return miopenStatusNotImplemented;
    default: return miopenStatusUnknownError;
    }
}
static dnn::Handle* own(Handle h) { return reinterpret_cast<dnn::Handle*>(h); }
static dnn::Tensor* own(TensorDesc t) { return reinterpret_cast<dnn::Tensor*>(t); }
static dnn::Convolution* own(ConvDesc c) { return reinterpret_cast<dnn::Convolution*>(c); }
static dnn::Pooling* own(PoolDesc p) { return reinterpret_cast<dnn::Pooling*>(p); }
static dnn::Activation* own(ActDesc a) { return reinterpret_cast<dnn::Activation*>(a); }
static dnn::Lrn* own(miopenLRNDescriptor_t l) { return reinterpret_cast<dnn::Lrn*>(l); }
struct ReduceTensor { dnn::Reduction op = dnn::Reduction::invalid; };
static ReduceTensor* own(miopenReduceTensorDescriptor_t r) { return reinterpret_cast<ReduceTensor*>(r); }

template <class Own, class Desc> static Status create(Desc* out) {
    if (!out) return miopenStatusBadParm;
    *out = reinterpret_cast<Desc>(new Own);
    return miopenStatusSuccess;
}
template <class Desc> static Status destroy(Desc desc) {
    delete own(desc);
    return miopenStatusSuccess;
}

static DataType type(miopenDataType_t t) {
    switch (t) {
    case miopenHalf: return DataType::r16f;
    case miopenFloat: return DataType::r32f;
    case miopenInt32: return DataType::r32i;
    case miopenInt8: return DataType::r8i;
    case miopenBFloat16: return DataType::r16bf;
    case miopenDouble: return DataType::r64f;
    default: hw_unsupported("miopenDataType_t other than float, double, half, bfloat16, int8 and int32");
    }
}
static miopenDataType_t given(DataType t) {
    switch (t) {
    case DataType::r16f: return miopenHalf;
    case DataType::r32i: return miopenInt32;
    case DataType::r8i: return miopenInt8;
    case DataType::r16bf: return miopenBFloat16;
    case DataType::r64f: return miopenDouble;
    default: return miopenFloat;
    }
}
static double factor(const void* p) { return double(*static_cast<const float*>(p)); }
static dnn::Blend blend(const void* alpha, const void* beta) { return {factor(alpha), factor(beta)}; }
static bool plain(const void* alpha, const void* beta) { return factor(alpha) == 1 && factor(beta) == 0; }
#define NEED(...) if (dnn::any_null(__VA_ARGS__)) return miopenStatusBadParm
#define PLAIN(alpha, beta) NEED(alpha, beta); if (!plain(alpha, beta)) return miopenStatusUnknownError

template <class... Ints> static Status answer(const dnn::Sizes& values, Ints*... out) {
    if (values.size() != sizeof...(out)) return miopenStatusBadParm;
    size_t i = 0;
    ((*out = int(values[i++])), ...);
    return miopenStatusSuccess;
}
static void copy(const dnn::Sizes& values, int* out) {
    for (size_t i = 0; out && i < values.size(); ++i) out[i] = int(values[i]);
}

// -- what MIOpen knows a convolution for --------------------------------------------------------------------------------

// Whether the dimensions are stored in this order, from the slowest on; those of one element stand anywhere.
static bool stored(const dnn::Tensor& t, const std::vector<int>& order) {
    int64_t before = INT64_MAX;
    for (int i : order) {
        if (t.dims[i] == 1) continue;
        if (t.strides[i] > before) return false;
        before = t.strides[i];
    }
    return true;
}
static bool solvable(const dnn::Convolution* c, const dnn::Tensor* x, const dnn::Tensor* w, const dnn::Tensor* y) {
    if (!c || !c->set || dnn::any_absent(x, w, y) || x->dims.size() != w->dims.size() || c->output(*x, *w) != y->dims) return false;
    auto known = [](DataType t) { return t == DataType::r32f || t == DataType::r16f || t == DataType::r16bf || t == DataType::r8i; };
    if (x->type != w->type || !known(x->type)) return false;
    size_t rank = x->dims.size();
    for (auto order : {dnn::channels_first(rank), dnn::channels_last(rank)})
        if (stored(*x, order) && stored(*w, order) && stored(*y, order)) return true;
    return false;
}
struct Solution { uint64_t id; miopenConvAlgorithm_t algorithm; bool unfolds; };
static const Solution solutions[] = {{91, miopenConvolutionAlgoGEMM, true}, {85, miopenConvolutionAlgoDirect, false}};
static const Solution* solution(uint64_t id) {
    for (const Solution& s : solutions)
        if (s.id == id) return &s;
    return nullptr;
}
static size_t scratch(const Solution& s, const dnn::Tensor* x, const dnn::Tensor* w, const dnn::Tensor* y) {
    return s.unfolds ? dnn::unfolded_bytes(*x, *w, *y) : 0;
}
static Status count_solutions(Handle h, ConvDesc c, TensorDesc x, TensorDesc w, TensorDesc y, size_t* count) {
    NEED(h, count);
    *count = solvable(own(c), own(x), own(w), own(y)) ? std::size(solutions) : 0;
    return miopenStatusSuccess;
}
static Status list_solutions(Handle h, ConvDesc c, TensorDesc x, TensorDesc w, TensorDesc y, size_t wanted, size_t* count,
                             miopenConvSolution_t* out) {
    NEED(h, count, out);
    *count = solvable(own(c), own(x), own(w), own(y)) ? std::min(wanted, std::size(solutions)) : 0;
    for (size_t i = 0; i < *count; ++i)
        out[i] = {0, scratch(solutions[i], own(x), own(w), own(y)), solutions[i].id, solutions[i].algorithm};
    return miopenStatusSuccess;
}
static Status largest_workspace(Handle h, ConvDesc c, TensorDesc x, TensorDesc w, TensorDesc y, size_t* bytes) {
    NEED(h, bytes);
    if (!solvable(own(c), own(x), own(w), own(y))) return miopenStatusNotImplemented;
    *bytes = 0;
    for (const Solution& s : solutions) *bytes = std::max(*bytes, scratch(s, own(x), own(w), own(y)));
    return miopenStatusSuccess;
}
static Status solution_workspace(Handle h, ConvDesc c, TensorDesc x, TensorDesc w, TensorDesc y, uint64_t id, size_t* bytes) {
    NEED(h, bytes, solution(id));
    if (!solvable(own(c), own(x), own(w), own(y))) return miopenStatusBadParm;
    *bytes = scratch(*solution(id), own(x), own(w), own(y));
    return miopenStatusSuccess;
}
static Status run(Handle h, dnn::Pass pass, const Solution* s, ConvDesc c, TensorDesc x, const void* px, TensorDesc w, const void* pw,
                  TensorDesc y, const void* py, void* workspace, size_t bytes) {
    NEED(h, s);
    if (!solvable(own(c), own(x), own(w), own(y))) return miopenStatusBadParm;
    size_t needed = scratch(*s, own(x), own(w), own(y));
    if (needed > (workspace ? bytes : 0)) return miopenStatusBadParm;
    dnn::spoil(own(h), workspace, needed);
    return status(dnn::convolve(own(h), pass, own(c), {}, own(x), px, own(w), pw, own(y), py));
}

// What a search is kept under.
static std::string problem(dnn::Pass pass, const dnn::Convolution* c, const dnn::Tensor* x, const dnn::Tensor* w, const dnn::Tensor* y) {
    std::string key = std::to_string(int(pass));
    auto add = [&](const dnn::Sizes& values) { for (int64_t v : values) key += "," + std::to_string(v); key += ";"; };
    for (const dnn::Tensor* t : {x, w, y}) key += std::to_string(int(t->type)), add(t->dims), add(t->strides);
    add(c->window.pad), add(c->window.stride), add(c->window.dilation);
    return key + std::to_string(c->groups) + (c->transposed ? "t" : "");
}
static Status search(Handle h, dnn::Pass pass, ConvDesc c, TensorDesc x, TensorDesc w, TensorDesc y, int wanted, int* count,
                     miopenConvAlgoPerf_t* out, void* workspace, size_t bytes) {
    NEED(h, count, out);
    if (wanted < 1) return miopenStatusBadParm;
    if (!solvable(own(c), own(x), own(w), own(y))) return miopenStatusNotImplemented;
    *count = 0;
    for (const Solution& s : solutions) {
        size_t needed = scratch(s, own(x), own(w), own(y));
        if (needed > (workspace ? bytes : 0) || *count == wanted) continue;
        miopenConvAlgoPerf_t& result = out[(*count)++];
        result.fwd_algo = miopenConvFwdAlgorithm_t(s.algorithm);      // a union, numbered alike
        result.time = 0;                                              // nothing is measured
        result.memory = needed;
    }
    own(h)->searched.insert(problem(pass, own(c), own(x), own(w), own(y)));
    return miopenStatusSuccess;
}
static Status run_searched(Handle h, dnn::Pass pass, int algorithm, const void* alpha, const void* beta, ConvDesc c, TensorDesc x,
                           const void* px, TensorDesc w, const void* pw, TensorDesc y, const void* py, void* workspace, size_t bytes) {
    NEED(h, alpha, beta);
    if (!plain(alpha, beta)) return miopenStatusNotImplemented;
    if (!solvable(own(c), own(x), own(w), own(y))) return miopenStatusBadParm;
    if (!own(h)->searched.count(problem(pass, own(c), own(x), own(w), own(y)))) return miopenStatusUnknownError;
    for (const Solution& s : solutions)
        if (int(s.algorithm) == algorithm) return run(h, pass, &s, c, x, px, w, pw, y, py, workspace, bytes);
    return miopenStatusUnknownError;
}

extern "C" {

// -- the library --------------------------------------------------------------------------------------------------------

const char* miopenGetErrorString(Status s) {
    switch (s) {
#define CASE(x) case x: return #x;
    CASE(miopenStatusSuccess) CASE(miopenStatusNotInitialized) CASE(miopenStatusInvalidValue) CASE(miopenStatusBadParm)
    CASE(miopenStatusAllocFailed) CASE(miopenStatusInternalError) CASE(miopenStatusNotImplemented) CASE(miopenStatusUnknownError)
    CASE(miopenStatusUnsupportedOp) CASE(miopenStatusGpuOperationsSkipped) CASE(miopenStatusVersionMismatch)
#undef CASE
    }
    return "Unknown error status";
}
Status miopenGetVersion(size_t* major, size_t* minor, size_t* patch) {
    if (major) *major = MIOPEN_VERSION_MAJOR;
    if (minor) *minor = MIOPEN_VERSION_MINOR;
    if (patch) *patch = MIOPEN_VERSION_PATCH;
    return miopenStatusSuccess;
}
Status miopenCreate(Handle* handle) { return create<dnn::Handle>(handle); }
Status miopenCreateWithStream(Handle* handle, miopenAcceleratorQueue_t stream) {
    Status done = create<dnn::Handle>(handle);
    return done == miopenStatusSuccess ? miopenSetStream(*handle, stream) : done;
}
Status miopenDestroy(Handle handle) { return destroy(handle); }
Status miopenSetStream(Handle handle, miopenAcceleratorQueue_t stream) {
    NEED(handle);
    own(handle)->stream = stream;
    return miopenStatusSuccess;
}
Status miopenGetStream(Handle handle, miopenAcceleratorQueue_t* stream) {
    NEED(handle, stream);
    *stream = static_cast<miopenAcceleratorQueue_t>(own(handle)->stream);
    return miopenStatusSuccess;
}
Status miopenEnableProfiling(Handle handle, bool) { return handle ? miopenStatusSuccess : miopenStatusBadParm; }

// -- tensors ------------------------------------------------------------------------------------------------------------

Status miopenCreateTensorDescriptor(TensorDesc* t) { return create<dnn::Tensor>(t); }
Status miopenDestroyTensorDescriptor(TensorDesc t) { return destroy(t); }
Status miopenSet4dTensorDescriptor(TensorDesc t, miopenDataType_t kind, int n, int c, int h, int w) {
    int dims[] = {n, c, h, w};
    return status(dnn::describe<int>(own(t), type(kind), 4, dims, nullptr));
}
Status miopenSet4dTensorDescriptorEx(TensorDesc t, miopenDataType_t kind, int n, int c, int h, int w, int sn, int sc, int sh, int sw) {
    int dims[] = {n, c, h, w}, strides[] = {sn, sc, sh, sw};
    return status(dnn::describe(own(t), type(kind), 4, dims, strides));
}
Status miopenSetNdTensorDescriptorWithLayout(TensorDesc t, miopenDataType_t kind, miopenTensorLayout_t layout, const int* dims, int rank) {
    std::vector<int> order;
    switch (layout) {
    case miopenTensorNCHW:
    case miopenTensorNCDHW: order = dnn::channels_first(size_t(rank)); break;
    case miopenTensorNHWC:
    case miopenTensorNDHWC: order = dnn::channels_last(size_t(rank)); break;
    case miopenTensorCHWN: order = {1, 2, 3, 0}; break;
    default: hw_unsupported("miopenSetNdTensorDescriptorWithLayout with channels in vectors");
    }
    bool flat = layout == miopenTensorNCHW || layout == miopenTensorNHWC || layout == miopenTensorCHWN;
    if (rank != (flat ? 4 : 5)) return miopenStatusBadParm;
    Status done = status(dnn::describe<int>(own(t), type(kind), rank, dims, nullptr));
    if (done == miopenStatusSuccess) own(t)->strides = dnn::dense_strides(own(t)->dims, order);
    return done;
}
Status miopenGet4dTensorDescriptor(TensorDesc t, miopenDataType_t* kind, int* n, int* c, int* h, int* w, int* sn, int* sc, int* sh, int* sw) {
    NEED(t, kind, n, c, h, w, sn, sc, sh, sw);
    *kind = given(own(t)->type);
    Status done = answer(own(t)->dims, n, c, h, w);
    return done == miopenStatusSuccess ? answer(own(t)->strides, sn, sc, sh, sw) : done;
}
Status miopenSetTensorDescriptor(TensorDesc t, miopenDataType_t kind, int rank, const int* dims, const int* strides) {
    return status(dnn::describe(own(t), type(kind), rank, dims, strides));
}
Status miopenSetTensorDescriptorV2(TensorDesc t, miopenDataType_t kind, int rank, const size_t* dims, const size_t* strides) {
    return status(dnn::describe(own(t), type(kind), rank, dims, strides));
}
Status miopenGetTensorDescriptorSize(TensorDesc t, int* rank) {
    NEED(t, rank);
    *rank = int(own(t)->dims.size());
    return miopenStatusSuccess;
}
Status miopenGetTensorDescriptor(TensorDesc t, miopenDataType_t* kind, int* dims, int* strides) {
    NEED(t);
    if (kind) *kind = given(own(t)->type);
    copy(own(t)->dims, dims);
    copy(own(t)->strides, strides);
    return miopenStatusSuccess;
}
Status miopenGetTensorNumBytes(TensorDesc t, size_t* bytes) {
    NEED(t, bytes);
    *bytes = size_t(own(t)->span()) * size_of(own(t)->type);
    return miopenStatusSuccess;
}

Status miopenOpTensor(Handle h, miopenTensorOp_t op, const void* alpha1, const TensorDesc a, const void* pa, const void* alpha2,
                      const TensorDesc b, const void* pb, const void* beta, const TensorDesc c, void* pc) {
    NEED(alpha1, alpha2, beta, a, b, c);
    if (own(a)->count() != own(c)->count() || own(b)->type != own(c)->type) return miopenStatusUnknownError;
    dnn::Op which = op == miopenTensorOpAdd   ? dnn::Op::add
                    : op == miopenTensorOpMul ? dnn::Op::mul
                    : op == miopenTensorOpMin ? dnn::Op::min
                    : op == miopenTensorOpMax ? dnn::Op::max
                                              : dnn::Op::invalid;
    return status(dnn::op_tensor(own(h), which, factor(alpha1), own(a), pa, factor(alpha2), own(b), pb, factor(beta), own(c), pc));
}
// Values to set and to scale by are read in the tensor's own type, unlike all other factors.
Status miopenSetTensor(Handle h, const TensorDesc y, void* py, const void* value) {
    NEED(y, value);
    return status(dnn::fill(own(h), own(y), py, load<double>(own(y)->type, value, 0)));
}
Status miopenScaleTensor(Handle h, const TensorDesc y, void* py, const void* alpha) {
    NEED(y, alpha);
    return status(dnn::transform(own(h), {load<double>(own(y)->type, alpha, 0), 0}, own(y), py, own(y), py));
}
Status miopenTransformTensor(Handle h, const void* alpha, const TensorDesc x, const void* px, const void* beta, const TensorDesc y, void* py) {
    NEED(alpha, beta);
    return status(dnn::transform(own(h), blend(alpha, beta), own(x), px, own(y), py));
}

Status miopenCreateReduceTensorDescriptor(miopenReduceTensorDescriptor_t* r) { return create<ReduceTensor>(r); }
Status miopenDestroyReduceTensorDescriptor(miopenReduceTensorDescriptor_t r) { return destroy(r); }
Status miopenSetReduceTensorDescriptor(miopenReduceTensorDescriptor_t r, miopenReduceTensorOp_t op, miopenDataType_t,
                                       miopenNanPropagation_t, miopenReduceTensorIndices_t indices, miopenIndicesType_t) {
    NEED(r);
    if (indices != MIOPEN_REDUCE_TENSOR_NO_INDICES) hw_unsupported("miopenSetReduceTensorDescriptor(MIOPEN_REDUCE_TENSOR_FLATTENED_INDICES)");
    if (op < MIOPEN_REDUCE_TENSOR_ADD || op > MIOPEN_REDUCE_TENSOR_NORM2) return miopenStatusBadParm;
    own(r)->op = dnn::Reduction(int(op));      // numbered alike
    return miopenStatusSuccess;
}
Status miopenGetReductionWorkspaceSize(Handle h, const miopenReduceTensorDescriptor_t r, const TensorDesc a, const TensorDesc c, size_t* bytes) {
    NEED(h, r, a, c, bytes);
    *bytes = 0;
    return miopenStatusSuccess;
}
Status miopenGetReductionIndicesSize(Handle h, const miopenReduceTensorDescriptor_t r, const TensorDesc a, const TensorDesc c, size_t* bytes) {
    return miopenGetReductionWorkspaceSize(h, r, a, c, bytes);
}
Status miopenReduceTensor(Handle h, const miopenReduceTensorDescriptor_t r, void*, size_t, void*, size_t, const void* alpha,
                          const TensorDesc a, const void* pa, const void* beta, const TensorDesc c, void* pc) {
    NEED(r, alpha, beta);
    return status(dnn::reduce(own(h), own(r)->op, blend(alpha, beta), own(a), pa, own(c), pc));
}

// -- activation, softmax, pooling, normalisation ------------------------------------------------------------------------

Status miopenCreateActivationDescriptor(ActDesc* a) { return create<dnn::Activation>(a); }
Status miopenDestroyActivationDescriptor(ActDesc a) { return destroy(a); }
Status miopenSetActivationDescriptor(const ActDesc a, miopenActivationMode_t mode, double alpha, double beta, double gamma) {
    NEED(a);
    static const dnn::Mode modes[] = {dnn::Mode::identity, dnn::Mode::sigmoid,      dnn::Mode::tanh,       dnn::Mode::relu,
                                      dnn::Mode::softplus, dnn::Mode::abs,          dnn::Mode::power,      dnn::Mode::clipped_relu,
                                      dnn::Mode::leaky_relu, dnn::Mode::elu,        dnn::Mode::clamp};
    if (size_t(mode) >= std::size(modes)) return miopenStatusBadParm;
    bool bounded = mode == miopenActivationRELU || mode == miopenActivationCLIPPEDRELU || mode == miopenActivationCLAMP;
    *own(a) = {modes[mode], alpha, beta, gamma, !bounded, int(mode)};     // fmax and fmin lose a NaN
    return miopenStatusSuccess;
}
Status miopenGetActivationDescriptor(const ActDesc a, miopenActivationMode_t* mode, double* alpha, double* beta, double* gamma) {
    NEED(a, mode, alpha, beta, gamma);
    *mode = miopenActivationMode_t(own(a)->own_mode);
    *alpha = own(a)->a, *beta = own(a)->b, *gamma = own(a)->c;
    return miopenStatusSuccess;
}
Status miopenActivationForward(Handle h, const ActDesc a, const void* alpha, const TensorDesc x, const void* px, const void* beta,
                               const TensorDesc y, void* py) {
    PLAIN(alpha, beta);
    return status(dnn::activate(own(h), own(a), {}, own(x), px, own(y), py));
}
Status miopenActivationBackward(Handle h, const ActDesc a, const void* alpha, const TensorDesc y, const void* py, const TensorDesc dy,
                                const void* pdy, const TensorDesc x, const void* px, const void* beta, const TensorDesc dx, void* pdx) {
    PLAIN(alpha, beta);
    return status(dnn::activate_backward(own(h), own(a), {}, own(y), py, own(dy), pdy, own(x), px, own(dx), pdx));
}

static dnn::Softmax softmax(miopenSoftmaxAlgorithm_t a) {
    return a == MIOPEN_SOFTMAX_FAST ? dnn::Softmax::fast : a == MIOPEN_SOFTMAX_LOG ? dnn::Softmax::logarithm : dnn::Softmax::accurate;
}
Status miopenSoftmaxForward_V2(Handle h, const void* alpha, const TensorDesc x, const void* px, const void* beta, const TensorDesc y,
                               void* py, miopenSoftmaxAlgorithm_t how, miopenSoftmaxMode_t mode) {
    NEED(alpha, beta);
    return status(dnn::softmax(own(h), softmax(how), mode == MIOPEN_SOFTMAX_MODE_CHANNEL, blend(alpha, beta), own(x), px, own(y), py));
}
Status miopenSoftmaxForward(Handle h, const void* alpha, const TensorDesc x, const void* px, const void* beta, const TensorDesc y, void* py) {
    return miopenSoftmaxForward_V2(h, alpha, x, px, beta, y, py, MIOPEN_SOFTMAX_ACCURATE, MIOPEN_SOFTMAX_MODE_CHANNEL);
}
Status miopenSoftmaxBackward_V2(Handle h, const void* alpha, const TensorDesc y, const void* py, const TensorDesc dy, const void* pdy,
                                const void* beta, const TensorDesc dx, void* pdx, miopenSoftmaxAlgorithm_t how, miopenSoftmaxMode_t mode) {
    NEED(alpha, beta);
    return status(dnn::softmax_backward(own(h), softmax(how), mode == MIOPEN_SOFTMAX_MODE_CHANNEL, blend(alpha, beta), own(y), py, own(dy),
                                        pdy, own(dx), pdx));
}
Status miopenSoftmaxBackward(Handle h, const void* alpha, const TensorDesc y, const void* py, const TensorDesc dy, const void* pdy,
                             const void* beta, const TensorDesc dx, void* pdx) {
    return miopenSoftmaxBackward_V2(h, alpha, y, py, dy, pdy, beta, dx, pdx, MIOPEN_SOFTMAX_ACCURATE, MIOPEN_SOFTMAX_MODE_CHANNEL);
}

Status miopenCreatePoolingDescriptor(PoolDesc* p) { return create<dnn::Pooling>(p); }
Status miopenDestroyPoolingDescriptor(PoolDesc p) { return destroy(p); }
Status miopenSetPoolingIndexType(PoolDesc p, miopenIndexType_t index) {
    NEED(p);
    own(p)->index_type = int(index);
    return miopenStatusSuccess;
}
Status miopenGetPoolingIndexType(PoolDesc p, miopenIndexType_t* index) {
    NEED(p, index);
    *index = miopenIndexType_t(own(p)->index_type);
    return miopenStatusSuccess;
}
Status miopenSetPoolingWorkSpaceIndexMode(PoolDesc p, miopenPoolingWorkspaceIndexMode_t mode) {
    NEED(p);
    own(p)->index_mode = int(mode);
    return miopenStatusSuccess;
}
Status miopenSetNdPoolingDescriptor(PoolDesc p, const miopenPoolingMode_t mode, int rank, const int* size, const int* pad, const int* stride) {
    NEED(p, size, pad, stride);
    if (rank < 2 || rank > 3) return miopenStatusBadParm;
    own(p)->mode = mode == miopenPoolingMax                ? dnn::Pool::max
                   : mode == miopenPoolingAverage          ? dnn::Pool::average_inside
                   : mode == miopenPoolingAverageInclusive ? dnn::Pool::average
                                                           : dnn::Pool::invalid;
    own(p)->window = {{size, size + rank}, {pad, pad + rank}, {stride, stride + rank}, {}};
    own(p)->keeps_nan = false;
    own(p)->own_mode = int(mode);
    bool good = own(p)->mode != dnn::Pool::invalid;
    for (int i = 0; i < rank; ++i) good = good && size[i] > 0 && stride[i] > 0 && pad[i] >= 0;
    return good ? miopenStatusSuccess : miopenStatusBadParm;
}
Status miopenSet2dPoolingDescriptor(PoolDesc p, miopenPoolingMode_t mode, int height, int width, int pad_y, int pad_x, int stride_y, int stride_x) {
    int size[] = {height, width}, pad[] = {pad_y, pad_x}, stride[] = {stride_y, stride_x};
    return miopenSetNdPoolingDescriptor(p, mode, 2, size, pad, stride);
}
Status miopenGet2dPoolingDescriptor(const PoolDesc p, miopenPoolingMode_t* mode, int* height, int* width, int* pad_y, int* pad_x,
                                    int* stride_y, int* stride_x) {
    NEED(p, mode, height, width, pad_y, pad_x, stride_y, stride_x);
    *mode = miopenPoolingMode_t(own(p)->own_mode);
    answer(own(p)->window.pad, pad_y, pad_x);
    answer(own(p)->window.stride, stride_y, stride_x);
    return answer(own(p)->window.size, height, width);
}
Status miopenGetPoolingForwardOutputDim(const PoolDesc p, const TensorDesc x, int* n, int* c, int* h, int* w) {
    NEED(p, x, n, c, h, w);
    return answer(own(p)->output(*own(x)), n, c, h, w);
}
Status miopenGetPoolingNdForwardOutputDim(const PoolDesc p, const TensorDesc x, int rank, int* dims) {
    NEED(p, x, dims);
    dnn::Sizes out = own(p)->output(*own(x));
    if (int(out.size()) != rank) return miopenStatusBadParm;
    copy(out, dims);
    return miopenStatusSuccess;
}
// The indices of the largest, which the backward pass reads.
Status miopenPoolingGetWorkSpaceSizeV2(const PoolDesc p, const TensorDesc y, size_t* bytes) {
    NEED(p, y, bytes);
    *bytes = own(p)->mode == dnn::Pool::max ? size_t(own(y)->count()) << own(p)->index_type : 0;
    return miopenStatusSuccess;
}
Status miopenPoolingGetWorkSpaceSize(const TensorDesc y, size_t* bytes) {
    NEED(y, bytes);
    *bytes = size_t(own(y)->count());
    return miopenStatusSuccess;
}
Status miopenPoolingForward(Handle h, const PoolDesc p, const void* alpha, const TensorDesc x, const void* px, const void* beta,
                            const TensorDesc y, void* py, bool backward, void* workspace, size_t bytes) {
    PLAIN(alpha, beta);
    NEED(h, p, y);
    size_t needed = 0;
    if (backward) miopenPoolingGetWorkSpaceSizeV2(p, y, &needed);
    if (needed > (workspace ? bytes : 0)) return miopenStatusBadParm;
    dnn::spoil(own(h), workspace, needed);
    return status(dnn::pool(own(h), own(p), {}, own(x), px, own(y), py));
}
Status miopenPoolingBackward(Handle h, const PoolDesc p, const void* alpha, const TensorDesc, const void*, const TensorDesc dy,
                             const void* pdy, const TensorDesc x, const void* px, const void* beta, const TensorDesc dx, void* pdx,
                             void* workspace) {
    PLAIN(alpha, beta);
    NEED(p);
    if (own(p)->mode == dnn::Pool::max && !workspace) return miopenStatusBadParm;
    return status(dnn::pool_backward(own(h), own(p), {}, own(dy), pdy, own(x), px, own(dx), pdx));
}

Status miopenCreateLRNDescriptor(miopenLRNDescriptor_t* l) { return create<dnn::Lrn>(l); }
Status miopenDestroyLRNDescriptor(miopenLRNDescriptor_t l) { return destroy(l); }
Status miopenSetLRNDescriptor(const miopenLRNDescriptor_t l, miopenLRNMode_t mode, unsigned n, double alpha, double beta, double k) {
    NEED(l);
    if (mode != miopenLRNCrossChannel) hw_unsupported("miopenSetLRNDescriptor(miopenLRNWithinChannel)");
    *own(l) = {n, alpha, beta, k, int(mode)};
    return n ? miopenStatusSuccess : miopenStatusBadParm;
}
Status miopenLRNGetWorkSpaceSize(const TensorDesc y, size_t* bytes) { return miopenGetTensorNumBytes(y, bytes); }
Status miopenLRNForward(Handle h, const miopenLRNDescriptor_t l, const void* alpha, const TensorDesc x, const void* px, const void* beta,
                        const TensorDesc y, void* py, bool backward, void* workspace) {
    PLAIN(alpha, beta);
    if (backward && !workspace) return miopenStatusBadParm;
    return status(dnn::lrn(own(h), own(l), {}, own(x), px, own(y), py));
}

static bool spatial(miopenBatchNormMode_t mode) { return mode == miopenBNSpatial; }
#define NORMS(alpha, beta, x) PLAIN(alpha, beta); NEED(x); if (!own(x)->packed()) return miopenStatusBadParm
Status miopenDeriveBNTensorDescriptor(TensorDesc derived, const TensorDesc x, miopenBatchNormMode_t mode) {
    return status(dnn::derive_norm(own(derived), own(x), spatial(mode)));
}
Status miopenBatchNormalizationForwardInference(Handle h, miopenBatchNormMode_t mode, void* alpha, void* beta, const TensorDesc x,
                                                const void* px, const TensorDesc y, void* py, const TensorDesc stats, void* scale,
                                                void* bias, void* mean, void* variance, double epsilon) {
    NORMS(alpha, beta, x);
    return status(dnn::norm_inference(own(h), spatial(mode), {}, own(x), px, own(y), py, own(stats), scale, bias, mean, variance, epsilon));
}
Status miopenBatchNormalizationForwardTraining(Handle h, miopenBatchNormMode_t mode, void* alpha, void* beta, const TensorDesc x,
                                               const void* px, const TensorDesc y, void* py, const TensorDesc stats, void* scale,
                                               void* bias, double average, void* running_mean, void* running_variance, double epsilon,
                                               void* saved_mean, void* saved_inverse) {
    NORMS(alpha, beta, x);
    return status(dnn::norm_training(own(h), spatial(mode), {}, own(x), px, own(y), py, own(stats), scale, bias, average, running_mean,
                                     running_variance, epsilon, saved_mean, saved_inverse));
}
Status miopenBatchNormalizationBackward(Handle h, miopenBatchNormMode_t mode, const void* alpha_data, const void* beta_data,
                                        const void* alpha_parameters, const void* beta_parameters, const TensorDesc x, const void* px,
                                        const TensorDesc dy, const void* pdy, const TensorDesc dx, void* pdx, const TensorDesc stats,
                                        const void* scale, void* dscale, void* dbias, double epsilon, const void* saved_mean,
                                        const void* saved_inverse) {
    NORMS(alpha_data, beta_data, x);
    PLAIN(alpha_parameters, beta_parameters);
    return status(dnn::norm_backward(own(h), spatial(mode), {}, {}, own(x), px, own(dy), pdy, own(dx), pdx, own(stats), scale, dscale,
                                     dbias, epsilon, saved_mean, saved_inverse));
}

// -- convolution --------------------------------------------------------------------------------------------------------

Status miopenCreateConvolutionDescriptor(ConvDesc* c) { return create<dnn::Convolution>(c); }
Status miopenDestroyConvolutionDescriptor(ConvDesc c) { return destroy(c); }
Status miopenInitConvolutionNdDescriptor(ConvDesc c, int rank, const int* pad, const int* stride, const int* dilation, miopenConvolutionMode_t mode) {
    NEED(c, pad, stride, dilation);
    if (rank < 2 || rank > 3) return miopenStatusBadParm;
    for (int i = 0; i < rank; ++i)
        if (pad[i] < 0 || stride[i] <= 0 || dilation[i] <= 0) return miopenStatusBadParm;
    if (mode != miopenConvolution && mode != miopenTranspose) return miopenStatusBadParm;
    own(c)->window = {{}, {pad, pad + rank}, {stride, stride + rank}, {dilation, dilation + rank}};
    own(c)->transposed = mode == miopenTranspose;
    own(c)->own_mode = int(mode);
    own(c)->set = true;
    return miopenStatusSuccess;
}
Status miopenInitConvolutionDescriptor(ConvDesc c, miopenConvolutionMode_t mode, int pad_y, int pad_x, int stride_y, int stride_x,
                                       int dilation_y, int dilation_x) {
    int pad[] = {pad_y, pad_x}, stride[] = {stride_y, stride_x}, dilation[] = {dilation_y, dilation_x};
    return miopenInitConvolutionNdDescriptor(c, 2, pad, stride, dilation, mode);
}
Status miopenGetConvolutionDescriptor(ConvDesc c, miopenConvolutionMode_t* mode, int* pad_y, int* pad_x, int* stride_y, int* stride_x,
                                      int* dilation_y, int* dilation_x) {
    NEED(c, mode, pad_y, pad_x, stride_y, stride_x, dilation_y, dilation_x);
    *mode = miopenConvolutionMode_t(own(c)->own_mode);
    answer(own(c)->window.pad, pad_y, pad_x);
    answer(own(c)->window.stride, stride_y, stride_x);
    return answer(own(c)->window.dilation, dilation_y, dilation_x);
}
Status miopenSetConvolutionGroupCount(ConvDesc c, int groups) {
    NEED(c);
    if (groups < 1) return miopenStatusBadParm;
    own(c)->groups = groups;
    return miopenStatusSuccess;
}
Status miopenGetConvolutionGroupCount(ConvDesc c, int* groups) {
    NEED(c, groups);
    *groups = int(own(c)->groups);
    return miopenStatusSuccess;
}
Status miopenSetTransposeConvNdOutputPadding(ConvDesc c, int rank, const int* extra) {
    NEED(c, extra);
    own(c)->extra = {extra, extra + rank};
    return miopenStatusSuccess;
}
Status miopenSetTransposeConvOutputPadding(ConvDesc c, int y, int x) {
    int extra[] = {y, x};
    return miopenSetTransposeConvNdOutputPadding(c, 2, extra);
}
// These choose among kernels; none changes what is computed here.
Status miopenSetConvolutionAttribute(ConvDesc c, const miopenConvolutionAttrib_t, int) { return c ? miopenStatusSuccess : miopenStatusBadParm; }
Status miopenSetConvolutionFindMode(ConvDesc c, miopenConvolutionFindMode_t) { return c ? miopenStatusSuccess : miopenStatusBadParm; }
Status miopenGetConvolutionForwardOutputDim(ConvDesc c, const TensorDesc x, const TensorDesc w, int* n, int* k, int* h, int* width) {
    NEED(c, x, w, n, k, h, width);
    return answer(own(c)->output(*own(x), *own(w)), n, k, h, width);
}
Status miopenGetConvolutionNdForwardOutputDim(ConvDesc c, const TensorDesc x, const TensorDesc w, int* rank, int* dims) {
    NEED(c, x, w, rank, dims);
    dnn::Sizes out = own(c)->output(*own(x), *own(w));
    *rank = int(out.size());
    copy(out, dims);
    return out.empty() ? miopenStatusBadParm : miopenStatusSuccess;
}

Status miopenConvolutionForwardGetSolutionCount(Handle h, const TensorDesc w, const TensorDesc x, const ConvDesc c, const TensorDesc y, size_t* count) {
    return count_solutions(h, c, x, w, y, count);
}
Status miopenConvolutionForwardGetSolution(Handle h, const TensorDesc w, const TensorDesc x, const ConvDesc c, const TensorDesc y,
                                           const size_t wanted, size_t* count, miopenConvSolution_t* out) {
    return list_solutions(h, c, x, w, y, wanted, count, out);
}
Status miopenConvolutionForwardGetSolutionWorkspaceSize(Handle h, const TensorDesc w, const TensorDesc x, const ConvDesc c,
                                                        const TensorDesc y, const uint64_t id, size_t* bytes) {
    return solution_workspace(h, c, x, w, y, id, bytes);
}
Status miopenConvolutionForwardCompileSolution(Handle h, const TensorDesc w, const TensorDesc x, const ConvDesc c, const TensorDesc y, const uint64_t id) {
    size_t bytes;
    return solution_workspace(h, c, x, w, y, id, &bytes);
}
Status miopenConvolutionForwardImmediate(Handle h, const TensorDesc w, const void* pw, const TensorDesc x, const void* px, const ConvDesc c,
                                         const TensorDesc y, void* py, void* workspace, size_t bytes, const uint64_t id) {
    return run(h, dnn::Pass::forward, solution(id), c, x, px, w, pw, y, py, workspace, bytes);
}
Status miopenConvolutionForwardGetWorkSpaceSize(Handle h, const TensorDesc w, const TensorDesc x, const ConvDesc c, const TensorDesc y, size_t* bytes) {
    return largest_workspace(h, c, x, w, y, bytes);
}
Status miopenFindConvolutionForwardAlgorithm(Handle h, const TensorDesc x, const void*, const TensorDesc w, const void*, const ConvDesc c,
                                             const TensorDesc y, void*, const int wanted, int* count, miopenConvAlgoPerf_t* out,
                                             void* workspace, size_t bytes, bool) {
    return search(h, dnn::Pass::forward, c, x, w, y, wanted, count, out, workspace, bytes);
}
Status miopenConvolutionForward(Handle h, const void* alpha, const TensorDesc x, const void* px, const TensorDesc w, const void* pw,
                                const ConvDesc c, miopenConvFwdAlgorithm_t algo, const void* beta, const TensorDesc y, void* py,
                                void* workspace, size_t bytes) {
    return run_searched(h, dnn::Pass::forward, int(algo), alpha, beta, c, x, px, w, pw, y, py, workspace, bytes);
}
Status miopenConvolutionForwardBias(Handle h, const void* alpha, const TensorDesc b, const void* pb, const void* beta, const TensorDesc y, void* py) {
    PLAIN(alpha, beta);
    return status(dnn::add_tensor(own(h), {1, 1}, own(b), pb, own(y), py));
}

Status miopenConvolutionBackwardDataGetSolutionCount(Handle h, const TensorDesc dy, const TensorDesc w, const ConvDesc c, const TensorDesc dx, size_t* count) {
    return count_solutions(h, c, dx, w, dy, count);
}
Status miopenConvolutionBackwardDataGetSolution(Handle h, const TensorDesc dy, const TensorDesc w, const ConvDesc c, const TensorDesc dx,
                                                const size_t wanted, size_t* count, miopenConvSolution_t* out) {
    return list_solutions(h, c, dx, w, dy, wanted, count, out);
}
Status miopenConvolutionBackwardDataGetSolutionWorkspaceSize(Handle h, const TensorDesc dy, const TensorDesc w, const ConvDesc c,
                                                             const TensorDesc dx, const uint64_t id, size_t* bytes) {
    return solution_workspace(h, c, dx, w, dy, id, bytes);
}
Status miopenConvolutionBackwardDataCompileSolution(Handle h, const TensorDesc dy, const TensorDesc w, const ConvDesc c, const TensorDesc dx, const uint64_t id) {
    size_t bytes;
    return solution_workspace(h, c, dx, w, dy, id, &bytes);
}
Status miopenConvolutionBackwardDataImmediate(Handle h, const TensorDesc dy, const void* pdy, const TensorDesc w, const void* pw,
                                              const ConvDesc c, const TensorDesc dx, void* pdx, void* workspace, size_t bytes, const uint64_t id) {
    return run(h, dnn::Pass::data, solution(id), c, dx, pdx, w, pw, dy, pdy, workspace, bytes);
}
Status miopenConvolutionBackwardDataGetWorkSpaceSize(Handle h, const TensorDesc dy, const TensorDesc w, const ConvDesc c, const TensorDesc dx, size_t* bytes) {
    return largest_workspace(h, c, dx, w, dy, bytes);
}
Status miopenFindConvolutionBackwardDataAlgorithm(Handle h, const TensorDesc dy, const void*, const TensorDesc w, const void*,
                                                  const ConvDesc c, const TensorDesc dx, void*, const int wanted, int* count,
                                                  miopenConvAlgoPerf_t* out, void* workspace, size_t bytes, bool) {
    return search(h, dnn::Pass::data, c, dx, w, dy, wanted, count, out, workspace, bytes);
}
Status miopenConvolutionBackwardData(Handle h, const void* alpha, const TensorDesc dy, const void* pdy, const TensorDesc w, const void* pw,
                                     const ConvDesc c, miopenConvBwdDataAlgorithm_t algo, const void* beta, const TensorDesc dx, void* pdx,
                                     void* workspace, size_t bytes) {
    return run_searched(h, dnn::Pass::data, int(algo), alpha, beta, c, dx, pdx, w, pw, dy, pdy, workspace, bytes);
}

Status miopenConvolutionBackwardWeightsGetSolutionCount(Handle h, const TensorDesc dy, const TensorDesc x, const ConvDesc c, const TensorDesc dw, size_t* count) {
    return count_solutions(h, c, x, dw, dy, count);
}
Status miopenConvolutionBackwardWeightsGetSolution(Handle h, const TensorDesc dy, const TensorDesc x, const ConvDesc c, const TensorDesc dw,
                                                   const size_t wanted, size_t* count, miopenConvSolution_t* out) {
    return list_solutions(h, c, x, dw, dy, wanted, count, out);
}
Status miopenConvolutionBackwardWeightsGetSolutionWorkspaceSize(Handle h, const TensorDesc dy, const TensorDesc x, const ConvDesc c,
                                                                const TensorDesc dw, const uint64_t id, size_t* bytes) {
    return solution_workspace(h, c, x, dw, dy, id, bytes);
}
Status miopenConvolutionBackwardWeightsCompileSolution(Handle h, const TensorDesc dy, const TensorDesc x, const ConvDesc c, const TensorDesc dw, const uint64_t id) {
    size_t bytes;
    return solution_workspace(h, c, x, dw, dy, id, &bytes);
}
Status miopenConvolutionBackwardWeightsImmediate(Handle h, const TensorDesc dy, const void* pdy, const TensorDesc x, const void* px,
                                                 const ConvDesc c, const TensorDesc dw, void* pdw, void* workspace, size_t bytes, const uint64_t id) {
    return run(h, dnn::Pass::weights, solution(id), c, x, px, dw, pdw, dy, pdy, workspace, bytes);
}
Status miopenConvolutionBackwardWeightsGetWorkSpaceSize(Handle h, const TensorDesc dy, const TensorDesc x, const ConvDesc c, const TensorDesc dw, size_t* bytes) {
    return largest_workspace(h, c, x, dw, dy, bytes);
}
Status miopenFindConvolutionBackwardWeightsAlgorithm(Handle h, const TensorDesc dy, const void*, const TensorDesc x, const void*,
                                                     const ConvDesc c, const TensorDesc dw, void*, const int wanted, int* count,
                                                     miopenConvAlgoPerf_t* out, void* workspace, size_t bytes, bool) {
    return search(h, dnn::Pass::weights, c, x, dw, dy, wanted, count, out, workspace, bytes);
}
Status miopenConvolutionBackwardWeights(Handle h, const void* alpha, const TensorDesc dy, const void* pdy, const TensorDesc x,
                                        const void* px, const ConvDesc c, miopenConvBwdWeightsAlgorithm_t algo, const void* beta,
                                        const TensorDesc dw, void* pdw, void* workspace, size_t bytes) {
    return run_searched(h, dnn::Pass::weights, int(algo), alpha, beta, c, x, px, dw, pdw, dy, pdy, workspace, bytes);
}
Status miopenConvolutionBackwardBias(Handle h, const void* alpha, const TensorDesc dy, const void* pdy, const void* beta, const TensorDesc db, void* pdb) {
    PLAIN(alpha, beta);
    return status(dnn::bias_backward(own(h), {}, own(dy), pdy, own(db), pdb));
}

}  // extern "C"
