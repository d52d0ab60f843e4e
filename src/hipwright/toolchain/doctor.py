"""What of a compiler, headers, GPUs and PyTorch is on this machine, and the one command that adds what is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hipwright import toolchain as tools
from hipwright.toolchain import cuda, torch


class State(StrEnum):
    """What a Diagnosis found."""

    FOUND = "found"
    ABSENT = "absent"  # and not needed
    MISSING = "missing"  # and needed


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked for."""

    subject: str
    state: State
    detail: str
    remedy: str = ""  # the command that adds it


def diagnose(cache: Path | None = None) -> list[Diagnosis]:
    """Everything that hipwright makes use of, what is used first coming first."""
    folder = cache or tools.cache_dir()
    return [*_toolchains(folder), *_cuda(folder), *_gpus(), _torch()]


def _toolchains(cache: Path) -> list[Diagnosis]:
    found: list[Diagnosis] = []
    chosen: tools.Toolchain | None = None
    for candidate in tools.candidates(cache):
        if isinstance(candidate, str):
            found.append(Diagnosis("compiler", State.ABSENT, candidate))
            continue
        problem = tools.problem_of(candidate, cache)
        release = candidate.rocm_version or "of unknown release"
        what = f"clang {candidate.clang_version} ({candidate.source}) with ROCm {release}"
        if problem:
            found.append(Diagnosis("compiler", State.ABSENT, f"{what} does not compile HIP: {problem}"))
        else:
            found.append(Diagnosis("compiler", State.FOUND, what + ("" if chosen else ", used")))
            chosen = chosen or candidate
    if chosen is None:
        found.append(Diagnosis("compiler", State.MISSING, "nothing here compiles HIP", "hipwright doctor --install"))
        return found
    place = chosen.includes[0] if chosen.includes else Path("/usr/include")
    if chosen.complete:
        found.append(Diagnosis("headers", State.FOUND, f"ROCm {chosen.rocm_version} in {place}"))
    else:
        detail = f"only HIP's core in {place}: no half precision, no libraries"
        found.append(Diagnosis("headers", State.MISSING, detail, "hipwright doctor --install"))
    return found


def _cuda(cache: Path) -> list[Diagnosis]:
    """CUDA's headers, which only the comparison with the original needs."""
    toolchain = next((found for found in tools.candidates(cache) if not isinstance(found, str)
                      and not tools.problem_of(found, cache)), None)  # fmt: skip
    found: list[Diagnosis] = []
    for headers in cuda.candidates(cache):
        what = f"CUDA {headers.version} ({headers.source}) in {headers.include}"
        problem = cuda.problem_of(headers, toolchain, cache) if toolchain else ""
        if problem:
            found.append(Diagnosis("CUDA headers", State.ABSENT, f"{what} can't be used: {problem}"))
            continue
        missing = cuda.left_out(headers)
        if missing:
            what += f", without {', '.join(missing)}"
        return [*found, Diagnosis("CUDA headers", State.FOUND, what, "hipwright doctor --install" if missing else "")]
    detail = "none: originals can't be executed to compare ports with them"
    return [*found, Diagnosis("CUDA headers", State.ABSENT, detail, "hipwright doctor --install")]


def _gpus() -> list[Diagnosis]:
    found = []
    if amd := sorted(set(re.findall(r"Name:\s+(gfx\w+)", _output("rocminfo")))):
        found.append(Diagnosis("AMD GPU", State.FOUND, ", ".join(amd)))
    elif Path("/dev/kfd").exists():
        found.append(Diagnosis("AMD GPU", State.FOUND, "its driver is loaded (/dev/kfd), rocminfo names no device"))
    else:
        found.append(Diagnosis("AMD GPU", State.ABSENT, "none: ports are executed on the CPU"))
    if nvidia := re.findall(r"^GPU \d+: (.+?) \(UUID", _output("nvidia-smi", "-L"), re.M):
        found.append(Diagnosis("NVIDIA GPU", State.FOUND, ", ".join(nvidia)))
    else:
        found.append(Diagnosis("NVIDIA GPU", State.ABSENT, "none: originals are executed on the CPU"))
    return found


def _torch() -> Diagnosis:
    folder = torch.folder()
    if folder is None:
        remedy = f"pip install torch, or set {torch.VARIABLE}"
        return Diagnosis("PyTorch", State.ABSENT, "not installed: its extensions can't be checked", remedy)
    return Diagnosis("PyTorch", State.FOUND, f"{torch.version(folder) or 'of unknown version'} in {folder}")


def _output(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
