"""Which account a project is billed to, as Terraform asks with every project that it reads."""

from __future__ import annotations

from localcloud.cloudbilling import service
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

PATH = f"cloudbilling/v1/projects/{PROJECT}/billingInfo"


def test_a_project_has_an_account() -> None:
    """Whoever may read the project is told."""
    answer = Services(a_world("cloudbilling"), services=[service]).ok("GET", PATH)
    assert answer == {
        "name": f"projects/{PROJECT}/billingInfo",
        "projectId": PROJECT,
        "billingAccountName": "billingAccounts/000000-AAAAAA-BBBBBB",
        "billingEnabled": True,
    }


def test_where_the_api_is_not_on_it_says_so() -> None:
    """In the form that Terraform's provider goes on after: 403 SERVICE_DISABLED."""
    status, answer = Services(a_world(), services=[service]).ask("GET", PATH)
    reasons = [each.get("reason") for each in answer["error"]["details"]]
    assert (status, "SERVICE_DISABLED" in reasons) == (403, True)
