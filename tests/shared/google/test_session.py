"""Calls on the wire: counted, dated, tried once, refused in our own words."""

from __future__ import annotations

import pytest
import requests

from shared import errors
from shared.google import compute, executions, wire
from shared.google.lists import EVERYWHERE
from shared.google.metadata import project_number
from shared.google.pubsub import Publication, publish
from shared.google.session import REPEATS, Session
from shared.settings import Settings
from tests.support.google_server import EXECUTION, NOW, NUMBER, GoogleServer, refusal

NETWORK = "/compute/v1/projects/p/global/networks/default"


def test_calls_are_counted_by_service_and_changes_apart(google: GoogleServer, session: Session) -> None:
    """Publishes move messages and are not counted; reading by POST changes nothing."""
    google.answers = {
        f"GET {NETWORK}": {"name": "default"},
        "POST /compute/v1/projects/p/global/backendServices/b/getHealth": {},
        "POST /compute/v1/projects/p/regions/r/subnetworks": {"status": "RUNNING"},
        "PATCH /container/v1/x": {},
    }
    compute.network(session, "p", "default")
    session.post("compute", "projects/p/global/backendServices/b/getHealth", {})
    compute.insert_subnetwork(session, "p", "r", {"name": "s"})
    session.patch("container", "v1/x", {}, dryRun="All")
    session.patch("container", "v1/x", {})
    publish(session, Publication("projects/p/topics/t", {"a": 1}, {"k": "v"}))

    assert session.calls.wire() == {
        "total": 5,
        "mutations": 2,
        "byService": {"compute": 3, "container": 2},
    }
    assert google.published() == [{"k": "v", "data": {"a": 1}}]


@pytest.mark.parametrize("answer", [{}, {"messageIds": []}], ids=["no field", "no id"])
def test_a_publish_without_an_id_in_its_answer_is_no_error(
    google: GoogleServer, session: Session, answer: dict[str, list[str]]
) -> None:
    """The message is out: an error would let a function begin again what it has told already."""
    google.answers["POST /pubsub/v1/projects/p/topics/t:publish"] = answer

    assert "" == publish(session, Publication("projects/p/topics/t", {"a": 1}))
    assert 1 == len(google.published())


def test_counting_begins_anew_with_each_invocation(google: GoogleServer, session: Session) -> None:
    """A warm function's session is the same."""
    google.answers[f"GET {NETWORK}"] = {}
    compute.network(session, "p", "default")
    session.begin()

    assert session.calls.wire()["total"] == 0
    with pytest.raises(errors.Transient, match="Date"):
        _ = session.now


def test_the_time_is_the_servers(google: GoogleServer, session: Session) -> None:
    """Also when it refuses."""
    compute.network(session, "p", "nowhere")
    assert session.now == NOW

    google.now = NOW + 7
    compute.network(session, "p", "nowhere")
    assert session.now == NOW + 7


def test_what_changes_something_is_tried_once(google: GoogleServer, session: Session) -> None:
    """The workflow owns all waiting, and has looked before it asks again."""
    google.answers[f"POST {NETWORK}"] = refusal(503, "backendError", "try again")

    with pytest.raises(errors.Transient, match="try again"):
        session.post("compute", NETWORK.removeprefix("/compute/v1/"), {})
    assert len(google.requests) == 1


@pytest.mark.parametrize(("status", "tries"), [(503, 1 + REPEATS), (500, 1 + REPEATS), (429, 1)])
def test_reads_are_repeated_a_few_times_in_one_invocation(
    google: GoogleServer, session: Session, status: int, tries: int
) -> None:
    """But one that is told to come more rarely."""
    google.answers[f"GET {NETWORK}"] = refusal(status, "someReason", "try again")

    for _ in range(2):
        with pytest.raises(errors.Transient, match="try again"):
            compute.network(session, "p", "default")
    assert tries + 1 == len(google.requests) == session.calls.wire()["total"]

    session.begin()
    with pytest.raises(errors.Transient):
        compute.network(session, "p", "default")
    assert 2 * tries + 1 == len(google.requests)


