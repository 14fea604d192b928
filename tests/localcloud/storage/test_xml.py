"""Reads by the XML API at the root of the host, as Terraform's state backend makes them."""

from __future__ import annotations

import json

import pytest

from localcloud.iam.access import ACCESS, define_role
from localcloud.iam.grants import grant
from localcloud.services import SERVICES
from localcloud.wire.errors import NOT_IMPLEMENTED
from tests.localcloud.storage.conftest import BUCKET, Storage
from tests.support.projects import CLOUD_PROJECT as PROJECT

OBJECT = f"/{BUCKET}/terraform/state/default.tfstate"


@pytest.fixture
def state(storage: Storage) -> Storage:
    """A bucket with a state in it, among all services."""
    storage.upload("terraform/state/default.tfstate", b"{}")
    return Storage(storage.world, services=SERVICES)


def test_an_object_is_read_with_its_generation(state: Storage) -> None:
    """By it the state is locked, and by its hash checked."""
    known = state.call("GET", f"b/{BUCKET}/o/terraform%2Fstate%2Fdefault.tfstate")
    found = state.send("GET", OBJECT)

    assert (200, b"{}") == (found.status, found.body)
    assert known["generation"] == found.headers["x-goog-generation"]
    assert f"crc32c={known['crc32c']},md5={known['md5Hash']}" == found.headers["x-goog-hash"]
    assert "Mon, 05 Jan 2026 09:00:00 GMT" == found.headers["last-modified"]
    head = state.send("HEAD", OBJECT)
    assert (200, b"", found.headers) == (head.status, head.body, head.headers)


@pytest.mark.parametrize(
    ("path", "code"), [(f"/{BUCKET}/other", "NoSuchKey"), ("/shop-nothing/a", "NoSuchBucket")]
)
def test_what_is_not_there_is_said_in_xml(state: Storage, path: str, code: str) -> None:
    """The backend takes a missing key for a state that was never written."""
    answer = state.send("GET", path)

    assert 404 == answer.status and "application/xml; charset=UTF-8" == answer.headers["content-type"]
    assert f"<Error><Code>{code}</Code>".encode() in answer.body


def test_who_may_not_read_is_told_in_xml(state: Storage) -> None:
    """Who may not list is not told whether there is anything."""
    state.world[ACCESS].enforced = True
    role = f"projects/{PROJECT}/roles/reader"

    assert b"<Code>AccessDenied</Code>" in state.send("GET", OBJECT).body
    define_role(state.world, role, ["storage.objects.get"])
    grant(state.world, f"projects/{PROJECT}", role, "user:user@example.com")
    assert 200 == state.send("GET", OBJECT).status
    assert 403 == state.send("GET", f"{OBJECT}x").status
    define_role(state.world, role, ["storage.objects.get", "storage.objects.list"])
    assert 404 == state.send("GET", f"{OBJECT}x").status


@pytest.mark.parametrize(("method", "path"), [("PUT", OBJECT), ("DELETE", OBJECT), ("GET", f"/{BUCKET}")])
def test_the_rest_of_the_xml_api_is_not_implemented(state: Storage, method: str, path: str) -> None:
    """Nor taken for a service that is not here."""
    answer = state.send(method, path)

    assert NOT_IMPLEMENTED == answer.status and b"<Code>NotImplemented</Code>" in answer.body


@pytest.mark.parametrize("path", ["/nosuchservice/v1/projects/shop/things", "/nosuchservice/v1beta1/a"])
def test_a_service_that_is_not_here_is_no_bucket(state: Storage, path: str) -> None:
    """The version in its path tells them apart."""
    assert "nosuchservice" in json.loads(state.send("GET", path).body)["error"]["message"]


@pytest.mark.parametrize("path", ["/b/shop-source", "/projects/shop/things", "/Shop/a"])
def test_a_path_that_lost_its_services_name_is_no_bucket(state: Storage, path: str) -> None:
    """404 would say that what it names is gone."""
    answer = state.send("GET", path)

    assert NOT_IMPLEMENTED == answer.status == json.loads(answer.body)["error"]["code"]


def test_a_client_downloads_by_a_path_of_its_own(state: Storage) -> None:
    """Python's does."""
    path = f"/download/storage/v1/b/{BUCKET}/o/terraform%2Fstate%2Fdefault.tfstate"

    assert b"{}" == state.send("GET", path, query="alt=media").body
