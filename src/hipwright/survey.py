"""What is there before a port: sizes, languages, kernels, build systems, and AMD support that exists already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hipwright.finding import Place
from hipwright.project import Kind, Project

_NOISE = re.compile(rb'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
_KERNEL = re.compile(rb"\b__global__\b")
_LAUNCH = re.compile(rb"(?<!<)<<<(?!<)|\bcu(?:da)?LaunchKernel(?:Ex(?:C)?)?\s*\(|\bcudaLaunchCooperativeKernel\s*\(")

_IN_CODE = re.compile(
    rb"#[ \t]*include[ \t]*[<\"](?:hip/|hipcub/|rocprim/|rocblas|hipblas|miopen/|rccl)[^>\"]*"
    rb"|\b(?:__HIP_PLATFORM_(?:AMD|HCC)__|__HIPCC__|__HIP_DEVICE_COMPILE__|USE_ROCM|USE_HIP|WITH_HIP|TORCH_HIP_VERSION"
    rb"|\w+_USE_HIP(?:BLAS)?|\w+_WITH_HIP|\w+_HIP_ENABLED|HAVE_HIP|ENABLE_HIP|__HIP__)\b"
)
_IN_BUILD = re.compile(
    rb"\benable_language\s*\(\s*HIP\b|\bfind_package\s*\(\s*(?:hip|HIP|rocblas|hipblas|ROCM)\b|\bhip_add_\w+|\bhipcc\b"
    rb"|\bhipify\w*"
    rb"|\bCMAKE_HIP_\w+|\bROCM_(?:HOME|PATH)\b|\bHIP_PATH\b|\btorch\.version\.hip\b|--offload-arch\b|\bLANGUAGES[^)]*\bHIP\b"
)
_REMARK = re.compile(rb"^[ \t]*#[^\n]*", re.M)
# What others wrote says nothing of the project's own support.
_FOREIGN = re.compile(r"(?:^|/)(?:third[-_]?party|external|extern|deps|contrib|submodules?)/", re.I)
# Evidence kept per file: more of the same says nothing new.
_PER_FILE = 3

_SYSTEMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("autotools", r"(?:^|/)(?:configure\.ac|configure\.in|Makefile\.am)$"),
        ("bazel", r"(?:^|/)(?:BUILD|BUILD\.bazel|WORKSPACE|MODULE\.bazel)$|\.bzl$"),
        ("cmake", r"(?:^|/)CMakeLists\.txt$"),
        ("compile_commands", r"(?:^|/)compile_commands\.json$"),
        ("gn", r"\.gn$"),
        ("make", r"(?:^|/)(?:GNU)?[Mm]akefile(?:\.(?!am$|in$)\w+)?$"),
        ("meson", r"(?:^|/)meson\.build$"),
        ("qmake", r"\.pro$"),
        ("scons", r"(?:^|/)(?:SConstruct|SConscript)$"),
        ("setuptools", r"(?:^|/)setup\.py$"),
        ("visual studio", r"\.vcxproj$"),
        ("waf", r"(?:^|/)wscript$"),
        ("xmake", r"(?:^|/)xmake\.lua$"),
    )
)


class AmdSupport(StrEnum):
    """How far a project supports AMD before it is ported."""

    NONE = "none"
    PARTLY = "partly"  # some code knows of HIP, but no build makes it (or the other way round)
    YES = "yes"  # code and build files both choose HIP


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """A place that speaks of AMD, and what it says."""

    place: Place
    what: str


@dataclass(frozen=True)
class Survey:
    """Sizes of a project: `files` and `lines` by kind; `kernels` and `launches` outside of comments and strings."""

    files: Mapping[str, int]
    lines: Mapping[str, int]
    cuda_files: int
    cuda_lines: int
    kernels: int
    launches: int
    units: int
    device_units: int
    inferred_units: int
    build_systems: tuple[str, ...]
    amd: AmdSupport
    evidence: tuple[Evidence, ...]


def survey(project: Project) -> Survey:
    """Count what a project holds. One pass over its text; files that vanish meanwhile count as empty."""
    files: dict[str, int] = {}
    lines: dict[str, int] = {}
    evidence: list[Evidence] = []
    cuda_files = cuda_lines = kernels = launches = 0
    in_code = in_build = False
    for file in project.files:
        files[file.kind] = files.get(file.kind, 0) + 1
        if file.kind is Kind.OTHER or not file.rewritable:
            continue
        try:
            data = project.read(file.path)
        except OSError:
            continue
        count = data.count(b"\n") + (data[-1:] not in (b"\n", b""))
        lines[file.kind] = lines.get(file.kind, 0) + count
        if file.cuda and file.kind.code:
            cuda_files += 1
            cuda_lines += count
        if file.device or b"aunchKernel" in data or b"aunchCooperativeKernel" in data:
            plain = _NOISE.sub(b" ", data)
            kernels += len(_KERNEL.findall(plain))
            launches += len(_LAUNCH.findall(plain))
        if file.kind.code:
            found = _evidence(file.path, data, _IN_CODE)
            in_code = in_code or ((bool(found) or file.kind is Kind.HIP) and not _FOREIGN.search(file.path))
        elif file.kind in (Kind.BUILD, Kind.PYTHON):
            found = _evidence(file.path, _REMARK.sub(_blank, data), _IN_BUILD)
            in_build = in_build or (bool(found) and file.kind is Kind.BUILD)
        else:
            found = []
        evidence += found
    amd = AmdSupport.YES if in_code and in_build else AmdSupport.PARTLY if evidence else AmdSupport.NONE
    return Survey(
        dict(sorted(files.items())),
        dict(sorted(lines.items())),
        cuda_files,
        cuda_lines,
        kernels,
        launches,
        len(project.units),
        sum(unit.language == "cuda" for unit in project.units),
        sum(unit.origin is None for unit in project.units),
        build_systems(project),
        amd,
        tuple(sorted(evidence)),
    )


def build_systems(project: Project) -> tuple[str, ...]:
    """The build systems whose files a project holds, sorted."""
    paths = [file.path for file in project.files if file.kind is Kind.BUILD]
    return tuple(name for name, pattern in _SYSTEMS if any(pattern.search(path) for path in paths))


def _blank(match: re.Match[bytes]) -> bytes:
    return b" " * len(match.group())


def _evidence(path: str, data: bytes, pattern: re.Pattern[bytes]) -> list[Evidence]:
    if (
        b"hip" not in data
        and b"HIP" not in data
        and b"ROC" not in data
        and b"roc" not in data
        and b"offload-arch" not in data
    ):
        return []
    found: dict[str, Evidence] = {}
    for match in pattern.finditer(data):
        what = " ".join(match.group().decode("utf-8", "replace").split())
        if what not in found:
            line = data.count(b"\n", 0, match.start()) + 1
            column = match.start() - data.rfind(b"\n", 0, match.start())
            found[what] = Evidence(Place(path, line, column), what)
            if len(found) == _PER_FILE:
                break
    return list(found.values())
