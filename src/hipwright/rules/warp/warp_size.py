"""The warp's size: 32 in device code, in launch geometry and in attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from tree_sitter import Node

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.rules.warp.lanes import amd_only, native_hip
from hipwright.source import Source, ancestors

_WORD = re.compile(rb"\bwarpSize\b")
_DECLARATORS = (
    "init_declarator", "parameter_declaration", "optional_parameter_declaration", "declaration", "array_declarator",
    "pointer_declarator", "reference_declarator", "field_declaration", "enumerator", "preproc_params",
)  # fmt: skip
_CHANGES = ("assignment_expression", "update_expression", "pointer_expression")
_SCOPES = (
    "compound_statement", "for_statement", "function_definition", "template_declaration", "struct_specifier",
    "class_specifier", "namespace_definition", "lambda_expression", "preproc_function_def", "translation_unit",
)  # fmt: skip
_PROPERTIES = re.compile(rb"\b(?:cudaDeviceProp|hipDeviceProp_t)\s*(?:const\s*)?[&*]?\s*(\w+)")
_NAMED_SO = re.compile(r"(?:m_)?(?:cuda|dev|device|gpu)?_?[pP]rop(?:s|erty|erties)?_?", re.I)
_PRINTS = re.compile(r"print|\bcout\b|\bcerr\b|\bclog\b|\bLOG\b|to_string|\bformat\b|\"")


@rule(
    "warp-size",
    "`warpSize` in device code is CUDA's 32",
    hazards=("W05", "W06", "W07", "W09", "W32"),
    names=("warpSize",),
    order=20,
    rewrites={
        "__device__ int f() { return threadIdx.x % warpSize; }": "__device__ int f() { return threadIdx.x % 32; }",
        "__global__ void k(float* p) { __shared__ float s[1024 / warpSize]; s[threadIdx.x / warpSize] = *p; }":
        "__global__ void k(float* p) { __shared__ float s[1024 / 32]; s[threadIdx.x / 32] = *p; }",
        "template <int W> __device__ int g() { return W; }\n__device__ int f() { return g<warpSize>(); }":
        "template <int W> __device__ int g() { return W; }\n__device__ int f() { return g<32>(); }",
        "__device__ int f(int v, int width = warpSize) { return __shfl_down(v, 1, width); }":
        "__device__ int f(int v, int width = 32) { return __shfl_down(v, 1, width); }",
        "#define LANE (threadIdx.x & (warpSize - 1))\n__device__ int f() { return LANE; }":
        "#define LANE (threadIdx.x & (32 - 1))\n__device__ int f() { return LANE; }",
    },
    keeps=(
        "int f(int warpSize = 32) { return warpSize; }",
        "constexpr int warpSize = 32;\n__device__ int f() { return warpSize; }",
        "template <int warpSize> __device__ int f() { return warpSize; }",
        "struct Plan { int warpSize; int lanes() { return warpSize; } };\nint f(Plan plan) { return plan.warpSize; }",
        "#include <hip/hip_runtime.h>\n__device__ int f() { return warpSize; }",
        "#if defined(USE_ROCM)\n__device__ int f() { return warpSize; }\n#endif\n",
        "int threads(int n) { warpSize = 32; return n * warpSize; }",
        "int threads(int n) { return n * Plan::warpSize; }",
        "#define warpSize 32\n__device__ int f() { return warpSize; }",
        "#define WARP_SIZE 32\n__device__ int lane() { return threadIdx.x & (WARP_SIZE - 1) & 31; }\n"
        "__global__ void k(float* p) { __shared__ float s[32]; s[threadIdx.x / 32] = *p; }",
    ),
)  # fmt: skip
def warp_size(site: Site) -> Iterator[Finding]:
    """HIP's `warpSize` is the wavefront, 64 on CDNA, and no constant expression; CUDA's is 32 and serves as one.

    A port that keeps warps of 32 lanes keeps everything that is cut by 32 with them: lane and warp numbers, a
    `WARP_SIZE` macro of 32, one shared slot for each warp (1024 / 32 of them), rows of a two-dimensional block. All of
    that stays as it is written, and only the built-in becomes the number it stands for in CUDA. Names of the project's
    own are kept.
    """
    node = site.node
    if node.type not in ("identifier", "type_identifier") or site.facts.defines("warpSize"):
        return
    if native_hip(site.source) or amd_only(node, site.source):
        return
    if node.parent is not None and node.parent.type == "qualified_identifier":
        return
    if any(start <= node.start_byte < end for start, end in _own_scopes(site.source)):
        return
    yield site.replace(node, "32")


@lru_cache(maxsize=4)
def _own_scopes(source: Source) -> tuple[tuple[int, int], ...]:
    """The scopes in which the file itself declares something called `warpSize`."""
    scopes = []
    for match in _WORD.finditer(source.data):
        node = source.node_at(match.start(), match.end())
        parent = None if node is None else node.parent
        if node is None or parent is None or parent.type in ("field_expression", "field_designator"):
            continue
        if parent.type in _CHANGES and parent.child_by_field_name("left") in (node, None):
            return ((0, len(source.data)),)
        if parent.type not in _DECLARATORS:
            continue
        declared = [*parent.children_by_field_name("declarator"), parent.child_by_field_name("name")]
        if parent.type != "preproc_params" and node not in declared:
            continue
        scope = next((outer for outer in ancestors(node) if outer.type in _SCOPES), None)
        if scope is not None:
            scopes.append((scope.start_byte, scope.end_byte))
    return tuple(scopes)


@rule(
    "warp-size-property",
    "Launch geometry counts in warps of 32",
    hazards=("W17",),
    names=("warpSize",),
    order=20,
    rewrites={
        "#include <cuda_runtime.h>\nint f() { cudaDeviceProp prop; cudaGetDeviceProperties(&prop, 0); "
        "return 256 / prop.warpSize; }":
        "#include <cuda_runtime.h>\nint f() { cudaDeviceProp prop; cudaGetDeviceProperties(&prop, 0); "
        "return 256 / 32; }",
    },
    keeps=(
        '#include <cstdio>\nvoid f(cudaDeviceProp prop) { printf("warp size %d\\n", prop.warpSize); }',
        "struct Plan { int warpSize; };\nint f(Plan* plan) { return plan->warpSize; }",
        "void f(cudaDeviceProp* prop) { prop->warpSize = 32; }",
        "#include <hip/hip_runtime.h>\nint f(hipDeviceProp_t prop) { return 256 / prop.warpSize; }",
    ),
)  # fmt: skip
def warp_size_property(site: Site) -> Iterator[Finding]:
    """`cudaDeviceProp::warpSize` is 64 on CDNA, where the kernels of a port still work in warps of 32.

    Grids, blocks and shared memory that the host computes from it must agree with the device side, so that it becomes
    32 wherever it is computed or compared with. Where it is printed it tells of the machine and is kept.
    """
    node = site.node
    access = node.parent
    if node.type != "field_identifier" or access is None or access.type != "field_expression":
        return
    if native_hip(site.source) or amd_only(node, site.source) or not _is_device_property(site, access):
        return
    statement = site.within("expression_statement", "declaration", "return_statement", "if_statement")
    if statement is not None:
        text = site.source.text(statement.start_byte, min(statement.end_byte, access.end_byte))
        if _PRINTS.search(text):
            return
    outer = access.parent
    if outer is not None and outer.type == "assignment_expression" and outer.child_by_field_name("left") == access:
        return
    if outer is not None and outer.type in ("update_expression", "pointer_expression"):
        return
    yield site.replace(access, "32")
    yield site.note(
        Level.INFO, "the device's `warpSize` became 32: it is 64 on CDNA, and the port keeps CUDA's warps of 32 lanes"
    )


def _is_device_property(site: Site, access: Node) -> bool:
    owner = access.child_by_field_name("argument")
    if owner is None:
        return False
    text = site.source.text(owner.start_byte, owner.end_byte)
    if "getCurrentDeviceProperties" in text or "getDeviceProperties" in text:
        return True
    names = re.findall(r"\w+", text)
    known = _property_variables(site.source)
    return any(name.encode() in known or _NAMED_SO.fullmatch(name) is not None for name in names)


@lru_cache(maxsize=4)
def _property_variables(source: Source) -> frozenset[bytes]:
    return frozenset(match[1] for match in _PROPERTIES.finditer(source.data))


_ATTRIBUTES = {
    "cudaDevAttrWarpSize": "cudaDeviceGetAttribute",
    "CU_DEVICE_ATTRIBUTE_WARP_SIZE": "cuDeviceGetAttribute",
}


@rule(
    "warp-size-attribute",
    "The warp-size attribute is 32",
    hazards=("W17",),
    names=_ATTRIBUTES,
    order=20,
    rewrites={
        "#include <cuda_runtime.h>\nint f() { int w; cudaDeviceGetAttribute(&w, cudaDevAttrWarpSize, 0); return w; }":
        "#include <cuda_runtime.h>\nint f() { int w; w = 32; return w; }",
        "#include <cuda_runtime.h>\n#define CHECK(x) if ((x) != cudaSuccess) throw 1\n"
        "void f(int* w) { CHECK(cudaDeviceGetAttribute(w, cudaDevAttrWarpSize, 0)); }":
        "#include <cuda_runtime.h>\n#define CHECK(x) if ((x) != cudaSuccess) throw 1\n"
        "void f(int* w) { CHECK((*w = 32, hipSuccess)); }",
    },
    keeps=("#if defined(__HIP__)\nint a = cudaDevAttrWarpSize;\n#endif\n",),
    notes=("#include <cuda_runtime.h>\nint ask(cudaDeviceAttr);\nint f() { return ask(cudaDevAttrWarpSize); }",),
)  # fmt: skip
def warp_size_attribute(site: Site) -> Iterator[Finding]:
    """The attribute answers 64 on CDNA, and what the host computes from it would disagree with kernels that keep 32.

    A direct query becomes an assignment of 32 that still yields success, so that it fits inside an error-checking
    macro. Behind a wrapper of the project the name is translated and the place is reported.
    """
    if amd_only(site.node, site.source):
        return
    outer = site.within("call_expression")
    function = None if outer is None else outer.child_by_field_name("function")
    if outer is not None and function is not None:
        name = site.source.text(function.start_byte, function.end_byte)
        call = site.source.call_of(function) if function.type == "identifier" else None
        if name == _ATTRIBUTES[site.text] and call is not None and len(call.args) == 3:
            target = call.args[0].text
            variable = target[1:].strip() if target.startswith("&") else f"*{target}"
            alone = outer.parent is not None and outer.parent.type == "expression_statement"
            text = f"{variable} = 32" if alone else f"({variable} = 32, hipSuccess)"
            yield site.edit(outer.start_byte, outer.end_byte, text)
            return
    yield site.replace(site.node, "hipDeviceAttributeWarpSize")
    yield site.note(
        Level.TODO,
        "the warp size is asked of the device, which answers 64 on CDNA, while the port keeps CUDA's warps of 32 lanes",
        "use 32 where the answer decides about blocks, grids or shared memory of ported kernels",
    )
