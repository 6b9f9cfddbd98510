"""The Python half of `./dev`: `python -m demi_local COMMAND [ARGUMENTS]`."""

import os
import sys

from demi_local import clean, example, interrupts, lock, quality, settings, up
from demi_local.errors import LocalError
from demi_local.progress import Progress, Say

_SYSTEM_ENGINE = "unix:///var/run/docker.sock"


def main() -> int:
    """Run one command; return the exit code."""
    since = os.environ.pop("DEMI_LOCAL_SINCE", "")
    # ./dev sets them for this process, not for those that it starts.
    for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)
    say = Progress(float(since) if since else None)
    command, *arguments = sys.argv[1:] or ["up"]
    try:
        return _run(command, arguments, say)
    except LocalError as error:
        print(f"\n./dev {command}: {error}", file=sys.stderr, flush=True)
        return 1
    except (KeyboardInterrupt, interrupts.Interrupted):
        return 130


def _run(command: str, arguments: list[str], say: Say) -> int:
    if command == "up" and arguments:
        print(settings.HELP, end="")
        return 0 if arguments[0] in {"-h", "--help"} else 2
    match command:
        case "up":
            up.up(say)
        case "test":
            quality.test(arguments, say)
        case "check":
            quality.check(arguments, say)
        case "docs":
            # Imports the command, which .venv alone has.
            from demi_local import reference  # noqa: PLC0415

            reference.docs(say)
        case "lock":
            lock.lock(arguments, say)
        case "image":
            example.build_felix_image(os.environ.get("DOCKER_HOST") or _SYSTEM_ENGINE, say)
        case "clean":
            clean.clean(say)
        case _:
            raise LocalError("no such command; ./dev help lists them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
