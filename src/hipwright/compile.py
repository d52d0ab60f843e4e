"""Ask clang whether a ported tree compiles: each unit for every AMD target down to a linked code object, and the host.

A device pass that stops at IR or assembly would accept broken inline assembly, so each one is assembled and linked.
What the compiler says comes back with places of the original tree; what it built comes back as resources per kernel.
Results are kept by content, so an unchanged unit costs nothing the second time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from hipwright.codeobject import CodeObjectError, kernels_of
from hipwright.finding import Diagnostic, Place
from hipwright.kept import signature
from hipwright.messages import CRASHED, demangled, is_cuda_header, is_rocm_header, messages, missing_header, remarks
from hipwright.precompiled import Precompiled, dependencies, dependency_flags
from hipwright.resources import KernelResources
from hipwright.toolchain import Toolchain, write_atomic
from hipwright.toolchain.torch import TorchHeaders

HOST = "host"

_OUTPUT_LIMIT = 8 << 20  # bytes of compiler messages that are read
_ERROR_LIMIT = 200
_PATIENCE = 6  # times its CPU seconds that a compiler may take on a busy machine
_SKIPPED_FOLDERS = {".git", ".hg", ".svn", ".hipwright", "__pycache__"}

LineMap = Callable[[str, int], tuple[str, int] | None]
Progress = Callable[[int, int, str], None]  # done, all, what was just done


@dataclass(frozen=True, slots=True)
class Unit:
    """One translation unit of a ported tree."""

    path: str  # POSIX, relative to the tree's root
    language: str = "hip"  # "hip", "c++" or "c"
    flags: tuple[str, ...] = ()  # clang's spelling; folders relative to the root, or absolute
    torch: bool = False  # a PyTorch extension: compiled against PyTorch's headers


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What came of one unit on one target, or of its host side."""

    unit: Unit
    arch: str  # a target such as gfx942, or "host"
    status: str  # "ok", "failed", "missing-header", "timeout" or "crash"
    diagnostics: tuple[Diagnostic, ...] = ()
    kernels: tuple[KernelResources, ...] = ()
    missing_header: str = ""  # what stopped it where status is "missing-header": neither the tree's nor the toolchain's
    cached: bool = False

    @property
    def ok(self) -> bool:
        """Whether the unit compiled."""
        return self.status == "ok"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run of the compiler may use: macros and templates of hostile code have no end."""

    seconds: int = 900  # of CPU; real units with many template instances take several minutes
    memory: int = 8 << 30  # bytes of address space


def check(
    root: Path,
    units: Iterable[Unit],
    archs: Sequence[str],
    toolchain: Toolchain,
    *,
    jobs: int = 0,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
    line_map: LineMap | None = None,
    torch: TorchHeaders | None = None,
    limits: Limits | None = None,
) -> list[UnitResult]:
    """Compile every unit of the tree `root` for its host side and each of `archs`, in parallel.

    `line_map` takes a line of the tree to one of the original; `torch` is what PyTorch extensions are compiled with.
    Results come in the order of the units, host first.
    """
    root = root.resolve()
    run = _Run(root, toolchain, _names(root), cache_dir, torch, limits or Limits())
    wanted = sorted(set(units), key=lambda unit: (unit.path, unit.language, unit.flags))
    tasks = [(unit, arch) for unit in wanted for arch in (HOST, *(archs if unit.language == "hip" else ()))]
    run.plan(tasks)
    results: dict[tuple[Unit, str], UnitResult] = {}
    pool = ThreadPoolExecutor(max_workers=jobs or os.cpu_count() or 1)
    try:
        futures = {pool.submit(run.compile, unit, arch): (unit, arch) for unit, arch in tasks}
        for done, future in enumerate(as_completed(futures), 1):
            unit, arch = futures[future]
            results[unit, arch] = future.result()
            if progress:
                progress(done, len(tasks), f"{unit.path} [{arch}]")
    finally:
        # Also on Ctrl-C: the compilers run in process groups of their own and would outlive us.
        run.stop()
        pool.shutdown(wait=True, cancel_futures=True)
        if run.precompiled:
            run.precompiled.prune()
    return [_placed(results[task], line_map) for task in tasks]


def _placed(result: UnitResult, line_map: LineMap | None) -> UnitResult:
    """The result with places of the original tree, kernels with readable names."""

    def original(place: Place) -> Place:
        found = line_map(place.path, place.line) if line_map else None
        return Place(found[0], found[1], place.column) if found else place

    return replace(
        result,
        diagnostics=tuple(replace(item, place=original(item.place)) for item in result.diagnostics),
        kernels=tuple(
            replace(item, name=demangled(item.symbol), place=original(item.place) if item.place else None)
            for item in result.kernels
        ),
    )


# -- commands ----------------------------------------------------------------------------------------------------------

# A tree's build files are not trusted: only flags that can't load a plug-in, or write files, are passed on.
_FLAG = re.compile(
    r"""-(?: [DU].+ | I.+ | std=[\w+]+ | O(?:[0123sz]|fast)? | w | Wno-[\w-]+ | pthread
      | m(?!llvm|linker)[a-z][\w-]*(?:=[\w.,+-]+)?
      | f(?:no-)?(?:PIC|pic|PIE|pie|permissive|openmp|fast-math|fp-|unsafe|finite|honor|associative|reciprocal|signed
          |unsigned|rounding|trapping|math|denormal|approx|gpu-|cuda-|hip-|visibility|template-|constexpr|bracket-|char8
          |exceptions|rtti|strict|wrapv|inline|unroll|vectorize|slp|ms-|short|aligned|sized|coroutines|delayed|gnu
          |input-charset|declspec|lax|operator|threadsafe|access|builtin|function-sections|data-sections|omit|stack-prot
          |common|merge|semantic|concepts|relaxed|extended|asm|tree-)[\w-]*(?:=[\w.,+-]+)?
    )""",
    re.X,
)
_OLD_STANDARDS = frozenset({"98", "03", "0x", "11", "1y", "14"})
_FLAG_WITH_VALUE = frozenset({"-I", "-D", "-U", "-isystem", "-iquote", "-idirafter", "-include"})
_FLAG_AND_VALUE_DROPPED = frozenset(
    {"-Xclang", "-Xlinker", "-Xassembler", "-Xpreprocessor", "-mllvm", "-o", "-x", "-target", "-arch", "-L", "-l", "-T",
     "-MF", "-MT", "-MQ", "-include-pch", "-isysroot", "--sysroot", "-B", "-F", "-framework"}
)  # fmt: skip


def accepted_flags(flags: Sequence[str]) -> list[str]:
    """The flags that a check passes on: macros, include folders, the standard, and how code is generated."""
    kept: list[str] = []
    remaining = iter(flags)
    for flag in remaining:
        if flag in _FLAG_WITH_VALUE:
            value = next(remaining, None)
            if value is not None:
                kept += [flag, value]
        elif flag in _FLAG_AND_VALUE_DROPPED:
            next(remaining, None)
        elif _FLAG.fullmatch(flag):
            kept.append(flag)
    return kept


def _standard(flags: list[str], language: str) -> list[str]:
    """`flags` with a C++ standard that ROCm's headers accept: 17 or later."""
    if language == "c":
        return [flag for flag in flags if not re.fullmatch(r"-std=(?:gnu|c)\+\+\w+", flag)]
    chosen = "gnu++17"
    for flag in flags:
        if (found := re.fullmatch(r"-std=((?:gnu|c)\+\+)(\w+)", flag)) and found[2] not in _OLD_STANDARDS:
            chosen = found[1] + found[2]
    return [*(flag for flag in flags if not flag.startswith("-std=")), f"-std={chosen}"]


