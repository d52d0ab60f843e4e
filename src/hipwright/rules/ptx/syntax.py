"""Reading `asm volatile ("..." : outputs : inputs : clobbers)` and the PTX inside it, without changing anything."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hipwright.source import Source, Span


@dataclass(frozen=True, slots=True)
class AsmOperand:
    """`[name] "constraint" (expression)`."""

    name: str
    constraint: str
    expression: Span

    @property
    def letter(self) -> str:
        """The register class: r (32 bits), l (64), h (16), f, d, n (constant), C (string)."""
        return self.constraint.strip("=+&%")[:1]


@dataclass(frozen=True, slots=True)
class AsmStatement:
    """An asm statement as written. `code` is the text that the assembler would see, `%0` not yet replaced."""

    start: int
    end: int  # behind the closing parenthesis
    code: str
    operands: tuple[AsmOperand, ...]
    outputs: int  # how many of the operands are outputs
    clobbers: tuple[str, ...]
    constraints: tuple[Span, ...]  # the constraint strings, for edits


@dataclass(frozen=True, slots=True)
class Ref:
    """An asm operand such as `%0`."""

    index: int


@dataclass(frozen=True, slots=True)
class Reg:
    """A register declared in the asm itself, a special register (`%laneid`) or a symbol."""

    name: str


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer constant."""

    value: int


@dataclass(frozen=True, slots=True)
class Real:
    """A floating-point constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Address:
    """`[base + offset]`; tensor coordinates and other bracketed lists are `Other`."""

    base: Argument
    offset: Argument | None


@dataclass(frozen=True, slots=True)
class Vector:
    """`{a, b, c}`."""

    parts: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """`d|p`: two destinations."""

    first: Argument
    second: Argument


@dataclass(frozen=True, slots=True)
class Not:
    """`!p`: a negated predicate."""

    of: Argument


@dataclass(frozen=True, slots=True)
class Part:
    """`a.b1` or `a.h0`: a byte or half of an operand of a video instruction."""

    of: Argument
    selector: str


@dataclass(frozen=True, slots=True)
class Other:
    """An operand of another form, such as the coordinates of a tensor: no translation takes it."""

    text: str


Argument = Ref | Reg | Integer | Real | Address | Vector | Both | Not | Part | Other


@dataclass(frozen=True, slots=True)
class Instruction:
    """One PTX instruction; `guard` is the predicate of `@p` or `@!p`."""

    name: str  # "cvt"
    suffixes: tuple[str, ...]  # ("rn", "f16x2", "f32")
    arguments: tuple[Argument, ...]
    guard: Argument | None = None

    @property
    def opcode(self) -> str:
        """The instruction with its suffixes."""
        return ".".join((self.name, *self.suffixes))

    def has(self, *suffixes: str) -> bool:
        """Whether one of these suffixes is there."""
        return any(suffix in self.suffixes for suffix in suffixes)


@dataclass(frozen=True, slots=True)
class Program:
    """The PTX of one asm statement: registers it declares (name to PTX type) and its instructions."""

    registers: dict[str, str]
    instructions: tuple[Instruction, ...]


class UnreadAsmError(Exception):
    """No asm statement, or one whose template can't be told; `code` is what is known of the template."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


_TOKEN = re.compile(
    r"(?P<space>(?:\s|\\\r?\n|//[^\n]*|/\*.*?\*/)+)"
    r'|(?P<raw>R"(?P<delimiter>[^()\\\s]{0,16})\((?P<body>.*?)\)(?P=delimiter)")'
    r'|(?P<string>"(?:\\.|[^"\\])*")'
    r"|(?P<char>'(?:\\.|[^'\\])+')"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<scope>::)|(?P<other>.)",
    re.S,
)
_ESCAPE = re.compile(r"\\(\r?\n|x[0-9a-fA-F]+|[0-7]{1,3}|.)", re.S)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
# A product of Hopper has 130 operands; none met was longer than a tenth of this.
_LONGEST = 60_000
_OPEN, _CLOSE = "([{", ")]}"


