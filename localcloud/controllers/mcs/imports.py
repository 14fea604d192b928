"""ServiceImports: in every cluster that takes part and has the namespace, whoever exports.

What the importer writes: the import with its address, the Service `gke-mcs-…` that has that address, and its
endpoints, the ready pods of all exporting clusters [observed: label, annotation, spec and status].
"""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.controllers.mcs import names
from localcloud.controllers.mcs.exports import Export, Name, completed
from localcloud.controllers.mcs.groups import reachable
from localcloud.controllers.mcs.importer import MANAGER, importer_starved
from localcloud.controllers.mcs.members import IMPORT, Member, namespace_open
from localcloud.controllers.writer import Writer
from localcloud.wire.messages import Json
from localcloud.world import World

MANAGED = {"app.kubernetes.io/managed-by": MANAGER}
DERIVED = "net.gke.io/derived-service"


@dataclass(frozen=True)
class _Wanted:
    """What every importer writes for a Service; only the address is each cluster's own."""

    derived: Json
    endpoints: Json
    headless: bool
    item: Json
    clusters: list[Json]

    def imported(self, address: str) -> Json:
        """The ServiceImport in a cluster where the derived Service has this address."""
        ips = [] if self.headless else [address]
        return {**self.item, "spec": {**self.item["spec"], "ips": ips}}


class Importers:
    """The importers of all clusters."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._writers: dict[str, Writer] = {}
        self._wanted: dict[tuple[str, Name], _Wanted] = {}

    def sync(self, project: str, members: list[Member], service: Name) -> None:
        """Write the imports of a Service into every cluster whose importer runs."""
        exports = completed(self._world, project).get(service, [])
        if not exports:
            return
        wanted = _wanted(project, self._world.projects.get(project).number, exports, members)
        if self._wanted.get((project, service)) == wanted:
            wanted = self._wanted[project, service]  # the same objects: the writers see that at a glance
        self._wanted[project, service] = wanted
        for member in members:
            starved = importer_starved(self._world, member.cluster)
            if not starved and namespace_open(member, service.namespace):
                self._put(member, wanted)

    def clean_up(self, project: str, members: list[Member]) -> None:
        """Remove the imports that nobody exports any more."""
        exports = completed(self._world, project)
        for member in members:
            if not importer_starved(self._world, member.cluster):
                self._remove(member, set(exports))

    def _writer(self, member: Member) -> Writer:
        writer = self._writers.get(member.cluster)
        if writer is None or writer.api is not member.api:
            writer = self._writers[member.cluster] = Writer(member.api, MANAGER)
        return writer

    def _put(self, member: Member, wanted: _Wanted) -> None:
        writer = self._writer(member)
        address = writer.ensure("Service", wanted.derived)["spec"]["clusterIP"]
        writer.ensure("Endpoints", wanted.endpoints)
        item = writer.ensure(IMPORT, wanted.imported(address))
        writer.set_status(IMPORT, item, {"clusters": wanted.clusters})

    def _remove(self, member: Member, keep: set[Name]) -> None:
        """Imports that nobody exports any more go, with what was derived for them."""
        for item in member.api.list(IMPORT, labels=MANAGED):
            meta = item["metadata"]
            if Name(meta["namespace"], meta["name"]) not in keep:
                derived = meta.get("annotations", {}).get(DERIVED, "")
                for kind, name in ((IMPORT, meta["name"]), ("Endpoints", derived), ("Service", derived)):
                    self._writer(member).remove(kind, meta["namespace"], name)


def ports_of(exports: list[Export]) -> list[Json]:
    """The import's ports: all that any cluster exports; of one number, the first cluster's [inferred]."""
    found: dict[int, Json] = {}
    for export in exports:
        for port in export.ports:
            named = {"name": port["name"]} if port.get("name") else {}
            protocol = {"protocol": port.get("protocol", "TCP")}
            found.setdefault(port["port"], {"port": port["port"], **named, **protocol})
    return [found[number] for number in sorted(found)]


def _wanted(project: str, number: str, exports: list[Export], members: list[Member]) -> _Wanted:
    derived = names.derived_service(project, exports[0].service)
    clusters = [
        {"cluster": export.membership.replace(f"projects/{project}/", f"projects/{number}/", 1)}
        for export in exports
    ]
    return _Wanted(
        _derived(derived, exports),
        _endpoints(derived, exports, members),
        exports[0].headless,
        _import(number, exports, derived, _network(members, exports)),
        clusters,
    )


def _import(number: str, exports: list[Export], derived: str, network: str) -> Json:
    first = exports[0]
    return {
        "apiVersion": "net.gke.io/v1",
        "kind": "ServiceImport",
        "metadata": {
            "name": first.service.name,
            "namespace": first.service.namespace,
            "annotations": {DERIVED: derived},
            "labels": {
                **MANAGED,
                "net.gke.io/backend-service-name": names.backend_service(first.service),
                "net.gke.io/export-network": network,
                "net.gke.io/export-project": number,
            },
        },
        "spec": {
            "type": "Headless" if first.headless else "ClusterSetIP",
            "ports": ports_of(exports),
            "sessionAffinity": first.affinity,
        },
    }


def _network(members: list[Member], exports: list[Export]) -> str:
    """The short name of the network that the export comes from."""
    networks = {m.cluster: m.resource.get("networkConfig", {}).get("network", "") for m in members}
    return next((networks[e.cluster] for e in exports if e.cluster in networks), "").rpartition("/")[2]


def _derived(name: str, exports: list[Export]) -> Json:
    """The Service that has the import's address; of a headless one it is headless, and may do without ports."""
    headless = {"clusterIP": "None"} if exports[0].headless else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": exports[0].service.namespace, "labels": MANAGED},
        "spec": {"type": "ClusterIP", **headless, "ports": [_named(port) for port in ports_of(exports)]},
    }


def _named(port: Json) -> Json:
    """Several ports of a Service must have names; those that came without get their number."""
    return {**port, "name": port.get("name") or f"port-{port['port']}"}


def _endpoints(name: str, exports: list[Export], members: list[Member]) -> Json:
    """The ready pods of all exporting clusters, for the first port."""
    clusters = {member.cluster: member for member in members}
    found = [
        reachable(clusters[export.cluster], export.service, port)
        for export in exports
        if export.cluster in clusters
        for port in export.ports[:1]
    ]
    ips = sorted(one.ip for _, at in found for one in at)
    number = next((port for port, at in found if at), 0)
    subset = {"addresses": [{"ip": ip} for ip in ips], "ports": [{"port": number, "protocol": "TCP"}]}
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": name, "namespace": exports[0].service.namespace, "labels": MANAGED},
        "subsets": [subset] if ips else [],
    }
