"""A project's number and IAM policy, through Resource Manager's REST API (v3)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, cast

from shared.google.answers import NAMED, Form, has
from shared.google.session import Session

if TYPE_CHECKING:
    from shared.google import wire

# Written back without the etag that was read, a policy replaces whatever there is [documented, setIamPolicy].
POLICY: Form = has(etag=str)
POLICY_VERSION = 3  # older versions drop conditions when they are written back [documented]


def number(session: Session, project: str) -> str:
    """The project's number."""
    name: str = session.get("cloudresourcemanager", f"v3/projects/{project}", NAMED)["name"]
    return name.removeprefix("projects/")


def policy(session: Session, project: str) -> wire.Policy:
    """The project's IAM policy, with its etag."""
    body = {"options": {"requestedPolicyVersion": POLICY_VERSION}}
    return cast(
        "wire.Policy",
        session.post("cloudresourcemanager", f"v3/projects/{project}:getIamPolicy", body, POLICY),
    )


def set_policy(session: Session, project: str, wanted: wire.Policy) -> None:
    """Replace the policy, if it is still the one whose etag `wanted` bears.

    Raises:
        Conflict: it was changed meanwhile.
    """
    body = {"policy": {**wanted, "version": POLICY_VERSION}}
    session.post("cloudresourcemanager", f"v3/projects/{project}:setIamPolicy", body, POLICY)


def members(wanted: wire.Policy, role: str) -> list[str]:
    """Who holds `role` without a condition."""
    bindings = [each for each in wanted.get("bindings", []) if each["role"] == role]
    return [who for each in bindings if "condition" not in each for who in each.get("members", [])]


def without_members(wanted: wire.Policy, role: str, gone: Collection[str]) -> wire.Policy:
    """The policy in which nobody of `gone` holds `role` without a condition; what is left empty goes."""
    left = []
    for each in wanted.get("bindings", []):
        if each["role"] == role and "condition" not in each:
            each = {**each, "members": [who for who in each.get("members", []) if who not in gone]}
        if each.get("members"):
            left.append(each)
    return {**wanted, "bindings": left}


def with_member(wanted: wire.Policy, role: str, member: str) -> wire.Policy:
    """The policy with one more member of `role`."""
    return {**wanted, "bindings": [*wanted.get("bindings", []), {"role": role, "members": [member]}]}
