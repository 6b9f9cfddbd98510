"""The registrator's log: one line for each message, whatever stands in it."""

import json
import logging

import pytest

from demi_adapters.errors import ConsulUnavailable
from demi_adapters.names import ServiceName
from demi_registrator import daemon
from demi_registrator.narrate import narrate
from demi_registrator.steps import Deregister
from models.command import Demi

pytestmark = pytest.mark.usefixtures("_process_settings")

logger = logging.getLogger("demi_registrator.anything")


def log_while_running(monkeypatch: pytest.MonkeyPatch, *messages: str) -> None:
    """Put a daemon in place that logs these and ends."""

    class Logs:
        def __init__(self, _: object) -> None:
            pass

        def run(self) -> None:
            """Log and end."""
            for message in messages:
                logger.info("%s", message)

    monkeypatch.setattr(daemon, "Daemon", Logs)


def test_a_message_with_text_of_others_is_one_harmless_line(
    demi: Demi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line can be forged, no terminal turned around."""
    log_while_running(monkeypatch, "a\x1b[2J\u202e\r\n2026-11-01 ERROR forged")
    result = demi("registrator")
    assert (result.code, result.out) == (0, "")
    (line,) = result.err.splitlines()
    assert line.isprintable()
    assert line.endswith(r"a\x1b[2J\u202e\r\n2026-11-01 ERROR forged")


@pytest.mark.parametrize(("level", "lines"), [("debug", 1), ("INFO", 1), ("warning", 0)])
def test_the_level_is_that_which_was_set(
    demi: Demi, monkeypatch: pytest.MonkeyPatch, level: str, lines: int
) -> None:
    """In any spelling."""
    log_while_running(monkeypatch, "hello")
    result = demi("registrator", "--log-level", level)
    assert len(result.err.splitlines()) == lines


def test_as_json_each_line_is_an_object_with_the_parts_of_a_change(
    demi: Demi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs need no pattern to find the service; hostile text stays in its string."""
    name = ServiceName("sr1_lls", "felix", "api")

    class Narrates:
        def __init__(self, _: object) -> None:
            pass

        def run(self) -> None:
            """Tell of a change."""
            narrate(name, Deregister("a\x1b[2J\n{}"))

    monkeypatch.setattr(daemon, "Daemon", Narrates)
    result = demi("registrator", "--log-format", "json")
    (line,) = result.err.splitlines()
    entry = json.loads(line)
    assert entry.pop("time").endswith("Z")
    assert entry == {
        "level": "info",
        "message": "sr1_lls/felix/api deregistered (a\x1b[2J\n{})",
        "site": "sr1_lls",
        "stack": "felix",
        "service": "api",
        "action": "deregister",
        "id": "a\x1b[2J\n{}",
    }
    assert line.isprintable()


def test_a_daemon_that_fails_ends_with_words_and_a_status(
    demi: Demi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was left when it deregistered, or could not."""

    class Fails:
        def __init__(self, _: object) -> None:
            pass

        def run(self) -> None:
            """Fail."""
            raise ConsulUnavailable("Consul is away")

    monkeypatch.setattr(daemon, "Daemon", Fails)
    result = demi("registrator")
    assert (result.code, result.err) == (4, "demi: Consul is away\n")
