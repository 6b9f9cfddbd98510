"""Name look-ups and DNS questions, each with a bounded time."""

import queue
import random
import socket
import threading
import time
from collections.abc import Iterable

from demi_registrator.doctor.dns import question, read_answer

_RESOLVE_S = 2.0
_THREADS = 16  # a guess: a lab's resolver answers this many at once
_DNS_ATTEMPTS = 2  # one packet may get lost
_DNS_TIMEOUT_S = 1.5


def resolve(hosts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The addresses of hosts; none for those that led nowhere within two seconds, all together.

    The look-up itself knows no time-out, so threads that are late are left behind.
    """
    wanted = sorted(set(hosts))
    found: dict[str, tuple[str, ...]] = dict.fromkeys(wanted, ())
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[str, tuple[str, ...]]] = queue.SimpleQueue()
    for host in wanted:
        waiting.put(host)

    def work() -> None:
        while True:
            try:
                host = waiting.get_nowait()
            except queue.Empty:
                return
            answers.put((host, _addresses(host)))

    for _ in range(min(_THREADS, len(wanted))):
        threading.Thread(target=work, name="resolve", daemon=True).start()
    deadline = time.monotonic() + _RESOLVE_S
    for _ in wanted:
        try:
            host, addresses = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        found[host] = addresses
    return found


def is_own(address: str) -> bool:
    """Whether this machine has an address: only then a socket can be bound to it."""
    try:
        for family, kind, number, _, place in socket.getaddrinfo(
            address, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        ):
            with socket.socket(family, kind, number) as probe:
                probe.bind(place)
    except OSError:
        return False
    return True


def ask_dns(server: str, port: int, name: str, kind: str) -> tuple[int, int]:
    """The RCODE and the number of answers of a DNS server, by UDP.

    Raises:
        OSError: it did not answer.
        ValueError: the name is none that DNS can carry.
    """
    number = random.getrandbits(16)
    packet = question(name, kind, number)
    [(family, socket_kind, protocol, _, place), *_] = socket.getaddrinfo(
        server, port, type=socket.SOCK_DGRAM
    )
    with socket.socket(family, socket_kind, protocol) as asking:
        asking.connect(place)
        for _ in range(_DNS_ATTEMPTS):
            deadline = time.monotonic() + _DNS_TIMEOUT_S
            asking.send(packet)
            while (left := deadline - time.monotonic()) > 0:
                asking.settimeout(left)
                try:
                    answer = read_answer(asking.recv(4096), number)
                except TimeoutError:
                    break
                if answer is not None:
                    return answer
    raise TimeoutError("no answer")


def _addresses(host: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(sorted({str(place[0]) for *_, place in found}))
