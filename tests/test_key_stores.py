"""Custom key stores of external key store proxies: created, connected, updated, listed and deleted, as boto3
sees them, with a proxy that keeps the specification and tells the test what it was asked.
"""

import datetime
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import key_stores as ks
from expect import VALIDATION, error_of, members, refused
from key_stores import Place, Setting
from server import DidNotStart, Server
from xks_proxy import XksProxy

ENTRY = {
    "ConnectionState",
    "CreationDate",
    "CustomKeyStoreId",
    "CustomKeyStoreName",
    "CustomKeyStoreType",
    "XksProxyConfiguration",
}
UNKNOWN = "cks-0123456789abcdef0"


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    one = Setting(tmp_path_factory.mktemp("key-stores"))
    yield one
    one.end()


@pytest.fixture(autouse=True)
def fresh(setting):
    setting.reset()


@pytest.fixture
def proxy(setting):
    return setting.proxy


@pytest.fixture(scope="module")
def account(setting):
    return setting.server.client("sts").get_caller_identity()["Account"]


@pytest.fixture
def place(setting):
    return Place(setting.server)


def https(host: str) -> dict:
    return {"XksProxyUriEndpoint": f"https://{host}"}


def all_unavailable(answer: dict) -> None:
    for manager in answer["ekmFleetDetails"]:
        manager["healthStatus"] = "UNAVAILABLE"


# What is wrong with a proxy: how it comes about, the error that creating and updating answer, its text, and
# why connecting fails.
TROUBLES = {
    "nobody listens": (
        {"stop": True}, ks.UNREACHABLE, ks.CANNOT_COMMUNICATE, "XKS_PROXY_NOT_REACHABLE",
    ),
    "too slow": ({"delay": ks.TOO_SLOW}, ks.UNREACHABLE, ks.TIMED_OUT, "XKS_PROXY_TIMED_OUT"),
    "its key manager is too slow": (
        {"refuse": "DependencyTimeoutException"}, ks.UNREACHABLE, ks.TIMED_OUT, "XKS_PROXY_TIMED_OUT",
    ),
    "too many requests": (
        {"refuse": "ThrottlingException"}, ks.UNREACHABLE, ks.THROTTLED, "INTERNAL_ERROR",
    ),
    "no key manager serves": (
        {"alter": all_unavailable}, ks.UNREACHABLE, ks.UNHEALTHY, "XKS_PROXY_NOT_REACHABLE",
    ),
    "its key manager does not answer it": (
        {"refuse": "InternalException"}, ks.BAD_RESPONSE, ks.NO_KEY_MANAGER, "INTERNAL_ERROR",
    ),
    "rules of its own forbid it": (
        {"refuse": "AccessDeniedException"}, ks.MISCONFIGURED, ks.DENIED, "XKS_PROXY_ACCESS_DENIED",
    ),
    "another credential": (
        {"refuse": "AuthenticationFailedException"},
        ks.WRONG_CREDENTIAL, ks.NOT_AUTHENTICATED, "INVALID_CREDENTIALS",
    ),
    "another path": (
        {"path": "/moved/kms/xks/v1"}, ks.MISCONFIGURED, ks.WRONG_PATH, "XKS_PROXY_INVALID_CONFIGURATION",
    ),
    "no JSON": (
        {"alter": lambda _: b"<html>"}, ks.BAD_RESPONSE, ks.NOT_UNDERSTOOD, "XKS_PROXY_INVALID_RESPONSE",
    ),
    "a member is missing": (
        {"alter": lambda answer: answer.pop("ekmVendor")},
        ks.BAD_RESPONSE, ks.NOT_UNDERSTOOD, "XKS_PROXY_INVALID_RESPONSE",
    ),
    "an answer without end": (
        {"alter": lambda _: b" " * 1_000_000},
        ks.BAD_RESPONSE, ks.NOT_UNDERSTOOD, "XKS_PROXY_INVALID_RESPONSE",
    ),
    "the request is not valid to it": (
        {"refuse": "ValidationException"},
        ks.BAD_RESPONSE, ks.NOT_UNDERSTOOD, "XKS_PROXY_INVALID_RESPONSE",
    ),
}


class Trouble:
    """The proxy has a trouble of `TROUBLES` while the block runs."""

    def __init__(self, proxy, how: dict):
        self.proxy = proxy
        self.how = dict(how)
        self.is_stopped = self.how.pop("stop", False)
        self.before = {name: getattr(proxy, name) for name in self.how}

    def __enter__(self):
        for name, value in self.how.items():
            setattr(self.proxy, name, value)
        if self.is_stopped:
            self.proxy.stop()

    def __exit__(self, *_):
        for name, value in self.before.items():
            setattr(self.proxy, name, value)
        if self.is_stopped:
            self.proxy.start()


