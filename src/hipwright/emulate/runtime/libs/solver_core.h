// Dense factorisations on the host with LAPACK's conventions: LU, Cholesky, QR, symmetric and Hermitian eigenvalues,
// singular values. Column-major. Single precision is computed in double and rounded once.
//
// Eigenvectors and singular vectors are determined up to a factor of modulus 1 (and within equal values, a rotation): the
// libraries choose it by their algorithms, here the one core chooses for both.
#pragma once

#include "blas_lu.h"

#include <algorithm>
#include <numeric>

namespace hw::solver {

using blas::Batch;
using blas::Diag;
using blas::Fill;
using blas::Op;
using blas::Side;
using blas::State;
using blas::Status;

template <class T> using Exact = std::conditional_t<is_complex<T>, ComplexD, double>;

// A matrix of its own in the exact type.
template <class E>
struct Square {
    int64_t m, n;
    std::vector<E> data;
    Square(int64_t rows, int64_t columns) : m(rows), n(columns), data(rows * columns) {}
    E& operator()(int64_t i, int64_t j) { return data[i + j * m]; }
    const E& operator()(int64_t i, int64_t j) const { return data[i + j * m]; }
    E* column(int64_t j) { return &data[j * m]; }
};
template <class T> Square<Exact<T>> taken(const T* a, int64_t lda, int64_t m, int64_t n) {
    Square<Exact<T>> out(m, n);
    for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < m; ++i) out(i, j) = convert<Exact<T>>(a[i + j * lda]);
    return out;
}
template <class T> void put(const Square<Exact<T>>& from, T* a, int64_t lda, int64_t m, int64_t n) {
    for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < m; ++i) a[i + j * lda] = convert<T>(from(i, j));
}
inline bool bad(int64_t m, int64_t n, int64_t lda) { return m < 0 || n < 0 || lda < std::max<int64_t>(1, m); }

// -- LU -------------------------------------------------------------------------------------------------------------

template <class T> Status getrf(State* h, int64_t m, int64_t n, T* a, int64_t lda, int* pivots, int* info) {
    if (!h) return Status::not_initialized;
    if (bad(m, n, lda) || !a || !info) return Status::invalid_value;
    return blas::for_each(h, 1, [=](int64_t) {
        Square<Exact<T>> work = taken(a, lda, m, n);
        *info = blas::factorise(m, n, work.data.data(), m, pivots);
        put(work, a, lda, m, n);
    });
}
template <class T>
Status getrs(State* h, Op op, int64_t n, int64_t columns, const T* a, int64_t lda, const int* pivots, T* b, int64_t ldb, int* info) {
    if (!h) return Status::not_initialized;
    if (op == Op::invalid || columns < 0 || bad(n, n, lda) || bad(n, columns, ldb) || !a || !b) return Status::invalid_value;
    return blas::for_each(h, 1, [=](int64_t) {
        Square<Exact<T>> left = taken(a, lda, n, n), right = taken(static_cast<const T*>(b), ldb, n, columns);
        blas::solve_factorised(op, n, columns, left.data.data(), n, pivots, right.data.data(), n);
        put(right, b, ldb, n, columns);
        if (info) *info = 0;
    });
}

// -- Cholesky -------------------------------------------------------------------------------------------------------

