"""`./dev docs`: writes every command's help into docs/cli.md, below what people write there."""

from collections.abc import Iterator
from typing import Any

import typer

from demi_cli.app import app
from demi_cli.lazy import LazyGroup
from demi_local import paths
from demi_local.errors import LocalError
from demi_local.progress import Say

PAGE = paths.ROOT / "docs" / "cli.md"
BEGIN = "<!-- ./dev docs writes what follows: change the docstrings instead -->\n"
_WIDTH = 80


def docs(say: Say) -> None:
    """Bring the page up to date."""
    text = PAGE.read_text()
    current = renewed(text)
    if current == text:
        say(f"{PAGE.name} is current")
        return
    PAGE.write_text(current)
    say(f"{PAGE.name}: written")


def renewed(text: str) -> str:
    """The page with the help as it is now.

    Raises:
        LocalError: the page does not say where the help begins.
    """
    by_hand, mark, _ = text.partition(BEGIN)
    if not mark:
        raise LocalError(f"{PAGE} has lost its line: {BEGIN.strip()}")
    pages = (f"\n### `{name}`\n\n```text\n{page}\n```\n" for name, page in help_pages())
    return f"{by_hand}{mark}{''.join(pages)}"


def help_pages() -> Iterator[tuple[str, str]]:
    """Each command's name and help, groups before what is in them."""
    yield from _pages(typer.main.get_command(app), "demi", None)


def _pages(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    word = name.rpartition(" ")[2]
    context = command.context_class(
        command, parent=parent, info_name=word, terminal_width=_WIDTH, **command.context_settings
    )
    yield name, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, LazyGroup):
        for entry in command.table:
            _, found, _ = command.resolve_command(context, [entry.name])
            yield from _pages(found, f"{name} {entry.name}", context)
