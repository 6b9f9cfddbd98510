"""The one door in and out: every expected error leaves here, with words and an exit code."""

import atexit
import gc
import os
import sys

from demi_adapters.errors import DemiError
from demi_cli.exit_codes import ExitCode, exit_code_of
from demi_cli.output import say


def main() -> int:
    """Run the command line; the exit status."""
    # At its end the interpreter would look for garbage among all that was imported, several times.
    atexit.register(gc.freeze)
    try:
        from demi_cli.app import app

        if os.environ.get("_DEMI_COMPLETE") == "complete_bash":
            from demi_cli.completion import rejoin

            rejoin(os.environ)
        app(prog_name="demi")  # whatever it was started as: completion goes by this name
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "yaml"):
            raise
        say("demi: the command is not installed. Run: pip install 'demi-registry[cli]'")
        return ExitCode.USAGE
    except DemiError as error:
        say(f"demi: {error}")
        return exit_code_of(error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
