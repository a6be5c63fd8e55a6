"""KMS keys of an external key store: created, used through the proxy by double encryption, unavailable with
their store, as boto3 sees them and as the proxy does.
"""

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

import key_stores as ks
from expect import INVALID_STATE, NOT_FOUND, error_of, members, refused
from key_stores import Place, Setting
from xks_proxy import Key

MESSAGE = b"attack at dawn"
METADATA = {
    "AWSAccountId",
    "Arn",
    "CreationDate",
    "CustomKeyStoreId",
    "CustomerMasterKeySpec",
    "Description",
    "Enabled",
    "EncryptionAlgorithms",
    "KeyId",
    "KeyManager",
    "KeySpec",
    "KeyState",
    "KeyUsage",
    "MultiRegion",
    "Origin",
    "XksKeyConfiguration",
}

# What a proxy in trouble makes of a use of a key, and of making one: always the text, and for a use always
# KMSInvalidStateException.
FAILURES = {
    "nobody listens": ("stop", ks.CANNOT_COMMUNICATE),
    "too slow": (ks.TOO_SLOW, ks.TIMED_OUT),
    "AccessDeniedException": (None, ks.DENIED),
    "AuthenticationFailedException": (None, ks.NOT_AUTHENTICATED),
    "DependencyTimeoutException": (None, ks.TIMED_OUT),
    "InternalException": (None, ks.NO_KEY_MANAGER),
    "InvalidUriPathException": (None, ks.WRONG_PATH),
    "ThrottlingException": (None, ks.THROTTLED),
    "UnsupportedOperationException": (None, ks.NOT_SUPPORTED),
    "ValidationException": (None, ks.NOT_UNDERSTOOD),
}
# And what it makes of a use alone.
FAILURES_OF_USES = {
    **FAILURES,
    "InvalidCiphertextException": (None, ks.OUTER_CIPHERTEXT),
    "InvalidKeyUsageException": (None, ks.KEY_USAGE),
    "InvalidStateException": (None, ks.KEY_DISABLED),
    "KeyNotFoundException": (None, ks.NO_KEY),
}


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    one = Setting(tmp_path_factory.mktemp("external-keys"))
    yield one
    one.end()


@pytest.fixture(autouse=True)
def fresh(setting):
    setting.reset()


@pytest.fixture(scope="module")
def account(setting):
    return setting.server.client("sts").get_caller_identity()["Account"]


@pytest.fixture
def proxy(setting):
    return setting.proxy


@pytest.fixture
def place(setting):
    return Place(setting.server)


@pytest.fixture
def store(place, proxy):
    store = place.connected(proxy)
    proxy.seen.clear()
    return store


@pytest.fixture
def key(place, proxy, store):
    key = place.external_key(store)
    proxy.seen.clear()
    return key


class Failing:
    """The proxy fails as `FAILURES_OF_USES` says while the block runs."""

    def __init__(self, proxy, name: str):
        self.proxy = proxy
        self.name = name
        self.how = FAILURES_OF_USES[name][0]

    def __enter__(self):
        if self.how == "stop":
            self.proxy.stop()
        elif self.how:
            self.proxy.delay = self.how
        else:
            self.proxy.refuse = self.name

    def __exit__(self, *_):
        if self.how == "stop":
            self.proxy.start()
        self.proxy.delay, self.proxy.refuse = 0.0, None


