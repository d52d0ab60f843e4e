"""Whole-warp reductions by one call."""

from collections.abc import Iterator

from hipwright.finding import Finding, Helper
from hipwright.rule import Site, rule
from hipwright.rules.warp.lanes import OWN_HALF, cannot_define, cuda_call, in_raw_string, wide_mask

_REDUCE = Helper(
    "HIPWRIGHT_REDUCE",
    f"""
// Combine `value` over the lanes in `mask` of a 32-lane logical warp; each of them gets the result.
template <typename T, typename Combine>
__device__ inline T warp32_reduce(unsigned mask, T value, Combine combine) {{
  mask &= (unsigned)(__activemask() >> {OWN_HALF});
  if (mask == 0xffffffffu) {{
    for (int offset = 16; offset > 0; offset /= 2) value = combine(value, __shfl_xor(value, offset, 32));
    return value;
  }}
  T result = __shfl(value, __ffs(mask) - 1, 32);
  while (mask &= mask - 1) result = combine(result, __shfl(value, __ffs(mask) - 1, 32));
  return result;
}}
""",
)

_COMBINE = {
    "add": ("a + b", ("int", "unsigned")),
    "min": ("a < b ? a : b", ("int", "unsigned")),
    "max": ("a > b ? a : b", ("int", "unsigned")),
    "and": ("a & b", ("unsigned",)),
    "or": ("a | b", ("unsigned",)),
    "xor": ("a ^ b", ("unsigned",)),
}


def _helper(operation: str) -> Helper:
    expression, types = _COMBINE[operation]
    lines = []
    for kind in types:
        lines += [
            f"__device__ inline {kind} warp32_reduce_{operation}(unsigned mask, {kind} value) {{",
            f"  return warp32_reduce(mask, value, []({kind} a, {kind} b) {{ return {expression}; }});",
            "}",
        ]
    return Helper(f"HIPWRIGHT_REDUCE_{operation.upper()}", "\n".join(lines))


@rule(
    "warp-reduce",
    "`__reduce_*_sync` combines the lanes of the own logical warp",
    hazards=("W01", "W02", "W25"),
    names=[f"__reduce_{operation}_sync" for operation in _COMBINE],
    order=22,
    rewrites={
        "__device__ int f(int v) { return __reduce_add_sync(0xffffffff, v); }":
        "__device__ int f(int v) { return warp32_reduce_add(0xffffffff, v); }",
        "__device__ unsigned f(unsigned m, unsigned v) { return __reduce_max_sync(m, v) + __reduce_xor_sync(m, v); }":
        "__device__ unsigned f(unsigned m, unsigned v) { return warp32_reduce_max(m, v) + warp32_reduce_xor(m, v); }",
    },
    keeps=("__device__ int f(int v) { return __reduce_add_sync(~0ull, v); }",),
    notes=('const char* s = R"(__global__ void k(int* p) { *p = __reduce_add_sync(0xffffffff, *p); })";',),
)  # fmt: skip
def warp_reduce(site: Site) -> Iterator[Finding]:
    """HIP 7's `__reduce_*_sync` want a 64-bit mask that equals the active lanes, and err where it has holes.

    Measured in the 7.2 headers: for a mask that is not the lowest lanes of the wavefront, "and", "or" and "xor" combine
    with the logical operators, and the upper half of a wave64 wavefront is such a mask. The helper combines the active
    lanes that the mask names inside their own 32: by exchange when all are there, else lane by lane.
    """
    call = cuda_call(site)
    if call is None or len(call.args) != 2 or wide_mask(site.facts, call.args[0].text):
        return
    if in_raw_string(site):
        yield cannot_define(site, f"`{site.text}` of HIP wants a 64-bit mask")
        return
    operation = call.name.removeprefix("__reduce_").removesuffix("_sync")
    yield site.edit(call.start, call.open, f"warp32_reduce_{operation}", helpers=(_REDUCE, _helper(operation)))
