"""Makefiles for hipcc: the same file with its compiler, flags, targets and libraries in HIP's terms.

hipcc reads `.cu`, `.cpp`, `.cc` and `.cxx` as HIP and `.c` as C by itself, adds ROCm's include and library folders, and
takes a comma-separated list in `--offload-arch`: so file names, rules and the names of variables stay as they are.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hipwright.build.edits import EditSet
from hipwright.build.flags import Step, steps
from hipwright.finding import Finding, Level, Note, Place

RULE = "makefile"

_ASSIGN = re.compile(rb"^[ \t]*(?:(?:export|override|private)[ \t]+)*([^\s:#=+?!$()]+)[ \t]*(?:\+|\?|:{0,3}|!)=[ \t]*")
_TARGETED = re.compile(
    rb"^[^\t#=][^=#\n]*?:[ \t]*(?:(?:export|override|private)[ \t]+)*([\w.-]+)[ \t]*(?:\+|\?|:{0,3})=[ \t]*"
)
_NVCC = re.compile(r"(?<![\w.$({-])nvcc(?![\w.-])(?!\s*[:+?]?=)")
_STARTS_WITH_NVCC = re.compile(
    r"^(?:\S*/)?nvcc\b|^\$\(shell\s+(?:which|command -v)\s+nvcc\)|^\$\(\w*\)/bin/nvcc|/nvcc(?:\s|$)"
)
_REFERENCE = re.compile(r"\$[({]([\w.-]+)[)}]")
_TARGET_NAME = re.compile(r"^(?:sm|compute)_\d+a?f?$|^native$|^all(?:-major)?$")
_CUDA_VARIABLE = (
    r"CUDA_?(?:PATH|HOME|DIR|ROOT|ROOT_DIR|INSTALL_PATH|INSTALL_DIR|TOOLKIT_PATH|TOOLKIT_ROOT_DIR|TOOLKIT_ROOT)"
)
_CUDA_REFERENCE = re.compile(rf"\$(?:\({_CUDA_VARIABLE}\)|\{{{_CUDA_VARIABLE}\}})", re.I)
_CUDA_NAME = re.compile(rf"^{_CUDA_VARIABLE}$", re.I)
_CUDA_FOLDER = re.compile(
    r"(?:/usr/local|/opt|/usr/lib|/usr/lib64|/usr)/(?:nvidia/)?cuda(?:-[\d.]+)?(?=/|$)|/opt/cuda(?=/|$)"
)
_LIB_FOLDER = re.compile(r"/(?:lib64|targets/x86_64-linux/lib|lib/x64|lib)(?:/stubs)?(?=[\s)\"']|$)")
# Longer lines are no one's flags.
_LONG = 16_000
_WAVE_SIZE = re.compile(r"-D\s*\w*(?:WARP|WAVE(?:FRONT)?)_?SIZE=\d+")
_INSTEAD = {
    "compute-sanitizer": "",
    "cuda-gdb": "rocgdb",
    "cuda-memcheck": "",
    "cuobjdump": "llvm-objdump --offloading",
    "fatbinary": "clang-offload-bundler",
    "ncu": "rocprof-compute",
    "nsys": "rocprof-sys",
    "nvdisasm": "llvm-objdump -d",
    "nvidia-smi": "amd-smi",
    "nvlink": "",
    "nvprof": "rocprofv3",
    "ptxas": "",
}
_ONLY_NVIDIA = re.compile(rf"(?<![\w.-])({'|'.join(_INSTEAD)})(?![\w.-])")


@dataclass(frozen=True, slots=True)
class _Line:
    """One logical line: bytes `start:end`, the start of its value or recipe, the variable it sets, and its kind."""

    start: int
    end: int
    value: int
    name: str
    kind: str  # "assign", "recipe", "other"
    number: int


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


def port_makefile(
    data: bytes, path: str, targets: Sequence[str] = (), moved: Mapping[str, str] | None = None
) -> list[Finding]:
    """Edits and Notes that make a Makefile build with hipcc. One that does not mention nvcc or CUDA is left alone.

    `targets` are the AMD targets its default should be; none means those of the machine it runs on. `moved` maps
    folders as the Makefile spells them to where the port has put them.
    """
    return _Port(data, path, tuple(targets), dict(moved or {})).run()


class _Port:
    """One Makefile on its way."""

    def __init__(self, data: bytes, path: str, targets: tuple[str, ...], moved: dict[str, str]) -> None:
        self.data = data
        self.path = path
        self.archs = ",".join(targets) or "native"
        self.moved = moved
        self.lines = list(_logical_lines(data))
        self.values: dict[str, list[_Line]] = {}
        for line in self.lines:
            if line.kind == "assign":
                self.values.setdefault(line.name, []).append(line)
        self.compilers = self._compilers()
        self.related = self._related()
        self.edits = EditSet(data, RULE)
        self.notes: dict[tuple[int, str], Note] = {}
        self.wants_archs = False
        self.wants_rocm = False

    def run(self) -> list[Finding]:
        text = self.data.decode("utf-8", "surrogateescape")
        if "cuda" not in text.lower() and "nvcc" not in text.lower() and "-arch" not in text and not self.moved:
            return []
        for line in self.lines:
            if line.end - line.start <= _LONG:
                self._line(line)
        self._preamble()
        return [*self.edits.all(), *sorted(self.notes.values(), key=lambda note: (note.place, note.message))]

    # -- which lines are about nvcc ----------------------------------------------------------------------------------

    def _text(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", "surrogateescape").replace("\\\r\n", " ").replace("\\\n", " ")

    def _compilers(self) -> frozenset[str]:
        """Variables whose value begins with nvcc, directly or through another; and NVCC, when nothing sets it."""
        found = {"NVCC"}
        while True:
            more = set()
            for name, lines in self.values.items():
                for line in lines:
                    value = self._text(line.value, line.end).strip()
                    first = _REFERENCE.match(value)
                    if _STARTS_WITH_NVCC.search(value) or (first and first[1] in found):
                        more.add(name)
            if more <= found:
                return frozenset(found)
            found |= more

    def _related(self) -> frozenset[str]:
        """Variables whose words reach nvcc's command line."""
        found: set[str] = set()
        queue: list[str] = []
        for line in self.lines:
            text = self._text(line.value, line.end)
            named = set(_REFERENCE.findall(text))
            if (
                line.kind == "recipe" and (named & self.compilers or _NVCC.search(text))
            ) or line.name in self.compilers:
                queue += sorted(named | ({line.name} if line.name else set()))
        while queue:
            name = queue.pop()
            if name in found:
                continue
            found.add(name)
            for line in self.values.get(name, ()):
                queue += _REFERENCE.findall(self._text(line.value, line.end))
        # By custom these belong to nvcc even where the line that uses them is in another file.
        return frozenset(
            found | {name for name in self.values if "NVCC" in name.upper() or "CUDA_FLAGS" in name.upper()}
        )

    # -- edits -------------------------------------------------------------------------------------------------------

    def _note(self, line: _Line, message: str, level: Level, hazards: tuple[str, ...] = (), hint: str = "") -> None:
        place = Place(self.path, line.number)
        self.notes.setdefault((line.number, message), Note(RULE, level, place, message, hint, hazards))

    def _line(self, line: _Line) -> None:
        text = self._text(line.value, line.end)
        nvcc = line.kind == "recipe" and (
            bool(set(_REFERENCE.findall(text)) & self.compilers) or _NVCC.search(text) is not None
        )
        words = list(self._words(line.value, line.end))
        if line.kind == "assign" and _CUDA_NAME.match(line.name):
            self._cuda_variable(line)
            return
        if line.kind == "assign" and line.name in self.related and self._target_variable(line, words):
            return
        if nvcc or (line.kind == "assign" and line.name in self.related):
            self._flags(line, words)
        elif line.kind != "other":
            self._libraries(line, words)
        self._paths(line, line.start, line.end, nvcc or line.name in self.related)
        tool = _ONLY_NVIDIA.search(text)
        if tool and line.kind == "recipe":
            instead = _INSTEAD[tool[1]]
            self._note(line, f"{tool[1]} is NVIDIA's own tool", Level.TODO, ("B01",), instead and f"use {instead}")
        if narrow := _WAVE_SIZE.search(text):
            message = f"{narrow[0]} fixes one wave size for host and every target"
            self._note(line, message, Level.TEST, ("B12",), "let device code ask for its own wave size")

    def _words(self, start: int, end: int) -> Iterator[_Word]:
        yield from _words(self.data, start, end)

    def _cuda_variable(self, line: _Line) -> None:
        """`CUDA_PATH ?= /usr/local/cuda` becomes `ROCM_PATH ?= /opt/rocm`."""
        at = self.data.index(line.name.encode(), line.start)
        self.edits.put(at, at + len(line.name), "ROCM_PATH")
        self.edits.put(line.value, line.end, "/opt/rocm")

    def _target_variable(self, line: _Line, words: Sequence[_Word]) -> bool:
        """`ARCH = sm_60` becomes `ARCH = gfx90a,gfx942` where it feeds -arch=$(ARCH)."""
        if not words or not all(_TARGET_NAME.match(word.text) for word in words):
            return False
        name = re.escape(line.name)
        used = re.compile(rf"(?:-arch|--gpu-architecture)[= ]\$[({{]{name}[)}}]".encode())
        if not used.search(self.data):
            return False
        self.edits.put(words[0].start, words[-1].end, self.archs)
        return True

    def _flags(self, line: _Line, words: Sequence[_Word]) -> None:
        seen = False
        dropped: list[tuple[int, int]] = []  # runs of words, so that the blanks between them go once
        for step in steps([word.text for word in words]):
            before = " ".join(word.text for word in words[step.start : step.end])
            first, last = words[step.start], words[step.end - 1]
            after = " ".join(step.words)
            if step.target:
                after = "" if seen else self._offload(before)
                seen = seen or bool(after)
            if after == before:
                continue
            if after:
                self._replace(first.start, last.end, after, line)
            elif dropped and dropped[-1][1] == step.start:
                dropped[-1] = (dropped[-1][0], step.end)
            else:
                dropped.append((step.start, step.end))
            if step.remark is not None and not step.target:
                self._note(line, step.remark.message, step.remark.level, step.remark.hazards)
        for low, high in dropped:
            self._replace(words[low].start, words[high - 1].end, "", line)

    def _offload(self, before: str) -> str:
        """The AMD form of a choice of architectures."""
        named = re.fullmatch(r"(?:-arch|--gpu-architecture)[= ](\$[({]([\w.-]+)[)}])", before)
        if named and named[2] in self.values:
            values = [self._text(line.value, line.end).strip() for line in self.values[named[2]]]
            if all(_TARGET_NAME.match(value) for value in values):
                return f"--offload-arch={named[1]}"
        if before.startswith(("-code", "--gpu-code")):
            return ""
        self.wants_archs = True
        return "--offload-arch=$(HIP_ARCHS)"

    def _libraries(self, line: _Line, words: Sequence[_Word]) -> None:
        """A host compiler's line: only the names of libraries change."""
        for word in words:
            if not word.text.startswith("-l"):
                continue
            step: Step = next(steps([word.text]))
            after = " ".join(step.words)
            if after != word.text:
                self._replace(word.start, word.end, after, line)
            if step.remark is not None:
                self._note(line, step.remark.message, step.remark.level, step.remark.hazards)

    def _paths(self, line: _Line, start: int, end: int, nvcc: bool) -> None:
        """The compiler's name, CUDA's folders, and folders that moved, wherever they are spelled."""
        text = self.data[start:end].decode("latin-1")
        comment = _comment_start(text)
        for match in _NVCC.finditer(text):
            if match.start() < comment:
                self.edits.put(start + match.start(), start + match.end(), "hipcc")
        if line.kind == "other" and line.name == "":
            self._moved(text[:comment], start)
            return
        for word in self._words(line.value, end):
            if word.start - start >= comment:
                break
            self._folder(word, nvcc)
        self._moved(text[:comment], start)

    def _folder(self, word: _Word, nvcc: bool) -> None:
        found = _CUDA_REFERENCE.search(word.text) or _CUDA_FOLDER.search(word.text)
        if found is None:
            return
        self.wants_rocm = True
        after = word.text[: found.start()] + "$(ROCM_PATH)" + word.text[found.end() :]
        after = _LIB_FOLDER.sub("/lib", after)
        after = _NVCC.sub("hipcc", after)
        if after.startswith("-I") and not nvcc:
            # A host compiler has to be told which platform HIP's headers are for; hipcc knows.
            after = f"-D__HIP_PLATFORM_AMD__ {after}"
        for edit in self.edits.within(word.start, word.end):
            self.edits.take(edit.start, edit.end)
        self.edits.put(word.start, word.end, after)

    def _moved(self, text: str, start: int) -> None:
        for old, new in sorted(self.moved.items(), key=lambda item: -len(item[0])):
            for match in re.finditer(
                rf"(?<![\w./-]){re.escape(old)}(?=[/\s)\\\"']|$)|(?<=-I){re.escape(old)}(?=[/\s)\\\"']|$)", text
            ):
                self.edits.put(start + match.start(), start + match.end(), new)

    def _replace(self, start: int, end: int, after: str, line: _Line) -> None:
        """Put words in place; where none are left, take the blank along."""
        if after:
            self.edits.put(start, end, after)
            return
        while end < line.end and self.data[end : end + 1] in (b" ", b"\t"):
            end += 1
        if end >= line.end or self.data[end : end + 1] in (b"\n", b"\r"):
            while start > line.value and self.data[start - 1 : start] in (b" ", b"\t"):
                start -= 1
        self.edits.put(start, end, "")

    def _preamble(self) -> None:
        """Variables that the edits rely on, set at the top unless the file or the environment sets them."""
        newline = "\r\n" if b"\r\n" in self.data else "\n"
        needed = []
        renamed = any(_CUDA_NAME.match(name) for name in self.values)
        if self.wants_rocm and not renamed and "ROCM_PATH" not in self.values:
            needed.append("ROCM_PATH ?= /opt/rocm")
        used = set(_REFERENCE.findall(self._text(0, len(self.data))))
        includes = re.search(rb"^[-s]?include\s", self.data, re.M)
        if "NVCC" in used and "NVCC" not in self.values and not includes:
            needed.append("NVCC ?= hipcc")
        if self.wants_archs and "HIP_ARCHS" not in self.values:
            needed.append(f"HIP_ARCHS ?= {self.archs}")
        if not needed:
            return
        at = next((line.start for line in self.lines if line.kind != "comment"), 0)
        text = newline.join(needed) + newline + newline
        self.edits.put(at, at, text)


