"""What a message may be, and how many a request may publish [documented: Pub/Sub, quotas and limits]."""

from __future__ import annotations

from typing import Any

from localcloud.wire.errors import invalid
from localcloud.wire.messages import Json

MOST_MESSAGES = 1000  # of a request
MOST_ATTRIBUTES = 100  # of a message
LONGEST_KEY = 256  # bytes
LONGEST_VALUE = 1024  # bytes
_SEE = "Refer to https://cloud.google.com/pubsub/quotas for more information."


def check_messages(messages: list[Json]) -> None:
    """Accept what a request publishes, all of it or nothing.

    Raises:
        Refused: INVALID_ARGUMENT. The words for counts are [observed: kainxspirits/laravel-pubsub-queue#58,
            googleapis/google-cloud-java#4757], those for lengths too [observed: googleapis/google-cloud-python#7906,
            which has the values in the wrong places].
    """
    check_count("message_count", len(messages), 1, MOST_MESSAGES)
    for message in messages:
        if not (message.get("data") or message.get("attributes")):
            raise invalid(
                "Some messages are empty. Each message must contain either non-empty data, or at least one attribute."
            )
        _check_attributes(message.get("attributes") or {})


def check_count(name: str, value: int, least: int, most: int) -> None:
    """Accept a number from `least` to `most`.

    Raises:
        Refused: INVALID_ARGUMENT.
    """
    if least <= value <= most:
        return
    size, limit, bound = ("small", "minimum", least) if value < least else ("large", "maximum", most)
    raise invalid(
        f"The value for {name} is too {size}. You passed {value} in the request, but the {limit} value is {bound}."
    )


def _check_attributes(attributes: dict[str, Any]) -> None:
    check_count("attribute_count", len(attributes), 0, MOST_ATTRIBUTES)
    for key, value in attributes.items():
        for what, text, most in (("key", key, LONGEST_KEY), ("value", value, LONGEST_VALUE)):
            if (length := len(str(text).encode())) > most:
                raise invalid(
                    f"One of the attributes in the request has a {what} that is too long. The length is {length} "
                    f"characters, but the maximum allowed is {most}. {_SEE}"
                )
