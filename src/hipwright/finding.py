"""The shared vocabulary: where something is, what is changed there, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HipwrightError(Exception):
    """What a user can act on: shown as a message and a hint, never as a traceback.

    `exit_code` is 2 for wrong usage and 3 for what could not be done.
    """

    def __init__(self, message: str, hint: str = "", exit_code: int = 3) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


class Level(StrEnum):
    """How much a Note asks of the reader, in rising order."""

    INFO = "info"  # done, or nothing to do: for the record
    TEST = "test"  # rewritten, but only a behavioural test can confirm it
    TODO = "todo"  # not done: a person or an agent has to act
    ERROR = "error"  # the port is wrong here until someone acts

    @property
    def left_to_do(self) -> bool:
        """Whether the port is unfinished while a Note of this level stands."""
        return self in (Level.TODO, Level.ERROR)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in the *original* tree: POSIX path relative to its root, 1-based line and byte column."""

    path: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Helper:
    """A few lines of HIP that a rewrite needs, written once into each file that uses them.

    `code` is guarded against a second definition by `name`, so a header and its includer may both carry it. It is seen
    where the macro `when` is defined: by HIP's compiler, or wherever a library's header (its include guard) was read.
    """

    name: str
    code: str
    when: str = "__HIPCC__"


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes `start:end` of a source become `text`. An insertion has `start == end`.

    `includes` are headers (`hip/hip_fp16.h`, or `"local.h"` with its quotes) and `helpers` the definitions
    that the new text relies on.
    """

    start: int
    end: int
    text: bytes
    rule: str
    includes: tuple[str, ...] = ()
    helpers: tuple[Helper, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something said of a place: what a rule did that needs a test, or what it could not do, and the way out."""

    rule: str
    level: Level
    place: Place
    message: str
    hint: str = ""
    hazards: tuple[str, ...] = ()


Finding = Edit | Note


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of the compiler. `place` is in the original tree where the line could be mapped back."""

    place: Place
    severity: str  # "error", "fatal error", "warning"
    message: str
    unit: str  # the translation unit that was compiled
    arch: str  # a target such as gfx942, or "host"
    device_only: tuple[Place, ...] = ()  # functions of the tree for the device that host code calls here


@dataclass(frozen=True, slots=True)
class WorkItem:
    """Something rules could not finish: the to-do list of a person or an agent."""

    place: Place
    title: str
    diagnostics: tuple[Diagnostic, ...] = ()
    hypotheses: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
