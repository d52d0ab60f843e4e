"""How fast the emulator is against plain single-thread C++ loops over the same data, and what its parts cost.

    python benchmarks/emulation.py [--arch gfx942,gfx1100]

Both run in one process, and processor time is compared, so that the ratios hold on a busy machine; only the scaling
over cores needs a quiet one. Prints a table, one row a kernel.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from pathlib import Path

import click

from hipwright.compile import Unit
from hipwright.emulate.build import Side, build, sides
from hipwright.emulate.program import Program
from hipwright.emulate.run import Command, Isolation, RunLimits, Runner
from hipwright.port import Options, port
from hipwright.toolchain import find
from hipwright.toolchain.cuda import find_cuda

SOURCES = Path(__file__).parent / "emulation"
LOOPS = ("saxpy", "matmul", "matmul_tiled", "bodies", "reduction", "stencil", "histogram")
_FAST = ("-O3", "-march=x86-64-v3")


def built(folder: Path, side: Side, cache: Path | None = None) -> tuple[Path, float]:
    """The program for one side, and the seconds that building it took."""
    root = folder / ("cuda" if side.cuda else "hip")
    units = (Unit("kernels.cu", "hip", ("-O2",)), Unit("plain.cpp", "c++", _FAST))
    toolchain = find()
    begin = time.monotonic()
    made = build(
        root, Program("kernels", units), side, folder / "work", toolchain=toolchain,
        cuda=find_cuda(toolchain=toolchain), cache=cache,
    )  # fmt: skip
    if made.executable is None:
        raise click.ClickException("\n".join(f"{each.place}: {each.message}" for each in made.diagnostics))
    return made.executable, time.monotonic() - begin


def run(executable: Path, name: str, folder: Path, threads: int = 1) -> dict[str, float]:
    """What one measurement printed."""
    command = Command(executable, (name,), folder / "runs", environment={"HIPWRIGHT_THREADS": str(threads)})
    result = Runner(Isolation.LIMITS).run(command, RunLimits(seconds=600))
    if not result.ended or result.exit_code:
        raise click.ClickException(f"{name}: {result.how}\n{result.stdout}{result.stderr}")
    return {key: float(value) for key, value in re.findall(r"(\w+) ([\d.]+)", result.stdout.partition(" ")[2])}


@click.command()
@click.option("--arch", default="gfx942,gfx1100")
def main(arch: str) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cuda").mkdir()
        for path in SOURCES.iterdir():
            (folder / "cuda" / path.name).write_bytes(path.read_bytes())
        port(folder / "cuda", folder / "hip", Options(check=False))
        wanted = sides(arch.split(","))
        programs: dict[str, Path] = {}
        for side in wanted:
            _, first = built(folder, side, folder / "cache")
            (folder / ("cuda" if side.cuda else "hip") / "kernels.cu").open("a").write("\n// changed\n")
            programs[side.name], again = built(folder, side, folder / "cache")
            click.echo(f"build {side.name:8} {first:6.1f} s with the emulator's own code, {again:5.1f} s without")
        click.echo(f"\n{'kernel':14} {'plain':>10}" + "".join(f" {side.name:>16}" for side in wanted))
        for loop in LOOPS:
            found = {side.name: run(programs[side.name], loop, folder) for side in wanted}
            first_side = found[wanted[0].name]
            plain = min(each["plain"] / each["items"] for each in found.values())
            row = "".join(
                f" {each['emulated'] / each['items'] * 1e9:7.2f} ({each['emulated'] / each['items'] / plain:5.1f}×)"
                for each in found.values()
            )
            click.echo(f"{loop:14} {plain * 1e9:7.2f} ns{row}  of {first_side['items']:.0f} items")
        for what, key, unit in (
            ("barriers", "emulated", "ns"),
            ("shuffles", "emulated", "ns"),
            ("resident", "bytes", "B"),
        ):
            costs = [run(programs[side.name], what, folder) for side in wanted]
            each = [cost[key] if key == "bytes" else cost[key] / cost["items"] * 1e9 for cost in costs]
            click.echo(f"{what:14} {'':10}" + "".join(f" {value:7.1f} {unit:8}" for value in each) + " a lane")
        cores = os.cpu_count() or 1
        for loop in ("matmul_tiled", "bodies"):
            one, all_ = (run(programs[wanted[-1].name], loop, folder, n)["wall"] for n in (1, cores))
            click.echo(f"{loop:14} {cores} cores are {one / all_:.2f} times as fast as one")


if __name__ == "__main__":
    main()
