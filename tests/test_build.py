"""Build files: what they say of units, how nvcc's flags read for clang, and their ports."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipwright.build.cmake_read import read_cmake
from hipwright.build.cmake_syntax import commands
from hipwright.build.compile_commands import read_compile_commands
from hipwright.build.flags import FAST_MATH, LIBRARIES, safe, translate_flags
from hipwright.build.makefile import read_makefile
from hipwright.build.port import port_build_files
from hipwright.build.port_cmake import PACKAGES, cuda_libraries, port_cmake
from hipwright.build.port_make import port_makefile
from hipwright.build.setup_py import read_setup_py
from hipwright.build.unit import Unit, split_command, units_of_command
from hipwright.finding import Edit, Finding, Level, Note
from hipwright.project import Project

TARGETS = ("gfx90a", "gfx1100")


def apply(data: bytes, findings: Sequence[Finding]) -> bytes:
    """A text with the edits of some findings; overlapping edits are an error."""
    edits = sorted((f for f in findings if isinstance(f, Edit)), key=lambda e: (e.start, e.end))
    for left, right in itertools.pairwise(edits):
        assert left.end <= right.start, (left, right)
    for edit in reversed(edits):
        data = data[: edit.start] + edit.text + data[edit.end :]
    return data


def notes(findings: Sequence[Finding]) -> list[Note]:
    return [f for f in findings if isinstance(f, Note)]


# -- flags -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nvcc", "hip"),
    [
        ("-arch=sm_60 -O3", "-O3"),
        ("-arch sm_60 -gencode arch=compute_70,code=sm_70 --gpu-code=sm_80", ""),
        ('-gencode=arch=compute_70,code=\\"sm_70\\"', ""),
        ("-Xcompiler -Wall -Xcompiler=-fPIC,-g", "-Wall -fPIC -g"),
        ("--compiler-options '-Wall -fopenmp'", "-Wall -fopenmp"),
        ("-Xcompiler -Wl,-rpath,/x", "-Wl,-rpath,/x"),
        ("-Xptxas -v --ptxas-options=-v -Xcudafe --diag_suppress=3", ""),
        ("--expt-relaxed-constexpr -extended-lambda", ""),
        ("--use_fast_math", " ".join(FAST_MATH)),
        ("-std=c++11", "-std=c++17"),
        ("--std gnu++14", "--std gnu++14"),
        ("-std=c++20", "-std=c++20"),
        ("-rdc=true -dc", "-fgpu-rdc -fgpu-rdc -c"),
        ("-ftz=true -fmad=false", "-fgpu-flush-denormals-to-zero -ffp-contract=off"),
        ("-lineinfo -G", "-gline-tables-only -g"),
        ("-x cu", "-x hip"),
        ("-x c", "-x c"),
        ("-ccbin g++ --threads 4 -maxrregcount=64", ""),
        ("--default-stream per-thread", "-fgpu-default-stream=per-thread"),
        ("--default-stream legacy", ""),
        ("-lcublas -lcudart -lcudadevrt -lm", "-lhipblas -lamdhip64 -lm"),
        ("-Xlinker -rpath,/x", "-Wl,-rpath -Wl,/x"),
        ("-Werror all-warnings -Werror=unused", "-Werror all-warnings -Werror=unused"),
        ("-Werror=all-warnings,cross-execution-space-call", "-Werror"),
        ("--define-macro=N=3 --include-path /x --output-file a.o", "-DN=3 -I/x -o a.o"),
        ("-O4", "-O3"),
        ("", ""),
    ],
)
def test_flags(nvcc: str, hip: str) -> None:
    words = split_command(nvcc)[0] if nvcc else []
    expected = hip.split()
    if nvcc.startswith("-Werror all"):
        expected = ["-Werror", "all-warnings", "-Werror=unused"]
    if nvcc.startswith("--std "):
        expected = ["--std", "gnu++14"]
    assert list(translate_flags(words).flags) == expected


def test_flags_speak_of_what_they_lose() -> None:
    done = translate_flags(["-maxrregcount=32", "--use_fast_math", "-lnvjpeg", "-ptx"])
    assert {h for remark in done.remarks for h in remark.hazards} == {"W38", "F02", "L25", "B01"}
    assert done.dropped == ("-maxrregcount=32", "-ptx")
    assert any(remark.level is Level.TODO for remark in done.remarks)


@given(st.lists(st.text("-abcdefglmnoprstuvxXO=,_$() 0123456789'\"", max_size=14), max_size=12))
def test_flag_translation_is_total_and_settles(words: list[str]) -> None:
    once = translate_flags(words)
    assert all(isinstance(word, str) for word in once.flags)
    safe(once.flags)


WORDS = (
    "-arch=sm_60", "-Xcompiler -Wall", "-O3", "--use_fast_math", "-dc", "-G", "-lcublas", "-std=c++14", "-DX=1", "-c",
    "-gencode arch=compute_70,code=sm_70", "a.cu",
)  # fmt: skip


@given(st.lists(st.sampled_from(WORDS)))
def test_translated_flags_stay_as_they_are(options: list[str]) -> None:
    once = translate_flags(" ".join(options).split()).flags
    assert translate_flags(once).flags == once


def test_only_harmless_words_reach_a_compiler() -> None:
    hostile = [
        "-fplugin=/tmp/x.so", "-Xclang", "-load", "-o", "/etc/passwd", "@args", "-B/tmp", "-include", "/etc/shadow",
        "-specs=x", "-wrapper", "sh", "-Wl,-x", "-fprofile-use=/x", "-MF", "/x", "-save-temps", "--config=/x",
    ]  # fmt: skip
    assert safe([*hostile, "-DN=1", "-O2", "-std=c++17", "-x", "hip", "-fopenmp", "-ffast-math"]) == (
        "-DN=1", "-O2", "-std=c++17", "-x", "hip", "-fopenmp", "-ffast-math"
    )  # fmt: skip


# -- commands and Makefiles ------------------------------------------------------------------------------------------


def test_units_of_a_command() -> None:
    words = ["ccache", "nvcc", "-I", "inc", "-Iother", "-DA", "-D", "B=2", "-UC", "-c", "x/a.cu", "b.cpp", "-o", "c.cu"]
    units = units_of_command(words, "sub", None, lambda path: True)
    assert [(u.path, u.language) for u in units] == [("sub/x/a.cu", "cuda"), ("sub/b.cpp", "c++")]
    assert units[0].includes == ("sub/inc", "sub/other")
    assert units[0].defines == ("A", "B=2", "-C")
    assert units_of_command(["python", "a.cu"], "", None, lambda path: True) == []
    assert units_of_command(["nvcc", "-x", "cu", "a.cxx"], "", None, lambda path: True)[0].language == "cuda"


def units(text: str, *names: str) -> list[Unit]:
    """What a Makefile at the root compiles, with these files there."""
    texts = {"Makefile": text.encode()}
    return read_makefile("Makefile", ["Makefile", *names], texts.get)


MAKEFILES = {
    "pattern rule": (
        "CC = nvcc\nsource = a.cu b.cu\nobj = $(source:.cu=.o)\nCFLAGS := -std=c++17 -DN=1\n"
        "main: $(obj)\n\t$(CC) $(CFLAGS) $(obj) -o $@\n%.o: %.cu x.h\n\t$(CC) $(CFLAGS) -c $< -o $@\n",
        ["a.cu", "b.cu"],
    ),
    "explicit rules": (
        "a.o: a.cu x.h\n\tnvcc -c a.cu \\\n\t  -o a.o\nb.o: b.cu\n\t@nvcc -c $<\nall: a.o b.o\n",
        ["a.cu", "b.cu"],
    ),
    "static pattern": ("O = a.o b.o\nall: $(O)\n$(O): %.o: %.cu\n\tnvcc -c $< -o $@\n", ["a.cu", "b.cu"]),
    "suffix rule": (".SUFFIXES: .cu .o\nall: a.o b.o\n.cu.o:\n\tnvcc -c $<\n", ["a.cu", "b.cu"]),
    "functions": (
        "S := $(sort $(wildcard *.cu))\nO := $(patsubst %.cu,obj/%.o,$(S))\nall: $(O)\n"
        "obj/%.o: %.cu\n\tnvcc $(if $(D),-g,-O2) $(foreach d,X Y,-D$(d)) -c $< -o $@\n",
        ["a.cu", "b.cu"],
    ),
    "conditions": (
        "W = yes\nifeq ($(W),yes)\n S = a.cu b.cu\nelse ifdef Z\n S = z.cu\nelse\n S =\nendif\n"
        "main: $(S)\n\tnvcc $^ -o $@\n",
        ["a.cu", "b.cu"],
    ),
    "one command": ("all:\n\tcd . && nvcc a.cu b.cu -o x; echo done\n", ["a.cu", "b.cu"]),
    "define and call": (
        "define RULE\nnvcc -c $(1)\nendef\nall:\n\t$(call RULE,a.cu)\n\t$(call RULE,b.cu)\n",
        ["a.cu", "b.cu"],
    ),
    "vpath": ("VPATH = .\nall: a.o b.o\n%.o: %.cu\n\tnvcc -c $<\n", ["a.cu", "b.cu"]),
}


@pytest.mark.parametrize("name", MAKEFILES)
def test_makefiles_read_as_make_does(name: str, tmp_path: Path) -> None:
    text, expected = MAKEFILES[name]
    found = units(text, "a.cu", "b.cu", "x.h")
    assert sorted(unit.path for unit in found) == expected
    if shutil.which("make") is None:
        return
    (tmp_path / "Makefile").write_text(text)
    for file in ("a.cu", "b.cu", "x.h"):
        (tmp_path / file).write_text("")
    said = subprocess.run(
        ["make", "-n", "all" if "all:" in text else "main"], cwd=tmp_path, capture_output=True, text=True
    )
    real = [
        unit
        for line in said.stdout.replace("\\\n", " ").splitlines()
        for command in split_command(line)
        for unit in units_of_command(command, "", None, lambda path: path.endswith(".cu"))
    ]
    assert {(u.path, u.defines, u.flags) for u in real} == {(u.path, u.defines, u.flags) for u in found}


def test_a_hostile_makefile_ends() -> None:
    bomb = "A0 = x\n" + "".join(f"A{i} = $(A{i - 1})$(A{i - 1})\n" for i in range(1, 60)) + "all: $(A59)\n\tnvcc a.cu\n"
    assert units(bomb, "a.cu") == []
    assert units("A = $(A)\nall:\n\tnvcc $(A) a.cu\n", "a.cu") == []
    assert units("include Makefile\nall:\n\tnvcc a.cu\n", "a.cu")[0].path == "a.cu"
    assert units("all: $(shell touch /tmp/never)\n\tnvcc `touch /tmp/never` a.cu\n", "a.cu")[0].path == "a.cu"


@given(st.text("$(){}:=\t\n ,.%@<^\\#abcnvu-+?!|;'\"", max_size=200))
@settings(deadline=None)
def test_any_makefile_reads_and_ports(text: str) -> None:
    units(text, "a.cu", "b.cu")
    data = text.encode()
    apply(data, port_makefile(data, "Makefile", TARGETS))


MAKE_PORT = """\
CC        = nvcc
ARCH      = sm_60
CUDA_HOME ?= /usr/local/cuda-12.2
CXX       = g++
CFLAGS := $(EXTRA_CFLAGS) -std=c++14 -Xcompiler -Wall -arch=$(ARCH) -I../include \\
          --use_fast_math -Xptxas -v   # nvcc needs this
