"""cuBLASLt and hipBLASLt substitutes: orders, leading dimensions, transposition, batches, epilogues, against plain loops."""

from __future__ import annotations

import ctypes
import itertools
import math
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from device_library import library

R32F, R64F, R16F, R8I, R32I = 0, 1, 2, 3, 10
Rows = list[list[float]]


class Api:
    def __init__(self, cuda: bool) -> None:
        self.cuda = cuda
        self.prefix = "cublasLt" if cuda else "hipblasLt"
        self.code = library("cuda-blas-lt" if cuda else "hip-blas-lt")
        self.invalid, self.unsupported = (7, 15) if cuda else (3, 7)
        self.handle = self.made("Create")

    def status(self, name: str, *arguments: object) -> int:
        return int(getattr(self.code, self.prefix + name)(*arguments))

    def made(self, name: str, *arguments: object) -> ctypes.c_void_p:
        out = ctypes.c_void_p()
        assert self.status(name, ctypes.byref(out), *arguments) == 0
        return out

    def set(self, name: str, desc: ctypes.c_void_p, attribute: int, value: Any) -> None:
        size = ctypes.c_size_t(ctypes.sizeof(value))
        assert self.status(name + "SetAttribute", desc, attribute, ctypes.byref(value), size) == 0

    def product(self, ta: int = 0, tb: int = 0, kind: int = R32F, compute: str = "32F") -> ctypes.c_void_p:
        number = {"32F": (68, 2), "64F": (70, 3), "32I": (72, 9)}[compute]
        number = number if self.cuda else {"32F": (2, 2), "64F": (7, 7), "32I": (9, 9)}[compute]
        desc = self.made("MatmulDescCreate", number[0], kind)
        operations = (0, 1, 2) if self.cuda else (111, 112, 113)
        for attribute, value in zip((3, 4) if self.cuda else (0, 1), (ta, tb), strict=True):
            self.set("MatmulDesc", desc, attribute, ctypes.c_int(operations[value]))
        return desc


class Matrix:
    MARK = -77.0

    def __init__(self, api: Api, batches: list[Rows], row_major: bool, extra: int = 2, kind: int = R32F) -> None:
        self.m, self.n, self.row_major, self.kind = len(batches[0]), len(batches[0][0]), row_major, kind
        self.ld = (self.n if row_major else self.m) + extra
        self.stride = self.ld * (self.m if row_major else self.n) + 3
        self.count = len(batches)
        flat = [self.MARK] * (self.stride * self.count)
        for k, rows in enumerate(batches):
            for i, j in itertools.product(range(self.m), range(self.n)):
                flat[self.place(k, i, j)] = rows[i][j]
        types: dict[int, Any] = {
            R32F: ctypes.c_float,
            R64F: ctypes.c_double,
            R16F: ctypes.c_uint16,
            R8I: ctypes.c_int8,
            R32I: ctypes.c_int32,
        }
        self.memory = (types[kind] * len(flat))(*[self.packed(v) for v in flat])
        self.desc = api.made(
            "MatrixLayoutCreate", kind, ctypes.c_uint64(self.m), ctypes.c_uint64(self.n), ctypes.c_int64(self.ld)
        )
        order, count, stride = (1, 5, 6) if api.cuda else (3, 0, 1)
        api.set("MatrixLayout", self.desc, order, ctypes.c_int(int(row_major)))
        api.set("MatrixLayout", self.desc, count, ctypes.c_int(self.count))
        api.set("MatrixLayout", self.desc, stride, ctypes.c_int64(self.stride))

    def packed(self, value: float) -> Any:
        if self.kind == R16F:
            return int.from_bytes(struct.pack("<e", value), "little")
        return int(value) if self.kind in (R8I, R32I) else value

    def place(self, k: int, i: int, j: int) -> int:
        return k * self.stride + (i * self.ld + j if self.row_major else i + j * self.ld)

    def read(self) -> list[Rows]:
        flat = list(self.memory)
        if self.kind == R16F:
            flat = [struct.unpack("<e", int(v).to_bytes(2, "little"))[0] for v in flat]
        used = {self.place(k, i, j) for k, i, j in itertools.product(range(self.count), range(self.m), range(self.n))}
        assert all(v == self.MARK for at, v in enumerate(flat) if at not in used)
        return [[[flat[self.place(k, i, j)] for j in range(self.n)] for i in range(self.m)] for k in range(self.count)]


