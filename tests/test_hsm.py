"""Custom key stores of HSMs, as boto3 sees them: SoftHSM's module in the place of a CloudHSM cluster, with
tokens that the test looks into beside the server.
"""

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pkcs11
import pytest
from botocore.exceptions import ClientError

import key_stores as ks
import softhsm
from expect import INVALID_STATE, NOT_FOUND, members, refused
from key_stores import Place
from server import Server
from softhsm import SoftHsm
from xks_proxy import XksProxy

MESSAGE = b"attack at dawn"
PASSWORD = "password-1"
ENTRY = {
    "CloudHsmClusterId",
    "ConnectionState",
    "CreationDate",
    "CustomKeyStoreId",
    "CustomKeyStoreName",
    "CustomKeyStoreType",
    "TrustAnchorCertificate",
}
METADATA = {
    "AWSAccountId",
    "Arn",
    "CloudHsmClusterId",
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
}

NOT_ACTIVE = "CloudHsmClusterNotActiveException"
NOT_THERE = "CloudHsmClusterNotFoundException"
UNFIT = "CloudHsmClusterInvalidConfigurationException"
CLUSTER_IN_USE = "CloudHsmClusterInUseException"
NOT_RELATED = (
    "CloudHsmClusterNotRelatedException",
    "The cluster has another certificate than the cluster before it.",
)
WRONG_ANCHOR = (
    "IncorrectTrustAnchorException", "The trust anchor certificate is not that of the cluster.",
)


def not_found(cluster: str) -> tuple:
    return NOT_THERE, f"Cluster {cluster} does not exist."


def not_active(cluster: str) -> tuple:
    return NOT_ACTIVE, f"Cluster {cluster} is not active."


def unfit(cluster: str) -> tuple:
    return UNFIT, f"Cluster {cluster} does not meet the requirements of a custom key store."


def taken(cluster: str) -> tuple:
    return CLUSTER_IN_USE, f"Cluster {cluster} is already associated with a custom key store."


class Cluster:
    """What stands in the place of a cluster: an id of the configuration, its certificate, its token."""

    def __init__(self, identifier: str, anchor: str, token, members: dict):
        self.id = identifier
        self.anchor = anchor
        self.token = token
        self.members = members

    def create_custom_key_store(self, name: str) -> dict:
        """The parameters of CreateCustomKeyStore for this cluster."""
        return {
            "CustomKeyStoreName": name,
            "CloudHsmClusterId": self.id,
            "KeyStorePassword": self.token.password if self.token else PASSWORD,
            "TrustAnchorCertificate": self.anchor,
        }


class Setting:
    """A server whose configuration has clusters of all kinds; with tokens, if there is an HSM."""

    def __init__(self, directory):
        self.directory = directory
        self.hsm = SoftHsm(directory / "hsm")
        anchors = [self._anchor(directory, name) for name in ("ours", "theirs")]
        (self.anchor, ours), (self.foreign_anchor, theirs) = anchors
        (directory / "no-library.so").write_text("not a library")
        self.cluster = self._cluster("cluster-first234567", "first", ours)
        self.related = self._cluster("cluster-related2345", "related", ours)
        self.unrelated = self._cluster("cluster-stranger234", "stranger", theirs)
        self.second = self._cluster("cluster-second23456", "second", None)
        self.changing = self._cluster("cluster-changing234", "changing", ours)
        self.vanishing = self._cluster("cluster-vanishing23", "vanishing", ours)
        self.slow = self._cluster("cluster-slow2345672", "slow", ours)
        self.slow.members["deadline_ms"] = 1500
        self.absent = self._cluster("cluster-absent23456", None, ours, label="nobody")
        self.broken = self._cluster(
            "cluster-broken23456", None, ours, module=str(directory / "no-library.so")
        )
        self.clusters = [
            self.cluster, self.related, self.unrelated, self.second, self.changing, self.vanishing,
            self.slow, self.absent, self.broken,
        ]
        self.config = self.configure(self.clusters)
        self.server = self.another("data").start()

    @staticmethod
    def _anchor(directory, name: str) -> tuple:
        """A certificate: its text, and its file."""
        proxy = XksProxy(directory, host=f"{name}.example.com")
        return proxy.ca_file.read_text(), proxy.ca_file

    def _cluster(self, identifier, token, anchor_file, *, label=None, module=None) -> Cluster:
        members = {"module": module or str(softhsm.MODULE), "token": label or token or "nobody"}
        anchor = self.anchor if anchor_file is None else anchor_file.read_text()
        if anchor_file is not None:
            members["trust_anchor"] = str(anchor_file)
        made = self.hsm.token(token, PASSWORD) if token and softhsm.is_there() else None
        return Cluster(identifier, anchor, made, members)

    def configure(self, clusters: list, directory=None):
        tables = [(cluster.id, cluster.members) for cluster in clusters]
        return ks.configuration(directory or self.directory, hsms=tables)

    def another(self, name: str, *options: str) -> Server:
        """Another server of the same configuration and HSM, not started."""
        options = ["--config", str(self.config), *options]
        return Server(self.directory / name, options=options, env=self.hsm.environment)


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    one = Setting(tmp_path_factory.mktemp("hsm"))
    yield one
    one.server.kill()


