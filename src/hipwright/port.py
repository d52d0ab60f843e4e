"""The main job: a project through the rules into a ported tree, compiled, repaired, and reported."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hipwright import compile as compiler
from hipwright import user_rules
from hipwright.build.flags import safe, translate_flags
from hipwright.build.port import port_build_files
from hipwright.build.unit import Unit
from hipwright.context import Context, gather
from hipwright.finding import Diagnostic, Edit, Finding, HipwrightError, Level, Note, Place, WorkItem
from hipwright.knowledge import facts, lookup
from hipwright.output import ensure_free, staged, write_file
from hipwright.project import File, Kind, Project, includes, ported_path
from hipwright.record import Origin, Record, read_record, seen_from, write_record
from hipwright.repair import DEVICE_PASS, RUNTIME_LATE, WRONG_SIDE, repairs_for
from hipwright.report import FileReport, Report
from hipwright.rewrite import Engine
from hipwright.rule import all_rules
from hipwright.source import LineMap, Source
from hipwright.toolchain import Toolchain, cache_dir, find
from hipwright.toolchain.torch import headers as torch_headers
from hipwright.vanished import vanished

ARCHS = ("gfx90a", "gfx942", "gfx1100", "gfx1201")
_ROUNDS = 8  # of compiling and repairing; each round only compiles what the last one changed

Progress = Callable[[str, int, int, str], None]  # stage, done, all, what


def _silent(stage: str, done: int, total: int, what: str) -> None:
    return


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    archs: tuple[str, ...] = ARCHS
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()  # of headers that are not the project's
    check: bool = True
    force: bool = False
    rename: str = ""  # a suffix such as .hip for files that end in .cu
    jobs: int = 0


@dataclass(frozen=True)
class Translated:
    """One file of the ported tree: `data` is None where the original's bytes are copied."""

    file: File
    data: bytes | None
    report: FileReport
    notes: tuple[Note, ...] = ()
    lines: LineMap = field(default_factory=LineMap)
    count: int = 0  # lines of source that the rules looked at


def port(root: Path, out: Path, options: Options = Options(), progress: Progress = _silent) -> Report:
    """Port the tree `root` to `out`, compile it for every target, repair what the compiler's words can repair.

    `out` appears in one step, whole. Raises `HipwrightError` when `root` or `out` cannot be used.
    """
    ensure_free(root, out, options.force)
    project = Project.open(root, options.include, options.exclude, options.defines)
    if not any(file.kind.code for file in project.files):
        raise HipwrightError(f"{root} holds no C, C++ or CUDA source", "name the folder that holds the sources", 2)
    folders = tuple(str(folder.resolve()) for folder in options.folders)
    origin = Origin(seen_from(out, root), options.defines, folders, options.rename)
    with staged(out) as tree:
        report, maps, units = translate_into(project, tree, options, progress)
        write_record(tree, report, maps, units, "translated", origin)
    report = replace(report, unchecked="--no-check was given" if not options.check else "")
    if options.check:
        report = check_and_repair(out, report, units, maps, options, progress)
    write_record(out, report, maps, units, "done", origin)
    return report


def translate_into(
    project: Project, tree: Path, options: Options, progress: Progress = _silent
) -> tuple[Report, dict[str, LineMap], tuple[compiler.Unit, ...]]:
    """Write the ported form of a project into an empty folder; give the report, the line maps and what to compile."""
    place = Naming(options.rename)
    maps: dict[str, LineMap] = {}
    files: list[FileReport] = []
    notes: list[Note] = list(project.notes)
    lines = 0
    for item in translate(project, progress, options.archs, place):
        target = tree / place(item.file.path)
        if item.data is None:
            _copy(project.root / item.file.path, target)
        else:
            write_file(target, item.data, (project.root / item.file.path).stat().st_mode)
        if item.report.status == "rewritten":
            maps[place(item.file.path)] = item.lines
        files.append(item.report)
        notes += item.notes
        lines += item.count
    for link, to in project.links.items():
        (tree / link).parent.mkdir(parents=True, exist_ok=True)
        (tree / link).symlink_to(to)
    notes += vanished_kernels(project, tree, place, progress)
    report = Report(
        archs=options.archs,
        files=tuple(sorted(files, key=lambda each: each.path)),
        notes=_sorted(notes),
        unchecked="not compiled yet",
        lines=lines,
    )
    return report, maps, compile_units(project, options.folders, place)


# -- translating ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Naming:
    """Where a file of the project stands in the ported tree; `suffix` takes the place of `.cu` if given."""

    suffix: str = ""

    def __call__(self, path: str) -> str:
        """The path in the ported tree."""
        path = ported_path(path)
        return path[:-3] + self.suffix if self.suffix and path.endswith(".cu") else path

    def edits(self, data: bytes) -> list[Edit]:
        """Edits of a build file, or of includes, that name a `.cu` file or a pattern of them."""
        if not self.suffix:
            return []
        found = re.finditer(rb"(?:(?<=[\w%*:])|^)\.cu\b", data, re.M)
        return [Edit(match.start(), match.end(), self.suffix.encode(), "rename") for match in found]


