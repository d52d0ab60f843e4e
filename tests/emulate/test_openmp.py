"""OpenMP in host code: regions, loops of every schedule, reductions and tasks of a program that also launches kernels."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hipwright.compile import Unit
from hipwright.emulate.build import CUDA_SIDE, build
from hipwright.emulate.program import Program
from hipwright.finding import HipwrightError
from hipwright.toolchain import find
from hipwright.toolchain.cuda import find_cuda

SOURCE = r"""
#include <omp.h>
#include <cstdio>
#include <vector>

__global__ void twice(int* p) { p[threadIdx.x] *= 2; }

int main() {
    int* p;
    cudaMallocManaged(&p, 64 * sizeof(int));
    int threads = 0, sum = 0, tasks = 0;
    double once = 0;
    omp_set_num_threads(4);
    #pragma omp parallel
    {
        #pragma omp single
        threads = omp_get_num_threads();
        #pragma omp critical
        once += 0.5;
    }
    #pragma omp parallel for
    for (int i = 0; i < 64; i++) p[i] = i;
    twice<<<1, 64>>>(p);
    cudaDeviceSynchronize();
    #pragma omp parallel for reduction(+ : sum) schedule(dynamic, 3)
    for (int i = 63; i >= 0; i--) sum += p[i];
    std::vector<unsigned> seen(10);
    #pragma omp parallel for schedule(static, 2) collapse(2)
    for (unsigned i = 0; i < 2; i++)
        for (unsigned long j = 0; j < 5; j++) seen[i * 5 + j] += i * 5 + j + 1;
    unsigned total = 0;
    for (unsigned each : seen) total += each;
    #pragma omp parallel
    #pragma omp single
    for (int i = 0; i < 3; i++) {
        #pragma omp task firstprivate(i) shared(tasks)
        tasks += i;
    }
    long last = 0;
    #pragma omp parallel for schedule(guided) reduction(max : last)
    for (long i = 5; i < 50; i += 7) last = i;
    std::printf("%d %u %d %ld %d\n", sum, total, tasks, last, once == 0.5 * threads);
}
"""


def test_host_regions_run_to_their_end(tmp_path: Path) -> None:
    try:
        toolchain = find()
    except HipwrightError as missing:
        pytest.skip(missing.message)
    cuda = find_cuda(toolchain=toolchain)
    if cuda is None:
        pytest.skip("no CUDA headers")
    (tmp_path / "main.cu").write_text(SOURCE)
    program = Program("main", (Unit("main.cu", "hip", ("-fopenmp",)),))
    built = build(tmp_path, program, CUDA_SIDE, tmp_path / "out", toolchain=toolchain, cuda=cuda)
    assert built.executable, built.diagnostics
    assert not built.unsupported
    said = subprocess.run([built.executable], capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(63 * 64), "55", "3", "47", "1"]
