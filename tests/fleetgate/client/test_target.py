"""Where Fleetgate is: flags first, then what gcloud reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetgate.client.errors import BAD_USAGE, ClientError
from fleetgate.client.following import publish
from fleetgate.client.target import Target, target_of
from shared import anchor, errors
from tests.support.google_server import GoogleServer


def environment(google: GoogleServer, token: Path) -> dict[str, str]:
    """A shell's variables."""
    return {**google.environment(), "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token)}


def test_the_project_may_be_gclouds_and_the_region_has_a_default(
    google: GoogleServer, tmp_path: Path
) -> None:
    """So that one who works in one project sets nothing."""
    token = tmp_path / "token"
    token.write_text("t")
    variables = environment(google, token) | {"CLOUDSDK_CORE_PROJECT": "mine"}

    found, named = target_of("", "", variables), target_of("hub", "europe-west1", variables)

    assert "projects/mine/topics/fleetgate-requests" == found.requests
    assert "projects/mine/locations/us-central1/workflows/fleetgate" == found.workflow
    assert "projects/hub/locations/europe-west1/workflows/fleetgate" == named.workflow


def test_no_project_at_all_is_bad_usage(google: GoogleServer, tmp_path: Path) -> None:
    """And nothing is asked."""
    with pytest.raises(ClientError, match="No project is set") as told:
        target_of("", "", environment(google, tmp_path / "token"))

    assert BAD_USAGE == told.value.exit_status
    assert "FLEETGATE_PROJECT" in told.value.fix
    assert [] == google.requests


@pytest.mark.parametrize("written", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe", b"to\x00ken"])
@pytest.mark.parametrize("over", ["rest", "grpc"])
def test_a_file_that_holds_no_token_is_told_as_such(
    here: Target, google: GoogleServer, tmp_path: Path, written: bytes, over: str
) -> None:
    """It may be under way to be written; who waits asks again."""
    (tmp_path / "token").write_bytes(written)

    with pytest.raises(errors.Transient) as told:
        list(anchor.read_all(here.session)) if over == "rest" else publish(here, {})

    assert errors.NO_TOKEN == told.value.reason
    assert "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE" in told.value.message
    assert [] == google.requests


def test_without_a_token_file_googles_own_credentials_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where they are missing it says how to get them."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))

    with pytest.raises(ClientError, match="no Google credentials") as told:
        target_of("hub", "", {})

    assert "gcloud auth application-default login" in told.value.fix
