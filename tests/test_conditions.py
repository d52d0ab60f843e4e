"""Conditions are told apart as the two compilers do, and no kernel vanishes unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipwright.conditions import conditional_of, conditionals, directives, parse
from hipwright.port import Naming, vanished_kernels
from hipwright.project import Project
from hipwright.source import Source
from hipwright.vanished import kernel_bodies, vanished
from hipwright.views import DEAD, LIVE, MAYBE, Environment, cuda_view, hip_view, live_lines, walk

BODY = "__global__ void k(float* p) {{\n{0}\n}}\n"
WORK = "  int i = threadIdx.x;\n  p[i] = 1.0f;\n  p[i + 1] = 2.0f;\n  p[i + 2] = 3.0f;\n"


def source(text: str) -> Source:
    return Source("a.cu", text.encode())


def reported(original: str, ported: str | None = None) -> list[str]:
    return [note.message for note in vanished(source(original), source(original if ported is None else ported))]


@pytest.mark.parametrize(
    ("text", "cuda", "host", "hip"),
    [
        ("__CUDA_ARCH__ >= 530", 1, 0, 0),
        ("__CUDA_ARCH__ < 530", 0, 1, 1),
        ("defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 700", 1, 0, 0),
        ("!defined __CUDA_ARCH__ || (__CUDA_ARCH__ >= 600)", 1, 1, 1),
        ("CUDART_VERSION / 1000 == 12", 1, 1, 0),
        ("defined(__HIPCC__)", 0, 0, 1),
        ("UNKNOWN > 3", None, None, None),
        ("UNKNOWN > 3 || 1", 1, 1, 1),
        ("UNKNOWN && 0", 0, 0, 0),
        ("UNKNOWN ? 2 : 2", 2, 2, 2),
        ("0x10 == 020 && 1'000u == 1000UL && 'a' != 0", None, None, None),
        ("0x10 == 020 && 0b11 == 3 && 1'000u == 1000UL", 1, 1, 1),
        ("-7 / 2 == -3 && -7 % 2 == -1 && (1 << 4) == 16", 1, 1, 1),
        ("defined(USE_ROCM)", 0, 0, None),
        ("__has_include(<cuda_fp8.h>) && 0", 0, 0, 0),
        ("__CUDA_ARCH__ >=", None, None, None),
    ],
)
def test_conditions_have_the_value_each_compiler_gives_them(
    text: str, cuda: int | None, host: int | None, hip: int | None
) -> None:
    views = (cuda_view(), cuda_view(device=False), hip_view())
    assert [Environment(view).value(parse(text)) for view in views] == [cuda, host, hip]


def test_lines_are_dead_live_or_unknown() -> None:
    text = "#if __CUDA_ARCH__ >= 700\na\n#elif FEATURE\nb\n#else\nc\n#endif\nd\n"
    assert live_lines(text.encode(), cuda_view()) == [LIVE, LIVE, LIVE, DEAD, LIVE, DEAD, LIVE, LIVE, LIVE]
    assert live_lines(text.encode(), hip_view()) == [LIVE, DEAD, LIVE, MAYBE, LIVE, MAYBE, LIVE, LIVE, LIVE]


def test_directives_in_comments_and_strings_are_none() -> None:
    text = '/*\n#if 0\n*/\nconst char* s = R"(\n#if 0\n)";\na\n// #if 0 \\\n#if 0\nb\n'
    assert DEAD not in live_lines(text.encode(), hip_view())


def test_include_guards_and_defaults_hold() -> None:
    environment = Environment(hip_view())
    walk(b"#ifndef A_H\n#define A_H\n#ifndef SIZE\n#define SIZE 4\n#endif\n#endif\n", environment)
    assert environment.value(parse("SIZE * 2")) == 8


def test_function_like_macros_are_expanded() -> None:
    environment = Environment(cuda_view())
    walk(b"#define AT_LEAST(x) (__CUDA_ARCH__ >= (x))\n", environment)
    assert environment.value(parse("AT_LEAST(700)")) == 1
    assert environment.value(parse("AT_LEAST(900)")) == 0


EMPTIED = {
    "guard": BODY.format("#if __CUDA_ARCH__ >= 530\n" + WORK + "#endif"),
    "fp16 trap": "#define FP16_OK (__CUDA_ARCH__ >= 530)\n" + BODY.format("#if FP16_OK\n" + WORK + "#endif"),
    "defined": BODY.format("#ifdef __CUDA_ARCH__\n" + WORK + "#endif"),
    "early return": BODY.format("#if __CUDA_ARCH__ < 530\n  return;\n#endif\n" + WORK),
    "if constexpr": "#if __CUDA_ARCH__ >= 700\n#define FAST 1\n#else\n#define FAST 0\n#endif\n"
    + BODY.format("  if constexpr (FAST) {\n" + WORK + "  }"),
    "version": BODY.format("#if CUDART_VERSION >= 11000\n" + WORK + "#endif"),
    "trap": BODY.format(
        "#if __CUDA_ARCH__ >= 800\n" + WORK + '#else\n  printf("no");\n  __trap();\n  assert(0);\n#endif'
    ),
    "whole kernel": "#if __CUDACC_VER_MAJOR__ >= 9\n" + BODY.format(WORK) + "#endif\n",
    "qualifier": "#ifdef __CUDACC__\n#define KERNEL __global__\n#else\n#define KERNEL\n#endif\n"
    "KERNEL void k(float* p) { p[0] = 1; }\n",
    "template": "template <int N> __global__ void __launch_bounds__(128, 2) k(float* p) {\n"
    "#if defined(__CUDA_ARCH__) && (__CUDA_ARCH__ >= 700)\n" + WORK + "#endif\n}\n",
    "specialisation": "template <> __global__ void k<at::Half, 4>(float* p) {\n"
    "#if __CUDA_ARCH__ >= 530\n" + WORK + "#endif\n}\n",
    "device": "struct F { __device__ float operator()(float* p) const {\n#if __CUDA_ARCH__ >= 530\n  return p[0];\n"
    "#endif\n} };\n",
}


@pytest.mark.parametrize("name", EMPTIED)
def test_a_body_that_is_empty_under_hip_is_an_error(name: str) -> None:
    assert len(reported(EMPTIED[name])) == 1


@pytest.mark.parametrize(
    "ported",
    [
        BODY.format("#if __HIP_DEVICE_COMPILE__ >= 530\n" + WORK + "#endif"),
        BODY.format("#if 0\n" + WORK + "#endif"),
        BODY.format("  if (0) {\n" + WORK + "  }"),
        BODY.format("  if (false)\n    p[0] = 1.0f;\n  else\n    return;\n"),
        BODY.format("  return;\n" + WORK),
        BODY.format("  float unused;\n  (void)p;\n"),
        BODY.format("  p[0] = 1.0f;\n").replace("__global__", "static"),
    ],
)
def test_a_port_that_lost_the_body_is_an_error(ported: str) -> None:
    assert len(reported(BODY.format(WORK), ported)) == 1


@pytest.mark.parametrize(
    "text",
    [
        BODY.format(WORK),
        BODY.format("#if __CUDA_ARCH__ >= 700 || defined(__HIPCC__)\n" + WORK + "#endif"),
        BODY.format("#ifndef __HIPCC__\n" + WORK + "#endif"),  # the author's own decision
        BODY.format("#ifdef FEATURE\n" + WORK + "#endif"),  # unknown: the same on both sides
        BODY.format("#if __CUDA_ARCH__ >= 700\n" + WORK + "#else\n  p[0] = 1.0f;\n  p[1] = 2.0f;\n#endif"),
        BODY.format("  if (p == nullptr) return;\n" + WORK),
        "__global__ void k(float*);\n__device__ float table[4] = {1, 2, 3, 4};\n__global__ void empty() {}\n",
        "#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 600\n"
        "__device__ double atomicAdd(double* a, double v) { *a += v; }\n#endif\n",
    ],
)
def test_what_stays_alive_is_no_error(text: str) -> None:
    assert reported(text) == []


def test_guards_in_project_headers_count() -> None:
    headers = {"arch.h": b"#pragma once\n#if __CUDA_ARCH__ >= 530\n#define HAS_HALF\n#endif\n"}
    text = source('#include "arch.h"\n' + BODY.format("#ifdef HAS_HALF\n" + WORK + "#endif"))

    def read(name: str, _: str) -> tuple[str, bytes] | None:
        return (name, headers[name]) if name in headers else None

    assert len(vanished(text, text, read, read)) == 1


def test_a_port_follows_its_own_headers(tmp_path: Path) -> None:
    text = '#include "arch.h"\n' + BODY.format("#ifdef HAS_HALF\n" + WORK + "#endif")
    for side, guard in (("in", "__CUDA_ARCH__ >= 530"), ("good", "1"), ("bad", "__HIP_DEVICE_COMPILE__ >= 530")):
        folder = tmp_path / side
        folder.mkdir()
        (folder / "arch.h").write_text(f"#pragma once\n#if {guard}\n#define HAS_HALF\n#endif\n")
        (folder / "k.cu").write_text(text)
    project = Project.open(tmp_path / "in")
    assert not list(vanished_kernels(project, tmp_path / "good", Naming()))
    assert [note.rule for note in vanished_kernels(project, tmp_path / "bad", Naming())] == ["vanished-kernel"]


def test_user_macros_decide() -> None:
    text = BODY.format("#ifdef FEATURE\n" + WORK + "#endif\n#if MODE == 2\n" + WORK + "#endif")
    (body,) = kernel_bodies(source(text), Environment(hip_view(defines={"FEATURE": "", "MODE": "3"})))
    assert body.statements == 4


def test_statements_are_counted() -> None:
    text = (
        "__global__ void __launch_bounds__(64) LAUNCHED(2) k(int* p) {\n"
        "  __shared__ int s[32];\n  extern __shared__ int d[];\n"
        "  for (int i = 0; i < 3; i++) { s[i] = p[i]; d[i]++; }\n"
        "  if (p[0] >= 1) return;\n  auto f = [&](int x) { return x; };\n"
        "  switch (p[0]) { case 1: p[1] = f(2); break; }\n"
        "}\n"
    )
    (body,) = kernel_bodies(source(text))
    assert (body.name, body.kernel) == ("k", True)
    assert body.statements == 6


@pytest.mark.parametrize(
    "text", ["__global__ void k(", "__global__", "#if\n#endif\n#else\n", "__device__ operator", "#if (\n{"]
)
def test_half_written_code_is_no_crash(text: str) -> None:
    assert reported(text) == []


def test_a_directive_is_found_again_after_the_caches_forgot_it() -> None:
    data = b"#if A\nint a;\n#else\nint b;\n#endif\n"
    directive = directives(data)[0]
    for number in range(100):
        directives(b"#if X%d\n#endif\n" % number)
        conditionals(b"#if Y%d\n#endif\n" % number)
    assert conditional_of(data, directive) is not None


def test_a_constant_if_on_a_macro_that_only_cuda_answers_is_seen() -> None:
    text = "#define FAST (__CUDA_ARCH__ >= 530)\n" + BODY.format("  if (FAST) {\n" + WORK + "  }")
    source = Source("a.cu", text.encode())
    assert [note.message for note in vanished(source, source)]


def test_a_constant_if_with_one_answer_on_both_sides_is_no_loss() -> None:
    text = "#define DEBUG 0\n" + BODY.format("  if (DEBUG) {\n  p[9] = 1;\n  }\n" + WORK)
    source = Source("a.cu", text.encode())
    assert not vanished(source, source)
