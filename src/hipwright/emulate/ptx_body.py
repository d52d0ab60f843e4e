"""The LLVM IR of one asm statement's PTX while it is made: registers, operands, types.

Each PTX register is a stack slot of an integer type of its width; a value is cast to what an instruction works on.
LLVM's own passes turn the slots into values.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hipwright.rules.ptx.syntax import Argument, Both, Instruction, Integer, Not, Real, Ref, Reg, Vector


class UnknownPtxError(Exception):
    """PTX that the emulator has no meaning for; the program is told by name when it gets there."""


Handler = Callable[["Body", Instruction], None]
HANDLERS: dict[str, Handler] = {}


def instruction(*names: str) -> Callable[[Handler], Handler]:
    """Register what makes the IR of one or more PTX instructions."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return register


_FLOAT = {"f32": "float", "f64": "double"}
_MODES = {"rn": "rn", "rz": "rz", "rm": "rm", "rp": "rp"}
_WIDE_SPECIALS = {"clock64", "globaltimer", "current_graph_exec"}


def width(kind: str) -> int:
    """Bits of a PTX type."""
    if kind == "pred":
        return 1
    if kind in {"f16x2", "bf16x2", "tf32", "u16x2", "s16x2"}:
        return 32
    if kind in {"bf16", "e4m3x2", "e5m2x2"}:
        return 16
    digits = re.fullmatch(r"[busf](\d+)", kind)
    if not digits:
        raise UnknownPtxError(f"the type .{kind}")
    return int(digits[1])


def llvm(kind: str) -> str:
    """LLVM's type for values of a PTX type; halves and packed types stay integers."""
    return _FLOAT.get(kind) or f"i{width(kind)}"


def is_type(text: str) -> bool:
    """Whether an instruction's suffix is a type."""
    return bool(re.fullmatch(r"[bus](?:8|16|32|64|128)|f(?:16|32|64)|[bus]?f?16x2|bf16|tf32|pred|e[45]m[32]x2", text))


@dataclass(slots=True)
class Operand:
    """An operand of the asm statement: its slot, and how it is spelled in the IR."""

    slot: str
    bits: int


