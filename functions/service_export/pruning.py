"""What a changed spec leaves out: exports, workloads and namespaces of ours that nothing asks for any more.

They go as a teardown's do, stage after stage: an import that lists too many clusters sends them traffic, and a
Service that goes before its export is withdrawn leaves endpoint groups behind. Clusters of ours that the spec no
longer names are emptied here, and deleted by the clusters step once they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.service_export import removal as export_removal
from functions.service_export.removal import Scope, Seen
from functions.service_export.wanted import key_of, wanted_objects
from shared.exports import withdrawal
from shared.exports.withdrawal import Held, owned
from shared.google.container import Cluster
from shared.labels import asked_at
from shared.step.outcome import Decision
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment

KINDS = ("ServiceExport", "Service", "Deployment", "Namespace")


def surplus(context: Context, clusters: Iterable[Cluster]) -> Seen | None:
    """What is there of the environment, and not wanted, in the clusters that may hold something of it.

    None if nothing bears our label and is not wanted: that takes fewer calls than to look stage by stage.
    """
    wanted = context.wanted
    keys = kept(wanted)

    def goes(held: Held) -> bool:
        return key_of(held.object) not in keys.get(held.cluster.key, frozenset())

    places = [each for each in clusters if each.membership or withdrawal.is_own(each, wanted.name)]
    found = withdrawal.look(context.session, places, lambda each: owned(each, wanted.name, *KINDS)).found
    if not any(goes(each) for each in found):
        return None
    asked = asked_at(context.message.claim.generation)
    scope = Scope(context.session, wanted.project, wanted.name, wanted.gateway.namespace, asked, goes)
    return export_removal.look(scope)


def kept(wanted: Environment) -> dict[tuple[str, str], frozenset[tuple[str, str, str]]]:
    """By cluster and location: what stays in it. A Service that is only exported stays, whoever made it."""
    found = {}
    for cluster in wanted.clusters:
        services = {("Service", each.namespace, each.name) for each in wanted.exports(cluster)}
        every = {key_of(each) for each in wanted_objects(wanted, cluster)}
        found[cluster.name, cluster.location] = frozenset(every | services)
    return found


def for_surplus(seen: Seen, now: float) -> Decision:
    """What goes now. A cluster that does not answer is not waited for: it is not asked to change."""
    return export_removal.decide(None, replace(seen, silent={}), now)
