"""Multi-cluster Services: what the hosted controller and each cluster's importer do with ServiceExports.

The hosted controller installs CRDs and the importer, makes NEGs and backend services; importers write
ServiceImports. Both are one loop here, with the waits between them in the ledger.
"""

from localcloud.controllers.mcs.controller import MultiClusterServices
from localcloud.controllers.mcs.exports import export_work, export_works, exports_left
from localcloud.controllers.mcs.groups import groups_of
from localcloud.controllers.mcs.importer import importer_starved, importer_works

__all__ = [
    "MultiClusterServices",
    "export_work",
    "export_works",
    "exports_left",
    "groups_of",
    "importer_starved",
    "importer_works",
]
