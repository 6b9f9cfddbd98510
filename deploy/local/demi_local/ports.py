"""TCP and UDP ports of this machine's loopback address."""

import secrets
import socket

LOOPBACK = "127.0.0.1"
# Below Linux's range for outgoing connections and Docker's for published ports (32768 and up),
# so that a port stays free while its server is restarted.
_FIRST, _LAST = 15000, 32000
_ATTEMPTS = 200
_handed_out: set[int] = set()


def free_port() -> int:
    """Return a port that is free for TCP and UDP, never the same one twice in a process."""
    for _ in range(_ATTEMPTS):
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        if port not in _handed_out and is_free(port):
            _handed_out.add(port)
            return port
    raise OSError(f"no free port on {LOOPBACK} after {_ATTEMPTS} attempts")


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen on the port, for TCP and for UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                # A port in TIME_WAIT is free to a server, and servers set this.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
