"""Translated PTX run on the host against an independent model of what PTX computes.

Every case goes through the real translator; its C++ is compiled for the host, with HIP's integer functions stood in by
the definitions below,
    and is compared with a Python model written from NVIDIA's documents, on corner values and random ones.
"""

from __future__ import annotations

import ctypes
import importlib.util
import random
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hipwright.context import gather
from hipwright.rewrite import Engine
from hipwright.rule import all_rules
from hipwright.rules.ptx.simd import SIMD
from hipwright.source import Source

M32, M64 = (1 << 32) - 1, (1 << 64) - 1
TYPES = {"r": "unsigned", "s": "int", "l": "unsigned long long", "h": "unsigned short", "f": "float"}
LETTERS = {"r": "r", "s": "r", "l": "l", "h": "h", "f": "f"}
CTYPES: dict[str, Any] = {
    "r": ctypes.c_uint32,
    "s": ctypes.c_int32,
    "l": ctypes.c_uint64,
    "h": ctypes.c_uint16,
    "f": ctypes.c_float,
}
BITS = {"r": 32, "s": 32, "l": 64, "h": 16, "f": 32}

# What HIP's own device functions do, as far as the translations use them.
STANDINS = r"""
typedef unsigned u; typedef unsigned long long ull;
template <class T> T min(T a, T b) { return a < b ? a : b; }
template <class T> T max(T a, T b) { return a > b ? a : b; }
static u __funnelshift_l(u lo, u hi, u n) { n &= 31; return (((ull)hi << 32 | lo) << n) >> 32; }
static u __funnelshift_r(u lo, u hi, u n) { n &= 31; return (u)(((ull)hi << 32 | lo) >> n); }
static u __funnelshift_lc(u lo, u hi, u n) { return n >= 32 ? lo : (u)((((ull)hi << 32 | lo) << n) >> 32); }
static u __funnelshift_rc(u lo, u hi, u n) { return n >= 32 ? hi : (u)(((ull)hi << 32 | lo) >> n); }
static u __byte_perm(u x, u y, u s) {
  ull v = (ull)y << 32 | x; u r = 0;
  for (int i = 0; i < 4; i++) r |= (u)(v >> 8 * (s >> 4 * i & 7) & 255) << 8 * i;
  return r;
}
static u __umulhi(u a, u b) { return (ull)a * b >> 32; }
static int __mulhi(int a, int b) { return (long long)a * b >> 32; }
static ull __umul64hi(ull a, ull b) { return (unsigned __int128)a * b >> 64; }
static long long __mul64hi(long long a, long long b) { return (__int128)a * b >> 64; }
static int __clz(int a) { return a ? __builtin_clz(a) : 32; }
static int __clzll(long long a) { return a ? __builtin_clzll(a) : 64; }
static int __popc(u a) { return __builtin_popcount(a); }
static int __popcll(ull a) { return __builtin_popcountll(a); }
static u __brev(u a) { return __builtin_bitreverse32(a); }
static ull __brevll(ull a) { return __builtin_bitreverse64(a); }
static u __sad(int a, int b, u c) { return c + (a < b ? (u)b - (u)a : (u)a - (u)b); }
static u __usad(u a, u b, u c) { return c + (a < b ? b - a : a - b); }
static u __float_as_uint(float a) { return __builtin_bit_cast(u, a); }
static float __uint_as_float(u a) { return __builtin_bit_cast(float, a); }
static float __int_as_float(int a) { return __builtin_bit_cast(float, a); }
#define fmaf __builtin_fmaf
#define fminf __builtin_fminf
#define fmaxf __builtin_fmaxf
#define NAN __builtin_nanf("")
#define INFINITY __builtin_inff()
struct char4 { signed char x, y, z, w; }; struct uchar4 { unsigned char x, y, z, w; };
struct short2 { short x, y; }; struct ushort2 { unsigned short x, y; };
"""


def signed(value: int, bits: int = 32) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


def as_float(bits: int) -> float:
    (value,) = struct.unpack("f", struct.pack("I", bits))
    return float(value)


def as_bits(value: float) -> int:
    (bits,) = struct.unpack("I", struct.pack("f", value))
    return int(bits)


Model = Callable[..., int | float | tuple[int, ...] | None]


@dataclass(frozen=True)
class Case:
    """PTX with its operands' kinds (`s` is an int, `r` an unsigned), outputs before the colon, and the model."""

    ptx: str
    kinds: str
    model: Model


