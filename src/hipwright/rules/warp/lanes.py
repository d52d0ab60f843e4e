"""What the rules of this folder share: the logical warp of 32 lanes inside a wavefront, and which calls are CUDA's.

A CUDA warp is the 32-lane half of a wave64 wavefront that the calling lane is in, or the whole of a wave32 wavefront.
Thread *n* of a block is lane `n % 64` or `n % 32`, so both views cut a block at the same threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from tree_sitter import Node

from hipwright.finding import Level, Note
from hipwright.rule import Facts, Site, descend
from hipwright.source import Call, Source, ancestors

OWN_HALF = "(__lane_id() & 32)"  # where the own logical warp begins in a 64-bit lane mask; 0 on wave32

_AMD = re.compile(r"HIP|ROCM|AMD|HCC|__gfx|__GFX")
_NEGATED = re.compile(r"!\s*(?:defined\b|\(|\w)")
_NVIDIA = re.compile(r"CUDA|NVCC|NVIDIA")
_DECLARING = ("function_declarator", "preproc_function_def", "preproc_def", "field_identifier", "preproc_params")
_WIDE_MASK = re.compile(r"(?i)\bu?int64_t\b|\blong\s+long\b|\b\d[\da-fx']*(?:u?ll|llu)\b")
_HIP_INCLUDE = re.compile(rb"^[ \t]*#[ \t]*include[ \t]*[<\"]hip/", re.M)


def cuda_call(site: Site) -> Call | None:
    """The call of a CUDA function at this site: no declaration, member, other namespace's function or code for AMD.

    A leading `::` belongs to the call.
    """
    node = site.node
    if node.type == "field_identifier" or (node.parent is not None and node.parent.type in _DECLARING):
        return None
    call = site.call
    if call is None or amd_only(site.node, site.source):
        return None
    data, start = site.source.data, call.start
    if data[start - 2 : start] == b"::" and start >= 2:
        before = data[start - 3 : start - 2]
        if before.isalnum() or before in (b"_", b">"):
            return None
        call = replace(call, start=start - 2)
    return call


def amd_only(node: Node, source: Source) -> bool:
    """Whether this code exists only in an AMD build. It was written for AMD by people and means what it says."""
    return for_platform(node, source) is True


def for_platform(node: Node, source: Source) -> bool | None:
    """True where a branch of `#if` is there for AMD only, False where it is there for all but AMD, None otherwise."""
    for outer, inner in _enclosing(node, source):
        if outer.type in ("preproc_ifdef", "preproc_if", "preproc_elif"):
            asks = _asks_for_amd(outer, source)
            if asks is not None:
                in_else = inner.type in ("preproc_else", "preproc_elif", "preproc_elifdef") and inner.parent == outer
                return asks != in_else
    return None


def condition_asks(node: Node, source: Source, name: str) -> bool:
    """Whether a `#if` around the node, or the one it stands in, asks for this macro."""
    for outer, _ in _enclosing(node, source):
        if outer.type in ("preproc_ifdef", "preproc_if", "preproc_elif"):
            asked = outer.child_by_field_name("name") or outer.child_by_field_name("condition")
            if asked is not None and name in source.text(asked.start_byte, asked.end_byte):
                return True
    return False


def _enclosing(node: Node, source: Source) -> Iterator[tuple[Node, Node]]:
    """The nodes around a node, each with the one inside it; from a macro's body on to the file around the macro."""
    inner = node
    for outer in ancestors(node):
        yield outer, inner
        inner = outer
    if inner != source.tree.root_node:
        place = source.tree.root_node.descendant_for_byte_range(node.start_byte, node.end_byte)
        if place is not None:
            inner = place
            for outer in ancestors(place):
                yield outer, inner
                inner = outer


