"""What the runs of one program mean: what differs, what is a fault, and whose it is.

What only the second run changes is a race or the use of memory that nobody wrote. The original is held to the same
standard, so that its own bugs are not taken for the port's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from hipwright.compare import Comparison, Output, Verdict, compare
from hipwright.emulate.build import Built, Side
from hipwright.emulate.program import Program
from hipwright.emulate.run import RunResult
from hipwright.finding import Place
from hipwright.measure import (
    PLAIN,
    POISONED,
    REVERSED,
    SEARCH,
    UNFUSED,
    ZEROED,
    Measured,
    Runs,
    Tree,
    events_of,
    faults_of,
    without_ours,
)
from hipwright.messages import demangled
from hipwright.report.verification import (
    Fault,
    SideResult,
    base_name,
)


class _Differs(Protocol):
    def __call__(self, settings: Mapping[str, str], *, checked: bool = False) -> Comparison | None: ...


_SOUGHT = 8  # places that are tried one by one when an answer hangs on one of them
# Names of one thing: which of them it is hangs on the size of the wavefront.
_FAMILY = {"lockstep": "race"}


class Judge:
    """What the runs of one program mean."""

    def __init__(self, run: Runs, program: Program, original: Measured) -> None:
        self.run = run
        self.program = program
        self.original = original
        self.types = dict(program.types)
        self._again: Output | None = None
        self.ordered = True
        self.own_faults: tuple[Fault, ...] = ()
        self.usable = False  # whether the port can be compared with the original at all
        self.stable = True  # the original's answer does not depend on the schedule or on fresh memory

    @property
    def again(self) -> Output | None:
        """The original's output in a second, equal run: made when a difference asks for it."""
        if self._again is None and self.original.plain:
            self._again = self.run.rerun(self.original, PLAIN, again=1)[1]
        return self._again

    def same(self, left: Output, right: Output, *, repeat: Output | None = None) -> Comparison:
        """Compare; only where that finds a difference it is worth a run to know what differs by itself."""
        found = compare(left, right, self.program.tolerance, ordered=self.ordered, types=self.types)
        if found.verdict is Verdict.DIFFERENT:
            again = repeat or self.again
            return compare(left, right, self.program.tolerance, ordered=self.ordered, again=again, types=self.types)
        return found

    def original_result(self) -> SideResult:
        """The original by itself: did it run, and is its answer its own?"""
        mine = self.original
        base = _side_result(mine)
        if base is not None:
            return base
        assert mine.plain is not None
        faults = _faults(mine, self.run.ours)
        launched = _launched(mine.plain)
        # A program without kernels of its own may have the libraries work: then its output is compared, if it came to
        # a good end. One that has no library either does nothing on a GPU, and says nothing of a port.
        built = mine.built
        no_kernels = built and built.libraries and not own_kernels(built) and mine.plain.exit_code == 0
        if not launched and not faults and not no_kernels:
            why = _first_line(mine.plain) or "no output"
            reason = f"it launches no kernel when run like this ({mine.plain.how}: {why})"
            return SideResult(mine.side.name, mine.side.arch, Verdict.NOT_RUN, reason)
        notes = [] if launched else ["it has no kernel of its own: what libraries did for it was compared"]
        if mine.changed is not None:
            more, order_only = self._perturbed(mine)
            if order_only:
                self.ordered = False
                notes.append("the order of its lines depends on the schedule; lines are compared in any order")
            self.stable = all(fault.kind == "contraction" for fault in more)
            faults += more
        self.own_faults = tuple(faults)
        self.usable = True
        if mine.plain.exit_code:
            notes.append(f"the original itself ends with exit code {mine.plain.exit_code}")
        # What an original's compiler fuses is its own affair; in a port, by another compiler, it is worth knowing.
        wrong = [fault for fault in faults if fault.kind != "contraction"]
        verdict = _fault_verdict(wrong) if wrong else Verdict.SAME
        return SideResult(
            mine.side.name, mine.side.arch, verdict, faults=tuple(faults), launched=launched, notes=tuple(notes)
        )

    def port_result(self, mine: Measured) -> SideResult:
        """The port on one target, against the original."""
        base = _side_result(mine)
        if base is not None:
            if mine.plain and base.verdict is Verdict.TIMEOUT and self._hangs(mine.plain):
                seconds = self.original.plain.seconds if self.original.plain else 0
                message = f"it does not end; the original ended after {seconds:.1f} s"
                events = faults_of(mine.plain, "timeout")
                faults = self._placed(mine, "endless", message, events[:1])
                return replace(base, verdict=Verdict.FAULT, faults=tuple(faults))
            return base
        assert mine.plain is not None
        faults = _faults(mine, self.run.theirs)
        launched = _launched(mine.plain)
        result = SideResult(mine.side.name, mine.side.arch, Verdict.NOT_RUN, launched=launched)
        if not self.usable:
            reason = "the original gave nothing to compare with"
            return replace(
                result, verdict=Verdict.FAULT if faults else Verdict.NOT_RUN, reason=reason, faults=tuple(faults)
            )
        found = self.same(self.original.outputs["plain"], mine.outputs["plain"])
        if found.verdict is Verdict.DIFFERENT and not self.stable and "changed" in self.original.outputs:
            # An original with several answers: the port may give any of them.
            other = self.same(self.original.outputs["changed"], mine.outputs["plain"])
            found = other if other.verdict.good else found
        if mine.changed is not None:
            faults += self._perturbed(mine)[0]
        if not any(gpu.side == mine.side for gpu in self.run.gpus):  # a real GPU reports no launches
            faults += self._missing_launches(mine)
        faults = [replace(fault, original=self._known(fault)) for fault in faults]
        new = [fault for fault in faults if not fault.original]
        verdict = found.verdict
        if new:
            verdict = Verdict.FAULT if found.verdict.good else found.verdict
            if found.verdict.good:
                verdict = _fault_verdict(new)
        elif found.verdict is Verdict.DIFFERENT and not self.stable:
            verdict = Verdict.SCHEDULE
        notes = _notes(found, mine)
        if found.verdict is Verdict.DIFFERENT and self.run.draws:
            notes = (*notes, _DRAWS)
        return replace(result, verdict=verdict, comparison=found, faults=tuple(faults), notes=notes)

    def _hangs(self, result: RunResult) -> bool:
        """Whether a port that was stopped had far more time than the original needed."""
        theirs = self.original.plain
        if theirs is None or faults_of(theirs, "timeout"):
            return False
        return theirs.ended and result.seconds > 20 * theirs.seconds + 10

    def _known(self, fault: Fault) -> bool:
        """Whether the original has the same fault: of the same kind at the same place, or in the same kernel."""
        for own in self.own_faults:
            if _FAMILY.get(own.kind, own.kind) != _FAMILY.get(fault.kind, fault.kind):
                continue
            if own.place and fault.place:
                if (own.place.path, own.place.line) == (fault.place.path, fault.place.line):
                    return True
            elif base_name(own.kernel) == base_name(fault.kernel):
                return True
        return False

    def _perturbed(self, mine: Measured) -> tuple[list[Fault], bool]:
        """Whether another schedule or other fresh memory changes a side's answer; or only the order of its lines."""
        plain, changed = mine.outputs["plain"], mine.outputs["changed"]
        tolerance = self.program.tolerance
        whole = compare(plain, changed, tolerance, ordered=self.ordered, types=self.types)
        if whole.verdict.good:
            return self._zeroed(mine), False
        repeat = self.run.rerun(mine, PLAIN, again=1)[1]
        whole = compare(plain, changed, tolerance, ordered=self.ordered, again=repeat, types=self.types)
        if whole.verdict.good:
            return self._zeroed(mine), False
        itself = compare(plain, repeat, tolerance, ordered=self.ordered, again=repeat, types=self.types)
        if itself.verdict is Verdict.DIFFERENT:
            return [Fault("unsteady", f"two equal runs differ: {_shown(itself)}")], False
        loose = compare(plain, changed, tolerance, ordered=False, again=repeat, types=self.types)
        if loose.verdict.good and mine.side.cuda:
            return [], True
        faults = []
        differs = self._differs(mine, repeat)
        if found := differs(REVERSED):
            why = "the order of lanes, wavefronts or blocks changes the answer (a race)"
            faults += self._placed(mine, "schedule", f"{why}: {_shown(found)}", self._suspects(mine, "race"))
        if found := differs(POISONED):
            faults += self._uninitialised(mine, found, differs)
        if found := differs(UNFUSED, checked=True):
            faults.append(self._contraction(mine, found, differs))
        if not faults:
            faults.append(Fault("schedule", f"order and fresh memory together change the answer: {_shown(whole)}"))
        return faults, False

    def _differs(self, mine: Measured, repeat: Output) -> _Differs:
        """Gives what a run with other settings changes of a side's answer; None where it says the same."""

        def differs(settings: Mapping[str, str], *, checked: bool = False) -> Comparison | None:
            if checked and mine.checked is None:
                return None
            other = self.run.rerun(mine, settings, checked=checked)[1]
            found = compare(
                mine.outputs["plain"],
                other,
                self.program.tolerance,
                ordered=self.ordered,
                again=repeat,
                types=self.types,
            )
            return found if found.verdict is Verdict.DIFFERENT else None

        return differs

    def _suspects(self, mine: Measured, kind: str) -> list[Mapping[str, Any]]:
        """What the checked run thought might be a fault of this kind."""
        assert mine.changed
        return [event for event in events_of(mine.changed, "suspect") if event.get("fault") == kind]

    def _placed(self, mine: Measured, kind: str, message: str, events: Sequence[Mapping[str, Any]]) -> list[Fault]:
        """A fault at each place that it may come from; without a place where none is known."""
        tree = self.run.ours if mine.side.cuda else self.run.theirs
        places = {fault.place: fault for fault in (fault_of(event, tree, mine.side) for event in events)}
        return [replace(fault, kind=kind, message=message) for fault in list(places.values())[:_SOUGHT]] or [
            Fault(kind, message)
        ]

    def _zeroed(self, mine: Measured) -> list[Fault]:
        """Whether reads of memory that nobody wrote decide something that only zeros show."""
        if not self._suspects(mine, "uninitialised"):
            return []
        repeat = self.run.rerun(mine, PLAIN, again=1)[1]
        differs = self._differs(mine, repeat)
        found = differs(ZEROED)
        return self._uninitialised(mine, found, differs) if found else []

    def _uninitialised(self, mine: Measured, found: Comparison, differs: _Differs) -> list[Fault]:
        """Where memory that nobody wrote is read so that the answer changes with what it holds."""
        events = self._suspects(mine, "uninitialised")
        if mine.changed and mine.changed.seconds < SEARCH:
            deciding = [
                event
                for event in events[:_SOUGHT]
                if differs({**PLAIN, "HIPWRIGHT_REFILL": str(event.get("site"))}, checked=True)
            ]
            events = deciding or events
        message = f"the answer depends on memory that nothing wrote: {_shown(found)}"
        return self._placed(mine, "uninitialised", message, events)

    def _contraction(self, mine: Measured, found: Comparison, differs: _Differs) -> Fault:
        """Which fused multiplication and addition decides the answer: sought by halving."""
        message = f"the answer depends on which products and sums are fused into one operation: {_shown(found)}"
        sites = [int(event["count"]) for event in events_of(mine.changed, "sites")] if mine.changed else []
        if not sites or not mine.changed or mine.changed.seconds > SEARCH:
            return Fault("contraction", message)
        low, high = 0, max(sites)
        while low < high:
            middle = (low + high) // 2
            if differs({**PLAIN, "HIPWRIGHT_UNFUSED": f"{low}-{middle}"}, checked=True):
                high = middle
            elif differs({**PLAIN, "HIPWRIGHT_UNFUSED": f"{middle + 1}-{high}"}, checked=True):
                low = middle + 1
            else:  # several together
                return Fault("contraction", message)
        last = self.run.rerun(mine, {**PLAIN, "HIPWRIGHT_UNFUSED": f"{low}-{low}"}, checked=True)[0]
        tree = self.run.ours if mine.side.cuda else self.run.theirs
        for event in events_of(last, "unfused"):
            return replace(fault_of(event, tree, mine.side), kind="contraction", message=message)
        return Fault("contraction", message)

    def _missing_launches(self, mine: Measured) -> list[Fault]:
        """Kernels that the original launched and the port, which has them, did not; and those that wrote nothing."""
        assert self.original.plain and mine.plain and mine.built
        theirs = {base_name(name) for name in _launched(self.original.plain)}
        ours = {base_name(name) for name in _launched(mine.plain)}
        own = {base_name(kernel) for kernel in own_kernels(mine.built)}
        faults = [
            Fault("not-launched", "the original launches this kernel, the port never does", kernel=name)
            for name in sorted((theirs - ours) & own)
        ]
        wrote, silent = _writers(self.original), _silent_kernels(mine)
        more = (Fault("wrote-nothing", "it wrote nothing; the original's does", kernel=name) for name in silent & wrote)
        return [*faults, *sorted(more, key=lambda fault: fault.kernel)]