@dataclass(frozen=True, slots=True)
class _Output:
    """How a process ended, and what it wrote to stderr."""

    code: int
    text: str
    timeout: bool = False


class _Run:
    """One check: what is shared by its compiles, and the processes it has started."""

    def __init__(
        self,
        root: Path,
        toolchain: Toolchain,
        names: Sequence[str],
        cache: Path | None,
        torch: TorchHeaders | None,
        limits: Limits,
    ) -> None:
        self.root = root
        self.toolchain = toolchain
        self.cache = cache
        self.torch = torch
        self.limits = limits
        self.basenames = frozenset(name.rsplit("/", 1)[-1] for name in names)
        self.names = names
        # A file that appears can shadow a header that a stored result was made with: the set of names is in each key.
        self.names_digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()
        self.lock = threading.Lock()
        self.processes: set[subprocess.Popen[bytes]] = set()
        self.stopped = False
        self.signatures: dict[str, str] = {}
        self.precompiled = self._precompiled(cache) if cache else None

    # -- compiling ---------------------------------------------------------------------------------------------------

    def compile(self, unit: Unit, arch: str) -> UnitResult:
        """Compile one unit for one target or the host, or take the stored result."""
        flags = self._flags(unit, arch)
        entry = self._entry(unit, arch, flags)
        if entry and (stored := self._load(entry, unit, arch)):
            return stored
        with tempfile.TemporaryDirectory(prefix="hipwright-") as folder:
            scratch = Path(folder)
            beginning = self._beginning(unit, flags)
            result = self._compile(unit, arch, [*flags, *beginning], scratch)
            if beginning and not result.ok:  # only the plain compile decides against a unit
                result = self._compile(unit, arch, flags, scratch)
            if entry and result.status not in {"timeout", "crash"}:
                # What precompiled headers were made from is named beside them; they themselves come and go.
                read = {name for name in _dependencies(scratch) if not name.startswith(f"{self.cache}/")}
                self._store(entry, result, read)
        return result

    def _compile(self, unit: Unit, arch: str, flags: list[str], scratch: Path) -> UnitResult:
        return self._host(unit, flags, scratch) if arch == HOST else self._device(unit, arch, flags, scratch)

    def plan(self, tasks: Iterable[tuple[Unit, str]]) -> None:
        """Find out which of the compiles to come can share a precompiled header."""
        if self.precompiled is None:
            return
        ahead = []
        for unit, arch in tasks:
            if unit.torch:
                flags = self._flags(unit, arch)
                entry = self._entry(unit, arch, flags)
                if entry is None or self._load(entry, unit, arch) is None:
                    ahead.append((unit.path, unit.language, flags))
        self.precompiled.plan(ahead)

    def _beginning(self, unit: Unit, flags: list[str]) -> list[str]:
        if self.precompiled is None or not unit.torch:
            return []
        return self.precompiled.flags(unit.path, unit.language, flags)

    def _precompiled(self, cache: Path) -> Precompiled:
        torch = self.torch.version if self.torch else ""
        salt = f"{self.toolchain.fingerprint} {torch} {self.names_digest}"

        def run(flags: list[str]) -> bool:
            output = self._start([*self.toolchain.clang, "-w", "-Qunused-arguments", "-fno-crash-diagnostics", *flags])
            return output.code == 0 and not output.timeout

        return Precompiled(self.root, cache / "precompiled", salt, run)

    def _flags(self, unit: Unit, arch: str) -> list[str]:
        flags = _standard(accepted_flags(unit.flags), unit.language)
        if unit.torch and self.torch:
            # In front, so that a unit's own value of such a macro stands; a second definition is only a warning.
            flags = [*(f"-D{define}" for define in self.torch.defines), *flags]
            for include in self.torch.includes:
                flags += ["-isystem", str(include)]
        flags += self.toolchain.language_flags(unit.language)
        if arch == HOST:
            return [*flags, *(("--cuda-host-only",) if unit.language == "hip" else ()), "-fsyntax-only"]
        if not any(flag.startswith("-O") for flag in flags):
            flags.append("-O3")  # what hipcc does
        return [*flags, *self.toolchain.device_flags(arch), "-Rpass-analysis=kernel-resource-usage"]

    def _host(self, unit: Unit, flags: list[str], scratch: Path) -> UnitResult:
        output = self._clang(unit, [*flags, *_dependency_flags(scratch)])
        return self._result(unit, HOST, output)

    def _device(self, unit: Unit, arch: str, flags: list[str], scratch: Path) -> UnitResult:
        made, linked = scratch / "unit.o", scratch / "unit.hsaco"
        # `-S` keeps the driver from calling a linker of its own; `-emit-obj` then assembles after all, and says of
        # broken inline assembly which line of the source it stands in.
        output = self._clang(unit, [*flags, "-S", "-Xclang", "-emit-obj", "-o", str(made), *_dependency_flags(scratch)])
        result = self._result(unit, arch, output)
        if not result.ok:
            return result
        # Only relocatable device code may leave functions to other units, as in a real build.
        mode = ["-r"] if "-fgpu-rdc" in flags else ["-shared", "--no-undefined"]
        link = self._start([*self.toolchain.lld, *mode, "-o", str(linked), str(made)])
        if link.code:
            messages = [line for line in link.text.splitlines() if line.strip()] or ["the linker said nothing"]
            return replace(
                result,
                status="timeout" if link.timeout else "failed",
                diagnostics=(
                    *result.diagnostics,
                    *(Diagnostic(Place(unit.path, 1), "error", message, unit.path, arch) for message in messages[:20]),
                ),
            )
        said = remarks(output.text)
        try:
            kernels = kernels_of(linked.read_bytes())
        except CodeObjectError as error:
            diagnostic = Diagnostic(Place(unit.path, 1), "error", str(error), unit.path, arch)
            return replace(result, status="failed", diagnostics=(*result.diagnostics, diagnostic))
        found = []
        for kernel in sorted(kernels, key=lambda kernel: kernel.symbol):
            remark = said.get(kernel.symbol)
            inside = self._inside(remark.path) if remark else None
            found.append(
                KernelResources(
                    name=kernel.symbol,
                    symbol=kernel.symbol,
                    arch=arch,
                    place=Place(inside, remark.line, remark.column) if remark and inside else None,
                    # The metadata counts both kinds of registers in one where they share a file, and leaves out SGPRs
                    # that occupancy counts; the remark has them apart and whole.
                    vgprs=remark.counts["VGPRs"] if remark else kernel.vgprs,
                    agprs=remark.counts.get("AGPRs", 0) if remark else 0,
                    sgprs=remark.counts["TotalSGPRs"] if remark else kernel.sgprs,
                    lds=kernel.lds,
                    scratch=kernel.scratch,
                    vgpr_spills=kernel.vgpr_spills,
                    sgpr_spills=kernel.sgpr_spills,
                    dynamic_stack=kernel.dynamic_stack,
                    wave=kernel.wave,
                    max_block=kernel.max_block,
                    kernarg=kernel.kernarg,
                    best_waves=remark.counts.get("Occupancy", 0) if remark else 0,
                )
            )
        return replace(result, kernels=tuple(found))

    def _clang(self, unit: Unit, flags: list[str]) -> _Output:
        style = ["-fno-color-diagnostics", "-fno-caret-diagnostics", "-fno-diagnostics-fixit-info"]
        command = [*self.toolchain.clang, *style, f"-ferror-limit={_ERROR_LIMIT}"]
        command += ["-Qunused-arguments", "-fno-crash-diagnostics"]
        # A name that begins with a dash must not be read as a flag.
        return self._start([*command, *flags, f"./{unit.path}"])

    def _result(self, unit: Unit, arch: str, output: _Output) -> UnitResult:
        """Judge a compile by how it ended and what it said."""
        diagnostics = tuple(self._diagnostics(output.text, unit, arch))
        errors = [item for item in diagnostics if item.severity != "warning"]
        if output.timeout:
            note = Diagnostic(
                Place(unit.path, 1), "error", f"the compiler was stopped after {self.limits.seconds} s", unit.path, arch
            )
            return UnitResult(unit, arch, "timeout", (*diagnostics, note))
        if output.code == 0:
            return UnitResult(unit, arch, "ok", diagnostics)
        if not errors or output.code < 0 or CRASHED.search(output.text):
            said = [line for line in output.text.splitlines() if line.strip()]
            first = next((line for line in said if "LLVM ERROR" in line), said[-1] if said else f"exit {output.code}")
            out_of_memory = re.search(r"out of memory|bad_alloc|failed to allocate|OutOfMemory", output.text)
            why = "it ran out of the memory it may use" if out_of_memory else first[:300]
            note = Diagnostic(Place(unit.path, 1), "error", f"the compiler crashed: {why}", unit.path, arch)
            return UnitResult(unit, arch, "crash", (*diagnostics, note))
        missing = [name for item in errors if (name := missing_header(item.message))]
        if missing and len(missing) == len(errors) and not any(map(self._ours, missing)):
            return UnitResult(unit, arch, "missing-header", diagnostics, missing_header=missing[0])
        return UnitResult(unit, arch, "failed", diagnostics)

    def _ours(self, header: str) -> bool:
        """Whether a header that was not found is for the port to supply: CUDA's, ROCm's, or one that the tree has."""
        if is_cuda_header(header) or (is_rocm_header(header) and self.toolchain.complete):
            return True
        parts = PurePosixPath(os.path.normpath(header)).parts
        wanted = tuple(part for part in parts if part not in {"..", "."})
        if not wanted or wanted[-1] not in self.basenames:
            return False
        return any(PurePosixPath(name).parts[-len(wanted) :] == wanted for name in self.names)

    # -- processes ---------------------------------------------------------------------------------------------------

    def _start(self, command: list[str]) -> _Output:
        """Run a command in the tree's root with the limits on time and memory."""
        # The shell sets the limits before the compiler exists; a fork with Python code in it is unsafe among threads.
        kib, seconds = self.limits.memory >> 10, self.limits.seconds
        # The soft limit on time comes first: its signal tells it from the system's own kills.
        script = f'ulimit -v {kib}; ulimit -S -t {seconds}; ulimit -H -t {seconds + 5}; ulimit -c 0; exec "$@"'
        with tempfile.TemporaryFile() as messages:
            with self.lock:
                if self.stopped:
                    return _Output(1, "", timeout=True)
                process = subprocess.Popen(
                    ["/bin/sh", "-c", script, "sh", *command],
                    cwd=self.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=messages,
                    start_new_session=True, env=_environment(),
                )  # fmt: skip
                self.processes.add(process)
            timeout = False
            try:
                process.wait(timeout=seconds * _PATIENCE)
            except subprocess.TimeoutExpired:
                timeout = True
            finally:
                _kill(process)
                with self.lock:
                    self.processes.discard(process)
            messages.seek(0)
            text = messages.read(_OUTPUT_LIMIT).decode("utf-8", "replace")
        return _Output(process.returncode, text, timeout or process.returncode == -signal.SIGXCPU)

    def stop(self) -> None:
        """End whatever is still running and start nothing more."""
        with self.lock:
            self.stopped = True
            for process in self.processes:
                _kill(process)

    # -- diagnostics -------------------------------------------------------------------------------------------------

    def _inside(self, path: str) -> str | None:
        """The POSIX path relative to the root, for a file the compiler named; None for one outside."""
        if path.startswith("<"):  # <built-in>, <inline asm>
            return None
        full = os.path.normpath(os.path.join(self.root, path))  # noqa: PTH118
        prefix = f"{self.root}{os.sep}"
        if full.startswith(prefix):
            return full[len(prefix) :]
        real = os.path.realpath(full)
        return real[len(prefix) :] if real.startswith(prefix) else None

    def _diagnostics(self, text: str, unit: Unit, arch: str) -> Iterator[Diagnostic]:
        """Errors and warnings with a place in the tree.

        One that stands in a system header is moved to the line of the tree that included it or asked for the template.
        """
        seen: set[Diagnostic] = set()
        last = Place(unit.path, 1)
        for message in messages(text):
            place = None
            for path, line, column in message.places:
                if (inside := self._inside(path)) is not None:
                    place = Place(inside, line, column)
                    break
            if place is None:
                if message.severity == "warning":
                    continue  # a system header's own affair
                # The compiler names who asked for a template once, not again for the next error in it.
                place = last if message.place and not message.requests else Place(unit.path, 1)
            last = place
            where = message.place
            outside = where is not None and self._inside(where[0]) is None
            said = f"{message.text} (in {Path(where[0]).name}:{where[1]})" if outside and where else message.text
            device_only = tuple(
                Place(inside, line, column)
                for path, line, column in message.device_only
                if (inside := self._inside(path)) is not None
            )
            diagnostic = Diagnostic(place, message.severity, said, unit.path, arch, device_only)
            if diagnostic not in seen:
                seen.add(diagnostic)
                yield diagnostic

    # -- the cache ---------------------------------------------------------------------------------------------------

    def _entry(self, unit: Unit, arch: str, flags: list[str]) -> Path | None:
        if self.cache is None:
            return None
        parts = (_version(), self.toolchain.fingerprint, unit.path, unit.language, arch, flags, self.names_digest)
        key = hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogateescape")).hexdigest()
        return self.cache / "compiled" / key[:2] / f"{key}.json"

    def _load(self, entry: Path, unit: Unit, arch: str) -> UnitResult | None:
        """The stored result, if no file that it was made from has changed."""
        try:
            stored = json.loads(entry.read_bytes())
            if any(self._signature(path) != signature for path, signature in stored["files"].items()):
                return None
            return UnitResult(
                unit,
                arch,
                stored["status"],
                tuple(_diagnostic(item) for item in stored["diagnostics"]),
                tuple(
                    KernelResources(**{**item, "place": Place(**item["place"]) if item["place"] else None})
                    for item in stored["kernels"]
                ),
                stored["missing_header"],
                cached=True,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # none, or one that another version wrote

    def _store(self, entry: Path, result: UnitResult, files: Iterable[str]) -> None:
        named = {result.unit.path, *(self._inside(path) or path for path in files)}
        stored: dict[str, Any] = {
            "files": {path: self._signature(path) for path in sorted(named)},
            "status": result.status,
            "diagnostics": [asdict(item) for item in result.diagnostics],
            "kernels": [asdict(item) for item in result.kernels],
            "missing_header": result.missing_header,
        }
        with contextlib.suppress(OSError):  # a full disk must not fail a check
            write_atomic(entry, json.dumps(stored).encode("utf-8", "surrogateescape"))

    def _signature(self, path: str) -> str:
        """What changes when a file does: its content in the tree, size and time outside."""
        known = self.signatures.get(path)
        if known is None:
            known = self.signatures[path] = signature(self.root, path)
        return known


def _diagnostic(stored: Mapping[str, Any]) -> Diagnostic:
    places = tuple(Place(**place) for place in stored["device_only"])
    return Diagnostic(**{**stored, "place": Place(**stored["place"]), "device_only": places})


@lru_cache(maxsize=1)
def _version() -> str:
    """Changes with the code that makes and reads results: what another version of it stored says nothing."""
    folder = Path(__file__).parent
    names = ("compile.py", "precompiled.py", "messages.py", "codeobject.py", "resources.py")
    files = [folder / name for name in names]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _names(root: Path) -> list[str]:
    """Every file of the tree, POSIX and relative, without version control and our own record."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
        base = os.path.relpath(folder, root)
        found += files if base == "." else [f"{base}/{name}" for name in files]
    return sorted(found)


def _dependency_flags(scratch: Path) -> list[str]:
    return dependency_flags(scratch / "unit.d", scratch / "unit.h")


def _dependencies(scratch: Path) -> set[str]:
    files: set[str] = set()
    with contextlib.suppress(OSError):
        files |= dependencies(scratch / "unit.d")
    with contextlib.suppress(OSError):
        files |= set((scratch / "unit.h").read_text("utf-8", "surrogateescape").splitlines())
    return files


def _environment() -> dict[str, str]:
    """Our environment without variables that change what clang reads or how it words its messages."""
    unwanted = ("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "CCC_OVERRIDE_OPTIONS", "HIPCC_COMPILE_FLAGS_APPEND")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted and not name.startswith("CC_")}
    return {**kept, "LC_ALL": "C"}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started; the group outlives its leader."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
