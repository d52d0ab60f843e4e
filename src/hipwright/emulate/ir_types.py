"""Types in LLVM IR text: where one ends, and how many bytes it takes on x86-64."""

from __future__ import annotations

import re

_SCALARS = {"half": 2, "bfloat": 2, "float": 4, "double": 8, "ptr": 8, "x86_fp80": 16, "fp128": 16, "void": 0}
_OPEN = {"(": ")", "[": "]", "{": "}", "<": ">"}


def balanced(text: str, start: int) -> int:
    """The position behind the bracket that closes the one at `start`."""
    depth = 0
    position = start
    while position < len(text):
        char = text[position]
        if char == '"':
            position = text.index('"', position + 1)
        elif char in "([{<":
            depth += 1
        elif char in ")]}>":
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    raise ValueError(f"unbalanced: {text[start : start + 80]}")


def split_top(text: str) -> list[str]:
    """Split at commas that stand outside brackets and strings."""
    parts: list[str] = []
    depth = 0
    start = position = 0
    while position < len(text):
        char = text[position]
        if char == '"':
            position = text.index('"', position + 1)
        elif char in "([{<":
            depth += 1
        elif char in ")]}>":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
        position += 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


class Types:
    """The named types of a module, and sizes of all."""

    def __init__(self) -> None:
        self.named: dict[str, str] = {}
        self._sizes: dict[str, tuple[int, int]] = {}

    def define(self, name: str, definition: str) -> None:
        """Add `%name = type definition`."""
        self.named[name] = definition

    def read(self, text: str) -> tuple[str, str]:
        """The type at the beginning of `text`, and the rest."""
        text = text.lstrip()
        if text[0] in _OPEN:
            end = balanced(text, 0)
        elif found := re.match(r'%"[^"]*"|%[\w.$-]+|[\w.]+', text):
            end = found.end()
        else:
            raise ValueError(f"no type: {text[:80]}")
        return text[:end], text[end:].lstrip()

    def size(self, text: str) -> tuple[int, int]:
        """Bytes and alignment of a type."""
        known = self._sizes.get(text)
        if known is None:
            known = self._sizes[text] = self._size(text.strip())
        return known

    def _size(self, text: str) -> tuple[int, int]:
        if text in _SCALARS:
            size = _SCALARS[text]
            return size, max(size, 1)
        if found := re.fullmatch(r"i(\d+)", text):
            bits = int(found[1])
            size = 1
            while size * 8 < bits:
                size *= 2
            return size, min(size, 16)
        if text[0] == "%":
            definition = self.named.get(text, "opaque")
            return (0, 1) if definition == "opaque" else self.size(definition)
        if text[0] == "[":
            count, inner = text[1:-1].split(" x ", 1)
            size, align = self.size(inner.strip())
            return int(count) * size, align
        if text.startswith("<{"):
            return sum(self.size(part)[0] for part in split_top(text[2:-2])), 1
        if text[0] == "<":
            count, inner = text[1:-1].split(" x ", 1)
            bits = int(count) * (1 if inner.strip() == "i1" else self.size(inner.strip())[0] * 8)
            size = 1
            while size * 8 < bits:
                size *= 2
            return size, size
        if text[0] == "{":
            offset, most = 0, 1
            for part in split_top(text[1:-1]):
                size, align = self.size(part)
                offset = -(-offset // align) * align + size
                most = max(most, align)
            return -(-offset // most) * most, most
        raise ValueError(f"unknown type: {text[:80]}")
