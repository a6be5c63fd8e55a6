"""Those for whom an OpenID Connect provider vouches."""

import base64
import json
import subprocess
import time
import uuid

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

import people
from expect import error_of
from people import allow, document
from server import BINARY, REGION, Server

ISSUER = "https://id.example.com/pool"
HOST = ISSUER.removeprefix("https://")


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, length: int | None = None) -> str:
    return encode(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


class Issuer:
    """A provider with an RSA key and one on P-256."""

    def __init__(self):
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())

    def keys(self) -> dict:
        one, two = self.rsa.public_key().public_numbers(), self.ec.public_key().public_numbers()
        return {
            "keys": [
                {"kty": "RSA", "kid": "r", "alg": "RS256", "use": "sig", "n": number(one.n), "e": number(one.e)},
                {"kty": "EC", "kid": "e", "crv": "P-256", "x": number(two.x, 32), "y": number(two.y, 32)},
            ]
        }

    def token(self, algorithm="RS256", **changed) -> str:
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": "repo:a/b", "aud": "app", "iat": now, "exp": now + 300, **changed}
        header = {"alg": algorithm, "kid": "r" if algorithm == "RS256" else "e"}
        text = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
        if algorithm == "RS256":
            signature = self.rsa.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        else:
            r, s = decode_dss_signature(self.ec.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return f"{text}.{encode(signature)}"


@pytest.fixture(scope="module")
def issuer():
    return Issuer()


@pytest.fixture(scope="module")
def server(tmp_path_factory, issuer):
    directory = tmp_path_factory.mktemp("federation")
    (directory / "keys.json").write_text(json.dumps(issuer.keys()))
    config = f'[[identity_providers]]\nurl = "{ISSUER}"\nkeys = "{directory / "keys.json"}"\n'
    (directory / "strongroom.toml").write_text(config)
    one = Server(directory / "data", options=("--config", str(directory / "strongroom.toml"))).start()
    yield one
    one.kill()


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


@pytest.fixture(scope="module")
def provider(iam):
    made = iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["app"])
    return made["OpenIDConnectProviderArn"]


@pytest.fixture
def role(iam, provider):
    name = f"web-{uuid.uuid4()}"
    trusted = document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{HOST}:aud": "app"},
                "StringLike": {f"{HOST}:sub": "repo:a/*"},
            },
        }
    )
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=name, PolicyName="use", PolicyDocument=document(allow("kms:Encrypt", "*"))
    )
    return arn


@pytest.fixture(scope="module")
def assume(server):
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    sts = boto3.client("sts", region_name=REGION, endpoint_url=server.url, config=config)

    def call(role: str, token: str, **options):
        return sts.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="web", WebIdentityToken=token, **options
        )

    return call


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_session_for_a_token(server, issuer, role, assume, kms, key, provider, algorithm):
    answer = assume(role, issuer.token(algorithm))
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == ("repo:a/b", "app")
    assert answer["Provider"] == HOST
    session = people.session(server, answer["Credentials"])
    session.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")
    name = role.rsplit("/", 1)[1]
    assert session.client("sts").get_caller_identity()["Arn"].endswith(f":assumed-role/{name}/web")


def test_tokens_that_are_not_believed(issuer, role, assume):
    code = lambda token, arn=role: error_of(assume, role=arn, token=token)["Code"]
    now = int(time.time())
    assert code("no token") == "InvalidIdentityToken"
    assert code(Issuer().token()) == "InvalidIdentityToken"
    assert code(issuer.token(iss="https://another.example.com")) == "InvalidIdentityToken"
    assert code(issuer.token(aud="other")) == "InvalidIdentityToken"
    assert code(issuer.token(azp="other")) == "InvalidIdentityToken"
    assert error_of(assume, role=role, token=issuer.token(exp=now - 1))["Code"] == "ExpiredToken"
    refused = error_of(assume, role=role, token=issuer.token(sub="repo:c/d"))
    assert refused["Code"] == "AccessDenied"
    assert refused["Message"] == "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    assert code(issuer.token(), role + "-missing") == "AccessDenied"
    assert code(issuer.token(), "arn:aws:iam::111122223333:user/a") == "InvalidInput"


def test_a_provider_is_the_accounts_own(server, issuer, role, assume):
    made = json.loads(
        subprocess.run(
            [BINARY, "account", "create", "--json", "--data", server.data],
            check=True, capture_output=True, text=True,
        ).stdout
    )
    other = role.replace("111122223333", made["AccountId"])
    assert error_of(assume, role=other, token=issuer.token())["Message"] == (
        "No OpenIDConnect provider found in your account for the issuer of the token"
    )


def make_role(iam, trusted, allowed) -> str:
    name = f"web-{uuid.uuid4()}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusted))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="use", PolicyDocument=document(allowed))
    return arn


def test_a_chain_of_roles_is_not_the_providers(server, iam, issuer, provider, assume, key):
    trusted = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    of_provider = {"Condition": {"StringEquals": {"aws:FederatedProvider": HOST}}}
    of_nobody = {"Condition": {"Null": {"aws:FederatedProvider": "true"}}}
    first = make_role(iam, trusted, allow("sts:AssumeRole", "*") | of_provider)
    trusted = {"Effect": "Allow", "Principal": {"AWS": first}, "Action": "sts:AssumeRole"}
    second = make_role(iam, trusted, allow("kms:Encrypt", "*") | of_nobody)
    session = people.session(server, assume(first, issuer.token())["Credentials"])
    chained = session.client("sts").assume_role(RoleArn=second, RoleSessionName="next")
    chained = people.session(server, chained["Credentials"])
    chained.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")


def test_everybody_is_not_whom_a_provider_vouches_for(iam, issuer, provider, assume):
    trusted = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"}
    role = make_role(iam, trusted, allow("kms:Encrypt", "*"))
    assert error_of(assume, role=role, token=issuer.token())["Code"] == "AccessDenied"


def test_refusals_of_one_are_bounded(issuer, role, assume):
    token = issuer.token(sub=f"other:{uuid.uuid4()}")
    codes = [error_of(assume, role=role, token=token)["Code"] for _ in range(130)]
    # A minute may pass within.
    assert "AccessDenied" in codes and "Throttling" in codes
    assert codes.count("AccessDenied") <= 120
    assume(role, issuer.token())


def test_what_the_trail_says(server, issuer, role, assume):
    answer = assume(role, issuer.token())
    assert error_of(assume, role=role, token=issuer.token(sub="x:y"))["Code"] == "AccessDenied"
    secret, token = answer["Credentials"]["SecretAccessKey"], answer["Credentials"]["SessionToken"]
    session = people.session(server, answer["Credentials"])
    session.client("sts").get_caller_identity()
    server.terminate()
    command = [BINARY, "trail", "dump", "--data", server.data]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    server.start()
    assert secret not in text and token not in text
    records = [json.loads(line) for line in text.splitlines()]
    web = [r for r in records if r["operation"] == "AssumeRoleWithWebIdentity"][-2:]
    assert [r["errorCode"] for r in web] == [None, "AccessDeniedException"]
    assert web[0]["identity"]["type"] == "WebIdentityUser"
    assert web[0]["identity"]["userName"] == "repo:a/b"
    assert web[0]["resources"] == [role]
    who = [r for r in records if r["operation"] == "GetCallerIdentity"][-1]["identity"]
    assert who["type"] == "AssumedRole"
    assert who["sessionContext"]["sessionIssuer"]["arn"] == role
    assert who["sessionContext"]["federatedProvider"] == HOST
