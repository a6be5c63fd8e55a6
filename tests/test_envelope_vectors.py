"""Messages of the AWS Encryption SDK's format beside the stock SDK for Python, both ways, without an AWS
account; and the vectors that AWS publishes in that SDK's source distribution.

What is tested is the crate, by its example `envelope_lines`; the command line has tests of its own.
"""

import base64
import json
import pathlib
import subprocess
import sys
import tarfile

import pytest

import aws_encryption_sdk
from aws_encryption_sdk.identifiers import (
    Algorithm,
    CommitmentPolicy,
    EncryptionKeyType,
    WrappingAlgorithm,
)
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKey

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The SDK whose source distribution has AWS's vectors for key commitment, with the data keys in them:
# 46 messages of the SDKs for C, Python and Java, some of which must not open.
VECTORS_OF = "aws-encryption-sdk==4.0.7"
KEYS = json.loads((ROOT / "crates/envelope/tests/vectors/python-3.3.1.json").read_text())

WRAPPING = {
    "aes-128": WrappingAlgorithm.AES_128_GCM_IV12_TAG16_NO_PADDING,
    "aes-192": WrappingAlgorithm.AES_192_GCM_IV12_TAG16_NO_PADDING,
    "aes-256": WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
    "rsa-pkcs1": WrappingAlgorithm.RSA_PKCS1,
    "rsa-oaep-sha1": WrappingAlgorithm.RSA_OAEP_SHA1_MGF1,
    "rsa-oaep-sha256": WrappingAlgorithm.RSA_OAEP_SHA256_MGF1,
    "rsa-oaep-sha384": WrappingAlgorithm.RSA_OAEP_SHA384_MGF1,
    "rsa-oaep-sha512": WrappingAlgorithm.RSA_OAEP_SHA512_MGF1,
}


def master_key(name):
    if name.startswith("aes"):
        key, kind = bytes(range(1, int(name[4:]) // 8 + 1)), EncryptionKeyType.SYMMETRIC
    else:
        key, kind = KEYS["rsa_private_key"].encode(), EncryptionKeyType.PRIVATE
    wrapping = WrappingKey(
        wrapping_algorithm=WRAPPING[name], wrapping_key=key, wrapping_key_type=kind
    )
    return RawMasterKey(provider_id="raw-keys", key_id=name, wrapping_key=wrapping)


def data(length):
    return bytes(i * 7 % 251 for i in range(length))


class Lines:
    """The crate, asked line by line."""

    def __init__(self):
        build = ["cargo", "build", "--quiet", "-p", "strongroom-envelope"]
        subprocess.run([*build, "--example", "envelope_lines"], cwd=ROOT, check=True)
        metadata = ["cargo", "metadata", "--format-version=1", "--no-deps"]
        found = subprocess.run(metadata, cwd=ROOT, check=True, capture_output=True).stdout
        target = pathlib.Path(json.loads(found)["target_directory"])
        self.process = subprocess.Popen(
            [target / "debug/examples/envelope_lines"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **line):
        for name, value in line.items():
            if isinstance(value, bytes):
                line[name] = base64.b64encode(value).decode()
        keys = {name: KEYS[name] for name in ("rsa_private_key", "rsa_public_key")}
        self.process.stdin.write(json.dumps(line | keys) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer.get("error") or base64.b64decode(
            answer["message"] if "message" in answer else answer["plaintext"]
        )


@pytest.fixture(scope="module")
def lines():
    lines = Lines()
    yield lines
    lines.process.stdin.close()
    assert lines.process.wait(10) == 0


@pytest.mark.parametrize("suite", ["0478", "0578"])
@pytest.mark.parametrize("frame_length", [1, 128, 4096, 65536])
def test_the_stock_sdk_opens_what_is_written(lines, suite, frame_length):
    client = aws_encryption_sdk.EncryptionSDKClient()
    context = {"purpose": "test", "ä": "ü", "": "empty"}
    for length in [0, 1, 127, 128, 129, 4095, 4096, 4097, 200_000 if frame_length > 1 else 500]:
        message = lines.ask(
            do="encrypt",
            plaintext=data(length),
            suite=suite,
            frame_length=frame_length,
            keys=["aes-256"],
            context=context,
        )
        assert isinstance(message, bytes), message
        opened, header = client.decrypt(source=message, key_provider=master_key("aes-256"))
        assert opened == data(length)
        assert context.items() <= header.encryption_context.items()
        assert header.algorithm.algorithm_id == int(suite, 16)


@pytest.mark.parametrize("name", WRAPPING)
def test_each_wrapping_key_works_both_ways(lines, name):
    client = aws_encryption_sdk.EncryptionSDKClient()
    message = lines.ask(do="encrypt", plaintext=data(99), suite="0578", keys=[name, "aes-256"])
    for key in {name, "aes-256"}:
        opened, _ = client.decrypt(source=message, key_provider=master_key(key))
        assert opened == data(99)
    message, _ = client.encrypt(source=data(99), key_provider=master_key(name))
    assert lines.ask(do="decrypt", message=message, keys=[name]) == data(99)


@pytest.mark.parametrize("algorithm", list(Algorithm), ids=lambda it: f"{it.algorithm_id:04x}")
@pytest.mark.parametrize("frame_length", [0, 128, 4096])
def test_what_the_stock_sdk_writes_is_opened(lines, algorithm, frame_length):
    policy = (
        CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
        if algorithm.is_committing()
        else CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    )
    client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=policy)
    for length in [0, 1, 127, 128, 129, 4096, 4097, 1_000_000 if frame_length > 128 else 5000]:
        message, _ = client.encrypt(
            source=data(length),
            key_provider=master_key("aes-256"),
            algorithm=algorithm,
            frame_length=frame_length,
            encryption_context={"purpose": "test"},
        )
        assert lines.ask(do="decrypt", message=message, keys=["aes-256"]) == data(length)
        cut = lines.ask(do="decrypt", message=message[:-1], keys=["aes-256"])
        assert isinstance(cut, str), "a message that was cut off opens"
        altered = message[:-20] + bytes([message[-20] ^ 1]) + message[-19:]
        assert isinstance(lines.ask(do="decrypt", message=altered, keys=["aes-256"]), str)


def test_the_published_vectors_of_key_commitment(lines):
    place = ROOT / "target/envelope-vectors"
    archive = place / (VECTORS_OF.replace("==", "-").replace("-", "_", 2) + ".tar.gz")
    if not archive.exists():
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run(
            [*download, "--no-binary=:all:", "--dest", place, VECTORS_OF], check=True
        )
    with tarfile.open(archive) as files:
        name = next(n for n in files.getnames() if n.endswith("commitment-test-vectors.json"))
        vectors = json.load(files.extractfile(name))["tests"]
    good = bad = 0
    for vector in vectors:
        opened = lines.ask(
            do="decrypt", message=base64.b64decode(vector["ciphertext"]),
            data_key=base64.b64decode(vector["decrypted-dek"]),
        )
        if vector["status"]:
            expected = "".join(vector["plaintext-frames"]).encode()
            assert opened == expected, (vector["comment"], opened)
            good += 1
        else:
            assert isinstance(opened, str), vector["comment"]
            assert "commitment" in opened, (vector["comment"], opened)
            bad += 1
    assert (good + bad, bad) == (46, 46 - sum(v["status"] for v in vectors)) and bad > 0
