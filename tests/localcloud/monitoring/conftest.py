"""A project whose Cloud Monitoring is called, and what is sent there."""

from __future__ import annotations

import pytest

from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

EMAIL = {"type": "email", "displayName": "On call", "labels": {"email_address": "oncall@example.com"}}
THRESHOLD = {
    "displayName": "Failed executions",
    "conditionThreshold": {
        "filter": 'resource.type = "workflows.googleapis.com/Workflow" AND metric.type = "w/f"',
        "comparison": "COMPARISON_GT",
        "duration": "0s",
        "aggregations": [{"alignmentPeriod": "300s", "perSeriesAligner": "ALIGN_DELTA"}],
    },
}
LOG = {
    "displayName": "A bad line",
    "conditionMatchedLog": {
        "filter": "severity>=ERROR",
        "labelExtractors": {"step": "EXTRACT(labels.step)"},
    },
}
RATE = {"autoClose": "86400s", "notificationRateLimit": {"period": "900s"}}


@pytest.fixture
def monitoring() -> Services:
    """A project whose Monitoring API is called on paths below `projects/shop/`."""
    return Services(a_world("monitoring"), f"monitoring/v3/projects/{PROJECT}/")
