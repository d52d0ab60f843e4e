"""Whole trees: `tests/cases/NNN-name/input` ported gives `expected`, byte for byte; one with `refused.txt` is refused.

`HIPWRIGHT_UPDATE=1` writes what the port gives, to be read before it is committed.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from hipwright.finding import HipwrightError
from hipwright.output import RECORD
from hipwright.port import Options, port

CASES = sorted((Path(__file__).parent / "cases").iterdir())


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder, without the port's record."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and RECORD not in path.relative_to(root).parts
    }


def ported(source: Path, out: Path) -> tuple[dict[str, bytes], list[str]]:
    """The ported tree, and the Notes as lines."""
    report = port(source, out, Options(check=False, force=True))
    notes = [f"{note.place} {note.level} {note.rule}: {note.message}" for note in report.notes]
    return tree(out), notes


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, tmp_path: Path) -> None:
    source = tmp_path / "input"
    shutil.copytree(case / "input", source, symlinks=True)
    refused = case / "refused.txt"
    if refused.exists():
        with pytest.raises(HipwrightError) as error:
            port(source, tmp_path / "out", Options(check=False))
        assert refused.read_text().strip() in error.value.message
        return
    files, notes = ported(source, tmp_path / "out")
    if os.environ.get("HIPWRIGHT_UPDATE"):
        shutil.rmtree(case / "expected", ignore_errors=True)
        shutil.copytree(tmp_path / "out", case / "expected", ignore=shutil.ignore_patterns(RECORD))
        (case / "notes.txt").write_text("".join(f"{note}\n" for note in notes))
    assert files == tree(case / "expected")
    assert notes == (case / "notes.txt").read_text().splitlines()


@pytest.mark.parametrize("case", [case for case in CASES if (case / "expected").exists()], ids=lambda case: case.name)
def test_port_of_a_port_changes_nothing(case: Path, tmp_path: Path) -> None:
    shutil.copytree(case / "expected", tmp_path / "input")
    files, _ = ported(tmp_path / "input", tmp_path / "out")
    assert files == tree(case / "expected")


@pytest.mark.parametrize("case", [case for case in CASES if (case / "expected").exists()], ids=lambda case: case.name)
def test_two_runs_give_the_same_bytes(case: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        port(case / "input", tmp_path / name, Options(check=False))
    for record in ("report.json", "lines.json", "units.json", "state.json"):
        first, second = (tmp_path / name / RECORD / record for name in ("one", "two"))
        assert json.loads(first.read_text()) == json.loads(second.read_text())
        assert first.read_bytes() == second.read_bytes()
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