# -- the model of PTX
# ------------------------------------------------------------------------------------------------------


def bfe(a: int, position: int, length: int, bits: int, sign: bool) -> int:
    position, length, top = position & 255, length & 255, bits - 1
    fill = 0 if not sign or length == 0 else a >> min(position + length - 1, top) & 1
    result = 0
    for i in range(bits):
        bit = a >> (position + i) & 1 if i < length and position + i <= top else fill
        result |= bit << i
    return result


def bfi(a: int, b: int, position: int, length: int, bits: int) -> int:
    position, length = position & 255, length & 255
    for i in range(length):
        if position + i < bits:
            b = b & ~(1 << (position + i)) | (a >> i & 1) << (position + i)
    return b


def bfind(a: int, bits: int, sign: bool) -> int:
    if sign and a >> (bits - 1):
        a = ~a & ((1 << bits) - 1)
    return a.bit_length() - 1 & M32


def prmt(a: int, b: int, selector: int) -> int:
    pool = (b << 32 | a).to_bytes(8, "little")
    out = 0
    for i in range(4):
        nibble = selector >> 4 * i & 15
        byte = pool[nibble & 7]
        if nibble & 8:
            byte = 255 if byte & 128 else 0
        out |= byte << 8 * i
    return out


def prmt_mode(mode: str, a: int, b: int, c: int) -> int:
    pool = (b << 32 | a).to_bytes(8, "little")
    c &= 3
    index = {
        "f4e": [c + i for i in range(4)],
        "b4e": [(c - i) % 8 for i in range(4)],
        "rc8": [c] * 4,
        "ecl": [max(c, i) for i in range(4)],
        "ecr": [min(c, i) for i in range(4)],
        "rc16": [0, 1, 0, 1] if c % 2 == 0 else [2, 3, 2, 3],
    }[mode]
    return int.from_bytes(bytes(pool[i] for i in index), "little")


def lop3(a: int, b: int, c: int, table: int) -> int:
    return sum((table >> ((a >> i & 1) << 2 | (b >> i & 1) << 1 | c >> i & 1) & 1) << i for i in range(32))


def dp(a: int, b: int, c: int, signs: str, pairs: Sequence[tuple[int, int]], width: int) -> int:
    for i, j in pairs:
        x, y = a >> i & ((1 << width) - 1), b >> j & 255
        c += (signed(x, width) if signs[0] == "s" else x) * (signed(y, 8) if signs[1] == "s" else y)
    return c & M32


def shift(a: int, n: int, bits: int, kind: str) -> int:
    if kind == "l":
        return 0 if n >= bits else a << n & ((1 << bits) - 1)
    return (signed(a, bits) if kind == "s" else a) >> min(n, bits if kind == "u" else bits - 1) & ((1 << bits) - 1)


def fns(mask: int, base: int, offset: int) -> int:
    if offset == 0:
        return base if base < 32 and mask >> base & 1 else M32
    positions = range(base, 32) if offset > 0 else range(base, -1, -1)
    hits = [i for i in positions if mask >> i & 1]
    return hits[abs(offset) - 1] if len(hits) >= abs(offset) else M32


def tf32(a: float) -> int:
    bits = as_bits(a)
    return bits if bits >> 23 & 255 == 255 else bits + 0x1000 & 0xFFFFE000


def pair_sum(a: int, b: int) -> int | None:
    """Two floats each; None where a NaN arises, whose payload differs between vendors."""
    sums = [narrow(as_float(a >> at & M32) + as_float(b >> at & M32)) for at in (0, 32)]
    return None if any(value != value for value in sums) else as_bits(sums[0]) | as_bits(sums[1]) << 32


