"""cuSPARSE and hipSPARSE substitutes against dense loops: formats, index widths and bases, orders, leading dimensions."""

from __future__ import annotations

import ctypes
import itertools
import random
from collections.abc import Sequence
from typing import Any

import pytest
from device_library import library

FLOAT, DOUBLE, HALF, COMPLEX = 0, 1, 2, 5  # CUDA's and HIP's numbers of data types agree
INT32, INT64 = 2, 3
Rows = list[list[complex]]


class Api:
    def __init__(self, cuda: bool) -> None:
        self.cuda = cuda
        self.prefix = "cusparse" if cuda else "hipsparse"
        self.code = library("cuda-sparse" if cuda else "hip-sparse")
        self.handle = self.made("Create")

    def status(self, name: str, *arguments: object) -> int:
        return int(getattr(self.code, self.prefix + name)(*arguments))

    def must(self, name: str, *arguments: object) -> None:
        assert self.status(name, *arguments) == 0, name

    def made(self, name: str, *arguments: object) -> ctypes.c_void_p:
        out = ctypes.c_void_p()
        self.must(name, ctypes.byref(out), *arguments)
        return out

    def sparse(self, rows: Rows, form: str, width: int = INT32, base: int = 0, kind: int = DOUBLE) -> Stored:
        entries = [(i, j, v) for i, row in enumerate(rows) for j, v in enumerate(row) if v]
        if form == "Csc":
            entries.sort(key=lambda e: (e[1], e[0]))
        if form == "Coo":
            random.Random(1).shuffle(entries)
        outer, inner = ([e[0] for e in entries], [e[1] for e in entries])
        if form == "Csc":
            outer, inner = inner, outer
        if form != "Coo":
            count = len(rows[0]) if form == "Csc" else len(rows)
            outer = [sum(o < i for o in outer) for i in range(count + 1)]
        index: Any = ctypes.c_int64 if width == INT64 else ctypes.c_int32
        first = (index * len(outer))(*[o + base for o in outer])
        second = (index * max(1, len(inner)))(*[i + base for i in inner])
        values = packed([e[2] for e in entries], kind)
        sizes = [ctypes.c_int64(n) for n in (len(rows), len(rows[0]), len(entries))]
        widths = [width] if form == "Coo" else [width, width]
        desc = self.made("Create" + form, *sizes, first, second, values, *widths, base, kind)
        return Stored(desc, first, second, values)

    def dense(self, rows: Rows, row_major: bool, extra: int = 0, kind: int = DOUBLE) -> Dense:
        return Dense(self, rows, row_major, extra, kind)


class Stored:
    def __init__(self, desc: ctypes.c_void_p, outer: Any, inner: Any, values: Any) -> None:
        self.desc, self.outer, self.inner, self.values = desc, outer, inner, values


class Dense:
    """A dense matrix whose leading dimension is larger than it has to be; what lies between has to stay."""

    MARK = -77.0

    def __init__(self, api: Api, rows: Rows, row_major: bool, extra: int, kind: int) -> None:
        self.m, self.n, self.row_major, self.kind = len(rows), len(rows[0]), row_major, kind
        self.ld = (self.n if row_major else self.m) + extra
        flat: list[complex] = [self.MARK] * (self.ld * (self.m if row_major else self.n))
        for i, j in itertools.product(range(self.m), range(self.n)):
            flat[self.place(i, j)] = rows[i][j]
        self.memory = packed(flat, kind)
        self.desc = api.made(
            "CreateDnMat", *map(ctypes.c_int64, (self.m, self.n, self.ld)), self.memory, kind, 2 if row_major else 1
        )

    def place(self, i: int, j: int) -> int:
        return i * self.ld + j if self.row_major else i + j * self.ld

    def read(self) -> Rows:
        flat = unpacked(self.memory, self.kind)
        used = {self.place(i, j) for i in range(self.m) for j in range(self.n)}
        assert all(v == self.MARK for k, v in enumerate(flat) if k not in used)
        return [[flat[self.place(i, j)] for j in range(self.n)] for i in range(self.m)]


def packed(values: Sequence[complex], kind: int) -> Any:
    real = ctypes.c_float if kind == FLOAT else ctypes.c_double
    if kind != COMPLEX:
        return (real * max(1, len(values)))(*[complex(v).real for v in values])
    return (real * (2 * len(values)))(*[part for v in values for part in (complex(v).real, complex(v).imag)])


def unpacked(memory: Any, kind: int) -> list[complex]:
    flat = list(memory)
    return [complex(a, b) for a, b in zip(flat[::2], flat[1::2], strict=True)] if kind == COMPLEX else flat