@pytest.fixture(scope="module")
def account(setting):
    return setting.server.client("sts").get_caller_identity()["Account"]


@pytest.fixture
def place(setting):
    return Place(setting.server)


@pytest.fixture
def hsm():
    """Demanded by what works with a token."""
    softhsm.needed()


@pytest.fixture
def store(hsm, place, setting):
    return place.connected(setting.cluster)


@pytest.fixture
def key(place, store):
    return place.hsm_key(store)


class TestStores:
    """What needs the configuration only."""

    def test_what_is_answered_and_described(self, place, setting):
        store = place.create(setting.cluster, "in an HSM")
        entry = place.describe(store)
        assert set(entry) == ENTRY
        assert entry.pop("CreationDate")
        assert entry == {
            "CloudHsmClusterId": setting.cluster.id,
            "ConnectionState": "DISCONNECTED",
            "CustomKeyStoreId": store,
            "CustomKeyStoreName": "in an HSM",
            "CustomKeyStoreType": "AWS_CLOUDHSM",
            "TrustAnchorCertificate": setting.anchor,
        }

    def test_its_type_may_be_said(self, place, setting):
        store = place.create(setting.cluster, CustomKeyStoreType="AWS_CLOUDHSM")
        assert place.describe(store)["CustomKeyStoreType"] == "AWS_CLOUDHSM"

    def test_a_cluster_that_is_not_configured(self, place, setting):
        cluster = "cluster-nobodys2345"
        with refused(*not_found(cluster)):
            place.create(setting.cluster, CloudHsmClusterId=cluster)
        assert place.names() == []

    @pytest.mark.parametrize("text", ["another's", "certificate"])
    def test_another_certificate(self, place, setting, text):
        anchor = setting.foreign_anchor if text == "another's" else text
        with refused(*WRONG_ANCHOR):
            place.create(setting.cluster, TrustAnchorCertificate=anchor)
        assert place.names() == []

    def test_a_cluster_without_a_certificate_takes_any(self, place, setting):
        place.create(setting.second, TrustAnchorCertificate=setting.foreign_anchor)

    @pytest.mark.parametrize("member", [
        "CloudHsmClusterId", "KeyStorePassword", "TrustAnchorCertificate",
    ])
    def test_what_it_must_have(self, place, setting, member):
        with refused(*ks.lacks(member)):
            place.create(setting.cluster, **{member: None})

    @pytest.mark.parametrize("member, value", [
        ("XksProxyUriEndpoint", "https://xks.example.com"),
        ("XksProxyUriPath", "/kms/xks/v1"),
        ("XksProxyConnectivity", "PUBLIC_ENDPOINT"),
        ("XksProxyVpcEndpointServiceName", "com.amazonaws.vpce.eu-west-2.vpce-svc-1"),
        ("XksProxyVpcEndpointServiceOwner", "444455556666"),
        ("XksProxyAuthenticationCredential", {"AccessKeyId": "A" * 20, "RawSecretAccessKey": "A" * 43}),
    ])
    def test_what_it_must_not_have(self, place, setting, member, value):
        with refused(*ks.has_no(member)):
            place.create(setting.cluster, **{member: value})
        store = place.create(setting.cluster)
        with refused(*ks.has_no(member)):
            place.update(store, **{member: value})

    def test_a_cluster_has_one_store(self, place, setting):
        place.create(setting.cluster)
        with refused(*taken(setting.cluster.id)):
            place.create(setting.cluster)
        store = place.create(setting.related)
        with refused(*NOT_RELATED):
            place.update(store, CloudHsmClusterId=setting.cluster.id)
        # In another Region it may have another.
        Place(setting.server).create(setting.cluster)

    def test_an_update_to_a_related_cluster(self, place, setting):
        store = place.create(setting.cluster)
        place.update(store, CloudHsmClusterId=setting.related.id)
        assert place.describe(store)["CloudHsmClusterId"] == setting.related.id
        with refused(*NOT_RELATED):
            place.update(store, CloudHsmClusterId=setting.unrelated.id)
        with refused(*not_found("cluster-nobodys2345")):
            place.update(store, CloudHsmClusterId="cluster-nobodys2345")
        assert place.describe(store)["CloudHsmClusterId"] == setting.related.id
        # The cluster that it had is free.
        place.create(setting.cluster)

    def test_a_module_that_is_none(self, place, setting):
        store = place.create(setting.broken)
        with refused(*unfit(setting.broken.id)):
            place.connect(store)
        assert place.state(store) == ("DISCONNECTED", None)
        place.delete(store)