FOUR = [(0, 0), (8, 8), (16, 16), (24, 24)]
CASES = [
    Case("add.s32 %0, %1, %2;", "s:ss", lambda a, b: signed(a + b)),
    Case("add.s16 %0, %1, %2;", "h:hh", lambda a, b: a + b & 0xFFFF),
    Case("add.sat.s32 %0, %1, %2;", "s:ss", lambda a, b: clamp(a + b, -(1 << 31), (1 << 31) - 1)),
    Case("sub.sat.s32 %0, %1, %2;", "s:ss", lambda a, b: clamp(a - b, -(1 << 31), (1 << 31) - 1)),
    Case("sub.u64 %0, %1, %2;", "l:ll", lambda a, b: a - b & M64),
    Case("mul.lo.u16 %0, %1, %2;", "h:hh", lambda a, b: a * b & 0xFFFF),
    Case("mul.hi.u16 %0, %1, %2;", "h:hh", lambda a, b: a * b >> 16),
    Case("mul.hi.s16 %0, %1, %2;", "h:hh", lambda a, b: signed(a, 16) * signed(b, 16) >> 16 & 0xFFFF),
    Case("mul.lo.s32 %0, %1, %2;", "s:ss", lambda a, b: signed(a * b)),
    Case("mul.hi.s32 %0, %1, %2;", "s:ss", lambda a, b: a * b >> 32),
    Case("mul.wide.s32 %0, %1, %2;", "l:ss", lambda a, b: a * b & M64),
    Case("mul.wide.u16 %0, %1, %2;", "r:hh", lambda a, b: a * b),
    Case("mul.wide.s16 %0, %1, %2;", "s:hh", lambda a, b: signed(a, 16) * signed(b, 16)),
    Case("mad.wide.u32 %0, %1, %2, %3;", "l:rrl", lambda a, b, c: a * b + c & M64),
    Case("mad.hi.u32 %0, %1, %2, %3;", "r:rrr", lambda a, b, c: (a * b >> 32) + c & M32),
    Case("mad.lo.s32 %0, %1, %2, %3;", "s:sss", lambda a, b, c: signed(a * b + c)),
    Case("mad.hi.u64 %0, %1, %2, %3;", "l:lll", lambda a, b, c: (a * b >> 64) + c & M64),
    Case("sad.s32 %0, %1, %2, %3;", "r:ssr", lambda a, b, c: abs(a - b) + c & M32),
    Case("sad.u64 %0, %1, %2, %3;", "l:lll", lambda a, b, c: abs(a - b) + c & M64),
    Case("sad.s16 %0, %1, %2, %3;", "h:hhh", lambda a, b, c: abs(signed(a, 16) - signed(b, 16)) + c & 0xFFFF),
    Case("abs.s32 %0, %1;", "r:s", lambda a: abs(a) & M32),
    Case("abs.s64 %0, %1;", "l:l", lambda a: abs(signed(a, 64)) & M64),
    Case("neg.s32 %0, %1;", "s:s", lambda a: signed(-a)),
    Case("min.s32 %0, %1, %2;", "r:rr", lambda a, b: min(signed(a), signed(b)) & M32),
    Case("max.u32 %0, %1, %2;", "s:ss", lambda a, b: signed(max(a & M32, b & M32))),
    Case("max.s16 %0, %1, %2;", "h:hh", lambda a, b: max(signed(a, 16), signed(b, 16)) & 0xFFFF),
    Case("and.b32 %0, %1, 0xff00;", "r:s", lambda a: a & 0xFF00),
    Case("xor.b16 %0, %1, %2;", "h:hh", lambda a, b: a ^ b),
    Case("not.b32 %0, %1;", "r:r", lambda a: ~a & M32),
    Case("not.b16 %0, %1;", "h:h", lambda a: ~a & 0xFFFF),
    Case("cnot.b32 %0, %1;", "r:r", lambda a: int(a == 0)),
    Case("shl.b32 %0, %1, %2;", "r:rr", lambda a, n: shift(a, n, 32, "l")),
    Case("shl.b64 %0, %1, %2;", "l:lr", lambda a, n: shift(a, n, 64, "l")),
    Case("shl.b16 %0, %1, %2;", "h:hr", lambda a, n: shift(a, n, 16, "l")),
    Case("shl.b32 %0, %1, 32;", "r:r", lambda a: 0),
    Case("shr.u32 %0, %1, %2;", "r:rr", lambda a, n: shift(a, n, 32, "u")),
    Case("shr.s32 %0, %1, %2;", "r:rr", lambda a, n: shift(a, n, 32, "s")),
    Case("shr.s32 %0, %1, 40;", "s:s", lambda a: a >> 31),
    Case("shr.b64 %0, %1, %2;", "l:lr", lambda a, n: shift(a, n, 64, "u")),
    Case("shr.s16 %0, %1, %2;", "h:hr", lambda a, n: shift(a, n, 16, "s")),
    Case("shf.l.wrap.b32 %0, %1, %2, %3;", "r:rrr", lambda a, b, n: ((b << 32 | a) << (n & 31)) >> 32 & M32),
    Case("shf.r.wrap.b32 %0, %1, %2, %3;", "r:rrr", lambda a, b, n: (b << 32 | a) >> (n & 31) & M32),
    Case("shf.l.clamp.b32 %0, %1, %2, %3;", "r:rrr", lambda a, b, n: ((b << 32 | a) << min(n, 32)) >> 32 & M32),
    Case("shf.r.clamp.b32 %0, %1, %2, %3;", "r:rrr", lambda a, b, n: (b << 32 | a) >> min(n, 32) & M32),
    Case("prmt.b32 %0, %1, %2, %3;", "r:rrr", prmt),
    Case("prmt.b32 %0, %1, %2, 0x7c3a;", "r:rr", lambda a, b: prmt(a, b, 0x7C3A)),
    Case("prmt.b32 %0, %1, %2, 0x5410;", "r:rr", lambda a, b: prmt(a, b, 0x5410)),
    *(Case(f"prmt.b32.{mode} %0, %1, %2, %3;", "r:rrr", lambda a, b, c, mode=mode: prmt_mode(mode, a, b, c))
      for mode in ("f4e", "b4e", "rc8", "ecl", "ecr", "rc16")),
    *(Case(f"lop3.b32 %0, %1, %2, %3, {table};", "r:rrr", lambda a, b, c, table=table: lop3(a, b, c,
        table)) for table in range(0, 256, 5)),
    Case("bfe.u32 %0, %1, %2, %3;", "r:rrr", lambda a, p, n: bfe(a, p, n, 32, False)),
    Case("bfe.s32 %0, %1, %2, %3;", "r:rrr", lambda a, p, n: bfe(a, p, n, 32, True)),
    Case("bfe.u32 %0, %1, 8, 8;", "r:r", lambda a: a >> 8 & 255),
    Case("bfe.u64 %0, %1, %2, %3;", "l:lrr", lambda a, p, n: bfe(a, p, n, 64, False)),
    Case("bfe.s64 %0, %1, %2, %3;", "l:lrr", lambda a, p, n: bfe(a, p, n, 64, True)),
    Case("bfi.b32 %0, %1, %2, %3, %4;", "r:rrrr", lambda a, b, p, n: bfi(a, b, p, n, 32)),
    Case("bfi.b64 %0, %1, %2, %3, %4;", "l:llrr", lambda a, b, p, n: bfi(a, b, p, n, 64)),
    Case("bfind.u32 %0, %1;", "r:r", lambda a: bfind(a, 32, False)),
    Case("bfind.s32 %0, %1;", "r:s", lambda a: bfind(a & M32, 32, True)),
    Case("bfind.u64 %0, %1;", "r:l", lambda a: bfind(a, 64, False)),
    Case("bfind.shiftamt.u32 %0, %1;", "r:r", lambda a: M32 if a == 0 else 31 - bfind(a, 32, False)),
    Case("brev.b32 %0, %1;", "r:r", lambda a: int(f"{a:032b}"[::-1], 2)),
    Case("popc.b64 %0, %1;", "r:l", lambda a: a.bit_count()),
    Case("clz.b32 %0, %1;", "r:r", lambda a: 32 - a.bit_length()),
    Case("clz.b64 %0, %1;", "r:l", lambda a: 64 - a.bit_length()),
    Case("fns.b32 %0, %1, %2, %3;", "r:rrs", lambda m, b, n: fns(m, b & 31, clamp(n, -40, 40))),
    Case("bmsk.clamp.b32 %0, %1, %2;", "r:rr", lambda p, n: ((1 << min(n, 32)) - 1) << p & M32 if p < 32 else 0),
    Case("szext.clamp.s32 %0, %1, %2;", "r:rr", lambda a, n: a if n > 31 else (signed(a & ((1 << n) - 1),
    n) & M32 if n else 0)),
    Case("szext.clamp.u32 %0, %1, %2;", "r:rr", lambda a, n: a if n > 31 else a & ((1 << n) - 1)),
    *(Case(f"dp4a.{x}32.{y}32 %0, %1, %2, %3;", "r:rrr", lambda a, b, c, x=x, y=y: dp(a, b, c, x + y, FOUR, 8))
      for x in "us" for y in "us"),
    *(Case(f"dp2a.{half}.{x}32.{y}32 %0, %1, %2, %3;", "r:rrr",
           lambda a, b, c, x=x, y=y, at=at: dp(a, b, c, x + y, [(0, at), (16, at + 8)], 16))
      for x in "us" for y in "us" for half, at in (("lo", 0), ("hi", 16))),
    Case("add.cc.u32 %0, %2, %4; addc.u32 %1, %3, %5;", "rr:rrrr",
         lambda a, b, c, d: ((a + c) & M32, (b + d + (a + c >> 32)) & M32)),
    Case("sub.cc.u32 %0, %2, %4; subc.u32 %1, %3, %5;", "rr:rrrr",
         lambda a, b, c, d: ((a - c) & M32, (b - d - (a < c)) & M32)),
    Case("add.cc.u64 %0, %2, %4; addc.u64 %1, %3, %5;", "ll:llll",
         lambda a, b, c, d: ((a + c) & M64, (b + d + (a + c >> 64)) & M64)),
    Case("mad.lo.cc.u32 %0, %2, %3, %4; madc.hi.u32 %1, %2, %3, %5;", "rr:rrrr",
         lambda a, b, c, d: ((a * b + (d << 32 | c)) & M32, (a * b + (d << 32 | c)) >> 32 & M32)),
    Case("add.cc.u32 %0, %3, %6; addc.cc.u32 %1, %4, %7; addc.u32 %2, %5, %8;", "rrr:rrrrrr",
         lambda a, b, c, d, e, f: tuple(
             ((a | b << 32 | c << 64) + (d | e << 32 | f << 64)) >> 32 * i & M32 for i in range(3))),
    Case("{.reg .pred p; setp.lt.s32 p, %1, %2; selp.b32 %0, %1, %2, p;}", "r:rr", lambda a,
    b: a if signed(a) < signed(b) else b),
    Case("{.reg .pred p; setp.lo.u32 p, %1, %2; selp.u32 %0, 1, 0, p;}", "r:ss", lambda a, b: int(a & M32 < b & M32)),
    Case("{.reg .pred p, q; setp.ge.s32 p|q, %1, 0; selp.u32 %0, 1, 0, q;}", "r:s", lambda a: int(not a >= 0)),
    Case("{.reg .pred p; setp.ne.u32 p, %1, 0; @p add.u32 %0, %1, %2; @!p mov.u32 %0, 7;}", "r:rr", lambda a,
    b: a + b & M32 if a else 7),
    Case("{.reg .pred p; setp.ltu.f32 p, %1, %2; selp.u32 %0, 1, 0, p;}", "r:ff", lambda a, b: int(not a >= b)),
    Case("{.reg .pred p; setp.ne.f32 p, %1, %2; selp.u32 %0, 1, 0, p;}", "r:ff", lambda a, b: int(a < b or a > b)),
    Case("{.reg .pred p; setp.nan.f32 p, %1, %2; selp.u32 %0, 1, 0, p;}", "r:ff", lambda a, b: int(a != a or b != b)),
    Case("set.gt.u32.s32 %0, %1, %2;", "r:ss", lambda a, b: M32 if a > b else 0),
    Case("slct.u32.s32 %0, %1, %2, %3;", "r:rrs", lambda a, b, c: a if c >= 0 else b),
    Case("mov.b64 %0, {%1, %2};", "l:rr", lambda a, b: b << 32 | a),
    Case("mov.b64 {%0, %1}, %2;", "rr:l", lambda a: (a & M32, a >> 32)),
    Case("mov.b32 %0, {%1, %2};", "r:hh", lambda a, b: b << 16 | a),
    Case("mov.b32 {%0, %1}, %2;", "hh:r", lambda a: (a & 0xFFFF, a >> 16)),
    Case("{.reg .u32 t; mov.u32 t, %1; shl.b32 t, t, 3; add.u32 t, t, %1; mov.u32 %0, t;}", "r:r",
    lambda a: a * 9 & M32),
    Case("mov.u32 %0, %2; mov.u32 %1, %3;", "rr:rr", lambda a, b: (a, b)),
    Case("cvt.u16.u32 %0, %1;", "h:r", lambda a: a & 0xFFFF),
    Case("cvt.s32.s8 %0, %1;", "s:r", lambda a: signed(a, 8)),
    Case("cvt.sat.u8.s32 %0, %1;", "r:s", lambda a: clamp(a, 0, 255)),
    Case("cvt.sat.s16.s32 %0, %1;", "s:s", lambda a: clamp(a, -32768, 32767)),
    Case("cvt.s64.s32 %0, %1;", "l:s", lambda a: a & M64),
    Case("cvt.u64.u32 %0, %1;", "l:s", lambda a: a & M32),
    Case("cvt.sat.f32.f32 %0, %1;", "f:f", lambda a: 0.0 if a != a else max(0.0, min(1.0, a))),
    Case("cvt.rna.tf32.f32 %0, %1;", "r:f", tf32),
    Case("add.rn.f32 %0, %1, %2;", "f:ff", lambda a, b: a + b),
    Case("sub.f32 %0, %1, %2;", "f:ff", lambda a, b: a - b),
    Case("neg.f32 %0, %1;", "f:f", lambda a: -a),
    Case("mov.b32 %0, %1;", "r:f", as_bits),
    Case("mov.b32 %0, 0f3FC00000;", "f:r", lambda a: 1.5),
    Case("add.rn.f32x2 %0, %1, %2;", "l:ll",
         lambda a, b: pair_sum(a, b)),
    Case("vadd.s32.s32.s32.sat %0, %1, %2;", "s:ss", lambda a, b: clamp(a + b, -(1 << 31), (1 << 31) - 1)),
    Case("vsub.u32.u32.u32 %0, %1, %2;", "r:rr", lambda a, b: a - b & M32),
    Case("vabsdiff.u32.u32.u32.add %0, %1, %2, %3;", "r:rrr", lambda a, b, c: abs(a - b) + c & M32),
    Case("vmin.s32.s32.s32.max %0, %1, %2, %3;", "s:sss", lambda a, b, c: max(min(a, b), c)),
    Case("vadd.u32.u32.u32 %0, %1.b1, %2.h1;", "r:rr", lambda a, b: (a >> 8 & 255) + (b >> 16) & M32),
    Case("vshr.u32.u32.u32.clamp.add %0, %1, %2, %3;", "r:rrr", lambda a, b, c: shift(a, b, 32, "u") + c & M32),
    Case("vshl.u32.u32.u32.wrap %0, %1, %2;", "r:rr", lambda a, b: a << (b & 31) & M32),
    Case("vset.s32.u32.lt %0, %1, %2;", "r:sr", lambda a, b: int(a < b)),
    Case("vmad.s32.s32.s32 %0, %1.b0, %2.h0, %3;", "s:sss", lambda a, b, c: signed(signed(a, 8) * signed(b, 16) + c)),
    Case("vabsdiff4.u32.u32.u32.add %0, %1, %2, %3;", "r:rrr",
         lambda a, b, c: c + sum(abs((a >> i & 255) - (b >> i & 255)) for i in (0, 8, 16, 24)) & M32),
]  # fmt: skip


