"""Resource Manager: projects and their IAM policies, as v1 (gcloud) and v3 (client libraries) show them."""

from localcloud.cloudresourcemanager.service import service

# Imported for the methods that they register.
from localcloud.cloudresourcemanager import policies, projects  # noqa: F401  # isort: skip

__all__ = ["service"]
