"""Grants, as boto3 sees them."""

import re

import pytest

from expect import NOT_FOUND, VALIDATION, members, refused
from people import trust

GRANTEE = "arn:aws:iam::111122223333:role/worker"
DRY_RUN = ("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")


@pytest.fixture(scope="module", autouse=True)
def people(server):
    """Whom the grants name."""
    iam = server.client(service="iam")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust("111122223333"))
    for name in ("other", "retiree"):
        iam.create_user(UserName=name)
    return iam


@pytest.fixture
def grant(kms, key):
    return kms.create_grant(
        KeyId=key["KeyId"], GranteePrincipal=GRANTEE, Operations=["Encrypt", "Decrypt"]
    )


class TestCreate:
    def test_what_is_answered_and_listed(self, kms, key, account):
        answer = kms.create_grant(
            KeyId=key["KeyId"],
            GranteePrincipal=GRANTEE,
            RetiringPrincipal=f"arn:aws:iam::{account}:root",
            Operations=["Encrypt", "Decrypt"],
            Constraints={"EncryptionContextSubset": {"department": "x"}},
            Name="for-the-worker",
        )
        assert members(answer) == {"GrantId", "GrantToken"}
        assert re.fullmatch(r"[0-9a-f]{64}", answer["GrantId"])
        (listed,) = kms.list_grants(KeyId=key["KeyId"])["Grants"]
        assert listed.pop("CreationDate")
        assert listed == {
            "KeyId": key["Arn"],
            "GrantId": answer["GrantId"],
            "Name": "for-the-worker",
            "GranteePrincipal": GRANTEE,
            "RetiringPrincipal": f"arn:aws:iam::{account}:root",
            "IssuingAccount": f"arn:aws:iam::{account}:root",
            "Operations": ["Encrypt", "Decrypt"],
            "Constraints": {"EncryptionContextSubset": {"department": "x"}},
        }

    def test_for_a_service(self, kms, key, account):
        terms = {
            "KeyId": key["KeyId"],
            "GranteeServicePrincipal": "storage.example.amazonaws.com",
            "Operations": ["Decrypt"],
        }
        with refused(VALIDATION):
            kms.create_grant(**terms)
        terms["Constraints"] = {"SourceArn": f"arn:aws:example:eu-west-2:{account}:volume/v-1"}
        terms["RetiringServicePrincipal"] = "storage.example.amazonaws.com"
        kms.create_grant(**terms)
        (listed,) = kms.list_grants(KeyId=key["KeyId"])["Grants"]
        assert listed["GranteeServicePrincipal"] == terms["GranteeServicePrincipal"]
        assert listed["RetiringServicePrincipal"] == terms["RetiringServicePrincipal"]
        assert listed["Constraints"] == terms["Constraints"]

    @pytest.mark.parametrize("change, code, message", [
        ({"Operations": []}, VALIDATION, None),
        ({"Operations": ["CreateGrant"]}, VALIDATION,
         "Grants must not contain only the CreateGrant operation."),
        ({"Operations": ["Sign"]}, VALIDATION, None),
        ({"Operations": ["CreateKey"]}, VALIDATION, None),
        ({"GranteePrincipal": "nobody"}, "InvalidArnException", None),
        ({"GranteePrincipal": "arn:aws:iam::111122223333:role/nobody"}, "InvalidArnException",
         "ARN does not refer to a valid principal: arn:aws:iam::111122223333:role/nobody"),
        ({"Constraints": {"EncryptionContextSubset": {f"k{n}": "v" for n in range(9)}}},
         VALIDATION, None),
        ({"GranteePrincipal": None}, VALIDATION, None),
        ({"Constraints": {"EncryptionContextSubset": {}}}, VALIDATION, None),
        ({"Constraints": {"EncryptionContextSubset": {"a": "b"},
                          "EncryptionContextEquals": {"a": "b"}}}, VALIDATION, None),
        ({"KeyId": "11111111-2222-4333-8444-555555555555"}, NOT_FOUND, None),
    ])
    def test_what_is_refused(self, kms, key, change, code, message):
        terms = {"KeyId": key["KeyId"], "GranteePrincipal": GRANTEE, "Operations": ["Decrypt"]}
        terms = {name: value for name, value in {**terms, **change}.items() if value is not None}
        with refused(code, message):
            kms.create_grant(**terms)
        assert kms.list_grants(KeyId=key["KeyId"])["Grants"] == []

    def test_operations_that_fit_the_key(self, kms):
        key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
        terms = {"KeyId": key["KeyId"], "GranteePrincipal": GRANTEE}
        kms.create_grant(Operations=["GenerateMac", "VerifyMac"], **terms)
        with refused(VALIDATION):
            kms.create_grant(Operations=["Encrypt"], **terms)
        with refused(VALIDATION):
            kms.create_grant(
                Operations=["GenerateMac"],
                Constraints={"EncryptionContextEquals": {"a": "b"}},
                **terms,
            )

    def test_disabled(self, kms, key):
        kms.disable_key(KeyId=key["KeyId"])
        with refused("DisabledException", f"{key['Arn']} is disabled."):
            kms.create_grant(
                KeyId=key["KeyId"], GranteePrincipal=GRANTEE, Operations=["Decrypt"]
            )

    def test_names(self, kms, key):
        terms = {
            "KeyId": key["KeyId"], "GranteePrincipal": GRANTEE, "Operations": ["Decrypt"],
            "Name": "once",
        }
        once, again = kms.create_grant(**terms), kms.create_grant(**terms)
        assert once["GrantId"] == again["GrantId"]
        other = kms.create_key()["KeyMetadata"]["KeyId"]
        assert kms.create_grant(**{**terms, "KeyId": other})["GrantId"] != once["GrantId"]


