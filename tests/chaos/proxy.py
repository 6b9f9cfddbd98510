"""A proxy between the registrator and one server, which misbehaves on command."""

import contextlib
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from enum import StrEnum

from demi_local.ports import LOOPBACK, free_port

_CHUNK = 65536
_ERROR_SHARE = 0.4
_CUT_SHARE = 0.3
_STATUSES = ("500 Internal Server Error", "429 Too Many Requests", "503 Service Unavailable")
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


class Mode(StrEnum):
    """What becomes of connections, requests and answers."""

    PASS = "pass"
    SLOW = "slow"
    REFUSE = "refuse"
    CUT = "cut"
    HOLE = "hole"
    ERRORS = "errors"


class _Link:
    """One connection of the registrator's and its counterpart to the server."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.dead = threading.Event()
        self.forgotten = False
        self._users = 2
        self._lock = threading.Lock()

    def cut(self) -> None:
        """Break both sides; a thread that waits for either wakes up."""
        self.dead.set()
        for side in (self.client, self.server):
            with contextlib.suppress(OSError):
                # No time to linger: what was not delivered is lost, as when a cable is pulled.
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                side.shutdown(socket.SHUT_RDWR)

    def leave(self) -> bool:
        """End one direction, and with it the other; True once both are over."""
        self.cut()
        with self._lock:
            self._users -= 1
            if self._users:
                return False
        self.client.close()
        self.server.close()
        return True


class Proxy:
    """Listens on a port of its own for HTTP/1.1 and passes it on, as its mode says."""

    def __init__(self, server: str, seed: int) -> None:
        self.port = free_port()
        self.requests = 0
        self._server = server
        self._random = random.Random(seed)
        self._mode = Mode.PASS
        self._changed = threading.Condition()
        self._links: set[_Link] = set()
        self._listener: socket.socket | None = None
        self._listen()

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._links)

    @property
    def mode(self) -> Mode:
        """How it behaves now."""
        return self._mode

    def behave(self, mode: Mode) -> None:
        """Take on a mode; what a hole swallowed arrives when the hole is left."""
        with self._changed:
            self._mode = mode
            self._changed.notify_all()
        if mode is Mode.REFUSE:
            self._stop_listening()
            self.cut_all()
        elif self._listener is None:
            self._listen()

    def cut_all(self) -> None:
        """Break every connection there is now."""
        with self._changed:
            for link in self._links:
                link.cut()
            self._changed.notify_all()

    def forget_all(self) -> None:
        """Carry nothing more on the connections there are now, and don't say so."""
        with self._changed:
            for link in self._links:
                link.forgotten = True

    def close(self) -> None:
        """Stop for good."""
        self.behave(Mode.REFUSE)

    def _listen(self) -> None:
        listener = socket.create_server((LOOPBACK, self.port))
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _stop_listening(self) -> None:
        if self._listener:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
            self._listener.close()
            self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                link = _Link(client, self._connect())
            except OSError:
                client.close()
                continue
            with self._changed:
                self._links.add(link)
                if self._mode is Mode.REFUSE:
                    link.cut()
            for pump in (self._requests, self._answers):
                threading.Thread(target=self._run, args=(pump, link), daemon=True).start()

    def _connect(self) -> socket.socket:
        if self._server.startswith("unix://"):
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                server.connect(self._server.removeprefix("unix://"))
            except OSError:
                server.close()
                raise
            return server
        host, _, port = self._server.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=None)

    def _run(self, pump: Callable[[_Link], None], link: _Link) -> None:
        with contextlib.suppress(OSError):
            pump(link)
        if link.leave():
            with self._changed:
                self._links.discard(link)

    def _requests(self, link: _Link) -> None:
        waiting = b""
        while chunk := link.client.recv(_CHUNK):
            waiting += chunk
            while length := _whole_request(waiting):
                request, waiting = waiting[:length], waiting[length:]
                self.requests += 1
                self._pass_hole(link)
                if self._happens(Mode.ERRORS, _ERROR_SHARE):
                    link.client.sendall(_refusal(self._random.choice(_STATUSES)))
                else:
                    link.server.sendall(request)

    def _answers(self, link: _Link) -> None:
        while chunk := link.server.recv(_CHUNK):
            self._pass_hole(link)
            if self._mode is Mode.SLOW:
                time.sleep(self._random.uniform(0.05, 0.3))
            if self._happens(Mode.CUT, _CUT_SHARE):
                link.client.sendall(chunk[: len(chunk) // 2])
                return
            link.client.sendall(chunk)

    def _happens(self, mode: Mode, share: float) -> bool:
        return self._mode is mode and self._random.random() < share

    def _pass_hole(self, link: _Link) -> None:
        with self._changed:
            self._changed.wait_for(lambda: link.dead.is_set() or not self._swallows(link))

    def _swallows(self, link: _Link) -> bool:
        return link.forgotten or self._mode is Mode.HOLE


def _whole_request(received: bytes) -> int:
    """The length of the first request with its body; 0 while it is not all there."""
    head = received.find(b"\r\n\r\n") + 4
    if head < 4:
        return 0
    length = _LENGTH.search(received[:head])
    whole = head + (int(length.group(1)) if length else 0)
    return whole if len(received) >= whole else 0


def _refusal(status: str) -> bytes:
    text = "chaos"
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()
