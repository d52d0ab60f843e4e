"""libcu++ (`cuda::` and `cuda::std::`), of which the ROCm packages hold no copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from hipwright.finding import Finding, Helper, Level
from hipwright.rule import Site, rule
from hipwright.source import Call

_NAMED = re.compile(rb"\s*::\s*((?:std|device|experimental)\s*::\s*)?(\w+)")


@dataclass(frozen=True)
class Reference:
    """`cuda::std::get` and the like: the namespace, the name in it, its node, and where the whole starts."""

    scope: str
    name: str
    node: Node
    start: int


def reference(site: Site) -> Reference | None:
    """What a `cuda::` at the site refers to: a name of libcu++'s, not one of torch's or Thrust's `cuda`."""
    data, start = site.source.data, site.node.start_byte
    named = _NAMED.match(data, site.node.end_byte)
    if named is None:
        return None
    if data[start - 2 : start] == b"::":
        start -= 2
        if re.search(rb"\w\s*$", data[max(0, start - 16) : start]) and not re.search(
            rb"\b(?:return|const|typename|new|case|else)\s+$", data[max(0, start - 16) : start]
        ):
            return None
    node = site.source.node_at(named.start(2), named.end(2))
    if node is None:
        return None
    inner = "" if named[1] is None else "".join(named[1].decode().split())
    return Reference(f"cuda::{inner}", named[2].decode(), node, start)


# Thrust has these for host and device; they are what its iterators hold, as libcu++'s are in CCCL.
_THRUST = {
    "tuple": "tuple.h", "make_tuple": "tuple.h", "get": "tuple.h", "tie": "tuple.h", "tuple_size": "tuple.h",
    "tuple_element": "tuple.h", "pair": "pair.h", "make_pair": "pair.h", "plus": "functional.h",
    "minus": "functional.h", "multiplies": "functional.h", "divides": "functional.h", "modulus": "functional.h",
    "negate": "functional.h", "equal_to": "functional.h", "not_equal_to": "functional.h", "less": "functional.h",
    "greater": "functional.h", "less_equal": "functional.h", "greater_equal": "functional.h",
    "logical_and": "functional.h", "logical_or": "functional.h", "logical_not": "functional.h",
    "bit_and": "functional.h", "bit_or": "functional.h", "bit_xor": "functional.h", "identity": "functional.h",
    "iterator_traits": "iterator/iterator_traits.h", "distance": "distance.h", "advance": "advance.h",
    "complex": "complex.h",
}  # fmt: skip
# The C++ library's own are constexpr (or types), which clang lets device code call.
_STD = {
    "numeric_limits": "limits", "array": "array", "optional": "optional", "nullopt": "optional",
    "variant": "variant", "monostate": "variant", "holds_alternative": "variant",
    "forward": "utility", "move": "utility", "swap": "utility", "exchange": "utility", "declval": "utility",
    "index_sequence": "utility", "make_index_sequence": "utility", "integer_sequence": "utility",
    "index_sequence_for": "utility", "in_place": "utility", "min": "algorithm", "max": "algorithm",
    "clamp": "algorithm", "initializer_list": "initializer_list", "invoke": "functional", "ref": "functional",
    "size_t": "cstddef", "ptrdiff_t": "cstddef", "nullptr_t": "cstddef", "byte": "cstddef", "addressof": "memory",
    "begin": "iterator", "end": "iterator", "random_access_iterator_tag": "iterator", "ratio": "ratio",
    "accumulate": "numeric", "gcd": "numeric", "lcm": "numeric",
} | dict.fromkeys(
    ("int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "intptr_t",
     "uintptr_t", "intmax_t", "uintmax_t"),
    "cstdint",
) | dict.fromkeys(
    ("enable_if", "enable_if_t", "is_same", "is_same_v", "conditional", "conditional_t", "is_integral",
     "is_integral_v", "is_floating_point", "is_floating_point_v", "is_signed", "is_signed_v", "is_unsigned",
     "is_unsigned_v", "is_arithmetic", "is_arithmetic_v", "is_trivially_copyable", "is_trivially_copyable_v",
     "is_pointer", "is_pointer_v", "is_const", "is_const_v", "is_void", "is_void_v", "is_base_of", "is_base_of_v",
     "is_convertible", "is_convertible_v", "is_enum", "is_enum_v", "is_class_v", "is_reference_v", "is_invocable_v",
     "is_invocable_r_v", "is_constructible_v", "is_default_constructible_v", "is_empty_v", "is_final_v",
     "remove_cv", "remove_cv_t", "remove_const", "remove_const_t", "remove_reference", "remove_reference_t",
     "remove_cvref_t", "remove_pointer_t", "remove_extent_t", "add_const_t", "add_pointer_t", "decay", "decay_t",
     "common_type", "common_type_t", "make_unsigned_t", "make_signed_t", "make_unsigned", "make_signed",
     "underlying_type_t", "invoke_result_t", "invoke_result", "integral_constant", "bool_constant", "true_type",
     "false_type", "void_t", "conjunction", "conjunction_v", "disjunction", "disjunction_v", "negation",
     "negation_v", "alignment_of_v", "extent_v", "rank_v", "type_identity_t", "is_constant_evaluated"),
    "type_traits",
) | dict.fromkeys(
    ("abs", "sqrt", "pow", "exp", "log", "sin", "cos", "tan", "floor", "ceil", "fabs", "isnan", "isinf", "isfinite",
     "fmin", "fmax", "round", "trunc", "fma", "hypot", "log2", "exp2", "log10", "tanh"),
    "cmath",
)  # fmt: skip


