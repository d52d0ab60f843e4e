"""Warp-wide matrix instructions by shuffles: right on every AMD target, and to be replaced where speed matters."""

from __future__ import annotations

from hipwright.finding import Level
from hipwright.rules.ptx.syntax import Address, Argument, Instruction, Vector
from hipwright.rules.ptx.translate import Translator, UntranslatedError, instruction
from hipwright.rules.ptx.values import ADD, Value, at, convert

# Shape and element types (A, B) to the helper's kind and the number of 32-bit registers of B.
_ELEMENTS = {"f16": ("f16", 8), "bf16": ("bf16", 8), "tf32": ("tf32", 4), "s8": ("s", 16), "u8": ("u", 16)}
_HINT = "for speed, rewrite the tile with rocWMMA or __builtin_amdgcn_mfma_*/wmma_*"


def _note(t: Translator, ins: Instruction, what: str) -> None:
    t.note(
        Level.TEST,
        f"{ins.opcode} became {what}: right on wave32 and wave64, but far from the speed of a matrix core",
        _HINT,
        "X21",
    )


def _parts(argument: Argument) -> tuple[Argument, ...]:
    return argument.parts if isinstance(argument, Vector) else (argument,)


@instruction("mma")
def _mma(t: Translator, ins: Instruction) -> None:
    shape = next((s for s in ins.suffixes if s.startswith("m") and s[1:2].isdigit()), "")
    types = ins.suffixes[-4:]
    plain = {"sync", "aligned", "row", "col", "satfinite", shape, *types}
    if len(ins.arguments) != 4 or set(ins.suffixes) - plain or ins.has("satfinite"):
        raise UntranslatedError("a matrix product with sparsity, scaling or saturation", _HINT, "X21")
    d, a, b, c = (_parts(argument) for argument in ins.arguments)
    if shape == "m8n8k4" and types == ("f64",) * 4:
        values = [*(t.read(x, "f64") for x in (a[0], b[0])), *(t.read(x, "f64") for x in c)]
        whole = t.bind(Value(f"ptx_mma_f64({', '.join(v.text for v in values)})", "auto", pure=False), "product")
        for part, member in zip(d, "xy", strict=True):
            t.write(part, Value(f"{whole.text}.{member}", "f64"))
        _note(t, ins, "shuffles and multiply-adds")
        return
    if not shape.startswith("m16n8k") or types[1] not in _ELEMENTS or types[2] not in _ELEMENTS:
        raise UntranslatedError("a matrix product of this shape and these types", _HINT, "X21")
    kind, depth = _ELEMENTS[types[1]]
    other = _ELEMENTS[types[2]][0]
    blocks = int(shape[6:]) // depth
    if (len(a), len(b)) != (2 * blocks, blocks) or blocks not in (1, 2) or depth != _ELEMENTS[types[2]][1]:
        raise UntranslatedError("a matrix product of this shape and these types", _HINT, "X21")
    name = f"ptx_mma_{kind}{other if kind in 'su' else ''}"
    registers = ", ".join(t.read(x, "u32").text for x in a), ", ".join(t.read(x, "u32").text for x in b)
    if types[0] == "f16":
        halves = [t.read(x, "u32") for x in c]
        whole = t.bind(
            Value(
                f"ptx_mma_f16_f16<{blocks}>({{{registers[0]}}}, {{{registers[1]}}}, "
                f"{', '.join(v.text for v in halves)})",
                "auto",
                pure=False,
            ),
            "product",
        )
        for part, member in zip(d, "xy", strict=True):
            t.write(part, Value(f"{whole.text}.{member}", "u32"))
    else:
        type = "s32" if types[0] == "s32" else "f32"
        sums = ", ".join(t.read(x, type).text for x in c)
        make = "make_int4" if type == "s32" else "make_float4"
        whole = t.bind(
            Value(f"{name}<{blocks}>({{{registers[0]}}}, {{{registers[1]}}}, {make}({sums}))", "auto", pure=False),
            "product",
        )
        for part, member in zip(d, "xyzw", strict=True):
            t.write(part, Value(f"{whole.text}.{member}", type))
    _note(t, ins, "shuffles and multiply-adds")


def _matrix_address(t: Translator, address: Argument) -> Value:
    if not isinstance(address, Address):
        raise UntranslatedError("an address of this form")
    base = t.raw(address.base)
    number = base if base.bits == 32 and base.is_integer else convert(base, "u32")
    if address.offset is None:
        return convert(number, "u32")
    return Value(f"{at(convert(number, 'u32'), ADD)} + {at(t.raw(address.offset), ADD)}", "u32", ADD)


def _eights(ins: Instruction) -> int:
    if not ins.has("m8n8") or not ins.has("b16"):
        raise UntranslatedError("a matrix of this shape", _HINT, "X21")
    return next((int(s[1:]) for s in ins.suffixes if s in ("x1", "x2", "x4")), 1)


@instruction("ldmatrix")
def _ldmatrix(t: Translator, ins: Instruction) -> None:
    parts = _parts(ins.arguments[0])
    address = _matrix_address(t, ins.arguments[1])
    if len(parts) != _eights(ins):
        raise UntranslatedError("a matrix of this shape", _HINT, "X21")
    name = "ptx_ldmatrix_trans" if ins.has("trans") else "ptx_ldmatrix"
    if len(parts) > 1:
        address = t.bind(address, "row")
    loaded = [Value(f"{name}({address.text}, {index})", "u32", pure=False) for index in range(len(parts))]
    if len(parts) > 1:
        loaded = [t.bind(value, f"matrix{index}") for index, value in enumerate(loaded)]
    for part, value in zip(parts, loaded, strict=True):
        t.write(part, value)


@instruction("stmatrix")
def _stmatrix(t: Translator, ins: Instruction) -> None:
    parts = _parts(ins.arguments[1])
    address = _matrix_address(t, ins.arguments[0])
    if len(parts) != _eights(ins):
        raise UntranslatedError("a matrix of this shape", _HINT, "X21")
    name = "ptx_stmatrix_trans" if ins.has("trans") else "ptx_stmatrix"
    if len(parts) > 1:
        address = t.bind(address, "row")
    for index, part in enumerate(parts):
        t.do(f"{name}({address.text}, {index}, {t.read(part, 'b32').text})")


@instruction("movmatrix")
def _movmatrix(t: Translator, ins: Instruction) -> None:
    d, a = ins.arguments
    t.write(d, t.call("ptx_movmatrix", [t.read(a, "b32")], "u32", pure=False))
