"""What keeps services from being exported until a person mends it: objects and clusters of other people's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from functions.service_export.awaited import awaited, overdue, refusal
from functions.service_export.differences import ObservedCluster
from functions.service_export.observed import ObservedExports
from shared.exportable import Unfit, mended, selected, unfit
from shared.exports import wanted_exports
from shared.kubectl import deletion
from shared.objects import differs, is_being_deleted, is_ours, key_of
from shared.step.outcome import Blocked

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment, Service


def blocker(wanted: Environment, observed: ObservedExports, now: float) -> Blocked | None:
    """The first thing that a person must mend, at `now` (unix seconds)."""
    for cluster in wanted.clusters:
        contents = observed.contents.get(cluster.name)
        if contents and (stop := _foreign_object(wanted, cluster, contents)):
            return stop
    return (
        _missing_services(wanted, observed, now)
        or _unfit_services(wanted, observed)
        or _shared_import(wanted, observed)
    )


def _foreign_object(wanted: Environment, cluster: Cluster, observed: ObservedCluster) -> Blocked | None:
    """An object of a wanted name that is not ours and does not fit."""
    for wish in wanted_exports(wanted, cluster):
        kind, space, name = key_of(wish)
        live = observed.objects.get((kind, space, name))
        if live is None or is_being_deleted(live) or is_ours(live, wanted.name):
            continue
        if differs(wish.get("spec", {}), live.get("spec", {})):
            return Blocked(
                code=f"{kind.upper()}_FOREIGN",
                cause=f"{kind} {space}/{name} in cluster {cluster.name} is not this environment's, and differs.",
                fix="Give it another name in the environment, or, if nobody needs it: "
                + deletion(wanted.project, cluster, kind, space, name),
            )
    return None


def _missing_services(wanted: Environment, observed: ObservedExports, now: float) -> Blocked | None:
    """Services that are the user's own, and not there to be exported: in a check at once, later when overdue."""
    those = awaited(wanted, observed.contents, observed.asked or now, now)
    return refusal(wanted, those) if observed.asked is None else overdue(wanted, those, now)


def _unfit_services(wanted: Environment, observed: ObservedExports) -> Blocked | None:
    """Services of the user's own that cannot be exported as asked, in whichever clusters: all of them at once."""
    found = list(_unfit(wanted, observed))
    if not found:
        return None
    causes = "; ".join(
        f"Service {each.namespace}/{each.name} in cluster {c.name} {u.why}" for c, each, u in found
    )
    fixes = [mended(wanted.project, cluster, each, fault) for cluster, each, fault in found]
    faults = [
        {"path": f"services.{each.name}", "fault": f"in cluster {cluster.name} it {fault.why}", "fix": fix}
        for (cluster, each, fault), fix in zip(found, fixes, strict=True)
    ]
    patched = all(fault.patch for _, _, fault in found)
    return Blocked(
        code="SERVICE_UNFIT",
        cause=f"{causes}.",
        fix=" && ".join(fixes) if patched else fixes[0],
        faults=faults,
    )


def _unfit(wanted: Environment, observed: ObservedExports) -> Iterator[tuple[Cluster, Service, Unfit]]:
    for cluster in wanted.clusters:
        contents = observed.contents.get(cluster.name)
        for each in wanted.exports(cluster) if contents else ():
            assert contents is not None
            live = contents.objects.get(("Service", each.namespace, each.name))
            if live is None or each.selector is not None or is_being_deleted(live):
                continue
            pods = selected(contents.pods, each.namespace, live.get("spec", {}).get("selector") or {})
            if fault := unfit(each, live, pods):
                yield cluster, each, fault


def _shared_import(wanted: Environment, observed: ObservedExports) -> Blocked | None:
    """A cluster that is not the environment's and exports a service of the same name."""
    for service in wanted.services:
        for member in observed.listed(service) & observed.foreign.keys():
            return _exported_elsewhere(service, observed.foreign[member])
    return None


def _exported_elsewhere(service: Service, cluster: str) -> Blocked:
    return Blocked(
        code="IMPORT_SHARED",
        cause=f"Cluster {cluster} of the fleet exports {service.namespace}/{service.name} too, and is not in this"
        " environment: the fleet takes equal names for one service, and would send it traffic.",
        fix=f"Choose another name or namespace, or, in {cluster}:"
        f" kubectl delete serviceexports.net.gke.io {service.name} --namespace={service.namespace}",
    )
