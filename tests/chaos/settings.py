"""How much chaos, and which."""

import os

SEED = int(os.environ.get("CHAOS_SEED", "1"))
OPERATIONS = int(os.environ.get("CHAOS_OPS", "200"))
