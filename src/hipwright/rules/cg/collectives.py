"""Collectives of cooperative groups that HIP's header does not define."""

from __future__ import annotations

from collections.abc import Iterator

from hipwright.finding import Finding, Helper, Level
from hipwright.rule import Site, rule
from hipwright.rules.cg.groups import from_groups, mentions_groups
from hipwright.rules.warp.lanes import amd_only, in_raw_string
from hipwright.rules.warp.shuffle import CLASSES, is_class

_HEADER = ("hip/hip_cooperative_groups.h",)


def _in_namespace(name: str, code: str) -> Helper:
    return Helper(name, f"namespace cooperative_groups {{\n{code.strip()}\n}}  // namespace cooperative_groups")


_OPERATORS = _in_namespace(
    "HIPWRIGHT_CG_OPERATORS",
    """
template <typename T> struct plus { __device__ T operator()(T a, T b) const { return a + b; } };
template <typename T> struct less { __device__ T operator()(T a, T b) const { return b < a ? b : a; } };
template <typename T> struct greater { __device__ T operator()(T a, T b) const { return a < b ? b : a; } };
template <typename T> struct bit_and { __device__ T operator()(T a, T b) const { return a & b; } };
template <typename T> struct bit_or { __device__ T operator()(T a, T b) const { return a | b; } };
template <typename T> struct bit_xor { __device__ T operator()(T a, T b) const { return a ^ b; } };
""",
)

_REDUCE = _in_namespace(
    "HIPWRIGHT_CG_REDUCE",
    """
template <typename Group, typename T, typename Combine>
__device__ inline T reduce(const Group& group, T value, Combine combine) {
  unsigned rank = group.thread_rank(), size = group.size();
  for (unsigned step = 1; step < size; step *= 2) {
    T next = group.shfl_down(value, step);
    if (rank + step < size) value = combine(value, next);
  }
  return group.shfl(value, 0);
}
template <unsigned size, typename Parent, typename T, typename Combine>
__device__ inline T reduce(const thread_block_tile<size, Parent>& tile, T value, Combine combine) {
  for (unsigned step = size / 2; step > 0; step /= 2) value = combine(value, tile.shfl_xor(value, step));
  return value;
}
""",
)

_SCAN = _in_namespace(
    "HIPWRIGHT_CG_SCAN",
    """
template <typename Group, typename T, typename Combine>
__device__ inline T inclusive_scan(const Group& group, T value, Combine combine) {
  unsigned rank = group.thread_rank(), size = group.size();
  for (unsigned step = 1; step < size; step *= 2) {
    T before = group.shfl_up(value, step);
    if (rank >= step) value = combine(before, value);
  }
  return value;
}
template <typename Group, typename T, typename Combine>
__device__ inline T exclusive_scan(const Group& group, T value, Combine combine) {
  T before = group.shfl_up(inclusive_scan(group, value, combine), 1);
  return group.thread_rank() == 0 ? T() : before;
}
template <typename Group, typename T>
__device__ inline T inclusive_scan(const Group& group, T value) {
  return inclusive_scan(group, value, [](T a, T b) { return T(a + b); });
}
template <typename Group, typename T>
__device__ inline T exclusive_scan(const Group& group, T value) {
  return exclusive_scan(group, value, [](T a, T b) { return T(a + b); });
}
""",
)

_LABELED = _in_namespace(
    "HIPWRIGHT_CG_LABELED_PARTITION",
    """
// Split off the lanes that share the first lane's label, until the calling lane is among them.
template <typename Group, typename Label>
__device__ inline coalesced_group labeled_partition(const Group& group, Label label) {
  coalesced_group rest = binary_partition(group, true);
  while (true) {
    bool mine = rest.shfl(label, 0) == label;
    coalesced_group part = binary_partition(rest, mine);
    if (mine) return part;
    rest = part;
  }
}
""",
)

