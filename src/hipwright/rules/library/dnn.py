"""cuDNN calls whose MIOpen counterpart takes other arguments, or needs other calls around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hipwright.finding import Finding, Helper, Level
from hipwright.rule import Site, descend, rule
from hipwright.rules.library.sites import call_with, used
from hipwright.source import Call

_SEEN = "MIOPEN_GUARD_MIOPEN_H_"

_CONVOLUTION = Helper(
    "HIPWRIGHT_MIOPEN_CONVOLUTION",
    """\
// cuDNN's convolution calls on MIOpen's immediate mode, which runs without a search beforehand. Of the solutions that
// MIOpen knows, the fastest that fits the given workspace is taken; one that fits none gets a buffer for the call.
// MIOpen overwrites the result, so a blend with the old one (beta other than 0) goes through a buffer as well.
struct HipwrightBuffer {
  void* data = nullptr;
  miopenHandle_t handle;
  HipwrightBuffer(miopenHandle_t owner, size_t bytes) : handle(owner) {
    if (bytes == 0 || hipMalloc(&data, bytes) != hipSuccess) data = nullptr;
  }
  ~HipwrightBuffer() {
    if (data == nullptr) return;
    hipStream_t stream = nullptr;
    (void)miopenGetStream(handle, &stream);
    (void)hipStreamSynchronize(stream);
    (void)hipFree(data);
  }
};

template <typename Count, typename List, typename Run>
static inline miopenStatus_t hipwrightConvolve(
    Count count, List list, Run run, miopenHandle_t handle, const void* alpha, miopenTensorDescriptor_t aDesc,
    const void* a, miopenTensorDescriptor_t bDesc, const void* b, miopenConvolutionDescriptor_t convDesc,
    void* workspace, size_t workspaceBytes, const void* beta, miopenTensorDescriptor_t cDesc, void* c) {
  size_t known = 0;
  miopenStatus_t status = count(handle, aDesc, bDesc, convDesc, cDesc, &known);
  if (status != miopenStatusSuccess) return status;
  std::vector<miopenConvSolution_t> solutions(known);
  status = list(handle, aDesc, bDesc, convDesc, cDesc, known, &known, solutions.data());
  if (status != miopenStatusSuccess) return status;
  if (known == 0) return miopenStatusNotImplemented;
  if (workspace == nullptr) workspaceBytes = 0;
  size_t chosen = 0;
  while (chosen < known && solutions[chosen].workspace_size > workspaceBytes) ++chosen;
  const bool fits = chosen < known;
  if (!fits) chosen = 0;
  const size_t needed = solutions[chosen].workspace_size;
  HipwrightBuffer scratch(handle, fits ? 0 : needed);
  if (!fits && scratch.data == nullptr) return miopenStatusAllocFailed;
  void* const space = needed == 0 ? nullptr : fits ? workspace : scratch.data;
  const auto into = [&](void* result) {
    return run(handle, aDesc, a, bDesc, b, convDesc, cDesc, result, space, needed, solutions[chosen].solution_id);
  };
  if (*static_cast<const float*>(beta) == 0.0f) {
    status = into(c);
    if (status != miopenStatusSuccess || *static_cast<const float*>(alpha) == 1.0f) return status;
    // The larger of two times alpha * c: miopenScaleTensor would read alpha in the type of the tensor.
    return miopenOpTensor(handle, miopenTensorOpMax, alpha, cDesc, c, alpha, cDesc, c, beta, cDesc, c);
  }
  size_t bytes = 0;
  status = miopenGetTensorNumBytes(cDesc, &bytes);
  if (status != miopenStatusSuccess) return status;
  HipwrightBuffer fresh(handle, bytes);
  if (fresh.data == nullptr) return miopenStatusAllocFailed;
  status = into(fresh.data);
  if (status != miopenStatusSuccess) return status;
  const float zero = 0.0f;
  return miopenOpTensor(handle, miopenTensorOpAdd, alpha, cDesc, fresh.data, beta, cDesc, c, &zero, cDesc, c);
}

static inline miopenStatus_t hipwrightConvolutionForward(
    miopenHandle_t handle, const void* alpha, miopenTensorDescriptor_t xDesc, const void* x,
    miopenTensorDescriptor_t wDesc, const void* w, miopenConvolutionDescriptor_t convDesc, miopenConvFwdAlgorithm_t,
    void* workspace, size_t workspaceBytes, const void* beta, miopenTensorDescriptor_t yDesc, void* y) {
  return hipwrightConvolve(miopenConvolutionForwardGetSolutionCount, miopenConvolutionForwardGetSolution,
                           miopenConvolutionForwardImmediate, handle, alpha, wDesc, w, xDesc, x, convDesc, workspace,
                           workspaceBytes, beta, yDesc, y);
}

static inline miopenStatus_t hipwrightConvolutionBackwardData(
    miopenHandle_t handle, const void* alpha, miopenTensorDescriptor_t wDesc, const void* w,
    miopenTensorDescriptor_t dyDesc, const void* dy, miopenConvolutionDescriptor_t convDesc,
    miopenConvBwdDataAlgorithm_t, void* workspace, size_t workspaceBytes, const void* beta,
    miopenTensorDescriptor_t dxDesc, void* dx) {
  return hipwrightConvolve(miopenConvolutionBackwardDataGetSolutionCount, miopenConvolutionBackwardDataGetSolution,
                           miopenConvolutionBackwardDataImmediate, handle, alpha, dyDesc, dy, wDesc, w, convDesc,
                           workspace, workspaceBytes, beta, dxDesc, dx);
}

