"""The one session that every call of a function goes through, a client library's as well as our own.

An adapter sits under it. It asks whether a call that changes something may begin (`Calls.permit`), counts the call,
gives it a time limit within the invocation's own (`shared.google.deadline`), reads the answer whole, remembers the
server's `Date`, and turns a refusal or a broken answer (`shared.google.answers`) into `shared.errors`, so that nobody
above it ever looks at a status code. What changes something is tried once; a read that meets a passing trouble is
repeated at once, a few times in one invocation: a look is made of a dozen reads, and all of them have to succeed.
`mount` puts the same adapter under a client library's REST transport:

    client = container_v1.ClusterManagerClient(transport=…)
    session.mount(client.transport._session)
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar

import google.auth.exceptions
import requests
import urllib3
import urllib3.exceptions
from google.auth.transport.requests import AuthorizedSession
from requests.adapters import HTTPAdapter

from shared import errors
from shared.google import answers, refusals
from shared.google.answers import ANY, Broken, Form
from shared.google.deadline import ANSWERING, CONNECT, SERVER_TIMEOUT, Deadline
from shared.google.metadata import MetadataCredentials, service_account
from shared.json_types import Json
from shared.settings import Settings

# Reads that one invocation may repeat. A look at two clusters is thirteen reads. Where three calls in ten fail, it
# meets five or six refusals, and more than eight in one look of seven; where all fail, eight calls are made in vain
# (docs/decisions/0006).
REPEATS = 8
THREADS = 16  # of an invocation that may call at once, and connections that are kept to a host
SLOW = {errors.TIMED_OUT, errors.TOO_LARGE}
APART = {"pubsub"}  # publishes (and callbacks) move messages; they are not calls on resources
CALLBACKS = "/callbacks/"
READING_POSTS = (
    "/getHealth",
    "/wait",
    ":getIamPolicy",
    ":testIamPermissions",
    "accessreviews",
    "/entries:list",
)
Answer = TypeVar("Answer")


class Calls:
    """What one invocation asked of the APIs, what time they said it was, and how long it may go on.

    `permit` is called before each call that changes a resource, and raises if that must not begin. Several threads of
    the invocation may share this.
    """

    def __init__(self, deadline: Deadline | None = None) -> None:
        self.deadline = deadline or Deadline()
        self.permit: Callable[[], None] = lambda: None
        self.by_service: Counter[str] = Counter()
        self.mutations = 0
        self.repeats = 0
        self.date: float | None = None
        self._counting = threading.Lock()

    def begin(self, service: str, method: str, url: str) -> float:
        """Note a call that is about to be sent: nothing else may stand between this and that. Its time limit, seconds.

        Raises:
            DeadlinePassed: there is no time for it.
            FleetgateError: it would change something, and must not.
        """
        if service in APART or CALLBACKS in url:
            return self.deadline.time_limit(0.0 if CALLBACKS in url else ANSWERING)
        mutates = _mutates(method, url)
        if mutates:
            self.permit()
        limit = self.deadline.time_limit()
        with self._counting:
            self.by_service[service] += 1
            self.mutations += mutates
        return limit

    def hear(self, date: str | None) -> None:
        """The `Date` of an answer, if it had one that can be read."""
        if moment := answers.unix(date):
            self.date = moment
            self.deadline.hear(moment)

    def repeated(self, method: str, url: str, once: Callable[[], Answer]) -> Answer:
        """What `once` answers; a read is made again at once where that may help.

        Raises:
            ApiError: what the last call met.
        """
        while True:
            try:
                return once()
            except errors.Transient as error:
                if not self._may_repeat(method, url, error):
                    raise

    def _may_repeat(self, method: str, url: str, error: errors.Transient) -> bool:
        """Whether a call that met `error` is to be made again, which is noted.

        Reads are, as long as there are few. Not one that took its whole time, or as long as a large answer takes,
        since the invocation has not much more; nor one that was told to come more rarely.
        """
        if _mutates(method, url) or error.status == 429 or error.reason in SLOW:
            return False
        with self._counting:
            self.repeats += 1
            return self.repeats <= REPEATS

    def wire(self) -> Json:
        """As the answer carries them."""
        return {
            "total": self.by_service.total(),
            "mutations": self.mutations,
            "byService": dict(sorted(self.by_service.items())),
        }


def trouble_of(service: str, method: str, resource: str, status: int, error: Exception) -> errors.Transient:
    """The trouble that a call met while it was sent, or, once its answer had a `status`, while that was read."""
    if isinstance(error, Broken):
        return answers.trouble(service, method, resource, status, error)
    late = isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError)
    if status and not late:
        broken = Broken(f"breaks off, or cannot be unpacked ({type(error).__name__})")
        return answers.trouble(service, method, resource, status, broken)
    reason = errors.TIMED_OUT if late else errors.UNTRUSTED if _is_untrusted(error) else "Unreachable"
    return errors.Transient(service, method, resource, 0, reason, f"no answer: {type(error).__name__}")


def _is_untrusted(error: Exception) -> bool:
    """Whether the other side's certificate was not believed; nothing was sent then."""
    return isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError)