def _comment_start(text: str) -> int:
    at = text.find("#")
    while at > 0 and text[at - 1] in "\\$(":
        at = text.find("#", at + 1)
    return len(text) if at < 0 else at


def _logical_lines(data: bytes) -> Iterator[_Line]:
    position = 0
    number = 1
    while position < len(data):
        start = position
        first = number
        while True:
            newline = data.find(b"\n", position)
            stop = len(data) if newline < 0 else newline
            position = stop + 1
            number += 1
            body = data[start:stop].rstrip(b"\r")
            backslashes = len(body) - len(body.rstrip(b"\\"))
            if newline < 0 or backslashes % 2 == 0:
                break
        end = start + len(data[start:stop].rstrip(b"\r"))
        text = data[start:end]
        if text.startswith(b"\t"):
            yield _Line(start, end, start + 1, "", "recipe", first)
        elif not text.strip() or text.lstrip().startswith(b"#"):
            yield _Line(start, end, end, "", "comment" if text.strip() else "blank", first)
        elif match := _ASSIGN.match(text) or _TARGETED.match(text):
            comment = _comment_start(text[match.end() :].decode("latin-1"))
            stop_at = start + match.end() + len(text[match.end() : match.end() + comment].rstrip())
            yield _Line(
                start, stop_at, start + match.end(), match[1].decode("utf-8", "surrogateescape"), "assign", first
            )
        else:
            yield _Line(start, end, start, "", "other", first)


