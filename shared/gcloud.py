"""The one command that removes a resource, or takes a role back, for a person to run."""

from __future__ import annotations

from shared.google.resource import Resource

# Collection → what gcloud calls it; fleet features have commands of their own [documented, gcloud reference].
_COMPUTE = {
    "forwardingRules": "forwarding-rules",
    "targetHttpProxies": "target-http-proxies",
    "urlMaps": "url-maps",
    "backendServices": "backend-services",
    "healthChecks": "health-checks",
    "networkEndpointGroups": "network-endpoint-groups",
    "firewalls": "firewall-rules",
    "addresses": "addresses",
    "subnetworks": "networks subnets",
}
_FEATURES = {
    "multiclusteringress": "ingress",
    "multiclusterservicediscovery": "multi-cluster-services",
}


def delete(each: Resource) -> str:
    """`gcloud … delete …` for one resource."""
    words = each.path.split("/")
    project, name = f"--project={words[1]}", each.name
    if each.kind == "features":
        return f"gcloud container fleet {_FEATURES.get(name, name)} disable {project}"
    if each.kind == "memberships":
        return f"gcloud container fleet memberships delete {name} --location={words[3]} {project}"
    if each.kind == "clusters":
        return f"gcloud container clusters delete {name} --location={words[3]} {project}"
    return f"gcloud compute {_COMPUTE[each.kind]} delete {name}{_scope(each, words)} {project}"


def take_back(project: str, role: str, member: str) -> str:
    """`gcloud projects remove-iam-policy-binding …` for one member of a role."""
    flags = f"--role={role} --member={member} --condition=None"
    return f"gcloud projects remove-iam-policy-binding {project} {flags}"


def _scope(each: Resource, words: list[str]) -> str:
    """Firewall rules are always global, and have no flag for it."""
    if each.kind == "firewalls":
        return ""
    return " --global" if words[2] == "global" else f" --{words[2].removesuffix('s')}={words[3]}"
