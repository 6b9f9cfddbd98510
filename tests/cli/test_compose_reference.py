"""What compose itself makes of the same files: `docker-compose config` needs no engine."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from demi_adapters.errors import ConfigurationError
from demi_cli.compose.files import load_project

ENVIRONMENT = {"SET": "val", "EMPTY": "", "DOL": "x$SET", "BR": "a}b{c"}

WORDS = [
    "$SET ${SET}", "${EMPTY-d}${EMPTY:-e}${NO-f}${NO:-g}", "${SET+a}${EMPTY+b}${EMPTY:+c}${NO+d}",
    "${SET?x}${SET:?x}${EMPTY?x}", "${NO:-${EMPTY:-${SET}}}", '${NO:-{"a": 1}}', "${NO:-{x}",
    "${NO:-a}}", "$$SET $${SET} $$$SET", "$1 $ a$", "$DOL ${BR}", "${NO:-a?b:-c}",
    "$SET\n${NO:-a}\n", "${NO:-$$}", "${A:-\n}", "${1}", "${A", "${A:x}", "${NO?say}", "é$SET",
    "${SET:-${NO:?}}", "${FILE} ${QUOTED} ${INNER}",
]  # fmt: skip
PLAIN = [
    "1.10", "8000", "010", "08", "0x1F", "-0b11", "0o17", "1_000", "1e3", "1000000.0", "0.00001",
    "123456789.5", "18446744073709551615", "99999999999999999999", ".5", "-0.0", "TRUE", "yes",
    "~", "1.2.3", "12:30", "2024-01-02", "2024-01-02T03:04:05Z", "2024-1-2 3:4:5",
    "-9223372036854775809",
]  # fmt: skip
PORTS = [
    "80", "8080:80", "127.0.0.1:8001:8001", "127.0.0.1::80", "[::1]:1:2", ":::80", "80-82",
    "1-3:5-7/udp", "1-3:80", "80/UDP", "0:80", ":81", "80:", "x:80", "70000", "::1:7:7",
    "localhost:1:2", "5-4", "1-2:5-8",
]  # fmt: skip
ENV_FILE = "FILE=f # c\nQUOTED=\"a\\n$FILE\"\nINNER='$FILE'\nSET=file\n"
MERGED = """\
x-all: &all {a: all, b: all, n: 1.10}
services:
  base:
    image: x
    labels: [a=base, c=base, "d=${NO:-d}"]
    ports: ["1", "2:2"]
    network_mode: bridge
  short: {extends: base, labels: {c: !reset null, f: map}, ports: !override ["5"]}
  shorter: {extends: short, labels: {c: !reset null, f: !reset null}, network_mode: !reset null}
  map: {image: x, labels: {a: 1, b: 2}}
  less: {extends: map, labels: {b: !reset null}}
  shortest: {extends: short, labels: !override [g=1]}
  s:
    extends: {service: base, file: "${FILE_NAME:-compose.yaml}"}
    labels: {<<: *all, b: own}
    ports: ["1", {target: 3, published: "4-5"}]
    network_mode: host
---
services:
  s: {labels: {e: second}}
"""


@pytest.fixture(scope="module")
def compose() -> Path:
    """Return a compose of version 2."""
    from demi_local.compose import find_or_install_compose  # noqa: PLC0415 - real tests only

    return find_or_install_compose(print)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(ENV_FILE)


def theirs(compose: Path) -> dict[str, Any] | None:
    """The services as compose resolves them; None where it refuses the file."""
    result = subprocess.run(
        [compose, "config", "--format", "json"],
        env={**ENVIRONMENT, "PATH": os.environ["PATH"], "HOME": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        return None
    # compose prints a dollar sign so that it would read it back as one
    found: dict[str, Any] = json.loads(result.stdout.replace("$$", "$"))["services"]
    return {
        name: (s.get("labels", {}), _ports(s), s.get("network_mode")) for name, s in found.items()
    }


def _ports(service: dict[str, Any]) -> set[tuple[int, str, str, str]]:
    return {
        (p["target"], p["protocol"], p.get("host_ip", ""), _fixed(p.get("published", "")))
        for p in service.get("ports", ())
    }


def _fixed(published: str) -> str:
    """A range and 0 leave the choice to the engine."""
    return published if published.isdigit() and published != "0" else ""


def ours() -> dict[str, Any] | None:
    """The same as we read them."""
    try:
        project = load_project(["compose.yaml"], [], ENVIRONMENT)
    except ConfigurationError:
        return None
    return {
        service.name: (
            {name: label.value for name, label in service.part.labels.items()},
            {
                (p.target, p.transport, p.host_ip, str(p.host_port or ""))
                for p in service.part.ports
            },
            service.part.network_mode,
        )
        for service in project.services
    }


@pytest.mark.real
def test_values_become_what_compose_makes_of_them(compose: Path) -> None:
    """Variables in quotes, values without quotes, and ports; each refused if compose refuses it."""
    cases = [
        *(f"labels: {{k: {json.dumps(word)}}}" for word in WORDS),
        "labels: {" + ", ".join(f"k{i}: {plain}" for i, plain in enumerate(PLAIN)) + "}",
        *(f"ports: [{json.dumps(port)}]" for port in PORTS),
    ]
    for case in cases:
        Path("compose.yaml").write_text(f"services: {{s: {{image: x, {case}}}}}")
        assert ours() == theirs(compose), case


@pytest.mark.real
def test_services_merge_as_compose_merges_them(compose: Path) -> None:
    """Anchors, merge keys, extends, tags and several documents."""
    Path("compose.yaml").write_text(MERGED)
    found = ours()
    assert found is not None
    assert found == theirs(compose)
    assert found["s"][0] == {
        "a": "all", "b": "own", "c": "base", "d": "d", "e": "second", "n": "1.1"
    }  # fmt: skip