def numbers(m: int, n: int, seed: int) -> Rows:
    source = random.Random(seed)
    return [[float(source.randint(-4, 4)) for _ in range(n)] for _ in range(m)]


def turned(a: Rows) -> Rows:
    return [list(column) for column in zip(*a, strict=True)]


def times(a: Rows, b: Rows) -> Rows:
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def scalar(value: float, kind: int = R32F) -> Any:
    if kind == R32I:
        return ctypes.byref(ctypes.c_int32(int(value)))
    return ctypes.byref(ctypes.c_float(value) if kind == R32F else ctypes.c_double(value))


def multiply(
    api: Api,
    p: ctypes.c_void_p,
    alpha: float,
    a: Matrix,
    b: Matrix,
    beta: float,
    c: Matrix,
    d: Matrix,
    scale: int = R32F,
) -> int:
    given = [
        scalar(alpha, scale),
        a.memory,
        a.desc,
        b.memory,
        b.desc,
        scalar(beta, scale),
        c.memory,
        c.desc,
        d.memory,
        d.desc,
    ]
    return api.status("Matmul", api.handle, p, *given, None, None, ctypes.c_size_t(0), None)


@pytest.fixture(params=[False, True], ids=["hipblaslt", "cublaslt"])
def api(request: pytest.FixtureRequest) -> Api:
    return Api(request.param)


@pytest.mark.parametrize("orders", list(itertools.product([False, True], repeat=3)), ids=str)
@pytest.mark.parametrize("ops", [(0, 0), (1, 0), (0, 1), (1, 1)], ids=str)
def test_orders_and_transposition(api: Api, ops: tuple[int, int], orders: tuple[bool, bool, bool]) -> None:
    a, b, c = ([numbers(m, n, seed + k) for k in range(2)] for m, n, seed in ((3, 4, 1), (4, 5, 3), (3, 5, 5)))
    left = Matrix(api, [turned(x) if ops[0] else x for x in a], orders[0])
    right = Matrix(api, [turned(x) if ops[1] else x for x in b], orders[1], 1)
    old, out = Matrix(api, c, not orders[2], 3), Matrix(api, [numbers(3, 5, 9)] * 2, orders[2])
    desc = api.product(*ops)
    assert multiply(api, desc, 2, left, right, -3, old, out) == 0
    want = [
        [[2 * x - 3 * y for x, y in zip(*pair, strict=True)] for pair in zip(times(p, q), r, strict=True)]
        for p, q, r in zip(a, b, c, strict=True)
    ]
    assert out.read() == want
    assert multiply(api, desc, 2, right, left, 0, old, out) == api.invalid


def gelu(x: float) -> float:
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


EPILOGUES: dict[int, tuple[bool, Callable[[float], float]]] = {
    1: (False, lambda x: x), 2: (False, lambda x: max(x, 0)), 4: (True, lambda x: x), 6: (True, lambda x: max(x, 0)),
    32: (False, gelu), 36: (True, gelu),
}  # fmt: skip


@pytest.mark.parametrize("epilogue", EPILOGUES)
@pytest.mark.parametrize("row_major", [False, True], ids=["columns", "rows"])
def test_epilogues(api: Api, epilogue: int, row_major: bool) -> None:
    with_bias, function = EPILOGUES[epilogue]
    a, b = numbers(3, 2, 1), numbers(2, 4, 2)
    left, right, out = (
        Matrix(api, [a], row_major),
        Matrix(api, [b], not row_major),
        Matrix(api, [numbers(3, 4, 3)], row_major),
    )
    desc = api.product()
    bias = (ctypes.c_float * 3)(0.5, -1.5, 2.5)
    api.set("MatmulDesc", desc, 7 if api.cuda else 2, ctypes.c_uint32(epilogue))
    if with_bias:
        assert multiply(api, desc, 0.25, left, right, 0, out, out) == api.invalid  # no bias yet
        api.set("MatmulDesc", desc, 8 if api.cuda else 3, ctypes.c_void_p(ctypes.addressof(bias)))
    assert multiply(api, desc, 0.25, left, right, 0, out, out) == 0
    for i, row in enumerate(times(a, b)):
        for j, value in enumerate(row):
            want = function(0.25 * value + (bias[i] if with_bias else 0))
            assert out.read()[0][i][j] == pytest.approx(want, abs=1e-6)


