// Batched LU factorisation, solves and inverses, as the BLAS libraries offer them for many small matrices.
#pragma once

#include "blas_matrix.h"

namespace hw::blas {

// Right-looking LU with partial pivoting, LAPACK's conventions: pivots count from one, the return value is 0 or the
// number of the first zero pivot. Without `pivots` no rows are exchanged.
template <class T>
int factorise(int64_t m, int64_t n, T* a, int64_t lda, int* pivots) {
    Matrix<T> as{a, lda};
    int info = 0;
    for (int64_t step = 0; step < std::min(m, n); ++step) {
        int64_t best = step;
        if (pivots) {
            for (int64_t i = step + 1; i < m; ++i)
                if (one_norm(as(i, step)) > one_norm(as(best, step))) best = i;
            pivots[step] = int(best + 1);
        }
        if (as(best, step) == T(0)) {
            if (!info) info = int(step + 1);
            continue;
        }
        if (best != step)
            for (int64_t j = 0; j < n; ++j) std::swap(as(step, j), as(best, j));
        for (int64_t i = step + 1; i < m; ++i) as(i, step) /= as(step, step);
        for (int64_t j = step + 1; j < n; ++j)
            for (int64_t i = step + 1; i < m; ++i) as(i, j) -= times(as(i, step), as(step, j));
    }
    return info;
}

template <class T>
void exchange_rows(int64_t n, int64_t columns, const int* pivots, T* b, int64_t ldb, bool backwards) {
    if (!pivots) return;
    for (int64_t step = 0; step < n; ++step) {
        int64_t i = backwards ? n - 1 - step : step;
        if (pivots[i] - 1 != i)
            for (int64_t j = 0; j < columns; ++j) std::swap(b[i + j * ldb], b[pivots[i] - 1 + j * ldb]);
    }
}

template <class T>
void solve_factorised(Op op, int64_t n, int64_t columns, const T* a, int64_t lda, const int* pivots, T* b, int64_t ldb) {
    if (op == Op::n) {
        exchange_rows(n, columns, pivots, b, ldb, false);
        solve_triangles<T>(Side::left, Fill::lower, op, Diag::unit, n, columns, T(1), a, lda, b, ldb);
        solve_triangles<T>(Side::left, Fill::upper, op, Diag::non_unit, n, columns, T(1), a, lda, b, ldb);
    } else {
        solve_triangles<T>(Side::left, Fill::upper, op, Diag::non_unit, n, columns, T(1), a, lda, b, ldb);
        solve_triangles<T>(Side::left, Fill::lower, op, Diag::unit, n, columns, T(1), a, lda, b, ldb);
        exchange_rows(n, columns, pivots, b, ldb, true);
    }
}

// The number of the first zero on the diagonal, or 0.
template <class T> int singular_at(int64_t n, const T* a, int64_t lda) {
    for (int64_t i = 0; i < n; ++i)
        if (a[i + i * lda] == T(0)) return int(i + 1);
    return 0;
}

template <class T>
int invert_factorised(int64_t n, const T* a, int64_t lda, const int* pivots, T* c, int64_t ldc) {
    if (int info = singular_at(n, a, lda)) return info;
    for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < n; ++i) c[i + j * ldc] = T(i == j);
    solve_factorised(Op::n, n, n, a, lda, pivots, c, ldc);
    return 0;
}

template <class T>
Status getrf(State* h, int64_t n, Batch<T> a, int64_t lda, Batch<int> pivots, int* info, int64_t count) {
    if (!h) return Status::not_initialized;
    if (bad_shape(n, n, lda, n) || count < 0 || (count > 0 && (!info || (n > 0 && a.absent())))) return Status::invalid_value;
    return for_each(h, count, [=](int64_t i) {
        info[i] = n == 0 ? 0 : factorise(n, n, a[i], lda, pivots.absent() ? nullptr : pivots[i]);
    });
}

// `info` is on the host: it speaks of the arguments.
template <class T>
Status getrs(State* h, Op op, int64_t n, int64_t columns, Batch<const T> a, int64_t lda, Batch<const int> pivots,
             Batch<T> b, int64_t ldb, int* info, int64_t count) {
    if (!h) return Status::not_initialized;
    if (any_invalid(op)) return Status::invalid_enum;
    if (!info) return Status::invalid_value;
    *info = n < 0 ? -2 : columns < 0 ? -3 : bad_shape(n, n, lda, n) ? -5 : bad_shape(n, columns, ldb, n) ? -8 : count < 0 ? -10 : 0;
    if (*info) return Status::invalid_value;
    if (n == 0 || columns == 0 || count == 0) return Status::ok;
    if (a.absent()) { *info = -4; return Status::invalid_value; }
    if (b.absent()) { *info = -7; return Status::invalid_value; }
    return for_each(h, count, [=](int64_t i) {
        solve_factorised(op, n, columns, a[i], lda, pivots.absent() ? nullptr : pivots[i], b[i], ldb);
    });
}

template <class T>
Status getri(State* h, int64_t n, Batch<const T> a, int64_t lda, Batch<const int> pivots, Batch<T> c, int64_t ldc,
             int* info, int64_t count) {
    if (!h) return Status::not_initialized;
    if (bad_shape(n, n, lda, n) || bad_shape(n, n, ldc, n) || count < 0) return Status::invalid_value;
    if (count > 0 && (!info || (n > 0 && (a.absent() || c.absent())))) return Status::invalid_value;
    return for_each(h, count, [=](int64_t i) {
        info[i] = n == 0 ? 0 : invert_factorised(n, a[i], lda, pivots.absent() ? nullptr : pivots[i], c[i], ldc);
    });
}

// Factorise a copy and invert it.
template <class T>
Status matinv(State* h, int64_t n, Batch<const T> a, int64_t lda, Batch<T> c, int64_t ldc, int* info, int64_t count) {
    if (!h) return Status::not_initialized;
    if (bad_shape(n, n, lda, n) || bad_shape(n, n, ldc, n) || count < 0 || n > 32) return Status::invalid_value;
    if (count > 0 && (!info || (n > 0 && (a.absent() || c.absent())))) return Status::invalid_value;
    return for_each(h, count, [=](int64_t i) {
        Dense<T> work = dense<T>(a[i], lda, Op::n, n, n);
        std::vector<int> pivots(n);
        info[i] = factorise(n, n, work.data.get(), work.ld(), pivots.data());
        if (!info[i]) invert_factorised<T>(n, work.get(), work.ld(), pivots.data(), c[i], ldc);
    });
}

}  // namespace hw::blas
