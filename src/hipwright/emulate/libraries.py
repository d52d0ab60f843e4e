"""Which of the runtime's substitutes for GPU libraries defines a symbol, and what building with it takes.

Each library is one core with two spellings: the vendor's headers check the signatures, so a part is compiled with the
headers of the side that it belongs to. A function that a part lacks stays undefined and becomes a named refusal.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Part:
    """Sources below `runtime/` that are compiled and linked together, on the side whose names they define."""

    name: str
    prefix: str  # of the symbols it defines
    cuda: bool
    sources: tuple[str, ...]
    openblas: bool = False  # gains from it: the functions that need it are left out where it is not found

    def flags(self) -> list[str]:
        """What its sources are compiled with."""
        return ["-DHW_OPENBLAS=1"] if self.openblas and openblas() else []

    def link_flags(self) -> list[str]:
        """What a program that uses it is linked with."""
        library = openblas() if self.openblas else None
        return [str(library), f"-Wl,-rpath,{library.parent}"] if library else []


def _pair(subject: str, hip: str, cuda: str, *, openblas: bool = False) -> tuple[Part, Part]:
    # The file is named for the prefix, except that NCCL and RCCL share theirs.
    return (
        Part(f"hip-{subject}", hip, False, (f"libs/{hip.lower()}.cpp",), openblas),
        Part(f"cuda-{subject}", cuda, True, (f"libs/{cuda.lower()}.cpp",), openblas),
    )


PARTS: tuple[Part, ...] = (
    *_pair("blas", "hipblas", "cublas", openblas=True),
    *_pair("blas-lt", "hipblasLt", "cublasLt"),
    *_pair("fft", "hipfft", "cufft"),
    *_pair("rand", "hiprand", "curand"),
    *_pair("dnn", "miopen", "cudnn"),
    *_pair("sparse", "hipsparse", "cusparse"),
    *_pair("solver", "hipsolver", "cusolver"),
)


@lru_cache(maxsize=1)
def openblas() -> Path | None:
    """The shared library of the wheel `scipy-openblas32`, where it is installed: BLAS products at speed, and LAPACK."""
    found = importlib.util.find_spec("scipy_openblas32")
    for folder in (found.submodule_search_locations or ()) if found else ():
        library = Path(folder) / "lib" / "libscipy_openblas.so"
        if library.is_file():
            return library.resolve()
    return None


def part_of(symbol: str, *, cuda: bool) -> Part | None:
    """The part of one side that would define `symbol`: the one with the longest prefix of it."""
    candidates = [part for part in PARTS if part.cuda == cuda and symbol.startswith(part.prefix)]
    return max(candidates, key=lambda part: len(part.prefix), default=None)


def readable(parts: Iterable[Part]) -> tuple[Path, ...]:
    """Folders that a program with these parts reads when it starts: a sandbox has to show them."""
    library = openblas()
    return (library.parent,) if library and any(part.openblas for part in parts) else ()
