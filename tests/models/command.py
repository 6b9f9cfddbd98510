"""What a run of the command leaves, and the names of the fixtures that run it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent.parent / "vectors"


@dataclass(frozen=True)
class Result:
    """Exit status and streams."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The output as JSON."""
        return json.loads(self.out)


Demi = Callable[..., Result]
Inspection = Callable[..., str]
