// Deep learning primitives on the host: descriptors, and what cuDNN and MIOpen compute from them.
//
// A tensor is brought into one order (its dimensions as given: N, C, space; row-major, as double), computed on there, and
// put back through its strides: that is the one place where layouts (NCHW, NHWC, padded, permuted) matter. Sums are kept
// in double and rounded once, which is the answer that every algorithm of the libraries approximates.
#pragma once

#include "../machine.h"
#include "data_type.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace hw::dnn {

enum class Status { ok, not_initialized, bad_parameter, not_supported, unknown };
using Sizes = std::vector<int64_t>;
using Values = std::vector<double>;

struct Handle {
    void* stream = nullptr;
    std::set<std::string> searched;   // MIOpen: problems that a search has been made for
};

struct Tensor {
    DataType type = DataType::r32f;
    Sizes dims, strides;
    int format = 0;                   // as the program gave it, for the queries

    int64_t count() const {
        int64_t n = dims.empty() ? 0 : 1;
        for (int64_t d : dims) n *= d;
        return n;
    }
    int64_t span() const {            // elements between the first and the last, both counted
        if (!count()) return 0;
        int64_t last = 0;
        for (size_t i = 0; i < dims.size(); ++i) last += (dims[i] - 1) * strides[i];
        return last + 1;
    }
    int64_t dim(size_t i) const { return i < dims.size() ? dims[i] : 1; }
    bool set() const { return !dims.empty(); }
    bool packed() const { return span() == count(); }
};

// Strides of dense storage in which dimension order[0] varies slowest.
inline Sizes dense_strides(const Sizes& dims, const std::vector<int>& order) {
    Sizes strides(dims.size());
    int64_t step = 1;
    for (size_t i = order.size(); i-- > 0; step *= dims[order[i]]) strides[order[i]] = step;
    return strides;
}
inline std::vector<int> channels_first(size_t rank) {
    std::vector<int> order(rank);
    for (size_t i = 0; i < rank; ++i) order[i] = int(i);
    return order;
}
inline std::vector<int> channels_last(size_t rank) {
    std::vector<int> order{0};
    for (size_t i = 2; i < rank; ++i) order.push_back(int(i));
    if (rank > 1) order.push_back(1);
    return order;
}
template <class Integer>
Status describe(Tensor* t, DataType type, int rank, const Integer* dims, const Integer* strides, bool last = false) {
    if (!t || !dims || rank < 1 || rank > 8 || !size_of(type)) return Status::bad_parameter;
    Sizes sizes(dims, dims + rank);
    for (int64_t d : sizes)
        if (d <= 0) return Status::bad_parameter;
    t->type = type;
    t->dims = sizes;
    t->strides = strides ? Sizes(strides, strides + rank) : dense_strides(sizes, last ? channels_last(rank) : channels_first(rank));
    t->format = last;
    return Status::ok;
}

// Calls `each(place)` for every element in the order of the dimensions.
template <class Each>
void places(const Sizes& dims, const Sizes& strides, Each each) {
    Sizes at(dims.size(), 0);
    int64_t place = 0;
    for (;;) {
        each(place);
        size_t i = dims.size();
        for (; i-- > 0;) {
            place += strides[i];
            if (++at[i] < dims[i]) break;
            place -= strides[i] * dims[i];
            at[i] = 0;
        }
        if (i == size_t(-1)) return;
    }
}

inline Values gather(const Tensor& t, const void* data) {
    Values out;
    out.reserve(t.count());
    with_type(t.type, [&](auto tag) {
        using T = typename decltype(tag)::type;
        if constexpr (!is_complex<T>)
            places(t.dims, t.strides, [&](int64_t place) { out.push_back(double(static_cast<const T*>(data)[place])); });
    });
    return out;
}

// Elements of `t` as if it had `dims`: where it has 1, its element is repeated.
inline Values gather_repeated(Tensor t, const void* data, const Sizes& dims) {
    for (size_t i = 0; i < dims.size(); ++i) {
        if (t.dims[i] == 1) t.strides[i] = 0;
        t.dims[i] = dims[i];
    }
    return gather(t, data);
}
inline bool repeats_to(const Tensor& t, const Sizes& dims) {
    if (t.dims.size() != dims.size()) return false;
    for (size_t i = 0; i < dims.size(); ++i)
        if (t.dims[i] != 1 && t.dims[i] != dims[i]) return false;
    return true;
}

