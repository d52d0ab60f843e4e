"""What the compiler says of stricter rules of the language becomes edits."""

from __future__ import annotations

from hipwright.finding import Diagnostic, Place
from hipwright.repair import WRONG_SIDE, repairs_for
from hipwright.source import Source


def repaired(text: str, line: int, column: int, message: str) -> str:
    source = Source("a.cu", text.encode())
    place = Place("a.cu", line, column)
    edits = repairs_for(source, [Diagnostic(place, "error", message, "a.cu", "gfx942")])
    return source.apply(edits)[0].data.decode()


def test_members_of_a_dependent_base_are_named_through_this() -> None:
    text = (
        "template<class T> struct B { __device__ int f(); int m; };\n"
        "template<class T> struct D : B<T> { __device__ int g(){ return f() + m; } };\n"
    )
    assert "return this->f() + m" in repaired(text, 2, 64, "use of undeclared identifier 'f'")
    assert "return f() + this->m" in repaired(text, 2, 70, "use of undeclared identifier 'm'")
    assert repaired(text, 2, 64, "use of undeclared identifier 'elsewhere'") == text


def test_a_name_that_no_base_declares_is_left_alone() -> None:
    text = "struct D { __device__ int g(){ return f(); } };\n"
    assert repaired(text, 1, 39, "use of undeclared identifier 'f'") == text


def test_a_helper_of_the_host_is_made_for_both_sides() -> None:
    text = (
        "// Twice.\ninline int twice(int x);\n#define X 1\ninline int twice(int x) { return 2 * x; }\n"
        "__host__ __device__ int f(int a) {\n  return twice(a); }\n"
    )
    message = "reference to __host__ function 'twice' in __host__ __device__ function"
    assert repaired(text, 6, 10, message) == text.replace("inline int", "__host__ __device__ inline int")


def test_an_index_of_a_device_is_not_asked_whether_it_is_in_range() -> None:
    text = (
        "__device__ float f(const S& s, int i) { return s.a.at(1) * s.b.at(s.c.at(i + 1)) + s.p->at(2) + at(3); }\n"
        "float g(const std::map<int, float>& m) { return m.at(1); }\n"
    )
    message = "reference to __host__ function '__throw_out_of_range_fmt' in __host__ __device__ function (in array:238)"
    done = text.replace("s.a.at(1) * s.b.at(s.c.at(i + 1))", "s.a[1] * s.b[s.c[i + 1]]")
    assert repaired(text, 1, text.index("at(1)") + 1, message) == done


def test_the_runtime_comes_before_macros_that_its_headers_would_meet() -> None:
    text = '#include "own.h"\n\n#include <hip/hip_runtime.h>\nint f();\n'
    message = "too few arguments provided to function-like macro invocation (in limits:317)"
    done = '#include <hip/hip_runtime.h>\n#include "own.h"\n\nint f();\n'
    assert repaired(text, 3, 1, message) == done
    assert repaired(done, 1, 1, message) == done
    assert repaired('#include "own.h"\nint f();\n', 1, 1, message) == done.replace("\n\n", "\n")


def test_a_function_that_only_the_devices_pass_has_may_be_called_by_host_code() -> None:
    text = "__device__ inline int f(int x) { return x; }\n__device__ int g(int);\nint h() { return f(1); }\n"
    assert repaired(text, 1, 23, WRONG_SIDE) == "__host__ " + text
    assert repaired(text, 2, 16, WRONG_SIDE) == text.replace("__device__ int g", "__host__ __device__ int g")
    assert repaired("__host__ " + text, 1, 32, WRONG_SIDE) == "__host__ " + text
