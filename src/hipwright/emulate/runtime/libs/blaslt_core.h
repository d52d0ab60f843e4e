// Matrix products with layouts and epilogues on the host, as cuBLASLt and hipBLASLt describe them.
//
// Sums are kept in double (integers exactly) and rounded once; descriptors are plain data, because cuBLASLt lets programs
// keep them on their stack.
#pragma once

#include "../machine.h"
#include "data_type.h"

#include <algorithm>
#include <vector>

namespace hw::blaslt {

enum class Status { ok, not_initialized, invalid_value, not_supported };
enum class Compute : int { half, single, twice, int32, invalid };

struct Layout {
    int type = 0, order = 0;              // order 0: columns, 1: rows
    uint64_t rows = 0, columns = 0;
    int64_t ld = 0;
    int32_t batches = 1, unused = 0;
    int64_t stride = 0;

    DataType data_type() const { return DataType(type); }
    int64_t place(int64_t i, int64_t j) const { return order ? i * ld + j : i + j * ld; }
    const void* batch(const void* p, int64_t b) const { return static_cast<const char*>(p) + b * stride * int64_t(size_of(data_type())); }
    bool bad() const { return !size_of(data_type()) || ld < int64_t(order ? columns : rows) || batches < 1; }
};
// Epilogues are sums of these.
enum : uint32_t { kPlain = 1, kRelu = 2, kBias = 4, kGelu = 32, kGeluBackward = 64, kAux = 128 };
struct Product {
    int compute = 0, scale = 0, pointer_mode = 0, ta = 0, tb = 0;   // ta, tb as the library numbers operations
    uint32_t epilogue = kPlain;
    const void* bias = nullptr;
    int64_t bias_stride = 0;
    int bias_type = -1, aux_type = -1;
    void* aux = nullptr;
    int64_t aux_ld = 0, aux_stride = 0;
    const void *a_scale = nullptr, *b_scale = nullptr, *c_scale = nullptr, *d_scale = nullptr;
};
struct Transform { int scale = 0, pointer_mode = 0, ta = 0, tb = 0; };

enum class Op { n, t, c };
template <class W> W element(const Layout& l, const void* p, Op op, int64_t i, int64_t j) {
    W value = load<W>(l.data_type(), p, op == Op::n ? l.place(i, j) : l.place(j, i));
    return op == Op::c ? conjugate(value) : value;
}
inline int64_t rows(const Layout& l, Op op) { return int64_t(op == Op::n ? l.rows : l.columns); }
inline int64_t columns(const Layout& l, Op op) { return int64_t(op == Op::n ? l.columns : l.rows); }

// GELU by its usual approximation with tanh, and its slope.
inline double gelu(double x) { return 0.5 * x * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }
inline double gelu_slope(double x) {
    double t = std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * 0.7978845608028654 * (1 + 3 * 0.044715 * x * x);
}

inline Status check(const Product* p, Op ta, Op tb, const Layout* a, const Layout* b, const Layout* c, const Layout* d) {
    if (!p || !a || !b || !c || !d || a->bad() || b->bad() || c->bad() || d->bad()) return Status::invalid_value;
    if (rows(*a, ta) != int64_t(d->rows) || columns(*b, tb) != int64_t(d->columns) || columns(*a, ta) != rows(*b, tb)) return Status::invalid_value;
    if (c->rows != d->rows || c->columns != d->columns || a->batches != d->batches || b->batches != d->batches || c->batches != d->batches)
        return Status::invalid_value;
    bool complex = complex_type(d->data_type());
    if (complex_type(a->data_type()) != complex || complex_type(b->data_type()) != complex || complex_type(c->data_type()) != complex)
        return Status::not_supported;
    if (complex && p->epilogue != kPlain) return Status::not_supported;
    return Compute(p->compute) == Compute::invalid ? Status::not_supported : Status::ok;
}

template <class W>
void multiply(const Product& p, Op ta, Op tb, W alpha, const Layout& a, const void* pa, const Layout& b, const void* pb, W beta,
              const Layout& c, const void* pc, const Layout& d, void* pd, int64_t batch) {
    int64_t m = int64_t(d.rows), n = int64_t(d.columns), k = columns(a, ta);
    std::vector<W> left(m * k), right(k * n), sums(m * n);
    for (int64_t i = 0; i < m; ++i)
        for (int64_t q = 0; q < k; ++q) left[i * k + q] = element<W>(a, pa, ta, i, q);
    for (int64_t q = 0; q < k; ++q)
        for (int64_t j = 0; j < n; ++j) right[q * n + j] = element<W>(b, pb, tb, q, j);
    for (int64_t i = 0; i < m; ++i)
        for (int64_t q = 0; q < k; ++q)
            for (int64_t j = 0; j < n; ++j) sums[i * n + j] += times(left[i * k + q], right[q * n + j]);
    auto scale = [](const void* factor) { return factor ? W(*static_cast<const float*>(factor)) : W(1); };
    W ab = times(alpha, times(scale(p.a_scale), scale(p.b_scale))), cs = times(beta, scale(p.c_scale)), ds = scale(p.d_scale);
    DataType bias_type = p.bias_type < 0 ? d.data_type() : DataType(p.bias_type), aux_type = p.aux_type < 0 ? d.data_type() : DataType(p.aux_type);
    const char* bias = static_cast<const char*>(p.bias) + batch * p.bias_stride * int64_t(size_of(bias_type));
    char* aux = static_cast<char*>(p.aux) + batch * p.aux_stride * int64_t(size_of(aux_type));
    for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) {
            W value = times(ab, sums[i * n + j]);
            if (cs != W(0)) value += times(cs, load<W>(c.data_type(), pc, c.place(i, j)));
            if constexpr (std::is_same<W, double>::value) {
                if (p.epilogue & kBias) value += load<double>(bias_type, bias, i);
                if (p.epilogue & kGeluBackward) value *= gelu_slope(load<double>(aux_type, aux, i + j * p.aux_ld));
                else if (p.epilogue & kAux) store<double>(aux_type, aux, i + j * p.aux_ld, value);
                if (p.epilogue & kRelu) value = value > 0 ? value : 0;
                if (p.epilogue & kGelu) value = gelu(value);
            }
            if constexpr (std::is_integral<W>::value) {
                if (d.data_type() == DataType::r32i) store<int32_t>(d.data_type(), pd, d.place(i, j), int32_t(value));    // wraps
                else store<double>(d.data_type(), pd, d.place(i, j), double(value));                                     // saturates
            } else {
                store<W>(d.data_type(), pd, d.place(i, j), times(ds, value));
            }
        }
}

