"""Occupancy: the formula against the compiler's own remark, and properties that hold for every launch."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipwright import toolchain
from hipwright.compile import Unit, check
from hipwright.finding import HipwrightError
from hipwright.resources import KernelResources, Target, occupancy, target, targets

# Kernels whose limits differ: few registers, many, forced to spill, much LDS, a block of one wave, a bounded block,
# matrix accumulators where the target has them.
KERNELS = r"""
#include <hip/hip_runtime.h>
template <int N> __device__ void keep(float* x) {
  float v[N];
  for (int i = 0; i < N; ++i) v[i] = x[i * 64 + threadIdx.x];
  for (int r = 0; r < 3; ++r) {
    __syncthreads();
    for (int i = 0; i < N; ++i) v[i] = v[i] * v[(i * 7 + 1) % N] + x[i];
  }
  for (int i = 0; i < N; ++i) x[i * 64 + threadIdx.x] = v[i];
}
__global__ void few(float* x) { x[threadIdx.x] += 1; }
__global__ void __launch_bounds__(256) forty(float* x) { keep<40>(x); }
__global__ void __launch_bounds__(128) hundred(float* x) { keep<100>(x); }
__global__ void __launch_bounds__(64) most(float* x) { keep<230>(x); }
__global__ void __launch_bounds__(1024) spilled(float* x) { keep<160>(x); }
__global__ void __launch_bounds__(128) lds(float* x) {
  __shared__ float s[7000];
  s[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = s[6999 - threadIdx.x];
}
__global__ void __launch_bounds__(192) odd(float* x) {
  __shared__ float s[1500];
  s[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  keep<24>(x + int(s[191 - threadIdx.x]));
}
#if defined(__gfx90a__) || defined(__gfx942__)
typedef float floats __attribute__((ext_vector_type(16)));
__global__ void __launch_bounds__(64) matrix(float* x) {
  floats a{}, b{}, c{}, d{};
  for (int i = 0; i < 100; ++i) {
    a = __builtin_amdgcn_mfma_f32_32x32x2f32(x[i], x[i + 1], a, 0, 0, 0);
    b = __builtin_amdgcn_mfma_f32_32x32x2f32(x[i], x[i + 2], b, 0, 0, 0);
    c = __builtin_amdgcn_mfma_f32_32x32x2f32(x[i], x[i + 3], c, 0, 0, 0);
    d = __builtin_amdgcn_mfma_f32_32x32x2f32(x[i], x[i + 4], d, 0, 0, 0);
  }
  for (int i = 0; i < 16; ++i) x[threadIdx.x + i] = a[i] + b[i] + c[i] + d[i];
}
#endif
"""
CHECKED = ("gfx906", "gfx90a", "gfx942", "gfx1100")


def test_formula_agrees_with_the_compilers_remark(tmp_path: Path) -> None:
    (tmp_path / "kernels.hip").write_text(KERNELS)
    results = check(tmp_path, [Unit("kernels.hip")], CHECKED, toolchain.find())
    assert [(result.arch, result.status, result.diagnostics) for result in results if not result.ok] == []
    for arch in CHECKED:
        kernels = [kernel for result in results for kernel in result.kernels if kernel.arch == arch]
        assert {kernel.name: _expected(kernel) for kernel in kernels} == {k.name: k.best_waves for k in kernels}, arch
        assert len(kernels) >= 7
        assert all(kernel.place and kernel.place.path == "kernels.hip" for kernel in kernels)
        assert len({kernel.best_waves for kernel in kernels}) >= 4  # if all filled the machine, nothing was shown


def _expected(kernel: KernelResources) -> int:
    """What the remark says, from the formula: the better of the smallest and the largest block, in whole waves."""
    chip = target(kernel.arch)

    def waves(block: int, lds: int, **registers: int) -> Fraction:
        return occupancy(chip, lds=lds, block=block, wave=kernel.wave, **registers).waves

    free = {"vgprs": 1, "agprs": 0, "sgprs": 1}
    smallest, largest = (waves(block, kernel.lds, **free) for block in (1, kernel.max_block))
    per_block = Fraction(1, chip.eus)
    if largest < smallest:  # a block somewhat larger than the smallest may fill slots that are left
        blocks = smallest / per_block
        left = int((chip.max_waves * chip.eus - blocks) / blocks)
        smallest += blocks * per_block * min(left, -(-kernel.max_block // kernel.wave) - 1)
    by_register = waves(kernel.wave, 0, vgprs=kernel.vgprs, agprs=kernel.agprs, sgprs=kernel.sgprs)
    return max(1, min(ceil(max(smallest, largest)), chip.max_waves, int(by_register)))


LAUNCHES = st.fixed_dictionaries(
    {
        "vgprs": st.integers(1, 256),
        "sgprs": st.integers(1, 106),
        "lds": st.integers(0, 65536),
        "block": st.integers(1, 1024),
    }
)
WAVES = st.sampled_from([(chip, wave) for chip in targets().values() for wave in chip.waves])


@given(WAVES, LAUNCHES)
def test_more_of_anything_never_raises_occupancy(machine: tuple[Target, int], launch: dict[str, int]) -> None:
    chip, wave = machine
    base = occupancy(chip, agprs=0, wave=wave, **launch)
    for name, limit in (("vgprs", 256), ("sgprs", 106), ("lds", 65536)):
        more = {**launch, name: min(launch[name] * 2 + 1, limit)}
        assert occupancy(chip, agprs=0, wave=wave, **more).blocks <= base.blocks


@given(WAVES, LAUNCHES)
def test_occupancy_stays_within_the_machine(machine: tuple[Target, int], launch: dict[str, int]) -> None:
    chip, wave = machine
    found = occupancy(chip, agprs=0, wave=wave, **launch)
    assert 0 <= found.waves <= chip.max_waves == found.max_waves
    assert found.blocks * launch["lds"] <= chip.lds_pool
    assert found.waves == Fraction(found.blocks * -(-launch["block"] // wave), chip.eus)
    assert 0 <= found.share <= 1


def test_what_limits_is_named() -> None:
    chip = target("gfx942")
    common = {"agprs": 0, "wave": 64, "block": 256}
    assert occupancy(chip, vgprs=256, sgprs=16, lds=0, **common).limit == "vgpr"
    assert occupancy(chip, vgprs=32, sgprs=102, lds=0, **common).limit == "sgpr"
    assert occupancy(chip, vgprs=32, sgprs=16, lds=40000, **common).limit == "lds"
    assert occupancy(chip, vgprs=32, sgprs=16, lds=0, **common).limit == "full"


def test_accumulators_share_the_file_where_it_is_unified() -> None:
    launch = {"vgprs": 120, "agprs": 120, "sgprs": 16, "lds": 0, "block": 64, "wave": 64}
    assert occupancy(target("gfx942"), **launch).waves == 2
    assert occupancy(target("gfx908"), **launch).waves == 2
    assert occupancy(target("gfx908"), **{**launch, "agprs": 0}).waves == 2
    assert occupancy(target("gfx942"), **{**launch, "agprs": 0}).waves == 4


def test_lds_beyond_a_block_cannot_run() -> None:
    assert occupancy(target("gfx1100"), vgprs=8, agprs=0, sgprs=8, lds=70000, block=32, wave=32).blocks == 0


def test_unknown_target_is_refused_with_the_known_ones() -> None:
    with pytest.raises(HipwrightError, match="gfx000") as refused:
        target("gfx000")
    assert "gfx942" in refused.value.hint
    assert target("gfx90a:xnack-").name == "gfx90a"
