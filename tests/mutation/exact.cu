// Arithmetic whose every bit counts: sums with their errors, bounds, hashes of bits, doubles, complex numbers.
#include <cuda_runtime.h>

#include "check.h"

__host__ __device__ inline float2 operator*(float2 a, float2 b) {
    return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}
__host__ __device__ inline double2 operator*(double2 a, double2 b) {
    return make_double2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}
__host__ __device__ inline float2 operator/(float2 a, float2 b) {
    float size = b.x * b.x + b.y * b.y;
    return make_float2((a.x * b.x + a.y * b.y) / size, (a.y * b.x - a.x * b.y) / size);
}

// a * b + c with both roundings, and what each of them lost.
__global__ void __launch_bounds__(64) rounded(const float* a, const float* b, const float* c, float* out) {
    int t = threadIdx.x;
    out[3 * t] = __fadd_rn(__fmul_rn(a[t], b[t]), c[t]);
    float product = __fmul_rn(a[t], b[t]);
    out[3 * t + 1] = fmaf(a[t], b[t], -product);
    out[3 * t + 2] = __fsub_rn(__fmul_rn(a[t], a[t]), __fmul_rn(b[t], b[t]));
}

__global__ void __launch_bounds__(64) rounded_double(const double* a, const double* b, const double* c, double* out) {
    int t = threadIdx.x;
    double sum = __dadd_rn(__dmul_rn(a[t], b[t]), c[t]);
    double other = __dsub_rn(__dmul_rn(a[t], a[t]), __dmul_rn(b[t], b[t]));
    out[2 * t] = sum * 4503599627370496.0;  // 2^52: what is lost stands in front of the point
    out[2 * t + 1] = fma(a[t], a[t], -fma(b[t], b[t], other)) * 4503599627370496.0;
}

__global__ void __launch_bounds__(64) bits(const unsigned* words, unsigned* out) {
    int t = threadIdx.x;
    unsigned a = words[t], b = words[t + 1];
    unsigned long long both = (unsigned long long)a << 32 | b;
    unsigned h = __clz(a) + 64 * __popc(b) + 4096 * __clzll(both >> 7);
    h ^= __brev(a) ^ __byte_perm(a, b, 0x6153);
    h += __funnelshift_l(a, b, 11) ^ __funnelshift_r(a, b, 5);
    h ^= __umulhi(a, b) + __usad(a, b, 3u) + __umul24(a, b);
    h += __popcll(both) * 77 + __ffsll(both & (both << 9));
    h ^= __vmaxu4(a, b) + __vabsdiffu4(a, b) + __vavgu4(b, a);
    out[t] = h;
}

__global__ void __launch_bounds__(64) complex(const float2* in, float* out) {
    int t = threadIdx.x;
    float2 product = in[t] * in[t + 1], quotient = product / in[t + 1];
    double2 wide = make_double2(in[t].x, in[t].y) * make_double2(0.5, in[t + 1].x);
    out[6 * t] = product.x, out[6 * t + 1] = product.y;
    out[6 * t + 2] = quotient.x, out[6 * t + 3] = quotient.y;
    out[6 * t + 4] = float(wide.x), out[6 * t + 5] = float(wide.y);
}

// Counters that wrap: each value that comes back is one of a round.
__global__ void rounds(unsigned* up, unsigned* down, unsigned* seen) {
    unsigned mine = atomicInc(up, 9u);
    atomicAdd(&seen[mine], 1u);
    mine = atomicDec(down, 6u);
    atomicAdd(&seen[10 + mine], 1u);
}

namespace plain {

unsigned byte(unsigned word, int at) { return word >> (8 * at) & 255u; }
int zeros(uint64_t word, int width) {
    int count = 0;
    while (count < width && !(word >> (width - 1 - count) & 1u)) ++count;
    return count;
}
int ones(uint64_t word) {
    int count = 0;
    for (; word; word &= word - 1) ++count;
    return count;
}

unsigned bits(unsigned a, unsigned b) {
    uint64_t both = uint64_t(a) << 32 | b, turned = uint64_t(b) << 32 | a;
    unsigned h = zeros(a, 32) + 64 * ones(b) + 4096 * zeros(both >> 7, 64);
    unsigned mirrored = 0;
    for (int i = 0; i < 32; ++i) mirrored |= (a >> i & 1u) << (31 - i);
    h ^= mirrored ^ (byte(a, 3) | byte(b, 1) << 8 | byte(a, 1) << 16 | byte(b, 2) << 24);
    h += unsigned(turned << 11 >> 32) ^ unsigned(turned >> 5);
    h ^= unsigned(uint64_t(a) * b >> 32) + (a > b ? a - b : b - a) + 3u + (a & 0xffffffu) * (b & 0xffffffu);
    uint64_t lowest = both & (both << 9);
    int first = 0;
    while (lowest && !(lowest >> first & 1u)) ++first;
    h += ones(both) * 77 + (lowest ? first + 1 : 0);
    unsigned larger = 0, apart = 0, middle = 0;
    for (int i = 0; i < 4; ++i) {
        unsigned x = byte(a, i), y = byte(b, i);
        larger |= (x > y ? x : y) << (8 * i);
        apart |= (x > y ? x - y : y - x) << (8 * i);
        middle |= ((x + y + 1) >> 1) << (8 * i);
    }
    return h ^ (larger + apart + middle);
}

}  // namespace plain

