"""Which parts of load balancers an environment has left behind. Pure.

The Gateway controller copies no labels to the parts that it makes. A part is ours if the Gateway listed it before it
was deleted, or if its description names our Gateway, or an import or Service of ours.
"""

from __future__ import annotations

from functions.verification.attribution import Attribution, Evidence, abandoned, foreign, ours
from functions.verification.descriptions import DescribedObject, described_object, fields_of
from shared.google.resource import Resource

ALWAYS_DESCRIBED = ("forwardingRules", "targetHttpProxies", "urlMaps")  # [observed]
SERVE404 = "gkemcg1-kube-system-gw-serve404-"  # shared by all Gateways of a project [observed]


def attribute_part(evidence: Evidence, each: Resource) -> Attribution | None:
    """A forwarding rule, proxy, URL map, backend service or health check."""
    if each.tail in evidence.environment.parts:
        return ours("the Gateway named it among its load balancer's parts")
    if each.name.startswith("gkemcs-"):
        return _of_multi_cluster_services(evidence, each)
    if each.name.startswith(SERVE404):
        return _of_all_gateways(evidence, each)
    if not each.name.startswith("gkemcg1-"):
        return None
    described = described_object(each)
    return _by_description(evidence, each, described) if described else _by_name(evidence, each)


def attribute_gateway_firewall(evidence: Evidence, each: Resource) -> Attribution | None:
    """The controller makes one firewall rule for all Gateways of a VPC. It is left over after the last of them."""
    return _of_all_gateways(evidence, each)


def _of_all_gateways(evidence: Evidence, each: Resource) -> Attribution | None:
    """What the controller makes once and removes with the last Gateway."""
    if any("/gkemcg1-" in rule for rule in evidence.foreign_rules):
        return None
    rules = evidence.inventory.of("forwardingRules")
    if each.tail in evidence.environment.parts or any(attribute_part(evidence, rule) for rule in rules):
        return ours("the controller made it for Gateways, and no other Gateway needs it")
    return abandoned("no Gateway is left that needs it; nothing says that it was this environment's", each)


def _by_description(evidence: Evidence, each: Resource, described: DescribedObject) -> Attribution | None:
    cluster, plural, namespace, name = described
    if not _is_our_object(evidence, plural, namespace, name):
        other = foreign(f"its description names {plural} {namespace}/{name}")
        return other if _has_our_prefix(evidence, each) else None
    if cluster in evidence.foreign_clusters:
        return foreign(f"its description names {namespace}/{name} in {cluster}, which is not ours")
    return ours(f"its description names {plural} {namespace}/{name}")


def _is_our_object(evidence: Evidence, plural: str, namespace: str, name: str) -> bool:
    if plural == "gateways":
        return (namespace, name) == evidence.environment.gateway
    return evidence.is_our_service(namespace, name)


def _by_name(evidence: Evidence, each: Resource) -> Attribution | None:
    if not _has_our_prefix(evidence, each):
        return None
    if each.kind in ALWAYS_DESCRIBED:
        return foreign("it has the name of a part of the Gateway, but no description that says so")
    return ours("it has the name that the Gateway controller gives to parts of this environment's Gateway")


def _has_our_prefix(evidence: Evidence, each: Resource) -> bool:
    """Whether its name begins like the parts of our Gateway and of the imports in its namespace."""
    gateway = evidence.environment.gateway
    return bool(gateway and each.name.startswith(f"gkemcg1-{gateway[0]}-"))


def _of_multi_cluster_services(evidence: Evidence, each: Resource) -> Attribution | None:
    """A part that multi-cluster Services made; its description names the Service [observed]."""
    service = str(fields_of(each).get("kubernetes.io/service-name", ""))
    namespace, _, name = service.partition("/")
    if evidence.is_our_service(namespace, name) if service else _is_in_our_namespace(evidence, each):
        return ours(f"multi-cluster Services made it for {service or 'the Gateway’s namespace'}")
    if any(one.name.endswith("discovery") for one in evidence.inventory.of("features")):
        return None
    return foreign("multi-cluster Services, now disabled, left it; nothing says for which environment")


def _is_in_our_namespace(evidence: Evidence, each: Resource) -> bool:
    gateway = evidence.environment.gateway
    return bool(gateway and each.name.startswith(f"gkemcs-{gateway[0]}-"))
