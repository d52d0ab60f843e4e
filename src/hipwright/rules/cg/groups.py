"""What the rules of this folder ask of a file: how it calls the namespace, which of its variables are grids."""

from __future__ import annotations

import re
from functools import lru_cache

from tree_sitter import Node

from hipwright.rule import Site
from hipwright.source import Source

_ALIAS = re.compile(rb"\bnamespace\s+(\w+)\s*=\s*(?:::)?\s*cooperative_groups\s*;")
_USING = re.compile(rb"\busing\s+namespace\s+(?:::)?\s*cooperative_groups\s*;")
_GRID = re.compile(
    rb"\bgrid_group\s*(?:const\s*)?&?\s*(\w+)|\b(\w+)\s*(?:=|\(|\{)\s*(?:\w+\s*::\s*)*this_grid\s*\(\s*\)"
)


@lru_cache(maxsize=4)
def namespaces(source: Source) -> frozenset[str]:
    """The names by which a file may qualify cooperative groups; with the empty one if it needs none."""
    names = {"cooperative_groups", "cg"} | {match[1].decode() for match in _ALIAS.finditer(source.data)}
    if _USING.search(source.data):
        names.add("")
    return frozenset(names)


@lru_cache(maxsize=4)
def mentions_groups(source: Source) -> bool:
    """Whether a file has to do with cooperative groups at all."""
    return b"cooperative_groups" in source.data or b"cg::" in source.data


def qualifier(site: Site) -> tuple[str, int]:
    """The namespace written before the identifier, empty for none, and the byte at which the whole name begins."""
    node = site.node
    start = node.start_byte
    while node.parent is not None and node.parent.type in (
        "template_function",
        "template_type",
        "qualified_identifier",
    ):
        parent = node.parent
        if parent.type == "qualified_identifier":
            scope = parent.child_by_field_name("scope")
            if scope is None or scope == node or parent.child_by_field_name("name") != node:
                break
            return site.source.text(scope.start_byte, scope.end_byte), parent.start_byte
        node = parent
    return "", start


def from_groups(site: Site) -> bool:
    """Whether the identifier is a name of the namespace, as far as its spelling tells."""
    return site.node.type != "field_identifier" and qualifier(site)[0] in namespaces(site.source)


@lru_cache(maxsize=4)
def _grids(source: Source) -> frozenset[str]:
    return frozenset((match[1] or match[2]).decode() for match in _GRID.finditer(source.data))


def is_grid(source: Source, owner: Node) -> bool:
    """Whether an expression is the grid's group."""
    text = source.text(owner.start_byte, owner.end_byte)
    return text in _grids(source) or text.endswith("this_grid()")
