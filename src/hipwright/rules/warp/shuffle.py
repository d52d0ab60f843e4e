"""Shuffles of the 32-lane logical warp."""

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Helper, Level
from hipwright.rule import Site, rule
from hipwright.rules.warp.lanes import (
    cannot_define,
    cuda_call,
    for_platform,
    in_raw_string,
    native_hip,
    type_of,
    wide_mask,
)

_PLAIN = {
    "__shfl_sync": "__shfl",
    "__shfl_up_sync": "__shfl_up",
    "__shfl_down_sync": "__shfl_down",
    "__shfl_xor_sync": "__shfl_xor",
}

_AGGREGATE = re.compile(
    r"(?:u?(?:char|short|int|long|longlong)|float|double)[1234]|(?:__)?(?:nv|hip)_bfloat162|(?:thrust|cuda::std|std)::.*"
)

CLASSES = Helper(
    "HIPWRIGHT_SHUFFLE_CLASSES",
    """
// HIP shuffles numbers and 16-bit floats; any other value travels in 32-bit words.
template <typename T, typename Shuffle>
__device__ inline T shuffle_words(T value, Shuffle shuffle) {
  int words[(sizeof(T) + 3) / 4] = {};
  __builtin_memcpy(words, &value, sizeof(T));
  for (int& word : words) word = shuffle(word);
  __builtin_memcpy(&value, words, sizeof(T));
  return value;
}
template <typename T>
__device__ inline std::enable_if_t<std::is_class<T>::value, T>
__shfl(T value, int lane, int width = warpSize) {
  return shuffle_words(value, [=](int word) { return __shfl(word, lane, width); });
}
template <typename T>
__device__ inline std::enable_if_t<std::is_class<T>::value, T>
__shfl_up(T value, unsigned delta, int width = warpSize) {
  return shuffle_words(value, [=](int word) { return __shfl_up(word, delta, width); });
}
template <typename T>
__device__ inline std::enable_if_t<std::is_class<T>::value, T>
__shfl_down(T value, unsigned delta, int width = warpSize) {
  return shuffle_words(value, [=](int word) { return __shfl_down(word, delta, width); });
}
template <typename T>
__device__ inline std::enable_if_t<std::is_class<T>::value, T>
__shfl_xor(T value, int mask, int width = warpSize) {
  return shuffle_words(value, [=](int word) { return __shfl_xor(word, mask, width); });
}
""",
)


@rule(
    "shuffle-width",
    "Shuffles stay inside their 32-lane logical warp",
    hazards=("W01", "W02", "W03", "W04", "W27"),
    names=(*_PLAIN, *_PLAIN.values()),
    order=20,
    rewrites={
        "__device__ float f(float v) { return __shfl_down_sync(0xffffffff, v, 16); }":
        "__device__ float f(float v) { return __shfl_down(v, 16, 32); }",
        "__device__ int f(int v, int lane) { return __shfl_sync(0xffffffffu, v, lane, 8); }":
        "__device__ int f(int v, int lane) { return __shfl(v, lane, 8); }",
        "__device__ int f(int v, int w) { return __shfl_up_sync(__activemask(), v, 1, w); }":
        "__device__ int f(int v, int w) { return __shfl_up(v, 1, w); }",
        "__device__ double f(double v) { return v + __shfl_xor(v, 1); }":
        "__device__ double f(double v) { return v + __shfl_xor(v, 1, 32); }",
        "#define SHFL(v, l) __shfl_sync(0xffffffff, v, l)\n__device__ int f(int v) { return SHFL(v, 0); }":
        "#define SHFL(v, l) __shfl(v, l, 32)\n__device__ int f(int v) { return SHFL(v, 0); }",
        "__device__ float2 f(float2 v) { return __shfl_sync(~0u, v, 0); }":
        "__device__ float2 f(float2 v) { return __shfl(v, 0, 32); }",
    },
    keeps=(
        "__device__ int f(int v) { return __shfl_xor(v, 1, 32); }",
        "#include <hip/hip_runtime.h>\n__device__ int f(int v) { return __shfl_xor(v, 32); }",
        "#ifdef __HIP_PLATFORM_AMD__\n__device__ int f(int v) { return __shfl_xor(v, 32); }\n#endif\n",
        "#if defined(USE_ROCM)\n#define SHFL(v, l) __shfl(v, l)\n#endif\n",
        "struct W { int __shfl(int v, int lane); };\nint f(W w) { return w.__shfl(1, 2) + my::__shfl(1, 2); }",
        "#define __shfl_down_sync(mask, v, delta) __shfl_down(v, delta, 32)\n",
        "__device__ float2 __shfl_sync(unsigned mask, float2 v, int lane);",
    ),
)  # fmt: skip
def shuffle_width(site: Site) -> Iterator[Finding]:
    """CUDA's warp has 32 lanes; the wavefront of CDNA has 64 and HIP's default shuffle width is the wavefront.

    The mask-free shuffle with an explicit width of 32 keeps the CUDA meaning on wave64 and on wave32 alike, and needs
    no 64-bit mask that equals the active lanes, which HIP 7 would demand of the `_sync` form. The lanes that a CUDA
    mask may name are those that arrive here together, and a lane reads only inside its own 32, so dropping the mask
    loses nothing. Vectors and structs, which HIP's shuffles do not take, get overloads that move them word by word.
    """
    call = cuda_call(site)
    if call is None:
        return
    synced = site.text in _PLAIN
    if len(call.args) not in ((3, 4) if synced else (2,)):
        return
    if wide_mask(site.facts, call.args[0].text) if synced else native_hip(site.source):
        return
    value = call.args[1 if synced else 0]
    classes = is_class(site, value.text)
    if classes and in_raw_string(site):
        yield cannot_define(site, "HIP shuffles numbers only")
        classes = False
    if synced:
        name = "::" * (call.start < site.node.start_byte) + _PLAIN[site.text]
        yield site.edit(call.start, value.start, f"{name}(", ("type_traits",) * classes, (CLASSES,) * classes)
    if len(call.args) == 2 + synced:
        # The parenthesis is replaced and not preceded: an argument may end in a call that another rule extends.
        yield site.edit(call.close, call.close + 1, ", 32)")


