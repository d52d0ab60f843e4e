"""A translation unit: one source, how the project compiles it, and which file says so."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hipwright.finding import Place

SOURCE_SUFFIXES = (".cu", ".cpp", ".cc", ".cxx", ".c++", ".c", ".C", ".CPP", ".hip")

_COMPILERS = re.compile(
    r"^(?:[\w.]*-)*(?P<name>nvcc|hipcc|gcc|g\+\+|cc|c\+\+|clang|clang\+\+|icc|icpc|icpx|icx|mpicc|mpicxx|mpic\+\+|mpiCC|nvc\+\+|CC|"
    r"nvcc_wrapper)(?:-[\d.]+)?(?:\.exe)?$"
)
_WRAPPERS = frozenset({"ccache", "sccache", "distcc", "time", "nice", "env", "libtool", "exec"})
_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")
# Options whose next word is a value, so that it is not taken for a source.
_TAKES_VALUE = frozenset({
    "-o", "-MF", "-MT", "-MQ", "-include", "-isystem", "-iquote", "-idirafter", "-I", "-D", "-U", "-L", "-l",
    "-x", "-arch", "-gencode", "-code", "-ccbin", "-Xcompiler", "-Xptxas", "-Xlinker", "-Xcudafe", "-Xclang",
    "-Xnvlink", "-Xarch_device", "-Xarch_host", "-maxrregcount", "-std", "-target", "-T", "-u", "-z",
    "-framework", "-mllvm", "--compiler-options", "--gpu-architecture", "--generate-code", "--compiler-bindir",
    "--include-path", "--define-macro", "--diag-suppress", "-diag-suppress", "--maxrregcount", "--default-stream",
    "-default-stream", "--output-file"
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A source and its compile flags.

    Paths are POSIX and relative to the project's root; include directories may lead out of it (`../include`) or be
    absolute. `flags` are the build's own words without compiler, sources, outputs, includes and definitions.
    """

    path: str
    language: str  # "cuda", "c++", "c" or "hip"
    includes: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()  # NAME or NAME=VALUE; "-NAME" takes a definition back
    forced: tuple[str, ...] = ()  # files that -include puts before the source
    flags: tuple[str, ...] = ()
    origin: Place | None = None  # where the build says so; None: nothing does, the flags are inferred
    framework: str = ""  # "torch": its build adds PyTorch's include folders and definitions
    guessed: tuple[str, ...] = ()  # further include folders that no build names: what the system has goes first

    @property
    def standard(self) -> str:
        """The value of the last `-std`, or nothing."""
        found = ""
        for index, flag in enumerate(self.flags):
            if flag.startswith(("-std=", "--std=")):
                found = flag.partition("=")[2]
            elif flag in ("-std", "--std") and index + 1 < len(self.flags):
                found = self.flags[index + 1]
        return found


@dataclass(frozen=True, slots=True)
class Run:
    """One way in which a build starts a program: arguments, the folder it starts in, a file as its standard input."""

    args: tuple[str, ...] = ()
    folder: str = "."
    stdin: str = ""


@dataclass(frozen=True, slots=True)
class Executable:
    """A program that a build links: the units it consists of, the folder it is built in, and how it is run."""

    name: str
    units: tuple[Unit, ...]
    folder: str = "."
    runs: tuple[Run, ...] = ()
    origin: Place | None = None


def linked(words: Sequence[str]) -> str | None:
    """What a command links a program to: the value of its `-o`, empty if it has none; None if it links no program."""
    words = _without_wrappers(words)
    if not words or not _COMPILERS.match(posixpath.basename(words[0].replace("\\", "/"))):
        return None
    no_program = {"-c", "-S", "-E", "-M", "-MM", "-shared", "--shared", "-dc", "-dlink", "--device-c", "--device-link",
                  "-ptx", "--ptx", "-cubin", "--cubin", "-fatbin", "--fatbin", "-lib", "--lib", "--compile",
                  "--version", "-dumpversion", "-fsyntax-only"}  # fmt: skip
    if no_program & set(words):
        return None
    for index, word in enumerate(words):
        if word in ("-o", "--output-file") and index + 1 < len(words):
            return words[index + 1]
        if word.startswith("-o") and len(word) > 2 and word[2] not in "=p":
            return word[2:]
    return ""


