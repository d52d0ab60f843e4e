"""What a run and an item may spend, and what they have spent: money, tokens, requests, time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any


class SpentError(Exception):
    """A budget is used up; the text says which."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Upper bounds; None is no bound."""

    dollars: float | None = None
    tokens: int | None = None
    requests: int | None = None
    seconds: float | None = None


# An item that needs more than this is one for a person.
ITEM = Budget(tokens=600_000, requests=40, seconds=1800)
RUN = Budget(tokens=6_000_000, requests=1000, seconds=4 * 3600)


@dataclass
class Meter:
    """What was spent of one budget."""

    budget: Budget
    name: str  # "run" or "item", for messages
    clock: Callable[[], float] = time.monotonic
    dollars: Decimal = Decimal(0)
    unpriced: int = 0  # requests whose price is not known
    tokens: int = 0
    requests: int = 0
    begin: float = field(init=False)

    def __post_init__(self) -> None:
        self.begin = self.clock()

    def add(self, tokens: int, dollars: Decimal | None) -> None:
        """Count one answer; `dollars` is None where nobody knows the price."""
        self.requests += 1
        self.tokens += tokens
        if dollars is None:
            self.unpriced += 1
        else:
            self.dollars += dollars

    @property
    def seconds(self) -> float:
        """Since the meter was made."""
        return self.clock() - self.begin

    def check(self) -> None:
        """Raise `SpentError` if one more request would be one too many."""
        budget = self.budget
        if budget.requests is not None and self.requests >= budget.requests:
            raise SpentError(f"the {self.name}'s budget of {budget.requests} requests is used up")
        if budget.tokens is not None and self.tokens >= budget.tokens:
            raise SpentError(f"the {self.name}'s budget of {budget.tokens:,} tokens is used up")
        if budget.dollars is not None and float(self.dollars) >= budget.dollars:
            raise SpentError(f"the {self.name}'s budget of ${budget.dollars:.2f} is used up")
        if budget.seconds is not None and self.seconds >= budget.seconds:
            raise SpentError(f"the {self.name}'s time of {budget.seconds:.0f} s is used up")

    def left(self) -> float | None:
        """Seconds that are left; None if time has no bound."""
        return None if self.budget.seconds is None else max(0.0, self.budget.seconds - self.seconds)

    def __str__(self) -> str:
        money = f", ${self.dollars:.2f}" if self.dollars else ""
        if self.unpriced:
            money += ", price unknown" if not self.dollars else f" and {self.unpriced} requests of unknown price"
        return f"{self.requests} requests, {self.tokens:,} tokens{money}"

    def as_json(self) -> dict[str, Any]:
        """As plain data, without the time: that differs from run to run."""
        return {
            "requests": self.requests,
            "tokens": self.tokens,
            "dollars": round(float(self.dollars), 6),
            "requests_of_unknown_price": self.unpriced,
            "budget": asdict(self.budget),
        }
