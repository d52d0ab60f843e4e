"""The mistakes of a port by hand, each as a function that finds where a HIP source could hold it.

A kind of mistake yields groups of edits; each group alone makes one mutant. The kinds stand for what porters really
get wrong: `hazards` are the ids of the hazard list, shown by `hipwright explain`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node

from hipwright.finding import Edit
from hipwright.source import Source, ancestors

Edits = tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of mistake."""

    id: str
    hazards: tuple[str, ...]
    mistake: str
    places: Callable[[Source], Iterator[Edits]]


KINDS: dict[str, Kind] = {}


def _kind(id: str, hazards: str, mistake: str) -> Callable[[Callable[[Source], Iterator[Edits]]], None]:
    def register(places: Callable[[Source], Iterator[Edits]]) -> None:
        KINDS[id] = Kind(id, tuple(hazards.split()), mistake, places)

    return register


# -- reading a source --------------------------------------------------------------------------------------------------


# What the port brings along itself: no porter by hand writes it, and it has tests of its own.
_HELPER = re.compile(rb"^#if [^\n]*!defined\((HIPWRIGHT_\w+)\).*?^#endif  // \1$", re.M | re.S)


@lru_cache(maxsize=1)
def _index(source: Source) -> dict[str, list[Node]]:
    """Every node of a source by its type, in the order of the text: each kind asks for many."""
    found: dict[str, list[Node]] = defaultdict(list)
    waiting = [source.tree.root_node]
    helpers = [match.span() for match in _HELPER.finditer(source.data)]
    while waiting:
        node = waiting.pop()
        if node.is_named and not any(start <= node.start_byte and node.end_byte <= end for start, end in helpers):
            found[node.type].append(node)
            waiting.extend(reversed(node.children))
    return found


def _all(source: Source, *types: str, within: Node | None = None) -> list[Node]:
    """The nodes of some types in a source, or within one of its nodes, in the order of the text."""
    found = [node for type in types for node in _index(source)[type]]
    if within is not None:
        found = [each for each in found if within.start_byte <= each.start_byte and each.end_byte <= within.end_byte]
    return sorted(found, key=lambda node: (node.start_byte, -node.end_byte)) if len(types) > 1 else found


def _of(node: Node | None) -> str:
    return node.text.decode("utf-8", "surrogateescape") if node is not None and node.text else ""


def _part(node: Node, name: str) -> Node:
    """A field that the grammar promises."""
    part = node.child_by_field_name(name)
    assert part is not None, f"{node.type} without {name}"
    return part


def _functions(source: Source, mark: str = r"__global__|__device__") -> Iterator[Node]:
    """Definitions whose heads say that they run on the device."""
    for node in _all(source, "function_definition"):
        body = node.child_by_field_name("body")
        if body is not None and re.search(mark, source.text(node.start_byte, body.start_byte)):
            yield node


def device_only(source: Source, edit: Edit) -> bool:
    """Whether an edit stays in the body of a function that only the device has, and adds no lines to it."""
    same_lines = edit.text.count(b"\n") == source.data.count(b"\n", edit.start, edit.end)
    for function in _functions(source):
        body = _part(function, "body")
        if body.start_byte < edit.start and edit.end < body.end_byte:
            return same_lines and "__host__" not in source.text(function.start_byte, body.start_byte)
    return False


def _device(source: Source, *types: str) -> Iterator[Node]:
    """Nodes in the bodies of device functions."""
    for function in _functions(source):
        yield from _all(source, *types, within=_part(function, "body"))


def _calls(nodes: Iterable[Node], names: str) -> Iterator[tuple[Node, str, list[Node]]]:
    """Calls among the nodes whose callee's own name fits: the callee, its name, the arguments."""
    for node in nodes:
        callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or arguments is None:
            continue
        name = re.split(r"::|\.|->", re.sub(r"<[^<>]*>$", "", _of(callee)))[-1]
        if re.fullmatch(names, name):
            yield callee, name, [child for child in arguments.named_children if child.type != "comment"]


