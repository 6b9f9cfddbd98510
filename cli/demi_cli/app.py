"""The commands: their names, where they are, and their lines in the help."""

from demi_cli.lazy import Lazy, lazy_app

# What a line here says is what the docstring there begins with: help imports no command.
COMMANDS = (
    Lazy("ls", "ls:ls", "List all services with their state and URL."),
    Lazy("url", "url:url", "Print the URL of a service, of a healthy instance if there is one."),
    Lazy(
        "explain",
        "explain:explain",
        "Show what the registrator makes of containers, without changing anything.",
    ),
    Lazy(
        "lint",
        "lint:lint",
        "Show what the labels of compose files will become, before anything runs.",
    ),
    Lazy(
        "labels",
        "labels:labels",
        "Print the labels of a service, to paste into a compose file.",
    ),
    Lazy(
        "plan",
        "plan:plan",
        "Show what the registrator would change in Consul now, and change nothing.",
    ),
    Lazy(
        "problems",
        "problems:problems",
        "List all registrators and the problems that they report, from Consul alone.",
    ),
    Lazy(
        "doctor",
        "doctor:doctor",
        "Check Docker, Consul, the token, DNS, clocks and what registrators left; change nothing.",
    ),
    Lazy(
        "registrator",
        "registrator:registrator",
        "Watch the Docker Engine and keep Consul in step, until SIGTERM or Ctrl-C.",
    ),
    Lazy("ui", "ui:ui", "Serve the status page."),
    Lazy("version", "version:version", "Print the version."),
)

app = lazy_app(
    "demi",
    "Which DAQ service runs where, is it healthy, and what is its URL?",
    COMMANDS,
    completion=True,
)
