"""Headers that many units of a tree begin with, compiled once: PyTorch's take clang a quarter of a minute each time.

Only what stands in front of all declarations of a unit is precompiled, with the unit's own flags, and only where its
own macros mean nothing to these headers: the compiler then reads what it would have read. A unit that fails with it is
compiled again without: it can save time, never decide against one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import posixpath
import re
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

# Worth a precompiled header: these include thousands of others. Units of one project mostly begin with the same one.
_LARGE = re.compile(r"torch/.*|ATen/ATen\.h")
_WORTH = re.compile(r"(?:torch|ATen|c10)/.*")
_STANDARD = re.compile(r"[a-z_0-9]+(?:\.h)?")  # headers of C, C++ and POSIX: their order means nothing
_LEAST = 3  # units that share one before it is made
_KEPT = 12  # files in the cache, the newest; each has about 170 MB

# Macros that only name the extension: PyTorch's headers use them in bodies of other macros, never to decide.
_NAMES = re.compile(r"-DTORCH_EXTENSION_NAME(?:=.*)?")

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|\\\n", re.S)
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*(.*)")
_INCLUDED = re.compile(r"<([^>]+)>|\"([^\"]+)\"")
_WORD = re.compile(r"[A-Za-z_]\w*")
_DEFINED = re.compile(r"#\s*define\s+(\w+)")
_PREDEFINED = re.compile(r"_.*|linux|unix")  # the compiler may define these itself


@dataclass(slots=True)
class Leading:
    """What a unit starts with: headers from outside, and the macros that its own lines between them define and test."""

    headers: list[str] = field(default_factory=list)
    defined: set[str] = field(default_factory=set)
    tested: set[str] = field(default_factory=set)


class _StopError(Exception):
    """What follows is more than includes and macros."""


def leading_headers(
    read: Callable[[str], str | None], path: str, flags: Sequence[str], last: re.Pattern[str] = _LARGE
) -> Leading:
    """What a unit includes from outside of its tree before it declares anything, up to the first header like `last`.

    Own headers on the way are followed as the compiler would. Where a condition would have to be evaluated, its
    branches may hold macros only.
    """
    own = {flag[2:].partition("=")[0] for flag in flags if flag.startswith("-D")}
    folders = [flag[2:] for flag in flags if flag.startswith("-I") and not flag.startswith("-I/")]
    guessed = [value for flag, value in pairwise(flags) if flag == "-idirafter"]
    found = Leading()
    seen: set[str] = set()

    def known(name: str) -> bool | None:
        if name in own:
            return True
        return None if name in found.defined or _PREDEFINED.fullmatch(name) else False

    def follow(file: str) -> None:
        seen.add(file)
        stack: list[bool | None] = []  # of conditionals: is this branch read? None where that is not known
        ifs: list[bool | None] = []  # whether the branch that is read came already
        text = _COMMENT.sub(lambda match: "" if match[0].startswith("//") else " ", read(file) or "")
        for line in filter(None, map(str.strip, text.splitlines())):
            match = _DIRECTIVE.fullmatch(line)
            if match is None:
                if False in stack:
                    continue
                raise _StopError
            word, rest = match[1], match[2].strip()
            if word in ("if", "ifdef", "ifndef"):
                names = _WORD.findall(rest)
                found.tested.update(names)
                value = known(rest) if word != "if" and rest in names else None
                value = not value if value is not None and word == "ifndef" else value
                stack.append(value)
                ifs.append(value)
            elif word in ("elif", "else"):
                found.tested.update(_WORD.findall(rest))
                if ifs[-1] is False:
                    stack[-1] = ifs[-1] = True if word == "else" else None
                else:
                    stack[-1] = False if ifs[-1] else None
            elif word == "endif":
                stack.pop()
                ifs.pop()
            elif False in stack or (word == "pragma" and rest == "once"):
                continue
            elif word == "define" and rest:
                name = _WORD.match(rest)
                found.defined.add(name[0] if name else "")
                if None not in stack and name:
                    own.add(name[0])
            elif word == "include" and None not in stack and (named := _INCLUDED.match(rest)):
                enter(file, named[1] or named[2], bool(named[2]))
            else:
                raise _StopError

    def enter(includer: str, name: str, quoted: bool) -> None:
        for folder in [*([posixpath.dirname(includer), *guessed] if quoted else []), *folders, *guessed]:
            file = posixpath.normpath(posixpath.join(folder, name))
            if read(file) is not None:
                if folder in guessed and not quoted:
                    raise _StopError  # the system's, if it has one
                if file not in seen:
                    follow(file)
                return
        if name not in found.headers:
            found.headers.append(name)
        if last.fullmatch(name):
            raise _StopError

    with contextlib.suppress(_StopError, IndexError):
        follow(path)
    return found


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a precompiled header is made of; two tasks with the same one share it."""

    headers: tuple[str, ...]
    language: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """A precompiled header, every word of the headers in it, and the macros that these define."""

    file: Path
    words: frozenset[str]
    macros: frozenset[str]


