"""Functions of small numbers whose HIP form is missing, or loses part of the range that CUDA's has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Helper
from hipwright.rule import Site, rule

_TYPES = {"u": "unsigned int", "ll": "long long", "ull": "unsigned long long"}
_EXTREMES = {f"{prefix}{which}": (which, kind) for prefix, kind in _TYPES.items() for which in ("min", "max")}
_MIN_MAX = Helper(
    "HIPWRIGHT_MIN_MAX_OF",
    """\
// CUDA's umin, llmax and their kin, which convert their arguments to the type in the name.
template <typename T>
__host__ __device__ inline T min_of(T a, T b) { return b < a ? b : a; }
template <typename T>
__host__ __device__ inline T max_of(T a, T b) { return a < b ? b : a; }
""",
)


@rule(
    "typed-min-max",
    "umin, llmax and their kin have their type in the name",
    names=_EXTREMES,
    rewrites={
        "__device__ unsigned int f(unsigned int a) { return umin(a, 7); }":
        "__device__ unsigned int f(unsigned int a) { return min_of<unsigned int>(a, 7); }",
        "__device__ long long f(long long a, int b) { return llmax(a, b); }":
        "__device__ long long f(long long a, int b) { return max_of<long long>(a, b); }",
        "unsigned long long f(unsigned long long a) { return ullmax(a, ullmin(9, a)); }":
        "unsigned long long f(unsigned long long a) "
        "{ return max_of<unsigned long long>(a, min_of<unsigned long long>(9, a)); }",
    },
    keeps=(
        "static int umin(int a, int b) { return a < b ? a : b; }\nint f(int a) { return umin(a, 3); }",
        "#define umax(a, b) ((a) > (b) ? (a) : (b))\nint f(int a) { return umax(a, 3); }",
    ),
)  # fmt: skip
def typed_min_max(site: Site) -> Iterator[Finding]:
    """HIP has overloads of `min` and `max`, but not CUDA's functions that name their type.

    A plain `min` would choose by the arguments, which need not have the type of the name: `umin(a, 7)` compares as
    unsigned, whatever `a` is. A project's own function of such a name is left alone.
    """
    call = site.call
    if call is None or len(call.args) != 2 or site.foreign or site.facts.defines(site.text):
        return
    if re.search(rb"\b" + site.text.encode() + rb"\s*\([^(){};]*\)\s*(?:noexcept\s*)?\{", site.source.data):
        return  # this file's own
    which, kind = _EXTREMES[site.text]
    yield site.replace(site.node, f"{which}_of<{kind}>", helpers=(_MIN_MAX,))


def _scaled(ctype: str, kind: str, suffix: str) -> Helper:
    return Helper(
        f"HIPWRIGHT_COMPLEX_{kind.upper()}",
        f"""\
// HIP's hipCabs{suffix} and hipCdiv{suffix} square their arguments, which overflows early.
__host__ __device__ inline {ctype} scaled_abs(hip{kind}Complex z) {{ return hypot{suffix}(z.x, z.y); }}
__host__ __device__ inline hip{kind}Complex scaled_div(hip{kind}Complex p, hip{kind}Complex q) {{
  {ctype} scale = fabs{suffix}(q.x) + fabs{suffix}(q.y);
  {ctype} px = p.x / scale, py = p.y / scale, qx = q.x / scale, qy = q.y / scale;
  {ctype} square = qx * qx + qy * qy;
  return make_hip{kind}Complex((px * qx + py * qy) / square, (py * qx - px * qy) / square);
}}
""",
        when="HIP_INCLUDE_HIP_AMD_DETAIL_HIP_COMPLEX_H",
    )


_SCALED = {"": _scaled("double", "Double", ""), "f": _scaled("float", "Float", "f")}
_COMPLEX = {
    f"cuC{what}{suffix}": (f"scaled_{what}", helper) for what in ("abs", "div") for suffix, helper in _SCALED.items()
}


@rule(
    "complex-range",
    "Absolute values and quotients of complex numbers that do not overflow early",
    names=_COMPLEX,
    rewrites={
        "#include <cuComplex.h>\n__device__ double f(cuDoubleComplex z) { return cuCabs(z); }":
        "#include <cuComplex.h>\n__device__ double f(cuDoubleComplex z) { return scaled_abs(z); }",
        "#include <cuComplex.h>\n__device__ cuFloatComplex f(cuFloatComplex a, cuFloatComplex b) "
        "{ return cuCdivf(a, b); }":
        "#include <cuComplex.h>\n__device__ cuFloatComplex f(cuFloatComplex a, cuFloatComplex b) "
        "{ return scaled_div(a, b); }",
    },
    keeps=("#include <cuComplex.h>\n__device__ double f(cuDoubleComplex z) { return cuCreal(z); }",),
)  # fmt: skip
def complex_range(site: Site) -> Iterator[Finding]:
    """CUDA's `cuCabs` and `cuCdiv` are written so that intermediate results stay in range; HIP's square first.

    `hipCabs` of (3e200, 4e200) is infinite, and quotients by numbers beyond the root of the largest one are 0. `hypot`
    and a division that scales by the divisor first are what CUDA's header does.
    """
    call = site.call
    if call is None or site.foreign:
        return
    name, helper = _COMPLEX[site.text]
    yield site.replace(site.node, name, helpers=(helper,))
