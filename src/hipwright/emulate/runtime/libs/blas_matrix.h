// BLAS level 3 on the host. Everything but triangular solves is reduced to one product, multiply().
#pragma once

#include "blas_core.h"
#include "openblas.h"

#include <memory>

namespace hw::blas {

// A dense column-major copy.
template <class T>
struct Dense {
    std::unique_ptr<T[]> data;
    int64_t rows;
    Dense(int64_t rows_, int64_t columns) : data(new T[size_t(rows_ > 0 ? rows_ : 1) * size_t(columns > 0 ? columns : 1)]), rows(rows_) {}
    T& operator()(int64_t i, int64_t j) { return data[i + j * rows]; }
    const T* get() const { return data.get(); }
    int64_t ld() const { return rows > 1 ? rows : 1; }
};

template <class T, class From>
Dense<T> dense(const From* a, int64_t lda, Op op, int64_t rows, int64_t columns) {
    Dense<T> out(rows, columns);
    if (op == Op::n) {
        for (int64_t j = 0; j < columns; ++j)
            for (int64_t i = 0; i < rows; ++i) out(i, j) = convert<T>(a[i + j * lda]);
    } else {
        for (int64_t i = 0; i < rows; ++i)
            for (int64_t j = 0; j < columns; ++j) out(i, j) = convert<T>(element(a, lda, op, i, j));
    }
    return out;
}

// C = alpha A B + beta C for plain column-major A (m x k) and B (k x n).
template <class T>
void multiply_plain(int64_t m, int64_t n, int64_t k, T alpha, const T* a, int64_t lda, const T* b, int64_t ldb, T beta,
                    T* c, int64_t ldc) {
    std::vector<T> sums(m);
    for (int64_t j = 0; j < n; ++j) {
        std::fill(sums.begin(), sums.end(), T(0));
        for (int64_t l = 0; l < k; ++l) {
            T factor = b[l + j * ldb];
            const T* column = a + l * lda;
            for (int64_t i = 0; i < m; ++i) sums[i] += times(column[i], factor);
        }
        for (int64_t i = 0; i < m; ++i) {
            T& out = c[i + j * ldc];
            out = T(times(alpha, sums[i]) + scaled(beta, out));
        }
    }
}

template <class T> constexpr bool in_openblas =
    std::is_same<T, float>::value || std::is_same<T, double>::value || std::is_same<T, ComplexF>::value ||
    std::is_same<T, ComplexD>::value;

// C = alpha op(A) op(B) + beta C. A zero alpha reads neither A nor B, a zero beta does not read C.
template <class T>
void multiply(Op ta, Op tb, int64_t m, int64_t n, int64_t k, T alpha, const T* a, int64_t lda, const T* b, int64_t ldb,
              T beta, T* c, int64_t ldc) {
    if (m == 0 || n == 0) return;
    if (alpha == T(0) || k == 0) {
        for (int64_t j = 0; j < n; ++j)
            for (int64_t i = 0; i < m; ++i) c[i + j * ldc] = T(scaled(beta, c[i + j * ldc]));
        return;
    }
#ifdef HW_OPENBLAS
    if constexpr (in_openblas<T>) {
        if (openblas::fits(m, n, k, lda, ldb, ldc)) {
            auto letter = [](Op op) { return op == Op::n ? 'N' : op == Op::t ? 'T' : 'C'; };
            return openblas::gemm(letter(ta), letter(tb), int(m), int(n), int(k), alpha, a, int(lda), b, int(ldb), beta,
                                  c, int(ldc));
        }
    }
#endif
    Dense<T> left = ta == Op::n ? Dense<T>(0, 0) : dense<T>(a, lda, ta, m, k);
    Dense<T> right = tb == Op::n ? Dense<T>(0, 0) : dense<T>(b, ldb, tb, k, n);
    multiply_plain(m, n, k, alpha, ta == Op::n ? a : left.get(), ta == Op::n ? lda : left.ld(),
                   tb == Op::n ? b : right.get(), tb == Op::n ? ldb : right.ld(), beta, c, ldc);
}

// Half precision: products and sums in float, one rounding at the end ("at least 16-bit" is what is documented).
inline void multiply(Op ta, Op tb, int64_t m, int64_t n, int64_t k, Half alpha, const Half* a, int64_t lda,
                     const Half* b, int64_t ldb, Half beta, Half* c, int64_t ldc) {
    bool reads = alpha != Half(0) && k > 0;
    Dense<float> left = reads ? dense<float>(a, lda, ta, m, k) : Dense<float>(0, 0);
    Dense<float> right = reads ? dense<float>(b, ldb, tb, k, n) : Dense<float>(0, 0);
    Dense<float> out(m, n);
    multiply<float>(Op::n, Op::n, m, n, reads ? k : 0, float(alpha), left.get(), left.ld(), right.get(), right.ld(), 0.f,
                    out.data.get(), out.ld());
    for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < m; ++i) {
            Half& place = c[i + j * ldc];
            place = Half(out(i, j) + scaled(float(beta), float(place)));
        }
}

