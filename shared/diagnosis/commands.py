"""Command lines for fixes: each can be pasted into a shell, and needs no setup."""

from __future__ import annotations

import shlex

from shared.diagnosis.case import Case
from shared.ranges import NoRangeLeft, choose


def create_subnetwork(case: Case, name: str, region: str, cidr: str | None = None, *flags: str) -> str:
    """Create a subnetwork in the environment's network, with `cidr` or a free range. If none is free, a sentence."""
    cidr = cidr or free_range(case, region)
    if not cidr:
        return (
            f"Free a range of network {case.wanted.network}: all private ranges are taken. Then publish the"
            " environment again."
        )
    words = (
        *("gcloud", "compute", "networks", "subnets", "create", name, f"--project={case.project}"),
        *(f"--network={case.wanted.network}", f"--region={region}", f"--range={cidr}", *flags),
    )
    return shlex.join(words)


def free_range(case: Case, region: str) -> str:
    """A free range, "" if there is none."""
    try:
        return str(choose([region], case.taken(), auto_mode=case.auto_mode)[region])
    except NoRangeLeft:
        return ""
