"""What was acknowledged is there after any end of the process; what is on disk tells nothing."""

import base64
import random
import shutil
import subprocess
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from server import STOP_SECONDS, DidNotStart, NoEnvironment, Server

WORKERS = 4


class Acknowledged:
    """What the server said it had done. Written down only after the answer was read."""

    def __init__(self):
        self.lock = threading.Lock()
        self.disabled = {}
        self.aliases = {}
        self.gone = set()
        self.ciphertexts = []
        self.refusals = []

    def __len__(self):
        return len(self.disabled) + len(self.aliases) + len(self.ciphertexts)

    def note(self, change) -> None:
        with self.lock:
            change()

    def add(self, other: "Acknowledged") -> None:
        """What was acknowledged later joins what was before."""
        self.disabled.update(other.disabled)
        self.aliases.update(other.aliases)
        self.gone |= other.gone
        self.ciphertexts += other.ciphertexts


def work(kms, name: str, done: Acknowledged, stop: threading.Event) -> None:
    """Creates, names, disables and uses keys until told to stop, or until the server is gone."""
    number = 0
    while not stop.is_set():
        number += 1
        try:
            one_round(kms, f"alias/{name}-{number}", number, done)
        except ClientError as refusal:
            done.note(lambda: done.refusals.append(refusal))
            return
        except (BotoCoreError, HTTPClientError):
            return


def one_round(kms, alias: str, number: int, done: Acknowledged) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    done.note(lambda: done.disabled.update({key: False}))
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    done.note(lambda: done.aliases.update({alias: key}))
    plaintext = f"{alias} {number}".encode()
    blob = kms.encrypt(KeyId=alias, Plaintext=plaintext)["CiphertextBlob"]
    done.note(lambda: done.ciphertexts.append((blob, plaintext)))
    if number % 3 == 0:
        # In between its being asked and its being answered, either is right.
        done.note(lambda: done.aliases.pop(alias))
        kms.delete_alias(AliasName=alias)
        done.note(lambda: done.gone.add(alias))
    if number % 4 == 0:
        other = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.disable_key(KeyId=other)
        done.note(lambda: done.disabled.update({other: True}))


def under_load(server: Server, name: str, done: Acknowledged, seconds: float, end) -> None:
    """Lets the workers go on for a while, then ends the server as `end` does."""
    kms = server.client()
    stop = threading.Event()
    workers = [
        threading.Thread(target=work, args=(kms, f"{name}-{n}", done, stop)) for n in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    time.sleep(seconds)
    try:
        end()
    finally:
        stop.set()
        for worker in workers:
            worker.join(60)


def check(kms, done: Acknowledged) -> None:
    assert not done.refusals, done.refusals
    for key, disabled in done.disabled.items():
        state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        assert state == ("Disabled" if disabled else "Enabled"), key
    pages = kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 100})
    found = {entry["AliasName"]: entry.get("TargetKeyId") for page in pages for entry in page["Aliases"]}
    assert {name: found.get(name) for name in done.aliases} == done.aliases
    assert not done.gone & set(found)
    for blob, plaintext in done.ciphertexts:
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == plaintext


def test_killed_under_load_again_and_again(own_server, slow, capsys):
    rounds = 200 if slow else 10
    chance = random.Random(rounds)
    everything = Acknowledged()
    for number in range(rounds):
        done = Acknowledged()
        under_load(own_server, f"r{number}", done, chance.uniform(0.05, 0.4), own_server.kill)
        own_server.start()
        check(own_server.client(), done)
        everything.add(done)
    assert len(everything) > rounds
    # Nothing of the earlier rounds was lost later.
    check(own_server.client(), everything)
    with capsys.disabled():
        print(f"\n{rounds} kills under load: of {len(everything)} acknowledged operations 0 were lost")


