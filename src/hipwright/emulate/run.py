"""Run a built program of an untrusted project: in a sandbox, with limits, and to a bounded end.

With bubblewrap the program sees the system's libraries and its own work folder, and nothing else: no network, no home,
no other process. Without it there are only limits and a clean environment, which is no boundary; so a caller has to
have the user's consent (`Isolation.SANDBOX` never falls back by itself).
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from hipwright.finding import HipwrightError

_OUTPUT_LIMIT = 16 << 20  # bytes that are kept of each of a program's streams
_REPORT_LIMIT = 64 << 20  # bytes of events that are read
_POLL = 0.05  # seconds between two looks at the memory in use
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt", "/etc/ld.so.cache", "/etc/ld.so.conf",
           "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime")  # fmt: skip
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Isolation(StrEnum):
    """What stands between a program and the machine."""

    SANDBOX = "bubblewrap"
    LIMITS = "limits only"


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one run may use. Memory is what is resident: fibers reserve far more addresses than they ever touch."""

    seconds: float = 300.0
    memory: int = 8 << 30  # bytes
    file_size: int = 2 << 30  # bytes of one written file
    processes: int = 256  # that the run may add, threads included


@dataclass(frozen=True, slots=True)
class Command:
    """What to run and what it may see. `work` is the only folder that it may write."""

    executable: Path  # relative: to where it starts
    args: tuple[str, ...]
    work: Path
    folder: str = "."  # below `work`: where it starts
    stdin: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()  # folders it reads beside the system's and its own
    devices: tuple[Path, ...] = ()  # of a GPU that it runs on


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended, what it wrote, and what the emulator reported of it."""

    exit_code: int  # 0 where a signal or a limit ended it
    signal: str = ""  # such as SIGSEGV
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False  # a stream or the events were longer than what is kept
    timeout: bool = False
    out_of_memory: bool = False
    events: tuple[Mapping[str, Any], ...] = ()
    files: tuple[str, ...] = ()  # written or changed below `work`, POSIX, sorted
    seconds: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether the program came to an end of its own."""
        return not (self.signal or self.timeout or self.out_of_memory)

    @property
    def how(self) -> str:
        """How it ended, in a few words."""
        if self.timeout:
            return "stopped: out of time"
        if self.out_of_memory:
            return "stopped: out of memory"
        return f"ended by {self.signal}" if self.signal else f"exit code {self.exit_code}"


