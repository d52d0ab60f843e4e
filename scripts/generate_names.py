"""Generates `src/hipwright/knowledge/names/*.csv`: what each CUDA name is called in HIP.

A row is proposed by a spelling rule and accepted only when the ROCm headers declare the target with a kind that fits;
C functions are also compared by signature. What no spelling rule can know stands in `names_by_hand.toml` beside
this file: irregular spellings, names the CUDA headers no longer declare, and the ways out of what HIP lacks.

    python scripts/generate_names.py --cuda CUDA/include --rocm ROCM/include
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from clang_headers import Clang, Declaration, Macro, cuda_clang, declarations, hip_clang, macros

HERE = Path(__file__).resolve().parent
TABLES = HERE.parent / "src" / "hipwright" / "knowledge" / "names"
COLUMNS = ("cuda", "hip", "kind", "library", "since", "until", "note")

# Which library a header belongs to, by the start of its path below the include directory; first match wins.
CUDA_LIBRARIES = (
    ("cuda_runtime", "runtime"), ("driver_types", "runtime"), ("cuda_device_runtime", "runtime"),
    ("cuda_gl", "runtime"), ("cuda_egl", "runtime"), ("channel_descriptor", "runtime"), ("texture_types", "runtime"),
    ("surface_types", "runtime"), ("driver_functions", "runtime"), ("device_types", "runtime"),
    ("library_types", "runtime"), ("host_defines", "runtime"), ("crt/host_defines", "runtime"),
    ("builtin_types", "runtime"), ("cuda.h", "driver"), ("cudaGL", "driver"), ("cudaEGL", "driver"),
    ("cublasLt", "cublaslt"), ("cublas", "cublas"), ("cufft", "cufft"), ("cudalibxt", "cufft"),
    ("curand.h", "curand"), ("curand", "curand_kernel"), ("cusparse", "cusparse"), ("cusolver", "cusolver"),
    ("cudnn", "cudnn"), ("nccl", "nccl"), ("nvrtc", "nvrtc"), ("nvml", "nvml"), ("nvPTXCompiler", "ptxcompiler"),
    ("nvtx3/nvToolsExt", "nvtx"), ("nvtx3/nvtxDetail/nvtxTypes", "nvtx"), ("cuComplex", "complex"),
    ("cuda_fp16", "fp16"), ("cuda_bf16", "bf16"), ("cuda_fp8", "fp8"), ("cuda_fp6", "fp6"), ("cuda_fp4", "fp4"),
    ("cooperative_groups", "cg"), ("math_constants", "math"), ("crt/math_functions", "math"), ("mma", "wmma"),
    ("crt/mma", "wmma"), ("cuda_pipeline", "pipeline"), ("cuda_awbarrier", "barrier"), ("vector_", "vector"),
    ("cub/", "cub"), ("thrust/", "thrust"), ("crt/sm_", "device"), ("sm_", "device"), ("device_", "device"),
    ("crt/device_", "device"), ("texture_", "texture"), ("surface_", "texture"), ("crt/common_functions", "device"),
    ("cupti", "cupti"),
)  # fmt: skip
CLANG_LIBRARIES = (
    ("__clang_cuda_libdevice", ""), ("__clang_cuda_math", "math"), ("__clang_cuda_cmath", "math"),
    ("__clang_cuda_builtin_vars", ""), ("__clang_cuda_complex", ""), ("__clang_cuda_", "device"),
)  # fmt: skip
CUDA_HEADERS = (
    "cuda_runtime.h", "cuda.h", "cuda_gl_interop.h", "cudaGL.h", "cuda_egl_interop.h", "cudaEGL.h", "cublas_v2.h",
    "cublasLt.h", "cublasXt.h", "cufft.h", "cufftXt.h", "curand.h", "curand_kernel.h", "cusparse.h", "cusolverDn.h",
    "cusolverSp.h", "cusolverRf.h", "cusolverMg.h", "cudnn.h", "nccl.h", "nvrtc.h", "nvml.h", "nvPTXCompiler.h",
    "nvtx3/nvToolsExt.h", "nvtx3/nvToolsExtCuda.h", "nvtx3/nvToolsExtCudaRt.h", "cuComplex.h", "cuda_fp16.h",
    "cuda_bf16.h", "cuda_fp8.h", "cuda_fp6.h", "cuda_fp4.h",
    "cooperative_groups.h", "cooperative_groups/reduce.h", "cooperative_groups/scan.h",
    "cooperative_groups/memcpy_async.h", "math_constants.h", "mma.h", "cuda_pipeline.h", "cuda_awbarrier.h",
    "cub/cub.cuh",
)  # fmt: skip
# Two passes: hip_fp4.h and hip_fp6.h of ROCm 7.2 define one helper twice and cannot be included together.
HIP_HEADERS = (
    (
        "hip/hip_runtime.h", "hip/hip_fp16.h", "hip/hip_bf16.h", "hip/hip_fp8.h", "hip/hip_fp6.h", "hip/hip_complex.h",
        "hip/hip_cooperative_groups.h", "hip/hip_math_constants.h", "hip/hip_ext.h", "hip/hip_gl_interop.h",
        "hip/hiprtc.h", "hiprand/hiprand.h", "hiprand/hiprand_kernel.h", "hipblas/hipblas.h", "hipblaslt/hipblaslt.h",
        "hipfft/hipfft.h", "hipfft/hipfftXt.h", "hipsparse/hipsparse.h", "hipsolver/hipsolver.h",
        "hipsparselt/hipsparselt.h", "miopen/miopen.h", "rccl/rccl.h", "hipcub/hipcub.hpp",
        "thrust/execution_policy.h", "thrust/system/hip/execution_policy.h", "hip/hip_profile.h",
    ),
    ("hip/hip_runtime.h", "hip/hip_fp4.h"),
)  # fmt: skip
# nvcc declares these itself, so clang's CUDA mode skips their headers; their prototypes are read as text.
BUILTIN_HEADERS = (
    "crt/device_functions.h", "crt/math_functions.h", "crt/device_double_functions.h", "sm_20_intrinsics.h",
    "sm_30_intrinsics.h", "sm_32_intrinsics.h", "sm_35_intrinsics.h", "sm_61_intrinsics.h",
    "sm_20_atomic_functions.h", "sm_32_atomic_functions.h", "sm_60_atomic_functions.h", "device_atomic_functions.h",
    "crt/sm_70_rt.h", "crt/sm_80_rt.h", "crt/sm_90_rt.h", "vector_functions.h",
)  # fmt: skip
# Structures that HIP's headers redirect by macro to a versioned name.
STRUCTURES = {"hipDeviceProp_t": "hipDeviceProp_tR0600"}
DEVICE_LIBRARIES = {"device", "math", "fp16", "bf16", "fp8", "fp6", "fp4", "curand_kernel", "texture", "vector"}

PUBLIC_MACRO = re.compile(
    r"(CUDA|CU_|CUBLAS|CUFFT|CURAND|CUSPARSE|CUSOLVER|CUDNN|NCCL|NVRTC|NVML_|NVTX_VERSION|CUDART|CUB_|cuda[A-Z]|cu[A-Z]|"
    r"cublas|cufft|curand|cusparse|cusolver|cudnn|nccl|nvrtc|nvml|nvtx|__CUDA_ARCH__|__CUDACC|__NVCC__|make_)"
)
PRIVATE = re.compile(
    r"^_(?!_)|^__DEPRECATED__$|^cudalibrary|^CUDA_CUB_|^NVCL_|^cl_|^CIG_|_HAS_BEEN_DEFINED$|^__(nvvm|cuda(?!Surface|Texture)|nv_(?!bfloat|fp[468]|half|saturation|cvt|e8m0)|STORAGE|DEVICE|MATH|"
    r"builtin|imm|CUDA_(?!ARCH__)|clang|NV|libcpp|cxa|internal|cudart|pipeline_(?!memcpy_async$|commit$|wait_prior$)|"
    r"mbarrier|awbarrier|surf|tex|size_|isGlobal_|assert|signbitl|isnanl|isinfl|finitel|isfinitel|local|const)"
    r"|^__(\w*Atomic\w*|curand_\w+|cr_\w+|get_\w*mrg\w*|get_precalc\w*|match(32|64)_\w+|hcos_internal|hsin_internal|"
    r"\w+_simpl_\w+|isfinitef|isfinited|isinfd|isnand|signbitd|cluster\w+|\w+_HELPER|pow_helper|cmath_power|DOUBLE_BITS|"
    r"FLOAT_BITS|bool2mask|uni_sync)$|^curn?and_(M2_|MRG|Philox4x32_10$|box_|binary|mtgp32_s|poisson_)|_impl$|QUALIFIERS$"
    r"|::definition|_H_*$|_HPP_*$|_CUH_*$|__inline|_DECL_*$|STATIC|^cudaTexture_|<nameless>|^CUDA_(CB|STDCALL)$|_EXPORT$|_internal_"
)


# Words of CUDA's own implementation or so plain that a program's own function is the likelier meaning.
PLAIN_WORDS = {
    "MAJOR_VERSION", "MINOR_VERSION", "PATCH_LEVEL", "dadd", "dmul", "dsub", "double2int", "double2ll", "double2uint",
    "double2ull", "float2double", "int2double", "ll2double", "uint2double", "ull2double", "mulhilo32", "para_rec",
    "temper", "temper_single", "Philox_State_Incr", "Philox_State_Incr_hi", "normal_args_st", "normal_args_t",
    "normal_args_double_st", "normal_args_double_t", "mtgp32_kernel_params", "mtgp32_params_fast", "pruneInfo",
    "all", "any", "ballot", "syncthreads_and", "syncthreads_count", "syncthreads_or", "vprintf", "surface",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, as `hipwright.knowledge` reads it."""

    cuda: str
    hip: str
    kind: str
    library: str
    since: str = ""
    until: str = ""
    note: str = ""