class Precompiled:
    """The precompiled headers of one check: which tasks share one, made when first asked for.

    `worth` says which headers are worth it, `last` where the beginning of a unit ends, `least` how many tasks have to
    share it.
    """

    def __init__(
        self,
        root: Path,
        folder: Path,
        salt: str,
        run: Callable[[list[str]], bool],
        worth: re.Pattern[str] = _WORTH,
        last: re.Pattern[str] = _LARGE,
        least: int = _LEAST,
    ) -> None:
        self.root = root
        self.folder = folder
        self.salt = salt  # changes with the compiler, the headers outside and the names in the tree
        self.run = run
        self.worth = worth
        self.last = last
        self.least = least
        self.shared: Counter[Beginning] = Counter()
        self.made: dict[Beginning, _Made | None] = {}
        self.locks: dict[Beginning, threading.Lock] = {}
        self.lock = threading.Lock()
        self.read = cache(self._read)

    def plan(self, tasks: Iterable[tuple[str, str, Sequence[str]]]) -> None:
        """Look at all tasks of a check (path, language, flags) for what they share."""
        for path, language, flags in tasks:
            if found := self._beginning(path, language, flags):
                self.shared[found[0]] += 1

    def flags(self, path: str, language: str, flags: Sequence[str]) -> list[str]:
        """Flags that make the compiler begin with a precompiled header; none where it would not pay."""
        found = self._beginning(path, language, flags)
        if found is None or self.shared[found[0]] < self.least:
            return []
        beginning, leading = found
        with self.lock:
            lock = self.locks.setdefault(beginning, threading.Lock())
        with lock:  # whoever needs the same one waits for it
            if beginning not in self.made:
                self.made[beginning] = self._make(beginning)
        made = self.made[beginning]
        # In truth the unit's macros come first: none may mean anything to the headers, nor theirs to its conditions.
        if made is None or leading.defined & made.words or leading.tested & made.macros:
            return []
        return ["-include-pch", str(made.file)]

    def _beginning(self, path: str, language: str, flags: Sequence[str]) -> tuple[Beginning, Leading] | None:
        """What a unit begins with, up to the first of the large headers."""
        if flags.count("-include") > (language == "hip"):  # a file that is forced in stands in front of all
            return None
        leading = leading_headers(self.read, path, flags, self.last)
        if not any(self.worth.fullmatch(name) for name in leading.headers):
            return None
        headers = tuple(name for name in leading.headers if not _STANDARD.fullmatch(name))
        kept = tuple(flag for flag in flags if not _NAMES.fullmatch(flag))
        return Beginning(headers, language, kept), leading

    def prune(self) -> None:
        """Keep the newest files only."""
        try:
            files = sorted(self.folder.glob("*.pch"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
            for file in files[_KEPT:]:
                file.unlink(missing_ok=True)
                for suffix in (".h", ".json"):
                    file.with_suffix(suffix).unlink(missing_ok=True)
        except OSError:
            return

    def _make(self, beginning: Beginning) -> _Made | None:
        parts = (self.salt, beginning.headers, beginning.language, beginning.flags)
        key = hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogateescape")).hexdigest()
        final = self.folder / f"{key[:32]}.pch"
        names = final.with_suffix(".json")
        try:
            if not (final.is_file() and names.is_file()):
                self.folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(prefix=".making-", dir=self.folder) as name:
                    if not self._compile(beginning, Path(name), final):
                        return None
            words, macros = json.loads(names.read_bytes())
        except (OSError, ValueError):
            return None
        return _Made(final, frozenset(words), frozenset(macros))

    def _compile(self, beginning: Beginning, work: Path, final: Path) -> bool:
        source, made, read = final.with_suffix(".h"), work / "made.pch", work / "made.d"
        # Written once: a precompiled header is void when its source is newer, and another process may use it by now.
        text = "".join(f"#include <{header}>\n" for header in beginning.headers)
        (work / "source.h").write_text(text, encoding="utf-8")
        with contextlib.suppress(FileExistsError):
            source.hardlink_to(work / "source.h")
        flags = [flag for flag in beginning.flags if flag != "-fsyntax-only"]
        # `-S` keeps the driver from a name of its own for the output; the compiler then writes this instead.
        flags += ["-S", "-Xclang", "-emit-pch", "-Xclang", "-fpch-instantiate-templates", "-o", str(made)]
        if not self.run([*flags, *dependency_flags(read, read.with_suffix(".log")), str(source)]) or not made.is_file():
            return False
        words: set[str] = set()
        macros: set[str] = set()
        for file in dependencies(read):
            text = (self.root / file).read_bytes().decode("latin-1")
            words.update(_WORD.findall(text))
            macros.update(_DEFINED.findall(text))
        names = work / "names.json"
        names.write_bytes(json.dumps([sorted(words), sorted(macros)]).encode())
        names.replace(final.with_suffix(".json"))
        made.replace(final)
        return True

    def _read(self, path: str) -> str | None:
        if path.startswith("../"):
            return None
        try:
            return (self.root / path).read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            return None


def dependency_flags(files: Path, log: Path) -> list[str]:
    """Flags that write down which files a compile read; the log of headers also survives one that is missing."""
    flags = ["-dependency-file", str(files), "-MT", "unit", "-sys-header-deps", "-header-include-file", str(log)]
    return [item for flag in flags for item in ("-Xclang", flag)]


def dependencies(files: Path) -> set[str]:
    """The files that a compile read, by what it wrote down."""
    body = files.read_text("utf-8", "surrogateescape").partition(":")[2].replace("\\\n", " ")
    names = re.findall(r"(?:\\.|\S)+", body)
    return {name.replace("\\ ", " ").replace("$$", "$").replace("\\#", "#") for name in names}
