"""Cloud Storage: buckets and objects, as programs upload them and services read them."""

from localcloud.storage import uploads
from localcloud.storage.buckets import create_bucket
from localcloud.storage.objects import StoredObject, find_object
from localcloud.storage.service import service

__all__ = ["StoredObject", "create_bucket", "find_object", "service", "uploads"]