class Target:
    """What the ROCm headers declare, found by exact spelling or by spelling without case and underscores."""

    def __init__(self, found: Iterable[Declaration], defined: Iterable[Macro]) -> None:
        self.kinds: dict[str, set[str]] = defaultdict(set)
        self.types: dict[str, list[str]] = defaultdict(list)
        self.folded: dict[str, list[str]] = defaultdict(list)
        for one in found:
            self.kinds[one.name].add(one.kind)
            if one.type and one.type not in self.types[one.name]:
                self.types[one.name].append(one.type)
        for macro in defined:
            self.kinds[macro.name].add("macro")
        for name in sorted(self.kinds):
            self.folded[fold(name)].append(name)

    def has(self, name: str, kind: str) -> bool:
        """Whether `name` is declared and can be what `kind` is."""
        return bool(self.kinds.get(name, set()) & FITS[kind])

    def find(self, name: str, kind: str) -> Iterator[str]:
        """Yield the declared names that `name` spells but for case and underscores, the most alike first."""
        alike = sorted(self.folded.get(fold(name), ()), key=lambda each: -shared_start(each, name))
        return (each for each in alike if self.has(each, kind))


FITS = {
    "function": {"function", "macro"},
    "device": {"function", "macro"},
    "type": {"type", "class", "macro"},
    "class": {"type", "class", "function"},
    "enum": {"enum", "macro", "variable"},
    "macro": {"macro", "enum", "variable", "function", "type", "class"},
    "namespace": {"namespace"},
    "member": {"field"},
    "variable": {"variable", "macro", "enum"},
}


