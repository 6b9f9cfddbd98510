"""`demi kv export` and `demi kv import`."""

import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated

import typer

from demi_adapters.errors import ConfigurationError
from demi_cli.commands.kv.applying import Outcome, parse_prefixes, plan, sorted_out
from demi_cli.commands.kv.documents import Item, as_data, as_yaml, read_items
from demi_cli.commands.kv.tree import (
    ROOT,
    Prefix,
    Tree,
    counted,
    opened,
    read_bytes,
    remark,
    whole_prefix,
)
from demi_cli.exit_codes import ExitCode
from demi_cli.options import ConsulAddr, Output
from demi_cli.output import Format, print_data, put, say
from demi_cli.tables import print_table

if TYPE_CHECKING:
    from demi_adapters.entries import Entry

_MAX_READS = 32  # a guess: above, all the keys around them are read at once


class FileFormat(StrEnum):
    """What to write."""

    YAML = "yaml"
    JSON = "json"


def export(
    context: typer.Context,
    prefix: Prefix = ROOT,
    output: Annotated[
        FileFormat, typer.Option("--output", "-o", help="What to write.")
    ] = FileFormat.YAML,
    held: Annotated[
        bool, typer.Option("--all", help="Held keys as well, to look at: import can't write them.")
    ] = False,
    consul_addr: ConsulAddr = None,
) -> None:
    """Print keys as a file that `demi kv import` reads, sorted by path.

    Values that are no text are written as {base64: ...}. Keys that registrators hold are left out:
    they come back with their containers.

    Example: demi kv export demi/sr1_lls > sr1_lls.yaml
    """
    where = whole_prefix(prefix)
    with opened(context) as tree:
        found = tree.below(where)
        if not found:
            say(tree.nothing_below(where))
    entries = [entry for entry in found if held or not entry.is_held]
    data = {entry.path: as_data(entry.value) for entry in entries}
    if output is FileFormat.JSON:
        print_data(data, Format.JSON)
    else:
        put(as_yaml(data, sys.stdout.encoding or "utf-8"), end="")
    if left := len(found) - len(entries):
        remark(f"Left {counted(left)} out that registrators hold; --all shows them.")


def import_(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE|-", help="- or nothing: standard input.", show_default=False),
    ] = None,
    prefix: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="Paths that begin with OLD begin with NEW instead."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
    ] = False,
    no_overwrite: Annotated[
        bool, typer.Option("--no-overwrite", help="Leave keys that have another value as they are.")
    ] = False,
    output: Output = Format.TABLE,
    consul_addr: ConsulAddr = None,
) -> None:
    """Write the keys of a file, and say of each what became of it.

    The file may be what demi kv export, etcdctl get --prefix -w json or consul kv export printed.
    The file counts: a key with another value is changed, unless --no-overwrite is given. A key that
    somebody else writes at that moment is not, nor one that a registrator holds. No key is removed.

    Up to 64 keys are written at once, all or none. What can't be written keeps nothing else from
    it; the exit status is then 1.

    Example: demi kv export demi/sr1_lls | demi kv import --dry-run
    """
    prefixes = parse_prefixes(prefix or ())
    wanted, outcomes = sorted_out(_items(file), prefixes)
    with opened(context) as tree:
        found = _found(tree, wanted.keys())
        held_by = tree.holders(found.values())
        steps = plan(wanted, found, held_by, overwrite=not no_overwrite)
        try:
            for outcome in steps if dry_run else _applied(tree, steps):
                outcomes.append(outcome)
        finally:  # what was written before an outage, or Ctrl-C, is told
            outcomes.sort(key=lambda outcome: outcome.path)
            _report(outcomes, output, is_rehearsal=dry_run)
    if any(outcome.verdict.is_failure for outcome in outcomes):
        raise typer.Exit(ExitCode.NO)


def _items(file: str | None) -> list[Item]:
    if file is None and sys.stdin.isatty():
        raise ConfigurationError("name a file, or pipe one in; - reads what you type.")
    where = "standard input" if file in (None, "-") else f"{file}"
    return read_items(read_bytes("import", file or "-"), where)


def _found(tree: Tree, paths: Collection[str]) -> dict[str, "Entry"]:
    """Those of some keys that are there."""
    # Consul refuses letters in an address that are newer than it is: these are read as neighbours.
    prefixes = {"/".join(takewhile(str.isascii, path.split("/")[:2])) for path in paths}
    if len(prefixes) > _MAX_READS:
        prefixes = {os.path.commonpath(list(prefixes))}
    near = (entry for prefix in sorted(prefixes) for entry in tree.keys.list(prefix))
    return {entry.path: entry for entry in near if entry.path in paths}


def _applied(tree: Tree, steps: Sequence[Outcome]) -> Iterator[Outcome]:
    from demi_cli.commands.kv.writing import write_all

    by_path = {step.path: step for step in steps}
    yield from (step for step in steps if not step.operation)
    writes = [step.operation for step in steps if step.operation]
    for operation, error in write_all(tree.consul, writes):
        step = by_path[operation.path]
        yield step.failed(error) if error else step


def _report(outcomes: Sequence[Outcome], output: Format, *, is_rehearsal: bool) -> None:
    if output is Format.TABLE:
        print_table(("RESULT", "PATH", "WHY"), [(o.verdict, o.path, o.why) for o in outcomes])
    else:
        print_data([outcome.as_dict() for outcome in outcomes], output)
    counts = Counter(outcome.verdict for outcome in outcomes)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in sorted(counts)) or "no keys"
    say(f"Nothing was written. It would be: {told}." if is_rehearsal else f"Keys: {told}.")
