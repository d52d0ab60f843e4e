"""PTX that computes: integers, floating point, comparisons, conversions, SIMD in a word."""

from __future__ import annotations

from hipwright.emulate.ptx_body import (
    Body,
    UnknownPtxError,
    both,
    instruction,
    llvm,
    mode_of,
    type_of,
    types_of,
    width,
)
from hipwright.rules.ptx.syntax import Argument, Instruction, Part

_HALVES = {"f16x2": "f16", "bf16x2": "bf16"}
_FLOATS = {"f32", "f64", "f16", "bf16", "f16x2", "bf16x2"}


# -- add, subtract, multiply -------------------------------------------------------------------------------------------


@instruction("add", "sub", "mul")
def _add(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    if kind in _FLOATS:
        _float_binary(body, text, kind)
    elif text.name == "mul":
        _multiply(body, text, None)
    else:
        _integer_add(body, text, kind)


@instruction("addc", "subc")
def _add_carry(body: Body, text: Instruction) -> None:
    _integer_add(body, text, type_of(text))


def _integer_add(body: Body, text: Instruction, kind: str) -> None:
    target, a, b = text.arguments
    bits = width(kind)
    if kind.endswith("x2"):
        left, right = body.halves(body.read(a, "b32")), body.halves(body.read(b, "b32"))
        parts = [body.value(f"{text.name} i16 {x}, {y}") for x, y in zip(left, right, strict=True)]
        body.write(target, "b32", body.pair(*parts))
        return
    if text.has("sat"):
        value = body.call(
            f"llvm.s{text.name}.sat.i{bits}", f"i{bits}", *((f"i{bits}", body.read(x, kind)) for x in (a, b))
        )
        body.write(target, kind, value)
        return
    subtract = text.name.startswith("sub")
    if not text.has("cc") and not text.name.endswith("c"):
        operation = "sub" if subtract else "add"
        body.write(target, kind, body.value(f"{operation} i{bits} {body.read(a, kind)}, {body.read(b, kind)}"))
        return
    _with_carry(body, text, target, kind, body.read(a, kind), body.read(b, kind), subtract=subtract)


def _with_carry(
    body: Body, text: Instruction, target: Argument, kind: str, left: str, right: str, *, subtract: bool = False
) -> None:
    """One word of a long sum: the carry in for `addc` and its kin, the carry out for `.cc`."""
    bits, wide = width(kind), width(kind) + 1
    body.carry = True
    x, y = (body.value(f"zext i{bits} {value} to i{wide}") for value in (left, right))
    operation = "sub" if subtract else "add"
    total = body.value(f"{operation} i{wide} {x}, {y}")
    if text.name.endswith("c"):
        carried = body.value("load i1, ptr %carry")
        total = body.value(f"{operation} i{wide} {total}, {body.value(f'zext i1 {carried} to i{wide}')}")
    if text.has("cc"):
        out = body.value(f"trunc i{wide} {body.value(f'lshr i{wide} {total}, {bits}')} to i1")
        body.emit(f"store i1 {out}, ptr %carry")
    body.write(target, kind, body.value(f"trunc i{wide} {total} to i{bits}"))


@instruction("mul24", "mad24")
def _multiply24(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    extend = "ashr" if kind == "s32" else "lshr"
    target, a, b, *rest = text.arguments
    factors = []
    for argument in (a, b):
        shifted = body.value(f"shl i32 {body.read(argument, kind)}, 8")
        small = body.value(f"{extend} i32 {shifted}, 8")
        factors.append(body.value(f"{'sext' if kind == 's32' else 'zext'} i32 {small} to i64"))
    product = body.value(f"mul i64 {factors[0]}, {factors[1]}")
    if text.has("hi"):
        product = body.value(f"lshr i64 {product}, 16")
    value = body.value(f"trunc i64 {product} to i32")
    if rest:
        value = body.value(f"add i32 {value}, {body.read(rest[0], kind)}")
    body.write(target, kind, value)


@instruction("mad", "madc")
def _mad(body: Body, text: Instruction) -> None:
    if type_of(text) in _FLOATS:
        _fma(body, text)
    else:
        _multiply(body, text, text.arguments[3])


def _multiply(body: Body, text: Instruction, addend: Argument | None) -> None:
    kind = type_of(text)
    bits = width(kind)
    target, a, b = text.arguments[:3]
    extend = "sext" if kind.startswith("s") else "zext"
    factors = [body.value(f"{extend} i{bits} {body.read(x, kind)} to i{2 * bits}") for x in (a, b)]
    product = body.value(f"mul i{2 * bits} {factors[0]}, {factors[1]}")
    result = kind
    if text.has("wide"):
        result = f"{kind[0]}{2 * bits}"
        value = product
    else:
        part = body.value(f"lshr i{2 * bits} {product}, {bits}") if text.has("hi") else product
        value = body.value(f"trunc i{2 * bits} {part} to i{bits}")
    if addend is None:
        body.write(target, result, value)
        return
    other = body.read(addend, result)
    if text.has("sat"):
        of = llvm(result)
        body.write(target, result, body.call(f"llvm.sadd.sat.{of}", of, (of, value), (of, other)))
    elif text.has("cc") or text.name == "madc":
        _with_carry(body, text, target, result, value, other)
    else:
        body.write(target, result, body.value(f"add i{width(result)} {value}, {other}"))


@instruction("sad")
def _sad(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    of = f"i{width(kind)}"
    target, a, b, c = text.arguments
    x, y = body.read(a, kind), body.read(b, kind)
    larger = body.value(f"icmp {'sgt' if kind[0] == 's' else 'ugt'} {of} {x}, {y}")
    down, up = body.value(f"sub {of} {x}, {y}"), body.value(f"sub {of} {y}, {x}")
    difference = body.value(f"select i1 {larger}, {of} {down}, {of} {up}")
    body.write(target, kind, body.value(f"add {of} {body.read(c, kind)}, {difference}"))


@instruction("div", "rem")
def _divide(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    if kind in _FLOATS:
        _float_binary(body, text, kind)
        return
    target, a, b = text.arguments
    wide = f"i{width(kind)}"
    signed = "s" if kind[0] == "s" else "u"
    # Division by zero has no defined answer on a GPU and does not trap.
    value = body.call(
        f"hw_ptx_{text.name}_{signed}64", "i64",
        *(("i64", body.resized(body.read(x, kind), width(kind), 64, signed=signed == "s")) for x in (a, b)),
    )  # fmt: skip
    body.write(target, kind, value if wide == "i64" else body.value(f"trunc i64 {value} to {wide}"))


# -- floating point ----------------------------------------------------------------------------------------------------


def _each_half(body: Body, text: Instruction, kind: str, count: int) -> list[list[str]]:
    """Sources of a packed instruction as lists of halves: one list for each half."""
    sources = [body.halves(body.read(argument, "b32")) for argument in text.arguments[1 : 1 + count]]
    return [[source[half] for source in sources] for half in range(2)]


def _float_binary(body: Body, text: Instruction, kind: str) -> None:
    if kind in _HALVES:
        parts = [_half_binary(body, text, _HALVES[kind], *sources) for sources in _each_half(body, text, kind, 2)]
        body.write(text.arguments[0], "b32", body.pair(*parts))
        return
    target, a, b = text.arguments
    if kind in {"f16", "bf16"}:
        body.write(target, "b16", _half_binary(body, text, kind, body.read(a, "b16"), body.read(b, "b16")))
        return
    mode = mode_of(text)
    of = llvm(kind)
    x, y = body.read_float(a, kind, text), body.read_float(b, kind, text)
    if mode == "rn":
        value = body.value(f"f{text.name} {of} {x}, {y}")
    else:
        value = body.call(f"hw_nvvm_{text.name}_{mode}_{of[0]}", of, (of, x), (of, y))
    body.write(target, kind, body.finished(value, kind, text))


def _half_binary(body: Body, text: Instruction, kind: str, left: str, right: str) -> str:
    x, y = body.to_float(left, kind), body.to_float(right, kind)
    # Twice the digits and two more: rounding first to single precision changes nothing.
    value = body.value(f"f{text.name} float {x}, {y}")
    return body.from_float(body.finished(value, kind, text), kind)


@instruction("fma")
def _fma(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    if kind in _HALVES:
        parts = [_half_fma(body, text, _HALVES[kind], sources) for sources in _each_half(body, text, kind, 3)]
        body.write(text.arguments[0], "b32", body.pair(*parts))
        return
    target, *sources = text.arguments
    if kind in {"f16", "bf16"}:
        body.write(target, "b16", _half_fma(body, text, kind, [body.read(source, "b16") for source in sources]))
        return
    mode = mode_of(text)
    of = llvm(kind)
    values = [(of, body.read_float(source, kind, text)) for source in sources]
    symbol = f"llvm.fma.{kind}" if mode == "rn" else f"hw_nvvm_fma_{mode}_{of[0]}"
    body.write(target, kind, body.finished(body.call(symbol, of, *values), kind, text))


def _half_fma(body: Body, text: Instruction, kind: str, sources: list[str]) -> str:
    value = body.call(f"hw_ptx_fma_{kind}", "i16", *(("i16", source) for source in sources))
    if text.has("sat", "relu"):
        value = body.from_float(body.finished(body.to_float(value, kind), kind, text), kind)
    return value


@instruction("min", "max")
def _min(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    target, a, b = text.arguments[:3]
    if kind in _HALVES:
        parts = [_half_min(body, text, _HALVES[kind], *sources) for sources in _each_half(body, text, kind, 2)]
        body.write(target, "b32", body.pair(*parts))
    elif kind in {"f16", "bf16"}:
        body.write(target, "b16", _half_min(body, text, kind, body.read(a, "b16"), body.read(b, "b16")))
    elif kind in {"f32", "f64"}:
        value = _lesser(body, text, kind, body.read_float(a, kind, text), body.read_float(b, kind, text))
        for more in text.arguments[3:]:
            value = _lesser(body, text, kind, value, body.read_float(more, kind, text))
        body.write(target, kind, value)
    elif kind.endswith("x2"):
        sides = zip(body.halves(body.read(a, "b32")), body.halves(body.read(b, "b32")), strict=True)
        low, high = (
            body.call(f"llvm.{kind[0]}{text.name}.i16", "i16", ("i16", x), ("i16", y)) for x, y in sides
        )  # fmt: skip
        body.write(target, "b32", body.pair(low, high))
    else:
        of = f"i{width(kind)}"
        value = body.call(
            f"llvm.{'s' if kind[0] == 's' else 'u'}{text.name}.{of}",
            of,
            (of, body.read(a, kind)),
            (of, body.read(b, kind)),
        )
        if text.has("relu"):
            value = body.call(f"llvm.smax.{of}", of, (of, value), (of, "0"))
        body.write(target, kind, value)


def _lesser(body: Body, text: Instruction, kind: str, x: str, y: str) -> str:
    of = llvm(kind)
    if text.has("xorsign"):
        raise UnknownPtxError(text.opcode)
    name = f"llvm.{text.name}imum{'' if text.has('NaN') else 'num'}.{kind}"
    return body.call(name, of, (of, x), (of, y))


def _half_min(body: Body, text: Instruction, kind: str, left: str, right: str) -> str:
    return body.from_float(_lesser(body, text, "f32", body.to_float(left, kind), body.to_float(right, kind)), kind)


@instruction("abs", "neg")
def _abs(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    target, source = text.arguments
    if kind in _FLOATS:
        of = f"i{width(kind)}"
        sign = {"f32": 1 << 31, "f64": 1 << 63, "f16": 1 << 15, "bf16": 1 << 15}.get(kind, 1 << 31 | 1 << 15)
        value = body.read(source, f"b{width(kind)}")
        if kind == "f32" and text.has("ftz"):
            value = body.value(f"bitcast float {body.flushed(body.value(f'bitcast i32 {value} to float'))} to i32")
        mask = sign if text.name == "neg" else ~sign & (1 << width(kind)) - 1
        body.write(
            target, f"b{width(kind)}", body.value(f"{'xor' if text.name == 'neg' else 'and'} {of} {value}, {mask}")
        )
        return
    of = f"i{width(kind)}"
    value = body.read(source, kind)
    negative = body.value(f"sub {of} 0, {value}")
    if text.name == "abs":
        below = body.value(f"icmp slt {of} {value}, 0")
        negative = body.value(f"select i1 {below}, {of} {negative}, {of} {value}")
    body.write(target, kind, negative)


_UNARY = {
    "ex2": "llvm.exp2", "lg2": "llvm.log2", "sqrt": "llvm.sqrt", "sin": "llvm.sin", "cos": "llvm.cos",
    "tanh": "llvm.tanh", "rcp": "", "rsqrt": "",
}  # fmt: skip


@instruction(*_UNARY)
def _unary(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    target, source = text.arguments
    if kind in _HALVES:
        parts = [
            _half_unary(body, text, _HALVES[kind], half) for half in body.halves(body.read(source, "b32"))
        ]  # fmt: skip
        body.write(target, "b32", body.pair(*parts))
    elif kind in {"f16", "bf16"}:
        body.write(target, "b16", _half_unary(body, text, kind, body.read(source, "b16")))
    else:
        mode = mode_of(text)
        value = body.read_float(source, kind, text)
        of = llvm(kind)
        if mode != "rn":
            value = body.call(f"hw_nvvm_{text.name}_{mode}_{of[0]}", of, (of, value))
        else:
            value = _approximated(body, text.name, kind, value)
        body.write(target, kind, body.finished(value, kind, text))


def _half_unary(body: Body, text: Instruction, kind: str, half: str) -> str:
    return body.from_float(_approximated(body, text.name, "f32", body.to_float(half, kind)), kind)


def _approximated(body: Body, name: str, kind: str, value: str) -> str:
    of = llvm(kind)
    if name == "sqrt":
        return body.call(f"llvm.sqrt.{kind}", of, (of, value))
    if name == "rcp":
        return body.value(f"fdiv {of} 1.0, {value}")
    return body.call(f"hw_ptx_{name}_{kind}", of, (of, value))


@instruction("copysign")
def _copysign(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    target, sign, size = text.arguments
    of = llvm(kind)
    body.write(
        target, kind, body.call(f"llvm.copysign.{kind}", of, (of, body.read(size, kind)), (of, body.read(sign, kind)))
    )


_CLASSES = {
    "finite": 0x1F8,
    "infinite": 0x204,
    "number": 0x3FC,
    "notanumber": 0x003,
    "normal": 0x108,
    "subnormal": 0x090,
}


@instruction("testp")
def _testp(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    mask = next((_CLASSES[suffix] for suffix in text.suffixes if suffix in _CLASSES), None)
    if mask is None:
        raise UnknownPtxError(text.opcode)
    value = body.value(
        f"call i1 @llvm.is.fpclass.{kind}({llvm(kind)} {body.read(text.arguments[1], kind)}, i32 {mask})"
    )
    body.declares[f"@llvm.is.fpclass.{kind}"] = f"declare i1 @llvm.is.fpclass.{kind}({llvm(kind)}, i32 immarg)"
    body.write(text.arguments[0], "pred", value)


# -- bits --------------------------------------------------------------------------------------------------------------


@instruction("and", "or", "xor")
def _bitwise(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    target, a, b = text.arguments
    body.write(target, kind, body.value(f"{text.name} i{width(kind)} {body.read(a, kind)}, {body.read(b, kind)}"))


@instruction("not", "cnot")
def _not(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    of = f"i{width(kind)}"
    value = body.read(text.arguments[1], kind)
    if text.name == "not":
        body.write(text.arguments[0], kind, body.value(f"xor {of} {value}, -1"))
    else:
        zero = body.value(f"icmp eq {of} {value}, 0")
        body.write(text.arguments[0], kind, body.value(f"zext i1 {zero} to {of}"))


@instruction("shl", "shr")
def _shift(body: Body, text: Instruction) -> None:
    """Shifts by the width or more leave zeros or signs, where LLVM's leave nothing defined."""
    kind = type_of(text)
    bits = width(kind)
    target, a, b = text.arguments
    amount = body.read(b, "u32")
    value = body.read(a, kind)
    inside = body.value(f"icmp ult i32 {amount}, {bits}")
    last = bits - 1
    arithmetic = text.name == "shr" and kind[0] == "s"
    operation = "shl" if text.name == "shl" else "ashr" if arithmetic else "lshr"
    small = body.value(f"select i1 {inside}, i32 {amount}, i32 {last}")
    by = body.resized(small, 32, bits)
    shifted = body.value(f"{operation} i{bits} {value}, {by}")
    if not arithmetic:
        shifted = body.value(f"select i1 {inside}, i{bits} {shifted}, i{bits} 0")
    body.write(target, kind, shifted)


@instruction("shf")
def _funnel(body: Body, text: Instruction) -> None:
    target, low, high, amount = text.arguments
    by = body.read(amount, "u32")
    if text.has("clamp"):
        by = body.call("llvm.umin.i32", "i32", ("i32", by), ("i32", "32"))
    else:
        by = body.value(f"and i32 {by}, 31")
    below = body.value(f"zext i32 {body.read(low, 'b32')} to i64")
    wide = body.value(f"zext i32 {body.read(high, 'b32')} to i64")
    whole = body.value(f"or i64 {body.value(f'shl i64 {wide}, 32')}, {below}")
    distance = body.value(f"zext i32 {by} to i64")
    if text.has("l"):
        moved = body.value(f"lshr i64 {body.value(f'shl i64 {whole}, {distance}')}, 32")
    else:
        moved = body.value(f"lshr i64 {whole}, {distance}")
    body.write(target, "b32", body.value(f"trunc i64 {moved} to i32"))


# Functions of whole words that the runtime has: PTX name to types of target and sources, in order.
_WORDS = {
    "lop3": ("b32", ("b32", "b32", "b32", "b32")),
    "bfi": ("", ("", "", "b32", "b32")),
    "bfe": ("", ("", "b32", "b32")),
    "brev": ("", ("",)),
    "popc": ("b32", ("",)),
    "clz": ("b32", ("",)),
    "fns": ("b32", ("b32", "b32", "b32")),
    "szext": ("", ("", "b32")),
    "bmsk": ("b32", ("b32", "b32")),
}


@instruction("bfe", "bfi", "brev", "popc", "clz", "fns", "szext", "bmsk", "lop3")
def _word(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    result, sources = _WORDS[text.name]
    target, second = both(text.arguments[0])
    suffix = ["wrap"] if text.has("wrap") else ["clamp"] if text.has("clamp") else []
    name = "_".join(["hw_ptx", text.name, *suffix, kind])
    given = [
        (f"i{width(of or kind)}", body.read(x, of or kind)) for of, x in zip(sources, text.arguments[1:], strict=False)
    ]
    value = body.call(name, f"i{width(result or kind)}", *given)
    if text.name == "lop3" and second is not None:
        # lop3.or.b32 d|p, a, b, c, lut, q: whether any bit is set, combined with q.
        some = body.value(f"icmp ne i32 {value}, 0")
        operation = "or" if text.has("or") else "and"
        body.write(second, "pred", body.value(f"{operation} i1 {some}, {body.read(text.arguments[5], 'pred')}"))
    body.write(target, result or kind, value)


@instruction("bfind")
def _bfind(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    value = body.read(text.arguments[1], kind)
    wide = body.resized(value, width(kind), 64, signed=kind[0] == "s")
    given = [("i64", wide), ("i1", "1" if kind[0] == "s" else "0"), ("i1", "1" if text.has("shiftamt") else "0")]
    body.write(text.arguments[0], "u32", body.call(f"hw_ptx_bfind_{width(kind)}", "i32", *given))


_PRMT = {"f4e": 3, "b4e": 3, "rc8": 3, "ecl": 3, "ecr": 3, "rc16": 3}


@instruction("prmt")
def _prmt(body: Body, text: Instruction) -> None:
    target, a, b, selector = text.arguments
    mode = next((suffix for suffix in text.suffixes if suffix in _PRMT), "")
    values = [("i32", body.read(x, "b32")) for x in (a, b, selector)]
    if mode in {"rc8", "rc16", "ecl", "ecr"}:
        del values[1]
    body.write(target, "b32", body.call(f"hw_nvvm_prmt{'_' + mode if mode else ''}", "i32", *values))


@instruction("dp4a", "dp2a")
def _dot(body: Body, text: Instruction) -> None:
    kinds = types_of(text)
    letters = "_".join(kind[0] for kind in kinds[:2])
    a, b, c = (("i32", body.read(x, "b32")) for x in text.arguments[1:])
    name = f"hw_nvvm_i{'dp4a' if text.name == 'dp4a' else 'dp2a'}_{letters}"
    values = [a, b, c] if text.name == "dp4a" else [a, b, ("i32", "1" if text.has("hi") else "0"), c]
    body.write(text.arguments[0], "b32", body.call(name, "i32", *values))


# -- comparisons and choices -------------------------------------------------------------------------------------------

_SIGNED = {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"}
_UNSIGNED = {
    "eq": "eq", "ne": "ne", "lt": "ult", "le": "ule", "gt": "ugt", "ge": "uge",
    "lo": "ult", "ls": "ule", "hi": "ugt", "hs": "uge",
}  # fmt: skip
_ORDERED = {
    "eq": "oeq", "ne": "one", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "equ": "ueq", "neu": "une",
    "ltu": "ult", "leu": "ule", "gtu": "ugt", "geu": "uge", "num": "ord", "nan": "uno",
}  # fmt: skip


def _compared(body: Body, text: Instruction, kind: str, x: str, y: str) -> str:
    if kind in {"f16", "bf16"}:
        x, y, kind = body.to_float(x, kind), body.to_float(y, kind), "f32"
    table = _ORDERED if kind in _FLOATS else _SIGNED if kind[0] == "s" else _UNSIGNED
    relation = next((table[suffix] for suffix in text.suffixes if suffix in table), None)
    if relation is None:
        raise UnknownPtxError(text.opcode)
    return body.value(f"{'fcmp' if kind in _FLOATS else 'icmp'} {relation} {llvm(kind)} {x}, {y}")


def _combined(body: Body, text: Instruction, value: str) -> str:
    operation = next((suffix for suffix in text.suffixes if suffix in {"and", "or", "xor"}), None)
    if operation is None:
        return value
    return body.value(f"{operation} i1 {value}, {body.read(text.arguments[3], 'pred')}")


@instruction("setp")
def _setp(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    first, second = both(text.arguments[0])
    a, b = text.arguments[1:3]
    if kind in _HALVES:
        for half, target in zip(range(2), (first, second), strict=True):
            if target is None:
                raise UnknownPtxError(text.opcode)
            x, y = (body.halves(body.read(source, "b32"))[half] for source in (a, b))
            body.write(target, "pred", _combined(body, text, _compared(body, text, _HALVES[kind], x, y)))
        return
    read = body.read_float if kind == "f32" else lambda argument, of, _: body.read(argument, of)
    value = _compared(body, text, kind, read(a, kind, text), read(b, kind, text))
    combined = _combined(body, text, value)
    opposite = _combined(body, text, body.value(f"xor i1 {value}, true")) if second is not None else ""
    body.write(first, "pred", combined)
    if second is not None:
        body.write(second, "pred", opposite)


@instruction("set")
def _set(body: Body, text: Instruction) -> None:
    result, kind = types_of(text)[:2] if len(types_of(text)) > 1 else (types_of(text)[0], types_of(text)[0])
    target, a, b = text.arguments[:3]
    one = {"f32": 0x3F800000, "f16": 0x3C00, "bf16": 0x3F80}

    def chosen(flag: str, of: str) -> str:
        bits = f"i{width(of)}"
        return body.value(f"select i1 {flag}, {bits} {one.get(of, -1)}, {bits} 0")

    if kind in _HALVES:
        sides = zip(body.halves(body.read(a, "b32")), body.halves(body.read(b, "b32")), strict=True)
        flags = [_combined(body, text, _compared(body, text, _HALVES[kind], x, y)) for x, y in sides]
        parts = [chosen(flag, _HALVES.get(result, "b16")) for flag in flags]
        body.write(target, "b32", body.pair(*parts))
        return
    flag = _combined(body, text, _compared(body, text, kind, body.read(a, kind), body.read(b, kind)))
    body.write(target, f"b{width(result)}", chosen(flag, result))


@instruction("selp")
def _selp(body: Body, text: Instruction) -> None:
    kind = f"b{width(type_of(text))}"
    target, a, b, choice = text.arguments
    of = llvm(kind)
    value = body.value(f"select i1 {body.read(choice, 'pred')}, {of} {body.read(a, kind)}, {of} {body.read(b, kind)}")
    body.write(target, kind, value)


@instruction("slct")
def _slct(body: Body, text: Instruction) -> None:
    result, kind = types_of(text)
    target, a, b, choice = text.arguments
    value = body.read(choice, kind)
    flag = body.value(f"fcmp oge float {value}, 0.0" if kind == "f32" else f"icmp sge i32 {value}, 0")
    plain = f"b{width(result)}"
    of = llvm(plain)
    body.write(target, plain, body.value(f"select i1 {flag}, {of} {body.read(a, plain)}, {of} {body.read(b, plain)}"))


# -- conversions -------------------------------------------------------------------------------------------------------

_WHOLE = {"rni": "rn", "rzi": "rz", "rmi": "rm", "rpi": "rp"}
_ROUND = {"rn": "llvm.roundeven", "rz": "llvm.trunc", "rm": "llvm.floor", "rp": "llvm.ceil"}


@instruction("cvt")
def _cvt(body: Body, text: Instruction) -> None:
    to, *kinds = types_of(text)
    if text.has("pack"):
        _cvt_pack(body, text)
        return
    if not kinds:
        raise UnknownPtxError(text.opcode)
    source = kinds[0]
    target = text.arguments[0]
    if to in _HALVES and source == "f32":
        # The first source goes to the upper half.
        high, low = (
            _rounded_half(body, text, _HALVES[to], body.read_float(x, "f32", text)) for x in text.arguments[1:3]
        )
        body.write(target, "b32", body.pair(low, high))
        return
    if "x2" in to or "x2" in source:
        raise UnknownPtxError(text.opcode)
    if to == "tf32":
        mode = "rna" if text.has("rna") else mode_of(text)
        body.write(
            target, "b32", body.call(f"hw_ptx_to_tf32_{mode}", "i32", ("float", body.read(text.arguments[1], "f32")))
        )
        return
    _cvt_one(body, text, to, source)


def _rounded_half(body: Body, text: Instruction, kind: str, value: str) -> str:
    if text.has("satfinite"):
        raise UnknownPtxError(text.opcode)
    return body.from_float(body.finished(value, "f32", text) if text.has("sat", "relu") else value, kind, mode_of(text))


def _cvt_one(body: Body, text: Instruction, to: str, source: str) -> None:
    target, argument = text.arguments[:2]
    floats = {"f16", "bf16", "f32", "f64"}
    whole = next((_WHOLE[suffix] for suffix in text.suffixes if suffix in _WHOLE), "")
    mode = mode_of(text, "rn")
    if source not in floats and to not in floats:
        _cvt_integer(body, text, to, source)
        return
    if source in {"f16", "bf16"}:
        value, have = body.to_float(body.read(argument, "b16"), source), "f32"
    elif source in {"f32", "f64"}:
        value, have = body.read_float(argument, source, text), source
    else:
        signed = source[0] == "s"
        wide = body.resized(body.read(argument, source), width(source), 64, signed=signed)
        have = "f64" if to == "f64" else "f32"
        if to in {"f16", "bf16"}:
            # By way of odd rounding, so that the second rounding sees what the first one dropped.
            value = body.call(f"hw_ptx_from_{'s' if signed else 'u'}64_odd", "float", ("i64", wide))
        elif mode == "rn":
            value = body.value(f"{'si' if signed else 'ui'}tofp i64 {wide} to {llvm(have)}")
        else:
            value = body.call(f"hw_ptx_from_{'s' if signed else 'u'}64_{have}_{mode}", llvm(have), ("i64", wide))
    if to not in floats:
        _to_integer(body, target, to, value, have, whole or "rz")
        return
    if whole:
        value = body.call(f"{_ROUND[whole]}.{have}", llvm(have), (llvm(have), value))
    if to in {"f16", "bf16"}:
        if have == "f64":
            value = body.call("hw_ptx_f64_to_f32_odd", "float", ("double", value))
        body.write(target, "b16", _rounded_half(body, text, to, value))
        return
    if have == "f64" and to == "f32":
        value = (
            body.value(f"fptrunc double {value} to float")
            if mode == "rn"
            else body.call(f"hw_nvvm_d2f_{mode}", "float", ("double", value))
        )
    elif have == "f32" and to == "f64":
        value = body.value(f"fpext float {value} to double")
    body.write(target, to, body.finished(value, to, text))


def _to_integer(body: Body, target: Argument, to: str, value: str, have: str, mode: str) -> None:
    wide = value if have == "f64" else body.value(f"fpext float {value} to double")
    letter = "s" if to[0] == "s" else "u"
    bits = max(width(to), 8)
    result = body.call(f"hw_ptx_to_{letter}{bits}_{mode}", "i64", ("double", wide))
    body.write(target, to, body.resized(result, 64, width(to)))


def _cvt_integer(body: Body, text: Instruction, to: str, source: str) -> None:
    target, argument = text.arguments[:2]
    value = body.read(argument, source)
    have, want = width(source), width(to)
    if text.has("sat"):
        wide = body.resized(value, have, 128, signed=source[0] == "s")
        low = -(1 << want - 1) if to[0] == "s" else 0
        high = (1 << want - 1) - 1 if to[0] == "s" else (1 << want) - 1
        wide = body.call("llvm.smax.i128", "i128", ("i128", wide), ("i128", str(low)))
        wide = body.call("llvm.smin.i128", "i128", ("i128", wide), ("i128", str(high)))
        body.write(target, to, body.resized(wide, 128, want))
        return
    body.write(target, to, body.resized(value, have, want, signed=source[0] == "s"))


def _cvt_pack(body: Body, text: Instruction) -> None:
    """cvt.pack.sat.u8.s32.b32 d, a, b, c: two numbers saturated and put below what c has."""
    to = types_of(text)[0]
    want = width(to)
    low = -(1 << want - 1) if to[0] == "s" else 0
    high = (1 << want - 1) - 1 if to[0] == "s" else (1 << want) - 1
    parts = []
    for argument in text.arguments[1:3]:
        value = body.call("llvm.smax.i32", "i32", ("i32", body.read(argument, "s32")), ("i32", str(low)))
        value = body.call("llvm.smin.i32", "i32", ("i32", value), ("i32", str(high)))
        parts.append(body.value(f"and i32 {value}, {(1 << want) - 1}"))
    whole = body.value(f"or i32 {parts[1]}, {body.value(f'shl i32 {parts[0]}, {want}')}")
    if len(text.arguments) > 3:
        rest = body.value(f"shl i32 {body.read(text.arguments[3], 'b32')}, {2 * want}")
        whole = body.value(f"or i32 {whole}, {rest}")
    body.write(text.arguments[0], "b32", whole)


# -- video: scalar with selectors, and two or four numbers in a word ---------------------------------------------------

_SIMD = [f"{name}{count}" for name in ("vadd", "vsub", "vavrg", "vabsdiff", "vmin", "vmax", "vset") for count in (2, 4)]
_SCALAR = ["vadd", "vsub", "vabsdiff", "vmin", "vmax", "vshl", "vshr"]


@instruction(*_SIMD)
def _simd(body: Body, text: Instruction) -> None:
    """Each number in 32 bits, then cut or saturated to its field, or added up with `.add`."""
    count = int(text.name[-1])
    bits = 32 // count
    name = text.name[:-1]
    result, left, right = [*types_of(text), "u32", "u32"][:3] if name != "vset" else ("u32", *types_of(text)[:2])
    if any("." in str(argument) and isinstance(argument, Part) for argument in text.arguments):
        raise UnknownPtxError(text.opcode)
    target, a, b, *rest = text.arguments
    x, y = body.read(a, "b32"), body.read(b, "b32")
    whole = body.read(rest[0], "u32") if text.has("add") and rest else "0"
    for index in range(count):
        one = _field(body, x, left, index, bits)
        other = _field(body, y, right, index, bits)
        value = _video(body, text, name, one, other)
        if text.has("add"):
            whole = body.value(f"add i32 {whole}, {value}")
            continue
        if text.has("sat"):
            signed = result[0] == "s"
            low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
            value = body.call("llvm.smax.i32", "i32", ("i32", value), ("i32", str(low)))
            value = body.call("llvm.smin.i32", "i32", ("i32", value), ("i32", str(high)))
        cut = body.value(f"and i32 {value}, {(1 << bits) - 1}")
        whole = body.value(f"or i32 {whole}, {body.value(f'shl i32 {cut}, {index * bits}')}")
    body.write(target, "b32", whole)


def _field(body: Body, word: str, kind: str, index: int, bits: int) -> str:
    top = body.value(f"shl i32 {word}, {32 - bits * (index + 1)}")
    return body.value(f"{'ashr' if kind[0] == 's' else 'lshr'} i32 {top}, {32 - bits}")


def _video(body: Body, text: Instruction, name: str, x: str, y: str) -> str:
    if name in {"vadd", "vsub"}:
        return body.value(f"{name[1:]} i32 {x}, {y}")
    if name in {"vmin", "vmax"}:
        return body.call(f"llvm.s{name[1:]}.i32", "i32", ("i32", x), ("i32", y))
    difference = body.value(f"sub i32 {x}, {y}")
    if name == "vabsdiff":
        back = body.value(f"sub i32 {y}, {x}")
        return body.call("llvm.smax.i32", "i32", ("i32", difference), ("i32", back))
    if name == "vavrg":
        total = body.value(f"add i32 {x}, {y}")
        positive = body.value(f"icmp sge i32 {total}, 0")
        up = body.value(f"zext i1 {positive} to i32")
        return body.value(f"ashr i32 {body.value(f'add i32 {total}, {up}')}, 1")
    return body.value(f"zext i1 {_compared(body, text, 's32', x, y)} to i32")


@instruction(*_SCALAR)
def _scalar_video(body: Body, text: Instruction) -> None:
    """vadd.s32.u32.s32{.sat}{.op2} d, a{.b0}, b{.h1}{, c}: on wider numbers, so that nothing overflows.

    A shift's distance is taken modulo 32 (.wrap) or is at most 32 (.clamp).
    """
    result, left, right = types_of(text)[:3]
    target, a, b, *rest = text.arguments
    if isinstance(target, Part):
        raise UnknownPtxError(text.opcode)
    x, y = _selected(body, a, left), _selected(body, b, right)
    if text.name in {"vadd", "vsub"}:
        value = body.value(f"{text.name[1:]} i64 {x}, {y}")
    elif text.name in {"vshl", "vshr"}:
        wrapped = text.has("wrap")
        distance = (
            body.value(f"and i64 {y}, 31") if wrapped else body.call("llvm.umin.i64", "i64", ("i64", y), ("i64", "32"))
        )
        value = body.value(f"{'shl' if text.name == 'vshl' else 'ashr'} i64 {x}, {distance}")
    elif text.name == "vabsdiff":
        down, up = body.value(f"sub i64 {x}, {y}"), body.value(f"sub i64 {y}, {x}")
        value = body.call("llvm.smax.i64", "i64", ("i64", down), ("i64", up))
    else:
        value = body.call(f"llvm.s{text.name[1:]}.i64", "i64", ("i64", x), ("i64", y))
    signed = result[0] == "s"
    if text.has("sat"):
        low, high = (-(1 << 31), (1 << 31) - 1) if signed else (0, (1 << 32) - 1)
        value = body.call("llvm.smax.i64", "i64", ("i64", value), ("i64", str(low)))
        value = body.call("llvm.smin.i64", "i64", ("i64", value), ("i64", str(high)))
    word = body.value(f"trunc i64 {value} to i32")
    if rest:
        third = body.read(rest[0], "b32")
        operation = text.suffixes[-1]
        if operation == "add":
            word = body.value(f"add i32 {word}, {third}")
        elif operation in {"min", "max"}:
            word = body.call(f"llvm.{'s' if signed else 'u'}{operation}.i32", "i32", ("i32", word), ("i32", third))
        else:
            raise UnknownPtxError(text.opcode)
    body.write(target, "b32", word)


def _selected(body: Body, argument: Argument, kind: str) -> str:
    """A byte, half or word of a source, in 64 bits."""
    signed = kind[0] == "s"
    if isinstance(argument, Part):
        bits = 8 if argument.selector[0] == "b" else 16
        index = int(argument.selector[1:])
        word = _field(body, body.read(argument.of, "b32"), kind, index, bits)
    else:
        word = body.read(argument, "b32")
    return body.value(f"{'sext' if signed else 'zext'} i32 {word} to i64")
