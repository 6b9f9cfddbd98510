"""`demi lint`: what a compose file's labels will become, before anything runs."""

from pathlib import Path

import pytest
import yaml

from models.command import Demi

SOUND = """\
services:
  felix:
    image: felix
    ports: ["8000", "3000:3000"]
    labels:
      demi.sr1_lls.felix.api.port: 8000
      demi.sr1_lls.felix.api.url_postfix: /docs
      demi.sr1_lls.felix.api.health: /health
      demi.sr1_lls.felix.ui.port: "3000"
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "compose.yaml") -> str:
    """A file in the test's folder."""
    Path(name).write_text(text)
    return name


def service(labels: str, rest: str = "") -> str:
    """A compose file of one service, whose labels begin in line 5."""
    lines = "".join(f"      {line}\n" for line in labels.splitlines())
    return f"services:\n  s:\n    image: x\n    labels:\n{lines}{rest}"


def findings(demi: Demi, *arguments: str) -> list[tuple[str, int, str]]:
    """File, line and code of everything that is said."""
    result = demi("lint", *arguments, "-o", "json")
    return [(p["file"], p["line"], p["code"]) for p in result.data["problems"]]


def test_a_port_that_docker_will_choose_is_not_invented(demi: Demi) -> None:
    """It is ? in a URL and null as a number; a fixed one is known."""
    result = demi("lint", write(SOUND), "-o", "json")
    assert (result.code, result.data["problems"]) == (0, [])
    api, ui = result.data["services"]
    assert (api["hostport"], api["url"]) == (None, "http://pc1.cern.ch:?")
    assert api["swagger_url"] == "http://pc1.cern.ch:?/docs"
    assert api["check"]["target"] == api["health_url"] == "http://pc1.cern.ch:?/health"
    assert api["kv"]["demi/sr1_lls/felix/api/hostport"] == "?"
    assert (ui["hostport"], ui["url"]) == (3000, "http://pc1.cern.ch:3000")
    assert (api["file"], api["line"], api["compose_service"]) == ("compose.yaml", 6, "felix")
    assert not {"id", "container", "meta"} & api.keys()


def test_the_table_is_for_people_and_yaml_says_the_same_as_json(demi: Demi) -> None:
    """As `demi explain` prints."""
    file = write(SOUND)
    table = demi("lint", file)
    assert table.out.splitlines()[1].split("\t")[3:5] == ["yes", "http://pc1.cern.ch:?"]
    assert table.out.splitlines()[1].endswith("\tcompose.yaml:6")
    as_yaml = demi("lint", file, "-o", "yaml")
    assert yaml.safe_load(as_yaml.out) == demi("lint", file, "-o", "json").data


@pytest.mark.parametrize(
    ("labels", "rest", "line", "code"),
    [
        ("demi.a.b.c.x: 1\ndemi.a.b.c.port: 8000/tcp", "", 6, "bad-port"),
        ("- demi.a.b.c.x=1\n- demi.a.b.c.protocol=javascript", "", 6, "bad-protocol"),
        ("demi.a.b.c.host: 0.0.0.0", "", 5, "bad-host"),
        ("demi.a.b.c.health: http://other.cern.ch/", "    ports: ['8']\n", 5, "bad-health"),
        ("demi.a.b.c.hostport: 1\ndemi.a.b.c.health_interval: 10", "", 6, "bad-duration"),
        ("demi.a.b.c.url: grafana.cern.ch", "", 5, "bad-url"),
        ("demi.a.b.c=8000", "", 4, None),
        ("other: 1\ndemi.a.b.c: 8000", "", 6, "bad-label"),
        ("demi.a.b.c@d.port: 8000", "", 5, "bad-name"),
        ("demi.a.b.c.x: 1\ndemi.a.b.c.port: 99", "    ports: [8000]\n", 6, "no-port"),
        ("x: y\ndemi.a.b.c.x: 1", "    expose: ['80']\n", 6, "no-port"),
        ("demi.a.b.c.x: 1", "    network_mode: host\n    ports: ['8']\n", 5, "no-port"),
        ("demi.a.b.c.x: 1", "    network_mode: service:t\n    ports: ['8']\n", 5, "no-port"),
        ("demi.a.b.c.x: 1", "    ports: ['80', '81']\n", 5, "ambiguous-port"),
        ("demi.a.b.c.x: 1", "    ports:\n      - '127.0.0.1:1:1'\n", 7, "loopback-only"),
        ("demi.a.b.c.x: 1", "    ports:\n      - '[::1]::1'\n", 7, "loopback-only"),
        ("demi.a.b.c.hostport: 1\ndemi.a.b.c.image: x", "", 6, "reserved-key"),
        ("x: 1", "    label_file: a\n", 6, "not-followed"),
        ("x: 1", "    deploy:\n      labels: [demi.a.b.c.d=1]\n", 7, "deploy-labels"),
        ("x: 1", "include: [other.yaml]\n", 6, "not-followed"),
    ],
)
def test_each_problem_has_the_line_that_its_author_has_to_change(
    demi: Demi, labels: str, rest: str, line: int, code: str | None
) -> None:
    """The codes are the registrator's."""
    result = demi("lint", write(service(labels, rest)), "-o", "json")
    if code is None:  # this is no label at all, so compose would refuse the file
        assert (result.code, result.out) == (2, "")
        return
    (problem,) = result.data["problems"]
    assert (problem["line"], problem["code"]) == (line, code)
    assert result.code == (problem["severity"] == "error")
    shown = demi("lint", "compose.yaml").err
    assert shown.startswith(f"compose.yaml:{line}: {problem['severity']} {code}: ")
    assert "000000000000" not in shown