static inline miopenStatus_t hipwrightConvolutionBackwardFilter(
    miopenHandle_t handle, const void* alpha, miopenTensorDescriptor_t xDesc, const void* x,
    miopenTensorDescriptor_t dyDesc, const void* dy, miopenConvolutionDescriptor_t convDesc,
    miopenConvBwdWeightsAlgorithm_t, void* workspace, size_t workspaceBytes, const void* beta,
    miopenTensorDescriptor_t dwDesc, void* dw) {
  return hipwrightConvolve(miopenConvolutionBackwardWeightsGetSolutionCount,
                           miopenConvolutionBackwardWeightsGetSolution, miopenConvolutionBackwardWeightsImmediate,
                           handle, alpha, dyDesc, dy, xDesc, x, convDesc, workspace, workspaceBytes, beta, dwDesc, dw);
}
""",
    _SEEN,
)

_BIAS_ACTIVATION = Helper(
    "HIPWRIGHT_MIOPEN_CONVOLUTION_BIAS",
    """\
// y = activation(alpha1 * conv(x) + alpha2 * z + bias), step by step: MIOpen fuses these on few targets, for ReLU only.
static inline miopenStatus_t hipwrightConvolutionBiasActivationForward(
    miopenHandle_t handle, const void* alpha1, miopenTensorDescriptor_t xDesc, const void* x,
    miopenTensorDescriptor_t wDesc, const void* w, miopenConvolutionDescriptor_t convDesc,
    miopenConvFwdAlgorithm_t algo, void* workspace, size_t workspaceBytes, const void* alpha2,
    miopenTensorDescriptor_t zDesc, const void* z, miopenTensorDescriptor_t biasDesc, const void* bias,
    miopenActivationDescriptor_t activationDesc, miopenTensorDescriptor_t yDesc, void* y) {
  const float one = 1.0f, zero = 0.0f;
  miopenStatus_t status =
      hipwrightConvolutionForward(handle, alpha1, xDesc, x, wDesc, w, convDesc, algo, workspace, workspaceBytes,
                                  z == y ? alpha2 : &zero, yDesc, y);
  if (status == miopenStatusSuccess && z != y && *static_cast<const float*>(alpha2) != 0.0f)
    status = miopenOpTensor(handle, miopenTensorOpAdd, &one, yDesc, y, alpha2, zDesc, z, &zero, yDesc, y);
  if (status == miopenStatusSuccess)
    status = miopenOpTensor(handle, miopenTensorOpAdd, &one, yDesc, y, &one, biasDesc, bias, &zero, yDesc, y);
  miopenActivationMode_t mode = miopenActivationPASTHRU;
  double a = 0, b = 0, c = 0;
  if (status == miopenStatusSuccess) status = miopenGetActivationDescriptor(activationDesc, &mode, &a, &b, &c);
  if (status != miopenStatusSuccess || mode == miopenActivationPASTHRU) return status;
  return miopenActivationForward(handle, activationDesc, &one, yDesc, y, &zero, yDesc, y);
}
""",
    _SEEN,
)

_FIND = Helper(
    "HIPWRIGHT_MIOPEN_FIND",
    """\
// What cuDNN answers to a question for algorithms, from MIOpen's immediate mode: no buffers and no measurements needed.
template <typename List>
static inline miopenStatus_t hipwrightAlgorithms(
    List list, miopenHandle_t handle, miopenTensorDescriptor_t aDesc, miopenTensorDescriptor_t bDesc,
    miopenConvolutionDescriptor_t convDesc, miopenTensorDescriptor_t cDesc, int requested, int* returned,
    miopenConvAlgoPerf_t* results) {
  std::vector<miopenConvSolution_t> solutions(requested);
  size_t known = 0;
  const miopenStatus_t status =
      list(handle, aDesc, bDesc, convDesc, cDesc, solutions.size(), &known, solutions.data());
  *returned = status == miopenStatusSuccess ? static_cast<int>(known) : 0;
  for (int i = 0; i < *returned; ++i) {
    results[i].fwd_algo = static_cast<miopenConvFwdAlgorithm_t>(solutions[i].algorithm);
    results[i].time = solutions[i].time;
    results[i].memory = solutions[i].workspace_size;
  }
  return status;
}

static inline miopenStatus_t hipwrightForwardAlgorithms(
    miopenHandle_t handle, miopenTensorDescriptor_t xDesc, miopenTensorDescriptor_t wDesc,
    miopenConvolutionDescriptor_t convDesc, miopenTensorDescriptor_t yDesc, int requested, int* returned,
    miopenConvAlgoPerf_t* results) {
  return hipwrightAlgorithms(miopenConvolutionForwardGetSolution, handle, wDesc, xDesc, convDesc, yDesc, requested,
                             returned, results);
}

static inline miopenStatus_t hipwrightBackwardDataAlgorithms(
    miopenHandle_t handle, miopenTensorDescriptor_t wDesc, miopenTensorDescriptor_t dyDesc,
    miopenConvolutionDescriptor_t convDesc, miopenTensorDescriptor_t dxDesc, int requested, int* returned,
    miopenConvAlgoPerf_t* results) {
  return hipwrightAlgorithms(miopenConvolutionBackwardDataGetSolution, handle, dyDesc, wDesc, convDesc, dxDesc,
                             requested, returned, results);
}

static inline miopenStatus_t hipwrightBackwardFilterAlgorithms(
    miopenHandle_t handle, miopenTensorDescriptor_t xDesc, miopenTensorDescriptor_t dyDesc,
    miopenConvolutionDescriptor_t convDesc, miopenTensorDescriptor_t dwDesc, int requested, int* returned,
    miopenConvAlgoPerf_t* results) {
  return hipwrightAlgorithms(miopenConvolutionBackwardWeightsGetSolution, handle, dyDesc, xDesc, convDesc, dwDesc,
                             requested, returned, results);
}

static inline miopenStatus_t hipwrightForwardAlgorithm(
    miopenHandle_t handle, miopenTensorDescriptor_t xDesc, miopenTensorDescriptor_t wDesc,
    miopenConvolutionDescriptor_t convDesc, miopenTensorDescriptor_t yDesc, miopenConvFwdAlgorithm_t* algo) {
  miopenConvAlgoPerf_t best;
  int returned = 0;
  const miopenStatus_t status =
      hipwrightForwardAlgorithms(handle, xDesc, wDesc, convDesc, yDesc, 1, &returned, &best);
  if (returned > 0) *algo = best.fwd_algo;
  return status;
}

