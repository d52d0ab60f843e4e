"""Which code exists under which macros: the CUDA view and the HIP view of a file.

A guard that the port reads differently can empty a kernel without a word from any compiler. So conditions are
evaluated here for both sides, in three values (true, false, not known), and each kernel's body is compared.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from hipwright.finding import Level, Note
from hipwright.source import Source, unmarked

# The CUDA release that the CUDA view stands for, and the newest architecture with counterparts on AMD's targets.
CUDA_RELEASE = 12090
MODERN_ARCH = 800
OLD_ARCHES = (350, 530, 600, 700, 750, 800, 900)

# -- directives --------------------------------------------------------------------------------------------------------

_DIRECTIVE = re.compile(
    rb'R"([^()\\\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n]){1,4}\'|//(?:\\\r?\n|[^\n])*|/\*.*?\*/'
    rb"|^[ \t]*(?P<hash>#)[ \t]*(?P<kind>if|ifdef|ifndef|elif|elifdef|elifndef|else|endif|define|undef|include)\b"
    rb"(?P<rest>(?:\\\r?\n|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|(?!//)[^\n\\]|\\(?!\r?\n))*)",
    re.S | re.M,
)
_BLANK = re.compile(rb"\\\r?\n|/\*.*?\*/", re.S)


@dataclass(frozen=True, slots=True)
class Directive:
    """One preprocessor line: bytes `start:end` from its `#`, without a trailing `//` comment; `rest` starts at `at`."""

    kind: str
    start: int
    end: int
    at: int
    rest: str  # same length as the bytes, comments and line continuations blanked


@dataclass(frozen=True, slots=True)
class Branch:
    """One arm of a conditional: its directive, and the bytes up to the next one."""

    directive: Directive
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Conditional:
    """An `#if` … `#endif`: its arms in order, and the bytes of all of it."""

    branches: tuple[Branch, ...]
    start: int
    end: int

    def arm(self, offset: int) -> int | None:
        """The index of the arm whose directive is at `offset`."""
        return next((i for i, b in enumerate(self.branches) if b.directive.start <= offset < b.directive.end), None)

    @property
    def has_else(self) -> bool:
        """Whether there is code for the case that no condition holds."""
        return self.branches[-1].directive.kind == "else"


@lru_cache(maxsize=16)
def directives(data: bytes) -> tuple[Directive, ...]:
    """The preprocessor lines of a text that matter to conditions: not those in comments, strings or macro bodies."""
    found = []
    for match in _DIRECTIVE.finditer(unmarked(data)):
        if match["hash"] is None:
            continue
        at = match.start("rest")
        rest = _BLANK.sub(lambda m: b" " * len(m.group()), match["rest"])
        stripped = len(rest.rstrip())
        found.append(
            Directive(match["kind"].decode(), match.start("hash"), at + stripped, at, rest[:stripped].decode("latin-1"))
        )
    return tuple(found)


@lru_cache(maxsize=16)
def conditionals(data: bytes) -> tuple[Conditional, ...]:
    """Every complete `#if` … `#endif` of a text, in order of their starts."""
    found: list[Conditional] = []
    stack: list[list[Directive]] = []
    for directive in directives(data):
        if directive.kind in ("if", "ifdef", "ifndef"):
            stack.append([directive])
        elif directive.kind in ("elif", "elifdef", "elifndef", "else") and stack:
            stack[-1].append(directive)
        elif directive.kind == "endif" and stack:
            arms = stack.pop()
            ends = [*(arm.start for arm in arms[1:]), directive.start]
            branches = tuple(Branch(arm, arm.end, end) for arm, end in zip(arms, ends, strict=True))
            found.append(Conditional(branches, arms[0].start, directive.end))
    return tuple(sorted(found, key=lambda conditional: conditional.start))


def directive_at(data: bytes, offset: int) -> Directive | None:
    """The preprocessor line that covers a byte, if any."""
    lines = directives(data)
    index = bisect_right(lines, offset, key=lambda line: line.start) - 1
    return lines[index] if index >= 0 and offset < lines[index].end else None


def conditional_of(data: bytes, directive: Directive) -> Conditional | None:
    """The conditional that a directive opens or continues."""
    return next((c for c in conditionals(data) if any(b.directive.start == directive.start for b in c.branches)), None)


def around(data: bytes, offset: int) -> list[tuple[Conditional, int]]:
    """The conditionals around a byte, outermost first, each with the index of the arm that holds it."""
    found = []
    for conditional in conditionals(data):
        if conditional.start > offset:
            break
        for index, branch in enumerate(conditional.branches):
            if branch.start <= offset < branch.end:
                found.append((conditional, index))
    return found


# -- expressions -------------------------------------------------------------------------------------------------------

_EXPRESSION_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d[\w.']*)|(?P<name>[A-Za-z_]\w*)|(?P<char>'(?:\\.|[^'])+')|(?P<text>\"[^\"]*\"|<[\w./+-]+>(?=\s*\)))"
    r"|(?P<op>&&|\|\||==|!=|<=|>=|<<|>>|[-+*/%!~&|^()<>?:,=.#]))"
)
_PRECEDENCE = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expression:
    """A node of a parsed condition. Offsets count characters of the text that was parsed.

    `kind` is number, name, defined, call, not, unary, binary, ternary or group; `text` the name, digits or operator.
    """

    kind: str
    start: int
    end: int
    text: str
    kids: tuple[Expression, ...] = ()

    def names(self) -> Iterator[Expression]:
        """Every mention of a name below this node: plain, `defined`, or called."""
        if self.kind in ("name", "defined", "call"):
            yield self
        for kid in self.kids:
            yield from kid.names()


class _UnreadableError(Exception):
    pass


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, int, int]] = []
        position = 0
        while position < len(text):
            match = _EXPRESSION_TOKEN.match(text, position)
            if match is None:
                if text[position:].strip():
                    raise _UnreadableError
                break
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind], match.start(kind), match.end(kind)))
            position = match.end()
        self.tokens.append(("end", "", len(text), len(text)))
        self.index = 0

    def take(self) -> tuple[str, str, int, int]:
        token = self.tokens[self.index]
        self.index = min(self.index + 1, len(self.tokens) - 1)
        return token

    def peek(self) -> str:
        return self.tokens[self.index][1]

    def expect(self, text: str) -> int:
        token = self.take()
        if token[1] != text:
            raise _UnreadableError
        return token[3]

    def whole(self) -> Expression:
        expression = self.ternary()
        if self.tokens[self.index][0] != "end":
            raise _UnreadableError
        return expression

    def ternary(self) -> Expression:
        condition = self.binary(1)
        if self.peek() != "?":
            return condition
        self.take()
        yes = self.ternary()
        self.expect(":")
        no = self.ternary()
        return Expression("ternary", condition.start, no.end, "?", (condition, yes, no))

    def binary(self, least: int) -> Expression:
        left = self.unary()
        while (level := _PRECEDENCE.get(self.peek(), 0)) >= least:
            operator = self.take()[1]
            right = self.binary(level + 1)
            left = Expression("binary", left.start, right.end, operator, (left, right))
        return left

    def unary(self) -> Expression:
        kind, text, start, end = self.take()
        if text in ("!", "-", "+", "~") and kind == "op":
            operand = self.unary()
            return Expression("not" if text == "!" else "unary", start, operand.end, text, (operand,))
        if text == "(":
            inner = self.ternary()
            return Expression("group", start, self.expect(")"), "()", (inner,))
        if kind in ("number", "char"):
            return Expression("number", start, end, text)
        if kind != "name":
            raise _UnreadableError
        if text == "defined":
            opened = self.peek() == "("
            if opened:
                self.take()
            name = self.take()
            if name[0] != "name":
                raise _UnreadableError
            return Expression("defined", start, self.expect(")") if opened else name[3], name[1])
        if self.peek() == "(":
            return self.called(text, start)
        return Expression("name", start, end, text)

    def called(self, name: str, start: int) -> Expression:
        """A function-like macro; arguments that are no expressions (`__has_include(<x>)`) are skipped."""
        self.take()
        arguments: list[Expression] = []
        begin = self.index
        try:
            while self.peek() != ")":
                arguments.append(self.ternary())
                if self.peek() == ",":
                    self.take()
            return Expression("call", start, self.expect(")"), name, tuple(arguments))
        except _UnreadableError:
            self.index, depth = begin, 1
            while depth:
                kind, text, _, end = self.take()
                if kind == "end":
                    raise
                depth += (text == "(") - (text == ")")
            return Expression("call", start, end, name, ())


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression | None:
    """A condition's tree, or None where it is no C expression."""
    try:
        return _Parser(text).whole()
    except (_UnreadableError, RecursionError):
        return None


