"""Both services of Workflows: the definitions, and their executions."""

from localcloud.workflows.executions_api import service as executions_service
from localcloud.workflows.workflows_api import service as workflows_service

__all__ = ["executions_service", "workflows_service"]
