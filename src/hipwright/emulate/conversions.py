"""Conversions of floating-point numbers to integers as the GPUs' instructions do them.

LLVM leaves the result open where the integer can't hold the number, and this machine's instruction gives another one
there than theirs: programs that clamp by converting depend on it.
"""

from __future__ import annotations

import re

_CONVERSION = re.compile(r"^\s*(%[\w.$-]+) = fpto(s|u)i (<(\d+) x (\w+)>|\w+) (\S.*) to (<\d+ x i\d+>|i\d+)$")
_SUFFIX = {"half": "f16", "bfloat": "bf16", "float": "f32", "double": "f64"}


def to_integer(line: str, used: dict[str, str], *, ptx: bool) -> list[str] | None:
    """Lines in place of a `fptosi` or `fptoui`; None where the line is something else."""
    found = _CONVERSION.match(line)
    if not found:
        return None
    name, sign, kind, count, element, value, target = found.groups()
    return _Conversion(name, sign, kind, element or kind, int(count or 0), used).lines(value, target, ptx)


class _Conversion:
    def __init__(self, name: str, sign: str, kind: str, element: str, count: int, used: dict[str, str]) -> None:
        self.name, self.sign, self.kind, self.element, self.count, self.used = name, sign, kind, element, count, used
        self.made: list[str] = []
        self.number = 0

    def lines(self, value: str, target: str, ptx: bool) -> list[str]:
        bits = int(re.findall(r"i(\d+)", target)[-1])
        if ptx:
            # cvt.rzi saturates; there is none to 8 bits or fewer, so that the cut comes after one to 16.
            wide = max(bits, 16)
            result = self.saturated(self.sign, value, wide)
            if wide == 64:
                # A NaN becomes the top bit alone.
                unordered = self.op(f"fcmp uno {self.kind} {value}, {self.constant('zeroinitializer', '0.0')}")
                top = self.constant(f"splat (i64 {-(1 << 63)})", str(-(1 << 63)))
                result = self.op(
                    f"select {self.of('i1')} {unordered}, {self.of('i64')} {top}, {self.of('i64')} {result}"
                )
        elif bits == 32 or (bits == 16 and self.element == "half"):
            wide, result = bits, self.saturated(self.sign, value, bits)
        elif bits < 32:
            wide, result = 32, self.saturated(self.sign, value, 32)
        elif bits == 64:
            wide, result = 64, self.two_words(value)
        else:
            return [f"  {self.name} = fpto{self.sign}i {self.kind} {value} to {target}"]
        last = f"trunc {self.of(f'i{wide}')} {result} to {target}" if wide != bits else f"freeze {target} {result}"
        return [*self.made, f"  {self.name} = {last}"]

    def two_words(self, value: str) -> str:
        """64 bits on AMD: the whole part is split by a multiplication, and each half converted by itself."""
        if self.element in {"half", "bfloat"}:
            value = self.op(f"fpext {self.kind} {value} to {self.of('float')}")
            self.kind, self.element = self.of("float"), "float"
        number = self.intrinsic("trunc", value)
        absolute = self.sign == "s" and self.element == "float"
        negative = ""
        if absolute:
            # A float has too few digits for the low word of a negative number.
            bits = self.op(f"bitcast {self.kind} {number} to {self.of('i32')}")
            negative = self.op(f"ashr {self.of('i32')} {bits}, {self.constant('splat (i32 31)', '31')}")
            negative = self.op(f"sext {self.of('i32')} {negative} to {self.of('i64')}")
            number = self.intrinsic("fabs", number)
        small, large = self.float_constant("3DF0000000000000"), self.float_constant("C1F0000000000000")  # 2^-32, -2^32
        high = self.intrinsic("floor", self.op(f"fmul {self.kind} {number}, {small}"))
        low = self.intrinsic("fma", high, large, number)
        top = self.saturated("s" if self.sign == "s" and not absolute else "u", high, 32)
        bottom = self.saturated("u", low, 32)
        words = self.of("i64")
        top = self.op(f"zext {self.of('i32')} {top} to {words}")
        top = self.op(f"shl {words} {top}, {self.constant('splat (i64 32)', '32')}")
        bottom = self.op(f"zext {self.of('i32')} {bottom} to {words}")
        whole = self.op(f"or {words} {top}, {bottom}")
        if absolute:
            whole = self.op(f"sub {words} {self.op(f'xor {words} {whole}, {negative}')}, {negative}")
        return whole

    # -- pieces of IR --------------------------------------------------------------------------------------------------

    def of(self, element: str) -> str:
        return f"<{self.count} x {element}>" if self.count else element

    def constant(self, vector: str, scalar: str) -> str:
        return vector if self.count else scalar

    def float_constant(self, digits: str) -> str:
        return self.constant(f"splat ({self.element} 0x{digits})", f"0x{digits}")

    def op(self, text: str) -> str:
        result = f"%hw.cvt.{self.name[1:]}.{self.number}"
        self.number += 1
        self.made.append(f"  {result} = {text}")
        return result

    def suffix(self, element: str) -> str:
        short = _SUFFIX.get(element, element)
        return f"v{self.count}{short}" if self.count else short

    def intrinsic(self, name: str, *values: str) -> str:
        symbol = f"@llvm.{name}.{self.suffix(self.element)}"
        self.used.setdefault(symbol, f"declare {self.kind} {symbol}({', '.join([self.kind] * len(values))})")
        return self.op(f"call {self.kind} {symbol}({', '.join(f'{self.kind} {value}' for value in values)})")

    def saturated(self, sign: str, value: str, bits: int) -> str:
        """The nearest integer of that width; 0 for a NaN."""
        target = self.of(f"i{bits}")
        symbol = f"@llvm.fpto{sign}i.sat.{self.suffix(f'i{bits}')}.{self.suffix(self.element)}"
        self.used.setdefault(symbol, f"declare {target} {symbol}({self.kind})")
        return self.op(f"call {target} {symbol}({self.kind} {value})")
