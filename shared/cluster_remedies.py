"""What to do before a cluster that could not be created is asked for again, by the words of its failure."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Words of a creation that has failed → what to do before the next. None of these causes passes by itself but the first,
# and of that nobody knows when: GKE tries for up to 35 minutes before it says so (akka/akka-core#32992) [observed].
REMEDIES = (
    (
        re.compile(r"STOCKOUT|enough resources available", re.I),
        "choose another zone or machine type, or wait until there is room",
    ),
    (
        re.compile(
            r"private IP space|IP_SPACE_EXHAUSTED|IP space of|Requested CIDR|secondary ranges per", re.I
        ),
        "give it a smaller podRange such as /20, or free what is named",
    ),
    (re.compile(r"QUOTA_EXCEEDED|insufficient \w+ ?quota|quota '", re.I), "raise the quota that is named"),
    (
        re.compile(r"constraint \S+ violated", re.I),
        "ask for an exception from the policy, or set privateNodes: true",
    ),
)

UNKNOWN = "if that fails in the same way, choose another zone or machine type, or ask Google's support"


def remedy(complaints: Iterable[str]) -> str:
    """What removes the cause, by GKE's words; "" if they name none that is known."""
    said = " ".join(complaints)
    return next((remedy for words, remedy in REMEDIES if words.search(said)), "")


def next_step(complaints: Iterable[str]) -> str:
    """What to do once the broken cluster is deleted. Asked for as it was, it may only fail as it did."""
    found = remedy(complaints)
    return f"{found}, and publish the request again" if found else f"publish the request again; {UNKNOWN}"
