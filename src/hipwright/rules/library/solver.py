"""cuSOLVER calls that hipSOLVER lacks, and cuFFT's callbacks."""

from __future__ import annotations

from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.knowledge import names
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import used


def _missing() -> frozenset[str]:
    return frozenset(
        name for name, row in names().items() if row.library == "cusolver" and row.kind == "function" and not row.hip
    )


@rule(
    "solver-by-hand",
    "cuSOLVER calls without a hipSOLVER counterpart",
    hazards=("L15",),
    names=_missing(),
    notes=("#include <cusolverDn.h>\nauto f = cusolverDnXsyevd;\n",),
    keeps=("struct S { int cusolverDnXsyevd; };",),
)
def by_hand(site: Site) -> Iterator[Finding]:
    """hipSOLVER has the typed dense calls and a part of the sparse ones. The 64-bit generic calls, the iterative
    refinement family and the multi-GPU ones are missing; the fill modes, operations and sides that CUDA borrows from
    cuBLAS are the same types in hipSOLVER and need nothing.
    """
    if used(site):
        way = names()[site.text].note
        yield site.note(Level.TODO, f"{site.text} has no counterpart in hipSOLVER", way)


@rule(
    "fft-callbacks",
    "Callbacks of a transform",
    hazards=("L10",),
    names=("cufftXtSetCallback", "cufftXtSetJITCallback"),
    notes=("#include <cufftXt.h>\nauto f = cufftXtSetCallback;\n",),
    keeps=("struct F { int cufftXtSetCallback; };",),
)
def fft_callbacks(site: Site) -> Iterator[Finding]:
    """hipFFT takes load and store callbacks as addresses of device functions, read from a device symbol, and only for
    transforms of one device. Callbacks compiled at run time do not exist there.
    """
    if not used(site):
        return
    if site.text == "cufftXtSetJITCallback":
        yield site.note(
            Level.TODO, "hipFFT has no callbacks compiled at run time", "hipfftXtSetCallback with a device symbol"
        )
    else:
        yield site.note(
            Level.TEST, "a transform's callback runs inside rocFFT's kernels: check that every element passes it once"
        )