class TestCreate:
    def test_what_is_answered_and_described(self, place, proxy, store, account):
        answer = place.kms.create_key(
            Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId="foo", Description="elsewhere",
            KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT",
            Tags=[{"TagKey": "team", "TagValue": "blue"}],
        )
        assert members(answer) == {"KeyMetadata"}
        key = answer["KeyMetadata"]
        assert set(key) == METADATA
        expected = {
            "AWSAccountId": account,
            "Arn": f"arn:aws:kms:{place.region}:{account}:key/{key['KeyId']}",
            "CustomKeyStoreId": store,
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "Description": "elsewhere",
            "Enabled": True,
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "MultiRegion": False,
            "Origin": "EXTERNAL_KEY_STORE",
            "XksKeyConfiguration": {"Id": "foo"},
        }
        assert {name: key[name] for name in expected} == expected
        assert place.key(key) == key
        assert place.kms.list_resource_tags(KeyId=key["KeyId"])["Tags"] == [
            {"TagKey": "team", "TagValue": "blue"}
        ]
        # The proxy was asked what kind of key it is, by whom and for what.
        (asked,) = proxy.seen
        assert (asked.operation, asked.key, asked.region) == ("metadata", "foo", place.region)
        assert asked.metadata["kmsOperation"] == "CreateKey"
        assert asked.metadata["kmsRequestId"] == answer["ResponseMetadata"]["RequestId"]
        assert asked.metadata["awsPrincipalArn"] == f"arn:aws:iam::{account}:root"

    def test_other_keys_are_as_they_were(self, place):
        key = place.kms.create_key()["KeyMetadata"]
        assert not {"CustomKeyStoreId", "XksKeyConfiguration", "CloudHsmClusterId"} & set(key)

    def test_one_kms_key_for_an_external_key(self, place, proxy, store, key, setting):
        with refused(*ks.external_key_taken("foo")):
            place.external_key(store)
        proxy.keys["bar"] = Key()
        assert place.external_key(store, "bar")["XksKeyConfiguration"] == {"Id": "bar"}
        # In another store the same id is another key.
        other = place.connected(setting.other)
        assert place.external_key(other)["CustomKeyStoreId"] == other

    @pytest.mark.parametrize("name", ["nobody", ".", ".."])
    def test_an_external_key_that_there_is_not(self, place, store, name):
        with refused("XksKeyNotFoundException", ks.NO_KEY):
            place.external_key(store, name)
        assert place.count_keys() == 0

    @pytest.mark.parametrize("how, text", [
        (
            {"spec": "RSA_2048"},
            "The key spec of the external key must be AES_256. The key spec of specified external key is "
            "RSA_2048.",
        ),
        (
            {"enabled": False},
            "The status of the external key must be ENABLED. The status of specified external key is "
            "DISABLED.",
        ),
        (
            {"usage": ["ENCRYPT"]},
            "The key usage of the external key must include ENCRYPT and DECRYPT. The key use of specified "
            "external key is ENCRYPT.",
        ),
        (
            {"usage": ["SIGN"]},
            "The key usage of the external key must include ENCRYPT and DECRYPT. The key use of specified "
            "external key is SIGN.",
        ),
    ])
    def test_an_external_key_that_does_not_fit(self, place, proxy, store, how, text):
        for name, value in how.items():
            setattr(proxy.keys["foo"], name, value)
        with refused(ks.UNFIT, text):
            place.external_key(store)
        assert place.count_keys() == 0
        # The refusal leaves the external key free.
        proxy.keys["foo"] = Key()
        place.external_key(store)

    @pytest.mark.parametrize("failure", FAILURES)
    def test_a_proxy_in_trouble(self, place, proxy, store, failure):
        with Failing(proxy, failure), refused(ks.STORE_STATE, FAILURES[failure][1]):
            place.external_key(store)
        assert place.count_keys() == 0
        place.external_key(store)

    def test_a_key_store_that_is_disabled_elsewhere(self, place, proxy, store):
        proxy.refuse = "InvalidStateException"
        with refused(ks.UNFIT, ks.KEY_DISABLED):
            place.external_key(store)

    @pytest.mark.parametrize("alter", [
        lambda _: b"{}", lambda _: b"not JSON", lambda answer: answer.update(keyStatus="LOST"),
    ])
    def test_an_answer_that_is_none(self, place, proxy, store, alter):
        proxy.alter = alter
        with refused(ks.STORE_STATE, ks.NOT_UNDERSTOOD):
            place.external_key(store)

    def test_a_store_that_is_not_connected(self, place, proxy, store):
        place.disconnect(store)
        with refused(*ks.in_state("DISCONNECTED")):
            place.external_key(store)
        with proxy.stopped():
            place.connect(store)
        with refused(*ks.in_state("FAILED")):
            place.external_key(store)
        assert proxy.of("metadata") == [] and place.count_keys() == 0

    def test_a_store_that_there_is_not(self, place, store, setting):
        with refused(*ks.no_store("cks-0123456789abcdef0")):
            place.external_key("cks-0123456789abcdef0")
        with refused(*ks.no_store(store)):
            Place(setting.server).external_key(store)

    @pytest.mark.parametrize("arguments", [
        {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
        {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        {"MultiRegion": True},
    ])
    def test_what_an_external_key_is_not(self, place, proxy, store, arguments):
        with refused(ks.UNSUPPORTED, ks.NOT_IN_A_STORE):
            place.external_key(store, **arguments)
        assert proxy.seen == [] and place.count_keys() == 0

    @pytest.mark.parametrize("changes", [
        {"Origin": None}, {"Origin": "AWS_KMS"}, {"Origin": "EXTERNAL"}, {"Origin": "AWS_CLOUDHSM"},
        {"CustomKeyStoreId": None}, {"XksKeyId": None}, {"Origin": "EXTERNAL", "CustomKeyStoreId": None},
        {"Origin": None, "CustomKeyStoreId": None}, {"Origin": None, "XksKeyId": None},
    ])
    def test_members_that_do_not_go_together(self, place, proxy, store, changes):
        """No member is ignored."""
        request = {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store, "XksKeyId": "foo", **changes}
        request = {name: value for name, value in request.items() if value is not None}
        with refused(*ks.not_together(request.get("Origin"))):
            place.kms.create_key(**request)
        assert proxy.seen == [] and place.count_keys() == 0

    def test_a_store_of_the_other_kind(self, place, proxy, store):
        with refused(*ks.other_kind("AWS_CLOUDHSM")):
            place.hsm_key(store)
        assert proxy.seen == [] and place.count_keys() == 0


class TestDoubleEncryption:
    def test_round_trip(self, place, proxy, key):
        answer = place.kms.encrypt(KeyId=key["KeyId"], Plaintext=MESSAGE)
        assert answer["KeyId"] == key["Arn"]
        assert answer["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
        opened = place.kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])
        assert (opened["Plaintext"], opened["KeyId"]) == (MESSAGE, key["Arn"])
        assert [request.operation for request in proxy.seen] == ["encrypt", "decrypt"]
        assert {request.key for request in proxy.seen} == {"foo"}

    def test_the_proxy_is_told_by_whom_and_for_what(self, place, proxy, key, account):
        encrypted = place.kms.encrypt(KeyId=key["KeyId"], Plaintext=MESSAGE)
        decrypted = place.kms.decrypt(CiphertextBlob=encrypted["CiphertextBlob"])
        moved = place.kms.re_encrypt(
            CiphertextBlob=encrypted["CiphertextBlob"], DestinationKeyId=key["KeyId"],
            DestinationEncryptionContext={"a": "b"},
        )
        made = place.kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
        asked = [(request.operation, request.metadata) for request in proxy.seen]
        expected = [
            ("encrypt", "Encrypt", encrypted), ("decrypt", "Decrypt", decrypted),
            ("decrypt", "ReEncrypt", moved), ("encrypt", "ReEncrypt", moved),
            ("encrypt", "GenerateDataKey", made),
        ]
        assert asked == [
            (operation, {
                "awsPrincipalArn": f"arn:aws:iam::{account}:root",
                "kmsKeyArn": key["Arn"],
                "kmsOperation": name,
                "kmsRequestId": answer["ResponseMetadata"]["RequestId"],
            })
            for operation, name, answer in expected
        ]
        assert {request.region for request in proxy.seen} == {place.region}

    def test_a_ciphertext_is_inside_a_ciphertext(self, place, proxy, key):
        """What the external key opens is a ciphertext still, and the blob carries what it makes."""
        plaintext = b"plaintext marker of this test" * 100
        blob = place.encrypt(key, plaintext)
        (asked,) = proxy.seen
        inner = proxy.open(asked)
        assert inner == asked.plaintext
        assert len(inner) >= len(plaintext) + 16
        outer = {name: base64.b64decode(value) for name, value in asked.answer.items()}
        assert len(outer["ciphertext"]) == len(inner)
        for name in ("ciphertext", "authenticationTag", "initializationVector", "ciphertextMetadata"):
            assert outer[name] in blob, name
        # Nothing of the plaintext is in what either side sees, and nothing repeats.
        for seen in (inner, blob, asked.associated_data):
            assert b"marker" not in seen
        place.encrypt(key, plaintext)
        assert proxy.seen[1].plaintext != inner
        chunks = [inner[at : at + 16] for at in range(0, len(inner) - 15, 16)]
        assert len(set(chunks)) == len(chunks)

    def test_the_proxy_never_sees_a_plaintext(self, place, proxy, key):
        secrets = [b"plaintext marker %d of this test" % number for number in range(5)]
        for secret in secrets:
            blob = place.encrypt(key, secret, EncryptionContext={"a": "b"})
            assert place.decrypt(blob, EncryptionContext={"a": "b"}) == secret
            again = place.kms.re_encrypt(
                CiphertextBlob=blob, SourceEncryptionContext={"a": "b"}, DestinationKeyId=key["KeyId"]
            )["CiphertextBlob"]
            assert place.decrypt(again) == secret
        for _ in range(5):
            made = place.kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
            assert place.decrypt(made["CiphertextBlob"]) == made["Plaintext"]
            secrets.append(made["Plaintext"])
        assert len(proxy.seen) >= 30
        for request in proxy.seen:
            told = json.dumps([request.body, request.answer]).encode()
            texts = [value for part in (request.body, request.answer) for value in part.values()]
            texts = [base64.b64decode(text + "==") for text in texts if isinstance(text, str)]
            for secret in secrets:
                assert not ks.is_in(secret, told)
                assert not any(secret in text for text in texts)

    def test_the_external_key_is_needed(self, place, proxy, key):
        blob = place.encrypt(key)
        original = proxy.keys["foo"]
        proxy.keys["foo"] = Key()
        with refused(INVALID_STATE, ks.OUTER_CIPHERTEXT):
            place.decrypt(blob)
        proxy.keys["foo"] = original
        assert place.decrypt(blob) == MESSAGE

    def test_the_kms_key_is_needed(self, place, proxy, key, setting):
        """A KMS key of another Region with the same external key opens nothing of this one's."""
        elsewhere = Place(setting.server)
        twin = elsewhere.external_key(elsewhere.connected(proxy))
        blob = place.encrypt(key)
        with refused("AccessDeniedException"):
            elsewhere.decrypt(blob)
        # Not even when a proxy hands its inner ciphertext over for the twin's own.
        own = elsewhere.encrypt(twin)
        inner = base64.b64encode(proxy.of("encrypt")[0].plaintext).decode()
        proxy.alter = lambda answer: answer.update(plaintext=inner)
        with refused(INVALID_STATE, ks.INNER_CIPHERTEXT):
            elsewhere.decrypt(own)
        proxy.alter = None
        assert place.decrypt(blob) == MESSAGE

    @pytest.mark.parametrize("length", [1, 16, 4096])
    def test_lengths(self, place, key, length):
        plaintext = bytes(length)
        blob = place.encrypt(key, plaintext)
        assert len(blob) <= 6144
        assert place.decrypt(blob) == plaintext

    def test_a_large_encryption_context(self, place, key):
        context = {f"key {number}": "ä" * 50 for number in range(30)}
        blob = place.encrypt(key, EncryptionContext=context)
        assert place.decrypt(blob, EncryptionContext=dict(reversed(context.items()))) == MESSAGE

    def test_another_encryption_context(self, place, key):
        blob = place.encrypt(key, EncryptionContext={"a": "b"})
        for context in ({}, {"a": "c"}, {"a": "b", "c": "d"}):
            with refused(INVALID_STATE, ks.OUTER_CIPHERTEXT):
                place.decrypt(blob, EncryptionContext=context)
        assert place.decrypt(blob, EncryptionContext={"a": "b"}) == MESSAGE

    def test_every_byte_counts(self, place, key):
        blob = place.encrypt(key)
        for at in range(len(blob)):
            altered = bytearray(blob)
            altered[at] ^= 1
            code = error_of(place.kms.decrypt, CiphertextBlob=bytes(altered))["Code"]
            assert code in ("InvalidCiphertextException", INVALID_STATE), (at, code)
        for length in range(1, len(blob), 7):
            code = error_of(place.kms.decrypt, CiphertextBlob=blob[:length])["Code"]
            assert code in ("InvalidCiphertextException", INVALID_STATE), (length, code)
        assert place.decrypt(blob) == MESSAGE

    def test_a_proxy_that_answers_another_ciphertext(self, place, proxy, key):
        first, second = place.encrypt(key, b"first "), place.encrypt(key, b"second")
        inner = base64.b64encode(proxy.of("encrypt")[1].plaintext).decode()
        proxy.alter = lambda answer: answer.update(plaintext=inner)
        with refused(INVALID_STATE, ks.INNER_CIPHERTEXT):
            place.decrypt(first)
        # It is that of the second, which it opens.
        assert place.decrypt(second) == b"second"

    @pytest.mark.parametrize("alter", [
        lambda answer: answer.pop("ciphertextDataIntegrityValue"),
        lambda answer: answer.update(ciphertextDataIntegrityValue="AAAA"),
        lambda answer: answer.update(ciphertext=answer["ciphertext"][4:]),
        lambda answer: answer.update(initializationVector="AAAA"),
        lambda answer: answer.update(authenticationTag=answer["initializationVector"]),
        lambda answer: answer.update(ciphertextMetadata="A" * 32),
        lambda _: b"{}",
        lambda _: b"[" * 50_000,
    ])
    def test_answers_that_are_not_the_specifications(self, place, proxy, key, alter):
        proxy.alter = alter
        with refused(INVALID_STATE, ks.NOT_UNDERSTOOD):
            place.encrypt(key)

    def test_without_metadata_of_the_proxy(self, place, proxy, key):
        proxy.keys["foo"].metadata = b""
        assert place.decrypt(place.encrypt(key)) == MESSAGE


class TestUses:
    def test_data_keys(self, place, key):
        made = place.kms.generate_data_key(KeyId=key["KeyId"], NumberOfBytes=64)
        assert (len(made["Plaintext"]), made["KeyId"]) == (64, key["Arn"])
        assert place.decrypt(made["CiphertextBlob"]) == made["Plaintext"]
        made = place.kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], KeySpec="AES_256")
        assert "Plaintext" not in made
        assert len(place.decrypt(made["CiphertextBlob"])) == 32

    def test_to_and_from_other_keys(self, place, proxy, store, key):
        own = place.kms.create_key()["KeyMetadata"]
        proxy.keys["bar"] = Key()
        second = place.external_key(store, "bar")
        blob = place.encrypt(key)
        for source, destination in ((key, own), (own, second), (second, key), (key, second)):
            moved = place.kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=destination["KeyId"])
            assert (moved["SourceKeyId"], moved["KeyId"]) == (source["Arn"], destination["Arn"])
            blob = moved["CiphertextBlob"]
        opened = place.kms.decrypt(CiphertextBlob=blob)
        assert (opened["Plaintext"], opened["KeyId"]) == (MESSAGE, second["Arn"])

    def test_by_alias(self, place, key, alias):
        place.kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
        blob = place.kms.encrypt(KeyId=alias, Plaintext=MESSAGE)["CiphertextBlob"]
        assert place.kms.decrypt(KeyId=alias, CiphertextBlob=blob)["Plaintext"] == MESSAGE

    @pytest.mark.parametrize("failure", FAILURES_OF_USES)
    def test_a_proxy_in_trouble(self, place, proxy, key, failure):
        blob = place.encrypt(key)
        own = place.encrypt(place.kms.create_key()["KeyMetadata"])
        text = FAILURES_OF_USES[failure][1]
        uses = [
            lambda: place.encrypt(key),
            lambda: place.decrypt(blob),
            lambda: place.kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256"),
            lambda: place.kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], KeySpec="AES_256"),
            lambda: place.kms.re_encrypt(CiphertextBlob=own, DestinationKeyId=key["KeyId"]),
            lambda: place.kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key["KeyId"]),
        ]
        # One that waits for its time-out is enough of them.
        for use in uses[:1] if failure == "too slow" else uses:
            with Failing(proxy, failure), refused(INVALID_STATE, text):
                use()
        # A failure is no change of state.
        assert place.key_state(key) == ("Enabled", True)
        assert place.state(key["CustomKeyStoreId"]) == ("CONNECTED", None)
        assert place.decrypt(blob) == MESSAGE

    def test_an_external_key_that_is_disabled(self, place, proxy, key):
        blob = place.encrypt(key)
        proxy.keys["foo"].enabled = False
        with refused(INVALID_STATE, ks.KEY_DISABLED):
            place.encrypt(key)
        with refused(INVALID_STATE, ks.KEY_DISABLED):
            place.decrypt(blob)

    def test_an_external_key_that_only_encrypts(self, place, proxy, key):
        blob = place.encrypt(key)
        proxy.keys["foo"].usage = ["ENCRYPT"]
        with refused(INVALID_STATE, ks.KEY_USAGE):
            place.decrypt(blob)

    def test_an_external_key_that_is_gone(self, place, proxy, key):
        blob = place.encrypt(key)
        del proxy.keys["foo"]
        with refused(INVALID_STATE, ks.NO_KEY):
            place.decrypt(blob)

    def test_a_proxy_that_has_hung_up(self, place, proxy, key):
        """A connection that was kept and is lost meanwhile costs nobody an answer."""
        blob = place.encrypt(key)
        for _ in range(3):
            proxy.hang_up()
            assert place.decrypt(blob) == MESSAGE
        with proxy.stopped():
            pass
        assert place.decrypt(blob) == MESSAGE

    def test_connections_are_kept(self, place, proxy, key):
        place.encrypt(key)
        before = proxy.connections
        for _ in range(20):
            place.encrypt(key)
        assert proxy.connections == before

    def test_dry_runs(self, place, proxy, key):
        blob = place.encrypt(key)
        proxy.seen.clear()
        arguments = {"KeyId": key["KeyId"], "DryRun": True}
        for call, more in (
            (place.kms.encrypt, {"Plaintext": MESSAGE}),
            (place.kms.generate_data_key, {"KeySpec": "AES_256"}),
            (place.kms.generate_data_key_without_plaintext, {"KeySpec": "AES_256"}),
        ):
            with refused(*ks.DRY_RUN):
                call(**arguments, **more)
        # Nothing was done, so nothing was asked.
        assert proxy.seen == []
        with refused(*ks.DRY_RUN):
            place.kms.decrypt(CiphertextBlob=blob, DryRun=True)
        with refused(*ks.DRY_RUN):
            place.kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key["KeyId"], DryRun=True)
        place.disconnect(key["CustomKeyStoreId"])
        with refused(INVALID_STATE, ks.unavailable(key)):
            place.kms.encrypt(Plaintext=MESSAGE, **arguments)

    def test_the_key_that_is_named_must_be_the_ciphertexts(self, place, proxy, store, key):
        proxy.keys["bar"] = Key()
        other = place.external_key(store, "bar")
        blob = place.encrypt(key)
        with refused("IncorrectKeyException"):
            place.decrypt(blob, KeyId=other["KeyId"])


