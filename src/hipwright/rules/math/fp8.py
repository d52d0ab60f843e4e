"""8-bit floating point: CUDA's formats on hardware that has others."""

from __future__ import annotations

from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule

_BEFORE = """#include <hip/hip_bf16.h>
#include <hip/hip_fp16.h>
// gfx942 converts only AMD's own fp8 in hardware; hidden from this header, it converts CUDA's formats in software.
#pragma push_macro("__gfx942__")
#undef __gfx942__
"""
_AFTER = """
#pragma pop_macro("__gfx942__")"""


@rule(
    "fp8-formats",
    "CUDA's fp8 types work in device code on gfx942, too",
    hazards=("F08",),
    kinds=("preproc_include",),
    words={"cuda_fp8"},
    order=30,
    rewrites={
        "#include <cuda_fp8.h>\n__device__ float f(__nv_fp8_e4m3 x) { return float(x); }\n"
        "__device__ __nv_fp8_e5m2 g(float x) { return __nv_fp8_e5m2(x); }\n":
        f"{_BEFORE}#include <hip/hip_fp8.h>{_AFTER}\n__device__ float f(__nv_fp8_e4m3 x) {{ return float(x); }}\n"
        "__device__ __nv_fp8_e5m2 g(float x) { return __nv_fp8_e5m2(x); }\n",
    },
    keeps=('#include "my_cuda_fp8.h"\n', "// #include <cuda_fp8.h>\nint x;\n"),
)  # fmt: skip
def fp8_formats(site: Site) -> Iterator[Finding]:
    """HIP's header gives device conversions for what a target has in hardware: OCP's formats, which are CUDA's, on
    gfx950 and gfx12; AMD's own (fnuz: another bias, no infinity) on gfx942, where CUDA's types are left to the host;
    and both, in software, everywhere else. So the header is read on gfx942 as on such a target. The bits in memory
    stay what they are on NVIDIA; only the speed of conversions is lost.
    """
    path = site.node.child_by_field_name("path")
    if path is None or site.source.text(path.start_byte, path.end_byte).strip('<>"') != "cuda_fp8.h":
        return
    if site.facts.has_file("cuda_fp8.h"):
        return
    yield site.edit(site.node.start_byte, path.end_byte, f"{_BEFORE}#include <hip/hip_fp8.h>{_AFTER}")
