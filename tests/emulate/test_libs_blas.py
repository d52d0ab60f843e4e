"""BLAS substitutes against plain loops: layouts, leading dimensions, transposes, batches, scalars on either side.

Values are small integers, so that results are exact in every type and compared for equality.
"""

from __future__ import annotations

import ctypes
import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from device_library import library

Value = float | complex
Element = Callable[[int, int], Value]


@dataclass(frozen=True)
class Kind:
    """A number type: its letter, size, and how values become bytes."""

    letter: str
    format: str
    parts: int = 1

    @property
    def complex(self) -> bool:
        return self.parts == 2

    def pack(self, values: Sequence[Value]) -> ctypes.Array[ctypes.c_char]:
        flat = [part for v in values for part in ((complex(v).real, complex(v).imag) if self.complex else (v,))]
        return ctypes.create_string_buffer(
            struct.pack(f"{len(flat)}{self.format}", *flat), len(flat) * struct.calcsize(self.format)
        )

    def unpack(self, data: ctypes.Array[ctypes.c_char]) -> list[Value]:
        flat = struct.unpack(f"{len(data) // struct.calcsize(self.format)}{self.format}", data.raw)
        return [complex(*pair) for pair in zip(flat[::2], flat[1::2], strict=True)] if self.complex else list(flat)


H, S, D, C, Z = Kind("H", "e"), Kind("S", "f"), Kind("D", "d"), Kind("C", "f", 2), Kind("Z", "d", 2)
REALS, ALL = (S, D), (S, D, C, Z)


class Api:
    """One library with its enumerators, and a handle."""

    def __init__(self, cuda: bool) -> None:
        self.cuda = cuda
        self.prefix = "cublas" if cuda else "hipblas"
        self.code = library("cuda-blas" if cuda else "hip-blas")
        self.op = dict(zip("NTC", (0, 1, 2) if cuda else (111, 112, 113), strict=True))
        self.fill = {"L": 0, "U": 1} if cuda else {"L": 122, "U": 121}
        self.diag = {"N": 0, "U": 1} if cuda else {"N": 131, "U": 132}
        self.side = {"L": 0, "R": 1} if cuda else {"L": 141, "R": 142}
        self.compute = (
            {"16F": 64, "32F": 68, "64F": 70, "32I": 72} if cuda else {"16F": 0, "32F": 2, "64F": 7, "32I": 9}
        )
        self.invalid = 7 if cuda else 3
        self.handle = ctypes.c_void_p()
        assert self.status("Create", ctypes.byref(self.handle)) == 0

    def status(self, name: str, *arguments: object) -> int:
        for spelled in (f"{self.prefix}{name}_v2", f"{self.prefix}{name}"):
            if hasattr(self.code, spelled):
                return int(getattr(self.code, spelled)(*arguments))
        raise AssertionError(f"{self.prefix}{name} is missing")

    def call(self, name: str, *arguments: object) -> None:
        plain = [arg.value if isinstance(arg, ctypes.c_int64) else arg for arg in arguments]
        passed = [ctypes.c_int64(v) if isinstance(v, int) else v for v in plain]
        assert self.status(name, self.handle, *passed) == 0, name


@pytest.fixture(params=[False, True], ids=["hipblas", "cublas"])
def api(request: pytest.FixtureRequest) -> Api:
    return Api(request.param)


def numbers(kind: Kind, count: int, seed: int = 1) -> list[Value]:
    source = random.Random(seed)

    def draw() -> int:
        return source.randint(-3, 3)

    return [complex(draw(), draw()) if kind.complex else float(draw()) for _ in range(count)]


def added(p: Element, q: Element) -> Element:
    """The sum of two matrices."""
    return lambda i, j: p(i, j) + q(i, j)


def column(values: Sequence[Value]) -> Element:
    """A vector as a matrix of one column."""
    return lambda i, _: values[i]


def view(values: Sequence[Value], ld: int, op: str = "N") -> Element:
    """op(A) of a column-major matrix."""
    if op == "N":
        return lambda i, j: values[i + j * ld]
    return lambda i, j: (
        complex(values[j + i * ld]).conjugate() if op == "C" and isinstance(values[0], complex) else values[j + i * ld]
    )


