"""Everything that one run has to know of Consul, read in a constant number of calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demi_adapters.consul_client import ConsulClient
from demi_adapters.names import KV_ROOT
from demi_registrator.observed import Observed, observed_state
from demi_registrator.record import STATE_ROOT, parse_record, record_path
from demi_registrator.session import FormerSelf, former_selves, own_sessions
from demi_registrator.steps import Identity
from demi_registrator.template import find_template


@dataclass(frozen=True, slots=True)
class View:
    """Consul as seen by one owner.

    `sessions` are the owner's own on this node, the oldest first; `record` is the state that
    was published last under its name, empty where there is none; `template` is the query that
    occupies the place of ours.
    """

    observed: Observed
    sessions: tuple[str, ...]
    former: tuple[FormerSelf, ...]
    record: Mapping[str, Any]
    template: Mapping[str, Any] | None

    def identity(self, owner: str) -> Identity:
        """Who the owner is in this view."""
        return Identity(
            owner=owner,
            session=self.sessions[0] if self.sessions else None,
            former_owners=frozenset(f.owner for f in self.former),
            former_sessions=frozenset(f.session for f in self.former),
        )


def look_at(consul: ConsulClient, *, owner: str, engine_id: str, sites: Sequence[str]) -> View:
    """Read Consul: seven calls, however much there is.

    Raises:
        TransientError: Consul can't answer now.
        RefusedError: the token may not read something that is needed.
    """
    sessions = consul.sessions(consul.agent().node)
    _, records = consul.keys(STATE_ROOT)
    _, keys = consul.keys(KV_ROOT)
    return View(
        observed=observed_state(consul.agent_services(), consul.agent_checks(), keys),
        sessions=tuple(own_sessions(sessions, owner)),
        former=tuple(
            former_selves(records, sessions, owner=owner, engine_id=engine_id, sites=sites)
        ),
        record=next((parse_record(k) for k in records if k.path == record_path(owner)), {}),
        template=find_template(consul.queries()),
    )
