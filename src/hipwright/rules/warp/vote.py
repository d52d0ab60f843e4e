"""Ballots, votes and matches of the 32-lane logical warp."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Helper
from hipwright.rule import Site, rule
from hipwright.rules.warp.lanes import (
    OWN_HALF,
    cannot_define,
    covers_warp,
    cuda_call,
    in_raw_string,
    native_hip,
    type_of,
    wide_mask,
)  # fmt: skip
from hipwright.source import Call, Span

_ATOM = re.compile(r"[\w.]+(?:\([^()]*\))?|\([^()]*\)")
_BITS = {"float": "__float_as_uint", "double": "__double_as_longlong"}
_SMALL = re.compile(r"bool|(?:un)?(?:signed )?(?:char|short)|u?int(?:8|16)_t|uchar|ushort")

_MATCH_ALL = Helper(
    "HIPWRIGHT_MATCH_ALL",
    f"""
// __match_all_sync of a 32-lane logical warp: `mask` if its active lanes hold one value, else 0.
template <typename T>
__device__ inline unsigned warp32_match_all(unsigned mask, T value, int* pred) {{
  unsigned active = mask & (unsigned)(__activemask() >> {OWN_HALF});
  unsigned same = mask & (unsigned)(__match_any(value) >> {OWN_HALF});
  *pred = same == active;
  return *pred ? mask : 0;
}}
""",
)


def _own_slice(
    site: Site, call: Call, hip: str, value: Span | None, test: str = "", negate: bool = False
) -> Iterator[Finding]:
    """Turn a warp-wide call into the own 32 bits of HIP's wave-wide one, cut by the mask, perhaps compared with 0."""
    mask = call.args[0] if len(call.args) == 2 else None
    cut = mask is not None and not covers_warp(site.facts, mask.text)
    before = f"(unsigned)({hip}("
    after = f") >> {OWN_HALF})"
    if negate and value is not None:
        plain = _ATOM.fullmatch(value.text) is not None
        before += "!" if plain else "!("
        after = after if plain else ")" + after
    if mask is None or not cut:
        begin = value.start if value is not None else call.close
        yield site.edit(call.start, begin, "(" * bool(test) + before)
    else:
        plain = _ATOM.fullmatch(mask.text) is not None
        yield site.edit(call.start, mask.start, "(" * (1 + bool(test)) + "(" * (not plain))
        yield site.edit(mask.end, call.args[1].start, ")" * (not plain) + " & " + before)
        after += ")"
    yield site.edit(call.close, call.close + 1, after + (f" {test})" if test else ""))


def _already_sliced(site: Site, call: Call) -> bool:
    return site.source.data[call.end : call.end + 80].lstrip().startswith(b">>")


@rule(
    "ballot-own-half",
    "Ballots and active masks are the 32 bits of the own logical warp",
    hazards=("W01", "W02", "W10", "W11", "W12", "W13", "W15", "W23"),
    names=("__ballot_sync", "__ballot", "__activemask"),
    order=22,
    rewrites={
        "__device__ unsigned f(int p) { return __popc(__ballot_sync(0xffffffff, p > 0)); }":
        "__device__ unsigned f(int p) { return __popc((unsigned)(__ballot(p > 0) >> (__lane_id() & 32))); }",
        "__device__ unsigned f(unsigned m, int p) { return __ballot_sync(m, p); }":
        "__device__ unsigned f(unsigned m, int p) { return (m & (unsigned)(__ballot(p) >> (__lane_id() & 32))); }",
        "__device__ int f(int p) { return __ffs(__ballot(p)) - 1; }":
        "__device__ int f(int p) { return __ffs((unsigned)(__ballot(p) >> (__lane_id() & 32))) - 1; }",
        "__device__ void f(unsigned* bits, int i, int p) { if (unsigned b = __ballot_sync(-1, p)) bits[i / 32] = b; }":
        "__device__ void f(unsigned* bits, int i, int p) "
        "{ if (unsigned b = (unsigned)(__ballot(p) >> (__lane_id() & 32))) bits[i / 32] = b; }",
        "#define FULL 0xffffffffu\n__device__ unsigned f(int p, int lane) "
        "{ return __ballot_sync(FULL, p) & ((1 << lane) - 1); }":
        "#define FULL 0xffffffffu\n__device__ unsigned f(int p, int lane) "
        "{ return (unsigned)(__ballot(p) >> (__lane_id() & 32)) & ((1 << lane) - 1); }",
        "__device__ int f() { unsigned m = __activemask(); return __popc(m); }":
        "__device__ int f() { unsigned m = (unsigned)(__activemask() >> (__lane_id() & 32)); return __popc(m); }",
    },
    keeps=(
        "__device__ unsigned f(int p) { return (unsigned)(__ballot(p) >> (__lane_id() & 32)); }",
        "#include <hip/hip_runtime.h>\n__device__ unsigned long long f(int p) { return __ballot(p); }",
        "__device__ unsigned long long f(int p) { return __ballot_sync(0xffffffffffffffffull, p); }",
        "// __ballot_sync(m, p)\nconst char* s = \"__ballot(p)\";",
    ),
)  # fmt: skip
def ballot_own_half(site: Site) -> Iterator[Finding]:
    """HIP's ballot has 64 bits, one for each lane of a CDNA wavefront, and holds two CUDA warps there.

    Its own half, shifted down and cut to `unsigned`, is what CUDA returns: bit *n* is lane *n* of the own warp,
    `__popc`, `__ffs`, `__clz` and `1 << lane` stay as they are, and one 32-bit word per warp may still be stored. On
    wave32 the shift is by 0. A mask that is not known to be full still cuts the result, for lanes of another group
    that run along.
    """
    call = cuda_call(site)
    if call is None:
        return
    arguments = {"__ballot_sync": 2, "__ballot": 1, "__activemask": 0}[site.text]
    if len(call.args) != arguments or _already_sliced(site, call):
        return
    if wide_mask(site.facts, call.args[0].text) if arguments == 2 else native_hip(site.source):
        return
    hip = "__ballot" if arguments else "__activemask"
    yield from _own_slice(site, call, hip, call.args[-1] if arguments else None)


