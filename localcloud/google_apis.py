"""Google's services under one address: the service by the first word of the path, the method by its discovery document.

What each stage of the request path is for a call of theirs stands here; a service adds what is its own in `Service`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from urllib.parse import urlsplit

from localcloud.endpoints import path_here
from localcloud.faults.call_faults import CallDescription
from localcloud.faults.outages import OUTAGES
from localcloud.iam.calls import permit
from localcloud.request_path import REQUEST_PATH, ResolvedCall
from localcloud.service import Call, Match, Service
from localcloud.wire.bodies import LARGEST
from localcloud.wire.discovery import named_call
from localcloud.wire.errors import CallRefused, Refused, Style, not_implemented
from localcloud.wire.messages import Request, Response
from localcloud.world import Part, World


class GoogleApis:
    """The services of a world, by the names that begin their paths."""

    style = Style.NEWER

    def __init__(self, world: World, services: Iterable[Service]) -> None:
        self._world = world
        self._services = {service.name: service for service in services}

    def answer(self, request: Request) -> Response:
        """The answer to one request, by the request path.

        Raises:
            Abort: a fault leaves it without one.
        """
        return self._world[REQUEST_PATH].answer(request, self)

    def largest_body(self, path: str) -> int:
        """How many bytes the body of a request to `path` may have."""
        service = self._services.get(path.lstrip("/").partition("/")[0]) or self._owner(path)
        return service.largest_body if service else LARGEST

    def is_anonymous(self, request: Request) -> bool:
        """Whether a request is one that nobody needs a token for."""
        service = self._services.get(request.path.lstrip("/").partition("/")[0])
        return service is not None and service.anonymous

    def resolve(self, request: Request) -> ResolvedCall:
        """The call that a request means.

        Raises:
            Refused: UNIMPLEMENTED, there is no such service.
        """
        name, _, path = request.path.lstrip("/").partition("/")
        if service := self._services.get(name):
            return _resolved(self._world, service, request, path)
        if service := self._owner(request.path):
            return _resolved(self._world, service, request, request.path.lstrip("/"))
        raise not_implemented(named_call(name, request.method, path))

    def _owner(self, path: str) -> Service | None:
        """The service of a path that begins with no service's name."""
        return next((each for each in self._services.values() if each.owns(self._world, path)), None)

    def serves(self, path: str) -> bool:
        """Whether a path is one of a service that is here."""
        return path.lstrip("/").partition("/")[0] in self._services


GOOGLE_APIS: Part[GoogleApis] = Part("Google's services")


def local_path(url: str, base_url: str) -> str | None:
    """The path here of a URL of this cloud or of one of Google's APIs; None of any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if base_url and url.startswith(base_url + "/"):
        return parts.path
    return path_here(parts.hostname or "", parts.path)


def _resolved(world: World, service: Service, request: Request, path: str) -> ResolvedCall:
    try:
        return ServiceCall(world, service, request, path, service.resolve(request, path))
    except Refused as refusal:
        return _NoSuchMethod(service, request, path, refusal)


class ServiceCall:
    """A call of a service whose discovery document has the method."""

    def __init__(self, world: World, service: Service, request: Request, path: str, match: Match) -> None:
        self._world = world
        self._service = service
        self._request = request
        self._match = match
        self.description = _description(service, request, path, match.method_id, match.style)

    def require_enabled(self) -> None:
        """Refuse a call of an API that is off in the project that the path names; of a project that is not there,
        the method says so."""
        project = self._world.projects.find(self._service.named_project(self._match.params))
        if project is not None and not self._service.always_on:
            project.require(self._service.api, self._service.title)

    def validate(self) -> None:
        """Refuse a method that is not implemented, and what the discovery document does not declare."""
        if self._match.method_id not in self._service.handlers:
            raise not_implemented(self._match.method_id)
        _ = self._call

    def permit(self) -> None:
        """Refuse a call whose caller lacks a permission: faults in its body are told before, its resource is not."""
        permit(self._call)

    def handle(self) -> Response:
        """The answer of the function that serves the method.

        Raises:
            Refused: UNAVAILABLE, it is about a place that cannot be reached.
        """
        if self._service.has_outages:
            self._world[OUTAGES].refuse(self._match.params)
        result = self._service.handlers[self._match.method_id](self._call)
        return result if isinstance(result, Response) else Response.of_json(result)

    @cached_property
    def _call(self) -> Call:
        return self._service.call(self._world, self._request, self._match)


class _NoSuchMethod:
    """A call of a service that has no such method. It is logged, and meets faults, as all of the service's do."""

    def __init__(self, service: Service, request: Request, path: str, refusal: CallRefused) -> None:
        self._refusal = refusal
        self.description = _description(service, request, path, f"{service.name}.?")

    def require_enabled(self) -> None:
        """It names no project."""

    def validate(self) -> None:
        """Refuse it."""
        raise self._refusal

    def permit(self) -> None:
        """Nobody comes so far."""

    def handle(self) -> Response:
        """Nobody comes so far."""
        raise self._refusal


def _description(
    service: Service, request: Request, path: str, method: str, style: Style | None = None
) -> CallDescription:
    mutation = service.is_mutation(request.method, method)
    return CallDescription(request.caller, service.name, method, path, mutation, style or service.style)