def product(a: Element, b: Element, k: int) -> Element:
    return lambda i, j: sum((a(i, x) * b(x, j) for x in range(k)), start=0.0)


def combined(
    c: Sequence[Value],
    ldc: int,
    m: int,
    n: int,
    alpha: Value,
    p: Element,
    beta: Value,
    keep: Callable[[int, int], bool] = lambda i, j: True,
) -> list[Value]:
    out = list(c)
    for j in range(n):
        for i in range(m):
            if keep(i, j):
                out[i + j * ldc] = alpha * p(i, j) + (beta * c[i + j * ldc] if beta else 0)
    return out


def scalar(kind: Kind, value: Value) -> ctypes.Array[ctypes.c_char]:
    return kind.pack([value])


@pytest.mark.parametrize("kind", [H, *ALL], ids=lambda k: k.letter)
@pytest.mark.parametrize("ops", ["NN", "NT", "TN", "TT", "CN", "NC"])
def test_gemm(api: Api, kind: Kind, ops: str) -> None:
    m, n, k, lda, ldb, ldc = 3, 4, 5, 7, 6, 5
    a, b, c = numbers(kind, lda * 5, 1), numbers(kind, ldb * 5, 2), numbers(kind, ldc * n, 3)
    alpha, beta = (2 - 1j, 1 + 1j) if kind.complex else (2.0, -1.0)
    data = kind.pack(c)
    api.call(
        f"{kind.letter}gemm",
        api.op[ops[0]],
        api.op[ops[1]],
        m,
        n,
        k,
        scalar(kind, alpha),
        kind.pack(a),
        lda,
        kind.pack(b),
        ldb,
        scalar(kind, beta),
        data,
        ldc,
    )
    assert kind.unpack(data) == combined(
        c, ldc, m, n, alpha, product(view(a, lda, ops[0]), view(b, ldb, ops[1]), k), beta
    )


def test_a_zero_beta_does_not_read_c(api: Api) -> None:
    data = S.pack([float("nan")] * 4)
    api.call(
        "Sgemm",
        api.op["N"],
        api.op["N"],
        2,
        2,
        1,
        scalar(S, 1),
        S.pack([1, 2]),
        2,
        S.pack([3, 4]),
        1,
        scalar(S, 0),
        data,
        2,
    )
    assert S.unpack(data) == [3, 6, 4, 8]
    data = S.pack([1, 2, 3, 4])
    api.call("Sgemm", api.op["N"], api.op["N"], 2, 2, 0, scalar(S, 1), None, 2, None, 1, scalar(S, 2), data, 2)
    assert S.unpack(data) == [2, 4, 6, 8]


def test_arguments_are_checked(api: Api) -> None:
    n = api.op["N"]
    one, data = scalar(S, 1), S.pack([0] * 16)
    good = [n, n, 4, 2, 3, one, data, 4, data, 3, one, data, 4]
    for place, value in ((2, -1), (3, -1), (4, -1), (7, 3), (9, 2), (12, 3), (5, None), (10, None)):
        bad = list(good)
        bad[place] = value
        assert api.status("Sgemm", api.handle, *bad) == api.invalid, place
    assert api.status("Sgemm", api.handle, 99, *good[1:]) == (7 if api.cuda else 10)
    assert api.status("Sgemm", None, *good) == 1
    assert api.status("Sgemm", api.handle, *good) == 0


def test_batches(api: Api) -> None:
    m, n, k = 2, 3, 2
    a, b = [numbers(D, m * k, s) for s in (1, 2)], [numbers(D, k * n, s) for s in (3, 4)]
    expected = [
        combined([0.0] * 6, m, m, n, 1.0, product(view(x, m), view(y, k), k), 0) for x, y in zip(a, b, strict=True)
    ]
    one, zero, nn = scalar(D, 1), scalar(D, 0), (api.op["N"], api.op["N"])
    out = D.pack([0.0] * 14)
    api.call(
        "DgemmStridedBatched",
        *nn,
        m,
        n,
        k,
        one,
        D.pack([*a[0], *a[1]]),
        m,
        4,
        D.pack([*b[0], *b[1]]),
        k,
        6,
        zero,
        out,
        m,
        8,
        2,
    )
    assert D.unpack(out)[:6] == expected[0] and D.unpack(out)[8:] == expected[1] and D.unpack(out)[6:8] == [0, 0]

    outs = [D.pack([0.0] * 6) for _ in range(2)]
    kept = [[D.pack(v) for v in values] for values in (a, b)] + [outs]
    arrays = [(ctypes.c_void_p * 2)(*(ctypes.addressof(x) for x in values)) for values in kept]
    api.call("DgemmBatched", *nn, m, n, k, one, arrays[0], m, arrays[1], k, zero, arrays[2], m, 2)
    assert [D.unpack(x) for x in outs] == expected