def condition(directive: Directive) -> Expression | None:
    """The condition of a directive, with offsets into `rest`; `#ifdef X` reads as `defined X`."""
    if directive.kind in ("if", "elif"):
        return parse(directive.rest)
    match = re.match(r"\s*([A-Za-z_]\w*)", directive.rest)
    if directive.kind not in ("ifdef", "ifndef", "elifdef", "elifndef") or match is None:
        return None
    name = Expression("defined", match.start(1), match.end(1), match[1])
    return name if directive.kind in ("ifdef", "elifdef") else Expression("not", name.start, name.end, "!", (name,))


# -- views -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """One side of one compiler: macros that are defined there, and macros that certainly are not."""

    name: str
    macros: Mapping[str, str]
    absent: frozenset[str] = frozenset()
    foreign: bool = False  # macros that ask for AMD (USE_ROCM, ...) are absent


_CUDA_ONLY = frozenset(
    {"__CUDACC__", "__NVCC__", "__CUDA_ARCH__", "__CUDA_ARCH_LIST__", "__CUDACC_VER_MAJOR__", "__CUDACC_VER_MINOR__",
     "__CUDACC_VER_BUILD__", "__CUDACC_RTC__", "CUDART_VERSION", "CUDA_VERSION", "__CUDACC_VER__", "__CUDA__",
     "__CUDA_ARCH_FEAT_SM90_ALL", "__CUDA_ARCH_FEAT_SM100_ALL", "__CUDACC_EXTENDED_LAMBDA__",
     "__CUDACC_RELAXED_CONSTEXPR__", "__NVCOMPILER", "__PGI"}
)  # fmt: skip
_HIP_ONLY = frozenset(
    {"__HIPCC__", "__HIP__", "__HIP_PLATFORM_AMD__", "__HIP_PLATFORM_HCC__", "__HIP_DEVICE_COMPILE__", "HIP_VERSION",
     "__HIPCC_RTC__", "__AMDGCN__", "__AMDGCN_WAVEFRONT_SIZE"}
)  # fmt: skip
_AMD = re.compile(r"(?:^|_)(?:HIP|HIPCC|ROCM|HCC|AMD|AMDGCN|AMDGPU)(?:_|$)")
# Other vendors' compilers: absent on both sides.
_OTHERS = re.compile(r"(?:^|_)(?:MUSA|MUSACC|SYCL|MACA|DPCPP)(?:_|$)")


