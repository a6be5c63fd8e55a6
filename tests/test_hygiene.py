"""Secrets go where they must and nowhere else: marked ones are driven through every operation that takes or
returns secrets, with success and with every kind of failure; then everything that the server has written is
searched for them, and its memory.

Which operations those are is asked of botocore's models, so that a new one is not forgotten.
"""

import base64
import hashlib
import json
import os
import re
import time

import botocore
import botocore.exceptions
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import people
import test_federation
from collector import Collector
from marks import Marks, files, memory
from metrics import OPENMETRICS, get
from server import REGION, SESSION, Server, free_port
from test_import import bring, pkcs8
from wire import Reply, kms_request
from xks_proxy import XksProxy

# Of the models, the members that are called sensitive and are no secrets.
NO_SECRETS = {
    ("kms", "GetParametersForImport"): "a public key",
    ("kms", "DescribeCustomKeyStores"): "an access key id",
}
# Operations of IAM and STS with secrets that are not served; the test asks whether that is still so.
UNSERVED = {
    "iam": {
        "ChangePassword", "CreateLoginProfile", "CreateSAMLProvider", "CreateServiceSpecificCredential",
        "CreateVirtualMFADevice", "ListVirtualMFADevices", "ResetServiceSpecificCredential",
        "UpdateLoginProfile", "UpdateSAMLProvider", "UploadServerCertificate",
    },
    "sts": {"AssumeRoleWithSAML", "AssumeRoot", "GetDelegatedAccessToken", "GetWebIdentityToken"},
}
# Secrets that travel in members which the models do not call sensitive.
BESIDE = {("kms", "ImportKeyMaterial"), ("kms", "ReEncrypt")}


def is_sensitive(shape, seen: tuple = ()) -> bool:
    if shape is None or shape.name in seen:
        return False
    below = list(shape.members.values()) if shape.type_name == "structure" else []
    below += [shape.member] if shape.type_name == "list" else []
    below += [shape.value] if shape.type_name == "map" else []
    return bool(shape.metadata.get("sensitive")) or any(
        is_sensitive(member, (*seen, shape.name)) for member in below
    )


