"""What a publisher may write is whatever he likes: it becomes an environment, or a refusal, and nothing else."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleetgate.specs import MAX_BYTES, read_document
from functions.environment.claim import CLAIM
from localcloud.iam.conditions import MODIFIED, Attributes, satisfied
from shared.labels import NAME_LIMIT
from shared.spec import InvalidEnvironment, InvalidRequest, parse_request
from shared.spec.request import MAX_REQUEST
from shared.step.answer import LIMIT
from shared.step.run import run
from tests.acceptance.runs import store
from tests.support.google_server import EXECUTION, GoogleServer
from tests.support.paths import ROOT
from tests.support.projects import PROJECT

Event = Callable[..., dict[str, Any]]
LAUGHS = "a0: &a0 [lol, lol]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
BOMBS = {
    "aliases that double forty times": LAUGHS,
    "an alias within itself": "a: &a [*a]",
    "brackets without end": "[" * 600,
    "more than can be meant": "a: " + "x" * MAX_BYTES,
    "an object of Python's": "!!python/object/apply:os.system [id]",
    "a wrong beginning": "\x00\x01",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_yaml_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, bomb: str) -> None:
    """In no time."""
    path, began = tmp_path / "spec.yaml", time.process_time()
    path.write_text(BOMBS[bomb], "utf-8")
    with pytest.raises(InvalidEnvironment, match=r"spec\.yaml|the file has more"):
        read_document(path)
    assert time.process_time() - began < 5


def refused(data: bytes) -> list[str]:
    """The paths of a request's faults."""
    with pytest.raises(InvalidRequest) as caught:
        parse_request(data, project=PROJECT)
    return [each.path for each in caught.value.faults]


MESSAGES = {
    "too long": b'{"action": "sweep"}' + b" " * MAX_REQUEST,
    "brackets without end": b"[" * 60_000,
    "objects without end": b'{"a":' * 10_000,
    "no UTF-8": b'{"action": "\xff\xfe"}',
    "a number without end": b"1" * 60_000,
    "nothing": b"",
    "another kind": b'"deploy"',
    "an action that is a list": b'{"action": ["deploy"]}',
    "a field that is not known": b'{"action": "sweep", "project": "other"}',
}


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_that_is_no_request_is_refused(message: str) -> None:
    """As a fault that its publisher reads, never as an error of ours."""
    assert refused(MESSAGES[message])


def test_giant_lists_are_refused_in_no_time() -> None:
    """64 KB are read; what they mean is more than an environment may have, or has a fault in each item."""
    began = time.process_time()
    clusters = [{"name": f"c{n}", "location": "us-west1-a"} for n in range(1_500)]
    assert refused(json.dumps({"action": "deploy", "environment": store(clusters=clusters)}).encode())
    assert time.process_time() - began < 5


def test_faults_without_end_make_a_short_answer(google: GoogleServer, event: Event) -> None:
    """As much of it travels as any answer may have; the rest is counted."""
    rules = [{"matches": [{"path": {"type": "PathPrefix", "value": "x"}}]}] * 900
    document = store(routes=[{"name": "r", "rules": rules}])
    data = json.dumps({"action": "deploy", "environment": document}).encode()
    wire = {"data": b64encode(data).decode(), "messageId": "7", "publishTime": "2026-01-05T08:00:00Z"}
    claim = {"name": None, "generation": None, "execution": EXECUTION}
    run(event(step="environment", mode="claim", claim=claim, environment=None, request=wire), CLAIM)
    (answer,) = google.posted("/callbacks/")
    assert (answer["outcome"], answer["code"]) == ("blocked", "INVALID_REQUEST")
    assert len(json.dumps(answer).encode()) <= LIMIT
    assert answer["omitted"]["faults"] > 0


# What each of these would do, were it taken: leave its URL, its filter, its label selector, its command.
INJECTED = [
    "../x",
    "x/../../y",
    "x?alt=media",
    "x#",
    'x" OR name = "y',
    "x,team=search",
    "x;id",
    "$(id)",
    "x\n",
    "x\r\nHost: evil.example",
    "x\u0000",
    "ex\u0430mple",
    "x\u202e",
    "X",
    "-x",
    "--project=other",
    "x" * 64,
]
BACKEND = [{"name": "store", "port": 8080}]
NAMED: dict[str, Callable[[str], dict[str, Any]]] = {
    "name": lambda value: {"name": value},
    "project": lambda value: {"project": value},
    "network": lambda value: {"network": value},
    "subnetwork": lambda value: {"subnetwork": value},
    "cluster": lambda value: {"clusters": [{"name": value, "location": "us-west1-a"}]},
    "location": lambda value: {"clusters": [{"name": "c", "location": value}]},
    "service": lambda value: {"services": [{"name": value, "port": 80, "selector": {"app": "a"}}]},
    "route": lambda value: {"routes": [{"name": value, "rules": [{"backendRefs": BACKEND}]}]},
    "gateway": lambda value: {"gateway": {"name": value}},
    "namespace": lambda value: {"gateway": {"namespace": value}},
    "machine": lambda value: {"clusters": [{"name": "c", "location": "us-west1-a", "machineType": value}]},
    "account": lambda value: {
        "clusters": [{"name": "c", "location": "us-west1-a", "nodeServiceAccount": value}]
    },
}


@pytest.mark.parametrize("field", NAMED)
def test_what_becomes_part_of_a_url_or_a_command_has_its_form(field: str) -> None:
    """Of every name, each of these is refused; filters and selectors are made of such names alone."""
    for value in INJECTED:
        request = {"action": "deploy", "environment": store(**NAMED[field](value))}
        assert refused(json.dumps(request).encode()), value


@pytest.mark.parametrize("action", ["teardown", "verify", "extend"])
def test_an_environments_name_has_its_form_in_every_request(action: str) -> None:
    """It becomes the name of an anchor."""
    more = {"ttl": "8h"} if action == "extend" else {}
    for value in [*INJECTED, "x" * (NAME_LIMIT + 1), "", 7, None, ["x"]]:
        assert refused(json.dumps({"action": action, "name": value, **more}).encode()) == ["name"]


def test_a_rule_of_a_condition_is_not_made_of_a_spec() -> None:
    """The one expression that Fleetgate carries stands in its role file, and holds for one role alone."""
    roles = ROOT / "terraform-bootstrap" / "roles"
    (limited,) = [
        found["limited"]
        for path in roles.glob("*.yaml")
        if "limited" in (found := yaml.safe_load(path.read_text("utf-8")))
    ]
    viewer = "roles/compute.networkViewer"
    changes = ([viewer], [viewer, "roles/owner"], ["roles/owner"])
    held = [satisfied(limited["condition"], Attributes({MODIFIED: each})) for each in changes]
    assert held == [True, False, False]
