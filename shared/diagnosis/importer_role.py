"""The MCS importer may not read the network: no exported service is imported anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding

ROLE = "roles/compute.networkViewer"
SUBJECT = "subject/ns/gke-mcs/sa/gke-mcs-importer"


def importer_without_role(case: Case) -> Iterator[Finding]:
    """One finding. The identity pool comes with the first cluster, so without clusters there is none."""
    if not case.policy or not case.clusters:
        return
    pool = f"{case.project}.svc.id.goog"
    holders = case.holders(ROLE)
    if any(each.startswith("principal:") and each.endswith(f"/{pool}/{SUBJECT}") for each in holders):
        return
    member = f"principal://iam.googleapis.com/projects/{case.number}/locations/global/workloadIdentityPools/{pool}/{SUBJECT}"
    yield Finding(
        code="IMPORTER_WITHOUT_ROLE",
        resource=f"projects/{case.project}",
        cause=f"The importer of multi-cluster Services does not hold {ROLE} in project {case.project}: it sees no"
        " endpoints, and writes no imports.",
        evidence={"role": ROLE, "holders": sorted(holders)},
        fix=f"gcloud projects add-iam-policy-binding {case.project} --role={ROLE} --member='{member}' --condition=None",
    )
