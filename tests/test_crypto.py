"""Encryption, data keys and random bytes, as the clients see them."""

import re
import uuid

import pytest

from expect import VALIDATION, at_least, at_most, invalid, members, refused

SYMMETRIC = "SYMMETRIC_DEFAULT"
INVALID_CIPHERTEXT = "InvalidCiphertextException"
DRY_RUN = "The request would have succeeded, but the DryRun option is set."
INCORRECT_KEY = (
    "The key ID in the request does not identify a CMK that can perform this operation."
)
BYTES_OR_SPEC = "Please specify either number of bytes or key spec."


@pytest.fixture
def material(key) -> str:
    return key["CurrentKeyMaterialId"]


class TestEncrypt:
    def test_members_both_ways(self, kms, key, material):
        sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"attack at dawn")
        assert members(sealed) == {"CiphertextBlob", "EncryptionAlgorithm", "KeyId"}
        assert (sealed["KeyId"], sealed["EncryptionAlgorithm"]) == (key["Arn"], SYMMETRIC)
        opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])
        assert members(opened) == {"EncryptionAlgorithm", "KeyId", "KeyMaterialId", "Plaintext"}
        assert opened["Plaintext"] == b"attack at dawn"
        assert (opened["KeyId"], opened["EncryptionAlgorithm"]) == (key["Arn"], SYMMETRIC)
        assert opened["KeyMaterialId"] == material

    @pytest.mark.parametrize("length", [1, 15, 16, 17, 4095, 4096])
    def test_every_length(self, kms, key, length):
        plaintext = bytes(n % 256 for n in range(length))
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=plaintext)["CiphertextBlob"]
        assert length < len(blob) <= 6144
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == plaintext

    def test_bounds(self, kms, key):
        with refused(VALIDATION, invalid("plaintext", at_most(4096))):
            kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x" * 4097)
        with refused(VALIDATION, invalid("plaintext", at_least(1))):
            kms.encrypt(KeyId=key["KeyId"], Plaintext=b"")

    def test_the_same_plaintext_never_looks_the_same(self, kms, key):
        blobs = {kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"] for _ in range(20)}
        assert len(blobs) == 20

    def test_a_key_of_another_algorithm(self, kms, key):
        text = f"Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec {SYMMETRIC}."
        with refused("InvalidKeyUsageException", text):
            kms.encrypt(
                KeyId=key["KeyId"], Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256"
            )

    def test_multi_region_keys_encrypt_too(self, kms):
        key = kms.create_key(MultiRegion=True)["KeyMetadata"]
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob, KeyId=key["Arn"])["Plaintext"] == b"x"


class TestContext:
    CONTEXT = {"tenant": "7", "Zweck": "Prüfung ✓", "": "empty"}

    def test_the_order_of_pairs_does_not_matter(self, kms, key):
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext=self.CONTEXT)
        again = dict(reversed(self.CONTEXT.items()))
        opened = kms.decrypt(CiphertextBlob=blob["CiphertextBlob"], EncryptionContext=again)
        assert opened["Plaintext"] == b"x"

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"tenant": "8"},
            {"Tenant": "7"},
            {"tenant": "7", "more": ""},
            {"tenant7": ""},
            {"tenan": "t7"},
        ],
        ids=str,
    )
    def test_any_other_context(self, kms, key, wrong):
        sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"tenant": "7"})
        with refused(INVALID_CIPHERTEXT, ""):
            kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=wrong)

    def test_none_and_empty_are_the_same(self, kms, key):
        sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={})
        assert kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"] == b"x"


class TestDecrypt:
    def test_every_altered_byte_is_noticed(self, kms, key):
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        for at in range(len(blob)):
            altered = blob[:at] + bytes([blob[at] ^ 0x01]) + blob[at + 1 :]
            with refused(INVALID_CIPHERTEXT, ""):
                kms.decrypt(CiphertextBlob=altered)

    def test_every_truncation_and_any_addition(self, kms, key):
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        for end in range(1, len(blob)):
            with refused(INVALID_CIPHERTEXT, ""):
                kms.decrypt(CiphertextBlob=blob[:end])
        for addition in [b"\0", blob]:
            with refused(INVALID_CIPHERTEXT, ""):
                kms.decrypt(CiphertextBlob=blob + addition)

    def test_what_was_never_a_ciphertext(self, kms):
        for blob in [b"\0", b"hello", b"\xff" * 6144]:
            with refused(INVALID_CIPHERTEXT, ""):
                kms.decrypt(CiphertextBlob=blob)

    def test_the_key_named_is_the_key_meant(self, kms, key, other_key, alias):
        kms.create_alias(AliasName=alias, TargetKeyId=other_key["KeyId"])
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob, KeyId=key["KeyId"])["Plaintext"] == b"x"
        for wrong in [other_key["KeyId"], other_key["Arn"], alias]:
            with refused("IncorrectKeyException", INCORRECT_KEY):
                kms.decrypt(CiphertextBlob=blob, KeyId=wrong)

    def test_a_ciphertext_is_needed(self, kms, key):
        with pytest.raises(kms.exceptions.ClientError) as caught:
            kms.decrypt(KeyId=key["KeyId"])
        assert caught.value.response["Error"]["Code"] == VALIDATION


