"""Which backend a request meets, and what a rule's filters do on the way: weights, regions, zones, headers, mirrors."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from localcloud.contested import CONTESTED, Contested
from localcloud.dataplane.answering import MIRRORED
from localcloud.wire.messages import Json
from tests.localcloud.controllers.clusters import ZONES
from tests.localcloud.controllers.gateways import Store, backend, prefix


def converged(*rules: Json, regions: tuple[str, ...] = ("us-west1",)) -> Store:
    """The tutorial's fleet with these rules, traffic flowing."""
    cloud = Store()
    cloud.gateway(*regions)
    cloud.route(rules=list(rules))
    cloud.wait(1200)
    return cloud


def answered(
    cloud: Store, times: int, field: str = "cluster_name", path: str = "/", vip: int = 0
) -> Counter[str]:
    """How often each value of a field of the sample app's answer came."""
    address = cloud.vips()[vip]
    return Counter(str(json.loads(cloud.get(address, path).body)[field]) for _ in range(times))


def rule(path: str, *filters: Json, refs: bool = True, **fields: Any) -> Json:
    found: Json = {"matches": [prefix(path)], "filters": list(filters), **fields}
    return {"backendRefs": [backend("store")], **found} if refs else found


def modified(side: str, **changes: Any) -> Json:
    """A filter of a side's headers; `changes` are set, add and remove."""
    kind = f"{side.title()}HeaderModifier"
    block = {
        name: value if name == "remove" else [{"name": key, "value": each} for key, each in value.items()]
        for name, value in changes.items()
    }
    return {"type": kind, f"{side}HeaderModifier": block}


def test_weights_share_the_requests_of_a_rule_by_chance() -> None:
    """Three to one within four standard deviations, and not in turn; a backend of weight zero gets nothing."""
    refs = [backend("store-west-1", weight=3), backend("store-east-1"), backend("store", weight=0)]
    counts = answered(converged({"backendRefs": refs}), 400)

    assert set(counts) == {"gke-west", "gke-east"}
    assert 300 - 35 <= counts["gke-west"] <= 300 + 35


@pytest.fixture(scope="class")  # the zone is the other cluster's for so long
def near() -> Iterator[Store]:
    """Two clusters in one region, in one zone each: `east` has three pods, `west` one."""
    with patch.dict(ZONES, east="us-west1-b"):
        cloud = Store()
        cloud.gateway("us-west1")
        for api, replicas in zip(cloud.apis.values(), (1, 3), strict=True):
            api.patch("apps/Deployment", "store", "store", {"spec": {"replicas": replicas}})
        cloud.route()
        cloud.wait(1200)
        yield cloud


class TestOneRegion:
    def test_its_clusters_share_by_the_number_of_their_endpoints(self, near: Store) -> None:
        """One to three, and each pod as often as any other."""
        counts = answered(near, 400, "pod_ip")

        assert len(counts) == 4
        assert all(60 <= count <= 140 for count in counts.values())

    def test_it_can_be_told_to_keep_to_a_zone(self, near: Store) -> None:
        """Then the other zone's backends answer nobody, healthy as they are."""
        near.world[CONTESTED] = Contested(keeps_to_zone=True)
        kept = answered(near, 40)
        near.world[CONTESTED] = Contested()

        assert len(kept) == 1
        assert len(answered(near, 40)) == 2


@pytest.fixture(scope="module")
def cloud() -> Store:
    """Every kind of filter, in a rule of its own."""
    rewrite: Json = {
        "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"},
        "hostname": "in.example",
    }
    to = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}
    redirect = {"scheme": "https", "statusCode": 301, "path": to}
    mirror = {"backendRef": backend("store-east-1")}
    inner = modified("response", set={"X-Served": "inner", "X-By": "inner"})
    return converged(
        rule("/old", {"type": "RequestRedirect", "requestRedirect": redirect}, refs=False),
        rule("/app", {"type": "URLRewrite", "urlRewrite": rewrite}),
        rule("/head", modified("response", set={"X-Served": "yes"}, add={"X-By": "rule"}),
             backendRefs=[backend("store", filters=[inner])]),
        rule("/ask", modified("request", set={"X-Env": "canary"}, remove=["user-agent"])),
        rule("/copy", {"type": "RequestMirror", "requestMirror": mirror}),
        rule("/half", {"type": "RequestMirror", "requestMirror": {**mirror, "percent": 50}}),
    )  # fmt: skip


class TestFilters:
    def test_redirects_and_rewrites(self, cloud: Store) -> None:
        """In the URL map's own form, and with the effect that the Gateway API describes."""
        moved = cloud.get(cloud.vips()[0], "/old/a?b=c")

        assert (moved.status, moved.headers["location"]) == (301, "https://store.example.internal/new/a?b=c")
        assert cloud.get(cloud.vips()[0], "/app/host_header").body == b"in.example"
        assert cloud.get(cloud.vips()[0], "/none").status == 404

    def test_headers_of_the_answer(self, cloud: Store) -> None:
        """The backend's own filters come first, then the rule's."""
        headers = cloud.get(cloud.vips()[0], "/head").headers

        assert (headers["x-served"], headers["x-by"]) == ("yes", "inner,rule")

    def test_headers_of_the_request(self, cloud: Store) -> None:
        """As a pod sees them that tells them."""
        container = cloud.west.list("Pod", "store")[0]["spec"]["containers"][0]
        env = [{"name": "ECHO_HEADERS", "value": "True"}]
        template = {"spec": {"containers": [{**container, "env": env}]}}
        cloud.west.patch("apps/Deployment", "store", "store", {"spec": {"template": template}})
        cloud.wait(1200)
        body = json.loads(cloud.get(cloud.vips()[0], "/ask", **{"user-agent": "curl"}).body)

        assert body["headers"]["X-Env"] == "canary"
        assert "User-Agent" not in body["headers"]

    def test_a_mirror_gets_copies_and_nobody_its_answers(self, cloud: Store) -> None:
        """The answer is the rule's backend's; a percentage is a share of the requests."""
        east = cloud.full("east")
        before = _mirrored(cloud, east)
        names = answered(cloud, 10, path="/copy")
        all_of_them = _mirrored(cloud, east) - before
        answered(cloud, 100, path="/half")
        half = _mirrored(cloud, east) - before - all_of_them

        assert names == {"gke-west": 10}
        assert all_of_them == 10
        assert 30 <= half <= 70
        assert (cloud.world.store[MIRRORED].get(east) or {})["host"] == "store.example.internal-shadow"


def _mirrored(cloud: Store, cluster: str) -> int:
    return int((cloud.world.store[MIRRORED].get(cluster) or {"count": 0})["count"])
