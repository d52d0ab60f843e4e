"""Which programs a tree has, what they are linked from and how they are run: from its build files, or `hipwright.toml`.

Nothing of the tree is run to find that out. A program of the original is then paired with the one of the port, whoever
wrote that: by its name, or by the sources it is linked from.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hipwright.build.cmake_read import read_cmake_executables
from hipwright.build.makefile import read_executables
from hipwright.build.unit import Executable, Run
from hipwright.build.unit import Unit as BuildUnit
from hipwright.compare import Tolerance
from hipwright.compile import Unit
from hipwright.emulate.program import Program
from hipwright.finding import HipwrightError
from hipwright.port import compile_unit
from hipwright.project import Kind, Project

NAMED = "hipwright.toml"
_MAIN = re.compile(rb"^[ \t]*(?:extern[ \t]+\"C\"[ \t]+)?(?:int|void|auto)[ \t\r\n]+main[ \t]*\(", re.M)
_ELEMENT_TYPES = ("float16", "float32", "float64")


def programs(project: Project, folders: Sequence[Path] = ()) -> tuple[Program, ...]:
    """The programs of a tree in the order of their names, each way to run one by itself.

    `folders` hold headers that are not the project's. Raises `HipwrightError` where `hipwright.toml` makes no sense.
    """
    found: list[Program] = []
    compiled = _Compiled(project, folders)
    for executable in executables(project):
        units = tuple(dict.fromkeys(compiled.unit(each) for each in executable.units))
        origin = f"{executable.origin.path}:{executable.origin.line}" if executable.origin else ""
        runs = executable.runs or (Run((), executable.folder),)
        for number, run in enumerate(runs, 1):
            name = executable.name if number == 1 else f"{executable.name} {number}"
            folder = posixpath.normpath(run.folder or ".")
            found.append(Program(name, units, run.args, folder=folder, stdin=run.stdin, origin=origin))
    found = list(_told_apart(found))
    named = _Named(project, compiled)
    own, keep = named.read(found)
    replaced = {program.name for program in own} | {_base(program.name) for program in own}
    rest = [each for each in found if keep and _base(each.name) not in replaced]
    return tuple(sorted([*own, *rest], key=lambda each: (_base(each.name), len(each.name), each.name)))


def counterpart(
    program: Program, theirs: Sequence[Program], units: Mapping[str, Unit], recorded: Mapping[str, Sequence[Unit]]
) -> Program | None:
    """The program of the port that stands for one of the original; None if there is none.

    How it is run is the original's affair. `theirs` are the port's programs, `units` everything that it compiles, and
    `recorded` what our own port wrote down of how to compile it.
    """
    wanted = {_stem(unit.path) for unit in program.units}
    same = [each for each in theirs if each.name == program.name] or [
        each for each in theirs if _base(each.name) == _base(program.name)
    ]
    same = same or [each for each in theirs if {_stem(unit.path) for unit in each.units} == wanted]
    if same:
        chosen = same[0].units
    else:
        by_stem: dict[str, Unit] = {}
        for path, unit in sorted(units.items()):
            by_stem.setdefault(_stem(path), unit)
        found = [units.get(unit.path) or by_stem.get(_stem(unit.path)) for unit in program.units]
        if not all(found):
            return None
        chosen = tuple(unit for unit in found if unit)
    return replace(program, units=tuple(_as_recorded(unit, recorded) for unit in chosen))


def _as_recorded(unit: Unit, recorded: Mapping[str, Sequence[Unit]]) -> Unit:
    """A unit as the record says to compile it, if the record knows it with the same macros."""

    def macros(each: Unit) -> set[str]:
        return {flag for flag in each.flags if flag.startswith("-D")}

    known = [each for each in recorded.get(unit.path, ()) if macros(each) >= macros(unit)]
    return min(known, key=lambda each: len(macros(each)), default=unit)


def _stem(path: str) -> str:
    """A source without its suffixes, as in both saxpy.cu and saxpy.cu.hip."""
    folder, name = posixpath.split(path)
    return posixpath.join(folder, name.split(".")[0])


def _base(name: str) -> str:
    """A program's name without the number of its run."""
    return re.sub(r" \d+$", "", name)


def _told_apart(found: Iterable[Program]) -> Iterator[Program]:
    """Programs of one name in several folders get the folder in front."""
    found = list(found)
    folders: dict[str, set[str]] = {}
    for program in found:
        folders.setdefault(program.name, set()).add(program.origin)
    for program in found:
        folder = posixpath.dirname(program.origin)
        several = len(folders[program.name]) > 1 and folder
        yield replace(program, name=f"{folder}/{program.name}") if several else program


# -- build files -------------------------------------------------------------------------------------------------------


