"""Headers that nvcc brings by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.conditions import around, directives
from hipwright.finding import Finding
from hipwright.knowledge import header, names
from hipwright.rule import Site, rule
from hipwright.source import QUIET

_RUNTIME = frozenset({"hip/hip_runtime.h", "hip/hip_runtime_api.h"})
_GPU = frozenset({"__global__", "__device__", "__shared__", "__constant__", "__host__", "threadIdx", "blockIdx"})
_STRING = ("memcpy", "memset", "memmove", "memcmp", "strlen", "strcmp", "strncmp", "strcpy", "strncpy", "strcat",
           "strstr", "strchr", "strrchr", "strtok", "strdup", "strerror")  # fmt: skip
_FLOAT = ("FLT_MAX", "FLT_MIN", "FLT_EPSILON", "DBL_MAX", "DBL_MIN", "DBL_EPSILON", "FLT_DIG", "DBL_DIG")
# What a use looks like, the header to add, and the headers that bring it already.
_STANDARD = (
    (re.compile(rf"\b(?:{'|'.join(_STRING)})\s*\(".encode()), "cstring", {"cstring", "string.h", "memory.h"}),
    (re.compile(rf"\b(?:{'|'.join(_FLOAT)})\b".encode()), "cfloat", {"cfloat", "float.h"}),
    (re.compile(rb"(?<![\w.])assert\s*\("), "cassert", {"cassert", "assert.h"}),
)
_INCLUDED = re.compile(r'\s*[<"]([^">]+)[">]')
_UNITS = (".cu", ".hip")
_LEADING = re.compile(rb"\xef\xbb\xbf|\s*(?:/\*.*?\*/|//(?:\\\r?\n|[^\n])*\n)\s*|\s*#pragma once[^\n]*\n", re.S)


@rule(
    "default-includes",
    "Headers that nvcc includes by itself",
    hazards=("C07", "C11"),
    words=_GPU | {name for name, row in names().items() if row.library in ("runtime", "vector")},
    order=35,
    rewrites={
        "#include <cstdio>\n__global__ void k() {}\n":
        "#include <hip/hip_runtime.h>\n#include <cstdio>\n__global__ void k() {}\n",
        "// A program.\n__global__ void k() {}\n":
        "// A program.\n#include <hip/hip_runtime.h>\n__global__ void k() {}\n",
        "// Art: /\\\n / more of it\n__global__ void k() {}\n":
        "// Art: /\\\n / more of it\n#include <hip/hip_runtime.h>\n__global__ void k() {}\n",
        "/* A program. */ __global__ void k() {}\n":
        "/* A program. */ \n#include <hip/hip_runtime.h>\n__global__ void k() {}\n",
        "#include <hip/hip_runtime.h>\n__global__ void k(float* p) { *p = FLT_MAX; }\n"
        "void f(float* p) { memset(p, 0, 4); }\n":
        "#include <cstring>\n#include <cfloat>\n#include <hip/hip_runtime.h>\n"
        "__global__ void k(float* p) { *p = FLT_MAX; }\nvoid f(float* p) { memset(p, 0, 4); }\n",
        'extern "C" {\n#include <stddef.h>\n}\n__global__ void k() {}\n':
        '#include <hip/hip_runtime.h>\nextern "C" {\n#include <stddef.h>\n}\n__global__ void k() {}\n',
    },
    keeps=(
        "#include <hip/hip_runtime.h>\n#include <string.h>\n__global__ void k(int* p) { memset(p, 0, 4); }\n",
        "#include <cuda_runtime.h>\n__global__ void k() {}\n",
        "#include <cuda_runtime.h>\nnamespace own { const float FLT_MAX = 3.4e38F; }\n"
        "__global__ void k(float* p) { *p = own::FLT_MAX; }\n",
        '#include <cuda.h>\n#include "mine.h"\n__global__ void k() {}\n// assert(1) memcpy(1)\n',
    ),
)  # fmt: skip
def default_includes(site: Site) -> Iterator[Finding]:
    """nvcc includes the runtime's header in front of each unit, and with it the C library's strings and assertions;
    clang includes nothing, and HIP's headers declare `memcpy` and `memset` for the device alone.

    The headers go in front of the unit's first include, where nvcc puts them, so that the project's own headers may
    rely on them as well; not so where the project has something of its own by such a name. Headers are left alone: the
    unit that includes them brings what they need.
    """
    source = site.source
    if not source.path.endswith(_UNITS):
        return
    included: list[str] = []
    first: int | None = None
    for directive in directives(source.data):
        if directive.kind != "include":
            continue
        match = _INCLUDED.match(directive.rest)
        if match:
            included.append(match[1])
        if first is None and not around(source.data, directive.start):
            first = directive.start
    brought = set(included)
    for name in included:
        row = None if site.facts.has_file(name) else header(name)
        brought.update(row.hip if row is not None else ())
    code = QUIET.sub(b" ", source.data)
    wanted = []
    for use, name, others in _STANDARD:
        used = {word.strip(b" \t\r\n(").decode() for word in use.findall(code)}
        if used and not brought & others and not any(site.facts.defines(word) for word in used):
            wanted.append(name)
    if not brought & _RUNTIME:
        wanted.append("hip/hip_runtime.h")
    if not wanted:
        return
    at = _start(source.data) if first is None else source.data.rfind(b"\n", 0, first) + 1
    before = QUIET.sub(b" ", source.data[:at])
    if before.count(b"{") > before.count(b"}"):  # within `extern "C"` or a namespace, where no C++ header can stand
        at = _start(source.data)
    at = max(at, 3) if source.data.startswith(b"\xef\xbb\xbf") else at
    newline = "\r\n" if b"\r\n" in source.data[:4096] else "\n"
    shared = source.data[:at].rstrip(b" \t").endswith(b"*/")  # a comment on the same line as code
    behind = newline if shared else ""
    yield site.insert(at, behind + "".join(f"#include <{name}>{newline}" for name in wanted))


def _start(data: bytes) -> int:
    """Behind the byte order mark and the leading comments."""
    at = 0
    while match := _LEADING.match(data, at):
        at = match.end()
    return at