def rows(m: int, n: int, seed: int, fill: float = 0.4, kind: int = DOUBLE) -> Rows:
    source = random.Random(seed)

    def one() -> complex:
        if source.random() > fill:
            return 0
        real = source.choice([-3, -2, -1, 1, 2, 3])
        return complex(real, source.randint(-3, 3)) if kind == COMPLEX else real

    return [[one() for _ in range(n)] for _ in range(m)]


def turned(a: Rows, op: int) -> Rows:
    if op == 0:
        return a
    columns = [list(column) for column in zip(*a, strict=True)]
    return [[complex(v).conjugate() for v in row] for row in columns] if op == 2 else columns


def times(a: Rows, b: Rows) -> Rows:
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


@pytest.fixture(params=[False, True], ids=["hipsparse", "cusparse"])
def api(request: pytest.FixtureRequest) -> Api:
    return Api(request.param)


@pytest.mark.parametrize("form", ["Csr", "Csc", "Coo"])
@pytest.mark.parametrize("op", [0, 1, 2])
@pytest.mark.parametrize(("width", "base", "kind"), [(INT32, 0, DOUBLE), (INT64, 1, FLOAT), (INT32, 1, COMPLEX)])
def test_matrix_vector(api: Api, form: str, op: int, width: int, base: int, kind: int) -> None:
    a = rows(5, 7, 1, kind=kind)
    x, y = rows(1, 5 if op else 7, 2, 1, kind)[0], rows(1, 7 if op else 5, 3, 1, kind)[0]
    stored = api.sparse(a, form, width, base, kind)
    px, py = packed(x, kind), packed(y, kind)
    dx, dy = (api.made("CreateDnVec", ctypes.c_int64(len(v)), p, kind) for v, p in ((x, px), (y, py)))
    alpha, beta = packed([2], kind), packed([-3], kind)
    size = ctypes.c_size_t()
    given = [api.handle, op, alpha, stored.desc, dx, beta, dy, kind, 0]
    api.must("SpMV_bufferSize", *given, ctypes.byref(size))
    api.must("SpMV", *given, None)
    product = times(turned(a, op), [[v] for v in x])
    assert unpacked(py, kind) == [2 * p[0] - 3 * v for p, v in zip(product, y, strict=True)]


@pytest.mark.parametrize("form", ["Csr", "Csc", "Coo"])
@pytest.mark.parametrize("orders", list(itertools.product([False, True], repeat=2)), ids=str)
@pytest.mark.parametrize("ops", [(0, 0), (1, 0), (0, 1), (2, 2)], ids=str)
def test_matrix_matrix(api: Api, form: str, orders: tuple[bool, bool], ops: tuple[int, int]) -> None:
    kind = COMPLEX if 2 in ops else DOUBLE
    a, b, c = rows(4, 6, 1, kind=kind), rows(6, 3, 2, 1, kind), rows(4, 3, 3, 1, kind)
    if ops[0]:
        a = turned(a, 1)
    if ops[1]:
        b = turned(b, 1)
    stored, right, out = (
        api.sparse(a, form, kind=kind),
        api.dense(b, orders[0], 2, kind),
        api.dense(c, orders[1], 3, kind),
    )
    given = [api.handle, *ops, packed([2], kind), stored.desc, right.desc, packed([-1], kind), out.desc, kind, 0]
    api.must("SpMM", *given, None)
    product = times(turned(a, ops[0]), turned(b, ops[1]))
    assert out.read() == [[2 * p - v for p, v in zip(*pair, strict=True)] for pair in zip(product, c, strict=True)]
    short = api.dense(rows(5, 3, 1), False)
    assert api.status("SpMM", *given[:-3], short.desc, kind, 0, None) == 3


@pytest.mark.parametrize("row_major", [False, True], ids=["columns", "rows"])
@pytest.mark.parametrize("form", ["Csr", "Csc", "Coo"])
def test_dense_and_back(api: Api, form: str, row_major: bool) -> None:
    a = rows(4, 6, 5)
    stored, full = api.sparse(a, form, base=1), api.dense(rows(4, 6, 6), row_major, 2)
    api.must("SparseToDense", api.handle, stored.desc, full.desc, 0, None)
    assert full.read() == a
    count = sum(v != 0 for row in a for v in row)
    outer = (ctypes.c_int * (count + 9))()
    sizes = [ctypes.c_int64(n) for n in (4, 6, 0)]
    widths = [INT32] if form == "Coo" else [INT32, INT32]
    made = api.made("Create" + form, *sizes, outer, None, None, *widths, 1, DOUBLE)
    api.must("DenseToSparse_analysis", api.handle, full.desc, made, 0, None)
    got = [ctypes.c_int64() for _ in range(3)]
    api.must("SpMatGetSize", made, *map(ctypes.byref, got))
    assert [v.value for v in got] == [4, 6, count]
    inner, values = (ctypes.c_int * count)(), (ctypes.c_double * count)()
    api.must(form + "SetPointers", made, outer, inner, values)
    api.must("DenseToSparse_convert", api.handle, full.desc, made, 0, None)
    again = api.dense(rows(4, 6, 7), not row_major, 1)
    api.must("SparseToDense", api.handle, made, again.desc, 0, None)
    assert again.read() == a