@dataclass(slots=True)
class Body:
    """Lines of the function that stands for one asm statement."""

    operands: list[Operand]
    registers: dict[str, str]  # name to PTX type
    lines: list[str] = field(default_factory=list)
    declares: dict[str, str] = field(default_factory=dict)
    needs_site: bool = False
    carry: bool = False  # the carry flag has been used
    labels: set[str] = field(default_factory=set)
    _count: int = 0
    _slots: dict[str, Operand] = field(default_factory=dict)
    allocas: list[str] = field(default_factory=list)

    # -- lines ---------------------------------------------------------------------------------------------------------

    def name(self) -> str:
        """A fresh value."""
        self._count += 1
        return f"%t{self._count}"

    def emit(self, text: str) -> None:
        """One line without a result."""
        self.lines.append(f"  {text}")

    def value(self, text: str) -> str:
        """One line with a result."""
        name = self.name()
        self.emit(f"{name} = {text}")
        return name

    def call(self, symbol: str, result: str, *arguments: tuple[str, str], site: bool = False) -> str:
        """Call a function of the runtime or an intrinsic of LLVM; `site` adds the place as last argument."""
        passed = list(arguments)
        if site:
            self.needs_site = True
            passed.append(("i32", "%site"))
        self.declares[f"@{symbol}"] = f"declare {result} @{symbol}({', '.join(kind for kind, _ in passed)})"
        text = f"call {result} @{symbol}({', '.join(f'{kind} {value}' for kind, value in passed)})"
        if result == "void":
            self.emit(text)
            return ""
        return self.value(text)

    def block(self, label: str) -> None:
        """Begin a block."""
        self.lines.append(f"{label}:")

    def fresh_label(self) -> str:
        """A label that no PTX has."""
        self._count += 1
        return f"b{self._count}"

    # -- registers -----------------------------------------------------------------------------------------------------

    def slot(self, argument: Argument) -> Operand:
        """Where a register or an operand of the statement lives."""
        if isinstance(argument, Ref):
            if argument.index >= len(self.operands):
                raise UnknownPtxError(f"operand {argument.index}")
            return self.operands[argument.index]
        if isinstance(argument, Reg):
            kind = self.registers.get(argument.name)
            if kind is None:
                raise UnknownPtxError(f"the register {argument.name}")
            found = self._slots.get(argument.name)
            if found is None:
                bits = width(kind)
                found = self._slots[argument.name] = self.scratch(f"i{bits}", bits)
            return found
        raise UnknownPtxError("an operand of this form")

    def scratch(self, kind: str, bits: int = 0, count: int = 0) -> Operand:
        """A slot of the function's own; with `count` an array."""
        slot = f"%s{len(self.allocas)}"
        shape = f"[{count} x {kind}]" if count else kind
        self.allocas.append(f"  {slot} = alloca {shape}, align 16")
        if not count:
            self.allocas.append(f"  store {kind} 0, ptr {slot}")
        return Operand(slot, bits)

    def read(self, argument: Argument, kind: str) -> str:
        """A source operand as a value of a PTX type."""
        bits = width(kind)
        if isinstance(argument, Not):
            return self.value(f"xor i1 {self.read(argument.of, 'pred')}, true")
        if isinstance(argument, Integer):
            return self._from_bits(str(_wrapped(argument.value, bits)), kind)
        if isinstance(argument, Real):
            return self._from_bits(str(_real_bits(argument.value, kind)), kind)
        if isinstance(argument, Vector):
            return self._from_bits(self._packed(argument.parts, bits), kind)
        if isinstance(argument, Reg) and argument.name not in self.registers:
            return self._from_bits(self._special(argument.name, bits), kind)
        place = self.slot(argument)
        whole = self.value(f"load i{place.bits}, ptr {place.slot}")
        return self._from_bits(self.resized(whole, place.bits, bits, signed=kind.startswith("s")), kind)

    def write(self, argument: Argument, kind: str, value: str) -> None:
        """A result: as wide as the type, extended to its register."""
        if isinstance(argument, Reg) and argument.name == "_":
            return
        bits = width(kind)
        whole = self._to_bits(value, kind)
        if isinstance(argument, Vector):
            step = bits // len(argument.parts)
            for index, part in enumerate(argument.parts):
                moved = self.value(f"lshr i{bits} {whole}, {index * step}") if index else whole
                self.write(part, f"b{step}", self.resized(moved, bits, step))
            return
        place = self.slot(argument)
        stored = self.resized(whole, bits, place.bits, signed=kind.startswith("s"))
        self.emit(f"store i{place.bits} {stored}, ptr {place.slot}")

    def resized(self, value: str, have: int, want: int, *, signed: bool = False) -> str:
        """An integer value in another width."""
        if have == want:
            return value
        operation = "trunc" if want < have else "sext" if signed else "zext"
        return self.value(f"{operation} i{have} {value} to i{want}")

    def constant(self, argument: Argument) -> int:
        """An operand that has to be a number in the text."""
        if isinstance(argument, Integer):
            return argument.value
        raise UnknownPtxError("an operand that is no constant")

    def _from_bits(self, value: str, kind: str) -> str:
        if kind in _FLOAT:
            return self.value(f"bitcast i{width(kind)} {value} to {_FLOAT[kind]}")
        return value

    def _to_bits(self, value: str, kind: str) -> str:
        if kind in _FLOAT:
            return self.value(f"bitcast {_FLOAT[kind]} {value} to i{width(kind)}")
        return value

    def _packed(self, parts: Sequence[Argument], bits: int) -> str:
        step = bits // len(parts)
        whole = "0"
        for index, part in enumerate(parts):
            wide = self.resized(self.read(part, f"b{step}"), step, bits)
            moved = self.value(f"shl i{bits} {wide}, {index * step}") if index else wide
            whole = self.value(f"or i{bits} {whole}, {moved}")
        return whole

    def _special(self, name: str, bits: int) -> str:
        """A special register, or a constant of PTX."""
        if name == "WARP_SZ":
            name = "%warpsize"
        if not name.startswith("%"):
            raise UnknownPtxError(f"the symbol {name}")
        plain = name[1:]
        have = 64 if plain in _WIDE_SPECIALS else 32
        value = self.call(f"hw_nvvm_read_ptx_sreg_{plain.replace('.', '_')}", f"i{have}")
        return self.resized(value, have, bits)

    # -- halves --------------------------------------------------------------------------------------------------------

    def to_float(self, value: str, kind: str) -> str:
        """A half or a bfloat16, as bits, in single precision."""
        if kind == "f16":
            half = self.value(f"bitcast i16 {value} to half")
            return self.value(f"fpext half {half} to float")
        wide = self.value(f"zext i16 {value} to i32")
        return self.value(f"bitcast i32 {self.value(f'shl i32 {wide}, 16')} to float")

    def from_float(self, value: str, kind: str, mode: str = "rn") -> str:
        """Single precision rounded to a half or bfloat16, as bits."""
        if kind == "f16" and mode == "rn":
            half = self.value(f"fptrunc float {value} to half")
            return self.value(f"bitcast half {half} to i16")
        return self.call(f"hw_ptx_to_{kind}_{mode}", "i16", ("float", value))

    def halves(self, value: str) -> tuple[str, str]:
        """The two halves of a packed pair."""
        low = self.value(f"trunc i32 {value} to i16")
        return low, self.value(f"trunc i32 {self.value(f'lshr i32 {value}, 16')} to i16")

    def pair(self, low: str, high: str) -> str:
        """Two halves in a word."""
        wide = self.value(f"shl i32 {self.value(f'zext i16 {high} to i32')}, 16")
        return self.value(f"or i32 {wide}, {self.value(f'zext i16 {low} to i32')}")

    def finished(self, value: str, kind: str, text: Instruction) -> str:
        """`.ftz`, `.sat` and `.relu` of a result in single or double precision."""
        suffix = "f64" if kind == "f64" else "f32"
        of = llvm(suffix)
        if text.has("sat"):
            value = self.call(f"hw_ptx_saturate_{suffix}", of, (of, value))
        if text.has("relu"):
            value = self.call(f"hw_ptx_relu_{suffix}", of, (of, value))
        if text.has("ftz") and kind == "f32":
            value = self.flushed(value)
        return value

    def flushed(self, value: str) -> str:
        """A subnormal number as zero."""
        return self.call("hw_ptx_flush", "float", ("float", value))

    def read_float(self, argument: Argument, kind: str, text: Instruction) -> str:
        """A floating-point source, flushed where the instruction says so."""
        value = self.read(argument, kind)
        return self.flushed(value) if kind == "f32" and text.has("ftz") else value


