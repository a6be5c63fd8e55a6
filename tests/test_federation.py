"""Those for whom an OpenID Connect provider vouches."""

import base64
import datetime
import http.server
import json
import ssl
import subprocess
import threading
import time
import uuid

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

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

    def token(self, algorithm="RS256", kid=None, **changed) -> str:
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": "repo:a/b", "aud": "app", "iat": now, "exp": now + 300, **changed}
        header = {"alg": algorithm, "kid": kid or ("r" if algorithm == "RS256" else "e")}
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
    assert code(issuer.token(), "arn:aws:iam::111122223333:user/a") == "ValidationError"


TAGS = "https://aws.amazon.com/tags"


def web_role(iam, provider, *statements) -> str:
    name = f"web-{uuid.uuid4()}"
    trusted = [{"Effect": "Allow", "Principal": {"Federated": provider}, **s} for s in statements]
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(*trusted))
    may = {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"}
    may["Condition"] = {"StringEquals": {"aws:PrincipalTag/Team": "blue"}}
    iam.put_role_policy(RoleName=name, PolicyName="use", PolicyDocument=document(may, allow("sts:*", "*")))
    return made["Role"]["Arn"]


def test_a_token_brings_tags_and_a_source_identity(server, issuer, iam, provider, assume, key):
    web = {"Action": "sts:AssumeRoleWithWebIdentity"}
    tag = {
        "Action": "sts:TagSession",
        "Condition": {
            "StringEquals": {"aws:RequestTag/team": "blue"},
            "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["Team"]},
        },
    }
    identify = {"Action": "sts:SetSourceIdentity", "Condition": {"StringLike": {"sts:SourceIdentity": "A*"}}}
    claims = {
        TAGS: {"principal_tags": {"Team": ["blue"]}, "transitive_tag_keys": ["Team"]},
        "https://aws.amazon.com/source_identity": "Admin",
    }
    flat = {f"{TAGS}/principal_tags/Team": "blue", "https://aws.amazon.com/source_identity": "Admin"}
    for less in [(web,), (web, tag), (web, identify)]:
        role = web_role(iam, provider, *less)
        assert error_of(assume, role=role, token=issuer.token(**claims))["Code"] == "AccessDenied"
    role = web_role(iam, provider, web, tag, identify)
    red = {TAGS: {"principal_tags": {"Team": "red"}}}
    assert error_of(assume, role=role, token=issuer.token(**red))["Code"] == "AccessDenied"
    assume(role, issuer.token(**flat))
    answer = assume(role, issuer.token(**claims))
    assert answer["SourceIdentity"] == "Admin" and answer["PackedPolicySize"] > 0
    session = people.session(server, answer["Credentials"])
    session.client("kms").encrypt(KeyId=key["Arn"], Plaintext=b"x")
    plain = people.session(server, assume(role, issuer.token())["Credentials"])
    denied = error_of(plain.client("kms").encrypt, KeyId=key["Arn"], Plaintext=b"x")
    assert denied["Code"] == "AccessDeniedException"
    # What is transitive is handed down, and the source identity stays.
    chained = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    trusted = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": chained}
    following = iam.create_role(RoleName=f"next-{uuid.uuid4()}", AssumeRolePolicyDocument=document(trusted))
    following = {"RoleArn": following["Role"]["Arn"], "RoleSessionName": "next"}
    sts = session.client("sts")
    assert sts.assume_role(**following)["SourceIdentity"] == "Admin"
    refused = error_of(sts.assume_role, **following, Tags=[{"Key": "team", "Value": "red"}])
    assert "transitive" in refused["Message"]
    for wrong in ({TAGS: "a"}, {TAGS: {"principal_tags": {"Team": ["a", "b"]}}}, {TAGS: {"principal_tags": {"a#": "b"}}}):
        assert error_of(assume, role=role, token=issuer.token(**wrong))["Code"] == "InvalidIdentityToken"


class Publisher:
    """What a provider publishes, over HTTPS."""

    def __init__(self, directory):
        authority, key = certificate("authority", None, None)
        leaf, leaf_key = certificate("localhost", authority, key)
        (directory / "ca.pem").write_bytes(authority.public_bytes(Encoding.PEM))
        leaf_key = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (directory / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM) + leaf_key)
        self.documents, publisher = {}, self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = publisher.documents.get(self.path)
                body = b"" if found is None else json.dumps(found).encode()
                self.send_response(404 if found is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "leaf.pem")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def certificate(name, issuer, issuer_key):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    return built.sign(issuer_key or key, hashes.SHA256()), key


