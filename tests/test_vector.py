"""Which of two operators or functions is called, read from the constants that the device compiler folds them to."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hipwright import toolchain
from hipwright.context import gather
from hipwright.rewrite import Engine
from hipwright.rule import all_rules
from hipwright.source import Source

COMPLEX = "return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);"
VALUES = "float2 a = make_float2(1.0f, 2.0f), b = make_float2(3.0f, 4.0f);"
OWN = f"""#include <cuda_runtime.h>
__host__ __device__ float2 operator*(float2 a, float2 b) {{ {COMPLEX} }}
template <typename T> __host__ __device__ T operator/(const T &a, const T &b) {{ return T{{a.x + 10 * b.x, a.y}}; }}
inline __host__ __device__ void operator-=(float2 &a, float2 b) {{ a.x += 100 * b.x; }}
inline __host__ __device__ void operator+=(float2 &a, float2 b) {{ a.x += b.x; a.y += b.y; }}
__device__ float atomicMax(float *p, float v) {{ return 77.0f; }}
template <typename T> __device__ T product(T a, T b) {{ return a * b; }}
__global__ void direct(float *p) {{ {VALUES} p[0] = (a * b).x; }}
__global__ void in_template(float *p) {{ {VALUES} p[0] = product(a, b).y; }}
__global__ void of_template(float *p) {{ {VALUES} p[0] = (a / b).x; }}
__global__ void compound(float *p) {{ {VALUES} a -= b; p[0] = a.x; }}
__global__ void dropped(float *p) {{ {VALUES} a += b; p[0] = a.y; }}
__global__ void own_atomic(float *p) {{ p[0] = atomicMax(p, 1.0f); }}
"""
# The bits of -5, 10, 31, 301, 6 and 77 as float.
EXPECTED = {
    "direct": "0xc0a00000", "in_template": "0x41200000", "of_template": "0x41f80000", "compound": "0x43968000",
    "dropped": "0x40c00000", "own_atomic": "0x429a0000",
}  # fmt: skip


def test_the_programs_own_functions_are_the_ones_called(tmp_path: Path) -> None:
    data = OWN.encode()
    ported = Engine(all_rules().values()).rewrite(Source("own.cu", data), gather([data])).source
    (tmp_path / "own.hip").write_bytes(ported.data)
    tools = toolchain.find()
    for side in (tools.device_flags("gfx942"), ["--cuda-host-only", "-fsyntax-only"]):
        done = subprocess.run(
            [*tools.clang, *tools.language_flags("hip"), *side, "-O3", "-S", "-o", str(tmp_path / "own.s"),
             str(tmp_path / "own.hip")],
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    kernels = (tmp_path / "own.s").read_text().split("; -- Begin function ")[1:]
    found = {name: text for text in kernels for name in EXPECTED if f"{len(name)}{name}P" in text.split()[0]}
    assert found.keys() == EXPECTED.keys()
    for name, bits in EXPECTED.items():
        assert bits in found[name], f"{name}: {found[name]}"
