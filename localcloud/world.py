"""All there is, in one place: time, ids, resources, projects, work under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from localcloud.iam.access import Access
from localcloud.ids import Ids
from localcloud.projects import Projects
from localcloud.store import Store
from localcloud.time.clock import EPOCH, Clock
from localcloud.time.ledger import Ledger
from localcloud.time.timing import Timing

if TYPE_CHECKING:
    from localcloud.functions.runtime import Functions
    from localcloud.kubernetes import KubernetesApi
    from localcloud.pubsub.broker import Broker
    from localcloud.workflows.executions import Executions


@dataclass(frozen=True)
class ClusterDoors:
    """Where one cluster's Kubernetes API is reached.

    `public` (host:port) speaks under `ca_pem`, the cluster's own authority; `dns` under the authority that
    SSL_CERT_FILE names to programs here, as Google's DNS endpoint does under the public ones.
    """

    public: str
    dns: str
    ca_pem: str


class Doors(Protocol):
    """Opens and closes the ports of clusters; the edge does it on real sockets."""

    def open_cluster(self, name: str, api: KubernetesApi) -> ClusterDoors:
        """Serve `api` for the cluster of this full name."""
        ...

    def close_cluster(self, name: str) -> None:
        """Stop serving it."""
        ...


class NoDoors:
    """For a world without an edge: nothing listens."""

    def open_cluster(self, name: str, api: KubernetesApi) -> ClusterDoors:
        """Names that lead nowhere."""
        return ClusterDoors("192.0.2.1:443", "192.0.2.1:444", "")

    def close_cluster(self, name: str) -> None:
        """Nothing to close."""


@dataclass
class World:
    """Google's side of the wire.

    `base_url` is where the services are reached (`http://127.0.0.1:PORT`), known once the edge listens.
    `clusters` holds the Kubernetes API of each cluster by full name (`projects/P/locations/L/clusters/C`).
    `holders` has, by feature id (`multiclusteringress`), functions that name what still needs a feature,
    given the feature's full name; while they name anything, the feature cannot be deleted.
    `blobs` is what stored objects hold, by id; `folder` is where files may be put that go with the cloud.
    """

    seed: int
    clock: Clock
    ids: Ids
    timing: Timing
    ledger: Ledger
    store: Store
    projects: Projects
    base_url: str = ""
    doors: Doors = field(default_factory=NoDoors)
    clusters: dict[str, KubernetesApi] = field(default_factory=dict)
    holders: dict[str, list[Callable[[str], list[str]]]] = field(default_factory=dict)
    broker: Broker | None = None
    executions: Executions | None = None
    functions: Functions | None = None
    blobs: dict[str, bytes] = field(default_factory=dict)
    folder: Path = field(default_factory=Path)
    access: Access = field(default_factory=Access)

    @classmethod
    def create(cls, seed: int = 0, start: float = EPOCH, timings: Mapping[str, float] | None = None) -> World:
        """An empty world. `timings` overrides typical seconds of the timing table."""
        clock = Clock(start)
        timing = Timing(seed, overrides=timings or {})
        return cls(seed, clock, Ids(seed), timing, Ledger(clock, timing), Store(), Projects())
