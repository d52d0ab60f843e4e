"""What a project knows of AMD before it is ported: the question a maintainer answers first."""

from __future__ import annotations

import re
from enum import StrEnum

from hipwright.finding import Place
from hipwright.project import Kind, Project

_IN_CODE = re.compile(
    rb"#[ \t]*include[ \t]*[<\"](?:hip/|hipcub/|rocprim/|rocblas|hipblas|miopen/|rccl)[^>\"]*"
    rb"|\b(?:__HIP_PLATFORM_(?:AMD|HCC)__|__HIPCC__|__HIP_DEVICE_COMPILE__|USE_ROCM|USE_HIP|WITH_HIP|TORCH_HIP_VERSION"
    rb"|\w+_USE_HIP(?:BLAS)?|\w+_WITH_HIP|\w+_HIP_ENABLED|HAVE_HIP|ENABLE_HIP|__HIP__)\b"
)
_IN_BUILD = re.compile(
    rb"\benable_language\s*\(\s*HIP\b|\bfind_package\s*\(\s*(?:hip|HIP|rocblas|hipblas|ROCM)\b|\bhip_add_\w+|\bhipcc\b"
    rb"|\bhipify\w*"
    rb"|\bCMAKE_HIP_\w+|\bROCM_(?:HOME|PATH)\b|\bHIP_PATH\b|\btorch\.version\.hip\b|--offload-arch\b|\bLANGUAGES[^)]{0,300}\bHIP\b"
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


def supports_amd(project: Project) -> tuple[AmdSupport, tuple[tuple[Place, str], ...]]:
    """How far a project supports AMD already, and the places that say so (at most three of a file)."""
    evidence: list[tuple[Place, str]] = []
    in_code = in_build = False
    for file in project.files:
        if file.kind is Kind.OTHER or not file.rewritable:
            continue
        try:
            data = project.read(file.path)
        except OSError:
            continue
        if file.kind.code:
            found = _evidence(file.path, data, _IN_CODE)
            in_code = in_code or ((bool(found) or file.kind is Kind.HIP) and not _FOREIGN.search(file.path))
        elif file.kind in (Kind.BUILD, Kind.PYTHON):
            found = _evidence(file.path, _REMARK.sub(_blank, data), _IN_BUILD)
            in_build = in_build or (bool(found) and file.kind is Kind.BUILD)
        else:
            continue
        evidence += found
    amd = AmdSupport.YES if in_code and in_build else AmdSupport.PARTLY if evidence else AmdSupport.NONE
    return amd, tuple(sorted(evidence))


def build_systems(project: Project) -> tuple[str, ...]:
    """The build systems whose files a project holds, sorted."""
    paths = [file.path for file in project.files if file.kind is Kind.BUILD]
    return tuple(name for name, pattern in _SYSTEMS if any(pattern.search(path) for path in paths))


def _blank(match: re.Match[bytes]) -> bytes:
    return b" " * len(match.group())


def _evidence(path: str, data: bytes, pattern: re.Pattern[bytes]) -> list[tuple[Place, str]]:
    if (
        b"hip" not in data
        and b"HIP" not in data
        and b"ROC" not in data
        and b"roc" not in data
        and b"offload-arch" not in data
    ):
        return []
    found: dict[str, tuple[Place, str]] = {}
    for match in pattern.finditer(data):
        what = " ".join(match.group().decode("utf-8", "replace").split())
        if what not in found:
            line = data.count(b"\n", 0, match.start()) + 1
            column = match.start() - data.rfind(b"\n", 0, match.start())
            found[what] = (Place(path, line, column), what)
            if len(found) == _PER_FILE:
                break
    return list(found.values())