// y = alpha * values + beta * y; a zero beta does not read y.
struct Blend { double alpha = 1, beta = 0; };
inline void scatter(const Tensor& t, void* data, const Values& values, Blend blend) {
    size_t i = 0;
    with_type(t.type, [&](auto tag) {
        using T = typename decltype(tag)::type;
        if constexpr (!is_complex<T> && !is_float8<T>)
            places(t.dims, t.strides, [&](int64_t place) {
                T& y = static_cast<T*>(data)[place];
                double value = blend.alpha * values[i++];
                y = convert<T>(blend.beta == 0 ? value : value + blend.beta * double(y));
            });
    });
}

template <class Work> Status later(Handle* h, Work work) {
    enqueue(h->stream, work);
    return Status::ok;
}
inline bool absent(const Tensor* t) { return !t || !t->set(); }
template <class... Ts> bool any_absent(const Ts*... tensors) { return (absent(tensors) || ...); }
template <class... Ps> bool any_null(Ps... pointers) { return ((pointers == nullptr) || ...); }

// -- element by element ---------------------------------------------------------------------------------------------

inline Status transform(Handle* h, Blend blend, const Tensor* x, const void* from, const Tensor* y, void* to) {
    if (!h || any_absent(x, y) || any_null(from, to) || x->dims != y->dims) return Status::bad_parameter;
    return later(h, [=, x = *x, y = *y] { scatter(y, to, gather(x, from), blend); });
}
inline Status fill(Handle* h, const Tensor* y, void* to, double value) {
    if (!h || absent(y) || !to) return Status::bad_parameter;
    return later(h, [=, y = *y] { scatter(y, to, Values(y.count(), value), {}); });
}

enum class Op { add, mul, min, max, sqrt, negate, invalid };
inline Status op_tensor(Handle* h, Op op, double alpha1, const Tensor* a, const void* pa, double alpha2, const Tensor* b,
                        const void* pb, double beta, const Tensor* c, void* pc) {
    bool unary = op == Op::sqrt || op == Op::negate;
    if (!h || any_absent(a, c) || any_null(pa, pc) || op == Op::invalid) return Status::bad_parameter;
    if (!unary && (absent(b) || !pb)) return Status::bad_parameter;
    if (a->dims != c->dims || (!unary && !repeats_to(*b, c->dims))) return Status::bad_parameter;
    return later(h, [=, a = *a, b = unary ? *a : *b, c = *c] {
        Values left = gather(a, pa), right = unary ? left : gather_repeated(b, pb, c.dims);
        for (size_t i = 0; i < left.size(); ++i) {
            double x = alpha1 * left[i], y = alpha2 * right[i];
            switch (op) {
            case Op::add: left[i] = x + y; break;
            case Op::mul: left[i] = x * y; break;
            case Op::min: left[i] = y < x ? y : x; break;
            case Op::max: left[i] = y > x ? y : x; break;
            case Op::sqrt: left[i] = std::sqrt(x); break;
            default: left[i] = 1 - x; break;
            }
        }
        scatter(c, pc, left, {1, beta});
    });
}

// C = alpha * A + beta * C, with A repeated.
inline Status add_tensor(Handle* h, Blend blend, const Tensor* a, const void* pa, const Tensor* c, void* pc) {
    if (!h || any_absent(a, c) || any_null(pa, pc) || !repeats_to(*a, c->dims)) return Status::bad_parameter;
    return later(h, [=, a = *a, c = *c] { scatter(c, pc, gather_repeated(a, pa, c.dims), blend); });
}

enum class Reduction { add, mul, min, max, amax, average, norm1, norm2, invalid };
inline Status reduce(Handle* h, Reduction op, Blend blend, const Tensor* a, const void* pa, const Tensor* c, void* pc) {
    if (!h || any_absent(a, c) || any_null(pa, pc) || op == Reduction::invalid || !repeats_to(*c, a->dims)) return Status::bad_parameter;
    return later(h, [=, a = *a, c = *c] {
        Sizes steps = dense_strides(c.dims, channels_first(c.dims.size()));
        for (size_t i = 0; i < steps.size(); ++i)
            if (c.dims[i] == 1) steps[i] = 0;
        std::vector<bool> met(c.count());
        Values in = gather(a, pa), out(c.count(), 0.0);
        size_t i = 0;
        places(a.dims, steps, [&](int64_t place) {
            double value = in[i++], size = std::fabs(value);
            double& sum = out[place];
            bool first = !met[place];
            met[place] = true;
            switch (op) {
            case Reduction::mul: sum = first ? value : sum * value; break;
            case Reduction::min: sum = first || value < sum || value != value ? value : sum; break;
            case Reduction::max: sum = first || value > sum || value != value ? value : sum; break;
            case Reduction::amax: sum = first || size > sum || value != value ? size : sum; break;
            case Reduction::norm1: sum += size; break;
            case Reduction::norm2: sum += value * value; break;
            default: sum += value; break;
            }
        });
        for (double& value : out) {
            if (op == Reduction::norm2) value = std::sqrt(value);
            if (op == Reduction::average) value /= double(a.count() / c.count());
        }
        scatter(c, pc, out, blend);
    });
}

