"""A run's Report, and the ways to show it. Each way is a function of one Report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from hipwright.compile import UnitResult
from hipwright.finding import Level, Note, Place, WorkItem
from hipwright.report import verification as executed


@dataclass(frozen=True)
class FileReport:
    """What became of one file: `rewritten`, `unchanged` (looked at), or `copied` (bytes only, not looked into)."""

    path: str
    status: str
    edits: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # rule id → the original lines it edited


@dataclass(frozen=True)
class Report:
    """Everything a run of `port` or `check` found out. Holds relative paths only, and no times: two runs are equal."""

    archs: tuple[str, ...]
    files: tuple[FileReport, ...] = ()
    notes: tuple[Note, ...] = ()
    units: tuple[UnitResult, ...] = ()
    work: tuple[WorkItem, ...] = ()
    toolchain: str = ""  # empty: nothing was compiled
    unchecked: str = ""  # why nothing was compiled
    repaired: int = 0  # edits made on the compiler's word
    lines: int = 0  # of source looked at
    verification: executed.Verification | None = None  # None: nothing was executed
    unexecuted: str = ""  # why nothing was executed
    spent: Mapping[str, Any] | None = None  # by a model: requests, tokens, dollars

    @property
    def left_to_do(self) -> bool:
        """Whether a person or an agent has something to do before this port can be called compiled."""
        wrong = self.verification is not None and self.verification.exit_code == 1
        return bool(self.work) or bool(self.unchecked) or wrong or any(note.level.left_to_do for note in self.notes)

    @property
    def exit_code(self) -> int:
        """0 when nothing is left to do, else 1."""
        return 1 if self.left_to_do else 0

    def count(self, level: Level) -> int:
        """How many Notes have this level."""
        return sum(note.level is level for note in self.notes)


def as_json(report: Report) -> dict[str, Any]:
    """The Report as plain data, for `--json` and the record in the output."""
    verified = report.verification.verified if report.verification else ()
    return {
        "format": 1,
        "archs": list(report.archs),
        "toolchain": report.toolchain or None,
        "unchecked": report.unchecked or None,
        "exit_code": report.exit_code,
        "lines": report.lines,
        "repaired": report.repaired,
        "files": [
            {"path": f.path, "status": f.status, "edits": {rule: list(lines) for rule, lines in f.edits.items()}}
            for f in report.files
        ],
        "notes": [asdict(note) for note in report.notes],
        "units": [_unit(result) for result in report.units],
        "work": [asdict(item) for item in report.work],
        "verified": list(verified),
        "unverified": sorted({kernel.name for result in report.units for kernel in result.kernels} - set(verified)),
        "verification": executed.as_json(report.verification) if report.verification else None,
        "unexecuted": report.unexecuted or None,
        "agent": dict(report.spent) if report.spent else None,
    }


def _unit(result: UnitResult) -> dict[str, Any]:
    return {
        "path": result.unit.path,
        "arch": result.arch,
        "status": result.status,
        "missing_header": result.missing_header or None,
        "diagnostics": [asdict(item) for item in result.diagnostics],
        "kernels": [asdict(kernel) for kernel in result.kernels],
    }


def as_note(data: Mapping[str, Any]) -> Note:
    """The Note that plain data of `as_json` stands for."""
    return Note(
        data["rule"],
        Level(data["level"]),
        Place(**data["place"]),
        data["message"],
        data["hint"],
        tuple(data["hazards"]),
    )
