"""What a visitor wants to see, as the query of the page's address says it; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from urllib.parse import parse_qsl, urlencode

from demi_ui.rows import Row, State

ATTENTION = "attention"  # of states: whatever needs somebody
_LONGEST = 200  # a guess: no name or search is longer
_STATES = frozenset({*State, ATTENTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Filters, the service whose details are open, and whether this is a screen on a wall.

    An empty text stands for any. `q` holds words that must all occur, `-word` that must not.
    """

    site: str = ""
    stack: str = ""
    category: str = ""
    state: str = ""
    host: str = ""
    q: str = ""
    service: str = ""
    wall: str = ""

    @property
    def query(self) -> str:
        """The query of the address, which `parse_view` reads; empty where all is shown."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def as_dict(self) -> dict[str, str]:
        """What the browser gets."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def takes(self, row: Row) -> bool:
        """Whether a row is to be seen."""
        return self.takes_state(row) and self.covers(row)

    def takes_state(self, row: Row) -> bool:
        """Whether its state is one that is wanted."""
        return row.state.is_bad if self.state == ATTENTION else self.state in ("", row.state)

    def covers(self, row: Row) -> bool:
        """Whether it is wanted as far as everything but its state goes."""
        return (
            self.site in ("", row.site)
            and self.stack in ("", row.stack)
            and self.category in ("", row.category)
            and (not self.host or self.host in row.hosts)
            and self._finds(row.words)
        )

    def _finds(self, words: str) -> bool:
        for term in self.q.lower().split():
            excluded = term.removeprefix("-") if len(term) > 1 else term
            if (excluded in words) == (excluded != term):
                return False
        return True


def parse_view(query: str) -> View:
    """What a query asks for. What it can't mean is passed over: addresses get cut and mistyped."""
    known = {field.name for field in fields(View)}
    given: dict[str, str] = {}
    try:
        pairs = parse_qsl(query.lstrip("?"), max_num_fields=50, errors="replace")
    except ValueError:  # more than these fields
        return View()
    for name, value in pairs:
        kept = " ".join(value[:_LONGEST].split())
        if name in known and kept:
            given.setdefault(name, kept)
    view = View(**given)
    return replace(
        view,
        state=view.state if view.state in _STATES else "",
        wall="1" if view.wall and view.wall != "0" else "",
    )


def choices(rows: Iterable[Row]) -> dict[str, list[str]]:
    """What can be chosen for a filter, sorted."""
    kept = list(rows)
    return {
        "category": sorted({row.category for row in kept if row.category}),
        "host": sorted({host for row in kept for host in row.hosts}),
    }
