"""Resources of a project and of its locations: their full names, and looking them up."""

from __future__ import annotations

from localcloud.regions import regions
from localcloud.service import Call
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json


def project_path(call: Call) -> str:
    """`projects/P` by id, whether the path names the project by id or by number.

    Raises:
        Refused: PERMISSION_DENIED, the project is none of ours.
    """
    return f"projects/{call.world.projects.get(call.params['projectsId']).id}"


def location_path(call: Call) -> str:
    """`projects/P/locations/L` of the request's path.

    Raises:
        Refused: PERMISSION_DENIED, the project is none of ours, or the API has no such location [observed:
            terraform-provider-google#17037 for Cloud Functions, and of many APIs].
    """
    location = call.params["locationsId"]
    if location not in call.service.locations and location not in regions():
        words = f"Permission denied on 'locations/{location}' (or it may not exist)."
        raise Refused("PERMISSION_DENIED", words)
    return f"{project_path(call)}/locations/{location}"


def require(call: Call, collection: str, name: str, words: str = "Requested entity was not found.") -> Json:
    """The resource of this full name.

    Raises:
        Refused: NOT_FOUND, in the words that most APIs use [observed], or in the service's own.
    """
    found = call.world.store[collection].get(name)
    if found is None:
        raise Refused("NOT_FOUND", words)
    return found


def in_location(call: Call, collection: str) -> list[Json]:
    """The resources in the location of the path, or in every location where that is `-`."""
    anywhere = call.params["locationsId"] == "-"
    prefix = f"{project_path(call)}/locations/" if anywhere else f"{location_path(call)}/"
    return call.world.store[collection].list(prefix)
