"""What rules may know of the whole project."""

from __future__ import annotations

from hipwright.context import gather


def test_a_host_function_of_one_source_hides_no_device_function() -> None:
    kernel = b"__global__ void k(unsigned* p) { *p = umin(*p, 7); }\n"
    own = b"static unsigned umin(unsigned a, unsigned b) { return a < b ? a : b; }\n"
    assert not gather([kernel, own]).defines("umin")
    assert gather([kernel, b"#pragma once\n" + own]).defines("umin")
    assert gather([kernel, b"__device__ " + own]).defines("umin")
