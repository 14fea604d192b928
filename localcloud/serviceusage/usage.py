"""When an API was last used in a project: a disable that checks is refused for 30 days after [observed].

Whoever lets a call through records it; nobody else need know of this.
"""

from __future__ import annotations

from localcloud.projects import Project
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World

RECENT = 30 * 24 * 3600.0


def record(world: World, project: Project, api: str) -> None:
    """The API was called in the project, now."""
    world.store["serviceusage.usage"].put(f"projects/{project.id}/services/{api}", {"at": world.clock.now})


def check(world: World, project: Project, api: str) -> None:
    """Refuse if the API was used in the last 30 days.

    Raises:
        Refused: FAILED_PRECONDITION in Google's words.
    """
    used = world.store["serviceusage.usage"].get(f"projects/{project.id}/services/{api}")
    if used is None or world.clock.now - used["at"] > RECENT:
        return
    raise Refused(
        "FAILED_PRECONDITION",
        f"The service {api} has usage in the last 30 days. Please specify "
        "check_if_service_has_usage=SKIP if you want to proceed with disabling the service.",
        details=[violation(f"?error_code=100002&service_name={api}")],
    )


def violation(subject: str) -> Json:
    """The detail that carries Service Usage's own error code."""
    return {
        "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
        "violations": [{"type": "googleapis.com", "subject": subject}],
    }
