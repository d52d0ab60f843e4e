"""Which known hazards of a port are covered, and by what: counted from rules, facts and `knowledge/hazards.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from hipwright.knowledge import all_facts
from hipwright.rule import all_rules


@cache
def stated() -> dict[str, str]:
    """Hazards that need no rule, or that something else than a rule covers: id → how, in words."""
    text = files("hipwright.knowledge").joinpath("hazards.toml").read_text(encoding="utf-8")
    return {name: entry["covered"] for name, entry in tomllib.loads(text).items()}


def hazards() -> dict[str, str]:
    """Every hazard that something covers, with what does."""
    found: dict[str, list[str]] = {}
    for rule in all_rules().values():
        for hazard in rule.hazards:
            found.setdefault(hazard, []).append(f"rule {rule.id}")
    for fact in sorted({fact.names: fact for fact in all_facts().values()}.items()):
        for hazard in fact[1].hazards:
            found.setdefault(hazard, []).append(f"fact on {fact[0][0]}")
    for hazard, how in stated().items():
        found.setdefault(hazard, []).append(how)
    return {hazard: "; ".join(dict.fromkeys(how[:4])) for hazard, how in sorted(found.items())}
