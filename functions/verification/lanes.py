"""Requests side by side: a few lanes, each with one connection to an address and one request under way.

A row is worked on by one lane, so a rule at an address never has two requests at once: no backend is pressed. By a
proxy everything goes one after the other (docs/decisions/0029).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from threading import Thread
from typing import TypeVar

import requests
from requests.utils import get_environ_proxies

from functions.verification import timed_http

LANES = 8
Item = TypeVar("Item")
Work = Callable[[requests.Session, Item], None]


class Lanes:
    """A context manager: sessions, and who uses them."""

    def __init__(self, address: str, agent: str) -> None:
        self._agent = agent
        self._count = 1 if get_environ_proxies(f"http://{address}") else LANES
        self._sessions: list[requests.Session] = []

    def __enter__(self) -> Lanes:
        with ExitStack() as opened:
            for _ in range(self._count):
                session = opened.enter_context(timed_http.plain_session())
                session.headers["User-Agent"] = self._agent
                self._sessions.append(session)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.close()

    def each(self, items: Iterable[Item], work: Work[Item]) -> None:
        """Let `work` be done for each item, with the session of some lane; in order, as far as there is one lane.

        Raises:
            Exception: what the first work that failed raised; the others have ended by then.
        """
        waiting, failed = deque(items), list[BaseException]()

        def run(session: requests.Session) -> None:
            while waiting and not failed:
                try:
                    item = waiting.popleft()
                except IndexError:  # another lane has taken the last one
                    return
                try:
                    work(session, item)
                except BaseException as error:
                    failed.append(error)

        used = self._sessions[: len(waiting)]
        threads = [Thread(target=run, args=(each,), daemon=True) for each in used[1:]]
        for each in threads:
            each.start()
        if used:
            run(used[0])
        for each in threads:
            each.join()
        if failed:
            raise failed[0]
