"""From the instructions of one asm statement to C++ statements in its place."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from hipwright.finding import Helper, Level
from hipwright.rules.ptx.helpers import HELPERS
from hipwright.rules.ptx.syntax import (
    Address,
    Argument,
    Both,
    Instruction,
    Integer,
    Not,
    Program,
    Real,
    Ref,
    Reg,
    Vector,
)
from hipwright.rules.ptx.values import (
    ADD,
    BITS,
    C_TYPES,
    FLOATS,
    PRIMARY,
    UNARY,
    Value,
    at,
    c_type,
    convert,
    literal,
    real,
    typed,
)


class UntranslatedError(Exception):
    """An instruction that stays as it is: why, and the way out."""

    def __init__(self, reason: str, hint: str = "", hazard: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.hazard = hazard


Handler = Callable[["Translator", Instruction], None]
_HANDLERS: dict[str, Handler] = {}


def instruction(*names: str) -> Callable[[Handler], Handler]:
    """Register the translator of one or more PTX instructions."""

    def register(handler: Handler) -> Handler:
        for name in names:
            if name in _HANDLERS:
                raise ValueError(f"two translators of {name}")
            _HANDLERS[name] = handler
        return handler

    return register


def known(name: str) -> bool:
    """Whether PTX has an instruction of this name that is translated or reported by a rule of its own."""
    return name in _HANDLERS


@dataclass(frozen=True)
class Operand:
    """An asm operand for the translator. `scalar`: a local variable or parameter passed by value, seen by its own
    name only.
    """

    text: str
    value: Value
    output: bool
    read: bool  # an input, or a "+" output
    scalar: bool = False
    side_effects: bool = False


@dataclass
class Statement:
    """`target = text`, or `text` alone. In it, operands are \\x01index\\x02 and local registers \\x03name\\x04."""

    target: Ref | str | None
    value: Value
    group: int
    guard: str = ""
    bound: bool = False  # a constant local of its own instruction


@dataclass(frozen=True)
class Translation:
    """C++ for one asm statement: its statements (without indentation), and what they rely on."""

    lines: tuple[str, ...]
    block: bool
    includes: tuple[str, ...]
    helpers: tuple[Helper, ...]
    notes: tuple[tuple[Level, str, str, str], ...]  # level, message, hint, hazard


_CALLED = re.compile(r"\b[a-z]\w*(?=\s*[(<])")
_LOCAL = re.compile("\x03([^\x04]+)\x04")
_OPERAND = re.compile("\x01(\\d+)\x02")
_FP16 = re.compile(
    r"\b(?:__half2?|__h\w+|h2?[a-z]+\d*|__ushort_as_half|__half_as_ushort|__float2half\w*|__floats2half2_rn)\b(?=[\s(>,])"
)


@dataclass
class Translator:
    """The state while the instructions of one asm statement are translated."""

    operands: tuple[Operand, ...]
    program: Program
    taken: frozenset[str]  # identifiers that locals must not hide
    prefix: str = ""  # for locals in a macro's body, whose arguments may hold any name
    in_kernel: bool = False  # the asm stands in a kernel's own body, where `return` ends the thread
    statements: list[Statement] = field(default_factory=list)
    notes: list[tuple[Level, str, str, str]] = field(default_factory=list)
    used_helpers: dict[str, Helper] = field(default_factory=dict)
    carry: str = ""  # the local that holds the carry flag, once something wrote it
    _group: int = 0
    _guard: str = ""
    _names: dict[str, str] = field(default_factory=dict)
    _types: dict[str, str] = field(default_factory=dict)
    _writes: dict[str, int] = field(default_factory=dict)
    _changed_inputs: set[int] = field(default_factory=set)

    # -- for the instruction tables --------------------------------------------------------------------------------

    def raw(self, argument: Argument) -> Value:
        """A source operand as it comes."""
        match argument:
            case Ref(index):
                operand = self.operands[index]
                return (
                    replace(operand.value, text=f"\x01{index}\x02", prec=PRIMARY)
                    if operand.value.literal is None
                    else operand.value
                )
            case Reg(name) if name in self.program.registers:
                if name not in self._types:
                    raise UntranslatedError(f"register {name} is read before anything is written to it")
                return Value(f"\x03{name}\x04", self._types[name])
            case Reg(name):
                return special_register(self, name)
            case Integer(value):
                return literal(value, "s64" if -(1 << 31) <= value < (1 << 31) else "u64")
            case Real(value):
                return real(value, "f64")
            case _:
                raise UntranslatedError("an operand of this form")

    def read(self, argument: Argument, type: str) -> Value:
        """A source operand as a value of `type`."""
        if isinstance(argument, Not):
            value = self.read(argument.of, type)
            return Value(f"!{at(value, UNARY - 1)}", "pred", UNARY)
        if isinstance(argument, Real):
            if type in ("f32", "f64"):
                return real(argument.value, type)
            if BITS[type] not in (32, 64) or type in FLOATS:
                raise UntranslatedError("a floating-point constant of this type")
            word, form = ("I", "f") if BITS[type] == 32 else ("Q", "d")
            (bits,) = struct.unpack(f"<{word}", struct.pack(f"<{form}", argument.value))
            return literal(bits, typed(type))
        if isinstance(argument, Integer) and type in ("f32", "f64"):
            return real(float(argument.value), type)
        value = self.raw(argument)
        try:
            return convert(value, type)
        except ValueError as error:
            raise UntranslatedError(str(error)) from None

    def write(self, argument: Argument, value: Value) -> None:
        """Store a value in a destination."""
        if isinstance(argument, Reg) and argument.name == "_":
            return
        if isinstance(argument, Ref):
            operand = self.operands[argument.index]
            if not operand.output:
                self._change_of_input(operand)
            self._emit(argument, self._as_stored(value, operand.value.type))
        elif isinstance(argument, Reg) and argument.name in self.program.registers:
            declared = self.program.registers[argument.name]
            if (declared == "pred") != (value.type == "pred"):
                raise UntranslatedError("a predicate is mixed up with a number")
            own = typed(declared)
            if declared != "pred" and (self._writes[argument.name] > 1 or value.bits != BITS[declared]):
                self._types[argument.name] = own
                value = replace(self._as_stored(value, own), type=own)
            else:
                self._types[argument.name] = _c_typed(value)
            self._emit(argument.name, value)
        else:
            raise UntranslatedError("an instruction writes to a register declared elsewhere")

    def _change_of_input(self, operand: Operand) -> None:
        if operand.value.literal is not None:
            raise UntranslatedError("an instruction writes to a constant operand")
        message = "inline PTX changes an operand that is only an input: the port changes a copy of it"
        if all(message != known for _, known, _, _ in self.notes):
            hint = "if the variable is to be changed, its constraint wants a `+`; nvcc promises nothing either way"
            self.note(Level.TEST, message, hint)

    def do(self, text: str) -> None:
        """A statement for its effect."""
        self._emit(None, Value(text, "pred", pure=False))

    def bind(self, value: Value, name: str) -> Value:
        """The value in a constant local of the same instruction, where it is needed more than once."""
        if value.literal is not None or re.fullmatch("\x03[^\x04]+\x04", value.text):
            return value
        match = re.fullmatch("\x01(\\d+)\x02", value.text)
        if (
            match
            and self.operands[int(match[1])].scalar
            and int(match[1]) not in self._changed_inputs
            and not any(
                operand.output and operand.text == self.operands[int(match[1])].text for operand in self.operands
            )
        ):
            return value
        unique = f"{name}.{len(self._names)}"
        self._names[unique] = name
        self._types[unique] = _c_typed(value)
        self.statements.append(Statement(unique, replace(value, pure=False), self._group, self._guard, bound=True))
        return Value(f"\x03{unique}\x04", self._types[unique])

    def call(self, name: str, values: Iterable[Value | str], type: str, pure: bool = True) -> Value:
        """A call; helpers are asked for by their names."""
        given = list(values)
        texts = [value.text if isinstance(value, Value) else value for value in given]
        return Value(
            f"{name}({', '.join(texts)})", type, pure=pure and all(v.pure for v in given if isinstance(v, Value))
        )

    def address(self, argument: Argument, pointee: str, shared: bool) -> Value:
        """A pointer `pointee*` to where `[base + offset]` points. `pointee` may begin with `const`."""
        if not isinstance(argument, Address):
            raise UntranslatedError("an address of this form")
        base = self.raw(argument.base)
        offset = None if argument.offset is None else self.raw(argument.offset)
        if offset is not None and offset.literal == 0:
            offset = None
        if shared:
            plain = pointee.removeprefix("const ").removeprefix("volatile ")
            number = base if base.bits == 32 and base.is_integer else convert(base, "u32")
            text = number.text if offset is None else f"{at(number, ADD)} + {at(offset, ADD)}"
            return Value(f"lds_at<{plain}>({text})", "ptr")
        if base.bits == 32:
            raise UntranslatedError("a 32-bit address of memory that is not shared", "pass a 64-bit pointer")
        operand = self.operands[argument.base.index] if isinstance(argument.base, Ref) else None
        if offset is None:
            return Value(f"({pointee}*){at(base, UNARY - 1)}", "ptr", UNARY)
        if base.type == "ptr" or operand is None or operand.value.type == "b64":
            return Value(f"({pointee}*)((const char*){at(base, UNARY - 1)} + {at(offset, ADD)})", "ptr", UNARY)
        return Value(f"({pointee}*)({at(base, ADD)} + {at(offset, ADD)})", "ptr", UNARY)

    def later(self) -> tuple[Instruction, ...]:
        """The instructions behind the one that is being translated."""
        return self.program.instructions[self._group :]

    def declare_carry(self, type: str) -> None:
        """A local for the carry flag, as wide as the builtins want it."""
        if not self.carry:
            self.carry = type
            self._names["carry.flag"] = "carry"
            self._types["carry.flag"] = type

    def note(self, level: Level, message: str, hint: str = "", hazard: str = "") -> None:
        """Say something of the place."""
        self.notes.append((level, message, hint, hazard))

    # -- the machine -----------------------------------------------------------------------------------------------

    def _as_stored(self, value: Value, type: str) -> Value:
        """A value of an instruction's type for a register of a declared one: wider registers are extended."""
        if value.type == type or (value.is_integer and type in (f"b{value.bits}", f"u{value.bits}", f"s{value.bits}")):
            return value
        if value.type == "pred":
            raise UntranslatedError("a predicate is stored to a number")
        if type == "ptr":
            return convert(value, "u64")
        if value.is_integer and type[0] in "usb" and type not in FLOATS and value.bits < BITS[type]:
            return value  # C++ extends by the value's own sign
        try:
            return convert(value, type)
        except ValueError as error:
            raise UntranslatedError(str(error)) from None

    def _emit(self, target: Ref | str | None, value: Value) -> None:
        self.statements.append(Statement(target, value, self._group, self._guard))

    def run(self) -> Translation:
        """Translate the whole program, or raise UntranslatedError."""
        for one in self.program.instructions:
            for argument in one.arguments[:1]:
                for part in _flat(argument):
                    if isinstance(part, Reg):
                        self._writes[part.name] = self._writes.get(part.name, 0) + 1 + (one.guard is not None)
                    elif isinstance(part, Ref) and not self.operands[part.index].output:
                        self._changed_inputs.add(part.index)
        for one in self.program.instructions:
            handler = _HANDLERS.get(one.name)
            if handler is None:
                raise UntranslatedError(f"PTX instruction {one.opcode} is not known")
            self._group += 1
            self._guard = "" if one.guard is None else self.read(one.guard, "pred").text
            try:
                handler(self, one)
            except UntranslatedError as error:
                named = error.reason if one.name in error.reason else f"{one.opcode}: {error.reason}"
                raise UntranslatedError(named, error.hint, error.hazard) from None
            except (IndexError, KeyError, ValueError, StopIteration):
                raise UntranslatedError(f"{one.opcode}: operands or suffixes of this form") from None
        self._forward()
        return self._render()

    def _forward(self) -> None:
        """Put the value of a register that is read once where it is read; drop those that are never read."""
        changed = True
        while changed:
            changed = False
            reads: dict[str, list[int]] = {}
            defined: dict[str, list[int]] = {}
            for index, statement in enumerate(self.statements):
                for name in _LOCAL.findall(statement.value.text + statement.guard):
                    reads.setdefault(name, []).append(index)
                if isinstance(statement.target, str):
                    defined.setdefault(statement.target, []).append(index)
            for name, places in defined.items():
                if len(places) > 1 or (self.statements[places[0]].guard and not self.statements[places[0]].bound):
                    continue
                index, definition = places[0], self.statements[places[0]]
                uses = reads.get(name, [])
                if not uses:
                    if definition.value.pure:
                        del self.statements[index]
                    else:
                        definition.target = None
                    changed = True
                    break
                if len(uses) > 1 or (definition.bound and not definition.value.pure and uses[0] != index + 1):
                    continue
                if self._inline(index, uses[0], name):
                    changed = True
                    break

    def _inline(self, index: int, use: int, name: str) -> bool:
        definition, user = self.statements[index], self.statements[use]
        depends = set(_LOCAL.findall(definition.value.text))
        for between in self.statements[index + 1 : use]:
            if isinstance(between.target, str) and between.target in depends:
                return False
            if isinstance(between.target, Ref) and f"\x01{between.target.index}\x02" in definition.value.text:
                return False
        marker = f"\x03{name}\x04"
        if (user.value.text + user.guard).count(marker) != 1:
            return False
        if not definition.value.pure and (
            use != index + 1 or definition.guard != user.guard or marker in user.guard
            or re.search(r"\?|&&|\|\|", user.value.text) or not user.value.pure
        ):  # fmt: skip
            return False
        if marker in user.guard and len({s.group for s in self.statements if marker in s.guard}) > 1:
            return False
        user.guard = _substitute(user.guard, marker, definition.value)
        user.value = replace(
            user.value, text=_substitute(user.value.text, marker, definition.value),
            prec=definition.value.prec if user.value.text == marker else user.value.prec,
            pure=user.value.pure and definition.value.pure,
        )  # fmt: skip
        del self.statements[index]
        return True

    def _render(self) -> Translation:
        temporaries = self._operands_that_need_a_copy()
        bound = self._inputs_to_bind() - temporaries
        names = self._local_names(temporaries, bound)
        lines: list[str] = []
        for index in sorted(bound):
            operand = self.operands[index]
            lines.append(f"const auto {names[f'in{index}']} = {operand.text};")
        counts: dict[str, int] = {}
        for statement in self.statements:
            if isinstance(statement.target, str):
                counts[statement.target] = (
                    counts.get(statement.target, 0) + 1 + bool(statement.guard and not statement.bound)
                )
        if self.carry:
            lines.append(f"{C_TYPES[self.carry]} {names['carry.flag']};")
        for name, count in counts.items():
            if count > 1:
                type = self.program.registers.get(name) or self._types[name]
                lines.append(f"{c_type(type)} {names[name]};")
        for index in sorted(temporaries):
            operand = self.operands[index]
            own = c_type(operand.value.type)
            writes = [s for s in self.statements if s.target == Ref(index)]
            if operand.read:
                lines.append(
                    f"{own} {names[f'out{index}']} = "
                    f"{convert(operand.value, 'u64').text if operand.value.type == 'ptr' else operand.text};"
                )
            elif len(writes) > 1 or writes[0].guard:
                lines.append(f"{own} {names[f'out{index}']};")
                counts[f"out{index}"] = 2

        def text_of(text: str) -> str:
            def one(match: re.Match[str]) -> str:
                index = int(match[1])
                if index in temporaries:
                    return names[f"out{index}"]
                if index in bound:
                    return names[f"in{index}"]
                return self._operand_text(index)

            return _tidy(_LOCAL.sub(lambda m: names[m[1]], _OPERAND.sub(one, text)))

        rendered: list[tuple[int, str, str]] = []
        for statement in self.statements:
            text = text_of(statement.value.text)
            target = statement.target
            if target is None:
                line = f"{text};" if not text.endswith("}") else text
            elif isinstance(target, Ref):
                operand = self.operands[target.index]
                if target.index in temporaries:
                    once = f"out{target.index}" not in counts and not operand.read
                    line = (
                        f"{f'const {c_type(operand.value.type)} ' if once else ''}{names[f'out{target.index}']} "
                        f"= {text};"
                    )
                elif operand.value.type == "ptr":
                    line = f"{operand.text} = (decltype({operand.text}))({text});"
                else:
                    line = f"{operand.text} = {text};"
            elif counts[target] > 1:
                line = f"{names[target]} = {text};"
            else:
                own = "auto" if self._types[target] == "auto" else C_TYPES[self._types[target]]
                line = f"const {own} {names[target]} = {text};"
            rendered.append((statement.group, text_of(statement.guard), line))
        position = 0
        while position < len(rendered):
            group, guard, line = rendered[position]
            stop = position + 1
            while guard and stop < len(rendered) and rendered[stop][:2] == (group, guard):
                stop += 1
            if not guard:
                lines.append(line)
            elif stop == position + 1:
                lines.append(f"if ({_unwrapped(guard)}) {line}")
            else:
                lines += [
                    f"if ({_unwrapped(guard)}) {{",
                    *(f"    {line}" for _, _, line in rendered[position:stop]),
                    "}",
                ]
            position = stop
        for index in sorted(temporaries):
            operand = self.operands[index]
            if not operand.output:
                continue
            value = names[f"out{index}"]
            lines.append(
                f"{operand.text} = (decltype({operand.text})){value};"
                if operand.value.type == "ptr"
                else f"{operand.text} = {value};"
            )
        used = "\n".join(lines)
        for index, operand in enumerate(self.operands):
            if (
                operand.side_effects
                and not operand.output
                and index not in bound | temporaries
                and not any(f"\x01{index}\x02" in s.value.text + s.guard for s in self.statements)
            ):
                lines.insert(0, f"(void)({operand.text});")
        self._ask_for_helpers(used)
        includes = [header for pattern, header in _HEADERS if re.search(pattern, used)]
        block = len(lines) > 1 or any(re.match(r"const |\w[\w ]* \w+;$|unsigned carry", line) for line in lines)
        return Translation(tuple(lines), block, tuple(includes), tuple(self.used_helpers.values()), tuple(self.notes))

    def _ask_for_helpers(self, text: str) -> None:
        """Take along every helper that a text calls, and those that helpers call."""
        for name in dict.fromkeys(_CALLED.findall(text)):
            if name in HELPERS and name not in self.used_helpers:
                self.used_helpers[name] = HELPERS[name]
                self._ask_for_helpers(HELPERS[name].code)

    def _operand_text(self, index: int) -> str:
        operand = self.operands[index]
        return operand.text if operand.value.prec >= PRIMARY else f"({operand.text})"

    def _operands_that_need_a_copy(self) -> set[int]:
        """Outputs that are written while an input that may be the same object is still to be read, and inputs that
        are written at all.
        """
        copies: set[int] = set()
        for index, operand in enumerate(self.operands):
            writes = [n for n, s in enumerate(self.statements) if s.target == Ref(index)]
            if not writes:
                continue
            if not operand.output:
                copies.add(index)
                self._names[f"out{index}"] = f"copy{index}"
                continue
            reads = sum(s.value.text.count(f"\x01{index}\x02") for s in self.statements)
            if operand.side_effects and len(writes) + reads > 1:
                copies.add(index)
            for n, statement in enumerate(self.statements):
                text = statement.value.text + statement.guard
                if n <= writes[0]:
                    continue
                for other in map(int, _OPERAND.findall(text)):
                    if other != index and self.operands[other].read and _may_alias(operand, self.operands[other]):
                        copies.add(index)
                if (
                    isinstance(statement.target, Ref)
                    and statement.target.index != index
                    and _depends(self.operands[statement.target.index].text, operand.text)
                ):
                    copies.add(index)
        return copies

    def _inputs_to_bind(self) -> set[int]:
        """Inputs with side effects that the new text would evaluate more than once, not at all, or late."""
        bound: set[int] = set()
        for index, operand in enumerate(self.operands):
            if operand.output or not operand.side_effects:
                continue
            uses = [
                n
                for n, s in enumerate(self.statements)
                for _ in range((s.value.text + s.guard).count(f"\x01{index}\x02"))
            ]
            conditional = any(
                re.search(r"\?|&&|\|\|", self.statements[n].value.text) or self.statements[n].guard for n in uses
            )
            if len(uses) > 1 or (uses and (uses[0] > 0 or conditional)):
                bound.add(index)
        return bound

    def _local_names(self, temporaries: set[int], bound: set[int]) -> dict[str, str]:
        names: dict[str, str] = {}
        used = set(self.taken) | _RESERVED
        wanted = ["carry.flag"] if self.carry else []
        wanted += [s.target for s in self.statements if isinstance(s.target, str)]
        wanted += [f"out{index}" for index in sorted(temporaries)] + [f"in{index}" for index in sorted(bound)]
        for key in wanted:
            if key in names:
                continue
            base = self.prefix + (re.sub(r"\W", "", self._names.get(key, key)) or "value")
            if base[0].isdigit():
                base = f"r{base}"
            name, number = base, 2
            while name in used:
                name, number = f"{base}{'_' if base[-1].isdigit() else ''}{number}", number + 1
            used.add(name)
            names[key] = name
        return names


