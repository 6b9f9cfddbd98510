"""Tests with a real Docker Engine and a real Consul."""
