"""The path of a request: the stages between the wire and what serves it, in the order in which they come.

    resolve    which call is meant: of which method, on which resource
    faults     what is planned for such a call: it may be refused, lost, delayed, doubled
    enabled    whether the project has the API on
    validate   the query and the body, against what the API declares
    permit     whether the caller has the permissions that the method takes
    handle     the method itself
    log        the call, with the status of its answer

A fault in the cloud's own code is answered with 500 in the service's own shape, and logged like every call, where
the cloud outlives faults (`Clock.outlives_faults`); elsewhere it is raised.

Whatever is asked of the cloud comes this way: calls of Google's services (`google_apis`), among them those that
event triggers make, and requests to the API of a cluster (`container.cluster_api`). Each says by its `ResolvedCall`
what a stage is for it. Who calls, and when it is that caller's turn, is settled before, at the edge.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from localcloud.faults.call_faults import CallDescription, Faults
from localcloud.records.call_log import CallLog, LoggedCall
from localcloud.time.clock import Clock
from localcloud.wire.errors import CallRefused, Refused, Style
from localcloud.wire.messages import Abort, Request, Response
from localcloud.world import Part

# What a client is told of a fault: by Google's services [documented: google.rpc.Code, error messages], and by the
# API of a cluster [documented: k8s.io/apiserver, pkg/server/filters/wrap.go].
_INTERNAL = "Internal error encountered."
_PANIC = "This request caused apiserver to panic. Look in the logs for details."

_log = logging.getLogger(__name__)


class ResolvedCall(Protocol):
    """A call whose method is known; each stage refuses by a `CallRefused`, whose answer is the call's."""

    @property
    def description(self) -> CallDescription:
        """The call as faults are planned for it and as it is logged."""
        ...

    def require_enabled(self) -> None:
        """Refuse a call of an API that is off."""
        ...

    def validate(self) -> None:
        """Refuse what the API does not declare."""
        ...

    def permit(self) -> None:
        """Refuse a caller without permission."""
        ...

    def handle(self) -> Response:
        """Do it."""
        ...


class Api(Protocol):
    """What can be asked for. `style` is how it refuses what it cannot resolve."""

    @property
    def style(self) -> Style:
        """How it writes a refusal."""
        ...

    def resolve(self, request: Request) -> ResolvedCall:
        """The call that `request` means.

        Raises:
            CallRefused: it means none; nobody logs that.
        """
        ...


@dataclass
class RequestPath:
    """The stages, with the faults that are planned and the log of what has passed."""

    clock: Clock
    log: CallLog
    faults: Faults

    def answer(self, request: Request, api: Api) -> Response:
        """The answer to a request; a refusal is an answer, too.

        Raises:
            Abort: a fault, or what serves the request, leaves it without one.
        """
        try:
            call = api.resolve(request)
        except CallRefused as refusal:
            return refusal.response(api.style)
        except Exception as fault:
            return self._failed(fault, f"{request.method} {request.path}", api.style)
        return self._inject_faults(call)

    def _inject_faults(self, call: ResolvedCall) -> Response:
        """A fault decides whether the other stages are gone through: not at all, once, later, or twice."""
        return self.faults.inject(call.description, lambda: self._logged(call))

    def _logged(self, call: ResolvedCall) -> Response:
        told = call.description
        try:
            response = _admitted(call)
        except Exception as fault:
            response = self._failed(fault, f"{told.method} of {told.resource}", told.style)
        self.log.add(LoggedCall.of(self.clock.now, told, response.status))
        return response

    def _failed(self, fault: Exception, what: str, style: Style) -> Response:
        """The answer to a call that met a fault in the cloud's own code; time that jumps ends with it."""
        if isinstance(fault, Abort) or not self.clock.outlives_faults:
            raise fault
        _log.error("%s failed, and is answered with 500", what, exc_info=fault)
        return Refused("INTERNAL", _PANIC if style is Style.KUBERNETES else _INTERNAL).response(style)


def _admitted(call: ResolvedCall) -> Response:
    try:
        call.require_enabled()
        call.validate()
        call.permit()
        return call.handle()
    except CallRefused as refusal:
        return refusal.response(call.description.style)


REQUEST_PATH: Part[RequestPath] = Part(
    "a path for requests", lambda world: RequestPath(world.clock, CallLog(), Faults(clock=world.clock))
)