// -- activation -----------------------------------------------------------------------------------------------------

enum class Mode { identity, sigmoid, tanh, relu, softplus, abs, power, clipped_relu, leaky_relu, elu, clamp, swish, invalid };
struct Activation {
    Mode mode = Mode::invalid;
    double a = 0, b = 0, c = 0;
    bool keeps_nan = true;
    int own_mode = 0;                 // the library's number, for the queries

    double forward(double x) const {
        if (x != x && mode != Mode::identity) return keeps_nan ? x : 0;
        switch (mode) {
        case Mode::sigmoid: return 1 / (1 + std::exp(-x));
        case Mode::tanh: return b * std::tanh(a * x);
        case Mode::relu: return x > 0 ? x : 0;
        case Mode::softplus: return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
        case Mode::abs: return std::fabs(x);
        case Mode::power: return std::pow(a + b * x, c);
        case Mode::clipped_relu: return x > 0 ? std::min(x, a) : 0;
        case Mode::leaky_relu: return x > 0 ? x : a * x;
        case Mode::elu: return x > 0 ? x : a * std::expm1(x);
        case Mode::clamp: return std::max(a, std::min(b, x));
        case Mode::swish: return x / (1 + std::exp(-b * x));
        default: return x;
        }
    }
    double slope(double x, double y) const {
        double s;
        switch (mode) {
        case Mode::sigmoid: return y * (1 - y);
        case Mode::tanh: return a * (b - y * y / b);
        case Mode::relu: return x > 0;
        case Mode::softplus: return 1 / (1 + std::exp(-x));
        case Mode::abs: return x > 0 ? 1 : x < 0 ? -1 : 0;
        case Mode::power: return c * b * std::pow(a + b * x, c - 1);
        case Mode::clipped_relu: return x > 0 && x <= a;
        case Mode::leaky_relu: return x > 0 ? 1 : a;
        case Mode::elu: return x > 0 ? 1 : y + a;
        case Mode::clamp: return x > a && x <= b;
        case Mode::swish: s = 1 / (1 + std::exp(-b * x)); return s + b * x * s * (1 - s);
        default: return 1;
        }
    }
};

inline Status activate(Handle* h, const Activation* f, Blend blend, const Tensor* x, const void* from, const Tensor* y, void* to) {
    if (!h || !f || f->mode == Mode::invalid || any_absent(x, y) || any_null(from, to) || x->dims != y->dims) return Status::bad_parameter;
    return later(h, [=, f = *f, x = *x, y = *y] {
        Values values = gather(x, from);
        for (double& value : values) value = f.forward(value);
        scatter(y, to, values, blend);
    });
}
inline Status activate_backward(Handle* h, const Activation* f, Blend blend, const Tensor* y, const void* py, const Tensor* dy,
                                const void* pdy, const Tensor* x, const void* px, const Tensor* dx, void* to) {
    if (!h || !f || f->mode == Mode::invalid || any_absent(y, dy, x, dx) || any_null(py, pdy, px, to)) return Status::bad_parameter;
    if (x->dims != y->dims || x->dims != dy->dims || x->dims != dx->dims) return Status::bad_parameter;
    return later(h, [=, f = *f, y = *y, dy = *dy, x = *x, dx = *dx] {
        Values out = gather(dy, pdy), ys = gather(y, py), xs = gather(x, px);
        for (size_t i = 0; i < out.size(); ++i) out[i] *= f.slope(xs[i], ys[i]);
        scatter(dx, to, out, blend);
    });
}

// -- softmax --------------------------------------------------------------------------------------------------------

enum class Softmax { fast, accurate, logarithm };