// The factor in the named triangle; the other one is left alone. Gives 0, or the order of the minor that is not positive.
template <class T> int cholesky(Fill fill, int64_t n, T* a, int64_t lda) {
    using E = Exact<T>;
    Square<E> l(n, n);                           // lower, whichever triangle it comes from
    for (int64_t j = 0; j < n; ++j)
        for (int64_t i = j; i < n; ++i)
            l(i, j) = fill == Fill::lower ? convert<E>(a[i + j * lda]) : conjugate(convert<E>(a[j + i * lda]));
    int info = 0;
    for (int64_t j = 0; j < n && !info; ++j) {
        double pivot = real_part(l(j, j));
        for (int64_t k = 0; k < j; ++k) pivot -= std::norm(l(j, k));
        if (!(pivot > 0)) { info = int(j + 1); break; }
        double root = std::sqrt(pivot);
        l(j, j) = root;
        for (int64_t k = 0; k < j; ++k)
            for (int64_t i = j + 1; i < n; ++i) l(i, j) -= times(l(i, k), conjugate(l(j, k)));
        for (int64_t i = j + 1; i < n; ++i) l(i, j) /= root;
    }
    int64_t done = info ? info - 1 : n;
    for (int64_t j = 0; j < done; ++j)
        for (int64_t i = j; i < n; ++i) {
            if (fill == Fill::lower) a[i + j * lda] = convert<T>(l(i, j));
            else a[j + i * lda] = convert<T>(conjugate(l(i, j)));
        }
    return info;
}
template <class T> void cholesky_solve(Fill fill, int64_t n, int64_t columns, const T* a, int64_t lda, T* b, int64_t ldb) {
    using E = Exact<T>;
    Square<E> factor = taken(a, lda, n, n), right = taken(static_cast<const T*>(b), ldb, n, columns);
    bool lower = fill == Fill::lower;
    for (Op op : {lower ? Op::n : Op::c, lower ? Op::c : Op::n})
        blas::solve_triangles<E>(Side::left, fill, op, Diag::non_unit, n, columns, E(1), factor.data.data(), n, right.data.data(), n);
    put(right, b, ldb, n, columns);
}
template <class T> Status potrf(State* h, Fill fill, int64_t n, Batch<T> a, int64_t lda, int* info, int64_t count) {
    if (!h) return Status::not_initialized;
    if (fill == Fill::invalid || bad(n, n, lda) || a.absent() || !info || count < 0) return Status::invalid_value;
    return blas::for_each(h, count, [=](int64_t i) { info[i] = cholesky(fill, n, a[i], lda); });
}
template <class T>
Status potrs(State* h, Fill fill, int64_t n, int64_t columns, Batch<const T> a, int64_t lda, Batch<T> b, int64_t ldb, int* info, int64_t count) {
    if (!h) return Status::not_initialized;
    if (fill == Fill::invalid || columns < 0 || bad(n, n, lda) || bad(n, columns, ldb) || a.absent() || b.absent()) return Status::invalid_value;
    return blas::for_each(h, count, [=](int64_t i) {
        cholesky_solve(fill, n, columns, a[i], lda, b[i], ldb);
        if (info) *info = 0;
    });
}
template <class T> Status potri(State* h, Fill fill, int64_t n, T* a, int64_t lda, int* info) {
    if (!h) return Status::not_initialized;
    if (fill == Fill::invalid || bad(n, n, lda) || !a || !info) return Status::invalid_value;
    return blas::for_each(h, 1, [=](int64_t) {
        *info = blas::singular_at(n, a, lda);
        if (*info) return;
        std::vector<T> inverse(n * n);
        for (int64_t i = 0; i < n; ++i) inverse[i + i * n] = T(1);
        cholesky_solve<T>(fill, n, n, a, lda, inverse.data(), n);
        for (int64_t j = 0; j < n; ++j)
            for (int64_t i = fill == Fill::lower ? j : 0; i < (fill == Fill::lower ? n : j + 1); ++i) a[i + j * lda] = inverse[i + j * n];
    });
}

// -- QR -------------------------------------------------------------------------------------------------------------

