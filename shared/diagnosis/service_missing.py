"""An import is missing or lacks clusters, because they have no Service of a person's to export."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding
from shared.diagnosis.imports import finding, lacks
from shared.exportable import creation


def service_missing(case: Case) -> Iterator[Finding]:
    """One finding for each cluster, whichever Services it lacks."""
    for each in lacks(case):
        if not each.ours:
            fix = creation(case.project, each.cluster, each.services)
            yield finding(code="SERVICE_MISSING", case=case, lack=each, fix=fix)
