"""The conformance programs, each executed as CUDA@32, HIP@64 and HIP@32 and compared.

A program's expected values come from the documentation (each says its rule in the head comment), so that they hold for
the CUDA original as for the port. Programs share translation units, since headers cost most of a compile; each still
runs as a process of its own, forwards and in the reverse order of lanes and blocks. What the chosen tests need is built and run
in the background, on all cores, while the tests wait in turn.

Marks in a head comment: `// Only: cuda gfx1100 - why` leaves sides out; `// Reports: assert` expects that fault;
`// Prints: text` is a line of the expected output where the kernel itself prints; `// Within: 256 MiB` is memory that
suffices.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hipwright.compile import Unit
from hipwright.emulate.build import Side, build, sides
from hipwright.emulate.program import Program
from hipwright.emulate.run import Command, Isolation, RunLimits, Runner, RunResult
from hipwright.finding import HipwrightError
from hipwright.port import Options, port
from hipwright.toolchain import Toolchain, find
from hipwright.toolchain.cuda import CudaHeaders, find_cuda
from hipwright.verify import ARCHS
from side_by_side import needs_own_unit, side_by_side

FOLDER = Path(__file__).parent / "conformance"
SIDES = sides(ARCHS)
_TOGETHER = 72  # programs in one translation unit
_SETTINGS = (
    {"HIPWRIGHT_ORDER": "forward", "HIPWRIGHT_POISON": "0xA5"},
    {"HIPWRIGHT_ORDER": "reverse", "HIPWRIGHT_POISON": "0x3C"},
)


@dataclass(frozen=True)
class Point:
    """One conformance program: a file, or a folder of units that are linked."""

    name: str
    sources: tuple[str, ...]  # relative to the suite's folder, the one with `main` first

    @functools.cached_property
    def head(self) -> str:
        """The comment that the program begins with."""
        lines = (FOLDER / self.sources[0]).read_text().splitlines()
        return "\n".join(line for line in lines if line.startswith("// "))

    def marked(self, mark: str) -> list[str]:
        """What stands behind a mark of the head comment, one for each time."""
        return re.findall(rf"^// {mark}: ?(.*)$", self.head, re.M)

    def runs_on(self, side: Side) -> bool:
        """Whether the program is meant for a side."""
        wanted = self.marked("Only")
        words = wanted[0].partition(" - ")[0].split() if wanted else []
        return not words or bool({side.arch, "cuda" if side.cuda else "hip"} & set(words))


def points() -> list[Point]:
    """The suite in the order of its names."""
    found = [Point(path.stem, (path.name,)) for path in FOLDER.glob("*.cu")]
    for folder in FOLDER.glob("rdc_*/"):
        units = sorted(folder.glob("*.cu"), key=lambda path: (path.name != "main.cu", path.name))
        found.append(Point(folder.name, tuple(path.relative_to(FOLDER).as_posix() for path in units)))
    return sorted(found, key=lambda point: point.name)


POINTS = points()


@dataclass
class Suite:
    """The suite's two trees, with what was built of them so far."""

    original: Path
    ported: Path
    work: Path
    toolchain: Toolchain
    cuda: CudaHeaders
    runner: Runner = field(default_factory=lambda: Runner(Isolation.LIMITS))  # the programs are our own
    programs: dict[tuple[str, str], Path | str] = field(default_factory=dict)  # the executable, or why there is none
    results: dict[tuple[str, str], Future[list[RunResult]]] = field(default_factory=dict)

    def groups(self, side: Side, wanted: Collection[tuple[str, str]]) -> Iterator[list[Point]]:
        """The programs wanted of a side, as they are built together."""
        near: dict[str, list[Point]] = {}
        for point in POINTS:
            if not point.runs_on(side) or (point.name, side.name) not in wanted:
                continue
            alone = len(point.sources) > 1 or needs_own_unit(self.tree(side) / point.sources[0])
            # Headers that only a few need, and that may be missing, stay out of the units of all others.
            host, device = (
                re.match(rf"(?:{names})_", point.name)
                for names in ("cublas|cudnn|cufft|curand|cusolver|cusparse", "cub|thrust")
            )
            near.setdefault(point.name if alone else "host" if host else "device" if device else "", []).append(point)
        for members in near.values():
            # Every n-th, so that each unit has something of each subject and they take the same time.
            count = -(-len(members) // _TOGETHER)
            yield from (members[first::count] for first in range(count))

    def tree(self, side: Side) -> Path:
        """The tree that a side is built from."""
        return self.original if side.cuda else self.ported

    def start(self, pool: ThreadPoolExecutor, wanted: Collection[tuple[str, str]]) -> None:
        """Begin to build and run those points on those sides."""
        groups = [(side, group) for side in SIDES for group in self.groups(side, wanted)]
        built: dict[tuple[str, str], Future[None]] = {}
        # The large units first, so that none is left to one core at the end.
        for side, group in sorted(groups, key=lambda item: -len(item[1])):
            building = pool.submit(self._build, group, side)
            built |= {(point.name, side.name): building for point in group}
        for point in POINTS:
            for side in SIDES:
                key = point.name, side.name
                if key in built:
                    self.results[key] = pool.submit(self._run, point, side, built[key])

    def _build(self, group: Sequence[Point], side: Side) -> None:
        root, members = self.tree(side), list(group)
        while members:
            alone = len(members) == 1
            if alone:
                flags = ("-fgpu-rdc",) if len(members[0].sources) > 1 else ()
                units = tuple(Unit(source, flags=flags) for source in members[0].sources)
            else:
                common = f"together_{members[0].name}_{side.wave}_{len(members)}.cu"
                (root / common).write_text(side_by_side(root, [point.sources[0] for point in members]))
                units = (Unit(common),)
            name = f"{members[0].name}-{len(members)}"
            try:
                built = build(
                    root,
                    Program(name, units),
                    side,
                    self.work / side.arch,
                    toolchain=self.toolchain,
                    cuda=self.cuda,
                    jobs=1,
                )
                why = [f"{each.place}: {each.message}" for each in built.diagnostics]
                blamed = {each.place.path for each in built.diagnostics}
            except HipwrightError as error:
                built, why, blamed = None, [error.message], set()
            if built and built.executable:
                self.programs |= {(point.name, side.name): built.executable for point in members}
                return
            failed = [point for point in members if blamed & set(point.sources)] or members
            for point in failed:
                own = [line for line in why if point.sources[0] in line] or why
                self.programs[point.name, side.name] = "\n".join(own[:5]) or "no reason given"
            members = [point for point in members if point not in failed]

    def _run(self, point: Point, side: Side, building: Future[None]) -> list[RunResult]:
        building.result()
        executable = self.programs[point.name, side.name]
        if isinstance(executable, str):
            return []
        runs = []
        for setting in _SETTINGS:
            environment = {**setting, "HIPWRIGHT_THREADS": "1", "HIPWRIGHT_TIMEOUT": "60"}
            command = Command(executable, (point.name,), self.work / "runs", environment=environment)
            memory = int((point.marked("Within") or ["2048 MiB"])[0].split()[0]) << 20
            runs.append(self.runner.run(command, RunLimits(seconds=100, memory=memory)))
        return runs

    def runs(self, point: Point, side: Side) -> list[RunResult]:
        """The runs of a point on a side, one for each setting."""
        found = self.results[point.name, side.name].result()
        if not found:
            pytest.fail(f"not built: {self.programs[point.name, side.name]}", pytrace=False)
        return found


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Suite]:
    """The suite, ported once."""
    try:
        toolchain = find()
    except HipwrightError as error:
        pytest.skip(error.message)
    cuda = find_cuda(toolchain=toolchain)
    if cuda is None:
        pytest.skip("CUDA's headers are not installed")
    root = tmp_path_factory.mktemp("conformance")
    shutil.copytree(FOLDER, root / "cuda", ignore=shutil.ignore_patterns("faults"))
    port(root / "cuda", root / "hip", Options(archs=ARCHS, check=False))
    made = Suite(root / "cuda", root / "hip", root / "work", toolchain, cuda)
    chosen = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    wanted = {(each["point"].name, each["side"].name) for each in chosen if {"point", "side"} <= set(each)}
    # A port is also compared with its original.
    wanted |= {(name, SIDES[0].name) for name, _side in wanted}
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    made.start(pool, wanted)
    yield made
    pool.shutdown(cancel_futures=True)


