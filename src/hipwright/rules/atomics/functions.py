"""Atomic functions: scopes and types that HIP lacks, and functions of the program that HIP defines as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Helper, Level
from hipwright.rule import Site, rule
from hipwright.rules.vector.operators import PREFERRED, chosen_for_amd

_OPERATIONS = ("Add", "Sub", "Exch", "Min", "Max", "Inc", "Dec", "CAS", "And", "Or", "Xor")
_BLOCK = {f"atomic{op}_block": f"atomic{op}" for op in _OPERATIONS}
_SYSTEM = {"atomicInc_system": "__builtin_amdgcn_atomic_inc32", "atomicDec_system": "__builtin_amdgcn_atomic_dec32"}


@rule(
    "atomic-scope",
    "Atomics of block scope, and wrapping counters of system scope",
    hazards=("A07",),
    names=(*_BLOCK, *_SYSTEM),
    rewrites={
        "__device__ int f(int *p) { return atomicAdd_block(p, 1); }":
        "__device__ int f(int *p) { return atomicAdd(p, 1); }",
        "__device__ unsigned f(unsigned *p) { return atomicInc_system(p, 7u); }":
        '__device__ unsigned f(unsigned *p) { return __builtin_amdgcn_atomic_inc32(p, 7u, __ATOMIC_RELAXED, ""); }',
    },
    keeps=("__device__ void f(int *p) { atomicAdd_system(p, 1); }",),
)  # fmt: skip
def atomic_scope(site: Site) -> Iterator[Finding]:
    """HIP has no `_block` forms; its plain forms reach further and cost the same, as both are done in the same cache.

    Of the `_system` forms only the wrapping counters are missing; they are one instruction on every target.
    """
    call = site.call
    if call is None or site.foreign:
        return
    if call.name in _BLOCK:
        yield site.replace(site.node, _BLOCK[call.name])
    elif len(call.args) == 2:
        yield site.replace(site.node, _SYSTEM[call.name])
        yield site.insert(call.args[1].end, ', __ATOMIC_RELAXED, ""')


_PLAIN = re.compile(
    r"(?:const|volatile|signed|unsigned|long|int|float|double|size_t|u?int(?:8|16|32|64)_t|char|short|uint|ulong|\s)+"
)


def pointee(site: Site) -> str:
    """The declared base type of the variable that an atomic's first argument is made of; "" when it isn't found.

    Looked for in the function around the call only, by its spelling: `float *p`, `__shared__ double sum[32]`.
    """
    function = site.within("function_definition", "lambda_expression")
    call = site.call
    if function is None or call is None or not call.args:
        return ""
    variable = re.match(r"[&*(\s]*(?:\([\w\s*]+\)\s*)?(\w+)", call.args[0].text)
    if variable is None or re.search(r"->|\.|_cast|\)\s*\(?\s*[&\w]", call.args[0].text):
        return ""
    text = site.source.text(function.start_byte, call.start)
    found = re.search(
        rf"\b((?:(?:unsigned|signed|long|const|volatile)\s+)*\w+)\s*(?:const\s*)?[*&\s]\s*"
        rf"(?:const\s+|__restrict__\s+|__restrict\s+|volatile\s+|\*\s*)*{variable[1]}\b\s*[,;=)\[{{]",
        text,
    )
    return " ".join(found[1].split()) if found else ""


_HALF_SUM = """\
// CUDA's atomicAdd of half types, lane for lane; HIP's own forms are safe in coarse-grained memory only.
template <typename Word, typename T, typename Sum>
__device__ inline T atomic_add_in(Word* word, T value, Sum sum) {
  Word old = __hip_atomic_load(word, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT), next;
  T before, after;
  do {
    __builtin_memcpy(static_cast<void*>(&before), &old, sizeof before);
    after = sum(before, value);
    __builtin_memcpy(&next, &after, sizeof next);
  } while (!__hip_atomic_compare_exchange_strong(word, &old, next, __ATOMIC_RELAXED, __ATOMIC_RELAXED,
                                                 __HIP_MEMORY_SCOPE_AGENT));
  return before;
}
"""


def _half_atomics(ctype: str) -> str:
    lines = []
    for lanes, word, add in (("", "unsigned short", "__hadd"), ("2", "unsigned int", "__hadd2")):
        kind = f"{ctype}{lanes}"
        lines += [
            f"__device__ inline {kind} atomicAdd({kind}* address, {kind} value) {{",
            f"  return atomic_add_in(reinterpret_cast<{word}*>(address), value,",
            f"                       [] __device__({kind} a, {kind} b) {{ return {add}(a, b); }});",
            "}",
        ]
    return "\n".join(lines)


_ADD_IN = Helper("HIPWRIGHT_ATOMIC_ADD", _HALF_SUM)
_ADD_HALF = Helper("HIPWRIGHT_ATOMIC_ADD_HALF", _half_atomics("__half"))
_ADD_BF16 = Helper("HIPWRIGHT_ATOMIC_ADD_HALF_BFLOAT16", _half_atomics("__hip_bfloat16"))
_HALF_WORD = re.compile(rb"\b(?:__)?half2?\b|fp16")
_HALF = re.compile(r"(?:__)?(?:half|nv_bfloat16|hip_bfloat16)")


@rule(
    "atomic-half",
    "atomicAdd of half and bfloat16",
    hazards=("A04",),
    names=("atomicAdd",),
    rewrites={
        "#include <cuda_fp16.h>\n__device__ void f(__half2 *p, __half2 v) { atomicAdd(p, v); }":
        "#include <cuda_fp16.h>\n__device__ void f(__half2 *p, __half2 v) { atomicAdd(p, v); }",
        "#include <cuda_bf16.h>\ntemplate <class T> __device__ void f(T *p, T v) { atomicAdd(&p[3], v); }\n"
        "template __device__ void f(__nv_bfloat16 *, __nv_bfloat16);":
        "#include <cuda_bf16.h>\ntemplate <class T> __device__ void f(T *p, T v) { atomicAdd(&p[3], v); }\n"
        "template __device__ void f(__nv_bfloat16 *, __nv_bfloat16);",
    },
    keeps=(
        "#include <cuda_fp16.h>\n__device__ void f(float *p, __half v) { atomicAdd(p, __half2float(v)); }",
        "__device__ void atomicAdd(half *p, half v) {}\n"
        "template <class T> __device__ void f(T *p, T v) { atomicAdd(p, v); }",
    ),
)  # fmt: skip
def atomic_half(site: Site) -> Iterator[Finding]:
    """HIP has no `atomicAdd` of 16-bit floats, only `unsafeAtomicAdd`, which fine-grained memory silently drops.

    The overloads are added to a file that names these types, unless the call is seen to be of another type.
    """
    data = site.source.data
    bfloat16 = b"bfloat16" in data
    own = site.facts.overloads("atomicAdd")
    if site.foreign or site.call is None or not (bfloat16 or _HALF_WORD.search(data)) or any(map(_HALF.match, own)):
        return
    kind = pointee(site)
    if not kind or not _PLAIN.fullmatch(kind):
        helpers = (_ADD_IN, _ADD_HALF, _ADD_BF16) if bfloat16 else (_ADD_IN, _ADD_HALF)
        includes = ("hip/hip_fp16.h", "hip/hip_bf16.h") if bfloat16 else ("hip/hip_fp16.h",)
        yield site.replace(site.node, site.text, includes, helpers)


_SIGNED = {
    f"atomic{op}": Helper(
        f"HIPWRIGHT_ATOMIC_{op.upper()}_LONG_LONG",
        f"__device__ inline long long atomic{op}(long long* address, long long value) {{\n"
        f"  return __hip_atomic_fetch_{op.lower()}(address, value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);\n}}",
    )
    for op in ("And", "Or", "Xor")
}


@rule(
    "atomic-long-long",
    "Bitwise atomics of signed 64-bit integers",
    hazards=("A05",),
    names=_SIGNED,
    rewrites={
        "__device__ void f(long long *p) { atomicOr(p, 1LL); }": "__device__ void f(long long *p) { atomicOr(p, 1LL); }"
    },
    keeps=("__device__ void f(unsigned long long *p) { atomicOr(p, 1ULL); }",),
)
def atomic_long_long(site: Site) -> Iterator[Finding]:
    """CUDA has `atomicAnd`, `atomicOr` and `atomicXor` of `long long`, HIP of the unsigned types and `int` only."""
    if site.call is not None and not site.foreign and pointee(site) == "long long":
        yield site.replace(site.node, site.text, helpers=(_SIGNED[site.text],))


_SHARED_NAMES = {"atomicAdd": ("double", "float"), "atomicMax": ("float", "double"), "atomicMin": ("float", "double")}


@rule(
    "own-atomics",
    "Atomics of floating-point type that the program defines itself",
    hazards=("A05",),
    names=_SHARED_NAMES,
    rewrites={
        "__device__ float atomicMax(float *address, float value) {\n"
        "  int old = atomicMax((int *)address, __float_as_int(value));\n  return __int_as_float(old);\n}\n":
        PREFERRED.replace("operator", "function") + "__device__ float atomicMax(float *address, float value) {\n"
        "  int old = atomicMax((int *)address, __float_as_int(value));\n  return __int_as_float(old);\n}\n",
    },
    keeps=(
        "__device__ float fetch_max(float *p, float v) { return atomicMax(p, v); }",
        "namespace own { __device__ float atomicMax(float *p, float v) { return v; } }",
        "__device__ int atomicMax(short *p, short v) { return v; }",
    ),
)  # fmt: skip
def own_atomics(site: Site) -> Iterator[Finding]:
    """HIP has `atomicMax(float *, float)` and its kin; CUDA has not, so programs define them: a redefinition.

    The program's function often differs from HIP's for a NaN or a negative zero. Marked to be preferred it is an
    overload of its own, and every call still means it.
    """
    declarator = site.node.parent
    whole = site.within("function_definition", "declaration")
    if declarator is None or declarator.type != "function_declarator" or whole is None:
        return
    if site.within("namespace_definition", "class_specifier", "struct_specifier", "compound_statement"):
        return
    parameters = declarator.child_by_field_name("parameters")
    if parameters is None or declarator.child_by_field_name("declarator") != site.node:
        return
    given = site.source.text(parameters.start_byte, parameters.end_byte)
    head = site.source.text(whole.start_byte, declarator.start_byte)
    match = re.match(r"\(\s*(?:volatile\s+)?(\w+)\s*\*", given)
    if match and match[1] in _SHARED_NAMES[site.text] and "volatile" not in given and "enable_if" not in head:
        if chosen_for_amd(site):
            return
        yield site.insert(whole.start_byte, PREFERRED.replace("operator", "function"))


@rule(
    "atomic-system-memory",
    "System-scope atomics need a platform that carries them",
    hazards=("A08",),
    names=tuple(f"atomic{op}_system" for op in _OPERATIONS),
    notes=("__global__ void f(int *p) { atomicAdd_system(p, 1); }",),
)
def atomic_system_memory(site: Site) -> Iterator[Finding]:
    """On host memory they travel over PCIe as atomic operations, which not every platform passes on.

    One Note for each file; on memory of the device nothing needs to be done.
    """
    if site.call is not None and not site.foreign and _first(site):
        yield site.note(
            Level.TEST,
            "system-scope atomics on host or peer memory are lost without PCIe atomics",
            "check hipDeviceAttributeHostNativeAtomicSupported before relying on them",
        )


@rule(
    "atomic-float-speed",
    "atomicAdd of float and double is a compare-and-swap loop on some targets",
    hazards=("A01", "A02", "A09"),
    words=("atomicAdd",),
    notes=("__global__ void f(float *p) { atomicAdd(p, 1.0f); }",),
    keeps=("__global__ void f(int *p, float *q) { atomicAdd(p, 1); }",),
)
def atomic_float_speed(site: Site) -> Iterator[Finding]:
    """Right everywhere, but not one instruction everywhere, because fine-grained memory would drop that instruction.

    gfx942 and gfx950 have both types in hardware, gfx1201 has float; gfx90a and gfx1100 loop unless told that the
    memory is coarse-grained; RDNA loops for double even in LDS. One Note for each file.
    """
    for match in re.finditer(rb"\batomicAdd\b", site.source.data):
        node = site.source.node_at(*match.span())
        use = None if node is None else Site(site.source, node, site.facts, site.rule)
        if use is not None and use.call is not None and not use.foreign and pointee(use) in ("float", "double"):
            yield use.note(
                Level.INFO,
                "atomicAdd of float or double is a compare-and-swap loop on gfx90a and gfx1100, of double on gfx1201",
                "unsafeAtomicAdd is one instruction there, and right if the memory comes from hipMalloc, not from "
                "hipMallocManaged or the host; or reduce in the block first",
            )
            return


def _first(site: Site) -> bool:
    """Whether no other call of this function stands before this one, of this type or another."""
    before = site.source.data[: site.node.start_byte]
    return re.search(rf"\b{site.text}\s*\(".encode(), before) is None
