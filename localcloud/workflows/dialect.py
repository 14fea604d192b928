"""How Workflows behaves where Google's pages leave it open, and a document may rest on it.

A document that rests on none of this runs the same in every dialect, so tests run it in each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from localcloud.world import Part


@dataclass(frozen=True)
class Dialect:
    """One way in which the service may behave.

    `both_sides`: `and` and `or` evaluate their second operand even when the first decides. Google's pages of the syntax
    do not say whether they do. A sample of Google's works only if they do not: its last page of results has no page
    token, `"pageToken" in page and page.pageToken != ""` [observed: workflows-samples, bigquery_pagetoken].

    `callback_project`: whether the address of a callback endpoint contains the project's number or its id. The pages
    of callbacks show no address; the API's reference has `projects/*` [documented: sendHttpCallback].
    """

    both_sides: bool = False
    callback_project: Literal["number", "id"] = "number"


DIALECT: Part[Dialect] = Part("the dialect of Workflows", lambda _: Dialect())
