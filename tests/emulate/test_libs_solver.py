"""cuSOLVER and hipSOLVER substitutes: what the factors have to give back, with leading dimensions above the rows."""

from __future__ import annotations

import ctypes
import random
from typing import Any

import pytest
from device_library import library

Rows = list[list[complex]]
KINDS = "SDCZ"
NAMES = {"orgqr": "ungqr", "ormqr": "unmqr", "syevd": "heevd", "syevj": "heevj", "syevjBatched": "heevjBatched"}


class Api:
    def __init__(self, cuda: bool) -> None:
        self.cuda = cuda
        self.prefix = "cusolverDn" if cuda else "hipsolverDn"
        self.code = library("cuda-solver" if cuda else "hip-solver")
        out = ctypes.c_void_p()
        assert self.status("Create", ctypes.byref(out)) == 0
        self.handle = out

    def status(self, name: str, *arguments: object) -> int:
        return int(getattr(self.code, self.prefix + name)(*arguments))

    def run(self, kind: str, name: str, *arguments: object) -> int:
        if kind in "CZ":
            name = (
                NAMES.get(name.removesuffix("_bufferSize"), name.removesuffix("_bufferSize"))
                + name[len(name.removesuffix("_bufferSize")) :]
            )
        return self.status(kind + name, self.handle, *arguments)

    def room(self, kind: str, name: str, *arguments: object) -> tuple[Any, int]:
        size = ctypes.c_int()
        assert self.run(kind, name + "_bufferSize", *arguments, ctypes.byref(size)) == 0
        return real(kind)(*[0.0] * 0) if size.value < 1 else (real(kind) * (2 * size.value))(), size.value


def real(kind: str) -> Any:
    return ctypes.c_float if kind in "SC" else ctypes.c_double


class Matrix:
    """Column-major, with rows below the matrix that are marked and have to stay."""

    MARK = -77.0

    def __init__(self, rows: Rows, kind: str, extra: int = 2) -> None:
        self.m, self.n, self.kind = len(rows), len(rows[0]), kind
        self.ld = self.m + extra
        flat = [
            complex(rows[i][j]) if i < self.m else complex(self.MARK) for j in range(self.n) for i in range(self.ld)
        ]
        parts = [p for v in flat for p in ((v.real, v.imag) if kind in "CZ" else (v.real,))]
        self.memory = (real(kind) * len(parts))(*parts)

    def read(self) -> Rows:
        flat: list[complex] = list(self.memory)
        if self.kind in "CZ":
            flat = [complex(a.real, b.real) for a, b in zip(flat[::2], flat[1::2], strict=True)]
        assert all(flat[j * self.ld + i] == self.MARK for j in range(self.n) for i in range(self.m, self.ld))
        return [[flat[j * self.ld + i] for j in range(self.n)] for i in range(self.m)]


def numbers(m: int, n: int, kind: str, seed: int) -> Rows:
    source = random.Random(seed)

    def one() -> complex:
        return complex(source.uniform(-1, 1), source.uniform(-1, 1) if kind in "CZ" else 0)

    return [[one() for _ in range(n)] for _ in range(m)]


def times(a: Rows, b: Rows) -> Rows:
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def adjoint(a: Rows) -> Rows:
    return [[complex(v).conjugate() for v in column] for column in zip(*a, strict=True)]


def near(a: Rows, b: Rows, kind: str) -> None:
    bound = 2e-5 if kind in "SC" else 1e-12
    assert len(a) == len(b)
    for left, right in zip(a, b, strict=True):
        assert all(abs(p - q) < bound for p, q in zip(left, right, strict=True)), (a, b)


def unit(n: int) -> Rows:
    return [[complex(i == j) for j in range(n)] for i in range(n)]


def lower(a: Rows, diagonal: complex | None = None) -> Rows:
    return [
        [(v if diagonal is None or i != j else diagonal) if i >= j else 0 for j, v in enumerate(row)]
        for i, row in enumerate(a)
    ]


def upper(a: Rows) -> Rows:
    return [[v if i <= j else 0 for j, v in enumerate(row)] for i, row in enumerate(a)]


@pytest.fixture(params=[False, True], ids=["hipsolver", "cusolver"])
def api(request: pytest.FixtureRequest) -> Api:
    return Api(request.param)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5)], ids=str)
