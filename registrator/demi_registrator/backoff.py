"""When to try again."""

import random

_FIRST_S = 0.5  # a guess: an agent that restarts needs a second or two
_LONGEST_S = 30.0


class Backoff:
    """Doubling delays with jitter, so that many registrators do not return at the same moment.

    Args:
        longest_s: no delay is longer; 30 s at most.
    """

    def __init__(self, longest_s: float = _LONGEST_S) -> None:
        self.failures = 0
        self._longest_s = min(longest_s, _LONGEST_S)

    def next_s(self) -> float:
        """Note a failure; seconds until the next try."""
        self.failures += 1
        delay = min(self._longest_s, _FIRST_S * 2.0 ** min(self.failures - 1, 10))
        return delay * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret

    def reset(self) -> int:
        """Note a success; how many failures there were before it."""
        failures, self.failures = self.failures, 0
        return failures