class TestCreate:
    def test_what_is_answered_and_described(self, place, proxy):
        request = proxy.create_custom_key_store("für später ✓")
        answer = place.kms.create_custom_key_store(**request)
        assert members(answer) == {"CustomKeyStoreId"}
        store = answer["CustomKeyStoreId"]
        assert re.fullmatch(r"cks-[0-9a-f]{17}", store)
        entry = place.describe(store)
        assert set(entry) == ENTRY
        now = datetime.datetime.now(datetime.timezone.utc)
        assert abs(now - entry.pop("CreationDate")) < datetime.timedelta(minutes=1)
        assert entry == {
            "ConnectionState": "DISCONNECTED",
            "CustomKeyStoreId": store,
            "CustomKeyStoreName": "für später ✓",
            "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "XksProxyConfiguration": {
                "AccessKeyId": proxy.access_key,
                "Connectivity": "PUBLIC_ENDPOINT",
                "UriEndpoint": "https://xks.example.com",
                "UriPath": "/tenant-1/kms/xks/v1",
            },
        }

    def test_a_public_endpoint_is_asked_how_it_is(self, place, proxy):
        answer = place.kms.create_custom_key_store(**proxy.create_custom_key_store("asked"))
        (asked,) = proxy.seen
        assert (asked.operation, asked.region) == ("health", place.region)
        assert asked.metadata == {
            "kmsOperation": "CreateCustomKeyStore",
            "kmsRequestId": answer["ResponseMetadata"]["RequestId"],
        }

    def test_a_vpc_endpoint_service_is_not_asked(self, place, proxy, account):
        store = place.create(proxy, **ks.vpc(place.region))
        assert proxy.connections == 0
        configuration = place.describe(store)["XksProxyConfiguration"]
        assert configuration == {
            "AccessKeyId": proxy.access_key,
            "Connectivity": "VPC_ENDPOINT_SERVICE",
            "UriEndpoint": "https://xks.example.com",
            "UriPath": "/tenant-1/kms/xks/v1",
            "VpcEndpointServiceName": ks.vpc(place.region)["XksProxyVpcEndpointServiceName"],
            "VpcEndpointServiceOwner": account,
        }
        place.connect(store)
        assert place.state(store) == ("CONNECTED", None)
        other = place.create(
            proxy, XksProxyVpcEndpointServiceOwner="444455556666",
            **{**ks.vpc(place.region, 2), **https(ks.PRIVATE[0])},
        )
        owner = place.describe(other)["XksProxyConfiguration"]["VpcEndpointServiceOwner"]
        assert owner == "444455556666"

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_a_proxy_in_trouble(self, place, proxy, trouble):
        how, code, message, _ = TROUBLES[trouble]
        request = proxy.create_custom_key_store("in trouble")
        with Trouble(proxy, how), refused(code, message):
            place.kms.create_custom_key_store(**request)
        assert place.names() == []
        place.kms.create_custom_key_store(**request)

    @pytest.mark.parametrize("host", [ks.MISNAMED, ks.UNTRUSTED])
    def test_a_certificate_that_is_not_to_be_trusted(self, place, proxy, host):
        with refused(ks.MISCONFIGURED, ks.NO_TLS):
            place.create(proxy, **https(host))
        assert proxy.seen == [] and place.names() == []

    def test_nobody_at_the_endpoint(self, place, proxy):
        with refused(ks.UNREACHABLE, ks.CANNOT_COMMUNICATE):
            place.create(proxy, **https(ks.NOBODY))

    def test_a_credential_that_the_proxy_does_not_know(self, place, proxy):
        wrong = {**proxy.credential, "RawSecretAccessKey": "A" * 43}
        with refused(ks.WRONG_CREDENTIAL, ks.NOT_AUTHENTICATED):
            place.create(proxy, XksProxyAuthenticationCredential=wrong)

    def test_a_degraded_key_manager_serves(self, place, proxy):
        def one_of_two(answer):
            (manager,) = answer["ekmFleetDetails"]
            answer["ekmFleetDetails"] = [
                {**manager, "healthStatus": status} for status in ("UNAVAILABLE", "DEGRADED")
            ]

        proxy.alter = one_of_two
        place.connected(proxy)

    def test_a_version_of_the_api_that_there_is_not(self, place, proxy):
        with refused(ks.MISCONFIGURED, ks.WRONG_PATH):
            place.create(proxy, XksProxyUriPath="/tenant-1/kms/xks/v2")
        assert proxy.connections == 0

    @pytest.mark.parametrize("connectivity", ["PUBLIC_ENDPOINT", "VPC_ENDPOINT_SERVICE"])
    def test_a_host_that_the_operator_does_not_allow(self, place, proxy, connectivity):
        changes = ks.vpc(place.region) if connectivity == "VPC_ENDPOINT_SERVICE" else {}
        with refused(*ks.HOST_NOT_ALLOWED):
            place.create(proxy, **{**changes, **https(ks.FORBIDDEN)})
        assert place.names() == []

    @pytest.mark.parametrize("member", [
        "XksProxyUriEndpoint", "XksProxyUriPath", "XksProxyConnectivity",
        "XksProxyAuthenticationCredential",
    ])
    def test_what_a_proxy_must_have(self, place, proxy, member):
        with refused(*ks.lacks(member)):
            place.create(proxy, **{member: None})
        assert place.names() == []

    @pytest.mark.parametrize("member, value", [
        ("CloudHsmClusterId", "cluster-2a3b4c5d6e7"),
        ("KeyStorePassword", "password-1"),
        ("TrustAnchorCertificate", "certificate"),
        ("XksProxyVpcEndpointServiceName", "com.amazonaws.vpce.eu-west-2.vpce-svc-1"),
        ("XksProxyVpcEndpointServiceOwner", "444455556666"),
    ])
    def test_what_a_public_endpoint_must_not_have(self, place, proxy, member, value):
        with refused(*ks.has_no(member)):
            place.create(proxy, **{member: value})
        assert place.names() == []

    def test_a_vpc_endpoint_service_has_a_name(self, place, proxy):
        with refused(*ks.lacks("XksProxyVpcEndpointServiceName")):
            place.create(proxy, XksProxyConnectivity="VPC_ENDPOINT_SERVICE")


