"""The headers and helper definitions that edits rely on: where they go in a file, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tree_sitter import Node

from hipwright.finding import Edit, Helper
from hipwright.source import Source

# What may stand between a file's includes without ending them.
_BETWEEN = frozenset(
    {"comment", "preproc_include", "preproc_call", "preproc_def", "preproc_function_def", "using_declaration",
     "namespace_alias_definition", ";"}
)  # fmt: skip
_DIRECTIVES = frozenset(
    {"comment", "preproc_include", "preproc_def", "preproc_function_def", "preproc_call", "identifier", "preproc_arg",
     "binary_expression", "unary_expression", "preproc_defined", "number_literal", "preproc_directive",
     "parenthesized_expression", "call_expression"}
)  # fmt: skip

_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*([<"][^>"\n]+[>"])', re.M)


def prelude_edit(source: Source, includes: Iterable[str], helpers: Iterable[Helper]) -> Edit | None:
    """One insertion behind the file's leading includes, with the headers and helpers it lacks."""
    present = {match.group(1).decode("utf-8", "replace") for match in _INCLUDE.finditer(source.data)}
    helpers = tuple(helpers)
    if helpers:
        includes = {*includes, "hip/hip_runtime.h"}
    wanted = sorted({name if name[0] in '<"' else f"<{name}>" for name in includes} - present)
    missing = [
        helper for helper in helpers if f"#define {helper.name}\n".encode() not in source.data.replace(b"\r\n", b"\n")
    ]
    if not wanted and not missing:
        return None
    lines = [f"#include {name}" for name in wanted]
    for helper in sorted(missing, key=lambda helper: helper.name):
        lines += ["", f"#if defined({helper.when}) && !defined({helper.name})", f"#define {helper.name}"]
        lines += [*helper.code.strip("\n").split("\n"), f"#endif  // {helper.name}"]
    at = _prelude_position(source)
    newline = "\r\n" if b"\r\n" in source.data[:4096] else "\n"
    text = newline.join(lines) + newline
    if at and source.data[at - 1 : at] != b"\n":
        text = newline + text
    if missing and source.data[at : at + 1] not in (b"\n", b"\r", b""):
        text += newline
    return Edit(at, at, text.encode(), "prelude")


def _prelude_position(source: Source) -> int:
    """Behind the last of the leading includes; else behind the include guard or the leading comment."""
    root: Node = source.tree.root_node
    at = 3 if source.data.startswith(b"\xef\xbb\xbf") else 0
    guard = _include_guard(root)
    if guard is not None:
        root = guard
    for child in root.children:
        if child.type in _BETWEEN:
            if child.type in ("preproc_include", "preproc_call") or (
                child.type == "preproc_def" and guard is not None and at == 0
            ):
                at = child.end_byte
            elif child.type == "comment" and at == 0 and child.start_byte == 0:
                at = child.end_byte + (source.data[child.end_byte : child.end_byte + 1] == b"\n")
            continue
        if child.type in ("preproc_if", "preproc_ifdef"):
            if _only_directives(child):
                if b"include" in source.data[child.start_byte : child.end_byte]:
                    at = child.end_byte
                continue
            break
        if child.type in ("identifier", "#ifdef", "#ifndef", "#if", "\n") or not child.is_named:
            continue
        break
    if source.data[at : at + 2] == b"\r\n":
        at += 2
    elif source.data[at : at + 1] == b"\n" and at:
        at += 1
    return at


def _include_guard(root: Node) -> Node | None:
    code = [child for child in root.named_children if child.type != "comment"]
    if len(code) == 1 and code[0].type in ("preproc_ifdef", "preproc_if"):
        inner = [child for child in code[0].named_children if child.type != "comment"]
        if len(inner) > 1 and inner[1].type == "preproc_def":
            return code[0]
    return None


def _only_directives(node: Node) -> bool:
    for child in node.named_children:
        if child.type in ("preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif", "preproc_elifdef"):
            if not _only_directives(child):
                return False
        elif child.type not in _DIRECTIVES:
            return False
    return True
