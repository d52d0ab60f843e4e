// BLAS on the host: handles, arguments, and levels 1 and 2. Column-major; both spellings (hipBLAS, cuBLAS) call these.
//
// Each function checks its arguments when it is called and hands the work to hw::enqueue, so that graph capture
// records it; scalars behind device pointers and arrays of pointers are read when the work runs.
#pragma once

#include "../machine.h"
#include "numbers.h"

#include <limits>
#include <utility>
#include <vector>

namespace hw::blas {

enum class Status { ok, not_initialized, handle_is_null, invalid_value, invalid_enum, not_supported, execution_failed };
enum class Op { n, t, c, invalid };
enum class Fill { lower, upper, invalid };
enum class Diag { unit, non_unit, invalid };
enum class Side { left, right, invalid };

struct State {
    void* stream = nullptr;
    bool device_scalars = false;
    int math_mode = 0, atomics_mode = 0;
    void* workspace = nullptr;
    size_t workspace_bytes = 0;
};

// A scalar argument: its value at the call, or where to find it when the work runs.
template <class T>
struct Scalar {
    const T* place;
    T value;
    T get() const { return place ? *place : value; }
};
template <class T>
Scalar<T> scalar(const State& state, const T* p) {
    return state.device_scalars ? Scalar<T>{p, T()} : Scalar<T>{nullptr, *p};
}

// One array, or a batch of them: behind an array of pointers, or at a stride.
template <class T>
struct Batch {
    T* first = nullptr;
    T* const* pointers = nullptr;
    int64_t stride = 0;
    T* operator[](int64_t i) const { return pointers ? pointers[i] : first + i * stride; }
    bool absent() const { return !first && !pointers; }
};

template <class... Enums> bool any_invalid(Enums... values) { return ((values == Enums::invalid) || ...); }
template <class... Ps> bool any_null(Ps... pointers) { return ((pointers == nullptr) || ...); }

template <class Work>
Status for_each(const State* state, int64_t count, Work work) {
    if (count > 0)
        enqueue(state->stream, [=] { for (int64_t i = 0; i < count; ++i) work(i); });
    return Status::ok;
}

// A vector with BLAS's increments: a negative one walks backwards from the far end.
template <class T>
struct Vector {
    T* first;
    int64_t step;
    Vector(T* x, int64_t n, int64_t inc) : first(inc < 0 && n > 0 ? x + (1 - n) * inc : x), step(inc) {}
    T& operator[](int64_t i) const { return first[i * step]; }
};

template <class T>
struct Matrix {
    T* first;
    int64_t ld;
    T& operator()(int64_t row, int64_t column) const { return first[row + column * ld]; }
};

template <class T> T element(const T* a, int64_t lda, Op op, int64_t i, int64_t j) {
    if (op == Op::n) return a[i + j * lda];
    return op == Op::c ? conjugate(a[j + i * lda]) : a[j + i * lda];
}
// beta * y, where a zero beta does not read y: it may hold anything.
template <class S, class T> T scaled(S beta, T y) { return beta == S(0) ? T(0) : times(beta, y); }

// -- level 1 --------------------------------------------------------------------------------------------------------

template <class T, class Each>
Status over_pairs(State* h, int64_t n, Batch<T> x, int64_t incx, Batch<std::remove_const_t<T>> y, int64_t incy,
                  int64_t count, Each each) {
    if (!h) return Status::not_initialized;
    if (n <= 0 || count <= 0) return Status::ok;
    if (x.absent() || y.absent()) return Status::invalid_value;
    return for_each(h, count, [=](int64_t b) {
        Vector<T> xs(x[b], n, incx);
        Vector<std::remove_const_t<T>> ys(y[b], n, incy);
        each(xs, ys);
    });
}

template <class T>
Status axpy(State* h, int64_t n, const T* alpha, Batch<const T> x, int64_t incx, Batch<T> y, int64_t incy, int64_t count) {
    if (!h) return Status::not_initialized;
    if (n > 0 && !alpha) return Status::invalid_value;
    if (n <= 0) return Status::ok;
    return over_pairs<const T>(h, n, x, incx, y, incy, count, [n, a = scalar(*h, alpha)](auto xs, auto ys) {
        T factor = a.get();
        for (int64_t i = 0; i < n; ++i) ys[i] = T(ys[i] + times(factor, xs[i]));
    });
}

template <class T>
Status copy(State* h, int64_t n, Batch<const T> x, int64_t incx, Batch<T> y, int64_t incy, int64_t count) {
    return over_pairs<const T>(h, n, x, incx, y, incy, count, [n](auto xs, auto ys) {
        for (int64_t i = 0; i < n; ++i) ys[i] = xs[i];
    });
}

template <class T>
Status swap(State* h, int64_t n, Batch<T> x, int64_t incx, Batch<T> y, int64_t incy, int64_t count) {
    return over_pairs<T>(h, n, x, incx, y, incy, count, [n](auto xs, auto ys) {
        for (int64_t i = 0; i < n; ++i) std::swap(xs[i], ys[i]);
    });
}

template <class T, class S>
Status scal(State* h, int64_t n, const S* alpha, Batch<T> x, int64_t incx, int64_t count) {
    if (!h) return Status::not_initialized;
    if (n <= 0 || incx <= 0 || count <= 0) return Status::ok;
    if (!alpha || x.absent()) return Status::invalid_value;
    return for_each(h, count, [=, a = scalar(*h, alpha)](int64_t b) {
        S factor = a.get();
        for (int64_t i = 0; i < n; ++i) x[b][i * incx] = times(factor, x[b][i * incx]);
    });
}

template <class T>
Status dot(State* h, bool conjugated, int64_t n, Batch<const T> x, int64_t incx, Batch<const T> y, int64_t incy,
           int64_t count, T* result) {
    if (!h) return Status::not_initialized;
    if (!result || (n > 0 && (x.absent() || y.absent()))) return Status::invalid_value;
    return for_each(h, count, [=](int64_t b) {
        Wide<T> sum(0);
        if (n > 0) {
            Vector<const T> xs(x[b], n, incx), ys(y[b], n, incy);
            for (int64_t i = 0; i < n; ++i) {
                T left = conjugated ? conjugate(xs[i]) : xs[i];
                sum += times(convert<Wide<T>>(left), convert<Wide<T>>(ys[i]));
            }
        }
        result[b] = convert<T>(sum);
    });
}

template <class T> Real<T> one_norm(T x) {   // BLAS's |x| of a complex number
    if constexpr (is_complex<T>) return std::abs(x.real()) + std::abs(x.imag());
    else return x < T(0) ? T(-x) : x;
}

// `reduce` maps a vector (pointer, length, step) to its result; an empty vector gives zero, as documented.
template <class T, class R, class Reduce_>
Status reduce(State* h, int64_t n, Batch<const T> x, int64_t incx, int64_t count, R* result, Reduce_ reduction) {
    if (!h) return Status::not_initialized;
    bool empty = n <= 0 || incx <= 0;
    if (!result || (!empty && x.absent())) return Status::invalid_value;
    return for_each(h, count, [=](int64_t b) { result[b] = empty ? R(0) : reduction(x[b], n, incx); });
}

template <class T>
Status asum(State* h, int64_t n, Batch<const T> x, int64_t incx, int64_t count, Real<T>* result) {
    return reduce(h, n, x, incx, count, result, [](const T* p, int64_t length, int64_t step) {
        Wide<Real<T>> sum(0);
        for (int64_t i = 0; i < length; ++i) sum += one_norm(p[i * step]);
        return Real<T>(sum);
    });
}

template <class T>
Status nrm2(State* h, int64_t n, Batch<const T> x, int64_t incx, int64_t count, Real<T>* result) {
    return reduce(h, n, x, incx, count, result, [](const T* p, int64_t length, int64_t step) {
        Wide<Real<T>> sum(0);   // wide enough in range for the squares, so no rescaling is needed
        for (int64_t i = 0; i < length; ++i) {
            auto value = convert<Wide<T>>(p[i * step]);
            if constexpr (is_complex<T>) sum += value.real() * value.real() + value.imag() * value.imag();
            else sum += value * value;
        }
        return Real<T>(std::sqrt(sum));
    });
}

template <class T, class Index>
Status extreme(State* h, bool largest, int64_t n, Batch<const T> x, int64_t incx, int64_t count, Index* result) {
    return reduce(h, n, x, incx, count, result, [largest](const T* p, int64_t length, int64_t step) {
        int64_t best = 0;
        for (int64_t i = 1; i < length; ++i) {
            auto here = one_norm(p[i * step]), there = one_norm(p[best * step]);
            if (largest ? here > there : here < there) best = i;
        }
        return Index(best + 1);   // counted from one, the first of equals
    });
}

template <class T, class C, class S>
Status rot(State* h, int64_t n, Batch<T> x, int64_t incx, Batch<T> y, int64_t incy, const C* c, const S* s, int64_t count) {
    if (!h) return Status::not_initialized;
    if (n <= 0) return Status::ok;
    if (any_null(c, s)) return Status::invalid_value;
    return over_pairs<T>(h, n, x, incx, y, incy, count, [n, cosine = scalar(*h, c), sine = scalar(*h, s)](auto xs, auto ys) {
        C cos = cosine.get();
        S sin = sine.get();
        for (int64_t i = 0; i < n; ++i) {
            T left = xs[i], right = ys[i];
            xs[i] = times(cos, left) + times(sin, right);
            ys[i] = times(cos, right) - times(conjugate(sin), left);
        }
    });
}

// Givens rotations as the reference BLAS defines them.
template <class T>
Status rotg(State* h, T* a, T* b, Real<T>* c, T* s) {
    if (!h) return Status::not_initialized;
    if (any_null(a, b, s) || !c) return Status::invalid_value;
    return for_each(h, 1, [=](int64_t) {
        if constexpr (is_complex<T>) {
            if (std::abs(*a) == 0) { *c = 0; *s = T(1); *a = *b; return; }
            Real<T> scale = std::abs(*a) + std::abs(*b);
            Real<T> norm = scale * std::sqrt(std::norm(*a / scale) + std::norm(*b / scale));
            T unit = *a / std::abs(*a);
            *c = std::abs(*a) / norm;
            *s = times(unit, std::conj(*b)) / norm;
            *a = unit * norm;
        } else {
            T roe = std::abs(*a) > std::abs(*b) ? *a : *b;
            T scale = std::abs(*a) + std::abs(*b);
            if (scale == 0) { *c = 1; *s = 0; *a = 0; *b = 0; return; }
            T r = std::copysign(scale * std::sqrt((*a / scale) * (*a / scale) + (*b / scale) * (*b / scale)), roe);
            *c = *a / r;
            *s = *b / r;
            T z = std::abs(*a) > std::abs(*b) ? *s : (*c != 0 ? 1 / *c : T(1));
            *a = r;
            *b = z;
        }
    });
}

template <class T>
Status rotm(State* h, int64_t n, T* x, int64_t incx, T* y, int64_t incy, const T* param) {
    if (n > 0 && !param) return h ? Status::invalid_value : Status::not_initialized;
    if (!h) return Status::not_initialized;
    std::vector<T> now(5);
    bool late = h->device_scalars;
    if (!late && n > 0) now.assign(param, param + 5);
    return over_pairs<T>(h, n, Batch<T>{x}, incx, Batch<T>{y}, incy, 1, [=](auto xs, auto ys) {
        const T* p = late ? param : now.data();
        T flag = p[0], h11 = p[1], h21 = p[2], h12 = p[3], h22 = p[4];
        if (flag == T(-2)) return;
        if (flag == T(0)) { h11 = 1; h22 = 1; }
        if (flag == T(1)) { h12 = 1; h21 = -1; }
        for (int64_t i = 0; i < n; ++i) {
            T left = xs[i], right = ys[i];
            xs[i] = h11 * left + h12 * right;
            ys[i] = h21 * left + h22 * right;
        }
    });
}

// -- level 2 --------------------------------------------------------------------------------------------------------

inline bool bad_shape(int64_t m, int64_t n, int64_t ld, int64_t rows) {
    return m < 0 || n < 0 || ld < (rows > 1 ? rows : 1);
}

template <class T>
Status gemv(State* h, Op op, int64_t m, int64_t n, const T* alpha, Batch<const T> a, int64_t lda, Batch<const T> x,
            int64_t incx, const T* beta, Batch<T> y, int64_t incy, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(op)) return Status::invalid_enum;
    if (bad_shape(m, n, lda, m) || incx == 0 || incy == 0 || count < 0) return Status::invalid_value;
    if (m == 0 || n == 0 || count == 0) return Status::ok;
    if (any_null(alpha, beta) || a.absent() || x.absent() || y.absent()) return Status::invalid_value;
    int64_t rows = op == Op::n ? m : n, columns = op == Op::n ? n : m;
    return for_each(h, count, [=, al = scalar(*h, alpha), be = scalar(*h, beta)](int64_t b) {
        Vector<const T> xs(x[b], columns, incx);
        Vector<T> ys(y[b], rows, incy);
        std::vector<Wide<T>> sums(rows);
        if (op == Op::n) {
            for (int64_t j = 0; j < columns; ++j)
                for (int64_t i = 0; i < rows; ++i) sums[i] += convert<Wide<T>>(times(a[b][i + j * lda], xs[j]));
        } else {
            for (int64_t i = 0; i < rows; ++i)
                for (int64_t j = 0; j < columns; ++j)
                    sums[i] += convert<Wide<T>>(times(element(a[b], lda, op, i, j), xs[j]));
        }
        T alpha_now = al.get(), beta_now = be.get();
        for (int64_t i = 0; i < rows; ++i)
            ys[i] = T(scaled(beta_now, ys[i]) + scaled(alpha_now, convert<T>(sums[i])));
    });
}

