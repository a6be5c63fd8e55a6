"""Keys: what they are said to be, their states, and what each state refuses."""

import datetime
import re
import uuid

import pytest

from expect import INVALID_STATE, NOT_FOUND, VALIDATION, at_most, invalid, members, refused
from server import REGION

METADATA = {
    "AWSAccountId",
    "Arn",
    "CreationDate",
    "CurrentKeyMaterialId",
    "CustomerMasterKeySpec",
    "Description",
    "Enabled",
    "EncryptionAlgorithms",
    "KeyId",
    "KeyManager",
    "KeySpec",
    "KeyState",
    "KeyUsage",
    "MultiRegion",
    "Origin",
}
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def state(kms, key: dict) -> tuple:
    metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    return metadata["KeyState"], metadata["Enabled"]


class TestCreate:
    def test_metadata_of_a_plain_key(self, kms, account):
        answer = kms.create_key()
        assert members(answer) == {"KeyMetadata"}
        key = answer["KeyMetadata"]
        assert set(key) == METADATA
        assert re.fullmatch(UUID4, key["KeyId"])
        assert re.fullmatch(r"[0-9a-f]{64}", key["CurrentKeyMaterialId"])
        assert abs(now() - key["CreationDate"]) < datetime.timedelta(minutes=1)
        expected = {
            "AWSAccountId": account,
            "Arn": f"arn:aws:kms:{REGION}:{account}:key/{key['KeyId']}",
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "Description": "",
            "Enabled": True,
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "MultiRegion": False,
            "Origin": "AWS_KMS",
        }
        assert {name: key[name] for name in expected} == expected

    def test_describe_repeats_what_create_said(self, kms):
        key = kms.create_key(Description="für später ✓")["KeyMetadata"]
        assert key["Description"] == "für später ✓"
        assert kms.describe_key(KeyId=key["Arn"])["KeyMetadata"] == key

    def test_multi_region_primary(self, kms):
        key = kms.create_key(MultiRegion=True)["KeyMetadata"]
        assert set(key) == METADATA | {"MultiRegionConfiguration"}
        assert re.fullmatch(r"mrk-[0-9a-f]{32}", key["KeyId"])
        assert key["MultiRegion"] is True
        assert key["MultiRegionConfiguration"] == {
            "MultiRegionKeyType": "PRIMARY",
            "PrimaryKey": {"Arn": key["Arn"], "Region": REGION},
            "ReplicaKeys": [],
        }

    def test_spec_and_usage_may_be_named(self, kms):
        key = kms.create_key(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT", Origin="AWS_KMS")
        assert key["KeyMetadata"]["KeySpec"] == "SYMMETRIC_DEFAULT"
        key = kms.create_key(CustomerMasterKeySpec="SYMMETRIC_DEFAULT")
        assert key["KeyMetadata"]["KeySpec"] == "SYMMETRIC_DEFAULT"

    def test_usage_that_does_not_fit_the_spec(self, kms):
        text = "KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT"
        with refused(VALIDATION, text):
            kms.create_key(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="SIGN_VERIFY")

    def test_other_specs_demand_a_usage(self, kms):
        text = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
        with refused(VALIDATION, text):
            kms.create_key(KeySpec="RSA_2048")

    def test_tags_are_kept(self, kms):
        tags = [{"TagKey": "team", "TagValue": "blue"}, {"TagKey": "empty", "TagValue": ""}]
        key = kms.create_key(Tags=tags)["KeyMetadata"]
        listed = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
        assert sorted(listed, key=lambda tag: tag["TagKey"]) == sorted(tags, key=lambda tag: tag["TagKey"])

    def test_a_refused_key_is_not_made(self, kms):
        before = count_keys(kms)
        with refused("TagException", "Duplicate tag keys"):
            kms.create_key(Tags=[{"TagKey": "a", "TagValue": "1"}, {"TagKey": "a", "TagValue": "2"}])
        with refused("MalformedPolicyDocumentException"):
            kms.create_key(Policy="{")
        assert count_keys(kms) == before


def count_keys(kms) -> int:
    pages = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1000})
    return sum(len(page["Keys"]) for page in pages)