class TestEnd:
    def test_revoke(self, kms, key, grant):
        kms.revoke_grant(KeyId=key["KeyId"], GrantId=grant["GrantId"])
        assert kms.list_grants(KeyId=key["KeyId"])["Grants"] == []
        with refused(NOT_FOUND):
            kms.revoke_grant(KeyId=key["KeyId"], GrantId=grant["GrantId"])
        with refused("InvalidGrantIdException"):
            kms.revoke_grant(KeyId=key["KeyId"], GrantId="no id")

    def test_retire_by_token(self, kms, key, grant):
        kms.retire_grant(GrantToken=grant["GrantToken"])
        assert kms.list_grants(KeyId=key["KeyId"])["Grants"] == []
        with refused("InvalidGrantTokenException"):
            kms.retire_grant(GrantToken="no token")

    def test_retire_by_id(self, kms, key, grant):
        kms.retire_grant(KeyId=key["Arn"], GrantId=grant["GrantId"])
        assert kms.list_grants(KeyId=key["KeyId"])["Grants"] == []
        for arguments in ({}, {"KeyId": key["KeyId"]}, {"GrantId": grant["GrantId"]}):
            with refused(VALIDATION):
                kms.retire_grant(**arguments)

    def test_dry_runs(self, kms, key, grant):
        with refused(*DRY_RUN):
            kms.revoke_grant(KeyId=key["KeyId"], GrantId=grant["GrantId"], DryRun=True)
        with refused(*DRY_RUN):
            kms.retire_grant(GrantToken=grant["GrantToken"], DryRun=True)
        with refused(*DRY_RUN):
            kms.create_grant(
                KeyId=key["KeyId"], GranteePrincipal=GRANTEE, Operations=["Decrypt"], DryRun=True
            )
        assert len(kms.list_grants(KeyId=key["KeyId"])["Grants"]) == 1
        with refused(NOT_FOUND):
            kms.revoke_grant(KeyId=key["KeyId"], GrantId="0" * 64, DryRun=True)


class TestLists:
    def test_filters_and_pages(self, kms, key, grant):
        other = "arn:aws:iam::111122223333:user/other"
        for _ in range(4):
            kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=other, Operations=["Decrypt"])
        pages = kms.get_paginator("list_grants").paginate(
            KeyId=key["KeyId"], PaginationConfig={"PageSize": 2}
        )
        assert [len(page["Grants"]) for page in pages] == [2, 2, 1]
        of_other = kms.list_grants(KeyId=key["KeyId"], GranteePrincipal=other)
        assert len(of_other["Grants"]) == 4 and of_other["Truncated"] is False
        (only,) = kms.list_grants(KeyId=key["KeyId"], GrantId=grant["GrantId"])["Grants"]
        assert only["GranteePrincipal"] == GRANTEE
        with refused("InvalidMarkerException"):
            kms.list_grants(KeyId=key["KeyId"], Marker="of another")

    def test_retirable(self, kms, key, account):
        retiring = f"arn:aws:iam::{account}:user/retiree"
        for _ in range(3):
            kms.create_grant(
                KeyId=key["KeyId"], GranteePrincipal=GRANTEE, Operations=["Decrypt"],
                RetiringPrincipal=retiring,
            )
        pages = list(
            kms.get_paginator("list_retirable_grants").paginate(
                RetiringPrincipal=retiring, PaginationConfig={"PageSize": 2}
            )
        )
        assert [len(page["Grants"]) for page in pages] == [2, 1]
        with refused(VALIDATION):
            kms.list_retirable_grants(RetiringPrincipal="arn:aws:iam::444455556666:root")

    @pytest.mark.parametrize("terms", [
        {"Constraints": {"EncryptionContextEquals": {"a": "b", "c": ""}}},
        {"Constraints": {"EncryptionContextSubset": {"a": "b"}}},
        {"GranteePrincipal": None, "GranteeServicePrincipal": "storage.example.amazonaws.com",
         "Constraints": {"SourceArn": "arn:aws:example:eu-west-2:111122223333:volume/v-1"}},
    ])
    def test_both_lists_tell_the_same(self, kms, key, account, people, terms):
        people.create_user(UserName=key["KeyId"])
        retiring = f"arn:aws:iam::{account}:user/{key['KeyId']}"
        terms = {"GranteePrincipal": GRANTEE, **terms}
        terms = {name: value for name, value in terms.items() if value is not None}
        kms.create_grant(
            KeyId=key["KeyId"], Operations=["Decrypt"], RetiringPrincipal=retiring, **terms
        )
        (listed,) = kms.list_grants(KeyId=key["KeyId"])["Grants"]
        (retirable,) = kms.list_retirable_grants(RetiringPrincipal=retiring)["Grants"]
        assert listed == retirable
        assert listed["Constraints"] == terms["Constraints"]

    def test_a_token_in_a_request(self, kms, key, grant):
        kms.describe_key(KeyId=key["KeyId"], GrantTokens=[grant["GrantToken"]])
        with refused("InvalidGrantTokenException"):
            kms.describe_key(KeyId=key["KeyId"], GrantTokens=["no token"])
