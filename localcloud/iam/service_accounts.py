"""Service accounts (iam v1 projects.serviceAccounts), and who may act as each."""

from __future__ import annotations

from localcloud.iam import accounts, grants
from localcloud.iam.authorization import verb_of
from localcloud.iam.policies import serve_policies
from localcloud.iam.service import service
from localcloud.service import Call, page
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.wire.validation import camel

PAGE, LARGEST_PAGE = 20, 100  # [documented] of a list


@service.on("iam.projects.serviceAccounts.create")
def create(call: Call) -> Json:
    """Make an account; what of it is not the caller's to set is passed over [documented]."""
    project = call.world.projects.get(call.params["projectsId"])
    asked = call.body.get("serviceAccount", {})
    made = accounts.make(call.world, project, call.body.get("accountId", ""), asked)
    accounts.appear(call.world, made)
    return made


@service.on("iam.projects.serviceAccounts.get")
def get(call: Call) -> Json:
    """One account, by address or number."""
    return _account(call)


@service.on("iam.projects.serviceAccounts.list")
def list_accounts(call: Call) -> Json:
    """The accounts of a project, Google's own among them; service agents are not [documented]."""
    project = call.world.projects.get(call.params["projectsId"])
    found = call.world.store[accounts.ACCOUNTS].list(f"projects/{project.id}/")
    return page(call, "accounts", found, LARGEST_PAGE, PAGE)


@service.on("iam.projects.serviceAccounts.patch")
def patch(call: Call) -> Json:
    """Change what the mask names.

    Raises:
        Refused: INVALID_ARGUMENT, no mask, or one that names what cannot be changed [documented; words of ours].
    """
    account, asked = _account(call), call.body.get("serviceAccount", {})
    mask = [camel(each) for each in call.body.get("updateMask", "").split(",") if each]
    if not mask or not set(mask) <= set(accounts.SETTABLE):
        raise invalid(f"update_mask must name what can be changed: {', '.join(accounts.SETTABLE)}.")
    accounts.check_settings(asked)
    changed = {key: asked.get(key) or None for key in mask}
    etag = grants.next_etag(call.world, account["etag"])
    return call.world.store[accounts.ACCOUNTS].change(account["name"], **changed, etag=etag)


@service.on("iam.projects.serviceAccounts.delete")
def delete(call: Call) -> Json:
    """Delete an account."""
    accounts.remove(call.world, _account(call))
    return {}


def _account(call: Call) -> Json:
    """The account that the path names.

    Raises:
        Refused: NOT_FOUND [observed: gcloud iam service-accounts describe]; PERMISSION_DENIED, the path says `-` for
            its project [documented: iam v1 ServiceAccount.name].
    """
    found = accounts.find(call.world, call.project, call.params["serviceAccountsId"])
    if found is None and call.project == "-":
        verb = {"patch": "update"}.get(verb_of(call), verb_of(call))
        words = f"Permission 'iam.serviceAccounts.{verb}' denied on resource (or it may not exist)."
        raise Refused("PERMISSION_DENIED", words)
    if found is None:
        raise Refused("NOT_FOUND", "Unknown service account")
    return found


serve_policies(service, "iam.projects.serviceAccounts", lambda call: str(_account(call)["name"]))
