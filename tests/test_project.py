"""The project model: what a tree holds, who includes whom, how units are compiled, and hostile trees."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hipwright.amd import AmdSupport, supports_amd
from hipwright.finding import HipwrightError, Level
from hipwright.port import compile_unit
from hipwright.project import SIZE_LIMIT, Kind, Project, classify, encoding_of, includes, ported_path

KERNEL = "__global__ void k(float* x) { x[threadIdx.x] = 1; }\n"


def tree(root: Path, files: dict[str, str | bytes]) -> Path:
    """A small tree on disk."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file's time and bytes, to show that nothing was written."""
    return {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    ("name", "text", "kind", "cuda", "device"),
    [
        ("a.cu", KERNEL, Kind.CUDA_SOURCE, True, True),
        ("a.cu", "int main() {}", Kind.CUDA_SOURCE, True, False),
        ("a.cpp", "int main() { std::cout << 1; }", Kind.CXX_SOURCE, False, False),
        ("a.cpp", "#include <cuda_runtime.h>\nint main() { cudaFree(0); }", Kind.CXX_SOURCE, True, False),
        ("a.cpp", KERNEL + "int main() { k<<<1, 2>>>(0); }", Kind.CUDA_SOURCE, True, True),
        ("a.h", KERNEL, Kind.CUDA_HEADER, True, True),
        ("a.h", "#include <cuda_fp16.h>\n", Kind.CUDA_HEADER, True, False),
        ("a.h", "typedef int cuda;\n", Kind.CXX_HEADER, False, False),
        ("a.hpp", "struct S {};", Kind.CXX_HEADER, False, False),
        ("a.h", "<<<<<<< HEAD\nint x;\n=======\n", Kind.CXX_HEADER, False, False),
        ("a.c", "int main(void) { return 0; }", Kind.C_SOURCE, False, False),
        ("a.inc", "{1, 2, 3},\n", Kind.FRAGMENT, False, False),
        ("a.cuh.in", "__device__ int x = @X@;\n", Kind.FRAGMENT, True, True),
        ("kernels.body", KERNEL, Kind.FRAGMENT, True, True),
        ("readme.md", KERNEL, Kind.OTHER, False, False),
        ("CMakeLists.txt", "project(x)", Kind.BUILD, False, False),
        ("rules.mk", "X = 1", Kind.BUILD, False, False),
        ("a.bin", b"\0\1\2", Kind.OTHER, False, False),
    ],
)
def test_classify_by_name_and_content(name: str, text: str | bytes, kind: Kind, cuda: bool, device: bool) -> None:
    data = text.encode() if isinstance(text, str) else text
    file = classify(name, len(data), data)
    assert (file.kind, file.cuda, file.device) == (kind, cuda, device)


def test_device_code_in_strings_is_seen() -> None:
    source = b'const char* text = R"(extern "C" __global__ void k() {})"; void f() { nvrtcCreateProgram(0); }'
    assert classify("jit.cpp", len(source), source).nested
    python = b"k = cupy.RawKernel(r'''extern \"C\" __global__ void k() {}''', 'k')"
    file = classify("jit.py", len(python), python)
    assert (file.kind, file.nested) == (Kind.PYTHON, True)
    assert not classify("plain.py", 9, b"import os").nested


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"", "utf-8"),
        (b"int a;", "utf-8"),
        ("// é".encode(), "utf-8"),
        ("// é".encode("latin-1"), "latin-1"),
        (b"\xef\xbb\xbfint a;", "utf-8-sig"),
        ("int a;".encode("utf-16"), "utf-16-le"),
        (b"\x7fELF\0\0", "binary"),
        (bytes(range(1, 32)) * 4 + b"\xff\xfe", "binary"),
    ],
)
def test_encodings(data: bytes, encoding: str) -> None:
    assert encoding_of(data) == encoding


@given(st.binary(max_size=300), st.sampled_from(["a.cu", "a.h", "a.py", "a.inc", "a", "Makefile", "a.cu.in"]))
def test_classify_never_fails(data: bytes, name: str) -> None:
    file = classify(name, len(data), data)
    assert file.path == name
    list(includes(data))