static inline miopenStatus_t hipwrightAlgorithmCount(miopenHandle_t, int* count) {
  *count = 5;
  return miopenStatusSuccess;
}
""",
    _SEEN,
)

_ADD = Helper(
    "HIPWRIGHT_MIOPEN_ADD",
    """\
// C = alpha * A + beta * C, where dimensions of A that are 1 are repeated.
static inline miopenStatus_t hipwrightAddTensor(miopenHandle_t handle, const void* alpha,
                                                miopenTensorDescriptor_t aDesc, const void* a, const void* beta,
                                                miopenTensorDescriptor_t cDesc, void* c) {
  const float zero = 0.0f;
  if (*static_cast<const float*>(beta) == 0.0f) {  // what was in C may be anything
    const double nothing = 0;
    const miopenStatus_t status = miopenSetTensor(handle, cDesc, c, &nothing);
    if (status != miopenStatusSuccess) return status;
  }
  return miopenOpTensor(handle, miopenTensorOpAdd, beta, cDesc, c, alpha, aDesc, a, &zero, cDesc, c);
}
""",
    _SEEN,
)

_SCALE = Helper(
    "HIPWRIGHT_MIOPEN_SCALE",
    """\
// y = alpha * y with alpha a float for half tensors too, as cuDNN reads it: miopenScaleTensor reads it in the type of
// the tensor. The larger of two times alpha * y takes a float.
static inline miopenStatus_t hipwrightScaleTensor(miopenHandle_t handle, miopenTensorDescriptor_t desc, void* y,
                                                  const void* alpha) {
  miopenDataType_t type;
  int lengths[8], strides[8];
  const miopenStatus_t status = miopenGetTensorDescriptor(desc, &type, lengths, strides);
  if (status != miopenStatusSuccess) return status;
  if (type == miopenFloat || type == miopenDouble) return miopenScaleTensor(handle, desc, y, alpha);
  const float zero = 0.0f;
  return miopenOpTensor(handle, miopenTensorOpMax, alpha, desc, y, alpha, desc, y, &zero, desc, y);
}
""",
    _SEEN,
)

_LAYOUT = Helper(
    "HIPWRIGHT_MIOPEN_LAYOUT",
    """\
// A packed tensor or filter of 4 or 5 dimensions, given in the order N, C, then space, and stored as `layout` says.
static inline miopenStatus_t hipwrightSetNdDescriptor(miopenTensorDescriptor_t desc, miopenTensorLayout_t layout,
                                                      miopenDataType_t type, int count, const int* lengths) {
  if (count == 5 && layout == miopenTensorNCHW) layout = miopenTensorNCDHW;
  if (count == 5 && layout == miopenTensorNHWC) layout = miopenTensorNDHWC;
  if (count == 4 || count == 5) return miopenSetNdTensorDescriptorWithLayout(desc, type, layout, lengths, count);
  return layout == miopenTensorNCHW ? miopenSetTensorDescriptor(desc, type, count, lengths, nullptr)
                                    : miopenStatusNotImplemented;
}

static inline miopenStatus_t hipwrightSet4dDescriptor(miopenTensorDescriptor_t desc, miopenTensorLayout_t layout,
                                                      miopenDataType_t type, int n, int c, int h, int w) {
  const int lengths[] = {n, c, h, w};
  return hipwrightSetNdDescriptor(desc, layout, type, 4, lengths);
}
""",
    _SEEN,
)

_VERSION = Helper(
    "HIPWRIGHT_MIOPEN_VERSION",
    """\
// MIOpen's version in the digits of cudnnGetVersion: 1000 * major + 100 * minor + patch.
static inline size_t hipwrightMiopenVersion() {
  size_t major = 0, minor = 0, patch = 0;
  (void)miopenGetVersion(&major, &minor, &patch);
  return 1000 * major + 100 * minor + patch;
}
""",
    _SEEN,
)

_VECTOR = ("<vector>",)
_TESTED = "cuDNN and MIOpen round and order their sums differently"


@dataclass(frozen=True)
class Shape:
    """How a cuDNN call is written for MIOpen: the name, and its arguments as places of cuDNN's or as text."""

    name: str
    count: int
    order: tuple[int | str, ...]
    helpers: tuple[Helper, ...] = ()
    test: str = ""  # what a behavioural test has to look at; empty for descriptors, which compute nothing
    includes: tuple[str, ...] = ()


def _same(name: str, count: int, *more: str, test: str = "", helpers: tuple[Helper, ...] = ()) -> Shape:
    return Shape(name, count, (*range(count), *more), helpers, test, _VECTOR if helpers else ())


_NO_TRAINING = "the port runs it without the workspace that MIOpen's backward pass needs"
_ALPHA_ONE = "MIOpen takes alpha = 1 and beta = 0 here and answers anything else with an error"