class TestReEncrypt:
    def test_members_and_effect(self, kms, key, other_key):
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"a": "1"})
        moved = kms.re_encrypt(
            CiphertextBlob=blob["CiphertextBlob"],
            SourceEncryptionContext={"a": "1"},
            DestinationKeyId=other_key["KeyId"],
            DestinationEncryptionContext={"b": "2"},
        )
        assert members(moved) == {
            "CiphertextBlob",
            "SourceKeyId",
            "KeyId",
            "SourceEncryptionAlgorithm",
            "DestinationEncryptionAlgorithm",
            "SourceKeyMaterialId",
            "DestinationKeyMaterialId",
        }
        assert (moved["SourceKeyId"], moved["KeyId"]) == (key["Arn"], other_key["Arn"])
        assert moved["SourceEncryptionAlgorithm"] == SYMMETRIC
        assert moved["DestinationEncryptionAlgorithm"] == SYMMETRIC
        assert moved["SourceKeyMaterialId"] == key["CurrentKeyMaterialId"]
        assert moved["DestinationKeyMaterialId"] == other_key["CurrentKeyMaterialId"]
        opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"b": "2"})
        assert (opened["Plaintext"], opened["KeyId"]) == (b"x", other_key["Arn"])

    def test_under_the_same_key(self, kms, key):
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        moved = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key["KeyId"])["CiphertextBlob"]
        assert moved != blob
        assert kms.decrypt(CiphertextBlob=moved)["Plaintext"] == b"x"

    def test_wrong_source(self, kms, key, other_key):
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        destination = {"CiphertextBlob": blob, "DestinationKeyId": other_key["KeyId"]}
        with refused("IncorrectKeyException", INCORRECT_KEY):
            kms.re_encrypt(SourceKeyId=other_key["KeyId"], **destination)
        with refused(INVALID_CIPHERTEXT, ""):
            kms.re_encrypt(SourceEncryptionContext={"a": "1"}, **destination)


class TestDataKeys:
    @pytest.mark.parametrize(
        ("request_", "length"),
        [
            ({"KeySpec": "AES_256"}, 32),
            ({"KeySpec": "AES_128"}, 16),
            ({"NumberOfBytes": 1}, 1),
            ({"NumberOfBytes": 1024}, 1024),
        ],
        ids=str,
    )
    def test_members_and_length(self, kms, key, material, request_, length):
        made = kms.generate_data_key(KeyId=key["KeyId"], **request_)
        assert members(made) == {"CiphertextBlob", "KeyId", "Plaintext", "KeyMaterialId"}
        assert (made["KeyId"], made["KeyMaterialId"]) == (key["Arn"], material)
        assert len(made["Plaintext"]) == length
        assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]

        sealed = kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], **request_)
        assert members(sealed) == {"CiphertextBlob", "KeyId", "KeyMaterialId"}
        opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"]
        assert len(opened) == length

    def test_bound_to_their_context(self, kms, key):
        made = kms.generate_data_key(
            KeyId=key["KeyId"], KeySpec="AES_256", EncryptionContext={"a": "1"}
        )
        blob = made["CiphertextBlob"]
        with refused(INVALID_CIPHERTEXT, ""):
            kms.decrypt(CiphertextBlob=blob)
        opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "1"})
        assert opened["Plaintext"] == made["Plaintext"]

    def test_no_two_are_alike(self, kms, key):
        make = lambda: kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")["Plaintext"]
        assert len({make() for _ in range(20)}) == 20

    @pytest.mark.parametrize("operation", ["generate_data_key", "generate_data_key_without_plaintext"])
    def test_length_or_spec(self, kms, key, operation):
        call = getattr(kms, operation)
        for wrong in [{}, {"KeySpec": "AES_256", "NumberOfBytes": 32}]:
            with refused(VALIDATION, BYTES_OR_SPEC):
                call(KeyId=key["KeyId"], **wrong)


class TestRandom:
    def test_length(self, kms):
        for length in [1, 32, 1024]:
            answer = kms.generate_random(NumberOfBytes=length)
            assert members(answer) == {"Plaintext"}
            assert len(answer["Plaintext"]) == length

    def test_no_two_are_alike(self, kms):
        assert len({kms.generate_random(NumberOfBytes=16)["Plaintext"] for _ in range(20)}) == 20

    def test_bounds(self, kms):
        with refused(VALIDATION, "NumberOfBytes is required."):
            kms.generate_random()
        low = "Member must have value greater than or equal to 1"
        high = "Member must have value less than or equal to 1024"
        with refused(VALIDATION, invalid("numberOfBytes", low, "0")):
            kms.generate_random(NumberOfBytes=0)
        with refused(VALIDATION, invalid("numberOfBytes", high, "1025")):
            kms.generate_random(NumberOfBytes=1025)


class TestDryRun:
    def test_what_would_work_says_so(self, kms, key, other_key):
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        named = {"KeyId": key["KeyId"], "DryRun": True}
        for call, arguments in [
            (kms.encrypt, {**named, "Plaintext": b"x"}),
            (kms.decrypt, {"CiphertextBlob": blob, "DryRun": True}),
            (kms.re_encrypt, {"CiphertextBlob": blob, "DestinationKeyId": other_key["KeyId"], "DryRun": True}),
            (kms.generate_data_key, {**named, "KeySpec": "AES_256"}),
            (kms.generate_data_key_without_plaintext, {**named, "KeySpec": "AES_256"}),
        ]:
            with refused("DryRunOperationException", DRY_RUN):
                call(**arguments)

    def test_what_would_not_says_why(self, kms, key):
        kms.disable_key(KeyId=key["KeyId"])
        with refused("DisabledException", f"{key['Arn']} is disabled."):
            kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", DryRun=True)
        absent = str(uuid.uuid4())
        with refused("NotFoundException", re.compile(absent)):
            kms.encrypt(KeyId=absent, Plaintext=b"x", DryRun=True)

    def test_false_is_the_same_as_absent(self, kms, key):
        assert kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", DryRun=False)["CiphertextBlob"]
