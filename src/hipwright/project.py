"""A codebase on disk: its files, their languages, who includes whom, and how each unit is compiled. Read-only.

The tree is untrusted: nothing in it is run, no link is followed out of it, no device or pipe is opened, and no file is
read whole that is too large to be source.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import posixpath
import re
import stat
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from hipwright.build.cmake_read import read_cmake
from hipwright.build.compile_commands import read_compile_commands
from hipwright.build.makefile import read_makefile
from hipwright.build.setup_py import read_setup_py
from hipwright.build.unit import Unit, language_of, unique
from hipwright.finding import Edit, HipwrightError, Level, Note, Place
from hipwright.source import unmarked

# Larger files are data, whatever their suffix: they are copied, never parsed.
SIZE_LIMIT = 16 << 20
# Build files that people or generators write for a build tool to read whole.
_BUILD_LIMIT = 8 << 20
_CUDA_FOLDER = re.compile(r"/(?:cuda|nvidia|hpc_sdk)(?:[-/.\d]|$)", re.I)
_MESON_STANDARD = re.compile(rb"\bcpp_std=([\w+]+)")
# Where headers go that a project reaches outside of its own folder.
EXTERNAL = "_external"


class Kind(StrEnum):
    """What a file is to a port."""

    CUDA_SOURCE = "cuda-source"
    CUDA_HEADER = "cuda-header"
    CXX_SOURCE = "c++-source"
    CXX_HEADER = "c++-header"
    C_SOURCE = "c-source"
    FRAGMENT = "fragment"  # a piece of source that others include: .inc, .inl, .ipp, .tpp, templates such as .h.in
    HIP = "hip"
    OPENCL = "opencl"
    PYTHON = "python"
    BUILD = "build"
    OTHER = "other"

    @property
    def code(self) -> bool:
        """Whether rules for C++ and CUDA apply."""
        return self in _CODE


_CODE = frozenset(
    {Kind.CUDA_SOURCE, Kind.CUDA_HEADER, Kind.CXX_SOURCE, Kind.CXX_HEADER, Kind.C_SOURCE, Kind.FRAGMENT, Kind.HIP}
)

_SOURCES = {
    ".cu": Kind.CUDA_SOURCE, ".cpp": Kind.CXX_SOURCE, ".cc": Kind.CXX_SOURCE, ".cxx": Kind.CXX_SOURCE,
    ".c++": Kind.CXX_SOURCE, ".c": Kind.C_SOURCE, ".hip": Kind.HIP, ".cuh": Kind.CUDA_HEADER,
    ".h": Kind.CXX_HEADER, ".hh": Kind.CXX_HEADER, ".hpp": Kind.CXX_HEADER, ".hxx": Kind.CXX_HEADER,
    ".h++": Kind.CXX_HEADER, ".inc": Kind.FRAGMENT, ".inl": Kind.FRAGMENT, ".ipp": Kind.FRAGMENT,
    ".tpp": Kind.FRAGMENT, ".txx": Kind.FRAGMENT, ".tcc": Kind.FRAGMENT, ".icc": Kind.FRAGMENT,
    ".impl": Kind.FRAGMENT, ".def": Kind.FRAGMENT, ".cui": Kind.FRAGMENT, ".cl": Kind.OPENCL, ".py": Kind.PYTHON,
    ".pyx": Kind.PYTHON, ".pxd": Kind.PYTHON, ".pxi": Kind.PYTHON, ".pyi": Kind.PYTHON
}  # fmt: skip
_TEMPLATES = (".in", ".tmpl", ".template", ".jinja", ".j2", ".mako", ".tpl")
_BUILD_NAMES = frozenset({
    "CMakeLists.txt", "Makefile", "makefile", "GNUmakefile", "setup.py", "setup.cfg", "pyproject.toml",
    "meson.build", "meson_options.txt", "BUILD", "BUILD.bazel", "WORKSPACE", "WORKSPACE.bazel", "MODULE.bazel",
    "SConstruct", "SConscript", "configure.ac", "configure.in", "Makefile.am", "Makefile.in", "xmake.lua",
    "premake5.lua", "wscript", "compile_commands.json", "CMakePresets.json"
})  # fmt: skip
_BUILD_SUFFIXES = (".cmake", ".mk", ".mak", ".vcxproj", ".bzl", ".pro", ".gyp", ".gn")
_HEADERS = frozenset({Kind.CUDA_HEADER, Kind.CXX_HEADER, Kind.FRAGMENT})

# Folders that are never part of a codebase, and signs that a folder holds what a build left behind.
_NEVER = frozenset({
    ".git", ".hg", ".svn", ".bzr", "CVS", "_darcs", ".jj", "__pycache__", "node_modules", ".hipwright", ".tox",
    ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".ccls-cache", ".eggs", "CMakeFiles"
})  # fmt: skip
_OUTPUT_SIGNS = frozenset({"CMakeCache.txt", "build.ninja", ".ninja_log", "pyvenv.cfg", ".hipwright"})
_OUTPUT_NAMES = re.compile(
    r"^(?:build|_build|builds?[-_].*|.*[-_]build|cmake-build-.*|out|obj|objs|bin|debug|release|x64|\.objs?)$", re.I
)
_OUTPUT_FILES = (".o", ".obj", ".gch", ".pch", ".pyc", ".gcno", ".gcda", ".cubin", ".fatbin")

_HINTS = (
    b"cuda", b"__global__", b"__device__", b"__host__", b"<<<b", b"cublas", b"cufft", b"curand", b"cudnn", b"cusparse",
    b"cusolver", b"nvrtc", b"thrust/b", b"cub/b", b"CUdevice", b"CUstream", b"cuMem", b"cuLaunch", b"nccl",
    b"cooperative_groups", b"nvtx"
)  # fmt: skip
_USES_CUDA = re.compile(
    rb"\b(?:cuda(?:[A-Z]\w*|_\w+|::)|__(?:global|device|host)__"
    rb"|CU(?:device|stream|context|module|function|event|deviceptr|result)\b"
    rb"|cu(?:Mem|Launch|Module|Ctx|Device|Stream|Event|Func|Init|Link|Get)\w*\s*\("
    rb"|cu(?:blas|fft|rand|dnn|sparse|solver)\w+|nvrtc[A-Z]\w+|nccl[A-Z]\w+|nvtx\w+)"
    rb"|(?<!<)<<<(?!<)|#[ \t]*include[ \t]*[<\"](?:thrust/|cub/|cuda|cooperative_groups)"
)
_DEVICE = re.compile(rb"\b__(?:global|device)__\b|\b\w+(?:\s*<[^<>;{}()]*>)?\s*<<<(?!<)")
_CUDA_INCLUDE = re.compile(
    rb"#[ \t]*include[ \t]*[<\"](?:cuda(?:_\w+|/[^>\"]*)?(?:\.h|\.hpp)?|cub/[^>\"]*|cooperative_groups[^>\"]*"
    rb"|cu(?:rand_kernel|blas\w*)\.h)[>\"]"
)
_LAUNCH = re.compile(rb"(?<!<)<<<(?!<)")
_DEVICE_WORD = re.compile(rb"\b__(?:global|device)__\b")
_RAW_STRING = re.compile(rb'R"([^()\\\s"]{0,16})\(')
_PYTHON_KERNEL = re.compile(
    rb"\b(?:RawKernel|RawModule|ElementwiseKernel|ReductionKernel|SourceModule|load_inline|__global__"
    rb"|compile_with_cache)\b"
)
_INCLUDE = re.compile(rb"^[ \t]*#[ \t]*include(?:_next)?[ \t]*([<\"])([^>\"\n]+)[>\"]", re.M)
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)

# Headers of the language and the system: a file of the same name in the tree is not what `<name>` means.
_SYSTEM = frozenset({
    "assert.h", "complex.h", "ctype.h", "errno.h", "fenv.h", "float.h", "inttypes.h", "iso646.h", "limits.h",
    "locale.h", "math.h", "setjmp.h", "signal.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h",
    "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "stdnoreturn.h", "string.h", "tgmath.h", "threads.h", "time.h",
    "uchar.h", "wchar.h", "wctype.h", "unistd.h", "pthread.h", "fcntl.h", "getopt.h", "dirent.h", "dlfcn.h",
    "malloc.h", "memory.h", "strings.h", "windows.h", "omp.h", "mpi.h",
    "alloca.h", "argp.h", "byteswap.h", "cpuid.h", "elf.h", "endian.h", "err.h", "execinfo.h", "features.h",
    "fnmatch.h", "ftw.h", "glob.h", "grp.h", "iconv.h", "ifaddrs.h", "langinfo.h", "libgen.h", "link.h", "monetary.h",
    "netdb.h", "poll.h", "pwd.h", "regex.h", "resolv.h", "sched.h", "search.h", "semaphore.h", "spawn.h", "stdbit.h",
    "stdckdint.h", "syslog.h", "termios.h", "utime.h", "values.h"
})  # fmt: skip
_SYSTEM_FOLDERS = ("sys/", "linux/", "asm/", "net/", "netinet/", "arpa/")


@dataclass(frozen=True, slots=True, order=True)
class File:
    """One file: `path` is POSIX and relative to the root (it starts with `../` for a header outside of it)."""

    path: str
    kind: Kind
    size: int
    encoding: str = "utf-8"  # "binary" when it is no text
    cuda: bool = False  # it names something of CUDA's
    device: bool = False  # it holds kernels, device functions or launches
    nested: bool = False  # it holds device code in a string
    kept: bool = False  # --exclude: copied as it is

    @property
    def rewritable(self) -> bool:
        """Whether rules may look at it: text, in an encoding whose bytes are ASCII's, and of a size that source has."""
        return self.encoding in ("utf-8", "utf-8-sig", "latin-1") and self.size <= SIZE_LIMIT and not self.kept

    @property
    def header(self) -> bool:
        """Whether it is meant to be included."""
        return self.kind in _HEADERS