class TestWhatSuchKeysDoNot:
    def test_key_pairs(self, place, key):
        for call in (
            place.kms.generate_data_key_pair, place.kms.generate_data_key_pair_without_plaintext,
        ):
            with refused(ks.UNSUPPORTED, ks.origin(key)):
                call(KeyId=key["KeyId"], KeyPairSpec="ECC_NIST_P256")

    def test_rotation(self, place, key):
        for call in (
            place.kms.enable_key_rotation, place.kms.disable_key_rotation, place.kms.rotate_key_on_demand,
        ):
            with refused(ks.UNSUPPORTED, ks.origin(key)):
                call(KeyId=key["KeyId"])

    def test_import(self, place, key):
        with refused(ks.UNSUPPORTED, ks.origin(key)):
            place.kms.get_parameters_for_import(
                KeyId=key["KeyId"], WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
            )
        with refused(ks.UNSUPPORTED, ks.origin(key)):
            place.kms.import_key_material(
                KeyId=key["KeyId"], ImportToken=b"x", EncryptedKeyMaterial=b"x",
                ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
            )
        with refused(ks.UNSUPPORTED, ks.origin(key)):
            place.kms.delete_imported_key_material(KeyId=key["KeyId"])

    def test_replicas(self, place, key):
        with refused(ks.UNSUPPORTED, ks.origin(key)):
            place.kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion="eu-central-1")

    def test_random_bytes(self, place, store):
        with refused(*ks.NO_RANDOM):
            place.kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=store)
        with refused(*ks.no_store("cks-0123456789abcdef0")):
            place.kms.generate_random(NumberOfBytes=8, CustomKeyStoreId="cks-0123456789abcdef0")


