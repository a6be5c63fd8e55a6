"""The tutorial, as a user would type it: the unmodified AWS CLI against the binary."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from server import BINARY, Server

CREATE = """
aws kms create-key --description 'tutorial key'
aws kms create-alias --alias-name alias/tutorial \
    --target-key-id "$(aws kms list-keys --query 'Keys[0].KeyId' --output text)"
printf 'attack at dawn' > secret.txt
aws kms encrypt --key-id alias/tutorial --plaintext fileb://secret.txt \
    --query CiphertextBlob --output text | base64 -d > secret.enc
"""

DECRYPT = """
aws kms decrypt --ciphertext-blob fileb://secret.enc --query Plaintext --output text | base64 -d
"""

DATA_KEY = """
aws kms generate-data-key --key-id alias/tutorial --key-spec AES_256 > data-key.json
python - <<'END'
import base64, json
made = json.load(open("data-key.json"))
open("data-key.enc", "wb").write(base64.b64decode(made["CiphertextBlob"]))
END
aws kms decrypt --ciphertext-blob fileb://data-key.enc --query Plaintext --output text
"""


class Shell:
    """A user's shell: `eval "$(strongroom env ...)"`, then commands in a directory of its own."""

    def __init__(self, server: Server, directory: Path):
        self.server = server
        self.directory = directory

    def run(self, script: str) -> subprocess.CompletedProcess:
        tools = f"{Path(sys.executable).parent}:{BINARY.parent}"
        environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "AWS_PAGER": ""}
        begin = f"set -euo pipefail\neval \"$(strongroom env --data '{self.server.data}')\"\n"
        command = ["bash", "-c", begin + script]
        return subprocess.run(
            command, cwd=self.directory, env=environment, capture_output=True, text=True, timeout=120
        )

    def types(self, script: str) -> str:
        """What the commands print; they succeed."""
        done = self.run(script)
        assert done.returncode == 0, f"{done.stderr}\n{self.server.printed()}"
        return done.stdout

    def fails(self, script: str) -> str:
        """What the commands complain of."""
        done = self.run(script)
        assert done.returncode != 0, done.stdout
        return done.stderr


@pytest.fixture
def shell(own_server, tmp_path) -> Shell:
    return Shell(own_server, tmp_path)


def test_env_names_the_running_server(own_server):
    environment = own_server.environment()
    assert environment["AWS_ENDPOINT_URL"] == own_server.url
    assert re.fullmatch(r"[A-Z0-9]{16,128}", environment["AWS_ACCESS_KEY_ID"])
    assert len(environment["AWS_SECRET_ACCESS_KEY"]) >= 40
    assert environment["AWS_DEFAULT_REGION"]
    assert "AWS_CA_BUNDLE" not in environment


def test_tutorial(shell):
    region = "export AWS_DEFAULT_REGION=eu-west-2\n"
    created = shell.types(region + CREATE)
    arn = json.JSONDecoder().raw_decode(created)[0]["KeyMetadata"]["Arn"]
    assert re.fullmatch(r"arn:aws:kms:eu-west-2:\d{12}:key/[0-9a-f-]{36}", arn)
    assert (shell.directory / "secret.enc").read_bytes().find(b"attack") == -1
    assert shell.types(region + DECRYPT) == "attack at dawn"

    data_key = shell.types(region + DATA_KEY).strip()
    assert data_key == json.loads((shell.directory / "data-key.json").read_text())["Plaintext"]

    encrypt = "aws kms encrypt --key-id alias/tutorial --plaintext fileb://secret.txt"
    shell.types(region + f"aws kms disable-key --key-id {arn}")
    complaint = shell.fails(region + encrypt)
    assert "(DisabledException) when calling the Encrypt operation" in complaint
    assert f"{arn} is disabled." in complaint
    assert "DisabledException" in shell.fails(region + DECRYPT)

    shell.types(region + f"aws kms enable-key --key-id {arn}")
    shell.server.kill()
    shell.server.start()
    assert shell.types(region + DECRYPT) == "attack at dawn"


def test_caller_identity(shell):
    answer = json.loads(shell.types("aws sts get-caller-identity"))
    account = answer["Account"]
    assert re.fullmatch(r"\d{12}", account)
    assert answer == {"UserId": account, "Account": account, "Arn": f"arn:aws:iam::{account}:root"}


def test_encryption_context_from_the_command_line(shell):
    shell.types(CREATE)
    script = """
    aws kms encrypt --key-id alias/tutorial --plaintext fileb://secret.txt \
        --encryption-context purpose=test,tenant=7 \
        --query CiphertextBlob --output text | base64 -d > bound.enc
    aws kms decrypt --ciphertext-blob fileb://bound.enc \
        --encryption-context tenant=7,purpose=test --query Plaintext --output text | base64 -d
    """
    assert shell.types(script) == "attack at dawn"
    wrong = "aws kms decrypt --ciphertext-blob fileb://bound.enc --encryption-context tenant=8"
    assert "InvalidCiphertextException" in shell.fails(wrong)


def test_tutorial_over_tls(tls_server, tmp_path):
    environment = tls_server.environment()
    assert environment["AWS_ENDPOINT_URL"].startswith("https://")
    assert Path(environment["AWS_CA_BUNDLE"]).is_file()
    shell = Shell(tls_server, tmp_path)
    shell.types(CREATE)
    assert shell.types(DECRYPT) == "attack at dawn"
    unknown_authority = "unset AWS_CA_BUNDLE\naws kms list-keys"
    assert "SSL validation failed" in shell.fails(unknown_authority)


def test_the_authority_stays_the_same_over_restarts(tls_server):
    bundle = Path(tls_server.environment()["AWS_CA_BUNDLE"])
    before = bundle.read_bytes()
    tls_server.restart()
    assert bundle.read_bytes() == before
    assert tls_server.client().list_keys()["Keys"] == []
