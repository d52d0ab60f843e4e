// Point: softmax over channels and over images, maximum and average pooling, in NCHW and NHWC.
// Rule: an average counts the padding or leaves it out, as its mode says; the window's last places are rounded down.
#include <cudnn.h>
#include "check.h"

static void good(const char* what, cudnnStatus_t status) { expect(what, status == CUDNN_STATUS_SUCCESS, true); }

int main() {
    const int N = 2, C = 3, H = 5, W = 4, OH = 3, OW = 2;
    cudnnHandle_t handle;
    good("create", cudnnCreate(&handle));
    cudnnTensorDescriptor_t xd, yd;
    cudnnCreateTensorDescriptor(&xd);
    cudnnCreateTensorDescriptor(&yd);
    cudnnPoolingDescriptor_t pool;
    cudnnCreatePoolingDescriptor(&pool);
    float one = 1, zero = 0;
    for (int last = 0; last < 2; last++) {
        cudnnTensorFormat_t format = last ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW;
        auto at = [&](int n, int c, int h, int w, int rows, int columns) {
            return last ? ((n * rows + h) * columns + w) * C + c : ((n * C + c) * rows + h) * columns + w;
        };
        std::vector<float> x(N * C * H * W);
        for (size_t i = 0; i < x.size(); i++) x[i] = float(int(i * 7 % 13) - 6) / 4;
        Device<float> px(x), py(x.size()), pooled(N * C * OH * OW);
        good("x", cudnnSetTensor4dDescriptor(xd, format, CUDNN_DATA_FLOAT, N, C, H, W));
        for (int channel = 0; channel < 2; channel++) {
            good("softmax", cudnnSoftmaxForward(handle, CUDNN_SOFTMAX_ACCURATE, channel ? CUDNN_SOFTMAX_MODE_CHANNEL : CUDNN_SOFTMAX_MODE_INSTANCE,
                                                &one, xd, px, &zero, xd, py));
            std::vector<float> got = py.read();
            double worst = 0;
            for (int n = 0; n < N; n++)
                for (int h = 0; h < H; h++)
                    for (int w = 0; w < W; w++)
                        for (int c = 0; c < C; c++) {
                            double sum = 0;
                            for (int d = 0; d < C; d++)
                                for (int a = channel ? h : 0; a < (channel ? h + 1 : H); a++)
                                    for (int b = channel ? w : 0; b < (channel ? w + 1 : W); b++) sum += std::exp(double(x[at(n, d, a, b, H, W)]));
                            int place = at(n, c, h, w, H, W);
                            worst = std::fmax(worst, std::fabs(got[place] - std::exp(double(x[place])) / sum));
                        }
            expect_near(channel ? "channel" : "instance", worst, 0.0, 1e-6);
        }
        for (int mode = 0; mode < 3; mode++) {
            good("pooling", cudnnSetPooling2dDescriptor(pool, mode == 0 ? CUDNN_POOLING_MAX : mode == 1 ? CUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING
                                                                                                        : CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING,
                                                        CUDNN_NOT_PROPAGATE_NAN, 3, 2, 1, 0, 2, 2));
            int n, c, h, w;
            good("shape", cudnnGetPooling2dForwardOutputDim(pool, xd, &n, &c, &h, &w));
            expect_all("output", std::vector<int>{n, c, h, w}, std::vector<int>{N, C, OH, OW});
            good("y", cudnnSetTensor4dDescriptor(yd, format, CUDNN_DATA_FLOAT, n, c, h, w));
            good("forward", cudnnPoolingForward(handle, pool, &one, xd, px, &zero, yd, pooled));
            std::vector<float> got = pooled.read();
            double worst = 0;
            for (int i = 0; i < N; i++)
                for (int d = 0; d < C; d++)
                    for (int r = 0; r < OH; r++)
                        for (int s = 0; s < OW; s++) {
                            double most = -1e9, sum = 0;
                            int members = 0;
                            for (int a = r * 2 - 1; a < r * 2 + 2; a++)
                                for (int b = s * 2; b < s * 2 + 2; b++) {
                                    if (a < 0 || a >= H) continue;
                                    double v = x[at(i, d, a, b, H, W)];
                                    most = std::fmax(most, v), sum += v, members++;
                                }
                            double want = mode == 0 ? most : sum / (mode == 1 ? 6 : members);
                            worst = std::fmax(worst, std::fabs(got[at(i, d, r, s, OH, OW)] - want));
                        }
            expect_near(mode == 0 ? "max" : mode == 1 ? "average with padding" : "average without", worst, 0.0, 1e-6);
        }
    }
    good("destroy", cudnnDestroy(handle));
    return finish();
}
