"""The terminal: colour and progress bars only where there is one."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


def console() -> Console:
    """Standard output; plain text where it is no terminal."""
    terminal = sys.stdout.isatty()
    return Console(highlight=False, soft_wrap=True, width=None if terminal else 160)


class Progress:
    """Progress bars on standard error while a run lasts; silent where that is no terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        columns = ("{task.description:9}", BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Bar(
            *columns, TextColumn("{task.fields[what]}"), console=self._console, disable=not self._console.is_terminal
        )
        self._stage = ""

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, stage: str, done: int, total: int, what: str) -> None:
        """Show that `done` of `total` steps of a stage are over."""
        if stage != self._stage:
            self._stage = stage
            self._task = self._bar.add_task(stage, total=total, what="")
        self._bar.update(self._task, completed=done, total=total, what=escape(what[-50:]))

    def message(self, text: str) -> None:
        """Show a line above the bars."""
        self._console.print(escape(text))