// Calls `each(first, step, count)` for every group that is normalised together: the channels of a place, or all of an image.
template <class Each>
void softmax_groups(const Tensor& t, bool by_channel, Each each) {
    int64_t n = t.dim(0), c = t.dim(1), space = t.count() / (n * c);
    if (!by_channel)
        for (int64_t i = 0; i < n; ++i) each(i * c * space, int64_t(1), c * space);
    else
        for (int64_t i = 0; i < n; ++i)
            for (int64_t s = 0; s < space; ++s) each(i * c * space + s, space, c);
}
inline Status softmax(Handle* h, Softmax how, bool by_channel, Blend blend, const Tensor* x, const void* from, const Tensor* y, void* to) {
    if (!h || any_absent(x, y) || any_null(from, to) || x->dims != y->dims) return Status::bad_parameter;
    return later(h, [=, x = *x, y = *y] {
        Values v = gather(x, from);
        softmax_groups(x, by_channel, [&](int64_t first, int64_t step, int64_t count) {
            double largest = how == Softmax::fast ? 0 : -INFINITY, sum = 0;
            if (how != Softmax::fast)
                for (int64_t i = 0; i < count; ++i) largest = std::max(largest, v[first + i * step]);
            for (int64_t i = 0; i < count; ++i) {
                double e = std::exp(v[first + i * step] - largest);
                // Without the shift, what a float cannot hold overflows as it does on a GPU.
                sum += how == Softmax::fast && x.type != DataType::r64f ? double(float(e)) : e;
            }
            for (int64_t i = 0; i < count; ++i) {
                double& out = v[first + i * step];
                if (how == Softmax::logarithm) out = out - largest - std::log(sum);
                else if (how == Softmax::fast && x.type != DataType::r64f) out = double(float(std::exp(out))) / sum;
                else out = std::exp(out - largest) / sum;
            }
        });
        scatter(y, to, v, blend);
    });
}
inline Status softmax_backward(Handle* h, Softmax how, bool by_channel, Blend blend, const Tensor* y, const void* py, const Tensor* dy,
                               const void* pdy, const Tensor* dx, void* to) {
    if (!h || any_absent(y, dy, dx) || any_null(py, pdy, to) || y->dims != dy->dims || y->dims != dx->dims) return Status::bad_parameter;
    return later(h, [=, y = *y, dy = *dy, dx = *dx] {
        Values v = gather(y, py), d = gather(dy, pdy);
        softmax_groups(y, by_channel, [&](int64_t first, int64_t step, int64_t count) {
            double sum = 0;
            for (int64_t i = first; i < first + count * step; i += step) sum += how == Softmax::logarithm ? d[i] : d[i] * v[i];
            for (int64_t i = first; i < first + count * step; i += step)
                d[i] = how == Softmax::logarithm ? d[i] - std::exp(v[i]) * sum : v[i] * (d[i] - sum);
        });
        scatter(dx, to, d, blend);
    });
}

// -- windows: pooling and convolution -------------------------------------------------------------------------------

struct Window { Sizes size, pad, stride, dilation; };     // one entry for each dimension of space

inline int64_t windows(int64_t in, int64_t size, int64_t pad, int64_t stride, int64_t dilation) {
    return (in + 2 * pad - (size - 1) * dilation - 1) / stride + 1;
}

enum class Pool { max, average, average_inside, invalid };   // `average` counts the padding, `average_inside` does not
struct Pooling {
    Pool mode = Pool::invalid;
    Window window;
    bool keeps_nan = true;
    int own_mode = 0, index_type = 0, index_mode = 0;

    Sizes output(const Tensor& x) const {
        if (x.dims.size() != window.size.size() + 2) return {};
        Sizes dims{x.dims[0], x.dims[1]};
        for (size_t i = 0; i < window.size.size(); ++i)
            dims.push_back(windows(x.dims[i + 2], window.size[i], window.pad[i], window.stride[i], 1));
        return dims;
    }
};

