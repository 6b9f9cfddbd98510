"""Groups of commands that import a command's module only when that command runs."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from demi_cli.parameters import quick

PACKAGE = "demi_cli.commands"


class Lazy(NamedTuple):
    """A command that is not imported yet."""

    name: str
    where: str
    """`module:attribute` in the package; the attribute is a function, or a `typer.Typer`."""
    help: str
    """The first line of the function's docstring, or of the group's help."""


class LazyGroup(TyperGroup):
    """A group with a table. Help, suggestions and completion of names read the table alone."""

    package: ClassVar[str]
    table: ClassVar[Sequence[Lazy]]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for entry in self.table:
            self.add_command(TyperCommand(entry.name, help=entry.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command that the arguments name, and import it."""
        name, found, rest = super().resolve_command(ctx, args)
        entry = next((entry for entry in self.table if entry.name == name), None)
        return name, load(entry, self.package) if entry else found, rest

    def get_params(self, ctx: Any) -> list[Any]:
        """The group's own options."""
        return quick(super().get_params(ctx))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The names that begin like this."""
        return _bare(super().shell_complete(ctx, incomplete))


class QuickCommand(TyperCommand):
    """A command that starts sooner."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The command's arguments and options."""
        return quick(super().get_params(ctx))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The options that begin like this."""
        return _bare(super().shell_complete(ctx, incomplete))


def lazy_app(
    name: str,
    about: str,
    table: Sequence[Lazy],
    package: str = PACKAGE,
    *,
    completion: bool = False,
) -> typer.Typer:
    """An application, or a group for one, of the commands in a table."""
    return typer.Typer(
        name=name,
        cls=type("Group", (LazyGroup,), {"table": table, "package": package}),
        help=about,
        callback=_nothing,
        no_args_is_help=True,
        add_completion=completion,
        **_settings(),
    )


def load(entry: Lazy, package: str = PACKAGE) -> Any:
    """The command, ready to run."""
    module, _, attribute = entry.where.partition(":")
    found = getattr(import_module(f"{package}.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, **_settings())
        alone.command(entry.name, cls=QuickCommand)(found)
        found = alone
    return typer.main.get_command(found)


def _settings() -> dict[str, Any]:
    return {
        "rich_markup_mode": None,  # labels in brackets stay, and help starts twice as fast
        "pretty_exceptions_enable": False,
        "context_settings": {"help_option_names": ["-h", "--help"]},
    }


def _bare(items: list[Any]) -> list[Any]:
    """Completions without descriptions: for zsh and fish Typer would load rich to print them."""
    for item in items:
        item.help = None
    return items


def _nothing() -> None:
    """Typer makes a group only of what has commands or a callback."""
