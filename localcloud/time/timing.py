"""How long the platform takes, as one table (`timing.yaml`) and one way of drawing from it.

A draw depends on the seed, the kind and the resource, and on nothing else: not on the order of events. So the
shortest possible time of a whole environment can be told from the table without running it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from localcloud.own_files import own

SPREAD = 0.4  # ±40 % of the typical time


@cache
def table() -> dict[str, dict[str, Any]]:
    """The timing table: kind → {seconds, mark, source}."""
    rows: dict[str, dict[str, Any]] = own(Path(__file__).with_name("timing.yaml"))
    return rows


@dataclass(frozen=True)
class Timing:
    """Durations for one seed. `overrides` replaces typical seconds of some kinds (a drill, a slow day)."""

    seed: int
    spread: float = SPREAD
    overrides: Mapping[str, float] = field(default_factory=dict)

    def typical(self, kind: str) -> float:
        """Seconds that `kind` takes as a rule.

        Raises:
            KeyError: the table has no such kind.
        """
        return float(self.overrides.get(kind, table()[kind]["seconds"]))

    def draw(self, kind: str, resource: str, nth: int = 0) -> float:
        """Seconds that `kind` takes for `resource`, the `nth` time it happens.

        Raises:
            KeyError: the table has no such kind.
        """
        digest = hashlib.sha256(f"{self.seed}|{kind}|{resource}|{nth}".encode()).digest()
        unit = int.from_bytes(digest[:8], "big") / 2**64  # in [0, 1)
        return round(self.typical(kind) * (1 + self.spread * (2 * unit - 1)), 3)
