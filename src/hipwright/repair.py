"""What the compiler's own words can fix without a model: diagnostics of known kinds become edits.

Each repair is one function: from a diagnostic and the ported source it stands in to edits, or nothing. `port` applies
them and compiles again until nothing changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hipwright.finding import Diagnostic, Edit, Helper
from hipwright.prelude import first_include, prelude_edits
from hipwright.rule import descend
from hipwright.rules.warp.shuffle import CLASSES
from hipwright.source import Source, ancestors, non_overlapping


@dataclass(frozen=True)
class Trouble:
    """A diagnostic at its place in the ported text, with what its pattern matched."""

    diagnostic: Diagnostic
    source: Source
    match: re.Match[str]

    @property
    def offset(self) -> int:
        """The byte that the diagnostic points at."""
        return self.source.offset(self.diagnostic.place.line, self.diagnostic.place.column)


@dataclass(frozen=True)
class Include:
    """A header that the file lacks: `hip/hip_fp16.h`."""

    header: str


DEVICE_PASS = "device"  # the arch of a diagnostic that the host's pass does not have
RUNTIME_LATE = r"arguments provided to function-like macro invocation \(in "  # wants an edit of the unit itself
WRONG_SIDE = "host code calls this function, which is for the device"

Repair = Callable[[Trouble], Iterator[Edit | Include]]
_REPAIRS: list[tuple[re.Pattern[str], Repair]] = []


def repair(pattern: str) -> Callable[[Repair], Repair]:
    """Register a function for diagnostics whose message matches `pattern`."""

    def register(function: Repair) -> Repair:
        _REPAIRS.append((re.compile(pattern), function))
        return function

    return register


def repairs_for(source: Source, diagnostics: Iterable[Diagnostic]) -> list[Edit]:
    """The edits that the diagnostics of one source call for, without overlaps, in order of the text."""
    includes: set[str] = set()
    edits: set[Edit] = set()
    for diagnostic in diagnostics:
        for pattern, function in _REPAIRS:
            match = pattern.search(diagnostic.message)
            if match:
                for wanted in function(Trouble(diagnostic, source, match)):
                    if isinstance(wanted, Include):
                        includes.add(wanted.header)
                    else:
                        edits.add(wanted)
    includes.update(name for edit in edits for name in edit.includes)
    helpers = {helper.name: helper for edit in edits for helper in edit.helpers}
    edits.update(prelude_edits(source, includes, helpers.values()))
    chosen, _ = non_overlapping([(edit,) for edit in edits], {})
    return sorted(chosen, key=lambda edit: (edit.start, edit.end))


# Names of the C and C++ libraries that nvcc's own headers bring along and HIP's do not.
_STANDARD = {
    "cassert": "assert",
    "cfloat": "FLT_MAX FLT_MIN FLT_EPSILON DBL_MAX DBL_MIN DBL_EPSILON LDBL_MAX FLT_DIG DBL_DIG",
    "climits": "INT_MAX INT_MIN UINT_MAX LONG_MAX LONG_MIN ULONG_MAX LLONG_MAX LLONG_MIN ULLONG_MAX CHAR_BIT CHAR_MAX "
    "SHRT_MAX SHRT_MIN USHRT_MAX UCHAR_MAX SCHAR_MAX SCHAR_MIN CHAR_MIN PATH_MAX",
    "cmath": "sqrt sqrtf pow powf exp expf log logf sin cos tan sinf cosf fabs fabsf floor floorf ceil ceilf fmod fmax "
    "fmin round roundf isnan isinf isfinite M_PI INFINITY NAN HUGE_VAL HUGE_VALF hypot cbrt lround rint trunc",
    "cstddef": "size_t ptrdiff_t nullptr_t offsetof max_align_t",
    "cstdint": "int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t uintptr_t intptr_t UINT32_MAX "
    "INT32_MAX UINT64_MAX INT64_MAX INT32_MIN INT64_MIN UINT8_MAX UINT16_MAX INT8_MAX INT8_MIN INT16_MAX INT16_MIN",
    "cstdio": "printf fprintf sprintf snprintf puts putchar scanf sscanf fscanf fopen fclose fread fwrite fgets fputs "
    "fflush stdout stderr stdin FILE EOF perror fseek ftell rewind getline vprintf vsnprintf",
    "cstdlib": "malloc calloc realloc free exit abort atoi atof atol atoll strtol strtod strtof strtoul rand srand "
    "RAND_MAX EXIT_SUCCESS EXIT_FAILURE qsort getenv abs labs llabs system rand_r drand48 srand48 posix_memalign "
    "aligned_alloc",
    "cstring": "memcpy memset memmove memcmp strlen strcmp strncmp strcpy strncpy strcat strncat strchr strrchr strstr "
    "strdup strtok strerror",
    "ctime": "time clock clock_t CLOCKS_PER_SEC time_t clock_gettime CLOCK_MONOTONIC difftime localtime strftime",
    "sys/time.h": "gettimeofday timeval",
    "unistd.h": "usleep sleep getpid access read write close getopt isatty sysconf",
    "algorithm": "min max sort stable_sort fill fill_n copy copy_n swap reverse find find_if transform for_each "
    "max_element min_element generate unique lower_bound upper_bound shuffle clamp count count_if nth_element equal "
    "all_of any_of none_of random_shuffle is_sorted remove_if partial_sort",
    "numeric": "accumulate iota inner_product partial_sum gcd lcm",
    "limits": "numeric_limits",
    "vector": "vector",
    "string": "string to_string stoi stof stod stol stoul stoull getline",
    "iostream": "cout cerr endl cin clog",
    "fstream": "ifstream ofstream fstream",
    "sstream": "stringstream ostringstream istringstream",
    "iomanip": "setprecision setw setfill",
    "map": "map multimap",
    "unordered_map": "unordered_map",
    "set": "set multiset",
    "unordered_set": "unordered_set",
    "memory": "unique_ptr shared_ptr make_unique make_shared weak_ptr",
    "functional": "function bind plus multiplies greater less hash minus",
    "chrono": "chrono",
    "random": "mt19937 uniform_real_distribution uniform_int_distribution normal_distribution random_device mt19937_64 "
    "default_random_engine",
    "utility": "pair make_pair move forward",
    "tuple": "tuple make_tuple tie",
    "array": "array",
    "list": "list",
    "queue": "queue priority_queue",
    "stack": "stack",
    "deque": "deque",
    "complex": "complex",
    "type_traits": "is_same enable_if conditional is_integral is_floating_point remove_reference decay true_type",
    "stdexcept": "runtime_error logic_error invalid_argument out_of_range",
    "atomic": "atomic",
    "thread": "thread this_thread",
    "mutex": "mutex lock_guard unique_lock",
    "bitset": "bitset",
    "initializer_list": "initializer_list",
}
_HEADER_OF = {name: header for header, names in reversed(_STANDARD.items()) for name in names.split()}

# Names of AMD's libraries, by how they begin; the longest beginning wins.
_LIBRARY_OF = {
    "hipblasLt": "hipblaslt/hipblaslt.h",
    "HIPBLASLT_": "hipblaslt/hipblaslt.h",
    "hipblas": "hipblas/hipblas.h",
    "HIPBLAS_": "hipblas/hipblas.h",
    "hipfft": "hipfft/hipfft.h",
    "HIPFFT_": "hipfft/hipfft.h",
    "hiprand_": "hiprand/hiprand_kernel.h",
    "hiprandState": "hiprand/hiprand_kernel.h",
    "hiprand": "hiprand/hiprand.h",
    "HIPRAND_": "hiprand/hiprand.h",
    "hipsparse": "hipsparse/hipsparse.h",
    "HIPSPARSE_": "hipsparse/hipsparse.h",
    "hipsolver": "hipsolver/hipsolver.h",
    "HIPSOLVER_": "hipsolver/hipsolver.h",
    "hipcub": "hipcub/hipcub.hpp",
    "miopen": "miopen/miopen.h",
    "nccl": "rccl/rccl.h",
    "hiprtc": "hip/hiprtc.h",
    "hipComplex": "hip/hip_complex.h",
    "hipFloatComplex": "hip/hip_complex.h",
    "hipDoubleComplex": "hip/hip_complex.h",
    "hipC": "hip/hip_complex.h",
    "__hip_bfloat16": "hip/hip_bf16.h",
    "__hip_fp8": "hip/hip_fp8.h",
    "__half": "hip/hip_fp16.h",
    "half2": "hip/hip_fp16.h",
    "hip": "hip/hip_runtime.h",
    "HIP_": "hip/hip_runtime.h",
    "__global__": "hip/hip_runtime.h",
    "__device__": "hip/hip_runtime.h",
    "__host__": "hip/hip_runtime.h",
    "__shared__": "hip/hip_runtime.h",
    "__constant__": "hip/hip_runtime.h",
    "__forceinline__": "hip/hip_runtime.h",
    "threadIdx": "hip/hip_runtime.h",
    "blockIdx": "hip/hip_runtime.h",
    "dim3": "hip/hip_runtime.h",
    "float2": "hip/hip_runtime.h",
    "float3": "hip/hip_runtime.h",
    "float4": "hip/hip_runtime.h",
    "int2": "hip/hip_runtime.h",
    "uint4": "hip/hip_runtime.h",
}


@repair(
    r"use of undeclared (?:library function |identifier )'(\w+)'|call to undeclared (?:library )?function '(\w+)'"
    r"|no (?:member|template|type) named '(\w+)' in namespace 'std'|unknown type name '(\w+)'"
    r"|implicit instantiation of undefined template 'std::(\w+)<|no template named '(\w+)'"
    r"|variable has incomplete type 'std::(\w+)'|undeclared identifier 'std::(\w+)'"
)
def missing_include(trouble: Trouble) -> Iterator[Include]:
    """nvcc includes its runtime header, and with it parts of the C library, in front of every `.cu` file."""
    name = next(group for group in trouble.match.groups() if group)
    header = _HEADER_OF.get(name)
    if header is None:
        beginnings = [prefix for prefix in _LIBRARY_OF if name.startswith(prefix)]
        header = _LIBRARY_OF[max(beginnings, key=len)] if beginnings else None
    if header is not None:
        yield Include(header)


@repair(r"no matching function for call to '(?:(mem(?:cpy|set|move|cmp))|is(?:finite|nan|inf))'")
def host_overload(trouble: Trouble) -> Iterator[Include]:
    """HIP's headers declare these for the device alone; nvcc brings the C library's for the host too."""
    yield Include("cstring" if trouble.match[1] else "math.h")


@repair(r"use of overloaded operator '=' is ambiguous \(with operand types '([^']+)'(?: \(aka '[^']+'\))? and 'void'\)")
def braced_assignment(trouble: Trouble) -> Iterator[Edit]:
    """`h = {}` finds one assignment in CUDA's half and vector types, and several in HIP's: the type says which."""
    data, at = trouble.source.data, trouble.offset
    brace = re.compile(rb"=\s*(?=\{)").match(data, at)
    if brace:
        yield Edit(brace.end(), brace.end(), trouble.match[1].encode(), "braced-assignment")


_HALVES = ("hip/hip_bf16.h", "hip/hip_fp16.h", "type_traits")
_BFLOAT_CAST = Helper(
    "HIPWRIGHT_BFLOAT_CAST",
    """
