"""Names and links of GKE's resources: zonal ones say `zones`, regional ones `locations` [observed]."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud import regions
from localcloud.service import Call
from localcloud.wire.errors import Refused, invalid
from localcloud.world import World

_ROOT = "https://container.googleapis.com/v1"


@dataclass(frozen=True)
class Parent:
    """A project (by id) and a location in it; the location may be `-` where Google takes that for all."""

    project: str
    location: str

    @property
    def prefix(self) -> str:
        """How full names in it begin."""
        return f"projects/{self.project}/locations/{self.location}"

    @property
    def region(self) -> str:
        """The location's region."""
        return regions.region_of(self.location)

    @property
    def zonal(self) -> bool:
        """Whether the location is a zone."""
        return self.location != "-" and self.location != self.region

    @property
    def zones(self) -> list[str]:
        """Where nodes go by default: the zone itself, or the region's first three [documented]."""
        return [self.location] if self.zonal else regions.zones(self.location)[:3]

    @property
    def shown(self) -> str:
        """The prefix as messages and links write it."""
        kind = "zones" if self.zonal else "locations"
        return f"projects/{self.project}/{kind}/{self.location}"

    def cluster(self, name: str) -> str:
        """A cluster's full name, the key of `container.clusters`."""
        return f"{self.prefix}/clusters/{name}"


def parent_of(call: Call) -> Parent:
    """Where a call is addressed to.

    Raises:
        Refused: there is no such location; the words are those of reads [observed].
    """
    location = call.params["locationsId"]
    if location != "-" and not _exists(location):
        raise invalid(f'Location "{location}" does not exist.', "badRequest")
    return Parent(_project(call), location)


def _project(call: Call) -> str:
    """The project of a call, by id; one that is not there is refused."""
    return call.world.projects.get(call.project).id


def parent_to_create_in(call: Call) -> Parent:
    """Where something is to be created.

    Raises:
        Refused: 403 for a location that is not there, as it might be one that the caller may not use
            [observed].
    """
    location = call.params["locationsId"]
    if not _exists(location):
        raise Refused(
            "PERMISSION_DENIED", f"Permission denied on 'locations/{location}' (or it may not exist)."
        )
    return Parent(_project(call), location)


def _exists(location: str) -> bool:
    return location in regions.regions() or location in regions.all_zones()


def parent_in(full_name: str) -> Parent:
    """The parent in a full name."""
    _, project, _, location, *_ = full_name.split("/")
    return Parent(project, location)


def short(full_name: str) -> str:
    """The last part of a name or link."""
    return full_name.rsplit("/", 1)[-1]


def link(parent: Parent, tail: str) -> str:
    """The link to something, by project id, as a cluster's selfLink has it [observed]."""
    return f"{_ROOT}/{parent.shown}/{tail}"


def numbered_link(world: World, parent: Parent, tail: str) -> str:
    """The link to something, by project number, as operations have it [observed]."""
    number = world.projects.get(parent.project).number
    return f"{_ROOT}/{Parent(number, parent.location).shown}/{tail}"


def shown(full_name: str) -> str:
    """A cluster's full name as messages write it."""
    return f"{parent_in(full_name).shown}/clusters/{short(full_name)}"


def not_found(full_name: str) -> Refused:
    """404 in Google's words, with the full stop [observed]."""
    return Refused("NOT_FOUND", f"Not found: {shown(full_name)}.")


def already_exists(full_name: str) -> Refused:
    """409 in Google's words [observed]."""
    return Refused("ALREADY_EXISTS", f"Already exists: {shown(full_name)}.")
