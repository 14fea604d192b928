"""The VPC proxy: an HTTP forward proxy whose requests leave inside the VPC, from where their sender is."""

from __future__ import annotations

from urllib.parse import urlsplit

from localcloud.dataplane.answering import Client, HttpRequest, answer
from localcloud.functions.runtime import RUNTIME
from localcloud.wire.messages import Request, Response
from localcloud.world import World

REGION = "us-central1"  # where a person's requests leave, in the default network


class VpcProxy:
    """Sends on what functions and people ask for."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Response:
        """What the data plane answers to a request in absolute form."""
        return answer(self._world, self._client(request), _sent_on(request))

    def _client(self, request: Request) -> Client:
        """A function's egress; a person's requests leave where the default network's first subnetwork is."""
        instance = self._world[RUNTIME].instance(request.caller.instance or "")
        if instance is not None and instance.function.egress:
            return Client(*instance.function.egress)
        project = self._world.projects.all()[0]
        return Client(f"projects/{project.id}/global/networks/default", REGION)


def _sent_on(request: Request) -> HttpRequest:
    """What a forward proxy sends on of a request in absolute form."""
    url = urlsplit(request.path)
    port = url.port or 80
    target = url.path or "/"
    headers = {name: value for name, value in request.headers.items() if not name.startswith("proxy-")}
    return HttpRequest(
        request.method,
        f"{url.hostname}:{port}",
        f"{target}?{url.query}" if url.query else target,
        headers,
        request.body,
    )