def unescape(literal: str) -> str:
    """The text of an ordinary string literal, given with its quotes."""

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "\r\n":
            return ""
        if code[0] == "x":
            return chr(int(code[1:], 16) & 0xFF)
        if code[0] in "01234567":
            return chr(int(code, 8) & 0xFF)
        return _ESCAPES.get(code, code)

    return _ESCAPE.sub(one, literal[1:-1])


def read_asm(source: Source, at: int, macro: Callable[[str], str | None]) -> AsmStatement:
    """The asm statement whose keyword starts at byte `at`. `macro` resolves names that stand for string literals.

    Reads tokens rather than the tree, so that a statement in a macro's body or beside a parse error is read as well.
    """
    text = source.text(at, min(len(source.data), at + _LONGEST))
    head = re.compile(
        r"(?:asm|__asm__|__asm)\b(?:\s|\\\r?\n|\b(?:volatile|__volatile__|__volatile|inline|goto)\b)*\("
    ).match(text)
    if head is None:
        raise UnreadAsmError("no parenthesis behind asm")
    sections: list[list[list[re.Match[str]]]] = [[[]]]
    depth, position = 1, head.end()
    while depth:
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadAsmError("unclosed asm statement")
        position = match.end()
        token = match.group()
        if match["space"]:
            continue
        if match["other"]:
            if token in _OPEN:
                depth += 1
            elif token in _CLOSE:
                depth -= 1
                if depth == 0:
                    break
            elif depth == 1 and token == ":":
                sections.append([[]])
                continue
            elif depth == 1 and token == ",":
                sections[-1].append([])
                continue
        elif depth == 1 and match["scope"]:
            sections += [[[]], [[]]]
            continue
        sections[-1][-1].append(match)
    to_byte = _byte_offsets(text, at)
    operands: list[AsmOperand] = []
    constraints: list[Span] = []
    outputs = 0
    for number, section in enumerate(sections[1:3]):
        for tokens in section:
            if not tokens:
                continue
            operand, constraint = _operand(tokens, text, to_byte, macro)
            operands.append(operand)
            constraints.append(constraint)
            outputs += number == 0
    clobbers = tuple(
        unescape(token.group())
        for tokens in (sections[3] if len(sections) > 3 else [])
        for token in tokens
        if token["string"]
    )
    return AsmStatement(at, to_byte(position), _template(sections[0], macro), tuple(operands), outputs, clobbers,
        tuple(constraints))  # fmt: skip


def _byte_offsets(text: str, at: int) -> Callable[[int], int]:
    if text.isascii():
        return lambda index: at + index
    return lambda index: at + len(text[:index].encode("utf-8", "surrogateescape"))


def _template(pieces: list[list[re.Match[str]]], macro: Callable[[str], str | None]) -> str:
    code, unknown = "", ""
    for token in (token for tokens in pieces for token in tokens):
        if token["raw"]:
            code += token["body"]
        elif token["string"]:
            code += unescape(token.group())
        elif token["word"]:
            body = macro(token.group())
            strings = re.findall(r'"(?:\\.|[^"\\])*"', body or "")
            if not strings or re.sub(r'"(?:\\.|[^"\\])*"|\s', "", body or ""):
                unknown = unknown or f"the instruction text depends on the macro {token.group()}"
            code += "".join(map(unescape, strings))
        else:
            unknown = unknown or "the instruction text is put together by a macro"
    if unknown:
        raise UnreadAsmError(unknown, code)
    return code


