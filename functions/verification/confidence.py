"""How many requests show a share, and which samples speak against it: exact binomial tests.

A proxy draws anew for every request, so the answers of a backend with share p in n requests are binomial(n, p). A share
is rejected if its answers are in one of the two tails that together have at most the allowed chance (`alarm`) under p
[Clopper and Pearson, Biometrika 26 (1934), 404-413: the test behind their interval]. It is exact, so the chance of
a false alarm is at most `alarm` for every n and p, and Bonferroni's inequality divides it among many tests.

What a test finds is told, too: `within(p, n, alarm)` is the least deviation of p that n requests show with a chance of
`POWER`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import ceil, exp, lgamma, log, log1p

ALARM = 1e-4  # chance that one whole verification of what is right finds something wrong with it
POWER = 0.99  # chance that a deviation of `within` is found
DEVIATION = 0.25  # of a share: samples are made so large that this much is found
MOST = 1_000  # requests of one row: a share of one in a hundred is seen within them
STEP = 20  # sizes of samples that are tried


def needed(share: float, alarm: float) -> int:
    """Requests after which a backend with this share has answered, but for a chance of `alarm`; may be beyond MOST."""
    if share >= 1:
        return 1
    return ceil(log(alarm) / log1p(-share)) if share > 0 else MOST + 1


def is_rejected(answers: int, requests: int, share: float, alarm: float) -> bool:
    """Whether so many answers speak against the share."""
    low, high = _accepted(requests, share, alarm)
    return not low <= answers <= high


@lru_cache(maxsize=1024)
def within(share: float, requests: int, alarm: float) -> float:
    """The least deviation, in hundredths, that so many requests show with a chance of POWER; 1.0 if none is."""
    low, high = _accepted(requests, share, alarm)
    for hundredths in range(1, 101):
        others = [share + hundredths / 100, share - hundredths / 100]
        possible = [each for each in others if 0 <= each <= 1]
        if possible and all(_found(requests, each, low, high) >= POWER for each in possible):
            return hundredths / 100
    return 1.0


@lru_cache(maxsize=1024)
def sample_size(shares: tuple[float, ...], alarm: float) -> int:
    """The fewest requests (in steps) that show a deviation of DEVIATION in each share, or as much as there can be."""
    for requests in range(STEP, MOST, STEP):
        if all(within(each, requests, alarm) <= DEVIATION for each in shares):
            return requests
    return MOST


@lru_cache(maxsize=1024)
def _accepted(requests: int, share: float, alarm: float) -> tuple[int, int]:
    """The fewest and the most answers that do not speak against the share: each tail has at most alarm / 2."""
    weights = [_chance(k, requests, share) for k in range(requests + 1)]
    return _cut(weights, alarm / 2), requests - _cut(reversed(weights), alarm / 2)


def _cut(weights: Iterable[float], alarm: float) -> int:
    """How many counts at the beginning of `weights` have at most `alarm` together."""
    together = 0.0
    for count, weight in enumerate(weights):
        together += weight
        if together > alarm:
            return count
    raise AssertionError("all counts together have a chance of one")


def _found(requests: int, share: float, low: int, high: int) -> float:
    return 1.0 - sum(_chance(k, requests, share) for k in range(low, high + 1))


def _chance(answers: int, requests: int, share: float) -> float:
    """Of exactly so many answers."""
    if share in (0.0, 1.0):
        return float(answers == round(share * requests))
    ways = lgamma(requests + 1) - lgamma(answers + 1) - lgamma(requests - answers + 1)
    return exp(ways + answers * log(share) + (requests - answers) * log1p(-share))
