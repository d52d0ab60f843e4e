"""Small CUDA trees that the rules alone do not port, each with a hidden check: what is left for a person or a model.

    python benchmarks/hard.py [--solutions] [--json] [--jobs N] [NAME ...]

An item is a folder of `benchmarks/hard/`: `cuda/` is what is ported, a library with a plain C++ interface; `hidden/`
holds a program that knows only this interface and computes by itself what has to come out; `solution/` holds the files
by which a person made the engine's port right, and proves that it can be done. Neither of the last two ever gets into
a tree that is ported or shown to a model.

Without options every item is ported by the engine alone, which has to leave something and to fail the hidden check:
that is what makes it hard. With `--solutions` the person's files are put over the engine's port, and every item has to
pass. A check compiles the port for each target, links it with the hidden program for the emulated GPU with every
access checked, and runs it twice, the second time with lanes, wavefronts and blocks in reverse order.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from hipwright import compile as compiler
from hipwright.compile import Unit
from hipwright.emulate.build import Built, Side, build, sides
from hipwright.emulate.program import Program
from hipwright.emulate.run import Command, RunLimits, Runner, RunResult, isolation
from hipwright.finding import Diagnostic, HipwrightError
from hipwright.output import RECORD
from hipwright.port import Options, compile_units, port
from hipwright.project import Project
from hipwright.report import Report
from hipwright.toolchain import Toolchain, cache_dir, find
from hipwright.verify import ARCHS

ITEMS = Path(__file__).parent / "hard"
PASSED = "PASS"  # the line by which a hidden program says that everything was as expected

_CHECK = "hidden-check"  # the folder of the hidden program, in a copy of the port
_SECONDS = 120.0
_MEMORY = 4 << 30
_SHOWN = 6  # of what is left, in the text
_RUNS = (
    {"HIPWRIGHT_ORDER": "forward", "HIPWRIGHT_POISON": "0xA5"},
    {"HIPWRIGHT_ORDER": "reverse", "HIPWRIGHT_POISON": "0x7B", "HIPWRIGHT_UNFUSED": "all"},
)


@dataclass(frozen=True)
class Item:
    """One small tree with its hidden check."""

    name: str
    root: Path  # the item's folder
    title: str
    topic: str
    why: str  # what the rules can't do here
    archs: tuple[str, ...] = ARCHS

    @property
    def original(self) -> Path:
        """The tree to port."""
        return self.root / "cuda"

    @property
    def solution(self) -> Path:
        """Files of a right port, by their paths in it."""
        return self.root / "solution"


@dataclass(frozen=True)
class Outcome:
    """Whether a port passes an item's hidden check, and if not, what stopped it first."""

    passed: bool
    stage: str = ""  # "compile", "build", "run", "launch" or "fault"; nothing if it passed
    why: str = ""
    arch: str = ""

    @property
    def text(self) -> str:
        """The outcome in a line."""
        return "passes" if self.passed else f"fails ({self.arch}, {self.stage}): {self.why}"


@dataclass(frozen=True)
class Judged:
    """What became of an item."""

    name: str
    outcome: Outcome
    left: tuple[str, ...]  # what the engine said is left to do

    @property
    def hard(self) -> bool:
        """Whether the engine alone fails and knows it."""
        return not self.outcome.passed and bool(self.left)


def read_item(folder: Path) -> Item:
    """The item in a folder. Raises `ValueError` where something of it is missing."""
    data = tomllib.loads((folder / "item.toml").read_text("utf-8"))
    unknown = set(data) - {"title", "topic", "why", "archs"}
    if unknown or not {"title", "topic", "why"} <= set(data):
        raise ValueError(f"{folder.name}/item.toml: keys are title, topic, why, archs")
    archs = tuple(data.get("archs", ARCHS))
    item = Item(folder.name, folder, data["title"], data["topic"], data["why"], archs)
    needed = (item.original / f"{item.name}.h", folder / "hidden" / "main.cpp", item.solution)
    for path in needed:
        if not path.exists():
            raise ValueError(f"{folder.name} lacks {path.relative_to(folder)}")
    return item


def items(names: Sequence[str] = ()) -> list[Item]:
    """The items of these names, or all. Raises `ValueError` for a name that is none."""
    known = {path.parent.name: path.parent for path in sorted(ITEMS.glob("*/item.toml"))}
    if missing := sorted(set(names) - set(known)):
        raise ValueError(f"no such item: {', '.join(missing)}")
    return [read_item(folder) for name, folder in known.items() if not names or name in names]


# -- the hidden check --------------------------------------------------------------------------------------------------


def passes(port_tree: Path, item: Item, work: Path) -> Outcome:
    """Put a port to the hidden check of its item; `port_tree` is only read, `work` is where everything is built.

    It passes only if all of it compiles for every target, the hidden program is built with it and says `PASS` with exit
    code 0 in both orders of lanes, each run launches a kernel, and no run does what no program may.
    """
    toolchain = find()
    tree = work / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(port_tree, tree, ignore=shutil.ignore_patterns(RECORD, ".git"), symlinks=True)
    try:
        units = compile_units(Project.open(tree))
    except HipwrightError as error:
        return Outcome(False, "compile", error.message)
    if not any(unit.language == "hip" for unit in units):
        return Outcome(False, "compile", "nothing in it is compiled for a GPU")
    for result in compiler.check(tree, units, item.archs, toolchain, jobs=1, cache_dir=cache_dir() / "compile"):
        if not result.ok:
            return Outcome(False, "compile", _first_error(result.diagnostics) or result.status, result.arch)
    # Beside the program stands the interface as it was given, so that a port can't change what is asked of it.
    hidden = tree / _CHECK
    shutil.copytree(item.root / "hidden", hidden)
    shutil.copyfile(item.original / f"{item.name}.h", hidden / f"{item.name}.h")
    program = Program(item.name, (*units, Unit(f"{_CHECK}/main.cpp", "c++", ("-I.",))))
    for arch in item.archs:
        side = sides((arch,))[1]
        outcome = _passes_on(tree, program, side, work / arch, toolchain)
        if not outcome.passed:
            return outcome
    return Outcome(True)


