"""The `demi` command."""
