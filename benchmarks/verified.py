"""Execute 60 programs of zjin-lcf/HeCBench on the CPU, original and port, and compare.

    python benchmarks/verified.py CHECKOUT/src [-I DIR]... [--json] [NAME ...]

CHECKOUT is a copy of the repository that you bring; -I names folders of third-party headers, such as MPI's. Each
program is ported with no hand edit and verified with small parameters: CUDA with warps of 32 against HIP with
wavefronts of 64 and of 32. A program counts when it runs to the end on every side and its output is the same, or the
same within the tolerance. Prints one line a program and the total. Results are kept in the cache folder and reused
while neither hipwright nor the parameters change, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import shlex
import shutil
import struct
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from hecbench import NAMES

import hipwright
from hipwright.compare import Verdict, gravest
from hipwright.emulate.run import isolation
from hipwright.finding import HipwrightError
from hipwright.port import Options as PortOptions
from hipwright.port import port
from hipwright.report.verification import as_json
from hipwright.toolchain import cache_dir
from hipwright.verify import ARCHS, Options, verify

Files = Mapping[str, bytes]


# -- inputs that the repository lacks ----------------------------------------------------------------------------------


def _bitmap() -> Files:
    """A picture of 64 × 64 pixels, 24 bits each."""
    size = 64 * 64 * 3
    head = struct.pack("<2sIHHI", b"BM", 54 + size, 0, 0, 54)
    head += struct.pack("<IiiHHIIiiII", 40, 64, 64, 1, 24, 0, size, 0, 0, 0, 0)
    return {"small.bmp": head + random.Random(6).randbytes(size)}


def _graph() -> Files:
    """A sparse graph with some components and one vertex of high degree, as CSR."""
    draw = random.Random(1)
    nodes = 2000
    near: list[set[int]] = [set() for _ in range(nodes)]
    pairs = [(v, draw.randrange(max(0, v - 20), v)) for v in range(1, nodes) if v % 100]
    pairs += [(700, v) for v in range(1, 1400, 2) if v != 700]
    for a, b in pairs:
        near[a].add(b)
        near[b].add(a)
    starts = [0]
    for each in near:
        starts.append(starts[-1] + len(each))
    ends = [v for each in near for v in sorted(each)]
    return {"small.egr": struct.pack(f"<{2 + len(starts) + len(ends)}i", nodes, len(ends), *starts, *ends)}


def _matrices() -> Files:
    draw = random.Random(2)
    count = 500
    rows = [" ".join(f"{draw.uniform(-1, 1):.6f}" for _ in range(9)) for _ in range(count)]
    return {"small.txt": "\n".join([str(count), *rows, ""]).encode()}


def _ratings() -> Files:
    draw = random.Random(3)
    entries = [(draw.randrange(200), draw.randrange(100), float(draw.randrange(1, 6))) for _ in range(4000)]
    return {"src/small.bin": b"".join(struct.pack("<iif", *entry) for entry in entries)}


def _multiplier() -> Files:
    """An 8-bit multiplier of two-input ANDs and inverters, in the binary AIGER format."""
    bits = 8
    ands: list[tuple[int, int, int]] = []

    def both(a: int, b: int) -> int:
        if 0 in (a, b):
            return 0
        out = 2 * (2 * bits + len(ands) + 1)
        ands.append((out, max(a, b), min(a, b)))
        return out

    def either(a: int, b: int) -> int:
        return both(a ^ 1, b ^ 1) ^ 1

    def differ(a: int, b: int) -> int:
        return either(both(a, b ^ 1), both(a ^ 1, b))

    total = [0] * (2 * bits)
    for row in range(bits):
        carry = 0
        for column in range(bits):
            one, other = total[row + column], both(2 * (column + 1), 2 * (bits + row + 1))
            half = differ(one, other)
            total[row + column], carry = differ(half, carry), either(both(one, other), both(half, carry))
        total[row + bits] = carry

    def packed(value: int) -> bytes:
        out = bytearray()
        while value >= 128:
            out.append(value & 127 | 128)
            value >>= 7
        return bytes([*out, value])

    header = f"aig {2 * bits + len(ands)} {2 * bits} 0 {2 * bits} {len(ands)}\n" + "".join(f"{out}\n" for out in total)
    body = b"".join(packed(out - high) + packed(high - low) for out, high, low in ands)
    return {"small.aig": header.encode() + body}


def _picture() -> Files:
    draw = random.Random(4)
    rows = "\n".join(" ".join(str(draw.randrange(256)) for _ in range(96)) for _ in range(80))
    return {"../data/srad/image.pgm": f"P2\n96 80\n255\n{rows}\n".encode()}


def _neighbours() -> Files:
    """Distances to and numbers of the nearest neighbours of random points."""
    draw = random.Random(5)
    points = [[draw.gauss(0, 1) for _ in range(4)] for _ in range(1024)]
    distances, indices = [], []
    for mine in points:
        squares = [(sum((a - b) ** 2 for a, b in zip(mine, other, strict=True)), at) for at, other in enumerate(points)]
        for square, at in sorted(squares)[:32]:
            distances.append(square)
            indices.append(at)
    data = struct.pack(f"<{len(distances)}f", *distances), struct.pack(f"<{len(indices)}q", *indices)
    folders = ("data/cifar10_faissed", "data/mnist_faissed")
    return {f"{folder}/{name}": data[at] for folder in folders for at, name in enumerate(("distances", "indices"))}


# -- the programs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """How a program is run so that it is short, and launches its kernels all the same."""

    runs: tuple[str, ...]  # arguments
    program: str = "main"
    inputs: Callable[[], Files] = dict
    timeout: float = 900  # seconds a run: sizes that are fixed take a quarter of an hour


def _case(*runs: str, **rest: Any) -> Case:
    return Case(runs, **rest)


_TEXTURE = "../dxtc2-sycl/data/lena_std.ppm ../dxtc2-sycl/data/lena_ref.dds"
_BGMV = "--tokens 2 --hidden 64 --rank 16 --loras 4 --repeat 2"

CASES: Mapping[str, Case] = {
    "accuracy": _case("128 1000 10 2"),
    "aes": _case("1 0 small.bmp", "1 1 small.bmp", inputs=_bitmap),
    "aop": _case("-timesteps 10 -paths 1 -runs 1"),
    "atomicPerf": _case("1"),
    "axpby": _case("2"),
    "bgmv": _case(f"--op bgmv_shrink {_BGMV}", f"--op bgmv_shrink --vectorize {_BGMV}", f"--op bgmv_expand {_BGMV}"),
    "bitpermute": _case("1"),
    "blockAccess": _case("256 256 2"),
    "bscan": _case("1"),
    "cc": _case("small.egr 2", inputs=_graph),
    "che": _case("2", inputs=lambda: {"out/keep": b""}),
    "cobahh": _case("1000 2"),
    "conversion": _case("10000 2"),
    "cross": _case("1000 2"),
    "debayer": _case("256 256 2"),
    "divergence": _case("input.txt 10", program="*"),
    "dxtc2": _case(f"{_TEXTURE} 1"),
    "expdist": _case("256 2"),
    "fdtd3d": _case("--dimx=96 --dimy=96 --dimz=96 --timesteps=2"),
    "fluidSim": _case("5"),
    "gabor": _case("64 64 2"),
    "gelu": _case("2 64 512 2"),
    "gpp": _case("32 2 256 8"),
    "halo-finder": _case("0.5 0.1 1000 0.1 2 N 4 rcb", program="*"),
    "hexciton": _case(""),
    "hybridsort": _case("r"),
    "ising": _case("-x 256 -y 256 -w 1 -n 4"),
    "kiss": _case("1"),
    "laplace3d": _case("64 32 32 2 1"),
    "lfib4": _case("1200000"),
    "logic-rewrite": _case("-c 'read small.aig; resyn2; write out.aig'", program="*", inputs=_multiplier),
    "ludb": _case("1"),
    "matern": _case("16 2"),
    "mdh": _case("-itmax 1"),
    "mf-sgd": _case("-k 128 -t 2 -s 256 small.bin small.model", inputs=_ratings),
    "minkowski": _case("1"),
    "moe-sum": _case("8 256 2"),
    "multimaterial": _case("32 32 0.3 0.05 0.05", program="*"),
    "nms": _case("detections.txt output.txt 2"),
    "openmp": _case("1"),
    "particlefilter": _case("-x 64 -y 64 -z 4 -np 1000"),
    "pingpong": _case("", program="*"),
    "present": _case("1000 2"),
    "quant3MatMul": _case("1"),
    "rayleighBenardConvection": _case("3"),
    "reverse2D": _case("256 256 2"),
    "rowwiseMoments": _case("4 32 16 16 4 2"),
    "sad": _case("coins.bmp coin.bmp 2"),
    "scatterAdd": _case("10000 32 8 2", "2000 32 64 2"),
    "sheath": _case(""),
    "slu": _case(""),
    "sortKV": _case("10000 2"),
    "split": _case("8192 2"),
    "srad": _case("2 0.5 96 80", inputs=_picture),
    "storeKVCache": _case("1"),
    "svd3x3": _case("small.txt 2", inputs=_matrices),
    "threadfence": _case("2 100000"),
    "tsne": _case("-k 1024 -n 5", inputs=_neighbours),
    "vote": _case("2"),
    "wordcount": _case("1"),
}


# -- one program -------------------------------------------------------------------------------------------------------


def staged(root: Path, name: str, work: Path) -> Path:
    """A copy of a program's folder with the inputs it lacks, beside copies of the neighbours that it names."""
    work.mkdir(parents=True, exist_ok=True)
    folder = work / f"{name}-cuda"
    if not folder.exists():
        shutil.copytree(root / f"{name}-cuda", folder)
    inputs = CASES[name].inputs()
    for path, data in inputs.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    if beside := [path for path in inputs if path.startswith("../")]:  # no argument names these
        told = f'[[program]]\nname = "{CASES[name].program}"\ninputs = {json.dumps(beside)}\n'
        (folder / "hipwright.toml").write_text(told)
    text = " ".join((*CASES[name].runs, *(path.read_text() for path in root.glob(f"{name}-cuda/**/Makefile"))))
    for neighbour in sorted(set(re.findall(r"(?<![\w/])\.\./([\w-]+)/?", text))):
        if (root / neighbour).is_dir() and not (work / neighbour).exists():
            shutil.copytree(root / neighbour, work / neighbour)
    return folder