// C = H C with H = I - tau v v^H; v starts at row `first` with a 1 that is not stored.
template <class E> void reflect(Square<E>& c, const E* v, E tau, int64_t first, int64_t from) {
    for (int64_t j = from; j < c.n; ++j) {
        E sum = c(first, j);
        for (int64_t i = first + 1; i < c.m; ++i) sum += times(conjugate(v[i]), c(i, j));
        sum = times(tau, sum);
        c(first, j) -= sum;
        for (int64_t i = first + 1; i < c.m; ++i) c(i, j) -= times(v[i], sum);
    }
}
template <class T> Status geqrf(State* h, int64_t m, int64_t n, T* a, int64_t lda, T* taus, int* info) {
    if (!h) return Status::not_initialized;
    if (bad(m, n, lda) || !a || !taus) return Status::invalid_value;
    return blas::for_each(h, 1, [=](int64_t) {
        using E = Exact<T>;
        Square<E> r = taken(static_cast<const T*>(a), lda, m, n);
        for (int64_t k = 0; k < std::min(m, n); ++k) {
            double rest = 0;
            for (int64_t i = k + 1; i < m; ++i) rest += std::norm(r(i, k));
            E alpha = r(k, k), tau(0);
            if (rest != 0 || alpha != E(real_part(alpha))) {
                double beta = -std::copysign(std::sqrt(std::norm(alpha) + rest), real_part(alpha));
                tau = (E(beta) - alpha) / beta;
                for (int64_t i = k + 1; i < m; ++i) r(i, k) /= alpha - E(beta);
                reflect(r, r.column(k), conjugate(tau), k, k + 1);
                r(k, k) = beta;
            }
            taus[k] = convert<T>(tau);
        }
        put(r, a, lda, m, n);
        if (info) *info = 0;
    });
}
// C = op(Q) C, with Q = H(1) … H(k).
template <class E> void apply_q(const Square<E>& v, const std::vector<E>& taus, Op op, Square<E>& c) {
    int64_t k = int64_t(taus.size());
    for (int64_t n = 0; n < k; ++n) {
        int64_t i = op == Op::n ? k - 1 - n : n;
        reflect(c, &v.data[i * v.m], op == Op::n ? taus[i] : conjugate(taus[i]), i, 0);
    }
}
template <class T> std::vector<Exact<T>> factors(const T* taus, int64_t k) {
    std::vector<Exact<T>> out;
    for (int64_t i = 0; i < k; ++i) out.push_back(convert<Exact<T>>(taus[i]));
    return out;
}
template <class T> Status orgqr(State* h, int64_t m, int64_t n, int64_t k, T* a, int64_t lda, const T* taus, int* info) {
    if (!h) return Status::not_initialized;
    if (bad(m, n, lda) || n > m || k < 0 || k > n || !a || !taus) return Status::invalid_value;
    return blas::for_each(h, 1, [=](int64_t) {
        using E = Exact<T>;
        Square<E> q(m, n);
        for (int64_t i = 0; i < n; ++i) q(i, i) = E(1);
        apply_q(taken(static_cast<const T*>(a), lda, m, k), factors(taus, k), Op::n, q);
        put(q, a, lda, m, n);
        if (info) *info = 0;
    });
}
template <class E> Square<E> adjoint(const Square<E>& a) {
    Square<E> out(a.n, a.m);
    for (int64_t j = 0; j < a.n; ++j)
        for (int64_t i = 0; i < a.m; ++i) out(j, i) = conjugate(a(i, j));
    return out;
}
template <class T>
Status ormqr(State* h, Side side, Op op, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* taus, T* c, int64_t ldc, int* info) {
    if (!h) return Status::not_initialized;
    int64_t order = side == Side::left ? m : n;
    if (side == Side::invalid || op == Op::invalid || bad(m, n, ldc) || k < 0 || k > order || bad(order, k, lda) || !a || !taus || !c)
        return Status::invalid_value;
    if (is_complex<T> && op == Op::t) return Status::invalid_value;
    return blas::for_each(h, 1, [=](int64_t) {
        using E = Exact<T>;
        Square<E> v = taken(a, lda, order, k), out = taken(static_cast<const T*>(c), ldc, m, n);
        if (side == Side::left) {
            apply_q(v, factors(taus, k), op, out);
        } else {                                  // C op(Q) is the adjoint of op(Q)^H C^H
            Square<E> turned = adjoint(out);
            apply_q(v, factors(taus, k), op == Op::n ? Op::c : Op::n, turned);
            out = adjoint(turned);
        }
        put(out, c, ldc, m, n);
        if (info) *info = 0;
    });
}

// -- eigenvalues and singular values: Jacobi's methods ---------------------------------------------------------------

// The rotation that makes columns p and q orthogonal when p·p = a, q·q = b, p·q = c: p' = cs p - conj(sn) q, and q' = sn p + cs q.
template <class E> struct Rotation {
    double cs;
    E sn;
    Rotation(double a, double b, E c) {
        double size = std::abs(c), ratio = (b - a) / (2 * size);
        double tangent = (ratio >= 0 ? 1 : -1) / (std::fabs(ratio) + std::sqrt(1 + ratio * ratio));
        cs = 1 / std::sqrt(1 + tangent * tangent);
        sn = E(cs * tangent / size) * c;
    }
    void columns(E* p, E* q, int64_t n) const {
        for (int64_t i = 0; i < n; ++i) {
            E x = p[i], y = q[i];
            p[i] = E(cs) * x - times(conjugate(sn), y);
            q[i] = times(sn, x) + E(cs) * y;
        }
    }
};
constexpr int kSweeps = 60;

