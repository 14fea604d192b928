"""The kinds that contain others: a namespace its objects, a CustomResourceDefinition those of its kind.

Being deleted, they stay until what they contain is gone [documented].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from localcloud.kubernetes.kinds import Kind, Registry
from localcloud.kubernetes.store import Change, Place, Store
from localcloud.wire.messages import Json

CRD = "apiextensions.k8s.io/CustomResourceDefinition"
NAMESPACE = "Namespace"


class Containment(Protocol):
    """How objects of a kind contain others. `emptied_by` is the controller that empties them in its own time; ""
    if it happens at once."""

    emptied_by: str

    def inside(self, item: Json, store: Store, registry: Registry) -> Iterator[tuple[Kind, str]]:
        """The collections inside `item`: a kind, and in which namespace ("" for all)."""
        ...

    def terminating(self, item: Json) -> Json:
        """`item` as it shows itself while it is emptied."""
        ...


class _Namespaces:
    emptied_by = "namespace"

    def inside(self, item: Json, store: Store, registry: Registry) -> Iterator[tuple[Kind, str]]:
        for kind in (registry.named(key) for key in store.kinds()):
            if kind and kind.namespaced:
                yield kind, item["metadata"]["name"]

    def terminating(self, item: Json) -> Json:
        """Without a grace period, which a second deletion would otherwise show."""
        meta = {k: v for k, v in item["metadata"].items() if k != "deletionGracePeriodSeconds"}
        return {**item, "metadata": meta, "status": {**item.get("status", {}), "phase": "Terminating"}}


class _Definitions:
    emptied_by = ""

    def inside(self, item: Json, store: Store, registry: Registry) -> Iterator[tuple[Kind, str]]:
        kind = registry.named(f"{item['spec']['group']}/{item['spec']['names']['kind']}")
        if kind and kind.plural == item["spec"]["names"]["plural"]:  # or it was never served
            yield kind, ""

    def terminating(self, item: Json) -> Json:
        return item


CONTAINERS: dict[str, Containment] = {NAMESPACE: _Namespaces(), CRD: _Definitions()}


def containers_of(change: Change, registry: Registry) -> Iterator[tuple[str, Place]]:
    """What the object of a change is in: its namespace, and the definition of its kind."""
    if namespace := change.item["metadata"].get("namespace", ""):
        yield NAMESPACE, ("", namespace)
    kind = registry.named(change.key)
    if kind and kind.custom:
        yield CRD, ("", f"{kind.plural}.{kind.group}")
