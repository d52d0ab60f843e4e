"""Integer arithmetic, logic, shifts, bit fields, comparisons and selection."""

from __future__ import annotations

from functools import lru_cache

from hipwright.rules.ptx.syntax import Argument, Both, Instruction
from hipwright.rules.ptx.translate import Translator, UntranslatedError, instruction
from hipwright.rules.ptx.values import (
    ADD,
    AND,
    BITS,
    COMPARE,
    CONDITION,
    FLOATS,
    MUL,
    OR,
    PRIMARY,
    SHIFT,
    UNARY,
    XOR,
    Value,
    at,
    cast,
    convert,
    literal,
    typed,
    unsigned,
)

WIDE = {"u16": "u32", "s16": "s32", "u32": "u64", "s32": "s64"}


def operand_type(ins: Instruction) -> str:
    """The last type among the suffixes."""
    for suffix in reversed(ins.suffixes):
        if suffix in BITS:
            return suffix
    raise UntranslatedError("an instruction without a type")


def integral(type: str) -> bool:
    """Whether a PTX type is an integer or untyped bits."""
    return type[0] in "usb" and type not in FLOATS


def wrapping(operator: str, prec: int, a: Value, b: Value, bits: int) -> Value:
    """`a operator b` modulo 2^bits: in unsigned arithmetic, since C++ leaves signed overflow undefined."""
    type = unsigned(bits)
    if bits < 32:
        text = f"{at(a, prec)} {operator} {at(b, prec - 1)}"
        if operator == "*":
            text = f"(unsigned){at(a, UNARY - 1)} * {at(b, prec - 1)}"
        return cast(Value(text, "u32", prec, a.pure and b.pure), type)
    if type not in (a.type, b.type):
        a = cast(a, type) if a.literal is None else literal(a.literal, type)
    return Value(f"{at(a, prec)} {operator} {at(b, prec)}", type, prec, a.pure and b.pure)


def bits_of(t: Translator, argument: Argument, bits: int) -> Value:
    """An operand as an integer of a width, whatever its sign."""
    value = t.read(argument, f"b{bits}")
    return literal(value.literal, unsigned(bits)) if value.literal is not None else value


def _arith(t: Translator, ins: Instruction, operator: str, builtin: str) -> None:
    type = operand_type(ins)
    if not integral(type):
        from hipwright.rules.ptx.floats import float_arithmetic

        float_arithmetic(t, ins, operator)
        return
    d, a_, b_ = ins.arguments
    if type.endswith("x2"):
        raise UntranslatedError("packed 16-bit integers", "add the halves one by one")
    bits = BITS[type]
    if ins.has("sat"):
        a, b = (t.read(x, "s32") for x in (a_, b_))
        wide = Value(f"(long long){at(a, UNARY - 1)} {operator} {at(b, ADD)}", "s64", ADD)
        t.write(d, Value(f"(int)min(max({wide.text}, -2147483648ll), 2147483647ll)", "s32", UNARY))
        return
    a, b = bits_of(t, a_, bits), bits_of(t, b_, bits)
    t.write(d, carried(t, ins, builtin, operator, a, b, bits))


def carried(t: Translator, ins: Instruction, builtin: str, operator: str, a: Value, b: Value, bits: int) -> Value:
    """a + b or a - b with the carry flag of `.cc` and of addc, subc and madc."""
    takes, gives = ins.name.endswith("c"), ins.has("cc")
    if not takes and not gives:
        return wrapping(operator, ADD, a, b, bits)
    if bits not in (32, 64):
        raise UntranslatedError("a carry of this width")
    if takes and not t.carry:
        raise UntranslatedError(
            "the carry flag comes from another asm statement",
            "put the whole chain into one asm statement or use 64-bit arithmetic",
            "X13",
        )
    type = unsigned(bits)
    suffix = "ll" if bits == 64 else ""
    flag = "\x03carry.flag\x04"
    if gives:
        later = t.later()
        if not any(other.name in ("addc", "subc", "madc") for other in later):
            if takes:
                return _plain_carry(operator, a, b, bits, flag)
            raise UntranslatedError(
                "the carry flag leaves this asm statement",
                "put the whole chain into one asm statement or use 64-bit arithmetic",
                "X13",
            )
        if t.carry and t.carry != type:
            raise UntranslatedError("a carry chain of mixed widths")
        t.declare_carry(type)
        return Value(
            f"__builtin_{builtin}{suffix}({a.text}, {b.text}, {flag if takes else literal(0, type).text}, &{flag})",
            type,
            pure=False,
        )
    return _plain_carry(operator, a, b, bits, flag)


