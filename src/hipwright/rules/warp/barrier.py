"""`__syncwarp` on HIP."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.rules.warp.lanes import cuda_call, wide_mask
from hipwright.source import ancestors

_NOTHING = re.compile(
    r"[\s;]*|\(+\s*\(?\s*void\s*\)?\s*0\s*\)+|\(\s*void\s*\)\s*0|do\s*\{\s*;?\s*\}\s*while\s*\(\s*\w+\s*\)"
)
_LANE = re.compile(
    r"threadIdx|thread_rank|lane_?[iI]d|\b(?:tid\w*|t[xyz]|lane\w*|wid|warp(?:_?(?:[iI]d\w*|[nN]um\w*|[rR]ank))?|local_?[iI]d\w*"
    r"|thread_?[iI]d\w*)\b"
)


@rule(
    "syncwarp-mask",
    "`__syncwarp` orders the lanes that are there, without a mask",
    hazards=("W01", "W02", "W20", "W21"),
    names=("__syncwarp",),
    order=21,
    rewrites={
        "__device__ void f() { __syncwarp(0xffffffff); }": "__device__ void f() { __syncwarp(); }",
        "__device__ void f(unsigned m) { __syncwarp(m & ~1u); }": "__device__ void f(unsigned m) { __syncwarp(); }",
        "#define __syncwarp()\n__device__ void f() { __syncwarp(); }": "__device__ void f() { __syncwarp(); }",
        "#define __syncwarp(mask) ((void)0)\n__device__ void f() { __syncwarp(~0u); }":
        "__device__ void f() { __syncwarp(); }",
    },
    keeps=(
        "__device__ void f(int z) { (z > 32) ? __syncthreads() : __syncwarp(); }",
        "__device__ void f() { __syncwarp(0xffffffffffffffffull); }",
        "#define __syncwarp(mask) __syncthreads()\n",
    ),
    notes=(
        "__device__ void f(int* s) { if (threadIdx.x < 16) { s[0] = 1; __syncwarp(~0u); } "
        "else { __syncwarp(~0u); s[1] = s[0]; } }",
    ),
)  # fmt: skip
def syncwarp_mask(site: Site) -> Iterator[Finding]:
    """HIP 7 takes only a 64-bit mask that equals the active lanes; without one `__syncwarp()` is right for any lanes.

    It orders the memory accesses of the lanes of a wavefront and keeps the compiler from moving them across, which a
    macro that defines it as nothing would lose: such a macro is removed. A choice between it and `__syncthreads` by the
    size of a group stays right, since a group of 32 lanes is inside one wavefront. It does not make diverged lanes wait
    for each other, as CUDA's does since Volta: where both branches of a condition on the lane have one, a Note says so.
    """
    parent = site.node.parent
    if parent is not None and parent.type == "preproc_function_def":
        body = parent.child_by_field_name("value")
        text = "" if body is None else site.source.text(body.start_byte, body.end_byte)
        if parent.child_by_field_name("name") == site.node and _NOTHING.fullmatch(text.strip()):
            yield site.replace(parent, "")
        return
    call = cuda_call(site)
    if call is None or len(call.args) > 1 or (call.args and wide_mask(site.facts, call.args[0].text)):
        return
    if call.args:
        yield site.edit(call.open, call.end, "()")
        if _in_both_branches(site, b"__syncwarp"):
            yield site.note(
                Level.TEST,
                "`__syncwarp` stands in both branches of a condition on the lane: CUDA makes the two sides wait for "
                "each other, a wavefront runs one side to its end and then the other",
                "move the barrier behind the branches, so that all lanes meet at one `__syncwarp()`",
                hazards=("W22",),
            )


@rule(
    "warp-builtins-disabled",
    "HIP's warp functions switched off",
    hazards=("W26",),
    names=("HIP_DISABLE_WARP_SYNC_BUILTINS",),
    notes=("#define HIP_DISABLE_WARP_SYNC_BUILTINS\n",),
    keeps=("// HIP_DISABLE_WARP_SYNC_BUILTINS\n#define HIP_ENABLE_WARP_SYNC_BUILTINS\n",),
)
def warp_builtins_disabled(site: Site) -> Iterator[Finding]:
    """HIP 7 has `__syncwarp`, `__activemask`, `__match_any` and group votes without asking; this macro removes them.

    ROCm 6 had them on request. A port relies on them, so that the macro has to go.
    """
    parent = site.node.parent
    if parent is not None and parent.type == "preproc_def":
        yield site.note(
            Level.TODO,
            "this removes `__syncwarp`, `__activemask`, `__match_any` and the votes of groups, which the port uses",
            "delete the definition, and look for the functions that the project put in their place",
        )


@rule(
    "barrier-in-branches",
    "A block barrier in both branches of a condition on the thread",
    hazards=("W22",),
    names=("__syncthreads",),
    notes=(
        "__global__ void k(int* s) { if (threadIdx.x < 32) { s[0] = 1; __syncthreads(); } "
        "else { __syncthreads(); s[1] = s[0]; } }",
    ),
    keeps=(
        "__global__ void k(int* s, int n) { if (n > 3) { __syncthreads(); } else { __syncthreads(); } }",
        "template <int lanes> __device__ void f() { if constexpr (lanes > 8) { __syncthreads(); } "
        "else { __syncthreads(); } }",
        "__global__ void k(int n) { if (n == NUM_THREADS) { __syncthreads(); } else { __syncthreads(); } }",
        "__global__ void k(int* s) { if (threadIdx.x < 32) { s[0] = 1; } __syncthreads(); }",
    ),
)
def barrier_in_branches(site: Site) -> Iterator[Finding]:
    """NVIDIA counts warps at a block's barrier, wherever each of them stands; AMD counts wavefronts.

    Where the two halves of a wave64 wavefront take different branches, it arrives once for each branch, and the block's
    other wavefronts are released too early, or wait for ever.
    """
    if site.node.type == "identifier" and site.call is not None and _in_both_branches(site, b"__syncthreads"):
        yield site.note(
            Level.TODO,
            "`__syncthreads` stands in both branches of a condition on the thread: a wavefront of 64 that takes both "
            "arrives twice",
            "move the barrier behind the branches, so that the whole block meets at one `__syncthreads()`",
        )


def _in_both_branches(site: Site, barrier: bytes) -> bool:
    inner: Node = site.node
    for outer in ancestors(site.node):
        if outer.type == "if_statement":
            sides = [outer.child_by_field_name("consequence"), outer.child_by_field_name("alternative")]
            condition = outer.child_by_field_name("condition")
            if inner in sides and condition is not None and None not in sides:
                text = site.source.text(condition.start_byte, condition.end_byte)
                both = all(side is not None and barrier in (side.text or b"") for side in sides)
                constant = outer.children[1].type == "constexpr"
                if both and not constant and _LANE.search(text):
                    return True
        elif outer.type == "function_definition":
            break
        inner = outer
    return False
