"""The operator's tools: `strongroom policy check`, `policy simulate`, `why`."""

import json
import subprocess
import uuid

import pytest
from botocore.exceptions import ClientError

from server import BINARY, REGION, Server

ACCOUNT = "111122223333"
ROOT_USER = f"arn:aws:iam::{ACCOUNT}:root"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

DEFAULT = {
    "Sid": "Account",
    "Effect": "Allow",
    "Principal": {"AWS": ROOT_USER},
    "Action": "kms:*",
    "Resource": "*",
}
ANYTHING = {"Sid": "Use", "Effect": "Allow", "Action": "kms:*", "Resource": "*"}


def run(*arguments, text=None) -> subprocess.CompletedProcess:
    command = [BINARY, *[str(argument) for argument in arguments]]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)


def policy(statements) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


@pytest.fixture
def write(tmp_path):
    """Writes a file of these statements, or of this text, and returns its path."""

    def one(name: str, content):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else policy(content))
        return path

    return one


# policy check


def test_a_policy_is_told_from_what_is_none(write):
    good = run("policy", "check", write("key.json", [DEFAULT]))
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.endswith("key.json: a key policy of 1 statement\n")
    good = run("policy", "check", "--identity", write("alice.json", [ANYTHING]))
    assert good.returncode == 0
    assert good.stdout.endswith("alice.json: an identity policy of 1 statement\n")
    # Each is not the other.
    assert run("policy", "check", write("alice.json", [ANYTHING])).returncode == 1
    assert run("policy", "check", "--identity", write("key.json", [DEFAULT])).returncode == 1


def test_what_is_wrong_is_quoted_and_pointed_at(write):
    text = policy([DEFAULT, {**DEFAULT, "Sid": "Other", "Condition": {"StringIs": {"aws:x": "y"}}}])
    told = run("policy", "check", write("key.json", text))
    assert (told.returncode, told.stderr) == (1, "")
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "StringIs" in line)
    first, quoted, mark, answer = told.stdout.splitlines()
    column = text.splitlines()[line - 1].index("{") + 1
    place = "Statement[1].Condition.StringIs: there is no such condition operator"
    assert first.endswith(f"key.json:{line}:{column}: {place}")
    assert quoted == f"{line} | " + text.splitlines()[line - 1]
    assert mark.index("^") == quoted.index("{")
    assert answer == f"MalformedPolicyDocumentException: {place}"


def test_a_policy_from_standard_input_is_answered_in_json():
    told = run("policy", "check", "-", "--json", text='{\n "Statement": [{}]\n}')
    answer = json.loads(told.stdout)
    assert told.returncode == 1
    assert (answer["valid"], answer["line"], answer["column"]) == (False, 2, 16)
    assert answer["message"] == "Statement[0]: the element Effect is missing"
    told = run("policy", "check", "-", "--json", text="{ nothing")
    assert json.loads(told.stdout)["message"].startswith("not a JSON document: ")


def test_the_lockout_check_is_the_servers(write):
    key = write("key.json", [{**DEFAULT, "Action": "kms:Decrypt"}])
    told = run("policy", "check", key, "--principal", ROOT_USER, "--key", KEY)
    text = "The new key policy will not allow you to update the key policy in the future."
    assert (told.returncode, told.stdout) == (1, f"MalformedPolicyDocumentException: {text}\n")
    key = write("key.json", [DEFAULT])
    assert run("policy", "check", key, "--principal", ROOT_USER, "--key", KEY).returncode == 0
    nobody = run("policy", "check", key, "--principal", "alice", "--key", KEY)
    assert nobody.returncode == 1 and "`alice` names nobody" in nobody.stderr


@pytest.mark.parametrize("effect", ["allow", {"x": 1}, None])
def test_the_server_answers_what_the_check_says(kms, key, write, effect):
    text = policy([{**DEFAULT, "Effect": effect}])
    told = run("policy", "check", write("key.json", text), "--json")
    with pytest.raises(ClientError) as refused:
        kms.put_key_policy(KeyId=key["KeyId"], Policy=text)
    error = refused.value.response["Error"]
    assert error["Code"] == "MalformedPolicyDocumentException"
    assert error["Message"] == json.loads(told.stdout)["message"]


# policy simulate


def simulate(*arguments, principal=ALICE, action="kms:Decrypt", resource=KEY):
    told = run(
        *("policy", "simulate", "--principal", principal, "--action", action, "--resource", resource),
        *("--json", *arguments),
    )
    assert told.stderr == "", told.stderr
    answer = json.loads(told.stdout)
    assert told.returncode == (0 if answer["allowed"] else 1)
    return answer