def _plain_carry(operator: str, a: Value, b: Value, bits: int, flag: str) -> Value:
    if b.literal == 0:
        return Value(f"{at(convert(a, unsigned(bits)), ADD)} {operator} {flag}", unsigned(bits), ADD, pure=False)
    first = wrapping(operator, ADD, a, b, bits)
    return Value(f"{at(first, ADD - 1)} {operator} {flag}", first.type, ADD, pure=False)


@instruction("add", "addc")
def _add(t: Translator, ins: Instruction) -> None:
    _arith(t, ins, "+", "addc")


@instruction("sub", "subc")
def _sub(t: Translator, ins: Instruction) -> None:
    _arith(t, ins, "-", "subc")


def product(t: Translator, ins: Instruction, a_: Argument, b_: Argument) -> Value:
    """mul with .lo, .hi, .wide or 24-bit operands."""
    type = operand_type(ins)
    bits = BITS[type]
    if ins.name.endswith("24"):
        a, b = t.read(a_, type), t.read(b_, type)
        low = t.call("__umul24" if type == "u32" else "__mul24", [a, b], type)
        if ins.has("lo"):
            return low
        raise UntranslatedError("the high half of a 24-bit product")
    if ins.has("wide"):
        wide = WIDE[type]
        a, b = t.read(a_, type), t.read(b_, type)
        return Value(f"({_wide_name(wide)}){at(a, UNARY - 1)} * {at(b, MUL)}", wide, MUL, a.pure and b.pure)
    if ins.has("hi"):
        a, b = t.read(a_, type if bits == 16 else f"b{bits}"), t.read(b_, type if bits == 16 else f"b{bits}")
        if bits == 16:
            wide = "unsigned" if type == "u16" else "int"
            return cast(
                Value(f"({wide}){at(a, UNARY - 1)} * {at(b, MUL)} >> 16", "u32" if type == "u16" else "s32", SHIFT),
                type,
            )
        return t.call(
            {"u32": "__umulhi", "s32": "__mulhi", "u64": "__umul64hi", "s64": "__mul64hi"}[type], [a, b], type
        )
    return wrapping("*", MUL, bits_of(t, a_, bits), bits_of(t, b_, bits), bits)


def _wide_name(type: str) -> str:
    return {"u32": "unsigned", "s32": "int", "u64": "unsigned long long", "s64": "long long"}[type]


@instruction("mul", "mul24")
def _mul(t: Translator, ins: Instruction) -> None:
    if not integral(operand_type(ins)):
        _arith(t, ins, "*", "")
        return
    d, a, b = ins.arguments
    t.write(d, product(t, ins, a, b))


@instruction("mad", "madc", "mad24")
def _mad(t: Translator, ins: Instruction) -> None:
    if not integral(operand_type(ins)):
        from hipwright.rules.ptx.floats import fused

        fused(t, ins)
        return
    d, a, b, c_ = ins.arguments
    if ins.has("sat"):
        raise UntranslatedError("a saturating multiply-add")
    value = product(t, ins, a, b)
    c = bits_of(t, c_, value.bits)
    t.write(d, carried(t, ins, "addc", "+", value, c, value.bits))


