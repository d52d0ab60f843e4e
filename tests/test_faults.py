"""Programs that each do one thing that no program may, and what the checked build says of them: kind and line, no more.

Every program runs as CUDA@32, HIP@64 and HIP@32, once as it is and once with CORRECT in its environment, where it does
the same without the fault and nothing may be reported. A port's lines are looked up in the original by the record.

Marks in a head comment: `// Reports: race a cuda hip64` expects a fault of that kind on these sides at the line that
ends in `// at a`; `// Suspects: …` expects what is a fault only where it changes an answer.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hipwright.compare import Verdict
from hipwright.compile import Unit
from hipwright.emulate.build import Side, build, sides
from hipwright.emulate.program import Program
from hipwright.emulate.run import Command, Isolation, RunLimits, Runner
from hipwright.finding import HipwrightError
from hipwright.output import RECORD
from hipwright.port import Options, port
from hipwright.source import LineMap
from hipwright.toolchain import Toolchain, find
from hipwright.toolchain.cuda import CudaHeaders, find_cuda
from hipwright.verify import ARCHS, verify
from hipwright.verify import Options as VerifyOptions
from side_by_side import side_by_side

FOLDER = Path(__file__).parent / "faults"
SIDES = sides(ARCHS)
NAMES = sorted(path.stem for path in FOLDER.glob("*.cu"))
_SECONDS = 3  # that a kernel may run
Found = tuple[str, int]  # kind and line


@dataclass
class Suite:
    """Both trees, and one program of each for every side."""

    original: Path
    ported: Path
    work: Path
    toolchain: Toolchain
    cuda: CudaHeaders
    lines: dict[str, LineMap]
    programs: dict[str, Path] = field(default_factory=dict)

    def program(self, side: Side) -> Path:
        """The program that holds all of a side's; it is built when it is asked for."""
        if side.name not in self.programs:
            root = self.original if side.cuda else self.ported
            common = f"together_{side.wave}.cu"
            (root / common).write_text(side_by_side(root, [f"{name}.cu" for name in NAMES]))
            built = build(root, Program("faults", (Unit(common),)), side, self.work / side.arch,
                          toolchain=self.toolchain, cuda=self.cuda, checked=True)  # fmt: skip
            assert built.executable, [f"{each.place}: {each.message}" for each in built.diagnostics]
            self.programs[side.name] = built.executable
        return self.programs[side.name]

    def run(self, name: str, side: Side, kind: str, *, correct: bool) -> tuple[set[Found], str]:
        """What is reported of one run, with lines of the original, and all that it said."""
        environment = {"HIPWRIGHT_ORDER": "reverse", "HIPWRIGHT_POISON": "0x3C", "HIPWRIGHT_TIMEOUT": str(_SECONDS)}
        command = Command(
            self.program(side),
            (name,),
            self.work / "runs",
            environment=environment | ({"CORRECT": "1"} if correct else {}),
        )
        result = Runner(Isolation.LIMITS).run(command, RunLimits(seconds=60, memory=2 << 30))
        found = set()
        for event in result.events:
            if event["kind"] != kind:
                continue
            path, line = Path(str(event.get("file", ""))).name, int(event.get("line", 0))
            found.add((str(event["fault"]), line if side.cuda else self.lines.get(path, LineMap()).original(line)))
        assert not correct or (result.exit_code == 0 and result.stdout.endswith("done\n")), result.stderr[-3000:]
        return found, f"{result.how}\n{result.stdout[-500:]}{result.stderr[-3000:]}"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The suite, ported once."""
    try:
        toolchain = find()
    except HipwrightError as error:
        pytest.skip(error.message)
    cuda = find_cuda(toolchain=toolchain)
    if cuda is None:
        pytest.skip("CUDA's headers are not installed")
    root = tmp_path_factory.mktemp("faults")
    shutil.copytree(FOLDER, root / "cuda")
    port(root / "cuda", root / "hip", Options(archs=ARCHS, check=False))
    record = json.loads((root / "hip" / RECORD / "lines.json").read_text())
    lines = {path: LineMap(tuple((a, b, c) for a, b, c in points)) for path, points in record.items()}
    for name in NAMES:
        lines.setdefault(f"{name}.cu", LineMap())
    return Suite(root / "cuda", root / "hip", root / "work", toolchain, cuda, lines)


def expected(name: str, side: Side, mark: str) -> Iterator[Found]:
    """What a program's head comment announces for a side."""
    lines = (FOLDER / f"{name}.cu").read_text().splitlines()
    own = {"cuda"} if side.cuda else {"hip", f"hip{side.wave}"}
    for line in lines:
        if (found := re.match(rf"// {mark}: ([\w-]+) (\w+) (.*)", line)) and own & set(found[3].split()):
            yield found[1], 1 + next(n for n, text in enumerate(lines) if text.endswith(f"// at {found[2]}"))


