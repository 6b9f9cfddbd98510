"""The page: which service runs where, and is it healthy."""

from nicegui import run, ui

from demi_adapters.consul_reader import ConsulReader, read_all
from demi_adapters.consul_settings import ConsulSettings
from demi_adapters.errors import DemiError

_REFRESH_S = 2.0

_COLUMNS = [
    {"name": key, "label": key.capitalize(), "field": key, "align": "left", "sortable": True}
    for key in ("site", "stack", "service", "status", "url", "description")
]


def serve(settings: ConsulSettings, *, host: str, port: int) -> None:
    """Serve the page until SIGTERM or Ctrl-C."""
    consul = ConsulReader(settings)

    @ui.page("/")
    async def index() -> None:
        ui.page_title("DeMi registry")
        ui.label("DeMi registry").classes("text-h4")
        note = ui.label("Asking Consul …")
        # A stock table shows text as text, whatever a label holds; it gets no slots.
        table = ui.table(columns=_COLUMNS, rows=[], row_key="id").classes("w-full")

        async def refresh() -> None:
            try:
                instances = await run.io_bound(read_all, consul)
            except DemiError as error:
                note.text = f"This list is old: {error}"
                return
            if instances is None:  # the server is shutting down
                return
            table.rows = [instance.as_dict() for instance in instances]
            note.text = f"{len(instances)} instances are registered."

        await refresh()
        ui.timer(_REFRESH_S, refresh)

    ui.run(
        host=host,
        port=port,
        title="DeMi registry",
        reload=False,
        show=False,
        language="en-US",
        reconnect_timeout=30,
        show_welcome_message=False,
    )