def test_the_hosts_network_and_the_health_check_count(demi: Demi) -> None:
    """On the host's network the label's port is the one; a HEALTHCHECK is mirrored."""
    label, host = "demi.a.b.c.port: 80", "    network_mode: host\n"
    for check, kind in {
        "{test: [CMD, x]}": "ttl",
        "{test: NONE}": "ttl",  # a shell command of that name
        "{test: [NONE]}": "tcp",
        "{test: [CMD, x], disable: true}": "tcp",
        "{disable: '${NO:-true}'}": "tcp",
    }.items():
        file = write(service(label, f"{host}    healthcheck: {check}\n"))
        (found,) = demi("lint", file, "-o", "json").data["services"]
        assert (found["hostport"], found["check"]["kind"]) == (80, kind)


def test_services_whose_names_dns_mixes_are_told_over_the_whole_file(demi: Demi) -> None:
    """At the first label of the first one."""
    text = "".join(
        f"  {n}:\n    image: x\n    labels:\n      demi.a.b.{n}.hostport: 1\n"
        for n in ("run_ctrl", "run-ctrl")
    )
    assert findings(demi, write(f"services:\n{text}")) == [("compose.yaml", 9, "name-collision")]


def test_labels_of_anchors_and_extended_files_keep_their_lines(demi: Demi) -> None:
    """What is wrong is mended where it is written, not where it is used."""
    Path("parts").mkdir()
    write("services:\n  base:\n    extends: other\n  other:\n    labels:\n"
          "      - demi.a.b.c.port=x\n", "parts/base.yaml")  # fmt: skip
    write(
        "x-all: &all\n  demi.a.b.d.port: y\nservices:\n  s:\n    extends:\n"
        "      file: parts/${NAME:-base}.yaml\n      service: base\n"
        "    labels:\n      <<: *all\n"
    )
    assert findings(demi, "compose.yaml") == [
        ("compose.yaml", 2, "bad-port"),
        ("parts/base.yaml", 6, "bad-port"),
    ]


def test_variables_come_from_the_environment_then_from_the_file_beside(
    demi: Demi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Or from the files that are named instead."""
    write("ONE=file\nTWO=file\n", ".env")
    write("TWO=named\n", "named.env")
    monkeypatch.setenv("ONE", "process")
    file = write(service("- demi.a.b.c.url=http://$ONE/$TWO"))

    def url(*options: str) -> str:
        (found,) = demi("lint", str(tmp_path / file), *options, "-o", "json").data["services"]
        return str(found["url"])

    monkeypatch.chdir("/")
    assert url() == "http://process/file"
    assert url("--env-file", str(tmp_path / "named.env")) == "http://process/named"


def test_an_unset_variable_is_empty_and_said_once(demi: Demi) -> None:
    """As compose does; the exit status stays 0."""
    result = demi("lint", write(service("- demi.a.b.c.hostport=1\n- demi.a.b.c.x=$NO$NO")))
    assert result.code == 0
    assert result.err.count("compose.yaml:6: warning unset-variable: variable NO ") == 1


def test_variables_in_the_keys_of_a_map_stay(demi: Demi) -> None:
    """Compose leaves them, so the message says what to do."""
    result = demi("lint", write(service("demi.${SITE}.b.c.port: 1")))
    assert result.code == 1
    assert "write the labels as a list" in result.err


def test_files_are_looked_at_one_by_one_unless_they_are_one_project(demi: Demi) -> None:
    """An override file alone has no ports; with its base it has."""
    write("services: {s: {image: x, ports: ['80']}}", "a.yaml")
    write(service("demi.a.b.c.x: 1"), "b.yaml")
    assert findings(demi, "a.yaml", "b.yaml") == [("b.yaml", 5, "no-port")]
    assert findings(demi, "--merge", "a.yaml", "b.yaml") == []


def test_without_a_name_it_takes_what_compose_would(demi: Demi) -> None:
    """With its override file."""
    assert demi("lint").code == 2
    write("services: {s: {image: x, ports: ['80']}}", "docker-compose.yml")
    write(service("demi.a.b.c.x: 1"), "compose.override.yaml")
    result = demi("lint", "-o", "json")
    assert (result.code, len(result.data["services"])) == (0, 1)


def test_standard_input_works_as_a_file(demi: Demi) -> None:
    """`demi lint -`."""
    assert len(demi("lint", "-", "-o", "json", stdin=SOUND).data["services"]) == 2


def test_only_the_configured_sites_are_looked_at(demi: Demi) -> None:
    """As the registrator would."""
    result = demi("lint", write(SOUND), "--namespace", "demi.other", "-o", "json")
    assert (result.code, result.data["services"]) == (0, [])


def test_a_health_url_on_a_host_that_nobody_named_says_how_to_name_it(
    demi: Demi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file may be meant for another PC than this."""
    file = write(service("demi.a.b.c.hostport: 1\ndemi.a.b.c.health: http://pc9.cern.ch/h"))
    assert demi("lint", file, "--host", "pc9.cern.ch").code == 0
    monkeypatch.delenv("DEMI_HOST")
    result = demi("lint", file)
    assert result.code == 1
    assert "say --host" in result.err


def test_a_file_that_cannot_be_read_does_not_hide_the_others(demi: Demi) -> None:
    """But its exit status wins."""
    result = demi("lint", "missing.yaml", write(SOUND), "-o", "json")
    assert (result.code, len(result.data["services"])) == (2, 2)
    assert "missing.yaml can't be read" in result.err