def shared_start(one: str, other: str) -> int:
    """Return how many characters two names begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def fold(name: str) -> str:
    """Return what two spellings of one name share: CU_DEVICE_ATTRIBUTE_WARP_SIZE and hipDeviceAttributeWarpSize."""
    return name.replace("_", "").lower()


# Spelling rules: what a name may become, most specific first. All that exist in HIP are tried in order.
SPELLINGS: tuple[tuple[str, str], ...] = (
    (r"^cudaDevAttr(\w+)$", r"hipDeviceAttribute\1"),
    (r"^cudaDevAttrMax(\w+?\dD\w*?|\w*Cubemap\w*?|\w+3D)(Width|Height|Depth|Pitch)$", r"hipDeviceAttributeMax\1"),
    (r"^cudaDevAttrMax(\w+3D)(Width|Height|Depth)Alt$", r"hipDeviceAttributeMax\1Alt"),
    (r"^cudaDevAttrMax(\w+)Mipmapped(Width|Height)$", r"hipDeviceAttributeMax\1Mipmap"),
    (r"^CU_DEVICE_ATTRIBUTE_(\w+)$", r"hipDeviceAttribute\1"),
    (r"^CU_DEVICE_ATTRIBUTE_MAXIMUM_(\w+)$", r"hipDeviceAttributeMax\1"),
    (r"^CU_DEVICE_ATTRIBUTE_MAXIMUM_(\w+)_ALTERNATE$", r"hipDeviceAttributeMax\1_Alt"),
    (r"^CU_DEVICE_ATTRIBUTE_MAXIMUM_(\w+)_(WIDTH|HEIGHT|DEPTH|PITCH)$", r"hipDeviceAttributeMax\1"),
    (r"^CU_DEVICE_ATTRIBUTE_MAXIMUM_(\w+)_(WIDTH|HEIGHT|DEPTH)_ALTERNATE$", r"hipDeviceAttributeMax\1_Alt"),
    (r"^CU_DEVICE_ATTRIBUTE_MAXIMUM_(\w+)_ARRAY_(WIDTH|HEIGHT)$", r"hipDeviceAttributeMax\1_Layered"),
    (r"^CU_DEVICE_ATTRIBUTE_MAXIMUM_(\w+)_MIPMAPPED_(WIDTH|HEIGHT)$", r"hipDeviceAttributeMax\1_Mipmap"),
    (r"^CU_DEVICE_P2P_ATTRIBUTE_(\w+)$", r"hipDevP2PAttr\1"),
    (r"^CUDA_ERROR_(\w+)$", r"hipError\1"),
    (r"^CUDA_SUCCESS$", r"hipSuccess"),
    (r"^CUDA_ARRAY3D_(?!DESCRIPTOR)(\w+)$", r"hipArray\1"),
    (r"^CUDA_EXT_SEM_(SIGNAL|WAIT)_(\w+?)(_v\d)?(_st)?$", r"hipExternalSemaphore\1\2"),
    (r"^CUDA_(?!EXTERNAL)(\w+)_PARAMS(_v\d)?(_st)?$", r"hip\1Params"),
    (r"^CUDA_(\w+)_(st|ST)$", r"HIP_\1_st"),
    (r"^CUDART_(\w+)$", r"HIP_\1"),
    (r"^CUDART_(\w+)$", r"HIPRT_\1"),
    (r"^CUDA_(?!ERROR_)(\w+)$", r"HIP_\1"),
    (r"^CU_CTX_SCHED_(\w+)$", r"hipDeviceSchedule\1"),
    (r"^CU_CTX_(\w+)$", r"hipDevice\1"),
    (r"^CU_JIT_(\w+)$", r"hipJitOption\1"),
    (r"^CU_MEMHOSTALLOC_(\w+)$", r"hipHostAlloc\1"),
    (r"^CU_MEMHOSTREGISTER_(\w+)$", r"hipHostRegister\1"),
    (r"^CU_MEMPOOL_ATTR_(\w+)$", r"hipMemPool\1"),
    (r"^CU_MEMPOOL_ATTR_(\w+)$", r"hipMemPoolAttr\1"),
    (r"^CU_MEM_ALLOC_GRANULARITY_(\w+)$", r"hipMemAllocationGranularity\1"),
    (r"^CU_SHARED_MEM_CONFIG_(\w+)_BANK_SIZE$", r"hipSharedMemBankSize\1"),
    (r"^CU_(\w+)$", r"hip\1"),
    (r"^CU_(\w+)$", r"HIP_\1"),
    (r"^CU_(\w+)$", r"HIP\1"),
    (r"^cudaJit(\w+)$", r"hipJitOption\1"),
    (r"^cudaHostAlloc([A-Z]\w+)$", r"hipHostAlloc\1"),
    (r"^cuda(\w+)$", r"hip\1"),
    (r"^cuda(\w+)$", r"hip\1_t"),
    (r"^cudaThread(\w+)$", r"hipDevice\1"),
    (r"^cublas(\w*)$", r"hipblas\1"),
    (r"^CUBLAS(\w*)$", r"HIPBLAS\1"),
    (r"^cufft(\w*)$", r"hipfft\1"),
    (r"^CUFFT(\w*)$", r"HIPFFT\1"),
    (r"^curand(\w*)$", r"hiprand\1"),
    (r"^CURAND(\w*)$", r"HIPRAND\1"),
    (r"^cusparse(\w*)$", r"hipsparse\1"),
    (r"^CUSPARSE(\w*)$", r"HIPSPARSE\1"),
    (r"^cusolver(\w*)$", r"hipsolver\1"),
    (r"^CUSOLVER(\w*)$", r"HIPSOLVER\1"),
    (r"^(gesvdj|syevj)Info_t$", r"hipsolver\1Info_t"),
    (r"^cudnn(\w*)$", r"miopen\1"),
    (r"^cudnn(Get|Set)(Tensor|Pooling)([2-5N]d)(\w*)$", r"miopen\1\3\2\4"),
    (r"^cudnn(\w+)Struct$", r"miopen\1_t"),
    (r"^cudnn(\w+)_v\d$", r"miopen\1"),
    (r"^CUDNN_STATUS_(\w+)$", r"miopenStatus\1"),
    (r"^CUDNN_DATA_(\w+)$", r"miopen\1"),
    (r"^CUDNN_OP_TENSOR_(\w+)$", r"miopenTensorOp\1"),
    (r"^CUDNN_(RNN|POOLING|ACTIVATION|TENSOR)_(\w+)$", r"miopen\1\2"),
    (r"^CUDNN_(\w+)$", r"MIOPEN_\1"),
    (r"^CUDNN_(LSTM|GRU)$", r"miopen\1"),
    (r"^nvrtc(\w*)$", r"hiprtc\1"),
    (r"^NVRTC(\w*)$", r"HIPRTC\1"),
    (r"^cu(Event|Stream)Create$", r"hip\1CreateWithFlags"),
    (r"^cuMemcpy(2D(?:Async)?)$", r"hipMemcpyParam\1"),
    (r"^cu([A-Z]\w*)$", r"hip\1"),
    (r"^cu([A-Z]\w*)$", r"hipDrv\1"),
    (r"^cu([A-Z]\w*)$", r"hipModule\1"),
    (r"^cuMemAlloc(\w*)$", r"hipMalloc\1"),
    (r"^cuMem(Free|Host)(\w*)$", r"hip\1\2"),
    (r"^cuCtx(\w*)$", r"hipDevice\1"),
    (r"^CU(\w+)_st$", r"ihip\1_t"),
    (r"^CU(\w+)_st$", r"ihip\1"),
    (r"^CU([a-z]\w*)$", r"hip\1_t"),
    (r"^CU([a-z]\w*)$", r"hip\1"),
    (r"^CU([a-z]\w*)$", r"HIP\1"),
    (r"^__nv_(\w+)$", r"__hip_\1"),
    (r"^__NV_(\w+)$", r"__HIP_\1"),
    (r"^nv_(\w+)$", r"__hip_\1"),
    (r"^make_cu(da)?(\w+)$", r"make_hip\2"),
    (r"^cub(::\w+.*)?$", r"hipcub\1"),
    (r"^CUB(\w+)$", r"HIPCUB\1"),
    (r"^Cub(\w+)$", r"Hipcub\1"),
    (r"^(\w.*)$", r"\1"),
)
# A versioned or per-thread-stream entry point is the same call to HIP; `_spt` is HIP's per-thread spelling.
SUFFIXES = (
    (r"_ptsz$", "_spt"), (r"_ptds$", "_spt"), (r"(_v\d)+(_64)?$", r"\2"), (r"(_v\d)+(_ptsz|_ptds)?(_64)?$", ""),
    (r"_64$", ""), (r"(_v\d)?_st$", ""), (r"_enum$", ""), (r"_union$", ""), (r"(Struct|V2)$", ""),
)  # fmt: skip


def spellings(name: str) -> Iterator[str]:
    """Yield every HIP spelling worth looking for, most specific first."""
    stems = [name]
    for pattern, ending in SUFFIXES:
        stem = re.sub(pattern, ending, name)
        if stem != name:
            stems.append(stem)
            stems.append(re.sub(r"_spt$", "", stem))
    for stem in stems:
        for pattern, template in SPELLINGS:
            if re.match(pattern, stem):
                yield re.sub(pattern, template, stem)


def library_of(file: str, roots: tuple[Path, ...]) -> str:
    """Return the library a CUDA header belongs to, empty for what is not CUDA's own."""
    for root in roots:
        if file.startswith(f"{root}/"):
            below = file[len(str(root)) + 1 :]
            return next((library for start, library in CUDA_LIBRARIES if below.startswith(start)), "")
    base = file.rsplit("/", 1)[-1]
    return next((library for start, library in CLANG_LIBRARIES if base.startswith(start)), "")