@pytest.mark.parametrize("upper", [False, True], ids=["lower", "upper"])
@pytest.mark.parametrize("unit", [False, True], ids=["diagonal", "unit"])
@pytest.mark.parametrize("op", [0, 1])
def test_triangular_solve(api: Api, op: int, unit: bool, upper: bool) -> None:
    n = 5
    a = rows(n, n, 8, 1)  # both triangles are stored; one is meant
    stored = api.sparse(a, "Csr")
    for attribute, value in ((0, upper), (1, unit)):
        choice = ctypes.c_int(int(value))
        api.must("SpMatSetAttribute", stored.desc, attribute, ctypes.byref(choice), ctypes.c_size_t(4))
    meant: Rows = [
        [(1 if unit else a[i][i]) if i == j else a[i][j] if (j > i) == upper else 0 for j in range(n)] for i in range(n)
    ]
    want = rows(n, 2, 9, 1)
    right = times(turned(meant, op), want)
    b, x = api.dense(right, True, 1), api.dense(rows(n, 2, 10), False, 2)
    desc = api.made("SpSM_createDescr")
    given = [api.handle, op, 0, packed([1], DOUBLE), stored.desc, b.desc, x.desc, DOUBLE, 0, desc]
    rest: list[object] = [] if api.cuda else [None]
    assert api.status("SpSM_solve", *given, *rest) == 3  # not analysed
    api.must("SpSM_analysis", *given, None)
    api.must("SpSM_solve", *given, *rest)
    assert all(
        abs(p - q) < 1e-9 for got, row in zip(x.read(), want, strict=True) for p, q in zip(got, row, strict=True)
    )


def test_sampled_product(api: Api) -> None:
    a, b, c = rows(4, 5, 11, 1), rows(5, 6, 12, 1), rows(4, 6, 13)
    stored = api.sparse(c, "Csr")
    left, right = api.dense(a, True, 1), api.dense(b, False, 2)
    api.must(
        "SDDMM",
        api.handle,
        0,
        0,
        packed([2], DOUBLE),
        left.desc,
        right.desc,
        packed([3], DOUBLE),
        stored.desc,
        DOUBLE,
        0,
        None,
    )
    product = times(a, b)
    assert list(stored.values) == [2 * product[i][j] + 3 * v for i, row in enumerate(c) for j, v in enumerate(row) if v]


def test_sparse_product(api: Api) -> None:
    a, b = rows(4, 5, 14), rows(5, 6, 15)
    left, right = api.sparse(a, "Csr"), api.sparse(b, "Csr", base=1)
    offsets = (ctypes.c_int * 5)()
    c = api.made("CreateCsr", *map(ctypes.c_int64, (4, 6, 0)), offsets, None, None, INT32, INT32, 0, DOUBLE)
    desc, size, room = api.made("SpGEMM_createDescr"), ctypes.c_size_t(), (ctypes.c_char * 64)()
    given = [api.handle, 0, 0, packed([2], DOUBLE), left.desc, right.desc, packed([0], DOUBLE), c, DOUBLE, 0, desc]
    for step in ("workEstimation", "compute"):
        api.must("SpGEMM_" + step, *given, ctypes.byref(size), None)
        assert 0 < size.value <= 64
        api.must("SpGEMM_" + step, *given, ctypes.byref(size), room)
    got = [ctypes.c_int64() for _ in range(3)]
    api.must("SpMatGetSize", c, *map(ctypes.byref, got))
    inner, values = (ctypes.c_int * got[2].value)(), (ctypes.c_double * got[2].value)()
    api.must("CsrSetPointers", c, offsets, inner, values)
    api.must("SpGEMM_copy", *given)
    full = api.dense(rows(4, 6, 1), True)
    api.must("SparseToDense", api.handle, c, full.desc, 0, None)
    assert full.read() == [[2 * v for v in row] for row in times(a, b)]


