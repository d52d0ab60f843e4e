"""What a kernel is given: its parameters as the numbers and pointers that they consist of, from debug information."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from hipwright.debuginfo import DebugInfo, Root
from hipwright.layouts import canonical

_LEAVES = 512  # of one type; what has more is filled as bytes

# Types that are numbers to a kernel but structs to the compiler, by CUDA's name.
_NUMBERS = {
    "__half": ("f16", 1), "__half2": ("f16", 2), "__half_raw": ("f16", 1), "__half2_raw": ("f16", 2),
    "__nv_bfloat16": ("bf16", 1), "__nv_bfloat162": ("bf16", 2), "__nv_bfloat16_raw": ("bf16", 1),
    "__nv_fp8_e4m3": ("f8", 1), "__nv_fp8_e5m2": ("f8", 1),
}  # fmt: skip
_HANDLES = re.compile(r"cuda(?:Texture|Surface)Object_t|texture<|surface<|cudaGraphDeviceNode")
SIZES = {"bool": 1, "i8": 1, "u8": 1, "f8": 1, "i16": 2, "u16": 2, "f16": 2, "bf16": 2, "i32": 4, "u32": 4, "f32": 4,
         "i64": 8, "u64": 8, "f64": 8, "pointer": 8}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leaf:
    """A number or pointer in a type; `count` of them one after the other."""

    name: str
    kind: str  # a key of SIZES
    offset: int = 0
    count: int = 1
    target: int | None = None  # of a pointer: the type it points to; None: void
    values: tuple[int, ...] = ()  # of an enum

    @property
    def size(self) -> int:
        """Bytes of one value."""
        return SIZES[self.kind]


@dataclass(frozen=True, slots=True)
class Shape:
    """A type as what it consists of."""

    name: str
    size: int  # bytes
    leaves: tuple[Leaf, ...]
    handles: tuple[str, ...] = ()  # what nobody can make up: textures, pointers to functions

    @property
    def floating(self) -> bool:
        """Whether it is a floating-point number."""
        return len(self.leaves) == 1 and self.leaves[0].kind in ("f16", "bf16", "f32", "f64", "f8")


@dataclass(frozen=True)
class Signature:
    """A kernel's parameters."""

    name: str
    path: str
    line: int
    parameters: tuple[tuple[str, Shape], ...]
    shapes: Shapes = field(compare=False, repr=False)

    @property
    def handles(self) -> tuple[str, ...]:
        """What keeps the kernel from being launched with made-up arguments."""
        return tuple(f"{name}: {handle}" for name, shape in self.parameters for handle in shape.handles)


