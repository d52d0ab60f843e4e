"""What the library rules ask of a place: whether CUDA's name is used there, and how its arguments read."""

from __future__ import annotations

import re

from tree_sitter import Node

from hipwright.knowledge import names
from hipwright.rule import Site, descend
from hipwright.source import Call

_DECLARATORS = frozenset({"function_declarator", "pointer_declarator", "reference_declarator", "init_declarator"})
_DEFINITIONS = frozenset(
    {"preproc_def", "preproc_function_def", "enumerator", "type_definition", "struct_specifier", "class_specifier",
     "enum_specifier", "alias_declaration"}
)  # fmt: skip


def used(site: Site) -> bool:
    """Whether the identifier refers to CUDA's own name: no member, no name of another scope, nothing declared here."""
    node, parent = site.node, site.node.parent
    if parent is None:
        return True
    if parent.type in ("field_expression", "field_initializer", "field_designator", "preproc_ifdef", "preproc_defined"):
        return parent.type == "field_expression" and parent.child_by_field_name("field") != node
    if parent.type == "qualified_identifier" and parent.child_by_field_name("name") == node:
        scope = parent.child_by_field_name("scope")
        return scope is None or site.source.text(scope.start_byte, scope.end_byte) in names()
    if parent.type in _DEFINITIONS:
        return parent.child_by_field_name("name") != node and (
            parent.type != "type_definition" or parent.child_by_field_name("declarator") != node
        )
    while parent is not None and parent.type in _DECLARATORS and parent.child_by_field_name("declarator") == node:
        if parent.type in ("function_declarator", "init_declarator"):
            return False
        node, parent = parent, parent.parent
    return not (
        parent is not None
        and parent.type in ("declaration", "field_declaration", "parameter_declaration")
        and parent.child_by_field_name("declarator") == node
    )


def call_with(site: Site, count: int) -> Call | None:
    """The call of CUDA's function at the site, if it has so many arguments."""
    if not used(site):
        return None
    call = site.call
    return call if call is not None and len(call.args) == count else None


def operand(text: str) -> str:
    """An expression as it may stand behind a cast: in parentheses unless it binds tighter by itself."""
    simple = re.fullmatch(r"[&*]?[\w:.]+(?:->[\w.]+|\[[^\[\]]*\]|\([^()]*\))*", text)
    return text if simple else f"({text})"


def declared_type(site: Site, name: str) -> str:
    """The type that a declaration of a variable in the function around writes; empty when none is in sight."""
    around = site.within("function_definition", "lambda_expression")
    if around is None:
        return ""
    found = ""
    for node in descend(around, frozenset({"declaration", "parameter_declaration", "optional_parameter_declaration"})):
        if node.start_byte > site.node.start_byte:
            break
        kind = node.child_by_field_name("type")
        if kind is not None and any(_declares(site, each, name) for each in node.children_by_field_name("declarator")):
            found = site.source.text(kind.start_byte, kind.end_byte)
    return found


def _declares(site: Site, declarator: Node, name: str) -> bool:
    text = site.source.text(declarator.start_byte, declarator.end_byte)
    return re.match(rf"[&*\s]*{re.escape(name)}\b", text) is not None
