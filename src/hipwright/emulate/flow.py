"""The flow of control of one function in LLVM IR: where its loops are, and an order of its blocks for reconvergence.

Lanes of a wavefront that diverged meet again at the lowest place that any of them waits at. That needs an order in
which a loop's blocks stand together, in front of what follows the loop, and everything else stands behind what leads
to it. Text order and reverse post-order don't have that property after loop rotation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

Graph = Mapping[str, Sequence[str]]  # block → its successors


@dataclass(frozen=True, slots=True)
class Loop:
    """One natural or irreducible loop: the block it is entered by, its blocks, and those that jump back."""

    header: str
    blocks: frozenset[str]
    latches: tuple[str, ...]


def ordered(graph: Graph, entry: str) -> tuple[list[str], list[Loop]]:
    """All reachable blocks in a topological order in which loops are contiguous, and the loops, outer ones first."""
    order: list[str] = []
    loops: list[Loop] = []
    # Worked off as a stack of regions (nodes, entries), because generated code nests too deeply for recursion; a region
    # without nodes is a finished piece of the order.
    stack: list[tuple[frozenset[str], tuple[str, ...]]] = [(frozenset(graph), (entry,))]
    while stack:
        nodes, entries = stack.pop()
        if not nodes:
            order.extend(entries)
            continue
        parts = components(graph, nodes, entries)
        rank = {block: number for number, part in enumerate(parts) for block in part}
        for part in reversed(parts):  # the last pushed is worked off first
            if len(part) == 1 and part[0] not in graph[part[0]]:
                stack.append((frozenset(), (part[0],)))
                continue
            inside = frozenset(part)
            header = _entered(graph, part, inside, rank, entries)
            latches = tuple(sorted(block for block in part if header in graph[block]))
            loops.append(Loop(header, inside, latches))
            # Without its header, which comes first, the loop's body has no way round through it.
            if body := inside - {header}:
                stack.append((body, tuple(block for block in graph[header] if block in body)))
            stack.append((frozenset(), (header,)))
    loops.sort(key=lambda loop: -len(loop.blocks))
    return order, loops


def _entered(
    graph: Graph, part: Sequence[str], inside: Collection[str], rank: Mapping[str, int], entries: Sequence[str]
) -> str:
    """The block that a loop is entered by: an entry of the region, or the target of an edge from outside."""
    for entry in entries:
        if entry in inside:
            return entry
    for block in rank:
        if block not in inside:
            for target in graph[block]:
                if target in inside:
                    return target
    return part[0]


def components(graph: Graph, nodes: Collection[str], entries: Iterable[str]) -> list[list[str]]:
    """Strongly connected parts of `nodes` that `entries` reach, in topological order (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    found: list[list[str]] = []
    for start in (*entries, *(node for node in graph if node in nodes)):
        if start in index or start not in nodes:
            continue
        work = [(start, iter(graph[start]))]
        index[start] = low[start] = len(index)
        path.append(start)
        on_path.add(start)
        while work:
            block, successors = work[-1]
            for target in successors:
                if target not in nodes:
                    continue
                if target not in index:
                    index[target] = low[target] = len(index)
                    path.append(target)
                    on_path.add(target)
                    work.append((target, iter(graph[target])))
                    break
                if target in on_path:
                    low[block] = min(low[block], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[block])
                if low[block] == index[block]:
                    part: list[str] = []
                    while True:
                        node = path.pop()
                        on_path.discard(node)
                        part.append(node)
                        if node == block:
                            break
                    found.append(part[::-1])
    return found[::-1]


def passes(graph: Graph, loop: Loop, block: str) -> bool:
    """Whether every round of the loop goes through `block`."""
    if block == loop.header:
        return True
    seen = {loop.header}
    work = [loop.header]
    while work:
        for target in graph[work.pop()]:
            if target in loop.blocks and target != block and target not in seen:
                seen.add(target)
                work.append(target)
    return not any(latch in seen for latch in loop.latches)


def reached(graph: Graph, start: Iterable[str], without: str = "") -> set[str]:
    """The blocks that can be reached from `start`, which counts, on ways that leave out one block."""
    seen = {block for block in start if block != without}
    work = list(seen)
    while work:
        for target in graph[work.pop()]:
            if target != without and target not in seen:
                seen.add(target)
                work.append(target)
    return seen
