"""The check of a ported tree: what the compiler accepts, what stops it and where, what it built, and what is kept."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipwright import toolchain
from hipwright.codeobject import CodeObjectError, kernels_of
from hipwright.compile import HOST, Limits, Unit, UnitResult, accepted_flags, check
from hipwright.messages import demangled, messages

KERNEL = """#include <hip/hip_runtime.h>
#include "scale.h"

__global__ void __launch_bounds__(256) scale(float* x, float by) {
  __shared__ float tile[256];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = tile[255 - threadIdx.x] * by * FACTOR;
}
int main() { scale<<<1, 256>>>(nullptr, 2.0f); return hipDeviceSynchronize() != hipSuccess; }
"""


@pytest.fixture(scope="session")
def tools() -> toolchain.Toolchain:
    """The toolchain of this machine; a test run without one fails rather than passing on nothing."""
    return toolchain.find()


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_h", ".h").replace("_cu", ".cu")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def by_arch(results: list[UnitResult]) -> dict[str, UnitResult]:
    return {result.arch: result for result in results}


def test_a_unit_becomes_code_objects_with_resources(tools: toolchain.Toolchain, tmp_path: Path) -> None:
    write(tmp_path, scale_cu=KERNEL, scale_h="#define FACTOR 3\n")
    seen: list[tuple[int, int, str]] = []
    results = check(
        tmp_path, [Unit("scale.cu")], ["gfx942", "gfx1100"], tools,
        line_map=lambda path, line: ("original/" + path, line + 100),
        progress=lambda *step: seen.append(step),
    )  # fmt: skip
    assert [(result.arch, result.status) for result in results] == [(HOST, "ok"), ("gfx942", "ok"), ("gfx1100", "ok")]
    assert [(done, of) for done, of, _ in seen] == [(1, 3), (2, 3), (3, 3)]
    found = by_arch(results)
    for arch, wave in (("gfx942", 64), ("gfx1100", 32)):
        (kernel,) = found[arch].kernels
        assert (kernel.symbol, kernel.wave, kernel.max_block, kernel.lds) == ("_Z5scalePff", wave, 256, 1024)
        assert kernel.name in {"scale(float*, float)", "_Z5scalePff"}
        assert str(kernel.place) == "original/scale.cu:104:1"
        assert 0 < kernel.vgprs < 64
        assert kernel.occupancy().share == 1
        assert kernel.occupancy(dynamic_lds=40000).share < 1


def test_what_only_the_device_side_rejects(tools: toolchain.Toolchain, tmp_path: Path) -> None:
    write(
        tmp_path,
        asm_cu="""#include <hip/hip_runtime.h>
__global__ void k(int* p) {
  int r;
  asm volatile("mov.u32 %0, %1;" : "=v"(r) : "v"(p[0]));
  p[1] = r;
}
""",
        elsewhere_cu="""#include <hip/hip_runtime.h>
