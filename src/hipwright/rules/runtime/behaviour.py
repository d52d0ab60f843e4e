"""What compiles unchanged and may behave otherwise: checked, and said with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.source import ancestors, encoded

_RUNTIME_CALL = re.compile(rb"\b(?:cuda|hip)[A-Z]\w*\s*\(")
_FUNCTION = frozenset({"function_definition", "lambda_expression"})
_COMPARED = frozenset({"==", "!=", "<", ">", "<=", ">="})


def _compared(node: Node) -> bool:
    """Whether a node takes part in a comparison, directly or in arithmetic; or is switched on."""
    for parent in ancestors(node):
        if parent.type == "binary_expression":
            operator = parent.child_by_field_name("operator")
            if operator is not None and operator.type in _COMPARED:
                return True
        elif parent.type in ("case_statement", "switch_statement"):
            return True
        elif parent.type not in ("parenthesized_expression", "condition_clause", "field_expression"):
            return False
    return False


@rule(
    "dynamic-parallelism",
    "Kernels launched from kernels",
    hazards=("R07",),
    kinds=("kernel_call_syntax",),
    words=("__global__", "__device__"),
    notes=(
        "__global__ void child(int* p) { *p = 1; }\n__global__ void k(int* p) { child<<<1, 32>>>(p); }",
        "__global__ void child(int* p) { *p = 1; }\n__device__ void f(int* p) { if (*p) child<<<1, 32>>>(p); }",
    ),
    keeps=(
        "__global__ void k(int* p) { *p = 1; }\nvoid f(int* p) { k<<<1, 32>>>(p); }",
        "template <class F> __host__ __device__ void f(F k, int* p) {\n"
        "#ifndef __CUDA_ARCH__\n  k<<<1, 32>>>(p);\n#endif\n}",
    ),
)  # fmt: skip
def dynamic_parallelism(site: Site) -> Iterator[Finding]:
    """No AMD target can launch work from a kernel, and clang refuses it. How the work comes back to the host is a
    matter of the algorithm, so it is left to a person or an agent.
    """
    if _device_only(site):
        yield site.note(
            Level.TODO,
            "a kernel is launched from device code, which no AMD target can do",
            "collect the launches in a queue in global memory and launch them from the host, or call the child's body"
            " in a loop",
        )


_HOST_ONLY = (
    "cudaDeviceSynchronize", "cudaGetLastError", "cudaPeekAtLastError", "cudaGetErrorString", "cudaGetErrorName",
    "cudaMalloc", "cudaFree", "cudaMemcpyAsync", "cudaMemsetAsync", "cudaStreamCreateWithFlags", "cudaStreamDestroy",
    "cudaEventCreateWithFlags", "cudaEventRecord", "cudaEventDestroy", "cudaStreamWaitEvent", "cudaGetDevice",
    "cudaGetDeviceCount", "cudaDeviceGetAttribute", "cudaFuncGetAttributes", "cudaLaunchDevice",
    "cudaGetParameterBuffer", "cudaRuntimeGetVersion",
)  # fmt: skip


@rule(
    "device-runtime",
    "The runtime is not there in device code",
    hazards=("R07",),
    names=_HOST_ONLY,
    order=40,
    rewrites={
        "#include <cstdio>\n__device__ void check(cudaError_t e) {\n"
        '  if (e != cudaSuccess) printf("failed: %s\\n", cudaGetErrorString(e));\n}':
        "#include <cstdio>\n__device__ void check(cudaError_t e) {\n"
        '  if (e != cudaSuccess) printf("failed: %s\\n", "HIP error");\n}',
    },
    keeps=(
        "void f() { cudaDeviceSynchronize(); }",
        "__host__ __device__ inline const char* f(cudaError_t e) { return cudaGetErrorString(e); }",
    ),
    notes=("__global__ void k(int* p) { cudaDeviceSynchronize(); }",),
)  # fmt: skip
def device_runtime(site: Site) -> Iterator[Finding]:
    """CUDA's runtime has a small part for kernels, which came with launches from kernels; HIP has none of it.

    The text of an error becomes a constant there, since only the host knows the names. Other calls need a person.
    """
    if site.call is None or not _device_only(site):
        return
    if site.text in ("cudaGetErrorString", "cudaGetErrorName"):
        yield site.replace(site.call, '"HIP error"')
        return
    yield site.note(
        Level.TODO,
        f"{site.text} is called in device code, where HIP has no runtime",
        "move the call to the host; device memory can be taken with malloc and free in a kernel",
    )


def _device_only(site: Site) -> bool:
    """Whether the function around the site runs on the GPU alone."""
    function = next((node for node in ancestors(site.node) if node.type in _FUNCTION), None)
    if function is None:
        return False
    body = function.child_by_field_name("body")
    head = site.source.data[function.start_byte : body.start_byte if body is not None else function.end_byte]
    return (b"__global__" in head or b"__device__" in head) and b"__host__" not in head


@rule(
    "host-callback",
    "Callbacks of a stream must not call the runtime",
    hazards=("R15",),
    names=("cudaLaunchHostFunc", "cudaStreamAddCallback", "cuLaunchHostFunc", "cuStreamAddCallback"),
    notes=(
        "void done(void* p) { cudaFree(p); }\nvoid f(cudaStream_t s, void* p) { cudaLaunchHostFunc(s, done, p); }",
        "void f(cudaStream_t s, void* p) { cudaLaunchHostFunc(s, [](void* q) { cudaFreeHost(q); }, p); }",
    ),
    keeps=(
        "void done(void* p) { *(int*)p = 1; }\nvoid f(cudaStream_t s, void* p) { cudaLaunchHostFunc(s, done, p); }",
    ),
)  # fmt: skip
def host_callback(site: Site) -> Iterator[Finding]:
    """CUDA forbids it too, and often lets it pass; HIP's callback thread waits for itself."""
    call = site.call
    if call is None or len(call.args) < 2:
        return
    text = call.args[1].text
    body = encoded(text) if "{" in text else b""
    name = re.search(r"(\w+)\s*\Z", text)
    if not body and name is not None:
        found = re.search(rb"\b" + encoded(name[1]) + rb"\s*\([^;{}]*\)\s*\{(.*?)\n?\}", site.source.data, re.S)
        body = found[1] if found else b""
    if _RUNTIME_CALL.search(body):
        yield site.note(
            Level.TODO,
            "this callback calls the runtime, which can hang: HIP runs callbacks on the thread that serves the stream",
            "let the callback hand the work to a thread of the program's own",
        )


