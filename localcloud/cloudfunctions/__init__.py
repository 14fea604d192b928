"""Cloud Run functions' API: what is deployed, and deploying it from an archive in a bucket."""

from localcloud.cloudfunctions import deployments, reads
from localcloud.cloudfunctions.rollout import roll_out
from localcloud.cloudfunctions.service import service

__all__ = ["deployments", "reads", "roll_out", "service"]
