"""A process that is killed takes its keys and its service along, with nobody's help.

The wait is long, so the process is killed when the tests of this folder begin (`conftest`).
"""

import time

from library.conftest import Killed
from library.lab import eventually

_BEATS_S = 15  # what a heartbeat is believed for; its session lives up to twice as long


def test_a_killed_process_is_critical_and_its_keys_are_gone(killed: Killed) -> None:
    """After 15 and 30 seconds; Consul drops the service later than a test likes to wait."""
    left_s = 2 * _BEATS_S + 10 - (time.monotonic() - killed.at)
    eventually(lambda: killed.lab.tree("demi/"), set(), within_s=max(left_s, 0))
    found = killed.lab.status(killed.id)
    assert list(found.values()) in (["critical"], [])
    eventually(lambda: killed.lab.get("/v1/session/list"), [], within_s=5)


def test_it_was_all_there_before(killed: Killed) -> None:
    """Or the test above would prove nothing."""
    assert killed.keys > 5
    assert killed.status == ["passing"]
