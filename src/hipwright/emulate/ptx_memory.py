"""PTX that moves data: registers, loads and stores, atomics, address spaces, asynchronous copies, textures."""

from __future__ import annotations

from hipwright.emulate.ptx_body import (
    Body,
    Operand,
    UnknownPtxError,
    both,
    instruction,
    llvm,
    type_of,
    types_of,
    width,
)
from hipwright.rules.ptx.syntax import Address, Argument, Instruction, Integer, Other, Ref, Reg, Vector

_ORDERS = {"relaxed": "monotonic", "acquire": "acquire", "release": "release", "acq_rel": "acq_rel", "mmio": "monotonic"}


@instruction("mov")
def _mov(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    plain = kind if kind == "pred" else f"b{width(kind)}"
    target, source = text.arguments
    body.write(target, plain, body.read(source, plain))


# -- addresses ------------------------------------------------------------------------------------------------------------


def address(body: Body, text: Instruction, argument: Argument) -> str:
    """An address as a pointer: shared memory is named by offsets, all the rest by addresses of this machine."""
    if isinstance(argument, Address):
        base, offset = argument.base, argument.offset
    else:
        base, offset = argument, None
    if isinstance(base, Integer) or (isinstance(base, Reg) and base.name not in body.registers):
        raise UnknownPtxError("an address that is a constant or a symbol")
    place = body.slot(base)
    whole = body.value(f"load i{place.bits}, ptr {place.slot}")
    if offset is not None:
        whole = body.value(f"add i{place.bits} {whole}, {body.read(offset, f's{place.bits}')}")
    wide = body.resized(whole, place.bits, 64)
    if any(suffix.startswith("shared") for suffix in text.suffixes):
        return body.call("hw_ptx_shared", "ptr", ("i64", wide))
    if place.bits != 64:
        raise UnknownPtxError("a short address outside of shared memory")
    return body.value(f"inttoptr i64 {wide} to ptr")


@instruction("cvta")
def _cvta(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    target, source = text.arguments
    if isinstance(source, Reg) and source.name not in body.registers:
        raise UnknownPtxError("the address of a symbol")
    value = body.resized(body.read(source, kind), width(kind), 64)
    if any(suffix.startswith("shared") for suffix in text.suffixes):
        if text.has("to"):
            pointer = body.value(f"inttoptr i64 {value} to ptr")
            value = body.value(f"zext i32 {body.call('hw_lds_offset', 'i32', ('ptr', pointer))} to i64")
        else:
            value = body.value(f"ptrtoint ptr {body.call('hw_ptx_shared', 'ptr', ('i64', value))} to i64")
    body.write(target, "b64", value)


@instruction("isspacep")
def _isspacep(body: Body, text: Instruction) -> None:
    space = next(suffix for suffix in text.suffixes).partition("::")[0]
    pointer = body.value(f"inttoptr i64 {body.read(text.arguments[1], 'b64')} to ptr")
    body.write(text.arguments[0], "pred", body.call(f"hw_nvvm_isspacep_{space}", "i1", ("ptr", pointer)))


# -- loads and stores -----------------------------------------------------------------------------------------------------


def _how(text: Instruction, *, store: bool) -> tuple[str, str]:
    order = next((_ORDERS[suffix] for suffix in text.suffixes if suffix in _ORDERS), "")
    if order:
        return "atomic ", f" {order}"
    return ("volatile ", "") if text.has("volatile", "cv", "wt") else ("", "")


def _elements(text: Instruction, argument: Argument) -> list[Argument]:
    count = 4 if text.has("v4") else 2 if text.has("v2") else 8 if text.has("v8") else 1
    if count == 1:
        return [argument.parts[0] if isinstance(argument, Vector) and len(argument.parts) == 1 else argument]
    if not isinstance(argument, Vector) or len(argument.parts) != count:
        raise UnknownPtxError("a vector of this form")
    return list(argument.parts)


@instruction("ld", "ldu")
def _ld(body: Body, text: Instruction) -> None:
    if text.has("param", "const"):
        raise UnknownPtxError(text.opcode)
    kind = type_of(text)
    plain = f"{'s' if kind[0] == 's' else 'b'}{width(kind)}"
    target, source = text.arguments[:2]
    pointer = address(body, text, source)
    how, order = _how(text, store=False)
    size = width(kind) // 8
    values = []
    for index, _part in enumerate(_elements(text, target)):
        at = body.value(f"getelementptr i8, ptr {pointer}, i64 {index * size}") if index else pointer
        values.append(body.value(f"load {how}i{size * 8}, ptr {at}{order}, align {size}"))
    for part, value in zip(_elements(text, target), values, strict=True):
        body.write(part, plain, value)


@instruction("st")
def _st(body: Body, text: Instruction) -> None:
    if text.has("async", "bulk", "param"):
        raise UnknownPtxError(text.opcode)
    kind = type_of(text)
    target, source = text.arguments[:2]
    pointer = address(body, text, target)
    how, order = _how(text, store=True)
    size = width(kind) // 8
    for index, part in enumerate(_elements(text, source)):
        at = body.value(f"getelementptr i8, ptr {pointer}, i64 {index * size}") if index else pointer
        body.emit(f"store {how}i{size * 8} {body.read(part, f'b{size * 8}')}, ptr {at}{order}, align {size}")


_ATOMIC = {"exch": "xchg", "and": "and", "or": "or", "xor": "xor", "inc": "uinc_wrap", "dec": "udec_wrap"}


@instruction("atom", "red")
def _atom(body: Body, text: Instruction) -> None:
    if text.has("async", "v2", "v4", "v8"):
        raise UnknownPtxError(text.opcode)
    kind = type_of(text)
    arguments = list(text.arguments)
    target = arguments.pop(0) if text.name == "atom" else None
    pointer = address(body, text, arguments[0])
    bits = width(kind)
    operation = next((s for s in text.suffixes if s in {*_ATOMIC, "add", "min", "max", "cas"}), "")
    size = bits // 8
    if operation == "cas":
        expected, wanted = body.read(arguments[1], f"b{bits}"), body.read(arguments[2], f"b{bits}")
        both_out = body.value(f"cmpxchg ptr {pointer}, i{bits} {expected}, i{bits} {wanted} seq_cst seq_cst, align {size}")
        value, kind = body.value(f"extractvalue {{ i{bits}, i1 }} {both_out}, 0"), f"b{bits}"
    elif kind in {"f16", "bf16", "f16x2", "bf16x2"}:
        of = f"i{bits}"
        value = body.call(f"hw_ptx_atom_{operation}_{kind}", of, ("ptr", pointer), (of, body.read(arguments[1], f"b{bits}")))
        kind = f"b{bits}"
    else:
        if operation in {"add", "min", "max"}:
            floating = kind in {"f32", "f64"}
            name = f"f{operation}" if floating else operation if operation == "add" or kind[0] == "s" else f"u{operation}"
        elif operation in _ATOMIC:
            name = _ATOMIC[operation]
        else:
            raise UnknownPtxError(text.opcode)
        of = llvm(kind)
        value = body.value(f"atomicrmw {name} ptr {pointer}, {of} {body.read(arguments[1], kind)} seq_cst, align {size}")
    if target is not None:
        body.write(target, kind, value)


@instruction("membar", "fence")
def _fence(body: Body, text: Instruction) -> None:
    body.emit("fence seq_cst")


@instruction("prefetch", "prefetchu", "applypriority", "discard", "griddepcontrol", "pmevent", "setmaxnreg", "brkpt")
def _nothing(body: Body, text: Instruction) -> None:
    """Hints, and waits for what has ended already. A breakpoint without a debugger is passed over."""


@instruction("createpolicy")
def _createpolicy(body: Body, text: Instruction) -> None:
    body.write(text.arguments[0], "b64", "0")


# -- asynchronous copies: done at once -------------------------------------------------------------------------------------


@instruction("cp")
def _cp(body: Body, text: Instruction) -> None:
    if not text.has("async") or text.has("bulk"):
        raise UnknownPtxError(text.opcode)
    if text.has("commit_group", "wait_group", "wait_all"):
        return
    if text.has("mbarrier"):
        # The copies that the barrier waits for are done: what is left is the arrival, if it counts.
        if text.has("noinc"):
            _arrive(body, text, text.arguments[0])
        return
    target, source, size, *rest = text.arguments
    to = body.call("hw_ptx_shared", "ptr", ("i64", _wide(body, target)))
    begin = body.value(f"inttoptr i64 {_wide(body, source)} to ptr")
    bytes_copied = rest[0] if rest and not _is_policy(body, rest[0]) else size
    given = [("ptr", to), ("ptr", begin), ("i32", body.read(size, "b32")), ("i32", body.read(bytes_copied, "b32"))]
    body.call("hw_ptx_cp_async", "void", *given)


def _is_policy(body: Body, argument: Argument) -> bool:
    return isinstance(argument, (Ref, Reg)) and body.slot(argument).bits == 64


def _wide(body: Body, argument: Argument) -> str:
    if not isinstance(argument, Address):
        raise UnknownPtxError("an address of this form")
    place = body.slot(argument.base)
    whole = body.value(f"load i{place.bits}, ptr {place.slot}")
    if argument.offset is not None:
        whole = body.value(f"add i{place.bits} {whole}, {body.read(argument.offset, f's{place.bits}')}")
    return body.resized(whole, place.bits, 64)


# -- mbarrier: a count of arrivals in 64 bits of shared memory ---------------------------------------------------------------


@instruction("mbarrier")
def _mbarrier(body: Body, text: Instruction) -> None:
    if text.has("try_wait", "test_wait"):
        done, where, state = text.arguments[:3]
        pointer = _barrier_at(body, text, where)
        name = "parity" if text.has("parity") else "state"
        wide = body.read(state, "b32" if name == "parity" else "b64")
        kind = "i32" if name == "parity" else "i64"
        # A wait is a place where other lanes get their turn.
        value = body.call(f"hw_ptx_mbarrier_test_{name}", "i1", ("ptr", pointer), (kind, wide), site=True)
        body.write(done, "pred", value)
    elif text.has("init"):
        count = body.read(text.arguments[1], "b32")
        body.call("hw_ptx_mbarrier_init", "void", ("ptr", _barrier_at(body, text, text.arguments[0])), ("i32", count))
    elif text.has("inval"):
        _barrier_at(body, text, text.arguments[0])
    elif text.has("pending_count"):
        value = body.call("hw_ptx_mbarrier_pending", "i32", ("i64", body.read(text.arguments[1], "b64")))
        body.write(text.arguments[0], "b32", value)
    elif (text.has("arrive", "arrive_drop")) and not text.has("expect_tx", "cluster", "shared::cluster"):
        target, where, *count = text.arguments
        state = _arrive(body, text, where, body.read(count[0], "b32") if count else "1")
        body.write(target, "b64", state)
    else:
        raise UnknownPtxError(text.opcode)


def _barrier_at(body: Body, text: Instruction, where: Argument) -> str:
    if any(suffix.startswith("shared") for suffix in text.suffixes):
        return body.call("hw_ptx_shared", "ptr", ("i64", _wide(body, where)))
    return body.value(f"inttoptr i64 {_wide(body, where)} to ptr")


def _arrive(body: Body, text: Instruction, where: Argument, count: str = "1") -> str:
    drop = "1" if text.has("arrive_drop") else "0"
    return body.call("hw_ptx_mbarrier_arrive", "i64", ("ptr", _barrier_at(body, text, where)), ("i32", count), ("i1", drop))


# -- textures and surfaces -----------------------------------------------------------------------------------------------------

_SHAPES = {"1d": 1, "2d": 2, "3d": 3, "a1d": 2, "a2d": 3, "cube": 3, "acube": 4}
_EXTRA = {"base": 0, "level": 1}


def _listed(argument: Argument) -> tuple[Argument, list[Argument]]:
    """`[object, {x, y}]` as the object and its coordinates."""
    if not isinstance(argument, Other):
        raise UnknownPtxError("coordinates of this form")
    text = argument.text.strip()
    head, _, tail = text.strip("[]").partition(",")
    names = [part.strip() for part in tail.strip().strip("{}").split(",")]
    return _named(head.strip()), [_named(name) for name in names]


def _named(text: str) -> Argument:
    return Ref(int(text[1:])) if text.startswith("%") and text[1:].isdigit() else Reg(text)


def _array(body: Body, values: list[str], kind: str, count: int) -> Operand:
    place = body.scratch(kind, count=count)
    for index, value in enumerate(values):
        at = body.value(f"getelementptr {kind}, ptr {place.slot}, i64 {index}")
        body.emit(f"store {kind} {value}, ptr {at}")
    return place


@instruction("tex", "tld4")
def _tex(body: Body, text: Instruction) -> None:
    """Four texels or numbers by way of the runtime, whatever the shape: coordinates and gradients in one array."""
    shape = next((suffix for suffix in text.suffixes if suffix in _SHAPES), "")
    gathered = next((suffix for suffix in text.suffixes if suffix in {"r", "g", "b", "a"}), "") if text.name == "tld4" else ""
    if not shape or text.has("grad") or not isinstance(text.arguments[0], Vector):
        raise UnknownPtxError(text.opcode)
    result, kind = types_of(text)[-2:]
    handle, coordinates = _listed(text.arguments[1])
    used = coordinates[: _SHAPES[shape]]
    bits = [body.read(coordinate, "b32") for coordinate in used]
    level = body.read(text.arguments[2], "b32") if text.has("level") and len(text.arguments) > 2 else "0"
    place = _array(body, [*bits, level], "i32", 5)
    out = body.scratch("i32", count=4)
    name = f"tex{'_gather' if gathered else ''}"
    given = [
        ("i64", body.read(handle, "b64")), ("ptr", place.slot), ("i32", str(list(_SHAPES).index(shape))),
        ("i32", str(int(kind == "f32"))), ("i32", str("rgba".index(gathered)) if gathered else str(int(text.has("level")))),
        ("i32", {"f32": "0", "s32": "1"}.get(result, "2")), ("ptr", out.slot),
    ]  # fmt: skip
    body.call(f"hw_{name}", "void", *given)
    for index, part in enumerate(text.arguments[0].parts):
        at = body.value(f"getelementptr i32, ptr {out.slot}, i64 {index}")
        body.write(part, "b32", body.value(f"load i32, ptr {at}"))


@instruction("suld", "sust")
def _surface(body: Body, text: Instruction) -> None:
    shape = next((suffix for suffix in text.suffixes if suffix in _SHAPES), "")
    load = text.name == "suld"
    if not shape or not text.has("b"):
        raise UnknownPtxError(text.opcode)
    kind = type_of(text)
    values, where = text.arguments if load else reversed(text.arguments)
    handle, coordinates = _listed(where)
    place = _array(body, [body.read(one, "b32") for one in coordinates[: _SHAPES[shape]]], "i32", 4)
    mode = "trap" if text.has("trap") else "clamp" if text.has("clamp") else "zero"
    parts = list(values.parts) if isinstance(values, Vector) else [values]
    size = width(kind)
    held = _array(body, [] if load else [body.read(part, f"b{size}") for part in parts], f"i{size}", 4)
    given = [
        ("i64", body.read(handle, "b64")), ("ptr", place.slot), ("i32", str(list(_SHAPES).index(shape))),
        ("i32", str(["trap", "clamp", "zero"].index(mode))), ("i32", str(len(parts) * size // 8)), ("ptr", held.slot),
    ]  # fmt: skip
    body.call(f"hw_surface_{'load' if load else 'store'}", "void", *given)
    if load:
        for index, part in enumerate(parts):
            at = body.value(f"getelementptr i{size}, ptr {held.slot}, i64 {index}")
            body.write(part, f"b{size}", body.value(f"load i{size}, ptr {at}"))


@instruction("txq", "suq")
def _query(body: Body, text: Instruction) -> None:
    what = next((s for s in text.suffixes if s in {"width", "height", "depth", "channel_order", "channel_data_type"}), "")
    argument = text.arguments[1]
    if what not in {"width", "height", "depth"} or not isinstance(argument, Address):
        raise UnknownPtxError(text.opcode)
    number = ["width", "height", "depth"].index(what)
    value = body.call("hw_texture_size", "i32", ("i64", body.read(argument.base, "b64")), ("i32", str(number)))
    body.write(both(text.arguments[0])[0], "b32", value)
