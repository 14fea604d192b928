"""A quota of the project is used up: somebody says so, in words that all of Google's services share."""

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
    told = set[str]()
    for who, text in case.messages():
        if (found := _EXCEEDED.search(text)) and found[1] not in told:
            told.add(found[1])
            limit = int(float(found[2])) if found[2] else 0
            where = f" --dimensions=region={found[3]}" if found[3] else ""
            yield Finding(
                code="QUOTA_EXCEEDED",
                resource=f"projects/{case.project}",
                cause=f"Quota {found[1]} of project {case.project} is used up{f' at {limit}' if limit else ''}.",
                evidence={"said": text, "by": who},
                fix=f"gcloud beta quotas preferences create --service=compute.googleapis.com --project={case.project}"
                f" --quota-id={found[1]} --preferred-value={max(limit * 2, 1)}{where}",
            )
