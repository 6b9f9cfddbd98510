"""Changes at random: containers with sound, wrong and strange labels, and what becomes of them."""

from typing import get_args

from hypothesis import strategies as st

from models.containers import labels
from models.docker import Change, Spec, What

# Two of them share a slug.
NAMES = st.sampled_from(["a.b.c", "a.b.C", "a.b_c.d"])
_VALUES = [
    ("category", "DAQ"),
    ("health", "/ok"),
    ("protocol", "udp"),
    ("x.y", "é\x1b[1m"),
    ("note", ""),
    ("owner", "pc9"),
    ("port", "no port"),
    ("url", "javascript:x"),
]
_STRANGE = {"demi.": "1", "demi.a..c.port": "1", "demi.a.b.c/d.x": "1", "demi.a.b.c.k/y": "1"}
# So many new keys take two transactions.
_WIDE = {f"demi.a.b.c.k{number}": "x" for number in range(32)}
_PORTS = st.integers(1, 3)
_HEALTH = st.sampled_from([None, "healthy", "starting", "unhealthy"])


@st.composite
def _labels(draw: st.DrawFn) -> dict[str, str]:
    own: dict[str, str] = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=2)):
        extra = draw(st.lists(st.sampled_from(_VALUES), max_size=2))
        own |= labels(name, **dict(extra))
    kind = draw(st.sampled_from(["plain", "plain", "strange", "wide"]))
    return own | {"plain": {}, "strange": _STRANGE, "wide": _WIDE}[kind]


_STARTS = st.builds(
    Change,
    what=st.just("create"),
    which=st.just(0),
    spec=st.builds(
        Spec,
        labels=_labels(),
        host_port=_PORTS,
        created_ns=st.sampled_from([0, 1, 2, 1_000_000_000]),
        health=_HEALTH,
    ),
)
_LATER = st.builds(
    Change,
    what=st.sampled_from([each for each in get_args(What) if each != "create"] + ["die"]),
    which=st.integers(0, 5),
    spec=st.builds(
        Spec, labels=st.just({}), host_port=_PORTS, created_ns=st.just(0), health=_HEALTH
    ),
)
CHANGES = _STARTS | _LATER
