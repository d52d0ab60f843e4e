"""Every rule against its own examples. Never edited to add a rule."""

from __future__ import annotations

import pytest

from hipwright.context import gather
from hipwright.rewrite import Engine, Rewritten
from hipwright.rule import Rule, all_rules
from hipwright.source import Source

RULES = list(all_rules().values())
EVERYTHING = Engine(RULES)
REWRITES = [
    pytest.param(r, before, after, id=f"{r.id}-{i}")
    for r in RULES
    for i, (before, after) in enumerate(r.rewrites.items())
]
KEEPS = [pytest.param(r, text, id=f"{r.id}-{i}") for r in RULES for i, text in enumerate(r.keeps)]
NOTES = [pytest.param(r, text, id=f"{r.id}-{i}") for r in RULES for i, text in enumerate(r.notes)]


def run(engine: Engine, text: str, prelude: bool = False) -> Rewritten:
    data = text.encode()
    return engine.rewrite(Source("example.cu", data), gather([data]), prelude)


@pytest.mark.parametrize(("rule", "before", "after"), REWRITES)
def test_rewrites_as_its_example_says_and_settles(rule: Rule, before: str, after: str) -> None:
    engine = Engine([rule])
    first = run(engine, before)
    assert first.source.data.decode() == after
    again = run(engine, after)
    assert again.source.data.decode() == after, "porting a port must change nothing"


@pytest.mark.parametrize(("rule", "before", "after"), REWRITES)
def test_all_rules_together_settle(rule: Rule, before: str, after: str) -> None:
    once = run(EVERYTHING, before, prelude=True).source.data
    twice = run(EVERYTHING, once.decode(), prelude=True).source.data
    assert twice == once


@pytest.mark.parametrize(("rule", "text"), KEEPS)
def test_leaves_its_keeps_alone(rule: Rule, text: str) -> None:
    result = run(Engine([rule]), text)
    assert result.source.data.decode() == text
    assert result.notes == ()


@pytest.mark.parametrize(("rule", "text"), NOTES)
def test_says_something_of_its_notes(rule: Rule, text: str) -> None:
    assert run(Engine([rule]), text).notes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_is_documented_and_has_examples(rule: Rule) -> None:
    assert len(rule.doc) > 60, "say what, why on which hardware, and what is left to others"
    assert rule.rewrites or rule.notes, "a rule without an example that it acts on is untested"
    assert rule.names or rule.kinds or rule.words