class TestConnect:
    def test_connected_and_disconnected(self, hsm, place, setting):
        store = place.create(setting.cluster)
        assert members(place.kms.connect_custom_key_store(CustomKeyStoreId=store)) == set()
        assert place.state(store) == ("CONNECTED", None)
        place.disconnect(store)
        assert place.state(store) == ("DISCONNECTED", None)

    def test_a_token_that_is_not_there(self, hsm, place, setting):
        store = place.create(setting.absent)
        with refused(*not_active(setting.absent.id)):
            place.connect(store)
        assert place.state(store) == ("DISCONNECTED", None)

    def test_another_password(self, hsm, place, setting):
        store = place.create(setting.cluster, KeyStorePassword="password-9")
        place.connect(store)
        assert place.state(store) == ("FAILED", "INVALID_CREDENTIALS")
        with refused(*ks.in_state("FAILED")):
            place.connect(store)
        with refused(*ks.in_state("FAILED")):
            place.update(store, KeyStorePassword=PASSWORD)
        place.disconnect(store)
        place.update(store, KeyStorePassword=PASSWORD)
        place.connect(store)
        assert place.state(store) == ("CONNECTED", None)

    def test_what_a_connected_store_does_not_take(self, store, place, setting):
        before = place.describe(store)
        for changes in (
            {"KeyStorePassword": PASSWORD}, {"CloudHsmClusterId": setting.related.id},
            {"KeyStorePassword": PASSWORD, "NewCustomKeyStoreName": "renamed"},
        ):
            with refused(*ks.in_state("CONNECTED")):
                place.update(store, **changes)
        assert place.describe(store) == before
        place.update(store, NewCustomKeyStoreName="renamed")
        assert place.describe(store) == {**before, "CustomKeyStoreName": "renamed"}

    def test_a_password_that_is_changed(self, hsm, setting):
        server = setting.another("changing").start()
        try:
            place = Place(server)
            store = place.connected(setting.changing)
            blob = place.encrypt(place.hsm_key(store))
            # SoftHSM reads it when a process begins.
            server.terminate()
            setting.changing.token.change_password("password-2")
            server.start()
            place.again()
            assert place.state(store) == ("CONNECTED", None)
            with refused(INVALID_STATE, "The HSM refuses the password of the custom key store."):
                place.decrypt(blob)
            place.disconnect(store)
            place.connect(store)
            assert place.state(store) == ("FAILED", "INVALID_CREDENTIALS")
            place.disconnect(store)
            place.update(store, KeyStorePassword="password-2")
            place.connect(store)
            assert place.state(store) == ("CONNECTED", None)
            assert place.decrypt(blob) == MESSAGE
        finally:
            server.kill()

    def test_a_cluster_that_is_configured_no_more(self, hsm, setting, tmp_path):
        server = setting.another("reconfigured")
        server.options = ["--config", str(setting.configure(setting.clusters, tmp_path))]
        server.start()
        try:
            place = Place(server)
            store = place.connected(setting.vanishing)
            key = place.hsm_key(store)
            blob = place.encrypt(key)
            remaining = [one for one in setting.clusters if one is not setting.vanishing]
            setting.configure(remaining, tmp_path)
            server.restart()
            place.again()
            assert place.state(store) == ("CONNECTED", None)
            with refused(INVALID_STATE, "The configuration of this server has no such cluster."):
                place.decrypt(blob)
            place.disconnect(store)
            place.connect(store)
            assert place.state(store) == ("FAILED", "CLUSTER_NOT_FOUND")
            setting.configure(setting.clusters, tmp_path)
            server.restart()
            place.again()
            place.disconnect(store)
            place.connect(store)
            assert place.decrypt(blob) == MESSAGE
        finally:
            server.kill()


