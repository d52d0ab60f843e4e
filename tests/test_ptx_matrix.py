"""Matrix instructions translated from PTX, run lane by lane on the host against the layouts that NVIDIA documents.

A shuffle is stood in by running all 32 lanes twice: the first run records what each lane offers at each shuffle,
    the second
reads it. No shuffled value of these helpers depends on another shuffle, so two runs are enough.
"""

from __future__ import annotations

import ctypes
import importlib.util
import random
import struct
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from hipwright.context import gather
from hipwright.rewrite import Engine
from hipwright.rule import all_rules
from hipwright.source import Source

WARP = r"""
typedef unsigned long long ull;
static int now, call, replay, upper;
static ull offered[32][256];
static unsigned __lane_id() { return now + upper; }
template <class T> T __shfl(T value, int source, int) {
  ull bits = 0; __builtin_memcpy(&bits, &value, sizeof(T)); offered[now][call] = bits;
  bits = offered[source & 31][call++]; __builtin_memcpy(&value, &bits, sizeof(T)); return value;
}
alignas(16) static unsigned char lds[2048];
template <class T> T* lds_at(unsigned address) { return (T*)(lds + address); }
struct float4 { float x, y, z, w; }; struct int4 { int x, y, z, w; }; struct uint2 { unsigned x,
    y; }; struct double2 { double x, y; };
static float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
static uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static double2 make_double2(double x, double y) { return {x, y}; }
template <class F> void warp(F f) {
  for (upper = 0; upper <= 32; upper += 32)
    for (replay = 0; replay < 2; replay++) for (now = 0; now < 32; now++) { call = 0; f(now); }
}
"""


def registers(letter: str, array: str, start: int, count: int) -> str:
    return ", ".join(f'"{letter}"({array}[{start + i}])' for i in range(count))


def mma(name: str, opcode: str, kind: str, letter: str, a: int, b: int, c: int, ab: str = "r") -> str:
    """A device function of one mma on arrays: results d, then a, b and c."""
    names = [f"%{i}" for i in range(2 * c + a + b)]
    groups = [
        "{" + ",".join(part) + "}"
        for part in (names[:c], names[c : c + a], names[c + a : c + a + b], names[c + a + b :])
    ]
    source = "double" if ab == "d" else "unsigned"
    return (
        f"__device__ void {name}({kind}* d, const {source}* a, const {source}* b, const {kind}* c) {{ asm "
        f'volatile("{opcode} {", ".join(groups)};" : '
        f"{registers('=' + letter, 'd', 0, c)} : {registers(ab, 'a', 0, a)}, {registers(ab, 'b', 0, b)}, "
        f"{registers(letter, 'c', 0, c)}); }}\n"
        f'extern "C" void warp_{name}({kind}* d, const {source}* a, const {source}* b, const {kind}* c) '
        f"{{ warp([=](int lane) {{ {name}(d + lane * {c}, a + lane * {a}, b + lane * {b}, c + lane * {c}); }}); }}\n"
    )