_SHAPES = {
    "cudnnCreateFilterDescriptor": _same("miopenCreateTensorDescriptor", 1),
    "cudnnDestroyFilterDescriptor": _same("miopenDestroyTensorDescriptor", 1),
    "cudnnGetTensorSizeInBytes": _same("miopenGetTensorNumBytes", 2),
    "cudnnGetFilterSizeInBytes": _same("miopenGetTensorNumBytes", 2),
    "cudnnSetTensorNdDescriptor": _same("miopenSetTensorDescriptor", 5),
    "cudnnSetTensorNdDescriptorEx": Shape("hipwrightSetNdDescriptor", 5, (0, 1, 2, 3, 4), (_LAYOUT,)),
    "cudnnSetFilterNdDescriptor": Shape("hipwrightSetNdDescriptor", 5, (0, 2, 1, 3, 4), (_LAYOUT,)),
    "cudnnSetConvolution2dDescriptor": Shape("miopenInitConvolutionDescriptor", 9, (0, 7, 1, 2, 3, 4, 5, 6)),
    "cudnnSetConvolutionNdDescriptor": Shape("miopenInitConvolutionNdDescriptor", 7, (0, 1, 2, 3, 4, 5)),
    "cudnnGetConvolution2dForwardOutputDim": _same("miopenGetConvolutionForwardOutputDim", 7),
    "cudnnGetConvolutionForwardWorkspaceSize":
        Shape("miopenConvolutionForwardGetWorkSpaceSize", 7, (0, 2, 1, 3, 4, 6)),
    "cudnnGetConvolutionBackwardDataWorkspaceSize":
        Shape("miopenConvolutionBackwardDataGetWorkSpaceSize", 7, (0, 2, 1, 3, 4, 6)),
    "cudnnGetConvolutionBackwardFilterWorkspaceSize":
        Shape("miopenConvolutionBackwardWeightsGetWorkSpaceSize", 7, (0, 2, 1, 3, 4, 6)),
    "cudnnConvolutionForward": _same("hipwrightConvolutionForward", 13, test=_TESTED, helpers=(_CONVOLUTION,)),
    "cudnnConvolutionBackwardData":
        _same("hipwrightConvolutionBackwardData", 13, test=_TESTED, helpers=(_CONVOLUTION,)),
    "cudnnConvolutionBackwardFilter":
        _same("hipwrightConvolutionBackwardFilter", 13, test=_TESTED, helpers=(_CONVOLUTION,)),
    "cudnnConvolutionBiasActivationForward":
        _same("hipwrightConvolutionBiasActivationForward", 18, test=_TESTED, helpers=(_CONVOLUTION, _BIAS_ACTIVATION)),
    "cudnnGetConvolutionForwardAlgorithm_v7": _same("hipwrightForwardAlgorithms", 8, helpers=(_FIND,)),
    "cudnnFindConvolutionForwardAlgorithm": _same("hipwrightForwardAlgorithms", 8, helpers=(_FIND,)),
    "cudnnGetConvolutionBackwardDataAlgorithm_v7": _same("hipwrightBackwardDataAlgorithms", 8, helpers=(_FIND,)),
    "cudnnFindConvolutionBackwardDataAlgorithm": _same("hipwrightBackwardDataAlgorithms", 8, helpers=(_FIND,)),
    "cudnnGetConvolutionBackwardFilterAlgorithm_v7": _same("hipwrightBackwardFilterAlgorithms", 8, helpers=(_FIND,)),
    "cudnnFindConvolutionBackwardFilterAlgorithm": _same("hipwrightBackwardFilterAlgorithms", 8, helpers=(_FIND,)),
    "cudnnGetConvolutionForwardAlgorithm":
        Shape("hipwrightForwardAlgorithm", 8, (0, 1, 2, 3, 4, 7), (_FIND,), "", _VECTOR),
    "cudnnGetConvolutionForwardAlgorithmMaxCount": _same("hipwrightAlgorithmCount", 2, helpers=(_FIND,)),
    "cudnnGetConvolutionBackwardDataAlgorithmMaxCount": _same("hipwrightAlgorithmCount", 2, helpers=(_FIND,)),
    "cudnnGetConvolutionBackwardFilterAlgorithmMaxCount": _same("hipwrightAlgorithmCount", 2, helpers=(_FIND,)),
    "cudnnFindConvolutionForwardAlgorithmEx": _same("miopenFindConvolutionForwardAlgorithm", 13, "false"),
    "cudnnFindConvolutionBackwardDataAlgorithmEx":
        Shape("miopenFindConvolutionBackwardDataAlgorithm", 13, (0, 3, 4, 1, 2, *range(5, 13), "false")),
    "cudnnFindConvolutionBackwardFilterAlgorithmEx":
        Shape("miopenFindConvolutionBackwardWeightsAlgorithm", 13, (0, 3, 4, 1, 2, *range(5, 13), "false")),
    "cudnnAddTensor": Shape("hipwrightAddTensor", 7, (*range(7),), (_ADD,), "dimensions of 1 in A are repeated"),
    "cudnnScaleTensor": Shape("hipwrightScaleTensor", 4, (*range(4),), (_SCALE,)),
    "cudnnOpTensor": _same("miopenOpTensor", 11, test="MIOpen wants A to have the dimensions of C"),
    "cudnnSetPooling2dDescriptor": Shape("miopenSet2dPoolingDescriptor", 9, (0, 1, 3, 4, 5, 6, 7, 8)),
    "cudnnSetPoolingNdDescriptor": Shape("miopenSetNdPoolingDescriptor", 7, (0, 1, 3, 4, 5, 6)),
    "cudnnGetPooling2dForwardOutputDim": _same("miopenGetPoolingForwardOutputDim", 6),
    "cudnnPoolingForward": _same("miopenPoolingForward", 8, "false", "nullptr", "0", test=_NO_TRAINING),
    "cudnnSoftmaxForward": Shape("miopenSoftmaxForward_V2", 9, (0, 3, 4, 5, 6, 7, 8, 1, 2), (), _TESTED),
    "cudnnSoftmaxBackward": Shape("miopenSoftmaxBackward_V2", 11, (0, *range(3, 11), 1, 2), (), _TESTED),
    "cudnnSetLRNDescriptor": Shape("miopenSetLRNDescriptor", 5, (0, "miopenLRNCrossChannel", 1, 2, 3, 4)),
    "cudnnLRNCrossChannelForward":
        Shape("miopenLRNForward", 9, (0, 1, *range(3, 9), "false", "nullptr"), (), _NO_TRAINING),
    "cudnnSetDropoutDescriptor":
        _same("miopenSetDropoutDescriptor", 6, "false", "false", "MIOPEN_RNG_PSEUDO_XORWOW"),
    "cudnnRestoreDropoutDescriptor":
        _same("miopenRestoreDropoutDescriptor", 6, "false", "false", "MIOPEN_RNG_PSEUDO_XORWOW"),
    "cudnnDropoutForward":
        Shape("miopenDropoutForward", 8, (0, 1, 2, 2, 3, 4, 5, 6, 7), (), "the generator draws other numbers"),
    "cudnnDropoutBackward": Shape("miopenDropoutBackward", 8, (0, 1, 2, 2, 3, 4, 5, 6, 7), (), _TESTED),
    "cudnnGetVersion": Shape("hipwrightMiopenVersion", 0, (), (_VERSION,), "MIOpen counts versions from its own start"),
}  # fmt: skip


