"""A world with a project in it, calls as they come off the wire, and an edge for programs of Google's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from localcloud import container, gkehub, serviceusage
from localcloud.compute.names import url
from localcloud.controllers.fleet import FleetController
from localcloud.regions import auto_range, regions
from localcloud.wire.messages import Caller, Json, Request
from localcloud.world import World
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

WEST = "projects/shop/locations/us-west1-a/clusters/gke-west-1"
APIS = {
    f"{name}.googleapis.com"
    for name in ("container", "gkehub", "compute", "multiclusteringress", "multiclusterservicediscovery")
}


class Cloud(Services):
    """One world, the fleet's controller, and a way in. `pace` is how far each call through the edge moves time."""

    def __init__(self, world: World | None = None, pace: float = 0.0) -> None:
        super().__init__(
            world or a_world(seed=0), services=[container.service, gkehub.service, serviceusage.service]
        )
        self.pace = pace
        self.world.projects.get(PROJECT).enabled |= APIS
        self.fleet = FleetController(self.world)
        self.add_network("default", auto=True)

    @property
    def number(self) -> str:
        """The project's number."""
        return self.world.projects.get(PROJECT).number

    def add_network(self, name: str, auto: bool) -> None:
        """A network, with its subnetworks if it is an auto-mode one."""
        full = f"projects/{PROJECT}/global/networks/{name}"
        self.world.store["compute.networks"].put(full, {"name": name, "autoCreateSubnetworks": auto})
        for region in regions() if auto else []:
            self.add_subnetwork(name, region, auto_range(region), network=name)

    def add_subnetwork(
        self, name: str, region: str, cidr: str, network: str = "default", **fields: str
    ) -> None:
        """A subnetwork as compute stores it."""
        network_url = url(f"projects/{PROJECT}/global/networks/{network}")
        value = {"name": name, "ipCidrRange": cidr, "network": network_url, "purpose": "PRIVATE", **fields}
        full = f"projects/{PROJECT}/regions/{region}/subnetworks/{name}"
        self.world.store["compute.subnetworks"].put(full, value)

    def create(self, name: str = "gke-west-1", location: str = "us-west1-a", **fields: Any) -> Json:
        """The operation that creates a cluster."""
        cluster = {"name": name, **({} if "nodePools" in fields else {"initialNodeCount": 3}), **fields}
        return self.ok(
            "POST", clusters(location), {"cluster": {k: v for k, v in cluster.items() if v is not None}}
        )

    def running(self, name: str = "gke-west-1", location: str = "us-west1-a", **fields: Any) -> Json:
        """A cluster that has come up."""
        self.create(name, location, **fields)
        self.wait(1000)
        return self.ok("GET", f"{clusters(location)}/{name}")

    def lasted(self, kind: str, resource: str) -> float:
        """How long the newest work of this kind takes."""
        work = self.world.ledger.latest(kind, resource)
        assert work is not None, f"no {kind} for {resource}"
        return work.end - work.start

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Serve on loopback while the block runs; the base URL."""
        server = HTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def clusters(location: str) -> str:
    """The path of a location's clusters."""
    return f"container/v1/projects/{PROJECT}/locations/{location}/clusters"


def _handler(cloud: Cloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            cloud.wait(cloud.pace)
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            query = parse_qs(parts.query, keep_blank_values=True)
            caller = Caller("user@example.com")
            request = Request(self.command, unquote(parts.path), query, {}, body, caller)
            response = cloud.apis.answer(request)
            self.send_response(response.status)
            for key, value in {**response.headers, "content-length": str(len(response.body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is logged."""

    return Handler
