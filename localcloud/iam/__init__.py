"""Identity and Access Management: who may do what, by roles, bindings and conditions, and how it is refused."""

from localcloud.iam.access import Access, Use

__all__ = ["Access", "Use"]