def _device_calls(source: Source, names: str) -> Iterator[tuple[Node, str, list[Node]]]:
    yield from _calls(_device(source, "call_expression"), names)


def _host_calls(source: Source, names: str) -> Iterator[tuple[Node, str, list[Node]]]:
    yield from _calls(_all(source, "call_expression"), names)


def _put(node: Node, text: str) -> Edit:
    """An edit that replaces a node."""
    return Edit(node.start_byte, node.end_byte, text.encode("utf-8", "surrogateescape"), "mutation")


def _swap(one: Node, other: Node) -> Edits:
    return _put(one, _of(other)), _put(other, _of(one))


def _statement(node: Node) -> Node | None:
    """The statement that consists of an expression."""
    parent = node.parent
    return parent if parent is not None and parent.type == "expression_statement" else None


def _renamed(calls: Iterator[tuple[Node, str, list[Node]]], names: dict[str, str]) -> Iterator[Edits]:
    """Calls under another function's name."""
    for callee, name, _ in calls:
        yield (Edit(callee.end_byte - len(name), callee.end_byte, names[name].encode(), "mutation"),)


def _either(names: dict[str, str]) -> str:
    return "|".join(map(re.escape, names))


def _both_ways(*pairs: tuple[str, str]) -> dict[str, str]:
    return {a: b for pair in pairs for a, b in (pair, pair[::-1])}


# -- the size of a warp ------------------------------------------------------------------------------------------------


def _warp_numbers(source: Source, width: str, last: str, shift: str) -> Iterator[Edits]:
    """Numbers in device code that are the 32 lanes of a warp."""
    for node in _device(source, "binary_expression"):
        operator = _of(node.child_by_field_name("operator"))
        left, right = _part(node, "left"), _part(node, "right")
        if (operator in "%/" and _of(right) == "32") and not re.search(r"[a-z]{2,}Dim|bytes|sizeof", _of(left)):
            yield (_put(right, width),)
        elif (operator == "-" and (_of(left), _of(right)) == ("32", "1")) or (operator == "/" and _of(left) == "32"):
            yield (_put(left, width),)
        elif operator == "&" and _of(right) == "31":
            yield (_put(right, last),)
        elif operator == ">>" and _of(right) == "5" and shift:
            yield (_put(right, shift),)


@_kind("hard-coded-64", "W16 W05 W06 W04", "a warp has 64 lanes, whatever the code or the target says")
def _hard_coded_64(source: Source) -> Iterator[Edits]:
    yield from _warp_numbers(source, "64", "63", "6")
    for node in _all(source, "preproc_def"):
        value = node.child_by_field_name("value")
        named = re.search("warp", _of(node.child_by_field_name("name")), re.I)
        if named and value is not None and _of(value).strip() == "32":
            yield (_put(value, "64"),)
    for node in _all(source, "init_declarator"):
        name, value = node.child_by_field_name("declarator"), node.child_by_field_name("value")
        if value is not None and _of(value) == "32" and re.search("warp", _of(name), re.I):
            yield (_put(value, "64"),)
    for node in _device(source, "for_statement"):  # the first step of a tree of shuffles
        if "shfl" in _of(node):
            for start in _all(source, "init_declarator", within=node):
                if _of(start.child_by_field_name("value")) == "16":
                    yield (_put(_part(start, "value"), "32"),)


@_kind("warp-size-kept", "W05 W07", "warpSize stays, and is 64 on half of the targets")
def _warp_size_kept(source: Source) -> Iterator[Edits]:
    yield from _warp_numbers(source, "warpSize", "(warpSize - 1)", "")


