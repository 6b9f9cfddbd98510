"""All registrators of one Consul, as their state records tell, and what only all of them show."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from demi_adapters.consul_types import Key
from demi_adapters.names import ServiceName
from demi_adapters.problems import Code, Problem
from demi_registrator.record import STATE_ROOT, parse_record

# Clocks of different hosts that agree this well are said to agree.
CLOCK_TOLERANCE_S = 5.0
# A resync may be late, and one may fail; after three nobody is expected to come back by itself.
_MISSED_RESYNCS = 3
_ASSUMED_RESYNC_S = 30.0  # the default, where a record does not say
_LONGEST_RESYNC_S = 3600.0


class State(StrEnum):
    """Whether what a registrator published can be relied on now."""

    FRESH = "fresh"
    STALE = "stale"
    AHEAD = "clock-ahead"
    ENGINE_AWAY = "engine-away"
    FOREIGN = "no-record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrator:
    """One state record. Times are as it wrote them, by its own clock.

    `age_s` is how long ago by our clock it was in step, None where it does not say; `hidden` is
    the number of problems that did not fit into the record.
    """

    owner: str
    state: State
    age_s: float | None
    resync_s: float
    version: str
    engine_id: str
    engine_host: str
    engine_version: str
    engine_is_up: bool
    namespaces: tuple[str, ...]
    started: str | None
    last_sync: str | None
    counts: Mapping[str, int]
    problems: tuple[Mapping[str, str | None], ...]
    session: str | None

    @property
    def hidden(self) -> int:
        """Problems that it has and does not list."""
        return max(0, self.counts.get("problems", 0) - len(self.problems))

    @property
    def says(self) -> str:
        """Its state in words."""
        match self.state:
            case State.FRESH:
                return f"in step {age(self.age_s)} ago"
            case State.STALE:
                return f"last in step {age(self.age_s)} ago, though due each {self.resync_s:g} s"
            case State.AHEAD:
                return f"in step {age(-(self.age_s or 0))} in the future: compare the clocks"
            case State.ENGINE_AWAY:
                return "its Docker Engine does not answer"
            case State.FOREIGN:
                return "no state record of a registrator"

    def as_dict(self) -> dict[str, object]:
        """The form that `demi problems -o json` prints, without the problems."""
        return {
            "owner": self.owner,
            "state": str(self.state),
            "age_s": None if self.age_s is None else round(self.age_s, 1),
            "version": self.version,
            "engine": {
                "id": self.engine_id,
                "host": self.engine_host,
                "version": self.engine_version,
                "is_up": self.engine_is_up,
            },
            "namespaces": list(self.namespaces),
            "resync_s": self.resync_s,
            "started": self.started,
            "last_sync": self.last_sync,
            "counts": dict(self.counts),
        }


def read_roster(keys: Iterable[Key], now: datetime) -> list[Registrator]:
    """The registrators behind the keys below `demi-registrator/`, by owner."""
    paths = ((key.path.removeprefix(STATE_ROOT), key) for key in keys)
    return [_registrator(owner, key, now) for owner, key in sorted(paths) if _is_owner(owner)]


def age(seconds: float | None) -> str:
    """A time span as people say it."""
    if seconds is None:
        return "an unknown time"
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def collisions_across(owned: Iterable[tuple[ServiceName, str | None]]) -> list[Problem]:
    """Consul names that services of several owners share.

    What one registrator registers alone, it reports itself.

    Args:
        owned: exact names and their owners.
    """
    sharing: dict[str, dict[ServiceName, set[str | None]]] = defaultdict(lambda: defaultdict(set))
    for name, owner in owned:
        sharing[name.consul_name][name].add(owner)
    return [
        Problem(
            code=Code.NAME_COLLISION,
            message=(
                f"{' and '.join(f'{n} (of {_owners(names[n])})' for n in sorted(names))} share the "
                f"Consul name {slug}: DNS answers for all of them alike. Rename all but one."
            ),
            service=str(min(names)),
        )
        for slug, names in sorted(sharing.items())
        if len(names) > 1 and not set.intersection(*names.values())
    ]


def _is_owner(path: str) -> bool:
    """Not a call (`OWNER/call`), and not the folder that people make by hand."""
    return bool(path) and "/" not in path


def _registrator(owner: str, key: Key, now: datetime) -> Registrator:
    data = parse_record(key)
    engine = data.get("engine")
    engine = engine if isinstance(engine, Mapping) else {}
    last_sync = _moment(data.get("last_sync"))
    age_s = None if last_sync is None else (now - last_sync).total_seconds()
    resync_s = _resync_s(data.get("resync_s"))
    is_up = engine.get("is_up") is not False
    is_record = key.session is not None and bool(data)
    namespaces = data.get("namespaces")
    return Registrator(
        owner=owner,
        state=_state(age_s, resync_s, engine_is_up=is_up) if is_record else State.FOREIGN,
        age_s=age_s,
        resync_s=resync_s,
        version=_text(data.get("version")) or "",
        engine_id=_text(engine.get("id")) or "",
        engine_host=_text(engine.get("host")) or "",
        engine_version=_text(engine.get("version")) or "",
        engine_is_up=is_up,
        namespaces=tuple(map(str, namespaces)) if isinstance(namespaces, list) else (),
        started=_text(data.get("started")),
        last_sync=_text(data.get("last_sync")),
        counts=_counts(data.get("counts")),
        problems=tuple(_problems(data.get("problems"), owner)),
        session=key.session,
    )


def _state(age_s: float | None, resync_s: float, *, engine_is_up: bool) -> State:
    patience_s = _MISSED_RESYNCS * resync_s + CLOCK_TOLERANCE_S
    if age_s is None or age_s > patience_s:
        return State.STALE
    if age_s < -patience_s:
        return State.AHEAD
    return State.FRESH if engine_is_up else State.ENGINE_AWAY


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _resync_s(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _ASSUMED_RESYNC_S
    return float(value) if 0 < value <= _LONGEST_RESYNC_S else _ASSUMED_RESYNC_S


def _counts(value: object) -> dict[str, int]:
    items = value.items() if isinstance(value, Mapping) else ()
    return {str(k): v for k, v in items if isinstance(v, int) and not isinstance(v, bool)}


def _problems(value: object, owner: str) -> Iterable[dict[str, str | None]]:
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, Mapping):
            yield {
                "owner": owner,
                **{
                    field: _text(entry.get(field))
                    for field in ("severity", "code", "service", "container", "label", "message")
                },
            }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _owners(owners: Iterable[str | None]) -> str:
    return ", ".join(sorted(owner or "nobody" for owner in owners))
