"""cuBLAS calls that a change of name does not carry over to hipBLAS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Helper, Level
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import call_with, declared_type, operand, used
from hipwright.source import Span, encoded

_COMPUTE = {
    "R_16F": "16F", "R_32F": "32F", "C_32F": "32F", "R_64F": "64F", "C_64F": "64F", "R_32I": "32I",
}  # fmt: skip
_DATA_TYPE = re.compile(r"\b(?:CUDA|HIP)_([RC]_(?:16F|32F|64F|32I))\b")
_ALGO_CAST = re.compile(
    r"(?:\(\s*(?:cublas|hipblas)GemmAlgo_t\s*\)\s*|static_cast<\s*(?:cublas|hipblas)GemmAlgo_t\s*>\s*)(.+)", re.S
)
_NUMBER = re.compile(r"[\s(]*-?\d+[\s)]*")

_COMPUTE_TYPE = Helper(
    "HIPWRIGHT_COMPUTE_TYPE",
    """\
// The compute type that cuBLAS derives from a data type when a call passes one.
static inline hipblasComputeType_t hipwrightComputeType(hipDataType type) {
  switch (type) {
    case HIP_R_16F: return HIPBLAS_COMPUTE_16F;
    case HIP_R_64F:
    case HIP_C_64F: return HIPBLAS_COMPUTE_64F;
    case HIP_R_32I: return HIPBLAS_COMPUTE_32I;
    default: return HIPBLAS_COMPUTE_32F;
  }
}
""",
    when="HIPBLAS_H",
)


_GEMM_EX = {
    "cublasGemmEx": 19, "cublasGemmBatchedEx": 20, "cublasGemmStridedBatchedEx": 23,
    "cublasGemmEx_64": 19, "cublasGemmBatchedEx_64": 20, "cublasGemmStridedBatchedEx_64": 23,
}  # fmt: skip

_GEMM_EX_BEFORE = """\
#include <cublas_v2.h>
void f(cublasHandle_t h, int n, const void* a, const void* b, void* c, const void* one) {
  cublasGemmEx(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, one, a, CUDA_R_16F, n, b, CUDA_R_16F, n, one, c, CUDA_R_16F, n,
               CUDA_R_32F, CUBLAS_GEMM_DEFAULT);
}
"""


@rule(
    "blas-gemm-ex-types",
    "GemmEx takes a compute type, not a data type",
    hazards=("L02",),
    names=_GEMM_EX,
    order=40,
    rewrites={
        _GEMM_EX_BEFORE: _GEMM_EX_BEFORE.replace("CUDA_R_32F, CUBLAS", "HIPBLAS_COMPUTE_32F, CUBLAS"),
        _GEMM_EX_BEFORE.replace("CUDA_R_32F, CUBLAS_GEMM_DEFAULT", "CUDA_R_16F, (cublasGemmAlgo_t)99"):
        _GEMM_EX_BEFORE.replace("CUDA_R_32F, CUBLAS_GEMM_DEFAULT", "HIPBLAS_COMPUTE_16F, HIPBLAS_GEMM_DEFAULT"),
    },
    keeps=(
        "void cublasGemmEx(int);\nvoid f() { cublasGemmEx(1); }",
        _GEMM_EX_BEFORE.replace("CUDA_R_32F, CUBLAS", "CUBLAS_COMPUTE_32F, CUBLAS"),
    ),
    notes=(
        _GEMM_EX_BEFORE.replace("CUBLAS_GEMM_DEFAULT", "static_cast<cublasGemmAlgo_t>(n)"),
    ),
)  # fmt: skip
def gemm_ex_types(site: Site) -> Iterator[Finding]:
    """cuBLAS keeps overloads from before CUDA 11 that take a `cudaDataType` where the compute type stands and derive
    the one from the other. hipBLAS (version 3, ROCm 7) has only the new form, and in C++ the two enumerations do not
    convert. The derived compute type is written out; a variable of the old type goes through a small function. hipBLAS
    knows one algorithm number, so algorithm numbers given as literals become `HIPBLAS_GEMM_DEFAULT`.
    """
    call = call_with(site, _GEMM_EX[site.text])
    if call is None:
        return
    compute, algo = call.args[-2], call.args[-1]
    yield from _compute_slot(site, compute)
    cast = _ALGO_CAST.fullmatch(algo.text)
    if cast and _NUMBER.fullmatch(cast[1]):
        yield site.replace(algo, "HIPBLAS_GEMM_DEFAULT")
    elif cast:
        yield site.note(
            Level.TODO,
            f"{call.name} takes its algorithm from {cast[1]}: hipBLAS knows HIPBLAS_GEMM_DEFAULT alone and refuses "
            "other numbers when the program runs",
            "pass HIPBLAS_GEMM_DEFAULT, or tune with hipBLASLt's heuristics",
        )


def _compute_slot(site: Site, compute: Span) -> Iterator[Finding]:
    text = compute.text
    if _DATA_TYPE.search(text) and not re.search(r"[=!]=|[(){}]", text):
        for match in _DATA_TYPE.finditer(text):
            start = compute.start + len(encoded(text[: match.start()]))
            yield site.edit(start, start + len(match[0]), f"HIPBLAS_COMPUTE_{_COMPUTE[match[1]]}")
    elif text.isidentifier() and declared_type(site, text) in ("cudaDataType", "cudaDataType_t", "hipDataType"):
        yield site.replace(compute, f"hipwrightComputeType({text})", helpers=(_COMPUTE_TYPE,))


_HALF = {
    "cublasHgemm": (14, (6, 7, 9, 11, 12)),
    "cublasHgemmBatched": (15, (6, 7, 9, 11, 12)),
    "cublasHgemmStridedBatched": (18, (6, 7, 10, 13, 14)),
}
_HALF |= {f"{name}_64": shape for name, shape in _HALF.items()}
_HALF_CAST = re.compile(r"(?:\(\s*|(?:reinterpret|static)_cast\s*<\s*)(?:const\s+)?(__half|half|nv_half)\b")

_HGEMM = """\
#include <cublas_v2.h>
#include <cuda_fp16.h>
void f(cublasHandle_t h, int n, const __half* a, void* b, __half* c, __half one) {
  cublasHgemm(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, &one, a, n, (const __half*)b, n, &one, c + n, n);
}
"""


@rule(
    "blas-half",
    "hipBLAS has a half type of its own",
    hazards=("L03",),
    names=_HALF,
    rewrites={
        _HGEMM: _HGEMM.replace("&one, a,", "(const hipblasHalf*)&one, (const hipblasHalf*)a,")
        .replace("(const __half*)b", "(const hipblasHalf*)b")
        .replace("&one, c + n", "(const hipblasHalf*)&one, (hipblasHalf*)(c + n)"),
    },
    keeps=(
        "struct B { void cublasHgemm(int); };\nvoid f(B b) { b.cublasHgemm(1); }",
        f"#define hipblasHgemm own_hgemm\n{_HGEMM}",
    ),
)  # fmt: skip
def half_arguments(site: Site) -> Iterator[Finding]:
    """`hipblasHalf` is a 16-bit integer unless `HIPBLAS_USE_HIP_HALF` is defined before hipblas.h is first included,
    which headers of other libraries decide. The bits are those of `__half`, so the pointers are cast: right under
    either setting, in C and in C++. A project that has something of its own in that function's place converts there.
    """
    call = call_with(site, _HALF[site.text][0])
    if call is None or site.facts.defines(call.name.replace("cublas", "hipblas")):
        return
    for index in _HALF[call.name][1]:
        argument = call.args[index]
        if "hipblasHalf" in argument.text or argument.text in ("nullptr", "NULL"):
            continue
        cast = _HALF_CAST.match(argument.text)
        if cast:
            start = argument.start + len(encoded(argument.text[: cast.start(1)]))
            yield site.edit(start, start + len(cast[1]), "hipblasHalf")
            continue
        constant = "" if index == _HALF[call.name][1][-1] else "const "
        stars = "**" if "Batched" in call.name and "Strided" not in call.name and index in (7, 9, 12) else "*"
        if stars == "**":
            constant = "hipblasHalf* const" if not constant else "const hipblasHalf* const"
            inserted = f"({constant}*)"
        else:
            inserted = f"({constant}hipblasHalf{stars})"
        if operand(argument.text) == argument.text:
            yield site.insert(argument.start, inserted)
        else:
            yield site.insert(argument.start, f"{inserted}(")
            yield site.insert(argument.end, ")")


_ALGOS = frozenset(
    {"CUBLAS_GEMM_DFALT", "CUBLAS_GEMM_DEFAULT_TENSOR_OP", "CUBLAS_GEMM_DFALT_TENSOR_OP", "CUBLAS_GEMM_AUTOTUNE"}
    | {f"CUBLAS_GEMM_ALGO{n}" for n in range(24)}
    | {f"CUBLAS_GEMM_ALGO{n}_TENSOR_OP" for n in range(16)}
)


@rule(
    "blas-gemm-algorithm",
    "hipBLAS has one GEMM algorithm",
    hazards=("L02",),
    names=_ALGOS,
    rewrites={
        "#include <cublas_v2.h>\ncublasGemmAlgo_t algo = CUBLAS_GEMM_DEFAULT_TENSOR_OP;\n":
        "#include <cublas_v2.h>\ncublasGemmAlgo_t algo = HIPBLAS_GEMM_DEFAULT;\n",
    },
    keeps=("enum mine { CUBLAS_GEMM_ALGO3 };",),
)  # fmt: skip
def gemm_algorithm(site: Site) -> Iterator[Finding]:
    """cuBLAS numbers its kernels, and tags those that use tensor cores. rocBLAS picks the kernel itself and uses matrix
    cores wherever they serve the types, so `HIPBLAS_GEMM_DEFAULT` is the only value that hipBLAS accepts: any other
    number fails when the program runs. A search over algorithm numbers collapses to one try.
    """
    if used(site):
        yield site.replace(site.node, "HIPBLAS_GEMM_DEFAULT")


_MATH = {
    "CUBLAS_TENSOR_OP_MATH": "matrix cores serve every type they can without being asked",
    "CUBLAS_PEDANTIC_MATH": "rocBLAS computes in the precision of the compute type already",
    "CUBLAS_TF32_TENSOR_OP_MATH": "there is no TF32 in rocBLAS's default: single precision stays exact, and slower",
    "CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION": "rocBLAS has no such setting",
}


@rule(
    "blas-math-mode",
    "hipBLAS refuses cuBLAS's math modes",
    hazards=("L02",),
    names=_MATH,
    rewrites={
        "#include <cublas_v2.h>\nvoid f(cublasHandle_t h) { cublasSetMathMode(h, CUBLAS_TENSOR_OP_MATH); }":
        "#include <cublas_v2.h>\nvoid f(cublasHandle_t h) { cublasSetMathMode(h, HIPBLAS_DEFAULT_MATH); }",
    },
    keeps=("#define CUBLAS_PEDANTIC_MATH 2\n",),
)  # fmt: skip
def math_mode(site: Site) -> Iterator[Finding]:
    """hipBLAS declares these modes for its NVIDIA side; on AMD `hipblasSetMathMode` answers
    `HIPBLAS_STATUS_NOT_SUPPORTED` to each of them, which a program that checks its calls takes for a fatal error. The
    default mode is what they ask for on AMD hardware: the types and compute type of a call alone decide its precision.
    """
    if not used(site):
        return
    yield site.replace(site.node, "HIPBLAS_DEFAULT_MATH")
    if site.text == "CUBLAS_TF32_TENSOR_OP_MATH":
        yield site.note(Level.INFO, f"{site.text} became the default mode: {_MATH[site.text]}")


_COMPUTE_BASE = {
    "CUBLAS_COMPUTE_16F_PEDANTIC": "16F", "CUBLAS_COMPUTE_32F_PEDANTIC": "32F", "CUBLAS_COMPUTE_64F_PEDANTIC": "64F",
    "CUBLAS_COMPUTE_32I_PEDANTIC": "32I", "CUBLAS_COMPUTE_32F_FAST_16F": "32F", "CUBLAS_COMPUTE_32F_FAST_16BF": "32F",
    "CUBLAS_COMPUTE_32F_FAST_TF32": "32F", "CUBLAS_COMPUTE_32F_EMULATED_16BFX9": "32F",
}  # fmt: skip
_LT = re.compile(rb"\bcublasLt\w*|\bhipblasLt\w*")


@rule(
    "blas-compute-type",
    "hipBLAS on AMD takes four compute types",
    hazards=("L02",),
    names=_COMPUTE_BASE,
    rewrites={
        "#include <cublas_v2.h>\ncublasComputeType_t t = CUBLAS_COMPUTE_32F_FAST_TF32;\n":
        "#include <cublas_v2.h>\ncublasComputeType_t t = HIPBLAS_COMPUTE_32F;\n",
    },
    keeps=("enum { CUBLAS_COMPUTE_32F_FAST_TF32 = 3 };",),
    notes=("#include <cublasLt.h>\ncublasLtHandle_t h;\ncublasComputeType_t t = CUBLAS_COMPUTE_32F_FAST_TF32;\n",),
)  # fmt: skip
def compute_type(site: Site) -> Iterator[Finding]:
    """`hipblasGemmEx` and its batched forms answer `HIPBLAS_STATUS_NOT_SUPPORTED` on AMD to every compute type but 16F,
    32F, 64F and 32I, although the header declares more. "Pedantic" is how those four compute anyway; the "fast" ones
    allow less precision than 32F and do not demand it, so 32F is a right answer to them. Files that use cuBLASLt keep
    the name, because hipBLASLt knows some of them.
    """
    if not used(site):
        return
    if _LT.search(site.source.data) and site.text != "CUBLAS_COMPUTE_32F_EMULATED_16BFX9":
        yield site.note(
            Level.TEST,
            f"{site.text}: hipblasGemmEx refuses this compute type on AMD, hipBLASLt takes it on some targets",
            f"use HIPBLAS_COMPUTE_{_COMPUTE_BASE[site.text]} where it reaches hipBLAS",
        )
        return
    yield site.replace(site.node, f"HIPBLAS_COMPUTE_{_COMPUTE_BASE[site.text]}")


_STATUS = {
    "cublasGetStatusString": "hipblasStatusToString",
    "cublasGetStatusName": "hipblasStatusToString",
}


@rule(
    "blas-status-text",
    "Status text has another name",
    hazards=("L05",),
    names=(*_STATUS, "cublasLtGetStatusString", "cublasLtGetStatusName"),
    rewrites={
        "#include <cublas_v2.h>\nconst char* f(cublasStatus_t s) { return cublasGetStatusString(s); }":
        "#include <cublas_v2.h>\nconst char* f(cublasStatus_t s) { return hipblasStatusToString(s); }",
    },
    keeps=("namespace mine { const char* cublasGetStatusString(int); }\nauto s = mine::cublasGetStatusString(1);",),
)  # fmt: skip
def status_text(site: Site) -> Iterator[Finding]:
    """hipBLAS has one function for the text of a status, `hipblasStatusToString`, which gives the enumerator's name.
    hipBLASLt shares the status type and has no such function, so its statuses go through hipBLAS's.
    """
    if site.call is not None and used(site):
        yield site.replace(site.node, "hipblasStatusToString", includes=("hipblas/hipblas.h",))


_S_GEMM_EX = {"cublasSgemmEx": (17, "32F"), "cublasCgemmEx": (17, "32F"), "cublasSgemmEx_64": (17, "32F")}

_SGEMM_EX = """\
#include <cublas_v2.h>
void f(cublasHandle_t h, int n, const void* a, const void* b, void* c, const float* one) {
  cublasSgemmEx(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, one, a, CUDA_R_16F, n, b, CUDA_R_16F, n, one, c, CUDA_R_32F, n);
}
"""


@rule(
    "blas-sgemm-ex",
    "SgemmEx is GemmEx with single-precision compute",
    hazards=("L04",),
    names=_S_GEMM_EX,
    rewrites={
        _SGEMM_EX: _SGEMM_EX.replace("cublasSgemmEx", "hipblasGemmEx").replace(
            "CUDA_R_32F, n)", "CUDA_R_32F, n, HIPBLAS_COMPUTE_32F, HIPBLAS_GEMM_DEFAULT)"
        ),
    },
    keeps=("void cublasSgemmEx(int);\nvoid f() { cublasSgemmEx(1); }",),
)
def sgemm_ex(site: Site) -> Iterator[Finding]:
    """`cublasSgemmEx` and `cublasCgemmEx` have no hipBLAS entry of their own; they are `hipblasGemmEx` with the compute
    type 32F and the default algorithm, which is how cuBLAS defines them.
    """
    call = call_with(site, _S_GEMM_EX[site.text][0])
    if call is None:
        return
    name = "hipblasGemmEx_64" if call.name.endswith("_64") else "hipblasGemmEx"
    yield site.replace(site.node, name)
    yield site.insert(call.close, f", HIPBLAS_COMPUTE_{_S_GEMM_EX[call.name][1]}, HIPBLAS_GEMM_DEFAULT")


_GEMM_3M = {
    "cublasCgemm3m": "hipblasCgemm", "cublasZgemm3m": "hipblasZgemm", "cublasCgemm3mBatched": "hipblasCgemmBatched",
    "cublasCgemm3mStridedBatched": "hipblasCgemmStridedBatched", "cublasCgemm3m_64": "hipblasCgemm_64",
    "cublasZgemm3m_64": "hipblasZgemm_64",
}  # fmt: skip


@rule(
    "blas-gemm-3m",
    "The three-multiplication complex GEMM is the plain one",
    hazards=("L04",),
    names=_GEMM_3M,
    rewrites={
        "#include <cublas_v2.h>\nvoid f(cublasHandle_t h, int n, cuComplex* c) {\n"
        "  cublasCgemm3m(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, c, c, n, c, n, c, c, n);\n}\n":
        "#include <cublas_v2.h>\nvoid f(cublasHandle_t h, int n, cuComplex* c) {\n"
        "  hipblasCgemm(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, c, c, n, c, n, c, c, n);\n}\n",
    },
    keeps=("struct B { void cublasCgemm3m(int); };\nvoid f(B b) { b.cublasCgemm3m(1); }",),
)  # fmt: skip
def gemm_3m(site: Site) -> Iterator[Finding]:
    """The 3M forms compute the same product with three real multiplications instead of four, trading accuracy for
    speed. hipBLAS has the four-multiplication form with the same arguments, which is the more accurate of the two.
    """
    if site.call is not None and used(site):
        yield site.replace(site.node, _GEMM_3M[site.text])
