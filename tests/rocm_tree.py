"""A folder like an installed ROCm, made of the toolchain that is found: enough for `make` and `cmake` to build with.

`bin/hipcc` and `bin/clang++` take a driver's command line, compile the host side of HIP sources with the real clang and
the real headers, and link with the machine's C++ compiler. The libraries are real shared objects that define every
function of the headers and do nothing: what is built links, and is not run. The device side is `check`'s affair.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hipwright.toolchain import Toolchain

LIBRARIES = {
    "amdhip64": "hip", "hiprtc": "hip", "hipblas": "hipblas", "hipfft": "hipfft", "hiprand": "hiprand",
}  # fmt: skip
# What compiled HIP refers to without any header naming it.
_RUNTIME = (
    "__hipRegisterFatBinary", "__hipUnregisterFatBinary", "__hipRegisterFunction", "__hipRegisterVar",
    "__hipRegisterManagedVar", "__hipRegisterSurface", "__hipRegisterTexture", "__hipPushCallConfiguration",
    "__hipPopCallConfiguration",
    "__truncsfbf2", "__truncdfbf2", "__extendbfsf2",  # of compiler-rt, which ROCm links; old libgcc lacks them
)  # fmt: skip

_DRIVER = '''\
#!{python}
"""Stands in for hipcc and clang++: {what}."""
import os, subprocess, sys, tempfile

CLANG, HIP_FLAGS, CXX_FLAGS, LIBRARIES = {clang!r}, {hip_flags!r}, {cxx_flags!r}, {libraries!r}
HIPCC = os.path.basename(sys.argv[0]) == "hipcc"
VALUE = {{"-o", "-MF", "-MT", "-MQ", "-I", "-isystem", "-D", "-L", "-l", "-include", "-Xarch_device", "-Xclang"}}
LINK_ONLY = ("-l", "-L", "-Wl,")
HIP_LINK = ("--hip-link", "--offload-arch", "-fgpu-rdc", "--rtlib", "-unwindlib", "--cuda-host-only", "-fgpu-", "-fhip-",
            "-fno-hip-", "-x")


def run(command):
    code = subprocess.run(command).returncode
    if code:
        sys.exit(code)


def language(path, spoken):
    if spoken:
        return spoken
    ending = os.path.splitext(path)[1]
    hip = (".hip", ".cu", ".cpp", ".cc", ".cxx") if HIPCC else (".hip", ".cu")
    return "hip" if ending in hip else "c++" if ending in (".cpp", ".cc", ".cxx") else ""


words, sources, objects, flags, output, spoken, seen_x = sys.argv[1:], [], [], [], "a.out", "", False
index = 0
while index < len(words):
    word = words[index]
    index += 1
    if word == "-x":
        spoken = "" if words[index] == "none" else words[index]
        index += 1
    elif word == "-o":
        output = words[index]
        index += 1
    elif word in VALUE:
        flags += [word, words[index]]
        index += 1
    elif word.startswith("-"):
        flags.append(word)
    elif word.endswith((".o", ".a", ".so")) or ".so." in word:
        objects.append(word)
    else:
        sources.append((word, language(word, spoken)))
if not sources and not objects:  # a question such as --version
    sys.exit(subprocess.run([*CLANG, *words]).returncode)


def compiled(source, kind, made):
    own = HIP_FLAGS if kind == "hip" else CXX_FLAGS
    given = [flag for flag in flags if not flag.startswith(LINK_ONLY) and flag not in ("-fgpu-rdc", "--hip-link")]
    mode = [] if {{"-E", "-S", "-M", "-MM"}} & set(given) else ["-c"]
    run([*CLANG, *(flag for flag in given if flag != "-c"), *own, *mode, *(["-o", made] if made else []), source])


if {{"-c", "-E", "-S", "-M", "-MM"}} & set(flags):
    for source, kind in sources:
        made = output if output != "a.out" else "" if "-E" in flags else os.path.splitext(os.path.basename(source))[0] + ".o"
        compiled(source, kind, made)
    sys.exit(0)
with tempfile.TemporaryDirectory() as folder:
    for number, (source, kind) in enumerate(sources):
        objects.insert(number, os.path.join(folder, f"{{number}}.o"))
        compiled(source, kind, objects[number])
    kept = [flag for flag in flags if not flag.startswith(HIP_LINK) and not flag.startswith(("-D", "-I", "-f", "-X"))]
    runtime = ["-L" + LIBRARIES, "-lamdhip64"] if HIPCC or "--hip-link" in flags else []
    run(["c++", *objects, "-o", output, *(flag for flag in kept if flag != "-O3"), *runtime])
'''


def build(root: Path, toolchain: Toolchain) -> Path:
    """Make the folder below `root` and return it."""
    headers = toolchain.includes[0] if toolchain.includes else Path("/usr/include")
    for folder in ("bin", "lib/cmake"):
        (root / folder).mkdir(parents=True)
    (root / "include").symlink_to(headers)
    empty = root / "lib" / "no-device-code"
    empty.write_bytes(b"\0" * 64)
    hip = [*toolchain.language_flags("hip"), "--cuda-host-only", "-Xclang", "-fcuda-include-gpubinary", "-Xclang",
           str(empty)]  # fmt: skip
    settings = {
        "python": sys.executable, "clang": list(toolchain.clang), "hip_flags": hip, "libraries": str(root / "lib"),
        "cxx_flags": toolchain.language_flags("c++"), "what": "compiles host sides, links with the machine's compiler",
    }  # fmt: skip
    for name in ("hipcc", "clang++"):
        (root / "bin" / name).write_text(_DRIVER.format(**settings))
        (root / "bin" / name).chmod(0o755)
    for library, folder in LIBRARIES.items():
        _library(root / "lib" / f"lib{library}.so", headers / folder)
    _packages(root)
    return root


def _library(path: Path, headers: Path) -> None:
    names = set(_RUNTIME if path.name == "libamdhip64.so" else ())
    for header in sorted(headers.rglob("*.h*")):
        names.update(re.findall(r"\b(hip\w+|__hip\w+)\s*\(", header.read_text(errors="replace")))
    listing = path.with_suffix(".s")
    listing.write_text("".join(f".globl {name}\n.type {name},@function\n{name}: ret\n" for name in sorted(names)))
    subprocess.run(["c++", "-shared", "-nostdlib", "-o", str(path), str(listing)], check=True)


def _packages(root: Path) -> None:
    """What ROCm's own CMake packages define, as far as ports use it."""

    def package(name: str, targets: Sequence[tuple[str, str]], more: str = "", end: str = "") -> None:
        text = more
        for target, library in targets:
            text += (
                f"if(NOT TARGET {target})\nadd_library({target} INTERFACE IMPORTED)\n"
                f"set_target_properties({target} PROPERTIES\n"
                f'  INTERFACE_INCLUDE_DIRECTORIES "{root}/include"\n'
                f'  INTERFACE_COMPILE_DEFINITIONS "__HIP_PLATFORM_AMD__=1"\n'
                f'  INTERFACE_LINK_LIBRARIES "{root}/lib/lib{library}.so")\nendif()\n'
            )
        text += end
        folder = root / "lib" / "cmake" / name
        folder.mkdir()
        (folder / f"{name}-config.cmake").write_text(text)

    package(
        "hip-lang",
        [("hip-lang::device", "amdhip64")],
        'set(_CMAKE_HIP_DEVICE_RUNTIME_TARGET "hip-lang::device")\n',
        "set_property(TARGET hip-lang::device PROPERTY INTERFACE_LINK_OPTIONS $<$<LINK_LANGUAGE:HIP>:--hip-link>)\n",
    )
    package("hip", [("hip::host", "amdhip64")], f'set(hip_INCLUDE_DIRS "{root}/include")\n')
    package("hipblas", [("roc::hipblas", "hipblas")])
    package("hipfft", [("hip::hipfft", "hipfft")])
    package("hiprand", [("hip::hiprand", "hiprand")])
    package("hiprtc", [("hiprtc::hiprtc", "hiprtc")])


def lacking() -> str:
    """What this machine has not got for building with such a folder; empty if nothing."""
    return ", ".join(tool for tool in ("make", "cmake", "c++") if shutil.which(tool) is None)