_RESERVED = {
    "int", "float", "double", "char", "short", "long", "unsigned", "signed", "bool", "if", "else", "for", "while",
    "do", "return", "const",
    "void", "auto", "true", "false", "new", "delete", "this", "and", "or", "not", "xor", "min", "max", "abs"
}  # fmt: skip
_HEADERS = (
    (r"__half|__h(?:fma|add|sub|mul|max|min|abs|neg)|half_as|as_half|2half|\bh2?exp2\b", "hip/hip_fp16.h"),
    (r"bfloat16|bf16x2", "hip/hip_bf16.h"),
    (r"__hip_cvt_|__hip_fp8", "hip/hip_fp8.h"),
)


def _may_alias(output: Operand, source: Operand) -> bool:
    if source.value.literal is not None:
        return False
    if source.scalar and not _mentions(source.text, output.text):
        return False
    return not (
        output.scalar
        and not _mentions(source.text, output.text)
        and not re.search(r"[*\[]|->", source.text)
        and source.scalar
    )


def _mentions(text: str, name: str) -> bool:
    """Whether an expression uses a name that another begins with."""
    root = re.search(r"[A-Za-z_]\w*", name)
    return root is not None and re.search(rf"\b{re.escape(root.group())}\b", text) is not None


def _depends(lvalue: str, written: str) -> bool:
    """Whether storing to `written` could move where `lvalue` is: `p[0]` after `p`, `a[i]` after `i`."""
    return lvalue != written and re.search(rf"(?<![\w.]){re.escape(written)}(?!\w)", lvalue) is not None


