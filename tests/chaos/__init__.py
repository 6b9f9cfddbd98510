"""Random operations and faults, from a seed, on a real engine and a real Consul."""