def measured(root: Path, name: str, work: Path, porting: PortOptions, options: Options) -> dict[str, Any]:
    """Port a program, run it on every side with each of its parameters, and say what came of it."""
    case = CASES[name]
    options = replace(options, program=case.program, timeout=case.timeout)
    begin = time.monotonic()
    shutil.rmtree(work, ignore_errors=True)
    original = staged(root, name, work / "src")
    ported = work / "src" / f"{name}-hip"  # beside the original, where it finds the same neighbours
    try:
        port(original, ported, porting)
        runs = [
            verify(original, ported, replace(options, args=tuple(shlex.split(arguments)))) for arguments in case.runs
        ]
    except HipwrightError as error:
        return {"name": name, "error": error.message, "runs": [], "seconds": time.monotonic() - begin}
    return {"name": name, "runs": [as_json(each) for each in runs], "seconds": time.monotonic() - begin}


def sides(result: Mapping[str, Any]) -> dict[str, Verdict]:
    """The gravest verdict of each side over all runs."""
    found: dict[str, list[Verdict]] = {}
    for run in result["runs"]:
        for program in run["programs"]:
            for side in program["sides"]:
                found.setdefault(side["side"], []).append(Verdict(side["verdict"]))
    return {side: gravest(verdicts) for side, verdicts in found.items()}


