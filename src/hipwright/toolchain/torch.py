"""PyTorch's headers as a ROCm build of it has them, made from an installed PyTorch of any kind.

A CPU or CUDA wheel carries CUDA's side of the headers. PyTorch makes the ROCm side from them at build time with a tool
of its own, which every wheel carries too: that same tool is run here on that same text, so a checked extension meets
the declarations it will meet on an AMD machine. The package itself is never imported.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hipwright.finding import HipwrightError

VARIABLE = "HIPWRIGHT_TORCH"

# Folders of headers that exist for CUDA and ROCm, and those where single headers name both.
_CUDA_FOLDERS = ("ATen/cuda", "ATen/native/cuda", "ATen/native/transformers/cuda", "c10/cuda")
_MIXED_FOLDERS = ("torch",)

# The defines of a ROCm build of PyTorch, without those that the toolchain gives to every unit.
_DEFINES = (
    "USE_ROCM=1", "HIPBLAS_V2", "CUDA_HAS_FP16=1", "__HIP_NO_HALF_OPERATORS__=1", "__HIP_NO_HALF_CONVERSIONS__=1",
    "HIP_ENABLE_WARP_SYNC_BUILTINS=1", "TORCH_EXTENSION_NAME=extension",
)  # fmt: skip

# Headers that PyTorch's build system writes: on ROCm they say which optional parts were built.
_GENERATED = {
    "c10/hip/impl/hip_cmake_macros.h": "#pragma once\n#define C10_HIP_BUILD_SHARED_LIBS\n",
    "ATen/hip/HIPConfig.h": (
        "#pragma once\n"
        "#define AT_CUDNN_ENABLED() 1\n#define AT_CUSPARSELT_ENABLED() 0\n#define AT_ROCM_ENABLED() 1\n"
        '#define AT_MAGMA_ENABLED() 0\n#define NVCC_FLAGS_EXTRA ""\n'
    ),
}

_TRANSLATE = """
import sys
sys.path.insert(0, sys.argv[1])
from hipify import hipify_python, version
if int(version.__version__.split(".")[0]) < 2:
    sys.exit(f"its hipify is version {version.__version__}, and 2 or later is needed: install a newer PyTorch")
hipify_python.hipify(project_directory=sys.argv[2], output_directory=sys.argv[2], includes=[sys.argv[2] + "/*"],
                     header_include_dirs=[], show_progress=False, hip_clang_launch=True)
"""


@dataclass(frozen=True, slots=True)
class TorchHeaders:
    """What a unit of a PyTorch extension is compiled with."""

    version: str
    includes: tuple[Path, ...]
    defines: tuple[str, ...]


def folder() -> Path | None:
    """Where PyTorch is: named by `$HIPWRIGHT_TORCH` (its folder, or that of an environment), or this Python's own."""
    if named := os.environ.get(VARIABLE):
        base = Path(named)
        found = [base, base / "torch", *sorted(base.glob("lib/python3*/site-packages/torch"))]
        return next((path for path in found if (path / "include" / "ATen").is_dir()), None)
    spec = importlib.util.find_spec("torch")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(location) / "include" / "ATen").is_dir():
            return Path(location)
    return None


def version(torch: Path) -> str:
    """The release of a PyTorch, such as 2.13.0+cpu."""
    try:
        found = re.search(r"^__version__ = '([^']+)'", (torch / "version.py").read_text(encoding="utf-8"), re.M)
    except OSError:
        return ""
    return found[1] if found else ""


def headers(cache: Path, torch: Path | None = None) -> TorchHeaders | None:
    """The folders and macros for extensions of the PyTorch that is installed; None where there is none."""
    torch = torch or folder()
    if torch is None:
        return None
    include = torch / "include"
    folders = [include, include / "torch/csrc/api/include", Path(sysconfig.get_paths()["include"])]
    if not (include / "c10" / "hip").is_dir():  # a ROCm build has them itself
        folders.insert(0, _rocm_side(torch, cache))
    return TorchHeaders(version(torch), tuple(folders), _DEFINES)


def _rocm_side(torch: Path, cache: Path) -> Path:
    """A folder with what differs on ROCm from the headers of `torch`, made once per release."""
    tool = torch / "utils" / "hipify"
    key = hashlib.sha256(repr((version(torch), _GENERATED, _TRANSLATE, _CUDA_FOLDERS)).encode())
    key.update(Path(__file__).read_bytes())
    final = cache / f"torch-{version(torch)}-{key.hexdigest()[:8]}"
    if final.is_dir():
        return final
    if not (tool / "hipify_python.py").is_file():
        raise HipwrightError(f"the PyTorch in {torch} has no ROCm headers and no tool to make them")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".torch-", dir=cache) as name:
        work = Path(name) / "include"
        originals = _copy(torch / "include", work)
        command = [sys.executable, "-I", "-c", _TRANSLATE, str(torch / "utils"), str(work)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=600, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise HipwrightError(f"PyTorch's own tool could not make its ROCm headers: {last}")
        _finish(work, originals)
        try:
            work.rename(final)
        except OSError:
            if not final.is_dir():  # another run was faster otherwise
                raise
    return final


def _copy(include: Path, work: Path) -> dict[str, bytes]:
    """Copy the headers that name CUDA, and return what they held."""
    held: dict[str, bytes] = {}
    for base in (*_CUDA_FOLDERS, *_MIXED_FOLDERS):
        for path in sorted((include / base).rglob("*")):
            if path.suffix not in {".h", ".cuh", ".hpp"}:
                continue
            data = path.read_bytes()
            if base in _CUDA_FOLDERS or re.search(rb"cuda|CUDA", data):
                name = path.relative_to(include).as_posix()
                target = work / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                held[name] = data
    return held


def _finish(work: Path, originals: dict[str, bytes]) -> None:
    """Leave what is new or changed, and make the CUDA names of headers lead to the ROCm ones.

    PyTorch's build system rewrites an extension's includes from the former to the latter; an extension may name either.
    """
    for name, text in _GENERATED.items():
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for name, data in originals.items():
        path = work / name
        counterpart = _counterpart(name)
        if counterpart != name and (work / counterpart).is_file():
            path.write_text(f"#pragma once\n#include <{counterpart}>\n", encoding="utf-8")
        elif path.read_bytes() == data:
            path.unlink()
    for name in _GENERATED:
        alias = work / _original(name)
        alias.parent.mkdir(parents=True, exist_ok=True)
        alias.write_text(f"#pragma once\n#include <{name}>\n", encoding="utf-8")
    _remove_empty(work)


def _counterpart(name: str) -> str:
    """The ROCm name of a header below one of the CUDA folders."""
    if not name.startswith(_CUDA_FOLDERS):
        return name
    parent, _, file = name.rpartition("/")
    parts = ["hip" if part == "cuda" else part for part in parent.split("/")]
    return "/".join([*parts, file.replace("CUDA", "HIP").replace("cuda", "hip")])


def _original(name: str) -> str:
    return name.replace("/hip/", "/cuda/").replace("HIP", "CUDA").replace("hip_", "cuda_")


def _remove_empty(folder: Path) -> None:
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