def _passes_on(tree: Path, program: Program, side: Side, work: Path, toolchain: Toolchain) -> Outcome:
    built: Built = build(tree, program, side, work / "built", toolchain=toolchain, cuda=None, checked=True, jobs=1)
    if built.executable is None:
        return Outcome(False, "build", _first_error(built.diagnostics) or "it does not link", side.arch)
    for settings in _RUNS:
        environment = {**settings, "HIPWRIGHT_TIMEOUT": str(int(_SECONDS * 0.8)), "HIPWRIGHT_THREADS": "1"}
        with tempfile.TemporaryDirectory(prefix="hipwright-hard-") as scratch:
            shutil.copy2(built.executable, Path(scratch) / "check")
            command = Command(Path("check"), (), Path(scratch), environment=environment)
            result = Runner(isolation()).run(command, RunLimits(seconds=_SECONDS, memory=_MEMORY))
        if wrong := _wrong(result):
            return Outcome(False, *wrong, side.arch)
    return Outcome(True)


def _wrong(result: RunResult) -> tuple[str, str] | None:
    """What is wrong with a run of the hidden program: the stage and why; None if it passed."""
    kinds = {str(event["kind"]) for event in result.events}
    if "unsupported" in kinds:
        missing = {str(event.get("symbol", "?")) for event in result.events if event["kind"] == "unsupported"}
        return "run", f"the emulator lacks {', '.join(sorted(missing))}"
    faults = [event for event in result.events if event["kind"] == "fault"]
    if faults:
        first = faults[0]
        place = f"{first['file']}:{first['line']}: " if "line" in first else ""
        return "fault", f"{place}{first.get('fault')}: {str(first.get('message', ''))[:200]}"
    if not result.ended or result.exit_code or PASSED not in result.stdout.splitlines():
        said = (result.stdout + result.stderr).strip().splitlines()
        return "run", f"{result.how}: {said[0][:200] if said else 'no output'}"
    return None if "launch" in kinds else ("launch", "no kernel is launched")


def _first_error(diagnostics: Sequence[Diagnostic]) -> str:
    """The first error, with its place in the port."""
    errors = (each for each in diagnostics if "error" in each.severity)
    return next((f"{each.place.path}:{each.place.line}: {each.message}" for each in errors), "")


# -- judging an item ---------------------------------------------------------------------------------------------------


def engine_port(item: Item, out: Path) -> Report:
    """The engine's own port of an item."""
    return port(item.original, out, Options(archs=item.archs, force=True, check=True, jobs=1))


def left(report: Report) -> Iterator[str]:
    """What the engine says is left to do."""
    for note in report.notes:
        if note.level.left_to_do:
            yield f"{note.place.path}:{note.place.line}: {note.rule}: {note.message}"
    for each in report.work:
        yield f"{each.place.path}:{each.place.line}: {each.title}"
    if report.unchecked:
        yield report.unchecked


def judge(item: Item, work: Path, *, solved: bool = False) -> Judged:
    """Port an item with the engine alone, or with a person's files over that, and put it to the hidden check."""
    out = work / "port"
    shutil.rmtree(out, ignore_errors=True)
    report = engine_port(item, out)
    if solved:
        shutil.copytree(item.solution, out, dirs_exist_ok=True)
    return Judged(item.name, passes(out, item, work), tuple(left(report)))


@click.command()
@click.argument("names", nargs=-1)
@click.option("--solutions", is_flag=True, help="Put each item's solution over the engine's port: it has to pass.")
@click.option("--json", "as_data", is_flag=True)
@click.option("--jobs", default=2)
@click.option("--work", type=click.Path(path_type=Path), help="Where ports are kept; in the cache if not told.")
def main(names: tuple[str, ...], solutions: bool, as_data: bool, jobs: int, work: Path | None) -> None:
    """Show that the engine alone fails on every item, or that every item's solution passes."""
    try:
        chosen = items(names)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    work = (work or cache_dir() / "hard").resolve()
    results: list[Judged] = []
    folder = work / ("solved" if solutions else "engine")
    with ThreadPoolExecutor(jobs) as pool:
        tasks = [pool.submit(judge, item, folder / item.name, solved=solutions) for item in chosen]
        for task in tasks:
            result = task.result()
            results.append(result)
            if as_data:
                continue
            expected = result.outcome.passed if solutions else result.hard
            print(f"{'ok' if expected else 'NOT':4}{result.name:24}{result.outcome.text}", flush=True)
            said = result.left or ("SILENT: the engine says that nothing is left",)
            more = [f"and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
            for each in () if solutions else (*said[:_SHOWN], *more):
                print(f"        {each}", flush=True)
    good = sum(each.outcome.passed if solutions else each.hard for each in results)
    if as_data:
        print(json.dumps([asdict(each) for each in results]))
    elif solutions:
        print(f"{good} of {len(results)} solutions pass")
    else:
        print(f"the engine alone fails on {good} of {len(results)}")
    sys.exit(good != len(results))


if __name__ == "__main__":
    main()
