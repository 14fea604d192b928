"""Cloud Run functions' API: what is deployed, and deploying it from an archive in a bucket."""

from localcloud.cloudfunctions import deployments, reads
from localcloud.cloudfunctions.functions import record
from localcloud.cloudfunctions.service import service

__all__ = ["deployments", "reads", "record", "service"]