def test_a_read_that_succeeds_the_second_time_has_succeeded(google: GoogleServer, session: Session) -> None:
    """Nobody above hears of it."""
    told = iter([refusal(500, "backendError", "oops")])
    google.answers[f"GET {NETWORK}"] = lambda *_: next(told, (200, {"name": "default"}))

    found = compute.network(session, "p", "default")
    assert found is not None and "default" == found["name"]


def test_no_answer_at_all_is_transient(google: GoogleServer, session: Session) -> None:
    """Refused, reset or too slow."""
    variables = {
        **google.environment(),
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": "http://127.0.0.1:9/compute/v1/",
    }
    unreachable = Session(Settings.from_env(variables))

    with pytest.raises(errors.Transient, match="no answer"):
        compute.network(unreachable, "p", "default")


def test_the_adapter_serves_a_client_librarys_session_too(google: GoogleServer, session: Session) -> None:
    """Counted and refused just so."""
    google.answers["GET /gkehub/v1/x"] = refusal(409, "alreadyExists", "there")
    foreign = requests.Session()
    session.mount(foreign)

    with foreign, pytest.raises(errors.AlreadyExists, match="there"):
        foreign.get(f"{session.settings.endpoint('gkehub')}v1/x")
    assert session.calls.by_service == {"gkehub": 1}


def test_lists_are_read_to_their_end(google: GoogleServer, session: Session) -> None:
    """Page by page; a scope that is empty says so."""
    pages = {
        "": {
            "nextPageToken": "t",
            "items": {
                "regions/a": {"subnetworks": [{"name": "1"}]},
                "regions/b": _warning("NO_RESULTS_ON_PAGE"),
            },
        },
        "t": {"items": {"regions/c": {"subnetworks": [{"name": "2"}]}}},
    }
    path = "GET /compute/v1/projects/p/aggregated/subnetworks"
    google.answers[path] = lambda body, query: pages[query.get("pageToken", [""])[0]]

    assert [each["name"] for each in compute.subnetworks(session, "p").within(EVERYWHERE)] == ["1", "2"]


def _warning(code: str) -> dict[str, dict[str, str]]:
    return {"warning": {"code": code, "message": f"{code}!"}}


def test_an_operation_that_failed_at_once_is_a_refusal() -> None:
    """Its first error tells why."""
    failed: wire.Operation = {
        "name": "operation-1",
        "insertTime": "2026-01-05T08:00:00.000-00:00",
        "httpErrorStatusCode": 403,
        "error": {"errors": [{"code": "QUOTA_EXCEEDED", "message": "no more"}]},
    }

    with pytest.raises(errors.QuotaExceeded, match="no more"):
        compute.checked(failed)


@pytest.mark.parametrize(
    "link",
    [
        "https://www.googleapis.com/compute/v1/projects/p/global/networks/n",
        "http://elsewhere:1/compute/v1/projects/p/global/networks/n",
        "projects/p/global/networks/n",
    ],
)
def test_a_link_is_the_same_in_all_its_forms(link: str) -> None:
    """Host and version do not matter."""
    assert compute.path_of(link) == "projects/p/global/networks/n"


@pytest.mark.parametrize(
    ("state", "alive"), [("ACTIVE", True), ("QUEUED", True), ("SUCCEEDED", False), ("", False)]
)
def test_an_execution_lives_until_it_ends(
    google: GoogleServer, session: Session, state: str, alive: bool
) -> None:
    """One that is not known has ended."""
    workflow = session.settings.workflow
    if state:
        google.answers[f"GET /workflowexecutions/v1/{workflow}/executions/{EXECUTION}"] = {"state": state}

    assert executions.is_alive(executions.read(session, workflow, EXECUTION)) is alive


def test_the_projects_number_comes_from_the_metadata_server(google: GoogleServer) -> None:
    """Callback URLs carry it."""
    assert project_number() == NUMBER


def test_a_missing_setting_is_an_error_at_once(google: GoogleServer) -> None:
    """The function was not deployed by the bootstrap."""
    variables = google.environment()
    del variables["FLEETGATE_WORKFLOW"]

    with pytest.raises(KeyError, match="FLEETGATE_WORKFLOW"):
        Settings.from_env(variables)
