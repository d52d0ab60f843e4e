"""Floating-point arithmetic of f32, f64, f16, bf16 and their pairs."""

from __future__ import annotations

from collections.abc import Mapping

from hipwright.finding import Level
from hipwright.rules.ptx.integer import operand_type
from hipwright.rules.ptx.syntax import Instruction
from hipwright.rules.ptx.translate import Translator, UntranslatedError, instruction
from hipwright.rules.ptx.values import ADD, COMPARE, FLOATS, MUL, UNARY, Value, at

_HALVES = ("f16", "f16x2", "bf16", "bf16x2")
_DIRECTED = {"rz": "rtz", "rm": "rtn", "rp": "rtp"}


def _rounding(ins: Instruction) -> str:
    return next((s for s in ins.suffixes if s in ("rn", "rz", "rm", "rp", "rna")), "")


def _finish(t: Translator, ins: Instruction, value: Value) -> Value:
    if ins.has("sat"):
        if value.type != "f32":
            raise UntranslatedError("saturation of this type")
        return t.call("ptx_saturate", [value], "f32")
    return value


def _pairs(ins: Instruction) -> bool:
    return ins.has("f32x2")


def float_arithmetic(t: Translator, ins: Instruction, operator: str) -> None:
    """add, sub and mul of floats."""
    if _pairs(ins):
        _each_of_two(t, ins)
        return
    type = operand_type(ins)
    d, a_, b_ = ins.arguments
    types = [suffix for suffix in ins.suffixes if suffix in FLOATS]
    a, b = t.read(a_, types[-1] if len(types) > 1 else type), t.read(b_, type)
    word = {"+": "add", "-": "sub", "*": "mul"}[operator]
    if type in _HALVES:
        two = "2" if type.endswith("x2") else ""
        saturated = "_sat" if ins.has("sat") else ""
        t.write(d, t.call(f"__h{word}{two}{saturated}", [a, b], type))
        return
    rounding = _rounding(ins)
    if rounding in _DIRECTED:
        t.write(d, _finish(t, ins, t.call(f"__ocml_{word}_{_DIRECTED[rounding]}_{type}", [a, b], type)))
        return
    prec = MUL if operator == "*" else ADD
    plain = Value(f"{at(a, prec)} {operator} {at(b, prec)}", type, prec)
    if rounding == "rn":  # an explicit rounding forbids a fused multiply-add
        if operator == "-":
            b = Value(f"-{at(b, UNARY - 1)}" if not b.text.startswith("-") else f"-({b.text})", type, UNARY)
        plain = t.call("ptx_mul_rn" if operator == "*" else "ptx_add_rn", [a, b], type)
    t.write(d, _finish(t, ins, plain))


def _each_of_two(t: Translator, ins: Instruction) -> None:
    """add, mul and fma of two floats in 64 bits: one after the other, which CDNA pairs again."""
    if not _rounding(ins) == "rn":
        raise UntranslatedError("directed rounding of two floats")
    d, *sources = ins.arguments
    words = [t.bind(t.read(source, "u64"), "abc"[index]) for index, source in enumerate(sources)]

    def half(word: Value, high: bool) -> Value:
        text = f"(unsigned)({word.text} >> 32)" if high else f"(unsigned){at(word, UNARY - 1)}"
        return Value(f"__uint_as_float({text})", "f32")

    results = []
    for high in (False, True):
        parts = [half(word, high) for word in words]
        if ins.name == "fma":
            results.append(t.call("fmaf", parts, "f32"))
        elif ins.name == "sub":
            results.append(t.call("ptx_add_rn", [parts[0], f"-{parts[1].text}"], "f32"))
        else:
            results.append(t.call(f"ptx_{ins.name}_rn", parts, "f32"))
    low, high_ = results
    t.write(
        d, Value(f"(unsigned long long)__float_as_uint({high_.text}) << 32 | __float_as_uint({low.text})", "u64", 5)
    )


