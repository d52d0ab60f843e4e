"""Functions of cuda_fp16.h and cuda_bf16.h that HIP 7.2 lacks, or has with another meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from hipwright.finding import Finding, Helper
from hipwright.rule import Site, rule

_FP16, _BF16 = "hip/hip_fp16.h", "hip/hip_bf16.h"
_ROUNDINGS = ("rn", "rz", "rd", "ru")

# -- conversions: {} stands for the arguments as written ---------------------------------------------------------------

_CONVERSIONS = {
    "__float2bfloat16_rn": "__float2bfloat16({})",
    "__float2bfloat162_rn": "__bfloat162bfloat162(__float2bfloat16({}))",
    "__floats2bfloat162_rn": "__float22bfloat162_rn(make_float2({}))",
    "make_bfloat162": "__halves2bfloat162({})",
    "__double2half": "__half(__half_raw{{static_cast<_Float16>({})}})",
    "__half2char_rz": "static_cast<signed char>(min(max(__half2int_rz({}), -128), 127))",
    "__half2uchar_rz": "static_cast<unsigned char>(min(max(__half2int_rz({}), 0), 255))",
    "__bfloat162char_rz": "static_cast<signed char>(min(max(__float2int_rz(__bfloat162float({})), -128), 127))",
    "__bfloat162uchar_rz": "static_cast<unsigned char>(min(max(__float2int_rz(__bfloat162float({})), 0), 255))",
}
_EXACT = {"short": "short", "ushort": "unsigned short"}  # every value is a float
_SHORT = {"short": ("short", -32768, 32767), "ushort": ("unsigned short", 0, 65535)}
_WIDE = {"int": "int", "uint": "unsigned int", "ll": "long long", "ull": "unsigned long long"}
for _mode in _ROUNDINGS:
    if _mode != "rz":
        # HIP has the names, and truncates whatever they say.
        for _kind in _WIDE:
            _CONVERSIONS[f"__half2{_kind}_{_mode}"] = f"__float2{_kind}_{_mode}(__half2float({{}}))"
        for _kind, (_ctype, _low, _high) in _SHORT.items():
            _CONVERSIONS[f"__half2{_kind}_{_mode}"] = (
                f"static_cast<{_ctype}>(min(max(__float2int_{_mode}(__half2float({{}})), {_low}), {_high}))"
            )
    if _mode != "rn":
        # Here it rounds to nearest. Where a float does not hold the integer, no half does.
        for _kind in (*_WIDE, *_SHORT):
            _CONVERSIONS[f"__{_kind}2half_{_mode}"] = f"__float2half_{_mode}(static_cast<float>({{}}))"
    for _kind in _WIDE:
        _CONVERSIONS[f"__bfloat162{_kind}_{_mode}"] = f"__float2{_kind}_{_mode}(__bfloat162float({{}}))"
    _CONVERSIONS[f"__bfloat162short_{_mode}"] = (
        f"static_cast<short>(min(max(__float2int_{_mode}(__bfloat162float({{}})), -32768), 32767))"
    )
    _CONVERSIONS[f"__bfloat162ushort_{_mode}"] = (
        f"static_cast<unsigned short>(min(max(__float2int_{_mode}(__bfloat162float({{}})), 0), 65535))"
    )
    _narrow = "__float2bfloat16" if _mode == "rn" else f"float2bfloat16_{_mode}"
    if _mode != "rn":
        _CONVERSIONS[f"__float2bfloat16_{_mode}"] = f"{_narrow}({{}})"
    for _kind, _ctype in _EXACT.items():
        _CONVERSIONS[f"__{_kind}2bfloat16_{_mode}"] = f"{_narrow}(static_cast<{_ctype}>({{}}))"
    for _kind, _ctype in _WIDE.items():
        _CONVERSIONS[f"__{_kind}2bfloat16_{_mode}"] = f"{_narrow}(round_to_odd<{_ctype}>({{}}))"

_CUT = Helper(
    "HIPWRIGHT_FLOAT2BFLOAT16",
    """\