def sensitive_operations() -> set:
    """Service and name of every operation that takes or returns what its model calls sensitive."""
    found = set()
    for service in ("kms", "iam", "sts"):
        model = SESSION._session.get_service_model(service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            if is_sensitive(operation.input_shape) or is_sensitive(operation.output_shape):
                found.add((service, name))
    return found


class Drive:
    """Every operation with secrets, each in every way; it keeps what was secret, and what was answered to
    those who may not see it."""

    def __init__(self, server: Server, proxy: XksProxy, issuer, collector: Collector, metrics: int):
        self.server, self.proxy, self.issuer = server, proxy, issuer
        self.collector, self.metrics, self.scrapes = collector, metrics, []
        self.marks, self.done, self.errors = Marks(), set(), []
        self.round = 0

    def once(self):
        self.round += 1
        self.kms = self.server.client(validate=False)
        self.encryption()
        self.messages()
        self.agreement()
        self.generated()
        self.imported()
        self.credentials()
        self.stores()
        self.transport()
        self.scrapes += [get(self.metrics, accept=accept)[2].encode() for accept in (None, OPENMETRICS)]

    def mark(self, name: str, secret=None) -> bytes:
        """A secret of this round's own; random text unless it is given."""
        text = base64.b64encode(os.urandom(48))[:64]
        return self.marks.add(f"{name} of round {self.round}", text if secret is None else secret)

    def note(self, *operations: str, service: str = "kms"):
        self.done |= {(service, name) for name in operations}

    def fails(self, call, **arguments):
        """A call that must be refused; the refusal is kept."""
        with pytest.raises(botocore.exceptions.ClientError) as refusal:
            call(**arguments)
        self.errors.append(json.dumps(refusal.value.response, default=str).encode())

    def mistreat(self, operation: str, good: dict, member: str, secret: bytes):
        """Sends a good request in every bad way, with the secret in it."""
        text = json.dumps(good)
        assert base64.b64encode(secret).decode() in text or secret.decode("latin-1") in text
        value = good[member] if isinstance(good[member], str) else json.dumps(good[member])
        broken = [
            text[:-1],
            text + text,
            text.replace('"', "'"),
            json.dumps({**good, member: value * 2000}),
            json.dumps({**good, member: {"inner": value}}),
            json.dumps({**good, member: [value]}),
            json.dumps({**good, member: value[:-1] + "\u20ac"}),
            json.dumps({**good, value: value}),
            text[:-1] + f', "{member}": {json.dumps(value)}}}',
            json.dumps({**good, "padding": "x" * 1_100_000}),
        ]
        for body in broken:
            reply = kms_request(self.server, operation, body.encode()).send(self.server)
            # Members that are not of the operation are nobody's business, as at AWS.
            self.keep(reply)
        credentials = (self.server.credentials()[0], "not the secret")
        reply = kms_request(self.server, operation, good, credentials=credentials).send(self.server)
        assert reply.status == 400 or reply.status == 403
        self.keep(reply)
        unsigned = kms_request(self.server, operation, good)
        del unsigned.headers["Authorization"]
        self.keep(unsigned.send(self.server))
        self.keep(kms_request(self.server, operation + "X", good).send(self.server))

    def keep(self, reply: Reply):
        if reply.status != 200:
            self.errors.append(json.dumps(reply.headers).encode() + reply.body)

    def encryption(self):
        kms = self.kms
        plaintext = self.mark("plaintext")
        key, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
        sealed = kms.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"]
        moved = kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=other)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=moved)["Plaintext"] == plaintext
        good = {"KeyId": key, "Plaintext": base64.b64encode(plaintext).decode()}
        self.mistreat("Encrypt", good, "Plaintext", plaintext)
        kms.disable_key(KeyId=key)
        self.fails(kms.encrypt, KeyId=key, Plaintext=plaintext)
        self.fails(kms.decrypt, CiphertextBlob=sealed)
        self.fails(kms.encrypt, KeyId="alias/missing", Plaintext=plaintext)
        self.fails(kms.encrypt, KeyId=other, Plaintext=plaintext, DryRun=True)
        spec = {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}
        pair = kms.create_key(**spec)["KeyMetadata"]["KeyId"]
        how = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256", "KeyId": pair}
        sealed = kms.encrypt(Plaintext=plaintext, **how)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=sealed, **how)["Plaintext"] == plaintext
        self.fails(kms.encrypt, Plaintext=plaintext * 4, **how)
        self.note("Encrypt", "ReEncrypt", "Decrypt")

    def messages(self):
        kms, message = self.kms, self.mark("message")
        key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
        how = {"KeyId": key, "MacAlgorithm": "HMAC_SHA_256", "Message": message}
        mac = kms.generate_mac(**how)["Mac"]
        assert kms.verify_mac(**how, Mac=mac)["MacValid"]
        self.fails(kms.verify_mac, **how, Mac=mac[::-1])
        text = base64.b64encode(message).decode()
        good = {**how, "Message": text}
        self.mistreat("GenerateMac", good, "Message", message)
        self.mistreat("VerifyMac", {**good, "Mac": base64.b64encode(mac).decode()}, "Message", message)
        key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        how = {"KeyId": key, "SigningAlgorithm": "ECDSA_SHA_256", "Message": message}
        signature = kms.sign(**how)["Signature"]
        assert kms.verify(**how, Signature=signature)["SignatureValid"]
        self.fails(kms.verify, **how, Signature=signature[::-1])
        self.fails(kms.sign, **how, MessageType="DIGEST")
        good = {**how, "Message": text}
        self.mistreat("Sign", good, "Message", message)
        signature = base64.b64encode(signature).decode()
        self.mistreat("Verify", {**good, "Signature": signature}, "Message", message)
        self.note("GenerateMac", "VerifyMac", "Sign", "Verify")

    def agreement(self):
        kms = self.kms
        key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["KeyMetadata"]["KeyId"]
        peer = ec.generate_private_key(ec.SECP256R1()).public_key()
        shared = kms.derive_shared_secret(
            KeyId=key, KeyAgreementAlgorithm="ECDH",
            PublicKey=peer.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        )
        self.mark("DeriveSharedSecret", shared["SharedSecret"])
        spec = {"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}
        how = {
            "KeyId": kms.create_key(**spec)["KeyMetadata"]["KeyId"],
            "EncapsulationAlgorithm": "ML_KEM",
        }
        made = kms.encapsulate(**how)
        self.mark("Encapsulate", made["SharedSecret"])
        blob = made["SharedSecretCiphertextBlob"]
        opened = kms.decapsulate(SharedSecretCiphertextBlob=blob, **how)
        assert opened["SharedSecret"] == made["SharedSecret"]
        self.fails(kms.decapsulate, SharedSecretCiphertextBlob=blob[1:], **how)
        self.note("DeriveSharedSecret", "Encapsulate", "Decapsulate")

    def generated(self):
        kms = self.kms
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        self.mark("GenerateRandom", kms.generate_random(NumberOfBytes=64)["Plaintext"])
        data_key = kms.generate_data_key(KeyId=key, NumberOfBytes=64)
        self.mark("GenerateDataKey", data_key["Plaintext"])
        self.fails(kms.generate_data_key, KeyId=key, NumberOfBytes=64, KeySpec="AES_256")
        for spec in ("ECC_NIST_P256", "RSA_2048"):
            pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec=spec)
            # Its beginning says what it is, its end of an elliptic curve's has the public key.
            secret = pair["PrivateKeyPlaintext"]
            part = secret[36:68] if spec.startswith("ECC") else secret[-600:]
            self.mark(f"GenerateDataKeyPair {spec}", part)
        self.note("GenerateRandom", "GenerateDataKey", "GenerateDataKeyPair")

    def imported(self):
        kms = self.kms
        material = self.mark("key material", os.urandom(32))
        key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        bring(kms, key, material)
        self.fails(bring, kms=kms, key=key, material=self.mark("other material", os.urandom(32)))
        private = ec.generate_private_key(ec.SECP256R1())
        self.mark("private key", private.private_numbers().private_value.to_bytes(32, "big"))
        spec = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
        key = kms.create_key(Origin="EXTERNAL", **spec)["KeyMetadata"]["KeyId"]
        bring(kms, key, pkcs8(private), ("RSA_AES_KEY_WRAP_SHA_256", "RSA_2048"))
        # Whoever forgets to wrap it: it is refused, and still nobody's business.
        self.fails(
            kms.import_key_material, KeyId=key, ImportToken=b"x" * 100,
            EncryptedKeyMaterial=self.mark("material in the clear"),
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
        self.note("ImportKeyMaterial")

    def credentials(self):
        iam, sts = self.server.client("iam"), self.server.client("sts")
        user = f"user-{self.round}"
        arn = iam.create_user(UserName=user)["User"]["Arn"]
        policy = people.document(people.allow(["sts:*", "kms:*"], "*"))
        iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=policy)
        made = iam.create_access_key(UserName=user)["AccessKey"]
        self.mark("CreateAccessKey", made["SecretAccessKey"])
        client = self.client(made)
        assert client.get_caller_identity()["Arn"] == arn
        sessions = {
            "GetSessionToken": client.get_session_token(),
            "GetFederationToken": sts.get_federation_token(Name="guest", Policy=policy),
        }
        trust = people.trust(arn)
        role = iam.create_role(RoleName=f"role-{self.round}", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        sessions["AssumeRole"] = client.assume_role(RoleArn=role, RoleSessionName="one")
        self.fails(client.assume_role, RoleArn=role + "x", RoleSessionName="one")
        sessions["AssumeRoleWithWebIdentity"] = self.web_identity(iam)
        for operation, answer in sessions.items():
            self.mark(operation, answer["Credentials"]["SecretAccessKey"])
            self.mark(f"session token of {operation}", answer["Credentials"]["SessionToken"])
            self.client(answer["Credentials"]).get_caller_identity()
            self.note(operation, service="sts")
        self.note("CreateAccessKey", service="iam")

    def client(self, credentials: dict):
        """Of STS, for whoever has these credentials."""
        return SESSION.client(
            "sts",
            region_name=REGION,
            endpoint_url=self.server.url,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 1}),
        )

    def web_identity(self, iam) -> dict:
        if self.round == 1:
            self.provider = iam.create_open_id_connect_provider(
                Url=test_federation.ISSUER, ClientIDList=["app"], ThumbprintList=["0" * 40]
            )["OpenIDConnectProviderArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": self.provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{test_federation.HOST}:aud": "app"}},
        }
        name = f"web-{self.round}"
        policy = people.document(statement)
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        token = self.issuer.token()
        # What a token says of its bearer is in the trail, as AWS has it; what makes it good is not.
        self.mark("signature of a token", token.rsplit(".", 1)[1])
        unsigned = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        sts = SESSION.client("sts", region_name=REGION, endpoint_url=self.server.url, config=unsigned)
        call = {"RoleArn": role, "RoleSessionName": "web"}
        forged = token[:-20] + token[-20:][::-1]
        self.fails(sts.assume_role_with_web_identity, WebIdentityToken=forged, **call)
        return sts.assume_role_with_web_identity(WebIdentityToken=token, **call)

    def stores(self):
        kms, proxy = self.kms, self.proxy
        request = proxy.create_custom_key_store(f"store-{self.round}")
        credential = request["XksProxyAuthenticationCredential"]
        secret = credential["RawSecretAccessKey"]
        self.mark("proxy's credential", secret)
        if self.round == 1:
            store = kms.create_custom_key_store(**request)["CustomKeyStoreId"]
            kms.connect_custom_key_store(CustomKeyStoreId=store)
            self.store = store
            key = kms.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId="foo")
            plaintext = self.mark("plaintext of a key outside")
            key = key["KeyMetadata"]["KeyId"]
            sealed = kms.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"]
            assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == plaintext
        self.mistreat(
            "CreateCustomKeyStore", request, "XksProxyAuthenticationCredential", secret.encode()
        )
        wrong = base64.b64encode(self.mark("wrong credential", os.urandom(32))).decode()
        changed = {"AccessKeyId": credential["AccessKeyId"], "RawSecretAccessKey": wrong}
        update = {"CustomKeyStoreId": self.store, "XksProxyAuthenticationCredential": changed}
        self.fails(kms.update_custom_key_store, **update)
        self.mistreat("UpdateCustomKeyStore", update, "XksProxyAuthenticationCredential", wrong.encode())
        password = self.mark("password of an HSM", os.urandom(12).hex()).decode()
        hsm = {
            "CustomKeyStoreName": "hsm", "CustomKeyStoreType": "AWS_CLOUDHSM",
            "CloudHsmClusterId": "cluster-2a3b4c5d6e7", "KeyStorePassword": password,
            "TrustAnchorCertificate": "x",
        }
        self.fails(kms.create_custom_key_store, **hsm)
        self.mistreat("CreateCustomKeyStore", hsm, "KeyStorePassword", password.encode())
        update = {"CustomKeyStoreId": self.store, "KeyStorePassword": password}
        self.fails(kms.update_custom_key_store, **update)
        self.note("CreateCustomKeyStore", "UpdateCustomKeyStore")

    def transport(self):
        """What is no request of KMS at all, or only half of one."""
        mark = self.mark("transport").decode()
        for method, path in [("GET", f"/?secret={mark}"), ("PUT", f"/{mark}"), ("BREW", f"/{mark}?{mark}")]:
            connection = self.server.connection()
            connection.request(method, path, body=mark, headers={"X-Secret": mark, "Cookie": mark})
            connection.getresponse().read()
            connection.close()
        for text in (
            f"{mark}\r\n\r\n", f"POST / HTTP/1.1\r\n{mark}\r\n\r\n",
            f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{mark}",
        ):
            connection = self.server.connection()
            connection.connect()
            connection.sock.sendall(text.encode())
            connection.close()


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    directory = tmp_path_factory.mktemp("hygiene")
    proxy = XksProxy(directory, host="xks.example.com").start()
    issuer, collector, metrics = test_federation.Issuer(), Collector(), free_port()
    (directory / "keys.json").write_text(json.dumps(issuer.keys()))
    (directory / "strongroom.toml").write_text(
        f"""
        [trail]
        anchor_file = "{directory}/anchors"
        stream = "stdout"

        [log]
        format = "json"
        level = "debug"
        requests = true

        [metrics]
        listen = "127.0.0.1:{metrics}"

        [traces]
        enabled = true
        endpoint = "{collector.url}"

        [[identity_providers]]
        url = "{test_federation.ISSUER}"
        keys = "{directory}/keys.json"

        [key_stores.xks]
        ca_file = "{proxy.ca_file}"
        allowed_endpoints = ["{proxy.route[0]}"]
        deadline_ms = 2000

        [key_stores.xks.routes]
        "{proxy.route[0]}" = "{proxy.route[1]}"
        """
    )
    server = Server(directory / "data", options=("--config", str(directory / "strongroom.toml"))).start()
    yield Drive(server, proxy, issuer, collector, metrics)
    server.kill()
    proxy.stop()
    collector.stop()