def test_both_sides_must_allow(write):
    key, alice = write("key.json", [DEFAULT]), write("alice.json", [ANYTHING])
    answer = simulate("--policy", key, "--identity", alice)
    assert answer["allowed"]
    assert answer["reason"] == "key policy statement 0 (Account) and identity policy 0 statement 0 (Use)"
    assert [one["file"] for one in answer["statements"]] == [str(key), str(alice)]
    answer = simulate("--policy", key)
    assert not answer["allowed"]
    text = f"User: {ALICE} is not authorized to perform: kms:Decrypt on resource: {KEY} because no "
    assert answer["message"] == text + "identity-based policy allows the kms:Decrypt action"


def test_a_deny_is_named(write):
    deny = {
        "Sid": "NotProd",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:Stage": "prod"}},
    }
    key, alice = write("key.json", [DEFAULT, deny]), write("alice.json", [ANYTHING])
    answer = simulate("--policy", key, "--identity", alice)
    assert answer["allowed"] and answer["missingContext"] == ["kms:encryptioncontext:stage"]
    answer = simulate("--policy", key, "--identity", alice, "--context", "kms:EncryptionContext:stage=prod")
    assert answer["reason"] == "denied by key policy statement 1 (NotProd)"
    assert answer["statements"] == [
        {"policy": "resource-based policy", "file": str(key), "statement": 1, "sid": "NotProd"}
    ]
    assert answer["message"].endswith("with an explicit deny in a resource-based policy")


def test_boundary_session_and_organization_limit(write):
    key, alice = write("key.json", [DEFAULT]), write("alice.json", [ANYTHING])
    s3 = write("s3.json", [{**ANYTHING, "Action": "s3:*"}])
    sources = ["--policy", key, "--identity", alice]
    assert simulate(*sources, "--boundary", s3)["reason"] == "no permissions boundary allows it"
    assert simulate(*sources, "--boundary", alice)["allowed"]
    assert simulate(*sources, "--scp", s3)["reason"] == "no service control policy allows it"
    # Within a level one is enough; each level must allow.
    assert simulate(*sources, "--scp", f"{s3},{alice}")["allowed"]
    assert not simulate(*sources, "--scp", alice, "--scp", s3)["allowed"]
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/s1"
    answer = simulate(*sources, "--session", s3, principal=role)
    assert answer["reason"] == "no session policy allows it"


def test_grants_as_they_are_listed(kms, key, write):
    other = "arn:aws:iam::444455556666:role/worker"
    grant = kms.create_grant(
        KeyId=key["KeyId"],
        GranteePrincipal=ROOT_USER,
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"app": "shop"}},
    )["GrantId"]
    listed = kms.list_grants(KeyId=key["KeyId"])["Grants"]
    # Of an account that this server does not have.
    listed[0]["GranteePrincipal"] = other
    grants = write("grants.json", json.dumps({"Grants": listed}, default=str))
    stranger = write("key.json", [{**DEFAULT, "Sid": "Nobody"}])
    sources = ["--policy", stranger, "--grant", grants]
    given = ["--context", "kms:EncryptionContext:App=shop"]
    answer = simulate(*sources, *given, principal=other, resource=key["Arn"])
    assert (answer["allowed"], answer["grant"], answer["reason"]) == (True, grant, f"grant {grant}")
    assert not simulate(*sources, principal=other, resource=key["Arn"])["allowed"]
    # Of another key they are not.
    assert not simulate(*sources, *given, principal=other)["allowed"]


def test_what_every_request_has_is_known(write):
    known = {
        "Null": {name: "false" for name in ("aws:CurrentTime", "aws:EpochTime")},
        "Bool": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"},
        "StringEquals": {"aws:PrincipalType": "User"},
    }
    key = write("key.json", [{**DEFAULT, "Principal": {"AWS": ALICE}, "Condition": known}])
    answer = simulate("--policy", key)
    assert answer["allowed"] and answer["missingContext"] == []
    for_aws = {"Bool": {"kms:GrantIsForAWSResource": "false"}}
    key = write("key.json", [{**DEFAULT, "Principal": {"AWS": ALICE}, "Condition": for_aws}])
    assert simulate("--policy", key, action="kms:CreateGrant")["allowed"]
    assert not simulate("--policy", key)["allowed"]
    given = ["--context", "kms:GrantIsForAWSResource=true"]
    assert not simulate("--policy", key, *given, action="kms:CreateGrant")["allowed"]