@_kind("shuffle-width-dropped", "W03 W28", "a shuffle, or a tile, over the whole wavefront")
def _shuffle_width(source: Source) -> Iterator[Edits]:
    # Not __shfl_xor, which stays in its part of the wavefront anyway, and not the steps of scans and trees: a scan only
    # takes what comes from its own warp, and of a tree only lane 0 is read.
    for callee, name, arguments in _device_calls(source, r"__shfl(_up|_down)?"):
        constant = name == "__shfl" and arguments and _of(arguments[1]) in ("0", "31")
        step = name != "__shfl" and any(each.type == "for_statement" for each in ancestors(callee))
        if len(arguments) == 3 and not constant and not step:
            yield (Edit(arguments[1].end_byte, arguments[2].end_byte, b"", "mutation"),)
    for node in _device(source, "template_function", "template_method"):
        width = node.child_by_field_name("arguments")
        if "tiled_partition" in _of(node) and width is not None and _of(width) in ("<32>", "<kWarp>"):
            yield (_put(width, "<64>"),)


@_kind("lane-0-of-wavefront", "W15 W32", "lane 0 of the wavefront leads, or is read, for both of its warps")
def _lane_0(source: Source) -> Iterator[Edits]:
    for _, _, arguments in _device_calls(source, r"__shfl"):
        if len(arguments) == 3 and _of(arguments[1]) in ("0", "31"):
            yield (Edit(arguments[1].end_byte, arguments[2].end_byte, b"", "mutation"),)
    for node in _device(source, "binary_expression"):
        left, right = _part(node, "left"), _part(node, "right")
        leads = re.fullmatch(r".*\blane(_id)?(\(\))?|.*(% 32|& 31|% WARP_SIZE)\)?", _of(left))
        if _of(node.child_by_field_name("operator")) == "==" and _of(right) == "0" and leads:
            yield (_put(left, "__lane_id()"),)


@_kind("shuffle-direction", "W03", "up for down, as where row_shr is taken for row_shl")
def _shuffle_direction(source: Source) -> Iterator[Edits]:
    names = _both_ways(("__shfl_up", "__shfl_down"), ("shfl_up", "shfl_down"))
    yield from _renamed(_device_calls(source, _either(names)), names)


# -- masks and votes ---------------------------------------------------------------------------------------------------

# What a port writes for the 32 lanes of the own warp.
_OWN_HALF = re.compile(r"\(unsigned\)\((?P<all>__(?:ballot|match_any|activemask)\(.*\)) >> \(__lane_id\(\) & 32\)\)")


def _own_halves(source: Source) -> Iterator[tuple[Node, str]]:
    """Expressions that take the own warp's half of a wavefront's mask, and what they take it of."""
    for node in _device(source, "cast_expression"):
        if found := _OWN_HALF.fullmatch(_of(node)):
            yield node, found["all"]


@_kind("ballot-truncated", "W10", "the low half of a wavefront's mask, for the upper warp too")
def _ballot_truncated(source: Source) -> Iterator[Edits]:
    for node, mask in _own_halves(source):
        yield (_put(node, f"(unsigned){mask}"),)


@_kind("ballot-wrong-half", "W10", "the upper half of a wavefront's mask, for the lower warp too")
def _ballot_wrong_half(source: Source) -> Iterator[Edits]:
    for node, mask in _own_halves(source):
        yield (_put(node, f"(unsigned)({mask} >> 32)"),)


@_kind("ballot-widened", "W10 W11", "a mask of 64 lanes, counted and searched as a whole")
def _ballot_widened(source: Source) -> Iterator[Edits]:
    wide = {"__popc": "__popcll", "__ffs": "__ffsll"}
    for function in _functions(source):
        body = _part(function, "body")
        for node in _all(source, "init_declarator", within=body):
            value, name = _part(node, "value"), _of(node.child_by_field_name("declarator"))
            found, declaration = _OWN_HALF.fullmatch(_of(value)), node.parent
            if not found or declaration is None or not _of(declaration).endswith(";"):
                continue
            uses = [
                edit
                for callee, called, arguments in _calls(_all(source, "call_expression", within=body), _either(wide))
                if re.search(rf"\b{name}\b", " ".join(map(_of, arguments)))
                for edit in [_put(callee, wide[called])]
            ]
            if uses:
                yield (_put(_part(declaration, "type"), "unsigned long long"), _put(value, found["all"]), *uses)
        for callee, called, arguments in _calls(_all(source, "call_expression", within=body), _either(wide)):
            if found := _OWN_HALF.fullmatch(_of(arguments[0]) if arguments else ""):
                yield _put(callee, wide[called]), _put(arguments[0], found["all"])


