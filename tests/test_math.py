"""Rounding helpers, compiled for the host and compared with exact arithmetic; code generation that they promise."""

from __future__ import annotations

import ctypes
import importlib.util
import math
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipwright import toolchain
from hipwright.context import gather
from hipwright.rewrite import Engine
from hipwright.rule import all_rules
from hipwright.rules.math.half import _CUT, _ODD
from hipwright.rules.math.rounding import _DDIV, _DSQRT
from hipwright.source import Source

HOST = r"""
#include <algorithm>
#include <cfenv>
#include <cmath>
#define __host__
#define __device__
using namespace std;
struct __hip_bfloat16_raw { unsigned short x; };
struct __hip_bfloat16 { unsigned short x; __hip_bfloat16(__hip_bfloat16_raw raw) : x(raw.x) {} };
template <int mode> double directed(double a, double b, double c) {
  volatile double x = a, y = b, z = c;
  fesetround(mode);
  volatile double r = fma(x, y, z);
  fesetround(FE_TONEAREST);
  return r;
}
template <class T> float toward_zero(T a) {
  volatile T x = a;
  fesetround(FE_TOWARDZERO);
  volatile float r = (float)x;
  fesetround(FE_TONEAREST);
  return r;
}
float __ll2float_rz(long long a) { return toward_zero(a); }
float __ull2float_rz(unsigned long long a) { return toward_zero(a); }
unsigned __float_as_uint(float a) { return __builtin_bit_cast(unsigned, a); }
float __uint_as_float(unsigned a) { return __builtin_bit_cast(float, a); }
"""
EXPORTS = r"""
#define EXPORT(name, mode) \
  extern "C" double ddiv_##name(double x, double y) { return directed_ddiv<directed<mode>>(x, y); } \
  extern "C" double dsqrt_##name(double x) { return directed_dsqrt<directed<mode>>(x); } \
  extern "C" unsigned bf16_##name(float x) { return float2bfloat16_##name(x).x; }
EXPORT(rd, FE_DOWNWARD)
EXPORT(ru, FE_UPWARD)
EXPORT(rz, FE_TOWARDZERO)
extern "C" float odd_signed(long long x) { return round_to_odd(x); }
extern "C" float odd_unsigned(unsigned long long x) { return round_to_odd(x); }
"""
MODES = ("rd", "ru", "rz")
doubles = st.floats(allow_nan=False, allow_infinity=False)
floats = st.floats(allow_nan=False, allow_infinity=False, width=32)