def builtin_prototypes(include: Path) -> Iterator[tuple[str, str]]:
    """Yield (name, library) of the device functions nvcc has built in, from the text of their headers."""
    prototype = re.compile(r"(?:_DECL__|__device_builtin__|__device__)[^;{}()#]*?\b(\w+)\s*\(")
    for header in BUILTIN_HEADERS:
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", (include / header).read_text(errors="replace"), flags=re.S)
        library = next(library for start, library in CUDA_LIBRARIES if header.startswith(start))
        for match in prototype.finditer(text):
            yield match[1], library


Names = dict[str, tuple[str, str, list[str]]]  # name → (kind, library, signatures)


def cuda_names(include: Path) -> tuple[Names, dict[str, str]]:
    """Return everything public that the CUDA headers declare or define, and what their typedefs stand for."""
    names: Names = {}
    typedefs: dict[str, str] = {}
    clang = cuda_clang(include)
    for one in declarations(clang, list(CUDA_HEADERS)):
        library = library_of(one.file, (include,))
        name = re.sub(r"::__v1\b|^nvcuda::wmma::", lambda m: m[0] if "nvcuda" in m[0] else "", one.name)
        kind = one.kind
        if kind == "type" and one.type:
            typedefs[one.name] = one.type
        if not library or "::detail" in name or "__" in name.lstrip("_") or PRIVATE.search(name):
            continue
        if "operator" in name or name in PLAIN_WORDS:
            continue
        if kind == "function" and library in DEVICE_LIBRARIES:
            kind = "device"
        if kind == "field":
            kind = "member"
        if library == "thrust":
            continue  # rocThrust keeps the names; what it spells differently is listed by hand
        if library in ("cub", "cg", "wmma"):
            if "::" not in name or name.count("::") > (2 if library == "wmma" else 1) or kind in ("member", "variable"):
                continue
        elif kind == "member":
            if library not in ("runtime", "driver") or not re.match(r"(cuda|CU)\w+::\w+$", name):
                continue
        elif kind in ("namespace", "variable") or "::" in name:
            continue
        known = names.get(name)
        if known is None:
            names[name] = (kind, library, [one.type] if one.type else [])
        elif one.type and one.type not in known[2]:
            known[2].append(one.type)
    for name, library in builtin_prototypes(include):
        if not PRIVATE.search(name) and name not in names and name not in PLAIN_WORDS:
            names[name] = ("device", library, [])
    for macro in macros(clang, list(CUDA_HEADERS)):
        library = library_of(macro.file, (include,))
        if not library or macro.name in names or not PUBLIC_MACRO.match(macro.name) or PRIVATE.search(macro.name):
            continue
        # cuda.h selects an entry point by macro: `#define cuMemcpy2D __CUDA_API_PTDS(cuMemcpy2D_v2)`.
        alias = re.sub(r"^__CUDA_API_PT\w+\((\w+)\)$", r"\1", macro.body)
        kind, _, types = names.get(alias, ("macro", "", []))
        names[macro.name] = (kind, library, types)
    names["cub"] = ("namespace", "cub", [])
    return names, typedefs