def translate(
    project: Project,
    progress: Progress = _silent,
    archs: Sequence[str] = ARCHS,
    place: Naming = Naming(),
) -> Iterator[Translated]:
    """Every file of the project in its ported form, one at a time."""
    code = project.code
    engine = Engine(all_rules().values())
    relevant = {file.path for file in code if _concerns_cuda(project, file)}
    context = gather(
        (project.read(path) for path in sorted(relevant)), (file.path for file in (*project.files, *project.external))
    )
    looked_at = {file.path for file in code}
    for done, file in enumerate(code):
        progress("port", done, len(code), file.path)
        yield translate_file(project, file, engine if file.path in relevant else _IDLE, context, place)
    progress("port", len(code), len(code), "")
    builds = port_build_files(project, archs)
    for file in (*project.files, *project.external):
        if file.path in looked_at:
            continue
        if file.path in builds or (place.suffix and file.kind is Kind.BUILD and file.rewritable):
            yield _translate_build(file, project.read(file.path), builds.get(file.path, ()), place)
        else:
            yield Translated(file, None, FileReport(file.path, "copied"), tuple(_said_of_copied(file)))


_IDLE = Engine(())
_MENTIONS = (b"cuda", b"CUDA", b"thrust", b"cub::", b"cub/", b"__NVCC__", b"nvtx", b"nccl", b"float2", b"float4")


def _concerns_cuda(project: Project, file: File) -> bool:
    """Whether rules have a say: the file names CUDA's things, or takes part in a unit for the GPU. Other host code has
    none of them, and is most of a large tree.
    """
    if file.cuda or file.device or file.nested or file.path in project.in_device_units:
        return True
    data = project.read(file.path)
    return any(word in data for word in _MENTIONS)


def _translate_build(file: File, data: bytes, findings: Iterable[Finding], place: Naming) -> Translated:
    edits = [each for each in findings if isinstance(each, Edit)]
    notes = tuple(each for each in findings if isinstance(each, Note))
    source, lines = Source(file.path, data).apply(edits)
    source, step = source.apply(place.edits(source.data))
    changed = source.data != data
    original = Source(file.path, data)
    where = {
        rule: tuple(sorted(original.line(edit.start) for edit in edits if edit.rule == rule))
        for rule in sorted({edit.rule for edit in edits})
    }
    report = FileReport(file.path, "rewritten" if changed else "unchanged", where)
    return Translated(file, source.data if changed else None, report, notes, lines.then(step))


def translate_file(
    project: Project,
    file: File,
    engine: Engine,
    context: Context,
    place: Naming = Naming(),
) -> Translated:
    """One source through the rules."""
    original = Source(file.path, project.read(file.path))
    done = engine.rewrite(original, context)
    source, lines, edited = done.source, done.lines, dict(done.edits)
    for before, edits in user_rules.apply(source, user_rules.user_rules()).edits if engine.rules else ():
        for edit in edits:
            edited[edit.rule] = (*edited.get(edit.rule, ()), lines.original(before.line(edit.start)))
        source, step = before.apply(edits)
        lines = lines.then(step)
    moved = project.include_edits(file.path, source.data)
    if place.suffix:
        moved += [
            Edit(each.end - 3, each.end, place.suffix.encode(), "rename")
            for each in includes(source.data)
            if each.name.endswith(".cu")
        ]
    if moved:
        source, step = source.apply(moved)
        lines = lines.then(step)
    changed = source.data != original.data
    report = FileReport(file.path, "rewritten" if changed else "unchanged", edited)
    return Translated(file, source.data if changed else None, report, done.notes, lines, original.data.count(b"\n"))


def vanished_kernels(
    project: Project, tree: Path, place: Naming, progress: Progress = _silent, only: Collection[str] | None = None
) -> Iterator[Note]:
    """Kernels that have a body under CUDA in the original and none, or hardly one, under HIP in the port.

    `only` names the files of the port that are looked at; default: all.
    """
    defines = dict(each.partition("=")[::2] for each in project.defines)
    found = _reader(project, project.read)
    ported = _reader(project, lambda path: (tree / place(path)).read_bytes())
    device = [file.path for file in project.code if file.device and (only is None or place(file.path) in only)]
    for done, path in enumerate(device):
        progress("guards", done, len(device), path)
        now = Source(path, (tree / place(path)).read_bytes())
        yield from vanished(Source(path, project.read(path)), now, found, ported, defines)