CXXFLAGS = -std=c++11 -I$(CUDA_HOME)/include
LDFLAGS = -L$(CUDA_HOME)/lib64 -lcublas -lm
main: main.o ../include/x.h
\t$(CC) $(CFLAGS) main.o host.o -o $@ $(LDFLAGS)
main.o: main.cu
\t$(CC) $(CFLAGS) -c $< -o $@
host.o: host.cpp
\t$(CXX) $(CXXFLAGS) -c $<
prof: main
\tnvprof ./main
"""
MAKE_PORTED = """\
CC        = hipcc
ARCH      = gfx90a,gfx1100
ROCM_PATH ?= /opt/rocm
CXX       = g++
CFLAGS := $(EXTRA_CFLAGS) -std=c++17 -Wall --offload-arch=$(ARCH) -I_external/include \\
          -fgpu-flush-denormals-to-zero -fno-hip-fp32-correctly-rounded-divide-sqrt -fgpu-approx-transcendentals   # nvcc needs this
CXXFLAGS = -std=c++11 -D__HIP_PLATFORM_AMD__ -I$(ROCM_PATH)/include
LDFLAGS = -L$(ROCM_PATH)/lib -lhipblas -lm
main: main.o _external/include/x.h
\t$(CC) $(CFLAGS) main.o host.o -o $@ $(LDFLAGS)
main.o: main.cu
\t$(CC) $(CFLAGS) -c $< -o $@
host.o: host.cpp
\t$(CXX) $(CXXFLAGS) -c $<
prof: main
\tnvprof ./main
"""


def test_port_of_a_makefile() -> None:
    found = port_makefile(MAKE_PORT.encode(), "Makefile", TARGETS, {"../include": "_external/include"})
    assert apply(MAKE_PORT.encode(), found).decode() == MAKE_PORTED
    said = {note.place.line: note for note in notes(found)}
    assert said[16].level is Level.TODO
    assert "rocprofv3" in said[16].hint
    assert "F02" in {h for note in notes(found) for h in note.hazards}
    again = port_makefile(MAKE_PORTED.encode(), "Makefile", TARGETS)
    assert [f for f in again if isinstance(f, Edit)] == []
    crlf = MAKE_PORT.replace("\n", "\r\n").encode()
    ported = apply(crlf, port_makefile(crlf, "Makefile", TARGETS, {"../include": "_external/include"}))
    assert ported == MAKE_PORTED.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("NVCC := $(CUDA_PATH)/bin/nvcc\n", "ROCM_PATH ?= /opt/rocm\n\nNVCC := $(ROCM_PATH)/bin/hipcc\n"),
        (
            "a: a.cu\n\tnvcc -arch=sm_70 a.cu\n",
            "HIP_ARCHS ?= gfx90a,gfx1100\n\na: a.cu\n\thipcc --offload-arch=$(HIP_ARCHS) a.cu\n",
        ),
        ("a.o: a.cu\n\t$(NVCC) -dc a.cu\n", "NVCC ?= hipcc\n\na.o: a.cu\n\t$(NVCC) -fgpu-rdc -c a.cu\n"),
        (
            "S = 70 80\nNVCC = nvcc\n$(foreach s,$(S),$(eval NVCC_FLAGS += -gencode arch=compute_$(s),code=sm_$(s)))\n",
            "",
        ),
        (
            "NVCCFLAGS = -gencode arch=compute_70,code=sm_70 -gencode arch=compute_80,code=sm_80 -O3\n",
            "HIP_ARCHS ?= gfx90a,gfx1100\n\nNVCCFLAGS = --offload-arch=$(HIP_ARCHS) -O3\n",
        ),
        ("NVCCFLAGS = -O2 -Xptxas -v -Xcudafe -x\n", "NVCCFLAGS = -O2\n"),
        ("CXX = g++\nCXXFLAGS = -O2 -G -std=c++11\n", "CXX = g++\nCXXFLAGS = -O2 -G -std=c++11\n"),
        ("LIBS = -lcudart -lcufft\nx:\n\tg++ a.o $(LIBS)\n", "LIBS = -lamdhip64 -lhipfft\nx:\n\tg++ a.o $(LIBS)\n"),
        ("# nvcc is great\nX = cuda\n", "# nvcc is great\nX = cuda\n"),
    ],
)  # fmt: skip
def test_port_of_makefile_pieces(before: str, after: str) -> None:
    ported = apply(before.encode(), port_makefile(before.encode(), "Makefile", TARGETS)).decode()
    if after:
        assert ported == after
    again = apply(ported.encode(), port_makefile(ported.encode(), "Makefile", TARGETS)).decode()
    assert again == ported


# -- compile_commands.json, setup.py, CMake --------------------------------------------------------------------------


def test_compile_commands(tmp_path: Path) -> None:
    text = f"""[
      {{"directory": "{tmp_path}/build", "file": "../src/a.cu",
        "command": "nvcc -I{tmp_path}/include -I../gen -DX -c {tmp_path}/src/a.cu -o a.o"}},
      {{"directory": "{tmp_path}/build", "file": "b", "arguments": ["g++", "-c", "{tmp_path}/src/b.cpp"]}},
      {{"directory": "/elsewhere", "file": "c.cu", "command": "nvcc -c c.cu"}}, 3, {{"file": null}}
    ]"""
    found = read_compile_commands(
        "build/compile_commands.json", text.encode(), str(tmp_path), lambda p: p.startswith("src/")
    )
    assert [(u.path, u.includes, u.defines) for u in found] == [
        ("src/a.cu", ("include", "gen"), ("X",)),
        ("src/b.cpp", (), ()),
    ]
    assert read_compile_commands("c.json", b"\xff{", "/", lambda p: True) == []


SETUP = """
import glob, os, os.path as osp
from torch.utils.cpp_extension import CUDAExtension, CppExtension, BuildExtension
from setuptools import setup
import torch
here = osp.dirname(osp.abspath(__file__))
def sources(suffix):
    found = glob.glob(osp.join(here, 'csrc', '*.cu'))
    if torch.version.hip:
        found = []
    return sorted(found) + ['csrc/bind.cpp']
