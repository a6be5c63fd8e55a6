"""Rotation, by schedule and on demand, as boto3 sees it."""

import datetime
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from expect import VALIDATION, invalid, members, refused
from server import BINARY, Server

UNSUPPORTED = "UnsupportedOperationException"


@pytest.fixture(scope="module")
def ahead(tmp_path_factory):
    """A server whose clock can be set forward."""
    one = Server(tmp_path_factory.mktemp("ahead") / "data", options=["--dev-clock"]).start()
    yield one
    one.kill()


def advance(server, by: str):
    command = [BINARY, "clock", "advance", by, "--data", server.data]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


class TestStatus:
    def test_never_enabled(self, kms, key):
        status = kms.get_key_rotation_status(KeyId=key["KeyId"])
        assert members(status) == {"KeyId", "KeyRotationEnabled"}
        assert status["KeyRotationEnabled"] is False

    def test_enabled_and_disabled(self, kms, key):
        kms.enable_key_rotation(KeyId=key["KeyId"])
        status = kms.get_key_rotation_status(KeyId=key["Arn"])
        assert members(status) == {
            "KeyId", "KeyRotationEnabled", "NextRotationDate", "RotationPeriodInDays",
        }
        assert status["RotationPeriodInDays"] == 365
        in_a_year = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=365)
        assert abs(status["NextRotationDate"] - in_a_year) < datetime.timedelta(minutes=5)
        kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=2560)
        status = kms.get_key_rotation_status(KeyId=key["KeyId"])
        assert status["RotationPeriodInDays"] == 2560
        kms.disable_key_rotation(KeyId=key["KeyId"])
        status = kms.get_key_rotation_status(KeyId=key["KeyId"])
        assert members(status) == {"KeyId", "KeyRotationEnabled"}

    @pytest.mark.parametrize("days, bound, rule", [(89, 90, "greater"), (2561, 2560, "less")])
    def test_the_period_has_bounds(self, kms, key, days, bound, rule):
        text = invalid(
            "rotationPeriodInDays", f"Member must have value {rule} than or equal to {bound}",
            str(days),
        )
        with refused(VALIDATION, text):
            kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=days)


class TestKeysThatAreNotRotated:
    @pytest.mark.parametrize("spec, usage", [
        ("RSA_2048", "SIGN_VERIFY"), ("HMAC_256", "GENERATE_VERIFY_MAC"),
    ])
    def test_by_spec(self, kms, spec, usage):
        key = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
        for call in (
            kms.enable_key_rotation, kms.disable_key_rotation, kms.get_key_rotation_status,
            kms.rotate_key_on_demand, kms.list_key_rotations,
        ):
            with refused(UNSUPPORTED, ""):
                call(KeyId=key["KeyId"])
        # The state has the word before the spec.
        kms.disable_key(KeyId=key["KeyId"])
        with refused("DisabledException", f"{key['Arn']} is disabled."):
            kms.rotate_key_on_demand(KeyId=key["KeyId"])

    def test_imported(self, kms):
        key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]
        text = f"{key['Arn']} origin is EXTERNAL which is not valid for this operation."
        for call in (kms.enable_key_rotation, kms.disable_key_rotation):
            with refused(UNSUPPORTED, text):
                call(KeyId=key["KeyId"])
        assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False
        with refused("KMSInvalidStateException", f"{key['Arn']} is pending import."):
            kms.rotate_key_on_demand(KeyId=key["KeyId"])

    def test_disabled(self, kms, key):
        kms.disable_key(KeyId=key["KeyId"])
        for call in (
            kms.enable_key_rotation, kms.disable_key_rotation, kms.rotate_key_on_demand,
        ):
            with refused("DisabledException", f"{key['Arn']} is disabled."):
                call(KeyId=key["KeyId"])


