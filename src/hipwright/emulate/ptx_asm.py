"""Inline PTX in device IR: a function of LLVM IR for each asm statement.

This gives the *original's* PTX its meaning, against which the port is checked. So it shares with the rules that
translate PTX to C++ (rules/ptx) only the reading of the text, none of the meaning: a mistake there must not be made
twice and cancel out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hipwright.emulate import ptx_arithmetic, ptx_memory, ptx_texture, ptx_warp  # noqa: F401  (they register instructions)
from hipwright.emulate.ptx_body import HANDLERS, Body, UnknownPtxError
from hipwright.rules.ptx.syntax import AsmStatement, Instruction, Not, Program, Reg, UnreadableError, read_ptx

_DOLLAR = re.compile(r"\$(?:(\$)|(\d+)|\{(\d+)(?::\w+)?\})")
_LETTERS = {"r": 32, "f": 32, "l": 64, "d": 64, "h": 16, "c": 8, "q": 128, "b": 1, "n": 0, "i": 0}
_BITS = {"float": 32, "double": 64, "half": 16, "bfloat": 16, "ptr": 64}


@dataclass(frozen=True, slots=True)
class Replacement:
    """A function of our own that does what an asm statement does, called with the statement's operands."""

    symbol: str
    needs_site: bool  # it takes the number of its place as last argument
    definition: str  # IR
    declares: dict[str, str] = field(default_factory=dict)  # what the definition calls


def translate(asm_text: str, constraints: str, result_type: str, operand_types: Sequence[str]) -> Replacement | None:
    """Make the function for an asm statement as LLVM IR spells it; None where some of it is unknown.

    `asm_text` has IR's escapes resolved; operands in it are `$0`, `${1:x}`.
    """
    try:
        return _translated(asm_text, constraints, result_type, operand_types)
    except (UnknownPtxError, UnreadableError):
        return None


def why_not(asm_text: str, constraints: str, result_type: str, operand_types: Sequence[str]) -> str:
    """What `translate` does not know about a statement; empty where it knows all."""
    try:
        _translated(asm_text, constraints, result_type, operand_types)
    except (UnknownPtxError, UnreadableError) as error:
        return str(error)
    return ""


def _translated(asm_text: str, constraints: str, result_type: str, operand_types: Sequence[str]) -> Replacement:
    parts = [part for part in constraints.split(",") if part and not part.startswith("~")]
    outputs = [part.lstrip("=&") for part in parts if part.startswith("=")]
    inputs = [part.lstrip("%") for part in parts if not part.startswith("=")]
    if any("*" in part or "|" in part for part in parts) or len(inputs) != len(operand_types):
        raise UnknownPtxError("operands of this kind")
    results = _results(result_type, len(outputs))
    program = _program(asm_text)
    body = Body([], program.registers)
    body.operands += [body.scratch(f"i{_bits_of(kind)}", _bits_of(kind)) for kind in results]
    for index, (part, kind) in enumerate(zip(inputs, operand_types, strict=True)):
        bits = _bits_of(kind)
        place = body.operands[int(part)] if part.isdigit() and int(part) < len(outputs) else None
        whole = f"%a{index}" if re.fullmatch(r"i\d+", kind) else body.value(_as_integer(kind, bits, f"%a{index}"))
        if place is None:
            place = body.scratch(f"i{bits}", bits)
        body.emit(f"store i{place.bits} {body.resized(whole, bits, place.bits)}, ptr {place.slot}")
        body.operands.append(place)
    start = len(body.lines)
    for instruction in program.instructions:
        if instruction.name == "label" and instruction.arguments:
            body.labels.add(_label(instruction))
    for instruction in program.instructions:
        _one(body, instruction)
    _carry(body, start)
    head = [f"{kind} %a{index}" for index, kind in enumerate(operand_types)]
    if body.needs_site:
        head.append("i32 %site")
    text = [*body.allocas, *body.lines, *_return(body, result_type, results)]
    identity = hashlib.sha256("\0".join([asm_text, constraints, result_type, *operand_types]).encode()).hexdigest()[:16]
    symbol = f"@hw.ptx.{identity}"
    definition = "\n".join([f"define internal {result_type} {symbol}({', '.join(head)}) #1 {{", *text, "}"])
    return Replacement(symbol, body.needs_site, definition, body.declares)


