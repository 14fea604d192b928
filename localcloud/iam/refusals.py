"""What Google says to those who lack a permission; every API has words of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.wire.errors import Refused, Style

if TYPE_CHECKING:
    from localcloud.iam.needs import Need
    from localcloud.service import Call
    from localcloud.wire.messages import Json, Response

DENIED = "PERMISSION_DENIED"
UNSPOKEN = "The caller does not have permission"  # [observed]


@dataclass(eq=False)
class ManyRefused(Refused):
    """Compute Engine tells all that is missing at once; its `message` is the first [observed]."""

    messages: list[str] = field(default_factory=list)

    def response(self, style: Style) -> Response:
        """One entry of `errors` for each."""
        answer = super().response(style)
        body: Json = {"code": self.code, "message": self.message}
        body["errors"] = [
            {"message": each, "domain": "global", "reason": "forbidden"} for each in self.messages
        ]
        return type(answer).of_json({"error": body}, self.code)


def refused(call: Call, missing: list[Need]) -> Refused:
    """The refusal of a call for want of `missing`."""
    service = call.method.partition(".")[0]
    if service == "compute":
        messages = [f"Required '{each.permission}' permission for '{each.name}'" for each in missing]
        return ManyRefused(DENIED, messages[0], "forbidden", messages=messages)
    words = {
        "container": _container,
        "gkehub": _gkehub,
        "cloudresourcemanager": _resource_manager,
        "pubsub": _pubsub,
        "serviceusage": _service_usage,
    }
    return words.get(service, _newer)(call, missing[0])


def _container(_call: Call, need: Need) -> Refused:
    """[observed]; what GKE does in the caller's name is checked later, and its refusal is no 403 [observed]."""
    if need.permission == "iam.serviceAccounts.actAs":
        words = (
            f'The user does not have access to service account "{need.name}". Ask a project owner to grant '
        )
        return Refused(
            "INVALID_ARGUMENT",
            words + "you the iam.serviceAccountUser role on the service account.",
            "badRequest",
        )
    if not need.permission.startswith("container."):
        words = f"generic::permission_denied: Permission '{need.permission}' denied on '{need.name}'"
        return Refused("INVALID_ARGUMENT", words, "badRequest")  # [reported]
    words = f'Required "{need.permission}" permission(s) for "{need.name}".'
    return Refused(DENIED, words, "forbidden", [_info("container", need)])


def _gkehub(_call: Call, need: Need) -> Refused:
    """[observed]."""
    words = f"Permission '{need.permission}' denied on '{need.name}'"
    return Refused(DENIED, words, details=[_info("gkehub", need)])


def _resource_manager(_call: Call, need: Need) -> Refused:
    """[observed]: it names the permission to read a project, and none of the policy's."""
    if need.permission.endswith(".setIamPolicy"):
        return Refused(DENIED, "Policy update access denied.")
    if need.permission.endswith(".getIamPolicy"):
        return Refused(DENIED, UNSPOKEN)
    resource = f"//cloudresourcemanager.googleapis.com/{need.name}"
    return Refused(
        DENIED, f"Permission '{need.permission}' denied on resource '{resource}' (or it may not exist)."
    )


def _pubsub(_call: Call, _need: Need) -> Refused:
    """[documented: troubleshooting]."""
    return Refused(DENIED, "User not authorized to perform this action.")


def _service_usage(_call: Call, need: Need) -> Refused:
    """It says what is denied in prose [memory]."""
    verb = need.permission.rpartition(".")[2]
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "AUTH_PERMISSION_DENIED",
        "domain": "serviceusage.googleapis.com",
    }
    return Refused(
        DENIED, f"Permission denied to {verb} service [{need.name.rpartition('/')[2]}]", details=[info]
    )


def _newer(call: Call, need: Need) -> Refused:
    """The common form [observed for many APIs; inferred for Workflows]."""
    service = call.method.partition(".")[0]
    resource = f"//{service}.googleapis.com/{need.name}"
    words = f"Permission '{need.permission}' denied on resource '{resource}' (or it may not exist)."
    return Refused(DENIED, words, details=[_info(service, need)])


def _info(service: str, need: Need) -> Json:
    """[observed]."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": f"{service}.googleapis.com",
        "metadata": {"permission": need.permission, "resource": need.name},
    }
