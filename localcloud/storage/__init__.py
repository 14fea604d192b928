"""Cloud Storage: buckets and objects, as programs upload them and services read them."""

from localcloud.storage import uploads
from localcloud.storage.buckets import create_bucket
from localcloud.storage.objects import put_object
from localcloud.storage.service import service
from localcloud.storage.versions import StoredObject, find_object

__all__ = ["StoredObject", "create_bucket", "find_object", "put_object", "service", "uploads"]
