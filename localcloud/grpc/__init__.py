"""Google's services over gRPC, which their client libraries speak where nobody says otherwise.

A remote procedure call (RPC) is made the REST call of the same method, and goes the same way as all calls: who calls,
who may, what is refused, what is logged stands in one place. Read `server`, `methods`, `transcoding`, `statuses`.

gRPC and the libraries are slow to import. A cloud imports this package when it is to speak gRPC, and not before.
"""

import importlib
import os


def _silence() -> None:
    """Import gRPC. Its core writes each handshake that fails on the terminal of whoever runs the cloud, unless this
    variable says otherwise at that moment [observed: grpcio 1.85]."""
    given = "GRPC_VERBOSITY" in os.environ
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    importlib.import_module("grpc")
    if not given:
        del os.environ["GRPC_VERBOSITY"]


_silence()
