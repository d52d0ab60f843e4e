"""The tools by themselves: plain functions of a port that take and give text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hipwright.agent import tools
from hipwright.agent.secrets import MARK, cleaned, take_keys
from hipwright.agent.workspace import RefusedError, Workspace
from hipwright.finding import HipwrightError
from hipwright.port import Options, port

SOURCE = """#include <cuda_runtime.h>
#include "part.h"

struct Pair {
  int a;
  int b;
};

__global__ void first(int* p) {
  p[threadIdx.x] = twice(1);
}

void run(int* p) {
  first<<<1, 32>>>(p);
  cudaDeviceSynchronize();
}
"""


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    (tmp_path / "cuda").mkdir()
    (tmp_path / "cuda" / "main.cu").write_text(SOURCE)
    (tmp_path / "cuda" / "part.h").write_bytes(
        b"#pragma once\r\n// caf\xc3\xa9\r\n__device__ int twice(int x) {\r\n  return 2 * x;\r\n}\r\n"
    )
    (tmp_path / "cuda" / "big.h").write_text("// much\n" * 700_000)
    port(tmp_path / "cuda", tmp_path / "hip", Options(check=False))
    return Workspace.open(tmp_path / "hip")


def test_read_numbers_lines_and_stops_somewhere(space: Workspace) -> None:
    lines = tools.read(space, "main.cu", 3, 5).splitlines()
    assert [line.split(maxsplit=1)[0] for line in lines] == ["3", "4", "5"]
    assert "none of them from line 900" in tools.read(space, "main.cu", 900)
    with pytest.raises(RefusedError, match="larger than"):
        tools.read(space, "big.h")
    with pytest.raises(RefusedError, match=r"did you mean main\.cu"):
        tools.read(space, "src/main.cu")


def test_the_original_stays_readable_beside_the_port(space: Workspace) -> None:
    assert "cudaDeviceSynchronize" in tools.read_original(space, "main.cu")
    assert "hipDeviceSynchronize" in tools.read(space, "main.cu")
    with pytest.raises(RefusedError):
        tools.read_original(space, "new.h")


def test_search_and_outline(space: Workspace) -> None:
    assert tools.search(space, "twice(").splitlines() == [
        f"main.cu:{tools.search(space, 'twice(1)').split(':')[1]}: p[threadIdx.x] = twice(1);",
        "part.h:3: __device__ int twice(int x) {",
    ]
    assert tools.search(space, "twice(", "*.h").startswith("part.h:3:")
    found = tools.outline(space, "main.cu")
    assert "struct Pair" in found and "__global__ void first(int* p)" in found
    assert "part.h" in tools.outline(space)


def test_an_edit_keeps_line_ends_and_moves_the_lines(space: Workspace) -> None:
    tools.edit(space, "part.h", "  return 2 * x;\n}", "  int y = x;\n  return y + x;\n}")
    data = (space.out / "part.h").read_bytes()
    assert data.endswith(b"{\r\n  int y = x;\r\n  return y + x;\r\n}\r\n") and b"\xc3\xa9" in data
    before = tools.read(space, "main.cu").splitlines()
    at = next(number for number, line in enumerate(before, 1) if "void run" in line)
    tools.edit(space, "main.cu", "struct Pair {", "// one\n// two\nstruct Pair {")
    space.save()
    again = Workspace.open(space.out)
    old = SOURCE.splitlines().index("void run(int* p) {") + 1
    assert again.maps["main.cu"].original(at + 2) == old


def test_a_new_file_can_be_made_but_none_replaced(space: Workspace) -> None:
    tools.edit(space, "more.h", "", "#pragma once\n")
    assert (space.out / "more.h").read_text() == "#pragma once\n"
    with pytest.raises(RefusedError, match="exists"):
        tools.edit(space, "main.cu", "", "gone")


def test_only_the_files_of_an_item_are_written_and_all_is_undone(space: Workspace) -> None:
    before = {path: (space.out / path).read_bytes() for path in ("main.cu", "part.h")}
    with space.tentative(["main.cu", "fresh.h"]) as attempt:
        tools.edit(space, "main.cu", "struct Pair", "struct Two")
        tools.edit(space, "fresh.h", "", "// new\n")
        with pytest.raises(RefusedError, match="none of the files"):
            tools.edit(space, "part.h", "2 * x", "3 * x")
        assert set(attempt.changed()) == {"main.cu", "fresh.h"}
    assert {path: (space.out / path).read_bytes() for path in before} == before
    assert not (space.out / "fresh.h").exists()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_an_edit_and_its_reverse_leave_the_same_bytes(space: Workspace, data: st.DataObject) -> None:
    text = (space.out / "main.cu").read_text()
    start = data.draw(st.integers(0, len(text) - 1))
    old = text[start : start + data.draw(st.integers(1, 80))]
    new = f"/*{data.draw(st.text(alphabet='xyz 0;', max_size=12))}*/\n"
    if text.count(old) != 1 or new in text:
        with pytest.raises(RefusedError):
            tools.edit(space, "main.cu", old, new) if text.count(old) != 1 else tools.edit(space, "main.cu", new, new)
        return
    tools.edit(space, "main.cu", old, new)
    tools.edit(space, "main.cu", new, old)
    assert (space.out / "main.cu").read_text() == text


def test_keys_leave_the_environment() -> None:
    environment = {
        "OPENAI_API_KEY": "abcdefgh",
        "GH_TOKEN": "ijklmnop",
        "AWS_SECRET_ACCESS_KEY": "qrstuvwx",
        "PATH": "/bin",
    }
    environment |= {"KEYBOARD": "us", "MONKEY": "x", "AWS_REGION": "here"}
    assert take_keys(environment) == {"abcdefgh", "ijklmnop", "qrstuvwx"}
    assert set(environment) == {"PATH", "KEYBOARD", "MONKEY", "AWS_REGION"}


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAQWERTYUIOPASDFGH", "ghp_" + "a1B2" * 9, "sk-ant-REDACTED" + "x1" * 20, "hf_" + "Ab1" * 12,
        "xoxb-123456789012-1234567890123-" + "a" * 24, "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
    ],
)  # fmt: skip
def test_secrets_are_taken_out(secret: str) -> None:
    text = cleaned(f'int a;\nconst char* s = "{secret}";\nint b;')
    assert secret not in text and MARK in text and "int a;" in text and "int b;" in text


def test_code_is_no_secret() -> None:
    text = (
        SOURCE
        + 'unsigned long h = 0x9E3779B97F4A7C15ull; // magic\nasm("{\\n.reg .pred p1;}");\ncublasGemmStridedBatchedEx(a1);\n'
    )
    assert cleaned(text) == text


def test_what_is_no_port_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HipwrightError, match="is no port"):
        Workspace.open(tmp_path)
