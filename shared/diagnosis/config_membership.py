"""The fleet's Gateways are looked after in another cluster than the environment's."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.case import INGRESS, Case, member_key
from shared.diagnosis.finding import Finding


def config_membership_elsewhere(case: Case) -> Iterator[Finding]:
    """One finding, if there is a feature, a membership of the config cluster, and they do not fit."""
    feature = case.features.get(INGRESS)
    wanted = case.membership_of(case.wanted.config_cluster)
    if feature is None or not wanted:
        return
    named = feature.get("spec", {}).get(INGRESS, {}).get("configMembership", "")
    if member_key(named) == wanted:
        return
    yield Finding(
        code="CONFIG_MEMBERSHIP_ELSEWHERE",
        resource=feature["name"],
        cause=f"The config membership is {member_key(named) or '(none)'}, and the Gateway is in"
        f" {case.wanted.config_cluster} ({wanted}): nobody looks after it there.",
        evidence={"configMembership": named, "state": feature.get("state", {}).get("state", {})},
        fix="gcloud container fleet ingress update"
        f" --config-membership=projects/{case.project}/{wanted} --project={case.project}",
    )