def faults(result: RunResult) -> list[str]:
    """What the emulator complained of."""
    return [
        f"{event.get('fault')}: {event.get('file')}:{event.get('line')}: {event.get('message')}"
        for event in result.events
        if event["kind"] == "fault"
    ]


def check_run(point: Point, result: RunResult) -> None:
    """The program ended well, found what it expected, and nothing else was reported."""
    said = f"{result.how}\n{result.stdout[-3000:]}{result.stderr[-1000:]}"
    missing = [str(event.get("symbol")) for event in result.events if event["kind"] == "unsupported"]
    assert not missing, f"unsupported: {missing}"
    assert result.ended, said
    assert result.exit_code == 0, said
    wanted = point.marked("Prints")
    if wanted:
        assert result.stdout.splitlines()[: len(wanted)] == wanted
    else:
        assert result.stdout.splitlines()[-1:] == ["ok"], said
    kinds = point.marked("Reports")
    reported = faults(result)
    assert {fault.partition(":")[0] for fault in reported} == set(kinds), reported


def test_there_are_enough_points() -> None:
    assert len(POINTS) >= 200
    assert all(point.marked("Point") and point.marked("Rule") for point in POINTS)


@pytest.mark.parametrize("side", SIDES, ids=lambda side: side.name)
@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_point(point: Point, side: Side, suite: Suite) -> None:
    if not point.runs_on(side):
        pytest.skip(point.marked("Only")[0].partition(" - ")[2])
    result, again = suite.runs(point, side)
    check_run(point, result)
    check_run(point, again)
    assert again.stdout == result.stdout, "another order of lanes and blocks changes the answer"
    if not side.cuda and point.runs_on(SIDES[0]):
        original = suite.results[point.name, SIDES[0].name].result()
        assert not original or result.stdout == original[0].stdout, "the port's output differs from the original's"
