"""PTX that moves data: registers, loads and stores, atomics, address spaces, asynchronous copies, textures."""

from __future__ import annotations

from hipwright.emulate.ptx_body import (
    Body,
    UnknownPtxError,
    instruction,
    llvm,
    type_of,
    width,
)
from hipwright.rules.ptx.syntax import Address, Argument, Instruction, Integer, Ref, Reg, Vector

_ORDERS = {
    "relaxed": "monotonic",
    "acquire": "acquire",
    "release": "release",
    "acq_rel": "acq_rel",
    "mmio": "monotonic",
}


@instruction("mov")
def _mov(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    plain = kind if kind == "pred" else f"b{width(kind)}"
    target, source = text.arguments
    body.write(target, plain, body.read(source, plain))


# -- addresses ---------------------------------------------------------------------------------------------------------


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


# -- loads and stores --------------------------------------------------------------------------------------------------


def _how(body: Body, text: Instruction) -> tuple[str, str]:
    order = next((_ORDERS[suffix] for suffix in text.suffixes if suffix in _ORDERS), "")
    if order:
        _orders(body, text)
        return "atomic ", f" {order}"
    if text.has("volatile", "cv", "wt"):
        _orders(body, text)
        return "volatile ", ""
    return "", ""


def _orders(body: Body, text: Instruction) -> None:
    """Tell the checked build of an access that may order others: of the access, and of the fences in it."""
    if text.has("release", "acq_rel"):
        body.call("hw_ptx_fence", "void", ("i32", _reach(text)))
    body.call("hw_ptx_synchronised", "void")
    if text.has("acquire", "acq_rel"):
        body.call("hw_ptx_fence", "void", ("i32", _reach(text)))


def _reach(text: Instruction) -> str:
    """1 where an order reaches beyond the block that makes it."""
    return "0" if text.has("cta") else "1"


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
    how, order = _how(body, text)
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
    how, order = _how(body, text)
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
    _orders(body, text)
    operation = next((s for s in text.suffixes if s in {*_ATOMIC, "add", "min", "max", "cas"}), "")
    size = bits // 8
    if operation == "cas":
        expected, wanted = body.read(arguments[1], f"b{bits}"), body.read(arguments[2], f"b{bits}")
        both_out = body.value(
            f"cmpxchg ptr {pointer}, i{bits} {expected}, i{bits} {wanted} seq_cst seq_cst, align {size}"
        )
        value, kind = body.value(f"extractvalue {{ i{bits}, i1 }} {both_out}, 0"), f"b{bits}"
    elif kind in {"f16", "bf16", "f16x2", "bf16x2"}:
        of = f"i{bits}"
        value = body.call(
            f"hw_ptx_atom_{operation}_{kind}", of, ("ptr", pointer), (of, body.read(arguments[1], f"b{bits}"))
        )
        kind = f"b{bits}"
    else:
        if operation in {"add", "min", "max"}:
            floating = kind in {"f32", "f64"}
            name = (
                f"f{operation}" if floating else operation if operation == "add" or kind[0] == "s" else f"u{operation}"
            )
        elif operation in _ATOMIC:
            name = _ATOMIC[operation]
        else:
            raise UnknownPtxError(text.opcode)
        of = llvm(kind)
        value = body.value(
            f"atomicrmw {name} ptr {pointer}, {of} {body.read(arguments[1], kind)} seq_cst, align {size}"
        )
    if target is not None:
        body.write(target, kind, value)


@instruction("membar", "fence")
def _fence(body: Body, text: Instruction) -> None:
    body.emit("fence seq_cst")
    if not text.has("proxy"):
        body.call("hw_ptx_fence", "void", ("i32", _reach(text)))


@instruction("prefetch", "prefetchu", "applypriority", "discard", "griddepcontrol", "pmevent", "setmaxnreg", "brkpt")
def _nothing(body: Body, text: Instruction) -> None:
    """Hints, and waits for what has ended already. A breakpoint without a debugger is passed over."""


@instruction("createpolicy")
def _createpolicy(body: Body, text: Instruction) -> None:
    body.write(text.arguments[0], "b64", "0")


# -- asynchronous copies: done at once ---------------------------------------------------------------------------------


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


# -- mbarrier: a count of arrivals in 64 bits of shared memory ---------------------------------------------------------


@instruction("mbarrier")
def _mbarrier(body: Body, text: Instruction) -> None:
    if text.has("try_wait", "test_wait"):
        done, where, state = text.arguments[:3]
        pointer = _barrier_at(body, text, where)
        name = "parity" if text.has("parity") else "state"
        waited = body.read(state, "b32" if name == "parity" else "b64")
        kind = "i32" if name == "parity" else "i64"
        # A wait is a place where other lanes get their turn.
        value = body.call(f"hw_ptx_mbarrier_test_{name}", "i1", ("ptr", pointer), (kind, waited), site=True)
        body.write(done, "pred", value)
    elif text.has("init"):
        arrivals = body.read(text.arguments[1], "b32")
        body.call(
            "hw_ptx_mbarrier_init", "void", ("ptr", _barrier_at(body, text, text.arguments[0])), ("i32", arrivals)
        )
    elif text.has("inval"):
        _barrier_at(body, text, text.arguments[0])
    elif text.has("pending_count"):
        value = body.call("hw_ptx_mbarrier_pending", "i32", ("i64", body.read(text.arguments[1], "b64")))
        body.write(text.arguments[0], "b32", value)
    elif (text.has("arrive", "arrive_drop")) and not text.has("expect_tx", "cluster", "shared::cluster"):
        target, where, *count = text.arguments
        arrived = _arrive(body, text, where, body.read(count[0], "b32") if count else "1")
        body.write(target, "b64", arrived)
    else:
        raise UnknownPtxError(text.opcode)


def _barrier_at(body: Body, text: Instruction, where: Argument) -> str:
    if any(suffix.startswith("shared") for suffix in text.suffixes):
        return body.call("hw_ptx_shared", "ptr", ("i64", _wide(body, where)))
    return body.value(f"inttoptr i64 {_wide(body, where)} to ptr")


def _arrive(body: Body, text: Instruction, where: Argument, count: str = "1") -> str:
    drop = "1" if text.has("arrive_drop") else "0"
    return body.call(
        "hw_ptx_mbarrier_arrive", "i64", ("ptr", _barrier_at(body, text, where)), ("i32", count), ("i1", drop)
    )
