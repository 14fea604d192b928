"""The standard library, function by function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from localcloud.workflows.errors import http_error
from localcloud.workflows.host import CallResult

Evaluate = Callable[..., Any]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('base64.encode(text.encode("hé"))', "aMOp"),
        ('base64.encode(json.encode({"b": 1, "a": [true, null]}))', "eyJhIjpbdHJ1ZSxudWxsXSwiYiI6MX0="),
        ('base64.encode(text.encode("a"), false)', "YQ"),
        ('text.decode(base64.decode("aMOp"))', "hé"),
        ('text.decode(base64.decode("YQ", false))', "a"),
        ('json.decode("{\\"n\\": 1, \\"d\\": 1.0}")', {"n": 1, "d": 1.0}),
        ('json.decode(text.encode("[1]"))', [1]),
        ('json.encode_to_string({"b": "é", "a": 80.0})', '{"a":80.0,"b":"é"}'),
        ('json.encode_to_string([1], true)', "[\n    1\n]"), ('json.encode_to_string([1], false)', "[1]"),
        ('json.encode_to_string({"a": "x\\ny"}, {"prefix": "> ", "indent": " "})', '{\n>  "a": "x\\ny"\n> }'),
        ('base64.encode(hash.compute_checksum(text.encode(""), "SHA256"))',
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ('base64.encode(hash.compute_hmac('
         'text.encode("Jefe"), text.encode("what do ya want for nothing?"), "MD5"))',
         "dQx4PmqwtQPqqG4xCl23OA=="),  # RFC 2202
        ("list.concat([1], [2])", [1, [2]]),
        ("list.prepend([1], 2)", [2, 1]),
        ('map.get({"a": {"b": 1}}, ["a", "b"])', 1),
        ('map.get({"a": 1}, ["a", "b"])', None),
        ('map.get({}, "a")', None), ('map.get(null, "a")', None), ('map.get("text", ["a", "b"])', None),
        ('map.delete({"a": 1, "b": 2}, "a")', {"b": 2}), ('map.delete({"a": 1}, "b")', {"a": 1}),
        ('map.merge({"a": {"x": 1}}, {"a": {"y": 2}})', {"a": {"y": 2}}),
        ('map.merge_nested({"a": {"x": 1}}, {"a": {"y": 2}})', {"a": {"x": 1, "y": 2}}),
        ("math.abs(-2)", 2), ("math.max(1, 2.5)", 2.5), ("math.min(1, 2.5)", 1), ("math.floor(-0.5)", -1),
        ('text.find_all("banana", "an")', [1, 3]),
        ('text.find_all_regex("a1b22", "[0-9]+")', [{"index": 1, "match": "1"}, {"index": 3, "match": "22"}]),
        ('text.match_regex("abc", "^b")', False), ('text.match_regex("abc", "b")', True),
        ('text.replace_all("a.b.c", ".", "-")', "a-b-c"),
        (r'text.replace_all_regex("k=v", "(\\w)=(\\w)", "\\2=\\1")', "v=k"),
        ('text.split("a,b,", ",")', ["a", "b", ""]),
        ('text.substring("hello", 1, 3)', "el"),
        ('text.to_upper("aé") + text.to_lower("B")', "AÉb"),
        ('text.url_encode("a b/ü")', "a%20b%2F%C3%BC"), ('text.url_encode_plus("a b")', "a+b"),
        ('text.url_decode("a+b%20c")', "a b c"),
        ("time.format(1700000000)", "2023-11-14T22:13:20Z"),
        ('time.format(1700000000.5, "America/New_York")', "2023-11-14T17:13:20.500000-05:00"),
        ('time.parse("2023-11-14T22:13:20Z")', 1700000000.0),
        ("sys.now()", 1_000_000.0),
        ('int("42") + int(2.9) + int(-2.9)', 42),
        ('double("2.5") + double(1)', 3.5),
        ("string(true) + string(7) + string(0.1)", "true70.1"),
        ('len({"a": 1}) + len([1, 2]) + len("abc")', 6),
        ('keys({"b": 1, "a": 2})', ["b", "a"]),
        ("default(null, 1)", 1), ("default(0, 1)", 0),
        ('if(1 < 2, "y", "n") + if(null, "y", "n")', "yn"),
        ('[get_type(true), get_type(text.encode("")), get_type(1.0), get_type(1)]',
         ["boolean", "bytes", "double", "integer"]),
        ('[get_type([]), get_type({}), get_type(null), get_type("")]', ["list", "map", "null", "string"]),
        ('http.default_retry_predicate({"tags": ["TimeoutError"]})', True),
        ("[retry.always(1), retry.never(1)]", [True, False]),
    ],
)  # fmt: skip
def test_function_has_the_documented_value(evaluate: Evaluate, text: str, expected: Any) -> None:
    """Each function as the standard library's reference describes it."""
    assert evaluate(text) == expected


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ('base64.encode("text")', "TypeError"), ('base64.decode("!")', "ValueError"),
        ('json.decode("{")', "ValueError"), ("json.encode(text.encode(\"\"))", "ValueError"),
        ('hash.compute_checksum(text.encode(""), "CRC")', "ValueError"),
        ("list.concat({}, 1)", "TypeError"), ("map.get({}, 1)", "TypeError"),
        ('map.get({}, ["a", 1])', "TypeError"), ('map.delete({}, 1)', "TypeError"),
        ('map.delete(null, "a")', "TypeError"),
        ('json.encode({}, {"prefix": 1})', "TypeError"), ('json.encode({}, 4)', "TypeError"),
        ('text.match_regex("a", "(")', "ValueError"), ('text.match_regex("a", "(?=a)")', "ValueError"),
        ('text.replace_all_regex("a", "a", "\\1")', "ValueError"), ('text.substring("abc", 2, 9)', "IndexError"),
        ('text.decode(base64.decode("/w=="))', "ValueError"), ('text.encode("a", "no-such")', "ValueError"),
        ('time.parse("noon")', "ValueError"), ('time.format(0, "Mars/Base")', "ValueError"),
        ('sys.get_env("MISSING")', "KeyError"), ("sys.get_env(1)", "TypeError"),
        ("keys([])", "TypeError"), ("double({})", "TypeError"), ("if(1, 2, 3)", "TypeError"),
        ('events.create_callback_endpoint("TRACE")', "ValueError"),
    ],
)  # fmt: skip
def test_function_refuses_what_it_cannot_take(evaluate: Evaluate, error_of: Any, text: str, tag: str) -> None:
    """Wrong types are TypeError, right types with wrong values ValueError; a missing variable is KeyError."""
    assert error_of("- out:\n    return: '${" + text + "}'")["tags"] == [tag]


