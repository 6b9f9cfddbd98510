"""Checks of Consul itself: does it answer, may we, and does its DNS."""

from demi_adapters.consul_types import Right
from demi_registrator.doctor.facts import ConsulFacts, Missing, not_checked
from demi_registrator.doctor.finding import Finding, failed, passed, some, warned
from demi_registrator.doctor.host_checks import version_of
from demi_registrator.doctor.rights import as_rule
from demi_registrator.roster import CLOCK_TOLERANCE_S
from demi_registrator.template import find_template, is_current, is_ours

_OLDEST_CONSUL = (1, 8)
_NO_SUCH_TOKEN = "ACL not found"  # noqa: S105 - Consul's words


def check_consul(consul: ConsulFacts) -> list[Finding]:
    """From whether it answers to what its DNS says."""
    return [
        _answers(consul),
        _token(consul),
        _writing(consul),
        _clock(consul),
        _template(consul),
        _dns(consul),
    ]


def _answers(consul: ConsulFacts) -> Finding:
    name = "consul"
    if isinstance(consul.leader, Missing):
        return failed(
            name, consul.leader.why, "start it, or set CONSUL_HTTP_ADDR to where it listens"
        )
    if not consul.leader.address:
        return failed(
            name,
            f"Consul at {consul.url} has no leader",
            "start its other servers; consul operator raft list-peers",
        )
    if isinstance(consul.agent, Missing):
        return warned(name, f"Consul at {consul.url} answers, but not who it is: see token")
    words = f"Consul {consul.agent.version} at {consul.url}, node {consul.agent.node}"
    version = version_of(consul.agent.version)
    if version and version < _OLDEST_CONSUL:
        return failed(name, f"{words}: older than 1.8", "update Consul")
    return passed(name, f"{words}, with a leader")


def _token(consul: ConsulFacts) -> Finding:
    name = "token"
    if isinstance(consul.rights, Missing):
        if _NO_SUCH_TOKEN in consul.rights.why:
            return failed(name, consul.rights.why, "set CONSUL_HTTP_TOKEN to a token that exists")
        return not_checked(name, consul.rights)
    if consul.rights is None:
        return passed(name, "ACLs are off: everybody may do everything")
    lacking = [right for right, is_allowed in consul.rights.items() if not is_allowed]
    if not lacking:
        has_services = any(right.resource == "service" for right in consul.rights)
        rest = "" if has_services else "; service write not checked, as no service is known"
        return passed(name, f"it has all rights that a registrator needs{rest}")
    message = f"it lacks {some(lacking)}"
    remedy = f"add to its policy: {' '.join(map(as_rule, lacking[:5]))}"
    if all(_is_optional(right) for right in lacking):
        return warned(name, f"{message}: names below query.consul are missing", remedy)
    return failed(name, message, remedy)


def _is_optional(right: Right) -> bool:
    return right.resource == "query"


def _writing(consul: ConsulFacts) -> Finding:
    name = "writing"
    if consul.writing is None:
        return passed(name, "Consul takes writes from this address")
    if not consul.writing.is_denied:
        return not_checked(name, consul.writing)
    return failed(
        name,
        f"{consul.writing.why.partition(' Give the token')[0]}",
        "give the token its rights; if they are complete, Consul's "
        "http_config.allow_write_http_from names other addresses: use the agent of this PC",
    )


def _clock(consul: ConsulFacts) -> Finding:
    name = "clock"
    if isinstance(consul.leader, Missing):
        return not_checked(name, Missing("Consul is away"))
    ahead_s = consul.leader.ahead_s
    if ahead_s is None:
        return not_checked(name, Missing("the answer held no time"))
    if abs(ahead_s) <= CLOCK_TOLERANCE_S:
        return passed(name, f"within {CLOCK_TOLERANCE_S:.0f} s of the one of Consul's agent")
    word = "behind" if ahead_s > 0 else "ahead of"
    return warned(
        name,
        f"this PC's clock is {abs(ahead_s):.0f} s {word} the one of Consul's agent",
        "synchronise both (chrony, ntpd): ages and what is stale are judged by clocks",
    )


def _template(consul: ConsulFacts) -> Finding:
    name = "query template"
    if isinstance(consul.queries, Missing):
        return not_checked(name, consul.queries)
    template = find_template(consul.queries)
    if template is None:
        return warned(
            name,
            "SERVICE.STACK.SITE.query.consul: no template is to be seen",
            "a registrator installs it when it starts; its token needs query write",
        )
    if not is_ours(template):
        return warned(
            name,
            "another query template with an empty name is in the place of ours (query-held)",
            "use SITE-STACK-SERVICE.service.consul, or give that template a name",
        )
    if not is_current(template):
        return warned(
            name,
            "the template is of another version",
            "start this version's registrator, which renews it, and stop older ones",
        )
    return passed(name, "SERVICE.STACK.SITE.query.consul is installed and current")


def _dns(consul: ConsulFacts) -> Finding:
    name = "dns"
    if isinstance(consul.dns, Missing):
        return not_checked(name, consul.dns)
    dns = consul.dns
    if dns.code is None:
        return failed(
            name,
            f"{dns.server} does not answer {dns.question}: {dns.error}",
            "compare Consul's ports.dns and client_addr; --dns HOST:PORT asks another address",
        )
    words = f"{dns.server} to {dns.question}"
    if dns.code == "NOERROR" and dns.answers:
        return passed(name, f"{words}: {dns.answers} answer{'s' if dns.answers > 1 else ''}")
    return failed(
        name,
        f"{words}: {dns.code}, {dns.answers} answers",
        "with ACLs: DNS uses the agent's default token, which needs node and service read",
    )
