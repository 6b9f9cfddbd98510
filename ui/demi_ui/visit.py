"""One open page: what its visitor looks at, and what is pushed to it."""

from collections.abc import Sequence
from dataclasses import replace

from nicegui import background_tasks, run

from demi_adapters.entries import Entry
from demi_adapters.errors import DemiError
from demi_adapters.names import ServiceName
from demi_adapters.services import Service
from demi_ui.detail import Json, detail, gone
from demi_ui.element import Board
from demi_ui.rows import Row
from demi_ui.view import View, parse_view
from demi_ui.watch import Watch


class Visit:
    """Joins the watch, a view and a board; lives as long as its client does."""

    def __init__(self, watch: Watch, query: str) -> None:
        self.view = parse_view(query)
        self._watch = watch
        self._keys: tuple[Service | None, Sequence[Entry], str] = (None, (), "")
        self.board = Board(self.look)
        self.refresh()
        watch.changed.subscribe(self.refresh)
        watch.beat.subscribe(self.board.beat)

    def look(self, query: str) -> None:
        """Look at what an address asks for."""
        self.view = parse_view(query)
        self.refresh()

    def refresh(self) -> None:
        """Show how things are now."""
        watch = self._watch
        board = watch.board(self.view)
        own = {
            "view": self.view.as_dict,
            "trouble": watch.trouble.wire if watch.trouble else None,
            "isKnown": watch.snapshot is not None,
            "detail": self._detail(self.view),
        }
        self.board.show(replace(board, parts={**board.parts, **own}))

    def _detail(self, view: View) -> Json | None:
        if not view.service or self._watch.snapshot is None:
            return None
        row = next((r for r in self._watch.rows if r.key == view.service), None)
        if row is None:
            return gone(view.service)
        service = self._watch.snapshot.services[row.name]
        self._need_keys(row.name, service)
        return detail(row, service, *self._keys_of(row))

    def _keys_of(self, row: Row) -> tuple[Sequence[Entry], str]:
        service, entries, error = self._keys
        return (entries, error) if service and service.name == row.name else ((), "")

    def _need_keys(self, name: ServiceName, service: Service) -> None:
        """Read the keys of a service again whenever it has changed."""
        if self._keys[0] == service:
            return
        _, entries, error = self._keys
        same = self._keys[0] is not None and self._keys[0].name == name
        self._keys = (service, entries if same else (), error if same else "")
        background_tasks.create(self._read_keys(service), name="demi-keys")

    async def _read_keys(self, service: Service) -> None:
        try:
            found = await run.io_bound(self._watch.registry.keys.list, service.name.path)
            entries, error = found or [], ""
        except DemiError as failure:
            entries, error = [], str(failure)
        if self._keys[0] is service and not self.board.is_deleted:
            self._keys = (service, entries, error)
            self.refresh()
