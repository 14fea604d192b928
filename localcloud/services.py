"""Every service of the local cloud. Adding one is adding it here."""

from localcloud.cloudresourcemanager import service as cloudresourcemanager
from localcloud.compute import service as compute
from localcloud.container import service as container
from localcloud.gkehub import service as gkehub
from localcloud.pubsub import service as pubsub
from localcloud.serviceusage import service as serviceusage
from localcloud.workflows.service import executions_service, workflows_service

SERVICES = (
    cloudresourcemanager,
    compute,
    container,
    gkehub,
    pubsub,
    serviceusage,
    workflows_service,
    executions_service,
)
