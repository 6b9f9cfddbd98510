"""The list of services as the page shows it: one row each, worst first; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from demi_adapters.names import ServiceName
from demi_adapters.services import Service, Snapshot
from demi_adapters.urls import bracketed
from demi_ui.since import Since
from demi_ui.text import one_line, path_of, plain, safe_link, short_reason

Wire = tuple[object, ...]


class State(StrEnum):
    """How a service is. `UNCHECKED`: it is there, and nothing asks whether it works."""

    CRITICAL = "critical"
    WARNING = "warning"
    UNCHECKED = "unchecked"
    PASSING = "passing"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANKS[self]

    @property
    def is_bad(self) -> bool:
        """Whether somebody should look."""
        return self in (State.CRITICAL, State.WARNING)


_RANKS = {state: rank for rank, state in enumerate(State)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One service. Texts are short and fit to be shown; `words` is what a search looks at.

    Only `name` is as Consul has it, where somebody may have written anything.
    """

    name: ServiceName
    site: str
    stack: str
    service: str
    state: State
    description: str
    reason: str
    address: str
    category: str
    hosts: tuple[str, ...]
    since: Since
    url: str | None
    swagger_url: str | None
    healthy: int
    total: int
    words: str

    @property
    def key(self) -> str:
        """`site/stack/service`, and unique also where a part of the name holds a slash."""
        return path_of(self.name.site, self.name.stack, self.name.service)

    @property
    def wire(self) -> Wire:
        """What the browser gets; `web/parts/list.js` reads it by position."""
        return (
            self.key,
            str(self.state),
            self.service,
            self.site,
            self.stack,
            self.description,
            self.reason,
            self.address,
            self.category,
            round(self.since.at_s * 1000),
            self.since.is_exact,
            self.url,
            self.swagger_url,
            self.healthy,
            self.total,
        )

    @property
    def sort_key(self) -> tuple[int, ServiceName]:
        """What needs attention first, worst first; the rest by site and stack."""
        return (self.state.rank if self.state.is_bad else len(State), self.name)


def state_of(service: Service) -> State:
    """The state of a service."""
    if service.status == State.PASSING and not any(i.has_own_checks for i in service.instances):
        return State.UNCHECKED
    return State(service.status)


def states_of(snapshot: Snapshot) -> dict[ServiceName, str]:
    """The states of all services."""
    return {name: state_of(service) for name, service in snapshot.services.items()}


def rows_of(snapshot: Snapshot, since: Mapping[ServiceName, Since]) -> tuple[Row, ...]:
    """All services in the order of the list; `since` knows each of them."""
    rows = [_row(service, since[name]) for name, service in snapshot.services.items()]
    return tuple(sorted(rows, key=lambda row: row.sort_key))


def counts(rows: Iterable[Row]) -> dict[str, int]:
    """How many there are in each state, states without any included."""
    found = Counter(row.state for row in rows)
    return {str(state): found[state] for state in State}


def _row(service: Service, since: Since) -> Row:
    instances = service.instances
    healthy = sum(instance.is_healthy for instance in instances)
    addresses = [f"{bracketed(i.host)}:{i.port}" for i in instances]
    address = plain(addresses[0], 120)
    if len(instances) > 1:
        address += f" +{len(instances) - 1}"
    description = one_line(next((i.description for i in instances if i.description), ""))
    category = one_line(service.category or "", 60)
    state = state_of(service)
    reason = _reason(service, healthy)
    places = [word for i in instances for word in (i.host, i.node, i.container or "")]
    words = (service.name.slashed, state, description, reason, category, *addresses, *places)
    return Row(
        name=service.name,
        site=one_line(service.name.site),
        stack=one_line(service.name.stack),
        service=one_line(service.name.service),
        state=state,
        description=description,
        reason=reason,
        address=address,
        category=category,
        hosts=tuple(sorted({plain(i.host, 120) for i in instances})),
        since=since,
        url=next((link for i in instances if (link := safe_link(i.url))), None),
        swagger_url=next((link for i in instances if (link := safe_link(i.swagger_url))), None),
        healthy=healthy,
        total=len(instances),
        words="\n".join(words).lower(),
    )


def _reason(service: Service, healthy: int) -> str:
    worst = service.instances[-1]
    if worst.is_healthy:
        return ""
    check = next(check for check in worst.checks if check.status == worst.status)
    reason = short_reason(check.output) or "not looked at yet"
    if healthy:
        return f"{healthy} of {len(service.instances)} healthy: {reason}"
    return reason