def fused(t: Translator, ins: Instruction) -> None:
    """fma and the floating-point mad, which is a fused multiply-add as well."""
    if _pairs(ins):
        _each_of_two(t, ins)
        return
    type = operand_type(ins)
    types = [suffix for suffix in ins.suffixes if suffix in FLOATS]
    d, a_, b_, c_ = ins.arguments
    a, b = (t.read(x, types[-1]) for x in (a_, b_))
    c = t.read(c_, type)
    if type in _HALVES:
        if ins.has("relu"):
            raise UntranslatedError(
                "a fused multiply-add with relu", "take the maximum with zero by hand: NaN has to become zero"
            )
        two = "2" if type.endswith("x2") else ""
        t.write(d, t.call(f"__hfma{two}{'_sat' if ins.has('sat') else ''}", [a, b, c], type))
        return
    rounding = _rounding(ins)
    if rounding in _DIRECTED:
        t.write(d, _finish(t, ins, t.call(f"__ocml_fma_{_DIRECTED[rounding]}_{type}", [a, b, c], type)))
        return
    t.write(d, _finish(t, ins, t.call("fmaf" if type == "f32" else "fma", [a, b, c], type)))


@instruction("fma")
def _fma(t: Translator, ins: Instruction) -> None:
    fused(t, ins)


def divide(t: Translator, ins: Instruction) -> None:
    """div of floats."""
    type = operand_type(ins)
    d, a_, b_ = ins.arguments
    a, b = t.read(a_, type), t.read(b_, type)
    rounding = _rounding(ins)
    if rounding in _DIRECTED:
        t.write(d, t.call(f"__ocml_div_{_DIRECTED[rounding]}_{type}", [a, b], type))
        return
    if ins.has("approx"):
        _approximate(t, ins)
        t.write(d, t.call("__fdividef", [a, b], type))
        return
    t.write(d, Value(f"{at(a, MUL)} / {at(b, MUL + 1)}", type, MUL))


def unary(t: Translator, ins: Instruction, names: Mapping[str, str]) -> None:
    """A function of one operand, by type."""
    type = operand_type(ins)
    d, a = ins.arguments
    t.write(d, t.call(names[type], [t.read(a, type)], type))


def negate(t: Translator, ins: Instruction) -> None:
    """neg of floats: the sign bit, also of zero and NaN."""
    type = operand_type(ins)
    d, a_ = ins.arguments
    a = t.read(a_, type)
    if type in _HALVES:
        t.write(d, t.call("__hneg2" if type.endswith("x2") else "__hneg", [a], type))
        return
    text = at(a, UNARY - 1)
    t.write(d, Value(f"-({text})" if text.startswith("-") else f"-{text}", type, UNARY))


def minmax(t: Translator, ins: Instruction) -> None:
    """min and max of floats: the number wins over NaN, unless .NaN asks for it."""
    type = operand_type(ins)
    if ins.has("xorsign") or len(ins.arguments) != 3:
        raise UntranslatedError("min or max of this form")
    d, a_, b_ = ins.arguments
    a, b = t.read(a_, type), t.read(b_, type)
    nan = ins.has("NaN")
    if type in _HALVES:
        if type == "f16" or type == "bf16":
            name = f"__h{ins.name}{'_nan' if nan else ''}"
        elif nan:
            raise UntranslatedError("min or max of two halves that keeps NaN")
        else:
            name = f"__h{ins.name}2"
        t.write(d, t.call(name, [a, b], type))
    elif nan:
        t.write(d, t.call(f"ptx_{ins.name}_nan", [a, b], type))
    else:
        value = t.call(f"f{ins.name}{'f' if type == 'f32' else ''}", [a, b], type)
        t.write(d, _finish(t, ins, value))


