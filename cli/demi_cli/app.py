"""The commands: their names, where they are, and their lines in the help."""

from demi_cli.lazy import Lazy, lazy_app

# What a line here says is what the docstring there begins with: help imports no command.
COMMANDS = (
    Lazy("ls", "ls:ls", "List all services with their state and URL."),
    Lazy("tree", "tree:tree", "Show sites, their stacks, and the state of each service in them."),
    Lazy(
        "show",
        "show:show",
        "Show all that is known of one service: state, URLs, instances, checks, keys.",
    ),
    Lazy("url", "url:url", "Print the URL of a service, of a healthy instance."),
    Lazy("open", "url:open_", "Open a service in the browser; print its URL where there is none."),
    Lazy("health", "health:health", "Say how services are, and what each check of theirs found."),
    Lazy("wait", "health:wait", "Wait until services are healthy, and print a URL of each."),
    Lazy(
        "watch",
        "watch:watch",
        "Print a line for each change, until Ctrl-C: first, all that is there appears.",
    ),
    Lazy(
        "dns", "dns:dns", "Show a service's names in DNS, what they answer now, and how to ask dig."
    ),
    Lazy("kv", "kv:app", "Read and write keys: by whole paths such as demi/sr1_lls/felix/api/run."),
    Lazy(
        "explain",
        "explain:explain",
        "Show what the registrator makes of containers, without changing anything.",
    ),
    Lazy(
        "plan",
        "plan:plan",
        "Show what the registrator would change in Consul now, and change nothing.",
    ),
    Lazy(
        "lint",
        "lint:lint",
        "Show what the labels of compose files will become, before anything runs.",
    ),
    Lazy("labels", "labels:labels", "Print the labels of a service, to paste into a compose file."),
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
