"""Compare what two launches left in memory, value by value, each by its type."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hipwright.compare import Tolerance, Verdict
from hipwright.emulate.driver import Change
from hipwright.kernels.parameters import Leaf, Shape

_CHUNK = 16  # changes come in whole ones; a value of a usual type lies in one

# How far floating-point numbers may be off, by type: the same ratio to the type's precision as in text.
TOLERANCES = {
    "f64": Tolerance(1e-11, 1e-12, 4),
    "f32": Tolerance(),
    "f16": Tolerance(2e-3, 5e-4, 2),
    "bf16": Tolerance(1.6e-2, 4e-3, 2),
}
_CODES = {"f64": "<d", "f32": "<f", "f16": "<e", "bool": "<B", "f8": "<B", "i8": "<b", "u8": "<B", "i16": "<h",
          "u16": "<H",           "i32": "<i", "u32": "<I", "i64": "<q", "u64": "<Q", "pointer": "<Q"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Memory:
    """Changed memory of two launches compared."""

    verdict: Verdict  # SAME, TOLERANCE or DIFFERENT
    count: int = 0  # values that differ
    where: str = ""  # the first one of them
    left: str = ""
    right: str = ""
    worst: float = 0.0  # the largest relative error that was let pass
    nans: int = 0  # NaN on both sides with different bits


# How far values of one kind in one memory may be off for reasons of rounding, by the memory and the kind.
Noise = Mapping[tuple[str, str], float]
_ROUNDING = 16  # times the tolerance of the largest value that fusing moves, at most
_NOISY = 4  # times as much as fusing moves an answer is still rounding


def changed(changes: Iterable[Change]) -> int:
    """How many bytes a launch changed."""
    return sum(a != b for change in changes for a, b in zip(change.new, change.old, strict=True))


def noise(left: Iterable[Change], right: Iterable[Change], shapes: Mapping[str, Shape]) -> dict[tuple[str, str], float]:
    """How far floating-point values of two launches of the same code lie apart at most."""
    found: dict[tuple[str, str], float] = {}
    largest: dict[tuple[str, str], float] = {}
    for target, value in _different(_chunks(left), _chunks(right), shapes):
        if value.off:
            key = target, value.kind
            found[key] = max(found.get(key, 0.0), value.off)
            largest[key] = max(largest.get(key, 0.0), value.off / value.error)
    # More than this is no rounding: a branch went the other way, and nothing could be told by such a measure.
    return {key: off for key, off in found.items() if off <= _ROUNDING * TOLERANCES[key[1]].relative * largest[key]}


def compare_memory(
    left: Iterable[Change], right: Iterable[Change], shapes: Mapping[str, Shape], noisy: Noise | None = None
) -> Memory:
    """Compare two launches that began with the same memory; `shapes` are the types of its elements.

    Where the code itself is known to be `noisy`, a difference of that size is let pass: terms that cancel each other
    leave nothing but the rounding of large ones.
    """
    count, nans, worst = 0, 0, 0.0
    first: tuple[str, str, str] | None = None
    for target, found in _different(_chunks(left), _chunks(right), shapes):
        allowed = _NOISY * noisy.get((target, found.kind), 0.0) if noisy else 0.0
        if found.agree or 0 < found.off <= allowed:
            worst = max(worst, found.error)
            nans += found.nan
            continue
        count += 1
        first = first or (f"{target}{found.where}", found.left, found.right)
    if first:
        return Memory(Verdict.DIFFERENT, count, *first, worst, nans)
    return Memory(Verdict.TOLERANCE if worst or nans else Verdict.SAME, worst=worst, nans=nans)


def _different(
    ours: Mapping[tuple[str, int], tuple[bytes, bytes]],
    theirs: Mapping[tuple[str, int], tuple[bytes, bytes]],
    shapes: Mapping[str, Shape],
) -> Iterator[tuple[str, _Value]]:
    """The values whose bytes differ, with the memory that each is in."""
    for key in sorted(ours.keys() | theirs.keys(), key=lambda key: (key[0].zfill(4), key[1])):
        one, other = ours.get(key), theirs.get(key)
        before = (one or other or (b"", b""))[1]
        mine, its = one[0] if one else before, other[0] if other else before
        if mine != its:
            target, offset = key
            yield from ((target, value) for value in _values(shapes.get(target), offset, mine, its))


def _chunks(changes: Iterable[Change]) -> dict[tuple[str, int], tuple[bytes, bytes]]:
    return {
        (change.target, change.offset + at): (change.new[at : at + _CHUNK], change.old[at : at + _CHUNK])
        for change in changes
        for at in range(0, len(change.new), _CHUNK)
    }


@dataclass(frozen=True, slots=True)
class _Value:
    agree: bool
    where: str = ""
    left: str = ""
    right: str = ""
    error: float = 0.0  # relative
    off: float = 0.0  # of finite floating-point numbers
    nan: bool = False
    kind: str = ""


def _values(shape: Shape | None, offset: int, left: bytes, right: bytes) -> Iterator[_Value]:
    """The values in a chunk whose bytes differ."""
    if shape is None or not shape.leaves:
        yield from _bytes(offset, left, right)
        return
    covered: set[int] = set()
    first = offset // shape.size
    last = (offset + len(left) - 1) // shape.size
    for element in range(first, last + 1):
        for leaf in shape.leaves:
            begin = element * shape.size + leaf.offset
            low = max(0, (offset - begin) // leaf.size)
            high = min(leaf.count, -(-(offset + len(left) - begin) // leaf.size))
            for index in range(low, high):
                at = begin + index * leaf.size - offset
                place = range(max(at, 0), min(at + leaf.size, len(left)))
                if left[place.start : place.stop] == right[place.start : place.stop]:
                    continue
                whole = at >= 0 and at + leaf.size <= len(left)
                name = f"[{element}]" + (f".{leaf.name}" if leaf.name else "")
                name += f"[{index}]" if leaf.count > 1 else ""
                covered.update(place)
                if leaf.kind == "pointer":
                    continue  # addresses are nobody's answer
                if whole:
                    yield _value(leaf, name, left[at : at + leaf.size], right[at : at + leaf.size])
                else:
                    yield _Value(
                        False, name, left[place.start : place.stop].hex(), right[place.start : place.stop].hex()
                    )
    # Bytes between the fields of a struct mean nothing.


def _bytes(offset: int, left: bytes, right: bytes) -> Iterator[_Value]:
    for at, (a, b) in enumerate(zip(left, right, strict=True)):
        if a != b:
            yield _Value(False, f" byte {offset + at}", f"{a:#04x}", f"{b:#04x}")


def _value(leaf: Leaf, name: str, left: bytes, right: bytes) -> _Value:
    a, b = read(leaf.kind, left), read(leaf.kind, right)
    tolerance = TOLERANCES.get(leaf.kind)
    if tolerance is None:
        return _Value(False, name, f"{a}", f"{b}")
    if math.isnan(a) and math.isnan(b):
        return _Value(True, nan=True)
    off = abs(a - b) if math.isfinite(a) and math.isfinite(b) else 0.0
    error = off / max(abs(a), abs(b)) if off else 0.0
    if tolerance.holds(a, b):
        return _Value(True, error=error, off=off, kind=leaf.kind)
    return _Value(False, name, f"{a!r}", f"{b!r}", error, off, kind=leaf.kind)


def read(kind: str, data: bytes) -> float:
    """A number from its bytes."""
    if kind == "bf16":
        value: float = struct.unpack("<f", b"\0\0" + data)[0]
    else:
        value = struct.unpack(_CODES[kind], data)[0]
    return value
