"""Arithmetic intrinsics whose rounding is part of their name."""

from __future__ import annotations

from collections.abc import Iterator

from hipwright.finding import Finding, Helper
from hipwright.rule import Site, rule


def _unfused(letter: str, ctype: str) -> Helper:
    return Helper(
        f"HIPWRIGHT_UNFUSED_{ctype.upper()}",
        f"""\
// CUDA rounds each of these on its own. The empty asm keeps clang from fusing or reassociating them.
__host__ __device__ inline {ctype} unfused_{letter}add({ctype} x, {ctype} y) {{
  asm("" : "+v"(x), "+v"(y));
  {ctype} sum = x + y;
  asm("" : "+v"(sum));
  return sum;
}}
__host__ __device__ inline {ctype} unfused_{letter}sub({ctype} x, {ctype} y) {{
  asm("" : "+v"(x), "+v"(y));
  {ctype} difference = x - y;
  asm("" : "+v"(difference));
  return difference;
}}
__host__ __device__ inline {ctype} unfused_{letter}mul({ctype} x, {ctype} y) {{
  {ctype} product = x * y;
  asm("" : "+v"(product));
  return product;
}}
""",
    )


_UNFUSED = {"f": _unfused("f", "float"), "d": _unfused("d", "double")}
_NEAREST = {f"__{letter}{op}_rn": letter for letter in _UNFUSED for op in ("add", "sub", "mul")}


@rule(
    "unfused-rn",
    "__fadd_rn, __fmul_rn and their kin round every operation",
    hazards=("F05",),
    names=_NEAREST,
    rewrites={
        "__device__ float f(float a, float b, float c) { return __fadd_rn(__fmul_rn(a, b), c); }":
        "__device__ float f(float a, float b, float c) { return unfused_fadd(unfused_fmul(a, b), c); }",
        "__device__ double f(double a, double b) { return __dsub_rn(a, __dmul_rn(b, b)); }":
        "__device__ double f(double a, double b) { return unfused_dsub(a, unfused_dmul(b, b)); }",
    },
    keeps=(
        "__device__ float f(float a, float b) { return a * b + 1.0f; }",
        "struct rounding { float __fadd_rn(float a, float b); };",
    ),
)  # fmt: skip
def unfused_rn(site: Site) -> Iterator[Finding]:
    """CUDA never merges the `_rn` intrinsics into a fused multiply-add; in HIP they are plain `+`, `-`, `*`.

    HIP's clang contracts across statements by default, so a product and a sum of `_rn` intrinsics became one
    `v_fmac` that rounds once: double-single, Dekker and compensated arithmetic lose their error terms without a
    diagnostic. `#pragma clang fp contract(off)` is not enough, because `-ffast-math` and `-ffp-contract=fast` ignore
    it; a result that passes through an empty asm statement is left alone under all flags and costs no instruction.
    """
    if site.foreign:
        return
    letter = _NEAREST[site.text]
    yield site.replace(site.node, f"unfused_{site.text[2:-3]}", helpers=(_UNFUSED[letter],))


# CUDA's suffix, OCML's name for the same mode.
_MODES = {"_rd": "rtn", "_ru": "rtp", "_rz": "rtz"}
_OCML = {
    f"__{stem}{suffix}": f"__ocml_{op}_{mode}_{ctype}"
    for suffix, mode in _MODES.items()
    for stem, op, ctype in (
        ("fadd", "add", "f32"), ("fsub", "sub", "f32"), ("fmul", "mul", "f32"), ("fmaf", "fma", "f32"),
        ("fmaf_ieee", "fma", "f32"),
        ("dadd", "add", "f64"), ("dsub", "sub", "f64"), ("dmul", "mul", "f64"), ("fma", "fma", "f64"),
    )
} | {"__fmaf_ieee_rn": "__fmaf_rn"}  # fmt: skip


