"""Connections that died without a word are waited for once, and nothing else is disturbed."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from demi_adapters import consul_transport
from demi_adapters.consul_client import ConsulClient
from demi_adapters.consul_settings import ConsulSettings
from demi_adapters.errors import ConsulUnavailable

POOLED = 5
TIMEOUT_S = 0.8
PATIENCE_S = 10


class Server:
    """Answers like a Consul that holds nothing; once `forget` was called, on new connections only.

    A question about keys that waits for an index is answered after `release`.
    """

    def __init__(self) -> None:
        self.connections = 0
        self.questions = 0
        self.all_here = threading.Barrier(POOLED)
        self.waiting = threading.Event()
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._forgotten = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = int(self._http.server_address[1])
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self.released.set()
        self._http.shutdown()
        self._http.server_close()

    def forget(self) -> None:
        """Never again answer on the connections there are now; they stay open."""
        self._forgotten = self.connections

    def connected(self) -> int:
        """Count a connection; its number."""
        with self._lock:
            self.connections += 1
            return self.connections

    def answers(self, path: str, number: int) -> bool:
        """Wait as long as an answer takes; whether there is one at all."""
        if "index=" in path:
            self.waiting.set()
            return self.released.wait(PATIENCE_S)
        self.questions += 1
        if number <= self._forgotten:
            self.released.wait(PATIENCE_S)
            return False
        self.all_here.wait(PATIENCE_S)  # so that each question needs a connection of its own
        return True

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - there are two selves
        class Handler(BaseHTTPRequestHandler):
            """One connection."""

            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.number = server.connected()

            def do_GET(self) -> None:
                """Answer, or not."""
                if not server.answers(self.path, self.number):
                    self.close_connection = True
                    return
                body = b"[]" if "/kv/" in self.path else b"{}"
                self.send_response(200)
                self.send_header("X-Consul-Index", "8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that may forget its connections."""
    server = Server()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def consul(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConsulClient]:
    """A client without much patience."""
    monkeypatch.setattr(consul_transport, "READ_TIMEOUT_S", TIMEOUT_S)
    with ConsulClient(ConsulSettings(port=server.port)) as consul:
        yield consul


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads to ask with."""
    with ThreadPoolExecutor(POOLED + 1) as pool:
        yield pool


def ask_all_at_once(consul: ConsulClient, pool: ThreadPoolExecutor) -> None:
    """Leave as many idle connections behind."""
    assert list(pool.map(lambda _: consul.agent_services(), range(POOLED))) == [{}] * POOLED


def test_idle_connections_that_died_are_waited_for_once(
    server: Server, consul: ConsulClient, pool: ThreadPoolExecutor
) -> None:
    """Not once each, by whoever comes next: the plan's workers, or the watches."""
    ask_all_at_once(consul, pool)
    server.forget()
    with pytest.raises(ConsulUnavailable, match="did not answer in time"):
        consul.agent_services()
    ask_all_at_once(consul, pool)
    assert server.connections == 2 * POOLED
    assert server.questions == POOLED + 1 + POOLED, "nothing was sent twice"


def test_a_question_that_waits_elsewhere_is_not_disturbed(
    server: Server, consul: ConsulClient, pool: ThreadPoolExecutor
) -> None:
    """Its connection is in use, so nothing says that it is dead."""
    ask_all_at_once(consul, pool)
    blocking = pool.submit(consul.keys, "demi/", index=7, wait_s=PATIENCE_S)
    assert server.waiting.wait(PATIENCE_S)
    server.forget()
    with pytest.raises(ConsulUnavailable):
        consul.agent_services()
    server.released.set()
    assert blocking.result(PATIENCE_S) == (8, [])
