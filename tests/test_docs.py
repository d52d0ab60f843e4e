"""The generated pages agree with the rules, and the list of hazards with what covers them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from hipwright.coverage import hazards
from hipwright.explain import explain
from hipwright.rule import all_rules

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "scripts" / "generate_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_say_what_the_rules_say_now(generator: ModuleType) -> None:
    present = {path.name: path.read_text("utf-8") for path in generator.FOLDER.glob("*.md")}
    wanted = generator.pages()
    stale = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    assert not stale, "run scripts/generate_docs.py"


def test_every_hazard_is_known_and_covered_or_stated_as_open() -> None:
    for hazard in hazards().values():
        assert hazard.title, f"{hazard.id} is named by a rule or a fact, but not in knowledge/hazards.toml"
        assert hazard.covered or hazard.open, f"nothing covers {hazard.id}, and nothing says so"


def test_what_is_stated_names_files_that_exist() -> None:
    for hazard in hazards().values():
        for how in hazard.covered:
            for word in how.replace(":", " ").split():
                if word.endswith(".py"):
                    assert (ROOT / "src" / "hipwright" / word).is_file(), f"{hazard.id}: {word}"


def test_the_page_of_hazards_tells_covered_from_open(generator: ModuleType) -> None:
    text = generator.pages()["hazards.md"]
    covered, _, left = text.partition("## Open")
    assert "| W39 |" in covered
    assert "| M04 |" in left
    assert all(f"| {hazard.id} |" in (covered if hazard.covered else left) for hazard in hazards().values())
    assert f"of {len(hazards())} are covered" in text


def test_every_rule_has_a_page_with_its_examples(generator: ModuleType) -> None:
    pages = generator.pages()
    for rule in all_rules().values():
        assert all(before.rstrip("\n") in pages[f"{rule.id}.md"] for before in rule.rewrites)


def test_every_hazard_can_be_explained() -> None:
    assert explain("w19").lines == (f"left to a person: {hazards()['W19'].open}",)
    for hazard in hazards().values():
        answer = explain(hazard.id)
        assert answer.title == f"hazard {hazard.id}: {hazard.title}"
        assert answer.lines
