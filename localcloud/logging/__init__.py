"""Cloud Logging: entries that the platform writes, and the list of them by the Logging query language.

Read in this order: `entries` (what is written, when it can be read, what goes wrong on the way), `lines` (a line that a
container prints, as an entry), `query`, `fields` and `matching` (the query language), `api` (entries.list).
"""

from localcloud.logging import api
from localcloud.logging.service import service

__all__ = ["api", "service"]