inline bool bad_gemm(Op ta, Op tb, int64_t m, int64_t n, int64_t k, int64_t lda, int64_t ldb, int64_t ldc) {
    return k < 0 || bad_shape(m, n, ldc, m) || bad_shape(m, k, lda, ta == Op::n ? m : k) ||
           bad_shape(k, n, ldb, tb == Op::n ? k : n);
}

template <class T>
Status gemm(State* h, Op ta, Op tb, int64_t m, int64_t n, int64_t k, const T* alpha, Batch<const T> a, int64_t lda,
            Batch<const T> b, int64_t ldb, const T* beta, Batch<T> c, int64_t ldc, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(ta, tb)) return Status::invalid_enum;
    if (bad_gemm(ta, tb, m, n, k, lda, ldb, ldc) || count < 0) return Status::invalid_value;
    if (m == 0 || n == 0 || count == 0) return Status::ok;
    if (any_null(alpha, beta) || c.absent() || (k > 0 && (a.absent() || b.absent()))) return Status::invalid_value;
    return for_each(h, count, [=, al = scalar(*h, alpha), be = scalar(*h, beta)](int64_t i) {
        multiply(ta, tb, m, n, k, al.get(), a[i], lda, b[i], ldb, be.get(), c[i], ldc);
    });
}

// The full matrix of which one triangle is stored: symmetric, Hermitian.
template <class T>
Dense<T> filled(const T* a, int64_t lda, Fill fill, bool hermitian, int64_t n) {
    Dense<T> out(n, n);
    for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < n; ++i) out(i, j) = mirrored(a, lda, fill, hermitian, i, j);
    return out;
}

// symm, hemm
template <class T>
Status symm(State* h, bool hermitian, Side side, Fill fill, int64_t m, int64_t n, const T* alpha, Batch<const T> a,
            int64_t lda, Batch<const T> b, int64_t ldb, const T* beta, Batch<T> c, int64_t ldc, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(side, fill)) return Status::invalid_enum;
    int64_t order = side == Side::left ? m : n;
    if (bad_shape(m, n, ldc, m) || bad_shape(m, n, ldb, m) || bad_shape(order, order, lda, order) || count < 0)
        return Status::invalid_value;
    if (m == 0 || n == 0 || count == 0) return Status::ok;
    if (any_null(alpha, beta) || a.absent() || b.absent() || c.absent()) return Status::invalid_value;
    return for_each(h, count, [=, al = scalar(*h, alpha), be = scalar(*h, beta)](int64_t i) {
        if (al.get() == T(0)) return multiply<T>(Op::n, Op::n, m, n, 0, al.get(), b[i], ldb, b[i], ldb, be.get(), c[i], ldc);
        Dense<T> full = filled(a[i], lda, fill, hermitian, order);
        if (side == Side::left)
            multiply<T>(Op::n, Op::n, m, n, m, al.get(), full.get(), full.ld(), b[i], ldb, be.get(), c[i], ldc);
        else
            multiply<T>(Op::n, Op::n, m, n, n, al.get(), b[i], ldb, full.get(), full.ld(), be.get(), c[i], ldc);
    });
}

// What a rank-k update computes: A A' (syrk, herk), A B' (syrkx, herkx) or A B' + B A' (syr2k, her2k).
enum class RankK { one, pair, both };

