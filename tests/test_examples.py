"""The programs below `examples/`: ported, they compile for wave64 and wave32, and a second port finds nothing to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hipwright.finding import HipwrightError, Level
from hipwright.output import RECORD
from hipwright.port import Options, port
from hipwright.report import Report
from hipwright.toolchain import find

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
# What each leaves for a person, as rule ids: all others leave nothing.
LEFT = {"nvrtc": {"rtc-options"}}


def sources(root: Path) -> dict[str, bytes]:
    """Every file of a tree but the port's record."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in files
        if RECORD not in path.relative_to(root).parts
    }


def needs_compiler() -> None:
    """Skip where no compiler is installed; CI has one."""
    try:
        find()
    except HipwrightError as error:
        pytest.skip(error.message)


def describe(report: Report) -> str:
    """What went wrong, for the one who reads the failure."""
    lines = [f"{item.place}: {item.title}" for item in report.work]
    lines += [f"{note.place}: {note.level}: {note.message}" for note in report.notes if note.level.left_to_do]
    return "\n".join(lines)


def test_there_are_enough_examples() -> None:
    assert len(EXAMPLES) >= 7
    assert "lattice" in EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_ported_example_compiles(name: str, tmp_path: Path) -> None:
    needs_compiler()
    report = port(FOLDER / name, tmp_path / "out", Options(archs=("gfx942", "gfx1100")))
    assert report.units
    assert all(result.ok for result in report.units), describe(report)
    assert not report.count(Level.ERROR), describe(report)
    left = {note.rule for note in report.notes if note.level.left_to_do}
    assert left == LEFT.get(name, set()), describe(report)
    assert report.exit_code == (1 if left else 0)


@pytest.mark.parametrize("name", EXAMPLES)
def test_port_of_an_example_is_hip_throughout(name: str, tmp_path: Path) -> None:
    original = sources(FOLDER / name)
    once = tmp_path / "once"
    port(FOLDER / name, once, Options(check=False))
    assert sources(FOLDER / name) == original
    assert sources(once).keys() == original.keys()
    for path, data in sources(once).items():
        if path.endswith((".cu", ".cuh", ".cpp", ".h")):
            code = b"\n".join(line.split(b"//")[0] for line in data.splitlines())
            assert b"cudaMalloc" not in code and b"_sync(" not in code.replace(b"reduce_sync(", b"")
    port(once, tmp_path / "twice", Options(check=False))
    assert sources(tmp_path / "twice") == sources(once)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_says_whether_it_was_right(name: str) -> None:
    text = b"".join(data for path, data in sources(FOLDER / name).items() if path.endswith((".cu", ".cpp")))
    assert b'"WRONG"' in text or b'"WRONG' in text
    assert (FOLDER / name / "Makefile").is_file()


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
@pytest.mark.parametrize("name", EXAMPLES)
def test_ported_makefile_would_run_hipcc(name: str, tmp_path: Path) -> None:
    port(FOLDER / name, tmp_path / "out", Options(archs=("gfx942", "gfx1100"), check=False))
    dry = subprocess.run(["make", "-n"], cwd=tmp_path / "out", capture_output=True, text=True, timeout=60, check=True)
    assert not re.search(r"nvcc|sm_\d|compute_\d|-lcu|/cuda", dry.stdout)
    if name != "nvrtc":  # device code that is compiled at run time needs no hipcc
        assert "hipcc" in dry.stdout
        assert re.search(r"--offload-arch=gfx942,gfx1100(?![\w,])", dry.stdout)