def narrow(value: float) -> float:
    try:
        return as_float(as_bits(value))
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


# -- the model of the SIMD intrinsics
# --------------------------------------------------------------------------------------


def simd_model(name: str) -> Model:
    """CUDA's documented meaning of a SIMD or DPX intrinsic, from its name."""
    body = name[2:]
    relu = body.endswith("_relu")
    body = body.removesuffix("_relu")
    bits = 16 if body.endswith(("2", "16x2")) and not body.endswith("32") else 32 if body.endswith("32") else 8
    kind = body.rsplit("_", 1)[1][0] if "_" in body else body[-2]
    operation = body.rsplit("_", 1)[0] if "_" in body else body[:-1]
    has_sign = kind == "s" or operation in ("vabs", "vabsss", "vneg", "vnegss")
    if operation in ("vaddus", "vsubus"):
        has_sign = False

    def lane(*values: int) -> int:
        x, y, z = (*values, 0, 0)[:3]
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if has_sign else (0, (1 << bits) - 1)
        wrapped = signed(x + y, bits) if has_sign else x + y & ((1 << bits) - 1)
        base = (
            operation.removesuffix("s").removesuffix("u")
            if operation not in ("vabs", "vabsss", "vnegss", "vaddss", "vsubss", "vaddus", "vsubus")
            else operation
        )
        results: dict[str, Callable[[], int]] = {
            "vabs": lambda: abs(x), "vabsss": lambda: min(abs(x), high), "vneg": lambda: -x,
            "vnegss": lambda: min(-x, high),
            "vadd": lambda: x + y, "vsub": lambda: x - y, "vaddss": lambda: clamp(x + y, low, high),
            "vsubss": lambda: clamp(x - y, low, high),
            "vaddus": lambda: clamp(x + y, low, high), "vsubus": lambda: clamp(x - y, low, high),
            "vabsdiff": lambda: abs(x - y),
            "vsad": lambda: abs(x - y), "vmax": lambda: max(x, y), "vmin": lambda: min(x, y),
            "vhadd": lambda: (x + y) // 2,
            "vavg": lambda: (x + y + 1) // 2 if x + y >= 0 else -((-(x + y) + 1) // 2),
            "viaddmax": lambda: max(wrapped, z), "viaddmin": lambda: min(wrapped, z), "vimax3": lambda: max(x, y, z),
            "vimin3": lambda: min(x, y, z), "vimax": lambda: max(x, y), "vimin": lambda: min(x, y),
        }  # fmt: skip
        if base.startswith(("vcmp", "vset")):
            truth = {"eq": x == y, "ne": x != y, "gt": x > y, "ge": x >= y, "lt": x < y, "le": x <= y}[base[4:6]]
            return int(truth) * ((1 << bits) - 1 if base.startswith("vcmp") else 1)
        value = results[base]()
        return max(value, 0) if relu else value

    def whole(*words: int) -> int:
        lanes = []
        for at in range(0, 32, bits):
            parts = [word >> at & ((1 << bits) - 1) for word in words]
            lanes.append(lane(*(signed(part, bits) if has_sign else part for part in parts)))
        if operation.startswith("vsad"):
            return sum(lanes) & M32
        return sum((value & ((1 << bits) - 1)) << at for value, at in zip(lanes, range(0, 32, bits), strict=True))

    return whole


