"""Execute the original and the port on the CPU with the same inputs, and say whether they do the same.

Each program is built for three sides: the CUDA original with warps of 32, the port with wavefronts of 64 and of 32.
Each side runs twice: as it is, and with lanes, wavefronts and blocks in reverse order, fresh memory filled otherwise
and every access checked. What only the second run changes is a race or the use of memory that nobody wrote. The
original is held to the same standard, so that its own bugs are not taken for the port's.
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
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from hipwright import hardware
from hipwright.compare import Comparison, Output, Verdict, compare
from hipwright.compile import Unit
from hipwright.emulate.build import Built, Side, build, sides
from hipwright.emulate.libraries import openblas
from hipwright.emulate.program import Program
from hipwright.emulate.run import Command, Isolation, RunLimits, Runner, RunResult, isolation
from hipwright.finding import HipwrightError, Place
from hipwright.hardware import Gpu
from hipwright.kernels import Work, verify_kernels
from hipwright.layouts import LayoutReport, check_layouts
from hipwright.messages import demangled
from hipwright.port import compile_units
from hipwright.programs import counterpart, programs
from hipwright.project import Kind, Project
from hipwright.record import Record, read_record, write_report
from hipwright.report import Report
from hipwright.report.verification import (
    Fault,
    KernelCoverage,
    KernelResult,
    ProgramResult,
    SideResult,
    Verification,
    base_name,
)
from hipwright.source import LineMap
from hipwright.toolchain import Toolchain, cache_dir, find, write_atomic
from hipwright.toolchain.cuda import CudaHeaders, find_cuda

ARCHS = ("gfx942", "gfx1100")  # one for each wave size

_COPIED = (
    256 << 20
)  # bytes of a tree that a run gets copies of; larger files are links, which a sandbox keeps from harm
_COMPARED = 64 << 20  # bytes of a written file that are compared one by one
_STORED = 256 << 20  # bytes of written files that a stored result may have
_PROCESSORS = 24  # multiprocessors that every side's device is said to have
_NESTING = ("run", "tree")  # folders above the tree, so that inputs beside it (`../data`) have a place

Progress = Callable[[str, int, int, str], None]


def _silent(stage: str, done: int, total: int, what: str) -> None:
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


def verify(original: Path, port: Path, options: Options = Options(), progress: Progress = _silent) -> Verification:
    """Run every program of `original` and what stands for it in `port`, and compare.

    Raises `HipwrightError` when a tree cannot be read, no compiler is found, or the sandbox that was asked for is not
    there.
    """
    runner = Runner(options.isolation or Isolation.LIMITS)
    toolchain = find()
    cuda = find_cuda(toolchain=toolchain)
    if cuda is None:
        raise HipwrightError(
            "CUDA's headers were not found: the original can't be built", "run `hipwright doctor --install`"
        )
    ours = _Tree.original(original, options.folders, options.defines)
    theirs = _Tree.port(port, options.folders)
    chosen = [_with_arguments(each, options) for each in ours.programs if _wanted(each, options.program)]
    chosen = chosen if options.isolation else []
    if options.program and not chosen:
        names = ", ".join(each.name for each in ours.programs) or "none"
        raise HipwrightError(f"no program is called {options.program!r}", f"programs found: {names}", 2)
    if options.kernel:
        chosen = []
    run = _Run(ours, theirs, options, runner, toolchain, cuda, progress)
    try:
        results = run.all(chosen)
    finally:
        runner.stop()
    alone: list[KernelResult] = []
    if options.kernels and options.isolation and not options.program:
        alone = _alone(run, _reached(results), Runner(options.isolation))
        if options.kernel and not alone:
            raise HipwrightError(f"no kernel is called {options.kernel!r}", "a part of a name is enough", 2)
    found = Verification(
        archs=options.archs,
        programs=tuple(result for result, _ in results),
        kernels=tuple(_coverage(results, theirs if not options.kernel else replace(theirs, kernels=()), alone)),
        alone=tuple(alone),
        toolchain=_versions(toolchain, cuda),
        isolation=str(options.isolation or ""),
        layouts=run.layouts() if options.layouts and not options.kernel else None,
    )
    if not options.isolation:
        found = replace(found, skipped=_NO_SANDBOX)
    elif not chosen and not alone:
        hint = "no build file links a program, and no source has a main function"
        found = replace(found, skipped=f"{hint}; name programs in hipwright.toml")
    return found


def prove(original: Path, out: Path, report: Report, options: Options, progress: Progress = _silent) -> Report:
    """Verify a port that was just made, if anything of it compiled, and put what was found into its report."""
    if report.unchecked:
        return replace(report, unexecuted="nothing was compiled")
    if options.isolation is Isolation.SANDBOX and isolation() is not Isolation.SANDBOX:
        options = replace(options, isolation=None)
    try:
        found = verify(original, out, options, progress)
    except HipwrightError as error:
        report = replace(report, unexecuted=f"{error.message} ({error.hint})" if error.hint else error.message)
    else:
        report = replace(report, verification=found)
    write_report(out, report)
    return report


_NO_SANDBOX = "there is no sandbox: install bubblewrap, or say --yes to run the project's programs without one"


def _wanted(program: Program, pattern: str) -> bool:
    return not pattern or program.name == pattern or fnmatch.fnmatchcase(program.name, pattern)


def _with_arguments(program: Program, options: Options) -> Program:
    return program if options.args is None else replace(program, args=options.args)


def _versions(toolchain: Toolchain, cuda: CudaHeaders) -> str:
    return (
        f"clang {toolchain.clang_version} ({toolchain.source}), ROCm {toolchain.rocm_version} headers, "
        f"CUDA {cuda.version} headers"
    )


# -- trees -------------------------------------------------------------------------------------------------------------


def _neighbour_flags(path: str, units: Iterable[Unit]) -> tuple[str, ...]:
    folder = posixpath.dirname(path)
    return next((unit.flags for unit in units if posixpath.dirname(unit.path) == folder), ())


@dataclass(frozen=True)
class _Tree:
    """One of the two trees: its programs, and how lines and units of a port of ours relate to the original's."""

    root: Path
    project: Project
    programs: tuple[Program, ...]
    units: Mapping[str, Unit] = field(default_factory=dict)
    recorded: Mapping[str, tuple[Unit, ...]] = field(default_factory=dict)
    lines: Mapping[str, LineMap] = field(default_factory=dict)
    kernels: tuple[str, ...] = ()  # that the port's check compiled

    @staticmethod
    def original(root: Path, folders: Sequence[Path], defines: Sequence[str]) -> _Tree:
        project = Project.open(root, defines=tuple(defines))
        return _Tree(project.root.resolve(), project, programs(project, folders))

    @staticmethod
    def port(root: Path, folders: Sequence[Path]) -> _Tree:
        project = Project.open(root)
        units = {unit.path: unit for unit in reversed(compile_units(project, folders, str))}
        for file in project.files:  # a port by hand whose build files were not understood
            if file.kind is Kind.HIP:
                units.setdefault(file.path, Unit(file.path, "hip", _neighbour_flags(file.path, units.values())))
        record = read_record(root) or Record()  # someone else's port has none
        recorded: dict[str, tuple[Unit, ...]] = {}
        for unit in record.units:
            recorded[unit.path] = (*recorded.get(unit.path, ()), unit)
        return _Tree(
            project.root.resolve(), project, programs(project, folders), units, recorded, record.lines, record.kernels
        )

    def original_place(self, path: str, line: int) -> Place:
        """A line of this tree as one of the original."""
        known = self.lines.get(path)
        return Place(path, known.original(line) if known else line)