def names_amd(name: str) -> bool:
    """Whether a macro's name asks for AMD: the compiler's own (`__HIPCC__`) or a project's (`USE_ROCM`)."""
    return name in _HIP_ONLY or _AMD.search(name) is not None


def _values(defines: Mapping[str, str] | None) -> dict[str, str]:
    """What `-DNAME` and `-DNAME=VALUE` define: 1 where no value is given."""
    return {name: value or "1" for name, value in (defines or {}).items()}


def cuda_view(arch: int = MODERN_ARCH, device: bool = True, defines: Mapping[str, str] | None = None) -> View:
    """What nvcc sees: one architecture's device pass, or the host pass."""
    macros = {
        "__CUDACC__": "1", "__NVCC__": "1", "CUDART_VERSION": str(CUDA_RELEASE), "CUDA_VERSION": str(CUDA_RELEASE),
        "__CUDACC_VER_MAJOR__": str(CUDA_RELEASE // 1000), "__CUDACC_VER_MINOR__": str(CUDA_RELEASE % 1000 // 10),
        "__cplusplus": "201703L", **_values(defines),
    }  # fmt: skip
    if device:
        macros["__CUDA_ARCH__"] = str(arch)
    absent = _HIP_ONLY | (_CUDA_ONLY - macros.keys())
    return View(f"CUDA {'sm_' + str(arch // 10) if device else 'host'}", macros, absent, foreign=True)


def hip_view(device: bool = True, defines: Mapping[str, str] | None = None) -> View:
    """What HIP's clang sees: the device pass, or the host pass. None of nvcc's macros is defined there."""
    macros = {
        "__HIPCC__": "1", "__HIP__": "1", "__HIP_PLATFORM_AMD__": "1", "HIP_VERSION": "70200000", "__clang__": "1",
        "__cplusplus": "201703L", **_values(defines),
    }  # fmt: skip
    if device:
        macros |= {"__HIP_DEVICE_COMPILE__": "1", "__AMDGCN__": "1"}
    absent = (_CUDA_ONLY | {"__HIP_DEVICE_COMPILE__", "__AMDGCN__", "__HIPCC_RTC__"}) - macros.keys()
    return View(f"HIP {'device' if device else 'host'}", macros, absent)


@dataclass(frozen=True, slots=True)
class Macro:
    """A `#define`: `parameters` is None for an object-like one. `known` is false if it may or may not be in effect."""

    body: str
    parameters: tuple[str, ...] | None = None
    known: bool = True


@dataclass
class Environment:
    """The macros in effect at one point of a walk through files."""

    view: View
    macros: dict[str, Macro | None] = field(default_factory=dict)  # None: undefined by #undef

    def defined(self, name: str) -> int | None:
        """Whether a name is a macro here: 1, 0, or None if that can't be told."""
        if name in self.macros:
            macro = self.macros[name]
            return 0 if macro is None else 1 if macro.known else None
        if name in self.view.macros:
            return 1
        if name in self.view.absent or (self.view.foreign and names_amd(name)) or _OTHERS.search(name):
            return 0
        return None

    def value(self, expression: Expression | None, depth: int = 0) -> int | None:
        """The integer an expression has here; None if that can't be told."""
        if expression is None or depth > 24:
            return None
        kids = expression.kids
        match expression.kind:
            case "number":
                return _number(expression.text)
            case "defined":
                return self.defined(expression.text)
            case "name":
                return self._name(expression.text, depth)
            case "call":
                return self._call(expression, depth)
            case "group":
                return self.value(kids[0], depth)
            case "not":
                inner = self.value(kids[0], depth)
                return None if inner is None else int(not inner)
            case "unary":
                inner = self.value(kids[0], depth)
                return None if inner is None else {"-": -inner, "~": ~inner}.get(expression.text, inner)
            case "ternary":
                first = self.value(kids[0], depth)
                if first is not None:
                    return self.value(kids[1] if first else kids[2], depth)
                yes, no = self.value(kids[1], depth), self.value(kids[2], depth)
                return yes if yes == no else None
        return _binary(expression.text, self.value(kids[0], depth), self.value(kids[1], depth))

    def _name(self, name: str, depth: int) -> int | None:
        if name == "true":
            return 1
        state = self.defined(name)
        if state is None:
            return None
        if not state:
            return 0
        macro = self.macros.get(name)
        body = macro.body if macro is not None else self.view.macros.get(name, "")
        if macro is not None and macro.parameters is not None:
            return None
        return self.value(parse(body), depth + 1)

    def _call(self, expression: Expression, depth: int) -> int | None:
        macro = self.macros.get(expression.text)
        if macro is None:
            return 0 if expression.text in self.macros else None
        if not macro.known or macro.parameters is None or len(macro.parameters) != len(expression.kids):
            return None
        arguments = [self.value(kid, depth + 1) for kid in expression.kids]
        if any(argument is None for argument in arguments):
            return None
        bound = dict(zip(macro.parameters, arguments, strict=True))
        words = re.sub(r"[A-Za-z_]\w*", lambda m: str(bound.get(m.group(), m.group())), macro.body)
        return self.value(parse(words), depth + 1)


def _number(text: str) -> int | None:
    digits = text.replace("'", "").rstrip("uUlLzZ")
    try:
        if digits[:2].lower() in ("0x", "0b"):
            return int(digits, 0)
        return int(digits, 8 if len(digits) > 1 and digits[0] == "0" else 10)
    except ValueError:
        return None


def _binary(operator: str, a: int | None, b: int | None) -> int | None:
    if operator == "&&":
        return 0 if 0 in (a, b) else None if a is None or b is None else 1
    if operator == "||":
        return 1 if a or b else None if a is None or b is None else 0
    if a is None or b is None:
        return None
    match operator:
        case "==":
            return int(a == b)
        case "!=":
            return int(a != b)
        case "<":
            return int(a < b)
        case ">":
            return int(a > b)
        case "<=":
            return int(a <= b)
        case ">=":
            return int(a >= b)
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "&":
            return a & b
        case "|":
            return a | b
        case "^":
            return a ^ b
        case "<<" | ">>":
            if not 0 <= b < 64:
                return None
            return a << b if operator == "<<" else a >> b
        case "/" | "%":
            if b == 0:
                return None
            quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
            return quotient if operator == "/" else a - quotient * b
    return None


# -- walking a file ----------------------------------------------------------------------------------------------------

DEAD, MAYBE, LIVE = 0, 1, 2
_DEFINE = re.compile(r"\s*([A-Za-z_]\w*)(\(([^)]*)\))?\s*(.*)", re.S)
_LOCAL_INCLUDE = re.compile(r'\s*["<]([^">]+)[">]')

# From an include path and the including file's path to the included file: its path and bytes. None: not the project's.
Reader = Callable[[str, str], tuple[str, bytes] | None]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes `start:end` between directives, and whether they are live there."""

    start: int
    end: int
    state: int


def walk(data: bytes, environment: Environment, path: str = "", read: Reader | None = None) -> tuple[Stretch, ...]:
    """The stretches of a text with their states; the environment then holds the macros in effect at the end.

    `read` lets project headers be walked where they are included, each with the macros of that moment.
    """
    return tuple(_walk(data, environment, path, read, set()))


def _walk(data: bytes, env: Environment, path: str, read: Reader | None, seen: set[str]) -> Iterator[Stretch]:
    state = LIVE
    # For each open conditional: the state around it, and what its earlier arms leave (LIVE: none was taken yet).
    stack: list[tuple[int, int]] = []
    position = 0
    lines = directives(data)
    for index, directive in enumerate(lines):
        yield Stretch(position, directive.start, state)
        position = directive.end
        kind = directive.kind
        if kind in ("if", "ifdef", "ifndef"):
            value = None if state == DEAD else env.value(condition(directive))
            if value is None and kind == "ifndef" and _defines_it(lines, index):
                value = 1
            stack.append((state, _left(LIVE, value)))
            state = min(state, _taken(LIVE, value))
        elif kind in ("elif", "elifdef", "elifndef", "else") and stack:
            outer, left = stack[-1]
            value = 1 if kind == "else" else None if min(outer, left) == DEAD else env.value(condition(directive))
            stack[-1] = (outer, _left(left, value))
            state = min(outer, _taken(left, value))
        elif kind == "endif" and stack:
            state = stack.pop()[0]
        elif kind == "define":
            _define(env, directive.rest, state)
        elif state != DEAD and kind == "undef":
            env.macros[directive.rest.strip()] = None if state == LIVE else Macro("", None, known=False)
        elif state != DEAD and kind == "include" and read is not None:
            _enter(env, directive.rest, path, read, seen)
    yield Stretch(position, len(data), state)


def _taken(left: int, value: int | None) -> int:
    return DEAD if value == 0 else min(left, LIVE if value is not None else MAYBE)


def _left(left: int, value: int | None) -> int:
    return left if value == 0 else min(left, MAYBE) if value is None else DEAD


def _defines_it(lines: tuple[Directive, ...], index: int) -> bool:
    """Include guards and defaults: `#ifndef X` around a `#define X` holds where nothing is known of X."""
    name = lines[index].rest.strip()
    following = lines[index + 1] if index + 1 < len(lines) else None
    return following is not None and following.kind == "define" and following.rest.split("(")[0].split()[:1] == [name]


def _define(env: Environment, rest: str, state: int) -> None:
    match = _DEFINE.match(rest)
    if match is None:
        return
    name, parameters = match[1], match[3]
    if state == DEAD:
        # The project's own switch, and here it is off: not a name that is unknown for coming from outside.
        if name not in env.view.macros:
            env.macros.setdefault(name, None)
        return
    listed = None if parameters is None else tuple(part.strip() for part in parameters.split(",") if part.strip())
    env.macros[name] = Macro(match[4].strip(), listed, state == LIVE)


def _enter(env: Environment, rest: str, path: str, read: Reader, seen: set[str]) -> None:
    match = _LOCAL_INCLUDE.match(rest)
    found = read(match[1], path) if match else None
    if found is None or found[0] in seen or len(seen) > 2000:
        return
    seen.add(found[0])
    for _ in _walk(found[1], env, found[0], read, seen):
        pass


def live_text(data: bytes, stretches: Iterable[Stretch]) -> bytes:
    """The text with everything that is dead, and every directive, replaced by spaces; offsets and lines stay."""
    pieces: list[bytes] = []
    position = 0
    for stretch in stretches:
        pieces.append(_blank(data[position : stretch.start]))
        text = data[stretch.start : stretch.end]
        pieces.append(text if stretch.state != DEAD else _blank(text))
        position = stretch.end
    pieces.append(_blank(data[position:]))
    return b"".join(pieces)


def live_lines(data: bytes, view: View) -> list[int]:
    """For each line (0-based) of a text: DEAD, MAYBE or LIVE in a view. Directives count as live."""
    states = [LIVE] * (data.count(b"\n") + 1)
    for stretch in walk(data, Environment(view)):
        first = data.count(b"\n", 0, stretch.start)
        for line in range(first, first + data.count(b"\n", stretch.start, stretch.end) + 1):
            if stretch.state != LIVE and data[stretch.start : stretch.end].strip():
                states[line] = min(states[line], stretch.state)
    for directive in directives(data):
        states[data.count(b"\n", 0, directive.start)] = LIVE
    return states


_NOT_NEWLINE = re.compile(rb"[^\n]")


def _blank(text: bytes) -> bytes:
    return _NOT_NEWLINE.sub(b" ", text)


# -- kernels -----------------------------------------------------------------------------------------------------------

_CODE_TOKEN = re.compile(
    rb'R"([^()\\\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n]){1,4}\'|//(?:\\\r?\n|[^\n])*|/\*.*?\*/'
    rb"|(?P<word>[A-Za-z_]\w*)|(?P<number>\d[\w.']*)"
    rb"|(?P<punct>&&|\|\||[-+*/%&|^=!<>]=|<<|>>|->|::|\+\+|--|[^\s\w])",
    re.S,
)
_WITH_ARGUMENT = frozenset(
    {"__launch_bounds__", "__attribute__", "__align__", "alignas", "__cluster_dims__", "__maxnreg__", "__block_size__",
     "decltype", "noexcept", "__declspec"}
)  # fmt: skip
_BEHIND_PARAMETERS = frozenset({"const", "noexcept", "override", "final", "volatile", "mutable", "throw"})
_COMPARISONS = frozenset({"==", "!=", "<=", ">="})
# Statements that do no work of a kernel: they stop it, or keep compilers quiet.
_IDLE = re.compile(
    r"(?:assert|__trap|abort|__builtin_trap|printf|static_assert|using|typedef|NO_DEVICE_CODE|no_device_code"
    r"|\w*UNUSED\w*|__builtin_unreachable|__brkpt)\b"
)
_REFUSES = re.compile(r"(?:assert|__trap|abort|__builtin_trap|NO_DEVICE_CODE|no_device_code)\Z")


@dataclass(frozen=True, slots=True)
class Body:
    """A function that runs on the GPU: where its name and its braces are, and how many statements it would execute."""

    name: str
    parameters: str  # as written, for telling overloads apart
    kernel: bool  # __global__, else __device__
    at: int
    start: int
    end: int
    statements: int
    refuses: bool = False  # it traps or asserts: not what was asked for, but not in silence


class _Token(NamedTuple):  # a tuple, since a large file has a hundred thousand
    text: str
    start: int
    end: int


def kernel_bodies(
    source: Source, environment: Environment | None = None, read: Reader | None = None
) -> tuple[Body, ...]:
    """Each `__global__` and `__device__` function with a body, as one view (HIP's device pass by default) sees it.

    Qualifiers may hide in macros; statements behind an unconditional `return`, and in arms of `if` whose condition is
    a constant 0 there, do not count.
    """
    env = environment or Environment(hip_view())
    return _bodies(source.data, walk(source.data, env, source.path, read), env)


def _qualifiers(env: Environment) -> dict[str, bool]:
    """Words that make a function run on the GPU, macros included; True for those that make it a kernel."""
    qualifiers = {"__global__": True, "__device__": False}
    for name, macro in env.macros.items():
        if macro is not None and macro.parameters is None:
            if "__global__" in macro.body:
                qualifiers[name] = True
            elif "__device__" in macro.body:
                qualifiers[name] = False
    return qualifiers


def _bodies(data: bytes, stretches: Iterable[Stretch], env: Environment) -> tuple[Body, ...]:
    text = live_text(data, stretches)
    qualifiers = _qualifiers(env)
    if not any(name.encode() in text for name in qualifiers):
        return ()
    tokens = [
        _Token(match.group().decode("latin-1"), *match.span())
        for match in _CODE_TOKEN.finditer(text)
        if match.lastgroup
    ]
    found = []
    index = 0
    while index < len(tokens):
        kernel = qualifiers.get(tokens[index].text)
        if kernel is None:
            index += 1
            continue
        body = _function(tokens, index, kernel, qualifiers, env)
        if body is None:
            index += 1
        else:
            found.append(body[0])
            index = body[1]
    return tuple(found)


def _function(
    tokens: list[_Token], index: int, kernel: bool, qualifiers: Mapping[str, bool], env: Environment
) -> tuple[Body, int] | None:
    """The function whose qualifier is at `index`, and the index of its first token inside the body."""
    name: _Token | None = None
    while index < len(tokens):
        token = tokens[index]
        kernel = kernel or qualifiers.get(token.text, False)
        if token.text in (";", "=", "}", "{"):
            return None
        if token.text in _WITH_ARGUMENT and index + 1 < len(tokens) and tokens[index + 1].text == "(":
            index = _behind(tokens, index + 1)
            continue
        if token.text == "operator":
            spelled = token.text
            index += 1
            while index < len(tokens) and tokens[index].text != "(":
                spelled += tokens[index].text
                index += 1
            name = _Token(spelled, token.start, token.end)
            if index + 1 < len(tokens) and tokens[index + 1].text == ")":
                index += 2
            continue
        if token.text == "(":
            behind = _behind(tokens, index)
            if name is not None and behind < len(tokens):
                after = tokens[behind].text
                # LAUNCH_BOUNDS(256) kernel(int* p): the first parenthesis belongs to a macro.
                macro = after not in _BEHIND_PARAMETERS and (after[0].isalpha() or after[0] == "_")
                if not macro:
                    opening = _opening(tokens, behind)
                    if opening is None:
                        return None
                    end = _behind(tokens, opening)
                    count, _ = _statements(tokens, opening + 1, end - 1, env)
                    stop = tokens[end - 1].end if end <= len(tokens) else tokens[-1].end
                    refuses = any(_REFUSES.match(token.text) for token in tokens[opening:end])
                    parameters = " ".join(token.text for token in tokens[index + 1 : behind - 1])
                    body = Body(name.text, parameters, kernel, name.start, tokens[opening].start, stop, count, refuses)
                    return body, opening + 1
            index = behind
            continue
        if token.text == "<" and name is not None:
            # kernel<half>(…) {: arguments of a specialisation, not the name.
            closing = _angle(tokens, index)
            if closing is not None and closing + 1 < len(tokens) and tokens[closing + 1].text == "(":
                index = closing + 1
                continue
        if token.text != "operator" and (token.text[0].isalpha() or token.text[0] == "_"):
            name = token
        index += 1
    return None


def _opening(tokens: list[_Token], index: int) -> int | None:
    """From behind the parameters to the brace that opens the body; None for a declaration."""
    initializers = False
    while index < len(tokens):
        text = tokens[index].text
        if text == "{":
            # `: a{1} {` holds braces of member initializers: one directly behind a name is not the body.
            if not initializers or not (tokens[index - 1].text[0].isalnum() or tokens[index - 1].text[0] == "_"):
                return index
            index = _behind(tokens, index)
            continue
        if text in (";", "}", ","):
            if text == "," and initializers:
                index += 1
                continue
            return None
        if text == "=":
            return None
        initializers = initializers or text == ":"
        index = _behind(tokens, index) if text == "(" else index + 1
    return None


def _angle(tokens: list[_Token], index: int) -> int | None:
    """The index of the `>` that closes the `<` at `index`, if one does before the statement or parameters begin."""
    depth = 0
    for at in range(index, min(index + 80, len(tokens))):
        text = tokens[at].text
        if text in (";", "{", "}"):
            return None
        depth += {"<": 1, ">": -1}.get(text, 0)
        if depth == 0:
            return at
    return None


_CLOSING = {"(": ")", "{": "}", "[": "]"}


def _behind(tokens: list[_Token], index: int) -> int:
    """The index behind the bracket that closes the one at `index`."""
    opening = tokens[index].text
    closing, depth = _CLOSING[opening], 0
    while index < len(tokens):
        text = tokens[index].text
        depth += (text == opening) - (text == closing)
        index += 1
        if depth == 0:
            break
    return index


def _statements(tokens: list[_Token], index: int, end: int, env: Environment) -> tuple[int, bool]:
    """How many statements a block executes, and whether it always returns before its end."""
    total = 0
    while index < end:
        count, index, returns = _statement(tokens, index, end, env)
        total += count
        if returns:
            return total, True
    return total, False


def _statement(tokens: list[_Token], index: int, end: int, env: Environment) -> tuple[int, int, bool]:
    """One statement: how much it executes, the index behind it, and whether it leaves the function for sure."""
    if index >= end:
        return 0, end, False
    text = tokens[index].text
    if text == "{":
        behind = min(_behind(tokens, index), end)
        count, returns = _statements(tokens, index + 1, behind - 1, env)
        return count, behind, returns
    if text == "if":
        return _if(tokens, index, end, env)
    if text in ("for", "while", "switch") and index + 1 < end and tokens[index + 1].text == "(":
        behind = min(_behind(tokens, index + 1), end)
        if text == "while" and _constant(tokens, index + 1, behind, env) == 0:
            _, after, _ = _statement(tokens, behind, end, env)
            return 0, after, False
        count, after, _ = _statement(tokens, behind, end, env)
        return count + (1 if count else 0), after, False
    if text in ("do", "else", "try"):
        return _statement(tokens, index + 1, end, env)
    if text == "return":
        behind = _semicolon(tokens, index, end)
        return int(behind - index > 2), behind, True
    if text in ("case", "default") or (index + 1 < end and tokens[index + 1].text == ":"):
        while index < end and tokens[index].text != ":":
            index += 1
        return 0, index + 1, False
    behind = _semicolon(tokens, index, end)
    words = tokens[index:behind]
    return int(_works(words)), max(behind, index + 1), False


def _if(tokens: list[_Token], index: int, end: int, env: Environment) -> tuple[int, int, bool]:
    index += 1
    while index < end and tokens[index].text != "(":
        index += 1
    behind = min(_behind(tokens, index), end) if index < end else end
    value = _constant(tokens, index, behind, env)
    count, after, returns = _statement(tokens, behind, end, env)
    other, other_returns = 0, False
    if after < end and tokens[after].text == "else":
        other, after, other_returns = _statement(tokens, after + 1, end, env)
    if value == 0:
        return other, after, other_returns
    if value is not None:
        return count, after, returns
    return count + other, after, returns and other_returns


def _constant(tokens: list[_Token], start: int, end: int, env: Environment) -> int | None:
    """The value of a parenthesised condition that consists of constants and macros known in this view."""
    words = tokens[start + 1 : end - 1]
    if not words or len(words) > 40:
        return None
    for word in words:
        name = word.text[0].isalpha() or word.text[0] == "_"
        if name and word.text not in ("true", "false", "defined") and not env.defined(word.text):
            return None
    return env.value(parse(re.sub(r"\bfalse\b", "0", " ".join(word.text for word in words))))


def _semicolon(tokens: list[_Token], index: int, end: int) -> int:
    while index < end:
        text = tokens[index].text
        if text == ";":
            return index + 1
        if text in _CLOSING:
            index = _behind(tokens, index)
            # A macro that is used like a block, or the end of a local class: `FOR_EACH(i) { ... }`.
            if text == "{" and index < end and tokens[index].text not in (";", ")", ",", "(", "."):
                return index
            continue
        index += 1
    return end


def _works(words: list[_Token]) -> bool:
    """Whether a statement does something: not a bare declaration, not a cast to void, not a trap."""
    texts = [word.text for word in words if word.text != ";"]
    if not texts or _IDLE.match(texts[0]):
        return False
    if texts[:3] == ["(", "void", ")"]:
        return False
    if texts[0] in ("asm", "__asm__", "__asm") and any("trap" in text for text in texts):
        return False
    if texts[0] in ("extern", "struct", "class", "enum"):
        return False
    return any(text in ("(", "{", "++", "--") or (text[-1] == "=" and text not in _COMPARISONS) for text in texts)


# -- comparison --------------------------------------------------------------------------------------------------------

_RULE = "vanished-kernel"
_HINT = (
    "read the #if around the body: in HIP __CUDA_ARCH__, __CUDACC__ and CUDART_VERSION do not exist and"
    " __HIP_DEVICE_COMPILE__ is 1"
)


def vanished(
    original: Source,
    ported: Source,
    read_original: Reader | None = None,
    read_ported: Reader | None = None,
    defines: Mapping[str, str] | None = None,
) -> list[Note]:
    """Kernels that CUDA compiles from the original, and that HIP compiles from the port to nothing, or to little.

    The readers find project headers, so that guards written there count. Places are in the original. With one source
    in both places it is a lint of a port made by hand.
    """
    if not _DEVICE.search(original.data) and not _DEVICE.search(ported.data):
        return []
    cuda, hip = Environment(cuda_view(defines=defines)), Environment(hip_view(defines=defines))
    cuda_side = walk(original.data, cuda, original.path, read_original)
    hip_side = walk(ported.data, hip, ported.path, read_ported)
    if _same(original.data, cuda_side, cuda, ported.data, hip_side, hip):
        return []
    now = _by_name(_bodies(ported.data, hip_side, hip))
    modern = _by_name(_bodies(original.data, cuda_side, cuda))
    pairs = [pair for name in sorted(modern) for pair in _paired(modern[name], now.get(name, []))]
    suspects = [(body, other) for body, other in pairs if body.statements and _less(body, other)]
    if not suspects:
        return []
    views = [
        _by_name(kernel_bodies(original, Environment(cuda_view(arch, defines=defines)), read_original))
        for arch in OLD_ARCHES
    ]
    author = _by_name(_asked_for(original, read_original, defines))
    notes = []
    for body, other in suspects:
        # A branch for older GPUs may be shorter, and may be the one that was chosen.
        older = [_same_body(body, view.get(body.name, [])) for view in views]
        least = min((one.statements for one in older if one is not None and one.statements), default=body.statements)
        problem = _lost(body, least, other)
        wanted = _same_body(body, author.get(body.name, []))
        if not problem or wanted is None or not wanted.statements:
            continue  # nothing is lost, or the author's own guard takes it out on AMD
        level = Level.TODO if other is not None and other.refuses and not body.refuses else Level.ERROR
        place = original.place(body.at)
        notes.append(Note(_RULE, level, place, f"{body.name}: {problem}", _HINT, ("R04", "R05", "R06")))
    return notes


# An `if` that may turn out constant: a number, a literal or a name in capitals.
_CONSTANT_IF = re.compile(rb"\bif\s*(?:constexpr\s*)?\(\s*!?\(*\s*(?:\d|false\b|true\b|[A-Z_][A-Z0-9_]+\b)")
_DEVICE = re.compile(rb"\b__(?:global|device)__\b|\b[A-Z_]*(?:KERNEL|GLOBAL|DEVICE|HD)[A-Z_]*\b")


def _same(
    original: bytes, cuda_side: tuple[Stretch, ...], cuda: Environment,
    ported: bytes, hip_side: tuple[Stretch, ...], hip: Environment,
) -> bool:  # fmt: skip
    """Whether nothing can have vanished, seen cheaply: no dead code on either side, no constant `if`, nothing gone."""
    if ported.count(b";") < original.count(b";") or ported.count(b"__global__") < original.count(b"__global__"):
        return False
    if ported.count(b"return;") > original.count(b"return;"):
        return False
    for data, side in ((original, cuda_side), (ported, hip_side)):
        if any(stretch.state == DEAD and data[stretch.start : stretch.end].strip() for stretch in side):
            return False
    asked = sorted(match.group() for match in _CONSTANT_IF.finditer(ported))
    if asked:
        # The same questions with the same answers on both sides leave the same code.
        names = {word.decode() for question in asked for word in re.findall(rb"[A-Z_][A-Z0-9_]+", question)}
        if asked != sorted(match.group() for match in _CONSTANT_IF.finditer(original)):
            return False
        if any(cuda.value(parse(name)) != hip.value(parse(name)) for name in names):
            return False
    return _qualifiers(cuda) == _qualifiers(hip)


def _paired(theirs: list[Body], ours: list[Body]) -> Iterator[tuple[Body, Body | None]]:
    """Functions of one name on both sides: by parameters, and what is left by order where as many are left."""
    left = list(ours)
    open_: list[Body] = []
    for body in theirs:
        match = next((other for other in left if other.parameters == body.parameters), None)
        if match is None:
            open_.append(body)
        else:
            left.remove(match)
            yield body, match
    if len(left) == len(open_):
        yield from zip(open_, left, strict=True)
    else:
        # Which of them is gone can't be told: the last ones stand for it.
        yield from ((body, None) for body in open_[len(left) :])


def _same_body(body: Body, others: list[Body]) -> Body | None:
    """The function of another view of the same text that has this place, or at least this signature."""
    exact = next((other for other in others if other.at == body.at), None)
    return exact or next((other for other in others if other.parameters == body.parameters), None)


def _less(body: Body, other: Body | None) -> bool:
    return other is None or other.statements < body.statements


def _lost(body: Body, least: int, here: Body | None) -> str:
    what = "kernel" if body.kernel else "device function"
    if here is None:
        # A device function that is gone is an error of the compiler wherever it is called.
        return f"this {what} exists under CUDA but not under HIP" if body.kernel else ""
    if here.statements == 0 and here.refuses and not body.refuses:
        return f"this {what} only stops with a trap under HIP ({body.statements} statements under CUDA)"
    if here.statements == 0:
        return f"the body of this {what} vanishes under HIP ({body.statements} statements under CUDA)"
    if least - here.statements >= 3 and here.statements * 5 < least * 2:
        return f"most of this {what} vanishes under HIP ({here.statements} of {body.statements} statements are left)"
    return ""


def _asked_for(original: Source, read: Reader | None, defines: Mapping[str, str] | None) -> tuple[Body, ...]:
    """The original as both compilers at once would see it: only a guard that names AMD takes anything out."""
    cuda, hip = cuda_view(defines=defines), hip_view(defines=defines)
    both = View("both", {**cuda.macros, **hip.macros})
    return kernel_bodies(original, Environment(both), read)


def _by_name(bodies: Iterable[Body]) -> dict[str, list[Body]]:
    found: dict[str, list[Body]] = {}
    for body in bodies:
        found.setdefault(body.name, []).append(body)
    return found
