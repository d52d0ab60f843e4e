"""Layouts of what crosses between host and device, as the compilers chose them: original against port, host against device."""

from __future__ import annotations

import pytest

from hipwright.compile import Unit
from hipwright.finding import HipwrightError
from hipwright.layouts import LayoutReport, canonical, check_layouts
from hipwright.toolchain import find
from hipwright.toolchain.cuda import find_cuda

ORIGINAL = """#include <cuda_runtime.h>
struct Cell { float4 speed; double mass; int kind; };
struct Swapped { int first; int second; };
struct Copied { char tag; long count; };
struct Guarded {
#ifdef __CUDA_ARCH__
    int device_only;
#endif
    int both;
};
struct Unrelated { int a; };
__constant__ Cell table[4];
__global__ void move(Cell* cells, Swapped pair, Guarded* guarded) {
    cells[threadIdx.x].mass += pair.first + guarded->both + table[0].kind;
}
void send(void* to, const Copied* from) { cudaMemcpy(to, from, 3 * sizeof(Copied), cudaMemcpyHostToDevice); }
int unrelated(Unrelated u) { return u.a; }
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> LayoutReport:
    """A port with two deliberate mistakes, compared with its original."""
    try:
        toolchain = find()
    except HipwrightError as error:
        pytest.skip(error.message)
    cuda = find_cuda(toolchain=toolchain)
    if cuda is None:
        pytest.skip("CUDA's headers are not installed")
    root = tmp_path_factory.mktemp("layouts")
    port = ORIGINAL.replace("cuda_runtime.h", "hip/hip_runtime.h").replace("cuda", "hip")
    port = port.replace("int first; int second;", "int second; int first;")
    port = port.replace("struct Copied", "struct __attribute__((packed)) Copied")
    for name, text in (("cuda", ORIGINAL), ("hip", port)):
        (root / name).mkdir()
        (root / name / "cells.cu").write_text(text)
    units = [Unit("cells.cu", "hip")]
    return check_layouts(root / "cuda", units, root / "hip", units, toolchain=toolchain, cuda=cuda, archs=("gfx942",))


def test_everything_that_crosses_is_compared(report: LayoutReport) -> None:
    assert not report.failed
    assert {"Cell", "Swapped", "Copied", "Guarded", "float4", "kernel move", "variable table"} <= set(report.compared)
    assert "Unrelated" not in report.compared
    assert report.sides == ("CUDA device", "CUDA host", "HIP gfx942", "HIP host")


def test_a_port_that_swaps_or_packs_fields_is_found(report: LayoutReport) -> None:
    found = {(item.type, item.sides): item for item in report.differences}
    swapped = found["Swapped", ("CUDA device", "HIP gfx942")]
    assert "first" in swapped.what and (swapped.place.path, swapped.place.line) == ("cells.cu", 3)
    packed = found["Copied", ("CUDA host", "HIP host")]
    assert packed.what == "size 16 against 9"
    assert "sizeof(Copied) in cudaMemcpy at cells.cu:16" in packed.text()


def test_a_host_that_differs_from_its_own_device_is_found_in_both(report: LayoutReport) -> None:
    sides = {item.sides for item in report.differences if item.type == "Guarded"}
    assert ("CUDA host", "CUDA device") in sides
    assert not any(item.type in ("Cell", "float4", "kernel move") for item in report.differences)


def test_names_of_both_vendors_meet() -> None:
    assert canonical("HIP_vector_type<unsigned char, 4>") == "uchar4"
    assert canonical("__hip_bfloat16") == "__nv_bfloat16"
    assert canonical("hipStream_t") == "cudaStream_t"
    assert canonical("Matrix<16u, 8ul>") == "Matrix<16, 8>"