def rearrange(site: Site, call: Call, order: tuple[int | str, ...]) -> Iterator[Finding]:
    """Edits that put arguments into a new order, slot by slot: line breaks and what stands between them stay."""
    texts = [call.args[item].text if isinstance(item, int) else item for item in order]
    for slot, text in zip(call.args, texts, strict=False):
        if slot.text != text:
            yield site.replace(slot, text)
    if len(texts) > len(call.args):
        yield site.insert(call.close, ", ".join(["", *texts[len(call.args) :]]))
    elif len(texts) < len(call.args):
        yield site.edit(call.args[len(texts) - 1].end if texts else call.open + 1, call.args[-1].end, "")


_CONV_2D = """\
#include <cudnn.h>
void f(cudnnConvolutionDescriptor_t c, int pad) {
  cudnnSetConvolution2dDescriptor(c, pad, pad, 1, 1, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT);
}
"""
_ADD_TENSOR = """\
#include <cudnn.h>
void f(cudnnHandle_t h, cudnnTensorDescriptor_t a, cudnnTensorDescriptor_t c, float* one, const void* x, void* y) {
  cudnnAddTensor(h, one, a, x, one, c, y);
}
"""
_FORWARD = """\
#include <cudnn.h>
void f(cudnnHandle_t h, cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t w, cudnnConvolutionDescriptor_t c,
       const float* s, const void* in, void* out) {
  cudnnConvolutionForward(h, s, x, in, w, in, c, CUDNN_CONVOLUTION_FWD_ALGO_GEMM, nullptr, 0, s, x, out);
}
"""
_SOFTMAX = """\
#include <cudnn.h>
void f(cudnnHandle_t h, cudnnTensorDescriptor_t x, const float* s, const void* in, void* out) {
  cudnnSoftmaxForward(h, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, s, x, in, s, x, out);
}
"""


@rule(
    "dnn-calls",
    "cuDNN calls in MIOpen's order",
    hazards=("L08",),
    names=_SHAPES,
    order=40,
    rewrites={
        _CONV_2D: _CONV_2D.replace("cudnnSetConvolution2dDescriptor(c, pad", "miopenInitConvolutionDescriptor(c, "
                                   "CUDNN_CROSS_CORRELATION, pad").replace(", CUDNN_CROSS_CORRELATION, "
                                                                           "CUDNN_DATA_FLOAT", ""),
        _ADD_TENSOR: _ADD_TENSOR.replace("cudnnAddTensor", "hipwrightAddTensor"),
        _FORWARD: _FORWARD.replace("cudnnConvolutionForward(", "hipwrightConvolutionForward("),
        _SOFTMAX: _SOFTMAX.replace("cudnnSoftmaxForward(h, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, s, "
                                   "x, in, "
                                   "s, x, out)", "miopenSoftmaxForward_V2(h, s, x, in, s, x, out, "
                                                 "CUDNN_SOFTMAX_ACCURATE, "
                                   "CUDNN_SOFTMAX_MODE_CHANNEL)"),
    },
    keeps=(
        "struct Net { int cudnnAddTensor(int); };\nint f(Net n) { return n.cudnnAddTensor(1); }",
        "int cudnnGetVersion(int which);",
    ),
    notes=(_FORWARD,),
)  # fmt: skip
def calls(site: Site) -> Iterator[Finding]:
    """MIOpen has cuDNN's operations with other argument orders, without filter descriptors (a filter is a tensor),
    and with rules of its own: a convolution needs a search before its first run or goes through the immediate mode,
    takes alpha = 1 and beta = 0 alone, and fuses bias and activation on few targets. The calls that only order their
    arguments differently are rewritten in place; for those that need several MIOpen calls a small function with
    cuDNN's signature is written into the file. Recurrent networks, attention and cuDNN's graph interface are left to
    a person: MIOpen's are built differently.
    """
    shape = _SHAPES[site.text]
    call = call_with(site, shape.count)
    if call is None:
        return
    yield site.edit(
        site.node.start_byte, site.node.end_byte, shape.name, includes=shape.includes, helpers=shape.helpers
    )
    yield from rearrange(site, call, shape.order)
    if shape.test:
        yield site.note(Level.TEST, f"{site.text} runs on MIOpen as {shape.name}: {shape.test}")


_FORMATS = {
    "cudnnSetTensor4dDescriptor": (1, 2),
    "cudnnSetFilter4dDescriptor": (2, 1),
}
_SET_4D = "#include <cudnn.h>\nvoid f(cudnnTensorDescriptor_t d, int n) {{\n  {};\n}}\n"


