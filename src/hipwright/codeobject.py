"""Read what an AMD code object says of its kernels: the note that the GPU's loader itself goes by.

The note is MessagePack inside an ELF file. Both are read here with a few lines, because the metadata of the linked
object is the evidence that a kernel was really built, and nothing else here needs a library for either format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_NOTE_SECTION = 7
_METADATA_NOTE = 32  # NT_AMDGPU_METADATA


class CodeObjectError(ValueError):
    """The bytes are not a code object with metadata."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel of a code object, in the terms of its metadata."""

    symbol: str
    vgprs: int
    agprs: int
    sgprs: int
    lds: int
    scratch: int
    vgpr_spills: int
    sgpr_spills: int
    dynamic_stack: bool
    wave: int
    max_block: int
    kernarg: int


def kernels_of(data: bytes) -> list[Kernel]:
    """The kernels of a linked code object; none for a unit that has only device functions."""
    try:
        notes = [body for owner, kind, body in _notes(data) if owner == b"AMDGPU" and kind == _METADATA_NOTE]
        found = [entry for body in notes for entry in _unpack(body, 0)[0].get("amdhsa.kernels", ())]
        return [_kernel(entry) for entry in found]
    except (struct.error, IndexError, KeyError, AttributeError, UnicodeDecodeError) as error:
        raise CodeObjectError(f"the code object's metadata can't be read: {error}") from error


def _kernel(entry: dict[str, Any]) -> Kernel:
    vgprs, agprs = int(entry[".vgpr_count"]), int(entry.get(".agpr_count", 0))
    return Kernel(
        symbol=entry[".name"],
        vgprs=vgprs,
        agprs=agprs,
        sgprs=int(entry[".sgpr_count"]),
        lds=int(entry[".group_segment_fixed_size"]),
        scratch=int(entry[".private_segment_fixed_size"]),
        vgpr_spills=int(entry.get(".vgpr_spill_count", 0)),
        sgpr_spills=int(entry.get(".sgpr_spill_count", 0)),
        dynamic_stack=bool(entry.get(".uses_dynamic_stack", False)),
        wave=int(entry[".wavefront_size"]),
        max_block=int(entry[".max_flat_workgroup_size"]),
        kernarg=int(entry[".kernarg_segment_size"]),
    )


def _notes(data: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Owner, type and content of every note of a 64-bit little-endian ELF file."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise CodeObjectError("this is not a 64-bit ELF file")
    (table,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    for index in range(count):
        header = table + index * size
        (kind,) = struct.unpack_from("<I", data, header + 4)
        offset, length = struct.unpack_from("<QQ", data, header + 0x18)
        if kind != _NOTE_SECTION:
            continue
        position = offset
        while position < offset + length:
            owner_size, body_size, note = struct.unpack_from("<III", data, position)
            owner = position + 12
            body = owner + -(-owner_size // 4) * 4
            yield data[owner : owner + owner_size].rstrip(b"\0"), note, data[body : body + body_size]
            position = body + -(-body_size // 4) * 4


def _unpack(data: bytes, at: int) -> tuple[Any, int]:
    """One MessagePack value and the offset behind it."""
    kind = data[at]
    if kind < 0x80:
        return kind, at + 1
    if kind >= 0xE0:
        return kind - 0x100, at + 1
    if kind < 0x90:
        return _map(data, at + 1, kind & 0x0F)
    if kind < 0xA0:
        return _array(data, at + 1, kind & 0x0F)
    if kind < 0xC0:
        return _string(data, at + 1, kind & 0x1F)
    if kind in _CONSTANTS:
        return _CONSTANTS[kind], at + 1
    if kind in _NUMBERS:
        form = _NUMBERS[kind]
        return struct.unpack_from(form, data, at + 1)[0], at + 1 + struct.calcsize(form)
    form, read = _SIZED[kind]
    (length,) = struct.unpack_from(form, data, at + 1)
    return read(data, at + 1 + struct.calcsize(form), length)


def _string(data: bytes, at: int, length: int) -> tuple[str, int]:
    return data[at : at + length].decode("utf-8"), at + length


def _array(data: bytes, at: int, length: int) -> tuple[list[Any], int]:
    values = []
    for _ in range(length):
        value, at = _unpack(data, at)
        values.append(value)
    return values, at


def _map(data: bytes, at: int, length: int) -> tuple[dict[Any, Any], int]:
    entries = {}
    for _ in range(length):
        key, at = _unpack(data, at)
        entries[key], at = _unpack(data, at)
    return entries, at


_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_SIZED = {
    0xD9: (">B", _string), 0xDA: (">H", _string), 0xDB: (">I", _string),
    0xDC: (">H", _array), 0xDD: (">I", _array), 0xDE: (">H", _map), 0xDF: (">I", _map),
}  # fmt: skip
