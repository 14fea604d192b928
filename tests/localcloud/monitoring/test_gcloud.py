"""gcloud as a judge: it must find nothing odd in alert policies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.localcloud.monitoring.conftest import EMAIL
from tests.support.judges import gcloud_in, judged_by_gcloud
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services

pytestmark = [*judged_by_gcloud, pytest.mark.long]


def test_gcloud_makes_lists_and_deletes_policies(monitoring: Services, tmp_path: Path) -> None:
    """And shows what it was given."""
    monitoring.ok("POST", "notificationChannels", EMAIL)
    file = tmp_path / "policy.json"
    condition = {"duration": "300s", "filter": 'resource.type="gce_instance" AND metric.type="m"'}
    policy: dict[str, Any] = {"displayName": "p", "combiner": "OR"}
    policy["conditions"] = [{"displayName": "c", "conditionAbsent": condition}]
    file.write_text(json.dumps(policy))
    with gcloud_in(monitoring.world, monitoring.services, PROJECT, tmp_path) as gcloud:
        made = gcloud.json("alpha", "monitoring", "policies", "create", f"--policy-from-file={file}")
        listed = gcloud.json("alpha", "monitoring", "policies", "list")
        status, _, errors = gcloud.run("alpha", "monitoring", "policies", "delete", made["name"])

    assert ["p"] == [each["displayName"] for each in listed]
    assert status == 0, errors
    assert {"totalSize": 0} == monitoring.ok("GET", "alertPolicies")
