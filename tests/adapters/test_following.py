"""Snapshots reach a reader in the order in which they were made."""

import threading
from typing import Any, cast

from demi_adapters import Snapshot
from demi_adapters.following import Feed, Filter
from demi_adapters.mirror import Mirror


class SlowMirror:
    """A mirror whose first look at the newest snapshot takes long, as a busy machine may make it.

    Meanwhile another thread makes the next one, and tells of it as well.
    """

    is_closed = False

    def __init__(self) -> None:
        self.first, self.second = Snapshot.of(()), Snapshot.of(())
        self.is_looking, self.go_on = threading.Event(), threading.Event()
        self._newest: Snapshot | None = None

    @property
    def latest(self) -> Snapshot | None:
        """The newest; only the first look at the first one is slow."""
        found = self._newest
        if found is self.first and not self.is_looking.is_set():
            self.is_looking.set()
            self.go_on.wait(0.3)
        return found

    def listen(self, listener: Any) -> Any:
        """Keep who wants to be told."""
        self.tell = listener
        return lambda: None

    def publish(self, snapshot: Snapshot) -> None:
        """Have a newer one, and tell."""
        self._newest = snapshot
        self.tell()


def test_an_older_snapshot_never_comes_after_a_newer_one() -> None:
    """Two threads tell of theirs at once: else a watch would end with what is long past."""
    mirror = SlowMirror()
    feed = Feed(cast("Mirror", mirror), lambda: None, Filter())
    slow = threading.Thread(target=mirror.publish, args=(mirror.first,))
    slow.start()
    mirror.is_looking.wait(5)
    mirror.publish(mirror.second)
    mirror.go_on.set()
    slow.join()
    pending = [feed._next(), feed._next(), feed._next()]
    assert [id(each) for each in pending] == [id(mirror.first), id(mirror.second), id(None)]


def test_a_snapshot_that_is_told_twice_comes_once() -> None:
    """A mirror tells of outages too, and of its end."""
    mirror = SlowMirror()
    mirror.go_on.set()
    feed = Feed(cast("Mirror", mirror), lambda: None, Filter())
    mirror.publish(mirror.second)
    assert feed._next() is mirror.second
    mirror.tell()
    assert feed._next() is None
