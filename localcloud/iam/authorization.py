"""What IAM asks about a service's calls, as most services answer it.

A service has an `Authorization` of its own: its permissions stand in `permissions.yaml` beside it, and what is
otherwise with it, it overrides (whose policy counts, what a refusal calls a resource, the refusal's words).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from localcloud.iam.accounts import account_holder
from localcloud.iam.catalog import Rule, rules_in
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused, not_implemented
from localcloud.wire.messages import Json

# Methods that make what their body describes, or change it to that.
MAKING = ("insert", "create", "patch")
DENIED = "PERMISSION_DENIED"
# What has a policy of its own here [documented: iam/docs/resource-types-with-policies].
_OWN_POLICY = re.compile(
    r"projects/[^/]+/(topics|serviceAccounts|buckets|locations/[^/]+/(services|repositories))/[^/]+"
)


class Authorization:
    """The common answers. `package` is the file of the service's package that says `Authorization(__file__)`."""

    def __init__(self, package: str) -> None:
        self._file = Path(package).with_name("permissions.yaml")

    @cached_property
    def rules(self) -> dict[str, tuple[Rule, ...]]:
        """The permissions of each method, by discovery id."""
        return rules_in(self._file)

    def needs(self, call: Call) -> list[Need]:
        """Every permission that a call takes.

        Raises:
            Refused: UNIMPLEMENTED, nobody has written down which its method takes.
        """
        if call.method not in self.rules:
            raise not_implemented(f"the permissions of {call.method}")
        resource = self.resource(call)
        return [
            need
            for rule in self.rules[call.method]
            if rule.holds(resource)
            for need in self._needs(call, rule, resource)
        ]

    def attributes(self, call: Call) -> dict[str, list[str]]:
        """The API attributes of a call, by name, which the conditions of bindings can ask about."""
        return {}

    def holder(self, call: Call) -> str:
        """What has the policy that counts: the project of all but few resources."""
        return policy_holder(f"projects/{call.project}/{path_of(call).partition('/')[2]}")

    def name(self, call: Call, permission: str) -> str:
        """What a refusal calls the resource."""
        return f"projects/{path_of(call)}"

    def resource(self, call: Call) -> Json:
        """The fields that rules ask about."""
        return call.body if is_making(call) else {}

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """The refusal of a call for want of `missing`, in the common form [observed for many APIs]."""
        need, service = missing[0], call.service.name
        resource = f"//{service}.googleapis.com/{need.name}"
        words = f"Permission '{need.permission}' denied on resource '{resource}' (or it may not exist)."
        return Refused(DENIED, words, details=[error_info(service, need)])

    def _needs(self, call: Call, rule: Rule, resource: Json) -> Iterator[Need]:
        if not rule.at:
            yield Need(rule.permission, self.holder(call), self.name(call, rule.permission))
            return
        named = resource[rule.at]
        for each in named if isinstance(named, list) else [named]:
            yield _need_on(call, rule.permission, str(each))


class RunsAsAccount(Authorization):
    """Of a service whose resources run as a service account: whoever makes or changes one must be let act as it."""

    def __init__(self, package: str, collection: str) -> None:
        super().__init__(package)
        self._collection = collection

    def resource(self, call: Call) -> Json:
        """The account that is asked for, or the one that is there."""
        if not is_making(call):
            return {}
        there = call.world.store[self._collection].get(self.name(call, "")) or {}
        for each in (call.body, there):
            account = each.get("serviceAccount") or each.get("serviceConfig", {}).get("serviceAccountEmail")
            if account:
                return {"serviceAccount": str(account)}
        return {"serviceAccount": ""}


def policy_holder(resource: str) -> str:
    """What has the policy that counts for a resource (by full name): what it is or lies in, if that has a policy of
    its own, else its project. A bucket is named with its project here: `projects/P/buckets/B`."""
    match = _OWN_POLICY.match(resource)
    return match[0] if match else "/".join(resource.split("/")[:2])


def verb_of(call: Call) -> str:
    """The last word of the method's id."""
    return call.method.rpartition(".")[2]


def is_making(call: Call) -> bool:
    """Whether the body describes what a call makes or changes."""
    return verb_of(call) in MAKING


def path_of(call: Call) -> str:
    """What the request's path has after `projects/`, without a custom verb."""
    return call.request.path.lstrip("/").partition("projects/")[2].partition(":")[0]


def error_info(service: str, need: Need) -> Json:
    """The detail that newer APIs add [observed]."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": f"{service}.googleapis.com",
        "metadata": {"permission": need.permission, "resource": need.name},
    }


def _need_on(call: Call, permission: str, named: str) -> Need:
    """A permission on what a field of the resource names: a service account, a topic, or something of a project."""
    if permission == "iam.serviceAccounts.actAs":
        holder = account_holder(call.world, named.rpartition("/")[2], call.project)
        return Need(permission, holder, named)
    path = "projects/" + named.rpartition("projects/")[2] if "projects/" in named else ""
    path = path or f"projects/{call.project}/{named}"
    project, _, rest = path.removeprefix("projects/").partition("/")
    return Need(permission, policy_holder(f"projects/{call.world.projects.id_of(project)}/{rest}"), path)
