"""The container API (GKE) as a service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.container.authorization import ContainerAuthorization
from localcloud.service import Service
from localcloud.wire.errors import Style

service = Service(
    "container",
    "container.googleapis.com",
    ["v1"],
    Style.CONTAINER,
    has_outages=True,
    authorization=ContainerAuthorization(__file__),
)
