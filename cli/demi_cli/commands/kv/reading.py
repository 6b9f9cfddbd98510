"""`demi kv ls` and `demi kv get`."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from demi_cli.commands.kv.documents import as_data
from demi_cli.commands.kv.tree import ROOT, Prefix, one_path, opened, remark, whole_prefix
from demi_cli.completion import keys
from demi_cli.options import ConsulAddr
from demi_cli.output import Format, print_data, printable, put, say
from demi_cli.tables import print_table

if TYPE_CHECKING:
    from demi_adapters.entries import Entry

_COLUMNS = ("PATH", "VALUE", "HELD BY")
_BETWEEN = 8  # what a table takes for its edges
_LEAST_WIDTH = 20  # of values on a terminal, however long the paths are


class ListFormat(StrEnum):
    """How to print keys."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


class ValueFormat(StrEnum):
    """How to print one key."""

    RAW = "raw"
    JSON = "json"
    YAML = "yaml"


def ls(
    context: typer.Context,
    prefix: Prefix = ROOT,
    output: Annotated[
        ListFormat, typer.Option("--output", "-o", help="How to print; name: paths alone.")
    ] = ListFormat.TABLE,
    consul_addr: ConsulAddr = None,
) -> None:
    """List keys with their values, and who holds each.

    A holder is a registrator's owner, or a process; - is nobody. Nobody else may write what one
    holds. On a terminal long values are cut.

    Example: demi kv ls demi/sr1_lls/felix
    """
    where = whole_prefix(prefix)
    with opened(context) as tree:
        entries = tree.below(where)
        held_by = {} if output is ListFormat.NAME else tree.holders(entries)
        if not entries:
            say(tree.nothing_below(where))
    match output:
        case ListFormat.NAME:
            if entries:
                put("\n".join(printable(entry.path) for entry in entries))
        case ListFormat.TABLE:
            _print_entries(entries, held_by)
        case _:
            print_data([_as_dict(entry, held_by) for entry in entries], Format(output.value))


def get(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH", autocompletion=keys)],
    output: Annotated[
        ValueFormat,
        typer.Option("--output", "-o", help="raw: the value, byte by byte; else all about it."),
    ] = ValueFormat.RAW,
    consul_addr: ConsulAddr = None,
) -> None:
    """Print the value of a key.

    Exactly its bytes, with nothing added, unless it goes to a terminal.

    Example: demi kv get demi/sr1_lls/felix/api/url
    """
    where = one_path(path)
    with opened(context) as tree:
        entry = tree.keys.get(where)
        if entry is None:
            raise tree.no_such_key(where)
        held_by = {} if output is ValueFormat.RAW else tree.holders([entry])
    if output is not ValueFormat.RAW:
        print_data(_as_dict(entry, held_by), Format(output.value))
    elif sys.stdout.isatty():
        _show(entry)
    else:
        _pipe(entry.value)


def _as_dict(entry: "Entry", held_by: Mapping[str, str]) -> dict[str, object]:
    return {
        "path": entry.path,
        "value": as_data(entry.value),
        "version": entry.version,
        "held_by": held_by.get(entry.path),
    }


def _print_entries(entries: Sequence["Entry"], held_by: Mapping[str, str]) -> None:
    rows = [(printable(e.path), printable(e.text), held_by.get(e.path, "-")) for e in entries]
    if sys.stdout.isatty():
        paths, _, holders = (max(map(len, cells)) for cells in zip(_COLUMNS, *rows, strict=True))
        width = shutil.get_terminal_size().columns - paths - holders - _BETWEEN
        rows = [(path, _cut(value, max(width, _LEAST_WIDTH)), who) for path, value, who in rows]
    print_table(_COLUMNS, rows)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _show(entry: "Entry") -> None:
    """Print a value for a person: on a terminal, a byte of it may be a command."""
    text = printable(entry.text, keep="\n\t")
    put(text, end="" if text.endswith("\n") else "\n")
    if entry.text.encode() != entry.value:
        remark("It is no text: pipe it to a program, or see -o json.")


def _pipe(value: bytes) -> None:
    try:
        sys.stdout.buffer.write(value)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # as `put` does
