"""Imported key material: wrapped by `cryptography` (OpenSSL) as AWS's guide says, used, expired, deleted
and brought again; and keys that the operator makes of given material.
"""

import hashlib
import hmac
import json
import os
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from expect import INVALID_STATE, NOT_FOUND, VALIDATION, members, refused
from server import BINARY, OTHER_REGION, Server

DIRECT = {"RSAES_OAEP_SHA_1": hashes.SHA1, "RSAES_OAEP_SHA_256": hashes.SHA256}
BY_AES = {"RSA_AES_KEY_WRAP_SHA_1": hashes.SHA1, "RSA_AES_KEY_WRAP_SHA_256": hashes.SHA256}
WRAPPING_KEYS = ["RSA_2048", "RSA_3072", "RSA_4096"]
MACS = {"HMAC_224": (28, "sha224"), "HMAC_256": (32, "sha256"), "HMAC_384": (48, "sha384"), "HMAC_512": (64, "sha512")}
CURVES = {
    "ECC_NIST_P256": (ec.SECP256R1, hashes.SHA256, "ECDSA_SHA_256"),
    "ECC_NIST_P384": (ec.SECP384R1, hashes.SHA384, "ECDSA_SHA_384"),
    "ECC_NIST_P521": (ec.SECP521R1, hashes.SHA512, "ECDSA_SHA_512"),
    "ECC_SECG_P256K1": (ec.SECP256K1, hashes.SHA256, "ECDSA_SHA_256"),
}
FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
INCORRECT = "IncorrectKeyMaterialException"
UNSUPPORTED = "UnsupportedOperationException"
MESSAGE = b"attack at dawn"


def pkcs8(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def wrap(public_key: bytes, algorithm: str, material: bytes) -> bytes:
    hash_class = (DIRECT | BY_AES)[algorithm]
    oaep = padding.OAEP(padding.MGF1(hash_class()), hash_class(), None)
    public = load_der_public_key(public_key)
    if algorithm in DIRECT:
        return public.encrypt(material, oaep)
    kek = os.urandom(32)
    return public.encrypt(kek, oaep) + keywrap.aes_key_wrap_with_padding(kek, material)


def brought(kms, key: str, material: bytes, algorithm="RSAES_OAEP_SHA_256", wrapping_key="RSA_2048"):
    """The members of an ImportKeyMaterial request that carry the material."""
    parameters = kms.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec=wrapping_key
    )
    wrapped = wrap(parameters["PublicKey"], algorithm, material)
    return {"ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": wrapped}


def bring(kms, key: str, material: bytes, how: tuple = (), **arguments):
    """Imports material, for good unless told otherwise."""
    arguments = arguments if "ValidTo" in arguments else {**FOREVER, **arguments}
    return kms.import_key_material(KeyId=key, **brought(kms, key, material, *how), **arguments)


def external(kms, **arguments) -> dict:
    return kms.create_key(Origin="EXTERNAL", **arguments)["KeyMetadata"]


def describe(kms, key: str) -> dict:
    return kms.describe_key(KeyId=key)["KeyMetadata"]


@pytest.fixture
def empty(kms) -> str:
    """A symmetric key without material."""
    return external(kms)["KeyId"]


def ways(rsa_key=False, symmetric=False, long=False) -> list:
    """Each way to wrap: algorithm and wrapping key."""
    direct = [] if rsa_key else [(name, "RSA_3072" if long else "RSA_2048") for name in DIRECT]
    return direct + ([] if symmetric else [(name, "RSA_2048") for name in BY_AES])