def good(result: Mapping[str, Any]) -> bool:
    """Whether the port did what the original did, on both wave sizes and in every run."""
    ports = [verdict for side, verdict in sides(result).items() if side.startswith("HIP")]
    return bool(ports) and all(verdict.good for verdict in ports)


def reasons(result: Mapping[str, Any]) -> list[str]:
    """What a reader has to know of a program: why it does not count, and what is wrong with the original."""
    found = [result["error"]] if result.get("error") else []
    for run in result["runs"]:
        found += [run["skipped"]] if run["skipped"] else []
        for program in run["programs"]:
            for side in program["sides"]:
                label = f"{program['name']} {side['side']}"
                if side["reason"]:
                    found.append(f"{label}: {side['reason']}")
                for difference in (side["comparison"] or {}).get("differences", ())[:2]:
                    where = f"{difference['where']} {difference['left_line']}"
                    found.append(f"{label}: {where}: {difference['left'][:90]!r} / {difference['right'][:90]!r}")
                for fault in side["faults"][:3]:
                    known = " (the original's)" if fault["original"] else ""
                    place = "{path}:{line}".format(**fault["place"]) if fault["place"] else ""
                    found.append(
                        f"{label}: {place} {fault['kind']}: {fault['message'][:150]} [{fault['kernel']}]{known}"
                    )
    return list(dict.fromkeys(found))


