// Sparse matrices and vectors on the host: CSR, CSC and COO with 32- and 64-bit indices, and the products of the generic
// interfaces. Every operation walks the stored entries as (row, column, value), whatever the format.
#pragma once

#include "../machine.h"
#include "data_type.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

namespace hw::sparse {

enum class Status { ok, not_initialized, invalid_value, not_supported, insufficient_resources };
enum class Op { n, t, c, invalid };
enum class Format { csr, csc, coo };

struct Handle { void* stream = nullptr; bool device_scalars = false; };

// Indices whose width is known at run time.
struct Indices {
    void* data = nullptr;
    int bytes = 4;
    int64_t operator[](int64_t i) const {
        return bytes == 2   ? int64_t(static_cast<const uint16_t*>(data)[i])
               : bytes == 4 ? int64_t(static_cast<const int32_t*>(data)[i])
                            : static_cast<const int64_t*>(data)[i];
    }
    void set(int64_t i, int64_t value) const {
        if (bytes == 2) static_cast<uint16_t*>(data)[i] = uint16_t(value);
        else if (bytes == 4) static_cast<int32_t*>(data)[i] = int32_t(value);
        else static_cast<int64_t*>(data)[i] = value;
    }
    Indices at(int64_t i) const { return {static_cast<char*>(data) + i * bytes, bytes}; }
};

struct Vector { int64_t size = 0; void* values = nullptr; DataType type{}; };
struct SparseVector { int64_t size = 0, count = 0, base = 0; Indices indices; void* values = nullptr; DataType type{}; };
struct Dense {
    int64_t rows = 0, columns = 0, ld = 0;
    void* values = nullptr;
    DataType type{};
    bool row_major = false;
    int64_t batches = 1, stride = 0;
    int64_t place(int64_t i, int64_t j) const { return row_major ? i * ld + j : i + j * ld; }
    void* batch(int64_t b) const { return static_cast<char*>(values) + b * stride * int64_t(size_of(type)); }
};
struct Matrix {
    Format format = Format::csr;
    int64_t rows = 0, columns = 0, count = 0, base = 0;
    Indices offsets, inner;           // COO: rows and columns
    void* values = nullptr;
    DataType type{};
    bool upper = false, unit = false; // for triangular solves
    int64_t batches = 1, offset_stride = 0, value_stride = 0;

