"""Rules about sessions: which are ours, and which a former self of this engine left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from demi_adapters.consul_types import Key, Session
from demi_registrator.record import STATE_ROOT, parse_record, record_path


@dataclass(frozen=True, slots=True, order=True)
class FormerSelf:
    """What a registrator of the same engine under another name has left on this node."""

    owner: str
    session: str


def own_sessions(sessions: Iterable[Session], owner: str) -> list[str]:
    """The owner's sessions on a node, the oldest first: that one is to be carried on with."""
    own = [s for s in sessions if s.name == record_path(owner)]
    return [s.id for s in sorted(own, key=lambda s: (s.create_index, s.id))]


def former_selves(
    records: Iterable[Key],
    sessions: Iterable[Session],
    *,
    owner: str,
    engine_id: str,
    sites: Sequence[str],
) -> list[FormerSelf]:
    """State records of the same engine under other names, held by sessions of this node.

    Whether they are former selves or registrators that still run, only asking them tells.

    Args:
        records: the keys below `demi-registrator/`.
        sessions: the sessions of our agent's node.
        owner: our own name.
        engine_id: the engine's ID; empty matches nothing.
        sites: ours, none for all. Who served others as well was somebody else.
    """
    here = {s.id: s.name for s in sessions}
    found = []
    for key in records:
        other = key.path.removeprefix(STATE_ROOT)
        if other == owner or key.session is None or here.get(key.session) != key.path:
            continue
        record = parse_record(key)
        engine = record.get("engine")
        is_same_engine = isinstance(engine, Mapping) and engine.get("id") == engine_id != ""
        if is_same_engine and _covers(sites, record.get("namespaces")):
            found.append(FormerSelf(other, key.session))
    return sorted(found)


def _covers(sites: Sequence[str], namespaces: object) -> bool:
    if not sites:
        return True
    ours = {f"demi.{site}" for site in sites}
    return (
        isinstance(namespaces, list)
        and bool(namespaces)
        and all(str(n) in ours for n in namespaces)
    )
