"""How many units of real packages compile for AMD, before and after a port, and what stops the rest.

    python benchmarks/packages.py FOLDER... [--arch gfx942,gfx1100] [--define NAME] [--include GLOB] [--exclude GLOB]
        [-I FOLDER] [--only TEXT] [--sample N] [--jobs N] [--record FILE [--again]] [--no-before]
    python benchmarks/packages.py --record FILE

Looked at are the *GPU units* (what nvcc compiles: host side and every target) and the *host units that use CUDA*: C++
sources that name something of CUDA's, or include a header of the project that includes a CUDA header. Other C++ has
nothing to port and is only counted. A unit compiles when its host side and every target do; one that the build makes
in several ways counts once, by its worst. One stopped by a header that neither the tree nor ROCm has counts apart.

*Before* is the tree as it stands, its `.cu` files read as HIP. --sample takes every Nth unit of both kinds. --record
keeps each unit's result in a JSON file, a few units at a time: a run that was stopped goes on where it was, and --again
measures the units anew that failed there. Without a folder the record is printed as a table.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from hipwright.compile import HOST, Unit, UnitResult
from hipwright.port import Options, check_and_repair, compile_units, run_check, translate_into
from hipwright.project import Kind, Project
from hipwright.toolchain import find

_FA_TYPES = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "BF16", "F16")  # GGML_CUDA_FA_QUANTS=all
# What a package's build defines when it builds for CUDA, and what in its tree is no part of that build.
SETTINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {  # defines, include, exclude
    # Copies of NVIDIA's own headers, and of CUB with its tests: what ROCm brings takes their place.
    "cupy": ((), (), tuple(f"cupy/_core/include/cupy/{name}/*" for name in ("cub", "_cuda", "jitify"))),
    "lightgbm": (("USE_CUDA",), (), ()),
    "llama_cpp_python": (
        tuple(f"GGML_CUDA_FA_{k}_{v}=1" for k in _FA_TYPES for v in _FA_TYPES),
        ("vendor/llama.cpp/ggml/*",),
        (),
    ),
    "xgboost": (("XGBOOST_USE_CUDA=1",), (), ()),
}
_CHUNK = 6  # units that are measured before the record is written

_RANKS = ("ok", "missing-header", "failed")
_KINDS = ("gpu", "host")


def kinds_of(project: Project, place: dict[str, str]) -> dict[str, str]:
    """The units to look at: path in the ported tree → "gpu" or "host"."""
    found: dict[str, str] = {}
    for unit in project.units:
        if project.by_path[unit.path].kept:
            continue
        reached = (project.by_path[path] for path in project.reaches(unit.path) if path in project.by_path)
        if unit.language in ("cuda", "hip"):
            found[place[unit.path]] = "gpu"
        elif project.by_path[unit.path].cuda or any(file.kind is Kind.CUDA_HEADER for file in reached):
            found.setdefault(place[unit.path], "host")
    return found


def verdicts(results: Iterable[UnitResult]) -> dict[str, str]:
    """Each unit's worst result: ok, missing-header or failed."""
    worst: dict[str, str] = {}
    for result in results:
        state = "ok" if result.ok else "missing-header" if result.status == "missing-header" else "failed"
        worst[result.unit.path] = max(worst.get(result.unit.path, "ok"), state, key=_RANKS.index)
    return worst


def causes(results: Iterable[UnitResult]) -> dict[str, str]:
    """The first error of each unit that does not compile."""
    found: dict[str, str] = {}
    for result in results:
        if not result.ok and result.unit.path not in found:
            errors = [item for item in result.diagnostics if "error" in item.severity]
            said = f"{errors[0].message} [{result.arch}, {errors[0].place}]" if errors else result.status
            found[result.unit.path] = re.sub(r"\s*\(aka [^)]*\)", "", said)
    return found


def before_port(folder: Path, units: Sequence[Unit], archs: Sequence[str], jobs: int) -> list[UnitResult]:
    """The tree as it stands. A unit is not compiled for targets once its host side has failed."""
    asis = [replace(unit, language="hip") if unit.path.endswith(".cu") else unit for unit in units]
    done = run_check(folder, asis, (), find(), jobs, _quiet)
    failed = {path for path, verdict in verdicts(done).items() if verdict != "ok"}
    rest = [unit for unit in asis if unit.path not in failed and unit.language == "hip"]
    return [*done, *(each for each in run_check(folder, rest, archs, find(), jobs, _quiet) if each.arch != HOST)]


def _quiet(*_: object) -> None:
    return