def executables(project: Project) -> list[Executable]:
    """What the build files link, and programs that consist of sources that no build file puts together."""
    # Sources that stand outside of the tree are a program's all the same.
    paths = [*sorted(file.path for file in (*project.files, *project.external)), *sorted(project.links)]
    builds = {file.path for file in project.files if file.kind is Kind.BUILD and file.rewritable}

    def read(path: str) -> bytes | None:
        try:
            return project.read(path) if path in builds else None
        except OSError:
            return None

    found: dict[tuple[str, str], Executable] = {}

    def take(many: Iterable[Executable]) -> None:
        for each in many:
            key = posixpath.basename(each.name), _folder(each)
            known = found.setdefault(key, each)
            if not known.runs and each.runs:
                found[key] = replace(known, runs=each.runs)

    for path in _makefiles(builds):
        take(read_executables(path, paths, read))
    for path in _cmake_tops(builds):
        take(read_cmake_executables(path, paths, read, project.by_path.__contains__))
    taken = {unit.path for each in found.values() for unit in each.units}
    return [*found.values(), *_by_main(project, taken)]


def _folder(executable: Executable) -> str:
    return posixpath.dirname(executable.origin.path) if executable.origin else executable.folder


def _makefiles(builds: Iterable[str]) -> Iterator[str]:
    """Of several Makefiles in a folder, the one that make itself would choose."""
    names = ("GNUmakefile", "makefile", "Makefile")
    by_folder: dict[str, set[str]] = {}
    for path in builds:
        folder, name = posixpath.split(path)
        by_folder.setdefault(folder, set()).add(name)
    for folder, present in sorted(by_folder.items()):
        chosen = next((name for name in names if name in present), "")
        if chosen:
            yield posixpath.join(folder, chosen)


def _cmake_tops(builds: Iterable[str]) -> Iterator[str]:
    tops: list[str] = []
    folders = [posixpath.dirname(path) for path in builds if posixpath.basename(path) == "CMakeLists.txt"]
    for folder in sorted(folders, key=lambda each: (each.count("/") if each else -1, each)):
        if not any(top == "" or folder.startswith(f"{top}/") for top in tops):
            tops.append(folder)
            yield posixpath.join(folder, "CMakeLists.txt")


def _by_main(project: Project, taken: set[str]) -> Iterator[Executable]:
    """Each source with a main that nothing links, together with its neighbours that have none."""
    rest = [unit for unit in project.units if unit.path not in taken and not unit.path.startswith("../")]
    mains = [unit for unit in rest if _MAIN.search(project.read(unit.path))]
    others = [unit for unit in rest if unit not in mains and not unit.framework]
    for unit in mains:
        folder = posixpath.dirname(unit.path)
        near = [each for each in others if len(mains) == 1 or posixpath.dirname(each.path) == folder]
        yield Executable(_stem(posixpath.basename(unit.path)), (unit, *near), folder or ".")


class _Compiled:
    """A build's units as the compiler is given them."""

    def __init__(self, project: Project, folders: Sequence[Path]) -> None:
        self.project = project
        self.folders = folders
        self.known: dict[str, list[BuildUnit]] = {}
        for unit in project.units:
            self.known.setdefault(unit.path, []).append(unit)

    def unit(self, unit: BuildUnit) -> Unit:
        """One unit, with the include folders that reading the project completed it with."""
        known = self.known.get(unit.path, [unit])
        best = max(known, key=lambda each: len(set(each.defines) & set(unit.defines)) - len(set(each.defines)))
        whole = replace(
            best,
            defines=tuple(dict.fromkeys((*unit.defines, *self.project.defines))),
            flags=unit.flags or best.flags,
            language=unit.language,
        )
        return compile_unit(self.project, whole, self.folders, str)


