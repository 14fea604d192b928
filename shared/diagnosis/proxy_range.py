"""The environment sets a range for a proxy-only subnet that the network cannot have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.ranges import objections


def refused(case: Case) -> dict[str, str]:
    """Region → why its range is not possible, for regions that are seen to be without a proxy-only subnet."""
    given, existing = case.wanted.proxy_ranges, case.proxies()
    if not isinstance(given, Mapping):
        return {}
    missing = [each for each in given if each not in existing and not case.hides("subnetworks", each)]
    wanted = {region: IPv4Network(str(given[region])) for region in missing}
    return objections(wanted, case.taken(), auto_mode=case.auto_mode)


def range_refused(case: Case) -> Iterator[Finding]:
    """One finding a region."""
    given = case.wanted.proxy_ranges
    for region, why in refused(case).items():
        yield Finding(
            code="RANGE_REFUSED",
            resource=f"{case.network_path()} in {region}",
            cause=f"The proxy-only subnet of {region} cannot have its range: {why}.",
            evidence={"proxyRanges": given},
            fix="Set proxyRanges to auto in the environment, and publish it again.",
        )
