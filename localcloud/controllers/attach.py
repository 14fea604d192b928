"""Following the clusters' Kubernetes APIs as clusters come and go."""

from __future__ import annotations

from collections.abc import Callable, Collection

from localcloud.container.kube import CLUSTER_APIS
from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json
from localcloud.world import World

Hear = Callable[[str, Json], None]
"""Told ADDED, MODIFIED or DELETED and the object; it must not fail, so it only notes what there is to look at."""


class Attachments:
    """Calls `start(name, api)` for each cluster's API that there is, when it appears.

    What `start` gives back is told of every change in that cluster from then on, for as long as the API is there.
    """

    def __init__(self, world: World, start: Callable[[str, KubernetesApi], Hear]) -> None:
        self._world = world
        self._start = start
        self._attached: dict[str, KubernetesApi] = {}
        world.store["container.clusters"].subscribe(lambda name, cluster: self.look())
        self.look()

    def look(self) -> None:
        """Attach to the APIs that are new, forget those that are gone."""
        for name, api in sorted(self._world[CLUSTER_APIS].items()):
            if self._attached.get(name) is not api:
                self._attached[name] = api
                self._attach(name, api)
        for name in self._attached.keys() - self._world[CLUSTER_APIS].keys():
            del self._attached[name]

    def _attach(self, name: str, api: KubernetesApi) -> None:
        hear = self._start(name, api)

        def changed(type_: str, item: Json) -> None:
            if self._attached.get(name) is api:
                hear(type_, item)

        api.subscribe(changed)


def of_kinds(kinds: Collection[str], wake: Callable[[], None]) -> Hear:
    """A listener that calls `wake` after a change of an object whose kind (`Pod`) is among `kinds`."""

    def hear(type_: str, item: Json) -> None:
        if item["kind"] in kinds:
            wake()

    return hear
