"""NVTX: names for ranges of time that a profiler shows."""

from __future__ import annotations

from collections.abc import Iterator

from hipwright.finding import Finding, Helper, Level
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import used

_ROCTX = Helper(
    "HIPWRIGHT_ROCTX",
    """\
// Ranges for AMD's profiler: build with USE_ROCTX and link rocprofiler-sdk-roctx to see them. Else they do nothing.
#ifdef USE_ROCTX
#include <rocprofiler-sdk-roctx/roctx.h>
#else
static inline void roctxMarkA(const char*) {}
static inline int roctxRangePushA(const char*) { return 0; }
static inline int roctxRangePop(void) { return 0; }
static inline unsigned long long roctxRangeStartA(const char*) { return 0; }
static inline void roctxRangeStop(unsigned long long) {}
static inline int roctxNameOsThread(const char*) { return 0; }
static inline int roctxNameHipStream(const char*, const void*) { return 0; }
static inline int roctxNameHipDevice(const char*, int) { return 0; }
#endif
typedef struct HipwrightRange {
  unsigned version, size, category, colorType, color, payloadType;
  union { unsigned long long ullValue; double dValue; int iValue; } payload;
  int messageType;
  union { const char* ascii; const void* registered; } message;
} HipwrightRange;
""",
    "__STDC_HOSTED__",
)

_CALLS = {
    "nvtxRangePushA": "roctxRangePushA", "nvtxRangePush": "roctxRangePushA", "nvtxRangePop": "roctxRangePop",
    "nvtxMarkA": "roctxMarkA", "nvtxMark": "roctxMarkA", "nvtxRangeStartA": "roctxRangeStartA",
    "nvtxRangeStart": "roctxRangeStartA", "nvtxRangeEnd": "roctxRangeStop",
}  # fmt: skip
_ATTRIBUTED = {
    "nvtxRangePushEx": "roctxRangePushA",
    "nvtxMarkEx": "roctxMarkA",
    "nvtxRangeStartEx": "roctxRangeStartA",
}
_NAMED = {f"nvtxNameCuda{what}{text}": f"roctxNameHip{what}" for what in ("Stream", "Device") for text in ("", "A")}
_TYPES = {"nvtxEventAttributes_t": "HipwrightRange", "nvtxRangeId_t": "unsigned long long"}
_NUMBERS = (
    "NVTX_VERSION", "NVTX_EVENT_ATTRIB_STRUCT_SIZE", "NVTX_COLOR_ARGB", "NVTX_COLOR_UNKNOWN", "NVTX_MESSAGE_TYPE_ASCII",
    "NVTX_MESSAGE_TYPE_UNICODE", "NVTX_MESSAGE_UNKNOWN", "NVTX_PAYLOAD_TYPE_UNSIGNED_INT64", "NVTX_PAYLOAD_TYPE_INT32",
    "NVTX_PAYLOAD_UNKNOWN",
)  # fmt: skip

_RANGE = """\
void f() {
  nvtxEventAttributes_t e = {};
  e.version = NVTX_VERSION;
  e.message.ascii = "step";
  nvtxRangePushEx(&e);
  nvtxRangePushA("inner");
  nvtxRangePop();
}
"""


@rule(
    "nvtx-ranges",
    "Profiler ranges become roctx ranges",
    hazards=("R23",),
    names=(*_CALLS, *_ATTRIBUTED, *_NAMED, *_TYPES, *_NUMBERS),
    order=40,
    rewrites={
        _RANGE: _RANGE.replace("nvtxEventAttributes_t", "HipwrightRange")
        .replace("NVTX_VERSION", "0")
        .replace("nvtxRangePushEx(&e)", "roctxRangePushA((&e)->message.ascii)")
        .replace("nvtxRangePushA", "roctxRangePushA")
        .replace("nvtxRangePop", "roctxRangePop"),
        'void f(cudaStream_t s) { nvtxNameCudaStreamA(s, "main"); }':
        'void f(cudaStream_t s) { roctxNameHipStream("main", s); }',
    },
    keeps=("#define NVTX_VERSION 3\n", "struct P { void nvtxRangePop(); };\nvoid f(P p) { p.nvtxRangePop(); }"),
)  # fmt: skip
def ranges(site: Site) -> Iterator[Finding]:
    """NVTX names ranges for NVIDIA's profiler; roctx does so for AMD's, with plain texts and without colours,
    categories or payloads. The calls are kept as roctx calls that do nothing unless the build asks for them, so that
    a port needs no further library. Where a stream or a device gets a name, roctx takes the name first.
    """
    if not used(site):
        return
    name = site.text
    helpers = (_ROCTX,)
    if name in _ATTRIBUTED:
        call = site.call
        if call is not None and len(call.args) == 1:
            yield site.edit(call.start, call.args[0].start, f"{_ATTRIBUTED[name]}((", helpers=helpers)
            yield site.insert(call.args[0].end, ")->message.ascii")
        return
    if name in _NAMED:
        call = site.call
        if call is not None and len(call.args) == 2:
            what, label = (argument.text for argument in call.args)
            yield site.edit(call.start, call.end, f"{_NAMED[name]}({label}, {what})", helpers=helpers)
        return
    text = _CALLS.get(name) or _TYPES.get(name) or "0"
    yield site.edit(site.node.start_byte, site.node.end_byte, text, helpers=helpers)


@rule(
    "nvtx-cpp",
    "NVTX's C++ ranges",
    hazards=("R23",),
    names=("nvtx3", "NVTX3_FUNC_RANGE", "NVTX3_FUNC_RANGE_IN"),
    notes=("void f() { nvtx3::scoped_range r{\"step\"}; }",),
    keeps=("int nvtx3 = 1;\n",),
)  # fmt: skip
def cpp_ranges(site: Site) -> Iterator[Finding]:
    """NVTX's C++ interface names ranges by scope, with domains; roctx has no C++ interface. They change no result."""
    parent = site.node.parent
    if site.text != "nvtx3" or (parent is not None and parent.type == "qualified_identifier"):
        yield site.note(
            Level.TODO,
            f"{site.text}: roctx has no C++ interface",
            "roctxRangePushA here and roctxRangePop at the end of the scope",
        )