// A float cut to bfloat16, one place further from zero if `away` and bits were lost.
__host__ __device__ inline __hip_bfloat16 cut_to_bfloat16(float x, bool away) {
  unsigned int bits = __builtin_bit_cast(unsigned int, x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) bits = 0x7fff0000u;
  if (away && (bits & 0xffffu) != 0) bits += 0x10000u;
  return __hip_bfloat16(__hip_bfloat16_raw{static_cast<unsigned short>(bits >> 16)});
}
__host__ __device__ inline __hip_bfloat16 float2bfloat16_rz(float x) { return cut_to_bfloat16(x, false); }
__host__ __device__ inline __hip_bfloat16 float2bfloat16_rd(float x) {
  return cut_to_bfloat16(x, __builtin_bit_cast(int, x) < 0);
}
__host__ __device__ inline __hip_bfloat16 float2bfloat16_ru(float x) {
  return cut_to_bfloat16(x, __builtin_bit_cast(int, x) >= 0);
}
""",
)
_ODD = Helper(
    "HIPWRIGHT_ROUND_TO_ODD",
    """\
// An integer as the float next to it toward zero, made odd if that lost bits: rounding it again rounds as if once.
template <typename T>
__device__ inline float round_to_odd(T x) {
  float cut = T(-1) < T(0) ? __ll2float_rz(x) : __ull2float_rz(x);
  return static_cast<T>(cut) == x ? cut : __uint_as_float(__float_as_uint(cut) | 1u);
}
""",
)


@rule(
    "half-conversions",
    "Conversions to and from half and bfloat16 that HIP lacks or rounds otherwise",
    hazards=("F07", "F09"),
    names=_CONVERSIONS,
    rewrites={
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat16 f(float a) { return __float2bfloat16_rn(a); }":
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat16 f(float a) { return __float2bfloat16(a); }",
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat162 f(float a, float b) { return __floats2bfloat162_rn(a, b); }":
        "#include <cuda_bf16.h>\n"
        "__device__ __nv_bfloat162 f(float a, float b) { return __float22bfloat162_rn(make_float2(a, b)); }",
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat16 f(float a) { return __float2bfloat16_rd(a); }":
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat16 f(float a) { return float2bfloat16_rd(a); }",
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat16 f(long long a) { return __ll2bfloat16_rn(a + 1); }":
        "#include <cuda_bf16.h>\n"
        "__device__ __nv_bfloat16 f(long long a) { return __float2bfloat16(round_to_odd<long long>(a + 1)); }",
        "#include <cuda_bf16.h>\n__device__ int f(__nv_bfloat16 a) { return __bfloat162int_ru(a); }":
        "#include <cuda_bf16.h>\n__device__ int f(__nv_bfloat16 a) { return __float2int_ru(__bfloat162float(a)); }",
        "#include <cuda_fp16.h>\n__device__ int f(__half a) { return __half2int_rn(a); }":
        "#include <cuda_fp16.h>\n__device__ int f(__half a) { return __float2int_rn(__half2float(a)); }",
        "#include <cuda_fp16.h>\n__device__ unsigned short f(__half a) { return __half2ushort_ru(a); }":
        "#include <cuda_fp16.h>\n__device__ unsigned short f(__half a) "
        "{ return static_cast<unsigned short>(min(max(__float2int_ru(__half2float(a)), 0), 65535)); }",
        "#include <cuda_fp16.h>\n__device__ __half f(int a) { return __int2half_rd(a); }":
        "#include <cuda_fp16.h>\n__device__ __half f(int a) { return __float2half_rd(static_cast<float>(a)); }",
        "#include <cuda_fp16.h>\n__device__ __half f(double a) { return __double2half(a); }":
        "#include <cuda_fp16.h>\n"
        "__device__ __half f(double a) { return __half(__half_raw{static_cast<_Float16>(a)}); }",
        "#include <cuda_fp16.h>\n__device__ signed char f(__half a) { return __half2char_rz(a); }":
        "#include <cuda_fp16.h>\n__device__ signed char f(__half a) "
        "{ return static_cast<signed char>(min(max(__half2int_rz(a), -128), 127)); }",
    },
    keeps=(
        "#include <cuda_bf16.h>\n__device__ float f(__nv_bfloat16 a) { return __bfloat162float(a); }",
        "struct Cast { static float __double2half(double); };",
    ),
)  # fmt: skip
def half_conversions(site: Site) -> Iterator[Finding]:
    """HIP has `__float2bfloat16` but not CUDA's other spellings of it, nor most integer conversions of bfloat16.

    Its integer conversions of half ignore the rounding that their names say: `__half2int_rn(2.75)` is 2 there. Each is
    written with what HIP has, to the same rounding: an integer of 32 or 64 bits goes through a float rounded to odd,
    because HIP's own `__int2bfloat16_rn` rounds twice; conversions to 8 and 16 bits saturate as CUDA's do, and a
    NaN becomes 0.
    """
    call = site.call
    if call is None or site.foreign:
        return
    before, after = _CONVERSIONS[call.name].format("\0").split("\0")
    helpers = tuple(helper for word, helper in (("float2bfloat16_r", _CUT), ("round_to_odd", _ODD)) if word in before)
    yield site.edit(call.start, call.open + 1, before, helpers=helpers)
    if after != ")":
        yield site.edit(call.close, call.close + 1, after)


# -- functions of one or two lanes -------------------------------------------------------------------------------------


def _template(name: str, signature: str, body: str, host: bool = True) -> Helper:
    space = "__host__ __device__" if host else "__device__"
    return Helper(f"HIPWRIGHT_{name.upper()}", f"template <typename T>\n{space} inline {signature} {{\n  {body}\n}}\n")


_MINMAX = Helper(
    "HIPWRIGHT_HALF_MINMAX",
    """\