template <class T, class S>
Status rank_k(State* h, RankK kind, bool hermitian, Fill fill, Op op, int64_t n, int64_t k, const T* alpha_t,
              const S* alpha_s, Batch<const T> a, int64_t lda, Batch<const T> b, int64_t ldb, const S* beta, Batch<T> c,
              int64_t ldc, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(fill, op)) return Status::invalid_enum;
    int64_t rows = op == Op::n ? n : k;
    if (k < 0 || bad_shape(n, n, ldc, n) || bad_shape(n, k, lda, rows) || bad_shape(n, k, ldb, rows) || count < 0)
        return Status::invalid_value;
    if (is_complex<T> && op == (hermitian ? Op::t : Op::c)) return Status::invalid_value;
    if (n == 0 || count == 0) return Status::ok;
    if ((!alpha_t && !alpha_s) || !beta || c.absent() || (k > 0 && (a.absent() || b.absent()))) return Status::invalid_value;
    auto at = alpha_t ? scalar(*h, alpha_t) : Scalar<T>{nullptr, T(0)};
    auto as = alpha_s ? scalar(*h, alpha_s) : Scalar<S>{nullptr, S(0)};
    bool wide = alpha_t != nullptr;
    Op turned = hermitian ? Op::c : Op::t, first = op == Op::n ? Op::n : turned, second = op == Op::n ? turned : Op::n;
    return for_each(h, count, [=, be = scalar(*h, beta)](int64_t i) {
        T alpha = wide ? at.get() : convert<T>(as.get());
        Dense<T> change(n, n);
        multiply<T>(first, second, n, n, k, alpha, a[i], lda, b[i], ldb, T(0), change.data.get(), change.ld());
        if (kind == RankK::both)
            multiply<T>(first, second, n, n, k, hermitian ? conjugate(alpha) : alpha, b[i], ldb, a[i], lda, T(1),
                        change.data.get(), change.ld());
        for (int64_t column = 0; column < n; ++column) {
            int64_t from = fill == Fill::lower ? column : 0, to = fill == Fill::lower ? n : column + 1;
            for (int64_t row = from; row < to; ++row) {
                T& place = c[i][row + column * ldc];
                place = change(row, column) + scaled(be.get(), place);
                if (hermitian && row == column) place = T(real_part(place));
            }
        }
    });
}

// The triangle of A as a full matrix, zeros elsewhere.
template <class T>
Dense<T> triangle(const T* a, int64_t lda, Fill fill, Diag diag, int64_t n) {
    Dense<T> out(n, n);
    for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < n; ++i) {
            bool stored = fill == Fill::lower ? i >= j : i <= j;
            out(i, j) = i == j && diag == Diag::unit ? T(1) : stored ? a[i + j * lda] : T(0);
        }
    return out;
}

inline bool bad_triangle(Side side, int64_t m, int64_t n, int64_t lda, int64_t ldb) {
    int64_t order = side == Side::left ? m : n;
    return bad_shape(m, n, ldb, m) || bad_shape(order, order, lda, order);
}

// C = alpha op(A) B or alpha B op(A); B and C may be the same.
template <class T>
Status trmm(State* h, Side side, Fill fill, Op op, Diag diag, int64_t m, int64_t n, const T* alpha, Batch<const T> a,
            int64_t lda, Batch<const T> b, int64_t ldb, Batch<T> c, int64_t ldc, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(side, fill, op, diag)) return Status::invalid_enum;
    if (bad_triangle(side, m, n, lda, ldb) || bad_shape(m, n, ldc, m) || count < 0) return Status::invalid_value;
    if (m == 0 || n == 0 || count == 0) return Status::ok;
    if (!alpha || a.absent() || b.absent() || c.absent()) return Status::invalid_value;
    return for_each(h, count, [=, al = scalar(*h, alpha)](int64_t i) {
        if (al.get() == T(0)) return multiply<T>(Op::n, Op::n, m, n, 0, T(0), b[i], ldb, b[i], ldb, T(0), c[i], ldc);
        Dense<T> left = triangle(a[i], lda, fill, diag, side == Side::left ? m : n);
        Dense<T> right = dense<T>(b[i], ldb, Op::n, m, n);
        if (side == Side::left)
            multiply<T>(op, Op::n, m, n, m, al.get(), left.get(), left.ld(), right.get(), right.ld(), T(0), c[i], ldc);
        else
            multiply<T>(Op::n, op, m, n, n, al.get(), right.get(), right.ld(), left.get(), left.ld(), T(0), c[i], ldc);
    });
}

