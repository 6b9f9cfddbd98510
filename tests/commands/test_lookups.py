"""What look-ups print and how they end, beside a real Consul; `test_names.py` has the names."""

import sys
from pathlib import Path

import pytest
import yaml

from models.command import Demi
from models.place import Place

URL = "http://pc1.cern.ch:8001"
LONG = "http://pc3.cern.ch/" + "x" * 300
META = {"demi_description": "The API", "demi_category": "Micro", "demi_swagger_url": f"{URL}/docs"}


def test_piped_rows_are_tab_separated_and_whole(demi: Demi, place: Place) -> None:
    """Never cut to a width, without lines of a box, ready for cut and awk."""
    place.register("sr1_lls/felix/api", 3, meta={"demi_url": LONG})
    place.register("sr1_lls/daq/ui", 2, "critical")
    result = demi("ls")
    assert result.out.splitlines() == [
        "SITE\tSTACK\tSERVICE\tSTATUS\tURL\tCONTAINER",
        "sr1_lls\tdaq\tui\tcritical\thttp://pc2.cern.ch:8002\t000000000002",
        f"sr1_lls\tfelix\tapi\tpassing\t{LONG}\t000000000003",
    ]
    assert (result.code, result.err) == (0, "")


def test_services_of_others_are_not_listed(demi: Demi, place: Place) -> None:
    """Consul's own and the printer are not DeMi's."""
    place.call("PUT", "agent/service/register", {"Name": "printer", "Port": 631})
    assert demi("ls", "-o", "json").data == []
    assert demi("tree").out == ""


def test_filters_narrow_a_list(demi: Demi, place: Place) -> None:
    """Together they all have to fit."""
    place.register("sr1_lls/felix/api", 1, meta=META)
    place.register("sr1_lls/daq/run", 2, "critical")
    place.register("sr1_sr2/daq/run", 3, "critical")
    for given, expected in {
        "--site sr1_lls": {"sr1_lls/felix/api", "sr1_lls/daq/run"},
        "--stack daq": {"sr1_lls/daq/run", "sr1_sr2/daq/run"},
        "--category Micro": {"sr1_lls/felix/api"},
        "--status critical": {"sr1_lls/daq/run", "sr1_sr2/daq/run"},
        "--site sr1_sr2 --status critical": {"sr1_sr2/daq/run"},
        "--site sr1_sr2 --status passing": set(),
    }.items():
        assert set(demi("ls", *given.split(), "-o", "name").out.split()) == expected
    assert demi("ls", "--status", "ill").code == 2
    assert demi("tree", "--stack", "felix", "-o", "json").data["sr1_lls"].keys() == {"felix"}


def test_a_healthy_instance_is_taken(demi: Demi, place: Place) -> None:
    """Without a word about the other one; of several healthy ones, any."""
    place.register("sr1_lls/felix/api", 1)
    place.register("sr1_lls/felix/api", 2, "critical")
    assert {demi("url", "api").out for _ in range(5)} == {f"{URL}\n"}
    place.register("sr1_lls/felix/api", 3)
    assert {demi("url", "api").out for _ in range(40)} == {f"{URL}\n", "http://pc3.cern.ch:8003\n"}


@pytest.mark.parametrize("status", ["warning", "critical"])
def test_no_url_of_what_is_not_healthy_unless_asked_for(
    demi: Demi, place: Place, status: str
) -> None:
    """What is wrong, and the way round it."""
    place.register("sr1_lls/felix/api", 1, status, output="no beam")
    for command in ("url", "open"):
        result = demi(command, "api")
        assert (result.code, result.out) == (1, "")
        assert f"is {status}: no beam." in result.err
        assert "demi url --any" in result.err
        assert demi(command, "api", "--any").out == f"{URL}\n"


def test_other_urls_of_a_service(demi: Demi, place: Place) -> None:
    """Each by its option; where there is none, which label would make one."""
    place.register("sr1_lls/felix/api", 1, meta=META)
    place.register("sr1_lls/felix/ui", 2)
    place.key("demi/sr1_lls/felix/api/health_url", f"{URL}/health")
    assert demi("url", "api", "--swagger").out == f"{URL}/docs\n"
    assert demi("url", "api", "--health").out == f"{URL}/health\n"
    for option, label in {"--swagger": "url_postfix=", "--health": "health="}.items():
        result = demi("url", "ui", option)
        assert (result.code, result.out) == (3, "")
        assert label in result.err
    assert demi("url", "api", "--swagger", "--health").code == 2


def test_a_service_without_a_check_counts_as_healthy(demi: Demi, place: Place) -> None:
    """As one that speaks UDP, which Consul can't ask."""
    place.register("sr1_lls/daq/udp", 7, None, meta={"demi_url": "udp://pc7.cern.ch:8007"})
    assert demi("url", "udp").out == "udp://pc7.cern.ch:8007\n"
    assert demi("wait", "udp").out == "udp://pc7.cern.ch:8007\n"
    result = demi("health", "udp")
    assert result.code == 0
    assert "\tit has no check" in result.out


@pytest.mark.parametrize("of", ["node", "service"])
def test_what_is_in_maintenance_is_critical(demi: Demi, place: Place, of: str) -> None:
    """Consul's own word for it is a check that fails, with the reason that was given."""
    id_ = place.register("sr1_lls/felix/api", 1)
    switch = "agent/maintenance" if of == "node" else f"agent/service/maintenance/{id_}"
    place.call("PUT", f"{switch}?enable=true&reason=new+cooling", "")
    try:
        result = demi("health", "api")
        assert result.code == 1
        assert "critical\t000000000001\tmaintenance: new cooling" in result.out
        assert "is critical: maintenance: new cooling." in demi("url", "api").err
    finally:
        place.call("PUT", f"{switch}?enable=false", "")
    assert demi("health", "api").code == 0


