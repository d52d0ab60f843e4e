// The lanes of a block as coroutines, and the warp-wide operations of CUDA (ORIGINAL) or of HIP between them.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ucontext.h>
#include <vector>
#define __device__
#define __shared__ static
#define __forceinline__ inline
struct Index { unsigned x; };
struct Together { uint64_t lanes; uint64_t value[64]; };
struct Lane { ucontext_t context; std::vector<char> stack; Index index; bool done; uintptr_t place; uint64_t value; Together seen; };
static int width;
static std::vector<Lane> block;
static Lane* self;
static ucontext_t scheduler;
static Index blockDim;
#define threadIdx (self->index)
static const uintptr_t BLOCK_BARRIER = ~uintptr_t(0);
static Together& meet(uintptr_t place, uint64_t value) {
  self->place = place; self->value = value;
  swapcontext(&self->context, &scheduler);
  return self->seen;
}
#define HERE reinterpret_cast<uintptr_t>(__builtin_return_address(0))
#define OP __attribute__((noinline))
static int lane() { return self->index.x % width; }
OP void __syncthreads() { meet(BLOCK_BARRIER, 0); }
static int __popc(unsigned v) { return __builtin_popcount(v); }
static int __ffs(unsigned v) { return __builtin_ffs(v); }
static int __ffs(int v) { return __builtin_ffs(v); }
static int __clz(int v) { return v ? __builtin_clz(v) : 32; }
static bool in(const Together& t, int i) { return t.lanes >> i & 1; }
static int from(const Together& t, int i) { return in(t, i) ? int(t.value[i]) : 0; }
static uint64_t nonzero(const Together& t) { uint64_t b = 0; for (int i = 0; i < 64; ++i) b |= uint64_t(in(t, i) && t.value[i]) << i; return b; }
static uint64_t equal(const Together& t, uint64_t v) { uint64_t b = 0; for (int i = 0; i < 64; ++i) b |= uint64_t(in(t, i) && t.value[i] == v) << i; return b; }
static int up(int w, unsigned d) { int i = lane() - int(d); return i < (lane() & ~(w - 1)) ? lane() : i; }
static int down(int w, unsigned d) { return int((lane() & (w - 1)) + d) >= w ? lane() : lane() + int(d); }
static int across(int w, int m) { int i = lane() ^ m; return i >= ((lane() + w) & ~(w - 1)) ? lane() : i; }
#ifdef ORIGINAL
static const int warpSize = 32;
OP int __shfl_sync(unsigned, int v, int s, int w = 32) { return from(meet(HERE, unsigned(v)), (s & (w - 1)) + (lane() & ~(w - 1))); }
OP int __shfl_up_sync(unsigned, int v, unsigned d, int w = 32) { return from(meet(HERE, unsigned(v)), up(w, d)); }
OP int __shfl_down_sync(unsigned, int v, unsigned d, int w = 32) { return from(meet(HERE, unsigned(v)), down(w, d)); }
OP int __shfl_xor_sync(unsigned, int v, int m, int w = 32) { return from(meet(HERE, unsigned(v)), across(w, m)); }
OP unsigned __ballot_sync(unsigned m, int p) { return m & unsigned(nonzero(meet(HERE, p != 0))); }
OP int __any_sync(unsigned m, int p) { return (m & nonzero(meet(HERE, p != 0))) != 0; }
OP int __all_sync(unsigned m, int p) { return (m & nonzero(meet(HERE, p == 0))) == 0; }
OP unsigned __activemask() { return unsigned(meet(HERE, 0).lanes); }
OP void __syncwarp(unsigned = ~0u) { meet(HERE, 0); }
OP unsigned __match_any_sync(unsigned m, int v) { return m & unsigned(equal(meet(HERE, unsigned(v)), unsigned(v))); }
OP unsigned __match_all_sync(unsigned m, int v, int* p) {
  Together& t = meet(HERE, unsigned(v));
  *p = (equal(t, unsigned(v)) & m) == (t.lanes & m);
  return *p ? m : 0;
}
template <typename T, typename F> T fold(const Together& t, unsigned m, F f) {
  bool first = true; T r = 0;
  for (int i = 0; i < 32; ++i) if (in(t, i) && m >> i & 1) { r = first ? T(t.value[i]) : f(r, T(t.value[i])); first = false; }
  return r;
}
#define REDUCE(name, T, e) OP T __reduce_##name##_sync(unsigned m, T v) { return fold<T>(meet(HERE, unsigned(v)), m, [](T a, T b) { return e; }); }
REDUCE(add, int, a + b) REDUCE(add, unsigned, a + b) REDUCE(min, int, a < b ? a : b) REDUCE(min, unsigned, a < b ? a : b)
REDUCE(max, int, a > b ? a : b) REDUCE(max, unsigned, a > b ? a : b) REDUCE(and, unsigned, a & b) REDUCE(or, unsigned, a | b)
REDUCE(xor, unsigned, a ^ b)
#else
static unsigned __lane_id() { return unsigned(lane()); }
template <typename T> OP T __shfl(T v, int s, int w) { return T(from(meet(HERE, unsigned(v)), (s & (w - 1)) + (lane() & ~(w - 1)))); }
template <typename T> OP T __shfl_up(T v, unsigned d, int w) { return T(from(meet(HERE, unsigned(v)), up(w, d))); }
template <typename T> OP T __shfl_down(T v, unsigned d, int w) { return T(from(meet(HERE, unsigned(v)), down(w, d))); }
template <typename T> OP T __shfl_xor(T v, int m, int w) { return T(from(meet(HERE, unsigned(v)), across(w, m))); }
OP unsigned long long __ballot(int p) { return nonzero(meet(HERE, p != 0)); }
OP unsigned long long __activemask() { return meet(HERE, 0).lanes; }
OP void __syncwarp() { meet(HERE, 0); }
OP unsigned long long __match_any(int v) { return equal(meet(HERE, unsigned(v)), unsigned(v)); }
#endif
