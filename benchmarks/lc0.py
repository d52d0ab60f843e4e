"""Verify the kernels of LeelaChessZero/lc0 by themselves, and see that emptied fp16 kernels are caught.

    python benchmarks/lc0.py CHECKOUT GENERATED [--kernel NAME] [--seed N] [--json]

CHECKOUT is a copy of the repository that you bring; GENERATED holds `trace_config.h` and `proto/net.pb.h`, which lc0's
own build makes. Its CUDA kernels are ported with no hand edit and launched one by one: CUDA with warps of 32 against
HIP with wavefronts of 64 and of 32. Then those of a port in which a guard empties the fp16 kernels for the device, as
an undefined macro does. Prints one line a kernel and the totals.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click

from hipwright.compare import Verdict
from hipwright.emulate.run import isolation
from hipwright.port import Options as PortOptions
from hipwright.port import port
from hipwright.report.verification import Verification
from hipwright.verify import ARCHS, Options, verify

FOLDER = "src/neural/backends/cuda"
GUARDED = f"{FOLDER}/fp16_kernels.cu"
_KEPT = "#if defined(__HIP_DEVICE_COMPILE__)"


def emptied(tree: Path, out: Path) -> list[str]:
    """Copy a port and hide from the compiler what its fp16 kernels guard; the kernels that lose their bodies."""
    shutil.copytree(tree, out, symlinks=True)
    path = out / GUARDED
    text = path.read_text("utf-8")
    path.write_text(text.replace(_KEPT, "#if defined(__HIP_ARCH__)"), "utf-8")
    return re.findall(rf"\bvoid\s+(\w+)\s*\([^{{;]*\)\s*\{{\s*{re.escape(_KEPT)}", text)


def show(title: str, found: Verification, seconds: float) -> None:
    """One line a kernel."""
    print(f"\n{title}: {len(found.alone)} kernels, {seconds:.0f} s")
    for kernel in found.alone:
        why = kernel.launch if kernel.verdict.bad else kernel.sides[0].reason
        tried = f"{kernel.launches:3} of {kernel.tried:3} launches"
        print(f"  {kernel.verdict.value:10} {tried}  {kernel.name[:100]}  {why[:200]}")
    good = sum(kernel.verdict.good for kernel in found.alone)
    bad = sum(kernel.verdict.bad for kernel in found.alone)
    unknown = sum(kernel.verdict is Verdict.NOT_RUN for kernel in found.alone)
    print(f"  {good} agree, {bad} differ, {unknown} not known, {len(found.alone) - good - bad - unknown} otherwise")


def _progress(step: str, done: int, total: int, name: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {step} {done} of {total} {name[:120]}", file=sys.stderr, flush=True)


@click.command()
@click.argument("checkout", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("generated", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--kernel", default="lczero", help="Only kernels with this in their name.")
@click.option("--seed", default=0)
@click.option("--json", "as_data", is_flag=True)
def main(checkout: Path, generated: Path, kernel: str, seed: int, as_data: bool) -> None:
    """Run both verifications."""
    options = Options(folders=(generated,), isolation=isolation(), kernel=kernel, seed=seed, layouts=False)
    with tempfile.TemporaryDirectory(prefix="hipwright-lc0-") as scratch:
        ported, broken = Path(scratch) / "port", Path(scratch) / "emptied"
        port(checkout, ported, PortOptions(archs=ARCHS, include=(f"{FOLDER}/*",), folders=(generated,), check=False))
        runs = [("port", ported, options)]
        runs += [(f"emptied {name}", broken, replace(options, kernel=name)) for name in emptied(ported, broken)]
        results = {}
        for title, tree, each in runs:
            begin = time.monotonic()
            results[title] = verify(checkout, tree, each, _progress)
            if not as_data:
                show(title, results[title], time.monotonic() - begin)
    if as_data:
        shown = {title: {each.name: each.verdict for each in found.alone} for title, found in results.items()}
        json.dump(shown, sys.stdout, indent=1)
    whole, *gone = results.values()
    if whole.exit_code or not gone or any(each.exit_code != 1 for each in gone):
        sys.exit(1)


if __name__ == "__main__":
    main()
