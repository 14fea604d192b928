"""What Google's own programs are asked of a deployed environment, where they are installed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from pathlib import Path

from fleetgate.local.run import LocalRun
from tests.acceptance.runs import Outcome

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


async def look(local: LocalRun, outcome: Outcome) -> None:
    """Put into `outcome.extra` what each program prints."""
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(local, Path(folder))
        if shutil.which("gcloud"):
            for key, command in GCLOUD.items():
                text = await _ask(environment, "gcloud", *command.split(), "--format=json")
                outcome.extra[key] = json.loads(text)
        if shutil.which("gcloud") and shutil.which("kubectl") and shutil.which("gke-gcloud-auth-plugin"):
            fetch = "container clusters get-credentials gke-west-1 --location=us-west1-a"
            await _ask(environment, "gcloud", *fetch.split())
            for key, command in KUBECTL.items():
                outcome.extra[key] = await _ask(environment, "kubectl", *command.split())


def _environment(local: LocalRun, folder: Path) -> dict[str, str]:
    """As `docs/local-cloud.md` tells a person to set it: endpoints, a token, and nothing of their own."""
    token = folder / "token"
    token.write_text(local.cloud.user_token())
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "KUBECONFIG": str(folder / "kubeconfig"),
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CORE_PROJECT": local.project,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        **local.cloud.endpoints(),
    }


async def _ask(environment: dict[str, str], *command: str) -> str:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    assert process.returncode == 0, f"{' '.join(command)}: {err.decode()}"
    return out.decode()
