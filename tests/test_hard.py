"""The hard items: each folder is whole, and on small ones the judge says what it is for.

`benchmarks/hard.py` judges all of them; this keeps folders and judge from rotting unseen.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hard import ITEMS, Item, items, judge, passes, read_item

from hipwright.finding import HipwrightError
from hipwright.toolchain import find

FOLDERS = sorted(path for path in ITEMS.iterdir() if path.is_dir())
SMALL = ("asm_loop", "long_rows")
_GPU = re.compile(r"#\s*include\s*<(?:cu|hip|nv)|\bcuda|\bhip|__global__|__CUDA|__HIP", re.I)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_item_is_whole(folder: Path) -> None:
    item = read_item(folder)
    assert item.title and item.topic and item.why
    assert set(item.archs) >= {"gfx942"} or set(item.archs) >= {"gfx90a"}
    header = (item.original / f"{item.name}.h").read_text()
    assert not _GPU.search(header), "the interface is plain C++"
    check = (folder / "hidden" / "main.cpp").read_text()
    assert not _GPU.search(check), "the hidden program knows of no GPU"
    assert f'"{item.name}.h"' in check and '"PASS' in check
    assert all(name == f"{item.name}.h" for name in re.findall(r'#include "([^"]+)"', check))
    sources = [path for path in item.original.rglob("*") if path.suffix in (".cu", ".cpp", ".cuh", ".h")]
    assert any(path.suffix == ".cu" for path in sources)
    assert not any(re.search(r"\bint\s+main\s*\(", path.read_text()) for path in sources), "the library has no main"
    assert any(path.is_file() for path in item.solution.rglob("*"))


@pytest.fixture(scope="module", params=SMALL)
def item(request: pytest.FixtureRequest) -> Item:
    """One of the small items."""
    try:
        find()
    except HipwrightError as error:
        pytest.skip(error.message)
    return items([request.param])[0]


def test_the_engine_alone_fails_and_the_solution_passes(item: Item, tmp_path: Path) -> None:
    alone = judge(item, tmp_path / "alone")
    assert alone.hard, alone
    solved = judge(item, tmp_path / "solved", solved=True)
    assert solved.outcome.passed, solved
    assert not (tmp_path / "solved" / "port" / "hidden").exists()


def test_a_port_without_its_kernels_does_not_pass(item: Item, tmp_path: Path) -> None:
    tree = tmp_path / "port"
    shutil.copytree(item.original, tree)
    for path in tree.rglob("*.cu"):
        path.unlink()
    assert passes(tree, item, tmp_path / "work").stage == "compile"
