"""The service, what its resources are called, and who changed them when."""

from __future__ import annotations

from localcloud.iam.authorization import Authorization
from localcloud.service import Call, Service
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Json
from localcloud.world import World

service = Service(
    "monitoring",
    "monitoring.googleapis.com",
    ["v3"],
    Style.NEWER,
    authorization=Authorization(__file__),
)

CHANNELS, POLICIES = "monitoring.notificationChannels", "monitoring.alertPolicies"


def mutation(world: World, who: str) -> Json:
    """Who changes something, and when [observed: Config Connector's recordings of alertPolicies.create]."""
    return {"mutateTime": rfc3339(world.clock.now), "mutatedBy": who}


def refuse_selection(call: Call) -> None:
    """Refuse a list that is to be filtered or sorted: nothing here does that.

    Raises:
        Refused: UNIMPLEMENTED.
    """
    for name in ("filter", "orderBy"):
        if call.query(name):
            raise Refused(
                "UNIMPLEMENTED", f"The local cloud does not implement {name} of {call.method}; leave it out."
            )
