"""The mutation score of `verify`: how many planted porting mistakes it catches.

    python benchmarks/mutation.py [PROGRAM ...] [--kind KIND]... [--jobs N]
    python benchmarks/mutation.py --table      # what the results say, as Markdown

Each program (examples, conformance programs, and those of `tests/mutation`) is ported; then one mistake at a time is
planted into the port, and `verify` compares it with the original, first on gfx942, then on gfx1100. A mutant that does
not compile, or whose compiled code is the port's own on every target, is no test of `verify` and is counted apart; so
are those of which `equivalents.toml` says why they behave as the port does.
Results are kept in `mutation.jsonl` of the work folder: a run goes on where the last one stopped; `--again survived`
judges those mutants anew.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import re
import resource
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import click
from mutators import KINDS, Edits, device_only

from hipwright import measure
from hipwright import verify as verification
from hipwright.compare import Verdict
from hipwright.compile import Unit
from hipwright.emulate import build
from hipwright.emulate.program import Program
from hipwright.emulate.run import Isolation
from hipwright.finding import HipwrightError
from hipwright.port import Options as PortOptions
from hipwright.port import port
from hipwright.precompiled import Precompiled
from hipwright.project import Project
from hipwright.report.verification import SideResult, Verification
from hipwright.source import Source
from hipwright.toolchain import Toolchain, cache_dir, find
from hipwright.toolchain.cuda import CudaHeaders, find_cuda
from hipwright.verify import ARCHS, Options, verify

HERE = Path(__file__).resolve().parent.parent
PER_PROGRAM = 4  # mutants of one kind in one program
PER_KIND = 24  # mutants of one kind in all: no kind decides the score
LEAST = 6  # mutants of a program: building and running the original costs as much as several of them


# -- programs and mutants ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """A program with its port, in folders that stay where they are: the compiler's cache goes by path."""

    name: str
    original: Path  # the CUDA tree
    port: Path  # the HIP tree


def subjects(work: Path) -> list[Subject]:
    """Every program that there is, ported."""
    found = []
    for folder in sorted((HERE / "examples").iterdir()):
        if folder.is_dir():
            _port(sorted(folder.rglob("*")), folder, work / folder.name)
            found.append(Subject(folder.name, work / folder.name / "cuda", work / folder.name / "hip"))
    for suite in ("mutation", "conformance"):  # ported as one tree, then each program with its headers for itself
        folder = HERE / "tests" / suite
        _port(sorted([*folder.glob("*.cu"), *folder.glob("*.h")]), folder, work / f"suite-{suite}")
        for source in sorted(folder.glob("*.cu")):
            subject = Subject(source.stem, work / source.stem / "cuda", work / source.stem / "hip")
            for tree in (subject.original, subject.port):
                for file in (work / f"suite-{suite}" / tree.name).iterdir():
                    if file.suffix == ".h" or file.name == source.name:
                        _update(tree / file.name, file.read_bytes())
            found.append(subject)
    return found


def _port(files: Sequence[Path], folder: Path, work: Path) -> None:
    """Copy files of a folder to `work/cuda` and port them to `work/hip`, unless it is done already."""
    made_of = _digest([_engine(), *(file.read_bytes().hex() for file in files if file.is_file())])
    stamp = work / "made-of"
    if stamp.is_file() and stamp.read_text() == made_of:
        return
    shutil.rmtree(work, ignore_errors=True)
    for file in files:
        if file.is_file():
            _update(work / "cuda" / file.relative_to(folder), file.read_bytes())
    port(work / "cuda", work / "hip", PortOptions(archs=ARCHS, check=False))
    stamp.write_text(made_of)


def _update(file: Path, data: bytes) -> None:
    if not file.is_file() or file.read_bytes() != data:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@functools.cache
