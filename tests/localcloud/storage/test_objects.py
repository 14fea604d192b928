"""Buckets and objects: what was uploaded is what is read, and preconditions hold."""

from __future__ import annotations

import base64
import json
import time

import pytest

from localcloud.storage import find_object, service
from tests.localcloud.storage.conftest import BUCKET, Storage

UPLOAD = f"/upload/storage/v1/b/{BUCKET}/o"
DATA = bytes(range(256)) + b"\r\n--x\r\n\n"


def multipart(metadata: bytes, data: bytes, end: bytes) -> bytes:
    """A body of two parts, with this line end."""
    head = b"Content-Type: application/json" + end * 2
    parts = [
        b"--of" + end + head + metadata,
        b"--of" + end + b"Content-Type: application/zip" + end * 2 + data,
    ]
    return end.join([*parts, b"--of--"])


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_an_upload_in_two_parts_is_stored_to_the_byte(storage: Storage, end: bytes) -> None:
    """gcloud ends lines its way, the client libraries theirs."""
    body = multipart(b'{"name": "a.zip", "contentType": "application/zip"}', DATA, end)

    answer = storage.send(
        "POST", UPLOAD, body, "uploadType=multipart", content_type="multipart/related; boundary='of'"
    )

    assert ("a.zip", "application/zip", str(len(DATA))) == tuple(
        json.loads(answer.body)[key] for key in ("name", "contentType", "size")
    )
    found = storage.send("GET", f"/storage/storage/v1/b/{BUCKET}/o/a.zip", query="alt=media")
    assert DATA == found.body


def test_a_resumable_upload_comes_in_pieces(storage: Storage) -> None:
    """Each answer tells how far it is; asking with no bytes tells it, too."""
    begun = storage.send("POST", f"/resumable{UPLOAD}", b'{"name": "big.zip"}', "uploadType=resumable")
    path, _, query = begun.headers["location"].partition("?")

    def send(data: bytes, span: str) -> tuple[int, str]:
        answer = storage.send("PUT", path, data, query, content_range=f"bytes {span}")
        return answer.status, answer.headers.get("range", "")

    assert (308, "bytes=0-99") == send(DATA[:100], "0-99/*")
    assert (308, "bytes=0-99") == send(b"", f"*/{len(DATA)}")
    assert 400 == send(DATA[200:], f"200-{len(DATA) - 1}/{len(DATA)}")[0]
    assert (200, "") == send(DATA[100:], f"100-{len(DATA) - 1}/{len(DATA)}")
    assert 404 == send(b"", "*/*")[0]
    stored = find_object(storage.world, BUCKET, "big.zip")
    assert stored is not None and DATA == stored.data


def test_a_name_may_have_slashes(storage: Storage) -> None:
    """They travel quoted; lists take them for folders where asked to."""
    for name in ("a/b.zip", "a/c/d.zip", "e.zip"):
        assert 200 == storage.upload(name, b"x").status

    assert "a/b.zip" == storage.call("GET", f"b/{BUCKET}/o/a%2Fb.zip")["name"]
    found = storage.call("GET", f"b/{BUCKET}/o", "prefix=a/&delimiter=/")
    assert (["a/b.zip"], ["a/c/"]) == ([each["name"] for each in found["items"]], found["prefixes"])


def test_a_generation_must_be_the_one_that_was_seen(storage: Storage) -> None:
    """0 stands for none at all; every upload makes another one."""
    first = json.loads(storage.upload("a", b"1", "ifGenerationMatch=0").body)

    refused = storage.error(storage.upload("a", b"2", "ifGenerationMatch=0"))
    second = json.loads(storage.upload("a", b"2", f"ifGenerationMatch={first['generation']}").body)

    assert (412, "conditionNotMet") == refused[:2]
    assert int(first["generation"]) < int(second["generation"])
    gone = storage.send(
        "GET", f"/storage/storage/v1/b/{BUCKET}/o/a", query=f"generation={first['generation']}"
    )
    assert (404, "notFound", f"No such object: {BUCKET}/a") == storage.error(gone)