def hand_written() -> dict[str, Any]:
    """Return what stands in `names_by_hand.toml`."""
    return tomllib.loads((HERE / "names_by_hand.toml").read_text(encoding="utf-8"))


_BRACES = re.compile(r"\{([^}]*)\}")


def expand(pattern: str) -> list[str]:
    """Return what a pattern with {a,b} alternatives spells, left to right."""
    found = _BRACES.search(pattern)
    if found is None:
        return [pattern]
    before, after = pattern[: found.start()], pattern[found.end() :]
    return [each for part in found[1].split(",") for each in expand(before + part + after)]


def way_out(name: str, library: str, ways: list[dict[str, str]]) -> str:
    """Return the nearest way out of a name that HIP lacks: the first hand-written one that matches."""
    for way in ways:
        if way.get("library", library) == library and re.search(way.get("pattern", ""), name):
            return way["note"]
    return ""


_TAG = re.compile(r"\b(struct|enum|union|class|const|__restrict|__restrict__|volatile)\b")
_WORD = re.compile(r"\w+")
# Types a call converts between without a word, passed by value.
_INTEGERS = {"long": "longlong", "unsignedlong": "unsignedlonglong", "size_t": "unsignedlonglong", "unsigned": "int"}


def parameters(type_: str) -> list[str]:
    """Split a function type into its return type and parameter types."""
    head, _, tail = type_.partition("(")
    inner = tail.rsplit(")", 1)[0]
    parts, depth, current = [head], 0, ""
    for char in inner:
        depth += (char in "(<[") - (char in ")>]")
        if char == "," and not depth:
            parts.append(current)
            current = ""
        else:
            current += char
    return [*parts, current] if current.strip() and current.strip() != "void" else parts


