"""What the stages of the exports' removal read of the clusters: each list once, however many stages need it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from functions.service_export.namespaces import foreign_object_in
from shared.google import compute
from shared.google.cluster_reader import NEG, ClusterReader
from shared.google.container import Cluster
from shared.google.gkehub import member_key
from shared.google.lists import EVERYWHERE, Places
from shared.google.session import Session
from shared.google.side_by_side import side_by_side
from shared.live_objects import Answers, LiveObject, ask, candidates, is_given_up, is_own, owned
from shared.objects import Key, KubeObject

if TYPE_CHECKING:
    from shared.google import wire

BACKEND = "gkemcs-"  # and namespace-name: the backend service of an export [observed]
LATE = 600.0  # seconds of this step that multi-cluster Services may take to take back what exports made
NAME_KEPT = 53  # characters of a longer name that are surely kept


def everything(live: LiveObject) -> bool:
    """What goes at a teardown."""
    return True


@dataclass(frozen=True)
class Survey:
    """Whose objects are looked for, where, and which of them go: all of them, or what a changed spec leaves out.

    `project` is the fleet's; `gateway` the Gateway's namespace, "" if it is unknown; `asked` is when the request
    was published, `began` when this step was asked first, unix seconds; `places` are those in which the environment
    may have something.
    """

    session: Session
    project: str
    environment: str
    gateway: str
    asked: float
    began: float
    goes: Callable[[LiveObject], bool] = everything
    places: Places = EVERYWHERE

    @cached_property
    def clusters(self) -> list[Cluster]:
        """Every cluster that may hold something of the environment's."""
        return candidates(self.session, self.project, self.environment).within(self.places)

    @property
    def unreachable(self) -> dict[str, str]:
        """Why a cluster cannot be asked, by name."""
        return {each.name: each.unreachable_because for each in self.clusters if not each.is_reachable}

    @property
    def unanswered(self) -> dict[str, str]:
        """Why a cluster that should have answered did not, by name."""
        answers = (self._exports, self._imports_and_namespaces)
        return {cluster.name: why for each in answers for cluster, why in each.unanswered}

    @property
    def exports(self) -> tuple[LiveObject, ...]:
        """Every ServiceExport, whoever made it."""
        return self._exports.objects

    @cached_property
    def exported(self) -> set[Key]:
        """What is exported, by whom: the key of the membership, namespace and name."""
        return {(member_key(each.cluster.membership), each.namespace, each.name) for each in self.exports}

    @cached_property
    def answering(self) -> list[Cluster]:
        """The clusters of which it is known what they export."""
        unanswered = [cluster for cluster, _ in self._exports.unanswered]
        return [each for each in self.clusters if each.is_reachable and each not in unanswered]

    @property
    def imports(self) -> list[LiveObject]:
        """The ServiceImports of the environment's namespaces, in the fleet's clusters: others nobody updates."""
        found = (
            each
            for each in self._imports_and_namespaces.objects
            if each.kind == "ServiceImport" and each.cluster.membership
        )
        return [each for each in found if each.namespace in self.namespace_names]

    @property
    def namespaces(self) -> list[LiveObject]:
        """The environment's namespaces."""
        return [each for each in self._imports_and_namespaces.objects if each.kind == "Namespace"]

    @cached_property
    def namespace_names(self) -> set[str]:
        """Their names, in whichever cluster, and the Gateway's."""
        return {each.name for each in self.namespaces} | {self.gateway} - {""}

    @cached_property
    def kept_namespaces(self) -> dict[str, str]:
        """Namespaces that would go and hold somebody else's object: that object, by the namespace's full name."""
        going = [each for each in self.namespaces if self.goes(each) and not each.is_being_deleted]
        foreign = side_by_side(self.session, going, self._foreign_object_in)
        return {each.path: one for each, one in zip(going, foreign, strict=True) if one}

    def workloads(self) -> tuple[LiveObject, ...]:
        """The environment's Services and Deployments."""
        return ask(
            self.session, self.answering, lambda api: owned(api, self.environment, "Service", "Deployment")
        ).objects

    def endpoint_groups(self) -> tuple[LiveObject, ...]:
        """The network endpoint groups of Services in the environment's namespaces, but for those that nobody lets go.

        The controller of a cluster that has left the fleet may never do; the audit lists the group then.
        """

        def read(api: ClusterReader) -> Iterator[KubeObject]:
            found = api.everywhere(NEG) or []
            yield from (each for each in found if each["metadata"]["namespace"] in self.namespace_names)

        found = ask(self.session, self.answering, read).objects
        return tuple(each for each in found if not self.is_given_up(each))

    def is_given_up(self, live: LiveObject) -> bool:
        """Whether an object has been being deleted for so long that nobody is to be expected to let it go."""
        return is_given_up(live, self.session.now)

    def is_left_to_its_cluster(self, live: LiveObject) -> bool:
        """Whether an object that nobody lets go is in a cluster of ours: it goes with that."""
        return is_own(live.cluster, self.environment) and self.is_given_up(live)

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody is to be expected to take back what exports made outside their clusters.

        Only the hosted controller of multi-cluster Services does. Disabled by force, it leaves all of it as it is
        [documented: features.delete].
        """
        return self.session.now > self.began + LATE

    @cached_property
    def orphaned_backend_services(self) -> list[wire.Resource]:
        """The backend services of exports in the environment's namespaces that nobody exports any more, by name."""
        found = compute.global_resources(self.session, self.project, "backendServices")
        used = tuple(f"{BACKEND}{space}-{name}"[:NAME_KEPT] for _, space, name in self.exported)
        beginnings = tuple(f"{BACKEND}{space}-" for space in self.namespace_names)
        ours = [each for each in found if each["name"].startswith(beginnings)]
        left = [each for each in ours if each["name"][:NAME_KEPT] not in used]
        return sorted(left, key=lambda each: each["name"])

    @cached_property
    def _exports(self) -> Answers:
        return ask(self.session, self.clusters, lambda api: api.everywhere("ServiceExport") or ())

    @cached_property
    def _imports_and_namespaces(self) -> Answers:
        def read(api: ClusterReader) -> Iterator[KubeObject]:
            yield from api.everywhere("ServiceImport") or ()
            yield from owned(api, self.environment, "Namespace")

        return ask(self.session, self.answering, read)

    def _foreign_object_in(self, namespace: LiveObject) -> str:
        """Somebody else's object in a namespace, which would be deleted with it; "" if there is none.

        A cluster that is ours is deleted with all that is in it. But another Gateway would leave its load balancer
        behind: so its namespace is kept, and reported.
        """
        api = ClusterReader(self.session, namespace.cluster)
        if not is_own(namespace.cluster, self.environment):
            return foreign_object_in(api, namespace.name, self.environment)
        gateways = api.list("Gateway", namespace.name) or ()
        return ", ".join(f"gateways/{each['metadata']['name']}" for each in gateways)
