"""IAM's policy simulator: what it says is what the server then decides."""

import json
import subprocess
import uuid

import pytest
from botocore.exceptions import ClientError

from expect import error_of
from people import allow, document, user
from server import BINARY, REGION


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam", validate=False)


def deny(action, resource="*", **condition) -> dict:
    return {**allow(action, resource), "Effect": "Deny", **({"Condition": condition} if condition else {})}


def when(statement: dict, **condition) -> dict:
    return {**statement, "Condition": condition}


def put(iam, person, *statements):
    iam.put_user_policy(UserName=person.name, PolicyName="own", PolicyDocument=document(*statements))


def one(iam, person, key, action="kms:Decrypt", **more) -> dict:
    """The only result of a simulation of `person` on the key, with the key's own policy."""
    policy = iam.key_policy(key)
    answer = iam.simulate_principal_policy(
        PolicySourceArn=person.arn, ActionNames=[action], ResourceArns=[key["Arn"]],
        ResourcePolicy=policy, **more,
    )
    assert not answer["IsTruncated"]
    return answer["EvaluationResults"][0]


@pytest.fixture(autouse=True)
def key_policies(iam, kms):
    iam.key_policy = lambda key: kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]


def really(person, key, blob, context=None) -> bool:
    """Whether Decrypt is allowed."""
    try:
        person.client("kms").decrypt(CiphertextBlob=blob, EncryptionContext=context or {})
        return True
    except ClientError as why:
        assert why.response["Error"]["Code"] == "AccessDeniedException"
        return False


@pytest.fixture
def scene(server, iam, kms, key):
    """A user without policies, a key, and a ciphertext of it with an encryption context."""
    person = user(server, iam)
    context = {"stage": "test"}
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"]
    given = [{
        "ContextKeyName": "kms:EncryptionContext:stage",
        "ContextKeyValues": ["test"],
        "ContextKeyType": "string",
    }]

    def compare(expected: str, **more) -> dict:
        found = one(iam, person, key, ContextEntries=given, **more)
        assert found["EvalDecision"] == expected
        assert really(person, key, blob, context) == (expected == "allowed")
        return found

    return person, key, compare


def test_what_is_simulated_is_what_is_decided(iam, scene):
    person, key, compare = scene
    found = compare("implicitDeny")
    assert found["MatchedStatements"] == [] and found["MissingContextValues"] == []

    put(iam, person, allow("kms:Decrypt", key["Arn"]))
    found = compare("allowed")
    sources = [(s["SourcePolicyId"], s["SourcePolicyType"]) for s in found["MatchedStatements"]]
    assert sources == [(f"user_{person.name}_own", "IAM Policy"), ("ResourcePolicy", "Resource Policy")]
    assert found["EvalDecisionDetails"] == {}
    [specific] = found["ResourceSpecificResults"]
    assert specific["EvalResourceName"] == key["Arn"] == found["EvalResourceName"]
    assert specific["EvalResourceDecision"] == "allowed"
    assert "OrganizationsDecisionDetail" not in found
    assert "PermissionsBoundaryDecisionDetail" not in found

    put(iam, person, allow("kms:*", "*"), deny("kms:Decrypt"))
    found = compare("explicitDeny")
    assert len(found["MatchedStatements"]) == 1

    put(iam, person, when(allow("kms:Decrypt", "*"), StringEquals={"kms:EncryptionContext:stage": "test"}))
    compare("allowed")
    put(iam, person, when(allow("kms:Decrypt", "*"), StringEquals={"kms:EncryptionContext:stage": "prod"}))
    compare("implicitDeny")
    put(iam, person, when(allow("kms:Decrypt", "*"), StringEquals={"aws:username": person.name}))
    compare("allowed")


def test_a_key_policy_decides_as_it_does(iam, kms, scene):
    person, key, compare = scene
    account = {"Effect": "Allow", "Principal": {"AWS": key["AWSAccountId"]}, "Action": "kms:*", "Resource": "*"}
    put(iam, person, allow("kms:*", "*"))
    own = {"Effect": "Allow", "Principal": {"AWS": key["AWSAccountId"]}, "NotAction": "kms:Decrypt", "Resource": "*"}
    kms.put_key_policy(KeyId=key["KeyId"], Policy=document(own))
    # An identity policy alone does not suffice for a key.
    compare("implicitDeny")
    iam.delete_user_policy(UserName=person.name, PolicyName="own")
    kms.put_key_policy(KeyId=key["KeyId"], Policy=document(account, {**account, "Principal": {"AWS": person.arn}}))
    found = compare("allowed")
    ids = [s["SourcePolicyId"] for s in found["MatchedStatements"]]
    assert ids == ["ResourcePolicy", "ResourcePolicy"]
    denied = {**account, "Effect": "Deny", "Principal": {"AWS": person.arn}, "Action": "kms:Decrypt"}
    kms.put_key_policy(KeyId=key["KeyId"], Policy=document(account, denied))
    compare("explicitDeny")