class Spelled:
    """Types of one vendor brought to a common form: renamed, typedefs resolved, tags and qualifiers dropped."""

    def __init__(self, typedefs: dict[str, str], renamed: dict[str, str], target: Spelled | None = None) -> None:
        self.typedefs = typedefs
        self.renamed = renamed
        self.target = target  # how a renamed type is spelled out further

    def resolve(self, text: str) -> str:
        """Replace each name by what it stands for, down to structures and built-in types."""

        def replace(word: re.Match[str]) -> str:
            name = word[0]
            if name in self.renamed and self.target:
                return self.target.resolve(self.renamed[name])
            stands_for = _TAG.sub(" ", self.typedefs.get(name, name))
            return name if name in _WORD.findall(stands_for) else self.resolve(stands_for)

        return _WORD.sub(replace, _TAG.sub(" ", text))

    def plain(self, type_: str) -> str:
        """Return the common form of a type."""
        text = self.resolve(type_)
        text = re.sub(r"\bint\b", "", text) if re.search(r"\b(long|short)\b", text) else text
        text = re.sub(r"\s+", "", re.sub(r"\bunsigned int\b", "unsigned", text))
        return _INTEGERS.get(text, text)


def signature_difference(cuda: list[str], hip: list[str], ours: Spelled, theirs: Spelled) -> str:
    """Say where two C signatures differ after renaming, or return nothing."""
    if len(cuda) != 1 or len(hip) != 1 or "(" not in cuda[0] or "(" not in hip[0]:
        return ""
    originals, targets = parameters(cuda[0]), parameters(hip[0])
    if len(originals) != len(targets):
        return f"signature: differs: {len(originals) - 1} parameters in CUDA, {len(targets) - 1} in HIP"
    for position, (one, other) in enumerate(zip(originals, targets, strict=True)):
        if ours.plain(one) != theirs.plain(other):
            where = "returns" if position == 0 else f"parameter {position} is"
            return f"signature: differs: {where} {one.strip()} in CUDA, {other.strip()} in HIP"
    return ""


def choose(name: str, kind: str, target: Target, differs: Callable[[str], str]) -> tuple[str, str]:
    """Return the target of a name and how its signature differs: the first that fits, else the first there is.

    Exact spellings go before those that differ in case and underscores; a device function has only the exact one.
    """
    tried = list(dict.fromkeys(spellings(name)))
    found = [each for each in tried if target.has(each, kind)]
    if kind != "device":
        found += [hip for each in tried for hip in target.find(each, kind)]
    differences = [(hip, differs(hip)) for hip in dict.fromkeys(found)]
    return next((each for each in differences if not each[1]), differences[0] if differences else ("", ""))


