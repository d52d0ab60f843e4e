"""Broken, truncated and shuffled sources: a port never raises, ends soon, gives the same bytes twice, and settles.

`HIPWRIGHT_FUZZ=5000` tries so many fresh random inputs per test instead of a fixed few.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hipwright.build.cmake_read import read_cmake
from hipwright.build.compile_commands import read_compile_commands
from hipwright.build.flags import safe, translate_flags
from hipwright.build.makefile import read_makefile
from hipwright.build.port_cmake import builds_hip, cuda_libraries, port_cmake
from hipwright.build.port_make import port_makefile
from hipwright.build.setup_py import read_setup_py
from hipwright.build.unit import split_command
from hipwright.context import gather
from hipwright.finding import Edit
from hipwright.project import classify, includes
from hipwright.rewrite import Engine, Rewritten
from hipwright.rule import all_rules
from hipwright.source import Source
from hipwright.vanished import vanished

COUNT = int(os.environ.get("HIPWRIGHT_FUZZ", "0"))
ENGINE = Engine(all_rules().values())
# No input here is larger than some kilobytes; what takes so long on a busy machine grows faster than its input.
SECONDS = 10

CASES = Path(__file__).parent / "cases"
VALID = sorted({text.encode() for rule in all_rules().values() for text in (*rule.rewrites, *rule.keeps, *rule.notes)})
SEEDS = VALID + [
    path.read_bytes() for path in sorted(CASES.glob("*/input/**/*")) if path.suffix in (".cu", ".cuh", ".h", ".cpp")
]
BUILDS = [
    b"cmake_minimum_required(VERSION 3.18)\nproject(p LANGUAGES CXX CUDA)\nfind_package(CUDAToolkit REQUIRED)\n"
    b"set(CMAKE_CUDA_ARCHITECTURES 70 80)\nfile(GLOB SRC src/*.cu)\nif(WITH_CUBLAS AND NOT MSVC)\n  add_library(l STATIC"
    b' ${SRC})\n  target_link_libraries(l PRIVATE CUDA::cublas "${X}" $<$<CONFIG:Debug>:d>)\nelse()\n  foreach(x IN'
    b" ITEMS a b)\n    add_executable(${x} ${x}.cu)\n    target_compile_options(${x} PRIVATE"
    b" $<$<COMPILE_LANGUAGE:CUDA>:--use_fast_math -Xcompiler=-Wall>)\n  endforeach()\nendif()\n"
    b'set_target_properties(l PROPERTIES CUDA_SEPARABLE_COMPILATION ON)\nmessage([[cuda ]] ) # "\nfunction(f)\nendfunction()\n',
    b"NVCC ?= nvcc\nARCH := -gencode=arch=compute_80,code=sm_80 \\\n  -arch=sm_70\nCUDA_HOME = /usr/local/cuda\nifeq ($(DEBUG),1)\n"
    b"FLAGS += -G -lineinfo\nendif\nLIBS = -L$(CUDA_HOME)/lib64 -lcudart -lcublas\nOBJ = $(patsubst %.cu,%.o,$(wildcard *.cu))\n"
    b"all: app\n%.o: %.cu\n\t$(NVCC) $(FLAGS) $(ARCH) -Xcompiler \"-O3 -Wall\" -dc $< -o $@\napp: $(OBJ)\n\t$(NVCC) $^ -o $@ $(LIBS)\n"
    b"define M\n\techo $(1) $$x\nendef\n$(eval $(call M,a))\n",
    b"from setuptools import setup\nfrom glob import glob\nfrom torch.utils.cpp_extension import CUDAExtension, BuildExtension\n"
    b"import os\nsrc = [f'csrc/{n}.cu' for n in ('a', 'b')] + glob('csrc/*.cpp')\nargs = {'nvcc': ['-O3', '--use_fast_math']}\n"
    b"if os.environ.get('X'):\n    args['nvcc'] += ['-gencode', 'arch=compute_80,code=sm_80']\n"
    b"setup(ext_modules=[CUDAExtension('m', src, extra_compile_args=args)], cmdclass={'build_ext': BuildExtension})\n",
    b'[{"directory": "/p/build", "command": "nvcc -x cu -DA=\\"b c\\" -I../i -c ../a.cu -o a.o", "file": "../a.cu"}]\n',
]  # fmt: skip
# What breaks scanners: brackets and quotes without partner, splices, directives, digraphs, other encodings.
TOKENS = [
    *(bytes((byte,)) for byte in b"()[]{}<>;,#\\\"'\n\r\t \0/*"), b"/*", b"*/", b"//", b'R"(', b')"', b'R"x(', b"\\\n", b"\\\r\n", b"<<<",
    b">>>", b"::", b"->", b"#if 0\n", b"#ifdef __CUDA_ARCH__\n", b"#else\n", b"#endif\n", b"#define X(", b"#define cudaMalloc hipMalloc\n",
    b"#include <", b'#include "cuda.h"\n', b"template <", b"asm volatile(\"", b"__global__ void ", b"0x", b"1e", b"\xff\xfe",
    b"\xef\xbb\xbf", b"\xe2\x80\x8b", b"\x80", b"cudaMalloc(", b"__shfl_sync(", b"warpSize", b"if (", b"for (;;) ", b"case 0:", b"$(", b"${",
    b"extern __shared__ float s[];", b"%:", b"??=", b"(" * 200, b"{" * 200, b"<" * 100, b"((((int)", b"namespace cub { ", b"::cub::",
]  # fmt: skip


@st.composite
def broken(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Some seeds in a row, with spans deleted, doubled or swapped, tokens put in, lines spliced, and the end cut off."""
    data = b"\n".join(draw(st.lists(st.sampled_from(seeds), min_size=1, max_size=3)))
    for _ in range(draw(st.integers(0, 6))):
        start, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        match draw(st.integers(0, 7)):
            case 0:
                data = data[:start] + data[end:]
            case 1:
                data = data[:end] + data[start:]
            case 2:
                length = min(end - start, len(data) - end)
                data = data[:start] + data[end : end + length] + data[start:end] + data[end + length :]
            case 3 | 4:
                data = data[:start] + draw(st.sampled_from(TOKENS)) + data[start:]
            case 5:
                data = data[:start] + draw(st.binary(max_size=8)) + data[start:]
            case 6:
                data = data.replace(
                    *draw(st.sampled_from([(b"\n", b"\r\n"), (b"\n", b"\r"), (b" ", b"\\\n"), (b"\n", b" ")]))
                )
            case 7:
                data = data[:end]
    return data


