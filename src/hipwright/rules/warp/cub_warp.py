"""CUB's warp collectives: their default width."""

import re
from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule
from hipwright.rules.warp.lanes import amd_only

_QUALIFIER = re.compile(rb"(\w*)\s*::\s*$")
# How many template arguments stand before the width, and the defaults of those that may be left out.
_WIDTH_AT: dict[str, tuple[int, tuple[str, ...]]] = {
    "WarpReduce": (1, ()),
    "WarpScan": (1, ()),
    "WarpExchange": (2, ()),
    "WarpMergeSort": (2, ()),
    "WarpLoad": (3, ("WARP_LOAD_DIRECT",)),
    "WarpStore": (3, ("WARP_STORE_DIRECT",)),
}


@rule(
    "cub-warp-width",
    "CUB's warp collectives work on 32 lanes",
    hazards=("W33",),
    names=_WIDTH_AT,
    order=20,
    rewrites={
        "#include <cub/cub.cuh>\n"
        "__device__ float f(float v) { using R = cub::WarpReduce<float>; __shared__ R::TempStorage t[4]; "
        "return R(t[threadIdx.x / 32]).Sum(v); }":
        "#include <cub/cub.cuh>\n"
        "__device__ float f(float v) { using R = cub::WarpReduce<float, 32>; __shared__ R::TempStorage t[4]; "
        "return R(t[threadIdx.x / 32]).Sum(v); }",
        "#include <cub/cub.cuh>\ntypedef cub::WarpLoad<int, 4> Load;\n":
        "#include <cub/cub.cuh>\ntypedef cub::WarpLoad<int, 4, cub::WARP_LOAD_DIRECT, 32> Load;\n",
    },
    keeps=(
        "#include <cub/cub.cuh>\ntypedef cub::WarpReduce<float, 16> R;\n",
        "template <class T> struct WarpReduce {};\ntypedef WarpReduce<float> R;\n",
        "#include <hipcub/hipcub.hpp>\ntypedef hipcub::WarpReduce<float> R;\n",
    ),
)  # fmt: skip
def cub_warp_width(site: Site) -> Iterator[Finding]:
    """CUB's default is 32 lanes, hipCUB's is the wavefront: 64 on CDNA, where temporary storage is one per 32 threads.

    The width is written out, which hipCUB supports as a logical warp on wave64 and wave32.
    """
    qualified = _namespace(site.source.data, site.node.start_byte)
    if qualified != "cub" and (qualified or not _uses_cub(site)):
        return
    if amd_only(site.node, site.source):
        return
    parent = site.node.parent
    given = None if parent is None else parent.child_by_field_name("arguments")
    if parent is None or parent.type not in ("template_type", "template_function") or given is None:
        return
    at, defaults = _WIDTH_AT[site.text]
    written = [child for child in given.named_children if child.type != "comment"]
    if not at - len(defaults) <= len(written) <= at or any(b"..." in (child.text or b"") for child in written):
        return
    absent = at - len(written)
    prefix = f"{qualified}::" if qualified else ""
    missing = [prefix + name for name in defaults[len(defaults) - absent :]] if absent else []
    yield site.insert(given.end_byte - 1, "".join(f", {text}" for text in [*missing, "32"]))


_LANE = "(__lane_id() & 31)"
_LANE_FUNCTIONS = {
    "LaneId": _LANE,
    "LaneMaskLt": f"((1u << {_LANE}) - 1)",
    "LaneMaskLe": f"(0xffffffffu >> (31 - {_LANE}))",
    "LaneMaskGe": f"(0xffffffffu << {_LANE})",
    "LaneMaskGt": f"(0xfffffffeu << {_LANE})",
}


@rule(
    "cub-lane",
    "CUB's lane numbers and lane masks are those of the logical warp",
    hazards=("W05", "W12", "W33"),
    names=_LANE_FUNCTIONS,
    order=20,
    rewrites={
        "#include <cub/cub.cuh>\n__device__ unsigned f() { return cub::LaneId() + cub::LaneMaskLt(); }":
        "#include <cub/cub.cuh>\n"
        "__device__ unsigned f() { return (__lane_id() & 31) + ((1u << (__lane_id() & 31)) - 1); }",
        "#include <cub/cub.cuh>\n__device__ unsigned f() { return cub::LaneMaskGt() ^ cub::LaneMaskGe(); }":
        "#include <cub/cub.cuh>\n"
        "__device__ unsigned f() { return (0xfffffffeu << (__lane_id() & 31)) ^ (0xffffffffu << (__lane_id() & 31)); }",
    },
    keeps=("namespace mine { int LaneId(); }\nint f() { return mine::LaneId(); }",),
)  # fmt: skip
def cub_lane(site: Site) -> Iterator[Finding]:
    """hipCUB's count to 63 on CDNA and its masks have 64 bits: the lane of the own 32 is written out."""
    call = site.call
    if call is None or call.args or amd_only(site.node, site.source):
        return
    if _namespace(site.source.data, call.start) != "cub":
        return
    match = _QUALIFIER.search(site.source.data, max(0, call.start - 40), call.start)
    if match is not None:
        yield site.edit(match.start(), call.end, _LANE_FUNCTIONS[site.text])


def _namespace(data: bytes, start: int) -> str:
    """The namespace written before a name; empty for none."""
    match = _QUALIFIER.search(data, max(0, start - 40), start)
    return match[1].decode() if match else ""


def _uses_cub(site: Site) -> bool:
    return b"using namespace cub;" in site.source.data and not site.facts.defines(site.text)
