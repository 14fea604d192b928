"""How many requests show a share, and which samples speak against it: Wald's sequential probability ratio test.

A proxy draws anew for every request, so each answer comes from a backend with share p with chance p. After every answer
the sample is held against two other shares, p + DEVIATION and p - DEVIATION: how many times as likely would they have
made it [Wald, Annals of Mathematical Statistics 16 (1945), 117-186]? The bounds hold for any number of looks, since
under p this ratio exceeds 1/a with a chance of at most a, however long one goes on [Ville's inequality]:

- The share is rejected when a ratio reaches 2 / alarm: what is right is rejected with a chance of at most `alarm`.
- It holds when both ratios are down to MISS: a share that is off by DEVIATION or more is taken for right with a
  chance of at most MISS.

Bonferroni's inequality divides `alarm` among many tests.
"""

from __future__ import annotations

from math import ceil, inf, log, log1p

ALARM = 1e-4  # chance that one whole verification of what is right finds something wrong with its weights
MISS = 0.01  # chance that a share that is off by DEVIATION is not found
DEVIATION = 0.25
MOST = 1_000  # requests of one row: a share of one in a hundred is seen within them


def needed(share: float, alarm: float) -> int:
    """Requests after which a backend with this share has answered, but for a chance of `alarm`; may be beyond MOST."""
    if share >= 1:
        return 1
    return ceil(log(alarm) / log1p(-share)) if share > 0 else MOST + 1


def is_rejected(answers: int, requests: int, share: float, alarm: float) -> bool:
    """Whether so many answers speak against the share."""
    return any(_ratio(answers, requests, share, each) >= log(2 / alarm) for each in _others(share))


def holds(answers: int, requests: int, share: float) -> bool:
    """Whether so many answers speak against every share that is off by DEVIATION."""
    return all(_ratio(answers, requests, share, each) <= log(MISS) for each in _others(share))


def _others(share: float) -> list[float]:
    """The shares that it is held against: what is beyond 0 and 1 cannot be."""
    return [each for each in (share - DEVIATION, share + DEVIATION) if 0 <= each <= 1]


def _ratio(answers: int, requests: int, share: float, other: float) -> float:
    """The logarithm of how many times as likely `other` makes these answers as `share` does."""
    return _times(answers, other, share) + _times(requests - answers, 1 - other, 1 - share)


def _times(count: int, other: float, share: float) -> float:
    if not count:
        return 0.0
    return count * log(other / share) if other > 0 else -inf
