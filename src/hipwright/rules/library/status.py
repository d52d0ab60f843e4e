"""Status values of CUDA that HIP never returns, or returns under one name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from tree_sitter import Node

from hipwright.finding import Edit, Finding, Level
from hipwright.knowledge import names
from hipwright.rule import Site, descend, rule
from hipwright.rules.library.dnn import ENUMERATORS
from hipwright.rules.library.sites import used

_STATUS = re.compile(
    r"CU(?:BLAS|DNN|SPARSE|SOLVER|RAND)_STATUS_\w+|CUFFT_\w*(?:ERROR|FAILED)|NVRTC_ERROR_\w+|cudaError[A-Z]\w*|CUDA_ERROR_\w+"
)
# Licence checks: hipify renames these to "unknown", which would hide a real status behind a text about licences.
_NEVER = frozenset({"CUBLAS_STATUS_LICENSE_ERROR", "CUFFT_LICENSE_ERROR", "CUSOLVER_STATUS_INVALID_LICENSE"})
_LEAVES = frozenset(
    {"return_statement", "break_statement", "throw_statement", "continue_statement", "goto_statement"}
)  # fmt: skip


def _absent() -> frozenset[str]:
    """Status names without a HIP counterpart, but for those that another rule of ours maps."""
    return frozenset(
        name
        for name, row in names().items()
        if row.kind in ("enum", "macro")
        and _STATUS.fullmatch(name)
        and name not in ENUMERATORS
        and (not row.hip or name in _NEVER)
    )


@lru_cache(maxsize=1)
def _merged() -> dict[str, str]:
    """Enumerators that share their HIP name with another: name to HIP name."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, row in names().items():
        if row.kind == "enum":
            groups[ENUMERATORS.get(name, row.hip)].append(name)
    return {name: hip for hip, group in groups.items() if hip and len(group) > 1 for name in group}


def _left(statement: Node) -> bool:
    """Whether control never runs past the end of a statement."""
    if statement.type in _LEAVES:
        return True
    inner = [child for child in statement.named_children if child.type != "comment"]
    return statement.type == "compound_statement" and bool(inner) and _left(inner[-1])


def _body(case: Node) -> list[Node]:
    value = case.child_by_field_name("value")
    return [child for child in case.named_children if child != value and child.type != "comment"]


def _drop(site: Site, case: Node) -> Edit:
    """An edit that takes a label out, with its statements where nothing else runs into them."""
    before = case.prev_named_sibling
    while before is not None and before.type == "comment":
        before = before.prev_named_sibling
    statements = [] if before is None or before.type != "case_statement" else _body(before)
    entered = before is not None and not (statements and _left(statements[-1]))
    own = _body(case)
    colon = next((child for child in case.children if child.type == ":"), case)
    start, end = case.start_byte, case.end_byte
    if own and entered:
        end = colon.end_byte
        while site.source.data[end : end + 1] in (b" ", b"\t"):
            end += 1
        return site.edit(start, end, "")
    data = site.source.data
    line = data.rfind(b"\n", 0, start) + 1
    if not data[line:start].strip() and data[end : end + 1] == b"\n":
        start, end = line, end + 1
    return site.edit(start, end, "")


_SWITCH = """\
#include <cublas_v2.h>
const char* text(cublasStatus_t s) {
  switch (s) {
    case CUBLAS_STATUS_SUCCESS:
      return "success";
    case CUBLAS_STATUS_LICENSE_ERROR:
      return "license";
    default:
      return "other";
  }
}
"""


@rule(
    "status-absent",
    "Status values that HIP never returns",
    hazards=("L05", "L13"),
    names=_absent(),
    order=30,
    rewrites={
        _SWITCH: _SWITCH.replace('    case CUBLAS_STATUS_LICENSE_ERROR:\n      return "license";\n', ""),
        "#include <cublas_v2.h>\nbool f(cublasStatus_t s) { return s == CUBLAS_STATUS_LICENSE_ERROR; }":
        "#include <cublas_v2.h>\nbool f(cublasStatus_t s) "
        "{ return false /* CUBLAS_STATUS_LICENSE_ERROR does not occur in HIP */; }",
    },
    keeps=("enum Mine { CUBLAS_STATUS_LICENSE_ERROR };",),
    notes=("#include <cublas_v2.h>\ncublasStatus_t f() { return CUBLAS_STATUS_LICENSE_ERROR; }",),
)  # fmt: skip
def status_absent(site: Site) -> Iterator[Finding]:
    """Error helpers switch over every status that CUDA knows. HIP lacks some of them and its libraries never return
    them, so their `case` is dead: it is taken out with its statements, or the label alone where another case runs into
    them. A comparison with such a status is false. Where the program itself gives one out, a person has to choose.
    """
    node: Node = site.node
    if not used(site):
        return
    parent = node.parent
    if parent is not None and parent.type == "qualified_identifier":
        node, parent = parent, parent.parent
    if parent is not None and parent.type == "case_statement" and parent.child_by_field_name("value") == node:
        yield _drop(site, parent)
        return
    if parent is not None and parent.type == "initializer_list":
        around = parent.parent
        if around is not None and around.type == "initializer_list" and parent.named_children[0] == node:
            end, comma = parent.end_byte, parent.next_sibling
            if comma is not None and comma.type == ",":
                end = comma.end_byte
            yield site.edit(parent.start_byte, end, f"/* {site.text} does not occur in HIP */")
            return
    if parent is not None and parent.type == "binary_expression":
        operator = parent.child_by_field_name("operator")
        other = next((child for child in parent.named_children if child != node), None)
        if operator is not None and operator.type in ("==", "!=") and other is not None and "call" not in other.type:
            value = "false" if operator.type == "==" else "true"
            yield site.replace(parent, f"{value} /* {site.text} does not occur in HIP */")
            return
    yield site.note(
        Level.TODO, f"{site.text} has no HIP counterpart", "take the nearest HIP status, or drop what depends on it"
    )


_TWICE = """\
#include <cudnn.h>
int rank(cudnnConvolutionFwdAlgo_t a) {
  switch (a) {
    case CUDNN_CONVOLUTION_FWD_ALGO_FFT:
      return 1;
    case CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING:
      return 2;
    default:
      return 0;
  }
}
"""


@rule(
    "status-merged",
    "Two labels of a switch that become one",
    hazards=("L05", "L13"),
    kinds=("switch_statement",),
    words=_merged(),
    order=30,
    rewrites={
        _TWICE: _TWICE.replace("    case CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING:\n      return 2;\n", ""),
    },
    keeps=(_TWICE.replace("    case CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING:\n      return 2;\n", ""),),
)
def status_merged(site: Site) -> Iterator[Finding]:
    """Where HIP has one name for several of CUDA's, renaming puts the same label twice into a switch, which does not
    compile. The first stays: HIP cannot tell the others apart from it.
    """
    merged = _merged()
    seen: set[str] = set()
    for case in descend(site.node, frozenset({"case_statement"})):
        value = case.child_by_field_name("value")
        if value is None:
            continue
        name = site.source.text(value.start_byte, value.end_byte).split("::")[-1]
        hip = merged.get(name, name)
        if hip in seen and name in merged:
            yield _drop(site, case)
        seen.add(hip)
