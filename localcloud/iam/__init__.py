"""Identity and Access Management: who may do what, by roles, bindings and conditions, and how it is refused."""

from localcloud.iam.access import Access, Use
from localcloud.iam.needs import Need, needs_of

__all__ = ["Access", "Need", "Use", "needs_of"]
