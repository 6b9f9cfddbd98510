"""Settings of the registrator: command line, environment, file, default."""

from pathlib import Path
from typing import Any

import pytest

from demi_cli.app import COMMANDS
from demi_cli.lazy import load
from demi_cli.options import CONFIG_KEYS
from demi_registrator import daemon
from demi_registrator.settings import DEFAULT_RESYNC_S, RegistratorSettings
from models.command import Demi

pytestmark = pytest.mark.usefixtures("_process_settings")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[RegistratorSettings]:
    """The settings with which daemons were started; they run no further."""
    found: list[RegistratorSettings] = []

    class Started:
        def __init__(self, settings: RegistratorSettings) -> None:
            found.append(settings)

        def run(self) -> None:
            """End at once."""

    monkeypatch.setattr(daemon, "Daemon", Started)
    for name in ("DEMI_HOST", "DEMI_OWNER"):
        monkeypatch.delenv(name)
    return found


# Per setting: the option, the variable, a value for each of command line, environment and file,
# and how to read it from the settings.
Setting = tuple[str, str, tuple[str, str, str], tuple[object, object, object], Any]
SETTINGS: list[Setting] = [
    (
        "--resync",
        "DEMI_RESYNC",
        ("5", "6", "7"),
        (5.0, 6.0, 7.0),
        lambda s: s.resync_s,
    ),
    (
        "--host",
        "DEMI_HOST",
        ("a.ch", "b.ch", "c.ch"),
        ("a.ch", "b.ch", "c.ch"),
        lambda s: s.host,
    ),
    (
        "--namespace",
        "DEMI_NAMESPACE",
        ("demi.a", "demi.b,demi.c", "[demi.d, demi.e]"),
        (("a",), ("b", "c"), ("d", "e")),
        lambda s: s.sites,
    ),
    (
        "--consul-addr",
        "CONSUL_HTTP_ADDR",
        ("a:1", "https://b:2", "'[::1]:3'"),
        ("http://a:1", "https://b:2", "http://[::1]:3"),
        lambda s: s.consul.url,
    ),
    (
        "--consul-ssl",
        "CONSUL_HTTP_SSL",
        ("false", "true", "true"),
        ("http", "https", "https"),
        lambda s: s.consul.scheme,
    ),
    (
        "--docker-host",
        "DOCKER_HOST",
        ("tcp://a:1", "tcp://b:2", "unix:///c"),
        ("tcp://a:1", "tcp://b:2", "unix:///c"),
        lambda s: s.docker["DOCKER_HOST"],
    ),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=[s[0] for s in SETTINGS])
def test_the_command_line_wins_over_the_variable_over_the_file(
    demi: Demi,
    started: list[RegistratorSettings],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    setting: Setting,
) -> None:
    """Each is set everywhere, then taken away from the top."""
    option, variable, given, expected, read = setting
    file = tmp_path / "demi.yaml"
    file.write_text(f"{option.removeprefix('--')}: {given[2]}\n")
    monkeypatch.setenv("DEMI_CONFIG", str(file))
    monkeypatch.setenv(variable, given[1])
    assert demi("registrator", option, given[0]).code == 0
    assert demi("registrator").code == 0
    monkeypatch.delenv(variable)
    assert demi("registrator").code == 0
    assert tuple(map(read, started)) == expected


