"""Whether Fleetgate is where a command looks."""

from __future__ import annotations

import pytest

from fleetgate.client.errors import BAD_USAGE, ClientError, client_errors
from fleetgate.client.installed import require_installed
from fleetgate.client.target import Target
from tests.fleetgate.client.conftest import WORKFLOW
from tests.support.google_server import GoogleServer


def test_a_place_with_its_workflow_has_it(google: GoogleServer, here: Target) -> None:
    """That is all that is asked."""
    google.answers[f"GET /workflows/v1/{WORKFLOW}"] = {"name": WORKFLOW, "state": "ACTIVE"}

    require_installed(here)

    assert 1 == len(google.requests)


def test_a_place_without_it_is_the_wrong_one(here: Target) -> None:
    """The project or the region."""
    with (
        pytest.raises(ClientError, match="Fleetgate does not exist") as told,
        client_errors("hub", "Fleetgate"),
    ):
        require_installed(here)

    assert BAD_USAGE == told.value.exit_status
    assert "FLEETGATE_REGION" in told.value.fix