template <class T>
Status ger(State* h, bool conjugated, int64_t m, int64_t n, const T* alpha, Batch<const T> x, int64_t incx,
           Batch<const T> y, int64_t incy, Batch<T> a, int64_t lda, int64_t count) {
    if (!h) return Status::not_initialized;
    if (bad_shape(m, n, lda, m) || incx == 0 || incy == 0 || count < 0) return Status::invalid_value;
    if (m == 0 || n == 0 || count == 0) return Status::ok;
    if (!alpha || a.absent() || x.absent() || y.absent()) return Status::invalid_value;
    return for_each(h, count, [=, al = scalar(*h, alpha)](int64_t b) {
        Vector<const T> xs(x[b], m, incx), ys(y[b], n, incy);
        Matrix<T> as{a[b], lda};
        for (int64_t j = 0; j < n; ++j) {
            T factor = times(al.get(), conjugated ? conjugate(ys[j]) : ys[j]);
            for (int64_t i = 0; i < m; ++i) as(i, j) += times(xs[i], factor);
        }
    });
}

// The element (i, j) of a symmetric or Hermitian matrix of which one triangle is stored.
template <class T> T mirrored(const T* a, int64_t lda, Fill fill, bool hermitian, int64_t i, int64_t j) {
    bool stored = fill == Fill::lower ? i >= j : i <= j;
    T value = stored ? a[i + j * lda] : a[j + i * lda];
    if (!hermitian) return value;
    if (i == j) return T(real_part(value));
    return stored ? value : conjugate(value);
}

