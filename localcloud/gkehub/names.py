"""Names in the hub, and its refusals. Names keep the project's id; keys of `membershipStates` its number
[observed]."""

from __future__ import annotations

import re

from localcloud import regions
from localcloud.service import Call
from localcloud.wire.errors import Refused, invalid
from localcloud.world import World

MCS = "multiclusterservicediscovery"
MCI = "multiclusteringress"

_ID = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


def location_of(call: Call) -> str:
    """`projects/P/locations/L` of a call; memberships live in regions or `global`, lists take `-` too.

    Raises:
        Refused: there is no such location; the wording is [inferred].
    """
    location = call.params["locationsId"]
    if location not in ("-", "global") and location not in regions.regions():
        raise invalid(f"Location {location} is not found or access is unauthorized.")
    return f"projects/{call.world.projects.get(call.project).id}/locations/{location}"


def feature_name(project: str, feature: str) -> str:
    """The full name of a feature of a project's fleet."""
    return f"projects/{project}/locations/global/features/{feature}"


def short(name: str) -> str:
    """The last part of a name."""
    return name.rsplit("/", 1)[-1]


def project_in(name: str) -> str:
    """The project in a full name."""
    return name.split("/")[1]


def by_id(world: World, name: str) -> str:
    """A full name with the project's id in it, whichever it had."""
    parts = name.split("/")
    return "/".join([parts[0], world.projects.id_of(parts[1]), *parts[2:]]) if len(parts) > 2 else name


def by_number(world: World, name: str) -> str:
    """A full name with the project's number in it: how a feature keys its members."""
    return name.replace(
        f"projects/{project_in(name)}/", f"projects/{world.projects.get(project_in(name)).number}/", 1
    )


def check_id(field: str, value: str) -> None:
    """Refuse an id that is not one (at most 63 letters, digits and hyphens [documented]); the form of the
    words is the hub's [observed], their end [inferred]."""
    if not _ID.fullmatch(value):
        raise bad_value(field, f'"{value}" must match {_ID.pattern}')


def bad_value(field: str, words: str) -> Refused:
    """400 in the hub's form (GoogleCloudPlatform/reliable-app-platforms#64) [observed]."""
    return invalid(f"InvalidValueError for field {field}: {words}")


def not_found(name: str) -> Refused:
    """404 in the hub's words [observed]."""
    return Refused("NOT_FOUND", f"Resource '{name}' was not found", details=[_resource_info(name)])


def already_exists(name: str) -> Refused:
    """409 in the hub's words (GoogleCloudPlatform/terraform-google-enterprise-application#122) [observed]."""
    return Refused("ALREADY_EXISTS", f"Resource '{name}' already exists", details=[_resource_info(name)])


def _resource_info(name: str) -> dict[str, str]:
    return {"@type": "type.googleapis.com/google.rpc.ResourceInfo", "resourceName": name}


def busy(name: str) -> Refused:
    """409 while an operation on the resource is under way [inferred]."""
    return Refused("ABORTED", f"Resource '{name}' has an operation in progress")
