"""Backups of a running server, and what becomes of them."""

import json
import os
import pty
import shutil
import socket
import sqlite3
import stat
import subprocess
import threading
import time

import pytest

import softhsm
from server import BINARY, Server

REFUSED = 1


def strongroom(*arguments, **options) -> subprocess.CompletedProcess:
    command = [str(BINARY), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=120, check=False, **options)


def done(*arguments, **options) -> str:
    """What a command prints that ends well."""
    ended = strongroom(*arguments, **options)
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout.decode()


def refused(*arguments, **options) -> str:
    """What a command complains of."""
    ended = strongroom(*arguments, **options)
    assert ended.returncode == REFUSED, ended.stdout.decode()
    return ended.stderr.decode()


def restored(backup, data, root_key, *options) -> str:
    return done("restore", backup, "--data", data, "--root-key-file", root_key, *options)


class Load:
    """Clients that create keys and encrypt, and what the server acknowledged, with the time."""

    def __init__(self, server, workers: int = 3):
        self.kms = server.client()
        self.acknowledged = []
        self.failures = []
        self.slowest = 0.0
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(n,)) for n in range(workers)]

    def work(self, number: int) -> None:
        try:
            for turn in range(10**6):
                if self.stop.is_set():
                    return
                key = self.kms.create_key()["KeyMetadata"]["KeyId"]
                plaintext = f"{number}-{turn}".encode()
                began = time.monotonic()
                blob = self.kms.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"]
                ended = time.monotonic()
                self.slowest = max(self.slowest, ended - began)
                self.acknowledged.append((ended, blob, plaintext))
        except Exception as failure:
            self.failures.append(failure)

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(60)


@pytest.fixture
def serve():
    """Starts servers on data directories, and ends them."""
    servers = []

    def start(data) -> Server:
        servers.append(Server(data).start())
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


def test_what_was_acknowledged_before_a_backup_is_in_it(own_server, tmp_path, serve):
    backup = tmp_path / "backup"
    with Load(own_server) as load:
        while len(load.acknowledged) < 30:
            assert not load.failures, load.failures
            time.sleep(0.02)
        began = time.monotonic()
        text = done("backup", "--data", own_server.data, "--output", backup)
        while len(load.acknowledged) < 60:
            time.sleep(0.02)
    assert not load.failures, load.failures
    assert "1 account, " in text
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    # Nothing of it is in the clear.
    key_id = own_server.client().list_keys()["Keys"][0]["KeyId"]
    assert key_id.encode() not in backup.read_bytes()

    text = restored(backup, tmp_path / "other", own_server.data / "root.key")
    assert "nothing is wrong with them" in text
    shutil.copy(own_server.data / "credentials", tmp_path / "other/credentials")
    other = serve(tmp_path / "other")
    kms = other.client()
    before = [(blob, plaintext) for ended, blob, plaintext in load.acknowledged if ended < began]
    assert len(before) >= 30
    for blob, plaintext in before:
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == plaintext
    # It goes on, and tells of the restore.
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    told = [event for event in other.events() if event["eventName"] == "RestoreBackup"]
    assert len(told) == 1
    assert told[0]["eventType"] == "AwsServiceEvent"
    assert told[0]["requestParameters"]["backupId"] in text
    assert other.terminate() == 0
    assert "nothing is wrong with them" in done("check", "--data", other.data)
    # The server that the backup was taken of has noticed nothing.
    assert own_server.terminate() == 0
    assert "nothing is wrong with them" in done("check", "--data", own_server.data)


def test_requests_go_on_while_a_backup_is_taken(own_server, tmp_path):
    with Load(own_server) as load:
        while len(load.acknowledged) < 50:
            time.sleep(0.02)
        count = len(load.acknowledged)
        for number in range(5):
            done("backup", "--data", own_server.data, "--output", tmp_path / f"backup-{number}")
        assert len(load.acknowledged) > count
    assert not load.failures, load.failures
    assert load.slowest < 2


