// mma.sync, ldmatrix and their kin: matrices spread over the lanes of a warp, by the arrangements that PTX documents.
#include "../machine.h"
#include "nv_rounding.h"

using namespace hw;

namespace {

// In the order of MATRIX_TYPES in ptx_warp.py.
enum Type : uint32_t { f16, bf16, tf32, f32, f64, s8, u8, s4, u4, s32, b1 };

uint32_t width(uint32_t type) {
    switch (type) {
    case f64: return 64;
    case f16: case bf16: return 16;
    case s8: case u8: return 8;
    case s4: case u4: return 4;
    case b1: return 1;
    default: return 32;
    }
}

double number(uint64_t word, uint32_t type, uint32_t index) {
    const uint32_t bits_each = width(type);
    const uint64_t field = bits_each == 64 ? word : word >> index * bits_each & ((uint64_t(1) << bits_each) - 1);
    switch (type) {
    case f16: return static_cast<double>(bits<_Float16>(static_cast<uint16_t>(field)));
    case bf16: return bits<float>(static_cast<uint32_t>(field << 16));
    case tf32: return bits<float>(static_cast<uint32_t>(field & 0xffffe000));
    case f32: return bits<float>(static_cast<uint32_t>(field));
    case f64: return bits<double>(field);
    case s8: return static_cast<int8_t>(field);
    case s4: return static_cast<int>(field ^ 8) - 8;
    case s32: return static_cast<int32_t>(field);
    default: return static_cast<double>(field);
    }
}

struct Mma {
    void* d;
    const void *a, *b, *c;
    uint32_t m, n, k, d_type, a_type, b_type, c_type, operation, saturate;
};

uint64_t word_of(const void* words, uint32_t type, uint32_t index) {
    return type == f64 ? static_cast<const uint64_t*>(words)[index] : static_cast<const uint32_t*>(words)[index];
}

void complete(const Group& g, const char* what) {
    if (g.active != 0xffffffffu) {
        fault("inactive-lane", g.site, "%s needs all lanes of the warp; lanes 0x%08x take part", what, static_cast<uint32_t>(g.active));
    }
}

// Lane 4g+t holds, of a: rows g and g+8, columns from t*p on, p to a register; of b the same with columns for rows; of c
// and d: rows g and g+8, columns 2t and 2t+1.
void multiply_matrices(Group& g) {
    complete(g, "mma");
    static thread_local double a[16][256], b[256][8], c[16][8];
    const Mma& shape = *reinterpret_cast<const Mma*>(g.op[__builtin_ctzll(g.active)]->in[0]);
    const uint32_t tall = shape.m / 8;
    for (auto& row : a) for (double& x : row) x = 0;
    for (auto& row : b) for (double& x : row) x = 0;
    for (auto& row : c) for (double& x : row) x = 0;
    for (uint32_t lane = 0; lane < 32; ++lane) {
        if (!(g.active >> lane & 1)) continue;
        const Mma& held = *reinterpret_cast<const Mma*>(g.op[lane]->in[0]);
        const uint32_t group = lane / 4, t = lane % 4;
        const uint32_t per_a = shape.a_type == f64 ? 1 : 32 / width(shape.a_type);
        for (uint32_t r = 0; r < shape.m * shape.k / 32 / per_a; ++r)
            for (uint32_t e = 0; e < per_a; ++e)
                a[group + 8 * (r % tall)][r / tall * 4 * per_a + t * per_a + e] = number(word_of(held.a, shape.a_type, r), shape.a_type, e);
        const uint32_t per_b = shape.b_type == f64 ? 1 : 32 / width(shape.b_type);
        for (uint32_t r = 0; r < shape.k * 8 / 32 / per_b; ++r)
            for (uint32_t e = 0; e < per_b; ++e)
                b[r * 4 * per_b + t * per_b + e][group] = number(word_of(held.b, shape.b_type, r), shape.b_type, e);
        const uint32_t per_c = width(shape.c_type) == 16 ? 2 : 1;
        for (uint32_t i = 0; i < 2 * tall; ++i)
            c[group + 8 * (i / 2)][2 * t + i % 2] = number(word_of(held.c, shape.c_type, i / per_c), shape.c_type, i % per_c);
    }
    for (uint32_t lane = 0; lane < 32; ++lane) {
        if (!(g.active >> lane & 1)) continue;
        const Mma& held = *reinterpret_cast<const Mma*>(g.op[lane]->in[0]);
        const uint32_t group = lane / 4, t = lane % 4;
        for (uint32_t i = 0; i < 2 * tall; ++i) {
            const uint32_t row = group + 8 * (i / 2), column = 2 * t + i % 2;
            double sum = c[row][column];
            for (uint32_t k = 0; k < shape.k; ++k) {
                const double x = a[row][k], y = b[k][column];
                sum += shape.operation == 0 ? x * y : shape.operation == 1 ? double(int(x) ^ int(y)) : double(int(x) & int(y));
            }
            if (shape.d_type == f64) {
                static_cast<double*>(held.d)[i] = sum;
            } else if (shape.d_type == f32) {
                static_cast<uint32_t*>(held.d)[i] = bits<uint32_t>(static_cast<float>(sum));
            } else if (shape.d_type == s32) {
                // Exact: the sums stay far below 2^53.
                const int64_t whole_sum = static_cast<int64_t>(sum);
                static_cast<uint32_t*>(held.d)[i] = shape.saturate ? static_cast<uint32_t>(to_integer<int32_t>(Round::zero, sum)) : static_cast<uint32_t>(whole_sum);
            } else {
                reinterpret_cast<uint16_t*>(held.d)[i] = bits<uint16_t>(static_cast<_Float16>(static_cast<float>(sum)));
            }
        }
    }
}

// in: own row's address, count, transposed; own registers' address.
uint32_t element(const Group& g, uint32_t matrix, uint32_t row, uint32_t column, bool* there) {
    const uint32_t lane = matrix * 8 + row;
    *there = g.active >> lane & 1;
    return *there ? reinterpret_cast<const uint16_t*>(g.op[lane]->in[0])[column] : 0;
}
void load_matrices(Group& g) {
    complete(g, "ldmatrix");
    for (uint32_t lane = 0; lane < 32; ++lane) {
        if (!(g.active >> lane & 1)) continue;
        const Op& op = *g.op[lane];
        for (uint32_t matrix = 0; matrix < op.in[1]; ++matrix) {
            uint32_t word = 0;
            for (uint32_t e = 0; e < 2; ++e) {
                bool there;
                const uint32_t row = op.in[2] ? 2 * (lane % 4) + e : lane / 4, column = op.in[2] ? lane / 4 : 2 * (lane % 4) + e;
                word |= element(g, matrix, row, column, &there) << 16 * e;
            }
            reinterpret_cast<uint32_t*>(op.in[3])[matrix] = word;
        }
    }
}
void store_matrices(Group& g) {
    complete(g, "stmatrix");
    for (uint32_t lane = 0; lane < 32; ++lane) {
        if (!(g.active >> lane & 1)) continue;
        const Op& op = *g.op[lane];
        for (uint32_t matrix = 0; matrix < op.in[1]; ++matrix) {
            for (uint32_t e = 0; e < 2; ++e) {
                const uint32_t row = op.in[2] ? 2 * (lane % 4) + e : lane / 4, column = op.in[2] ? lane / 4 : 2 * (lane % 4) + e;
                const uint32_t owner = matrix * 8 + row;
                if (g.active >> owner & 1)
                    reinterpret_cast<uint16_t*>(g.op[owner]->in[0])[column] = static_cast<uint16_t>(reinterpret_cast<const uint32_t*>(op.in[3])[matrix] >> 16 * e);
            }
        }
    }
}
void transpose(Group& g) {
    complete(g, "movmatrix");
    for (uint32_t lane = 0; lane < 32; ++lane) {
        if (!(g.active >> lane & 1)) continue;
        uint64_t word = 0;
        for (uint32_t e = 0; e < 2; ++e) {
            const uint32_t row = 2 * (lane % 4) + e, column = lane / 4, owner = row * 4 + column / 2;
            if (g.active >> owner & 1) word |= (g.op[owner]->in[0] >> 16 * (column % 2) & 0xffff) << 16 * e;
        }
        g.op[lane]->out[0] = word;
    }
}

void moved(Resolve resolve, const void* row, const void* registers, uint32_t count, uint32_t transposed, uint32_t site) {
    Op op{resolve, 0xffffffffu};
    op.in[0] = reinterpret_cast<uint64_t>(row), op.in[1] = count, op.in[2] = transposed, op.in[3] = reinterpret_cast<uint64_t>(registers);
    meet(op, site);
}

}  // namespace

extern "C" {

void hw_ptx_mma(void* d, const void* a, const void* b, const void* c, uint32_t m, uint32_t n, uint32_t k, uint32_t d_type,
                uint32_t a_type, uint32_t b_type, uint32_t c_type, uint32_t operation, uint32_t saturate, uint32_t site) {
    Mma held{d, a, b, c, m, n, k, d_type, a_type, b_type, c_type, operation, saturate};
    Op op{multiply_matrices, 0xffffffffu};
    op.in[0] = reinterpret_cast<uint64_t>(&held);
    meet(op, site);
}
void hw_ptx_ldmatrix(void* registers, const void* row, uint32_t count, uint32_t transposed, uint32_t site) {
    moved(load_matrices, row, registers, count, transposed, site);
}
void hw_ptx_stmatrix(const void* registers, void* row, uint32_t count, uint32_t transposed, uint32_t site) {
    moved(store_matrices, row, registers, count, transposed, site);
}
uint32_t hw_ptx_movmatrix(uint32_t word, uint32_t site) {
    Op op{transpose, 0xffffffffu};
    op.in[0] = word;
    meet(op, site);
    return static_cast<uint32_t>(op.out[0]);
}

}  // extern "C"
