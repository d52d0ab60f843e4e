"""Known diagnostics become edits; unknown ones become none."""

from __future__ import annotations

import pytest

from hipwright.finding import Diagnostic, Place
from hipwright.repair import repairs_for
from hipwright.source import Source


def repaired(text: str, at: str, message: str) -> str:
    source = Source("a.cu", text.encode())
    offset = text.index(at)
    place = source.place(offset)
    edits = repairs_for(source, [Diagnostic(Place("a.cu", place.line, place.column), "error", message, "a.cu", "host")])
    return source.apply(edits)[0].data.decode()


@pytest.mark.parametrize(
    ("message", "header"),
    [
        ("use of undeclared identifier 'memset'", "cstring"),
        ("no member named 'sort' in namespace 'std'", "algorithm"),
        ("no template named 'vector' in namespace 'std'", "vector"),
        ("use of undeclared identifier 'FLT_MAX'", "cfloat"),
        ("unknown type name 'hipblasHandle_t'", "hipblas/hipblas.h"),
        ("unknown type name '__half'", "hip/hip_fp16.h"),
        ("use of undeclared identifier 'hipMalloc'", "hip/hip_runtime.h"),
        ("no matching function for call to 'memset'", "cstring"),
        ("no matching function for call to 'isfinite'", "math.h"),
    ],
)
def test_a_missing_header_is_added_once(message: str, header: str) -> None:
    text = '#include "own.h"\nint here;\n'
    once = repaired(text, "here", message)
    assert f"#include <{header}>\n" in once
    assert repaired(once, "here", message) == once


def test_names_of_the_project_bring_no_header() -> None:
    text = "int here;\n"
    assert repaired(text, "here", "use of undeclared identifier 'my_function'") == text


def test_braces_get_the_type_they_mean() -> None:
    text = "void f() { half2 h; h = {}; }\n"
    message = "use of overloaded operator '=' is ambiguous (with operand types 'half2' (aka '__half2') and 'void')"
    assert "h = half2{};" in repaired(text, "= {}", message)


def test_a_cast_between_sixteen_bit_floats_goes_by_way_of_float() -> None:
    text = "template <class D, class S> D f(S s) { return static_cast<D>(s); }\n"
    message = "conversion from 'const __hip_bfloat16' to 'decltype(data)' (aka '_Float16') is ambiguous"
    done = repaired(text, "s);", message)
    assert "return bfloat_cast<D>(s);" in done
    assert "#define HIPWRIGHT_BFLOAT_CAST" in done


def test_a_host_side_that_cannot_run_goes() -> None:
    text = "__host__ __device__ float f(float x) { return __cosf(x); }\n"
    message = "reference to __device__ function '__cosf' in __host__ __device__ function"
    assert repaired(text, "__cosf", message) == text.replace("__host__ ", "")


@pytest.mark.parametrize(
    ("before", "at", "after"),
    [
        ("auto q = p + n * 2;", "+", "auto q = byte_offset(p, n * 2);"),
        ("auto q = n + p;", "+", "auto q = byte_offset(n, p);"),
        ("q = base() - n;", "-", "q = byte_offset(base(), -static_cast<std::ptrdiff_t>(n));"),
        ("s.p += n;", "+=", "s.p = byte_offset(s.p, n);"),
        ("next()->p += n;", "+=", "next()->p += n;"),
    ],
)
def test_device_pointers_of_the_driver_count_bytes(before: str, at: str, after: str) -> None:
    text = f"void f() {{ {before} }}\n"
    assert after in repaired(text, at, "arithmetic on a pointer to void")


def test_an_unknown_diagnostic_changes_nothing() -> None:
    text = "int here;\n"
    assert repaired(text, "here", "expected ';' after expression") == text
