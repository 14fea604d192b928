"""Whether a controller is in charge of a Gateway: nothing else removes its load balancer. Pure.

The controller of multi-cluster ingress is in charge of the Gateways of one cluster: the one whose membership is the
config membership. In any other a Gateway that is being deleted keeps its finalizer, and its load balancer, for ever.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    if not (why := _unattended(gateway.cluster, ingress, project)) or FINALIZER not in gateway.finalizers:
        return ""
    commands = " && ".join(_commands(gateway.cluster, ingress, project))
    return f"{gateway.words} is looked after by nobody: {why}. To have it taken down: {commands}"


def afterwards(ingress: Feature | None, project: str) -> str:
    """What undoes, once the Gateway is gone, what a person was told to enable; "" if that was nothing.

    What a person enables bears no mark of ours, so no teardown would disable it. Google refuses to while a Gateway is
    there [observed].
    """
    if ingress is not None and not ingress.going:
        return ""
    return f"once the Gateway is gone, gcloud container fleet ingress disable --project={project}; "


def _unattended(cluster: Cluster, ingress: Feature | None, project: str) -> str:
    """Why no controller is in charge of a cluster's Gateways; "" if one is."""
    if not cluster.membership:
        return f"cluster {cluster.name} is in the fleet no more"
    if ingress is None:
        return f"multi-cluster ingress is not enabled in project {project}"
    if ingress.going:
        return "multi-cluster ingress is being disabled"
    if not is_config(cluster, ingress):
        return f"the config membership is {member_key(ingress.config_membership) or '(none)'}"
    if ingress.state.code == "ERROR":
        return f"multi-cluster ingress says {ingress.state.description or 'ERROR'}"
    return ""


def _commands(cluster: Cluster, ingress: Feature | None, project: str) -> Iterator[str]:
    """What puts a controller in charge again, in order."""
    fleet, flag = "gcloud container fleet", f"--project={project}"
    if not cluster.membership:
        yield (
            f"gcloud container clusters update {cluster.name} --location={cluster.location} --enable-fleet {flag}"
        )
    # A cluster that joins is registered under its own name, in its region [documented: --enable-fleet].
    key = (
        member_key(cluster.membership) or f"locations/{_region(cluster.location)}/memberships/{cluster.name}"
    )
    location, _, name = key.removeprefix("locations/").partition("/memberships/")
    config = f"--config-membership={name} --location={location} {flag}"
    if ingress is None or ingress.going:
        yield f"{fleet} ingress enable {config}"
    elif member_key(ingress.config_membership) != key:
        yield f"{fleet} ingress update {config}"
    elif cluster.membership:
        yield f"{fleet} ingress describe {flag}"


def _region(location: str) -> str:
    """Of a zone its region; a region is its own."""
    return location.rpartition("-")[0] if location.count("-") == 2 else location