class TestUniqueness:
    def test_names(self, place, proxy, setting):
        place.create(proxy, "taken")
        with refused(*ks.name_taken("taken")):
            place.create(setting.other, "taken")
        place.create(setting.other, "free")
        assert set(place.names()) == {"taken", "free"}
        # In another Region it is free.
        Place(setting.server).create(proxy, "taken")

    def test_a_name_is_free_again(self, place, proxy):
        place.delete(place.create(proxy, "again"))
        store = place.create(proxy, "again")
        place.update(store, NewCustomKeyStoreName="new")
        assert place.names() == ["new"]
        with refused(*ks.URI_TAKEN):
            place.create(proxy, "again")

    def test_endpoint_and_path(self, place, proxy):
        place.create(proxy)
        with refused(*ks.URI_TAKEN):
            place.create(proxy)
        with refused(*ks.URI_TAKEN):
            place.create(proxy, **https("XKS.Example.com"))
        # Another path at the same endpoint is another proxy.
        proxy.more_paths = ["/tenant-2/kms/xks/v1"]
        place.create(proxy, XksProxyUriPath="/tenant-2/kms/xks/v1")

    def test_endpoints_of_vpc_endpoint_services(self, place, proxy, setting):
        private = {**ks.vpc(place.region, 1), "XksProxyUriPath": "/private/kms/xks/v1"}
        store = place.create(proxy)
        with refused(*ks.ENDPOINT_TAKEN):
            place.create(proxy, **private)
        place.delete(store)
        place.create(proxy, **private)
        with refused(*ks.ENDPOINT_TAKEN):
            place.create(proxy)
        with refused(*ks.ENDPOINT_TAKEN):
            place.create(proxy, **{**ks.vpc(place.region, 2), "XksProxyUriPath": "/more/kms/xks/v1"})
        Place(setting.server).create(proxy)

    def test_vpc_endpoint_services(self, place, proxy):
        place.create(proxy, **ks.vpc(place.region))
        with refused(*ks.SERVICE_TAKEN):
            place.create(proxy, **{**ks.vpc(place.region), **https(ks.PRIVATE[0])})

    def test_an_update_is_held_to_it_too(self, place, proxy, setting):
        place.create(proxy, "first")
        second = place.create(setting.other, "second")
        with refused(*ks.name_taken("first")):
            place.update(second, NewCustomKeyStoreName="first")
        with refused(*ks.URI_TAKEN):
            place.update(
                second, XksProxyUriPath=proxy.path, XksProxyAuthenticationCredential=proxy.credential,
                **https("xks.example.com"),
            )
        with refused(*ks.ENDPOINT_TAKEN):
            place.update(second, **{**ks.vpc(place.region), **https("xks.example.com")})
        private = {**ks.vpc(place.region), **https(ks.PRIVATE[0])}
        place.create(proxy, "third", **private)
        with refused(*ks.SERVICE_TAKEN):
            place.update(second, **{**private, **https(ks.PRIVATE[1])})
        # What is a store's own is not in its way.
        place.update(second, NewCustomKeyStoreName="second", XksProxyUriPath=setting.other.path)
        assert set(place.names()) == {"first", "second", "third"}

    def test_ten_are_all(self, place, proxy, setting):
        def private(number: int) -> dict:
            return {**ks.vpc(place.region, number), **https(ks.PRIVATE[number])}

        stores = [place.create(proxy, f"store {number}", **private(number)) for number in range(10)]
        with refused(*ks.TOO_MANY):
            place.create(proxy, "one more", **private(10))
        assert len(place.names()) == 10
        place.delete(stores[3])
        place.create(proxy, "one more", **private(3))
        Place(setting.server).create(proxy)