// Singular values of the columns of `a`, which become U S; V is gathered in `v`. One-sided Jacobi (Hestenes).
template <class E> void orthogonalise(Square<E>& a, Square<E>& v) {
    bool again = true;
    for (int sweep = 0; again && sweep < kSweeps; ++sweep) {
        again = false;
        for (int64_t p = 0; p < a.n; ++p)
            for (int64_t q = p + 1; q < a.n; ++q) {
                double x = 0, y = 0;
                E c(0);
                for (int64_t i = 0; i < a.m; ++i) {
                    x += std::norm(a(i, p));
                    y += std::norm(a(i, q));
                    c += times(conjugate(a(i, p)), a(i, q));
                }
                if (std::abs(c) <= 1e-15 * std::sqrt(x * y) || std::abs(c) == 0) continue;
                again = true;
                Rotation<E> turn(x, y, c);
                turn.columns(a.column(p), a.column(q), a.m);
                turn.columns(v.column(p), v.column(q), v.m);
            }
    }
}

// Eigenvalues of the Hermitian matrix in one triangle of `a`, ascending; eigenvectors into the columns of `v`.
template <class E> std::vector<double> eigen(Square<E> a, Square<E>& v) {
    int64_t n = a.n;
    for (int64_t i = 0; i < n; ++i) v(i, i) = E(1);
    bool again = true;
    for (int sweep = 0; again && sweep < kSweeps; ++sweep) {
        again = false;
        for (int64_t p = 0; p < n; ++p)
            for (int64_t q = p + 1; q < n; ++q) {
                E c = a(p, q);
                double x = real_part(a(p, p)), y = real_part(a(q, q));
                if (std::abs(c) <= 1e-17 * (std::fabs(x) + std::fabs(y)) || std::abs(c) == 0) continue;
                again = true;
                Rotation<E> turn(x, y, c);
                turn.columns(a.column(p), a.column(q), n);
                for (int64_t j = 0; j < n; ++j) {     // the same from the left, on rows
                    E s = a(p, j), t = a(q, j);
                    a(p, j) = E(turn.cs) * s - times(turn.sn, t);
                    a(q, j) = times(conjugate(turn.sn), s) + E(turn.cs) * t;
                }
                a(p, q) = a(q, p) = E(0);
                turn.columns(v.column(p), v.column(q), n);
            }
    }
    std::vector<int64_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return real_part(a(i, i)) < real_part(a(j, j)); });
    std::vector<double> values;
    Square<E> sorted(n, n);
    for (int64_t j = 0; j < n; ++j) {
        values.push_back(real_part(a(order[j], order[j])));
        std::copy_n(v.column(order[j]), n, sorted.column(j));
    }
    v = sorted;
    return values;
}
template <class T>
Status syevd(State* h, bool vectors, Fill fill, int64_t n, Batch<T> a, int64_t lda, Real<T>* values, int* info, int64_t count) {
    if (!h) return Status::not_initialized;
    if (fill == Fill::invalid || bad(n, n, lda) || a.absent() || !values || !info) return Status::invalid_value;
    return blas::for_each(h, count, [=](int64_t b) {
        using E = Exact<T>;
        Square<E> full(n, n), v(n, n);
        for (int64_t j = 0; j < n; ++j)
            for (int64_t i = j; i < n; ++i) {
                E value = fill == Fill::lower ? convert<E>(a[b][i + j * lda]) : conjugate(convert<E>(a[b][j + i * lda]));
                full(i, j) = i == j ? E(real_part(value)) : value;
                full(j, i) = conjugate(full(i, j));
            }
        std::vector<double> found = eigen(full, v);
        for (int64_t i = 0; i < n; ++i) values[b * n + i] = Real<T>(found[i]);
        if (vectors) put(v, a[b], lda, n, n);
        info[b] = 0;
    });
}

template <class E> struct Decomposition { Square<E> u, v; std::vector<double> s; };     // A = U diag(s) V^H

