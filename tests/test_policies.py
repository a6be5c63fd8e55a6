"""Key policies: stored, checked when they are put, and enforced."""

import json
import re

import pytest

from expect import NOT_FOUND, members, refused

MALFORMED = "MalformedPolicyDocumentException"
LOCKOUT = "The new key policy will not allow you to update the key policy in the future."


@pytest.fixture
def root(account) -> str:
    return f"arn:aws:iam::{account}:root"


def default_policy(root: str) -> dict:
    return {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": root},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }


def with_statement(root: str, **statement) -> str:
    """The default policy and one statement more."""
    policy = default_policy(root)
    policy["Statement"].append({"Sid": "more", "Resource": "*", **statement})
    return json.dumps(policy)


def test_the_default_policy(kms, key, root):
    answer = kms.get_key_policy(KeyId=key["KeyId"])
    assert members(answer) == {"Policy", "PolicyName"}
    assert answer["PolicyName"] == "default"
    assert json.loads(answer["Policy"]) == default_policy(root)
    assert answer["Policy"] == kms.get_key_policy(KeyId=key["Arn"], PolicyName="default")["Policy"]


def test_there_is_one_policy(kms, key):
    answer = kms.list_key_policies(KeyId=key["KeyId"])
    assert members(answer) == {"PolicyNames", "Truncated"}
    assert (answer["PolicyNames"], answer["Truncated"]) == (["default"], False)


def test_no_policy_of_another_name(kms, key):
    with refused(NOT_FOUND):
        kms.get_key_policy(KeyId=key["KeyId"], PolicyName="other")


def test_a_policy_is_replaced(kms, key, root):
    policy = with_statement(root, Effect="Deny", Principal="*", Action="kms:GenerateDataKey")
    assert members(kms.put_key_policy(KeyId=key["KeyId"], Policy=policy)) == set()
    stored = kms.get_key_policy(KeyId=key["KeyId"])["Policy"]
    assert json.loads(stored) == json.loads(policy)


def test_a_key_is_made_with_a_policy(kms, root):
    policy = with_statement(root, Effect="Deny", Principal="*", Action="kms:Encrypt")
    key = kms.create_key(Policy=policy)["KeyMetadata"]
    assert json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"]) == json.loads(policy)
    with refused("AccessDeniedException"):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def denied(root: str, action: str, arn: str) -> str:
    return (
        f"User: {root} is not authorized to perform: kms:{action} on resource: {arn} "
        "with an explicit deny in a resource-based policy"
    )


@pytest.mark.parametrize("action", ["kms:Encrypt", "kms:encrypt", "kms:Enc*", "kms:?ncrypt"])
def test_an_explicit_deny_binds_the_root_user(kms, key, root, action):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    policy = with_statement(root, Effect="Deny", Principal={"AWS": root}, Action=action)
    kms.put_key_policy(KeyId=key["KeyId"], Policy=policy)
    with refused("AccessDeniedException", denied(root, "Encrypt", key["Arn"])):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(default_policy(root)))
    assert kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["KeyId"] == key["Arn"]


def test_a_refusal_comes_before_the_state(kms, key, root):
    policy = with_statement(root, Effect="Deny", Principal="*", Action="kms:Encrypt")
    kms.put_key_policy(KeyId=key["KeyId"], Policy=policy)
    kms.disable_key(KeyId=key["KeyId"])
    with refused("AccessDeniedException", denied(root, "Encrypt", key["Arn"])):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def test_a_condition_on_the_encryption_context(kms, key, root):
    condition = {"StringEquals": {"kms:EncryptionContext:tenant": "8"}}
    policy = with_statement(
        root, Effect="Deny", Principal="*", Action="kms:Encrypt", Condition=condition
    )
    kms.put_key_policy(KeyId=key["KeyId"], Policy=policy)
    named = {"KeyId": key["KeyId"], "Plaintext": b"x"}
    assert kms.encrypt(**named, EncryptionContext={"tenant": "7"})["CiphertextBlob"]
    with refused("AccessDeniedException"):
        kms.encrypt(**named, EncryptionContext={"tenant": "8"})


