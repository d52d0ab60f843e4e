"""The command line as a stranger and as a script meet it: help, exit codes, JSON, colour, start-up."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import hipwright
from hipwright.cli import main

VERBS = ("port", "check", "scan", "explain", "doctor")
CLEAN = """#include <cuda_runtime.h>
__global__ void twice(float* x) { x[threadIdx.x] *= 2.0f; }
int main() {
  float* x;
  if (cudaMalloc(&x, 4) != cudaSuccess) return 1;
  twice<<<1, 1>>>(x);
  return cudaFree(x) != cudaSuccess;
}
"""
# An instruction that no GPU has, so none can stand for it.
LEFT = CLEAN.replace("x[threadIdx.x] *= 2.0f;", 'asm("frobnicate.f32 %0, %0;" : "+f"(x[threadIdx.x]));')


def run(*arguments: str | Path) -> Result:
    """The command in this process."""
    return CliRunner().invoke(main, [str(each) for each in arguments])


def spawn(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, its output piped."""
    command = [sys.executable, "-m", "hipwright.cli", *(str(each) for each in arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=300, check=False
    )


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    folder = tmp_path / "clean"
    folder.mkdir()
    (folder / "twice.cu").write_text(CLEAN)
    return folder


@pytest.fixture
def left(tmp_path: Path) -> Path:
    folder = tmp_path / "left"
    folder.mkdir()
    (folder / "twice.cu").write_text(LEFT)
    return folder


def has_compiler() -> bool:
    """Whether ports can be compiled here."""
    from hipwright.finding import HipwrightError
    from hipwright.toolchain import find

    try:
        find()
    except HipwrightError:
        return False
    return True


needs_compiler = pytest.mark.skipif(not has_compiler(), reason="no compiler for HIP: hipwright doctor --install")


# -- help --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb_has_an_example(verb: str) -> None:
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"hipwright {verb}" in result.output


def test_help_names_every_verb() -> None:
    result = run("-h")
    assert result.exit_code == 0
    assert all(verb in result.output for verb in VERBS)


def test_version() -> None:
    assert run("--version").output.strip().endswith(hipwright.__version__)


# -- exit codes --------------------------------------------------------------------------------------------------------


@needs_compiler
def test_0_when_nothing_is_left(clean: Path) -> None:
    result = run("port", clean, "--arch", "gfx942", "--no-verify")
    assert result.exit_code == 0, result.output
    assert "Nothing is left to do" in result.output
    assert "unverified" in result.output  # compiled is not executed, and is never called so
    assert (clean.parent / "clean-hip" / "twice.cu").is_file()


@needs_compiler
def test_1_when_something_is_left(left: Path, tmp_path: Path) -> None:
    result = run("port", left, "-o", tmp_path / "out", "--arch", "gfx942")
    assert result.exit_code == 1
    assert "frobnicate" in result.output
    assert "Left to do" in result.output


def test_1_when_nothing_was_compiled(clean: Path) -> None:
    result = run("port", clean, "--no-check")
    assert result.exit_code == 1
    assert "nothing was compiled" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("port",), "Missing argument"),
        (("port", "/no/such/folder"), "does not exist"),
        (("port", "CLEAN", "--arch", "gfx1"), "known: gfx"),
        (("port", "CLEAN", "--arch", ","), "unknown target"),
        (("port", "CLEAN", "-j", "-1"), "-1"),
        (("port", "CLEAN", "-o", "CLEAN"), ""),
        (("scan", "/no/such/folder"), "does not exist"),
        (("explain", "nothing-like-this"), "nothing is known"),
        (("frobnicate",), "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_2_for_wrong_usage(arguments: tuple[str, ...], said: str, clean: Path) -> None:
    result = spawn(*(str(clean) if each == "CLEAN" else each for each in arguments))
    assert result.returncode == 2, result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not result.stdout


def test_2_for_a_folder_without_sources(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("port", tmp_path / "empty")
    assert result.exit_code == 2
    assert "holds no C, C++ or CUDA source" in result.output


def test_2_where_a_port_is_already_and_force_replaces_it(clean: Path) -> None:
    assert run("port", clean, "--no-check").exit_code == 1
    again = run("port", clean, "--no-check")
    assert again.exit_code == 2
    assert "--force" in again.output
    assert run("port", clean, "--no-check", "--force").exit_code == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_3_where_the_output_cannot_be_written(clean: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "sealed"
    sealed.mkdir(mode=0o500)
    result = run("port", clean, "--no-check", "-o", sealed / "out")
    assert result.exit_code == 3
    assert "Traceback" not in result.output


def test_3_where_the_output_cannot_be_made(clean: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = spawn("port", clean, "--no-check", "-o", tmp_path / "file" / "out")
    assert result.returncode in (2, 3)
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("hipwright: ")


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_json_of_a_port_is_all_of_standard_output(clean: Path, tmp_path: Path) -> None:
    result = spawn("port", clean, "--no-check", "--json", "-o", tmp_path / "out")
    data = json.loads(result.stdout)
    assert data["exit_code"] == result.returncode == 1
    assert [file["path"] for file in data["files"]] == ["twice.cu"]
    assert data["verified"] == []
    assert str(tmp_path) not in result.stdout
    assert data == json.loads((tmp_path / "out" / ".hipwright" / "report.json").read_text())


@pytest.mark.parametrize("arguments", [("scan", "CLEAN"), ("explain", "W03"), ("doctor",)], ids=lambda value: value[0])
def test_json_of_the_other_verbs(arguments: tuple[str, ...], clean: Path) -> None:
    result = spawn(*(str(clean) if each == "CLEAN" else each for each in arguments), "--json")
    assert json.loads(result.stdout)
    assert result.returncode in (0, 1)


def test_json_of_doctor_names_states() -> None:
    findings = json.loads(spawn("doctor", "--json").stdout)
    assert {"subject", "state", "detail", "remedy"} <= findings[0].keys()
    assert {finding["state"] for finding in findings} <= {"found", "missing", "absent"}


@needs_compiler
def test_check_compiles_again_and_its_json_has_resources(clean: Path) -> None:
    assert run("port", clean, "--no-check").exit_code == 1
    result = spawn("check", clean.parent / "clean-hip", "--arch", "gfx1100", "--json")
    data = json.loads(result.stdout)
    assert result.returncode == 0
    kernels = [kernel for unit in data["units"] for kernel in unit["kernels"]]
    assert [kernel["name"] for kernel in kernels] == ["twice(float*)"]
    assert data["unverified"] == ["twice(float*)"]


@needs_compiler
def test_check_of_a_tree_that_is_no_port_writes_nothing(clean: Path) -> None:
    result = run("check", clean, "--arch", "gfx942")
    assert result.exit_code == 1
    assert "the compiler rejects" in result.output
    assert [path.name for path in clean.iterdir()] == ["twice.cu"]


# -- scan and explain --------------------------------------------------------------------------------------------------


def test_scan_says_what_is_there(clean: Path) -> None:
    result = run("scan", clean)
    assert result.exit_code == 0
    assert "1 kernels, 1 launches" in result.output
    assert "runtime" in result.output
    assert "no sign of AMD support" in result.output
    assert [path.name for path in clean.parent.iterdir()] == ["clean"]  # nothing is written


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("shuffle-width", "CUDA's warp has 32 lanes"),
        ("W03", "rule shuffle-width"),
        ("w03", "rule shuffle-width"),
        ("cudaMalloc", "hipMalloc"),
        ("cublas_v2.h", "hipblas"),
    ],
)
def test_explain(subject: str, said: str) -> None:
    result = run("explain", subject)
    assert result.exit_code == 0
    assert said in result.output


def test_explain_suggests_near_spellings() -> None:
    result = run("explain", "cudaMalocc")
    assert result.exit_code == 2
    assert "did you mean cudaMalloc" in result.output


# -- terminal ----------------------------------------------------------------------------------------------------------


def test_no_escape_codes_where_output_is_piped(clean: Path) -> None:
    for arguments in (("scan", clean), ("port", clean, "--no-check"), ("explain", "W03"), ("doctor",)):
        result = spawn(*arguments, FORCE_COLOR="", NO_COLOR="")
        assert "\x1b" not in result.stdout + result.stderr, arguments


def test_colour_on_a_terminal(clean: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-m", "hipwright.cli", "scan", str(clean)]
    with subprocess.Popen(
        command, stdout=theirs, stderr=subprocess.DEVNULL, env={**environment, "TERM": "xterm-256color"}
    ) as process:
        os.close(theirs)
        text = b""
        try:
            while chunk := os.read(ours, 4096):
                text += chunk
        except OSError:  # the other end is closed
            pass
        assert process.wait(60) == 0
    os.close(ours)
    assert b"\x1b[" in text


# -- start-up ----------------------------------------------------------------------------------------------------------


def test_start_up_imports_nothing_heavy() -> None:
    code = (
        "import sys, hipwright.cli\n"
        "heavy = {'tree_sitter', 'rich', 'hipwright.rule', 'hipwright.rules', 'hipwright.knowledge'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_completion_is_there_for_bash(tmp_path: Path) -> None:
    command = shutil.which("hipwright", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if command is None or shutil.which("bash") is None:
        pytest.skip("not installed as a command")
    result = subprocess.run(
        [command], env={**os.environ, "_HIPWRIGHT_COMPLETE": "bash_source"}, capture_output=True, text=True, check=False
    )
    assert "_hipwright_completion" in result.stdout


def test_a_terminated_run_leaves_no_compiler_behind(tmp_path: Path) -> None:
    tree = tmp_path / "endless-tree"
    tree.mkdir()
    tower = (
        "template <int N, int M> struct F { static constexpr int v = F<N - 1, 2 * M>::v + F<N - 1, 2 * M + 1>::v; };\n"
        "template <int M> struct F<0, M> { static constexpr int v = M; };\nint never = F<26, 0>::v;\n"
    )
    name = f"endless_{os.getpid()}.cu"
    (tree / name).write_text(CLEAN + tower)

    def compilers() -> list[bytes]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                line = path.read_bytes()
                found += [line] if name.encode() in line and b"clang" in line else []
        return found

    command = [sys.executable, "-m", "hipwright.cli", "port", str(tree), "--no-verify", "--arch", "gfx942"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not compilers() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    assert compilers(), "the compiler was never started"
    process.terminate()
    assert "interrupted" in process.communicate(timeout=30)[1]
    assert process.returncode == 3 and not compilers()