def types_of(text: Instruction) -> list[str]:
    """The suffixes of an instruction that are types."""
    return [suffix for suffix in text.suffixes if is_type(suffix)]


def type_of(text: Instruction) -> str:
    """The type that an instruction works on: its last suffix that is one."""
    found = types_of(text)
    if not found:
        raise UnknownPtxError(f"{text.opcode} without a type")
    return found[-1]


def mode_of(text: Instruction, default: str = "rn") -> str:
    """The rounding mode."""
    return next((_MODES[suffix] for suffix in text.suffixes if suffix in _MODES), default)


def both(argument: Argument) -> tuple[Argument, Argument | None]:
    """`d|p` as two destinations."""
    return (argument.first, argument.second) if isinstance(argument, Both) else (argument, None)


def _wrapped(value: int, bits: int) -> int:
    return value & ((1 << bits) - 1)


def _real_bits(value: float, kind: str) -> int:
    bits = width(kind)
    if bits == 64:
        return int(struct.unpack("<Q", struct.pack("<d", value))[0])
    if bits == 32:
        return int(struct.unpack("<I", struct.pack("<f", value))[0])
    if kind == "f16":
        return int(struct.unpack("<H", struct.pack("<e", value))[0])
    raise UnknownPtxError("a floating-point constant of this type")
