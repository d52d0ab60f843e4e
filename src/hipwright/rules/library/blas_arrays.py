"""Arrays of pointers in batched BLAS calls."""

from __future__ import annotations

from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import call_with, operand

_TYPES = {"S": "float", "D": "double", "C": "hipComplex", "Z": "hipDoubleComplex"}
_CASTS: dict[str, tuple[int, dict[int, str]]] = {
    "cublasGemmBatchedEx": (20, {7: "const void**", 10: "const void**", 14: "void**"}),
    "cublasGemmBatchedEx_64": (20, {7: "const void**", 10: "const void**", 14: "void**"}),
}
for _letter, _type in _TYPES.items():
    _CASTS[f"cublas{_letter}getriBatched"] = (9, {2: f"{_type}* const*", 4: "int*"})
    _CASTS[f"cublas{_letter}getrsBatched"] = (11, {4: f"{_type}* const*"})

_GETRI = """\
#include <cublas_v2.h>
void f(cublasHandle_t h, int n, const float* const* a, const int* p, float** c, int* info) {
  cublasSgetriBatched(h, n, a, n, p, c, n, info, 1);
}
"""


@rule(
    "blas-pointer-arrays",
    "Arrays of pointers lose a const",
    hazards=("L04",),
    names=_CASTS,
    rewrites={_GETRI: _GETRI.replace("n, a, n, p,", "n, (float* const*)a, n, (int*)p,")},
    keeps=("void cublasSgetriBatched(int);\nvoid f() { cublasSgetriBatched(1); }",),
)
def pointer_arrays(site: Site) -> Iterator[Finding]:
    """hipBLAS declares some arrays of pointers, which it only reads, without the `const` that cuBLAS has; C++ does not
    convert between them. A cast bridges it.
    """
    count, casts = _CASTS[site.text]
    call = call_with(site, count)
    if call is None:
        return
    for place, type_ in casts.items():
        argument = call.args[place]
        written = "".join(argument.text.split())
        if written.startswith(f"({''.join(type_.split())})") or written in ("nullptr", "NULL"):
            continue
        if operand(argument.text) == argument.text:
            yield site.insert(argument.start, f"({type_})")
        else:
            yield site.insert(argument.start, f"({type_})(")
            yield site.insert(argument.end, ")")


_GELS = {f"cublas{letter}gelsBatched": 12 for letter in _TYPES}
_GELS_CALL = """\
#include <cublas_v2.h>
void f(cublasHandle_t h, int n, float** a, float** c, int* info) {
  cublasSgelsBatched(h, CUBLAS_OP_N, n, n, 1, a, n, c, n, info, nullptr, 1);
}
"""


@rule(
    "blas-gels-info",
    "Least squares wants its info array",
    hazards=("L04",),
    names=_GELS,
    notes=(_GELS_CALL,),
    keeps=(_GELS_CALL.replace("nullptr", "info + 1"),),
)
def gels_info(site: Site) -> Iterator[Finding]:
    """cuBLAS lets the device array of results be null; rocSOLVER behind hipBLAS writes it always and refuses null."""
    call = call_with(site, 12)
    if call is not None and call.args[10].text in ("nullptr", "NULL", "0"):
        yield site.note(
            Level.TODO,
            f"{site.text} without a device info array: hipBLAS answers HIPBLAS_STATUS_INVALID_VALUE",
            "allocate one int for each matrix of the batch on the device and pass it",
        )