__device__ int other(int);
__global__ void k(int* p) { p[0] = other(p[1]); }
""",
    )
    units = [Unit("asm.cu"), Unit("elsewhere.cu"), Unit("elsewhere.cu", flags=("-fgpu-rdc",))]
    results = check(tmp_path, units, ["gfx942"], tools)
    host, device = ([result for result in results if (result.arch == HOST) == side] for side in (True, False))
    assert [result.status for result in host] == ["ok"] * 3
    assembly, alone, relocatable = device
    assert (assembly.status, str(assembly.diagnostics[0].place)) == ("failed", "asm.cu:4:16")
    assert alone.status == "failed"
    assert "other" in alone.diagnostics[0].message
    assert relocatable.ok
    assert len(relocatable.kernels) == 1


def test_missing_headers_are_told_apart(tools: toolchain.Toolchain, tmp_path: Path) -> None:
    write(
        tmp_path,
        third_cu="#include <boost/version.hpp>\n",
        own_cu="#include <inside.h>\n",
        lib__inside_h="",
        cuda_cu="#include <cuda_runtime.h>\n",
        rocm_cu="#include <hip/no_such_header.h>\n",
        both_cu="int x = nothing;\n#include <boost/version.hpp>\n",
    )
    units = [Unit("third.cu"), Unit("own.cu"), Unit("cuda.cu"), Unit("rocm.cu"), Unit("own.cu", flags=("-Ilib",))]
    units.append(Unit("both.cu"))
    results = check(tmp_path, units, [], tools)
    found = {(result.unit.path, result.unit.flags): (result.status, result.missing_header) for result in results}
    assert found == {
        ("third.cu", ()): ("missing-header", "boost/version.hpp"),
        ("own.cu", ()): ("failed", ""),
        ("own.cu", ("-Ilib",)): ("ok", ""),
        ("cuda.cu", ()): ("failed", ""),
        ("rocm.cu", ()): ("failed", ""),
        ("both.cu", ()): ("failed", ""),
    }


def test_an_error_in_a_system_header_stands_where_the_tree_caused_it(
    tools: toolchain.Toolchain, tmp_path: Path
) -> None:
    write(tmp_path, sort_cu="#include <algorithm>\nstruct S {};\n\nvoid f(S* s) {\n  std::sort(s, s + 9);\n}\n")
    (result,) = check(tmp_path, [Unit("sort.cu")], [], tools)
    assert result.status == "failed"
    assert {(item.place.path, item.place.line) for item in result.diagnostics} == {("sort.cu", 5)}
    assert "invalid operands" in result.diagnostics[0].message


def test_languages_and_awkward_names(tools: toolchain.Toolchain, tmp_path: Path) -> None:
    (tmp_path / "-a b.cu").write_text("#include <hip/hip_runtime.h>\nstatic_assert(__cplusplus >= 201703L);\n")
    (tmp_path / "host.cpp").write_text("#include <hip/hip_runtime_api.h>\nint f() { return hipDeviceSynchronize(); }\n")
    (tmp_path / "plain.c").write_text("int f(int new) { return new; }\n")
    (tmp_path / "threads.cpp").write_text("#include <omp.h>\nint f() { return omp_get_num_threads(); }\n")
    units = [
        Unit("-a b.cu", flags=("-std=c++11",)),
        Unit("host.cpp", "c++"),
        Unit("plain.c", "c", ("-std=c99",)),
        Unit("threads.cpp", "c++", ("-fopenmp",)),
    ]
    results = check(tmp_path, units, ["gfx942"], tools)
    assert [(result.status, result.diagnostics) for result in results] == [("ok", ())] * 5  # one of them twice


def test_an_unchanged_unit_is_not_compiled_again(tools: toolchain.Toolchain, tmp_path: Path) -> None:
    root, cache = tmp_path / "tree", tmp_path / "cache"
    write(root, a__scale_cu=KERNEL, inc__scale_h="#define FACTOR 3\n", bad_cu="#include <nowhere.h>\n")
    units = [Unit("a/scale.cu", flags=("-Ia", "-Iinc")), Unit("bad.cu")]

    def run() -> list[UnitResult]:
        return check(root, units, ["gfx942"], tools, cache_dir=cache)

    def unmarked(results: list[UnitResult]) -> list[tuple[object, ...]]:
        return [(item.unit, item.arch, item.status, item.diagnostics, item.kernels) for item in results]

    first, second = run(), run()
    assert not any(result.cached for result in first)
    assert all(result.cached for result in second)
    assert unmarked(first) == unmarked(second)
    (root / "inc/scale.h").write_text("#define FACTOR y\n")
    changed = run()
    assert [(result.unit.path, result.cached, result.status) for result in changed] == [
        ("a/scale.cu", False, "failed"), ("a/scale.cu", False, "failed"),
        ("bad.cu", True, "missing-header"), ("bad.cu", True, "missing-header"),
    ]  # fmt: skip
    (root / "a/scale.h").write_text("#define FACTOR 4\n")  # found before the one that is broken
    (root / "nowhere.h").touch()
    assert [result.status for result in run()] == ["ok", "ok", "failed", "failed"]
    assert [result.status for result in check(root, units, ["gfx942"], tools)] == ["ok", "ok", "failed", "failed"]


def test_a_damaged_cache_is_only_slow(tools: toolchain.Toolchain, tmp_path: Path) -> None:
    root, cache = tmp_path / "tree", tmp_path / "cache"
    write(root, one_cu="int x;\n")
    check(root, [Unit("one.cu")], [], tools, cache_dir=cache)
    (entry,) = cache.rglob("*.json")
    for damage in ("", "{", "[]", '{"files": {}, "status": "ok"}'):
        entry.write_text(damage)
        (result,) = check(root, [Unit("one.cu")], [], tools, cache_dir=cache)
        assert (result.ok, result.cached) == (True, False)


def test_hostile_sources_are_stopped(tools: toolchain.Toolchain, tmp_path: Path) -> None:
    endless = "constexpr int f(int n) { while (true) ++n; return n; }\nconstexpr int x = f(0);\n"
    (tmp_path / "endless.cpp").write_text(endless)
    (result,) = check(
        tmp_path, [Unit("endless.cpp", "c++", ("-fconstexpr-steps=4000000000",))], [], tools, limits=Limits(seconds=2)
    )
    assert result.status == "timeout"
    doubling = "#define A0 x,\n" + "".join(f"#define A{n} A{n - 1} A{n - 1} A{n - 1} A{n - 1}\n" for n in range(1, 16))
    (tmp_path / "huge.cpp").write_text(doubling + "int x; int y[] = { A15 };\n")
    (result,) = check(tmp_path, [Unit("huge.cpp", "c++")], [], tools, limits=Limits(seconds=60, memory=400 << 20))
    assert result.status == "crash"
    assert "crashed" in result.diagnostics[-1].message


def test_an_interrupt_ends_what_is_running(tools: toolchain.Toolchain, tmp_path: Path) -> None:
    (tmp_path / "a.c").touch()
    (tmp_path / "endless.cpp").write_text("constexpr int f() { while (true) ; return 0; }\nconstexpr int x = f();\n")
    units = [Unit("a.c", "c"), Unit("endless.cpp", "c++", ("-fconstexpr-steps=4000000000",))]

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        check(tmp_path, units, [], tools, jobs=2, progress=interrupt, limits=Limits(seconds=100))
    assert time.monotonic() - started < 50


def test_only_harmless_flags_are_passed_on() -> None:
    kept = shlex.split(
        "-Isrc -I 'lib dir' -DN=4 -D M -std=c++20 -O2 -ffast-math -fno-exceptions -ffp-contract=off -fgpu-rdc -pthread "
        "-mwavefrontsize64 -fopenmp -include pre.h -Wno-narrowing -isystem third"
    )
    dropped = shlex.split(
        "-fplugin=evil.so -fpass-plugin=evil.so -Xclang -load -o out @file --config=x -Bdir -mllvm -wrapper "
        "-Xclang -Isrc -fprofile-use=x -ftime-trace=out -save-temps -Werror -MF -specs=x -fmodules-cache-path=x -o -DX "
        "-fdump=x -I"
    )
    assert accepted_flags(kept) == kept
    assert accepted_flags(dropped) == []


def test_messages_lead_to_the_line_that_asked() -> None:
    text = """In file included from ./a.cu:3:
In file included from ./inc/b.h:7:
/usr/include/c.h:9:2: error: no good
/usr/include/c.h:5:1: note: candidate function not viable
./d.cu:12:5: note: in instantiation of function template specialization 'f<int>' requested here
./d.cu:2:1: warning: odd
clang: error: unsupported thing
fatal error: too many errors emitted, stopping now [-ferror-limit=]
"""
    found = [(item.severity, item.text, item.places) for item in messages(text)]
    assert found == [
        ("error", "no good", [("/usr/include/c.h", 9, 2), ("./d.cu", 12, 5), ("./inc/b.h", 7, 1), ("./a.cu", 3, 1)]),
        ("warning", "odd", [("./d.cu", 2, 1)]),
        ("error", "unsupported thing", []),
    ]


def test_names_are_readable_or_left_alone() -> None:
    assert demangled("plain") == "plain"
    assert demangled("_Z1kIfEvPT_") in {"void k<float>(float*)", "_Z1kIfEvPT_"}
    assert demangled("_Znonsense") == "_Znonsense"


@given(st.binary(max_size=300).map(lambda tail: b"\x7fELF\x02\x01" + tail) | st.binary(max_size=40))
def test_bytes_that_are_no_code_object_are_refused(data: bytes) -> None:
    with pytest.raises(CodeObjectError):
        if kernels_of(data) == []:  # a file whose header names no sections
            raise CodeObjectError