def _engine() -> str:
    """Changes with what ports: everything but the emulator."""
    package = HERE / "src" / "hipwright"
    files = [path for path in package.rglob("*") if path.is_file() and "emulate" not in path.parts]
    return _digest([path.read_bytes().hex() for path in sorted(files) if path.suffix != ".pyc"])


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake at one place."""

    program: str
    kind: str
    path: str
    line: int
    text: bytes = field(repr=False)  # the whole mutated file
    before: str = ""
    after: str = ""
    only_device: bool = False

    @property
    def id(self) -> str:
        """The same for the same mistake in the same text."""
        return f"{self.kind}:{self.program}:{self.path}:{self.line}:{hashlib.sha256(self.text).hexdigest()[:8]}"


def mutants(program: str, port: Path, most: int = PER_PROGRAM) -> list[Mutant]:
    """The mutants of a port, a few of each kind."""
    project = Project.open(port)
    sources = [Source(file.path, project.read(file.path)) for file in project.files if file.kind.code]
    found = []
    for kind in KINDS.values():
        places = [(source, edits) for source in sources for edits in _distinct(kind.places(source))]
        places.sort(key=lambda place: _order(f"{program}{place[0].path}{kind.id}{_span(place[1])}"))
        found += [_mutant(program, kind.id, *place) for place in places[:most]]
    return found


def _distinct(places: Iterable[Edits]) -> Iterable[Edits]:
    return {_span(edits): edits for edits in places}.values()


def _span(edits: Edits) -> tuple[int, int]:
    return min(edit.start for edit in edits), max(edit.end for edit in edits)


def _order(text: str) -> str:
    """An order that has nothing to do with the text's meaning, and is the same in each run."""
    return hashlib.sha256(text.encode()).hexdigest()


def _mutant(program: str, kind: str, source: Source, edits: Edits) -> Mutant:
    changed = source.apply(edits)[0]
    first = min(edits, key=lambda edit: edit.start)
    line = source.line(first.start)
    now = changed.data[changed.data.rfind(b"\n", 0, first.start) + 1 :].split(b"\n", 1 + first.text.count(b"\n"))
    before = source.data.split(b"\n")[line - 1].decode("utf-8", "replace").strip()
    after = b" ".join(now[: 1 + first.text.count(b"\n")]).decode("utf-8", "replace").strip()
    only_device = all(device_only(source, edit) for edit in edits)
    return Mutant(program, kind, source.path, line, changed.data, before, after, only_device)


def plan(found: Sequence[Mutant]) -> list[Mutant]:
    """Which mutants are judged: those of a frequent kind come from as many programs as possible, and programs that have
    few are left out.
    """
    chosen = _spread(found)
    count = Counter(mutant.program for mutant in chosen)
    return _spread([mutant for mutant in found if count[mutant.program] >= LEAST])


def _spread(found: Sequence[Mutant]) -> list[Mutant]:
    chosen: list[Mutant] = []
    for kind in KINDS:
        seen: Counter[str] = Counter()
        ranked = []
        for mutant in sorted((each for each in found if each.kind == kind), key=lambda each: _order(each.id)):
            ranked.append((seen[mutant.program], _order(mutant.id), mutant))
            seen[mutant.program] += 1
        chosen += [mutant for _, _, mutant in sorted(ranked, key=lambda item: item[:2])[:PER_KIND]]
    return chosen


# -- compiling ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Host:
    """An object of host code, and the name under which it looks for its device code."""

    data: bytes
    identity: bytes


def _identity(flags: Sequence[str]) -> bytes:
    return next(flag for flag in flags if flag.startswith("-cuid=")).removeprefix("-cuid=").encode()


