"""CUB names whose hipCUB namesake means something else, or does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Helper, Level
from hipwright.knowledge import names
from hipwright.rule import Site, rule
from hipwright.rules.library.libcudacxx import reference
from hipwright.rules.library.sites import used
from hipwright.source import ancestors

_SCOPE = re.compile(rb"\b(cub|hipcub)\s*::\s*$")
_LANE = "(hipcub::LaneId() & 31)"
_LOGICAL = {
    "LaneId": _LANE,
    "WarpId": "(hipcub::RowMajorTid(blockDim.x, blockDim.y, blockDim.z) / 32)",
    "LaneMaskLt": f"((1u << {_LANE}) - 1)",
    "LaneMaskLe": f"((2u << {_LANE}) - 1)",
    "LaneMaskGt": f"(~((2u << {_LANE}) - 1))",
    "LaneMaskGe": f"(~((1u << {_LANE}) - 1))",
}


def cub_scope(site: Site) -> tuple[str, int]:
    """The namespace written before an identifier, `cub` or `hipcub`, and where it starts; empty when it is neither."""
    start = max(0, site.node.start_byte - 40)
    match = _SCOPE.search(site.source.data[start : site.node.start_byte])
    return ("", 0) if match is None else (match[1].decode(), start + match.start())


@rule(
    "cub-lanes",
    "CUB's lane and warp numbers are those of a 32-lane warp",
    hazards=("L16", "W33"),
    names=_LOGICAL,
    order=40,
    rewrites={
        "#include <cub/cub.cuh>\n__device__ unsigned f() { return cub::LaneId(); }":
        "#include <cub/cub.cuh>\n__device__ unsigned f() { return (hipcub::LaneId() & 31); }",
        "#include <cub/cub.cuh>\n__device__ int f(unsigned b) { return __popc(b & cub::LaneMaskLt()); }":
        "#include <cub/cub.cuh>\n__device__ int f(unsigned b) "
        "{ return __popc(b & ((1u << (hipcub::LaneId() & 31)) - 1)); }",
    },
    keeps=(
        "#include <hipcub/hipcub.hpp>\n__device__ unsigned f() { return hipcub::LaneId(); }",
        "struct Grid { int LaneId(); };\nint f(Grid g) { return g.LaneId(); }",
    ),
)  # fmt: skip
def cub_lanes(site: Site) -> Iterator[Finding]:
    """hipCUB counts lanes and warps of the wavefront, 64 wide on CDNA, and its lane masks have 64 bits. CUB's have 32:
    they are written out from the lane's place in its own 32, which is right on wave64 and wave32.
    """
    scope, start = cub_scope(site)
    call = site.call
    if scope == "cub" and call is not None and not call.args:
        if start and site.source.data[start - 2 : start] == b"::":
            start -= 2
        yield site.edit(start, call.end, _LOGICAL[site.text], includes=("hipcub/hipcub.hpp",))


_WIDTHS = {
    "CUB_PTX_WARP_THREADS": "32", "CUB_WARP_THREADS": "32", "CUB_LOG_WARP_THREADS": "5",
    "CUB_PTX_LOG_WARP_THREADS": "5",
}  # fmt: skip


@rule(
    "cub-warp-threads",
    "CUB's warp has 32 threads",
    hazards=("L16", "W33"),
    names=_WIDTHS,
    order=40,
    rewrites={
        "const int lanes = CUB_PTX_WARP_THREADS;\n": "const int lanes = 32;\n",
        "const int bits = CUB_LOG_WARP_THREADS(0);\n": "const int bits = 5;\n",
    },
    keeps=("#define CUB_PTX_WARP_THREADS 32\n",),
)
def cub_warp_threads(site: Site) -> Iterator[Finding]:
    """hipCUB's `HIPCUB_WARP_THREADS` is the wavefront's size, 64 on CDNA and no constant in its newest headers. Code
    that asks CUB for the warp's size divides its work by 32, which stays right as a logical warp.
    """
    if not used(site):
        return
    call = site.call
    yield site.replace(call if call is not None and len(call.args) == 1 else site.node, _WIDTHS[site.text])


_INCLUDE = re.compile(rb"^[ \t]*#[ \t]*include\b", re.M)


@rule(
    "cub-using",
    "using namespace cub in front of other headers",
    hazards=("L16",),
    names=("cub",),
    order=40,
    rewrites={
        "#include <cub/cub.cuh>\nusing namespace cub;\n#include <cuda_fp8.h>\n":
        "#include <cub/cub.cuh>\n#include <hip/hip_fp8.h>\nusing namespace cub;\n#include <cuda_fp8.h>\n",
    },
    keeps=(
        "#include <cuda_fp8.h>\n#include <cub/cub.cuh>\nusing namespace cub;\nint none;\n",
        "#include <cub/cub.cuh>\nvoid f() { using namespace cub; }\n#include <cuda_fp8.h>\n",
    ),
)  # fmt: skip
def cub_using(site: Site) -> Iterator[Finding]:
    """HIP's headers of small floats have a namespace `internal`, and hipCUB too: once hipCUB's names are everybody's,
    the first can't be read any more. Those that the project includes come before.
    """
    using = site.node.parent
    if using is None or using.type != "using_declaration":
        return
    before, after = site.source.data[: using.start_byte], site.source.data[using.end_byte :]
    is_open = site.source.text(using.start_byte, using.end_byte).startswith("using namespace")
    is_open &= all(node.type == "translation_unit" or node.type.startswith("preproc_") for node in ancestors(using))
    for size in ("fp4", "fp6", "fp8") if is_open and _INCLUDE.search(after) else ():
        line = f"#include <hip/hip_{size}.h>"
        if site.facts.includes(f"cuda_{size}.h") and line.encode() not in before:
            yield site.insert(using.start_byte, f"{line}\n")


@rule(
    "cub-debug-exit",
    "CubDebugExit is written out",
    hazards=("L16",),
    names=("CubDebugExit",),
    order=40,
    rewrites={
        "#include <cub/cub.cuh>\nvoid f(cudaError_t e) { CubDebugExit(e); }":
        "#include <cub/cub.cuh>\nvoid f(cudaError_t e) { if (HipcubDebug(e)) exit(1); }",
    },
    keeps=("#define CubDebugExit(e) (e)\n",),
)  # fmt: skip
def cub_debug_exit(site: Site) -> Iterator[Finding]:
    """hipCUB has `HipcubDebug`, which reports an error, and lacks the form that leaves the program as well."""
    call = site.call
    if call is not None and len(call.args) == 1 and used(site):
        yield site.edit(call.start, call.args[0].start, "if (HipcubDebug(", includes=("<cstdlib>", "hipcub/hipcub.hpp"))
        yield site.edit(call.args[0].end, call.end, ")) exit(1)")


_DISPATCHED = ("DispatchScan", "DispatchRadixSort", "DispatchSegmentedRadixSort")
_DEVICE = {"CurrentDevice": "hipGetDevice", "DeviceCount": "hipGetDeviceCount"}
_WAYS = {
    "SmVersion": "hipDeviceGetAttribute with hipDeviceAttributeComputeCapabilityMajor, or gcnArchName of the "
    "properties",
    "PtxVersion": "there is no PTX: gcnArchName of hipDeviceProp_t names the target",
    "PtxVersionUncached": "there is no PTX: gcnArchName of hipDeviceProp_t names the target",
    "SmVersionUncached": "gcnArchName of hipDeviceProp_t names the target",
    "ThreadTrap": "abort()",
    "WarpMask": "hipCUB's has 64 bits and counts wavefronts: ~0u >> (32 - LOGICAL) << (LOGICAL * id)",
}


def _absent() -> frozenset[str]:
    return frozenset(
        name.split("::")[1]
        for name, row in names().items()
        if name.startswith("cub::") and name.count("::") == 1 and not row.hip
    ).difference(_DISPATCHED, _DEVICE) | {"WarpMask"}


@rule(
    "cub-absent",
    "CUB names that hipCUB lacks",
    hazards=("L16",),
    names=_absent(),
    notes=("#include <cub/cub.cuh>\nvoid f(int v) { cub::SmVersion(v); }",),
    keeps=("struct SmVersion {};\nSmVersion v;", "namespace cub_like { int SmVersion; }\nint f() { return "
                                                 "cub_like::SmVersion; }"),
)  # fmt: skip
def cub_absent(site: Site) -> Iterator[Finding]:
    """hipCUB covers CUB's device, block and warp interfaces, not the layers below them (dispatch, agents, kernels) nor
    its questions about NVIDIA's devices. The namespace is renamed all the same, so the compiler points here too.
    """
    if cub_scope(site)[0]:
        hint = _WAYS.get(site.text, "use the Device-, Block- or Warp-level interface above it, or rocPRIM")
        yield site.note(Level.TODO, f"hipCUB has no {site.text}", hint)


_DISPATCH = Helper(
    "HIPWRIGHT_CUB_DISPATCH",
    """\