# -- what runs say -----------------------------------------------------------------------------------------------------


def _side_result(mine: Measured) -> SideResult | None:
    """The result of a side that did not come to an end of its own; None for one that did."""
    empty = SideResult(mine.side.name, mine.side.arch, Verdict.NOT_RUN)
    if mine.plain is None:
        return replace(empty, reason=mine.problem)
    launched = _launched(mine.plain)
    missing = tuple(dict.fromkeys(str(event.get("symbol", "?")) for event in events_of(mine.plain, "unsupported")))
    if missing:
        reason = f"the emulator lacks {', '.join(missing)}"
        return replace(empty, verdict=Verdict.UNSUPPORTED, reason=reason, unsupported=missing, launched=launched)
    if endless := faults_of(mine.plain, "timeout"):
        where = f"{endless[0].get('file')}:{endless[0].get('line')}: " if "line" in endless[0] else ""
        lane = ", ".join(f"{name} {_plain(endless[0][name])}" for name in ("block", "thread") if name in endless[0])
        reason = f"{where}{demangled(str(endless[0].get('kernel', '')))} did not end in time ({lane})"
        return replace(empty, verdict=Verdict.TIMEOUT, reason=reason, launched=launched)
    if mine.plain.timeout or mine.plain.out_of_memory:
        return replace(empty, verdict=Verdict.TIMEOUT, reason=mine.plain.how, launched=launched)
    return None