# -- one verification --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Measured:
    """One side of a program: what was built, and how its runs went."""

    side: Side
    program: Program | None  # None: this side has no such program
    built: Built | None = None
    problem: str = ""  # why it could not be built
    plain: RunResult | None = None
    checked: Built | None = None  # with every access checked, and fusing that can be switched off
    changed: RunResult | None = None  # lanes reversed, memory filled otherwise, nothing fused, accesses checked
    outputs: Mapping[str, Output] = field(default_factory=dict)


_PLAIN = {"HIPWRIGHT_ORDER": "forward", "HIPWRIGHT_POISON": "0xA5"}
_REVERSED = {"HIPWRIGHT_ORDER": "reverse", "HIPWRIGHT_POISON": "0xA5"}
# As floating-point numbers of every size A5… is nearly nothing and 7B… is huge, and as integers they differ in sign.
_POISONED = {"HIPWRIGHT_ORDER": "forward", "HIPWRIGHT_POISON": "0x7B"}
_ZEROED = {"HIPWRIGHT_ORDER": "forward", "HIPWRIGHT_POISON": "0"}
_UNFUSED = {**_PLAIN, "HIPWRIGHT_UNFUSED": "all"}
_CHANGED = {"HIPWRIGHT_ORDER": "reverse", "HIPWRIGHT_POISON": "0x7B", "HIPWRIGHT_UNFUSED": "all"}
_SOUGHT = 8  # places that are tried one by one when an answer hangs on one of them
_SEARCH = 20.0  # seconds that a run may take to be made again and again in such a search