@rule(
    "error-codes",
    "Faults of a kernel are reported under other codes",
    hazards=("R10",),
    names=(
        "cudaErrorAssert", "cudaErrorIllegalAddress", "cudaErrorMisalignedAddress", "cudaErrorInvalidPc",
        "cudaErrorIllegalInstruction", "cudaErrorHardwareStackError", "cudaErrorLaunchTimeout",
    ),
    notes=("bool f() { return cudaDeviceSynchronize() == cudaErrorAssert; }",),
    keeps=(
        "const char* f(cudaError_t e) { return cudaGetErrorString(e); }\n"
        "void g(cudaError_t e) { if (e != cudaSuccess) throw e; }",
    ),
)  # fmt: skip
def error_codes(site: Site) -> Iterator[Finding]:
    """On AMD a failed assertion, a bad address or a trap usually ends in `hipErrorLaunchFailure`, or ends the process:
    code that waits for one particular code waits in vain.
    """
    if _compared(site.node):
        yield site.note(
            Level.TEST,
            f"{site.text} is hardly ever what an AMD target reports",
            "accept hipErrorLaunchFailure as well; a fault may also abort the process",
        )


@rule(
    "capability-dispatch",
    "Compute capabilities are not AMD's version numbers",
    hazards=("R02",),
    kinds=("field_expression",),
    words=("cudaDeviceProp", "hipDeviceProp_t", "cudaGetDeviceProperties"),
    notes=(
        "bool f(const cudaDeviceProp& prop) { return prop.major >= 9; }",
        "int f(const cudaDeviceProp* p) { if (p->major * 10 + p->minor < 70) return 1; return 0; }",
    ),
    keeps=(
        '#include <cstdio>\nvoid f(const cudaDeviceProp& prop) { printf("%d.%d", prop.major, prop.minor); }',
        "struct Version { int major; };\nbool f(Version v) { return v.major >= 2; }\nvoid g(cudaDeviceProp*);",
    ),
)  # fmt: skip
def capability_dispatch(site: Site) -> Iterator[Finding]:
    """`major` and `minor` are the digits of the gfx target: gfx90a and gfx942 report 9 and read as Hopper, gfx1100
    reports 11. A comparison that chooses a kernel or a limit by them chooses for the wrong hardware.
    """
    field = site.node.child_by_field_name("field")
    owner = site.node.child_by_field_name("argument")
    if field is None or owner is None or site.source.text(field.start_byte, field.end_byte) != "major":
        return
    name = re.split(r"\W", site.source.text(owner.start_byte, owner.end_byte))[0]
    declared = re.search(rb"\b(?:cudaDeviceProp|hipDeviceProp_t)\b[\s*&>]*" + name.encode() + rb"\b", site.source.data)
    if declared is None or not _arithmetic_comparison(site.node):
        return
    yield site.note(
        Level.TEST,
        "major and minor name the gfx target on AMD (9 for gfx90a and gfx942, 11 for gfx1100): this comparison was"
        " written for NVIDIA's compute capabilities",
        "ask for the property that matters (LDS size, wavefront, an attribute), or compare gcnArchName",
    )


def _arithmetic_comparison(node: Node) -> bool:
    for parent in ancestors(node):
        if parent.type == "binary_expression":
            operator = parent.child_by_field_name("operator")
            if operator is not None and operator.type in _COMPARED:
                return True
        elif parent.type != "parenthesized_expression":
            return False
    return False
