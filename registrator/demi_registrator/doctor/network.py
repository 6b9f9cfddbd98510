"""Name look-ups and DNS questions, each with a bounded time."""

import queue
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """An RCODE such as NOERROR, and the records as a zone file writes their data."""

    code: str
    records: tuple[str, ...]


def ask_dns(server: str, port: int, name: str, kind: str) -> DnsAnswer:
    """Ask a DNS server, by UDP, or TCP where the answer is long.

    Raises:
        OSError: it did not answer, or not in DNS's words.
        ValueError: the name is none that DNS can carry.
    """
    # Of the extra `cli`, which alone asks.
    import dns.exception  # noqa: PLC0415
    import dns.message  # noqa: PLC0415
    import dns.query  # noqa: PLC0415
    import dns.rcode  # noqa: PLC0415

    [(*_, place), *_] = socket.getaddrinfo(server, port, type=socket.SOCK_DGRAM)
    address = str(place[0])
    try:
        query = dns.message.make_query(name, kind)
    except dns.exception.DNSException as error:
        raise ValueError(f"{name!r} is no name for DNS: {error}") from None
    for _ in range(_DNS_ATTEMPTS):
        try:
            answer, _ = dns.query.udp_with_fallback(
                query, address, _DNS_TIMEOUT_S, port=port, ignore_errors=True
            )
        except dns.exception.Timeout:
            continue
        except dns.exception.DNSException as error:
            raise OSError(f"its answer makes no sense: {error}") from None
        records = (str(record) for group in answer.answer for record in group)
        return DnsAnswer(dns.rcode.to_text(answer.rcode()), tuple(sorted(records)))
    raise TimeoutError("no answer")


def _addresses(host: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(sorted({str(place[0]) for *_, place in found}))
