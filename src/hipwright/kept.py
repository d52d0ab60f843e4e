"""Results that hold as long as the files do that they were made from: what a compiler made, by what it read."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hipwright.toolchain import write_atomic


def signature(root: Path, path: str) -> str:
    """What changes when a file does: its content in the tree (`path` is relative then), size and time outside."""
    try:
        if not path.startswith("/"):
            return hashlib.sha256((root / path).read_bytes()).hexdigest()
        status = Path(path).stat()
    except OSError:
        return "absent"
    return f"{status.st_size} {status.st_mtime_ns}"


def load(entry: Path, root: Path) -> Any:
    """What was stored; None if there is nothing, or a file that it was made from has changed."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        stored = json.loads(entry.read_bytes())
        if all(signature(root, path) == value for path, value in stored["files"].items()):
            return stored["data"]
    return None


def store(entry: Path, root: Path, files: Iterable[str], data: Any) -> None:
    """Keep plain data with the files that it was made from. A full disk is no reason to fail."""
    record = {"files": {path: signature(root, path) for path in sorted(set(files))}, "data": data}
    with contextlib.suppress(OSError):
        write_atomic(entry, json.dumps(record).encode("utf-8", "surrogateescape"))
