"""A forwarder that counts the HTTP requests which pass through it."""

import re
import socket
import threading
from collections import Counter
from collections.abc import Callable

_REQUEST = re.compile(rb"(GET|PUT|POST|DELETE) (/[^ ?]*)([^ ]*) HTTP/1\.1\r\n")
_VARIABLE = re.compile(r"[0-9a-f]{12,}|[0-9a-f-]{36}|sr1-lls-[a-z0-9-]+")


class CountingProxy:
    """Forwards a free port on loopback to somewhere; `requests` says what was asked so far."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self.requests: Counter[str] = Counter()
        self._connect = connect
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def take(self) -> Counter[str]:
        """What was asked since the last time."""
        taken, self.requests = self.requests, Counter()
        return taken

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = self._connect()
            threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counting: bool) -> None:
        while data := _received(source):
            if counting:
                for method, path, query in _REQUEST.findall(data):
                    name = _VARIABLE.sub("…", path.decode())
                    blocking = " (blocking)" if b"index=" in query else ""
                    self.requests[f"{method.decode()} {name}{blocking}"] += 1
            sink.sendall(data)
        sink.close()


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(1 << 20)
    except OSError:
        return b""


def to_tcp(address: str) -> Callable[[], socket.socket]:
    """Connect to `host:port`."""
    host, _, port = address.rpartition(":")
    return lambda: socket.create_connection((host, int(port)))


def to_unix(path: str) -> Callable[[], socket.socket]:
    """Connect to a unix socket."""

    def connect() -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        return connection

    return connect
