"""GPU source in ordinary strings is ported; other strings are not."""

from __future__ import annotations

from hipwright.context import gather
from hipwright.rewrite import Engine
from hipwright.rule import all_rules
from hipwright.source import Source

KERNEL = (
    'const char* kernel = "#define N 4\\n"  // a comment\n'
    '  "__global__ void k(float* p) {\\n"\n'
    '  "\\tp[0] = __shfl_down_sync(0xffffffff, p[1], 1); // \\"cudaMalloc\\"\\n"\n'
    '  "  if (p[0] == cudaSuccess) return;\\n}\\n";\n'
)


def ported(text: str) -> str:
    data = text.encode()
    return Engine(all_rules().values()).rewrite(Source("a.cpp", data), gather([data])).source.data.decode()


def test_edits_stand_inside_the_pieces() -> None:
    wanted = KERNEL.replace("__shfl_down_sync(0xffffffff, p[1], 1)", "__shfl_down(p[1], 1, 32)")
    assert ported(KERNEL) == wanted.replace("cudaSuccess", "hipSuccess")


def test_a_port_of_the_port_changes_nothing() -> None:
    assert ported(ported(KERNEL)) == ported(KERNEL)


def test_other_strings_are_left_alone() -> None:
    text = 'const char* s = "cudaMalloc failed in a kernel"; const char* t = "__shfl_down_sync(m, v, 1)";\n'
    assert ported(text) == text
