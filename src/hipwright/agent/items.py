"""What is left of a port, as items that a model can take one by one: root causes first, the same message once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hipwright.agent.workspace import Workspace
from hipwright.finding import Diagnostic, Note, Place, WorkItem
from hipwright.port import Naming
from hipwright.report import Report
from hipwright.report.verification import ProgramResult, SideResult

_NEIGHBOURS = 12  # files beside its own that an item may edit


@dataclass(frozen=True)
class Item:
    """One thing that is left to do. Places have the port's paths and the original's lines."""

    title: str
    places: tuple[Place, ...]  # the first is the one that is shown
    files: tuple[str, ...]  # of the port, that may be edited for it
    diagnostics: tuple[Diagnostic, ...] = ()  # if the compiler said so
    note: Note | None = None  # if a rule did
    run: tuple[str, str] | None = None  # if executing did: the program and its side
    hypotheses: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Eight letters that stay the same while the item does."""
        words = f"{self.note.rule if self.note else ''}\0{self.places[0].path}\0{self.title}"
        return hashlib.sha256(words.encode()).hexdigest()[:8]

    @property
    def kind(self) -> str:
        """A word for what says that something is left: the compiler, a rule's name, or the comparison."""
        return self.note.rule if self.note else "verify" if self.run else "compiler"


def items(workspace: Workspace, report: Report) -> list[Item]:
    """Everything that a report says is left, in the order in which it should be worked off.

    A header comes before what includes it, so that a root cause is seen before its consequences; within a file, what
    the compiler says comes first, in the order of lines.
    """
    found = [*_of_compiler(workspace, report.work), *_of_rules(workspace, report.notes)]
    if report.verification:
        found += _of_programs(workspace, report.verification.programs)
    project = workspace.project
    depth = {path: len(project.reaches(path)) for path in {item.places[0].path for item in found}}
    unique = {item.id: item for item in reversed(found)}
    return sorted(
        unique.values(),
        key=lambda item: (depth[item.places[0].path], item.places[0].path, item.kind != "compiler", item.places[0]),
    )


def _of_compiler(workspace: Workspace, work: Iterable[WorkItem]) -> list[Item]:
    """The same message at several places is one item."""
    groups: dict[str, list[WorkItem]] = {}
    for each in work:
        groups.setdefault(each.title, []).append(each)
    out = []
    for title, same in groups.items():
        diagnostics = tuple(d for each in same for d in each.diagnostics)
        units = [d.unit for d in diagnostics]
        out.append(
            Item(
                title,
                tuple(each.place for each in same),
                _files(workspace, [*(each.place.path for each in same), *units]),
                diagnostics,
                hypotheses=tuple(dict.fromkeys(line for each in same for line in each.hypotheses)),
                facts=tuple(dict.fromkeys(line for each in same for line in each.facts)),
            )
        )
    return out


def _of_rules(workspace: Workspace, notes: Iterable[Note]) -> list[Item]:
    groups: dict[tuple[str, str, str], list[Note]] = {}
    port_path = Naming(workspace.record.origin.rename)
    for note in notes:
        if note.level.left_to_do:
            note = replace(note, place=replace(note.place, path=port_path(note.place.path)))
            groups.setdefault((note.rule, note.place.path, note.message), []).append(note)
    out = []
    for same in groups.values():
        first = same[0]
        places = tuple(note.place for note in same)
        ways = (first.hint,) if first.hint else ()
        out.append(Item(first.message, places, _files(workspace, [first.place.path]), note=first, hypotheses=ways))
    return out


def _of_programs(workspace: Workspace, programs: Sequence[ProgramResult]) -> list[Item]:
    out = []
    for program in programs:
        for side in program.sides[1:]:
            if side.verdict.bad and (path := _where(workspace, side)):
                title = f"{program.name} on {side.side} ({side.arch}): {side.verdict}"
                files, run = _files(workspace, [path.path]), (program.name, side.side)
                out.append(Item(title, (path,), files, run=run, facts=tuple(_seen(side))))
                break  # the other wave size is looked at when this one is right
    return out


def _where(workspace: Workspace, side: SideResult) -> Place | None:
    for fault in side.faults:
        if fault.place and not fault.original:
            return fault.place
    project = workspace.project
    for kernel in side.launched:
        name = kernel.split("(")[0].split("<")[0].split("::")[-1].split(" ")[-1].encode()
        for file in project.files:
            if file.device and name in project.read(file.path):
                return Place(file.path, 1)
    return None


def _seen(side: SideResult) -> Iterable[str]:
    if side.reason:
        yield side.reason
    for fault in side.faults[:5]:
        yield f"{fault.place}: {fault}"
    for difference in side.comparison.differences[:5] if side.comparison else ():
        yield f"{difference.where}: the original has {difference.left!r}, the port {difference.right!r}"


def _files(workspace: Workspace, paths: Iterable[str]) -> tuple[str, ...]:
    """The files of an item: its own, and those of the port that they include or that include them."""
    project = workspace.project
    known = project.by_path
    own = [path for path in dict.fromkeys(paths) if path in known and not workspace.hidden(path)]
    near = [other for path in own for other in (*project.includes_of(path), *project.included_by(path))]
    shown = [path for path in dict.fromkeys(near) if path in known and not workspace.hidden(path) and path not in own]
    return (*own, *shown[:_NEIGHBOURS])
