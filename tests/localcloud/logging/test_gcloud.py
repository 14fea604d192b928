"""gcloud as a judge: it reads entries as it reads Google's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.localcloud.logging.conftest import Log
from tests.support.judges import gcloud_in, judged_by_gcloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

pytestmark = [*judged_by_gcloud, pytest.mark.long]


def test_gcloud_reads_entries(log: Log, tmp_path: Path) -> None:
    """Filtered, in either order, limited, over pages; and it shows the refusal of a filter."""
    log.print(*({"message": f"line {n}", "severity": "ERROR" if n % 2 else "INFO"} for n in range(1100)))
    since = 'timestamp>="2026-01-01T00:00:00Z"'
    world, services = log.services.world, log.services.services
    with gcloud_in(world, services, PROJECT, tmp_path) as gcloud:
        newest = gcloud.json("logging", "read", f"severity>=ERROR AND {since}", "--limit=2")
        every = gcloud.json("logging", "read", since, "--order=asc")
        fresh = gcloud.json("logging", "read", "severity=INFO", "--limit=1")
        status, _, words = gcloud.run("logging", "read", "severity>=LOUD")

    assert ["line 1099", "line 1097"] == [each["jsonPayload"]["message"] for each in newest]
    assert [f"line {n}" for n in range(1100)] == [each["jsonPayload"]["message"] for each in every]
    assert [] == fresh, json.dumps(fresh)  # of the last day of the machine's time, which is not the cloud's
    assert 1 == status and "INVALID_ARGUMENT: Unparseable filter: Invalid value 'LOUD'" in words