class TestCreateKey:
    def test_what_is_answered_and_what_is_in_the_token(self, place, store, setting, account):
        key = place.hsm_key(store, Description="in an HSM")
        assert set(key) == METADATA
        expected = {
            "AWSAccountId": account,
            "Arn": f"arn:aws:kms:{place.region}:{account}:key/{key['KeyId']}",
            "CloudHsmClusterId": setting.cluster.id,
            "CustomKeyStoreId": store,
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "Description": "in an HSM",
            "Enabled": True,
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "MultiRegion": False,
            "Origin": "AWS_CLOUDHSM",
        }
        assert {name: key[name] for name in expected} == expected
        assert place.key(key) == key
        assert setting.cluster.token.keys()[key["KeyId"]] == softhsm.Key(
            label=key["KeyId"], kind=pkcs11.KeyType.AES, bits=256, extractable=False,
            was_ever_extractable=False, sensitive=True, made_inside=True,
        )
        with pytest.raises(pkcs11.AttributeSensitive):
            setting.cluster.token.value(key["KeyId"])

    def test_a_key_each(self, place, store, setting):
        before = set(setting.cluster.token.keys())
        made = {place.hsm_key(store)["KeyId"] for _ in range(5)}
        assert len(made) == 5
        assert set(setting.cluster.token.keys()) == before | made

    @pytest.mark.parametrize("arguments", [
        {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        {"MultiRegion": True},
    ])
    def test_what_a_key_in_an_hsm_is_not(self, place, store, setting, arguments):
        before = setting.cluster.token.keys()
        with refused(ks.UNSUPPORTED, ks.NOT_IN_A_STORE):
            place.hsm_key(store, **arguments)
        assert place.count_keys() == 0
        assert setting.cluster.token.keys() == before

    @pytest.mark.parametrize("changes", [
        {"Origin": None}, {"Origin": "AWS_KMS"}, {"Origin": "EXTERNAL"}, {"CustomKeyStoreId": None},
        {"XksKeyId": "foo"}, {"Origin": "EXTERNAL_KEY_STORE"},
    ])
    def test_members_that_do_not_go_together(self, place, store, setting, changes):
        before = setting.cluster.token.keys()
        request = {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store, **changes}
        request = {name: value for name, value in request.items() if value is not None}
        with refused(*ks.not_together(request.get("Origin"))):
            place.kms.create_key(**request)
        assert place.count_keys() == 0
        assert setting.cluster.token.keys() == before

    def test_a_store_of_the_other_kind(self, place, store):
        with refused(*ks.other_kind("EXTERNAL_KEY_STORE")):
            place.external_key(store)

    def test_a_refused_key_is_not_in_the_token(self, place, store, setting):
        before = setting.cluster.token.keys()
        with refused("MalformedPolicyDocumentException"):
            place.hsm_key(store, Policy="{")
        with refused("TagException", "Duplicate tag keys"):
            place.hsm_key(store, Tags=[{"TagKey": "a", "TagValue": "1"}, {"TagKey": "a", "TagValue": "2"}])
        place.disconnect(store)
        with refused(*ks.in_state("DISCONNECTED")):
            place.hsm_key(store)
        assert setting.cluster.token.keys() == before


class TestUses:
    def test_round_trips(self, place, key):
        for length in (1, 16, 4096):
            plaintext = os.urandom(length)
            blob = place.encrypt(key, plaintext, EncryptionContext={"a": "b"})
            assert len(blob) == length + 124
            assert place.decrypt(blob, EncryptionContext={"a": "b"}) == plaintext
        made = place.kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
        assert place.decrypt(made["CiphertextBlob"]) == made["Plaintext"]
        made = place.kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], NumberOfBytes=7)
        assert len(place.decrypt(made["CiphertextBlob"])) == 7

    def test_to_and_from_other_keys(self, place, store, key):
        own = place.kms.create_key()["KeyMetadata"]
        second = place.hsm_key(store)
        blob = place.encrypt(key)
        for destination in (own, second, key):
            blob = place.kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=destination["KeyId"])[
                "CiphertextBlob"
            ]
            assert place.decrypt(blob) == MESSAGE

    def test_a_ciphertext_is_inside_a_ciphertext(self, place, setting, key):
        """The token's key opens the blob's outer part, as docs/ciphertext-blob.md has it, and what is
        inside is a ciphertext still."""
        plaintext = b"plaintext marker of this test" * 100
        blob = place.encrypt(key, plaintext)
        header, package = blob[:79], blob[79:]
        assert package[0] == 2
        # Bound to the header and to an empty encryption context.
        bound = hashlib.sha256(header + bytes(4)).digest()
        inner = setting.cluster.token.decrypt(key["KeyId"], package[1:13], bound, package[13:])
        assert len(inner) == len(plaintext) + 16
        for seen in (inner, blob):
            assert b"marker" not in seen
        assert place.decrypt(blob) == plaintext

    def test_altered_ciphertexts(self, place, key):
        blob = place.encrypt(key, EncryptionContext={"a": "b"})
        for at in range(len(blob)):
            altered = bytearray(blob)
            altered[at] ^= 1
            with refused("InvalidCiphertextException"):
                place.decrypt(bytes(altered), EncryptionContext={"a": "b"})
        for context in ({}, {"a": "c"}):
            with refused("InvalidCiphertextException"):
                place.decrypt(blob, EncryptionContext=context)
        assert place.decrypt(blob, EncryptionContext={"a": "b"}) == MESSAGE

    def test_a_key_that_is_gone_from_the_token(self, place, store, setting, key):
        blob = place.encrypt(key)
        setting.cluster.token.destroy(key["KeyId"])
        text = "The HSM of the custom key store does not have the key."
        with refused(INVALID_STATE, text):
            place.decrypt(blob)
        with refused(INVALID_STATE, text):
            place.encrypt(key)
        assert place.key_state(key) == ("Enabled", True)
        # Another key of that label is not it.
        setting.cluster.token.make(key["KeyId"], 256)
        with refused("InvalidCiphertextException"):
            place.decrypt(blob)

    def test_in_another_token_there_is_no_such_key(self, place, store, setting, key):
        blob = place.encrypt(key)
        place.disconnect(store)
        place.update(store, CloudHsmClusterId=setting.related.id)
        place.connect(store)
        assert place.state(store) == ("CONNECTED", None)
        with refused(INVALID_STATE, "The HSM of the custom key store does not have the key."):
            place.decrypt(blob)
        place.disconnect(store)
        place.update(store, CloudHsmClusterId=setting.cluster.id)
        place.connect(store)
        assert place.decrypt(blob) == MESSAGE

    def test_dry_runs(self, place, key):
        with refused(*ks.DRY_RUN):
            place.kms.encrypt(KeyId=key["KeyId"], Plaintext=MESSAGE, DryRun=True)
        with refused(*ks.DRY_RUN):
            place.kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256", DryRun=True)

    def test_what_such_keys_do_not(self, place, key):
        for call in (place.kms.enable_key_rotation, place.kms.rotate_key_on_demand):
            with refused(ks.UNSUPPORTED, ks.origin(key)):
                call(KeyId=key["KeyId"])
        with refused(ks.UNSUPPORTED, ks.origin(key)):
            place.kms.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec="ECC_NIST_P256")
        with refused(ks.UNSUPPORTED, ks.origin(key)):
            place.kms.get_parameters_for_import(
                KeyId=key["KeyId"], WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
            )

    def test_many_at_once(self, place, key):
        def work(number: int) -> bool:
            plaintext = b"%d" % number
            return place.decrypt(place.encrypt(key, plaintext)) == plaintext

        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(work, range(200)))

    def test_two_stores_of_one_cluster(self, place, store, setting, key):
        """In two Regions; what is done with one does not log the other out."""
        other = Place(setting.server)
        second = other.connected(setting.cluster)
        there = other.hsm_key(second)
        for _ in range(5):
            assert place.decrypt(place.encrypt(key)) == MESSAGE
            assert other.decrypt(other.encrypt(there)) == MESSAGE
        other.disconnect(second)
        assert place.decrypt(place.encrypt(key)) == MESSAGE
        wrong = Place(setting.server)
        third = wrong.create(setting.cluster, KeyStorePassword="password-9")
        wrong.connect(third)
        assert wrong.state(third) == ("FAILED", "INVALID_CREDENTIALS")
        assert place.decrypt(place.encrypt(key)) == MESSAGE


