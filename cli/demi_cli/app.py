"""The commands: their names, where they are, and their lines in the help."""

from demi_cli.lazy import Lazy, lazy_app

# What a line here says is what the docstring there begins with: help imports no command.
COMMANDS = (
    Lazy("ls", "ls:ls", "List all services with their state and URL."),
    Lazy("tree", "tree:tree", "Show sites, stacks, and the state of each service in them."),
    Lazy(
        "show",
        "show:show",
        "Show all about one service: state, URLs, instances, keys.",
    ),
    Lazy("url", "url:url", "Print the URL of a service, of a healthy instance."),
    Lazy("open", "url:open_", "Open a service in the browser, or print its URL."),
    Lazy("health", "health:health", "Say how services are, and what each check of theirs found."),
    Lazy("wait", "health:wait", "Wait until services are healthy, and print a URL of each."),
    Lazy(
        "watch",
        "watch:watch",
        "Print what happens to services, a line each, until Ctrl-C.",
    ),
    Lazy("dns", "dns:dns", "Show a service's names in DNS, and what they answer now."),
    Lazy("kv", "kv:app", "Read and write keys by paths: demi/sr1_lls/felix/api/run."),
    Lazy(
        "explain",
        "explain:explain",
        "Show what the registrator makes of containers.",
    ),
    Lazy(
        "plan",
        "plan:plan",
        "Show what the registrator would change in Consul now.",
    ),
    Lazy(
        "lint",
        "lint:lint",
        "Show what the labels of compose files will become.",
    ),
    Lazy("labels", "labels:labels", "Print the labels of a service, to paste into a compose file."),
    Lazy(
        "problems",
        "problems:problems",
        "List all registrators and the problems that they report.",
    ),
    Lazy(
        "doctor",
        "doctor:doctor",
        "Check Docker, Consul, the token, DNS, clocks and leftovers.",
    ),
    Lazy(
        "registrator",
        "registrator:registrator",
        "Watch the Docker Engine and keep Consul in step.",
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