flags = {'cxx': ['-O3'], 'nvcc': ['-O3', '--use_fast_math', '-DFAST']}
if os.getenv('DEBUG', '0') == '1':
    flags['nvcc'] += ['-G']
if torch.cuda.is_available():
    flags['nvcc'].append('-lineinfo')
Ext = CUDAExtension if torch.cuda.is_available() else CppExtension
setup(name='x', ext_modules=[Ext('x._C', sources('cuda'), include_dirs=[osp.join(here, 'include')],
      define_macros=[('WITH_CUDA', None), ('N', '3')], extra_compile_args=flags)],
      cmdclass={'build_ext': BuildExtension})
while True:
    pass
"""


def test_setup_py() -> None:
    files = ["csrc/a.cu", "csrc/b.cu", "csrc/bind.cpp", "include/x.h", "setup.py"]
    found = read_setup_py("setup.py", SETUP.encode(), files, files.__contains__)
    assert [unit.path for unit in found] == ["csrc/a.cu", "csrc/b.cu", "csrc/bind.cpp"]
    assert found[0].includes == ("include",)
    assert found[0].defines == ("WITH_CUDA", "N=3", "TORCH_EXTENSION_NAME=_C", "FAST")
    assert found[0].flags == ("-O3", "--use_fast_math", "-lineinfo")
    assert found[2].flags == ("-O3",)
    assert found[0].framework == "torch"
    bomb = "x = ['a']\n" + "for i in range(100):\n    x = x + x\n" * 3 + "def f(): return f()\nf()\n"
    assert read_setup_py("setup.py", bomb.encode(), [], lambda p: True) == []


def cmake(files: dict[str, str]) -> list[Unit]:
    texts = {name: text.encode() for name, text in files.items()}
    return read_cmake("CMakeLists.txt", sorted(files), texts.get, files.__contains__)


def test_cmake_projects() -> None:
    found = cmake({
        "CMakeLists.txt": """
            cmake_minimum_required(VERSION 3.18)
            project(demo LANGUAGES CXX CUDA)  # a comment ( with a parenthesis
            option(USE_CUDA "" OFF)
            option(USE_HIP "" ON)
            set(CMAKE_CUDA_STANDARD 17)
            set(CMAKE_CUDA_FLAGS "${CMAKE_CUDA_FLAGS} --expt-relaxed-constexpr")
            if(USE_HIP)
              set(DIR hip)
            elseif(USE_CUDA AND NOT WIN32)
              set(DIR gpu)
            endif()
            file(GLOB KERNELS ${DIR}/*.cu)
            add_subdirectory(lib)
            function(make name)
              add_executable(${name} ${ARGN})
              target_link_libraries(${name} PRIVATE core)
            endfunction()
            make(app main.cpp ${KERNELS})
            target_compile_definitions(app PRIVATE A $<$<COMPILE_LANGUAGE:CUDA>:B=2;C>)
            target_compile_options(app PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:--default-stream per-thread>)
            foreach(t IN ITEMS t1 t2)
              add_executable(${t} ${t}.cu)
            endforeach()
        """,
        "lib/CMakeLists.txt": """
            add_library(core STATIC core.cu)
            target_include_directories(core PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include $<INSTALL_INTERFACE:x>)
        """,
        "gpu/k.cu": "", "hip/k.cu": "", "main.cpp": "", "lib/core.cu": "", "t1.cu": "", "t2.cu": "",
    })  # fmt: skip
    by_path = {unit.path: unit for unit in found}
    assert set(by_path) == {"main.cpp", "gpu/k.cu", "lib/core.cu", "t1.cu", "t2.cu"}
    kernel = by_path["gpu/k.cu"]
    assert (kernel.language, kernel.includes, kernel.defines) == ("cuda", ("lib/include",), ("A", "B=2", "C"))
    assert kernel.flags == ("--expt-relaxed-constexpr", "-std=c++17", "--default-stream", "per-thread")
    assert by_path["main.cpp"].defines == ("A",)


def test_cmake_bombs_end() -> None:
    bomb = 'set(A "xxxxxxxx")\n' + 'set(A "${A}${A}${A}${A}")\n' * 40 + "function(f)\nf()\nf()\nendfunction()\nf()\n"
    assert cmake({"CMakeLists.txt": bomb}) == []


@given(st.text('(){}$<>:;"#[]=\\\n abcuproject.set', max_size=200))
@settings(deadline=None)
def test_any_cmake_file_reads_and_ports(text: str) -> None:
    data = text.encode()
    for command in commands(data):
        assert data[command.start : command.name_end].decode() == command.name
    cmake({"CMakeLists.txt": text, "a.cu": ""})
    apply(data, port_cmake(data, "CMakeLists.txt", TARGETS))


def test_every_library_has_a_cmake_target() -> None:
    assert {name for name in LIBRARIES.values() if name} == set(PACKAGES)


CMAKE_PORT = """\
cmake_minimum_required(VERSION 3.18)
project(demo LANGUAGES CXX CUDA)

set(CMAKE_CUDA_STANDARD 14)
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 70 80)
endif()
find_package(CUDAToolkit 11.0 REQUIRED)
file(GLOB KERNELS src/*.cu)
add_library(core STATIC core.cu helper.cpp)
add_executable(demo main.cpp ${KERNELS})
target_compile_options(demo PRIVATE
  $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr>
  $<$<COMPILE_LANGUAGE:CUDA>:-lineinfo;-Xcompiler=-Wall>)
target_link_libraries(demo PRIVATE core CUDA::cudart CUDA::cublas Threads::Threads)
set_target_properties(demo PROPERTIES
  CUDA_SEPARABLE_COMPILATION ON
  CUDA_ARCHITECTURES "70;80")
"""
OPTIMISED = 'add_compile_options("$<$<AND:$<COMPILE_LANGUAGE:HIP>,$<OR:$<CONFIG:>,$<CONFIG:Debug>>>:SHELL:-Xarch_device -O3>")\n'
CMAKE_PORTED = f"""\
cmake_minimum_required(VERSION 3.21)
set(CMAKE_HIP_ARCHITECTURES "gfx90a;gfx1100" CACHE STRING "AMD targets to build for")
project(demo LANGUAGES CXX HIP)
{OPTIMISED}
set(CMAKE_HIP_STANDARD 17)
find_package(hip REQUIRED)
find_package(hipblas REQUIRED)
file(GLOB KERNELS src/*.cu)
add_library(core STATIC core.cu helper.cpp)
set_source_files_properties(core.cu PROPERTIES LANGUAGE HIP)
add_executable(demo main.cpp ${{KERNELS}})
get_target_property(demo_hip_sources demo SOURCES)
list(FILTER demo_hip_sources INCLUDE REGEX "[.]cu$")
set_source_files_properties(${{demo_hip_sources}} PROPERTIES LANGUAGE HIP)
target_compile_options(demo PRIVATE
  $<$<COMPILE_LANGUAGE:HIP>:-gline-tables-only;-Wall>)
target_link_libraries(demo PRIVATE core hip::host roc::hipblas Threads::Threads)
set_target_properties(demo PROPERTIES
  HIP_ARCHITECTURES "${{CMAKE_HIP_ARCHITECTURES}}")
target_compile_options(demo PRIVATE $<$<COMPILE_LANGUAGE:HIP>:-fgpu-rdc>)
target_link_options(demo PRIVATE -fgpu-rdc --hip-link)
"""


def test_port_of_a_cmake_file() -> None:
    found = port_cmake(CMAKE_PORT.encode(), "CMakeLists.txt", TARGETS)
    assert apply(CMAKE_PORT.encode(), found).decode() == CMAKE_PORTED
    assert [f for f in port_cmake(CMAKE_PORTED.encode(), "CMakeLists.txt", TARGETS) if isinstance(f, Edit)] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # An interface library takes no private options, and separate device code means nothing to it.
        (
            "add_library(core INTERFACE)\nset_target_properties(core PROPERTIES CUDA_SEPARABLE_COMPILATION ON)\n",
            "add_library(core INTERFACE)\n",
        ),
        # `cuda` is the driver's library, unless the project has a target of that name.
        ("target_link_libraries(app PRIVATE cuda)\n", "target_link_libraries(app PRIVATE hip::host)\n"),
        (
            "add_library(cuda INTERFACE)\ntarget_link_libraries(app PRIVATE cuda)\n",
            "add_library(cuda INTERFACE)\ntarget_link_libraries(app PRIVATE cuda)\n",
        ),
        # nvcc's flags, whatever the variable is called; a line of its own goes with its flag.
        (
            "set(MORE\n  -Xptxas -v\n  -lineinfo\n)\nset(CODES -gencode=arch=compute_70,code=sm_70)\n",
            "set(MORE\n  -gline-tables-only\n)\nset(CODES)\n",
        ),
        (
            "set_target_properties(app PROPERTIES CUDA_ARCHITECTURES 70 80 CXX_STANDARD 17)\n",
            'set_target_properties(app PROPERTIES HIP_ARCHITECTURES "${CMAKE_HIP_ARCHITECTURES}" CXX_STANDARD 17)\n',
        ),
        # Where no option is left, the command goes.
        ("target_compile_options(app PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:--extended-lambda>)\nset(A B)\n", "set(A B)\n"),
        # A host compiler has to be told the platform where it is told the folder.
        (
            "target_include_directories(app PUBLIC ${CUDAToolkit_INCLUDE_DIRS})\n",
            "target_include_directories(app PUBLIC ${hip_INCLUDE_DIRS})\n"
            "target_compile_definitions(app PUBLIC __HIP_PLATFORM_AMD__=1)\n",
        ),
    ],
)
def test_port_of_cmake_pieces(before: str, after: str) -> None:
    found = port_cmake(before.encode(), "CMakeLists.txt", TARGETS)
    assert apply(before.encode(), found).decode() == after
    assert not [each for each in port_cmake(after.encode(), "CMakeLists.txt", TARGETS) if isinstance(each, Edit)]


def test_port_of_findcuda() -> None:
    before = """\
cmake_minimum_required(VERSION 3.5)
project(old)
find_package(CUDA REQUIRED)
list(APPEND CUDA_NVCC_FLAGS -gencode arch=compute_60,code=sm_60 -O3 --use_fast_math)
include_directories(${CUDA_INCLUDE_DIRS})
cuda_add_library(k STATIC src/k.cu OPTIONS --maxrregcount=64 -lineinfo)
target_link_libraries(old k ${CUDA_LIBRARIES} ${CUDA_curand_LIBRARY} CUDA::nvjpeg)
"""
    after = f"""\
cmake_minimum_required(VERSION 3.21)
project(old)
set(CMAKE_HIP_ARCHITECTURES "gfx90a;gfx1100" CACHE STRING "AMD targets to build for")
find_package(hip REQUIRED)
find_package(hiprand REQUIRED)
enable_language(HIP)
{OPTIMISED}string(APPEND CMAKE_HIP_FLAGS " -O3 -fgpu-flush-denormals-to-zero -fno-hip-fp32-correctly-rounded-divide-sqrt -fgpu-approx-transcendentals")
include_directories(${{hip_INCLUDE_DIRS}})
add_compile_definitions(__HIP_PLATFORM_AMD__=1)
add_library(k STATIC src/k.cu)
target_compile_options(k PRIVATE $<$<COMPILE_LANGUAGE:HIP>:-gline-tables-only>)
set_source_files_properties(src/k.cu PROPERTIES LANGUAGE HIP)
target_link_libraries(old k hip::host hip::hiprand CUDA::nvjpeg)
"""
    found = port_cmake(before.encode(), "CMakeLists.txt", TARGETS)
    assert apply(before.encode(), found).decode() == after
    assert {h for note in notes(found) for h in note.hazards} >= {"L25", "W38", "F02"}
    assert cuda_libraries(before.encode()) == {"cudart", "curand", "nvjpeg"}


def test_build_files_of_a_project(tmp_path: Path) -> None:
    files = {
        "a.cu": "__global__ void k() {}\n",
        "CMakeLists.txt": "project(x CXX CUDA)\nadd_subdirectory(sub)\n",
        "sub/CMakeLists.txt": "add_library(y y.cu)\ntarget_link_libraries(y cufft)\n",
        "sub/y.cu": "",
        "meson.build": "project('x', 'cuda')\n",
        "setup.py": "CUDAExtension('x', ['a.cu'], extra_compile_args={'nvcc': ['--use_fast_math']})\n",
        "other/Makefile": "all:\n\techo nothing here\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = port_build_files(Project.open(tmp_path), TARGETS)
    assert sorted(found) == ["CMakeLists.txt", "meson.build", "setup.py", "sub/CMakeLists.txt"]
    top = apply(files["CMakeLists.txt"].encode(), found["CMakeLists.txt"]).decode()
    assert top == f"project(x CXX HIP)\nfind_package(hipfft REQUIRED)\n{OPTIMISED}add_subdirectory(sub)\n"
    below = apply(files["sub/CMakeLists.txt"].encode(), found["sub/CMakeLists.txt"]).decode()
    assert below == (
        "add_library(y y.cu)\nset_source_files_properties(y.cu PROPERTIES LANGUAGE HIP)\n"
        "target_link_libraries(y hip::hipfft)\n"
    )
    assert [(n.level, n.hazards) for n in notes(found["meson.build"])] == [(Level.TODO, ("B11",))]
    assert [n.level for n in notes(found["setup.py"])] == [Level.TEST, Level.TODO]


def test_include_folders_outside_follow_their_files(tmp_path: Path) -> None:
    files = {
        "shared/sub/x.h": "int x;\n",
        "app/a.cu": "#include <sub/x.h>\n__global__ void k() {}\n",
        "app/Makefile": "a.o: a.cu ../shared/sub/x.h\n\tnvcc -I../shared -c a.cu\nrun: a.o\n\t./a.o ../data/in\n",
        "app/CMakeLists.txt": "add_executable(a a.cu)\ninclude_directories(${CMAKE_SOURCE_DIR}/../shared)\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    found = port_build_files(Project.open(tmp_path / "app"), TARGETS)
    make = apply(files["app/Makefile"].encode(), found["Makefile"]).decode()
    assert make == files["app/Makefile"].replace("nvcc", "hipcc").replace("../shared", "_external/shared")
    assert b"/_external/shared)" in apply(files["app/CMakeLists.txt"].encode(), found["CMakeLists.txt"])


def test_a_module_beside_its_projects_finds_its_packages(tmp_path: Path) -> None:
    files = {
        "cmake/example.cmake": "function(example name)\n  target_link_libraries(${name} PRIVATE cublas cufft)\n"
        "endfunction()\n",
        "one/CMakeLists.txt": "project(one CXX CUDA)\ninclude(../cmake/example.cmake)\nset(CUDA_HOST_COMPILER g++)\n",
        "one/one.cu": "__global__ void k() {}\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = port_build_files(Project.open(tmp_path), TARGETS)
    module = apply(files["cmake/example.cmake"].encode(), found["cmake/example.cmake"]).decode()
    assert module == (
        "function(example name)\n  find_package(hipblas REQUIRED)\n  find_package(hipfft REQUIRED)\n"
        "  target_link_libraries(${name} PRIVATE roc::hipblas hip::hipfft)\nendfunction()\n"
    )
    one = apply(files["one/CMakeLists.txt"].encode(), found["one/CMakeLists.txt"]).decode()
    assert one == f"project(one CXX HIP)\n{OPTIMISED}include(../cmake/example.cmake)\n"


def test_a_project_that_builds_for_hip_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "CMakeLists.txt").write_text("project(x CXX CUDA)\nif(USE_HIP)\n  enable_language(HIP)\nendif()\n")
    (tmp_path / "more.cmake").write_text("set(CMAKE_CUDA_STANDARD 17)\n")
    (tmp_path / "a.cu").write_text("__global__ void k() {}\n")
    found = port_build_files(Project.open(tmp_path), TARGETS)
    assert [type(f) for fs in found.values() for f in fs] == [Note]
