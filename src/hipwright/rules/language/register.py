"""The `register` keyword."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule

_SPACE = re.compile(rb"[ \t]*")
# `register int r asm("r10")` binds a machine register: dropping the keyword would change what it means.
_BOUND = re.compile(rb"[^;{]*?\b(?:asm|__asm__|__asm)\b")


@rule(
    "register-keyword",
    "The register keyword goes",
    hazards=("C01",),
    names=("register",),
    rewrites={
        "__device__ float f(float a) { register float x = a; return x; }":
        "__device__ float f(float a) { float x = a; return x; }",
        "__global__ void k(int* p, register int n) { for (register int i = 0; i < n; i++) p[i] = i; }":
        "__global__ void k(int* p, int n) { for (int i = 0; i < n; i++) p[i] = i; }",
        "#define LOCAL register int\n__device__ int f() { LOCAL x = 1; return x; }":
        "#define LOCAL int\n__device__ int f() { LOCAL x = 1; return x; }",
    },
    keeps=(
        '// register here\nconst char* s = "register"; int registers; struct R { int register_; };',
        'void f() { register long sp asm("rsp"); }',
    ),
)  # fmt: skip
def register_keyword(site: Site) -> Iterator[Finding]:
    """HIP is compiled as C++17, where clang rejects the `register` storage class that nvcc only warns about.

    The keyword has had no effect on register allocation for decades, so removing it changes nothing. Variables bound
    to a machine register by `asm` are left alone.
    """
    start, end = site.node.start_byte, site.node.end_byte
    if site.source.path.endswith(".c") or _BOUND.match(site.source.data, end, end + 200):
        return
    space = _SPACE.match(site.source.data, end)
    yield site.edit(start, space.end() if space else end, "")
