"""Which known hazards of a port are covered, and by what: counted from rules, facts and `knowledge/hazards.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hipwright.knowledge import all_facts
from hipwright.rule import all_rules


@dataclass(frozen=True, slots=True)
class Hazard:
    """A kind of place where CUDA code that is merely renamed fails on AMD, with everything that covers it."""

    id: str
    title: str
    covered: tuple[str, ...] = ()  # rules, facts, and in words what else does
    open: str = ""  # what is left to a person, all of it where nothing covers the hazard
    evidence: str = ""


@cache
def hazards() -> Mapping[str, Hazard]:
    """Every known hazard by its id, in order."""
    stated = tomllib.loads(files("hipwright.knowledge").joinpath("hazards.toml").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for rule in all_rules().values():
        for hazard in rule.hazards:
            found.setdefault(hazard, []).append(f"rule {rule.id}")
    for names, fact in sorted({fact.names: fact for fact in all_facts().values()}.items()):
        for hazard in fact.hazards:
            found.setdefault(hazard, []).append(f"fact on {names[0]}")
    result = {}
    for id in sorted(stated.keys() | found.keys()):
        entry = stated.get(id, {})
        also = [entry["covered"]] if "covered" in entry else []
        covered = tuple(dict.fromkeys([*found.get(id, []), *also]))
        result[id] = Hazard(id, entry.get("title", ""), covered, entry.get("open", ""), entry.get("evidence", ""))
    return result