def _reader(project: Project, read: Callable[[str], bytes]) -> Callable[[str, str], tuple[str, bytes] | None]:
    """How a file's includes are found: only in the project."""

    def follow(name: str, path: str) -> tuple[str, bytes] | None:
        for target in project.includes_of(path):
            if target == name or target.endswith("/" + name.lstrip("./")):
                return target, read(target)
        return None

    return follow


def _said_of_copied(file: File) -> Iterator[Note]:
    place = Place(file.path, 1)
    if file.kind is Kind.PYTHON and file.nested:
        yield Note("project", Level.TODO, place, "not ported: Python that holds device code", "port its kernel strings")


def _copy(source: Path, target: Path) -> None:
    """Bytes and mode of a regular file, streamed: it may be larger than memory."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(1 << 20):
            writer.write(chunk)
        os.fchmod(writer.fileno(), os.fstat(handle).st_mode & 0o777 | 0o600)


_TORCH = re.compile(rb"^[ \t]*#[ \t]*include[ \t]*[<\"](?:torch|ATen|c10)/", re.M)


# -- compiling and repairing -----------------------------------------------------------------------------------------


def compile_units(
    project: Project,
    folders: Iterable[Path] = (),
    place: Callable[[str], str] = Naming(),
) -> tuple[compiler.Unit, ...]:
    """The project's units as units of the ported tree, flags in clang's spelling."""
    torch = {file.path for file in project.code if _TORCH.search(project.read(file.path))}
    units = []
    for unit in project.units:
        extension = not torch.isdisjoint({unit.path, *project.reaches(unit.path)})
        units.append(replace(compile_unit(project, unit, folders, place), torch=extension))
    return tuple(dict.fromkeys(units))


def compile_unit(project: Project, unit: Unit, folders: Iterable[Path], place: Callable[[str], str]) -> compiler.Unit:
    """One of the project's units, flags in clang's spelling; what is for the GPU is called HIP, be it CUDA or not.

    `place` says where a file of the project stands in the tree that is compiled.
    """
    language = "hip" if unit.language in ("cuda", "hip") else unit.language
    flags = [f"-I{each if each.startswith('/') else place(each)}" for each in unit.includes]
    flags += [f"-I{folder.resolve()}" for folder in folders]
    for each in map(place, unit.guessed):
        # A project's own `sys/time.h` for Windows must not hide the system's.
        flags += ["-iquote", each, "-idirafter", each]
    flags += [f"-U{each[1:]}" if each.startswith("-") else f"-D{each}" for each in unit.defines]
    for each in unit.forced:
        flags += ["-include", place(each)]
    flags += safe(translate_flags(unit.flags).flags)
    return compiler.Unit(place(unit.path), language, tuple(flags))


def check_and_repair(
    out: Path,
    report: Report,
    units: Sequence[compiler.Unit],
    maps: dict[str, LineMap],
    options: Options,
    progress: Progress,
) -> Report:
    """Compile the ported tree for each target; apply repairs and compile again until nothing changes."""
    if not units:
        return replace(report, unchecked="no source was found that a compiler takes by itself, only headers")
    try:
        toolchain = find()
    except HipwrightError as error:
        return replace(report, unchecked=f"{error.message} ({error.hint})")
    repairs: list[Note] = []
    for round_ in range(_ROUNDS):
        stage = "check" if not round_ else f"repair {round_}"

        def step(done: int, total: int, what: str, stage: str = stage) -> None:
            progress(stage, done, total, what)

        results = run_check(out, units, options.archs, toolchain, options.jobs, step)
        changed = _repair(out, results, maps)
        if not changed:
            break
        repairs += changed
    else:  # what the last repairs did has not been compiled yet
        results = run_check(out, units, options.archs, toolchain, options.jobs, step)
    placed = tuple(_original(result, maps) for result in results)
    return replace(
        report,
        toolchain=describe(toolchain),
        units=placed,
        work=tuple(work_items(placed)),
        notes=_sorted([*report.notes, *repairs]),
        repaired=len(repairs),
        unchecked="",
    )


def run_check(
    out: Path,
    units: Sequence[compiler.Unit],
    archs: Sequence[str],
    toolchain: Toolchain,
    jobs: int,
    progress: compiler.Progress,
) -> list[compiler.UnitResult]:
    """Compile units of a ported tree; places are those of the ported tree."""
    torch = torch_headers(cache_dir()) if any(unit.torch for unit in units) else None
    return compiler.check(
        out, units, archs, toolchain, jobs=jobs, cache_dir=cache_dir() / "compile", progress=progress, torch=torch
    )


def describe(toolchain: Toolchain) -> str:
    """The compiler and headers in a few words."""
    return f"clang {toolchain.clang_version} with ROCm {toolchain.rocm_version} headers ({toolchain.source})"


def _repair(out: Path, results: Iterable[compiler.UnitResult], maps: dict[str, LineMap]) -> list[Note]:
    """Apply what the diagnostics call for; each edit comes back as a Note at its line of the original."""
    archs: dict[Diagnostic, set[str]] = {}
    for result in results:
        for diagnostic in result.diagnostics:
            if "error" in diagnostic.severity:
                late = re.search(RUNTIME_LATE, diagnostic.message) and diagnostic.place.path != diagnostic.unit
                place = Place(diagnostic.unit, 1) if late else diagnostic.place
                archs.setdefault(replace(diagnostic, place=place, unit="", arch=""), set()).add(result.arch)
    by_file: dict[str, dict[Diagnostic, None]] = {}
    for diagnostic, where in archs.items():
        # What is wrong in the device's pass alone has repairs of its own.
        told = replace(diagnostic, arch="" if compiler.HOST in where else DEVICE_PASS)
        by_file.setdefault(told.place.path, {})[told] = None
        for place in told.device_only if told.arch else ():
            by_file.setdefault(place.path, {})[replace(told, place=place, message=WRONG_SIDE, device_only=())] = None
    notes: list[Note] = []
    for path, diagnostics in sorted(by_file.items()):
        target = out / path
        if path.startswith(("/", "../")) or target.is_symlink() or not target.is_file():
            continue
        source = Source(path, target.read_bytes())
        edits = repairs_for(source, diagnostics)
        if not edits:
            continue
        new, step = source.apply(edits)
        if new.data == source.data:
            continue
        write_file(target, new.data, target.stat().st_mode)
        lines = maps.get(path, LineMap())
        for edit in edits:
            place = Place(path, lines.original(source.line(edit.start)))
            text = " ".join(edit.text.decode("utf-8", "replace").split())
            notes.append(Note("repair", Level.INFO, place, f"{edit.rule}, on the compiler's word: {text[:120]}"))
        maps[path] = lines.then(step)
    return notes


def _original(result: compiler.UnitResult, maps: Mapping[str, LineMap]) -> compiler.UnitResult:
    def back(place: Place) -> Place:
        lines = maps.get(place.path)
        return replace(place, line=lines.original(place.line)) if lines else place

    return replace(
        result,
        diagnostics=tuple(
            replace(each, place=back(each.place), device_only=tuple(map(back, each.device_only)))
            for each in result.diagnostics
        ),
        kernels=tuple(replace(each, place=back(each.place) if each.place else None) for each in result.kernels),
    )


def work_items(results: Iterable[compiler.UnitResult]) -> Iterator[WorkItem]:
    """What the compiler still rejects, each place once, with every unit and target that says so."""
    groups: dict[tuple[Place, str], list[Diagnostic]] = {}
    stopped: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.ok:
            continue
        errors = [each for each in result.diagnostics if "error" in each.severity]
        for diagnostic in errors:
            groups.setdefault((diagnostic.place, diagnostic.message), []).append(diagnostic)
        if not errors:
            stopped.setdefault((result.unit.path, result.status), []).append(result.arch)
    for (place, message), diagnostics in sorted(groups.items(), key=lambda item: item[0]):
        hypotheses, known = _hypotheses(message)
        yield WorkItem(place, message, tuple(diagnostics), hypotheses, known)
    for (path, status), archs in sorted(stopped.items()):
        yield WorkItem(Place(path, 1), f"the compiler ended with: {status} ({', '.join(archs)})")


def _hypotheses(message: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the knowledge base has to say of the names in a diagnostic: ways out, and facts."""
    ways: list[str] = []
    known: list[str] = []
    for name in dict.fromkeys(re.findall(r"'(?:\w+::)*(\w+)'", message)):
        row, fact = lookup(name), facts(name)
        if row is not None and not row.hip and row.note:
            ways.append(f"{name}: {row.note}")
        if fact is not None:
            known.append(f"{name}: {fact.what} ({fact.why})")
    return tuple(ways), tuple(known)


# -- compiling again ---------------------------------------------------------------------------------------------------


def check(out: Path, archs: Sequence[str], jobs: int = 0, progress: Progress = _silent) -> Report:
    """Compile a ported tree again, as its record says how; a HIP tree without a record is read like any project.

    Raises `HipwrightError` when there is nothing to compile or no compiler.
    """
    record = read_record(out) or Record(compile_units(Project.open(out)))
    units, maps, notes = record.units, record.lines, record.notes
    if not units:
        raise HipwrightError(f"{out} holds no unit to compile", "name the folder of a port", 2)
    toolchain = find()
    results = run_check(out, units, archs, toolchain, jobs, lambda *args: progress("check", *args))
    placed = tuple(_original(result, maps) for result in results)
    return Report(
        archs=tuple(archs), notes=notes, toolchain=describe(toolchain), units=placed, work=tuple(work_items(placed))
    )


def _sorted(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(sorted(set(notes), key=lambda note: (note.place, note.rule, note.message)))
