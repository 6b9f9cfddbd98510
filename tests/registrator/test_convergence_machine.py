"""Whatever happens, in whatever order, and wherever a process stops: Consul follows Docker."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from random import Random

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from demi_adapters.errors import ConsulFailure
from demi_adapters.names import ServiceName
from models.changes import CHANGES
from models.consul import ConsulModel
from models.docker import Change, DockerModel
from models.facts import Facts, expected, facts, facts_of_others
from models.others import DEEDS, Deed, Others
from models.process import OWNERS, Process, failing
from models.running import observe

_SOME_CHANGES = st.lists(CHANGES, max_size=4)
_SOME_DEEDS = st.lists(DEEDS, min_size=1, max_size=4)
_SEEDS = st.integers(0, 99)
# How many writes succeed, and whether the process ends with the next one.
Fate = tuple[int, bool] | None
_FATES = st.none() | st.tuples(st.integers(0, 6), st.booleans())


class Killed(Exception):
    """The process ends here."""


class Convergence(RuleBasedStateMachine):
    """An engine, Consul with other people in it, and a registrator that may end at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.docker = DockerModel()
        self.consul = ConsulModel()
        self.process = Process(self.docker, self.consul)
        self.others = Others(self.consul, self.docker)
        # What is theirs, as the last look at Consul saw it.
        self.theirs: Facts = {}
        # Whether the process has been told everything, but for the events that are on their way.
        self.is_informed = False

    @initialize(changes=st.lists(CHANGES, max_size=4), starts=st.booleans())
    def begin(self, changes: list[Change], starts: bool) -> None:
        """Containers run before the registrator does."""
        self.change(changes)
        if starts:
            self.converge(0)

    # -- what happens ----------------------------------------------------------------------

    @rule(changes=_SOME_CHANGES)
    def change(self, changes: list[Change]) -> None:
        """Something happens to containers; nobody has heard of it yet."""
        for change in changes:
            self.docker.happen(change)

    @rule(deeds=_SOME_DEEDS)
    def interfere(self, deeds: list[Deed]) -> None:
        """Others do something to Consul."""
        for deed in deeds:
            self.others.do(deed)
        self.is_informed = False

    # -- the registrator ---------------------------------------------------------------------

    @precondition(lambda self: self.process.can_hear)
    @rule(changes=_SOME_CHANGES, left=st.integers(0, 2), fate=_FATES, seed=_SEEDS)
    def hear(self, changes: list[Change], left: int, fate: Fate, seed: int) -> None:
        """Events come late or twice, but in order: afterwards no listing is needed."""
        self.change(changes)
        heard = [self.docker.events.pop(0) for _ in self.docker.events[left:]]
        names = self.process.hear([event for event in heard for _ in (1, 2)])
        with self._suffering(fate):
            is_clean = self._work(names, seed)
            assert is_clean or fate or not self.is_informed
            self.is_informed &= is_clean

    @precondition(lambda self: self.process.can_hear)
    @rule(changes=_SOME_CHANGES, deeds=_SOME_DEEDS, fate=_FATES, seed=_SEEDS)
    def mishear(self, changes: list[Change], deeds: list[Deed], fate: Fate, seed: int) -> None:
        """Events come in any order, more than once, or not at all, and Consul was not looked at."""
        self.change(changes)
        self.interfere(deeds)
        events = self.docker.events * 2
        heard = Random(seed).sample(events, len(events))[len(changes) :]
        self.docker.events.clear()
        names = self.process.hear(heard)
        with self._suffering(fate):
            self._work(names, seed)

    @rule(meanwhile=st.none() | CHANGES, fate=_FATES, seed=_SEEDS)
    def compare(self, meanwhile: Change | None, fate: Fate, seed: int) -> None:
        """A full comparison, perhaps with a listing that is old before it is read."""
        self.is_informed = False
        self.process.list_all(lambda: self.docker.happen(meanwhile) if meanwhile else None)
        with self._suffering(fate):
            self._look()
            if self._work(None, seed):
                self.process.forget_former_selves()
                self.is_informed = True
        assert self.is_informed or fate

    @rule(seed=_SEEDS)
    def converge(self, seed: int) -> None:
        """A full comparison that nothing disturbs."""
        self.compare(None, None, seed)
        assert self.is_informed
        self.docker.events.clear()

    @precondition(lambda self: self.process.inventory.is_complete)
    @rule(
        timid=st.sampled_from(["keep", "add"]),
        changes=_SOME_CHANGES,
        deeds=_SOME_DEEDS,
        seed=_SEEDS,
    )
    def compare_timidly(
        self, timid: str, changes: list[Change], deeds: list[Deed], seed: int
    ) -> None:
        """The listing is an old one, or somebody of our name may be at work: nothing goes."""
        self.interfere(deeds)
        if changes:
            self.change(changes)
            self.process.list_all()
        self._look()
        before = facts(self.consul)
        self._work(None, seed, timid)
        after = facts(self.consul)
        kept = [name for name in before if timid == "add" or not name.startswith("check ")]
        assert not [name for name in kept if name not in after]
        assert timid == "keep" or all(after[name] == before[name] for name in kept)

    @rule(owner=st.sampled_from(OWNERS))
    def restart(self, owner: str) -> None:
        """Another process, perhaps under another name: it remembers nothing."""
        self.process = Process(self.docker, self.consul, owner)
        self.is_informed = False

    # -- what they share ---------------------------------------------------------------------

    def _look(self) -> None:
        self.process.look()
        self.others.changed.clear()
        self.theirs = facts_of_others(self.consul, self.process.identity)

    def _work(self, only: Collection[ServiceName] | None, seed: int, timid: str = "") -> bool:
        """Plan and apply; whether all of it was done. What is others' stays as it is."""
        # Consul knows no condition for services: one changed since the look may be lost.
        unseen = {f"service {id_}" for id_ in self.others.changed}
        unseen |= {f"check service:{id_}" for id_ in self.others.changed}
        theirs = facts_of_others(self.consul, self.process.identity)
        plan = self.process.plan(only, timid=timid)
        try:
            outcome = self.process.apply(plan, Random(seed))
        finally:
            now = facts(self.consul)
            assert all(now.get(name) == theirs[name] for name in theirs.keys() - unseen)
        assert not outcome.problems
        is_clean = not (outcome.retry or outcome.outdated)
        assert is_clean == (len(outcome.done) == sum(map(len, plan.steps.values())))
        assert is_clean or not self.process.mirror or self.process.plan(only, timid=timid)
        return is_clean

    @contextmanager
    def _suffering(self, fate: Fate) -> Iterator[None]:
        """Let a write fail, and the process end with it or go on."""
        if fate is None:
            yield
            return
        writes, is_mortal = fate
        error = Killed() if is_mortal else ConsulFailure("500")
        try:
            with failing(self.consul, writes, error, once=not is_mortal):
                yield
        except Killed:
            self.restart(self.process.identity.owner)
        except ConsulFailure:  # it ran out of what it needs at once
            self.is_informed = False

    # -- what has to hold --------------------------------------------------------------------

    @invariant()
    def follows_docker(self) -> None:
        """Who has heard everything shows what runs and nothing else, and knows what it shows."""
        if not self.is_informed or self.docker.events:
            return
        us = self.process.identity
        assert facts(self.consul) == expected(
            self.docker.running, self.theirs, us.owner, us.session
        )
        assert self.process.mirror
        fresh = observe(self.consul)
        assert self.process.mirror.services == fresh.services
        assert {n: keys for n, keys in self.process.mirror.keys.items() if keys} == fresh.keys
        assert not self.process.plan()

    def teardown(self) -> None:
        """In the end all is well again."""
        self.converge(0)
        self.follows_docker()


TestConvergence = Convergence.TestCase
# To explain a failure would take minutes; the shortest run that fails explains itself.
TestConvergence.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    report_multiple_bugs=False,
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
