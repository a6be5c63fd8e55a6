"""`strongroom trail verify`, `search`, `tail`, `usage` and `keys`: over what a server delivers, while it runs, stopped, and
over a copy of it elsewhere."""

import gzip
import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from server import BINARY, REGION, Server

ACCOUNT = "111122223333"
BUCKET = "strongroom-trail"
BASE = f"AWSLogs/{ACCOUNT}"


def trail(*arguments, ok=True) -> str:
    command = [str(BINARY), "trail", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout if ok else done.stdout + done.stderr


def advance(server: Server, by: str) -> None:
    command = [str(BINARY), "clock", "advance", by, "--data", str(server.data)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """A server with some hours of a trail. It runs."""
    folder = tmp_path_factory.mktemp("trail")
    config = folder / "config.toml"
    config.write_text(f'[trail]\nanchor_file = "{folder}/anchors"\n')
    server = Server(folder / "data", options=("--dev-clock", "--config", str(config)))
    server.start()
    kms = server.client()
    server.key = kms.create_key()["KeyMetadata"]["Arn"]
    for _ in range(3):
        blob = kms.encrypt(KeyId=server.key, Plaintext=b"x")["CiphertextBlob"]
        kms.decrypt(CiphertextBlob=blob)
        trail("flush", "--data", server.data)
        advance(server, "1h")
        trail("flush", "--data", server.data)
    with pytest.raises(ClientError):
        kms.describe_key(KeyId="1234abcd-12ab-34cd-56ef-1234567890ab")
    kms.encrypt(KeyId=server.key, Plaintext=b"x")
    trail("flush", "--data", server.data)
    server.anchors = folder / "anchors"
    yield server
    server.kill()


@pytest.fixture
def copy(delivered, tmp_path):
    """A copy of the bucket and the public keys, as an auditor has them."""
    bucket = tmp_path / "copy"
    shutil.copytree(delivered.data / "trail" / BUCKET, bucket)
    keys = tmp_path / "keys.json"
    keys.write_text(trail("keys", "--data", delivered.data))
    return bucket, keys


def logs(bucket: Path) -> list:
    return sorted((bucket / BASE / "CloudTrail").rglob("*.json.gz"))


def digests(bucket: Path) -> list:
    return sorted((bucket / BASE / "CloudTrail-Digest" / REGION).rglob("*.json.gz"))


def verify(copy, *options, ok=True) -> dict:
    bucket, keys = copy
    return json.loads(trail("verify", "--directory", bucket, "--keys", keys, "--json", *options, ok=ok))


def findings(copy, *options) -> list:
    report = verify(copy, *options, ok=False)
    assert report["sound"] is False
    found = [finding for of in report["trails"] for finding in of["findings"]]
    return [(finding["kind"], Path(finding["object"]).name) for finding in found]


def test_a_running_servers_trail_is_sound(delivered):
    out = trail("verify", "--data", delivered.data)
    assert "sound: " in out.splitlines()[-1] and "NOT SOUND" not in out, out
    assert "note" not in out, out
    report = json.loads(trail("verify", "--data", delivered.data, "--json"))
    assert report["sound"] is True
    home = [of for of in report["trails"] if of["region"] == REGION]
    assert len(home) == 1 and home[0]["trail"] == "strongroom" and home[0]["digests"] >= 3
    assert home[0]["logFiles"] >= 3 and home[0]["records"] >= 7 and home[0]["pending"]


def test_a_copy_is_verified_without_the_server(copy):
    report = verify(copy)
    assert report["sound"] is True
    assert all("anchor" in of["notes"][0] for of in report["trails"])
    assert "--keys" in trail("verify", "--directory", copy[0], ok=False)
    assert "no directory" in trail("verify", "--directory", copy[0] / "no", "--keys", copy[1], ok=False)


def test_a_changed_or_removed_log_file_is_the_first_finding(copy):
    changed, removed = logs(copy[0])[:2]
    body = json.loads(gzip.decompress(changed.read_bytes()))
    body["Records"].pop()
    changed.write_bytes(gzip.compress(json.dumps(body).encode()))
    removed.unlink()
    assert findings(copy) == [("logAltered", changed.name), ("logMissing", removed.name)]
    out = trail("verify", "--directory", copy[0], "--keys", copy[1], ok=False)
    lines = [line.strip() for line in out.splitlines()]
    assert next(line for line in lines if line.startswith("FIRST")).endswith(changed.name)
    assert lines[-1] == "NOT SOUND: 2 findings"


def test_a_changed_or_removed_digest_is_found(copy):
    middle = digests(copy[0])[1]
    kept = middle.read_bytes()
    text = gzip.decompress(kept).decode()
    middle.write_bytes(gzip.compress(text.replace("SHA256withRSA", "SHA256withRSB").encode()))
    assert ("digestSignature", middle.name) in findings(copy)
    middle.unlink()
    assert findings(copy) == [("digestMissing", middle.name)]


def test_a_truncated_trail_is_found_by_the_anchor_alone(copy, delivered):
    for digest in digests(copy[0])[-1:]:
        digest.unlink()
    start = digest.name.split("_")[-1][:11]
    for log in logs(copy[0]):
        if log.name.split("_")[3][:11] >= start:
            log.unlink()
    options = ("--region", REGION)
    pruned = json.loads(
        trail("verify", "--directory", copy[0], "--keys", copy[1], "--json", *options, ok=True)
    )
    assert pruned["sound"] is True
    found = findings(copy, "--anchor", delivered.anchors, *options)
    assert ("truncated", digest.name) in found
    forged = copy[0].parent / "forged"
    forged.write_text(delivered.anchors.read_text().replace('"account":"1', '"account":"2'))
    out = trail("verify", "--directory", copy[0], "--keys", copy[1], "--anchor", forged, ok=False)
    assert "signature" in out and "line 1" in out


def test_a_stopped_servers_store_knows_the_head(tmp_path):
    server = Server(tmp_path / "data", options=("--dev-clock",)).start()
    try:
        server.client().create_key()
        trail("flush", "--data", server.data)
        advance(server, "2h")
        trail("flush", "--data", server.data)
    finally:
        server.terminate()
    assert "sound" in trail("verify", "--data", server.data)
    newest = digests(server.data / "trail" / BUCKET)[-1]
    newest.unlink()
    Path(f"{newest}.metadata").unlink()
    out = trail("verify", "--data", server.data, ok=False)
    assert newest.name in out and "taken away" in out


def test_events_are_searched(delivered, copy):
    data = ("--data", delivered.data)
    of_key = trail("search", *data, "--key", delivered.key, "--json").splitlines()
    records = [json.loads(line) for line in of_key]
    assert {record["eventName"] for record in records} == {"CreateKey", "Encrypt", "Decrypt"}
    times = [record["eventTime"] for record in records]
    assert times == sorted(times, reverse=True)
    by_id = trail("search", *data, "--key", delivered.key.rsplit("/", 1)[1], "--json").splitlines()
    assert by_id == of_key
    encrypts = trail("search", *data, "--operation", "Encrypt", "--limit", "2", "--json").splitlines()
    assert len(encrypts) == 2
    assert all(json.loads(line)["eventName"] == "Encrypt" for line in encrypts)
    failed = trail("search", *data, "--outcome", "error", "--json").splitlines()
    assert [json.loads(line)["errorCode"] for line in failed] == ["NotFoundException"]
    wanted = records[0]["requestID"]
    assert trail("search", *data, "--request-id", wanted, "--json").splitlines() == of_key[:1]
    root = trail("search", *data, "--principal", f"arn:aws:iam::{ACCOUNT}:root", "--json").splitlines()
    assert set(of_key) <= set(root)
    assert trail("search", *data, "--principal", "nobody").splitlines()[1:] == []
    # A copy has no index, and the same events.
    directory = ("--directory", copy[0])
    assert trail("search", *directory, "--key", delivered.key, "--json").splitlines() == of_key
    table = trail("search", *data, "--key", delivered.key).splitlines()
    assert table[0].split() == ["TIME", "OPERATION", "OUTCOME", "WHO", "ON", "FROM"]
    assert len(table) == len(of_key) + 1 and " Encrypt " in table[1] and " ok " in table[1]


def test_uses_of_a_key_are_counted(delivered):
    lines = trail("usage", delivered.key, "--data", delivered.data, "--json").splitlines()
    counts = {}
    for line in map(json.loads, lines):
        assert line["key"] == delivered.key and line["refused"] == 0
        counts[line["operation"]] = counts.get(line["operation"], 0) + line["served"]
    assert counts == {"CreateKey": 1, "Encrypt": 4, "Decrypt": 3}
    table = trail("usage", delivered.key.rsplit("/", 1)[1], "--data", delivered.data)
    assert delivered.key in table and "Decrypt" in table
    assert "no event" in trail("usage", "nothing", "--data", delivered.data)


def test_the_tail_follows(delivered):
    assert len(trail("tail", "-n", "3", "--data", delivered.data).splitlines()) == 3
    command = [str(BINARY), "trail", "tail", "-f", "-n", "0", "--json", "--data", str(delivered.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        time.sleep(2)
        request = delivered.client().describe_key(KeyId=delivered.key)["ResponseMetadata"]["RequestId"]
        trail("flush", "--data", delivered.data)
        told = json.loads(following.stdout.readline())
        following.kill()
    assert (told["eventName"], told["requestID"]) == ("DescribeKey", request)


def test_keys_are_those_of_digests(delivered, copy):
    keys = json.loads(copy[1].read_text())["PublicKeyList"]
    digest = json.loads(gzip.decompress(digests(copy[0])[0].read_bytes()))
    assert digest["digestPublicKeyFingerprint"] in {key["Fingerprint"] for key in keys}
    other = copy[0].parent / "other.json"
    other.write_text('{"PublicKeyList": []}')
    assert "no public keys" in trail("verify", "--directory", copy[0], "--keys", other, ok=False)