def _mutates(method: str, url: str) -> bool:
    path, _, query = url.partition("?")
    return method not in ("GET", "HEAD") and "dryRun=All" not in query and not path.endswith(READING_POSTS)


class Wire(HTTPAdapter):
    """One service's adapter. It outlives an invocation, so `session.calls` is looked up at each call.

    `form` is what each success has to be; without one, who asked looks at it.
    """

    def __init__(self, service: str, session: Session, form: Form | None = None) -> None:
        super().__init__(max_retries=0, pool_maxsize=THREADS)
        self._service = service
        self._session = session
        self._form = form

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send once, and read the answer whole.

        Raises:
            ApiError: any answer of 300 and above; Transient also for none, or a broken one.
        """
        calls, method, url = self._session.calls, request.method or "GET", request.url or ""
        limit = calls.begin(self._service, method, url)
        until = time.monotonic() + limit
        request.headers[SERVER_TIMEOUT] = f"{limit:.3f}"
        kwargs |= {"timeout": urllib3.Timeout(total=limit, connect=CONNECT), "stream": True}
        told, status = (self._service, method, request.path_url), 0
        try:
            response = super().send(request, *args, **kwargs)
            status = response.status_code
            response._content = answers.whole(response.raw, decode=True, until=until)
            calls.hear(response.headers.get("Date"))
            if status == 401:
                self._session.credentials.token = None  # the next call asks for a new one
            if status >= 300:  # a redirect is a refusal, too: a token goes nowhere else
                raise refusals.from_answer(*told, status, response.content)
            if self._form is not None:
                answers.shaped(answers.parsed(response.content), self._form)
        except (Broken, requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise trouble_of(*told, status, error) from error
        return response


class Session:
    """Calls on Google's APIs with the function's own identity."""

    def __init__(self, settings: Settings, credentials: Any = None) -> None:
        self.settings = settings
        self.credentials = credentials or MetadataCredentials()
        self._invocation = threading.local()
        self._http = AuthorizedSession(self.credentials, max_refresh_attempts=0)
        self.mount(self._http)

    @property
    def calls(self) -> Calls:
        """Those of the invocation for which this thread works. An earlier one may go on in another, after its
        timeout."""
        if not hasattr(self._invocation, "calls"):
            self._invocation.calls = Calls()
        found: Calls = self._invocation.calls
        return found

    def begin(self, sent: float | None = None, deadline: Deadline | None = None) -> None:
        """Start counting for a new invocation, which may go on until its `deadline`.

        Until an API tells the time, it is that of the message, `sent`.
        """
        self._invocation.calls = Calls(deadline)
        self.calls.date = sent

    def join(self, calls: Calls) -> None:
        """Have this thread work for the invocation that has these calls."""
        self._invocation.calls = calls

    def mount(self, http: requests.Session, form: Form | None = None) -> None:
        """Put our adapters under `http`, one for each service's endpoint; every success has to be of `form`."""
        for service, endpoint in self.settings.endpoints.items():
            http.mount(endpoint, Wire(service, self, form))

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

    def get(self, service: str, path: str, form: Form = ANY, /, **query: str) -> Json:
        """`path` is relative to the service's endpoint; `query` holds its parameters; `form` is what is asked for.

        Raises:
            ApiError: any answer of 300 and above; Transient also for none, and for one that is not of the form.
        """
        return self._call("GET", service, path, form, query)

    def post(self, service: str, path: str, body: Any, form: Form | None = ANY, /, **query: str) -> Json:
        """See `get`. Without a form any success will do, and what it says is not read."""
        return self._call("POST", service, path, form, query, body)

    def patch(self, service: str, path: str, body: Any, form: Form = ANY, /, **query: str) -> Json:
        """See `get`."""
        return self._call("PATCH", service, path, form, query, body)

    def delete(self, service: str, path: str, form: Form = ANY, /, **query: str) -> Json:
        """See `get`."""
        return self._call("DELETE", service, path, form, query)

    def pages(self, service: str, path: str, form: Form = ANY, /, **query: str) -> Iterator[Json]:
        """Every page of a list, by `nextPageToken`; each is asked for when it is needed. See `get`."""
        page = self.get(service, path, form, **query)
        yield page
        while token := page.get("nextPageToken"):
            page = self.get(service, path, form, **{**query, "pageToken": token})
            yield page

    def _call(  # what a call consists of
        self, method: str, service: str, path: str, form: Form | None, query: dict[str, str], body: Any = None
    ) -> Json:
        url = self.settings.endpoint(service) + path

        def once() -> Json:
            try:
                response = self._http.request(method, url, params=query, json=body, allow_redirects=False)
                if form is not None:
                    return answers.shaped(answers.parsed(response.content), form)
                answers.heard(response.content)
                return {}
            except google.auth.exceptions.GoogleAuthError as error:
                raise errors.Transient(service, method, path, 0, errors.NO_TOKEN, str(error)) from error
            except Broken as broken:
                raise answers.trouble(service, method, path, response.status_code, broken) from broken

        return self.calls.repeated(method, url, once)


@cache
def shared_session(settings: Settings) -> Session:
    """The session of this process: a warm function keeps its connections and its token."""
    return Session(settings)