def test_there_are_enough() -> None:
    assert len(NAMES) >= 25


@pytest.mark.parametrize("side", SIDES, ids=lambda side: side.name)
@pytest.mark.parametrize("name", NAMES)
def test_fault(name: str, side: Side, suite: Suite) -> None:
    found, said = suite.run(name, side, "fault", correct=False)
    assert found == set(expected(name, side, "Reports")), said
    if wanted := set(expected(name, side, "Suspects")):
        assert suite.run(name, side, "suspect", correct=False)[0] == wanted


@pytest.mark.parametrize("side", SIDES, ids=lambda side: side.name)
@pytest.mark.parametrize("name", NAMES)
def test_without_the_fault(name: str, side: Side, suite: Suite) -> None:
    found, said = suite.run(name, side, "fault", correct=True)
    assert not found, said


ORIGINAL = """#include <cstdio>
#include <cuda_runtime.h>

__global__ void work(const float* in, float* out) {
    __shared__ float row[128];
    int t = threadIdx.x;
    row[t] = in[t];
    __syncthreads();
    float other = row[127 - t];
    float leader = __shfl_sync(0xffffffffu, other, 0);
    float rest = __fadd_rn(__fmul_rn(other, other), -__fmul_rn(other, other));
    out[t] = leader + 1e9f * rest;
}

int main() {
    float values[128], *in, *out;
    for (int i = 0; i < 128; i++) values[i] = 1.0f + i * 0.01f;
    cudaMalloc(&in, sizeof values);
    cudaMalloc(&out, sizeof values);
    cudaMemcpy(in, values, sizeof values, cudaMemcpyHostToDevice);
    work<<<1, 128>>>(in, out);
    cudaMemcpy(values, out, sizeof values, cudaMemcpyDeviceToHost);
    for (int i = 0; i < 128; i += 16) std::printf("%g\\n", values[i]);
    return 0;
}
"""


def test_verify_names_the_original_line_of_a_broken_port(tmp_path: Path) -> None:
    try:
        toolchain = find()
    except HipwrightError as error:
        pytest.skip(error.message)
    if find_cuda(toolchain=toolchain) is None:
        pytest.skip("CUDA's headers are not installed")
    (tmp_path / "cuda").mkdir()
    (tmp_path / "cuda" / "work.cu").write_text(ORIGINAL)
    port(tmp_path / "cuda", tmp_path / "hip", Options(archs=("gfx942",), check=False))
    lines = [
        line
        for line in (tmp_path / "hip" / "work.cu").read_text().splitlines()
        if "__shfl" not in line and "float rest" not in line
    ]
    lines[next(n for n, line in enumerate(lines) if "__syncthreads" in line)] = ""
    at = next(n for n, line in enumerate(lines) if "float other" in line)
    lines[at + 1 : at + 1] = [
        "    float leader = __builtin_bit_cast(float, __builtin_amdgcn_readfirstlane(__builtin_bit_cast(int, other)));",
        "    float rest = other * other - __fmul_rn(other, other);",
    ]
    (tmp_path / "hip" / "work.cu").write_text("\n".join(lines) + "\n")
    options = VerifyOptions(archs=("gfx942",), isolation=Isolation.LIMITS, timeout=60)
    found = verify(tmp_path / "cuda", tmp_path / "hip", options)
    (program,) = found.programs
    original, ported = program.sides
    assert found.exit_code == 1
    assert (original.verdict, original.faults) == (Verdict.SAME, ())
    assert ported.verdict is Verdict.DIFFERENT
    places = {(fault.kind, fault.place.line) for fault in ported.faults if fault.place}
    assert {("race", 9), ("contraction", 11)} <= places, ported.faults