// Calls `each(out, members)` for every window of pooling, with the places of its members in the dense input.
template <class Each>
void pooled(const Pooling& p, const Sizes& in, const Sizes& out, Each each) {
    size_t rank = p.window.size.size();
    Sizes space(out.begin() + 2, out.end()), zeros(rank, 0), steps = dense_strides(in, channels_first(in.size()));
    int64_t image = 1, number = 0;
    for (size_t i = 2; i < in.size(); ++i) image *= in[i];
    std::vector<int64_t> members;
    for (int64_t plane = 0; plane < in[0] * in[1]; ++plane) {
        Sizes at(rank, 0);
        for (bool more = true; more; ++number) {
            members.clear();
            Sizes tap(rank, 0);
            for (bool inner = true; inner;) {
                int64_t place = plane * image;
                bool inside = true;
                for (size_t i = 0; i < rank; ++i) {
                    int64_t x = at[i] * p.window.stride[i] - p.window.pad[i] + tap[i];
                    inside = inside && x >= 0 && x < in[i + 2];
                    place += x * steps[i + 2];
                }
                if (inside) members.push_back(place);
                inner = false;
                for (size_t i = rank; i-- > 0 && !inner;) {
                    if (++tap[i] < p.window.size[i]) inner = true;
                    else tap[i] = 0;
                }
            }
            each(number, members);
            more = false;
            for (size_t i = rank; i-- > 0 && !more;) {
                if (++at[i] < space[i]) more = true;
                else at[i] = 0;
            }
        }
    }
}
inline double pool_divisor(const Pooling& p, size_t inside) {
    double all = 1;
    for (int64_t d : p.window.size) all *= double(d);
    return p.mode == Pool::average ? all : double(inside);
}
inline Status pool(Handle* h, const Pooling* p, Blend blend, const Tensor* x, const void* from, const Tensor* y, void* to) {
    if (!h || !p || p->mode == Pool::invalid || any_absent(x, y) || any_null(from, to)) return Status::bad_parameter;
    if (p->output(*x) != y->dims) return Status::bad_parameter;
    return later(h, [=, p = *p, x = *x, y = *y] {
        Values in = gather(x, from), out(y.count());
        pooled(p, x.dims, y.dims, [&](int64_t number, const std::vector<int64_t>& members) {
            double value = p.mode == Pool::max ? -INFINITY : 0;
            for (int64_t place : members) {
                double one = in[place];
                if (p.mode != Pool::max) value += one;
                else if (one > value || (p.keeps_nan && one != one)) value = one;
            }
            out[number] = p.mode == Pool::max ? value : value / pool_divisor(p, members.size());
        });
        scatter(y, to, out, blend);
    });
}
inline Status pool_backward(Handle* h, const Pooling* p, Blend blend, const Tensor* dy, const void* pdy, const Tensor* x,
                            const void* px, const Tensor* dx, void* to) {
    if (!h || !p || p->mode == Pool::invalid || any_absent(dy, x, dx) || any_null(pdy, px, to)) return Status::bad_parameter;
    if (p->output(*x) != dy->dims || x->dims != dx->dims) return Status::bad_parameter;
    return later(h, [=, p = *p, dy = *dy, x = *x, dx = *dx] {
        Values in = gather(x, px), d = gather(dy, pdy), out(x.count(), 0.0);
        pooled(p, x.dims, dy.dims, [&](int64_t number, const std::vector<int64_t>& members) {
            if (members.empty()) return;
            if (p.mode != Pool::max) {
                for (int64_t place : members) out[place] += d[number] / pool_divisor(p, members.size());
                return;
            }
            int64_t best = members[0];       // the first of equals
            for (int64_t place : members)
                if (in[place] > in[best]) best = place;
            out[best] += d[number];
        });
        scatter(dx, to, out, blend);
    });
}

struct Convolution {
    Window window;                    // without `size`, which the filter has
    bool set = false, mirrored = false, transposed = false;
    int64_t groups = 1;
    Sizes extra;                      // transposed: rows and columns added to the output
    int own_mode = 0;

    Sizes output(const Tensor& x, const Tensor& w) const {
        size_t rank = window.pad.size();
        if (x.dims.size() != rank + 2 || w.dims.size() != rank + 2) return {};
        Sizes dims{x.dims[0], transposed ? w.dims[1] * groups : w.dims[0]};
        for (size_t i = 0; i < rank; ++i) {
            int64_t in = x.dims[i + 2], size = w.dims[i + 2], step = window.stride[i], apart = window.dilation[i];
            int64_t more = i < extra.size() ? extra[i] : 0;
            dims.push_back(transposed ? step * (in - 1) + (size - 1) * apart + 1 - 2 * window.pad[i] + more
                                      : windows(in, size, window.pad[i], step, apart));
        }
        return dims;
    }
};

