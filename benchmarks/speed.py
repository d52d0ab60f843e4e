"""Speed and memory of translating a tree, against bare parsing and against hipify-perl, in one run.

    python benchmarks/speed.py TREE... [--hipify PATH]

Ratios of CPU time in one run: absolute seconds depend on the machine, ratios hardly do. hipify-perl is Debian's package
of that name; it runs over a copy of the same files, as it would be used.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from tree_sitter import Parser

from hipwright.port import Options, translate_into
from hipwright.project import Project
from hipwright.rule import all_rules
from hipwright.source import language


def children() -> float:
    """CPU seconds of ended child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@click.command()
@click.argument("trees", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--hipify", type=click.Path(exists=True, path_type=Path), help="hipify-perl to compare with.")
def main(trees: tuple[Path, ...], hipify: Path | None) -> None:
    """Measure and print the ratios."""
    lines = files = 0
    parse = port = peer = 0.0
    all_rules()
    for tree in trees:
        start = time.process_time()
        project = Project.open(tree)
        opened = time.process_time() - start
        texts = [project.read(file.path) for file in project.code]
        lines += sum(text.count(b"\n") for text in texts)
        files += len(texts)
        start = time.process_time()
        for text in texts:
            Parser(language()).parse(text)
        parse += time.process_time() - start
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            translate_into(project, Path(folder), Options())
            port += opened + time.process_time() - start
        if hipify:
            peer += _hipify(hipify, project)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{lines:,} lines in {files} files; peak memory {peak:.0f} MiB")
    print(f"bare parsing      {parse:8.2f} CPU s")
    print(f"hipwright         {port:8.2f} CPU s   {port / parse:.2f} × parsing; {lines / port:,.0f} lines a CPU second")
    if hipify:
        speed = f"{peer / port:.1f} × hipwright; {lines / peer:,.0f} lines a CPU second"
        print(f"hipify-perl       {peer:8.2f} CPU s   {speed}")


def _hipify(program: Path, project: Project) -> float:
    before = children()
    with tempfile.TemporaryDirectory() as folder:
        for index, file in enumerate(project.code):
            target = Path(folder) / f"{index}{Path(file.path).suffix}"
            shutil.copyfile(project.root / file.path, target)
            subprocess.run(["perl", str(program), str(target)], capture_output=True, check=False)
    return children() - before


if __name__ == "__main__":
    sys.exit(main())
