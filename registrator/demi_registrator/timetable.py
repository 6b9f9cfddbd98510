"""When the keeper has something to do without being told."""

from collections.abc import Callable

from demi_registrator.backoff import Backoff

# After a change the record is written once the burst is over, not for each container of it.
_PUBLISH_DELAY_S = 1.0
# Two processes that both believe they own something must not race each other.
_SHORTEST_REACTION_S = 0.5


class Timetable:
    """Times of the next look at everything and of the next state record, on any steady clock."""

    def __init__(self, clock: Callable[[], float], resync_s: float) -> None:
        self._clock = clock
        self._resync_s = resync_s
        self._backoff = Backoff(resync_s)
        self._retries = False
        self._look_at = clock()
        self._looked_at = float("-inf")
        self._publish_at = float("inf")

    @property
    def wait_s(self) -> float:
        """Seconds until something is due."""
        return max(0.0, min(self._look_at, self._publish_at) - self._clock())

    @property
    def is_look_due(self) -> bool:
        """Whether it is time to look at everything."""
        return self._clock() >= self._look_at

    @property
    def is_record_due(self) -> bool:
        """Whether it is time to publish."""
        return self._clock() >= self._publish_at

    def look_now(self) -> None:
        """Look at the next opportunity."""
        self._look_at = self._clock()

    def look_soon(self) -> None:
        """Look at the next opportunity, but not at once after the last time."""
        soonest = self._looked_at + _SHORTEST_REACTION_S
        self._look_at = min(self._look_at, max(self._clock(), soonest))

    def looked(self, next_in_s: float | None = None) -> None:
        """Note a look that succeeded; the next one is due at the next resync, or earlier."""
        self._looked_at = self._clock()
        self._look_at = self._looked_at + (next_in_s or self._resync_s)
        self._retries = False

    def retry(self) -> None:
        """Note a failure: look again after a while. What is due earlier stays so.

        Only a try that was waited for makes the next wait longer: in an outage, every event of a
        container fails.
        """
        self._publish_at = float("inf")
        if self._retries and not self.is_look_due:
            return
        again_at = self._clock() + self._backoff.next_s()
        self._look_at = again_at if self.is_look_due else min(self._look_at, again_at)
        self._retries = True

    def recovered(self) -> int:
        """Note that all is well; how many failures there were before."""
        return self._backoff.reset()

    def publish_soon(self) -> None:
        """Publish once the burst is over."""
        self._publish_at = min(self._publish_at, self._clock() + _PUBLISH_DELAY_S)

    def published(self) -> None:
        """Note that the record is as it should be."""
        self._publish_at = float("inf")