template <class T>
Status symv(State* h, bool hermitian, Fill fill, int64_t n, const T* alpha, Batch<const T> a, int64_t lda,
            Batch<const T> x, int64_t incx, const T* beta, Batch<T> y, int64_t incy, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(fill)) return Status::invalid_enum;
    if (bad_shape(n, n, lda, n) || incx == 0 || incy == 0 || count < 0) return Status::invalid_value;
    if (n == 0 || count == 0) return Status::ok;
    if (any_null(alpha, beta) || a.absent() || x.absent() || y.absent()) return Status::invalid_value;
    return for_each(h, count, [=, al = scalar(*h, alpha), be = scalar(*h, beta)](int64_t b) {
        Vector<const T> xs(x[b], n, incx);
        Vector<T> ys(y[b], n, incy);
        for (int64_t i = 0; i < n; ++i) {
            Wide<T> sum(0);
            for (int64_t j = 0; j < n; ++j)
                sum += convert<Wide<T>>(times(mirrored(a[b], lda, fill, hermitian, i, j), xs[j]));
            ys[i] = scaled(be.get(), ys[i]) + scaled(al.get(), convert<T>(sum));
        }
    });
}

// syr, her (y absent): A += alpha x x'; syr2, her2: A += alpha x y' + (alpha y x')', one triangle only.
template <class T, class S>
Status rank_update(State* h, bool hermitian, Fill fill, int64_t n, const S* alpha, Batch<const T> x, int64_t incx,
                   Batch<const T> y, int64_t incy, Batch<T> a, int64_t lda, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(fill)) return Status::invalid_enum;
    if (bad_shape(n, n, lda, n) || incx == 0 || incy == 0 || count < 0) return Status::invalid_value;
    if (n == 0 || count == 0) return Status::ok;
    if (!alpha || a.absent() || x.absent()) return Status::invalid_value;
    return for_each(h, count, [=, al = scalar(*h, alpha)](int64_t b) {
        bool two = !y.absent();
        Vector<const T> xs(x[b], n, incx), ys(two ? y[b] : x[b], n, two ? incy : incx);
        Matrix<T> as{a[b], lda};
        auto other = [hermitian](T value) { return hermitian ? conjugate(value) : value; };
        S factor = al.get();
        for (int64_t j = 0; j < n; ++j) {
            for (int64_t i = fill == Fill::lower ? j : 0; i < (fill == Fill::lower ? n : j + 1); ++i) {
                T change = times(times(factor, xs[i]), other(ys[j]));
                if (two) change += times(times(hermitian ? conjugate(factor) : factor, ys[i]), other(xs[j]));
                as(i, j) += change;
            }
            if (hermitian) as(j, j) = T(real_part(as(j, j)));
        }
    });
}

