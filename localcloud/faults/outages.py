"""Outages: zones and regions that cannot be reached for a while, as the APIs of resources show it.

A call on something in such a place is refused with 503: an API must fail a request of which it can answer nothing
[documented: AIP-217, google.rpc.Code UNAVAILABLE]. A list of many places leaves that one out, and says so in its API's
own way; without `returnPartialSuccess` some fail whole. What was begun before goes on, and what runs there too: an
outage is one of the APIs, not of machines and their networks.
"""

from __future__ import annotations

from localcloud.regions import all_zones, region_of, regions, zones
from localcloud.wire.errors import Refused
from localcloud.world import Part

# A place in a path, by the parameters of Compute Engine, and of the newer APIs.
_PARAMETERS = ("zone", "region", "locationsId")


class Outages:
    """What cannot be reached now. A region's outage is one of its zones, too."""

    def __init__(self) -> None:
        self._places: set[str] = set()

    def begin(self, *places: str) -> None:
        """These zones and regions cannot be reached from now on.

        Raises:
            ValueError: there is no such place.
        """
        if unknown := set(places) - {*regions(), *all_zones()}:
            raise ValueError(f"there is no {', '.join(sorted(unknown))}")
        self._places.update(places)

    def end(self, *places: str) -> None:
        """They can be reached again; without names, all can."""
        self._places.difference_update(places or tuple(self._places))

    def hides(self, location: str) -> bool:
        """Whether a zone or a region cannot be reached; `global` and `-` always can."""
        if not self._places or location in ("global", "-"):
            return False
        return location in self._places or region_of(location) in self._places

    @property
    def zones(self) -> list[str]:
        """The zones that cannot be reached."""
        found = {zone for each in self._places for zone in zones(each) or [each]}
        return sorted(found)

    @property
    def regions(self) -> list[str]:
        """The regions that cannot be reached; one that has lost a zone can."""
        return sorted(self._places & set(regions()))

    def refuse(self, params: dict[str, str]) -> None:
        """Refuse a call whose path, with these parameters, names a place that cannot be reached.

        Raises:
            Refused: UNAVAILABLE.
        """
        place = next((params[each] for each in _PARAMETERS if each in params), "global")
        known = place in regions() or place in all_zones()
        if known and self.hides(place):
            raise unavailable()


def unavailable() -> Refused:
    """503, as Google's front ends say it [observed]; the reason is Compute Engine's
    (IBMSpectrumComputing/cloud-provider-plugins#35) [observed]."""
    return Refused("UNAVAILABLE", "The service is currently unavailable.", "backendError")


OUTAGES: Part[Outages] = Part("the places that cannot be reached", lambda _: Outages())