_DETAIL = {
    "kind",
    "fault",
    "fatal",
    "file",
    "line",
    "column",
    "function",
    "kernel",
    "block",
    "thread",
    "lane",
    "message",
}


def _faults(mine: Measured, tree: Tree) -> list[Fault]:
    """Every fault of both runs, once, with places of the original; then a crash that nothing explains."""
    found: dict[tuple[str, str, str], Fault] = {}
    for result in (mine.plain, mine.changed):
        if result is None:
            continue
        for event in events_of(result, "fault"):
            fault = fault_of(event, tree, mine.side)
            found.setdefault((fault.kind, fault.ported or str(fault.place), fault.kernel), fault)
        if result.signal and not found:
            found["crash", "", ""] = Fault("crash", f"the program is {result.how}")
        if result is mine.changed and (result.timeout or result.out_of_memory):
            found["endless", "", ""] = Fault("endless", f"with lanes in reverse order it is {result.how}")
    return list(found.values())


def fault_of(event: Mapping[str, Any], tree: Tree, side: Side) -> Fault:
    place, ported = None, ""
    path, line = event.get("file"), event.get("line")
    if isinstance(path, str) and isinstance(line, int):
        prefix = f"{tree.root}/"
        path = posixpath.normpath(path.removeprefix(prefix))
        if side.cuda or path.startswith("/"):
            place = Place(path, line)
        else:
            place, ported = tree.original_place(path, line), f"{path}:{line}"
    where = ", ".join(f"{name} {_plain(event[name])}" for name in ("block", "thread", "lane") if name in event)
    kernel = demangled(str(event.get("kernel", "")))
    return Fault(str(event.get("fault", "fault")), str(event.get("message", "")), place, ported, kernel, where)


