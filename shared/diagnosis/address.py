"""A reserved address that the Gateway needs does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.gateway.names import address_purpose, reserved_names
from shared.google.compute import region_of


def address_unknown(case: Case) -> Iterator[Finding]:
    """One finding an address. The next deploy reserves those that Fleetgate manages."""
    existing = {(region_of(each), each["name"]) for each in case.addresses}
    said = [text for _, text in case.messages() if "does not exist" in text]
    for region, name in reserved_names(case.wanted).items():
        if (region, name) not in existing and case.addresses and not case.hides("addresses", region):
            yield Finding(
                code="ADDRESS_UNKNOWN",
                resource=f"projects/{case.project}/regions/{region}/addresses/{name}",
                cause=f"The Gateway needs address {name} in {region}, but project {case.project} does not have it.",
                evidence={
                    "said": said[:1],
                    "addresses": sorted(one for place, one in existing if place == region),
                },
                fix=f"gcloud compute addresses create {name} --project={case.project} --region={region}"
                f" --subnet={case.wanted.subnetwork} --purpose={address_purpose(case.wanted)}",
            )
