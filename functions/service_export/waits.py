"""What service exports wait for: clusters, the kind ServiceExport, deletions before, and the imports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from functions.service_export.differences import ObservedCluster
from functions.service_export.observed import ObservedExports
from shared.changes.objects import ObjectChange
from shared.google.compute import unix
from shared.objects import KubeObject, is_being_deleted
from shared.step.estimate import UNHURRIED, closely, remaining
from shared.step.outcome import Waiting

if TYPE_CHECKING:
    from shared.spec import Environment, Service

CREATED, KIND_KNOWN, DELETED = 300.0, 110.0, 10.0  # typical seconds [observed]

# The same until an import lists a cluster's first export [documented], another one, or no longer [inferred].
IMPORTED, IMPORTED_LATER, WITHDRAWN = 300.0, 45.0, 60.0
# The kind's first look comes after this share of its time: the namespaces that its clock starts with are made up to
# half a minute after the cluster serves.
EARLY = 0.35


def wait_to_change(
    change: ObjectChange, cluster: str, observed: ObservedExports, now: float
) -> Waiting | None:
    """Why a change in a cluster cannot be made yet; None if it can."""
    contents = observed.contents.get(cluster)
    if contents is None:
        return _for_cluster(cluster, observed, now)
    kind, space, name = change.key
    for key in (("Namespace", "", space), (kind, space, name)):
        live = contents.objects.get(key)
        if live and is_being_deleted(live):
            text = f"{key[0]} {key[2]} in cluster {cluster} is still being deleted"
            since = unix(live["metadata"]["deletionTimestamp"])
            return Waiting(reason="Deleting", message=text, retry_after=remaining(now, since, DELETED))
    if kind == "ServiceExport" and not contents.exports_known:
        return _for_kind(cluster, contents, now)
    return None


def wait_for_imports(
    wanted: Environment, observed: ObservedExports, missing: list[Service], now: float, starting: bool
) -> Waiting:
    """Wait for imports that are not as they should be; `starting` says that exports are only being made.

    Routes watch the imports by themselves; this one looks when the slowest of them is due. Once an import lists a
    cluster, its backends' health takes longer than the pause between two looks [observed].
    """
    keys = {("ServiceExport", each.namespace, each.name) for each in missing}
    exports = (
        live
        for contents in observed.contents.values()
        for key, live in contents.objects.items()
        if key in keys
    )
    seconds = remaining(now, None if starting else _newest(exports), _typical(wanted, observed, missing))
    text = "; ".join(_shortcoming(wanted, each, observed) for each in missing)
    return Waiting(reason="ServiceImportMissing", message=text, retry_after=max(seconds, UNHURRIED))


def _for_cluster(name: str, observed: ObservedExports, now: float) -> Waiting:
    cluster = observed.clusters.get(name)
    since = unix(cluster.created) if cluster and cluster.created else None
    text = f"waiting for cluster {name} to be RUNNING"
    seconds = max(remaining(now, since, CREATED), UNHURRIED)  # its kinds take a minute more, at the least
    return Waiting(reason="ClusterProvisioning", message=text, retry_after=seconds)


def _for_kind(name: str, contents: ObservedCluster, now: float) -> Waiting:
    """The kind comes to a cluster some time after the namespaces did, which are made as soon as it serves."""
    spaces = (live for (kind, _, _), live in contents.objects.items() if kind == "Namespace")
    text = f"cluster {name} does not know ServiceExports yet"
    seconds = closely(now, _newest(spaces), KIND_KNOWN, first=EARLY)
    return Waiting(reason="ServiceExportUnknown", message=text, retry_after=seconds)


def _typical(wanted: Environment, observed: ObservedExports, missing: list[Service]) -> float:
    """How long the missing usually take: the first export of a cluster takes longest."""
    known = {member for each in wanted.services for member in observed.listed(each)}
    lacking = {
        member
        for each in missing
        for member in observed.exporters(wanted, each).values()
        if member not in observed.listed(each)
    }
    return (IMPORTED if lacking - known else IMPORTED_LATER) if lacking else WITHDRAWN


def _newest(items: Iterable[KubeObject]) -> float | None:
    return max((unix(each["metadata"]["creationTimestamp"]) for each in items), default=None)


def _shortcoming(wanted: Environment, service: Service, observed: ObservedExports) -> str:
    """What an import lacks, or has too much."""
    listed, exporters = observed.listed(service), observed.exporters(wanted, service)
    lacking = [name for name, key in exporters.items() if key not in listed]
    extra = sorted(listed - set(exporters.values()))
    faults = [f"lacks {', '.join(lacking)}"] if lacking else []
    faults += [f"still lists {', '.join(extra)}"] if extra else []
    return f"import {service.namespace}/{service.name} {' and '.join(faults) or 'is not there yet'}"
