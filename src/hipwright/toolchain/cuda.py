"""Find CUDA's headers, which an original is compiled with: an installed toolkit, pip's wheels, or what the cache holds.

Only headers are looked for. An original is compiled to be executed on the CPU and to be compared with its port; no
library, driver or compiler of CUDA takes part in that.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hipwright import toolchain as tools
from hipwright.finding import HipwrightError

# Without one of these clang's wrapper of CUDA's headers does not compile; curand's is among what it includes itself.
_NEEDED = ("cuda.h", "cuda_runtime.h", "crt/host_defines.h", "curand_mtgp32_kernel.h", "vector_types.h")
RECORD = "installed.json"

_PROBE = """#include <cuda_runtime.h>
__constant__ float c;
__global__ void probe(float* x) { x[blockIdx.x * blockDim.x + threadIdx.x] = sinf(x[0]) + c; }
int main() { probe<<<1, 64>>>(nullptr); return cudaDeviceSynchronize() != cudaSuccess; }
"""


@dataclass(frozen=True)
class CudaHeaders:
    """One folder with CUDA's headers as `clang -x cuda` wants them."""

    include: Path
    version: str  # such as 12.9
    source: str  # "toolkit", "wheels" or "cache"
    root: Path  # what `--cuda-path` is given: the folder that holds `include`

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever the headers do."""
        stamps = [tools.stamp(self.include), *(tools.stamp(self.include / name) for name in _NEEDED)]
        return hashlib.sha256(repr((self.version, self.source, stamps)).encode()).hexdigest()[:16]

    def has_header(self, name: str) -> bool:
        """Whether `#include <name>` finds something here."""
        return (self.include / name).is_file()

    def language_flags(self, toolchain: tools.Toolchain) -> list[str]:
        """Flags that make clang read CUDA with these headers, its own wrappers coming first."""
        resources = toolchain.resource_dir
        flags = ["-x", "cuda", f"--target={tools.host_triple()}", "-resource-dir", str(resources), "-nogpulib"]
        flags += ["-nogpuinc", "-include", "__clang_cuda_runtime_wrapper.h"]
        flags += ["-isystem", str(resources / "include" / "cuda_wrappers")]
        flags += [f"--cuda-path={self.root}", "-isystem", str(self.include)]
        for folder in toolchain.late_includes:
            flags += ["-idirafter", str(folder)]
        # The driver reads the release from files that only a toolkit has; without it launches have another form.
        flags += ["-Xclang", f"-target-sdk-version={self.version}", "-Wno-unknown-cuda-version"]
        return [*flags, *toolchain.system]

    def device_flags(self, arch: str = "sm_80") -> list[str]:
        """Flags that compile the device side for one of NVIDIA's targets."""
        return ["--cuda-device-only", f"--offload-arch={arch}"]

    def works(self, toolchain: tools.Toolchain) -> str:
        """Compile a small program for both sides: empty if that succeeds, else what the compiler said."""
        with tempfile.TemporaryDirectory(prefix="hipwright-") as folder:
            source = Path(folder) / "probe.cu"
            source.write_text(_PROBE)
            for side in (self.device_flags(), ["--cuda-host-only"]):
                command = [*toolchain.clang, *self.language_flags(toolchain), *side, "-fsyntax-only", str(source)]
                try:
                    done = subprocess.run(
                        command, capture_output=True, text=True, errors="replace", timeout=120, check=False
                    )
                except (OSError, subprocess.TimeoutExpired) as error:
                    return str(error)
                if done.returncode:
                    errors = [line for line in done.stderr.splitlines() if "error" in line]
                    return (errors or done.stderr.splitlines() or ["it fails without a message"])[0]
        return ""


def find_cuda(cache: Path | None = None, toolchain: tools.Toolchain | None = None) -> CudaHeaders | None:
    """The first of `candidates` whose headers this machine's compiler for HIP reads too; None where there are none.

    Where no compiler is found the first complete folder is taken as it stands.
    """
    folder = cache or tools.cache_dir()
    for headers in candidates(folder):
        if toolchain is None:
            try:
                toolchain = tools.find(folder)
            except HipwrightError:
                return headers
        if not problem_of(headers, toolchain, folder):
            return headers
    return None


def problem_of(headers: CudaHeaders, toolchain: tools.Toolchain, cache: Path) -> str:
    """Why clang does not read these headers, empty if it does; tried once and then remembered in the cache."""
    marker = cache / "toolchains" / f"{toolchain.fingerprint}-cuda-{headers.fingerprint}"
    if marker.is_file():
        return marker.read_text(encoding="utf-8")
    problem = headers.works(toolchain)
    with contextlib.suppress(OSError):  # a read-only cache costs seconds, no more
        tools.write_atomic(marker, problem.encode())
    return problem


