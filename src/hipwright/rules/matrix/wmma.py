"""`nvcuda::wmma`: fragments spread over the 32 lanes of a CUDA warp."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Helper, Level
from hipwright.rule import Site, descend, rule
from hipwright.source import encoded

_WMMA = Helper(
    "HIPWRIGHT_WMMA",
    """\
// CUDA's warp matrices on 32 lanes, in plain code: the same on wave64 and wave32, whatever the rest of the wavefront
// does. Matrix A is spread by rows, B by columns and the accumulator by rows, consecutive elements to one lane.
namespace hipwright {
namespace wmma {
struct matrix_a;
struct matrix_b;
struct accumulator;
struct row_major;
struct col_major;
enum layout_t { mem_row_major, mem_col_major };
namespace precision {
struct tf32;
}

template <typename T> struct storage { using type = T; };
template <> struct storage<precision::tf32> { using type = float; };
template <typename T> struct wide { using type = float; };
template <> struct wide<double> { using type = double; };
template <> struct wide<int> { using type = int; };
template <typename Use, int M, int N, int K> struct extent;
template <int M, int N, int K> struct extent<matrix_a, M, N, K> { static constexpr int value = M * K; };
template <int M, int N, int K> struct extent<matrix_b, M, N, K> { static constexpr int value = K * N; };
template <int M, int N, int K> struct extent<accumulator, M, N, K> { static constexpr int value = M * N; };

template <typename Use, int M, int N, int K, typename T, typename Layout = void>
struct fragment {
  using element_type = T;
  using storage_element_type = typename storage<T>::type;
  static constexpr int num_elements = extent<Use, M, N, K>::value / 32;
  storage_element_type x[num_elements];
};

__device__ inline int lane() { return __lane_id() & 31; }

template <typename T>
__device__ inline T from_lane(T value, int source) {
  static_assert(sizeof(T) <= 8, "an element has at most 8 bytes");
  using Word = typename std::conditional<sizeof(T) == 8, long long, int>::type;
  Word word = 0;
  __builtin_memcpy(&word, &value, sizeof(T));
  word = __shfl(word, source, 32);
  __builtin_memcpy(&value, &word, sizeof(T));
  return value;
}

template <int M, int N, int K, typename T, typename Layout, typename S>
__device__ inline void load_matrix_sync(fragment<matrix_a, M, N, K, T, Layout>& a, const S* memory, unsigned ld) {
  constexpr int count = fragment<matrix_a, M, N, K, T, Layout>::num_elements;
  for (int i = 0; i < count; ++i) {
    const int element = lane() * count + i, row = element / K, k = element % K;
    a.x[i] = std::is_same<Layout, row_major>::value ? memory[row * ld + k] : memory[k * ld + row];
  }
}

template <int M, int N, int K, typename T, typename Layout, typename S>
__device__ inline void load_matrix_sync(fragment<matrix_b, M, N, K, T, Layout>& b, const S* memory, unsigned ld) {
  constexpr int count = fragment<matrix_b, M, N, K, T, Layout>::num_elements;
  for (int i = 0; i < count; ++i) {
    const int element = lane() * count + i, column = element / K, k = element % K;
    b.x[i] = std::is_same<Layout, row_major>::value ? memory[k * ld + column] : memory[column * ld + k];
  }
}

template <int M, int N, int K, typename T, typename S>
__device__ inline void load_matrix_sync(fragment<accumulator, M, N, K, T>& c, const S* memory, unsigned ld,
                                        layout_t layout) {
  constexpr int count = fragment<accumulator, M, N, K, T>::num_elements;
  for (int i = 0; i < count; ++i) {
    const int element = lane() * count + i, row = element / N, column = element % N;
    c.x[i] = layout == mem_row_major ? memory[row * ld + column] : memory[column * ld + row];
  }
}

template <int M, int N, int K, typename T, typename S>
__device__ inline void store_matrix_sync(S* memory, const fragment<accumulator, M, N, K, T>& c, unsigned ld,
                                         layout_t layout) {
  constexpr int count = fragment<accumulator, M, N, K, T>::num_elements;
  for (int i = 0; i < count; ++i) {
    const int element = lane() * count + i, row = element / N, column = element % N;
    memory[layout == mem_row_major ? row * ld + column : column * ld + row] = c.x[i];
  }
}

template <typename Use, int M, int N, int K, typename T, typename Layout, typename V>
__device__ inline void fill_fragment(fragment<Use, M, N, K, T, Layout>& f, V value) {
  for (int i = 0; i < f.num_elements; ++i) f.x[i] = value;
}

template <int M, int N, int K, typename D, typename A, typename LayoutA, typename B, typename LayoutB, typename C>
__device__ inline void mma_sync(fragment<accumulator, M, N, K, D>& d, const fragment<matrix_a, M, N, K, A, LayoutA>& a,
                                const fragment<matrix_b, M, N, K, B, LayoutB>& b,
                                const fragment<accumulator, M, N, K, C>& c, bool = false) {
  constexpr int count = M * N / 32, inA = M * K / 32, inB = K * N / 32;
  using Sum = typename wide<C>::type;
  Sum sums[count];
  for (int i = 0; i < count; ++i) sums[i] = static_cast<Sum>(c.x[i]);
#pragma unroll
  for (int k = 0; k < K; ++k) {
    for (int i = 0; i < count; ++i) {
      const int element = lane() * count + i, row = element / N, column = element % N;
      const Sum left = static_cast<Sum>(from_lane(a.x[k % inA], (row * K + k) / inA));
      const Sum right = static_cast<Sum>(from_lane(b.x[k % inB], (column * K + k) / inB));
      sums[i] += left * right;
    }
  }
  for (int i = 0; i < count; ++i) d.x[i] = sums[i];
}

// A float with the 10 mantissa bits of TF32, rounded to the nearest, ties away from zero.
__device__ inline float __float_to_tf32(float value) {
  const unsigned bits = __float_as_uint(value);
  const bool finite = (bits & 0x7f800000u) != 0x7f800000u;
  return finite ? __uint_as_float((bits + 0x1000u) & ~0x1fffu) : value;
}
}  // namespace wmma
}  // namespace hipwright
""",
)

_KERNEL = """\
#include <cuda_fp16.h>
using namespace nvcuda;
__global__ void product(const half* a, const half* b, float* c) {
  wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> fa;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::col_major> fb;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> fc;
  wmma::fill_fragment(fc, 0.0f);
  wmma::load_matrix_sync(fa, a, 16);
  wmma::load_matrix_sync(fb, b, 16);
  wmma::mma_sync(fc, fa, fb, fc);
  for (int i = 0; i < fc.num_elements; i++) fc.x[i] *= 2.0f;
  wmma::store_matrix_sync(c, fc, 16, wmma::mem_row_major);
}
"""


@rule(
    "wmma-fragments",
    "Warp matrices stay on 32 lanes",
    hazards=("L22",),
    names=("nvcuda",),
    order=40,
    rewrites={
        _KERNEL: _KERNEL.replace("nvcuda", "hipwright"),
        "#include <cuda_fp16.h>\nusing nvcuda::wmma::mem_row_major;\n": (
            "#include <cuda_fp16.h>\nusing hipwright::wmma::mem_row_major;\n"
        ),
    },
    keeps=("int nvcuda = 1;\n",),
    notes=(_KERNEL,),
)
def wmma(site: Site) -> Iterator[Finding]:
    """A CUDA warp of 32 lanes owns its tile. AMD's matrix instructions, and rocWMMA with them, work on a whole
    wavefront: on CDNA that is 64 lanes, so two warps with tiles of their own would have to share one, and a block of
    32 threads has half of one. Renaming to rocWMMA compiles and computes wrong results there. A plain implementation
    of CUDA's fragments on 32 lanes is written into the file instead: right on every target, including those without
    matrix cores, and slower than matrix cores. Sub-byte and one-bit types (`wmma::experimental`) are not among them.
    """
    parent = site.node.parent
    if parent is None or parent.type not in (
        "qualified_identifier", "nested_namespace_specifier", "using_declaration", "namespace_alias_definition"
    ):  # fmt: skip
        return
    if parent.type == "qualified_identifier" and parent.child_by_field_name("scope") != site.node:
        return
    yield site.edit(
        site.node.start_byte, site.node.end_byte, "hipwright", helpers=(_WMMA,),
        includes=("hip/hip_fp16.h", "hip/hip_bf16.h", "<type_traits>"),
    )  # fmt: skip
    yield site.note(
        Level.TEST,
        "CUDA's warp matrices run in plain code on 32 lanes: right on wave64 and wave32, without the matrix cores",
        "for speed give each wavefront one tile (64 threads on CDNA) and use rocWMMA",
    )


@rule(
    "wmma-sub-byte",
    "Sub-byte warp matrices",
    hazards=("L22",),
    names=("bmma_sync", "bmmaBitOp", "bmmaAccumulateOp"),
    notes=("__device__ void f() { nvcuda::wmma::bmma_sync(d, a, b, c); }",),
    keeps=("struct A { int bmma_sync; };",),
)
def sub_byte(site: Site) -> Iterator[Finding]:
    """One-bit and four-bit products have no matrix instruction on CDNA or RDNA3; RDNA3 has four-bit ones that take
    other fragments.
    """
    before = site.source.data[max(0, site.node.start_byte - 40) : site.node.start_byte]
    if re.search(rb"\bwmma\s*::\s*(?:experimental\s*::\s*)?$", before):
        yield site.note(
            Level.TODO,
            f"wmma::{site.text} is not ported: AMD has no one-bit matrix products",
            "a loop over __popc(a ^ b) (or a & b) on 32-bit words",
        )


@rule(
    "wmma-element-map",
    "Which lane holds which element of a fragment",
    hazards=("L23",),
    kinds=("subscript_expression",),
    words=("nvcuda", "wmma"),
    notes=(
        _KERNEL.replace("fc.x[i] *= 2.0f", "c[(threadIdx.x / 4) * 16 + i] = fc.x[i]"),
        _KERNEL.replace("for (int i = 0; i < fc.num_elements; i++) fc.x[i] *= 2.0f", "fc.x[1] = 0.0f"),
    ),
    keeps=(_KERNEL.replace("nvcuda", "rocwmma"), "struct P { float x[4]; };\nfloat f(P p) { return p.x[1]; }"),
)
def element_map(site: Site) -> Iterator[Finding]:
    """CUDA leaves open which lane holds which element, and code that found out relies on NVIDIA's map. Working on all
    elements alike, the same index on both sides, is fine; an index that also counts rows, columns or memory is not.
    """
    node = site.node
    base = node.child_by_field_name("argument")
    field = None if base is None else base.child_by_field_name("field")
    owner = None if base is None else base.child_by_field_name("argument")
    if base is None or base.type != "field_expression" or field is None or owner is None:
        return
    text = site.source.text
    if text(field.start_byte, field.end_byte) != "x":
        return
    variable = re.match(r"\w+", text(owner.start_byte, owner.end_byte))
    around = site.within("function_definition")
    if variable is None or around is None or not _is_fragment(site, around.start_byte, variable[0]):
        return
    index = text(base.end_byte, node.end_byte).strip("[] \t")
    loop = site.within("for_statement")
    if index.isidentifier() and loop is not None:
        body = loop.child_by_field_name("body")
        uses = 0
        for name in descend(body, frozenset({"identifier"})) if body is not None else ():
            if text(name.start_byte, name.end_byte) == index:
                before = site.source.data[max(0, name.start_byte - 16) : name.start_byte]
                uses += not re.search(rb"\.\s*x\s*\[\s*$", before)
        if not uses:
            return
    yield site.note(
        Level.TODO,
        f"{variable[0]}.x[{index}] relies on which lane holds which element of a fragment: the map differs from "
        f"NVIDIA's",
        "store the fragment with store_matrix_sync to LDS and index that",
    )


def _is_fragment(site: Site, start: int, variable: str) -> bool:
    """Whether a function declares `variable` as a fragment, before the site."""
    text = site.source.data[start : site.node.start_byte]
    declared = rb"fragment\s*<[^;{}]*>\s*&?\s*(?:[\w\s,\[\]]*\b)?" + re.escape(encoded(variable)) + rb"\b"
    return re.search(declared, text) is not None