def test_keys_that_are_fetched(tmp_path, issuer):
    publisher = Publisher(tmp_path)
    pool = f"{publisher.url}/pool"
    publisher.documents = {
        "/keys": issuer.keys(),
        "/pool/.well-known/openid-configuration": {"issuer": pool, "jwks_uri": f"{publisher.url}/keys"},
        "/other/.well-known/openid-configuration": {"issuer": pool, "jwks_uri": f"{publisher.url}/keys"},
    }
    trusted = f'ca_file = "{tmp_path / "ca.pem"}"\n'
    table = lambda url, more: f'[[identity_providers]]\nurl = "{url}"\n{more}'
    (tmp_path / "strongroom.toml").write_text(
        table(ISSUER, f'keys = "{publisher.url}/keys"\n{trusted}')
        + table(pool, trusted)
        + table(f"{publisher.url}/other", trusted)
        + table("https://untrusted.example.com", f'keys = "{publisher.url}/keys"\n')
        + table("https://missing.example.com", f'keys = "{publisher.url}/none"\n{trusted}')
    )
    options = ("--config", str(tmp_path / "strongroom.toml"))
    server = Server(tmp_path / "data", options=options).start()
    try:
        iam = server.client("iam")
        made = iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["app"])
        role = web_role(iam, made["OpenIDConnectProviderArn"], {"Action": "sts:AssumeRoleWithWebIdentity"})
        config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        sts = boto3.client("sts", region_name=REGION, endpoint_url=server.url, config=config)
        call = {"RoleArn": role, "RoleSessionName": "web"}
        expected = [
            "fetched the keys of id.example.com/pool",
            f"fetched the keys of {pool.removeprefix('https://')}",
            "the document is of another issuer",
            "invalid peer certificate",
            "answered with status 404",
        ]
        deadline = time.monotonic() + 15
        while not all(text in server.printed() for text in expected) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [text for text in expected if text not in server.printed()] == []
        sts.assume_role_with_web_identity(**call, WebIdentityToken=issuer.token())
        refused = error_of(sts.assume_role_with_web_identity, **call, WebIdentityToken=issuer.token(kid="new"))
        assert refused["Code"] == "InvalidIdentityToken"
        assert "Couldn't retrieve verification key" in refused["Message"]
        assert server.terminate() == 0
    finally:
        server.kill()
        publisher.server.shutdown()


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


ALLOWANCE = """
[[quotas.requests]]
of = "account"
per_second = 0.001
burst = 8
"""


def test_whom_no_role_lets_in_costs_the_account_nothing(tmp_path, issuer):
    keys, file = tmp_path / "keys.json", tmp_path / "strongroom.toml"
    keys.write_text(json.dumps(issuer.keys()))
    file.write_text(f'[[identity_providers]]\nurl = "{ISSUER}"\nkeys = "{keys}"\n{ALLOWANCE}')
    server = Server(tmp_path / "data", options=("--config", str(file))).start()
    try:
        iam, config = server.client("iam"), Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        sts = boto3.client("sts", region_name=REGION, endpoint_url=server.url, config=config)
        provider = iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["app"])["OpenIDConnectProviderArn"]
        subject = {"StringLike": {f"{HOST}:sub": "repo:a/*"}}
        role = web_role(iam, provider, {"Action": "sts:AssumeRoleWithWebIdentity", "Condition": subject})

        def code(who: str) -> str:
            token = issuer.token(sub=who)
            try:
                sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="web", WebIdentityToken=token)
                return "OK"
            except sts.exceptions.ClientError as error:
                return error.response["Error"]["Code"]

        assert {code(f"repo:c/{n}") for n in range(20)} == {"AccessDenied"}
        iam.list_roles()
        # Who is let in counts.
        codes = [code("repo:a/b") for _ in range(9)]
        assert codes[0] == "OK" and codes[-1] == "Throttling"
        assert code("repo:c/d") == "AccessDenied"
    finally:
        server.kill()
