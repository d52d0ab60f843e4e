"""What verify makes of runs: verdicts, the original's own bugs, coverage. The compiler is left out: programs are scripts.

A `.cu` file here holds a shell script in its comments, which a stand-in for the builder takes out: `//sh` for every side,
`//cuda`, `//hip`, `//hip64`, `//hip32` for one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hipwright.cli import main
from hipwright.compare import Verdict
from hipwright.emulate.build import Built, Side
from hipwright.emulate.program import Program
from hipwright.emulate.run import Isolation
from hipwright.finding import Diagnostic, HipwrightError, Place
from hipwright.hardware import Gpu
from hipwright.layouts import Field, Layout, LayoutDifference, LayoutReport
from hipwright.programs import programs
from hipwright.project import Project
from hipwright.report.verification import SideResult, Verification
from hipwright.toolchain import Toolchain
from hipwright.verify import Options, verify

MAIN = "int main() { return 0; }\n"
LAUNCH = """//sh say() { echo "$1" >> $HIPWRIGHT_REPORT; }
//sh say '{"kind":"launch","kernel":"_Z4workPf","grid":[1,1,1],"block":[64,1,1],"wrote":1}'
"""


def build(root: Path, program: Program, side: Side, work: Path, *, checked: bool = False, **rest: object) -> Built:
    """The stand-in for the builder."""
    wanted = {"sh", "cuda" if side.cuda else "hip", f"hip{side.wave}" if not side.cuda else "cuda"}
    text = "".join((root / unit.path).read_text() for unit in program.units)
    if "//error" in text and not side.cuda:
        return Built(
            None, diagnostics=(Diagnostic(Place("work.cu", 3), "error", "no such thing", "work.cu", side.arch),)
        )
    lines = [found[2] for found in re.finditer(r"^//(\w+) (.*)$", text, re.M) if found[1] in wanted]
    kernels = tuple(re.findall(r"^//kernel (\w+)$", text, re.M))
    work.mkdir(parents=True, exist_ok=True)
    executable = work / "program"
    executable.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
    executable.chmod(0o755)
    return Built(executable, kernels=kernels, libraries=("blas",) if "<cublas" in text else ())


@pytest.fixture(autouse=True)
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A builder, a compiler and CUDA's headers that need nothing; a cache of the test's own."""
    toolchain = Toolchain("pip", ("clang",), ("lld",), "22", "7.2", tmp_path, tmp_path, ())

    class Headers:
        version = "12.9"

    monkeypatch.setenv("HIPWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("hipwright.measure.build", build)
    monkeypatch.setattr("hipwright.verify.verify_kernels", lambda work, wanted, progress: [])  # see test_kernels.py
    monkeypatch.setattr("hipwright.verify.find", lambda: toolchain)
    monkeypatch.setattr("hipwright.verify.find_cuda", lambda **_: Headers())
    monkeypatch.setattr("hipwright.verify.check_layouts", lambda *_, **__: LayoutReport((), (), (), (), ()))


class Trees:
    """An original and a port, written file by file."""

    def __init__(self, folder: Path) -> None:
        self.original, self.port = folder / "original", folder / "port"

    def write(self, original: Mapping[str, str], port: Mapping[str, str] | None = None) -> None:
        for root, files in ((self.original, original), (self.port, original if port is None else port)):
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)

    def verify(self, **options: Any) -> Verification:
        return verify(self.original, self.port, Options(isolation=Isolation.LIMITS, **{"timeout": 20, **options}))

    def sides(self, script: str, port: str | None = None, **options: Any) -> tuple[SideResult, ...]:
        """The sides of one program that is written in the comments of one file."""
        head = f"{MAIN}//kernel _Z4workPf\n{LAUNCH}"
        self.write({"work.cu": head + script}, {"work.cu": head + (script if port is None else port)})
        found = self.verify(**options)
        (program,) = found.programs
        return program.sides


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    return Trees(tmp_path)


