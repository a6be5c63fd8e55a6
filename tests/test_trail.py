"""The audit trail as CloudTrail's own tools see it: `aws cloudtrail validate-logs` over hours of digests and over what
somebody has done to them, beside what `strongroom trail verify` says; events once, whatever is killed."""

import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from server import BINARY, REGION, Server

ACCOUNT = "111122223333"
BUCKET = "strongroom-trail"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/strongroom"
HOURS = 4


def strongroom(*arguments, ok=True) -> str:
    done = subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout + ("" if ok else done.stderr)


def flush(server: Server) -> dict:
    return json.loads(strongroom("trail", "flush", "--data", server.data))


def advance(server: Server, by: str) -> None:
    strongroom("clock", "advance", by, "--data", server.data)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """A server with some hours of a trail, and its bucket's directory as it was written."""
    folder = tmp_path_factory.mktemp("validated")
    server = Server(folder / "data", options=["--dev-clock"]).start()
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for _ in range(HOURS):
        blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        kms.decrypt(CiphertextBlob=blob)
        flush(server)
        advance(server, "1h")
    flush(server)
    shutil.copytree(server.data / "trail" / BUCKET, folder / "whole")
    server.whole = folder / "whole"
    yield server
    server.kill()


@pytest.fixture
def bucket(delivered):
    """The bucket's directory, to be tampered with; afterwards it is as it was."""
    place = delivered.data / "trail" / BUCKET
    yield place
    shutil.rmtree(place)
    shutil.copytree(delivered.whole, place)


def validate(server: Server) -> tuple:
    """What the AWS CLI says of the trail: its exit status and its output."""
    environment = {**os.environ, **server.environment(), "AWS_DEFAULT_REGION": REGION}
    now = datetime.now(timezone.utc)
    command = [str(Path(sys.executable).parent / "aws"), "cloudtrail", "validate-logs", "--trail-arn", ARN, "--region", REGION]
    command += ["--start-time", (now - timedelta(days=1)).isoformat(), "--end-time", (now + timedelta(days=2)).isoformat()]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    return done.returncode, done.stdout + done.stderr


def findings(server: Server, ok=False) -> list:
    told = json.loads(strongroom("trail", "verify", "--data", server.data, "--json", ok=ok).split("\n")[0])
    return [finding["kind"] for trail in told["trails"] for finding in trail["findings"]]


def logs(bucket: Path) -> list:
    return sorted((bucket / "AWSLogs" / ACCOUNT / "CloudTrail" / REGION).rglob("*.json.gz"))


def digests(bucket: Path) -> list:
    return sorted((bucket / "AWSLogs" / ACCOUNT / "CloudTrail-Digest" / REGION).rglob("*.json.gz"))


def rewritten(path: Path, change) -> None:
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes())), mtime=0))


def remove(path: Path) -> None:
    path.unlink()
    Path(f"{path}.metadata").unlink(missing_ok=True)


def test_the_unmodified_cli_validates_hours_of_digests(delivered):
    status, said = validate(delivered)
    assert status == 0, said
    assert f"{HOURS}/{HOURS} digest files valid" in said
    assert re.search(r"(\d+)/\1 log files valid", said), said
    assert strongroom("trail", "verify", "--data", delivered.data).splitlines()[-1].startswith("sound")