// CUDA converts bfloat16 to half by way of float; HIP's bfloat16 converts to so many types that it cannot choose.
template <typename To, typename From> __host__ __device__ inline To bfloat_cast(const From& value) {
  if constexpr (std::is_same_v<From, __hip_bfloat16> && std::is_same_v<To, __half>) {
    return static_cast<To>(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}
""",
)


@repair(r"conversion from '[^']*bfloat16[^']*'(?: \(aka '[^']*'\))? to '[^']*'(?: \(aka '[^']*'\))? is ambiguous")
def bfloat_cast(trouble: Trouble) -> Iterator[Edit]:
    """A cast between bfloat16 and half in code for any type has one meaning in CUDA and none in HIP."""
    data, at = trouble.source.data, trouble.offset
    cast = re.search(rb"\bstatic_cast(?=\s*<[\w:\s]+>\s*\(\s*$)", data[max(0, at - 200) : at])
    if cast:
        start = max(0, at - 200) + cast.start()
        yield Edit(
            start, start + len(b"static_cast"), b"bfloat_cast", "bfloat-cast", includes=_HALVES, helpers=(_BFLOAT_CAST,)
        )


_BYTE_OFFSET = Helper(
    "HIPWRIGHT_BYTE_OFFSET",
    """
// CUDA's device pointers of the driver are integers, HIP's are `void*`: the sum of one and a number of bytes.
template <typename A, typename B> inline void* byte_offset(A a, B b) {
  if constexpr (std::is_pointer_v<A>) {
    return static_cast<char*>(a) + b;
  } else {
    return static_cast<char*>(b) + a;
  }
}
""",
    when="HIP_INCLUDE_HIP_HIP_RUNTIME_API_H",
)


@repair(r"arithmetic on a pointer to void")
def device_pointer_sum(trouble: Trouble) -> Iterator[Edit]:
    """CUdeviceptr counts bytes; hipDeviceptr_t is a pointer to nothing, which cannot be added to."""
    source = trouble.source
    node = source.node_at(trouble.offset, trouble.offset + 1)
    owner = node.parent if node is not None else None
    if owner is None or owner.type not in ("binary_expression", "assignment_expression"):
        return
    left, right, operator = (owner.child_by_field_name(name) for name in ("left", "right", "operator"))
    if left is None or right is None or operator is None or operator.start_byte != trouble.offset:
        return
    a, b = (source.text(side.start_byte, side.end_byte) for side in (left, right))
    match operator.type:
        case "+":
            text = f"byte_offset({a}, {b})"
        case "-":
            text = f"byte_offset({a}, -static_cast<std::ptrdiff_t>({b}))"
        case "+=" if left.type in ("identifier", "field_expression") and "(" not in a:
            text = f"{a} = byte_offset({a}, {b})"
        case _:
            return
    includes = ("cstddef", "type_traits")
    yield Edit(
        owner.start_byte,
        owner.end_byte,
        text.encode(),
        "device-pointer-sum",
        includes=includes,
        helpers=(_BYTE_OFFSET,),
    )


@repair(r"call to '(__shfl(?:_up|_down|_xor)?)' is ambiguous")
def class_shuffle(trouble: Trouble) -> Iterator[Edit]:
    """A number class such as PyTorch's half converts to several types: it gets a shuffle of its own."""
    at = trouble.offset
    yield Edit(at, at, b"", "class-shuffle", includes=("type_traits",), helpers=(CLASSES,))


@repair(r"use of undeclared identifier '(\w+)'")
def dependent_base(trouble: Trouble) -> Iterator[Edit]:
    """nvcc finds a member of a base class that depends on a template parameter; clang, as the standard says, only with
    `this->`.
    """
    name = trouble.match[1]
    source, start = trouble.source, trouble.offset
    node = source.node_at(start, start + len(name))
    if node is None or node.type not in ("identifier", "field_identifier"):
        return
    for owner in ancestors(node):
        if owner.type not in ("struct_specifier", "class_specifier"):
            continue
        bases = [child for child in owner.children if child.type == "base_class_clause"]
        for base in re.findall(r"(\w+)\s*<", "".join(source.text(b.start_byte, b.end_byte) for b in bases)):
            declared = re.search(
                rb"\b(?:struct|class)\s+" + base.encode() + rb"\b[^;{]*\{.*?\b" + name.encode() + rb"\s*[(\[;=,]",
                source.data, re.S,
            )  # fmt: skip
            if declared:
                yield Edit(start, start, b"this->", "dependent-base")
                return


@repair(r"reference to __host__ function '(\w+)' in __host__ __device__ function")
def host_helper(trouble: Trouble) -> Iterator[Edit]:
    """nvcc only warns where a function for both sides calls one for the host: the helper is made for both sides."""
    data = trouble.source.data
    for match in re.finditer(rb"\b" + trouble.match[1].encode() + rb"\s*\([^;{}]*\)[^;{}()]*[{;]", data):
        marks = (b";", b"{", b"}", b"\n\n", b"*/")
        begin = max(at + len(mark) for mark in marks if (at := data.rfind(mark, 0, match.start())) >= 0 or mark == b";")
        head = data[begin : match.start()]
        comment = re.match(rb"(?:\s|//[^\n]*\n|#(?:\\\n|[^\n])*\n)*(?:template\s*<[^{};]*?>\s*)?", head)
        at = begin + (comment.end() if comment else 0)
        words = data[at : match.start()]
        declares = re.fullmatch(rb"[\w:<>,*&\s]*\w[\w:<>,*&\s]*", words)
        if declares and b"__device__" not in words and not _STATEMENT.match(words):
            yield Edit(at, at, b"__host__ __device__ ", "host-helper")


_STATEMENT = re.compile(rb"(?:return|else|using|typedef|case|delete|throw|goto|new|co_\w+)\b")


@repair(r"reference to __host__ function '(?:std::)?__throw_out_of_range\w*' in __host__ __device__ function")
def unchecked_at(trouble: Trouble) -> Iterator[Edit]:
    """`std::array::at` asks whether the index is in range, and throws: on a device nothing can be thrown."""
    source = trouble.source
    node = source.node_at(trouble.offset, trouble.offset + 1)
    function = next((each for each in ancestors(node) if each.type == "function_definition"), None) if node else None
    # The compiler names one call of a function's; all of them are in code for the device.
    for call in descend(function, frozenset({"call_expression"})) if function else ():
        callee, arguments = (call.child_by_field_name(name) for name in ("function", "arguments"))
        member = callee.child_by_field_name("field") if callee and callee.type == "field_expression" else None
        if member is None or arguments is None or member.text != b"at" or len(arguments.named_children) != 1:
            continue
        dot = source.data.rfind(b".", call.start_byte, member.start_byte)
        if dot >= 0 and not source.data[dot + 1 : member.start_byte].strip():
            yield Edit(dot, arguments.start_byte + 1, b"[", "unchecked-at")
            yield Edit(arguments.end_byte - 1, arguments.end_byte, b"]", "unchecked-at")


_RUNTIME_LINE = re.compile(rb"[ \t]*#[ \t]*include[ \t]*<hip/hip_runtime\.h>[^\n]*\n")


@repair(RUNTIME_LATE)
def runtime_first(trouble: Trouble) -> Iterator[Edit]:
    """HIP's runtime header brings the standard library's, in which a `min` or `max` that the project defines before it
    is read as a macro; CUDA's brings none of them.
    """
    source = trouble.source
    line = _RUNTIME_LINE.match(source.data, source.offset(trouble.diagnostic.place.line, 1))
    first = first_include(source)
    if first is None or _RUNTIME_LINE.match(source.data, first):
        return
    if line is not None:
        yield Edit(line.start(), line.end(), b"", "runtime-first")
    newline = b"\r\n" if b"\r\n" in source.data[:4096] else b"\n"
    yield Edit(first, first, b"#include <hip/hip_runtime.h>" + newline, "runtime-first")


@repair(f"^{WRONG_SIDE}$")
def checked_in_the_device_pass(trouble: Trouble) -> Iterator[Edit]:
    """Where the macros of the device's pass make host code call a function for the device, nvcc is content, since that
    pass makes no host code; clang wants a function that host code may call. It is one there, and still never made.
    """
    data, name = trouble.source.data, trouble.offset
    ends = [found + len(mark) for mark in (b";", b"}", b"{", b"*/") if (found := data.rfind(mark, 0, name)) >= 0]
    begin = max(ends, default=0)
    at = data.rfind(b"__device__", begin, name)
    if at >= 0 and b"__host__" not in data[begin:name]:
        yield Edit(at, at, b"__host__ ", "host-in-device-pass")


@repair(r"no matching function for call to '(__\w+)'")
def intrinsic_in_the_device_pass(trouble: Trouble) -> Iterator[Edit]:
    """The same for a function of HIP's: a declaration for host code suffices, in the pass that makes none."""
    node = trouble.source.node_at(trouble.offset, trouble.offset + 1)
    function = next((each for each in ancestors(node) if each.type == "function_definition"), None) if node else None
    body = function.child_by_field_name("body") if function else None
    if trouble.diagnostic.arch != DEVICE_PASS or function is None or body is None:
        return
    if re.search(rb"__(?:device|global)__", trouble.source.data[function.start_byte : body.start_byte]):
        return
    name = trouble.match[1]
    helper = Helper(
        f"HIPWRIGHT_HOST_{name.strip('_').upper()}",
        f"""\
// The device's pass reads host code as well, and its macros call this function there; no host code is made in it.
#if defined(__HIP_DEVICE_COMPILE__)
template <class A, class... B> __host__ A {name}(A, B...);
#endif
""",
    )
    yield Edit(trouble.offset, trouble.offset, b"", "host-in-device-pass", helpers=(helper,))


@repair(r"reference to __device__ function '\w+' in __host__ __device__ function")
def device_only(trouble: Trouble) -> Iterator[Edit]:
    """nvcc only warns where a function for both sides calls one for the device: its host side can't run, and goes."""
    source = trouble.source
    node = source.tree.root_node.descendant_for_byte_range(trouble.offset, trouble.offset + 1)
    function = next((each for each in ancestors(node) if each.type == "function_definition"), None) if node else None
    body = function.child_by_field_name("body") if function else None
    if function is None or body is None:
        return
    mark = re.compile(rb"\b__host__\s*").search(source.data, function.start_byte, body.start_byte)
    if mark and b"__device__" in source.data[function.start_byte : body.start_byte]:
        yield Edit(mark.start(), mark.end(), b"", "device-only")