class TestSlow:
    def test_an_hsm_that_does_not_answer(self, hsm, place, setting):
        text = "The HSM of the custom key store did not respond in time."
        store, other = place.connected(setting.slow), place.connected(setting.cluster)
        key, beside = place.hsm_key(store), place.hsm_key(other)
        blob = place.encrypt(key)
        with setting.slow.token.stuck():
            with refused(INVALID_STATE, text):
                place.decrypt(blob)
            with refused(INVALID_STATE, text):
                place.encrypt(key)
            for call, arguments in (
                (place.kms.create_key, {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store}),
                (place.kms.generate_random, {"NumberOfBytes": 8, "CustomKeyStoreId": store}),
            ):
                with pytest.raises(ClientError) as caught:
                    call(**arguments)
                response = caught.value.response
                assert response["Error"] == {"Code": "DependencyTimeoutException", "Message": text}
                # AWS takes it for a fault of the service, which clients try again.
                assert response["ResponseMetadata"]["HTTPStatusCode"] == 500
            # Nobody else waits for it.
            assert place.decrypt(place.encrypt(beside)) == MESSAGE
            place.disconnect(store)
            place.connect(store)
            assert place.state(store) == ("FAILED", "NETWORK_ERRORS")
        place.disconnect(store)
        place.connect(store)
        assert place.decrypt(blob) == MESSAGE


