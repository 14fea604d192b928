"""Why an environment is not ready: one rule a file, each with a stable code, evidence, a cause and one fix."""

from __future__ import annotations

from shared.diagnosis.address import address_unknown
from shared.diagnosis.api_disabled import api_disabled
from shared.diagnosis.backend_port import backend_port_unknown
from shared.diagnosis.case import Case
from shared.diagnosis.cluster_error import cluster_in_error
from shared.diagnosis.config_membership import config_membership_elsewhere
from shared.diagnosis.endpoints import endpoints_absent
from shared.diagnosis.finding import Finding, Rule
from shared.diagnosis.firewall import firewall_closed
from shared.diagnosis.gateway_class import gateway_class_absent
from shared.diagnosis.gathering import gather
from shared.diagnosis.health import health_check_fails
from shared.diagnosis.importer_role import importer_without_role
from shared.diagnosis.importer_starved import importer_starved
from shared.diagnosis.imports import import_incomplete
from shared.diagnosis.permission import permission_denied
from shared.diagnosis.place import place_unreachable
from shared.diagnosis.pods import pods_not_ready
from shared.diagnosis.proxy_range import range_refused
from shared.diagnosis.proxy_subnet import proxy_subnet_missing
from shared.diagnosis.quota import quota_exceeded
from shared.diagnosis.service import service_unfit
from shared.diagnosis.service_agent import service_agent_without_role
from shared.diagnosis.service_missing import service_missing
from shared.diagnosis.subnetwork import subnetwork_missing
from shared.diagnosis.taken_traffic import traffic_taken

# Root causes first.
RULES: tuple[Rule, ...] = (
    api_disabled,
    permission_denied,
    place_unreachable,
    quota_exceeded,
    cluster_in_error,
    subnetwork_missing,
    range_refused,
    proxy_subnet_missing,
    address_unknown,
    importer_without_role,
    importer_starved,
    service_agent_without_role,
    config_membership_elsewhere,
    gateway_class_absent,
    import_incomplete,
    service_missing,
    service_unfit,
    backend_port_unknown,
    traffic_taken,
    firewall_closed,
    pods_not_ready,
    endpoints_absent,
    health_check_fails,
)


def diagnose(case: Case) -> list[Finding]:
    """Every cause that the rules find in `case`, root causes first."""
    return [finding for rule in RULES for finding in rule(case)]


__all__ = ["RULES", "Case", "Finding", "Rule", "diagnose", "gather"]
