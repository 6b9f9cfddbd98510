"""Labels at random: sound ones, hostile ones, and other people's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

# Some of these share a slug, and few enough are there for several instances of each.
_SITES = ("sr1_lls", "sr1_lls", "sr1_lls", "SR1-lls", "b")
_STACKS = ("felix", "felix", "daq")
_SERVICES = ("api", "ui", "run_ctrl", "run-ctrl", "A" * 63)

_SOUND: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("port", ("8000", "8000", "3000", " 8000 ", "08000")),
    ("port", ("8000", "3000")),
    ("hostport", ("8443", "65535")),
    ("host", ("127.0.0.1", "pc7.example", "::1", "[::1]", "LOCALHOST")),
    ("protocol", ("http", "HTTPS", "tcp", "udp", "grpc")),
    ("category", ("Microservice", "Microservice-UI", "Run_Control", "DEMI", "!?")),
    ("description", ("Interface to FELIX hardware", "", "x" * 600, "é" * 300)),
    ("url_prefix", ("", "api", "/api/", "a b%20c%", "/ü/x?y=1")),
    ("url_postfix", ("/docs", "docs/", "")),
    ("health", ("/health", "health", "", "http://127.0.0.1:9/health", "/a:b")),
    ("health_interval", ("1m30s", "2s")),
    ("health_timeout", ("500ms",)),
    ("health_tls_skip_verify", ("true", "false", "perhaps")),
    ("url", ("http://127.0.0.1:9/d/abc", "https://[::1]/x y?org=1", "tcp://pc7.example:77")),
    ("note", ("from a label", "", "a=b/c", "line\nline", "\u2028\u202eevil\x07\x1b[31m")),
    ("calibration.run", ("12", "0x7f\x00tail")),
    ("large", ("y" * 100_000,)),
)
_HOSTILE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("port", ("x", "0", "70000", "", "8000/tcp", "-1", "\uff18\uff10", "9" * 5000)),
    ("hostport", ("99999", "0x50", "")),
    ("protocol", ("javascript", "my proto", "", "data", "1http")),
    ("host", ("0.0.0.0", "::", "http://pc7", "a b", "10.1.2", "", "x" * 300, "pc7\n")),
    ("health", ("http://other.example/health", "javascript:alert(1)", "http://[", "ftp://pc7/x")),
    ("health_interval", ("10", "-1s", "0s", "", "1s " * 40)),
    ("health_timeout", ("soon", "9" * 50 + "h")),
    ("url", ("javascript:alert(1)", "javascript://x/%0aalert(1)", "pc7.example", "http://", "")),
    ("url", ("http://pc7.example:99999/", "http://0.0.0.0/", "tcp://pc7.example/", "file:///x")),
    ("url_prefix", ("p" * 600,)),
    ("too-large", ("z" * 300_000,)),
    ("container", ("feedc0ffee00",)),
    ("image", ("trust-me",)),
    ("owner", ("somebody", "")),
    ("swagger_url", ("javascript:alert(1)",)),
    ("health_url", ("http://other.example/",)),
)
_STRANGE: tuple[tuple[str, str], ...] = (
    ("demi", "1"),
    ("demi.", "1"),
    ("demi....", "1"),
    ("demi.sr1_lls.felix.api", "8000"),
    ("demi.sr1_lls..api.port", "8000"),
    ("demi.sr1_lls.felix.b@d.port", "8000"),
    ("demi.-b.felix.api.port", "8000"),
    ("demi.../../etc.felix.api.port", "8000"),
    ("demi.b.felix." + "s" * 64 + ".port", "8000"),
    ("demi.b.felix.api.po/rt", "8000"),
    ("demi.b.felix.api.note..x", "8000"),
    ("demi.b.felix.ui.kéy", "8000"),
    ("demi.b.felix.\x1b[2J.port", "8000"),
    ("DEMI.b.felix.api.port", "8000"),
    ("demix.b.felix.api.port", "8000"),
    ("com.docker.compose.project", "felix"),
    ("traefik.http.routers.x.rule", "Host(`a`)"),
)

PORTS: Mapping[str, Mapping[str, tuple[str, int] | None]] = {
    "both": {"8000/tcp": None, "3000/tcp": None},
    "one": {"8000/tcp": None},
    "loopback": {"8000/tcp": ("127.0.0.1", 0), "3000/tcp": None},
    "udp": {"8000/tcp": None, "3000/udp": None},
    "none": {},
    "host": {},
}


@dataclass(frozen=True)
class Spec:
    """A container to be: `ports` names one of `PORTS`, `health` a kind of HEALTHCHECK."""

    labels: Mapping[str, str] = field(default_factory=dict)
    ports: str = "both"
    health: str = ""
    restarts: bool = False

    def __str__(self) -> str:
        shown = {
            key: value if len(value) <= 40 else f"{value[:20]}... ({len(value)})"
            for key, value in self.labels.items()
        }
        extra = " restarts" if self.restarts else ""
        return f"ports={self.ports} health={self.health or 'no'}{extra} {shown}"


def random_spec(random: Random) -> Spec:
    """A container of none to three services, a third of which have something wrong."""
    labels: dict[str, str] = {}
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3))):
        labels |= _service(random)
    if random.random() < 0.25:
        labels |= dict(random.sample(_STRANGE, random.randint(1, 4)))
    ports = random.choice(("both",) * 8 + ("one", "one", "loopback", "udp", "none", "host"))
    return Spec(
        labels,
        ports=ports,
        health=random.choice(("", "", "", "well", "sick", "toggle")),
        # A second one on the host's network finds its ports taken: it would be started for ever.
        restarts=random.random() < 0.15 and ports != "host",
    )


def _service(random: Random) -> dict[str, str]:
    name = ".".join((random.choice(_SITES), random.choice(_STACKS), random.choice(_SERVICES)))
    labels = {"port": "8000"} if random.random() < 0.8 else {}
    for key, values in random.sample(_SOUND, random.randint(0, 5)):
        if key != "large" or random.random() < 0.2:
            labels[key] = random.choice(values)
    if random.random() < 0.3:
        key, values = random.choice(_HOSTILE)
        labels[key] = random.choice(values)
    return {f"demi.{name}.{key}": value for key, value in labels.items()}
