"""Random numbers of the host interfaces: known answers of the published generators, offsets, moments, equal sides."""

from __future__ import annotations

import ctypes
import statistics
from collections.abc import Sequence

import pytest
from device_library import library

KINDS = {"xorwow": (101, 401), "mrg": (121, 402), "mt19937": (142, 404), "philox": (161, 405), "sobol": (201, 501)}


class Api:
    def __init__(self, cuda: bool) -> None:
        self.cuda = cuda
        self.prefix = "curand" if cuda else "hiprand"
        self.code = library("cuda-rand" if cuda else "hip-rand")

    def status(self, name: str, *arguments: object) -> int:
        return int(getattr(self.code, self.prefix + name)(*arguments))

    def generator(self, kind: str, seed: int | None = None, offset: int = 0) -> ctypes.c_void_p:
        made = ctypes.c_void_p()
        assert self.status("CreateGenerator", ctypes.byref(made), KINDS[kind][not self.cuda]) == 0
        if seed is not None:
            assert self.status("SetPseudoRandomGeneratorSeed", made, ctypes.c_ulonglong(seed)) == 0
        if offset:
            assert self.status("SetGeneratorOffset", made, ctypes.c_ulonglong(offset)) == 0
        return made

    def words(self, made: ctypes.c_void_p, count: int) -> list[int]:
        out = (ctypes.c_uint * count)()
        assert self.status("Generate", made, out, ctypes.c_size_t(count)) == 0
        return list(out)

    def uniform(self, made: ctypes.c_void_p, count: int) -> list[float]:
        out = (ctypes.c_double * count)()
        assert self.status("GenerateUniformDouble", made, out, ctypes.c_size_t(count)) == 0
        return list(out)


@pytest.fixture(params=[False, True], ids=["hiprand", "curand"])
def api(request: pytest.FixtureRequest) -> Api:
    return Api(request.param)


def test_xorwow_is_the_one_of_curand(api: Api) -> None:
    """Known from cuRAND: the default generator with the seed of its manual's example."""
    out = (ctypes.c_float * 10)()
    assert api.status("GenerateUniform", api.generator("xorwow", 1234), out, ctypes.c_size_t(10)) == 0
    known = [0.1455, 0.8202, 0.5504, 0.2948, 0.9147, 0.8690, 0.3219, 0.7829, 0.0113, 0.2855]
    assert [round(value, 4) for value in out] == known


def test_philox_known_answer(api: Api) -> None:
    """Counter and key of zeros, then a position inside of the second block."""
    assert api.words(api.generator("philox", 0), 4) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert api.words(api.generator("philox", 7, 5), 6) == api.words(api.generator("philox", 7), 11)[5:]


def test_mersenne_known_answer(api: Api) -> None:
    """The ten-thousandth number of the seed that C++'s standard gives."""
    assert api.words(api.generator("mt19937", 5489), 10000)[-1] == 4123659995


def test_mrg_known_answer(api: Api) -> None:
    """The first number of L'Ecuyer's generator when all seeds are 12345, and the second subsequence 2^76 steps on."""
    first = api.uniform(api.generator("mrg", 0), 2)
    assert first[0] == pytest.approx(0.127011122046577, abs=1e-9)
    m1, m2 = 4294967087, 4294944443
    a = _power([[0, 1, 0], [0, 0, 1], [-810728, 1403580, 0]], 2**76, m1)
    b = _power([[0, 1, 0], [0, 0, 1], [-1370589, 0, 527612]], 2**76, m2)
    x = [sum(row) * 12345 % m1 for row in a]
    y = [sum(row) * 12345 % m2 for row in b]
    value = (1403580 * x[1] - 810728 * x[0] - (527612 * y[2] - 1370589 * y[0]) % m2) % m1
    assert first[1] == pytest.approx(value / (m1 + 1), abs=1e-9)


def _power(base: list[list[int]], exponent: int, modulus: int) -> list[list[int]]:
    def product(a: list[list[int]], b: list[list[int]]) -> list[list[int]]:
        return [
            [sum(x * y for x, y in zip(row, column, strict=True)) % modulus for column in zip(*b, strict=True)]
            for row in a
        ]

    result = [[int(i == j) for j in range(3)] for i in range(3)]
    while exponent:
        if exponent & 1:
            result = product(result, base)
        base, exponent = product(base, base), exponent >> 1
    return result


def test_sobol_dimensions(api: Api) -> None:
    """Each dimension is a van der Corput permutation: the first 2^k points hit each of 2^k intervals once."""
    made = api.generator("sobol")
    assert api.status("SetQuasiRandomGeneratorDimensions", made, 5) == 0
    out = api.words(made, 5 * 16)
    rows = [out[d * 16 : d * 16 + 16] for d in range(5)]
    assert rows[0][:4] == [0, 0x80000000, 0xC0000000, 0x40000000]
    assert all(sorted(value >> 28 for value in row) == list(range(16)) for row in rows)
    assert len({tuple(row) for row in rows}) == 5
    assert api.status("Generate", made, (ctypes.c_uint * 8)(), ctypes.c_size_t(8)) == 105


@pytest.mark.parametrize("kind", ["xorwow", "mrg", "mt19937", "philox"])
def test_moments(api: Api, kind: str) -> None:
    count = 20000
    uniform = api.uniform(api.generator(kind, 42), count)
    assert all(0 < value <= 1 for value in uniform)
    assert statistics.fmean(uniform) == pytest.approx(0.5, abs=0.0123)
    normal = (ctypes.c_float * count)()
    arguments = ctypes.c_size_t(count), ctypes.c_float(5), ctypes.c_float(2)
    assert api.status("GenerateNormal", api.generator(kind, 43), normal, *arguments) == 0
    assert statistics.fmean(normal) == pytest.approx(5, abs=0.085)
    assert statistics.pvariance(normal) == pytest.approx(4, abs=0.24)
    counts = (ctypes.c_uint * count)()
    made = api.generator(kind, 44)
    assert api.status("GeneratePoisson", made, counts, ctypes.c_size_t(count), ctypes.c_double(3.5)) == 0
    assert statistics.fmean(counts) == pytest.approx(3.5, abs=0.08)


@pytest.mark.parametrize("kind", KINDS)
def test_both_spellings_draw_the_same(kind: str) -> None:
    """What a program computes from the numbers can then be compared, although real AMD hardware draws others."""

    def numbers(api: Api) -> Sequence[float]:
        made = api.generator(kind, None if kind == "sobol" else 99)
        return [*api.words(made, 9000), *api.uniform(made, 100)]

    assert numbers(Api(False)) == numbers(Api(True))


def test_refusals(api: Api) -> None:
    made = ctypes.c_void_p()
    assert api.status("CreateGenerator", ctypes.byref(made), 12345) == 103
    assert api.status("SetQuasiRandomGeneratorDimensions", api.generator("philox"), 2) == 103
    assert api.status("SetPseudoRandomGeneratorSeed", api.generator("sobol"), ctypes.c_ulonglong(1)) == 103
    odd = (ctypes.c_float * 3)(), ctypes.c_size_t(3), ctypes.c_float(0), ctypes.c_float(1)
    assert api.status("GenerateNormal", api.generator("xorwow"), *odd) == 105
    assert api.status("DestroyGenerator", None) == 101
