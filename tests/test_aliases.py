"""Aliases: names of keys that can be pointed elsewhere."""

import datetime
import re

import pytest

from expect import INVALID_STATE, NOT_FOUND, VALIDATION, members, refused

PREFIX = (
    'Alias must start with the prefix "alias/". '
    "Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)


def entry(kms, name: str) -> dict | None:
    pages = kms.get_paginator("list_aliases").paginate()
    found = [entry for page in pages for entry in page["Aliases"] if entry["AliasName"] == name]
    assert len(found) <= 1
    return found[0] if found else None


def test_entry_of_a_new_alias(kms, key, alias):
    assert members(kms.create_alias(AliasName=alias, TargetKeyId=key["Arn"])) == set()
    found = entry(kms, alias)
    assert set(found) == {
        "AliasName",
        "AliasArn",
        "TargetKeyId",
        "CreationDate",
        "LastUpdatedDate",
    }
    assert found["AliasArn"] == key["Arn"].split("key/")[0] + alias
    assert found["TargetKeyId"] == key["KeyId"]
    assert found["CreationDate"] == found["LastUpdatedDate"]
    age = datetime.datetime.now(datetime.timezone.utc) - found["CreationDate"]
    assert abs(age) < datetime.timedelta(minutes=1)


def test_it_can_be_pointed_at_another_key(kms, key, other_key, alias):
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    before = entry(kms, alias)
    blob = kms.encrypt(KeyId=alias, Plaintext=b"x")["CiphertextBlob"]
    assert members(kms.update_alias(AliasName=alias, TargetKeyId=other_key["KeyId"])) == set()
    after = entry(kms, alias)
    assert after["TargetKeyId"] == other_key["KeyId"]
    assert after["CreationDate"] == before["CreationDate"]
    assert after["LastUpdatedDate"] >= before["LastUpdatedDate"]
    assert kms.encrypt(KeyId=alias, Plaintext=b"x")["KeyId"] == other_key["Arn"]
    # The ciphertext knows its own key.
    assert kms.decrypt(CiphertextBlob=blob)["KeyId"] == key["Arn"]


def test_deleting_it_leaves_the_key(kms, key, alias):
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    assert members(kms.delete_alias(AliasName=alias)) == set()
    assert entry(kms, alias) is None
    arn = key["Arn"].split("key/")[0] + alias
    for call in [
        lambda: kms.describe_key(KeyId=alias),
        lambda: kms.delete_alias(AliasName=alias),
        lambda: kms.update_alias(AliasName=alias, TargetKeyId=key["KeyId"]),
    ]:
        with refused(NOT_FOUND, f"Alias {arn} is not found."):
            call()
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Enabled"]
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])


def test_a_name_is_taken_once(kms, key, other_key, alias):
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    arn = key["Arn"].split("key/")[0] + alias
    for target in [key, other_key]:
        with refused("AlreadyExistsException", f"An alias with the name {arn} already exists"):
            kms.create_alias(AliasName=alias, TargetKeyId=target["KeyId"])
    assert entry(kms, alias)["TargetKeyId"] == key["KeyId"]


def test_a_key_may_have_several(kms, key, alias):
    names = [f"{alias}-{n}" for n in range(3)]
    for name in names:
        kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    found = kms.list_aliases(KeyId=key["Arn"])["Aliases"]
    assert sorted(entry["AliasName"] for entry in found) == names


def test_a_name_without_the_prefix(kms, key):
    for call in [kms.create_alias, kms.update_alias]:
        with refused(VALIDATION, PREFIX):
            call(AliasName="tutorial", TargetKeyId=key["KeyId"])
    with refused(VALIDATION, PREFIX):
        kms.delete_alias(AliasName="tutorial")


@pytest.mark.parametrize("name", ["alias/with space", "alias/ü", "alias/a.b", "alias/$"])
def test_characters_that_no_alias_has(kms, key, name):
    text = re.escape(
        f"Value '{name}' at 'aliasName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$"
    )
    with refused(VALIDATION, re.compile(text)):
        kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])


def test_nothing_after_the_prefix(kms, key):
    with pytest.raises(kms.exceptions.ClientError):
        kms.create_alias(AliasName="alias/", TargetKeyId=key["KeyId"])


def test_names_of_aws_cannot_be_made(kms, key):
    with pytest.raises(kms.exceptions.ClientError) as caught:
        kms.create_alias(AliasName="alias/aws/s3", TargetKeyId=key["KeyId"])
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert entry(kms, "alias/aws/s3") is None


def test_the_target_is_a_key(kms, key, alias):
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    with refused(VALIDATION, "Aliases must refer to keys. Not aliases"):
        kms.create_alias(AliasName=f"{alias}-2", TargetKeyId=alias)


def test_the_target_exists(kms, account, alias):
    absent = "12345678-1234-4234-8234-123456789012"
    with refused(NOT_FOUND, re.compile(f"key/{absent}' does not exist$")):
        kms.create_alias(AliasName=alias, TargetKeyId=absent)
    assert entry(kms, alias) is None


def test_the_target_is_not_pending_deletion(kms, key, other_key, alias):
    kms.create_alias(AliasName=alias, TargetKeyId=other_key["KeyId"])
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    with refused(INVALID_STATE, f"{key['Arn']} is pending deletion."):
        kms.update_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    assert entry(kms, alias)["TargetKeyId"] == other_key["KeyId"]


def test_the_longest_name(kms, key):
    longest = "alias/" + "n" * 250
    kms.create_alias(AliasName=longest, TargetKeyId=key["KeyId"])
    assert kms.describe_key(KeyId=longest)["KeyMetadata"]["KeyId"] == key["KeyId"]
    with refused(VALIDATION, re.compile("Member must have length less than or equal to 256")):
        kms.create_alias(AliasName=longest + "n", TargetKeyId=key["KeyId"])
