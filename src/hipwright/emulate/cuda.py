"""Flags that make clang read a CUDA original as nvcc does, with CUDA's own headers.

The device pass keeps NVIDIA's device library and system calls as plain calls, which the emulator answers by name
(runtime/device/nv_*.cpp); inline PTX in programs and in CUDA's headers is translated where it stands (ptx_asm.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hipwright.toolchain import Toolchain
from hipwright.toolchain.cuda import CudaHeaders

HEADERS = Path(__file__).parent / "headers" / "cuda"

# Newest PTX that clang 22 knows: CUDA's headers use what the release has, whatever the target.
_PTX = "--cuda-feature=+ptx87"


def language_flags(
    toolchain: Toolchain, headers: CudaHeaders, language: str = "hip", standard: Sequence[str] = ()
) -> list[str]:
    """Flags for both passes of a unit with kernels ("hip"), or for one without ("c++" or "c")."""
    if language == "c":
        return [*_plain(toolchain, "c", headers), *standard]
    # nvcc's default; an older standard than its headers and libraries take is lifted to it.
    old = {"98", "03", "0x", "11", "1y", "14"}
    chosen = [flag for flag in standard if flag.partition("++")[2] not in old]
    dialect = chosen[-1] if chosen else "-std=gnu++17"
    if language == "c++":
        return [*_plain(toolchain, "c++", headers), dialect]
    # Our own folder first: it holds wrappers of some of CUDA's headers.
    first = ["-isystem", str(HEADERS), *headers.language_flags(toolchain)]
    return [*first, "-include", "hipwright_nvcc.h", *_nvcc(headers.version), dialect]


def device_flags(arch: str = "sm_80") -> list[str]:
    """Flags of the device pass beside those of the language."""
    return ["--cuda-device-only", f"--offload-arch={arch}", _PTX]


def _plain(toolchain: Toolchain, language: str, headers: CudaHeaders) -> list[str]:
    """A unit that a host compiler would compile: CUDA's API, no kernels."""
    flags = [flag for folder in toolchain.late_includes for flag in ("-idirafter", str(folder))]
    plain = [*toolchain.system, "-x", language, "-resource-dir", str(toolchain.resource_dir)]
    return [*plain, "-isystem", str(headers.include), *flags]


def _nvcc(version: str) -> list[str]:
    """The macros by which programs recognise nvcc and what it was told."""
    major, _, minor = version.partition(".")
    names = {
        "__NVCC__": "1",
        "__CUDACC_VER_MAJOR__": major,
        "__CUDACC_VER_MINOR__": minor or "0",
        "__CUDACC_VER_BUILD__": "0",
        # clang takes constexpr functions on both sides without being asked to.
        "__CUDACC_RELAXED_CONSTEXPR__": "1",
    }
    # Variadic device functions, which nvcc takes.
    return [*(f"-D{name}={value}" for name, value in names.items()), "-Xclang", "-fcuda-allow-variadic-functions"]
