"""Device functions of the project whose names HIP has taken."""

from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule
from hipwright.rules.warp.lanes import amd_only

_TAKEN = {
    "__lane_id": "warp32_lane_id",
    "__lanemask_lt": "warp32_lanemask_lt",
    "__lanemask_gt": "warp32_lanemask_gt",
    "__lanemask_eq": "warp32_lanemask_eq",
}


@rule(
    "own-lane-functions",
    "The project's own lane functions get names that HIP does not have",
    hazards=("W05",),
    names=_TAKEN,
    order=20,
    rewrites={
        "__device__ __forceinline__ unsigned __lane_id() { return threadIdx.x & 31; }\n"
        "__device__ int f() { return __lane_id(); }":
        "__device__ __forceinline__ unsigned warp32_lane_id() { return threadIdx.x & 31; }\n"
        "__device__ int f() { return warp32_lane_id(); }",
    },
    keeps=("__device__ unsigned long long f(int p) { return __ballot(p) >> (__lane_id() & 32); }",),
)  # fmt: skip
def own_lane_functions(site: Site) -> Iterator[Finding]:
    """CUDA has no `__lane_id` or `__lanemask_lt`, so that projects define them; HIP has them, for 64 lanes.

    The project's own would be a redefinition, or where it is not seen, a call would silently reach HIP's. It is renamed
    everywhere.
    """
    if not site.facts.defines(site.text) or amd_only(site.node, site.source) or site.node.type == "field_identifier":
        return
    if site.source.data[site.node.end_byte : site.node.end_byte + 8].startswith((b"() & 32", b"() & 31")):
        return
    yield site.replace(site.node, _TAKEN[site.text])
