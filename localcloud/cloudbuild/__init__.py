"""Cloud Build: the triggers of a region, kept as they are given. Nothing is built here but functions."""

from localcloud.cloudbuild import triggers
from localcloud.cloudbuild.service import service

__all__ = ["service", "triggers"]
