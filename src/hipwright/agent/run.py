"""A whole run of the agent over a port: what is left, in order, until it is done or a budget is used up."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hipwright.agent.budget import ITEM, RUN, Budget, Meter, SpentError
from hipwright.agent.gate import Gate
from hipwright.agent.items import Item, items
from hipwright.agent.prompt import about, instructions
from hipwright.agent.secrets import cleaned, take_keys
from hipwright.agent.session import Decision, Session
from hipwright.agent.workspace import RefusedError, Workspace
from hipwright.emulate.run import Command, Isolation, RunLimits, Runner
from hipwright.finding import HipwrightError, Level, Note, Place
from hipwright.output import read_state
from hipwright.port import Naming, check
from hipwright.record import write_report
from hipwright.report import Report

if TYPE_CHECKING:
    from pydantic_ai.models import Model

Progress = Callable[[str, int, int, str], None]
Seen = Counter[tuple[str, str, str]]  # file, rule, message: how often a rule says it
_SHELL = RunLimits(seconds=60, memory=2 << 30, file_size=64 << 20, processes=64)


def _silent(stage: str, done: int, total: int, what: str) -> None:
    return


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    model: str = ""
    archs: tuple[str, ...] = ()  # none: those of the port
    original: Path | None = None  # None: where the port's record says
    run: Budget = RUN
    item: Budget = ITEM
    refusals: int = 4
    review: bool = True
    exclude: tuple[str, ...] = ()  # files that are never sent
    isolation: Isolation | None = Isolation.SANDBOX  # None: nothing is executed
    timeout: float = 120.0  # seconds a run of a program
    shell: bool = False
    again: bool = False  # try again what a model gave up or could not finish
    streaming: bool = True
    pause: float = 1.0
    jobs: int = 0


@dataclass(frozen=True)
class Outcome:
    """What an agent's run came to."""

    report: Report
    decisions: tuple[Decision, ...]  # of this run, in order
    spent: Any  # as `Meter.as_json` gives it
    left: tuple[Item, ...] = field(default=())
    stopped: str = ""  # why it ended before all items were tried

    @property
    def exit_code(self) -> int:
        """0 when nothing is left to do, else 1."""
        return self.report.exit_code


def agent(
    out: Path,
    options: Options,
    model: Model | None = None,
    progress: Progress = _silent,
    shown: Callable[[str], None] = print,
) -> Outcome:
    """Let a model work off what is left of the port in `out`. `model` stands for the one that `options` names.

    Raises `HipwrightError` when there is no such port or model, or no compiler.
    """
    try:
        from hipwright.agent.loop import Work, work_off
        from hipwright.agent.model import model_named
    except ImportError as error:
        raise HipwrightError(f"the agent is not installed: {error}", "pip install 'hipwright[agent]'", 2) from error

    chosen = model or model_named(options.model)
    keys = take_keys()
    space, gate = _opened(out, options)
    session = Session(space.out, keys)
    meter = Meter(options.run, "run")
    extra = (shell,) if options.shell and options.isolation is Isolation.SANDBOX else ()
    work = Work(
        space, gate, session, chosen, meter, options.item, options.refusals, options.review, extra, options.streaming,
        options.pause, shown=lambda text: progress("agent", len(made), total, text),
    )  # fmt: skip
    known = {} if options.again else session.decisions()
    made: list[Decision] = []
    report = _look(space, gate, options, progress)
    first = gate.seen(_noted(space, report))
    left = items(space, report)
    total, stopped = len(left), ""
    while True:
        todo = [item for item in left if item.id not in known]
        if not todo:
            break
        try:
            meter.check()
        except SpentError as error:
            stopped = str(error)
            break
        item = todo[0]
        progress("agent", len(made), total, item.title)
        decision = work_off(work, item)
        made.append(decision)
        known[item.id] = decision
        shown(_line(decision, item))
        if decision.outcome == "accepted":  # it may have resolved others, and brought others to light
            report = _look(space, gate, options, progress, first)
            left = items(space, report)
            total = len(made) + sum(each.id not in known for each in left)
    final = replace(_reported(report, session.decisions().values()), spent=meter.as_json())
    write_report(space.out, final)
    return Outcome(final, tuple(made), meter.as_json(), tuple(items(space, final)), stopped)


