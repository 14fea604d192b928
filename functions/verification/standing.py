"""What stands of an environment whose spec is known: clusters, fleet, subnets, addresses, and the objects in clusters.

Lists of what is ours come first. Only for what is missing there it is asked whether somebody else has that name, and
whether a namespace is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared import labels
from shared.exports import wanted_exports
from shared.gateway.names import reserved_names
from shared.gateway.wanted import wanted_objects
from shared.google import compute, container, gkehub
from shared.google.cluster_reader import ClusterReader
from shared.google.container import places_of
from shared.google.gkehub import Feature
from shared.google.lists import Places
from shared.google.session import Session
from shared.google.side_by_side import side_by_side
from shared.objects import Key, KubeObject, is_being_deleted, key_of

if TYPE_CHECKING:
    from shared.google import wire
    from shared.spec import Cluster, Environment

Expected = Mapping[
    Key, KubeObject | None
]  # None: a Service of the user's own, of which only its name is known


@dataclass(frozen=True)
class InCluster:
    """The objects of a cluster that matter here, whoever's they are. `lost` are the namespaces that are not there any
    more, with what is wrong.
    """

    objects: Mapping[Key, KubeObject] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """What there is. `clusters` are those of the spec, by name; `inside` has the contents of those that can be reached.

    `memberships` are keys (`locations/L/memberships/M`), `proxies` the regions with an active proxy-only subnet,
    `addresses` region and name of each address that is reserved, read if the spec names any.
    """

    clusters: Mapping[str, container.Cluster]
    inside: Mapping[str, InCluster] = field(default_factory=dict)
    memberships: frozenset[str] = frozenset()
    features: Mapping[str, Feature] = field(default_factory=dict)
    proxies: frozenset[str] = frozenset()
    addresses: frozenset[tuple[str, str]] = frozenset()


def expected(wanted: Environment, cluster: Cluster) -> Expected:
    """Every object that a cluster should have, but for namespaces."""
    found: dict[Key, KubeObject | None] = {
        ("Service", each.namespace, each.name): None for each in wanted.exports(cluster)
    }
    made = [*wanted_exports(wanted, cluster)]
    made += wanted_objects(wanted) if cluster.name == wanted.config_cluster else ()
    return found | {key_of(each): each for each in made if each["kind"] != "Namespace"}


def read_standing(session: Session, wanted: Environment) -> Standing:
    """Look at everything that the spec asks for.

    Raises:
        PlaceUnreachable: a place of the spec could not be read.
        ApiError: a cluster does not answer.
    """
    keys = {(each.name, each.location): each for each in wanted.clusters}
    every = container.clusters(session, wanted.project).within(places_of(wanted.clusters))
    found = {each.name: each for each in every if each.key in keys}
    asked = [each for each in found.values() if each.is_reachable]

    def read(cluster: container.Cluster) -> InCluster:
        return read_contents(
            ClusterReader(session, cluster), wanted.name, expected(wanted, keys[cluster.key])
        )

    contents = side_by_side(session, asked, read)
    return Standing(
        found,
        {cluster.name: each for cluster, each in zip(asked, contents, strict=True)},
        frozenset(each.key for each in _memberships(session, wanted)),
        gkehub.features(session, wanted.project),
        frozenset(_proxies(session, wanted)),
        _addresses(session, wanted),
    )


def read_contents(api: ClusterReader, environment: str, those: Expected) -> InCluster:
    """What a cluster has of the objects that it should have."""
    kinds = dict.fromkeys(kind for kind, _, _ in those)
    selector = f"{labels.OWNER}={environment}"
    ours = (each for kind in kinds for each in api.everywhere(kind, selector) or ())
    objects = {key_of(each): each for each in ours if key_of(each) in those}
    missing = [key for key in those if key not in objects]
    places = dict.fromkeys((kind, space) for kind, space, _ in missing)
    lives = (each for place in places for each in api.list(*place) or ())
    objects |= {key_of(each): each for each in lives if key_of(each) in missing}
    spaces = dict.fromkeys(space for _, space, _ in missing)
    faults = {space: fault_of(api.get("Namespace", "", space)) for space in spaces}
    return InCluster(objects, {space: fault for space, fault in faults.items() if fault})


def fault_of(live: KubeObject | None) -> str:
    """What is wrong with an object that should be there; "" if nothing is."""
    if live is None:
        return "is missing"
    return "is being deleted" if is_being_deleted(live) else ""


def _memberships(session: Session, wanted: Environment) -> Iterable[gkehub.Membership]:
    return gkehub.memberships(session, wanted.project).within(Places.of(*wanted.regions))


def _proxies(session: Session, wanted: Environment) -> Iterable[str]:
    network = f"projects/{wanted.project}/global/networks/{wanted.network}"
    regions = Places.of(*wanted.proxy_regions)
    for each in compute.subnetworks(session, wanted.project).within(regions):
        if compute.path_of(each["network"]) == network and _is_active_proxy(each):
            yield compute.region_of(each)


def _is_active_proxy(subnetwork: wire.Subnetwork) -> bool:
    is_proxy = subnetwork.get("purpose") == "GLOBAL_MANAGED_PROXY"
    return is_proxy and subnetwork.get("role", "ACTIVE") == "ACTIVE"


def _addresses(session: Session, wanted: Environment) -> frozenset[tuple[str, str]]:
    if not (named := reserved_names(wanted)):
        return frozenset()
    found = compute.every_address(session, wanted.project).within(Places.of(*named))
    return frozenset((compute.region_of(each), each["name"]) for each in found)
