"""A port that is being worked on: which of its files may be seen and written, and how it is put back.

Every path that a model names goes through `Workspace.path`. Nothing outside of the port is read or written by a tool,
whatever the name or a link says.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from hipwright.finding import Edit, HipwrightError
from hipwright.output import RECORD, write_file
from hipwright.port import Naming
from hipwright.project import Project
from hipwright.record import Record, read_record, write_lines
from hipwright.source import LineMap, Source

# Files with which a project instructs agents of its own. To ours they are text of a stranger, and are not even shown.
_INSTRUCTIONS = (
    "AGENTS.md", "AGENT.md", "CLAUDE.md", "CLAUDE.local.md", "GEMINI.md", "QWEN.md", "CONVENTIONS.md", ".cursorrules",
    ".windsurfrules", ".clinerules", ".roorules", ".goosehints", "copilot-instructions.md", "llms.txt",
)  # fmt: skip
_INSTRUCTION_FOLDERS = {".claude", ".cursor", ".codex", ".gemini", ".windsurf", ".continue", ".agents", ".agent"}
# Files that hold keys by their name; keys in other files are taken out of the text (see `secrets`).
_SECRET = (
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.kdbx", "id_rsa*", "id_ed25519*", "id_ecdsa*",
    ".netrc", ".npmrc", ".pypirc", ".git-credentials", "credentials", "credentials.*", "secrets.*", "*.tfvars",
)  # fmt: skip
_HIDDEN_FOLDERS = {".git", ".hg", ".svn", RECORD}
_READABLE = 4 << 20  # bytes of a file that a tool looks into


class RefusedError(Exception):
    """Why a tool did not do what it was asked; the text goes to whoever asked, so that the next try is better."""


@dataclass
class Workspace:
    """A port, its record and its original. `maps` follows the edits, so that places stay those of the original."""

    out: Path
    original: Project | None  # None: the port's record names none, or it is gone
    record: Record
    exclude: tuple[str, ...] = ()  # patterns of files that are never shown
    editable: frozenset[str] | None = None  # the files that may be written now; None: all of the port
    maps: dict[str, LineMap] = field(default_factory=dict)

    @staticmethod
    def open(out: Path, original: Path | None = None, exclude: Iterable[str] = ()) -> Workspace:
        """The port in `out`. Raises `HipwrightError` if hipwright did not write it."""
        record = read_record(out)
        if record is None:
            raise HipwrightError(f"{out} is no port of hipwright's", "make one: hipwright port DIR -o OUT", 2)
        folder = original or (out / record.origin.original if record.origin.original else None)
        project = Project.open(folder, defines=record.origin.defines) if folder and folder.is_dir() else None
        return Workspace(out.resolve(), project, record, tuple(exclude), maps=dict(record.lines))

    # -- what may be seen and written ----------------------------------------------------------------------------------

    def path(self, name: str) -> Path:
        """Where a file of the port is. Raises `RefusedError` for anything that is not inside, or is not to be seen."""
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\0" in name:
            raise RefusedError(f"{name!r} is not inside the port: name a file by its path below the port's folder")
        target = (self.out / pure).resolve()
        if self.out not in target.parents:
            raise RefusedError(f"{name!r} leads out of the port")
        shown = target.relative_to(self.out)
        if reason := self.hidden(shown.as_posix()) or self.hidden(pure.as_posix()):
            raise RefusedError(f"{name!r} is not shown: {reason}")
        return target

    def hidden(self, path: str) -> str:
        """Why a file of the port is never shown; empty if it may be."""
        pure = PurePosixPath(path)
        if not _HIDDEN_FOLDERS.isdisjoint(pure.parts):
            return "it is a tool's own record"
        if pure.name in _INSTRUCTIONS or not _INSTRUCTION_FOLDERS.isdisjoint(pure.parts):
            return "it instructs other agents"
        if any(fnmatch.fnmatchcase(pure.name.lower(), pattern) for pattern in _SECRET):
            return "its name says that it holds secrets"
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in self.exclude):
            return "it is excluded"
        return ""

    def files(self) -> Iterator[str]:
        """The port's text files that may be shown, by their paths."""
        for file in self.project.files:
            if file.rewritable and file.size <= _READABLE and not self.hidden(file.path):
                yield file.path

    @cached_property
    def project(self) -> Project:
        """The port as a project: its files, and who includes whom."""
        return Project.open(self.out)

    def read(self, name: str) -> bytes:
        """The bytes of a file of the port."""
        target = self.path(name)
        try:
            if not target.is_file():
                raise RefusedError(f"there is no file {name!r} in the port{self._near(name)}")
            if target.stat().st_size > _READABLE:
                raise RefusedError(f"{name!r} is larger than {_READABLE >> 20} MiB")
            return target.read_bytes()
        except OSError as error:
            raise RefusedError(f"{name!r} can't be read: {error.strerror}") from error

    def original_text(self, path: str) -> bytes | None:
        """The original of a file of the port; None where it has none of that name."""
        if self.original is None:
            return None
        place = Naming(self.record.origin.rename)
        same = next((file.path for file in self.original.files if place(file.path) == path), None)
        return self.original.read(same) if same else None

    def apply(self, name: str, edits: list[Edit]) -> None:
        """Write a file of the port with edits, and remember where its lines came from."""
        target = self.path(name)
        if self.editable is not None and name not in self.editable:
            files = ", ".join(sorted(self.editable))
            raise RefusedError(f"{name!r} is none of the files of this item; those may be edited: {files}")
        old = Source(name, target.read_bytes() if target.is_file() else b"")
        new, step = old.apply(edits)
        write_file(target, new.data, target.stat().st_mode if target.is_file() else None)
        self.__dict__.pop("project", None)  # its files and includes may be others now
        self.maps[name] = self.maps.get(name, LineMap()).then(step)

    def save(self) -> None:
        """Write down where the lines came from."""
        write_lines(self.out, self.maps)

    @contextmanager
    def tentative(self, editable: Iterable[str]) -> Iterator[Tentative]:
        """A time in which only these files may be written; when it ends, they are as before, unless it was kept."""
        known = frozenset(editable)
        before = {name: self.path(name).read_bytes() if self.path(name).is_file() else None for name in known}
        attempt = Tentative(self, before, dict(self.maps))
        self.editable = known
        try:
            yield attempt
        finally:
            self.editable = None
            if not attempt.kept:
                attempt.undo()

    def _near(self, name: str) -> str:
        last = PurePosixPath(name).name
        found = [path for path in self.files() if PurePosixPath(path).name == last][:3]
        return f"; did you mean {', '.join(found)}?" if found else ""


@dataclass
class Tentative:
    """Files of a workspace as they were before somebody tried something."""

    workspace: Workspace
    before: Mapping[str, bytes | None]
    maps: dict[str, LineMap]
    kept: bool = False

    def changed(self) -> dict[str, tuple[bytes, bytes]]:
        """What differs now, by file: the old bytes and the new ones."""
        out = {}
        for name, old in self.before.items():
            target = self.workspace.path(name)
            new = target.read_bytes() if target.is_file() else b""
            if new != (old or b""):
                out[name] = (old or b"", new)
        return out

    def keep(self) -> None:
        """Let it stay as it is."""
        self.kept = True
        self.workspace.save()

    def undo(self) -> None:
        """Put everything back."""
        for name, old in self.before.items():
            target = self.workspace.path(name)
            if old is not None and target.read_bytes() != old:
                write_file(target, old, target.stat().st_mode)
            elif old is None:
                target.unlink(missing_ok=True)
        self.workspace.maps = dict(self.maps)
        self.workspace.__dict__.pop("project", None)
