"""Who is asking: Signature Version 4 in headers and in the query, and everything wrong with it.

KMS answers in JSON with HTTP 400, STS in XML with HTTP 403.
"""

import datetime
import re

import pytest
from botocore.exceptions import ClientError

from server import OTHER_REGION, REGION
from wire import Reply, Request, kms_request, sts_request

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)
UNKNOWN = "The security token included in the request is invalid."


def minutes_from_now(minutes: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)


def kms_refuses(reply: Reply, code: str, message: str | re.Pattern | None = None) -> None:
    assert (reply.status, reply.code) == (400, code), reply
    assert reply.headers["content-type"].startswith("application/x-amz-json-1.1")
    assert reply.headers["x-amzn-requestid"]
    matches(reply.message, message)


def sts_refuses(reply: Reply, code: str, message: str | re.Pattern | None = None) -> None:
    assert (reply.status, reply.code) == (403, code), reply
    assert reply.headers["content-type"].startswith("text/xml")
    assert re.search(rb"<RequestId>[0-9a-f-]{36}</RequestId>", reply.body)
    matches(reply.message, message)


def matches(text: str, expected: str | re.Pattern | None) -> None:
    if isinstance(expected, re.Pattern):
        assert expected.search(text), text
    elif expected is not None:
        assert text == expected


def without_signature(request: Request) -> Request:
    del request.headers["Authorization"]
    return request


def with_authorization(request: Request, old: str, new: str) -> Request:
    """The request with part of its `Authorization` replaced."""
    header = request.headers["Authorization"]
    if isinstance(header, bytes):
        header = header.decode()
    assert re.search(old, header)
    request.headers["Authorization"] = re.sub(old, new, header)
    return request


class TestSigned:
    def test_what_botocore_signs_is_accepted(self, server):
        reply = kms_request(server).send(server)
        assert reply.status == 200
        assert set(reply.json) == {"Keys", "Truncated"}

    def test_identity(self, server, account):
        reply = sts_request(server).send(server)
        assert reply.status == 200
        assert f"<Arn>arn:aws:iam::{account}:root</Arn>" in reply.body.decode()

    @pytest.mark.parametrize("region", [REGION, OTHER_REGION, "ap-southeast-2"])
    def test_any_region_is_served(self, server, region):
        assert kms_request(server, region=region).send(server).status == 200

    def test_the_date_is_told_for_clients_that_correct_their_clock(self, server):
        reply = kms_request(server, at=minutes_from_now(60)).send(server)
        told = datetime.datetime.strptime(reply.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")
        told = told.replace(tzinfo=datetime.timezone.utc)
        assert abs(told - minutes_from_now(0)) < datetime.timedelta(seconds=30)

    def test_signed_headers_with_odd_spaces(self, server):
        request = kms_request(server, headers={"X-Amz-Meta": "a   b  c"})
        assert request.send(server).status == 200


class TestWrongCredentials:
    def test_wrong_secret(self, server):
        access_key, secret = server.credentials()
        wrong = (access_key, secret[:-1] + ("A" if secret[-1] != "A" else "B"))
        kms_refuses(kms_request(server, credentials=wrong).send(server), "InvalidSignatureException", MISMATCH)
        sts_refuses(sts_request(server, credentials=wrong).send(server), "SignatureDoesNotMatch", MISMATCH)

    def test_wrong_secret_as_a_client_shows_it(self, server):
        with pytest.raises(ClientError) as caught:
            server.client(secret="wrong" * 8).list_keys()
        assert caught.value.response["Error"] == {
            "Code": "InvalidSignatureException",
            "Message": MISMATCH,
        }

    def test_unknown_access_key(self, server):
        unknown = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        kms_refuses(kms_request(server, credentials=unknown).send(server), "UnrecognizedClientException", UNKNOWN)
        sts_refuses(sts_request(server, credentials=unknown).send(server), "InvalidClientTokenId", UNKNOWN)

    def test_a_session_token_that_was_never_given(self, server):
        request = kms_request(server, headers={"X-Amz-Security-Token": "never given"})
        kms_refuses(request.send(server), "UnrecognizedClientException", UNKNOWN)

    def test_no_signature(self, server):
        reply = without_signature(kms_request(server)).send(server)
        kms_refuses(reply, "MissingAuthenticationTokenException")
        reply = without_signature(sts_request(server)).send(server)
        sts_refuses(reply, "MissingAuthenticationToken")


class TestMalformed:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (r"^AWS4-HMAC-SHA256 .*$", "AWS4-HMAC-SHA256"),
            (r"Credential=[^,]*, ", ""),
            (r"SignedHeaders=[^,]*, ", ""),
            (r", Signature=.*$", ""),
            (r"Credential=[^,]*", "Credential=AKIAIOSFODNN7EXAMPLE"),
            (r"Signature=.*$", "Signature="),
            (r"SignedHeaders=[^,]*", "SignedHeaders="),
        ],
    )
    def test_an_authorization_with_a_part_missing(self, server, old, new):
        request = with_authorization(kms_request(server), old, new)
        reply = request.send(server)
        assert reply.status == 400
        assert reply.code in {"IncompleteSignatureException", "InvalidSignatureException"}, reply

    @pytest.mark.parametrize("header", ["", "Basic dXNlcjpwYXNz", "AWS AKID:sig", "Bearer x", "\t"])
    def test_another_scheme(self, server, header):
        request = kms_request(server)
        request.headers["Authorization"] = header
        reply = request.send(server)
        assert reply.status == 400
        assert reply.code in {"IncompleteSignatureException", "MissingAuthenticationTokenException"}

    def test_no_date(self, server):
        request = kms_request(server)
        del request.headers["X-Amz-Date"]
        assert request.send(server).status == 400

    def test_a_signature_altered_anywhere(self, server):
        for at in [0, 31, 63]:
            request = kms_request(server)
            header = request.headers["Authorization"]
            header = header.decode() if isinstance(header, bytes) else header
            signature = header[-64:]
            digit = "0" if signature[at] != "0" else "1"
            altered = signature[:at] + digit + signature[at + 1 :]
            request.headers["Authorization"] = header[:-64] + altered
            kms_refuses(request.send(server), "InvalidSignatureException", MISMATCH)

    def test_headers_that_decide_must_be_signed(self, server):
        request = with_authorization(kms_request(server), ";x-amz-target", "")
        assert request.send(server).status == 400
        request = with_authorization(kms_request(server), "host;", "")
        assert request.send(server).status == 400


