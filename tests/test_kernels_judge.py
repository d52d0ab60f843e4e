"""What is concluded from the answers of one kernel's launches, whatever ran them."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from hipwright.compare import Verdict
from hipwright.debuginfo import DebugInfo
from hipwright.emulate.driver import Change, KernelFacts, Launch, Ran
from hipwright.kernels.generate import Subject
from hipwright.kernels.judge import Judge, Judged
from hipwright.kernels.memory import compare_memory, noise
from hipwright.kernels.parameters import Leaf, Shape, Shapes, Signature
from hipwright.kernels.sites import Sites

FLOAT = Shape("float", 4, (Leaf("", "f32"),))
RACE = {"kind": "fault", "fault": "race", "file": "k.cu", "line": 7}
OUTSIDE = {"kind": "fault", "fault": "out-of-bounds", "file": "k.cu", "line": 8}
Answer = Callable[[Launch, bool], Ran]


@dataclass
class Bench:
    """A side whose answers are made up: `answer` gets the launch, and whether fusing is off."""

    reply: Answer
    asked: list[Launch] = field(default_factory=list)
    unfused: bool = False

    def ask(self, launch: Launch, milliseconds: int, *, unfused: bool = False) -> None:
        self.asked.append(launch)
        self.unfused = unfused

    def answer(self) -> Ran:
        return self.reply(self.asked[-1], self.unfused)


def wrote(*values: float, how: str = "ended", faults: tuple[dict[str, object], ...] = ()) -> Ran:
    """A launch that left these floats in its first arena, which held zeros."""
    new = struct.pack(f"<{len(values)}f", *values)
    new += bytes(-len(new) % 16)
    return Ran(how, faults, changes=(Change("0", 0, new, bytes(len(new))),) if values else ())


def judged(original: Answer, port: Answer, reversed_: Answer | None = None) -> tuple[Judged, Bench]:
    shapes = Shapes(DebugInfo('!1 = !DIBasicType(name: "float", size: 32, encoding: DW_ATE_float)\n'))
    pointer = Shape("float*", 8, (Leaf("", "pointer", target=1),))
    signature = Signature(
        "k(float*, int)", "k.cu", 1, (("out", pointer), ("n", Shape("int", 4, (Leaf("", "i32"),)))), shapes
    )
    subject = Subject(signature, KernelFacts(0, 0, (8, 4)), Sites(), False)
    first = Bench(original)
    judge = Judge(subject, first, Bench(reversed_ or original), [Bench(port)])  # type: ignore[arg-type, list-item]
    return judge.judge(0), first


def always(ran: Ran) -> Answer:
    return lambda launch, unfused: ran


def test_shapes_that_the_original_never_survives_are_left_out() -> None:
    def only_narrow(launch: Launch, unfused: bool) -> Ran:
        return wrote(1) if launch.block[1:] == (1, 1) else wrote(faults=(OUTSIDE,))

    found, original = judged(only_narrow, always(wrote(1)))
    assert found.verdicts == (Verdict.SAME,)
    survived = next(at for at, launch in enumerate(original.asked) if launch.block[1:] == (1, 1))
    before = Counter(launch.block for launch in original.asked[:survived])
    wide = Counter(launch.block for launch in original.asked if launch.block[1:] != (1, 1))
    assert wide and all(number <= max(3, before[block]) for block, number in wide.items())


def test_launches_without_an_end_are_soon_given_up() -> None:
    found, original = judged(always(wrote(how="time")), always(wrote(1)))
    assert found.verdicts == (Verdict.NOT_RUN,) and "no end in time" in found.reason
    assert len(original.asked) <= 15


@pytest.mark.parametrize(
    ("port", "verdict"),
    [(wrote(3), Verdict.NOT_RUN), (wrote(2), Verdict.NOT_RUN), (wrote(), Verdict.DIFFERENT),
     (wrote(3, faults=(OUTSIDE,)), Verdict.FAULT)],
)  # fmt: skip
def test_an_answer_that_is_left_to_chance_is_nobodys_measure(port: Ran, verdict: Verdict) -> None:
    race = always(wrote(2, faults=(RACE,)))
    found, _ = judged(race, always(port), always(wrote(3, faults=(RACE,))))
    assert found.verdicts == (verdict,), found
    if verdict is Verdict.NOT_RUN:
        assert found.reason == "the original's answer depends on the order of lanes: race at k.cu:7"


def test_a_port_that_faults_is_wrong_beside_answers_left_to_chance() -> None:
    seen: list[Launch] = []

    def port(launch: Launch, unfused: bool) -> Ran:
        seen.append(launch)
        return wrote(3, faults=(OUTSIDE,) if len(seen) > 2 else ())

    found, _ = judged(always(wrote(2, faults=(RACE,))), port, always(wrote(3, faults=(RACE,))))
    assert found.verdicts == (Verdict.FAULT,), found


def test_a_race_that_changes_nothing_is_no_obstacle() -> None:
    race = wrote(2, faults=(RACE,))
    found, _ = judged(always(race), always(wrote(2)))
    assert found.verdicts == (Verdict.SAME,) and "races" in found.note
    found, _ = judged(always(race), always(wrote(3)))
    assert found.verdicts == (Verdict.DIFFERENT,)


# The first value is large, and fusing moves its last digit; the second is what is left where two such cancel.
@pytest.mark.parametrize(
    ("unfused", "verdict"),
    [
        ((1000.0002, 2e-4), Verdict.TOLERANCE),
        ((1000.0002, 1e-4), Verdict.TOLERANCE),
        ((1000, 2e-4), Verdict.DIFFERENT),
        ((1000, 1e-4), Verdict.DIFFERENT),
    ],
)
def test_what_only_fusing_explains_is_rounding(unfused: tuple[float, float], verdict: Verdict) -> None:
    def original(launch: Launch, off: bool) -> Ran:
        return wrote(*unfused) if off else wrote(1000, 1e-4)

    found, _ = judged(original, always(wrote(1000, 3e-4)))
    assert found.verdicts == (verdict,)
    assert bool(found.note) == verdict.good


def test_a_branch_that_hangs_on_fusing_excuses_nothing() -> None:
    def original(launch: Launch, off: bool) -> Ran:
        return wrote(1000, 900) if off else wrote(1000, 1)

    found, _ = judged(original, always(wrote(1000, 300)))
    assert found.verdicts == (Verdict.DIFFERENT,)


def test_noise_has_the_size_of_rounding_at_most() -> None:
    shapes = {"0": FLOAT}
    fused, apart = wrote(1000, 1).changes, wrote(1000.01, 1).changes
    (size,) = noise(fused, apart, shapes).values()
    assert size == pytest.approx(0.01, rel=0.01)
    assert noise(fused, wrote(1500, 1).changes, shapes) == {}
    assert noise(fused, fused, shapes) == {}
    # It excuses values of its own kind in its own memory, no others.
    port = wrote(1000.02, 1).changes
    assert compare_memory(fused, port, shapes, {("0", "f32"): size}).verdict is Verdict.TOLERANCE
    assert compare_memory(fused, wrote(1000.1, 1).changes, shapes, {("0", "f32"): size}).verdict is Verdict.DIFFERENT
    assert compare_memory(fused, port, shapes, {("1", "f32"): 1.0, ("0", "f16"): 1.0}).verdict is Verdict.DIFFERENT