def test_a_grant_says_itself_what_its_constraint_is(write):
    account = {"IssuingAccount": ROOT_USER, "GranteePrincipal": ROOT_USER, "Operations": ["Encrypt"]}
    constraint = {"EncryptionContextSubset": {"App": "shop"}}
    grant = write("grant.json", json.dumps({**account, "Constraints": constraint}))
    condition = {"StringEquals": {"kms:EncryptionContext:app": "shop"}}
    alice = write("alice.json", [
        {"Effect": "Allow", "Action": "kms:RetireGrant", "Resource": "*", "Condition": condition}
    ])
    sources = ["--identity", alice, "--grant", grant]
    assert simulate(*sources, action="kms:RetireGrant")["allowed"]
    given = ["--context", "kms:EncryptionContext:app=shop"]
    bare = write("grant.json", json.dumps(account))
    sources = ["--identity", alice, "--grant", bare]
    assert not simulate(*sources, *given, action="kms:RetireGrant")["allowed"]


def test_what_cannot_be_simulated_is_refused(write):
    key = write("key.json", [DEFAULT])
    for arguments, complaint in [
        (["--action", "kms:Fly"], "`kms:Fly` is no action of KMS"),
        (["--resource", "*"], "kms:Decrypt is an action on a key"),
        (["--resource", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/a"], "is an action on a key"),
        (["--action", "kms:CreateKey"], "kms:CreateKey is an action on `*`"),
        (["--resource", "key"], "`key` is no ARN"),
        (["--context", "stage"], "`stage` is no condition key"),
        (["--policy", write("bad.json", "{")], "bad.json:1:1: not a JSON document"),
        (["--policy", "/nowhere.json"], "/nowhere.json"),
    ]:
        given = {"--principal": ALICE, "--action": "kms:Decrypt", "--resource": KEY, "--policy": key}
        given.update({arguments[0]: arguments[1]})
        flat = [part for pair in given.items() for part in pair]
        told = run("policy", "simulate", *flat)
        assert told.returncode == 1 and complaint in told.stderr, told.stderr


# why


def request_id(answer) -> str:
    return answer["ResponseMetadata"]["RequestId"]


def why(server: Server, request: str, *more) -> subprocess.CompletedProcess:
    return run("why", request, "--data", server.data, *more)


def test_why_tells_what_decided(own_server):
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]
    served = request_id(kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x"))
    deny = {**DEFAULT, "Sid": "Not", "Effect": "Deny", "Action": "kms:Encrypt"}
    kms.put_key_policy(KeyId=key["KeyId"], Policy=policy([DEFAULT, deny]))
    with pytest.raises(ClientError) as denied:
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    refused = request_id(denied.value.response)
    kms.put_key_policy(
        KeyId=key["KeyId"],
        Policy=policy([{**DEFAULT, "Action": ["kms:CreateGrant", "kms:PutKeyPolicy"]}]),
    )
    grant = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=ROOT_USER, Operations=["Encrypt"])
    granted = request_id(
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", GrantTokens=[grant["GrantToken"]])
    )
    with pytest.raises(ClientError) as missing:
        kms.disable_key(KeyId=key["KeyId"])
    silent = request_id(missing.value.response)

    def story(request):
        told = why(own_server, request)
        assert (told.returncode, told.stderr) == (0, "")
        return dict(line.split(maxsplit=1) for line in told.stdout.splitlines())

    def tells():
        told = story(served)
        assert told["who"].startswith(f"{ROOT_USER}, access key ")
        assert told["what"] == f"kms:Encrypt in {REGION}, account {ACCOUNT}"
        assert (told["on"], told["outcome"]) == (key["Arn"], "served")
        assert told["because"] == "key policy statement 0 (Enable IAM User Permissions)"
        told = story(refused)
        assert told["outcome"].startswith("AccessDenied")
        assert f": User: {ROOT_USER} is not authorized" in told["outcome"]
        assert told["because"] == "denied by key policy statement 1 (Not)"
        assert story(granted)["because"] == f"grant {grant['GrantId']}, named by a token"
        assert story(silent)["because"] == "no resource-based policy allows it"

    # While the server runs, and when it was stopped.
    tells()
    event = json.loads(why(own_server, granted, "--json").stdout)
    assert event["requestID"] == granted
    assert event["additionalEventData"]["decidedBy"] == [f"grant {grant['GrantId']}, named by a token"]
    assert story(event["eventID"]) == story(granted)
    # What is not delivered when the server dies is found all the same.
    late = request_id(kms.list_keys())
    own_server.kill()
    assert story(late)["what"] == f"kms:ListKeys in {REGION}, account {ACCOUNT}"
    tells()


def test_why_of_what_left_no_record(own_server):
    own_server.client().list_keys()
    assert own_server.terminate() == 0
    unknown = why(own_server, str(uuid.uuid4()))
    assert unknown.returncode == 1 and "the trail has no request" in unknown.stderr
    nonsense = why(own_server, "yesterday")
    assert nonsense.returncode == 1 and "is no request or event id" in nonsense.stderr
