"""Where the repository's own files lie: one place, so that a test may move."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