def _operand(
    tokens: list[re.Match[str]], text: str, to_byte: Callable[[int], int], macro: Callable[[str], str | None]
) -> tuple[AsmOperand, Span]:
    name = ""
    if tokens[0].group() == "[":
        if len(tokens) < 4 or tokens[2].group() != "]":
            raise UnreadAsmError("an operand that can't be read")
        name, tokens = tokens[1].group(), tokens[3:]
    pieces: list[str] = []
    for token in tokens:
        body = token.group() if token["string"] else macro(token.group()) if token["word"] else None
        if body is None or not (literal := _TOKEN.fullmatch(body)) or not literal["string"]:
            break
        pieces.append(unescape(body))
    strings = len(pieces)
    if not strings or len(tokens) < strings + 3 or tokens[strings].group() != "(" or tokens[-1].group() != ")":
        raise UnreadAsmError("an operand whose constraint is no string literal")
    constraint = "".join(pieces)
    start, end = tokens[strings].end(), tokens[-1].start()
    while text[start].isspace() or text[start] == "\\":
        start += 1
    while text[end - 1].isspace() or text[end - 1] == "\\":
        end -= 1
    expression = Span(to_byte(start), to_byte(end), text[start:end])
    span = Span(
        to_byte(tokens[0].start()),
        to_byte(tokens[strings - 1].end()),
        text[tokens[0].start() : tokens[strings - 1].end()],
    )
    return AsmOperand(name, constraint, expression), span


# -- PTX
# -----------------------------------------------------------------------------------------------------------------

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
_REFERENCE = re.compile(r"%(?:%|=|[0-9]+|\[\w+\])")
_REGISTERS = re.compile(r"\.reg\s*\.(\w+)\s+(.+)", re.S)
_RANGE = re.compile(r"([%$]?\w+)<(\d+)>")
_OPCODE = re.compile(
    r"(?:@\s*(!?)\s*([^\s]+)\s+)?([a-z]\w*)((?:\s*\.\s*[A-Za-z_0-9:]+)*)(?:\s+|$|(?=[\[{%$\x01]))", re.S
)
_LABEL = re.compile(r"\s*([A-Za-z_$%][\w$%\x01\x02]*)\s*:(?!:)")
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)[uUlL]*")
_REAL = re.compile(
    r"[+-]?(?:0[fF][0-9a-fA-F]{8}|0[dD][0-9a-fA-F]{16}|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)"
)


class UnreadableError(Exception):
    """PTX that isn't read: a directive, a reference to an operand that is not there."""


def read_ptx(statement: AsmStatement) -> Program:
    """The instructions of an asm statement."""
    names = {operand.name: index for index, operand in enumerate(statement.operands) if operand.name}

    def reference(match: re.Match[str]) -> str:
        token = match.group()
        if token == "%%":
            return "%"
        if token == "%=":
            return "_"
        if token[1] == "[":
            if token[2:-1] not in names:
                raise UnreadableError(f"operand {token} is not there")
            return f"\x01{names[token[2:-1]]}\x02"
        index = int(token[1:])
        if index >= len(statement.operands):
            raise UnreadableError(f"operand {token} is not there")
        return f"\x01{index}\x02"

    # Without operands GCC's asm takes the text as it is: `%laneid` needs no second per cent sign there.
    text = statement.code
    text = _COMMENT.sub(" ", _REFERENCE.sub(reference, text))
    registers: dict[str, str] = {}
    instructions: list[Instruction] = []
    for piece in _statements(text):
        if piece.startswith(".reg"):
            registers.update(_declared(piece))
        elif piece.startswith("."):
            raise UnreadableError(f"the directive {piece.split()[0]}")
        else:
            instructions.append(_instruction(piece))
    return Program(registers, tuple(instructions))


def _statements(text: str) -> Iterator[str]:
    """The statements of PTX text; the braces of blocks are dropped, those of vectors kept."""
    position, start, depth = 0, 0, 0
    while position < len(text):
        char = text[position]
        if not text[start:position].strip():
            if char in "{}":
                start = position + 1
                position += 1
                continue
            label = _LABEL.match(text, position)
            if label:
                yield f"label {_shown(label[1])}"
                start = position = label.end()
                continue
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif char == ";" and depth <= 0:
            if text[start:position].strip():
                yield text[start:position].strip()
            start, depth = position + 1, 0
        position += 1
    if text[start:].strip():
        yield text[start:].strip()


