"""A port's own record in `OUT/.hipwright/`: its report, what to compile, and where each line came from.

Paths in it are relative to the port, and no time is written down: two runs leave the same bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import hipwright
from hipwright.compile import Unit
from hipwright.finding import Note
from hipwright.output import RECORD, read_state, write_json, write_state
from hipwright.report import FileReport, Report, as_json, as_note
from hipwright.source import LineMap


@dataclass(frozen=True)
class Origin:
    """What a port was made of, and how."""

    original: str = ""  # the folder of the original, relative to the port; empty if unknown
    defines: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()  # of headers that are not the project's
    rename: str = ""  # the suffix that files ending in .cu were given


@dataclass(frozen=True)
class Record:
    """What is written of a port, read again."""

    units: tuple[Unit, ...] = ()
    lines: Mapping[str, LineMap] = field(default_factory=dict)  # of rewritten files: the original's lines
    report: Mapping[str, Any] = field(default_factory=dict)  # as `report.as_json` gave it
    origin: Origin = Origin()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the rules said of the original."""
        return tuple(as_note(note) for note in self.report.get("notes", ()))

    @property
    def archs(self) -> tuple[str, ...]:
        """The targets that the port was made for."""
        return tuple(self.report.get("archs", ()))

    @property
    def files(self) -> tuple[FileReport, ...]:
        """What became of each file."""
        return tuple(
            FileReport(each["path"], each["status"], {rule: tuple(lines) for rule, lines in each["edits"].items()})
            for each in self.report.get("files", ())
        )

    @property
    def kernels(self) -> tuple[str, ...]:
        """The kernels that the port's check compiled, readable."""
        return tuple(kernel["name"] for unit in self.report.get("units", ()) for kernel in unit["kernels"])


def read_record(out: Path) -> Record | None:
    """The record of a port; None if there is none, or none that can be read: a port by hand has none."""
    folder = out / RECORD
    try:
        units, lines, report = (
            json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("units", "lines", "report")
        )
        state = read_state(out)
        return Record(
            tuple(Unit(each["path"], each["language"], tuple(each["flags"]), each["torch"]) for each in units),
            {path: LineMap(tuple((a, b, bool(c)) for a, b, c in points)) for path, points in lines.items()},
            report,
            Origin(
                str(state.get("original", "")),
                tuple(map(str, state.get("defines", ()))),
                tuple(map(str, state.get("folders", ()))),
                str(state.get("rename", "")),
            ),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(
    out: Path, report: Report, maps: Mapping[str, LineMap], units: Sequence[Unit], stage: str, origin: Origin
) -> None:
    """Write the record of a port; `stage` is how far it came."""
    write_report(out, report)
    write_lines(out, maps)
    write_json(out / RECORD / "units.json", [asdict(unit) for unit in units])
    write_state(out, stage=stage, version=hipwright.__version__, **asdict(origin))


def write_report(out: Path, report: Report) -> None:
    """Write only the report anew: the port was executed, or worked on."""
    write_json(out / RECORD / "report.json", as_json(report))


def write_lines(out: Path, maps: Mapping[str, LineMap]) -> None:
    """Write only where the lines came from."""
    write_json(out / RECORD / "lines.json", {path: lines.points for path, lines in sorted(maps.items())})


def seen_from(out: Path, root: Path) -> str:
    """The folder `root` as it is found from `out`."""
    return os.path.relpath(root.resolve(), out.resolve())
