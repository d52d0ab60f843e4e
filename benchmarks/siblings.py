"""What emulating a GPU costs: HIP ports against the OpenMP versions of the same programs, on the same processor.

    python benchmarks/siblings.py CHECKOUT/src

CHECKOUT is a copy of zjin-lcf/HeCBench that you bring. Of ten programs the port (wavefronts of 32) is emulated, and
the repository's own OpenMP version is built with `g++ -O2 -fopenmp` for the host. Both run on one thread with the
same parameters, each with few and with many repetitions: the difference of the two runs' times is what the kernels
took, without the set-up and the check on the host, which both have. The least of several measurements counts. Only
versions whose own check passes on one thread are taken: others leave most of the work to threads that are not there.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from verified import CASES, staged

from hipwright.compile import Unit
from hipwright.emulate.build import build, sides
from hipwright.finding import HipwrightError
from hipwright.port import Options, port
from hipwright.programs import counterpart, programs
from hipwright.project import Project
from hipwright.toolchain import cache_dir, find
from hipwright.toolchain.cuda import find_cuda

# Arguments with a place for the number of repetitions, and two such numbers.
RUNS: Mapping[str, tuple[str, int, int]] = {
    "accuracy": ("256 1000 10 {}", 1, 21),
    "cobahh": ("10000 {}", 1, 21),
    "cross": ("100000 {}", 1, 21),
    "fluidSim": ("{}", 1, 11),
    "gabor": ("512 512 {}", 1, 21),
    "gelu": ("2 64 512 {}", 1, 21),
    "moe-sum": ("64 1024 {}", 1, 21),
    "nms": ("detections.txt output.txt {}", 1, 6),
    "present": ("2000 {}", 1, 21),
    "scatterAdd": ("10000 32 8 {}", 1, 21),
}


def emulated(root: Path, name: str, work: Path) -> Path:
    """The port's executable for wavefronts of 32."""
    original = staged(root, name, work)
    ported = work / f"{name}-hip"
    if not ported.exists():
        port(original, ported, Options(check=False))
    side = sides(("gfx1100",))[1]
    recorded: dict[str, list[Unit]] = {}
    for each in json.loads((ported / ".hipwright" / "units.json").read_text()):
        recorded.setdefault(each["path"], []).append(Unit(each["path"], each["language"], tuple(each["flags"])))
    program = next(each for each in programs(Project.open(original), ()) if each.name == CASES[name].program)
    found = counterpart(program, programs(Project.open(ported), ()), {}, recorded)
    if found is None:
        raise HipwrightError(f"{name}: the port has no program of this name")
    toolchain = find()
    built = build(ported, found, side, work / "emulated", toolchain=toolchain, cuda=find_cuda(toolchain=toolchain))
    if built.executable is None:
        raise HipwrightError(f"{name}: {built.diagnostics[0].message if built.diagnostics else 'it does not build'}")
    return built.executable


def sibling(root: Path, name: str, work: Path) -> Path:
    """The OpenMP version's executable; what it would offload runs on the host."""
    folder = root / f"{name}-omp"
    text = (folder / "Makefile").read_text()
    includes = [f"-I{folder / each}" for each in re.findall(r"-I(\S+)", text)]
    sources = sorted(map(str, folder.glob("*.cpp")))
    out = work / "sibling"
    command = ["g++", "-O2", "-std=c++17", "-w", "-fopenmp", "-foffload=disable", *includes, *sources, "-o", str(out)]
    subprocess.run(command, check=True)
    return out


def seconds(executable: Path, arguments: str, folder: Path) -> float:
    """Processor time of one run on one thread."""
    environment = {**os.environ, "HIPWRIGHT_THREADS": "1", "OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(executable), *shlex.split(arguments)]
    said = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout
    if re.search(r"\bfail", said, re.I):  # written for a number of threads, it does a part of the work on one
        raise HipwrightError(f"{executable.name} gives a wrong answer on one thread")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def kernels(executable: Path, name: str, folder: Path, rounds: int) -> float:
    """Processor time of the kernels for one repetition."""
    arguments, few, many = RUNS[name]
    times = [min(seconds(executable, arguments.format(count), folder) for _ in range(rounds)) for count in (few, many)]
    return (times[1] - times[0]) / (many - few)


@click.command()
@click.argument("root", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("names", nargs=-1)
@click.option("--rounds", default=3)
def main(root: Path, names: Sequence[str], rounds: int) -> None:
    """Print both times of each program, and their ratio."""
    root = root.resolve()
    print(f"{'program':14}{'arguments':24}{'OpenMP ms':>12}{'HIP@32 ms':>12}{'ratio':>8}")
    failed = 0
    for name in names or tuple(RUNS):
        work = cache_dir() / "hecbench" / name / "src"  # as verified.py leaves it
        try:
            ours, theirs = emulated(root, name, work), sibling(root, name, work)
            mine, plain = (kernels(each, name, work / f"{name}-cuda", rounds) for each in (ours, theirs))
        except (HipwrightError, subprocess.CalledProcessError) as error:
            failed += 1
            print(f"{name:14}{error}", flush=True)
            continue
        shown = RUNS[name][0].format("N")
        print(f"{name:14}{shown:24}{plain * 1e3:12.2f}{mine * 1e3:12.2f}{mine / plain:8.1f}", flush=True)
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
