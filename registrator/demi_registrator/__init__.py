"""The daemon that keeps Consul in step with the containers of one engine."""