class TestUnavailable:
    def test_with_its_store(self, place, store, key):
        blob = place.encrypt(key)
        place.disconnect(store)
        assert place.key_state(key) == ("Unavailable", False)
        with refused(INVALID_STATE, ks.unavailable(key)):
            place.decrypt(blob)
        place.connect(store)
        assert place.key_state(key) == ("Enabled", True)
        assert place.decrypt(blob) == MESSAGE


class TestRandom:
    def test_random_bytes_of_the_hsm(self, place, store):
        made = set()
        for length in (1, 32, 1024):
            answer = place.kms.generate_random(NumberOfBytes=length, CustomKeyStoreId=store)
            assert members(answer) == {"Plaintext"} and len(answer["Plaintext"]) == length
            made.add(answer["Plaintext"])
        again = place.kms.generate_random(NumberOfBytes=1024, CustomKeyStoreId=store)["Plaintext"]
        assert again not in made and len(set(again)) > 200

    def test_of_a_store_that_is_not_connected(self, place, store):
        place.disconnect(store)
        with refused(*ks.in_state("DISCONNECTED")):
            place.kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=store)

    def test_of_no_store(self, place):
        with refused(*ks.no_store("cks-0123456789abcdef0")):
            place.kms.generate_random(NumberOfBytes=8, CustomKeyStoreId="cks-0123456789abcdef0")


