"""Precompiled headers: what a unit starts with is read as the compiler reads it, and no verdict changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipwright import toolchain
from hipwright.compile import Unit, check
from hipwright.precompiled import leading_headers
from hipwright.toolchain.torch import TorchHeaders

TREE = {
    "a.cpp": '#include "own.h"\n#include <vector>\n#include <torch/extension.h>\nint x;\n',
    "own.h": "#pragma once\n#ifndef OWN_H\n#define OWN_H\n#include <Python.h>\n#define N 3\n#endif\n",
    "known.cpp": "#ifdef WITH\n#include <a.h>\n#else\n#include <b.h>\n#endif\n#include <torch/x.h>\n#include <late.h>\n",
    "unknown.cpp": "#ifdef __SSE__\n#define FAST\n#endif\n#include <a.h>\n#ifdef FAST\n#include <b.h>\n#endif\n",
    "code.cpp": "#include <a.h>\nint x;\n#include <torch/extension.h>\n",
    "broken.cpp": "#endif\n#include <a.h>\n",
}


@pytest.mark.parametrize(
    ("path", "headers", "defined"),
    [
        ("a.cpp", ["Python.h", "vector", "torch/extension.h"], {"OWN_H", "N"}),
        ("known.cpp", ["a.h", "torch/x.h"], set()),
        ("unknown.cpp", ["a.h"], {"FAST"}),
        ("code.cpp", ["a.h"], set()),
        ("broken.cpp", [], set()),
        ("none.cpp", [], set()),
    ],
)
def test_what_stands_first(path: str, headers: list[str], defined: set[str]) -> None:
    found = leading_headers(TREE.get, path, ["-DWITH"])
    assert (found.headers, found.defined) == (headers, defined)


def test_a_branch_that_is_not_read() -> None:
    found = leading_headers(TREE.get, "known.cpp", [])
    assert found.headers == ["b.h", "torch/x.h"]
    assert found.tested == {"WITH"}


def test_units_share_headers_and_keep_their_verdicts(tmp_path: Path) -> None:
    """Three good units, one that does not compile, one whose macro changes the header and breaks it."""
    outside, root, cache = tmp_path / "outside", tmp_path / "root", tmp_path / "cache"
    (outside / "torch").mkdir(parents=True)
    (outside / "torch" / "extension.h").write_text(
        "#pragma once\n#ifdef OLD\n#error too old\n#endif\ntemplate <class T> T twice(T x) { return x + x; }\n"
    )
    root.mkdir()
    for name in "abc":
        (root / f"{name}.cpp").write_text(f"#include <torch/extension.h>\nint {name}() {{ return twice(2); }}\n")
    (root / "bad.cpp").write_text("#include <torch/extension.h>\nint bad() { return thrice(2); }\n")
    (root / "old.cpp").write_text("#define OLD 1\n#include <torch/extension.h>\nint old() { return twice(2); }\n")
    units = [Unit(path.name, "c++", torch=True) for path in sorted(root.glob("*.cpp"))]
    torch = TorchHeaders("2.0", (outside,), ())
    tools = toolchain.find()
    plain = check(root, units, [], tools, torch=torch)
    shared = check(root, units, [], tools, torch=torch, cache_dir=cache)
    assert [(each.status, each.diagnostics) for each in shared] == [(each.status, each.diagnostics) for each in plain]
    assert [each.status for each in shared] == ["ok", "ok", "failed", "ok", "failed"]
    (made,) = (cache / "precompiled").glob("*.pch")
    made.unlink()  # it may go at any time
    again = check(root, units, [], tools, torch=torch, cache_dir=cache)
    assert all(each.cached for each in again)
    (outside / "torch" / "extension.h").write_text("#pragma once\n")
    assert {each.status for each in check(root, units, [], tools, torch=torch, cache_dir=cache)} == {"failed"}
