"""Variables in shared memory (LDS) that clang declares differently from nvcc."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from hipwright.finding import Finding, Level
from hipwright.rule import Site, descend, rule
from hipwright.source import Span, ancestors

_STATEMENT = re.compile(rb"[;{}]|//[^\n]*\n|\*/")
_ALIGN = r"(?:__align__|alignas|__attribute__)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
_DECLARATION = re.compile(
    rf"(?P<head>(?:(?:extern|static|__shared__|__device__|volatile|{_ALIGN})\s+)*)"
    rf"(?P<type>[^;=]+?)\s*\b(?P<late>__shared__\s+)?(?P<name>[A-Za-z_]\w*)\s*(?P<extents>(?:\[[^\[\]]*\]\s*)*)\Z",
    re.S,
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_STATE = re.compile(r"(?:cu|hip)randState(?:XORWOW|Philox4_32_10|MRG32k3a|(?:Scrambled)?Sobol(?:32|64))?(?:_t)?")
# Types whose HIP form has a constructor that does something, unlike CUDA's.
_CONSTRUCTED = re.compile(rf"(?:{_STATE.pattern}|thrust::(?:pair|tuple)\s*<.*>)\Z", re.S)


def _statement(site: Site) -> Span:
    """The declaration around the qualifier: from behind the last `;`, `{` or `}` up to the next `;`."""
    data, at = site.source.data, site.node.start_byte
    begin = max(at - 400, 0)
    start = begin
    for match in _STATEMENT.finditer(data, begin, at):
        start = match.end()
    while data[start : start + 1].isspace():
        start += 1
    line = data.rfind(b"\n", 0, at) + 1
    if data[line:].lstrip()[:1] == b"#":
        start = max(start, line)
    end = data.find(b";", at)
    return Span(start, end, site.source.text(start, end)) if end >= 0 else Span(at, at, "")


def _dependent(site: Site, type_: str) -> bool:
    """Whether a type depends on a parameter of a template around the site, directly or by an alias declared there."""
    words = set(_WORD.findall(type_))
    for node in ancestors(site.node):
        if node.type != "template_declaration":
            continue
        parameters = node.child_by_field_name("parameters")
        declared = (
            {
                site.source.text(name.start_byte, name.end_byte)
                for name in descend(parameters, frozenset({"identifier", "type_identifier"}))
            }
            if parameters
            else set()
        )
        if words & (declared | _aliases(site, node)):
            return True
    return False


def _aliases(site: Site, template: Node) -> set[str]:
    names = set()
    for alias in descend(template, frozenset({"alias_declaration", "type_definition"})):
        name = alias.child_by_field_name("name") or alias.child_by_field_name("declarator")
        if name is not None:
            names.add(site.source.text(name.start_byte, name.end_byte))
    return names


def _indent(site: Site, at: int) -> str:
    line = site.source.data.rfind(b"\n", 0, at) + 1
    text = site.source.text(line, at)
    return "\n" + text if not text.strip() else " "


@rule(
    "dynamic-shared-template",
    "Dynamic shared memory in a template is bytes with a typed pointer",
    hazards=("C10",),
    names=("__shared__",),
    rewrites={
        "template <typename T> __global__ void k(T* p) {\n"
        "  extern __shared__ T tile[];\n  tile[0] = *p; *p = tile[0];\n}":
        "template <typename T> __global__ void k(T* p) {\n"
        "  extern __shared__ __align__(16) unsigned char tile_bytes[];\n"
        "  T* tile = reinterpret_cast<T*>(tile_bytes);\n  tile[0] = *p; *p = tile[0];\n}",
        "template <class T> __device__ T* get() { extern volatile T __shared__ s[]; return (T*)s; }":
        "template <class T> __device__ T* get() { extern __shared__ __align__(16) unsigned char s_bytes[];"
        " volatile T* s = reinterpret_cast<volatile T*>(s_bytes); return (T*)s; }",
    },
    keeps=(
        "__global__ void k(float* p) { extern __shared__ float s[]; *p = s[0]; }",
        "template <class T> __global__ void k(T* p) { extern __shared__ char s[]; __shared__ T t[4]; *p = t[0]; }",
    ),
)  # fmt: skip
def dynamic_shared_template(site: Site) -> Iterator[Finding]:
    """All dynamic shared arrays of one name are one variable: clang rejects it when two instances give it two types.

    The array becomes raw bytes, aligned for every vector type, and a pointer of the type that was asked for keeps the
    old name. Arrays of one fixed type are left alone.
    """
    statement = _statement(site)
    match = _DECLARATION.match(statement.text)
    if match is None or match["extents"].replace(" ", "") != "[]":
        return
    words = _WORD.findall(match["head"] + match["type"])
    if "extern" not in words or not _dependent(site, match["type"]):
        return
    # Qualifiers may also stand behind the type's first word; what remains is the element type.
    type_ = re.sub(r"\b(?:extern|static|__shared__|__device__)\b\s*", "", match["type"]).strip()
    if "volatile" in match["head"]:
        type_ = f"volatile {type_}"
    name = match["name"]
    declaration = f"extern __shared__ __align__(16) unsigned char {name}_bytes[];"
    pointer = f"{type_}* {name} = reinterpret_cast<{type_}*>({name}_bytes)"
    yield site.edit(statement.start, statement.end, declaration + _indent(site, statement.start) + pointer)


@rule(
    "shared-constructor",
    "Shared variables of types that HIP gives a constructor",
    hazards=("C09",),
    names=("__shared__", "__device__"),
    rewrites={
        "#include <hiprand/hiprand_kernel.h>\n"
        "__global__ void k(float* p) {\n  __shared__ curandState state[4];\n  p[0] = curand_uniform(&state[1]);\n}":
        "#include <hiprand/hiprand_kernel.h>\n"
        "__global__ void k(float* p) {\n"
        "  __shared__ __align__(16) unsigned char state_bytes[sizeof(curandState[4])];\n"
        "  auto& state = reinterpret_cast<curandState (&)[4]>(state_bytes);\n  p[0] = curand_uniform(&state[1]);\n}",
    },
    keeps=(
        "__global__ void k() { __shared__ curandState* state; __shared__ float x[4]; }",
        "__device__ float f(curandState* state) { curandState local = *state; return 0; }",
    ),
    notes=("__device__ curandState states[64];",),
    compiles=False,
)  # fmt: skip
def shared_constructor(site: Site) -> Iterator[Finding]:
    """CUDA's random states and pairs are plain data; their HIP forms have constructors, and clang forbids
    initialization of shared memory.

    A shared variable of such a type becomes raw bytes with a reference of the old name: like CUDA's, it starts
    uninitialized. For a variable in global memory the choice of another storage is left to a person.
    """
    parent = site.node.parent
    if parent is not None and parent.type == "function_definition":
        return
    statement = _statement(site)
    match = _DECLARATION.match(statement.text)
    if match is None or not _CONSTRUCTED.match(match["type"].strip()) or "extern" in match["head"]:
        return
    type_, name, extents = match["type"].strip(), match["name"], match["extents"].strip()
    if "__shared__" in match["head"].split():
        whole = f"{type_}{extents}"
        reference = f"{type_} (&){extents}" if extents else f"{type_}&"
        yield site.edit(
            statement.start,
            statement.end,
            f"__shared__ __align__(16) unsigned char {name}_bytes[sizeof({whole})];{_indent(site, statement.start)}"
            f"auto& {name} = reinterpret_cast<{reference}>({name}_bytes)",
        )
    elif "__device__" in match["head"].split() and site.within("compound_statement") is None:
        yield site.note(
            Level.TODO,
            f"{name}: {type_} has a constructor in HIP, which a global __device__ variable may not run",
            "allocate the states with hipMalloc and pass them to the kernels",
        )