def written(drive: Drive) -> dict:
    """Everything that the server has written, by place."""
    server = drive.server
    held = files(server.data, server.log, server.data.parent / "anchors")
    assert any(".gz, uncompressed" in place for place in held), "the trail was delivered"
    assert len(held[str(server.log)]) > 100_000, "every event was told on the standard output"
    assert b'"message":"request"' in held[str(server.log)], "and every request in the log"
    spans = drive.collector.raw
    assert len(drive.collector.spans("kms.Encrypt")) > 10, "and in traces"
    assert all(b"strongroom_requests_total{" in text for text in drive.scrapes) and drive.scrapes
    told = {"error answer": drive.errors, "batch of spans": spans, "look at the metrics": drive.scrapes}
    told = {f"{what} {number}": text for what, texts in told.items() for number, text in enumerate(texts)}
    return held | told


def test_nothing_that_was_secret_is_written_anywhere(drive):
    for end in (drive.server.terminate, drive.server.kill):
        drive.once()
        drive.server.events()
        end()
        found = drive.marks.found(written(drive))
        assert not found, "\n".join(f"{place}: {sorted(names)}" for place, names in found.items())
        drive.server.start()
    print(f"\n{len(drive.marks.secrets)} secrets, {len(drive.errors)} errors, {len(drive.done)} operations")
    # The first access key is where it is meant to be, and nowhere else: that it is found at all shows that
    # the search finds.
    drive.marks.add("first access key", drive.server.credentials()[1])
    assert set(drive.marks.found(written(drive))) == {str(drive.server.data / "credentials")}


