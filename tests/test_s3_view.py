"""The buckets of the trail, read with the AWS CLI and boto3 as those of S3 are."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

import people
from server import REGION, Server

BUCKET = "strongroom-trail"
ACCOUNT = "111122223333"
BASE = f"AWSLogs/{ACCOUNT}"
DIGEST = f"{BASE}/CloudTrail-Digest/{REGION}/2026/11/22/{ACCOUNT}_CloudTrail-Digest_{REGION}_a.json.gz"
BODY = gzip.compress(json.dumps({"Records": []}).encode())


def put(server: Server, key: str, body: bytes, metadata: dict | None = None) -> None:
    """As the server itself delivers."""
    path = server.data / "trail" / BUCKET / key
    path.parent.mkdir(parents=True, exist_ok=True)
    if metadata:
        Path(f"{path}.metadata").write_text(json.dumps(metadata))
    path.write_bytes(body)


@pytest.fixture(scope="module")
def filled(server):
    signature = {"signature": "ab" * 256, "signature-algorithm": "SHA256withRSA"}
    put(server, DIGEST, BODY, signature)
    for day in ("21", "22"):
        for number in range(6):
            put(server, f"{BASE}/CloudTrail/{REGION}/2026/11/{day}/{number}.json.gz", b"%d" % number)
    put(server, "AWSLogs/444455556666/CloudTrail/secret.json.gz", b"theirs")
    (server.data / "trail" / BUCKET / BASE / "link").symlink_to(server.data / "root.key")
    return server


@pytest.fixture(scope="module")
def s3(filled):
    return filled.client("s3")


def code(error) -> str:
    return error.value.response["Error"]["Code"]


def status(error) -> int:
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_bucket_has_a_place(s3):
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] in {None, REGION}
    assert s3.head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_an_object_comes_with_its_metadata(s3):
    got = s3.get_object(Bucket=BUCKET, Key=DIGEST)
    assert got["Body"].read() == BODY
    assert got["Metadata"] == {"signature": "ab" * 256, "signature-algorithm": "SHA256withRSA"}
    assert got["ETag"] == f'"{hashlib.md5(BODY).hexdigest()}"'
    assert (got["ContentLength"], got["ContentType"]) == (len(BODY), "application/json")
    head = s3.head_object(Bucket=BUCKET, Key=DIGEST)
    for name in ("ETag", "ContentLength", "ContentType", "ContentEncoding", "LastModified", "Metadata"):
        assert head[name] == got[name]
    part = s3.get_object(Bucket=BUCKET, Key=DIGEST, Range="bytes=1-3")
    assert (part["Body"].read(), part["ContentRange"]) == (BODY[1:4], f"bytes 1-3/{len(BODY)}")
    for change in ({"IfNoneMatch": got["ETag"]}, {"IfMatch": '"other"'}):
        with pytest.raises(ClientError) as refused:
            s3.get_object(Bucket=BUCKET, Key=DIGEST, **change)
        assert status(refused) in {304, 412}


def test_listings_are_paginated_by_the_sdk(s3):
    for operation in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(operation)
        found = pages.paginate(Bucket=BUCKET, Prefix=f"{BASE}/", PaginationConfig={"PageSize": 5})
        keys = [content["Key"] for page in found for content in page["Contents"]]
        assert len(keys) == 13 and keys == sorted(keys), operation
        found = pages.paginate(
            Bucket=BUCKET, Prefix=f"{BASE}/CloudTrail/{REGION}/2026/11/", Delimiter="/",
            PaginationConfig={"PageSize": 1},
        )
        days = [group["Prefix"] for page in found for group in page.get("CommonPrefixes", [])]
        assert [day[-3:] for day in days] == ["21/", "22/"], operation
    content = s3.list_objects_v2(Bucket=BUCKET, Prefix=DIGEST, FetchOwner=True)["Contents"][0]
    assert (content["Key"], content["Size"], content["StorageClass"]) == (DIGEST, len(BODY), "STANDARD")
    assert len(content["Owner"]["ID"]) == 64
    assert s3.get_object(Bucket=BUCKET, Key=DIGEST)["LastModified"] == content["LastModified"]


def test_presigned_urls_are_good_for_their_time(s3, filled):
    url = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": DIGEST}, ExpiresIn=60)
    target = url.split(str(filled.port), 1)[1]
    answer = ask(filled, "GET", target)
    assert (answer.status, answer.read()) == (200, BODY)
    answer = ask(filled, "GET", target.replace("Expires=60", "Expires=61"))
    assert answer.status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in answer.read()


def ask(server: Server, method: str, target: str, headers: dict | None = None):
    connection = server.connection(timeout=10)
    connection.request(method, target, headers=headers or {})
    return connection.getresponse()


@pytest.mark.parametrize(
    "operation, arguments, expected",
    [
        ("get_object", {"Bucket": BUCKET, "Key": f"{BASE}/none"}, "NoSuchKey"),
        ("get_object", {"Bucket": BUCKET, "Key": f"{BASE}/../444455556666/CloudTrail/secret.json.gz"}, "NoSuchKey"),
        ("get_object", {"Bucket": BUCKET, "Key": f"{BASE}/link"}, "NoSuchKey"),
        ("get_object", {"Bucket": BUCKET, "Key": f"{DIGEST}.metadata"}, "NoSuchKey"),
        ("get_object", {"Bucket": BUCKET, "Key": f"{BASE}/\x01"}, "NoSuchKey"),
        ("get_object", {"Bucket": BUCKET, "Key": f"{BASE}/" + "a" * 1024}, "KeyTooLongError"),
        ("get_object", {"Bucket": BUCKET, "Key": "../../root.key"}, "AccessDenied"),
        ("get_object", {"Bucket": BUCKET, "Key": "AWSLogs/444455556666/CloudTrail/secret.json.gz"}, "AccessDenied"),
        ("list_objects", {"Bucket": BUCKET}, "AccessDenied"),
        ("list_objects", {"Bucket": BUCKET, "Prefix": "AWSLogs/4444"}, "AccessDenied"),
        ("list_objects", {"Bucket": "no-such-bucket"}, "NoSuchBucket"),
        ("get_bucket_acl", {"Bucket": BUCKET}, "NotImplemented"),
        ("put_object", {"Bucket": BUCKET, "Key": DIGEST, "Body": b"x"}, "MethodNotAllowed"),
        ("delete_object", {"Bucket": BUCKET, "Key": DIGEST}, "MethodNotAllowed"),
        ("delete_bucket", {"Bucket": BUCKET}, "MethodNotAllowed"),
    ],
)
def test_refusals_are_s3s(s3, operation, arguments, expected):
    with pytest.raises(ClientError) as refused:
        getattr(s3, operation)(**arguments)
    assert code(refused) == expected
    assert refused.value.response["ResponseMetadata"]["RequestId"]
    assert s3.get_object(Bucket=BUCKET, Key=DIGEST)["Body"].read() == BODY


@pytest.mark.parametrize(
    "target",
    [
        f"/{BUCKET}/{BASE}/../444455556666/CloudTrail/secret.json.gz",
        f"/{BUCKET}/{BASE}/%2e%2e/444455556666/CloudTrail/secret.json.gz",
        f"/{BUCKET}/{BASE}/..%2f444455556666/CloudTrail/secret.json.gz",
        f"/{BUCKET}/..%2f..%2froot.key",
        "/../root.key",
        "/%2e%2e/root.key",
        f"/{BUCKET}/{BASE}/x%00",
        f"/{BUCKET}/%zz",
        f"//{BUCKET}",
        f"/{BUCKET}?prefix=%ff",
    ],
)
def test_no_path_leads_elsewhere(filled, target):
    answer = ask(filled, "GET", target)
    assert answer.status in {400, 403, 404}
    body = answer.read()
    assert b"<Error><Code>" in body and b"theirs" not in body and b"root key" not in body
    # A HEAD has the headers of its answer and no body, also when it is refused.
    answer = ask(filled, "HEAD", target)
    assert answer.status in {400, 403, 404} and answer.read() == b""


def test_permissions_are_asked(filled, s3):
    iam = filled.client("iam")
    ann = people.user(filled, iam)
    with pytest.raises(ClientError) as refused:
        ann.client("s3").get_object(Bucket=BUCKET, Key=DIGEST)
    assert code(refused) == "AccessDenied"
    assert "s3:GetObject on resource: \"arn:aws:s3:::strongroom-trail/AWSLogs/" in str(refused.value)
    allowed = people.document(
        people.allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/{BASE}/CloudTrail-Digest/*"),
        people.allow("s3:GetBucketLocation", f"arn:aws:s3:::{BUCKET}"),
    )
    iam.put_user_policy(UserName=ann.name, PolicyName="read", PolicyDocument=allowed)
    client = ann.client("s3")
    assert client.get_object(Bucket=BUCKET, Key=DIGEST)["Body"].read() == BODY
    client.get_bucket_location(Bucket=BUCKET)
    for call in (
        lambda: client.list_objects(Bucket=BUCKET, Prefix=f"{BASE}/"),
        lambda: client.get_object(Bucket=BUCKET, Key=f"{BASE}/CloudTrail-Digest/none"),
    ):
        with pytest.raises(ClientError) as refused:
            call()
        assert code(refused) == "AccessDenied"


def test_the_cli_lists_and_copies(filled, tmp_path):
    def aws(*arguments: str) -> subprocess.CompletedProcess:
        environment = {**os.environ, **filled.environment(), "AWS_PAGER": ""}
        command = [str(Path(sys.executable).parent / "aws"), *arguments]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    listed = aws("s3", "ls", "--recursive", f"s3://{BUCKET}/{BASE}/")
    assert listed.returncode == 0, listed.stderr
    assert len(listed.stdout.splitlines()) == 13 and DIGEST in listed.stdout
    folders = aws("s3", "ls", f"s3://{BUCKET}/{BASE}/")
    assert [line.split()[1] for line in folders.stdout.splitlines()] == ["CloudTrail-Digest/", "CloudTrail/"]
    copied = aws("s3", "cp", f"s3://{BUCKET}/{DIGEST}", "here.gz")
    assert copied.returncode == 0, copied.stderr
    assert (tmp_path / "here.gz").read_bytes() == BODY
    synced = aws("s3", "sync", f"s3://{BUCKET}/{BASE}/CloudTrail/", "logs")
    assert synced.returncode == 0, synced.stderr
    assert len(list((tmp_path / "logs").rglob("*.json.gz"))) == 12
    listed = aws("s3api", "list-objects", "--bucket", BUCKET, "--prefix", f"{BASE}/CloudTrail-Digest")
    assert [content["Key"] for content in json.loads(listed.stdout)["Contents"]] == [DIGEST]
    got = aws("s3api", "get-object", "--bucket", BUCKET, "--key", DIGEST, "there.gz")
    assert json.loads(got.stdout)["Metadata"]["signature"] == "ab" * 256
    refused = aws("s3", "cp", "here.gz", f"s3://{BUCKET}/{BASE}/new")
    assert refused.returncode != 0 and "MethodNotAllowed" in refused.stderr


def test_a_bucket_may_be_elsewhere(filled, tmp_path):
    """One server reads from the other as from any that speaks S3."""
    key, secret = filled.credentials()
    (tmp_path / "secret").write_text(secret + "\n")
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "strongroom.toml").write_text(f"""
        [trail.buckets.{BUCKET}]
        endpoint = "{filled.url}"
        region = "{REGION}"
        access_key_id = "{key}"
        secret_access_key_file = "{tmp_path / 'secret'}"
    """)
    server = Server(tmp_path / "data", options=("--config", str(tmp_path / "strongroom.toml"))).start()
    try:
        client = server.client("s3")
        got = client.get_object(Bucket=BUCKET, Key=DIGEST)
        assert (got["Body"].read(), got["Metadata"]["signature"]) == (BODY, "ab" * 256)
        with pytest.raises(ClientError) as refused:
            client.get_object(Bucket=BUCKET, Key=f"{BASE}/none")
        assert code(refused) == "NoSuchKey"
        pages = client.get_paginator("list_objects").paginate(
            Bucket=BUCKET, Prefix=f"{BASE}/", PaginationConfig={"PageSize": 4}
        )
        assert len([content for page in pages for content in page["Contents"]]) == 13
        grouped = client.list_objects_v2(Bucket=BUCKET, Prefix=f"{BASE}/CloudTrail/", Delimiter="/")
        assert [group["Prefix"] for group in grouped["CommonPrefixes"]] == [f"{BASE}/CloudTrail/{REGION}/"]
        # Its secret is another's business.
        (tmp_path / "secret").write_text("wrong")
        server.restart()
        with pytest.raises(ClientError) as refused:
            client.get_object(Bucket=BUCKET, Key=DIGEST)
        assert code(refused) == "InternalError" and "SignatureDoesNotMatch" in server.printed()
        assert "wrong" not in server.printed()
    finally:
        server.kill()
