"""The registrator's log: one line for each message, whatever stands in it."""

import logging

import pytest

from demi_adapters.errors import ConsulUnavailable
from demi_registrator import daemon
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
