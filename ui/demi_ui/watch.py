"""The one watcher of the process: follows Consul, and tells every page on the event loop."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from nicegui import Event

from demi_adapters.names import ServiceName
from demi_adapters.registry import Registry
from demi_adapters.services import Snapshot
from demi_ui.board import Shown, Trouble, shown, trouble_of
from demi_ui.rows import Row, rows_of, states_of
from demi_ui.since import Since, followed
from demi_ui.view import View

_PUSHES_APART_S = 0.5  # nobody reads faster, and every client has to draw it
_MOST_VIEWS = 200  # a guess: more different ones at once are somebody's typing
_BEAT_S = 5.0  # an agent that hangs tells nobody, so its silence is looked for


class Watch:
    """What Consul says now, the same for all pages. Used on one event loop.

    `changed` happens at most twice a second, after there is something new; `beat` each 5 s.
    """

    def __init__(self, registry: Registry, clock: Callable[[], float] = time.time) -> None:
        self.registry = registry
        self.changed: Event[[]] = Event()
        self.beat: Event[[]] = Event()
        self.rows: tuple[Row, ...] = ()
        self.snapshot: Snapshot | None = None
        self.trouble: Trouble | None = None
        self._clock = clock
        self._since: Mapping[ServiceName, Since] | None = None
        self._boards: dict[View, Shown] = {}
        self._pushed_s = 0.0
        self._is_due = False
        self._beating: asyncio.Task[None] | None = None
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to follow Consul, on the running loop; returns at once."""
        loop = asyncio.get_running_loop()
        self.registry.open()
        if mirror := self.registry.mirror:
            self._stop = mirror.listen(partial(_call, loop, self._wake))
        self._beating = loop.create_task(self._beat(), name="demi-beat")
        self._wake()

    async def stop(self) -> None:
        """Stop following."""
        if self._stop:
            self._stop()
        if self._beating:
            self._beating.cancel()
        await asyncio.to_thread(self.registry.close)

    def see(self, snapshot: Snapshot, *, was_away: bool = False) -> None:
        """Take what Consul says now; `was_away` if it could not be asked just before."""
        states = states_of(snapshot)
        self._since = followed(self._since, states, self._clock(), was_away=was_away)
        self.rows = rows_of(snapshot, self._since)
        self.snapshot = snapshot
        self._boards.clear()

    def board(self, view: View) -> Shown:
        """What a view shows now; worked out once for all pages that look at the same."""
        known = replace(view, service="", wall="")
        if known not in self._boards:
            if len(self._boards) >= _MOST_VIEWS:
                self._boards.clear()
            self._boards[known] = shown(self.rows, known)
        return self._boards[known]

    def _wake(self) -> None:
        """Look soon: at once, if the last time was long enough ago."""
        if self._is_due:
            return
        self._is_due = True
        loop = asyncio.get_running_loop()
        loop.call_later(max(0.0, self._pushed_s + _PUSHES_APART_S - loop.time()), self._look)

    def _look(self) -> None:
        self._is_due = False
        self._pushed_s = asyncio.get_running_loop().time()
        if self._take():
            self.changed.emit()

    def _take(self) -> bool:
        """Take what the mirror has; whether that is something new."""
        mirror = self.registry.mirror
        if mirror is None:
            return False
        now_s = self._clock()
        freshness = mirror.freshness
        trouble = trouble_of(freshness.age_s, freshness.error, now_s)
        was_away = self.trouble is not None
        # While it lasts its time is the same each time but for rounding, which is nothing new.
        is_new = (trouble and trouble.reason) != (self.trouble and self.trouble.reason)
        if is_new:
            self.trouble = trouble
        snapshot = mirror.latest
        if snapshot is None or snapshot is self.snapshot:
            return is_new
        self.see(snapshot, was_away=was_away)
        return True

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            self._wake()
            self.beat.emit()


def _call(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    """Have the loop call something; from any thread."""
    loop.call_soon_threadsafe(what)