@rule(
    "vote-own-half",
    "Votes ask the lanes of the own logical warp only",
    hazards=("W01", "W02"),
    names=("__any_sync", "__all_sync", "__any", "__all"),
    order=22,
    rewrites={
        "__device__ bool f(int p) { return __any_sync(0xffffffff, p); }":
        "__device__ bool f(int p) { return ((unsigned)(__ballot(p) >> (__lane_id() & 32)) != 0); }",
        "__device__ bool f(float x) { return __all_sync(0xffffffff, x < 1.f); }":
        "__device__ bool f(float x) { return ((unsigned)(__ballot(!(x < 1.f)) >> (__lane_id() & 32)) == 0); }",
        "__device__ int f(unsigned all, int p) { return __any_sync(all, p); }":
        "__device__ int f(unsigned all, int p) { return "
        "((all & (unsigned)(__ballot(p) >> (__lane_id() & 32))) != 0); }",
        "__device__ bool f(unsigned m, int p) { return __all_sync(m, p); }":
        "__device__ bool f(unsigned m, int p) { return ((m & (unsigned)(__ballot(!p) >> (__lane_id() & 32))) == 0); }",
        "__device__ void f(int p) { while (__any(p)) --p; }":
        "__device__ void f(int p) { while (((unsigned)(__ballot(p) >> (__lane_id() & 32)) != 0)) --p; }",
    },
    keeps=("#include <hip/hip_runtime.h>\n__device__ int f(int p) { return __any(p) + __all(p); }",),
)  # fmt: skip
def vote_own_half(site: Site) -> Iterator[Finding]:
    """`__any` and `__all` of HIP ask all 64 lanes of a CDNA wavefront, which are two CUDA warps.

    The own half of a ballot answers for the own 32 lanes on wave64 and wave32. "All" is written as "no active lane
    dissents", so that lanes that have left or never existed (a block of 20 threads) do not count, as in CUDA.
    """
    call = cuda_call(site)
    if call is None:
        return
    synced = site.text.endswith("_sync")
    if len(call.args) != 1 + synced:
        return
    if wide_mask(site.facts, call.args[0].text) if synced else native_hip(site.source):
        return
    every = "all" in site.text
    yield from _own_slice(site, call, "__ballot", call.args[-1], "== 0" if every else "!= 0", negate=every)


@rule(
    "match-own-half",
    "Matches compare lanes of the own logical warp only",
    hazards=("W01", "W02", "W24"),
    names=("__match_any_sync", "__match_all_sync"),
    order=22,
    rewrites={
        "__device__ unsigned f(int v) { return __match_any_sync(0xffffffff, v); }":
        "__device__ unsigned f(int v) { return (unsigned)(__match_any(v) >> (__lane_id() & 32)); }",
        "__device__ unsigned f(float v) { return __match_any_sync(__activemask(), v); }":
        "__device__ unsigned f(float v) { return (unsigned)(__match_any(__float_as_uint(v)) >> (__lane_id() & 32)); }",
        "__device__ unsigned f(unsigned m, int v, int* p) { return __match_all_sync(m, v, p); }":
        "__device__ unsigned f(unsigned m, int v, int* p) { return warp32_match_all(m, v, p); }",
    },
    keeps=("__device__ unsigned long long f(int v) { return __match_any_sync(0xffffffffffffffffull, v); }",),
)  # fmt: skip
def match_own_half(site: Site) -> Iterator[Finding]:
    """HIP matches over the whole wavefront and returns 64 bits; the own half is CUDA's answer.

    CUDA compares bits and HIP compares values, with which a NaN never matches itself and HIP's loop never ends: a value
    known to be floating-point is compared as its bits. HIP's version loops once for each distinct value of the
    wavefront.
    """
    call = cuda_call(site)
    if call is None or len(call.args) not in (2, 3) or wide_mask(site.facts, call.args[0].text):
        return
    if len(call.args) == 3 and in_raw_string(site):
        yield cannot_define(site, "`__match_all_sync` of HIP wants a 64-bit mask")
        return
    value = call.args[1]
    kind = type_of(site, value.text)
    bits = _BITS.get(kind, "")
    if bits:
        yield site.insert(value.start, f"{bits}(")
        yield site.insert(value.end, ")")
    elif _SMALL.fullmatch(kind):
        yield site.insert(value.start, "+")  # HIP's takes 4 and 8 bytes; CUDA promotes
    if len(call.args) == 2:
        yield from _own_slice(site, call, "__match_any", value)
    else:
        yield site.edit(call.start, call.open, "warp32_match_all", helpers=(_MATCH_ALL,))
