"""GPU source inside ordinary string literals (compiled at run time by NVRTC): read as source, changed in place.

Such a text is spread over quoted pieces with escapes. It is decoded with the place of each character kept, so that an
edit of the text becomes an edit of the literal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from tree_sitter import Node

from hipwright.finding import Edit
from hipwright.source import Source, holds_device_code

_SUSPECT = re.compile(rb'"[^"\n]*\b__(?:global|device)__\b')
_ESCAPE = re.compile(rb"\\(?:[0-7]{1,3}|x[0-9a-fA-F]+|\r?\n|.)", re.S)
_SIMPLE = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b'"': b'"', b"'": b"'", b"\\": b"\\", b"?": b"?", b"0": b"\0"}
_TOKEN = re.compile(rb"\w+|\s+|[^\w\s]")
_LIMIT = 200_000  # bytes; a longer literal is generated text


@dataclass(frozen=True)
class Literal:
    """A string literal's text, and where each of its bytes (and its end) stands in the file."""

    text: bytes
    offsets: tuple[int, ...]


def literals(source: Source) -> Iterator[Literal]:
    """The ordinary string literals of a source that hold GPU code, adjacent pieces taken together."""
    if not _SUSPECT.search(source.data):
        return
    stack = [source.tree.root_node]
    while stack:
        node = stack.pop()
        if node.type in ("string_literal", "concatenated_string"):
            if _plain(node) and node.end_byte - node.start_byte <= _LIMIT:
                literal = _decoded(source, node)
                if literal is not None and holds_device_code(literal.text):
                    yield literal
        elif _SUSPECT.search(source.data, node.start_byte, node.end_byte):
            stack.extend(reversed(node.children))


def _plain(node: Node) -> bool:
    pieces = node.children if node.type == "concatenated_string" else [node]
    return all(piece.type in ("string_literal", "comment") for piece in pieces)


def _decoded(source: Source, node: Node) -> Literal | None:
    text = bytearray()
    offsets: list[int] = []
    pieces = [node] if node.type == "string_literal" else [c for c in node.children if c.type == "string_literal"]
    for piece in pieces:
        at, end = source.data.find(b'"', piece.start_byte) + 1, piece.end_byte - 1
        while at < end:
            if source.data[at : at + 1] != b"\\":
                text += source.data[at : at + 1]
                offsets.append(at)
                at += 1
                continue
            match = _ESCAPE.match(source.data, at, end)
            if match is None:
                return None
            code = match.group()[1:]
            if code.strip(b"\r\n"):
                if code not in _SIMPLE:
                    return None  # an octal or hexadecimal character: no source that a person wrote
                text += _SIMPLE[code]
                offsets.append(at)
            at = match.end()
    if not pieces:
        return None
    return Literal(bytes(text), (*offsets, pieces[-1].end_byte - 1))


def edits(literal: Literal, wanted: bytes) -> list[Edit]:
    """The edits of the file that turn the literal's text into `wanted`, token by token."""
    before, after = _TOKEN.findall(literal.text), _TOKEN.findall(wanted)
    starts = [0]
    for token in before:
        starts.append(starts[-1] + len(token))
    found = []
    for kind, first, last, low, high in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            start, end = literal.offsets[starts[first]], literal.offsets[starts[last]]
            if last > first:
                end = _behind(literal, starts[last] - 1)
            found.append(Edit(start, end, _escaped(b"".join(after[low:high])), "nvrtc-string"))
    return found


def _behind(literal: Literal, index: int) -> int:
    """The offset behind a byte of the text: escapes take two bytes in the file, pieces end with a quote."""
    special = literal.text[index : index + 1] in (b"\n", b"\t", b"\r", b'"', b"\\", b"\0")
    return literal.offsets[index] + (2 if special else 1)


def _escaped(text: bytes) -> bytes:
    for raw, escape in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n"), (b"\t", b"\\t"), (b"\r", b"\\r")):
        text = text.replace(raw, escape)
    return text