_VISIT = Helper(
    "HIPWRIGHT_VISIT",
    """\
// std::visit throws for a variant without a value, which device code cannot; this one leaves such a variant alone.
template <size_t At = 0, typename F, typename V>
__host__ __device__ constexpr decltype(auto) hipwrightVisit(F&& f, V&& variant) {
  using Plain = typename std::remove_cv<typename std::remove_reference<V>::type>::type;
  if constexpr (At + 1 == std::variant_size<Plain>::value) {
    return std::forward<F>(f)(*std::get_if<At>(&variant));
  } else {
    if (variant.index() == At) return std::forward<F>(f)(*std::get_if<At>(&variant));
    return hipwrightVisit<At + 1>(std::forward<F>(f), std::forward<V>(variant));
  }
}
""",
)


def _of_variant(site: Site, call: Call) -> bool:
    """Whether `get` looks into a variant: by a type, in a file that has variants."""
    by_type = bool(call.template) and not re.fullmatch(r"[\d\s+*-]+|\w*[iI](?:dx|ndex)?|N|I", call.template[0].text)
    return by_type and re.search(rb"\bstd\s*::\s*variant\s*<", site.source.data) is not None


@rule(
    "libcudacxx-std",
    "cuda::std names come from Thrust or the C++ library",
    hazards=("L20",),
    names=("cuda",),
    order=40,
    rewrites={
        "#include <limits>\n__device__ float f() { return cuda::std::numeric_limits<float>::max(); }":
        "#include <limits>\n__device__ float f() { return std::numeric_limits<float>::max(); }",
        "#include <variant>\nusing V = std::variant<int, float>;\n"
        "__device__ int f(V v) { return cuda::std::get<int>(v); }":
        "#include <variant>\nusing V = std::variant<int, float>;\n"
        "__device__ int f(V v) { return (*std::get_if<int>(&v)); }",
        "#include <variant>\nusing V = std::variant<int, float>;\n"
        "__device__ int f(V v) { return cuda::std::visit([](auto x) { return int(x); }, v); }":
        "#include <variant>\nusing V = std::variant<int, float>;\n"
        "__device__ int f(V v) { return hipwrightVisit([](auto x) { return int(x); }, v); }",
        "#include <thrust/tuple.h>\n__device__ int f(thrust::tuple<int, int> t) { return ::cuda::std::get<0>(t); }":
        "#include <thrust/tuple.h>\n__device__ int f(thrust::tuple<int, int> t) { return thrust::get<0>(t); }",
    },
    keeps=("#include <limits>\nint f() { return std::numeric_limits<int>::max(); }", "namespace std_like { int get; }"),
)  # fmt: skip
def cuda_std(site: Site) -> Iterator[Finding]:
    """libcu++ repeats the C++ library for device code. Types, traits and constexpr functions of the host's own library
    serve device code in clang as they are. Tuples, pairs and function objects come from Thrust, whose iterators yield
    them; std's would not mix with those. Mathematical functions are the ones that HIP declares for both sides.
    """
    found = reference(site)
    if found is None or found.scope != "cuda::std::":
        return
    name, start, end = found.name, found.start, found.node.end_byte
    call = site.source.call_of(found.node)
    if name == "visit":
        if call is not None and len(call.args) == 2:
            yield site.edit(start, end, "hipwrightVisit", helpers=(_VISIT,), includes=("<utility>", "<variant>"))
        return
    if name == "get" and call is not None and len(call.args) == 1 and _of_variant(site, call):
        yield site.edit(start, end, "(*std::get_if", includes=("<variant>",))
        yield site.edit(call.args[0].start, call.args[0].start, "&")
        yield site.edit(call.end, call.end, ")")
        return
    if name in _THRUST:
        yield site.edit(start, found.node.start_byte, "thrust::", includes=(f"thrust/{_THRUST[name]}",))
    elif name in _STD:
        yield site.edit(start, found.node.start_byte, "std::", includes=(f"<{_STD[name]}>",))
    elif name not in _ATOMICS and name not in _WAYS:
        yield site.note(
            Level.TODO,
            f"cuda::std::{name} is not among the names that are mapped",
            "the same name in std, if device code may call it (constexpr), or a function of your own",
        )