def build(cuda_include: Path, rocm_include: Path) -> list[Row]:
    """Return all rows, each target checked to exist with a fitting kind."""
    clang = hip_clang(rocm_include)
    found = [one for headers in HIP_HEADERS for one in declarations(clang, list(headers))]
    vendor = ("<built-in>", str(rocm_include), str(Path(clang.command[clang.command.index("-resource-dir") + 1])))
    everything = {one.name for one in found}
    typedefs_there = {one.name: one.type for one in found if one.kind == "type" and one.type}
    found = [one for one in found if one.file.startswith(vendor)]
    defined = [one for headers in HIP_HEADERS for one in macros(clang, list(headers))]
    target = Target(found, (one for one in defined if one.file.startswith(vendor)))
    hand = hand_written()
    names, typedefs = cuda_names(cuda_include)
    for legacy in hand["legacy"]:
        for pattern in legacy["names"]:
            for name in expand(pattern):
                names.setdefault(name, (legacy["kind"], legacy["library"], []))
    for each in sorted(target.kinds):
        # cuSPARSELt's headers are not in the CUDA wheels; hipSPARSELt mirrors it name for name.
        mirrored = re.match(r"(hip|HIP)(sparseLt\w+|SPARSELT_\w+)$", each)
        if mirrored and target.kinds[each] & {"function", "type", "enum"} and "VERSION" not in each:
            mirror = next(kind for kind in ("function", "type", "enum") if kind in target.kinds[each])
            names.setdefault(("cu" if mirrored[1] == "hip" else "CU") + mirrored[2], (mirror, "cusparselt", []))
    irregular = {name: hip for section in hand["irregular"].values() for name, hip in section.items()}
    refused = {
        name: section["why"] for section in hand["refused"] for pattern in section["names"] for name in expand(pattern)
    }
    accepted = {name for pattern in hand["default_arguments"] for name in expand(pattern)}
    for name in (*irregular, *refused, *accepted):
        if name not in names:
            raise SystemExit(f"names_by_hand.toml: {name} is not a known CUDA name")
    for name, hip in irregular.items():
        if not target.has(hip, names[name][0]) and hip not in everything:
            raise SystemExit(f"names_by_hand.toml: {name} = {hip}: ROCm declares no such {names[name][0]}")

    rows: dict[str, Row] = {}
    renamed: dict[str, str] = {}
    theirs = Spelled(typedefs_there, {})
    ours = Spelled(typedefs, renamed, theirs)
    # Types first: signatures are compared in terms of them.
    for name, (kind, library, types) in sorted(names.items(), key=lambda item: (item[1][0] != "type", item[0])):
        if kind == "member":
            continue
        note = ""

        def differs(hip: str, types: list[str] = types, kind: str = kind) -> str:
            theirs_too = target.types.get(hip, [])
            plain = kind == "enum" and types and theirs_too and "::" not in types[0]
            if plain and ours.plain(types[0]) != theirs.plain(theirs_too[0]):
                return f"type: differs: {types[0]} in CUDA, {theirs_too[0]} in HIP"
            return signature_difference(types, theirs_too, ours, theirs) if kind == "function" else ""

        if name in refused:
            hip, note = "", refused[name]
        else:
            hip = irregular.get(name, "")
            hip, note = (hip, differs(hip)) if hip else choose(name, kind, target, differs)
            arity = " parameters in CUDA" in note and name not in accepted
            if note and (library == "cudnn" or arity):
                # The call of the same name takes other arguments: a rename would be wrong.
                hip, note = "", f"nearest is {hip}; {note.removeprefix('signature: ')}"
        if kind == "type" and hip:
            renamed[name] = hip
        if not hip and not note:
            note = way_out(name, library, hand["way_out"])
        rows[name] = Row(name, hip, kind, library, note=note)
    rows.update(members(names, renamed, target, hand))
    for name, different in overloads(clang, names, rows, ours).items():
        rows[name] = replace(rows[name], note=overload_note(rows[name].hip, different, len(names[name][2])))
    return sorted(rows.values(), key=lambda row: row.cuda)


@dataclass(frozen=True, slots=True)
class Overload:
    """One overload of a device function as CUDA declares it, and what HIP makes of the same call."""

    parameters: str
    returns: str
    hip: str  # what HIP's returns where it differs; empty where HIP takes no such call


def overload_note(hip: str, found: list[Overload], counted: int) -> str:
    """Say which overloads of a device function HIP lacks, and which return another type."""

    def shown(each: list[str]) -> str:
        return "; ".join(each[:8]) + ("; …" if len(each) > 8 else "")

    lacking = [f"({one.parameters})" for one in found if not one.hip]
    other = [f"{one.hip} for ({one.parameters}), CUDA's {one.returns}" for one in found if one.hip]
    notes = []
    if lacking:
        notes.append(f"overloads: HIP's {hip} takes {counted - len(lacking)} of CUDA's {counted}; not {shown(lacking)}")
    if other:
        notes.append(f"returns: HIP's {hip} gives {shown(other)}")
    return ". ".join(notes)


