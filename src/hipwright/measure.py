"""Build and run the sides of programs: the CUDA original with warps of 32, the port with wavefronts of 64 and of 32.

Each side runs twice: as it is, and with lanes, wavefronts and blocks in reverse order, fresh memory filled otherwise
and every access checked. Results of runs are stored, and found again by everything that decides them.
"""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import json
import math
import os
import posixpath
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from hipwright import hardware
from hipwright.compare import Output
from hipwright.compile import Unit
from hipwright.emulate.build import Built, Side, build
from hipwright.emulate.libraries import openblas
from hipwright.emulate.program import Program
from hipwright.emulate.run import Command, Isolation, RunLimits, Runner, RunResult
from hipwright.finding import HipwrightError, Place
from hipwright.hardware import Gpu
from hipwright.port import compile_units
from hipwright.programs import counterpart, programs
from hipwright.project import Kind, Project
from hipwright.record import Record, read_record
from hipwright.source import LineMap
from hipwright.toolchain import Toolchain, cache_dir, write_atomic
from hipwright.toolchain.cuda import CudaHeaders

ARCHS = ("gfx942", "gfx1100")  # one for each wave size

_COPIED = (
    256 << 20
)  # bytes of a tree that a run gets copies of; larger files are links, which a sandbox keeps from harm
_COMPARED = 64 << 20  # bytes of a written file that are compared one by one
_STORED = 256 << 20  # bytes of written files that a stored result may have
_PROCESSORS = 24  # multiprocessors that every side's device is said to have
_NESTING = ("run", "tree")  # folders above the tree, so that inputs beside it (`../data`) have a place

Progress = Callable[[str, int, int, str], None]


def silent(stage: str, done: int, total: int, what: str) -> None:
    return


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    archs: tuple[str, ...] = ARCHS
    program: str = ""  # only programs whose name matches this pattern
    args: tuple[str, ...] | None = None  # instead of those that the build files name
    timeout: float = 300.0  # seconds a run
    isolation: Isolation | None = Isolation.SANDBOX  # None: run nothing, only compare layouts
    defines: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()  # of headers that are not the project's
    checked: bool = True  # check every access to memory in the second run
    kernels: bool = True  # launch by itself each kernel that no program reached
    kernel: str = ""  # only kernels whose readable name contains this, or matches it as a pattern; no programs
    seed: int = 0  # of the launches of kernels by themselves
    layouts: bool = True  # compare the layouts of what crosses between host and device
    jobs: int = 0


# -- trees -------------------------------------------------------------------------------------------------------------


def _neighbour_flags(path: str, units: Iterable[Unit]) -> tuple[str, ...]:
    folder = posixpath.dirname(path)
    return next((unit.flags for unit in units if posixpath.dirname(unit.path) == folder), ())


@dataclass(frozen=True)
class Tree:
    """One of the two trees: its programs, and how lines and units of a port of ours relate to the original's."""

    root: Path
    project: Project
    programs: tuple[Program, ...]
    units: Mapping[str, Unit] = field(default_factory=dict)
    recorded: Mapping[str, tuple[Unit, ...]] = field(default_factory=dict)
    lines: Mapping[str, LineMap] = field(default_factory=dict)
    kernels: tuple[str, ...] = ()  # that the port's check compiled

    @staticmethod
    def original(root: Path, folders: Sequence[Path], defines: Sequence[str]) -> Tree:
        project = Project.open(root, defines=tuple(defines))
        return Tree(project.root.resolve(), project, programs(project, folders))

    @staticmethod
    def port(root: Path, folders: Sequence[Path]) -> Tree:
        project = Project.open(root)
        units = {unit.path: unit for unit in reversed(compile_units(project, folders, str))}
        for file in project.files:  # a port by hand whose build files were not understood
            if file.kind is Kind.HIP:
                units.setdefault(file.path, Unit(file.path, "hip", _neighbour_flags(file.path, units.values())))
        record = read_record(root) or Record()  # someone else's port has none
        recorded: dict[str, tuple[Unit, ...]] = {}
        for unit in record.units:
            recorded[unit.path] = (*recorded.get(unit.path, ()), unit)
        return Tree(
            project.root.resolve(), project, programs(project, folders), units, recorded, record.lines, record.kernels
        )

    def original_place(self, path: str, line: int) -> Place:
        """A line of this tree as one of the original."""
        known = self.lines.get(path)
        return Place(path, known.original(line) if known else line)


