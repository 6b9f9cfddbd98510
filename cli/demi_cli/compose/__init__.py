"""Compose files, read as far as a container's labels, ports and health check depend on them.

What compose itself does with them is the reference: https://github.com/compose-spec/compose-spec.
Nothing is started and no engine is asked; only `files` reads from a disk.
"""
