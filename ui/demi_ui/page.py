"""The status page's server."""

import signal
import sys
from pathlib import Path

from fastapi import Request
from nicegui import app, ui

from demi_adapters.consul_settings import ConsulSettings
from demi_adapters.registry import Registry
from demi_ui.security import StrictPages
from demi_ui.visit import Visit
from demi_ui.watch import Watch

_WEB = Path(__file__).parent / "web"
_TITLE = "DeMi registry"
_RECONNECT_S = 30.0  # a laptop that was shut for a moment finds its page as it was
_STOP_S = 3


def serve(settings: ConsulSettings, *, host: str, port: int, root_path: str = "") -> None:
    """Serve the page until SIGTERM or Ctrl-C.

    Args:
        settings: where Consul is; it may come later, and go.
        host: the address to listen on.
        port: the port to listen on.
        root_path: the path below which a proxy shows the page, if the proxy takes it off.
    """
    build(Watch(Registry(settings=settings)))
    # Once uvicorn has ended in good order, it raises the signal again for whoever wants it.
    signal.signal(signal.SIGTERM, _end)
    ui.run(
        host=host,
        port=port,
        root_path=root_path.rstrip("/"),
        title=_TITLE,
        favicon=_WEB / "icon.svg",
        reload=False,
        show=False,
        tailwind=False,
        language="en-US",
        reconnect_timeout=_RECONNECT_S,
        timeout_graceful_shutdown=_STOP_S,
        show_welcome_message=False,
    )


def _end(*_: object) -> None:
    sys.exit(0)


def build(watch: Watch) -> None:
    """Put the page together: `/`, and `/healthz` for whoever keeps it running."""
    app.on_startup(watch.start)
    app.on_shutdown(watch.stop)
    app.add_middleware(StrictPages)

    @app.get("/healthz")
    async def healthz() -> dict[str, object]:
        """This server is well whenever it answers; what it says of Consul is for people."""
        trouble = watch.trouble
        return {
            "status": "ok",
            "services": len(watch.rows),
            "consul": (trouble.reason or "no answer") if trouble else "ok",
        }

    @ui.page("/")
    def index(request: Request) -> None:
        ui.add_head_html(f"<style>{(_WEB / 'page.css').read_text()}</style>")
        Visit(watch, request.url.query)
