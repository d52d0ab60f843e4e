"""Which address the checked build looks at: that of the access, however it is written down."""

from __future__ import annotations

import re

import pytest

from hipwright.emulate.ir import rewrite

MODULE = """target triple = "nvptx64-nvidia-cuda"
%"struct.pair<int, 2>" = type {{ i32, i32 }}
@slots = internal addrspace(3) global [4 x %"struct.pair<int, 2>"] undef, align 4
define ptx_kernel void @kernel(ptr %out) {{
  {line}
  ret void
}}
"""
READ, WRITE, ATOMIC = 1, 2, 4  # as check.cpp has them
AT = "getelementptr inbounds nuw (i8, ptr addrspacecast (ptr addrspace(3) @slots to ptr), i64 12)"


@pytest.mark.parametrize(
    ("line", "how", "pointer", "size"),
    [
        ("%1 = load i32, ptr %out, align 4", READ, "%out", 4),
        (f"%1 = load i32, ptr {AT}, align 4", READ, "i64 12)", 4),
        (f"store i32 7, ptr {AT}, align 4", WRITE, "i64 12)", 4),
        (f"store ptr {AT}, ptr %out, align 8", WRITE, "%out", 8),
        ('%1 = load %"struct.pair<int, 2>", ptr %out, align 4', READ, "%out", 8),
        ("%1 = load atomic i64, ptr %out monotonic, align 8", READ | ATOMIC, "%out", 8),
        (f"%1 = atomicrmw add ptr {AT}, i32 1 seq_cst, align 4", READ | WRITE | ATOMIC, "i64 12)", 4),
        ("%1 = cmpxchg weak ptr %out, i16 0, i16 1 acquire monotonic, align 2", READ | WRITE | ATOMIC, "%out", 2),
    ],
)
def test_the_checked_address_is_the_accessed_one(line: str, how: int, pointer: str, size: int) -> None:
    """Constant expressions hold commas and pointers of their own."""
    text = rewrite(MODULE.format(line=line), "m", relocatable=False, checked=True).text
    found = re.search(r"call void @hw_check_(?:access|lds)\(ptr (.*), i64 (\d+), i32 (\d+), i32 %hw\.site", text)
    assert found
    assert (int(found[3]), int(found[2])) == (how, size)
    assert found[1].endswith(pointer)
