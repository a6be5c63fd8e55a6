"""What we write AWS's own SDKs open, and the other way round: Python's, its command line, and
JavaScript's; under KMS keys of the server and under raw keys.
"""

import os
import shutil

import aws_encryption_sdk
import pytest
from aws_encryption_sdk.identifiers import Algorithm, EncryptionKeyType, WrappingAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import messages
from messages import NODE_MODULES, does, pattern
from server import REGION

OURS = 65536
THEIRS = 4096
LENGTHS = [0, 1, *(frame + more for frame in (THEIRS, OURS) for more in (-1, 0, 1)), (3 << 20) + 7]
CONTEXT = {"tenant": "42", "purpose": "interop ü"}
OPTIONS = [option for key, value in CONTEXT.items() for option in ("--context", f"{key}={value}")]


@pytest.fixture(scope="module")
def environment(server):
    """Where every client finds the server."""
    found = server.environment()
    return {**found, "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}


@pytest.fixture(scope="module")
def arn(kms):
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/interop", TargetKeyId=key["KeyId"])
    return key["Arn"]


@pytest.fixture
def provider(arn, environment, monkeypatch):
    """Python's provider of the KMS key."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return aws_encryption_sdk.StrictAwsKmsMasterKeyProvider(key_ids=[arn])


@pytest.fixture
def plaintext(tmp_path, request):
    path = tmp_path / "plaintext"
    path.write_bytes(pattern(request.param))
    return path


lengths = pytest.mark.parametrize("plaintext", LENGTHS, indirect=True)


@pytest.mark.parametrize("unsigned", [[], ["--unsigned"]], ids=["signed", "unsigned"])
@lengths
def test_python_opens_ours(plaintext, unsigned, provider, environment, tmp_path):
    does("encrypt", "--key", "alias/interop", *OPTIONS, *unsigned, plaintext, env=environment)
    message = (tmp_path / "plaintext.enc").read_bytes()
    opened, header = messages.python_client().decrypt(source=message, key_provider=provider)
    assert opened == plaintext.read_bytes()
    expected = Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384
    if unsigned:
        expected = Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
    assert header.algorithm is expected
    assert CONTEXT.items() <= header.encryption_context.items()


@lengths
def test_we_open_python_s(plaintext, provider, arn, environment, tmp_path):
    message, _ = messages.python_client().encrypt(
        source=plaintext.read_bytes(), key_provider=provider, encryption_context=CONTEXT
    )
    (tmp_path / "theirs").write_bytes(message)
    for which in ([], ["--key", arn], ["--key", "alias/interop"]):
        opened = does("decrypt", *which, *OPTIONS, tmp_path / "theirs", "-o", "-", env=environment)
        assert opened == plaintext.read_bytes()


@pytest.mark.parametrize("length", [0, 1, THEIRS, THEIRS + 1])
def test_we_open_python_s_without_frames(length, provider, environment, tmp_path):
    message, _ = messages.python_client().encrypt(
        source=pattern(length), key_provider=provider, frame_length=0
    )
    assert does("decrypt", "-", stdin=message, env=environment) == pattern(length)


def test_we_open_what_old_sdks_made(provider, environment):
    client = aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=aws_encryption_sdk.CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    )
    for algorithm in Algorithm:
        if algorithm.is_committing():
            continue
        message, _ = client.encrypt(source=b"old", key_provider=provider, algorithm=algorithm)
        refused = messages.fails(messages.MESSAGE, "decrypt", "-", stdin=message, env=environment)
        assert "commitment" in refused
        opened = does("decrypt", "-", "--allow-no-commitment", stdin=message, env=environment)
        assert opened == b"old", algorithm


def test_raw_aes_keys(tmp_path):
    key = os.urandom(32)
    (tmp_path / "key").write_bytes(key)
    option = ["--raw-aes", f"mine/first={tmp_path / 'key'}"]
    theirs = messages.raw_provider(
        "mine", "first", WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
        EncryptionKeyType.SYMMETRIC, key,
    )
    ours = does("encrypt", *option, *OPTIONS, "-", stdin=b"raw")
    opened, _ = messages.python_client().decrypt(source=ours, key_provider=theirs)
    assert opened == b"raw"
    message, _ = messages.python_client().encrypt(
        source=b"raw", key_provider=theirs, encryption_context=CONTEXT
    )
    assert does("decrypt", *option, "-", stdin=message) == b"raw"


@pytest.mark.parametrize(
    ("padding", "algorithm"),
    [
        ("oaep-sha256", WrappingAlgorithm.RSA_OAEP_SHA256_MGF1),
        ("oaep-sha1", WrappingAlgorithm.RSA_OAEP_SHA1_MGF1),
        ("oaep-sha384", WrappingAlgorithm.RSA_OAEP_SHA384_MGF1),
        ("oaep-sha512", WrappingAlgorithm.RSA_OAEP_SHA512_MGF1),
        ("pkcs1", WrappingAlgorithm.RSA_PKCS1),
    ],
)
def test_raw_rsa_keys(padding, algorithm, tmp_path):
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "private").write_bytes(private)
    (tmp_path / "public").write_bytes(public)
    option = ["--rsa-padding", padding, "--raw-rsa"]
    sealing = messages.raw_provider("mine", "rsa", algorithm, EncryptionKeyType.PUBLIC, public)
    opening = messages.raw_provider("mine", "rsa", algorithm, EncryptionKeyType.PRIVATE, private)
    ours = does("encrypt", *option, f"mine/rsa={tmp_path / 'public'}", "-", stdin=b"raw")
    opened, _ = messages.python_client().decrypt(source=ours, key_provider=opening)
    assert opened == b"raw"
    message, _ = messages.python_client().encrypt(source=b"raw", key_provider=sealing)
    assert does("decrypt", *option, f"mine/rsa={tmp_path / 'private'}", "-", stdin=message) == b"raw"


@lengths
def test_the_command_line_of_aws(plaintext, arn, environment, tmp_path):
    does("encrypt", "--key", arn, *OPTIONS, plaintext, env=environment)
    keys = ["--wrapping-keys", f"key={arn}"]
    pairs = [f"{key}={value}" for key, value in CONTEXT.items()]
    done = messages.aws_cli(
        "--decrypt", "--input", tmp_path / "plaintext.enc", "--output", tmp_path / "opened", *keys,
        "--encryption-context", *pairs, env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "opened").read_bytes() == plaintext.read_bytes()
    done = messages.aws_cli(
        "--encrypt", "--input", plaintext, "--output", tmp_path / "theirs", *keys,
        "--encryption-context", *pairs, env=environment,
    )
    assert done.returncode == 0, done.stderr
    opened = does("decrypt", *OPTIONS, tmp_path / "theirs", "-o", "-", env=environment)
    assert opened == plaintext.read_bytes()


needs_node = pytest.mark.skipif(
    not (shutil.which("node") and NODE_MODULES.exists()),
    reason="no node, or no packages in target/node: `cargo xtask test` installs them where npm is",
)


@needs_node
@lengths
def test_node_and_a_kms_key(plaintext, arn, environment, tmp_path):
    does("encrypt", "--key", arn, *OPTIONS, plaintext, env=environment)
    messages.node("decrypt", arn, tmp_path / "plaintext.enc", tmp_path / "opened", environment)
    assert (tmp_path / "opened").read_bytes() == plaintext.read_bytes()
    messages.node("encrypt", arn, plaintext, tmp_path / "theirs", environment)
    opened = does("decrypt", "--context", "made=by node", tmp_path / "theirs", "-o", "-", env=environment)
    assert opened == plaintext.read_bytes()


@needs_node
def test_node_and_a_raw_key(tmp_path):
    (tmp_path / "key").write_bytes(os.urandom(32))
    (tmp_path / "plaintext").write_bytes(b"raw")
    key = f"mine/first={tmp_path / 'key'}"
    does("encrypt", "--raw-aes", key, tmp_path / "plaintext")
    messages.node("decrypt", key, tmp_path / "plaintext.enc", tmp_path / "opened", {})
    assert (tmp_path / "opened").read_bytes() == b"raw"
    messages.node("encrypt", key, tmp_path / "plaintext", tmp_path / "theirs", {})
    assert does("decrypt", "--raw-aes", key, tmp_path / "theirs", "-o", "-") == b"raw"
