"""Where the port is written: whole or not at all, never mixed with something else, never into the original."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hipwright.finding import HipwrightError

RECORD = ".hipwright"  # the folder of a port's own record
_STATE = "state.json"


def ensure_free(root: Path, out: Path, force: bool) -> None:
    """Refuse an output that would touch the original, mix with other files, or replace a finished port unasked."""
    root, out = root.resolve(), out.resolve()
    if out == root or root in out.parents or out in root.parents:
        raise HipwrightError(
            f"the output {out} and the original {root} lie inside each other",
            "choose an output folder beside the original: -o DIR",
            2,
        )
    if not out.exists():
        return
    if not out.is_dir():
        raise HipwrightError(f"{out} exists and is no folder", "choose another output: -o DIR", 2)
    if not any(out.iterdir()):
        return
    if not (out / RECORD).is_dir():
        raise HipwrightError(
            f"{out} holds files that hipwright did not write", "choose an empty or a new folder: -o DIR", 2
        )
    if read_state(out).get("stage") == "done" and not force:
        raise HipwrightError(f"{out} already holds a port", "--force replaces it, hand edits included", 2)


def read_state(out: Path) -> dict[str, Any]:
    """How far the run that wrote `out` came: `stage` is `translated`, `checked` or `done`; empty if unknown."""
    try:
        state = json.loads((out / RECORD / _STATE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(out: Path, **state: Any) -> None:
    """Record how far a run came."""
    write_json(out / RECORD / _STATE, state)


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys, whole or not at all."""
    write_file(path, (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode())


def write_file(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file whole or not at all: readers see the old bytes or the new ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name[:200]}.partial")
    with partial.open("wb") as stream:
        stream.write(data)
    if mode is not None:
        partial.chmod(mode & 0o777 | 0o600)
    partial.replace(path)


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A folder to write the whole tree into; it becomes `out` in one step when the block ends without an error.

    What a killed run left behind is thrown away by the next one. Two runs for one output do not mix: the second is
    refused.
    """
    out = out.resolve()
    partial = out.with_name(f".{out.name}.partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir(exist_ok=True)
    except OSError as error:
        raise HipwrightError(
            f"can't write beside {out}: {error.strerror}", "choose a writable output folder: -o DIR"
        ) from error
    handle = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise HipwrightError(f"another run of hipwright writes {out}", "wait for it, or choose another -o") from error
    try:
        tree = partial / "tree"
        if tree.exists():
            shutil.rmtree(tree)
        tree.mkdir()
        yield tree
        old = partial / "old"
        if old.exists():
            shutil.rmtree(old)
        if out.exists():
            out.rename(old)
        tree.rename(out)
    except OSError as error:
        raise HipwrightError(f"can't write {out}: {error}", "is the disk full or read-only?") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(handle)
