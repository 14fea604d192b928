"""What Google's own programs are asked of a deployed environment, and told to do to it, where they are installed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from pathlib import Path

from fleetgate.local.run import LocalRun
from localcloud.cloud import LocalCloud
from tests.acceptance.runs import Outcome

PROGRAMS = ("gcloud", "kubectl", "gke-gcloud-auth-plugin")
GCLOUD = {
    "clusters": "container clusters list",
    "memberships": "container fleet memberships list",
    "mcs": "container fleet multi-cluster-services describe",
    "ingress": "container fleet ingress describe",
    "subnets": "compute networks subnets list --filter=purpose=GLOBAL_MANAGED_PROXY",
    "addresses": "compute addresses list",
    "rules": "compute forwarding-rules list",
    "topics": "pubsub topics list",
    "executions": "workflows executions list fleetgate --location=us-central1",
}
KUBECTL = {
    "objects": "get gateway,httproute,serviceimport -n store -o yaml",
    "deployments": "get deploy -n store",
    "gateways": "get gateway -n store",
    "classes": "get gatewayclass",
}


def missing(command: str = "gcloud kubectl") -> list[str]:
    """The programs that a command line needs and that are not installed."""
    needed = PROGRAMS if "kubectl" in command else PROGRAMS[:1]
    return [each for each in needed if not shutil.which(each)]


async def look(local: LocalRun, outcome: Outcome) -> None:
    """Put into `outcome.extra` what each program prints."""
    with tempfile.TemporaryDirectory() as folder:
        environment = surroundings(local.cloud, local.project, Path(folder))
        if not missing("gcloud"):
            for key, command in GCLOUD.items():
                text = await output_of(environment, f"gcloud {command} --format=json")
                outcome.extra[key] = json.loads(text)
        if not missing():
            fetch = "container clusters get-credentials gke-west-1 --location=us-west1-a"
            await output_of(environment, f"gcloud {fetch}")
            for key, command in KUBECTL.items():
                outcome.extra[key] = await output_of(environment, f"kubectl {command}")


def surroundings(cloud: LocalCloud, project: str, folder: Path) -> dict[str, str]:
    """As `docs/local-cloud.md` tells a person to set it: endpoints, a token, and nothing of their own."""
    token = folder / "token"
    token.write_text(cloud.user_token())
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "KUBECONFIG": str(folder / "kubeconfig"),
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CORE_PROJECT": project,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "HTTPS_PROXY": f"http://{cloud.forward_proxy}",
        "NO_PROXY": "127.0.0.1,localhost",
        **cloud.endpoints(),
    }


async def output_of(environment: dict[str, str], command: str) -> str:
    """What a command line prints, given to a shell as it stands.

    Raises:
        AssertionError: it failed; with its words.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_shell(command, env=environment, stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    assert process.returncode == 0, f"{command}: {err.decode()}"
    return out.decode()
