"""Tokens for tokens, as Google's own client asks for them."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from localcloud.google_apis import GoogleApis
from localcloud.iam.access import ACCESS
from localcloud.iam.tokens import TOKENS
from localcloud.sts import EXCHANGE, service
from localcloud.wire.identities import Identities
from localcloud.wire.messages import Caller, Json, Request
from localcloud.world import World

ME = Caller("me@example.com")


@pytest.fixture
def world() -> World:
    """A world in which IAM is enforced, with its tokens."""
    made = World.create()
    made[ACCESS].enforced = True
    made[TOKENS] = Identities()
    return made


def ask(world: World, **form: str) -> tuple[int, Json]:
    """Status and body of the answer to a form that nobody has signed."""
    apis = GoogleApis(world, [service])
    request = Request("POST", "/sts/v1/token", {}, {}, urlencode(form).encode(), Caller(""))
    assert apis.is_anonymous(request)
    answer = apis.answer(request)
    return answer.status, json.loads(answer.body)


def test_a_token_is_exchanged_for_one_of_the_same_caller(world: World) -> None:
    """Another one, which lives an hour."""
    subject = world[TOKENS].issue(ME)

    status, body = ask(world, grant_type=EXCHANGE, subject_token=subject)

    assert (200, "Bearer", 3599) == (status, body["token_type"], body["expires_in"])
    assert subject != body["access_token"]
    assert ME == world[TOKENS].caller(f"Bearer {body['access_token']}")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": EXCHANGE, "subject_token": "ya29.stolen"}, "invalid_grant"),
        ({"grant_type": EXCHANGE}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
    ],
)
def test_whatever_else_is_asked_for_is_refused(world: World, form: dict[str, str], error: str) -> None:
    """In the words of OAuth."""
    status, body = ask(world, **form)

    assert (400, error) == (status, body["error"])


def test_no_other_service_answers_to_nobody() -> None:
    """Nor one that is not there."""
    apis = GoogleApis(World.create(), [service])

    for path in ("/compute/v1/x", "/", "/st/v1/token"):
        assert not apis.is_anonymous(Request("POST", path, {}, {}, b"", Caller("")))