// x = op(A)^-1 x for one triangular matrix; also the heart of trsm.
template <class T>
void solve_triangle(const T* a, int64_t lda, Fill fill, Op op, Diag diag, int64_t n, T* x, int64_t incx) {
    bool forward = (fill == Fill::lower) == (op == Op::n);
    for (int64_t step = 0; step < n; ++step) {
        int64_t i = forward ? step : n - 1 - step;
        T value = x[i * incx];
        for (int64_t done = 0; done < step; ++done) {
            int64_t j = forward ? done : n - 1 - done;
            value -= times(element(a, lda, op, i, j), x[j * incx]);
        }
        x[i * incx] = diag == Diag::unit ? value : value / element(a, lda, op, i, i);
    }
}

// trmv and trsv
template <class T>
Status triangle_vector(State* h, bool solve, Fill fill, Op op, Diag diag, int64_t n, Batch<const T> a, int64_t lda,
                       Batch<T> x, int64_t incx, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(fill, op, diag)) return Status::invalid_enum;
    if (bad_shape(n, n, lda, n) || incx == 0 || count < 0) return Status::invalid_value;
    if (n == 0 || count == 0) return Status::ok;
    if (a.absent() || x.absent()) return Status::invalid_value;
    return for_each(h, count, [=](int64_t b) {
        Vector<T> xs(x[b], n, incx);
        if (solve) return solve_triangle(a[b], lda, fill, op, diag, n, xs.first, incx);
        bool lower = (fill == Fill::lower) == (op == Op::n);
        std::vector<T> result(n);
        for (int64_t i = 0; i < n; ++i) {
            Wide<T> sum(0);
            for (int64_t j = lower ? 0 : i; j < (lower ? i + 1 : n); ++j)
                sum += convert<Wide<T>>(i == j && diag == Diag::unit ? xs[j] : times(element(a[b], lda, op, i, j), xs[j]));
            result[i] = convert<T>(sum);
        }
        for (int64_t i = 0; i < n; ++i) xs[i] = result[i];
    });
}

}  // namespace hw::blas
