"""Moves, loads, stores, atomics, fences, address conversion and asynchronous copies."""

from __future__ import annotations

from hipwright.rules.ptx.integer import operand_type
from hipwright.rules.ptx.syntax import Address, Argument, Instruction, Integer, Ref, Reg, Vector
from hipwright.rules.ptx.translate import Translator, UntranslatedError, instruction
from hipwright.rules.ptx.values import (
    BITS,
    C_TYPES,
    OR,
    SHIFT,
    UNARY,
    Value,
    at,
    convert,
    literal,
    typed,
    unsigned,
)

_SCOPES = {"cta": "WORKGROUP", "cluster": "AGENT", "gpu": "AGENT", "sys": "SYSTEM"}
_ORDERS = {"relaxed": "RELAXED", "acquire": "ACQUIRE", "release": "RELEASE", "acq_rel": "ACQ_REL"}
_VECTOR_NAMES = {
    "f32": "float", "u32": "uint", "s32": "int", "u64": "ulonglong", "s64": "longlong", "f64": "double",
    "u16": "ushort", "s16": "short",
    "u8": "uchar", "s8": "char",
}  # fmt: skip


# -- mov
# -----------------------------------------------------------------------------------------------------------------


@instruction("mov")
def _mov(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    d, a = ins.arguments
    if type == "b128":
        raise UntranslatedError("a 128-bit register")
    if isinstance(a, Vector):
        t.write(d, _packed(t, a, BITS[type]))
    elif isinstance(d, Vector):
        _unpack(t, d, t.read(a, unsigned(BITS[type])))
    elif type == "pred":
        t.write(d, t.read(a, "pred"))
    elif isinstance(a, Integer):
        t.write(d, t.read(a, typed(type)))
    else:
        t.write(d, t.read(a, type))


def _packed(t: Translator, vector: Vector, bits: int) -> Value:
    """`{a, b}` as one integer, the first part lowest."""
    part_bits = bits // len(vector.parts)
    word = unsigned(max(bits, 32))
    terms: list[Value] = []
    for index, part in enumerate(vector.parts):
        value = t.read(part, unsigned(part_bits))
        if value.literal == 0:
            continue
        if bits > 32 or part_bits < 32:
            value = (
                literal(value.literal, word)
                if value.literal is not None
                else Value(f"({C_TYPES[word]}){at(value, UNARY - 1)}", word, UNARY)
                if index
                else value
            )
        terms.append(Value(f"{at(value, SHIFT + 1)} << {part_bits * index}", word, SHIFT) if index else value)
    if not terms:
        return literal(0, unsigned(bits))
    result = terms[0]
    for term in terms[1:]:
        result = Value(f"{at(result, OR)} | {at(term, OR)}", word, OR)
    return convert(result, unsigned(bits)) if bits < 32 else result


def _unpack(t: Translator, vector: Vector, value: Value) -> None:
    part_bits = value.bits // len(vector.parts)
    used = [part for part in vector.parts if not (isinstance(part, Reg) and part.name == "_")]
    if len(used) > 1:
        value = t.bind(value, "packed")
    for index, part in enumerate(vector.parts):
        shifted = Value(f"{at(value, SHIFT + 1)} >> {part_bits * index}", value.type, SHIFT) if index else value
        t.write(part, Value(f"({C_TYPES[unsigned(part_bits)]}){at(shifted, UNARY - 1)}", unsigned(part_bits), UNARY))


# -- ld and st
# -----------------------------------------------------------------------------------------------------------


def _is_shared(ins: Instruction) -> bool:
    if ins.has("shared::cluster"):
        raise UntranslatedError(
            "the shared memory of another block of the cluster",
            "AMD has no clusters: exchange through global memory",
            "X22",
        )
    return ins.has("shared", "shared::cta")


def _scope(ins: Instruction) -> str:
    return f"__HIP_MEMORY_SCOPE_{next((_SCOPES[s] for s in ins.suffixes if s in _SCOPES), 'AGENT')}"


def _order(ins: Instruction) -> str:
    return next((_ORDERS[s] for s in ins.suffixes if s in _ORDERS), "")


def _spaces(ins: Instruction) -> None:
    for space in ("param", "param::entry", "local", "const"):
        if ins.has(space) and space != "const":
            raise UntranslatedError(f"the {space} address space")


def _width(ins: Instruction) -> int:
    return next((int(s[1:]) for s in ins.suffixes if s in ("v2", "v4", "v8")), 1)


def _access_type(ins: Instruction, argument: Argument, t: Translator) -> str:
    """The C++ type of the access: for untyped bits that of the operand that takes them."""
    type = operand_type(ins)
    if type == "b128":
        raise UntranslatedError("a 128-bit access")
    if typed(type) == type:
        return type
    if isinstance(argument, Ref):
        own = t.operands[argument.index].value.type
        if own in C_TYPES and BITS[own] == BITS[type] and own in _VECTOR_NAMES:
            return own
    return unsigned(BITS[type])


@instruction("ld", "ldu")
def _ld(t: Translator, ins: Instruction) -> None:
    d, address, *_hints = ins.arguments
    _spaces(ins)
    parts = d.parts if isinstance(d, Vector) else (d,)
    if len(parts) != _width(ins):
        raise UntranslatedError("a vector of this width")
    type = _access_type(ins, parts[0], t)
    shared, order, width = _is_shared(ins), _order(ins), _width(ins)
    strong = order or ins.has("volatile", "cv", "cg", "mmio")
    c_type = C_TYPES[type]
    if width == 1:
        t.write(d, _load(t, ins, address, type, shared, order))
        return
    if width == 8 or BITS[type] * width > 128:
        raise UntranslatedError("a vector of more than 128 bits", "load it in two halves")
    if order or (strong and not shared and ins.has("cg", "cv", "volatile", "mmio")):
        pointer = t.bind(t.address(address, f"const {c_type}" if not shared else c_type, shared), "source")
        loaded = []
        for index in range(width):
            text = f"{pointer.text} + {index}" if index else pointer.text
            value = _strong_load(ins, Value(text, "ptr", 11 if index else 16), type, order)
            loaded.append(t.bind(value, f"part{index}"))
        for part, value in zip(parts, loaded, strict=True):
            t.write(part, value)
        return
    name = f"{_VECTOR_NAMES[type]}{width}"
    streamed = ins.has("cs", "lu") or any(s.startswith(("L1::no_allocate", "L1::evict_first")) for s in ins.suffixes)
    if streamed and not shared:
        native = t.address(address, f"const {name}::Native_vec_", False)
        value = Value(f"__builtin_nontemporal_load({native.text})", "auto", pure=False)
    else:
        pointer = t.address(address, name if shared else f"const {name}", shared)
        value = Value(f"*{at(pointer, UNARY - 1)}", "auto", UNARY, pure=False)
    whole = t.bind(value, "loaded")
    for part, member in zip(parts, "xyzw", strict=False):
        t.write(part, Value(f"{whole.text}.{member}", type))


def _load(t: Translator, ins: Instruction, address: Argument, type: str, shared: bool, order: str) -> Value:
    c_type = C_TYPES[type]
    if order or (ins.has("volatile", "cv", "cg", "mmio") and not shared):
        return _strong_load(ins, t.address(address, f"const {c_type}", shared), type, order)
    if ins.has("volatile"):
        pointer = t.address(address, c_type, shared)
        return Value(f"*(volatile {c_type}*){at(pointer, UNARY - 1)}", type, UNARY, pure=False)
    if not shared and (
        ins.has("cs", "lu") or any(s.startswith(("L1::no_allocate", "L1::evict_first")) for s in ins.suffixes)
    ):
        return Value(
            f"__builtin_nontemporal_load({t.address(address, f'const {c_type}', False).text})", type, pure=False
        )
    pointer = t.address(address, f"const {c_type}", shared)
    return Value(f"*{at(pointer, UNARY - 1)}", type, UNARY, pure=False)


def _strong_load(ins: Instruction, pointer: Value, type: str, order: str) -> Value:
    """A load that sees what other blocks wrote: PTX's .volatile is a relaxed load of system scope, .cg skips the L1
    cache.
    """
    if order:
        return Value(f"__hip_atomic_load({pointer.text}, __ATOMIC_{order}, {_scope(ins)})", type, pure=False)
    scope = "AGENT" if ins.has("cg") else "SYSTEM"
    return Value(f"__hip_atomic_load({pointer.text}, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_{scope})", type, pure=False)


@instruction("st")
def _st(t: Translator, ins: Instruction) -> None:
    if ins.has("async", "bulk"):
        raise UntranslatedError("an asynchronous store", "AMD has no counterpart: store and use a barrier", "X20")
    address, source, *_hints = ins.arguments
    _spaces(ins)
    parts = source.parts if isinstance(source, Vector) else (source,)
    width = _width(ins)
    if len(parts) != width:
        raise UntranslatedError("a vector of this width")
    type = _access_type(ins, parts[0], t)
    shared, order = _is_shared(ins), _order(ins)
    c_type = C_TYPES[type]
    values = [t.read(part, type) for part in parts]
    strong = order or ins.has("volatile", "mmio", "wt")
    if width == 1 or strong:
        pointer = t.address(address, c_type, shared)
        if width > 1:
            pointer = t.bind(pointer, "target")
        for index, value in enumerate(values):
            text = f"{pointer.text} + {index}" if index else pointer.text
            if strong:
                scope = _scope(ins) if order else "__HIP_MEMORY_SCOPE_SYSTEM"
                t.do(f"__hip_atomic_store({text}, {_given(value, type)}, __ATOMIC_{order or 'RELAXED'}, {scope})")
            elif ins.has("cs") and not shared:
                t.do(f"__builtin_nontemporal_store({_given(value, type)}, {text})")
            else:
                t.do(f"*{at(pointer, UNARY - 1)} = {value.text}")
        return
    if width == 8 or BITS[type] * width > 128:
        raise UntranslatedError("a vector of more than 128 bits", "store it in two halves")
    name = f"{_VECTOR_NAMES[type]}{width}"
    made = f"make_{name}({', '.join(value.text for value in values)})"
    if ins.has("cs") and not shared:
        pointer = t.address(address, f"{name}::Native_vec_", False)
        t.do(
            f"__builtin_nontemporal_store({name}::Native_vec_{{{', '.join(_given(v, type) for v in values)}}}, "
            f"{pointer.text})"
        )
        return
    pointer = t.address(address, name, shared)
    t.do(f"*{at(pointer, UNARY - 1)} = {made}")


def _given(value: Value, type: str) -> str:
    """A value whose C++ type is exactly that of the access, for builtins that convert nothing."""
    if value.type == type and value.literal is None:
        return value.text
    return f"({C_TYPES[type]}){at(value, UNARY - 1)}"


# -- atomics
# -------------------------------------------------------------------------------------------------------------

_PLAIN = {"add": "atomicAdd", "min": "atomicMin", "max": "atomicMax", "and": "atomicAnd", "or": "atomicOr",
    "xor": "atomicXor",
          "exch": "atomicExch", "inc": "atomicInc", "dec": "atomicDec"}  # fmt: skip
_PLAIN_TYPES = {
    "add": ("u32", "s32", "u64", "f32", "f64"), "min": ("u32", "s32", "u64", "s64"), "max": ("u32", "s32", "u64",
    "s64"),
    "and": ("u32", "u64"), "or": ("u32", "u64"), "xor": ("u32", "u64"), "exch": ("u32", "u64"), "inc": ("u32",),
    "dec": ("u32",),
}  # fmt: skip
_OPERATIONS = ("add", "min", "max", "and", "or", "xor", "exch", "inc", "dec", "cas")


@instruction("atom", "red")
def _atomic(t: Translator, ins: Instruction) -> None:
    if ins.has("async", "bulk"):
        raise UntranslatedError(
            "an asynchronous reduction", "AMD has no counterpart: use atomicAdd and a barrier", "X20"
        )
    arguments = list(ins.arguments)
    d = arguments.pop(0) if ins.name == "atom" else Reg("_")
    address, *sources = arguments
    operation = next(s for s in ins.suffixes if s in _OPERATIONS)
    type = operand_type(ins)
    shared, order = _is_shared(ins), _order(ins)
    width = _width(ins)
    if type == "b128":
        raise UntranslatedError("a 128-bit atomic")
    if type in ("f16", "bf16", "f16x2", "bf16x2"):
        _atomic_halves(t, ins, d, address, sources, type, shared)
        return
    type = "u64" if type == "s64" and operation == "add" else typed(type)
    if width > 1:
        if ins.name == "atom" or not isinstance(sources[0], Vector):
            raise UntranslatedError("a vector atomic with a result")
        pointer = t.bind(t.address(address, C_TYPES[type], shared), "target")
        for index, part in enumerate(sources[0].parts):
            place = Value(f"{pointer.text} + {index}" if index else pointer.text, "ptr", 11 if index else 16)
            t.do(_one_atomic(ins, operation, type, order, place, [t.read(part, type)], False).text)
        return
    pointer = t.address(address, C_TYPES[type], shared)
    values = [t.read(x, type) for x in sources[: 2 if operation == "cas" else 1]]
    if operation == "cas":
        if BITS[type] == 16 or order not in ("", "RELAXED") or (not ins.has("gpu") and ins.has("cta", "sys")):
            raise UntranslatedError(
                "a compare-and-swap of this width, order or scope",
                "use __hip_atomic_compare_exchange_strong with a local for the expected value",
                "X12",
            )
        result = t.call("atomicCAS", [pointer, *values], type, pure=False)
    else:
        result = _one_atomic(ins, operation, type, order, pointer, values, ins.name == "atom")
    if ins.name == "red" or (isinstance(d, Reg) and d.name == "_"):
        t.do(result.text)
    else:
        t.write(d, result)


def _one_atomic(
    ins: Instruction, operation: str, type: str, order: str, pointer: Value, values: list[Value], _wanted: bool
) -> Value:
    scope = _scope(ins)
    text = _given(values[0], type)
    if order in ("", "RELAXED") and scope.endswith("AGENT") and type in _PLAIN_TYPES[operation]:
        return Value(f"{_PLAIN[operation]}({pointer.text}, {text})", type, pure=False)
    if operation in ("inc", "dec"):
        raise UntranslatedError(
            "a wrapping increment of this order or scope", "put __threadfence() before or behind atomicInc", "X12"
        )
    name = "__hip_atomic_exchange" if operation == "exch" else f"__hip_atomic_fetch_{operation}"
    return Value(f"{name}({pointer.text}, {text}, __ATOMIC_{order or 'RELAXED'}, {scope})", type, pure=False)


def _atomic_halves(
    t: Translator, ins: Instruction, d: Argument, address: Argument, sources: list[Argument], type: str, shared: bool
) -> None:
    if (
        not ins.has("add")
        or _width(ins) > 1
        or shared
        or type not in ("f16x2", "bf16x2")
        or _order(ins) not in ("", "RELAXED")
    ):
        raise UntranslatedError("an atomic on 16-bit floats", "use a compare-and-swap loop on the 32-bit word", "X12")
    pointer = t.address(address, C_TYPES[type], shared)
    value = t.read(sources[0], type)
    result = Value(f"unsafeAtomicAdd({pointer.text}, {value.text})", type, pure=False)
    if isinstance(d, Reg) and d.name == "_":
        t.do(result.text)
    else:
        t.write(d, result)


# -- fences
# --------------------------------------------------------------------------------------------------------------


@instruction("membar", "fence")
def _fence(t: Translator, ins: Instruction) -> None:
    if ins.has("proxy", "mbarrier_init") or any(s.startswith("proxy") for s in ins.suffixes):
        raise UntranslatedError(
            "a proxy fence", "it belongs to asynchronous bulk copies, which AMD lacks: remove both", "X19"
        )
    scope = next((s for s in ins.suffixes if s in ("cta", "gl", "gpu", "sys", "cluster")), "sys")
    t.do({"cta": "__threadfence_block()", "sys": "__threadfence_system()"}.get(scope, "__threadfence()"))


# -- addresses
# -----------------------------------------------------------------------------------------------------------


@instruction("cvta")
def _cvta(t: Translator, ins: Instruction) -> None:
    d, a_ = ins.arguments
    a = t.raw(a_)
    if ins.has("shared", "shared::cta"):
        if ins.has("to"):
            address = t.call(
                "lds_address",
                [a if a.type == "ptr" else Value(f"(const void*){at(a, UNARY - 1)}", "ptr", UNARY)],
                "u32",
            )
            t.write(d, address)
        else:
            number = convert(a, "u32") if a.bits != 32 else a
            t.write(d, Value(f"(unsigned long long)lds_at<char>({number.text})", "u64", UNARY))
    elif ins.has("global", "const"):
        t.write(d, convert(a, "u64"))
    else:
        raise UntranslatedError("an address space of this kind")


@instruction("isspacep")
def _isspacep(t: Translator, ins: Instruction) -> None:
    p, a_ = ins.arguments
    a = t.raw(a_)
    pointer = f"(const void*){at(a, UNARY - 1)}"
    shared, private = f"__builtin_amdgcn_is_shared({pointer})", f"__builtin_amdgcn_is_private({pointer})"
    if ins.has("shared", "shared::cta"):
        t.write(p, Value(shared, "pred"))
    elif ins.has("local"):
        t.write(p, Value(private, "pred"))
    elif ins.has("global"):
        t.write(p, Value(f"!{shared} && !{private}", "pred", 4))
    else:
        raise UntranslatedError("an address space of this kind")


# -- hints and asynchronous copies
# ---------------------------------------------------------------------------------------


@instruction("prefetch", "prefetchu", "applypriority", "discard", "griddepcontrol")
def _dropped(t: Translator, ins: Instruction) -> None:
    """Hints that change no result. Grids on AMD start after the one before has ended, so griddepcontrol waits for
    nothing.
    """
    if ins.has("tensormap"):
        raise UntranslatedError("a tensor map", "AMD has no TMA: copy the tile with ordinary loads", "X19")


@instruction("createpolicy")
def _createpolicy(t: Translator, ins: Instruction) -> None:
    t.write(ins.arguments[0], literal(0, "u64"))


_SIZES = (4, 8, 16)


@instruction("cp")
def _cp_async(t: Translator, ins: Instruction) -> None:
    if not ins.has("async") or ins.has("bulk", "mbarrier", "reduce"):
        if ins.has("bulk") and ins.has("prefetch"):
            return
        raise UntranslatedError(
            "a bulk or tensor copy",
            "AMD has no TMA: copy the tile with a loop over the block's threads and __syncthreads()",
            "X19",
        )
    if ins.has("commit_group", "wait_group", "wait_all"):
        return  # the copies below are done when they return
    if not any(s.startswith("shared") for s in ins.suffixes):
        raise UntranslatedError("a copy of this form")
    target, source, size_, *rest = ins.arguments
    size = t.raw(size_)
    if not isinstance(target, Address) or not isinstance(source, Address):
        raise UntranslatedError("an address of this form")
    base = t.raw(target.base)
    number = base if base.bits == 32 and base.is_integer else convert(base, "u32")
    place = number.text if target.offset is None else f"{at(number, 11)} + {at(t.raw(target.offset), 11)}"
    pointer = t.address(source, "const void", False).text
    if pointer.startswith("(const void*)\x01") and t.raw(source.base).type == "ptr" and source.offset is None:
        pointer = pointer.removeprefix("(const void*)")
    hint = any(s.startswith("L2::cache_hint") for s in ins.suffixes)
    given = rest[0] if rest and not (hint and len(rest) == 1) else None
    if size.literal is not None and size.literal not in _SIZES:
        raise UntranslatedError("a copy of this size")
    size_text = str(size.literal) if size.literal is not None else size.text
    arguments = [place, pointer]
    if given is not None:
        count = t.raw(given)
        if count.type == "pred":
            arguments.append(f"{at(count, 2)} ? 0 : {size_text}")
        elif count.literal is None or count.literal != size.literal:
            arguments.append(str(count.literal) if count.literal is not None else count.text)
    t.do(f"ptx_cp_async<{size_text}>({', '.join(arguments)})")
