// Point: convolution and its two backward passes on NCHW tensors, with padding, strides, scaling factors and a workspace.
// Rule: y = alpha * conv(x, w) + beta * y; element (n, c, h, w) of an NCHW tensor is at ((n C + c) H + h) W + w.
#include <cudnn.h>
#include "check.h"

static void good(const char* what, cudnnStatus_t status) { expect(what, status == CUDNN_STATUS_SUCCESS, true); }

int main() {
    const int N = 2, C = 3, H = 5, W = 6, K = 4, R = 3, S = 2, pad = 1, stride = 2, OH = 3, OW = 4;
    std::vector<float> x(N * C * H * W), w(K * C * R * S), dy(N * K * OH * OW), old(dy.size());
    for (size_t i = 0; i < x.size(); i++) x[i] = float(int(i * 7 % 11) - 5);  // whole numbers: sums are exact
    for (size_t i = 0; i < w.size(); i++) w[i] = float(int(i * 5 % 7) - 3);
    for (size_t i = 0; i < dy.size(); i++) dy[i] = float(int(i * 3 % 5) - 2), old[i] = float(int(i % 4));
    std::vector<float> y(dy.size()), dx(x.size()), dw(w.size());
    for (size_t i = 0; i < y.size(); i++) y[i] = 3 * old[i];
    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++)
            for (int c = 0; c < C; c++)
                for (int i = 0; i < OH; i++)
                    for (int j = 0; j < OW; j++)
                        for (int r = 0; r < R; r++)
                            for (int s = 0; s < S; s++) {
                                int h = i * stride - pad + r, v = j * stride - pad + s;
                                if (h < 0 || h >= H || v < 0 || v >= W) continue;
                                int out = ((n * K + k) * OH + i) * OW + j, in = ((n * C + c) * H + h) * W + v;
                                int f = ((k * C + c) * R + r) * S + s;
                                y[out] += 2 * x[in] * w[f];
                                dx[in] += w[f] * dy[out];
                                dw[f] += x[in] * dy[out];
                            }

    cudnnHandle_t handle;
    good("create", cudnnCreate(&handle));
    cudnnTensorDescriptor_t xd, yd;
    cudnnFilterDescriptor_t wd;
    cudnnConvolutionDescriptor_t conv;
    cudnnCreateTensorDescriptor(&xd);
    cudnnCreateTensorDescriptor(&yd);
    cudnnCreateFilterDescriptor(&wd);
    cudnnCreateConvolutionDescriptor(&conv);
    good("x", cudnnSetTensor4dDescriptor(xd, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, N, C, H, W));
    good("w", cudnnSetFilter4dDescriptor(wd, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, K, C, R, S));
    good("conv", cudnnSetConvolution2dDescriptor(conv, pad, pad, stride, stride, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
    int n, k, h, v;
    good("shape", cudnnGetConvolution2dForwardOutputDim(conv, xd, wd, &n, &k, &h, &v));
    expect_all("output", std::vector<int>{n, k, h, v}, std::vector<int>{N, K, OH, OW});
    good("y", cudnnSetTensor4dDescriptor(yd, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n, k, h, v));

    size_t bytes = 0;
    good("size", cudnnGetConvolutionForwardWorkspaceSize(handle, xd, wd, conv, yd, CUDNN_CONVOLUTION_FWD_ALGO_GEMM, &bytes));
    Device<char> space(bytes + 1);
    Device<float> px(x), pw(w), py(old), pdy(dy), pdx(x.size()), pdw(w.size());
    float two = 2, three = 3, one = 1, zero = 0;
    good("forward", cudnnConvolutionForward(handle, &two, xd, px, wd, pw, conv, CUDNN_CONVOLUTION_FWD_ALGO_GEMM, space, bytes, &three, yd, py));
    expect_all("y", py.read(), y);
    good("again", cudnnConvolutionForward(handle, &two, xd, px, wd, pw, conv, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, nullptr, 0, &zero, yd, py));
    for (size_t i = 0; i < y.size(); i++) y[i] -= 3 * old[i];
    expect_all("y without the old", py.read(), y);
    good("data", cudnnConvolutionBackwardData(handle, &one, wd, pw, yd, pdy, conv, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, nullptr, 0, &zero, xd, pdx));
    expect_all("dx", pdx.read(), dx);
    good("filter", cudnnConvolutionBackwardFilter(handle, &one, xd, px, yd, pdy, conv, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, nullptr, 0, &zero, wd, pdw));
    expect_all("dw", pdw.read(), dw);
    cudnnDestroyConvolutionDescriptor(conv);
    cudnnDestroyFilterDescriptor(wd);
    cudnnDestroyTensorDescriptor(xd);
    cudnnDestroyTensorDescriptor(yd);
    good("destroy", cudnnDestroy(handle));
    return finish();
}