class _Run:
    """What the programs of one verification share."""

    def __init__(
        self,
        ours: _Tree,
        theirs: _Tree,
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

    def all(self, chosen: Sequence[Program]) -> list[tuple[ProgramResult, tuple[str, ...]]]:
        """Every program's result with the kernels that its port has, in the order of the programs."""
        wanted = (*sides(self.options.archs), *(gpu.side for gpu in self.gpus))
        total = len(chosen) * (len(wanted) + 1)
        done = 0
        results: dict[int, tuple[ProgramResult, tuple[str, ...]]] = {}
        measured: dict[int, dict[str, _Measured]] = {index: {} for index in range(len(chosen))}
        pool = ThreadPoolExecutor(self.jobs)
        try:
            pending: dict[Future[Any], tuple[int, Side | None]] = {}
            for index, program in enumerate(chosen):
                for side in wanted:
                    pending[pool.submit(self._measure, program, side)] = index, side
            while pending:
                for future in as_completed(list(pending)):
                    index, a_side = pending.pop(future)
                    done += 1
                    name = chosen[index].name
                    self.progress("verify", done, total, f"{name} {a_side.name}" if a_side else name)
                    if a_side is None:
                        results[index] = future.result()
                        continue
                    measured[index][a_side.name] = future.result()
                    if len(measured[index]) == len(wanted):
                        mine = [measured[index][each.name] for each in wanted]
                        pending[pool.submit(self._judge, chosen[index], mine)] = index, None
                        break
        finally:
            self.runner.stop()
            pool.shutdown(wait=True, cancel_futures=True)
        return [results[index] for index in range(len(chosen))]

    def layouts(self) -> LayoutReport:
        """How each side lays out what crosses between host and device."""
        ours = compile_units(self.ours.project, self.options.folders, str)
        recorded = [unit for units in self.theirs.recorded.values() for unit in units]
        archs = [side.arch for side in sides(self.options.archs) if not side.cuda]
        return check_layouts(
            self.ours.root, ours, self.theirs.root, recorded or list(self.theirs.units.values()),
            toolchain=self.toolchain, cuda=self.cuda, archs=archs, jobs=self.jobs,
        )  # fmt: skip

    # -- building and running ------------------------------------------------------------------------------------------

    def _measure(self, program: Program, side: Side) -> _Measured:
        """Build one side of a program and run it twice."""
        tree = self.ours if side.cuda else self.theirs
        if not side.cuda:
            recorded = tree.recorded
            found = counterpart(program, tree.programs, tree.units, recorded)
            if found is None:
                return _Measured(side, None, problem="the port has no program of this name or of these sources")
            program = found
        gpu = next((each for each in self.gpus if each.side == side), None)
        if gpu:
            return self._on_hardware(tree, program, gpu)
        built = self._build(tree, program, side, checked=False)
        if isinstance(built, str):
            return _Measured(side, program, problem=built)
        if built.executable is None:
            return _Measured(side, program, built, problem=_why_not_built(built))
        plain = self._execute(program, side, built, _PLAIN)
        measured = _Measured(side, program, built, plain=plain[0], outputs={"plain": plain[1]})
        endless = _faults_of(plain[0], "timeout")
        if not (plain[0].ended or endless) or _events(plain[0], "unsupported"):
            return measured
        checked = self._build(tree, program, side, checked=True) if self.options.checked else built
        if isinstance(checked, str) or checked.executable is None:
            checked = built
        if endless:  # where it is may be known better when accesses are looked at
            again = self._execute(program, side, checked, _PLAIN, limit=_SEARCH)
            return replace(measured, plain=replace(plain[0], events=(*again[0].events, *plain[0].events)))
        changed = self._execute(program, side, checked, _CHANGED, slower=4)
        outputs = {"plain": plain[1], "changed": changed[1]}
        return replace(measured, checked=checked, changed=changed[0], outputs=outputs)

    def _on_hardware(self, tree: _Tree, program: Program, gpu: Gpu) -> _Measured:
        """Build one side of a program for a real GPU and run it there."""
        key = _digest(str(tree.root), program.name, [asdict(unit) for unit in program.units], gpu.side.arch)
        built = hardware.build(tree.root, program, gpu, self.cache / "built" / key[:2] / key)
        if built.executable is None:
            return _Measured(gpu.side, program, built, problem=_why_not_built(built))
        plain, output = self._execute(program, gpu.side, built, {}, devices=gpu.devices)
        return _Measured(gpu.side, program, built, plain=plain, outputs={"plain": output})

    def _build(self, tree: _Tree, program: Program, side: Side, *, checked: bool) -> Built | str:
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

    # -- judging -------------------------------------------------------------------------------------------------------

    def _judge(self, program: Program, measured: Sequence[_Measured]) -> tuple[ProgramResult, tuple[str, ...]]:
        original, ports = measured[0], measured[1:]
        judge = _Judge(self, program, original)
        first = judge.original_result()
        results = [first, *(judge.port_result(each) for each in ports)]
        kernels = [kernel for each in ports if each.built for kernel in each.built.kernels]
        archs = ",".join(each.side.arch for each in ports if "@" in each.side.name)
        arguments = f" --args {_quoted(' '.join(program.args))}" if self.options.args is not None else ""
        reproduce = f"hipwright verify DIR OUT --program {_quoted(program.name)} --arch {archs}{arguments}"
        result = ProgramResult(program.name, program.args, tuple(results), reproduce)
        return result, tuple(dict.fromkeys(map(demangled, kernels)))

    def rerun(
        self, measured: _Measured, settings: Mapping[str, str], again: int = 0, *, checked: bool = False
    ) -> tuple[RunResult, Output]:
        """One more run of a side, to find out what a difference comes from."""
        built = measured.checked if checked else measured.built
        assert built and measured.program
        return self._execute(measured.program, measured.side, built, settings, again=again, slower=4 if checked else 1)


class _Differs(Protocol):
    def __call__(self, settings: Mapping[str, str], *, checked: bool = False) -> Comparison | None: ...


# Names of one thing: which of them it is hangs on the size of the wavefront.
_FAMILY = {"lockstep": "race"}


class _Judge:
    """What the runs of one program mean."""

    def __init__(self, run: _Run, program: Program, original: _Measured) -> None:
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
            self._again = self.run.rerun(self.original, _PLAIN, again=1)[1]
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
        no_kernels = built and built.libraries and not _own_kernels(built) and mine.plain.exit_code == 0
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

    def port_result(self, mine: _Measured) -> SideResult:
        """The port on one target, against the original."""
        base = _side_result(mine)
        if base is not None:
            if mine.plain and base.verdict is Verdict.TIMEOUT and self._hangs(mine.plain):
                seconds = self.original.plain.seconds if self.original.plain else 0
                message = f"it does not end; the original ended after {seconds:.1f} s"
                events = _faults_of(mine.plain, "timeout")
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
        if theirs is None or _faults_of(theirs, "timeout"):
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

    def _perturbed(self, mine: _Measured) -> tuple[list[Fault], bool]:
        """Whether another schedule or other fresh memory changes a side's answer; or only the order of its lines."""
        plain, changed = mine.outputs["plain"], mine.outputs["changed"]
        tolerance = self.program.tolerance
        whole = compare(plain, changed, tolerance, ordered=self.ordered, types=self.types)
        if whole.verdict.good:
            return self._zeroed(mine), False
        repeat = self.run.rerun(mine, _PLAIN, again=1)[1]
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
        if found := differs(_REVERSED):
            why = "the order of lanes, wavefronts or blocks changes the answer (a race)"
            faults += self._placed(mine, "schedule", f"{why}: {_shown(found)}", self._suspects(mine, "race"))
        if found := differs(_POISONED):
            faults += self._uninitialised(mine, found, differs)
        if found := differs(_UNFUSED, checked=True):
            faults.append(self._contraction(mine, found, differs))
        if not faults:
            faults.append(Fault("schedule", f"order and fresh memory together change the answer: {_shown(whole)}"))
        return faults, False

    def _differs(self, mine: _Measured, repeat: Output) -> _Differs:
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

    def _suspects(self, mine: _Measured, kind: str) -> list[Mapping[str, Any]]:
        """What the checked run thought might be a fault of this kind."""
        assert mine.changed
        return [event for event in _events(mine.changed, "suspect") if event.get("fault") == kind]

    def _placed(self, mine: _Measured, kind: str, message: str, events: Sequence[Mapping[str, Any]]) -> list[Fault]:
        """A fault at each place that it may come from; without a place where none is known."""
        tree = self.run.ours if mine.side.cuda else self.run.theirs
        places = {fault.place: fault for fault in (_fault(event, tree, mine.side) for event in events)}
        return [replace(fault, kind=kind, message=message) for fault in list(places.values())[:_SOUGHT]] or [
            Fault(kind, message)
        ]

    def _zeroed(self, mine: _Measured) -> list[Fault]:
        """Whether reads of memory that nobody wrote decide something that only zeros show."""
        if not self._suspects(mine, "uninitialised"):
            return []
        repeat = self.run.rerun(mine, _PLAIN, again=1)[1]
        differs = self._differs(mine, repeat)
        found = differs(_ZEROED)
        return self._uninitialised(mine, found, differs) if found else []

    def _uninitialised(self, mine: _Measured, found: Comparison, differs: _Differs) -> list[Fault]:
        """Where memory that nobody wrote is read so that the answer changes with what it holds."""
        events = self._suspects(mine, "uninitialised")
        if mine.changed and mine.changed.seconds < _SEARCH:
            deciding = [
                event
                for event in events[:_SOUGHT]
                if differs({**_PLAIN, "HIPWRIGHT_REFILL": str(event.get("site"))}, checked=True)
            ]
            events = deciding or events
        message = f"the answer depends on memory that nothing wrote: {_shown(found)}"
        return self._placed(mine, "uninitialised", message, events)

    def _contraction(self, mine: _Measured, found: Comparison, differs: _Differs) -> Fault:
        """Which fused multiplication and addition decides the answer: sought by halving."""
        message = f"the answer depends on which products and sums are fused into one operation: {_shown(found)}"
        sites = [int(event["count"]) for event in _events(mine.changed, "sites")] if mine.changed else []
        if not sites or not mine.changed or mine.changed.seconds > _SEARCH:
            return Fault("contraction", message)
        low, high = 0, max(sites)
        while low < high:
            middle = (low + high) // 2
            if differs({**_PLAIN, "HIPWRIGHT_UNFUSED": f"{low}-{middle}"}, checked=True):
                high = middle
            elif differs({**_PLAIN, "HIPWRIGHT_UNFUSED": f"{middle + 1}-{high}"}, checked=True):
                low = middle + 1
            else:  # several together
                return Fault("contraction", message)
        last = self.run.rerun(mine, {**_PLAIN, "HIPWRIGHT_UNFUSED": f"{low}-{low}"}, checked=True)[0]
        tree = self.run.ours if mine.side.cuda else self.run.theirs
        for event in _events(last, "unfused"):
            return replace(_fault(event, tree, mine.side), kind="contraction", message=message)
        return Fault("contraction", message)

    def _missing_launches(self, mine: _Measured) -> list[Fault]:
        """Kernels that the original launched and the port, which has them, did not; and those that wrote nothing."""
        assert self.original.plain and mine.plain and mine.built
        theirs = {base_name(name) for name in _launched(self.original.plain)}
        ours = {base_name(name) for name in _launched(mine.plain)}
        own = {base_name(kernel) for kernel in _own_kernels(mine.built)}
        faults = [
            Fault("not-launched", "the original launches this kernel, the port never does", kernel=name)
            for name in sorted((theirs - ours) & own)
        ]
        wrote, silent = _writers(self.original), _silent_kernels(mine)
        more = (Fault("wrote-nothing", "it wrote nothing; the original's does", kernel=name) for name in silent & wrote)
        return [*faults, *sorted(more, key=lambda fault: fault.kernel)]


# -- what runs say -----------------------------------------------------------------------------------------------------


def _why_not_built(built: Built) -> str:
    errors = [item for item in built.diagnostics if "error" in item.severity]
    if errors:
        first = errors[0]
        place = f"{first.place.path}:{first.place.line}: " if first.place.path else ""
        return f"it does not build: {place}{first.message}"
    return "it does not build"


def _events(result: RunResult, kind: str) -> list[Mapping[str, Any]]:
    return [event for event in result.events if event.get("kind") == kind]


def _faults_of(result: RunResult, kind: str) -> list[Mapping[str, Any]]:
    return [event for event in _events(result, "fault") if event.get("fault") == kind]


def _side_result(mine: _Measured) -> SideResult | None:
    """The result of a side that did not come to an end of its own; None for one that did."""
    empty = SideResult(mine.side.name, mine.side.arch, Verdict.NOT_RUN)
    if mine.plain is None:
        return replace(empty, reason=mine.problem)
    launched = _launched(mine.plain)
    missing = tuple(dict.fromkeys(str(event.get("symbol", "?")) for event in _events(mine.plain, "unsupported")))
    if missing:
        reason = f"the emulator lacks {', '.join(missing)}"
        return replace(empty, verdict=Verdict.UNSUPPORTED, reason=reason, unsupported=missing, launched=launched)
    if endless := _faults_of(mine.plain, "timeout"):
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


def _faults(mine: _Measured, tree: _Tree) -> list[Fault]:
    """Every fault of both runs, once, with places of the original; then a crash that nothing explains."""
    found: dict[tuple[str, str, str], Fault] = {}
    for result in (mine.plain, mine.changed):
        if result is None:
            continue
        for event in _events(result, "fault"):
            fault = _fault(event, tree, mine.side)
            found.setdefault((fault.kind, fault.ported or str(fault.place), fault.kernel), fault)
        if result.signal and not found:
            found["crash", "", ""] = Fault("crash", f"the program is {result.how}")
        if result is mine.changed and (result.timeout or result.out_of_memory):
            found["endless", "", ""] = Fault("endless", f"with lanes in reverse order it is {result.how}")
    return list(found.values())


def _fault(event: Mapping[str, Any], tree: _Tree, side: Side) -> Fault:
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
    names = {str(event.get("kernel", "")) for event in _events(result, "launch")}
    return tuple(sorted(demangled(name) for name in names if name))


def _ran(mine: _Measured) -> list[Mapping[str, Any]]:
    """What is known of launches that ended: plain runs do not count what is written."""
    return [
        event
        for result in (mine.plain, mine.changed)
        if result
        for event in (*_events(result, "launch"), *_events(result, "ran"))
        if "wrote" in event
    ]


def _writers(mine: _Measured) -> set[str]:
    """Kernels of which a launch is known to have written something."""
    return {base_name(demangled(str(event.get("kernel")))) for event in _ran(mine) if event["wrote"]}


def _silent_kernels(mine: _Measured) -> set[str]:
    """Kernels of which every launch is known to have written nothing."""
    known: dict[str, bool] = {}
    for event in _ran(mine):
        name = base_name(demangled(str(event.get("kernel"))))
        known[name] = known.get(name, True) and "wrote" in event and not event["wrote"]
    return {name for name, silent in known.items() if silent}


def _notes(found: Comparison, mine: _Measured) -> tuple[str, ...]:
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
_SEEDED = re.compile(rb"\bcurand_init\s*\(")


def _shown(found: Comparison) -> str:
    if not found.differences:
        return "no line differs"
    first = found.differences[0]
    line = f" line {first.left_line or first.right_line}" if first.left_line or first.right_line else ""
    return f"{first.where}{line}: {_short(first.left)!r} and {_short(first.right)!r}"


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:97] + "..."