// CUB's dispatch layer, which programs call to choose the type of sizes, on hipCUB's device-wide interface.
template <typename In, typename Out, typename Op, typename Initial, typename Size, typename... More>
struct HipwrightDispatchScan {
  template <typename First, typename... Debug>
  static hipError_t Dispatch(void* storage, size_t& bytes, In in, Out out, Op op, First first, Size count,
                             hipStream_t stream, Debug...) {
    if constexpr (std::is_same<First, hipcub::NullType>::value)
      return hipcub::DeviceScan::InclusiveScan(storage, bytes, in, out, op, count, stream);
    else
      return hipcub::DeviceScan::ExclusiveScan(storage, bytes, in, out, op, first, count, stream);
  }
};
template <auto Order, typename Key, typename Value, typename Size, typename... More>
struct HipwrightDispatchRadixSort {
  template <typename... Debug>
  static hipError_t Dispatch(void* storage, size_t& bytes, hipcub::DoubleBuffer<Key>& keys,
                             hipcub::DoubleBuffer<Value>& values, Size count, int begin, int end, bool overwrite,
                             hipStream_t stream, Debug...) {
    using Sort = hipcub::DeviceRadixSort;
    constexpr bool descending = static_cast<bool>(Order);
    hipError_t error;
    if constexpr (std::is_same<Value, hipcub::NullType>::value) {
      if (overwrite)
        return descending ? Sort::SortKeysDescending(storage, bytes, keys, count, begin, end, stream)
                          : Sort::SortKeys(storage, bytes, keys, count, begin, end, stream);
      Key* from = keys.Current();
      Key* to = keys.Alternate();
      error = descending ? Sort::SortKeysDescending(storage, bytes, from, to, count, begin, end, stream)
                         : Sort::SortKeys(storage, bytes, from, to, count, begin, end, stream);
    } else {
      if (overwrite)
        return descending ? Sort::SortPairsDescending(storage, bytes, keys, values, count, begin, end, stream)
                          : Sort::SortPairs(storage, bytes, keys, values, count, begin, end, stream);
      error = descending ? Sort::SortPairsDescending(storage, bytes, keys.Current(), keys.Alternate(), values.Current(),
                                                     values.Alternate(), count, begin, end, stream)
                         : Sort::SortPairs(storage, bytes, keys.Current(), keys.Alternate(), values.Current(),
                                           values.Alternate(), count, begin, end, stream);
    }
    if (storage != nullptr && error == hipSuccess) {
      keys.selector ^= 1;
      values.selector ^= 1;
    }
    return error;
  }
};
template <auto Order, typename Key, typename Value, typename Begins, typename Ends, typename Size, typename... More>
struct HipwrightDispatchSegmentedRadixSort {
  template <typename... Debug>
  static hipError_t Dispatch(void* storage, size_t& bytes, hipcub::DoubleBuffer<Key>& keys,
                             hipcub::DoubleBuffer<Value>& values, Size count, int segments, Begins begins, Ends ends,
                             int begin, int end, bool overwrite, hipStream_t stream, Debug...) {
    using Sort = hipcub::DeviceSegmentedRadixSort;
    constexpr bool descending = static_cast<bool>(Order);
    hipError_t error;
    if constexpr (std::is_same<Value, hipcub::NullType>::value) {
      if (overwrite)
        return descending
                   ? Sort::SortKeysDescending(storage, bytes, keys, count, segments, begins, ends, begin, end, stream)
                   : Sort::SortKeys(storage, bytes, keys, count, segments, begins, ends, begin, end, stream);
      error = descending ? Sort::SortKeysDescending(storage, bytes, keys.Current(), keys.Alternate(), count, segments,
                                                    begins, ends, begin, end, stream)
                         : Sort::SortKeys(storage, bytes, keys.Current(), keys.Alternate(), count, segments, begins,
                                          ends, begin, end, stream);
    } else {
      if (overwrite)
        return descending ? Sort::SortPairsDescending(storage, bytes, keys, values, count, segments, begins, ends,
                                                      begin, end, stream)
                          : Sort::SortPairs(storage, bytes, keys, values, count, segments, begins, ends, begin, end,
                                            stream);
      error = descending
                  ? Sort::SortPairsDescending(storage, bytes, keys.Current(), keys.Alternate(), values.Current(),
                                              values.Alternate(), count, segments, begins, ends, begin, end, stream)
                  : Sort::SortPairs(storage, bytes, keys.Current(), keys.Alternate(), values.Current(),
                                    values.Alternate(), count, segments, begins, ends, begin, end, stream);
    }
    if (storage != nullptr && error == hipSuccess) {
      keys.selector ^= 1;
      values.selector ^= 1;
    }
    return error;
  }
};
""",
)


@rule(
    "cub-dispatch",
    "CUB's dispatch layer on hipCUB's device-wide calls",
    hazards=("L16",),
    names=_DISPATCHED,
    order=40,
    rewrites={
        "#include <cub/cub.cuh>\ntemplate <class I, class O> cudaError_t f(size_t& b, I i, O o) {\n"
        "  return cub::DispatchScan<I, O, cub::Sum, cub::NullType, int>::Dispatch(\n"
        "      nullptr, b, i, o, cub::Sum(), cub::NullType(), 4, nullptr);\n}\n":
        "#include <cub/cub.cuh>\ntemplate <class I, class O> cudaError_t f(size_t& b, I i, O o) {\n"
        "  return HipwrightDispatchScan<I, O, cub::Sum, cub::NullType, int>::Dispatch(\n"
        "      nullptr, b, i, o, cub::Sum(), cub::NullType(), 4, nullptr);\n}\n",
    },
    keeps=("struct DispatchScan {};\nDispatchScan d;",),
    notes=("#include <cub/cub.cuh>\nusing D = cub::DispatchRadixSort<false, int, int, int>;\n",),
)  # fmt: skip
def cub_dispatch(site: Site) -> Iterator[Finding]:
    """Programs go below CUB's interface to count items in 64 bits. hipCUB has no such layer; its device-wide calls take
    sizes of any type. A structure with CUB's `Dispatch` calls them; the tuning policies of CUB have no meaning there.
    """
    scope, start = cub_scope(site)
    if scope:
        yield site.edit(
            start, site.node.end_byte, f"Hipwright{site.text}", includes=("hipcub/hipcub.hpp", "<type_traits>"),
            helpers=(_DISPATCH,),
        )  # fmt: skip
        yield site.note(Level.TEST, f"cub::{site.text} runs on hipCUB's device-wide call")


@rule(
    "cub-device-numbers",
    "CUB's device numbers come from the runtime",
    hazards=("L16",),
    names=_DEVICE,
    order=40,
    rewrites={
        "#include <cub/cub.cuh>\nint f() { return cub::CurrentDevice(); }":
        "#include <cub/cub.cuh>\nint f() { return [] { int n = -1; return hipGetDevice(&n) == hipSuccess ? n : -1; "
        "}(); }",
    },
    keeps=("struct A { int CurrentDevice(); };\nint f(A a) { return a.CurrentDevice(); }",),
)  # fmt: skip
def cub_device_numbers(site: Site) -> Iterator[Finding]:
    """CUB returns the number and hides the status; hipCUB has no such call. The runtime's does the same, with -1
    where it fails, as in CUB.
    """
    scope, start = cub_scope(site)
    call = site.call
    if scope and call is not None and not call.args:
        text = f"[] {{ int n = -1; return {_DEVICE[site.text]}(&n) == hipSuccess ? n : -1; }}()"
        yield site.edit(start, call.end, text, includes=("hip/hip_runtime_api.h",))


_SORTS = {"SortPairs": (7, 5), "SortPairsDescending": (7, 5), "SortKeys": (5, 4), "SortKeysDescending": (5, 4)}


@rule(
    "cub-partial-sort",
    "Radix sorts of some of the bits",
    hazards=("L17",),
    names=_SORTS,
    notes=(
        "#include <cub/cub.cuh>\nvoid f(void* t, size_t& b, unsigned long* k, int n) {\n"
        "  cub::DeviceRadixSort::SortKeys(t, b, k, k, n, 32, 64);\n}\n",
    ),
    keeps=(
        "#include <cub/cub.cuh>\nvoid f(void* t, size_t& b, int* k, int n) {\n"
        "  cub::DeviceRadixSort::SortKeys(t, b, k, k, n, 0, 32);\n}\n",
    ),
)
def cub_partial_sort(site: Site) -> Iterator[Finding]:
    """A project that sorted by the upper half of 64-bit keys alone (bits 32 to 64) got a wrong order on gfx90a, and
    sorts the full width there. Sorting all bits gives the same order only where the lower bits may decide among
    equals, so the call stays and is to be tested.
    """
    call = site.call
    before = site.source.data[max(0, site.node.start_byte - 40) : site.node.start_byte]
    if call is None or not re.search(rb"RadixSort\s*::\s*$", before):
        return
    places = [place for place in _SORTS[site.text] if len(call.args) > place + 1]
    values = [site.facts.integer(call.args[place].text) for place in places]
    if any(value is not None and 0 < value < 64 for value in values[:1]):
        yield site.note(
            Level.TEST,
            f"{site.text} sorts from bit {values[0]} on: a wrong order was seen on gfx90a when bits 32 to 64 were "
            f"sorted alone",
            "compare with a full-width sort; if they differ in order, sort the full width",
        )


_FUNCTORS = {"maximum": "Max", "minimum": "Min"}


@rule(
    "cub-functors",
    "libcu++'s extrema in CUB calls",
    hazards=("L16",),
    names=("cuda",),
    order=40,
    rewrites={
        "#include <cub/cub.cuh>\nauto op = cuda::maximum<>{};\n": "#include <cub/cub.cuh>\nauto op = hipcub::Max{};\n",
        "#include <cub/cub.cuh>\nauto op = ::cuda::minimum<int>();\n": "#include <cub/cub.cuh>\nauto op = "
                                                                       "hipcub::Min();\n",
    },
    keeps=("namespace cuda_like { template <class T = void> struct maximum {}; }\ncuda_like::maximum<> m;",),
)  # fmt: skip
def cub_functors(site: Site) -> Iterator[Finding]:
    """CUDA 13 dropped `cub::Max` and `cub::Min` for `cuda::maximum` and `cuda::minimum`; hipCUB has the former."""
    found = reference(site)
    if found is None or found.scope != "cuda::" or found.name not in _FUNCTORS:
        return
    parent = found.node.parent
    end = found.node.end_byte
    if parent is not None and parent.type in ("template_type", "template_function"):
        end = parent.end_byte
    yield site.edit(found.start, end, f"hipcub::{_FUNCTORS[found.name]}", includes=("hipcub/hipcub.hpp",))
