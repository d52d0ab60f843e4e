"""C++ values of PTX registers: their types, literals, casts and parentheses."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

C_TYPES = {
    "u8": "unsigned char", "s8": "signed char", "u16": "unsigned short", "s16": "short", "u32": "unsigned",
    "s32": "int",
    "u64": "unsigned long long", "s64": "long long", "f16": "__half", "f16x2": "__half2", "bf16": "__hip_bfloat16",
    "bf16x2": "__hip_bfloat162", "f32": "float", "f64": "double", "pred": "bool",
}  # fmt: skip
BITS = {
    "u8": 8, "s8": 8, "b8": 8, "u16": 16, "s16": 16, "b16": 16, "u32": 32, "s32": 32, "b32": 32, "u64": 64, "s64": 64,
    "b64": 64, "f16": 16, "bf16": 16, "f16x2": 32, "bf16x2": 32, "f32": 32, "f64": 64, "f32x2": 64, "pred": 1,
    "ptr": 64, "b128": 128,
}  # fmt: skip
FLOATS = frozenset({"f16", "bf16", "f16x2", "bf16x2", "f32", "f64", "f32x2"})

# C++ operator precedence, higher binds tighter.
PRIMARY, UNARY, MUL, ADD, SHIFT, COMPARE, AND, XOR, OR, CONDITION = 16, 14, 12, 11, 10, 9, 7, 6, 5, 2
_BITWISE = (SHIFT, AND, XOR, OR)


@dataclass(frozen=True, slots=True)
class Value:
    """An expression and the type of its bits. `pure`: it may be moved to where it is used."""

    text: str
    type: str  # a key of BITS; b8..b64 are integers whose sign is not known, ptr a pointer
    prec: int = PRIMARY
    pure: bool = True
    literal: int | None = None

    @property
    def bits(self) -> int:
        """Its width."""
        return BITS[self.type]

    @property
    def is_integer(self) -> bool:
        """Whether the C++ type is an integer."""
        return self.type[0] in "usb" and self.type not in FLOATS


def at(value: Value, prec: int) -> str:
    """The value's text as an operand of an operator of this precedence, parenthesized where needed or clearer."""
    if value.prec > prec or (value.prec == prec and prec in (AND, XOR, OR, ADD, MUL)):
        mixed = prec in _BITWISE and value.prec in (*_BITWISE, ADD, MUL) and value.prec != prec
        if not mixed:
            return value.text
    return f"({value.text})"


def literal(value: int, type: str) -> Value:
    """An integer constant of a type."""
    bits = BITS[type]
    value &= (1 << bits) - 1
    signed = value - (1 << bits) if value >> (bits - 1) else value
    if type.startswith("s"):
        if signed == -(1 << (bits - 1)):
            text = f"(-{-signed - 1}{'ll' if bits == 64 else ''} - 1)"
        else:
            text = f"{signed}{'ll' if bits == 64 and abs(signed) >> 31 else ''}"
        return Value(text, type, PRIMARY if signed >= 0 else UNARY, literal=signed)
    text = hex(value) if value > 4096 else str(value)
    suffix = "ull" if bits == 64 and value >> 31 else "u" if bits >= 32 else ""
    return Value(text + suffix, type, literal=value)


def real(value: float, type: str) -> Value:
    """A floating-point constant of a type."""
    if type == "f32":
        (value,) = struct.unpack("f", struct.pack("f", value))
    if value != value:
        return Value("NAN" if type == "f32" else "(double)NAN", type, UNARY)
    if value in (float("inf"), float("-inf")):
        sign = "-" if value < 0 else ""
        return Value(f"{sign}INFINITY" if type == "f32" else f"{sign}(double)INFINITY", type, UNARY)
    text = f"{value:.9g}" if type == "f32" else repr(value)
    if type == "f32":
        short = f"{value:.6g}"
        if struct.pack("f", float(short)) == struct.pack("f", value):
            text = short
    if not re.search(r"[.e]", text):
        text += ".0"
    return Value(text + ("f" if type == "f32" else ""), type, UNARY if text.startswith("-") else PRIMARY)


def cast(value: Value, type: str) -> Value:
    """A C cast to a C++ type of `type`."""
    return Value(f"({C_TYPES[type]}){at(value, UNARY - 1)}", type, UNARY, value.pure)


def unsigned(bits: int) -> str:
    """The unsigned type of a width."""
    return f"u{bits}"


def typed(type: str) -> str:
    """The type, with untyped bits as unsigned integers."""
    return f"u{type[1:]}" if type in ("b8", "b16", "b32", "b64") else type


def c_type(type: str) -> str:
    """The C++ type of a register or operand."""
    return C_TYPES["u64" if type == "ptr" else typed(type)]


def convert(value: Value, type: str) -> Value:
    """The same bits as another type; a wider source is cut, a narrower one extended as its own sign says."""
    if value.type == type or (type == f"b{value.bits}" and value.is_integer):
        return value
    type = typed(type)
    if value.type == type:
        return value
    if type == "pred" or value.type == "pred":
        raise ValueError("a predicate is no number")
    if value.type == "ptr":
        return convert(Value(f"(unsigned long long){at(value, UNARY - 1)}", "u64", UNARY, value.pure), type)
    if value.literal is not None and type[0] in "us":
        return literal(value.literal, type)
    if type in FLOATS:
        return _to_float(value, type)
    if value.type in FLOATS:
        return convert(_from_float(value), type)
    return cast(value, type)


def _call(name: str, value: Value, type: str) -> Value:
    return Value(f"{name}({value.text})", type, pure=value.pure)


