"""Ported build files really build: `make` and `cmake` over ports of the examples, with a folder like ROCm's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import rocm_tree
from hipwright.finding import HipwrightError
from hipwright.port import Options, port
from hipwright.toolchain import find

FOLDER = Path(__file__).parent.parent / "examples"

pytestmark = pytest.mark.skipif(bool(rocm_tree.lacking()), reason=f"no {rocm_tree.lacking()}")


@pytest.fixture(scope="module")
def rocm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        toolchain = find()
    except HipwrightError as error:
        pytest.skip(error.message)
    if not toolchain.complete:
        pytest.skip("no headers of ROCm's libraries")
    return rocm_tree.build(tmp_path_factory.mktemp("installed") / "rocm", toolchain)


def run(command: list[str], folder: Path, rocm: Path) -> None:
    environment = {**os.environ, "PATH": f"{rocm / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


def is_program(path: Path) -> bool:
    return path.read_bytes()[:4] == b"\x7fELF" and os.access(path, os.X_OK)


# Between them: nvcc by name and by path, from a variable and the environment, one step and many, separate device code,
# libraries, host sources for hipcc and for the machine's compiler.
@pytest.mark.parametrize(
    ("name", "program"),
    [("bits", "bits"), ("groups", "groups"), ("layernorm", "layernorm"), ("libraries", "libraries")],
)
def test_make_builds_a_port(name: str, program: str, rocm: Path, tmp_path: Path) -> None:
    port(FOLDER / name, tmp_path / "out", Options(archs=("gfx942", "gfx1100"), check=False))
    run(["make", f"ROCM_PATH={rocm}"], tmp_path / "out", rocm)
    assert is_program(tmp_path / "out" / program)


@pytest.mark.parametrize(
    ("name", "program"), [("histogram", "histogram"), ("libraries", "libraries"), ("nvrtc", "formula")]
)
def test_cmake_builds_a_port(name: str, program: str, rocm: Path, tmp_path: Path) -> None:
    out, made = tmp_path / "out", tmp_path / "build"
    port(FOLDER / name, out, Options(archs=("gfx942", "gfx1100"), check=False))
    settings = [
        f"-DCMAKE_PREFIX_PATH={rocm}", f"-DCMAKE_HIP_COMPILER={rocm}/bin/clang++",
        f"-DCMAKE_HIP_COMPILER_ROCM_ROOT={rocm}",
    ]  # fmt: skip
    run(["cmake", "-S", str(out), "-B", str(made), *settings], tmp_path, rocm)
    run(["cmake", "--build", str(made)], tmp_path, rocm)
    assert is_program(made / program)
