"""How many units of real packages compile for AMD, before and after a port, and what stops the rest.

    python benchmarks/packages.py FOLDER... [--arch gfx942,gfx1100] [--define NAME] [--exclude GLOB] [--sample N]

    python benchmarks/packages.py FOLDER... [--arch LIST] [--define NAME] [--exclude GLOB] [--only TEXT] [--sample N]
host side and every target compile; one stopped by a header that neither the tree nor ROCm has is counted apart.
--sample takes every Nth unit: PyTorch extensions take minutes each.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from hipwright.compile import Unit, UnitResult
from hipwright.port import Options, check_and_repair, compile_units, run_check, translate_into
from hipwright.project import Project
from hipwright.toolchain import find


def verdicts(results: Sequence[UnitResult]) -> dict[str, str]:
    """Each unit's worst result: ok, missing-header or failed."""
    worst: dict[str, str] = {}
    for result in results:
        state = "ok" if result.ok else "missing-header" if result.status == "missing-header" else "failed"
        rank = ("ok", "missing-header", "failed")
        worst[result.unit.path] = max(worst.get(result.unit.path, "ok"), state, key=rank.index)
    return worst


def tally(results: Sequence[UnitResult]) -> str:
    """Counts of verdicts in one line."""
    counts = Counter(verdicts(results).values())
    counted = counts["ok"] + counts["failed"]
    return f"{counts['ok']:4} of {counted:4} units compile, {counts['missing-header']:3} lack a third-party header"


def causes(results: Sequence[UnitResult]) -> Counter[str]:
    """First error of each failed unit, names taken out, so that like meets like."""
    found: dict[str, str] = {}
    for result in results:
        if not result.ok and result.unit.path not in found:
            errors = [item.message for item in result.diagnostics if "error" in item.severity]
            text = errors[0] if errors else result.status
            found[result.unit.path] = re.sub(r"\s*\(aka [^)]*\)", "", text)[:110]
    return Counter(found.values())


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--arch", default="gfx942,gfx1100")
@click.option("--define", "defines", multiple=True)
@click.option("--include", multiple=True)
@click.option("--exclude", multiple=True)
@click.option("-I", "includes", multiple=True, type=click.Path(exists=True, path_type=Path))
@click.option("--sample", type=int, default=1)
@click.option("--only", default="", help="Take only units whose path has this in it.")
@click.option("--before/--no-before", default=True)
def main(
    folders: tuple[Path, ...], arch: str, defines: tuple[str, ...], include: tuple[str, ...], exclude: tuple[str, ...],
    includes: tuple[Path, ...], sample: int, only: str, before: bool,
) -> None:  # fmt: skip
    """Measure each folder."""
    archs = tuple(arch.split(","))
    options = Options(archs=archs, include=include, exclude=exclude, defines=defines, folders=includes)
    for folder in folders:
        started = time.time()
        project = Project.open(folder, include, exclude, defines)
        with tempfile.TemporaryDirectory(prefix="packages-") as name:
            out = Path(name)
            report, maps, units = translate_into(project, out, options)
            chosen = choose(units, only)[::sample]
            done = check_and_repair(out, report, chosen, maps, options, lambda *_: None)
            print(
                f"{folder.name}: {len(chosen)} of {len(units)} units looked at, {time.time() - started:.0f} s",
                flush=True,
            )
            if before:
                original = choose(compile_units(project, includes), only)[::sample]
                asis = [replace(unit, language="hip") if unit.path.endswith(".cu") else unit for unit in original]
                print(f"  before  {tally(run_check(folder, asis, archs, find(), 0, lambda *_: None))}", flush=True)
            print(f"  after   {tally(done.units)}", flush=True)
            for cause, count in causes(done.units).most_common(12):
                print(f"  {count:7}  {cause}", flush=True)


def choose(units: Sequence[Unit], only: str) -> list[Unit]:
    """The units that are looked at: what the GPU compiler compiles, and host sources of the same kind of path."""
    return [unit for unit in units if only in unit.path]


if __name__ == "__main__":
    sys.exit(main())