class Compiler:
    """What `verify` builds with, for one program whose port changes a little each time: headers are compiled once, and
    neither the original nor, while only device code changes, the port's host code is built again. A mutant takes half a
    second of processor time instead of four.

    It notes what was compiled, so that the code of a mutant can be compared with that of the port.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.passes: dict[tuple[str, str, bool], tuple[build._Maker, Unit, list[str]]] = {}
        self.clang: list[str] = []
        self.headers = Precompiled(root, folder, "mutation", self._run, re.compile("hip/.*"), re.compile("(?!)"), 0)
        self.originals: dict[tuple[str, str, bool], build.Built | str] = {}
        self.hosts: dict[tuple[str, str], _Host] = {}  # objects of the port's host code
        self.only_device = False  # what changed is in bodies of device functions, of which host objects hold nothing

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Take the place of the builder's own."""
        unit_of, built_by = build._Maker._compiled, measure.Runs._build

        def compiled(maker: build._Maker, unit: Unit, flags: Sequence[str], suffix: str) -> Path:
            if maker.side.cuda or unit.language != "hip":
                return unit_of(maker, unit, flags, suffix)
            self.clang = list(maker.toolchain.clang)
            # Without positions, host objects tell whether host code changed.
            flags = [flag for flag in flags if suffix != "o" or flag != "-gline-tables-only"]
            flags += self.headers.flags(unit.path, unit.language, _of_all(flags, maker.root))
            self.passes[unit.path, maker.side.name, suffix == "o"] = maker, unit, flags
            known = self.hosts.get((unit.path, maker.side.name))
            if suffix == "o" and known is not None and self.only_device:
                # The unit's identity is of its text, and is all that its host object holds of device code.
                data = known.data.replace(known.identity, _identity(flags))
                made = self.headers.folder / f"{maker.root.parent.name}-{hashlib.sha256(data).hexdigest()[:20]}.o"
                made.write_bytes(data)
                return made
            made = unit_of(maker, unit, flags, suffix)
            if suffix == "o":
                self.hosts.setdefault((unit.path, maker.side.name), _Host(made.read_bytes(), _identity(flags)))
            return made

        def built(run: Any, tree: Any, program: Program, side: build.Side, *, checked: bool) -> build.Built | str:
            key = program.name, side.name, checked
            if not side.cuda:
                return built_by(run, tree, program, side, checked=checked)
            if key not in self.originals:
                self.originals[key] = built_by(run, tree, program, side, checked=checked)
            return self.originals[key]

        with (
            mock.patch.object(build._Maker, "_compiled", compiled),
            mock.patch.object(measure.Runs, "_build", built),
            mock.patch.object(verification, "find", _toolchain),
            mock.patch.object(verification, "find_cuda", _cuda),
        ):
            yield

    def _run(self, flags: list[str]) -> bool:
        command = [*self.clang, "-Qunused-arguments", *flags]
        return subprocess.run(command, capture_output=True, cwd=self.headers.root, check=False).returncode == 0

    def assembly(self) -> dict[tuple[str, str, bool], str]:
        """What each pass that may have changed compiles to by now, as a digest of assembly without positions."""
        found = {}
        for key, (maker, unit, flags) in self.passes.items():
            if key[2] and self.only_device:
                continue
            own = (_identity(flags).decode(), "0" * 20)  # of the unit's text
            kept = [flag.replace(*own) for flag in flags if flag not in ("-emit-llvm", "-gline-tables-only")]
            if key[2]:  # the host pass wants a file to include
                _update(Path(kept[kept.index("-fcuda-include-gpubinary") + 2]), b"")
            command = [*maker.toolchain.clang, "-Qunused-arguments", *kept, "-g0", "-S", "-o", "-", f"./{unit.path}"]
            said = subprocess.run(command, capture_output=True, cwd=maker.root, check=False)
            text = re.sub(rb"^\s*\.(?:file|ident)\b.*$", b"", said.stdout, flags=re.M)
            found[key] = hashlib.sha256(text).hexdigest() if said.returncode == 0 else "failed"
        return found


@functools.cache
def _toolchain() -> Toolchain:
    return find()


@functools.cache
def _cuda(**_: object) -> CudaHeaders | None:
    return find_cuda(toolchain=_toolchain())


def _of_all(flags: Sequence[str], root: Path) -> list[str]:
    """Flags without those that concern one unit only: precompiled headers need none of them."""
    kept = [flag for flag in flags if flag != f"-I{root}" and not flag.startswith("-cuid=")]
    if "-fcuda-include-gpubinary" in kept:  # -Xclang -fcuda-include-gpubinary -Xclang FILE
        at = kept.index("-fcuda-include-gpubinary")
        del kept[at - 1 : at + 3]
    return kept


# -- judging -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant."""

    id: str
    program: str
    kind: str
    path: str
    line: int
    before: str
    after: str
    outcome: str  # "caught", "survived", "no compile", "identical code"
    how: str = ""  # the verdict that caught it, or what else was said
    side: str = ""
    seconds: float = 0.0  # of processor time


