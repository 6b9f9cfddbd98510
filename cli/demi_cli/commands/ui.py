"""`demi ui`: the status page."""

from typing import Annotated

import typer

from demi_adapters.consul_settings import consul_settings
from demi_cli.extras import need_ui
from demi_cli.options import ConsulAddr, environment


def ui(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(envvar="DEMI_UI_HOST", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="DEMI_UI_PORT", min=1, max=65535, help="Port to listen on.")
    ] = 8080,
    root_path: Annotated[
        str,
        typer.Option(
            envvar="DEMI_UI_ROOT_PATH",
            help="Path below which a proxy shows the page, e.g. /demi, if it takes that off.",
        ),
    ] = "",
    consul_addr: ConsulAddr = None,
) -> None:
    """Serve the status page.

    Example: demi ui --host 0.0.0.0 --port 8080
    """
    need_ui()
    settings = consul_settings(environment(context.params))
    from demi_ui.page import serve

    serve(settings, host=host, port=port, root_path=root_path)
