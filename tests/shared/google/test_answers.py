"""What is read of an answer, and what is none."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from shared import errors
from shared.google import compute, metadata
from shared.google.answers import DEEPEST, MOST, NAMED, Broken, has, parsed, shaped, understanding, unix
from shared.google.refusals import from_answer
from shared.google.session import Session
from shared.settings import Settings
from tests.security.hostile import HostileServer
from tests.support.google_server import GoogleServer

PLACE = ("compute", "GET", "projects/p/global/networks/n")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"{", "is no JSON"),
        (b"<html><TITLE>Log in</title>", "is no JSON but a page, 'Log in'"),
        (b"\xff", "is not UTF-8"),
        (b'{"a": "\\ud800"}', "is not UTF-8"),
        (b'{"a": NaN}', "is no JSON"),
        (b'{"a": -Infinity}', "is no JSON"),
        (b"9" * 5000, "is no JSON"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
    ],
)
def test_what_is_no_json_is_said_to_be_none(body: bytes, words: str) -> None:
    """Python's own reader takes some of it."""
    with pytest.raises(Broken, match=words):
        parsed(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b"[1.5e3]", [1500.0]),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"[" * DEEPEST + b"]" * DEEPEST, None),
    ],
)
def test_what_is_json_is_read(body: bytes, value: Any) -> None:
    """Also a character that JSON writes in two halves, and what is just not too deep."""
    assert value is None or value == parsed(body)
    parsed(body)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "an array"),
        ("x", "a string"),
        (None, "null"),
        (True, "true or false"),
        (1, "a number"),
        ({"\u202ea": 1}, r"fields are \['.u202ea'\]"),
    ],
)
def test_what_is_no_such_object_is_no_answer(value: Any, words: str) -> None:
    """The words say what came instead."""
    with pytest.raises(Broken, match=words):
        shaped(value, NAMED)
    assert {"name": "x", "n": 1} == shaped({"name": "x", "n": 1}, has(name=str, n=int))


def test_a_part_that_is_not_what_it_should_be_is_a_broken_answer() -> None:
    """Where it is converted, not an error of ours."""
    with pytest.raises(errors.Transient, match=r"KeyError: .*location"), understanding(*PLACE):
        raise KeyError("location")


@pytest.mark.parametrize(
    "date", ["yesterday", "Mon, 99 Foo 2026 25:61:00 GMT", "Mon, 01 Jan 99999 00:00:00 GMT"]
)
def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    """One that is missing is no fault."""
    with pytest.raises(Broken, match="Date"):
        unix(date)
    assert unix(None) is None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b'{"error": {"code": 404, "message": "gone"}}', errors.NotFound),
        (404, b'{"kind": "Status", "reason": "NotFound", "code": 404}', errors.NotFound),
        (404, b"404 page not found\n", errors.NotFound),
        (408, b'{"error": {"code": 408, "message": "slow"}}', errors.Transient),
        (499, b'{"error": {"code": 499, "status": "CANCELLED"}}', errors.Transient),
        (403, b'{"error": {"code": 403, "message": "no"}}', errors.PermissionDenied),
    ],
)
def test_a_refusal_is_the_apis(status: int, body: bytes, kind: type[errors.ApiError]) -> None:
    """Google's, or Kubernetes', whose server says that it has no such kind in plain words."""
    assert kind is type(from_answer(*PLACE, status, body))


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 408, 409, 412, 429, 500, 502])
@pytest.mark.parametrize(
    "body", [b"<title>Error (Not Found)!!1</title>", b"", b"[]", b'{"status": "no"}', b'{"error": ']
)
def test_a_refusal_that_no_api_wrote_is_none(status: int, body: bytes) -> None:
    """Above all, a page with 404 does not say that something is gone."""
    with pytest.raises(Broken, match=str(status)):
        from_answer(*PLACE, status, body)


METADATA = [
    (200, {"access_token": 7, "expires_in": 3600}),
    (200, {"expires_in": 3600}),
    (200, {"access_token": "t", "expires_in": "soon"}),
    (200, ["t"]),
    (200, "<html>"),
    (302, ""),
    (503, "later"),
]


@pytest.mark.parametrize(("status", "answer"), METADATA)
def test_a_metadata_server_that_says_something_else_gives_no_token(
    google: GoogleServer, session: Session, monkeypatch: pytest.MonkeyPatch, status: int, answer: Any
) -> None:
    """A call without a token is a trouble that passes."""
    monkeypatch.setattr(google, "_metadata", lambda path: (status, answer))

    with pytest.raises(errors.Transient) as trouble:
        session.get("compute", "projects/p/global/networks/n")
    assert errors.NO_TOKEN == trouble.value.reason


def test_an_answer_that_is_packed_is_unpacked_within_bounds(google: GoogleServer) -> None:
    """Some kilobytes can stand for as many gigabytes."""
    server = HostileServer()
    bomb = gzip.compress(b" " * (MOST + 1))
    good = gzip.compress(b'{"name": "n", "selfLink": "n"}')
    bodies = [bomb, good]
    server.answer = lambda path: (200, {"Content-Encoding": "gzip"}, bodies.pop(0))
    variables = google.environment() | {"CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": f"http://{server.host}/"}
    session = Session(Settings.from_env(variables))

    with pytest.raises(errors.Transient, match="AnswerTooLarge"):
        compute.network(session, "p", "n")
    found = compute.network(session, "p", "n")
    server.close()
    assert found is not None and "n" == found["name"]


@pytest.mark.parametrize("answer", ["<html>", "", "12 34", "projects/1"])
def test_a_number_that_is_none_is_not_kept(
    google: GoogleServer, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """An instance asks once in its life: it would refuse every callback."""
    metadata.project_number.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(google, "_metadata", lambda path: (200, answer))
        with pytest.raises(OSError, match="metadata server"):
            metadata.project_number()

    assert metadata.project_number().isdecimal()