def test_what_is_not_there_is_not_found(storage: Storage) -> None:
    """A bucket, an object; also one that was deleted."""
    storage.upload("a", b"1")
    storage.call("DELETE", f"b/{BUCKET}/o/a")

    answers = [
        storage.send("GET", "/storage/storage/v1/b/nobodys"),
        storage.send("GET", f"/storage/storage/v1/b/{BUCKET}/o/a"),
        storage.send("DELETE", f"/storage/storage/v1/b/{BUCKET}/o/a"),
    ]

    assert [(404, "notFound")] * 3 == [storage.error(each)[:2] for each in answers]
    assert "The specified bucket does not exist." == storage.error(answers[0])[2]


def test_bytes_that_are_not_those_that_were_hashed_are_refused(storage: Storage) -> None:
    """And nothing is stored."""
    body = multipart(b'{"name": "a", "md5Hash": "AAAAAAAAAAAAAAAAAAAAAA=="}', DATA, b"\r\n")

    answer = storage.send(
        "POST", UPLOAD, body, "uploadType=multipart", content_type="multipart/related; boundary=of"
    )

    assert 400 == answer.status
    assert find_object(storage.world, BUCKET, "a") is None


def test_a_buckets_name_is_the_whole_worlds(storage: Storage) -> None:
    """And is written in lower case."""
    storage.call("POST", "b", "project=shop", name="shop-more", location="us-west1")

    names = [each["name"] for each in storage.call("GET", "b", "project=shop")["items"]]
    assert ["shop-more", BUCKET] == names
    for name, status in ((BUCKET, 409), ("Shop", 400)):
        body = json.dumps({"name": name}).encode()
        assert status == storage.send("POST", "/storage/storage/v1/b", body, "project=shop").status


def test_the_checksum_is_castagnolis(storage: Storage) -> None:
    """RFC 3720, B.4; of many bytes it is there at once."""
    stored = json.loads(storage.upload("zeros", bytes(32)).body)
    assert 0x8A9136AA == int.from_bytes(base64.b64decode(stored["crc32c"]), "big")
    begun = time.process_time()
    storage.upload("many", bytes(20 * 2**20))
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("name", ["..", "a%0Ab", "a%0Db", "a" * 1025])
def test_a_name_that_is_none_is_refused(storage: Storage, name: str) -> None:
    """Of 1024 bytes it is one."""
    assert 400 == storage.upload(name, b"").status
    assert 200 == storage.upload("a" * 1024, b"").status


def test_a_type_is_no_header_more(storage: Storage) -> None:
    """What holds a line's end could not be answered any more."""
    answer = storage.send(
        "POST", f"/upload/storage/v1/b/{BUCKET}/o", b"", "uploadType=media&name=a", content_type="a\r\nB: c"
    )
    assert 400 == answer.status


def test_an_upload_in_pieces_has_an_end(storage: Storage) -> None:
    """Of what is larger than an object may be here, nothing is kept."""
    begun = storage.send("POST", f"/upload/storage/v1/b/{BUCKET}/o", b"", "uploadType=resumable&name=a")
    query, most = begun.headers["location"].partition("?")[2], service.largest_body

    sent = storage.send("PUT", f"/upload/storage/v1/b/{BUCKET}/o", b"12", query, content_range="bytes 0-1/*")
    assert 308 == sent.status
    service.largest_body = 3
    try:
        more = storage.send(
            "PUT", f"/upload/storage/v1/b/{BUCKET}/o", b"34", query, content_range="bytes 2-3/*"
        )
    finally:
        service.largest_body = most
    assert 400 == more.status


@pytest.mark.parametrize("version", ["abc", "-1", "2", "9" * 5000])
def test_a_policy_of_no_version_is_refused(storage: Storage, version: str) -> None:
    """And not failed at."""
    path = f"/storage/storage/v1/b/{BUCKET}/iam"
    assert 400 == storage.send("GET", path, b"", f"optionsRequestedPolicyVersion={version}").status