// Minimum and maximum that pass a NaN on (_nan), and both on two lanes, for half and bfloat16 alike.
template <typename T>
__host__ __device__ inline T hmax_nan(T a, T b) { return __hisnan(a) ? a : __hisnan(b) ? b : __hmax(a, b); }
template <typename T>
__host__ __device__ inline T hmin_nan(T a, T b) { return __hisnan(a) ? a : __hisnan(b) ? b : __hmin(a, b); }
template <typename T>
__host__ __device__ inline T hmax2(T a, T b) { return T(__hmax(a.x, b.x), __hmax(a.y, b.y)); }
template <typename T>
__host__ __device__ inline T hmin2(T a, T b) { return T(__hmin(a.x, b.x), __hmin(a.y, b.y)); }
template <typename T>
__host__ __device__ inline T hmax2_nan(T a, T b) { return T(hmax_nan(a.x, b.x), hmax_nan(a.y, b.y)); }
template <typename T>
__host__ __device__ inline T hmin2_nan(T a, T b) { return T(hmin_nan(a.x, b.x), hmin_nan(a.y, b.y)); }
""",
)
_RELU = Helper(
    "HIPWRIGHT_HALF_RELU",
    """\
// A fused multiply-add whose negative results become 0, for half and bfloat16 alike.
template <typename T>
__device__ inline T hfma_relu(T a, T b, T c) {
  T d = __hfma(a, b, c);
  return __hle(d, T()) ? T() : d;
}
template <typename T>
__device__ inline T hfma2_relu(T a, T b, T c) { return T(hfma_relu(a.x, b.x, c.x), hfma_relu(a.y, b.y, c.y)); }
""",
)
_COMPLEX = _template(
    "hcmadd", "T hcmadd(T a, T b, T c)",
    "return T(__hfma(__hneg(a.y), b.y, __hfma(a.x, b.x, c.x)), __hfma(a.y, b.x, __hfma(a.x, b.y, c.y)));", host=False,
)  # fmt: skip


def _saturating(ctype: str, one: str) -> str:
    lines = [
        f"// Results are clamped to [0, 1]; a NaN becomes 0. For {ctype}.",
        f"__device__ inline {ctype} clamp_to_unit({ctype} x) {{",
        f"  return __hgt(x, {ctype}()) ? __hmin(x, {one}(1.0f)) : {ctype}();",
        "}",
    ]
    for op in ("add", "sub", "mul", "fma"):
        parameters, arguments = ("abc", "(a, b, c)") if op == "fma" else ("ab", "_rn(a, b)")
        declared = ", ".join(f"{ctype} {name}" for name in parameters)
        lanes = ["(" + ", ".join(f"{name}.{lane}" for name in parameters) + ")" for lane in "xy"]
        lines += [
            f"__device__ inline {ctype} h{op}_sat({declared}) {{ return clamp_to_unit(__h{op}{arguments}); }}",
            f"__device__ inline {ctype}2 h{op}2_sat({declared.replace(ctype, ctype + '2')}) {{",
            f"  return {ctype}2(h{op}_sat{lanes[0]}, h{op}_sat{lanes[1]});",
            "}",
        ]
    return "\n".join(lines)


def _tanh(ctype: str, widen: str, narrow: str) -> str:
    return "\n".join([
        f"__device__ inline {ctype} half_tanh({ctype} x) {{ return {narrow}(tanhf({widen}(x))); }}",
        f"__device__ inline {ctype}2 half_tanh2({ctype}2 x) {{ return {ctype}2(half_tanh(x.x), half_tanh(x.y)); }}",
    ])  # fmt: skip


_HALF_SAT = Helper("HIPWRIGHT_HALF_SAT", _saturating("__half", "__float2half"))
_BF16_SAT = Helper("HIPWRIGHT_BFLOAT16_SAT", _saturating("__hip_bfloat16", "__float2bfloat16"))
_HALF_TANH = Helper("HIPWRIGHT_HALF_TANH", _tanh("__half", "__half2float", "__float2half"))
_BF16_TANH = Helper("HIPWRIGHT_BFLOAT16_TANH", _tanh("__hip_bfloat16", "__bfloat162float", "__float2bfloat16"))

# Ours are called as CUDA's without the underscores. Helpers: one for both types, or one for half and one for bfloat16.
_LANES: dict[str, tuple[Helper, ...]] = dict.fromkeys(
    ("__hmax2", "__hmin2", "__hmax_nan", "__hmin_nan", "__hmax2_nan", "__hmin2_nan"), (_MINMAX,)
)
_LANES |= {"__hfma_relu": (_RELU,), "__hfma2_relu": (_RELU,), "__hcmadd": (_COMPLEX,)}
_LANES |= {f"__h{op}{lanes}_sat": (_HALF_SAT, _BF16_SAT) for op in ("add", "sub", "mul", "fma") for lanes in ("", "2")}
_LANES |= dict.fromkeys(("htanh", "h2tanh", "htanh_approx", "h2tanh_approx"), (_HALF_TANH, _BF16_TANH))
_RENAMED = {"htanh": "half_tanh", "htanh_approx": "half_tanh", "h2tanh": "half_tanh2", "h2tanh_approx": "half_tanh2"}
for _op in ("eq", "ne", "lt", "le", "gt", "ge"):
    for _u in ("", "u"):
        _LANES[f"__h{_op}{_u}2_mask"] = (
            _template(
                f"h{_op}{_u}2_mask", f"unsigned int h{_op}{_u}2_mask(T a, T b)",
                f"return (__h{_op}{_u}(a.x, b.x) ? 0xffffu : 0u) | (__h{_op}{_u}(a.y, b.y) ? 0xffff0000u : 0u);",
            ),
        )  # fmt: skip
    _LANES[f"__h{_op}u2"] = tuple(
        Helper(
            f"HIPWRIGHT_{bits.replace('BF', 'BFLOAT').replace('FP16', 'HALF')}_H{_op.upper()}U2",
            f"__host__ __device__ inline {ctype}2 h{_op}u2({ctype}2 a, {ctype}2 b) {{\n"
            f"  return {ctype}2(__h{_op}u(a.x, b.x) ? HIPRT_ONE_{bits} : HIPRT_ZERO_{bits},\n"
            f"      __h{_op}u(a.y, b.y) ? HIPRT_ONE_{bits} : HIPRT_ZERO_{bits});\n}}",
        )
        for ctype, bits in (("__half", "FP16"), ("__hip_bfloat16", "BF16"))
    )
_HALF_HAS = frozenset(f"__h{_op}u2" for _op in ("eq", "ne", "lt", "le", "gt", "ge"))


@lru_cache(maxsize=32)
def _defines(text: bytes, name: bytes) -> bool:
    """Whether a file has a function of its own of this name, which needs no underscores to be the user's."""
    return re.search(rb"[\w*&]\s+" + name + rb"\s*\([^;{}()]*\)\s*\{", text) is not None


