"""Groups of the active lanes."""

from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule
from hipwright.rules.cg.groups import from_groups, mentions_groups, qualifier
from hipwright.rules.warp.lanes import amd_only, native_hip

_CLOSING = ", __lane_id() & 32)"


@rule(
    "coalesced-own-half",
    "A coalesced group holds active lanes of one logical warp",
    hazards=("W23", "W28"),
    names=("coalesced_threads",),
    order=20,
    rewrites={
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ int f(int* n) { auto g = cg::coalesced_threads(); int at = 0; "
        "if (g.thread_rank() == 0) at = atomicAdd(n, g.size()); return g.shfl(at, 0) + g.thread_rank(); }":
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ int f(int* n) { "
        "auto g = cg::binary_partition(cg::coalesced_threads(), __lane_id() & 32); int at = 0; "
        "if (g.thread_rank() == 0) at = atomicAdd(n, g.size()); return g.shfl(at, 0) + g.thread_rank(); }",
    },
    keeps=(
        "#include <hip/hip_cooperative_groups.h>\n"
        "__device__ int f() { return cooperative_groups::coalesced_threads().size(); }",
        "namespace mine { int coalesced_threads(); }\nint f() { return mine::coalesced_threads(); }",
    ),
)  # fmt: skip
def coalesced_own_half(site: Site) -> Iterator[Finding]:
    """HIP's coalesced group has up to 64 lanes on CDNA, where CUDA's has at most 32 and its ballots fit 32 bits.

    Splitting it by the upper half of the wavefront gives each logical warp a group of its own; on wave32 nobody is in
    the upper half, and the group stays whole. Ranks, sizes, shuffles, ballots and partitions of the group are CUDA's
    again.
    """
    if not from_groups(site) or not mentions_groups(site.source):
        return
    if native_hip(site.source) or amd_only(site.node, site.source):
        return
    call = site.call
    if call is None or call.args or site.source.data[call.end :].startswith(_CLOSING.encode()):
        return
    namespace, start = qualifier(site)
    prefix = f"{namespace}::" if namespace else ""
    yield site.edit(start, call.end, f"{prefix}binary_partition({prefix}coalesced_threads(){_CLOSING}")