@instruction("sad")
def _sad(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    d, a_, b_, c_ = ins.arguments
    a, b, c = t.read(a_, type), t.read(b_, type), t.read(c_, unsigned(BITS[type]))
    if BITS[type] == 32:
        t.write(d, t.call("__sad" if type == "s32" else "__usad", [a, b, c], "u32"))
        return
    a, b = t.bind(a, "a"), t.bind(b, "b")
    u = unsigned(BITS[type])
    difference = Value(
        f"({a.text} < {b.text} ? {wrapping('-', ADD, convert(b, u), convert(a, u), BITS[type]).text} : "
        f"{wrapping('-', ADD, convert(a, u), convert(b, u), BITS[type]).text})",
        u,
    )
    t.write(d, wrapping("+", ADD, c, difference, BITS[type]))


@instruction("div", "rem")
def _div(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    if not integral(type):
        from hipwright.rules.ptx.floats import divide

        divide(t, ins)
        return
    d, a_, b_ = ins.arguments
    a, b = t.read(a_, type), t.read(b_, type)
    t.write(d, Value(f"{at(a, MUL)} {'/' if ins.name == 'div' else '%'} {at(b, MUL + 1)}", type, MUL))


@instruction("abs")
def _abs(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    if not integral(type):
        from hipwright.rules.ptx.floats import unary

        unary(
            t,
            ins,
            {"f32": "fabsf", "f64": "fabs", "f16": "__habs", "f16x2": "__habs2", "bf16": "__habs", "bf16x2": "__habs2"},
        )
        return
    d, a_ = ins.arguments
    a = t.read(a_, type)
    u = convert(a, unsigned(a.bits))
    zero = literal(0, unsigned(max(a.bits, 32))).text
    value = Value(f"{at(a, COMPARE)} < 0 ? {zero} - {at(u, ADD)} : {u.text}", unsigned(max(a.bits, 32)), CONDITION)
    t.write(d, cast(value, type) if a.bits == 16 else value)


@instruction("neg")
def _neg(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    if not integral(type):
        from hipwright.rules.ptx.floats import negate

        negate(t, ins)
        return
    d, a = ins.arguments
    bits = BITS[type]
    t.write(d, wrapping("-", ADD, literal(0, unsigned(bits)), bits_of(t, a, bits), bits))


@instruction("min", "max")
def _minmax(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    if not integral(type):
        from hipwright.rules.ptx.floats import minmax

        minmax(t, ins)
        return
    if type.endswith("x2"):
        raise UntranslatedError("packed 16-bit integers")
    d, a_, b_ = ins.arguments
    a, b = t.read(a_, type), t.read(b_, type)
    value = t.call(ins.name, [a, b], type)
    if BITS[type] == 16:
        value = Value(f"{ins.name}((int){at(a, UNARY - 1)}, (int){at(b, UNARY - 1)})", "s32")
    if ins.has("relu"):
        value = Value(f"max({value.text}, 0)", type)
    t.write(d, value)


# -- logic
# ---------------------------------------------------------------------------------------------------------------

_LOGIC = {"and": ("&", AND), "or": ("|", OR), "xor": ("^", XOR)}


@instruction("and", "or", "xor")
def _logic(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    operator, prec = _LOGIC[ins.name]
    d, a_, b_ = ins.arguments
    if type == "pred":
        a, b = t.read(a_, "pred"), t.read(b_, "pred")
        operator, prec = {"and": ("&&", 4), "or": ("||", 3), "xor": ("!=", 8)}[ins.name]
        t.write(d, Value(f"{at(a, prec)} {operator} {at(b, prec)}", "pred", prec))
        return
    bits = BITS[type]
    a, b = bits_of(t, a_, bits), bits_of(t, b_, bits)
    result = unsigned(bits) if unsigned(bits) in (a.type, b.type) or a.type != b.type else a.type
    value = Value(f"{at(a, prec)} {operator} {at(b, prec)}", result, prec)
    t.write(d, value if bits >= 32 else cast(value, unsigned(bits)))


@instruction("not")
def _not(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    d, a_ = ins.arguments
    if type == "pred":
        a = t.read(a_, "pred")
        t.write(d, Value(f"!{at(a, UNARY - 1)}", "pred", UNARY))
        return
    a = bits_of(t, a_, BITS[type])
    value = Value(f"~{at(a, UNARY - 1)}", a.type, UNARY)
    t.write(d, value if a.bits >= 32 else cast(value, unsigned(a.bits)))


@instruction("cnot")
def _cnot(t: Translator, ins: Instruction) -> None:
    type = unsigned(BITS[operand_type(ins)])
    d, a_ = ins.arguments
    a = t.read(a_, type)
    t.write(d, Value(f"{at(a, 8)} == 0 ? {literal(1, type).text} : {literal(0, type).text}", type, CONDITION))


@instruction("shl", "shr")
def _shift(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    bits = BITS[type]
    left = ins.name == "shl"
    signed = type.startswith("s") and not left
    d, a_, n_ = ins.arguments
    a = t.read(a_, type if signed else unsigned(bits))
    n = t.read(n_, "u32")
    operator = "<<" if left else ">>"
    result = f"s{bits}" if signed else unsigned(bits)
    if n.literal is not None:
        if n.literal >= bits and not signed:
            t.write(d, literal(0, result))
            return
        count = Value(str(min(n.literal, bits - 1)), "u32")
        value = Value(f"{at(a, SHIFT + 1)} {operator} {count.text}", result, SHIFT)
        t.write(d, value if bits >= 32 else cast(value, result))
        return
    if signed:
        value = Value(f"{at(a, SHIFT + 1)} >> min({n.text}, {bits - 1}u)", result, SHIFT)
    else:
        n = t.bind(n, "count")
        value = Value(
            f"{at(n, COMPARE)} < {bits}u ? {at(a, SHIFT + 1)} {operator} {at(n, SHIFT + 1)} : "
            f"{literal(0, unsigned(max(bits, 32))).text}",
            unsigned(max(bits, 32)),
            CONDITION,
        )
    t.write(d, value if bits >= 32 else cast(value, result))


@instruction("shf")
def _funnel(t: Translator, ins: Instruction) -> None:
    d, a, b, c = ins.arguments
    name = f"__funnelshift_{'l' if ins.has('l') else 'r'}{'c' if ins.has('clamp') else ''}"
    t.write(d, t.call(name, [t.read(x, "b32") for x in (a, b, c)], "u32"))


@lru_cache(maxsize=1)
def _formulas() -> dict[int, tuple[str, int]]:
    """The shortest formula in a, b, c for each of the 256 truth tables: text and precedence."""
    best: dict[int, tuple[str, int]] = {
        0xF0: ("a", PRIMARY),
        0xCC: ("b", PRIMARY),
        0xAA: ("c", PRIMARY),
        0: ("0u", PRIMARY),
        0xFF: ("~0u", UNARY),
    }
    cost = dict.fromkeys(best, 0)
    level = 0
    while len(best) < 256:
        level += 1
        found: dict[int, tuple[str, int]] = {}
        for x in sorted(best):
            if cost[x] == level - 1 and ~x & 0xFF not in best:
                text, prec = best[x]
                found.setdefault(~x & 0xFF, (f"~{text if prec >= UNARY else f'({text})'}", UNARY))
        ordered = sorted(best, key=lambda table: (best[table][0].strip("~("), best[table][0]))
        for place, x in enumerate(ordered):
            for y in ordered[place:]:
                if cost[x] + cost[y] + 1 != level:
                    continue
                for sign, prec, table in (("&", AND, x & y), ("^", XOR, x ^ y), ("|", OR, x | y)):
                    if table not in best and table not in found:
                        parts = [
                            text if own >= UNARY or own == prec else f"({text})" for text, own in (best[x], best[y])
                        ]
                        found[table] = (f"{parts[0]} {sign} {parts[1]}", prec)
        for table, formula in found.items():
            best[table] = formula
            cost[table] = level
    return best


@instruction("lop3")
def _lop3(t: Translator, ins: Instruction) -> None:
    if isinstance(ins.arguments[0], Both) or ins.suffixes != ("b32",):
        raise UntranslatedError("lop3 with a predicate")
    d, a_, b_, c_, table = ins.arguments
    a, b, c = (t.read(x, "u32") for x in (a_, b_, c_))
    number = t.raw(table)
    if number.literal is None:
        t.write(d, t.call("ptx_lop3", [a, b, c, number], "u32"))
        return
    formula, prec = _formulas()[number.literal & 0xFF]
    for name in "abc":
        formula = formula.replace(name, f"\x05{name}")
    values = {"a": a, "b": b, "c": c}
    for name in "abc":
        if formula.count(f"\x05{name}") > 1:
            values[name] = t.bind(values[name], name)
        formula = formula.replace(f"\x05{name}", at(values[name], UNARY - 1))
    t.write(d, Value(formula, "u32", prec))


_PRMT_TABLES = {
    "b4e": (0x5670, 0x6701, 0x7012, 0x0123),
    "ecl": (0x3210, 0x3211, 0x3222, 0x3333),
    "ecr": (0x0000, 0x1110, 0x2210, 0x3210),
    "rc8": (0x0000, 0x1111, 0x2222, 0x3333),
    "rc16": (0x1010, 0x3232, 0x1010, 0x3232),
    "f4e": (0x3210, 0x4321, 0x5432, 0x6543),
}


@instruction("prmt")
def _prmt(t: Translator, ins: Instruction) -> None:
    d, a_, b_, c_ = ins.arguments
    a, b, c = (t.read(x, "b32") for x in (a_, b_, c_))
    mode = next((suffix for suffix in ins.suffixes if suffix in _PRMT_TABLES), "")
    if mode and c.literal is not None:
        selector = _PRMT_TABLES[mode][c.literal & 3]
        t.write(d, t.call("__byte_perm", [a, b, f"0x{selector:04x}"], "u32"))
    elif mode:
        c = t.bind(c, "selector")
        x0, x1, x2, x3 = (f"0x{x:04x}u" for x in _PRMT_TABLES[mode])
        text = f"({c.text} & 2) ? (({c.text} & 1) ? {x3} : {x2}) : (({c.text} & 1) ? {x1} : {x0})"
        t.write(d, t.call("__byte_perm", [a, b, text], "u32"))
    elif c.literal is not None and not c.literal & 0x8888:
        t.write(d, t.call("__byte_perm", [a, b, f"0x{c.literal & 0xFFFF:04x}"], "u32"))
    else:
        t.write(d, t.call("ptx_prmt", [a, b, c], "u32"))


# -- bit fields
# ----------------------------------------------------------------------------------------------------------


@instruction("bfe")
def _bfe(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    d, a_, position_, length_ = ins.arguments
    a, position, length = t.read(a_, type), t.read(position_, "b32"), t.read(length_, "b32")
    bits = BITS[type]
    if (
        type.startswith("u")
        and position.literal is not None
        and length.literal is not None
        and position.literal < bits
        and 0 < length.literal < bits
    ):
        shifted = f"{at(a, SHIFT + 1)} >> {position.literal}" if position.literal else at(a, AND)
        mask = literal((1 << length.literal) - 1, type)
        t.write(d, Value(f"({shifted}) & {mask.text}" if position.literal else f"{shifted} & {mask.text}", type, AND))
        return
    t.write(d, t.call(f"ptx_bfe_{type}", [a, position, length], type))


@instruction("bfi")
def _bfi(t: Translator, ins: Instruction) -> None:
    bits = BITS[operand_type(ins)]
    d, a, b, position, length = ins.arguments
    values = [t.read(a, f"b{bits}"), t.read(b, f"b{bits}"), t.read(position, "b32"), t.read(length, "b32")]
    t.write(d, t.call(f"ptx_bfi_b{bits}", values, unsigned(bits)))


@instruction("bfind")
def _bfind(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    bits = BITS[type]
    d, a_ = ins.arguments
    a = t.read(a_, type)
    if type.startswith("s"):
        a = t.bind(a, "a")
        a = Value(f"{at(a, XOR)} ^ ({at(a, SHIFT)} >> {bits - 1})", type, XOR)
    clz = "__clz" if bits == 32 else "__clzll"
    leading = f"{clz}({convert(a, f's{bits}').text})"
    if ins.has("shiftamt"):
        a = t.bind(a, "a")
        t.write(d, Value(f"{at(a, 8)} == 0 ? ~0u : (unsigned){clz}({convert(a, f's{bits}').text})", "u32", CONDITION))
        return
    t.write(d, Value(f"(unsigned)({bits - 1} - {leading})", "u32", UNARY))


@instruction("brev", "popc", "clz")
def _count(t: Translator, ins: Instruction) -> None:
    bits = BITS[operand_type(ins)]
    d, a = ins.arguments
    name = f"__{ins.name}{'ll' if bits == 64 else ''}"
    t.write(d, t.call(name, [t.read(a, f"b{bits}")], unsigned(bits) if ins.name == "brev" else "s32"))


@instruction("fns")
def _fns(t: Translator, ins: Instruction) -> None:
    d, mask, base, offset = ins.arguments
    t.write(d, t.call("ptx_fns", [t.read(mask, "b32"), t.read(base, "b32"), t.read(offset, "b32")], "u32"))


@instruction("bmsk")
def _bmsk(t: Translator, ins: Instruction) -> None:
    d, a_, b_ = ins.arguments
    a, b = t.read(a_, "u32"), t.read(b_, "u32")
    if ins.has("wrap"):
        a, b = (Value(f"{at(x, AND)} & 31", "u32", AND) for x in (a, b))
    t.write(d, t.call("ptx_bmsk_clamp", [a, b], "u32"))


@instruction("szext")
def _szext(t: Translator, ins: Instruction) -> None:
    d, a_, b_ = ins.arguments
    a, b = t.read(a_, "u32"), t.read(b_, "u32")
    if ins.has("wrap"):
        b = Value(f"{at(b, AND)} & 31", "u32", AND)
    type = operand_type(ins)
    t.write(d, t.call("ptx_sext" if type == "s32" else "ptx_zext", [a, b], type))


@instruction("dp4a", "dp2a")
def _dot(t: Translator, ins: Instruction) -> None:
    d, a, b, c = ins.arguments
    types = [suffix for suffix in ins.suffixes if suffix in ("u32", "s32")]
    signs = "".join(type[0] for type in types)
    half = ("hi_" if ins.has("hi") else "lo_") if ins.name == "dp2a" else ""
    result = "u32" if signs == "uu" else "s32"
    t.write(d, t.call(f"ptx_{ins.name}_{half}{signs}", [t.read(x, "b32") for x in (a, b, c)], result))


# -- comparison and selection
# --------------------------------------------------------------------------------------------

_COMPARE = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "lo": "<",
    "ls": "<=",
    "hi": ">",
    "hs": ">=",
}
_UNORDERED = {"equ": "!=", "neu": "==", "ltu": ">=", "leu": ">", "gtu": "<=", "geu": "<"}  # the negation


def comparison_operator(ins: Instruction) -> str:
    """The C++ operator of an integer comparison."""
    return next(_COMPARE[suffix] for suffix in ins.suffixes if suffix in _COMPARE)


def comparison(t: Translator, ins: Instruction, a_: Argument, b_: Argument, type: str) -> Value:
    """The truth of a set, setp or slct comparison."""
    name = next((s for s in ins.suffixes if s in _COMPARE or s in _UNORDERED or s in ("num", "nan")), "")
    if type in ("f16x2", "bf16x2"):
        raise UntranslatedError("a comparison of two packed halves")
    if name in ("lo", "ls", "hi", "hs"):
        type = unsigned(BITS[type])
    type = typed(type)
    if name in ("eq", "ne") and BITS[type] >= 32 and integral(type):
        type = f"b{BITS[type]}"
    a, b = t.read(a_, type), t.read(b_, type)
    if b.literal is not None and type.startswith("b") and 0 <= b.literal < 1 << 31:
        b = literal(b.literal, "s32")
    if type in ("f16", "bf16"):
        convert_ = "__half2float" if type == "f16" else "__bfloat162float"
        a, b = t.call(convert_, [a], "f32"), t.call(convert_, [b], "f32")
    if name in ("num", "nan"):
        a, b = t.bind(a, "a"), t.bind(b, "b")
        if name == "num":
            return Value(f"{at(a, 8)} == {at(a, 8)} && {at(b, 8)} == {at(b, 8)}", "pred", 4)
        return Value(f"{at(a, 8)} != {at(a, 8)} || {at(b, 8)} != {at(b, 8)}", "pred", 3)
    if name in _UNORDERED:
        return Value(f"!({at(a, COMPARE)} {_UNORDERED[name]} {at(b, COMPARE)})", "pred", UNARY)
    if name == "ne" and type in FLOATS:  # PTX's ne is false for NaN
        a, b = t.bind(a, "a"), t.bind(b, "b")
        return Value(f"{at(a, COMPARE)} < {at(b, COMPARE)} || {at(a, COMPARE)} > {at(b, COMPARE)}", "pred", 3)
    prec = 8 if _COMPARE[name] in ("==", "!=") else COMPARE
    return Value(f"{at(a, prec)} {_COMPARE[name]} {at(b, prec)}", "pred", prec)


def _combined(t: Translator, ins: Instruction, truth: Value, c: Value) -> Value:
    operator, prec = next(
        {"and": ("&&", 4), "or": ("||", 3), "xor": ("!=", 8)}[s] for s in ins.suffixes if s in ("and", "or", "xor")
    )
    return Value(f"{at(truth, prec)} {operator} {at(c, prec)}", "pred", prec)


@instruction("setp")
def _setp(t: Translator, ins: Instruction) -> None:
    d, a, b, *rest = ins.arguments
    truth = comparison(t, ins, a, b, operand_type(ins))
    c = t.read(rest[0], "pred") if rest else None
    if isinstance(d, Both):
        truth = t.bind(truth, "truth")
        c = t.bind(c, "other") if c else None
        opposite = Value(f"!{at(truth, UNARY - 1)}", "pred", UNARY)
        t.write(d.first, _combined(t, ins, truth, c) if c else truth)
        t.write(d.second, _combined(t, ins, opposite, c) if c else opposite)
        return
    t.write(d, _combined(t, ins, truth, c) if c else truth)


@instruction("set")
def _set(t: Translator, ins: Instruction) -> None:
    types = [suffix for suffix in ins.suffixes if suffix in BITS]
    result, type = types[-2], types[-1]
    d, a, b, *rest = ins.arguments
    truth = comparison(t, ins, a, b, type)
    if rest:
        truth = _combined(t, ins, truth, t.read(rest[0], "pred"))
    if result == "f32":
        t.write(d, Value(f"{at(truth, CONDITION)} ? 1.0f : 0.0f", "f32", CONDITION))
    elif result in ("f16", "bf16"):
        one = "0x3c00" if result == "f16" else "0x3f80"
        t.write(d, cast(Value(f"{at(truth, CONDITION)} ? {one} : 0", "s32", CONDITION), "u16"))
    else:
        u = unsigned(BITS[result])
        value = Value(f"{at(truth, CONDITION)} ? {literal(-1, u).text} : {literal(0, u).text}", u, CONDITION)
        t.write(d, value if BITS[result] >= 32 else cast(value, u))


@instruction("selp")
def _selp(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    type = typed(type)
    d, a_, b_, p_ = ins.arguments
    p, a, b = t.read(p_, "pred"), t.read(a_, type), t.read(b_, type)
    t.write(d, Value(f"{at(p, CONDITION)} ? {at(a, CONDITION)} : {at(b, CONDITION)}", type, CONDITION))


@instruction("slct")
def _slct(t: Translator, ins: Instruction) -> None:
    types = [suffix for suffix in ins.suffixes if suffix in BITS]
    type = typed(types[0])
    d, a_, b_, c_ = ins.arguments
    a, b, c = t.read(a_, type), t.read(b_, type), t.read(c_, types[1])
    zero = "0.0f" if types[1] == "f32" else "0"
    t.write(d, Value(f"{at(c, COMPARE)} >= {zero} ? {at(a, CONDITION)} : {at(b, CONDITION)}", type, CONDITION))
