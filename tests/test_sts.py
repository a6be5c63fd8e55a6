"""Roles and temporary credentials: trust policies decide, session policies and tags limit."""

import datetime
import uuid

import pytest

import people
from expect import error_of
from people import allow, assume, document, trust


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


@pytest.fixture
def ann(server, iam):
    """A user who may assume roles, if they let her."""
    person = people.user(server, iam)
    may = document(allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], "*"))
    iam.put_user_policy(UserName=person.name, PolicyName="assume", PolicyDocument=may)
    return person


@pytest.fixture
def role(iam, ann):
    """A role that trusts her, and may encrypt."""
    return make_role(iam, trust(ann.arn))


def make_role(iam, trusted: str, policy: str | None = None, **options) -> dict:
    name = f"role-{uuid.uuid4()}"
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **options)["Role"]
    text = policy or document(allow("kms:Encrypt", "*"))
    iam.put_role_policy(RoleName=name, PolicyName="use", PolicyDocument=text)
    return made


def denied(call, **arguments) -> str:
    refused = error_of(call, **arguments)
    assert refused["Code"] == "AccessDenied"
    return refused["Message"]


def test_a_role_is_what_was_asked_for(iam, ann, account):
    name = f"role-{uuid.uuid4()}"
    made = iam.create_role(
        RoleName=name,
        Path="/service/",
        AssumeRolePolicyDocument=trust(ann.arn),
        Description="d",
        MaxSessionDuration=7200,
        Tags=[{"Key": "a", "Value": "b"}],
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{account}:role/service/{name}"
    assert made["RoleId"].startswith("AROA")
    found = iam.get_role(RoleName=name)["Role"]
    assert found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": [ann.arn]}
    assert (found["MaxSessionDuration"], found["Description"]) == (7200, "d")
    iam.update_role(RoleName=name, MaxSessionDuration=3600)
    assert iam.get_role(RoleName=name)["Role"]["Description"] == "d"
    iam.update_role_description(RoleName=name, Description="e")
    assert iam.get_role(RoleName=name)["Role"]["Description"] == "e"
    iam.delete_role(RoleName=name)
    assert error_of(iam.get_role, RoleName=name)["Message"] == (
        f"The role with name {name} cannot be found."
    )


def test_a_session_is_the_role(iam, ann, role, key, account):
    session = assume(ann, role["Arn"], "work")
    assert session.access_key.startswith("ASIA") and len(session.access_key) == 20
    who = session.client("sts").get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/work"
    assert who["UserId"] == f"{role['RoleId']}:work"
    session.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")
    refused = error_of(session.client("kms").decrypt, CiphertextBlob=b"x" * 200, KeyId=key["Arn"])
    assert refused["Code"] in ("InvalidCiphertextException", "AccessDeniedException")
    refused = error_of(session.client("kms").describe_key, KeyId=key["Arn"])
    assert refused["Message"] == (
        f"User: {who['Arn']} is not authorized to perform: kms:DescribeKey on resource: "
        f"{key['Arn']} because no identity-based policy allows the kms:DescribeKey action"
    )
    # What is taken from the role is taken from its sessions.
    iam.delete_role_policy(RoleName=role["RoleName"], PolicyName="use")
    refused = error_of(session.client("kms").encrypt, KeyId=key["Arn"], Plaintext=b"x")
    assert refused["Code"] == "AccessDeniedException"
    iam.delete_role(RoleName=role["RoleName"])
    assert error_of(session.client("sts").get_caller_identity)["Code"] == "InvalidClientTokenId"


def test_a_role_made_anew_is_another(iam, ann, role, key):
    session, name = assume(ann, role["Arn"]), role["RoleName"]
    iam.delete_role_policy(RoleName=name, PolicyName="use")
    iam.delete_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(ann.arn))
    assert error_of(session.client("sts").get_caller_identity)["Code"] == "InvalidClientTokenId"


