"""Whether Fleetgate is installed where a command looks for it: whether its workflow is there."""

from __future__ import annotations

from fleetgate.client.calls import asking, repeated
from fleetgate.client.target import Target


def require_installed(target: Target) -> None:
    """Ask for the workflow. Where nothing is listed, this tells an empty list from a wrong project or region.

    Raises:
        NotFound: there is no Fleetgate in this project and region.
    """
    with asking(target, "workflows", "GET", target.workflow):
        target.google.workflows.get_workflow(name=target.workflow, **repeated())
