"""Lists of Google's APIs, and the holes in them: places whose items nobody could read.

An API answers with what it could read, 200, and a word about the rest. GKE names zones in `missingZones`, the fleet
locations in `unreachable`, Compute Engine warns in the scope of a region or zone, or names it in `unreachables`
[documented, the lists of each]. Compute Engine and features fail whole unless `returnPartialSuccess` is asked for
[documented, aggregatedList and features.list]. Whoever overlooks that word takes what is there for gone, and makes or
deletes accordingly.

So a list that may have holes is a `Listing`, and gives its items only to a reader who says which places it needs.
A hole in one of them is an error that names it; a hole elsewhere does not matter to that reader.

An answer that is no list of these items is no empty list, either (`shared.google.answers`). Compute Engine says in each
what it is a list of, also in an empty one [documented, `kind` of each list]. The newer APIs leave out what is empty, so
their empty list is `{}`; an object with other fields alone is not theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from shared import errors
from shared.google.answers import NAMED, Form, understanding
from shared.google.session import Session
from shared.json_types import Json

Item = TypeVar("Item")
Other = TypeVar("Other")

EMPTY = "NO_RESULTS_ON_PAGE"  # compute's warning that a scope has none: that is no hole [documented]
UNREAD = ("missingZones", "unreachable", "unreachables")
OF_ANY_LIST = {*UNREAD, "nextPageToken"}
PARTIAL: Final = {
    "returnPartialSuccess": "true"
}  # with it an outage makes a hole, without it a refusal [documented]
GLOBAL: Final = "global"
ANYWHERE: Final = ""  # the place of a hole whose answer does not say where it is


@dataclass(frozen=True)
class Places:
    """The zones and regions that a reader needs, by short name; `names` is None for all there are.

    What is in no region is always needed.
    """

    names: frozenset[str] | None

    @classmethod
    def of(cls, *names: str) -> Places:
        """These zones and regions; also their full names."""
        return cls(frozenset(_short(each) for each in names if each))

    def __or__(self, other: Places) -> Places:
        """The places of both."""
        if self.names is None or other.names is None:
            return EVERYWHERE
        return Places(self.names | other.names)

    def meet(self, hole: str) -> bool:
        """Whether a hole may hide something in these places: a region's zones are in it, and it is in all of them."""
        if self.names is None or hole in (ANYWHERE, GLOBAL):
            return True
        return any(hole == each or _is_in(hole, each) or _is_in(each, hole) for each in self.names)


EVERYWHERE: Final = Places(None)


@dataclass(frozen=True)
class Listing(Generic[Item]):
    """What a list answered. `what` was listed, for messages; `holes` are short names of places, or `ANYWHERE`."""

    service: str
    what: str
    _items: Sequence[Item]
    holes: tuple[str, ...] = ()

    def within(self, places: Places) -> list[Item]:
        """Every item that could be read. All that are in `places` are among them; elsewhere some may be missing.

        Raises:
            PlaceUnreachable: part of `places` could not be read.
        """
        if missing := self.hidden(places):
            raise unreachable(self.service, self.what, missing)
        return self.seen()

    def seen(self) -> list[Item]:
        """Every item that could be read: for a reader whom a missing one leads to nothing wrong."""
        return list(self._items)

    def hidden(self, places: Places) -> tuple[str, ...]:
        """The holes in these places."""
        return tuple(each for each in self.holes if places.meet(each))

    def each(self, convert: Callable[[Item], Other]) -> Listing[Other]:
        """The same with every item converted.

        Raises:
            Transient: an item has not the form that `convert` needs.
        """
        with understanding(self.service, "GET", self.what):
            return Listing(self.service, self.what, [convert(item) for item in self._items], self.holes)

    def only(self, wanted: Callable[[Item], bool]) -> Listing[Item]:
        """The same without the items that are not wanted."""
        return Listing(self.service, self.what, [item for item in self._items if wanted(item)], self.holes)


def unreachable(service: str, what: str, holes: Iterable[str]) -> errors.PlaceUnreachable:
    """The error of a reader that needs what is in these holes."""
    names = ", ".join(each or "a place that the answer does not name" for each in holes)
    return errors.PlaceUnreachable(service, "GET", what, 0, "PlaceUnreachable", f"no answer from {names}")


