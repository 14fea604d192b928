"""A recording of an environment that a release made: the form of the files in `tests/releases/REVISION/`.

`record.py` writes them, `replay.py` makes the environment again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from localcloud.container.kube import CLUSTER_APIS
from localcloud.wire.messages import Caller, Json, Request
from localcloud.world import World

FOLDER = Path(__file__).parent
SET_POLICY = ":setIamPolicy"
# The collections of a dump that Google has, too; the others are the local cloud's own.
GOOGLES = ("compute.", "container.clusters", "gkehub.")
# What a cluster makes by itself of a Deployment and a Service, which show how that went.
DERIVED = ("Pod", "ReplicaSet", "Endpoints", "EndpointSlice")


@dataclass(frozen=True)
class Change:
    """One accepted request for a change: seconds after the deploy was asked for, whose, and what.

    `cluster` is the full name of the cluster whose Kubernetes API was asked; "" for a Google API.
    Of a project's new policy, `body` has only the members that the request added.
    """

    at: float
    by: str
    cluster: str
    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    content_type: str
    body: Json


@dataclass(frozen=True)
class Recording:
    """An environment that a release made. `execution` has its id, its argument and its result.

    `answers` are those with which functions were done, in order, phase after phase. `stands` is the environment's part
    of the dump, flat. `managers` are the field managers of the objects that were applied.
    """

    revision: str
    about: str
    seed: int
    document: Json
    execution: Json
    answers: Sequence[Json]
    changes: Sequence[Change]
    stands: Json
    managers: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, path: Path) -> Recording:
        """A recording that was written."""
        fields = json.loads(path.read_text("utf-8"))
        return cls(**{**fields, "changes": [Change(**each) for each in fields["changes"]]})

    def write(self, path: Path) -> None:
        """Write it, a line for each change and each resource."""
        path.parent.mkdir(exist_ok=True)
        path.write_text(_lines(asdict(self)), "utf-8")


def _lines(fields: Json) -> str:
    """JSON with a line for each item of each field."""
    parts = [f"{_compact(name)}:{_items(value)}" for name, value in fields.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _items(value: Any) -> str:
    match value:
        case list():
            return "[\n" + ",\n".join(map(_compact, value)) + "\n]"
        case dict():
            return "{\n" + ",\n".join(f"{_compact(k)}:{_compact(v)}" for k, v in value.items()) + "\n}"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def added(before: Sequence[Json], after: Sequence[Json]) -> list[Json]:
    """What the bindings `after` grant and those `before` do not."""
    known = {(each["role"], member) for each in before for member in each["members"]}
    found = [
        {**each, "members": [one for one in each["members"] if (each["role"], one) not in known]}
        for each in after
    ]
    return [each for each in found if each["members"]]


def environments_part(before: Json, after: Json, changes: Sequence[Change]) -> Json:
    """What a deploy has added to the cloud or changed in it, of two dumps: by collection and name, flat.

    Of clusters that is what stands in the namespaces of `changes`: all else there is GKE's.
    """
    namespaces = _namespaces_of(changes)
    resources = {
        f"{kind} {name}": value
        for kind, values in after["resources"].items()
        if kind.startswith(GOOGLES)
        for name, value in values.items()
        if value != before["resources"].get(kind, {}).get(name)
    }
    objects = {
        f"{cluster} {_title(each)}": each
        for cluster, found in after["clusters"].items()
        for each in found
        if _namespace(each) in namespaces and each["kind"] not in DERIVED
    }
    return {**resources, **objects, **_projects_part(before["projects"], after["projects"])}


def _projects_part(before: Json, after: Json) -> Json:
    """The APIs and the grants that projects have got."""
    return {
        f"project {name}": {
            "enabled": sorted({*value["enabled"]} - {*before[name]["enabled"]}),
            "bindings": added(before[name]["policy"]["bindings"], value["policy"]["bindings"]),
        }
        for name, value in after.items()
    }


def _title(item: Json) -> str:
    return f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"


def _namespace(item: Json) -> str:
    own = item["metadata"]["name"] if item["kind"] == "Namespace" else ""
    return str(item["metadata"].get("namespace", own))


def _namespaces_of(changes: Sequence[Change]) -> set[str]:
    words = [each.path.split("/") for each in changes]
    return {each[each.index("namespaces") + 1] for each in words if "namespaces" in each}


def managers_of(world: World, changes: Sequence[Change]) -> dict[str, list[str]]:
    """Who manages fields of the objects that were applied, and how: `manager/operation`."""
    return {
        f"{each.cluster}{each.path}": sorted(
            {f"{one['manager']}/{one['operation']}" for one in _managed_fields(world, each)}
        )
        for each in changes
        if each.cluster
    }


def _managed_fields(world: World, change: Change) -> list[Json]:
    api = world[CLUSTER_APIS][change.cluster]
    answer = json.loads(api.handle(Request("GET", change.path, {}, {}, b"", Caller(""))).body)
    found: list[Json] = answer["metadata"]["managedFields"]
    return found
