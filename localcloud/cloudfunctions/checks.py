"""Whether what a function names is there: at once where the API itself looks, in the operation where a service behind
it does."""

from __future__ import annotations

from localcloud.cloudfunctions.functions import event_trigger, with_defaults
from localcloud.eventarc.authorization import may_not_act_as
from localcloud.eventarc.triggers import check_agent, check_topic
from localcloud.iam import accounts
from localcloud.run.allocation import ALLOCATION, amount
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import World

# [observed: GoogleCloudPlatform/terraform-ml-image-annotation-gcf#165], of one that cannot be read; one that is not
# there cannot be told from that [inferred].
NO_REPOSITORY = (
    "Unable to retrieve the repository metadata for {}. Ensure that the Cloud Functions service account has "
    "'artifactregistry.repositories.list' and 'artifactregistry.repositories.get' permissions. You can add the "
    "permissions by granting the role 'roles/artifactregistry.reader'."
)


class DeploymentFailed(Exception):
    """An operation ends with this: a code of google.rpc.Code, and Google's words."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def check_call(world: World, name: str, fields: Json, with_trigger: bool) -> None:
    """What a call is refused for: accounts that are not there, and what Eventarc says of a new trigger.

    Raises:
        Refused: NOT_FOUND, an account [observed: firebase/firebase-tools#8841]; INVALID_ARGUMENT or PERMISSION_DENIED,
            the trigger [observed: terraform-google-modules/terraform-docs-samples#486].
    """
    named = (
        fields.get("serviceConfig", {}).get("serviceAccountEmail", ""),
        fields.get("buildConfig", {}).get("serviceAccount", ""),
    )
    for account in (each.rpartition("/")[2] for each in named if each):
        if not accounts.exists(world, account):
            raise Refused("NOT_FOUND", f"Service account projects/-/serviceAccounts/{account} was not found.")
    if with_trigger and "eventTrigger" in fields:
        _check_trigger(world, event_trigger(world, name, fields["eventTrigger"]))


def _check_trigger(world: World, trigger: Json) -> None:
    project = trigger["trigger"].split("/")[1]
    try:
        check_agent(world, project)
        check_topic(world, trigger.get("pubsubTopic", ""))
        if not accounts.exists(world, trigger["serviceAccountEmail"]):
            raise may_not_act_as(trigger["serviceAccountEmail"])
    except Refused as refused:
        words = f"Validation failed for trigger {trigger['trigger']}: {refused.message}"
        code = "INVALID_ARGUMENT" if refused.status == "FAILED_PRECONDITION" else refused.status
        raise Refused(code, words) from None


def check_build(world: World, fields: Json) -> None:
    """Whether the image has somewhere to go.

    Raises:
        DeploymentFailed: PERMISSION_DENIED.
    """
    repository = fields["buildConfig"].get("dockerRepository", "")
    if repository and repository not in world.store["artifactregistry.repositories"]:
        raise DeploymentFailed("PERMISSION_DENIED", NO_REPOSITORY.format(repository))


def check_service(world: World, name: str, fields: Json, new: bool) -> None:
    """Whether Cloud Run takes the service.

    Raises:
        DeploymentFailed: INVALID_ARGUMENT: it is too large, or its network is not there.
    """
    _, project, _, location, _, short = name.split("/")
    config = with_defaults(world, name, fields.get("serviceConfig", {}))
    size = amount(config["availableMemory"], config["availableCpu"])
    words = world[ALLOCATION].violation(project, location, size, int(config["maxInstanceCount"]))
    words = words or _missing_network(world, project, location, config)
    if words:
        verb = "create" if new else "update"
        raise DeploymentFailed("INVALID_ARGUMENT", f"Could not {verb} Cloud Run service {short}. {words}")


def _missing_network(world: World, project: str, location: str, config: Json) -> str:
    """Words for what Direct VPC egress names and is not there [inferred: no report of them was found]."""
    for interface in config.get("directVpcNetworkInterface") or []:
        for key, kind, place in (
            ("network", "networks", "global"),
            ("subnetwork", "subnetworks", f"regions/{location}"),
        ):
            named = interface.get(key, "")
            full = named if named.startswith("projects/") else f"projects/{project}/{place}/{kind}/{named}"
            if named and full not in world.store[f"compute.{kind}"]:
                return (
                    "spec.template.metadata.annotations[run.googleapis.com/network-interfaces]: "
                    f"The {key} {full} was not found."
                )
    return ""


def check_fields(fields: Json) -> None:
    """What every deployment must say.

    Raises:
        Refused: INVALID_ARGUMENT.
    """
    build = fields.get("buildConfig", {})
    if not build.get("source", {}).get("storageSource") or not build.get("entryPoint"):
        raise invalid(
            "The request has errors: build_config.source.storage_source and build_config.entry_point are required."
        )
