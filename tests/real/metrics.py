"""What a registrator that was given `DEMI_METRICS_PORT` tells of itself."""

import urllib.error
import urllib.request

from real.world import HOST


def consul_calls(port: int) -> float:
    """How often it has called Consul."""
    lines = _page(port, "metrics").splitlines()
    return float(next(line for line in lines if 'calls_total{backend="consul"}' in line).split()[1])


def readiness(port: int) -> str:
    """`ok`, or what is wrong."""
    return _page(port, "readyz").strip()


def _page(port: int, name: str) -> str:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/{name}") as page:
            return str(page.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()
