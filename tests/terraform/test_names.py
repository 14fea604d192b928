"""What Terraform makes has the names that functions, command line and local cloud know."""

from __future__ import annotations

import base64
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloudevents.http import CloudEvent
from functions_framework import create_app

from fleetgate.local import installation, resources
from fleetgate.local.installation import Installation
from localcloud.cloud import LocalCloud
from localcloud.serviceusage.known import enabled_by_default, with_requirements
from shared.settings import Settings
from shared.spec.values import SWEEP_INTERVAL
from tests.support.paths import ROOT
from tests.terraform.configuration import BOOTSTRAP, FLEET_PROJECT, Block, blocks, text
from tests.terraform.generated import PLACEHOLDER

ALL = list(blocks(BOOTSTRAP))
LOCALS = {name: value for each in ALL if each.kind == "locals" for name, value in each.body.items()}
ROLES = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in (BOOTSTRAP / "roles").glob("*.yaml")}
STEPS = (*installation.STEPS, "verification")


def _one(address: str) -> dict[str, Any]:
    (found,) = (each for each in ALL if each.address == address)
    return dict(found.body)


def _names(value: list[str]) -> set[str]:
    return {text(each) for each in value}


def _list(block: Block, name: str) -> list[str]:
    """A list inside `toset()`."""
    return re.findall(r'"([a-z_]+)"', str(block.body[name]))


def test_the_same_apis_are_enabled() -> None:
    """The local cloud's installation enables what the bootstrap does."""
    (block,) = (each for each in ALL if each.kind == "locals" and "apis" in each.body)
    assert {f"{name}.googleapis.com" for name in _list(block, "apis")} == {*resources.APIS}


def test_a_fleet_project_has_the_same_apis() -> None:
    """Where environments go to a project of their own, it gets what the module enables, and what Google does."""
    (block,) = (each for each in blocks(FLEET_PROJECT, "locals") if "apis" in each.body)
    wanted = {f"{name}.googleapis.com" for name in _list(block, "apis")}
    cloud = LocalCloud()
    Installation(cloud, "shop-prod", project="shop-tools")._make_projects()
    assert wanted == {*resources.FLEET_APIS}
    assert cloud.world.projects.get("shop-prod").enabled == {
        *with_requirements([*enabled_by_default(), *wanted])
    }


def test_a_fleet_project_has_no_api_that_the_home_project_has_not() -> None:
    """A call counts against the home project, too."""
    (home,) = (each for each in ALL if each.kind == "locals" and "apis" in each.body)
    (fleet,) = (each for each in blocks(FLEET_PROJECT, "locals") if "apis" in each.body)
    assert set(_list(fleet, "apis")) < set(_list(home, "apis"))


def test_there_is_a_function_a_step() -> None:
    """The steps are those of functions/, of the local cloud, and of the role files."""
    assert tuple(text(each) for each in LOCALS["steps"]) == installation.STEPS
    assert {path.parent.name for path in (ROOT / "functions").glob("*/main.py")} == {*STEPS}
    assert {*STEPS, "workflow", "schedule", "triggers", "build", "check"} == ROLES.keys()


def test_the_anchors_are_where_they_are_looked_for() -> None:
    """Network, subnetwork and range."""
    network, subnetwork = _one("google_compute_network.anchors"), _one("google_compute_subnetwork.anchors")
    made = (text(network["name"]), text(subnetwork["name"]), text(subnetwork["ip_cidr_range"]))
    assert made == (installation.ANCHOR_NETWORK, installation.ANCHOR_SUBNETWORK, installation.ANCHOR_RANGE)


def test_the_settings_are_those_of_the_local_installation(installed: Installation) -> None:
    """Each variable has the same value, once project and region are filled in."""
    expected = dict(installed._settings())
    networks = json.loads(expected.pop("FLEETGATE_VERIFICATION_NETWORKS"))
    written = {name: _filled(value, installed) for name, value in LOCALS["settings"].items()}
    template = written.pop("FLEETGATE_VERIFICATION_NETWORKS")
    assert written == expected
    (made,) = re.findall(r'"(projects/[^"]+)"', template)
    assert list(networks.values()) == [made.replace("${name}", "default")]


