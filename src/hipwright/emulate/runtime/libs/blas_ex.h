// BLAS functions whose element types are known at run time only: GemmEx and its family, AxpyEx, ScalEx, DotEx, Nrm2Ex.
#pragma once

#include "blas_matrix.h"
#include "data_type.h"

namespace hw::blas {

// How a product is computed: inputs are converted to this type, sums are kept in it, alpha and beta are given in it.
enum class Compute { half, half_exact, single, twice, int32, invalid };

struct AnyBatch {
    const void* first = nullptr;
    const void* const* pointers = nullptr;
    int64_t stride = 0;      // in elements
    const void* at(int64_t i, DataType type) const {
        return pointers ? pointers[i] : static_cast<const char*>(first) + i * stride * int64_t(size_of(type));
    }
    bool absent() const { return !first && !pointers; }
};

struct Operand {
    AnyBatch data;
    DataType type;
    int64_t ld;
};

// The combinations that the documentation of cublasGemmEx lists, and OCP fp8 inputs as hipBLASLt and cublasLt take them.
inline bool supported(Compute compute, DataType a, DataType b, DataType c) {
    using D = DataType;
    auto fp8 = [](D type) { return type == D::e4m3 || type == D::e5m2; };
    switch (compute) {
    case Compute::half:
    case Compute::half_exact: return a == D::r16f && b == D::r16f && c == D::r16f;
    case Compute::int32: return a == D::r8i && b == D::r8i && c == D::r32i;
    case Compute::twice: return a == b && a == c && (a == D::r64f || a == D::c64f);
    case Compute::single:
        if (fp8(a) && fp8(b)) return c == D::r32f || c == D::r16f || c == D::r16bf;
        if (a != b) return false;
        if (a == D::r16f || a == D::r16bf) return c == a || c == D::r32f;
        return (a == D::r8i && c == D::r32f) || (a == D::r32f && c == D::r32f) || (a == D::c32f && c == D::c32f);
    default: return false;
    }
}

// op(A) as a dense matrix of W.
template <class W>
Dense<W> gather(const void* a, DataType type, int64_t lda, Op op, int64_t rows, int64_t columns) {
    Dense<W> out(0, 0);
    with_type(type, [&](auto tag) {
        using T = typename decltype(tag)::type;
        if constexpr (!is_complex<T> || is_complex<W>) {
            out = Dense<W>(rows, columns);
            for (int64_t j = 0; j < columns; ++j)
                for (int64_t i = 0; i < rows; ++i) {
                    T value = static_cast<const T*>(a)[op == Op::n ? i + j * lda : j + i * lda];
                    if constexpr (is_float8<T>) out(i, j) = convert<W>(float(value));
                    else out(i, j) = convert<W>(op == Op::c ? conjugate(value) : value);
                }
        }
    });
    return out;
}

// Products in W, then `finish(i, j, product)` for each element.
template <class W, class Finish>
void products(Op ta, Op tb, int64_t m, int64_t n, int64_t k, const Operand& a, const Operand& b, int64_t batch, Finish finish) {
    Dense<W> left = gather<W>(a.data.at(batch, a.type), a.type, a.ld, ta, m, k);
    Dense<W> right = gather<W>(b.data.at(batch, b.type), b.type, b.ld, tb, k, n);
    Dense<W> out(m, n);
    if constexpr (std::is_integral<W>::value || std::is_same<W, Half>::value)
        multiply_plain<W>(m, n, k, W(1), left.get(), left.ld(), right.get(), right.ld(), W(0), out.data.get(), out.ld());
    else
        multiply<W>(Op::n, Op::n, m, n, k, W(1), left.get(), left.ld(), right.get(), right.ld(), W(0), out.data.get(), out.ld());
    for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < m; ++i) finish(i, j, out(i, j));
}

