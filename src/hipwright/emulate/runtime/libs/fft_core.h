// Discrete Fourier transforms on host memory: mixed radix, Bluestein's method for large prime factors, in double.
//
// Own code, because no library with these transforms comes from a package index as headers or with a C interface. Both
// precisions are computed in double with twiddles rounded once, so single precision is exact to its last bit or two.
#pragma once

#include "../machine.h"
#include "numbers.h"

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

namespace hw::fft {

using Number = ComplexD;

// One-dimensional transforms of one length, unscaled in both directions.
class Transform {
public:
    explicit Transform(int64_t n) : n_(n), roots_(roots(n, n)) {
        int64_t rest = n;
        for (int64_t p : {4, 2, 3, 5, 7, 11, 13})
            while (rest % p == 0) { factors_.push_back(p); rest /= p; }
        if (rest == 1) return;
        // Bluestein: a circular convolution with a chirp, at a length of powers of two.
        int64_t padded = 1;
        while (padded < 2 * n - 1) padded *= 2;
        inner_ = std::make_unique<Transform>(padded);
        chirp_.resize(n);
        std::vector<Number> kernel(padded);
        auto table = roots(2 * n, 2 * n);   // exp(-i pi k^2 / n): the exponent modulo 2n keeps it exact
        for (int64_t k = 0; k < n; ++k) {
            chirp_[k] = table[int64_t((__int128)k * k % (2 * n))];
            kernel[k] = std::conj(chirp_[k]);
            if (k) kernel[padded - k] = kernel[k];
        }
        spectrum_.resize(padded);
        inner_->forward(kernel.data(), spectrum_.data());
    }

    void forward(const Number* in, Number* out) const {
        if (inner_) return bluestein(in, out);
        step(in, 1, out, n_, 0);
    }

private:
    static std::vector<Number> roots(int64_t n, int64_t count) {
        std::vector<Number> table(count);
        const long double turn = 2 * 3.14159265358979323846264338327950288L / n;
        for (int64_t k = 0; k < count; ++k) table[k] = {double(std::cos(turn * k)), double(-std::sin(turn * k))};
        return table;
    }

    void step(const Number* in, int64_t stride, Number* out, int64_t n, size_t level) const {
        if (n == 1) { out[0] = in[0]; return; }
        const int64_t p = factors_[level], m = n / p;
        for (int64_t r = 0; r < p; ++r) step(in + r * stride, stride * p, out + r * m, m, level + 1);
        Number part[13];
        for (int64_t k = 0; k < m; ++k) {
            for (int64_t r = 0; r < p; ++r) part[r] = times(out[r * m + k], roots_[r * k * stride]);
            if (p == 2) {
                out[k] = part[0] + part[1];
                out[m + k] = part[0] - part[1];
            } else if (p == 4) {
                Number a = part[0] + part[2], b = part[0] - part[2], c = part[1] + part[3], d = part[1] - part[3];
                d = {d.imag(), -d.real()};
                out[k] = a + c;
                out[m + k] = b + d;
                out[2 * m + k] = a - c;
                out[3 * m + k] = b - d;
            } else {
                for (int64_t q = 0; q < p; ++q) {
                    Number sum = part[0];
                    for (int64_t r = 1; r < p; ++r) sum += times(part[r], roots_[r * q % p * (n_ / p)]);
                    out[q * m + k] = sum;
                }
            }
        }
    }

    void bluestein(const Number* in, Number* out) const {
        const int64_t padded = inner_->n_;
        std::vector<Number> a(padded), b(padded);
        for (int64_t k = 0; k < n_; ++k) a[k] = times(in[k], chirp_[k]);
        inner_->forward(a.data(), b.data());
        for (int64_t k = 0; k < padded; ++k) b[k] = std::conj(times(b[k], spectrum_[k]));
        inner_->forward(b.data(), a.data());
        for (int64_t k = 0; k < n_; ++k) out[k] = times(std::conj(a[k]) / double(padded), chirp_[k]);
    }

