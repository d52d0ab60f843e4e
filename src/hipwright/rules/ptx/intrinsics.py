"""Device functions of CUDA that stand for single PTX instructions and that HIP lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.rules.ptx.helpers import HELPERS
from hipwright.rules.ptx.simd import called, renamed


@rule(
    "trap-intrinsics",
    "Traps and breakpoints are clang's builtins",
    hazards=("X25",),
    names=("__trap", "__brkpt"),
    rewrites={
        "__device__ void f(bool bad) { if (bad) __trap(); }": "__device__ void f(bool bad) { if (bad) "
        "__builtin_trap(); }",
        "__device__ void f() { __brkpt(); }": "__device__ void f() { __builtin_debugtrap(); }",
    },
    keeps=("__device__ void __trap(); // __trap()",),
)
def trap_intrinsics(site: Site) -> Iterator[Finding]:
    """HIP declares neither `__trap` nor `__brkpt`; both have a builtin of the same meaning in clang.

    A trap ends the whole queue on AMD as it does the context on NVIDIA: the host sees an error at its next call.
    """
    yield from renamed(site, {"__trap": "__builtin_trap", "__brkpt": "__builtin_debugtrap"}[site.text])


@rule(
    "nanosleep",
    "A sleeping thread is a sleeping wavefront",
    hazards=("X24",),
    names=("__nanosleep",),
    rewrites={
        "__device__ void f(unsigned n) { __nanosleep(n); }": "__device__ void f(unsigned n) { ptx_nanosleep(n); }"
    },
    keeps=("void __nanosleep(unsigned);",),
)
def nanosleep(site: Site) -> Iterator[Finding]:
    """`__nanosleep` is undeclared in HIP, whose `s_sleep` takes a constant number of 64-clock steps.

    PTX promises a duration between zero and twice the argument, so that a loop of short sleeps keeps the meaning.
    """
    yield from renamed(site, "ptx_nanosleep", (HELPERS["ptx_nanosleep"],))


@rule(
    "dot-product-intrinsics",
    "__dp4a and __dp2a are plain sums of products",
    hazards=("F12",),
    names=("__dp4a", "__dp2a_lo", "__dp2a_hi"),
    rewrites={
        "__device__ int f(int a, int b, int c) { return __dp4a(a, b, c); }": "__device__ int f(int a, int b, int c) "
        "{ return ptx_dp4a(a, b, c); }",
        "__device__ unsigned f(ushort2 a, uchar4 b, unsigned c) { return __dp2a_hi(a, b, c); }": "__device__ "
        "unsigned f(ushort2 a, uchar4 b, unsigned c) { return ptx_dp2a_hi(a, b, c); }",
        "__device__ int f(char4 a, char4 b) { return __dp4a(a, b, 0); }": "__device__ int f(char4 a, char4 b) { "
        "return ptx_dp4a(a, b, 0); }",
    },
    keeps=(
        "static __device__ int __dp4a(int a, int b, int c) { return a; } __device__ int f() { return __dp4a(1, 2, "
        "3); }",
    ),
)
def dot_product_intrinsics(site: Site) -> Iterator[Finding]:
    """HIP has no `__dp4a`; clang's `sdot4` builtins exist only for some of the targets and differ in signedness.

    The plain sum compiles for every target, with the wrap-around of CUDA, and clang finds the dot instruction by
    itself.
    """
    name = f"ptx_{site.text[2:]}"
    yield from renamed(site, name, (HELPERS[name],))


_LOADS = {"__ldcs": "load_streaming", "__ldlu": "load_streaming", "__ldcg": "load_coherent", "__ldcv": "load_volatile"}
_OVERLOAD = "struct S { int a; };\n__device__ S __ldcs(const S* p) { return {__ldcs(&p->a)}; }\n"
_STORES = {"__stcs": "store_streaming", "__stwt": "store_through"}


@rule(
    "cache-hint-intrinsics",
    "Loads and stores with cache hints",
    hazards=("X08", "X07"),
    names=(*_LOADS, *_STORES, "__ldca", "__stwb", "__stcg"),
    rewrites={
        "__device__ float f(const float* p) { return __ldcs(p); }": "__device__ float f(const float* p) { return "
        "load_streaming(p); }",
        "__device__ float4 f(const float4* p) { return __ldcg(p); }": "__device__ float4 f(const float4* p) { "
        "return load_coherent(p); }",
        "__device__ float f(const float4* p) { return __ldca(p + 1).x; }": "__device__ float f(const float4* p) { "
        "return (*(p + 1)).x; }",
        "__device__ void f(int* p, int v) { __stcs(p, v); __stwt(p, 1); __stwb(p + 1, v * 2); }": "__device__ void "
        "f(int* p, int v) { store_streaming(p, v); store_through(p, 1); (*(p + 1) = v * 2); }",
        "__device__ void f(float4* p, float4 v) { __stcs(p, v); }": "__device__ void f(float4* p, float4 v) { "
        "store_streaming(p, v); }",
        _OVERLOAD: _OVERLOAD.replace("__ldcs", "load_streaming"),
    },
    keeps=(
        "struct T { int __ldcs(int); }; int f(T t) { return t.__ldcs(1); }",
        "template <class T> __device__ T __ldcs(const T* p) { return *p; }\n"
        "__device__ int f(int* p) { return __ldcs(p); }\n",
    ),
)
def cache_hint_intrinsics(site: Site) -> Iterator[Finding]:
    """HIP declares these for half types only. The hints for L1 are plain accesses on AMD, whose L1 writes through.

    `__ldcg` and `__ldcv` are also how CUDA code polls what other blocks write, so they become loads that skip the
    caches which are not coherent; `__ldcs` and `__stcs` become non-temporal accesses. Structs and half types take a
    plain access. Where the project adds an overload for a type of its own, it is renamed with the calls; where it has
    its own for every type, all stays.
    """
    name, call, parent = site.text, site.call, site.node.parent
    helper = _LOADS.get(name) or _STORES.get(name)
    own = site.facts.overloads(name)
    if helper and own and "template" not in own:
        if parent is not None and parent.type in ("function_declarator", "call_expression"):
            yield site.replace(site.node, helper, helpers=(HELPERS[helper],))
        return
    if not called(site) or call is None:
        return
    if helper:
        yield site.replace(site.node, helper, helpers=(HELPERS[helper],))
    elif name == "__ldca" and len(call.args) == 1:
        yield site.edit(call.start, call.open, "(*")
        yield site.insert(call.end, ")")
    elif len(call.args) == 2:
        yield site.edit(call.start, call.args[0].start, "(*(" if re.search(r"\W", call.args[0].text) else "(*")
        yield site.edit(call.args[0].end, call.args[1].start, ") = " if re.search(r"\W", call.args[0].text) else " = ")


_SPACES = {"__isShared": "__builtin_amdgcn_is_shared", "__isLocal": "__builtin_amdgcn_is_private"}


@rule(
    "address-space-intrinsics",
    "Addresses of shared memory as numbers",
    hazards=("X29",),
    names=("__cvta_generic_to_shared", "__nvvm_get_smem_pointer", "__cvta_shared_to_generic",
        "__cvta_generic_to_global", "__cvta_global_to_generic",
           "__cvta_generic_to_local", "__cvta_generic_to_constant", "__isShared", "__isLocal", "__isGlobal",
           "__isConstant", "__isGridConstant"),
    rewrites={
        "__device__ unsigned f(const float* p) { return static_cast<unsigned>(__cvta_generic_to_shared(p)); }":
        "__device__ unsigned f(const float* p) { return static_cast<unsigned>(lds_address(p)); }",
        "__device__ float f(unsigned a) { return *(float*)__cvta_shared_to_generic(a); }": "__device__ float "
        "f(unsigned a) { return *(float*)lds_at<void>(a); }",
        "__device__ bool f(const void* p) { return __isShared(p) || __isGlobal(p); }":
        "__device__ bool f(const void* p) { return __builtin_amdgcn_is_shared(p) || (!__builtin_amdgcn_is_shared(p) "
        "&& !__builtin_amdgcn_is_private(p)); }",
    },
    keeps=("bool __isShared(const void*);",),
    notes=("__device__ bool f(const void* p) { return __isConstant(p); }",),
)  # fmt: skip
def address_space_intrinsics(site: Site) -> Iterator[Finding]:
    """HIP has none of these. A 32-bit address of LDS is its offset, which inline PTX that was translated takes back.

    Constant memory is global memory on AMD, so that `__isConstant` has no answer there.
    """
    call = site.call
    if not called(site) or call is None or len(call.args) != 1:
        return
    name, argument = site.text, call.args[0].text
    if name in ("__cvta_generic_to_shared", "__nvvm_get_smem_pointer"):
        yield site.replace(site.node, "lds_address", helpers=(HELPERS["lds_address"],))
    elif name == "__cvta_shared_to_generic":
        yield site.replace(site.node, "lds_at<void>", helpers=(HELPERS["lds_at"],))
    elif name == "__cvta_generic_to_global":
        yield site.replace(site.node, "(size_t)")
    elif name == "__cvta_global_to_generic":
        yield site.replace(site.node, "(void*)")
    elif name in _SPACES:
        yield site.replace(site.node, _SPACES[name])
    elif name == "__isGlobal" and not re.search(r"\+\+|--|=|\w\s*\(", argument):
        yield site.replace(
            call, f"(!__builtin_amdgcn_is_shared({argument}) && !__builtin_amdgcn_is_private({argument}))"
        )
    else:
        yield site.note(
            Level.TODO,
            f"{name} has no counterpart on AMD",
            "constant memory is global memory there: pass the fact as an argument",
        )


@rule(
    "performance-events",
    "Performance monitor events are dropped",
    names=("__pm0", "__pm1", "__pm2", "__pm3", "__prof_trigger"),
    rewrites={"__device__ void f() { __prof_trigger(0); __pm0(); }": "__device__ void f() { (void)0; (void)0; }"},
    keeps=("int __pm0;",),
)
def performance_events(site: Site) -> Iterator[Finding]:
    """They raise events for NVIDIA's profiler and compute nothing; HIP has no such function."""
    if called(site) and site.call is not None:
        yield site.replace(site.call, "(void)0")


