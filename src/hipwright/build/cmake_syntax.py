"""The grammar of CMake's language: commands and arguments with their places, enough to read and to edit in place."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"#\[(?P<comment>=*)\[.*?\](?P=comment)\]"
    rb"|#[^\n]*"
    rb"|\[(?P<bracket>=*)\[(?P<raw>.*?)\](?P=bracket)\]"
    rb'|"(?P<quoted>(?:\\.|[^"\\])*)"'
    rb"|(?P<paren>[()])"
    rb'|(?P<word>(?:\\.|\$\((?:[^()\s]*)\)|[^\s()#"\\])(?:\\.|\$\([^()\s]*\)|"(?:\\.|[^"\\])*"|[^\s()#"\\])*)',
    re.S,
)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument as written, without its quotes; `start` and `end` include them."""

    text: str
    start: int
    end: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """`name(arguments)`; parentheses among the arguments (in conditions) are arguments of their own."""

    name: str
    arguments: tuple[Argument, ...]
    start: int
    name_end: int
    end: int
    line: int

    @property
    def lower(self) -> str:
        """The name as CMake compares it."""
        return self.name.lower()

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments' texts."""
        return tuple(argument.text for argument in self.arguments)


def commands(data: bytes) -> Iterator[Command]:
    """The commands of a CMake file in order. Text that is none (a stray word, an open parenthesis) is passed over."""
    starts = [0, *(match.end() for match in re.finditer(rb"\n", data))]
    word: re.Match[bytes] | None = None
    name: re.Match[bytes] | None = None
    depth = 0
    arguments: list[Argument] = []
    for match in _TOKEN.finditer(data):
        kind = match.lastgroup
        if kind in (None, "comment"):
            continue
        if depth == 0:
            if match["paren"] == b"(" and word is not None:
                name, depth, arguments = word, 1, []
            word = match if kind == "word" else None
            continue
        if match["paren"]:
            depth += 1 if match["paren"] == b"(" else -1
            if depth == 0 and name is not None:
                text = name.group().decode("utf-8", "surrogateescape")
                line = bisect_right(starts, name.start())
                yield Command(text, tuple(arguments), name.start(), name.end(), match.end(), line)
                word = name = None
                continue
        raw = match["quoted"] if kind == "quoted" else match["raw"] if match["raw"] is not None else match.group()
        text = raw.decode("utf-8", "surrogateescape")
        arguments.append(Argument(text, match.start(), match.end(), kind in ("quoted", "raw", "bracket")))
