"""What every cluster of an environment should have for its services to be exported, and what it lacks.

What is there and fits is used, whoever made it; what is there, does not fit and is not ours is in the way.
Exports of ours that are no longer asked for are withdrawn: an import that lists too many clusters sends them
traffic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.service_export.sample_app import deployment
from shared.exports.objects import own_export, own_service
from shared.google import container
from shared.google.cluster_writer import differs
from shared.objects import Json, body, is_ours, namespace
from shared.step.legacy import LegacyChange as Change
from shared.step.outcome import Blocked, Outcome

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment

Key = tuple[str, str, str]  # kind, namespace, name


@dataclass(frozen=True)
class InCluster:
    """One cluster's objects that matter here. `exports_known` is whether it has the ServiceExport kind yet."""

    cluster: container.Cluster
    objects: Mapping[Key, Json]
    exports_known: bool


@dataclass(frozen=True)
class Application:
    """An object to apply or delete, and where; a plan may have no cluster to do it in yet."""

    cluster: container.Cluster | None
    object: Json


def key_of(item: Json) -> Key:
    """Kind, namespace and name of an object."""
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


def is_going(live: Json) -> bool:
    """Whether an object is being deleted: it still has its name, and will not come back to life."""
    return "deletionTimestamp" in live["metadata"]


def wanted_objects(wanted: Environment, cluster: Cluster) -> Iterator[Json]:
    """Every object that a cluster should have, in the order in which they can be applied."""
    yield from (namespace(wanted.name, name) for name in wanted.namespaces)
    if wanted.sample_app:
        yield deployment(wanted.name, wanted.gateway.namespace)
    exported = wanted.exports(cluster)
    yield from (own_service(wanted.name, each) for each in exported if each.selector is not None)
    yield from (own_export(wanted.name, each) for each in exported)


def changes(wanted: Environment, cluster: Cluster, there: InCluster | None) -> Iterator[Change]:
    """What one cluster lacks, and which exports of ours it has too many."""
    wishes = list(wanted_objects(wanted, cluster))
    live = there.objects if there else {}
    for wish in wishes:
        found = live.get(key_of(wish))
        if found is None or is_going(found):
            yield _change("create", wanted, cluster, there, wish)
        elif is_ours(found, wanted.name) and _is_outdated(wish, found):
            yield _change("update", wanted, cluster, there, wish)
    asked = {key_of(wish) for wish in wishes}
    for key, found in live.items():
        surplus = key[0] == "ServiceExport" and key not in asked and is_ours(found, wanted.name)
        if surplus and not is_going(found):
            _, space, name = key
            yield _change("delete", wanted, cluster, there, body(wanted.name, key[0], name, space))


def obstacle(wanted: Environment, cluster: Cluster, there: InCluster) -> Outcome | None:
    """An object of a wanted name that is not ours and does not fit, or a Service that should be there and is not."""
    for wish in wanted_objects(wanted, cluster):
        kind, space, name = key_of(wish)
        live = there.objects.get((kind, space, name))
        if live is None or is_going(live) or is_ours(live, wanted.name):
            continue
        if differs(wish.get("spec", {}), live.get("spec", {})):
            return Blocked(
                code=f"{kind.upper()}_FOREIGN",
                cause=f"{kind} {space}/{name} in cluster {cluster.name} is not this environment's, and differs.",
                fix=f"Give it another name in the environment, or delete it from cluster {cluster.name}.",
            )
    for each in wanted.exports(cluster):
        if each.selector is None and ("Service", each.namespace, each.name) not in there.objects:
            return Blocked(
                code="SERVICE_MISSING",
                cause=f"Cluster {cluster.name} has no Service {each.namespace}/{each.name} to export.",
                fix="Create it, or give the service a selector to have it made.",
            )
    return None


def _is_outdated(wish: Json, live: Json) -> bool:
    """Lists leave out the version and kind of their items [documented, API conventions]: these do not count."""
    return wish["kind"] != "Namespace" and any(
        differs(wish[part], live.get(part)) for part in ("metadata", "spec") if part in wish
    )


def _change(verb: str, wanted: Environment, cluster: Cluster, there: InCluster | None, item: Json) -> Change:
    kind, space, name = key_of(item)
    where = f"projects/{wanted.project}/locations/{cluster.location}/clusters/{cluster.name}"
    resource = f"{where}/{kind}/{space + '/' if space else ''}{name}"
    return Change(verb, resource, body=Application(there.cluster if there else None, item))
