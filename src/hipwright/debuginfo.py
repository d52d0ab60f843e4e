"""Read types out of the debug information of LLVM IR: which record a kernel is given, and how it is laid out.

The compiler computed these layouts for the very code that it generated; nothing here computes one. Only an alignment
that nobody wrote down is not among them, see `alignments`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

_NODE = re.compile(r"^!(\d+) = (?:distinct )?!(?:(\w+)\((.*)\)|\{(.*)\})$", re.M)
_FIELD = re.compile(r'(\w+): (?:"((?:[^"\\]|\\.)*)"|([^,()]*(?:\([^)]*\)[^,()]*)?))(?:, |$)')
_FUNCTION = re.compile(r'^define [^@\n]*@(?:"((?:[^"\\]|\\.)*)"|([\w.$]+))\(.*!dbg !(\d+)', re.M)
_VARIABLE = re.compile(r'^@(?:"((?:[^"\\]|\\.)*)"|([\w.$]+)) = (.*)$', re.M)
_STUB = "__device_stub__"


@dataclass(frozen=True, slots=True)
class Node:
    """One node of metadata: its kind (`DICompositeType`), or a list of operands where the kind is empty."""

    kind: str
    fields: Mapping[str, str]
    items: tuple[int | None, ...] = ()

    def reference(self, name: str) -> int | None:
        """The number of the node that a field names."""
        value = self.fields.get(name, "")
        return int(value[1:]) if re.fullmatch(r"!\d+", value) else None

    def number(self, name: str) -> int:
        """The value of a field, 0 where it is left out."""
        value = self.fields.get(name, "")
        return int(value) if re.fullmatch(r"-?\d+", value) else 0

    def has_flag(self, flag: str) -> bool:
        """Whether a flag such as DIFlagBitField is set."""
        return flag in self.fields.get("flags", "").split(" | ")


@dataclass(frozen=True, slots=True)
class Root:
    """Something that crosses between host and device: a kernel with its parameters, or a variable with one type."""

    kind: str  # "kernel" or "variable"
    name: str  # qualified, template arguments included
    path: str
    line: int
    types: tuple[int | None, ...]
    names: tuple[str, ...] = ()
    symbol: str = ""  # mangled


@dataclass(frozen=True, slots=True)
class Member:
    """A field or a base class."""

    name: str
    type: int | None
    offset: int  # bits
    size: int  # bits; of a bit-field its own


class DebugInfo:
    """The metadata of one module."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._raw = {int(found[1]): found for found in _NODE.finditer(text)}
        self._nodes: dict[int, Node] = {}

    def node(self, number: int | None) -> Node:
        """A node by its number; an empty one where there is none."""
        found = self._raw.get(number) if number is not None else None
        if number is None or found is None:
            return Node("", {})
        if number not in self._nodes:
            if found[2]:
                fields = {
                    item[1]: _unescaped(item[2]) if item[2] is not None else item[3].strip()
                    for item in _FIELD.finditer(found[3])
                }
                self._nodes[number] = Node(found[2], fields)
            else:
                operands = [item.strip() for item in (found[4] or "").split(",")]
                items = tuple(int(item[1:]) if re.fullmatch(r"!\d+", item) else None for item in operands if item)
                self._nodes[number] = Node("", {}, items)
        return self._nodes[number]

    # -- what crosses --------------------------------------------------------------------------------------------------

    def kernels(self) -> Iterator[Root]:
        """The kernels: on the device by their calling convention, on the host by the name of the stub that launches."""
        for found in _FUNCTION.finditer(self.text):
            symbol = found[1] or found[2]
            line = found[0].partition("@")[0]
            if "amdgpu_kernel" not in line and "ptx_kernel" not in line and _STUB not in symbol:
                continue
            node = self.node(int(found[3]))
            types = self.node(self.node(node.reference("type")).reference("types")).items[1:]
            name = self.qualified(int(found[3])).replace(_STUB, "")
            arguments = {self.node(item).number("arg"): self.node(item).fields.get("name", "")
                         for item in self.node(node.reference("retainedNodes")).items}  # fmt: skip
            names = tuple(arguments.get(index, "") for index in range(1, len(types) + 1))
            yield Root("kernel", name, self.path(node), node.number("line"), types, names, symbol)

    def variables(self, *, device: bool) -> Iterator[Root]:
        """The variables in device memory: by themselves on the device, by their undefined shadows on the host."""
        managed = {name for item in _VARIABLE.finditer(self.text) if (name := item[1] or item[2]).endswith(".managed")}
        for found in _VARIABLE.finditer(self.text):
            symbol, text = found[1] or found[2], found[3]
            wanted = "externally_initialized" in text if device else re.search(r"\bundef\b", text) is not None
            debug = re.search(r"!dbg !(\d+)", text)
            if not wanted or debug is None or f"{symbol}.managed" in managed:
                continue
            number: int | None = int(debug[1])
            if self.node(number).kind == "DIGlobalVariableExpression":
                number = self.node(number).reference("var")
            node = self.node(number)
            yield Root("variable", self.qualified(number), self.path(node), node.number("line"),
                       (node.reference("type"),), symbol=symbol)  # fmt: skip

    def records(self) -> Iterator[int]:
        """Every complete record that the module knows."""
        for number, found in self._raw.items():
            if found[2] == "DICompositeType" and self.is_record(number) and self.node(number).reference("elements"):
                yield number

    def files(self) -> set[str]:
        """The files that anything in the module comes from."""
        return {self.path(self.node(number)) for number, found in self._raw.items()
                if found[2] in ("DISubprogram", "DICompositeType")}  # fmt: skip

    def named(self, name: str) -> Iterator[Root]:
        """The variables, parameters and locals too, of an unqualified name."""
        quoted = f'name: "{name}"'
        for number, found in self._raw.items():
            if found[2] in ("DILocalVariable", "DIGlobalVariable") and quoted in found[3]:
                node = self.node(number)
                if node.fields.get("name") == name:
                    yield Root("name", name, self.path(node), node.number("line"), (node.reference("type"),))

    # -- types ---------------------------------------------------------------------------------------------------------

    def stripped(self, number: int | None) -> tuple[int | None, str]:
        """A type without typedefs and qualifiers, and the name of the innermost typedef that led to it."""
        alias = ""
        while True:
            node = self.node(number)
            tag = node.fields.get("tag", "")
            if tag == "DW_TAG_typedef":
                alias = node.fields.get("name", "")
            elif tag not in ("DW_TAG_const_type", "DW_TAG_volatile_type", "DW_TAG_restrict_type", "DW_TAG_atomic_type"):
                return number, alias
            number = node.reference("baseType")

    def is_record(self, number: int | None) -> bool:
        """Whether a type is a struct, a class or a union."""
        return self.node(number).fields.get("tag") in (
            "DW_TAG_structure_type",
            "DW_TAG_class_type",
            "DW_TAG_union_type",
        )

    def pointee(self, number: int | None) -> int | None:
        """What a pointer or reference points to, or an array consists of; None for any other type."""
        node = self.node(number)
        if node.fields.get("tag") in (
            "DW_TAG_pointer_type", "DW_TAG_reference_type", "DW_TAG_rvalue_reference_type", "DW_TAG_array_type",
        ):  # fmt: skip
            return node.reference("baseType")
        return None

    def size(self, number: int | None) -> int:
        """The size of a type in bits."""
        number, _ = self.stripped(number)
        node = self.node(number)
        if node.fields.get("tag") in ("DW_TAG_reference_type", "DW_TAG_rvalue_reference_type"):
            return node.number("size") or 64
        return node.number("size")

    def members(self, number: int | None) -> list[Member]:
        """Base classes and fields of a record, in the order of their offsets."""
        found = []
        for item in self.node(self.node(number).reference("elements")).items:
            node = self.node(item)
            tag = node.fields.get("tag")
            if tag == "DW_TAG_inheritance":
                kind = "virtual base" if node.has_flag("DIFlagVirtual") else "base"
                base = node.reference("baseType")
                # Where a virtual base is depends on the whole object: its offset here is one into a table.
                offset = 0 if kind == "virtual base" else node.number("offset")
                found.append(Member(f"{kind} {self.type_name(base)}", base, offset, self.size(base)))
            elif tag == "DW_TAG_member" and not node.has_flag("DIFlagStaticMember"):
                kind_of = node.reference("baseType")
                size = node.number("size") or self.size(kind_of)
                found.append(Member(node.fields.get("name", ""), kind_of, node.number("offset"), size))
        return sorted(found, key=lambda member: member.offset)

    def type_name(self, number: int | None) -> str:
        """A type as one writes it; typedefs are followed."""
        number, alias = self.stripped(number)
        if number is None:
            return "void"
        node = self.node(number)
        tag = node.fields.get("tag", "")
        if self.is_record(number) or tag == "DW_TAG_enumeration_type":
            return self.qualified(number, alias)
        if tag in ("DW_TAG_pointer_type", "DW_TAG_reference_type", "DW_TAG_rvalue_reference_type"):
            mark = {"DW_TAG_pointer_type": "*", "DW_TAG_reference_type": "&"}.get(tag, "&&")
            return f"{self.type_name(node.reference('baseType'))}{mark}"
        if tag == "DW_TAG_array_type":
            sizes = ""
            for item in self.node(node.reference("elements")).items:
                count = self.node(item)
                sizes += f"[{count.number('count')}]" if count.kind == "DISubrange" else ""
            return f"{self.type_name(node.reference('baseType'))}{sizes}"
        if node.kind == "DISubroutineType":
            return "function"
        return node.fields.get("name") or tag.removeprefix("DW_TAG_") or "void"

    def qualified(self, number: int | None, alias: str = "") -> str:
        """A name with its namespaces and classes; what has none is called after where it is.

        A lambda's function is left out, because a device pass does not know it.
        """
        node = self.node(number)
        name = node.fields.get("name") or alias
        if not name and node.kind != "DINamespace":
            kind = "lambda" if node.fields.get("tag") == "DW_TAG_class_type" else "unnamed"
            return f"({kind} at {posixpath.splitext(posixpath.basename(self.path(node)))[0]}:{node.number('line')})"
        name = name or "(anonymous namespace)"
        scope = self.node(node.reference("scope"))
        while scope.kind == "DILexicalBlock":
            scope = self.node(scope.reference("scope"))
        if scope.kind in ("DINamespace", "DICompositeType", "DISubprogram"):
            parent = node.reference("scope")
            while self.node(parent).kind == "DILexicalBlock":
                parent = self.node(parent).reference("scope")
            return f"{self.qualified(parent)}::{name}"
        return name

    def path(self, node: Node) -> str:
        """The file that a node stands in, as the compiler named it."""
        file = self.node(node.reference("file"))
        return posixpath.normpath(posixpath.join(file.fields.get("directory", ""), file.fields.get("filename", "")))

    def place(self, number: int | None) -> tuple[str, int]:
        """File and line of a type."""
        node = self.node(number)
        return self.path(node), node.number("line")


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    data = re.sub(rb"\\([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), text.encode("utf-8"))
    return data.decode("utf-8", "replace")


def alignments(dump: str) -> dict[str, int]:
    """The alignment in bytes of every record that clang's `-fdump-record-layouts-simple` lists, by `spelled` name."""
    pattern = r"^Type: (.+)\n\nLayout: <ASTRecordLayout\n  Size:\d+\n(?:  DataSize:\d+\n)?  Alignment:(\d+)"
    return {spelled(found[1]): int(found[2]) // 8 for found in re.finditer(pattern, dump, re.M)}


@lru_cache(maxsize=65536)
def spelled(name: str) -> str:
    """A type's name in a form that debug information and diagnostics share."""
    name = re.sub(r"\b(?:struct|class|union|enum) ", "", name)
    name = re.sub(r"\b(\d+)(?:[uU]?[lL]{0,2})\b", r"\1", name)
    return name.replace(" ", "")
