"""The published JSON Schema: current, true of the examples, and as strict as the reader about names."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest

from fleetgate.schema import json_schema, schema_text
from tests.shared.spec.documents import REMOVED, changed, example
from tests.support.paths import ROOT

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def _places(schema: Any) -> list[dict[str, Any]]:
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    found = [place for each in inner for place in _places(each)]
    return (
        [*found, *schema["properties"].values()]
        if isinstance(schema, dict) and "properties" in schema
        else found
    )


def test_the_published_schema_is_current() -> None:
    """`python -m fleetgate.schema > environment.schema.json` makes it so."""
    assert (ROOT / "environment.schema.json").read_text() == schema_text()


def test_the_module_writes_the_schema() -> None:
    """As the file says it was made."""
    done = subprocess.run(
        [sys.executable, "-m", "fleetgate.schema"], cwd=ROOT, capture_output=True, check=True
    )
    assert json.loads(done.stdout) == json_schema()


@pytest.mark.parametrize("name", ["store", "three-regions", "many-clusters"])
def test_examples_fit(name: str) -> None:
    """An editor must not underline what works."""
    assert list(VALIDATOR.iter_errors(example(name))) == []


def test_name_and_clusters_fit() -> None:
    """What has a default may be left out."""
    document = {"name": "a", "clusters": [{"name": "gke-west-1", "location": "us-west1"}]}
    assert list(VALIDATOR.iter_errors(document)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("colour", "red"),
        ("clusters[0].zone", "us-west1-a"),
        ("routes[0].rules[0].timeouts", {"request": "1s"}),
        ("name", REMOVED),
        ("clusters[0].location", REMOVED),
        ("ttl", 8),
        ("services[0].port", "8080"),
        ("gateway.addresses", "sttic"),
    ],
)
def test_what_does_not_fit_is_underlined(path: str, value: Any) -> None:
    """Unknown fields above all."""
    assert list(VALIDATOR.iter_errors(changed(path, value))) != []


def test_every_field_is_explained() -> None:
    """An editor shows the description."""
    places = _places(json_schema())
    assert len(places) > 80
    assert [place for place in places if "description" not in place] == []


def test_the_schema_is_a_schema() -> None:
    """By its own rules."""
    jsonschema.Draft202012Validator.check_schema(json_schema())