template <class Work> void with_wide(const Product& p, const Layout& d, Work work) {
    if (complex_type(d.data_type())) work(Tag<ComplexD>());
    else if (Compute(p.compute) == Compute::int32 && DataType(p.scale) == DataType::r32i) work(Tag<int64_t>());
    else work(Tag<double>());
}

inline Status matmul(void* stream, const Product* p, Op ta, Op tb, const void* alpha, const Layout* a, const void* pa, const Layout* b,
                     const void* pb, const void* beta, const Layout* c, const void* pc, const Layout* d, void* pd) {
    Status good = check(p, ta, tb, a, b, c, d);
    if (good != Status::ok) return good;
    if (!alpha || !beta || !pa || !pb || !pd) return Status::invalid_value;
    if ((p->epilogue & kBias && !p->bias) || (p->epilogue & (kAux | kGeluBackward) && !p->aux)) return Status::invalid_value;
    with_wide(*p, *d, [&](auto tag) {
        using W = typename decltype(tag)::type;
        bool late = p->pointer_mode == 1;
        W al = late ? W(0) : load<W>(DataType(p->scale), alpha, 0), be = late ? W(0) : load<W>(DataType(p->scale), beta, 0);
        enqueue(stream, [=, p = *p, a = *a, b = *b, c = *c, d = *d] {
            W x = late ? load<W>(DataType(p.scale), alpha, 0) : al, y = late ? load<W>(DataType(p.scale), beta, 0) : be;
            for (int64_t i = 0; i < d.batches; ++i)
                multiply<W>(p, ta, tb, x, a, a.batch(pa, i), b, b.batch(pb, i), y, c, pc ? c.batch(pc, i) : nullptr, d, const_cast<void*>(d.batch(pd, i)), i);
        });
    });
    return Status::ok;
}

// C = alpha op(A) + beta op(B): between orders, types and leading dimensions.
inline Status transform(void* stream, const Transform* t, Op ta, Op tb, const void* alpha, const void* pa, const Layout* a, const void* beta,
                        const void* pb, const Layout* b, void* pc, const Layout* c) {
    if (!t || !alpha || !a || !c || !pa || !pc || a->bad() || c->bad() || rows(*a, ta) != int64_t(c->rows) || columns(*a, ta) != int64_t(c->columns))
        return Status::invalid_value;
    if (pb && (!b || !beta || b->bad() || rows(*b, tb) != int64_t(c->rows) || columns(*b, tb) != int64_t(c->columns))) return Status::invalid_value;
    if (complex_type(c->data_type())) return Status::not_supported;
    enqueue(stream, [=, t = *t, a = *a, b = pb ? *b : Layout{}, c = *c] {
        double x = load<double>(DataType(t.scale), alpha, 0), y = pb ? load<double>(DataType(t.scale), beta, 0) : 0;
        for (int64_t k = 0; k < c.batches; ++k)
            for (int64_t i = 0; i < int64_t(c.rows); ++i)
                for (int64_t j = 0; j < int64_t(c.columns); ++j) {
                    double value = x * element<double>(a, a.batch(pa, k), ta, i, j);
                    if (y != 0) value += y * element<double>(b, b.batch(pb, k), tb, i, j);
                    store<double>(c.data_type(), const_cast<void*>(c.batch(pc, k)), c.place(i, j), value);
                }
    });
    return Status::ok;
}

}  // namespace hw::blaslt
