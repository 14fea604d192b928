"""The fleet's config membership is another cluster than the environment's config cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.google.gkehub import INGRESS, member_key


def config_membership_elsewhere(case: Case) -> Iterator[Finding]:
    """One finding, if the ingress feature names another membership than that of the config cluster."""
    feature = case.features.get(INGRESS)
    wanted = case.membership_of(case.wanted.config_cluster)
    if feature is None or not wanted:
        return
    named = feature.config_membership
    if member_key(named) == wanted:
        return
    yield Finding(
        code="CONFIG_MEMBERSHIP_ELSEWHERE",
        resource=feature.path,
        cause=f"The config membership is {member_key(named) or '(none)'}, but the Gateway is in"
        f" {case.wanted.config_cluster} ({wanted}): no controller handles it there.",
        evidence={"configMembership": named, "state": asdict(feature.state)},
        fix="gcloud container fleet ingress update"
        f" --config-membership=projects/{case.project}/{wanted} --project={case.project}",
    )
