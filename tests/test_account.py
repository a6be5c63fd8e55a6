"""The operator's commands on accounts."""

import subprocess

import pytest
from botocore.exceptions import ClientError

from server import BINARY, Server


def reset(server: Server) -> str:
    command = [BINARY, "account", "reset-access-key", "--data", server.data]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_lost_access_key_is_replaced(tmp_path):
    server = Server(tmp_path / "data").start()
    old = server.client()
    key = old.create_key()["KeyMetadata"]["KeyId"]
    blob = old.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    lost, _ = server.credentials()
    assert server.terminate() == 0
    (server.data / "credentials").unlink()

    told = reset(server)
    server.start()
    new, _ = server.credentials()
    assert new != lost and new in told
    assert server.client().decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept"
    with pytest.raises(ClientError) as refused:
        old.describe_key(KeyId=key)
    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"
    server.kill()


def test_a_running_server_keeps_its_access_key(tmp_path):
    server = Server(tmp_path / "data").start()
    with pytest.raises(subprocess.CalledProcessError) as refused:
        reset(server)
    assert "in use" in refused.value.stderr
    assert server.client().list_keys()["Keys"] == []
    server.kill()
