"""Warp sizes other than 32 that the project brings along."""

from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.rules.warp.lanes import amd_only, condition_asks

_OWN = (
    "WARP_SIZE", "WARPSIZE", "WARP_SZ", "WARP_THREADS", "THREADS_PER_WARP", "CUDA_WARP_SIZE", "kWarpSize", "warp_size",
    "kThreadsPerWarp", "WarpSize", "NUM_THREADS_PER_WARP", "WAVE_SIZE", "WAVEFRONT_SIZE",
)  # fmt: skip


@rule(
    "warp-size-64",
    "A warp size of 64 beside warps of 32",
    hazards=("W06", "W08", "W14", "W16", "W17"),
    names=(*_OWN, "C10_WARP_SIZE", "__AMDGCN_WAVEFRONT_SIZE__", "__AMDGCN_WAVEFRONT_SIZE"),
    notes=(
        "#ifdef USE_ROCM\n#define WARP_SIZE 64\n#else\n#define WARP_SIZE 32\n#endif\n",
        "__device__ int f() { return C10_WARP_SIZE; }",
        "__device__ int f() { return __AMDGCN_WAVEFRONT_SIZE__; }",
    ),
    keeps=(
        "#if defined(__AMDGCN_WAVEFRONT_SIZE)\n#define LANES __AMDGCN_WAVEFRONT_SIZE\n#endif\n",
        "#define WARP_SIZE 32\nconstexpr int kWarpSize = 32;\nint f() { return WARP_SIZE + kWarpSize; }",
    ),
)
def warp_size_64(site: Site) -> Iterator[Finding]:
    """A constant of 64 is as wrong as 32 would be in code for the wavefront: one source serves CDNA and RDNA.

    The port's warps have 32 lanes on both. Where the project sets its own warp size to 64 for AMD, its loops take a
    step of 32 that a shuffle of width 32 answers with the lane's own value; PyTorch's constant and clang's former
    macro follow the target. Which of the two views the code takes is for a person to say.
    """
    parent = site.node.parent
    if site.text not in _OWN:
        clang = site.text.startswith("__AMDGCN")
        if clang and (parent is None or condition_asks(site.node, site.source, site.text)):
            return
        yield site.note(
            Level.TODO if clang else Level.TEST,
            f"`{site.text}` "
            + ("is gone from clang 20 and later" if clang else "is 64 on CDNA, while ported warps have 32 lanes"),
            "use 32 where it counts the lanes of a ported warp",
        )
        return
    value = None
    if parent is not None and parent.type in ("preproc_def", "init_declarator", "enumerator"):
        name = parent.child_by_field_name("name") or parent.child_by_field_name("declarator")
        value = parent.child_by_field_name("value") if name == site.node else None
    if value is not None and site.facts.integer(site.source.text(value.start_byte, value.end_byte)) == 64:
        yield site.note(
            Level.TEST if amd_only(site.node, site.source) else Level.TODO,
            f"`{site.text}` is set to 64, while the port's shuffles and ballots keep warps of 32 lanes",
            "set it to 32 for every target, or port the code that uses it by hand for both wavefront sizes",
        )
