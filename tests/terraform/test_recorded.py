"""The installer in Python makes the cloud that Terraform makes: resources, identities, grants and variables."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fleetgate.local.installation import Installation
from fleetgate.local.up import APIS_BEFORE_TERRAFORM
from localcloud.cloud import LocalCloud, Settings
from localcloud.iam.grants import grant
from localcloud.wire.messages import Json
from tests.terraform import recorded
from tests.terraform.applied import PROJECT
from tests.terraform.configuration import BOOTSTRAP, FLEET_PROJECT, META_ARGUMENTS, OWN, blocks

# Resources that the record leaves out, and what is in a block but not in a request.
NOT_RECORDED = {
    "google_cloud_scheduler_job.monitor",
    "google_cloudbuild_trigger",
    "google_monitoring_notification_channel",
    "google_storage_bucket_object",
    "google_project_iam_member.followers",
    "google_project_iam_member.log_readers",
    "google_project_iam_member.readers",
}
NOT_SENT = {*OWN, *META_ARGUMENTS, "lifecycle", "source_contents"}
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')

HOME = f"projects/{PROJECT}"
PLACE = f"{HOME}/locations/us-central1"
Plant = Callable[[LocalCloud], Any]


async def _cloud(install: bool, plant: Plant | None = None) -> dict[str, Json]:
    """What is in a new project that somebody has prepared for Terraform, or where the installer has been."""
    async with LocalCloud(Settings(enforce=True)) as cloud:
        if install:
            Installation(cloud, PROJECT, project=PROJECT).install(sweep=True)
        else:
            cloud.create_new_project(PROJECT, APIS_BEFORE_TERRAFORM)
        if plant:
            plant(cloud)
        return recorded.compared(recorded.items(cloud))


def _differences(plant: Plant | None = None) -> list[str]:
    """Between Terraform's cloud, which began with a new project, and the installer's."""
    by_terraform = asyncio.run(_cloud(install=False)) | recorded.read()
    return recorded.differences(by_terraform, asyncio.run(_cloud(True, plant)))


def test_the_installer_makes_what_terraform_makes() -> None:
    """Nothing is missing, nothing is more, nothing is otherwise."""
    assert _differences() == []


def _without_a_grant(cloud: LocalCloud) -> None:
    policy = cloud.world.projects.get(PROJECT).policy
    policy["bindings"] = [each for each in policy["bindings"] if "fleetgate_gateway" not in each["role"]]


def _with_another_variable(cloud: LocalCloud) -> None:
    function = cloud.world.store["cloudfunctions.functions"].get(f"{PLACE}/functions/fleetgate-fleet")
    assert function is not None
    function["serviceConfig"]["environmentVariables"]["FLEETGATE_REGION"] = "us-east1"


def _with_another_variable_of_the_workflow(cloud: LocalCloud) -> None:
    cloud.world.store["workflows.workflows"].change(f"{PLACE}/workflows/fleetgate", userEnvVars={})


def _with_another_account(cloud: LocalCloud) -> None:
    accounts, name = cloud.world.store["iam.serviceAccounts"], f"{HOME}/serviceAccounts/fleetgate-{{}}"
    ending = f"@{PROJECT}.iam.gserviceaccount.com"
    found = accounts.get(name.format("fleet") + ending)
    assert found is not None
    accounts.put(name.format("fleets") + ending, found)
    accounts.delete(name.format("fleet") + ending)


def _with_more_for_a_person(cloud: LocalCloud) -> None:
    grant(cloud.world, HOME, "roles/viewer", "user:somebody@example.com")


def _with_an_api_less(cloud: LocalCloud) -> None:
    cloud.world.projects.get(PROJECT).enabled.discard("dns.googleapis.com")


def _without_a_topic(cloud: LocalCloud) -> None:
    cloud.world.store["pubsub.topics"].delete(f"{HOME}/topics/fleetgate-events")


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (_without_a_grant, r"binding \S+ \S+/fleetgate_gateway "),
        (_with_another_variable, r"fleetgate-fleet .*environmentVariables\.FLEETGATE_REGION"),
        (_with_another_variable_of_the_workflow, r"workflows/fleetgate userEnvVars\.FLEETGATE_TOPIC_PREFIX"),
        (_with_another_account, r"iam\.serviceAccounts .*fleetgate-fleets@"),
        (_with_more_for_a_person, r"roles/viewer user:somebody@"),
        (_with_an_api_less, r"enabled \S+ dns\."),
        (_without_a_topic, r"pubsub\.topics \S+fleetgate-events"),
    ],
)
def test_a_difference_of_each_sort_is_seen(plant: Plant, found: str) -> None:
    """The comparison would fail, and says of what."""
    unlike = _differences(plant)
    assert any(re.search(found, each) for each in unlike), unlike


def test_the_record_is_of_this_configuration() -> None:
    """Each text of Terraform's resources is in the record; what is filled in may be anything."""
    there = _recorded_texts()
    missing = {
        f"{block.file.name} {block.address}: {pattern}"
        for folder in (BOOTSTRAP, FLEET_PROJECT)
        for block in blocks(folder, "resource")
        if block.type.startswith("google_") and not {block.type, block.address} & NOT_RECORDED
        for pattern in _patterns(block.body)
        if not any(re.fullmatch(pattern, each, re.DOTALL) for each in there)
    }
    assert missing == set(), f"record it anew: {recorded.AGAIN}"


def _recorded_texts() -> set[str]:
    found = {word for name in recorded.read() for word in (*re.split(r"[/ @]", name), *name.split())}
    for fields in recorded.read().values():
        for field, value in fields.items():
            found |= {*field.split(".")}
            found |= {str(each) for each in (value if isinstance(value, list) else [value])}
    decoded = {base64.b64decode(each).decode() for each in found if each.startswith("eyJ")}
    messages = {each for text in decoded for each in QUOTED.findall(text) if each.startswith("eyJ")}
    return found | decoded | {base64.b64decode(each).decode() for each in messages}


def _patterns(value: object) -> Iterator[str]:
    """A regular expression for each text in a block: for the whole of a value, or for a part of an expression's."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in NOT_SENT:
                yield from _patterns(each)
    elif isinstance(value, list):
        for each in value:
            yield from _patterns(each)
    elif isinstance(value, str) and value.startswith('"'):
        yield _filled(value[1:-1])
    elif isinstance(value, str):
        yield from (f".*{_filled(each)}.*" for each in QUOTED.findall(value))


def _filled(written: str) -> str:
    """What a text with `${}` in it may have become."""
    return ".*".join(re.escape(each.replace('\\"', '"')) for each in re.split(r"\$\{.*?\}", written))