def simd_arity(name: str) -> int:
    if name.startswith(("__vabs", "__vneg")) and "diff" not in name:
        return 1
    return 3 if name.startswith(("__viadd", "__vimax3", "__vimin3")) else 2


# -- running it
# ------------------------------------------------------------------------------------------------------------


def source_of(cases: Sequence[Case]) -> str:
    """CUDA source: one function a case that stores its outputs through pointers."""
    text = ""
    for number, case in enumerate(cases):
        outs, ins = case.kinds.split(":")
        parameters = [f"{TYPES[kind]}* o{i}" for i, kind in enumerate(outs)] + [
            f"{TYPES[kind]} i{i}" for i, kind in enumerate(ins)
        ]
        locals_ = " ".join(f"{TYPES[kind]} d{i};" for i, kind in enumerate(outs))
        outputs = ", ".join(f'"={LETTERS[kind]}"(d{i})' for i, kind in enumerate(outs))
        inputs = ", ".join(f'"{LETTERS[kind]}"(i{i})' for i, kind in enumerate(ins))
        stores = " ".join(f"*o{i} = d{i};" for i in range(len(outs)))
        text += (
            f'extern "C" __device__ void case{number}({", ".join(parameters)}) {{ {locals_} asm("{case.ptx}" : '
            f"{outputs} : {inputs}); {stores} }}\n"
        )
    for name in SIMD:
        if "vib" in name:
            continue
        names = "abc"[: simd_arity(name)]
        text += (
            f'extern "C" __device__ unsigned simd{name}({", ".join(f"unsigned {n}" for n in names)}) {{ return '
            f"{name}({', '.join(names)}); }}\n"
        )
    text += (
        'extern "C" __device__ unsigned vibmax_s16x2(unsigned a, unsigned b, bool* h, bool* l) { return '
        "__vibmax_s16x2(a, b, h, l); }\n"
    )
    text += (
        'extern "C" __device__ unsigned vibmin_u32(unsigned a, unsigned b, bool* p) { return __vibmin_u32(a, b, p); }\n'
    )
    return text


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("needs the compiler of the toolchain extra")
    data = source_of(CASES).encode()
    rules = [rule for rule in all_rules().values() if rule.id in ("inline-ptx", "simd-intrinsics")]
    ported = Engine(rules).rewrite(Source("case.cu", data), gather([data]))
    text = ported.source.data.decode()
    assert "asm(" not in text, [note.message for note in ported.notes if note.level.left_to_do]
    folder: Path = tmp_path_factory.mktemp("ptx")
    lines = [line for line in text.splitlines() if not line.startswith("#include")]
    source, obj, shared = folder / "case.cpp", folder / "case.o", folder / "case.so"
    source.write_text("#define __HIPCC__ 1\n#define __device__\n" + STANDINS + "\n".join(lines))
    zig = [sys.executable, "-m", "ziglang"]
    for command in (
        [*zig, "clang", "--target=x86_64-linux-gnu", "-x", "c++", "-std=c++17", "-O1", "-fPIC", "-Wno-everything",
        "-c", str(source), "-o", str(obj)],
        [*zig, "ld.lld", "-shared", str(obj), "-o", str(shared)],
    ):  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[:4000]
    return ctypes.CDLL(str(shared))


