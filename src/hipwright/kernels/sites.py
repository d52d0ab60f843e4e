"""What the text of a project says of how its kernels are launched: block shapes, dynamic LDS, numbers that matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hipwright.context import Context
from hipwright.emulate.driver import Dim

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"", re.S)
_LAUNCH = re.compile(r"(\w+)\s*(<[^;{}()]*>)?\s*<<<(.*?)>>>", re.S)
_INTEGER = re.compile(r"(?<![\w.])(0[xX][0-9a-fA-F]+|\d+)[uUlL]*(?![\w.])")
_BODY = 400  # lines of a kernel that are looked at
_LARGEST = 1 << 16  # of a number that may be a size


@dataclass(frozen=True, slots=True)
class Sites:
    """What is known of one kernel's launches."""

    blocks: tuple[Dim, ...] = ()
    lds: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()  # in the kernel's text, its template arguments, and the arguments that it is given
    complete: bool = False  # every place that launches it says its block in numbers
    axes: int = 3  # of the threads' and blocks' indices that the kernel's text uses; 3 where it is not seen

    @staticmethod
    def of(kernel: str, path: str, line: int, texts: Mapping[str, str], context: Context) -> Sites:
        """Read what `texts` say of a kernel with this readable name, whose definition stands at `path:line`."""
        base = re.sub(r"<.*", "", kernel.partition("(")[0]).split("::")[-1].split(" ")[-1]
        launches = [found for text in texts.values() if base in text for found in _launches(base, text, context)]
        body = _body(path, line)
        numbers = [*_numbers(_template_arguments(kernel), context), *_numbers(body, context)]
        for launch in launches:
            numbers += _numbers(launch.arguments, context)
        blocks = tuple(dict.fromkeys(launch.block for launch in launches if launch.block))
        return Sites(
            blocks=blocks,
            lds=tuple(dict.fromkeys(launch.lds for launch in launches if launch.lds)),
            numbers=tuple(sorted({number for number in numbers if 1 < number <= _LARGEST})),
            complete=bool(launches) and all(launch.block for launch in launches),
            axes=_axes(body),
        )


@dataclass(frozen=True, slots=True)
class _Launch:
    block: Dim | None
    lds: int
    arguments: str


def plain(text: str) -> str:
    """A text without comments and strings, lines kept."""
    return _COMMENT.sub(lambda found: " " + "\n" * found[0].count("\n"), text)


def _launches(base: str, text: str, context: Context) -> Iterator[_Launch]:
    for found in _LAUNCH.finditer(text):
        if found[1] != base:
            continue
        parts = _split(found[3])
        before = text[: found.start()]
        block = _dim(parts[1], before, context) if len(parts) > 1 else None
        lds = context.integer(parts[2]) if len(parts) > 2 else 0
        yield _Launch(block, lds or 0, text[found.end() : found.end() + 400].partition(";")[0])


def _dim(text: str, before: str, context: Context, depth: int = 0) -> Dim | None:
    """A block's shape where it can be told: a number, dim3(...), or a variable that was set to one of them."""
    text = text.strip()
    if depth > 4:
        return None
    if made := re.fullmatch(r"(?:dim3\s*)?[({](.*)[)}]", text, re.S):
        sizes = [_size(part, before, context, depth) for part in _split(made[1])]
        if not 1 <= len(sizes) <= 3 or not all(sizes):
            return None
        full = [*(size or 1 for size in sizes), 1, 1]
        return full[0], full[1], full[2]
    size = context.integer(text)
    if size is not None:
        return (size, 1, 1) if 0 < size <= 1024 else None
    if re.fullmatch(r"\w+", text):
        values = list(re.finditer(rf"\b{text}\s*(?:=\s*([^;]+)|([({{][^;]*[)}}]))\s*;", before))
        if values:
            last = values[-1]
            return _dim(last[1] or last[2], before[: last.start()], context, depth + 1)
    return None


def _size(text: str, before: str, context: Context, depth: int) -> int | None:
    value = context.integer(text.strip())
    if value is None and re.fullmatch(r"\s*\w+\s*", text):
        found = _dim(text, before, context, depth + 1)
        value = found[0] if found and found[1:] == (1, 1) else None
    return value if value and 0 < value <= 1024 else None


def _split(text: str) -> list[str]:
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _body(path: str, line: int) -> str:
    """The text of a definition."""
    try:
        lines = Path(path).read_text("utf-8", "replace").splitlines()[max(line - 1, 0) : line + _BODY]
    except OSError:
        return ""
    text = plain("\n".join(lines))
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if character == "}" and depth == 0:
            return text[: at + 1]
    return text


def _axes(body: str) -> int:
    found = re.findall(r"\b(?:threadIdx|blockIdx|blockDim)\s*\.\s*([xyz])", body)
    if not found:
        return 3
    return 1 + max("xyz".index(axis) for axis in found)


def _template_arguments(kernel: str) -> str:
    name = kernel.partition("(")[0]
    found = re.search(r"<(.*)>", kernel if "<" in name and ">" not in name else name)
    return found[1] if found else ""


def _numbers(text: str, context: Context) -> Iterable[int]:
    yield from (int(found[1], 0) if not found[1].startswith("0") or "x" in found[1].lower() else int(found[1] or "0", 8)
                for found in _INTEGER.finditer(text) if not re.fullmatch(r"0\d*[89]\d*", found[1]))  # fmt: skip
    for name in set(re.findall(r"\b[A-Za-z_]\w*\b", text)):
        if context.macro(name) is not None:
            value = context.integer(name)
            if value is not None:
                yield value


def shapes_of(sites: Sites, largest: int) -> Sequence[Dim]:
    """Block shapes to try: those of the launch sites, else such as the kernel's numbers suggest, and common ones."""
    known = [block for block in sites.blocks if block[0] * block[1] * block[2] <= largest]
    if sites.complete and known:
        return sorted(known, key=lambda block: block[0] * block[1] * block[2])
    found = list(known)
    sides = [number for number in sites.numbers if number <= 1024]
    found += [(size, 1, 1) for size in (*sides, 32, 64, 128, 256, 512, 1024, 96, 1)]
    if sites.axes > 1:
        found += [(a, b, 1) for a in sides for b in sides if a * b <= 1024]
        found += [(16, 16, 1), (32, 8, 1), (8, 8, 1), (32, 32, 1), (32, 4, 1), (64, 4, 1)]
    if sites.axes > 2:
        found += [(8, 8, 4), (4, 4, 4), (32, 4, 2)]
    fitting = [block for block in dict.fromkeys(found) if block[0] * block[1] * block[2] <= largest]
    return sorted(fitting, key=lambda block: (block[0] * block[1] * block[2], block)) or [(1, 1, 1)]
