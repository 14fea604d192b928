"""A quota of the project is used up: all of Google's services report this with the same message."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding

# [documented, Compute Engine quotas: "Quota 'X' exceeded. Limit: N in region R."]
_EXCEEDED = re.compile(
    r"Quota '([^']+)' exceeded\.?(?:\s+Limit: ([\d.]+)(?: (?:in region (\S+?)|globally))?[.\s])?"
)


def quota_exceeded(case: Case) -> Iterator[Finding]:
    """One finding a quota."""
    reported = set[str]()
    for who, text in case.messages():
        if (found := _EXCEEDED.search(text)) and found[1] not in reported:
            reported.add(found[1])
            limit = int(float(found[2])) if found[2] else 0
            yield Finding(
                code="QUOTA_EXCEEDED",
                resource=f"projects/{case.project}",
                cause=f"Quota {found[1]} of project {case.project} is used up{f' at {limit}' if limit else ''}.",
                evidence={"said": text, "by": who},
                fix=_fix(case, found[1], max(limit * 2, 1), found[3] or ""),
            )


def _fix(case: Case, quota: str, value: int, region: str) -> str:
    """Request more. Cloud Quotas calls the regional CPUS quota CPUS-per-project-region [documented]; other quotas of
    Compute Engine follow the same pattern [inferred]."""
    known = f"{quota.replace('_', '-')}-per-project{'-region' if region else ''}"
    where = f" --dimensions=region={region}" if region else ""
    return (
        f"gcloud beta quotas preferences create --service=compute.googleapis.com --project={case.project}"
        f" --quota-id={known} --preferred-value={value}{where}"
    )
