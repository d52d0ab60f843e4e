"""CUDA's SIMD-in-a-word intrinsics, which HIP lacks: `__vadd4`, `__vabsdiffu2`, `__viaddmax_s16x2` and their like."""

from __future__ import annotations

from collections.abc import Iterator

from hipwright.finding import Finding, Helper
from hipwright.rule import Site, rule

_COMPARISONS = {"eq": "==", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def _clamped(text: str, signed: bool, bits: int) -> str:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return f"min(max({text}, {low}), {high})"


def _lanewise() -> Iterator[tuple[str, int, bool, str, str, bool]]:
    """Name, bits of a lane, whether it is signed, operands, the result of a lane, whether lanes are summed."""
    for lanes in (2, 4):
        bits = 32 // lanes
        top = (1 << bits) - 1
        yield f"vabs{lanes}", bits, True, "a", "x < 0 ? -x : x", False
        yield f"vabsss{lanes}", bits, True, "a", _clamped("x < 0 ? -x : x", True, bits), False
        yield f"vneg{lanes}", bits, True, "a", "-x", False
        yield f"vnegss{lanes}", bits, True, "a", _clamped("-x", True, bits), False
        yield f"vadd{lanes}", bits, False, "ab", "x + y", False
        yield f"vsub{lanes}", bits, False, "ab", "x - y", False
        for letters, signed in (("ss", True), ("us", False)):
            yield f"vadd{letters}{lanes}", bits, signed, "ab", _clamped("x + y", signed, bits), False
            yield f"vsub{letters}{lanes}", bits, signed, "ab", _clamped("x - y", signed, bits), False
        for letter, signed in (("s", True), ("u", False)):
            yield f"vabsdiff{letter}{lanes}", bits, signed, "ab", "x < y ? y - x : x - y", False
            yield f"vsad{letter}{lanes}", bits, signed, "ab", "x < y ? y - x : x - y", True
            yield f"vmax{letter}{lanes}", bits, signed, "ab", "max(x, y)", False
            yield f"vmin{letter}{lanes}", bits, signed, "ab", "min(x, y)", False
        yield f"vavgs{lanes}", bits, True, "ab", "(x + y + (x + y >= 0)) >> 1", False
        yield f"vavgu{lanes}", bits, False, "ab", "(x + y + 1) >> 1", False
        yield f"vhaddu{lanes}", bits, False, "ab", "(x + y) >> 1", False
        for name, operator in _COMPARISONS.items():
            for letter, signed in (("", False),) if name in ("eq", "ne") else (("s", True), ("u", False)):
                yield f"vcmp{name}{letter}{lanes}", bits, signed, "ab", f"x {operator} y ? {hex(top)} : 0", False
                yield f"vset{name}{letter}{lanes}", bits, signed, "ab", f"x {operator} y ? 1 : 0", False
    for kind, signed in (("s16x2", True), ("u16x2", False)):
        for word in ("max", "min"):
            wrapped = "(int)(short)(x + y)" if signed else "(x + y & 0xffff)"
            yield f"viadd{word}_{kind}", 16, signed, "abc", f"{word}({wrapped}, z)", False
            yield f"vi{word}3_{kind}", 16, signed, "abc", f"{word}({word}(x, y), z)", False
            if signed:
                yield f"viadd{word}_{kind}_relu", 16, True, "abc", f"max({word}({wrapped}, z), 0)", False
                yield f"vi{word}3_{kind}_relu", 16, True, "abc", f"max({word}({word}(x, y), z), 0)", False
                yield f"vi{word}_{kind}_relu", 16, True, "ab", f"max({word}(x, y), 0)", False


def _function(name: str, bits: int, signed: bool, operands: str, lane: str, summed: bool) -> str:
    types = {
        (8, True): "(signed char)",
        (8, False): "(int)(unsigned char)",
        (16, True): "(short)",
        (16, False): "(int)(unsigned short)",
    }
    cast = types[bits, signed]
    mask = hex((1 << bits) - 1)
    parameters = ", ".join(f"unsigned {operand}" for operand in operands)
    lanes = ", ".join(
        f"{variable} = {cast}({operand} >> i)" for variable, operand in zip("xyz", operands, strict=False)
    )
    gather = f"result += ({lane});" if summed else f"result |= (unsigned)(({lane}) & {mask}) << i;"
    return (
        f"__device__ inline unsigned ptx_{name}({parameters}) {{\n    unsigned result = 0;\n    for (int i = 0; i < "
        f"32; i += {bits}) {{\n"
        f"        const int {lanes};\n        {gather}\n    }}\n    return result;\n}}"
    )


def _words() -> Iterator[tuple[str, str, str, str]]:
    """The 32-bit DPX functions: name, type, parameters, result."""
    for type, suffix in (("int", "s32"), ("unsigned", "u32")):
        total = "(int)((unsigned)a + b)" if suffix == "s32" else "a + b"
        for word in ("max", "min"):
            three = f"{type} a, {type} b, {type} c"
            yield f"viadd{word}_{suffix}", type, three, f"{word}({total}, c)"
            yield f"vi{word}3_{suffix}", type, three, f"{word}({word}(a, b), c)"
            if suffix == "s32":
                yield f"viadd{word}_s32_relu", type, three, f"max({word}({total}, c), 0)"
                yield f"vi{word}3_s32_relu", type, three, f"max({word}({word}(a, b), c), 0)"
                yield f"vi{word}_s32_relu", type, "int a, int b", f"max({word}(a, b), 0)"


def _with_predicates() -> Iterator[tuple[str, str]]:
    """The minima and maxima that also tell which operand won: name and code."""
    for word, operator in (("max", ">="), ("min", "<=")):
        for type, suffix in (("int", "s32"), ("unsigned", "u32")):
            yield (
                f"vib{word}_{suffix}",
                (
                    f"__device__ inline {type} ptx_vib{word}_{suffix}({type} a, {type} b, bool* first) {{\n"
                    f"    *first = a {operator} b;\n    return *first ? a : b;\n}}"
                ),
            )
        for type, suffix in (("short", "s16x2"), ("unsigned short", "u16x2")):
            yield (
                f"vib{word}_{suffix}",
                (
                    f"__device__ inline unsigned ptx_vib{word}_{suffix}(unsigned a, unsigned b, bool* high, bool* "
                    f"low) {{\n"
                    f"    *high = ({type})(a >> 16) {operator} ({type})(b >> 16);\n    *low = ({type})a {operator} "
                    f"({type})b;\n"
                    f"    return (*high ? a : b) & 0xffff0000 | (*low ? a : b) & 0xffff;\n}}"
                ),
            )


def _all() -> dict[str, Helper]:
    code = {lanes[0]: _function(*lanes) for lanes in _lanewise()}
    code.update(
        (name, f"__device__ inline {type} ptx_{name}({parameters}) {{\n    return {result};\n}}")
        for name, type, parameters, result in _words()
    )
    code.update(_with_predicates())
    return {
        f"__{name}": Helper(f"HIPWRIGHT_PTX_{name.upper()}", f"// What CUDA's __{name} computes.\n{text}")
        for name, text in code.items()
    }


SIMD = _all()


@rule(
    "simd-intrinsics",
    "SIMD-in-a-word intrinsics compute lane by lane",
    hazards=("F13", "X28"),
    names=SIMD,
    rewrites={
        "__device__ unsigned f(unsigned a, unsigned b) { return __vabsdiffu4(a, b); }": "__device__ unsigned "
        "f(unsigned a, unsigned b) { return ptx_vabsdiffu4(a, b); }",
        "__device__ unsigned f(unsigned a, unsigned b) { return __vsub4(a, b) + __vsubss4(a, b) + __vcmpges2(a, b); }":
        "__device__ unsigned f(unsigned a, unsigned b) { return ptx_vsub4(a, b) + ptx_vsubss4(a, b) + "
        "ptx_vcmpges2(a, b); }",
        "__device__ int f(int a, int b, int c) { return __viaddmax_s32_relu(a, b, c); }": "__device__ int f(int a, "
        "int b, int c) { return ptx_viaddmax_s32_relu(a, b, c); }",
        "__device__ unsigned f(unsigned a, unsigned b, bool* p, bool* q) { return __vibmin_s16x2(a, b, p, q); }":
        "__device__ unsigned f(unsigned a, unsigned b, bool* p, bool* q) { return ptx_vibmin_s16x2(a, b, p, q); }",
    },
    keeps=(
        "static __device__ unsigned __vadd4(unsigned a, unsigned b) { return a ^ b; }",
        "struct s { unsigned __vadd4(unsigned); }; unsigned f(s x) { return x.__vadd4(1); }",
    ),
)  # fmt: skip
def simd_intrinsics(site: Site) -> Iterator[Finding]:
    """HIP has none of CUDA's 130 video and DPX intrinsics, and whether one wraps or saturates decides the result.

    Each gets a definition of its own with CUDA's exact meaning, tested lane by lane against an independent model. A
    project
    that defines such a name itself keeps its own.
    """
    yield from renamed(site, f"ptx_{site.text[2:]}", (SIMD[site.text],))


def renamed(site: Site, name: str, helpers: tuple[Helper, ...] = ()) -> Iterator[Finding]:
    """The identifier replaced by another, where it calls CUDA's function and not one of the project's own."""
    if called(site):
        yield site.replace(site.node, name, helpers=helpers)


def called(site: Site) -> bool:
    """Whether the site calls CUDA's function: no member, no declaration, none that the project defines itself."""
    parent = site.node.parent
    if (
        site.call is None
        or parent is None
        or parent.type in ("function_declarator", "field_expression", "qualified_identifier", "preproc_function_def")
    ):
        return False
    return not site.facts.defines(site.text)