def dry_run(out: Path, options: Options) -> Iterable[dict[str, str]]:
    """Exactly what would be sent first for each item that is left. Nothing is sent."""
    space, gate = _opened(out, options)
    for item in items(space, _look(space, gate, options, _silent)):
        prompt = about(item, space, gate.stand(item.files), gate.archs, ())
        yield {"item": item.id, "title": item.title, "instructions": instructions("port"), "prompt": prompt}


def _opened(out: Path, options: Options) -> tuple[Workspace, Gate]:
    if read_state(out).get("stage") != "done":
        raise HipwrightError(f"{out} holds no finished port", "make one: hipwright port DIR -o OUT", 2)
    space = Workspace.open(out, options.original, options.exclude)
    archs = options.archs or space.record.archs
    isolation = options.isolation if space.original else None
    return space, Gate(space, archs, isolation, options.timeout, options.jobs)


def _look(space: Workspace, gate: Gate, options: Options, progress: Progress, first: Seen | None = None) -> Report:
    """The port as it is: compiled again, executed again, without the notes of rules that are settled.

    A note is settled if a model's edit for it was accepted, or if its rule saw it in the port at first and sees it no
    more: another item's edit resolved it. `first` is what the rules saw then.
    """
    space.save()
    found = check(space.out, gate.archs, options.jobs, progress)
    record = space.record.report
    executed = gate.execute() if options.isolation else None
    report = replace(
        found, files=space.record.files, lines=int(record.get("lines", 0)), repaired=int(record.get("repaired", 0)),
        verification=executed,
    )  # fmt: skip
    accepted = {each.item for each in Session.read(space.out).values() if each.outcome == "accepted"}
    now = gate.seen(_noted(space, report)) if first is not None else Seen()
    settled = set()
    for item in items(space, report):
        if item.note:
            key = item.places[0].path, item.note.rule, item.note.message
            if item.id in accepted or (first and first[key] and not now[key]):
                settled.add((item.note.rule, item.note.message, item.places[0].path))
    port_path = Naming(space.record.origin.rename)
    notes = (note for note in report.notes if (note.rule, note.message, port_path(note.place.path)) not in settled)
    return replace(report, notes=tuple(notes))


def _noted(space: Workspace, report: Report) -> set[str]:
    """The files of the port of which a rule says that something is left."""
    return {item.places[0].path for item in items(space, report) if item.note}


def _reported(report: Report, decisions: Iterable[Decision]) -> Report:
    """A report with a Note for each decision; what was accepted without being executed wants a test."""
    notes = set(report.notes)
    for decision in decisions:
        level, place = Level.INFO, Place(decision.path, decision.line)
        if decision.outcome == "accepted":
            executed = bool(decision.verified) and not decision.unverified
            level = Level.INFO if executed else Level.TEST
            proof = "executed and equal" if executed else "compiled, not executed"
            text = f"{decision.title}: solved by a model in commit {decision.commit} ({proof}): {decision.reason}"
        elif decision.outcome == "given-up":
            text = f"{decision.title}: a model gave up: {decision.reason}"
        else:
            text = f"{decision.title}: a model did not finish: {decision.reason}"
        notes.add(Note("agent", level, place, text))
    return replace(report, notes=tuple(sorted(notes, key=lambda note: (note.place, note.rule, note.message))))


def _line(decision: Decision, item: Item) -> str:
    place = item.places[0]
    tail = f" (commit {decision.commit})" if decision.commit else f": {decision.reason}"
    return f"{decision.outcome:9} {place.path}:{place.line} {item.title[:80]}{tail}"


def shell(workspace: Workspace, command: str) -> str:
    """Run a command of /bin/sh in a sandbox, on a copy of the port that is thrown away; returns what it prints."""
    with tempfile.TemporaryDirectory(prefix="hipwright-shell-") as scratch:
        copy = Path(scratch) / "port"
        for name in workspace.files():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(workspace.path(name), copy / name)
        found = Runner(Isolation.SANDBOX).run(Command(Path("/bin/sh"), ("-c", command), copy), _SHELL)
    if not found.ended:
        raise RefusedError(found.how)
    return cleaned(f"exit code {found.exit_code}\n{found.stdout[-8000:]}\n{found.stderr[-4000:]}".strip())
