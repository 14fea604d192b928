"""A function's settings, from environment variables: project, region of the anchors, topics and endpoints.

The bootstrap sets the `FLEETGATE_*` variables. Endpoints are Google's own, unless the variables that gcloud reads
override them, so that production code does not depend on where it runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

# Each ends in "/". Compute's override carries its version, the others' do not [documented: gcloud's
# api_endpoint_overrides].
ENDPOINTS = {
    "compute": "https://compute.googleapis.com/compute/v1/",
    "container": "https://container.googleapis.com/",
    "gkehub": "https://gkehub.googleapis.com/",
    "serviceusage": "https://serviceusage.googleapis.com/",
    "cloudresourcemanager": "https://cloudresourcemanager.googleapis.com/",
    "pubsub": "https://pubsub.googleapis.com/",
    "workflows": "https://workflows.googleapis.com/",
    "workflowexecutions": "https://workflowexecutions.googleapis.com/",
    "logging": "https://logging.googleapis.com/",
}


@dataclass(frozen=True)
class Settings:
    """One function's settings.

    `project` is Fleetgate's own project, `region` the home region of its anchors, `anchor_subnetwork`
    `projects/P/regions/R/subnetworks/S`, `workflow` `projects/P/locations/L/workflows/W`, `events_topic`
    `projects/P/topics/T`; `verification_topics` maps a network (`projects/P/global/networks/N`) to the topic
    of the function that can send requests in it.
    """

    project: str
    region: str
    anchor_subnetwork: str
    workflow: str
    events_topic: str
    verification_topics: Mapping[str, str] = field(hash=False)
    endpoints: Mapping[str, str] = field(hash=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings in `environ`.

        Raises:
            KeyError: a `FLEETGATE_*` variable is missing: the function was not deployed by the bootstrap.
        """
        return cls(
            project=environ["FLEETGATE_PROJECT"],
            region=environ["FLEETGATE_REGION"],
            anchor_subnetwork=environ["FLEETGATE_ANCHOR_SUBNETWORK"],
            workflow=environ["FLEETGATE_WORKFLOW"],
            events_topic=environ["FLEETGATE_EVENTS_TOPIC"],
            verification_topics=json.loads(environ.get("FLEETGATE_VERIFICATION_NETWORKS") or "{}"),
            endpoints={name: _endpoint(name, environ) for name in ENDPOINTS},
        )

    @property
    def requests_topic(self) -> str:
        """The topic of requests. The bootstrap gives it this name, in Fleetgate's own project."""
        return f"projects/{self.project}/topics/fleetgate-requests"

    @property
    def projects(self) -> list[str]:
        """The projects in which environments can be: a deploy is refused where no verification function has a leg."""
        return sorted({network.split("/")[1] for network in self.verification_topics})

    def endpoint(self, service: str) -> str:
        """The base URL of `service`; always ends in "/"."""
        return self.endpoints[service]


def _endpoint(service: str, environ: Mapping[str, str]) -> str:
    override = environ.get(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}")
    return override or ENDPOINTS[service]
