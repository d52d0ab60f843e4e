"""HIP functions with the exact meaning of PTX instructions, for those that no HIP function or short expression has.

Each is plain C++ as far as possible, so that the tests can run it on the host against an independent model of PTX.
"""

from __future__ import annotations

import re

from hipwright.finding import Helper

_CODE = r"""
// The shared memory that a 32-bit address made by lds_address() stands for.
template <typename T>
__device__ inline T* lds_at(unsigned address) {
    return (T*)(__attribute__((address_space(3))) T*)address;
}

// The 32-bit address of shared memory behind a generic pointer.
__device__ inline unsigned lds_address(const void* pointer) {
    return (unsigned)(unsigned long long)(__attribute__((address_space(3))) const char*)(const char*)pointer;
}

// Two bf16 in a 32-bit register.
__device__ inline __hip_bfloat162 bf16x2_from_bits(unsigned bits) {
    return __hip_bfloat162(__builtin_bit_cast(__hip_bfloat162_raw, bits));
}
__device__ inline unsigned bf16x2_bits(__hip_bfloat162 value) {
    return __builtin_bit_cast(unsigned, (__hip_bfloat162_raw)value);
}

// The number of the 32-lane warp in its block.
__device__ inline unsigned ptx_warpid() {
    return (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) / 32;
}

// Bytes of shared memory of the running kernel, from its dispatch packet.
__device__ inline unsigned ptx_total_smem_size() {
    return *(const unsigned*)((const char*)__builtin_amdgcn_dispatch_ptr() + 28);
}

// Bytes of dynamic shared memory of the running kernel: all that its dispatch packet asks for less the static part.
__device__ inline unsigned ptx_dynamic_smem_size() {
    return *(const unsigned*)((const char*)__builtin_amdgcn_dispatch_ptr() + 28) - __builtin_amdgcn_groupstaticsize();
}

// prmt.b32: each selector nibble picks one of eight bytes; its top bit asks for that byte's sign instead.
__device__ inline unsigned ptx_prmt(unsigned a, unsigned b, unsigned selector) {
    const unsigned long long bytes = (unsigned long long)b << 32 | a;
    unsigned result = 0;
    for (int i = 0; i < 4; i++) {
        const unsigned nibble = selector >> 4 * i & 15;
        unsigned byte = (unsigned)(bytes >> 8 * (nibble & 7)) & 0xff;
        if (nibble & 8) byte = byte & 0x80 ? 0xff : 0;
        result |= byte << 8 * i;
    }
    return result;
}

// bfe.u32
__device__ inline unsigned ptx_bfe_u32(unsigned a, unsigned position, unsigned length) {
    position &= 0xff, length &= 0xff;
    if (position > 31) return 0;
    a >>= position;
    return length > 31 ? a : a & ((1u << length) - 1);
}

// bfe.u64
__device__ inline unsigned long long ptx_bfe_u64(unsigned long long a, unsigned position, unsigned length) {
    position &= 0xff, length &= 0xff;
    if (position > 63) return 0;
    a >>= position;
    return length > 63 ? a : a & ((1ull << length) - 1);
}

// bfe.s32: the sign of the field fills the rest.
__device__ inline int ptx_bfe_s32(int a, unsigned position, unsigned length) {
    position &= 0xff, length &= 0xff;
    if (length == 0) return 0;
    if (position > 31) return a >> 31;
    a >>= position;
    return position + length > 31 ? a : (int)((unsigned)a << (32 - length)) >> (32 - length);
}

// bfe.s64: the sign of the field fills the rest.
__device__ inline long long ptx_bfe_s64(long long a, unsigned position, unsigned length) {
    position &= 0xff, length &= 0xff;
    if (length == 0) return 0;
    if (position > 63) return a >> 63;
    a >>= position;
    return position + length > 63 ? a : (long long)((unsigned long long)a << (64 - length)) >> (64 - length);
}

// bfi.b32: b with length bits at position replaced by the low bits of a.
__device__ inline unsigned ptx_bfi_b32(unsigned a, unsigned b, unsigned position, unsigned length) {
    position &= 0xff, length &= 0xff;
    if (position > 31) return b;
    const unsigned mask = (length > 31 ? ~0u : (1u << length) - 1) << position;
    return (b & ~mask) | (a << position & mask);
}

// bfi.b64: b with length bits at position replaced by the low bits of a.
__device__ inline unsigned long long ptx_bfi_b64(unsigned long long a, unsigned long long b, unsigned position,
    unsigned length) {
    position &= 0xff, length &= 0xff;
    if (position > 63) return b;
    const unsigned long long mask = (length > 63 ? ~0ull : (1ull << length) - 1) << position;
    return (b & ~mask) | (a << position & mask);
}

// bmsk.clamp: length ones from position upwards.
__device__ inline unsigned ptx_bmsk_clamp(unsigned position, unsigned length) {
    if (position > 31) return 0;
    return (length > 31 ? ~0u : (1u << length) - 1) << position;
}

// szext.wrap and .clamp: the sign or zero extension of the low bits.
__device__ inline unsigned ptx_zext(unsigned a, unsigned bits) {
    return bits > 31 ? a : a & ((1u << bits) - 1);
}
__device__ inline int ptx_sext(unsigned a, unsigned bits) {
    return bits == 0 ? 0 : bits > 31 ? (int)a : (int)(a << (32 - bits)) >> (32 - bits);
}

// fns: the position of the n-th set bit counted from base, upwards for n > 0 and downwards for n < 0.
__device__ inline unsigned ptx_fns(unsigned mask, unsigned base, int n) {
    if (n == 0) return mask >> (base & 31) & 1 ? base : ~0u;
    const int step = n > 0 ? 1 : -1;
    int left = n > 0 ? n : -n;
    for (int bit = (int)base; bit >= 0 && bit < 32; bit += step)
        if (mask >> bit & 1 && --left == 0) return (unsigned)bit;
    return ~0u;
}

// lop3.b32 by its truth table.
__device__ inline unsigned ptx_lop3(unsigned a, unsigned b, unsigned c, unsigned table) {
    unsigned result = 0;
    for (int i = 0; i < 8; i++)
        if (table >> i & 1) result |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
    return result;
}

// What CUDA's __dp4a computes: the sum of four products of bytes, with c.
__device__ inline int ptx_dp4a(int a, int b, int c) {
    unsigned sum = (unsigned)c;
    for (int i = 0; i < 32; i += 8) sum += (unsigned)((signed char)(a >> i) * (signed char)(b >> i));
    return (int)sum;
}
__device__ inline unsigned ptx_dp4a(unsigned a, unsigned b, unsigned c) {
    for (int i = 0; i < 32; i += 8) c += (a >> i & 0xff) * (b >> i & 0xff);
    return c;
}
__device__ inline int ptx_dp4a(char4 a, char4 b, int c) {
    return ptx_dp4a(__builtin_bit_cast(int, a), __builtin_bit_cast(int, b), c);
}
__device__ inline unsigned ptx_dp4a(uchar4 a, uchar4 b, unsigned c) {
    return ptx_dp4a(__builtin_bit_cast(unsigned, a), __builtin_bit_cast(unsigned, b), c);
}

// What CUDA's __dp2a_lo and __dp2a_hi compute: two halves of a by the two low or high bytes of b, with c.
__device__ inline int ptx_dp2a_lo(int a, int b, int c) {
    return (int)((unsigned)c + (unsigned)((short)a * (signed char)b) + (unsigned)((a >> 16) * (signed char)(b >> 8)));
}
__device__ inline int ptx_dp2a_hi(int a, int b, int c) {
    return ptx_dp2a_lo(a, b >> 16, c);
}
__device__ inline unsigned ptx_dp2a_lo(unsigned a, unsigned b, unsigned c) {
    return c + (a & 0xffff) * (b & 0xff) + (a >> 16) * (b >> 8 & 0xff);
}
__device__ inline unsigned ptx_dp2a_hi(unsigned a, unsigned b, unsigned c) {
    return ptx_dp2a_lo(a, b >> 16, c);
}
__device__ inline int ptx_dp2a_lo(short2 a, char4 b, int c) {
    return ptx_dp2a_lo(__builtin_bit_cast(int, a), __builtin_bit_cast(int, b), c);
}
__device__ inline int ptx_dp2a_hi(short2 a, char4 b, int c) {
    return ptx_dp2a_hi(__builtin_bit_cast(int, a), __builtin_bit_cast(int, b), c);
}
__device__ inline unsigned ptx_dp2a_lo(ushort2 a, uchar4 b, unsigned c) {
    return ptx_dp2a_lo(__builtin_bit_cast(unsigned, a), __builtin_bit_cast(unsigned, b), c);
}
__device__ inline unsigned ptx_dp2a_hi(ushort2 a, uchar4 b, unsigned c) {
    return ptx_dp2a_hi(__builtin_bit_cast(unsigned, a), __builtin_bit_cast(unsigned, b), c);
}

// A load that is not kept in the caches (CUDA's __ldcs and __ldlu).
template <typename T>
__device__ inline T load_streaming(const T* from) {
    if constexpr (__is_scalar(T)) return __builtin_nontemporal_load(from);
    else return *from;
}
template <typename T, unsigned N>
__device__ inline HIP_vector_type<T, N> load_streaming(const HIP_vector_type<T, N>* from) {
    using Whole = HIP_vector_type<T, N>;
    return __builtin_bit_cast(Whole, __builtin_nontemporal_load((const typename Whole::Native_vec_*)from));
}

// A load that sees what other blocks have stored (CUDA's __ldcg).
template <typename T>
__device__ inline T load_coherent(const T* from) {
    if constexpr (__is_scalar(T)) return __hip_atomic_load(from, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
    else return *from;
}
template <typename T, unsigned N>
__device__ inline HIP_vector_type<T, N> load_coherent(const HIP_vector_type<T, N>* from) {
    using Whole = HIP_vector_type<T, N>;
    return __builtin_bit_cast(Whole, *(const volatile typename Whole::Native_vec_*)from);
}

// A load that sees what other blocks, devices and the host have stored (CUDA's __ldcv).
template <typename T>
__device__ inline T load_volatile(const T* from) {
    if constexpr (__is_scalar(T)) return __hip_atomic_load(from, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_SYSTEM);
    else return *from;
}
template <typename T, unsigned N>
__device__ inline HIP_vector_type<T, N> load_volatile(const HIP_vector_type<T, N>* from) {
    using Whole = HIP_vector_type<T, N>;
    return __builtin_bit_cast(Whole, *(const volatile typename Whole::Native_vec_*)from);
}

// A store that is not kept in the caches (CUDA's __stcs).
template <typename T, typename V>
__device__ inline void store_streaming(T* to, V value) {
    if constexpr (__is_scalar(T)) __builtin_nontemporal_store((T)value, to);
    else *to = value;
}
template <typename T, unsigned N>
__device__ inline void store_streaming(HIP_vector_type<T, N>* to, HIP_vector_type<T, N> value) {
    using Native = typename HIP_vector_type<T, N>::Native_vec_;
    __builtin_nontemporal_store(__builtin_bit_cast(Native, value), (Native*)to);
}

// A store that other blocks and the host see (CUDA's __stwt).
template <typename T, typename V>
__device__ inline void store_through(T* to, V value) {
    if constexpr (__is_scalar(T)) __hip_atomic_store(to, (T)value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_SYSTEM);
    else *to = value;
}
template <typename T, unsigned N>
__device__ inline void store_through(HIP_vector_type<T, N>* to, HIP_vector_type<T, N> value) {
    using Native = typename HIP_vector_type<T, N>::Native_vec_;
    *(volatile Native*)to = __builtin_bit_cast(Native, value);
}

// The sum of four products of bytes, with c. The letters say whether a and b are signed.
__device__ inline int ptx_dp4a_ss(int a, int b, int c) {
    unsigned sum = (unsigned)c;
    for (int i = 0; i < 32; i += 8) sum += (unsigned)((signed char)(a >> i) * (signed char)(b >> i));
    return (int)sum;
}
__device__ inline unsigned ptx_dp4a_uu(unsigned a, unsigned b, unsigned c) {
    for (int i = 0; i < 32; i += 8) c += (a >> i & 0xff) * (b >> i & 0xff);
    return c;
}
__device__ inline int ptx_dp4a_su(int a, unsigned b, int c) {
    unsigned sum = (unsigned)c;
    for (int i = 0; i < 32; i += 8) sum += (unsigned)((signed char)(a >> i) * (int)(b >> i & 0xff));
    return (int)sum;
}
__device__ inline int ptx_dp4a_us(unsigned a, int b, int c) {
    unsigned sum = (unsigned)c;
    for (int i = 0; i < 32; i += 8) sum += (unsigned)((int)(a >> i & 0xff) * (signed char)(b >> i));
    return (int)sum;
}

// Two halves of a by the two low (lo) or high (hi) bytes of b, with c. The letters say whether a and b are signed.
__device__ inline int ptx_dp2a_lo_ss(int a, int b, int c) {
    return (int)((unsigned)c + (unsigned)((short)a * (signed char)b) + (unsigned)((a >> 16) * (signed char)(b >> 8)));
}
__device__ inline int ptx_dp2a_hi_ss(int a, int b, int c) {
    return ptx_dp2a_lo_ss(a, b >> 16, c);
}
__device__ inline unsigned ptx_dp2a_lo_uu(unsigned a, unsigned b, unsigned c) {
    return c + (a & 0xffff) * (b & 0xff) + (a >> 16) * (b >> 8 & 0xff);
}
__device__ inline unsigned ptx_dp2a_hi_uu(unsigned a, unsigned b, unsigned c) {
    return c + (a & 0xffff) * (b >> 16 & 0xff) + (a >> 16) * (b >> 24);
}
__device__ inline int ptx_dp2a_lo_su(int a, unsigned b, int c) {
    return (int)((unsigned)c + (unsigned)((short)a * (int)(b & 0xff)) + (unsigned)((a >> 16) * (int)(b >> 8 & 0xff)));
}
__device__ inline int ptx_dp2a_hi_su(int a, unsigned b, int c) {
    return (int)((unsigned)c + (unsigned)((short)a * (int)(b >> 16 & 0xff)) + (unsigned)((a >> 16) * (int)(b >> 24)));
}
__device__ inline int ptx_dp2a_lo_us(unsigned a, int b, int c) {
    return (int)((unsigned)c + (a & 0xffff) * (unsigned)(signed char)b + (a >> 16) * (unsigned)(signed char)(b >> 8));
}
__device__ inline int ptx_dp2a_hi_us(unsigned a, int b, int c) {
    return ptx_dp2a_lo_us(a, b >> 16, c);
}

// .rn operations that the compiler must not merge into a fused multiply-add.
__device__ inline float ptx_add_rn(float a, float b) {
#pragma clang fp contract(off)
    return a + b;
}
__device__ inline double ptx_add_rn(double a, double b) {
#pragma clang fp contract(off)
    return a + b;
}
__device__ inline float ptx_mul_rn(float a, float b) {
#pragma clang fp contract(off)
    return a * b;
}
__device__ inline double ptx_mul_rn(double a, double b) {
#pragma clang fp contract(off)
    return a * b;
}

// .sat: into [0, 1], NaN to 0.
__device__ inline float ptx_saturate(float x) {
    return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f;
}

// min.NaN and max.NaN: NaN if either is, and -0 below +0.
__device__ inline float ptx_min_nan(float a, float b) {
    return a != a || b != b ? __builtin_nanf("") : a < b || (a == b && __builtin_signbit(a)) ? a : b;
}
__device__ inline float ptx_max_nan(float a, float b) {
    return a != a || b != b ? __builtin_nanf("") : a > b || (a == b && !__builtin_signbit(a)) ? a : b;
}

// cvt.rna.tf32.f32: ten bits of mantissa, ties away from zero.
__device__ inline unsigned ptx_tf32_rna(unsigned bits) {
    return (bits & 0x7f800000) == 0x7f800000 ? bits : (bits + 0x1000) & 0xffffe000;
}
// cvt.rn.tf32.f32: ten bits of mantissa, ties to even.
__device__ inline unsigned ptx_tf32_rn(unsigned bits) {
    return (bits & 0x7f800000) == 0x7f800000 ? bits : (bits + 0xfff + (bits >> 13 & 1)) & 0xffffe000;
}

// nanosleep: at most twice the time asked for; a wavefront sleeps in steps of 64 clocks.
__device__ inline void ptx_nanosleep(unsigned nanoseconds) {
    for (unsigned slept = 0; slept < nanoseconds; slept += 32) __builtin_amdgcn_s_sleep(1);
}

// cp.async as a copy that is done when it returns: `given` bytes from global memory, the rest of the line zero.
template <int Bytes>
__device__ inline void ptx_cp_async(unsigned shared, const void* global, unsigned given = Bytes) {
    char* target = (char*)(__attribute__((address_space(3))) char*)shared;
    if (given >= Bytes) {
        __builtin_memcpy(__builtin_assume_aligned(target, Bytes), __builtin_assume_aligned(global, Bytes), Bytes);
    } else {
        for (unsigned i = 0; i < Bytes; i++) target[i] = i < given ? ((const char*)global)[i] : 0;
    }
}

// The source lane of shfl.sync with the operand c of PTX, within a 32-lane warp, and whether it is in range.
__device__ inline bool ptx_shfl_lane(int& lane, char mode, unsigned b, unsigned c) {
    const int own = __lane_id() & 31, segment = c >> 8 & 31, clamp = c & 31, delta = b & 31;
    const int last = (own & segment) | (clamp & ~segment);
    lane = mode == 'u' ? own - delta : mode == 'd' ? own + delta : mode == 'b' ? own ^ delta
        : (own & segment) | (delta & ~segment);
    const bool valid = mode == 'u' ? lane >= last : lane <= last;
    if (!valid) lane = own;
    return valid;
}
template <typename T>
__device__ inline T ptx_shfl(T value, char mode, unsigned b, unsigned c) {
    int lane;
    ptx_shfl_lane(lane, mode, b, c);
    return __shfl(value, lane, 32);
}
__device__ inline bool ptx_shfl_valid(char mode, unsigned b, unsigned c) {
    int lane;
    return ptx_shfl_lane(lane, mode, b, c);
}

// ldmatrix.m8n8.b16: the lane's two elements of one of the matrices whose rows the lanes point to.
__device__ inline unsigned ptx_ldmatrix(unsigned row, int matrix) {
    const int lane = __lane_id() & 31;
    return *lds_at<unsigned>(__shfl(row, matrix * 8 + (lane >> 2), 32) + (lane & 3) * 4);
}

// ldmatrix.m8n8.trans.b16: the same of the transposed matrix.
__device__ inline unsigned ptx_ldmatrix_trans(unsigned row, int matrix) {
    const int lane = __lane_id() & 31, first = matrix * 8 + (lane & 3) * 2, column = (lane >> 2) * 2;
    const unsigned low = *lds_at<unsigned short>(__shfl(row, first, 32) + column);
    const unsigned high = *lds_at<unsigned short>(__shfl(row, first + 1, 32) + column);
    return high << 16 | low;
}

// stmatrix.m8n8.b16: the lane's two elements go into one of the matrices whose rows the lanes point to.
__device__ inline void ptx_stmatrix(unsigned row, int matrix, unsigned value) {
    const int lane = __lane_id() & 31;
    *lds_at<unsigned>(__shfl(row, matrix * 8 + (lane >> 2), 32) + (lane & 3) * 4) = value;
}

// stmatrix.m8n8.trans.b16: the same into the transposed matrix.
__device__ inline void ptx_stmatrix_trans(unsigned row, int matrix, unsigned value) {
    const int lane = __lane_id() & 31, first = matrix * 8 + (lane & 3) * 2, column = (lane >> 2) * 2;
    *lds_at<unsigned short>(__shfl(row, first, 32) + column) = (unsigned short)value;
    *lds_at<unsigned short>(__shfl(row, first + 1, 32) + column) = (unsigned short)(value >> 16);
}

// movmatrix.m8n8.trans.b16: an 8x8 matrix that the warp holds, transposed.
__device__ inline unsigned ptx_movmatrix(unsigned value) {
    const int lane = __lane_id() & 31, from = (lane & 3) * 8 + (lane >> 3), half = (lane >> 2 & 1) * 16;
    const unsigned low = __shfl(value, from, 32), high = __shfl(value, from + 4, 32);
    return (high >> half) << 16 | (low >> half & 0xffff);
}

// mma.m16n8k*: what lane needs of A and B comes by shuffles, 32 bits of consecutive k at a time.
template <int Blocks, typename Sums, typename Dot>
__device__ inline Sums ptx_mma(const unsigned (&a)[2 * Blocks], const unsigned (&b)[Blocks], Sums c, Dot dot) {
    const int lane = __lane_id() & 31, row = lane & ~3, column = (lane & 3) * 8;
    for (int block = 0; block < Blocks; block++) {
        for (int k = 0; k < 4; k++) {
            const unsigned upper = __shfl(a[2 * block], row + k, 32), lower = __shfl(a[2 * block + 1], row + k, 32);
            const unsigned left = __shfl(b[block], column + k, 32), right = __shfl(b[block], column + 4 + k, 32);
            c.x = dot(upper, left, c.x);
            c.y = dot(upper, right, c.y);
            c.z = dot(lower, left, c.z);
            c.w = dot(lower, right, c.w);
        }
    }
    return c;
}
template <int Blocks>
__device__ inline float4 ptx_mma_f16(const unsigned (&a)[2 * Blocks], const unsigned (&b)[Blocks], float4 c) {
    return ptx_mma<Blocks>(a, b, c, [](unsigned x, unsigned y, float sum) {
        const auto half = [](unsigned bits) { return (float)__builtin_bit_cast(_Float16, (unsigned short)bits); };
        return __builtin_fmaf(half(x >> 16), half(y >> 16), __builtin_fmaf(half(x), half(y), sum));
    });
}
template <int Blocks>
__device__ inline float4 ptx_mma_bf16(const unsigned (&a)[2 * Blocks], const unsigned (&b)[Blocks], float4 c) {
    return ptx_mma<Blocks>(a, b, c, [](unsigned x, unsigned y, float sum) {
        const auto wide = [](unsigned bits) { return __builtin_bit_cast(float, bits); };
        return __builtin_fmaf(wide(x & 0xffff0000), wide(y & 0xffff0000),
            __builtin_fmaf(wide(x << 16), wide(y << 16), sum));
    });
}
template <int Blocks>
__device__ inline float4 ptx_mma_tf32(const unsigned (&a)[2 * Blocks], const unsigned (&b)[Blocks], float4 c) {
    return ptx_mma<Blocks>(a, b, c, [](unsigned x, unsigned y, float sum) {
        return __builtin_fmaf(__builtin_bit_cast(float, x & 0xffffe000), __builtin_bit_cast(float, y & 0xffffe000),
            sum);
    });
}
template <typename X, typename Y, int Blocks>
__device__ inline int4 ptx_mma_bytes(const unsigned (&a)[2 * Blocks], const unsigned (&b)[Blocks], int4 c) {
    return ptx_mma<Blocks>(a, b, c, [](unsigned x, unsigned y, int sum) {
        for (int i = 0; i < 32; i += 8) sum = (int)((unsigned)sum + (unsigned)((X)(x >> i) * (Y)(y >> i)));
        return sum;
    });
}
template <int Blocks>
__device__ inline int4 ptx_mma_ss(const unsigned (&a)[2 * Blocks], const unsigned (&b)[Blocks], int4 c) {
    return ptx_mma_bytes<signed char, signed char>(a, b, c);
}
template <int Blocks>
__device__ inline int4 ptx_mma_uu(const unsigned (&a)[2 * Blocks], const unsigned (&b)[Blocks], int4 c) {
    return ptx_mma_bytes<unsigned char, unsigned char>(a, b, c);
}
template <int Blocks>
__device__ inline int4 ptx_mma_su(const unsigned (&a)[2 * Blocks], const unsigned (&b)[Blocks], int4 c) {
    return ptx_mma_bytes<signed char, unsigned char>(a, b, c);
}
template <int Blocks>
__device__ inline int4 ptx_mma_us(const unsigned (&a)[2 * Blocks], const unsigned (&b)[Blocks], int4 c) {
    return ptx_mma_bytes<unsigned char, signed char>(a, b, c);
}
// With sums of half precision, two to a register: they are kept in float and rounded once.
template <int Blocks>
__device__ inline uint2 ptx_mma_f16_f16(const unsigned (&a)[2 * Blocks], const unsigned (&b)[Blocks], unsigned c0,
    unsigned c1) {
    const auto wide = [](unsigned bits) { return (float)__builtin_bit_cast(_Float16, (unsigned short)bits); };
    const auto narrow = [](float value) { return (unsigned)__builtin_bit_cast(unsigned short, (_Float16)value); };
    const float4 sums = ptx_mma_f16<Blocks>(a, b, make_float4(wide(c0), wide(c0 >> 16), wide(c1), wide(c1 >> 16)));
    return make_uint2(narrow(sums.y) << 16 | narrow(sums.x), narrow(sums.w) << 16 | narrow(sums.z));
}

// mma.m8n8k4.f64
__device__ inline double2 ptx_mma_f64(double a, double b, double c0, double c1) {
    const int lane = __lane_id() & 31, row = lane & ~3, column = (lane & 3) * 8;
    for (int k = 0; k < 4; k++) {
        const double x = __shfl(a, row + k, 32);
        c0 = __builtin_fma(x, __shfl(b, column + k, 32), c0);
        c1 = __builtin_fma(x, __shfl(b, column + 4 + k, 32), c1);
    }
    return make_double2(c0, c1);
}
"""


def _split(code: str) -> dict[str, Helper]:
    """One Helper for each commented paragraph, reachable under every function it defines."""
    helpers: dict[str, Helper] = {}
    for paragraph in re.split(r"\n\n(?=//)", code.strip("\n")):
        names = list(dict.fromkeys(re.findall(r"^__device__ inline [\w ,<>]*?[ *&]*\b(\w+)\(", paragraph, re.M)))
        if not names:
            names = ["lds_at"]
        helper = Helper(f"HIPWRIGHT_{names[0].upper()}", paragraph)
        helpers.update((name, helper) for name in names)
    return helpers


HELPERS = _split(_CODE)
