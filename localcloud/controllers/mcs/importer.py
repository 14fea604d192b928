"""The importer: a small Deployment in each cluster that writes ServiceImports, if it finds room and may look.

It requests 100m of CPU: a cluster of one shared-core node has none left, the pod stays Pending, and the feature
never shows the membership [observed]. It reads Traffic Director as a Kubernetes service account that needs
roles/compute.networkViewer, bound in either of two member forms [documented].
"""

from __future__ import annotations

from localcloud.container.kube import CLUSTER_APIS
from localcloud.controllers.mcs.members import Member
from localcloud.controllers.workloads.occupancy import Occupancy
from localcloud.controllers.workloads.room import node_for
from localcloud.gkehub.features import create_kind
from localcloud.iam import grants
from localcloud.time.ledger import Work
from localcloud.wire.messages import Json
from localcloud.world import World

NAMESPACE = "gke-mcs"
IMPORTER = "gke-mcs-importer"
ROLE = "roles/compute.networkViewer"
CRDS = ("net.gke.io_serviceexports", "net.gke.io_serviceimports")
MANAGER = "gke-mcs-controller.gke.io"


def install(member: Member) -> None:
    """The CRDs, and the namespace with the importer. Harmless if they are there."""
    member.api.install_bundle(*CRDS)
    wanted = (("Namespace", "", NAMESPACE, namespace()), ("ServiceAccount", NAMESPACE, IMPORTER, account()))
    for kind, place, name, item in (*wanted, ("apps/Deployment", NAMESPACE, IMPORTER, deployment())):
        if member.api.get(kind, place, name) is None:
            member.api.create(kind, item, MANAGER)


def uninstall(member: Member) -> None:
    """Take the importer away with its namespace; the CRDs stay [inferred]."""
    if member.api.get("Namespace", "", NAMESPACE) is not None:
        member.api.delete("Namespace", "", NAMESPACE)


def namespace() -> Json:
    """The importer's namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def account() -> Json:
    """The account that it runs as: the subject of the IAM binding."""
    metadata = {"name": IMPORTER, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def deployment() -> Json:
    """The importer [observed: its labels and its request of 100m]."""
    labels = {"k8s-app": IMPORTER}
    container = {
        "name": IMPORTER,
        "image": "gke.gcr.io/gke-mcs-importer:v1.5.2-gke.0",
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": IMPORTER, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"serviceAccountName": IMPORTER, "containers": [container]},
            },
        },
    }


def importer_starved(world: World, cluster: str) -> bool:
    """Whether the importer of `cluster` (full name) has no node to run on; asked before it is installed, whether it
    would have none. Autopilot finds it one."""
    api, resource = world[CLUSTER_APIS].get(cluster), world.store["container.clusters"].get(cluster)
    if api is None or resource is None or resource.get("autopilot", {}).get("enabled"):
        return False
    existing = api.list("Pod", NAMESPACE, {"k8s-app": IMPORTER})
    if any(pod["spec"].get("nodeName") for pod in existing):
        return False
    spec = deployment()["spec"]["template"]["spec"]
    probe: Json = {"metadata": {"name": IMPORTER, "namespace": NAMESPACE}, "spec": spec}
    return node_for(probe, api.list("Node"), Occupancy(api.list("Pod"))) is None


def identities(world: World, project: str) -> tuple[str, str]:
    """The two forms in which a binding names the importers of a fleet's clusters."""
    number, pool = world.projects.get(project).number, f"{project}.svc.id.goog"
    subject = f"subject/ns/{NAMESPACE}/sa/{IMPORTER}"
    return (
        f"principal://iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{pool}/{subject}",
        f"serviceAccount:{pool}[{NAMESPACE}/{IMPORTER}]",
    )


def may_look(world: World, project: str) -> bool:
    """Whether the fleet's importers may read the network by now."""
    return any(grants.effective(world, project, ROLE, member) for member in identities(world, project))


def importer_works(world: World, project: str, membership: str) -> list[Work]:
    """What the first export of a cluster waits for: its CRDs and importer, and the importer's role."""
    found = [world.ledger.latest("mcs.crds", membership)]
    for member in identities(world, project):
        if grants.effective(world, project, ROLE, member):
            found.append(grants.propagation(world, project, member))
    return [work for work in found if work is not None]


def feature_after(world: World, feature: str, membership: str) -> list[Work | None]:
    """What installing waits for: the feature `feature` (full name) and the membership."""
    latest = world.ledger.latest
    return [latest(create_kind(feature), feature), latest("gkehub.memberships.create", membership)]