def _words(data: bytes, start: int, end: int) -> Iterator[_Word]:
    """The words of a value or recipe, those within calls of make's functions too; quotes keep blanks together."""
    text = data[start:end].decode("latin-1")
    index = 0
    depth = 0
    begin = -1
    quote = ""

    def word(stop: int) -> Iterable[_Word]:
        if begin >= 0 and stop > begin:
            spelled = data[start + begin : start + stop].decode("utf-8", "surrogateescape")
            yield _Word(spelled, start + begin, start + stop)

    while index < len(text):
        char = text[index]
        if quote:
            if char == "\\":
                index += 1
            elif char == quote:
                quote = ""
        elif char in "\"'":
            quote = char
            begin = index if begin < 0 else begin
        elif char == "\\" and text[index + 1 : index + 2] in ("\n", "\r"):
            yield from word(index)
            begin = -1
        elif char in " \t\r\n" or (depth and char in ",)" and not text.startswith(",code=", index)):
            yield from word(index)
            begin = -1
            if char == ")" and depth:
                depth -= 1
        elif char == "$" and text[index + 1 : index + 2] in ("(", "{"):
            close = _closing(text, index + 1)
            inner = text[index + 2 : close]
            if re.match(r"[a-z-]+[ \t]", inner):
                # A function: its arguments hold words of their own.
                yield from word(index)
                begin = -1
                depth += 1
                index += 2 + len(inner.split()[0])
                continue
            begin = index if begin < 0 else begin
            index = close
        elif begin < 0:
            begin = index
        index += 1
    yield from word(len(text))


def _closing(text: str, at: int) -> int:
    opening, closing = text[at], ")" if text[at] == "(" else "}"
    depth = 0
    for index in range(at, len(text)):
        if text[index] == opening:
            depth += 1
        elif text[index] == closing:
            depth -= 1
            if depth == 0:
                return index
    return len(text) - 1


def moved_folders(folder: str, moved: Mapping[str, str]) -> dict[str, str]:
    """Folders that the port has moved (relative to the root, old → new) as a build file in `folder` spells them."""
    here = folder or "."
    return {posixpath.relpath(old, here): posixpath.relpath(new, here) for old, new in moved.items()}