_COPY = _in_namespace(
    "HIPWRIGHT_CG_MEMCPY_ASYNC",
    """
// AMD copies through registers: the group's threads share the elements, and `wait` is the group's barrier.
template <typename Group, typename T>
__device__ inline void memcpy_async(const Group& group, T* to, const T* from, size_t bytes) {
  size_t count = bytes / sizeof(T);
  for (size_t i = group.thread_rank(); i < count; i += group.size()) to[i] = from[i];
  for (size_t i = count * sizeof(T) + group.thread_rank(); i < bytes; i += group.size())
    reinterpret_cast<char*>(to)[i] = reinterpret_cast<const char*>(from)[i];
}
template <typename Group, typename T>
__device__ inline void memcpy_async(const Group& group, T* to, size_t room, const T* from, size_t count) {
  memcpy_async(group, to, from, (count < room ? count : room) * sizeof(T));
}
template <typename Group> __device__ inline void wait(const Group& group) { group.sync(); }
template <unsigned stages, typename Group> __device__ inline void wait_prior(const Group& group) { group.sync(); }
""",
)

_INVOKE = _in_namespace(
    "HIPWRIGHT_CG_INVOKE_ONE",
    """
template <typename Group, typename Function, typename... Args>
__device__ inline void invoke_one(const Group& group, Function&& function, Args&&... args) {
  if (group.thread_rank() == 0) function(args...);
}
template <typename Group, typename Function, typename... Args>
__device__ inline auto invoke_one_broadcast(const Group& group, Function&& function, Args&&... args) {
  decltype(function(args...)) result{};
  if (group.thread_rank() == 0) result = function(args...);
  return group.shfl(result, 0);
}
""",
)

_DEFINED = {
    **dict.fromkeys(("plus", "less", "greater", "bit_and", "bit_or", "bit_xor"), _OPERATORS),
    "reduce": _REDUCE,
    "inclusive_scan": _SCAN,
    "exclusive_scan": _SCAN,
    "labeled_partition": _LABELED,
    "memcpy_async": _COPY,
    "wait": _COPY,
    "wait_prior": _COPY,
    "invoke_one": _INVOKE,
    "invoke_one_broadcast": _INVOKE,
}
_CALLS = (
    "#include <cooperative_groups.h>\n#include <cooperative_groups/reduce.h>\nnamespace cg = cooperative_groups;\n"
    "struct Best { float value; int at; };\n"
    "__device__ Best f(Best b) { auto tile = cg::tiled_partition<32>(cg::this_thread_block()); "
    "return cg::reduce(tile, b, [](Best x, Best y) { return y.value < x.value ? y : x; }); }",
    "#include <cooperative_groups.h>\n#include <cooperative_groups/reduce.h>\nnamespace cg = cooperative_groups;\n"
    "__device__ float f(float v) { auto tile = cg::tiled_partition<32>(cg::this_thread_block()); "
    "return cg::reduce(tile, v, cg::plus<float>()); }",
    "#include <cooperative_groups.h>\n#include <cooperative_groups/scan.h>\nnamespace cg = cooperative_groups;\n"
    "__device__ int f(int v) { auto tile = cg::tiled_partition<16>(cg::this_thread_block()); "
    "auto part = cg::labeled_partition(tile, v & 3); return cg::exclusive_scan(tile, v) + cg::reduce(part, v, "
    "cg::greater<int>()) + cg::inclusive_scan(part, v, cg::less<int>()); }",
    "#include <cooperative_groups.h>\n#include <cooperative_groups/memcpy_async.h>\n"
    "namespace cg = cooperative_groups;\n"
    "__global__ void f(int* p) { __shared__ int s[256]; auto block = cg::this_thread_block(); "
    "cg::memcpy_async(block, s, p, sizeof(int) * 256); cg::wait(block); p[threadIdx.x] = s[255 - threadIdx.x]; }",
)


