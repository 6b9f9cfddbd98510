"""A group of two commands, as modules of commands hold one."""

from typing import Annotated

import typer

from demi_cli.lazy import Lazy, lazy_app


def put(key: str, value: str) -> None:
    """Set a key."""
    typer.echo(f"put {key} {value}")


def rm(keys: list[str], force: Annotated[bool, typer.Option("--force")] = False) -> None:
    """Remove keys."""
    typer.echo(f"rm {keys} {force}")


app = lazy_app(
    "kv",
    "Look at keys and change them.",
    (
        Lazy("put", "key_commands:put", "Set a key."),
        Lazy("rm", "key_commands:rm", "Remove keys."),
    ),
    "models",
)