class TestDeletion:
    @pytest.mark.parametrize("connected", [True, False], ids=["connected", "disconnected"])
    def test_the_key_in_the_token_goes_with_the_kms_key(self, hsm, setting, connected):
        server = setting.another(f"ahead-{connected}", "--dev-clock").start()
        token = setting.cluster.token
        try:
            place = Place(server)
            store = place.connected(setting.cluster)
            key, kept = place.hsm_key(store), place.hsm_key(store)
            blob = place.encrypt(key)
            place.kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
            ks.advance(server, "6d")
            assert key["KeyId"] in token.keys()
            if not connected:
                place.disconnect(store)
                with refused(*ks.HAS_KEYS):
                    place.delete(store)
            ks.advance(server, "2d")
            with refused(NOT_FOUND):
                place.key(key)
            labels = token.keys()
            assert (key["KeyId"] in labels) is not connected and kept["KeyId"] in labels
            # What was left is of no use, and the operator is told.
            left = f"key {key['KeyId']} of {key['Arn']} was left in its HSM"
            assert (left in server.printed()) is not connected
            with refused("AccessDeniedException"):
                place.decrypt(blob)
            if not connected:
                place.connect(store)
            place.kms.schedule_key_deletion(KeyId=kept["KeyId"], PendingWindowInDays=7)
            ks.advance(server, "8d")
            assert kept["KeyId"] not in token.keys()
            place.disconnect(store)
            place.delete(store)
        finally:
            server.kill()

    def test_a_deletion_that_is_cancelled(self, place, store, setting, key):
        blob = place.encrypt(key)
        place.kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        place.kms.cancel_key_deletion(KeyId=key["KeyId"])
        place.kms.enable_key(KeyId=key["KeyId"])
        assert place.decrypt(blob) == MESSAGE


class TestRestart:
    @pytest.mark.parametrize("end", ["terminate", "kill"])
    def test_everything_is_kept(self, hsm, setting, end):
        server = setting.another(f"restart-{end}").start()
        try:
            place = Place(server)
            store = place.connected(setting.cluster)
            key = place.hsm_key(store)
            blob = place.encrypt(key)
            failed = place.create(setting.related, KeyStorePassword="password-9")
            place.connect(failed)
            before = place.kms.describe_custom_key_stores()["CustomKeyStores"]
            getattr(server, end)()
            server.start()
            place.again()
            assert place.kms.describe_custom_key_stores()["CustomKeyStores"] == before
            assert place.state(failed) == ("FAILED", "INVALID_CREDENTIALS")
            # The server logs in when it is asked.
            assert place.decrypt(blob) == MESSAGE
        finally:
            server.kill()

    def test_killed_while_keys_are_made(self, hsm, setting):
        """A KMS key that was acknowledged has its key in the token, whenever the server dies."""
        server = setting.another("killed").start()
        try:
            place = Place(server)
            store = place.connected(setting.second)
            made, stop = [], threading.Event()

            def work():
                while not stop.is_set():
                    try:
                        made.append(place.hsm_key(store))
                    except Exception:
                        return

            for _ in range(5):
                stop.clear()
                workers = [threading.Thread(target=work) for _ in range(4)]
                for worker in workers:
                    worker.start()
                stop.wait(0.3)
                server.kill()
                stop.set()
                for worker in workers:
                    worker.join(60)
                server.start()
                place.again()
            assert made
            labels = setting.second.token.keys()
            for key in made:
                assert key["KeyId"] in labels
                assert place.decrypt(place.encrypt(key)) == MESSAGE
        finally:
            server.kill()


class TestTrail:
    def test_the_password_is_nowhere(self, hsm, setting):
        server = setting.another("trail").start()
        try:
            place = Place(server)
            wrong = "password that is wrong"
            store = place.create(setting.cluster, "recorded", KeyStorePassword=wrong)
            place.connect(store)
            place.disconnect(store)
            place.update(store, KeyStorePassword=PASSWORD)
            place.connect(store)
            key = place.hsm_key(store)
            blob = place.encrypt(key, b"plaintext marker of this test")
            assert place.decrypt(blob) == b"plaintext marker of this test"
            secrets = [wrong.encode(), PASSWORD.encode(), b"plaintext marker of this test"]
            assert ks.leaks(server, secrets) == []
            events = server.events()
            told = {(event["eventName"], event.get("errorCode")) for event in events}
            assert told >= {
                ("CreateCustomKeyStore", None), ("ConnectCustomKeyStore", None),
                ("DisconnectCustomKeyStore", None), ("UpdateCustomKeyStore", None), ("CreateKey", None),
                ("Encrypt", None), ("Decrypt", None),
            }
            (created,) = [event for event in events if event["eventName"] == "CreateCustomKeyStore"]
            assert created["requestParameters"]["cloudHsmClusterId"] == setting.cluster.id
        finally:
            server.kill()
