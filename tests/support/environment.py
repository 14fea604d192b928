"""The environment variables that tests run with: whatever their caller works with, it is none of theirs."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

# What Fleetgate, Google's libraries and programs, kubectl, terminals and proxies read.
PREFIXES = ("FLEETGATE_", "CLOUDSDK_", "GOOGLE_", "GCE_METADATA_", "GCLOUD_", "PUBSUB_", "FUNCTION_", "TF_")
NAMES = (
    "K_SERVICE", "K_REVISION", "K_CONFIGURATION", "PORT", "KUBECONFIG",
    "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE",
)  # fmt: skip


def inherited(environ: Mapping[str, str]) -> list[str]:
    """Variables that would make a test depend on who started it."""
    return sorted(name for name in environ if name.startswith(PREFIXES) or name.upper() in NAMES)


def clean(environ: MutableMapping[str, str], home: Path) -> None:
    """Take them away, and lead to an empty home folder.

    pip alone still gets what it needs to reach a package index: the proxy, and its cache.
    """
    if proxy := environ.get("HTTPS_PROXY") or environ.get("https_proxy"):
        environ.setdefault("PIP_PROXY", proxy)
    environ.setdefault("PIP_CACHE_DIR", str(Path(os.path.expanduser("~")) / ".cache" / "pip"))
    for name in inherited(environ):
        del environ[name]
    environ["HOME"] = str(home)
