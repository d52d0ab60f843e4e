"""What each library call assumes about the order of its data, on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hipwright.finding import Finding, Level
from hipwright.knowledge import names
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import used

_COLUMN = "matrices column-major with leading dimensions in elements"
# Family: the names that take a layout, CUDA's contract, HIP's contract.
_FAMILIES: Mapping[str, tuple[str, str, str]] = {
    "BLAS": (
        r"cublas(?:[SDCZH]|Gemm|S)?(?:gemm|gemv|trsm|trmm|symm|hemm|syrk|herk|geam|dgmm|Ex|BatchedEx|StridedBatchedEx)"
        r"\w*",
        f"cuBLAS: {_COLUMN}",
        f"hipBLAS: the same; {_COLUMN}",
    ),
    "BLASLt": (
        r"cublasLt(?:MatrixLayout\w+|Matmul|MatrixTransform)",
        "cuBLASLt: column-major unless CUBLASLT_MATRIX_LAYOUT_ORDER says otherwise",
        "hipBLASLt: the same; orders COL and ROW, and tiled ones of its own",
    ),
    "convolution": (
        r"cudnn(?:SetTensor(?:4d|Nd)Descriptor(?:Ex)?|SetFilter(?:4d|Nd)Descriptor)",
        "cuDNN: tensors by format or strides, filters KCRS (NCHW) or KRSC (NHWC), all packed but for explicit strides",
        "MIOpen: the same lengths in N, C, H, W order with a layout or strides; filters are tensors",
    ),
    "FFT": (
        r"cufft(?:PlanMany|MakePlanMany(?:64)?|XtMakePlanMany)",
        "cuFFT: embed sizes outermost first, stride and distance in elements; null embed ignores stride",
        "hipFFT: the same",
    ),
    "sparse": (
        r"cusparseCreate(?:Const)?(?:DnMat|Csr|Csc|Coo|BlockedEll|Bsr)",
        "cuSPARSE: dense matrices by CUSPARSE_ORDER_ROW or _COL with a leading dimension; indices by their base",
        "hipSPARSE: the same",
    ),
    "solver": (
        r"cusolverDn[SDCZX](?:potr[fs]|getr[fs]|geqrf|ormqr|orgqr|gesvd\w*|syev[dj]\w*|heev[dj]\w*|gels)",
        f"cuSOLVER: {_COLUMN}",
        f"hipSOLVER: the same; {_COLUMN}",
    ),
}


def _family(name: str) -> str:
    return next((family for family, (pattern, _, _) in _FAMILIES.items() if re.fullmatch(pattern, name)), "")


def _names() -> dict[str, str]:
    """Every known CUDA function whose arguments have a layout, with its family."""
    found = {}
    for name, row in names().items():
        if row.kind == "function" and row.library in ("cublas", "cublaslt", "cudnn", "cufft", "cusparse", "cusolver"):
            family = _family(name)
            if family:
                found[name] = family
    return found


_LAID_OUT = _names()


@rule(
    "layout-contract",
    "The layout that a library call assumes, on both sides",
    hazards=("L09",),
    words=_LAID_OUT,
    notes=(
        "#include <cublas_v2.h>\nvoid f(cublasHandle_t h, int n, float* a) {\n"
        "  cublasSgemm(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, a, a, n, a, n, a, a, n);\n}\n",
    ),
    keeps=("// cublasSgemm\nint cufft;\n", "struct B { void cublasSgemm(int); };\n"),
)
def contract(site: Site) -> Iterator[Finding]:
    """A port that silently reads rows as columns compiles and runs. Each file that calls a library with matrices,
    tensors or transforms gets one record for each kind: what CUDA's library assumes, what the HIP library assumes,
    and how many calls rely on it. Differences that no rule bridges are errors of their own (`layout-unbridged`).
    """
    found: dict[str, list[int]] = {}
    for match in re.finditer(rb"\b(?:cublas|cudnn|cufft|cusparse|cusolver)\w+(?=\s*\()", site.source.data):
        family = _LAID_OUT.get(match.group().decode())
        if not family:
            continue
        node = site.source.node_at(match.start(), match.end())
        if node is not None and node.type == "identifier" and used(Site(site.source, node, site.facts, site.rule)):
            found.setdefault(family, []).append(match.start())
    for family, places in sorted(found.items()):
        _, cuda, hip = _FAMILIES[family]
        calls = "1 call" if len(places) == 1 else f"{len(places)} calls"
        yield site.note(Level.INFO, f"{calls}: {cuda}. {hip}", at=places[0])


_UNBRIDGED = {
    "CUDNN_TENSOR_NCHW_VECT_C": (
        "channels in vectors of 4 or 32 have no layout in MIOpen that every operation takes",
        "store the tensor as NHWC int8, or as NCHW with the channels unpacked",
    ),
    "CUDNN_DATA_INT8x4": ("vectors of channels have no data type in MIOpen", "store int8 as NHWC"),
    "CUDNN_DATA_INT8x32": ("vectors of channels have no data type in MIOpen", "store int8 as NHWC"),
    "CUDNN_DATA_UINT8x4": ("vectors of channels have no data type in MIOpen", "store int8 as NHWC"),
    "CUBLASLT_ORDER_COL32": (
        "columns in tiles of 32 serve NVIDIA's int8 cores; hipBLASLt has no such order",
        "keep int8 matrices in CUBLASLT_ORDER_COL and drop the transforms to COL32",
    ),
    "CUBLASLT_ORDER_COL4_4R2_8C": (
        "this interleaving serves NVIDIA's Turing cores; hipBLASLt has no such order",
        "keep int8 matrices in CUBLASLT_ORDER_COL and drop the transforms",
    ),
    "CUBLASLT_ORDER_COL32_2R_4R4": (
        "this interleaving serves NVIDIA's Ampere cores; hipBLASLt has no such order",
        "keep int8 matrices in CUBLASLT_ORDER_COL and drop the transforms",
    ),
    "CUBLASLT_MATRIX_LAYOUT_PLANE_OFFSET": (
        "hipBLASLt has no planar complex matrices",
        "interleave real and imaginary parts",
    ),
    "CUSPARSE_FORMAT_SLICED_ELLPACK": ("hipSPARSE has no sliced ELLPACK", "convert the matrix to CSR"),
    "cusparseCreateSlicedEll": ("hipSPARSE has no sliced ELLPACK", "convert the matrix to CSR"),
    "cusparseCreateConstSlicedEll": ("hipSPARSE has no sliced ELLPACK", "convert the matrix to CSR"),
    "CUFFT_COMPATIBILITY_FFTW_PADDING": (
        "hipFFT pads in-place real transforms as FFTW does and has no other mode",
        "drop the setting if it is this one, repack the data if not",
    ),
}


@rule(
    "layout-unbridged",
    "Layouts that AMD's libraries do not have",
    hazards=("L09", "L06"),
    names=_UNBRIDGED,
    notes=tuple(f"auto x = {name};\n" for name in sorted(_UNBRIDGED)),
    keeps=("enum Mine { CUBLASLT_ORDER_COL32 };", "// CUDNN_TENSOR_NCHW_VECT_C\n"),
)
def unbridged(site: Site) -> Iterator[Finding]:
    """Some layouts exist for one generation of NVIDIA's matrix units. Nothing on AMD reads them, and data already
    stored so is read in the wrong order whatever the call is renamed to: this is an error until the data is stored
    otherwise.
    """
    if used(site):
        why, way = _UNBRIDGED[site.text]
        yield site.note(Level.ERROR, f"{site.text}: {why}", way)


@rule(
    "layout-nhwc",
    "Channels-last tensors outside convolutions",
    hazards=("L09",),
    words=("CUDNN_TENSOR_NHWC",),
    notes=(
        "#include <cudnn.h>\nvoid f(cudnnHandle_t h, cudnnTensorDescriptor_t x, cudnnLRNDescriptor_t l, float* s) {\n"
        "  cudnnSetTensor4dDescriptor(x, CUDNN_TENSOR_NHWC, CUDNN_DATA_FLOAT, 1, 2, 3, 4);\n"
        "  cudnnLRNCrossChannelForward(h, l, CUDNN_LRN_CROSS_CHANNEL_DIM1, s, x, s, s, x, s);\n}\n",
    ),
    keeps=("#include <cudnn.h>\ncudnnTensorFormat_t f = CUDNN_TENSOR_NHWC;\n",),
)
def channels_last(site: Site) -> Iterator[Finding]:
    """MIOpen's convolutions, batch normalisation and pooling take NHWC descriptors; its local response normalisation
    is written for NCHW: its kernels step along the width with a stride of 1. A file that has both is reported at that
    call.
    """
    for match in re.finditer(rb"\bcudnnLRNCrossChannel(?:Forward|Backward)(?=\s*\()", site.source.data):
        node = site.source.node_at(match.start(), match.end())
        if node is not None and node.type == "identifier":
            yield site.note(
                Level.ERROR,
                f"{match.group().decode()} in a file with NHWC tensors: MIOpen's LRN reads NCHW",
                "transform the tensor to NCHW before (miopenTransformTensor takes descriptors) or keep it NCHW "
                "throughout",
                at=match.start(),
            )
