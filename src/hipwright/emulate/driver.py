"""Launch single kernels of a built driver (runtime/driver), one request after the other, and see what they changed.

The driver lives in the sandbox that every program of a project lives in; requests and answers go through two pipes in
its work folder. Each launch has a process and memory of its own.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from hipwright.emulate.run import Command, RunLimits, Runner, RunResult

_SECONDS = 24 * 3600.0  # that a driver may live; each launch has its own limit
_POLL = 0.2

Dim = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Fill:
    """How memory is filled: `count` values of a kind at `offset` of each `stride` bytes.

    `mode` is "raw" (any bits), "uniform" or "whole" (numbers from low to high), or "ascending" (from low, by high).
    """

    target: str  # the number of an arena, or @name of a variable
    kind: str  # "i32", "f16", ...
    mode: str
    low: float = 0
    high: float = 0
    seed: int = 0
    offset: int = 0
    stride: int = 0  # 0: one value after the other
    count: int = 1


@dataclass(frozen=True, slots=True)
class Link:
    """Pointers in memory, as `Fill`: into the arena `to` (-1: null), each `step` bytes behind the one before."""

    target: str
    to: int
    at: int = 0
    step: int = 0
    offset: int = 0
    stride: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Set:
    """A pointer in an argument, `offset` bytes from its start."""

    argument: int
    offset: int
    to: int  # arena; -1: null
    at: int = 0


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch of a kernel, with everything that it can read."""

    grid: Dim
    block: Dim
    lds: int = 0  # dynamic, bytes
    arenas: tuple[int, ...] = ()  # bytes of each
    arguments: tuple[bytes, ...] = ()
    pointers: tuple[Set, ...] = ()
    fills: tuple[Fill, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of memory of which a kernel changed something."""

    target: str
    offset: int
    new: bytes
    old: bytes


@dataclass(frozen=True, slots=True)
class Ran:
    """How a launch ended: "ended", "fault", "crash", "time", "limits", "unsupported", "refused"."""

    how: str
    events: tuple[Mapping[str, Any], ...] = ()
    said: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def faults(self) -> tuple[Mapping[str, Any], ...]:
        """What the emulator reported; that a kernel wrote nothing shows by itself."""
        events = (event for event in self.events if event.get("kind") == "fault")
        return tuple(event for event in events if event.get("fault") != "wrote-nothing")


@dataclass(frozen=True, slots=True)
class KernelFacts:
    """What the built code says of a kernel."""

    max_block: int  # lanes; 0: not stated
    static_lds: int
    sizes: tuple[int, ...]  # bytes of each parameter


@dataclass(frozen=True, slots=True)
class Inside:
    """The kernels and device variables of a driver; a variable has its size, and whether it starts as zeros."""

    kernels: Mapping[str, KernelFacts]
    variables: Mapping[str, tuple[int, bool]]


class DriverError(Exception):
    """The driver itself ended."""


class Driver:
    """A running driver."""

    def __init__(self, executable: Path, runner: Runner, settings: Mapping[str, str], memory: int = 4 << 30) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hipwright-kernels-")
        work = Path(self._folder.name)
        for name in ("requests", "answers"):
            os.mkfifo(work / name)
        shutil.copy2(executable, work / "driver")
        # Open for both directions: neither end then waits for the other one to come.
        self._requests = os.open(work / "requests", os.O_RDWR)
        self._answers = os.open(work / "answers", os.O_RDWR)
        self._buffer = bytearray()
        self._result: RunResult | None = None
        command = Command(Path("driver"), ("requests", "answers"), work, environment=settings)
        limits = RunLimits(seconds=_SECONDS, memory=memory)
        self._thread = threading.Thread(target=self._live, args=(runner, command, limits), daemon=True)
        self._thread.start()

    def _live(self, runner: Runner, command: Command, limits: RunLimits) -> None:
        try:
            self._result = runner.run(command, limits)
        except (KeyboardInterrupt, OSError):
            return

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the driver."""
        if self._thread.is_alive():
            self._say("quit\n")
            self._thread.join(10)
        os.close(self._requests)
        os.close(self._answers)
        self._folder.cleanup()

    def describe(self) -> Inside:
        """What was built."""
        self._say("describe\n")
        kernels: dict[str, KernelFacts] = {}
        variables: dict[str, tuple[int, bool]] = {}
        for line in self._answer()[2].decode().splitlines():
            what, name, *numbers = line.split(" ")
            values = [int(each) for each in numbers]
            if what == "kernel":
                kernels[name] = KernelFacts(values[0], values[1], tuple(values[2:]))
            else:
                variables[name] = values[0], bool(values[1])
        return Inside(kernels, variables)

    def ask(self, kernel: str, launch: Launch, milliseconds: int, *, unfused: bool = False) -> None:
        """Begin a launch; `answer` has what came of it. `unfused`: every product and sum is rounded by itself."""
        size = " ".join(map(str, (*launch.grid, *launch.block, launch.lds, 0, milliseconds)))
        lines = [f"kernel {kernel} {size}", *(f"arena {each}" for each in launch.arenas)]
        lines += ["unfused"] * unfused
        lines += [f"argument {each.hex()}" for each in launch.arguments]
        lines += [f"set {each.argument} {each.offset} {each.to} {each.at}" for each in launch.pointers]
        for fill in launch.fills:
            numbers = f"{fill.low!r} {fill.high!r} {fill.seed}"
            place = f"{fill.target} {fill.offset} {fill.stride} {fill.count}"
            lines.append(f"fill {place} {fill.kind} {fill.mode} {numbers}")
        for link in launch.links:
            place = f"{link.target} {link.offset} {link.stride} {link.count}"
            lines.append(f"pointer {place} {link.to} {link.at} {link.step}")
        self._say("\n".join([*lines, "go", ""]))

    def answer(self) -> Ran:
        """What came of the launch that was asked for."""
        how, events, said, data = self._answer()
        return Ran(how, tuple(_events(events)), said.decode("utf-8", "replace"), tuple(_changes(data)))

    def _say(self, text: str) -> None:
        data = text.encode()
        while data:
            _, ready, _ = select.select([], [self._requests], [], _POLL)
            if ready:
                data = data[os.write(self._requests, data[:4096]) :]
            elif not self._thread.is_alive():
                raise DriverError(self._ending())

    def _answer(self) -> tuple[str, bytes, bytes, bytes]:
        head = self._line().split()
        parts = [self._take(int(size)) for size in head[1:]]
        return head[0], parts[0], parts[1], parts[2]

    def _line(self) -> str:
        while (end := self._buffer.find(b"\n")) < 0:
            self._more()
        return self._take(end + 1).decode()

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _more(self) -> None:
        while True:
            ready, _, _ = select.select([self._answers], [], [], _POLL)
            if ready:
                self._buffer += os.read(self._answers, 1 << 20)
                return
            if not self._thread.is_alive():
                raise DriverError(self._ending())

    def _ending(self) -> str:
        result = self._result
        return f"the launches' program ended: {result.how}" if result else "the launches' program was stopped"


def _events(text: bytes) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue  # one that a crash cut off
        if isinstance(event, dict):
            found.append(event)
    return found


def _changes(data: bytes) -> list[Change]:
    found = []
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        target, offset, length = data[at:end].decode().split(" ")
        size = int(length)
        new = data[end + 1 : end + 1 + size]
        old = data[end + 1 + size : end + 1 + 2 * size]
        # Arenas are numbered, variables named; a mangled name never is a number.
        found.append(Change(target if target.isdigit() else f"@{target}", int(offset), new, old))
        at = end + 1 + 2 * size
    return found