def _code() -> str:
    """Changes with hipwright and with this script."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(Path(hipwright.__file__).parent.rglob("*")):
        if path.suffix in (".py", ".h", ".cpp", ".csv", ".toml"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


@click.command()
@click.argument("root", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("names", nargs=-1)
@click.option("-I", "folders", multiple=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--work", type=click.Path(path_type=Path), help="Where ports and results are kept; in the cache if not told."
)
@click.option("--again", is_flag=True, help="Measure again what was measured with other versions of hipwright.")
@click.option("--unchecked", is_flag=True, help="Quicker: accesses to memory are not checked.")
@click.option("--no-check", "uncompiled", is_flag=True, help="Quicker: ports are only compiled in order to be run.")
@click.option("--jobs", default=2)
@click.option("--json", "as_data", is_flag=True)
def main(
    root: Path,
    names: tuple[str, ...],
    folders: tuple[Path, ...],
    work: Path | None,
    again: bool,
    unchecked: bool,
    uncompiled: bool,
    jobs: int,
    as_data: bool,
) -> None:
    """Port and execute each program, and count those that do what the original does."""
    work = (work or cache_dir() / "hecbench").resolve()
    porting = PortOptions(archs=ARCHS, folders=folders, force=True, check=not uncompiled, jobs=jobs)
    options = Options(isolation=isolation(), folders=folders, checked=not unchecked, jobs=jobs)
    code = _code()
    results = []
    for name in names or NAMES.split():
        stored = work / f"{name}.json"
        result: dict[str, Any] = {}
        if stored.is_file():
            result = json.loads(stored.read_text())
            if again and result["code"] != code:
                result = {}
        asked = {"arguments": list(CASES[name].runs), "checked": not unchecked}
        if {key: result.get(key) for key in asked} != asked:
            result = measured(root, name, work / name, porting, options) | asked | {"code": code}
            stored.write_text(json.dumps(result, default=str))
        results.append(result)
        if not as_data:
            verdicts = "  ".join(f"{side} {verdict}" for side, verdict in sides(result).items())
            print(f"{'same' if good(result) else 'NOT':5}{name:26}{verdicts}  ({result['seconds']:.0f} s)", flush=True)
            for reason in reasons(result):
                print(f"        {reason}", flush=True)
    total = sum(map(good, results))
    if as_data:
        print(json.dumps(results, default=str))
    else:
        print(f"{total} of {len(results)} do what the original does, on both wave sizes")
    sys.exit(total != len(results))


if __name__ == "__main__":
    main()