def verdicts(sides: tuple[SideResult, ...]) -> list[Verdict]:
    return [side.verdict for side in sides]


# -- verdicts ------------------------------------------------------------------------------------------------------------


def test_the_same(trees: Trees) -> None:
    sides = trees.sides("//sh echo sum 5")
    assert [side.side for side in sides] == ["CUDA@32", "HIP@64", "HIP@32"]
    assert verdicts(sides) == [Verdict.SAME] * 3
    found = trees.verify()
    assert (found.exit_code, found.verified, found.unverified) == (0, ("work(float*)",), ())


def test_one_wave_size_differs(trees: Trees) -> None:
    sides = trees.sides("//cuda echo sum 5\n//hip32 echo sum 5\n//hip64 echo sum 6")
    assert verdicts(sides) == [Verdict.SAME, Verdict.DIFFERENT, Verdict.SAME]
    comparison = sides[1].comparison
    assert comparison and (comparison.differences[0].left, comparison.differences[0].right) == ("sum 5", "sum 6")
    found = trees.verify()
    assert found.exit_code == 1 and not found.verified
    assert "--program work --arch gfx942,gfx1100" in found.programs[0].reproduce


def test_a_tolerance_is_said(trees: Trees) -> None:
    assert verdicts(trees.sides("//cuda echo 1.0000001\n//hip echo 1.0000002"))[1] is Verdict.TOLERANCE


def test_a_difference_that_may_come_from_random_numbers_says_so(trees: Trees) -> None:
    draws = "//cuda echo 1\n//hip echo 2\n__global__ void f(S* s) { curand_init(1, 0, 0, s); }\n"
    assert any("random numbers on the device" in note for note in trees.sides(draws)[1].notes)
    assert not trees.sides("//cuda echo 1\n//hip echo 2")[1].notes


def test_exit_codes_and_files_are_compared(trees: Trees) -> None:
    assert verdicts(trees.sides("//cuda exit 0\n//hip exit 1"))[1] is Verdict.DIFFERENT
    sides = trees.sides("//cuda echo 1 > out.txt\n//hip echo 2 > out.txt")
    assert sides[1].comparison and sides[1].comparison.differences[0].where == "out.txt"


def test_times_are_not_compared(trees: Trees) -> None:
    sides = trees.sides(
        "//sh echo took $$ ms; echo seed $(cat /proc/sys/kernel/random/uuid | cksum | cut -c1-5)\n//sh echo 4"
    )
    assert verdicts(sides) == [Verdict.SAME] * 3
    assert any("not compared" in note for note in sides[1].notes)


def test_a_race_in_the_port(trees: Trees) -> None:
    sides = trees.sides("//cuda echo 1\n//hip [ $HIPWRIGHT_ORDER = reverse ] && echo 2 || echo 1")
    assert verdicts(sides) == [Verdict.SAME, Verdict.SCHEDULE, Verdict.SCHEDULE]
    assert [fault.kind for fault in sides[1].faults] == ["schedule"]


def test_memory_that_nothing_wrote(trees: Trees) -> None:
    sides = trees.sides("//cuda echo 1\n//hip [ $HIPWRIGHT_POISON = 0x7B ] && echo 2 || echo 1")
    assert verdicts(sides)[1] is Verdict.FAULT
    assert [fault.kind for fault in sides[1].faults] == ["uninitialised"]


def test_the_originals_own_race_is_the_originals(trees: Trees) -> None:
    sides = trees.sides("//sh [ $HIPWRIGHT_ORDER = reverse ] && echo 2 || echo 1")
    assert verdicts(sides) == [Verdict.SCHEDULE, Verdict.SAME, Verdict.SAME]
    assert all(fault.original for fault in sides[1].faults)
    assert trees.verify().exit_code == 1


