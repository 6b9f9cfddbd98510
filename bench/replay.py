"""What a registrator writes to Consul, recorded, and written again with nothing around it.

The floor that a start can be measured by: the same bodies over the same number of connections, by
the standard library alone.
"""

import http.client
import json
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bare import send


@dataclass(frozen=True, slots=True)
class Write:
    """One recorded request."""

    method: str
    path: str
    body: bytes

    @property
    def is_registration(self) -> bool:
        """Whether it begins the work on a service."""
        return self.path.startswith("/v1/agent/service/register")


@dataclass(slots=True)
class Recording:
    """What was written, by connection, in order."""

    writes: defaultdict[object, list[Write]] = field(default_factory=lambda: defaultdict(list))

    def services(self) -> list[list[Write]]:
        """The registration of each service together with its transactions."""
        groups: list[list[Write]] = []
        for writes in self.writes.values():
            for write in writes:
                if write.is_registration:
                    groups.append([write])
                elif write.path == "/v1/txn" and groups and b"check-not-exists" in write.body:
                    groups[-1].append(write)
        return groups

    @property
    def connections(self) -> int:
        """How many connections registered services."""
        return sum(any(w.is_registration for w in writes) for writes in self.writes.values())


@contextmanager
def recorder(consul_address: str) -> Iterator[tuple[str, Recording]]:
    """A proxy in front of Consul: its address, and what is written through it."""
    recording = Recording()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.consul = http.client.HTTPConnection(consul_address)

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.command == "PUT":
                recording.writes[self.client_address].append(Write("PUT", self.path, body))
            self.consul.request(self.command, self.path, body)
            answer = self.consul.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name in ("Content-Type", "X-Consul-Index"):
                if value := answer.headers.get(name):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815 - http.server's own names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A registrator that ends does not wait for its blocking query."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", recording
    finally:
        server.shutdown()
        server.server_close()


def replay(consul_address: str, recording: Recording) -> float:
    """Write everything again under a session of ours; the seconds it took. It is undone then."""
    consul = http.client.HTTPConnection(consul_address)
    session = json.loads(
        send(consul, "PUT", "/v1/session/create", {"Behavior": "delete", "LockDelay": "0s"})
    )["ID"]
    work: queue.SimpleQueue[Sequence[Write]] = queue.SimpleQueue()
    services = recording.services()
    for service in services:
        work.put([Write(w.method, w.path, with_session(w, session)) for w in service])
    workers = [
        threading.Thread(target=write_all, args=(consul_address, work))
        for _ in range(recording.connections)
    ]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - began
    for service in services:
        send(consul, "PUT", f"/v1/agent/service/deregister/{json.loads(service[0].body)['ID']}")
    send(consul, "PUT", f"/v1/session/destroy/{session}")
    return took


def write_all(consul_address: str, work: "queue.SimpleQueue[Sequence[Write]]") -> None:
    """One connection's share."""
    connection = http.client.HTTPConnection(consul_address)
    while True:
        try:
            service = work.get_nowait()
        except queue.Empty:
            return
        for write in service:
            connection.request(write.method, write.path, write.body)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{write.path}: {answer.status} {content!r}")


def with_session(write: Write, session: str) -> bytes:
    """The body as it is, or a transaction that locks for another session."""
    if write.is_registration:
        return write.body
    operations: list[dict[str, dict[str, Any]]] = json.loads(write.body)
    for operation in operations:
        if operation["KV"].get("Session"):
            operation["KV"]["Session"] = session
    return json.dumps(operations).encode()
