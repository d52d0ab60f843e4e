"""What a rule, a hazard id or a CUDA name means on AMD hardware: one answer from rules, tables and facts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from hipwright.coverage import hazards
from hipwright.finding import HipwrightError
from hipwright.knowledge import facts, header, lookup, names
from hipwright.rule import Rule, all_rules


@dataclass(frozen=True)
class Explanation:
    """A title and the lines below it."""

    subject: str
    title: str
    lines: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def explain(subject: str) -> Explanation:
    """Look a subject up as a rule, a hazard, a header and a name, in this order.

    Raises `HipwrightError` with near spellings when it is none of them.
    """
    rules = all_rules()
    if subject in rules:
        return Explanation(subject, f"rule {subject}: {rules[subject].title}", tuple(_of_rule(rules[subject])))
    hazard = hazards().get(subject.upper())
    if hazard is not None:
        lines = [f"covered by: {how}" for how in hazard.covered if not how.startswith("rule ")]
        lines += [f"left to a person: {hazard.open}"] if hazard.open else []
        for rule in rules.values():
            if hazard.id in rule.hazards:
                lines += ["", f"rule {rule.id}: {rule.title}", *_of_rule(rule)]
        return Explanation(hazard.id, f"hazard {hazard.id}: {hazard.title}", tuple(lines))
    name = _of_name(subject)
    if name:
        return Explanation(subject, subject, tuple(name))
    near = get_close_matches(subject, [*rules, *names()], n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "name a rule, a hazard id such as W03, or a CUDA name"
    raise HipwrightError(f"nothing is known of {subject}", hint, 2)


def _of_rule(rule: Rule) -> list[str]:
    lines = [f"hazards: {', '.join(rule.hazards)}"] if rule.hazards else []
    lines += [line.strip() for line in rule.doc.splitlines()]
    for before, after in list(rule.rewrites.items())[:2]:
        lines += ["", "before:", *(f"  {line}" for line in before.splitlines())]
        lines += ["after:", *(f"  {line}" for line in after.splitlines())]
    return lines


def _of_name(subject: str) -> list[str]:
    lines: list[str] = []
    row = lookup(subject)
    if row is not None:
        state = f"HIP has {row.hip}" if row.hip else "no HIP counterpart"
        lines.append(f"{row.kind} of {row.library}: {state}")
        if row.note:
            lines.append(row.note)
        if row.since or row.until:
            lines.append(f"ROCm {row.since or '…'} to {row.until or 'now'}")
    include = header(subject)
    if include is not None:
        becomes = f" → {' '.join(include.hip)}" if include.hip else ""
        lines.append(f"header of {include.library}: {include.state}{becomes}")
        if include.note:
            lines.append(include.note)
    fact = facts(subject)
    if fact is not None:
        lines += [f"{fact.change}: {fact.what}", f"why: {fact.why}", f"evidence: {fact.evidence}"]
    for rule in all_rules().values():
        if subject in rule.names and rule.id != "names":
            lines.append(f"rule {rule.id}: {rule.title}")
    return lines