def test_killed_while_starting(own_server):
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    own_server.kill()
    for wait in [0.0, 0.002, 0.005, 0.01, 0.02, 0.05]:
        process = subprocess.Popen(
            own_server.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(wait)
        process.kill()
        process.wait()
    own_server.start()
    assert own_server.client().decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_killed_while_a_new_data_directory_is_made(tmp_path):
    server = Server(tmp_path / "data")
    for wait in [0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1]:
        process = subprocess.Popen(
            server.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(wait)
        process.kill()
        process.wait()
    server.start()
    try:
        assert server.client().create_key()["KeyMetadata"]["Enabled"]
    finally:
        server.kill()


def test_terminated_under_load(own_server):
    done = Acknowledged()
    status = []
    under_load(own_server, "t", done, 0.3, lambda: status.append(own_server.terminate()))
    assert status == [0], own_server.printed()
    own_server.start()
    assert len(done) > 0
    check(own_server.client(), done)


def test_terminated_at_rest(own_server):
    started = time.monotonic()
    assert own_server.terminate() == 0
    assert time.monotonic() - started < STOP_SECONDS / 2
    own_server.start()


def test_an_open_connection_does_not_keep_it_from_ending(own_server):
    connection = own_server.connection()
    connection.connect()
    try:
        assert own_server.terminate() == 0
    finally:
        connection.close()


def test_credentials_stay_the_same(own_server):
    before = own_server.environment()
    own_server.restart()
    assert own_server.environment() == before


def test_a_second_server_on_the_same_directory_is_refused(own_server):
    key = own_server.client().create_key()["KeyMetadata"]["KeyId"]
    second = Server(own_server.data)
    second.log = own_server.data.parent / "second.log"
    with pytest.raises(DidNotStart) as refusal:
        second.start()
    second.kill()
    text = str(refusal.value)
    assert "exit status 0" not in text and "not ready" not in text
    assert str(own_server.data) in text
    assert any(word in text for word in ["in use", "another", "already", "locked"]), text
    assert own_server.client().describe_key(KeyId=key)["KeyMetadata"]["Enabled"]


def test_a_port_that_is_taken_is_said(own_server, tmp_path):
    second = Server(tmp_path / "other")
    second.port = own_server.port
    command = second.command()
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert f"127.0.0.1:{own_server.port}" in done.stdout + done.stderr


def test_the_data_directory_tells_nothing(own_server):
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    secrets = [f"plaintext marker {number} of this test".encode() for number in range(50)]
    for secret in secrets:
        blob = kms.encrypt(KeyId=key, Plaintext=secret)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == secret
    for _ in range(50):
        secrets.append(kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"])
        secrets.append(kms.generate_random(NumberOfBytes=32)["Plaintext"])
    own_server.terminate()
    files = [path for path in own_server.data.rglob("*") if path.is_file()]
    assert files
    content = {path: path.read_bytes() for path in [*files, own_server.log]}
    for path, held in content.items():
        for secret in secrets:
            assert secret not in held, path
            assert secret.hex().encode() not in held.lower(), path
            assert base64.b64encode(secret).rstrip(b"=") not in held, path


def test_the_data_directory_is_its_owners_alone(own_server):
    own_server.client().create_key()
    for path in [own_server.data, *own_server.data.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, f"{path}: {path.stat().st_mode:o}"


def test_an_altered_store_is_noticed(own_server, tmp_path):
    """Every file in turn: a server that starts on it either serves the truth or refuses."""
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"truth")["CiphertextBlob"]
    own_server.terminate()
    files = sorted(path for path in own_server.data.rglob("*") if path.is_file())
    for number, path in enumerate(path for path in files if path.stat().st_size):
        copy = Server(tmp_path / f"altered-{number}")
        shutil.copytree(own_server.data, copy.data)
        flip_the_middle(copy.data / path.relative_to(own_server.data))
        try:
            copy.start()
            assert copy.client().decrypt(CiphertextBlob=blob)["Plaintext"] == b"truth", path
        except (DidNotStart, NoEnvironment, ClientError, BotoCoreError):
            pass
        finally:
            copy.kill()


def flip_the_middle(path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
