"""Lanes, warps and blocks: shuffles, votes, barriers; and the instructions that end or suspend a thread.

Warp operations with a mask become CUDA's own intrinsics, which the rules of the `warp` folder turn into HIP for 32-lane
warps.
"""

from __future__ import annotations

from hipwright.rules.ptx.integer import operand_type
from hipwright.rules.ptx.syntax import Both, Instruction
from hipwright.rules.ptx.translate import Handler, Translator, UntranslatedError, instruction
from hipwright.rules.ptx.values import UNARY, Value, at, literal

_SHUFFLES = {"idx": "__shfl_sync", "up": "__shfl_up_sync", "down": "__shfl_down_sync", "bfly": "__shfl_xor_sync"}
_MODES = {"idx": "i", "up": "u", "down": "d", "bfly": "b"}


@instruction("shfl")
def _shfl(t: Translator, ins: Instruction) -> None:
    synchronous = ins.has("sync")
    d, value_, b_, c_, *mask_ = ins.arguments
    mode = next(s for s in ins.suffixes if s in _SHUFFLES)
    mask = t.read(mask_[0], "u32") if synchronous else Value("0xffffffffu", "u32")
    b, c = t.read(b_, "b32"), t.read(c_, "b32")
    if b.literal is not None:
        b = literal(b.literal, "s32")
    value = t.raw(value_)
    if value.type not in ("u32", "s32", "f32"):
        value = t.read(value_, "u32")
    width = _segment(mode, c)
    if width is None:
        result = t.call("ptx_shfl", [value, f"'{_MODES[mode]}'", b, c], value.type, pure=False)
    else:
        arguments: list[Value | str] = [mask, value, b] if width == 32 else [mask, value, b, str(width)]
        result = t.call(_SHUFFLES[mode], arguments, value.type, pure=False)
    if isinstance(d, Both):
        b = t.bind(b, "distance")
        valid = t.call("ptx_shfl_valid", [f"'{_MODES[mode]}'", b, c], "pred")
        t.write(d.first, result)
        t.write(d.second, valid)
    else:
        t.write(d, result)


def _segment(mode: str, c: Value) -> int | None:
    """The width that operand c of a shuffle says, if it is one that CUDA's intrinsics can say."""
    if c.literal is None:
        return None
    width = 32 - (c.literal >> 8 & 31)
    clamp = c.literal & 31
    return width if width in (1, 2, 4, 8, 16, 32) and clamp == (0 if mode == "up" else 31) else None


@instruction("vote")
def _vote(t: Translator, ins: Instruction) -> None:
    d, p_, *mask_ = ins.arguments
    mask = t.read(mask_[0], "u32").text if mask_ else "0xffffffffu"
    kind = next(s for s in ins.suffixes if s in ("all", "any", "uni", "ballot"))
    p = t.read(p_, "pred")
    if kind == "uni":
        p = t.bind(p, "vote")
        t.write(
            d, Value(f"__all_sync({mask}, {p.text}) || __all_sync({mask}, !{at(p, UNARY - 1)})", "pred", 3, pure=False)
        )
        return
    if kind == "ballot":
        t.write(d, Value(f"__ballot_sync({mask}, {p.text})", "u32", pure=False))
        return
    t.write(d, Value(f"__{kind}_sync({mask}, {p.text}) != 0", "pred", 8, pure=False))


@instruction("match")
def _match(t: Translator, ins: Instruction) -> None:
    d, a, mask_ = ins.arguments
    mask, type = t.read(mask_, "u32"), operand_type(ins)
    value = t.read(a, "u64" if type.endswith("64") else "u32")
    if ins.has("any"):
        t.write(d, t.call("__match_any_sync", [mask, value], "u32", pure=False))
        return
    raise UntranslatedError("match.all", "write __match_all_sync with an int for the predicate", "X17")


@instruction("activemask")
def _activemask(t: Translator, ins: Instruction) -> None:
    t.write(ins.arguments[0], Value("(unsigned)(__activemask() >> (__lane_id() & 32))", "u32", UNARY, pure=False))


@instruction("redux")
def _redux(t: Translator, ins: Instruction) -> None:
    type = operand_type(ins)
    operation = next(s for s in ins.suffixes if s in ("add", "min", "max", "and", "or", "xor"))
    if type == "f32":
        raise UntranslatedError("a reduction of floats", "reduce with __shfl_xor in a loop", "X17")
    type = "u32" if type == "b32" else type
    d, a, mask = ins.arguments
    t.write(d, t.call(f"__reduce_{operation}_sync", [t.read(mask, "u32"), t.read(a, type)], type, pure=False))