_UNWRAPPED = ("proclaim_return_type", "proclaim_copyable_arguments")


@rule(
    "libcudacxx-proclaim",
    "Promises about function objects are dropped",
    hazards=("L20",),
    names=("cuda",),
    order=40,
    rewrites={
        "auto f = cuda::proclaim_return_type<int>([] __device__(int x) { return x + 1; });\n":
        "auto f = ([] __device__(int x) { return x + 1; });\n",
    },
    keeps=("struct P { int proclaim_return_type; };",),
)  # fmt: skip
def proclaim(site: Site) -> Iterator[Finding]:
    """nvcc cannot tell the host what a device lambda returns, so libcu++ lets the program promise it; clang can, and
    the function object passes as it is.
    """
    found = reference(site)
    if found is None or found.scope != "cuda::" or found.name not in _UNWRAPPED:
        return
    call = site.source.call_of(found.node)
    if call is not None:
        yield site.edit(found.start, call.open, "")


_ATOMIC = Helper(
    "HIPWRIGHT_ATOMIC",
    """\
// libcu++'s atomics on clang's scoped ones. The order of memory is one of the __ATOMIC_ constants.
template <typename T, int Scope = __HIP_MEMORY_SCOPE_SYSTEM>
struct HipwrightAtomicRef {
  T* at;
  __host__ __device__ explicit HipwrightAtomicRef(T& object) : at(&object) {}
  __host__ __device__ T load(int order = __ATOMIC_SEQ_CST) const { return __hip_atomic_load(at, order, Scope); }
  __host__ __device__ void store(T v, int order = __ATOMIC_SEQ_CST) const { __hip_atomic_store(at, v, order, Scope); }
  __host__ __device__ operator T() const { return load(); }
  __host__ __device__ T operator=(T v) const { store(v); return v; }
  __host__ __device__ T exchange(T v, int order = __ATOMIC_SEQ_CST) const {
    return __hip_atomic_exchange(at, v, order, Scope);
  }
  __host__ __device__ bool compare_exchange_strong(T& seen, T v, int ok = __ATOMIC_SEQ_CST,
                                                   int failed = __ATOMIC_RELAXED) const {
    return __hip_atomic_compare_exchange_strong(at, &seen, v, ok, failed, Scope);
  }
  __host__ __device__ bool compare_exchange_weak(T& seen, T v, int ok = __ATOMIC_SEQ_CST,
                                                 int failed = __ATOMIC_RELAXED) const {
    return __hip_atomic_compare_exchange_weak(at, &seen, v, ok, failed, Scope);
  }
  __host__ __device__ T fetch_add(T v, int order = __ATOMIC_SEQ_CST) const {
    return __hip_atomic_fetch_add(at, v, order, Scope);
  }
  __host__ __device__ T fetch_sub(T v, int order = __ATOMIC_SEQ_CST) const {
    return __hip_atomic_fetch_add(at, -v, order, Scope);
  }
  __host__ __device__ T fetch_and(T v, int order = __ATOMIC_SEQ_CST) const {
    return __hip_atomic_fetch_and(at, v, order, Scope);
  }
  __host__ __device__ T fetch_or(T v, int order = __ATOMIC_SEQ_CST) const {
    return __hip_atomic_fetch_or(at, v, order, Scope);
  }
  __host__ __device__ T fetch_xor(T v, int order = __ATOMIC_SEQ_CST) const {
    return __hip_atomic_fetch_xor(at, v, order, Scope);
  }
  __host__ __device__ T fetch_min(T v, int order = __ATOMIC_SEQ_CST) const {
    return __hip_atomic_fetch_min(at, v, order, Scope);
  }
  __host__ __device__ T fetch_max(T v, int order = __ATOMIC_SEQ_CST) const {
    return __hip_atomic_fetch_max(at, v, order, Scope);
  }
  __host__ __device__ T operator++() const { return fetch_add(T(1)) + T(1); }
  __host__ __device__ T operator++(int) const { return fetch_add(T(1)); }
  __host__ __device__ T operator--() const { return fetch_sub(T(1)) - T(1); }
  __host__ __device__ T operator--(int) const { return fetch_sub(T(1)); }
  __host__ __device__ T operator+=(T v) const { return fetch_add(v) + v; }
  __host__ __device__ T operator-=(T v) const { return fetch_sub(v) - v; }
};
template <typename T, int Scope = __HIP_MEMORY_SCOPE_SYSTEM>
struct HipwrightAtomic {
  mutable T value;
  HipwrightAtomic() = default;
  __host__ __device__ constexpr HipwrightAtomic(T initial) : value(initial) {}
  __host__ __device__ HipwrightAtomicRef<T, Scope> ref() const { return HipwrightAtomicRef<T, Scope>(value); }
  __host__ __device__ T load(int order = __ATOMIC_SEQ_CST) const { return ref().load(order); }
  __host__ __device__ void store(T v, int order = __ATOMIC_SEQ_CST) { ref().store(v, order); }
  __host__ __device__ operator T() const { return load(); }
  __host__ __device__ T operator=(T v) { store(v); return v; }
  __host__ __device__ T exchange(T v, int order = __ATOMIC_SEQ_CST) { return ref().exchange(v, order); }
  __host__ __device__ bool compare_exchange_strong(T& seen, T v, int ok = __ATOMIC_SEQ_CST,
                                                   int failed = __ATOMIC_RELAXED) {
    return ref().compare_exchange_strong(seen, v, ok, failed);
  }
  __host__ __device__ bool compare_exchange_weak(T& seen, T v, int ok = __ATOMIC_SEQ_CST,
                                                 int failed = __ATOMIC_RELAXED) {
    return ref().compare_exchange_weak(seen, v, ok, failed);
  }
  __host__ __device__ T fetch_add(T v, int order = __ATOMIC_SEQ_CST) { return ref().fetch_add(v, order); }
  __host__ __device__ T fetch_sub(T v, int order = __ATOMIC_SEQ_CST) { return ref().fetch_sub(v, order); }
  __host__ __device__ T fetch_and(T v, int order = __ATOMIC_SEQ_CST) { return ref().fetch_and(v, order); }
  __host__ __device__ T fetch_or(T v, int order = __ATOMIC_SEQ_CST) { return ref().fetch_or(v, order); }
  __host__ __device__ T fetch_xor(T v, int order = __ATOMIC_SEQ_CST) { return ref().fetch_xor(v, order); }
  __host__ __device__ T fetch_min(T v, int order = __ATOMIC_SEQ_CST) { return ref().fetch_min(v, order); }
  __host__ __device__ T fetch_max(T v, int order = __ATOMIC_SEQ_CST) { return ref().fetch_max(v, order); }
  __host__ __device__ T operator++() { return ++ref(); }
  __host__ __device__ T operator++(int) { return ref()++; }
  __host__ __device__ T operator--() { return --ref(); }
  __host__ __device__ T operator--(int) { return ref()--; }
  __host__ __device__ T operator+=(T v) { return ref() += v; }
  __host__ __device__ T operator-=(T v) { return ref() -= v; }
};
""",
)