def test_every_operation_with_secrets_was_driven(drive):
    """After the test before."""
    expected = sensitive_operations() - set(NO_SECRETS)
    unserved = {(service, name) for service, names in UNSERVED.items() for name in names}
    assert unserved <= expected, "what is excused has secrets"
    assert drive.done == (expected - unserved) | BESIDE
    for service, name in sorted(unserved):
        operation = SESSION._session.get_service_model(service).operation_model(name)
        arguments = {
            member: test_value(operation.input_shape.members[member])
            for member in operation.input_shape.required_members
        }
        client = drive.server.client(service, validate=False)
        with pytest.raises(botocore.exceptions.ClientError, match="InvalidAction"):
            getattr(client, botocore.xform_name(name))(**arguments)


def test_value(shape):
    """Any value of a shape."""
    return [] if shape.type_name == "list" else {} if shape.type_name == "structure" else "x" * 20


# It is a helper, whatever pytest makes of its name.
test_value.__test__ = False


def test_a_secret_is_found_in_every_form():
    """The search itself."""
    marks, secret = Marks(), os.urandom(64)
    marks.add("secret", secret)
    text = base64.b64encode(b"a" + secret + b"bc")
    for form in [
        secret, secret[:40], secret[3:], text, text[7:60], base64.b64encode(secret[:33]), secret.hex().encode(),
        base64.urlsafe_b64encode(b"ab" + secret), str(list(secret)).encode(), base64.b64encode(text),
        json.dumps({"inner": base64.b64encode(json.dumps({"p": text.decode()}).encode()).decode()}).encode(),
    ]:
        assert marks.within(b"before" + form + b"after") == {"secret"}, form
    assert not marks.within(os.urandom(100_000) + hashlib.sha256(secret).hexdigest().encode())


