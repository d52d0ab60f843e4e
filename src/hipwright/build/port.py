"""Every build file of a project for HIP: edits where the format is translated, else Notes on what is left to do."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from hipwright.build.port_cmake import builds_hip, cuda_libraries, finds_cuda, made_targets, port_cmake
from hipwright.build.port_make import moved_folders, port_makefile
from hipwright.finding import Finding, Level, Note, Place
from hipwright.project import Kind, Project

_MAKEFILE = re.compile(r"^(?:GNU)?[Mm]akefile(?:\.(?!am$|in$)[\w-]+)?$|\.(?:mk|mak)$")
_CUDA = re.compile(rb"\bnvcc\b|\bCUDA\w*|\bcuda\w*|--?gencode|-arch=sm_", re.I)
_NVCC_FLAG = re.compile(
    rb"--?(?:use_fast_math|expt-[\w-]+|extended-lambda|gencode|maxrregcount|ptxas-options|Xptxas|lineinfo|diag-suppress"
    rb"|threads)\b|-arch=sm_\d+|-Xcompiler"
)
_GUARD = re.compile(rb"torch\.version\.hip|IS_HIP_EXTENSION|ROCM_HOME|USE_ROCM")

# What a person does where the build file is not translated: name or suffix → (what it is, the way out).
_BY_HAND: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"^meson\.build$|^meson_options\.txt$"),
        "Meson",
        "let hipcc compile the .cu sources (a custom_target or generator) and link amdhip64 instead of cudart",
    ),
    (
        re.compile(r"^(?:BUILD|WORKSPACE)(?:\.bazel)?$|^MODULE\.bazel$|\.bzl$"),
        "Bazel",
        "replace cuda_library by a rule that runs hipcc, and the libraries of @cuda by ROCm's",
    ),
    (
        re.compile(r"\.vcxproj$"),
        "Visual Studio",
        "replace the CUDA build customisation by the platform toolset of the HIP SDK",
    ),
    (
        re.compile(r"^SCons(?:truct|cript)$"),
        "SCons",
        "let the builder of .cu files call hipcc with --offload-arch",
    ),
    (
        re.compile(r"^configure\.(?:ac|in)$|^Makefile\.(?:am|in)$"),
        "autotools",
        "look for hipcc instead of nvcc, and give the .cu suffix rule hipcc's flags",
    ),
    (
        re.compile(r"^xmake\.lua$|^premake5\.lua$|^wscript$|\.(?:pro|gyp|gn)$"),
        "this build system",
        "let the step that compiles .cu files call hipcc with --offload-arch",
    ),
)


def port_build_files(project: Project, targets: Sequence[str] = ()) -> dict[str, list[Finding]]:
    """Findings for every build file that has to do with CUDA, by path. `targets` are the AMD targets to default to."""
    texts: dict[str, bytes] = {}
    for file in project.files:
        if file.kind is Kind.BUILD and file.rewritable:
            try:
                texts[file.path] = project.read(file.path)
            except OSError:
                continue
    own = frozenset(name for path, text in texts.items() if _is_cmake(path) for name in made_targets(text))
    libraries = {path: cuda_libraries(text, own) for path, text in texts.items() if _is_cmake(path)}
    finding = [path for path, text in texts.items() if _is_cmake(path) and finds_cuda(text)]
    has_cuda = any(unit.language == "cuda" for unit in project.units)
    moved = {folder: project.ported_path(folder) for folder in _outside(project)}
    # A CMake project that can build for HIP anywhere is left as it is everywhere: half of two ways to build is none.
    tops = _tops(texts)
    settled = {_top(path, tops) for path, text in texts.items() if _is_cmake(path) and builds_hip(text)}
    out: dict[str, list[Finding]] = {}
    findings: list[Finding]
    for path, text in sorted(texts.items()):
        folder, name = posixpath.split(path)
        if _is_cmake(path) and _top(path, tops) in settled:
            findings = [_settled(path)] if folder == _top(path, tops) and name == "CMakeLists.txt" else []
        elif _is_cmake(path):
            below = frozenset(n for other, found in libraries.items() if other.startswith(folder) for n in found)
            above = any(other != path and _encloses(other, path) for other in finding)
            findings = port_cmake(text, path, targets, below, has_cuda, moved_folders(folder, moved), own, above)
        elif _MAKEFILE.search(name):
            findings = port_makefile(text, path, targets, moved_folders(folder, moved))
        else:
            findings = list(_by_hand(path, text))
        if findings:
            out[path] = findings
    return out


def _outside(project: Project) -> list[str]:
    """Folders outside of the tree that hold a file which the port has taken in, or lead to one by an include path."""
    files = [file.path for file in project.external]
    named = {folder for unit in project.units for folder in unit.includes if folder.startswith("..")}
    reached = {folder for folder in named if any(path.startswith(folder + "/") for path in files)}
    return sorted(reached | {posixpath.dirname(path) for path in files})


def _encloses(other: str, path: str) -> bool:
    """Whether a CMakeLists.txt stands in a folder above a file, or beside it."""
    folder, name = posixpath.split(other)
    return name == "CMakeLists.txt" and (not folder or path.startswith(folder + "/"))


def _tops(paths: Iterable[str]) -> list[str]:
    """The folders whose CMakeLists.txt has none above it."""
    tops: list[str] = []
    for folder in sorted(posixpath.dirname(path) for path in paths if posixpath.basename(path) == "CMakeLists.txt"):
        if not any(top == "" or folder.startswith(top + "/") for top in tops):
            tops.append(folder)
    return tops


def _top(path: str, tops: Iterable[str]) -> str:
    return next((top for top in tops if top == "" or path.startswith(top + "/")), "")


def _settled(path: str) -> Note:
    message = "this CMake project can build for HIP already: its files are left as they are"
    return Note("cmake", Level.INFO, Place(path, 1), message, hazards=("B04",))


def _is_cmake(path: str) -> bool:
    return posixpath.basename(path) == "CMakeLists.txt" or path.endswith(".cmake")


def _by_hand(path: str, text: bytes) -> Sequence[Note]:
    """What is left to do in a build file that is only recognised."""
    found = _CUDA.search(text)
    if found is None:
        return ()
    name = posixpath.basename(path)
    if name == "setup.py":
        return _setup(path, text)
    for pattern, what, hint in _BY_HAND:
        if pattern.search(name):
            place = _place(path, text, found.start())
            return (Note("build", Level.TODO, place, f"{what} builds CUDA here: change it by hand", hint, ("B11",)),)
    return ()


def _setup(path: str, text: bytes) -> Sequence[Note]:
    """PyTorch's build translates CUDA sources on ROCm by itself, and gives nvcc's flags to hipcc as they are."""
    notes = []
    extension = re.search(rb"\bCUDAExtension\s*\(", text) or re.search(rb"\bCUDAExtension\b", text)
    if extension:
        message = "PyTorch's CUDAExtension translates sources again when it builds for ROCm"
        hint = "it leaves what holds no CUDA names as it is; delete *_hip.* files of older builds"
        notes.append(Note("build", Level.TEST, _place(path, text, extension.start()), message, hint, ("B07",)))
    flag = _NVCC_FLAG.search(text)
    if flag and not _GUARD.search(text):
        message = f"{flag.group().decode()} is nvcc's flag, given to hipcc too when PyTorch builds for ROCm"
        hint = "choose the list by torch.version.hip: is None means nvcc"
        notes.append(Note("build", Level.TODO, _place(path, text, flag.start()), message, hint, ("B07",)))
    return notes


def _place(path: str, text: bytes, at: int) -> Place:
    return Place(path, text.count(b"\n", 0, at) + 1, at - text.rfind(b"\n", 0, at))
