"""The mutation score in small: one mistake of each of the most important kinds, planted into one ported example.

`benchmarks/mutation.py` measures all kinds over many programs; this keeps its result from rotting unseen.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mutators import KINDS

from hipwright.finding import HipwrightError
from hipwright.port import Options, port
from hipwright.toolchain import find
from hipwright.toolchain.cuda import find_cuda
from hipwright.verify import ARCHS
from mutation import Bench, Compiler, Mutant, Subject, mutants

EXAMPLE = Path(__file__).parents[1] / "examples" / "warp"
# Kind → what stands on the mutated line.
PLANTED = {
    "ballot-truncated": "unsigned ballot",
    "lane-0-of-wavefront": "partial[warp_id()] = sum",
    "warp-size-kept": "int lane_id() {",
    "barrier-missing": "__syncthreads",
    "lds-off-by-one": "partial[WARPS]",
    "kernel-emptied": "scatter",
}


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The example and its port."""
    try:
        toolchain = find()
    except HipwrightError as error:
        pytest.skip(error.message)
    if find_cuda(toolchain=toolchain) is None:
        pytest.skip("CUDA's headers are not installed")
    root = tmp_path_factory.mktemp("mutation")
    shutil.copytree(EXAMPLE, root / "cuda")
    port(root / "cuda", root / "hip", Options(archs=ARCHS, check=False))
    return Subject("warp", root / "cuda", root / "hip")


def planted(subject: Subject) -> list[Mutant]:
    """One mutant of each kind that is looked at."""
    found = mutants(subject.name, subject.port, most=1000)
    return [
        next(each for each in found if each.kind == kind and words in each.before) for kind, words in PLANTED.items()
    ]


def test_planted_mistakes_are_caught(subject: Subject, tmp_path: Path) -> None:
    bench = Bench(subject, Compiler(subject.port, tmp_path))
    assert bench.usable() == ""
    outcomes = {mutant.kind: bench.judge(mutant) for mutant in planted(subject)}
    assert {kind: outcome.outcome for kind, outcome in outcomes.items()} == dict.fromkeys(PLANTED, "caught"), outcomes
    # A change that changes no code is no mistake, and is told from one that went unseen.
    source = (subject.port / "compact.cu").read_bytes()
    same = source.replace(b"threshold;\n  unsigned ballot", b"threshold;;\n  unsigned ballot")
    assert same != source
    outcome = bench.judge(Mutant("warp", "none", "compact.cu", 1, same, only_device=True))
    assert outcome.outcome == "identical code"
    assert (subject.port / "compact.cu").read_bytes() == source


def test_every_kind_is_explained_and_leaves_text_alone_that_it_does_not_concern(subject: Subject) -> None:
    assert len(KINDS) >= 18
    assert all(kind.hazards and kind.mistake for kind in KINDS.values())
    found = mutants(subject.name, subject.port, most=1000)
    assert len({mutant.id for mutant in found}) == len(found)
    text = (subject.port / "compact.cu").read_bytes()
    assert all(mutant.text != text for mutant in found)
