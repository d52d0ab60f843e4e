"""A real GPU as one more side: found, built for, run and compared. There is none here: a script stands for each part."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipwright import hardware
from hipwright.compile import Unit
from hipwright.emulate.program import Program

COMPILER = """#!/bin/sh
# Takes the sources' `//run` lines for a program; complains of `//error` as a compiler does.
out=a.out; sources=
while [ $# -gt 0 ]; do case "$1" in -o) out="$2"; shift;; ./*|*.o) sources="$sources $1";; esac; shift; done
grep -n '^//error' $sources /dev/null | sed 's/:.*/:1:1: error: no such thing/' | sed 's/^/.\\//;s/^\\.\\/\\.\\//.\\//' >&2
grep -q '^//error' $sources /dev/null && exit 1
cat $sources | sed -n 's/^\\/\\/run //p;s/^#: //p' | sed 's/^/#: /' > "$out.text"
{ echo '#!/bin/sh'; sed 's/^#: //' "$out.text"; cat "$out.text"; } > "$out"; chmod +x "$out"; rm "$out.text"
"""


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def rocm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for ROCm with a GPU of the kind gfx942."""
    root = tmp_path / "rocm"
    script(root / "bin" / "hipcc", COMPILER)
    script(root / "bin" / "rocm_agent_enumerator", "#!/bin/sh\necho gfx000\necho gfx942\n")
    (root / "lib").mkdir()
    (root / "lib" / "libhipblas.so").touch()
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "kfd").touch()
    monkeypatch.setenv("ROCM_PATH", str(root))
    return root


def test_no_gpu_without_a_driver(rocm: Path, tmp_path: Path) -> None:
    (tmp_path / "dev" / "kfd").unlink()
    assert hardware.gpus(tmp_path / "dev") == ()


def test_no_gpu_without_an_agent(rocm: Path, tmp_path: Path) -> None:
    script(rocm / "bin" / "rocm_agent_enumerator", "#!/bin/sh\necho gfx000\n")
    assert hardware.gpus(tmp_path / "dev") == ()


def test_a_gpu_is_found_with_its_compiler(rocm: Path, tmp_path: Path) -> None:
    (gpu,) = hardware.gpus(tmp_path / "dev")
    assert (gpu.side.name, gpu.side.arch, gpu.side.wave, gpu.side.cuda) == ("AMD GPU", "gfx942", 64, False)
    assert gpu.compiler == rocm / "bin" / "hipcc"
    assert gpu.libraries[-1] == "-lhipblas"
    unit = Unit("a.hip", "hip", ("-DN=4", "-Iinclude", "-ffast-math", "-O3", "-include", "first.h"))
    command = hardware.command(gpu, unit.path, unit.language, unit.flags)
    assert command[1:] == [
        "-x", "hip", "--offload-arch=gfx942", "-DN=4", "-Iinclude", "-include", "first.h", "-O3", "./a.hip",
    ]  # fmt: skip


def test_nvidia_speaks_its_own_dialect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "cuda" / "bin" / "nvcc", COMPILER)
    script(tmp_path / "bin" / "nvidia-smi", "#!/bin/sh\necho 8.6\n")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvidiactl").touch()
    monkeypatch.setenv("CUDA_HOME", str(tmp_path / "cuda"))
    monkeypatch.setattr(
        hardware, "_program", lambda name, folder: tmp_path / ("cuda/bin" if name == "nvcc" else "bin") / name
    )
    monkeypatch.delenv("ROCM_PATH", raising=False)
    (gpu,) = [gpu for gpu in hardware.gpus(tmp_path / "dev") if gpu.side.cuda]
    assert gpu.side.arch == "sm_86"
    assert hardware.command(gpu, "a.cu", "hip", ())[1:] == ["-x", "cu", "-arch=sm_86", "-O2", "./a.cu"]
    assert all(not flag.startswith("-Wl,") for flag in gpu.libraries)


def test_a_program_is_built_and_errors_have_places(rocm: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.hip").write_text("//run echo one\n")
    (tree / "b.hip").write_text("//run echo two\n")
    (gpu,) = hardware.gpus(tmp_path / "dev")
    program = Program("both", (Unit("a.hip", "hip"), Unit("b.hip", "hip")))
    built = hardware.build(tree, program, gpu, tmp_path / "work")
    assert built.executable is not None
    text = built.executable.read_text()
    assert text.index("echo one") < text.index("echo two")
    (tree / "b.hip").write_text("//error\n")
    failed = hardware.build(tree, program, gpu, tmp_path / "work")
    assert failed.executable is None
    assert failed.diagnostics[0].place.path == "./b.hip" or failed.diagnostics[0].place.path == "b.hip"
    assert failed.diagnostics[0].message == "no such thing"
