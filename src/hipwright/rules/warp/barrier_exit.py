"""Threads that leave a kernel before a barrier of their block."""

import re
from collections.abc import Iterator
from functools import lru_cache

from tree_sitter import Node

from hipwright.finding import Finding, Level
from hipwright.rule import Site, descend, rule
from hipwright.source import Source

_BARRIER = re.compile(rb"\b__syncthreads(?:_\w+)?\s*\(")
_CALL = re.compile(rb"\b([A-Za-z_]\w*)\s*(?:<[^<>;{}]*>\s*)?\(")
_THREAD = re.compile(rb"\bthreadIdx\b")
_FROM_THREAD = re.compile(rb"\b(\w+)\s*=\s*[^;=]*\bthreadIdx\b")
_RETURNS = frozenset({"return_statement"})
_FUNCTIONS = frozenset({"function_definition"})


@rule(
    "exit-before-barrier",
    "Threads that return early never reach the block's barrier",
    hazards=("W22",),
    kinds=("function_definition",),
    words=("__syncthreads",),
    notes=(
        "__global__ void k(int* p, int n) {\n  int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
        "  if (i >= n) return;\n  p[i] = 1;\n  __syncthreads();\n}",
        "__device__ void meet() { __syncthreads(); }\n"
        "__global__ void k(int n) {\n  if (threadIdx.z >= n) { return; }\n  meet();\n}",
    ),
    keeps=(
        "__global__ void k(int* p, int n) {\n  if (blockIdx.x >= n) return;\n  p[0] = 1;\n  __syncthreads();\n}",
        "__global__ void k(int* p, int n) {\n  __syncthreads();\n  if (threadIdx.x >= n) return;\n  p[0] = 1;\n}",
    ),
)
def exit_before_barrier(site: Site) -> Iterator[Finding]:
    """CUDA requires every thread of a block at a barrier. NVIDIA hardware lets a block through whose other threads have
    ended; on AMD that holds for whole wavefronts only, and the part of a wavefront that left takes no part in what
    comes behind. Barriers in functions of the same file that the kernel calls count too; others do not.
    """
    body = site.node.child_by_field_name("body")
    if body is None or b"__global__" not in site.source.data[site.node.start_byte : body.start_byte]:
        return
    text = site.source.data[body.start_byte : body.end_byte]
    last = _last_barrier(site, text)
    if last is None:
        return
    threads = {match.group(1) for match in _FROM_THREAD.finditer(text)}
    for statement in descend(body, _RETURNS):
        if statement.start_byte - body.start_byte >= last:
            return
        condition = _condition(statement, body)
        if condition is None:
            continue
        asked = site.source.data[condition.start_byte : condition.end_byte]
        if _THREAD.search(asked) or threads & set(re.findall(rb"\w+", asked)):
            yield site.note(
                Level.TEST,
                "threads that return here never reach a `__syncthreads()` further down, which CUDA requires of all",
                "let the condition guard the work instead of the exit, so that the whole block meets at the barrier",
                at=statement.start_byte,
            )
            return


def _last_barrier(site: Site, text: bytes) -> int | None:
    """Where in a kernel's body the last barrier stands, those in called functions of the file included."""
    found = [match.start() for match in _BARRIER.finditer(text)]
    called = {match.group(1): match.start() for match in _CALL.finditer(text)}
    found += [at for name, at in called.items() if name in _meeting(site.source)]
    return max(found, default=None)


@lru_cache(maxsize=2)
def _meeting(source: Source) -> frozenset[bytes]:
    """The device functions of a file in whose bodies the block meets."""
    names: set[bytes] = set()
    for function in descend(source.tree.root_node, _FUNCTIONS):
        body = function.child_by_field_name("body")
        if body is None or not _BARRIER.search(source.data, body.start_byte, body.end_byte):
            continue
        head = source.data[function.start_byte : body.start_byte]
        if b"__global__" not in head:
            names.update(match.group(1) for match in _CALL.finditer(head))
    return frozenset(names)


def _condition(statement: Node, body: Node) -> Node | None:
    """The condition of the `if` that a return stands in."""
    node = statement.parent
    while node is not None and node != body:
        if node.type == "if_statement":
            return node.child_by_field_name("condition")
        if node.type == "lambda_expression":
            return None
        node = node.parent
    return None
