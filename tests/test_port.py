"""The main job against bad input, interruption and hostile trees."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hipwright.finding import HipwrightError, Level
from hipwright.output import RECORD, read_state, staged
from hipwright.port import Options, port

NO_CHECK = Options(check=False)
SAXPY = b"""#include <cuda_runtime.h>
__global__ void saxpy(int n, float a, const float* x, float* y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}
int main() {
  float* d; cudaMalloc(&d, 4); saxpy<<<1, 1>>>(0, 1.f, d, d);
  return cudaDeviceSynchronize() != cudaSuccess;
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "saxpy.cu").write_bytes(SAXPY)
    return root


def digest(root: Path) -> str:
    """Names, kinds and bytes of everything below a folder."""
    total = hashlib.sha256()
    for path in sorted(root.rglob("*"), key=os.fsencode):
        total.update(os.fsencode(path.relative_to(root)))
        if path.is_symlink():
            total.update(os.fsencode(path.readlink()))
        elif path.is_file():
            total.update(path.read_bytes())
    return total.hexdigest()


def test_originals_never_change(project: Path, tmp_path: Path) -> None:
    before = digest(project)
    port(project, tmp_path / "out", NO_CHECK)
    assert digest(project) == before
    assert b"hipMalloc" in (tmp_path / "out" / "saxpy.cu").read_bytes()


@pytest.mark.parametrize(
    ("prefix", "newline"), [(b"", b"\n"), (b"\xef\xbb\xbf", b"\n"), (b"", b"\r\n"), (b"\xef\xbb\xbf", b"\r\n")]
)
def test_bom_and_line_ends_survive(project: Path, tmp_path: Path, prefix: bytes, newline: bytes) -> None:
    (project / "saxpy.cu").write_bytes(prefix + SAXPY.replace(b"\n", newline))
    port(project, tmp_path / "out", NO_CHECK)
    data = (tmp_path / "out" / "saxpy.cu").read_bytes()
    assert data.startswith(prefix + b"#include <hip/hip_runtime.h>" + newline)
    assert data.count(b"\n") == data.count(newline)


def test_a_byte_order_mark_hides_no_include(tmp_path: Path) -> None:
    text = b"#include <cuda_runtime.h>\n__device__ int f(int v) { return __shfl_sync(~0u, v, 0) + threadIdx.x; }\n"
    for name, data in (("with", b"\xef\xbb\xbf" + text), ("without", text)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.cu").write_bytes(data)
        port(tmp_path / name, tmp_path / f"{name}-hip", Options(check=False))
    plain = (tmp_path / "without-hip" / "a.cu").read_bytes()
    assert plain.count(b"hip_runtime.h") == 1
    assert (tmp_path / "with-hip" / "a.cu").read_bytes() == b"\xef\xbb\xbf" + plain


def test_latin_1_comments_survive(project: Path, tmp_path: Path) -> None:
    (project / "saxpy.cu").write_bytes(b"// Gr\xfc\xdfe\n" + SAXPY)
    port(project, tmp_path / "out", NO_CHECK)
    data = (tmp_path / "out" / "saxpy.cu").read_bytes()
    assert data.startswith(b"// Gr\xfc\xdfe\n")
    assert b"hipMalloc" in data


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.cu", b""),
        ("junk.cu", bytes(range(256)) * 50),
        ("open.cu", b"__global__ void k( { if (cudaMalloc(&x, "),
        ("sixteen.cu", "cudaMalloc();".encode("utf-16")),
        ("name with spaces.cu", SAXPY),
        ("new\nline.cu", SAXPY),
        ("caf\xe9.cu", SAXPY),
        ("endless.cu", b"#define A A A\n#define B(x) B(B(x))\n" + b"(" * 20_000),
        ("huge.bin", b"\0" * 20_000_000),
        ("nul.cu", b"cudaMalloc();\0\0cudaFree();"),
    ],
)
def test_odd_files_are_ported_or_named_and_never_lost(project: Path, tmp_path: Path, name: str, data: bytes) -> None:
    (project / name).write_bytes(data)
    port(project, tmp_path / "out", NO_CHECK)
    assert (tmp_path / "out" / name).exists()


