"""Whose turn it is: shares by weight, in an order that is the same every time.

A proxy chooses at random; here a counter stands for chance, so that a run can be repeated. Over one round of
requests (as many as the weights add up to) every choice comes exactly as often as its weight says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from localcloud.store import Collection


class Turns:
    """Turns taken so far, by what is chosen for; `taken` is the collection that counts them."""

    def __init__(self, taken: Collection) -> None:
        self._taken = taken

    def choose(self, key: str, weights: Sequence[int]) -> int | None:
        """The index whose turn it is for `key`; None if no weight is above zero."""
        total = sum(weights)
        if total <= 0:
            return None
        turn = (self._taken.get(key) or {"count": 0})["count"]
        self._taken.put(key, {"count": turn + 1})
        at = turn % total * _stride(total) % total
        for index, weight in enumerate(weights):
            if at < weight:
                return index
            at -= weight
        raise AssertionError("weights add up to their total")


def _stride(total: int) -> int:
    """A step that meets every place of a round, spread out (near the golden section of it)."""
    wanted = max(1, round(total * 0.618))
    return next(step for step in range(wanted, total + 2) if math.gcd(step, total) == 1)
