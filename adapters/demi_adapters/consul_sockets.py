"""Connections that can be ended from another thread while they wait for an answer."""

import contextlib
import socket
from threading import Lock
from typing import Any
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class InterruptibleAdapter(HTTPAdapter):
    """An adapter that knows its open connections, those in use included."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools, with connections that report themselves."""
        super().init_poolmanager(*args, **options)
        self._open: WeakSet[HTTPConnection] = WeakSet()
        self._lock = Lock()
        self._is_interrupted = False
        note = self._note

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                note(self)

        class Tls(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                note(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Tls

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}

    def interrupt(self) -> None:
        """End all connections: whoever waits for an answer gets an error now, and ever after."""
        with self._lock:
            self._is_interrupted = True
            connections = list(self._open)
        self.close()
        for connection in connections:
            if (sock := connection.sock) is not None:
                with contextlib.suppress(OSError):  # it has ended by itself
                    sock.shutdown(socket.SHUT_RDWR)

    def _note(self, connection: HTTPConnection) -> None:
        with self._lock:
            self._open.add(connection)
            if self._is_interrupted:  # while this one was being made: nobody would end it
                raise ConnectionAbortedError("it was closed")
