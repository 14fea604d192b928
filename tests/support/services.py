"""Methods of a service by themselves, without the stages of the request path around them."""

from __future__ import annotations

from localcloud.google_apis import ServiceCall
from localcloud.service import Service
from localcloud.wire.messages import Request, Response
from localcloud.world import World


def handled(service: Service, world: World, request: Request, path: str) -> Response:
    """What a method makes of a valid request, whether or not its API is on and the caller has its permissions.

    Raises:
        Refused: there is no such method, the request is not valid, or the method refuses it.
    """
    call = ServiceCall(world, service, request, path, service.resolve(request, path))
    call.validate()
    return call.handle()
