"""The preprocessor's directives in a file, how they nest, and their conditions as expressions."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from hipwright.source import unmarked

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
