"""All that a page shows at one moment, and what has to be sent when it changes; pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from demi_adapters.errors import DemiError
from demi_ui.difference import difference
from demi_ui.rows import Row, State, Wire, counts
from demi_ui.text import path_of, short_reason
from demi_ui.view import View, choices

# In quiet times Consul confirms each 10 s and a little; past that it has missed one.
STALE_AFTER_S = 15.0

Parts = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Consul can't be asked: since `confirmed_s`, in seconds of Unix time.

    Without a `reason` it is merely silent.
    """

    reason: str
    confirmed_s: float

    @property
    def wire(self) -> dict[str, object]:
        """What the browser gets; it counts the seconds."""
        return {"reason": self.reason, "confirmed": round(self.confirmed_s * 1000)}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: two lists, of which differences are sent, and small parts as they are."""

    rows: tuple[Wire, ...] = ()
    tree: tuple[Wire, ...] = ()
    parts: Parts = field(default_factory=dict)


def trouble_of(age_s: float, error: DemiError | None, now_s: float) -> Trouble | None:
    """What is to be said of a snapshot that Consul confirmed `age_s` ago; None where all is well.

    Args:
        age_s: since then.
        error: what has kept Consul from confirming it again.
        now_s: the time.
    """
    if error is None and age_s <= STALE_AFTER_S:
        return None
    reason = short_reason(str(error)) if error else ""
    return Trouble(reason=reason, confirmed_s=now_s - age_s)


def shown(rows: Collection[Row], view: View) -> Shown:
    """What a view shows of all rows, which come in order."""
    covered = [row for row in rows if view.covers(row)]
    return Shown(
        rows=tuple(row.wire for row in covered if view.takes_state(row)),
        tree=tree_of(rows),
        parts={
            "counts": counts(covered),
            "headline": headline(covered),
            "choices": choices(rows),
            "everything": len(rows),
        },
    )


def headline(rows: Collection[Row]) -> dict[str, object]:
    """All well, or what is not, and since when.

    `since` is when the longest trouble began, or when the last change happened where all is well.
    """
    bad = [row for row in rows if row.state.is_bad]
    if not rows:
        return {"level": "empty", "text": "Nothing here", "since": None}
    of = bad or rows
    edge = min(bad, key=lambda r: r.since.at_s) if bad else max(rows, key=lambda r: r.since.at_s)
    return {
        "level": str(min((row.state for row in of), key=lambda s: s.rank)) if bad else "passing",
        "text": _trouble(bad) if bad else _well(rows),
        "since": round(edge.since.at_s * 1000),
        "exact": edge.since.is_exact,
        "many": len(bad) > 1,
    }


def tree_of(rows: Collection[Row]) -> tuple[Wire, ...]:
    """Sites and their stacks: path, name, depth, how many are critical, warning, in all; site."""
    sites: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        sites[row.site][row.stack][row.state] += 1
    found: list[Wire] = []
    for site, stacks in sorted(sites.items()):
        found.append(_node((site,), sum(stacks.values(), Counter())))
        found += [_node((site, stack), count) for stack, count in sorted(stacks.items())]
    return tuple(found)


def patch(before: Shown | None, after: Shown) -> dict[str, object]:
    """What leads a page from one moment to another; empty where nothing has changed.

    From None it is all there is, which replaces whatever the page has.
    """
    known = before or Shown()
    found: dict[str, object] = {"reset": True} if before is None else {}
    if change := difference(known.rows, after.rows):
        found["rows"] = change.wire
    if change := difference(known.tree, after.tree):
        found["tree"] = change.wire
    return found | {
        name: part
        for name, part in after.parts.items()
        if name not in known.parts or known.parts[name] != part
    }


def _node(parts: tuple[str, ...], count: Counter[str]) -> Wire:
    found = (count[State.CRITICAL], count[State.WARNING], count.total())
    return (path_of(*parts), parts[-1], len(parts) - 1, *found, parts[0])


def _trouble(bad: Collection[Row]) -> str:
    if len(bad) == 1:
        [row] = bad
        return f"{row.service} is {row.state}"
    found = counts(bad)
    named = [(found[state], state) for state in (State.CRITICAL, State.WARNING)]
    return " and ".join(f"{count} {state}" for count, state in named if count)


def _well(rows: Collection[Row]) -> str:
    return "The one service is well" if len(rows) == 1 else f"All {len(rows)} services are well"
