"""What rules may know of the whole project: its macros and constants, and the names it declares itself."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

_DEFINE = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)\n]*\))?[ \t]*((?:\\\r?\n|[^\n])*)", re.M)
_CONSTANT = re.compile(
    rb"\b(?:constexpr|const)\s+(?:static\s+|inline\s+|__device__\s+|__constant__\s+)*"
    rb"(?:(?:unsigned|signed|long|short|int|char|auto|bool|size_t|u?int\d+_t)\s+)+(\w+)\s*(?:=\s*([^;,{}]+)|\{([^;{}]+)\})\s*;"
)
_ENUMERATOR = re.compile(rb"\benum\b[^{;]*\{([^}]*)\}")
_DECLARED = re.compile(
    rb"\b(?:struct|class|union|enum(?:\s+class)?|namespace)\s+(?:__\w+__(?:\([^)]*\))?\s+)*(\w+)\s*(?:final\s*)?[{:]"
    rb"|\busing\s+(\w+)\s*="
    rb"|\btypedef\b[^;{}]*?\b(\w+)\s*;"
    rb"|^[ \t]*#[ \t]*define[ \t]+(\w+)",
    re.M,
)
_ALIAS = re.compile(rb"\btypedef\s+(?:struct\s+)?([A-Za-z_]\w*)\s+(\w+)\s*;|\busing\s+(\w+)\s*=\s*([A-Za-z_]\w*)\s*;")
# Constants that are called like macros of the C library.
_LIMIT = re.compile(rb"\bconst(?:expr)?\s+(?:float|double|int)\s+((?:FLT|DBL)_\w+)\s*=")
# Device functions with reserved names, which the vendors' headers may define too.
_RESERVED = re.compile(
    rb"\b__device__\b[^;{}()#]{0,200}?\b(__(?!attribute__|launch_bounds__|align__|declspec|device__|host__)\w+)\s*\("
)
# Functions of CUDA with names so short that a project may have them too.
_SHORT = re.compile(rb"\b((?:u|ll|ull)m(?:in|ax))\s*\([^(){};]*\)\s*(?:noexcept\s*)?\{")
_GUARD = re.compile(rb"(?:\s|//[^\n]*|/\*.*?\*/)*#[ \t]*ifndef\b", re.S)
# Device functions that may be overloads of the vendors', with the type of their first parameter.
_OVERLOAD = re.compile(
    rb"\b__device__\b[^;{}()#]{0,200}?\b(atomic[A-Z]\w*|(?:tex|surf)(?:[123]D|Cube)\w*|__(?:ld|st)(?:c[agsv]|lu|w[bt]))"
    rb"\s*\(\s*(?:(?:const|volatile)\s+)*(\w+)"
)
_TEMPLATE = re.compile(rb"\btemplate\s*<[^;{}()]*>[\s\w]*\Z")
_CUDA_INCLUDE = re.compile(rb"^[ \t]*#[ \t]*include[ \t]*[<\"]cu(?:da|blas|fft|rand|sparse|b/)", re.M)
_INCLUDE = re.compile(rb"^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"\n]+)", re.M)
_COMMENT = re.compile(rb"//[^\n]*|/\*.*?\*/", re.S)
_SUFFIX = re.compile(r"\b(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)[uUlLzZ]+\b")
_OCTAL = re.compile(r"\b0([0-7]+)\b")
_NAME = re.compile(r"\b[A-Za-z_]\w*\b")
_CAST = re.compile(
    r"\(\s*(?:unsigned|signed|int|long|short|size_t|u?int\d+_t|lane_?mask\w*|\s)+\s*\)|\bstatic_cast\s*<[^<>]*>\s*(?=\()"
)

_BINARY: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}


@dataclass(frozen=True)
class Context:
    """Facts of a set of files. `macros` holds object-like macros and integer constants whose definitions all agree."""

    macros: Mapping[str, str] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)  # typedef and using: name to what it stands for
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)  # overloads: function to what `overloads` gives
    files: frozenset[str] = frozenset()  # every path of the project, and each of its tails: a/b.h, b.h
    included: frozenset[str] = frozenset()  # what any of its files includes, as written

    def macro(self, name: str) -> str | None:
        """The body of the object-like macro or constant `name`; None when there is none, or several that differ."""
        return self.macros.get(name)

    def device_macros(self) -> Mapping[str, str]:
        """All object-like macros and constants, name to body."""
        return self.macros

    def has_file(self, name: str) -> bool:
        """Whether the project has a file that the include path `name` could mean."""
        return name in self.files

    def includes(self, name: str) -> bool:
        """Whether any file of the project includes the header `name`."""
        return name in self.included

    def overloads(self, name: str) -> frozenset[str]:
        """First parameters' types of the project's own overloads of a function of CUDA's: an atomic, an access to a
        texture, or one with a cache hint. "template" stands for one that takes any type.
        """
        return self.own.get(name, frozenset())

    def types(self, name: str) -> frozenset[str]:
        """The types that `name` stands for through the project's typedefs, `using` and macros; itself if it is none."""
        found: set[str] = set()
        seen, waiting = {name}, [name]
        while waiting:
            current = waiting.pop()
            macro = self.macros.get(current)
            further = self.aliases.get(current, frozenset()) | ({macro} if macro and macro.isidentifier() else set())
            if not further:
                found.add(current)
            waiting += sorted(further - seen)
            seen |= further
        return frozenset(found)

    def defines(self, name: str) -> bool:
        """Whether the project itself declares a type, alias, namespace, macro or device function of such a name."""
        return name in self.declared

    def integer(self, expression: str) -> int | None:
        """The value of an integer expression of literals, macros and constants, in unbounded integers.

        A leading `~` or `-` is taken in 64 bits for the caller to narrow. None when it can't be told.
        """
        return _integer(expression, self.macros, 0)


