"""What a teardown finds of the fleet: features, memberships without a cluster, the grant, and APIs to disable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from functions.fleet.changes import DisableApi
from functions.fleet.users import Member, User, is_ours, members, users
from shared import gcloud, labels
from shared.google import container, importer, projects, serviceusage
from shared.google.container import location_of
from shared.google.gkehub import INGRESS, MCS, Feature, Membership, features, member_key, memberships
from shared.google.lists import EVERYWHERE, Places
from shared.google.resource import Resource
from shared.google.session import Session
from shared.json_types import Json
from shared.step.step import Context

APIS = tuple(f"{name}.googleapis.com" for name in (INGRESS, MCS, "trafficdirector"))


@dataclass(frozen=True)
class RemainingFleet:
    """What is there. `features` are the two, whoever enabled them; `ours` those of them that we did.

    `stale` are our memberships without a cluster; `users` says who else needs a feature, by its name; `granted`
    are the importer's principals that hold its role by our doing; `undecided` are rows of what may be ours
    and bears no mark that says so; `apis` those that are to be disabled and are
    enabled, or None; `tried` why an API was refused to be disabled in this call, "" if that was begun.
    """

    project: str
    features: Mapping[str, Feature]
    ours: frozenset[str]
    stale: Sequence[Membership] = ()
    users: Mapping[str, Sequence[User]] = field(default_factory=dict)
    granted: Sequence[str] = ()
    undecided: Sequence[Json] = ()
    apis: Sequence[str] | None = None
    tried: Mapping[str, str] = field(default_factory=dict)

    def unused(self, name: str) -> Feature | None:
        """The feature of that name, if it is ours and nobody else uses it."""
        return self.features[name] if name in self.ours and not self.users.get(name) else None

    @property
    def shared(self) -> list[str]:
        """The names of the features that are ours, and that somebody else uses."""
        return [name for name in self.features if name in self.ours and self.users.get(name)]


def observe(context: Context) -> RemainingFleet:
    """Features and memberships of the project, and what clusters that are not ours do with them."""
    session, project = context.session, context.place.project
    found = {name: each for name, each in features(session, project).items() if name in (MCS, INGRESS)}
    ours = frozenset(name for name, each in found.items() if labels.is_owned(each.labels, context.name))
    every = _members(session, project, _needed(context, found, ours))
    removes_apis = context.place.disable_apis and not found
    return RemainingFleet(
        project,
        found,
        ours,
        _stale(every, found, ours, context.name),
        users(session, found, ours, every, context.name),
        _granted(session, project, found, ours),
        list(_undecided(session, project, found, every, context.name)),
        serviceusage.enabled(session, project, APIS) if removes_apis else None,
        _tried(context.tried, project),
    )


def _needed(context: Context, found: Mapping[str, Feature], ours: frozenset[str]) -> Places:
    """Where members matter: ours, the config membership; all there are before multi-cluster Services are disabled.

    Any member may export, and a feature that is used must stay. While ingress is there, that alone decides.
    """
    if MCS in ours and INGRESS not in found:
        return EVERYWHERE
    return context.places | Places.of(*(location_of(each.config_membership) for each in found.values()))


def _members(session: Session, project: str, places: Places) -> list[Member]:
    """The memberships, with the clusters that they are of."""
    found = memberships(session, project).within(places)
    if not found:
        return []
    needed = Places.of(*(location_of(each.cluster) for each in found if places.meet(location_of(each.path))))
    return members(found, container.clusters(session, project).within(needed))


def _stale(
    every: Sequence[Member], found: Mapping[str, Feature], ours: frozenset[str], environment: str
) -> list[Membership]:
    """Ours by label, or because our own ingress feature has it for its config membership."""
    config = member_key(found[INGRESS].config_membership) if INGRESS in ours else ""
    stale = (each.membership for each in every if each.is_stale)
    return [each for each in stale if labels.is_owned(each.labels, environment) or each.key == config]


def _granted(
    session: Session, project: str, found: Mapping[str, Feature], ours: frozenset[str]
) -> Sequence[str]:
    """Whom the grant that we made is for; not asked while ingress, which goes first, is there."""
    if MCS not in ours or INGRESS in ours or found[MCS].labels.get(labels.IMPORTER) != labels.GRANTED:
        return ()
    return importer.importers(projects.policy(session, project), project)


def _tried(tried: Mapping[str, str], project: str) -> dict[str, str]:
    """What came of disabling each API in this call, by API."""
    resources = {api: DisableApi(project, api).describe().resource for api in APIS}
    return {api: tried[resource] for api, resource in resources.items() if resource in tried}


def _undecided(
    session: Session,
    project: str,
    found: Mapping[str, Feature],
    every: Sequence[Member],
    environment: str,
) -> Iterator[Json]:
    """What somebody's hand has left without the mark that would say whose it is, and the command if it is nobody's.

    A feature that was disabled by hand takes the grant's label with it, and one that was enabled by hand bears none.
    Nobody else uses it if no member is left that is not ours.
    """
    if any(each.labels or each.going for each in found.values()):
        return  # labels of any kind show that somebody keeps it
    if any(not each.is_stale and not is_ours(each, environment) for each in every):
        return
    for each in found.values():
        why = "it is on in a fleet that has no other members; nothing says who enabled it"
        command = gcloud.delete(Resource("features", each.path))
        yield {"resource": each.path, "why": f"{why}. If nobody needs it: {command}"}
    for who in importer.importers(projects.policy(session, project), project):
        why = "it is granted to the importer of multi-cluster Services; nothing says by whom"
        command = gcloud.take_back(project, importer.ROLE, who)
        yield {"resource": f"{importer.ROLE} of {who}", "why": f"{why}. If nobody needs it: {command}"}
