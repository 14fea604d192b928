"""Every fault at once, and nothing but faults, whatever the document."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.spec import Environment, parse_environment
from shared.spec.faults import WHOLE
from tests.shared.spec.documents import changed, example, faults_of
from tests.support.projects import PROJECT

WRONG: list[tuple[str, Any]] = [
    ("name", "Store"),
    ("ttl", 8),
    ("colour", "red"),
    ("clusters[0].location", "us-wets1-a"),
    ("proxyRanges", {"us-west1": "10.0.0.0/8", "us-east1": "10.1.0.0/23"}),
    ("services[1].clusters", ["gke-wset-1"]),
    ("services[2].port", 0),
    (
        "gateway",
        {"regions": ["us-west1", "us-west1"], "listeners": [{"name": "x", "protocol": "HTTPS", "port": 1}]},
    ),
    ("routes[0].rules[0].timeouts", {}),
    ("routes[0].rules[0].backendRefs[0].name", "stroe"),
    ("routes[0].rules[1].backendRefs", [{"name": "store", "port": 80}]),
    ("healthCheck", {"timeoutSec": 20}),
    ("configCluster", "gke-nowhere"),
]
EXPECTED = {
    "name",
    "ttl",
    "colour",
    "clusters[0].location",
    "proxyRanges.us-east1",
    "services[1].clusters[0]",
    "services[2].port",
    "gateway.regions[1]",
    "gateway.listeners[0].protocol",
    "routes[0].rules[0].timeouts",
    "routes[0].rules[0].backendRefs[0].name",
    "routes[0].rules[1].backendRefs[0].port",
    "healthCheck.timeoutSec",
    "configCluster",
}


def _all_wrong() -> dict[str, Any]:
    document = example()
    for path, value in WRONG:
        top = path.partition("[")[0].partition(".")[0]
        document[top] = _merged(document.get(top), changed(path, value)[top], example().get(top))
    return document


def _merged(so_far: Any, one: Any, original: Any) -> Any:
    """`so_far` with what differs between `one` and `original`."""
    if isinstance(one, dict) and isinstance(so_far, dict) and isinstance(original, dict):
        keys = {**so_far, **one}
        return {key: _merged(so_far.get(key), one.get(key), original.get(key)) for key in keys}
    if (
        isinstance(one, list)
        and isinstance(so_far, list)
        and isinstance(original, list)
        and len(one) == len(original)
    ):
        return [_merged(*each) for each in zip(so_far, one, original, strict=True)]
    return so_far if one == original else one


def test_faults_of_values_and_of_their_agreement_come_together() -> None:
    """A misspelt zone does not hide a missing service: both are known after one try."""
    found = faults_of(_all_wrong())
    assert {each.path for each in found} == EXPECTED
    assert len(found) == len(EXPECTED)


def test_one_unreadable_cluster_hides_no_duplicate_of_others() -> None:
    """Checks run on whatever could be read."""
    document = example()
    document["clusters"] += [
        {"name": 7, "location": "us-west1"},
        {"name": "gke-west-1", "location": "us-west2-a"},
    ]
    assert [each.path for each in faults_of(document)] == ["clusters[2].name", "clusters[3].name"]


def test_a_default_taken_from_a_fault_is_not_a_second_fault() -> None:
    """configCluster and services take the cluster's name; only the name itself is wrong."""
    document = {"name": "store", "clusters": [{"name": "West", "location": "us-west1"}]}
    assert [each.path for each in faults_of(document)] == ["clusters[0].name"]


@pytest.mark.parametrize("document", [None, [], "store", 7])
def test_what_is_no_object_is_one_fault_of_the_whole(document: object) -> None:
    """An empty file is a document, too."""
    found = faults_of(document)
    assert [each.path for each in found] == [WHOLE]
    assert "at least name and clusters" in found[0].fix


def test_a_key_that_is_no_text_is_a_fault() -> None:
    """YAML lets numbers be keys."""
    document: dict[Any, Any] = {**example(), 3: 4}
    assert [each.fix for each in faults_of(document)] == ["put the key in quotes"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 70000)
    | st.sampled_from(["", "store", "us-west1", "auto", "-", "ü", "/17", "10.129.0.0/16", "10.0.0.0/99"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "us-west1", "x"]), inner)
    ),
    max_leaves=4,
)
WHOLE_EXAMPLE = example("three-regions") | {
    "proxyRanges": {"us-west1": "10.129.0.0/23"},
    "gateway": {
        "regions": ["us-west1"],
        "addresses": {"us-west1": "a"},
        "listeners": [{"name": "a", "port": 80}],
    },
    "probe": {"identity": {"header": "x-cluster"}},
}
WHOLE_EXAMPLE["clusters"][0] |= {"podRange": "/17", "serviceRange": "/22"}
WHOLE_EXAMPLE["clusters"][1] |= {"podRange": "10.4.0.0/14", "serviceRange": "172.20.0.0/20"}


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in items for place in [(*at, key), *_places(each, (*at, key))]]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_places(WHOLE_EXAMPLE)), JSON), min_size=1, max_size=4))
def test_whatever_stands_anywhere_is_an_environment_or_faults(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    """No document makes the reader stumble, and no fault is without words."""
    document = copy.deepcopy(WHOLE_EXAMPLE)
    for place, value in changes:
        _put(document, place, value)
    before = copy.deepcopy(document)
    for fault in faults_of(document):
        assert fault.path
        assert fault.fault
        assert fault.fix
        assert "Input should" not in fault.fault
    assert document == before


def _put(document: Any, place: tuple[Any, ...], value: Any) -> None:
    *way, last = place
    for part in way:
        known = isinstance(document, dict) and part in document
        if not known and not (isinstance(document, list) and isinstance(part, int) and part < len(document)):
            return
        document = document[part]
    if isinstance(document, dict) or (
        isinstance(document, list) and isinstance(last, int) and last < len(document)
    ):
        document[last] = copy.deepcopy(value)


def test_a_whole_environment_never_lacks_a_field() -> None:
    """Only what was partial_model is unreadable in parts."""
    environment = parse_environment(WHOLE_EXAMPLE, project=PROJECT)
    assert all(hasattr(environment, name) for name in Environment.model_fields)
