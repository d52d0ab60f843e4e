"""Libraries of NVIDIA's that AMD has nothing to put in the place of, call for call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule

# First part of an include path: what the library is, and the way out.
_LIBRARIES = {
    "nvshmem": ("NVSHMEM", "rocSHMEM, or RCCL where collectives are enough"),
    "nvshmemx": ("NVSHMEM", "rocSHMEM, or RCCL where collectives are enough"),
    "npp": ("NPP", "RPP (rpp/rppi.h) for image functions, else a kernel of your own"),
    "nppi": ("NPP", "RPP (rpp/rppi.h) for image functions, else a kernel of your own"),
    "npps": ("NPP", "a kernel of your own, or rocPRIM for sums and searches"),
    "optix": ("OptiX", "HIP RT (hiprt/hiprt.h) traces rays on AMD; programs and pipelines are to be rewritten"),
    "optix_stubs": ("OptiX", "HIP RT (hiprt/hiprt.h) traces rays on AMD; programs and pipelines are to be rewritten"),
    "cutensornet": ("cuTensorNet", "hipTensor for the single contractions, with a path of your own"),
    "custatevec": ("cuStateVec", "a kernel of your own"),
    "nvcomp": ("nvCOMP", "hipCOMP (ROCm), or compress on the CPU"),
    "cufile": ("GPUDirect Storage", "read into pinned host memory and copy"),
    "cudss": ("cuDSS", "rocSOLVER's refactorisation, or a CPU solver"),
    "cublasmp": ("cuBLASMp", "hipBLAS on each device and RCCL between them"),
    "cufftmp": ("cuFFTMp", "hipFFT on each device and an exchange between them"),
    "nvcuvid": ("the video decoder", "rocDecode"),
    "cuviddec": ("the video decoder", "rocDecode"),
    "nvEncodeAPI": ("the video encoder", "AMF or VA-API"),
    "NvInfer": ("TensorRT", "MIGraphX"),
    "cudnn_frontend": ("cuDNN's graph interface", "MIOpen's calls, or MIGraphX for whole networks"),
    "cuco": ("cuCollections", "hipCollections, or a hash table of your own"),
    "rmm": ("RMM", "hipMM (ROCm's port), or hipMallocAsync"),
    "raft": ("RAFT", "hipRAFT (ROCm's port), where it has the primitive"),
}


@rule(
    "foreign-library",
    "Libraries without a drop-in on AMD",
    hazards=("L25",),
    kinds=("preproc_include",),
    words=_LIBRARIES,
    notes=("#include <nvshmem.h>\n", "#include <optix.h>\n"),
    keeps=('#include "my_optix.h"\n', "int optix = 1;\n"),
)
def foreign_library(site: Site) -> Iterator[Finding]:
    """Libraries for NVIDIA's interconnect, its video and its ray-tracing units have no AMD library of the same
    interface. What uses them has to be rewritten on another library or left out of the AMD build; each include says
    which library that would be.
    """
    path = site.node.child_by_field_name("path")
    if path is None or path.type not in ("system_lib_string", "string_literal"):
        return
    name = site.source.text(path.start_byte + 1, path.end_byte - 1)
    first = name.split("/")[0].split(".")[0]
    if first not in _LIBRARIES or site.facts.has_file(name):
        return
    library, way = _LIBRARIES[first]
    yield site.note(
        Level.TODO, f"{library} (<{name}>) has no drop-in on AMD", f"{way}; or leave this file out of the AMD build"
    )


_USE = re.compile(rb"\b(?:cutlass|cute)\s*::\s*\w+")


@rule(
    "cutlass",
    "CUTLASS and CuTe templates",
    hazards=("L21",),
    words=("cutlass", "cute"),
    notes=("using Gemm = cutlass::gemm::device::Gemm<float>;\n",),
    keeps=("int cute = 1;\n", "// cutlass::gemm\n"),
)
def cutlass(site: Site) -> Iterator[Finding]:
    """CUTLASS builds its kernels from NVIDIA's instructions down to the fragment, so nothing of it carries over. What
    it computes does: a plain product is a call of hipBLASLt, one with an epilogue or attention a kernel of Composable
    Kernel. One note for each file, with the number of places.
    """
    source = site.source
    uses = [
        match for match in _USE.finditer(source.data) if source.node_at(match.start(), match.start() + 4) is not None
    ]
    if uses:
        what = sorted({match.group().decode() for match in uses})
        more = f" and {len(what) - 3} more" if len(what) > 3 else ""
        yield site.note(
            Level.TODO,
            f"{len(uses)} uses of CUTLASS ({', '.join(what[:3])}{more}): it has no port to AMD",
            "a plain product: hipBLASLt; with an epilogue or attention: Composable Kernel (ck_tile); or leave the file "
            "out of the AMD build, as its own #if for CUTLASS may allow",
            at=uses[0].start(),
        )