    int64_t n_;
    std::vector<Number> roots_;
    std::vector<int64_t> factors_;
    std::unique_ptr<Transform> inner_;
    std::vector<Number> chirp_, spectrum_;
};

enum class Status { ok, invalid_plan, invalid_type, invalid_value, invalid_size };

// Where the elements of one side lie. `embed` empty: the basic layout, which depends on whether the plan runs in place.
struct Layout {
    std::vector<int64_t> embed;
    int64_t stride = 1, distance = 0;
};

struct Plan {
    bool made = false;
    bool real_in = false, real_out = false, twice = false;
    std::vector<int64_t> sizes;
    Layout in, out;
    int64_t batch = 1;
    double scale = 1;
    void* stream = nullptr;
    std::vector<std::shared_ptr<Transform>> axes;
};

// The numbers of hipfftType and cufftType, which agree: 0x40 is double precision.
inline bool set_type(Plan& plan, int type) {
    int kind = type & ~0x40;
    if (kind != 0x29 && kind != 0x2a && kind != 0x2c) return false;
    plan.twice = type & 0x40;
    plan.real_in = kind == 0x2a;
    plan.real_out = kind == 0x2c;
    return true;
}

inline Status make(Plan& plan, std::vector<int64_t> sizes, int type, int64_t batch, Layout in, Layout out) {
    if (plan.made) return Status::invalid_plan;
    if (sizes.empty() || sizes.size() > 3 || batch < 1) return Status::invalid_size;
    for (int64_t n : sizes)
        if (n < 1) return Status::invalid_size;
    if (!set_type(plan, type)) return Status::invalid_type;
    if (!in.embed.empty() && !out.embed.empty() && (in.stride < 1 || out.stride < 1)) return Status::invalid_value;
    plan.sizes = std::move(sizes);
    plan.batch = batch;
    bool basic = in.embed.empty() || out.embed.empty();   // one missing: strides and distances count on neither side
    plan.in = basic ? Layout() : std::move(in);
    plan.out = basic ? Layout() : std::move(out);
    for (size_t axis = 0; axis < plan.sizes.size(); ++axis) {
        auto same = std::find(plan.sizes.begin(), plan.sizes.begin() + axis, plan.sizes[axis]) - plan.sizes.begin();
        plan.axes.push_back(size_t(same) < axis ? plan.axes[same] : std::make_shared<Transform>(plan.sizes[axis]));
    }
    plan.made = true;
    return Status::ok;
}

// The layout with the basic one filled in: rows of a real side have room for their spectrum when it works in place.
inline Layout settled(const Layout& layout, std::vector<int64_t> sizes, bool real, bool half, bool in_place) {
    if (!layout.embed.empty()) return layout;
    int64_t& last = sizes.back();
    if (!real && half) last = last / 2 + 1;
    else if (real && in_place) last = 2 * (last / 2 + 1);
    int64_t all = 1;
    for (int64_t n : sizes) all *= n;
    return {sizes, 1, all};
}

inline int64_t offset_of(const Layout& layout, int64_t batch, int64_t a, int64_t b, int64_t c, size_t rank) {
    int64_t index = c;
    if (rank == 2) index += b * layout.embed[1];
    if (rank == 3) index += (a * layout.embed[1] + b) * layout.embed[2];
    return batch * layout.distance + index * layout.stride;
}

// Work on one batch: a dense complex block, transformed along each axis.
template <class T>
void run_one(const Plan& plan, const void* in, void* out, bool inverse, bool in_place, int64_t batch) {
    const size_t rank = plan.sizes.size();
    const int64_t nc = plan.sizes[rank - 1], nb = rank > 1 ? plan.sizes[rank - 2] : 1, na = rank > 2 ? plan.sizes[0] : 1;
    const bool half = plan.real_in || plan.real_out;
    const Layout from = settled(plan.in, plan.sizes, plan.real_in, half, in_place);
    const Layout to = settled(plan.out, plan.sizes, plan.real_out, half, in_place);
    std::vector<Number> block(na * nb * nc);
    auto at = [&](int64_t a, int64_t b, int64_t c) -> Number& { return block[(a * nb + b) * nc + c]; };
    for (int64_t a = 0; a < na; ++a)
        for (int64_t b = 0; b < nb; ++b)
            for (int64_t c = 0; c < nc; ++c) {
                bool mirrored = plan.real_out && c > nc / 2;   // the half that a real signal's spectrum repeats
                int64_t place = mirrored ? offset_of(from, batch, (na - a) % na, (nb - b) % nb, nc - c, rank)
                                         : offset_of(from, batch, a, b, c, rank);
                if (plan.real_in) at(a, b, c) = double(static_cast<const T*>(in)[place]);
                else {
                    auto value = static_cast<const std::complex<T>*>(in)[place];
                    at(a, b, c) = {value.real(), mirrored ? -value.imag() : value.imag()};
                }
            }
    if (inverse) for (Number& value : block) value = std::conj(value);
    const int64_t lengths[3] = {na, nb, nc}, strides[3] = {nb * nc, nc, 1};
    for (int axis = 0; axis < 3; ++axis) {
        const int64_t n = lengths[axis], stride = strides[axis];
        if (n == 1) continue;
        const Transform& transform = *plan.axes[axis - (3 - int(rank))];
        std::vector<Number> line(n), result(n);
        for (int64_t start = 0; start < int64_t(block.size()); ++start) {
            if (start / stride % n) continue;
            for (int64_t i = 0; i < n; ++i) line[i] = block[start + i * stride];
            transform.forward(line.data(), result.data());
            for (int64_t i = 0; i < n; ++i) block[start + i * stride] = result[i];
        }
    }
    if (inverse) for (Number& value : block) value = std::conj(value);
    const int64_t written = plan.real_in ? nc / 2 + 1 : nc;
    for (int64_t a = 0; a < na; ++a)
        for (int64_t b = 0; b < nb; ++b)
            for (int64_t c = 0; c < written; ++c) {
                int64_t place = offset_of(to, batch, a, b, c, rank);
                Number value = at(a, b, c) * plan.scale;
                if (plan.real_out) static_cast<T*>(out)[place] = T(value.real());
                else static_cast<std::complex<T>*>(out)[place] = convert<std::complex<T>>(value);
            }
}

inline Status execute(Plan* plan, bool twice, bool real_in, bool real_out, const void* in, void* out, int direction) {
    if (!plan || !plan->made) return Status::invalid_plan;
    if (plan->twice != twice || plan->real_in != real_in || plan->real_out != real_out) return Status::invalid_type;
    if (!in || !out || (direction != -1 && direction != 1)) return Status::invalid_value;
    enqueue(plan->stream, [=, copy = *plan] {
        bool in_place = in == out;
        for (int64_t b = 0; b < copy.batch; ++b) {
            if (twice) run_one<double>(copy, in, out, direction == 1, in_place, b);
            else run_one<float>(copy, in, out, direction == 1, in_place, b);
        }
    });
    return Status::ok;
}

// Plans by number: cufftHandle is an int, and hipfftHandle holds one as well as a pointer would.
inline std::map<intptr_t, Plan>& plans() {
    static std::map<intptr_t, Plan> all;
    return all;
}
inline intptr_t create() {
    static intptr_t last = 0;
    plans()[++last];
    return last;
}
inline Plan* find(intptr_t handle) {
    auto found = plans().find(handle);
    return found == plans().end() ? nullptr : &found->second;
}

}  // namespace hw::fft