def is_class(site: Site, value: str) -> bool:
    """Whether the value may be of a type that HIP's shuffles lack: a vector, a pair, bfloat162 by way of a template."""
    kind = type_of(site, value)
    if _AGGREGATE.fullmatch(kind) or (kind.isidentifier() and site.facts.defines(kind)):
        return True
    template = site.within("template_declaration")
    parameters = None if template is None else template.child_by_field_name("parameters")
    if not kind.isidentifier() or parameters is None or b"bfloat162" not in site.source.data:
        return False
    text = site.source.text(parameters.start_byte, parameters.end_byte)
    return re.search(rf"\b(?:typename|class)\s+{kind}\b", text) is not None


@rule(
    "warp-function-by-name",
    "Warp functions passed on by name",
    hazards=("W01", "W02"),
    names=(
        *_PLAIN, "__ballot_sync", "__any_sync", "__all_sync", "__match_any_sync", "__match_all_sync",
        "__reduce_add_sync", "__reduce_min_sync", "__reduce_max_sync",
    ),
    notes=(
        "#define SHUFFLE __shfl_down_sync\n__device__ int f(int v) { return SHUFFLE(0xffffffff, v, 1); }",
        "#define FOLD(shuffle, v) v += shuffle(0xffffffff, v, 16)\n"
        "__device__ void f(int& v) { FOLD(__shfl_down_sync, v); }",
    ),
    keeps=(
        "__device__ int f(int v) { return __shfl_down_sync(0xffffffff, v, 1); }",
        "__device__ float2 __shfl_down_sync(unsigned mask, float2 v, unsigned delta);",
        "#ifndef USE_ROCM\n#define SHUFFLE __shfl_down_sync\n#endif\n",
        "#ifdef __shfl_down_sync\n#undef __shfl_down_sync\n#endif\n",
    ),
)  # fmt: skip
def warp_function_by_name(site: Site) -> Iterator[Finding]:
    """A warp function that a macro takes or stands for is called where its arguments are not seen.

    HIP's own of the same name wants a mask of 64 bits and works over the wavefront: such a call does not compile, or
    does too much. It is reported, not rewritten.
    """
    node = site.node
    parent = node.parent
    if node.type != "identifier" or for_platform(node, site.source) is not None or site.call is not None:
        return
    if parent is None or parent.type in (
        "argument_list",
        "translation_unit",
        "init_declarator",
        "expression_statement",
    ):
        yield site.note(
            Level.TODO,
            f"`{site.text}` is passed on by name: HIP's wants a 64-bit mask and works over the whole wavefront",
            "name a function of your own that calls the port's form of it, with a width of 32",
        )