def test_lines_in_any_order_where_the_original_has_none(trees: Trees) -> None:
    both = "{ echo b; echo a; } || { echo a; echo b; }"
    sides = trees.sides(f"//cuda [ $HIPWRIGHT_ORDER = reverse ] && {both}\n//hip echo b; echo a")
    assert verdicts(sides) == [Verdict.SAME] * 3
    assert "any order" in sides[0].notes[0]
    sides = trees.sides("//cuda echo a; echo b\n//hip echo b; echo a")
    assert verdicts(sides)[1] is Verdict.DIFFERENT


def fault(kind: str, line: int) -> str:
    event = {"kind": "fault", "fault": kind, "file": "work.cu", "line": line, "kernel": "_Z4workPf", "lane": 3,
             "message": "it happened", "block": [1, 0, 0]}  # fmt: skip
    return f"say '{json.dumps(event)}'"


def test_faults_have_places(trees: Trees) -> None:
    sides = trees.sides(f"//sh echo 1\n//hip64 {fault('mask', 7)}")
    assert verdicts(sides) == [Verdict.SAME, Verdict.FAULT, Verdict.SAME]
    (found,) = sides[1].faults
    assert (found.kind, found.place, found.ported, found.kernel) == (
        "mask",
        Place("work.cu", 7),
        "work.cu:7",
        "work(float*)",
    )
    assert found.where == "block (1, 0, 0), lane 3"


def test_lines_of_our_port_are_mapped_to_the_originals(trees: Trees) -> None:
    record = trees.port / ".hipwright"
    record.mkdir(parents=True)
    (record / "units.json").write_text("[]")
    (record / "lines.json").write_text(json.dumps({"work.cu": [[1, 1, 0], [4, 2, 0]]}))
    (record / "report.json").write_text(json.dumps({"units": []}))
    sides = trees.sides(f"//sh echo 1\n//hip64 {fault('mask', 7)}")
    assert sides[1].faults[0].ported == "work.cu:7"
    assert sides[1].faults[0].place != Place("work.cu", 7)


def test_a_fault_that_both_have_is_the_originals(trees: Trees) -> None:
    sides = trees.sides(f"//sh echo 1\n//sh {fault('out-of-bounds', 7)}")
    assert verdicts(sides) == [Verdict.FAULT, Verdict.SAME, Verdict.SAME]
    assert sides[1].faults[0].original and trees.verify().exit_code == 1


def test_a_crash(trees: Trees) -> None:
    sides = trees.sides("//cuda echo 1\n//hip echo 1; kill -SEGV $$")
    assert verdicts(sides)[1] is Verdict.DIFFERENT
    assert sides[1].faults[0].kind == "crash"


def test_what_the_emulator_lacks(trees: Trees) -> None:
    sides = trees.sides('//sh echo 1\n//hip say \'{"kind":"unsupported","symbol":"hipFoo"}\'; exit 125')
    assert verdicts(sides) == [Verdict.SAME, Verdict.UNSUPPORTED, Verdict.UNSUPPORTED]
    assert sides[1].unsupported == ("hipFoo",)
    assert trees.verify().exit_code == 3


def test_an_original_that_the_emulator_cannot_run_proves_nothing(trees: Trees) -> None:
    sides = trees.sides('//sh echo 1\n//cuda say \'{"kind":"unsupported","symbol":"cudaFoo"}\'; exit 125')
    assert verdicts(sides) == [Verdict.UNSUPPORTED, Verdict.NOT_RUN, Verdict.NOT_RUN]


def test_time_runs_out(trees: Trees) -> None:
    assert verdicts(trees.sides("//sh sleep 20", timeout=0.3))[0] is Verdict.TIMEOUT


def test_a_port_that_does_not_build(trees: Trees) -> None:
    sides = trees.sides("//sh echo 1", "//sh echo 1\n//error")
    assert verdicts(sides)[1] is Verdict.NOT_RUN and "work.cu:3: no such thing" in sides[1].reason
    assert trees.verify().exit_code == 3


