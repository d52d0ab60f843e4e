"""Which code exists under which macros: the CUDA view and the HIP view of a file.

Conditions are evaluated for both sides in three values: true, false, not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hipwright.conditions import Directive, Expression, condition, directives, parse

# The CUDA release that the CUDA view stands for, and the newest architecture with counterparts on AMD's targets.
CUDA_RELEASE = 12090
MODERN_ARCH = 800

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
