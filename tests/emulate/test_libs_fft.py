"""FFT substitutes against the definition of the transform: lengths with large primes, layouts, in place and not."""

from __future__ import annotations

import cmath
import ctypes
import itertools
import random
from collections.abc import Iterable, Sequence

import pytest
from device_library import library

C2C, R2C, C2R = 0x29, 0x2A, 0x2C
Grid = dict[tuple[int, ...], complex]


class Api:
    def __init__(self, cuda: bool) -> None:
        self.prefix = "cufft" if cuda else "hipfft"
        self.code = library("cuda-fft" if cuda else "hip-fft")

    def status(self, name: str, *arguments: object) -> int:
        return int(getattr(self.code, self.prefix + name)(*arguments))

    def plan(self, name: str, *arguments: object) -> ctypes.c_void_p:
        plan = ctypes.c_void_p()
        assert self.status(name, ctypes.byref(plan), *arguments) == 0
        return plan


@pytest.fixture(params=[False, True], ids=["hipfft", "cufft"])
def api(request: pytest.FixtureRequest) -> Api:
    return Api(request.param)


def transform(values: Grid, sizes: Sequence[int], sign: int) -> Grid:
    """The definition, one axis after the other."""
    for axis, n in enumerate(sizes):
        roots = [cmath.exp(sign * 2j * cmath.pi * k / n) for k in range(n)]
        before = values
        values = {
            at: sum(before[(*at[:axis], k, *at[axis + 1 :])] * roots[k * at[axis] % n] for k in range(n))
            for at in before
        }
    return values


def grid(sizes: Sequence[int], seed: int, real: bool = False) -> Grid:
    source = random.Random(seed)
    return {
        at: complex(source.uniform(-1, 1), 0 if real else source.uniform(-1, 1))
        for at in itertools.product(*map(range, sizes))
    }


def doubles(values: Sequence[complex], real: bool = False) -> ctypes.Array[ctypes.c_double]:
    flat = [v.real for v in values] if real else [part for v in values for part in (v.real, v.imag)]
    return (ctypes.c_double * len(flat))(*flat)


def numbers(data: Iterable[float]) -> list[complex]:
    flat = list(data)
    return [complex(*pair) for pair in zip(flat[::2], flat[1::2], strict=True)]


def close(got: Sequence[complex], expected: Sequence[complex], tolerance: float = 1e-11) -> bool:
    return len(got) == len(expected) and all(
        abs(a - b) <= tolerance * max(1, abs(b)) for a, b in zip(got, expected, strict=True)
    )


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 8, 15, 16, 17, 31, 60, 77, 97, 128, 134, 221])
@pytest.mark.parametrize("sign", [-1, 1])
def test_lengths(api: Api, n: int, sign: int) -> None:
    batches = [grid([n], seed) for seed in (1, 2)]
    plan = api.plan("Plan1d", n, C2C | 0x40, 2)
    data = doubles([v for g in batches for v in g.values()])
    assert api.status("ExecZ2Z", plan, data, data, sign) == 0
    assert close(numbers(data), [v for g in batches for v in transform(g, [n], sign).values()])
    assert api.status("Destroy", plan) == 0
    assert api.status("ExecZ2Z", plan, data, data, sign) == 1


@pytest.mark.parametrize("sizes", [(4, 6), (5, 7), (3, 4, 5), (2, 3, 7)], ids=str)
def test_dimensions(api: Api, sizes: tuple[int, ...]) -> None:
    values = grid(sizes, 1)
    plan = api.plan(f"Plan{len(sizes)}d", *sizes, C2C | 0x40)
    data, out = doubles(list(values.values())), doubles(list(values.values()))
    assert api.status("ExecZ2Z", plan, data, out, -1) == 0
    assert close(numbers(out), list(transform(values, sizes, -1).values()))


@pytest.mark.parametrize("sizes", [(6,), (7,), (4, 6), (3, 5), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("in_place", [False, True])
def test_real_transforms(api: Api, sizes: tuple[int, ...], in_place: bool) -> None:
    values = grid(sizes, 3, real=True)
    half = sizes[-1] // 2 + 1
    spectrum = [v for at, v in transform(values, sizes, -1).items() if at[-1] < half]
    rows = len(values) // sizes[-1]
    width = 2 * half if in_place else sizes[-1]
    padded = [
        v
        for r in range(rows)
        for v in [*list(values.values())[r * sizes[-1] : (r + 1) * sizes[-1]], *[0j] * (width - sizes[-1])]
    ]
    data = doubles(padded, real=True)
    out = data if in_place else (ctypes.c_double * (2 * half * rows))()
    last = (1,) if len(sizes) == 1 else ()
    forward = api.plan(f"Plan{len(sizes)}d", *sizes, R2C | 0x40, *last)
    assert api.status("ExecD2Z", forward, data, out) == 0
    assert close(numbers(out), spectrum)
    back = api.plan(f"Plan{len(sizes)}d", *sizes, C2R | 0x40, *last)
    assert api.status("ExecZ2D", back, out, data) == 0
    got = [data[r * width + c] / len(values) for r in range(rows) for c in range(sizes[-1])]
    assert close(got, list(values.values()))


def test_strides_and_distances(api: Api) -> None:
    n, batch, stride, distance = 6, 2, 3, 20
    values = [grid([n], seed) for seed in (1, 2)]
    memory = [9j] * 40
    for b, g in enumerate(values):
        for (i,), v in g.items():
            memory[b * distance + i * stride] = v
    out = doubles([7j] * 12)
    size = (ctypes.c_int * 1)(n)
    plan = api.plan(
        "PlanMany", 1, size, (ctypes.c_int * 1)(n), stride, distance, (ctypes.c_int * 1)(n), batch, 1, C2C | 0x40, batch
    )
    assert api.status("ExecZ2Z", plan, doubles(memory), out, -1) == 0
    expected = [list(transform(g, [n], -1).values()) for g in values]
    assert close(numbers(out), [expected[b][i] for i in range(n) for b in range(batch)])


def test_embedded_planes(api: Api) -> None:
    sizes, embed = (3, 4), (5, 7)
    values = grid(sizes, 4)
    memory = [0j] * 35
    for (i, j), v in values.items():
        memory[i * embed[1] + j] = v
    pair = ctypes.c_int * 2
    plan = api.plan("PlanMany", 2, pair(*sizes), pair(*embed), 1, 35, pair(*sizes), 1, 12, C2C | 0x40, 1)
    out = doubles([0j] * 12)
    assert api.status("ExecZ2Z", plan, doubles(memory), out, -1) == 0
    assert close(numbers(out), list(transform(values, sizes, -1).values()))


def test_single_precision(api: Api) -> None:
    values = grid([30], 5)
    flat = [part for v in values.values() for part in (v.real, v.imag)]
    data = (ctypes.c_float * 60)(*flat)
    plan = api.plan("Plan1d", 30, C2C, 1)
    assert api.status("ExecC2C", plan, data, data, -1) == 0
    assert close(numbers(data), list(transform(values, [30], -1).values()), 1e-5)


def test_errors(api: Api) -> None:
    plan, data = ctypes.c_void_p(), doubles([0j] * 4)
    assert api.status("Plan1d", ctypes.byref(plan), 0, C2C, 1) == 8
    assert api.status("Plan1d", ctypes.byref(plan), 4, 0x11, 1) == 3
    plan = api.plan("Plan1d", 4, C2C | 0x40, 1)
    assert api.status("ExecZ2Z", plan, data, data, 0) == 4
    assert api.status("ExecZ2Z", plan, None, data, 1) == 4
    assert api.status("ExecD2Z", plan, data, data) == 3
