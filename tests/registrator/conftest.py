"""What the tests of the registrator share."""

from collections.abc import Iterator

import pytest

from demi_registrator.keeper import Keeper
from demi_registrator.reconcile import Reconciler
from demi_registrator.tally import Tally
from models.consul import ConsulModel
from models.containers import ONE, ORIGIN
from models.daemon import RECORD, Clock, EngineModel, ReconcilerModel


@pytest.fixture
def consul() -> ConsulModel:
    """An empty Consul."""
    return ConsulModel()


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def engine() -> EngineModel:
    """An engine with one container."""
    return EngineModel(ONE)


@pytest.fixture
def consul_side() -> ReconcilerModel:
    """What the keeper tells Consul."""
    return ReconcilerModel()


@pytest.fixture
def keeper_tally(clock: Clock) -> Tally:
    """What the keeper counts."""
    return Tally(clock)


@pytest.fixture
def keeper(
    consul_side: ReconcilerModel, engine: EngineModel, clock: Clock, keeper_tally: Tally
) -> Keeper:
    """A keeper whose engine is up, before its first run."""
    made = Keeper(consul_side.reconciler, ORIGIN, RECORD, clock, keeper_tally)
    made.engine_up(engine.engine, engine.events)
    return made


@pytest.fixture
def reconciler(consul: ConsulModel) -> Iterator[Reconciler]:
    """The one of this engine."""
    made = Reconciler(consul.client, RECORD, ())
    yield made
    made.close()
