"""Names of topics and subscriptions, and the broker behind the service."""

from __future__ import annotations

from localcloud.service import Call
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json


def project_name(call: Call) -> str:
    """`projects/P`, by id, from the path's id or number.

    Raises:
        Refused: PERMISSION_DENIED, if it is none of ours.
    """
    return f"projects/{call.world.projects.get(call.params['projectsId']).id}"


def full_name(call: Call, kind: str) -> str:
    """`projects/P/<kind>/N`, from the path; the project must be one of ours."""
    return f"{project_name(call)}/{kind}/{call.params[f'{kind}Id']}"


def require(call: Call, collection: str, name: str) -> Json:
    """The resource.

    Raises:
        Refused: NOT_FOUND, in Pub/Sub's words [observed].
    """
    resource = call.world.store[collection].get(name)
    if resource is None:
        raise Refused("NOT_FOUND", f"Resource not found (resource={name.split('/')[-1]}).")
    return resource
