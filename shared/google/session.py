"""The one session that every call of a function goes through, a client library's as well as our own.

An adapter sits under it. It counts the call, gives it a time limit, remembers the server's `Date`, and turns a
refusal into `shared.errors`, so that nobody above it ever looks at a status code. What changes something is
tried once; a read that meets a passing trouble is repeated at once, a few times in one invocation: a look is
made of a dozen reads, and all of them have to succeed. `mount` puts the same adapter under a client library's
REST transport:

    client = container_v1.ClusterManagerClient(transport=…)
    session.mount(client.transport._session)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import google.auth.exceptions
import requests
import urllib3.exceptions
from google.auth.transport.requests import AuthorizedSession
from requests.adapters import HTTPAdapter

from shared import errors
from shared.google import refusals
from shared.google.metadata import MetadataCredentials, service_account
from shared.json_types import Json
from shared.settings import Settings

# Seconds to connect, and between two bytes of the answer. A function has 60 s for all it does, and has to answer within
# them: one call that hangs may take a third of that, and then an answer that says so still arrives.
TIMEOUT = (5.0, 20.0)
# Reads that one invocation may repeat. A look at two clusters is thirteen reads. Where three calls in ten fail, it
# meets five or six refusals, and more than eight in one look of seven; where all fail, eight calls are made in vain
# (docs/decisions/0006).
REPEATS = 8
APART = {"pubsub"}  # publishes (and callbacks, below) move messages; they are not calls on resources
READING_POSTS = (
    "/getHealth",
    "/wait",
    ":getIamPolicy",
    ":testIamPermissions",
    "accessreviews",
    "/entries:list",
)


class Calls:
    """What one invocation asked of the APIs, and what time they said it was."""

    def __init__(self) -> None:
        self.by_service: Counter[str] = Counter()
        self.mutations = 0
        self.repeats = 0
        self.date: float | None = None

    def count(self, service: str, method: str, url: str) -> None:
        """Note a call that is about to be made."""
        if service in APART or "/callbacks/" in url:
            return
        self.by_service[service] += 1
        self.mutations += _mutates(method, url)

    def may_repeat(self, method: str, url: str, error: errors.Transient) -> bool:
        """Whether a call that met `error` is to be made again at once, which is noted.

        Reads are, as long as there are few. Not one that took its whole time, since the invocation has not much
        more; nor one that was told to come more rarely.
        """
        if _mutates(method, url) or error.status == 429 or error.reason == errors.TIMED_OUT:
            return False
        self.repeats += 1
        return self.repeats <= REPEATS

    def wire(self) -> Json:
        """As the answer carries them."""
        return {
            "total": self.by_service.total(),
            "mutations": self.mutations,
            "byService": dict(sorted(self.by_service.items())),
        }


def unanswered(service: str, method: str, resource: str, error: Exception, late: bool) -> errors.Transient:
    """The trouble that a call without an answer is; `late` if its time was over."""
    reason = errors.TIMED_OUT if late else errors.UNTRUSTED if _is_untrusted(error) else "Unreachable"
    return errors.Transient(service, method, resource, 0, reason, f"no answer: {type(error).__name__}")


def _is_untrusted(error: Exception) -> bool:
    """Whether the other side's certificate was not believed; nothing was sent then."""
    return isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError)


def _mutates(method: str, url: str) -> bool:
    path, _, query = url.partition("?")
    return method not in ("GET", "HEAD") and "dryRun=All" not in query and not path.endswith(READING_POSTS)


