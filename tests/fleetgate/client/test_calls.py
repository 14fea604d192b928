"""Calls of the client libraries that meet trouble: each ends within seconds, with what was wrong."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from fleetgate.client import calls
from fleetgate.client.errors import ClientError, client_errors
from fleetgate.client.executions import newest, read
from fleetgate.client.following import publish
from fleetgate.client.target import Target
from shared import errors
from tests.fleetgate.client.conftest import EXECUTIONS, execution
from tests.support.google_server import GoogleServer

PUBLISH = "POST /pubsub/v1/projects/hub/topics/fleetgate-requests:publish"
LATER = (503, {"error": {"status": "UNAVAILABLE", "message": "later"}})


@pytest.fixture
def silent() -> Iterator[str]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"127.0.0.1:{listening.getsockname()[1]}"


def at(here: Target, endpoint: str) -> Target:
    """The same with gRPC elsewhere."""
    return replace(here, google=replace(here.google, endpoint=endpoint))


def told(target: Target) -> ClientError:
    """What a person is told who publishes."""
    with pytest.raises(ClientError) as error, client_errors("hub", "Fleetgate"):
        publish(target, {"action": "sweep"})
    return error.value


def test_where_nobody_listens_that_is_told_at_once(here: Target, closed: str) -> None:
    """The library would try for ten minutes."""
    began = time.monotonic()

    error = told(at(here, closed))

    assert "does not answer" in error.cause and "Connection refused" in error.cause
    assert "still up" in error.fix
    assert time.monotonic() - began < 5


def test_where_nobody_answers_that_is_told_when_the_time_is_up(
    here: Target, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call has a time, a read that is repeated no more than that."""
    monkeypatch.setattr(calls, "TIMEOUT", 0.2)
    monkeypatch.setattr(calls, "REPEATED", 60.0)

    assert "pubsub does not answer: Deadline Exceeded" == told(at(here, silent)).cause
    with pytest.raises(errors.Transient, match="Deadline Exceeded"):
        newest(at(here, silent))


def test_a_certificate_that_is_not_trusted_is_told_with_what_to_do(
    here: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent."""
    monkeypatch.delenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")

    error = told(here)

    assert "certificate of pubsub is not trusted" in error.cause
    assert "REQUESTS_CA_BUNDLE" in error.fix


def test_what_speaks_no_grpc_is_no_answer(google: GoogleServer, here: Target) -> None:
    """The address of REST, for instance."""
    assert "does not answer" in told(at(here, google.host)).cause
    assert [] == google.requests


def test_a_proxy_that_is_in_the_way_is_named(
    here: Target, closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the password in its address."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@{closed}")

    error = told(at(here, "pubsub.example:443"))

    assert f"through the proxy {closed}" in error.cause
    assert "secret" not in error.cause


def test_a_read_is_repeated_and_a_publication_is_not(
    google: GoogleServer, here: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trouble that passes costs a read some tenths of a second; a request could be published twice."""
    monkeypatch.setattr(calls, "REPEATED", 30.0)
    cancelled = (499, {"error": {"status": "CANCELLED", "message": "given up"}})
    unknown = (500, {"error": {"status": "UNKNOWN", "message": "nobody knows"}})
    answers: list[Any] = [LATER, cancelled, unknown, execution("x-1")]
    google.answers[f"GET {EXECUTIONS}/x-1"] = lambda *_: answers.pop(0)
    google.answers[PUBLISH] = LATER

    found = read(here, "x-1")

    assert found is not None and "x-1" == found.id
    assert "pubsub does not answer: later" == told(here).cause
    assert [4, 1] == [len([each for each in google.requests if each[0] == verb]) for verb in ("GET", "POST")]


def test_a_read_that_keeps_failing_is_the_refusal_that_it_met(google: GoogleServer, here: Target) -> None:
    """Not a word about repetitions."""
    google.answers[f"GET {EXECUTIONS}"] = LATER

    with pytest.raises(errors.Transient) as error:
        newest(here)

    assert ("later", 503, "UNAVAILABLE") == (error.value.message, error.value.status, error.value.reason)


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (429, "RESOURCE_EXHAUSTED", errors.Transient),
        (500, "INTERNAL", errors.Transient),
        (500, "UNKNOWN", errors.Transient),
        (504, "DEADLINE_EXCEEDED", errors.Transient),
        (401, "UNAUTHENTICATED", errors.Unauthorized),
        (403, "PERMISSION_DENIED", errors.PermissionDenied),
        (404, "NOT_FOUND", errors.NotFound),
        (409, "ALREADY_EXISTS", errors.AlreadyExists),
        (409, "ABORTED", errors.Conflict),
        (400, "FAILED_PRECONDITION", errors.Refused),
        (501, "UNIMPLEMENTED", errors.Refused),
        (499, "CANCELLED", errors.Transient),
    ],
)
def test_a_refusal_is_the_same_error_as_over_rest(
    google: GoogleServer, here: Target, status: int, name: str, kind: type[errors.ApiError]
) -> None:
    """[documented: google.rpc.Code, which says of each what it is in HTTP]"""
    google.answers[PUBLISH] = (status, {"error": {"status": name, "message": "words"}})

    with pytest.raises(kind) as error:
        publish(here, {})

    assert (kind, "pubsub", status, name, "words") == (
        type(error.value), error.value.service, error.value.status, error.value.reason, error.value.message,
    )  # fmt: skip


def test_details_that_nobody_knows_are_left_out(google: GoogleServer, here: Target) -> None:
    """The others count: here the one that names the permission."""
    info = {"reason": "IAM_PERMISSION_DENIED", "metadata": {"permission": "pubsub.topics.publish"}}
    details = [
        {"@type": "type.googleapis.com/google.of.tomorrow.News"},
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", **info},
    ]
    body = {"status": "PERMISSION_DENIED", "message": "no", "details": details}
    google.answers[PUBLISH] = (403, {"error": body})

    with pytest.raises(errors.PermissionDenied) as error:
        publish(here, {})

    assert ("pubsub.topics.publish", "IAM_PERMISSION_DENIED") == (error.value.permission, error.value.reason)
