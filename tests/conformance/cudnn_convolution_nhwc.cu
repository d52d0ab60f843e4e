// Point: convolution of half-precision NHWC tensors with two groups, and the fused form with bias and activation.
// Rule: element (n, c, h, w) of an NHWC tensor is at ((n H + h) W + w) C + c, in filters too; the output is rounded once.
#include <cuda_fp16.h>
#include <cudnn.h>
#include "check.h"

static void good(const char* what, cudnnStatus_t status) { expect(what, status == CUDNN_STATUS_SUCCESS, true); }
static std::vector<__half> halves(const std::vector<float>& values) {
    std::vector<__half> out;
    for (float v : values) out.push_back(__float2half(v));
    return out;
}
static std::vector<float> floats(const std::vector<__half>& values) {
    std::vector<float> out;
    for (__half v : values) out.push_back(__half2float(v));
    return out;
}

int main() {
    const int N = 2, C = 4, H = 4, W = 5, K = 6, R = 3, S = 3, G = 2, OH = 4, OW = 5;
    std::vector<float> x(N * C * H * W), w(K * C / G * R * S), bias(K), y(N * K * OH * OW);
    for (size_t i = 0; i < x.size(); i++) x[i] = float(int(i * 7 % 5) - 2);
    for (size_t i = 0; i < w.size(); i++) w[i] = float(int(i * 5 % 7) - 3);
    for (int k = 0; k < K; k++) bias[k] = float(k - 2);
    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++)
            for (int c = 0; c < C / G; c++)
                for (int i = 0; i < OH; i++)
                    for (int j = 0; j < OW; j++)
                        for (int r = 0; r < R; r++)
                            for (int s = 0; s < S; s++) {
                                int h = i - 1 + r, v = j - 1 + s, channel = k / (K / G) * (C / G) + c;
                                if (h < 0 || h >= H || v < 0 || v >= W) continue;
                                y[((n * OH + i) * OW + j) * K + k] += x[((n * H + h) * W + v) * C + channel] * w[((k * R + r) * S + s) * (C / G) + c];
                            }

    cudnnHandle_t handle;
    good("create", cudnnCreate(&handle));
    cudnnTensorDescriptor_t xd, yd, bd;
    cudnnFilterDescriptor_t wd;
    cudnnConvolutionDescriptor_t conv;
    cudnnActivationDescriptor_t relu;
    cudnnCreateTensorDescriptor(&xd);
    cudnnCreateTensorDescriptor(&yd);
    cudnnCreateTensorDescriptor(&bd);
    cudnnCreateFilterDescriptor(&wd);
    cudnnCreateConvolutionDescriptor(&conv);
    cudnnCreateActivationDescriptor(&relu);
    good("x", cudnnSetTensor4dDescriptor(xd, CUDNN_TENSOR_NHWC, CUDNN_DATA_HALF, N, C, H, W));
    good("y", cudnnSetTensor4dDescriptor(yd, CUDNN_TENSOR_NHWC, CUDNN_DATA_HALF, N, K, OH, OW));
    good("bias", cudnnSetTensor4dDescriptor(bd, CUDNN_TENSOR_NHWC, CUDNN_DATA_HALF, 1, K, 1, 1));
    good("w", cudnnSetFilter4dDescriptor(wd, CUDNN_DATA_HALF, CUDNN_TENSOR_NHWC, K, C / G, R, S));
    good("conv", cudnnSetConvolution2dDescriptor(conv, 1, 1, 1, 1, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
    good("groups", cudnnSetConvolutionGroupCount(conv, G));
    good("math", cudnnSetConvolutionMathType(conv, CUDNN_TENSOR_OP_MATH));
    good("relu", cudnnSetActivationDescriptor(relu, CUDNN_ACTIVATION_RELU, CUDNN_NOT_PROPAGATE_NAN, 0.0));

    int count = 0;
    cudnnConvolutionFwdAlgoPerf_t found[4];
    good("algorithms", cudnnGetConvolutionForwardAlgorithm_v7(handle, xd, wd, conv, yd, 4, &count, found));
    expect("some", count > 0 && found[0].status == CUDNN_STATUS_SUCCESS, true);
    Device<char> space(found[0].memory + 1);
    Device<__half> px(halves(x)), pw(halves(w)), pb(halves(bias)), py(y.size());
    float one = 1, two = 2, zero = 0;
    good("forward", cudnnConvolutionForward(handle, &two, xd, px, wd, pw, conv, found[0].algo, space, found[0].memory, &zero, yd, py));
    std::vector<float> twice = y;
    for (float& v : twice) v *= 2;
    expect_all("y", floats(py.read()), twice);
    good("fused", cudnnConvolutionBiasActivationForward(handle, &one, xd, px, wd, pw, conv, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM,
                                                        nullptr, 0, &zero, yd, py, bd, pb, relu, yd, py));
    for (size_t i = 0; i < y.size(); i++) y[i] = y[i] + bias[i % K] > 0 ? y[i] + bias[i % K] : 0;
    expect_all("relu(y + bias)", floats(py.read()), y);
    good("destroy", cudnnDestroy(handle));
    return finish();
}