def test_environment_and_ids_come_from_the_host(host: Any, evaluate: Evaluate) -> None:
    """Built-in and user variables, with a default for those that are not there; a UUID each time."""
    host.variables["GOOGLE_CLOUD_PROJECT_ID"] = "shop"
    assert evaluate('sys.get_env("GOOGLE_CLOUD_PROJECT_ID") + sys.get_env("X", "-")') == "shop-"
    assert evaluate("uuid.generate() == uuid.generate()") is False


def test_log_takes_one_payload(host: Any, result: Any, error_of: Any) -> None:
    """Text, json or data, with a severity of Cloud Logging's."""
    result(
        "- a: {call: sys.log, args: {text: hi, severity: WARNING}}\n"
        "- b: {call: sys.log, args: {json: {a: 1}}}"
    )
    assert host.logs == [("WARNING", "hi"), ("DEFAULT", {"a": 1})]
    assert error_of("- a: {call: sys.log, args: {text: hi, severity: LOUD}}")["tags"] == ["ValueError"]
    assert error_of("- a: {call: sys.log, args: {text: hi, data: 1}}")["tags"] == ["ValueError"]


def test_sleeps_end_on_time(host: Any, result: Any, error_of: Any) -> None:
    """For seconds, or until a moment; a moment that is past does not wait, and a year is the most."""
    source = """
    - a: {call: sys.sleep, args: {seconds: 2.5}}
    - b: {call: sys.sleep_until, args: {time: "${time.format(sys.now() + 10)}"}}
    - c: {call: sys.sleep_until, args: {time: "1970-01-01T00:00:00Z"}}
    - out: {return: "${sys.now()}"}
    """
    assert result(source) == 1_000_012.5
    assert error_of("- a: {call: sys.sleep, args: {seconds: 31536001}}")["tags"] == ["ValueError"]


def test_http_call_hands_its_arguments_to_the_host(host: Any, result: Any) -> None:
    """What is given goes out, what is not stays out; the answer is code, body and headers."""
    host.answer = lambda name, arguments: CallResult.ok(
        {"code": 201, "body": arguments["body"], "headers": {}}
    )
    source = """
    - ask:
        call: http.post
        args: {url: https://example.com, body: {a: [1]}, query: {q: x}, auth: {type: OIDC}}
        result: answer
    - out: {return: "${answer}"}
    """
    assert result(source) == {"code": 201, "body": {"a": [1]}, "headers": {}}
    sent = {"url": "https://example.com", "body": {"a": [1]}, "query": {"q": "x"}, "auth": {"type": "OIDC"}}
    assert host.calls == [(1_000_000.0, "http.post", sent)]


def test_http_error_has_code_headers_and_body(host: Any, error_of: Any) -> None:
    """An answer outside 2xx raises HttpError."""
    host.answer = lambda name, arguments: CallResult.failure(http_error(404, {"x": "y"}, "gone"))
    error = error_of("- ask: {call: http.get, args: {url: https://example.com}}")
    assert error == {
        "tags": ["HttpError"],
        "message": "HTTP server responded with error code 404",
        "code": 404,
        "headers": {"x": "y"},
        "body": "gone",
    }


def test_connector_repeats_by_itself(host: Any, result: Any) -> None:
    """A connector that is not a GET is repeated after 429 and 503; what it is given is plain JSON."""
    answers = [http_error(503, {}, None), http_error(429, {}, None)]
    host.answer = lambda name, arguments: (
        CallResult.failure(answers.pop(0)) if answers else CallResult.ok({"messageIds": ["1"]})
    )
    source = """
    - send:
        call: googleapis.pubsub.v1.projects.topics.publish
        args:
          topic: projects/p/topics/t
          body: {messages: [{data: '${base64.encode(text.encode("hi"))}'}]}
        result: sent
    - out: {return: "${sent.messageIds[0]}"}
    """
    assert result(source) == "1"
    assert [when for when, _, _ in host.calls] == [1_000_000, 1_000_001, 1_000_002.25]
    assert host.calls[-1][2] == {"topic": "projects/p/topics/t", "body": {"messages": [{"data": "aGk="}]}}


def test_connector_gives_up_on_other_errors(host: Any, error_of: Any) -> None:
    """A refusal is not repeated."""
    host.answer = lambda name, arguments: CallResult.failure(http_error(403, {}, None))
    source = (
        "- send: {call: googleapis.pubsub.v1.projects.topics.publish, args: {topic: t, body: {messages: []}}}"
    )
    assert (error_of(source)["code"], len(host.calls)) == (403, 1)
