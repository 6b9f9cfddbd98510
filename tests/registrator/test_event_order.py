"""Events are hints: when, in which order and how often they come makes no difference."""

from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from demi_adapters.consul_types import Session
from models.changes import CHANGES
from models.consul import ConsulModel, raw_service
from models.docker import Change, DockerModel
from models.facts import expected, facts
from models.process import Process


@settings(max_examples=100, deadline=None)
@given(st.lists(CHANGES, max_size=4), st.lists(CHANGES, max_size=8), st.integers(0, 999))
def test_the_order_of_events_does_not_matter(
    before: list[Change], after: list[Change], seed: int
) -> None:
    """At once and one by one, or late, mixed and twice: each container's own stay in order."""
    chance = Random(seed)
    docker = DockerModel()
    for change in before:
        docker.happen(change)
    prompt, late = (_started(docker, chance) for _ in range(2))
    docker.events.clear()
    for change in after:
        docker.happen(change)
        _tell(prompt, docker.events[-1:], chance)
    mixed = _mixed(docker.events, chance)
    while mixed:
        count = chance.randint(1, 3)
        _tell(late, mixed[:count], chance)
        del mixed[:count]
    shown = [facts(process.consul) for process in (prompt, late)]
    assert shown[0] == shown[1]
    us = prompt.identity
    assert shown[0] == expected(docker.running, facts(_inhabited()), us.owner, us.session)


def _inhabited() -> ConsulModel:
    """A Consul where others hold one service's keys, and have written one of another's."""
    consul = ConsulModel()
    consul.open_sessions = [Session("theirs", "theirs", "pc9", 1)]
    consul.put("demi/a/b/C/owner", "pc9", "theirs")
    consul.put("demi/a/b/c/url", "a person's")
    consul.services["printer"] = raw_service("printer", "printer")
    return consul


def _started(docker: DockerModel, chance: Random) -> Process:
    process = Process(docker, _inhabited())
    process.list_all()
    process.look()
    process.apply(process.plan(), chance)
    return process


def _tell(process: Process, events: Sequence[tuple[str, str]], chance: Random) -> None:
    process.apply(process.plan(process.hear(events)), chance)


def _mixed(events: Sequence[tuple[str, str]], chance: Random) -> list[tuple[str, str]]:
    """Those of each container in their order, some of them twice."""
    own = {container: iter([e for e in events if e[0] == container]) for container, _ in events}
    order = chance.sample([container for container, _ in events], len(events))
    return [event for each in order for event in [next(own[each])] * chance.randint(1, 2)]
