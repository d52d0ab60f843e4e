"""A program of a tree: what it is linked from, how it is run, and how exactly its answers have to agree."""

from __future__ import annotations

from dataclasses import dataclass, field

from hipwright.compare import Tolerance
from hipwright.compile import Unit


@dataclass(frozen=True, slots=True)
class Program:
    """An executable of one tree with one way to run it. Paths are POSIX and relative to the tree's root."""

    name: str
    units: tuple[Unit, ...]
    args: tuple[str, ...] = ()
    folder: str = "."  # where it runs
    stdin: str = ""  # a file that is its standard input
    inputs: tuple[str, ...] = ()  # files from outside of the tree, relative to `folder`, that it reads
    files: tuple[str, ...] = ("*",)  # patterns of written files that are compared, relative to the tree
    types: tuple[tuple[str, str], ...] = ()  # pattern → "float16", "float32" or "float64": binary files of numbers
    environment: tuple[tuple[str, str], ...] = ()
    tolerance: Tolerance = field(default_factory=Tolerance)
    timeout: float = 0.0  # seconds a run; 0: what the command line says
    origin: str = ""  # which file says that this program exists: "Makefile:12", "hipwright.toml"
