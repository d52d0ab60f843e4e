"""What an answer has to pass. A model's word that something is done counts for nothing.

A change is accepted if every unit that compiled still does, on every target, and keeps its kernels; if no kernel lost
its body; if what was said of the item's place is said no more; and if nothing that was executed and agreed with the
original now differs.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hipwright.agent.items import Item
from hipwright.agent.tools import compiled
from hipwright.agent.workspace import Workspace
from hipwright.compile import UnitResult
from hipwright.context import gather
from hipwright.emulate.run import Isolation
from hipwright.finding import HipwrightError
from hipwright.port import Naming, vanished_kernels
from hipwright.report.verification import Verification, base_name
from hipwright.rewrite import Engine
from hipwright.rule import all_rules
from hipwright.source import Source
from hipwright.verify import ARCHS, Options, verify

_KERNELS = 12  # touched by one item that are launched by themselves
_SHOWN = 12  # lines of one refusal
_COMMENT = re.compile(rb'"(?:\\.|[^"\\\n])*"|//(?:\\\r?\n|[^\n])*|/\*.*?\*/', re.S)
_KERNEL = re.compile(rb"\b__global__\b[^;{}()]*?(?:__launch_bounds__\s*\([^)]*\)\s*)?[\w:<>*&\s]*?\b(\w+)\s*\(")

Changes = Mapping[str, tuple[bytes, bytes]]  # file → the old bytes and the new ones


@dataclass(frozen=True)
class Standing:
    """How a port stands: what an item is judged against, and by."""

    results: tuple[UnitResult, ...] = ()
    lost: frozenset[str] = frozenset()  # kernels without a body, in words
    seen: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # file, rule, message: what rules say of it
    verification: Verification | None = None

    @property
    def errors(self) -> Counter[tuple[str, str]]:
        """File and message of what the compiler rejects."""
        return Counter(
            (each.place.path, each.message)
            for result in self.results
            for each in result.diagnostics
            if "error" in each.severity
        )


@dataclass(frozen=True)
class Judgement:
    """What the gates say of a change."""

    refusals: tuple[str, ...]  # empty: it passes
    verified: tuple[str, ...] = ()  # kernels of the changed files that were executed and agree
    unverified: tuple[str, ...] = ()  # those of which that can't be said

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.refusals

    @property
    def risky(self) -> bool:
        """Whether the change rests on compiling alone."""
        return not self.verified or bool(self.unverified)


@dataclass
class Gate:
    """The gates of one port."""

    workspace: Workspace
    archs: tuple[str, ...]
    isolation: Isolation | None  # None: nothing is executed
    timeout: float = 120.0  # seconds a run
    jobs: int = 0

    def __post_init__(self) -> None:
        project = self.workspace.project
        self._engine = Engine(all_rules().values())
        self._context = gather((project.read(file.path) for file in project.code), (f.path for f in project.files))

    def stand(self, files: Collection[str], execute: bool = True) -> Standing:
        """How the port stands now; rules look at `files` only, the compiler at all units."""
        workspace = self.workspace
        results = tuple(compiled(workspace, self.archs, self.jobs))
        seen = self.seen(files)
        lost: frozenset[str] = frozenset()
        if workspace.original:
            place = Naming(workspace.record.origin.rename)
            notes = vanished_kernels(workspace.original, workspace.out, place, only=files)
            lost = frozenset(note.message for note in notes)
        return Standing(results, lost, seen, self.execute() if execute else None)

    def seen(self, files: Iterable[str]) -> Counter[tuple[str, str, str]]:
        """What rules say is left to do in files of the port: file, rule and message, with how often."""
        seen: Counter[tuple[str, str, str]] = Counter()
        for path in files:
            target = self.workspace.path(path)
            if target.is_file():
                for note in self._engine.rewrite(Source(path, target.read_bytes()), self._context).notes:
                    if note.level.left_to_do:
                        seen[path, note.rule, note.message] += 1
        return seen

    def execute(self, kernel: str = "") -> Verification | None:
        """Run the programs of both trees, or one kernel by itself; None where nothing can be executed."""
        workspace = self.workspace
        if workspace.original is None or self.isolation is None:
            return None
        origin = workspace.record.origin
        sizes = tuple(arch for arch in ARCHS if arch in self.archs) or self.archs
        options = Options(
            sizes, timeout=self.timeout, isolation=self.isolation, defines=origin.defines, kernels=bool(kernel),
            folders=tuple(map(Path, origin.folders)), kernel=kernel, layouts=not kernel, jobs=self.jobs,
        )  # fmt: skip
        workspace.save()  # places are told by it
        try:
            return verify(workspace.original.root, workspace.out, options)
        except HipwrightError:
            return None

    def judge(self, item: Item, changes: Changes, before: Standing) -> Judgement:
        """Whether a change passes every gate. The cheap ones come first, and execution only if those are passed."""
        if not any(_code(old) != _code(new) for old, new in changes.values()):
            return Judgement(("nothing was changed but comments: edit the code, or give up and say why",))
        after = self.stand(changes, execute=False)
        refusals = [*_compiles(before, after), *_solved(item, before, after), *_kept(before, after)]
        if refusals:
            return Judgement(tuple(refusals))
        found = self.execute()
        refusals = [*_executed(before.verification, found), *_agrees(item, found)]
        if refusals:
            return Judgement(tuple(refusals))
        names = self._touched(changes)
        reached = {base_name(name) for name in found.verified} if found else set()
        good = [name for name in names if name in reached]
        for name in [name for name in names if name not in reached][:_KERNELS]:
            alone = self.execute(name)
            mine = [kernel for kernel in alone.alone if base_name(kernel.name) == name] if alone else []
            for kernel in mine:
                if kernel.verdict.bad:
                    side = next(each for each in kernel.sides if each.verdict is kernel.verdict)
                    told = [side.reason, *map(str, side.faults[:3]), f"launch: {kernel.launch}"]
                    refusals.append(f"{kernel.name} {side.verdict} on {side.side}: " + "; ".join(filter(None, told)))
            if mine and all(kernel.verdict.good for kernel in mine):
                good.append(name)
        unverified = [name for name in names if name not in good]
        if item.note and not any(before.seen[place.path, item.note.rule, item.note.message] for place in item.places):
            unverified.append(f"what the rule {item.note.rule} said: it can't see in a port whether that is settled")
        return Judgement(tuple(refusals), tuple(good), tuple(unverified))

    def _touched(self, changes: Changes) -> list[str]:
        """The names of the kernels whose text changed; if only other code did, of all that the changed files reach."""
        named: dict[str, None] = {}
        for path, (old, new) in changes.items():
            before, after = _kernels(path, old), _kernels(path, new)
            named |= dict.fromkeys(name for name, text in after.items() if before.get(name) != text)
        if named:
            return list(named)
        project = self.workspace.project
        reached = set(changes).union(*(project.reached_from(path) for path in changes))
        for path in sorted(reached):
            if path in project.by_path:
                named |= dict.fromkeys(name.decode() for name in _KERNEL.findall(project.read(path)))
        return list(named)


def diff(changes: Changes) -> str:
    """Changes as a unified diff."""
    out: list[str] = []
    for path, (old, new) in sorted(changes.items()):
        left, right = (data.decode("utf-8", "replace").splitlines(keepends=True) for data in (old, new))
        out += (line if line.endswith("\n") else line + "\n" for line in difflib.unified_diff(left, right, path, path))
    return "".join(out)


def _code(data: bytes) -> bytes:
    """A text without comments and blanks."""
    kept = _COMMENT.sub(lambda match: match.group() if match.group().startswith(b'"') else b" ", data)
    return b"".join(kept.split())


def _kernels(path: str, data: bytes) -> dict[str, bytes]:
    """The kernels of a text, each with its own."""
    out: dict[str, bytes] = {}
    stack = [Source(path, data).tree.root_node]
    while stack:
        node = stack.pop()
        if node.type == "function_definition":
            text = data[node.start_byte : node.end_byte]
            if match := _KERNEL.search(text.partition(b"{")[0]):
                out[match[1].decode()] = out.get(match[1].decode(), b"") + text
        else:
            stack.extend(node.children)
    return out


def _compiles(before: Standing, after: Standing) -> Iterable[str]:
    good = {(result.unit, result.arch) for result in before.results if result.ok}
    broken = [result for result in after.results if not result.ok and (result.unit, result.arch) in good]
    shown: dict[str, None] = {}
    for result in broken:
        errors = [each for each in result.diagnostics if "error" in each.severity]
        for each in errors:
            shown[f"{each.place.path}:{each.place.line}: {each.message} [{result.arch}]"] = None
        if not errors:
            shown[f"{result.unit.path}: {result.status} {result.missing_header} [{result.arch}]"] = None
    if shown:
        yield "what compiled before does not compile any more:\n" + "\n".join(list(shown)[:_SHOWN])


def _solved(item: Item, before: Standing, after: Standing) -> Iterable[str]:
    errors = after.errors
    left = [
        f"{each.place.path}: {each.message}"
        for each in item.diagnostics
        if "error" in each.severity and errors[each.place.path, each.message]
    ]
    if left:
        yield "the compiler still says:\n" + "\n".join(_told(after.results, list(dict.fromkeys(left))[:_SHOWN]))
    if not (item.diagnostics or item.note or item.run):  # the compiler ended without a word
        paths = {place.path for place in item.places}
        for each in after.results:
            if each.unit.path in paths and not each.ok:
                yield f"{each.unit.path} [{each.arch}] still ends with: {each.status} {each.missing_header}".rstrip()
    # What stopped the compiler hides the rest of the file; any other new error is the edit's own.
    stopped = any("fatal" in each.severity for each in item.diagnostics)
    fresh = [] if stopped else [f"{path}: {message}" for path, message in errors.keys() - before.errors.keys()]
    if fresh:
        yield "the compiler now says:\n" + "\n".join(_told(after.results, fresh))
    if item.note:
        for path in dict.fromkeys(place.path for place in item.places):
            key = path, item.note.rule, item.note.message
            if before.seen[key] and after.seen[key]:
                yield f"the rule {item.note.rule} still sees in {path}: {item.note.message}"
    for path, rule, message in [key for key in after.seen if after.seen[key] > before.seen[key]]:
        yield f"the rule {rule} now says of {path}: {message}"


def _told(results: Iterable[UnitResult], wanted: Collection[str]) -> Iterable[str]:
    """Messages with the lines where they are now."""
    found: dict[str, None] = {}
    for result in results:
        for each in result.diagnostics:
            if f"{each.place.path}: {each.message}" in wanted:
                found[f"{each.place.path}:{each.place.line}: {each.message} [{result.arch}]"] = None
    return list(found)[:_SHOWN]


def _kept(before: Standing, after: Standing) -> Iterable[str]:
    for message in sorted(after.lost - before.lost):
        yield f"a kernel lost its code: {message}"
    now = {(result.unit, result.arch): result for result in after.results}
    for result in before.results:
        other = now.get((result.unit, result.arch))
        if result.ok and other and other.ok:
            names = {base_name(kernel.name) for kernel in other.kernels}
            gone = sorted({base_name(kernel.name) for kernel in result.kernels} - names)
            if gone:
                yield f"{result.unit.path} [{result.arch}] no longer has the kernels {', '.join(gone)}"
                return


def _agrees(item: Item, found: Verification | None) -> Iterable[str]:
    """Whether the run that an item is about agrees now."""
    if item.run is None:
        return
    for program in found.programs if found else ():
        for side in program.sides:
            if (program.name, side.side) == item.run and side.verdict.good:
                return
    yield f"{item.run[0]} on {item.run[1]} still does not agree with the original"


def _executed(before: Verification | None, after: Verification | None) -> Iterable[str]:
    if after is None:
        if before is not None:
            yield "what could be executed before can't be any more"
        return
    known = {(p.name, side.side): side.verdict for p in (before.programs if before else ()) for side in p.sides}
    for program in after.programs:
        for side in program.sides[1:]:
            old = known.get((program.name, side.side))
            if not side.verdict.bad and not (old and old.good and not side.verdict.good):
                continue
            if old == side.verdict and old.bad:
                continue  # it was so before; another item's affair
            told = [side.reason, *(f"{fault.ported}: {fault}" for fault in side.faults if not fault.original)]
            differences = side.comparison.differences[:3] if side.comparison else ()
            told += [f"{each.where}: the original has {each.left!r}, the port {each.right!r}" for each in differences]
            yield f"{program.name} on {side.side} ({side.arch}) is {side.verdict}: " + "\n".join(filter(None, told[:6]))
    if after.layouts:
        old_layouts = {layout.text() for layout in before.layouts.differences} if before and before.layouts else set()
        for layout in after.layouts.differences:
            if layout.text() not in old_layouts:
                yield f"a type is laid out otherwise than in the original:\n{layout.text()}"
