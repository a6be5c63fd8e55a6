"""Answers that only an attested recipient can read: `Recipient`, with documents made here."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

import attestation
from expect import VALIDATION, members, refused
from server import Server

NOT_VALID = "AttestationDocument is not valid: "
UNTRUSTED = NOT_VALID + "the attestation document's certificates do not lead to a trusted root"


@pytest.fixture(scope="module")
def pki():
    return attestation.Pki()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory, pki):
    """A server that believes documents of `pki`."""
    directory = tmp_path_factory.mktemp("trusting")
    (directory / "root.pem").write_bytes(pki.root_pem)
    config = directory / "strongroom.toml"
    config.write_text(f'attestation_roots = ["{directory}/root.pem"]\n')
    one = Server(directory / "data", options=["--config", str(config)]).start()
    yield one
    one.kill()


@pytest.fixture
def kms(trusting):
    return trusting.client(validate=False)


@pytest.fixture
def key(kms):
    return kms.create_key()["KeyMetadata"]


@pytest.fixture
def enclave(pki):
    return attestation.Enclave(pki)


class TestOperations:
    def test_decrypt(self, kms, key, enclave):
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"for the enclave")["CiphertextBlob"]
        answer = kms.decrypt(CiphertextBlob=blob, Recipient=enclave.recipient())
        assert members(answer) == {
            "CiphertextForRecipient", "EncryptionAlgorithm", "KeyId", "KeyMaterialId",
        }
        assert enclave.open(answer["CiphertextForRecipient"]) == b"for the enclave"

    def test_generate_data_key(self, kms, key, enclave):
        answer = kms.generate_data_key(
            KeyId=key["KeyId"], KeySpec="AES_256", Recipient=enclave.recipient()
        )
        assert members(answer) == {
            "CiphertextBlob", "CiphertextForRecipient", "KeyId", "KeyMaterialId",
        }
        opened = kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])["Plaintext"]
        assert enclave.open(answer["CiphertextForRecipient"]) == opened
        assert len(opened) == 32

    def test_generate_data_key_pair(self, kms, key, enclave):
        answer = kms.generate_data_key_pair(
            KeyId=key["KeyId"], KeyPairSpec="RSA_4096", Recipient=enclave.recipient()
        )
        assert "PrivateKeyPlaintext" not in answer
        private = load_der_private_key(enclave.open(answer["CiphertextForRecipient"]), None)
        public = load_der_public_key(answer["PublicKey"])
        assert private.public_key().public_numbers() == public.public_numbers()

    def test_generate_random(self, kms, enclave):
        answer = kms.generate_random(NumberOfBytes=100, Recipient=enclave.recipient())
        assert members(answer) == {"CiphertextForRecipient"}
        assert len(enclave.open(answer["CiphertextForRecipient"])) == 100

    def test_derive_shared_secret(self, kms, enclave):
        key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["KeyMetadata"]
        other = ec.generate_private_key(ec.SECP256R1())
        answer = kms.derive_shared_secret(
            KeyId=key["KeyId"],
            KeyAgreementAlgorithm="ECDH",
            PublicKey=other.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            Recipient=enclave.recipient(),
        )
        mine = load_der_public_key(kms.get_public_key(KeyId=key["KeyId"])["PublicKey"])
        shared = other.exchange(ec.ECDH(), mine)
        assert "SharedSecret" not in answer
        assert enclave.open(answer["CiphertextForRecipient"]) == shared


class TestRefusals:
    @pytest.fixture
    def ask(self, kms):
        return lambda recipient: kms.generate_random(NumberOfBytes=8, Recipient=recipient)

    def test_a_server_that_trusts_nobody(self, server, enclave):
        with refused(VALIDATION, UNTRUSTED):
            server.client(validate=False).generate_random(
                NumberOfBytes=8, Recipient=enclave.recipient()
            )

    def test_another_root(self, ask):
        stranger = attestation.Enclave(attestation.Pki())
        with refused(VALIDATION, UNTRUSTED):
            ask(stranger.recipient())

    def test_an_altered_document(self, ask, enclave):
        document = bytearray(enclave.recipient()["AttestationDocument"])
        document[-1] ^= 1
        with refused(VALIDATION):
            ask({**enclave.recipient(), "AttestationDocument": bytes(document)})

    def test_nonsense(self, ask, enclave):
        for document in (b"x", b"\xd2\x84", b"\xff" * 1000):
            with refused(VALIDATION):
                ask({**enclave.recipient(), "AttestationDocument": document})

    def test_a_part_is_missing(self, ask, enclave):
        whole = enclave.recipient()
        for part in whole:
            with refused(VALIDATION, f"Recipient.{part} must not be null"):
                ask({name: value for name, value in whole.items() if name != part})


class TestPolicies:
    def test_a_key_for_one_image_only(self, kms, account, pki):
        image = "ab" * 48
        statements = [
            {"Sid": "Administration", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
             "Principal": {"AWS": f"arn:aws:iam::{account}:root"}},
            {"Sid": "Only this image", "Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*",
             "Principal": "*", "Condition": {
                 "StringNotEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": image}}},
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        key = kms.create_key(Policy=policy)["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        enclave = attestation.Enclave(pki)

        def with_image(digest: bytes) -> dict:
            return enclave.recipient(enclave.document(pcrs={0: digest}))

        opened = kms.decrypt(CiphertextBlob=blob, Recipient=with_image(bytes.fromhex(image)))
        assert enclave.open(opened["CiphertextForRecipient"]) == b"x"
        for recipient in ({"Recipient": with_image(b"\xcd" * 48)}, {}):
            with refused("AccessDeniedException"):
                kms.decrypt(CiphertextBlob=blob, **recipient)
