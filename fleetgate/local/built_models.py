"""Builds the model of an environment on import. Otherwise each instance of a function builds it at its first message.

The parent process of the local cloud's instances imports this before it forks them.
"""

from __future__ import annotations

from shared.spec import Environment

Environment.model_rebuild()
