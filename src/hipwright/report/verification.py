"""What `verify` found out, as plain data: each program's verdict on each side, and which kernels that covers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hipwright.compare import Comparison, Verdict, gravest
from hipwright.finding import Place
from hipwright.layouts import LayoutReport


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that no program may do, seen while one ran. `place` is in the original where that is known."""

    kind: str  # the machine's word, such as "mask" or "out-of-bounds"; ours: "schedule", "uninitialised", "crash", ...
    message: str
    place: Place | None = None
    ported: str = ""  # file:line of the port
    kernel: str = ""
    where: str = ""  # block and lane
    original: bool = False  # the original does the same: a bug that was there before the port

    def __str__(self) -> str:
        inside = f" in {self.kernel}" if self.kernel else ""
        return f"{self.kind}{inside}: {self.message}"


@dataclass(frozen=True, slots=True)
class SideResult:
    """One program on one side: the original, or the port on a target."""

    side: str  # "CUDA@32", "HIP@64"
    arch: str
    verdict: Verdict
    reason: str = ""  # why, in a sentence, where the verdict does not say it all
    comparison: Comparison | None = None
    faults: tuple[Fault, ...] = ()
    unsupported: tuple[str, ...] = ()
    launched: tuple[str, ...] = ()  # kernels, readable
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """One program with one way to run it, on every side; the original comes first."""

    name: str
    args: tuple[str, ...]
    sides: tuple[SideResult, ...]
    reproduce: str  # the command that shows it again

    @property
    def verdict(self) -> Verdict:
        """The gravest of the sides'."""
        return gravest(side.verdict for side in self.sides)


@dataclass(frozen=True, slots=True)
class KernelResult:
    """One kernel of the port, launched by itself with made-up arguments, on every target."""

    name: str  # readable
    sides: tuple[SideResult, ...]  # of the port
    launches: int = 0  # that wrote something and were compared
    tried: int = 0
    lanes: int = 0  # of the largest block among those launches
    launch: str = ""  # the smallest one that shows the difference
    note: str = ""
    reproduce: str = ""  # the command that shows it again

    @property
    def verdict(self) -> Verdict:
        """The gravest of the sides'."""
        return gravest(side.verdict for side in self.sides)


@dataclass(frozen=True, slots=True)
class KernelCoverage:
    """Whether a kernel of the port was executed and its program agreed with the original; if not, why not."""

    name: str
    verified: bool
    reason: str = ""
    how: str = ""  # "launched by saxpy", "12 generated launches"


@dataclass(frozen=True, slots=True)
class Verification:
    """Everything one run of `verify` found out."""

    archs: tuple[str, ...]
    programs: tuple[ProgramResult, ...] = ()
    kernels: tuple[KernelCoverage, ...] = ()
    alone: tuple[KernelResult, ...] = ()  # kernels that were launched without a program
    toolchain: str = ""
    isolation: str = ""
    skipped: str = ""  # why nothing was run at all
    layouts: LayoutReport | None = None  # None: not compared

    @property
    def exit_code(self) -> int:
        """1 when something differs or is wrong, 3 when nothing could be compared, else 0."""
        verdicts = [side.verdict for program in self.programs for side in program.sides]
        verdicts += [kernel.verdict for kernel in self.alone]
        if any(verdict.bad for verdict in verdicts) or (self.layouts and self.layouts.differences):
            return 1
        ported = [side.verdict for program in self.programs for side in program.sides[1:]]
        ported += [kernel.verdict for kernel in self.alone]
        return 0 if any(verdict.good for verdict in ported) else 3

    @property
    def verified(self) -> tuple[str, ...]:
        """Kernels that were executed and compared, and agreed."""
        return tuple(kernel.name for kernel in self.kernels if kernel.verified)

    @property
    def unverified(self) -> tuple[str, ...]:
        """Kernels of which that can't be said."""
        return tuple(kernel.name for kernel in self.kernels if not kernel.verified)


def base_name(kernel: str) -> str:
    """A kernel's own name, without what differs between the vendors: return type, template arguments, parameters."""
    name = re.sub(r"^(?:\[.*?\] )?", "", kernel.removesuffix(" [clone .kd]"))
    depth = 0
    kept: list[str] = []
    for character in name.replace("(anonymous namespace)", "_anonymous_"):
        if character == "<":
            depth += 1
        elif character == ">":
            depth -= 1
        elif character == "(" and depth == 0:
            break
        elif depth == 0:
            kept.append(character)
    return "".join(kept).split(" ")[-1]


def as_json(found: Verification) -> dict[str, Any]:
    """A Verification as plain data."""
    return {
        "archs": list(found.archs),
        "toolchain": found.toolchain or None,
        "isolation": found.isolation or None,
        "skipped": found.skipped or None,
        "exit_code": found.exit_code,
        "programs": [
            {
                "name": program.name,
                "args": list(program.args),
                "verdict": program.verdict.value,
                "reproduce": program.reproduce,
                "sides": [_side(side) for side in program.sides],
            }
            for program in found.programs
        ],
        "layouts": _layouts(found.layouts) if found.layouts else None,
        "alone": [
            {
                "kernel": kernel.name,
                "verdict": kernel.verdict.value,
                "launches": kernel.launches,
                "tried": kernel.tried,
                "lanes": kernel.lanes,
                "launch": kernel.launch or None,
                "note": kernel.note or None,
                "reproduce": kernel.reproduce,
                "sides": [_side(side) for side in kernel.sides],
            }
            for kernel in found.alone
        ],
        "verified": list(found.verified),
        "how": {kernel.name: kernel.how for kernel in found.kernels if kernel.verified},
        "unverified": [
            {"kernel": kernel.name, "reason": kernel.reason} for kernel in found.kernels if not kernel.verified
        ],
    }


def _side(side: SideResult) -> Mapping[str, Any]:
    data = asdict(side)
    data["verdict"] = side.verdict.value
    if side.comparison:
        data["comparison"]["verdict"] = side.comparison.verdict.value
    return data


def _layouts(found: LayoutReport) -> Mapping[str, Any]:
    return {
        "sides": list(found.sides),
        "compared": list(found.compared),
        "differences": [
            {"type": each.type, "place": asdict(each.place), "sides": list(each.sides), "text": each.text()}
            for each in found.differences
        ],
        "not_compared": [{"type": name, "missing_on": side} for name, side in found.unpaired],
        "failed": [asdict(each) for each in found.failed],
    }