class TestIdentifiers:
    def test_four_ways_to_name_a_key(self, kms, key, alias):
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
        alias_arn = key["Arn"].split("key/")[0] + alias
        for name in [key["KeyId"], key["Arn"], alias, alias_arn]:
            assert kms.describe_key(KeyId=name)["KeyMetadata"] == key

    @pytest.mark.parametrize("form", ["{}", "arn:aws:kms:{region}:{account}:key/{}"])
    @pytest.mark.parametrize("multi_region", [False, True])
    def test_absent_key(self, kms, account, form, multi_region):
        absent = f"mrk-{uuid.uuid4().hex}" if multi_region else str(uuid.uuid4())
        arn = f"arn:aws:kms:{REGION}:{account}:key/{absent}"
        with refused(NOT_FOUND, f"Key '{arn}' does not exist"):
            kms.describe_key(KeyId=form.format(absent, region=REGION, account=account))

    @pytest.mark.parametrize("text", ["fake-key-id", "mrk-fake-key-id", "0" * 32])
    def test_malformed_id(self, kms, text):
        with refused(NOT_FOUND, f"Invalid keyId '{text}'"):
            kms.describe_key(KeyId=text)

    def test_malformed_id_in_an_arn(self, kms, account):
        with refused(NOT_FOUND, "Invalid keyId fake-key-id"):
            kms.describe_key(KeyId=f"arn:aws:kms:{REGION}:{account}:key/fake-key-id")

    def test_absent_alias(self, kms, account, alias):
        text = f"Alias arn:aws:kms:{REGION}:{account}:{alias} is not found."
        with refused(NOT_FOUND, text):
            kms.describe_key(KeyId=alias)
        with refused(NOT_FOUND, text):
            kms.encrypt(KeyId=f"arn:aws:kms:{REGION}:{account}:{alias}", Plaintext=b"x")

    def test_management_takes_no_alias(self, kms, key, alias):
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
        for call in [kms.disable_key, kms.enable_key, kms.schedule_key_deletion, kms.get_key_policy]:
            with pytest.raises(kms.exceptions.ClientError):
                call(KeyId=alias)
        assert state(kms, key) == ("Enabled", True)


class TestDescription:
    def test_it_is_replaced(self, kms, key):
        assert members(kms.update_key_description(KeyId=key["Arn"], Description="new")) == set()
        assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"] == "new"
        kms.update_key_description(KeyId=key["KeyId"], Description="")
        assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"] == ""

    def test_it_is_bounded(self, kms, key):
        longest = "d" * 8192
        kms.update_key_description(KeyId=key["KeyId"], Description=longest)
        text = invalid("description", at_most(8192), longest + "d")
        with refused(VALIDATION, text):
            kms.update_key_description(KeyId=key["KeyId"], Description=longest + "d")


class TestDisable:
    def test_there_and_back(self, kms, key):
        assert members(kms.disable_key(KeyId=key["KeyId"])) == set()
        assert state(kms, key) == ("Disabled", False)
        assert members(kms.enable_key(KeyId=key["Arn"])) == set()
        assert state(kms, key) == ("Enabled", True)

    def test_twice_is_allowed(self, kms, key):
        kms.enable_key(KeyId=key["KeyId"])
        kms.disable_key(KeyId=key["KeyId"])
        kms.disable_key(KeyId=key["KeyId"])
        assert state(kms, key) == ("Disabled", False)

    def test_a_disabled_key_does_no_cryptography(self, kms, key, other_key):
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        elsewhere = kms.encrypt(KeyId=other_key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        kms.disable_key(KeyId=key["KeyId"])
        for call, arguments in crypto_calls(kms, key, blob):
            with refused("DisabledException", f"{key['Arn']} is disabled."):
                call(**arguments)
        with refused("DisabledException", f"{key['Arn']} is disabled."):
            kms.re_encrypt(CiphertextBlob=elsewhere, DestinationKeyId=key["KeyId"])
        kms.enable_key(KeyId=key["KeyId"])
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"

    def test_a_disabled_key_is_still_managed(self, kms, key, alias):
        kms.disable_key(KeyId=key["KeyId"])
        kms.update_key_description(KeyId=key["KeyId"], Description="off")
        kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "a", "TagValue": "b"}])
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
        assert "Statement" in kms.get_key_policy(KeyId=key["KeyId"])["Policy"]


def crypto_calls(kms, key: dict, blob: bytes) -> list:
    """Every use of a key, with `blob` its ciphertext."""
    return [
        (kms.encrypt, {"KeyId": key["KeyId"], "Plaintext": b"x"}),
        (kms.decrypt, {"CiphertextBlob": blob}),
        (kms.decrypt, {"CiphertextBlob": blob, "KeyId": key["Arn"]}),
        (kms.re_encrypt, {"CiphertextBlob": blob, "DestinationKeyId": key["KeyId"]}),
        (kms.generate_data_key, {"KeyId": key["KeyId"], "KeySpec": "AES_256"}),
        (kms.generate_data_key_without_plaintext, {"KeyId": key["KeyId"], "KeySpec": "AES_256"}),
    ]


