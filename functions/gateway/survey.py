"""What the stages of a gateway's removal read: each list once, however many stages need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from functions.gateway import load_balancer_parts as load_balancer
from functions.gateway.controller import is_config, is_foreign
from functions.gateway.observed import KINDS
from shared.google import compute
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster, location_of
from shared.google.gkehub import INGRESS, Feature, features
from shared.google.lists import EVERYWHERE, Places
from shared.google.session import Session
from shared.live_objects import LiveObject, ask, candidates, is_own, owned
from shared.objects import KubeObject


@dataclass(frozen=True)
class Survey:
    """Whose Gateway is looked for, and where. `asked` is when the request was published, unix seconds.

    `project` is the fleet's; `gateway` is namespace/name, "" if it is unknown. `inventory` is what an earlier
    attempt listed of the load balancer, None before there was one; `first` says that this is the first attempt.
    `places` are those in which the environment may have something.
    """

    session: Session
    project: str
    environment: str
    gateway: str
    asked: float
    inventory: Sequence[str] | None
    first: bool
    places: Places = EVERYWHERE

    @cached_property
    def ingress(self) -> Feature | None:
        """The feature whose controller is in charge of Gateways."""
        return features(self.session, self.project).get(INGRESS)

    @cached_property
    def objects(self) -> tuple[LiveObject, ...]:
        """Our objects in the config cluster; once no Gateway is there, also those in every other cluster."""
        config = [each for each in self._clusters if is_config(each, self.ingress)]
        found = self._objects_in(config)
        if _gateways(found):
            return found
        return found + self._objects_in(each for each in self._clusters if each not in config)

    @property
    def gateways(self) -> list[LiveObject]:
        """Our Gateways."""
        return _gateways(self.objects)

    @cached_property
    def foreign_gateways(self) -> list[LiveObject]:
        """Other people's Gateways with load balancers of Google's, in the clusters that go with the environment.

        One that does not answer is left to the stages that need its answer.
        """
        own = [each for each in self._clusters if is_own(each, self.environment)]
        found = ask(self.session, own, lambda api: api.everywhere("Gateway") or ()).objects
        return [each for each in found if is_foreign(each.body, self.environment)]

    @cached_property
    def is_attended(self) -> bool:
        """Whether ingress has a controller that takes load balancers down: its config cluster is there and serves."""
        if self.ingress is None or self.ingress.going:
            return False
        return any(is_config(each, self.ingress) and each.serves for each in self._clusters)

    @property
    def known_parts(self) -> list[str]:
        """Every part of the load balancer that is known by now, by full name."""
        listed = (part for each in self.gateways for part in load_balancer.listed(each.body, self.project))
        return sorted({*(self.inventory or ()), *listed})

    def parts_left(self) -> list[str]:
        """The full names of the parts of the load balancer that are still there."""
        kinds = load_balancer.KINDS
        there = {kind: compute.global_resources(self.session, self.project, kind) for kind in kinds}
        own = [each.path for each in self._clusters if is_own(each, self.environment)]
        return load_balancer.left(there, self.gateway, self.known_parts, own)

    @cached_property
    def _clusters(self) -> list[Cluster]:
        config = location_of(self.ingress.config_membership) if self.ingress else ""
        found = candidates(self.session, self.project, self.environment)
        return found.within(self.places | Places.of(config))

    def _objects_in(self, clusters: Iterable[Cluster]) -> tuple[LiveObject, ...]:
        """Our objects in these clusters.

        Other people's clusters need not answer: a Gateway of ours in one shows by its load balancer, in compute.

        Raises:
            Transient, Unauthorized: a cluster that is ours, or the config cluster, did not answer.
        """

        def read(api: ClusterReader) -> Iterator[KubeObject]:
            yield from owned(api, self.environment, *KINDS)

        def needed(cluster: Cluster) -> bool:
            return is_config(cluster, self.ingress) or is_own(cluster, self.environment)

        return ask(self.session, clusters, read, needed).objects


def _gateways(objects: Iterable[LiveObject]) -> list[LiveObject]:
    return [each for each in objects if each.kind == "Gateway"]