CORNERS: dict[str, list[Any]] = {
    "r": [
        0,
        1,
        2,
        7,
        8,
        15,
        16,
        31,
        32,
        33,
        63,
        64,
        255,
        256,
        0x7FFF,
        0x8000,
        0x7FFFFFFF,
        0x80000000,
        0xFFFFFFFF,
        0x80808080,
        0x01020304,
    ],
    "l": [0, 1, 63, 64, 1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, M64, 0x0102030405060708],
    "h": [0, 1, 255, 0x7FFF, 0x8000, 0xFFFF],
    "f": [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 3.0, float("inf"), float("-inf"), float("nan"), 1.17549435e-38, 16777216.0],
}


def sample(kind: str, chance: random.Random) -> int | float:
    corner = chance.random() < 0.5
    if kind == "f":
        return narrow(chance.choice(CORNERS["f"]) if corner else chance.uniform(-10, 10))
    if kind == "s":
        return signed(int(sample("r", chance)))
    return chance.choice(CORNERS[kind]) if corner else chance.getrandbits(BITS[kind])


def same(got: float, want: float) -> bool:
    return got == want or (got != got and want != want)


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: CASES[number].ptx[:60])
def test_translation_computes_what_ptx_does(library: ctypes.CDLL, number: int) -> None:
    case = CASES[number]
    outs, ins = case.kinds.split(":")
    function = getattr(library, f"case{number}")
    function.argtypes = [ctypes.POINTER(CTYPES[kind]) for kind in outs] + [CTYPES[kind] for kind in ins]
    function.restype = None
    results = [CTYPES[kind]() for kind in outs]
    pointers = [ctypes.byref(result) for result in results]
    chance = random.Random(number)
    for _ in range(400):
        values = [sample(kind, chance) for kind in ins]
        if case.ptx.startswith("fns"):
            values = [values[0], int(values[1]) & 31, clamp(int(values[2]), -40, 40)]
        function(*pointers, *values)
        want = case.model(*values)
        if want is None:
            continue
        for kind, result, wanted in zip(outs, results, want if isinstance(want, tuple) else (want,), strict=True):
            if kind == "f":
                expected = narrow(wanted)
            else:
                expected = int(wanted) if kind == "s" else int(wanted) & ((1 << BITS[kind]) - 1)
            assert same(result.value, expected), (values, result.value, expected)