# -- sides of programs -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """One side of a program: what was built, and how its runs went."""

    side: Side
    program: Program | None  # None: this side has no such program
    built: Built | None = None
    problem: str = ""  # why it could not be built
    plain: RunResult | None = None
    checked: Built | None = None  # with every access checked, and fusing that can be switched off
    changed: RunResult | None = None  # lanes reversed, memory filled otherwise, nothing fused, accesses checked
    outputs: Mapping[str, Output] = field(default_factory=dict)


PLAIN = {"HIPWRIGHT_ORDER": "forward", "HIPWRIGHT_POISON": "0xA5"}
REVERSED = {"HIPWRIGHT_ORDER": "reverse", "HIPWRIGHT_POISON": "0xA5"}
# As floating-point numbers of every size A5… is nearly nothing and 7B… is huge, and as integers they differ in sign.
POISONED = {"HIPWRIGHT_ORDER": "forward", "HIPWRIGHT_POISON": "0x7B"}
ZEROED = {"HIPWRIGHT_ORDER": "forward", "HIPWRIGHT_POISON": "0"}
UNFUSED = {**PLAIN, "HIPWRIGHT_UNFUSED": "all"}
_CHANGED = {"HIPWRIGHT_ORDER": "reverse", "HIPWRIGHT_POISON": "0x7B", "HIPWRIGHT_UNFUSED": "all"}
SEARCH = 20.0  # seconds that a run may take to be made again and again in such a search


_SEEDED = re.compile(rb"\bcurand_init\s*\(")