def items(session: Session, service: str, path: str, field: str, **query: str) -> Iterator[Any]:
    """Every item of a list of one place, in `field` of every page; a page is asked for when it is needed.

    Raises:
        PlaceUnreachable: part of the list could not be read.
    """
    for page in session.pages(service, path, _page(service, field), **query):
        if found := [*_holes(page)]:
            raise unreachable(service, path, found)
        yield from page.get(field, [])


def listing(session: Session, service: str, path: str, field: str, **query: str) -> Listing[Any]:
    """A list of several places at once, whole: a hole may be told on any page [documented: AIP-217]."""
    found, holes = list[Any](), dict[str, None]()
    for page in session.pages(service, path, _page(service, field), **query):
        found += page.get(field, [])
        holes |= dict.fromkeys(_holes(page))
    return Listing(service, path, found, tuple(holes))


def listing_by_scope(session: Session, service: str, path: str, field: str, **query: str) -> Listing[Any]:
    """The same of an aggregated list of Compute Engine, which has items by region and zone."""
    found, holes = list[Any](), dict[str, None]()
    for page in session.pages(service, path, _page_by_scope(field), **PARTIAL, **query):
        holes |= dict.fromkeys(_holes(page))
        for name, scope in page.get("items", {}).items():
            found += scope.get(field, [])
            holes |= dict.fromkeys(_short(name) for _ in _holes(scope))
    return Listing(service, path, found, tuple(holes))


def outermost(holes: Iterable[str]) -> list[str]:
    """Each of these places once, without the zones of a region that is among them."""
    found = set(holes)
    return sorted(each for each in found if not any(other and _is_in(each, other) for other in found))


def _page(service: str, field: str) -> Form:
    """The form of a page with named items in `field`."""
    is_one = _is_of_compute if service == "compute" else _is_of_list(field)
    return lambda page: is_one(page) and _are_holes(page) and _are_named(page.get(field, []))


def _page_by_scope(field: str) -> Form:
    """The form of a page of an aggregated list."""

    def is_scope(scope: Any) -> bool:
        return isinstance(scope, dict) and _are_holes(scope) and _are_named(scope.get(field, []))

    def is_page(page: Any) -> bool:
        scopes = page.get("items", {})
        known = _is_of_compute(page) and _are_holes(page) and isinstance(scopes, dict)
        return known and all(map(is_scope, scopes.values()))

    return is_page


def _is_of_compute(page: Any) -> bool:
    kind = page.get("kind")
    return isinstance(kind, str) and kind.startswith("compute#") and kind.endswith("List")


def _is_of_list(field: str) -> Form:
    """Whether a page has a field of such a list, or none at all."""
    return lambda page: not page or not page.keys().isdisjoint(OF_ANY_LIST | {field})


def _are_holes(answer: Json) -> bool:
    """Whether what an answer says of the rest has its form."""
    places = [answer.get(field) or [] for field in UNREAD]
    texts = all(isinstance(each, list) and all(isinstance(name, str) for name in each) for each in places)
    return (
        texts
        and isinstance(answer.get("warning") or {}, dict)
        and isinstance(answer.get("nextPageToken", ""), str)
    )


def _are_named(found: Any) -> bool:
    return isinstance(found, list) and all(map(NAMED, found))


def _holes(answer: Json) -> Iterator[str]:
    """The places that an answer, or a scope in it, leaves out, by short name.

    A warning names its scope [documented]; one that does not may mean any place.
    """
    for field in UNREAD:
        yield from map(_short, answer.get(field) or ())
    warning = answer.get("warning") or {}
    if warning.get("code", EMPTY) != EMPTY:
        named = [each["value"] for each in warning.get("data", []) if each.get("key") == "scope"]
        yield from map(_short, named or [ANYWHERE])


def _short(name: str) -> str:
    """`us-west1-a` of that, of `zones/us-west1-a`, of `projects/P/locations/us-west1-a`."""
    return name.rpartition("/")[2]


def _is_in(zone: str, region: str) -> bool:
    return zone.rpartition("-")[0] == region