@pytest.mark.parametrize("name", sorted(name for name in SIMD if "vib" not in name))
def test_simd_intrinsic_computes_what_cuda_does(library: ctypes.CDLL, name: str) -> None:
    function, model = getattr(library, f"simd{name}"), simd_model(name)
    function.restype = ctypes.c_uint32
    function.argtypes = [ctypes.c_uint32] * simd_arity(name)
    chance = random.Random(name)
    for _ in range(300):
        words = [int(sample("r", chance)) for _ in range(simd_arity(name))]
        assert function(*words) == model(*words), [hex(word) for word in words]


def test_minima_and_maxima_that_tell_which_won(library: ctypes.CDLL) -> None:
    high, low = ctypes.c_bool(), ctypes.c_bool()
    library.vibmax_s16x2.restype = library.vibmin_u32.restype = ctypes.c_uint32
    chance = random.Random(1)
    for _ in range(500):
        a, b = int(sample("r", chance)), int(sample("r", chance))
        got = library.vibmax_s16x2(ctypes.c_uint32(a), ctypes.c_uint32(b), ctypes.byref(high), ctypes.byref(low))
        x, y = (signed(a >> 16, 16), signed(a, 16)), (signed(b >> 16, 16), signed(b, 16))
        assert (high.value, low.value) == (x[0] >= y[0], x[1] >= y[1])
        assert got == (max(x[0], y[0]) & 0xFFFF) << 16 | max(x[1], y[1]) & 0xFFFF
        got = library.vibmin_u32(ctypes.c_uint32(a), ctypes.c_uint32(b), ctypes.byref(high))
        assert (got, high.value) == (min(a, b), a <= b)
