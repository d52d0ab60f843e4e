"""Which instructions of device IR touch memory, how, and in what order: what the checked build looks at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hipwright.emulate.ir_text import NAME

READ, WRITE, ATOMIC, VOLATILE, DECIDES, ACQUIRE = 1, 2, 4, 8, 32, 64  # check.cpp has the same bits
ACCESS = re.compile(
    r"\s*(?:\S+ = )?(?P<kind>load|store|atomicrmw|cmpxchg) (?:(?:atomic|volatile|weak) )*(?P<operands>.*)"
)
ORDERING = re.compile(r" (?:unordered|monotonic|acquire|release|acq_rel|seq_cst)$")
# How an access is made, and which operands are the pointer and the value (of a load: its type).
CHECKED = {
    "load": (READ, 1, 0),
    "store": (WRITE, 1, 0),
    "atomicrmw": (READ | WRITE | ATOMIC, 0, 1),
    "cmpxchg": (READ | WRITE | ATOMIC, 0, 1),
}
RELEASES = re.compile(r"\b(?:acquire|release|acq_rel|seq_cst)\b")
VALUE = r"(?:%[\w.$-]+|%\"[^\"]*\"|getelementptr .*?\)|@\"[^\"]*\"|@[\w.$-]+)"
BLOCK_BARRIER = re.compile(r"llvm\.(?:amdgcn\.s\.barrier$|nvvm\.barrier(?:0|\.cta\.(?:sync|red)\.[\w.]*all))")
MEMORY_CALLS = re.compile(r"llvm\.(?:mem(?:cpy|move|set)\.|nvvm\.(?:atomic|ldg|ldu)\.)")
STEP = re.compile(
    rf"\s*(%[\w.$-]+) = (?:getelementptr .*?, ptr(?: addrspace\(\d+\))?|addrspacecast ptr(?: addrspace\(\d+\))?) "
    rf"(?:addrspacecast \(ptr addrspace\(3\) )?(%[\w.$-]+|{NAME})(?:,| to ptr|$)"
)


def order_scope(line: str) -> int:
    """1 where an order reaches beyond the block that makes it."""
    return 0 if re.search(r'syncscope\("(?:workgroup|block|wavefront|singlethread)', line) else 1


def fence_scope(block: Sequence[str], number: int) -> int | None:
    """The scope of a fence that is the program's own: beyond the wavefront, and no part of a barrier."""
    line = block[number]
    if not line.lstrip().startswith("fence ") or re.search(r'"(?:wavefront|singlethread)', line):
        return None
    if "seq_cst" in line:
        return order_scope(line)  # a barrier's own are a release and an acquire
    near = [*block[max(number - 2, 0) : number], *block[number + 1 : number + 3]]
    scope = order_scope(line)
    return None if not scope and any("barrier" in each for each in near) else scope


def decides(load: str, lines: Sequence[str]) -> bool:
    """Whether a branch hangs on what is loaded, as where a lane waits for a flag."""
    values = {load.split(" = ", 1)[0].strip()}
    while values:
        follow = set()
        for line in lines:
            result, _, operation = line.partition(" = ")
            used = operation or line
            if "%" not in used or not values & set(re.findall(r"%[\w.$-]+", used)):
                continue
            if used.lstrip().startswith(("br i1 ", "switch ")):
                return True
            if operation and not operation.startswith(("phi ", "load ", "getelementptr ")):
                follow.add(result.strip())
        values = follow
    return False
