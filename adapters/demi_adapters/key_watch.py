"""Follow the key-value tree."""

import threading
from collections import deque
from types import TracebackType
from typing import Self

from demi_adapters.consul_reader import ConsulReader
from demi_adapters.entries import Entry, KeyChange, entry_of, key_changes
from demi_adapters.errors import TransientError

_WAIT_S = 10.0
_RETRY_S = 0.5


class KeyWatch:
    """What happens below a prefix, as an iterator: first, all that is there appears.

    Outages are waited out; what has changed meanwhile comes afterwards, and nothing comes twice.
    It ends once it is closed, which another thread may do. Iterating may raise `RefusedError`.
    """

    def __init__(self, consul: ConsulReader, prefix: str) -> None:
        self._consul = consul
        self._prefix = prefix
        self._known: dict[str, Entry] = {}
        self._pending: deque[KeyChange] = deque()
        self._index: int | None = None
        self._is_closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> KeyChange:
        while not self._is_closed.is_set():
            if self._pending:
                return self._pending.popleft()
            try:
                self._ask()
            except TransientError:
                self._index = None
                self._is_closed.wait(_RETRY_S)
        raise StopIteration

    def close(self) -> None:
        """End it, and its connection."""
        self._is_closed.set()
        self._consul.shut_down()

    def _ask(self) -> None:
        if self._index is None:
            self._consul.catch_up()
        index = self._index or 0
        found, keys = self._consul.keys(self._prefix, index=index, wait_s=_WAIT_S)
        if found < index:
            self._index = None
            return
        self._index = found
        now = {key.path: entry_of(key) for key in keys}
        self._pending.extend(key_changes(self._known, now))
        self._known = now
