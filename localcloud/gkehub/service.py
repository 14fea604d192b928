"""The GKE Hub API as a service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.gkehub.authorization import HubAuthorization
from localcloud.service import Service
from localcloud.wire.errors import Style

VERSIONS = ["v1", "v1beta", "v1alpha"]

# One store serves all three: gcloud asks v1 for most things and v1beta for some [observed].
service = Service(
    "gkehub",
    "gkehub.googleapis.com",
    VERSIONS,
    Style.NEWER,
    # A project's first registration gives it a fleet, for good: an empty one has no other state and costs nothing.
    history=frozenset({"gkehub.fleets"}),
    has_outages=True,
    authorization=HubAuthorization(__file__),
)
