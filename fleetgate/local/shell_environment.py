"""The shell environment for a local cloud: variables for gcloud, gsutil, Terraform, kubectl, curl,
Google's client libraries and fleetgate.

Nothing that is run with them asks for anything outside this machine. Every endpoint that gcloud and Terraform's
provider can be given leads to the local cloud; what asks for other hosts meets a proxy that leads there too.

All files are in one folder that is deleted with the cloud. A person's own configuration and credentials of gcloud,
gsutil, kubectl and Google's client libraries are neither read nor written.
"""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetgate.local import env_files
from localcloud.cloud import LocalCloud
from localcloud.endpoints import gcloud_endpoints, terraform_endpoints
from localcloud.wire.messages import Json

# So that gcloud and Terraform ask the user nothing, and look for no update [observed].
QUIET = {
    "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
    "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
    "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
    "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "true",
    "CHECKPOINT_DISABLE": "1",
}
# What would let other credentials, another configuration or another proxy win over these.
IN_THE_WAY = (
    "ALL_PROXY",
    "all_proxy",
    "CLOUDSDK_ACTIVE_CONFIG_NAME",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
    "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
    "CLOUDSDK_PROXY_ADDRESS",
    "CLOUDSDK_PROXY_PORT",
    "CLOUDSDK_PROXY_TYPE",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
    "PUBSUB_EMULATOR_HOST",
    "grpc_proxy",
    "no_grpc_proxy",
)
# By number, so that gcloud's `us-central1-127.0.0.1`, which is not an address, is the proxy's to understand [observed].
LOOPBACK = "127.0.0.0/8,localhost"
# gsutil speaks to TLS alone, and can let gcloud do its work [documented: gsutil and gcloud storage].
BOTO = "[GSUtil]\nuse_gcloud_storage = True\n"


@dataclass(frozen=True)
class ShellEnvironment:
    """The files for users of one cloud, in `folder`; commands are about `project` and `region`."""

    cloud: LocalCloud
    project: str
    region: str
    folder: Path

    def write(self, env_file: Path | None = None) -> Path:
        """Write the files, and keep kubectl's up to date. Returns the file with the variables.

        Raises:
            FileExistsError: `env_file` is somebody else's.
            OSError: it cannot be written.
        """
        self.folder.mkdir(exist_ok=True)
        for secret in (self._token, self._credentials):
            secret.touch(mode=0o600)
        self._token.write_text(self.cloud.user_token())
        self._credentials.write_text(json.dumps(self._default_credentials(), indent=2))
        self._boto.write_text(BOTO)
        clusters = self.cloud.world.store["container.clusters"]
        clusters.subscribe(lambda _name, _cluster: self._write_kubeconfig())
        self._write_kubeconfig()
        return env_files.write(env_file or self.folder / "env", self.exports())

    def variables(self) -> dict[str, str]:
        """The variables and their values, once the files are written."""
        return {
            **self._endpoints(),
            **self._proxies(),
            **self._identity(),
            **QUIET,
            # gcloud asks for a metadata server though it is told not to; this is none [observed: gcloud 528].
            "GCE_METADATA_ROOT": self.cloud.world.base_url.removeprefix("http://"),
            "CLOUDSDK_CONFIG": str(self.folder / "gcloud"),
            "BOTO_CONFIG": str(self._boto),
            "KUBECONFIG": str(self._kubeconfig),
            "VPC_PROXY": self.cloud.vpc_proxy(),
            "FLEETGATE_GRPC_ENDPOINT": self.cloud.grpc_endpoint,
            "FLEETGATE_PROJECT": self.project,
            "FLEETGATE_REGION": self.region,
        }

    def exports(self) -> str:
        """The variables as lines for a shell."""
        lines = [f"export {name}={shlex.quote(value)}" for name, value in self.variables().items()]
        return "\n".join([f"unset {' '.join(IN_THE_WAY)}", *lines]) + "\n"

    def _endpoints(self) -> dict[str, str]:
        base_url = self.cloud.world.base_url
        return {
            **gcloud_endpoints(base_url),
            **terraform_endpoints(base_url),
            "GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT": f"{base_url}/storage/storage/v1/",  # Terraform's state
        }

    def _proxies(self) -> dict[str, str]:
        """The proxy for every host, in both spellings, since some programs read one alone; and whom to trust there."""
        proxy = f"http://{self.cloud.forward_proxy}"
        ways = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": LOOPBACK}
        trust = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")
        return {
            **ways,
            **{name.lower(): value for name, value in ways.items()},
            **dict.fromkeys(
                (*trust, "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE"), str(self.cloud.folder / "roots.pem")
            ),
        }

    def _identity(self) -> dict[str, str]:
        """Credentials and project, for gcloud, for Terraform's provider, and for Google's client libraries."""
        return {
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(self._token),
            "GOOGLE_OAUTH_ACCESS_TOKEN": self._token.read_text(),
            "GOOGLE_APPLICATION_CREDENTIALS": str(self._credentials),
            "CLOUDSDK_CORE_ACCOUNT": self.cloud.settings.user,  # without one, gsutil sends no token [observed]
            "CLOUDSDK_CORE_PROJECT": self.project,
            "GOOGLE_CLOUD_PROJECT": self.project,
            "GOOGLE_PROJECT": self.project,
            "GOOGLE_REGION": self.region,
        }

    def _default_credentials(self) -> Json:
        """Application default credentials whose tokens come from the local cloud [documented: AIP-4117]."""
        number = self.cloud.world.projects.get(self.project).number
        pool = f"projects/{number}/locations/global/workloadIdentityPools/local-cloud/providers/token-file"
        return {
            "type": "external_account",
            "audience": f"//iam.googleapis.com/{pool}",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{self.cloud.world.base_url}/sts/v1/token",
            "credential_source": {"file": str(self._token)},
        }

    @property
    def _token(self) -> Path:
        return self.folder / "token"

    @property
    def _credentials(self) -> Path:
        return self.folder / "application_default_credentials.json"

    @property
    def _boto(self) -> Path:
        return self.folder / "boto"

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
