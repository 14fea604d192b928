"""The service, and names in its paths."""

from __future__ import annotations

from localcloud.cloudfunctions.authorization import FunctionsAuthorization
from localcloud.resources import location_path
from localcloud.service import Call, Service
from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Json

service = Service(
    "cloudfunctions",
    "cloudfunctions.googleapis.com",
    ["v2"],
    Style.NEWER,
    authorization=FunctionsAuthorization(__file__, "cloudfunctions.functions"),
)

STEM = "cloudfunctions.projects.locations"
FUNCTIONS = "cloudfunctions.functions"
OPERATIONS = "cloudfunctions.operations"


def require(call: Call, kind: str, parameter: str) -> Json:
    """The function or operation that the path names.

    Raises:
        Refused: NOT_FOUND.
    """
    name = f"{location_path(call)}/{kind.split('.')[1]}/{call.params[parameter]}"
    found = call.world.store[kind].get(name)
    if found is None:
        raise Refused("NOT_FOUND", f"Resource '{name}' was not found")
    return found