@rule(
    "cycle-counters",
    "Cycle counters count differently",
    hazards=("X05",),
    names=("clock64", "clock"),
    notes=("__global__ void k(long long* t) { *t = clock64(); }",),
    keeps=("#include <time.h>\nlong f() { return clock(); }", "__device__ long f(long clock) { return clock; }"),
)
def cycle_counters(site: Site) -> Iterator[Finding]:
    """`clock64()` exists in HIP and counts core cycles, but on gfx11 its counter has 20 bits and wraps within a
    millisecond.

    Time needs `wall_clock64()` and the device attribute hipDeviceAttributeWallClockRate; a delay loop or a
    measurement of
    cycles is for a person to judge.
    """
    function = site.within("function_definition")
    if function is None or site.call is None or site.call.args or not called(site):
        return
    head = site.source.text(function.start_byte, function.end_byte).partition("{")[0]
    if "__global__" in head or "__device__" in head:
        yield site.note(
            Level.TEST, f"{site.text}() counts core cycles on AMD and wraps within a millisecond on gfx11",
            "measure time with wall_clock64() and hipDeviceAttributeWallClockRate",
        )  # fmt: skip


# -- __nv_atomic_*
# -------------------------------------------------------------------------------------------------------

_CONSTANTS = {
    "__NV_ATOMIC_RELAXED": "__ATOMIC_RELAXED", "__NV_ATOMIC_CONSUME": "__ATOMIC_ACQUIRE",
    "__NV_ATOMIC_ACQUIRE": "__ATOMIC_ACQUIRE",
    "__NV_ATOMIC_RELEASE": "__ATOMIC_RELEASE", "__NV_ATOMIC_ACQ_REL": "__ATOMIC_ACQ_REL",
    "__NV_ATOMIC_SEQ_CST": "__ATOMIC_SEQ_CST",
    "__NV_THREAD_SCOPE_THREAD": "__HIP_MEMORY_SCOPE_SINGLETHREAD",
    "__NV_THREAD_SCOPE_BLOCK": "__HIP_MEMORY_SCOPE_WORKGROUP",
    "__NV_THREAD_SCOPE_CLUSTER": "__HIP_MEMORY_SCOPE_AGENT", "__NV_THREAD_SCOPE_DEVICE": "__HIP_MEMORY_SCOPE_AGENT",
    "__NV_THREAD_SCOPE_SYSTEM": "__HIP_MEMORY_SCOPE_SYSTEM",
}  # fmt: skip
_FETCH = ("add", "sub", "and", "or", "xor", "min", "max")
# Name to HIP's, and how many arguments come before the scope.
_ATOMICS: dict[str, tuple[str, int]] = {
    "__nv_atomic_load_n": ("__hip_atomic_load", 2),
    "__nv_atomic_store_n": ("__hip_atomic_store", 3),
    "__nv_atomic_exchange_n": ("__hip_atomic_exchange", 3),
    **{
        f"__nv_atomic_{prefix}{name}": (f"__hip_atomic_fetch_{name}", 3) for name in _FETCH for prefix in ("fetch_", "")
    },
}
_FENCE_SCOPES = {"__NV_THREAD_SCOPE_THREAD": "singlethread", "__NV_THREAD_SCOPE_BLOCK": "workgroup",
    "__NV_THREAD_SCOPE_CLUSTER": "agent",
                 "__NV_THREAD_SCOPE_DEVICE": "agent", "__NV_THREAD_SCOPE_SYSTEM": ""}  # fmt: skip