def _declared(piece: str) -> dict[str, str]:
    match = _REGISTERS.fullmatch(piece)
    if match is None:
        raise UnreadableError("a register declaration of this form")
    found: dict[str, str] = {}
    for name in match[2].split(","):
        name = name.strip()
        many = _RANGE.fullmatch(name)
        if many:
            found.update((f"{many[1]}{index}", match[1]) for index in range(int(many[2])))
        else:
            found[name] = match[1]
    return found


def _instruction(piece: str) -> Instruction:
    match = _OPCODE.match(piece)
    if match is None:
        raise UnreadableError(f"the text {' '.join(piece.split())[:40]!r}".replace("\\x01", "%").replace("\\x02", ""))
    guard: Argument | None = None
    if match[2]:
        guard = _argument(match[2])
        if match[1]:
            guard = Not(guard)
    suffixes = tuple(part.strip() for part in match[4].split(".") if part.strip())
    return Instruction(match[3], suffixes, tuple(_argument(part) for part in _split(piece[match.end() :])), guard)


def _split(text: str, by: str = ",") -> list[str]:
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        if char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth -= 1
        elif char == by and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    last = text[start:].strip()
    return [*parts, last] if last or parts else []


def _argument(text: str) -> Argument:
    text = text.strip()
    if text.startswith("["):
        return _address(text)
    if text.startswith("{"):
        if not text.endswith("}"):
            return Other(_shown(text))
        return Vector(tuple(_argument(part) for part in _split(text[1:-1])))
    halves = _split(text, "|")
    if len(halves) == 2:
        return Both(_argument(halves[0]), _argument(halves[1]))
    if text.startswith("!"):
        return Not(_argument(text[1:]))
    if text.startswith("\x01") and text.endswith("\x02") and text[1:-1].isdigit():
        return Ref(int(text[1:-1]))
    part = re.fullmatch(r"([\x01\x02\w%$]+)\.([bh][0-3]+)", text)
    if part is not None:
        return Part(_argument(part[1]), part[2])
    if _REAL.fullmatch(text):
        return Real(_real(text))
    if _NUMBER.fullmatch(text):
        return Integer(_integer(text))
    if re.fullmatch(r"[%$]?[A-Za-z_$][\w$]*(?:\.[xyzw])?", text):
        return Reg(text)
    if re.fullmatch(r"[A-Za-z_$%][\w$%\x01\x02]*", text):
        return Reg(_shown(text))
    return Other(_shown(text))


def _address(text: str) -> Argument:
    inner = text[1:-1].strip()
    if not text.endswith("]") or "," in inner or "{" in inner:
        return Other(_shown(text))
    match = re.fullmatch(r"(.+?)\s*([+-])\s*(.+)", inner, re.S)
    if match is None:
        return Address(_argument(inner), None)
    offset = _argument(match[3])
    if match[2] == "-":
        if not isinstance(offset, Integer):
            return Other(_shown(text))
        offset = Integer(-offset.value)
    return Address(_argument(match[1]), offset)


def _shown(text: str) -> str:
    return re.sub(r"\x01(\d+)\x02", r"%\1", text)


def _integer(text: str) -> int:
    digits = text.rstrip("uUlL")
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    if digits.lower().startswith(("0x", "0b")):
        return sign * int(digits, 0)
    if len(digits) > 1 and digits.startswith("0"):
        return sign * int(digits, 8)
    return sign * int(digits)


def _real(text: str) -> float:
    sign = -1.0 if text.startswith("-") else 1.0
    digits = text.lstrip("+-")
    value: float
    if digits[:2].lower() == "0f" and len(digits) == 10:
        (value,) = struct.unpack(">f", bytes.fromhex(digits[2:]))
    elif digits[:2].lower() == "0d" and len(digits) == 18:
        (value,) = struct.unpack(">d", bytes.fromhex(digits[2:]))
    else:
        value = float(digits)
    return sign * value