def members(names: Names, renamed: dict[str, str], target: Target, hand: dict[str, Any]) -> dict[str, Row]:
    """Return rows for the fields of renamed structures that are spelled differently or are absent in HIP.

    A field both structures have needs no row. Structures are named as a program does: by typedef, not by tag.
    """
    fields: dict[str, Row] = {}
    for name, (kind, library, _) in sorted(names.items()):
        if kind != "member":
            continue
        tag, _, field = name.partition("::")
        owner = next((each for each in (re.sub(r"(_v\d)?_(st|union)$", "", tag), tag) if each in renamed), "")
        struct = STRUCTURES.get(renamed.get(owner, ""), renamed.get(owner, ""))
        if not any(each.startswith(f"{struct}::") for each in target.kinds) or field.startswith("reserved"):
            continue  # opaque in HIP, or not a field for programs
        wanted = hand["members"].get(f"{owner}::{field}", field)
        exists = target.has(f"{struct}::{wanted}", "member")
        if exists and wanted == field:
            continue
        label = f"{owner}::{field}"
        note = "" if exists else way_out(label, library, hand["way_out"])
        fields[label] = Row(label, wanted if exists else "", "member", library, note=note)
    return fields


def overloads(clang: Clang, names: Names, rows: dict[str, Row], ours: Spelled) -> dict[str, list[Overload]]:
    """Return name → the overloads of device functions that differ, found by compiling a call of each of CUDA's."""
    lines = [f"#include <{header}>" for header in HIP_HEADERS[0]]
    lines.append("template <class A, class B> struct hipwright_same { static constexpr bool value = false; };")
    lines.append("template <class A> struct hipwright_same<A, A> { static constexpr bool value = true; };")
    calls: dict[int, tuple[str, str, str]] = {}
    results: dict[int, tuple[str, str, str]] = {}
    for name, row in sorted(rows.items()):
        if row.kind != "device" or not row.hip or row.library in ("fp4", "curand_kernel", "texture"):
            continue
        for number, type_ in enumerate(names[name][2]):
            returned, *taken = (each.strip() for each in parameters(type_))
            if (not taken and "()" not in type_) or any("..." in each or "(" in each for each in taken):
                continue
            result, *spelled = (
                _WORD.sub(lambda word: ours.renamed.get(word[0], word[0]), each) for each in (returned, *taken)
            )
            declared = ", ".join(f"{each} a{position}" for position, each in enumerate(spelled))
            call = f"::{row.hip}({', '.join(f'a{position}' for position in range(len(spelled)))})"
            lines.append(f"__device__ void {name}_call_{number}({declared}) {{ (void){call}; }}")
            calls[len(lines)] = (name, ", ".join(taken), returned)
            same = f"static_assert(hipwright_same<decltype({call}), {result}>::value)"
            lines.append(f"__device__ void {name}_result_{number}({declared}) {{ {same}; }}")
            results[len(lines)] = (name, ", ".join(taken), returned)
    found: dict[str, dict[str, Overload]] = defaultdict(dict)
    for message in clang.run("\n".join(lines) + "\n").stderr.splitlines():
        error = re.search(r"probe\.cu:(\d+):\d+: error: (.*)", message)
        if error is None:
            continue
        line = int(error[1])
        if line in calls:
            name, taken_text, returned = calls[line]
            found[name][taken_text] = Overload(taken_text, returned, "")
        elif line in results and (types := re.search(r"hipwright_same<(.*)>::value", error[2])):
            name, taken_text, returned = results[line]
            given = types[1].removesuffix(f", {returned}")
            # bool and int answer a yes or no alike.
            if (given, returned) != ("bool", "int"):
                found[name].setdefault(taken_text, Overload(taken_text, returned, given))
    return {name: list(each.values()) for name, each in found.items() if each}


def write(rows: Iterable[Row], folder: Path) -> None:
    """Write one table per library, sorted by name."""
    tables: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        tables[row.library].append(row)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        if old.stem not in tables:
            old.unlink()
    for library, group in sorted(tables.items()):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([getattr(row, column) for column in COLUMNS] for row in group)
        (folder / f"{library}.csv").write_text(text.getvalue(), encoding="utf-8")


def main() -> None:
    """Read both vendors' headers and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuda", type=Path, required=True, help="include directory of CUDA 12.9 or of its wheels")
    parser.add_argument("--rocm", type=Path, required=True, help="include directory of ROCm 7.2 or later")
    parser.add_argument("--output", type=Path, default=TABLES)
    arguments = parser.parse_args()
    rows = build(arguments.cuda.resolve(), arguments.rocm.resolve())
    write(rows, arguments.output)
    mapped = sum(1 for row in rows if row.hip)
    print(f"{len(rows)} rows: {mapped} with a HIP name, {len(rows) - mapped} without")


if __name__ == "__main__":
    main()
