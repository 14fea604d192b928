"""Artifact Registry: repositories, as far as they are declared; what is in them is nobody's concern here."""

from localcloud.artifactregistry import operations, repositories
from localcloud.artifactregistry.repositories import create_repository
from localcloud.artifactregistry.service import service

__all__ = ["create_repository", "operations", "repositories", "service"]