class TestDeletion:
    def test_answer_and_metadata(self, kms, key):
        answer = kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        assert members(answer) == {"KeyId", "DeletionDate", "KeyState", "PendingWindowInDays"}
        assert answer["KeyId"] == key["Arn"]
        assert answer["KeyState"] == "PendingDeletion"
        assert answer["PendingWindowInDays"] == 7
        wait = answer["DeletionDate"] - now()
        assert datetime.timedelta(days=6, hours=23) < wait < datetime.timedelta(days=7, hours=1)
        metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        assert set(metadata) == METADATA | {"DeletionDate"}
        assert metadata["DeletionDate"] == answer["DeletionDate"]
        assert (metadata["KeyState"], metadata["Enabled"]) == ("PendingDeletion", False)

    def test_the_wait_is_thirty_days_unless_told(self, kms, key):
        answer = kms.schedule_key_deletion(KeyId=key["KeyId"])
        assert answer["PendingWindowInDays"] == 30
        wait = answer["DeletionDate"] - now()
        assert datetime.timedelta(days=29, hours=23) < wait < datetime.timedelta(days=30, hours=1)

    @pytest.mark.parametrize("days", [1, 6, 31, 365])
    def test_the_wait_is_seven_to_thirty_days(self, kms, key, days):
        with refused(VALIDATION):
            kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=days)
        assert state(kms, key) == ("Enabled", True)

    def test_cancelling_leaves_the_key_disabled(self, kms, key):
        kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        answer = kms.cancel_key_deletion(KeyId=key["Arn"])
        assert members(answer) == {"KeyId"}
        assert answer["KeyId"] == key["Arn"]
        metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        assert set(metadata) == METADATA
        assert (metadata["KeyState"], metadata["Enabled"]) == ("Disabled", False)

    def test_nothing_to_cancel(self, kms, key):
        with refused(INVALID_STATE, f"{key['Arn']} is not pending deletion."):
            kms.cancel_key_deletion(KeyId=key["KeyId"])

    def test_a_key_pending_deletion_refuses_use_and_management(self, kms, key, alias):
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        management = [
            (kms.enable_key, {"KeyId": key["KeyId"]}),
            (kms.disable_key, {"KeyId": key["KeyId"]}),
            (kms.schedule_key_deletion, {"KeyId": key["KeyId"]}),
            (kms.update_key_description, {"KeyId": key["KeyId"], "Description": "x"}),
            (kms.tag_resource, {"KeyId": key["KeyId"], "Tags": [{"TagKey": "a", "TagValue": "b"}]}),
            (kms.untag_resource, {"KeyId": key["KeyId"], "TagKeys": ["a"]}),
            (kms.create_alias, {"AliasName": alias, "TargetKeyId": key["KeyId"]}),
        ]
        for call, arguments in crypto_calls(kms, key, blob) + management:
            with refused(INVALID_STATE, f"{key['Arn']} is pending deletion."):
                call(**arguments)

    def test_a_key_pending_deletion_can_be_looked_at(self, kms, key):
        kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        assert kms.get_key_policy(KeyId=key["KeyId"])["PolicyName"] == "default"
        assert kms.list_resource_tags(KeyId=key["KeyId"])["Tags"] == []
        assert key["KeyId"] in [entry["KeyId"] for entry in kms.list_keys(Limit=1000)["Keys"]]


def test_every_answer_has_a_request_id(kms):
    ids = {kms.list_keys()["ResponseMetadata"]["RequestId"] for _ in range(3)}
    assert len(ids) == 3
    for request_id in ids:
        assert uuid.UUID(request_id).version == 4


class TestLastUsage:
    def test_never_used(self, kms, key):
        answer = kms.get_key_last_usage(KeyId=key["Arn"])
        assert members(answer) == {
            "KeyCreationDate", "KeyId", "KeyLastUsage", "TrackingStartDate",
        }
        assert answer["KeyLastUsage"] == {}
        assert answer["KeyCreationDate"] == answer["TrackingStartDate"] == key["CreationDate"]

    def test_used_and_started_anew(self, own_server):
        kms = own_server.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        made = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
        usage = kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]
        assert usage["Operation"] == "GenerateDataKey"
        assert usage["KmsRequestId"] == made["ResponseMetadata"]["RequestId"]
        assert re.fullmatch(UUID4.replace("-4", "-7", 1), usage["CloudTrailEventId"])
        assert usage["CloudTrailEventId"] in [event["eventID"] for event in own_server.events()]
        assert abs(now() - usage["Timestamp"]) < datetime.timedelta(minutes=1)
        own_server.terminate()
        own_server.start()
        assert own_server.client().get_key_last_usage(KeyId=key)["KeyLastUsage"] == usage
