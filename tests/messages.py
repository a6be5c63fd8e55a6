"""Messages of the AWS Encryption SDK: our command, and AWS's own programs that make and open them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import aws_encryption_sdk
from aws_encryption_sdk.identifiers import CommitmentPolicy, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey

from server import BINARY, ROOT

# Exit codes, as docs/encrypting-files.md lists them.
USAGE, INPUT, OUTPUT, MESSAGE, KEY, KMS, CONTEXT = 2, 3, 4, 5, 6, 7, 8

NODE_MODULES = ROOT / "target/node/node_modules"
NODE_SCRIPT = Path(__file__).with_name("encryption_sdk.cjs")


def run(*arguments, env: dict | None = None, stdin=b"", cwd=None, timeout=120):
    """`strongroom` with these arguments, as it ended."""
    command = [str(BINARY), *map(str, arguments)]
    env = {**os.environ, **(env or {})}
    given = {"stdin": stdin} if hasattr(stdin, "fileno") else {"input": stdin}
    return subprocess.run(command, env=env, cwd=cwd, capture_output=True, timeout=timeout, **given)


def does(*arguments, **options) -> bytes:
    """What it prints; it succeeds."""
    done = run(*arguments, **options)
    assert done.returncode == 0, (arguments, done.returncode, done.stderr.decode())
    return done.stdout


def fails(code: int, *arguments, **options) -> str:
    """What it complains of; it ends with this code and prints nothing else."""
    done = run(*arguments, **options)
    complaint = done.stderr.decode()
    assert done.returncode == code, (arguments, done.returncode, complaint)
    assert complaint.startswith("strongroom: ") and complaint.count("\n") == 1, complaint
    return complaint


def pattern(length: int) -> bytes:
    """Bytes of which no two frames are alike."""
    unit = b"".join(number.to_bytes(4, "big") for number in range(min(length // 4 + 1, 1 << 18)))
    return (unit * (length // len(unit) + 1))[:length]


def inspect(path: Path) -> dict:
    return json.loads(does("inspect", path, "--json"))


def python_client():
    return aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
    )


def raw_provider(namespace: str, name: str, algorithm: WrappingAlgorithm, kind: EncryptionKeyType, key: bytes):
    """A master key provider with one raw key."""
    wrapping = WrappingKey(
        wrapping_algorithm=algorithm, wrapping_key=key, wrapping_key_type=kind
    )

    class One(RawMasterKeyProvider):
        provider_id = namespace

        def _get_raw_key(self, key_id):
            assert key_id == name.encode()
            return wrapping

    provider = One()
    provider.add_master_key(name)
    return provider


def aws_cli(*arguments, env: dict) -> subprocess.CompletedProcess:
    """`aws-encryption-cli` with these arguments."""
    program = Path(sys.executable).parent / "aws-encryption-cli"
    command = [str(program), *map(str, arguments), "--suppress-metadata"]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, timeout=600)


def node(operation: str, key: str, source: Path, target: Path, env: dict) -> None:
    """`@aws-crypto/client-node`: a file by a KMS key, or a raw one in a file."""
    command = ["node", str(NODE_SCRIPT), operation, key, str(source), str(target)]
    env = {**os.environ, **env, "NODE_PATH": str(NODE_MODULES)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
