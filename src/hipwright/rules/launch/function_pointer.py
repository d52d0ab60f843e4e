"""Kernels handed to the runtime by address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule

# Position of the kernel among the arguments. The occupancy queries and cooperative launches are templates in HIP, too.
_KERNEL = {
    "cudaFuncSetAttribute": 0,
    "cudaFuncSetCacheConfig": 0,
    "cudaFuncSetSharedMemConfig": 0,
    "cudaFuncGetAttributes": 1,
    "cudaLaunchKernel": 0,
    "cudaLaunchKernelExC": 1,
}
_CAST = re.compile(r"(?:(?:reinterpret|static)_cast\s*<\s*|\(\s*)(?:const\s+)?void\b|nullptr\b|NULL\b")


@rule(
    "kernel-address",
    "Kernels are passed to the runtime as const void*",
    hazards=("R01", "R24"),
    names=_KERNEL,
    order=40,
    rewrites={
        "__global__ void k(int*) {}\n"
        "void f() { cudaFuncSetAttribute(k, cudaFuncAttributeMaxDynamicSharedMemorySize, 1 << 15); }":
        "__global__ void k(int*) {}\n"
        "void f() { cudaFuncSetAttribute(reinterpret_cast<const void*>(k),"
        " cudaFuncAttributeMaxDynamicSharedMemorySize, 1 << 15); }",
        "template <class T> __global__ void k(T*) {}\n"
        "void f(cudaFuncAttributes* a) { cudaFuncGetAttributes(a, k<int>); }":
        "template <class T> __global__ void k(T*) {}\n"
        "void f(cudaFuncAttributes* a) { cudaFuncGetAttributes(a, reinterpret_cast<const void*>(k<int>)); }",
        "typedef void (*Kernel)(int*);\n__global__ void k(int*) {}\n"
        "void f(cudaFuncAttributes* a) { cudaFuncGetAttributes(a, reinterpret_cast<Kernel>(k)); }":
        "typedef void (*Kernel)(int*);\n__global__ void k(int*) {}\nvoid f(cudaFuncAttributes* a)"
        " { cudaFuncGetAttributes(a, reinterpret_cast<const void*>(reinterpret_cast<Kernel>(k))); }",
    },
    keeps=(
        "__global__ void k(int*) {}\nvoid f(void** args) { cudaLaunchKernel((const void*)k, 1, 1, args, 0, 0); }",
        "struct S { void cudaLaunchKernel(int); };\nvoid f(S s) { s.cudaLaunchKernel(1); }",
    ),
)  # fmt: skip
def kernel_address(site: Site) -> Iterator[Finding]:
    """CUDA's C++ overloads take any kernel; these HIP functions take `const void*` only, and clang rejects the rest.

    The cast is also right where the argument is a pointer already. Launches with `<<<>>>` and the occupancy
    queries accept every kind of kernel in HIP and are left alone.
    """
    call = site.call
    parent = site.node.parent
    if call is None or (parent is not None and parent.type in ("field_expression", "function_declarator")):
        return
    position = _KERNEL[site.text]
    if len(call.args) <= position:
        return
    kernel = call.args[position]
    if not _CAST.match(kernel.text):
        yield site.insert(kernel.start, "reinterpret_cast<const void*>(")
        yield site.insert(kernel.end, ")")