class TestConnect:
    def test_connected_and_disconnected(self, place, proxy):
        store = place.create(proxy)
        proxy.seen.clear()
        answer = place.kms.connect_custom_key_store(CustomKeyStoreId=store)
        assert members(answer) == set()
        (asked,) = proxy.seen
        assert (asked.operation, asked.region) == ("health", place.region)
        assert asked.metadata == {
            "kmsOperation": "ConnectCustomKeyStore",
            "kmsRequestId": answer["ResponseMetadata"]["RequestId"],
        }
        assert place.state(store) == ("CONNECTED", None)
        place.disconnect(store)
        assert place.state(store) == ("DISCONNECTED", None)
        place.connect(store)
        assert place.state(store) == ("CONNECTED", None)

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_a_proxy_in_trouble(self, place, proxy, trouble):
        how, _, _, why = TROUBLES[trouble]
        store = place.create(proxy)
        with Trouble(proxy, how):
            place.connect(store)
        assert place.state(store) == ("FAILED", why)
        # Even now that the proxy is well, it must be disconnected first.
        with refused(*ks.in_state("FAILED")):
            place.connect(store)
        place.disconnect(store)
        assert place.state(store) == ("DISCONNECTED", None)
        place.connect(store)
        assert place.state(store) == ("CONNECTED", None)

    @pytest.mark.parametrize("host, why", [
        (ks.NOBODY, "XKS_PROXY_NOT_REACHABLE"),
        (ks.MISNAMED, "XKS_PROXY_INVALID_TLS_CONFIGURATION"),
        (ks.UNTRUSTED, "XKS_PROXY_INVALID_TLS_CONFIGURATION"),
    ])
    def test_a_vpc_endpoint_service_turns_out_when_it_is_connected(self, place, proxy, host, why):
        store = place.create(proxy, **{**ks.vpc(place.region), **https(host)})
        place.connect(store)
        assert place.state(store) == ("FAILED", why)

    def test_a_credential_that_is_good_no_more(self, place, proxy):
        store = place.create(proxy)
        proxy.rotate_credential()
        place.connect(store)
        assert place.state(store) == ("FAILED", "INVALID_CREDENTIALS")
        place.disconnect(store)
        place.update(store, XksProxyAuthenticationCredential=proxy.credential)
        place.connect(store)
        assert place.state(store) == ("CONNECTED", None)
        assert place.describe(store)["XksProxyConfiguration"]["AccessKeyId"] == proxy.access_key

    def test_a_connected_store_may_be_connected(self, place, proxy):
        store = place.connected(proxy)
        place.connect(store)
        assert place.state(store) == ("CONNECTED", None)

    def test_a_disconnected_store_is_not_disconnected(self, place, proxy):
        store = place.create(proxy)
        with refused(*ks.in_state("DISCONNECTED")):
            place.disconnect(store)

    def test_a_host_that_is_allowed_no_more(self, setting, proxy, tmp_path):
        config = ks.configuration(tmp_path, xks=setting.xks, routes=setting.routes)
        server = setting.another("allowed")
        server.options = ["--config", str(config)]
        server.start()
        try:
            place = Place(server)
            store = place.connected(proxy)
            place.disconnect(store)
            strict = {**setting.xks, "allowed_endpoints": ["other.example.com"]}
            ks.configuration(tmp_path, xks=strict, routes=setting.routes)
            server.restart()
            place.again()
            proxy.seen.clear()
            place.connect(store)
            assert place.state(store) == ("FAILED", "XKS_PROXY_INVALID_CONFIGURATION")
            assert proxy.seen == []
        finally:
            server.kill()

    def test_the_default_deadline_is_awss(self, setting, proxy, tmp_path):
        xks = {name: value for name, value in setting.xks.items() if name != "deadline_ms"}
        config = ks.configuration(tmp_path, xks=xks, routes=setting.routes)
        server = setting.another("default")
        server.options = ["--config", str(config)]
        server.start()
        try:
            place = Place(server)
            store = place.create(proxy, **ks.vpc(place.region))
            proxy.delay = 1
            place.connect(store)
            assert place.state(store) == ("FAILED", "XKS_PROXY_TIMED_OUT")
        finally:
            server.kill()