@_kind("vote-of-wavefront", "W10 W15", "a vote of the whole wavefront instead of the warp's")
def _vote(source: Source) -> Iterator[Edits]:
    for node in _device(source, "binary_expression"):
        found = _OWN_HALF.fullmatch(_of(node.child_by_field_name("left")))
        operator = _of(node.child_by_field_name("operator"))
        if found and _of(node.child_by_field_name("right")) == "0" and operator in ("==", "!="):
            yield (_put(_part(node, "left"), found["all"]),)


@_kind("mask-dropped", "W02 W23", "all lanes that are active take part, not those that the mask names")
def _mask_dropped(source: Source) -> Iterator[Edits]:
    def all_active(node: Node) -> bool:
        # In a branch that only the mask's lanes take, the mask says nothing.
        return not any(each.type in ("if_statement", "for_statement", "while_statement") for each in ancestors(node))

    for node in _device(source, "binary_expression"):
        left, right = _part(node, "left"), _part(node, "right")
        masked = _of(node.child_by_field_name("operator")) == "&" and _OWN_HALF.fullmatch(_of(right))
        if masked and re.fullmatch(r"\(?[a-z]\w*\)?", _of(left)) and all_active(node):
            yield (_put(node, _of(right)),)
    for callee, _, arguments in _device_calls(source, r"warp32_\w+"):
        if arguments and re.fullmatch(r"[a-z]\w*", _of(arguments[0])) and all_active(callee):
            yield (_put(arguments[0], "0xffffffffu"),)


@_kind("mask-not-widened", "W01 W02", "a literal mask of 32 lanes in a wavefront of 64")
def _mask_narrow(source: Source) -> Iterator[Edits]:
    for callee, name, arguments in _device_calls(source, r"__shfl(_\w+)?"):
        if arguments:
            start = arguments[0].start_byte
            yield _put(callee, f"{name}_sync"), Edit(start, start, b"0xffffffffull, ", "mutation")
    for _, _, arguments in _device_calls(source, r"__\w+_sync"):
        if arguments and not re.fullmatch(r"~0u?ll|0xf{8}ull", _of(arguments[0])):
            yield (_put(arguments[0], "0xffffffffull"),)


# -- order -------------------------------------------------------------------------------------------------------------


def _removed(source: Source, names: str) -> Iterator[Edits]:
    for callee, _, arguments in _device_calls(source, names):
        call = callee.parent
        if not arguments and call is not None and (statement := _statement(call)):
            yield (_put(statement, ";"),)


@_kind("barrier-missing", "W19 W20 W18 W30", "a barrier of the block, the grid or the warp is left out")
def _barrier_missing(source: Source) -> Iterator[Edits]:
    yield from _removed(source, r"__syncthreads|sync|__syncwarp")


@_kind("fence-missing", "X11 A10", "a fence is left out")
def _fence_missing(source: Source) -> Iterator[Edits]:
    yield from _removed(source, r"__threadfence(_\w+)?")


@_kind("barrier-divergent", "W21 X23", "a barrier slips into the branch in front of it")
def _barrier_divergent(source: Source) -> Iterator[Edits]:
    for callee, _, arguments in _device_calls(source, r"__syncthreads"):
        statement = _statement(callee.parent) if callee.parent is not None and not arguments else None
        before = statement.prev_named_sibling if statement is not None else None
        if statement is None or before is None or before.type != "if_statement":
            continue
        branch = before.child_by_field_name("consequence")
        if branch is None or before.child_by_field_name("alternative") is not None:
            continue
        opening = Edit(branch.start_byte, branch.start_byte, b"{ ", "mutation")
        closing = Edit(statement.end_byte, statement.end_byte, b" }", "mutation")
        yield opening, closing


