"""The model of an environment, built on import: a function builds it at its first message, and every instance anew.

The parent of the local cloud's function instances imports this before it forks, so that they need not.
"""

from __future__ import annotations

from shared.spec import Environment

Environment.model_rebuild()