def test_includes_resolve_and_order(tmp_path: Path) -> None:
    tree(tmp_path, {
        "Makefile": "all: main.o\nmain.o: src/main.cu\n\tnvcc -Iinclude -c src/main.cu -o main.o\n",
        "src/main.cu": '#include "near.h"\n#include <lib/far.cuh>\n#include <vector>\n#include <string.h>\n' + KERNEL,
        "src/near.h": '#include "deep.inl"\n',
        "src/deep.inl": "int x;\n",
        "include/lib/far.cuh": "__device__ int f();\n",
        "other/string.h": "// not what <string.h> means\n",
    })  # fmt: skip
    project = Project.open(tmp_path)
    assert project.includes_of("src/main.cu") == ("src/near.h", "include/lib/far.cuh")
    assert project.reaches("src/main.cu") == {"src/near.h", "src/deep.inl", "include/lib/far.cuh"}
    assert project.included_by("src/near.h") == ("src/main.cu",)
    assert project.reached_from("src/deep.inl") == {"src/near.h", "src/main.cu"}
    assert project.in_device_units == {"src/main.cu", "src/near.h", "src/deep.inl", "include/lib/far.cuh"}
    order = [file.path for file in project.code]
    assert order.index("src/deep.inl") < order.index("src/near.h") < order.index("src/main.cu")
    assert project.units[0].includes == ("include",)


def test_include_loops_end(tmp_path: Path) -> None:
    tree(tmp_path, {"a.h": '#include "b.h"\n', "b.h": '#include "a.h"\n', "m.cu": '#include "a.h"\n' + KERNEL})
    project = Project.open(tmp_path)
    assert project.reaches("a.h") == {"a.h", "b.h"}
    assert {file.path for file in project.code} == {"a.h", "b.h", "m.cu"}


def test_a_header_like_the_systems_does_not_take_its_place(tmp_path: Path) -> None:
    tree(tmp_path, {
        "src/a.cu": "#include <sys/time.h>\n#include <net.h>\n#include <curl/curl.h>\n" + KERNEL,
        "windows/sys/time.h": "typedef __int64 time;\n",
        "windows/net.h": "int net;\n",
        "windows/curl/curl.h": "int curl;\n",
    })  # fmt: skip
    project = Project.open(tmp_path)
    (unit,) = project.units
    assert (unit.includes, unit.guessed) == ((), ("windows",))
    assert project.reaches("src/a.cu") == {"windows/net.h", "windows/curl/curl.h"}
    flags = compile_unit(project, unit, (), str).flags
    assert flags == ("-iquote", "windows", "-idirafter", "windows")


def test_units_without_a_build_file(tmp_path: Path) -> None:
    tree(tmp_path, {
        "src/a.cu": '#include "util/x.h"\n#include "b.cu"\n' + KERNEL,
        "src/b.cu": "__device__ int b;\n",
        "inc/util/x.h": "int x;\n",
        "src/host.cpp": "int main() {}",
        "src/uses.cpp": "void f() { cudaFree(0); }",
    })  # fmt: skip
    project = Project.open(tmp_path, defines=["N=4"])
    units = {unit.path: unit for unit in project.units}
    assert set(units) == {"src/a.cu", "src/uses.cpp"}  # b.cu is included, host.cpp has nothing of CUDA's
    assert (units["src/a.cu"].includes, units["src/a.cu"].guessed) == ((), ("inc",))
    assert units["src/a.cu"].defines == ("N=4",)
    assert units["src/a.cu"].origin is None
    assert (units["src/a.cu"].language, units["src/uses.cpp"].language) == ("cuda", "c++")


def test_headers_outside_are_taken_in_when_reached(tmp_path: Path) -> None:
    tree(tmp_path, {
        "app/Makefile": "main: main.cu\n\tnvcc -I../include main.cu -o main\n",
        "app/main.cu": '#include "graph.h"\n#include "../common/log.h"\n' + KERNEL,
        "include/graph.h": '#include "node.h"\n#include "../../far/out.h"\n__device__ int g;\n',
        "include/node.h": "int n;\n",
        "include/unused.h": "int u;\n",
        "common/log.h": "int l;\n",
    })  # fmt: skip
    project = Project.open(tmp_path / "app")
    assert [file.path for file in project.external] == ["../common/log.h", "../include/graph.h", "../include/node.h"]
    assert ported_path("../include/graph.h") == "_external/include/graph.h"
    assert ported_path("../../x/y.h") == "_external/up/x/y.h"
    assert ported_path("src/a.cu") == "src/a.cu"
    edits = project.include_edits("main.cu", project.read("main.cu"))
    assert [edit.text for edit in edits] == [b"_external/common/log.h"]
    assert project.read("../include/graph.h").startswith(b"#include")