def test_scalars_in_device_memory(api: Api) -> None:
    api.call("SetPointerMode", 1)
    x, y = S.pack([1, 2, 3]), S.pack([10, 20, 30])
    api.call("Saxpy", 3, scalar(S, 2), x, 1, y, 1)
    result = S.pack([0])
    api.call("Sdot", 3, x, 1, y, 1, result)
    assert S.unpack(y) == [12, 24, 36] and S.unpack(result) == [168]
    mode = ctypes.c_int()
    api.call("GetPointerMode", ctypes.byref(mode))
    assert mode.value == 1


@pytest.mark.parametrize("kind", ALL, ids=lambda k: k.letter)
def test_vectors(api: Api, kind: Kind) -> None:
    x, y = numbers(kind, 12, 1), numbers(kind, 12, 2)
    packed, out = kind.pack(x), kind.pack(y)
    alpha = 1 + 2j if kind.complex else 2.0
    api.call(f"{kind.letter}axpy", 4, scalar(kind, alpha), packed, 3, out, -2)
    expected = list(y)
    for i in range(4):
        expected[(3 - i) * 2] = y[(3 - i) * 2] + alpha * x[i * 3]
    assert kind.unpack(out) == expected

    out = kind.pack([0])
    dot = "dotu" if kind.complex else "dot"
    api.call(f"{kind.letter}{dot}", 4, packed, 3, kind.pack(y), 2, out)
    assert kind.unpack(out) == [sum(x[i * 3] * y[i * 2] for i in range(4))]
    if kind.complex:
        api.call(f"{kind.letter}dotc", 4, packed, 3, kind.pack(y), 2, out)
        assert kind.unpack(out) == [sum(complex(x[i * 3]).conjugate() * y[i * 2] for i in range(4))]

    size = [abs(complex(v).real) + abs(complex(v).imag) for v in x[::2]]
    for way, best in (("amax", max), ("amin", min)):
        index = ctypes.c_int(-1)
        api.call(f"I{kind.letter.lower()}{way}", 6, packed, 2, ctypes.byref(index))
        assert index.value == size.index(best(size)) + 1
        api.call(f"I{kind.letter.lower()}{way}", 0, packed, 2, ctypes.byref(index))
        assert index.value == 0
    real = {"C": S, "Z": D}.get(kind.letter, kind)
    name = {"C": "Sc", "Z": "Dz"}.get(kind.letter, kind.letter)
    out = real.pack([0])
    api.call(f"{name}asum", 6, packed, 2, out)
    assert real.unpack(out) == [sum(size)]
    api.call(f"{name}nrm2", 6, packed, 2, out)
    assert real.unpack(out)[0] == pytest.approx(sum(abs(v) ** 2 for v in x[::2]) ** 0.5, rel=1e-6)

    out = kind.pack(x)
    api.call(f"{kind.letter}scal", 3, scalar(kind, alpha), out, 4)
    assert kind.unpack(out) == [alpha * v if i % 4 == 0 else v for i, v in enumerate(x)]


