"""Shuffles of the 32-lane logical warp."""

from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule

_PLAIN = {"__shfl_sync": "__shfl", "__shfl_up_sync": "__shfl_up", "__shfl_down_sync": "__shfl_down", "__shfl_xor_sync": "__shfl_xor"}


@rule(
    "shuffle-width",
    "Shuffles stay inside their 32-lane logical warp",
    hazards=("W01", "W02", "W03"),
    names=_PLAIN,
    rewrites={
        "__device__ float f(float v) { return __shfl_down_sync(0xffffffff, v, 16); }":
        "__device__ float f(float v) { return __shfl_down(v, 16, 32); }",
        "__device__ int f(int v, int lane) { return __shfl_sync(0xffffffffu, v, lane, 8); }":
        "__device__ int f(int v, int lane) { return __shfl(v, lane, 8); }",
    },
    keeps=("__device__ int f(int v) { return __shfl_xor(v, 1, 32); }",),
)
def shuffle_width(site: Site) -> Iterator[Finding]:
    """CUDA's warp has 32 lanes; the wavefront of CDNA has 64 and HIP's default shuffle width is the wavefront.

    The mask-free shuffle with an explicit width of 32 keeps the CUDA meaning on wave64 and on wave32 alike, and needs no
    64-bit mask that equals the active lanes, which HIP 7 would demand of the `_sync` form.
    """
    call = site.call
    if call is None or len(call.args) not in (3, 4):
        return
    yield site.edit(call.start, call.args[1].start, f"{_PLAIN[call.name]}(")
    if len(call.args) == 3:
        yield site.insert(call.args[2].end, ", 32")
