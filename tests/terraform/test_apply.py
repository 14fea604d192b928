"""Terraform's real provider brings the bootstrap into an empty project, and takes it away again.

Between the two: a build deploys the code, one message brings an environment about, another takes it away, all under
the roles that Terraform has made.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from localcloud.wire.messages import Caller, Json
from tests.support.paths import ROOT
from tests.terraform import recorded
from tests.terraform.applied import MISSING, REASON, Operator, deploy_code, follow, operator

pytestmark = [pytest.mark.judge, pytest.mark.long, pytest.mark.skipif(MISSING, reason=REASON)]

STORE = yaml.safe_load((ROOT / "examples" / "store.yaml").read_text("utf-8"))
ASKER = "asker@example.com"
BEFORE_TERRAFORM = {r"^enabled \S+ secretmanager\."}  # a person has enabled it by then
DERIVED = "iam.effective"  # of the project's policy, which is compared itself
# terraform-bootstrap/README.md, "What stays behind", and why.
STAYS = (
    r"enabled ",
    r"binding \S+ roles/\S+\.serviceAgent serviceAccount:service-\d+@\S+ None$",
    r"serviceusage\.identities ",
    r'iam\.roles \S+ \{"deleted": true',
    r"(storage\.buckets|storage\.objects|iam\.policies) (projects/[^/]+/buckets/)?gcf-v2-sources-",
)


def test_from_an_empty_project_to_an_environment_and_back(tmp_path: Path) -> None:
    """docs/deploy.md, by the programs that it names."""
    asyncio.run(_story(tmp_path))


async def _story(folder: Path) -> None:
    async with operator(folder) as someone:
        before, empty = someone.cloud.dump(), recorded.items(someone.cloud)
        for step in ("1", "2", "4"):
            await follow(someone, step)
        assert len(await someone.resources()) > 150
        await someone.plan_is_empty()
        await deploy_code(someone)
        await someone.plan_is_empty()
        _as_recorded(recorded.appeared(empty, recorded.items(someone.cloud)))
        await _request(someone, {"action": "deploy", "environment": STORE}, "verified")
        await _request(someone, {"action": "teardown", "name": STORE["name"]}, "removed")
        await someone.plan_is_empty()
        await follow(someone, "9")
        assert [] == _appeared(before, someone.cloud.dump())


def _as_recorded(made: Mapping[str, Json]) -> None:
    """The recorded cloud is this one, and what the record leaves out is there to be left out."""
    unlike = recorded.differences(recorded.read(), recorded.compared(made))
    assert unlike == [], f"record it anew: {recorded.AGAIN}"
    paths = [path for name, fields in made.items() for path in (name, *(f"{name} {each}" for each in fields))]
    used = {pattern for path in paths for pattern in recorded.reasons(path)}
    assert recorded.LEFT_OUT.keys() - used == BEFORE_TERRAFORM


async def _request(someone: Operator, message: Json, ending: str) -> None:
    """Publish a request as somebody who may, and see its end as the same."""
    token = someone.folder / "asker"
    token.write_text(someone.cloud.identities.issue(Caller(ASKER)))
    asker = Operator(
        someone.cloud,
        someone.folder,
        {**someone.variables, "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token)},
    )
    topic = ("gcloud", "pubsub", "topics", "publish", "fleetgate-requests")
    await asker.run(*topic, f"--message={json.dumps(message)}")
    await asker.run(
        sys.executable, "-m", "fleetgate", "wait", str(STORE["name"]), "--for", ending, "--timeout", "3600"
    )


def _appeared(before: Json, after: Json) -> list[str]:
    """What is in the cloud now and was not, but for what stays by intent; what is no longer there, with a minus."""
    one, other = _flat(before), _flat(after)
    stays = [each for each in other - one if any(re.match(pattern, each) for pattern in STAYS)]
    return sorted([*(other - one - set(stays)), *(f"- {each}" for each in one - other)])


def _flat(dump: Json) -> set[str]:
    """A dump, item by item: `collection name content`, `enabled project api`, `binding project role member`."""
    items = {
        f"{collection} {name} {json.dumps(each, sort_keys=True)}"
        for collection, found in dump["resources"].items()
        if collection != DERIVED
        for name, each in found.items()
    }
    apis = {f"enabled {name} {api}" for name, each in dump["projects"].items() for api in each["enabled"]}
    bindings = {
        f"binding {name} {binding['role']} {member} {binding.get('condition')}"
        for name, each in dump["projects"].items()
        for binding in each["policy"].get("bindings", [])
        for member in binding["members"]
    }
    return items | apis | bindings
