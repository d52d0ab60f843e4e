"""The table-driven rule: CUDA's names become HIP's, as references, never as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from hipwright.finding import Finding, Level
from hipwright.knowledge import Row, names
from hipwright.rule import Site, all_rules, rule

_REFERENCES = frozenset({"identifier", "type_identifier", "namespace_identifier"})
_DECLARATIONS = frozenset({"function_definition", "declaration", "struct_specifier", "class_specifier"})
# Scopes in which a CUDA name is still CUDA's own: the global one, and the namespaces of CUDA's libraries.
_SCOPES = frozenset({"", "cub", "hipcub", "thrust", "nvcuda", "wmma", "cooperative_groups", "cg", "cuda", "std"})


# Macros that ask a question: rules/macros answers it place by place, so none is renamed blindly.
_QUESTIONS = frozenset({"__CUDACC__", "CUDART_VERSION", "CUDA_VERSION"})


# A name without counterpart is only reported where it can't be a word of the project's own (`umin`, `fdivide`): for
# those the compiler's answer tells.
_UNMISTAKABLE = re.compile(r"cu[A-Zbdrsf_]|CU|nv|NV|__|thrust|cub|nccl|NCCL")


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


def _users_own(site: Site) -> bool:
    """Whether the name only looks like CUDA's here: a member, or a name of a namespace that is not CUDA's."""
    node = site.node
    if node.type not in _REFERENCES:
        return True
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "qualified_identifier" and parent.child_by_field_name("name") == node:
        scope = parent.child_by_field_name("scope")
        text = "" if scope is None else site.source.text(scope.start_byte, scope.end_byte)
        return text.split("<")[0] not in _SCOPES and text not in names()  # an enumeration of CUDA's is a scope too
    return parent.type in ("field_expression", "field_designator", "labeled_statement", "goto_statement")


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
        "namespace mine { void cudaFree(int); }\nvoid f() { mine::cudaFree(1); }",
    ),
)
def rename(site: Site) -> Iterator[Finding]:
    """Each name of the knowledge base is renamed where it refers to CUDA's thing, in code, macro bodies and device
    source held in raw strings; not in comments, other strings, members, or names that live in a namespace of the
    project's own. A name without a HIP counterpart is never renamed: it is reported with the nearest way out.
    """
    row = names()[site.text]
    if _users_own(site) or _declared_in_namespace(site):
        return
    if row.kind == "namespace" and site.node.type == "identifier" and not _names_a_namespace(site):
        return
    if row.hip:
        yield site.replace(site.node, row.hip)
    elif row.cuda not in _spoken_for():
        yield site.note(Level.TODO, f"{row.cuda} has no HIP counterpart", row.note)


def _names_a_namespace(site: Site) -> bool:
    parent = site.node.parent
    return parent is not None and parent.type in (
        "namespace_alias_definition",
        "using_declaration",
        "namespace_definition",
        "nested_namespace_specifier",
    )


def _declared_in_namespace(site: Site) -> bool:
    """A function, type or variable that the project declares under this name inside a namespace of its own."""
    node = site.node
    parent = node.parent
    while parent is not None and parent.type in ("function_declarator", "pointer_declarator", "reference_declarator"):
        node, parent = parent, parent.parent
    if parent is None or parent.type not in _DECLARATIONS:
        return False
    if parent.child_by_field_name("declarator") != node and parent.child_by_field_name("name") != node:
        return False
    return site.within("namespace_definition") is not None
