"""A role in one account and a key in another, with the unmodified AWS CLI: both sides must allow."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from people import allow, document
from server import BINARY, REGION, Server

CLI = Path(sys.executable).parent / "aws"
OTHER = "444455556666"


class Shell:
    """Somebody's shell, in which the AWS CLI has credentials."""

    def __init__(self, server: Server, credentials: dict):
        self.env = {
            **os.environ,
            "AWS_ENDPOINT_URL": server.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials.get("SessionToken", ""),
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        }
        if not self.env["AWS_SESSION_TOKEN"]:
            del self.env["AWS_SESSION_TOKEN"]

    def run(self, *words: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(CLI), *words, "--output", "json"]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)

    def aws(self, *words: str) -> dict:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def refused(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode != 0, done.stdout
        return done.stderr.strip()


@pytest.fixture(scope="module")
def owner(server, account):
    access_key, secret = server.credentials()
    return Shell(server, {"AccessKeyId": access_key, "SecretAccessKey": secret})


@pytest.fixture(scope="module")
def other(server):
    """The root user of another account, which the operator makes while the server runs."""
    command = [BINARY, "account", "create", "--id", OTHER, "--name", "b", "--json", "--data", server.data]
    made = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert made["AccountId"] == OTHER
    return Shell(server, made)


def test_both_sides_must_allow(server, owner, other, account):
    key = owner.aws("kms", "create-key")["KeyMetadata"]
    arn, role = key["Arn"], f"arn:aws:iam::{OTHER}:role/reader"
    secret = server.data.parent / "secret.bin"
    secret.write_bytes(b"the secret")
    encrypt = ("kms", "encrypt", "--key-id", arn, "--plaintext", f"fileb://{secret}")
    blob = owner.aws(*encrypt)["CiphertextBlob"]

    other.aws("iam", "create-user", "--user-name", "bob")
    bob = Shell(server, other.aws("iam", "create-access-key", "--user-name", "bob")["AccessKey"])
    trusted = document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/bob"}, "Action": "sts:AssumeRole"}
    )
    other.aws("iam", "create-role", "--role-name", "reader", "--assume-role-policy-document", trusted)
    assume = ("sts", "assume-role", "--role-arn", role, "--role-session-name", "work")
    session = Shell(server, bob.aws(*assume)["Credentials"])
    who = f"arn:aws:sts::{OTHER}:assumed-role/reader/work"
    assert session.aws("sts", "get-caller-identity")["Arn"] == who

    sealed = server.data.parent / "sealed.bin"
    sealed.write_bytes(base64.b64decode(blob))
    decrypt = ("kms", "decrypt", "--ciphertext-blob", f"fileb://{sealed}", "--key-id", arn)

    # 1. Neither side allows: one's own side is told.
    assert session.refused(*decrypt).endswith(
        f"An error occurred (AccessDeniedException) when calling the Decrypt operation: User: {who} is "
        f"not authorized to perform: kms:Decrypt on resource: {arn} because no identity-based policy "
        "allows the kms:Decrypt action"
    )
    # 2. Only the role's account allows: of the key nothing is told.
    may = document(allow("kms:Decrypt", arn))
    put = ("iam", "put-role-policy", "--role-name", "reader", "--policy-name", "use")
    other.aws(*put, "--policy-document", may)
    assert session.refused(*decrypt).endswith(
        f"User: {who} is not authorized to perform: kms:Decrypt on this resource because the resource "
        "does not exist in this Region, no resource-based policies allow access, or a resource-based "
        "policy explicitly denies access"
    )
    # 3. Both allow.
    root = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"}
    named = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:Decrypt", "Resource": "*"}
    policy = ("kms", "put-key-policy", "--key-id", arn, "--policy-name", "default", "--policy")
    owner.aws(*policy, document(root, named))
    answer = session.aws(*decrypt)
    assert base64.b64decode(answer["Plaintext"]) == b"the secret"
    # Naming the account leaves it to the account's policies.
    named["Principal"] = {"AWS": f"arn:aws:iam::{OTHER}:root"}
    owner.aws(*policy, document(root, named))
    session.aws(*decrypt)
    # 4. Only the key's account allows.
    other.aws("iam", "delete-role-policy", "--role-name", "reader", "--policy-name", "use")
    assert session.refused(*decrypt).endswith(
        "because no identity-based policy allows the kms:Decrypt action"
    )
    # What is not for other accounts is not, whatever policies say.
    other.aws(*put, "--policy-document", document(allow("kms:*", "*")))
    named["Action"] = "kms:*"
    owner.aws(*policy, document(root, named))
    assert "AccessDeniedException" in session.refused("kms", "disable-key", "--key-id", arn)
    session.aws("kms", "describe-key", "--key-id", arn)


def test_a_role_of_another_account(server, owner, other, account):
    user = f"arn:aws:iam::{account}:user/carol"
    owner.aws("iam", "create-user", "--user-name", "carol")
    carol = Shell(server, owner.aws("iam", "create-access-key", "--user-name", "carol")["AccessKey"])
    role = f"arn:aws:iam::{OTHER}:role/visitor"
    trusted = document(
        {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}
    )
    other.aws("iam", "create-role", "--role-name", "visitor", "--assume-role-policy-document", trusted)
    assume = ("sts", "assume-role", "--role-arn", role, "--role-session-name", "work")
    # The trust policy alone is not enough from another account.
    assert carol.refused(*assume).endswith(
        f"An error occurred (AccessDenied) when calling the AssumeRole operation: User: {user} is not "
        f"authorized to perform: sts:AssumeRole on resource: {role} because no identity-based policy "
        "allows the sts:AssumeRole action"
    )
    put = ("iam", "put-user-policy", "--user-name", "carol", "--policy-name", "p", "--policy-document")
    owner.aws(*put, document(allow("sts:AssumeRole", role)))
    carol.aws(*assume)
    other.aws(
        "iam", "update-assume-role-policy", "--role-name", "visitor", "--policy-document",
        trusted.replace(user, f"arn:aws:iam::{OTHER}:root"),
    )
    assert carol.refused(*assume).endswith(
        f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def test_an_account_that_is_not_there_cannot_be_named(owner, other):
    key = owner.aws("kms", "create-key")["KeyMetadata"]["Arn"]
    policy = document(
        {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "kms:*", "Resource": "*"}
    )
    told = owner.refused(
        "kms", "put-key-policy", "--key-id", key, "--bypass-policy-lockout-safety-check", "--policy", policy
    )
    assert told.endswith("Policy contains a statement with one or more invalid principals.")
