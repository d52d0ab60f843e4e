"""The cuBLAS interface from before handles (`cublas.h`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hipwright.finding import Finding, Helper, Level
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import operand, used
from hipwright.source import Call

_HANDLE = Helper(
    "HIPWRIGHT_BLAS_HANDLE",
    """\
// What cuBLAS's first interface kept to itself: one handle, letters for enumerations, scalars by value, and the last
// error for cublasGetError.
inline hipblasHandle_t hipwrightBlas() {
  static hipblasHandle_t handle = [] {
    hipblasHandle_t created = nullptr;
    (void)hipblasCreate(&created);
    return created;
  }();
  return handle;
}
inline hipblasStatus_t& hipwrightBlasError() {
  static hipblasStatus_t last = HIPBLAS_STATUS_SUCCESS;
  return last;
}
inline hipblasStatus_t hipwrightBlasTakeError() {
  const hipblasStatus_t last = hipwrightBlasError();
  hipwrightBlasError() = HIPBLAS_STATUS_SUCCESS;
  return last;
}
inline hipblasStatus_t hipwrightBlasDone(hipblasStatus_t status) {
  if (status != HIPBLAS_STATUS_SUCCESS) hipwrightBlasError() = status;
  return status;
}
inline hipblasStatus_t hipwrightBlasDone(hipError_t error) {
  return hipwrightBlasDone(error == hipSuccess ? HIPBLAS_STATUS_SUCCESS : HIPBLAS_STATUS_ALLOC_FAILED);
}
inline hipblasOperation_t hipwrightBlasOperation(char c) {
  return c == 'n' || c == 'N' ? HIPBLAS_OP_N : c == 't' || c == 'T' ? HIPBLAS_OP_T : HIPBLAS_OP_C;
}
inline hipblasFillMode_t hipwrightBlasFill(char c) {
  return c == 'u' || c == 'U' ? HIPBLAS_FILL_MODE_UPPER : HIPBLAS_FILL_MODE_LOWER;
}
inline hipblasSideMode_t hipwrightBlasSide(char c) {
  return c == 'l' || c == 'L' ? HIPBLAS_SIDE_LEFT : HIPBLAS_SIDE_RIGHT;
}
inline hipblasDiagType_t hipwrightBlasDiagonal(char c) {
  return c == 'u' || c == 'U' ? HIPBLAS_DIAG_UNIT : HIPBLAS_DIAG_NON_UNIT;
}
// The address of a scalar that lives as long as the call it is written in.
template <typename T>
inline const T* hipwrightBlasScalar(const T& value) {
  return &value;
}
template <typename T, typename Run>
inline T hipwrightBlasResult(Run run) {
  T result{};
  (void)hipwrightBlasDone(run(&result));
  return result;
}
""",
    "HIPBLAS_H",
)

# Letters: o operation, u fill mode, s side, d diagonal, v scalar by value, p pointer, n number.
_PATTERNS: Mapping[str, str] = {
    "Scopy Dcopy Ccopy Zcopy Sswap Dswap Cswap Zswap": "npnpn",
    "Strmv Dtrmv Ctrmv Ztrmv Strsv Dtrsv Ctrsv Ztrsv": "uodnpnpn",
    "Stbmv Dtbmv Ctbmv Ztbmv Stbsv Dtbsv Ctbsv Ztbsv": "uodnnpnpn",
    "Stpmv Dtpmv Ctpmv Ztpmv Stpsv Dtpsv Ctpsv Ztpsv": "uodnppn",
    "Strsm Dtrsm Ctrsm Ztrsm Strmm Dtrmm Ctrmm Ztrmm": "suodnnvpnpn",
    "Sscal Dscal Cscal Zscal Csscal Zdscal": "nvpn",
    "Srot Drot Crot Zrot Csrot Zdrot": "npnpnvv",
    "Sger Dger Cgeru Cgerc Zgeru Zgerc": "nnvpnpnpn",
    "Ssyrk Dsyrk Csyrk Zsyrk Cherk Zherk": "uonnvpnvpn",
    "Ssyr2k Dsyr2k Csyr2k Zsyr2k Cher2k Zher2k": "uonnvpnpnvpn",
    "Ssymm Dsymm Csymm Zsymm Chemm Zhemm": "sunnvpnpnvpn",
    "Saxpy Daxpy Caxpy Zaxpy": "nvpnpn",
    "Sgemv Dgemv Cgemv Zgemv": "onnvpnpnvpn",
    "Sgbmv Dgbmv Cgbmv Zgbmv": "onnnnvpnpnvpn",
    "Ssymv Dsymv Chemv Zhemv": "unvpnpnvpn",
    "Ssbmv Dsbmv Chbmv Zhbmv": "unnvpnpnvpn",
    "Sspmv Dspmv Chpmv Zhpmv": "unvppnvpn",
    "Ssyr Dsyr Cher Zher": "unvpnpn",
    "Sspr Dspr Chpr Zhpr": "unvpnp",
    "Ssyr2 Dsyr2 Cher2 Zher2": "unvpnpnpn",
    "Sspr2 Dspr2 Chpr2 Zhpr2": "unvpnpnp",
    "Sgemm Dgemm Cgemm Zgemm": "oonnnvpnpnvpn",
    "Srotg Drotg Crotg Zrotg": "pppp",
    "Srotm Drotm": "npnpnp",
}
_RESULTS: Mapping[str, tuple[str, str]] = {
    "Isamax Idamax Icamax Izamax Isamin Idamin Icamin Izamin": ("npn", "int"),
    "Snrm2 Scnrm2 Sasum Scasum": ("npn", "float"),
    "Dnrm2 Dznrm2 Dasum Dzasum": ("npn", "double"),
    "Sdot": ("npnpn", "float"),
    "Ddot": ("npnpn", "double"),
    "Cdotu Cdotc": ("npnpn", "hipComplex"),
    "Zdotu Zdotc": ("npnpn", "hipDoubleComplex"),
}
_ENUMS = {
    "o": "hipwrightBlasOperation", "u": "hipwrightBlasFill", "s": "hipwrightBlasSide", "d": "hipwrightBlasDiagonal",
}  # fmt: skip
_SHAPES = {f"cublas{name}": pattern for group, pattern in _PATTERNS.items() for name in group.split()}
_VALUES = {f"cublas{name}": shape for group, shape in _RESULTS.items() for name in group.split()}
_REALS = {"S": "float", "D": "double", "C": "hipComplex", "Z": "hipDoubleComplex"}
_PLAIN = {
    "cublasInit": 0, "cublasShutdown": 0, "cublasGetError": 0, "cublasAlloc": 3, "cublasFree": 1,
    "cublasSetKernelStream": 1,
}  # fmt: skip
# Hermitian rank updates and the mixed forms take real scalars with complex vectors: which of theirs.
_REAL_SCALARS = {"scal": "all", "herk": "all", "her2k": "last", "her": "all", "hpr": "all", "rot": "first"}


def _scalar(name: str, index: int) -> str:
    """The type of the `index`-th scalar that a routine takes by value."""
    kind, routine = name[6], name[7:]
    if routine[:1] in ("s", "d") and routine[1:] in ("scal", "rot"):  # Csscal, Zdrot
        return {"C": "float", "Z": "double"}[kind]
    real = _REAL_SCALARS.get(routine) if kind in "CZ" and routine != "scal" else None
    if real == "all" or (real == "last" and index == 1) or (real == "first" and index == 0):
        return {"C": "float", "Z": "double"}[kind]
    return _REALS[kind]


_BEFORE = """\
#include <cublas.h>
double f(int n, double a, double* x, double* c) {
  cublasDgemm('N', 't', n, n, n, a, x, n, x, n, 0.0, c, n);
  return cublasDdot(n, x, 1, c, 1);
}
"""
_AFTER = """\
#include <cublas.h>
double f(int n, double a, double* x, double* c) {
  hipwrightBlasDone(hipblasDgemm(hipwrightBlas(), HIPBLAS_OP_N, HIPBLAS_OP_T, n, n, n, hipwrightBlasScalar<double>(a), \
x, n, x, n, hipwrightBlasScalar<double>(0.0), c, n));
  return hipwrightBlasResult<double>([&](double* result) { \
return hipblasDdot(hipwrightBlas(), n, x, 1, c, 1, result); });
}
"""


@rule(
    "blas-legacy",
    "cuBLAS calls from before handles",
    hazards=("L01",),
    names=(*_SHAPES, *_VALUES, *_PLAIN),
    order=40,
    rewrites={
        _BEFORE: _AFTER,
        "#include <cublas.h>\nint main() { return cublasInit() == CUBLAS_STATUS_SUCCESS ? 0 : 1; }":
        "#include <cublas.h>\nint main() { return hipwrightBlasDone(hipblasSetStream(hipwrightBlas(), nullptr)) "
        "== CUBLAS_STATUS_SUCCESS ? 0 : 1; }",
    },
    keeps=(
        "#include <cublas_v2.h>\nvoid f(cublasHandle_t h, int n, double* x) { cublasDcopy(h, n, x, 1, x, 1); }",
        "struct B { void cublasInit(); };\nvoid f(B b) { b.cublasInit(); }",
    ),
    notes=(_BEFORE,),
)  # fmt: skip
def blas_legacy(site: Site) -> Iterator[Finding]:
    """The first cuBLAS interface has no handle, takes letters and scalars by value, and returns results instead of a
    status. hipBLAS has only the second one. Both share their names: the number of arguments tells them apart. A shared
    handle, the enumerations, and addresses of the scalars are put in; the status goes where `cublasGetError` looks.
    """
    call = site.call
    if call is None or not used(site):
        return
    name = site.text
    if name in _PLAIN:
        if len(call.args) == _PLAIN[name]:
            yield from _lifecycle(site, call)
        return
    pattern, result = (_SHAPES[name], "") if name in _SHAPES else _VALUES[name]
    if len(call.args) != len(pattern):
        return
    if site.source.path.endswith(".c"):
        yield site.note(
            Level.TODO,
            f"{name} of cuBLAS's first interface in a C file is not ported: the helpers need C++",
            "build the file as C++, or move to the interface with handles (cublas_v2.h) first",
        )
        return
    before = f"hipwrightBlasDone({_hip(name)}(hipwrightBlas(), "
    after = ")"
    if result:
        before = f"hipwrightBlasResult<{result}>([&]({result}* result) {{ return {_hip(name)}(hipwrightBlas(), "
        after = ", result); }"
    scalars = 0
    yield site.edit(call.start, call.args[0].start, before, helpers=(_HANDLE,))
    for letter, argument in zip(pattern, call.args, strict=True):
        if letter == "v":
            yield site.insert(argument.start, f"hipwrightBlasScalar<{_scalar(name, scalars)}>(")
            yield site.insert(argument.end, ")")
            scalars += 1
        elif letter in _ENUMS:
            yield site.replace(argument, _letter(letter, argument.text))
    if name.endswith("trmm"):
        after = f", {call.args[9].text}, {call.args[10].text}" + after
    yield site.insert(call.close, after) if result or name.endswith("trmm") else site.insert(call.end, after)
    yield site.note(
        Level.TEST, f"{name} of cuBLAS's first interface runs on hipBLAS with a handle of its own, in the same order"
    )


def _hip(name: str) -> str:
    return "hip" + name[2:]


_LETTERS = {
    "oN": "HIPBLAS_OP_N", "oT": "HIPBLAS_OP_T", "oC": "HIPBLAS_OP_C", "uU": "HIPBLAS_FILL_MODE_UPPER",
    "uL": "HIPBLAS_FILL_MODE_LOWER", "sL": "HIPBLAS_SIDE_LEFT", "sR": "HIPBLAS_SIDE_RIGHT",
    "dU": "HIPBLAS_DIAG_UNIT", "dN": "HIPBLAS_DIAG_NON_UNIT",
}  # fmt: skip


def _letter(kind: str, text: str) -> str:
    literal = text[1:2].upper() if len(text) == 3 and text[0] == "'" else ""
    return _LETTERS.get(kind + literal, f"{_ENUMS[kind]}({text})")


def _lifecycle(site: Site, call: Call) -> Iterator[Finding]:
    arguments = [argument.text for argument in call.args]
    match site.text:
        case "cublasInit":
            text = "hipblasSetStream(hipwrightBlas(), nullptr)"
        case "cublasShutdown":
            text = "hipblasDestroy(hipwrightBlas())"
        case "cublasAlloc":
            text = f"hipMalloc({arguments[2]}, (size_t){operand(arguments[0])} * {operand(arguments[1])})"
        case "cublasFree":
            text = f"hipFree({arguments[0]})"
        case "cublasSetKernelStream":
            text = f"hipblasSetStream(hipwrightBlas(), {arguments[0]})"
        case _:
            yield site.replace(call, "hipwrightBlasTakeError()", helpers=(_HANDLE,))
            return
    yield site.replace(call, f"hipwrightBlasDone({text})", helpers=(_HANDLE,))
