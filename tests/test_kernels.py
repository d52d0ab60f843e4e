"""Kernels launched by themselves: equal ones pass, planted bugs are found in a small launch, the rest is unverified."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from hipwright.compare import Verdict
from hipwright.context import Context, gather
from hipwright.emulate.driver import Change
from hipwright.emulate.run import Isolation
from hipwright.finding import HipwrightError
from hipwright.kernels import paired
from hipwright.kernels.generate import packed
from hipwright.kernels.memory import changed, compare_memory, read
from hipwright.kernels.parameters import Leaf, Shape
from hipwright.kernels.sites import Sites, shapes_of
from hipwright.report.verification import KernelResult, Verification
from hipwright.toolchain import find
from hipwright.toolchain.cuda import find_cuda
from hipwright.verify import Options, verify

# -- a tree with one unit and no program: each kernel stands for one thing that verification must see ------------------

ORIGINAL = r"""
#include <cuda_runtime.h>
#include <cuda_fp16.h>
#include <stdint.h>

struct Row { int first; float scale; };
struct Job { const float* in; float* out; int count; float factor; };
enum Shape { kNone, kAbs, kSquare };
__constant__ float weights[8];

#define INDEX (blockIdx.x * blockDim.x + threadIdx.x)

// Equal in the port.
__global__ void scale(float* out, const float* in, float by, int n) {
    int i = INDEX;
    if (i < n) out[i] = in[i] * by;
}
__global__ void by_struct(Job job) {
    int i = INDEX;
    if (i < job.count) job.out[i] = job.in[i] * job.factor + weights[i & 7];
}
__global__ void rows(const Row* row, float* out, int n, Shape shape) {
    int i = INDEX;
    if (i >= n) return;
    float v = row[i].scale * row[i].first;
    out[i] = shape == kAbs ? fabsf(v) : shape == kSquare ? v * v : v;
}
template <typename T, int kTimes>
__global__ void block_total(const T* in, T* out, int n) {
    extern __shared__ float part[];
    float sum = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x) sum += float(in[i]) * kTimes;
    part[threadIdx.x] = sum;
    __syncthreads();
    for (int step = blockDim.x / 2; step; step >>= 1) {
        if (threadIdx.x < step) part[threadIdx.x] += part[threadIdx.x + step];
        __syncthreads();
    }
    if (threadIdx.x == 0) out[blockIdx.x] = T(part[0]);
}
template __global__ void block_total<float, 2>(const float*, float*, int);
template __global__ void block_total<half, 1>(const half*, half*, int);
// Only launches in which every row has exactly one block survive here.
__global__ void picky(uint32_t* out, const uint64_t* masks, int rows) {
    if (gridDim.x != rows) __builtin_trap();
    out[INDEX] = uint32_t(masks[blockIdx.x] >> (threadIdx.x & 63));
}

// Wrong in the port.
__global__ void off_by_one(int* out, const int* in, int n) {
    int i = INDEX;
    if (i < n) out[i] = in[i] + 1;
}
__global__ void warps(float* out, const float* in) {
    float v = in[INDEX];
    for (int step = 16; step; step >>= 1) v += __shfl_xor_sync(0xffffffffu, v, step);
    out[INDEX] = v;
}
__global__ void emptied(half* out, const half* in, int n) {
    int i = INDEX;
    if (i < n) out[i] = in[i] + in[i];
}
__global__ void swapped(float* out, const float* a, const float* b, int n) {
    int i = INDEX;
    if (i < n) out[i] = a[i] - b[i];
}
__global__ void narrowed(float* out, const float* a, const float* b, int n) {
    int i = INDEX;
    if (i < n) out[i] = a[i] * b[i] + 1.0f;
}
__global__ void overrun(float* out, const float* in, int n) {
    __shared__ float tile[64];
    tile[threadIdx.x & 63] = in[threadIdx.x & 63];
    __syncthreads();
    if (threadIdx.x < n) out[threadIdx.x] = tile[63 - (threadIdx.x & 63)];
}

// Nothing can be said of these.
__global__ void reads_only(const float* in, int n) { if (n == 12345678 && in[0] == 3) __builtin_trap(); }
__global__ void sampled(cudaTextureObject_t texture, float* out) { out[threadIdx.x] = texture != 0; }
__global__ void never(float* out) { out[0] = 1; __builtin_trap(); }
__global__ void racy(int* out) { *out = INDEX; }