def candidates(cache: Path) -> Iterator[CudaHeaders]:
    """Complete folders of headers in order of preference: what the user named, what is installed, what we installed."""
    seen: set[Path] = set()
    for root in _toolkits():
        include = root / "include"
        if include.resolve() in seen or include == Path("/usr/include"):
            continue  # naming the system's folder again would break `#include_next` of the C++ library
        seen.add(include.resolve())
        if complete(include):
            yield CudaHeaders(include, cuda_version(include), "toolkit", root)
    for source, folder in (("wheels", _merged_wheels(cache)), ("cache", unpacked(cache))):
        if folder:
            yield CudaHeaders(folder / "include", cuda_version(folder / "include"), source, folder)


def complete(include: Path) -> bool:
    """Whether a folder has what every CUDA program needs, and says of which release it is."""
    return all((include / name).is_file() for name in _NEEDED) and bool(cuda_version(include))


def cuda_version(include: Path) -> str:
    """The release of a folder of CUDA's headers, such as 12.9; empty where there is none."""
    try:
        text = (include / "cuda.h").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"^#define CUDA_VERSION (\d+)", text, re.M)
    return f"{int(found[1]) // 1000}.{int(found[1]) % 1000 // 10}" if found else ""


def unpacked(cache: Path) -> Path | None:
    """The newest complete set of CUDA's headers that `install_cuda` unpacked into the cache."""
    found = [path.parent for path in cache.glob(f"cuda-*/{RECORD}") if complete(path.parent / "include")]
    return max(found, key=lambda root: (tools.version_key(Path(cuda_version(root / "include"))), -len(_left_out(root))),
               default=None)  # fmt: skip


def left_out(headers: CudaHeaders) -> list[str]:
    """The packages that an installation into the cache had to do without."""
    return _left_out(headers.root) if headers.source == "cache" else []


def packages(root: Path) -> dict[str, str]:
    """The packages, with versions, that a folder of `install_cuda` was unpacked from."""
    record = json.loads((root / RECORD).read_text(encoding="utf-8"))
    return {str(name): str(version) for name, version in record["packages"].items()}


def _left_out(root: Path) -> list[str]:
    try:
        return sorted(map(str, json.loads((root / RECORD).read_text(encoding="utf-8")).get("left_out", {})))
    except (OSError, ValueError, AttributeError):
        return []


# -- toolkits ----------------------------------------------------------------------------------------------------------


def _toolkits() -> Iterator[Path]:
    for variable in ("CUDA_HOME", "CUDA_PATH"):
        if named := os.environ.get(variable):
            yield Path(named)
    yield Path("/usr/local/cuda")
    yield from sorted(Path("/usr/local").glob("cuda-*"), key=tools.version_key, reverse=True)
    if nvcc := shutil.which("nvcc"):
        yield Path(nvcc).resolve().parent.parent


# -- installed wheels --------------------------------------------------------------------------------------------------


def _merged_wheels(cache: Path) -> Path | None:
    """One folder of links to the headers of the nvidia-*-cu12 wheels of this Python, which keep them apart.

    It is made anew when a wheel comes, goes or changes.
    """
    includes: dict[Path, str] = {}
    for wheel in importlib.metadata.distributions():
        name = (wheel.metadata["Name"] or "").lower()
        if not re.fullmatch(r"nvidia-[\w-]+-cu12", name.replace("_", "-")):
            continue
        for file in wheel.files or ():
            if len(file.parts) > 3 and file.parts[0] == "nvidia" and file.parts[2] == "include":
                includes[Path(str(wheel.locate_file("/".join(file.parts[:3]))))] = f"{name} {wheel.version}"
                break
    if not all(any((include / name).is_file() for include in includes) for name in _NEEDED):
        return None
    key = hashlib.sha256(repr(sorted((str(path), what) for path, what in includes.items())).encode()).hexdigest()[:8]
    final = cache / f"cudawheels-{key}"
    if (final / RECORD).is_file():
        return final
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".linking-", dir=cache) as folder:
            root = Path(folder) / "root"
            for include in sorted(includes):
                _link(include, root / "include")
            (root / RECORD).write_text(json.dumps({"packages": sorted(includes.values())}) + "\n", encoding="utf-8")
            rename(root, final)
    except OSError:
        return None  # a cache that can't be written: headers in many folders are no use
    return final


def _link(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file() and path.suffix not in {".py", ".pyc"}:
            link = target / path.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(path)


def rename(root: Path, final: Path) -> None:
    """Give a complete folder its name in one step: a reader sees all of it or nothing."""
    root.chmod(0o755)
    try:
        root.rename(final)
    except OSError:
        if not (final / RECORD).is_file():  # another run was faster otherwise
            raise
