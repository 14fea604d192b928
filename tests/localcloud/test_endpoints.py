"""Every endpoint that a client can be given leads here, and each service of the local cloud is at its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from localcloud.endpoints import gcloud_endpoints, is_api, path_here, terraform_endpoints
from localcloud.google_apis import GoogleApis
from localcloud.services import SERVICES
from localcloud.world import World
from tests.support.services import request

HERE = "http://127.0.0.1:1"
# Of Google's, but no client of theirs can be told where it is.
WITHOUT_OVERRIDE = {"sts"}


@pytest.mark.parametrize(
    ("host", "path", "here"),
    [
        ("run.googleapis.com", "/v2/projects/p", "/run/v2/projects/p"),
        ("us-central1-run.googleapis.com", "/apis/x", "/run/apis/x"),
        ("containeranalysis.us-west1.rep.googleapis.com", "/v1/x", "/containeranalysis/v1/x"),
        ("www.googleapis.com", "/compute/v1/projects/p", "/compute/compute/v1/projects/p"),
        ("storage.googleapis.com", "/upload/storage/v1/b/b/o", "/storage/upload/storage/v1/b/b/o"),
        ("storage-insights.googleapis.com", "/v1/x", "/storage-insights/v1/x"),
        ("registry.terraform.io", "/", None),
        ("googleapis.com.example.com", "/", None),
        ("", "/", None),
    ],
)
def test_a_host_of_googles_is_a_word_here(host: str, path: str, here: str | None) -> None:
    """Whatever region stands before or behind it; another host is none of ours."""
    assert here == path_here(host, path)


def test_every_endpoint_leads_here_and_ends_with_a_slash() -> None:
    """gcloud takes no other [documented: its validator of overrides]."""
    every = gcloud_endpoints(HERE) | terraform_endpoints(HERE)

    assert (180, 188) == (len(gcloud_endpoints(HERE)), len(terraform_endpoints(HERE)))
    assert [] == [
        url for url in every.values() if not (url.startswith(f"{HERE}/") and url.endswith("/") and "//" not in url[7:])
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted({service.name for service in SERVICES} - WITHOUT_OVERRIDE))
def test_gcloud_and_the_provider_find_a_service_by_its_name(name: str) -> None:
    """So that a new one needs no second place."""
    assert gcloud_endpoints(HERE)[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name.upper()}"].startswith(
        f"{HERE}/{name}/"
    )
    at = [url for url in terraform_endpoints(HERE).values() if url.startswith(f"{HERE}/{name}/")]
    assert at or name == "workflowexecutions"  # of which the provider has no resource


def test_the_first_words_of_endpoints_are_those_of_apis() -> None:
    """And no bucket's."""
    assert is_api("dns") and is_api("accessapproval") and is_api("admin-remotebuildexecution")
    assert not is_api("shop-tools-fleetgate-source") and not is_api("")


def test_what_is_at_an_endpoint_is_served_or_refused_by_name() -> None:
    """At every one of them, and never as what is gone."""
    apis = GoogleApis(World.create(), SERVICES)
    for url in sorted({*gcloud_endpoints(HERE).values(), *terraform_endpoints(HERE).values()}):
        answer = apis.answer(request("GET", f"{url.removeprefix(HERE)}projects/p/nothing/there/is"))
        assert 405 == answer.status, (url, answer.body)


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_no_endpoint_of_gclouds_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Held to the properties of the gcloud that is here, whose version may be a newer one."""
    library = Path(os.path.realpath(str(shutil.which("gcloud")))).parents[1] / "lib"
    source = (library / "googlecloudsdk" / "core" / "properties.py").read_text("utf-8")
    section = source.partition("class _SectionApiEndpointOverrides")[2].partition("def EndpointValidator")[0]
    words = section.split("self._Add(")[1:]
    names = {word.strip().split("'")[1] for word in words}

    assert len(names) > 100
    wanted = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name.upper()}" for name in names}
    assert set() == wanted - gcloud_endpoints(HERE).keys()
