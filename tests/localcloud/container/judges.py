"""gcloud against a world: its endpoint overrides, a token of no worth, a configuration of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")


def gcloud(base: str, folder: Path, *words: str) -> str:
    """What gcloud prints; it must succeed."""
    token = folder / "token"
    token.write_text("no-secret")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "KUBECONFIG": str(folder / "kubeconfig"),
        "CLOUDSDK_CONFIG": str(folder),
        "CLOUDSDK_CORE_PROJECT": "shop",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name.upper()}": f"{base}/{name}/"
           for name in ("container", "gkehub", "serviceusage")},
    }  # fmt: skip
    run = subprocess.run(
        ["gcloud", *words], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
