"""Run one kernel by itself, original against port: until enough launches agree, or a smallest one differs."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from hipwright.compare import Output, Verdict, compare
from hipwright.emulate.build import Side
from hipwright.emulate.driver import Driver, Launch, Ran
from hipwright.kernels.generate import Case, Subject, cases
from hipwright.kernels.memory import Memory, changed, compare_memory, noise
from hipwright.kernels.parameters import Leaf, Shape

ENOUGH = 16  # launches of different sizes that wrote something and agree
_TRIES = 80  # launches that are made up
_LONGEST = 120  # while none of them wrote something
_EXAMPLES = 500  # that Hypothesis makes: many are of a size that was tried
_SHRINKING = 200  # more, to make one that differs smaller
_HOPELESS = 3  # launches of a block shape that all fail, while other shapes do not: it is left out
_SWAYING = 3  # launches whose answer depends on the order of lanes, in a kernel that also races: no more are made
_SLOW = 8  # launches that one counts for whose original does not end in time
_ARENAS = (1 << 18, 1 << 22, 1 << 25)  # bytes behind a pointer: first, and where nothing fits into that
_MILLISECONDS = 2000  # of processor time for the original; a port has several times as much
_SLOWER = 5
_ENDLESS = "no end in time"
_SWAYS = "an answer that depends on the order of lanes"
# What the original may do in a launch whose answer does not depend on it, if there is no launch without.
_BENIGN = frozenset({"race", "lockstep", "uninitialised"})

Names = Mapping[str, str]


@dataclass(frozen=True)
class Bench:
    """One side of a unit, ready to launch: its driver, and what the kernel and variables are called there."""

    side: Side
    driver: Driver
    kernel: str
    variables: Names  # by the name that all sides share

    def ask(self, launch: Launch, milliseconds: int, *, unfused: bool = False) -> None:
        """Begin a launch, as `Driver.ask` does."""
        renamed = replace(
            launch,
            fills=tuple(replace(fill, target=self._own(fill.target)) for fill in launch.fills),
            links=tuple(replace(link, target=self._own(link.target)) for link in launch.links),
        )
        self.driver.ask(self.kernel, renamed, milliseconds, unfused=unfused)

    def answer(self) -> Ran:
        """What came of it, with the shared names."""
        shared = {own: name for name, own in self.variables.items()}
        ran = self.driver.answer()
        kept = []
        for change in ran.changes:
            if not change.target.startswith("@"):
                kept.append(change)
            elif (name := shared.get(change.target[1:])) is not None:
                kept.append(replace(change, target=f"@{name}"))
        return replace(ran, changes=tuple(kept))

    def _own(self, target: str) -> str:
        return f"@{self.variables.get(target[1:], target[1:])}" if target.startswith("@") else target


@dataclass(frozen=True)
class Found:
    """What a port did in one launch that its original did not, or that both did the same."""

    verdict: Verdict
    text: str = ""
    events: tuple[Mapping[str, Any], ...] = ()  # faults of the port
    memory: Memory | None = None
    unsupported: str = ""

    @property
    def certain(self) -> bool:
        """Whether it is wrong whatever the right answer is: it faults, or writes nothing at all."""
        return self.verdict is Verdict.FAULT or (self.verdict.bad and bool(self.text))


@dataclass(frozen=True)
class Trial:
    """One launch, on every side."""

    invalid: str = ""  # why it says nothing: what the original did
    wrote: int = 0  # bytes that the original changed
    ports: tuple[Found, ...] = ()
    nans: bool = False  # most of what the original wrote is NaN

    @property
    def bad(self) -> bool:
        """Whether a port differs."""
        return any(found.verdict.bad for found in self.ports)


@dataclass(frozen=True)
class Judged:
    """All launches of one kernel."""

    verdicts: tuple[Verdict, ...]  # of each port
    ports: tuple[Found, ...] = ()  # in the smallest launch that differs
    case: Case | None = None  # that launch
    launches: int = 0  # that wrote something and were compared on every side
    tried: int = 0
    lanes: int = 0  # of the largest block among those launches
    reason: str = ""  # why nothing is known
    note: str = ""


class _DiffersError(Exception):
    """Tells Hypothesis that a launch is one of those that it looks for."""


class Judge:
    """Launches one kernel on all sides."""

    def __init__(self, subject: Subject, original: Bench, reversed_: Bench, ports: Sequence[Bench]) -> None:
        self.subject = subject
        self.original = original
        self.reversed = reversed_
        self.ports = ports
        self.known: dict[Launch, Trial] = {}
        self.lenient = False
        self.unsupported = ""
        self.rounded = 0  # comparisons that only fusing explains
        self.places: dict[str, str] = {}  # where the original had a fault of a kind first

    def judge(self, seed: int) -> Judged:
        """Launch until enough is known."""
        if self.subject.signature.handles:
            return self._unknown(f"its arguments can't be made up: {', '.join(self.subject.signature.handles[:3])}")
        found = self._unknown("")
        for self.lenient in (False, True):
            for arena in _ARENAS:
                found = self._search(seed, arena)
                if found.verdicts[0] is not Verdict.NOT_RUN or self.unsupported:
                    return found
                if not any(_short(launch, trial) for launch, trial in self.known.items()):
                    break  # more memory does not help
            if not any(trial.invalid.startswith("benign") for trial in self.known.values()):
                break
            self.known = {case: trial for case, trial in self.known.items() if not trial.invalid.startswith("benign")}
        return found

    def _unknown(self, reason: str) -> Judged:
        return Judged(tuple(Verdict.NOT_RUN for _ in self.ports), reason=reason)

    def _search(self, seed: int, arena: int) -> Judged:
        """Let Hypothesis look for a launch that differs."""
        import hypothesis

        count = Counter[str]()
        last: list[Case] = []
        sizes = Counter[object]()  # of launches; other contents of the same size say little more
        agree: set[object] = set()
        failed, lived = Counter[object](), set[object]()  # block shapes: launches that the original did not survive
        spent = 0

        def attempt(case: Case) -> None:
            nonlocal spent
            trial = self.known.get(case.launch)
            if trial is None:
                block = case.launch.block
                if lived and failed[block] >= _HOPELESS and block not in lived:
                    return
                size = case.launch.grid, block, case.launch.arguments
                sizes[size] += 1
                limit = _TRIES if agree else _LONGEST
                if last:
                    limit += _SHRINKING
                elif len(agree) >= ENOUGH or sizes[size] > 2:
                    return
                if spent >= limit or self.unsupported or (self.lenient and count[_SWAYS] >= _SWAYING):
                    return
                trial = self.known[case.launch] = self.trial(case)
                spent += _SLOW if trial.invalid == _ENDLESS else 1
                if trial.invalid and not trial.invalid.startswith("benign"):
                    failed[block] += 1
                else:
                    lived.add(block)
                count["invalid" if trial.invalid else "silent"] += not trial.wrote
                if trial.invalid:
                    count[trial.invalid] += 1
                elif trial.wrote:
                    agree.add(size)
            if trial.bad:
                last[:] = [case]
                raise _DiffersError

        settings = hypothesis.settings(
            max_examples=_EXAMPLES, database=None, deadline=None, print_blob=False, report_multiple_bugs=False,
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            suppress_health_check=list(hypothesis.HealthCheck), verbosity=hypothesis.Verbosity.quiet,
        )  # fmt: skip
        run = hypothesis.seed(seed)(settings(hypothesis.given(cases(self.subject, arena))(attempt)))
        with contextlib.suppress(_DiffersError):
            run()
        return self._result(last[0] if last else None, count)

    def _result(self, case: Case | None, count: Counter[str]) -> Judged:
        good = [trial for trial in self.known.values() if trial.ports and trial.wrote and not trial.bad]
        tried = len(self.known)
        certain = case is not None and any(found.certain for found in self.known[case.launch].ports)
        if self.lenient and count[_SWAYS] and not certain:
            # Of an original whose answer is left to chance, nothing can be said by comparing one with it.
            races = " or ".join(sorted(self.places[kind] for kind in _BENIGN & set(self.places)))
            reason = f"the original's answer depends on the order of lanes: {races}"
            return replace(self._unknown(reason), tried=tried)
        if case:
            ports = self.known[case.launch].ports
            verdicts = tuple(found.verdict for found in ports)
            return Judged(verdicts, ports, case, len(good), tried, note=self._note())
        if self.unsupported:
            verdicts = tuple(Verdict.UNSUPPORTED for _ in self.ports)
            return Judged(verdicts, tried=tried, reason=f"the emulator lacks {self.unsupported}")
        if not good:
            return replace(self._unknown(self._why(count)), tried=tried)
        verdicts = tuple(
            Verdict.TOLERANCE if any(trial.ports[at].verdict is Verdict.TOLERANCE for trial in good) else Verdict.SAME
            for at in range(len(self.ports))
        )
        lanes = max(math.prod(launch.block) for launch, trial in self.known.items() if trial.ports and trial.wrote)
        return Judged(verdicts, launches=len(good), tried=tried, lanes=lanes, note=self._note())

    def _note(self) -> str:
        notes = ["the original has races or reads what nobody wrote in every launch"] if self.lenient else []
        if self.rounded:
            notes.append("where large terms cancel, digits depend on which products and sums are fused")
        return "; ".join(notes)

    def _why(self, count: Counter[str]) -> str:
        reasons = Counter({text.removeprefix("benign "): number for text, number in count.items()
                           if text not in ("silent", "invalid")})  # fmt: skip
        said = ", ".join(f"{self.places.get(text, text)} in {number}" for text, number in reasons.most_common(3))
        if valid := count["silent"]:
            rest = f"; {said}" if said else ""
            return f"no launch was found in which threads of the original write anything ({valid} valid ones{rest})"
        return f"no valid launch was found: the original has {said}" if said else "no launch was found"

    # -- one launch ----------------------------------------------------------------------------------------------------

    def trial(self, case: Case) -> Trial:
        """Launch on every side. The original comes first, in both orders of its lanes."""
        for bench in (self.original, self.reversed):
            bench.ask(case.launch, _MILLISECONDS)
        first, second = self.original.answer(), self.reversed.answer()
        for ran in (first, second):
            if reason := self._invalid(ran):
                return Trial(reason)
        shapes = shapes_of(case, self.subject)
        sways = compare_memory(first.changes, second.changes, shapes).verdict is Verdict.DIFFERENT
        if sways and not self.lenient:
            return Trial(_SWAYS)
        for bench in self.ports:
            bench.ask(case.launch, _MILLISECONDS * _SLOWER)
        answers = [bench.answer() for bench in self.ports]
        ports = tuple(self._compared(first, each, shapes) for each in answers)
        if any(found.memory and found.verdict is Verdict.DIFFERENT and not found.certain for found in ports):
            ports = self._rounded(case.launch, first, answers, ports, shapes)
        if sways and not any(found.certain for found in ports):
            return Trial(_SWAYS)
        # What a single thread does says nothing of how threads get on with each other.
        single = threads_of(case.launch) == 1 and (1, 1, 1) not in self.subject.sites.blocks
        return Trial("", 0 if single else changed(first.changes) or len(first.said), ports)

    def _invalid(self, ran: Ran) -> str:
        """Why a launch of the original says nothing."""
        unsupported = _unsupported(ran)
        if unsupported:
            self.unsupported = unsupported
            return f"a call of {unsupported}"
        kinds = [str(event.get("fault")) for event in ran.faults]
        for kind, event in zip(kinds, ran.faults, strict=True):
            where = f"{kind} at {PurePath(str(event['file'])).name}:{event.get('line')}" if event.get("file") else kind
            self.places.setdefault(kind, where)
        if self.lenient:
            kinds = [kind for kind in kinds if kind not in _BENIGN]
        if kinds:
            return f"{'benign ' if set(kinds) <= _BENIGN else ''}{kinds[0]}"
        if ran.how != "ended":
            return {"time": _ENDLESS, "limits": "a launch beyond the limits"}.get(ran.how, f"a {ran.how}")
        return ""

    def _rounded(
        self,
        launch: Launch,
        original: Ran,
        ports: Sequence[Ran],
        found: Sequence[Found],
        shapes: Mapping[str, Shape],
    ) -> tuple[Found, ...]:
        """Compare again where fusing moves the original's own answer as far as the port is off.

        CUDA's operators on half leave fusing to a back end that is not here, so there a port's own fusing counts.
        """
        for bench in (self.original, *self.ports):
            bench.ask(launch, _MILLISECONDS * _SLOWER, unfused=True)
        own = noise(original.changes, self.original.answer().changes, shapes)
        judged = []
        for bench, ran, each in zip(self.ports, ports, found, strict=True):
            theirs = noise(ran.changes, bench.answer().changes, shapes)
            noisy = {**{key: off for key, off in theirs.items() if key[1] == "f16"}, **own}
            known = each.memory and each.verdict is Verdict.DIFFERENT and not each.certain
            memory = compare_memory(original.changes, ran.changes, shapes, noisy) if known else None
            if memory and memory.verdict.good:
                self.rounded += 1
                judged.append(Found(memory.verdict, memory=memory))
            else:
                judged.append(each)
        return tuple(judged)

    def _compared(self, original: Ran, port: Ran, shapes: Mapping[str, Shape]) -> Found:
        unsupported = _unsupported(port)
        if unsupported:
            self.unsupported = unsupported
            return Found(Verdict.UNSUPPORTED, unsupported=unsupported)
        faults = tuple(event for event in port.faults if not (self.lenient and event.get("fault") in _BENIGN))
        if faults:
            return Found(Verdict.FAULT, str(faults[0].get("message", "")), faults)
        if port.how == "time":
            return Found(Verdict.FAULT, "it does not end; the original does", ({"fault": "endless"},))
        if port.how == "limits":
            return Found(Verdict.FAULT, "the launch fails: it is beyond the limits of the port's kernel or target",
                         ({"fault": "launch"},))  # fmt: skip
        if port.how != "ended":
            return Found(Verdict.FAULT, f"it ends by a {port.how}", ({"fault": port.how},))
        memory = compare_memory(original.changes, port.changes, shapes)
        if memory.verdict is Verdict.DIFFERENT:
            text = "it writes nothing; the original does" if original.changes and not port.changes else ""
            return Found(Verdict.DIFFERENT, text, memory=memory)
        said = compare(Output(stdout=original.said), Output(stdout=port.said), ordered=False)
        if said.verdict is Verdict.DIFFERENT:
            first = said.differences[0]
            return Found(
                Verdict.DIFFERENT,
                memory=Memory(Verdict.DIFFERENT, said.count, "what it prints", first.left, first.right),
            )
        return Found(
            Verdict.TOLERANCE if Verdict.TOLERANCE in (memory.verdict, said.verdict) else Verdict.SAME, memory=memory
        )


def _short(launch: Launch, trial: Trial) -> bool:
    """Whether a launch may have failed for want of memory: no pointer of it is null."""
    return "out-of-bounds" in trial.invalid and all(pointer.to >= 0 for pointer in launch.pointers)


def threads_of(launch: Launch) -> int:
    """How many threads a launch has."""
    return math.prod(launch.grid) * math.prod(launch.block)


def _unsupported(ran: Ran) -> str:
    for event in ran.events:
        if event.get("kind") == "unsupported":
            return str(event.get("symbol", "?"))
    return ""


def shapes_of(case: Case, subject: Subject) -> dict[str, Shape]:
    """The types of a launch's memory by its name; memory without one has that of what it was filled with."""
    found = {}
    for number, shape in enumerate(case.shapes):
        hint = case.hints[number]
        found[str(number)] = Shape(hint, _size(hint), (Leaf("", hint),)) if hint else shape
    found |= {f"@{name}": shape for name, shape, _ in subject.variables}
    return found


def _size(kind: str) -> int:
    return Leaf("", kind).size