// Columns from `have` on become orthonormal to those before them.
template <class E> void complete(Square<E>& u, int64_t have) {
    for (int64_t unit = 0; have < u.n && unit < u.m; ++unit) {
        std::vector<E> x(u.m, E(0));
        x[unit] = E(1);
        double size = 0;
        for (int pass = 0; pass < 2; ++pass) {
            for (int64_t j = 0; j < have; ++j) {
                E c(0);
                for (int64_t i = 0; i < u.m; ++i) c += times(conjugate(u(i, j)), x[i]);
                for (int64_t i = 0; i < u.m; ++i) x[i] -= times(u(i, j), c);
            }
            size = 0;
            for (const E& value : x) size += std::norm(value);
        }
        if (size < 1e-8) continue;
        for (int64_t i = 0; i < u.m; ++i) u(i, have) = x[i] / std::sqrt(size);
        ++have;
    }
}
// For m >= n; U has `columns` columns, V is square.
template <class E> Decomposition<E> decompose(Square<E> a, int64_t columns) {
    int64_t m = a.m, n = a.n;
    Decomposition<E> out{Square<E>(m, columns), Square<E>(n, n), {}};
    Square<E> v(n, n);
    for (int64_t i = 0; i < n; ++i) v(i, i) = E(1);
    orthogonalise(a, v);
    std::vector<double> sizes(n, 0.0);
    for (int64_t j = 0; j < n; ++j) {
        for (int64_t i = 0; i < m; ++i) sizes[j] += std::norm(a(i, j));
        sizes[j] = std::sqrt(sizes[j]);
    }
    std::vector<int64_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return sizes[i] > sizes[j]; });
    int64_t rank = 0;
    for (int64_t j = 0; j < n; ++j) {
        double size = sizes[order[j]];
        out.s.push_back(size);
        std::copy_n(v.column(order[j]), n, out.v.column(j));
        // A column of rounding errors has no direction: `complete` finds one that is orthogonal to the others.
        if (size <= 1e-15 * double(m) * sizes[order[0]] || j >= columns) continue;
        for (int64_t i = 0; i < m; ++i) out.u(i, j) = a(i, order[j]) / size;
        rank = j + 1;
    }
    complete(out.u, rank);
    return out;
}
// U with `left` columns and V with `right` columns, for any shape.
template <class E> Decomposition<E> decompose_any(const Square<E>& a, int64_t left, int64_t right) {
    if (a.m >= a.n) return decompose(a, left);
    Decomposition<E> turned = decompose(adjoint(a), right);
    return {turned.v, turned.u, turned.s};
}

// jobs: 'A' all columns, 'S' the first min(m, n), 'O' those in place of A, 'N' none. `v` receives V^H.
template <class T>
Status gesvd(State* h, char job_u, char job_v, int64_t m, int64_t n, T* a, int64_t lda, Real<T>* s, T* u, int64_t ldu, T* v, int64_t ldv, int* info) {
    if (!h) return Status::not_initialized;
    auto known = [](char job) { return job == 'A' || job == 'S' || job == 'O' || job == 'N'; };
    if (!known(job_u) || !known(job_v) || (job_u == 'O' && job_v == 'O') || bad(m, n, lda) || !a || !s || !info) return Status::invalid_value;
    int64_t least = std::min(m, n);
    if ((job_u == 'A' || job_u == 'S') && (!u || ldu < std::max<int64_t>(1, m))) return Status::invalid_value;
    if ((job_v == 'A' || job_v == 'S') && (!v || ldv < std::max<int64_t>(1, job_v == 'A' ? n : least))) return Status::invalid_value;
    return blas::for_each(h, 1, [=](int64_t) {
        using E = Exact<T>;
        int64_t left = job_u == 'A' ? m : least, right = job_v == 'A' ? n : least;
        Decomposition<E> d = decompose_any(taken(static_cast<const T*>(a), lda, m, n), left, m >= n ? n : right);
        for (int64_t i = 0; i < least; ++i) s[i] = Real<T>(d.s[i]);
        Square<E> adjoint_v = adjoint(d.v);
        if (job_u == 'A' || job_u == 'S') put(d.u, u, ldu, m, left);
        if (job_v == 'A' || job_v == 'S') put(adjoint_v, v, ldv, right, n);
        if (job_u == 'O') put(d.u, a, lda, m, least);
        if (job_v == 'O') put(adjoint_v, a, lda, least, n);
        *info = 0;
    });
}
// Jacobi's spelling: `v` receives V itself, U and V have all columns unless `economy`.
template <class T>
Status gesvdj(State* h, bool vectors, bool economy, int64_t m, int64_t n, T* a, int64_t lda, Real<T>* s, T* u, int64_t ldu, T* v, int64_t ldv, int* info) {
    if (!h) return Status::not_initialized;
    if (bad(m, n, lda) || !a || !s || !info || (vectors && (!u || !v || bad(m, 0, ldu) || bad(n, 0, ldv)))) return Status::invalid_value;
    return blas::for_each(h, 1, [=](int64_t) {
        using E = Exact<T>;
        int64_t least = std::min(m, n), left = economy ? least : m, right = economy ? least : n;
        Decomposition<E> d = decompose_any(taken(static_cast<const T*>(a), lda, m, n), left, right);
        for (int64_t i = 0; i < least; ++i) s[i] = Real<T>(d.s[i]);
        if (vectors) {
            put(d.u, u, ldu, m, left);
            put(d.v, v, ldv, n, right);
        }
        *info = 0;
    });
}

}  // namespace hw::solver
