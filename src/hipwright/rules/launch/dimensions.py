"""Dimensions of a launch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule


@rule(
    "launch-dimensions",
    "A launch takes dim3, not uint3",
    hazards=("V08",),
    kinds=("kernel_call_syntax",),
    words=("uint3",),
    rewrites={
        "__global__ void k(int* p) { *p = 1; }\nvoid f(int* p) { uint3 grid = {1, 2, 3}; k<<<grid, 64>>>(p); }":
        "__global__ void k(int* p) { *p = 1; }\n"
        "void f(int* p) { uint3 grid = {1, 2, 3}; k<<<dim3(grid.x, grid.y, grid.z), 64>>>(p); }",
    },
    keeps=(
        "__global__ void k(uint3 g) {}\nvoid f(uint3 size, dim3 grid) { k<<<grid, 64>>>(size); }",
    ),
)  # fmt: skip
def launch_dimensions(site: Site) -> Iterator[Finding]:
    """CUDA's dim3 can be made of a uint3; HIP's cannot, so the three members are named."""
    function = site.within("function_definition")
    if function is None:
        return
    text = site.source.data[function.start_byte : site.node.start_byte]
    for argument in site.node.named_children[:2]:
        name = site.source.text(argument.start_byte, argument.end_byte)
        if argument.type != "identifier":
            continue
        if re.search(rb"\buint3\s+(?:&\s*)?(?:\w+[^;,(]*,\s*)*" + name.encode() + rb"\b", text):
            yield site.replace(argument, f"dim3({name}.x, {name}.y, {name}.z)")