@rule(
    "half-functions",
    "Functions of half and bfloat16 that HIP lacks or lets a NaN through",
    hazards=("F07", "F09", "F14"),
    names=_LANES,
    rewrites={
        "#include <cuda_fp16.h>\n__device__ __half2 f(__half2 a, __half2 b) { return __hmax2(a, b); }":
        "#include <cuda_fp16.h>\n__device__ __half2 f(__half2 a, __half2 b) { return hmax2(a, b); }",
        "#include <cuda_fp16.h>\n__device__ unsigned f(__half2 a, __half2 b) { return __hgtu2_mask(a, b); }":
        "#include <cuda_fp16.h>\n__device__ unsigned f(__half2 a, __half2 b) { return hgtu2_mask(a, b); }",
        "#include <cuda_fp16.h>\n__device__ __half f(__half a) { return __hfma_relu(a, a, __hadd_sat(htanh(a), a)); }":
        "#include <cuda_fp16.h>\n__device__ __half f(__half a) { return hfma_relu(a, a, hadd_sat(half_tanh(a), a)); }",
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat162 f(__nv_bfloat162 a) "
        "{ return __hmax2_nan(__hequ2(a, a), __hcmadd(a, h2tanh(a), __hfma2_sat(a, a, a))); }":
        "#include <cuda_bf16.h>\n__device__ __nv_bfloat162 f(__nv_bfloat162 a) "
        "{ return hmax2_nan(hequ2(a, a), hcmadd(a, half_tanh2(a), hfma2_sat(a, a, a))); }",
    },
    keeps=(
        "#include <cuda_fp16.h>\n__device__ __half2 f(__half2 a) { return __hequ2(a, __hadd2(a, a)); }",
        "#include <cuda_fp16.h>\n__device__ __half f(__half a, __half b) { return __hmax(a, b); }",
        "__device__ float htanh(float x) { return x; }\n__device__ float f(float x) { return htanh(x); }",
    ),
)  # fmt: skip
def half_functions(site: Site) -> Iterator[Finding]:
    """Overloads for `half2` or for bfloat16 are missing, and HIP's saturating forms keep a NaN that CUDA turns into 0.

    The replacements are built of HIP's own one-lane functions and serve both types, so the type at the call need not be
    known. `htanh` goes through float, as its result rounds to the same half.
    """
    if site.foreign or (site.text[0] != "_" and _defines(site.source.data, site.text.encode())):
        return
    bfloat16 = b"bfloat16" in site.source.data
    name, helpers = site.text, _LANES[site.text]
    if name in _HALF_HAS and not bfloat16:
        return
    if len(helpers) == 2 and not bfloat16:
        helpers = helpers[:1]
    includes = (_FP16, _BF16) if len(helpers) == 2 else ()
    yield site.replace(site.node, _RENAMED.get(name, name.strip("_")), includes, helpers)