def show(name: str, units: dict[str, Any], left_out: int) -> None:
    """Print one package's figures from its record."""
    print(f"{name}: {left_out} units of plain host C++ not looked at")
    for kind in _KINDS:
        chosen = [unit for unit in units.values() if unit["kind"] == kind]
        for stage in ("before", "after"):
            counts = Counter(unit[stage] for unit in chosen if stage in unit)
            if counts:
                line = f"{counts['ok']:4} of {counts['ok'] + counts['failed']:4} {kind} units compile"
                print(f"  {stage:7} {line}, {counts['missing-header']:3} lack a third-party header")
    left = Counter(re.sub(r"\s*\[[^]]*\]$", "", unit["cause"])[:110] for unit in units.values() if unit.get("cause"))
    for cause, count in left.most_common(12):
        print(f"  {count:7}  {cause}", flush=True)


def table(kept: dict[str, dict[str, Any]]) -> None:
    """Print the record in Markdown: GPU units measured, compiled before and after; host units; missing headers."""
    print(
        "| package | GPU units | before | after | host units | after | lack a header |\n|---|---|---|---|---|---|---|"
    )
    sums = [0] * 6
    for name, units in sorted(kept.items()):
        row = []
        for kind in _KINDS:
            chosen = [unit for unit in units.values() if unit["kind"] == kind and unit.get("after") != "missing-header"]
            row += [len(chosen), *([sum(unit.get("before") == "ok" for unit in chosen)] if kind == "gpu" else [])]
            row.append(sum(unit.get("after") == "ok" for unit in chosen))
        row.append(sum(unit.get("after") == "missing-header" for unit in units.values()))
        sums = [total + value for total, value in zip(sums, row, strict=True)]
        print(f"| {name} | {' | '.join(map(str, row))} |")
    print(f"| all | {' | '.join(map(str, sums))} |")


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--arch", default="gfx942,gfx1100")
@click.option("--define", "defines", multiple=True)
@click.option("--include", multiple=True)
@click.option("--exclude", multiple=True)
@click.option("-I", "includes", multiple=True, type=click.Path(exists=True, path_type=Path))
@click.option("--only", default="", help="Take only units whose path has this in it.")
@click.option("--sample", type=int, default=1, help="Take every Nth unit.")
@click.option("--jobs", type=int, default=0)
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="Keep each unit's result here.")
@click.option("--again", is_flag=True, help="Measure the units anew that failed according to the record.")
@click.option("--before/--no-before", default=True)
def main(
    folders: tuple[Path, ...], arch: str, defines: tuple[str, ...], include: tuple[str, ...], exclude: tuple[str, ...],
    includes: tuple[Path, ...], only: str, sample: int, jobs: int, record: Path | None, again: bool, before: bool,
) -> None:  # fmt: skip
    """Measure each folder."""
    archs = tuple(arch.split(","))
    kept: dict[str, Any] = json.loads(record.read_text()) if record and record.exists() else {}
    if not folders:
        table(kept)
    for folder in folders:
        started = time.time()
        own = SETTINGS.get(folder.name.rpartition("-")[0], ((), (), ()))
        given = [(*mine, *asked) for mine, asked in zip(own, (defines, include, exclude), strict=True)]
        options = Options(
            archs=archs, defines=given[0], include=given[1], exclude=given[2], folders=includes, jobs=jobs
        )
        project = Project.open(folder, options.include, options.exclude, options.defines)
        kinds = kinds_of(project, {unit.path: project.ported_path(unit.path) for unit in project.units})
        known: dict[str, Any] = kept.setdefault(folder.name, {})
        wanted = [
            path
            for kind in _KINDS
            for path in sorted(path for path in kinds if kinds[path] == kind and only in path)[::sample]
            if (known.get(path, {}).get("after") not in ("ok", None) if again else path not in known)
        ]
        with tempfile.TemporaryDirectory(prefix="packages-") as name:
            out = Path(name)
            report, maps, units = translate_into(project, out, options)
            originals = compile_units(project, includes)
            for at in range(0, len(wanted), _CHUNK):
                taken = set(wanted[at : at + _CHUNK])
                chosen = [unit for unit in units if unit.path in taken]
                done = check_and_repair(out, report, chosen, maps, options, _quiet).units
                stages = {"after": verdicts(done)}
                if before and not again:
                    asis = [unit for unit in originals if unit.path in taken]
                    stages["before"] = verdicts(before_port(folder, asis, archs, jobs))
                for path in sorted(taken):
                    unit = known.setdefault(path, {"kind": kinds[path]})
                    unit.update({stage: found[path] for stage, found in stages.items() if path in found})
                    unit.pop("cause", None)
                for path, cause in causes(done).items():
                    known[path]["cause"] = cause
                if record:
                    record.write_text(json.dumps(kept, indent=1, sort_keys=True))
        all_paths = {unit.path for unit in project.units if not project.by_path[unit.path].kept}
        print(f"{len(known)} of {len(kinds)} units measured, {time.time() - started:.0f} s in this run", flush=True)
        show(folder.name, known, len(all_paths) - len(kinds))


if __name__ == "__main__":
    sys.exit(main())
