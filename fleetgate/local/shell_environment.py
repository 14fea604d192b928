"""The shell environment for a local cloud: variables for gcloud, kubectl, curl and fleetgate.

All files are in one folder that is deleted with the cloud. A person's own gcloud and kubectl configuration is neither
read nor written.
"""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetgate.local.installation import Installation
from localcloud.cloud import LocalCloud
from localcloud.wire.messages import Json

# So that gcloud contacts only the local cloud, and asks the user nothing [observed].
QUIET = {
    "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
    "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
    "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
    "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "true",
}


@dataclass(frozen=True)
class ShellEnvironment:
    """The files for users of one cloud, in `folder`."""

    cloud: LocalCloud
    installation: Installation
    folder: Path

    def write(self, env_file: Path | None = None) -> Path:
        """Write the files, and keep kubectl's up to date. Returns the file with the variables.

        Raises:
            OSError: `env_file` cannot be written.
        """
        self.folder.mkdir(exist_ok=True)
        self._token.touch(mode=0o600)
        self._token.write_text(self.cloud.user_token())
        clusters = self.cloud.world.store["container.clusters"]
        clusters.subscribe(lambda _name, _cluster: self._write_kubeconfig())
        self._write_kubeconfig()
        path = env_file or self.folder / "env"
        path.write_text(self.exports())
        return path.resolve()

    def variables(self) -> dict[str, str]:
        """The variables and their values."""
        endpoints = self.cloud.endpoints()
        endpoints.pop("SSL_CERT_FILE")
        return {
            **endpoints,
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(self._token),
            "CLOUDSDK_CORE_PROJECT": self.installation.project,
            "CLOUDSDK_CONFIG": str(self.folder / "gcloud"),
            **QUIET,
            "KUBECONFIG": str(self._kubeconfig),
            "VPC_PROXY": self.cloud.vpc_proxy(),
            "FLEETGATE_PROJECT": self.installation.project,
            "FLEETGATE_REGION": self.installation.region,
        }

    def exports(self) -> str:
        """The variables as lines for a shell."""
        lines = [f"export {name}={shlex.quote(value)}" for name, value in self.variables().items()]
        roots = shlex.quote(self.cloud.endpoints()["SSL_CERT_FILE"])
        lines += [
            'export NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"',
            "# For the DNS endpoints of clusters alone; it takes this shell's public roots away:",
            f"# export SSL_CERT_FILE={roots}",
        ]
        return "\n".join(lines) + "\n"

    @property
    def _token(self) -> Path:
        return self.folder / "token"

    @property
    def _kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def _write_kubeconfig(self) -> None:
        clusters = dict(self.cloud.world.store["container.clusters"].items())
        config = kubeconfig(clusters, self._token.read_text())
        self._kubeconfig.touch(mode=0o600)
        self._kubeconfig.write_text(json.dumps(config, indent=2))


def kubeconfig(clusters: Mapping[str, Json], token: str) -> Json:
    """A kubeconfig with a context for every cluster (by full name) that has an endpoint; the first is the current one.

    A context has the cluster's short name. If two clusters share that, it has gcloud's form of the full name.
    """
    reachable = {name: each for name, each in clusters.items() if each.get("endpoint")}
    counts = Counter(_short(name) for name in reachable)
    contexts = {_short(name) if counts[_short(name)] == 1 else _long(name): name for name in reachable}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": next(iter(contexts), ""),
        "users": [{"name": "you", "user": {"token": token}}],
        "clusters": [
            {"name": context, "cluster": _endpoint(reachable[name])} for context, name in contexts.items()
        ],
        "contexts": [{"name": each, "context": {"cluster": each, "user": "you"}} for each in contexts],
    }


def _endpoint(cluster: Json) -> dict[str, Any]:
    authority = cluster["masterAuth"]["clusterCaCertificate"]
    return {"server": f"https://{cluster['endpoint']}", "certificate-authority-data": authority}


def _short(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _long(name: str) -> str:
    _, project, _, location, _, cluster = name.split("/")
    return f"gke_{project}_{location}_{cluster}"