class Shapes:
    """The types of one module."""

    def __init__(self, info: DebugInfo) -> None:
        self.info = info
        self._known: dict[int | None, Shape] = {}

    def shape(self, number: int | None) -> Shape:
        """A type; `void` is a byte."""
        if number not in self._known:
            self._known[number] = self._shape(number)
        return self._known[number]

    def signature(self, root: Root) -> Signature:
        """A kernel's parameters."""
        named = [(root.names[at] if at < len(root.names) else "", number) for at, number in enumerate(root.types)]
        parameters = tuple((name or f"#{at}", self.shape(number)) for at, (name, number) in enumerate(named, 1))
        return Signature(root.name, root.path, root.line, parameters, self)

    def _shape(self, number: int | None) -> Shape:
        name = canonical(self.info.type_name(number)) if number is not None else "void"
        if number is None:
            return Shape("void", 1, (Leaf("", "u8"),))
        handles: list[str] = []
        leaves = list(self._leaves(number, "", 0, handles))
        size = max(self.info.size(number) // 8, 1)
        if len(leaves) > _LEAVES:
            leaves = [Leaf("", "u8", 0, size)]
        return Shape(name, size, tuple(leaves), tuple(dict.fromkeys(handles)))

    def _leaves(self, number: int | None, name: str, offset: int, handles: list[str]) -> Iterator[Leaf]:
        info = self.info
        for alias in self._aliases(number):
            if _HANDLES.match(canonical(alias)):
                handles.append(f"{name or 'it'} is a {alias}")
                return
        number, alias = info.stripped(number)
        node = info.node(number)
        tag = node.fields.get("tag", "")
        known = canonical(info.qualified(number, alias)) if info.is_record(number) else ""
        if known in _NUMBERS:
            kind, count = _NUMBERS[known]
            yield Leaf(name, kind, offset, count)
        elif _HANDLES.match(known):
            handles.append(f"{name or 'it'} is a {known}")
        elif tag in ("DW_TAG_pointer_type", "DW_TAG_reference_type", "DW_TAG_rvalue_reference_type"):
            target = node.reference("baseType")
            if info.node(info.stripped(target)[0]).kind == "DISubroutineType":
                handles.append(f"{name or 'it'} points to a function")
            yield Leaf(name, "pointer", offset, target=target)
        elif tag == "DW_TAG_ptr_to_member_type":
            handles.append(f"{name or 'it'} points to a member")
        elif tag == "DW_TAG_array_type":
            yield from self._array(number, name, offset, handles)
        elif info.is_record(number):
            yield from self._record(number, name, offset, handles)
        elif tag == "DW_TAG_enumeration_type":
            listed = (info.node(item) for item in info.node(node.reference("elements")).items)
            values = tuple(each.number("value") for each in listed)
            size = node.number("size") or 32
            yield Leaf(name, f"i{size}", offset, values=values)
        elif node.kind == "DIBasicType":
            yield Leaf(name, _basic(node.fields.get("name", ""), node.fields.get("encoding", ""), node.number("size")),
                       offset)  # fmt: skip
        elif node.number("size"):
            yield Leaf(name, "u8", offset, node.number("size") // 8)

    def _aliases(self, number: int | None) -> Iterator[str]:
        node = self.info.node(number)
        while node.fields.get("tag") in ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type",
                                         "DW_TAG_restrict_type"):  # fmt: skip
            if node.fields["tag"] == "DW_TAG_typedef":
                yield node.fields.get("name", "")
            node = self.info.node(node.reference("baseType"))

    def _array(self, number: int | None, name: str, offset: int, handles: list[str]) -> Iterator[Leaf]:
        node = self.info.node(number)
        base = node.reference("baseType")
        size = max(self.info.size(base) // 8, 1)
        count = self.info.size(number) // 8 // size
        inner = list(self._leaves(base, name, 0, handles))
        if len(inner) == 1 and inner[0].size * inner[0].count == size:
            one = inner[0]
            yield Leaf(name, one.kind, offset, one.count * count, one.target, one.values)
            return
        for at in range(min(count, _LEAVES + 1)):
            for leaf in inner:
                yield Leaf(f"{name}[{at}]{leaf.name.removeprefix(name)}", leaf.kind, offset + at * size + leaf.offset,
                           leaf.count, leaf.target, leaf.values)  # fmt: skip

    def _record(self, number: int | None, name: str, offset: int, handles: list[str]) -> Iterator[Leaf]:
        members = self.info.members(number)
        if self.info.node(number).fields.get("tag") == "DW_TAG_union_type" and members:
            members = [max(members, key=lambda member: (member.size, not self.info.is_record(member.type)))]
        for member in members:
            label = member.name if not member.name.startswith(("base ", "virtual base ")) else ""
            full = f"{name}.{label}" if name and label else name or label
            if label.startswith("_vptr") or member.name.startswith("virtual base"):
                handles.append(f"{name or 'it'} has virtual functions")
            elif member.offset % 8 or member.size % 8:
                if member.offset % 8 == 0:
                    yield Leaf(full, "u8", offset + member.offset // 8)  # bit-fields: the bytes that begin one
            else:
                yield from self._leaves(member.type, full, offset + member.offset // 8, handles)


def _basic(name: str, encoding: str, size: int) -> str:
    if encoding == "DW_ATE_boolean":
        return "bool"
    if encoding == "DW_ATE_float":
        if size == 16:
            return "bf16" if "bf" in name else "f16"
        return f"f{size}" if size in (32, 64) else "f64"
    return f"{'u' if 'unsigned' in encoding else 'i'}{size if size in (8, 16, 32, 64) else 64}"
