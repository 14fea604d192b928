"""Multi-cluster ingress has lost its connection to clusters: its service agent lacks its role [observed]."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.google.gkehub import INGRESS, LOST

ROLE = "roles/multiclusteringress.serviceAgent"


def service_agent_without_role(case: Case) -> Iterator[Finding]:
    """One finding, if a membership reports it and the policy confirms it."""
    states = case.features[INGRESS].members if INGRESS in case.features else {}
    lost = {key: asdict(each) for key, each in states.items() if LOST in each.description}
    agent = f"serviceAccount:service-{case.number}@gcp-sa-multiclusteringress.iam.gserviceaccount.com"
    if not lost or agent in case.holders(ROLE):
        return
    names = ", ".join(sorted(key.rpartition("/")[2] for key in lost))
    yield Finding(
        code="SERVICE_AGENT_WITHOUT_ROLE",
        resource=f"projects/{case.project}",
        cause=f"Multi-cluster ingress has lost its connection to {names}: its service agent does not hold {ROLE}.",
        evidence={"membershipStates": lost, "holders": sorted(case.holders(ROLE))},
        fix=f"gcloud projects add-iam-policy-binding {case.project} --role={ROLE} --member={agent} --condition=None",
    )