class TestUnavailable:
    def test_with_its_store(self, place, proxy, store, key):
        blob = place.encrypt(key)
        place.disconnect(store)
        proxy.seen.clear()
        assert place.key_state(key) == ("Unavailable", False)
        for use in (
            lambda: place.encrypt(key),
            lambda: place.decrypt(blob),
            lambda: place.kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256"),
            lambda: place.kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key["KeyId"]),
        ):
            with refused(INVALID_STATE, ks.unavailable(key)):
                use()
        assert proxy.seen == []
        place.connect(store)
        assert place.key_state(key) == ("Enabled", True)
        assert place.decrypt(blob) == MESSAGE

    def test_when_connecting_fails(self, place, proxy, store, key):
        place.disconnect(store)
        with proxy.stopped():
            place.connect(store)
        assert place.key_state(key) == ("Unavailable", False)
        with refused(INVALID_STATE, ks.unavailable(key)):
            place.encrypt(key)

    def test_what_it_admits_meanwhile(self, place, store, key, alias):
        place.disconnect(store)
        place.kms.update_key_description(KeyId=key["KeyId"], Description="away")
        place.kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
        place.kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "a", "TagValue": "b"}])
        place.kms.disable_key(KeyId=key["KeyId"])
        assert place.key_state(key) == ("Unavailable", False)
        place.connect(store)
        assert place.key_state(key) == ("Disabled", False)
        with refused("DisabledException", f"{key['Arn']} is disabled."):
            place.encrypt(key)
        place.disconnect(store)
        place.kms.enable_key(KeyId=key["KeyId"])
        assert place.key_state(key) == ("Unavailable", False)
        place.connect(store)
        assert place.key_state(key) == ("Enabled", True)

    def test_a_key_that_is_to_be_deleted_is_shown_as_that(self, place, store, key):
        place.disconnect(store)
        answer = place.kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        assert answer["KeyState"] == "PendingDeletion"
        assert place.key_state(key) == ("PendingDeletion", False)
        place.kms.cancel_key_deletion(KeyId=key["KeyId"])
        assert place.key_state(key) == ("Unavailable", False)
        place.connect(store)
        assert place.key_state(key) == ("Disabled", False)

    def test_keys_of_other_stores_are_not(self, place, store, key, setting):
        other = place.external_key(place.connected(setting.other))
        own = place.kms.create_key()["KeyMetadata"]
        place.disconnect(store)
        for available in (other, own):
            assert place.key_state(available) == ("Enabled", True)
            assert place.decrypt(place.encrypt(available)) == MESSAGE


