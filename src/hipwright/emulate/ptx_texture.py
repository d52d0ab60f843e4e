"""PTX that reads textures and surfaces, as clang's own CUDA header spells `tex2D` and its kin.

The runtime knows an object by its address (runtime/host/texture.h); an instruction hands it the coordinates as bits.
"""

from __future__ import annotations

import re

from hipwright.emulate.ptx_body import Body, UnknownPtxError, instruction, types_of, width
from hipwright.rules.ptx.syntax import Argument, Instruction, Integer, Other, Ref, Reg, Vector

_SHAPES = {"1d": (1, 0), "2d": (2, 0), "3d": (3, 0), "a1d": (1, 1), "a2d": (2, 1)}  # dimensions, layered
_BEYOND = {"trap": 0, "clamp": 1, "zero": 2}


def _shape(text: Instruction) -> tuple[int, int]:
    found = next((suffix for suffix in text.suffixes if suffix in _SHAPES), None)
    if found is None:
        raise UnknownPtxError(text.opcode)
    return _SHAPES[found]


def _place(body: Body, text: Instruction, argument: Argument) -> tuple[tuple[str, str], tuple[str, str]]:
    """The object and its coordinates of `[object, {x, y}]`."""
    words = re.findall(r"-?[%\w.$]+", argument.text) if isinstance(argument, Other) else []
    parts = [_argument(word) for word in words]
    if not 2 <= len(parts) <= 5:
        raise UnknownPtxError(f"{text.opcode} with these coordinates")
    slot = body.scratch("i32", count=4).slot
    for index, part in enumerate(parts[1:]):
        at = body.value(f"getelementptr i32, ptr {slot}, i64 {index}")
        body.emit(f"store i32 {body.read(part, 'b32')}, ptr {at}")
    return ("i64", body.read(parts[0], "b64")), ("ptr", slot)


def _argument(word: str) -> Argument:
    if re.fullmatch(r"-?\d+", word):
        return Integer(int(word))
    return Ref(int(word[1:])) if re.fullmatch(r"%\d+", word) else Reg(word)


def _numbers(*values: int) -> list[tuple[str, str]]:
    return [("i32", str(value)) for value in values]


def _parts(argument: Argument) -> tuple[Argument, ...]:
    return argument.parts if isinstance(argument, Vector) else (argument,)


def _written(body: Body, target: Argument, bits: int, slot: str) -> None:
    for index, part in enumerate(_parts(target)):
        at = body.value(f"getelementptr i64, ptr {slot}, i64 {index}")
        body.write(part, f"b{bits}", body.resized(body.value(f"load i64, ptr {at}"), 64, bits))


@instruction("tex")
def _tex(body: Body, text: Instruction) -> None:
    kinds = types_of(text)
    mipmapped = text.has("level")
    if text.has("grad", "base") or len(kinds) != 2 or kinds[0] not in {"s32", "u32", "f32"}:
        raise UnknownPtxError(text.opcode)
    if kinds[1] not in {"s32", "f32"} or len(text.arguments) != 2 + mipmapped:
        raise UnknownPtxError(text.opcode)
    dimensions, layered = _shape(text)
    place = _place(body, text, text.arguments[1])
    out = body.scratch("i64", count=4).slot
    body.call("hw_ptx_tex", "void", ("ptr", out), *place, *_numbers(dimensions, layered, int(kinds[1] == "s32")))
    _written(body, text.arguments[0], 32, out)


@instruction("tld4")
def _tld4(body: Body, text: Instruction) -> None:
    channel = next((index for index, name in enumerate("rgba") if text.has(name)), None)
    if channel is None or _shape(text) != (2, 0) or types_of(text)[-1] != "f32" or len(text.arguments) != 2:
        raise UnknownPtxError(text.opcode)
    place = _place(body, text, text.arguments[1])
    out = body.scratch("i64", count=4).slot
    body.call("hw_ptx_tld4", "void", ("ptr", out), *place, *_numbers(channel))
    _written(body, text.arguments[0], 32, out)


def _surface(text: Instruction) -> tuple[int, list[tuple[str, str]]]:
    """Bits of an element, and what the runtime is told of a surface operation."""
    beyond = next((number for name, number in _BEYOND.items() if text.has(name)), None)
    if not text.has("b") or beyond is None:
        raise UnknownPtxError(text.opcode)
    bits = width(types_of(text)[-1])
    count = 4 if text.has("v4") else 2 if text.has("v2") else 1
    return bits, _numbers(*_shape(text), bits // 8, count, beyond)


@instruction("suld")
def _suld(body: Body, text: Instruction) -> None:
    bits, numbers = _surface(text)
    place = _place(body, text, text.arguments[1])
    out = body.scratch("i64", count=4).slot
    body.call("hw_ptx_suld", "void", ("ptr", out), *place, *numbers)
    _written(body, text.arguments[0], bits, out)


@instruction("sust")
def _sust(body: Body, text: Instruction) -> None:
    bits, numbers = _surface(text)
    place = _place(body, text, text.arguments[0])
    values = body.scratch("i64", count=4).slot
    for index, part in enumerate(_parts(text.arguments[1])):
        at = body.value(f"getelementptr i64, ptr {values}, i64 {index}")
        body.emit(f"store i64 {body.resized(body.read(part, f'b{bits}'), bits, 64)}, ptr {at}")
    body.call("hw_ptx_sust", "void", ("ptr", values), *place, *numbers)
