"""Calls of the local cloud's own user, from the program that runs the cloud.

They take the same way as those off the wire: permissions, faults and the list of calls. They do without sockets, since
the event loop that would answer is the one that asks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from localcloud.cloud import LocalCloud
from localcloud.wire.messages import Abort, Caller, Request
from shared import errors
from shared.google import answers, refusals
from shared.google.answers import ANY, Broken, Form
from shared.json_types import Json


@dataclass(frozen=True)
class UserCalls:
    """Calls on the APIs of `cloud` by its user."""

    cloud: LocalCloud

    def post(self, service: str, path: str, body: Any, form: Form | None = ANY, /, **query: str) -> Json:
        """The answer's JSON; see `shared.google.session.Session.post`.

        Raises:
            ApiError: the call was refused, or not answered.
        """
        values = {name: [value] for name, value in query.items()}
        caller = Caller(self.cloud.settings.user)
        request = Request("POST", f"/{service}/{path}", values, {}, json.dumps(body).encode(), caller)
        try:
            answer = self.cloud.answer(request)
        except Abort as abort:
            raise errors.Transient(service, "POST", path, 0, "Unreachable", "no answer") from abort
        try:
            if answer.status >= 300:
                raise refusals.from_answer(service, "POST", f"/{path}", answer.status, answer.body)
            return answers.shaped(answers.parsed(answer.body), form) if form else {}
        except Broken as broken:
            raise answers.trouble(service, "POST", path, answer.status, broken) from broken