def _without_wrappers(words: Sequence[str]) -> list[str]:
    words = list(words)
    while words and (
        _ASSIGNMENT.match(words[0]) or posixpath.basename(words[0]) in _WRAPPERS or words[0].startswith("--mode=")
    ):
        words.pop(0)
    return words


def units_of_command(
    words: Sequence[str], directory: str, origin: Place | None, exists: Callable[[str], bool]
) -> list[Unit]:
    """The units one command line compiles: none when it runs no compiler or names no source of the project."""
    words = _without_wrappers(words)
    if not words:
        return []
    program = posixpath.basename(words[0].replace("\\", "/"))
    compiler = _COMPILERS.match(program)
    if compiler is None:
        return []
    includes: list[str] = []
    defines: list[str] = []
    forced: list[str] = []
    flags: list[str] = []
    sources: list[tuple[str, str]] = []
    language = ""
    index = 1
    while index < len(words):
        word = words[index]
        following = words[index + 1] if index + 1 < len(words) else ""
        index += 1
        if word.startswith(("-I", "--include-path=")) or word in (
            "-isystem",
            "-iquote",
            "--include-path",
            "-idirafter",
        ):
            if word in ("-I", "-isystem", "-iquote", "--include-path", "-idirafter"):
                value = following
                index += 1
            else:
                value = word[2:] if word.startswith("-I") else word.partition("=")[2]
            if value.strip():
                includes.append(within(directory, value.strip()))
        elif word.startswith(("-D", "--define-macro=")) and word not in ("-D",):
            defines.append(word[2:] if word.startswith("-D") else word.partition("=")[2])
        elif word in ("-D", "--define-macro"):
            defines.append(following)
            index += 1
        elif word.startswith("-U") and len(word) > 2:
            defines.append("-" + word[2:])
        elif word in ("-include", "--pre-include"):
            forced.append(within(directory, following))
            index += 1
        elif word in ("-x", "--x") or word.startswith(("-x=", "--x=")):
            glued = "=" in word
            language = word.partition("=")[2] if glued else following
            index += not glued
            flags += ["-x", language]
        elif word in _TAKES_VALUE:
            if word not in ("-o", "--output-file", "-MF", "-MT", "-MQ"):
                flags += [word, following]
            index += 1
        elif word.startswith("-"):
            if word not in ("-c", "-MD", "-MMD", "-MP", "-M", "-MM", "-S", "-E", "--compile"):
                flags.append(word)
        elif word.endswith(SOURCE_SUFFIXES) or language:
            path = within(directory, word)
            if exists(path):
                sources.append((path, language))
    out = []
    for path, spoken in sources:
        out.append(
            Unit(
                path,
                _language(spoken, path, compiler["name"]),
                unique(includes),
                unique(defines),
                unique(forced),
                tuple(flags),
                origin,
            )
        )
    return out


def _language(spoken: str, path: str, compiler: str) -> str:
    known = {"cu": "cuda", "cuda": "cuda", "hip": "hip", "c": "c", "c++": "c++"}
    if spoken in known:
        return known[spoken]
    return language_of(path)


def language_of(path: str) -> str:
    """The language a compiler reads a source as, by its suffix."""
    if path.endswith(".cu"):
        return "cuda"
    if path.endswith(".hip"):
        return "hip"
    return "c" if path.endswith(".c") else "c++"


def within(directory: str, path: str) -> str:
    """A path named by a build file in `directory`, relative to the root (absolute ones stay)."""
    path = path.replace("\\", "/")
    return posixpath.normpath(posixpath.join(directory, path))


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """The items in their order, each once."""
    return tuple(dict.fromkeys(items))


def split_command(text: str) -> list[list[str]]:
    """A shell line as simple commands, without running it; empty when its quotes do not match."""
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|<>")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
    except ValueError:
        return []
    commands: list[list[str]] = [[]]
    for word in words:
        if word and not word.strip(";&|"):
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]