class TestConfiguration:
    @pytest.mark.parametrize("text, complaint", [
        ('[key_stores.xks]\nno_such_member = 1\n', "no_such_member"),
        ('[key_stores.xks]\nca_file = "/no/such/file"\n', "/no/such/file"),
        ("[key_stores.xks]\ndeadline_ms = 0\n", "deadline"),
        ('[key_stores.xks]\nallowed_endpoints = ["https://xks.example.com"]\n', "https://xks.example.com"),
        ('[key_stores.xks.routes]\n"xks.example.com" = "127.0.0.1"\n', "127.0.0.1"),
        ('[key_stores.hsm.cluster-1]\nmodule = "m"\ntoken = "t"\n', "cluster-1"),
        ('[key_stores.hsm.cluster-2a3b4c5d6e7]\nmodule = "m"\n', "token"),
        ('[key_stores.hsm.cluster-2a3b4c5d6e7]\nmodule = "m"\ntoken = "t"\nslot = 1\n', "slot"),
        ('[key_stores.hsm.cluster-2a3b4c5d6e7]\ntoken = "t"\n', "module"),
    ])
    def test_what_cannot_be_used_is_said_at_the_start(self, tmp_path, text, complaint):
        config = tmp_path / "strongroom.toml"
        config.write_text(text)
        server = Server(tmp_path / "data", options=["--config", str(config)])
        with pytest.raises(DidNotStart, match=re.escape(complaint)):
            server.start()
        server.kill()

    def test_without_any_there_is_no_cluster(self, own_server):
        kms = own_server.client(validate=False)
        cluster = "cluster-2a3b4c5d6e7"
        with refused("CloudHsmClusterNotFoundException", f"Cluster {cluster} does not exist."):
            kms.create_custom_key_store(
                CustomKeyStoreName="none", CloudHsmClusterId=cluster, KeyStorePassword="password-1",
                TrustAnchorCertificate="certificate",
            )


    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "169.254.169.254", "10.1", "intranet"])
    def test_hosts_that_must_be_named_by_it(self, server, tmp_path, host):
        """Without a word of the operator nobody has the server connect to its own network's addresses."""
        proxy = XksProxy(tmp_path, host=host)
        place = Place(server)
        text = (
            "The configuration of this server does not allow an endpoint without a qualified host name."
        )
        for changes in ({}, ks.vpc(place.region)):
            with refused(ks.MISCONFIGURED, text):
                place.create(proxy, **changes)

    def test_an_address_that_is_named(self, tmp_path):
        proxy = XksProxy(tmp_path, host="localhost").start()
        config = ks.configuration(
            tmp_path, xks={"ca_file": str(proxy.ca_file), "deadline_ms": ks.DEADLINE_MS},
            routes=dict([proxy.route]),
        )
        server = Server(tmp_path / "data", options=["--config", str(config)]).start()
        try:
            Place(server).connected(proxy)
        finally:
            server.kill()
            proxy.stop()


class TestUnknownStores:
    @pytest.mark.parametrize("operation", [
        "connect_custom_key_store", "disconnect_custom_key_store", "update_custom_key_store",
        "delete_custom_key_store", "describe_custom_key_stores",
    ])
    def test_an_id_of_none(self, place, proxy, setting, operation):
        elsewhere = Place(setting.server).create(proxy)
        for store in (UNKNOWN, elsewhere, "nonsense"):
            with refused(*ks.no_store(store)):
                getattr(place.kms, operation)(CustomKeyStoreId=store)

    def test_a_name_of_none(self, place):
        with refused(*ks.no_store("nobody's")):
            place.kms.describe_custom_key_stores(CustomKeyStoreName="nobody's")


