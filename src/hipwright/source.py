"""One file: its bytes, its syntax tree, positions in it, and byte-exact edits.

The tree comes from tree-sitter, which tolerates half-written code and sees macros unexpanded. Bodies of `#define` and
device code inside raw string literals are trees of their own (`Source.region_at`), parsed in place, so that every node
of every region carries byte offsets of the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import tree_sitter_cuda
from tree_sitter import Language, Node, Parser, Point, Range, Tree

from hipwright.finding import Edit, Place


@lru_cache(maxsize=1)
def language() -> Language:
    """The grammar that reads CUDA, HIP, C++ and C."""
    return Language(tree_sitter_cuda.language())


def encoded(text: str) -> bytes:
    """The bytes that `Source.text` gave as text, also those that are no UTF-8."""
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a source: bytes `start:end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call as written: `name<template>(args)`. Offsets are bytes; `end` is behind the closing parenthesis."""

    name: str
    start: int
    end: int
    args: tuple[Span, ...]
    template: tuple[Span, ...]
    open: int  # the opening parenthesis
    close: int  # the closing parenthesis


@dataclass(frozen=True, slots=True)
class LineMap:
    """Which original line each line of an edited text came from.

    Breakpoints `(new line, original line, in step)`, 1-based and ascending: from there on the lines run in step, or
    all stem from that one line.
    """

    points: tuple[tuple[int, int, bool], ...] = ((1, 1, True),)

    def original(self, line: int) -> int:
        """The original line of a line of the edited text."""
        index = bisect_right(self.points, line, key=lambda point: point[0]) - 1
        new, old, in_step = self.points[max(index, 0)]
        return old + (line - new if in_step else 0)

    def then(self, later: LineMap) -> LineMap:
        """The map of two edits in a row: `self` first, then `later`."""
        starts = {new for new, _, _ in later.points}
        for index, (new, old, in_step) in enumerate(later.points):
            if not in_step:
                continue
            stop = later.points[index + 1][0] if index + 1 < len(later.points) else None
            for mine, _, _ in self.points:
                at = new + mine - old
                if at > new and (stop is None or at < stop):
                    starts.add(at)
        points = []
        for start in sorted(starts):
            index = bisect_right(later.points, start, key=lambda point: point[0]) - 1
            new, old, in_step = later.points[index]
            middle = old + (start - new if in_step else 0)
            own = bisect_right(self.points, middle, key=lambda point: point[0]) - 1
            points.append((start, self.original(middle), in_step and self.points[own][2]))
        return LineMap(tuple(points))


# Comments, strings and the tokens that matter for matching brackets. Raw strings come first: they hide everything else.
_TOKEN = re.compile(
    rb'R"([^()\\\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//(?:\\\r?\n|[^\n])*|/\*.*?\*/|[()\[\]{},;<>]',
    re.S,
)
_SPACE = b" \t\r\n\\"
_TEMPLATE = re.compile(rb"[\w\s:,*&<>+\-/().]*")