template <class W, class S>
void multiply_any(Op ta, Op tb, int64_t m, int64_t n, int64_t k, S alpha, const Operand& a, const Operand& b, S beta,
                  const Operand& c, int64_t batch) {
    void* out = const_cast<void*>(c.data.at(batch, c.type));
    auto finish = [&](int64_t i, int64_t j, W product) {
        W value = W(scaled(W(alpha), product));
        if (beta != S(0)) value = W(value + times(W(beta), load<W>(c.type, out, i + j * c.ld)));
        if constexpr (std::is_integral<W>::value) store<int32_t>(c.type, out, i + j * c.ld, int32_t(value));   // wraps
        else store<W>(c.type, out, i + j * c.ld, value);
    };
    if (alpha == S(0)) {
        for (int64_t j = 0; j < n; ++j)
            for (int64_t i = 0; i < m; ++i) finish(i, j, W(0));
        return;
    }
    products<W>(ta, tb, m, n, k, a, b, batch, finish);
}

template <class S, class Work>
Status with_scalars(State* h, const void* alpha, const void* beta, int64_t count, Work work) {
    auto al = scalar(*h, static_cast<const S*>(alpha)), be = scalar(*h, static_cast<const S*>(beta));
    return for_each(h, count, [=](int64_t i) { work(al.get(), be.get(), i); });
}

inline Status gemm_ex(State* h, Op ta, Op tb, int64_t m, int64_t n, int64_t k, const void* alpha, Operand a, Operand b,
                      const void* beta, Operand c, int64_t count, Compute compute) {
    if (!h) return Status::not_initialized;
    if (any_invalid(ta, tb, compute)) return Status::invalid_enum;
    if (bad_gemm(ta, tb, m, n, k, a.ld, b.ld, c.ld) || count < 0) return Status::invalid_value;
    if (!supported(compute, a.type, b.type, c.type)) return Status::not_supported;
    if (m == 0 || n == 0 || count == 0) return Status::ok;
    if (any_null(alpha, beta) || c.data.absent() || (k > 0 && (a.data.absent() || b.data.absent()))) return Status::invalid_value;
    auto run = [=](auto product, auto scale) {
        using W = typename decltype(product)::type;
        using S = typename decltype(scale)::type;
        return with_scalars<S>(h, alpha, beta, count, [=](S al, S be, int64_t i) {
            if constexpr (std::is_same<W, S>::value && in_openblas<W>) {
                if (size_of(a.type) == sizeof(W) && size_of(c.type) == sizeof(W) && is_complex<W> == complex_type(a.type))
                    return multiply<W>(ta, tb, m, n, k, al, static_cast<const W*>(a.data.at(i, a.type)), a.ld,
                                       static_cast<const W*>(b.data.at(i, b.type)), b.ld, be,
                                       static_cast<W*>(const_cast<void*>(c.data.at(i, c.type))), c.ld);
            }
            multiply_any<W, S>(ta, tb, m, n, k, al, a, b, be, c, i);
        });
    };
    bool complex_result = complex_type(c.type);
    switch (compute) {
    case Compute::half: return run(Tag<float>(), Tag<Half>());
    case Compute::half_exact: return run(Tag<Half>(), Tag<Half>());
    case Compute::int32: return run(Tag<int64_t>(), Tag<int32_t>());
    case Compute::twice: return complex_result ? run(Tag<ComplexD>(), Tag<ComplexD>()) : run(Tag<double>(), Tag<double>());
    default: return complex_result ? run(Tag<ComplexF>(), Tag<ComplexF>()) : run(Tag<float>(), Tag<float>());
    }
}

// Vectors: everything is done in the execution type.
struct AnyVector {
    AnyBatch data;
    DataType type;
    int64_t inc;
    int64_t place(int64_t i, int64_t n) const { return inc < 0 ? (i + 1 - n) * inc : i * inc; }
};

template <class Work>
Status in_type(DataType execution, Work work) {
    switch (execution) {
    case DataType::r32f: return work(Tag<float>());
    case DataType::r64f: return work(Tag<double>());
    case DataType::c32f: return work(Tag<ComplexF>());
    case DataType::c64f: return work(Tag<ComplexD>());
    case DataType::r16f: return work(Tag<Half>());
    default: return Status::not_supported;
    }
}

inline bool storable(DataType execution, DataType type) {
    return size_of(type) && complex_type(execution) == complex_type(type);
}