class TestUpdate:
    def test_a_connected_store_takes_name_credential_and_path(self, place, proxy):
        store = place.connected(proxy)
        place.update(store, NewCustomKeyStoreName="renamed")
        credential = proxy.rotate_credential()
        place.update(store, XksProxyAuthenticationCredential=credential)
        proxy.path = "/moved/kms/xks/v1"
        place.update(store, XksProxyUriPath=proxy.path)
        entry = place.describe(store)
        assert entry["ConnectionState"] == "CONNECTED"
        assert entry["CustomKeyStoreName"] == "renamed"
        assert entry["XksProxyConfiguration"]["AccessKeyId"] == credential["AccessKeyId"]
        assert entry["XksProxyConfiguration"]["UriPath"] == "/moved/kms/xks/v1"
        key = place.external_key(store)
        assert place.decrypt(place.encrypt(key, b"x")) == b"x"

    def test_what_a_connected_store_does_not_take(self, place, proxy, setting):
        store = place.connected(proxy)
        before = place.describe(store)
        for changes in (
            https("other.example.com"),
            {**ks.vpc(place.region), **https("other.example.com")},
            {"NewCustomKeyStoreName": "renamed", **https("other.example.com")},
        ):
            with refused(*ks.in_state("CONNECTED")):
                place.update(store, **changes)
        assert place.describe(store) == before

    def test_what_a_failed_store_does_not_take(self, place, proxy):
        store = place.create(proxy)
        with proxy.stopped():
            place.connect(store)
        with refused(*ks.in_state("FAILED")):
            place.update(store, **https("other.example.com"))

    def test_to_another_proxy(self, place, proxy, setting):
        store = place.create(proxy)
        other = setting.other
        place.update(
            store, XksProxyUriPath=other.path, XksProxyAuthenticationCredential=other.credential,
            **https("other.example.com"),
        )
        (asked,) = other.seen
        assert (asked.operation, asked.metadata["kmsOperation"]) == ("health", "UpdateCustomKeyStore")
        configuration = place.describe(store)["XksProxyConfiguration"]
        assert configuration == {
            "AccessKeyId": other.access_key,
            "Connectivity": "PUBLIC_ENDPOINT",
            "UriEndpoint": "https://other.example.com",
            "UriPath": "/kms/xks/v1",
        }
        place.connect(store)
        assert place.state(store) == ("CONNECTED", None)
        # The endpoint that it had is free.
        place.create(proxy)

    def test_to_a_vpc_endpoint_service_and_back(self, place, proxy, account):
        store = place.create(proxy)
        with refused(*ks.lacks("XksProxyVpcEndpointServiceName")):
            place.update(
                store, XksProxyConnectivity="VPC_ENDPOINT_SERVICE", **https(ks.PRIVATE[0])
            )
        proxy.seen.clear()
        place.update(store, **{**ks.vpc(place.region), **https(ks.PRIVATE[0])})
        assert proxy.seen == []
        configuration = place.describe(store)["XksProxyConfiguration"]
        assert configuration["Connectivity"] == "VPC_ENDPOINT_SERVICE"
        assert configuration["UriEndpoint"] == f"https://{ks.PRIVATE[0]}"
        assert configuration["VpcEndpointServiceOwner"] == account
        place.update(
            store,
            XksProxyVpcEndpointServiceName=ks.vpc(place.region, 2)["XksProxyVpcEndpointServiceName"],
            XksProxyVpcEndpointServiceOwner="444455556666",
        )
        configuration = place.describe(store)["XksProxyConfiguration"]
        assert configuration["VpcEndpointServiceName"].endswith("2")
        assert configuration["VpcEndpointServiceOwner"] == "444455556666"
        place.update(store, XksProxyConnectivity="PUBLIC_ENDPOINT", **https("xks.example.com"))
        configuration = place.describe(store)["XksProxyConfiguration"]
        assert configuration["Connectivity"] == "PUBLIC_ENDPOINT"
        assert not {"VpcEndpointServiceName", "VpcEndpointServiceOwner"} & set(configuration)
        assert [asked.metadata["kmsOperation"] for asked in proxy.seen] == ["UpdateCustomKeyStore"]

    @pytest.mark.parametrize("state", ["CONNECTED", "DISCONNECTED"])
    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_a_proxy_in_trouble(self, place, proxy, trouble, state):
        how, code, message, _ = TROUBLES[trouble]
        store = place.connected(proxy) if state == "CONNECTED" else place.create(proxy)
        before = place.describe(store)
        with Trouble(proxy, how), refused(code, message):
            place.update(
                store, NewCustomKeyStoreName="renamed",
                XksProxyAuthenticationCredential=proxy.credential,
            )
        assert place.describe(store) == before

    def test_a_wrong_credential_changes_nothing(self, place, proxy):
        store = place.connected(proxy)
        wrong = {**proxy.credential, "RawSecretAccessKey": "A" * 43}
        with refused(ks.WRONG_CREDENTIAL, ks.NOT_AUTHENTICATED):
            place.update(store, XksProxyAuthenticationCredential=wrong)
        key = place.external_key(store)
        assert place.decrypt(place.encrypt(key, b"x")) == b"x"

    def test_a_name_is_changed_without_the_proxy(self, place, proxy):
        store = place.create(proxy)
        with proxy.stopped():
            place.update(store, NewCustomKeyStoreName="renamed")
        assert place.names() == ["renamed"]

    def test_a_host_that_the_operator_does_not_allow(self, place, proxy):
        store = place.create(proxy)
        with refused(*ks.HOST_NOT_ALLOWED):
            place.update(store, **https(ks.FORBIDDEN))

    @pytest.mark.parametrize("member, value", [
        ("KeyStorePassword", "password-1"), ("CloudHsmClusterId", "cluster-2a3b4c5d6e7"),
        ("XksProxyVpcEndpointServiceOwner", "444455556666"),
        ("XksProxyVpcEndpointServiceName", "com.amazonaws.vpce.eu-west-2.vpce-svc-1"),
    ])
    def test_members_that_are_not_for_it(self, place, proxy, member, value):
        store = place.create(proxy)
        with refused(*ks.has_no(member)):
            place.update(store, **{member: value})

    def test_nothing_to_change(self, place, proxy):
        store = place.create(proxy)
        with refused(VALIDATION, "There is nothing to update"):
            place.update(store)