class TestRoundTrips:
    """What was brought is what works, in whatever way it was wrapped."""

    @pytest.mark.parametrize("wrapping_key", WRAPPING_KEYS)
    @pytest.mark.parametrize("algorithm", list(DIRECT | BY_AES))
    def test_every_wrapping_key(self, kms, algorithm, wrapping_key):
        private = ec.generate_private_key(ec.SECP256R1())
        key = external(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyId"]
        bring(kms, key, pkcs8(private), (algorithm, wrapping_key))
        self.signs_for(kms, key, private, "ECC_NIST_P256")

    def test_symmetric(self, kms, empty):
        material, blob = os.urandom(32), None
        for way in ways(symmetric=True):
            identity = bring(kms, empty, material, way)["KeyMaterialId"]
            assert describe(kms, empty)["CurrentKeyMaterialId"] == identity
            blob = blob or kms.encrypt(KeyId=empty, Plaintext=MESSAGE)["CiphertextBlob"]
            opened = kms.decrypt(CiphertextBlob=blob)
            assert (opened["Plaintext"], opened["KeyMaterialId"]) == (MESSAGE, identity)
            kms.delete_imported_key_material(KeyId=empty)

    @pytest.mark.parametrize("spec", MACS)
    def test_hmac(self, kms, spec):
        least, name = MACS[spec]
        for length in (least, 128):
            key = external(kms, KeySpec=spec, KeyUsage="GENERATE_VERIFY_MAC")["KeyId"]
            material = os.urandom(length)
            for way in ways(symmetric=True):
                bring(kms, key, material, way)
            algorithm = f"HMAC_SHA_{spec[-3:]}"
            mac = kms.generate_mac(KeyId=key, Message=MESSAGE, MacAlgorithm=algorithm)["Mac"]
            assert mac == hmac.digest(material, MESSAGE, name)

    @pytest.mark.parametrize("spec", CURVES)
    def test_curves(self, kms, spec):
        private = ec.generate_private_key(CURVES[spec][0]())
        key = external(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyId"]
        for way in ways(long=spec == "ECC_NIST_P521"):
            bring(kms, key, pkcs8(private), way)
        self.signs_for(kms, key, private, spec)

    def signs_for(self, kms, key, private, spec):
        _, hash_class, algorithm = CURVES[spec]
        signed = kms.sign(KeyId=key, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]
        private.public_key().verify(signed, MESSAGE, ec.ECDSA(hash_class()))
        public = kms.get_public_key(KeyId=key)["PublicKey"]
        assert load_der_public_key(public) == private.public_key()

    def test_edwards(self, kms):
        private = ed25519.Ed25519PrivateKey.generate()
        key = external(kms, KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")["KeyId"]
        for way in ways():
            bring(kms, key, pkcs8(private), way)
        signed = kms.sign(KeyId=key, Message=MESSAGE, SigningAlgorithm="ED25519_SHA_512")
        private.public_key().verify(signed["Signature"], MESSAGE)

    @pytest.mark.parametrize("bits", [2048, 3072, 4096])
    def test_rsa(self, kms, bits):
        private = rsa.generate_private_key(65537, bits)
        key = external(kms, KeySpec=f"RSA_{bits}", KeyUsage="ENCRYPT_DECRYPT")["KeyId"]
        for way in ways(rsa_key=True):
            bring(kms, key, pkcs8(private), way)
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        opened = kms.decrypt(
            KeyId=key,
            CiphertextBlob=private.public_key().encrypt(MESSAGE, oaep),
            EncryptionAlgorithm="RSAES_OAEP_SHA_256",
        )
        assert opened["Plaintext"] == MESSAGE

    def test_agreement(self, kms):
        private = ec.generate_private_key(ec.SECP384R1())
        key = external(kms, KeySpec="ECC_NIST_P384", KeyUsage="KEY_AGREEMENT")["KeyId"]
        bring(kms, key, pkcs8(private))
        peer = ec.generate_private_key(ec.SECP384R1())
        public = peer.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        agreed = kms.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=public)
        assert agreed["SharedSecret"] == private.exchange(ec.ECDH(), peer.public_key())
        assert agreed["KeyOrigin"] == "EXTERNAL"

    def test_sm2(self, server, tmp_path):
        """In the China Regions an SM2 key wraps; openssl does the wrapping."""
        chinese = server.client(region="cn-north-1", validate=False)
        key = external(chinese)["KeyId"]
        material = os.urandom(32)
        ids = set()
        for way in [("SM2PKE", "SM2"), ("RSAES_OAEP_SHA_256", "RSA_2048")]:
            if way[0] != "SM2PKE":
                ids.add(bring(chinese, key, material, way)["KeyMaterialId"])
                continue
            parameters = chinese.get_parameters_for_import(
                KeyId=key, WrappingAlgorithm="SM2PKE", WrappingKeySpec="SM2"
            )
            (tmp_path / "public.der").write_bytes(parameters["PublicKey"])
            (tmp_path / "material").write_bytes(material)
            command = ["openssl", "pkeyutl", "-encrypt", "-pubin", "-inkey", "public.der", "-keyform", "DER"]
            command += ["-in", "material", "-out", "wrapped"]
            subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
            wrapped = (tmp_path / "wrapped").read_bytes()
            imported = chinese.import_key_material(
                KeyId=key, ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=wrapped, **FOREVER
            )
            ids.add(imported["KeyMaterialId"])
        assert len(ids) == 1


class TestParameters:
    def test_answer(self, kms, empty):
        before = datetime.now(timezone.utc)
        answer = kms.get_parameters_for_import(
            KeyId=empty, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_4096"
        )
        assert members(answer) == {"KeyId", "ImportToken", "PublicKey", "ParametersValidTo"}
        assert answer["KeyId"] == describe(kms, empty)["Arn"]
        assert load_der_public_key(answer["PublicKey"]).key_size == 4096
        assert len(answer["ImportToken"]) <= 6144
        day = timedelta(hours=24)
        assert before + day - timedelta(seconds=1) <= answer["ParametersValidTo"]
        assert answer["ParametersValidTo"] <= datetime.now(timezone.utc) + day

    @pytest.mark.parametrize(
        "spec, usage, algorithm, wrapping_key",
        [
            ("RSA_2048", "SIGN_VERIFY", "RSAES_OAEP_SHA_256", "RSA_4096"),
            ("ECC_NIST_P521", "SIGN_VERIFY", "RSAES_OAEP_SHA_1", "RSA_2048"),
            ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "RSA_AES_KEY_WRAP_SHA_256", "RSA_3072"),
            ("HMAC_512", "GENERATE_VERIFY_MAC", "RSA_AES_KEY_WRAP_SHA_1", "RSA_2048"),
            ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "SM2PKE", "RSA_2048"),
            ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "RSAES_OAEP_SHA_1", "SM2"),
        ],
    )
    def test_what_does_not_go_together(self, kms, spec, usage, algorithm, wrapping_key):
        key = external(kms, KeySpec=spec, KeyUsage=usage)["KeyId"]
        text = f"Wrapping algorithm {algorithm} and wrapping key spec {wrapping_key} cannot be used to import a {spec} key."
        with refused(VALIDATION, text):
            kms.get_parameters_for_import(
                KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec=wrapping_key
            )

    def test_what_is_not_supported(self, kms, empty):
        for algorithm, wrapping_key in [("RSAES_PKCS1_V1_5", "RSA_2048"), ("SM2PKE", "SM2")]:
            with refused(UNSUPPORTED):
                kms.get_parameters_for_import(
                    KeyId=empty, WrappingAlgorithm=algorithm, WrappingKeySpec=wrapping_key
                )

    def test_keys_of_other_origin(self, kms, key):
        text = f"{key['Arn']} origin is AWS_KMS which is not valid for this operation."
        with refused(UNSUPPORTED, text):
            kms.get_parameters_for_import(
                KeyId=key["KeyId"], WrappingAlgorithm="RSAES_OAEP_SHA_1", WrappingKeySpec="RSA_2048"
            )
        with refused(UNSUPPORTED, text):
            kms.import_key_material(
                KeyId=key["KeyId"], ImportToken=b"x", EncryptedKeyMaterial=b"x", **FOREVER
            )
        with refused(UNSUPPORTED, text):
            kms.delete_imported_key_material(KeyId=key["KeyId"])


