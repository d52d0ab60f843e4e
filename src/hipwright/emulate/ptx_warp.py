"""PTX in which lanes meet: shuffles, votes, barriers, matrices; and what ends or delays a lane."""

from __future__ import annotations

from hipwright.emulate.ptx_body import Body, UnknownPtxError, both, instruction, type_of, types_of, width
from hipwright.emulate.ptx_memory import address
from hipwright.rules.ptx.syntax import Argument, Instruction, Vector


def _pair(body: Body, value: str) -> tuple[str, str]:
    """The members of {i32, i1}."""
    return (
        body.value(f"extractvalue {{ i32, i1 }} {value}, 0"),
        body.value(f"extractvalue {{ i32, i1 }} {value}, 1"),
    )


@instruction("shfl")
def _shfl(body: Body, text: Instruction) -> None:
    mode = next((suffix for suffix in text.suffixes if suffix in {"up", "down", "bfly", "idx"}), "")
    target, predicate = both(text.arguments[0])
    value, lane, clamp = (("i32", body.read(argument, "b32")) for argument in text.arguments[1:4])
    if text.has("sync"):
        mask = ("i32", body.read(text.arguments[4], "b32"))
        found = body.call(f"hw_nvvm_shfl_sync_{mode}_i32p", "{ i32, i1 }", mask, value, lane, clamp, site=True)
    else:
        found = body.call(f"hw_nvvm_shfl_{mode}_i32p", "{ i32, i1 }", value, lane, clamp, site=True)
    word, inside = _pair(body, found)
    body.write(target, "b32", word)
    if predicate is not None:
        body.write(predicate, "pred", inside)


@instruction("vote")
def _vote(body: Body, text: Instruction) -> None:
    mode = next((suffix for suffix in text.suffixes if suffix in {"all", "any", "uni", "ballot"}), "")
    target, source = text.arguments[:2]
    given = [("i1", body.read(source, "pred"))]
    name = f"hw_nvvm_vote_{mode}"
    if text.has("sync"):
        given.insert(0, ("i32", body.read(text.arguments[2], "b32")))
        name += "_sync"
    ballot = mode == "ballot"
    value = body.call(name, "i32" if ballot else "i1", *given, site=True)
    body.write(target, "b32" if ballot else "pred", value)


@instruction("match")
def _match(body: Body, text: Instruction) -> None:
    bits = width(type_of(text))
    target, predicate = both(text.arguments[0])
    given = [("i32", body.read(text.arguments[2], "b32")), (f"i{bits}", body.read(text.arguments[1], f"b{bits}"))]
    if text.has("any"):
        body.write(target, "b32", body.call(f"hw_nvvm_match_any_sync_i{bits}", "i32", *given, site=True))
        return
    word, same = _pair(body, body.call(f"hw_nvvm_match_all_sync_i{bits}p", "{ i32, i1 }", *given, site=True))
    body.write(target, "b32", word)
    if predicate is not None:
        body.write(predicate, "pred", same)


@instruction("activemask")
def _activemask(body: Body, text: Instruction) -> None:
    body.write(text.arguments[0], "b32", body.call("hw_nvvm_activemask", "i32", site=True))


@instruction("redux")
def _redux(body: Body, text: Instruction) -> None:
    kind = type_of(text)
    operation = next((suffix for suffix in text.suffixes if suffix in {"add", "min", "max", "and", "or", "xor"}), "")
    if kind == "f32" or not operation:
        raise UnknownPtxError(text.opcode)
    name = f"u{operation}" if operation in {"min", "max"} and kind[0] == "u" else operation
    given = [("i32", body.read(text.arguments[1], "b32")), ("i32", body.read(text.arguments[2], "b32"))]
    body.write(text.arguments[0], "b32", body.call(f"hw_nvvm_redux_sync_{name}", "i32", *given, site=True))


@instruction("bar", "barrier")
def _bar(body: Body, text: Instruction) -> None:
    if text.has("cluster"):
        raise UnknownPtxError(text.opcode)
    if text.has("warp"):
        body.call("hw_nvvm_bar_warp_sync", "void", ("i32", body.read(text.arguments[0], "b32")), site=True)
        return
    arguments = list(text.arguments)
    reduction = next((suffix for suffix in text.suffixes if suffix in {"popc", "and", "or"}), "")
    target = arguments.pop(0) if text.has("red") else None
    source = arguments.pop() if text.has("red") else None
    given = [("i32", body.read(argument, "b32")) for argument in arguments]
    extent = "count" if len(given) > 1 else "all"
    if text.has("arrive"):
        body.call("hw_nvvm_barrier_cta_arrive_aligned_count", "void", *given, site=True)
    elif target is None or source is None:
        body.call(f"hw_nvvm_barrier_cta_sync_aligned_{extent}", "void", *given, site=True)
    else:
        given.append(("i1", body.read(source, "pred")))
        kind = "i32" if reduction == "popc" else "i1"
        value = body.call(f"hw_nvvm_barrier_cta_red_{reduction}_aligned_{extent}", kind, *given, site=True)
        body.write(target, "b32" if reduction == "popc" else "pred", value)


