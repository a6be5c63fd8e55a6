"""Every key spec and algorithm, against a second implementation, both ways.

What the server signs, encrypts, authenticates or agrees on is opened by `cryptography` (OpenSSL) or
the openssl program with the public key alone, and the other way round.
"""

import hashlib
import hmac
import subprocess

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mlkem, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
)

from expect import VALIDATION, members, refused
from server import Server

MESSAGE = b"attack at dawn"
RSA = ["RSA_2048", "RSA_3072", "RSA_4096"]
CURVES = {
    "ECC_NIST_P256": (ec.SECP256R1, "SHA_256"),
    "ECC_NIST_P384": (ec.SECP384R1, "SHA_384"),
    "ECC_NIST_P521": (ec.SECP521R1, "SHA_512"),
    "ECC_SECG_P256K1": (ec.SECP256K1, "SHA_256"),
}
HASHES = {"SHA_256": hashes.SHA256, "SHA_384": hashes.SHA384, "SHA_512": hashes.SHA512}
ML_DSA = {"ML_DSA_44": 2420, "ML_DSA_65": 3309, "ML_DSA_87": 4627}
ML_KEM = {"ML_KEM_512": 768, "ML_KEM_768": 1088, "ML_KEM_1024": 1568}
MACS = {
    "HMAC_224": hashlib.sha224,
    "HMAC_256": hashlib.sha256,
    "HMAC_384": hashlib.sha384,
    "HMAC_512": hashlib.sha512,
}
INVALID_SIGNATURE = "KMSInvalidSignatureException"
USAGE = "InvalidKeyUsageException"


@pytest.fixture(scope="module")
def make(kms):
    """A key of a spec and usage, made once for the tests of this file."""
    made = {}

    def of(spec: str, usage: str) -> dict:
        if (spec, usage) not in made:
            made[spec, usage] = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
        return made[spec, usage]

    return of


def public_key(kms, key):
    return load_der_public_key(kms.get_public_key(KeyId=key["KeyId"])["PublicKey"])


def rsa_padding(algorithm: str):
    hash_class = HASHES[algorithm[-7:]]
    if "PSS" in algorithm:
        return padding.PSS(padding.MGF1(hash_class()), hash_class.digest_size), hash_class
    return padding.PKCS1v15(), hash_class


def rsa_algorithms() -> list:
    return [f"RSASSA_{kind}_{size}" for kind in ("PSS", "PKCS1_V1_5") for size in HASHES]