def _from_float(value: Value) -> Value:
    match value.type:
        case "f32":
            return _call("__float_as_uint", value, "u32")
        case "f64":
            return Value(f"(unsigned long long)__double_as_longlong({value.text})", "u64", UNARY, value.pure)
        case "f16":
            return _call("__half_as_ushort", value, "u16")
        case "bf16":
            return _call("__bfloat16_as_ushort", value, "u16")
        case "bf16x2":
            return _call("bf16x2_bits", value, "u32")
        case _:
            return Value(f"__builtin_bit_cast(unsigned, {value.text})", "u32", pure=value.pure)


def _to_float(value: Value, type: str) -> Value:
    if value.type in FLOATS:
        if (value.type == "f64" and type == "f32") or BITS[type] != value.bits:
            raise ValueError(f"{value.type} bits are no {type}")
        value = _from_float(value)
    bits = BITS[type]
    if value.bits != bits:
        value = convert(value, unsigned(bits))
    match type:
        case "f32":
            return _call("__int_as_float" if value.type == "s32" else "__uint_as_float", value, type)
        case "f64":
            return _call("__longlong_as_double", value, type)
        case "f16":
            return _call("__ushort_as_half", value, type)
        case "bf16":
            return _call("__ushort_as_bfloat16", value, type)
        case "bf16x2":
            return _call("bf16x2_from_bits", value, type)
        case _:
            text = value.text if value.type == "u32" else f"(unsigned){at(value, UNARY - 1)}"
            return Value(f"__builtin_bit_cast({C_TYPES[type]}, {text})", type, pure=value.pure)


# -- what type an expression of the source has
# ---------------------------------------------------------------------------

_NAMED = {
    "int": "s32", "int32_t": "s32", "signed": "s32", "signed int": "s32", "unsigned": "u32", "unsigned int": "u32",
    "uint32_t": "u32", "uint": "u32", "long long": "s64", "long": "s64", "int64_t": "s64", "long long int": "s64",
    "long int": "s64", "unsigned long long": "u64", "unsigned long": "u64", "uint64_t": "u64", "size_t": "u64",
    "unsigned long long int": "u64", "unsigned long int": "u64", "uintptr_t": "u64", "short": "s16",
    "int16_t": "s16", "unsigned short": "u16",
    "uint16_t": "u16", "ushort": "u16", "float": "f32", "double": "f64", "uint8_t": "u8", "unsigned char": "u8",
    "int8_t": "s8", "signed char": "s8",
}  # fmt: skip
_VECTORS = {"int": "s32", "uint": "u32", "float": "f32", "double": "f64", "longlong": "s64", "ulonglong": "u64",
    "short": "s16",
            "ushort": "u16"}  # fmt: skip


def named_type(text: str) -> str | None:
    """The Value type of a C++ type's name; `T*` is a pointer; None for others."""
    name = " ".join(
        re.sub(
            r"\b(?:const|volatile|static|register|constexpr|std::|__restrict__|__restrict|restrict)\b|&|std::",
            " ",
            text,
        ).split()
    )
    if "*" in name:
        return "ptr"
    return _NAMED.get(name)


def vector_type(text: str) -> str | None:
    """The element type of CUDA's `uint4`, `float2` and so on."""
    match = re.fullmatch(r"(?:const\s+)?([a-z]+)[1234]\s*&?", text.strip())
    return _VECTORS.get(match[1]) if match else None


_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def precedence(text: str) -> int:
    """PRIMARY for names, members, subscripts, calls and parentheses, UNARY for prefix operators and casts, else
    CONDITION.
    """
    text = text.strip()
    rest = re.sub(
        r"^(?:[-~!*&+]|\((?:const\s+)?(?:unsigned|signed|int|long|short|float|double|u?int\d+_t|size_t|void|char|\s|\*)+\))+\s*",
        "",
        text,
    )
    return (PRIMARY if rest == text else UNARY) if _postfix(rest) else 1


def _postfix(text: str) -> bool:
    match = re.match(r"(?:\w|::)+", text)
    position = match.end() if match else 0
    if not match and not text.startswith("("):
        return False
    while position < len(text):
        char = text[position]
        if char in "([" or (char == "<" and re.match(r"\w*_cast\b", text)):
            closing = _closing(text, position)
            if closing is None:
                return False
            position = closing + 1
        elif text.startswith((".", "->", "::"), position):
            match = re.compile(r"(?:\.|->|::)\s*\w+").match(text, position)
            if match is None:
                return False
            position = match.end()
        else:
            return False
    return True


def _closing(text: str, position: int) -> int | None:
    pairs = {"(": ")", "[": "]", "{": "}", "<": ">"}
    opening, depth = text[position], 0
    for index in range(position, len(text)):
        if text[index] == opening:
            depth += 1
        elif text[index] == pairs[opening] and text[index - 1] != "-":
            depth -= 1
            if depth == 0:
                return index
    return None


def side_effects(text: str) -> bool:
    """Whether evaluating an expression twice might differ from evaluating it once."""
    text = re.sub(r"\b(?:static_cast|reinterpret_cast|const_cast)\s*<[^<>]*>|==|<=|>=|!=|\bsizeof\b", " ", text)
    text = re.sub(
        r"\b(?:__float_as_u?int|__u?int_as_float|__half_as_ushort|__cvta_generic_to_shared|lds_address|u?int\d*_t|float|int|unsigned)\s*(?=\()",
        "",
        text,
    )
    return bool(re.search(r"\+\+|--|(?<![<>=!])=(?!=)|[\w>]\s*\(", text))
