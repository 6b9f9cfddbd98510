"""`demi dns` beside Consul's own DNS."""

import pytest

from demi_local.consul import ConsulServer
from demi_registrator.template import DEFINITION
from models.command import Demi
from models.place import Place

SERVICE = "sr1-lls-felix-api.service.consul"
QUERY = "api.felix.sr1-lls.query.consul"


@pytest.fixture(autouse=True)
def _template(place: Place) -> None:
    """What a registrator installs."""
    if not place.call("GET", "query"):
        place.call("POST", "query", DEFINITION)


@pytest.mark.parametrize(
    ("address", "kind", "answer"),
    [
        ("192.0.2.7", "A", "192.0.2.7"),
        ("pc1.cern.ch", "A", "pc1.cern.ch."),
        ("2001:db8::7", "AAAA", "2001:db8::7"),
    ],
)
def test_both_names_answer_for_every_kind_of_host(
    demi: Demi, place: Place, consul: ConsulServer, address: str, kind: str, answer: str
) -> None:
    """With an address of the kind that there is, and how to ask by dig."""
    place.register("sr1_lls/felix/api", 1, address=address)
    result = demi("dns", "felix/api")
    table, digs = result.out.split("\n\n")
    rows = [line.split("\t") for line in table.splitlines()]
    assert (result.code, result.err) == (0, "")
    assert [row[:2] for row in rows] == [
        ["NAME", "TYPE"],
        *([SERVICE, "SRV"], [SERVICE, kind], [QUERY, "SRV"], [QUERY, kind]),
    ]
    assert rows[2][2] == rows[4][2] == answer
    assert "8001" in rows[1][2]
    assert digs.splitlines() == [
        f"dig @127.0.0.1 -p {consul.dns_port} {name} SRV" for name in (SERVICE, QUERY)
    ]


def test_an_ill_service_has_no_answer(demi: Demi, place: Place) -> None:
    """Consul leaves out what is critical: exit status 1, and DNS's own word for it."""
    place.register("sr1_lls/felix/api", 1, "critical")
    result = demi("dns", "felix/api")
    assert result.code == 1
    assert f"{SERVICE}\tSRV\tNXDOMAIN" in result.out


def test_a_server_that_is_none_is_4(demi: Demi, place: Place) -> None:
    """With what names another."""
    place.register("sr1_lls/felix/api", 1)
    for server in ("127.0.0.1:1", "nowhere.invalid"):
        result = demi("dns", "api", "--dns", server)
        assert (result.code, result.out) == (4, "")
        assert "--dns" in result.err
    assert demi("dns", "api", "--dns", "udp://x").code == 2


def test_a_name_too_long_for_dns_parts_has_one_name(demi: Demi, place: Place) -> None:
    """A template can't compute a digest."""
    place.register(f"sr1_lls/{'s' * 40}/{'v' * 40}", 1, address="192.0.2.7")
    found = demi("dns", "v" * 40, "-o", "json")
    assert found.code == 0
    assert len({each["name"] for each in found.data["answers"]}) == 1