class TestSign:
    @pytest.mark.parametrize("algorithm", rsa_algorithms())
    @pytest.mark.parametrize("spec", RSA)
    def test_rsa(self, kms, make, spec, algorithm):
        key = make(spec, "SIGN_VERIFY")
        scheme, hash_class = rsa_padding(algorithm)
        digest = hash_of(hash_class, MESSAGE)
        public = public_key(kms, key)
        assert public.key_size == int(spec[4:])
        for kind, message in (("RAW", MESSAGE), ("DIGEST", digest)):
            signed = kms.sign(
                KeyId=key["KeyId"], Message=message, MessageType=kind, SigningAlgorithm=algorithm
            )
            assert members(signed) == {"KeyId", "Signature", "SigningAlgorithm"}
            assert (signed["KeyId"], signed["SigningAlgorithm"]) == (key["Arn"], algorithm)
            public.verify(signed["Signature"], MESSAGE, scheme, hash_class())
            check_verify(kms, key, algorithm, signed["Signature"], {"RAW": MESSAGE, "DIGEST": digest})

    @pytest.mark.parametrize("spec", CURVES)
    def test_ecdsa(self, kms, make, spec):
        key = make(spec, "SIGN_VERIFY")
        curve, size = CURVES[spec]
        algorithm, hash_class = f"ECDSA_{size}", HASHES[size]
        public = public_key(kms, key)
        assert isinstance(public.curve, curve)
        digest = hash_of(hash_class, MESSAGE)
        for kind, message in (("RAW", MESSAGE), ("DIGEST", digest)):
            signature = kms.sign(
                KeyId=key["KeyId"], Message=message, MessageType=kind, SigningAlgorithm=algorithm
            )["Signature"]
            public.verify(signature, MESSAGE, ec.ECDSA(hash_class()))
            public.verify(signature, digest, ec.ECDSA(Prehashed(hash_class())))
            check_verify(kms, key, algorithm, signature, {"RAW": MESSAGE, "DIGEST": digest})

    def test_ed25519(self, kms, make):
        key = make("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
        assert key["SigningAlgorithms"] == ["ED25519_SHA_512", "ED25519_PH_SHA_512"]
        public = public_key(kms, key)
        assert isinstance(public, ed25519.Ed25519PublicKey)
        signature = kms.sign(
            KeyId=key["KeyId"], Message=MESSAGE, SigningAlgorithm="ED25519_SHA_512"
        )["Signature"]
        public.verify(signature, MESSAGE)
        check_verify(kms, key, "ED25519_SHA_512", signature, {"RAW": MESSAGE})

    def test_ed25519_prehashed(self, kms, make):
        key = make("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
        digest = hashlib.sha512(MESSAGE).digest()
        signature = kms.sign(
            KeyId=key["KeyId"],
            Message=digest,
            MessageType="DIGEST",
            SigningAlgorithm="ED25519_PH_SHA_512",
        )["Signature"]
        # Pure Ed25519 of the digest is another signature.
        with pytest.raises(InvalidSignature):
            public_key(kms, key).verify(signature, digest)
        check_verify(kms, key, "ED25519_PH_SHA_512", signature, {"DIGEST": digest})
        with refused(VALIDATION, "Message type RAW is incompatible with key spec "
                     "ECC_NIST_EDWARDS25519."):
            kms.sign(KeyId=key["KeyId"], Message=MESSAGE, SigningAlgorithm="ED25519_PH_SHA_512")

    @pytest.mark.parametrize("spec", ML_DSA)
    def test_ml_dsa(self, kms, make, spec):
        key = make(spec, "SIGN_VERIFY")
        assert key["SigningAlgorithms"] == ["ML_DSA_SHAKE_256"]
        answer = kms.get_public_key(KeyId=key["KeyId"])
        public = load_der_public_key(answer["PublicKey"])
        raw = public.public_bytes_raw()
        mu = shake(shake(raw) + b"\x00\x00" + MESSAGE)
        for kind, message in (("RAW", MESSAGE), ("EXTERNAL_MU", mu)):
            signature = kms.sign(
                KeyId=key["KeyId"],
                Message=message,
                MessageType=kind,
                SigningAlgorithm="ML_DSA_SHAKE_256",
            )["Signature"]
            assert len(signature) == ML_DSA[spec]
            public.verify(signature, MESSAGE)
            public.verify_mu(signature, mu)
            kinds = {"RAW": MESSAGE, "EXTERNAL_MU": mu}
            check_verify(kms, key, "ML_DSA_SHAKE_256", signature, kinds)
        with refused(VALIDATION, f"Message type DIGEST is incompatible with key spec {spec}."):
            kms.sign(
                KeyId=key["KeyId"],
                Message=mu,
                MessageType="DIGEST",
                SigningAlgorithm="ML_DSA_SHAKE_256",
            )

    @pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256"])
    def test_a_digest_of_another_length(self, kms, make, spec):
        key = make(spec, "SIGN_VERIFY")
        algorithm = key["SigningAlgorithms"][0]
        arguments = {"KeyId": key["KeyId"], "MessageType": "DIGEST", "SigningAlgorithm": algorithm}
        text = f"Digest is invalid length for algorithm {algorithm}."
        with refused(VALIDATION, text):
            kms.sign(Message=b"x" * 31, **arguments)
        with refused(VALIDATION, text):
            kms.verify(Message=b"x" * 33, Signature=b"s", **arguments)

    def test_what_others_sign_verifies_only_with_its_key(self, kms, make):
        key = make("ECC_NIST_P256", "SIGN_VERIFY")
        other = ec.generate_private_key(ec.SECP256R1())
        signature = other.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
        with refused(INVALID_SIGNATURE, ""):
            kms.verify(
                KeyId=key["KeyId"],
                Message=MESSAGE,
                Signature=signature,
                SigningAlgorithm="ECDSA_SHA_256",
            )


def hash_of(hash_class, message: bytes) -> bytes:
    digest = hashes.Hash(hash_class())
    digest.update(message)
    return digest.finalize()


def shake(data: bytes) -> bytes:
    return hashlib.shake_256(data).digest(64)


def check_verify(kms, key: dict, algorithm: str, signature: bytes, kinds: dict):
    """Every form of the message verifies; an altered message or signature does not."""
    arguments = {"KeyId": key["KeyId"], "SigningAlgorithm": algorithm}
    for kind, message in kinds.items():
        one = {**arguments, "MessageType": kind}
        verified = kms.verify(Message=message, Signature=signature, **one)
        assert members(verified) == {"KeyId", "SignatureValid", "SigningAlgorithm"}
        assert verified["SignatureValid"] is True
        flipped = bytes([message[0] ^ 1]) + message[1:]
        with refused(INVALID_SIGNATURE, ""):
            kms.verify(Message=flipped, Signature=signature, **one)
        altered = signature[:-1] + bytes([signature[-1] ^ 1])
        for wrong in (altered, signature[:-1], signature + b"\0", b"\0"):
            with refused(INVALID_SIGNATURE, ""):
                kms.verify(Message=message, Signature=wrong, **one)


class TestEncrypt:
    LIMITS = {"RSA_2048": (214, 190), "RSA_3072": (342, 318), "RSA_4096": (470, 446)}

    @pytest.mark.parametrize(
        "at, algorithm", [(0, "RSAES_OAEP_SHA_1"), (1, "RSAES_OAEP_SHA_256")]
    )
    @pytest.mark.parametrize("spec", RSA)
    def test_rsa_oaep(self, kms, make, spec, at, algorithm):
        key = make(spec, "ENCRYPT_DECRYPT")
        assert key["EncryptionAlgorithms"] == ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
        hash_class = [hashes.SHA1, hashes.SHA256][at]
        oaep = padding.OAEP(padding.MGF1(hash_class()), hash_class(), None)
        most = self.LIMITS[spec][at]
        arguments = {"KeyId": key["KeyId"], "EncryptionAlgorithm": algorithm}
        public = public_key(kms, key)
        for plaintext in (b"x", b"y" * most):
            made_there = public.encrypt(plaintext, oaep)
            opened = kms.decrypt(CiphertextBlob=made_there, **arguments)
            assert members(opened) == {"KeyId", "Plaintext", "EncryptionAlgorithm"}
            assert opened["Plaintext"] == plaintext
            made_here = kms.encrypt(Plaintext=plaintext, **arguments)
            assert members(made_here) == {"CiphertextBlob", "KeyId", "EncryptionAlgorithm"}
            assert len(made_here["CiphertextBlob"]) == int(spec[4:]) // 8
            opened = kms.decrypt(CiphertextBlob=made_here["CiphertextBlob"], **arguments)
            assert opened["Plaintext"] == plaintext
        text = (
            f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than "
            f"{most} bytes."
        )
        with refused(VALIDATION, text):
            kms.encrypt(Plaintext=b"y" * (most + 1), **arguments)

    def test_what_asymmetric_keys_do_not_take(self, kms, make, key):
        pair = make("RSA_2048", "ENCRYPT_DECRYPT")
        arguments = {"KeyId": pair["KeyId"], "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
        text = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
        with refused(VALIDATION, text):
            kms.encrypt(Plaintext=b"x", EncryptionContext={"a": "b"}, **arguments)
        blob = kms.encrypt(Plaintext=b"x", **arguments)["CiphertextBlob"]
        with refused(VALIDATION, "KeyId must not be null"):
            kms.decrypt(CiphertextBlob=blob, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
        with refused("InvalidCiphertextException", ""):
            kms.decrypt(CiphertextBlob=blob, KeyId=pair["KeyId"])
        with refused("InvalidCiphertextException", ""):
            kms.decrypt(CiphertextBlob=blob[:-1], **arguments)
        with refused(USAGE, "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."):
            kms.encrypt(KeyId=pair["KeyId"], Plaintext=b"x")
        with refused(USAGE, "You cannot generate a data key with an asymmetric CMK"):
            kms.generate_data_key(KeyId=pair["KeyId"], KeySpec="AES_256")
        symmetric = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        with refused("IncorrectKeyException"):
            kms.decrypt(CiphertextBlob=symmetric, KeyId=pair["KeyId"])

    def test_from_asymmetric_to_symmetric_and_back(self, kms, make, key):
        pair, oaep = make("RSA_2048", "ENCRYPT_DECRYPT"), "RSAES_OAEP_SHA_256"
        blob = kms.encrypt(
            KeyId=pair["KeyId"], Plaintext=MESSAGE, EncryptionAlgorithm=oaep
        )["CiphertextBlob"]
        there = kms.re_encrypt(
            CiphertextBlob=blob,
            SourceKeyId=pair["KeyId"],
            SourceEncryptionAlgorithm=oaep,
            DestinationKeyId=key["KeyId"],
            DestinationEncryptionContext={"a": "b"},
        )
        assert "SourceKeyMaterialId" not in there and "DestinationKeyMaterialId" in there
        back = kms.re_encrypt(
            CiphertextBlob=there["CiphertextBlob"],
            SourceEncryptionContext={"a": "b"},
            DestinationKeyId=pair["KeyId"],
            DestinationEncryptionAlgorithm=oaep,
        )
        assert "SourceKeyMaterialId" in back and "DestinationKeyMaterialId" not in back
        opened = kms.decrypt(
            CiphertextBlob=back["CiphertextBlob"], KeyId=pair["KeyId"], EncryptionAlgorithm=oaep
        )
        assert opened["Plaintext"] == MESSAGE


class TestMacs:
    @pytest.mark.parametrize("spec", MACS)
    def test_both_ways(self, kms, make, spec):
        key = make(spec, "GENERATE_VERIFY_MAC")
        algorithm = f"HMAC_SHA_{spec[5:]}"
        assert key["MacAlgorithms"] == [algorithm]
        assert not {"CurrentKeyMaterialId", "EncryptionAlgorithms"} & set(key)
        arguments = {"KeyId": key["KeyId"], "Message": MESSAGE, "MacAlgorithm": algorithm}
        made = kms.generate_mac(**arguments)
        assert members(made) == {"KeyId", "Mac", "MacAlgorithm"}
        assert len(made["Mac"]) == int(spec[5:]) // 8
        assert kms.generate_mac(**arguments)["Mac"] == made["Mac"]
        verified = kms.verify_mac(Mac=made["Mac"], **arguments)
        assert members(verified) == {"KeyId", "MacAlgorithm", "MacValid"}
        assert verified["MacValid"] is True
        for wrong in (made["Mac"][:-1], made["Mac"] + b"\0", bytes(len(made["Mac"])), b"x"):
            with refused("KMSInvalidMacException", ""):
                kms.verify_mac(Mac=wrong, **arguments)

    def test_the_mac_is_that_of_the_imported_secret(self, kms):
        """HMAC keys are symmetric, so only material from outside shows that the MAC is HMAC."""
        for spec, hash_function in MACS.items():
            secret = bytes(range(int(spec[5:]) // 8))
            key = imported(kms, spec, "GENERATE_VERIFY_MAC", secret)
            algorithm = f"HMAC_SHA_{spec[5:]}"
            made = kms.generate_mac(KeyId=key, Message=MESSAGE, MacAlgorithm=algorithm)["Mac"]
            assert made == hmac.new(secret, MESSAGE, hash_function).digest()

    def test_an_algorithm_of_another_spec(self, kms, make):
        key = make("HMAC_224", "GENERATE_VERIFY_MAC")
        with refused(USAGE, "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224."):
            kms.generate_mac(KeyId=key["KeyId"], Message=b"x", MacAlgorithm="HMAC_SHA_256")


def imported(kms, spec: str, usage: str, material: bytes) -> str:
    """The id of a key with this key material."""
    key = kms.create_key(KeySpec=spec, KeyUsage=usage, Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    parameters = kms.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    kms.import_key_material(
        KeyId=key,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=load_der_public_key(parameters["PublicKey"]).encrypt(material, oaep),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    return key


class TestAgreement:
    @pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"])
    def test_ecdh(self, kms, make, spec):
        key = make(spec, "KEY_AGREEMENT")
        assert key["KeyAgreementAlgorithms"] == ["ECDH"]
        other = ec.generate_private_key(CURVES[spec][0]())
        derived = kms.derive_shared_secret(
            KeyId=key["KeyId"], KeyAgreementAlgorithm="ECDH", PublicKey=spki(other.public_key())
        )
        assert members(derived) == {
            "KeyAgreementAlgorithm", "KeyId", "KeyOrigin", "SharedSecret",
        }
        assert derived["KeyOrigin"] == "AWS_KMS"
        assert derived["SharedSecret"] == other.exchange(ec.ECDH(), public_key(kms, key))

    def test_public_keys_that_are_none(self, kms, make):
        key = make("ECC_NIST_P256", "KEY_AGREEMENT")
        good = spki(ec.generate_private_key(ec.SECP256R1()).public_key())
        off_the_curve = good[:-1] + bytes([good[-1] ^ 1])
        wrong = [
            spki(ec.generate_private_key(ec.SECP384R1()).public_key()),
            spki(ec.generate_private_key(ec.SECP256K1()).public_key()),
            spki(rsa.generate_private_key(65537, 2048).public_key()),
            spki(ed25519.Ed25519PrivateKey.generate().public_key()),
            off_the_curve, good[:-1], good + b"\0", b"\x30", b"no key at all",
        ]
        for public in wrong:
            with refused(VALIDATION, ""):
                kms.derive_shared_secret(
                    KeyId=key["KeyId"], KeyAgreementAlgorithm="ECDH", PublicKey=public
                )

    @pytest.mark.parametrize("spec", ML_KEM)
    def test_ml_kem(self, kms, make, spec):
        key = make(spec, "ENCAPSULATE_DECAPSULATE")
        assert key["EncapsulationAlgorithms"] == ["ML_KEM"]
        arguments = {"KeyId": key["KeyId"], "EncapsulationAlgorithm": "ML_KEM"}
        made = kms.encapsulate(**arguments)
        blob = made["SharedSecretCiphertextBlob"]
        assert members(made) == {
            "EncapsulationAlgorithm", "KeyId", "SharedSecret", "SharedSecretCiphertextBlob",
        }
        assert (len(blob), len(made["SharedSecret"])) == (ML_KEM[spec], 32)
        opened = kms.decapsulate(SharedSecretCiphertextBlob=blob, **arguments)
        assert opened["SharedSecret"] == made["SharedSecret"]
        # An altered encapsulation gives another secret, always the same, and never an error.
        altered = blob[:-1] + bytes([blob[-1] ^ 1])
        once = kms.decapsulate(SharedSecretCiphertextBlob=altered, **arguments)["SharedSecret"]
        again = kms.decapsulate(SharedSecretCiphertextBlob=altered, **arguments)["SharedSecret"]
        assert once == again != made["SharedSecret"]
        for wrong in (blob[:-1], blob + b"\0"):
            with refused("InvalidCiphertextException", ""):
                kms.decapsulate(SharedSecretCiphertextBlob=wrong, **arguments)

    @pytest.mark.parametrize("spec", ["ML_KEM_768", "ML_KEM_1024"])
    def test_ml_kem_with_a_second_library(self, kms, make, key, spec):
        mine = make(spec, "ENCAPSULATE_DECAPSULATE")
        secret, blob = public_key(kms, mine).encapsulate()
        opened = kms.decapsulate(
            KeyId=mine["KeyId"], EncapsulationAlgorithm="ML_KEM", SharedSecretCiphertextBlob=blob
        )
        assert opened["SharedSecret"] == secret
        # The other way round with a pair whose private key leaves.
        pair = kms.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec=spec)
        private = load_der_private_key(pair["PrivateKeyPlaintext"], None)
        secret, blob = load_der_public_key(pair["PublicKey"]).encapsulate()
        assert private.decapsulate(blob) == secret


def spki(public) -> bytes:
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


class TestDataKeyPairs:
    PAIRS = [*RSA, *CURVES, "ECC_NIST_EDWARDS25519", "ML_KEM_768", "ML_KEM_1024"]

    @pytest.mark.parametrize("spec", PAIRS)
    def test_the_pair_is_one(self, kms, key, spec):
        arguments = {"KeyId": key["KeyId"], "EncryptionContext": {"for": "test"}}
        pair = kms.generate_data_key_pair(KeyPairSpec=spec, **arguments)
        assert members(pair) == {
            "KeyId", "KeyMaterialId", "KeyPairSpec", "PrivateKeyCiphertextBlob",
            "PrivateKeyPlaintext", "PublicKey",
        }
        private = load_der_private_key(pair["PrivateKeyPlaintext"], None)
        assert spki(private.public_key()) == pair["PublicKey"]
        opened = kms.decrypt(
            CiphertextBlob=pair["PrivateKeyCiphertextBlob"], EncryptionContext={"for": "test"}
        )
        assert opened["Plaintext"] == pair["PrivateKeyPlaintext"]
        without = kms.generate_data_key_pair_without_plaintext(KeyPairSpec=spec, **arguments)
        assert members(pair) - members(without) == {"PrivateKeyPlaintext"}
        opened = kms.decrypt(
            CiphertextBlob=without["PrivateKeyCiphertextBlob"], EncryptionContext={"for": "test"}
        )
        private = load_der_private_key(opened["Plaintext"], None)
        assert spki(private.public_key()) == without["PublicKey"] != pair["PublicKey"]

    def test_under_what_key(self, kms, make):
        pair = make("RSA_2048", "ENCRYPT_DECRYPT")
        with refused(USAGE, "You cannot generate a data key with an asymmetric CMK"):
            kms.generate_data_key_pair(KeyId=pair["KeyId"], KeyPairSpec="RSA_2048")
        signer = make("ECC_NIST_P256", "SIGN_VERIFY")
        text = f"{signer['Arn']} key usage is SIGN_VERIFY which is not valid for GenerateDataKeyPair."
        with refused(USAGE, text):
            kms.generate_data_key_pair(KeyId=signer["KeyId"], KeyPairSpec="RSA_2048")


class TestMetadata:
    @pytest.mark.parametrize("spec, usage, member", [
        ("RSA_2048", "ENCRYPT_DECRYPT", "EncryptionAlgorithms"),
        ("RSA_2048", "SIGN_VERIFY", "SigningAlgorithms"),
        ("HMAC_256", "GENERATE_VERIFY_MAC", "MacAlgorithms"),
        ("ECC_NIST_P384", "KEY_AGREEMENT", "KeyAgreementAlgorithms"),
        ("ML_KEM_512", "ENCAPSULATE_DECAPSULATE", "EncapsulationAlgorithms"),
    ])
    def test_the_algorithms_of_a_key_and_of_its_replica(self, kms, spec, usage, member):
        made = kms.create_key(KeySpec=spec, KeyUsage=usage, MultiRegion=True)["KeyMetadata"]
        described = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
        replica = kms.replicate_key(KeyId=made["KeyId"], ReplicaRegion="ap-south-1")
        for metadata in (made, described, replica["ReplicaKeyMetadata"]):
            assert metadata[member] == made[member]
            assert [name for name in metadata if name.endswith("Algorithms")] == [member]


class TestPublicKeys:
    def test_members_by_usage(self, kms, make):
        common = {"CustomerMasterKeySpec", "KeyId", "KeySpec", "KeyUsage", "PublicKey"}
        for spec, usage, algorithms in [
            ("RSA_2048", "ENCRYPT_DECRYPT", "EncryptionAlgorithms"),
            ("RSA_2048", "SIGN_VERIFY", "SigningAlgorithms"),
            ("ECC_NIST_P256", "KEY_AGREEMENT", "KeyAgreementAlgorithms"),
            ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE", "EncapsulationAlgorithms"),
        ]:
            key = make(spec, usage)
            answer = kms.get_public_key(KeyId=key["Arn"])
            assert members(answer) == {*common, algorithms}
            assert answer[algorithms] == key[algorithms]
            assert answer["KeyId"] == key["Arn"]
            assert len(spki(load_der_public_key(answer["PublicKey"]))) == len(answer["PublicKey"])

    def test_a_disabled_key_shows_it_and_does_nothing_else(self, kms):
        key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        kms.disable_key(KeyId=key["KeyId"])
        assert kms.get_public_key(KeyId=key["KeyId"])["PublicKey"]
        with refused("DisabledException", f"{key['Arn']} is disabled."):
            kms.sign(KeyId=key["KeyId"], Message=b"x", SigningAlgorithm="ECDSA_SHA_256")

    @pytest.mark.parametrize("spec, usage", [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("HMAC_256", "GENERATE_VERIFY_MAC"),
    ])
    def test_keys_that_have_none(self, kms, make, spec, usage):
        key = make(spec, usage)
        with refused("UnsupportedOperationException", ""):
            kms.get_public_key(KeyId=key["KeyId"])


class TestUsage:
    """AWS's words for a key that is for something else."""

    CASES = [
        ("Sign", {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}),
        ("Verify", {"Message": b"x", "Signature": b"s", "SigningAlgorithm": "ECDSA_SHA_256"}),
        ("GenerateMac", {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}),
        ("VerifyMac", {"Message": b"x", "Mac": b"m", "MacAlgorithm": "HMAC_SHA_256"}),
        ("DeriveSharedSecret", {"KeyAgreementAlgorithm": "ECDH", "PublicKey": b"x"}),
        ("Encapsulate", {"EncapsulationAlgorithm": "ML_KEM"}),
        ("Decapsulate",
         {"EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": b"x"}),
    ]

    @pytest.mark.parametrize("operation, arguments", CASES)
    def test_a_symmetric_key(self, kms, key, operation, arguments):
        method = "".join("_" + c.lower() if c.isupper() else c for c in operation).lstrip("_")
        text = f"{key['Arn']} key usage is ENCRYPT_DECRYPT which is not valid for {operation}."
        with refused(USAGE, text):
            getattr(kms, method)(KeyId=key["KeyId"], **arguments)

    @pytest.mark.parametrize("spec, usage, algorithm", [
        ("RSA_2048", "SIGN_VERIFY", "ECDSA_SHA_256"),
        ("ECC_NIST_P256", "SIGN_VERIFY", "ECDSA_SHA_384"),
        ("ECC_NIST_P256", "SIGN_VERIFY", "RSASSA_PSS_SHA_256"),
        ("ML_DSA_44", "SIGN_VERIFY", "ED25519_SHA_512"),
    ])
    def test_an_algorithm_of_another_spec(self, kms, make, spec, usage, algorithm):
        key = make(spec, usage)
        with refused(USAGE, f"Algorithm {algorithm} is incompatible with key spec {spec}."):
            kms.sign(KeyId=key["KeyId"], Message=b"x", SigningAlgorithm=algorithm)


@pytest.fixture(scope="module")
def chinese(server):
    return server.client(region="cn-north-1", validate=False)


class TestSm2:
    def test_only_in_the_china_regions(self, kms, chinese):
        text = "KeySpec SM2 is not supported in this Region"
        with refused("UnsupportedOperationException", text):
            kms.create_key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")
        key = chinese.create_key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        assert key["SigningAlgorithms"] == ["SM2DSA"]
        assert key["Arn"].startswith("arn:aws-cn:kms:cn-north-1:")

    def test_a_configuration_allows_it_everywhere(self, tmp_path):
        config = tmp_path / "strongroom.toml"
        config.write_text("sm2_everywhere = true\n")
        server = Server(tmp_path / "data", options=["--config", str(config)]).start()
        try:
            key = server.client().create_key(KeySpec="SM2", KeyUsage="ENCRYPT_DECRYPT")
            assert key["KeyMetadata"]["EncryptionAlgorithms"] == ["SM2PKE"]
        finally:
            server.kill()

    def test_openssl_verifies_the_signature(self, chinese, tmp_path):
        key = chinese.create_key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        arguments = {"KeyId": key, "SigningAlgorithm": "SM2DSA"}
        signature = chinese.sign(Message=MESSAGE, **arguments)["Signature"]
        assert chinese.verify(Message=MESSAGE, Signature=signature, **arguments)["SignatureValid"]
        files = {
            "public.der": chinese.get_public_key(KeyId=key)["PublicKey"],
            "message": MESSAGE,
            "signature": signature,
        }
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        openssl(
            tmp_path, "pkeyutl", "-verify", "-pubin", "-inkey", "public.der", "-keyform", "DER",
            "-rawin", "-in", "message", "-sigfile", "signature", "-digest", "sm3",
            "-pkeyopt", "distid:1234567812345678",
        )

    def test_openssl_encrypts_and_decrypts(self, chinese, key, tmp_path):
        mine = chinese.create_key(KeySpec="SM2", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]
        public = chinese.get_public_key(KeyId=mine["KeyId"])["PublicKey"]
        (tmp_path / "public.der").write_bytes(public)
        (tmp_path / "plain").write_bytes(MESSAGE)
        openssl(
            tmp_path, "pkeyutl", "-encrypt", "-pubin", "-inkey", "public.der", "-keyform", "DER",
            "-in", "plain", "-out", "sealed",
        )
        arguments = {"KeyId": mine["KeyId"], "EncryptionAlgorithm": "SM2PKE"}
        sealed = (tmp_path / "sealed").read_bytes()
        assert chinese.decrypt(CiphertextBlob=sealed, **arguments)["Plaintext"] == MESSAGE
        own = chinese.create_key()["KeyMetadata"]["KeyId"]
        pair = chinese.generate_data_key_pair(KeyId=own, KeyPairSpec="SM2")
        (tmp_path / "private.der").write_bytes(pair["PrivateKeyPlaintext"])
        (tmp_path / "public.der").write_bytes(pair["PublicKey"])
        made = openssl(
            tmp_path, "pkey", "-in", "private.der", "-inform", "DER", "-pubout", "-outform", "DER"
        )
        assert made == pair["PublicKey"]

    def test_agreement(self, chinese):
        keys = [
            chinese.create_key(KeySpec="SM2", KeyUsage="KEY_AGREEMENT")["KeyMetadata"]["KeyId"]
            for _ in range(2)
        ]
        publics = [chinese.get_public_key(KeyId=key)["PublicKey"] for key in keys]
        one, other = (
            chinese.derive_shared_secret(
                KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=public
            )["SharedSecret"]
            for key, public in zip(keys, reversed(publics))
        )
        assert one == other and len(one) == 32


def openssl(directory, *arguments: str) -> bytes:
    done = subprocess.run(
        ["openssl", *arguments], cwd=directory, capture_output=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestDryRun:
    """It says what the request would have ended in, for every operation that has it."""

    TEXT = "The request would have succeeded, but the DryRun option is set."

    def test_verify_tells_a_bad_signature(self, kms, make):
        key = make("ECC_NIST_P256", "SIGN_VERIFY")
        arguments = {"KeyId": key["KeyId"], "Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256"}
        with refused("DryRunOperationException", self.TEXT):
            kms.sign(DryRun=True, **arguments)
        signature = kms.sign(**arguments)["Signature"]
        with refused("DryRunOperationException", self.TEXT):
            kms.verify(DryRun=True, Signature=signature, **arguments)
        with refused(INVALID_SIGNATURE, ""):
            kms.verify(DryRun=True, Signature=signature[:-1], **arguments)
