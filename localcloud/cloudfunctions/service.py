"""The service, and names in its paths."""

from __future__ import annotations

from localcloud.iam.authorization import RunsAsAccount
from localcloud.service import Call, Service
from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Json

service = Service(
    "cloudfunctions",
    "cloudfunctions.googleapis.com",
    ["v2"],
    Style.NEWER,
    authorization=RunsAsAccount(__file__, "cloudfunctions.functions"),
)

STEM = "cloudfunctions.projects.locations"
FUNCTIONS = "cloudfunctions.functions"
OPERATIONS = "cloudfunctions.operations"


def parent(call: Call) -> str:
    """`projects/P/locations/L` of the path; the project must be one of ours."""
    project = call.world.projects.get(call.params["projectsId"])
    return f"projects/{project.id}/locations/{call.params['locationsId']}"


def require(call: Call, kind: str, parameter: str) -> Json:
    """The function or operation that the path names.

    Raises:
        Refused: NOT_FOUND.
    """
    name = f"{parent(call)}/{kind.split('.')[1]}/{call.params[parameter]}"
    found = call.world.store[kind].get(name)
    if found is None:
        raise Refused("NOT_FOUND", f"Resource '{name}' was not found")
    return found
