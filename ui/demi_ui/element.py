"""The page's one element: what runs in the browser, and how it is fed."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import events
from nicegui.element import Element

from demi_ui.board import Shown, patch

_MOST_KEPT = 50  # a guess: whoever has not taken so many gets everything instead


class Board(Element, component="web/board.js", esm={"demi-page": "web/parts"}):
    """Shows what it is told, sending differences only, and tells what the visitor wants.

    Patches travel as a property, not as method calls: NiceGUI makes of these code to evaluate in
    the browser, which the page's Content-Security-Policy forbids. They are numbered, and stay
    until the browser has them. It applies each once, and asks for everything if it missed one.
    """

    def __init__(self, on_look: Callable[[str], None]) -> None:
        """Show nothing yet.

        Args:
            on_look: called with the query of the address that the visitor wants to see.
        """
        super().__init__()
        self.shown: Shown | None = None
        self._number = 0
        self._patches: tuple[Mapping[str, object], ...] = ()
        self.props["patches"] = ()
        self.on("look", lambda event: on_look(_text(event)))
        self.on("got", self._got)
        self.on("missed", self.show_again)

    def show(self, shown: Shown) -> None:
        """Show something else; what is there already is not sent."""
        change = patch(self.shown, shown)
        if change:
            self.shown = shown
            self._send(change)

    def show_again(self) -> None:
        """Send all there is to be seen."""
        shown, self.shown = self.shown, None
        self._patches = ()
        if shown:
            self.show(shown)

    def beat(self) -> None:
        """Say that the server lives."""
        self._send({})

    def _send(self, change: Mapping[str, object]) -> None:
        if len(self._patches) >= _MOST_KEPT and "reset" not in change:
            self.show_again()
            return
        self._number += 1
        numbered = {"number": self._number, "now": round(time.time() * 1000), **change}
        self._patches = (*self._patches, numbered)
        self.props["patches"] = self._patches
        self.update()

    def _got(self, event: events.GenericEventArguments) -> None:
        """Keep what the browser has not got yet; nothing of this is sent by itself."""
        last: Any = event.args
        if isinstance(last, int):
            self._patches = tuple(p for p in self._patches if int(str(p["number"])) > last)


def _text(event: events.GenericEventArguments) -> str:
    """What an event carries; anything but a text is a visitor's own invention."""
    args: Any = event.args
    return args if isinstance(args, str) else ""