// The geometry of a convolution between a wide tensor (its input), a narrow one (its output) and a filter, all dense.
// Calls `each(wide, step, narrow, filter, count)`: `count` elements of the narrow tensor from `narrow` on are tied to those
// of the wide one at distance `step`, through one element of the filter. Forward and both backward passes are sums over
// these ties.
template <class Each>
void ties(const Convolution& c, const Sizes& wide, const Sizes& narrow, const Sizes& filter, Each each) {
    auto three = [](const Sizes& s, size_t skip, int64_t fill) {
        std::array<int64_t, 3> out{fill, fill, fill};
        for (size_t i = skip; i < s.size(); ++i) out[3 - (s.size() - i)] = s[i];
        return out;
    };
    auto in = three(wide, 2, 1), out = three(narrow, 2, 1), size = three(filter, 2, 1);
    auto pad = three(c.window.pad, 0, 0), stride = three(c.window.stride, 0, 1), apart = three(c.window.dilation, 0, 1);
    int64_t channels = filter[1], per_group = filter[0] / c.groups, taps = size[0] * size[1] * size[2];
    for (int64_t n = 0; n < narrow[0]; ++n)
        for (int64_t k = 0; k < filter[0]; ++k)
            for (int64_t ch = 0; ch < channels; ++ch)
                for (int64_t tap = 0; tap < taps; ++tap) {
                    int64_t fx = tap % size[2], fy = tap / size[2] % size[1], fz = tap / (size[1] * size[2]);
                    int64_t weight = (k * channels + ch) * taps + (c.mirrored ? taps - 1 - tap : tap);
                    int64_t shift = fx * apart[2] - pad[2];
                    int64_t first = shift < 0 ? (-shift + stride[2] - 1) / stride[2] : 0;
                    int64_t last = in[2] - 1 - shift < 0 ? -1 : std::min(out[2] - 1, (in[2] - 1 - shift) / stride[2]);
                    if (first > last) continue;
                    int64_t plane = n * wide[1] + k / per_group * channels + ch;
                    for (int64_t oz = 0; oz < out[0]; ++oz) {
                        int64_t z = oz * stride[0] - pad[0] + fz * apart[0];
                        if (z < 0 || z >= in[0]) continue;
                        for (int64_t oy = 0; oy < out[1]; ++oy) {
                            int64_t y = oy * stride[1] - pad[1] + fy * apart[1];
                            if (y < 0 || y >= in[1]) continue;
                            each(((plane * in[0] + z) * in[1] + y) * in[2] + shift + first * stride[2], stride[2],
                                 (((n * narrow[1] + k) * out[0] + oz) * out[1] + oy) * out[2] + first, weight, last - first + 1);
                        }
                    }
                }
}

enum class Pass { forward, data, weights };

// One pass: two of x, w and y are read and the third is made. `x` and `y` are the convolution's input and output.
inline Status convolve(Handle* h, Pass pass, const Convolution* c, Blend blend, const Tensor* x, const void* px, const Tensor* w,
                       const void* pw, const Tensor* y, const void* py) {
    if (!h || !c || !c->set || any_absent(x, w, y) || any_null(px, pw, py)) return Status::bad_parameter;
    if (c->output(*x, *w) != y->dims || w->dims[0] % c->groups) return Status::bad_parameter;
    if (x->dims[1] != (c->transposed ? w->dims[0] : w->dims[1] * c->groups)) return Status::bad_parameter;
    return later(h, [=, c = *c, x = *x, w = *w, y = *y] {
        // A transposed convolution exchanges the parts of input and output.
        const Tensor &wide = c.transposed ? y : x, &narrow = c.transposed ? x : y;
        const void *pwide = c.transposed ? py : px, *pnarrow = c.transposed ? px : py;
        Pass made = pass == Pass::weights ? pass : (pass == Pass::forward) != c.transposed ? Pass::forward : Pass::data;
        Values a = made == Pass::data ? Values(wide.count(), 0.0) : gather(wide, pwide);
        Values b = made == Pass::forward ? Values(narrow.count(), 0.0) : gather(narrow, pnarrow);
        Values f = made == Pass::weights ? Values(w.count(), 0.0) : gather(w, pw);
        ties(c, wide.dims, narrow.dims, w.dims, [&](int64_t at, int64_t step, int64_t to, int64_t weight, int64_t count) {
            double *in = &a[at], *out = &b[to], &factor = f[weight];
            if (made == Pass::forward)
                for (int64_t i = 0; i < count; ++i) out[i] += factor * in[i * step];
            else if (made == Pass::data)
                for (int64_t i = 0; i < count; ++i) in[i * step] += factor * out[i];
            else
                for (int64_t i = 0; i < count; ++i) factor += in[i * step] * out[i];
        });
        if (made == Pass::forward) scatter(narrow, const_cast<void*>(pnarrow), b, blend);
        else if (made == Pass::data) scatter(wide, const_cast<void*>(pwide), a, blend);
        else scatter(w, const_cast<void*>(pw), f, blend);
    });
}

// Scratch memory that a GEMM would unfold the input into: x's values under the filter, for each place of the output.
inline size_t unfolded_bytes(const Tensor& x, const Tensor& w, const Tensor& y) {
    int64_t places = y.count() / (y.dim(0) * y.dim(1));
    return size_t(w.count() / w.dim(0) * places) * size_of(x.type);
}
// What an algorithm with scratch memory leaves there, so that a buffer that is too small or in use elsewhere shows.
inline Status spoil(Handle* h, void* workspace, size_t bytes) {
    if (!h) return Status::bad_parameter;
    return bytes ? later(h, [=] { std::memset(workspace, 0xc5, bytes); }) : Status::ok;
}

