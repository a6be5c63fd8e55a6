"""Requests below the level of an SDK: signed by botocore, altered at will, sent as they are."""

import datetime
import json
import re
from dataclasses import dataclass, field
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from server import REGION, Server


@dataclass
class Request:
    """What goes on the wire."""

    method: str
    path: str
    headers: dict
    body: bytes

    def send(self, server: Server) -> "Reply":
        connection = server.connection()
        try:
            connection.request(self.method, self.path, body=self.body, headers=self.headers)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, headers, answer.read())
        finally:
            connection.close()


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error's code: the part of `__type` that SDKs look at, or the `Code` of XML."""
        if self.body.lstrip().startswith(b"<"):
            return re.search(r"<Code>([^<]*)</Code>", self.body.decode()).group(1)
        return self.json["__type"].rsplit("#", 1)[-1]

    @property
    def message(self) -> str:
        if self.body.lstrip().startswith(b"<"):
            return re.search(r"<Message>([^<]*)</Message>", self.body.decode()).group(1)
        return self.json.get("message", self.json.get("Message", ""))


def kms_request(server: Server, operation: str = "ListKeys", body=b"{}", **options) -> Request:
    """A signed KMS request; `body` is bytes, or a value to be written as JSON."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"TrentService.{operation}",
    }
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return signed(server, "kms", data, {**headers, **options.pop("headers", {})}, **options)


def sts_request(server: Server, **options) -> Request:
    """A signed `GetCallerIdentity`."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    return signed(server, "sts", body, {**headers, **options.pop("headers", {})}, **options)


def signed(
    server: Server,
    service: str,
    body: bytes,
    headers: dict,
    *,
    credentials=None,
    at: datetime.datetime | None = None,
    region: str = REGION,
    scope: str | None = None,
    method: str = "POST",
    presign: int | None = None,
) -> Request:
    """Signs a request as botocore does.

    `at` is the time it claims, `scope` a service name other than its own, `presign` the seconds for
    which a signature in the query is good.
    """
    headers = {name: value for name, value in headers.items() if value is not None}
    request = AWSRequest(method=method, url=f"{server.url}/", data=body, headers=headers)
    access_key, secret = credentials or server.credentials()
    identity = Credentials(access_key, secret)
    name = scope or service
    if presign is None:
        signer = botocore.auth.SigV4Auth(identity, name, region)
    else:
        signer = botocore.auth.SigV4QueryAuth(identity, name, region, expires=presign)
    now = at or datetime.datetime.now(datetime.timezone.utc)
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda: now):
        signer.add_auth(request)
    prepared = request.prepare()
    path = prepared.url.removeprefix(server.url)
    return Request(method, path, dict(prepared.headers), body)
