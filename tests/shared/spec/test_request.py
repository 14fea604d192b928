"""Requests: one JSON object each, told apart by its action, refused whole with everything that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.spec import (
    Deploy,
    Drill,
    Extend,
    InvalidRequest,
    Monitor,
    Plan,
    Request,
    Sweep,
    Teardown,
    Verify,
    parse_environment,
    parse_request,
)
from tests.shared.spec.documents import changed, example
from tests.support.projects import PROJECT


def read(document: object) -> Request:
    """The request that a document makes."""
    return parse_request(json.dumps(document).encode(), project=PROJECT)


def refused(data: bytes) -> list[tuple[str, str, str]]:
    """Path, fault and fix of everything that is wrong."""
    with pytest.raises(InvalidRequest) as invalid:
        parse_request(data, project=PROJECT)
    return [(each.path, each.fault, each.fix) for each in invalid.value.faults]


TEARDOWN = {"action": "teardown", "name": "store"}
UNCONDITIONAL = {**TEARDOWN, "expires": None, "generation": None, "disable_apis": False}
DRILL = {"action": "drill", "name": "store", "region": "us-west1"}


@pytest.mark.parametrize(
    ("document", "kind", "fields"),
    [
        (
            {"action": "verify", "name": "store"},
            Verify,
            {"action": "verify", "name": "store", "quiet": False},
        ),
        (
            {"action": "extend", "name": "store", "ttl": "8h"},
            Extend,
            {"action": "extend", "name": "store", "ttl": 28_800},
        ),
        (TEARDOWN, Teardown, UNCONDITIONAL),
        ({**TEARDOWN, "expires": 1767600000}, Teardown, {**UNCONDITIONAL, "expires": 1767600000}),
        ({"action": "sweep"}, Sweep, {"action": "sweep", "final": False}),
        ({"action": "monitor"}, Monitor, {"action": "monitor"}),
        (DRILL, Drill, DRILL),
    ],
)
def test_every_action_has_its_fields(
    document: dict[str, Any], kind: type[Request], fields: dict[str, Any]
) -> None:
    """What the design lists, no more."""
    request = read(document)

    assert isinstance(request, kind)
    assert request.model_dump() == fields


@pytest.mark.parametrize(("action", "kind"), [("deploy", Deploy), ("plan", Plan)])
def test_deploy_and_plan_hold_an_environment(action: str, kind: type[Deploy]) -> None:
    """The same that the document alone would give."""
    request = read({"action": action, "environment": example()})
    assert isinstance(request, kind)
    assert request.environment == parse_environment(example(), project=PROJECT)


def test_an_extension_is_in_seconds() -> None:
    """Like the lease it prolongs."""
    request = read({"action": "extend", "name": "store", "ttl": "2d"})
    assert isinstance(request, Extend)
    assert request.ttl == 172800


def test_a_repository_signs_its_deploys() -> None:
    """The anchor tells environments that a repository keeps."""
    request = read({"action": "deploy", "environment": example(), "origin": "git"})
    assert isinstance(request, Deploy)
    assert request.origin == "git"


@pytest.mark.parametrize(
    ("data", "path", "fault", "fix"),
    [
        (b"", ".", "the message is not JSON", "publish one JSON object"),
        (b"{'action': 'sweep'}", ".", "the message is not JSON", "publish one JSON object"),
        (b"\xff", ".", "the message is not JSON", "publish one JSON object"),
        (b"[1]", ".", "[1] is not an object", "around it"),
        (
            b"{}",
            "action",
            "action is missing",
            "deploy, plan, verify, extend, teardown, sweep, monitor or drill",
        ),
        (b'{"environment": {}}', "action", "action is missing", '"action": "deploy"'),
        (b'{"action": "deplyo"}', "action", "'deplyo' is not an action", "write deploy"),
        (b'{"action": 7}', "action", "'7' is not an action", "deploy, plan"),
        (b'{"action": "deploy"}', "environment", "environment is missing", "add environment"),
        (b'{"action": "verify"}', "name", "name is missing", "such as store"),
        (b'{"action": "verify", "nmae": 1, "name": "a"}', "nmae", "no field 'nmae'", "write name"),
        (b'{"action": "extend", "name": "a"}', "ttl", "ttl is missing", "such as 8h"),
        (b'{"action": "extend", "name": "a", "ttl": "1m"}', "ttl", "outside 30m to 30d", "30m"),
        (
            b'{"action": "drill", "name": "a", "region": "us-west1-a"}',
            "region",
            "is a zone",
            "write us-west1",
        ),
        (
            b'{"action": "deploy", "environment": 3}',
            "environment",
            "3 is not an environment",
            "name and clusters",
        ),
    ],
)
def test_a_bad_request_says_what_would_be_right(data: bytes, path: str, fault: str, fix: str) -> None:
    """The same shape as a fault of an environment."""
    found = refused(data)
    assert [each[0] for each in found] == [path]
    assert fault in found[0][1]
    assert fix in found[0][2]


def test_faults_of_request_and_environment_come_together() -> None:
    """With paths from the top of the message."""
    document = {"action": "deploy", "environment": changed("services[0].port", 0), "origin": "svn"}
    paths = [each[0] for each in refused(json.dumps(document).encode())]
    assert (
        paths
        == ["origin", "environment.services[0].port", "environment.routes[0].rules[2].backendRefs[0].port"][
            :2
        ]
    )
