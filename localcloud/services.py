"""Every service of the local cloud. Adding one is adding it here."""

from localcloud.artifactregistry import service as artifactregistry
from localcloud.cloudbuild import service as cloudbuild
from localcloud.cloudfunctions import service as cloudfunctions
from localcloud.cloudresourcemanager import service as cloudresourcemanager
from localcloud.cloudscheduler import service as cloudscheduler
from localcloud.compute import service as compute
from localcloud.container import service as container
from localcloud.eventarc import service as eventarc
from localcloud.gkehub import service as gkehub
from localcloud.iam import service as iam
from localcloud.logging import service as logging
from localcloud.monitoring import service as monitoring
from localcloud.pubsub import service as pubsub
from localcloud.run import service as run
from localcloud.serviceusage import service as serviceusage
from localcloud.storage import service as storage
from localcloud.sts import service as sts
from localcloud.workflows.service import executions_service, workflows_service

SERVICES = (
    artifactregistry,
    cloudbuild,
    cloudfunctions,
    cloudresourcemanager,
    cloudscheduler,
    compute,
    container,
    eventarc,
    gkehub,
    iam,
    logging,
    monitoring,
    pubsub,
    run,
    serviceusage,
    storage,
    sts,
    workflows_service,
    executions_service,
)
