"""What verification has to prove: a Gateway, the fleet behind it, and how an answer names its cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.verification.expectation import FleetCluster
from functions.verification.live_environment import find_gateway
from shared import errors
from shared.gateway.names import has_reserved_addresses, kind_of
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster, clusters, places_of
from shared.objects import KubeObject
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment, Probe


class NothingToProve(Exception):
    """Why no request can be sent yet."""


@dataclass(frozen=True)
class Subject:
    """A Gateway in its `cluster`, and the clusters of its fleet. `probe` says how an answer names its cluster, `kind`
    of what kind the Gateway's addresses are, as reports say it. `owner` is the environment, `wanted` its spec, if it is
    known.
    """

    project: str
    network: str
    cluster: ClusterReader
    gateway: KubeObject
    fleet: tuple[FleetCluster, ...]
    probe: Probe
    needs_routes: bool
    kind: str
    owner: str
    wanted: Environment | None = None

    @property
    def namespace(self) -> str:
        """The namespace of the Gateway and its routes."""
        return str(self.gateway["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """The Gateway's name."""
        return str(self.gateway["metadata"]["name"])

    @property
    def network_path(self) -> str:
        """The network's full name."""
        return f"projects/{self.project}/global/networks/{self.network}"


def read_subject(context: Context) -> Subject:
    """Find the Gateway that the spec names; for a request without a spec, the one that the anchor names.

    Raises:
        NothingToProve: its cluster does not serve; or, without a spec, it does not exist.
        Gone: the steps before have made what the spec names, and it is not there any more.
    """
    return _of_spec(context) if context.environment else _of_place(context)


def _of_spec(context: Context) -> Subject:
    wanted, session = context.wanted, context.session
    needed = places_of(wanted.clusters)
    found = {each.key: each for each in clusters(session, wanted.project).within(needed)}
    if gone := [each.name for each in wanted.clusters if (each.name, each.location) not in found]:
        raise errors.Gone(f"cluster {', '.join(gone)}", wanted.project)
    config = found.get((wanted.config.name, wanted.config.location))
    if config is None or not config.is_reachable:
        raise NothingToProve(f"cluster {wanted.config_cluster} does not serve")
    reader, namespace = ClusterReader(session, config), wanted.gateway.namespace
    gateway = reader.get("Gateway", namespace, wanted.gateway.name)
    if gateway is None:
        what = f"Gateway {namespace}/{wanted.gateway.name} in cluster {wanted.config_cluster}"
        raise errors.Gone(what, wanted.project)
    keys = [(each.name, each.location) for each in wanted.clusters]
    fleet = tuple(_fleet_cluster(found[key]) for key in keys if key in found)
    return Subject(
        wanted.project,
        wanted.network,
        reader,
        gateway,
        fleet,
        wanted.probe,
        bool(wanted.routes),
        kind_of(wanted.gateway.addresses),
        wanted.name,
        wanted,
    )


def _of_place(context: Context) -> Subject:
    from shared.spec import Probe  # slow to import: most messages of this function do not need it

    place = context.place
    if not place.gateway:
        raise NothingToProve(f"the anchor does not name the Gateway of {context.name}")
    every = clusters(context.session, place.project).within(context.places)
    members = [each for each in every if each.membership]
    found = find_gateway(context.session, context.name, place, members)
    if found is None:
        raise NothingToProve(f"no cluster of the fleet has Gateway {place.gateway}")
    config, gateway = found
    reader, fleet = ClusterReader(context.session, config), tuple(_fleet_cluster(each) for each in members)
    probe = Probe.of_text(place.probe or "none")
    kind = "named" if has_reserved_addresses(gateway) else "ephemeral"
    return Subject(place.project, place.network, reader, gateway, fleet, probe, True, kind, context.name)


def _fleet_cluster(cluster: Cluster) -> FleetCluster:
    from shared.spec import region_of

    membership = cluster.membership.partition("/locations/")[2]
    region = region_of(cluster.location)
    return FleetCluster(membership, cluster.name, region, cluster.location, cluster.pod_range)