# Comments and string literals: text in which no code is looked for.
QUIET = re.compile(rb'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)


def unmarked(data: bytes) -> bytes:
    """A text whose byte order mark is blanks: it is no syntax, and every position stays where it is."""
    return b"   " + data[3:] if data.startswith(b"\xef\xbb\xbf") else data


class Source:
    """One file's text. Immutable: `apply` returns a new one."""

    def __init__(self, path: str, data: bytes, hip: bool | None = None, before: Tree | None = None) -> None:
        self.path = path
        self.data = data
        # Whether the text was HIP's before any edit. Names that both have (`__ballot`, `warpSize`) differ in meaning.
        self.hip = b"hip/hip_" in data if hip is None else hip
        self._macros: dict[int, Tree] = {}
        self._before = before  # the tree of the text that this one was edited from, shifted to fit

    @cached_property
    def tree(self) -> Tree:
        """The syntax tree of the whole file."""
        data = unmarked(self.data)
        if self._before is None:
            return Parser(language()).parse(data)
        return Parser(language()).parse(data, self._before)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        starts.extend(match.end() for match in re.finditer(rb"\n", self.data))
        return starts

    @cached_property
    def macros(self) -> frozenset[bytes]:
        """The names that this file defines as macros."""
        return frozenset(re.findall(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)", self.data, re.M))

    def line(self, offset: int) -> int:
        """The 1-based line of a byte offset."""
        return bisect_right(self._line_starts, offset)

    def point(self, offset: int) -> Point:
        """Row and byte column of an offset, both 0-based, as tree-sitter counts."""
        row = self.line(offset) - 1
        return Point(row, offset - self._line_starts[row])

    def place(self, offset: int) -> Place:
        """The place of a byte offset."""
        row, column = self.point(offset)
        return Place(self.path, row + 1, column + 1)

    def offset(self, line: int, column: int) -> int:
        """The byte offset of a 1-based line and byte column, held inside the text."""
        starts = self._line_starts
        start = starts[min(max(line, 1), len(starts)) - 1]
        return min(start + max(column, 1) - 1, len(self.data))

    def text(self, start: int, end: int) -> str:
        """Bytes `start:end` as text; bytes that are no UTF-8 survive a round trip through `encode`."""
        return self.data[start:end].decode("utf-8", "surrogateescape")

    # -- nodes -------------------------------------------------------------------------------------------------------

    def node_at(self, start: int, end: int) -> Node | None:
        """The smallest node over bytes `start:end`, looking into macro bodies and device code in raw strings.

        None inside a comment or an ordinary string.
        """
        found = self.located(start, end)
        return found[0] if found else None

    def located(self, start: int, end: int) -> tuple[Node, Node] | None:
        """`node_at` and the root of the region it stands in: climbing to that from the node would cost its depth
        squared, which nested brackets make thousands.
        """
        root = self.tree.root_node
        node = root.descendant_for_byte_range(start, end)
        if node is not None and node.type == "preproc_arg":
            parent = node.parent
            if parent is None or parent.type not in ("preproc_def", "preproc_function_def"):
                return None
            root = self.region(node).root_node
            node = root.descendant_for_byte_range(start, end)
        elif node is not None and node.type == "raw_string_content":
            if not holds_device_code(self.data[node.start_byte : node.end_byte]):
                return None
            root = self.region(node).root_node
            node = root.descendant_for_byte_range(start, end)
            if node is not None and node.type == "preproc_arg":
                root = self.region(node).root_node
                node = root.descendant_for_byte_range(start, end)
        if node is None or node.type in _OPAQUE:
            return None
        return node, root

    def region(self, node: Node) -> Tree:
        """The text of a node (a macro's body, a raw string's content) parsed as code of its own, offsets kept."""
        tree = self._macros.get(node.start_byte)
        if tree is None:
            parser = Parser(language())
            parser.included_ranges = [
                Range(self.point(node.start_byte), self.point(node.end_byte), node.start_byte, node.end_byte)
            ]
            tree = self._macros[node.start_byte] = parser.parse(self.data)
        return tree

    def call_of(self, node: Node) -> Call | None:
        """The call whose callee is the identifier `node` (perhaps qualified or with template arguments), else None."""
        start = node.start_byte
        callee = node
        while (parent := callee.parent) is not None and (
            parent.type in ("qualified_identifier", "template_function", "template_method", "dependent_name")
        ):
            if parent.type == "qualified_identifier" and parent.child_by_field_name("name") != callee:
                return None
            callee = parent
        if parent is not None and parent.type == "call_expression" and not parent.has_error:
            arguments = parent.child_by_field_name("arguments")
            if arguments is not None and callee == parent.child_by_field_name("function"):
                args = tuple(self.span(child) for child in arguments.named_children if child.type != "comment")
                template: tuple[Span, ...] = ()
                own = node.parent
                if own is not None and own.type in ("template_function", "template_method"):
                    given = own.child_by_field_name("arguments")
                    template = tuple(self.span(child) for child in given.named_children) if given else ()
                return Call(
                    self.text(start, node.end_byte), start, parent.end_byte, args, template,
                    arguments.start_byte, arguments.end_byte - 1,
                )  # fmt: skip
        return self._call_by_tokens(start, node.end_byte)

    def span(self, node: Node) -> Span:
        """A node's bytes."""
        return Span(node.start_byte, node.end_byte, self.text(node.start_byte, node.end_byte))

    def _call_by_tokens(self, start: int, end: int) -> Call | None:
        """A call read by tokens alone: what is left where macros broke the tree."""
        position = self._skip_space(end)
        template: tuple[Span, ...] = ()
        if self.data[position : position + 1] == b"<" and self.data[position : position + 2] != b"<<":
            closing = self._matching(position, b"<", b">")
            if closing is None or not _TEMPLATE.fullmatch(self.data[position:closing]):
                return None
            template = self._split(position + 1, closing)
            position = self._skip_space(closing + 1)
        if self.data[position : position + 1] != b"(":
            return None
        closing = self._matching(position, b"(", b")")
        if closing is None:
            return None
        return Call(
            self.text(start, end), start, closing + 1, self._split(position + 1, closing), template, position, closing
        )

    def _skip_space(self, position: int) -> int:
        while position < len(self.data) and self.data[position] in _SPACE:
            position += 1
        return position

    def _matching(self, position: int, opening: bytes, closing: bytes) -> int | None:
        """Offset of the bracket that closes the one at `position`; None when the statement ends before it."""
        depth = 0
        for match in _TOKEN.finditer(self.data, position, min(len(self.data), position + 20_000)):
            token = match.group()
            if token == opening:
                depth += 1
            elif token == closing:
                depth -= 1
                if depth == 0:
                    return match.start()
            elif token == b";" and opening == b"<":
                return None
        return None

    def _split(self, start: int, end: int) -> tuple[Span, ...]:
        """The comma-separated pieces of `start:end`, stripped. `a<b, c>(d)` is one piece."""
        pieces: list[Span] = []
        depth, begin, skip_to = 0, start, start
        for match in _TOKEN.finditer(self.data, start, end):
            token, at = match.group(), match.start()
            if at < skip_to:
                continue
            if token in (b"(", b"[", b"{"):
                depth += 1
            elif token in (b")", b"]", b"}"):
                depth -= 1
            elif token == b"<" and at > start and (self.data[at - 1 : at].isalnum() or self.data[at - 1 : at] == b"_"):
                closing = self._matching(at, b"<", b">")
                if closing is not None and closing < end and _TEMPLATE.fullmatch(self.data[at:closing]) and (
                    self.data[closing + 1 : closing + 2] in (b"(", b":", b"{", b">")
                ):  # fmt: skip
                    skip_to = closing
            elif token == b"," and depth == 0:
                pieces.append(self._stripped(begin, at))
                begin = at + 1
        if pieces or self.data[begin:end].strip(_SPACE):
            pieces.append(self._stripped(begin, end))
        return tuple(pieces)

    def _stripped(self, start: int, end: int) -> Span:
        while start < end and self.data[start] in _SPACE:
            start += 1
        while end > start and self.data[end - 1] in _SPACE:
            end -= 1
        return Span(start, end, self.text(start, end))

    # -- edits -------------------------------------------------------------------------------------------------------

    def apply(self, edits: Sequence[Edit]) -> tuple[Source, LineMap]:
        """The source with non-overlapping edits done, and where its lines came from."""
        pieces: list[bytes] = []
        points: list[tuple[int, int, bool]] = [(1, 1, True)]
        position, line, fresh = 0, 1, True  # fresh: the new text stands at the start of a line
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
            if edit.start < position:
                raise ValueError(f"{self.path}: overlapping edits at byte {edit.start}")
            kept = self.data[position : edit.start]
            pieces += (kept, edit.text)
            line += kept.count(b"\n")
            fresh = kept.endswith(b"\n") if kept else fresh
            if b"\n" in edit.text or self.data.count(b"\n", edit.start, edit.end):
                points.append((line if fresh else line + 1, self.line(edit.start), False))
                line += edit.text.count(b"\n")
                fresh = edit.text.endswith(b"\n") if edit.text else fresh
                last = self.line(edit.end)
                whole = fresh and edit.end == self._line_starts[last - 1]
                points.append((line, last, True) if whole else (line + 1, last + 1, True))
            else:
                fresh = fresh and not edit.text
            position = edit.end
        pieces.append(self.data[position:])
        ordered: dict[int, tuple[int, int, bool]] = {}
        for point in points:
            ordered[point[0]] = point
        source = Source(self.path, b"".join(pieces), self.hip, self._shifted(edits))
        return source, LineMap(tuple(ordered[key] for key in sorted(ordered)))

    def _shifted(self, edits: Sequence[Edit]) -> Tree | None:
        """This tree with its positions moved as the edits move the text: the next parse only reads what changed."""
        if "tree" not in self.__dict__:
            return None
        tree = self.tree.copy()
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
            start = self.point(edit.start)
            rows = edit.text.count(b"\n")
            column = len(edit.text) - edit.text.rfind(b"\n") - 1 + (0 if rows else start.column)
            tree.edit(
                edit.start,
                edit.end,
                edit.start + len(edit.text),
                start,
                self.point(edit.end),
                Point(start.row + rows, column),
            )
        return tree


# Node types whose insides are not code of their own.
_OPAQUE = frozenset(
    {"comment", "string_literal", "string_content", "char_literal", "character", "raw_string_literal",
     "raw_string_delimiter", "raw_string_content", "system_lib_string", "escape_sequence", "preproc_arg", "\"", "R\""}
)  # fmt: skip

_DEVICE_CODE = re.compile(rb"\b__(?:global|device)__\b")


def holds_device_code(text: bytes) -> bool:
    """Whether a string holds GPU source (compiled at run time by NVRTC): it says `__global__` or `__device__`."""
    return _DEVICE_CODE.search(text) is not None


def ancestors(node: Node) -> Iterator[Node]:
    """The nodes around a node, innermost first."""
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def non_overlapping(groups: Iterable[tuple[Edit, ...]], rank: Mapping[str, int]) -> tuple[list[Edit], bool]:
    """Edits that can be applied together, and whether some had to wait for another pass.

    The edits of a group belong together (a call's name and its closing parenthesis): all of them or none. Where two
    groups overlap, the rule of lower rank wins, then the wider edit: the other place is looked at again after it.
    """
    chosen: list[Edit] = []
    waiting = False
    taken: list[tuple[int, int]] = []
    for group in sorted(
        {group for group in groups if group}, key=lambda group: min(_precedence(e, rank) for e in group)
    ):
        if any(_clash(edit, start, end) for edit in group for start, end in _neighbours(taken, edit)):
            waiting = True
            continue
        for edit in group:
            insort(taken, (edit.start, edit.end))
        chosen += group
    return chosen, waiting


def _precedence(edit: Edit, rank: Mapping[str, int]) -> tuple[int, int, int, bytes]:
    return rank.get(edit.rule, 0), edit.start - edit.end, edit.start, edit.text


def _neighbours(taken: list[tuple[int, int]], edit: Edit) -> list[tuple[int, int]]:
    index = bisect_right(taken, (edit.start, edit.end))
    return taken[max(index - 1, 0) : index + 1]


def _clash(edit: Edit, start: int, end: int) -> bool:
    if edit.start == edit.end and start == end:
        return edit.start == start
    return edit.start < end and start < edit.end