_ATOMICS = {
    "atomic": "HipwrightAtomic", "atomic_ref": "HipwrightAtomicRef",
    "thread_scope_system": "__HIP_MEMORY_SCOPE_SYSTEM", "thread_scope_device": "__HIP_MEMORY_SCOPE_AGENT",
    "thread_scope_block": "__HIP_MEMORY_SCOPE_WORKGROUP", "thread_scope_thread": "__HIP_MEMORY_SCOPE_SINGLETHREAD",
    "memory_order_relaxed": "__ATOMIC_RELAXED", "memory_order_acquire": "__ATOMIC_ACQUIRE",
    "memory_order_consume": "__ATOMIC_ACQUIRE", "memory_order_release": "__ATOMIC_RELEASE",
    "memory_order_acq_rel": "__ATOMIC_ACQ_REL", "memory_order_seq_cst": "__ATOMIC_SEQ_CST",
}  # fmt: skip
_COUNT = """\
__device__ void f(int& n) {
  cuda::atomic_ref<int, cuda::thread_scope_device> count(n);
  count.fetch_add(1, cuda::std::memory_order_relaxed);
}
"""


@rule(
    "libcudacxx-atomic",
    "Scoped atomics on clang's own",
    hazards=("L20",),
    names=("cuda",),
    order=40,
    rewrites={
        _COUNT: _COUNT.replace("cuda::atomic_ref", "HipwrightAtomicRef")
        .replace("cuda::thread_scope_device", "__HIP_MEMORY_SCOPE_AGENT")
        .replace("cuda::std::memory_order_relaxed", "__ATOMIC_RELAXED"),
    },
    keeps=("#include <atomic>\nstd::atomic<int> n;\nint f() { return n.load(std::memory_order_relaxed); }",),
    notes=(_COUNT,),
)
def cuda_atomic(site: Site) -> Iterator[Finding]:
    """`cuda::atomic` and `cuda::atomic_ref` carry a scope; `std::atomic` does not and has no device code. clang's
    `__hip_atomic_*` builtins take order and scope, so a small class with libcu++'s members is written into the file.
    Waiting (`wait`, `notify_*`) is not among them.
    """
    found = reference(site)
    if found is None or found.name not in _ATOMICS:
        return
    helpers = (_ATOMIC,) if found.name.startswith("atomic") else ()
    yield site.edit(found.start, found.node.end_byte, _ATOMICS[found.name], helpers=helpers)
    if helpers:
        yield site.note(
            Level.TEST, f"{found.scope}{found.name} became {_ATOMICS[found.name]} on clang's scoped atomics"
        )


