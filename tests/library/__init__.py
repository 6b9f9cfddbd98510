"""The library for programs, on a real Consul."""
