"""The program's own operators on float2, int4 and their kin, where HIP brings operators of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from hipwright.conditions import around
from hipwright.finding import Finding, Level
from hipwright.rule import Site, descend, rule
from hipwright.source import ancestors
from hipwright.views import names_amd

_VECTOR = re.compile(r"u?(?:char|short|int|long|longlong|float|double)([1-4])(?:_\d+a)?")
_COMPLEX = re.compile(r"(?:cu|hip)(?:fft)?(?:Float|Double)?Complex|(?:cu|hip)fftDoubleComplex")
_LANES = "xyzw"

# Where HIP's operator of two vectors is as good a match as the program's: a friend or a member that is no template.
_CONTESTED = frozenset(("*", "/", "+=", "-=", "*=", "/="))
# Where HIP has templates, which lose to the program's function if its parameters match exactly.
_TEMPLATED = frozenset(("+", "-", "*", "/", "%", "^", "|", "&", ">>", "<<", "==", "!="))
_COMPOUND = frozenset(f"{op}=" for op in ("+", "-", "*", "/", "%", "^", "|", "&", ">>", "<<"))

PREFERRED = """__attribute__((enable_if(true, "preferred to HIP's operator"))) """


@dataclass(frozen=True)
class _Operator:
    """One operator function: its sign, the node of the whole declaration, and its two operands as declared."""

    sign: str
    whole: Node
    names: tuple[str, ...]
    types: tuple[str, ...]
    body: str | None  # without white space; None for a declaration


def _operator(site: Site) -> _Operator | None:
    """The free operator function that an operator name declares."""
    declarator = site.node.parent
    if declarator is None or declarator.type != "function_declarator":
        return None
    whole = site.within("function_definition", "declaration", "field_declaration", "friend_declaration")
    if whole is None or whole.type not in ("function_definition", "declaration"):
        return None
    if whole.parent is not None and whole.parent.type in ("field_declaration_list", "friend_declaration"):
        return None
    parameters = declarator.child_by_field_name("parameters")
    if parameters is None:
        return None
    names, types = [], []
    for parameter in parameters.named_children:
        kind = parameter.child_by_field_name("type")
        if parameter.type != "parameter_declaration" or kind is None:
            return None
        name = next(iter(descend(parameter, frozenset(("identifier",)))), None)
        names.append(site.source.text(name.start_byte, name.end_byte) if name else "")
        types.append(" ".join(site.source.text(kind.start_byte, kind.end_byte).split()))
    body = whole.child_by_field_name("body")
    text = None if body is None else site.source.text(body.start_byte, body.end_byte)
    sign = "".join(site.text.removeprefix("operator").split())
    return _Operator(sign, whole, tuple(names), tuple(types), None if text is None else _squeezed(text))


def _squeezed(text: str) -> str:
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"\breturn(?=\W|[A-Za-z_])", "return ", re.sub(r"\s+", "", text))


def rank(site: Site, name: str) -> int:
    """How many lanes a CUDA vector type has; 0 for any other type."""
    for real in sorted(site.facts.types(name)):
        if match := _VECTOR.fullmatch(real):
            return int(match[1])
        if _COMPLEX.fullmatch(real):
            return 2
    return 0


def _lane_by_lane(operator: _Operator, ranks: Sequence[int]) -> bool:
    """Whether the body does to each lane what HIP's operator does, and nothing else."""
    if operator.body is None or len(ranks) != 2 or not all(operator.names):
        return False
    a, b = operator.names
    rank = max(ranks)
    left = [f"{a}.{lane}" if ranks[0] else a for lane in _LANES[:rank]]
    right = [f"{b}.{lane}" if ranks[1] else b for lane in _LANES[:rank]]
    sign = operator.sign
    if sign in _COMPOUND:
        returns = ("", f"return {a};")
        statements = "".join(f"{x}{sign}{y};" for x, y in zip(left, right, strict=True))
        spelled = "".join(f"{x}={x}{sign[:-1]}{y};" for x, y in zip(left, right, strict=True))
        return operator.body in {"{" + form + end + "}" for form in (statements, spelled) for end in returns}
    lanes = ",".join(f"{x}{sign}{y}" for x, y in zip(left, right, strict=True))
    swapped = ",".join(f"{y}{sign}{x}" for x, y in zip(left, right, strict=True)) if sign in ("+", "*") else lanes
    made = re.fullmatch(r"\{return (?:make_)?(\w*)[({](.*)[)}];\}", operator.body)
    return made is not None and made[1] in (*operator.types, "") and made[2] in (lanes, swapped)