def test_a_program_without_launches_proves_nothing(trees: Trees) -> None:
    trees.write(
        {"work.cu": MAIN + "//cuda_ #include <cuda.h>\n__global__ void work();\n//sh echo usage: work N; exit 1"}
    )
    (program,) = trees.verify().programs
    assert program.sides[0].verdict is Verdict.NOT_RUN and "usage: work N" in program.sides[0].reason


def test_a_program_that_uses_no_gpu_proves_nothing(trees: Trees) -> None:
    trees.write({"work.cu": f"{MAIN}__global__ void work();\n//sh echo norm 5"})
    found = trees.verify()
    assert found.programs[0].verdict is Verdict.NOT_RUN and found.exit_code == 3


def test_a_program_that_only_calls_libraries_is_compared(trees: Trees) -> None:
    head = f"{MAIN}#include <cublas_v2.h>\n"
    trees.write({"work.cu": head + "//sh echo norm 5"}, {"work.cu": head + "//hip64 echo norm 5\n//hip32 echo norm 6"})
    (program,) = trees.verify().programs
    assert verdicts(program.sides) == [Verdict.SAME, Verdict.SAME, Verdict.DIFFERENT]
    assert "no kernel of its own" in program.sides[0].notes[0]


def test_a_kernel_that_the_port_never_launches(trees: Trees) -> None:
    head = f"{MAIN}//kernel _Z4workPf\n"
    trees.write(
        {"work.cu": head + LAUNCH + "//sh echo 1"},
        {"work.cu": head + LAUNCH.replace("workPf", "restPf") + "//sh echo 1"},
    )
    (program,) = trees.verify().programs
    assert [fault.kind for fault in program.sides[1].faults] == ["not-launched"]
    assert program.sides[1].verdict is Verdict.FAULT


def test_a_kernel_that_wrote_nothing(trees: Trees) -> None:
    head = f"{MAIN}//kernel _Z4workPf\n"
    silent = LAUNCH.replace('"wrote":1', '"wrote":0')
    trees.write({"work.cu": head + LAUNCH + "//sh echo 1"}, {"work.cu": head + silent + "//sh echo 1"})
    (program,) = trees.verify().programs
    assert [fault.kind for fault in program.sides[1].faults] == ["wrote-nothing"]


def test_kernels_that_no_program_reaches_are_unverified(trees: Trees) -> None:
    trees.sides("//sh echo 1\n//kernel _Z5otherPf")
    found = trees.verify()
    assert (found.verified, found.unverified) == (("work(float*)",), ("other(float*)",))


# -- inputs, arguments, the cache ----------------------------------------------------------------------------------------


def test_arguments_inputs_and_folders(trees: Trees) -> None:
    make = "main: src/work.cu\n\tnvcc -o main src/work.cu\nrun: main\n\t./main ../data/in.txt local.txt 3\n"
    script = f"{MAIN}//kernel _Z4workPf\n{LAUNCH}//sh cat $1 $2; echo $0 $3\n//sh echo 1 > made"
    trees.write({"Makefile": make, "src/work.cu": script, "local.txt": "local\n"}, {"src/work.cu": script})
    (trees.original.parent / "data").mkdir()
    (trees.original.parent / "data" / "in.txt").write_text("beside\n")
    (program,) = trees.verify().programs
    assert program.args == ("../data/in.txt", "local.txt", "3")
    assert [side.verdict for side in program.sides] == [Verdict.SAME] * 3
    assert not (trees.original / "made").exists()


def test_other_arguments(trees: Trees) -> None:
    sides = trees.sides("//cuda echo $1\n//hip echo 7", args=("7",))
    assert verdicts(sides)[1] is Verdict.SAME
    assert "--args 7" in trees.verify(args=("7",)).programs[0].reproduce


def test_a_second_verification_runs_nothing(trees: Trees, tmp_path: Path) -> None:
    log = tmp_path / "log"
    trees.sides(f"//sh echo run >> {log}; echo 1")
    before = log.read_text()
    assert trees.verify().exit_code == 0 and log.read_text() == before
    (trees.port / "data.txt").write_text("new")
    trees.verify()
    assert len(log.read_text()) > len(before)


