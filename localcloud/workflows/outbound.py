"""What an execution calls: connectors and `http.*` as requests to the services of this cloud.

A connector calls in the workflow's name, `http.*` in the name of whoever its token stands for; without one it is
refused with 401 [documented: authenticate-from-workflow].
Nothing outside is reached: a host that is not Google's does not resolve.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from localcloud.google_apis import GoogleApis, local_path
from localcloud.wire.errors import Refused, Style, not_implemented
from localcloud.wire.identities import Identities
from localcloud.wire.json_source import NotJson, read_json
from localcloud.wire.messages import Abort, Caller, Request, Response
from localcloud.workflows.authentication import ACCESS, CLOUD_PLATFORM, scopes_of
from localcloud.workflows.bodies import encoded
from localcloud.workflows.errors import error_map, http_error
from localcloud.workflows.host import CallResult

_EXECUTIONS = "googleapis.workflowexecutions.v1.projects.locations.workflows.executions"
_METHODS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "googleapis.pubsub.v1.projects.topics.publish": ("POST", lambda a: f"pubsub/v1/{a['topic']}:publish"),
    f"{_EXECUTIONS}.create": ("POST", lambda a: f"workflowexecutions/v1/{a['parent']}/executions"),
    f"{_EXECUTIONS}.get": ("GET", lambda a: f"workflowexecutions/v1/{a['name']}"),
    f"{_EXECUTIONS}.list": ("GET", lambda a: f"workflowexecutions/v1/{a['parent']}/executions"),
    f"{_EXECUTIONS}.cancel": ("POST", lambda a: f"workflowexecutions/v1/{a['name']}:cancel"),
}
_NOT_QUERY = frozenset({"topic", "parent", "name", "body", "connector_params"})
_NOT_SERVED = ("private_service_name", "ca_certificate")  # arguments of `http.*`
_NOBODY = Caller("")
AGENT = "GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)"  # [documented: http-requests]
RESPONSE_LIMIT = 2 * 1024 * 1024  # bytes of an answer's body [documented: quotas]


class Outbound:
    """Requests of a workflow whose service account is `identity`. `base_url` is where this cloud's services listen."""

    def __init__(self, apis: GoogleApis, identities: Identities, base_url: str, identity: str) -> None:
        self._apis = apis
        self._identities = identities
        self._base_url = base_url
        self._caller = Caller(identity)

    def perform(self, name: str, arguments: dict[str, Any]) -> CallResult:
        """The outcome of a connector or of `http.*`.

        An answer outside 2xx is an HttpError with the decoded body; a dropped connection a ConnectionError; an answer
        over 2 MB a ResourceLimitError [documented: quotas; the tag is inferred].
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
        body, headers["content-type"] = encoded(arguments.get("body"), headers.get("content-type", ""), name)
        headers["user-agent"] = f"{headers.get('user-agent', '')} {AGENT}".strip()
        request = Request(verb, path, query, headers, body, _NOBODY)
        try:
            for argument in _NOT_SERVED:
                if arguments.get(argument) is not None:
                    raise not_implemented(f"{argument} of {name}")
            return self._ask(replace(request, caller=self._caller_of(request, arguments.get("auth"))))
        except Refused as refusal:
            return _result(refusal.response(Style.NEWER))

    def _caller_of(self, request: Request, auth: dict[str, Any] | None) -> Caller:
        """Whom a request's token stands for. An ID token is no credential for Google's APIs [documented].

        Raises:
            Refused: UNAUTHENTICATED; UNIMPLEMENTED, a token with fewer rights than its account has.
        """
        if self._apis.is_anonymous(request):
            return _NOBODY
        if auth is None:
            return self._identities.caller(request.headers.get("authorization", ""))
        if auth["type"] != ACCESS:
            return self._identities.caller("")
        if CLOUD_PLATFORM not in scopes_of(auth):
            raise not_implemented("access tokens without the scope cloud-platform")
        return self._caller

    def _ask(self, request: Request) -> CallResult:
        try:
            answer = self._apis.answer(request)
            if answer.length is None:
                return _result(answer)
            words = "unexpected EOF"
        except Abort:
            words = "connection reset by peer"
        words = f"{words}: {request.method} {request.path}?{urlencode(request.query)}"
        return CallResult.failure(error_map("ConnectionError", words))


def _result(response: Response) -> CallResult:
    if len(response.body) > RESPONSE_LIMIT:
        words = f"response of {len(response.body)} bytes exceeds the limit of {RESPONSE_LIMIT} bytes"
        return CallResult.failure(error_map("ResourceLimitError", words))
    headers = {key.lower(): value for key, value in response.headers.items()}
    body = _decoded(response.body, headers.get("content-type", ""))
    if not 200 <= response.status < 300:
        return CallResult.failure(http_error(response.status, headers, body))
    return CallResult.ok({"code": response.status, "headers": headers, "body": body})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _decoded(body: bytes, content_type: str) -> Any:
    """A response body: JSON by its content type, text if it is text, else base64 [inferred for the last, and for what
    says that it is JSON and is not].
    """
    if not body:
        return None
    if content_type.partition(";")[0].strip() == "application/json":
        with suppress(NotJson):
            return read_json(body)
    try:
        return body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()