@rule(
    "vector-operators",
    "The program's own operators on vector types stay the ones that are called",
    hazards=("V01", "V02", "V03"),
    kinds=("operator_name",),
    words=("operator",),
    rewrites={
        "__host__ __device__ float2 operator*(float2 a, float2 b) {\n"
        "  return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);\n}\n"
        "__host__ __device__ float2 square(float2 a) { return a * a; }\n":
        PREFERRED + "__host__ __device__ float2 operator*(float2 a, float2 b) {\n"
        "  return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);\n}\n"
        "__host__ __device__ float2 square(float2 a) { return a * a; }\n",
        "inline __host__ __device__ void operator+=(float3 &a, float3 b)\n"
        "{\n  a.x += b.x;\n  a.y += b.y;\n  a.z += b.z;\n}\n\n"
        "__device__ void f(float3 &a) { a += a; }\n":
        "__device__ void f(float3 &a) { a += a; }\n",
        "template <typename T>\n"
        "__device__ T operator*(const T &a, const T &b) { return T{a.x * b.x - a.y * b.y, a.y}; }\n"
        "__device__ double2 f(double2 a) { return a * a; }\n":
        "template <typename T>\n"
        "__device__ T operator*(const T &a, const T &b) { return T{a.x * b.x - a.y * b.y, a.y}; }\n"
        "inline __device__ double2 operator*(const double2 &a, const double2 &b) { return operator*<double2>(a, b); }\n"
        "__device__ double2 f(double2 a) { return a * a; }\n",
    },
    keeps=(
        "__host__ __device__ float3 operator+(float3 a, float3 b) { return make_float3(a.x + b.x, a.y + b.y, 0); }",
        "__device__ float4 operator*(float4 a, float4 b) { return a; }",
        "#ifndef __HIP_PLATFORM_AMD__\n__host__ __device__ float2 operator*(float2 a, float2 b) { return a; }\n#endif",
        "struct V { float x; __host__ __device__ V operator*(V b) { return b; } };\n"
        "__host__ __device__ V operator/(V a, V b) { return a; }",
        "__host__ __device__ float3 operator*(float3 a, float s) { return make_float3(a.x * s, a.y * s, a.z * s); }",
    ),
    notes=(
        "__device__ float4 operator*(float4 a, float s) { return make_float4(a.x * s, a.y * s, a.z * s, a.w); }",
    ),
)  # fmt: skip
def vector_operators(site: Site) -> Iterator[Finding]:
    """CUDA's vector types have no operators, so programs write their own; HIP's types have all of them, lane by lane.

    A function of two vectors with `*`, `/`, `+=`, `-=`, `*=` or `/=` is as good a match as HIP's, and the call is
    ambiguous. If it does what HIP's does it is dropped; if not (a complex product) it is marked to be preferred, so
    that no use of it changes. A template loses to HIP's operator without a word: overloads for the vector types of the
    file keep it called. A scalar operand that is not exactly of the declared type goes to HIP's template, which matters
    only where the program's own operator is not lane by lane; that is noted.
    """
    operator = _operator(site)
    if operator is None or len(operator.types) != 2 or operator.sign not in _TEMPLATED | _COMPOUND:
        return
    whole = operator.whole
    head = site.source.text(whole.start_byte, whole.end_byte).split("{", 1)[0]
    if whole.parent is not None and whole.parent.type == "template_declaration":
        yield from _overloads(site, operator, whole.parent, head)
        return
    ranks = [rank(site, name) for name in operator.types]
    if not any(ranks) or "enable_if" in head or chosen_for_amd(site):
        return
    if ranks[0] == ranks[1] and operator.sign in _CONTESTED:
        if "__device__" in head and "__host__" not in head:
            return  # in device code clang prefers it to HIP's, which is for the host as well
        *_, top = ancestors(site.node)
        droppable = re.search(r"inline|static", head) and top == site.source.tree.root_node  # no macro's body
        if droppable and _lane_by_lane(operator, ranks) and not _prototyped(site, operator.sign):
            yield site.edit(whole.start_byte, _behind(site, whole.end_byte), "")
        else:
            yield site.insert(whole.start_byte, PREFERRED)
    elif 0 in ranks and operator.body is not None and not _lane_by_lane(operator, ranks):
        yield site.note(
            Level.TEST,
            f"operator{operator.sign} of {' and '.join(operator.types)} is not lane by lane: for an operand of "
            "another scalar type (an int, a double literal) HIP's own lane-by-lane operator is called instead",
            "make the scalar operands exactly of the declared type, or give this operator a name",
        )


