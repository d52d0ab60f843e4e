"""Read what clang writes: errors with the lines that caused them, resource remarks, headers it did not find, names."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

_LOCATED = re.compile(
    r"^(?P<path>[^\n]*?):(?P<line>\d+):(?P<column>\d+): (?P<kind>fatal error|error|warning|remark|note): (?P<text>.*)$"
)
_UNLOCATED = re.compile(r"^(?:[\w.+/-]+: )?(?P<kind>fatal error|error): (?P<text>.*)$")
_INCLUDED = re.compile(r"^(?:In file included from|                 from) (?P<path>.*?):(?P<line>\d+)(?::\d+)?[:,]$")
_REQUESTED = re.compile(r"requested here|in instantiation of|expanded from macro|called by|while |instantiated ")
_WRONG_SIDE = re.compile(r"call to __device__ function from __host__ function")
CRASHED = re.compile(r"^(?:[\w.+/-]+: error: clang frontend command failed|LLVM ERROR|PLEASE submit a bug)", re.M)
_MISSING = re.compile(r"'(?P<name>[^']+)' file not found")


@dataclass(slots=True)
class Message:
    """One error or warning."""

    severity: str
    text: str
    place: tuple[str, int, int] | None = None
    requests: list[tuple[str, int, int]] = field(default_factory=list)  # lines that asked for it, innermost first
    includes: list[tuple[str, int, int]] = field(default_factory=list)  # lines that included it, innermost first
    device_only: list[tuple[str, int, int]] = field(default_factory=list)  # functions that host code can't call

    @property
    def places(self) -> list[tuple[str, int, int]]:
        """The message's own place first, then what leads to it, the closest cause first."""
        return [*([self.place] if self.place else []), *self.requests, *self.includes]


def messages(text: str) -> list[Message]:
    """The compiler's errors and warnings, each with the places that its context and notes name."""
    found: list[Message] = []
    included: list[tuple[str, int, int]] = []
    for line in text.splitlines():
        if context := _INCLUDED.match(line):
            included.append((context["path"], int(context["line"]), 1))
            continue
        if located := _LOCATED.match(line):
            place = (located["path"], int(located["line"]), int(located["column"]))
            kind = located["kind"]
            if kind == "note":
                # An overload candidate is no cause; the line that asked for the template is.
                if found and _REQUESTED.search(located["text"]):
                    found[-1].requests.append(place)
                elif found and _WRONG_SIDE.search(located["text"]):
                    found[-1].device_only.append(place)
            elif kind != "remark":
                found.append(Message(kind, located["text"], place, includes=included[::-1]))
        elif unlocated := _UNLOCATED.match(line):
            found.append(Message(unlocated["kind"], unlocated["text"], includes=included[::-1]))
        included = []
    return [item for item in found if "too many errors emitted" not in item.text]


@dataclass(slots=True)
class Remark:
    """What the compiler's resource remark says of one kernel."""

    path: str
    line: int
    column: int
    counts: dict[str, int]


def remarks(text: str) -> dict[str, Remark]:
    """The resource remarks in what the compiler wrote, by the kernel's symbol."""
    found: dict[str, Remark] = {}
    current: Remark | None = None
    for line in text.splitlines():
        located = _LOCATED.match(line)
        if not located or located["kind"] != "remark":
            continue
        if name := re.match(r"Function Name: (\S+)", located["text"]):
            current = Remark(located["path"], int(located["line"]), int(located["column"]), {})
            found[name[1]] = current
        elif current and (count := re.match(r"\s*(\w+)(?: \[[^]]*\])?: (\d+)", located["text"])):
            current.counts[count[1]] = int(count[2])
    return {name: remark for name, remark in found.items() if remark.counts.keys() >= {"VGPRs", "TotalSGPRs"}}


def missing_header(message: str) -> str:
    """The header's name, if a message says that one was not found."""
    found = _MISSING.search(message)
    return found["name"] if found else ""


_CUDA_HEADER = re.compile(
    r"(?:cuda|cub|thrust|cooperative_groups|nv|crt)/.*"
    r"|(?:cuda|cublas|cudnn|cufft|curand|cusparse|cusolver|cuComplex|cufile|cupti|nvrtc|nvml|nvToolsExt|nvJitLink|nvjpeg"
    r"|npp|nccl|device_|driver_types|driver_functions|vector_types|vector_functions|texture_|surface_|channel_descriptor"
    r"|host_|sm_\d|math_constants|math_functions|library_types|builtin_types|cooperative_groups|mma\.)[\w.-]*"
)
_ROCM_HEADER = re.compile(
    r"(?:hip|roc|miopen|rccl|amd_|hsa)[\w-]*/.*|(?:hip|roc|miopen|rccl)[\w-]*\.h(?:pp)?|__clang_[\w.]*"
)


def is_cuda_header(name: str) -> bool:
    """Whether a header is one of CUDA's own: if it is missing, the port is not finished."""
    return _CUDA_HEADER.fullmatch(os.path.normpath(name)) is not None


def is_rocm_header(name: str) -> bool:
    """Whether a header is named like one of ROCm's."""
    return _ROCM_HEADER.fullmatch(os.path.normpath(name)) is not None


@lru_cache(maxsize=1)
def _demangle() -> Callable[[str], str] | None:
    """The C++ run-time library's own demangler, where there is one."""
    name = ctypes.util.find_library("stdc++") or ctypes.util.find_library("c++abi")
    try:
        library = ctypes.CDLL(name or "libstdc++.so.6")
        function, free = library.__cxa_demangle, ctypes.CDLL(None).free
    except (OSError, AttributeError):
        return None
    function.restype = ctypes.c_void_p
    function.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)]
    free.argtypes = [ctypes.c_void_p]

    def demangle(symbol: str) -> str:
        status = ctypes.c_int()
        text = function(symbol.encode(), None, None, ctypes.byref(status))
        if not text:
            return symbol
        try:
            return ctypes.string_at(text).decode("utf-8", "replace")
        finally:
            free(text)

    return demangle


@lru_cache(maxsize=65536)
def demangled(symbol: str) -> str:
    """A kernel's readable name; the symbol itself where no demangler is installed."""
    function = _demangle() if symbol.startswith("_Z") else None
    return function(symbol) if function else symbol