def test_who_is_trusted(server, iam, ann, role):
    sts = people.user(server, iam).client("sts")
    arn, ann_sts = role["Arn"], ann.client("sts")
    assert "is not authorized to perform: sts:AssumeRole on resource: " + arn in denied(
        sts.assume_role, RoleArn=arn, RoleSessionName="aa"
    )
    missing = arn + "-missing"
    assert denied(ann_sts.assume_role, RoleArn=missing, RoleSessionName="aa") == (
        f"User: {ann.arn} is not authorized to perform: sts:AssumeRole on resource: {missing}"
    )
    root = server.client("sts")
    assert denied(root.assume_role, RoleArn=arn, RoleSessionName="aa") == (
        "Roles may not be assumed by root accounts."
    )
    iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=document(
        {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    ))
    assert denied(ann_sts.assume_role, RoleArn=arn, RoleSessionName="aa").endswith(
        "with an explicit deny in the role trust policy"
    )
    nobody = trust(ann.arn.replace("user/", "user/nobody-"))
    refused = error_of(
        iam.update_assume_role_policy, RoleName=role["RoleName"], PolicyDocument=nobody
    )
    assert refused["Code"] == "MalformedPolicyDocument"
    assert refused["Message"].startswith('Invalid principal in policy: "AWS":"arn:aws:iam::')


def test_the_account_trusted_leaves_it_to_identity_policies(server, iam, account):
    role = make_role(iam, trust(f"arn:aws:iam::{account}:root"))
    bob = people.user(server, iam)
    assert denied(bob.client("sts").assume_role, RoleArn=role["Arn"], RoleSessionName="aa") == (
        f"User: {bob.arn} is not authorized to perform: sts:AssumeRole on resource: {role['Arn']} "
        "because no identity-based policy allows the sts:AssumeRole action"
    )
    iam.put_user_policy(
        UserName=bob.name, PolicyName="p", PolicyDocument=document(allow("sts:AssumeRole", role["Arn"]))
    )
    assume(bob, role["Arn"])


def test_the_external_id(iam, ann):
    trusted = trust(ann.arn, StringEquals={"sts:ExternalId": "secret"})
    role = make_role(iam, trusted)["Arn"]
    sts = ann.client("sts")
    denied(sts.assume_role, RoleArn=role, RoleSessionName="aa")
    denied(sts.assume_role, RoleArn=role, RoleSessionName="aa", ExternalId="wrong")
    sts.assume_role(RoleArn=role, RoleSessionName="aa", ExternalId="secret")


def test_session_policies_limit(iam, ann, role, key):
    encrypt = document(allow("kms:Encrypt", "*"))
    decrypt = document(allow("kms:Decrypt", "*"))
    good = assume(ann, role["Arn"], Policy=encrypt)
    good.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")
    bad = assume(ann, role["Arn"], Policy=decrypt)
    assert error_of(bad.client("kms").encrypt, KeyId=key["Arn"], Plaintext=b"x")["Message"].endswith(
        "because no session policy allows the kms:Encrypt action"
    )
    arn = iam.create_policy(PolicyName=f"p-{uuid.uuid4()}", PolicyDocument=decrypt)["Policy"]["Arn"]
    bad = assume(ann, role["Arn"], PolicyArns=[{"arn": arn}])
    assert error_of(bad.client("kms").encrypt, KeyId=key["Arn"], Plaintext=b"x")["Code"] == (
        "AccessDeniedException"
    )
    refused = error_of(
        ann.client("sts").assume_role, RoleArn=role["Arn"], RoleSessionName="aa", Policy="{"
    )
    assert refused["Code"] == "MalformedPolicyDocument"
    large = document(*[allow(f"kms:A{'x' * 100}", f"arn:aws:kms:*:*:key/{n}") for n in range(60)])
    refused = error_of(
        ann.client("sts").assume_role, RoleArn=role["Arn"], RoleSessionName="aa", Policy=large
    )
    assert refused["Code"] == "ValidationError"