class TestManyAtOnce:
    def test_uses(self, place, key):
        def work(number: int) -> bool:
            plaintext = b"%d" % number
            blob = place.encrypt(key, plaintext, EncryptionContext={"number": str(number)})
            return place.decrypt(blob, EncryptionContext={"number": str(number)}) == plaintext

        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(work, range(200)))

    def test_a_slow_proxy_holds_nobody_else_up(self, place, proxy, key):
        own = place.kms.create_key()["KeyMetadata"]
        proxy.delay = ks.TOO_SLOW
        with ThreadPoolExecutor(16) as pool:
            waiting = [pool.submit(error_of, place.kms.encrypt, KeyId=key["KeyId"], Plaintext=MESSAGE)
                       for _ in range(16)]
            time.sleep(0.2)
            for _ in range(10):
                assert place.decrypt(place.encrypt(own)) == MESSAGE
            assert not any(future.done() for future in waiting)
            assert {future.result()["Message"] for future in waiting} == {ks.TIMED_OUT}

    def test_what_was_answered_holds_from_the_next_request_on(self, place, store, key):
        """Nothing that begins after the answer to a disconnection, and ends before the store is connected
        again, is done."""
        blob = place.encrypt(key)
        # Which disconnection was answered last, as long as it holds.
        holds, stop, wrong, right = [None], threading.Event(), [], []

        def work():
            while not stop.is_set():
                began = holds[0]
                try:
                    place.decrypt(blob)
                    if began is not None and holds[0] == began:
                        wrong.append("served")
                except ClientError as refusal:
                    error = refusal.response["Error"]
                    good = (error["Code"], error["Message"]) == (INVALID_STATE, ks.unavailable(key))
                    (right if good else wrong).append(error)

        workers = [threading.Thread(target=work) for _ in range(6)]
        for worker in workers:
            worker.start()
        for number in range(10):
            time.sleep(0.1)
            place.disconnect(store)
            holds[0] = number
            time.sleep(0.1)
            holds[0] = None
            place.connect(store)
        stop.set()
        for worker in workers:
            worker.join(60)
        assert wrong == [] and right
        assert place.decrypt(blob) == MESSAGE