@_kind("atomic-plain", "A11", "the branch for devices without this atomic is taken")
def _atomic_plain(source: Source) -> Iterator[Edits]:
    for callee, _, arguments in _device_calls(source, r"atomicAdd"):
        call = callee.parent
        if call is not None and _statement(call) and len(arguments) == 2:
            yield (_put(call, f"*({_of(arguments[0])}) += {_of(arguments[1])}"),)


@_kind("volatile-dropped", "W18 A10", "a volatile is left out")
def _volatile(source: Source) -> Iterator[Edits]:
    for function in _functions(source):
        for node in _all(source, "type_qualifier", within=function):
            if _of(node) == "volatile":
                yield (_put(node, ""),)


# -- kernels and launches ----------------------------------------------------------------------------------------------


@_kind("kernel-emptied", "R05 R04", "a guard that HIP's compiler takes for false empties a kernel")
def _emptied(source: Source) -> Iterator[Edits]:
    for function in _functions(source, "__global__"):
        body = _part(function, "body")
        guard = b"\n#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 530\n"
        if body.named_child_count:
            yield (
                Edit(body.start_byte + 1, body.start_byte + 1, guard, "mutation"),
                Edit(body.end_byte - 1, body.end_byte - 1, b"\n#endif\n", "mutation"),
            )
    for found in re.finditer(rb"^#if (defined\(__HIP_DEVICE_COMPILE__\))$", source.data, re.M):
        yield (Edit(found.start(1), found.end(1), b"__HIP_DEVICE_COMPILE__ >= 530", "mutation"),)


def _launches(source: Source) -> Iterator[list[Node]]:
    """What stands between `<<<` and `>>>`."""
    for node in _all(source, "kernel_call_syntax"):
        if not any(parent.type == "preproc_arg" for parent in ancestors(node)):
            yield node.named_children


@_kind("launch-geometry", "W17 W40", "blocks of half the size, or a grid that lacks the last block")
def _geometry(source: Source) -> Iterator[Edits]:
    for grid, block, *_ in (each for each in _launches(source) if len(each) > 1):
        if not re.match(r"dim3|\d+ \*", _of(block)) and _of(block) != "1":
            yield (_put(block, f"({_of(block)}) / 2"),)
        if _of(grid) not in ("1", _of(block)) and not _of(grid).startswith("dim3"):
            yield (_put(grid, f"({_of(grid)}) - 1"),)
    for node in _all(source, "binary_expression"):  # (n + 127) / 128
        rounded = re.fullmatch(r"\((\w+) \+ \(?\w+(?: - 1\))?(?: - 1)?\) / (\w+)", _of(node))
        device = any(parent.type == "function_definition" and "__global__" in _of(parent) for parent in ancestors(node))
        if rounded and not device:
            yield (_put(node, f"{rounded[1]} / {rounded[2]}"),)


@_kind("launch-bounds", "W35 W37 W39", "a bound for smaller blocks than are launched")
def _bounds(source: Source) -> Iterator[Edits]:
    for node in _all(source, "launch_bounds"):
        if node.named_children:
            yield (_put(node.named_children[0], f"({_of(node.named_children[0])}) / 8"),)


@_kind("lds-off-by-one", "M10 C10", "shared memory lacks its last element")
def _lds(source: Source) -> Iterator[Edits]:
    for node in _device(source, "declaration"):
        head = _of(node)
        if "__shared__" not in head or "extern" in head:
            continue
        for array in _all(source, "array_declarator", within=node):
            size = array.child_by_field_name("size")
            if size is not None and _of(size) != "1" and _part(array, "declarator").type != "array_declarator":
                yield (_put(size, f"({_of(size)}) - 1"),)
    for launch in _launches(source):
        if len(launch) > 2 and _of(launch[2]) != "0":
            yield (_put(launch[2], f"({_of(launch[2])}) - 4"),)