def test_a_boundary_limits(iam, scene):
    person, key, compare = scene
    put(iam, person, allow("kms:*", "*"))
    name = f"bound-{uuid.uuid4()}"
    made = iam.create_policy(PolicyName=name, PolicyDocument=document(allow("kms:Encrypt", "*")))
    iam.put_user_permissions_boundary(UserName=person.name, PermissionsBoundary=made["Policy"]["Arn"])
    found = compare("implicitDeny")
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert found["MatchedStatements"] == []
    # Another in its place, by way of trial only.
    other = one(iam, person, key, PermissionsBoundaryPolicyInputList=[document(allow("*", "*"))])
    assert other["EvalDecision"] == "allowed"
    assert other["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    other = one(iam, person, key, PolicyExclusionList=[{"PolicyType": "permission-boundary"}])
    assert other["EvalDecision"] == "allowed"
    iam.create_policy_version(
        PolicyArn=made["Policy"]["Arn"], PolicyDocument=document(allow("*", "*"), deny("kms:Decrypt")), SetAsDefault=True
    )
    found = compare("explicitDeny")
    [matched] = found["MatchedStatements"]
    assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == (name, "Permissions Boundary Policy")


def test_an_organization_limits(iam, server, scene, tmp_path):
    person, key, compare = scene
    put(iam, person, allow("kms:*", "*"))
    file = tmp_path / "scp.json"

    def scp(*arguments):
        command = [str(BINARY), "account", "scp", *arguments, "--account", key["AWSAccountId"], "--data", str(server.data)]
        subprocess.run(command, check=True, capture_output=True)

    file.write_text(document(deny("kms:Decrypt")))
    scp("put", "no-decrypt", "--policy", str(file))
    try:
        found = compare("explicitDeny")
        assert found["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
        # Those of the organization are not told of.
        assert found["MatchedStatements"] == [] and "EvalDecisionDetails" not in found
        assert one(iam, person, key, PolicyExclusionList=[{"PolicyType": "scp"}])["EvalDecision"] == "allowed"
        file.write_text(document(deny("kms:Encrypt")))
        scp("put", "no-decrypt", "--policy", str(file))
        found = compare("allowed")
        assert found["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    finally:
        scp("delete", "no-decrypt")


def test_missing_context_is_named(iam, scene):
    person, key, compare = scene
    put(
        iam, person,
        when(allow("kms:Decrypt", "*"), Bool={"aws:MultiFactorAuthPresent": "true"}),
        when(allow("kms:Encrypt", "*"), StringEquals={"s3:NotAsked": "x"}),
    )
    found = compare("implicitDeny")
    assert found["MissingContextValues"] == ["aws:MultiFactorAuthPresent"]
    assert found["ResourceSpecificResults"][0]["MissingContextValues"] == ["aws:MultiFactorAuthPresent"]
    entry = {"ContextKeyName": "AWS:multifactorauthpresent", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}
    found = one(iam, person, key, ContextEntries=[entry])
    assert (found["EvalDecision"], found["MissingContextValues"]) == ("allowed", [])


def test_groups_roles_and_managed_policies(iam, server, key):
    person, name = user(server, iam), f"g-{uuid.uuid4()}"
    group = iam.create_group(GroupName=name)["Group"]["Arn"]
    iam.add_user_to_group(GroupName=name, UserName=person.name)
    iam.put_group_policy(GroupName=name, PolicyName="in", PolicyDocument=document(allow("s3:GetObject", "*")))
    iam.attach_group_policy(GroupName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    for source in (person.arn, group):
        answer = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=["s3:GetObject"])
        [found] = answer["EvaluationResults"]
        assert found["EvalResourceName"] == "*" and "EvalDecisionDetails" not in found
        assert "ResourceSpecificResults" not in found
        inline, managed = found["MatchedStatements"]
        assert inline["SourcePolicyId"] == f"group_{name}_in"
        assert managed == {
            "SourcePolicyId": "AdministratorAccess",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 3, "Column": 19},
            "EndPosition": {"Line": 8, "Column": 10},
        }

    def left(*exclusions):
        answer = iam.simulate_principal_policy(
            PolicySourceArn=person.arn, ActionNames=["s3:GetObject"], PolicyExclusionList=list(exclusions)
        )
        return [s["SourcePolicyId"] for s in answer["EvaluationResults"][0]["MatchedStatements"]]

    assert left({"PolicyType": "inline"}) == ["AdministratorAccess"]
    assert left({"PolicyType": "aws-managed"}) == [f"group_{name}_in"]
    assert left({"PolicyArn": "arn:aws:iam::aws:policy/Admin*"}) == [f"group_{name}_in"]
    inline = {"PolicyName": "in", "AttachmentType": "group", "AttachmentName": name}
    assert left({"InlinePolicyIdentifier": inline}) == ["AdministratorAccess"]
    assert len(left({"PolicyType": "user-managed"}, {"PolicyType": "rcp"})) == 2
    both = {"PolicyType": "inline", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    for wrong in (both, {"PolicyArn": "arn:aws:iam::aws:policy/*A*"}):
        error = error_of(
            iam.simulate_principal_policy,
            PolicySourceArn=person.arn, ActionNames=["s3:GetObject"], PolicyExclusionList=[wrong],
        )
        assert error["Code"] in ("InvalidInput", "ValidationError"), error


def test_custom_policies_stand_where_they_stand(iam):
    text = """{
  "Version":"2012-10-17",
  "Statement":{
    "Effect":"Allow",
    "Action":"s3:PutObject",
    "Resource":"arn:aws:s3:::my-test-bucket"
  }
}"""
    two = document(allow("ec2:*", "*"), allow("s3:Put*", "*"))
    answer = iam.simulate_custom_policy(
        PolicyInputList=[text, two], ActionNames=["s3:PutObject", "s3:DeleteObject"],
        ResourceArns=["arn:aws:s3:::my-test-bucket", "arn:aws:s3:::another"],
    )
    put_object, delete_object = answer["EvaluationResults"]
    first, second = put_object["MatchedStatements"]
    assert first == {
        "SourcePolicyId": "PolicyInputList.1",
        "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 3, "Column": 16},
        "EndPosition": {"Line": 7, "Column": 4},
    }
    start, end = second["StartPosition"], second["EndPosition"]
    assert second["SourcePolicyId"] == "PolicyInputList.2" and start["Line"] == end["Line"] == 1
    part = two[start["Column"] - 1 : end["Column"] - 1].lstrip(", ")
    assert json.loads(part)["Action"] == "s3:Put*"
    names = [one["EvalResourceName"] for one in put_object["ResourceSpecificResults"]]
    assert names == ["arn:aws:s3:::my-test-bucket", "arn:aws:s3:::another"]
    assert [len(one["MatchedStatements"]) for one in put_object["ResourceSpecificResults"]] == [2, 1]
    assert (delete_object["EvalDecision"], delete_object["EvalResourceName"]) == ("implicitDeny", "*")


def test_the_strictest_of_several_resources_counts(iam):
    policy = document(allow("s3:*", "*"), deny("s3:*", "arn:aws:s3:::secret"))
    found = iam.simulate_custom_policy(
        PolicyInputList=[policy], ActionNames=["s3:GetObject"],
        ResourceArns=["arn:aws:s3:::open", "arn:aws:s3:::secret"],
    )["EvaluationResults"][0]
    assert found["EvalDecision"] == "explicitDeny" and len(found["MatchedStatements"]) == 1
    each = [one["EvalResourceDecision"] for one in found["ResourceSpecificResults"]]
    assert each == ["allowed", "explicitDeny"]


def test_across_accounts_both_must_allow(iam):
    bucket, arnav = "arn:aws:s3:::mary/Test", "arn:aws:iam::444455556666:user/arnav"
    given = {
        "PermissionsBoundaryPolicyInputList": [document(allow("iam:*", "*"))],
        "ActionNames": ["s3:PutObject"],
        "ResourceArns": [bucket],
        "ResourceOwner": "arn:aws:iam::123456789012:root",
        "CallerArn": arnav,
        "ResourcePolicy": document({**allow(["s3:List*", "s3:Put*"], "arn:aws:s3:::mary/*"), "Principal": {"AWS": arnav}}),
    }
    found = iam.simulate_custom_policy(PolicyInputList=[document(allow("s3:Get*", "*"))], **given)
    [found] = found["EvaluationResults"]
    details = {"IAM Policy": "implicitDeny", "Resource Policy": "allowed", "Permissions Boundary Policy": "implicitDeny"}
    assert (found["EvalDecision"], found["EvalDecisionDetails"]) == ("implicitDeny", details)
    assert found["MatchedStatements"] == []
    [specific] = found["ResourceSpecificResults"]
    assert specific["EvalDecisionDetails"] == details
    assert [s["SourcePolicyId"] for s in specific["MatchedStatements"]] == ["ResourcePolicy"]
    # Within one account either is enough.
    given["ResourceOwner"] = "arn:aws:iam::444455556666:root"
    [found] = iam.simulate_custom_policy(PolicyInputList=[document(allow("s3:Get*", "*"))], **given)["EvaluationResults"]
    assert (found["EvalDecision"], found["EvalDecisionDetails"]) == ("allowed", {})


def test_levels_of_an_organization_each_allow(iam):
    every, some = [document(allow("*", "*"))], [document(allow("s3:*", "*"))]

    def levels(*all, action="kms:Decrypt"):
        answer = iam.simulate_custom_policy(
            PolicyInputList=every, ActionNames=[action],
            OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": one} for one in all],
        )
        [found] = answer["EvaluationResults"]
        return found["EvalDecision"], found["OrganizationsDecisionDetail"]["AllowedByOrganizations"]

    assert levels(every, every + some) == ("allowed", True)
    assert levels(every, some) == ("implicitDeny", False)
    assert levels(every, some, action="s3:GetObject") == ("allowed", True)


def test_pages(iam):
    actions = [f"s3:Act{n}" for n in range(7)]
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[document(allow("*", "*"))], ActionNames=actions, PaginationConfig={"PageSize": 3}
    )
    sizes = [[one["EvalActionName"] for one in page["EvaluationResults"]] for page in pages]
    assert [len(size) for size in sizes] == [3, 3, 1] and sum(sizes, []) == actions
    first = iam.simulate_custom_policy(
        PolicyInputList=[document(allow("*", "*"))], ActionNames=actions, MaxItems=3
    )
    error = error_of(
        iam.simulate_custom_policy,
        PolicyInputList=[document(allow("*", "*"))], ActionNames=actions[:5], Marker=first["Marker"],
    )
    assert error["Code"] == "ValidationError"


def test_much_work_is_cut_into_pages_and_bounded(iam):
    statements = [allow(f"s3:Act{n}", f"arn:aws:s3:::bucket-{n}") for n in range(700)]
    policies = [document(*statements)] * 4
    resources = [f"arn:aws:s3:::{'x' * 200}-{n}" for n in range(60)]
    answer = iam.simulate_custom_policy(
        PolicyInputList=policies, ActionNames=[f"s3:Do{n}" for n in range(50)], ResourceArns=resources
    )
    assert answer["IsTruncated"] and 0 < len(answer["EvaluationResults"]) < 50
    error = error_of(
        iam.simulate_custom_policy,
        PolicyInputList=policies, ActionNames=["s3:GetObject"], ResourceArns=resources * 10,
    )
    assert error["Code"] == "InvalidInput" and "too large" in error["Message"]


def test_context_keys_as_they_are_written(iam, server):
    policy = document(
        when(allow("s3:*", "arn:aws:s3:::home/${aws:UserName}/*"), DateGreaterThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"}),
        when(allow("kms:*", "*"), StringEquals={"AWS:currenttime": "x", "kms:EncryptionContext:Stage": "a"}),
    )
    names = ["aws:CurrentTime", "aws:UserName", "kms:EncryptionContext:Stage"]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"] == names
    person = user(server, iam)
    iam.put_user_policy(UserName=person.name, PolicyName="own", PolicyDocument=policy)
    more = document(when(allow("*", "*"), Bool={"aws:SecureTransport": "true"}))
    found = iam.get_context_keys_for_principal_policy(PolicySourceArn=person.arn, PolicyInputList=[more])
    assert found["ContextKeyNames"] == ["aws:CurrentTime", "aws:SecureTransport", *names[1:]]
    bucket = document({**when(allow("s3:*", "*"), Bool={"aws:SecureTransport": "true"}), "Principal": "*"})
    found = iam.get_context_keys_for_custom_policy(PolicyInputList=[bucket])
    assert found["ContextKeyNames"] == ["aws:SecureTransport"]


def test_what_cannot_be_simulated_is_refused(iam, account):
    fine, role = document(allow("*", "*")), f"arn:aws:iam::{account}:role/nobody"
    custom, principal = iam.simulate_custom_policy, iam.simulate_principal_policy
    base = {"PolicyInputList": [fine], "ActionNames": ["s3:GetObject"]}
    entity = "does not clearly define entity type and name."
    policy = {"ResourcePolicy": document({**allow("*", "*"), "Principal": "*"})}
    bucket = {"ResourceArns": ["arn:aws:s3:::a"]}
    for call, arguments, code, text in [
        (custom, {**base, "ActionNames": ["s3:Get*"]}, "InvalidInput", "Invalid Input Action: s3:Get*"),
        (custom, {**base, "ActionNames": ["GetObject"]}, "InvalidInput", "service:name"),
        (custom, {**base, "ResourceArns": ["bucket"]}, "InvalidInput", "ResourceNames are not in a valid ARN format: bucket."),
        (custom, {**base, "PolicyInputList": ["{}"]}, "InvalidInput", "PolicyInputList.1"),
        (custom, {**base, **bucket, **policy}, "InvalidInput", "Caller cannot be null or empty"),
        (custom, {**base, **policy, "CallerArn": role}, "InvalidInput", entity),
        (custom, {**base, "CallerArn": f"arn:aws:iam::{account}:root"}, "InvalidInput", entity),
        (custom, {**base, "ResourceOwner": account}, "InvalidInput", f"'{account}' is not a valid as a Resource Owner."),
        (custom, {**base, "PermissionsBoundaryPolicyInputList": [fine, fine]}, "InvalidInput", "cannot exceed 1 items"),
        (custom, {**base, "ResourceHandlingOption": "EC2-VPC-EBS"}, "InvalidInput", "not supported"),
        (custom, {**base, "OrderedOrganizationPolicyInputList": [{"ServiceControlPolicyInputList": []}]}, "InvalidInput", "index 1"),
        (custom, {"PolicyInputList": [fine]}, "ValidationError", "actionNames"),
        (principal, {"PolicySourceArn": role, "ActionNames": ["s3:GetObject"]}, "NoSuchEntity", "role with name nobody"),
        (principal, {"PolicySourceArn": f"arn:aws:iam::{account}:root", "ActionNames": ["a:b"]}, "InvalidInput", entity),
        (principal, {"PolicySourceArn": "arn:aws:iam::444455556666:user/ann", "ActionNames": ["a:b"]}, "InvalidInput",
         f"caller's account {account} does not have access to policies in account 444455556666"),
    ]:
        error = error_of(call, **arguments)
        assert error["Code"] == code and text in error["Message"], error


def test_a_path_is_part_of_an_arn(iam, account):
    name = f"u-{uuid.uuid4()}"
    arn = iam.create_user(UserName=name, Path="/team/")["User"]["Arn"]
    iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
    error = error_of(
        iam.simulate_principal_policy,
        PolicySourceArn=f"arn:aws:iam::{account}:user/{name}", ActionNames=["s3:GetObject"],
    )
    assert error["Code"] == "NoSuchEntity"


def test_roles_tags_and_who_asks(iam, kms, account, key):
    name = f"r-{uuid.uuid4()}"
    trust = document({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"})
    tags = [{"Key": "team", "Value": "blue"}]
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags)["Role"]["Arn"]
    tagged = when(allow("kms:*", "*"), StringEquals={"aws:PrincipalTag/Team": "blue", "aws:PrincipalArn": arn})
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(tagged))

    def ask(**more):
        [found] = iam.simulate_principal_policy(
            PolicySourceArn=arn, ActionNames=["kms:Decrypt"], **more
        )["EvaluationResults"]
        return found

    found = ask()
    assert found["EvalDecision"] == "allowed"
    assert found["MatchedStatements"][0]["SourcePolicyId"] == f"role_{name}_own"
    # As if another had these policies, who has not these tags.
    found = ask(CallerArn=f"arn:aws:iam::{account}:user/bob")
    assert found["EvalDecision"] == "implicitDeny"
    assert found["MissingContextValues"] == ["aws:PrincipalTag/Team"]
    regional = when(allow("kms:*", "*"), StringEquals={"aws:RequestedRegion": REGION, "aws:ResourceAccount": account})
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(regional))
    assert ask(ResourceArns=[key["Arn"]])["EvalDecision"] == "allowed"
    assert ask(ResourceArns=[key["Arn"].replace(REGION, "us-east-1")])["EvalDecision"] == "implicitDeny"
