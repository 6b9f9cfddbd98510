"""`demi kv put` and `demi kv rm`."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from demi_adapters.errors import (
    ConfigurationError,
    ConflictError,
    DemiError,
    RefusedError,
)
from demi_cli.commands.kv.tree import (
    ROOT,
    Tree,
    counted,
    one_path,
    opened,
    read_bytes,
    remark,
    whole_prefix,
)
from demi_cli.completion import keys
from demi_cli.exit_codes import ExitCode, exit_code_of
from demi_cli.options import ConsulAddr
from demi_cli.output import say

if TYPE_CHECKING:
    from demi_adapters.entries import Entry

_SHOWN = 10  # paths before a question: enough to see a mistake


def put(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH", autocompletion=keys)],
    value: Annotated[
        str | None,
        typer.Argument(
            metavar="VALUE|-",
            help="- reads standard input. Write -- before a value such as -5.",
            show_default=False,
        ),
    ] = None,
    file: Annotated[
        str | None, typer.Option(metavar="FILE", help="Take the value from a file.")
    ] = None,
    if_version: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Write only if the key is still of this version; 0: only if there is none.",
        ),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Write nothing but JSON.")] = False,
    is_yaml: Annotated[bool, typer.Option("--yaml", help="Write nothing but YAML.")] = False,
    consul_addr: ConsulAddr = None,
) -> None:
    """Write a key: text, or the bytes of a file, as they are.

    A key that a registrator holds is refused with exit status 5; --if-version that has passed
    with 1.

    Example: demi kv put demi/sr1_lls/felix/api/run 4711
    """
    where = one_path(path)
    data = _value(value, file)
    _check_form(where, data, is_json=is_json, is_yaml=is_yaml)
    with opened(context) as tree:
        try:
            tree.keys.put(where, data, version=if_version)
        except ConflictError as error:
            raise ConflictError(f"{error} See demi kv get {where} -o json.") from error
        site = where.partition("/")[0]
        if not where.startswith(ROOT) and tree.consul.paths(f"{ROOT}{site}/"):
            say(f"demi: {where} is outside of {ROOT}: did you mean {ROOT}{where}?")
    remark(f"Wrote {where}.")


def rm(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="PATH", autocompletion=keys)],
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="And all below it that nobody holds.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask. Needed for -r in a script.")
    ] = False,
    consul_addr: ConsulAddr = None,
) -> None:
    """Remove keys.

    A key that is held is never removed: it goes with its container. -r leaves it and goes on.

    Example: demi kv rm demi/sr1_lls/felix/api/run
    """
    with opened(context) as tree:
        if recursive:
            _remove_below(tree, [whole_prefix(path) for path in paths], ask=not yes)
        else:
            _remove(tree, [one_path(path) for path in paths])


def _value(value: str | None, file: str | None) -> bytes:
    from demi_adapters.keys import MAX_VALUE_BYTES

    if (value is None) == (file is None):
        raise ConfigurationError(
            "write one of these behind the path: the value, - for standard input, --file FILE."
        )
    if value is not None and value != "-":
        return os.fsencode(value)
    data = read_bytes("--file" if file else "put", file or "-", MAX_VALUE_BYTES + 1)
    if len(data) > MAX_VALUE_BYTES:
        raise ConfigurationError(
            "a value may have 512 KiB at most. Put a file's path here instead."
        )
    return data


def _check_form(path: str, data: bytes, *, is_json: bool, is_yaml: bool) -> None:
    from demi_adapters.entries import Entry

    entry = Entry(path, data, 0, is_held=False)
    if is_json:
        entry.json()
    if is_yaml:
        entry.yaml()


def _remove(tree: Tree, paths: Sequence[str]) -> None:
    """Remove single keys; one that can't be removed does not keep the others."""
    first: DemiError | None = None
    for path in paths:
        try:
            if tree.keys.get(path) is None:
                raise tree.no_such_key(path)
            tree.keys.delete(path)
        except (RefusedError, ConflictError) as error:
            say(f"demi: {error}")
            first = first or error
        else:
            remark(f"Removed {path}.")
    if first:
        raise typer.Exit(exit_code_of(first))


def _remove_below(tree: Tree, prefixes: Sequence[str], *, ask: bool) -> None:
    from demi_adapters.consul_types import Operation
    from demi_cli.commands.kv.writing import write_all

    if "" in prefixes:
        raise ConfigurationError("/ is all that Consul holds, of others too: name a folder.")
    found = {entry.path: entry for prefix in prefixes for entry in _some_below(tree, prefix)}
    free = [entry for entry in found.values() if not entry.is_held]
    if free and ask:
        _ask(free)
    steps = [Operation("delete-cas", entry.path, index=entry.version) for entry in free]
    left = [(step.path, error) for step, error in write_all(tree.consul, steps) if error]
    for path, error in left:
        say(f"demi: {path}: {error}")
    held = len(found) - len(free)
    say(
        f"Removed {counted(len(free) - len(left))}."
        + (f" Left {counted(held)} that registrators hold." if held else "")
    )
    if left:
        raise typer.Exit(ExitCode.NO)


def _some_below(tree: Tree, prefix: str) -> list["Entry"]:
    found = tree.below(prefix)
    if not found:
        raise tree.no_such_key(prefix)
    return found


def _ask(free: Sequence["Entry"]) -> None:
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"rm -r would remove {counted(len(free))}, and nobody is here to be asked: add --yes."
        )
    for entry in free[:_SHOWN]:
        say(f"  {entry.path}")
    if len(free) > _SHOWN:
        say(f"  and {len(free) - _SHOWN} more")
    typer.confirm(f"Remove {counted(len(free))}?", abort=True, err=True)