def test_headers_outside_of_the_repository_stay_out(tmp_path: Path) -> None:
    tree(tmp_path, {
        "secret.h": "int s;\n",
        "repo/.git/config": "",
        "repo/app/main.cu": '#include "../../secret.h"\n#include "../ok.h"\n' + KERNEL,
        "repo/ok.h": "int o;\n",
    })  # fmt: skip
    project = Project.open(tmp_path / "repo/app")
    assert [file.path for file in project.external] == ["../ok.h"]
    assert any("outside of the repository" in note.message for note in project.notes)


def test_build_output_and_version_control_are_left_out(tmp_path: Path) -> None:
    tree(tmp_path, {
        ".git/x.cu": KERNEL,
        "build/CMakeCache.txt": "",
        "build/gen.cu": KERNEL,
        "obj/a.o": b"\x7fELF",
        "src/build/real.cu": KERNEL,
        "out/.hipwright/record.json": "{}",
        "out/ported.cu": KERNEL,
        "a.o": b"\x7fELF",
        "a.cu": KERNEL,
    })  # fmt: skip
    project = Project.open(tmp_path)
    assert [file.path for file in project.files] == ["a.cu", "src/build/real.cu"]
    assert {note.place.path for note in project.notes} == {"build", "obj", "out"}
    wider = Project.open(tmp_path, include=["build/*", "*.cu"])
    assert "build/gen.cu" in wider.by_path


def test_compile_commands_of_a_build_folder_are_read(tmp_path: Path) -> None:
    command = f'[{{"directory": "{tmp_path}/build", "file": "../a.cu", "command": "nvcc -DX=1 -c ../a.cu"}}]'
    tree(tmp_path, {"a.cu": KERNEL, "build/CMakeCache.txt": "", "build/compile_commands.json": command})
    project = Project.open(tmp_path)
    assert [(unit.path, unit.defines) for unit in project.units] == [("a.cu", ("X=1",))]
    assert [file.path for file in project.files] == ["a.cu"]


def test_include_and_exclude_keep_files_as_they_are(tmp_path: Path) -> None:
    tree(tmp_path, {"src/a.cu": KERNEL, "vendor/b.cu": KERNEL, "c.txt": "x"})
    project = Project.open(tmp_path, exclude=["vendor/*"])
    assert {f.path: f.rewritable for f in project.files} == {"src/a.cu": True, "vendor/b.cu": False, "c.txt": True}
    assert [f.path for f in project.code] == ["src/a.cu"]
    assert [f.path for f in Project.open(tmp_path, include=["vendor/*"]).code] == ["vendor/b.cu"]


@pytest.mark.filterwarnings("ignore")
def test_hostile_tree(tmp_path: Path) -> None:
    root = tree(tmp_path / "p", {
        "plain.cu": KERNEL,
        "with space.cu": KERNEL,
        "with\nnewline.cu": KERNEL,
        "empty.cu": "",
        "wide.cu": KERNEL.encode("utf-16"),
        "latin.cu": b"// caf\xe9\n" + KERNEL.encode(),
        "junk.cu": bytes(range(256)) * 8,
        "dir.cu/inner.cu": KERNEL,
        "sub/target.h": "int t;\n",
        "bad.json/compile_commands.json": '[{"file": 3}, 7, {"file": "x.cu", "command": "nvcc \\"x"}]',
        "setup.py": "def (:\n",
        "Makefile": "X := $(shell touch ran)\nall:\n\ttouch ran\n",
        "CMakeLists.txt": "set(A ${A}${A}\nadd_executable(\n",
    })  # fmt: skip
    outside = tree(tmp_path / "outside", {"secret.cu": KERNEL})
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9")).mkdir()
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9/\xff.cu")).write_text(KERNEL)
    (root / "escape").symlink_to(outside)
    (root / "escape.cu").symlink_to(outside / "secret.cu")
    (root / "loop").symlink_to(root / "loop")
    (root / "up").symlink_to("..")
    (root / "dangling.cu").symlink_to("nowhere.cu")
    (root / "linked").symlink_to("sub")
    (root / "same.cu").symlink_to("plain.cu")
    os.mkfifo(root / "pipe.cu")
    with (root / "huge.cu").open("wb") as huge:
        huge.truncate(100 << 20)
    before = {k: v for k, v in snapshot(root).items() if "huge" not in k}
    project = Project.open(root)
    paths = {file.path for file in project.files}
    assert {
        "plain.cu",
        "with space.cu",
        "with\nnewline.cu",
        "empty.cu",
        "dir.cu/inner.cu",
        "caf\udce9/\udcff.cu",
    } <= paths
    assert not {"escape.cu", "pipe.cu", "dangling.cu", "same.cu"} & paths
    assert project.links == {"linked": "sub", "same.cu": "plain.cu"}
    rewritable = {file.path for file in project.files if file.rewritable}
    assert not {"huge.cu", "wide.cu", "junk.cu"} & rewritable
    assert "latin.cu" in rewritable
    said = {note.place.path: note.level for note in project.notes}
    for path in ("escape", "escape.cu", "loop", "up", "dangling.cu", "pipe.cu", "huge.cu", "wide.cu", "junk.cu"):
        assert path in said, path
    assert said["wide.cu"] is Level.TODO
    assert project.by_path["huge.cu"].size == 100 << 20 > SIZE_LIMIT
    assert before == {k: v for k, v in snapshot(root).items() if "huge" not in k}
    again = Project.open(root)
    assert (again.files, again.units, again.notes) == (project.files, project.units, project.notes)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_are_named(tmp_path: Path) -> None:
    tree(tmp_path, {"a.cu": KERNEL, "shut/b.cu": KERNEL})
    (tmp_path / "a.cu").chmod(0)
    (tmp_path / "shut").chmod(0)
    try:
        project = Project.open(tmp_path)
    finally:
        (tmp_path / "shut").chmod(0o755)
    assert {(note.place.path, note.level) for note in project.notes} == {("a.cu", Level.TODO), ("shut", Level.TODO)}


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HipwrightError) as refused:
        Project.open(tmp_path / "nothing")
    assert refused.value.exit_code == 2


