"""Writing what a controller wants into a cluster, and only when it is not there already.

A loop that looks at everything wants the same again and again; a write that changes nothing still costs a
validation. So what was wanted last is kept with the version it got: the same wish on the same version is granted.
"""

from __future__ import annotations

from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json

Key = tuple[str, str, str]


class Writer:
    """Writes into one cluster as the field manager `manager`."""

    def __init__(self, api: KubernetesApi, manager: str) -> None:
        self.api = api
        self._manager = manager
        self._wanted: dict[Key, tuple[Json, str]] = {}

    def ensure(self, kind: str, item: Json) -> Json:
        """Make the object, or merge `item` into it; gives back the object."""
        meta = item["metadata"]
        key = (kind, meta.get("namespace", ""), meta["name"])
        found = self.api.get(*key)
        if found is not None and self._wanted.get(key) == (item, found["metadata"]["resourceVersion"]):
            return found
        if found is None:
            written = self.api.create(kind, item, self._manager)
        else:
            written = self.api.patch(*key, item, self._manager)
        self._wanted[key] = (item, written["metadata"]["resourceVersion"])
        return written

    def set_status(self, kind: str, item: Json, status: Json, manager: str = "") -> None:
        """Replace the status of `item`, an object of the cluster."""
        meta = item["metadata"]
        if item.get("status") != status:
            place = (meta.get("namespace", ""), meta["name"])
            self.api.replace_status(kind, *place, status, manager or self._manager)

    def remove(self, kind: str, namespace: str, name: str) -> None:
        """Delete the object, if it is there."""
        self._wanted.pop((kind, namespace, name), None)
        if self.api.get(kind, namespace, name) is not None:
            self.api.delete(kind, namespace, name)
