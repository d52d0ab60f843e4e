"""cuSPARSE calls and types that hipSPARSE declares differently."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from tree_sitter import Node

from hipwright.finding import Finding, Level
from hipwright.rule import Site, descend, rule
from hipwright.rules.library.sites import call_with

_SPSM = """\
#include <cusparse.h>
void f(cusparseHandle_t h, cusparseSpMatDescr_t a, cusparseDnMatDescr_t b, cusparseSpSMDescr_t d, float* one,
       void* buf) {
  cusparseSpSM_analysis(h, CUSPARSE_OPERATION_NON_TRANSPOSE, CUSPARSE_OPERATION_NON_TRANSPOSE, one, a, b, b, CUDA_R_32F,
                        CUSPARSE_SPSM_ALG_DEFAULT, d, buf);
  cusparseSpSM_solve(h, CUSPARSE_OPERATION_NON_TRANSPOSE, CUSPARSE_OPERATION_NON_TRANSPOSE, one, a, b, b, CUDA_R_32F,
                     CUSPARSE_SPSM_ALG_DEFAULT, d);
}
"""


@rule(
    "sparse-spsm-buffer",
    "SpSM_solve is told its buffer again",
    hazards=("L13",),
    names=("cusparseSpSM_solve",),
    rewrites={
        _SPSM: _SPSM.replace("cusparseSpSM_solve", "hipsparseSpSM_solve").replace(
            "DEFAULT, d);\n}", "DEFAULT, d, buf);\n}"
        ),
    },
    keeps=("void cusparseSpSM_solve(int);\nvoid f() { cusparseSpSM_solve(1); }",),
    notes=(
        "#include <cusparse.h>\nvoid f(cusparseHandle_t h, cusparseSpMatDescr_t a, cusparseDnMatDescr_t b, "
        "cusparseSpSMDescr_t d, float* one) {\n  cusparseSpSM_solve(h, CUSPARSE_OPERATION_NON_TRANSPOSE, "
        "CUSPARSE_OPERATION_NON_TRANSPOSE, one, a, b, b, CUDA_R_32F, CUSPARSE_SPSM_ALG_DEFAULT, d);\n}\n",
    ),
)
def spsm_buffer(site: Site) -> Iterator[Finding]:
    """cuSPARSE remembers the buffer that `cusparseSpSM_analysis` was given; `hipsparseSpSM_solve` wants it once more,
    as a last argument. It is taken from the analysis in the same function.
    """
    call = call_with(site, 10)
    if call is None:
        return
    around = site.within("function_definition")
    analysis = None
    if around is not None:
        text = site.source.data[around.start_byte : call.start]
        at = max(text.rfind(b"cusparseSpSM_analysis"), text.rfind(b"hipsparseSpSM_analysis"))
        if at >= 0:
            start = around.start_byte + at
            name = re.match(rb"\w+", site.source.data[start : start + 40])
            node = None if name is None else site.source.node_at(start, start + name.end())
            analysis = None if node is None else site.source.call_of(node)
    if analysis is not None and len(analysis.args) == 11:
        yield site.replace(site.node, "hipsparseSpSM_solve")
        yield site.insert(call.close, f", {analysis.args[10].text}")
    else:
        yield site.note(
            Level.TODO,
            "hipsparseSpSM_solve takes the buffer of the analysis as one more argument",
            "pass the buffer that hipsparseSpSM_analysis was given",
        )


_DESCRIPTORS = frozenset(
    f"cusparse{name}_t"
    for name in (
        "MatDescr", "SpMatDescr", "ConstSpMatDescr", "SpVecDescr", "ConstSpVecDescr", "DnVecDescr", "ConstDnVecDescr",
        "DnMatDescr", "ConstDnMatDescr",
    )
)  # fmt: skip
_ANY = re.compile(r"\b(?:cu|hip)sparse(?:Const)?(?:Mat|SpMat|SpVec|DnVec|DnMat)Descr_t\b")
_OVERLOADS = """\
#include <cusparse.h>
void release(cusparseSpMatDescr_t a) { cusparseDestroySpMat(a); }
void release(cusparseDnVecDescr_t v) { cusparseDestroyDnVec(v); }
"""


@rule(
    "sparse-descriptor-overloads",
    "Overloads on sparse descriptors collapse",
    hazards=("L14",),
    words=_DESCRIPTORS,
    notes=(_OVERLOADS,),
    keeps=(_OVERLOADS.replace("void release(cusparseDnVec", "void free_vector(cusparseDnVec"),),
)
def descriptor_overloads(site: Site) -> Iterator[Finding]:
    """cuSPARSE's descriptors are pointers to different structures; hipSPARSE's are all `void*`. Functions overloaded on
    them, or templates specialised for them, become one and the same: a second definition, or the wrong one chosen.
    """
    seen: dict[tuple[str, str], list[tuple[Node, str]]] = defaultdict(list)
    for node in descend(site.node, frozenset({"function_declarator", "template_type"})):
        field = "parameters" if node.type == "function_declarator" else "arguments"
        inner = node.child_by_field_name(field)
        name = node.child_by_field_name("declarator") or node.child_by_field_name("name")
        if inner is None or name is None:
            continue
        text = site.source.text(inner.start_byte, inner.end_byte)
        if node.type == "template_type" and not _specialises(node):
            continue
        if _ANY.search(text):
            key = site.source.text(name.start_byte, name.end_byte)
            erased = _ANY.sub("void*", re.sub(r"(\bDescr_t\b[\s*&]*)\w+", r"\1", text))
            erased = re.sub(r"void\*\s*\w+", "void*", erased)
            seen[key, erased].append((node, " ".join(_ANY.findall(text))))
    for (key, _), found in sorted(seen.items()):
        first = found[0][1]
        for node, types in found[1:]:
            if types != first:
                yield site.note(
                    Level.TODO,
                    f"{key} is overloaded on cuSPARSE descriptors, which are all void* in hipSPARSE: {first}, {types}",
                    "give the overloads names of their own, or wrap each descriptor in a structure",
                    at=node.start_byte,
                )


def _specialises(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type in ("struct_specifier", "class_specifier")
