"""Bytes that no client would send. Each is refused, and the server goes on."""

import json
import socket

import pytest

from wire import Request, kms_request, signed

SERIALIZATION = "SerializationException"


@pytest.fixture(autouse=True)
def alive(server, kms, shared_key):
    """After every test the same process still answers."""
    yield
    assert server.process.poll() is None, server.printed()
    assert kms.describe_key(KeyId=shared_key)["KeyMetadata"]["Enabled"]


@pytest.fixture(scope="module")
def shared_key(kms) -> str:
    return kms.create_key()["KeyMetadata"]["KeyId"]


class TestTarget:
    @pytest.mark.parametrize(
        "target",
        [
            "TrentService.NoSuchOperation",
            "TrentService.",
            "TrentService",
            "TrentService.ListKeys.ListKeys",
            "trentservice.ListKeys",
            "TrentService.listkeys",
            "DynamoDB_20120810.ListTables",
            ".",
        ],
    )
    def test_unknown_operation(self, server, target):
        reply = kms_request(server, headers={"X-Amz-Target": target}).send(server)
        assert reply.status in {400, 404}
        assert reply.code == "UnknownOperationException"

    def test_no_target(self, server):
        reply = kms_request(server, headers={"X-Amz-Target": None}).send(server)
        assert reply.status in {400, 404}
        assert reply.code in {"UnknownOperationException", "MissingAuthenticationTokenException"}


class TestBody:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"}",
            b"null",
            b"[]",
            b'"text"',
            b"{'KeyId': 'x'}",
            b'{"KeyId": }',
            b'{"KeyId": "x"} {}',
            b'{"KeyId": "\xff\xfe"}',
            b'{"KeyId": "\\ud800"}',
            b"\x00",
            b"KeyId=x",
        ],
    )
    def test_what_is_no_json_object(self, server, body):
        reply = kms_request(server, "DescribeKey", body).send(server)
        assert (reply.status, reply.code) == (400, SERIALIZATION)

    @pytest.mark.parametrize(
        ("operation", "body"),
        [
            ("DescribeKey", {"KeyId": 5}),
            ("DescribeKey", {"KeyId": ["x"]}),
            ("DescribeKey", {"KeyId": {"x": "y"}}),
            ("DescribeKey", {"KeyId": "x", "GrantTokens": "token"}),
            ("DescribeKey", {"KeyId": "x", "GrantTokens": [5]}),
            ("ListKeys", {"Limit": "many"}),
            ("ListKeys", {"Limit": [1]}),
            ("CreateKey", {"MultiRegion": "maybe"}),
            ("CreateKey", {"Tags": {"TagKey": "a", "TagValue": "b"}}),
            ("CreateKey", {"Tags": ["a"]}),
            ("Encrypt", {"KeyId": "x", "Plaintext": "not base64!"}),
            ("Encrypt", {"KeyId": "x", "Plaintext": "QQ"}),
            ("Encrypt", {"KeyId": "x", "Plaintext": 5}),
            ("Encrypt", {"KeyId": "x", "Plaintext": "QQ==", "EncryptionContext": ["a"]}),
            ("Encrypt", {"KeyId": "x", "Plaintext": "QQ==", "EncryptionContext": {"a": {}}}),
        ],
        ids=lambda value: value if isinstance(value, str) else json.dumps(value)[:40],
    )
    def test_a_member_of_another_type(self, server, operation, body):
        reply = kms_request(server, operation, body).send(server)
        assert (reply.status, reply.code) == (400, SERIALIZATION), reply

    def test_null_is_absence(self, server):
        reply = kms_request(server, "ListKeys", {"Limit": None, "Marker": None}).send(server)
        assert reply.status == 200

    def test_unknown_members_are_ignored(self, server):
        reply = kms_request(server, "ListKeys", {"NoSuchMember": {"deep": [1, 2]}}).send(server)
        assert reply.status == 200

    def test_an_empty_body_is_an_empty_request(self, server):
        assert kms_request(server, "ListKeys", b"").send(server).status in {200, 400}

    @pytest.mark.parametrize(("opening", "closing"), [(b'{"a":', b"}"), (b"[", b"]")])
    def test_deep_nesting(self, server, opening, closing):
        depth = 20_000
        body = b'{"KeyId":' + opening * depth + b"1" + closing * depth + b"}"
        reply = kms_request(server, "DescribeKey", body).send(server)
        assert 400 <= reply.status < 500

    def test_numbers_that_no_integer_holds(self, server):
        for number in [b"1e400", b"-1e400", b"9" * 400, b"1.5", b"NaN"]:
            reply = kms_request(server, "ListKeys", b'{"Limit":' + number + b"}").send(server)
            assert reply.status == 400, (number, reply)

    def test_the_same_member_twice(self, server):
        body = b'{"KeyId":"fake-key-id","KeyId":"also-fake"}'
        assert kms_request(server, "DescribeKey", body).send(server).status == 400

    def test_many_members(self, server, shared_key):
        context = {f"k{n}": "v" for n in range(20_000)}
        body = {"KeyId": shared_key, "Plaintext": "QQ==", "EncryptionContext": context}
        reply = kms_request(server, "Encrypt", body).send(server)
        assert reply.status < 500

    def test_a_body_of_any_size_is_refused_early(self, server):
        """The connection may be closed before all was sent: nobody reads it."""
        body = b'{"KeyId":"' + b"x" * 16_000_000 + b'"}'
        try:
            reply = kms_request(server, "DescribeKey", body).send(server)
        except (ConnectionError, TimeoutError):
            return
        assert reply.status in {400, 413}


class TestHttp:
    @pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/cbor", None])
    def test_another_content_type(self, server, content_type):
        reply = kms_request(server, headers={"Content-Type": content_type}).send(server)
        assert 400 <= reply.status < 500

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
    def test_another_method(self, server, method):
        reply = Request(method, "/", {}, b"").send(server)
        assert 400 <= reply.status < 500
        reply = kms_request(server, method=method).send(server)
        assert 400 <= reply.status < 500

    def test_another_path(self, server):
        headers = kms_request(server).headers
        assert 400 <= Request("POST", "/keys", headers, b"{}").send(server).status < 500

    def test_health_needs_no_signature(self, server):
        assert Request("GET", "/readyz", {}, b"").send(server).status == 200

    @pytest.mark.parametrize(
        "data",
        [
            b"\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
            b"POST / HTTP/1.1\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        ],
        ids=lambda data: repr(data[:24]),
    )
    def test_what_is_no_http(self, server, data):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
            try:
                raw.sendall(data)
                raw.shutdown(socket.SHUT_WR)
                answer = raw.recv(65536)
            except OSError:
                # It was refused before all of it was sent.
                return
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:100]

    def test_idle_connections_hinder_nobody(self, server, kms):
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
        try:
            for connection in idle:
                connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            assert kms.list_keys()["ResponseMetadata"]["HTTPStatusCode"] == 200
        finally:
            for connection in idle:
                connection.close()


class TestSts:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"Action=NoSuchAction&Version=2011-06-15",
            b"Version=2011-06-15",
            b"Action=GetCallerIdentity&Action=GetCallerIdentity&Version=1999-01-01",
            b"%%%=%ff&&&",
            b"a=" * 10_000,
        ],
        ids=lambda body: repr(body[:24]),
    )
    def test_bodies_that_ask_for_nothing_there_is(self, server, body):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = signed(server, "sts", body, headers).send(server)
        assert 400 <= reply.status < 500