@rule(
    "directed-rounding",
    "Sums and products rounded up, down or toward zero",
    hazards=("F04",),
    names=_OCML,
    rewrites={
        "__device__ float f(float a, float b) { return __fadd_rd(a, b); }":
        "__device__ float f(float a, float b) { return __ocml_add_rtn_f32(a, b); }",
        "__device__ double f(double a, double b) { return __dmul_ru(a, __dsub_rz(b, a)); }":
        "__device__ double f(double a, double b) { return __ocml_mul_rtp_f64(a, __ocml_sub_rtz_f64(b, a)); }",
        "__device__ double f(double a, double b) { return __fma_rd(a, b, a); }":
        "__device__ double f(double a, double b) { return __ocml_fma_rtn_f64(a, b, a); }",
    },
    keeps=("__device__ float f(float a) { return __double2float_rd(a) + __fmaf_rn(a, a, a); }",),
)  # fmt: skip
def directed_rounding(site: Site) -> Iterator[Finding]:
    """HIP declares the directed forms only under a macro on the command line; the device library has them always.

    `__ocml_add_rtn_f32` and its kin switch the rounding mode of the wavefront around one instruction, on every target
    and under every optimisation flag. Mapping to the nearest form instead would make interval bounds wrong.
    """
    if not site.foreign:
        yield site.replace(site.node, _OCML[site.text])


_DDIV = Helper(
    "HIPWRIGHT_DIRECTED_DDIV",
    """\
// The quotient rounded the way `fma` rounds: the sign of the remainder says on which side of the nearest one it lies.
template <double (*directed_fma)(double, double, double)>
__device__ inline double directed_ddiv(double x, double y) {
  if (x == 0.0 || y == 0.0 || !isfinite(x) || !isfinite(y)) return x / y;
  int ex = ilogb(x), ey = ilogb(y);
  double m = scalbn(x, -ex), n = scalbn(y, -ey);
  double q = m / n, rest = fma(-q, n, m);
  if (rest != 0.0) q = directed_fma(q, 1.0, copysign(4.9e-324, rest * n));
  int e = min(max(ex - ey, -1100), 1100);
  return directed_fma(scalbn(q, e / 2), scalbn(1.0, e - e / 2), copysign(0.0, q));
}
""",
)
_DSQRT = Helper(
    "HIPWRIGHT_DIRECTED_DSQRT",
    """\
// The root rounded the way `fma` rounds: the sign of the remainder says on which side of the nearest one it lies.
template <double (*directed_fma)(double, double, double)>
__device__ inline double directed_dsqrt(double x) {
  if (!(x > 0.0) || !isfinite(x)) return sqrt(x);
  int e = ilogb(x) & ~1;
  double m = scalbn(x, -e), s = sqrt(m), rest = fma(-s, s, m);
  if (rest != 0.0) s = directed_fma(s, 1.0, copysign(4.9e-324, rest));
  return scalbn(s, e / 2);
}
""",
)
_DIVISIONS = {f"__{stem}{suffix}": (stem, suffix) for suffix in _MODES for stem in
              ("fdiv", "frcp", "fsqrt", "ddiv", "drcp", "dsqrt")}  # fmt: skip