def test_a_backup_replaces_nothing_unasked(own_server, tmp_path):
    backup = tmp_path / "backup"
    backup.write_bytes(b"another")
    said = refused("backup", "--data", own_server.data, "--output", backup)
    assert "--force" in said
    assert backup.read_bytes() == b"another"
    done("backup", "--data", own_server.data, "--output", backup, "--force")
    assert backup.read_bytes()[:4] == b"SRBK"
    assert not list(tmp_path.glob("backup.*"))
    # Of a stopped server, and to standard output, it is as good.
    own_server.terminate()
    piped = strongroom("backup", "--data", own_server.data, "--output", "-")
    assert piped.returncode == 0
    assert piped.stdout[:4] == b"SRBK"
    assert not piped.stderr
    text = done(
        "restore", "-", "--data", tmp_path / "other",
        "--root-key-file", own_server.data / "root.key", input=piped.stdout,
    )  # fmt: skip
    assert "restored to" in text


def test_a_bar_is_drawn_on_a_terminal(own_server, tmp_path):
    leader, follower = pty.openpty()
    command = [str(BINARY), "backup", "--data", str(own_server.data), "--output", str(tmp_path / "b")]
    subprocess.run(command, stderr=follower, stdout=subprocess.DEVNULL, timeout=60, check=True)
    os.close(follower)
    assert b"backup [####" in os.read(leader, 65536)
    os.close(leader)