def chosen_for_amd(site: Site) -> bool:
    """Whether the project itself decides by AMD's macros if this code exists."""
    return any(
        names_amd(word) and word != "__HIPCC__"  # what a guard on nvcc becomes
        for conditional, _ in around(site.source.data, site.node.start_byte)
        for branch in conditional.branches
        for word in re.findall(r"\w+", branch.directive.rest)
    )


def _behind(site: Site, end: int) -> int:
    """The end of the line of `end`, and of one blank line behind it."""
    match = re.compile(rb"[ \t]*\r?\n(?:[ \t]*\r?\n)?").match(site.source.data, end)
    return match.end() if match else end


def _prototyped(site: Site, sign: str) -> bool:
    """Whether the file declares some operator of this sign apart from its definition."""
    return re.search(rf"operator\s*{re.escape(sign)}\s*\([^(){{}};]*\)\s*;".encode(), site.source.data) is not None


def _overloads(site: Site, operator: _Operator, template: Node, head: str) -> Iterator[Finding]:
    """Overloads of a template over two operands of its own type, for the vector types that the file names."""
    parameters = template.child_by_field_name("parameters")
    given = "" if parameters is None else site.source.text(parameters.start_byte, parameters.end_byte)
    match = re.fullmatch(r"<\s*(?:typename|class)\s+(\w+)\s*>", given)
    if match is None or operator.types != (match[1], match[1]) or operator.body is None or not all(operator.names):
        return
    lanes = 1 + max((_LANES.index(lane) for lane in re.findall(r"\.([xyzw])\b", operator.body)), default=-1)
    made = set(re.findall(r"\bmake_(\w+)\(", operator.body))
    if not lanes:
        return  # a template over numbers or the program's own classes
    named = {word.decode() for word in re.findall(rb"\b\w+[1-4]\b", site.source.data)}
    fitting = sorted(name for name in named if _VECTOR.fullmatch(name) and int(name[-1]) >= lanes)
    fitting = [name for name in fitting if not made or name in made]
    if not fitting:
        yield site.note(
            Level.TEST,
            f"for CUDA's vector types HIP's lane-by-lane operator{operator.sign} is called instead of this template",
            "give the operator a name, or write it for each vector type that uses it",
        )
    device_only = "__device__" in head and "__host__" not in head
    prefix = PREFERRED if operator.sign in _CONTESTED and not device_only else ""
    lines = []
    for name in fitting:
        if f"operator{operator.sign}<{name}>(".encode() in site.source.data:
            continue
        signature = " ".join(re.sub(rf"\b{match[1]}\b", name, head).split())
        if "inline" not in signature:
            signature = f"inline {signature}"
        call = f"operator{operator.sign}<{name}>({', '.join(operator.names)})"
        lines.append(f"\n{prefix}{signature} {{ return {call}; }}")
    if lines:
        yield site.insert(template.end_byte, "".join(lines))
