"""Deployed workflows: the resource, its revisions, and what a deployment is refused for.

A revision is made when the source, the service account or the environment variables change [documented]; an
execution keeps the revision that it began with [documented].
"""

from __future__ import annotations

import re
from typing import Any

from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.workflows.deploy import compile_document
from localcloud.workflows.document import Document
from localcloud.world import World

WORKFLOWS = "workflows.workflows"
REVISIONS = "workflows.revisions"
REVISED_BY = ("sourceContents", "serviceAccount", "userEnvVars", "cryptoKeyName")
VARIABLES_LIMIT = 20  # [documented: environment variables]
VARIABLE_SIZE = 4096  # bytes of a value [documented]


def workflow(world: World, name: str) -> Json:
    """The workflow of this full name.

    Raises:
        Refused: NOT_FOUND.
    """
    found = world.store[WORKFLOWS].get(name)
    if found is None:
        raise Refused("NOT_FOUND", f"Workflow '{name}' was not found.")
    return found


def revision(world: World, name: str, revision_id: str) -> Json:
    """One revision of a workflow.

    Raises:
        Refused: NOT_FOUND.
    """
    found = world.store[REVISIONS].get(f"{name}@{revision_id}")
    if found is None:
        raise Refused("NOT_FOUND", f"Revision '{revision_id}' of workflow '{name}' was not found.")
    return found


def revisions(world: World, name: str) -> list[Json]:
    """All revisions of a workflow, the newest first [documented: listRevisions]."""
    return world.store[REVISIONS].list(f"{name}@")[::-1]


def document_of(definition: Json) -> Document:
    """The compiled source of a workflow or revision.

    Raises:
        DeployError: it has faults.
    """
    return compile_document(definition.get("sourceContents", ""))


def put(world: World, name: str, fields: Json) -> Json:
    """Create a workflow, or replace fields of it (None removes one); the workflow as it is now.

    Raises:
        DeployError: the source has faults; nothing is changed then.
    """
    old = world.store[WORKFLOWS].get(name)
    now = rfc3339(world.clock.now)
    merged = {**(old or _empty(world, name, now)), **fields, "updateTime": now}
    definition = {key: value for key, value in merged.items() if value is not None}
    document_of(definition)
    if old is None or any(old.get(key) != definition.get(key) for key in REVISED_BY):
        definition |= {"revisionId": _next_revision(world, name), "revisionCreateTime": now}
        world.store[REVISIONS].put(f"{name}@{definition['revisionId']}", definition)
    return world.store[WORKFLOWS].put(name, definition)


def delete(world: World, name: str) -> None:
    """Forget a workflow and its revisions."""
    world.store[WORKFLOWS].delete(name)
    for key in world.store[REVISIONS].names(f"{name}@"):
        world.store[REVISIONS].delete(key)


def _empty(world: World, name: str, now: str) -> Json:
    project = world.projects.get(name.split("/")[1])
    account = f"{project.number}-compute@developer.gserviceaccount.com"  # the default [documented]
    return {
        "name": name,
        "state": "ACTIVE",
        "createTime": now,
        "serviceAccount": f"projects/{project.id}/serviceAccounts/{account}",
    }


def _next_revision(world: World, name: str) -> str:
    """`000001-a1b`: a count and three hexadecimal digits [observed]."""
    return f"{len(world.store[REVISIONS].names(f'{name}@')) + 1:06d}-{world.ids.hex(3)}"


def check_id(workflow_id: str) -> None:
    """1 to 64 letters, digits, `_` and `-`, from a letter to a letter or digit [documented: create].

    Raises:
        Refused: INVALID_ARGUMENT.
    """
    if not re.fullmatch(r"[A-Za-z]([\w-]{0,62}[A-Za-z0-9])?", workflow_id, re.ASCII):
        raise invalid(f"Workflow ID '{workflow_id}' is not valid.")


def check_fields(fields: Json) -> None:
    """The environment variables of a workflow [documented: environment variables].

    Raises:
        Refused: INVALID_ARGUMENT, too many, too long, or a reserved name.
    """
    variables: dict[str, Any] = fields.get("userEnvVars") or {}
    if len(variables) > VARIABLES_LIMIT:
        raise invalid(f"At most {VARIABLES_LIMIT} environment variables are allowed.")
    for name, value in variables.items():
        if name.startswith(("GOOGLE", "WORKFLOWS")) or not name:
            raise invalid(f"Environment variable name '{name}' is reserved.")
        if len(str(value).encode()) > VARIABLE_SIZE:
            raise invalid(f"Environment variable '{name}' exceeds {VARIABLE_SIZE} bytes.")