class TestOnDemand:
    def test_new_material_encrypts_and_old_decrypts(self, kms, key):
        before = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"old")["CiphertextBlob"]
        answer = kms.rotate_key_on_demand(KeyId=key["KeyId"])
        assert members(answer) == {"KeyId"} and answer["KeyId"] == key["Arn"]
        metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        assert metadata["CurrentKeyMaterialId"] != key["CurrentKeyMaterialId"]
        after = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"new")["CiphertextBlob"]
        for blob, plaintext, material in (
            (before, b"old", key["CurrentKeyMaterialId"]),
            (after, b"new", metadata["CurrentKeyMaterialId"]),
        ):
            opened = kms.decrypt(CiphertextBlob=blob)
            assert (opened["Plaintext"], opened["KeyMaterialId"]) == (plaintext, material)
        data_key = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
        assert data_key["KeyMaterialId"] == metadata["CurrentKeyMaterialId"]
        again = kms.re_encrypt(CiphertextBlob=before, DestinationKeyId=key["KeyId"])
        assert again["SourceKeyMaterialId"] == key["CurrentKeyMaterialId"]
        assert again["DestinationKeyMaterialId"] == metadata["CurrentKeyMaterialId"]

    def test_what_is_listed(self, kms, key):
        assert kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"] == []
        for _ in range(3):
            kms.rotate_key_on_demand(KeyId=key["KeyId"])
        only = kms.list_key_rotations(KeyId=key["KeyId"])
        assert only["Truncated"] is False
        assert [one["RotationType"] for one in only["Rotations"]] == ["ON_DEMAND"] * 3
        assert all(one["KeyId"] == key["Arn"] for one in only["Rotations"])
        every = kms.list_key_rotations(KeyId=key["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")
        first, *others = every["Rotations"]
        assert others == only["Rotations"]
        assert set(first) == {"KeyId", "KeyMaterialId", "KeyMaterialState"}
        assert first["KeyMaterialId"] == key["CurrentKeyMaterialId"]
        states = [one["KeyMaterialState"] for one in every["Rotations"]]
        assert states == ["NON_CURRENT"] * 3 + ["CURRENT"]

    def test_imported_material_that_expires(self, kms):
        key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        parameters = kms.get_parameters_for_import(
            KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        valid_to = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=30)
        kms.import_key_material(
            KeyId=key,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=load_der_public_key(parameters["PublicKey"]).encrypt(
                bytes(range(32)), oaep
            ),
            ValidTo=valid_to,
            KeyMaterialDescription="the first",
        )
        (listed,) = kms.list_key_rotations(
            KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL"
        )["Rotations"]
        assert abs(listed["ValidTo"] - valid_to) < datetime.timedelta(seconds=1)
        assert listed["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
        assert listed["ImportState"] == "IMPORTED"
        assert listed["KeyMaterialDescription"] == "the first"

    def test_25_are_all(self, kms, key):
        for _ in range(25):
            kms.rotate_key_on_demand(KeyId=key["KeyId"])
        text = (
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand "
            f"rotations can be performed for this key: {key['Arn']}"
        )
        with refused("LimitExceededException", text):
            kms.rotate_key_on_demand(KeyId=key["KeyId"])

    def test_pages(self, kms, key):
        for _ in range(5):
            kms.rotate_key_on_demand(KeyId=key["KeyId"])
        everything = kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]
        pages = list(
            kms.get_paginator("list_key_rotations").paginate(
                KeyId=key["KeyId"], PaginationConfig={"PageSize": 2}
            )
        )
        assert [len(page["Rotations"]) for page in pages] == [2, 2, 1]
        assert [one for page in pages for one in page["Rotations"]] == everything
        with refused("InvalidMarkerException"):
            kms.list_key_rotations(KeyId=key["KeyId"], Marker="of another query")


class TestAutomatic:
    def test_a_year_passes(self, ahead):
        kms = ahead.client()
        key = kms.create_key()["KeyMetadata"]
        kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=90)
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"old")["CiphertextBlob"]
        for _ in range(4):
            advance(ahead, "91d")
        listed = kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]
        assert [one["RotationType"] for one in listed] == ["AUTOMATIC"] * 4
        dates = [one["RotationDate"] for one in listed]
        assert dates == sorted(dates)
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"old"
        ahead.kill()
        ahead.start()
        kms = ahead.client()
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"old"
        assert len(kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]) == 4
