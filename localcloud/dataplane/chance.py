"""Which backend a request meets: chance, by weight, the same for the same seed.

A proxy draws anew for every request: the share of a backend service is its weight over the sum of weights
[documented: compute v1, WeightedBackendService.weight]. A draw follows from the seed, what is chosen for and how often
that was chosen for before (docs/decisions/0002). So a sample of many requests is a real sample, and a run can be
repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from localcloud.store import Collection


class Chance:
    """Draws of one seed; `drawn` is the collection that counts them, by what is chosen for."""

    def __init__(self, seed: int, drawn: Collection) -> None:
        self._seed = seed
        self._drawn = drawn

    def choose(self, key: str, weights: Sequence[int]) -> int | None:
        """The index that the next draw for `key` falls on; None if no weight is above zero."""
        total = sum(weights)
        if total <= 0:
            return None
        at = self.next(key) * total
        for index, weight in enumerate(weights):
            if at < weight:
                return index
            at -= weight
        return max(
            index for index, weight in enumerate(weights) if weight
        )  # rounding: the last that has a share

    def next(self, key: str) -> float:
        """The next number in [0, 1) for `key`."""
        nth = (self._drawn.get(key) or {"count": 0})["count"]
        self._drawn.put(key, {"count": nth + 1})
        return unit(f"{self._seed}|{key}|{nth}")


def unit(text: str) -> float:
    """A number in [0, 1) that depends on `text` alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
