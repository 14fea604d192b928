"""Projects as resources. They are there or they are not: nobody creates or deletes one here."""

from __future__ import annotations

import base64
import re

from localcloud.cloudresourcemanager.service import project_of, service
from localcloud.iam.access import ACCESS
from localcloud.projects import Project
from localcloud.service import Call
from localcloud.time.clock import EPOCH, rfc3339
from localcloud.wire.errors import invalid
from localcloud.wire.messages import Json

CREATED = rfc3339(EPOCH - 30 * 24 * 3600, digits=3)


def v1(project: Project) -> Json:
    """The project as v1 shows it."""
    return {
        "projectNumber": project.number,
        "projectId": project.id,
        "lifecycleState": "ACTIVE",
        "name": project.id,
        "createTime": CREATED,
    }


def v3(project: Project) -> Json:
    """The project as v3 shows it."""
    return {
        "name": f"projects/{project.number}",
        "projectId": project.id,
        "state": "ACTIVE",
        "displayName": project.id,
        "createTime": CREATED,
        "updateTime": CREATED,
        "etag": f'W/"{base64.b64encode(project.number.encode()).decode()}"',
    }


@service.on("cloudresourcemanager.projects.get")
def get(call: Call) -> Json:
    """One project, by id or number."""
    return _shown(call, project_of(call))


@service.on("cloudresourcemanager.projects.list", "cloudresourcemanager.projects.search")
def list_projects(call: Call) -> Json:
    """The projects that `filter` (v1) or `query` (v3) chooses, in one page."""
    chosen = [
        shown
        for project in call.world.projects.all()
        if _is_visible(call, project)
        and _matches(shown := _shown(call, project), call.query("filter") or call.query("query"))
    ]
    return {"projects": chosen} if chosen else {}


def _is_visible(call: Call, project: Project) -> bool:
    """Who may not read a project does not see it in lists [documented]."""
    access, who = call.world[ACCESS], call.caller.identity
    return access.allows(call.world, who, "resourcemanager.projects.get", f"projects/{project.id}")


def _shown(call: Call, project: Project) -> Json:
    return v1(project) if call.version == "v1" else v3(project)


def _matches(shown: Json, text: str) -> bool:
    """`key:value` and `key=value`, each on its own or joined by AND; `id` is short for `projectId`."""
    for term in re.split(r"\s+(?:AND\s+)?", text.strip()) if text.strip() else []:
        match = re.fullmatch(r"([a-zA-Z]+)[:=]\"?([^\"]*)\"?", term)
        if match is None:
            raise invalid(f"Invalid filter: {text}")
        field = {"id": "projectId"}.get(match[1], match[1])
        if str(shown.get(field, "")).lower() != match[2].lower():
            return False
    return True