# -- programs ------------------------------------------------------------------------------------------------------------


def named(root: Path, text: str) -> tuple[Program, ...]:
    (root / "hipwright.toml").write_text(text)
    return programs(Project.open(root))


def test_programs_named_by_hand(trees: Trees) -> None:
    trees.write({"a.cu": MAIN, "b.cu": "__global__ void k() {}", "c.cu": MAIN})
    (program,) = named(
        trees.original,
        """found = false
[[program]]
name = "small"
sources = ["a.cu", "b*"]
args = ["-n", 4]
files = ["*.txt", {path = "out.bin", type = "float32"}]
tolerance = {relative = 1e-3}
timeout = 5
environment = {OMP_NUM_THREADS = 2}
""",
    )
    assert [unit.path for unit in program.units] == ["a.cu", "b.cu"]
    assert (program.args, program.files, program.types) == (
        ("-n", "4"),
        ("*.txt", "out.bin"),
        (("out.bin", "float32"),),
    )
    assert (program.tolerance.relative, program.timeout, program.environment) == (1e-3, 5, (("OMP_NUM_THREADS", "2"),))
    many = named(trees.original, '[[program]]\nname = "a small"\nexecutable = "a"\nargs = ["4"]\n')
    assert [(each.name, each.args) for each in many] == [("a", ()), ("a small", ("4",)), ("c", ())]


def test_sources_outside_of_the_tree_belong_to_the_program(trees: Trees) -> None:
    trees.write({"k.cu": "__global__ void k() {}", "../common/main.cpp": MAIN})
    (trees.original / "Makefile").write_text(
        "app: main.o k.o\n\tnvcc main.o k.o -o app\nmain.o: ../common/main.cpp\n\tnvcc -c $< -o $@\n"
        "k.o: k.cu\n\tnvcc -c $< -o $@\n"
    )
    (trees.original / "CMakeLists.txt").write_text("project(a CUDA CXX)\nadd_executable(app ../common/main.cpp k.cu)\n")
    (program,) = programs(Project.open(trees.original))
    assert sorted(unit.path for unit in program.units) == ["../common/main.cpp", "k.cu"]


@pytest.mark.parametrize(
    "text",
    ["[[program]", "[[program]]\n", '[[program]]\nname = "x"\n', '[[program]]\nname = "a"\nargz = []\n', "x = 1",
     '[[program]]\nname = "a"\nargs = "1"\n', '[[program]]\nname = "a"\ntimeout = "x"\n',
     '[[program]]\nname = "a"\nfolder = "../.."\n', '[[program]]\nname = "a"\nsources = ["nothing.cu"]\n',
     '[[program]]\nname = "a"\n[[program]]\nname = "a"\n', '[[program]]\nname = "a"\nfiles = [{path = "x"}]\n',
     '[[program]]\nname = "a"\ntolerance = "x"\n'],
)  # fmt: skip
def test_a_wrong_hipwright_toml_is_said(trees: Trees, text: str) -> None:
    trees.write({"a.cu": MAIN})
    with pytest.raises(HipwrightError) as caught:
        named(trees.original, text)
    assert caught.value.exit_code == 2 and "hipwright.toml" in caught.value.message


def test_a_port_by_someone_else_is_found_by_its_sources(trees: Trees) -> None:
    head = f"{MAIN}//kernel _Z4workPf\n{LAUNCH}"
    trees.write(
        {"src/work.cu": head + "//sh echo 1"}, {"src/work.hip": head + "//sh echo 2", "Makefile": "x:\n\ttrue\n"}
    )
    (program,) = trees.verify().programs
    assert [side.verdict for side in program.sides] == [Verdict.SAME, Verdict.DIFFERENT, Verdict.DIFFERENT]


