"""The table-driven rule: CUDA's names become HIP's, as references, never as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from tree_sitter import Node

from hipwright.finding import Finding, Level
from hipwright.knowledge import Row, names
from hipwright.rule import Site, all_rules, rule
from hipwright.source import Source, ancestors

_REFERENCES = frozenset({"identifier", "type_identifier", "namespace_identifier"})
_CLASSES = frozenset({"struct_specifier", "class_specifier", "union_specifier"})
_TYPES = _CLASSES | {"enum_specifier"}
_DECLARATIONS = frozenset({"function_definition", "declaration", "field_declaration"})
_DECLARATORS = frozenset({"function_declarator", "pointer_declarator", "reference_declarator", "init_declarator"})
_LISTS = frozenset({"declaration_list", "field_declaration_list"})
# Scopes in which a CUDA name is still CUDA's own: the global one, and the namespaces of CUDA's libraries.
_SCOPES = frozenset({"", "cub", "hipcub", "thrust", "nvcuda", "wmma", "cooperative_groups", "cg", "cuda", "std"})


# Macros that ask a question: rules/macros answers it place by place, so none is renamed blindly.
_QUESTIONS = frozenset({"__CUDACC__", "CUDART_VERSION", "CUDA_VERSION"})


# A name without counterpart is only reported where it can't be a word of the project's own (`umin`, `fdivide`): for
# those the compiler's answer tells.
_UNMISTAKABLE = re.compile(r"cu[A-Zbdrsf_]|CU|nv|NV|__|thrust|cub|nccl|NCCL")


@lru_cache(maxsize=1)
def _renamed() -> dict[str, Row]:
    """Rows that ask for an edit or a Note: the HIP spelling differs, or there is none."""
    return {
        name: row
        for name, row in names().items()
        if row.hip != row.cuda
        and row.kind not in ("header", "member")
        and name not in _QUESTIONS
        and (row.hip or _UNMISTAKABLE.match(name))
    }


@lru_cache(maxsize=1)
def _spoken_for() -> frozenset[str]:
    """Names that another rule visits: it rewrites them, or has more to say than that HIP lacks them."""
    return frozenset().union(*(each.names for each in all_rules().values() if each.id != "names"))


def without_counterpart(name: str) -> bool:
    """Whether HIP has nothing for a CUDA name, and no rule knows a way."""
    row = names().get(name)
    return row is not None and not row.hip and name not in _spoken_for()


def _users_own(site: Site) -> bool:
    """Whether the name only looks like CUDA's here: a member, or a name of a namespace that is not CUDA's."""
    node = site.node
    if node.type not in _REFERENCES:
        return True
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "namespace_alias_definition" and parent.child_by_field_name("name") == node:
        return True  # namespace cub = hipcub;
    if parent.type == "preproc_def" and parent.child_by_field_name("name") == node:
        # `#define cudaMalloc hipMalloc` is the project's own bridge to AMD. Renamed, HIP's name would stand for itself.
        value = parent.child_by_field_name("value")
        return value is not None and re.match(rb"\s*(?:hip|HIP)\w*\s*$", value.text or b"") is not None
    if parent.type == "qualified_identifier" and parent.child_by_field_name("name") == node:
        scope = parent.child_by_field_name("scope")
        text = "" if scope is None else site.source.text(scope.start_byte, scope.end_byte)
        return text.split("<")[0] not in _SCOPES and text not in names()  # an enumeration of CUDA's is a scope too
    if parent.type == "enumerator":
        return _is_scoped(parent)
    return parent.type in ("field_expression", "field_designator", "labeled_statement", "goto_statement", "attribute")


def _is_scoped(enumerator: Node) -> bool:
    enumeration = next((node for node in ancestors(enumerator) if node.type == "enum_specifier"), None)
    return enumeration is not None and any(child.type in ("class", "struct") for child in enumeration.children)


@rule(
    "names",
    "CUDA names become HIP names",
    names=_renamed(),
    order=90,
    rewrites={
        "void f(void** p) { cudaMalloc(p, 4); }": "void f(void** p) { hipMalloc(p, 4); }",
        "#define OK(x) ((x) == cudaSuccess)\n": "#define OK(x) ((x) == hipSuccess)\n",
    },
    keeps=(
        "struct cudaGaugeField { int cudaMalloc; };\nint f(cudaGaugeField g) { return g.cudaMalloc; }",
        'const char* s = "cudaMalloc failed"; // cudaMalloc',
        "namespace mine { void cudaFree(int); void g() { cudaFree(2); } }\nvoid f() { mine::cudaFree(1); }",
    ),
)
def rename(site: Site) -> Iterator[Finding]:
    """Each name of the knowledge base is renamed where it refers to CUDA's thing, in code, macro bodies and device
    source held in raw strings; not in comments, other strings, members, or names that live in a namespace of the
    project's own. A name without a HIP counterpart is never renamed: it is reported with the nearest way out.
    """
    row = names()[site.text]
    if _users_own(site) or _of_own_scope(site):
        return
    if row.kind == "namespace" and site.node.type != "namespace_identifier" and not _names_a_namespace(site):
        return
    if row.hip:
        yield site.replace(site.node, row.hip)
    elif row.cuda not in _spoken_for():
        yield site.note(Level.TODO, f"{row.cuda} has no HIP counterpart", row.note)


@rule(
    "names-undef",
    "Macros that stand in for CUDA's names end under HIP's",
    kinds=("preproc_call",),
    words=("undef",),
    order=90,
    rewrites={
        "int mine(void*);\n#define cudaFree(p) mine(p)\nint f(void* p) { return cudaFree(p); }\n#undef cudaFree\n":
        "int mine(void*);\n#define cudaFree(p) mine(p)\nint f(void* p) { return cudaFree(p); }\n#undef hipFree\n",
    },
    keeps=("#undef cudaMallocOrDie\n", "#undef __CUDA_ARCH__\n", "#pragma cudaMalloc\n"),
)  # fmt: skip
def undefine(site: Site) -> Iterator[Finding]:
    """A project that wraps one of CUDA's functions in a macro of its name takes that back with `#undef`. Its `#define`
    and its uses are renamed like any other reference; what it takes back has to be the renamed macro.
    """
    argument = site.node.child_by_field_name("argument")
    directive = site.node.child_by_field_name("directive")
    if argument is None or directive is None or not directive.text or directive.text.lstrip(b"# \t") != b"undef":
        return
    match = re.match(r"\s*(\w+)", site.source.text(argument.start_byte, argument.end_byte))
    row = _renamed().get(match[1]) if match else None
    if match and row and row.hip:
        yield site.edit(argument.start_byte + match.start(1), argument.start_byte + match.end(1), row.hip)


def _names_a_namespace(site: Site) -> bool:
    parent = site.node.parent
    return parent is not None and parent.type in (
        "namespace_alias_definition",
        "using_declaration",
        "namespace_definition",
        "nested_namespace_specifier",
    )


def _of_own_scope(site: Site) -> bool:
    """Whether a namespace or class of the project's own around the site declares this name itself."""
    parent = site.node.parent
    if parent is not None and parent.type == "qualified_identifier" and parent.child_by_field_name("name") == site.node:
        return False
    return any(start <= site.node.start_byte < end for start, end in _scopes(site.source, site.text))