@rule(
    "dnn-tensor-layout",
    "Tensor and filter descriptors keep their layout",
    hazards=("L08", "L09"),
    names=_FORMATS,
    order=40,
    rewrites={
        _SET_4D.format("cudnnSetTensor4dDescriptor(d, CUDNN_TENSOR_NCHW, CUDNN_DATA_HALF, n, 3, 8, 8)"): _SET_4D.format(
            "miopenSet4dTensorDescriptor(d, CUDNN_DATA_HALF, n, 3, 8, 8)"
        ),
        _SET_4D.format("cudnnSetFilter4dDescriptor(d, CUDNN_DATA_HALF, CUDNN_TENSOR_NHWC, n, 3, 8, 8)"): _SET_4D.format(
            "hipwrightSet4dDescriptor(d, CUDNN_TENSOR_NHWC, CUDNN_DATA_HALF, n, 3, 8, 8)"
        ),
    },
    keeps=("void cudnnSetTensor4dDescriptor(int);\nvoid f() { cudnnSetTensor4dDescriptor(1); }",),
)
def tensor_layout(site: Site) -> Iterator[Finding]:
    """`miopenSet4dTensorDescriptor` takes no format and means NCHW: dropping the argument would read an NHWC tensor in
    the wrong order without a word. A literal NCHW becomes that call; any other format, or one decided at run time, goes
    through `miopenSetNdTensorDescriptorWithLayout`, which takes the lengths in the order N, C, H, W for every layout.
    """
    at_format, at_type = _FORMATS[site.text]
    call = call_with(site, 7)
    if call is None:
        return
    if call.args[at_format].text in ("CUDNN_TENSOR_NCHW", "miopenTensorNCHW"):
        yield site.replace(site.node, "miopenSet4dTensorDescriptor")
        yield from rearrange(site, call, (0, at_type, 3, 4, 5, 6))
        return
    yield site.edit(site.node.start_byte, site.node.end_byte, "hipwrightSet4dDescriptor", helpers=(_LAYOUT,))
    yield from rearrange(site, call, (0, at_format, at_type, 3, 4, 5, 6))


_ACTIVATION = "#include <cudnn.h>\nvoid f(cudnnActivationDescriptor_t d, cudnnActivationMode_t m) {{\n  {};\n}}\n"


@rule(
    "dnn-activation",
    "One coefficient becomes MIOpen's three",
    hazards=("L08",),
    names=("cudnnSetActivationDescriptor",),
    order=40,
    rewrites={
        _ACTIVATION.format("cudnnSetActivationDescriptor(d, CUDNN_ACTIVATION_RELU, CUDNN_NOT_PROPAGATE_NAN, 0.0)"):
        _ACTIVATION.format("miopenSetActivationDescriptor(d, CUDNN_ACTIVATION_RELU, 0.0, 1.0, 1.0)"),
        _ACTIVATION.format("cudnnSetActivationDescriptor(d, CUDNN_ACTIVATION_TANH, CUDNN_PROPAGATE_NAN, 0.0)"):
        _ACTIVATION.format("miopenSetActivationDescriptor(d, CUDNN_ACTIVATION_TANH, 1.0, 1.0, 1.0)"),
        _ACTIVATION.format("cudnnSetActivationDescriptor(d, m, CUDNN_NOT_PROPAGATE_NAN, 6.0)"):
        _ACTIVATION.format("miopenSetActivationDescriptor(d, m, m == miopenActivationTANH ? 1.0 : 6.0, 1.0, 1.0)"),
    },
    keeps=("void cudnnSetActivationDescriptor(int);",),
)  # fmt: skip
def activation(site: Site) -> Iterator[Finding]:
    """cuDNN has one coefficient, the clipping point or the ELU factor, and ignores it in other modes. MIOpen's alpha is
    the same for those two, but its tanh is beta * tanh(alpha * x): a coefficient of 0 passed on would make every result
    zero. The choice whether NaN survives is MIOpen's own.
    """
    call = call_with(site, 4)
    if call is None:
        return
    mode, coefficient = call.args[1].text, call.args[3].text
    if mode in ("CUDNN_ACTIVATION_TANH", "miopenActivationTANH"):
        coefficient = "1.0"
    elif not re.fullmatch(r"CUDNN_ACTIVATION_\w+|miopenActivation\w+", mode):
        chosen = mode if re.fullmatch(r"[\w.>-]+", mode) else f"({mode})"
        coefficient = f"{chosen} == miopenActivationTANH ? 1.0 : {coefficient}"
    yield site.replace(site.node, "miopenSetActivationDescriptor")
    yield from rearrange(site, call, (0, 1, coefficient, "1.0", "1.0"))


_NOTHING = {
    "cudnnSetConvolutionMathType": (2, "MIOpen uses matrix cores wherever they serve"),
    "cudnnSetConvolutionReorderType": (2, "MIOpen does not reorder filters"),
    "cudnnCreateOpTensorDescriptor": (1, "the operation is a plain value in MIOpen"),
    "cudnnDestroyOpTensorDescriptor": (1, "the operation is a plain value in MIOpen"),
}
_MATH_TYPES = frozenset(
    {"cudnnMathType_t", "CUDNN_DEFAULT_MATH", "CUDNN_TENSOR_OP_MATH", "CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION",
     "CUDNN_FMA_MATH"}
)  # fmt: skip
_MATH_TYPE = "#include <cudnn.h>\nvoid f(cudnnConvolutionDescriptor_t c) {{ {}; }}\n"


@rule(
    "dnn-nothing-to-do",
    "What MIOpen needs no call for",
    hazards=("L08",),
    names=_NOTHING.keys() | _MATH_TYPES,
    order=40,
    rewrites={
        _MATH_TYPE.format("cudnnSetConvolutionMathType(c, CUDNN_TENSOR_OP_MATH)"): _MATH_TYPE.format(
            "(void)miopenStatusSuccess /* MIOpen uses matrix cores wherever they serve */"
        ),
    },
    keeps=("void cudnnSetConvolutionMathType(int);",),
)
def nothing_to_do(site: Site) -> Iterator[Finding]:
    """Some settings of cuDNN have no counterpart because MIOpen decides them itself; the call becomes the status that a
    check around it expects, with the reason beside it.
    """
    if site.text in _MATH_TYPES:
        around = site.within("call_expression")
        text = "" if around is None else site.source.text(around.start_byte, around.end_byte)
        if used(site) and "cudnnSetConvolutionMathType" not in text:
            yield site.note(
                Level.TODO, f"{site.text}: MIOpen has no math types", "drop it: matrix cores are used anyway"
            )
        return
    count, why = _NOTHING[site.text]
    call = call_with(site, count)
    if call is None:
        return
    parent = site.node.parent.parent if site.node.parent is not None else None
    alone = "(void)" if parent is not None and parent.type == "expression_statement" else ""
    yield site.replace(call, f"{alone}miopenStatusSuccess /* {why} */")