def copies(content: bytes, mark: bytes) -> dict:
    """How often a secret is in a server's memory, by form."""
    found = {"plain": content.count(mark), "base64": content.count(base64.b64encode(mark)[:-4])}
    return {form: count for form, count in found.items() if count}


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_no_plaintext_is_left_in_memory(tmp_path, tls):
    server = Server(tmp_path / "data", tls=tls).start()
    try:
        memory(server.process.pid)
    except PermissionError:
        server.kill()
        pytest.skip("only root may look into the server's memory")
    try:
        kms = server.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        marks = [os.urandom(64) for _ in range(40)]
        for number, mark in enumerate(marks):
            sealed = kms.encrypt(KeyId=key, Plaintext=mark)["CiphertextBlob"]
            assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == mark
            if number % 4 == 0:
                # As a client may write it: with escapes, in a body that is refused.
                text = "".join(f"\\u{ord(c):04x}" for c in base64.b64encode(mark).decode())
                for body in (f'{{"KeyId":"{key}","Plaintext":"{text}"}}', f'{{"Plaintext":"{text}",'):
                    kms_request(server, "Encrypt", body.encode()).send(server)
                data = {"KeyId": key, "Plaintext": base64.b64encode(mark).decode()}
                kms_request(server, "Encrypt", data, credentials=("AKIA" + "A" * 16, "x")).send(server)
        content = memory(server.process.pid)
        kept = [copies(content, mark) for mark in marks]
        print(f"\nwhile a connection is open: {sum(map(bool, kept))} of {len(marks)} plaintexts")
        kms.close()
        deadline = time.monotonic() + 10
        while True:
            content = memory(server.process.pid)
            left = [found for found in (copies(content, mark) for mark in marks) if found]
            if not left:
                break
            assert time.monotonic() < deadline, left
            time.sleep(0.5)
        assert re.search(r"listening", server.printed())
    finally:
        server.kill()
