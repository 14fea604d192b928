"""What an execution calls: connectors and `http.*` as requests to the services of this cloud.

Nothing outside is reached: a host that is not Google's does not resolve.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from localcloud.google_apis import local_path
from localcloud.wire.json_source import read_json
from localcloud.wire.messages import Abort, Caller, Request, Response
from localcloud.workflows.errors import error_map, http_error
from localcloud.workflows.host import CallResult

Dispatch = Callable[[Request], Response]

_EXECUTIONS = "googleapis.workflowexecutions.v1.projects.locations.workflows.executions"
_METHODS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "googleapis.pubsub.v1.projects.topics.publish": ("POST", lambda a: f"pubsub/v1/{a['topic']}:publish"),
    f"{_EXECUTIONS}.create": ("POST", lambda a: f"workflowexecutions/v1/{a['parent']}/executions"),
    f"{_EXECUTIONS}.get": ("GET", lambda a: f"workflowexecutions/v1/{a['name']}"),
    f"{_EXECUTIONS}.list": ("GET", lambda a: f"workflowexecutions/v1/{a['parent']}/executions"),
    f"{_EXECUTIONS}.cancel": ("POST", lambda a: f"workflowexecutions/v1/{a['name']}:cancel"),
}
_NOT_QUERY = frozenset({"topic", "parent", "name", "body", "connector_params"})


class Outbound:
    """Requests in the name of one service account. `base_url` is where this cloud's services listen."""

    def __init__(self, dispatch: Dispatch, base_url: str, identity: str) -> None:
        self._dispatch = dispatch
        self._base_url = base_url
        self._caller = Caller(identity)

    def perform(self, name: str, arguments: dict[str, Any]) -> CallResult:
        """The outcome of a connector or of `http.*`.

        An answer outside 2xx is an HttpError with the decoded body; a dropped connection a ConnectionError.
        """
        if name in _METHODS:
            return self._connector(name, arguments)
        return self._http(name, arguments)

    def _connector(self, name: str, arguments: dict[str, Any]) -> CallResult:
        verb, path = _METHODS[name]
        query = {key: [_text(value)] for key, value in arguments.items() if key not in _NOT_QUERY}
        body = json.dumps(arguments.get("body") or {}).encode() if verb == "POST" else b""
        headers = {"content-type": "application/json"}
        outcome = self._ask(Request(verb, f"/{path(arguments)}", query, headers, body, self._caller))
        return outcome if outcome.failed else CallResult.ok(outcome.value["body"])

    def _http(self, name: str, arguments: dict[str, Any]) -> CallResult:
        url = urlsplit(arguments["url"])
        path = local_path(arguments["url"], self._base_url)
        if path is None:
            words = f"dial tcp: lookup {url.hostname}: no such host"
            return CallResult.failure(error_map("ConnectionFailedError", words))
        verb = str(arguments.get("method") or name.removeprefix("http.")).upper()
        query: dict[str, list[str]] = {}
        for key, value in parse_qsl(url.query):
            query.setdefault(key, []).append(value)
        for key, value in (arguments.get("query") or {}).items():
            query[key] = [_text(item) for item in (value if isinstance(value, list) else [value])]
        headers = {key.lower(): _text(value) for key, value in (arguments.get("headers") or {}).items()}
        body, kind = _encoded(arguments.get("body"))
        headers.setdefault("content-type", kind)
        return self._ask(Request(verb, path, query, headers, body, self._caller))

    def _ask(self, request: Request) -> CallResult:
        try:
            response = self._dispatch(request)
        except Abort:
            words = f"connection reset by peer: {request.method} {request.path}?{urlencode(request.query)}"
            return CallResult.failure(error_map("ConnectionError", words))
        headers = {key.lower(): value for key, value in response.headers.items()}
        body = _decoded(response.body, headers.get("content-type", ""))
        if not 200 <= response.status < 300:
            return CallResult.failure(http_error(response.status, headers, body))
        return CallResult.ok({"code": response.status, "headers": headers, "body": body})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _encoded(body: Any) -> tuple[bytes, str]:
    """A request body and its content type, by the value's type [documented: stdlib/http]."""
    if body is None:
        return b"", "text/plain"
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return json.dumps(body).encode(), "application/json; charset=utf-8"


def _decoded(body: bytes, content_type: str) -> Any:
    """A response body: JSON by its content type, text if it is text, else base64 [inferred for the last]."""
    if not body:
        return None
    if content_type.partition(";")[0].strip() == "application/json":
        return read_json(body)
    try:
        return body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()