@rule(
    "group-collectives",
    "Reductions, scans, labelled partitions and copies of groups",
    hazards=("W29",),
    names=_DEFINED,
    order=30,
    rewrites={text: text for text in _CALLS},
    keeps=(
        "#include <numeric>\nint f(int* a, int* b) { return std::reduce(a, b); }",
        "struct Plan { void wait(); int reduce(int); };\nint f(Plan p) { p.wait(); return p.reduce(1); }",
    ),
)  # fmt: skip
def group_collectives(site: Site) -> Iterator[Finding]:
    """HIP's cooperative-groups header has no reduce, scan, labelled partition, copy or invoke: the file gets them.

    They are defined in the same namespace over the shuffles and partitions that HIP does have, so that calls stay as
    they are. Tiles reduce by exchange in CUDA's order, other groups by a tree over their ranks. A copy is done by the
    group's threads when it is asked for, and its wait is the group's barrier: correct, without the overlap that
    NVIDIA's hardware gives.
    """
    if not from_groups(site) or not mentions_groups(site.source) or amd_only(site.node, site.source):
        return
    helpers: tuple[Helper, ...] = (_DEFINED[site.text],)
    if helpers != (_OPERATORS,):
        call = site.call
        if call is None or not call.args or site.node.parent is None or site.node.parent.type == "function_declarator":
            return
        if len(call.args) > 1 and is_class(site, call.args[1].text):
            helpers = (*helpers, CLASSES)
    if in_raw_string(site):
        yield site.note(
            Level.TODO,
            f"`{site.text}` of cooperative groups does not exist in HIP, and this code is compiled at run time",
            "define it in the string over the group's `shfl_down` or `shfl_xor`",
        )
        return
    headers = (*_HEADER, "type_traits") if CLASSES in helpers else _HEADER
    yield site.edit(site.node.start_byte, site.node.end_byte, site.text, headers, helpers)


@rule(
    "large-tiles",
    "Tiles of more than 32 threads",
    hazards=("W16", "W28"),
    names=("tiled_partition", "thread_block_tile", "block_tile_memory"),
    notes=(
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ void f() { auto tile = cg::tiled_partition<64>(cg::this_thread_block()); tile.sync(); }",
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ void f() { auto tile = cg::tiled_partition(cg::this_thread_block(), 128); tile.sync(); }",
    ),
    keeps=(
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ void f() { auto tile = cg::tiled_partition<32>(cg::this_thread_block()); tile.sync(); }",
    ),
)
def large_tiles(site: Site) -> Iterator[Finding]:
    """CUDA builds tiles of up to 1024 threads over shared memory; HIP's tiles end at the wavefront.

    A tile of 64 compiles everywhere and is right on CDNA only: on RDNA its second half reads the first. Larger ones do
    not compile. Both need to be rebuilt over the block: a person decides how.
    """
    if not from_groups(site) or amd_only(site.node, site.source):
        return
    parent = site.node.parent
    arguments = None if parent is None else parent.child_by_field_name("arguments")
    first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    size = None if first is None else site.facts.integer(site.source.text(first.start_byte, first.end_byte))
    call = site.call
    if size is None and call is not None and not call.template and len(call.args) == 2:
        size = site.facts.integer(call.args[1].text)
    if site.text == "block_tile_memory" or (size is not None and size > 32 and site.text == "tiled_partition"):
        yield site.note(
            Level.TODO,
            "a tile of more than 32 threads: HIP has none above the wavefront, which is 32 on RDNA and 64 on CDNA",
            "use tiles of 32 and combine their results through shared memory, or the whole block with block.sync()",
        )


@rule(
    "clusters",
    "Thread-block clusters",
    hazards=("W31",),
    names=("this_cluster", "cluster_group", "__cluster_dims__", "map_shared_rank", "query_shared_rank"),
    notes=(
        "#include <cooperative_groups.h>\n"
        "__device__ void f() { auto cluster = cooperative_groups::this_cluster(); cluster.sync(); }",
    ),
    keeps=("struct Graph { int cluster_group; };\nint f(Graph g) { return g.cluster_group; }",),
)
def clusters(site: Site) -> Iterator[Finding]:
    """Clusters and the shared memory of neighbouring blocks exist on NVIDIA's Hopper and later; no AMD GPU has them.

    The kernel has to be restructured, which is not done here.
    """
    if amd_only(site.node, site.source):
        return
    member = site.node.type == "field_identifier"
    if member and not (site.text.endswith("_shared_rank") and mentions_groups(site.source)):
        return
    yield site.note(
        Level.TODO,
        f"`{site.text}`: AMD GPUs have no thread-block clusters and no access to another block's shared memory",
        "give each block the whole tile, or exchange through global memory between two launches (or a grid.sync())",
    )