def test_functions_can_read_the_settings() -> None:
    """What shared/settings.py demands is what functions are given, and no more."""
    given = {name: "{}" for name in LOCALS["settings"]}
    assert Settings.from_env(given)
    for name in given.keys() - {"FLEETGATE_VERIFICATION_NETWORKS"}:
        with pytest.raises(KeyError, match=name):
            Settings.from_env({each: "" for each in given if each != name})


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    """An installation that nothing is installed of: it is asked for names alone."""
    return Installation(LocalCloud())


def _filled(value: str, there: Installation) -> str:
    written = text(value).replace("${var.project_id}", there.project).replace("${var.region}", there.region)
    return {"var.project_id": there.project, "var.region": there.region}.get(written, written)


def test_the_workflow_is_the_one_that_is_started(installed: Installation) -> None:
    """Its name, its variable and its source."""
    workflow = _one("google_workflows_workflow.fleetgate")
    assert text(workflow["name"]) == installed.workflow.rpartition("/")[2]
    assert _filled(workflow["user_env_vars"]["FLEETGATE_TOPIC_PREFIX"], installed) == installed.topic("")
    assert 'file("${path.module}/../workflows/environment.yaml")' in workflow["source_contents"]


def test_a_sweep_is_asked_for_as_often() -> None:
    """The schedule's minutes are the seconds that warnings and the local cloud go by."""
    (minutes,) = re.findall(r"^\*/(\d+) ", text(_one("google_cloud_scheduler_job.sweep")["schedule"]))
    assert int(minutes) * 60 == SWEEP_INTERVAL


def test_the_monitor_is_the_same_job(installed: Installation) -> None:
    """What the variable gives is the schedule; all else is what the installer makes, and the sweep's but for words."""
    job = resources.monitor_job(installed.topic("environment"), "schedule", "*/30 * * * *")
    made = _one("google_cloud_scheduler_job.monitor")
    assert (made["schedule"], text(made["description"])) == ("${var.monitor_schedule}", job["description"])
    message = json.loads(base64.b64decode(job["httpTarget"]["body"]))["messages"][0]["data"]
    sweep, its = (str(each["http_target"]) for each in (_one("google_cloud_scheduler_job.sweep"), made))
    assert json.loads(base64.b64decode(message)) == {"schema": 2, "mode": "scheduled", "action": "monitor"}
    assert sweep.replace('action = "sweep"', 'action = "monitor"') == its != sweep
    for name in ("time_zone", "region", "project", "depends_on"):
        assert made[name] == _one("google_cloud_scheduler_job.sweep")[name], name


