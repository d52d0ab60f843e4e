"""Members of groups that HIP lacks, or that return another type."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from hipwright.finding import Finding
from hipwright.rule import Site, rule
from hipwright.rules.cg.groups import is_grid, mentions_groups
from hipwright.rules.warp.lanes import amd_only, in_raw_string, native_hip
from hipwright.rules.warp.shuffle import CLASSES, is_class


def _member_call(site: Site) -> tuple[Node, Node, Node] | None:
    """The object, the access `object.name` and the call `object.name(...)` whose member is this identifier."""
    access = site.node.parent
    if site.node.type != "field_identifier" or access is None or access.type != "field_expression":
        return None
    call, owner = access.parent, access.child_by_field_name("argument")
    if call is None or call.type != "call_expression" or owner is None:
        return None
    if not mentions_groups(site.source) or native_hip(site.source) or amd_only(site.node, site.source):
        return None
    return owner, access, call


@rule(
    "tile-mask-type",
    "Lane masks of a group are `unsigned`",
    hazards=("W10", "W11", "W28"),
    names=("ballot", "match_any", "match_all"),
    order=22,
    rewrites={
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ int f(int p) { auto tile = cg::tiled_partition<32>(cg::this_thread_block()); "
        "auto m = tile.ballot(p); return __ffs(m) + __popc(tile.match_any(p)) + tile.shfl_down(p, 16); }":
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ int f(int p) { auto tile = cg::tiled_partition<32>(cg::this_thread_block()); "
        "auto m = (unsigned)tile.ballot(p); return __ffs(m) + __popc((unsigned)tile.match_any(p)) "
        "+ tile.shfl_down(p, 16); }",
    },
    keeps=(
        "struct Vote { int ballot(int); };\nint f(Vote v) { return v.ballot(1); }",
        "#include <hip/hip_cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ unsigned long long f(cg::thread_block_tile<64> t, int p) { return t.ballot(p); }",
    ),
)  # fmt: skip
def tile_mask_type(site: Site) -> Iterator[Finding]:
    """HIP's `ballot`, `match_any` and `match_all` of a group return 64 bits, CUDA's 32.

    The bits are counted from the group's first lane, so that a group of up to 32 has the same value in both; as a
    64-bit type it makes `__ffs` ambiguous, `auto` wide and `~` set bits that CUDA does not have. Tiles of 32 need
    nothing else: they are halves of a wave64 wavefront and shuffle, vote and synchronise among themselves.
    """
    found = _member_call(site)
    if found is None:
        return
    access = found[1]
    before = site.source.data[max(0, access.start_byte - 12) : access.start_byte].rstrip()
    if not before.endswith((b"(unsigned)", b"(unsigned int)", b"(uint32_t)")):
        yield site.insert(access.start_byte, "(unsigned)")


_SHUFFLES = ("shfl", "shfl_up", "shfl_down", "shfl_xor")
_EXCHANGE = (
    "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\nstruct Pair { float a; int b; };\n"
    "__device__ Pair f(Pair p) { auto tile = cg::tiled_partition<32>(cg::this_thread_block()); "
    "return tile.shfl(p, 0); }"
)


@rule(
    "tile-shuffle-classes",
    "Groups shuffle structs and vectors",
    hazards=("W27", "W28"),
    names=_SHUFFLES,
    order=30,
    rewrites={_EXCHANGE: _EXCHANGE},
    keeps=("struct Deck { int shfl(int, int); };\nint f(Deck d) { return d.shfl(1, 2); }",),
)
def tile_shuffle_classes(site: Site) -> Iterator[Finding]:
    """CUDA's groups shuffle any value of up to 32 bytes; HIP's hand it to its shuffles, which take numbers only.

    Overloads that move a value word by word are put into the file; the group's call finds them by the value's type.
    """
    found = _member_call(site)
    if found is None or in_raw_string(site):
        return
    call = site.source.call_of(site.node)
    if call is not None and call.args and is_class(site, call.args[0].text):
        yield site.edit(site.node.start_byte, site.node.end_byte, site.text, ("type_traits",), (CLASSES,))


_COUNTS = ("thread_rank", "size", "num_threads")
_OF_GRID = {
    "num_blocks": "(gridDim.x * gridDim.y * gridDim.z)",
    "block_rank": "(blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z))",
    "block_index": "dim3(blockIdx.x, blockIdx.y, blockIdx.z)",
    "dim_blocks": "dim3(gridDim.x, gridDim.y, gridDim.z)",
    "dim_threads": "dim3(gridDim.x * blockDim.x, gridDim.y * blockDim.y, gridDim.z * blockDim.z)",
}


@rule(
    "grid-members",
    "Members of grid and block groups that HIP does not have",
    hazards=("W29", "W30"),
    names=(*_COUNTS, *_OF_GRID),
    order=22,
    rewrites={
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ void f(float* p, size_t n) { cg::grid_group grid = cg::this_grid(); "
        "for (auto i = grid.thread_rank(); i < n; i += grid.size()) p[i] = grid.num_blocks(); grid.sync(); }":
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ void f(float* p, size_t n) { cg::grid_group grid = cg::this_grid(); "
        "for (auto i = (unsigned long long)grid.thread_rank(); i < n; i += grid.size()) "
        "p[i] = (gridDim.x * gridDim.y * gridDim.z); grid.sync(); }",
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ int f() { cg::thread_block block = cg::this_thread_block(); return block.dim_threads().x; }":
        "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"
        "__device__ int f() { cg::thread_block block = cg::this_thread_block(); return block.group_dim().x; }",
    },
    keeps=(
        "#include <cooperative_groups.h>\n"
        "__device__ int f(cooperative_groups::thread_block b) { return b.size() + b.thread_rank(); }",
        "struct Grid { int num_blocks(); };\nint f(Grid grid) { return grid.num_blocks(); }",
    ),
)  # fmt: skip
def grid_members(site: Site) -> Iterator[Finding]:
    """HIP's grid group counts threads in 32 bits and has neither the block's rank nor the grid's dimensions.

    CUDA counts a grid's threads in 64 bits: a stride loop in `auto` over more than four thousand million elements would
    wrap and never end, and is widened. The other members are computed from the built-in indices. `grid.sync()` is
    HIP's own and needs a cooperative launch, as in CUDA. Members of clusters are left to the rule for clusters.
    """
    found = _member_call(site)
    if found is None:
        return
    owner, access, call = found
    if not is_grid(site.source, owner):
        if site.text == "dim_threads" and b"cluster" not in site.source.data:
            yield site.replace(site.node, "group_dim")
        return
    if site.text in _OF_GRID:
        yield site.replace(call, _OF_GRID[site.text])
        return
    if _would_wrap(call):
        yield site.insert(access.start_byte, "(unsigned long long)")


def _would_wrap(call: Node) -> bool:
    """Whether the count decides a type or is computed with, so that its own 32 bits matter."""
    outer = call.parent
    if outer is None:
        return False
    if outer.type == "init_declarator":
        declaration = outer.parent
        kind = None if declaration is None else declaration.child_by_field_name("type")
        return kind is not None and kind.type == "placeholder_type_specifier"
    operator = outer.child_by_field_name("operator")
    return outer.type == "binary_expression" and operator is not None and operator.type in ("*", "+", "-", "<<")