def test_a_switch_can_be_turned_off_on_the_command_line(
    demi: Demi,
    started: list[RegistratorSettings],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Whatever variable and file say."""
    file = tmp_path / "demi.yaml"
    file.write_text("deregister_on_exit: true\n")
    runs = [("--config", str(file)), ("--config", str(file), "--keep-on-exit"), ()]
    for arguments in runs:
        assert demi("registrator", *arguments).code == 0
    monkeypatch.setenv("DEMI_DEREGISTER_ON_EXIT", "1")
    assert demi("registrator").code == 0
    assert demi("registrator", "--keep-on-exit").code == 0
    assert [s.deregister_on_exit for s in started] == [True, False, False, True, False]


def test_without_any_setting_the_defaults_hold(
    demi: Demi, started: list[RegistratorSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty variable, as compose files leave them, is none."""
    for name in ("DEMI_HOST", "DEMI_OWNER", "DEMI_RESYNC", "DEMI_CONFIG", "DEMI_LOG_LEVEL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DEMI_DEREGISTER_ON_EXIT", "")
    assert demi("registrator").code == 0
    (settings,) = started
    assert (settings.host, settings.owner, settings.sites) == (None, None, ())
    assert settings.resync_s == DEFAULT_RESYNC_S
    assert settings.consul.url == "http://127.0.0.1:8500"
    assert not settings.deregister_on_exit


def test_every_option_has_a_variable_and_help_shows_it(demi: Demi) -> None:
    """A container is configured by its environment alone."""
    result = demi("registrator", "--help")
    assert result.code == 0
    flat = " ".join(result.out.split())
    command = load(next(entry for entry in COMMANDS if entry.name == "registrator"))
    options = [p for p in command.params if p.name != "help"]
    assert len(options) > 15
    for option in options:
        assert option.envvar
        assert option.opts[0] in flat
        assert f"env var: {option.envvar}" in flat


@pytest.mark.parametrize("command", ["registrator", "plan"])
def test_an_unknown_line_in_the_file_is_refused_with_the_known_ones(
    demi: Demi, started: list[RegistratorSettings], tmp_path: Path, command: str
) -> None:
    """A slip of the finger is not a default in disguise."""
    file = tmp_path / "demi.yaml"
    file.write_text("hosts: pc1\n")
    result = demi(command, "--config", str(file))
    assert (result.code, started) == (2, [])
    assert "hosts" in result.err
    assert "namespace" in result.err
    assert "consul_addr" in result.err


@pytest.mark.parametrize(
    "text",
    [
        "- a\n",
        "hello",
        "a: [",
        "a: b: c",
        "\t",
        "[" * 5000,
        "resync: fast",
        "resync: 0",
        "owner: [a/b]",
    ],
)
def test_a_file_that_cannot_be_used_is_a_usage_error(
    demi: Demi, started: list[RegistratorSettings], tmp_path: Path, text: str
) -> None:
    """Whether it is no YAML, no mapping, or holds a value that is none."""
    file = tmp_path / "demi.yaml"
    file.write_text(text)
    result = demi("registrator", "--config", str(file))
    assert (result.code, started) == (2, [])
    assert result.err


def test_a_file_that_cannot_be_read_is_a_usage_error(demi: Demi, tmp_path: Path) -> None:
    """Missing, a folder, or no text."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\x00")
    for path in (tmp_path / "missing", tmp_path, binary):
        result = demi("registrator", "--config", str(path))
        assert result.code == 2
        assert str(path) in result.err


def test_the_file_may_set_whatever_the_registrator_takes() -> None:
    """But the file's own name."""
    command = load(next(entry for entry in COMMANDS if entry.name == "registrator"))
    assert {p.name for p in command.params} - {"config", "help"} == set(CONFIG_KEYS)


def test_a_plan_reads_the_registrators_file(
    demi: Demi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows what that one would do, so the same lines are known; this host is none."""
    file = tmp_path / "demi.yaml"
    monkeypatch.delenv("DEMI_HOST")
    file.write_text("resync: 30\nlog_level: info\nhost: 0.0.0.0\n")
    result = demi("plan", "--config", str(file))
    assert result.code == 2
    assert "DEMI_HOST" in result.err


def test_an_empty_file_changes_nothing(
    demi: Demi, started: list[RegistratorSettings], tmp_path: Path
) -> None:
    """All its lines are comments, or a value is left out."""
    file = tmp_path / "demi.yaml"
    file.write_text("# resync: 3\nhost:\n")
    assert demi("registrator", "--config", str(file)).code == 0
    assert started[0].resync_s == DEFAULT_RESYNC_S
    assert started[0].host is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEMI_RESYNC", "soon"),
        ("DEMI_RESYNC", "inf"),
        ("DEMI_RESYNC", "nan"),
        ("DEMI_NAMESPACE", "demi.a b"),
        ("DEMI_HOST", "0.0.0.0"),
        ("DEMI_OWNER", "a/b"),
        ("DEMI_LOG_LEVEL", "loud"),
        ("DEMI_DEREGISTER_ON_EXIT", "perhaps"),
        ("CONSUL_HTTP_ADDR", "unix:///run/consul.sock"),
        ("CONSUL_HTTP_SSL", "perhaps"),
        ("CONSUL_HTTP_TOKEN_FILE", "/nonexistent/token"),
        ("CONSUL_CACERT", "/nonexistent/ca.pem"),
        ("CONSUL_CLIENT_CERT", "/nonexistent/cert.pem"),
        ("CONSUL_NAMESPACE", "team"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(
    demi: Demi,
    started: list[RegistratorSettings],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
) -> None:
    """Nothing is started; the exit status is that of wrong usage."""
    monkeypatch.setenv(variable, value)
    result = demi("registrator")
    assert (result.code, result.out, started) == (2, "", [])
    assert variable in result.err
