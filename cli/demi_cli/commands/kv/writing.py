"""Many changes of keys in few transactions; what can't be done keeps nothing else from it."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from demi_adapters.consul_types import MAX_TRANSACTION_OPERATIONS, Operation
from demi_adapters.errors import ConflictError, DemiError, RefusedError

if TYPE_CHECKING:
    from demi_adapters.consul_reader import ConsulReader

# Consul limits a transaction's text to 512 KiB (txn_max_req_len); some is left for its brackets.
_MAX_BYTES = 500 * 1024
_CHANGED = "somebody else has just written it: look again, then decide."

Done = tuple[Operation, DemiError | None]


def write_all(consul: "ConsulReader", operations: Sequence[Operation]) -> Iterator[Done]:
    """Do all that can be done; each with the error where it was not done.

    Each transaction is atomic, and each key is written only as it was when it was read.

    Raises:
        TransientError: Consul can't answer now; what was done so far has been told.
    """
    for batch in batches(operations):
        yield from _write(consul, batch)


def batches(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """Operations in the same order, in as few transactions as Consul takes; pure."""
    batch: list[Operation] = []
    size = 0
    for operation in operations:
        length = len(json.dumps(operation.body)) + 2
        if batch and (len(batch) == MAX_TRANSACTION_OPERATIONS or size + length > _MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(operation)
        size += length
    if batch:
        yield batch


def _write(consul: "ConsulReader", batch: list[Operation]) -> Iterator[Done]:
    from demi_adapters.keys import write_at_once

    try:
        write_at_once(consul, batch)
    except ConflictError:
        passed = [each for each in batch if not _is_as_it_was(consul, each)] or batch
        yield from ((each, ConflictError(_CHANGED)) for each in passed)
        rest = [each for each in batch if each not in passed]
        if rest:
            yield from _write(consul, rest)
    except RefusedError as error:
        if len(batch) == 1:
            yield batch[0], error
            return
        middle = len(batch) // 2
        yield from _write(consul, batch[:middle])
        yield from _write(consul, batch[middle:])
    else:
        yield from ((each, None) for each in batch)


def _is_as_it_was(consul: "ConsulReader", operation: Operation) -> bool:
    found = consul.key(operation.path)
    return (found.modify_index if found else 0) == operation.index
