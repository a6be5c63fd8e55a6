"""Audit that is buffered: a use is answered before its record is on the disk, which it soon is; what
changes something is not."""

import time

import pytest

from server import DidNotStart, Server

BUFFERED = ("--audit-durability", "buffered")
# What is promised that records take until they are on the disk, and as much again for a busy machine.
SECONDS = 0.2


def uses(server: Server) -> int:
    return sum(event["eventName"] == "Encrypt" for event in server.events())


def test_records_of_a_second_ago_survive_a_kill_and_changes_every_one(tmp_path):
    server = Server(tmp_path / "data", options=BUFFERED).start()
    try:
        assert "audit is buffered" in server.printed()
        kms = server.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        for _ in range(50):
            kms.encrypt(KeyId=key, Plaintext=b"x")
        time.sleep(SECONDS)
        for _ in range(50):
            kms.encrypt(KeyId=key, Plaintext=b"x")
        last = kms.create_key()["KeyMetadata"]["KeyId"]
        server.kill()
        server.start()
        assert kms.describe_key(KeyId=last)["KeyMetadata"]["Enabled"]
        made = [event for event in server.events() if event["eventName"] == "CreateKey"]
        assert len(made) == 2, "a change is answered when its record is on the disk"
        assert 50 <= uses(server) <= 100
    finally:
        server.kill()


def test_a_stop_loses_nothing(tmp_path):
    server = Server(tmp_path / "data", options=BUFFERED).start()
    try:
        kms = server.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        for _ in range(50):
            kms.encrypt(KeyId=key, Plaintext=b"x")
        assert server.terminate() == 0
        server.start()
        assert uses(server) == 50
    finally:
        server.kill()


def test_killed_again_and_again_it_starts_and_no_change_is_lost(tmp_path, slow):
    server = Server(tmp_path / "data", options=BUFFERED).start()
    try:
        keys = []
        for _ in range(20 if slow else 5):
            kms = server.client()
            try:
                for _ in range(10):
                    keys.append(kms.create_key()["KeyMetadata"]["KeyId"])
                    for _ in range(5):
                        kms.encrypt(KeyId=keys[-1], Plaintext=b"x")
            finally:
                server.kill()
            server.start()
        kms = server.client()
        assert all(kms.describe_key(KeyId=key)["KeyMetadata"]["Enabled"] for key in keys)
    finally:
        server.kill()


def test_the_file_says_it_too(tmp_path):
    (tmp_path / "strongroom.toml").write_text('[audit]\ndurability = "buffered"\n')
    options = ("--config", str(tmp_path / "strongroom.toml"))
    server = Server(tmp_path / "data", options=options).start()
    server.kill()
    assert "audit is buffered" in server.printed()
    # The command line wins.
    server = Server(tmp_path / "data", options=(*options, "--audit-durability", "durable")).start()
    server.kill()
    assert server.printed().count("audit is buffered") == 1
    (tmp_path / "strongroom.toml").write_text('[audit]\ndurability = "never"\n')
    with pytest.raises(DidNotStart, match="durability"):
        Server(tmp_path / "data", options=options).start()