def _first_line(result: RunResult) -> str:
    text = _without_ours(result.stderr).strip() or result.stdout.strip()
    return _short(text.splitlines()[0]) if text else ""


# -- kernels by themselves --------------------------------------------------------------------------------------------


def _reached(results: Sequence[tuple[ProgramResult, tuple[str, ...]]]) -> set[str]:
    """Kernels that some program launched on every side where it ran: what is known of them, the programs say."""
    missed: set[str] = set()
    reached: set[str] = set()
    for program, _ in results:
        sides = [side for side in program.sides[1:] if side.verdict.good or side.verdict.bad]
        every = {name for side in sides for name in side.launched}
        reached |= every
        missed |= {name for name in every for side in program.sides[1:] if name not in side.launched}
    return reached - missed


def _alone(run: _Run, reached: set[str], runner: Runner) -> list[KernelResult]:
    """Verify by themselves the kernels that no program reached."""
    options, ours, theirs = run.options, run.ours, run.theirs

    def wanted(name: str) -> bool:
        if options.kernel:
            return options.kernel in name or fnmatch.fnmatchcase(name, options.kernel)
        return name not in reached and not _of_library(name)

    pairs = []
    for unit in compile_units(ours.project, options.folders, str):
        if unit.language != "hip":
            continue
        port = counterpart(Program("", (unit,)), (), theirs.units, theirs.recorded)
        if port:
            pairs.append((unit, port.units[0]))

    def place(event: Mapping[str, Any], side: Side) -> Fault:
        return _fault(event, theirs, side)

    work = Work(
        ours.project, theirs.root, sides(options.archs), tuple(pairs), run.toolchain, run.cuda, runner,
        run.cache / "kernels", place, options.seed, options.checked, run.jobs,
    )  # fmt: skip
    archs = ",".join(side.arch for side in work.sides[1:])
    try:
        found = verify_kernels(work, wanted, lambda done, total, name: run.progress("kernels", done, total, name))
    finally:
        runner.stop()
    again = f"hipwright verify DIR OUT --arch {archs} --seed {options.seed} --kernel"
    return [replace(result, reproduce=f"{again} {_quoted(result.name)}") for result in found]