def _substitute(text: str, marker: str, value: Value) -> str:
    if text == marker:
        return value.text
    return text.replace(marker, value.text if value.prec >= PRIMARY else f"({value.text})")


def _unwrapped(text: str) -> str:
    if text.startswith("(") and _paired(text, 0) == len(text) - 1:
        return text[1:-1]
    return text


def _paired(text: str, position: int) -> int:
    depth = 0
    for index in range(position, len(text)):
        depth += (text[index] == "(") - (text[index] == ")")
        if depth == 0:
            return index
    return -1


def _tidy(text: str) -> str:
    """Drop parentheses around a whole argument or a whole right-hand side, and doubled ones."""
    text = _unwrapped(text) if text.startswith("((") else text
    text = text.replace("(unsigned)(unsigned long long)", "(unsigned)").replace(
        "(unsigned)lds_address(", "lds_address("
    )
    position = 0
    while (position := text.find("(", position)) >= 0:
        closing = _paired(text, position)
        before, behind = text[:position].rstrip()[-1:], text[closing + 1 : closing + 2]
        inner = text[position + 1 : closing]
        argument = before in ("(", ",") and behind in (",", ")")
        if text[:position].endswith("__attribute__("):
            position += 1
            continue
        called = before == "(" and re.search(r"\w\($|>\($", text[:position].rstrip()) is not None
        if (
            closing > 0
            and argument
            and (called or before == "," or inner.startswith("(") is False)
            and not _top_comma(inner)
            and not _is_cast(text, position, closing)
        ):
            text = text[:position] + inner + text[closing + 1 :]
            continue
        position += 1
    return text


