"""A region has no active proxy-only subnet: the first failure that the tutorial documents."""

from __future__ import annotations

from collections.abc import Iterator

from shared import labels
from shared.diagnosis.case import Case
from shared.diagnosis.commands import create_subnetwork
from shared.diagnosis.finding import Finding
from shared.diagnosis.proxy_range import refused
from shared.google.compute import region_of

SAID = "proxy-only subnetwork is required"  # part of the controller's message [observed]


def proxy_subnet_missing(case: Case) -> Iterator[Finding]:
    """One finding a region, unless its range is refused: that is a finding of its own."""
    if not case.in_network(case.subnetworks):
        return
    existing, objected = case.proxies(), refused(case)
    for region in case.wanted.proxy_regions:
        if region in existing or region in objected or case.hides("subnetworks", region):
            continue
        yield Finding(
            code="PROXY_SUBNET_MISSING",
            resource=f"{case.network_path()} in {region}",
            cause=f"Network {case.wanted.network} has no active subnet of purpose GLOBAL_MANAGED_PROXY in {region}:"
            " no load balancer of this class works there.",
            evidence={
                "subnetworks": [
                    f"{each['name']}: {each.get('purpose', 'PRIVATE')} {each.get('role', '')}".strip()
                    for each in case.in_network(case.subnetworks)
                    if region_of(each) == region
                ],
                "said": [text for _, text in case.messages() if SAID in text][:1],
            },
            fix=_create(case, region),
        )


def _create(case: Case, region: str) -> str:
    """The command does what the next deploy would do, with the mark that a teardown searches for."""
    name, given = labels.bounded(f"fleetgate-{case.wanted.name}-proxy"), case.wanted.proxy_ranges
    cidr = None if isinstance(given, str) or region not in given else str(given[region])
    kind = ("--purpose=GLOBAL_MANAGED_PROXY", "--role=ACTIVE")
    mark = f"--description={labels.mark(case.wanted.name)}"
    return create_subnetwork(case, name, region, cidr, *kind, mark)
