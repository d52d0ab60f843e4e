"""What a rule is, and the registry of them.

A rule is one function in one file below `rules/`, found by being there. It is called with a `Site` for every place that
its trigger names, and yields Edits and Notes. Its docstring is its documentation, its `rewrites` and `keeps` are its
tests and its examples.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Protocol

from tree_sitter import Node

from hipwright.finding import Edit, Finding, Helper, Level, Note
from hipwright.source import Call, Source, Span, ancestors, encoded


class Facts(Protocol):
    """What a rule may ask about the rest of the project (see `context.py`)."""

    def macro(self, name: str) -> str | None:
        """The body of the object-like macro or constant `name`, if all its definitions in the project agree."""

    def integer(self, expression: str) -> int | None:
        """The value of an integer expression of literals, macros and constants; None when it can't be told."""

    def defines(self, name: str) -> bool:
        """Whether the project itself declares `name` (a type, function or macro of its own)."""

    def has_file(self, name: str) -> bool:
        """Whether the project has a file that the include path `name` could mean."""

    def includes(self, name: str) -> bool:
        """Whether any file of the project includes the header `name`."""

    def overloads(self, name: str) -> frozenset[str]:
        """First parameters' types of the project's own overloads of the atomic, texture access or access with a cache
        hint called `name`; "template" for one that takes any type.
        """

    def types(self, name: str) -> frozenset[str]:
        """The types that `name` stands for through the project's typedefs, `using` and macros; itself if it is none."""

    def device_macros(self) -> Mapping[str, str]:
        """Object-like macros of the project: name to body, where all definitions agree."""


@dataclass(frozen=True)
class Site:
    """One place that a rule looks at.

    `node` is the identifier (trigger `names`), the construct (trigger `kinds`) or the file's root (trigger `words`).
    """

    source: Source
    node: Node
    facts: Facts
    rule: Rule

    @cached_property
    def text(self) -> str:
        """The node's text."""
        return self.source.text(self.node.start_byte, self.node.end_byte)

    @cached_property
    def call(self) -> Call | None:
        """The call whose callee is this identifier."""
        return self.source.call_of(self.node)

    @cached_property
    def foreign(self) -> bool:
        """Whether the name is no use of CUDA's: a member, another namespace's, declared here, a macro of the file."""
        if encoded(self.text) in self.source.macros:
            return True
        parent = self.node.parent
        if self.node.type in ("field_identifier", "namespace_identifier") or parent is None:
            return parent is not None
        if parent.type == "qualified_identifier":
            return parent.child_by_field_name("scope") is not None
        field = "name" if parent.type.startswith("preproc_") else "declarator"
        return parent.type in (
            "function_declarator", "parameter_declaration", "init_declarator", "preproc_def", "preproc_function_def"
        ) and (parent.child_by_field_name(field) == self.node)  # fmt: skip

    def within(self, *kinds: str) -> Node | None:
        """The innermost node of one of these types around the site."""
        return next((node for node in ancestors(self.node) if node.type in kinds), None)

    def replace(
        self, what: Span | Call | Node, text: str, includes: tuple[str, ...] = (), helpers: tuple[Helper, ...] = ()
    ) -> Edit:
        """An Edit that puts `text` in the place of a span, a call or a node."""
        start, end = (what.start_byte, what.end_byte) if isinstance(what, Node) else (what.start, what.end)
        return self.edit(start, end, text, includes, helpers)

    def insert(self, at: int, text: str, includes: tuple[str, ...] = (), helpers: tuple[Helper, ...] = ()) -> Edit:
        """An Edit that puts `text` before byte `at`."""
        return self.edit(at, at, text, includes, helpers)

    def edit(
        self, start: int, end: int, text: str, includes: tuple[str, ...] = (), helpers: tuple[Helper, ...] = ()
    ) -> Edit:
        """An Edit of bytes `start:end`."""
        return Edit(start, end, encoded(text), self.rule.id, includes, helpers)

    def note(
        self, level: Level, message: str, hint: str = "", at: int | None = None, hazards: tuple[str, ...] = ()
    ) -> Note:
        """A Note at the site (or at byte `at`); `hazards` defaults to the rule's own."""
        place = self.source.place(self.node.start_byte if at is None else at)
        # It is printed and written as UTF-8, and may quote bytes of the file that are none.
        message, hint = (text.encode("utf-8", "replace").decode() for text in (message, hint))
        return Note(self.rule.id, level, place, message, hint, hazards or self.rule.hazards)


Check = Callable[[Site], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """One transformation or check, with its examples.

    Triggers: `names` visits every identifier spelled so (not in comments, strings or longer names); `kinds` visits
    every syntax node of these types in a file that has one of `words`, or in every file if `words` is empty; `words`
    alone visits the root of every file that has one of these identifiers. A word that ends in `*` is the start of one.
    """

    id: str
    title: str
    check: Check
    hazards: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    order: int = 50  # where two rules want the same bytes, the lower one wins; the name table has 90
    rewrites: Mapping[str, str] = field(
        default_factory=dict
    )  # before → after, each compiled for AMD targets in the tests
    keeps: tuple[str, ...] = ()  # left exactly alone, without a Note
    notes: tuple[str, ...] = ()  # sources that get a Note
    compiles: bool = True  # False: `rewrites` are fragments that do not compile on their own
    since: str = "0.1"

    @property
    def doc(self) -> str:
        """The documentation: what, why on which hardware, what is left to others."""
        return (self.check.__doc__ or "").strip()

    @property
    def subject(self) -> str:
        """The folder below `rules/` that the rule stands in."""
        return self.check.__module__.split(".")[-2]


_RULES: dict[str, Rule] = {}


def rule(
    id: str,
    title: str,
    *,
    hazards: Iterable[str] = (),
    names: Iterable[str] = (),
    kinds: Iterable[str] = (),
    words: Iterable[str] = (),
    order: int = 50,
    rewrites: Mapping[str, str] | None = None,
    keeps: Iterable[str] = (),
    notes: Iterable[str] = (),
    compiles: bool = True,
    since: str = "0.1",
) -> Callable[[Check], Check]:
    """Register the decorated function as a rule; see `Rule` for the arguments."""

    def register(check: Check) -> Check:
        if id in _RULES:
            raise ValueError(f"two rules are called {id}")
        _RULES[id] = Rule(
            id, title, check, tuple(hazards), frozenset(names), frozenset(kinds), frozenset(words), order,
            dict(rewrites or {}), tuple(keeps), tuple(notes), compiles, since,
        )  # fmt: skip
        return check

    return register


@lru_cache(maxsize=1)
def all_rules() -> Mapping[str, Rule]:
    """Every rule below `rules/`, by id, in order of their ids."""
    package = importlib.import_module("hipwright.rules")
    for module in pkgutil.walk_packages(package.__path__, "hipwright.rules."):
        importlib.import_module(module.name)
    return dict(sorted(_RULES.items()))


def descend(node: Node, kinds: frozenset[str]) -> Iterator[Node]:
    """Every node of these types below `node`, in order of the text."""
    cursor = node.walk()
    while True:
        current = cursor.node
        if current is not None and current.type in kinds:
            yield current
        if cursor.goto_first_child() or cursor.goto_next_sibling():
            continue
        while cursor.goto_parent():
            if cursor.goto_next_sibling():
                break
        else:
            return
