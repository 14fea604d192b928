"""Lists: filters in both styles, pages, order, and every scope of an aggregated list."""

from __future__ import annotations

import pytest

from localcloud.compute.filters import compile_filter
from localcloud.regions import all_zones, regions
from localcloud.wire.errors import Refused
from tests.localcloud.compute.conftest import Compute

HERE = "regions/us-west1/addresses"
FIELDS = {"name", "labels", "purpose", "autoCreate", "size", "network", "users"}
ROW = {
    "name": "store-west",
    "labels": {"env": "store", "tier": "1"},
    "purpose": "GLOBAL_MANAGED_PROXY",
    "autoCreate": False,
    "size": 12,
    "network": "https://www.googleapis.com/compute/v1/projects/shop/global/networks/default",
    "users": ["a", "b"],
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name=store-west",
        'name = "store-west"',
        "name:store*",
        "name:west",
        "labels.env=store",
        "labels.env:*",
        "labels:env",
        "NOT labels.owner:*",
        "(purpose=GLOBAL_MANAGED_PROXY) AND (name=store-west)",
        "(purpose=PRIVATE) OR (name=store-west)",
        "(labels.env = store) (labels.tier = 1)",
        "purpose=PRIVATE OR name=store-west AND size=12",
        "autoCreate=false",
        "name!=other",
        "labels.owner!=me",
        "size>=12 AND size<100 AND size>9",
        "users=b",
        "network=http://127.0.0.1:8/compute/v1/projects/shop/global/networks/default",
        'network="projects/shop/global/networks/default"',
        "name eq store-.*",
        "name eq 'store-west'",
        r'name eq ".*\bstore\-west\b.*"',
        '(name eq ".*west") (purpose ne "PRIVATE")',
        "name ne .*east",
    ],
)
def test_filters_that_hold(text: str) -> None:
    """AIP-160 and the older regular expressions, as documented."""
    assert compile_filter(text, FIELDS)(ROW)


@pytest.mark.parametrize(
    "text",
    [
        "name=store",
        "name:east*",
        "labels.env=shop",
        "labels.owner:*",
        "(purpose=GLOBAL_MANAGED_PROXY) AND (name=x)",
        "NOT name=store-west",
        "name eq store",
        "name ne store-.*",
        "size<12",
        "users=c",
        "autoCreate=true",
    ],
)
def test_filters_that_do_not_hold(text: str) -> None:
    """The same forms, not matching."""
    assert not compile_filter(text, FIELDS)(ROW)


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "name=",
        "=x",
        "(name=x",
        "name=x)",
        "name=x AND",
        "colour=red",
        "name eq x AND size=1",
        "name eq (",
        "name like x",
    ],
)
def test_filters_that_google_refuses(text: str) -> None:
    """Broken ones, unknown fields, and the two styles mixed."""
    with pytest.raises(Refused, match="Invalid list filter expression"):
        compile_filter(text, FIELDS)


def reserve(compute: Compute, *names: str) -> None:
    """Reserve internal addresses, each a second after the other."""
    for name in names:
        made = compute.made(HERE, {"name": name, "addressType": "INTERNAL"})
        labels = {"labels": {"env": name[:1]}, "labelFingerprint": made["labelFingerprint"]}
        compute.finish(compute.post(f"{HERE}/{name}/setLabels", labels))


def test_an_empty_list_has_no_items(compute: Compute) -> None:
    """`items` is left out, not empty."""
    assert compute.get(HERE) == {
        "kind": "compute#addressList",
        "id": f"projects/shop/{HERE}",
        "selfLink": f"https://www.googleapis.com/compute/v1/projects/shop/{HERE}",
    }


def test_pages_cover_everything_once(compute: Compute) -> None:
    """Following the tokens gives each item once, in order of names."""
    reserve(compute, "c", "a", "e", "b", "d")
    seen, token = [], ""
    while True:
        page = compute.get(f"{HERE}?maxResults=2&pageToken={token.replace('=', '%3D')}")
        seen += [item["name"] for item in page["items"]]
        if not (token := page.get("nextPageToken", "")):
            break
    assert seen == ["a", "b", "c", "d", "e"]


def test_the_newest_can_come_first(compute: Compute) -> None:
    """The one other order that is documented."""
    reserve(compute, "b", "a", "c")
    order = "orderBy=creationTimestamp desc"
    assert [item["name"] for item in compute.get(f"{HERE}?{order}")["items"]] == ["c", "a", "b"]


@pytest.mark.parametrize(
    "query", ["maxResults=501", "maxResults=x", "pageToken=!", "orderBy=size", "filter=x"]
)
def test_bad_list_parameters_are_refused(compute: Compute, query: str) -> None:
    """Each by its name."""
    assert compute.refusal("GET", f"{HERE}?{query}")[:2] == (400, "invalid")


def test_a_filter_works_on_the_wire(compute: Compute) -> None:
    """As the product and gcloud send it."""
    reserve(compute, "west", "east")
    found = compute.get(f"{HERE}?filter=labels.env=w")["items"]
    assert [item["name"] for item in found] == ["west"]
    found = compute.get(f"{HERE}?filter=(status=RESERVED) AND (name:e*)")["items"]
    assert [item["name"] for item in found] == ["east"]


def test_labels_cannot_be_filtered_on_where_there_are_none(compute: Compute) -> None:
    """Backend services have no labels, so such a filter is an error, not an empty list."""
    path = "aggregated/backendServices?filter=labels.env=x"
    assert compute.refusal("GET", path)[:2] == (400, "invalid")


def test_an_aggregated_list_has_every_scope(compute: Compute) -> None:
    """Global, regions and zones; those with nothing carry a warning."""
    reserve(compute, "a")
    answer = compute.get(
        "aggregated/addresses?includeAllScopes=True&maxResults=500&returnPartialSuccess=True"
    )
    assert answer["kind"] == "compute#addressAggregatedList"
    assert len(answer["items"]) == 1 + len(regions()) + len(all_zones())
    assert [item["name"] for item in answer["items"]["regions/us-west1"]["addresses"]] == ["a"]
    assert answer["items"]["zones/us-west1-a"]["warning"] == {
        "code": "NO_RESULTS_ON_PAGE",
        "message": "No results for the scope 'zones/us-west1-a'.",
        "data": [{"key": "scope", "value": "zones/us-west1-a"}],
    }


def test_projects_do_not_see_each_other(compute: Compute) -> None:
    """A list holds one project's resources, though another's name begins like it."""
    compute.world.projects.create("shop2")
    network = {"name": "default", "selfLink": "x", "subnetworks": []}
    compute.world.store["compute.networks"].put("projects/shop2/global/networks/default", network)
    assert len(compute.get("global/networks")["items"]) == 1