void run(float* out, float* in, int n) {
    const int kBlock = 64;
    overrun<<<1, kBlock>>>(out, in, n);
    scale<<<n / 128, dim3(128)>>>(out, in, 2.0f, n);
}
"""
BUGS = (
    ("if (i < n) out[i] = in[i] + 1;", "if (i <= n) out[i] = in[i] + 1;"),
    ("for (int step = 16; step; step >>= 1) v += __shfl_xor_sync(0xffffffffu, v, step);",
     "for (int step = warpSize / 2; step; step >>= 1) v += __shfl_xor(v, step);"),
    ("if (i < n) out[i] = in[i] + in[i];", ""),
    ("out[i] = a[i] - b[i]", "out[i] = b[i] - a[i]"),
    ("out[i] = a[i] * b[i] + 1.0f", "out[i] = __half2float(__float2half(a[i] * b[i])) + 1.0f"),
    ("tile[63 - (threadIdx.x & 63)]", "tile[64 - (threadIdx.x & 63)]"),
    ("cudaTextureObject_t", "hipTextureObject_t"),
    ("#include <cuda_runtime.h>\n#include <cuda_fp16.h>", "#include <hip/hip_runtime.h>\n#include <hip/hip_fp16.h>"),
)  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Verification:
    """All kernels of the tree, verified once."""
    try:
        if find_cuda(toolchain=find()) is None:
            pytest.skip("no CUDA headers")
    except HipwrightError as error:
        pytest.skip(error.message)
    root = tmp_path_factory.mktemp("kernels")
    port = ORIGINAL
    for old, new in BUGS:
        assert port.count(old) == 1
        port = port.replace(old, new)
    for name, text in (("original/k.cu", ORIGINAL), ("port/k.hip", port)):
        (root / name).parent.mkdir()
        (root / name).write_text(text)
    return verify(root / "original", root / "port", Options(isolation=Isolation.LIMITS))


def result(found: Verification, name: str) -> KernelResult:
    (kernel,) = [each for each in found.alone if f"{name}(" in each.name or f"{name}<" in each.name]
    return kernel


@pytest.mark.parametrize("name", ["scale", "by_struct", "rows", "block_total<float", "block_total<__half", "picky"])
def test_equal_kernels_pass(found: Verification, name: str) -> None:
    (kernel,) = [each for each in found.alone if name in each.name]
    assert kernel.verdict.good, kernel
    assert kernel.launches >= 5 and kernel.lanes >= 64 and not kernel.launch
    (covered,) = [each for each in found.kernels if each.name == kernel.name]
    assert covered.verified and "generated launches" in covered.how


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("off_by_one", Verdict.DIFFERENT), ("emptied", Verdict.DIFFERENT), ("swapped", Verdict.DIFFERENT),
     ("narrowed", Verdict.DIFFERENT), ("overrun", Verdict.FAULT)],
)  # fmt: skip
def test_bugs_are_found(found: Verification, name: str, verdict: Verdict) -> None:
    kernel = result(found, name)
    assert [side.verdict for side in kernel.sides] == [verdict] * 2, kernel
    assert kernel.launch and f"--kernel '{kernel.name}'" in kernel.reproduce
    assert found.exit_code == 1


def test_a_warp_of_64_is_found_on_that_target_alone(found: Verification) -> None:
    kernel = result(found, "warps")
    assert kernel.sides[0].verdict.bad and kernel.sides[1].verdict.good, kernel


def test_the_smallest_launch_is_shown(found: Verification) -> None:
    assert "grid (1, 1, 1)" in result(found, "off_by_one").launch and "n = 0" in result(found, "off_by_one").launch
    emptied = result(found, "emptied")
    assert "n = 1" in emptied.launch and "it writes nothing" in emptied.sides[0].notes[0]
    assert "block (64, 1, 1)" in result(found, "overrun").launch
    first = result(found, "swapped").sides[0].comparison
    assert first and float(first.differences[0].left) == -float(first.differences[0].right)


def test_faults_have_a_place_in_the_port(found: Verification) -> None:
    fault = result(found, "overrun").sides[0].faults[0]
    assert fault.kind in ("lds-overrun", "uninitialised") and fault.ported.startswith("k.hip:")


@pytest.mark.parametrize(
    ("name", "why"),
    [("reads_only", "write anything"), ("sampled", "texture: it is a"), ("never", "trap"), ("racy", "order of lanes")],
)
def test_nothing_is_said_of_what_cannot_be_launched(found: Verification, name: str, why: str) -> None:
    kernel = result(found, name)
    assert {side.verdict for side in kernel.sides} == {Verdict.NOT_RUN} and not kernel.launches
    assert why in kernel.sides[0].reason
    (covered,) = [each for each in found.kernels if each.name == kernel.name]
    assert not covered.verified and covered.reason == kernel.sides[0].reason


# -- pieces ------------------------------------------------------------------------------------------------------------


def test_kernels_are_paired_by_symbol_spelling_and_name() -> None:
    ours = ["_Z1aPf", "_Z1bP13__nv_bfloat16", "_Z1cIiEvPT_", "_Z1dPf"]
    theirs = ["_Z1aPf", "_Z1bP14__hip_bfloat16", "_Z1cIjEvPT_", "_Z1ePf"]
    assert sorted(paired(ours, theirs)) == [
        ("", "_Z1ePf"), ("_Z1aPf", "_Z1aPf"), ("_Z1bP13__nv_bfloat16", "_Z1bP14__hip_bfloat16"),
        ("_Z1cIiEvPT_", "_Z1cIjEvPT_"), ("_Z1dPf", ""),
    ]  # fmt: skip


SITES = """
const int kBlock = 96;
template <int N> __global__ void work(float* out, int n) {
    if (n > 300) out[threadIdx.y] = kWide;  // 77
}
void run(float* out, int n) {
    dim3 block(16, 8);
    work<3><<<n, block, 2048>>>(out, 640);
    work<3><<<n, kBlock>>>(out, n);
}
"""


def test_launch_sites(tmp_path: Path) -> None:
    source = tmp_path / "k.cu"
    source.write_text(SITES)
    context = gather([SITES.encode(), b"#define kWide 48"])
    sites = Sites.of("void work<3>(float*, int)", str(source), 3, {"k.cu": SITES}, context)
    assert sites.blocks == ((16, 8, 1), (96, 1, 1)) and sites.complete and sites.lds == (2048,)
    assert set(sites.numbers) == {3, 48, 300, 640} and sites.axes == 2
    assert shapes_of(sites, 1024) == [(96, 1, 1), (16, 8, 1)]
    assert shapes_of(sites, 100) == [(96, 1, 1)]


def test_shapes_without_launch_sites() -> None:
    sites = Sites.of("work(float*)", "", 0, {}, Context())
    shapes = shapes_of(sites, 256)
    assert (256, 1, 1) in shapes and (16, 16, 1) in shapes and shapes[0] == (1, 1, 1)
    assert all(a * b * c <= 256 for a, b, c in shapes)


def memory(kind: str, new: float, old: float = 0.0) -> list[Change]:
    return [Change("0", 32, packed(kind, new).ljust(16, b"\0"), packed(kind, old).ljust(16, b"\0"))]


@pytest.mark.parametrize(
    ("kind", "left", "right", "verdict"),
    [("f32", 1.0, 1.000001, Verdict.TOLERANCE), ("f32", 1.0, 1.001, Verdict.DIFFERENT),
     ("f16", 1.0, 1.001, Verdict.TOLERANCE), ("f16", 1.0, 1.01, Verdict.DIFFERENT),
     ("bf16", 1.0, 1.0078125, Verdict.TOLERANCE), ("bf16", 1.0, 1.1, Verdict.DIFFERENT),
     ("f64", 1.0, 1.0 + 1e-9, Verdict.DIFFERENT), ("i32", 7, 8, Verdict.DIFFERENT), ("u8", 1, 1, Verdict.SAME),
     ("f32", float("inf"), 1.0, Verdict.DIFFERENT), ("f32", float("nan"), 1.0, Verdict.DIFFERENT),
     ("pointer", 0, 0, Verdict.SAME)],
)  # fmt: skip
def test_values_are_compared_by_their_type(kind: str, left: float, right: float, verdict: Verdict) -> None:
    shapes = {"0": Shape(kind, Leaf("", kind).size, (Leaf("", kind),))}
    if kind == "pointer":
        kind = "u64"
    assert compare_memory(memory(kind, left), memory(kind, right), shapes).verdict is verdict
    assert compare_memory(memory(kind, right), memory(kind, left), shapes).verdict is verdict


def test_memory_that_one_side_left_alone() -> None:
    shapes = {"0": Shape("float", 4, (Leaf("", "f32"),))}
    found = compare_memory(memory("f32", 5.0, 2.0), [], shapes)
    assert (found.verdict, found.where, found.left, found.right) == (Verdict.DIFFERENT, "0[8]", "5.0", "2.0")
    assert changed(memory("f32", 5.0, 2.0)) == 1
    assert compare_memory([], [], shapes).verdict is Verdict.SAME


def test_nan_agrees_with_nan() -> None:
    shapes = {"0": Shape("float", 4, (Leaf("", "f32"),))}
    one, other = (Change("0", 0, struct.pack("<IIII", bits, 0, 0, 0), bytes(16)) for bits in (0x7FC00000, 0xFFFFFFFF))
    found = compare_memory([one], [other], shapes)
    assert found.verdict is Verdict.TOLERANCE and found.nans == 1


def test_fields_are_named_and_padding_is_nothing() -> None:
    shape = Shape("Row", 16, (Leaf("first", "u8"), Leaf("scale", "f32", 4, 2)))
    old = bytes(16)
    one = Change("3", 16, struct.pack("<B3xff4x", 1, 2, 3), old)
    other = Change("3", 16, struct.pack("<B3sff4x", 1, b"xyz", 2, 4), old)
    found = compare_memory([one], [other], {"3": shape})
    assert (found.count, found.where, found.left, found.right) == (1, "3[1].scale[1]", "3.0", "4.0")


@pytest.mark.parametrize("kind", ["f16", "bf16", "f32", "f64", "i8", "u16", "i32", "u64", "bool"])
def test_numbers_survive_packing(kind: str) -> None:
    assert read(kind, packed(kind, 1)) == 1