class TestTampering:
    def test_body(self, server):
        request = kms_request(server, body={"Limit": 10})
        request.body = request.body.replace(b"10", b"11")
        kms_refuses(request.send(server), "InvalidSignatureException", MISMATCH)

    def test_operation(self, server):
        request = kms_request(server)
        request.headers["X-Amz-Target"] = "TrentService.CreateKey"
        kms_refuses(request.send(server), "InvalidSignatureException", MISMATCH)
        assert server.client().list_keys()["Keys"] == []

    def test_host(self, server):
        request = kms_request(server)
        request.headers["Host"] = "kms.eu-west-2.amazonaws.com"
        kms_refuses(request.send(server), "InvalidSignatureException", MISMATCH)

    def test_query(self, server):
        request = kms_request(server)
        request.path = "/?added=1"
        kms_refuses(request.send(server), "InvalidSignatureException", MISMATCH)


class TestScope:
    def test_another_service(self, server):
        reply = kms_request(server, scope="s3").send(server)
        text = re.compile("Credential should be scoped to correct service")
        kms_refuses(reply, "InvalidSignatureException", text)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("/aws4_request", "/aws3_request"),
            (r"/\d{8}/", "/20200101/"),
            (f"/{REGION}/", f"/{OTHER_REGION}/"),
        ],
    )
    def test_a_scope_that_was_not_signed(self, server, old, new):
        reply = with_authorization(kms_request(server), old, new).send(server)
        kms_refuses(reply, "InvalidSignatureException")

    def test_what_is_no_region(self, server):
        reply = kms_request(server, region="not a region").send(server)
        assert reply.status == 400
        assert reply.code in {"InvalidSignatureException", "IncompleteSignatureException"}


class TestClock:
    @pytest.mark.parametrize("minutes", [-4.5, 4.5])
    def test_within_five_minutes(self, server, minutes):
        assert kms_request(server, at=minutes_from_now(minutes)).send(server).status == 200

    def test_late(self, server):
        at = minutes_from_now(-6)
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        text = re.compile(
            rf"^Signature expired: {stamp} is now earlier than \d{{8}}T\d{{6}}Z "
            r"\(\d{8}T\d{6}Z - 5 min\.\)$"
        )
        kms_refuses(kms_request(server, at=at).send(server), "InvalidSignatureException", text)

    def test_early(self, server):
        at = minutes_from_now(6)
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        text = re.compile(
            rf"^Signature not yet current: {stamp} is still later than \d{{8}}T\d{{6}}Z "
            r"\(\d{8}T\d{6}Z \+ 5 min\.\)$"
        )
        kms_refuses(kms_request(server, at=at).send(server), "InvalidSignatureException", text)

    def test_sts(self, server):
        at = minutes_from_now(-20)
        reply = sts_request(server, at=at).send(server)
        sts_refuses(reply, "SignatureDoesNotMatch", re.compile("^Signature expired: "))


class TestPresigned:
    def test_kms(self, server):
        request = kms_request(server, presign=60)
        assert "Authorization" not in request.headers
        assert "X-Amz-Signature=" in request.path
        assert request.send(server).status == 200

    def test_the_body_is_covered(self, server):
        # botocore signs an empty body here and moves the members into the query string.
        request = kms_request(server, body={"Limit": 10}, presign=60)
        request.body = b'{"Limit":11}'
        request.headers["Content-Length"] = str(len(request.body))
        kms_refuses(request.send(server), "InvalidSignatureException", MISMATCH)

    def test_sts_as_others_use_it_for_login(self, server, account):
        url = server.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
        request = Request("GET", url.removeprefix(server.url), {}, b"")
        reply = request.send(server)
        assert reply.status == 200, reply
        assert f"<Arn>arn:aws:iam::{account}:root</Arn>" in reply.body.decode()
        request.path += "&Extra=1"
        sts_refuses(request.send(server), "SignatureDoesNotMatch", MISMATCH)

    def test_it_expires(self, server):
        request = kms_request(server, presign=60, at=minutes_from_now(-2))
        kms_refuses(request.send(server), "InvalidSignatureException", re.compile("expired"))

    def test_it_outlives_the_skew_of_headers(self, server):
        request = kms_request(server, presign=3600, at=minutes_from_now(-30))
        assert request.send(server).status == 200

    def test_both_forms_at_once(self, server):
        request = kms_request(server, presign=60)
        request.headers["Authorization"] = kms_request(server).headers["Authorization"]
        assert request.send(server).status == 400


def test_nothing_secret_was_printed(server):
    """Runs last: all of the above went through the log of this server."""
    _, secret = server.credentials()
    printed = server.printed()
    assert secret not in printed
    assert "Signature=" not in printed