@dataclass(frozen=True, slots=True)
class Include:
    """One include directive: the name as written, whether in quotes, and the bytes of the name."""

    name: str
    quoted: bool
    start: int
    end: int


@dataclass(frozen=True)
class Project:
    """A tree as found.

    `external` are headers outside of `root` that its units reach; `links` are symlinks kept as links.
    """

    root: Path
    files: tuple[File, ...]
    units: tuple[Unit, ...] = ()
    external: tuple[File, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    defines: tuple[str, ...] = ()
    includes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # file → the project's files it includes

    @staticmethod
    def open(
        root: Path, include: Sequence[str] = (), exclude: Sequence[str] = (), defines: Sequence[str] = ()
    ) -> Project:
        """Read the tree at `root`.

        Files that match a glob of `exclude`, or none of `include` where given, are copied but not translated.
        """
        root = root.absolute()
        if not root.is_dir():
            raise HipwrightError(f"{root} is not a folder", "name the folder that holds the CUDA sources", exit_code=2)
        walk = _Walk(root, tuple(include), tuple(exclude))
        walk.run()
        return _Assembly(root, walk, tuple(defines)).project()

    # -- files -------------------------------------------------------------------------------------------------------

    @cached_property
    def by_path(self) -> Mapping[str, File]:
        """Every file, those outside included, by its path."""
        return {file.path: file for file in (*self.files, *self.external)}

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises `OSError` when it vanished or cannot be read."""
        return _read(self.root / path)

    @property
    def code(self) -> tuple[File, ...]:
        """Files that rules for C++ and CUDA look at, headers before those that include them."""
        wanted = [f for f in (*self.files, *self.external) if f.kind.code and f.rewritable]
        rank = {path: index for index, path in enumerate(self.order)}
        return tuple(sorted(wanted, key=lambda f: (rank.get(f.path, len(rank)), f.path)))

    # -- who includes whom -------------------------------------------------------------------------------------------

    def includes_of(self, path: str) -> tuple[str, ...]:
        """The project's files that a file includes, in the order of its text."""
        return self.includes.get(path, ())

    @cached_property
    def _includers(self) -> Mapping[str, tuple[str, ...]]:
        out: dict[str, list[str]] = {}
        for path in sorted(self.includes):
            for name in self.includes[path]:
                out.setdefault(name, []).append(path)
        return {name: tuple(paths) for name, paths in out.items()}

    def included_by(self, path: str) -> tuple[str, ...]:
        """The files that include a file, sorted."""
        return self._includers.get(path, ())

    def reaches(self, path: str) -> frozenset[str]:
        """Every file of the project that a file includes, directly or not; itself not, unless by a loop."""
        return _closure(path, self.includes)

    def reached_from(self, path: str) -> frozenset[str]:
        """Every file that includes a file, directly or not."""
        return _closure(path, self._includers)

    def uses_cuda(self, path: str) -> bool:
        """Whether a file or something it includes names anything of CUDA's."""
        return any((file := self.by_path.get(name)) and file.cuda for name in (path, *self.reaches(path)))

    @cached_property
    def in_device_units(self) -> frozenset[str]:
        """Files that take part in a unit compiled for the GPU."""
        out: set[str] = set()
        for unit in self.units:
            if unit.language in ("cuda", "hip"):
                out.add(unit.path)
                out |= self.reaches(unit.path)
        return frozenset(out)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Code files such that what is included comes first; loops are cut at a fixed place."""
        out: dict[str, None] = {}
        state: dict[str, int] = {}
        for start in sorted(f.path for f in (*self.files, *self.external) if f.kind.code):
            stack = [(start, iter(self.includes_of(start)))] if start not in state else []
            state.setdefault(start, 1)
            while stack:
                path, rest = stack[-1]
                following = next((name for name in rest if name not in state), None)
                if following is None:
                    out.setdefault(path)
                    stack.pop()
                else:
                    state[following] = 1
                    stack.append((following, iter(self.includes_of(following))))
        return tuple(out)

    # -- the ported tree ---------------------------------------------------------------------------------------------

    def ported_path(self, path: str) -> str:
        """Where a file (or an include folder) of this project stands in the ported tree."""
        return ported_path(path)

    def include_edits(self, path: str, data: bytes) -> list[Edit]:
        """Edits of quoted includes that would no longer find a file from outside of the tree where the port puts it."""
        if not self.external:
            return []
        here = posixpath.dirname(path)
        there = posixpath.dirname(ported_path(path))
        edits = []
        for item in includes(data):
            if not item.quoted:
                continue
            target = posixpath.normpath(posixpath.join(here, item.name))
            if target not in self.by_path:
                continue
            moved = ported_path(target)
            if posixpath.normpath(posixpath.join(there, item.name)) != moved:
                name = posixpath.relpath(moved, there or ".")
                edits.append(Edit(item.start, item.end, os.fsencode(name), "external"))
        return edits


def ported_path(path: str) -> str:
    """`../include/x.h` → `_external/include/x.h`; a level more of `../` is a folder `up` more."""
    ups = 0
    while path == ".." or path.startswith("../"):
        ups += 1
        path = path[3:]
    if not ups:
        return path
    return posixpath.normpath(posixpath.join(EXTERNAL, *["up"] * (ups - 1), path))


def includes(data: bytes) -> Iterator[Include]:
    """The include directives of a file, as written (also those in branches that are not taken)."""
    for match in _INCLUDE.finditer(unmarked(data)):
        yield Include(os.fsdecode(match[2].strip()), match[1] == b'"', match.start(2), match.end(2))


def classify(path: str, size: int, data: bytes) -> File:
    """What a file is, by its name and what it says; `data` may be the beginning of a file too large for source."""
    name = posixpath.basename(path)
    kind = _kind_of_name(name)
    encoding = encoding_of(data, len(data) >= size)
    text = _as_ascii(data, encoding)
    if kind is Kind.OTHER and (encoding == "binary" or not _looks_like_code(name, text)):
        return File(path, kind, size, encoding)
    if kind is Kind.OTHER:
        kind = Kind.FRAGMENT
    cuda = any(hint in text for hint in _HINTS) and _USES_CUDA.search(text) is not None
    device = cuda and _DEVICE.search(text) is not None
    nested = False
    if kind is Kind.PYTHON:
        nested = _PYTHON_KERNEL.search(text) is not None and (
            b"__global__" in text or b"Kernel" in text or b"Module" in text
        )
        device = False
    elif device and b'R"' in text:
        nested = any(_DEVICE_WORD.search(text, start, end) for start, end in _raw_strings(text))
    if kind is Kind.CXX_SOURCE and device and _LAUNCH.search(text):
        kind = Kind.CUDA_SOURCE
    elif kind is Kind.CXX_HEADER and (device or (cuda and _CUDA_INCLUDE.search(text))):
        kind = Kind.CUDA_HEADER
    return File(path, kind, size, encoding, cuda or path.endswith((".cu", ".cuh")), device, nested)


def _raw_strings(text: bytes) -> Iterator[tuple[int, int]]:
    """Where the raw string literals of a text are."""
    position = 0
    while match := _RAW_STRING.search(text, position):
        end = text.find(b")" + match[1] + b'"', match.end())
        if end < 0:
            return
        yield match.end(), end
        position = end


def _kind_of_name(name: str) -> Kind:
    if name in _BUILD_NAMES or name.endswith(_BUILD_SUFFIXES) or name.startswith("Makefile."):
        return Kind.BUILD
    if name.endswith(".C"):
        return Kind.CXX_SOURCE
    stem, suffix = posixpath.splitext(name)
    if suffix in _TEMPLATES and posixpath.splitext(stem)[1].lower() in _SOURCES:
        inner = _SOURCES[posixpath.splitext(stem)[1].lower()]
        return Kind.FRAGMENT if inner.code else inner
    return _SOURCES.get(suffix.lower(), Kind.OTHER)


_PROSE = (
    ".md", ".txt", ".rst", ".html", ".htm", ".tex", ".json", ".xml", ".csv", ".ipynb", ".js", ".ts", ".css",
    ".svg", ".yml", ".yaml", ".toml", ".sh", ".bash", ".pl", ".rb", ".lua", ".go", ".rs", ".java", ".jl", ".f90",
    ".patch", ".diff", ".log", ".ptx", ".s"
)  # fmt: skip


def _looks_like_code(name: str, text: bytes) -> bool:
    """Whether a file of unknown suffix is a piece of CUDA source."""
    return (
        not name.lower().endswith(_PROSE)
        and b"__" in text
        and _DEVICE.search(text) is not None
        and (b";" in text and b"{" in text)
    )


def encoding_of(data: bytes, whole: bool = True) -> str:
    """The encoding of a text by its byte order mark and whether it decodes; "binary" for what is no text.

    `whole` is false for the beginning of a text, which may end within a character.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if b"\0" in data[:65536]:
        return "binary"
    if data.isascii():
        return "utf-8"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not whole and error.reason == "unexpected end of data" and error.end >= len(data):
            return "utf-8"
        control = sum(data[:65536].count(bytes((code,))) for code in (*range(1, 7), *range(14, 27), 28, 29, 30, 31))
        return "binary" if control > len(data[:65536]) // 50 else "latin-1"
    return "utf-8"


def _as_ascii(data: bytes, encoding: str) -> bytes:
    if encoding.startswith(("utf-16", "utf-32")):
        return data.decode(encoding, "replace").encode("ascii", "replace")
    return data


def _closure(start: str, graph: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    seen: set[str] = set()
    queue = deque(graph.get(start, ()))
    while queue:
        path = queue.popleft()
        if path not in seen:
            seen.add(path)
            queue.extend(graph.get(path, ()))
    return frozenset(seen)


def _read(path: Path, limit: int = -1) -> bytes:
    """Bytes of a regular file; a pipe or device is an error, never a wait."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(f"{path} is not a regular file")
        return stream.read(limit)


# -- the walk --------------------------------------------------------------------------------------------------------


@dataclass
class _Walk:
    """One walk over a tree, collecting files, links, notes and what each file includes."""

    root: Path
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    files: list[File] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    directives: dict[str, tuple[tuple[str, bool], ...]] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)  # of build files only

    def note(self, path: str, message: str, level: Level = Level.INFO, hint: str = "") -> None:
        self.notes.append(Note("project", level, Place(path, 1), message, hint))

    def run(self) -> None:
        """Walk in sorted order; what cannot be read is noted and passed over."""
        pending = [""]
        links: list[str] = []
        while pending:
            folder = pending.pop()
            try:
                with os.scandir(self.root / folder) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                if not folder:
                    raise HipwrightError(f"cannot read {self.root}: {error.strerror}", exit_code=3) from error
                self.note(folder, f"folder cannot be read ({error.strerror}): left out", Level.TODO)
                continue
            names = {entry.name for entry in found}
            if folder and (sign := self._output(folder, names)):
                self.note(
                    folder, f"left out as build output (it holds {sign})", hint=f"--include '{folder}/*' takes it in"
                )
                self._database(folder, names)
                continue
            below: list[str] = []
            for entry in found:
                path = posixpath.join(folder, entry.name) if folder else entry.name
                try:
                    if entry.is_symlink():
                        links.append(path)
                    elif entry.is_dir(follow_symlinks=False):
                        if entry.name not in _NEVER:
                            below.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        self._file(path, entry.stat(follow_symlinks=False).st_size)
                    else:
                        self.note(path, "neither file nor folder (a pipe, socket or device): left out")
                except OSError as error:
                    self.note(path, f"cannot be read ({error.strerror}): left out", Level.TODO)
            pending.extend(reversed(below))
        for path in links:
            self._link(path)
        self.files.sort()

    def _database(self, folder: str, names: set[str]) -> None:
        """A build folder's record of its compile commands is worth reading, though nothing else of it is."""
        if "compile_commands.json" in names:
            path = posixpath.join(folder, "compile_commands.json")
            with contextlib.suppress(OSError):
                self.texts[path] = _read(self.root / path, _BUILD_LIMIT)

    def _output(self, folder: str, names: set[str]) -> str:
        if any(fnmatch.fnmatchcase(folder + "/", pattern.rstrip("*") + "*") for pattern in self.include):
            return ""
        if signs := names & _OUTPUT_SIGNS:
            return min(signs)
        name = posixpath.basename(folder)
        if _OUTPUT_NAMES.match(name):
            objects = [n for n in sorted(names) if n.endswith((".o", ".obj", ".pyc", ".cubin")) or n == "CMakeFiles"]
            sources = [
                n for n in names if posixpath.splitext(n)[1].lower() in _SOURCES or n in _BUILD_NAMES - {"Makefile"}
            ]
            if objects and not sources:
                return objects[0]
        return ""

    def _file(self, path: str, size: int) -> None:
        name = posixpath.basename(path)
        if name.endswith((".o", ".pyc", ".gch", ".gcno", ".gcda")):
            return
        kept = any(fnmatch.fnmatchcase(path, pattern) for pattern in self.exclude)
        if self.include:
            kept = kept or not any(fnmatch.fnmatchcase(path, pattern) for pattern in self.include)
        kind = _kind_of_name(name)
        if kind is Kind.OTHER and (name.lower().endswith(_PROSE) or size > SIZE_LIMIT):
            self.files.append(File(path, kind, size, kept=kept))
            return
        try:
            data = _read(self.root / path, 65536 if size > SIZE_LIMIT or kind is Kind.OTHER else -1)
            if kind is Kind.OTHER and 65536 <= size <= SIZE_LIMIT and b"\0" not in data:
                data = _read(self.root / path)
        except OSError as error:
            self.note(
                path,
                f"cannot be read ({error.strerror or error}): left out",
                Level.TODO,
                "make it readable and port again",
            )
            return
        file = classify(path, size, data)
        self.files.append(replace(file, kept=True) if kept else file)
        if kind is Kind.BUILD and size <= _BUILD_LIMIT:
            self.texts[path] = data
        if not file.kind.code:
            return
        if size > SIZE_LIMIT:
            level = Level.TODO if file.cuda else Level.INFO
            message = f"{size >> 20} MB is too large for source: copied as it is"
            self.note(path, message, level, "split the file if it is code")
        elif file.encoding == "binary":
            self.note(path, "holds bytes that no source has: copied as it is")
        elif file.encoding.startswith(("utf-16", "utf-32")):
            level = Level.TODO if file.cuda else Level.INFO
            self.note(
                path,
                f"is {file.encoding}, which AMD's compiler does not read: copied as it is",
                level,
                "convert it to UTF-8",
            )
        else:
            self.directives[path] = tuple((item.name, item.quoted) for item in includes(data))

    def _link(self, path: str) -> None:
        """A symlink stays one when it ends at something in the tree; else it is named and left out."""
        full = self.root / path
        try:
            target = Path(os.path.realpath(full, strict=True))
        except OSError:
            self.note(path, "symbolic link that leads nowhere, or in a circle: left out")
            return
        real_root = Path(os.path.realpath(self.root))
        if not target.is_relative_to(real_root):
            self.note(
                path,
                "symbolic link out of the tree: not followed, left out",
                Level.TODO,
                "copy what it points to into the tree",
            )
            return
        inside = target.relative_to(real_root).as_posix()
        if any(part in _NEVER for part in inside.split("/")):
            self.note(path, "symbolic link into a folder that is left out: left out too")
            return
        self.links[path] = posixpath.relpath(inside, posixpath.dirname(path) or ".")


# -- includes, units and headers outside -----------------------------------------------------------------------------


class _Assembly:
    """From the files of a walk to a project: units of the build files, resolved includes, headers outside."""

    def __init__(self, root: Path, walk: _Walk, defines: tuple[str, ...]) -> None:
        self.root = root
        self.walk = walk
        self.defines = defines
        self.files = {file.path: file for file in walk.files}
        self.directives = dict(walk.directives)
        self.external: dict[str, File] = {}
        self.refused: dict[str, bool] = {}
        self.by_name: dict[str, list[str]] = {}
        for path, file in self.files.items():
            if file.kind.code:
                self.by_name.setdefault(posixpath.basename(path), []).append(path)
        self.fence = _fence(root)
        self.resolved: dict[str, tuple[str, ...]] = {}
        # File → the include folders that found others, and whether a build names them for some unit.
        self.through: dict[str, dict[str, bool]] = {}

    def project(self) -> Project:
        units = self._build_units()
        folders = [folder for folder, _ in Counter(f for unit in units for f in unit.includes).most_common()]
        for unit in units:
            if unit.path.startswith("../"):
                self._exists(unit.path)
        queue = deque(sorted(self.directives))
        seen = set(queue)
        while queue:
            path = queue.popleft()
            self._resolve(path, folders)
            for name in self.resolved[path]:
                if name not in seen and name in self.directives:
                    seen.add(name)
                    queue.append(name)
        units = self._leftovers(units)
        units = [self._completed(unit) for unit in units]
        return Project(
            self.root,
            tuple(self.walk.files),
            tuple(sorted(units, key=lambda unit: (unit.path, unit.includes, unit.defines, unit.flags))),
            tuple(sorted(self.external.values())),
            dict(sorted(self.walk.links.items())),
            tuple(sorted(self.walk.notes, key=lambda note: (note.place, note.message))),
            self.defines,
            {path: names for path, names in sorted(self.resolved.items()) if names},
        )

    def _build_units(self) -> list[Unit]:
        """The units that build files name. A source keeps the flags of the first kind of file that names it."""
        paths = [*sorted(self.files), *sorted(self.walk.links)]
        named: dict[str, list[Unit]] = {}
        for read in (self._databases, self._setups, self._makefiles, self._cmake_projects):
            found: dict[str, list[Unit]] = {}
            for unit in read(paths):
                found.setdefault(unit.path, []).append(unit)
            for path, units in found.items():
                named.setdefault(path, units)
        best: dict[tuple[object, ...], Unit] = {}
        for units in named.values():
            for unit in units:
                best.setdefault((unit.path, unit.includes, unit.defines, unit.language), unit)
        return list(best.values())

    def _databases(self, paths: Sequence[str]) -> Iterator[Unit]:
        for path, text in sorted(self.walk.texts.items()):
            if posixpath.basename(path) == "compile_commands.json":
                yield from read_compile_commands(path, text, str(self.root), self._exists)

    def _setups(self, paths: Sequence[str]) -> Iterator[Unit]:
        for path, text in sorted(self.walk.texts.items()):
            if posixpath.basename(path) == "setup.py":
                yield from read_setup_py(path, text, paths, self._exists)

    def _makefiles(self, paths: Sequence[str]) -> Iterator[Unit]:
        """Of several Makefiles in a folder, the one that make itself would choose."""
        for path in sorted(self.walk.texts):
            folder, name = posixpath.split(path)
            choice = ("GNUmakefile", "makefile", "Makefile")
            main = next((n for n in choice if posixpath.join(folder, n) in self.walk.texts), "")
            if name == main or (not main and name.startswith("Makefile.") and not name.endswith((".am", ".in"))):
                yield from read_makefile(path, paths, self.walk.texts.get)

    def _cmake_projects(self, paths: Sequence[str]) -> Iterator[Unit]:
        """The topmost CMakeLists.txt of each branch of the tree."""
        tops: list[str] = []
        folders = [posixpath.dirname(p) for p in self.walk.texts if posixpath.basename(p) == "CMakeLists.txt"]
        for folder in sorted(folders, key=lambda folder: (folder.count("/") if folder else -1, folder)):
            if not any(folder.startswith(top + "/") or top == "" for top in tops):
                tops.append(folder)
                path = posixpath.join(folder, "CMakeLists.txt")
                yield from read_cmake(path, paths, self.walk.texts.get, self._exists)

    def _exists(self, path: str) -> bool:
        """Whether a path names a file of the project, or one outside that it may reach."""
        if path in self.files:
            return True
        return path.startswith("../") and self._reach(path)

    def _reach(self, path: str) -> bool:
        """Whether a source file outside of the root may be taken in, and takes it in."""
        if path in self.external:
            return True
        if path in self.refused:
            return False
        self.refused[path] = True
        kind = _kind_of_name(posixpath.basename(path))
        full = self.root / path
        if not kind.code:
            return False
        try:
            real = Path(os.path.realpath(full, strict=True))
            size = real.stat().st_size
            if not real.is_relative_to(self.fence):
                self.walk.note(
                    path, "is outside of the repository: not taken in", Level.TODO, "port the folder that holds both"
                )
                return False
            if size > SIZE_LIMIT:
                return False
            data = _read(real)
        except OSError:
            return False
        del self.refused[path]
        self.external[path] = classify(path, size, data)
        self.directives[path] = tuple((item.name, item.quoted) for item in includes(data))
        self.walk.note(path, f"stands outside of the tree: its port is written to {ported_path(path)}")
        return True

    def _resolve(self, path: str, folders: Sequence[str]) -> None:
        here = posixpath.dirname(path)
        found: list[str] = []
        through: dict[str, bool] = {}
        for name, quoted in self.directives[path]:
            if name.startswith("/"):
                continue
            hit = ""
            if quoted:
                candidate = posixpath.normpath(posixpath.join(here, name))
                if self._present(candidate):
                    hit = candidate
            if not hit:
                for folder in folders:
                    candidate = posixpath.normpath(posixpath.join(folder, name))
                    if not folder.startswith("/") and self._present(candidate):
                        hit = candidate
                        through[folder] = True
                        break
            if not hit and (quoted or ("." in name and name not in _SYSTEM and not name.startswith(_SYSTEM_FOLDERS))):
                hit, folder = self._guess(path, name)
                if hit:
                    through.setdefault(folder, False)
            if hit:
                found.append(self._end_of_link(hit))
        self.resolved[path] = unique(found)
        self.through[path] = through

    def _present(self, path: str) -> bool:
        if path in self.files or path in self.walk.links:
            return True
        if path.startswith("../"):
            return self._reach(path)
        return bool(self.walk.links) and self._end_of_link(path) in self.files

    def _end_of_link(self, path: str) -> str:
        """The file a path means when links of the tree are on the way."""
        for _ in range(8):
            if path in self.files:
                return path
            parts = path.split("/")
            for end in range(len(parts), 0, -1):
                head = "/".join(parts[:end])
                if head in self.walk.links:
                    target = posixpath.normpath(posixpath.join(posixpath.dirname(head), self.walk.links[head]))
                    path = posixpath.normpath(posixpath.join(target, *parts[end:]))
                    break
            else:
                return path
        return path

    def _guess(self, path: str, name: str) -> tuple[str, str]:
        """The file that an include most likely means where no build file says: the nearest whose path ends so."""
        clean = posixpath.normpath(name)
        tail = clean.lstrip("./")
        candidates = [p for p in self.by_name.get(posixpath.basename(tail), ()) if p == tail or p.endswith("/" + tail)]
        if not candidates:
            return "", ""
        here = posixpath.dirname(path).split("/")

        def distance(candidate: str) -> tuple[int, str]:
            there = posixpath.dirname(candidate).split("/")
            common = 0
            for left, right in zip(here, there, strict=False):
                if left != right:
                    break
                common += 1
            return (len(here) + len(there) - 2 * common, candidate)

        best = min(candidates, key=distance)
        return best, best[: -len(tail)].rstrip("/") or "."

    def _leftovers(self, units: list[Unit]) -> list[Unit]:
        """Sources that no build file names get their neighbours' flags; those that others include are no units."""
        named = {unit.path for unit in units}
        included = {name for names in self.resolved.values() for name in names}
        by_folder: dict[str, Unit] = {}
        for unit in units:
            by_folder.setdefault(posixpath.dirname(unit.path), unit)
        compiled = (Kind.CUDA_SOURCE,) if units else (Kind.CUDA_SOURCE, Kind.CXX_SOURCE, Kind.C_SOURCE)
        out = list(units)
        for path, file in sorted(self.files.items()):
            if path in named or path in included or file.kept or file.kind not in compiled or not file.cuda:
                continue
            model = by_folder.get(posixpath.dirname(path))
            language = "cuda" if file.kind is Kind.CUDA_SOURCE else language_of(path)
            if model is None:
                out.append(Unit(path, language))
            else:
                out.append(replace(model, path=path, language=language, origin=None, forced=()))
        return out

    @cached_property
    def meson_standard(self) -> str:
        """The C++ standard that the project's Meson build asks for; its units are not read, this default is."""
        for path in ("meson.build", *sorted(self.walk.texts)):
            if posixpath.basename(path) == "meson.build" and path in self.walk.texts:
                found = _MESON_STANDARD.search(self.walk.texts[path])
                if found:
                    return found[1].decode()
        return ""

    def _completed(self, unit: Unit) -> Unit:
        """A unit with the include folders its headers were found through, behind its own.

        Folders of an installed CUDA are left out, as is what is not there: a port must not see either. A file that is
        forced in has to be the project's.
        """
        own = [f for f in unit.includes if not f.startswith("/") or (not _CUDA_FOLDER.search(f) and Path(f).is_dir())]
        named: list[str] = list(own)
        guessed: list[str] = []
        for path in (unit.path, *sorted(_closure(unit.path, self.resolved))):
            for folder, built in self.through.get(path, {}).items():
                (named if built else guessed).append(folder)
        standard = "" if unit.standard or unit.language == "c" else self.meson_standard
        return replace(
            unit,
            flags=(*unit.flags, f"-std={standard}") if standard else unit.flags,
            includes=unique(named),
            guessed=unique([folder for folder in guessed if folder not in named]),
            defines=unique((*unit.defines, *self.defines)),
            forced=tuple(path for path in unit.forced if path in self.files or path in self.external),
        )


def _fence(root: Path) -> Path:
    """The folder whose headers a project may reach: its repository, or at most two levels up."""
    real = Path(os.path.realpath(root))
    for folder in (real, *real.parents):
        if any((folder / name).exists() for name in (".git", ".hg", ".svn")):
            return folder
    fence = real.parents[min(1, len(real.parents) - 1)] if real.parents else real
    return real if fence == Path(fence.anchor) else fence
