"""Launches of a kernel that nobody told how to launch, as a Hypothesis strategy: it shrinks them to the smallest one.

Sizes come from what the text says and from values where kernels break: next to multiples of warps and blocks, odd and
prime. Pointers lead to memory far larger than those sizes ask for.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from hipwright.emulate.driver import Dim, Fill, KernelFacts, Launch, Link, Set
from hipwright.kernels.parameters import Leaf, Shape, Signature
from hipwright.kernels.sites import Sites, shapes_of

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_ADVERSARIAL = (0, 1, 2, 3, 7, 13, 31, 32, 33, 63, 64, 65, 97, 127, 128, 129, 255, 256, 257)
_REALS = (1.0, 0.0, 0.5, -1.0, 2.0, 0.25, 1e-3, 1e-5, -0.75, 3.0)
_INTERIOR = 1 << 14  # bytes in front of a pointer that leads into the middle of its memory
_DEPTH = 3  # of pointers in memory that pointers lead to
_LDS = 48 << 10


@dataclass(frozen=True)
class Subject:
    """A kernel, and what is known of it."""

    signature: Signature
    facts: KernelFacts
    sites: Sites
    dynamic_lds: bool
    variables: tuple[tuple[str, Shape, int], ...] = ()  # device variables to be filled: name, type, bytes
    largest: int = 1024  # lanes of a block


@dataclass(frozen=True)
class Case:
    """A launch, how a person reads it, and the types in its memory."""

    launch: Launch
    said: str = field(compare=False)
    shapes: tuple[Shape, ...] = field(compare=False, repr=False)  # of the arenas
    hints: tuple[str, ...] = field(compare=False, repr=False, default=())  # kinds of what was filled without a type


def cases(subject: Subject, arena: int) -> SearchStrategy[Case]:
    """Launches with `arena` bytes behind each pointer."""
    from hypothesis import strategies

    return strategies.composite(lambda draw: _Case(subject, arena, draw).case())()


class _Case:
    """One launch as it is drawn."""

    def __init__(self, subject: Subject, arena: int, draw: DrawFn) -> None:
        from hypothesis import strategies

        self.subject = subject
        self.arena = arena
        self.draw = draw
        self.st = strategies
        self.arenas: list[int] = []
        self.shapes: list[Shape] = []
        self.hints: list[str] = []
        self.fills: list[Fill] = []
        self.links: list[Link] = []
        self.sets: list[Set] = []
        self.said: list[str] = []
        self.sizes: list[int] = []  # what a scalar may be, because the launch has as many of something

    def one_of(self, values: Sequence[int]) -> int:
        return self.draw(self.st.sampled_from(values))

    def case(self) -> Case:
        block: Dim = self.draw(self.st.sampled_from(shapes_of(self.subject.sites, self.subject.largest)))
        lanes = block[0] * block[1] * block[2]
        axes = self.subject.sites.axes
        grid = (
            self.one_of((1, 2, 3, 4, 5, 7, 8, 16, 33)),
            self.one_of((1, 2, 3, 5)) if axes > 1 else 1,
            self.one_of((1, 2, 3)) if axes > 2 else 1,
        )
        threads = grid[0] * block[0]
        rows = grid[1] * block[1]
        found = [threads, block[0], grid[0], lanes, rows, block[1], grid[1], threads * rows, grid[2], block[2],
                 grid[2] * block[2], grid[0] * grid[1]]  # fmt: skip
        self.sizes = [size for size in dict.fromkeys(found) if size > 0]
        lds = self._lds(lanes)
        arguments = []
        for number, (name, shape) in enumerate(self.subject.signature.parameters):
            arguments.append(self._argument(number, name, shape))
        for name, shape, size in self.subject.variables:
            self._fill(f"@{name}", shape, size, 0)
        launch = Launch(
            grid, block, lds, tuple(self.arenas), tuple(arguments), tuple(self.sets), tuple(self.fills),
            tuple(self.links),
        )  # fmt: skip
        head = f"grid {_dim(grid)}, block {_dim(block)}" + (f", {lds} bytes of dynamic LDS" if lds else "")
        return Case(launch, "; ".join([head, *self.said]), tuple(self.shapes), tuple(self.hints))

    def _lds(self, lanes: int) -> int:
        if not self.subject.dynamic_lds:
            return 0
        room = max(_LDS - self.subject.facts.static_lds, 0)
        known = [size for size in self.subject.sites.lds if size <= room]
        sizes = known or [0, *(lanes * each for each in (1, 2, 4, 8, 12, 16, 32)), 1 << 12, 1 << 14, room]
        return min(self.one_of(sizes), room)

    # -- arguments -----------------------------------------------------------------------------------------------------

    def _argument(self, number: int, name: str, shape: Shape) -> bytes:
        size = self.subject.facts.sizes[number]
        data = bytearray(max(size, shape.size))
        for leaf in shape.leaves:
            label = f"{name}.{leaf.name}" if leaf.name else name
            if leaf.kind == "pointer":
                for at in range(leaf.count):
                    self._pointer(number, label, leaf, leaf.offset + 8 * at)
            else:
                self._scalars(data, label, leaf)
        return bytes(data[:size])

    def _scalars(self, data: bytearray, label: str, leaf: Leaf) -> None:
        values: list[float] = [self._scalar(leaf) for _ in range(min(leaf.count, 8))]
        if leaf.count > len(values):
            random = Random(self.one_of((0, 1, 2)))
            values += [random.choice(values) for _ in range(leaf.count - len(values))]
        for at, value in enumerate(values):
            place = leaf.offset + at * leaf.size
            data[place : place + leaf.size] = packed(leaf.kind, value)
        shown = ", ".join(f"{value:g}" for value in values[:8])
        self.said.append(f"{label} = {shown if leaf.count == 1 else f'[{shown}]'}")

    def _scalar(self, leaf: Leaf) -> float:
        if leaf.kind == "bool":
            return self.one_of((0, 1))
        if leaf.values:
            return self.one_of(leaf.values)
        if leaf.kind in ("f16", "bf16", "f32", "f64", "f8"):
            return float(self.draw(self.st.sampled_from(_REALS)))
        value = self._size()
        low, high = _range(leaf.kind)
        return min(max(value, low), high)

    def _size(self) -> int:
        """A whole number: small, of the launch itself, of the text, or one where kernels break."""
        numbers = self.subject.sites.numbers
        kinds: list[Callable[[], int]] = [
            lambda: self.draw(self.st.integers(0, 9)),
            lambda: self.one_of(self.sizes),
            lambda: self.one_of(_ADVERSARIAL),
            lambda: max(self.one_of(self.sizes) + self.one_of((-1, 1)), 0),
            lambda: self.draw(self.st.integers(0, 300)),
        ]
        if numbers:
            kinds += [lambda: self.one_of(numbers), lambda: self.one_of(numbers) * self.one_of((1, 2, 3))]
        chosen: int = self.draw(self.st.sampled_from(range(len(kinds))))
        return kinds[chosen]()

    def _pointer(self, number: int, label: str, leaf: Leaf, offset: int) -> None:
        if self.one_of((0,) * 15 + (1,)):
            self.said.append(f"{label} = null")
            self.sets.append(Set(number, offset, -1))
            return
        interior = self.one_of((0, 0, 0, 0, 0, 0, _INTERIOR))
        arena = self._arena(label, self.subject.signature.shapes.shape(leaf.target), 0)
        self.sets.append(Set(number, offset, arena, interior))

    # -- memory --------------------------------------------------------------------------------------------------------

    def _arena(self, label: str, shape: Shape, depth: int) -> int:
        number = len(self.arenas)
        self.arenas.append(max(self.arena, 64 * shape.size))
        self.shapes.append(shape)
        self.hints.append("")
        self.said.append("")
        place = len(self.said) - 1
        what = self._fill(str(number), shape, self.arenas[number], depth)
        self.said[place] = f"{label} → {what}"
        return number

    def _fill(self, target: str, shape: Shape, size: int, depth: int) -> str:
        """Fill memory with elements of a type; gives words for it."""
        seed = self.one_of((0, 1, 2, 3))
        words = []
        stride = shape.size if len(shape.leaves) > 1 else 0
        for at, leaf in enumerate(shape.leaves):
            if leaf.kind == "pointer":
                to = (
                    self._arena("*", self.subject.signature.shapes.shape(leaf.target), depth + 1)
                    if depth < _DEPTH
                    else -1
                )
                step = max(self.arena // 64 // 256 * 256, 256) if to >= 0 else 0
                self.links.append(Link(target, to, 0, step, leaf.offset, stride, leaf.count))
                words.append("pointers")
                continue
            kind = leaf.kind
            if shape.name == "void":
                kind = self.draw(self.st.sampled_from(("f32", "u8", "i32", "f16")))
                if target.isdigit():
                    self.hints[int(target)] = kind
            mode, low, high, said = self._content(kind, leaf)
            words.append(f"{kind} {said}")
            self.fills.append(
                Fill(target, kind, mode, low, high, seed * 64 + at, leaf.offset, stride, leaf.count if stride else 1)
            )
        return f"{shape.name} ({', '.join(dict.fromkeys(words))}; seed {seed})"

    def _content(self, kind: str, leaf: Leaf) -> tuple[str, float, float, str]:
        """Mode, low, high and words for the values of one kind."""
        if kind == "bool" or kind == "f8":
            return "raw", 0, 0, "any"
        if leaf.values:
            return "whole", min(leaf.values), max(leaf.values), "enumerators"
        if kind in ("f16", "bf16", "f32", "f64"):
            return self.draw(self.st.sampled_from((
                ("whole", -4.0, 4.0, "whole numbers of -4 to 4"),
                ("uniform", 0.0625, 1.0, "of 0 to 1"),
                ("uniform", -2.0, 2.0, "of -2 to 2"),
            )))  # fmt: skip
        low = -1.0 if kind.startswith("i") else 0.0
        choices = [
            ("whole", 0.0, 7.0, "of 0 to 7"),
            ("whole", 0.0, 31.0, "of 0 to 31"),
            ("whole", 0.0, 127.0, "of 0 to 127"),
            ("ascending", 0.0, 1.0, "0, 1, 2, ..."),
            ("ascending", 0.0, 3.0, "0, 3, 6, ..."),
            ("whole", 0.0, 1.0, "of 0 to 1"),
            ("whole", low, 100.0, f"of {low:g} to 100"),
        ]
        raw = ("raw", 0.0, 0.0, "any bits")
        # Bytes and masks of 64 bits are rarely indices.
        choices = [raw, *choices] if kind in ("u8", "i8", "u64") else [*choices, raw]
        return self.draw(self.st.sampled_from(choices))


def _range(kind: str) -> tuple[int, int]:
    bits = int(kind[1:])
    return (0, (1 << bits) - 1) if kind[0] == "u" else (-(1 << bits - 1), (1 << bits - 1) - 1)


def packed(kind: str, value: float) -> bytes:
    """A number as a kernel reads it."""
    if kind == "bf16":
        bits = struct.unpack("<I", struct.pack("<f", value))[0]
        return struct.pack("<H", (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    if kind == "f8":
        return struct.pack("<B", 0x38 if value else 0)
    if kind in ("f16", "f32", "f64"):
        return struct.pack({"f16": "<e", "f32": "<f", "f64": "<d"}[kind], value)
    size = 8 if kind == "bool" else int(kind[1:])
    return int(value).to_bytes(size // 8, "little", signed=kind[0] == "i")


def _dim(size: Dim) -> str:
    return f"({size[0]}, {size[1]}, {size[2]})"
