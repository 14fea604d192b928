"""What pods answer, and to what a health check."""

from __future__ import annotations

import json

import pytest

from localcloud.dataplane.sampleapp import Pod, is_whereami, reply, serves
from localcloud.time.clock import EPOCH
from localcloud.wire.messages import Json

IMAGES = [
    ("us-docker.pkg.dev/google-samples/containers/gke/whereami:v1.2.20", True),
    ("gcr.io/google-samples/whereami", True),
    ("registry:5000/whereami@sha256:0123", True),
    ("whereami-mirror:v1", False),
    ("nginx:1.27", False),
]


def pod(image: str = "whereami:v1", **container: list[Json]) -> Pod:
    item = {
        "metadata": {"name": "store-abc", "namespace": "store"},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": image, **container}]},
        "status": {"podIP": "10.4.0.7"},
    }
    return Pod(item, "gke-west", "us-west1-a", "shop")


@pytest.mark.parametrize(("image", "expected"), IMAGES)
def test_the_sample_app_is_known_by_its_images_name(image: str, expected: bool) -> None:
    """In any registry and any version."""
    assert is_whereami(image) is expected


def test_it_describes_where_it_is() -> None:
    """Metadata is its environment's, and is left out where there is none."""
    plain = json.loads(reply(pod(), "/", EPOCH, {"host": "shop.example"}).body)
    marked = json.loads(reply(pod(env=[{"name": "METADATA", "value": "blue"}]), "/x", EPOCH, {}).body)

    assert plain["cluster_name"] == "gke-west"
    assert plain["pod_ip"] == "10.4.0.7"
    assert plain["host_header"] == "shop.example"
    assert plain["timestamp"] == "2026-01-05T09:00:00"
    assert "metadata" not in plain
    assert marked["metadata"] == "blue"


def test_a_path_that_ends_in_a_field_answers_it() -> None:
    """As text, and not as JSON."""
    response = reply(pod(), "/west/pod_name", EPOCH, {})

    assert (response.body, response.headers["content-type"]) == (b"store-abc", "text/html; charset=utf-8")


def test_another_image_answers_ok_to_everything_and_is_healthy_on_the_root() -> None:
    """What it would say is not known; that it has no health page is assumed."""
    other = pod("nginx:1.27")

    assert reply(other, "/any", EPOCH, {}).body == b"ok\n"
    assert [serves(other, path) for path in ("/", "/healthz")] == [True, False]
    assert [serves(pod(), path) for path in ("/", "/healthz")] == [True, True]


def test_it_tells_the_headers_that_it_got_if_it_is_asked_to() -> None:
    """By ECHO_HEADERS, as its README says; otherwise only the host."""
    echoing = pod(env=[{"name": "ECHO_HEADERS", "value": "True"}])
    got = {"host": "shop.example", "x-shop-env": "canary"}
    told = json.loads(reply(echoing, "/", EPOCH, got).body)

    assert told["headers"] == {"Host": "shop.example", "X-Shop-Env": "canary"}
    assert "headers" not in json.loads(reply(pod(), "/", EPOCH, got).body)
