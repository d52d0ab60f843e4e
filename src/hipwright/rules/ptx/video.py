"""Video instructions: arithmetic on bytes and halves with saturation and a second operation."""

from __future__ import annotations

from hipwright.rules.ptx.integer import comparison_operator
from hipwright.rules.ptx.simd import SIMD
from hipwright.rules.ptx.syntax import Argument, Instruction, Part
from hipwright.rules.ptx.translate import Translator, UntranslatedError, instruction
from hipwright.rules.ptx.values import ADD, COMPARE, CONDITION, MUL, SHIFT, UNARY, Value, at

_RANGE = {"s32": "-2147483648ll, 2147483647ll", "u32": "0ll, 4294967295ll"}


def _selected(t: Translator, argument: Argument, type: str) -> Value:
    """An operand as a 64-bit integer: the whole register or the byte or half that its selector names."""
    if not isinstance(argument, Part):
        value = t.read(argument, type)
        return Value(f"(long long){at(value, UNARY - 1)}", "s64", UNARY)
    value = t.read(argument.of, "b32")
    kind, number = argument.selector[0], argument.selector[1:]
    if len(number) != 1 or (kind == "h" and number not in "01"):
        raise UntranslatedError("a selector of this form")
    shift = int(number) * (8 if kind == "b" else 16)
    shifted = f"({at(value, SHIFT + 1)} >> {shift})" if shift else at(value, UNARY - 1)
    narrow = {"bs": "signed char", "bu": "unsigned char", "hs": "short", "hu": "unsigned short"}[kind + type[0]]
    return Value(f"(long long)({narrow}){shifted}", "s64", UNARY)


def _types(ins: Instruction, count: int) -> list[str]:
    types = [suffix for suffix in ins.suffixes if suffix in ("s32", "u32")]
    if len(types) != count:
        raise UntranslatedError("a video instruction of these types")
    return types


def _store(t: Translator, ins: Instruction, value: Value, type: str) -> None:
    """Saturate to the destination's type or wrap, then combine with c."""
    destination = ins.arguments[0]
    if isinstance(destination, Part):
        raise UntranslatedError("a video instruction that merges into part of a register")
    if ins.has("sat"):
        value = Value(f"min(max({value.text}, {_RANGE[type].split(', ')[0]}), {_RANGE[type].split(', ')[1]})", "s64")
    c_type = "int" if type == "s32" else "unsigned"
    value = Value(f"({c_type}){at(value, UNARY - 1)}", type, UNARY)
    second = next((s for s in ins.suffixes if s in ("add", "min", "max")), "")
    if not second:
        if len(ins.arguments) > 3:
            raise UntranslatedError("a video instruction that merges into part of a register")
        t.write(destination, value)
        return
    c = t.read(ins.arguments[3], type)
    if second == "add":
        t.write(destination, Value(f"(unsigned){at(value, UNARY - 1)} + {at(c, ADD)}", "u32", ADD))
    else:
        t.write(destination, Value(f"{second}({value.text}, {c.text})", type))


@instruction("vadd", "vsub", "vabsdiff", "vmin", "vmax")
def _arithmetic(t: Translator, ins: Instruction) -> None:
    to, a_type, b_type = _types(ins, 3)
    a, b = _selected(t, ins.arguments[1], a_type), _selected(t, ins.arguments[2], b_type)
    if ins.name in ("vmin", "vmax"):
        value = Value(f"{ins.name[1:]}({a.text}, {b.text})", "s64")
    elif ins.name == "vabsdiff":
        value = Value(f"max({a.text}, {b.text}) - min({a.text}, {b.text})", "s64", ADD)
    else:
        value = Value(f"{a.text} {'+' if ins.name == 'vadd' else '-'} {b.text}", "s64", ADD)
    _store(t, ins, value, to)


@instruction("vshl", "vshr")
def _shift(t: Translator, ins: Instruction) -> None:
    to, a_type, b_type = _types(ins, 3)
    a, b = _selected(t, ins.arguments[1], a_type), _selected(t, ins.arguments[2], b_type)
    count = f"({at(b, 7)} & 31)" if ins.has("wrap") else f"min({b.text}, 32ll)"
    if ins.name == "vshr":
        value = Value(f"{at(a, SHIFT + 1)} >> {count}", "s64", SHIFT)
    elif ins.has("sat"):
        raise UntranslatedError("a saturating video shift to the left")
    else:
        value = Value(f"(unsigned long long){at(a, UNARY - 1)} << {count}", "u64", SHIFT)
    _store(t, ins, value, to)


