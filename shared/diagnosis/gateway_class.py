"""The config cluster has no multi-cluster GatewayClass, because its Gateway API is not enabled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from shared.diagnosis.case import Case
from shared.diagnosis.config_membership import config_membership_elsewhere
from shared.diagnosis.finding import Finding
from shared.diagnosis.service_agent import service_agent_without_role
from shared.google.container import STANDARD
from shared.google.gkehub import INGRESS

CLASS = "gke-l7-cross-regional-internal-managed-mc"


def gateway_class_absent(case: Case) -> Iterator[Finding]:
    """One finding, unless there is another reason: ingress does not work, or is configured for another cluster."""
    ingress, name = case.features.get(INGRESS), case.wanted.config_cluster
    if not case.config.knows("GatewayClass") or case.gateway_class:
        return
    if ingress is None or ingress.state.code != "OK":
        return
    if any(True for rule in (config_membership_elsewhere, service_agent_without_role) for _ in rule(case)):
        return
    channel = case.clusters[name].gateway_channel if name in case.clusters else ""
    yield Finding(
        code="GATEWAY_CLASS_ABSENT",
        resource=f"{name}/GatewayClass/{CLASS}",
        cause=f"Cluster {name} has no GatewayClass {CLASS}"
        + ("." if channel == STANDARD else f": its Gateway API channel is {channel or 'not set'}."),
        evidence={"gatewayApiConfig": channel, "ingress": asdict(ingress.state)},
        fix=f"gcloud container clusters update {name} --location={case.wanted.config.location}"
        f" --project={case.project} --gateway-api=standard",
    )