@_kind("fresh-memory", "M09", "fresh memory is taken for zero")
def _fresh(source: Source) -> Iterator[Edits]:
    for callee, name, arguments in _host_calls(source, r"hipMemset(Async)?|clear"):
        call = callee.parent
        if call is None or (name == "clear" and len(arguments) != 1):
            continue
        if name != "clear" and len(arguments) > 1 and _of(arguments[1]) != "0":
            continue
        outer = next((parent for parent in ancestors(call) if parent.type.endswith("statement")), None)
        if outer is not None and outer.type == "expression_statement":
            yield (_put(outer, ";"),)


# -- layout ------------------------------------------------------------------------------------------------------------


@_kind("stride-swapped", "V06 L23", "row times stride plus column with row and column exchanged")
def _stride(source: Source) -> Iterator[Edits]:
    for node in _device(source, "subscript_expression"):
        for index in _all(source, "binary_expression", within=_part(node, "indices")):
            product, column = _part(index, "left"), _part(index, "right")
            if _of(index.child_by_field_name("operator")) != "+" or product.type != "binary_expression":
                continue
            row = _part(product, "left")
            simple = [re.fullmatch(r"[\w.]+(\[\w+\])?", _of(each)) for each in (row, column)]
            differ = _of(row) != _of(column) and not _of(column).isdigit()
            if _of(product.child_by_field_name("operator")) == "*" and all(simple) and differ:
                yield _swap(row, column)


@_kind("tile-transposed", "L09 L23", "the two indices of an element exchanged")
def _transposed(source: Source) -> Iterator[Edits]:
    for node in _device(source, "subscript_expression"):
        inner = _part(node, "argument")
        if inner.type == "subscript_expression":
            first, second = _part(inner, "indices"), _part(node, "indices")
            if _of(first) != _of(second):
                yield _swap(first, second)


@_kind("library-layout", "L04 L09 L10", "an operand transposed, a leading dimension or a direction exchanged")
def _library(source: Source) -> Iterator[Edits]:
    names = _both_ways(
        ("HIPBLAS_OP_N", "HIPBLAS_OP_T"), ("HIPFFT_FORWARD", "HIPFFT_BACKWARD"), ("lda", "ldb"), ("m", "n"),
    )  # fmt: skip
    for _, _, arguments in _host_calls(source, r"hip(?:blas|fft|sparse|solver)\w+"):
        for each in arguments:
            for word in _all(source, "identifier", within=each):
                if _of(word) in names:
                    yield (_put(word, names[_of(word)]),)


@_kind("library-type-slot", "L02 L03", "the element type of a library call is another one's")
def _type_slot(source: Source) -> Iterator[Edits]:
    names = _both_ways(("HIP_R_16F", "HIP_R_16BF")) | {"HIPBLAS_COMPUTE_32F": "HIPBLAS_COMPUTE_16F"}
    for _, _, arguments in _host_calls(source, r"hipblas\w+"):
        for each in arguments:
            if _of(each) in names:
                yield (_put(each, names[_of(each)]),)


# -- arithmetic --------------------------------------------------------------------------------------------------------


@_kind("permute-swapped", "X15 X16", "the operands of a byte permute or a funnel shift exchanged")
def _permute(source: Source) -> Iterator[Edits]:
    names = r"__byte_perm|__builtin_amdgcn_perm|__funnelshift_\w+|__hiloint2double"
    for _, _, arguments in _device_calls(source, names):
        if len(arguments) > 1 and _of(arguments[0]) != _of(arguments[1]):
            yield _swap(arguments[0], arguments[1])


def _plain(node: Node) -> str:
    """An expression in which the helpers that keep operations apart have become operators."""
    found = re.fullmatch(r"unfused_[fd](mul|add|sub)", _of(node.child_by_field_name("function")))
    if not found:
        return _of(node)
    left, right = _part(node, "arguments").named_children
    operator = {"mul": "*", "add": "+", "sub": "-"}[found[1]]
    return f"({_plain(left)} {operator} {_plain(right)})"