def amount(count: int) -> settings:
    return settings(
        max_examples=COUNT or count, derandomize=not COUNT, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def ported(data: bytes) -> Rewritten:
    return ENGINE.rewrite(Source("fuzz.cu", data), gather([data]))


@amount(250)
@given(broken(SEEDS))
def test_any_text_is_ported_soon_and_the_same_way_twice(data: bytes) -> None:
    began = time.process_time()
    done = ported(data)
    vanished(Source("fuzz.cu", data), done.source)
    classify("fuzz.h", len(data), data)
    list(includes(data))
    assert time.process_time() - began < SECONDS
    last = data.count(b"\n") + 1
    lines = done.source.data.count(b"\n") + 1
    assert all(1 <= note.place.line <= last for note in done.notes)
    assert all(1 <= done.lines.original(line) <= last for line in (1, lines // 2 + 1, lines))
    again = ported(data)
    assert again.source.data == done.source.data
    assert again.notes == done.notes


@amount(150)
@given(st.lists(st.sampled_from(VALID), min_size=1, max_size=4), st.booleans())
def test_what_is_valid_settles(texts: list[bytes], windows: bool) -> None:
    data = b"\n".join(texts)
    once = ported(data.replace(b"\n", b"\r\n") if windows else data)
    assert "engine" not in {note.rule for note in once.notes}
    assert ported(once.source.data).source.data == once.source.data


@amount(300)
@given(broken(BUILDS))
def test_any_build_file_is_read_and_ported(data: bytes) -> None:
    files = ["a.cu", "csrc/a.cu", "csrc/b.cu", "src/x.cu"]
    for findings in (
        port_cmake(data, "CMakeLists.txt", ("gfx942",), ("cublas",), True, {"../up": "_external/up"}),
        port_makefile(data, "Makefile", ("gfx942",), {"../up": "_external/up"}),
    ):
        # Raises where edits overlap.
        Source("x", data).apply([finding for finding in findings if isinstance(finding, Edit)])
    builds_hip(data)
    cuda_libraries(data)
    read_makefile("Makefile", files, {"Makefile": data}.get)
    read_setup_py("setup.py", data, files, files.__contains__)
    read_compile_commands("compile_commands.json", data, "/p", files.__contains__)
    read_cmake("CMakeLists.txt", files, {"CMakeLists.txt": data}.get, files.__contains__)
    words = [word for command in split_command(data.decode("utf-8", "replace")) for word in command]
    translate_flags(words)
    safe(words)


def test_deep_nesting_costs_no_more_than_its_length() -> None:
    data = b"void f() { g(" + b"(" * 3000 + b"cudaMalloc(p, 4); " * 300
    began = time.process_time()
    ported(data)
    assert time.process_time() - began < SECONDS


def test_names_that_are_no_utf_8_pass_through() -> None:
    data = b"void f(void* \xa5p) { cudaMemAdvise(\xa5p, n, a, l\xa9c); tex1Dfetch(\xa5p, 1); cudaLaunchHostFunc(s, \xa5p, p); }\n"
    done = ported(data)
    assert done.source.data.count(b"\xa5p") == 4
    for note in done.notes:
        f"{note.message} {note.hint}".encode()