class TestTokens:
    def test_of_another_key(self, kms, empty):
        parts = brought(kms, empty, bytes(32))
        other = external(kms)["KeyId"]
        with refused("InvalidImportTokenException"):
            kms.import_key_material(KeyId=other, **parts, **FOREVER)

    def test_altered(self, kms, empty):
        parts = brought(kms, empty, bytes(32))
        token = bytearray(parts["ImportToken"])
        token[len(token) // 2] ^= 1
        for wrong in (bytes(token), token[:-1], b"x", os.urandom(6144)):
            with refused("InvalidImportTokenException"):
                kms.import_key_material(KeyId=empty, **(parts | {"ImportToken": wrong}), **FOREVER)

    def test_of_another_region(self, kms, kms_elsewhere):
        parts = brought(kms, external(kms)["KeyId"], bytes(32))
        there = external(kms_elsewhere)["KeyId"]
        with refused("InvalidImportTokenException"):
            kms_elsewhere.import_key_material(KeyId=there, **parts, **FOREVER)

    def test_wrapped_under_another_key(self, kms, empty):
        parts, others = (brought(kms, empty, bytes(32)) for _ in range(2))
        with refused("InvalidCiphertextException", ""):
            kms.import_key_material(
                KeyId=empty,
                ImportToken=parts["ImportToken"],
                EncryptedKeyMaterial=others["EncryptedKeyMaterial"],
                **FOREVER,
            )

    def test_may_be_used_again(self, kms, empty):
        parts = brought(kms, empty, bytes(32))
        # A refusal does not use it up either.
        with refused(VALIDATION, "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"):
            kms.import_key_material(KeyId=empty, **parts)
        for _ in range(2):
            kms.import_key_material(KeyId=empty, **parts, **FOREVER)
            kms.delete_imported_key_material(KeyId=empty)


class TestMaterial:
    @pytest.mark.parametrize("length", [16, 31, 33, 48])
    def test_of_another_length(self, kms, empty, length):
        with refused(INCORRECT):
            bring(kms, empty, bytes(length))
        assert describe(kms, empty)["KeyState"] == "PendingImport"

    def test_of_nothing(self, kms, empty):
        with refused("InvalidCiphertextException"):
            bring(kms, empty, b"")

    def test_of_another_kind(self, kms):
        key = external(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyId"]
        other_curve = ec.generate_private_key(ec.SECP256K1())
        for wrong in (bytes(32), pkcs8(other_curve), pkcs8(ed25519.Ed25519PrivateKey.generate())):
            with refused(INCORRECT):
                bring(kms, key, wrong)

    def test_stays_that_of_the_key(self, kms, empty):
        first = bring(kms, empty, bytes(32))
        assert members(first) == {"KeyId", "KeyMaterialId"}
        kms.delete_imported_key_material(KeyId=empty)
        with refused(INCORRECT):
            bring(kms, empty, bytes(31) + b"1")
        assert bring(kms, empty, bytes(32))["KeyMaterialId"] == first["KeyMaterialId"]

    def test_of_a_pair_stays_whatever_its_envelope(self, kms):
        """The public key inside PKCS#8 may be left out; the key is the same."""
        private = ec.generate_private_key(ec.SECP256R1())
        key = external(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyId"]
        whole = pkcs8(private)
        answer = bring(kms, key, whole)
        assert members(answer) == {"KeyId"}, "only symmetric keys tell"
        # The last 70 bytes, and the lengths of what they were in.
        bare = b"\x30\x41" + whole[3:27] + b"\x04\x27\x30\x25" + whole[31:-70]
        bring(kms, key, bare)
        with refused(INCORRECT):
            bring(kms, key, pkcs8(ec.generate_private_key(ec.SECP256R1())))

    def test_new_material_waits(self, kms, empty):
        arn = describe(kms, empty)["Arn"]
        first = bring(kms, empty, bytes(32), ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
        second = bring(
            kms, empty, bytes(31) + b"2", ImportType="NEW_KEY_MATERIAL", KeyMaterialDescription="next"
        )["KeyMaterialId"]
        assert describe(kms, empty)["CurrentKeyMaterialId"] == first
        with refused(INVALID_STATE) as caught:
            bring(kms, empty, bytes(31) + b"3", ImportType="NEW_KEY_MATERIAL")
        text = caught.value.response["Error"]["Message"]
        new = text.removeprefix("New key material (id: ")[:64]
        assert text == (
            f"New key material (id: {new}) cannot be imported into KMS key {arn}, because another key "
            f"material (id: {second}) is pending rotation."
        )
        deleted = kms.delete_imported_key_material(KeyId=empty, KeyMaterialId=second)
        assert deleted["KeyMaterialId"] == second
        assert describe(kms, empty)["KeyState"] == "Enabled"
        with refused(NOT_FOUND):
            kms.delete_imported_key_material(KeyId=empty, KeyMaterialId=second)

    def test_new_material_is_rotated_in(self, kms, empty):
        first = bring(kms, empty, bytes(32))["KeyMaterialId"]
        old = kms.encrypt(KeyId=empty, Plaintext=MESSAGE)["CiphertextBlob"]
        second = bring(
            kms, empty, bytes(31) + b"2", ImportType="NEW_KEY_MATERIAL", KeyMaterialDescription="next"
        )["KeyMaterialId"]
        kms.rotate_key_on_demand(KeyId=empty)
        assert describe(kms, empty)["CurrentKeyMaterialId"] == second
        new = kms.encrypt(KeyId=empty, Plaintext=MESSAGE)["CiphertextBlob"]
        # Each is needed for what it encrypted, so without either the key waits.
        for blob, identity, material in ((old, first, bytes(32)), (new, second, bytes(31) + b"2")):
            assert kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == identity
            kms.delete_imported_key_material(KeyId=empty, KeyMaterialId=identity)
            assert describe(kms, empty)["KeyState"] == "PendingImport"
            bring(kms, empty, material)
        listed = kms.list_key_rotations(KeyId=empty, IncludeKeyMaterial="ALL_KEY_MATERIAL")
        states = {entry["KeyMaterialId"]: entry for entry in listed["Rotations"]}
        assert states[first]["KeyMaterialState"] == "NON_CURRENT"
        assert states[second]["KeyMaterialState"] == "CURRENT"
        assert states[second]["KeyMaterialDescription"] == "next"
        assert {entry["ImportState"] for entry in states.values()} == {"IMPORTED"}

    def test_named(self, kms, empty):
        identity = bring(kms, empty, bytes(32))["KeyMaterialId"]
        bring(kms, empty, bytes(32), KeyMaterialId=identity)
        with refused(INCORRECT):
            bring(kms, empty, bytes(32), KeyMaterialId="0" * 64)
        with refused(VALIDATION):
            bring(kms, empty, bytes(32), KeyMaterialId=identity, ImportType="NEW_KEY_MATERIAL")


class TestFamilies:
    """The keys of a multi-Region key are imported one by one, and rotated together."""

    @pytest.fixture
    def family(self, kms, kms_elsewhere) -> str:
        """A primary key, and a replica that lacks the material: the id of both."""
        key = external(kms, MultiRegion=True)["KeyId"]
        bring(kms, key, bytes(32))
        kms.replicate_key(KeyId=key, ReplicaRegion=OTHER_REGION)
        deadline = time.monotonic() + 10
        while describe(kms_elsewhere, key)["KeyState"] == "Creating":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert describe(kms_elsewhere, key)["KeyState"] == "PendingImport"
        return key

    def test_a_replica_takes_the_same_material(self, kms, kms_elsewhere, family):
        with refused(INCORRECT):
            bring(kms_elsewhere, family, bytes(31) + b"1")
        imported = bring(kms_elsewhere, family, bytes(32))["KeyMaterialId"]
        assert describe(kms, family)["CurrentKeyMaterialId"] == imported
        blob = kms.encrypt(KeyId=family, Plaintext=MESSAGE)["CiphertextBlob"]
        assert kms_elsewhere.decrypt(CiphertextBlob=blob)["Plaintext"] == MESSAGE

    def test_new_material_waits_for_the_replica(self, kms, kms_elsewhere, family):
        bring(kms_elsewhere, family, bytes(32))
        new = bytes(31) + b"2"
        identity = bring(kms, family, new, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]

        def waits_for(client) -> str:
            listed = client.list_key_rotations(KeyId=family, IncludeKeyMaterial="ALL_KEY_MATERIAL")
            entries = {entry["KeyMaterialId"]: entry for entry in listed["Rotations"]}
            return entries[identity]["KeyMaterialState"]

        assert waits_for(kms) == "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
        with refused(INVALID_STATE):
            kms.rotate_key_on_demand(KeyId=family)
        with refused(UNSUPPORTED):
            bring(kms_elsewhere, family, bytes(31) + b"3", ImportType="NEW_KEY_MATERIAL")
        bring(kms_elsewhere, family, new)
        assert waits_for(kms) == waits_for(kms_elsewhere) == "PENDING_ROTATION"
        kms.rotate_key_on_demand(KeyId=family)
        for client in (kms, kms_elsewhere):
            assert describe(client, family)["CurrentKeyMaterialId"] == identity


class TestDeletion:
    def test_takes_the_material_and_leaves_the_key(self, kms, empty):
        imported = bring(kms, empty, bytes(32))
        blob = kms.encrypt(KeyId=empty, Plaintext=MESSAGE)["CiphertextBlob"]
        deleted = kms.delete_imported_key_material(KeyId=empty)
        assert {name: deleted[name] for name in members(deleted)} == {
            name: imported[name] for name in members(imported)
        }
        after = describe(kms, empty)
        assert (after["KeyState"], after["Enabled"]) == ("PendingImport", False)
        assert after["CurrentKeyMaterialId"] == imported["KeyMaterialId"]
        assert "ExpirationModel" not in after
        with refused(INVALID_STATE, f"{after['Arn']} is pending import."):
            kms.decrypt(CiphertextBlob=blob)
        kms.delete_imported_key_material(KeyId=empty)
        bring(kms, empty, bytes(32))
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == MESSAGE

    def test_of_what_never_was(self, kms, empty):
        assert members(kms.delete_imported_key_material(KeyId=empty)) == {"KeyId"}

    def test_of_a_key_that_is_to_be_deleted(self, kms, empty):
        bring(kms, empty, bytes(32))
        kms.schedule_key_deletion(KeyId=empty, PendingWindowInDays=7)
        kms.delete_imported_key_material(KeyId=empty)
        assert describe(kms, empty)["KeyState"] == "PendingDeletion"
        with refused(INVALID_STATE):
            kms.get_parameters_for_import(
                KeyId=empty, WrappingAlgorithm="RSAES_OAEP_SHA_1", WrappingKeySpec="RSA_2048"
            )
        kms.cancel_key_deletion(KeyId=empty)
        assert describe(kms, empty)["KeyState"] == "PendingImport"


@pytest.fixture(scope="module")
def clocked(tmp_path_factory):
    """A server whose clock can be set forward."""
    one = Server(tmp_path_factory.mktemp("clocked") / "data", options=["--dev-clock"]).start()
    yield one
    one.kill()


class TestTime:
    def advance(self, server: Server, by: str):
        command = [BINARY, "clock", "advance", by, "--data", server.data]
        subprocess.run(command, check=True, capture_output=True)

    def now(self, server: Server) -> datetime:
        """The server's time, by what it creates."""
        return server.client().create_key()["KeyMetadata"]["CreationDate"]

    def test_material_expires(self, clocked):
        kms = clocked.client()
        key = external(kms)["KeyId"]
        valid_to = (self.now(clocked) + timedelta(days=3)).replace(microsecond=0)
        bring(kms, key, bytes(32), ValidTo=valid_to)
        before = describe(kms, key)
        assert (before["ExpirationModel"], before["ValidTo"]) == ("KEY_MATERIAL_EXPIRES", valid_to)
        blob = kms.encrypt(KeyId=key, Plaintext=MESSAGE)["CiphertextBlob"]
        self.advance(clocked, "2d")
        clocked.restart()
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == MESSAGE

        self.advance(clocked, "1d1h")
        for _ in range(2):
            after = describe(kms, key)
            assert after["KeyState"] == "PendingImport"
            assert "ValidTo" not in after and "ExpirationModel" not in after
            with refused(INVALID_STATE, f"{after['Arn']} is pending import."):
                kms.decrypt(CiphertextBlob=blob)
            clocked.restart()
        with refused(INCORRECT):
            bring(kms, key, bytes(31) + b"1")
        bring(kms, key, bytes(32))
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == MESSAGE

        expired = [e for e in clocked.events() if e["eventName"] == "DeleteExpiredKeyMaterial"]
        assert [event["eventType"] for event in expired] == ["AwsServiceEvent"]

    def test_valid_to_has_bounds(self, clocked):
        kms = clocked.client()
        key, now = external(kms)["KeyId"], self.now(clocked)
        with refused(VALIDATION, "ValidTo must be in the future"):
            bring(kms, key, bytes(32), ValidTo=now - timedelta(seconds=1))
        with refused(VALIDATION):
            bring(kms, key, bytes(32), ValidTo=now + timedelta(days=366))
        bring(kms, key, bytes(32), ValidTo=now + timedelta(days=364))
        with refused(VALIDATION):
            kms.import_key_material(
                KeyId=key,
                **brought(kms, key, bytes(32)),
                ValidTo=now + timedelta(days=1),
                **FOREVER,
            )

    def test_tokens_are_good_for_a_day(self, clocked):
        kms = clocked.client()
        key = external(kms)["KeyId"]
        parts = brought(kms, key, bytes(32))
        self.advance(clocked, "23h")
        kms.import_key_material(KeyId=key, **parts, **FOREVER)
        clocked.restart()
        kms.import_key_material(KeyId=key, **parts, **FOREVER)
        self.advance(clocked, "1h")
        with refused("ExpiredImportTokenException"):
            kms.import_key_material(KeyId=key, **parts, **FOREVER)


KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


class TestSeeds:
    """`strongroom key import-material`."""

    def seed(self, data, material: bytes, *arguments, check=True):
        command = [BINARY, "key", "import-material", "--data", data, "--material", "-", *arguments]
        return subprocess.run(command, input=material, check=check, capture_output=True)

    def test_a_key_of_the_same_material_in_every_installation(self, tmp_path):
        blob = None
        for name in ("one", "other"):
            server = Server(tmp_path / name)
            arguments = ("--key-id", KEY, "--alias", "alias/seeded", "--region", "eu-west-2")
            told = self.seed(server.data, b"hex:" + b"07" * 32 + b"\n", *arguments)
            assert KEY in told.stdout.decode()
            server.start()
            kms = server.client()
            blob = blob or kms.encrypt(KeyId="alias/seeded", Plaintext=MESSAGE)["CiphertextBlob"]
            assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == MESSAGE
            assert describe(kms, KEY)["Origin"] == "EXTERNAL"
            server.kill()

    def test_the_same_again_and_another(self, own_server):
        own_server.client().create_key()
        with pytest.raises(subprocess.CalledProcessError) as refusal:
            self.seed(own_server.data, bytes(32), "--key-id", KEY)
        assert b"in use" in refusal.value.stderr
        own_server.terminate()
        self.seed(own_server.data, bytes(32), "--key-id", KEY)
        again = self.seed(own_server.data, b"base64:" + b"A" * 43 + b"=", "--key-id", KEY)
        assert b"nothing was changed" in again.stdout
        other = self.seed(own_server.data, b"1" * 32, "--key-id", KEY, check=False)
        assert other.returncode == 1 and b"key material" in other.stderr
        own_server.start()
        kms = own_server.client(region="us-east-1")
        assert describe(kms, KEY)["KeyState"] == "Enabled"
        # The key is like any other that was imported.
        bring(kms, KEY, bytes(32))

    def test_pairs_and_macs(self, own_server):
        own_server.terminate()
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        pair = "mrk-" + "7" * 32
        curve = ("--spec", "ECC_NIST_P256")
        without = self.seed(own_server.data, pem, "--key-id", pair, *curve, check=False)
        assert b"--usage" in without.stderr
        self.seed(own_server.data, pem, "--key-id", pair, *curve, "--usage", "SIGN_VERIFY")
        der = self.seed(own_server.data, pkcs8(private), "--key-id", pair, *curve, "--usage", "SIGN_VERIFY")
        assert b"nothing was changed" in der.stdout
        traditional = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        sec1 = self.seed(
            own_server.data, traditional, "--key-id", pair, *curve, "--usage", "SIGN_VERIFY", check=False
        )
        assert b"pkcs8 -topk8" in sec1.stderr
        self.seed(own_server.data, b"m" * 40, "--key-id", KEY, "--spec", "HMAC_256")
        own_server.start()
        kms = own_server.client(region="us-east-1")
        signed = kms.sign(KeyId=pair, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
        private.public_key().verify(signed, MESSAGE, ec.ECDSA(hashes.SHA256()))
        assert describe(kms, pair)["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
        mac = kms.generate_mac(KeyId=KEY, Message=MESSAGE, MacAlgorithm="HMAC_SHA_256")["Mac"]
        assert mac == hmac.digest(b"m" * 40, MESSAGE, hashlib.sha256)

    @pytest.mark.parametrize(
        "arguments, material",
        [
            (("--key-id", "nonsense"), bytes(32)),
            (("--key-id", KEY), bytes(31)),
            (("--key-id", KEY), bytes(20_000)),
            (("--key-id", KEY), b"hex:zz"),
            (("--key-id", KEY, "--spec", "AES_256"), bytes(32)),
            (("--key-id", KEY, "--spec", "ML_DSA_44"), bytes(32)),
            (("--key-id", KEY, "--usage", "SIGN_VERIFY"), bytes(32)),
            (("--key-id", KEY, "--alias", "nonsense"), bytes(32)),
            (("--key-id", KEY, "--alias", "alias/aws/s3"), bytes(32)),
            (("--key-id", KEY, "--account", "999999999999"), bytes(32)),
            (("--key-id", KEY, "--region", "no region"), bytes(32)),
        ],
    )
    def test_what_is_no_key_is_refused(self, tmp_path, arguments, material):
        done = self.seed(tmp_path / "data", material, *arguments, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(b"strongroom: ") and b"panicked" not in done.stderr

    def test_a_clock_for_tests(self, tmp_path):
        server = Server(tmp_path / "data", options=["--dev-clock"])
        self.seed(server.data, bytes(32), "--key-id", KEY, "--dev-clock")
        server.start()
        server.kill()
