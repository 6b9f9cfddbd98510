"""Runs the whole product on one machine: engine, Consul, registrator, page, example.

Standard library only, because it also runs before the Python environment exists.
"""
