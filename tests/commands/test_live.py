"""`demi watch` and `demi ls --watch` on a real terminal, and piped."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from demi_local.consul import ConsulServer, find_or_install_consul
from models.command import Demi
from models.place import PROGRAM, Place, environment
from models.terminal import BACK, FULL_SCREEN, HIDE_CURSOR, SHOW_CURSOR, Terminal, on_a_terminal

CTRL_C = "\x03"


@pytest.fixture
def frail(tmp_path: Path) -> Iterator[ConsulServer]:
    """A Consul that may be stopped: no other test needs it."""
    with ConsulServer(
        find_or_install_consul(print), tmp_path / "consul", log=tmp_path / "log"
    ) as server:
        yield server


def assert_ended(terminal: Terminal) -> None:
    """Ctrl-C ends it with 130, and the terminal is as it was."""
    terminal.press(CTRL_C)
    assert terminal.end() == 130
    assert "Aborted" not in terminal.raw
    if FULL_SCREEN in terminal.raw:
        assert terminal.raw.rindex(BACK) > terminal.raw.rindex(FULL_SCREEN)
    if HIDE_CURSOR in terminal.raw:
        assert terminal.raw.rindex(SHOW_CURSOR) > terminal.raw.rindex(HIDE_CURSOR)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_table_follows_what_happens(place: Place, width: int) -> None:
    """A new service, another state, one that is gone; nothing is wider than the terminal."""
    place.register("sr1_lls/felix/api", 1)
    with on_a_terminal(width, "ls", "--watch", CONSUL_HTTP_ADDR=place.address) as terminal:
        terminal.shows("✔ passing", "http://pc1.cern.ch:8001")
        other = place.register("sr1_lls/daq/run", 2, "critical")
        terminal.shows("daq", "✘ critical", "✔ passing")
        place.say(other, "warning")
        terminal.shows("! warning")
        assert max(map(len, terminal.screen.splitlines())) <= width
        place.remove(other)
        terminal.shows("✔ passing")
        assert_ended(terminal)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_changes_come_as_lines(place: Place, width: int) -> None:
    """First what is there, then what happens, with a symbol and a word for the state."""
    id_ = place.register("sr1_lls/felix/api", 1)
    with on_a_terminal(width, "watch", "api", CONSUL_HTTP_ADDR=place.address) as terminal:
        terminal.shows("✔ ", "appeared", "sr1_lls/felix/api")
        place.register("sr1_lls/felix/ui", 2)
        place.say(id_, "critical", "no beam")
        terminal.shows("✘ ", "became-unhealthy", "no beam")
        place.say(id_, "passing")
        terminal.shows("became-healthy")
        place.remove(id_)
        terminal.shows("gone")
        assert "felix/ui" not in terminal.screen
        assert max(map(len, terminal.screen.splitlines())) <= width
        assert_ended(terminal)


@pytest.mark.parametrize("command", ["ls --watch", "watch"])
def test_a_consul_that_is_away_is_told_and_waited_for(frail: ConsulServer, command: str) -> None:
    """The table says how old it is and stays; both go on once Consul is back."""
    place = Place(frail.http_address)
    place.register("sr1_lls/felix/api", 1)
    with on_a_terminal(100, *command.split(), CONSUL_HTTP_ADDR=place.address) as terminal:
        terminal.shows("sr1_lls", "felix", "api")
        frail.stop()
        terminal.shows("Consul does not answer", "felix", "api")
        if command == "ls --watch":
            terminal.shows("This is ", " s old.")
        frail.start()
        place.register("sr1_lls/felix/later", 2)
        terminal.shows("later")
        if command == "watch":
            terminal.shows("Consul answers again.")
        else:
            terminal.shows_no("does not answer")
        assert_ended(terminal)


def test_sigterm_leaves_the_terminal_as_it_was(place: Place) -> None:
    """As timeout(1) ends it."""
    place.register("sr1_lls/felix/api", 1)
    with on_a_terminal(80, "ls", "-w", CONSUL_HTTP_ADDR=place.address) as terminal:
        terminal.shows("passing")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 143
        assert terminal.raw.rindex(BACK) > terminal.raw.rindex(FULL_SCREEN)


@pytest.mark.parametrize("command", ["ls --watch", "watch"])
def test_without_colour_and_without_unicode(place: Place, command: str) -> None:
    """NO_COLOR is obeyed; a terminal of another encoding gets plain symbols and escapes."""
    place.register("sr1_lls/felix/api", 1, "critical", output="冷却 é")
    settings = {"NO_COLOR": "1", "PYTHONIOENCODING": "ascii", "CONSUL_HTTP_ADDR": place.address}
    with on_a_terminal(200, *command.split(), **settings) as terminal:
        terminal.shows("x ", "critical")
        assert "\x1b[31m" not in terminal.raw
        assert "\x1b[1;31m" not in terminal.raw
        assert_ended(terminal)


def test_piped_changes_are_lines_of_json(place: Place) -> None:
    """One object each, as they come."""
    id_ = place.register("sr1_lls/felix/api", 1)
    with subprocess.Popen(
        [*PROGRAM, "watch", "-o", "json"],
        env=environment(CONSUL_HTTP_ADDR=place.address),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        first = json.loads(process.stdout.readline())
        assert (first["change"], first["service"], first["status"]) == (
            "appeared",
            "api",
            "passing",
        )
        place.say(id_, "critical", "no beam")
        assert json.loads(process.stdout.readline())["change"] == "became-unhealthy"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130


def test_a_piped_table_has_a_line_for_each_change(place: Place) -> None:
    """A header, then rows as `demi ls` prints them; gone where one went."""
    id_ = place.register("sr1_lls/felix/api", 1)
    with subprocess.Popen(
        [*PROGRAM, "ls", "-w"],
        env=environment(CONSUL_HTTP_ADDR=place.address),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("SITE\tSTACK\tSERVICE\tSTATUS\t")
        assert process.stdout.readline().split("\t")[2:4] == ["api", "passing"]
        place.remove(id_)
        assert process.stdout.readline().split("\t")[2:4] == ["api", "gone"]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130


@pytest.mark.parametrize("command", [("watch",), ("ls", "-w"), ("wait", "api")])
def test_where_consul_never_was_there_is_nothing_to_watch(
    demi: Demi, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Most likely, the address is wrong."""
    monkeypatch.setenv("CONSUL_HTTP_ADDR", "127.0.0.1:1")
    result = demi(*command)
    assert (result.code, result.out) == (4, "")
    assert result.err.count("CONSUL_HTTP_ADDR") == 1


@pytest.mark.parametrize(
    "command",
    [
        ("watch", "-o", "yaml"),
        ("watch", "-o", "name"),
        ("ls", "-w", "-o", "json"),
        ("watch", "a b"),
        ("wait", "api", "-t", "-1"),
    ],
)
def test_what_can_not_be_watched_is_a_usage_error(demi: Demi, command: tuple[str, ...]) -> None:
    """With what may be written instead."""
    result = demi(*command)
    assert (result.code, result.out) == (2, "")