# -- hipwright.toml ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Named:
    """The programs that the tree's `hipwright.toml` names."""

    project: Project
    compiled: _Compiled

    def read(self, found: Sequence[Program]) -> tuple[list[Program], bool]:
        """What the file names, and whether what the build files say is wanted beside it."""
        try:
            data = tomllib.loads(self.project.read(NAMED).decode("utf-8"))
        except OSError:
            return [], True
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise HipwrightError(f"{NAMED}: {error}", "it has to be TOML", 2) from error
        unknown = sorted(set(data) - {"program", "found"})
        if unknown:
            raise HipwrightError(f"{NAMED}: unknown key {unknown[0]!r}", "known: [[program]], found = false", 2)
        tables = data.get("program", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise HipwrightError(f"{NAMED}: programs are tables: [[program]]", exit_code=2)
        named = [self._program(number, table, found) for number, table in enumerate(tables, 1)]
        names = [program.name for program in named]
        for name in names:
            if names.count(name) > 1:
                raise HipwrightError(f"{NAMED}: two programs are called {name!r}", "a name stands for one run", 2)
        return named, data.get("found", True) is not False

    def _program(self, number: int, table: Mapping[str, Any], found: Sequence[Program]) -> Program:
        where = f"{NAMED}: program {table.get('name', number)!r}"
        value = _Reader(where, table)
        name = value.text("name")
        if not name:
            raise HipwrightError(f"{NAMED}: program {number} has no name", 'name = "saxpy"', 2)
        patterns = value.texts("sources")
        of = value.text("executable") or name
        known = next((each for each in found if each.name == of), None)
        if patterns:
            units = self._units(where, patterns)
        elif known:
            units = known.units
        else:
            raise HipwrightError(f"{where}: no build file links it, so it needs `sources`", 'sources = ["src/*.cu"]', 2)
        files, types = value.files()
        program = Program(
            name,
            units,
            args=value.texts("args", known.args if known else ()),
            folder=_inside(where, value.text("folder") or (known.folder if known else ".")),
            stdin=value.text("stdin") or (known.stdin if known else ""),
            inputs=value.texts("inputs"),
            files=files,
            types=types,
            environment=tuple(sorted(value.strings("environment").items())),
            tolerance=value.tolerance(),
            timeout=value.number("timeout"),
            origin=NAMED,
        )
        value.nothing_left()
        return program

    def _units(self, where: str, patterns: Sequence[str]) -> tuple[Unit, ...]:
        chosen: dict[Unit, None] = {}
        for pattern in patterns:
            matching = [unit for unit in self.project.units if fnmatch.fnmatchcase(unit.path, pattern)]
            if not matching:
                hint = "a path relative to the tree, or a pattern such as src/*.cu"
                raise HipwrightError(f"{where}: no source matches {pattern!r}", hint, 2)
            for unit in matching:
                chosen[self.compiled.unit(unit)] = None
        return tuple(chosen)


class _Reader:
    """The values of one table, each of the kind that is wanted."""

    def __init__(self, where: str, table: Mapping[str, Any]) -> None:
        self.where = where
        self.table = dict(table)

    def _wrong(self, key: str, wanted: str) -> HipwrightError:
        return HipwrightError(f"{self.where}: `{key}` has to be {wanted}", exit_code=2)

    def text(self, key: str) -> str:
        value = self.table.pop(key, "")
        if not isinstance(value, str):
            raise self._wrong(key, "a text")
        return value

    def texts(self, key: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        value = self.table.pop(key, list(default))
        if not isinstance(value, list) or not all(isinstance(each, str | int | float) for each in value):
            raise self._wrong(key, "a list of texts")
        return tuple(str(each) for each in value)

    def strings(self, key: str) -> dict[str, str]:
        value = self.table.pop(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "a table of texts")
        return {str(name): str(each) for name, each in value.items()}

    def number(self, key: str) -> float:
        value = self.table.pop(key, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise self._wrong(key, "a number of seconds")
        return float(value)

    def tolerance(self) -> Tolerance:
        value = self.table.pop("tolerance", {})
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = {"relative": value}
        known = {"relative", "absolute", "ulps"}
        if (
            not isinstance(value, dict)
            or set(value) - known
            or any(not isinstance(v, int | float) for v in value.values())
        ):
            raise self._wrong("tolerance", "a number, or a table of relative, absolute and ulps")
        standard = Tolerance()
        return Tolerance(
            float(value.get("relative", standard.relative)),
            float(value.get("absolute", standard.absolute)),
            int(value.get("ulps", standard.ulps)),
        )

    def files(self) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Patterns of files, and the element types of those that have one."""
        value = self.table.pop("files", ["*"])
        patterns: list[str] = []
        types: list[tuple[str, str]] = []
        for each in value if isinstance(value, list) else [None]:
            if isinstance(each, str):
                patterns.append(each)
            elif isinstance(each, dict) and isinstance(each.get("path"), str) and each.get("type") in _ELEMENT_TYPES:
                patterns.append(each["path"])
                types.append((each["path"], each["type"]))
            else:
                raise self._wrong(
                    "files", f'a list of patterns, or of {{path = "x.bin", type = "{_ELEMENT_TYPES[1]}"}}'
                )
        return tuple(patterns), tuple(types)

    def nothing_left(self) -> None:
        """Complain of a key that means nothing: most likely it is misspelled."""
        if self.table:
            known = "name, executable, sources, args, folder, stdin, inputs, files, environment, tolerance, timeout"
            raise HipwrightError(f"{self.where}: unknown key {min(self.table)!r}", f"known: {known}", 2)


def _inside(where: str, folder: str) -> str:
    folder = posixpath.normpath(folder)
    if folder.startswith(("/", "..")):
        raise HipwrightError(f"{where}: `folder` leads out of the tree", exit_code=2)
    return folder