def gather(texts: Iterable[bytes], paths: Iterable[str] = ()) -> Context:
    """The context of a project from the texts of its sources, one regular-expression pass each, and all its paths."""
    seen: dict[str, str | None] = {}
    declared: set[str] = set()
    aliases: dict[str, set[str]] = {}
    own: dict[str, set[str]] = {}
    included: set[bytes] = set()
    for text in _for_cuda(list(texts)):
        included.update(_INCLUDE.findall(text))
        for match in _DEFINE.finditer(text):
            if match[2] is None:
                _record(seen, match[1], match[3])
        if b"const" in text:
            for match in _CONSTANT.finditer(text):
                _record(seen, match[1], match[2] or match[3] or b"")
        if b"enum" in text:
            for match in _ENUMERATOR.finditer(text):
                for part in match[1].split(b","):
                    name, _, value = part.partition(b"=")
                    if value and name.strip().decode("utf-8", "replace").isidentifier():
                        _record(seen, name.strip(), value)
        for match in _ALIAS.finditer(text) if b"typedef" in text or b"using" in text else ():
            aliases.setdefault((match[2] or match[3]).decode(), set()).add((match[1] or match[4]).decode())
        for match in _DECLARED.finditer(text):
            declared.add((match[1] or match[2] or match[3] or match[4]).decode())
        if b"FLT_" in text or b"DBL_" in text:
            declared.update(match[1].decode() for match in _LIMIT.finditer(text))
        declared.update(match[1].decode() for match in _RESERVED.finditer(text))
        declared.update(match[1].decode() for match in _SHORT.finditer(text) if not _private(text, match.start()))
        for match in _OVERLOAD.finditer(text):
            generic = _TEMPLATE.search(text, max(0, match.start() - 200), match.start())
            own.setdefault(match[1].decode(), set()).add("template" if generic else match[2].decode())
    macros = {name: body for name, body in seen.items() if body is not None}
    return Context(
        macros, frozenset(declared), {name: frozenset(types) for name, types in aliases.items()},
        {name: frozenset(types) for name, types in own.items()},
        frozenset(tail for path in paths for tail in _tails(path)),
        frozenset(name.decode("utf-8", "replace") for name in included),
    )  # fmt: skip


def _private(text: bytes, at: int) -> bool:
    """Whether the function at `at` is for the host side of this one source: nothing else can mean it."""
    words = re.split(rb"[;{}]", text[max(0, at - 200) : at])[-1].split()
    header = b"#pragma once" in text or _GUARD.match(text) is not None
    return b"static" in words and b"__device__" not in words and not header


def _for_cuda(texts: list[bytes]) -> list[bytes]:
    """The texts of a build for CUDA: a header that stands in for CUDA on AMD has no say beside others."""
    amd = [b"hip/hip_" in text and not _CUDA_INCLUDE.search(text) for text in texts]
    if not any(_CUDA_INCLUDE.search(text) for text in texts):
        return texts
    return [text for text, hip in zip(texts, amd, strict=True) if not hip]


def _tails(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[index:]) for index in range(len(parts))]


# The constraint of a pointer in inline PTX, which projects define for 64 and 32 bits: AMD's targets have 64.
_POINTER = {'"l"', '"r"'}


def _record(seen: dict[str, str | None], name: bytes, body: bytes) -> None:
    text = _COMMENT.sub(b" ", body).replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").strip().decode("utf-8", "replace")
    key = name.decode("utf-8", "replace")
    known = seen.setdefault(key, text)
    if {known, text} == _POINTER:
        seen[key] = '"l"'
    elif known != text:
        seen[key] = None


def _integer(expression: str, macros: Mapping[str, str], depth: int) -> int | None:
    if depth > 16 or len(expression) > 400:
        return None
    text = _CAST.sub("", expression)
    text = _SUFFIX.sub(r"\1", text.replace("&&", " and ").replace("||", " or "))
    text = _OCTAL.sub(r"0o\1", text)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return _evaluate(tree, macros, depth)


def _evaluate(node: ast.expr, macros: Mapping[str, str], depth: int) -> int | None:
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int(value)):
            return value
        case ast.Name(id=name):
            body = macros.get(name)
            return None if body is None else _integer(body, macros, depth + 1)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value_or_none = _evaluate(operand, macros, depth)
            return None if value_or_none is None else -value_or_none
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _evaluate(operand, macros, depth)
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            value_or_none = _evaluate(operand, macros, depth)
            return None if value_or_none is None else ~value_or_none
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _evaluate(left, macros, depth), _evaluate(right, macros, depth)
            if a is None or b is None:
                return None
            if type(op) in _BINARY:
                return _BINARY[type(op)](a, b)
            if isinstance(op, ast.LShift | ast.RShift):
                if not 0 <= b < 64:
                    return None
                return a << b if isinstance(op, ast.LShift) else a >> b
            if isinstance(op, ast.Div | ast.FloorDiv | ast.Mod) and b:
                quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
                return a - quotient * b if isinstance(op, ast.Mod) else quotient
            return None
    return None
