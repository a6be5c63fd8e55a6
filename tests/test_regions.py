"""A key lives in one Region, and is not there for any other."""

import pytest

from expect import NOT_FOUND, refused
from server import OTHER_REGION, REGION


def test_the_arn_carries_the_region_of_the_signature(kms, kms_elsewhere):
    here = kms.create_key()["KeyMetadata"]["Arn"]
    there = kms_elsewhere.create_key()["KeyMetadata"]["Arn"]
    assert here.split(":")[3] == REGION
    assert there.split(":")[3] == OTHER_REGION


def test_lists_show_one_region(kms, kms_elsewhere, key, alias):
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    assert key["KeyId"] in [entry["KeyId"] for entry in kms.list_keys(Limit=1000)["Keys"]]
    elsewhere = kms_elsewhere.list_keys(Limit=1000)["Keys"]
    assert key["KeyId"] not in [entry["KeyId"] for entry in elsewhere]
    assert alias not in [entry["AliasName"] for entry in kms_elsewhere.list_aliases()["Aliases"]]


@pytest.mark.parametrize("multi_region", [False, True])
def test_a_key_is_found_in_its_region_only(kms, kms_elsewhere, account, multi_region):
    key = kms.create_key(MultiRegion=multi_region)["KeyMetadata"]
    there = f"arn:aws:kms:{OTHER_REGION}:{account}:key/{key['KeyId']}"
    with refused(NOT_FOUND, f"Key '{there}' does not exist"):
        kms_elsewhere.describe_key(KeyId=key["KeyId"])
    with refused(NOT_FOUND, f"Invalid arn {REGION}"):
        kms_elsewhere.describe_key(KeyId=key["Arn"])


def test_the_same_alias_in_two_regions(kms, kms_elsewhere, key, alias):
    other = kms_elsewhere.create_key()["KeyMetadata"]
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    kms_elsewhere.create_alias(AliasName=alias, TargetKeyId=other["KeyId"])
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"] == key["Arn"]
    assert kms_elsewhere.describe_key(KeyId=alias)["KeyMetadata"]["Arn"] == other["Arn"]


def test_a_ciphertext_opens_in_its_region_only(kms, kms_elsewhere, key):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    with pytest.raises(kms_elsewhere.exceptions.ClientError) as caught:
        kms_elsewhere.decrypt(CiphertextBlob=blob)
    code = caught.value.response["Error"]["Code"]
    assert code in {"AccessDeniedException", "InvalidCiphertextException"}
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_other_partitions(server, region, partition):
    key = server.client(region=region).create_key()["KeyMetadata"]
    assert key["Arn"].startswith(f"arn:{partition}:kms:{region}:")