def _asks_for_amd(branch: Node, source: Source) -> bool | None:
    """True for `#ifdef __HIP…`, False for its negation, None where the condition says nothing about AMD."""
    name = branch.child_by_field_name("name") or branch.child_by_field_name("condition")
    if name is None:
        return None
    condition = source.text(name.start_byte, name.end_byte)
    if not _AMD.search(condition) or _NVIDIA.search(condition):
        return None
    negated = _NEGATED.search(condition) is not None
    if branch.children and branch.children[0].type == "#ifndef":
        negated = not negated
    return not negated


def native_hip(source: Source) -> bool:
    """Whether the file was HIP before the port: it includes HIP's headers unconditionally.

    There `warpSize` and mask-free shuffles mean the wavefront and are left alone.
    """
    return source.hip and _includes_hip(source)


@lru_cache(maxsize=4)
def _includes_hip(source: Source) -> bool:
    for match in _HIP_INCLUDE.finditer(source.data):
        node = source.tree.root_node.descendant_for_byte_range(match.end(), match.end())
        if node is not None and not _chosen_by_platform(node, source):
            return True
    return False


def _chosen_by_platform(node: Node, source: Source) -> bool:
    for outer in ancestors(node):
        if outer.type in ("preproc_ifdef", "preproc_if", "preproc_elif"):
            name = outer.child_by_field_name("name") or outer.child_by_field_name("condition")
            text = "" if name is None else source.text(name.start_byte, name.end_byte)
            if _AMD.search(text) or _NVIDIA.search(text):
                return True
    return False


def wide_mask(facts: Facts, mask: str) -> bool:
    """Whether a lane mask is a 64-bit one, which only HIP code has."""
    value = facts.integer(mask)
    if value is not None:
        return value > 0xFFFFFFFF or (value < 0 and _WIDE_MASK.search(facts.macro(mask) or mask) is not None)
    return _WIDE_MASK.search(mask) is not None


def covers_warp(facts: Facts, mask: str) -> bool:
    """Whether a mask names every lane that can be active: all 32, or `__activemask()` itself."""
    text = mask.strip()
    if text in ("__activemask()", "UINT_MAX", "UINT32_MAX"):
        return True
    value = facts.integer(text)
    return value is not None and value & 0xFFFFFFFF == 0xFFFFFFFF


def in_raw_string(site: Site) -> bool:
    """Whether the code stands in a string that is compiled at run time, where no definition can be put before it."""
    node = site.source.tree.root_node.descendant_for_byte_range(site.node.start_byte, site.node.end_byte)
    return node is not None and node.type == "raw_string_content"


def cannot_define(site: Site, what: str) -> Note:
    """The Note for code in a string that would need a definition before it."""
    return site.note(
        Level.TODO,
        f"{what}, and this code is compiled at run time from a string, into which no definition was put",
        "write it out in the string over `__shfl_xor(value, offset, 32)`",
    )


def type_of(site: Site, expression: str) -> str:
    """The type that the enclosing function declares for a plain variable; empty when that can't be told."""
    if not expression.isidentifier():
        return ""
    function = site.within("function_definition")
    if function is None:
        return ""
    return _declared_types(site.source, function.start_byte, function.end_byte).get(expression, "")


@lru_cache(maxsize=8)
def _declared_types(source: Source, start: int, end: int) -> Mapping[str, str]:
    function: Node | None = source.node_at(start, end)
    while function is not None and function.type != "function_definition":
        function = function.parent
    if function is None:
        return {}
    types: dict[str, str] = {}
    for declaration in descend(function, frozenset({"parameter_declaration", "declaration"})):
        written = declaration.child_by_field_name("type")
        if written is None:
            continue
        text = source.text(written.start_byte, written.end_byte)
        for declarator in declaration.children_by_field_name("declarator"):
            name: Node | None = declarator
            while name is not None and name.type == "init_declarator":
                name = name.child_by_field_name("declarator")
            if name is not None and name.type == "identifier":
                types.setdefault(source.text(name.start_byte, name.end_byte), text)
    return types
