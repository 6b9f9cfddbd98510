"""Just enough DNS to ask one question and to see whether it was answered (RFC 1035, section 4)."""

import struct

_HEADER = struct.Struct("!6H")  # ID, flags, and the counts of four sections
_RECURSION_DESIRED = 0x0100
_RESPONSE = 0x8000
_IN = 1

TYPES = {"A": 1, "SRV": 33}
CODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


def question(name: str, kind: str, number: int) -> bytes:
    """A packet that asks for one type of record of a name.

    Raises:
        ValueError: the name is none that DNS can carry.
    """
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    if not all(0 < len(label) < 64 for label in labels):
        raise ValueError(f"{name!r} is no name for DNS")
    packed = b"".join(bytes([len(label)]) + label for label in labels)
    header = _HEADER.pack(number, _RECURSION_DESIRED, 1, 0, 0, 0)
    return header + packed + b"\0" + struct.pack("!2H", TYPES[kind], _IN)


def read_answer(packet: bytes, number: int) -> tuple[int, int] | None:
    """The RCODE and the number of answers; None for a packet that answers something else."""
    if len(packet) < _HEADER.size:
        return None
    found, flags, _, answers, _, _ = _HEADER.unpack_from(packet)
    if found != number or not flags & _RESPONSE:
        return None
    return flags & 0xF, answers
