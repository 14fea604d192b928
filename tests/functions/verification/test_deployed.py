"""Which spec a request by name compares the cluster with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from functions.verification.deployed import up_to_date
from shared.google.session import Session
from shared.step.message import Message
from shared.step.step import Context
from tests.support.anchors import OTHER, add_anchor
from tests.support.google_server import GoogleServer


@pytest.mark.parametrize(("deploying", "spec", "calls"), [(OTHER, "newer", 1), ("", "older", 0)])
def test_a_deploy_that_is_at_work_may_have_changed_it_since_the_claim(
    google: GoogleServer,
    session: Session,
    message: Callable[..., Message],
    deploying: str,
    spec: str,
    calls: int,
) -> None:
    """The anchor says which it is now; nothing is asked where none is at work."""
    add_anchor(google, "store", spec="newer")
    place = {"project": "shop-prod", "network": "default", "spec": "older", "deploying": deploying}
    asked = message(step="verification", environment=None, place=place)

    found = up_to_date(Context(session.settings, asked, session, None))

    assert found.place.spec == spec
    assert len(google.requests) == calls
