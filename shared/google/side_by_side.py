"""The same work on many clusters, side by side: in a few threads, which share the invocation.

A look at one cluster is a handful of calls, one after the other, and takes a second. A call waits for 0.15 s and takes
a few milliseconds of the processor, so an instance that has a whole one has time for a dozen and more at once. Threads
have the fence, the deadline and the counts of the invocation that started them (`shared.google.session`), and all of
them end before it goes on (docs/decisions/0037).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from threading import Thread
from typing import TypeVar

from shared.google.session import THREADS, Session

Item = TypeVar("Item")
Result = TypeVar("Result")

_here = threading.local()


def side_by_side(session: Session, items: Iterable[Item], work: Callable[[Item], Result]) -> list[Result]:
    """What `work` makes of each item, in the order of the items. They begin in that order, too.

    Once one has failed, no other begins. What is asked for within `work` goes one after the other.

    Raises:
        Exception: what the first of those that failed raised; the others have ended by then.
    """
    waiting = deque(enumerate(items))
    count = len(waiting)
    if count < 2 or getattr(_here, "is_beside_others", False):
        return [work(item) for _, item in waiting]
    calls = session.calls
    done, failed = dict[int, Result](), dict[int, BaseException]()

    def run() -> None:
        session.join(calls)
        _here.is_beside_others = True
        while not failed:
            try:
                number, item = waiting.popleft()
            except IndexError:
                return
            try:
                done[number] = work(item)
            except BaseException as error:
                failed[number] = error

    threads = [Thread(target=run, daemon=True) for _ in range(min(count, THREADS))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if failed:
        raise failed[min(failed)]
    return [done[number] for number in range(count)]
