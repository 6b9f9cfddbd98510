"""The page about the command: its help is what `./dev docs` would write now."""

import re

import pytest

from demi_cli.app import COMMANDS
from demi_cli.commands import kv
from demi_local.errors import LocalError
from demi_local.reference import PAGE, help_pages, renewed

HELP = dict(help_pages())


def test_the_page_is_current() -> None:
    """Run `./dev docs` where it is not."""
    text = PAGE.read_text()
    assert renewed(text) == text


def test_a_page_without_its_mark_is_not_overwritten() -> None:
    """What people wrote would be lost."""
    with pytest.raises(LocalError, match="has lost its line"):
        renewed("# Something else")


def test_every_command_has_a_page() -> None:
    """Groups and what is in them, too."""
    names = {f"demi {entry.name}" for entry in COMMANDS}
    in_groups = {f"demi kv {entry.name}" for entry in kv.COMMANDS}
    assert HELP.keys() == {"demi", *names, *in_groups}


@pytest.mark.parametrize("name", sorted(HELP.keys() - {"demi", "demi kv", "demi version"}))
def test_every_command_has_one_example_of_itself(name: str) -> None:
    """The quickest way to learn it."""
    [example] = re.findall(r"Example: (.*)", HELP[name])
    assert f"{name} " in f"{example} "


@pytest.mark.parametrize("name", ["demi", "demi kv"])
def test_no_line_of_a_list_of_commands_is_cut(name: str) -> None:
    """It has to fit into 80 columns."""
    assert "..." not in HELP[name].partition("Commands:")[2]