def _plain(value: object) -> str:
    return f"({', '.join(map(str, value))})" if isinstance(value, list) else str(value)


def _fault_verdict(faults: Iterable[Fault]) -> Verdict:
    kinds = {fault.kind for fault in faults}
    return Verdict.SCHEDULE if kinds <= {"schedule", "unsteady"} else Verdict.FAULT


def _launched(result: RunResult) -> tuple[str, ...]:
    names = {str(event.get("kernel", "")) for event in events_of(result, "launch")}
    return tuple(sorted(demangled(name) for name in names if name))


def _ran(mine: Measured) -> list[Mapping[str, Any]]:
    """What is known of launches that ended: plain runs do not count what is written."""
    return [
        event
        for result in (mine.plain, mine.changed)
        if result
        for event in (*events_of(result, "launch"), *events_of(result, "ran"))
        if "wrote" in event
    ]


def _writers(mine: Measured) -> set[str]:
    """Kernels of which a launch is known to have written something."""
    return {base_name(demangled(str(event.get("kernel")))) for event in _ran(mine) if event["wrote"]}


def _silent_kernels(mine: Measured) -> set[str]:
    """Kernels of which every launch is known to have written nothing."""
    known: dict[str, bool] = {}
    for event in _ran(mine):
        name = base_name(demangled(str(event.get("kernel"))))
        known[name] = known.get(name, True) and "wrote" in event and not event["wrote"]
    return {name for name, silent in known.items() if silent}