TAMPERED = {
    # What was done: what the CLI says, and what `trail verify` finds first.
    "a log file is altered": (
        lambda bucket: rewritten(logs(bucket)[1], lambda text: text.replace(b"Decrypt", b"Encrypt")),
        "INVALID: hash value doesn't match", "logAltered"),
    "a log file is deleted": (lambda bucket: remove(logs(bucket)[1]), "INVALID: not found", "logMissing"),
    "a log file is added": (
        lambda bucket: shutil.copy(logs(bucket)[1], str(logs(bucket)[1]).replace(".json.gz", "X.json.gz")), None, "extra"),
    "a digest is altered": (
        lambda bucket: rewritten(digests(bucket)[1], lambda text: text.replace(b"SHA-256", b"SHA-255", 1)),
        "INVALID: signature verification failed", "digestSignature"),
    "a digest is deleted": (lambda bucket: remove(digests(bucket)[1]), "INVALID: not found", "digestMissing"),
    "a digest is replaced by an older copy": (
        lambda bucket: [shutil.copy(str(digests(bucket)[0]) + end, str(digests(bucket)[1]) + end) for end in ("", ".metadata")],
        "has been moved from its original location", "digestMoved"),
    "a digest's signature is taken away": (
        lambda bucket: Path(f"{digests(bucket)[1]}.metadata").unlink(), "INVALID: signature verification failed", "digestSignature"),
    "the newest digest is deleted": (lambda bucket: remove(digests(bucket)[-1]), None, "truncated"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found(delivered, bucket, what):
    tamper, cli, ours = TAMPERED[what]
    tamper(bucket)
    status, said = validate(delivered)
    if cli is None:
        # The CLI does not see it.
        assert status == 0, said
    else:
        assert (status, cli in said) == (1, True), said
    found = findings(delivered)
    assert ours in found, found


def test_another_key_signs_and_both_are_known(tmp_path):
    server = Server(tmp_path / "data", options=["--dev-clock"]).start()
    try:
        for _ in range(2):
            server.client().list_keys()
            flush(server)
            advance(server, "1h")
            flush(server)
            strongroom("trail", "rotate-key", "--region", REGION, "--data", server.data)
        keys = server.client("cloudtrail").list_public_keys(
            StartTime=datetime.now(timezone.utc) - timedelta(days=1), EndTime=datetime.now(timezone.utc) + timedelta(days=2))
        assert len({key["Fingerprint"] for key in keys["PublicKeyList"]}) == 3
        status, said = validate(server)
        assert (status, "2/2 digest files valid" in said) == (0, True), said
    finally:
        server.kill()


def test_anchors_are_kept_where_the_configuration_says(tmp_path):
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    daemon.bind(str(tmp_path / "log"))
    daemon.settimeout(10)
    config = tmp_path / "config.toml"
    config.write_text(
        f'[trail]\nanchor_file = "{tmp_path}/anchors"\nanchor_syslog = "{tmp_path}/log"\nanchor_bucket = "anchors"\n')
    server = Server(tmp_path / "data", options=["--dev-clock", "--config", str(config)]).start()
    try:
        server.client().list_keys()
        flush(server)
        advance(server, "1h")
        flush(server)
        # The account's own Region, and the server's, in which the account was made.
        lines = (tmp_path / "anchors").read_text().splitlines()
        assert len(lines) == 2 and {json.loads(line)["region"] for line in lines} == {REGION, "us-east-1"}
        told = {daemon.recv(65536).decode().split(" anchor - ")[1] for _ in lines}
        kept = {path.read_text() for path in (server.data / "trail" / "anchors").rglob("*.json")}
        assert told == kept == set(lines)
        with pytest.raises(ClientError) as refused:
            server.client("cloudtrail").create_trail(Name="mine", S3BucketName="anchors")
        assert refused.value.response["Error"]["Code"] == "InsufficientS3BucketPolicyException"
    finally:
        server.kill()


def test_accounts_own_trails_get_what_they_select(own_server):
    kms, trails = own_server.client(), own_server.client("cloudtrail")
    trails.create_trail(Name="writes", S3BucketName="own-logs", S3KeyPrefix="audit", EnableLogFileValidation=True)
    trails.put_event_selectors(TrailName="writes", EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}])
    trails.start_logging(Name="writes")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.describe_key(KeyId=key)
    kms.disable_key(KeyId=key)
    flush(own_server)
    trails.stop_logging(Name="writes")
    kms.enable_key(KeyId=key)
    flush(own_server)
    names = [event["eventName"] for event in events(own_server, "own-logs")]
    assert {"CreateKey", "DisableKey"} <= set(names)
    assert "DescribeKey" not in names and "EnableKey" not in names
    files = own_server.client("s3").list_objects_v2(Bucket="own-logs", Prefix=f"audit/AWSLogs/{ACCOUNT}/CloudTrail/")
    assert files["KeyCount"] >= 1
    assert trails.get_trail_status(Name="writes")["IsLogging"] is False


def events(server: Server, bucket: str = BUCKET) -> list:
    files = sorted((server.data / "trail" / bucket).rglob("*CloudTrail_*.json.gz"))
    found = []
    for file in files:
        found += json.loads(gzip.decompress(file.read_bytes()))["Records"]
    return found


def test_every_event_is_delivered_once_whatever_is_killed(tmp_path, slow):
    """Killed in the middle of deliveries, under load: what was answered is there, and nothing twice."""
    config = tmp_path / "config.toml"
    config.write_text("[trail]\ninterval_seconds = 1\n")
    server = Server(tmp_path / "data", options=["--dev-clock", "--config", str(config)]).start()
    answered, stop = [], threading.Event()

    def load():
        while not stop.is_set():
            try:
                kms = server.client()
                while not stop.is_set():
                    answered.append(kms.list_keys()["ResponseMetadata"]["RequestId"])
                    answered.append(kms.create_key()["ResponseMetadata"]["RequestId"])
            except (BotoCoreError, ClientError, OSError, Exception):
                time.sleep(0.05)

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for kill in range(25 if slow else 6):
            time.sleep(0.9 + 0.13 * (kill % 5))
            # In the middle of a delivery, as a rule.
            flusher = subprocess.Popen([str(BINARY), "trail", "flush", "--data", str(server.data)],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.004 * (kill % 7))
            server.kill()
            flusher.wait()
            server.start()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    flush(server)
    advance(server, "1h")
    flush(server)
    assert server.terminate() == 0
    told = [event["requestID"] for event in events(server) if event.get("requestID")]
    assert len(answered) > 50
    assert set(answered) <= set(told), len(set(answered) - set(told))
    assert len(told) == len(set(told)), "an event is there twice"
    assert findings(server, ok=True) == []


def test_an_unreachable_bucket_holds_requests_back_and_then_loses_nothing(tmp_path):
    """Delivery fails: what waits grows, requests are refused before it is lost, and go on afterwards."""
    config = tmp_path / "config.toml"
    config.write_text("[trail]\ninterval_seconds = 1\nbacklog_mib = 1\n")
    server = Server(tmp_path / "data", options=["--config", str(config)]).start()
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    flush(server)
    place = server.data / "trail" / BUCKET
    place.rename(server.data / "trail" / "away")
    place.write_text("in the way")
    context = {f"{n:03}": "x" * 1000 for n in range(8)}
    served, refused = [], None
    deadline = time.monotonic() + 90
    while refused is None and time.monotonic() < deadline:
        try:
            answer = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=context)
            served.append(answer["ResponseMetadata"]["RequestId"])
        except ClientError as why:
            refused = why
    assert refused is not None and refused.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "audit trail cannot be delivered" in server.printed()
    assert not server.is_ready()
    place.unlink()
    (server.data / "trail" / "away").rename(place)
    while not server.is_ready() and time.monotonic() < deadline:
        time.sleep(0.1)
    kms.list_keys()
    flush(server)
    told = [event["requestID"] for event in events(server) if event.get("requestID")]
    assert set(served) <= set(told) and len(told) == len(set(told))
    server.kill()
