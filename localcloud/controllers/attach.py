"""Following the clusters' Kubernetes APIs as clusters come and go, one wake-up for a burst of changes.

A controller that writes is told of its own writes; so a change only notes that there is something to look at,
and the look happens once, at the same moment of the clock, after whoever is writing has finished.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from localcloud.container.kube import CLUSTER_APIS
from localcloud.kubernetes import KubernetesApi
from localcloud.time.clock import Clock
from localcloud.wire.messages import Json
from localcloud.world import World

Reconcile = Callable[[], None]


class Wake:
    """Calls `reconcile` soon after `__call__`, once for however many calls."""

    def __init__(self, clock: Clock, reconcile: Reconcile) -> None:
        self._clock = clock
        self._reconcile = reconcile
        self._due = False

    def __call__(self) -> None:
        """There is something to look at."""
        if not self._due:
            self._due = True
            self._clock.after(0, self._look)

    def _look(self) -> None:
        self._due = False
        self._reconcile()


class Attachments:
    """One reconcile function for each cluster there is: made by `start(name, api)` when its API appears.

    It is called after a change of an object whose kind (`Pod`) is among `watched`.
    """

    def __init__(
        self,
        world: World,
        start: Callable[[str, KubernetesApi], Reconcile],
        watched: Collection[str],
    ) -> None:
        self._world = world
        self._start = start
        self._watched = watched
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
        wake = Wake(self._world.clock, self._start(name, api))

        def changed(type_: str, item: Json) -> None:
            if item["kind"] in self._watched and self._attached.get(name) is api:
                wake()

        api.subscribe(changed)
        wake()