class TestRestart:
    def test_what_was_encrypted_is_decrypted_after_a_kill(self, setting, proxy):
        server = setting.another("killed").start()
        try:
            place = Place(server)
            key = place.external_key(place.connected(proxy))
            blob = place.encrypt(key, EncryptionContext={"a": "b"})
            for _ in range(3):
                server.kill()
                server.start()
                place.again()
                assert place.decrypt(blob, EncryptionContext={"a": "b"}) == MESSAGE
                blob = place.encrypt(key, EncryptionContext={"a": "b"})
        finally:
            server.kill()

    def test_a_key_of_another_installation_opens_nothing(self, setting, proxy):
        """The proxy's key without this store's is worth nothing."""
        server = setting.another("another").start()
        try:
            place, there = Place(setting.server), Place(server)
            blob = place.encrypt(place.external_key(place.connected(proxy)))
            there.external_key(there.connected(proxy))
            with refused("AccessDeniedException"):
                there.decrypt(blob)
        finally:
            server.kill()


class TestDeletion:
    def test_a_key_that_is_deleted(self, setting, proxy):
        server = setting.another("ahead", "--dev-clock").start()
        try:
            place = Place(server)
            key = place.external_key(place.connected(proxy))
            blob = place.encrypt(key)
            place.kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
            with refused(INVALID_STATE, f"{key['Arn']} is pending deletion."):
                place.decrypt(blob)
            ks.advance(server, "8d")
            with refused(NOT_FOUND):
                place.key(key)
            # The external key is there, and opens nothing any more.
            assert "foo" in proxy.keys
            with refused("AccessDeniedException"):
                place.decrypt(blob)
        finally:
            server.kill()
