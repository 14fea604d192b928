"""What a changed spec leaves out: exports, workloads and namespaces of ours that nothing asks for any more.

They go as a teardown's do, stage after stage: an import that lists too many clusters sends them traffic, and a
Service that goes before its export is withdrawn leaves endpoint groups behind. Clusters of ours that the spec no
longer names are emptied here, and deleted by the clusters step once they are. A cluster that does not answer is
not waited for: it is not asked to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from functions.service_export.contents import KINDS
from functions.service_export.stages import STAGES
from functions.service_export.survey import Survey
from functions.service_export.wanted import kept
from shared.google.container import Cluster
from shared.labels import asked_at
from shared.live_objects import LiveObject, ask, may_hold, owned
from shared.objects import KubeObject, key_of
from shared.step.stages import Reached, first
from shared.step.step import Context


def to_prune(
    context: Context, clusters: Iterable[Cluster], owned_in: Mapping[tuple[str, str], Iterable[KubeObject]]
) -> Reached | None:
    """The first stage in which something is left of the environment that its spec does not ask for.

    None if nothing bears our label and is not wanted: that takes fewer calls than to look stage by stage. `owned_in`
    is what bears it in the clusters that were read already, by name and location.
    """
    wanted = context.wanted
    keys = kept(wanted)

    def goes(live: LiveObject) -> bool:
        return key_of(live.body) not in keys.get(live.cluster.key, frozenset())

    known = [LiveObject(each, body) for each in clusters for body in owned_in.get(each.key, ())]
    others = [each for each in clusters if each.key not in owned_in and may_hold(each, wanted.name)]
    found = ask(context.session, others, lambda api: owned(api, wanted.name, *KINDS)).objects
    if not any(map(goes, (*known, *found))):
        return None
    asked, began = asked_at(context.message.claim.generation), context.message.began
    space = wanted.gateway.namespace
    survey = Survey(context.session, wanted.project, wanted.name, space, asked, began, goes, context.places)
    return first(STAGES, survey)
