"""The container API (GKE) as a service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.wire.errors import Style
from localcloud.wire.service import Service

service = Service("container", "container.googleapis.com", ["v1"], Style.CONTAINER)