def test_lu(api: Api, kind: str, shape: tuple[int, int]) -> None:
    m, n = shape
    a = numbers(m, n, kind, 1)
    stored, info, pivots = Matrix(a, kind), ctypes.c_int(-1), (ctypes.c_int * min(m, n))()
    space, _ = api.room(kind, "getrf", m, n, stored.memory, stored.ld)
    assert api.run(kind, "getrf", m, n, stored.memory, stored.ld, space, pivots, ctypes.byref(info)) == 0
    assert info.value == 0
    lu, least = stored.read(), min(m, n)
    product = times([row[:least] for row in lower(lu, 1)], upper(lu)[:least])
    order = list(range(m))
    for i, p in enumerate(pivots):
        order[i], order[p - 1] = order[p - 1], order[i]
    near(product, [a[i] for i in order], kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("op", [0, 1, 2])
def test_lu_solve(api: Api, kind: str, op: int) -> None:
    names = [111, 112, 113] if not api.cuda else [0, 1, 2]
    a, x = numbers(4, 4, kind, 2), numbers(4, 3, kind, 3)
    meant = a if op == 0 else [list(c) for c in zip(*a, strict=True)] if op == 1 else adjoint(a)
    stored, right = Matrix(a, kind), Matrix(times(meant, x), kind, 1)
    info, pivots = ctypes.c_int(), (ctypes.c_int * 4)()
    space, _ = api.room(kind, "getrf", 4, 4, stored.memory, stored.ld)
    api.run(kind, "getrf", 4, 4, stored.memory, stored.ld, space, pivots, ctypes.byref(info))
    assert (
        api.run(
            kind, "getrs", names[op], 4, 3, stored.memory, stored.ld, pivots, right.memory, right.ld, ctypes.byref(info)
        )
        == 0
    )
    near(right.read(), x, kind)


def positive(n: int, kind: str, seed: int) -> Rows:
    a = numbers(n, n, kind, seed)
    product = times(a, adjoint(a))
    return [[v + (i == j) for j, v in enumerate(row)] for i, row in enumerate(product)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("low", [False, True], ids=["upper", "lower"])
def test_cholesky(api: Api, kind: str, low: bool) -> None:
    fill = (0 if low else 1) if api.cuda else (122 if low else 121)
    a, x = positive(4, kind, 4), numbers(4, 2, kind, 5)
    other = [[v if (i >= j) == low or i == j else 99 for j, v in enumerate(row)] for i, row in enumerate(a)]
    stored, right, info = Matrix(other, kind), Matrix(times(a, x), kind, 3), ctypes.c_int(-1)
    space, size = api.room(kind, "potrf", fill, 4, stored.memory, stored.ld)
    assert api.run(kind, "potrf", fill, 4, stored.memory, stored.ld, space, size - 1, ctypes.byref(info)) == 3
    assert api.run(kind, "potrf", fill, 4, stored.memory, stored.ld, space, size, ctypes.byref(info)) == 0
    factor = stored.read()
    assert all(factor[i][j] == 99 for i in range(4) for j in range(4) if i != j and (i > j) != low)
    triangle = lower(factor) if low else upper(factor)
    near(times(triangle, adjoint(triangle)) if low else times(adjoint(triangle), triangle), a, kind)
    assert api.run(kind, "potrs", fill, 4, 2, stored.memory, stored.ld, right.memory, right.ld, ctypes.byref(info)) == 0
    near(right.read(), x, kind)
    space, size = api.room(kind, "potri", fill, 4, stored.memory, stored.ld)
    assert api.run(kind, "potri", fill, 4, stored.memory, stored.ld, space, size, ctypes.byref(info)) == 0
    half = lower(stored.read()) if low else upper(stored.read())
    full = [[half[i][j] if (i >= j) == low or i == j else half[j][i].conjugate() for j in range(4)] for i in range(4)]
    near(times(a, full), unit(4), kind)


def test_cholesky_says_which_minor_is_not_positive(api: Api) -> None:
    fill = 0 if api.cuda else 122
    a: Rows = [[4, 2, 0], [2, 1, 0], [0, 0, 1]]
    stored, info = Matrix(a, "D"), ctypes.c_int()
    space, size = api.room("D", "potrf", fill, 3, stored.memory, stored.ld)
    assert api.run("D", "potrf", fill, 3, stored.memory, stored.ld, space, size, ctypes.byref(info)) == 0
    assert info.value == 2


@pytest.mark.parametrize("kind", "SZ")
def test_cholesky_of_a_batch(api: Api, kind: str) -> None:
    fill = 0 if api.cuda else 122
    matrices = [positive(3, kind, seed) for seed in (6, 7)]
    stored, right = [Matrix(a, kind) for a in matrices], [Matrix(numbers(3, 1, kind, seed), kind) for seed in (8, 9)]
    given = [r.read() for r in right]
    pointers = (ctypes.c_void_p * 2)(*[ctypes.addressof(s.memory) for s in stored])
    sides = (ctypes.c_void_p * 2)(*[ctypes.addressof(r.memory) for r in right])
    info = (ctypes.c_int * 2)(-1, -1)
    assert api.run(kind, "potrfBatched", fill, 3, pointers, stored[0].ld, info, 2) == 0
    assert list(info) == [0, 0]
    assert api.run(kind, "potrsBatched", fill, 3, 1, pointers, stored[0].ld, sides, right[0].ld, info, 2) == 0
    for a, r, b in zip(matrices, right, given, strict=True):
        near(times(a, r.read()), b, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(5, 3), (4, 4)], ids=str)
def test_qr(api: Api, kind: str, shape: tuple[int, int]) -> None:
    m, n = shape
    a = numbers(m, n, kind, 10)
    stored, taus, info = Matrix(a, kind), Matrix([[0]] * n, kind, 0), ctypes.c_int(-1)
    space, size = api.room(kind, "geqrf", m, n, stored.memory, stored.ld)
    assert api.run(kind, "geqrf", m, n, stored.memory, stored.ld, taus.memory, space, size, ctypes.byref(info)) == 0
    r = upper(stored.read())[:n]
    assert all(abs(complex(r[i][i]).imag) < 1e-7 for i in range(n))
    factor = Matrix(stored.read(), kind)
    space, size = api.room(kind, "orgqr", m, n, n, factor.memory, factor.ld, taus.memory)
    assert api.run(kind, "orgqr", m, n, n, factor.memory, factor.ld, taus.memory, space, size, ctypes.byref(info)) == 0
    q = factor.read()
    near(times(adjoint(q), q), unit(n), kind)
    near(times(q, r), a, kind)
    left, right = (0, 1) if api.cuda else (141, 142)
    plain, turned = (0, (2 if kind in "CZ" else 1)) if api.cuda else (111, 113 if kind in "CZ" else 112)
    for side in (left, right):
        for op in (plain, turned):
            c = numbers(m, 2, kind, 11) if side == left else numbers(2, m, kind, 11)
            out = Matrix(c, kind, 1)
            rows, columns = len(c), len(c[0])
            given = [side, op, rows, columns, n, stored.memory, stored.ld, taus.memory, out.memory, out.ld]
            space, size = api.room(kind, "ormqr", *given)
            assert api.run(kind, "ormqr", *given, space, size, ctypes.byref(info)) == 0
            whole = Matrix(unit(m), kind)
            ask = [left, plain, m, m, n, stored.memory, stored.ld, taus.memory, whole.memory, whole.ld]
            space, size = api.room(kind, "ormqr", *ask)
            assert api.run(kind, "ormqr", *ask, space, size, ctypes.byref(info)) == 0
            full = whole.read()
            near([row[:n] for row in full], q, kind)
            meant = full if op == plain else adjoint(full)
            near(out.read(), times(meant, c) if side == left else times(c, meant), kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("low", [False, True], ids=["upper", "lower"])
@pytest.mark.parametrize("name", ["syevd", "syevj"])
def test_eigenvalues(api: Api, kind: str, low: bool, name: str) -> None:
    fill = (0 if low else 1) if api.cuda else (122 if low else 121)
    n = 5
    a = positive(n, kind, 12)
    a = [[v - 3 * (i == j) for j, v in enumerate(row)] for i, row in enumerate(a)]
    half = lower(a) if low else upper(a)
    stored, values, info = Matrix(half, kind), (real(kind) * n)(), ctypes.c_int(-1)
    rest: list[object] = []
    if name == "syevj":
        parameters = ctypes.c_void_p()
        assert api.status("CreateSyevjInfo", ctypes.byref(parameters)) == 0
        rest = [parameters]
    size = ctypes.c_int()
    given = [202, fill, n, stored.memory, stored.ld, values]
    full_name = name if kind in "SD" else NAMES[name]
    assert api.status(kind + full_name + "_bufferSize", api.handle, *given, ctypes.byref(size), *rest) == 0
    space = (real(kind) * (2 * size.value))()
    assert api.status(kind + full_name, api.handle, *given, space, size.value, ctypes.byref(info), *rest) == 0
    assert info.value == 0
    v = stored.read()
    assert list(values) == sorted(values)
    near(times(adjoint(v), v), unit(n), kind)
    near(times(a, v), [[x * values[j] for j, x in enumerate(row)] for row in v], kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("job", ["A", "S", "N"])
@pytest.mark.parametrize("shape", [(5, 3), (4, 4), (3, 5)], ids=str)
def test_singular_values(api: Api, kind: str, shape: tuple[int, int], job: str) -> None:
    m, n = shape
    a, least = numbers(m, n, kind, 13), min(m, n)
    if shape == (4, 4):
        a[3] = [2 * v for v in a[0]]  # one singular value is zero
    stored, values, info = Matrix(a, kind), (real(kind) * least)(), ctypes.c_int(-1)
    columns, rows = (m, n) if job == "A" else (least, least)
    u, v = Matrix(numbers(m, columns, kind, 1), kind), Matrix(numbers(rows, n, kind, 1), kind, 1)
    space, size = api.room(kind, "gesvd", m, n)
    which = ctypes.c_char(job.encode())
    given = [which, which, m, n, stored.memory, stored.ld, values, u.memory, u.ld, v.memory, v.ld]
    done = api.run(kind, "gesvd", *given, space, size, None, ctypes.byref(info))
    if api.cuda and m < n:
        assert done == 3
        return
    assert (done, info.value) == (0, 0)
    assert list(values) == sorted(values, reverse=True)
    squares = sum(abs(x) ** 2 for row in a for x in row)
    assert sum(s * s for s in values) == pytest.approx(squares, rel=1e-5)
    if job == "N":
        return
    left, right = u.read(), v.read()
    near(times(adjoint(left), left), unit(columns), kind)
    near(times(right, adjoint(right)), unit(rows), kind)
    scaled = [[x * s for x, s in zip(row[:least], values, strict=True)] for row in left]
    near(times(scaled, right[:least]), a, kind)


@pytest.mark.parametrize("kind", "SZ")
@pytest.mark.parametrize("economy", [0, 1])
def test_singular_values_by_jacobi(api: Api, kind: str, economy: int) -> None:
    m, n = 5, 3
    a = numbers(m, n, kind, 14)
    stored, values, info = Matrix(a, kind), (real(kind) * n)(), ctypes.c_int(-1)
    u, v = Matrix(numbers(m, n if economy else m, kind, 1), kind), Matrix(numbers(n, n, kind, 1), kind)
    parameters, size = ctypes.c_void_p(), ctypes.c_int()
    assert api.status("CreateGesvdjInfo", ctypes.byref(parameters)) == 0
    given = [202, economy, m, n, stored.memory, stored.ld, values, u.memory, u.ld, v.memory, v.ld]
    assert api.run(kind, "gesvdj_bufferSize", *given, ctypes.byref(size), parameters) == 0
    space = (real(kind) * (2 * size.value))()
    assert api.run(kind, "gesvdj", *given, space, size.value, ctypes.byref(info), parameters) == 0
    scaled = [[x * s for x, s in zip(row[:n], values, strict=True)] for row in u.read()]
    near(times(scaled, adjoint(v.read())), a, kind)


def test_own_names_of_hipsolver() -> None:
    api = Api(False)
    a, x = numbers(3, 3, "D", 15), numbers(3, 1, "D", 16)
    stored, right = Matrix(a, "D"), Matrix(times(a, x), "D")
    pivots, info, size, space = (ctypes.c_int * 3)(), ctypes.c_int(), ctypes.c_int(), (ctypes.c_double * 64)()
    first = [api.handle, 3, 3, stored.memory, stored.ld]
    assert api.code.hipsolverDgetrf_bufferSize(*first, ctypes.byref(size)) == 0
    assert api.code.hipsolverDgetrf(*first, space, size.value, pivots, ctypes.byref(info)) == 0
    solve = [api.handle, 111, 3, 1, stored.memory, stored.ld, pivots, right.memory, right.ld]
    assert api.code.hipsolverDgetrs_bufferSize(*solve, ctypes.byref(size)) == 0
    assert api.code.hipsolverDgetrs(*solve, space, size.value, ctypes.byref(info)) == 0
    near(right.read(), x, "D")