_OP = "#include <cudnn.h>\nvoid f(cudnnOpTensorDescriptor_t& d) {{ {}; }}\n"


@rule(
    "dnn-op-tensor",
    "An operation descriptor is a plain value",
    hazards=("L08",),
    names=("cudnnOpTensorDescriptor_t", "cudnnSetOpTensorDescriptor"),
    order=40,
    rewrites={
        _OP.format("cudnnSetOpTensorDescriptor(d, CUDNN_OP_TENSOR_MUL, CUDNN_DATA_FLOAT, CUDNN_PROPAGATE_NAN)"):
        _OP.replace("cudnnOpTensorDescriptor_t", "miopenTensorOp_t").format(
            "(d = CUDNN_OP_TENSOR_MUL, miopenStatusSuccess)"
        ),
    },
    keeps=("struct cudnnOpTensorDescriptor_t;",),
)  # fmt: skip
def op_tensor(site: Site) -> Iterator[Finding]:
    """`miopenOpTensor` takes the operation as a value where cuDNN takes a descriptor that holds it, so the descriptor
    becomes that value and setting it an assignment. MIOpen computes in the type of the tensors.
    """
    if site.text == "cudnnOpTensorDescriptor_t":
        if used(site):
            yield site.replace(site.node, "miopenTensorOp_t")
        return
    call = call_with(site, 4)
    if call is not None:
        yield site.edit(call.start, call.args[0].start, "(")
        yield site.edit(call.args[0].end, call.args[1].start, " = ")
        yield site.edit(call.args[1].end, call.close, ", miopenStatusSuccess")


ENUMERATORS = {
    "CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM": "miopenConvolutionFwdAlgoImplicitGEMM",
    "CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING": "miopenConvolutionFwdAlgoFFT",
    "CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED": "miopenConvolutionFwdAlgoWinograd",
    "CUDNN_CONVOLUTION_BWD_DATA_ALGO_0": "miopenConvolutionBwdDataAlgoGEMM",
    "CUDNN_CONVOLUTION_BWD_DATA_ALGO_1": "miopenConvolutionBwdDataAlgoDirect",
    "CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT_TILING": "miopenConvolutionBwdDataAlgoFFT",
    "CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD_NONFUSED": "miopenConvolutionBwdDataAlgoWinograd",
    "CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0": "miopenConvolutionBwdWeightsAlgoGEMM",
    "CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1": "miopenConvolutionBwdWeightsAlgoDirect",
    "CUDNN_CONVOLUTION_BWD_FILTER_ALGO_3": "miopenConvolutionBwdWeightsAlgoDirect",
    "CUDNN_CONVOLUTION_BWD_FILTER_ALGO_FFT": "miopenConvolutionBwdWeightsAlgoGEMM",
    "CUDNN_CONVOLUTION_BWD_FILTER_ALGO_FFT_TILING": "miopenConvolutionBwdWeightsAlgoGEMM",
    "CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD": "miopenConvolutionBwdWeightsAlgoWinograd",
    "CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD_NONFUSED": "miopenConvolutionBwdWeightsAlgoWinograd",
    "CUDNN_BATCHNORM_SPATIAL_PERSISTENT": "miopenBNSpatial",
    "CUDNN_POOLING_MAX_DETERMINISTIC": "miopenPoolingMax",
    "CUDNN_STATUS_EXECUTION_FAILED": "miopenStatusUnknownError",
}


@rule(
    "dnn-enumerators",
    "Algorithm and mode names that MIOpen merges",
    hazards=("L08",),
    names=ENUMERATORS,
    rewrites={
        "#include <cudnn.h>\ncudnnConvolutionFwdAlgo_t a = CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED;\n": (
            "#include <cudnn.h>\ncudnnConvolutionFwdAlgo_t a = miopenConvolutionFwdAlgoWinograd;\n"
        ),
    },
    keeps=("enum Mine { CUDNN_POOLING_MAX_DETERMINISTIC };",),
)
def enumerators(site: Site) -> Iterator[Finding]:
    """cuDNN tells variants of an algorithm apart that are one name in MIOpen, or has an algorithm that MIOpen lacks;
    the nearest is taken. No result depends on it: MIOpen chooses the solution by itself, among those that fit.
    """
    if used(site):
        yield site.replace(site.node, ENUMERATORS[site.text])


_MODE = "#include <cudnn.h>\ncudnnConvolutionMode_t m = {};\n"


@rule(
    "dnn-convolution-mode",
    "MIOpen's convolution is a cross-correlation",
    hazards=("L08",),
    names=("CUDNN_CONVOLUTION",),
    rewrites={_MODE.format("CUDNN_CONVOLUTION"): _MODE.format("miopenConvolution")},
    keeps=("enum Mine { CUDNN_CONVOLUTION };",),
    notes=(_MODE.format("CUDNN_CONVOLUTION"),),
)
def convolution_mode(site: Site) -> Iterator[Finding]:
    """`miopenConvolution` is what cuDNN calls CUDNN_CROSS_CORRELATION. cuDNN's true convolution, which mirrors the
    filter, has no MIOpen mode: the result is wrong unless the filter is mirrored in memory before it is used.
    """
    if not used(site):
        return
    yield site.replace(site.node, "miopenConvolution")
    choice = site.within("conditional_expression")
    if choice is not None:
        condition = choice.child_by_field_name("condition")
        other = choice.child_by_field_name("alternative")
        if condition is not None and other is not None and other.start_byte <= site.node.start_byte:
            value = site.facts.integer(site.source.text(condition.start_byte, condition.end_byte))
            if value:
                return
    yield site.note(
        Level.ERROR,
        "CUDNN_CONVOLUTION mirrors the filter and MIOpen cannot: the port computes a cross-correlation here",
        "mirror the filter's height and width in memory before the call, or use CUDNN_CROSS_CORRELATION if that was "
        "meant",
    )


