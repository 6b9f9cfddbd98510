"""The typed library under every part of the DeMi registry."""