@pytest.mark.parametrize("page", ["teardown.md", "local-cloud.md", "cost.md"])
def test_the_pages_say_how_often_a_sweep_runs(page: str) -> None:
    """In the same words everywhere."""
    said = re.findall(r"every (\d+) minutes", (ROOT / "docs" / page).read_text("utf-8"))
    assert said == [str(SWEEP_INTERVAL // 60)]


def test_a_verification_has_as_long() -> None:
    """Its function's timeout, and the others'."""
    service = _one("google_cloudfunctions2_function.fleetgate")["service_config"][0]
    assert text(service["timeout_seconds"]) == (
        f'each.value.step == "verification" ? {installation.VERIFICATION_TIMEOUT:.0f} : 60'
    )


def test_topics_of_roles_are_topics() -> None:
    """A role publishes to nothing that the bootstrap does not make."""
    there = {"requests", "events", "verification", *(step.replace("_", "-") for step in installation.STEPS)}
    assert {topic for role in ROLES.values() for topic in role.get("topics", [])} <= there


def test_whom_a_role_acts_as_is_there() -> None:
    """The nodes' account, or one of a role file."""
    there = {"nodes", *(step.replace("_", "-") for step in ROLES)}
    assert {account for role in ROLES.values() for account in role.get("actAs", [])} <= there


def test_every_part_of_a_role_file_is_read() -> None:
    """Nothing that a role file says is passed over by Terraform; `unproven` is for tests alone."""
    read = "".join(
        path.read_text("utf-8") for folder in (BOOTSTRAP, FLEET_PROJECT) for path in folder.glob("*.tf")
    )
    parts = {part for role in ROLES.values() for part in role} - {"unproven"}
    assert {part for part in parts if f"role.{part}" not in read} == set()


def test_there_is_one_condition_and_it_is_narrow() -> None:
    """The right to write the project's policy is never given without a condition that names the one role."""
    plain = {name for role in ROLES.values() for part in ("home", "fleet") for name in role.get(part, {})}
    assert not {name for name in plain if name.lower().endswith("setiampolicy")}
    limited = {
        step: role["limited"]["condition"]["expression"] for step, role in ROLES.items() if "limited" in role
    }
    assert set(limited) == {"fleet"}
    assert limited["fleet"].endswith(".hasOnly(['roles/compute.networkViewer'])")


def test_no_binding_takes_anything_from_anybody() -> None:
    """Bindings add members; none is authoritative for a role or a policy."""
    types = {each.type for folder in (BOOTSTRAP, FLEET_PROJECT) for each in blocks(folder, "resource")}
    assert {name for name in types if re.search(r"_iam_(binding|policy)$", name)} == set()


def test_no_key_is_made() -> None:
    """Nobody gets a key for an identity."""
    types = {each.type for folder in (BOOTSTRAP, FLEET_PROJECT) for each in blocks(folder, "resource")}
    assert "google_service_account_key" not in types


def test_apis_outlive_the_bootstrap() -> None:
    """To disable an API would end what others have made with it."""
    services = [
        each
        for folder in (BOOTSTRAP, FLEET_PROJECT)
        for each in blocks(folder, "resource")
        if each.type == "google_project_service"
    ]
    assert [each.body["disable_on_destroy"] for each in services] == [False, False]


@pytest.mark.parametrize("step", STEPS)
def test_the_first_archive_has_every_entry_point(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a message, says that there is no code yet, and answers nobody."""
    for name in ("FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE"):
        monkeypatch.setenv(name, "")  # the framework sets them for good
    client = create_app(step, str(PLACEHOLDER / "main.py"), "cloudevent").test_client()
    headers = {"ce-id": "1", "ce-source": "//pubsub", "ce-type": "any", "ce-specversion": "1.0"}
    assert client.post("/", json={}, headers=headers).status_code == 200


def test_the_first_archive_raises_no_alert(capsys: pytest.CaptureFixture[str]) -> None:
    """An alert is raised for errors, and for warnings of a settlement; until the first build this is neither."""
    main = runpy.run_path(str(PLACEHOLDER / "main.py"))
    main["environment"](CloudEvent({"source": "//pubsub", "type": "any"}, {}))
    entry = json.loads(capsys.readouterr().out)
    (condition,) = _one("google_monitoring_alert_policy.endings")["conditions"][0]["condition_matched_log"]
    assert '(severity>=ERROR OR (severity=WARNING AND labels.mode=\\"settle\\"))' in str(condition["filter"])
    assert (entry["severity"], entry.get("logging.googleapis.com/labels")) == ("WARNING", None)


def test_the_first_archive_is_built_of_what_functions_run_on() -> None:
    """Its requirements are at the lock's versions."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    wanted = (PLACEHOLDER / "requirements.txt").read_text("utf-8").split()
    assert [each for each in wanted if f"\n{each} \\\n" not in lock] == []


def test_suppressed_findings_have_reasons() -> None:
    """A suppression without a reason is none."""
    text = "".join(path.read_text("utf-8") for path in BOOTSTRAP.rglob("*.tf"))
    suppressed = re.findall(r"#checkov:skip=(\w+):?(.*)", text)
    assert suppressed
    assert all(reason.rstrip().endswith(".") for _, reason in suppressed)


def test_the_repository_of_images_is_the_same() -> None:
    """What it is called, and what it keeps."""
    there = _one("google_artifact_registry_repository.functions")
    made, kept = resources.REPOSITORY, resources.REPOSITORY["cleanupPolicies"]
    assert Installation(LocalCloud())._place.repository.endswith(f"/{text(there['repository_id'])}")
    assert (made["format"], made["description"]) == (text(there["format"]), text(there["description"]))
    assert {text(each["id"]): text(each["action"]) for each in there["cleanup_policies"]} == {
        name: each["action"] for name, each in kept.items()
    }
    keep, delete = there["cleanup_policies"]
    assert kept["keep-three"]["mostRecentVersions"] == {
        "keepCount": keep["most_recent_versions"][0]["keep_count"]
    }
    assert kept["delete-older"]["condition"]["olderThan"] == text(delete["condition"][0]["older_than"])