@instruction("copysign")
def _copysign(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    d, sign, magnitude = ins.arguments
    t.write(
        d, t.call("copysignf" if type == "f32" else "copysign", [t.read(magnitude, type), t.read(sign, type)], type)
    )


@instruction("testp")
def _testp(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    d, a_ = ins.arguments
    a = t.read(a_, type)
    kind = ins.suffixes[0]
    if kind in ("number", "notanumber"):
        a = t.bind(a, "a")
        t.write(d, Value(f"{at(a, 8)} {'==' if kind == 'number' else '!='} {at(a, 8)}", "pred", 8))
        return
    names = {
        "finite": "__builtin_isfinite",
        "infinite": "__builtin_isinf",
        "normal": "__builtin_isnormal",
        "subnormal": "__builtin_issubnormal",
    }
    t.write(d, Value(f"{names[kind]}({a.text})", "pred"))


# -- transcendental
# ------------------------------------------------------------------------------------------------------

_APPROXIMATE = {
    "ex2": ("exp2f", "__builtin_amdgcn_exp2f"), "lg2": ("log2f", "__builtin_amdgcn_logf"), "rcp": ("1/",
    "__builtin_amdgcn_rcpf"),
    "rsqrt": ("rsqrtf", "__builtin_amdgcn_rsqf"), "sqrt": ("sqrtf", "__builtin_amdgcn_sqrtf"), "sin": ("__sinf",
    "__sinf"),
    "cos": ("__cosf", "__cosf"), "tanh": ("tanhf", "tanhf"),
}  # fmt: skip
_HALF_FUNCTIONS = {"ex2": "exp2f", "tanh": "tanhf", "rcp": "1/", "rsqrt": "rsqrtf", "sqrt": "sqrtf"}
_DOUBLES = {"rcp": "1/", "rsqrt": "rsqrt", "sqrt": "sqrt"}


def _approximate(t: Translator, ins: Instruction) -> None:
    t.note(
        Level.TEST, f"{ins.opcode} is approximate: AMD's result differs in the last bits",
        "compare with a tolerance, not bit by bit", "X26",
    )  # fmt: skip


@instruction("ex2", "lg2", "rcp", "rsqrt", "sqrt", "sin", "cos", "tanh")
def _transcendental(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    d, a_ = ins.arguments
    rounding = _rounding(ins)
    a = t.read(a_, type)
    if type in _HALVES:
        _approximate(t, ins)
        t.write(d, _of_halves(t, ins, a))
        return
    if type == "f64":
        if rounding in _DIRECTED:
            raise UntranslatedError("directed rounding")
        if ins.has("approx"):
            _approximate(t, ins)
        name = _DOUBLES[ins.name]
        t.write(d, Value(f"1.0 / {at(a, MUL + 1)}", type, MUL) if name == "1/" else t.call(name, [a], type))
        return
    if rounding in _DIRECTED:
        if ins.name == "sqrt":
            t.write(d, t.call(f"__ocml_sqrt_{_DIRECTED[rounding]}_f32", [a], type))
        elif ins.name == "rcp":
            t.write(d, t.call(f"__ocml_div_{_DIRECTED[rounding]}_f32", ["1.0f", a], type))
        else:
            raise UntranslatedError("directed rounding")
        return
    if rounding == "rn":
        t.write(d, Value(f"1.0f / {at(a, MUL + 1)}", type, MUL) if ins.name == "rcp" else t.call("sqrtf", [a], type))
        return
    _approximate(t, ins)
    plain, flushed = _APPROXIMATE[ins.name]
    name = flushed if ins.has("ftz") else plain
    t.write(d, Value(f"1.0f / {at(a, MUL + 1)}", type, MUL) if name == "1/" else t.call(name, [a], type))


def _of_halves(t: Translator, ins: Instruction, a: Value) -> Value:
    """A function of halves by way of float, which is at least as exact."""
    name = _HALF_FUNCTIONS[ins.name]
    type = operand_type(ins)

    def of(value: str) -> str:
        return f"1.0f / {value}" if name == "1/" else f"{name}({value})"

    if type == "f16":
        return Value(f"__float2half_rn({of(f'__half2float({a.text})')})", type)
    if type == "bf16":
        return Value(f"__float2bfloat16({of(f'__bfloat162float({a.text})')})", type)
    a = t.bind(a, "a")
    if type == "f16x2":
        return Value(f"__floats2half2_rn({of(f'__low2float({a.text})')}, {of(f'__high2float({a.text})')})", type)
    low, high = of(f"__bfloat162float({a.text}.x)"), of(f"__bfloat162float({a.text}.y)")
    return Value(f"__float22bfloat162_rn(make_float2({low}, {high}))", type)


# -- conversion
# ----------------------------------------------------------------------------------------------------------

_TO_INTEGER = {"rni": "rn", "rzi": "rz", "rmi": "rd", "rpi": "ru"}
_TO_FLOAT = {"rn": "rn", "rz": "rz", "rm": "rd", "rp": "ru"}
_C_INTEGER = {"s32": "int", "u32": "uint", "s64": "ll", "u64": "ull", "s16": "short", "u16": "ushort"}
_RANGE = {
    "s8": ("-128", "127"), "u8": ("0", "255"), "s16": ("-32768", "32767"), "u16": ("0", "65535"),
    "s32": ("-2147483648ll", "2147483647ll"), "u32": ("0", "4294967295"),
}  # fmt: skip
_FP8 = {"e4m3x2": "__HIP_E4M3", "e5m2x2": "__HIP_E5M2"}


@instruction("cvt")
def _cvt(t: Translator, ins: Instruction) -> None:
    if ins.has("e4m3x2", "e5m2x2"):
        _cvt_fp8(t, ins)
        return
    if ins.has("tf32"):
        name = "ptx_tf32_rna" if ins.has("rna") else "ptx_tf32_rn"
        if ins.has("rz", "relu", "satfinite"):
            raise UntranslatedError("a conversion of this form")
        t.write(ins.arguments[0], t.call(name, [t.read(ins.arguments[1], "u32")], "u32"))
        return
    types = [suffix for suffix in ins.suffixes if suffix in _C_INTEGER or suffix in FLOATS or suffix in ("u8", "s8")]
    if len(types) != 2 or ins.has("pack", "relu", "satfinite", "scaled", "rs"):
        if ins.has("relu") and len(types) == 2 and types[0] in ("f16x2", "bf16x2"):
            _cvt_pair_relu(t, ins, types[0])
            return
        if ins.has("pack"):
            _cvt_pack(t, ins)
            return
        raise UntranslatedError("a conversion of this form")
    to, source = types
    if to in ("f16x2", "bf16x2"):
        d, high, low = ins.arguments
        pair = _pair(t, to, t.read(low, "f32"), t.read(high, "f32"), _rounding(ins))
        t.write(d, pair)
        return
    d, a_ = ins.arguments
    a = t.read(a_, source)
    if to in FLOATS:
        t.write(d, _to_float(t, ins, a, to, source))
    elif source in FLOATS:
        t.write(d, _to_integer(t, ins, a, to, source))
    elif ins.has("sat"):
        bottom, top = _RANGE[to]
        if source in ("u32", "u64") or source.startswith("u"):
            top = f"{top.removesuffix('ll')}u{'ll' if source == 'u64' else ''}"
            wide = Value(f"({_c(source)}){at(a, UNARY - 1)}", source, UNARY) if a.bits < 32 else a
            t.write(d, Value(f"({_c(to)})min({wide.text}, {top})", to, UNARY))
        else:
            inner = f"max((long long){at(a, UNARY - 1)}, {bottom.removesuffix('ll')}ll)"
            text = f"min({inner}, {top.removesuffix('ll')}ll)"
            t.write(d, Value(f"({_c(to)}){text}", to, UNARY))
    else:
        t.write(d, a if to == source else Value(f"({_c(to)}){at(a, UNARY - 1)}", to, UNARY))


def _c(type: str) -> str:
    from hipwright.rules.ptx.values import C_TYPES

    return C_TYPES[type]


def _pair(t: Translator, to: str, low: Value, high: Value, rounding: str) -> Value:
    if rounding == "rn":
        if to == "f16x2":
            return t.call("__floats2half2_rn", [low, high], to)
        return Value(f"__float22bfloat162_rn(make_float2({low.text}, {high.text}))", to)
    if to == "f16x2":
        return Value(f"__halves2half2(__float2half_rz({low.text}), __float2half_rz({high.text}))", to)
    return Value(f"__float_as_uint({low.text}) >> 16 | (__float_as_uint({high.text}) & 0xffff0000u)", "u32", 5)


def _cvt_pair_relu(t: Translator, ins: Instruction, to: str) -> None:
    d, high, low = ins.arguments
    values = []
    for x in (low, high):  # relu keeps NaN
        value = t.bind(t.read(x, "f32"), "value")
        values.append(Value(f"({at(value, COMPARE)} < 0.0f ? 0.0f : {at(value, 2)})", "f32"))
    t.write(d, _pair(t, to, values[0], values[1], _rounding(ins)))


def _cvt_pack(t: Translator, ins: Instruction) -> None:
    raise UntranslatedError("cvt.pack", "clamp and pack the integers with shifts")


def _to_float(t: Translator, ins: Instruction, a: Value, to: str, source: str) -> Value:
    rounding = _rounding(ins)
    integer_rounding = next((s for s in ins.suffixes if s in _TO_INTEGER), "")
    if integer_rounding:
        names = {"rni": "rint", "rzi": "trunc", "rmi": "floor", "rpi": "ceil"}
        if to == source == "f32":
            return _finish(t, ins, t.call(f"{names[integer_rounding]}f", [a], to))
        if to == source == "f64":
            return t.call(names[integer_rounding], [a], to)
        if to == source == "f16":
            return t.call(f"h{names[integer_rounding]}", [a], to)
        raise UntranslatedError("a conversion of this form")
    if to == source:
        return _finish(t, ins, a)
    if source == "f16":
        wide = t.call("__half2float", [a], "f32")
        if to == "f32":
            return _finish(t, ins, wide)
        if to == "f64":
            return Value(f"(double){wide.text}", "f64", UNARY)
    if source == "bf16":
        wide = t.call("__bfloat162float", [a], "f32")
        if to == "f32":
            return _finish(t, ins, wide)
    if to == "f16" and source == "f32":
        if ins.has("sat"):
            a = t.call("ptx_saturate", [a], "f32")
        return t.call(f"__float2half_{_TO_FLOAT[rounding]}", [a], to)
    if to == "bf16" and source == "f32" and rounding == "rn":
        return t.call("__float2bfloat16", [a], to)
    if to == "f32" and source == "f64":
        return _finish(
            t,
            ins,
            Value(f"(float){at(a, UNARY - 1)}", to, UNARY)
            if rounding == "rn"
            else t.call(f"__double2float_{_TO_FLOAT[rounding]}", [a], to),
        )
    if to == "f64" and source == "f32":
        return Value(f"(double){at(a, UNARY - 1)}", to, UNARY)
    if source in FLOATS:
        raise UntranslatedError("a conversion of this form")
    if to in ("f32", "f64"):
        if rounding in ("rn", "") or (to == "f64" and source.endswith("32")) or source.endswith(("8", "16")):
            return _finish(t, ins, Value(f"({_c(to)}){at(a, UNARY - 1)}", to, UNARY))
        return _finish(t, ins, t.call(f"__{_C_INTEGER[source]}2{_c(to)}_{_TO_FLOAT[rounding]}", [a], to))
    if to == "f16" and source in _C_INTEGER:
        return t.call(f"__{_C_INTEGER[source]}2half_{_TO_FLOAT[rounding]}", [a], to)
    raise UntranslatedError("a conversion of this form")


def _to_integer(t: Translator, ins: Instruction, a: Value, to: str, source: str) -> Value:
    rounding = next((s for s in ins.suffixes if s in _TO_INTEGER), "")
    if not rounding:
        raise UntranslatedError("a conversion without a rounding")
    if source == "bf16":
        a, source = t.call("__bfloat162float", [a], "f32"), "f32"
    if to in ("s8", "u8", "s16", "u16"):
        if source == "f16":
            a, source = t.call("__half2float", [a], "f32"), "f32"
        low, high = _RANGE[to]
        wide = t.call(f"__{'float' if source == 'f32' else 'double'}2int_{_TO_INTEGER[rounding]}", [a], "s32")
        return Value(f"({_c(to)})min(max({wide.text}, {low}), {high})", to, UNARY)
    name = {"f16": "half", "f32": "float", "f64": "double"}[source]
    return t.call(f"__{name}2{_C_INTEGER[to]}_{_TO_INTEGER[rounding]}", [a], to)


def _cvt_fp8(t: Translator, ins: Instruction) -> None:
    """Two floats to two fp8 and back; OCP formats, which gfx942 emulates and gfx950 and gfx12 have."""
    fp8 = next(s for s in ins.suffixes if s in _FP8)
    if ins.has("relu"):
        raise UntranslatedError("a conversion with relu")
    types = [s for s in ins.suffixes if s in BITS_OR_FP8]
    if types == [fp8, "f32"]:
        d, high, low = ins.arguments
        pair = f"make_float2({t.read(low, 'f32').text}, {t.read(high, 'f32').text})"
        t.write(d, Value(f"__hip_cvt_float2_to_fp8x2({pair}, __HIP_SATFINITE, {_FP8[fp8]})", "u16"))
    elif types == ["f16x2", fp8]:
        d, a_ = ins.arguments
        a = t.read(a_, "u16")
        t.write(d, Value(f"__half2(__hip_cvt_fp8x2_to_halfraw2({a.text}, {_FP8[fp8]}))", "f16x2"))
    elif types == [fp8, "f16x2"]:
        d, a_ = ins.arguments
        a = t.bind(t.read(a_, "f16x2"), "pair")
        pair = f"make_float2(__low2float({a.text}), __high2float({a.text}))"
        t.write(d, Value(f"__hip_cvt_float2_to_fp8x2({pair}, __HIP_SATFINITE, {_FP8[fp8]})", "u16"))
    else:
        raise UntranslatedError("a conversion of this form")
    t.note(
        Level.TEST, f"{ins.opcode} became HIP's OCP fp8 conversion", "gfx940-942 compute in the FNUZ variant: don't "
        "feed these bytes to their matrix cores",
        "X27",
    )  # fmt: skip


BITS_OR_FP8 = frozenset({"f32", "f16x2", "bf16x2", *_FP8})
