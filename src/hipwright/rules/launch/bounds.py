"""Launch bounds and the other attributes of a kernel's declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule

# A compute unit of CDNA has 4 SIMDs of 64 lanes: blocks * threads lanes are spread over 256.
_LANES = 256
_MOST_WAVES = 8
_SIMPLE = re.compile(r"[\w:]+\Z")
_SPACE = b" \t"


def _factor(text: str) -> str:
    return text if _SIMPLE.match(text) or (text.startswith("(") and text.endswith(")")) else f"({text})"


@rule(
    "launch-bounds",
    "Launch bounds say waves per SIMD, not blocks per multiprocessor",
    hazards=("W35", "W36", "W37"),
    names=("__launch_bounds__",),
    rewrites={
        "__global__ void __launch_bounds__(128, 8) k(int* p) { *p = 1; }":
        "__global__ void __launch_bounds__(128) __attribute__((amdgpu_waves_per_eu(4))) k(int* p) { *p = 1; }",
        "__launch_bounds__(256, 1) __global__ void k(int* p) { *p = 1; }":
        "__launch_bounds__(256) __global__ void k(int* p) { *p = 1; }",
        "template <int T, int B> __global__ void __launch_bounds__(T, B) k(int* p) { *p = 1; }":
        "template <int T, int B> __global__ void __launch_bounds__(T)"
        " __attribute__((amdgpu_waves_per_eu((T * B + 255) / 256))) k(int* p) { *p = 1; }",
        "#define BOUNDS __launch_bounds__(512, 2, 1)\n__global__ void BOUNDS k(int* p) { *p = 1; }":
        "#define BOUNDS __launch_bounds__(512) __attribute__((amdgpu_waves_per_eu(4)))\n"
        "__global__ void BOUNDS k(int* p) { *p = 1; }",
    },
    keeps=(
        "__global__ void __launch_bounds__(256) k(int* p) { *p = 1; }",
        "#include <hip/hip_runtime.h>\n__global__ void __launch_bounds__(256, 2) k(int* p) { *p = 1; }",
        "#ifdef __INTELLISENSE__\n#define __launch_bounds__(threads, blocks)\n#endif",
    ),
)  # fmt: skip
def launch_bounds(site: Site) -> Iterator[Finding]:
    """CUDA's second argument is the least number of resident blocks; HIP's macro takes waves per SIMD in its place.

    Copied literally, `(128, 8)` demands 8 waves per SIMD and spills more than a hundred registers on gfx942. The same
    request in AMD's terms is blocks * threads / 256 (4 SIMDs of 64 lanes a compute unit). RDNA's register file is
    larger per lane, so the same figure never costs a spill there. It is only a hint: the kernel's meaning stays. The
    third argument (clusters) has no counterpart. The attribute's own spelling marks that it is done.
    """
    call = site.call
    if call is None or len(call.args) < 2 or site.source.hip:
        return
    if site.source.data[: site.node.start_byte].rstrip(b" \t").endswith(b"define"):
        return  # the macro's own definition, for an editor
    threads, blocks = call.args[0].text, call.args[1].text
    known_threads, known_blocks = site.facts.integer(threads), site.facts.integer(blocks)
    attribute = f" __attribute__((amdgpu_waves_per_eu(({_factor(threads)} * {_factor(blocks)} + 255) / {_LANES})))"
    if known_blocks is not None and known_blocks <= 1:
        attribute = ""  # one block fits anyway
    elif known_threads is not None and known_blocks is not None:
        waves = min(-(-known_threads * known_blocks // _LANES), _MOST_WAVES)
        if waves <= 1:
            attribute = ""
        elif threads.isdigit() and blocks.isdigit():
            attribute = f" __attribute__((amdgpu_waves_per_eu({waves})))"
    yield site.edit(call.args[0].end, call.end, ")" + attribute)


@rule(
    "kernel-attributes",
    "Attributes of kernels that AMD hardware has no use for",
    hazards=("R28", "W37", "R25"),
    names=("__grid_constant__", "__maxnreg__", "__cluster_dims__"),
    rewrites={
        "struct P { int x; };\n__global__ void k(const __grid_constant__ P p, int* o) { *o = p.x; }":
        "struct P { int x; };\n__global__ void k(const P p, int* o) { *o = p.x; }",
        "__global__ void __maxnreg__(64) k(int* o) { *o = 1; }":
        "__global__ void k(int* o) { *o = 1; }",
    },
    keeps=("// __grid_constant__\nint x;",),
    notes=("__global__ void __cluster_dims__(2, 1, 1) k(int* o) { *o = 1; }",),
)  # fmt: skip
def kernel_attributes(site: Site) -> Iterator[Finding]:
    """`__grid_constant__` keeps an argument in constant memory, where AMD's kernel arguments are anyway: it goes.

    `__maxnreg__` caps registers for NVIDIA's register file; on AMD the cap would mean another occupancy, so it goes
    too. Thread-block clusters exist on no AMD target: what relies on them has to be rewritten by hand.
    """
    source, start, end = site.source, site.node.start_byte, site.node.end_byte
    if site.text == "__cluster_dims__":
        yield site.note(
            Level.TODO,
            "thread-block clusters do not exist on AMD hardware",
            "write the kernel without clusters: one block at a time, exchanging data through global memory",
        )
        return
    if site.text == "__maxnreg__":
        if site.call is None:
            return
        end = site.call.end
        yield site.note(
            Level.INFO,
            "the register cap __maxnreg__ was dropped: it is tuned for NVIDIA's register file",
            "if `check` shows low occupancy, set __launch_bounds__ to the block size really used",
            hazards=("W37",),
        )
    while end < len(source.data) and source.data[end] in _SPACE:
        end += 1
    yield site.edit(start, end, "")