@instruction("elect")
def _elect(t: Translator, ins: Instruction) -> None:
    d, mask_ = ins.arguments
    mask = t.bind(t.read(mask_, "u32"), "mask")
    if not isinstance(d, Both):
        raise UntranslatedError("an operand of this form")
    leader = Value(f"(unsigned)(__ffs({mask.text}) - 1)", "u32", UNARY)
    if mask.literal:
        leader = literal((mask.literal & -mask.literal).bit_length() - 1, "u32")
    t.write(d.first, leader)
    t.write(d.second, Value(f"(__lane_id() & 31) == {at(leader, 8)}", "pred", 8))


@instruction("bar", "barrier")
def _barrier(t: Translator, ins: Instruction) -> None:
    if ins.has("warp"):
        t.do(f"__syncwarp({t.read(ins.arguments[0], 'u32').text})")
        return
    if ins.has("cluster") and ins.has("arrive", "wait"):
        raise UntranslatedError(
            "a barrier of the cluster", "AMD has no clusters: with one block a cluster, use __syncthreads()", "X22"
        )
    hint = (
        "AMD has one barrier for the whole block: let all its threads reach __syncthreads(), or count with an "
        "LDS atomic"
    )
    arguments = list(ins.arguments)
    destination = arguments.pop(0) if ins.has("red") else None
    number = t.raw(arguments.pop(0))
    if ins.has("arrive") or number.literal != 0:
        raise UntranslatedError("a named barrier", hint, "X23")
    predicate = arguments.pop() if ins.has("red") else None
    if arguments:
        raise UntranslatedError("a barrier of part of the block", hint, "X23")
    if destination is None or predicate is None:
        t.do("__syncthreads()")
        return
    p = t.read(predicate, "pred")
    if ins.has("popc"):
        t.write(destination, Value(f"__syncthreads_count({p.text})", "s32", pure=False))
    else:
        t.write(
            destination,
            Value(f"__syncthreads_{'and' if ins.has('and') else 'or'}({p.text}) != 0", "pred", 8, pure=False),
        )


@instruction("nanosleep")
def _nanosleep(t: Translator, ins: Instruction) -> None:
    t.do(t.call("ptx_nanosleep", [t.read(ins.arguments[0], "u32")], "pred").text)


@instruction("trap")
def _trap(t: Translator, ins: Instruction) -> None:
    t.do("__builtin_trap()")


@instruction("brkpt")
def _brkpt(t: Translator, ins: Instruction) -> None:
    t.do("__builtin_debugtrap()")


@instruction("pmevent")
def _pmevent(t: Translator, ins: Instruction) -> None:
    """Raises an event for NVIDIA's profiler."""


@instruction("exit", "ret")
def _exit(t: Translator, ins: Instruction) -> None:
    if not t.in_kernel:
        raise UntranslatedError(
            "it ends the thread from inside a function",
            "return a flag to the kernel and return there: AMD can end only a whole wavefront",
        )
    t.do("return")


@instruction("setmaxnreg")
def _setmaxnreg(t: Translator, ins: Instruction) -> None:
    """Moves registers between warps of Hopper; AMD's allocation is fixed for a kernel, so nothing is lost but speed."""


_UNSUPPORTED = {
    ("wgmma", "tcgen05", "multimem", "mapa", "getctarank", "clusterlaunchcontrol"): (
        "is of sm_90 and later only", "write the step with rocWMMA or __builtin_amdgcn_mfma_*, or call a library",
        "X22",
    ),
    ("mbarrier",): ("has no counterpart on AMD", "restructure to stages with __syncthreads()", "X20"),
    ("tensormap",): ("needs NVIDIA's TMA", "copy the tile with ordinary loads", "X19"),
    ("wmma",): (
        "spreads a tile over 32 lanes in NVIDIA's own layout", "rewrite the tile with rocWMMA or "
        "__builtin_amdgcn_mfma_*/wmma_*", "X21",
    ),
    ("label", "bra", "brx", "call"): ("is control flow inside the asm", "write the branch or loop in C++", ""),
    ("tex", "tld4", "txq", "suld", "sust", "sured", "suq"): ("reads a texture or surface", "use tex2D and its like",
    ""),
    ("alloca", "stacksave", "stackrestore", "istypep"): ("has no counterpart", "", ""),
}  # fmt: skip


def _refuse(reason: str, hint: str, hazard: str) -> Handler:
    def handler(t: Translator, ins: Instruction) -> None:
        raise UntranslatedError(f"{ins.opcode} {reason}", hint, hazard)

    return handler


for _names, (_reason, _hint, _hazard) in _UNSUPPORTED.items():
    instruction(*_names)(_refuse(_reason, _hint, _hazard))
