"""Calls of the runtime whose arguments differ behind an equal name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import declared_type
from hipwright.source import Call, encoded

_CAST = re.compile(r"(?:reinterpret_cast|static_cast)\s*<|\(\s*void\s*\*\s*\*\s*\)")


def _is_location(site: Site, text: str) -> bool:
    """Whether an argument is a cudaMemLocation: braces, or a variable declared so, in the function or in the file."""
    if "{" in text:
        return True
    if not text.isidentifier():
        return False
    if near := declared_type(site, text):
        return near.endswith("MemLocation")
    pattern = rb"\b(?:cuda|hip)MemLocation\s+(?:\w+\s*,\s*)*" + re.escape(encoded(text)) + rb"\b"
    return re.search(pattern, site.source.data) is not None


def _callee(site: Site) -> Call | None:
    parent = site.node.parent
    if parent is not None and parent.type in ("field_expression", "function_declarator"):
        return None
    return site.call


@rule(
    "runtime-arguments",
    "Calls of CUDA's newer forms take the HIP function of the same arguments",
    hazards=("R14", "M13", "R21"),
    names=(
        "cudaGraphInstantiate", "cudaEventCreate", "cudaStreamGetCaptureInfo", "cudaMemPrefetchAsync", "cudaMemAdvise",
        "cudaHostGetDevicePointer", "cuCtxSynchronize", "cudaGraphExecUpdate",
    ),
    order=40,
    rewrites={
        "void f(cudaGraphExec_t* e, cudaGraph_t g) { cudaGraphInstantiate(e, g, 0); }":
        "void f(cudaGraphExec_t* e, cudaGraph_t g) { hipGraphInstantiateWithFlags(e, g, 0); }",
        "void f(cudaEvent_t* e) { cudaEventCreate(e, cudaEventDisableTiming); }":
        "void f(cudaEvent_t* e) { hipEventCreateWithFlags(e, cudaEventDisableTiming); }",
        "void f(float* p, cudaStream_t s) {\n"
        "  cudaMemLocation where = {cudaMemLocationTypeDevice, 0};\n"
        "  cudaMemPrefetchAsync(p, 4, where, 0, s);\n  cudaMemAdvise(p, 4, cudaMemAdviseSetReadMostly, where);\n}":
        "void f(float* p, cudaStream_t s) {\n"
        "  cudaMemLocation where = {cudaMemLocationTypeDevice, 0};\n"
        "  hipMemPrefetchAsync_v2(p, 4, where, 0, s);\n  hipMemAdvise_v2(p, 4, cudaMemAdviseSetReadMostly, where);\n}",
        "void f(float* h) { float* d; cudaHostGetDevicePointer(&d, h, 0); }":
        "void f(float* h) { float* d; cudaHostGetDevicePointer(reinterpret_cast<void**>(&d), h, 0); }",
        "void f() { cuCtxSynchronize(); }": "void f() { hipDeviceSynchronize(); }",
    },
    keeps=(
        "void f(float* p, cudaStream_t s) { cudaMemPrefetchAsync(p, 4, 0, s); cudaMemPrefetchAsync(p, 4, 0); }",
        "void f(cudaEvent_t* e) { cudaEventCreate(e); }",
        "void f(float* h, void** d) { cudaHostGetDevicePointer((void**)d, h, 0); }",
        "void f(float* p, int d) {\n#if 0\n  cudaMemLocation at = {cudaMemLocationTypeDevice, d};\n#else\n"
        "  auto at = d;\n#endif\n  cudaMemAdvise(p, 4, cudaMemAdviseSetReadMostly, at);\n}",
        "struct S { void cudaMemAdvise(int, int, int, int); };\nvoid f(S s) { s.cudaMemAdvise(1, 2, 3, 4); }",
    ),
    notes=(
        "void f(cudaGraphExec_t e, cudaGraph_t g, cudaGraphExecUpdateResultInfo* r) {\n"
        "  cudaGraphExecUpdate(e, g, r);\n}",
    ),
)  # fmt: skip
def runtime_arguments(site: Site) -> Iterator[Finding]:
    """CUDA 12 and 13 gave old names new arguments; HIP kept the old ones and has the new form under another name.

    Each call is matched by how many arguments it has, or by whether it passes a memory location instead of a device
    number. `hipCtxSynchronize` answers "not supported" since ROCm 7.2: `hipDeviceSynchronize` waits for the same work.
    """
    call = _callee(site)
    if call is None:
        return
    count = len(call.args)
    match site.text:
        case "cudaGraphInstantiate" if count in (2, 3):
            yield site.replace(site.node, "hipGraphInstantiateWithFlags")
            if count == 2:
                yield site.insert(call.args[1].end, ", 0")
        case "cudaEventCreate" if count == 2:
            yield site.replace(site.node, "hipEventCreateWithFlags")
        case "cudaStreamGetCaptureInfo" if count > 3:
            yield site.replace(site.node, "hipStreamGetCaptureInfo_v2")
        case "cudaMemPrefetchAsync" if count >= 4 and _is_location(site, call.args[2].text):
            yield site.replace(site.node, "hipMemPrefetchAsync_v2")
            if count == 4:
                yield site.insert(call.args[3].end, ", 0")
        case "cudaMemAdvise" if count == 4 and _is_location(site, call.args[3].text):
            yield site.replace(site.node, "hipMemAdvise_v2")
        case "cudaHostGetDevicePointer" if count and not _CAST.match(call.args[0].text):
            yield site.insert(call.args[0].start, "reinterpret_cast<void**>(")
            yield site.insert(call.args[0].end, ")")
        case "cuCtxSynchronize" if not count:
            yield site.replace(site.node, "hipDeviceSynchronize", ("hip/hip_runtime.h",))
        case "cudaGraphExecUpdate" if count == 3:
            yield site.note(
                Level.TODO,
                "hipGraphExecUpdate reports in two outputs instead of one structure",
                "pass a hipGraphNode_t* for the node that failed and a hipGraphExecUpdateResult* for the result",
            )


@rule(
    "calling-conventions",
    "Calling conventions of CUDA's interfaces",
    hazards=("R15",),
    names=("CUDART_CB", "CUDARTAPI", "CUDA_CB", "CUDAAPI"),
    order=40,
    rewrites={
        "void CUDART_CB done(void* data) { (void)data; }": "void done(void* data) { (void)data; }",
        "void (CUDA_CB *done)(void*);": "void (*done)(void*);",
    },
    keeps=("#define CUDART_CB\n",),
)  # fmt: skip
def calling_conventions(site: Site) -> Iterator[Finding]:
    """They are empty everywhere but on 32-bit Windows, HIP has no such macros, and so the words go."""
    parent = site.node.parent
    if parent is not None and parent.type in ("preproc_def", "preproc_defined", "preproc_ifdef", "preproc_undef"):
        return
    end = site.node.end_byte
    while site.source.data[end : end + 1] == b" ":
        end += 1
    yield site.edit(site.node.start_byte, end, "")
