"""Google's services over gRPC, which their client libraries speak where nobody says otherwise.

A remote procedure call (RPC) is made the REST call of the same method, and goes the same way as all calls: who calls,
who may, what is refused, what is logged stands in one place. Read `server`, `methods`, `transcoding`, `statuses`.

gRPC and the libraries are slow to import: a cloud imports this package when it is to speak gRPC, and not before.
"""