    int64_t outer() const { return format == Format::csc ? columns : rows; }
    Matrix batch(int64_t b) const {
        Matrix m = *this;
        m.offsets = offsets.at(b * offset_stride);
        m.inner = inner.at(b * value_stride);
        m.values = static_cast<char*>(values) + b * value_stride * int64_t(size_of(type));
        return m;
    }
    template <class Each> void each(Each visit) const {
        if (format == Format::coo) {
            for (int64_t k = 0; k < count; ++k) visit(offsets[k] - base, inner[k] - base, k);
            return;
        }
        for (int64_t i = 0, n = outer(); i < n; ++i)
            for (int64_t k = offsets[i] - base; k < offsets[i + 1] - base; ++k)
                format == Format::csr ? visit(i, inner[k] - base, k) : visit(inner[k] - base, i, k);
    }
};

template <class Work> Status later(Handle* h, Work work) {
    if (!h) return Status::not_initialized;
    enqueue(h->stream, work);
    return Status::ok;
}
template <class... Ps> bool any_null(Ps... pointers) { return ((pointers == nullptr) || ...); }

// Calls `work(Tag<W>)` with the type that sums of `type` are kept in.
template <class Work> void with_wide(DataType type, Work work) {
    if (complex_type(type)) work(Tag<ComplexD>());
    else work(Tag<double>());
}
template <class W> struct Scalar {    // its value at the call, or where it is found when the work runs
    const void* place;
    W value;
    DataType type;
    W get() const { return place ? load<W>(type, place, 0) : value; }
};
template <class W> Scalar<W> scalar(const Handle* h, DataType type, const void* p) {
    return h->device_scalars ? Scalar<W>{p, W(), type} : Scalar<W>{nullptr, load<W>(type, p, 0), type};
}
template <class W> W turned(Op op, W value) { return op == Op::c ? conjugate(value) : value; }
// beta * y, where a zero beta does not read y.
template <class W> W kept(W beta, DataType type, const void* p, int64_t i) { return beta == W(0) ? W(0) : times(beta, load<W>(type, p, i)); }

// -- vectors --------------------------------------------------------------------------------------------------------

inline Status axpby(Handle* h, const void* alpha, const SparseVector* x, const void* beta, const Vector* y) {
    if (!h) return Status::not_initialized;
    if (any_null(alpha, x, beta, y) || x->size != y->size) return Status::invalid_value;
    with_wide(y->type, [&](auto tag) {
        using W = typename decltype(tag)::type;
        later(h, [=, x = *x, y = *y, a = scalar<W>(h, x->type, alpha), b = scalar<W>(h, x->type, beta)] {
            W al = a.get(), be = b.get();
            for (int64_t i = 0; i < y.size; ++i) store<W>(y.type, y.values, i, kept(be, y.type, y.values, i));
            for (int64_t k = 0; k < x.count; ++k) {
                int64_t i = x.indices[k] - x.base;
                store<W>(y.type, y.values, i, load<W>(y.type, y.values, i) + times(al, load<W>(x.type, x.values, k)));
            }
        });
    });
    return Status::ok;
}
inline Status gather(Handle* h, const Vector* y, const SparseVector* x, bool scatter) {
    if (!h) return Status::not_initialized;
    if (any_null(x, y) || x->size != y->size || x->type != y->type) return Status::invalid_value;
    return later(h, [=, x = *x, y = *y] {
        size_t bytes = size_of(x.type);
        for (int64_t k = 0; k < x.count; ++k) {
            char *one = static_cast<char*>(x.values) + k * bytes, *other = static_cast<char*>(y.values) + (x.indices[k] - x.base) * bytes;
            std::memcpy(scatter ? other : one, scatter ? one : other, bytes);
        }
    });
}
inline Status rotate(Handle* h, const void* c, const void* s, const SparseVector* x, const Vector* y) {
    if (!h) return Status::not_initialized;
    if (any_null(c, s, x, y)) return Status::invalid_value;
    with_wide(x->type, [&](auto tag) {
        using W = typename decltype(tag)::type;
        later(h, [=, x = *x, y = *y, cs = scalar<W>(h, x->type, c), sn = scalar<W>(h, x->type, s)] {
            for (int64_t k = 0; k < x.count; ++k) {
                int64_t i = x.indices[k] - x.base;
                W a = load<W>(x.type, x.values, k), b = load<W>(y.type, y.values, i);
                store<W>(x.type, x.values, k, times(cs.get(), a) + times(sn.get(), b));
                store<W>(y.type, y.values, i, times(cs.get(), b) - times(sn.get(), a));
            }
        });
    });
    return Status::ok;
}
inline Status spvv(Handle* h, Op op, const SparseVector* x, const Vector* y, void* result, DataType compute) {
    if (!h) return Status::not_initialized;
    if (any_null(x, y) || !result || x->size != y->size) return Status::invalid_value;
    with_wide(compute, [&](auto tag) {
        using W = typename decltype(tag)::type;
        later(h, [=, x = *x, y = *y] {
            W sum(0);
            for (int64_t k = 0; k < x.count; ++k)
                sum += times(turned(op, load<W>(x.type, x.values, k)), load<W>(y.type, y.values, x.indices[k] - x.base));
            store<W>(compute, result, 0, sum);
        });
    });
    return Status::ok;
}

// -- products -------------------------------------------------------------------------------------------------------

inline Status spmv(Handle* h, Op op, const void* alpha, const Matrix* a, const Vector* x, const void* beta, const Vector* y, DataType compute) {
    if (!h) return Status::not_initialized;
    if (any_null(alpha, beta) || any_null(a, x, y) || op == Op::invalid) return Status::invalid_value;
    if (x->size != (op == Op::n ? a->columns : a->rows) || y->size != (op == Op::n ? a->rows : a->columns)) return Status::invalid_value;
    with_wide(compute, [&](auto tag) {
        using W = typename decltype(tag)::type;
        later(h, [=, a = *a, x = *x, y = *y, al = scalar<W>(h, compute, alpha), be = scalar<W>(h, compute, beta)] {
            std::vector<W> sums(y.size), in(x.size);
            for (int64_t i = 0; i < x.size; ++i) in[i] = load<W>(x.type, x.values, i);
            a.each([&](int64_t i, int64_t j, int64_t k) {
                if (op != Op::n) std::swap(i, j);
                sums[i] += times(turned(op, load<W>(a.type, a.values, k)), in[j]);
            });
            for (int64_t i = 0; i < y.size; ++i)
                store<W>(y.type, y.values, i, times(al.get(), sums[i]) + kept(be.get(), y.type, y.values, i));
        });
    });
    return Status::ok;
}

inline Status spmm(Handle* h, Op ta, Op tb, const void* alpha, const Matrix* a, const Dense* b, const void* beta, const Dense* c, DataType compute) {
    if (!h) return Status::not_initialized;
    if (any_null(alpha, beta) || !a || any_null(b, c) || ta == Op::invalid || tb == Op::invalid) return Status::invalid_value;
    int64_t m = ta == Op::n ? a->rows : a->columns, k = ta == Op::n ? a->columns : a->rows;
    if (c->rows != m || (tb == Op::n ? b->rows : b->columns) != k || (tb == Op::n ? b->columns : b->rows) != c->columns) return Status::invalid_value;
    with_wide(compute, [&](auto tag) {
        using W = typename decltype(tag)::type;
        later(h, [=, all = *a, b = *b, c = *c, al = scalar<W>(h, compute, alpha), be = scalar<W>(h, compute, beta)] {
            for (int64_t batch = 0; batch < c.batches; ++batch) {
                Matrix a = all.batch(all.batches > 1 ? batch : 0);
                const void* right = b.batch(b.batches > 1 ? batch : 0);
                std::vector<W> sums(m * c.columns), in(k * c.columns);
                for (int64_t i = 0; i < k; ++i)
                    for (int64_t j = 0; j < c.columns; ++j)
                        in[i * c.columns + j] = turned(tb, load<W>(b.type, right, tb == Op::n ? b.place(i, j) : b.place(j, i)));
                a.each([&](int64_t i, int64_t p, int64_t at) {
                    if (ta != Op::n) std::swap(i, p);
                    W value = turned(ta, load<W>(a.type, a.values, at));
                    for (int64_t j = 0; j < c.columns; ++j) sums[i * c.columns + j] += times(value, in[p * c.columns + j]);
                });
                for (int64_t i = 0; i < m; ++i)
                    for (int64_t j = 0; j < c.columns; ++j)
                        store<W>(c.type, c.batch(batch), c.place(i, j),
                                 times(al.get(), sums[i * c.columns + j]) + kept(be.get(), c.type, c.batch(batch), c.place(i, j)));
            }
        });
    });
    return Status::ok;
}

// C = alpha op(A) op(B) + beta C at C's stored entries alone.
inline Status sddmm(Handle* h, Op ta, Op tb, const void* alpha, const Dense* a, const Dense* b, const void* beta, const Matrix* c, DataType compute) {
    if (!h) return Status::not_initialized;
    if (any_null(alpha, beta) || any_null(a, b) || !c || ta == Op::invalid || tb == Op::invalid) return Status::invalid_value;
    int64_t k = ta == Op::n ? a->columns : a->rows;
    if (c->rows != (ta == Op::n ? a->rows : a->columns) || k != (tb == Op::n ? b->rows : b->columns) ||
        c->columns != (tb == Op::n ? b->columns : b->rows))
        return Status::invalid_value;
    with_wide(compute, [&](auto tag) {
        using W = typename decltype(tag)::type;
        later(h, [=, a = *a, b = *b, c = *c, al = scalar<W>(h, compute, alpha), be = scalar<W>(h, compute, beta)] {
            c.each([&](int64_t i, int64_t j, int64_t at) {
                W sum(0);
                for (int64_t p = 0; p < k; ++p)
                    sum += times(turned(ta, load<W>(a.type, a.values, ta == Op::n ? a.place(i, p) : a.place(p, i))),
                                 turned(tb, load<W>(b.type, b.values, tb == Op::n ? b.place(p, j) : b.place(j, p))));
                store<W>(c.type, c.values, at, times(al.get(), sum) + kept(be.get(), c.type, c.values, at));
            });
        });
    });
    return Status::ok;
}

// Solves op(A) X = alpha op(B), with the triangle of A that its attributes name; columns of X one after the other.
inline Status solve(Handle* h, Op ta, Op tb, const void* alpha, const Matrix* a, const Dense* b, const Dense* x, DataType compute) {
    if (!h) return Status::not_initialized;
    if (!alpha || !a || any_null(b, x) || ta == Op::invalid || tb == Op::invalid || a->rows != a->columns) return Status::invalid_value;
    if (x->rows != a->rows || (tb == Op::n ? b->rows : b->columns) != x->rows || (tb == Op::n ? b->columns : b->rows) != x->columns)
        return Status::invalid_value;
    with_wide(compute, [&](auto tag) {
        using W = typename decltype(tag)::type;
        later(h, [=, a = *a, b = *b, x = *x, al = scalar<W>(h, compute, alpha)] {
            bool upper = a.upper != (ta != Op::n);
            std::vector<std::vector<std::pair<int64_t, W>>> rows(a.rows);
            std::vector<W> diagonal(a.rows, W(a.unit ? 1 : 0));
            a.each([&](int64_t i, int64_t j, int64_t at) {
                if (ta != Op::n) std::swap(i, j);
                W value = turned(ta, load<W>(a.type, a.values, at));
                if (i == j && !a.unit) diagonal[i] += value;
                else if (upper ? j > i : j < i) rows[i].push_back({j, value});
            });
            for (int64_t column = 0; column < x.columns; ++column) {
                std::vector<W> out(a.rows);
                for (int64_t n = 0; n < a.rows; ++n) {
                    int64_t i = upper ? a.rows - 1 - n : n;
                    W sum = times(al.get(), turned(tb, load<W>(b.type, b.values, tb == Op::n ? b.place(i, column) : b.place(column, i))));
                    for (auto& [j, value] : rows[i]) sum -= times(value, out[j]);
                    out[i] = sum / diagonal[i];
                }
                for (int64_t i = 0; i < a.rows; ++i) store<W>(x.type, x.values, x.place(i, column), out[i]);
            }
        });
    });
    return Status::ok;
}
inline Dense as_column(const Vector& v) { return {v.size, 1, v.size, v.values, v.type}; }

// C = alpha A B: made as a whole in the descriptor, so that its size is known before it has memory.
struct Product { bool made = false; std::vector<std::map<int64_t, ComplexD>> rows; int64_t count = 0; };
inline Status multiply(Handle* h, Product* p, Op ta, Op tb, const void* alpha, const Matrix* a, const Matrix* b, const void* beta, Matrix* c, DataType compute) {
    if (!h) return Status::not_initialized;
    if (!p || any_null(alpha, beta) || any_null(a, b) || !c || a->columns != b->rows) return Status::invalid_value;
    if (ta != Op::n || tb != Op::n || a->format != Format::csr || b->format != Format::csr || c->format != Format::csr) return Status::not_supported;
    if (scalar<ComplexD>(h, compute, beta).get() != ComplexD(0)) hw_unsupported("SpGEMM with beta other than 0");
    ComplexD factor = scalar<ComplexD>(h, compute, alpha).get();
    p->rows.assign(a->rows, {});
    p->count = 0;
    a->each([&](int64_t i, int64_t j, int64_t at) {
        ComplexD value = times(factor, load<ComplexD>(a->type, a->values, at));
        for (int64_t k = b->offsets[j] - b->base; k < b->offsets[j + 1] - b->base; ++k)
            p->rows[i][b->inner[k] - b->base] += times(value, load<ComplexD>(b->type, b->values, k));
    });
    for (auto& row : p->rows) p->count += int64_t(row.size());
    p->made = true;
    c->count = p->count;
    return Status::ok;
}
inline Status copy_product(Handle* h, const Product* p, const Matrix* c) {
    if (!h) return Status::not_initialized;
    if (!p || !p->made || !c || (p->count && any_null(c->inner.data, c->values))) return Status::invalid_value;
    return later(h, [=, rows = p->rows, c = *c] {
        int64_t at = 0;
        for (int64_t i = 0; i < c.rows; ++i) {
            c.offsets.set(i, at + c.base);
            for (auto& [j, value] : rows[i]) {
                c.inner.set(at, j + c.base);
                if (complex_type(c.type)) store<ComplexD>(c.type, c.values, at, value);
                else store<double>(c.type, c.values, at, value.real());
                ++at;
            }
        }
        c.offsets.set(c.rows, at + c.base);
    });
}

// -- conversions ----------------------------------------------------------------------------------------------------

inline Status to_dense(Handle* h, const Matrix* a, const Dense* b) {
    if (!h) return Status::not_initialized;
    if (!a || !b || a->rows != b->rows || a->columns != b->columns || a->type != b->type) return Status::invalid_value;
    return later(h, [=, a = *a, b = *b] {
        size_t bytes = size_of(a.type);
        for (int64_t i = 0; i < b.rows; ++i)
            for (int64_t j = 0; j < b.columns; ++j) std::memset(static_cast<char*>(b.values) + b.place(i, j) * bytes, 0, bytes);
        a.each([&](int64_t i, int64_t j, int64_t at) {
            std::memcpy(static_cast<char*>(b.values) + b.place(i, j) * bytes, static_cast<char*>(a.values) + at * bytes, bytes);
        });
    });
}
inline bool is_zero(const Dense& a, int64_t i, int64_t j) { return load<ComplexD>(a.type, a.values, a.place(i, j)) == ComplexD(0); }
inline Status count_nonzeros(Handle* h, const Dense* a, Matrix* b) {
    if (!h) return Status::not_initialized;
    if (!a || !b || a->rows != b->rows || a->columns != b->columns || a->type != b->type) return Status::invalid_value;
    b->count = 0;
    int64_t outer = b->outer(), inner = b->format == Format::csc ? b->rows : b->columns;
    for (int64_t i = 0; i < outer; ++i) {
        if (b->format != Format::coo) b->offsets.set(i, b->count + b->base);
        for (int64_t j = 0; j < inner; ++j) b->count += !(b->format == Format::csc ? is_zero(*a, j, i) : is_zero(*a, i, j));
    }
    if (b->format != Format::coo) b->offsets.set(outer, b->count + b->base);
    return Status::ok;
}
inline Status to_sparse(Handle* h, const Dense* a, const Matrix* b) {
    if (!h) return Status::not_initialized;
    if (!a || !b || a->type != b->type || (b->count && any_null(b->inner.data, b->values))) return Status::invalid_value;
    return later(h, [=, a = *a, b = *b] {
        size_t bytes = size_of(a.type);
        bool by_column = b.format == Format::csc;
        int64_t at = 0, inner = by_column ? b.rows : b.columns;
        for (int64_t i = 0; i < b.outer(); ++i) {
            if (b.format != Format::coo) b.offsets.set(i, at + b.base);
            for (int64_t j = 0; j < inner; ++j) {
                int64_t row = by_column ? j : i, column = by_column ? i : j;
                if (is_zero(a, row, column)) continue;
                if (b.format == Format::coo) b.offsets.set(at, row + b.base);
                b.inner.set(at, j + b.base);
                std::memcpy(static_cast<char*>(b.values) + at++ * bytes, static_cast<char*>(a.values) + a.place(row, column) * bytes, bytes);
            }
        }
        if (b.format != Format::coo) b.offsets.set(b.outer(), at + b.base);
    });
}
// CSR to CSC; entries of a column keep the order of their rows.
inline Status transpose(Handle* h, int m, int n, int count, const void* values, const int* offsets, const int* inner, void* out,
                        int* out_offsets, int* out_inner, DataType type, bool with_values, int base) {
    if (!h) return Status::not_initialized;
    if (m < 0 || n < 0 || count < 0 || any_null(offsets, out_offsets)) return Status::invalid_value;
    return later(h, [=] {
        std::vector<int> next(n + 1, 0);
        for (int k = 0; k < count; ++k) ++next[inner[k] - base + 1];
        for (int j = 0; j < n; ++j) next[j + 1] += next[j];
        for (int j = 0; j <= n; ++j) out_offsets[j] = next[j] + base;
        size_t bytes = size_of(type);
        for (int i = 0; i < m; ++i)
            for (int k = offsets[i] - base; k < offsets[i + 1] - base; ++k) {
                int at = next[inner[k] - base]++;
                out_inner[at] = i + base;
                if (with_values) std::memcpy(static_cast<char*>(out) + at * bytes, static_cast<const char*>(values) + k * bytes, bytes);
            }
    });
}
inline Status compress(Handle* h, const int* rows, int count, int m, int* offsets, int base) {
    if (!h) return Status::not_initialized;
    if (count < 0 || m < 0 || !offsets || (count && !rows)) return Status::invalid_value;
    return later(h, [=] {
        for (int i = 0, k = 0; i <= m; ++i) {
            while (k < count && rows[k] - base < i) ++k;
            offsets[i] = k + base;
        }
    });
}
inline Status expand(Handle* h, const int* offsets, int m, int* rows, int base) {
    if (!h) return Status::not_initialized;
    if (m < 0 || !offsets) return Status::invalid_value;
    return later(h, [=] {
        for (int i = 0; i < m; ++i)
            for (int k = offsets[i] - base; k < offsets[i + 1] - base; ++k) rows[k] = i + base;
    });
}
// Sorts entries [first, last) by `first_key`, then `second_key`, and the permutation with them.
inline void sort_entries(int first, int last, int* first_key, int* second_key, int* permutation) {
    std::vector<int> order(last - first);
    std::iota(order.begin(), order.end(), first);
    std::stable_sort(order.begin(), order.end(), [=](int a, int b) {
        if (first_key && first_key[a] != first_key[b]) return first_key[a] < first_key[b];
        return second_key[a] < second_key[b];
    });
    for (int* values : {first_key, second_key, permutation}) {
        if (!values) continue;
        std::vector<int> sorted;
        for (int i : order) sorted.push_back(values[i]);
        std::copy(sorted.begin(), sorted.end(), values + first);
    }
}
inline Status sort_coo(Handle* h, int count, int* rows, int* columns, int* permutation, bool by_row) {
    if (!h) return Status::not_initialized;
    if (count < 0 || (count && any_null(rows, columns))) return Status::invalid_value;
    return later(h, [=] { sort_entries(0, count, by_row ? rows : columns, by_row ? columns : rows, permutation); });
}
inline Status sort_rows(Handle* h, int outer, const int* offsets, int* inner, int* permutation, int base) {
    if (!h) return Status::not_initialized;
    if (outer < 0 || !offsets) return Status::invalid_value;
    return later(h, [=] {
        for (int i = 0; i < outer; ++i) sort_entries(offsets[i] - base, offsets[i + 1] - base, nullptr, inner, permutation);
    });
}

// C = alpha A + beta B of CSR matrices, in sorted order; without values where only the structure is asked for.
struct Csr { const int *offsets, *inner; int base; };
inline std::vector<std::map<int, std::pair<int, int>>> joined(int m, Csr a, Csr b) {      // column → places in A and B, or -1
    std::vector<std::map<int, std::pair<int, int>>> rows(m);
    for (int i = 0; i < m; ++i) {
        for (int k = a.offsets[i] - a.base; k < a.offsets[i + 1] - a.base; ++k) rows[i][a.inner[k] - a.base] = {k, -1};
        for (int k = b.offsets[i] - b.base; k < b.offsets[i + 1] - b.base; ++k) rows[i].insert({b.inner[k] - b.base, {-1, -1}}).first->second.second = k;
    }
    return rows;
}
inline Status add_structure(Handle* h, int m, Csr a, Csr b, int* offsets, int* count, int base) {
    if (!h) return Status::not_initialized;
    if (m < 0 || any_null(a.offsets, b.offsets) || !offsets) return Status::invalid_value;
    auto rows = joined(m, a, b);
    offsets[0] = base;
    for (int i = 0; i < m; ++i) offsets[i + 1] = offsets[i] + int(rows[i].size());
    if (count) *count = offsets[m] - base;
    return Status::ok;
}
template <class T>
Status add(Handle* h, int m, const T* alpha, Csr a, const T* va, const T* beta, Csr b, const T* vb, const int* offsets, int* inner, T* out, int base) {
    if (!h) return Status::not_initialized;
    if (m < 0 || any_null(alpha, beta) || any_null(a.offsets, b.offsets, offsets)) return Status::invalid_value;
    return later(h, [=, al = *alpha, be = *beta] {
        auto rows = joined(m, a, b);
        for (int i = 0; i < m; ++i) {
            int at = offsets[i] - base;
            for (auto& [column, places] : rows[i]) {
                inner[at] = column + base;
                out[at++] = T((places.first < 0 ? T(0) : times(al, va[places.first])) + (places.second < 0 ? T(0) : times(be, vb[places.second])));
            }
        }
    });
}

}  // namespace hw::sparse
