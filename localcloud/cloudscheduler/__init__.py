"""Cloud Scheduler: jobs that call Google's APIs of this cloud when their schedule says so."""

from localcloud.cloudscheduler import jobs
from localcloud.cloudscheduler.jobs import create_job
from localcloud.cloudscheduler.service import service

__all__ = ["create_job", "jobs", "service"]
