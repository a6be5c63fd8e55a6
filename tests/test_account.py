"""The operator's commands on accounts, with and without a running server."""

import json
import socket
import stat
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

import people
from expect import error_of
from people import allow, document
from server import BINARY, Server


def account(server: Server, *words: str) -> str:
    command = [BINARY, "account", *words, "--data", server.data]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def create(server: Server, *words: str) -> people.Person:
    made = json.loads(account(server, "create", "--json", *words))
    arn = f"arn:aws:iam::{made['AccountId']}:root"
    secret = made["SecretAccessKey"]
    return people.Person(server, arn, made["AccountId"], "root", made["AccessKeyId"], secret)


@pytest.fixture
def server(tmp_path):
    one = Server(tmp_path / "data").start()
    yield one
    one.kill()


def test_a_lost_access_key_is_replaced(server):
    old = server.client()
    key = old.create_key()["KeyMetadata"]["KeyId"]
    blob = old.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    lost, _ = server.credentials()
    assert server.terminate() == 0
    (server.data / "credentials").unlink()

    told = account(server, "reset-access-key")
    server.start()
    new, _ = server.credentials()
    assert new != lost and new in told
    assert server.client().decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept"
    with pytest.raises(ClientError) as refused:
        old.describe_key(KeyId=key)
    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_a_running_server_is_told(server):
    old = server.client()
    old.list_keys()
    account(server, "reset-access-key")
    assert error_of(old.list_keys)["Code"] == "UnrecognizedClientException"
    assert server.client().list_keys()["Keys"] == []
    mode = (server.data / "operator.sock").stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize("running", [True, False])
def test_accounts_are_made(server, running):
    if not running:
        assert server.terminate() == 0
    first = create(server, "--id", "444455556666", "--name", "second one")
    other = create(server)
    listed = json.loads(account(server, "list", "--json"))
    assert {entry["AccountId"] for entry in listed} == {"111122223333", "444455556666", other.id}
    assert "444455556666  second one" in account(server, "list")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        create(server, "--id", "444455556666")
    assert "account 444455556666 is there already" in refused.value.stderr
    with pytest.raises(subprocess.CalledProcessError):
        create(server, "--id", "4444")
    if not running:
        server.start()
    assert first.client("sts").get_caller_identity()["Arn"] == first.arn
    assert other.client("kms").create_key()["KeyMetadata"]["AWSAccountId"] == other.id
    assert first.client("kms").list_keys()["Keys"] == []
    told = json.loads(account(server, "reset-access-key", "--account", first.id, "--json"))
    assert error_of(first.client("kms").list_keys)["Code"] == "UnrecognizedClientException"
    first.access_key, first.secret = told["AccessKeyId"], told["SecretAccessKey"]
    first.client("kms").list_keys()


def test_service_control_policies(server, tmp_path):
    person = create(server, "--id", "444455556666")
    kms = person.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    deny = tmp_path / "deny.json"
    deny.write_text(document({"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}))
    account(server, "scp", "put", "keep", "--policy", str(deny), "--account", person.id)
    refused = error_of(kms.schedule_key_deletion, KeyId=key)
    assert refused["Code"] == "AccessDeniedException"
    assert refused["Message"].endswith("with an explicit deny in a service control policy")
    assert kms.encrypt(KeyId=key, Plaintext=b"x")
    assert account(server, "scp", "list", "--account", person.id).split() == ["FullAWSAccess", "keep"]
    # Without FullAWSAccess only what is allowed is.
    account(server, "scp", "delete", "FullAWSAccess", "--account", person.id)
    assert error_of(kms.encrypt, KeyId=key, Plaintext=b"x")["Message"].endswith(
        "because no service control policy allows the kms:Encrypt action"
    )
    some = tmp_path / "some.json"
    some.write_text(document(allow("kms:Encrypt", "*")))
    account(server, "scp", "put", "some", "--policy", str(some), "--account", person.id)
    kms.encrypt(KeyId=key, Plaintext=b"x")
    # Every level must allow.
    account(server, "scp", "put", "keep", "--policy", str(deny))
    account(server, "scp", "delete", "FullAWSAccess")
    assert error_of(kms.encrypt, KeyId=key, Plaintext=b"x")["Code"] == "AccessDeniedException"
    assert error_of(server.client().list_keys)["Code"] == "AccessDeniedException"
    account(server, "scp", "put", "FullAWSAccess")
    kms.encrypt(KeyId=key, Plaintext=b"x")
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        account(server, "scp", "put", "bad", "--policy", str(bad))
    assert "malformed" in refused.value.stderr


def test_nobody_keeps_the_operator_waiting(server):
    held = []
    for _ in range(20):
        held.append(socket.socket(socket.AF_UNIX))
        held[-1].connect(str(server.data / "operator.sock"))
    begun = time.monotonic()
    assert "111122223333" in account(server, "list")
    assert time.monotonic() - begun < 4
    # Who says nothing is hung up on.
    held[0].settimeout(10)
    assert held[0].recv(1) == b""
    for one in held:
        one.close()
    assert server.terminate() == 0
    assert not (server.data / "operator.sock").exists()
