"""What is there before a port: APIs and their HIP state, hazards with places, size, effort, AMD support already there.

A scan runs the rules without writing: what a port would edit or say is what the scan counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hipwright.amd import supports_amd
from hipwright.finding import Level, Note, Place
from hipwright.knowledge import names
from hipwright.port import Progress, Translated, _silent, translate
from hipwright.project import Kind, Project
from hipwright.rule import all_rules

_WORD = re.compile(rb"[A-Za-z_]\w*")
_KERNEL = re.compile(rb"\b__global__\b")
_LAUNCH = re.compile(rb"(?<!<)<<<(?!<)")


@dataclass(frozen=True)
class Api:
    """A CUDA library as the project uses it. `missing` are names that neither HIP nor a rule has an answer for."""

    library: str
    used: int
    known: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Hazard:
    """A kind of place that a rename alone would break, with where it stands."""

    id: str  # the rule
    title: str
    hazards: tuple[str, ...]
    count: int
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Survey:
    """The result of a scan."""

    root: str
    files: Mapping[str, int]  # kind → how many
    lines: int
    kernels: int
    launches: int
    builds: tuple[str, ...]
    units: int
    amd: str  # "none", "partly" or "yes"
    amd_evidence: tuple[tuple[Place, str], ...]
    apis: tuple[Api, ...]
    hazards: tuple[Hazard, ...]
    notes: tuple[Note, ...]
    effort: str


def survey(
    root: Path, include: Sequence[str] = (), exclude: Sequence[str] = (), progress: Progress = _silent
) -> Survey:
    """Scan the tree at `root`; nothing is written."""
    project = Project.open(root, include, exclude)
    used: dict[str, set[str]] = {}
    lines = kernels = launches = 0
    table = names()
    for file in project.code:
        data = project.read(file.path)
        lines += data.count(b"\n") + (not data.endswith(b"\n"))
        kernels += len(_KERNEL.findall(data))
        launches += len(_LAUNCH.findall(data))
        for word in {word.decode() for word in _WORD.findall(data)}:
            if word in table:
                used.setdefault(table[word].library, set()).add(word)
    notes: list[Note] = list(project.notes)
    places: dict[str, list[Place]] = {}
    for item in translate(project, progress):
        notes += item.notes
        _collect(item, places)
    amd, evidence = supports_amd(project)
    return Survey(
        root=root.name or str(root),
        files=dict(Counter(file.kind.value for file in project.files if file.kind not in (Kind.OTHER, Kind.BUILD))),
        lines=lines,
        kernels=kernels,
        launches=launches,
        builds=tuple(sorted({file.path for file in project.files if file.kind is Kind.BUILD}))[:8],
        units=len(project.units),
        amd=amd,
        amd_evidence=tuple(evidence),
        apis=tuple(_apis(used)),
        hazards=tuple(_hazards(places)),
        notes=tuple(sorted(set(notes), key=lambda note: (note.place, note.rule, note.message))),
        effort=_effort(notes, places),
    )


def _collect(item: Translated, places: dict[str, list[Place]]) -> None:
    for note in item.notes:
        places.setdefault(note.rule, []).append(note.place)
    for rule, lines in item.report.edits.items():
        places.setdefault(rule, []).extend(Place(item.file.path, line) for line in lines)


def _apis(used: Mapping[str, set[str]]) -> Iterable[Api]:
    table = names()
    handled = frozenset().union(*(rule.names for rule in all_rules().values() if rule.id != "names"))
    for library, found in sorted(used.items()):
        missing = tuple(sorted(name for name in found if not table[name].hip and name not in handled))
        yield Api(library, len(found), len(found) - len(missing), missing)


def _hazards(places: Mapping[str, list[Place]]) -> Iterable[Hazard]:
    rules = all_rules()
    found = [
        Hazard(rule, rules[rule].title, rules[rule].hazards, len(where), tuple(sorted(set(where))))
        for rule, where in places.items()
        if rule in rules and rule not in ("names", "headers")
    ]
    return sorted(found, key=lambda hazard: (-hazard.count, hazard.id))


def _effort(notes: Iterable[Note], places: Mapping[str, list[Place]]) -> str:
    by_level = Counter(note.level for note in set(notes))
    automatic = sum(len(where) for where in places.values()) - sum(by_level.values())
    return (
        f"{max(automatic, 0)} edits are automatic; {by_level[Level.TEST]} of the rewritten places want a behavioural "
        f"test; {by_level[Level.TODO] + by_level[Level.ERROR]} need a person or an agent"
    )


def as_json(found: Survey) -> dict[str, Any]:
    """The survey as plain data."""
    data = asdict(found)
    data["amd_evidence"] = [{"place": asdict(place), "what": what} for place, what in found.amd_evidence]
    return data
