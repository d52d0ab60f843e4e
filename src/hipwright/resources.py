"""How many waves of a kernel run at once: exact occupancy from the registers and LDS that the compiler reports.

The limits of each target are data (`knowledge/arch.toml`); `tests/test_resources.py` compares the formula with the
compiler's own remark.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from typing import Any

from hipwright.finding import HipwrightError, Place


@dataclass(frozen=True, slots=True)
class Target:
    """What one AMD GPU offers to the waves of a kernel. Pools and granules stand in the order of `waves`."""

    name: str
    product: str
    family: str
    waves: tuple[int, ...]  # the first is what the compiler takes by default
    max_waves: int  # per SIMD
    vgpr_pool: tuple[int, ...]  # registers per lane of a SIMD
    vgpr_granule: tuple[int, ...]
    unified_registers: bool  # accumulation registers come from the same pool
    sgpr_limits: bool
    lds: int  # bytes one block may use
    lds_pool: int  # bytes that concurrent blocks share
    eus: int  # SIMDs that share the LDS pool
    barriers: int  # blocks of more than one wave that can run at once
    max_block: int


@dataclass(frozen=True, slots=True)
class KernelResources:
    """What one kernel needs on one target, as the compiler reports it."""

    name: str  # readable where a demangler was found
    symbol: str
    arch: str
    place: Place | None
    vgprs: int
    agprs: int
    sgprs: int
    lds: int  # bytes per block, without what the launch adds
    scratch: int  # bytes per lane
    vgpr_spills: int
    sgpr_spills: int
    dynamic_stack: bool
    wave: int
    max_block: int  # threads, as __launch_bounds__ or the default says
    kernarg: int = 0  # bytes of arguments, hidden ones included
    best_waves: int = 0  # per SIMD: the compiler's own estimate, for the best of the block sizes it tries

    def occupancy(self, block: int = 0, dynamic_lds: int = 0) -> Occupancy:
        """The occupancy of a launch with `block` threads; without one, of the largest block the kernel allows."""
        return occupancy(
            target(self.arch),
            vgprs=self.vgprs,
            agprs=self.agprs,
            sgprs=self.sgprs,
            lds=self.lds + dynamic_lds,
            block=block or self.max_block,
            wave=self.wave,
        )


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How many blocks and waves run at once, and what stops more from doing so."""

    blocks: int  # per compute unit; on RDNA per work-group processor
    waves: Fraction  # per SIMD
    max_waves: int
    limit: str  # "vgpr", "sgpr", "lds", "blocks" or "full"

    @property
    def share(self) -> float:
        """Waves as a part of what the hardware can hold."""
        return float(self.waves / self.max_waves)


@lru_cache(maxsize=1)
def targets() -> Mapping[str, Target]:
    """Every target whose limits are known, by name."""
    text = (resources.files("hipwright") / "knowledge" / "arch.toml").read_text(encoding="utf-8")
    found: dict[str, Target] = {}
    for name, facts in tomllib.loads(text).items():
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()}
        found[name] = Target(name, **fields)
    return found


def target(name: str) -> Target:
    """The target called `name` (features such as `:xnack+` aside)."""
    base = name.split(":")[0]
    if base not in targets():
        raise HipwrightError(f"the target {name} is not known", f"known are {', '.join(targets())}", exit_code=2)
    return targets()[base]


def occupancy(target: Target, *, vgprs: int, agprs: int, sgprs: int, lds: int, block: int, wave: int) -> Occupancy:
    """Exact number of concurrent blocks and waves for a launch of `block` threads with `lds` bytes in all."""
    waves_per_block = -(-block // wave)
    by_register = {
        "vgpr": _waves_by_vgpr(target, vgprs, agprs, wave),
        "sgpr": _waves_by_sgpr(target, sgprs),
    }
    slots = target.max_waves * target.eus // waves_per_block
    limits = {name: count * target.eus // waves_per_block for name, count in by_register.items()}
    limits["blocks"] = slots if waves_per_block == 1 else min(slots, target.barriers)
    if lds:
        limits["lds"] = target.lds_pool // lds if lds <= target.lds else 0
    blocks = min(limits.values())
    reason = "full" if blocks == slots else min(limits, key=lambda name: (limits[name], name))
    return Occupancy(blocks, Fraction(blocks * waves_per_block, target.eus), target.max_waves, reason)


def _waves_by_vgpr(target: Target, vgprs: int, agprs: int, wave: int) -> int:
    index = target.waves.index(wave)
    granule, pool = target.vgpr_granule[index], target.vgpr_pool[index]
    together = _align(vgprs, 4) + agprs if agprs else vgprs
    total = together if target.unified_registers else max(vgprs, agprs)
    if total < granule:
        return target.max_waves
    return min(max(pool // _align(total, granule), 1), target.max_waves)


def _waves_by_sgpr(target: Target, sgprs: int) -> int:
    if not target.sgpr_limits:
        return target.max_waves
    waves = 10 if sgprs <= 80 else 9 if sgprs <= 88 else 8 if sgprs <= 100 else 7
    return min(waves, target.max_waves)


def _align(value: int, granule: int) -> int:
    return -(-value // granule) * granule
