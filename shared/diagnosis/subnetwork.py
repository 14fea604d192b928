"""A region of the Gateway has no subnet with the name of the environment's subnetwork."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.case import Case
from shared.diagnosis.commands import create_subnetwork
from shared.diagnosis.finding import Finding
from shared.google.compute import region_of


def subnetwork_missing(case: Case) -> Iterator[Finding]:
    """One finding a region [documented: the Gateway's addresses are in the subnet of that name]."""
    found = case.in_network(case.subnetworks)
    if not found:
        return
    name, network = case.wanted.subnetwork, case.wanted.network
    existing = {region_of(each) for each in found if each["name"] == name}
    for region in case.wanted.proxy_regions:
        if region not in existing and not case.hides("subnetworks", region):
            yield Finding(
                code="SUBNETWORK_MISSING",
                resource=f"projects/{case.project}/regions/{region}/subnetworks/{name}",
                cause=f"Network {network} has no subnet {name} in {region}: the Gateway can have no address there.",
                evidence={"regions": sorted(existing)},
                fix=create_subnetwork(case, name, region),
            )
