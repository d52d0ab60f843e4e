"""The edits of one build file while they are being found: the first to claim some bytes has them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from hipwright.finding import Edit


class EditSet:
    """Edits of a text that do not overlap, by their places."""

    def __init__(self, data: bytes, rule: str) -> None:
        self._data = data
        self._rule = rule
        self._edits: dict[tuple[int, int], Edit] = {}
        self._places: list[tuple[int, int]] = []

    def put(self, start: int, end: int, text: str) -> None:
        """Make bytes `start:end` `text`, unless they are so already or claimed; insertions at one place line up."""
        new = text.encode("utf-8", "surrogateescape")
        place = (start, end)
        if self._data[start:end] == new:
            return
        if place in self._edits:
            if start == end:
                self._edits[place] = Edit(start, end, self._edits[place].text + new, self._rule)
            return
        at = bisect_left(self._places, place)
        if any(s < end and start < e for s, e in self._places[max(at - 1, 0) : at + 1]):
            return
        insort(self._places, place)
        self._edits[place] = Edit(start, end, new, self._rule)

    def take(self, start: int, end: int) -> Edit | None:
        """Take back the edit of exactly these bytes."""
        edit = self._edits.pop((start, end), None)
        if edit is not None:
            del self._places[bisect_left(self._places, (start, end))]
        return edit

    def within(self, start: int, end: int) -> list[Edit]:
        """The edits that lie in `start:end`, in order."""
        low = bisect_left(self._places, (start, -1))
        high = bisect_right(self._places, (end, end))
        return [self._edits[place] for place in self._places[low:high] if place[1] <= end]

    def all(self) -> list[Edit]:
        """Every edit, in order."""
        return [self._edits[place] for place in self._places]
