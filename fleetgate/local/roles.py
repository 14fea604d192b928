"""Reads the roles of Fleetgate's identities from Terraform's files; `identities.py` grants them in a local cloud.

See `terraform-bootstrap/roles/`: one file an identity, with a reason for each permission.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from localcloud.iam.catalog import permissions
from localcloud.own_files import own

FOLDER = Path(__file__).parents[2] / "terraform-bootstrap" / "roles"
PUBLISHER, USER = "roles/pubsub.publisher", "roles/iam.serviceAccountUser"
NODES = "nodes"  # in actAs: the service accounts of the clusters' nodes


@dataclass(frozen=True, order=True)
class Grant:
    """One grant to an identity: `name` is a permission, or a topic or service account, by `section`."""

    step: str
    section: str  # home, source, built, fleet, limited, topics or actAs
    name: str

    @property
    def permission(self) -> str:
        """The permission that it gives."""
        by_resource = {"topics": "pubsub.topics.publish", "actAs": "iam.serviceAccounts.actAs"}
        return by_resource.get(self.section, self.name)


@dataclass(frozen=True)
class Role:
    """What one identity may do. Permissions are by section: `home` on Fleetgate's project, `source` on the bucket of
    archives, `built` on Google's bucket of what functions are built from, `fleet` on the fleet's project, `limited`
    there under `condition`. It may publish on `topics`, and act as the accounts `act_as`.

    `reasons` say what each permission is for, `unproven` why no run of a local cloud can use one.
    """

    step: str
    permissions: Mapping[str, frozenset[str]]
    condition: dict[str, str] = field(default_factory=dict, hash=False)
    topics: tuple[str, ...] = ()
    act_as: tuple[str, ...] = ()
    unproven: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name in topics and accounts."""
        return self.step.replace("_", "-")

    def grants(self) -> Iterator[Grant]:
        """Its grants, one by one."""
        for section, held in self.permissions.items():
            yield from (Grant(self.step, section, each) for each in sorted(held))
        yield from (Grant(self.step, "topics", each) for each in self.topics)
        yield from (Grant(self.step, "actAs", each) for each in self.act_as)

    def without(self, grant: Grant) -> Role:
        """This role without one grant; unchanged if the grant is another identity's."""
        if grant.step != self.step:
            return self
        left = {
            section: held - {grant.name} if section == grant.section else held
            for section, held in self.permissions.items()
        }
        topics = [each for each in self.topics if (grant.section, grant.name) != ("topics", each)]
        act_as = [each for each in self.act_as if (grant.section, grant.name) != ("actAs", each)]
        return replace(self, permissions=left, topics=tuple(topics), act_as=tuple(act_as))


@dataclass(frozen=True)
class RoleScope:
    """Where roles are granted: Fleetgate's own project, the fleet's, and the verification functions' topics.

    `more_nodes` are service accounts that nodes may use, besides the fleet project's `fleetgate-nodes`.
    """

    home: str
    fleet: str
    verification: tuple[str, ...]
    more_nodes: tuple[str, ...] = ()
    region: str = "us-central1"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The service accounts of nodes, by e-mail address."""
        return (f"fleetgate-nodes@{self.fleet}.iam.gserviceaccount.com", *self.more_nodes)

    @property
    def source(self) -> str:
        """The bucket of archives, as the holder of a policy."""
        return f"projects/{self.home}/buckets/{self.home}-fleetgate-source"

    @property
    def repository(self) -> str:
        """The repository of the functions' images."""
        return f"projects/{self.home}/locations/{self.region}/repositories/fleetgate"

    def account(self, name: str) -> str:
        """The e-mail address of `fleetgate-<name>`."""
        return f"fleetgate-{name}@{self.home}.iam.gserviceaccount.com"

    def member(self, role: Role) -> str:
        """The identity of a role, as a binding names it."""
        return f"serviceAccount:{self.account(role.name)}"

    def topics(self, name: str) -> Iterator[str]:
        """The full names of the topics that a role file calls `name`."""
        for each in self.verification if name == "verification" else (name,):
            yield f"projects/{self.home}/topics/fleetgate-{each}"


def read_roles(folder: Path = FOLDER) -> tuple[Role, ...]:
    """Every role file of `folder`, by name."""
    return tuple(_role(path.stem, own(path)) for path in sorted(folder.glob("*.yaml")))


def unknown_permissions(folder: Path = FOLDER) -> list[str]:
    """What role files name that is no permission, each with its file and the fix. IAM would refuse the role."""
    return [
        f"{folder.name}/{role.step}.yaml: {each} is no permission of Google's. Correct or delete it; "
        "localcloud/iam/known_permissions.yaml lists those that there are."
        for role in read_roles(folder)
        for each in sorted(frozenset().union(*role.permissions.values()) - permissions())
    ]


def _role(step: str, document: dict[str, Any]) -> Role:
    limited = document.get("limited", {})
    plain = {section: document.get(section, {}) for section in ("home", "source", "built", "fleet")}
    reasons = {**plain, "limited": limited.get("permissions", {})}
    permissions = {section: frozenset(each) for section, each in reasons.items()}
    return Role(
        step,
        {section: held for section, held in permissions.items() if held},
        limited.get("condition", {}),
        tuple(document.get("topics", ())),
        tuple(document.get("actAs", ())),
        document.get("unproven", {}),
        {name: reason for each in reasons.values() for name, reason in each.items()},
    )


if __name__ == "__main__":  # `make lint` runs this
    sys.exit("\n".join(unknown_permissions(*map(Path, sys.argv[1:]))) or 0)
