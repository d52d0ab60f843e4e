"""Compiles one probe per row of the name tables against ROCm headers; a row that does not compile is named.

All rows share two translation units, each line of which stands for one row, so the whole table takes seconds:

    python scripts/probe_names.py --rocm ROCM/include
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from clang_headers import Clang, hip_clang
from generate_names import HIP_HEADERS, STRUCTURES, TABLES


@dataclass(frozen=True, slots=True)
class Probe:
    """A HIP name that has to exist: what it stands for in messages, and the code that needs it."""

    label: str
    name: str
    code: str


_ERROR = re.compile(r"probe\.cu:(\d+):\d+: (?:fatal )?error: (.*)")


def probe_name(label: str, name: str, kind: str) -> Probe:
    """Return the probe of one HIP name: it is usable where a reference to it compiles."""
    if kind == "member":
        return Probe(label, name, f"using probed = decltype(::{name});")
    if kind == "namespace":
        return Probe(label, name, f"namespace probed = ::{name};")
    return Probe(label, name, f"using ::{name};")


def failures(clang: Clang, headers: Iterable[str], probes: list[Probe]) -> dict[str, str]:
    """Return label → the compiler's message for every probe that does not compile."""
    lines = [f"#include <{header}>" for header in headers]
    owners: dict[int, Probe] = {}
    for number, probe in enumerate(probes):
        # A macro is there when it is defined; everything else when it can be named.
        guard = probe.name if re.fullmatch(r"\w+", probe.name) else "HIPWRIGHT_NOT_A_MACRO"
        lines.append(f"#ifndef {guard}")
        lines.append(f"namespace hipwright_probe_{number} {{ {probe.code} }}")
        owners[len(lines)] = probe
        lines.append("#endif")
    result = clang.run("\n".join(lines) + "\n")
    found: dict[str, str] = {}
    for message in result.stderr.splitlines():
        error = _ERROR.search(message)
        if error is None:
            continue
        owner = owners.get(int(error[1]))
        if owner is None:
            raise SystemExit(f"the headers do not compile: {message}")
        found.setdefault(owner.label, error[2])
    if result.returncode and not found:
        raise SystemExit(result.stderr[:2000])
    return found


def read_rows(folder: Path) -> list[dict[str, str]]:
    """Return the rows of all tables as they stand on disk."""
    rows = []
    for table in sorted(folder.glob("*.csv")):
        with table.open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))
    return rows


def probes_of(rows: list[dict[str, str]]) -> tuple[list[Probe], list[Probe]]:
    """Return the probes of all rows with a HIP name, split by the two sets of headers that cannot be combined."""
    owners = {row["cuda"]: row["hip"] for row in rows if row["kind"] in ("type", "class")}
    main: list[Probe] = []
    fp4: list[Probe] = []
    for row in rows:
        if not row["hip"]:
            continue
        name = row["hip"]
        if row["kind"] == "member":
            struct = owners[row["cuda"].split("::")[0]]
            name = f"{STRUCTURES.get(struct, struct)}::{name}"
        (fp4 if row["library"] == "fp4" else main).append(probe_name(row["cuda"], name, row["kind"]))
    return main, fp4


def main() -> None:
    """Probe every row and exit with 1 if any fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rocm", type=Path, required=True, help="include directory of ROCm 7 or later")
    parser.add_argument("--arch", default="gfx942")
    parser.add_argument("--tables", type=Path, default=TABLES)
    arguments = parser.parse_args()
    clang = hip_clang(arguments.rocm.resolve(), arguments.arch)
    groups = probes_of(read_rows(arguments.tables))
    failed: dict[str, str] = {}
    for headers, probes in zip(HIP_HEADERS, groups, strict=True):
        failed |= failures(clang, headers, probes)
    for label, message in sorted(failed.items()):
        print(f"{label}: {message}")
    print(f"{sum(map(len, groups))} rows probed on {arguments.arch}, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