@rule(
    "directed-division",
    "Quotients and square roots rounded up, down or toward zero",
    hazards=("F04",),
    names=_DIVISIONS,
    rewrites={
        "__device__ float f(float a, float b) { return __fdiv_ru(a, b); }":
        "__device__ float f(float a, float b) { return __double2float_ru(__ddiv_rn(a, b)); }",
        "__device__ float f(float a) { return __frcp_rz(__fsqrt_rd(a)); }":
        "__device__ float f(float a) { return __double2float_rz(__drcp_rn(__double2float_rd(__dsqrt_rn(a)))); }",
        "__device__ double f(double a, double b) { return __ddiv_rd(a, b); }":
        "__device__ double f(double a, double b) { return directed_ddiv<__ocml_fma_rtn_f64>(a, b); }",
        "__device__ double f(double a) { return __drcp_ru(__dsqrt_rz(a)); }":
        "__device__ double f(double a) "
        "{ return directed_ddiv<__ocml_fma_rtp_f64>(1.0, directed_dsqrt<__ocml_fma_rtz_f64>(a)); }",
    },
    keeps=("__device__ double f(double a, double b) { return __ddiv_rn(a, __dsqrt_rn(b)); }",),
)  # fmt: skip
def directed_division(site: Site) -> Iterator[Finding]:
    """Neither HIP nor its device library has these at all, whatever HIP's macro for them promises.

    For `float`, the quotient and the root in double precision lie on the same side of every float as the exact ones
    (a quotient of 24-bit numbers keeps 2^-48 of distance from any float that it does not equal), so one directed
    conversion gives the exact answer. For `double` the sign of the remainder decides.
    """
    call = site.call
    if call is None or not call.args or site.foreign:
        return
    stem, suffix = _DIVISIONS[call.name]
    if stem[0] == "f":
        yield site.replace(site.node, f"__double2float{suffix}(__d{stem[1:]}_rn")
        yield site.insert(call.close, ")")
        return
    fma = f"__ocml_fma_{_MODES[suffix]}_f64"
    if stem == "dsqrt":
        yield site.replace(site.node, f"directed_dsqrt<{fma}>", helpers=(_DSQRT,))
    else:
        yield site.replace(site.node, f"directed_ddiv<{fma}>", helpers=(_DDIV,))
        if stem == "drcp":
            yield site.insert(call.args[0].start, "1.0, ")


@rule(
    "exact-root",
    "__fsqrt_rn and __frsqrt_rn are rounded correctly",
    hazards=("F06",),
    names=("__fsqrt_rn", "__frsqrt_rn"),
    rewrites={
        "__device__ float f(float a) { return __fsqrt_rn(a * a); }":
        "__device__ float f(float a) { return sqrtf(a * a); }",
        "__device__ float f(float a) { return __frsqrt_rn(a); }":
        "__device__ float f(float a) { return __double2float_rn(__drcp_rn(__dsqrt_rn(a))); }",
    },
    keeps=("__device__ float f(float a) { return rsqrtf(a) + __dsqrt_rn(a); }",),
)  # fmt: skip
def exact_root(site: Site) -> Iterator[Finding]:
    """HIP makes these the hardware's approximations, off by one unit in the last place; CUDA's are rounded correctly.

    `sqrtf` refines the hardware's root to the correct one (unless `-ffast-math` gives that up). The reciprocal root of
    a float stays 1.2 * 2^-52 away from the middle of two floats (measured over all of them), a root and a quotient in
    double precision are off by less, so their rounding is the right one.
    """
    call = site.call
    if call is None or len(call.args) != 1 or site.foreign:
        return
    if call.name == "__fsqrt_rn":
        yield site.replace(site.node, "sqrtf")
    else:
        yield site.replace(site.node, "__double2float_rn(__drcp_rn(__dsqrt_rn")
        yield site.insert(call.close, "))")


@rule(
    "saturate-nan",
    "__saturatef turns a NaN into zero",
    hazards=("F14",),
    names=("__saturatef",),
    rewrites={
        "__device__ float f(float a) { return __saturatef(a + 1.0f); }":
        "__device__ float f(float a) { return fminf(fmaxf(a + 1.0f, 0.0f), 1.0f); }",
    },
    keeps=("__device__ float f(float a) { return fminf(a, 1.0f); } // __saturatef",),
)  # fmt: skip
def saturate_nan(site: Site) -> Iterator[Finding]:
    """CUDA's `__saturatef` gives 0 for a NaN; HIP's compares, and a NaN falls through it unchanged.

    `fmaxf(NaN, 0)` is 0, and both become one clamp on the GPU.
    """
    call = site.call
    if call is not None and len(call.args) == 1 and not site.foreign:
        yield site.edit(call.start, call.args[0].start, "fminf(fmaxf(")
        yield site.insert(call.args[0].end, ", 0.0f), 1.0f")
