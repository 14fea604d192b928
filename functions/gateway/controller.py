"""Whether a controller is in charge of a Gateway: nothing else removes its load balancer. Pure.

The controller of multi-cluster ingress is in charge of the Gateways of one cluster: the one whose membership is the
config membership. In any other a Gateway that is being deleted keeps its finalizer, and its load balancer, for ever.
"""

from __future__ import annotations

from shared import labels
from shared.google.container import Cluster
from shared.google.gkehub import Feature, member_key
from shared.live_objects import LiveObject
from shared.objects import KubeObject

FINALIZER = "gateway.finalizer.networking.gke.io"  # the controller's own [observed]
GOOGLES = "gke-"  # begins the names of the GatewayClasses that make load balancers of Google's [documented]


def is_config(cluster: Cluster, ingress: Feature | None) -> bool:
    """Whether the cluster is the config cluster of multi-cluster ingress."""
    key = member_key(ingress.config_membership) if ingress else ""
    return bool(key) and member_key(cluster.membership) == key


def is_foreign(gateway: KubeObject, environment: str) -> bool:
    """Whether a Gateway is somebody else's, and has a load balancer that outlives its cluster."""
    owned = labels.is_owned(gateway["metadata"].get("labels"), environment)
    return not owned and str(gateway["spec"].get("gatewayClassName", "")).startswith(GOOGLES)


def what_holds(gateway: LiveObject, ingress: Feature | None, project: str) -> str:
    """What keeps a Gateway from being deleted, and what a person can do; "" if it only takes time."""
    foreign = [each for each in gateway.finalizers if each != FINALIZER]
    if foreign and gateway.is_being_deleted:
        whose = ", ".join(foreign)
        return f"{gateway.words} cannot go before the controller behind {whose} has let it go"
    why, verb = _unattended(gateway.cluster, ingress, project)
    if not why or FINALIZER not in gateway.finalizers:
        return ""
    text = f"{gateway.words} is looked after by nobody: {why}. To have it taken down:"
    return f"{text} {_command(verb, gateway.cluster)} --project={project}"


def _unattended(cluster: Cluster, ingress: Feature | None, project: str) -> tuple[str, str]:
    """Why no controller is in charge of a cluster's Gateways, and gcloud's verb that helps; "" if one is."""
    if ingress is None:
        return f"multi-cluster ingress is not enabled in project {project}", "enable"
    if ingress.going:
        return "multi-cluster ingress is being disabled", "enable"
    if not is_config(cluster, ingress):
        return f"the config membership is {member_key(ingress.config_membership) or '(none)'}", "update"
    if ingress.state.code == "ERROR":
        return f"multi-cluster ingress says {ingress.state.description or 'ERROR'}", "describe"
    return "", ""


def _command(verb: str, cluster: Cluster) -> str:
    if verb == "describe":
        return "gcloud container fleet ingress describe"
    location, _, name = member_key(cluster.membership).removeprefix("locations/").partition("/memberships/")
    config = f"--config-membership={name or cluster.name} --location={location or '-'}"
    return f"gcloud container fleet ingress {verb} {config}"
