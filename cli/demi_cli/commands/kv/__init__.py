"""`demi kv`: the key-value tree, for people and scripts."""

from demi_cli.lazy import Lazy, lazy_app

COMMANDS = (
    Lazy("ls", "reading:ls", "List keys with their values, and who holds each."),
    Lazy("get", "reading:get", "Print the value of a key."),
    Lazy("put", "changing:put", "Write a key: text, or the bytes of a file, as they are."),
    Lazy("rm", "changing:rm", "Remove keys."),
    Lazy(
        "export",
        "transfer:export",
        "Print keys as a file that `demi kv import` reads, sorted by path.",
    ),
    Lazy(
        "import", "transfer:import_", "Write the keys of a file, and say of each what became of it."
    ),
)

app = lazy_app(
    "kv",
    "Read and write keys by paths: demi/sr1_lls/felix/api/run.",
    COMMANDS,
    __name__,
)