@instruction("nanosleep")
def _nanosleep(body: Body, text: Instruction) -> None:
    body.call("hw_nvvm_nanosleep", "void", ("i32", body.read(text.arguments[0], "b32")), site=True)


@instruction("trap")
def _trap(body: Body, text: Instruction) -> None:
    body.call("hw_trap", "void", site=True)


@instruction("exit")
def _exit(body: Body, text: Instruction) -> None:
    body.call("hw_nvvm_exit", "void")


# -- matrices: each lane hands in its registers, the runtime knows which element is where ------------------------------


def _stored(body: Body, argument: Argument, kind: str) -> str:
    parts = list(argument.parts) if isinstance(argument, Vector) else [argument]
    bits = 64 if kind == "f64" else 32
    place = body.scratch(f"i{bits}", count=len(parts))
    for index, part in enumerate(parts):
        at = body.value(f"getelementptr i{bits}, ptr {place.slot}, i64 {index}")
        body.emit(f"store i{bits} {body.read(part, f'b{bits}')}, ptr {at}")
    return place.slot


def _loaded(body: Body, argument: Argument, kind: str, slot: str) -> None:
    parts = list(argument.parts) if isinstance(argument, Vector) else [argument]
    bits = 64 if kind == "f64" else 32
    for index, part in enumerate(parts):
        at = body.value(f"getelementptr i{bits}, ptr {slot}, i64 {index}")
        body.write(part, f"b{bits}", body.value(f"load i{bits}, ptr {at}"))


MATRIX_TYPES = ["f16", "bf16", "tf32", "f32", "f64", "s8", "u8", "s4", "u4", "s32", "b1", "e4m3", "e5m2"]


@instruction("mma")
def _mma(body: Body, text: Instruction) -> None:
    shape = next((suffix for suffix in text.suffixes if suffix[:1] == "m" and suffix[1:2].isdigit()), "")
    kinds = [suffix for suffix in text.suffixes if suffix in MATRIX_TYPES]
    if text.has("sp", "block_scale") or len(kinds) != 4 or any(kind in {"e4m3", "e5m2"} for kind in kinds):
        raise UnknownPtxError(text.opcode)
    sizes = [int(part) for part in shape[1:].replace("n", " ").replace("k", " ").split()]
    if tuple(sizes) not in {(16, 8, 8), (16, 8, 16), (16, 8, 4), (16, 8, 32), (16, 8, 64), (16, 8, 128), (16, 8, 256),
                            (8, 8, 4), (8, 8, 16), (8, 8, 32), (8, 8, 128)}:  # fmt: skip
        raise UnknownPtxError(text.opcode)
    if tuple(sizes) == (8, 8, 4) and kinds[1] == "f16":
        raise UnknownPtxError(text.opcode)  # Volta's own arrangement of four groups of lanes
    result, left, right, addend = kinds
    target, a, b, c = text.arguments
    out = body.scratch("i64", count=8)
    operation = 2 if text.has("and") else 1 if text.has("xor") else 0
    numbers = [*sizes, *(MATRIX_TYPES.index(kind) for kind in kinds), operation, int(text.has("satfinite"))]
    given = [
        ("ptr", slot) for slot in (out.slot, _stored(body, a, left), _stored(body, b, right), _stored(body, c, addend))
    ]
    body.call("hw_ptx_mma", "void", *given, *(("i32", str(number)) for number in numbers), site=True)
    _loaded(body, target, result, out.slot)


@instruction("ldmatrix", "stmatrix")
def _ldmatrix(body: Body, text: Instruction) -> None:
    count = 4 if text.has("x4") else 2 if text.has("x2") else 1
    if not text.has("m8n8") or types_of(text)[-1] != "b16":
        raise UnknownPtxError(text.opcode)
    transposed = "1" if text.has("trans") else "0"
    if text.name == "ldmatrix":
        target, where = text.arguments
        out = body.scratch("i32", count=4)
        given = [("ptr", out.slot), ("ptr", address(body, text, where)), ("i32", str(count)), ("i32", transposed)]
        body.call("hw_ptx_ldmatrix", "void", *given, site=True)
        _loaded(body, target, "b32", out.slot)
    else:
        where, source = text.arguments
        given = [("ptr", _stored(body, source, "b32")), ("ptr", address(body, text, where)), ("i32", str(count))]
        body.call("hw_ptx_stmatrix", "void", *given, ("i32", transposed), site=True)


@instruction("movmatrix")
def _movmatrix(body: Body, text: Instruction) -> None:
    target, source = text.arguments
    body.write(target, "b32", body.call("hw_ptx_movmatrix", "i32", ("i32", body.read(source, "b32")), site=True))
