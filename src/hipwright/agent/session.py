"""What stays of an agent's work: a commit for each accepted item, and the transcript of every request and decision.

The output gets a repository of its own. An item in progress is marked by a file: where a run was killed, the next one
puts that item's files back to the last commit and goes on with the items that are not decided yet.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hipwright.agent.items import Item
from hipwright.agent.secrets import MARK
from hipwright.finding import HipwrightError
from hipwright.output import RECORD, write_file

_FOLDER = "agent"
_TRANSCRIPT = "transcript.jsonl"
# The repository is the port's: nobody's hooks, filters or signatures have a say in it.
_GIT = (
    "git", "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "core.fsmonitor=false", "-c",
    "core.autocrlf=false", "-c", "core.attributesFile=/dev/null", "-c", "user.name=hipwright", "-c",
    "user.email=hipwright@localhost", "-c", "gc.auto=0", "-c", "protocol.allow=never",
)  # fmt: skip
_ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Decision:
    """What became of an item: `accepted`, `given-up` (by the model) or `open` (a budget, a limit, or no answer)."""

    item: str
    outcome: str
    reason: str = ""
    commit: str = ""
    verified: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    title: str = ""
    path: str = ""  # of the port
    line: int = 0  # of the original
    requests: int = 0
    tokens: int = 0
    refusals: int = 0


class Session:
    """The record of the agent in one port, and the port's repository."""

    def __init__(self, out: Path, keys: Collection[str] = ()) -> None:
        if shutil.which("git") is None:
            raise HipwrightError("git is not installed: accepted edits are kept as commits", "install git")
        self.out = out
        self.keys = keys  # values that are never written down
        self.folder = out / RECORD / _FOLDER
        self.folder.mkdir(parents=True, exist_ok=True)
        self._begin()

    # -- the repository ------------------------------------------------------------------------------------------------

    def _git(self, *arguments: str) -> str:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
        done = subprocess.run([*_GIT, *arguments], cwd=self.out, env=environment, capture_output=True, check=False)
        if done.returncode:
            told = done.stderr.decode("utf-8", "replace").strip()[:300]
            raise HipwrightError(f"git {arguments[0]}: {told}", f"look at the repository in {self.out}")
        return done.stdout.decode("utf-8", "replace")

    def _begin(self) -> None:
        """Make the repository if there is none; undo what a killed run left; keep what a person did since."""
        fresh = not (self.out / ".git").exists()
        if fresh:
            self._git("init", "-q", "-b", "main")
        exclude = self.out / ".git" / "info" / "exclude"
        if exclude.parent.is_dir() and RECORD not in (exclude.read_text("utf-8") if exclude.is_file() else ""):
            with exclude.open("a", encoding="utf-8") as stream:
                stream.write(f"/{RECORD}/\n")
        mark = self.folder / "in-progress.json"
        if mark.is_file():
            with contextlib.suppress(ValueError, KeyError):
                state = json.loads(mark.read_text("utf-8"))
                for name in state["files"]:
                    self._restore(str(name), name in state["present"])
            mark.unlink()
        self._git("add", "-A", "-f", "--", ".", f":!{RECORD}")
        if self._git("status", "--porcelain", "--untracked-files=no").strip():
            self._git("commit", "-q", "-m", "The port as hipwright wrote it" if fresh else "Edits made by hand")

    def _restore(self, name: str, present: bool) -> None:
        target = (self.out / name).resolve()
        if self.out.resolve() not in target.parents:
            return
        if present:
            self._git("checkout", "-q", "HEAD", "--", name)
        else:
            target.unlink(missing_ok=True)

    def begin_item(self, item: Item) -> None:
        """Mark an item as in progress, so that a killed run can be undone."""
        present = [name for name in item.files if (self.out / name).is_file()]
        text = json.dumps({"item": item.id, "files": list(item.files), "present": present})
        write_file(self.folder / "in-progress.json", text.encode())

    def end_item(self) -> None:
        """The item is decided."""
        (self.folder / "in-progress.json").unlink(missing_ok=True)

    def commit(self, item: Item, files: Iterable[str], reason: str) -> str:
        """Commit the files of an accepted item; the commit's name in short."""
        self._git("add", "-f", "--", *sorted(files))
        self._git("commit", "-q", "-m", f"{' '.join(item.title.split())[:72]}\n\n{reason}\n\nItem: {item.id}")
        return self._git("rev-parse", "--short=12", "HEAD").strip()

    def fix(self, commit: str) -> tuple[str, Mapping[str, tuple[str, str]]]:
        """A commit's title, and what it changed: each file's text before and after."""
        if not re.fullmatch(r"[0-9a-f]{4,40}|HEAD(?:~\d+)?", commit):
            raise HipwrightError(f"{commit!r} names no commit", "give the letters that `hipwright agent` printed", 2)
        names = self._git("diff-tree", "-r", "--no-commit-id", "--name-only", "--diff-filter=M", commit).splitlines()
        texts = {
            name: (self._git("show", f"{commit}^:{name}"), self._git("show", f"{commit}:{name}")) for name in names
        }
        return self._git("show", "-s", "--format=%s", commit).strip(), texts

    # -- the transcript ------------------------------------------------------------------------------------------------

    @property
    def transcript(self) -> Path:
        """Every request, answer and decision, one JSON object a line."""
        return self.folder / _TRANSCRIPT

    def log(self, event: Mapping[str, Any], item: str) -> None:
        """Add an event of an item to the transcript; a line is written whole."""
        line = json.dumps({**event, "item": item}, sort_keys=True, ensure_ascii=True, default=str) + "\n"
        for key in self.keys:
            line = line.replace(key, MARK)
        with self.transcript.open("a", encoding="utf-8") as stream:
            stream.write(line)

    def decide(self, decision: Decision) -> Decision:
        """Write a decision down, and give it back."""
        self.log({"event": "decision", **asdict(decision)}, decision.item)
        return decision

    def decisions(self) -> dict[str, Decision]:
        """The last decision about each item, in the order in which they were made."""
        return Session.read(self.out)

    @staticmethod
    def read(out: Path) -> dict[str, Decision]:
        """The decisions that are written down in a port, without touching its repository."""
        found: dict[str, Decision] = {}
        transcript = out / RECORD / _FOLDER / _TRANSCRIPT
        for line in transcript.read_text("utf-8").splitlines() if transcript.is_file() else ():
            try:
                event = json.loads(line)
            except ValueError:  # the last line of a killed run
                continue
            if event.pop("event", "") == "decision":
                decision = Decision(**{**event, **{key: tuple(event[key]) for key in ("verified", "unverified")}})
                found.pop(decision.item, None)
                found[decision.item] = decision
        return found
