# One Consul server on one PC, started by compose.yaml. What programs connect to (address and
# ports) are flags there, because they come from .env. Consul reads every file of this folder in
# alphabetical order, so a lab's own settings go into a file of their own, such as zz-local.hcl.
# Only what differs from Consul's defaults, or what nobody should flip unseen. Every key is
# known to Consul 1.8 and to 1.21.

server           = true
bootstrap_expect = 1 # a single server elects itself

# Server to server, ports 8300 to 8302. One server has no peers, and one that is known by an
# address which the PC then loses (DHCP) cannot elect itself: it stays on loopback.
bind_addr = "127.0.0.1"

# The image's own choice, said again so that `consul validate` can judge this folder alone.
data_dir = "/consul/data"

# Stopping this container is not leaving: a node that leaves loses its services and sessions,
# and the sessions take the demi/ keys with them. (A server's default.)
leave_on_terminate = false

# No script checks, ever: without ACLs, whoever may register a service could run commands.
# (The default.)
enable_script_checks = false

# Lab networks seldom reach the vendor's version service, and need not.
disable_update_check = true

http_config {
  # Without ACLs everybody who reaches the HTTP port could register services and write keys.
  # Other hosts may read; registering and writing is for programs on this PC. Another file
  # may name more networks: lists are joined.
  allow_write_http_from = ["127.0.0.0/8", "::1/128"]
}

limits {
  # Each reader holds a few blocking queries open, and all readers on one PC share an address:
  # the default of 200 is about 60 programs. 1000 is a guess at more than a PC will run, and
  # still fits into 1024 open files, which Consul checks at the start.
  http_max_conns_per_client = 1000
}

performance {
  # The default, 5, is for the smallest virtual machines; 1 is Consul's own advice for real
  # ones, and shortens the time without a leader after a restart.
  raft_multiplier = 1
}

# Left at its default on purpose:
# - dns_config.only_passing = false. DNS leaves out what is critical; a service that is only
#   "starting" (warning) can be reached and stays in the answer.
# - dns_config.service_ttl = 0. A service that moved is found at its new port at once.
# - recursors = []. Consul answers for .consul alone and is nobody's way out to other names.
# - telemetry. Nothing is sent anywhere unless it is configured.
