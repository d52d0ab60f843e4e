"""What a model is told of an item: the engine chooses it, so that most items need no search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hipwright.agent.gate import Standing
from hipwright.agent.items import Item
from hipwright.agent.secrets import cleaned
from hipwright.agent.tools import lookup
from hipwright.agent.workspace import RefusedError, Workspace
from hipwright.knowledge import facts
from hipwright.knowledge import lookup as row_of

_WHOLE = 300  # lines of a file that is shown whole
_AROUND = 60  # lines before and after the place otherwise
_ORIGINAL = 25  # of the original
_NAMES = 12  # CUDA names that are looked up
_CALLERS = 12
_SOLVED = 2  # similar items that are shown
_LONGEST = 60_000  # characters of one prompt
_WORD = re.compile(r"\b[A-Za-z_]\w{3,}\b")


@dataclass(frozen=True)
class Solved:
    """An item that was solved before in this tree."""

    title: str
    kind: str
    diff: str


@cache
def instructions(name: str) -> str:
    """The fixed part of a conversation: `port` or `review`."""
    return (files("hipwright.agent") / "prompts" / f"{name}.md").read_text("utf-8")


def quoted(what: str, text: str) -> str:
    """Text of the code base, marked as data: an end mark inside of it is broken, so that it can't leave."""
    inner = re.sub(r"<(/?)data\b", r"<\1 data", text.rstrip("\n"))
    return f"<data {what}>\n{inner}\n</data>"


def about(item: Item, workspace: Workspace, standing: Standing, archs: Sequence[str], solved: Sequence[Solved]) -> str:
    """The first message of the conversation about an item."""
    path, line = item.places[0].path, _now(workspace, item)
    finder = f"the rule {item.kind}" if item.note else "executing both" if item.run else "the compiler"
    parts = [
        f"Targets: {', '.join(archs)}, and the host.",
        f"The item: {item.title}",
        f"It was found by {finder} at {path}, line {line} of the port (line {item.places[0].line} of the original).",
    ]
    if len(item.places) > 1:
        rest = ", ".join(f"{each.path}:{each.line}" for each in item.places[1:20])
        parts.append(f"The same at these lines of the original: {rest}. All of them belong to the item.")
    if item.diagnostics:
        told = dict.fromkeys(f"{each.message} [{each.unit}, {each.arch}]" for each in item.diagnostics)
        parts.append(quoted("compiler", "\n".join(list(told)[:20])))
    parts.append(f"Files that may be edited: {', '.join(item.files)}")
    parts += [f"A way out that the tool knows: {way}" for way in item.hypotheses]
    parts += [f"What is known: {fact}" for fact in item.facts]
    text = cleaned(workspace.read(path).decode("utf-8", "replace"))
    parts.append(_shown(f'file="{path}" of="port"', text, line, _WHOLE, _AROUND))
    original = workspace.original_text(path)
    if original is not None:
        old = cleaned(original.decode("utf-8", "replace"))
        parts.append(_shown(f'file="{path}" of="CUDA original"', old, item.places[0].line, _ORIGINAL * 2, _ORIGINAL))
    parts += _around(workspace, path, text, line)
    parts += _known(item, text, line)
    if standing.verification:
        mine = [each for each in standing.verification.kernels if each.name.split("(")[0].split("<")[0] in text]
        states = [f"{each.name}: {'verified' if each.verified else each.reason}" for each in mine[:10]]
        parts += ["What executing showed of kernels:\n" + "\n".join(states)] if states else []
    alike = [each for each in solved if each.kind == item.kind or each.title == item.title]
    for each in alike[-_SOLVED:]:
        parts.append(f"A similar item of this code base, and the edit that was accepted for it: {each.title}")
        parts.append(quoted("accepted", each.diff[:4000]))
    return cleaned("\n\n".join(parts))[:_LONGEST]


def for_review(item: Item, diff: str, unverified: Iterable[str]) -> str:
    """What a reviewer is told of an edit."""
    names = ", ".join(unverified) or "none that the edit touches"
    parts = [f"The item: {item.title}", f"Kernels that could not be executed: {names}", quoted("edit", cleaned(diff))]
    return "\n\n".join(parts)[:_LONGEST]


def _now(workspace: Workspace, item: Item) -> int:
    """Where the item stands in the port as it is now: the last line that came from the original's."""
    place = item.places[0]
    lines = workspace.maps.get(place.path)
    count = workspace.read(place.path).count(b"\n") + 1
    if lines is None:
        return min(place.line, count)
    return max(
        (line for line in range(1, count + 1) if lines.original(line) == place.line), default=min(place.line, count)
    )


def _shown(what: str, text: str, line: int, whole: int, around: int) -> str:
    lines = text.splitlines()
    first, last = (1, len(lines)) if len(lines) <= whole else (max(1, line - around), min(len(lines), line + around))
    numbered = "\n".join(f"{n:5} {lines[n - 1]}" for n in range(first, last + 1))
    return quoted(f'{what} lines="{first}-{last} of {len(lines)}"', numbered)


def _around(workspace: Workspace, path: str, text: str, line: int) -> Iterable[str]:
    """Includes, includers, and who calls the function that the item stands in."""
    project = workspace.project
    includes, includers = (
        [each for each in found if not workspace.hidden(each)]
        for found in (project.includes_of(path), project.included_by(path))
    )
    if includes or includers:
        yield f"It includes {', '.join(includes) or 'no file of the port'}."
        yield f"It is included by {', '.join(includers) or 'no file of the port'}."
    heads = re.compile(r"^[\w:<>,*&\s]*?\b(\w+)\s*\([^;{}]*\)[^;{}]*\{", re.M)
    name = ""
    for match in heads.finditer(text):
        if text.count("\n", 0, match.start()) + 1 > line:
            break
        name = match[1] if match[1] not in ("if", "for", "while", "switch") else name
    if name:
        calls = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b")
        found = []
        for other in workspace.files():
            data = workspace.read(other) if project.by_path[other].kind.code else b""
            for number, row in enumerate(data.splitlines(), 1) if calls.search(data) else ():
                if calls.search(row):
                    found.append(f"{other}:{number}: {row.decode('utf-8', 'replace').strip()[:160]}")
        if found:
            yield f"Where {name} is named:\n" + quoted("search", "\n".join(found[:_CALLERS]))


def _known(item: Item, text: str, line: int) -> Iterable[str]:
    """What rules and tables say of the item: of its rule, and of the names at its place."""
    if item.note:
        for subject in (item.note.rule, *item.note.hazards):
            try:
                yield f"About {lookup(subject)[:2500]}"
            except RefusedError:
                continue
            break
    near = "\n".join([item.title, *text.splitlines()[max(0, line - 6) : line + 5]])
    told = []
    for word in dict.fromkeys(_WORD.findall(near)):
        row, fact = row_of(word), facts(word)
        if (row is not None and (not row.hip or row.note)) or fact is not None:
            try:
                told.append(lookup(word)[:600])
            except RefusedError:
                continue
    if told:
        yield "About names at this place:\n" + "\n\n".join(told[:_NAMES])
