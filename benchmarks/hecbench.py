"""How many of 60 programs of zjin-lcf/HeCBench compile for AMD after a port with no hand edit.

    python benchmarks/hecbench.py CHECKOUT/src [-I DIR]... [--arch gfx942,gfx1100] [NAME ...]

CHECKOUT is a copy of the repository that you bring; -I names folders of third-party headers, such as MPI's. A program
counts when every unit compiles for the host and for every target. Prints one line a program and the total.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import click

from hipwright.finding import HipwrightError
from hipwright.port import Options, port

NAMES = (
    "accuracy aes aop atomicPerf axpby bgmv bitpermute blockAccess bscan cc che cobahh conversion cross "
    "debayer divergence dxtc2 expdist fdtd3d fluidSim gabor gelu gpp halo-finder hexciton hybridsort "
    "ising kiss laplace3d lfib4 logic-rewrite ludb matern mdh mf-sgd minkowski moe-sum multimaterial nms "
    "openmp particlefilter pingpong present quant3MatMul rayleighBenardConvection reverse2D "
    "rowwiseMoments sad scatterAdd sheath slu sortKV split srad storeKVCache svd3x3 threadfence tsne vote "
    "wordcount "
)


class Outcome(NamedTuple):
    """What came of one program."""

    name: str
    units: int
    failed: int
    why: tuple[str, ...]


def one(root: Path, name: str, out: Path, options: Options) -> Outcome:
    """Port and compile one program."""
    try:
        report = port(root / f"{name}-cuda", out / name, options)
    except HipwrightError as error:
        return Outcome(name, 0, 0, (error.message,))
    failed = [result for result in report.units if not result.ok]
    why = [f"{item.place}: {item.title}" for item in report.work] or ([report.unchecked] if report.unchecked else [])
    return Outcome(name, len(report.units), len(failed), tuple(why))


@click.command()
@click.argument("root", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("names", nargs=-1)
@click.option("-I", "folders", multiple=True, type=click.Path(exists=True, path_type=Path))
@click.option("--arch", default="gfx942,gfx1100")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the ports in this folder.")
def main(root: Path, names: tuple[str, ...], folders: tuple[Path, ...], arch: str, keep: Path | None) -> None:
    """Port each program and count those that compile."""
    options = Options(archs=tuple(arch.split(",")), folders=folders, force=True, jobs=1)
    out = keep or Path(tempfile.mkdtemp(prefix="hecbench-"))
    good = 0
    wanted = list(names) or NAMES.split()
    with ProcessPoolExecutor() as pool:
        for outcome in pool.map(one, [root] * len(wanted), wanted, [out] * len(wanted), [options] * len(wanted)):
            compiled = bool(outcome.units) and not outcome.failed and not outcome.why
            good += compiled
            print(f"{'compiles' if compiled else 'FAILS':9}{outcome.name:26}{outcome.units:4} passes", flush=True)
            for reason in outcome.why[:5]:
                print(f"           {reason}")
    print(f"{good} of {len(wanted)} compile for {arch}")
    if keep is None:
        shutil.rmtree(out)
    sys.exit(good != len(wanted))


if __name__ == "__main__":
    main()
