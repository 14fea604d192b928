"""Data that came with the local cloud, in YAML: read by libyaml, which takes a seventh of the time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def own(file: Path) -> Any:
    """The document in a file of ours, as it is: nobody has sent it, so there are no bounds."""
    return yaml.load(file.read_bytes(), yaml.CSafeLoader)