def _notes(found: Comparison, mine: Measured) -> tuple[str, ...]:
    notes = []
    if found.ignored:
        notes.append(f"{found.ignored} times, addresses or lines about the device differ and were not compared")
    if found.nans:
        notes.append(f"{found.nans} numbers are NaN on both sides")
    if not found.numbers and not mine.outputs["plain"].files:
        notes.append("it prints no number and writes no file: little was compared")
    if mine.plain and mine.plain.truncated:
        notes.append("it wrote more than is kept; only the beginning was compared")
    return tuple(notes)


_DRAWS = (
    "it draws random numbers on the device: XORWOW and MRG32k3a give other sequences on AMD for the same seed, which "
    "alone makes answers differ; Philox gives the same"
)


def _shown(found: Comparison) -> str:
    if not found.differences:
        return "no line differs"
    first = found.differences[0]
    line = f" line {first.left_line or first.right_line}" if first.left_line or first.right_line else ""
    return f"{first.where}{line}: {_short(first.left)!r} and {_short(first.right)!r}"


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:97] + "..."


def _first_line(result: RunResult) -> str:
    text = without_ours(result.stderr).strip() or result.stdout.strip()
    return _short(text.splitlines()[0]) if text else ""


_LIBRARIES = ("rocprim::", "hipcub::", "cub::", "thrust::", "std::", "rocrand", "hiprand", "rocthrust::", "cuda::")


def own_kernels(built: Built) -> list[str]:
    """A program's kernels without those of the libraries, readable."""
    return [name for name in map(demangled, built.kernels) if not of_library(name)]


def of_library(kernel: str) -> bool:
    """Whether a kernel is a library's template that the project only instantiates."""
    return base_name(kernel).startswith(_LIBRARIES)