// y = f(alpha1 * conv(x, w) + alpha2 * z + bias), rounded once.
inline Status convolve_fused(Handle* h, const Convolution* c, double alpha1, const Tensor* x, const void* px, const Tensor* w,
                             const void* pw, double alpha2, const Tensor* z, const void* pz, const Tensor* bias, const void* pbias,
                             const Activation* f, const Tensor* y, void* py) {
    if (!h || !f || f->mode == Mode::invalid || any_absent(z, bias, y) || any_null(pz, pbias, py)) return Status::bad_parameter;
    if (z->dims != y->dims || !repeats_to(*bias, y->dims)) return Status::bad_parameter;
    Tensor wide;
    describe(&wide, DataType::r64f, int(y->dims.size()), y->dims.data(), static_cast<const int64_t*>(nullptr));
    auto sums = std::make_shared<Values>(y->count());
    Status status = convolve(h, Pass::forward, c, {alpha1, 0}, x, px, w, pw, &wide, sums->data());
    if (status != Status::ok) return status;
    return later(h, [=, f = *f, z = *z, bias = *bias, y = *y] {
        Values out = *sums, old = gather(z, pz), add = gather_repeated(bias, pbias, y.dims);
        for (size_t i = 0; i < out.size(); ++i)
            out[i] = f.forward(out[i] + (alpha2 == 0 ? 0 : alpha2 * old[i]) + add[i]);
        scatter(y, py, out, {});
    });
}

// db = sums of dy over everything but the channels.
inline Status bias_backward(Handle* h, Blend blend, const Tensor* dy, const void* from, const Tensor* db, void* to) {
    return reduce(h, Reduction::add, blend, dy, from, db, to);
}

// -- batch normalisation --------------------------------------------------------------------------------------------

