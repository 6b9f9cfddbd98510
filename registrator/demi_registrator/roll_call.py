"""Ask a registrator by its name whether it still runs.

A session bound to a node outlives its process, and clocks differ, so neither tells. Instead a key
is written beside its record; a registrator watches that place and answers by publishing at once.
"""

import time
from contextlib import suppress

from demi_adapters.consul_client import ConsulClient
from demi_adapters.consul_types import Key, Operation
from demi_adapters.errors import ConflictError, RefusedError
from demi_registrator.record import record_path

# A guess: an answer takes milliseconds, unless its machine is busy with a long sync.
_PATIENCE_S = 2.0


def call_path(owner: str) -> str:
    """Where an owner is called; a blocking query on its record covers this as well."""
    return f"{record_path(owner)}/call"


def is_alive(consul: ConsulClient, owner: str, session: str) -> bool:
    """Whether a registrator answers under that name; True where we may not ask.

    Args:
        consul: where both of us are registered.
        owner: whom to call.
        session: ours; it holds the call, so that it can't be left behind.

    Raises:
        TransientError: Consul can't answer now.
    """
    call = call_path(owner)
    index, keys = consul.keys(record_path(owner))
    before = _published(keys, owner)
    try:
        [written] = consul.transact([Operation("lock", call, value=session, session=session)])
    except (ConflictError, RefusedError):
        return True  # somebody else is asking, or the token may not: leave things as they are
    deadline = time.monotonic() + _PATIENCE_S
    now = before
    while now == before and (left := deadline - time.monotonic()) > 0:
        index, keys = consul.keys(record_path(owner), index=index, wait_s=left)
        now = _published(keys, owner)
    with suppress(ConflictError):
        consul.transact([Operation("delete-cas", call, index=written.modify_index)])
    return now is not None and now != before


def _published(keys: list[Key], owner: str) -> int | None:
    return next((k.modify_index for k in keys if k.path == record_path(owner)), None)
