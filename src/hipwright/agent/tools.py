"""What a model may do to a port: read, search, outline, look up, edit, compile, verify.

Plain functions of a Workspace that take and give text. The loop, the MCP server and the tests call the same ones.
`RefusedError` says why something was not done, so that the next try is better.
"""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Callable, Collection, Iterable, Sequence
from inspect import Signature, signature
from typing import get_type_hints

from hipwright.agent.secrets import MARK, cleaned
from hipwright.agent.workspace import RefusedError, Workspace
from hipwright.compile import UnitResult
from hipwright.explain import explain
from hipwright.finding import Edit, HipwrightError
from hipwright.port import run_check
from hipwright.report.verification import KernelResult, ProgramResult, Verification
from hipwright.source import Source
from hipwright.toolchain import find

_LINES = 400  # that one call of `read` shows
_HITS = 60
_ERRORS = 30
_WIDE = 400  # characters of a line that are shown


def read(workspace: Workspace, path: str, first: int = 1, last: int = 0) -> str:
    """Lines `first` to `last` of a file of the port (default: to the end), numbered from 1; at most 400 of them."""
    lines = _text(workspace, path).splitlines()
    first = max(1, first)
    wanted = lines[first - 1 : last or len(lines)]
    shown = [f"{number:5} {line[:_WIDE]}" for number, line in enumerate(wanted[:_LINES], first)]
    if len(wanted) > _LINES:
        shown.append(f"… {len(wanted) - _LINES} more lines: read from line {first + _LINES} on")
    return "\n".join(shown) or f"{path} has {len(lines)} lines; none of them from line {first} on"


def read_original(workspace: Workspace, path: str, first: int = 1, last: int = 0) -> str:
    """Lines of the CUDA original of a file of the port, numbered from 1."""
    workspace.path(path)
    data = workspace.original_text(path)
    if data is None:
        raise RefusedError(f"there is no original of {path!r}")
    lines = cleaned(data.decode("utf-8", "replace")).splitlines()
    return "\n".join(f"{n:5} {line[:_WIDE]}" for n, line in enumerate(lines[first - 1 : last or None][:_LINES], first))


def search(workspace: Workspace, text: str, files: str = "*") -> str:
    """Every line of the port that contains `text` (no pattern), in files whose path matches the pattern `files`."""
    if not text.strip():
        raise RefusedError("search for something")
    hits: list[str] = []
    more = 0
    for path in workspace.files():
        if not fnmatch.fnmatchcase(path, files):
            continue
        if text.encode() not in workspace.read(path):
            continue
        for number, line in enumerate(_text(workspace, path).splitlines(), 1):
            if text in line and len(hits) < _HITS:
                hits.append(f"{path}:{number}: {line.strip()[:_WIDE]}")
            elif text in line:
                more += 1
    if more:
        hits.append(f"… and {more} more lines")
    return "\n".join(hits) or f"no line of the port's files contains {text!r}"


def outline(workspace: Workspace, path: str = "") -> str:
    """The functions, kernels and types of a file with their lines; without a path: the port's files."""
    if not path:
        return "\n".join(f"{file.path} ({file.kind}, {file.size} bytes)" for file in workspace.project.files
                         if file.rewritable and not workspace.hidden(file.path))  # fmt: skip
    source = Source(path, workspace.read(path))
    kinds = {"function_definition", "struct_specifier", "class_specifier", "preproc_function_def", "enum_specifier"}
    found: list[str] = []
    stack = [source.tree.root_node]
    while stack:
        node = stack.pop()
        if node.type in kinds and node.end_point[0] > node.start_point[0]:
            head = source.text(node.start_byte, node.end_byte).partition("{")[0]
            found.append(f"{node.start_point[0] + 1}-{node.end_point[0] + 1}: {' '.join(head.split())[:160]}")
        if node.type != "function_definition":
            stack.extend(reversed(node.children))
    return "\n".join(found) or f"{path} defines nothing that was recognised"


def lookup(name: str) -> str:
    """What is known of a CUDA name, a rule, or a hazard id such as W03: its HIP counterpart, differences, evidence."""
    try:
        found = explain(name)
    except HipwrightError as error:
        raise RefusedError(f"{error.message}; {error.hint}") from error
    return "\n".join((found.title, *found.lines))


def edit(workspace: Workspace, path: str, old: str, new: str) -> str:
    """Put `new` in the place of `old`, which has to stand in the file exactly once; an empty `old` makes a new file."""
    target = workspace.path(path)
    if MARK in old or MARK in new:
        raise RefusedError("what was removed from the text as a secret can't be edited: choose a text without it")
    if not old:
        if target.exists():
            raise RefusedError(f"{path!r} exists: give the old text that is to be replaced")
        workspace.apply(path, [Edit(0, 0, new.encode(), "agent")])
        return f"wrote {path}"
    if old == new:
        raise RefusedError("old and new text are the same")
    data = workspace.read(path)
    before, after = _encoded(data, old), _encoded(data, new)
    count = data.count(before)
    if count != 1:
        raise RefusedError(_missed(path, data, old, count))
    start = data.index(before)
    workspace.apply(path, [Edit(start, start + len(before), after, "agent")])
    line, left, right = data.count(b"\n", 0, start) + 1, before.count(b"\n") + 1, after.count(b"\n") + 1
    return f"edited {path} at line {line}: {left} lines became {right}"