def _options(arch: str) -> Options:
    # The programs are our own: limits suffice. Layouts are compared without running anything, and kernels by themselves
    # where no program reaches them: here programs reach all.
    return Options(archs=(arch,), timeout=60, isolation=Isolation.LIMITS, layouts=False, kernels=False, jobs=1)


def _ports(found: Verification) -> list[SideResult]:
    return [side for program in found.programs for side in program.sides[1:]]


def _how(side: SideResult) -> str:
    """Why a side is not equal, in a line."""
    if side.verdict is Verdict.DIFFERENT and side.comparison and side.comparison.differences:
        first = side.comparison.differences[0]
        return f"different {first.where}: {first.left[:60]!r} became {first.right[:60]!r}"
    news = [fault for fault in side.faults if not fault.original]
    if news:
        return f"{side.verdict}: {news[0].kind} {news[0].message[:80]}"
    return f"{side.verdict}: {side.reason[:100]}"


def _processor_time() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


class Bench:
    """Judges the mutants of one program."""

    def __init__(self, subject: Subject, compiler: Compiler) -> None:
        self.subject = subject
        self.compiler = compiler
        self.texts: dict[str, bytes] = {}
        self.own: dict[tuple[str, str, bool], str] = {}

    def usable(self) -> str:
        """Why the port by itself can't be judged: nothing if it agrees with the original everywhere."""
        self.compiler.only_device = False
        with self.compiler.installed():
            for arch in ARCHS:
                sides = _ports(verify(self.subject.original, self.subject.port, _options(arch)))
                bad = [side for side in sides if not side.verdict.good]
                if bad or not sides:
                    return f"{bad[0].side}: {_how(bad[0])}" if bad else "it has no program"
        return ""

    def judge(self, mutant: Mutant) -> Outcome:
        """Plant a mutant, verify, and take it out again."""
        file = self.subject.port / mutant.path
        original = self.texts.setdefault(mutant.path, file.read_bytes())
        before = _processor_time()
        try:
            file.write_bytes(mutant.text)
            outcome = self._judged(mutant)
            return replace(outcome, seconds=round(_processor_time() - before, 2))
        finally:
            file.write_bytes(original)

    def _judged(self, mutant: Mutant) -> Outcome:
        told = []
        self.compiler.only_device = mutant.only_device
        with self.compiler.installed():
            for arch in ARCHS:
                sides = _ports(verify(self.subject.original, self.subject.port, _options(arch)))
                caught = next((side for side in sides if side.verdict.bad), None)
                if caught:
                    return self._outcome(mutant, "caught", _how(caught), caught.side)
                broken = next((side for side in sides if side.reason.startswith("it does not build")), None)
                if broken:
                    return self._outcome(mutant, "no compile", broken.reason[:160], broken.side)
                told += [f"{side.side} {_how(side)}" for side in sides if not side.verdict.good]
        mine = self.compiler.assembly()
        if self._identical(mutant, mine):
            return self._outcome(mutant, "identical code")
        return self._outcome(mutant, "survived", "; ".join(told))

    def _identical(self, mutant: Mutant, mine: dict[tuple[str, str, bool], str]) -> bool:
        file = self.subject.port / mutant.path
        if not mine.keys() <= self.own.keys():
            file.write_bytes(self.texts[mutant.path])  # the caller would do it anyway
            self.own |= self.compiler.assembly()
        return "failed" not in mine.values() and all(self.own[key] == code for key, code in mine.items())

    @staticmethod
    def _outcome(mutant: Mutant, outcome: str, how: str = "", side: str = "") -> Outcome:
        place = mutant.path, mutant.line, mutant.before, mutant.after
        return Outcome(mutant.id, mutant.program, mutant.kind, *place, outcome, how, side)


def judge_all(subject: Subject, wanted: Sequence[str], headers: Path, results: Path) -> str:
    """Judge those mutants of a program whose ids are wanted, each result written at once; a reason if none can be."""
    bench = Bench(subject, Compiler(subject.port, headers))
    try:
        reason = bench.usable()
    except HipwrightError as error:
        reason = error.message
    if reason:
        return reason
    for mutant in mutants(subject.name, subject.port):
        if mutant.id in wanted:
            outcome = bench.judge(mutant)
            with results.open("a", encoding="utf-8") as stream:  # a line at once: processes append side by side
                stream.write(json.dumps(asdict(outcome)) + "\n")
    return ""


