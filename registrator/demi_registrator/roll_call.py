"""Ask a registrator by its name whether it still runs.

A session bound to a node outlives its process, and clocks differ, so neither tells. Instead a key
is written beside its record; whoever runs under that name watches the place and answers in the key.
"""

import time
from contextlib import suppress

from demi_adapters.consul_client import ConsulClient
from demi_adapters.consul_types import Key, Operation
from demi_adapters.errors import ConflictError, RefusedError
from demi_registrator.record import record_path

# A guess: the answer comes from a thread that does nothing else, within milliseconds.
_PATIENCE_S = 2.0
# Consul takes a wait of 0 for its default of five minutes.
_SHORTEST_WAIT_S = 0.05
# Only these words are an answer: a call that is gone may have gone with its session.
_ANSWER = b"answered by "


def call_path(owner: str) -> str:
    """Where an owner is called; a blocking query on its record covers this as well."""
    return f"{record_path(owner)}/call"


def is_alive(consul: ConsulClient, owner: str, *, caller: str, session: str) -> bool:
    """Whether a registrator answers under that name; True where we may not ask.

    Args:
        consul: where both of us are registered.
        owner: whom to call.
        caller: our instance, so that nobody answers itself.
        session: ours; it holds the call, so that it can't be left behind.

    Raises:
        TransientError: Consul can't answer now.
        ConflictError: our session has ended, and the call with it, or is another one by now.
    """
    path = call_path(owner)
    try:
        [call] = consul.transact([Operation("lock", path, value=caller, session=session)])
    except ConflictError:
        _, found = _read(consul, path)
        if found is None or found.value == caller.encode():
            raise
        return True  # somebody else is asking: leave things as they are
    except RefusedError:
        return True  # the token may not ask
    deadline = time.monotonic() + _PATIENCE_S
    index: int | None = None
    while (left := deadline - time.monotonic()) > 0:
        index, found = _read(consul, path, index, max(left, _SHORTEST_WAIT_S))
        if found is None:
            raise ConflictError(f"the call to {owner} is gone: our session has ended")
        if found.value.startswith(_ANSWER):
            _remove(consul, found)
            return True
    _remove(consul, call)
    return False


def answer(consul: ConsulClient, call: Key, instance: str) -> None:
    """Say that we run, unless it was us who called.

    Raises:
        TransientError: Consul can't answer now.
        RefusedError: the token may not.
    """
    if call.value != instance.encode() and not call.value.startswith(_ANSWER):
        said = f"{_ANSWER.decode()}{instance}"
        with suppress(ConflictError):  # the caller has given up
            consul.transact([Operation("cas", call.path, value=said, index=call.modify_index)])


def _read(
    consul: ConsulClient, path: str, index: int | None = None, wait_s: float | None = None
) -> tuple[int, Key | None]:
    index, keys = consul.keys(path, index=index, wait_s=wait_s)
    return index, next((key for key in keys if key.path == path), None)


def _remove(consul: ConsulClient, call: Key) -> None:
    with suppress(ConflictError):
        consul.transact([Operation("delete-cas", call.path, index=call.modify_index)])
