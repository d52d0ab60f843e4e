// Point: activations, bias, tensor operations, scaling (of half tensors too) and batch normalisation.
// Rule: alpha and beta are floats for half tensors; a beta of 0 does not read the output; dimensions of 1 are repeated.
#include <cuda_fp16.h>
#include <cudnn.h>
#include "check.h"

static void good(const char* what, cudnnStatus_t status) { expect(what, status == CUDNN_STATUS_SUCCESS, true); }

int main() {
    const int N = 2, C = 3, H = 2, W = 4, count = N * C * H * W;
    cudnnHandle_t handle;
    good("create", cudnnCreate(&handle));
    cudnnTensorDescriptor_t xd, cd, hd;
    cudnnCreateTensorDescriptor(&xd);
    cudnnCreateTensorDescriptor(&cd);
    cudnnCreateTensorDescriptor(&hd);
    good("x", cudnnSetTensor4dDescriptorEx(xd, CUDNN_DATA_FLOAT, N, C, H, W, C * H * W, 1, W * C, C));  // channels last
    good("channels", cudnnSetTensor4dDescriptor(cd, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, 1, C, 1, 1));
    good("half", cudnnSetTensor4dDescriptor(hd, CUDNN_TENSOR_NCHW, CUDNN_DATA_HALF, 1, 1, 1, 8));
    std::vector<float> x(count), channel{1, -2, 3};
    for (int i = 0; i < count; i++) x[i] = float(int(i * 7 % 11) - 5) / 2;
    Device<float> px(x), py(count), pc(channel);
    float one = 1, two = 2, zero = 0, half = 0.5f;

    cudnnActivationDescriptor_t act;
    cudnnCreateActivationDescriptor(&act);
    cudnnActivationMode_t modes[] = {CUDNN_ACTIVATION_RELU, CUDNN_ACTIVATION_TANH, CUDNN_ACTIVATION_CLIPPED_RELU, CUDNN_ACTIVATION_SIGMOID};
    for (int m = 0; m < 4; m++) {
        good("activation", cudnnSetActivationDescriptor(act, modes[m], CUDNN_NOT_PROPAGATE_NAN, 1.5));
        good("forward", cudnnActivationForward(handle, act, &one, xd, px, &zero, xd, py));
        std::vector<float> got = py.read();
        double worst = 0;
        for (int i = 0; i < count; i++) {
            double v = x[i], r = v > 0 ? v : 0;
            double want = m == 0 ? r : m == 1 ? std::tanh(v) : m == 2 ? std::fmin(r, 1.5) : 1 / (1 + std::exp(-v));
            worst = std::fmax(worst, std::fabs(got[i] - want));
        }
        expect_near(m == 0 ? "relu" : m == 1 ? "tanh" : m == 2 ? "clipped" : "sigmoid", worst, 0.0, 1e-6);
    }

    std::vector<float> want(count), nans(count, NAN);
    Device<float> py2(nans);
    good("add to nothing", cudnnAddTensor(handle, &two, cd, pc, &zero, xd, py2));
    for (int i = 0; i < count; i++) want[i] = 2 * channel[i % C];
    expect_all("bias alone", py2.read(), want);
    Device<float> sum(x);
    good("add", cudnnAddTensor(handle, &one, cd, pc, &two, xd, sum));
    for (int i = 0; i < count; i++) want[i] = 2 * x[i] + channel[i % C];
    expect_all("2 x + bias", sum.read(), want);

    cudnnOpTensorDescriptor_t op;
    cudnnCreateOpTensorDescriptor(&op);
    good("multiply", cudnnSetOpTensorDescriptor(op, CUDNN_OP_TENSOR_MUL, CUDNN_DATA_FLOAT, CUDNN_PROPAGATE_NAN));
    good("op", cudnnOpTensor(handle, op, &two, xd, px, &one, cd, pc, &zero, xd, py));
    for (int i = 0; i < count; i++) want[i] = 2 * x[i] * channel[i % C];
    expect_all("2 x * c", py.read(), want);
    cudnnDestroyOpTensorDescriptor(op);

    std::vector<__half> small;
    for (int i = 0; i < 8; i++) small.push_back(__float2half(float(i - 3)));
    Device<__half> ph(small);
    good("scale", cudnnScaleTensor(handle, hd, ph, &half));
    std::vector<float> scaled, halved;
    for (__half v : ph.read()) scaled.push_back(__half2float(v));
    for (int i = 0; i < 8; i++) halved.push_back(float(i - 3) / 2);
    expect_all("halved", scaled, halved);

    cudnnTensorDescriptor_t stats;
    cudnnCreateTensorDescriptor(&stats);
    good("derive", cudnnDeriveBNTensorDescriptor(stats, xd, CUDNN_BATCHNORM_SPATIAL));
    Device<float> mean(std::vector<float>{1, 0, -1}), variance(std::vector<float>{4, 1, 0.25f}), scale(std::vector<float>{1, 2, 3});
    good("normalise", cudnnBatchNormalizationForwardInference(handle, CUDNN_BATCHNORM_SPATIAL, &one, &zero, xd, px, xd, py, stats, scale, pc,
                                                              mean, variance, 1e-5));
    std::vector<float> got = py.read();
    double worst = 0, means[] = {1, 0, -1}, variances[] = {4, 1, 0.25};
    for (int i = 0; i < count; i++) {
        int c = i % C;
        worst = std::fmax(worst, std::fabs(got[i] - ((c + 1) * (x[i] - means[c]) / std::sqrt(variances[c] + 1e-5) + channel[c])));
    }
    expect_near("normalised", worst, 0.0, 1e-5);
    good("destroy", cudnnDestroy(handle));
    return finish();
}
