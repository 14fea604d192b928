"""A cluster's Kubernetes API on the request path: what each stage is for a request to it.

Its API server authorizes before it decodes [documented: controlling access to the Kubernetes API], so what `validate`
is elsewhere is part of handling here. Whoever may connect to the cluster finds its API on.
"""

from __future__ import annotations

from localcloud.faults.call_faults import CallDescription
from localcloud.iam.clusters import ClusterGuard
from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.routes import Target
from localcloud.request_path import REQUEST_PATH
from localcloud.wire.errors import Style
from localcloud.wire.messages import SAFE, Request, Response
from localcloud.world import World


class ClusterApi:
    """The API of one cluster (by full name) as its clients reach it."""

    style = Style.KUBERNETES

    def __init__(self, world: World, cluster: str, api: KubernetesApi) -> None:
        self._world = world
        self._cluster = cluster
        self._api = api
        self._guard = ClusterGuard(world, cluster)

    def answer(self, request: Request) -> Response:
        """The answer to one request, by the request path.

        Raises:
            Abort: a fault leaves it without one.
        """
        return self._world[REQUEST_PATH].answer(request, self)

    def resolve(self, request: Request) -> KubernetesCall:
        """The call that a request means: to objects, or to what the server says of itself."""
        return KubernetesCall(self._cluster, self._api, self._guard, request)


class KubernetesCall:
    """One request to the API of a cluster."""

    def __init__(self, cluster: str, api: KubernetesApi, guard: ClusterGuard, request: Request) -> None:
        self._api = api
        self._guard = guard
        self._request = request
        self._target: Target | None = api.resolve(request.path)
        mutation = request.method not in SAFE and not request.one("dryRun")
        resource = f"{cluster}{request.path}"
        self.description = CallDescription(
            request.caller, "kubernetes", request.method, resource, mutation, Style.KUBERNETES
        )

    def require_enabled(self) -> None:
        """A cluster that is there has its API on."""

    def validate(self) -> None:
        """The API server decodes what it has authorized, as the first thing in `handle`."""

    def permit(self) -> None:
        """Refuse whoever may not connect, and a verb on a kind that the caller lacks the permission of."""
        self._guard.connect(self._request)
        if self._target is not None:
            self._guard.permit(self._request, self._target, self._api.holds(self._target))

    def handle(self) -> Response:
        """The API server's answer; a watch answers with a stream."""
        return self._api.handle(self._request)
