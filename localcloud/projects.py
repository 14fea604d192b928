"""Projects: ids, numbers, which APIs are on, and the IAM policy: what every service needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from localcloud.ids import keyed
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json


@dataclass
class Project:
    """One project. `enabled` holds API names; `policy` is its IAM policy in wire shape."""

    id: str
    number: str
    enabled: set[str] = field(default_factory=set)
    policy: Json = field(default_factory=lambda: {"version": 1, "bindings": []})

    def require(self, api: str, title: str) -> None:
        """Refuse if `api` is off here.

        Raises:
            Refused: 403 SERVICE_DISABLED in Google's words [documented].
        """
        if api in self.enabled:
            return
        raise Refused(
            "PERMISSION_DENIED",
            f"{title} has not been used in project {self.number} before or it is disabled. Enable it by visiting "
            f"https://console.developers.google.com/apis/api/{api}/overview?project={self.number} then retry. If you "
            "enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.",
            "accessNotConfigured",
            [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "SERVICE_DISABLED",
                    "domain": "googleapis.com",
                    "metadata": {"service": api, "consumer": f"projects/{self.number}"},
                }
            ],
        )


class Projects:
    """All projects, by id or number."""

    def __init__(self) -> None:
        self._by_id: dict[str, Project] = {}

    def create(self, project_id: str) -> Project:
        """Make a project; its number follows from its id."""
        project = Project(project_id, str(100_000_000_000 + keyed(project_id, 899_999_999_999)))
        self._by_id[project_id] = project
        return project

    def find(self, id_or_number: str) -> Project | None:
        """The project, or None."""
        if id_or_number in self._by_id:
            return self._by_id[id_or_number]
        return next((p for p in self._by_id.values() if p.number == id_or_number), None)

    def get(self, id_or_number: str) -> Project:
        """The project.

        Raises:
            Refused: PERMISSION_DENIED, which is what Google says of a project that is not there [observed].
        """
        project = self.find(id_or_number)
        if project is None:
            raise Refused("PERMISSION_DENIED", "The caller does not have permission")
        return project

    def id_of(self, id_or_number: str) -> str:
        """The id for an id or a number; what is unknown stays as it is."""
        project = self.find(id_or_number)
        return project.id if project else id_or_number

    def all(self) -> list[Project]:
        """Every project, by id."""
        return [self._by_id[name] for name in sorted(self._by_id)]
