"""GPUs of this machine as further sides of a verification: the vendor's own compiler and driver, not the emulator.

A program that is built here for a real GPU goes through the same run and the same comparison as the emulated ones. It
reports no launches and no faults: what it adds is its output.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from hipwright.emulate.build import Built, Side
from hipwright.emulate.program import Program
from hipwright.finding import Diagnostic, Place
from hipwright.messages import messages

_SECONDS = 900  # for one build
# What a program may need beside the runtime; the linker takes those that it does.
_LIBRARIES = {
    False: ("hipblas", "hipblaslt", "hipfft", "hiprand", "hipsparse", "hipsolver", "MIOpen", "rccl"),
    True: ("cublas", "cublasLt", "cufft", "curand", "cusparse", "cusolver", "cudnn", "nccl"),
}


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU whose vendor's compiler is installed too."""

    side: Side
    compiler: Path  # hipcc or nvcc
    devices: tuple[Path, ...]  # what a sandbox has to let through

    @property
    def libraries(self) -> tuple[str, ...]:
        """Linker flags for the vendor's libraries that are installed beside the compiler."""
        root = self.compiler.resolve().parent.parent
        folders = [folder for name in ("lib", "lib64") if (folder := root / name).is_dir()]
        found = [name for name in _LIBRARIES[self.side.cuda] if any((f / f"lib{name}.so").exists() for f in folders)]
        # nvcc hands words to the linker by another option.
        to_linker = "-Xlinker=" if self.side.cuda else "-Wl,"
        paths = [flag for folder in folders for flag in (f"-L{folder}", f"{to_linker}-rpath={folder}")]
        return (*paths, f"{to_linker}--as-needed", *(f"-l{name}" for name in found))


def gpus(device_folder: Path = Path("/dev")) -> tuple[Gpu, ...]:
    """The GPUs that a program can be built for and run on, one for each architecture; none is the usual answer."""
    return tuple(gpu for gpu in (_amd(device_folder), _nvidia(device_folder)) if gpu)


def _amd(device_folder: Path) -> Gpu | None:
    rocm = Path(os.environ.get("ROCM_PATH") or "/opt/rocm")
    compiler = _program("hipcc", rocm / "bin")
    agents = _program("rocm_agent_enumerator", rocm / "bin")
    driver = device_folder / "kfd"
    if compiler is None or agents is None or not driver.exists():
        return None
    names = [name for name in _output(agents).split() if re.fullmatch(r"gfx\w+", name) and name != "gfx000"]
    if not names:
        return None
    wave = 64 if names[0].startswith("gfx9") else 32
    return Gpu(Side("AMD GPU", names[0], wave, False), compiler, (driver, device_folder / "dri"))


def _nvidia(device_folder: Path) -> Gpu | None:
    compiler = _program("nvcc", Path(os.environ.get("CUDA_HOME") or "/usr/local/cuda") / "bin")
    query = _program("nvidia-smi", Path("/usr/bin"))
    driver = device_folder / "nvidiactl"
    if compiler is None or query is None or not driver.exists():
        return None
    found = re.search(r"^(\d+)\.(\d+)", _output(query, "--query-gpu=compute_cap", "--format=csv,noheader"), re.M)
    if not found:
        return None
    devices = tuple(sorted(device_folder.glob("nvidia*")))
    return Gpu(Side("NVIDIA GPU", f"sm_{found[1]}{found[2]}", 32, True), compiler, devices)


def build(root: Path, program: Program, gpu: Gpu, work: Path) -> Built:
    """Build a program of the tree `root` with the vendor's compiler; errors come back as diagnostics."""
    work.mkdir(parents=True, exist_ok=True)
    executable = work / re.sub(r"[^\w.+-]", "_", f"{program.name}-{gpu.side.arch}")
    objects: list[str] = []
    for number, unit in enumerate(program.units):
        target = work / f"{number}.o"
        said = _run([*command(gpu, unit.path, unit.language, unit.flags), "-c", "-o", str(target)], root)
        if said.returncode:
            return Built(None, diagnostics=(_error(gpu, unit.path, said.stderr),))
        objects.append(str(target))
    linked = _run([str(gpu.compiler), _arch(gpu), *objects, "-o", str(executable), *gpu.libraries], root)
    if linked.returncode:
        return Built(None, diagnostics=(_error(gpu, program.units[0].path, linked.stderr),))
    return Built(executable)


def command(gpu: Gpu, path: str, language: str, flags: Sequence[str]) -> list[str]:
    """How a unit is compiled; of its flags, which are spelled for clang, what both compilers know."""
    common = [flag for flag in flags if re.match(r"-[DUI]|-std=", flag)]
    for flag, value in pairwise(flags):
        if flag in ("-include", "-isystem"):
            common += [flag, value]
        elif flag == "-idirafter":
            common += ["-I", value]
    optimised = [flag for flag in flags if re.fullmatch(r"-O\w*", flag)] or ["-O2"]
    kind = {"hip": "cu" if gpu.side.cuda else "hip", "c": "c"}.get(language, "c++")
    return [
        str(gpu.compiler),
        "-x",
        kind,
        *([_arch(gpu)] if language == "hip" else []),
        *common,
        *optimised,
        f"./{path}",
    ]


def _arch(gpu: Gpu) -> str:
    return f"-arch={gpu.side.arch}" if gpu.side.cuda else f"--offload-arch={gpu.side.arch}"


def _error(gpu: Gpu, path: str, text: str) -> Diagnostic:
    for message in messages(text):
        if message.severity != "warning":
            where = message.places[0] if message.places else (path, 1, 1)
            return Diagnostic(Place(where[0], where[1], where[2]), "error", message.text, path, gpu.side.arch)
    last = [line for line in text.splitlines() if line.strip()][-1:] or ["the compiler said nothing"]
    return Diagnostic(Place(path, 1), "error", last[0][:300], path, gpu.side.arch)


def _program(name: str, folder: Path) -> Path | None:
    near = folder / name
    if near.is_file() and os.access(near, os.X_OK):
        return near
    found = shutil.which(name)
    return Path(found) if found else None


def _output(*command: Path | str) -> str:
    said = _run([str(part) for part in command], Path("/"), 20)
    return said.stdout if said.returncode == 0 else ""


def _run(command: Sequence[str], folder: Path, seconds: float = _SECONDS) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [*command], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=seconds, check=False, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess([*command], 1, "", f"error: {error}")