def compile_port(workspace: Workspace, archs: Sequence[str], jobs: int = 0, files: list[str] | None = None) -> str:
    """Compile the port's units that `files` reach (default: all) for every target and the host; say what is wrong.

    Lines are those of the port as it is now.
    """
    return described(compiled(workspace, archs, jobs, files or ()))


def compiled(
    workspace: Workspace, archs: Sequence[str], jobs: int = 0, files: Collection[str] = ()
) -> list[UnitResult]:
    """The port's units that `files` reach (default: all), compiled; places are those of the port."""
    units = workspace.record.units
    if files:
        project = workspace.project
        reached = set(files).union(*(project.reached_from(path) for path in files))
        units = tuple(unit for unit in units if unit.path in reached)
    return run_check(workspace.out, units, archs, find(), jobs, _silent)


def described(results: Iterable[UnitResult]) -> str:
    """What compiling showed, in words: each error once, with the targets that it was seen on."""
    results = list(results)
    errors: dict[tuple[str, int, str], list[str]] = {}
    for result in results:
        for each in result.diagnostics:
            if "error" in each.severity:
                archs = errors.setdefault((each.place.path, each.place.line, each.message), [])
                archs += [result.arch] if result.arch not in archs else []
    lines = [f"{path}:{line}: error: {message} [{', '.join(archs)}]" for (path, line, message), archs in errors.items()]
    said = {result.unit.path for result in results if any("error" in each.severity for each in result.diagnostics)}
    lines += [
        f"{result.unit.path}: {result.status} {result.missing_header} [{result.arch}]"
        for result in results
        if not result.ok and result.unit.path not in said
    ]
    good = sum(result.ok for result in results)
    head = f"{good} of {len(results)} compilations are without errors"
    rest = [f"… and {len(lines) - _ERRORS} more errors"] if len(lines) > _ERRORS else []
    return "\n".join((head, *lines[:_ERRORS], *rest))


def verify(execute: Callable[[str], Verification | None], kernel: str = "") -> str:
    """Run the programs of the original and the port (or only `kernel`, with made-up arguments) on an emulated GPU."""
    found = execute(kernel)
    if found is None:
        raise RefusedError("nothing can be executed here: no original, no sandbox, or no kernel of that name")
    lines: list[str] = []
    executed: list[ProgramResult | KernelResult] = [*found.programs, *found.alone]
    for each in executed:
        for side in each.sides:
            lines.append(f"{each.name} on {side.side}: {side.verdict} {side.reason}".rstrip())
            lines += [f"  {fault.ported or fault.place}: {fault}" for fault in side.faults[:5] if not fault.original]
            for difference in side.comparison.differences[:5] if side.comparison else ():
                left, right = difference.left[:200], difference.right[:200]
                lines.append(f"  {difference.where}: the original has {left!r}, the port {right!r}")
    lines += [f"unverified: {kernel.name}: {kernel.reason}" for kernel in found.kernels if not kernel.verified][:20]
    return cleaned("\n".join(lines)) or f"nothing was executed: {found.skipped or 'no program and no kernel'}"


def bound(function: Callable[..., str], *first: object) -> Callable[..., str]:
    """A tool without its first arguments, as a model sees it: what is refused comes back as text."""
    hints = get_type_hints(function)
    parameters = list(signature(function).parameters.values())[len(first) :]

    def call(*arguments: object, **named: object) -> str:
        try:
            return function(*first, *arguments, **named)
        except RefusedError as error:
            return f"refused: {error}"

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    call.__annotations__ = {each.name: hints[each.name] for each in parameters} | {"return": str}
    call.__signature__ = Signature(  # type: ignore[attr-defined]
        [each.replace(annotation=hints[each.name]) for each in parameters], return_annotation=str
    )
    return call


def _silent(done: int, total: int, what: str) -> None:
    return


def _text(workspace: Workspace, path: str) -> str:
    return cleaned(workspace.read(path).decode("utf-8", "replace"))


def _encoded(data: bytes, text: str) -> bytes:
    """A text as this file would write it: with its line ends."""
    if b"\r\n" in data and "\r\n" not in text:
        text = text.replace("\n", "\r\n")
    return text.encode("utf-8", "surrogatepass")


def _missed(path: str, data: bytes, old: str, count: int) -> str:
    """Why an edit found no place, or too many, and what stands near."""
    lines = data.decode("utf-8", "replace").splitlines()
    first = next((line for line in old.splitlines() if line.strip()), old)
    if count:
        at = [number for number, line in enumerate(lines, 1) if first.strip() in line]
        places = ", ".join(map(str, at[:10]))
        return f"the old text stands {count} times in {path} (lines {places}): give more of the lines around it"
    stripped = {line.strip(): number for number, line in enumerate(lines, 1)}
    near = [stripped[line] for line in difflib.get_close_matches(first.strip(), list(stripped), n=3, cutoff=0.5)]
    shown = []
    for number in near:
        shown += [f"{n:5} {lines[n - 1][:_WIDE]}" for n in range(max(1, number - 1), min(len(lines), number + 3) + 1)]
        shown.append("    …")
    hint = "\nnear it:\n" + cleaned("\n".join(shown)) if shown else ""
    return f"the old text does not stand in {path}; it has to be there byte for byte, blanks included{hint}"