# -- the command line ----------------------------------------------------------------------------------------------------


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["verify", *(str(each) for each in arguments), "--yes"])


def test_the_command(trees: Trees) -> None:
    trees.sides("//cuda echo sum 5\n//hip echo sum 6")
    said = command(trees.original, trees.port)
    assert said.exit_code == 1
    for text in ("work differs", "original  sum 5", "port      sum 6", "HIP@64", "unverified", "--program work"):
        assert text in said.output
    data = json.loads(command(trees.original, trees.port, "--json").output)
    assert data["exit_code"] == 1 and data["programs"][0]["sides"][1]["verdict"] == "different"
    assert command(trees.original, trees.port, "--program", "nothing").exit_code == 2


def test_nothing_to_run(trees: Trees) -> None:
    trees.write({"k.cu": "__global__ void k() {}"})
    said = command(trees.original, trees.port)
    assert said.exit_code == 3 and "Nothing was run" in said.output


def test_no_sandbox_and_no_consent(trees: Trees, monkeypatch: pytest.MonkeyPatch) -> None:
    trees.sides("//sh echo 1")
    monkeypatch.setattr("hipwright.emulate.run.sandbox", lambda: ())
    said = CliRunner().invoke(main, ["verify", str(trees.original), str(trees.port)])
    assert said.exit_code == 3 and "no sandbox" in said.output and "--yes" in said.output


# -- layouts and real GPUs -----------------------------------------------------------------------------------------------


def test_another_layout_is_wrong(trees: Trees, monkeypatch: pytest.MonkeyPatch) -> None:
    def layout(size: int) -> Layout:
        return Layout("Cell", "record", size, 8, (Field("x", "double", 0, 64),), Place("work.cu", 3), "parameter 1")

    different = LayoutDifference("Cell", ("CUDA device", "HIP gfx942"), layout(16), layout(24), "size 16 against 24")
    report = LayoutReport(("Cell",), (different,), (), (), ("CUDA device", "HIP gfx942"))
    monkeypatch.setattr("hipwright.verify.check_layouts", lambda *_, **__: report)
    trees.sides("//sh echo sum 5")
    found = trees.verify()
    assert found.exit_code == 1 and found.layouts is report
    result = CliRunner().invoke(main, ["verify", str(trees.original), str(trees.port), "--yes"])
    assert result.exit_code == 1
    assert "work.cu:3:1: Cell: size 16 against 24" in " ".join(result.output.split())
    assert trees.verify(layouts=False).exit_code == 0


def test_nothing_is_run_without_isolation(trees: Trees) -> None:
    trees.sides("//sh echo sum 5")
    found = verify(trees.original, trees.port, Options(isolation=None))
    assert not found.programs and "no sandbox" in found.skipped and found.layouts is not None


@pytest.mark.parametrize(("says", "verdict"), [("echo sum 5", Verdict.SAME), ("echo sum 6", Verdict.DIFFERENT)])
def test_a_real_gpu_is_one_more_side(
    trees: Trees, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, says: str, verdict: Verdict
) -> None:
    gpu = Gpu(Side("AMD GPU", "gfx90a", 64, False), tmp_path / "hipcc", ())

    def built(root: Path, program: Program, gpu: Gpu, work: Path) -> Built:
        work.mkdir(parents=True, exist_ok=True)
        (work / "program").write_text(f"#!/bin/sh\n{says}\n")
        (work / "program").chmod(0o755)
        return Built(work / "program")

    monkeypatch.setattr("hipwright.hardware.gpus", lambda: (gpu,))
    monkeypatch.setattr("hipwright.hardware.build", built)
    sides = trees.sides("//sh echo sum 5")
    assert [(side.side, side.verdict) for side in sides[1:]] == [
        ("HIP@64", Verdict.SAME), ("HIP@32", Verdict.SAME), ("AMD GPU", verdict),
    ]  # fmt: skip
    assert "--arch gfx942,gfx1100" in trees.verify().programs[0].reproduce
