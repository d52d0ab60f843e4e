"""One source through the rules: find their sites, collect their findings, apply the edits, until nothing changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from tree_sitter import Node, Query, QueryCursor

from hipwright import nested
from hipwright.finding import Edit, Helper, Level, Note, Place
from hipwright.prelude import prelude_edits
from hipwright.rule import Facts, Rule, Site
from hipwright.source import LineMap, Source, language, non_overlapping

_WORD = re.compile(rb"[A-Za-z_]\w*")
# Each pass settles what an outer edit hid from an inner one; real code needs two or three.
_PASSES = 12


@dataclass(frozen=True)
class Rewritten:
    """A source after the rules. Notes stand at places of the original text; `edits` has original lines, by rule."""

    source: Source
    notes: tuple[Note, ...]
    lines: LineMap
    edits: Mapping[str, tuple[int, ...]]

    @property
    def changed(self) -> bool:
        """Whether any byte differs from the original."""
        return bool(self.edits)


class Engine:
    """A set of rules made ready to run over many sources: which word wakes which rule."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.order, rule.id)))
        self._rank = {rule.id: index for index, rule in enumerate(self.rules)}
        self._by_name: dict[bytes, list[Rule]] = {}
        self._by_word: dict[bytes, list[Rule]] = {}
        self._always: list[Rule] = []
        for rule in self.rules:
            for name in rule.names:
                self._by_name.setdefault(name.encode(), []).append(rule)
            for word in rule.words:
                self._by_word.setdefault(word.encode(), []).append(rule)
            if rule.kinds and not rule.words:
                self._always.append(rule)
        self._prefixes = tuple(word[:-1] for word in self._by_word if word.endswith(b"*"))
        self._vocabulary = self._by_name.keys() | self._by_word.keys()
        self._kinds = frozenset(kind for rule in self.rules for kind in rule.kinds)

    def rewrite(self, source: Source, facts: Facts, prelude: bool = True) -> Rewritten:
        """Run all rules over one source until none has an edit left.

        `prelude`: add the headers and helper definitions that the edits rely on (off for examples in documentation).
        """
        notes: dict[tuple[str, Place, str], Note] = {}
        edited: dict[str, list[int]] = {}
        lines = LineMap()
        current = source
        includes: set[str] = set()
        helpers: dict[str, Helper] = {}
        for _ in range(_PASSES):
            groups, found = self._findings(current, facts)
            for note in found:
                original = Place(note.place.path, lines.original(note.place.line), note.place.column)
                notes.setdefault(
                    (note.rule, Place(original.path, original.line), note.message), replace(note, place=original)
                )
            chosen, waiting = non_overlapping((_changing(current, group) for group in groups), self._rank)
            relied_on = [*chosen, *(edit for group in groups for edit in group if not _changes(current, edit))]
            for edit in relied_on:
                includes.update(edit.includes)
                helpers.update((helper.name, helper) for helper in edit.helpers)
            if not chosen:
                break
            for edit in chosen:
                edited.setdefault(edit.rule, []).append(lines.original(current.line(edit.start)))
            current, step = current.apply(chosen)
            lines = lines.then(step)
            if not waiting and not self._wakes(chosen):
                break
        else:
            note = Note(
                "engine", Level.ERROR, Place(source.path, 1), f"the rules did not settle after {_PASSES} passes"
            )
            notes[(note.rule, note.place, note.message)] = note
        strings: list[Edit] = []
        for literal in nested.literals(current):
            inner = self.rewrite(Source(f"{source.path}#string", literal.text, current.hip), facts, prelude=False)
            for note in inner.notes:
                start = Source(source.path, literal.text).offset(note.place.line, 1)
                line = current.line(literal.offsets[start])
                place = Place(source.path, lines.original(line))
                notes.setdefault((note.rule, place, note.message), replace(note, place=place))
            strings += nested.edits(literal, inner.source.data) if inner.changed else []
        if strings:
            edited["nvrtc-string"] = [lines.original(current.line(edit.start)) for edit in strings]
            current, step = current.apply(strings)
            lines = lines.then(step)
        if prelude and (includes or helpers):
            insertions = prelude_edits(current, includes, helpers.values())
            if insertions:
                where = [lines.original(current.line(insertion.start)) for insertion in insertions]
                edited.setdefault(insertions[0].rule, []).extend(where)
                current, step = current.apply(insertions)
                lines = lines.then(step)
        return Rewritten(
            current,
            tuple(sorted(notes.values(), key=lambda n: (n.place, n.rule, n.message))),
            lines,
            {rule: tuple(sorted(where)) for rule, where in sorted(edited.items())},
        )

    def _wakes(self, edits: Sequence[Edit]) -> bool:
        """Whether text that was just put in could interest a rule."""
        return any(word in self._vocabulary for edit in edits for word in _WORD.findall(edit.text))

    def _findings(self, source: Source, facts: Facts) -> tuple[list[tuple[Edit, ...]], list[Note]]:
        """The edits, in groups that are done together: those of one site. A rule over a whole file has many places."""
        groups: list[tuple[Edit, ...]] = []
        notes: list[Note] = []
        for site in self._sites(source, facts):
            edits: list[Edit] = []
            for finding in site.rule.check(site):
                if isinstance(finding, Edit):
                    edits.append(finding)
                else:
                    notes.append(finding)
            if site.node.parent is None and not site.rule.names:
                groups += [(edit,) for edit in edits]
            elif edits:
                groups.append(tuple(edits))
        return groups, notes

    def _sites(self, source: Source, facts: Facts) -> Iterator[Site]:
        words = set(_WORD.findall(source.data))
        starts = {word for word in words if word.startswith(self._prefixes)}
        present = words & self._vocabulary | starts
        if not present and not self._always:
            return
        spelled = {*present, *(each + b"*" for each in self._prefixes if any(word.startswith(each) for word in starts))}
        woken = {rule.id: rule for word in spelled for rule in self._by_word.get(word, ())}
        woken.update((rule.id, rule) for rule in self._always)
        regions: dict[int, Node] = {}
        if present:
            for match in _WORD.finditer(source.data):
                if match.group() not in present:
                    continue
                found = source.located(match.start(), match.end())
                if found is None or found[0].start_byte != match.start():
                    continue
                node, top = found
                regions.setdefault(top.start_byte if top != source.tree.root_node else -1, top)
                if node.end_byte == match.end():
                    for rule in self._by_name.get(match.group(), ()):
                        yield Site(source, node, facts, rule)
        regions[-1] = source.tree.root_node
        ordered = sorted(woken.values(), key=lambda rule: self._rank[rule.id])
        for rule in ordered:
            if not rule.kinds:
                yield Site(source, source.tree.root_node, facts, rule)
        by_kind: dict[str, list[Rule]] = {}
        for rule in ordered:
            for kind in rule.kinds:
                by_kind.setdefault(kind, []).append(rule)
        if by_kind:
            for _, root in sorted(regions.items()):
                for node in _nodes(root, self._kinds):
                    for rule in by_kind.get(node.type, ()):
                        yield Site(source, node, facts, rule)


def _changes(source: Source, edit: Edit) -> bool:
    """Whether an edit alters a byte. One that does not still says what its text relies on: a missing definition."""
    return source.data[edit.start : edit.end] != edit.text


def _changing(source: Source, group: tuple[Edit, ...]) -> tuple[Edit, ...]:
    return tuple(dict.fromkeys(edit for edit in group if _changes(source, edit)))


@lru_cache(maxsize=64)
def _query(kinds: frozenset[str]) -> Query:
    return Query(language(), "[" + " ".join(f"({kind})" for kind in sorted(kinds)) + "] @node")


def _nodes(root: Node, kinds: frozenset[str]) -> list[Node]:
    """Every node of these types below a root, in order of the text: one query for all rules."""
    return sorted(
        QueryCursor(_query(kinds)).captures(root).get("node", []), key=lambda node: (node.start_byte, -node.end_byte)
    )