def test_tags_and_source_identity_are_handed_down(iam, ann, kms, account):
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    may = document(allow("kms:*", "*"), allow(actions, "*"))
    first = make_role(iam, trust(ann.arn, action=actions), may)
    second = make_role(iam, trust(f"arn:aws:iam::{account}:root", action=actions), may)
    key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "blue"}])["KeyMetadata"]
    text = document(
        allow("kms:Encrypt", "*")
        | {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue", "aws:SourceIdentity": "ann"}}}
    )
    iam.put_role_policy(RoleName=second["RoleName"], PolicyName="use", PolicyDocument=text)
    tagged = assume(
        ann,
        first["Arn"],
        Tags=[{"Key": "team", "Value": "blue"}],
        TransitiveTagKeys=["team"],
        SourceIdentity="ann",
    )
    chained = assume(tagged, second["Arn"], "chained")
    chained.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")
    plain = assume(assume(ann, first["Arn"]), second["Arn"])
    assert error_of(plain.client("kms").encrypt, KeyId=key["Arn"], Plaintext=b"x")["Code"] == (
        "AccessDeniedException"
    )
    sts = tagged.client("sts")
    arguments = {"RoleArn": second["Arn"], "RoleSessionName": "aa"}
    assert error_of(sts.assume_role, **arguments, DurationSeconds=3601)["Code"] == "ValidationError"
    other = [{"Key": "team", "Value": "red"}]
    assert error_of(sts.assume_role, **arguments, Tags=other)["Code"] == "ValidationError"
    assert denied(sts.assume_role, **arguments, SourceIdentity="bob")
    # Without the permission to tag there are no tags.
    untagged = make_role(iam, trust(ann.arn))["Arn"]
    assert "sts:TagSession" in denied(
        ann.client("sts").assume_role, RoleArn=untagged, RoleSessionName="aa", Tags=other
    )


def test_how_long_sessions_last(iam, ann, role):
    sts = ann.client("sts")
    arguments = {"RoleArn": role["Arn"], "RoleSessionName": "aa"}
    issued = sts.assume_role(**arguments, DurationSeconds=900)["Credentials"]
    left = issued["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert 890 < left.total_seconds() <= 900
    assert error_of(sts.assume_role, **arguments, DurationSeconds=3601) == {
        "Code": "ValidationError",
        "Message": "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        "Type": "Sender",
    }


def test_tokens_that_are_not_good(server, ann, role):
    session = assume(ann, role["Arn"])
    other = assume(ann, role["Arn"])
    flipped = session.token[:-6] + ("AAAAAA" if session.token[-6:] != "AAAAAA" else "BBBBBB")
    cases = [(None, session), (flipped, session), (other.token, session), ("x", session)]
    cases += [(session.token, ann)]
    for token, person in cases:
        person = people.Person(server, "", "", "", person.access_key, person.secret, token)
        assert error_of(person.client("kms").list_keys)["Code"] == "UnrecognizedClientException"
        refused = error_of(person.client("sts").get_caller_identity)
        assert refused["Code"] == "InvalidClientTokenId"
    liar = people.Person(server, "", "", "", session.access_key, other.secret, session.token)
    assert error_of(liar.client("kms").list_keys)["Code"] == "InvalidSignatureException"


def test_sessions_outlive_a_restart_and_end(tmp_path):
    from server import BINARY, Server
    import subprocess

    server = Server(tmp_path / "data", options=("--dev-clock",)).start()
    iam = server.client("iam")
    person = people.user(server, iam)
    role = make_role(iam, trust(person.arn))
    session = assume(person, role["Arn"], DurationSeconds=900)
    server.restart()
    session.client("sts").get_caller_identity()
    subprocess.run([BINARY, "clock", "advance", "16m", "--data", server.data], check=True)
    refused = error_of(session.client("sts").get_caller_identity)
    assert refused["Code"] == "ExpiredToken"
    assert refused["Message"] == "The security token included in the request is expired"
    assert error_of(session.client("kms").list_keys)["Code"] == "ExpiredTokenException"
    server.kill()


def test_session_tokens_of_ones_own(server, iam, ann, key, account):
    iam.put_user_policy(
        UserName=ann.name, PolicyName="use", PolicyDocument=document(allow("kms:Encrypt", "*"))
    )
    issued = ann.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    session = people.session(server, issued)
    session.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")
    assert session.client("sts").get_caller_identity()["Arn"] == ann.arn
    # Source: "Compare AWS STS credentials".
    assert error_of(session.client("iam").list_users)["Code"] == "InvalidClientTokenId"
    assert denied(session.client("sts").get_session_token) == (
        "Cannot call GetSessionToken with session credentials"
    )
    root = people.session(server, server.client("sts").get_session_token()["Credentials"])
    assert root.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root"
    info = ann.client("sts").get_access_key_info
    assert error_of(info, AccessKeyId=ann.access_key)["Code"] == "AccessDenied"
    root_info = server.client("sts").get_access_key_info
    assert root_info(AccessKeyId=ann.access_key)["Account"] == account
    assert root_info(AccessKeyId=session.access_key)["Account"] == account
    assert denied(ann.client("sts").get_session_token, SerialNumber="arn:aws:iam::1:mfa/x", TokenCode="123456")


def test_federated_users(server, iam, ann, key, account):
    text = document(allow(["kms:Encrypt", "sts:GetFederationToken"], "*"))
    iam.put_user_policy(UserName=ann.name, PolicyName="use", PolicyDocument=text)
    sts = ann.client("sts")
    answer = sts.get_federation_token(Name="guest", Policy=document(allow("kms:*", "*")))
    assert answer["FederatedUser"] == {
        "FederatedUserId": f"{account}:guest",
        "Arn": f"arn:aws:sts::{account}:federated-user/guest",
    }
    guest = people.session(server, answer["Credentials"])
    guest.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")
    assert error_of(guest.client("kms").describe_key, KeyId=key["Arn"])["Code"] == (
        "AccessDeniedException"
    )
    role = make_role(iam, trust(account))["Arn"]
    assert denied(guest.client("sts").assume_role, RoleArn=role, RoleSessionName="aa")
    nothing = people.session(server, sts.get_federation_token(Name="guest")["Credentials"])
    assert error_of(nothing.client("kms").encrypt, KeyId=key["Arn"], Plaintext=b"x")["Code"] == (
        "AccessDeniedException"
    )
    assert error_of(guest.client("iam").list_users)["Code"] == "InvalidClientTokenId"
    vouched = server.client("sts").get_federation_token(
        Name="root-guest", Policy=document(allow("kms:Encrypt", "*"))
    )
    guest = people.session(server, vouched["Credentials"])
    guest.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")


def test_key_policies_name_those_who_are_there(iam, ann, kms, account):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    root = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"}

    def policy(arn):
        named = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "kms:Encrypt", "Resource": "*"}
        return document(root, named)

    refused = error_of(kms.put_key_policy, KeyId=key, Policy=policy(ann.arn + "x"))
    assert refused["Code"] == "MalformedPolicyDocumentException"
    assert refused["Message"] == (
        "Policy contains a statement with one or more invalid principals."
    )
    kms.put_key_policy(KeyId=key, Policy=policy(ann.arn))
    ann.client("kms").encrypt(KeyId=key, Plaintext=b"x")
    # A user made anew under the name is not meant.
    iam.delete_user_policy(UserName=ann.name, PolicyName="assume")
    iam.delete_access_key(UserName=ann.name, AccessKeyId=ann.access_key)
    iam.delete_user(UserName=ann.name)
    again = people.user(ann.server, iam, ann.name)
    assert again.arn == ann.arn and again.id != ann.id
    assert error_of(again.client("kms").encrypt, KeyId=key, Plaintext=b"x")["Code"] == (
        "AccessDeniedException"
    )
