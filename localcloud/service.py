"""A service of Google's: its discovery documents, and a function for each method that it serves.

Adding a method is one decorated function; adding a service is one `Service` and its functions:

    service = Service("compute", "compute.googleapis.com", ["v1"], Style.COMPUTE)

    @service.on("compute.addresses.get")
    def get(call: Call) -> Json: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from localcloud.wire.bodies import LARGEST
from localcloud.wire.discovery import COMMON_QUERY, Document, Method, document, named_call, split_custom
from localcloud.wire.errors import Refused, Style, invalid, not_implemented
from localcloud.wire.json_source import BeyondBounds, NotJson
from localcloud.wire.messages import SAFE, Caller, Json, Request, Response
from localcloud.wire.validation import camel, checked_body, is_count
from localcloud.world import World

# Path parameters that name a project, in one API or another.
PROJECT_PARAMETERS = ("project", "projectsId", "projectId", "v1Id1", "v1beta1Id1")


@dataclass
class Call:
    """One call as a method sees it.

    `params` are the path's, `body` is checked and in the document's spelling, `version` is the API version
    that was asked for.
    """

    service: Service
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

    def flag(self, name: str) -> bool:
        """Whether a query parameter is true, in whatever case."""
        return self.query(name).lower() == "true"

    @property
    def project(self) -> str:
        """The project's id, from whichever path parameter names it; empty if none does."""
        return self.world.projects.id_of(self.service.named_project(self.params))


Handler = Callable[[Call], "Json | Response"]


@dataclass(frozen=True)
class Need:
    """One permission that a call takes. `holder` has the policy: `projects/P` or the full name of something in it
    (`projects/P/topics/T`). `name` is what a refusal calls it, `resource` what conditions call it, if they can."""

    permission: str
    holder: str
    name: str
    resource: str = ""


class Authorization(Protocol):
    """What IAM asks a service about its calls; `iam.authorization` has the common answers."""

    def needs(self, call: Call) -> list[Need]:
        """Every permission that a call takes.

        Raises:
            Refused: UNIMPLEMENTED, nobody has written down which.
        """
        ...

    def attributes(self, call: Call) -> dict[str, list[str]]:
        """The API attributes of a call, by name, which the conditions of bindings can ask about."""
        ...

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """The refusal of a call for want of `missing`."""
        ...


@dataclass(frozen=True)
class Match:
    """What a request resolves to. `method` is its entry in the discovery document, if that has one.

    `style` is how its refusals are written, where that is not as the service writes them.
    """

    method_id: str
    version: str
    params: dict[str, str]
    method: Method | None
    style: Style | None = None


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

    `roots` are first words of paths that are the service's as well, and stay part of the path. `project_parameters`
    are the parameters of paths that name a project, and an API that is `always_on` needs not be enabled in it. One
    that is `anonymous` asks nobody who calls. `reads` are custom verbs that are sent as POST and change nothing;
    `history` are collections that tell what was done and not what is there, which dumps leave out. Without an
    `authorization` nothing of it can be called where IAM is enforced. `largest_body` is the number of bytes that a
    request's body may have. `locations` are those that it has beside the regions. One that `has_outages` refuses calls
    on places that cannot be reached.
    """

    name: str
    api: str
    versions: list[str]
    style: Style
    handlers: dict[str, Handler] = field(default_factory=dict)
    _extras: list[_Extra] = field(default_factory=list)
    roots: tuple[str, ...] = ()
    project_parameters: tuple[str, ...] = PROJECT_PARAMETERS
    reads: frozenset[str] = frozenset()
    history: frozenset[str] = frozenset()
    always_on: bool = False
    anonymous: bool = False
    authorization: Authorization | None = None
    largest_body: int = LARGEST
    locations: frozenset[str] = frozenset()
    has_outages: bool = False

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

    def owns(self, world: World, path: str) -> bool:
        """Whether a path that begins with no service's name is the service's."""
        return path.lstrip("/").partition("/")[0] in self.roots

    def resolve(self, request: Request, path: str) -> Match:
        """The method of a request whose path, behind the service's prefix, is `path`.

        Raises:
            Refused: UNIMPLEMENTED if no document has such a path: Google answers a page with 404, which a program
                would read as a resource that is not there.
        """
        for extra in self._extras:
            if (params := _match_extra(extra, request.method, path)) is not None:
                return Match(extra.id, extra.template[0], params, None)
        for candidate in self._documents(path):
            if found := candidate.find(request.method, path):
                method, params = found
                return Match(method.id, candidate.version, params, method)
        raise not_implemented(named_call(self.name, request.method, path))

    def call(self, world: World, request: Request, match: Match) -> Call:
        """The call as its method sees it, its query and its body checked.

        Raises:
            Refused: INVALID_ARGUMENT, they have what the document does not.
        """
        body = _checked(request, match.method) if match.method is not None else {}
        return Call(self, world, request, match.method_id, match.version, match.params, body)

    def is_mutation(self, verb: str, method_id: str) -> bool:
        """Whether a call with this HTTP verb changes something when it succeeds."""
        return verb not in SAFE and method_id.rpartition(".")[2] not in self.reads

    def named_project(self, params: dict[str, str]) -> str:
        """The project's id or number in the path; empty if it names none."""
        return next((params[name] for name in self.project_parameters if name in params), "")

    def _documents(self, path: str) -> list[Document]:
        words = path.split("/", 2)[:2]
        named = [version for version in self.versions if version in {word.split(":")[0] for word in words}]
        return [document(self.name, version) for version in named]


def page(call: Call, key: str, items: list[Json], most: int, usual: int = 0) -> Json:
    """A list's answer: the page of `items` that the query asks for, under `key`, as `paged` cuts it. Where no size is
    asked for, it has `usual` items (0: `most`).

    Raises:
        Refused: INVALID_ARGUMENT, a page size or token that is none.
    """
    size = call.query("pageSize", "0")
    if not is_count(size):
        raise invalid("Invalid page size or page token.")
    return paged(key, items, min(int(size) or usual or most, most), call.query("pageToken", "0"))


def paged(key: str, items: list[Json], size: int, token: str) -> Json:
    """`size` of `items` under `key`, from where `token` says, with `nextPageToken` when there are more.

    Raises:
        Refused: INVALID_ARGUMENT, a token that is none.
    """
    if not is_count(token or "0"):
        raise invalid("Invalid page size or page token.")
    start = int(token or "0")
    answer: Json = {key: items[start : start + size]} if items[start:] else {}
    return answer | ({"nextPageToken": str(start + size)} if len(items) > start + size else {})


def _checked(request: Request, method: Method) -> Any:
    """The body in the document's spelling; reads and deletions have none."""
    _check_query(request, method)
    if request.method in ("GET", "DELETE"):
        return {}
    body = json_body(request)
    return checked_body(method.document, method.request, body) if method.request else body


def json_body(request: Request) -> Any:
    """The body as JSON.

    Raises:
        Refused: INVALID_ARGUMENT, it is none, or such as is not read; the words for the latter are [inferred].
    """
    try:
        return request.json()
    except BeyondBounds as fault:
        raise invalid(f"Invalid JSON payload received. {fault}.", "parseError") from None
    except NotJson:
        raise invalid("Invalid JSON payload received. Unexpected token.", "parseError") from None


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
