"""From a request to the function that serves it: by the service's path prefix, then by the discovery document."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from localcloud.faults.call_faults import Call, Faults
from localcloud.iam.access import ACCESS
from localcloud.iam.catalog import methods
from localcloud.iam.conditions import MODIFIED, Attributes, modified_roles
from localcloud.iam.grants import bindings_of
from localcloud.iam.needs import needs_of
from localcloud.iam.refusals import refused
from localcloud.records.call_log import CallLog, LoggedCall, is_mutation
from localcloud.service import PROJECT_PARAMETERS, Answer, Permit, Service, anybody
from localcloud.service import Call as ServiceCall
from localcloud.wire.errors import Refused, Style, not_implemented
from localcloud.wire.messages import Request, Response
from localcloud.world import Part, World

# Named in every project's path; the APIs that answer whether an API is on cannot be off themselves.
ALWAYS_ON = frozenset({"serviceusage.googleapis.com"})

REQUESTS: Part[Callable[[Request], Response]] = Part("a path for requests to its services")


class Dispatch:
    """All services under one roof, and the log of what was asked of them."""

    def __init__(
        self, world: World, services: Iterable[Service], log: CallLog, faults: Faults | None = None
    ) -> None:
        self._world = world
        self._faults = faults or Faults()
        self._services = {service.name: service for service in services}
        self._roots = {root: service for service in self._services.values() for root in service.roots}
        self._log = log

    def dispatch(self, request: Request) -> Response:
        """The answer to one request; a refusal is an answer too.

        Raises:
            Abort: a fault leaves it without one.
        """
        name, _, path = request.path.lstrip("/").partition("/")
        service = self._services.get(name)
        if service is None and (service := self._roots.get(name)) is not None:
            name, path = service.name, request.path.lstrip("/")
        if service is None:
            words = f"The local cloud has no service {name!r}; it has {', '.join(sorted(self._services))}."
            return Refused("NOT_FOUND", words).response(Style.NEWER)
        try:
            method, params, answer = service.serve(self._world, request, path)
        except Refused as refusal:
            method, params, answer = f"{name}.?", {}, _always(refusal.response(service.style))
        call = Call(request.caller, name, method, path, is_mutation(request.method, method), service.style)
        return self._faults.meet(call, lambda: self._answer(service, call, params, answer))

    def _answer(self, service: Service, call: Call, params: dict[str, str], answer: Answer) -> Response:
        try:
            self._require_enabled(service, params)
            response = answer(self._permit)
        except Refused as refusal:
            response = refusal.response(service.style)
        now, status = self._world.clock.now, response.status
        self._log.add(
            LoggedCall(now, call.caller, call.service, call.method, call.resource, status, call.mutation)
        )
        return response

    def _permit(self, call: ServiceCall) -> None:
        """Refuse a call whose caller lacks a permission. Faults in its body are told before, its resource is not.

        Raises:
            Refused: in the API's own words; UNIMPLEMENTED if nobody knows what the method takes.
        """
        access = self._world[ACCESS]
        if not access.enforced:
            return
        if call.method not in methods():
            raise not_implemented(f"the permissions of {call.method}")
        needs = needs_of(call)
        identity = call.caller.identity
        if missing := access.lacking(self._world, identity, needs, _attributes(call)):
            raise refused(call, missing)

    def _require_enabled(self, service: Service, params: dict[str, str]) -> None:
        keys = (
            (*PROJECT_PARAMETERS, "resource")
            if service.name == "cloudresourcemanager"
            else PROJECT_PARAMETERS
        )
        named = next((params[key] for key in keys if key in params), "")
        project = self._world.projects.find(named)
        if project is not None and service.api not in ALWAYS_ON:
            project.require(service.api, service.title)


def _always(response: Response) -> Answer:
    def answer(permit: Permit = anybody) -> Response:
        return response

    return answer


def _attributes(call: ServiceCall) -> Attributes:
    """What conditions can ask about a call."""
    if not call.method.endswith("projects.setIamPolicy"):
        return {}
    project = call.world.projects.find(call.project or call.params.get("resource", ""))
    before = bindings_of(project) if project else []
    return {MODIFIED: modified_roles(before, call.body.get("policy", {}).get("bindings", []))}
