"""`demi version`."""

from importlib.metadata import version as installed_version

from demi_cli.output import put


def version() -> None:
    """Print the version."""
    put(installed_version("demi-registry"))