// op(A) X = alpha B or X op(A) = alpha B; X replaces B.
template <class T>
void solve_triangles(Side side, Fill fill, Op op, Diag diag, int64_t m, int64_t n, T alpha, const T* a, int64_t lda, T* b,
                     int64_t ldb) {
    for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < m; ++i) b[i + j * ldb] = scaled(alpha, b[i + j * ldb]);
    if (alpha == T(0)) return;
    if (side == Side::left) {
        for (int64_t j = 0; j < n; ++j) solve_triangle(a, lda, fill, op, diag, m, b + j * ldb, 1);
        return;
    }
    // X op(A) = B is op(A)' X' = B', row by row; for a conjugate transpose the rows are conjugated around the solve.
    Op turned = op == Op::n ? Op::t : Op::n;
    for (int64_t i = 0; i < m; ++i) {
        if (op == Op::c) for (int64_t j = 0; j < n; ++j) b[i + j * ldb] = conjugate(b[i + j * ldb]);
        solve_triangle(a, lda, fill, turned, diag, n, b + i, ldb);
        if (op == Op::c) for (int64_t j = 0; j < n; ++j) b[i + j * ldb] = conjugate(b[i + j * ldb]);
    }
}

template <class T>
Status trsm(State* h, Side side, Fill fill, Op op, Diag diag, int64_t m, int64_t n, const T* alpha, Batch<const T> a,
            int64_t lda, Batch<T> b, int64_t ldb, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(side, fill, op, diag)) return Status::invalid_enum;
    if (bad_triangle(side, m, n, lda, ldb) || count < 0) return Status::invalid_value;
    if (m == 0 || n == 0 || count == 0) return Status::ok;
    if (!alpha || a.absent() || b.absent()) return Status::invalid_value;
    return for_each(h, count, [=, al = scalar(*h, alpha)](int64_t i) {
        solve_triangles(side, fill, op, diag, m, n, al.get(), a[i], lda, b[i], ldb);
    });
}

// C = alpha op(A) + beta op(B); C may be A or B. A zero factor leaves its matrix unread (and null, if it likes).
template <class T>
Status geam(State* h, Op ta, Op tb, int64_t m, int64_t n, const T* alpha, Batch<const T> a, int64_t lda, const T* beta,
            Batch<const T> b, int64_t ldb, Batch<T> c, int64_t ldc, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(ta, tb)) return Status::invalid_enum;
    if (bad_shape(m, n, ldc, m) || bad_shape(m, n, lda, ta == Op::n ? m : n) || bad_shape(m, n, ldb, tb == Op::n ? m : n) || count < 0)
        return Status::invalid_value;
    if (m == 0 || n == 0 || count == 0) return Status::ok;
    if (any_null(alpha, beta) || c.absent()) return Status::invalid_value;
    return for_each(h, count, [=, al = scalar(*h, alpha), be = scalar(*h, beta)](int64_t i) {
        T x = al.get(), y = be.get();
        Dense<T> out(m, n);
        for (int64_t column = 0; column < n; ++column)
            for (int64_t row = 0; row < m; ++row) {
                T value(0);
                if (x != T(0)) value += times(x, element(a[i], lda, ta, row, column));
                if (y != T(0)) value += times(y, element(b[i], ldb, tb, row, column));
                out(row, column) = value;
            }
        for (int64_t column = 0; column < n; ++column)
            for (int64_t row = 0; row < m; ++row) c[i][row + column * ldc] = out(row, column);
    });
}

// C = diag(x) A or A diag(x)
template <class T>
Status dgmm(State* h, Side side, int64_t m, int64_t n, Batch<const T> a, int64_t lda, Batch<const T> x, int64_t incx,
            Batch<T> c, int64_t ldc, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(side)) return Status::invalid_enum;
    if (bad_shape(m, n, lda, m) || bad_shape(m, n, ldc, m) || count < 0) return Status::invalid_value;
    if (m == 0 || n == 0 || count == 0) return Status::ok;
    if (a.absent() || x.absent() || c.absent()) return Status::invalid_value;
    return for_each(h, count, [=](int64_t b) {
        Vector<const T> xs(x[b], side == Side::left ? m : n, incx);
        for (int64_t j = 0; j < n; ++j)
            for (int64_t i = 0; i < m; ++i)
                c[b][i + j * ldc] = times(a[b][i + j * lda], xs[side == Side::left ? i : j]);
    });
}

}  // namespace hw::blas
