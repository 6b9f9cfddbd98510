"""What a person can try once everything runs."""

import shlex
from collections.abc import Mapping

from demi_local import paths, wire
from demi_local.example import CONTAINER
from demi_local.ports import LOOPBACK
from demi_local.settings import Settings

_DEFAULT_ENGINE = "unix:///var/run/docker.sock"


def hints(settings: Settings, env: Mapping[str, str], dns_port: int, page_url: str) -> str:
    """Return the closing paragraph: addresses and commands to copy.

    `env` is the registrator's: `explain` and `plan` answer for it only with what it was given.
    """
    demi = str(paths.VENV / "bin" / "demi")
    given = registrator_settings(env)
    consul = "" if settings.consul_is_default else f"CONSUL_HTTP_ADDR={settings.consul_address} "
    rows = [
        ("The page", page_url),
        ("What is registered", f"{consul}{demi} ls"),
        ("What labels turn into", f"{given}{demi} explain {CONTAINER}"),
        ("What is yet to be done", f"{consul}{given}{demi} plan"),
    ]
    if dns_port > 0:
        dig = f"dig @{LOOPBACK} -p {dns_port}"
        rows += [
            ("The same from DNS", f"{dig} sr1-lls-felix-api.service.consul SRV"),
            ("", f"{dig} +short api.felix.sr1-lls.query.consul"),
        ]
        if paths.find_program("dig") is None:
            rows.append(("", "(dig comes with: apt-get install bind9-dnsutils)"))
    if _has_consul_ui(settings):
        rows.append(("Consul's own page", f"{settings.consul_url}/ui/"))
    return "\n".join(f"  {what:22} {how}" for what, how in rows)


def registrator_settings(env: Mapping[str, str]) -> str:
    """Return what a shell must set for `demi` to decide as the registrator does."""
    names = ("DOCKER_HOST", "DEMI_HOST", "DEMI_OWNER", "DEMI_NAMESPACE")
    return "".join(
        f"{name}={shlex.quote(env[name])} "
        for name in names
        if env.get(name) and (name, env[name]) != ("DOCKER_HOST", _DEFAULT_ENGINE)
    )


def _has_consul_ui(settings: Settings) -> bool:
    answer = wire.request(settings.consul_url, "GET", "/ui/")
    return answer.ok and b"<html" in answer.body.lower()
