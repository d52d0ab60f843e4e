"""CUDA's numbers in ordinary code, and AMD's device macro taken for a number."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from hipwright.conditions import condition, directive_at, directives, parse
from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.views import MODERN_ARCH, Environment, View

_COMPARED = frozenset({"==", "!=", "<", ">", "<=", ">="})


def _comparison(site: Site) -> Node | None:
    """The comparison that the macro is one side of."""
    node = site.node
    parent = node.parent
    while parent is not None and parent.type == "parenthesized_expression":
        node, parent = parent, parent.parent
    if parent is None or parent.type != "binary_expression":
        return None
    operator = parent.child_by_field_name("operator")
    return parent if operator is not None and operator.type in _COMPARED else None


@rule(
    "arch-in-code",
    "The architecture number in code",
    hazards=("R05",),
    names=("__CUDA_ARCH__",),
    order=31,
    rewrites={
        "__device__ int f() {\n  if (__CUDA_ARCH__ >= 700) return 1;\n  return 0;\n}":
        "__device__ int f() {\n  if (true) return 1;\n  return 0;\n}",
        "__device__ int f() { constexpr int arch = __CUDA_ARCH__; return arch; }":
        "__device__ int f() { constexpr int arch = 800; return arch; }",
        "#define FERMI 200\n__device__ bool f() { return __CUDA_ARCH__ <= FERMI || __CUDA_ARCH__ == 610; }":
        "#define FERMI 200\n__device__ bool f() { return false || false; }",
    },
    keeps=("// __CUDA_ARCH__\nint __CUDA_ARCH__x;", "#undef __CUDA_ARCH__\n#define __CUDA_ARCH__ 1300\n"),
)  # fmt: skip
def arch_in_code(site: Site) -> Iterator[Finding]:
    """HIP has no `__CUDA_ARCH__`: a comparison in a function becomes its truth for sm_80, a bare value becomes 800.

    Code that reads the number at all is device code, so there is no host side to ask for. Guards are decided by their
    own rule.
    """
    line = directive_at(site.source.data, site.node.start_byte)
    if line is not None and line.kind != "define":
        return
    if line is not None and parse(line.rest.partition(" ")[2].strip()) is not None:
        return  # a condition with a name: decided as a guard
    parent = site.node.parent
    if site.node.type != "identifier" or (parent is not None and parent.type in ("preproc_def", "preproc_undef")):
        return  # a project that defines the macro itself
    compared = _comparison(site)
    if compared is not None:
        left, right = compared.child_by_field_name("left"), compared.child_by_field_name("right")
        operator = compared.child_by_field_name("operator")
        if left is not None and right is not None and operator is not None:
            sides = [
                str(MODERN_ARCH) if node.start_byte <= site.node.start_byte < node.end_byte else _integer(site, node)
                for node in (left, right)
            ]
            if None not in sides:
                value = Environment(View("", {})).value(parse(f"({sides[0]}) {operator.type} ({sides[1]})"))
                yield site.replace(compared, "true" if value else "false")
                yield _note(site)
                return
    yield site.replace(site.node, str(MODERN_ARCH))
    yield _note(site)


def _integer(site: Site, node: Node) -> str | None:
    value = site.facts.integer(site.source.text(node.start_byte, node.end_byte))
    return None if value is None else str(value)


def _note(site: Site) -> Finding:
    return site.note(
        Level.TEST,
        f"__CUDA_ARCH__ in code was taken for {MODERN_ARCH}, as on sm_{MODERN_ARCH // 10}",
        "AMD targets are told apart by macros such as __gfx942__",
    )


@rule(
    "version-in-code",
    "CUDA's version number in code",
    hazards=("R03",),
    names=("CUDART_VERSION", "CUDA_VERSION"),
    order=31,
    rewrites={
        "#include <hip/hip_runtime.h>\nbool f(int version) { return version < CUDART_VERSION; }":
        "#include <hip/hip_runtime.h>\nbool f(int version) { return version < HIP_VERSION; }",
    },
    keeps=(
        "struct S { int CUDA_VERSION; };\nint f(S s) { return s.CUDA_VERSION; }",
        "#define CUDA_VERSION 0\n",
    ),
)  # fmt: skip
def version_in_code(site: Site) -> Iterator[Finding]:
    """What code compares at run time is the version that the runtime reports: in HIP that is `HIP_VERSION`.

    HIP counts major * 10000000 + minor * 100000 + patch, CUDA major * 1000 + minor * 10, so arithmetic that takes the
    number apart has to be adapted by hand. Guards are decided by their own rule.
    """
    line = directive_at(site.source.data, site.node.start_byte)
    if site.node.type != "identifier" or (line is not None and line.kind != "define"):
        return
    parent = site.node.parent
    if parent is not None and parent.type in ("preproc_def", "preproc_undef"):
        return
    operator = parent.child_by_field_name("operator") if parent is not None else None
    yield site.replace(site.node, "HIP_VERSION")
    if operator is None or operator.type not in _COMPARED:
        yield site.note(
            Level.TODO if operator is not None else Level.TEST,
            f"HIP_VERSION is numbered differently from {site.text}",
            "take it apart as major = v / 10000000, minor = v / 100000 % 100, or use HIP_VERSION_MAJOR and _MINOR",
        )


_COMPILER = {
    "__CUDACC_VER_MAJOR__": "HIP_VERSION_MAJOR",
    "__CUDACC_VER_MINOR__": "HIP_VERSION_MINOR",
    "__CUDACC_VER_BUILD__": "HIP_VERSION_PATCH",
}


@rule(
    "compiler-version-in-code",
    "nvcc's version number in code",
    hazards=("R03",),
    names=_COMPILER,
    order=31,
    rewrites={
        "#include <hip/hip_runtime.h>\nconstexpr int f() { return __CUDACC_VER_MAJOR__; }":
        "#include <hip/hip_runtime.h>\nconstexpr int f() { return HIP_VERSION_MAJOR; }",
    },
    notes=("int f() { return __CUDACC_VER_MAJOR__ >= 11; }",),
    keeps=("int f() { const char* __CUDACC_VER_MAJOR__s = 0; return __CUDACC_VER_MAJOR__s != nullptr; }",),
)  # fmt: skip
def compiler_version_in_code(site: Site) -> Iterator[Finding]:
    """Code that reports which compiler made it reports HIP's version: nvcc's macros do not exist.

    A number that is compared or computed with was written for CUDA's releases, and is left for a person to look at.
    Guards are decided by their own rule.
    """
    line = directive_at(site.source.data, site.node.start_byte)
    parent = site.node.parent
    if site.node.type != "identifier" or line is not None or parent is None or parent.type.startswith("preproc_"):
        return
    yield site.replace(site.node, _COMPILER[site.text], includes=("hip/hip_version.h",))
    computed = parent.type in ("binary_expression", "unary_expression")
    yield site.note(
        Level.TODO if computed else Level.TEST,
        f"{_COMPILER[site.text]} is HIP's release, counted differently from {site.text}",
        "decide by the feature that the number stood for" if computed else "",
    )


@rule(
    "device-macro-number",
    "__HIP_DEVICE_COMPILE__ is not an architecture number",
    hazards=("R04", "R05"),
    words=("__HIP_DEVICE_COMPILE__",),
    notes=("__global__ void k(float* p) {\n#if __HIP_DEVICE_COMPILE__ >= 530\n  *p = 1;\n#endif\n}",),
    keeps=(
        "#if __HIP_DEVICE_COMPILE__ == 1\nint a;\n#elif __HIP_DEVICE_COMPILE__ > 0\nint b;\n#endif\n",
        "#ifdef __HIP_DEVICE_COMPILE__\nint a;\n#endif\n",
    ),
)  # fmt: skip
def device_macro_number(site: Site) -> Iterator[Finding]:
    """A port that only replaced the name `__CUDA_ARCH__` compares 1 with 530: the fast path, often the whole kernel,
    is gone without a message of the compiler.
    """
    for directive in directives(site.source.data):
        if "__HIP_DEVICE_COMPILE__" not in directive.rest or directive.kind == "define":
            continue
        stack = [expression] if (expression := condition(directive)) is not None else []
        while stack:
            node = stack.pop()
            stack.extend(node.kids)
            if node.kind != "binary" or node.text not in _COMPARED:
                continue
            sides = [kid.kids[0] if kid.kind == "group" else kid for kid in node.kids]
            others = [kid for kid in sides if kid.text != "__HIP_DEVICE_COMPILE__"]
            number = Environment(View("", {})).value(others[0]) if len(others) == 1 else None
            if number is not None and number > 1:
                yield site.note(
                    Level.ERROR,
                    f"__HIP_DEVICE_COMPILE__ is 1 on every AMD target: comparing it with {number} gives a constant",
                    "use defined(__HIP_DEVICE_COMPILE__), or the target's own macro such as __gfx942__",
                    at=directive.start,
                )
