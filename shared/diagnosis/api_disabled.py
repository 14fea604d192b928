"""An API that a multi-cluster Gateway needs is not enabled."""

from __future__ import annotations

from collections.abc import Iterator

from shared import errors
from shared.diagnosis.case import Case
from shared.diagnosis.finding import Finding


def api_disabled(case: Case) -> Iterator[Finding]:
    """One finding an API: those listed as disabled, and those that refused a call."""
    refused = {each.api: str(each) for each in case.refusals if isinstance(each, errors.ApiDisabled)}
    for api in dict.fromkeys((*case.disabled, *refused)):
        yield Finding(
            code="API_DISABLED",
            resource=f"projects/{case.project}/services/{api}",
            cause=f"{api} is not enabled in project {case.project}.",
            evidence={"state": "DISABLED", "said": refused.get(api)},
            fix=f"gcloud services enable {api} --project={case.project}",
        )
