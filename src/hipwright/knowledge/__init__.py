"""What is cudaX on ROCm?

`names()` holds generated rows (`names/*.csv`), `header()` the include paths (`headers.csv`) and `facts()` what
headers cannot say (`facts/*.toml`). Nothing is read until it is asked for, and a row is parsed only when looked up:
a port touches a few hundred of more than ten thousand names.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Row:
    """One CUDA name and what HIP calls it.

    `hip` is empty where ROCm has no counterpart; `note` then carries the nearest way out. It equals `cuda` where HIP
    kept the spelling: the name is supported and nothing is renamed. A `member` is spelled `Structure::field`, and
    its `hip` is the field alone. `since` and `until` bound the ROCm releases that have the target, empty when the
    headers the tables were made from are the only ones looked at.
    """

    cuda: str
    hip: str
    kind: str
    library: str
    since: str = ""
    until: str = ""
    note: str = ""

    @property
    def renamed(self) -> bool:
        """Whether HIP has this under another spelling, so that a reference has to change."""
        return self.hip not in ("", self.cuda)


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """One CUDA include path, or a pattern of them, and the HIP headers that take its place.

    `state` is `renamed`, `kept` (the same path exists with ROCm), `dropped` (nothing is needed in its place)
    or `none` (nothing exists; `note` is the way out).
    """

    cuda: str
    hip: tuple[str, ...]
    library: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """What changes behind a name that headers cannot say.

    `change` is argument, unit, semantic, value, type or absent. `rewrite` says that a rule other than renaming owns
    the call, because a rename alone would be wrong.
    """

    names: tuple[str, ...]
    change: str
    what: str
    why: str
    evidence: str
    hazards: tuple[str, ...] = ()
    rewrite: bool = False


class _Names(Mapping[str, Row]):
    """Rows by CUDA name, kept as lines until one is asked for."""

    def __init__(self, lines: dict[str, str]) -> None:
        self._lines = lines
        self._rows: dict[str, Row] = {}

    def __getitem__(self, name: str) -> Row:
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = Row(*next(csv.reader([self._lines[name]])))
        return row

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


@cache
def names() -> Mapping[str, Row]:
    """Return every known CUDA name with its row; qualified names (`cub::BlockReduce`) and members included."""
    lines: dict[str, str] = {}
    for table in sorted((_HERE / "names").glob("*.csv")):
        text = table.read_text(encoding="utf-8").splitlines()
        # A name holds no comma and is never quoted, so the key needs no CSV parser.
        lines.update((line[: line.index(",")], line) for line in text[1:])
    return _Names(lines)


@cache
def _families() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    text = (_HERE / "families.csv").read_text(encoding="utf-8")
    return tuple((re.compile(row["pattern"]), row["library"], row["note"]) for row in csv.DictReader(text.splitlines()))


def lookup(name: str) -> Row | None:
    """Return the row of a CUDA name, or None if it is not one of NVIDIA's.

    Libraries that ROCm has no drop-in for and whose names all share a prefix (cuTENSOR, CUTLASS, libcu++) are known
    by that prefix, without a row for each name.
    """
    row = names().get(name)
    if row is None:
        for pattern, library, note in _families():
            if pattern.fullmatch(name):
                return Row(name, "", "family", library, note=note)
    return row


@cache
def headers() -> Mapping[str, HeaderRow]:
    """Return the rows of CUDA include paths; keys may hold `*`, which `header` resolves."""
    text = (_HERE / "headers.csv").read_text(encoding="utf-8")
    return {
        row["cuda"]: HeaderRow(row["cuda"], tuple(row["hip"].split()), row["library"], row["state"], row["note"])
        for row in csv.DictReader(text.splitlines())
    }


def header(path: str) -> HeaderRow | None:
    """Return the row of an include path: its own, or that of the longest pattern it matches; None if not CUDA's."""
    table = headers()
    if path in table:
        return table[path]
    patterns = sorted((key for key in table if "*" in key and fnmatchcase(path, key)), key=len)
    if not patterns:
        return None
    row = table[patterns[-1]]
    matched = path[patterns[-1].index("*") :]  # a target with a star keeps what the pattern's star stood for
    return replace(row, hip=tuple(target.replace("*", matched) for target in row.hip))


@cache
def all_facts() -> Mapping[str, Fact]:
    """Return every fact by each of the names it holds for."""
    import tomllib  # late: most runs of the command line need no fact

    found: dict[str, Fact] = {}
    for document in sorted((_HERE / "facts").glob("*.toml")):
        for entry in tomllib.loads(document.read_text(encoding="utf-8"))["fact"]:
            fact = Fact(
                names=tuple(entry["names"]),
                change=entry["change"],
                what=entry["what"],
                why=entry["why"],
                evidence=entry["evidence"],
                hazards=tuple(entry.get("hazards", ())),
                rewrite=entry.get("rewrite", False),
            )
            found.update(dict.fromkeys(fact.names, fact))
    return found


def facts(name: str) -> Fact | None:
    """Return what is known of a CUDA name beyond its spelling, or None."""
    return all_facts().get(name)
