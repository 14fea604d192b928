"""Until when an invocation may call anybody: on the instance's own monotonic clock, from the receipt of the message.

What the servers say of the time cannot be the clock itself: it is as old as the last answer, which may have been on its
way for long. It only corrects the beginning. A message was received no earlier than it was sent, and no earlier than an
answer's date, less the time from the receipt until that answer was here. The latest of these moments is taken for the
receipt; so a date that is late, or that lies in the past, gives no more time, and one that lies ahead gives less.

The instance may go on when its request has long been answered with 504 [documented: run/docs/configuring/
request-timeout], without a processor for a while [documented: run/docs/configuring/billing-settings]. Its monotonic
clock goes on meanwhile.
"""

from __future__ import annotations

import math
import time

from shared.errors import DeadlinePassed

# Seconds to connect, and for a whole call. The server is told the limit, so that nothing takes effect after it: an API
# of Google's by a header [documented: apis/docs/system-parameters, X-Server-Timeout], a cluster's by the parameter
# `timeout` [documented: k8s.io/apiserver, endpoints/filters/request_deadline.go]. That Compute Engine heeds the header,
# too, is [inferred]. A server counts from when it has the request, a connection later than the caller.
CONNECT, LONGEST_CALL = 5.0, 20.0
SERVER_TIMEOUT = "X-Server-Timeout"
# Seconds before the end that are kept for the answer. They also cover what a date leaves out: it has whole seconds.
ANSWERING = 3.0


class Deadline:
    """The end of an invocation that was received now: `end` and `sent` are of the workflow's clock, unix seconds.

    Without an end there is none.
    """

    def __init__(self, sent: float = 0.0, end: float = math.inf) -> None:
        self._received = time.monotonic()
        self._arrival = sent  # the servers' time at the receipt, or a moment before it
        self._end = end

    def hear(self, date: float) -> None:
        """An answer has come that bears this date, unix seconds."""
        self._arrival = max(self._arrival, date - self.passed)

    @property
    def now(self) -> float:
        """The servers' time, as far as is known: not later than it is."""
        return self._arrival + self.passed

    @property
    def passed(self) -> float:
        """Seconds since the receipt, by the instance's clock."""
        return time.monotonic() - self._received

    @property
    def left(self) -> float:
        """Seconds until the end; negative after it."""
        return self._end - self.now

    def time_limit(self, reserve: float = ANSWERING) -> float:
        """Seconds that a call which begins now may take, so that it ends `reserve` seconds before the end.

        Raises:
            DeadlinePassed: none: it must not begin.
        """
        left = self.left - reserve
        if left <= 0:
            raise DeadlinePassed(f"the message had until {self._end:.0f}; {max(self.left, 0):.1f} s are left")
        return min(LONGEST_CALL, left)
