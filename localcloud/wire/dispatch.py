"""From a request to the function that serves it: by the service's path prefix, then by the discovery document."""

from __future__ import annotations

from collections.abc import Iterable

from localcloud.wire.errors import Refused, Style
from localcloud.wire.log import CallLog, LoggedCall, is_mutation
from localcloud.wire.messages import Request, Response
from localcloud.wire.service import PROJECT_PARAMETERS, Service
from localcloud.world import World

# Named in every project's path; the APIs that answer whether an API is on cannot be off themselves.
ALWAYS_ON = frozenset({"serviceusage.googleapis.com"})


class Dispatch:
    """All services under one roof, and the log of what was asked of them."""

    def __init__(self, world: World, services: Iterable[Service], log: CallLog) -> None:
        self._world = world
        self._services = {service.name: service for service in services}
        self._log = log

    def dispatch(self, request: Request) -> Response:
        """The answer to one request; a refusal is an answer too."""
        name, _, path = request.path.lstrip("/").partition("/")
        service = self._services.get(name)
        if service is None:
            words = f"The local cloud has no service {name!r}; it has {', '.join(sorted(self._services))}."
            return Refused("NOT_FOUND", words).response(Style.NEWER)
        method = f"{name}.?"
        try:
            method, params, answer = service.serve(self._world, request, path)
            self._require_enabled(service, params)
            response = answer()
        except Refused as refusal:
            response = refusal.response(service.style)
        mutation = is_mutation(request.method, method)
        self._log.add(
            LoggedCall(self._world.clock.now, request.caller, name, method, path, response.status, mutation)
        )
        return response

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
