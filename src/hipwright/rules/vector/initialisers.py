"""Vector values where CUDA's plain structures convert or initialise and HIP's class templates do not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.rules.vector.operators import rank

_SCALARS = (
    "char",
    "uchar",
    "short",
    "ushort",
    "int",
    "uint",
    "long",
    "ulong",
    "longlong",
    "ulonglong",
    "float",
    "double",
)


@rule(
    "vector-initialiser",
    "Initialisers of vectors name every lane",
    hazards=("V04", "V05"),
    kinds=("initializer_list",),
    words=tuple(f"{scalar}{lanes}" for scalar in _SCALARS for lanes in "234"),
    rewrites={
        "__device__ float4 f() { float4 v = {1.0f}; return v; }":
        "__device__ float4 f() { float4 v = {1.0f, 0, 0, 0}; return v; }",
        "__device__ int3 f(int a) { const int3 v{a, a}; return v; }":
        "__device__ int3 f(int a) { const int3 v{a, a, 0}; return v; }",
        "__device__ float2 f() { return float2{0}; }": "__device__ float2 f() { return float2{0, 0}; }",
        "__device__ uint2 f() { uint2 state[25] = { 0 }, more[2][3] = {0}; return more[0][0] = state[0]; }":
        "__device__ uint2 f() { uint2 state[25] = {}, more[2][3] = {}; return more[0][0] = state[0]; }",
        "__constant__ uint2 table[2] = { 0x1u, 2,\n  3 };": "__constant__ uint2 table[2] = { {0x1u, 2},\n  {3, 0} };",
    },
    keeps=(
        "__device__ float4 f() { float4 v = {}; float3 w = {1, 2, 3}; v.x = w.x; return v; }",
        "__device__ void f() { float4 v[2] = {}; float a[4] = {1}; }",
        "__device__ float2 f(float2 a) { float2 v[2] = {a, a}, w[1] = {{1, 2}}; v[0] = w[0]; return v[1]; }",
        "struct S { float4 v; int i; }; S s = {{1, 2, 3, 4}, 3};",
        "__device__ float4 f(float4 a, const float4 *p) { float4 b{a}; float4 c = {*p}; b.x = c.x; return b; }",
    ),
)  # fmt: skip
def vector_initialiser(site: Site) -> Iterator[Finding]:
    """CUDA's vectors are aggregates: lanes that an initialiser leaves out are 0. HIP's have a constructor for all lanes
    and an explicit one for a single value, so shorter lists do not compile.
    """
    around = site.node.parent
    if around is None:
        return
    kind: Node | None = None
    if around.type == "compound_literal_expression":
        kind = around.child_by_field_name("type")
    elif around.type == "init_declarator" and around.parent is not None:
        declarator = around.child_by_field_name("declarator")
        if declarator is not None and declarator.type == "array_declarator":
            yield from _array(site, declarator, around.parent.child_by_field_name("type"))
        if declarator is not None and declarator.type == "identifier":
            kind = around.parent.child_by_field_name("type")
    values = [child for child in site.node.named_children if child.type != "comment"]
    if kind is None or not values or any(value.type in ("initializer_list", "initializer_pair") for value in values):
        return
    if len(values) == 1 and not _is_number(site, values[0]):
        return  # a copy of a vector, perhaps
    lacking = rank(site, site.source.text(kind.start_byte, kind.end_byte)) - len(values)
    if lacking > 0:
        yield site.insert(values[-1].end_byte, ", 0" * lacking)


def _array(site: Site, declarator: Node, kind: Node | None) -> Iterator[Finding]:
    """An array whose vectors are not braced each: their lanes follow one another."""
    values = [child for child in site.node.named_children if child.type != "comment"]
    lanes = rank(site, site.source.text(kind.start_byte, kind.end_byte)) if kind is not None else 0
    if lanes < 2 or not values or not all(_is_number(site, value) for value in values):
        return
    if len(values) == 1 and re.fullmatch(
        r"0[xX0]*[uUlLfF.]*", site.source.text(values[0].start_byte, values[0].end_byte)
    ):
        yield site.replace(site.node, "{}")
        return
    inner = declarator.child_by_field_name("declarator")
    if inner is None or inner.type != "identifier":
        return  # of more than one dimension
    for first in range(0, len(values), lanes):
        group = values[first : first + lanes]
        yield site.insert(group[0].start_byte, "{")
        yield site.insert(group[-1].end_byte, ", 0" * (lanes - len(group)) + "}")


def _is_number(site: Site, value: Node) -> bool:
    """Whether an expression is seen to be a number: a literal, a cast to a scalar, a variable declared as one."""
    while value.type in ("unary_expression", "parenthesized_expression") and value.named_children:
        value = value.named_children[-1]
    if value.type == "identifier":
        return _declared(site, value) in _NUMBERS
    if value.type == "cast_expression":
        kind = value.child_by_field_name("type")
        return kind is not None and site.source.text(kind.start_byte, kind.end_byte) in _NUMBERS
    return value.type == "number_literal"


_NUMBERS = (*_SCALARS, "unsigned", "size_t")
_BUILTINS = ("threadIdx", "blockIdx", "blockDim", "gridDim")


@rule(
    "uint3-dim3",
    "Conversions between uint3, dim3 and the thread's coordinates",
    hazards=("V08",),
    kinds=("init_declarator", "kernel_call_syntax"),
    words=("uint3",),
    rewrites={
        "__device__ unsigned f() { const uint3 t = threadIdx; return t.x; }":
        "__device__ unsigned f() { const uint3 t = make_uint3(threadIdx.x, threadIdx.y, threadIdx.z); return t.x; }",
        "__global__ void k() {}\nvoid f(uint3 grid) { k<<<grid, 64>>>(); }":
        "__global__ void k() {}\nvoid f(uint3 grid) { k<<<dim3(grid.x, grid.y, grid.z), 64>>>(); }",
        "void f(const uint3 &grid) { dim3 g = grid; g.x = 1; }":
        "void f(const uint3 &grid) { dim3 g = dim3(grid.x, grid.y, grid.z); g.x = 1; }",
    },
    keeps=("__device__ unsigned f(uint3 u) { dim3 t = threadIdx; uint3 v = u; return t.x + v.x; }",),
)  # fmt: skip
def uint3_dim3(site: Site) -> Iterator[Finding]:
    """In CUDA `threadIdx` is a `uint3`, which converts to `dim3` and back; in HIP all three are types of their own."""
    if site.node.type == "kernel_call_syntax":
        for value in site.node.named_children[:2]:
            if value.type == "identifier" and _is_uint3(site, value):
                yield from _spell(site, value, "dim3")
        return
    declaration, value_or_none = site.node.parent, site.node.child_by_field_name("value")
    kind = declaration.child_by_field_name("type") if declaration is not None else None
    if kind is None or value_or_none is None or value_or_none.type != "identifier":
        return
    target = site.source.text(kind.start_byte, kind.end_byte)
    if target == "uint3" and site.source.text(value_or_none.start_byte, value_or_none.end_byte) in _BUILTINS:
        yield from _spell(site, value_or_none, "make_uint3")
    elif target == "dim3" and _is_uint3(site, value_or_none):
        yield from _spell(site, value_or_none, "dim3")


def _spell(site: Site, value: Node, maker: str) -> Iterator[Finding]:
    name = site.source.text(value.start_byte, value.end_byte)
    yield site.replace(value, f"{maker}({name}.x, {name}.y, {name}.z)")


def _is_uint3(site: Site, value: Node) -> bool:
    return _declared(site, value) == "uint3"


def _declared(site: Site, value: Node) -> str:
    """The type that the function around declares this name with before its use; "" when it is not seen there."""
    function = site.within("function_definition", "lambda_expression")
    if function is None:
        return ""
    name = re.escape(site.source.text(value.start_byte, value.end_byte))
    before = site.source.text(function.start_byte, value.start_byte)
    declared = re.findall(rf"\b(\w+)\s*[&*]?\s*\b{name}\b\s*[,;=)({{\[]", before)
    return declared[0] if declared else ""


_HALVES = ("half", "half2", "__half", "__half2", "nv_bfloat16", "nv_bfloat162", "__nv_bfloat16", "__nv_bfloat162")


@rule(
    "half-brace-assignment",
    "Assignments of a braced list to half types",
    hazards=("F10",),
    kinds=("assignment_expression",),
    words=(*_HALVES, "__hip_bfloat16", "__hip_bfloat162"),
    rewrites={
        "#include <cuda_fp16.h>\n__device__ half2 f() { half2 sum; sum = {}; return sum; }":
        "#include <cuda_fp16.h>\n__device__ half2 f() { half2 sum; sum = half2{}; return sum; }",
        "#include <cuda_fp16.h>\n__device__ void f(__half2 *p, __half a) { p[0] = {a, a}; }":
        "#include <cuda_fp16.h>\n__device__ void f(__half2 *p, __half a) { p[0] = __half2{a, a}; }",
    },
    keeps=(
        "#include <cuda_fp16.h>\n__device__ half2 f() { half2 sum = {}; return sum; }",
        "#include <cuda_fp16.h>\n__device__ void f(half *p, float4 v) { v = {}; }",
    ),
)  # fmt: skip
def half_brace_assignment(site: Site) -> Iterator[Finding]:
    """nvcc takes `sum = {}` for the copy assignment; clang finds it ambiguous with the assignment of a raw half."""
    left, right = site.node.child_by_field_name("left"), site.node.child_by_field_name("right")
    while left is not None and left.type == "subscript_expression":
        left = left.child_by_field_name("argument")
    if left is None or right is None or left.type != "identifier" or right.type != "initializer_list":
        return
    kind = _declared(site, left)
    if kind in _HALVES or kind.startswith("__hip_bfloat"):
        yield site.insert(right.start_byte, kind)


@rule(
    "vector-alignment",
    "double4 and the vectors of four 64-bit integers are aligned to 32 bytes",
    hazards=("V06",),
    kinds=("field_declaration",),
    words=("double4", "long4", "ulong4", "longlong4", "ulonglong4"),
    notes=("struct Cell { int id; double4 moments; };",),
    keeps=("struct Cell { int id; double2 moments; };", "struct Cell { double4 *moments; };"),
)
def vector_alignment(site: Site) -> Iterator[Finding]:
    """CUDA aligns these types to 16 bytes, HIP to 32: a structure with such a member has other offsets and size.

    It matters where the structure is written to a file, shared with code that nvcc built, or counted in bytes by hand.
    """
    kind, declarator = site.node.child_by_field_name("type"), site.node.child_by_field_name("declarator")
    if kind is None or declarator is None or declarator.type in ("pointer_declarator", "reference_declarator"):
        return
    name = site.source.text(kind.start_byte, kind.end_byte)
    if re.fullmatch(r"double4|u?long4|u?longlong4", name):
        yield site.note(
            Level.TEST,
            f"{name} is aligned to 32 bytes in HIP and to 16 in CUDA, so this structure is laid out otherwise",
            "if its bytes leave the program, use an array of four or two 16-byte vectors instead",
        )