_LIBRARIES = ("rocprim::", "hipcub::", "cub::", "thrust::", "std::", "rocrand", "hiprand", "rocthrust::", "cuda::")


def _own_kernels(built: Built) -> list[str]:
    """A program's kernels without those of the libraries, readable."""
    return [name for name in map(demangled, built.kernels) if not _of_library(name)]


def _of_library(kernel: str) -> bool:
    """Whether a kernel is a library's template that the project only instantiates."""
    return base_name(kernel).startswith(_LIBRARIES)


# -- coverage ----------------------------------------------------------------------------------------------------------


def _coverage(
    results: Sequence[tuple[ProgramResult, tuple[str, ...]]], port: _Tree, alone: Sequence[KernelResult]
) -> Iterable[KernelCoverage]:
    """Every kernel of the port: executed and compared on every target, by which way, or why not."""
    names: set[str] = {name for name in port.kernels if not _of_library(name)}
    launched: dict[str, list[tuple[ProgramResult, SideResult]]] = {}
    for program, kernels in results:
        names |= {name for name in kernels if not _of_library(name)}
        for side in program.sides[1:]:
            for name in side.launched:
                launched.setdefault(name, []).append((program, side))
    by_itself = {result.name: result for result in alone}
    for name in sorted(names | by_itself.keys()):
        by_programs = _covered(name, launched.get(name, []))
        result = by_itself.get(name)
        yield by_programs if by_programs.verified or result is None else _covered_alone(result)


