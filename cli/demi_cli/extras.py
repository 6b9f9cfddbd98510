"""Parts that are installed on demand: what to say where one is missing."""

from importlib.util import find_spec

from demi_adapters.errors import ConfigurationError


def need_registrator() -> None:
    """Make sure that the Docker SDK is there.

    Raises:
        ConfigurationError: it is not; the message says how to install it.
    """
    _need("docker", "registrator")


def need_ui() -> None:
    """Make sure that NiceGUI is there.

    Raises:
        ConfigurationError: it is not; the message says how to install it.
    """
    _need("nicegui", "ui")


def _need(module: str, extra: str) -> None:
    if find_spec(module) is None:
        raise ConfigurationError(
            f"this command needs more than is installed. Run: pip install 'demi-registry[{extra}]'"
        )
