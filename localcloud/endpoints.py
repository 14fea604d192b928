"""Where clients find Google's services here: each host of Google's is a first word of paths at one address.

`https://compute.googleapis.com/compute/v1/` is `http://127.0.0.1:PORT/compute/compute/v1/`. So it is for every endpoint
that gcloud and Terraform's provider know (`endpoints.yaml`), served or not: what is not, is refused here by its name,
and nothing is asked of Google.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from localcloud.own_files import own

_GOOGLE = ".googleapis.com"
# `us-central1-run` and `modelarmor.us` are run and modelarmor in one region [documented: regional endpoints].
_REGION_BEFORE = re.compile(r"^[a-z]+-[a-z]+[0-9]+-")
_REGION_BEHIND = re.compile(r"\.[a-z0-9-]+\.rep$")


def path_here(host: str, path: str) -> str | None:
    """The path under which `path` of one of Google's hosts is found here; None of a host that is not of its APIs."""
    if not host.endswith(_GOOGLE):
        return None
    service = _REGION_BEHIND.sub("", _REGION_BEFORE.sub("", host.removesuffix(_GOOGLE)))
    if service == "www":  # the older ones share a host, and their paths begin with their names
        service = path.lstrip("/").partition("/")[0]
    return f"/{service}{path}"


def is_api(word: str) -> bool:
    """Whether paths that begin with this word are those of an API, which need not be served here."""
    return word in _words()


def gcloud_endpoints(base_url: str) -> dict[str, str]:
    """The variables that send every command of gcloud to `base_url`; the product's own clients read them too."""
    return {
        f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name.upper()}": url
        for name, url in _endpoints("gcloud", base_url).items()
    }


def terraform_endpoints(base_url: str) -> dict[str, str]:
    """The variables that send every resource of Terraform's provider to `base_url`."""
    return {f"GOOGLE_{name}_CUSTOM_ENDPOINT": url for name, url in _endpoints("terraform", base_url).items()}


def _endpoints(client: str, base_url: str) -> dict[str, str]:
    found = {}
    for name, endpoint in _table()[client].items():
        host, _, path = endpoint.partition("/")
        found[name] = f"{base_url}{path_here(host, f'/{path}')}"
    return found


@cache
def _words() -> frozenset[str]:
    every = (url for client in _table() for url in _endpoints(client, "").values())
    return frozenset(url.split("/")[1] for url in every)


@cache
def _table() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = own(Path(__file__).with_suffix(".yaml"))
    return found