def _covered(name: str, mine: Sequence[tuple[ProgramResult, SideResult]]) -> KernelCoverage:
    """What the programs that launch a kernel say of it."""
    wrong = [(program, side) for program, side in mine if side.verdict.bad]
    good = {side.side for _, side in mine if side.verdict.good}
    tested = {side.side for program, _ in mine for side in program.sides[1:]}
    if not mine:
        return KernelCoverage(name, False, "no program that ran launches it")
    if wrong:
        program, side = wrong[0]
        why = f"launched by {program.name}, whose verdict is {side.verdict} on {side.side}"
        return KernelCoverage(name, False, why)
    if good != tested:
        return KernelCoverage(name, False, f"not compared on {', '.join(sorted(tested - good))}")
    by = ", ".join(dict.fromkeys(program.name for program, _ in mine))
    return KernelCoverage(name, True, how=f"launched by {by}")


def _covered_alone(result: KernelResult) -> KernelCoverage:
    """What launches by itself say of a kernel."""
    if result.verdict.good:
        how = f"{result.launches} generated launches, blocks of up to {result.lanes}"
        return KernelCoverage(result.name, True, how=f"{how}; {result.note}" if result.note else how)
    worst = next(side for side in result.sides if side.verdict is result.verdict)
    if result.verdict.bad:
        return KernelCoverage(result.name, False, f"{worst.verdict} in a generated launch on {worst.side}")
    return KernelCoverage(result.name, False, worst.reason or str(worst.verdict))


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
    return Output(result.exit_code, result.signal, text(result.stdout), text(_without_ours(result.stderr)), files)


def _without_ours(stderr: str) -> str:
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


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w./-]+", text) else "'" + text.replace("'", "'\\''") + "'"


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
    return _digest(*(_sha_of(folder / name) for name in ("verify.py", "emulate/run.py")))