def test_links_out_of_the_tree_and_loops(project: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.cu"
    secret.write_bytes(b"cudaMalloc();")
    (project / "out.cu").symlink_to(secret)
    (project / "loop").symlink_to(project)
    (project / "self.cu").symlink_to("self.cu")
    (project / "in.cu").symlink_to("saxpy.cu")
    report = port(project, tmp_path / "out", NO_CHECK)
    assert not (tmp_path / "out" / "out.cu").exists()
    assert (tmp_path / "out" / "in.cu").is_symlink()
    assert {note.place.path for note in report.notes} >= {"out.cu", "self.cu"}


def test_device_files_and_unreadable_files_are_named(project: Path, tmp_path: Path) -> None:
    os.mkfifo(project / "pipe.cu")
    report = port(project, tmp_path / "out", NO_CHECK)
    assert any(note.place.path == "pipe.cu" for note in report.notes)


def test_refuses_to_mix(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("precious")
    for options in (NO_CHECK, Options(check=False, force=True)):
        with pytest.raises(HipwrightError, match="did not write"):
            port(project, out, options)
    assert (out / "mine.txt").read_text() == "precious"


@pytest.mark.parametrize("where", ["project", "project/out", "."])
def test_refuses_an_output_that_overlaps_the_original(project: Path, tmp_path: Path, where: str) -> None:
    with pytest.raises(HipwrightError, match="inside each other"):
        port(project, tmp_path / where, NO_CHECK)


def test_existing_port_needs_force(project: Path, tmp_path: Path) -> None:
    port(project, tmp_path / "out", NO_CHECK)
    with pytest.raises(HipwrightError, match="already holds a port"):
        port(project, tmp_path / "out", NO_CHECK)
    (tmp_path / "out" / "stale.txt").write_text("old")
    port(project, tmp_path / "out", Options(check=False, force=True))
    assert not (tmp_path / "out" / "stale.txt").exists()


def test_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged(tmp_path / "out") as tree:
        (tree / "half.cu").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    with staged(tmp_path / "out") as tree:
        (tree / "a").write_text("a")
        with pytest.raises(HipwrightError, match="another run"), staged(tmp_path / "out"):
            pass
    assert (tmp_path / "out" / "a").read_text() == "a"


@pytest.mark.parametrize("delay", [0.1, 0.3, 0.6, 1.0])
def test_killed_run_is_completed_by_the_next(tmp_path: Path, delay: float) -> None:
    root = tmp_path / "project"
    root.mkdir()
    for index in range(300):
        (root / f"k{index}.cu").write_bytes(SAXPY * 20)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "hipwright.cli", "port", str(root), "-o", str(out), "--no-check"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if out.exists() and read_state(out).get("stage") == "done":
        assert len(list(out.glob("*.cu"))) == 300
    else:
        assert not out.exists() or (out / RECORD).is_dir()
        port(root, out, NO_CHECK)
    assert len(list(out.glob("*.cu"))) == 300
    assert read_state(out)["stage"] == "done"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "project"]


def test_nothing_compiled_is_never_called_clean(project: Path, tmp_path: Path) -> None:
    report = port(project, tmp_path / "out", NO_CHECK)
    assert report.left_to_do
    assert report.exit_code == 1


def test_compiles_and_reports_every_kernel_as_unverified(project: Path, tmp_path: Path) -> None:
    report = port(project, tmp_path / "out", Options(archs=("gfx942", "gfx1100")))
    assert {result.arch for result in report.units if result.ok} == {"host", "gfx942", "gfx1100"}
    assert not report.work
    assert not [note for note in report.notes if note.level in (Level.TODO, Level.ERROR)]
    assert report.exit_code == 0
    assert all(result.kernels for result in report.units if result.arch != "host")


def test_broken_code_is_reported_on_the_original_line(project: Path, tmp_path: Path) -> None:
    broken = SAXPY.replace(b"y[i] = a", b"y[i] = unknown_thing + a")
    (project / "saxpy.cu").write_bytes(b"#include <cuda.h>\n" + broken)
    report = port(project, tmp_path / "out", Options(archs=("gfx942",)))
    assert report.exit_code == 1
    places = {(item.place.path, item.place.line) for item in report.work}
    assert places == {("saxpy.cu", 5)}


def test_a_huge_file_is_copied_and_named_as_too_large(project: Path, tmp_path: Path) -> None:
    (project / "huge.cu").write_bytes(SAXPY + b"// " + b"x" * (17 << 20) + b"\n")
    report = port(project, tmp_path / "out", NO_CHECK)
    said = [note for note in report.notes if note.place.path == "huge.cu"]
    assert [note.level for note in said] == [Level.TODO]
    assert "too large" in said[0].message
    assert (tmp_path / "out" / "huge.cu").stat().st_size == (project / "huge.cu").stat().st_size


def test_notes_name_the_line_of_every_edit(project: Path, tmp_path: Path) -> None:
    report = port(project, tmp_path / "out", NO_CHECK)
    edits = {file.path: file.edits for file in report.files}["saxpy.cu"]
    assert edits["headers"] == (1,)
    assert set(edits["names"]) == {7, 8}


def test_rename_changes_files_and_those_that_name_them(project: Path, tmp_path: Path) -> None:
    (project / "Makefile").write_text("saxpy: saxpy.cu\n\tnvcc -o $@ saxpy.cu\n%.o: %.cu\n\tnvcc -c $<\n")
    (project / "all.cpp").write_text('#include "saxpy.cu"\nint cudaUser;\n')
    port(project, tmp_path / "out", Options(check=False, rename=".hip"))
    assert (tmp_path / "out" / "saxpy.hip").exists()
    assert not (tmp_path / "out" / "saxpy.cu").exists()
    makefile = (tmp_path / "out" / "Makefile").read_text()
    assert "saxpy.hip" in makefile
    assert "%.hip" in makefile
    assert ".cu" not in makefile
    assert '#include "saxpy.hip"' in (tmp_path / "out" / "all.cpp").read_text()


def test_a_tree_without_units_is_never_called_clean(tmp_path: Path) -> None:
    root = tmp_path / "headers"
    root.mkdir()
    (root / "only.cuh").write_bytes(b"#include <cuda_runtime.h>\n__device__ int broken( {\n")
    report = port(root, tmp_path / "out", Options(archs=("gfx942",)))
    assert report.unchecked
    assert report.exit_code == 1


def test_host_code_whose_macros_are_the_devices_in_its_pass_compiles(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "words.h").write_text(
        "#pragma once\n#ifdef __CUDA_ARCH__\n#define TURN(x) __funnelshift_r((x), (x), 7)\n"
        "__device__ __forceinline__ unsigned swapped(unsigned x) { return __byte_perm(x, 0, 0x0123); }\n"
        "#else\n#define TURN(x) ((x) >> 7 | (x) << 25)\n#define swapped(x) __builtin_bswap32(x)\n#endif\n"
    )
    (root / "a.cu").write_text(
        '#include "words.h"\n__global__ void k(unsigned* p) { *p = TURN(swapped(*p)); }\n'
        "unsigned on_host(unsigned x) { return TURN(swapped(x)); }\n"
    )
    report = port(root, tmp_path / "out", Options(archs=("gfx942",)))
    assert {unit.arch: unit.status for unit in report.units} == {"gfx942": "ok", "host": "ok"}
    assert "__host__ __device__ __forceinline__ unsigned swapped" in (tmp_path / "out" / "words.h").read_text()