@rule(
    "dnn-double",
    "MIOpen reads scaling factors as float",
    hazards=("L08",),
    names=("CUDNN_DATA_DOUBLE",),
    notes=("#include <cudnn.h>\ncudnnDataType_t t = CUDNN_DATA_DOUBLE;\n",),
    keeps=("enum Mine { CUDNN_DATA_DOUBLE };",),
)
def double_data(site: Site) -> Iterator[Finding]:
    """For double tensors cuDNN reads alpha and beta as `double`; MIOpen reads them as `float` whatever the tensor's
    type, and has no double convolutions. A pointer to a double passed on is read as a wrong number, without an error.
    """
    if used(site):
        yield site.note(
            Level.TODO,
            "MIOpen reads alpha and beta as float for double tensors too, and convolves half, bfloat16 and float only",
            "pass float scaling factors with double tensors, or compute in float",
        )


_PERF = {
    "cudnnConvolutionFwdAlgoPerf_t": "fwd_algo",
    "cudnnConvolutionBwdDataAlgoPerf_t": "bwd_data_algo",
    "cudnnConvolutionBwdFilterAlgoPerf_t": "bwd_weights_algo",
}


@rule(
    "dnn-algorithm-result",
    "The member that names the algorithm found",
    hazards=("L08",),
    names=_PERF,
    rewrites={
        "#include <cudnn.h>\nint f() { cudnnConvolutionFwdAlgoPerf_t best[1]; return best[0].algo; }": (
            "#include <cudnn.h>\nint f() { cudnnConvolutionFwdAlgoPerf_t best[1]; return best[0].fwd_algo; }"
        ),
    },
    keeps=("struct cudnnConvolutionFwdAlgoPerf_t;\nstruct P { int algo; };\nint f(P p) { return p.algo; }",),
)
def algorithm_result(site: Site) -> Iterator[Finding]:
    """MIOpen has one structure for the three directions, with a union in place of `algo` and without `status`: what it
    returns has succeeded.
    """
    around = site.within("function_definition")
    if around is None or not used(site):
        return
    for node in descend(around, frozenset({"field_identifier"})):
        text = site.source.text(node.start_byte, node.end_byte)
        parent = node.parent
        if parent is None or parent.type != "field_expression":
            continue
        if text == "algo":
            yield site.replace(node, _PERF[site.text])
        elif text == "status":
            yield site.replace(parent, "miopenStatusSuccess")


_CONST = {
    "cudnnBatchNormalizationForwardTraining": (17, (2, 3, 9, 10)),
    "cudnnBatchNormalizationForwardInference": (14, (2, 3, 9, 10, 11, 12)),
}
_NORM = """\
#include <cudnn.h>
void f(cudnnHandle_t h, cudnnTensorDescriptor_t d, const float* s, const void* x, void* y) {
  cudnnBatchNormalizationForwardInference(h, CUDNN_BATCHNORM_SPATIAL, s, s, d, x, d, y, d, x, x, x, x, 1e-5);
}
"""


@rule(
    "dnn-batch-norm",
    "MIOpen's batch normalisation takes pointers to what it only reads",
    hazards=("L08",),
    names=_CONST,
    rewrites={
        _NORM: _NORM.replace("s, s, d, x", "(void*)s, (void*)s, d, x").replace(
            "x, x, x, x, 1e", "(void*)x, (void*)x, (void*)x, (void*)x, 1e"
        ),
    },
    keeps=("void cudnnBatchNormalizationForwardInference(int);",),
)
def batch_norm(site: Site) -> Iterator[Finding]:
    """The parameters that cuDNN declares `const void*` are `void*` in MIOpen, although it only reads them; C++ needs a
    cast for a constant. Scaling factors other than 1 and 0 are refused.
    """
    count, places = _CONST[site.text]
    call = call_with(site, count)
    if call is None:
        return
    for place in places:
        if not call.args[place].text.startswith("(void*)"):
            yield site.insert(call.args[place].start, "(void*)")
    yield site.note(Level.TEST, f"{site.text} runs on MIOpen: {_TESTED}, and {_ALPHA_ONE}")


_BY_HAND = {
    "cudnnPoolingBackward": "miopenPoolingBackward needs the workspace that miopenPoolingForward filled with "
    "do_backward = "
    "true: size it with miopenPoolingGetWorkSpaceSizeV2 and pass it to both",
    "cudnnLRNCrossChannelBackward": "miopenLRNBackward needs the workspace that miopenLRNForward filled with "
    "do_backward = "
    "true: size it with miopenLRNGetWorkSpaceSize and pass it to both",
    "CUDNN_ACTIVATION_SWISH": "MIOpen has no swish: a kernel x / (1 + exp(-beta * x)), or a sigmoid and "
    "miopenTensorOpMul",
    "cudnnSetTensorTransformDescriptor": "miopenTransformTensor converts between descriptors without a transform "
    "descriptor",
    "cudnnRNNForward": "miopenRNNForward: MIOpen lays weights out by itself (miopenGetRNNLayerParam), so they are "
    "to be repacked",
    "cudnnMultiHeadAttnForward": "miopenFindSolutions on an MHA problem (miopenCreateMhaProblem), or Composable Kernel",
}


@rule(
    "dnn-by-hand",
    "cuDNN operations that MIOpen builds differently",
    hazards=("L08",),
    names=_BY_HAND,
    notes=("#include <cudnn.h>\nauto f = cudnnPoolingBackward;\n",),
    keeps=("struct N { int cudnnRNNForward; };",),
)  # fmt: skip
def by_hand(site: Site) -> Iterator[Finding]:
    """These exist in MIOpen in another form: a workspace shared by two passes, a parameter layout of its own, or
    another operation. What to do stands in the hint; nothing is rewritten.
    """
    if used(site):
        yield site.note(Level.TODO, f"{site.text} is not ported", _BY_HAND[site.text])