def _program(text: str) -> Program:
    def operand(found: re.Match[str]) -> str:
        return "$" if found[1] else f"\x01{found[2] or found[3]}\x02"

    text = _DOLLAR.sub(operand, text)
    return read_ptx(AsmStatement(0, 0, text.replace("%", "%%"), (), 0, (), ()))


def _results(result_type: str, count: int) -> list[str]:
    if count == 0:
        return []
    if count == 1:
        return [result_type]
    return [part.strip() for part in result_type.strip("{} ").split(",")]


def _bits_of(kind: str) -> int:
    if kind in _BITS:
        return _BITS[kind]
    found = re.fullmatch(r"i(\d+)", kind)
    if not found:
        raise UnknownPtxError(f"an operand of type {kind}")
    return int(found[1])


def _as_integer(kind: str, bits: int, value: str) -> str:
    return f"ptrtoint ptr {value} to i64" if kind == "ptr" else f"bitcast {kind} {value} to i{bits}"


def _label(instruction: Instruction) -> str:
    argument = instruction.arguments[0]
    if not isinstance(argument, Reg):
        raise UnknownPtxError("a label of this form")
    return re.sub(r"\W", "_", argument.name)


def _one(body: Body, text: Instruction) -> None:
    if text.name == "label":
        label = f"l.{_label(text)}"
        body.emit(f"br label %{label}")
        body.block(label)
        return
    handler = HANDLERS.get(text.name)
    if text.name == "bra":
        _branch(body, text)
        return
    if handler is None:
        raise UnknownPtxError(f"the instruction {text.opcode}")
    if text.guard is None:
        handler(body, text)
        return
    taken, after = body.fresh_label(), body.fresh_label()
    body.emit(f"br i1 {body.read(text.guard, 'pred')}, label %{taken}, label %{after}")
    body.block(taken)
    handler(body, text)
    body.emit(f"br label %{after}")
    body.block(after)


def _branch(body: Body, text: Instruction) -> None:
    label = _label(text)
    if label not in body.labels:
        raise UnknownPtxError(f"a branch to {label}")
    after = body.fresh_label()
    if text.guard is None:
        body.emit(f"br label %l.{label}")
    else:
        negated = isinstance(text.guard, Not)
        guard = body.read(text.guard.of if isinstance(text.guard, Not) else text.guard, "pred")
        targets = (after, f"l.{label}") if negated else (f"l.{label}", after)
        body.emit(f"br i1 {guard}, label %{targets[0]}, label %{targets[1]}")
    body.block(after)


def _carry(body: Body, start: int) -> None:
    """The carry flag outlives a statement: long additions come as one statement for each word."""
    if not body.carry:
        return
    body.declares["@hw_ptx_carry"] = "declare i1 @hw_ptx_carry()"
    body.declares["@hw_ptx_set_carry"] = "declare void @hw_ptx_set_carry(i1)"
    body.allocas.append("  %carry = alloca i1")
    body.lines[start:start] = ["  %carry.in = call i1 @hw_ptx_carry()", "  store i1 %carry.in, ptr %carry"]
    body.emit("%carry.out = load i1, ptr %carry")
    body.emit("call void @hw_ptx_set_carry(i1 %carry.out)")


def _return(body: Body, result_type: str, results: Sequence[str]) -> list[str]:
    start = len(body.lines)
    values = []
    for kind, place in zip(results, body.operands, strict=False):
        whole = body.value(f"load i{place.bits}, ptr {place.slot}")
        if kind == "ptr":
            whole = body.value(f"inttoptr i64 {whole} to ptr")
        elif not kind.startswith("i"):
            whole = body.value(f"bitcast i{place.bits} {whole} to {kind}")
        values.append(whole)
    if not values:
        body.emit("ret void")
    elif len(values) == 1:
        body.emit(f"ret {result_type} {values[0]}")
    else:
        made = "undef"
        for index, (kind, one) in enumerate(zip(results, values, strict=True)):
            made = body.value(f"insertvalue {result_type} {made}, {kind} {one}, {index}")
        body.emit(f"ret {result_type} {made}")
    lines = body.lines[start:]
    del body.lines[start:]
    return lines