// Spatial: one mean and variance for each channel; else one for each element of an image.
inline Sizes norm_dims(const Sizes& x, bool spatial) {
    Sizes dims(x.size(), 1);
    for (size_t i = 1; i < x.size(); ++i)
        if (i == 1 || !spatial) dims[i] = x[i];
    return dims;
}
inline Status derive_norm(Tensor* t, const Tensor* x, bool spatial) {
    if (!t || absent(x)) return Status::bad_parameter;
    Sizes dims = norm_dims(x->dims, spatial);
    return describe<int64_t>(t, x->type == DataType::r64f ? DataType::r64f : DataType::r32f, int(dims.size()), dims.data(), nullptr);
}
struct NormGroups {                   // which group each element of the dense tensor belongs to
    std::vector<int64_t> of;
    int64_t groups, members;
    NormGroups(const Tensor& x, bool spatial) {
        int64_t image = x.count() / x.dim(0), channel = image / x.dim(1);
        groups = spatial ? x.dim(1) : image;
        members = x.count() / groups;
        of.resize(x.count());
        for (int64_t i = 0; i < x.count(); ++i) of[i] = spatial ? i / channel % x.dim(1) : i % image;
    }
};
inline Status norm_inference(Handle* h, bool spatial, Blend blend, const Tensor* x, const void* px, const Tensor* y, void* py,
                             const Tensor* stats, const void* scale, const void* bias, const void* mean, const void* variance,
                             double epsilon) {
    if (!h || any_absent(x, y, stats) || any_null(px, py, scale, bias, mean, variance)) return Status::bad_parameter;
    if (x->dims != y->dims || stats->count() != NormGroups(*x, spatial).groups) return Status::bad_parameter;
    return later(h, [=, x = *x, y = *y, stats = *stats] {
        NormGroups in(x, spatial);
        Values v = gather(x, px), s = gather(stats, scale), b = gather(stats, bias), m = gather(stats, mean), q = gather(stats, variance);
        for (size_t i = 0; i < v.size(); ++i) {
            int64_t g = in.of[i];
            v[i] = s[g] * (v[i] - m[g]) / std::sqrt(q[g] + epsilon) + b[g];
        }
        scatter(y, py, v, blend);
    });
}
inline void moments(const Values& v, const NormGroups& in, Values& mean, Values& variance) {
    mean.assign(in.groups, 0);
    variance.assign(in.groups, 0);
    for (size_t i = 0; i < v.size(); ++i) mean[in.of[i]] += v[i] / double(in.members);
    for (size_t i = 0; i < v.size(); ++i) {
        double d = v[i] - mean[in.of[i]];
        variance[in.of[i]] += d * d / double(in.members);
    }
}
inline Status norm_training(Handle* h, bool spatial, Blend blend, const Tensor* x, const void* px, const Tensor* y, void* py,
                            const Tensor* stats, const void* scale, const void* bias, double factor, void* running_mean,
                            void* running_variance, double epsilon, void* saved_mean, void* saved_inverse) {
    if (!h || any_absent(x, y, stats) || any_null(px, py, scale, bias) || x->dims != y->dims) return Status::bad_parameter;
    if (!running_mean != !running_variance || !saved_mean != !saved_inverse) return Status::bad_parameter;
    if (stats->count() != NormGroups(*x, spatial).groups) return Status::bad_parameter;
    return later(h, [=, x = *x, y = *y, stats = *stats] {
        NormGroups in(x, spatial);
        Values v = gather(x, px), s = gather(stats, scale), b = gather(stats, bias), mean, variance;
        moments(v, in, mean, variance);
        Values inverse = variance, unbiased = variance;
        for (double& value : inverse) value = 1 / std::sqrt(value + epsilon);
        if (in.members > 1)
            for (double& value : unbiased) value *= double(in.members) / double(in.members - 1);
        for (size_t i = 0; i < v.size(); ++i) v[i] = s[in.of[i]] * (v[i] - mean[in.of[i]]) * inverse[in.of[i]] + b[in.of[i]];
        scatter(y, py, v, blend);
        if (running_mean) scatter(stats, running_mean, mean, {factor, 1 - factor});
        if (running_variance) scatter(stats, running_variance, unbiased, {factor, 1 - factor});
        if (saved_mean) scatter(stats, saved_mean, mean, {});
        if (saved_inverse) scatter(stats, saved_inverse, inverse, {});
    });
}
inline Status norm_backward(Handle* h, bool spatial, Blend data, Blend parameters, const Tensor* x, const void* px, const Tensor* dy,
                            const void* pdy, const Tensor* dx, void* pdx, const Tensor* stats, const void* scale, void* dscale,
                            void* dbias, double epsilon, const void* saved_mean, const void* saved_inverse) {
    if (!h || any_absent(x, dy, dx, stats) || any_null(px, pdy, pdx, scale, dscale, dbias)) return Status::bad_parameter;
    if (x->dims != dy->dims || x->dims != dx->dims || !saved_mean != !saved_inverse) return Status::bad_parameter;
    if (stats->count() != NormGroups(*x, spatial).groups) return Status::bad_parameter;
    return later(h, [=, x = *x, dy = *dy, dx = *dx, stats = *stats] {
        NormGroups in(x, spatial);
        Values v = gather(x, px), d = gather(dy, pdy), s = gather(stats, scale), mean, inverse;
        moments(v, in, mean, inverse);
        for (double& value : inverse) value = 1 / std::sqrt(value + epsilon);
        if (saved_mean) mean = gather(stats, saved_mean), inverse = gather(stats, saved_inverse);
        Values sum(in.groups, 0.0), product(in.groups, 0.0);
        for (size_t i = 0; i < v.size(); ++i) {
            int64_t g = in.of[i];
            v[i] = (v[i] - mean[g]) * inverse[g];
            sum[g] += d[i];
            product[g] += d[i] * v[i];
        }
        for (size_t i = 0; i < v.size(); ++i) {
            int64_t g = in.of[i];
            d[i] = s[g] * inverse[g] * (d[i] - (sum[g] + v[i] * product[g]) / double(in.members));
        }
        scatter(dx, pdx, d, data);
        scatter(stats, dscale, product, parameters);
        scatter(stats, dbias, sum, parameters);
    });
}

// -- local response normalisation across channels -------------------------------------------------------------------

struct Lrn { unsigned n = 5; double alpha = 1e-4, beta = 0.75, k = 2; int own_mode = 1; };
inline Status lrn(Handle* h, const Lrn* l, Blend blend, const Tensor* x, const void* from, const Tensor* y, void* to) {
    if (!h || !l || any_absent(x, y) || any_null(from, to) || x->dims != y->dims || x->dims.size() < 3) return Status::bad_parameter;
    return later(h, [=, l = *l, x = *x, y = *y] {
        Values v = gather(x, from), out(v.size());
        int64_t channels = x.dims[1], space = x.count() / (x.dims[0] * channels), before = (l.n - 1) / 2, after = l.n - 1 - before;
        for (int64_t i = 0; i < int64_t(v.size()); ++i) {
            int64_t c = i / space % channels;
            double sum = 0;
            for (int64_t at = std::max<int64_t>(0, c - before); at <= std::min(channels - 1, c + after); ++at) {
                double value = v[i + (at - c) * space];
                sum += value * value;
            }
            out[i] = v[i] / std::pow(l.k + l.alpha / l.n * sum, l.beta);
        }
        scatter(y, to, out, blend);
    });
}

}  // namespace hw::dnn