# -- the command line --------------------------------------------------------------------------------------------------


def _units(subject: Subject) -> int:
    return sum(1 for path in subject.port.rglob("*") if path.suffix in (".cu", ".cpp"))


def read(results: Path) -> dict[str, Outcome]:
    """The newest outcome of each mutant."""
    found: dict[str, Outcome] = {}
    with contextlib.suppress(OSError):
        for line in results.read_text("utf-8").splitlines():
            outcome = Outcome(**json.loads(line))
            found[outcome.id] = outcome
    return found


def explained(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes with those survivors marked of which `equivalents.toml` says why they do what the port does."""
    known = tomllib.loads((HERE / "benchmarks" / "equivalents.toml").read_text("utf-8"))["equivalent"]
    why = {(each["kind"], each["program"], line): each["why"] for each in known for line in each["lines"]}
    found = []
    for each in outcomes:
        reason = why.get((each.kind, each.program, each.before))
        found.append(replace(each, outcome="equivalent", how=reason) if reason and each.outcome == "survived" else each)
    return found


def table(outcomes: Sequence[Outcome]) -> str:
    """The score by kind, as Markdown."""
    lines = ["| kind | the mistake | planted | no compile | identical code | equivalent | live | caught |"]
    lines.append(f"|{'---|' * 8}")

    def row(name: str, mistake: str, mine: Sequence[Outcome]) -> str:
        count = Counter(each.outcome for each in mine)
        live = count["caught"] + count["survived"]
        dead = [count[each] for each in ("no compile", "identical code", "equivalent")]
        cells = [name, mistake, len(mine), *dead, live, count["caught"]]
        return f"| {' | '.join(map(str, cells))} |"

    for kind in KINDS.values():
        mine = [each for each in outcomes if each.kind == kind.id]
        if mine:
            lines.append(row(f"`{kind.id}`", kind.mistake, mine))
    lines.append(row("**all**", "", outcomes))
    return "\n".join(lines)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)))
@click.option("--again", multiple=True, help="Judge mutants with this outcome anew, such as survived.")
@click.option("--jobs", default=2)
@click.option("--work", type=click.Path(path_type=Path), default=None, help="Where trees and results are kept.")
@click.option("--table", "only_table", is_flag=True, help="Only show what is known.")
def main(
    names: tuple[str, ...],
    kinds: tuple[str, ...],
    again: tuple[str, ...],
    jobs: int,
    work: Path | None,
    only_table: bool,
) -> None:
    """Plant mistakes into ported programs and count those that verify catches."""
    work = (work or cache_dir() / "mutation").resolve()
    work.mkdir(parents=True, exist_ok=True)
    results = work / "mutation.jsonl"
    every = subjects(work)
    chosen = [each for each in every if not names or each.name in names]
    planned = plan([mutant for subject in every for mutant in mutants(subject.name, subject.port)])
    planned = [each for each in planned if (not kinds or each.kind in kinds) and (not names or each.program in names)]
    known = read(results)
    open_ids = [mutant for mutant in planned if mutant.id not in known or known[mutant.id].outcome in again]
    if not only_table:
        print(f"{len(planned)} mutants in {len(chosen)} programs, {len(open_ids)} to judge", flush=True)
        waiting = {each: [mutant.id for mutant in open_ids if mutant.program == each.name] for each in chosen}
        with ProcessPoolExecutor(jobs) as pool:
            tasks = {
                pool.submit(judge_all, subject, ids, work / "headers", results): subject
                # Small programs with many mutants first: an interrupted run has judged the most by then.
                for subject, ids in sorted(waiting.items(), key=lambda item: -len(item[1]) / _units(item[0]))
                if ids
            }
            for task in as_completed(tasks):
                reason = task.result()
                print(f"{tasks[task].name}: {reason or 'done'}", flush=True)
    known = read(results)
    outcomes = explained(known[mutant.id] for mutant in planned if mutant.id in known)
    print(table(outcomes))
    for outcome in outcomes:
        if outcome.outcome == "survived":
            print(f"- {outcome.id}\n    {outcome.before}\n    {outcome.after}\n    {outcome.how}")


if __name__ == "__main__":
    main()
