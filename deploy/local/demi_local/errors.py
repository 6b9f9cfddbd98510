"""The one error a person sees."""


class LocalError(Exception):
    """Says what failed, where, and what to do; the entry point prints it and exits 1."""