def test_gelu_keeps_its_input_for_the_backward_pass(api: Api) -> None:
    a, b, ld = numbers(3, 2, 1), numbers(2, 4, 2), 5
    left, right, out = Matrix(api, [a], False), Matrix(api, [b], False), Matrix(api, [numbers(3, 4, 3)], False)
    kept = (ctypes.c_float * (ld * 4))()
    desc = api.product()
    attributes = (7, 11, 12) if api.cuda else (2, 10, 11)
    api.set("MatmulDesc", desc, attributes[0], ctypes.c_uint32(160))
    api.set("MatmulDesc", desc, attributes[1], ctypes.c_void_p(ctypes.addressof(kept)))
    api.set("MatmulDesc", desc, attributes[2], ctypes.c_int64(ld))
    assert multiply(api, desc, 0.25, left, right, 0, out, out) == 0
    product = times(a, b)
    assert [[kept[i + j * ld] for j in range(4)] for i in range(3)] == [[0.25 * v for v in row] for row in product]
    api.set("MatmulDesc", desc, attributes[0], ctypes.c_uint32(192))
    assert multiply(api, desc, 1, left, right, 0, out, out) == 0
    step = 1e-5
    for i, j in itertools.product(range(3), range(4)):
        slope = (gelu(kept[i + j * ld] + step) - gelu(kept[i + j * ld] - step)) / (2 * step)
        assert out.read()[0][i][j] == pytest.approx(product[i][j] * slope, abs=1e-4)


def test_types(api: Api) -> None:
    a, b = numbers(3, 4, 1), numbers(4, 5, 2)
    want = [times(a, b)]
    for kind, result, compute, scale in (
        (R16F, R16F, "32F", R32F),
        (R64F, R64F, "64F", R64F),
        (R8I, R32I, "32I", R32I),
    ):
        left, right, out = (
            Matrix(api, [a], False, kind=kind),
            Matrix(api, [b], True, kind=kind),
            Matrix(api, [numbers(3, 5, 3)], False, kind=result),
        )
        assert multiply(api, api.product(kind=scale, compute=compute), 1, left, right, 0, out, out, scale) == 0
        assert out.read() == want


def test_heuristic_gives_what_the_product_takes(api: Api) -> None:
    left, right, out = (
        Matrix(api, [numbers(3, 4, 1)], False),
        Matrix(api, [numbers(4, 5, 2)], False),
        Matrix(api, [numbers(3, 5, 3)], False),
    )
    preference, found, results = api.made("MatmulPreferenceCreate"), ctypes.c_int(-1), (ctypes.c_char * 512)()
    api.set("MatmulPreference", preference, 1, ctypes.c_uint64(1 << 20))
    desc = api.product()
    layouts = [left.desc, right.desc, out.desc, out.desc]
    assert (
        api.status("MatmulAlgoGetHeuristic", api.handle, desc, *layouts, preference, 1, results, ctypes.byref(found))
        == 0
    )
    assert found.value == 1
    layouts = [right.desc, left.desc, out.desc, out.desc]
    assert (
        api.status("MatmulAlgoGetHeuristic", api.handle, desc, *layouts, preference, 1, results, ctypes.byref(found))
        == api.invalid
    )
    assert found.value == 0


def test_transform_between_orders(api: Api) -> None:
    a, b = numbers(3, 4, 1), numbers(4, 3, 2)
    left, right, out = Matrix(api, [a], False), Matrix(api, [b], False, 4), Matrix(api, [numbers(3, 4, 3)], True)
    desc = api.made("MatrixTransformDescCreate", R32F)
    api.set("MatrixTransformDesc", desc, 3, ctypes.c_int(1 if api.cuda else 112))
    given = [scalar(2), left.memory, left.desc, scalar(-1), right.memory, right.desc, out.memory, out.desc]
    assert api.status("MatrixTransform", api.handle, desc, *given, None) == 0
    assert out.read() == [[[2 * x - y for x, y in zip(*pair, strict=True)] for pair in zip(a, turned(b), strict=True)]]
