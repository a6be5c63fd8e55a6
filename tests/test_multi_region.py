"""Multi-Region keys, with clients of two Regions."""

import time

import pytest

from expect import VALIDATION, members, refused
from server import OTHER_REGION, REGION

UNSUPPORTED = "UnsupportedOperationException"


@pytest.fixture(scope="module")
def there(server):
    return server.client(region=OTHER_REGION, validate=False)


def settled(kms, key: str) -> dict:
    """The key's metadata once it is in no passing state."""
    for _ in range(100):
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        if metadata["KeyState"] not in ("Creating", "Updating"):
            return metadata
        time.sleep(0.05)
    raise AssertionError(metadata["KeyState"])


@pytest.fixture
def family(kms, there):
    """The id of a multi-Region key with a primary key here and a replica there."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key, ReplicaRegion=OTHER_REGION)
    settled(there, key)
    return key


class TestReplicate:
    def test_what_is_answered(self, kms, there, account):
        key = kms.create_key(MultiRegion=True, Description="primary")["KeyMetadata"]
        absent = f"arn:aws:kms:{OTHER_REGION}:{account}:key/{key['KeyId']}"
        with refused("NotFoundException", f"Key '{absent}' does not exist"):
            there.describe_key(KeyId=key["KeyId"])
        answer = kms.replicate_key(
            KeyId=key["KeyId"], ReplicaRegion=OTHER_REGION, Tags=[{"TagKey": "a", "TagValue": "b"}]
        )
        assert members(answer) == {"ReplicaKeyMetadata", "ReplicaPolicy", "ReplicaTags"}
        replica = answer["ReplicaKeyMetadata"]
        assert (replica["KeyState"], replica["Enabled"]) == ("Creating", False)
        assert (replica["Arn"], replica["Description"]) == (absent, "")
        assert "CurrentKeyMaterialId" not in replica
        primary = {"Arn": key["Arn"], "Region": REGION}
        configuration = {
            "MultiRegionKeyType": "REPLICA",
            "PrimaryKey": primary,
            "ReplicaKeys": [{"Arn": absent, "Region": OTHER_REGION}],
        }
        assert replica["MultiRegionConfiguration"] == configuration
        assert '"Enable IAM User Permissions"' in answer["ReplicaPolicy"]
        after = settled(there, key["KeyId"])
        assert (after["KeyState"], after["Enabled"]) == ("Enabled", True)
        assert after["CurrentKeyMaterialId"] == key["CurrentKeyMaterialId"]
        own = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["MultiRegionConfiguration"]
        assert own == {**configuration, "MultiRegionKeyType": "PRIMARY"}

    def test_what_is_refused(self, kms, there, family, key):
        with refused(UNSUPPORTED, f"{key['Arn']} is not a multi-region primary key."):
            kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion=OTHER_REGION)
        with refused("AlreadyExistsException"):
            kms.replicate_key(KeyId=family, ReplicaRegion=OTHER_REGION)
        with refused(UNSUPPORTED):
            there.replicate_key(KeyId=family, ReplicaRegion="ap-south-1")
        with refused("MalformedPolicyDocumentException"):
            kms.replicate_key(KeyId=family, ReplicaRegion="ap-south-1", Policy="{}")
        with refused("TagException", "Duplicate tag keys"):
            kms.replicate_key(
                KeyId=family, ReplicaRegion="ap-south-1",
                Tags=[{"TagKey": "a", "TagValue": "b"}] * 2,
            )
        with refused(VALIDATION):
            kms.replicate_key(KeyId=family, ReplicaRegion="NOWHERE")
        kms.disable_key(KeyId=family)
        with refused("DisabledException"):
            kms.replicate_key(KeyId=family, ReplicaRegion="ap-south-1")

    def test_properties_of_its_own(self, kms, there, family):
        kms.tag_resource(KeyId=family, Tags=[{"TagKey": "a", "TagValue": "here"}])
        kms.create_alias(AliasName="alias/of-one-region", TargetKeyId=family)
        kms.disable_key(KeyId=family)
        assert there.list_resource_tags(KeyId=family)["Tags"] == []
        assert there.list_aliases(KeyId=family)["Aliases"] == []
        assert there.describe_key(KeyId=family)["KeyMetadata"]["KeyState"] == "Enabled"


class TestUse:
    def test_ciphertext_crosses_the_regions(self, kms, there, family):
        here = kms.encrypt(KeyId=family, Plaintext=b"x", EncryptionContext={"a": "b"})
        blob = here["CiphertextBlob"]
        for options in ({}, {"KeyId": family}):
            opened = there.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"}, **options)
            assert opened["Plaintext"] == b"x"
            assert f":{OTHER_REGION}:" in opened["KeyId"]
        data_key = there.generate_data_key(KeyId=family, KeySpec="AES_256")
        opened = kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])
        assert opened["Plaintext"] == data_key["Plaintext"]

    def test_after_a_rotation(self, kms, there, family):
        before = there.encrypt(KeyId=family, Plaintext=b"old")["CiphertextBlob"]
        kms.rotate_key_on_demand(KeyId=family)
        after = kms.encrypt(KeyId=family, Plaintext=b"new")["CiphertextBlob"]
        for client in (kms, there):
            assert client.decrypt(CiphertextBlob=before)["Plaintext"] == b"old"
            assert client.decrypt(CiphertextBlob=after)["Plaintext"] == b"new"
        with refused(UNSUPPORTED):
            there.rotate_key_on_demand(KeyId=family)

    def test_signatures(self, kms, there):
        key = kms.create_key(
            MultiRegion=True, KeySpec="ML_DSA_44", KeyUsage="SIGN_VERIFY"
        )["KeyMetadata"]["KeyId"]
        kms.replicate_key(KeyId=key, ReplicaRegion=OTHER_REGION)
        settled(there, key)
        arguments = {"KeyId": key, "Message": b"m", "SigningAlgorithm": "ML_DSA_SHAKE_256"}
        signature = kms.sign(**arguments)["Signature"]
        assert there.verify(Signature=signature, **arguments)["SignatureValid"]
        publics = [client.get_public_key(KeyId=key)["PublicKey"] for client in (kms, there)]
        assert publics[0] == publics[1]


class TestPrimaryRegion:
    def test_the_parts_are_exchanged(self, kms, there, family):
        answer = kms.update_primary_region(KeyId=family, PrimaryRegion=OTHER_REGION)
        assert members(answer) == set()
        types = [
            settled(client, family)["MultiRegionConfiguration"]["MultiRegionKeyType"]
            for client in (kms, there)
        ]
        assert types == ["REPLICA", "PRIMARY"]
        with refused(UNSUPPORTED):
            kms.update_primary_region(KeyId=family, PrimaryRegion=OTHER_REGION)
        there.update_primary_region(KeyId=family, PrimaryRegion=REGION)
        assert settled(kms, family)["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"

    def test_a_region_without_a_replica(self, kms, family):
        with refused("NotFoundException"):
            kms.update_primary_region(KeyId=family, PrimaryRegion="ap-south-1")


class TestDeletion:
    def test_a_primary_key_waits_for_its_replicas(self, kms, there, family):
        answer = kms.schedule_key_deletion(KeyId=family, PendingWindowInDays=7)
        assert answer["KeyState"] == "PendingReplicaDeletion"
        assert "DeletionDate" not in answer and answer["PendingWindowInDays"] == 7
        metadata = kms.describe_key(KeyId=family)["KeyMetadata"]
        assert metadata["PendingDeletionWindowInDays"] == 7 and "DeletionDate" not in metadata
        with refused("KMSInvalidStateException"):
            kms.encrypt(KeyId=family, Plaintext=b"x")
        assert there.encrypt(KeyId=family, Plaintext=b"x")["CiphertextBlob"]
        kms.cancel_key_deletion(KeyId=family)
        assert kms.describe_key(KeyId=family)["KeyMetadata"]["KeyState"] == "Disabled"
