"""What to change in one list so that it becomes another: little, where little has changed; pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from demi_ui.rows import Wire


@dataclass(frozen=True, slots=True)
class Difference:
    """Take `gone` away, and what is `placed`; then put that in by its index, lowest first."""

    gone: tuple[str, ...] = ()
    placed: tuple[tuple[int, Wire], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gone or self.placed)

    @property
    def wire(self) -> dict[str, object]:
        """What the browser gets."""
        return {"gone": self.gone, "placed": self.placed}


def difference(before: Sequence[Wire], after: Sequence[Wire]) -> Difference:
    """What leads from one list to another. The first part of each item is its key."""
    was = {item[0]: place for place, item in enumerate(before)}
    now = {item[0] for item in after}
    stays = {
        place for place, item in enumerate(after) if item[0] in was and before[was[item[0]]] == item
    }
    ordered = sorted(stays)
    kept = {ordered[i] for i in _longest_rising([was[after[place][0]] for place in ordered])}
    return Difference(
        tuple(str(item[0]) for item in before if item[0] not in now),
        tuple((place, item) for place, item in enumerate(after) if place not in kept),
    )


def applied(before: Sequence[Wire], change: Difference) -> list[Wire]:
    """The list that a difference leads to; `web/parts/lists.js` does the same."""
    away = {*change.gone, *(item[0] for _, item in change.placed)}
    result = [item for item in before if item[0] not in away]
    for place, item in change.placed:
        result.insert(place, item)
    return result


def _longest_rising(numbers: Sequence[int]) -> list[int]:
    """The places of a longest subsequence that rises."""
    tails: list[int] = []
    places: list[int] = []
    previous: list[int | None] = []
    for place, number in enumerate(numbers):
        length = bisect_left(tails, number)
        previous.append(places[length - 1] if length else None)
        if length == len(tails):
            tails.append(number)
            places.append(place)
        else:
            tails[length], places[length] = number, place
    found: list[int] = []
    at = places[-1] if places else None
    while at is not None:
        found.append(at)
        at = previous[at]
    return found[::-1]