@_kind("rounding-fused", "F05 F01", "operations that have to round one by one become one fused operation")
def _fused(source: Source) -> Iterator[Edits]:
    for callee, _, arguments in _device_calls(source, r"unfused_\w+"):
        if callee.parent is not None and any(_of(each).startswith("unfused_") for each in arguments):
            yield (_put(callee.parent, _plain(callee.parent)),)


@_kind("half-slip", "F07 F09 F14", "the other half of a pair, or a value that passes through half on its way")
def _half(source: Source) -> Iterator[Edits]:
    names = _both_ways(("__low2float", "__high2float"), ("__low2half", "__high2half"), ("__hmin", "__hmax"))
    yield from _renamed(_device_calls(source, _either(names)), names)
    if not re.search(rb"hip_fp16", source.data):
        return
    for node in _device(source, "init_declarator"):
        value, declaration = node.child_by_field_name("value"), node.parent
        if value is None or declaration is None or _of(declaration.child_by_field_name("type")) != "float":
            continue
        if value.type != "initializer_list" and not re.fullmatch(r"[\d.ef+-]+", _of(value)):
            yield (_put(value, f"__half2float(__float2half({_of(value)}))"),)


@_kind("float-slip", "F07 F16", "double arithmetic done in float")
def _float(source: Source) -> Iterator[Edits]:
    for node in _device(source, "declaration"):
        kind = node.child_by_field_name("type")
        if _of(kind) == "double" and kind is not None:
            yield (_put(kind, "float"),)
    names = {"sqrt": "sqrtf", "exp": "expf", "log": "logf", "sin": "sinf", "rsqrt": "rsqrtf", "__ddiv_rn": "__fdiv_rn"}
    if b"double" in source.data:
        yield from _renamed(_device_calls(source, _either(names)), names)


@_kind("bit-width", "W11 W12", "a count of bits over a word of the other width")
def _width(source: Source) -> Iterator[Edits]:
    names = _both_ways(("__clz", "__clzll"), ("__brev", "__brevll")) | {"__popcll": "__popc", "__ffsll": "__ffs"}
    yield from _renamed(_device_calls(source, _either(names)), names)


@_kind("sign-slip", "F12 F13", "the signed form of an unsigned intrinsic, or the other way round")
def _sign(source: Source) -> Iterator[Edits]:
    names = _both_ways(
        ("__umulhi", "__mulhi"), ("__umul64hi", "__mul64hi"), ("__usad", "__sad"), ("__umul24", "__mul24"),
        ("__vmaxu4", "__vmaxs4"), ("__vminu4", "__vmins4"),
        ("__vcmpgtu4", "__vcmpgts4"), ("__vabsdiffu4", "__vabsdiffs4"), ("__vavgu4", "__vavgs4"),
        ("__vmaxu2", "__vmaxs2"), ("__vminu2", "__vmins2"), ("__vsadu4", "__vsads4"),
    ) | {"__uhadd": "__hadd", "__urhadd": "__rhadd"}  # fmt: skip
    yield from _renamed(_device_calls(source, _either(names)), names)


@_kind("operator-lost", "V01 V02", "HIP's operators on vectors take the place of the project's own")
def _operator(source: Source) -> Iterator[Edits]:
    for function in _functions(source):
        declarator = _of(function.child_by_field_name("declarator"))
        if re.match(r"operator\s*[*/]\s*\((?:const )?\w+[24]\W+\w+,\s*(?:const )?\w+[24]\b", declarator):
            yield (_put(function, ""),)


@_kind("atomic-wrap-lost", "X12", "atomicInc and atomicDec that do not wrap at their bound")
def _atomic_wrap(source: Source) -> Iterator[Edits]:
    for callee, name, arguments in _device_calls(source, r"atomicInc|atomicDec"):
        if len(arguments) == 2:
            yield _put(callee, {"atomicInc": "atomicAdd", "atomicDec": "atomicSub"}[name]), _put(arguments[1], "1u")