@pytest.mark.parametrize("kind", ALL, ids=lambda k: k.letter)
@pytest.mark.parametrize("op", "NTC")
def test_gemv(api: Api, kind: Kind, op: str) -> None:
    m, n, lda = 3, 4, 5
    a, x, y = numbers(kind, lda * n, 1), numbers(kind, 4, 2), numbers(kind, 8, 3)
    rows, columns = (m, n) if op == "N" else (n, m)
    out = kind.pack(y)
    api.call(
        f"{kind.letter}gemv",
        api.op[op],
        m,
        n,
        scalar(kind, 2),
        kind.pack(a),
        lda,
        kind.pack(x),
        1,
        scalar(kind, -1),
        out,
        2,
    )
    p = product(view(a, lda, op), lambda i, _: x[i], columns)
    assert kind.unpack(out) == [2 * p(i // 2, 0) - v if i % 2 == 0 and i // 2 < rows else v for i, v in enumerate(y)]


def stored(
    values: Sequence[Value], ld: int, fill: str, hermitian: bool = False, diag: str = "N", full: bool = True
) -> Element:
    """A symmetric or Hermitian matrix (full), or a triangle, from the triangle that is stored."""

    def element(i: int, j: int) -> Value:
        inside = i >= j if fill == "L" else i <= j
        if not full:
            return 1.0 if i == j and diag == "U" else values[i + j * ld] if inside else 0.0
        value = values[i + j * ld] if inside else values[j + i * ld]
        if not hermitian:
            return value
        return complex(value).real if i == j else value if inside else complex(value).conjugate()

    return element


def turned(a: Element, op: str) -> Element:
    return {
        "N": a,
        "T": lambda i, j: a(j, i),
        "C": lambda i, j: complex(a(j, i)).conjugate() if isinstance(a(j, i), complex) else a(j, i),
    }[op]


@pytest.mark.parametrize("kind", ALL, ids=lambda k: k.letter)
@pytest.mark.parametrize("fill", "LU")
@pytest.mark.parametrize("side", "LR")
def test_symmetric_products(api: Api, kind: Kind, fill: str, side: str) -> None:
    m, n, lda, ldb, ldc = 3, 2, 4, 5, 6
    a, b, c = numbers(kind, lda * 4, 1), numbers(kind, ldb * n, 2), numbers(kind, ldc * n, 3)
    for name, hermitian in (("symm", False), *((("hemm", True),) if kind.complex else ())):
        full = stored(a, lda, fill, hermitian)
        p = product(full, view(b, ldb), m) if side == "L" else product(view(b, ldb), full, n)
        out = kind.pack(c)
        api.call(
            f"{kind.letter}{name}",
            api.side[side],
            api.fill[fill],
            m,
            n,
            scalar(kind, 2),
            kind.pack(a),
            lda,
            kind.pack(b),
            ldb,
            scalar(kind, 1),
            out,
            ldc,
        )
        assert kind.unpack(out) == combined(c, ldc, m, n, 2, p, 1), name


@pytest.mark.parametrize("kind", ALL, ids=lambda k: k.letter)
@pytest.mark.parametrize("fill", "LU")
@pytest.mark.parametrize("op", "NT")
def test_rank_k_updates(api: Api, kind: Kind, fill: str, op: str) -> None:
    n, k, ld, ldc = 3, 2, 4, 5
    a, b, c = numbers(kind, ld * 4, 1), numbers(kind, ld * 4, 2), numbers(kind, ldc * n, 3)
    inside = lambda i, j: i >= j if fill == "L" else i <= j  # noqa: E731
    names = [("syrk", False), ("syr2k", False), ("syrkx", False)]
    if kind.complex:
        names += [("herk", True), ("her2k", True), ("herkx", True)]
    for name, hermitian in names:
        way = "C" if hermitian and op == "T" else op
        other = {"N": "C" if hermitian else "T", "T": "N", "C": "N"}[way]
        real = {"C": S, "Z": D}.get(kind.letter, kind) if hermitian else kind
        out = kind.pack(c)
        both = name.endswith("2k")
        second = b if name[-1] == "x" or both else a
        left = [] if second is a else [kind.pack(b), ld]
        alpha = scalar(kind if left else real, 2)
        api.call(
            f"{kind.letter}{name}",
            api.fill[fill],
            api.op[way],
            n,
            k,
            alpha,
            kind.pack(a),
            ld,
            *left,
            scalar(real, 1),
            out,
            ldc,
        )
        p = product(view(a, ld, way), view(second, ld, other), k)
        q = product(view(b, ld, way), view(a, ld, other), k)
        expected = combined(c, ldc, n, n, 2, added(p, q) if both else p, 1, inside)
        if hermitian:
            for i in range(n):
                expected[i + i * ldc] = complex(complex(expected[i + i * ldc]).real, 0)
        assert kind.unpack(out) == expected, name


@pytest.mark.parametrize("kind", ALL, ids=lambda k: k.letter)
@pytest.mark.parametrize("fill", "LU")
@pytest.mark.parametrize("op", "NTC")
@pytest.mark.parametrize("side", "LR")
@pytest.mark.parametrize("diag", "NU")
def test_triangles(api: Api, kind: Kind, fill: str, op: str, side: str, diag: str) -> None:
    m, n, lda, ldb = 3, 2, 4, 5
    a, b = numbers(kind, lda * 4, 1), numbers(kind, ldb * n, 2)
    for i in range(3):
        a[i + i * lda] = 2.0  # powers of two: division stays exact
    triangle = turned(stored(a, lda, fill, diag=diag, full=False), op)
    p = product(triangle, view(b, ldb), m) if side == "L" else product(view(b, ldb), triangle, n)
    modes = (api.side[side], api.fill[fill], api.op[op], api.diag[diag])
    out = kind.pack([0.0] * (ldb * n))
    api.call(f"{kind.letter}trmm", *modes, m, n, scalar(kind, 2), kind.pack(a), lda, kind.pack(b), ldb, out, ldb)
    expected = combined([0.0] * (ldb * n), ldb, m, n, 2, p, 0)
    assert kind.unpack(out) == expected
    api.call(f"{kind.letter}trsm", *modes, m, n, scalar(kind, 0.5), kind.pack(a), lda, out, ldb)  # and back
    assert kind.unpack(out) == [v if i % ldb < m else 0 for i, v in enumerate(b)]


@pytest.mark.parametrize("kind", REALS, ids=lambda k: k.letter)
def test_geam_transposes_and_dgmm_scales(api: Api, kind: Kind) -> None:
    m, n = 2, 3
    a, b = numbers(kind, 12, 1), numbers(kind, 12, 2)
    out = kind.pack([9.0] * 12)
    api.call(
        f"{kind.letter}geam",
        api.op["T"],
        api.op["N"],
        m,
        n,
        scalar(kind, 2),
        kind.pack(a),
        3,
        scalar(kind, -1),
        kind.pack(b),
        4,
        out,
        4,
    )
    expected: list[Value] = [9.0] * 12
    for j in range(n):
        for i in range(m):
            expected[i + j * 4] = 2 * a[j + i * 3] - b[i + j * 4]
    assert kind.unpack(out) == expected
    for side in "LR":
        out = kind.pack([9.0] * 12)
        api.call(f"{kind.letter}dgmm", api.side[side], m, n, kind.pack(a), 2, kind.pack([1, 2, 3, 4, 5]), 2, out, 4)
        factor = [1, 3, 5]
        assert kind.unpack(out) == [
            a[i % 4 + (i // 4) * 2] * factor[i % 4 if side == "L" else i // 4] if i % 4 < m else 9.0 for i in range(12)
        ]


@pytest.mark.parametrize(
    ("a_type", "c_type", "compute", "a_kind", "c_kind", "s_kind"),
    [
        (2, 2, "16F", H, H, H), (2, 2, "32F", H, H, S), (2, 0, "32F", H, S, S), (3, 10, "32I", Kind("I8", "b"), Kind("I", "i"), Kind("I", "i")),
        (3, 0, "32F", Kind("I8", "b"), S, S), (0, 0, "32F", S, S, S), (1, 1, "64F", D, D, D), (4, 4, "32F", C, C, C), (5, 5, "64F", Z, Z, Z),
    ],
)  # fmt: skip
def test_gemm_ex(api: Api, a_type: int, c_type: int, compute: str, a_kind: Kind, c_kind: Kind, s_kind: Kind) -> None:
    whole = c_kind.format == "i"
    fix = (lambda values: [int(v) for v in values]) if whole else (lambda values: values)
    narrow = (lambda values: [int(v) for v in values]) if a_kind.format == "b" else (lambda values: values)
    m, n, k, lda, ldb, ldc = 3, 2, 4, 5, 3, 4
    a, b, c = narrow(numbers(a_kind, lda * k, 1)), narrow(numbers(a_kind, ldb * k, 2)), fix(numbers(c_kind, ldc * n, 3))
    out = c_kind.pack(c)
    api.call(
        "GemmEx",
        api.op["N"],
        api.op["T"],
        m,
        n,
        k,
        s_kind.pack([2]),
        a_kind.pack(a),
        a_type,
        lda,
        a_kind.pack(b),
        a_type,
        ldb,
        s_kind.pack([3]),
        out,
        c_type,
        ldc,
        api.compute[compute],
        -1 if api.cuda else 160,
    )
    assert c_kind.unpack(out) == combined(c, ldc, m, n, 2, product(view(a, lda), view(b, ldb, "T"), k), 3)


def test_gemm_ex_refuses_what_is_not_documented(api: Api) -> None:
    data = S.pack([0.0] * 16)
    one = scalar(S, 1)
    refused = api.status(
        "GemmEx",
        api.handle,
        api.op["N"],
        api.op["N"],
        2,
        2,
        2,
        one,
        data,
        0,
        2,
        data,
        1,
        2,
        one,
        data,
        0,
        2,
        api.compute["32F"],
        160,
    )
    assert refused == (15 if api.cuda else 7)


@pytest.mark.parametrize("kind", ALL, ids=lambda k: k.letter)
@pytest.mark.parametrize("op", "NTC")
def test_lu(api: Api, kind: Kind, op: str) -> None:
    n, lda = 4, 5
    matrices = [numbers(kind, lda * n, seed) for seed in (5, 6)]
    rights = [numbers(kind, n, seed) for seed in (7, 8)]
    a, b = [kind.pack(v) for v in matrices], [kind.pack(v) for v in rights]
    inverse = [kind.pack([0.0] * (n * n)) for _ in range(2)]

    def pointers(arrays: Sequence[ctypes.Array[ctypes.c_char]]) -> ctypes.Array[ctypes.c_void_p]:
        return (ctypes.c_void_p * 2)(*(ctypes.addressof(x) for x in arrays))

    pivots, info = (ctypes.c_int * 8)(), (ctypes.c_int * 2)(9, 9)
    api.call(f"{kind.letter}getrfBatched", n, pointers(a), lda, pivots, info, 2)
    assert list(info) == [0, 0]
    api.call(f"{kind.letter}getrsBatched", api.op[op], n, 1, pointers(a), lda, pivots, pointers(b), n, info, 2)
    api.call(f"{kind.letter}getriBatched", n, pointers(a), lda, pivots, pointers(inverse), n, info, 2)
    for before, x, right, inv in zip(matrices, b, rights, inverse, strict=True):
        solution, inverted = kind.unpack(x), kind.unpack(inv)
        p = product(view(before, lda, op), column(solution), n)
        q = product(view(before, lda), view(inverted, n), n)
        for i in range(n):
            assert abs(p(i, 0) - right[i]) < 1e-3
            assert all(abs(q(i, j) - (i == j)) < 1e-3 for j in range(n))


def test_copies_between_host_and_device(api: Api) -> None:
    out = S.pack([0.0] * 6)
    assert api.status("SetVector", 3, 4, S.pack([1, 2, 3, 4, 5]), 2, out, 1) == 0
    assert S.unpack(out) == [1, 3, 5, 0, 0, 0]
    assert api.status("GetMatrix", 2, 2, 4, S.pack([1, 2, 3, 4, 5, 6]), 3, out, 2) == 0
    assert S.unpack(out) == [1, 2, 4, 5, 0, 0]
    assert api.status("SetMatrix", 2, 2, 4, out, 1, out, 2) == api.invalid


def test_wide_sizes(api: Api) -> None:
    out, index = S.pack([0.0] * 4), ctypes.c_int64(0)
    wide = [ctypes.c_int64(v) for v in (2, 2, 1)]
    assert (
        api.status(
            "Sgemm" + ("_v2_64" if api.cuda else "_64"),
            api.handle,
            api.op["N"],
            api.op["N"],
            *wide,
            scalar(S, 1),
            S.pack([1, 2]),
            ctypes.c_int64(2),
            S.pack([3, 4]),
            ctypes.c_int64(1),
            scalar(S, 0),
            out,
            ctypes.c_int64(2),
        )
        == 0
    )
    assert S.unpack(out) == [3, 6, 4, 8]
    assert (
        api.status(
            "Isamax" + ("_v2_64" if api.cuda else "_64"),
            api.handle,
            ctypes.c_int64(4),
            out,
            ctypes.c_int64(1),
            ctypes.byref(index),
        )
        == 0
    )
    assert index.value == 4