def text() -> str:
    prefix = "mma.sync.aligned."
    return "".join(
        (
            mma("f16k16", prefix + "m16n8k16.row.col.f32.f16.f16.f32", "float", "f", 4, 2, 4),
            mma("f16k8", prefix + "m16n8k8.row.col.f32.f16.f16.f32", "float", "f", 2, 1, 4),
            mma("f16f16", prefix + "m16n8k16.row.col.f16.f16.f16.f16", "unsigned", "r", 4, 2, 2),
            mma("bf16k16", prefix + "m16n8k16.row.col.f32.bf16.bf16.f32", "float", "f", 4, 2, 4),
            mma("tf32k8", prefix + "m16n8k8.row.col.f32.tf32.tf32.f32", "float", "f", 4, 2, 4),
            mma("s8k32", prefix + "m16n8k32.row.col.s32.s8.s8.s32", "int", "r", 4, 2, 4),
            mma("su8k16", prefix + "m16n8k16.row.col.s32.s8.u8.s32", "int", "r", 2, 1, 4),
            mma("f64", prefix + "m8n8k4.row.col.f64.f64.f64.f64", "double", "d", 1, 1, 2, "d"),
            *(
                f"__device__ void load{trans}(unsigned* d, unsigned row) {{ asm "
                f'volatile("ldmatrix.sync.aligned.m8n8.x4{"." + trans if trans else ""}.shared.b16 '
                f'{{%0,%1,%2,%3}}, [%4];" : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3]) : "r"(row)); }}\n'
                f'extern "C" void warp_load{trans}(unsigned* d, const unsigned* rows, unsigned char* memory) '
                f"{{ __builtin_memcpy(lds, memory, 2048); warp([=](int lane) {{ load{trans}(d + lane * 4, "
                f"rows[lane]); }}); }}\n"
                f"__device__ void store{trans}(unsigned row, const unsigned* d) {{ asm "
                f'volatile("stmatrix.sync.aligned.m8n8.x2{"." + trans if trans else ""}.shared.b16 '
                f'[%0], {{%1,%2}};" :: "r"(row), "r"(d[0]), "r"(d[1]) : "memory"); }}\n'
                f'extern "C" void warp_store{trans}(const unsigned* d, const unsigned* rows, unsigned char* memory) '
                f"{{ warp([=](int lane) {{ store{trans}(rows[lane], d + lane * 2); }}); __builtin_memcpy(memory, "
                f"lds, 2048); }}\n"
                for trans in ("", "trans")
            ),
            '__device__ void turn(unsigned* d, unsigned v) { asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 '
            '%0, %1;" : "=r"(d[0]) : "r"(v)); }\n'
            'extern "C" void warp_turn(unsigned* d, const unsigned* v) { warp([=](int lane) { turn(d + lane, '
            "v[lane]); }); }\n",
        )
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("needs the compiler of the toolchain extra")
    data = text().encode()
    ported = Engine([all_rules()["inline-ptx"]]).rewrite(Source("case.cu", data), gather([data])).source.data.decode()
    assert "asm" not in ported
    folder = tmp_path_factory.mktemp("matrix")
    source, obj, shared = folder / "case.cpp", folder / "case.o", folder / "case.so"
    lines = [line for line in ported.splitlines() if not line.startswith("#include")]
    source.write_text("#define __HIPCC__ 1\n#define HIPWRIGHT_LDS_AT\n#define __device__\n" + WARP + "\n".join(lines))
    zig = [sys.executable, "-m", "ziglang"]
    for command in (
        [*zig, "clang", "--target=x86_64-linux-gnu", "-mf16c", "-mfma", "-x", "c++", "-std=c++17", "-O1", "-fPIC",
        "-Wno-everything",
         "-c", str(source), "-o", str(obj)],
        [*zig, "ld.lld", "-shared", str(obj), "-o", str(shared)],
    ):  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[:4000]
    return ctypes.CDLL(str(shared))


# -- NVIDIA's layouts: which row and column each lane's elements have
# ------------------------------------------------------


def place_a(lane: int, element: int, per_register: int, registers_: int) -> tuple[int, int]:
    register, inner = divmod(element, per_register)
    row = lane // 4 + (8 if register % 2 else 0)
    return row, lane % 4 * per_register + inner + (4 * per_register if register >= 2 and registers_ == 4 else 0)


def place_b(lane: int, element: int, per_register: int) -> tuple[int, int]:
    register, inner = divmod(element, per_register)
    return lane % 4 * per_register + inner + 4 * per_register * register, lane // 4


def place_c(lane: int, element: int) -> tuple[int, int]:
    return lane // 4 + (8 if element >= 2 else 0), lane % 4 * 2 + element % 2


Matrix = list[list[float]]


def product(a: Matrix, b: Matrix, c: Matrix) -> Matrix:
    return [[c[i][j] + sum(a[i][k] * b[k][j] for k in range(len(b))) for j in range(len(c[0]))] for i in range(len(c))]


def pack(values: Sequence[float], kind: str) -> list[int]:
    """Elements into 32-bit registers."""
    if kind == "bf16":
        halves = [struct.unpack("<I", struct.pack("<f", v))[0] >> 16 for v in values]
        data = struct.pack(f"<{len(halves)}H", *halves)
    else:
        data = struct.pack(
            f"<{len(values)}{ {'f16': 'e', 'tf32': 'f', 's8': 'b', 'u8': 'B'}[kind] }",
            *(v if kind in ("f16", "tf32") else int(v) for v in values),
        )
    return list(struct.unpack(f"<{len(data) // 4}I", data))


CASES = [
    ("f16k16", "f16", "f16", 16, 4), ("f16k8", "f16", "f16", 8, 2), ("bf16k16", "bf16", "bf16", 16, 4), ("tf32k8",
    "tf32", "tf32", 8, 4),
    ("s8k32", "s8", "s8", 32, 4), ("su8k16", "s8", "u8", 16, 2), ("f16f16", "f16", "f16", 16, 4),
]  # fmt: skip
PER_REGISTER = {"f16": 2, "bf16": 2, "tf32": 1, "s8": 4, "u8": 4}


@pytest.mark.parametrize(("name", "kind_a", "kind_b", "depth", "registers_"), CASES, ids=[case[0] for case in CASES])
def test_matrix_product(library: ctypes.CDLL, name: str, kind_a: str, kind_b: str, depth: int, registers_: int) -> None:
    chance = random.Random(name)
    integers = kind_a == "s8"
    low = 0 if kind_b == "u8" else -8
    # Small integers are exact in every format, so that no order of summation matters.
    a: Matrix = [[float(chance.randint(-8, 8)) for _ in range(depth)] for _ in range(16)]
    b: Matrix = [[float(chance.randint(low, 8)) for _ in range(8)] for _ in range(depth)]
    c: Matrix = [[float(chance.randint(-50, 50)) for _ in range(8)] for _ in range(16)]
    per = PER_REGISTER[kind_a]
    words_a: list[int] = []
    words_b: list[int] = []
    sums: list[float] = []
    for lane in range(32):
        words_a += pack(
            [a[i][j] for i, j in (place_a(lane, e, per, registers_) for e in range(per * registers_))], kind_a
        )
        words_b += pack([b[i][j] for i, j in (place_b(lane, e, per) for e in range(per * registers_ // 2))], kind_b)
        sums += [c[i][j] for i, j in (place_c(lane, e) for e in range(4))]
    given_a, given_b = (ctypes.c_uint32 * len(words_a))(*words_a), (ctypes.c_uint32 * len(words_b))(*words_b)
    want = product(a, b, c)
    function = getattr(library, f"warp_{name}")
    if name == "f16f16":
        packed = pack(sums, "f16")
        result_words = (ctypes.c_uint32 * 64)()
        function(result_words, given_a, given_b, (ctypes.c_uint32 * 64)(*packed))
        got = list(struct.unpack("<128e", struct.pack("<64I", *result_words)))
    else:
        number: Any = ctypes.c_int32 if integers else ctypes.c_float
        result = (number * 128)()
        function(result, given_a, given_b, (number * 128)(*(int(v) if integers else v for v in sums)))
        got = [float(v) for v in result]
    for lane in range(32):
        for element in range(4):
            i, j = place_c(lane, element)
            assert got[lane * 4 + element] == want[i][j], (lane, element)


def test_double_matrix_product(library: ctypes.CDLL) -> None:
    chance = random.Random(5)
    a: Matrix = [[float(chance.randint(-99, 99)) for _ in range(4)] for _ in range(8)]
    b: Matrix = [[float(chance.randint(-99, 99)) for _ in range(8)] for _ in range(4)]
    c: Matrix = [[float(chance.randint(-99, 99)) for _ in range(8)] for _ in range(8)]
    result = (ctypes.c_double * 64)()
    library.warp_f64(
        result,
        (ctypes.c_double * 32)(*(a[lane // 4][lane % 4] for lane in range(32))),
        (ctypes.c_double * 32)(*(b[lane % 4][lane // 4] for lane in range(32))),
        (ctypes.c_double * 64)(*(c[lane // 4][lane % 4 * 2 + e] for lane in range(32) for e in range(2))),
    )
    want = product(a, b, c)
    for lane in range(32):
        for e in range(2):
            assert result[lane * 2 + e] == want[lane // 4][lane % 4 * 2 + e]


@pytest.mark.parametrize("trans", ["", "trans"])
def test_matrix_loads_and_stores(library: ctypes.CDLL, trans: str) -> None:
    chance = random.Random(trans)
    memory = bytes(chance.getrandbits(8) for _ in range(2048))
    rows = [16 * number for number in chance.sample(range(128), 32)]  # any 16-byte row for each lane
    buffer = (ctypes.c_ubyte * 2048)(*memory)
    result = (ctypes.c_uint32 * 128)()
    getattr(library, f"warp_load{trans}")(result, (ctypes.c_uint32 * 32)(*rows), buffer)

    def element(matrix: int, i: int, j: int) -> int:
        if trans:
            i, j = j, i
        at = rows[matrix * 8 + i] + 2 * j
        return int.from_bytes(memory[at : at + 2], "little")

    for lane in range(32):
        for matrix in range(4):
            i, j = lane // 4, lane % 4 * 2
            assert result[lane * 4 + matrix] == element(matrix, i, j) | element(matrix, i, j + 1) << 16

    # What was loaded as two matrices and is stored again gives the same rows.
    back = (ctypes.c_ubyte * 2048)()
    two = (ctypes.c_uint32 * 64)(*(result[lane * 4 + matrix] for lane in range(32) for matrix in range(2)))
    fresh = [16 * number for number in range(32)]
    getattr(library, f"warp_store{trans}")(two, (ctypes.c_uint32 * 32)(*fresh), back)
    for row in range(16):
        assert bytes(back[row * 16 : row * 16 + 16]) == memory[rows[row] : rows[row] + 16]


def test_transposition_in_registers(library: ctypes.CDLL) -> None:
    values = [[i * 8 + j for j in range(8)] for i in range(8)]
    words = [values[lane // 4][lane % 4 * 2] | values[lane // 4][lane % 4 * 2 + 1] << 16 for lane in range(32)]
    result = (ctypes.c_uint32 * 32)()
    library.warp_turn(result, (ctypes.c_uint32 * 32)(*words))
    for lane in range(32):
        i, j = lane // 4, lane % 4 * 2
        assert result[lane] == values[j][i] | values[j + 1][i] << 16
