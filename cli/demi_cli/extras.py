"""Parts that are installed on demand: what to say where one is missing."""

from importlib.util import find_spec

from demi_adapters.errors import ConfigurationError

_MODULES = {"registrator": "docker", "ui": "nicegui"}


def need_registrator() -> None:
    """Make sure that the Docker SDK is there.

    Raises:
        ConfigurationError: it is not; the message says how to install it.
    """
    _need("registrator")


def need_ui() -> None:
    """Make sure that NiceGUI is there.

    Raises:
        ConfigurationError: it is not; the message says how to install it.
    """
    _need("ui")


def installed_extras() -> dict[str, bool]:
    """Which parts are there, by the extra that brings them."""
    return {extra: find_spec(module) is not None for extra, module in _MODULES.items()}


def _need(extra: str) -> None:
    if not installed_extras()[extra]:
        raise ConfigurationError(
            f"this command needs more than is installed. Run: pip install 'demi-registry[{extra}]'"
        )