int main() {
    const int count = 64;
    std::vector<float> a(count), b(count), c(count), out(3 * count), parts(6 * count);
    std::vector<double> wa(count), wb(count), wc(count), wide(2 * count);
    std::vector<unsigned> words(count + 1), hashes(count);
    std::vector<float2> points(count + 1);
    unsigned state = 7;
    for (int t = 0; t <= count; ++t) {
        state = state * 1664525u + 1013904223u;
        words[t] = state >> (t % 9);
        points[t] = make_float2(float(t % 7) - 2.5f, float(t % 5) + 0.5f);
    }
    for (int t = 0; t < count; ++t) {
        a[t] = 1.1f + t * 0.013f, b[t] = 0.9f - t * 0.007f;
        float product = float(double(a[t]) * double(b[t]));
        c[t] = -product * (1.0f + float(t % 4) * 1.1920929e-7f);
        out[3 * t] = float(double(product) + double(c[t]));
        out[3 * t + 1] = float(double(a[t]) * double(b[t]) - double(product));
        float one = float(double(a[t]) * double(a[t])), other = float(double(b[t]) * double(b[t]));
        out[3 * t + 2] = float(double(one) - double(other));
        wa[t] = 1.1 + t * 0.013, wb[t] = 0.9 - t * 0.007;
        double wide_product = wa[t] * wb[t];
        wc[t] = -wide_product * (1.0 + (t % 4) * 2.220446049250313e-16);
        double wide_one = wa[t] * wa[t], wide_other = wb[t] * wb[t], scale = 4503599627370496.0;
        double apart = wide_one - wide_other;
        wide[2 * t] = (wide_product + wc[t]) * scale;
        wide[2 * t + 1] = std::fma(wa[t], wa[t], -std::fma(wb[t], wb[t], apart)) * scale;
        hashes[t] = plain::bits(words[t], words[t + 1]);
        float2 p = points[t], q = points[t + 1];
        double x = double(p.x) * q.x - double(p.y) * q.y, y = double(p.x) * q.y + double(p.y) * q.x;
        parts[6 * t] = float(x), parts[6 * t + 1] = float(y);
        parts[6 * t + 2] = p.x, parts[6 * t + 3] = p.y;
        parts[6 * t + 4] = float(p.x * 0.5 - double(p.y) * q.x), parts[6 * t + 5] = float(double(p.x) * q.x + p.y * 0.5);
    }
    Array<float> d_a(a), d_b(b), d_c(c), d_out(3 * count), d_parts(6 * count);
    Array<double> d_wa(wa), d_wb(wb), d_wc(wc), d_wide(2 * count);
    Array<unsigned> d_words(words), d_hashes(count), up(1), down(1), seen(17);
    Array<float2> d_points(points);
    rounded<<<1, count>>>(d_a.data, d_b.data, d_c.data, d_out.data);
    show("float, rounded twice", d_out.read(), out);
    rounded_double<<<1, count>>>(d_wa.data, d_wb.data, d_wc.data, d_wide.data);
    show("double, rounded twice", d_wide.read(), wide);
    bits<<<1, count>>>(d_words.data, d_hashes.data);
    show("hashes", d_hashes.read(), hashes);
    complex<<<1, count>>>(d_points.data, d_parts.data);
    show("complex", d_parts.read(), parts, 1e-6);
    up.clear();
    down.clear();
    seen.clear();
    rounds<<<5, 14>>>(up.data, down.data, seen.data);
    std::vector<unsigned> turns(17, 7);
    for (int i = 10; i < 17; ++i) turns[i] = 10;
    show("rounds", seen.read(), turns);
    return finish();
}