_WAYS = {
    "barrier": "block scope: __syncthreads() where all threads arrive; with transactions or at cluster scope there "
    "is no way",
    "pipeline": "plain loads into LDS and __syncthreads(): AMD has no asynchronous copy by this interface",
    "pipeline_shared_state": "drop it with the pipeline",
    "make_pipeline": "drop the pipeline: plain loads into LDS and __syncthreads()",
    "memcpy_async": "a loop over the group that copies, then __syncthreads()",
    "latch": "an atomic counter in LDS and __syncthreads()",
    "counting_semaphore": "a loop on an atomic; mind that wavefronts of AMD run in lockstep",
    "binary_semaphore": "a loop on an atomic; mind that wavefronts of AMD run in lockstep",
    "annotated_ptr": "a plain pointer: AMD has no access properties",
    "access_property": "drop it: AMD has no access properties",
    "associate_access_property": "a plain pointer: AMD has no access properties",
    "ptx": "each instruction by its HIP counterpart: there is no PTX",
    "aligned_size_t": "the plain number",
    "stream_ref": "hipStream_t",
    "arch_id": "the macros __gfx942__ and the like, or gcnArchName",
}


@rule(
    "libcudacxx-by-hand",
    "What libcu++ has for NVIDIA's hardware alone",
    hazards=("L20",),
    names=("cuda",),
    notes=("__device__ void f() { __shared__ cuda::barrier<cuda::thread_scope_block> b; }",),
    keeps=("struct A { int barrier; };\nint pipeline;\nint f(A a) { return a.barrier + pipeline; }",),
)  # fmt: skip
def libcudacxx_by_hand(site: Site) -> Iterator[Finding]:
    """Barriers with transactions, pipelines, asynchronous copies, access properties and PTX wrappers stand for hardware
    that AMD's targets do not have in that form. libhipcxx, AMD's port of libcu++, lacks them as well.
    """
    found = reference(site)
    if found is not None and found.name in _WAYS:
        yield site.note(Level.TODO, f"{found.scope}{found.name} has no counterpart on AMD", _WAYS[found.name])