@rule(
    "nv-atomic-constants",
    "Orders and scopes of NVIDIA's atomic builtins",
    hazards=("A06",),
    names=_CONSTANTS,
    rewrites={"__device__ int f(int* p) { return __hip_atomic_load(p, __NV_ATOMIC_ACQUIRE, "
              "__NV_THREAD_SCOPE_DEVICE); }":
              "__device__ int f(int* p) { return __hip_atomic_load(p, __ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_AGENT); }"},
    order=60,
)  # fmt: skip
def nv_atomic_constants(site: Site) -> Iterator[Finding]:
    """The orders are those of C++; a CUDA device is HIP's agent and a block its workgroup.

    A cluster, which AMD lacks, is taken as the whole agent, the next wider scope.
    """
    yield site.replace(site.node, _CONSTANTS[site.text])


@rule(
    "nv-atomic-builtins",
    "NVIDIA's atomic builtins are HIP's scoped atomics",
    hazards=("A06",),
    names=(*_ATOMICS, "__nv_atomic_load", "__nv_atomic_store", "__nv_atomic_exchange",
        "__nv_atomic_compare_exchange_n", "__nv_atomic_compare_exchange",
           "__nv_atomic_thread_fence"),
    rewrites={
        "__device__ int f(int* p) { return __nv_atomic_load_n(p, __ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_AGENT); }":
        "__device__ int f(int* p) { return __hip_atomic_load(p, __ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_AGENT); }",
        "__device__ void f(int* p) { __nv_atomic_add(p, 1, __ATOMIC_RELAXED); }":
        "__device__ void f(int* p) { __hip_atomic_fetch_add(p, 1, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_SYSTEM); }",
        "__device__ int f(int* p, int e) { return __nv_atomic_compare_exchange_n(p, &e, 1, false, __ATOMIC_ACQ_REL, "
        "__ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_AGENT); }":
        "__device__ int f(int* p, int e) { return __hip_atomic_compare_exchange_strong(p, &e, 1, __ATOMIC_ACQ_REL, "
        "__ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_AGENT); }",
        "__device__ void f(int* p, int* v) { __nv_atomic_load(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT); }":
        "__device__ void f(int* p, int* v) { *v = __hip_atomic_load(p, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT); }",
        "__device__ void f() { __nv_atomic_thread_fence(__NV_ATOMIC_ACQ_REL, __NV_THREAD_SCOPE_DEVICE); }":
        '__device__ void f() { __builtin_amdgcn_fence(__ATOMIC_ACQ_REL, "agent"); }',
    },
    notes=("__device__ void f(int* p, int* v, int* o) { __nv_atomic_exchange(p, v, o, __ATOMIC_RELAXED, 0); }",),
)  # fmt: skip
def nv_atomic_builtins(site: Site) -> Iterator[Finding]:
    """CUDA 12.8 added these builtins; clang for AMD has the same operations under other names, with order and scope
    kept.

    CUDA's scope may be left out and is then the system.
    """
    call = site.call
    if not called(site) or call is None:
        return
    name, args = site.text, call.args
    scope = "__HIP_MEMORY_SCOPE_SYSTEM"
    if name in _ATOMICS:
        target, before = _ATOMICS[name]
        if len(args) not in (before, before + 1):
            return
        yield site.replace(site.node, target)
        if len(args) == before:
            yield site.insert(args[-1].end, f", {scope}")
    elif name == "__nv_atomic_load" and len(args) in (3, 4):
        yield site.edit(call.start, args[0].start, f"*{_operand(args[1].text)} = __hip_atomic_load(")
        yield site.edit(args[0].end, args[1].end, "")
        if len(args) == 3:
            yield site.insert(args[-1].end, f", {scope}")
    elif name == "__nv_atomic_store" and len(args) in (3, 4):
        yield site.replace(site.node, "__hip_atomic_store")
        yield site.insert(args[1].start, "*(" if re.search(r"\W", args[1].text) else "*")
        if re.search(r"\W", args[1].text):
            yield site.insert(args[1].end, ")")
        if len(args) == 3:
            yield site.insert(args[-1].end, f", {scope}")
    elif name == "__nv_atomic_compare_exchange_n" and len(args) in (6, 7):
        weak = args[3].text in ("true", "1")
        if not weak and args[3].text not in ("false", "0"):
            yield site.note(Level.TODO, f"{name} with a computed `weak`", "write __hip_atomic_compare_exchange_strong")
            return
        yield site.replace(site.node, f"__hip_atomic_compare_exchange_{'weak' if weak else 'strong'}")
        yield site.edit(args[2].end, args[3].end, "")
        if len(args) == 6:
            yield site.insert(args[-1].end, f", {scope}")
    elif (
        name == "__nv_atomic_thread_fence" and len(args) in (1, 2) and (len(args) == 1 or args[1].text in _FENCE_SCOPES)
    ):
        order = _CONSTANTS.get(args[0].text, args[0].text)
        where = _FENCE_SCOPES[args[1].text] if len(args) == 2 else ""
        yield site.replace(call, f'__builtin_amdgcn_fence({order}, "{where}")')
    else:
        yield site.note(
            Level.TODO,
            f"{name} has no HIP counterpart of this form",
            "use the __hip_atomic_* builtin with values instead of pointers",
        )


def _operand(text: str) -> str:
    return text if re.fullmatch(r"\w+", text) else f"({text})"
