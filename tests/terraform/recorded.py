"""What Terraform has made of the bootstrap, recorded, and the differences to another cloud.

`applied.json` beside this file holds everything that `terraform apply` and the first deployment of the code have put
into a new project of the local cloud: one item a line, by what it is and its name. Where Google's provider is at hand
(see applied.py),

    python -m tests.terraform.recorded

writes it anew, in five minutes. test_apply.py holds it to what Terraform makes now, test_recorded.py holds the Python
installer to it.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from localcloud.cloud import LocalCloud
from localcloud.container.kube import CLUSTER_APIS
from localcloud.records.dump import canonical_dump
from localcloud.services import SERVICES
from localcloud.wire.messages import Json
from tests.terraform.applied import deploy_code, follow, operator

FILE = Path(__file__).with_name("applied.json")
AGAIN = "python -m tests.terraform.recorded"
ABOUT = f"Made by Google's provider of Terraform; `{AGAIN}` writes it anew."

# Dumps leave them out, but they are no history here: nobody has asked for anything yet.
STATE = {"pubsub.topics", "pubsub.subscriptions", "workflows.workflows"}
HISTORY = frozenset().union(*(service.history for service in SERVICES)) - STATE

# Where the two may differ, by item and field, and why.
LEFT_OUT = {
    r"^iam\.effective ": "it follows from the policies, which are compared",
    r"^(binding|policy) .* user:asker@example\.com": "the user of `local run` owns the project",
    r"^cloudbuild\.triggers ": "a Git repository's; `local run` has none",
    r"^enabled \S+ secretmanager\.": "for the connection of that repository; nothing of Fleetgate's uses it",
    r"^monitoring\.notificationChannels ": "nobody is to be told of a local run",
    r"^monitoring\.alertPolicies .* notificationChannels": "nobody is to be told of a local run",
    r"^(storage\.\w+ |policy projects/\S+/buckets/)\S*-fleetgate-state": "Terraform's own state",
    r"^(storage\.buckets |policy projects/\S+/buckets/)gcf-v2-sources-": "the copies that a build makes",
    r"^storage\.objects ": "archives; the installer takes the code from a folder",
    r" labels\.fleetgate-archive$": "tells which archive is deployed",
    r" buildConfig\.(build|source|sourceProvenance)\b": "which build and archive a function is of",
    r" (.*\.)?(revision|revisionId|latestCreatedRevision|latestReadyRevision)$": "counts deployments",
    r" labels\.goog-terraform-provisioned$": "tells who has made a resource",
    r"^workflows\.workflows .* sourceContents$": "a long text, of the same file",
    r"^storage\.buckets .* (timeCreated|updated)$": "when it was made",
}

Items = Mapping[str, Json]


def items(cloud: LocalCloud) -> dict[str, Json]:
    """Everything in the cloud: `collection name`, `enabled project api`, and `binding` or `policy` with holder, role,
    member and condition; of each its fields, those inside others by path."""
    clusters = cloud.world[CLUSTER_APIS]
    dump = canonical_dump(cloud.world, clusters, HISTORY)
    return {name: dict(_leaves(content)) for name, content in _whole(dump)}


def compared(found: Items) -> dict[str, Json]:
    """Without what is left out."""
    kept = {
        name: {field: value for field, value in fields.items() if not reasons(f"{name} {field}")}
        for name, fields in found.items()
        if not reasons(name)
    }
    return {name: fields for name, fields in kept.items() if fields or not found[name]}


def reasons(path: str) -> list[str]:
    """The patterns by which an item, or a field of one, is left out."""
    return [pattern for pattern in LEFT_OUT if re.search(pattern, path)]


def appeared(before: Items, after: Items) -> dict[str, Json]:
    """The items that are new, or not as they were."""
    return {name: fields for name, fields in after.items() if before.get(name) != fields}


def differences(one: Items, other: Items) -> list[str]:
    """What the two do not have in common, field by field."""
    return [
        f"{name} {field}: {_shown(here, there)}"
        for name in sorted({*one, *other})
        for field, here, there in _unlike(one.get(name), other.get(name))
    ]


def read() -> dict[str, Json]:
    """What is recorded."""
    found: dict[str, Json] = json.loads(FILE.read_text("utf-8"))
    return {name: fields for name, fields in found.items() if name != "about"}


def write(found: Items) -> None:
    """Record it: one item a line."""
    lines = [f"{json.dumps(name)}: {json.dumps(found[name], sort_keys=True)}" for name in sorted(found)]
    FILE.write_text("{\n" + ",\n".join([f'"about": {json.dumps(ABOUT)}', *lines]) + "\n}\n", "utf-8")


def _whole(dump: Json) -> Iterator[tuple[str, Any]]:
    for collection, found in dump["resources"].items():
        for name, content in found.items():
            if collection == "iam.policies":
                yield from _bindings(f"policy {name}", content)
            else:
                yield f"{collection} {_name(name, content)}", content
    for name, project in dump["projects"].items():
        yield from ((f"enabled {name} {api}", {}) for api in project["enabled"])
        yield from _bindings(f"binding {name}", project["policy"])


def _name(name: str, content: Json) -> str:
    """Google's numbers are chance."""
    return f"{content.get('displayName', '')!r}" if "<id>" in name else name


def _bindings(holder: str, policy: Json) -> Iterator[tuple[str, Json]]:
    for binding in policy.get("bindings", []):
        condition = binding.get("condition", {})
        under = f" ({condition['title']})" if condition else ""
        yield from ((f"{holder} {binding['role']} {each}{under}", condition) for each in binding["members"])


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The fields that hold no others. A list of plain values is one."""
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inner = [(f"{path}.{key}" if path else key, each) for key, each in value.items()]
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        inner = [(f"{path}[{index}]", each) for index, each in enumerate(value)]
    elif path:
        yield path, value
    if path and value == {}:
        yield path, value
    for where, each in inner:
        yield from _leaves(each, where)


def _unlike(here: Json | None, there: Json | None) -> Iterator[tuple[str, Any, Any]]:
    if here is None or there is None:
        yield "", here, there
        return
    for field in sorted({*here, *there}):
        if here.get(field) != there.get(field):
            yield field, here.get(field), there.get(field)


def _shown(here: Any, there: Any) -> str:
    if isinstance(here, list) and isinstance(there, list):
        here, there = ([each for each in a if each not in b] for a, b in ((here, there), (there, here)))
    return f"{json.dumps(here)} in one, {json.dumps(there)} in the other"


async def _record() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with operator(Path(folder)) as someone:
            before = items(someone.cloud)
            for step in ("1", "2", "4"):
                await follow(someone, step)
            await deploy_code(someone)
            write(compared(appeared(before, items(someone.cloud))))


if __name__ == "__main__":
    asyncio.run(_record())
