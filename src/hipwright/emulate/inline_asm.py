"""Inline assembly in device IR: what the machine does for it, or its name as unsupported."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hipwright.emulate.ir_types import Types, balanced, split_top
from hipwright.emulate.ptx_asm import translate, why_not

# Waits, cache control and scheduling hints: nothing to do where memory is coherent and execution in order.
_NOTHING = re.compile(
    r"(?:s_waitcnt\w*|s_nop|s_sleep|s_setprio|s_delay_alu|buffer_(?:wbl2|inv\w*|gl\w*)|s_wait_\w+|s_icache_inv|s_dcache_\w+)"
    r"[^\n;]*"
)


_WORDS = "noundef|zeroext|signext|fast|contract|nnan|ninf|nsz|arcp|afn|reassoc"  # in front of a call's type


@dataclass(frozen=True, slots=True)
class Asm:
    """The lines that replace a call of inline assembly; %s in a line asks for a site."""

    lines: tuple[str, ...]
    declares: dict[str, str] = field(default_factory=dict)
    helpers: dict[str, str] = field(default_factory=dict)
    unknown: str = ""


def inline_asm(line: str, *, ptx: bool) -> Asm:
    """Replace one `call … asm "…", "…"(…)` of NVIDIA's (`ptx`) or AMD's assembly."""
    found = re.match(
        r"^(\s*)(?:(%[\w.$-]+) = )?(?:tail |notail )?call (.*?) ?asm (?:sideeffect |alignstack |inteldialect |unwind )*"
        r'"((?:[^"\\]|\\.)*)", "([^"]*)"(.*)$',
        line,
    )
    if not found:
        return _unknown(line.strip(), "", "void")
    _, result, kind, text, constraints, rest = found.groups()
    kind = re.sub(rf"^(?:(?:{_WORDS}|range\([^)]*\)) )*", "", kind).strip() or "void"
    operands = split_top(rest[1 : balanced(rest, 0) - 1])
    text = re.sub(r"\\([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), text)
    bare = text.strip().strip(";").strip()
    if not _NOTHING.sub("", bare).strip(" ;\n\t"):
        return _identity(result, kind, constraints, operands)
    if ptx:
        return _ptx(result or "", kind, text, constraints, operands)
    if bare == "s_barrier":
        barrier = "@hw_amdgcn_s_barrier"
        return Asm((f"  call void {barrier}(i32 %s)",), {barrier: f"declare void {barrier}(i32)"})
    return _unknown(bare, result or "", kind)


def _ptx(result: str, kind: str, text: str, constraints: str, operands: list[str]) -> Asm:
    split = [_typed(operand) for operand in operands]
    replacement = translate(text, constraints, kind, [type_ for type_, _ in split])
    if replacement is None:
        why = why_not(text, constraints, kind, [type_ for type_, _ in split])
        return _unknown(f"{text.strip()} ({why})", result, kind)
    passed = [f"{type_} {value}" for type_, value in split] + (["i32 %s"] if replacement.needs_site else [])
    symbol = replacement.symbol if replacement.symbol.startswith("@") else f"@{replacement.symbol}"
    call = f"  {f'{result} = ' if result else ''}call {kind} {symbol}({', '.join(passed)})"
    return Asm((call,), dict(replacement.declares), {symbol: replacement.definition})


def _typed(operand: str) -> tuple[str, str]:
    """Type and value of an operand, attributes left out."""
    kind, rest = Types().read(re.sub(r"^(?:(?:noundef|zeroext|signext) )*", "", operand))
    return kind, re.sub(r"^(?:(?:noundef|zeroext|signext|nonnull|range\([^)]*\)|align \d+) )*", "", rest)


def _identity(result: str | None, kind: str, constraints: str, operands: list[str]) -> Asm:
    """Assembly without text: each output is the input that is tied to it, and the compiler must not look through."""
    if not result:
        return Asm(())
    parts = split_top(constraints)
    outputs = [part for part in parts if part.startswith("=")]
    inputs = [part for part in parts if not part.startswith(("=", "~"))]
    sources = {
        int(part): operands[number].rsplit(" ", 1)[1] for number, part in enumerate(inputs) if part.isdigit()
    }  # fmt: skip
    if len(outputs) == 1:
        value = sources.get(0, "undef")
        return Asm((f"  {result} = {_opaque(kind, value)}",))
    fields = split_top(kind.strip("{}"))
    lines = []
    whole = "undef"
    for number, part in enumerate(fields):
        value = f"%hw.same.{result[1:]}.{number}"
        lines.append(f"  {value} = {_opaque(part, sources.get(number, 'undef'))}")
        name = result if number == len(fields) - 1 else f"%hw.asm.{result[1:]}.{number}"
        lines.append(f"  {name} = insertvalue {kind} {whole}, {part} {value}, {number}")
        whole = name
    return Asm(tuple(lines))


# Where values of a type stand on this machine.
_REGISTERS = {"float": "x", "double": "x", "i16": "r", "i32": "r", "i64": "r", "ptr": "r"}


def _opaque(kind: str, value: str) -> str:
    """The same value, of which the compiler knows nothing: sources keep it from fusing or simplifying so."""
    place = _REGISTERS.get(kind)
    if value == "undef" or place is None:
        return f"freeze {kind} {value}"
    return f'call {kind} asm "", "={place},0"({kind} {value})'


def _unknown(text: str, result: str, kind: str) -> Asm:
    """A call that ends the kernel and says which assembly it was."""
    data = f"inline assembly: {text}"[:200].encode("utf-8", "replace")
    symbol = f"@hw.asm.{sum(byte * (number + 1) for number, byte in enumerate(data)):x}.{len(data)}"
    escaped = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:02X}" for byte in data)
    lines = [f"  call void @hw_unsupported(ptr {symbol})"]
    if result:
        lines.append(f"  {result} = freeze {kind} undef")
    return Asm(
        tuple(lines),
        {"@hw_unsupported": "declare void @hw_unsupported(ptr)"},
        {symbol: f'{symbol} = private unnamed_addr constant [{len(data) + 1} x i8] c"{escaped}\\00"'},
        text,
    )
