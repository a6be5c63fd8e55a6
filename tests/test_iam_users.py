"""Users, their access keys and policies: what they may is decided by what is attached to them."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

import people
from expect import error_of
from people import allow, document


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


@pytest.fixture
def ann(server, iam):
    """A fresh user with an access key and nothing that it may."""
    return people.user(server, iam)


def test_a_user_is_what_was_asked_for(iam, account):
    name = f"ann-{uuid.uuid4()}"
    made = iam.create_user(UserName=name, Path="/staff/", Tags=[{"Key": "Team", "Value": "Ops"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{account}:user/staff/{name}"
    assert made["UserId"].startswith("AIDA") and len(made["UserId"]) == 21
    found = iam.get_user(UserName=name)["User"]
    assert found == made
    assert found["Tags"] == [{"Key": "Team", "Value": "Ops"}]
    assert [u["UserName"] for u in iam.list_users(PathPrefix="/staff/")["Users"]] == [name]
    # A name is one whatever its case.
    assert error_of(iam.create_user, UserName=name.upper()) == {
        "Code": "EntityAlreadyExists",
        "Message": f"User with name {name.upper()} already exists.",
        "Type": "Sender",
    }
    iam.delete_user(UserName=name)
    with pytest.raises(ClientError) as gone:
        iam.get_user(UserName=name)
    assert gone.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert gone.value.response["Error"]["Code"] == "NoSuchEntity"
    assert gone.value.response["Error"]["Message"] == f"The user with name {name} cannot be found."


def test_who_is_not_allowed_is_told_why(ann, key):
    kms, arn = ann.client("kms"), key["Arn"]
    identity = ann.client("sts").get_caller_identity()
    assert identity["Arn"] == ann.arn
    assert identity["UserId"] == ann.id
    refused = error_of(kms.encrypt, KeyId=arn, Plaintext=b"x")
    assert refused["Code"] == "AccessDeniedException"
    assert refused["Message"] == (
        f"User: {ann.arn} is not authorized to perform: kms:Encrypt on resource: {arn} because no "
        "identity-based policy allows the kms:Encrypt action"
    )
    assert error_of(kms.create_key)["Message"] == (
        f"User: {ann.arn} is not authorized to perform: kms:CreateKey on resource: * because no "
        "identity-based policy allows the kms:CreateKey action"
    )
    refused = error_of(ann.client("iam").get_user, UserName="bob")
    assert refused["Code"] == "AccessDenied"
    assert refused["Message"] == (
        f"User: {ann.arn} is not authorized to perform: iam:GetUser on resource: user bob because no "
        "identity-based policy allows the iam:GetUser action"
    )


def test_an_inline_policy_holds_from_the_reply_on(iam, ann, key):
    kms, arn = ann.client("kms"), key["Arn"]
    text = document(allow("kms:Encrypt", arn))
    for _ in range(20):
        iam.put_user_policy(UserName=ann.name, PolicyName="use", PolicyDocument=text)
        assert kms.encrypt(KeyId=arn, Plaintext=b"x")["KeyId"] == arn
        iam.delete_user_policy(UserName=ann.name, PolicyName="use")
        assert error_of(kms.encrypt, KeyId=arn, Plaintext=b"x")["Code"] == "AccessDeniedException"
    iam.put_user_policy(UserName=ann.name, PolicyName="use", PolicyDocument=text)
    found = iam.get_user_policy(UserName=ann.name, PolicyName="use")
    assert found["PolicyDocument"] == json.loads(text)
    assert iam.list_user_policies(UserName=ann.name)["PolicyNames"] == ["use"]
    deny = document(allow("kms:*", "*"), {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"})
    iam.put_user_policy(UserName=ann.name, PolicyName="use", PolicyDocument=deny)
    assert error_of(kms.encrypt, KeyId=arn, Plaintext=b"x")["Message"].endswith(
        "with an explicit deny in an identity-based policy"
    )
    assert error_of(iam.delete_user, UserName=ann.name)["Code"] == "DeleteConflict"


def test_managed_policies_and_their_versions(iam, ann, key, account):
    kms, arn = ann.client("kms"), key["Arn"]
    name = f"use-{uuid.uuid4()}"
    policy = iam.create_policy(
        PolicyName=name, PolicyDocument=document(allow("kms:Encrypt", "*")), Description="for tests"
    )["Policy"]
    assert policy["Arn"] == f"arn:aws:iam::{account}:policy/{name}"
    assert policy["PolicyId"].startswith("ANPA") and policy["DefaultVersionId"] == "v1"
    iam.attach_user_policy(UserName=ann.name, PolicyArn=policy["Arn"])
    kms.encrypt(KeyId=arn, Plaintext=b"x")
    attached = iam.list_attached_user_policies(UserName=ann.name)["AttachedPolicies"]
    assert attached == [{"PolicyName": name, "PolicyArn": policy["Arn"]}]
    assert iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["AttachmentCount"] == 1
    users = iam.list_entities_for_policy(PolicyArn=policy["Arn"])["PolicyUsers"]
    assert users == [{"UserName": ann.name, "UserId": ann.id}]

    second = document(allow("kms:Decrypt", "*"))
    made = iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=second)["PolicyVersion"]
    assert (made["VersionId"], made["IsDefaultVersion"]) == ("v2", False)
    kms.encrypt(KeyId=arn, Plaintext=b"x")
    iam.set_default_policy_version(PolicyArn=policy["Arn"], VersionId="v2")
    assert error_of(kms.encrypt, KeyId=arn, Plaintext=b"x")["Code"] == "AccessDeniedException"
    shown = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v2")["PolicyVersion"]
    assert shown["Document"] == json.loads(second) and shown["IsDefaultVersion"]
    for number in (3, 4, 5):
        iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=second)
    refused = error_of(iam.create_policy_version, PolicyArn=policy["Arn"], PolicyDocument=second)
    assert refused["Code"] == "LimitExceeded"
    assert error_of(iam.delete_policy_version, PolicyArn=policy["Arn"], VersionId="v2") == {
        "Code": "DeleteConflict",
        "Message": "Cannot delete the default version of a policy.",
        "Type": "Sender",
    }
    assert error_of(iam.delete_policy, PolicyArn=policy["Arn"])["Message"] == (
        "Cannot delete a policy attached to entities."
    )
    iam.detach_user_policy(UserName=ann.name, PolicyArn=policy["Arn"])
    for number in (1, 3, 4, 5):
        iam.delete_policy_version(PolicyArn=policy["Arn"], VersionId=f"v{number}")
    iam.delete_policy(PolicyArn=policy["Arn"])
    assert error_of(iam.get_policy, PolicyArn=policy["Arn"])["Code"] == "NoSuchEntity"


def test_policies_of_aws(iam, ann, key):
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_user_policy(UserName=ann.name, PolicyArn=arn)
    ann.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")
    assert ann.client("iam").list_users()["Users"]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PolicyName"] == "AdministratorAccess"
    iam.detach_user_policy(UserName=ann.name, PolicyArn=arn)
    assert error_of(ann.client("kms").encrypt, KeyId=key["Arn"], Plaintext=b"x")["Code"] == (
        "AccessDeniedException"
    )
    assert error_of(iam.delete_policy, PolicyArn=arn)["Code"] == "AccessDenied"
    listed = {p["PolicyName"] for p in iam.list_policies(Scope="AWS")["Policies"]}
    assert "AdministratorAccess" in listed


def test_access_keys(iam, ann):
    sts = ann.client("sts")
    sts.get_caller_identity()
    iam.update_access_key(UserName=ann.name, AccessKeyId=ann.access_key, Status="Inactive")
    refused = error_of(sts.get_caller_identity)
    assert refused["Code"] == "InvalidClientTokenId"
    assert refused["Message"] == "The security token included in the request is invalid."
    assert error_of(ann.client("kms").list_keys)["Code"] == "UnrecognizedClientException"
    iam.update_access_key(UserName=ann.name, AccessKeyId=ann.access_key, Status="Active")
    sts.get_caller_identity()
    used = iam.get_access_key_last_used(AccessKeyId=ann.access_key)
    assert used["UserName"] == ann.name and used["AccessKeyLastUsed"]["ServiceName"] == "sts"
    second = iam.create_access_key(UserName=ann.name)["AccessKey"]
    assert len(second["SecretAccessKey"]) == 40 and second["Status"] == "Active"
    assert error_of(iam.create_access_key, UserName=ann.name) == {
        "Code": "LimitExceeded",
        "Message": "Cannot exceed quota for AccessKeysPerUser: 2",
        "Type": "Sender",
    }
    listed = iam.list_access_keys(UserName=ann.name)["AccessKeyMetadata"]
    assert [entry["AccessKeyId"] for entry in listed] == [ann.access_key, second["AccessKeyId"]]
    iam.delete_access_key(UserName=ann.name, AccessKeyId=ann.access_key)
    assert error_of(sts.get_caller_identity)["Code"] == "InvalidClientTokenId"
    iam.delete_access_key(UserName=ann.name, AccessKeyId=second["AccessKeyId"])
    iam.delete_user(UserName=ann.name)


def test_a_renamed_user_keeps_what_it_has(iam, ann, key):
    iam.put_user_policy(
        UserName=ann.name, PolicyName="use", PolicyDocument=document(allow("kms:Encrypt", "*"))
    )
    group = f"group-{uuid.uuid4()}"
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=ann.name)
    new = f"new-{uuid.uuid4()}"
    iam.update_user(UserName=ann.name, NewUserName=new, NewPath="/moved/")
    ann.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")
    assert ann.client("sts").get_caller_identity()["Arn"].endswith(f":user/moved/{new}")
    assert [u["UserName"] for u in iam.get_group(GroupName=group)["Users"]] == [new]
    assert error_of(iam.get_user, UserName=ann.name)["Code"] == "NoSuchEntity"


def test_groups_and_boundaries(iam, ann, key):
    kms, arn, group = ann.client("kms"), key["Arn"], f"ops-{uuid.uuid4()}"
    iam.create_group(GroupName=group)
    iam.put_group_policy(
        GroupName=group, PolicyName="use", PolicyDocument=document(allow("kms:*", "*"))
    )
    iam.add_user_to_group(GroupName=group, UserName=ann.name)
    kms.encrypt(KeyId=arn, Plaintext=b"x")
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName=ann.name)["Groups"]] == [group]
    limit = iam.create_policy(
        PolicyName=f"limit-{uuid.uuid4()}", PolicyDocument=document(allow("kms:Decrypt", "*"))
    )["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName=ann.name, PermissionsBoundary=limit)
    assert error_of(kms.encrypt, KeyId=arn, Plaintext=b"x")["Message"].endswith(
        "because no permissions boundary allows the kms:Encrypt action"
    )
    shown = iam.get_user(UserName=ann.name)["User"]["PermissionsBoundary"]
    assert shown["PermissionsBoundaryArn"] == limit
    assert error_of(iam.delete_policy, PolicyArn=limit)["Code"] == "DeleteConflict"
    iam.delete_user_permissions_boundary(UserName=ann.name)
    kms.encrypt(KeyId=arn, Plaintext=b"x")
    assert error_of(iam.delete_group, GroupName=group)["Code"] == "DeleteConflict"
    iam.update_group(GroupName=group, NewGroupName=f"{group}-new")
    kms.encrypt(KeyId=arn, Plaintext=b"x")
    iam.remove_user_from_group(GroupName=f"{group}-new", UserName=ann.name)
    assert error_of(kms.encrypt, KeyId=arn, Plaintext=b"x")["Code"] == "AccessDeniedException"
    iam.delete_group_policy(GroupName=f"{group}-new", PolicyName="use")
    iam.delete_group(GroupName=f"{group}-new")


def test_tags_decide(iam, ann, kms):
    key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "blue"}])["KeyMetadata"]
    mine = allow("kms:Encrypt", "*")
    mine["Condition"] = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    iam.put_user_policy(UserName=ann.name, PolicyName="own", PolicyDocument=document(mine))
    encrypt = ann.client("kms").encrypt
    assert error_of(encrypt, KeyId=key["Arn"], Plaintext=b"x")["Code"] == "AccessDeniedException"
    iam.tag_user(UserName=ann.name, Tags=[{"Key": "team", "Value": "blue"}])
    encrypt(KeyId=key["Arn"], Plaintext=b"x")
    assert iam.list_user_tags(UserName=ann.name)["Tags"] == [{"Key": "team", "Value": "blue"}]
    iam.untag_user(UserName=ann.name, TagKeys=["TEAM"])
    assert error_of(encrypt, KeyId=key["Arn"], Plaintext=b"x")["Code"] == "AccessDeniedException"
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    assert error_of(iam.tag_user, UserName=ann.name, Tags=twice)["Code"] == "InvalidInput"


def test_malformed_policies_are_refused(iam, ann):
    for text in ("{", "{}", document({"Effect": "Allow", "Action": "kms:*"})):
        refused = error_of(
            iam.put_user_policy, UserName=ann.name, PolicyName="bad", PolicyDocument=text
        )
        assert refused["Code"] == "MalformedPolicyDocument"
    big = document(*[allow(f"kms:A{'x' * 50}{n}", "*") for n in range(30)])
    refused = error_of(iam.put_user_policy, UserName=ann.name, PolicyName="big", PolicyDocument=big)
    assert refused["Code"] == "LimitExceeded"
    assert refused["Message"] == f"Maximum policy size of 2048 bytes exceeded for user {ann.name}"


def test_pages(iam):
    names = sorted(f"page-{n}-{uuid.uuid4()}" for n in range(5))
    for name in names:
        iam.create_user(UserName=name, Path="/pages/")
    found, marker, calls = [], {}, 0
    while True:
        page = iam.list_users(PathPrefix="/pages/", MaxItems=2, **marker)
        found += [user["UserName"] for user in page["Users"]]
        calls += 1
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert (found, calls) == (names, 3)
    assert error_of(iam.list_groups, **marker)["Code"] == "ValidationError"
    details = iam.get_paginator("get_account_authorization_details").paginate(
        Filter=["User"], PaginationConfig={"PageSize": 2}
    )
    listed = {user["UserName"] for page in details for user in page["UserDetailList"]}
    assert set(names) <= listed


def test_the_account(iam, account):
    alias = f"alias-{str(uuid.uuid4())[:8]}"
    iam.create_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == [alias]
    iam.delete_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == []
    assert iam.get_account_summary()["SummaryMap"]["UserPolicySizeQuota"] == 2048