class Wire(HTTPAdapter):
    """One service's adapter. It outlives an invocation, so `session.calls` is looked up at each call."""

    def __init__(self, service: str, session: Session) -> None:
        super().__init__(max_retries=0)
        self._service = service
        self._session = session

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, and a read again where that may help.

        Raises:
            ApiError: any answer of 300 and above; Transient also for no answer at all.
        """
        while True:
            try:
                return self._send_once(request, *args, **kwargs)
            except errors.Transient as error:
                if not self._session.calls.may_repeat(request.method or "GET", request.url or "", error):
                    raise

    def _send_once(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        calls, method, url = self._session.calls, request.method or "GET", request.url or ""
        calls.count(self._service, method, url)
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUT
        try:
            response = super().send(request, *args, **kwargs)
        except requests.RequestException as error:
            late = isinstance(error, requests.Timeout)
            raise unanswered(self._service, method, request.path_url, error, late) from error
        calls.date = _unix(response.headers.get("Date")) or calls.date
        if response.status_code == 401:
            self._session.credentials.token = None  # the next call asks for a new one
        if response.status_code >= 300:  # a redirect is a refusal, too: a token goes nowhere else
            body = _json_or_text(response)
            raise refusals.from_response(self._service, method, request.path_url, response.status_code, body)
        return response


def _unix(date: str | None) -> float | None:
    return parsedate_to_datetime(date).timestamp() if date else None


def _json_or_text(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text


class Session:
    """Calls on Google's APIs with the function's own identity."""

    def __init__(self, settings: Settings, credentials: Any = None) -> None:
        self.settings = settings
        self.credentials = credentials or MetadataCredentials()
        self.calls = Calls()
        self._http = AuthorizedSession(self.credentials, max_refresh_attempts=0)
        self.mount(self._http)

    def begin(self, sent: float | None = None) -> None:
        """Start counting for a new invocation; until an API tells the time, it is that of the message, `sent`."""
        self.calls = Calls()
        self.calls.date = sent

    def mount(self, http: requests.Session) -> None:
        """Put our adapters under `http`, one for each service's endpoint."""
        for service, endpoint in self.settings.endpoints.items():
            http.mount(endpoint, Wire(service, self))

    @property
    def now(self) -> float:
        """The server's time at the last answer, unix seconds. Only meaningful once something was asked.

        Raises:
            Transient: no answer so far carried a date.
        """
        if self.calls.date is None:
            raise errors.Transient("compute", "GET", "", 0, "NoDate", "no answer carried a Date header")
        return self.calls.date

    @property
    def account(self) -> str:
        """Who this is, for those who have to let it do more; in general words if nobody tells."""
        try:
            return service_account()
        except requests.RequestException:
            return "the function's service account"

    def get(self, service: str, path: str, **query: str) -> Json:
        """`path` is relative to the service's endpoint; `query` holds its parameters.

        Raises:
            ApiError: any answer of 300 and above; Transient also for none.
        """
        return self._call("GET", service, path, query)

    def post(self, service: str, path: str, body: Any, **query: str) -> Json:
        """See `get`."""
        return self._call("POST", service, path, query, body)

    def patch(self, service: str, path: str, body: Any, **query: str) -> Json:
        """See `get`."""
        return self._call("PATCH", service, path, query, body)

    def delete(self, service: str, path: str, **query: str) -> Json:
        """See `get`."""
        return self._call("DELETE", service, path, query)

    def pages(self, service: str, path: str, **query: str) -> Iterator[Json]:
        """Every page of a list, by `nextPageToken`; each is asked for when it is needed. See `get`."""
        page = self.get(service, path, **query)
        yield page
        while token := page.get("nextPageToken"):
            page = self.get(service, path, **{**query, "pageToken": token})
            yield page

    def _call(self, method: str, service: str, path: str, query: dict[str, str], body: Any = None) -> Json:
        url = self.settings.endpoint(service) + path
        try:
            response = self._http.request(
                method, url, params=query, json=body, timeout=TIMEOUT, allow_redirects=False
            )
        except google.auth.exceptions.GoogleAuthError as error:
            raise errors.Transient(service, method, path, 0, errors.NO_TOKEN, str(error)) from error
        return response.json() if response.content else {}


@cache
def shared_session(settings: Settings) -> Session:
    """The session of this process: a warm function keeps its connections and its token."""
    return Session(settings)
