"""A project's IAM policy, as `localcloud.iam.policies` reads and writes it."""

from __future__ import annotations

from localcloud.cloudresourcemanager.service import project_of, service
from localcloud.iam.policies import serve_policies
from localcloud.service import Call


def _project(call: Call) -> str:
    return f"projects/{project_of(call).id}"


serve_policies(service, "cloudresourcemanager.projects", _project)