@pytest.fixture(scope="module")
def helpers(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("needs the compiler of the toolchain extra")
    folder = tmp_path_factory.mktemp("math")
    code = HOST + "".join(helper.code for helper in (_DDIV, _DSQRT, _CUT, _ODD)) + EXPORTS
    (folder / "math.cpp").write_text(code)
    command = [sys.executable, "-m", "ziglang", "c++", "-std=c++20", "-O1", "-frounding-math", "-shared", "-fPIC"]
    done = subprocess.run(
        [*command, "-o", str(folder / "math.so"), str(folder / "math.cpp")],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    library = ctypes.CDLL(str(folder / "math.so"))
    for mode in MODES:
        for name, arguments in (("ddiv", [ctypes.c_double] * 2), ("dsqrt", [ctypes.c_double])):
            function = getattr(library, f"{name}_{mode}")
            function.argtypes, function.restype = arguments, ctypes.c_double
        getattr(library, f"bf16_{mode}").argtypes = [ctypes.c_float]
    library.odd_signed.argtypes, library.odd_signed.restype = [ctypes.c_longlong], ctypes.c_float
    library.odd_unsigned.argtypes, library.odd_unsigned.restype = [ctypes.c_ulonglong], ctypes.c_float
    return library


def downward(x: Fraction, mode: str) -> bool:
    """Whether rounding goes toward minus infinity for this value."""
    return mode == "rd" or (mode == "rz" and x > 0)


def cut(x: Fraction, mode: str, precision: int, least: int) -> Fraction:
    """`x` rounded to a binary grid of `precision` bits whose finest spacing is 2**least; without an upper limit."""
    if x == 0:
        return x
    exponent = abs(x).numerator.bit_length() - x.denominator.bit_length()
    while Fraction(2) ** exponent > abs(x):
        exponent -= 1
    while Fraction(2) ** (exponent + 1) <= abs(x):
        exponent += 1
    step = Fraction(2) ** max(exponent - precision + 1, least)
    if mode == "rn":
        return round(x / step) * step
    units = math.floor(x / step) if downward(x, mode) else math.ceil(x / step)
    return units * step


def as_double(x: Fraction, mode: str) -> float:
    rounded = cut(x, mode, 53, -1074)
    if abs(rounded) <= Fraction(sys.float_info.max):
        return float(rounded)
    inward = downward(x, mode) == (x > 0)
    return math.copysign(sys.float_info.max if inward else math.inf, -1 if x < 0 else 1)


@settings(max_examples=400, deadline=None)
@given(x=doubles, y=doubles.filter(bool))
def test_double_quotients_are_rounded_as_asked(helpers: ctypes.CDLL, x: float, y: float) -> None:
    for mode in MODES:
        assert getattr(helpers, f"ddiv_{mode}")(x, y) == as_double(Fraction(x) / Fraction(y), mode)


@settings(max_examples=200, deadline=None)
@given(x=doubles.map(abs), exact=st.integers(0, 2**26))
def test_double_roots_are_rounded_as_asked(helpers: ctypes.CDLL, x: float, exact: int) -> None:
    for mode in MODES:
        root = getattr(helpers, f"dsqrt_{mode}")
        assert root(float(exact) ** 2) == float(exact)
        found = root(x)
        low, high = (Fraction(found), Fraction(math.nextafter(found, math.inf)))
        if mode == "ru":
            low, high = Fraction(math.nextafter(found, -math.inf)), Fraction(found)
            assert x == 0 or low < 0 or low * low < Fraction(x) <= high * high
        else:
            assert low * low <= Fraction(x) < high * high


def test_special_quotients_and_roots_are_ieee(helpers: ctypes.CDLL) -> None:
    for mode in MODES:
        divide, root = getattr(helpers, f"ddiv_{mode}"), getattr(helpers, f"dsqrt_{mode}")
        assert divide(1.0, 0.0) == math.inf
        assert divide(-1.0, math.inf) == 0.0
        assert math.isnan(divide(0.0, 0.0))
        assert math.isnan(root(-1.0))
        assert root(math.inf) == math.inf


@settings(max_examples=400, deadline=None)
@given(x=floats, y=floats.filter(bool))
def test_a_float_quotient_may_be_rounded_in_double_first(x: float, y: float) -> None:
    exact, double = Fraction(x) / Fraction(y), Fraction(x / y)
    for mode in (*MODES, "rn"):
        assert cut(exact, mode, 24, -149) == cut(double, mode, 24, -149)


@settings(max_examples=400, deadline=None)
@given(x=floats.filter(lambda x: abs(x) < 3.3e38))
def test_floats_are_cut_to_bfloat16(helpers: ctypes.CDLL, x: float) -> None:
    for mode in MODES:
        bits = getattr(helpers, f"bf16_{mode}")(x)
        value = struct.unpack("<f", struct.pack("<I", bits << 16))[0]
        assert Fraction(value) == cut(Fraction(x), mode, 8, -133)


def test_nan_becomes_the_canonical_bfloat16(helpers: ctypes.CDLL) -> None:
    assert {getattr(helpers, f"bf16_{mode}")(math.nan) for mode in MODES} == {0x7FFF}
    assert {getattr(helpers, f"bf16_{mode}")(-math.inf) for mode in MODES} == {0xFF80}


@settings(max_examples=400, deadline=None)
@given(x=st.integers(-(2**63), 2**63 - 1) | st.integers(-(2**25), 2**25))
def test_an_integer_rounded_to_odd_rounds_as_if_once(helpers: ctypes.CDLL, x: int) -> None:
    for odd, value in ((helpers.odd_signed(x), x), (helpers.odd_unsigned(abs(x)), abs(x))):
        for mode in (*MODES, "rn"):
            assert cut(Fraction(odd), mode, 8, -133) == cut(Fraction(value), mode, 8, -133)


# -- what the device compiler makes of it ------------------------------------------------------------------------------


def assembly(text: str, arch: str, folder: Path, *flags: str) -> str:
    """The whole engine over a CUDA source, and then clang: the device assembly."""
    data = ("#include <cuda_runtime.h>\n" + text).encode()
    ported = Engine(all_rules().values()).rewrite(Source("example.cu", data), gather([data])).source
    (folder / "example.hip").write_bytes(ported.data)
    tools = toolchain.find()
    command = [*tools.clang, *tools.language_flags("hip"), *tools.device_flags(arch), "-O3", *flags]
    done = subprocess.run(
        [*command, "-S", "-o", str(folder / "example.s"), str(folder / "example.hip")],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (folder / "example.s").read_text()


@pytest.mark.parametrize(("arch", "flags"), [("gfx942", ()), ("gfx1100", ("-ffast-math",))])
def test_rn_intrinsics_are_never_fused(arch: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    text = assembly(
        "__global__ void k(float *p) { p[0] = __fadd_rn(__fmul_rn(p[1], p[2]), p[3]); }\n"
        "__global__ void l(double *p) { p[0] = __dsub_rn(p[1] * p[2], p[3]); }\n"
        "__global__ void m(float *p) { p[0] = __fadd_rn(p[1], p[2]) - p[1]; }\n",
        arch, tmp_path, *flags,
    )  # fmt: skip
    assert "fma" not in text
    assert "mul_f32" in text
    assert text.count("add_f32") >= 2


def test_directed_rounding_switches_the_mode_of_the_wave(tmp_path: Path) -> None:
    text = assembly("__global__ void k(float *p) { p[0] = __fadd_ru(p[1], p[2]); }", "gfx942", tmp_path)
    assert "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 2), 1" in text