inline Status axpy_ex(State* h, int64_t n, const void* alpha, DataType alpha_type, AnyVector x, AnyVector y, int64_t count,
                      DataType execution) {
    if (!h) return Status::not_initialized;
    if (!storable(execution, x.type) || !storable(execution, y.type) || !storable(execution, alpha_type)) return Status::not_supported;
    if (n <= 0 || count <= 0) return Status::ok;
    if (!alpha || x.data.absent() || y.data.absent()) return Status::invalid_value;
    return in_type(execution, [=](auto tag) {
        using W = typename decltype(tag)::type;
        bool late = h->device_scalars;
        W early = late ? W(0) : load<W>(alpha_type, alpha, 0);
        return for_each(h, count, [=](int64_t b) {
            W factor = late ? load<W>(alpha_type, alpha, 0) : early;
            const void* from = x.data.at(b, x.type);
            void* to = const_cast<void*>(y.data.at(b, y.type));
            for (int64_t i = 0; i < n; ++i) {
                int64_t place = y.place(i, n);
                W sum = W(load<W>(y.type, to, place) + times(factor, load<W>(x.type, from, x.place(i, n))));
                store<W>(y.type, to, place, sum);
            }
        });
    });
}

inline Status scal_ex(State* h, int64_t n, const void* alpha, DataType alpha_type, AnyVector x, int64_t count, DataType execution) {
    if (!h) return Status::not_initialized;
    if (!storable(execution, x.type) || !size_of(alpha_type) || (complex_type(alpha_type) && !complex_type(execution)))
        return Status::not_supported;
    if (n <= 0 || x.inc <= 0 || count <= 0) return Status::ok;
    if (!alpha || x.data.absent()) return Status::invalid_value;
    return in_type(execution, [=](auto tag) {
        using W = typename decltype(tag)::type;
        bool late = h->device_scalars;
        W early = late ? W(0) : load<W>(alpha_type, alpha, 0);
        return for_each(h, count, [=](int64_t b) {
            W factor = late ? load<W>(alpha_type, alpha, 0) : early;
            void* to = const_cast<void*>(x.data.at(b, x.type));
            for (int64_t i = 0; i < n; ++i) store<W>(x.type, to, i * x.inc, times(factor, load<W>(x.type, to, i * x.inc)));
        });
    });
}

inline Status dot_ex(State* h, bool conjugated, int64_t n, AnyVector x, AnyVector y, int64_t count, void* result,
                     DataType result_type, DataType execution) {
    if (!h) return Status::not_initialized;
    if (!storable(execution, x.type) || !storable(execution, y.type) || !storable(execution, result_type)) return Status::not_supported;
    if (!result || (n > 0 && (x.data.absent() || y.data.absent()))) return Status::invalid_value;
    return in_type(execution, [=](auto tag) {
        using W = typename decltype(tag)::type;
        return for_each(h, count, [=](int64_t b) {
            Wide<W> sum(0);
            for (int64_t i = 0; i < n; ++i) {
                W left = load<W>(x.type, x.data.at(b, x.type), x.place(i, n));
                sum += times(convert<Wide<W>>(conjugated ? conjugate(left) : left),
                             convert<Wide<W>>(load<W>(y.type, y.data.at(b, y.type), y.place(i, n))));
            }
            store<W>(result_type, result, b, convert<W>(sum));
        });
    });
}

inline Status nrm2_ex(State* h, int64_t n, AnyVector x, int64_t count, void* result, DataType result_type, DataType execution) {
    if (!h) return Status::not_initialized;
    if (!size_of(x.type) || !size_of(result_type) || complex_type(result_type)) return Status::not_supported;
    if (!result || (n > 0 && x.data.absent())) return Status::invalid_value;
    if (execution != DataType::r32f && execution != DataType::r64f) return Status::not_supported;
    return for_each(h, count, [=](int64_t b) {
        long double sum = 0;
        for (int64_t i = 0; x.inc > 0 && i < n; ++i) {
            ComplexD value = load<ComplexD>(x.type, x.data.at(b, x.type), i * x.inc);
            sum += (long double)value.real() * value.real() + (long double)value.imag() * value.imag();
        }
        store<double>(result_type, result, b, double(std::sqrt(sum)));
    });
}

}  // namespace hw::blas
