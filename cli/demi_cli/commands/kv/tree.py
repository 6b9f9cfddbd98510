"""What the commands about keys share: the tree, what is below a path, and who holds it."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from demi_adapters.errors import ConfigurationError, DemiError, NotFound
from demi_adapters.problems import shown
from demi_cli.completion import keys
from demi_cli.options import environment
from demi_cli.output import say

if TYPE_CHECKING:
    from demi_adapters.consul_reader import ConsulReader
    from demi_adapters.entries import Entry
    from demi_adapters.keys import Keys

ROOT = "demi/"
_MOST_HINTS = 3

Prefix = Annotated[
    str,
    typer.Argument(
        autocompletion=keys,
        metavar="PREFIX",
        help="A key and all below it, by whole parts: demi/sr1_lls/felix leaves felix2 out. "
        "/ is the whole of Consul.",
    ),
]


@dataclass(frozen=True, slots=True)
class Tree:
    """Consul's keys, as entries and as Consul has them."""

    keys: "Keys"
    consul: "ConsulReader"

    def below(self, prefix: str) -> list["Entry"]:
        """The entry of a path and all below it, by path; all there are where it is empty."""
        found = self.keys.list(prefix)
        return sorted((e for e in found if _is_below(e.path, prefix)), key=lambda e: e.path)

    def holders(self, entries: Iterable["Entry"]) -> dict[str, str]:
        """Who holds the held ones, by path."""
        sessions = {entry.path: entry.session for entry in entries if entry.session}
        names = {each: self.keys.holder(each) for each in sorted(set(sessions.values()))}
        return {path: names[session] for path, session in sessions.items()}

    def no_such_key(self, path: str) -> NotFound:
        """The error for a key that is not there, with what was probably meant."""
        with suppress(DemiError):  # the hint is a courtesy: a token may lack the right to list
            return NotFound(f"no key {shown(path)}.{self._hint(path)}")
        return NotFound(f"no key {shown(path)}.")

    def nothing_below(self, prefix: str) -> str:
        """The words for a path that has nothing, with what was probably meant."""
        return f"No key at or below {shown(prefix or '/')}.{self._hint(prefix)}"

    def _hint(self, path: str) -> str:
        from demi_adapters.matching import nearest

        home = path.partition("/")[0] + "/"
        known = sorted({key for root in {ROOT, home} for key in self.consul.paths(root)})
        if not path or not known:
            return " demi kv put writes one."
        if any(_is_below(other, path) for other in known):
            return f" It is a folder: demi kv ls {path} shows what is in it."
        if any(_is_below(other, ROOT + path) for other in known):
            return f" Write the whole path: {ROOT}{path}."
        longer = {
            path + k.removeprefix(path).partition("/")[0] for k in known if k.startswith(path)
        }
        folders = {"/".join(k.split("/")[:n]) for k in known for n in range(2, k.count("/") + 1)}
        alike = sorted(folder for folder in folders if folder.count("/") == path.count("/"))
        if near := sorted(longer)[:_MOST_HINTS] or nearest(path, known) or nearest(path, alike):
            return f" Did you mean {', '.join(near)}?"
        return " demi kv ls shows those there are."


@contextmanager
def opened(context: typer.Context) -> Iterator[Tree]:
    """The tree of the Consul that the command's options name."""
    from demi_adapters.consul_reader import ConsulReader
    from demi_adapters.consul_settings import consul_settings
    from demi_adapters.keys import Keys

    with ConsulReader(consul_settings(environment(context.params))) as consul:
        yield Tree(Keys(consul), consul)


def one_path(text: str) -> str:
    """A key's path as Consul has it: a slash at its beginning, as etcd has, is left out.

    Raises:
        ConfigurationError: it is no path of a key.
    """
    from demi_adapters.keys import checked_path

    return checked_path(text.lstrip("/"))


def whole_prefix(text: str) -> str:
    """A path without slashes around it; empty for all there is.

    Raises:
        ConfigurationError: no key can be there.
    """
    bare = text.strip("/")
    return one_path(bare) if bare else ""


def read_bytes(option: str, name: str, limit: int = -1) -> bytes:
    """A file's bytes, or those of standard input for `-`; at most `limit`.

    Raises:
        ConfigurationError: it can't be read.
    """
    try:
        if name == "-":
            return sys.stdin.buffer.read(limit)
        with Path(name).open("rb") as file:
            return file.read(limit)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"{option} {shown(name)}: {reason}.") from None


def remark(message: str) -> None:
    """Words that are for a person only: none where no person sits."""
    if sys.stderr.isatty():
        say(message)


def counted(number: int, what: str = "key") -> str:
    """A number of things: `1 key`, `2 keys`."""
    return f"{number} {what}" + ("" if number == 1 else "s")


def _is_below(path: str, prefix: str) -> bool:
    return not prefix or path == prefix or path.startswith(f"{prefix}/")