def test_a_damaged_backup_restores_nothing(own_server, tmp_path):
    backup = tmp_path / "backup"
    done("backup", "--data", own_server.data, "--output", backup)
    whole, root_key = backup.read_bytes(), own_server.data / "root.key"
    for damaged in [whole[:-1], whole[: len(whole) // 2], whole + b"\0", b"", whole[:300]]:
        backup.write_bytes(damaged)
        refused("restore", backup, "--data", tmp_path / "other", "--root-key-file", root_key)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data", "data.log"]
    backup.write_bytes(whole)
    assert "--root-key-file" in refused("restore", backup, "--data", tmp_path / "other")
    wrong = Server(tmp_path / "wrong").start()
    wrong.terminate()
    key = wrong.data / "root.key"
    said = refused("restore", backup, "--data", tmp_path / "other", "--root-key-file", key)
    assert "was made under root key" in said
    said = refused("restore", backup, "--data", own_server.data, "--root-key-file", root_key)
    assert "is not empty" in said
    assert not (tmp_path / "other").exists()


def test_a_restore_that_rolls_back_says_so(own_server, tmp_path):
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    backup = tmp_path / "backup"
    done("backup", "--data", own_server.data, "--output", backup)
    lost = kms.create_key()["KeyMetadata"]["KeyId"]
    replace = ("restore", backup, "--data", own_server.data, "--replace")
    assert "in use" in refused(*replace)
    own_server.terminate()
    said = refused(*replace)
    assert "changes since" in said and "--roll-back" in said
    # Without its store, the journal tells.
    store = own_server.data / "store.db"
    store.rename(tmp_path / "store.db")
    assert "of which its journal tells" in refused(*replace)
    (tmp_path / "store.db").rename(store)
    assert own_server.start().client().describe_key(KeyId=lost)
    own_server.terminate()

    text = done(*replace, "--roll-back")
    kept = list(own_server.data.glob("before-restore-*"))
    assert len(kept) == 1 and str(kept[0]) in text
    assert (kept[0] / "store.db").exists() and (kept[0] / "journal").is_dir()
    kms = own_server.start().client()
    assert [found["KeyId"] for found in kms.list_keys()["Keys"]] == [key]
    events = own_server.events()
    assert sum(event["eventName"] == "RestoreBackup" for event in events) == 1
    # What was delivered of the history that was left is still there.
    created = [event for event in events if event["eventName"] == "CreateKey"]
    assert any(lost in str(event["responseElements"]) for event in created)
    own_server.terminate()
    # The backup is of another history now.
    assert "a history that the backup is not part of" in refused(*replace)


def test_the_delivered_trail_is_taken_along_if_asked_for(own_server, tmp_path, serve):
    own_server.client().create_key()
    events = own_server.events()
    done("backup", "--data", own_server.data, "--output", tmp_path / "with", "--with-trail")
    done("backup", "--data", own_server.data, "--output", tmp_path / "without")
    root_key = own_server.data / "root.key"
    restored(tmp_path / "with", tmp_path / "one", root_key)
    restored(tmp_path / "without", tmp_path / "other", root_key)
    assert not (tmp_path / "other/trail").exists()
    shutil.copy(own_server.data / "credentials", tmp_path / "one/credentials")
    again = serve(tmp_path / "one").events()
    ids = [event["eventID"] for event in again]
    assert len(ids) == len(set(ids))
    assert {event["eventID"] for event in events} <= set(ids)


def test_damage_is_named(own_server):
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/one", TargetKeyId=key)
    assert "in use" in refused("check", "--data", own_server.data)
    own_server.terminate()
    assert "1, with 1 backing keys" in done("check", "--data", own_server.data)
    with sqlite3.connect(own_server.data / "store.db") as store:
        store.execute(
            "UPDATE record SET value = zeroblob(length(value)) WHERE key = ?",
            ("a/111122223333/eu-west-2/alias/one".encode(),),
        )
    store.close()
    ended = strongroom("check", "--data", own_server.data)
    assert ended.returncode == REFUSED
    text = ended.stdout.decode()
    assert "a/111122223333/eu-west-2/alias/one: the record is of an unknown format" in text
    assert "1 finding" in text
    ended = strongroom("check", "--data", own_server.data, "--json")
    assert ended.returncode == REFUSED
    found = json.loads(ended.stdout)
    assert found["FindingCount"] == 1
    assert found["Findings"][0]["Place"] == "a/111122223333/eu-west-2/alias/one"
    # A backup of it is whole, but nobody restores it unknowingly.
    backup, other = own_server.data.parent / "backup", own_server.data.parent / "other"
    done("backup", "--data", own_server.data, "--output", backup)
    options = ("--data", other, "--root-key-file", own_server.data / "root.key")
    assert "--accept-findings" in refused("restore", backup, *options)
    assert not other.exists()
    done("restore", backup, *options, "--accept-findings")


PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def passphrase_server(tmp_path):
    """A server whose root key is kept by a passphrase, and which is open."""
    server = Server(tmp_path / "data")
    done("init", "--root-key", "passphrase", "--data", server.data, input=f"{PASSPHRASE}\n".encode())
    start = server.log.open("ab")
    server.process = subprocess.Popen(server.command(), stdin=subprocess.DEVNULL, stdout=start, stderr=start)
    start.close()
    unseal(server)
    yield server
    server.kill()


def unseal(server) -> None:
    deadline = time.monotonic() + 30
    while True:
        said = strongroom("unseal", "--data", server.data, input=f"{PASSPHRASE}\n".encode())
        if said.returncode == 0:
            return
        assert time.monotonic() < deadline, said.stderr.decode()
        time.sleep(0.05)


def stalled(server) -> socket.socket:
    """Somebody who asks for a backup, and takes the beginning only."""
    asking = socket.socket(socket.AF_UNIX)
    asking.connect(str(server.data / "operator.sock"))
    asking.sendall(json.dumps({"BackUp": {"with_trail": False}}).encode() + b"\n")
    assert asking.recv(1) == b"b"
    return asking


def test_a_backup_that_stalls_holds_nobody_up(passphrase_server, tmp_path):
    server = passphrase_server
    kms = server.client()
    # More than fits into the socket.
    for _ in range(100):
        kms.create_key(Description="x" * 8192)
    backup = ("backup", "--data", server.data, "--output", tmp_path / "backup")
    asking = stalled(server)
    assert "another backup is being made" in refused(*backup)
    assert kms.create_key()
    began = time.monotonic()
    done("seal", "--data", server.data)
    assert time.monotonic() - began < 5
    asking.close()
    assert "the server is sealed" in refused(*backup)
    unseal(server)
    done(*backup)
    # Nor does it hold up a stop.
    asking = stalled(server)
    began = time.monotonic()
    assert server.terminate() == 0
    assert time.monotonic() - began < 10
    asking.close()


def test_a_backup_brings_its_root_key_s_provider(passphrase_server, tmp_path, serve):
    server, backup, other = passphrase_server, tmp_path / "backup", tmp_path / "other"
    secret = f"{PASSPHRASE}\n".encode()
    key = server.client().create_key()["KeyMetadata"]["KeyId"]
    before = json.loads(done("root-key", "status", "--json", "--data", server.data))["Fingerprint"]
    done("backup", "--data", server.data, "--output", backup)
    said = refused("restore", "-", "--data", other, input=backup.read_bytes())
    assert "give the backup as a file" in said
    assert "wrong" in refused("restore", backup, "--data", other, input=b"not the passphrase\n")
    assert not other.exists()
    done("restore", backup, "--data", other, input=secret)
    assert "nothing is wrong with them" in done("check", "--data", other, input=secret)

    # The directory has another root key by now: that of the backup comes back into force.
    done("root-key", "migrate", "--root-key", "file", "--data", server.data)
    assert server.terminate() == 0
    assert (server.data / "root.key").exists()
    done("restore", backup, "--data", server.data, "--replace", "--roll-back", input=secret)
    assert not (server.data / "root.key").exists()
    (kept,) = server.data.glob("before-restore-*")
    assert (kept / "root.key").exists()
    assert "nothing is wrong with them" in done("check", "--data", kept)
    start = server.log.open("ab")
    server.process = subprocess.Popen(server.command(), stdin=subprocess.DEVNULL, stdout=start, stderr=start)
    start.close()
    unseal(server)
    assert server.client().describe_key(KeyId=key)
    status = json.loads(done("root-key", "status", "--json", "--data", server.data))
    assert (status["Provider"], status["Fingerprint"]) == ("passphrase", before)


def test_a_restore_begins_again_in_a_directory_that_is_empty(own_server, tmp_path, serve):
    backup, volume = tmp_path / "backup", tmp_path / "volume"
    key = own_server.client().create_key()["KeyMetadata"]["KeyId"]
    done("backup", "--data", own_server.data, "--output", backup)
    root_key = own_server.data / "root.key"
    # As a file system has it that was mounted there, and a restore that was killed.
    (volume / "lost+found").mkdir(parents=True, mode=0o700)
    volume.chmod(0o700)
    (volume / "restoring/journal").mkdir(parents=True)
    (volume / "restoring/LOCK").write_text("1\n")
    (volume / "restoring/store.db").write_bytes(b"half")
    inode = volume.stat().st_ino
    restored(backup, volume, root_key)
    assert volume.stat().st_ino == inode
    assert not (volume / "restoring").exists()
    shutil.copy(own_server.data / "credentials", volume / "credentials")
    assert serve(volume).client().describe_key(KeyId=key)
    assert "is not empty" in refused("restore", backup, "--data", volume, "--root-key-file", root_key)
    # What no restore has left is not removed.
    other = tmp_path / "other.restoring"
    other.mkdir()
    (other / "letter").write_bytes(b"dear")
    said = refused("restore", backup, "--data", tmp_path / "other", "--root-key-file", root_key)
    assert "remove it" in said
    assert (other / "letter").read_bytes() == b"dear"


def test_an_hsm_that_a_backup_names_is_used_only_if_it_shall(tmp_path):
    softhsm.needed()
    hsm = softhsm.SoftHsm(tmp_path / "hsm")
    hsm.token("roots", "1234-5678")
    pin = tmp_path / "pin"
    pin.write_text("1234-5678\n")
    pin.chmod(0o600)
    place = ("--module", softhsm.MODULE, "--token", "roots", "--pin-file", pin)
    data, backup, other = tmp_path / "data", tmp_path / "backup", tmp_path / "other"
    options = {"env": {**os.environ, **hsm.environment}}
    done("init", "--root-key", "pkcs11", *place, "--data", data, **options)
    done("backup", "--data", data, "--output", backup, **options)
    said = refused("restore", backup, "--data", other, **options)
    assert str(softhsm.MODULE) in said and "--provider-of-backup" in said
    assert not other.exists()
    done("restore", backup, "--data", other, "--provider-of-backup", **options)
    assert "nothing is wrong with them" in done("check", "--data", other, **options)
