"""min and max of a signed and an unsigned integer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from hipwright.finding import Finding, Helper
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import declared_type

_UNSIGNED, _SIGNED, _OTHER = "unsigned", "signed", ""
# Types of at least an int's size: smaller ones become int.
_UNSIGNED_TYPE = re.compile(r"unsigned(?:\s+(?:int|long(?:\s+long)?(?:\s+int)?))?|uint(?:32|64)_t|uint|ulong|size_t")
_SIGNED_TYPE = re.compile(
    r"(?:signed\s+)?(?:int|long(?:\s+long)?(?:\s+int)?|short(?:\s+int)?|char)|(?:int(?:8|16|32|64)|uint(?:8|16))_t|bool"
    r"|unsigned\s+(?:char|short)(?:\s+int)?|ptrdiff_t|uchar|ushort"
)
_DIMENSIONS = frozenset({"threadIdx", "blockIdx", "blockDim", "gridDim"})
_SUMS = frozenset({"+", "-", "*", "/", "%", "&", "|", "^"})
_MIXED = Helper(
    "HIPWRIGHT_MIXED_MIN_MAX",
    """\
// CUDA compares a signed and an unsigned integer as unsigned ones; HIP's min and max take them for doubles on the
// device, and for int on the host, where two of any other type are int as well.
using ::max;  // a file may be included within a namespace, where what follows would hide HIP's own
using ::min;
#define HIPWRIGHT_MIN_MAX(SIDES, S, T, U) \\
  SIDES inline U min(S a, T b) { return static_cast<U>(b) < static_cast<U>(a) ? b : a; } \\
  SIDES inline U max(S a, T b) { return static_cast<U>(a) < static_cast<U>(b) ? b : a; }
#define HIPWRIGHT_MIXED(SIDES, S, U) HIPWRIGHT_MIN_MAX(SIDES, S, U, U) HIPWRIGHT_MIN_MAX(SIDES, U, S, U)
HIPWRIGHT_MIXED(__host__ __device__, int, unsigned int)
HIPWRIGHT_MIXED(__host__ __device__, long, unsigned long)
HIPWRIGHT_MIXED(__host__ __device__, long long, unsigned long long)
HIPWRIGHT_MIN_MAX(__host__ __device__, unsigned int, unsigned int, unsigned int)
HIPWRIGHT_MIN_MAX(__host__ __device__, long, long, long)
HIPWRIGHT_MIN_MAX(__host__ __device__, unsigned long, unsigned long, unsigned long)
HIPWRIGHT_MIN_MAX(__host__ __device__, long long, long long, long long)
HIPWRIGHT_MIN_MAX(__host__ __device__, unsigned long long, unsigned long long, unsigned long long)
// On the host these become int first, as in CUDA.
HIPWRIGHT_MIXED(__device__, short, unsigned int)
HIPWRIGHT_MIXED(__device__, char, unsigned int)
HIPWRIGHT_MIXED(__device__, signed char, unsigned int)
#undef HIPWRIGHT_MIXED
#undef HIPWRIGHT_MIN_MAX
""",
)


def _of_type(text: str) -> str:
    words = " ".join(re.sub(r"\b(?:const|volatile|static|constexpr|std::|__restrict__)\s*|[&*]", " ", text).split())
    if _UNSIGNED_TYPE.fullmatch(words):
        return _UNSIGNED
    return _SIGNED if _SIGNED_TYPE.fullmatch(words) else _OTHER


def _sign(site: Site, node: Node | None) -> str:
    """Whether an expression is an unsigned or a signed integer, as far as the function around it tells."""
    if node is None:
        return _OTHER
    text = site.source.text(node.start_byte, node.end_byte)
    kids = node.named_children
    match node.type:
        case "number_literal":
            if re.search(r"[.]|^\d+[eE]|[fF]$", text) and not text.lower().startswith("0x"):
                return _OTHER
            return _UNSIGNED if "u" in text.lower() else _SIGNED
        case "identifier":
            return _of_type(declared_type(site, text))
        case "field_expression":
            return _UNSIGNED if text.split(".")[0].strip() in _DIMENSIONS else _OTHER
        case "subscript_expression" if kids and kids[0].type == "identifier":
            return _of_type(declared_type(site, site.source.text(kids[0].start_byte, kids[0].end_byte)))
        case "parenthesized_expression" | "unary_expression":
            return _sign(site, kids[-1]) if kids and not text.startswith("!") else _OTHER
        case "binary_expression":
            operator = node.child_by_field_name("operator")
            left, right = (_sign(site, node.child_by_field_name(side)) for side in ("left", "right"))
            if operator is not None and operator.type in ("<<", ">>"):
                return left
            if operator is None or operator.type not in _SUMS:
                return _OTHER
            return _UNSIGNED if _UNSIGNED in (left, right) else left if left == right else _OTHER
        case "cast_expression":
            kind = node.child_by_field_name("type")
            return _of_type(site.source.text(kind.start_byte, kind.end_byte)) if kind else _OTHER
        case "call_expression":
            cast = re.match(r"(?:static_cast\s*<([^<>]*)>|(unsigned|int|long|uint|u?int(?:32|64)_t|size_t))\s*\(", text)
            return _of_type(cast[1] or cast[2]) if cast else _OTHER
    return _OTHER


@rule(
    "mixed-min-max",
    "min and max of a signed and an unsigned integer",
    hazards=("F14",),
    names=("min", "max"),
    order=40,
    rewrites={
        "__device__ unsigned f(int n) { return min(n, blockDim.x * 4); }":
        "__device__ unsigned f(int n) { return min(n, blockDim.x * 4); }",
        "__global__ void k(float* p, int n, int i) { p[min(n - 1, i + 2 * blockDim.x)] = max(i, 3u); }":
        "__global__ void k(float* p, int n, int i) { p[min(n - 1, i + 2 * blockDim.x)] = max(i, 3u); }",
        "__device__ long long f(const unsigned long long* p, long long n) { return min(p[0], n); }":
        "__device__ long long f(const unsigned long long* p, long long n) { return min(p[0], n); }",
    },
    keeps=(
        "__device__ int f(int n, int i) { return min(n, i + 1); }",
        "__device__ unsigned f(unsigned n) { return min(n * 2, blockDim.x); }",
        "__device__ int f(int n) { return min(n, (int)blockDim.x); }",
        "__device__ float f(float n) { return max(n, 0.0f); }",
        "__device__ int f(unsigned char n) { return min(n, 3); }",
        "#define min(a, b) ((a) < (b) ? (a) : (b))\n__device__ unsigned f(int n) { return min(n, blockDim.x); }",
        "#include <algorithm>\nunsigned f(int n, unsigned m) { return std::min<unsigned>(n, m); }",
    ),
)  # fmt: skip
def mixed_min_max(site: Site) -> Iterator[Finding]:
    """CUDA's `min(-1, 5u)` is 5: it compares as C does, unsigned. HIP has no such overload, so that its device code
    converts both to double, where -1 is the smaller one, and 64 bits lose digits. The overloads are added to a file
    with a call in which one argument is seen to be unsigned, and the other is not.
    """
    call = site.call
    if call is None or len(call.args) != 2 or call.template or site.foreign or site.facts.defines(site.text):
        return
    signs = [_sign(site, site.source.node_at(span.start, span.end)) for span in call.args]
    if signs.count(_UNSIGNED) == 1:
        yield site.replace(site.node, site.text, helpers=(_MIXED,))