@lru_cache(maxsize=1)
def sandbox() -> tuple[str, ...]:
    """The bubblewrap of this machine with our arguments, if it is installed and may make namespaces; else nothing."""
    program = shutil.which("bwrap")
    if not program:
        return ()
    command = [program, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--dev", "/dev"]
    command += ["--proc", "/proc", "--tmpfs", "/tmp"]
    for path in _SYSTEM:
        # A merged /usr has links where an older system has folders; both are bound as what they lead to.
        command += ["--ro-bind-try", path, path]
    try:
        tried = subprocess.run([*command, "/bin/sh", "-c", "exit 7"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(command) if tried.returncode == 7 else ()


def isolation() -> Isolation:
    """The best that this machine offers."""
    return Isolation.SANDBOX if sandbox() else Isolation.LIMITS


class Runner:
    """Starts programs, and ends what still runs when it is told to: a run must not outlive a Ctrl-C."""

    def __init__(self, how: Isolation) -> None:
        if how is Isolation.SANDBOX and not sandbox():
            raise HipwrightError(
                "no sandbox: bubblewrap is not installed, or may not make namespaces here",
                "install bubblewrap, or run the project's programs without a sandbox: --yes",
            )
        self.how = how
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(self, command: Command, limits: RunLimits = RunLimits()) -> RunResult:
        """Run a program to its end, or to that of its limits."""
        command.work.mkdir(parents=True, exist_ok=True)
        before = _stamps(command.work)
        with tempfile.TemporaryDirectory(prefix="hipwright-run-") as scratch:
            notes = Path(scratch) / "events"
            notes.touch()
            with (Path(scratch) / "out").open("w+b") as out, (Path(scratch) / "err").open("w+b") as err:
                begin = time.monotonic()
                process, stopped = self._to_the_end(command, notes, out.fileno(), err.fileno(), limits)
                seconds = time.monotonic() - begin
                stdout, more = _kept(out.fileno())
                stderr, yet_more = _kept(err.fileno())
            events, cut = _events(notes)
            code = process.returncode
            # bubblewrap hands on a child's signal as the shell does.
            number = -code if code < 0 else code - 128 if self.how is Isolation.SANDBOX and 128 < code < 193 else 0
            timeout = stopped == "time" or number == signal.SIGXCPU
            memory = stopped == "memory"
            return RunResult(
                exit_code=code if not number and not stopped else 0,
                signal="" if timeout or memory or not number else _signal_name(number),
                stdout=stdout,
                stderr=stderr,
                truncated=more or yet_more or cut,
                timeout=timeout,
                out_of_memory=memory,
                events=events,
                files=tuple(sorted(path for path, stamp in _stamps(command.work).items() if before.get(path) != stamp)),
                seconds=seconds,
            )

    def stop(self) -> None:
        """End whatever is running and start nothing more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill(process)

    def _to_the_end(
        self, command: Command, notes: Path, out: int, err: int, limits: RunLimits
    ) -> tuple[subprocess.Popen[bytes], str]:
        """The ended process, and which limit ended it: "time", "memory", or nothing."""
        # The shell waits for a line before it becomes the program, so that the limits are set by then: setting them
        # between fork and exec would run Python in a copy of a process with threads.
        script = 'read -r _; cd "$1" || exit 126; exec <"$2"; shift 2; exec "$@"'
        places = [str(command.work / command.folder), str(command.stdin or os.devnull)]
        process: subprocess.Popen[bytes] | None = None
        try:
            with self._lock:
                if self._stopped:
                    raise KeyboardInterrupt
                process = subprocess.Popen(
                    ["/bin/sh", "-c", script, "sh", *places, *self._line(command, notes)],
                    stdin=subprocess.PIPE, stdout=out, stderr=err, start_new_session=True,
                    env=_environment(command, notes),
                )  # fmt: skip
                self._running.add(process)
            _limit(process.pid, limits)
            if process.stdin:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(b"\n")
                    process.stdin.close()
            return process, _watch(process, limits)
        finally:
            if process:
                _kill(process)
                with self._lock:
                    self._running.discard(process)

    def _line(self, command: Command, notes: Path) -> list[str]:
        absolute = command.executable.is_absolute()
        program = [str(command.executable) if absolute else f"./{command.executable}", *command.args]
        if self.how is Isolation.LIMITS:
            return program
        line = list(sandbox())
        for path in (*((command.executable.parent,) if absolute else ()), *command.readable):
            line += ["--ro-bind", str(path), str(path)]
        for path in command.devices:  # the driver's library also reads what the system says of its devices
            line += ["--dev-bind-try", str(path), str(path), "--ro-bind-try", "/sys", "/sys"]
        line += ["--bind", str(command.work), str(command.work), "--bind", str(notes), str(notes)]
        for name, value in _environment(command, notes).items():
            line += ["--setenv", name, value]
        return [*line, "--chdir", str(command.work / command.folder), "--", *program]


def _environment(command: Command, notes: Path) -> dict[str, str]:
    """Nothing of the user's: a program must not see tokens, nor answer differently for a name or a language."""
    home = str(command.work)
    return {
        "PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": "/tmp", "LC_ALL": "C", "TZ": "UTC", "OMP_NUM_THREADS": "1",
        **command.environment, "HIPWRIGHT_REPORT": str(notes),
    }  # fmt: skip


def _limit(pid: int, limits: RunLimits) -> None:
    """Set what the kernel itself can limit. Addresses are not limited: each fiber's stack is reserved in full."""
    seconds = int(limits.seconds * (os.cpu_count() or 1)) + 1  # of processor time: blocks run on every core
    wanted = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: _own_threads() + limits.processes,
    }
    for which, value in wanted.items():
        with contextlib.suppress(OSError, ValueError):
            _, hard = resource.prlimit(pid, which)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.prlimit(pid, which, (value, value))
    with contextlib.suppress(OSError):  # if the machine does run out of memory, this is what should end
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


def _own_threads() -> int:
    """Threads that the user has already: the kernel's limit counts them all."""
    uid, count = os.getuid(), 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == uid:
                    count += sum(1 for _ in (entry / "task").iterdir())
    return count


def _watch(process: subprocess.Popen[bytes], limits: RunLimits) -> str:
    """Wait for the end; say which limit was passed."""
    end = time.monotonic() + limits.seconds
    while True:
        left = end - time.monotonic()
        if left <= 0:
            return "time"
        try:
            process.wait(min(_POLL, left))
            return ""
        except subprocess.TimeoutExpired:
            if _resident(process.pid) > limits.memory:
                return "memory"


def _resident(pid: int) -> int:
    """Bytes of memory that a process and all below it hold."""
    total, pending = 0, [pid]
    while pending:
        one = pending.pop()
        with contextlib.suppress(OSError, ValueError, IndexError):
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * _PAGE
            for task in Path(f"/proc/{one}/task").iterdir():
                pending += map(int, (task / "children").read_text().split())
    return total


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started; the group outlives its leader."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _kept(handle: int) -> tuple[str, bool]:
    """A stream's text, and whether there was more than is kept."""
    size = os.fstat(handle).st_size
    data = os.pread(handle, _OUTPUT_LIMIT, 0)
    return data.decode("utf-8", "replace"), size > len(data)


def _events(path: Path) -> tuple[tuple[Mapping[str, Any], ...], bool]:
    """The emulator's lines of JSON, and whether there were more; one that a crash cut off is passed over."""
    with path.open("rb") as stream:
        data = stream.read(_REPORT_LIMIT)
        cut = bool(stream.read(1))
    found: list[Mapping[str, Any]] = []
    for line in data.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and isinstance(event.get("kind"), str):
            found.append(event)
    return tuple(found), cut


def _stamps(root: Path) -> dict[str, tuple[int, int]]:
    """Every regular file below a folder with its size and time."""
    found: dict[str, tuple[int, int]] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            with contextlib.suppress(OSError):
                status = path.lstat()
                if not path.is_symlink() and path.is_file():
                    found[path.relative_to(root).as_posix()] = (status.st_size, status.st_mtime_ns)
    return found


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
