"""Shared memory beyond what AMD's work-groups have, and loads that HIP lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule

_LDS = 64 * 1024  # bytes a work-group can have on every target but gfx950, which has 160 KiB


@rule(
    "dynamic-lds-limit",
    "Opting in to more than 64 KiB of dynamic shared memory",
    hazards=("M02",),
    names=("cudaFuncAttributeMaxDynamicSharedMemorySize", "hipFuncAttributeMaxDynamicSharedMemorySize"),
    notes=(
        "void f(const void *k) { cudaFuncSetAttribute(k, cudaFuncAttributeMaxDynamicSharedMemorySize, 96 * 1024); }",
        "void f(const void *k, int n) { cudaFuncSetAttribute(k, cudaFuncAttributeMaxDynamicSharedMemorySize, n); }",
    ),
    keeps=(
        "void f(const void *k) { hipFuncSetAttribute(k, hipFuncAttributeMaxDynamicSharedMemorySize, 48 << 10); }",
        "#define cudaFuncAttributeMaxDynamicSharedMemorySize hipFuncAttributeMaxDynamicSharedMemorySize",
    ),
)
def dynamic_lds_limit(site: Site) -> Iterator[Finding]:
    """NVIDIA lets a kernel opt in to 99 or 227 KiB of shared memory; a work-group has 64 KiB of LDS, on gfx950 160 KiB.

    Beyond that the launch fails with an error that a program without checks blames on the next call. A size that is
    known and fits gets no Note.
    """
    arguments = site.within("argument_list")
    if arguments is None:
        return
    values = [child for child in arguments.named_children if child.type != "comment"]
    index = next((i for i, child in enumerate(values) if child.start_byte <= site.node.start_byte < child.end_byte), -1)
    if index < 0 or index + 1 >= len(values):
        return
    wanted = site.source.text(values[index + 1].start_byte, values[index + 1].end_byte)
    size = site.facts.integer(wanted)
    if size is not None and size <= _LDS:
        return
    level = Level.TEST if size is None else Level.TODO
    given = wanted if size is None else f"{size} bytes"
    yield site.note(
        level,
        f"{given} of dynamic shared memory are asked for; a work-group has 65,536 bytes of LDS (gfx950: 163,840)",
        "choose the tile by hipDeviceAttributeMaxSharedMemoryPerBlock, or split the work over more blocks",
    )


@rule(
    "static-lds-limit",
    "Shared arrays larger than the LDS",
    hazards=("M01",),
    kinds=("declaration",),
    words=("__shared__",),
    notes=("__global__ void f() { __shared__ float tile[160][128]; tile[0][0] = 1; }",),
    keeps=("__global__ void f() { __shared__ float tile[32][33]; tile[0][0] = 1; }", "extern __shared__ char all[];"),
)
def static_lds_limit(site: Site) -> Iterator[Finding]:
    """A kernel with more than 64 KiB of static shared memory does not compile for any target but gfx950.

    Only arrays whose size is known from the project's constants are judged; the compiler judges the sum.
    """
    text = site.source.text(site.node.start_byte, site.node.end_byte)
    head = text.split("=", 1)[0]
    kind = site.node.child_by_field_name("type")
    if "__shared__" not in head or kind is None:
        return
    element = _BYTES.get(" ".join(site.source.text(kind.start_byte, kind.end_byte).split()))
    extents = re.findall(r"\[([^\[\]]+)\]", head)
    if element is None or not extents or head.count("[") != len(extents):
        return
    size = element
    for extent in extents:
        count = site.facts.integer(extent)
        if count is None:
            return
        size *= count
    if size > _LDS:
        yield site.note(
            Level.TODO,
            f"{size} bytes of shared memory do not fit the 65,536 bytes of LDS of a work-group (gfx950: 163,840)",
            "make the tile smaller for AMD's targets",
        )


_BYTES = {
    "bool": 1, "char": 1, "signed char": 1, "unsigned char": 1, "int8_t": 1, "uint8_t": 1, "short": 2,
    "unsigned short": 2, "half": 2, "__half": 2, "int": 4, "unsigned": 4, "unsigned int": 4, "float": 4, "int32_t": 4,
    "uint32_t": 4, "float2": 8, "double": 8, "long long": 8, "unsigned long long": 8, "int2": 8, "float3": 12,
    "float4": 16, "int4": 16, "uint4": 16, "double2": 16,
}  # fmt: skip


@rule(
    "read-only-load",
    "__ldg of types that HIP's __ldg does not take",
    hazards=("F07", "F09"),
    names=("__ldg",),
    rewrites={
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat16 f(const __nv_bfloat16 *p, int i) { return __ldg(&p[i]); }":
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat16 f(const __nv_bfloat16 *p, int i) { return *(&p[i]); }",
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat16 f(const __nv_bfloat16 *p) { return __ldg(p); }":
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat16 f(const __nv_bfloat16 *p) { return *(p); }",
        "__device__ int f(const ushort4 *p) { return __ldg(p).x; }":
        "__device__ int f(const ushort4 *p) { return (*(p)).x; }",
    },
    keeps=(
        "__device__ float f(const float *p) { return __ldg(p); }",
        "#include <cuda_bf16.h>\n__device__ float f(const float *p) { return __ldg(p + 1); }",
    ),
)  # fmt: skip
def read_only_load(site: Site) -> Iterator[Finding]:
    """HIP's `__ldg` is a plain load, and has no overload for bfloat16 and `ushort4`: there the load is written out.

    In a file that names such a type, every call that is not seen to load a plain number is written out, since a
    template's type is not known here; nothing is lost, as AMD's compiler chooses the cache by itself.
    """
    call, data = site.call, site.source.data
    if call is None or site.foreign or len(call.args) != 1 or not (b"bfloat16" in data or b"ushort4" in data):
        return
    variable = re.match(r"[&(\s]*(\w+)", call.args[0].text)
    function = site.within("function_definition", "lambda_expression")
    if variable is not None and function is not None:
        before = site.source.text(function.start_byte, call.start)
        if re.search(rf"\b(?:float|double|int|unsigned|char|short|long|half2?|u?int\d+_t|(?:float|int|uint)[24])\b"
                     rf"[\s*]*(?:const\s+|__restrict__\s+|\*\s*)*\b{variable[1]}\b", before):  # fmt: skip
            return
    use = site.node.parent.parent if site.node.parent is not None else None
    tight = use is None or use.type in ("field_expression", "subscript_expression", "update_expression")
    yield site.edit(call.start, call.open + 1, "(*(" if tight else "*(")
    if tight:
        yield site.insert(call.end, ")")