class TestDescribe:
    def test_by_id_and_by_name(self, place, proxy, setting):
        store = place.create(proxy, "one")
        place.create(setting.other, "two")
        by_id = place.kms.describe_custom_key_stores(CustomKeyStoreId=store)
        by_name = place.kms.describe_custom_key_stores(CustomKeyStoreName="one")
        assert by_id["CustomKeyStores"] == by_name["CustomKeyStores"]
        assert members(by_id) == {"CustomKeyStores", "Truncated"} and by_id["Truncated"] is False
        text = "You can specify either CustomKeyStoreId or CustomKeyStoreName, but not both."
        with refused(VALIDATION, text):
            place.kms.describe_custom_key_stores(CustomKeyStoreId=store, CustomKeyStoreName="one")

    def test_none(self, place):
        answer = place.kms.describe_custom_key_stores()
        assert (answer["CustomKeyStores"], answer["Truncated"]) == ([], False)

    def test_pages(self, place, proxy):
        for number in range(5):
            place.create(
                proxy, f"store {number}", **{**ks.vpc(place.region, number), **https(ks.PRIVATE[number])}
            )
        pages = list(
            place.kms.get_paginator("describe_custom_key_stores").paginate(
                PaginationConfig={"PageSize": 2}
            )
        )
        assert [len(page["CustomKeyStores"]) for page in pages] == [2, 2, 1]
        assert [page["Truncated"] for page in pages] == [True, True, False]
        assert ["NextMarker" in page for page in pages] == [True, True, False]
        ids = [entry["CustomKeyStoreId"] for page in pages for entry in page["CustomKeyStores"]]
        whole = place.kms.describe_custom_key_stores()["CustomKeyStores"]
        assert ids == [entry["CustomKeyStoreId"] for entry in whole] and len(set(ids)) == 5
        with refused("InvalidMarkerException", "Invalid marker."):
            place.kms.describe_custom_key_stores(Marker="of another query")
        with refused("InvalidMarkerException", "Invalid marker."):
            Place(place.server).kms.describe_custom_key_stores(Marker=pages[0]["NextMarker"])


class TestDelete:
    def test_deleted(self, place, proxy):
        store = place.create(proxy)
        place.delete(store)
        assert place.names() == []
        with refused(*ks.no_store(store)):
            place.delete(store)

    def test_not_while_it_is_connected(self, place, proxy):
        store = place.connected(proxy)
        with refused(*ks.in_state("CONNECTED")):
            place.delete(store)
        place.disconnect(store)
        place.delete(store)

    def test_not_while_it_has_failed(self, place, proxy):
        store = place.create(proxy)
        with proxy.stopped():
            place.connect(store)
        with refused(*ks.in_state("FAILED")):
            place.delete(store)

    def test_not_while_it_has_keys(self, place, proxy):
        store = place.connected(proxy)
        key = place.external_key(store)
        place.disconnect(store)
        with refused(*ks.HAS_KEYS):
            place.delete(store)
        # A key that is to be deleted is one still.
        place.kms.schedule_key_deletion(KeyId=key["KeyId"])
        with refused(*ks.HAS_KEYS):
            place.delete(store)

    def test_once_its_keys_are_gone(self, setting, proxy):
        server = setting.another("ahead", "--dev-clock").start()
        try:
            place = Place(server)
            store = place.connected(proxy)
            key = place.external_key(store)
            place.kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
            with refused(*ks.external_key_taken("foo")):
                place.external_key(store)
            ks.advance(server, "8d")
            with refused("NotFoundException"):
                place.key(key)
            # Nothing was asked of the proxy, and the external key is free for another KMS key.
            assert "foo" in proxy.keys
            again = place.external_key(store)
            place.kms.schedule_key_deletion(KeyId=again["KeyId"], PendingWindowInDays=7)
            place.disconnect(store)
            ks.advance(server, "8d")
            place.delete(store)
            assert place.names() == []
        finally:
            server.kill()


class TestManyAtOnce:
    """What is unique stays so when many ask at the same time."""

    def race(self, calls: list) -> list:
        """The answers and error codes of calls that begin together."""
        together = threading.Barrier(len(calls))

        def one(call):
            together.wait(30)
            try:
                return call()
            except Exception as refusal:
                return refusal.response["Error"]["Code"]

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))

    def test_one_name(self, place, proxy):
        def create(number: int):
            changes = {**ks.vpc(place.region, number), **https(ks.PRIVATE[number])}
            return lambda: place.create(proxy, "coveted", **changes)

        results = self.race([create(number) for number in range(8)])
        assert results.count(ks.IN_USE) == 7, results
        assert place.names() == ["coveted"]

    def test_one_endpoint(self, place, proxy):
        results = self.race([lambda: place.create(proxy) for _ in range(8)])
        assert results.count(ks.URI_IN_USE) == 7, results
        assert len(place.names()) == 1

    def test_the_tenth(self, place, proxy):
        def create(number: int):
            changes = {**ks.vpc(place.region, number), **https(ks.PRIVATE[number])}
            return lambda: place.create(proxy, f"store {number}", **changes)

        results = self.race([create(number) for number in range(14)])
        assert results.count("LimitExceededException") == 4, results
        assert len(place.names()) == 10

    def test_one_external_key(self, place, proxy):
        store = place.connected(proxy)
        results = self.race([lambda: place.external_key(store) for _ in range(8)])
        assert results.count("XksKeyAlreadyInUseException") == 7, results
        assert place.count_keys() == 1

    def test_a_store_is_deleted_or_has_a_key(self, place, proxy):
        """A key is not made in a store that is being deleted."""
        for _ in range(10):
            store = place.connected(proxy)

            def take_away(store=store):
                place.disconnect(store)
                place.delete(store)
                return "deleted"

            gone, key = self.race([take_away, lambda store=store: place.external_key(store)])
            if gone == "deleted":
                assert key in (ks.NOT_FOUND, ks.STORE_STATE), key
            else:
                assert gone == "CustomKeyStoreHasCMKsException", gone
                assert place.key(key)["CustomKeyStoreId"] == store
                return