class Runs:
    """What the programs of one verification share."""

    def __init__(
        self,
        ours: Tree,
        theirs: Tree,
        options: Options,
        runner: Runner,
        toolchain: Toolchain,
        cuda: CudaHeaders,
        progress: Progress,
    ) -> None:
        self.ours = ours
        self.theirs = theirs
        self.options = options
        self.runner = runner
        self.toolchain = toolchain
        self.cuda = cuda
        self.progress = progress
        self.cache = cache_dir() / "verify"
        self.gpus = hardware.gpus()
        self.draws = any(_SEEDED.search(ours.project.read(file.path)) for file in ours.project.code if file.device)
        self.jobs = options.jobs or os.cpu_count() or 1
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        self.memory = max(1 << 30, memory * 3 // 4 // self.jobs)

    # -- building and running ------------------------------------------------------------------------------------------

    def measure(self, program: Program, side: Side) -> Measured:
        """Build one side of a program and run it twice."""
        tree = self.ours if side.cuda else self.theirs
        if not side.cuda:
            recorded = tree.recorded
            found = counterpart(program, tree.programs, tree.units, recorded)
            if found is None:
                return Measured(side, None, problem="the port has no program of this name or of these sources")
            program = found
        gpu = next((each for each in self.gpus if each.side == side), None)
        if gpu:
            return self._on_hardware(tree, program, gpu)
        built = self._build(tree, program, side, checked=False)
        if isinstance(built, str):
            return Measured(side, program, problem=built)
        if built.executable is None:
            return Measured(side, program, built, problem=why_not_built(built))
        plain = self._execute(program, side, built, PLAIN)
        measured = Measured(side, program, built, plain=plain[0], outputs={"plain": plain[1]})
        endless = faults_of(plain[0], "timeout")
        if not (plain[0].ended or endless) or events_of(plain[0], "unsupported"):
            return measured
        checked = self._build(tree, program, side, checked=True) if self.options.checked else built
        if isinstance(checked, str) or checked.executable is None:
            checked = built
        if endless:  # where it is may be known better when accesses are looked at
            again = self._execute(program, side, checked, PLAIN, limit=SEARCH)
            return replace(measured, plain=replace(plain[0], events=(*again[0].events, *plain[0].events)))
        changed = self._execute(program, side, checked, _CHANGED, slower=4)
        outputs = {"plain": plain[1], "changed": changed[1]}
        return replace(measured, checked=checked, changed=changed[0], outputs=outputs)

    def _on_hardware(self, tree: Tree, program: Program, gpu: Gpu) -> Measured:
        """Build one side of a program for a real GPU and run it there."""
        key = _digest(str(tree.root), program.name, [asdict(unit) for unit in program.units], gpu.side.arch)
        built = hardware.build(tree.root, program, gpu, self.cache / "built" / key[:2] / key)
        if built.executable is None:
            return Measured(gpu.side, program, built, problem=why_not_built(built))
        plain, output = self._execute(program, gpu.side, built, {}, devices=gpu.devices)
        return Measured(gpu.side, program, built, plain=plain, outputs={"plain": output})

    def _build(self, tree: Tree, program: Program, side: Side, *, checked: bool) -> Built | str:
        key = _digest(
            str(tree.root), program.name, [asdict(unit) for unit in program.units], side.name, side.arch, checked
        )
        try:
            return build(
                tree.root, program, side, self.cache / "built" / key[:2] / key,
                toolchain=self.toolchain, cuda=self.cuda, checked=checked,
            )  # fmt: skip
        except HipwrightError as error:
            return f"{error.message} ({error.hint})" if error.hint else error.message

    def _execute(
        self,
        program: Program,
        side: Side,
        built: Built,
        settings: Mapping[str, str],
        *,
        slower: float = 1,
        again: int = 0,
        limit: float = math.inf,
        devices: tuple[Path, ...] = (),
    ) -> tuple[RunResult, Output]:
        """One run, or the stored result of an equal one; `again` tells equal runs apart."""
        assert built.executable is not None
        seconds = min((program.timeout or self.options.timeout) * slower, limit)
        inputs = self._inputs(program, side)
        environment = {**dict(program.environment), **settings, "HIPWRIGHT_TIMEOUT": str(max(1, int(seconds * 0.8)))}
        environment["HIPWRIGHT_THREADS"] = "1"  # the order of blocks decides what atomics on floats add up to
        # Grids that a program sizes by the device, and what it sums up in them, have to be the same on every side.
        environment["HIPWRIGHT_PROCESSORS"] = str(_PROCESSORS)
        key = _digest(
            _own_code(), _sha(built.executable), program.args, program.folder, program.stdin, program.files,
            environment, again, self.runner.how, [(name, _sha(path)) for name, path in sorted(inputs.items())],
        )  # fmt: skip
        entry = self.cache / "runs" / key[:2] / key
        if not devices and (stored := _load(entry)):  # what a real GPU does is seen anew each time
            return stored
        with tempfile.TemporaryDirectory(prefix="hipwright-verify-") as scratch:
            work = Path(scratch).joinpath(*_NESTING)
            self._stage(inputs, work)
            folder = work / program.folder
            folder.mkdir(parents=True, exist_ok=True)
            name = _free_name(folder, posixpath.basename(re.sub(r" \d+$", "", program.name)) or "program")
            shutil.copy2(built.executable, folder / name)
            result = self.runner.run(
                Command(
                    Path(name), program.args, Path(scratch), posixpath.join(*_NESTING, program.folder),
                    folder / program.stdin if program.stdin else None, environment,
                    (*_libraries(), *sorted({path.parent for path in inputs.values() if _linked(path)})), devices,
                ),
                RunLimits(seconds=seconds, memory=self.memory),
            )  # fmt: skip
            output = _output(result, Path(scratch), program)
        if result.ended:
            _store(entry, result, output)
        return result, output

    def _inputs(self, program: Program, side: Side) -> dict[str, Path]:
        """What a run finds: its own tree's files; data is the original's on every side."""
        found: dict[str, Path] = {}
        if not side.cuda:
            found = {file.path: self.theirs.root / file.path for file in self.theirs.project.files}
        for file in self.ours.project.files:
            data = not (file.kind.code or file.kind is Kind.BUILD)
            if side.cuda or data:
                found[file.path] = self.ours.root / file.path
        # An argument that names a file beside the tree is an input too.
        for word in (*program.args, program.stdin, *program.inputs):
            path = posixpath.normpath(posixpath.join(program.folder, word))
            if path.startswith("../") and not path.startswith("../" * (len(_NESTING) + 1)):
                source = self.ours.root / path
                with contextlib.suppress(OSError):
                    if source.is_file():
                        found[path] = source
        return {path: source for path, source in found.items() if not path.startswith("../../../")}

    def _stage(self, inputs: Mapping[str, Path], work: Path) -> None:
        room = _COPIED
        work.mkdir(parents=True)
        for name, source in sorted(inputs.items(), key=lambda item: (_size(item[1]), item[0])):
            target = work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            size = _size(source)
            room -= size
            with contextlib.suppress(OSError):
                if room < 0 and self.runner.how is Isolation.SANDBOX and _linked(source):
                    target.symlink_to(source)
                else:
                    shutil.copyfile(source, target)
        for link, to in self.ours.project.links.items():
            with contextlib.suppress(OSError):
                (work / link).parent.mkdir(parents=True, exist_ok=True)
                (work / link).symlink_to(to)

    def rerun(
        self, measured: Measured, settings: Mapping[str, str], again: int = 0, *, checked: bool = False
    ) -> tuple[RunResult, Output]:
        """One more run of a side, to find out what a difference comes from."""
        built = measured.checked if checked else measured.built
        assert built and measured.program
        return self._execute(measured.program, measured.side, built, settings, again=again, slower=4 if checked else 1)


# -- what a run says ---------------------------------------------------------------------------------------------------


def why_not_built(built: Built) -> str:
    errors = [item for item in built.diagnostics if "error" in item.severity]
    if errors:
        first = errors[0]
        place = f"{first.place.path}:{first.place.line}: " if first.place.path else ""
        return f"it does not build: {place}{first.message}"
    return "it does not build"


def events_of(result: RunResult, kind: str) -> list[Mapping[str, Any]]:
    return [event for event in result.events if event.get("kind") == kind]


def faults_of(result: RunResult, kind: str) -> list[Mapping[str, Any]]:
    return [event for event in events_of(result, "fault") if event.get("fault") == kind]


# -- outputs and their store -------------------------------------------------------------------------------------------


def _output(result: RunResult, scratch: Path, program: Program) -> Output:
    """What a run left behind, without what differs from run to run only because of where it ran."""
    root = scratch.joinpath(*_NESTING)

    def text(said: str) -> str:
        return said.replace(f"{root}/", "").replace(str(root), ".").replace(f"{scratch}/", "")

    files: dict[str, bytes] = {}
    prefix = "/".join(_NESTING) + "/"
    for path in result.files:
        name = path.removeprefix(prefix)
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in program.files):
            continue
        full = scratch / path
        if _size(full) > _COMPARED:
            files[name] = f"sha256 {_sha_of(full)}\n".encode()
        else:
            files[name] = full.read_bytes()
    return Output(result.exit_code, result.signal, text(result.stdout), text(without_ours(result.stderr)), files)


