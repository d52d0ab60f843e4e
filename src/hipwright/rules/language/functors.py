"""Functors and alignment that AMD's libraries and host compilers take more strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from hipwright.finding import Edit, Finding, Level
from hipwright.rule import Site, descend, rule

_CLASS = frozenset({"struct_specifier", "class_specifier"})


def _call_operator(site: Site) -> Node | None:
    """The declarator of a call operator that runs on the GPU and is defined in a class."""
    declarator = site.node.child_by_field_name("declarator")
    while declarator is not None and declarator.type in ("reference_declarator", "pointer_declarator"):
        declarator = declarator.named_children[-1] if declarator.named_children else None
    if declarator is None or declarator.type != "function_declarator" or site.within(*_CLASS) is None:
        return None
    name = declarator.child_by_field_name("declarator")
    if name is None or name.type != "operator_name":
        return None
    if site.source.text(name.start_byte, name.end_byte).replace(" ", "") != "operator()":
        return None
    head = site.source.data[site.node.start_byte : declarator.start_byte]
    return declarator if b"__device__" in head or _hidden_qualifier(site, head) else None


def _hidden_qualifier(site: Site, head: bytes) -> bool:
    return any("__device__" in (site.facts.macro(word.decode()) or "") for word in re.findall(rb"[A-Z_]\w+", head))


def _members(site: Site) -> set[str]:
    """Names of the class's own variables and functions."""
    owner = site.within(*_CLASS)
    names = set()
    for kind in ("field_declaration", "function_definition"):
        for field in descend(owner, frozenset({kind})) if owner is not None else ():
            declarator = field.child_by_field_name("declarator")
            for name in descend(declarator, frozenset({"field_identifier"})) if declarator is not None else ():
                names.add(site.source.text(name.start_byte, name.end_byte))
    return names


@rule(
    "functor-const",
    "Call operators of functors are const and return values",
    hazards=("C13", "C14"),
    kinds=("function_definition",),
    words=("thrust", "cub", "hipcub", "rocprim"),
    rewrites={
        "#include <thrust/transform.h>\n"
        "struct Add { __host__ __device__ int operator()(int a, int b) { return a + b; } };":
        "#include <thrust/transform.h>\n"
        "struct Add { __host__ __device__ int operator()(int a, int b) const { return a + b; } };",
        "#include <hipcub/hipcub.hpp>\n"
        "struct Min { template <class T> __device__ const T& operator()(const T& a, const T& b) const"
        " { return a < b ? a : b; } };":
        "#include <hipcub/hipcub.hpp>\n"
        "struct Min { template <class T> __device__ T operator()(const T& a, const T& b) const"
        " { return a < b ? a : b; } };",
    },
    keeps=(
        "#include <thrust/transform.h>\n"
        "struct Count { int n; __device__ int operator()(int a) { n += a; return n; } };",
        "#include <thrust/transform.h>\nstruct Host { int operator()(int a) { return a; } };",
        "#include <thrust/transform.h>\n"
        "struct At { float* p; __device__ float& operator()(int i) const { return p[i]; } };",
        "#include <thrust/transform.h>\n"
        "struct Twice { __device__ int g(int a); __device__ int operator()(int a) { return g(a); } };",
    ),
)  # fmt: skip
def functor_const(site: Site) -> Iterator[Finding]:
    """rocPRIM calls functors through const references, where CUB and NVIDIA's Thrust do not, and keeps results longer
    than the arguments live: an operator that changes no member becomes const, and one that returns a reference to its
    arguments returns the value.
    """
    declarator = _call_operator(site)
    body = site.node.child_by_field_name("body")
    if declarator is None or body is None:
        return
    parameters = declarator.child_by_field_name("parameters")
    if parameters is None:
        return
    behind = site.source.data[parameters.end_byte : body.start_byte]
    if not re.search(rb"\bconst\b", behind) and not _changes_member(site, body):
        yield site.insert(parameters.end_byte, " const")
    returned = declarator.parent
    taken = parameters.named_children
    if returned is not None and returned.type == "reference_declarator" and len(taken) == 2 and all(
        "&" in site.source.text(child.start_byte, child.end_byte) for child in taken
    ):  # fmt: skip
        yield from _by_value(site, returned, declarator)


def _changes_member(site: Site, body: Node) -> bool:
    """Whether a member is assigned to, has its address taken, or is called."""
    text = site.source.text(body.start_byte, body.end_byte)
    name = rf"\b(?:{'|'.join(map(re.escape, sorted(_members(site))))})\b"
    assigned = rf"{name}(?:\.\w+|\[[^\]]*\])*\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)"
    stepped = rf"(?:\+\+|--|&)\s*{name}|{name}\s*(?:\+\+|--)"
    called = rf"{name}\s*(?:\.\s*\w+\s*)?\("
    return name != r"\b(?:)\b" and re.search(f"{assigned}|{stepped}|{called}", text) is not None


def _by_value(site: Site, reference: Node, declarator: Node) -> Iterator[Edit]:
    start = reference.start_byte
    data = site.source.data
    stop = declarator.start_byte
    gap = b" " if data[start - 1 : start] not in b" \t\n" else b""
    yield site.edit(start, stop, gap.decode())
    before = data[site.node.start_byte : start]
    if match := re.search(rb"\bconst\s+(?=[\w:<>,\s]+\Z)", before):
        yield site.edit(site.node.start_byte + match.start(), site.node.start_byte + match.end(), "")


@rule(
    "alignas",
    "Alignment of types that host compilers see too",
    hazards=("C12",),
    names=("__align__",),
    rewrites={"struct __align__(16) Quad { float x, y, z, w; };": "struct alignas(16) Quad { float x, y, z, w; };"},
    keeps=(
        "__global__ void k() { extern __shared__ __align__(16) char s[]; s[0] = 1; }",
        "#define MY_ALIGN(n) __align__(n)\n",
    ),
)  # fmt: skip
def align_types(site: Site) -> Iterator[Finding]:
    """HIP defines `__align__` only for its own compiler, and a header with a struct is read by the host's compiler as
    well; `alignas` means the same to both. Variables are left alone: they stand in GPU code.
    """
    call = site.call
    before = site.source.data[max(0, site.node.start_byte - 24) : site.node.start_byte]
    if call is None or site.source.path.endswith((".c",)) or not re.search(rb"\b(?:struct|class|union)\s+\Z", before):
        return
    yield site.replace(site.node, "alignas")


@rule(
    "extended-lambda-traits",
    "Traits of extended lambdas",
    hazards=("C05",),
    names=(
        "__nv_is_extended_device_lambda_closure_type", "__nv_is_extended_host_device_lambda_closure_type",
        "__nv_is_extended_device_lambda_with_preserved_return_type",
    ),
    notes=(
        "template <class F> void f(F) { static_assert(__nv_is_extended_device_lambda_closure_type(F), \"\"); }",
    ),
)  # fmt: skip
def extended_lambda_traits(site: Site) -> Iterator[Finding]:
    """clang's lambdas carry their `__device__` like any function, and no type trait tells it: code that chooses by
    these traits has to choose by something else.
    """
    yield site.note(
        Level.TODO,
        f"{site.text} has no counterpart: in HIP every lambda with __device__ may be passed to a kernel",
        "drop the check, or let the caller say on which side the functor runs",
    )