def test_both_keys_of_a_re_encryption_are_asked(kms, key, other_key, root):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    no_exit = with_statement(root, Effect="Deny", Principal="*", Action="kms:ReEncryptFrom")
    no_entry = with_statement(root, Effect="Deny", Principal="*", Action="kms:ReEncryptTo")
    default = json.dumps(default_policy(root))
    move = {"CiphertextBlob": blob, "DestinationKeyId": other_key["KeyId"]}
    kms.put_key_policy(KeyId=key["KeyId"], Policy=no_exit)
    # No key was named, so the refusal names none.
    no_exit_text = denied(root, "ReEncryptFrom", key["Arn"]).replace(
        f"resource: {key['Arn']}", "the resource associated with this ciphertext"
    )
    with refused("AccessDeniedException", no_exit_text):
        kms.re_encrypt(**move)
    with refused("AccessDeniedException", denied(root, "ReEncryptFrom", key["Arn"])):
        kms.re_encrypt(**move, SourceKeyId=key["KeyId"])
    kms.put_key_policy(KeyId=key["KeyId"], Policy=default)
    kms.put_key_policy(KeyId=other_key["KeyId"], Policy=no_entry)
    with refused("AccessDeniedException", denied(root, "ReEncryptTo", other_key["Arn"])):
        kms.re_encrypt(**move)
    kms.put_key_policy(KeyId=other_key["KeyId"], Policy=default)
    assert kms.re_encrypt(**move)["KeyId"] == other_key["Arn"]


@pytest.mark.parametrize(
    "policy",
    [
        "{",
        "[]",
        '"kms:*"',
        '{"Version": "2012-10-17"}',
        '{"Version": "2008", "Statement": []}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "nobody"}, "Action": "kms:*", "Resource": "*"}]}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"NoSuchOperator": {"a": "b"}}}]}',
    ],
)
def test_what_is_no_key_policy(kms, key, root, policy):
    with refused(MALFORMED):
        kms.put_key_policy(KeyId=key["KeyId"], Policy=policy, BypassPolicyLockoutSafetyCheck=True)
    assert json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"]) == default_policy(root)


def locking_out(root: str) -> str:
    policy = default_policy(root)
    policy["Statement"][0]["Action"] = ["kms:Encrypt", "kms:GetKeyPolicy"]
    return json.dumps(policy)


def test_nobody_locks_himself_out_by_mistake(kms, key, root):
    with refused(MALFORMED, LOCKOUT):
        kms.put_key_policy(KeyId=key["KeyId"], Policy=locking_out(root))
    with refused(MALFORMED, LOCKOUT):
        kms.create_key(Policy=locking_out(root))
    forbidding = with_statement(root, Effect="Deny", Principal="*", Action="kms:PutKeyPolicy")
    with refused(MALFORMED, LOCKOUT):
        kms.put_key_policy(KeyId=key["KeyId"], Policy=forbidding)
    assert json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"]) == default_policy(root)


def test_one_may_do_so_deliberately(kms, key, root):
    kms.put_key_policy(
        KeyId=key["KeyId"], Policy=locking_out(root), BypassPolicyLockoutSafetyCheck=True
    )
    assert kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["KeyId"] == key["Arn"]
    text = (
        f"User: {root} is not authorized to perform: kms:PutKeyPolicy on resource: {key['Arn']} "
        "because no resource-based policy allows the kms:PutKeyPolicy action"
    )
    with refused("AccessDeniedException", text):
        kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(default_policy(root)))


def test_decryption_without_a_key_id_names_the_ciphertext(kms, key, root):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    policy = with_statement(root, Effect="Deny", Principal="*", Action="kms:Decrypt")
    kms.put_key_policy(KeyId=key["KeyId"], Policy=policy)
    with refused("AccessDeniedException") as caught:
        kms.decrypt(CiphertextBlob=blob)
    text = caught.value.response["Error"]["Message"]
    assert text.startswith(f"User: {root} is not authorized to perform: kms:Decrypt on ")
    assert "explicit deny" in text


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("kms:EncryptionContext:App", "OverlyPermissiveCondition:EncryptionContext: Using the ForAllValues"),
        ("aws:RequestTag/team", "OverlyPermissiveCondition: Using the ForAllValues"),
    ],
)
def test_for_all_values_of_a_single_value_is_refused(kms, key, condition, text):
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"ForAllValues:StringEquals": {condition: "x"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with refused(MALFORMED, re.compile(f"^{text} set operator with a single-valued condition key")):
        kms.put_key_policy(KeyId=key["KeyId"], Policy=policy, BypassPolicyLockoutSafetyCheck=True)
