"""The headers and helper definitions that edits rely on: where they go in a file, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tree_sitter import Node

from hipwright.finding import Edit, Helper
from hipwright.source import Source, unmarked

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

# A comment behind `#endif` belongs to it.
_REST_OF_LINE = re.compile(rb"[ \t]*(?://[^\r\n]*|/\*[^\r\n]*\*/[ \t]*)?(?=\r?\n|\Z)")
_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*([<"][^>"\n]+[>"])', re.M)


_RUNTIME = "<hip/hip_runtime.h>"


def prelude_edits(source: Source, includes: Iterable[str], helpers: Iterable[Helper]) -> list[Edit]:
    """Insertions of the headers and helpers that a file lacks.

    HIP's runtime header goes in front of all others, where nvcc includes CUDA's by itself: headers behind it may rely
    on it. The rest goes behind the file's leading includes.
    """
    present = _included(source)
    text = source.data.replace(b"\r\n", b"\n")
    missing = [helper for helper in helpers if f"#define {helper.name}\n".encode() not in text]
    if missing:
        includes = {*includes, _RUNTIME}
    wanted = sorted({name if name[0] in '<"' else f"<{name}>" for name in includes} - present)
    behind = _behind_includes(source)
    edits = []
    if _RUNTIME in wanted:
        wanted.remove(_RUNTIME)
        first = first_include(source)
        edits.append(_insertion(source, behind if first is None else first, [f"#include {_RUNTIME}"]))
    lines = [f"#include {name}" for name in wanted]
    for helper in sorted(missing, key=lambda helper: helper.name):
        lines += ["", f"#if defined({helper.when}) && !defined({helper.name})", f"#define {helper.name}"]
        lines += [*helper.code.strip("\n").split("\n"), f"#endif  // {helper.name}"]
    if lines:
        if edits and edits[0].start == behind:
            lines = [edits.pop().text.decode().strip(), *lines]
        edits.append(_insertion(source, behind, lines, blank=bool(missing)))
    return edits


def _insertion(source: Source, at: int, lines: list[str], blank: bool = False) -> Edit:
    newline = "\r\n" if b"\r\n" in source.data[:4096] else "\n"
    text = newline.join(lines) + newline
    if at and source.data[at - 1 : at] != b"\n" and not source.data[:at].startswith(b"\xef\xbb\xbf", at - 3):
        text = newline + text
    if blank and source.data[at : at + 1] not in (b"\n", b"\r", b""):
        text += newline
    return Edit(at, at, text.encode(), "prelude")


def _included(source: Source) -> set[str]:
    """What the file includes under no condition but those around all of it; anything, where the tree is in doubt."""
    if source.tree.root_node.has_error:
        return {match.group(1).decode("utf-8", "replace") for match in _INCLUDE.finditer(unmarked(source.data))}
    found = set()
    for child in _contents(source):
        path = child.child_by_field_name("path") if child.type == "preproc_include" else None
        if path is not None:
            found.add(source.text(path.start_byte, path.end_byte))
    return found


def _contents(source: Source) -> list[Node]:
    """The top level of the file: inside its include guard, and inside a condition that stands around all of it."""
    node: Node = source.tree.root_node
    while True:
        condition = node.child_by_field_name("condition") or node.child_by_field_name("name")
        inside = [child for child in node.children if child != condition]
        code = [child for child in inside if child.is_named and child.type not in ("comment", "preproc_def")]
        only = code[0] if len(code) == 1 and code[0].type in ("preproc_ifdef", "preproc_if") else None
        if only is None or only.child_by_field_name("alternative") is not None:
            return inside
        node = only


def first_include(source: Source) -> int | None:
    """The start of the first include's line."""
    for child in _contents(source):
        if child.type == "preproc_include":
            return child.start_byte
        if child.type not in _BETWEEN and child.is_named:
            return None
    return None


def _behind_includes(source: Source) -> int:
    """Behind the last of the leading includes; else behind the include guard or the leading comment."""
    at = 3 if source.data.startswith(b"\xef\xbb\xbf") else 0
    contents = _contents(source)
    if contents and contents[0].type in ("#ifdef", "#ifndef", "#if"):
        at = contents[1].end_byte if contents[1].type == "\n" else source.data.find(b"\n", contents[0].end_byte) + 1
    guarded = bool(at)
    for child in contents:
        if child.type in _BETWEEN:
            if child.type in ("preproc_include", "preproc_call") or (child.type == "preproc_def" and guarded):
                at = child.end_byte
                guarded = False
            elif child.type == "comment" and at == 0 and child.start_byte == 0:
                at = child.end_byte + (source.data[child.end_byte : child.end_byte + 1] == b"\n")
            continue
        if child.type in ("preproc_if", "preproc_ifdef"):
            if _only_directives(child):
                if b"include" in source.data[child.start_byte : child.end_byte]:
                    at = child.end_byte
                continue
            break
        if child.is_named:
            break
    trailing = _REST_OF_LINE.match(source.data, at) if at else None
    if trailing is not None:
        at = trailing.end()
    if source.data[at : at + 2] == b"\r\n":
        at += 2
    elif source.data[at : at + 1] == b"\n" and at:
        at += 1
    return at


def _only_directives(node: Node) -> bool:
    for child in node.named_children:
        if child.type in ("preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif", "preproc_elifdef"):
            if not _only_directives(child):
                return False
        elif child.type not in _DIRECTIVES:
            return False
    return True
