"""A zone or region of the environment's does not answer: what is there may be as wanted, but nobody can see it."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.google.lists import ANYWHERE, Places, outermost


def place_unreachable(case: Case) -> Iterator[Finding]:
    """One finding a place. The rules about what is missing say nothing of it."""
    for place in outermost(hole for holes in case.holes.values() for hole in holes):
        named = place or "a place that they do not name"
        yield Finding(
            code="PLACE_UNREACHABLE",
            resource=f"projects/{case.project}" + (f"/locations/{place}" if place != ANYWHERE else ""),
            cause=f"Google's APIs do not answer for {named}: what environment {case.wanted.name} has there cannot be"
            " seen, so nothing is known about it.",
            evidence={"lists without it": _lists(case, place), "clusters there": _clusters(case, place)},
            fix=f"Wait until {place or 'the place'} answers again, as https://status.cloud.google.com will tell. Then"
            " publish the environment again.",
        )


def _lists(case: Case, place: str) -> list[str]:
    return sorted(
        kind for kind, holes in case.holes.items() if any(Places.of(place).meet(hole) for hole in holes)
    )


def _clusters(case: Case, place: str) -> list[str]:
    return [each.name for each in case.wanted.clusters if Places.of(each.location).meet(place)]