def without_ours(stderr: str) -> str:
    """What the program itself said: the emulator repeats its reports for whoever runs a program by hand."""
    return "".join(line for line in stderr.splitlines(keepends=True) if not line.startswith("hipwright: "))


def _store(entry: Path, result: RunResult, output: Output) -> None:
    if sum(map(len, output.files.values())) > _STORED:
        return
    data = {**asdict(result), "output": {**asdict(output), "files": sorted(output.files)}}
    with contextlib.suppress(OSError):  # a full disk must not fail a verification
        for number, name in enumerate(sorted(output.files)):
            write_atomic(entry / str(number), output.files[name])
        write_atomic(entry / "result.json", json.dumps(data).encode("utf-8", "surrogateescape"))


def _load(entry: Path) -> tuple[RunResult, Output] | None:
    try:
        data = json.loads((entry / "result.json").read_bytes())
        stored = data.pop("output")
        files = {name: (entry / str(number)).read_bytes() for number, name in enumerate(stored["files"])}
        data["events"], data["files"] = tuple(data["events"]), tuple(data["files"])
        return RunResult(**data), Output(**{**stored, "files": files})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _libraries() -> tuple[Path, ...]:
    """Folders of shared libraries that programs may be linked with, beside the system's."""
    library = openblas()
    return (library.parent, library.resolve().parent) if library else ()


def _free_name(folder: Path, name: str) -> str:
    while (folder / name).exists():
        name += "_"
    return name


def _linked(path: Path) -> bool:
    return _size(path) > _COPIED // 16


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode("utf-8", "surrogateescape")).hexdigest()


def _sha(path: Path) -> str:
    """A file's digest; remembered while the file has the same size and time."""
    try:
        status = path.stat()
    except OSError:
        return "absent"
    return _sha_at(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=65536)
def _sha_at(path: Path, size: int, stamp: int) -> str:
    return _sha_of(path)


def _sha_of(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return "unreadable"
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _own_code() -> str:
    """Changes with the code that makes and stores results."""
    folder = Path(__file__).parent
    return _digest(*(_sha_of(folder / name) for name in ("measure.py", "emulate/run.py")))
