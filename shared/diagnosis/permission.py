"""A permission is missing: the refusal names it."""

from __future__ import annotations

from collections.abc import Iterator

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding


def permission_denied(case: Case) -> Iterator[Finding]:
    """One finding a permission."""
    reported = set[str]()
    for each in case.denials:
        needed = each.permission or f"what {each.method} {each.resource} needs"
        if needed not in reported:
            reported.add(needed)
            yield Finding(
                code="PERMISSION_DENIED",
                resource=f"projects/{case.project}",
                cause=f"{case.account or 'Fleetgate'} lacks {needed} in project {case.project}, so the diagnosis"
                " is incomplete.",
                evidence={"said": str(each)},
                fix="terraform -chdir=terraform-bootstrap apply",
            )
