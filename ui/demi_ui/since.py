"""Since when a service is in its state, which Consul does not tell; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from demi_adapters.names import ServiceName


@dataclass(frozen=True, slots=True)
class Since:
    """A state, and when it began.

    Times are seconds of Unix time. Where `is_exact` is false, it began at that time or before.
    """

    state: str
    at_s: float
    is_exact: bool


def followed(
    before: Mapping[ServiceName, Since] | None,
    states: Mapping[ServiceName, str],
    now_s: float,
    *,
    was_away: bool = False,
) -> dict[ServiceName, Since]:
    """The beginnings of all states after one more look.

    Args:
        before: what the last look gave, None before the first one.
        states: the states now.
        now_s: when that was seen.
        was_away: nothing could be seen for a while before, so what is new may be older.
    """
    exact = before is not None and not was_away
    known = before or {}
    return {
        name: known[name]
        if name in known and known[name].state == state
        else Since(state, now_s, exact)
        for name, state in states.items()
    }
