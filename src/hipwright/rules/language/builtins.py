"""Words of CUDA's own headers, and its built-in variables declared once more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule

_SPACE = re.compile(rb"[ \t]*")
# Up to a built-in variable's name: a declaration without a value.
_DECLARED = re.compile(
    rb"[ \t]*extern\s+(?:\"C\"\s+)?(?:__\w+\s+)*const\s+(?:__\w+\s+)*(?:struct\s+)?(?:uint3|dim3|int)\s+(?:__\w+\s+)*"
)


@rule(
    "header-words",
    "Words that only CUDA's own headers use go",
    names=("__device_builtin__", "__cudart_builtin__", "__device_builtin_texture_type__",
        "__device_builtin_surface_type__", "__builtin_align__"),
    rewrites={
        "extern __device__ __device_builtin__ void __syncthreads(void);":
        "extern __device__ void __syncthreads(void);",
        "struct __device_builtin__ __builtin_align__(8) Pair { float x, y; };":
        "struct __align__(8) Pair { float x, y; };",
    },
    keeps=(
        "#define __device_builtin__\nstruct __device_builtin__ Pair { float x, y; };",
        "// __device_builtin__\nint x;",
    ),
)  # fmt: skip
def header_words(site: Site) -> Iterator[Finding]:
    """CUDA's headers mark what the compiler knows by itself. Code that declares such a thing once more, mostly for an
    editor's sake, copies the marks; HIP has none, and they mean nothing to the program.
    """
    if site.facts.defines(site.text):
        return
    if site.text == "__builtin_align__":
        yield site.replace(site.node, "__align__")
        return
    space = _SPACE.match(site.source.data, site.node.end_byte)
    yield site.edit(site.node.start_byte, space.end() if space else site.node.end_byte, "")


@rule(
    "builtin-variables",
    "Built-in variables that the project declares once more",
    names=("threadIdx", "blockIdx", "blockDim", "gridDim", "warpSize"),
    order=60,
    rewrites={
        "extern const uint3 threadIdx;\nextern const dim3 blockDim;\n__global__ void k(int* p) { p[threadIdx.x] = 1; }":
        "#ifndef __HIP__\nextern const uint3 threadIdx;\n#endif\n#ifndef __HIP__\nextern const dim3 blockDim;\n#endif\n"
        "__global__ void k(int* p) { p[threadIdx.x] = 1; }",
        'extern "C" const dim3 gridDim;\nint x;':
        '#ifndef __HIP__\nextern "C" const dim3 gridDim;\n#endif\nint x;',
    },
    keeps=(
        "#ifndef __HIP__\nextern const uint3 threadIdx;\n#endif\n",
        "void f(dim3 blockDim);\nvoid g() { dim3 blockDim(1); }",
    ),
)  # fmt: skip
def builtin_variables(site: Site) -> Iterator[Finding]:
    """nvcc accepts `extern const uint3 threadIdx;`, which some projects write for editors and host code: its own is
    declared just so. HIP's built-in variables have types of their own, so that the declaration is hidden from HIP.
    """
    data = site.source.data
    first = data.rfind(b"\n", 0, site.node.start_byte) + 1
    if (
        not _DECLARED.fullmatch(data, first, site.node.start_byte)
        or data[site.node.end_byte : site.node.end_byte + 1] != b";"
    ):
        return
    if data[:first].rstrip().endswith(b"#ifndef __HIP__"):
        return
    newline = "\r\n" if b"\r\n" in data[:4096] else "\n"
    end = site.node.end_byte + 1
    yield site.edit(first, first, f"#ifndef __HIP__{newline}")
    yield site.edit(end, end, f"{newline}#endif")
