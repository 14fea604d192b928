"""A permission that we lack: the refusal names it."""

from __future__ import annotations

from collections.abc import Iterator

from shared import errors
from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding


def permission_denied(case: Case) -> Iterator[Finding]:
    """One finding a permission."""
    told = set[str]()
    for each in case.refusals:
        if not isinstance(each, errors.PermissionDenied):
            continue
        needed = each.permission or f"what {each.method} {each.resource} needs"
        if needed not in told:
            told.add(needed)
            yield Finding(
                code="PERMISSION_DENIED",
                resource=f"projects/{case.project}",
                cause=f"Fleetgate may not do what it must in project {case.project}: it lacks {needed}.",
                evidence={"said": str(each)},
                fix="terraform -chdir=terraform-bootstrap apply",
            )