def _is_cast(text: str, position: int, closing: int) -> bool:
    return (
        re.fullmatch(
            r"(?:const |volatile )?(?:unsigned|signed|int|long|short|float|double|char|\s|\*)+",
            text[position + 1 : closing],
        )
        is not None
    )


def _top_comma(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            return True
    return False


def _c_typed(value: Value) -> str:
    """A type with a C++ name for a value whose sign is not known."""
    if value.type == "ptr":
        return "auto"
    return typed(value.type)


def _flat(argument: Argument) -> list[Argument]:
    match argument:
        case Vector(parts):
            return list(parts)
        case Both(first, second):
            return [*_flat(first), second]
        case _:
            return [argument]


# -- special registers
# ---------------------------------------------------------------------------------------------------

_INDEX = {"tid": "threadIdx", "ntid": "blockDim", "ctaid": "blockIdx", "nctaid": "gridDim"}
_LANE_MASKS = {"lt": "(1u << {}) - 1u", "le": "(2u << {}) - 1u", "eq": "1u << {}", "gt": "~1u << {}", "ge": "~0u << {}"}


def special_register(translator: Translator, name: str) -> Value:
    """The value of `%laneid` and its like."""
    plain = name.lstrip("%")
    base, _, axis = plain.partition(".")
    if base in _INDEX and axis in ("x", "y", "z"):
        return Value(f"{_INDEX[base]}.{axis}", "u32")
    if plain == "WARP_SZ":
        return literal(32, "u32")
    if not name.startswith("%"):
        raise UntranslatedError(f"the symbol {name} is not declared in this asm")
    lane = "(__lane_id() & 31)"
    if plain == "laneid":
        return Value("__lane_id() & 31", "u32", 7)
    if plain.startswith("lanemask_") and plain[9:] in _LANE_MASKS:
        return Value(_LANE_MASKS[plain[9:]].format(lane), "u32", ADD if plain[9:] in ("lt", "le") else 10)
    match plain:
        case "warpsize":
            return literal(32, "u32")
        case "warpid":
            return translator.call("ptx_warpid", [], "u32")
        case "smid":
            translator.note(
                Level.TEST, "%smid became __smid(): on AMD it packs engine and compute-unit numbers, so it is "
                            "sparse and can exceed "
                "the number of multiprocessors", "don't index an array of multiProcessorCount entries with it", "X04",
            )  # fmt: skip
            return Value("__smid()", "u32")
        case "clock":
            _clock_note(translator)
            return Value("(unsigned)clock64()", "u32", UNARY, pure=False)
        case "clock64":
            _clock_note(translator)
            return Value("(unsigned long long)clock64()", "u64", UNARY, pure=False)
        case "globaltimer":
            translator.note(
                Level.TEST, "%globaltimer counts nanoseconds; the port takes wall_clock64() for a 100 MHz counter",
                "compare hipDeviceAttributeWallClockRate (in kHz) with 100000 on the target", "X06",
            )  # fmt: skip
            return Value("(unsigned long long)wall_clock64() * 10", "u64", 12, pure=False)
        case "dynamic_smem_size":
            return translator.call("ptx_dynamic_smem_size", [], "u32")
        case "total_smem_size":
            return translator.call("ptx_total_smem_size", [], "u32")
        case "nsmid" | "nwarpid" | "gridid":
            raise UntranslatedError(
                f"%{plain} has no counterpart on AMD", "pass the number from the host as a kernel argument", "X04"
            )
        case _ if plain.startswith(("cluster", "is_explicit_cluster")):
            raise UntranslatedError(
                f"%{plain}: AMD has no thread-block clusters", "launch without clusters, a cluster of one block", "X22"
            )
        case _:
            raise UntranslatedError(f"the register %{plain} is not declared in this asm")


def _clock_note(translator: Translator) -> None:
    translator.note(
        Level.TEST, "clock64() counts core cycles on AMD; on gfx11 the counter has 20 bits and wraps within a "
                    "millisecond",
        "use wall_clock64() and hipDeviceAttributeWallClockRate to measure time", "X05",
    )  # fmt: skip
