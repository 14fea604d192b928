"""Kubernetes objects: applying one, and deleting one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shared.google.cluster_writer import ClusterWriter
from shared.google.container import Cluster
from shared.google.session import Session
from shared.json_types import JsonValue
from shared.objects import Key, full_name, key_of
from shared.step.change import Change, Description

Manifest = Mapping[str, JsonValue]


@dataclass(frozen=True)
class ApplyObject(Change):
    """Apply an object, server-side, in the cluster whose full name is `path`.

    `cluster` is None in a plan for a cluster that is not there yet. `field` is what an update is said to change.
    """

    verb: Literal["create", "update"]
    path: str
    cluster: Cluster | None
    manifest: Manifest
    field: str | None = None

    @property
    def key(self) -> Key:
        """Kind, namespace and name of the object."""
        return key_of(self.manifest)

    @property
    def sequence(self) -> str:
        """The cluster: a namespace comes before what is in it."""
        return self.path

    def describe(self) -> Description:
        """A creation or an update of the object."""
        return Description(self.verb, full_name(self.path, self.key), self.field)

    def perform(self, session: Session) -> None:
        """Apply it: it takes effect at once.

        Raises:
            Refused: the object is invalid, in the API server's words.
        """
        assert self.cluster is not None, "what has no cluster yet is planned, and not performed"
        ClusterWriter(session, self.cluster).apply(dict(self.manifest))


@dataclass(frozen=True)
class DeleteObject(Change):
    """Delete the object of this name in a cluster; with a `uid`, no other that took its name since."""

    cluster: Cluster
    kind: str
    namespace: str
    name: str
    uid: str = ""

    @property
    def key(self) -> Key:
        """Kind, namespace and name of the object."""
        return self.kind, self.namespace, self.name

    @property
    def sequence(self) -> str:
        """The cluster."""
        return self.cluster.path

    def describe(self) -> Description:
        """A deletion of the object."""
        return Description("delete", full_name(self.cluster.path, self.key))

    def perform(self, session: Session) -> None:
        """Begin to delete it; one that is gone is well.

        Raises:
            Conflict: the object of that name is another one.
        """
        ClusterWriter(session, self.cluster).delete(self.kind, self.namespace, self.name, self.uid)


ObjectChange: TypeAlias = ApplyObject | DeleteObject