def test_links_in_the_tree_lead_includes(tmp_path: Path) -> None:
    tree(tmp_path, {"a.cu": '#include "inc/x.h"\n' + KERNEL, "real/x.h": "int x;\n"})
    (tmp_path / "inc").symlink_to("real")
    assert Project.open(tmp_path).includes_of("a.cu") == ("real/x.h",)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(
    st.sampled_from(["Makefile", "CMakeLists.txt", "setup.py", "compile_commands.json", "a.cu", "b.h", "sub/c.cu"]),
    st.one_of(st.binary(max_size=120), st.text("$(){}:=\t\n ,.\\#abc-nvcc%@<^cu\"'", max_size=120)),
))  # fmt: skip
def test_open_never_fails(tmp_path: Path, files: dict[str, bytes | str]) -> None:
    root = tmp_path / "fuzz"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    tree(root, {name: text.encode() if isinstance(text, str) else text for name, text in files.items()})
    project = Project.open(root)
    assert {file.path for file in project.files} == set(files)


def test_amd_support(tmp_path: Path) -> None:
    none = tree(tmp_path / "none", {"a.cu": KERNEL, "Makefile": "# hipcc would be nice\nall:\n\tnvcc a.cu\n"})
    partly = tree(tmp_path / "partly", {"a.cu": "#ifdef __HIP_PLATFORM_AMD__\n#endif\n" + KERNEL})
    foreign = tree(
        tmp_path / "foreign", {"third_party/x.h": "#ifdef __HIPCC__\n#endif\n", "CMakeLists.txt": "find_package(hip)"}
    )
    yes = tree(tmp_path / "yes", {
        "a.cu": "#ifdef USE_HIP\n#include <hip/hip_runtime.h>\n#endif\n",
        "CMakeLists.txt": "enable_language(HIP)",
    })  # fmt: skip
    assert supports_amd(Project.open(none)) == (AmdSupport.NONE, ())
    assert supports_amd(Project.open(partly))[0] is AmdSupport.PARTLY
    assert supports_amd(Project.open(foreign))[0] is AmdSupport.PARTLY
    level, evidence = supports_amd(Project.open(yes))
    assert level is AmdSupport.YES
    assert [what for _, what in evidence] == ["enable_language(HIP", "USE_HIP", "#include <hip/hip_runtime.h"]
    assert str(evidence[0][0]) == "CMakeLists.txt:1:1"


def test_walk_is_fast(tmp_path: Path) -> None:
    """A third of a million lines are read and classified in about a second of processor time."""
    body = KERNEL * 20 + "// some comment about nothing at all\nint f(int a, int b) { return a + b; }\n" * 90
    count = 370_000 // (body.count("\n"))
    tree(tmp_path, {f"d{index % 40}/f{index}.cu": body for index in range(count)})
    started = time.process_time()
    project = Project.open(tmp_path)
    spent = time.process_time() - started
    assert len(project.files) == count
    assert spent < 6  # generous: machines differ; about 0.7 s where this was written
