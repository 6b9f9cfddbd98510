"""`/metrics` for Prometheus, `/healthz` and `/readyz` for whoever restarts or balances."""

import logging
import platform
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from demi_adapters.errors import ConfigurationError
from demi_registrator.tally import Tally

logger = logging.getLogger(__name__)

# Work that takes longer hangs: each single call has a time-out of seconds. A guess.
_STUCK_S = 300.0


class TallyCollector(Collector):
    """The tally as Prometheus reads it; computed at each scrape, so counting costs nothing."""

    def __init__(self, tally: Tally, version: str) -> None:
        self._tally = tally
        self._version = version

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        tally = self._tally
        info = {"version": self._version, "python": platform.python_version()}
        yield InfoMetricFamily("demi_registrator_build", "What runs.", value=info)
        for name, text, value in (
            ("demi_services_desired", "Instances that labels ask for.", tally.desired),
            ("demi_services_registered", "Those of them that are sound.", tally.registered),
            ("demi_services_failing", "Those that could not be brought in step.", tally.failing),
            ("demi_ready", "1 while everything is in step.", int(not tally.failure)),
        ):
            yield GaugeMetricFamily(name, text, value)
        ago = tally.synced_ago_s
        yield GaugeMetricFamily(
            "demi_seconds_since_sync",
            "Since everything was in step last; NaN before the first time.",
            float("nan") if ago is None else ago,
        )
        problems = GaugeMetricFamily("demi_problems", "Problems now.", labels=["code"])
        for code, count in sorted(tally.problems.items()):
            problems.add_metric([code], count)
        yield problems
        syncs = SummaryMetricFamily("demi_sync_seconds", "Duration of syncs.", labels=["kind"])
        for kind in ("full", "part"):
            syncs.add_metric([kind], tally.syncs[kind], tally.sync_seconds.get(kind, 0.0))
        yield syncs
        events = CounterMetricFamily("demi_events", "Events of the engine.", labels=["action"])
        for action, count in sorted(tally.events.items()):
            events.add_metric([action], count)
        yield events
        calls = CounterMetricFamily("demi_calls", "Calls.", labels=["backend"])
        errors = CounterMetricFamily("demi_call_errors", "Failed calls.", labels=["backend"])
        for backend in ("consul", "docker"):
            calls.add_metric([backend], tally.calls[backend])
            errors.add_metric([backend], tally.call_errors[backend])
        yield calls
        yield errors


def serve_metrics(tally: Tally, *, version: str, host: str, port: int) -> ThreadingHTTPServer:
    """Answer on a port until the process ends.

    Raises:
        ConfigurationError: the port can't be used.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(TallyCollector(tally, version))

    class Handler(BaseHTTPRequestHandler):
        """Three pages, and nothing that a request could choose."""

        def do_GET(self) -> None:
            """Answer."""
            status, kind, body = _page(self.path, tally, registry)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: scrapes are no news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"DEMI_METRICS_PORT: can't listen on {host}:{port}: {error}. Choose another port."
        ) from None
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    logger.info("metrics at http://%s:%d/metrics", host, server.server_address[1])
    return server


def _page(path: str, tally: Tally, registry: CollectorRegistry) -> tuple[int, str, bytes]:
    text = "text/plain; charset=utf-8"
    match path.partition("?")[0]:
        case "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(registry)
        case "/healthz" if tally.busy_s < _STUCK_S:
            return 200, text, b"ok\n"
        case "/healthz":
            return 503, text, f"stuck for {tally.busy_s:.0f} s\n".encode()
        case "/readyz" if not tally.failure:
            return 200, text, b"ok\n"
        case "/readyz":
            return 503, text, f"{tally.failure}\n".encode(errors="replace")
    return 404, text, b"/metrics, /healthz, /readyz\n"
