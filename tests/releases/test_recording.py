"""The recorder keeps every change that was asked for and accepted, as it was asked for, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fleetgate.local.run import LocalRun
from fleetgate.results import calls_of
from tests.releases import record
from tests.releases.record import RecordingPath
from tests.releases.recording import FOLDER, Change, Recording, added, environments_part, managers_of
from tests.releases.replay import differences, replay
from tests.support.paths import ROOT
from tests.support.projects import CLOUD_PROJECT
from tests.support.services import Services, a_world

POLICY = f"cloudresourcemanager/v3/projects/{CLOUD_PROJECT}"
NETWORKS = f"compute/compute/v1/projects/{CLOUD_PROJECT}/global/networks"
WRITER, READER = "user:writer@example.com", "user:reader@example.com"


def test_accepted_changes_are_kept_in_order() -> None:
    """With who asked and when; neither reads nor what is refused."""
    world = a_world("compute")
    google = Services(world)
    path = RecordingPath(world)
    network = {"name": "shop", "autoCreateSubnetworks": False}

    google.ok("POST", NETWORKS, network)
    google.wait(60.0)
    google.ok("GET", NETWORKS)
    google.refusal("POST", NETWORKS, network)
    google.ok("DELETE", f"{NETWORKS}/shop?requestId=8f6d3a5e-5a52-4c6e-9c1e-0d3b4f1c2a3b")

    assert [
        (0.0, "user@example.com", "POST", f"/{NETWORKS}", {}, network),
        (
            60.0,
            "user@example.com",
            "DELETE",
            f"/{NETWORKS}/shop",
            {"requestId": ["8f6d3a5e-5a52-4c6e-9c1e-0d3b4f1c2a3b"]},
            {},
        ),
    ] == [(each.at, each.by, each.method, each.path, each.query, each.body) for each in path.changes]


def test_of_a_policy_what_was_added_is_kept() -> None:
    """What was there before is the cloud's, and another cloud has something else there."""
    world = a_world("cloudresourcemanager")
    google = Services(world)
    before = [{"role": "roles/viewer", "members": [READER]}]
    google.ok("POST", f"{POLICY}:setIamPolicy", {"policy": {"bindings": before}})
    path = RecordingPath(world)
    after = [
        {"role": "roles/viewer", "members": [READER, WRITER]},
        {"role": "roles/editor", "members": [WRITER]},
    ]
    google.ok("POST", f"{POLICY}:setIamPolicy", {"policy": {"bindings": after}})

    (change,) = path.changes
    assert [
        {"role": "roles/viewer", "members": [WRITER]},
        {"role": "roles/editor", "members": [WRITER]},
    ] == change.body["policy"]["bindings"]
    assert [] == added(after, after)


def test_the_environments_part_is_what_a_deploy_has_added() -> None:
    """Neither what was there, nor what the cloud keeps for itself, nor what a cluster has by itself."""
    kept = {"bindings": [{"role": "roles/viewer", "members": [READER]}]}
    before = {
        "resources": {"compute.networks": {"default": {}}},
        "clusters": {},
        "projects": {"shop": {"enabled": ["a"], "policy": kept}},
    }
    pod = {"kind": "Pod", "metadata": {"namespace": "store", "name": "store-1"}}
    export = {"kind": "ServiceExport", "metadata": {"namespace": "store", "name": "store"}}
    dns = {"kind": "Service", "metadata": {"namespace": "kube-system", "name": "kube-dns"}}
    own = {"kind": "Namespace", "metadata": {"name": "store"}}
    applied = Change(0.0, "", "west", "PATCH", "/api/v1/namespaces/store", {}, "", own)
    grant = {"role": "roles/editor", "members": [WRITER]}
    after = {
        "resources": {
            "compute.networks": {"default": {}},
            "compute.addresses": {"vip": {"status": "RESERVED"}},
            "dataplane.health": {"x": {}},
        },
        "clusters": {"west": [own, pod, export, dns]},
        "projects": {"shop": {"enabled": ["a", "b"], "policy": {"bindings": [*kept["bindings"], grant]}}},
    }

    assert {
        "compute.addresses vip": {"status": "RESERVED"},
        "west Namespace /store": own,
        "west ServiceExport store/store": export,
        "project shop": {"enabled": ["b"], "bindings": [grant]},
    } == environments_part(before, after, [applied])


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*/*.json")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_recording_is_read_as_it_was_written(path: Path, tmp_path: Path) -> None:
    """It names its release, whose workflow lies beside it."""
    recording = Recording.read(path)
    recording.write(tmp_path / path.name)

    assert path.read_text("utf-8") == (tmp_path / path.name).read_text("utf-8")
    assert (path.parent.name, path.stem) == (recording.revision, recording.document["name"])
    assert (path.parent / "environment.yaml").is_file()


@pytest.mark.long
def test_what_the_command_records_today_can_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every change that the release counted is there; the same stands again, without the code that had made it."""
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["record", str(ROOT / "examples" / "store.yaml")])
    record.main()
    (folder,) = tmp_path.iterdir()
    recording = Recording.read(folder / "store.json")

    assert (ROOT / "workflows" / "environment.yaml").read_text("utf-8") == (
        folder / "environment.yaml"
    ).read_text("utf-8")
    assert calls_of(recording.execution["result"]).mutations == len(recording.changes)
    assert ["environment", "environment"] == [recording.answers[0]["step"], recording.answers[-1]["step"]]

    async def again() -> None:
        async with LocalRun(seed=1) as local:
            before = local.cloud.dump()
            await replay(local, recording)
            assert [] == await differences(local, recording, before)
            assert recording.managers == managers_of(local.cloud.world, recording.changes)

    asyncio.run(again())
