"""Cloud Billing: which account a project is billed to. The local cloud sends no bills; every project has an account.

Terraform reads it with every project, and takes an API that is not on for an answer [observed: provider google 7.45,
resource_google_project.go].
"""

from __future__ import annotations

from localcloud.iam.authorization import Authorization
from localcloud.service import PROJECT_PARAMETERS, Call, Service
from localcloud.wire.errors import Style
from localcloud.wire.messages import Json

ACCOUNT = "billingAccounts/000000-AAAAAA-BBBBBB"

service = Service(
    "cloudbilling",
    "cloudbilling.googleapis.com",
    ["v1"],
    Style.NEWER,
    project_parameters=PROJECT_PARAMETERS,
    authorization=Authorization(__file__),
)


@service.on("cloudbilling.projects.getBillingInfo")
def get(call: Call) -> Json:
    """The project's account [documented: ProjectBillingInfo]."""
    project = call.world.projects.get(call.params["projectsId"])
    return {
        "name": f"projects/{project.id}/billingInfo",
        "projectId": project.id,
        "billingAccountName": ACCOUNT,
        "billingEnabled": True,
    }


__all__ = ["service"]