class TestRestart:
    @pytest.mark.parametrize("end", ["terminate", "kill"])
    def test_everything_is_kept(self, setting, proxy, end):
        server = setting.another(f"restart-{end}").start()
        try:
            place = Place(server)
            connected = place.connected(proxy, "connected")
            key = place.external_key(connected)
            blob = place.encrypt(key, b"kept")
            disconnected = place.create(setting.other, "disconnected")
            failed = place.create(proxy, "failed", **{**ks.vpc(place.region), **https(ks.NOBODY)})
            place.connect(failed)
            before = place.kms.describe_custom_key_stores()["CustomKeyStores"]
            metadata = place.key(key)

            getattr(server, end)()
            proxy.seen.clear()
            server.start()
            place.again()
            assert place.kms.describe_custom_key_stores()["CustomKeyStores"] == before
            assert place.state(connected) == ("CONNECTED", None)
            assert place.state(disconnected) == ("DISCONNECTED", None)
            assert place.state(failed) == ("FAILED", "XKS_PROXY_NOT_REACHABLE")
            assert place.key(key) == metadata
            # A proxy is asked when it is needed, and not before.
            assert proxy.seen == []
            assert place.decrypt(blob) == b"kept"
            with refused(*ks.name_taken("connected")):
                place.create(setting.other, "connected")
            with refused(*ks.external_key_taken("foo")):
                place.external_key(connected)
        finally:
            server.kill()

    def test_a_change_that_was_answered_outlives_a_kill(self, setting, proxy):
        server = setting.another("killed").start()
        try:
            place = Place(server)
            store = place.connected(proxy)
            key = place.external_key(store)
            place.disconnect(store)
            server.kill()
            server.start()
            place.again()
            assert place.state(store) == ("DISCONNECTED", None)
            assert place.key_state(key) == ("Unavailable", False)
            place.update(store, NewCustomKeyStoreName="renamed")
            server.kill()
            server.start()
            place.again()
            assert place.names() == ["renamed"]
        finally:
            server.kill()


class TestTrail:
    def test_what_is_recorded_and_what_is_nowhere(self, setting, proxy):
        """The proxy's secrets, of stores that are there and of those that are not, are nowhere in the
        clear."""
        server = setting.another("trail").start()
        try:
            place = Place(server)
            secrets = [proxy.secret]
            store = place.connected(proxy, "recorded")
            secrets.append(proxy.rotate_credential()["RawSecretAccessKey"])
            place.update(store, XksProxyAuthenticationCredential=proxy.credential)
            wrong = {**proxy.credential, "RawSecretAccessKey": "0123456789" * 5}
            secrets.append(wrong["RawSecretAccessKey"])
            error_of(
                place.kms.update_custom_key_store, CustomKeyStoreId=store,
                XksProxyAuthenticationCredential=wrong,
            )
            error_of(
                place.kms.create_custom_key_store,
                **{**setting.other.create_custom_key_store("refused"),
                   "XksProxyAuthenticationCredential": wrong},
            )
            key = place.external_key(store)
            blob = place.encrypt(key, b"plaintext marker of this test")
            with proxy.stopped():
                error_of(place.kms.decrypt, CiphertextBlob=blob)
            place.disconnect(store)
            secrets = [secret.encode() for secret in secrets] + [b"plaintext marker of this test"]
            assert ks.leaks(server, secrets) == []

            events = server.events()
            told = {(event["eventName"], event.get("errorCode")) for event in events}
            assert told >= {
                ("CreateCustomKeyStore", None),
                ("CreateCustomKeyStore", ks.WRONG_CREDENTIAL),
                ("ConnectCustomKeyStore", None),
                ("UpdateCustomKeyStore", None),
                ("UpdateCustomKeyStore", ks.WRONG_CREDENTIAL),
                ("DescribeCustomKeyStores", None),
                ("DisconnectCustomKeyStore", None),
                ("CreateKey", None),
                ("Encrypt", None),
                ("Decrypt", "KMSInvalidStateException"),
            }
            for event in events:
                if event["eventName"].endswith("CustomKeyStore"):
                    assert event["readOnly"] is False
                    assert store in str(event) or event["eventName"] == "CreateCustomKeyStore"
            created = [event for event in events if event["eventName"] == "CreateCustomKeyStore"]
            assert {event["requestParameters"]["customKeyStoreName"] for event in created} == {
                "recorded", "refused",
            }
            (lost,) = [event for event in events if event["eventName"] == "Decrypt"]
            assert lost["errorMessage"] == ks.CANNOT_COMMUNICATE
            assert [resource["ARN"] for resource in lost["resources"]] == [key["Arn"]]
        finally:
            server.kill()
