"""Services to be shown, made from little."""

from collections.abc import Iterable

from demi_adapters.directory import STATUSES, CheckState, Instance, in_order
from demi_adapters.services import Snapshot
from demi_ui.rows import Row, rows_of, states_of
from demi_ui.since import followed

OUTPUTS = {"passing": "HTTP GET http://pc1:1/health: 200 OK Output: ok"}
REFUSED = 'Get "http://pc1:1/h": dial tcp 127.0.0.1:1: connect: connection refused'


def instance(
    name: str = "sr1/felix/api",
    status: str = "passing",
    *,
    number: int = 1,
    output: str | None = None,
    is_checked: bool = True,
    **fields: object,
) -> Instance:
    """An instance of `SITE/STACK/SERVICE` with one check, or none."""
    site, stack, service = name.split("/")
    said = OUTPUTS.get(status, REFUSED) if output is None else output
    check = CheckState(
        id="check:1", name="GET /health", status=status, output=said, is_of_node=False
    )
    known: dict[str, object] = {
        "host": f"pc{number}",
        "port": 8000 + number,
        "url": f"http://pc{number}:{8000 + number}",
        "swagger_url": None,
        "category": None,
        "description": None,
        "container": f"{number:012x}",
        "owner": f"pc{number}",
        "node": f"pc{number}",
        "id": f"{name}-{number}",
        "checks": (check,) if is_checked else (),
        **fields,
    }
    assert status in STATUSES
    return Instance(
        site=site,
        stack=stack,
        service=service,
        status=status,
        **known,  # type: ignore[arg-type]
    )


def rows(instances: Iterable[Instance], now_s: float = 1000.0) -> tuple[Row, ...]:
    """Their rows; all are first seen now."""
    snapshot = Snapshot.of(in_order(instances))
    return rows_of(snapshot, followed(None, states_of(snapshot), now_s))
