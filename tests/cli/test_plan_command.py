"""`demi plan`: what would be done, and nothing done."""

from typing import Any, Self

import pytest
import yaml

from demi_adapters.engine import EngineInfo
from demi_adapters.errors import EngineUnavailable
from demi_registrator import preview
from demi_registrator.steps import Identity
from models.command import Demi
from models.consul import ConsulModel, raw_service
from models.containers import container, labels, registered
from models.daemon import EngineModel
from models.running import apply, plan_for


class PreviewEngine(EngineModel):
    """An engine as `demi plan` opens and closes it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def info(self) -> EngineInfo:
        """Who it is."""
        return EngineInfo("E1", "pc1", "28")


class OpenedConsul(ConsulModel):
    """A Consul as `demi plan` opens and closes it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> PreviewEngine:
    """The engine that is asked."""
    made = PreviewEngine(container())
    monkeypatch.setattr(preview, "Engine", lambda _: made)
    return made


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> OpenedConsul:
    """The Consul that is asked."""
    made = OpenedConsul()
    monkeypatch.setattr("demi_adapters.consul_client.ConsulClient", lambda _: made)
    return made


def rows(result: Any) -> set[tuple[str, str]]:
    """What is done to what."""
    return {(row["action"], row["what"]) for row in result.data["steps"]}


def test_work_to_do_is_listed_with_status_1_and_not_done(
    demi: Demi, engine: PreviewEngine, consul: OpenedConsul
) -> None:
    """Not even a session is made."""
    result = demi("plan", "-o", "json")
    assert result.code == 1
    assert ("register", "sr1-lls-felix-api-000000000001") in rows(result)
    assert ("write key", "demi/sr1_lls/felix/api/url") in rows(result)
    assert consul.calls == []


def test_nothing_to_do_is_status_0(demi: Demi, engine: PreviewEngine, consul: OpenedConsul) -> None:
    """After a registrator did its work, on the session that it left."""
    us = Identity(owner="pc1", session=consul.create_session("demi-registrator/pc1"))
    apply(consul, plan_for(consul, registered(container()), us), us)
    result = demi("plan", "-o", "json")
    assert (result.code, result.data) == (0, {"steps": [], "problems": []})
    assert demi("plan").out == "ACTION\tSERVICE\tWHAT\tWHY\n"


def test_each_kind_of_change_has_its_word(
    demi: Demi, engine: PreviewEngine, consul: OpenedConsul
) -> None:
    """Update, deregister, set status, delete key; and the first difference."""
    us = Identity(owner="pc1", session=consul.create_session("demi-registrator/pc1"))
    before = (
        container(1, host_port=1),
        container(2, labels("s.t.gone")),
        container(3, labels("s.t.ill"), health="healthy"),
    )
    apply(consul, plan_for(consul, registered(*before), us), us)
    ill = container(3, labels("s.t.ill"), health="unhealthy")
    engine.running |= {ill.id: ill}
    result = demi("plan", "-o", "yaml")
    steps = {(s["action"], s["service"], s["why"]) for s in yaml.safe_load(result.out)["steps"]}
    assert {
        ("update", "sr1_lls.felix.api", "port 1 -> 32768"),
        ("deregister", "s.t.gone", "no running container"),
        ("set status", "s.t.ill", "critical"),
        ("delete key", "s.t.gone", "no longer said"),
        ("write key", "sr1_lls.felix.api", "changed"),
    } <= steps


def test_problems_are_shown_beside_the_rows(
    demi: Demi, engine: PreviewEngine, consul: OpenedConsul
) -> None:
    """Those of labels and those of Consul, on standard error."""
    id_ = "sr1-lls-felix-api-000000000001"
    consul.services[id_] = raw_service(id_, "x", {"demi_owner": "pc2"})
    broken = container(2, labels("s.t.v", port="9"))
    engine.running |= {broken.id: broken}
    result = demi("plan")
    assert result.code == 1
    assert "error id-taken" in result.err
    assert "error no-port" in result.err
    assert "id-taken" not in result.out


def test_an_engine_that_is_away_is_4(
    demi: Demi, engine: PreviewEngine, consul: OpenedConsul
) -> None:
    """As for Consul, the words are on standard error."""
    engine.error = EngineUnavailable("list: the Docker Engine can't be reached")
    result = demi("plan")
    assert (result.code, result.out) == (4, "")
    assert "Docker Engine" in result.err
