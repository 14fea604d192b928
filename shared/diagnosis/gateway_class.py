"""The config cluster has no multi-cluster GatewayClass, because it has no Gateway API."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.case import INGRESS, Case
from shared.diagnosis.config_membership import config_membership_elsewhere
from shared.diagnosis.finding import Finding
from shared.diagnosis.service_agent import service_agent_without_role

CLASS = "gke-l7-cross-regional-internal-managed-mc"
STANDARD = "CHANNEL_STANDARD"


def gateway_class_absent(case: Case) -> Iterator[Finding]:
    """One finding, unless there is a reason elsewhere: ingress does not work, or is another cluster's."""
    feature, name = case.features.get(INGRESS, {}), case.wanted.config_cluster
    state = feature.get("state", {}).get("state", {})
    if not case.config.knows("GatewayClass") or case.gateway_class or state.get("code") != "OK":
        return
    if any(True for rule in (config_membership_elsewhere, service_agent_without_role) for _ in rule(case)):
        return
    channel = (
        case.clusters.get(name, {}).get("networkConfig", {}).get("gatewayApiConfig", {}).get("channel", "")
    )
    yield Finding(
        code="GATEWAY_CLASS_ABSENT",
        resource=f"{name}/GatewayClass/{CLASS}",
        cause=f"Cluster {name} has no GatewayClass {CLASS}"
        + ("." if channel == STANDARD else f": its Gateway API channel is {channel or 'not set'}."),
        evidence={"gatewayApiConfig": channel, "ingress": state},
        fix=f"gcloud container clusters update {name} --location={case.wanted.config.location}"
        f" --project={case.project} --gateway-api=standard",
    )