_SCOPE_WORD = re.compile(rb"\b(?:namespace|class|struct|union)\b")
_BEFORE = re.compile(rb"(?:(?<!return)(?<=[\w>])\s+[*&\s]*|[*&]\s*)$")
_BEHIND = re.compile(rb"\s*[({;=:]")


@lru_cache(maxsize=64)
def _scopes(source: Source, name: str) -> tuple[tuple[int, int], ...]:
    """The namespaces and classes of a file that declare `name`, by their bytes."""
    found = []
    word = name.encode()
    at = source.data.find(word) if _SCOPE_WORD.search(source.data) else -1
    while at >= 0:
        start, at = at, source.data.find(word, at + len(word))
        # What a declaration may look like; the tree tells.
        if not _BEHIND.match(source.data, start + len(word)) or not _BEFORE.search(
            source.data[max(0, start - 40) : start]
        ):
            continue
        node = source.node_at(start, start + len(word))
        scope = None if node is None else _scope(node)
        if scope is not None:
            found.append((scope.start_byte, scope.end_byte))
    return tuple(found)


def _scope(node: Node) -> Node | None:
    """The namespace or class whose function, variable or type is declared under this name; None if none is."""
    parent = node.parent
    while parent is not None and parent.type in _DECLARATORS and parent.child_by_field_name("declarator") == node:
        node, parent = parent, parent.parent
    if parent is None:
        return None
    if parent.type in _TYPES:
        # `struct cudaDeviceProp p;` only refers to one.
        outer = parent.parent
        if parent.child_by_field_name("body") is None and (outer is None or outer.type not in _LISTS):
            return None
    elif parent.type == "alias_declaration":
        if parent.child_by_field_name("name") != node:
            return None
    elif parent.type not in _DECLARATIONS | {"type_definition"} or node not in parent.children_by_field_name(
        "declarator"
    ):
        return None
    for outer in ancestors(parent):
        if outer.type == "namespace_definition" or outer.type in _CLASSES:
            return outer
        # A function's body declares nothing for others, and C's names are in no namespace.
        if outer.type in ("compound_statement", "linkage_specification"):
            return None
    return None
