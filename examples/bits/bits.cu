// Bit tricks that reach for the instruction set: inline PTX, byte permutes, funnel shifts, four bytes in one word.
#include <cuda_runtime.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

static void require(cudaError_t status, int line) {
  if (status != cudaSuccess) {
    std::fprintf(stderr, "line %d: %s\n", line, cudaGetErrorString(status));
    std::exit(2);
  }
}
#define REQUIRE(call) require(call, __LINE__)

// -- one device function per trick, each with a twin in plain C++ below ------------------------------------------------

__device__ __forceinline__ uint32_t lane() {
  uint32_t id;
  asm("mov.u32 %0, %%laneid;" : "=r"(id));
  return id;
}

__device__ __forceinline__ uint32_t lanes_below() {
  uint32_t mask;
  asm volatile("mov.u32 %0, %%lanemask_lt;" : "=r"(mask));
  return mask;
}

// The majority of three bits, in all 32 positions.
__device__ __forceinline__ uint32_t majority(uint32_t a, uint32_t b, uint32_t c) {
  uint32_t d;
  asm("lop3.b32 %0, %1, %2, %3, 0xE8;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
  return d;
}

__device__ __forceinline__ uint32_t field(uint32_t word, uint32_t start, uint32_t length) {
  uint32_t d;
  asm("bfe.u32 %0, %1, %2, %3;" : "=r"(d) : "r"(word), "r"(start), "r"(length));
  return d;
}

__device__ __forceinline__ uint32_t put(uint32_t value, uint32_t word, uint32_t start, uint32_t length) {
  asm("bfi.b32 %0, %1, %0, %2, %3;" : "+r"(word) : "r"(value), "r"(start), "r"(length));
  return word;
}

__device__ __forceinline__ uint32_t shuffle_bytes(uint32_t a, uint32_t b) {
  uint32_t d;
  asm("prmt.b32 %0, %1, %2, 0x3175;" : "=r"(d) : "r"(a), "r"(b));
  return d;
}

__device__ __forceinline__ uint64_t multiply_add_wide(uint32_t a, uint32_t b, uint64_t c) {
  uint64_t d;
  asm("mad.wide.u32 %0, %1, %2, %3;" : "=l"(d) : "r"(a), "r"(b), "l"(c));
  return d;
}

// A sum of 96 bits with carries.
__device__ __forceinline__ void add96(uint32_t (&a)[3], uint32_t x, uint32_t y, uint32_t z) {
  asm("{\n\t"
      "add.cc.u32  %0, %0, %3;\n\t"
      "addc.cc.u32 %1, %1, %4;\n\t"
      "addc.u32    %2, %2, %5;\n\t"
      "}"
      : "+r"(a[0]), "+r"(a[1]), "+r"(a[2])
      : "r"(x), "r"(y), "r"(z));
}

__device__ __forceinline__ uint32_t rotate_left(uint32_t word, int by) { return __funnelshift_l(word, word, by); }

__global__ void mix(const uint32_t* in, int count, uint32_t* out, unsigned long long* total) {
  const int index = blockIdx.x * blockDim.x + threadIdx.x;
  const bool inside = index < count;
  const uint32_t a = inside ? in[index] : 0;
  const uint32_t b = inside ? in[(index + 1) % count] : 0;
  const uint32_t c = inside ? in[(index + 2) % count] : 0;

  uint32_t h = majority(a, b, c);
  h ^= rotate_left(a, 7) + __funnelshift_r(b, c, 11);
  h = put(field(b, 5, 9), h, 3, 9);
  h += shuffle_bytes(a, c);
  h ^= __byte_perm(b, c, 0x6240);
  h += __brev(a) + (__clz(b) << 8) + (__ffs(c) << 16);
  h ^= __umulhi(a, b) + __usad(b, c, 17u);
  h ^= static_cast<uint32_t>(__mul24(a & 0xffff, b & 0xff));
  h += __uhadd(a, c);

  // Four bytes at a time.
  h ^= __vadd4(a, b) + __vabsdiffu4(b, c);
  h += __vmaxu4(a, c) ^ __vcmpgtu4(a, b);
  h ^= __vavgu4(b, c) + __vsadu4(a, c);
  h += static_cast<uint32_t>(__dp4a(static_cast<int>(a), static_cast<int>(b), 3));

  uint32_t wide[3] = {a, b, c};
  add96(wide, b, c, a);
  h ^= wide[0] + wide[1] + wide[2];
  const uint64_t product = multiply_add_wide(a, c, h);
  h = static_cast<uint32_t>(product >> 32) ^ static_cast<uint32_t>(product);

  // Neighbours that are odd, below me in my warp.
  const uint32_t odd = __ballot_sync(~0u, inside && (a & 1));
  h += __popc(odd & lanes_below()) + lane();

  if (inside) {
    out[index] = h;
    atomicAdd(total, static_cast<unsigned long long>(__popcll(product)));
  }
}

// -- the same in plain C++ ---------------------------------------------------------------------------------------------

namespace plain {

uint8_t byte(uint32_t word, int at) { return static_cast<uint8_t>(word >> (8 * at)); }

template <typename F>
uint32_t bytes(uint32_t a, uint32_t b, F each) {
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i) result |= static_cast<uint32_t>(static_cast<uint8_t>(each(byte(a, i), byte(b, i)))) << (8 * i);
  return result;
}

uint32_t permute(uint32_t a, uint32_t b, uint32_t selector) {
  const uint64_t both = static_cast<uint64_t>(b) << 32 | a;
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i) result |= static_cast<uint32_t>(both >> (8 * (selector >> (4 * i) & 7)) & 0xff) << (8 * i);
  return result;
}

