"""The service, and what IAM asks about its calls."""

from __future__ import annotations

from localcloud.iam.authorization import DENIED, Authorization
from localcloud.service import Call, Need, Service
from localcloud.wire.errors import Refused, Style, invalid, not_implemented

LIST = "logging.logEntries.list"
MOST_RESOURCES = 100  # [documented: ListLogEntriesRequest.resource_names]


def projects_of(call: Call) -> list[str]:
    """The ids of the projects whose entries are asked for.

    Raises:
        Refused: INVALID_ARGUMENT, none or too many are named; UNIMPLEMENTED, what is named is no project;
            PERMISSION_DENIED, it is not there, or the API is off in it. Google asks this of the project that the call
            counts against, which is taken to be the same [inferred].
    """
    names = [
        *call.body.get("resourceNames", []),
        *(f"projects/{each}" for each in call.body.get("projectIds", [])),
    ]
    if not 1 <= len(names) <= MOST_RESOURCES:
        raise invalid(
            f"resource_names must have 1 to {MOST_RESOURCES} elements, not {len(names)}."
        )  # words [inferred]
    return [_project_of(call, name) for name in names]


class LoggingAuthorization(Authorization):
    """The projects stand in the body, and each must let the caller read its entries."""

    def needs(self, call: Call) -> list[Need]:
        """Every permission of the method, in every project."""
        permissions = [rule.permission for rule in self.rules[call.method]]
        projects = [f"projects/{each}" for each in projects_of(call)]
        return [Need(permission, project, project) for project in projects for permission in permissions]

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """[observed: answers of entries:list in public repositories]."""
        return Refused(DENIED, "Permission denied for all log views")


service = Service(
    "logging",
    "logging.googleapis.com",
    ["v2"],
    Style.NEWER,
    reads=frozenset({"list"}),
    authorization=LoggingAuthorization(__file__),
)


def _project_of(call: Call, name: str) -> str:
    kind, _, rest = name.partition("/")
    if kind in ("organizations", "folders", "billingAccounts") or "/" in rest:
        raise not_implemented(f"logs of {name}: name a project")
    if kind != "projects" or not rest:
        raise invalid(f"Invalid resource name: {name}")  # words [inferred]
    project = call.world.projects.get(rest)
    project.require(call.service.api, call.service.title)  # the path names none, so nobody has asked yet
    return project.id
