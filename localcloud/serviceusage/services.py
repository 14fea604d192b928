"""Services of a project: which are on, and turning them on and off."""

from __future__ import annotations

from localcloud.projects import Project
from localcloud.service import Call
from localcloud.serviceusage import identities, operations, usage
from localcloud.serviceusage.known import dependents, find, known, with_requirements
from localcloud.serviceusage.operations import TYPES
from localcloud.serviceusage.service import project_of, service
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.wire.validation import is_count
from localcloud.world import World

BATCH = 20  # [documented] batchEnable takes no more
PAGE, LARGEST_PAGE = 50, 200  # [documented] of services.list


def resource(project: Project, name: str) -> Json:
    """The service as Service Usage shows it: named by the project's number."""
    parent = f"projects/{project.number}"
    return {
        "name": f"{parent}/services/{name}",
        "config": {"name": name, "title": known()[name].title},
        "state": "ENABLED" if name in project.enabled else "DISABLED",
        "parent": parent,
    }


@service.on("serviceusage.services.get")
def get(call: Call) -> Json:
    """One service and whether it is on."""
    return resource(project_of(call), find(call.params["servicesId"]).name)


@service.on("serviceusage.services.list")
def list_services(call: Call) -> Json:
    """All services, or with `filter=state:ENABLED` those that are on."""
    project = project_of(call)
    shown = [resource(project, name) for name in sorted(known())]
    wanted = _state_filter(call.query("filter"))
    chosen = [item for item in shown if wanted in ("", item["state"])]
    asked = call.query("pageSize", "0")
    if not is_count(asked):
        raise invalid("Invalid page size or page token.")
    size = min(int(asked) or PAGE, LARGEST_PAGE)
    start = _offset(call.query("pageToken"))
    page: Json = {"services": chosen[start : start + size]} if chosen[start:] else {}
    return {**page, "nextPageToken": str(start + size)} if chosen[start + size :] else page


@service.on("serviceusage.services.batchGet")
def batch_get(call: Call) -> Json:
    """The services that `names` lists (`projects/P/services/S`)."""
    project = project_of(call)
    names = [find(name.rpartition("/")[2]).name for name in call.request.query.get("names", [])]
    return {"services": [resource(project, name) for name in names]}


@service.on("serviceusage.services.enable")
def enable(call: Call) -> Json:
    """Turn one service on, with what it needs. On already: an operation that is done."""
    project = project_of(call)
    name = find(call.params["servicesId"]).name

    def response() -> Json:
        return {"@type": f"{TYPES}.v1.EnableServiceResponse", "service": resource(project, name)}

    if name in project.enabled:
        return operations.finished(response())

    def finish() -> Json:
        _turn_on(call.world, project, [name])
        return response()

    return operations.start(call.world, project, "serviceusage.enable", [name], finish)


@service.on("serviceusage.services.batchEnable")
def batch_enable(call: Call) -> Json:
    """Turn up to 20 services on together; none if one of them is not to be had [documented]."""
    project = project_of(call)
    wanted = call.body.get("serviceIds", [])
    if not 0 < len(wanted) <= BATCH:
        raise invalid(f"The number of services must be between 1 and {BATCH}; {len(wanted)} were given.")
    names = sorted({find(name).name for name in wanted})

    def response() -> Json:
        shown = [resource(project, name) for name in names]
        return {"@type": f"{TYPES}.v1.BatchEnableServicesResponse", "services": shown}

    if project.enabled.issuperset(names):
        return operations.finished(response())

    def finish() -> Json:
        _turn_on(call.world, project, names)
        return response()

    fresh = [name for name in names if name not in project.enabled]
    return operations.start(call.world, project, "serviceusage.enable", fresh, finish)


@service.on("serviceusage.services.disable")
def disable(call: Call) -> Json:
    """Turn a service off. Refused while others need it, or (on CHECK) if it was used in the last 30 days."""
    project = project_of(call)
    name = find(call.params["servicesId"]).name
    if name not in project.enabled:
        raise Refused("FAILED_PRECONDITION", f"The service {name} is not enabled for the consumer.")
    others = dependents(name, project.enabled)
    if others and not call.body.get("disableDependentServices"):
        raise _depended_on(name, others)
    if call.body.get("checkIfServiceHasUsage") == "CHECK":
        for used in [name, *others]:
            usage.check(call.world, project, used)

    def finish() -> Json:
        project.enabled.difference_update([name, *others])
        return {"@type": f"{TYPES}.v1.DisableServiceResponse", "service": resource(project, name)}

    return operations.start(call.world, project, "serviceusage.disable", [name], finish)


def _turn_on(world: World, project: Project, names: list[str]) -> None:
    for name in with_requirements(names):
        if name not in project.enabled:
            project.enabled.add(name)
            identities.provision(world, project, known()[name])


def _depended_on(name: str, others: list[str]) -> Refused:
    return Refused(
        "FAILED_PRECONDITION",
        f"The service {name} is depended on by the following active service(s): {','.join(others)}; "
        "Please specify disable_dependent_services=true if you want to proceed with disabling all services.",
        details=[usage.violation(f"?error_code=100001&service_name={name}&services={','.join(others)}")],
    )


def _state_filter(text: str) -> str:
    if text in ("", "state:ENABLED", "state:DISABLED"):
        return text.removeprefix("state:")
    raise invalid(f"Invalid filter '{text}': allowed are state:ENABLED and state:DISABLED.")


def _offset(token: str) -> int:
    if token and not is_count(token):
        raise invalid("The page token is not valid.")
    return int(token or 0)
