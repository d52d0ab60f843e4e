"""Code that counts on the lanes of a warp running together, or on their running apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tree_sitter import Node

from hipwright.finding import Finding, Level
from hipwright.rule import Facts, Site, descend, rule
from hipwright.rules.warp.lanes import amd_only
from hipwright.source import ancestors

_SUBSCRIPT = frozenset({"subscript_expression"})
_WRITES = frozenset({"assignment_expression", "update_expression"})
_BARRIER = re.compile(rb"\b__sync(?:warp|threads)\w*\s*\(|\bsync\s*\(|__threadfence|wave_barrier")
_STATEMENTS = ("expression_statement", "if_statement", "declaration", "for_statement")


@rule(
    "warp-synchronous",
    "Volatile reductions without barriers get them",
    hazards=("W18",),
    names=("volatile",),
    order=40,
    rewrites={
        "__device__ void tail(volatile float* s, int t) { s[t] += s[t + 32]; s[t] += s[t + 16]; s[t] += s[t + 8]; }":
        "__device__ void tail(volatile float* s, int t) { s[t] += s[t + 32]; __syncwarp(); s[t] += s[t + 16]; "
        "__syncwarp(); s[t] += s[t + 8]; }",
        "template <int N> __global__ void k(int* out) {\n"
        "  __shared__ int data[N];\n"
        "  int t = threadIdx.x;\n"
        "  if (t < 32) {\n"
        "    volatile int* s = data;\n"
        "    if (N >= 64) s[t] += s[t + 32];\n"
        "    if (N >= 32) s[t] += s[t + 16];\n"
        "    s[t] += s[t + 8];\n"
        "  }\n"
        "  if (t == 0) *out = data[0];\n}\ntemplate __global__ void k<64>(int*);\n":
        "template <int N> __global__ void k(int* out) {\n"
        "  __shared__ int data[N];\n"
        "  int t = threadIdx.x;\n"
        "  if (t < 32) {\n"
        "    volatile int* s = data;\n"
        "    if (N >= 64) s[t] += s[t + 32]; __syncwarp();\n"
        "    if (N >= 32) s[t] += s[t + 16]; __syncwarp();\n"
        "    s[t] += s[t + 8];\n"
        "  }\n"
        "  if (t == 0) *out = data[0];\n}\ntemplate __global__ void k<64>(int*);\n",
    },
    keeps=(
        "__device__ void f(volatile float* s, int t) { s[t] += s[t + 32]; __syncthreads(); s[t] += s[t + 16]; }",
        "__device__ void f(volatile float* a, int i, int n) { a[i] = 1.f; float b = a[i + n]; a[i] = b; }",
        '__device__ void f() { asm volatile("s_nop 0"); }',
        "void host(volatile int* s, int t) { s[t] += s[t + 16]; s[t] += s[t + 8]; }",
    ),
)  # fmt: skip
def warp_synchronous(site: Site) -> Iterator[Finding]:
    """A reduction through `volatile` shared memory assumes that 32 lanes take every step together.

    Neither CUDA since Volta nor AMD promises that: wrong sums were seen on CDNA. `__syncwarp()` between a write and the
    read of another lane's slot makes the order explicit, at no cost worth naming. Recognised are runs of statements
    that write an element and then read one at a distance of 1 to 32 elements; whether that was all is for a test to
    say.
    """
    name = _volatile_name(site)
    function = site.within("function_definition")
    if name is None or function is None or amd_only(site.node, site.source):
        return
    first = True
    body = function.child_by_field_name("body")
    head = site.source.data[function.start_byte : function.start_byte if body is None else body.start_byte]
    if b"__device__" not in head and b"__global__" not in head:
        return
    for block in descend(body or function, frozenset({"compound_statement"})):
        pairs = list(_unordered(site, [child for child in block.named_children if child.type != "comment"], name))
        for statement in pairs:
            yield site.insert(statement.end_byte, " __syncwarp();")
        if pairs and first:
            first = False
            yield site.note(
                Level.TEST,
                f"lanes exchange data through volatile `{name}` without barriers: `__syncwarp()` was put between the "
                "steps",
                at=pairs[0].start_byte,
            )


def _volatile_name(site: Site) -> str | None:
    """The pointer or array that this `volatile` declares."""
    declaration = site.within("parameter_declaration", "declaration")
    if declaration is None or site.node.parent is None or site.node.parent.type != "type_qualifier":
        return None
    node: Node | None = declaration.child_by_field_name("declarator")
    points = False
    while node is not None and node.type != "identifier":
        points = points or node.type in ("pointer_declarator", "array_declarator")
        inner = node.child_by_field_name("declarator")
        node = inner if inner is not None else next((c for c in node.named_children if c.type == "identifier"), None)
    return site.source.text(node.start_byte, node.end_byte) if node is not None and points else None


def _unordered(site: Site, statements: Sequence[Node], name: str) -> Iterator[Node]:
    """Statements that write an element, right before one that reads an element beside it."""
    for statement, following in pairwise(statements):
        if statement.type not in _STATEMENTS or following.type not in _STATEMENTS:
            continue
        if statement.type == "if_statement" and statement.child_by_field_name("alternative") is not None:
            continue
        between = site.source.data[statement.start_byte : following.end_byte]
        if _BARRIER.search(between):
            continue
        written = set(_elements(site, statement, name, writing=True))
        beside = [index for index in _elements(site, following, name, writing=False) if _is_beside(site.facts, index)]
        if written and any(index not in written for index in beside):
            yield statement


def _elements(site: Site, statement: Node, name: str, *, writing: bool) -> Iterator[str]:
    for access in descend(statement, _SUBSCRIPT):
        array, index = access.child_by_field_name("argument"), access.child_by_field_name("indices")
        if array is None or index is None or site.source.text(array.start_byte, array.end_byte) != name:
            continue
        outer = access.parent
        target = outer is not None and outer.type in _WRITES and outer.child_by_field_name("left") in (access, None)
        if target == writing:
            yield site.source.text(index.start_byte, index.end_byte).strip("[] ")


def _is_beside(facts: Facts, index: str) -> bool:
    """Whether an index is another one plus or minus a power of two of at most 32."""
    match = re.search(r"[+-]\s*(\w+)\s*\)?$", index)
    distance = None if match is None else facts.integer(match[1])
    return distance is not None and 0 < distance <= 32 and distance & (distance - 1) == 0


# One thread of the block. A leader of each warp is not enough: two warps share a wavefront of CDNA.
_ONE = r"(?:threadIdx\.x|\btid\w*|\btx|thread_?id\w*|thread_?idx|local_?(?:tid|id\w*)|thread_rank\(\))"
_ENTERS = re.compile(rf"{_ONE}\s*==\s*\w|!\s*{_ONE}|\b0\s*==\s*{_ONE}", re.I)
_LEAVES = re.compile(rf"\bif\s*\(\s*{_ONE}\s*(?:(?:!=|>)\s*0\s*)?\)\s*\{{?\s*return\b", re.I)


@rule(
    "spin-lock",
    "Lanes of one wavefront cannot wait for each other",
    hazards=("W22",),
    names=("atomicCAS", "atomicExch", "atomicAdd", "atomicOr", "atomicMax"),
    notes=(
        "__device__ void f(int* lock, int* n) "
        "{ while (atomicCAS(lock, 0, 1) != 0); ++*n; __threadfence(); atomicExch(lock, 0); }",
        "__device__ void f(int* lock) { do { } while (atomicExch(lock, 1) == 1); }",
        "__device__ void f(int* arrived, int n) { while (atomicAdd(arrived, 0) < n) {} }",
        "__device__ void f(int* lock) { if (threadIdx.x % 32 == 0) { while (atomicCAS(lock, 0, 1) != 0); } }",
    ),
    keeps=(
        "__device__ void f(int* m, int v) { int old = *m, seen; do { seen = old; old = atomicCAS(m, seen, seen + v); } "
        "while (old != seen); }",
        "__device__ void f(int* lock) { bool done = false; while (!done) { if (atomicCAS(lock, 0, 1) == 0) "
        "{ done = true; atomicExch(lock, 0); } } }",
        "__device__ void f(int* lock) { if (threadIdx.x == 0) { while (atomicCAS(lock, 0, 1) != 0); } }",
        "__device__ void f(int* lock) { if (threadIdx.x != 0) return; while (atomicCAS(lock, 0, 1) != 0); }",
    ),
)
def spin_lock(site: Site) -> Iterator[Finding]:
    """AMD GPUs give no forward progress to single lanes: a lane that spins keeps the lane it waits for from running.

    CUDA has it since Volta, so that such code works there and hangs here, also on memory that a logical warp in the
    other half of the wavefront must write. Loops that one thread of the block runs are left alone, and so are loops
    that take and release the lock inside one iteration. What to do instead needs the body, so that it is reported.
    """
    call = site.call
    if call is None or site.node.type != "identifier" or amd_only(site.node, site.source):
        return
    loop = _loop_asking(site.node)
    if loop is None or _one_thread(site, loop):
        return
    takes = site.text in ("atomicCAS", "atomicExch")
    if any(site.facts.integer(argument.text) is None for argument in call.args[1:]):
        return
    yield site.note(
        Level.TODO,
        f"lanes spin on `{site.text}` until another thread lets them go: inside one wavefront that thread never runs "
        "on, and the kernel hangs on AMD",
        "try once per iteration, and do the work and the release inside it: "
        "`for (bool done = false; !done;) if (atomicCAS(lock, 0, 1) == 0) { work; atomicExch(lock, 0); done = true; }`"
        if takes
        else "let one thread of the block wait and follow it with `__syncthreads()`, or split the kernel in two",
    )


def _loop_asking(node: Node) -> Node | None:
    """The loop in whose condition an expression stands."""
    inner = node
    for outer in ancestors(node):
        if outer.type in ("while_statement", "do_statement", "for_statement"):
            return outer if outer.child_by_field_name("condition") == inner else None
        if outer.type in ("compound_statement", "function_definition", "lambda_expression"):
            return None
        inner = outer
    return None


def _one_thread(site: Site, loop: Node) -> bool:
    """Whether a condition around the loop lets one thread in."""
    inner = loop
    for outer in ancestors(loop):
        if outer.type == "if_statement" and outer.child_by_field_name("consequence") == inner:
            condition = outer.child_by_field_name("condition")
            if condition is not None:
                text = site.source.text(condition.start_byte + 1, condition.end_byte - 1)
                if _ENTERS.search(text):
                    return True
        if outer.type == "function_definition":
            return _LEAVES.search(site.source.text(outer.start_byte, loop.start_byte)) is not None
        inner = outer
    return False
