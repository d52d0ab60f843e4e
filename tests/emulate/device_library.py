"""The substitutes for GPU libraries as shared objects that tests call through ctypes: device memory is host memory."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
import tempfile
from functools import cache, lru_cache
from pathlib import Path

import pytest

from hipwright.emulate import libraries
from hipwright.emulate.libraries import PARTS, Part
from hipwright.finding import HipwrightError
from hipwright.toolchain import Toolchain, find
from hipwright.toolchain.cuda import find_cuda

RUNTIME = Path(libraries.__file__).parent / "runtime"

# Everything a substitute needs of the emulator: work that runs at once.
_SUPPORT = """#include "machine.h"
#include <cstdlib>
namespace hw { void enqueue(void*, std::function<void()> work) { work(); } }
extern "C" void hw_unsupported(const char*) { std::abort(); }
"""


@lru_cache(maxsize=1)
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="hipwright-libs-"))


@lru_cache(maxsize=1)
def _toolchain() -> Toolchain:
    try:
        return find()
    except HipwrightError as error:
        pytest.skip(f"no toolchain: {error}")


def _compiler(cuda: bool) -> tuple[list[str], list[str]]:
    toolchain = _toolchain()
    includes = [flag for folder in toolchain.includes for flag in ("-isystem", str(folder))]
    if cuda:
        headers = find_cuda(toolchain=toolchain)
        if headers is None:
            pytest.skip("CUDA's headers are not here")
        includes = ["-isystem", str(headers.include)]
    if gcc := shutil.which("g++"):
        return [gcc], includes
    return [*toolchain.clang, "-resource-dir", str(toolchain.resource_dir), *toolchain.system], includes


@cache
def library(name: str, *, openblas: bool = True) -> ctypes.CDLL:
    """The part called `name` as a loaded shared object."""
    part: Part = next(part for part in PARTS if part.name == name)
    compiler, includes = _compiler(part.cuda)
    support = _folder() / "support.cpp"
    support.write_text(_SUPPORT)
    flags = [*part.flags(), *part.link_flags()] if openblas else []
    key = hashlib.sha256(f"{name} {flags}".encode()).hexdigest()[:8]
    output = _folder() / f"{name}-{key}.so"
    command = [
        *compiler,
        "-x",
        "c++",
        "-std=c++17",
        "-O0",
        "-march=x86-64-v3",
        "-fPIC",
        "-shared",
        "-w",
        f"-I{RUNTIME}",
    ]
    command += [*includes, "-D__HIP_PLATFORM_AMD__=1", f"-DHIPWRIGHT_CUDA={int(part.cuda)}", str(support)]
    command += [*(str(RUNTIME / source) for source in part.sources), "-x", "none", *flags, "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode and any(
        f"fatal error: {folder}" in done.stderr for folder in ("cu", "hip", "miopen", "rccl", "nccl")
    ):
        pytest.skip(f"no header: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr[:3000]
    return ctypes.CDLL(str(output))