def test_health_shows_each_instance_and_its_reason(demi: Demi, place: Place) -> None:
    """One that is healthy is enough; a page that a check repeats is cut, but not in -o wide."""
    page = "500 " + "<p>sorry</p> " * 200
    place.register("sr1_lls/felix/api", 1, output="200 OK")
    place.register("sr1_lls/felix/api", 2, "critical", output=page)
    result = demi("health", "api")
    header, *lines = result.out.splitlines()
    assert (result.code, header) == (0, "SERVICE\tSTATUS\tCONTAINER\tSAYS")
    assert lines[0] == "sr1_lls/felix/api\tpassing\t000000000001\t200 OK"
    assert lines[1].startswith("sr1_lls/felix/api\tcritical\t000000000002\t500 <p>sorry</p>")
    assert lines[1].endswith("…")
    wide = demi("health", "api", "-o", "wide")
    assert page.strip() in wide.out
    assert "Agent alive and reachable" in wide.out
    for command in ("ls", "tree", "show"):
        assert all(len(line) < 500 for line in demi(command, "api").out.splitlines())


def test_wait_returns_when_all_are_healthy(demi: Demi, place: Place) -> None:
    """A URL of each; else 124, and what was seen last of each that is not."""
    place.register("sr1_lls/felix/api", 1)
    place.register("sr1_lls/felix/ui", 2, "critical", output="no beam")
    assert demi("wait", "api", "sr1_lls/felix/api").out == f"{URL}\n" * 2
    result = demi("wait", "api", "ui", "sr1_lls/felix/later", "--timeout", "0.3")
    assert (result.code, result.out) == (124, "")
    assert "is critical: no beam" in result.err
    assert "no service 'sr1_lls/felix/later'" in result.err
    assert "felix/api at" not in result.err


def test_tree_counts_instances(demi: Demi, place: Place) -> None:
    """A service is warning where some are healthy; the reason is that of the worst."""
    place.register("sr1_lls/felix/api", 1)
    place.register("sr1_lls/felix/api", 2, "critical", output="no beam")
    place.register("sr1_lls/felix/ui", 3)
    place.register("sr1_lls/felix/ui", 4)
    place.register("sr1_sr2/daq/run", 5)
    assert demi("tree").out.splitlines() == [
        *("sr1_lls", "  felix"),
        "    api\twarning, 1 of 2 healthy: no beam",
        "    ui\tpassing, 2 of 2 healthy",
        *("sr1_sr2", "  daq", "    run\tpassing"),
    ]


def test_show_tells_all(demi: Demi, place: Place) -> None:
    """Facts, instances, keys: three lists with an empty line between."""
    place.register("sr1_lls/felix/api", 1, meta=META)
    place.register("sr1_lls/felix/api", 2, "critical", output="no beam")
    place.key("demi/sr1_lls/felix/api/run", "7")
    result = demi("show", "api")
    facts, instances, keys = result.out.split("\n\n")
    assert result.code == 0
    assert facts.splitlines() == [
        "service\tsr1_lls/felix/api",
        "status\twarning",
        "description\tThe API",
        "category\tMicro",
        f"url\t{URL}",
        f"swagger\t{URL}/docs",
        "dns\tsr1-lls-felix-api.service.consul",
        "dns\tapi.felix.sr1-lls.query.consul",
    ]
    assert [line.split("\t")[0] for line in instances.splitlines()] == [
        *("STATUS", "passing", "critical")
    ]
    assert keys == "KEY\tVALUE\nrun\t7\n"


@pytest.mark.parametrize("command", ["ls", "tree", "show", "health", "dns"])
def test_json_and_yaml_say_the_same(demi: Demi, place: Place, command: str) -> None:
    """Typed values, null where there is nothing."""
    place.register("sr1_lls/felix/api", 1)
    found = demi(command, "api", "-o", "json").data
    assert yaml.safe_load(demi(command, "api", "-o", "yaml").out) == found


def test_the_option_wins_over_the_variable(
    demi: Demi, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For where Consul is, too."""
    monkeypatch.setenv("CONSUL_HTTP_ADDR", "127.0.0.1:1")
    assert demi("ls").code == 4
    assert demi("ls", "--consul-addr", place.address, "-o", "json").data == []


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which a browser notes what it was asked to open."""
    program, seen = tmp_path / "browser", tmp_path / "seen"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(seen)!r}, 'a').write(sys.argv[1])\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    return seen


def test_a_browser_opens_the_page(place: Place, browser: Path) -> None:
    """And nothing is printed."""
    place.register("sr1_lls/felix/api", 1, meta=META)
    settings = {"BROWSER": f"{browser.with_name('browser')} %s"}
    result = place.demi("open", "api", "--swagger", **settings)
    assert (result.code, result.out, result.err) == (0, "", "")
    assert browser.read_text() == f"{URL}/docs"


@pytest.mark.parametrize(
    "url",
    ["udp://pc1:1", "file:///etc/passwd", "javascript:alert(1)", "--help", "http://x/\x1b[2J"],
)
def test_only_web_pages_are_opened(place: Place, browser: Path, url: str) -> None:
    """Anybody may register anything: the rest is printed."""
    place.register("sr1_lls/felix/api", 1, meta={"demi_url": url})
    settings = {"BROWSER": f"{browser.with_name('browser')} %s"}
    result = place.demi("open", "api", **settings)
    assert (result.code, result.err) == (0, "This is nothing for a browser:\n")
    assert result.out == f"{url.replace(chr(27), chr(92) + 'x1b')}\n"
    assert not browser.exists()