def test_vectors(api: Api) -> None:
    index, x, y = (ctypes.c_int * 3)(5, 1, 3), packed([2, -3, 4], DOUBLE), packed(range(1, 7), DOUBLE)
    sx = api.made("CreateSpVec", ctypes.c_int64(6), ctypes.c_int64(3), index, x, INT32, 1, DOUBLE)
    dy = api.made("CreateDnVec", ctypes.c_int64(6), y, DOUBLE)
    result = packed([0], DOUBLE)
    api.must("SpVV", api.handle, 0, sx, dy, result, DOUBLE, None)
    assert result[0] == 2 * 5 - 3 * 1 + 4 * 3
    api.must("Axpby", api.handle, packed([10], DOUBLE), sx, packed([2], DOUBLE), dy)
    assert list(y) == [-28, 4, 46, 8, 30, 12]
    api.must("Gather", api.handle, dy, sx)
    assert list(x) == [30, -28, 46]
    x[0], x[1], x[2] = 7, 8, 9
    api.must("Scatter", api.handle, sx, dy)
    assert list(y) == [8, 4, 9, 8, 7, 12]


def test_conversions(api: Api) -> None:
    a = rows(4, 6, 16)
    stored = api.sparse(a, "Csr", base=1)
    count = len(stored.values)
    values, offsets, inner = (ctypes.c_double * count)(), (ctypes.c_int * 7)(), (ctypes.c_int * count)()
    api.must(
        "Csr2cscEx2",
        api.handle,
        4,
        6,
        count,
        stored.values,
        stored.outer,
        stored.inner,
        values,
        offsets,
        inner,
        DOUBLE,
        1,
        1,
        1,
        None,
    )
    want = api.sparse(a, "Csc", base=1)
    assert (list(offsets), list(inner), list(values)) == (list(want.outer), list(want.inner), list(want.values))
    expanded, back = (ctypes.c_int * count)(), (ctypes.c_int * 5)()
    api.must("Xcsr2coo", api.handle, stored.outer, count, 4, expanded, 1)
    assert list(expanded) == [i + 1 for i, row in enumerate(a) for v in row if v]
    api.must("Xcoo2csr", api.handle, expanded, count, 4, back, 1)
    assert list(back) == list(stored.outer)
    i, j, p = (ctypes.c_int * 4)(2, 0, 2, 1), (ctypes.c_int * 4)(3, 5, 1, 1), (ctypes.c_int * 4)()
    api.must("CreateIdentityPermutation", api.handle, 4, p)
    api.must("XcoosortByRow", api.handle, 3, 6, 4, i, j, p, None)
    assert (list(i), list(j), list(p)) == ([0, 1, 2, 2], [5, 1, 1, 3], [1, 3, 2, 0])
    api.must("XcoosortByColumn", api.handle, 3, 6, 4, i, j, p, None)
    assert (list(i), list(j), list(p)) == ([1, 2, 2, 0], [1, 1, 3, 5], [3, 2, 0, 1])


def test_sum_of_matrices(api: Api) -> None:
    a, b = rows(4, 6, 17), rows(4, 6, 18)
    left, right = api.sparse(a, "Csr"), api.sparse(b, "Csr", base=1)
    zero, one = api.made("CreateMatDescr"), api.made("CreateMatDescr")
    api.must("SetMatIndexBase", one, 1)
    offsets, total = (ctypes.c_int * 5)(), ctypes.c_int()
    structure = [zero, len(left.values), left.outer, left.inner, one, len(right.values), right.outer, right.inner, one]
    api.must("Xcsrgeam2Nnz", api.handle, 4, 6, *structure, offsets, ctypes.byref(total), None)
    inner, values = (ctypes.c_int * total.value)(), (ctypes.c_double * total.value)()
    first = [packed([2], DOUBLE), zero, len(left.values), left.values, left.outer, left.inner]
    second = [packed([-3], DOUBLE), one, len(right.values), right.values, right.outer, right.inner]
    api.must("Dcsrgeam2", api.handle, 4, 6, *first, *second, one, values, offsets, inner, None)
    c = api.made(
        "CreateCsr", *map(ctypes.c_int64, (4, 6, total.value)), offsets, inner, values, INT32, INT32, 1, DOUBLE
    )
    full = api.dense(rows(4, 6, 1), False, 1)
    api.must("SparseToDense", api.handle, c, full.desc, 0, None)
    assert full.read() == [[2 * p - 3 * q for p, q in zip(*pair, strict=True)] for pair in zip(a, b, strict=True)]


def test_refusals(api: Api) -> None:
    assert api.status("Create", None) == 3
    assert api.status("SpMV", None, 0, packed([1], DOUBLE), None, None, packed([0], DOUBLE), None, DOUBLE, 0, None) == 1
    out = ctypes.c_void_p()
    small = [ctypes.byref(out), *map(ctypes.c_int64, (4, 6, 3)), packed([0] * 24, DOUBLE), DOUBLE]
    assert api.status("CreateDnMat", *small, 1) == 3  # a leading dimension below the rows