@instruction("vmad")
def _mad(t: Translator, ins: Instruction) -> None:
    to, a_type, b_type = _types(ins, 3)
    if ins.has("po", "shr7", "shr15"):
        raise UntranslatedError("a scaled video multiply-add")
    a, b = _selected(t, ins.arguments[1], a_type), _selected(t, ins.arguments[2], b_type)
    if not isinstance(ins.arguments[1], Part) and not isinstance(ins.arguments[2], Part) and ins.has("sat"):
        raise UntranslatedError("a saturating video multiply-add of whole registers")
    c = t.read(ins.arguments[3], "s32" if "s32" in (a_type, b_type) else "u32")
    product = Value(
        f"(unsigned long long){at(a, UNARY - 1)} * (unsigned long long){at(b, MUL)} + (long long){at(c, UNARY - 1)}",
        "u64",
        ADD,
    )
    value = Value(f"(long long)({product.text})", "s64", UNARY)
    if ins.has("sat"):
        value = Value(f"min(max({value.text}, {_RANGE[to].split(', ')[0]}), {_RANGE[to].split(', ')[1]})", "s64")
    t.write(ins.arguments[0], Value(f"({'int' if to == 's32' else 'unsigned'}){at(value, UNARY - 1)}", to, UNARY))


@instruction("vset")
def _set(t: Translator, ins: Instruction) -> None:
    a_type, b_type = _types(ins, 2)
    a, b = _selected(t, ins.arguments[1], a_type), _selected(t, ins.arguments[2], b_type)
    value = Value(f"{at(a, COMPARE)} {comparison_operator(ins)} {at(b, COMPARE)} ? 1 : 0", "s32", CONDITION)
    _store(t, ins, value, "u32")


# -- two halves or four bytes at once
# --------------------------------------------------------------------------------------


@instruction(
    *(f"{name}{lanes}" for name in ("vadd", "vsub", "vabsdiff", "vmin", "vmax", "vavrg", "vset") for lanes in (2, 4))
)
def _lanes(t: Translator, ins: Instruction) -> None:
    name, lanes = ins.name[:-1], ins.name[-1]
    types = [suffix for suffix in ins.suffixes if suffix in ("s32", "u32")]
    added = ins.has("add")
    sources = types[-2:]
    if len(set(sources)) != 1 or any(isinstance(argument, Part) for argument in ins.arguments):
        raise UntranslatedError("a video instruction with mixed signs or selected lanes")
    letter = sources[0][0]
    if name == "vset":
        comparison = next(s for s in ins.suffixes if s in ("eq", "ne", "lt", "le", "gt", "ge"))
        name = f"vset{comparison}{'' if comparison in ('eq', 'ne') else letter}"
    elif name in ("vadd", "vsub"):
        if ins.has("sat"):
            if len(set(types)) != 1:
                raise UntranslatedError("a saturating video instruction with mixed signs")
            name += "ss" if letter == "s" else "us"
    elif ins.has("sat") or (added and name != "vabsdiff"):
        raise UntranslatedError("a video instruction of this form")
    else:
        name = {"vabsdiff": "vsad" if added else "vabsdiff", "vmin": "vmin", "vmax": "vmax", "vavrg": "vavg"}[
            name
        ] + letter
    if added and not name.startswith(("vset", "vsad")):
        raise UntranslatedError("a video instruction that sums these lanes")
    helper = SIMD[f"__{name}{lanes}"]
    t.used_helpers[helper.name] = helper
    d, a, b, *c = ins.arguments
    value = Value(f"ptx_{name}{lanes}({t.read(a, 'b32').text}, {t.read(b, 'b32').text})", "u32")
    if added:
        if name.startswith("vset"):
            value = Value(f"__popc({value.text})", "s32")
        value = Value(f"{value.text} + {at(t.read(c[0], 'u32'), ADD)}", "u32", ADD)
    t.write(d, value)
