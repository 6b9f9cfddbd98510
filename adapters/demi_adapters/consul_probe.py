"""Questions about Consul itself, for a diagnosis; none of them changes anything.

Sources: Consul API documentation, pages status, agent, session; `/v1/internal/acl/authorize` is
undocumented: Consul's own web page asks it what to show (agent/acl_endpoint.go, ACLAuthorize).
"""

import json
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from demi_adapters.consul_reader import ConsulReader
from demi_adapters.consul_transport import checked
from demi_adapters.consul_types import AgentDetails, Leader, Operation, Right, SessionDetails

_MAX_RIGHTS = 64  # agent/acl_endpoint.go, maxRequests
_ACLS_ARE_OFF = 401  # with the text "ACL support disabled"


class ConsulProbe(ConsulReader):
    """A client that can ask more; errors are those of `ConsulClient`."""

    def leader(self) -> Leader:
        """Who leads. Needs no right, so it tells whether Consul answers at all."""
        with self._translated("ask for the leader"):
            before = time.time()
            response = self._ask("/v1/status/leader")
            middle = (before + time.time()) / 2
            return Leader(str(json.loads(response.body)), _ahead_s(response.headers, middle))

    def details(self) -> AgentDetails:
        """The agent's settings."""
        with self._translated("ask for the agent"):
            answer = json.loads(self._ask("/v1/agent/self").body)
            debug = answer.get("DebugConfig") or {}
            return AgentDetails(
                node=str(answer["Config"]["NodeName"]),
                version=str(answer["Config"]["Version"]),
                dns_addresses=tuple(map(str, debug.get("DNSAddrs") or ())),
                dns_domain=str(debug.get("DNSDomain") or "consul.").strip("."),
            )

    def session_details(self, node: str) -> list[SessionDetails]:
        """The sessions of one node."""
        with self._translated("list sessions"):
            _, sessions = self._connection.session.node(node)
            return [
                SessionDetails(
                    id=s["ID"],
                    name=s.get("Name") or "",
                    behavior=s.get("Behavior") or "",
                    ttl=s.get("TTL") or "",
                    # Up to 1.6 they were called Checks.
                    checks=tuple(s.get("NodeChecks") or s.get("Checks") or ()),
                )
                for s in sessions or ()
            ]

    def allowed(self, rights: Sequence[Right]) -> dict[Right, bool] | None:
        """Which of these rights the token has (at most 64 are asked); None where ACLs are off."""
        asked = list(rights)[:_MAX_RIGHTS]
        body = [{"Resource": r.resource, "Access": r.access, "Segment": r.segment} for r in asked]
        with self._translated("ask what the token may do"):
            answer = self._connection.http.post(
                lambda r: None if r.code == _ACLS_ARE_OFF else json.loads(checked(r).body),
                "/v1/internal/acl/authorize",
                headers=self._connection.headers,
                data=json.dumps(body),
            )
            if answer is None:
                return None
            # In the order of the questions, an empty segment left out.
            return {right: said["Allow"] is True for right, said in zip(asked, answer, strict=True)}

    def try_writing(self, path: str) -> None:
        """Send a transaction that writes nothing: it only asks that a key must not exist.

        Raises:
            PermissionDenied: this address, or this token, may not.
            ConflictError: the key exists.
        """
        self.transact([Operation("check-not-exists", path)])

    def _ask(self, path: str) -> Any:
        return self._connection.http.get(checked, path, headers=self._connection.headers)


def _ahead_s(headers: Any, now: float) -> float | None:
    try:
        # The header is cut to whole seconds: on average half a one is missing.
        return parsedate_to_datetime(headers["Date"]).timestamp() + 0.5 - now
    except (KeyError, TypeError, ValueError):
        return None
