"""A service of Google's: its discovery documents, and a function for each method that it serves.

Adding a method is one decorated function; adding a service is one `Service` and its functions:

    service = Service("compute", "compute.googleapis.com", ["v1"], Style.COMPUTE)

    @service.on("compute.addresses.get")
    def get(call: Call) -> Json: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from localcloud.wire.discovery import COMMON_QUERY, Document, Method, document, split_custom
from localcloud.wire.errors import Refused, Style, invalid, not_implemented
from localcloud.wire.messages import Caller, Json, Request, Response
from localcloud.wire.validation import camel, checked_body

if TYPE_CHECKING:
    from localcloud.world import World


@dataclass
class Call:
    """One call as a method sees it.

    `params` are the path's, `body` is checked and in the document's spelling, `version` is the API version
    that was asked for.
    """

    world: World
    request: Request
    method: str
    version: str
    params: dict[str, str]
    body: Json

    @property
    def caller(self) -> Caller:
        """Who calls."""
        return self.request.caller

    def query(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.request.one(name, default)

    @property
    def project(self) -> str:
        """The project's id, from whichever path parameter names it; empty if none does."""
        for name in PROJECT_PARAMETERS:
            if name in self.params:
                return self.world.projects.id_of(self.params[name])
        return ""


# Path parameters that name a project, in one API or another.
PROJECT_PARAMETERS = ("project", "projectsId", "projectId", "v1Id1", "v1beta1Id1")

Handler = Callable[[Call], "Json | Response"]
Permit = Callable[[Call], None]  # raises Refused


class Answer(Protocol):
    """Gives the answer to a call, if `permit` lets it pass."""

    def __call__(self, permit: Permit = ...) -> Response: ...


def anybody(_call: Call) -> None:
    """Every call may pass."""


@dataclass(frozen=True)
class _Extra:
    """A method that the discovery documents leave out."""

    id: str
    verb: str
    template: tuple[str, ...]
    custom: str


@dataclass
class Service:
    """`name` is the discovery name and the path prefix, `api` the name it is enabled by.

    `roots` are first words of paths that are the service's as well, and stay part of the path.
    """

    name: str
    api: str
    versions: list[str]
    style: Style
    handlers: dict[str, Handler] = field(default_factory=dict)
    _extras: list[_Extra] = field(default_factory=list)
    roots: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What Google calls the API, as in `Compute Engine API`."""
        return document(self.name, self.versions[0]).title

    def on(self, *methods: str) -> Callable[[Handler], Handler]:
        """Serve these methods, by discovery id, with the decorated function."""

        def register(handler: Handler) -> Handler:
            for method in methods:
                self.handlers[method] = handler
            return handler

        return register

    def on_path(self, verb: str, path: str, method: str) -> Callable[[Handler], Handler]:
        """Serve a method that no discovery document has (`{name}` is one segment)."""
        bare, custom = split_custom(path)
        self._extras.append(_Extra(method, verb, tuple(bare.strip("/").split("/")), custom))
        return self.on(method)

    def resolve(self, request: Request, path: str) -> tuple[str, str, dict[str, str], Method | None]:
        """(method id, version, path parameters, discovery method) of a request.

        Raises:
            Refused: NOT_FOUND if no document has such a path.
        """
        for extra in self._extras:
            if (params := _match_extra(extra, request.method, path)) is not None:
                return extra.id, extra.template[0], params, None
        for candidate in self._documents(path):
            if found := candidate.find(request.method, path):
                method, params = found
                return method.id, candidate.version, params, method
        raise Refused("NOT_FOUND", f"The requested URL {request.path} was not found on this server.")

    def serve(self, world: World, request: Request, path: str) -> tuple[str, dict[str, str], Answer]:
        """(method id, path parameters, what to call for the answer): resolved first, to be logged.

        Whoever asks for the answer says who may have it.

        Raises:
            Refused: no such path.
        """
        method_id, version, params, method = self.resolve(request, path)

        def answer(permit: Permit = anybody) -> Response:
            handler = self.handlers.get(method_id)
            if handler is None:
                raise not_implemented(method_id)
            call = Call(world, request, method_id, version, params, self._body(request, method))
            permit(call)
            result = handler(call)
            return result if isinstance(result, Response) else Response.of_json(result)

        return method_id, params, answer

    def _documents(self, path: str) -> list[Document]:
        words = path.split("/", 2)[:2]
        named = [version for version in self.versions if version in {word.split(":")[0] for word in words}]
        return [document(self.name, version) for version in named]

    def _body(self, request: Request, method: Method | None) -> Any:
        if method is not None:
            _check_query(request, method)
        if request.method in ("GET", "DELETE"):
            return {}
        if method is None:
            return {}
        try:
            body = request.json()
        except ValueError:
            raise invalid("Invalid JSON payload received. Unexpected token.", "parseError") from None
        return checked_body(method.document, method.request, body) if method.request else body


def _check_query(request: Request, method: Method) -> None:
    for name in request.query:
        bare = name.split(";")[0]
        if bare not in COMMON_QUERY and bare not in method.query and not _nested(bare, method):
            raise invalid(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                f"Field '{name}' could not be found in request message.",
                "badRequest",
            )


def _nested(name: str, method: Method) -> bool:
    """`options.requestedPolicyVersion` may come as such, or in snake case."""
    return camel(name) in method.query


def _match_extra(extra: _Extra, verb: str, path: str) -> dict[str, str] | None:
    bare, custom = split_custom(path) if extra.custom else (path, "")
    segments = bare.strip("/").split("/")
    if extra.verb not in (verb, "*") or custom != extra.custom or len(segments) != len(extra.template):
        return None
    pairs = list(zip(extra.template, segments, strict=True))
    if any(not t.startswith("{") and t != s for t, s in pairs):
        return None
    return {t[1:-1]: s for t, s in pairs if t.startswith("{")}