uint32_t reverse(uint32_t word) {
  uint32_t result = 0;
  for (int i = 0; i < 32; ++i) result |= (word >> i & 1u) << (31 - i);
  return result;
}

int leading_zeros(uint32_t word) {
  int zeros = 0;
  while (zeros < 32 && !(word >> (31 - zeros) & 1u)) ++zeros;
  return zeros;
}

int first_set(uint32_t word) {
  for (int i = 0; i < 32; ++i)
    if (word >> i & 1u) return i + 1;
  return 0;
}

int ones(uint64_t word) {
  int count = 0;
  for (; word; word &= word - 1) ++count;
  return count;
}

uint32_t distance(uint32_t x, uint32_t y) { return x > y ? x - y : y - x; }

uint32_t mix(const std::vector<uint32_t>& in, int index, uint64_t& total) {
  const int count = static_cast<int>(in.size());
  const uint32_t a = in[index], b = in[(index + 1) % count], c = in[(index + 2) % count];
  uint32_t h = (a & b) | (a & c) | (b & c);
  h ^= (a << 7 | a >> 25) + (b >> 11 | c << 21);
  h = (h & ~(0x1ffu << 3)) | (b >> 5 & 0x1ffu) << 3;
  h += permute(a, c, 0x3175);
  h ^= permute(b, c, 0x6240);
  h += reverse(a) + (static_cast<uint32_t>(leading_zeros(b)) << 8) + (static_cast<uint32_t>(first_set(c)) << 16);
  h ^= static_cast<uint32_t>(static_cast<uint64_t>(a) * b >> 32) + distance(b, c) + 17u;
  h ^= (a & 0xffff) * (b & 0xff);
  h += static_cast<uint32_t>((static_cast<uint64_t>(a) + c) >> 1);

  h ^= bytes(a, b, [](int x, int y) { return x + y; }) + bytes(b, c, [](int x, int y) { return x > y ? x - y : y - x; });
  h += bytes(a, c, [](int x, int y) { return x > y ? x : y; }) ^ bytes(a, b, [](int x, int y) { return x > y ? 255 : 0; });
  uint32_t apart = 0;
  int dot = 3;
  for (int i = 0; i < 4; ++i) {
    apart += distance(byte(a, i), byte(c, i));
    dot += static_cast<int8_t>(byte(a, i)) * static_cast<int8_t>(byte(b, i));
  }
  h ^= bytes(b, c, [](int x, int y) { return (x + y + 1) >> 1; }) + apart;
  h += static_cast<uint32_t>(dot);

  const uint64_t low = static_cast<uint64_t>(a) + b, middle = static_cast<uint64_t>(b) + c + (low >> 32);
  h ^= static_cast<uint32_t>(low) + static_cast<uint32_t>(middle) + (c + a + static_cast<uint32_t>(middle >> 32));
  const uint64_t product = static_cast<uint64_t>(a) * c + h;
  h = static_cast<uint32_t>(product >> 32) ^ static_cast<uint32_t>(product);
  total += ones(product);
  uint32_t odd = 0;
  for (int i = index / 32 * 32; i < index; ++i) odd += in[i] & 1u;
  return h + odd + index % 32;
}

}  // namespace plain

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 500;
  if (count < 3) {
    std::fprintf(stderr, "usage: %s [words, 3 or more]\n", argv[0]);
    return 2;
  }
  std::vector<uint32_t> in(count), out(count);
  uint32_t state = 2463534242u;
  for (uint32_t& word : in) {
    state ^= state << 13, state ^= state >> 17, state ^= state << 5;
    word = state >> (state & 15);
  }
  uint32_t *d_in, *d_out;
  unsigned long long *d_total, total = 0;
  REQUIRE(cudaMalloc(&d_in, count * sizeof(uint32_t)));
  REQUIRE(cudaMalloc(&d_out, count * sizeof(uint32_t)));
  REQUIRE(cudaMalloc(&d_total, sizeof(total)));
  REQUIRE(cudaMemcpy(d_in, in.data(), count * sizeof(uint32_t), cudaMemcpyHostToDevice));
  REQUIRE(cudaMemcpy(d_total, &total, sizeof(total), cudaMemcpyHostToDevice));
  mix<<<(count + 255) / 256, 256>>>(d_in, count, d_out, d_total);
  REQUIRE(cudaGetLastError());
  REQUIRE(cudaMemcpy(out.data(), d_out, count * sizeof(uint32_t), cudaMemcpyDeviceToHost));
  REQUIRE(cudaMemcpy(&total, d_total, sizeof(total), cudaMemcpyDeviceToHost));

  int wrong = 0;
  uint64_t expected_total = 0;
  for (int i = 0; i < count; ++i) wrong += plain::mix(in, i, expected_total) != out[i];
  const bool good = wrong == 0 && total == expected_total;
  std::printf("%d words mixed, %d wrong, %llu bits set: %s\n", count, wrong, total, good ? "ok" : "WRONG");
  REQUIRE(cudaFree(d_in));
  REQUIRE(cudaFree(d_out));
  REQUIRE(cudaFree(d_total));
  return good ? 0 : 1;
}
