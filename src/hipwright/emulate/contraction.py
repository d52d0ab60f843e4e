"""Fuse multiplications and additions as the GPU's own code generator would, after the IR was made.

Both vendors' compilers mark what may be fused and leave the fusing to their back ends, which fuse every such pair of a
block, also where the product has other uses. This machine's back end would fuse fewer: the answers would look more
alike than they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

_OPERATION = re.compile(
    r"^\s*(%[\w.$-]+) = (fmul|fadd|fsub) ((?:(?:contract|fast|nnan|ninf|nsz|arcp|afn|reassoc) )+)"
    r"(<[^>]*>|\w+) (\S+), (\S+)$"
)


_FLAGGED = re.compile(r"(= (?:tail |musttail |notail )?(?:f\w+|call|select|phi) )((?:[a-z]+ )*?)(contract|fast) ")


def without_contract(line: str) -> str:
    """The line without leave to fuse it."""
    if " contract " not in line and " fast " not in line:
        return line
    return _FLAGGED.sub(
        lambda found: f"{found[1]}{found[2]}" + ("reassoc nnan ninf nsz arcp afn " if found[3] == "fast" else ""), line
    )


def fuse(lines: Sequence[str], used: dict[str, str], site: Callable[[str], int] | None = None) -> list[str]:
    """The lines of one block with contractable pairs made fused; declarations that this needs go to `used`.

    With `site`, which numbers the operation of a result, each fused operation stands beside the unfused one and
    `@hw.unfused` says at run time which of the two counts.
    """
    if not any(" contract " in line or " fast " in line for line in lines):
        return list(lines)
    uses: Counter[str] = Counter(name for line in lines for name in re.findall(r"%[\w.$-]+", line.partition(" = ")[2]))
    products: dict[str, tuple[str, str]] = {}
    made: list[str] = []
    for line in lines:
        found = _OPERATION.match(line)
        if not found or not re.search(r"contract|fast", found[3]):
            made.append(line)
            continue
        name, operation, _flags, kind, first, second = found.groups()
        if operation == "fmul":
            products[name] = first, second
            made.append(line)
            continue
        left, right = products.get(first), products.get(second)
        # With two products to choose from, the back ends take the one with fewer uses.
        if left and right and uses[first] > uses[second]:
            left = None
        if not left and not right:
            made.append(line)
            continue
        suffix = re.sub(r"<(\d+) x (\w+)>", r"v\1\2", kind)
        suffix = (
            suffix.replace("float", "f32").replace("double", "f64").replace("bfloat", "bf16").replace("half", "f16")
        )
        suffix = suffix.replace("bf32", "bf16")
        function = f"@llvm.fma.{suffix}"
        used.setdefault(function, f"declare {kind} {function}({kind}, {kind}, {kind})")
        factors, other = (left, second) if left else (right, first)
        if factors is None:
            raise AssertionError
        a, b = factors
        result = name if site is None else f"%hw.fused.{name[1:]}"
        if operation == "fsub":
            # a·b − c, or c − a·b
            negated = f"%hw.neg.{name[1:]}"
            made.append(f"  {negated} = fneg {kind} {other if left else a}")
            if left:
                other = negated
            else:
                a = negated
        made.append(f"  {result} = call {kind} {function}({kind} {a}, {kind} {b}, {kind} {other})")
        if site is not None:
            tail = name[1:]
            made += [
                f"  %hw.apart.{tail} = {operation} {_flags}{kind} {first}, {second}",
                f"  %hw.say.{tail} = load i8, ptr getelementptr (i8, ptr @hw.unfused, i64 {site(name)})",
                f"  %hw.asked.{tail} = icmp eq i8 %hw.say.{tail}, 0",
                f"  {name} = select i1 %hw.asked.{tail}, {kind} {result}, {kind} %hw.apart.{tail}",
            ]
    return made
