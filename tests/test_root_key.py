"""The root key: who keeps it, a server that is sealed, and another root key while requests are served."""

import base64
import http.client
import json
import os
import random
import subprocess
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from server import BINARY, START_SECONDS, DidNotStart, Server
from softhsm import MODULE, SoftHsm, needed

PASSPHRASE = "correct horse battery staple"
PLAINTEXT = b"what must be readable for twenty years"


def run(*arguments, data, secrets="", check=True, env=None):
    """A command of the operator's; secrets come by lines of its standard input."""
    command = [str(BINARY), *arguments, "--data", str(data)]
    env = {**os.environ, **(env or {})}
    done = subprocess.run(
        command, input=secrets, capture_output=True, text=True, check=False, timeout=120, env=env
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{arguments}: {done.stderr}")
    return done


class Kept(Server):
    """A server whose root key a provider keeps."""

    def __init__(self, data, *provider, secrets="", env=None, **more):
        super().__init__(data, env=env, **more)
        made = run("init", "--root-key", *provider, data=data, secrets=secrets, env=env)
        self.shares = shares(made.stdout)

    def start_sealed(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env
            )
        deadline = time.monotonic() + START_SECONDS
        while self.ready() != (503, "sealed"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise DidNotStart(self.printed())
            time.sleep(0.02)
        return self

    def ready(self):
        """What `/readyz` says; `None` while nobody listens."""
        connection = self.connection(timeout=2)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def unseal(self, *secrets, check=True):
        return run("unseal", data=self.data, secrets="".join(f"{one}\n" for one in secrets), check=check)

    def status(self):
        return json.loads(run("root-key", "status", "--json", data=self.data).stdout)


def shares(printed):
    return [word for word in printed.split() if word.startswith("strongroom-share-1.")]


def encrypted(kms):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    return kms.encrypt(KeyId=key, Plaintext=PLAINTEXT)["CiphertextBlob"]


def opens(kms, blob):
    return kms.decrypt(CiphertextBlob=blob)["Plaintext"] == PLAINTEXT


@pytest.fixture
def kept(tmp_path):
    """Makes servers whose root key a provider keeps; they are killed in the end."""
    made = []

    def make(name, *provider, **more):
        made.append(Kept(tmp_path / name, *provider, **more))
        return made[-1]

    yield make
    for one in made:
        one.kill()


def test_a_sealed_server_refuses_everything_until_the_passphrase_comes(kept):
    one = kept("data", "passphrase", secrets=f"{PASSPHRASE}\n").start_sealed()
    assert not (one.data / "root.key").exists()
    for service, call in [
        ("kms", lambda client: client.list_keys()),
        ("sts", lambda client: client.get_caller_identity()),
        ("iam", lambda client: client.list_users()),
        ("cloudtrail", lambda client: client.lookup_events()),
        ("s3", lambda client: client.list_objects_v2(Bucket="strongroom-trail")),
    ]:
        with pytest.raises(ClientError) as refused:
            call(one.client(service))
        answer = refused.value.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert answer["Error"]["Code"].startswith("ServiceUnavailable"), service
        assert "sealed" in answer["Error"]["Message"]
    wrong = one.unseal("not the passphrase", check=False)
    assert wrong.returncode == 1 and "the passphrase is wrong" in wrong.stderr
    assert one.status()["Sealed"] is True
    assert "sealed" in run("account", "list", data=one.data, check=False).stderr
    one.unseal(PASSPHRASE)
    assert one.status()["Sealed"] is False
    blob = encrypted(one.client())
    run("seal", data=one.data)
    assert one.ready() == (503, "sealed")
    one.unseal(PASSPHRASE)
    assert opens(one.client(), blob)
    one.kill()
    # Whoever starts it may bring the passphrase along.
    one.options += ["--root-key-fd", "0"]
    one.process = subprocess.Popen(
        one.command(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    one.process.stdin.write(f"{PASSPHRASE}\n".encode())
    one.process.stdin.close()
    deadline = time.monotonic() + START_SECONDS
    while not one.is_ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert opens(one.client(), blob)
    for text in (PASSPHRASE, base64.b64encode(PASSPHRASE.encode()).decode()):
        for path in one.data.rglob("*"):
            if path.is_file():
                assert text.encode() not in path.read_bytes(), path
        assert text not in one.printed()


def test_a_server_that_needs_nobody_is_not_sealed(own_server):
    refused = run("seal", data=own_server.data, check=False)
    assert refused.returncode == 1 and "root key is in a file" in refused.stderr
    assert "not sealed" in run("unseal", data=own_server.data, secrets="x\n", check=False).stderr
    assert own_server.is_ready()


def test_operators_bring_their_shares_one_by_one(kept):
    one = kept("data", "shares", "--shares", "5", "--threshold", "3")
    assert len(one.shares) == 5
    one.start_sealed()
    mistyped = one.shares[0][:-1] + ("0" if one.shares[0][-1] != "0" else "1")
    assert "mistyped" in one.unseal(mistyped, check=False).stderr
    assert "not a share" in one.unseal("a share", check=False).stderr
    one.unseal(one.shares[4])
    assert "is there already" in one.unseal(one.shares[4], check=False).stderr
    one.unseal(one.shares[1])
    assert (one.status()["Progress"], one.status()["Threshold"]) == (2, 3)
    run("unseal", "--reset", data=one.data)
    assert one.status()["Progress"] == 0
    for share in (one.shares[4], one.shares[1], one.shares[2]):
        assert one.ready() == (503, "sealed")
        one.unseal(share)
    assert one.ready() == (200, "ready")
    blob = encrypted(one.client())
    # Another root key, in other shares; those from before open nothing any more.
    dealt = shares(run("root-key", "rotate", data=one.data).stdout)
    assert len(dealt) == 5 and not set(dealt) & set(one.shares)
    one.kill()
    one.start_sealed()
    assert "of another root key" in one.unseal(one.shares[0], check=False).stderr
    one.unseal(*dealt[:3])
    assert opens(one.client(), blob)


def test_an_hsm_keeps_it(kept, tmp_path):
    needed()
    hsm = SoftHsm(tmp_path / "hsm")
    token = hsm.token("roots", "1234-5678")
    place = ["--module", str(MODULE), "--token", "roots"]
    one = kept("data", "pkcs11", *place, secrets="1234-5678\n", env=hsm.environment)
    found = token.keys()["strongroom-root"]
    assert found.sensitive and not found.extractable and found.bits == 256
    one.start_sealed()
    one.unseal("1234-5678")
    blob = encrypted(one.client())
    # With its PIN in a file nobody need be asked.
    pin = tmp_path / "pin"
    pin.write_text("1234-5678\n")
    pin.chmod(0o600)
    more = ["--pin-file", str(pin), "--hsm-key", "second"]
    run("root-key", "migrate", "--root-key", "pkcs11", *place, *more, data=one.data)
    one.restart()
    assert opens(one.client(), blob)
    one.terminate()
    token.destroy("second")
    with pytest.raises(DidNotStart, match="no key of this label"):
        one.start()


def test_another_kms_keeps_it_and_opens_it_by_itself(kept, tmp_path):
    upper = Server(tmp_path / "upper", tls=True).start()
    try:
        key = upper.client().create_key()["KeyMetadata"]["Arn"]
        ca = upper.environment()["AWS_CA_BUNDLE"]
        place = ["--kms-endpoint", upper.url, "--kms-key", key, "--kms-region", "eu-west-2"]
        place += ["--kms-credentials", str(upper.data / "credentials"), "--kms-ca-file", ca]
        one = kept("data", "kms", *place)
        one.start()
        blob = encrypted(one.client())
        one.kill()
        uses = [event for event in upper.events() if event["eventName"] in ("Encrypt", "Decrypt")]
        contexts = [event["requestParameters"]["encryptionContext"] for event in uses]
        fingerprint = json.loads(json.dumps(contexts[0]))["strongroom:root-key"]
        assert {event["eventName"] for event in uses} == {"Encrypt", "Decrypt"}
        assert fingerprint in (one.data / "root-key.toml").read_text()
        # While it is away the server is sealed, and opens by itself when it is back.
        upper.kill()
        one.start_sealed()
        upper.start()
        deadline = time.monotonic() + START_SECONDS
        while not one.is_ready():
            assert time.monotonic() < deadline, one.printed()
            time.sleep(0.1)
        assert opens(one.client(), blob)
        # What it refuses is refused for good: there is nothing to wait for.
        one.kill()
        upper.client().disable_key(KeyId=key)
        with pytest.raises(DidNotStart, match="DisabledException"):
            one.start()
    finally:
        upper.kill()


class Load:
    """Callers who encrypt and decrypt all the time, and say what was refused."""

    def __init__(self, server, callers=4):
        self.stop = threading.Event()
        self.served, self.refused, self.blobs = 0, [], []
        self.lock = threading.Lock()
        key = server.client().create_key()["KeyMetadata"]["KeyId"]
        self.threads = [
            threading.Thread(target=self.call, args=(server.client(), key)) for _ in range(callers)
        ]
        for thread in self.threads:
            thread.start()

    def call(self, kms, key):
        while not self.stop.is_set():
            try:
                blob = kms.encrypt(KeyId=key, Plaintext=PLAINTEXT)["CiphertextBlob"]
                assert opens(kms, blob)
            except (BotoCoreError, ClientError, AssertionError) as why:
                with self.lock:
                    self.refused.append(why)
                return
            with self.lock:
                self.served += 2
                if len(self.blobs) < 2000:
                    self.blobs.append(blob)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_every_migration_under_load_fails_no_request(tmp_path):
    needed()
    hsm = SoftHsm(tmp_path / "hsm")
    hsm.token("roots", "1234-5678")
    upper = Server(tmp_path / "upper").start()
    one = Server(tmp_path / "data", env=hsm.environment).start()
    try:
        key = upper.client().create_key()["KeyMetadata"]["Arn"]
        kms = ["kms", "--kms-endpoint", upper.url, "--kms-key", key, "--kms-region", "eu-west-2"]
        kms += ["--kms-credentials", str(upper.data / "credentials")]
        providers = [
            (["passphrase"], f"{PASSPHRASE}\n"),
            (["shares", "--shares", "3", "--threshold", "2"], ""),
            (["pkcs11", "--module", str(MODULE), "--token", "roots"], "1234-5678\n"),
            (kms, ""),
            (["file"], ""),
        ]
        load = Load(one)
        known = set()
        for provider, secrets in providers:
            before = load.served
            run("root-key", "migrate", "--root-key", *provider, data=one.data, secrets=secrets)
            run("root-key", "rotate", data=one.data, secrets=secrets)
            status = json.loads(run("root-key", "status", "--json", data=one.data).stdout)
            assert status["Provider"] == provider[0]
            known.add(status["Fingerprint"])
            while load.served < before + 40 and not load.refused:
                time.sleep(0.01)
        load.end()
        assert load.refused == []
        assert len(known) == len(providers)
        print(f"{load.served} requests served, none refused, over {2 * len(providers)} replacements")
        one.restart()
        kms = one.client()
        assert all(opens(kms, blob) for blob in random.sample(load.blobs, 50))
    finally:
        one.kill()
        upper.kill()


def test_it_is_replaced_without_a_server(tmp_path):
    needed()
    hsm = SoftHsm(tmp_path / "hsm")
    hsm.token("roots", "1234-5678")
    upper = Server(tmp_path / "upper").start()
    data = tmp_path / "data"
    run("init", data=data)
    one = Server(data, env=hsm.environment).start()
    try:
        blob = encrypted(one.client())
        one.terminate()
        key = upper.client().create_key()["KeyMetadata"]["Arn"]
        kms = ["kms", "--kms-endpoint", upper.url, "--kms-key", key, "--kms-region", "eu-west-2"]
        kms += ["--kms-credentials", str(upper.data / "credentials")]
        hsm_place = ["pkcs11", "--module", str(MODULE), "--token", "roots"]
        pin, secret = "1234-5678\n", f"{PASSPHRASE}\n"
        # What wraps the new one is asked for after what opens the one before, or the other way round:
        # the new one first, since it is asked for by the command itself.
        for provider, lines in [
            (["passphrase"], secret),
            (hsm_place, pin + secret),
            (kms, pin),
            (["shares", "--shares", "2", "--threshold", "2", "--shares-dir", str(tmp_path / "s")], ""),
        ]:
            run("root-key", "migrate", "--root-key", *provider, data=data, secrets=lines, env=hsm.environment)
        dealt = [(tmp_path / "s" / f"share-{number}").read_text() for number in (1, 2)]
        run("root-key", "migrate", "--root-key", "file", data=data, secrets="".join(dealt))
        one.start()
        assert opens(one.client(), blob)
    finally:
        one.kill()
        upper.kill()


def test_a_backup_is_restored_under_another_provider(own_server, kept, tmp_path):
    blob = encrypted(own_server.client())
    backup, elsewhere = tmp_path / "backup", tmp_path / "elsewhere"
    run("backup", "--output", str(backup), data=own_server.data)
    taken = tmp_path / "taken"
    taken.write_bytes((own_server.data / "root.key").read_bytes())
    taken.chmod(0o600)
    run("root-key", "rotate", data=own_server.data)
    newer = (own_server.data / "root.key").read_bytes()
    wrong = tmp_path / "newer"
    wrong.write_bytes(newer)
    wrong.chmod(0o600)
    restore = ["restore", str(backup), "--root-key-file"]
    assert run(*restore, str(wrong), data=elsewhere, check=False).returncode == 1
    run(*restore, str(taken), data=elsewhere)
    run("root-key", "migrate", "--root-key", "passphrase", data=elsewhere, secrets=f"{PASSPHRASE}\n")
    assert not (elsewhere / "root.key").exists()
    one = kept("unused", "file")
    one.data = elsewhere
    one.start_sealed()
    one.unseal(PASSPHRASE)
    # Its credentials are not in a backup.
    run("account", "reset-access-key", data=elsewhere)
    assert opens(one.client(), blob)


def test_shares_that_cannot_be_handed_out_change_nothing(own_server):
    blob = encrypted(own_server.client())
    before = (own_server.data / "root.key").read_bytes()
    nowhere = own_server.data / "root.key" / "shares"
    place = ["--root-key", "shares", "--shares-dir", str(nowhere)]
    assert run("root-key", "migrate", *place, data=own_server.data, check=False).returncode == 1
    own_server.restart()
    assert (own_server.data / "root.key").read_bytes() == before
    assert opens(own_server.client(), blob)


def test_killed_while_keys_are_rotated(tmp_path, slow):
    """Whenever the process ends, the store opens again with the root key that is in force, and what was
    acknowledged is there."""
    one = Server(tmp_path / "data").start()
    blobs, kills = [], 40 if slow else 6
    try:
        for number in range(kills):
            load = Load(one, callers=2)
            while not load.blobs and not load.refused:
                time.sleep(0.005)
            to = [["rotate"], ["migrate"], ["rotate", "--keep-domain-keys"]][number % 3]
            rotating = subprocess.Popen(
                [str(BINARY), "root-key", *to, "--data", str(one.data)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(random.random() * 0.08)
            one.kill()
            rotating.wait()
            load.end()
            blobs += load.blobs
            one.start()
            kms = one.client()
            assert all(opens(kms, blob) for blob in random.sample(blobs, min(len(blobs), 60)))
        assert not list(one.data.glob("*.next-*"))
        print(f"{kills} kills, {len(blobs)} ciphertexts acknowledged, none lost")
    finally:
        one.kill()


def test_an_old_root_key_opens_a_newer_store_no_more(own_server):
    old = (own_server.data / "root.key").read_bytes()
    run("root-key", "rotate", data=own_server.data)
    own_server.terminate()
    assert (own_server.data / "root.key").read_bytes() != old
    (own_server.data / "root.key").write_bytes(old)
    with pytest.raises(DidNotStart, match="was made under root key"):
        own_server.start()
