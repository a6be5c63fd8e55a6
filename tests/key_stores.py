"""What the tests of custom key stores share: servers with the proxies that they know, Regions of a test's
own, and what AWS says.
"""

import base64
import itertools
import json
import re
import subprocess
import uuid
from pathlib import Path

from expect import VALIDATION
from server import BINARY, Server, free_port
from xks_proxy import XksProxy

# Longer than a busy machine takes, shorter than a test likes to wait. `TOO_SLOW` is beyond it, in seconds.
DEADLINE_MS = 2000
TOO_SLOW = 2.5

# Hosts that are allowed and lead to no proxy that works: nobody listens, the certificate is that of another
# host, the certificate is of an authority that nobody trusts.
NOBODY = "nobody.example.com"
MISNAMED = "misnamed.example.com"
UNTRUSTED = "untrusted.example.com"
# Hosts that are allowed and lead nowhere in particular, since nobody connects; and one that is not allowed.
PRIVATE = [f"private-{number}.example.com" for number in range(15)]
FORBIDDEN = "forbidden.example.com"

IN_USE = "CustomKeyStoreNameInUseException"
NOT_FOUND = "CustomKeyStoreNotFoundException"
STORE_STATE = "CustomKeyStoreInvalidStateException"
UNREACHABLE = "XksProxyUriUnreachableException"
WRONG_CREDENTIAL = "XksProxyIncorrectAuthenticationCredentialException"
MISCONFIGURED = "XksProxyInvalidConfigurationException"
BAD_RESPONSE = "XksProxyInvalidResponseException"
URI_IN_USE = "XksProxyUriInUseException"
ENDPOINT_IN_USE = "XksProxyUriEndpointInUseException"
SERVICE_IN_USE = "XksProxyVpcEndpointServiceInUseException"
UNFIT = "XksKeyInvalidConfigurationException"
UNSUPPORTED = "UnsupportedOperationException"
DRY_RUN = ("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")

# AWS KMS Developer Guide, "Troubleshooting external key stores" and "Monitoring an external key store".
CANNOT_COMMUNICATE = (
    "AWS KMS cannot communicate with the external key store proxy. Verify that your external key store "
    "proxy is active and is connected to the network, and that its URI path and endpoint URI or VPC "
    "service name are correct in your external key store."
)
TIMED_OUT = (
    "AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the "
    "request. If you see this error repeatedly, report it to your external key store proxy administrator."
)
NOT_AUTHENTICATED = (
    "The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify "
    "the credentials for your external key store and update if necessary."
)
WRONG_PATH = (
    "The external key store proxy rejected the request because of an invalid URI path. Verify the URI path "
    "for your external key store and update if necessary."
)
NO_TLS = (
    "AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS "
    "configuration, including its certificate."
)
UNHEALTHY = (
    "The external key store proxy is in an unhealthy state. If you see this message repeatedly, notify "
    "your external key store proxy administrator."
)
NOT_UNDERSTOOD = (
    "AWS KMS cannot interpret the response from the external key store proxy. If you see this error "
    "repeatedly, consult your external key store proxy administrator."
)
DENIED = (
    "The external key store proxy denied access to the operation. Verify that the user and the external key "
    "are both authorized for this operation, and try the request again."
)
THROTTLED = (
    "The external key store proxy rejected the request due to a very high request rate. Reduce the "
    "frequency of your calls using KMS keys in this external key store."
)
NO_KEY_MANAGER = (
    "The external key store proxy rejected the request because it cannot communicate with the external key "
    "manager. Verify that the external key store proxy configuration is correct and that the external key "
    "manager is available."
)
NOT_SUPPORTED = (
    "The external key store proxy rejected the request because it does not support the requested "
    "cryptographic operation."
)
NO_KEY = (
    "The external key store proxy rejected the request because it could not find the external key."
)
KEY_USAGE = (
    "The external key store proxy rejected the request because the external key does not support the "
    "requested operation."
)
KEY_DISABLED = (
    "The external key store proxy rejected the request because the external key is not enabled in the "
    "external key manager."
)
OUTER_CIPHERTEXT = (
    "The external key store proxy rejected the request because the specified ciphertext or additional "
    "authenticated data is corrupted, missing, or otherwise invalid."
)
INNER_CIPHERTEXT = (
    "The ciphertext that the external key store proxy submitted for decryption, or the encryption context, "
    "is corrupted, missing, or otherwise invalid."
)


def unavailable(key: dict) -> str:
    return f"{key['Arn']} is unavailable."


def origin(key: dict) -> str:
    """Why a key is not for an operation."""
    return f"{key['Arn']} origin is {key['Origin']} which is not valid for this operation."


# Texts of our own, where AWS publishes none.
HAS_KEYS = ("CustomKeyStoreHasCMKsException", "The custom key store contains KMS keys.")
URI_TAKEN = (
    URI_IN_USE,
    "XksProxyUriEndpoint and XksProxyUriPath together are already associated with another external key "
    "store.",
)
ENDPOINT_TAKEN = (
    ENDPOINT_IN_USE, "XksProxyUriEndpoint is already associated with another external key store.",
)
SERVICE_TAKEN = (
    SERVICE_IN_USE,
    "XksProxyVpcEndpointServiceName is already associated with another external key store.",
)
TOO_MANY = (
    "LimitExceededException",
    "The custom key store quota of the account in this Region is reached: 10 custom key stores",
)
HOST_NOT_ALLOWED = (
    MISCONFIGURED, "The configuration of this server does not allow a proxy at this host.",
)
NO_RANDOM = (UNSUPPORTED, "GenerateRandom is not supported for external key stores.")
NOT_IN_A_STORE = re.compile(r" is not supported in custom key stores$")


def no_store(name: str) -> tuple:
    return NOT_FOUND, f"Custom key store {name} does not exist."


def name_taken(name: str) -> tuple:
    return IN_USE, f"A custom key store with the name {name} already exists."


def in_state(state: str) -> tuple:
    """The refusal of what a store does not admit in this state."""
    return STORE_STATE, f"The connection state of the custom key store is {state}."


def external_key_taken(name: str) -> tuple:
    text = f"External key {name} is already associated with a KMS key in this key store."
    return "XksKeyAlreadyInUseException", text


def not_together(origin: str | None) -> tuple:
    text = f"The combination of CustomKeyStoreId, XksKeyId and Origin {origin or 'AWS_KMS'} is not valid"
    return VALIDATION, text


def other_kind(origin: str) -> tuple:
    return VALIDATION, f"Origin {origin} is not valid for this type of custom key store"


def lacks(member: str) -> tuple:
    return VALIDATION, f"{member} is required for this type of custom key store"


def has_no(member: str) -> tuple:
    return VALIDATION, f"{member} cannot be specified for this type of custom key store"


def configuration(directory: Path, *, xks: dict | None = None, routes: dict | None = None, hsms=()) -> Path:
    """A configuration file; `hsms` are pairs of a cluster id and the members of its table."""
    lines = []
    tables = [("key_stores.xks", xks), ("key_stores.xks.routes", routes)]
    tables += [(f"key_stores.hsm.{cluster}", members) for cluster, members in hsms]
    for name, members in tables:
        if members is not None:
            lines.append(f"[{name}]")
            # JSON's texts, numbers and lists are TOML's, too.
            lines += [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in members.items()]
    path = directory / "strongroom.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


class Setting:
    """A server, and the proxies that its configuration leads to: `proxy`, and `other` at another host."""

    def __init__(self, directory: Path, **xks):
        self.directory = directory
        self.proxy = XksProxy(directory, host="xks.example.com").start()
        self.other = XksProxy(directory, host="other.example.com", prefix="").start()
        self.untrusted = XksProxy(directory, host=UNTRUSTED).start()
        self._port = free_port()
        trusted = directory / "trusted.pem"
        trusted.write_bytes(self.proxy.ca_file.read_bytes() + self.other.ca_file.read_bytes())
        self.xks = {
            "ca_file": str(trusted),
            "allowed_endpoints": [*self.routes, *PRIVATE],
            "deadline_ms": DEADLINE_MS,
            **xks,
        }
        self.config = configuration(directory, xks=self.xks, routes=self.routes)
        self.server = self.another("data").start()

    @property
    def proxies(self) -> list:
        return [self.proxy, self.other, self.untrusted]

    @property
    def routes(self) -> dict:
        routes = dict(proxy.route for proxy in self.proxies)
        routes[NOBODY] = f"127.0.0.1:{self._port}"
        routes[MISNAMED] = self.proxy.route[1]
        return routes

    def another(self, name: str, *options: str) -> Server:
        """Another server of the same configuration, not started."""
        return Server(self.directory / name, options=["--config", str(self.config), *options])

    def reset(self) -> None:
        for proxy in self.proxies:
            proxy.reset()

    def end(self) -> None:
        self.server.kill()
        for proxy in self.proxies:
            proxy.stop()


_NUMBERS = itertools.count(1)


class Place:
    """A Region that only one test uses: names, endpoints and the quota of stores count in a Region."""

    def __init__(self, server: Server):
        self.server = server
        self.region = f"eu-west-{next(_NUMBERS)}"
        self.kms = None
        self.again()

    def again(self) -> None:
        """Another client, after the server was started anew."""
        self.kms = self.server.client(region=self.region, validate=False)

    def create(self, backing, name: str | None = None, **changes) -> str:
        """A store; `backing` is a proxy or a cluster. A member that is changed to None is left out."""
        request = {**backing.create_custom_key_store(name or f"store-{uuid.uuid4()}"), **changes}
        request = {name: value for name, value in request.items() if value is not None}
        return self.kms.create_custom_key_store(**request)["CustomKeyStoreId"]

    def connected(self, backing, name: str | None = None, **changes) -> str:
        """A store that is connected."""
        store = self.create(backing, name, **changes)
        self.connect(store)
        assert self.state(store) == ("CONNECTED", None)
        return store

    def connect(self, store: str) -> None:
        answer = self.kms.connect_custom_key_store(CustomKeyStoreId=store)
        assert set(answer) == {"ResponseMetadata"}

    def disconnect(self, store: str) -> None:
        answer = self.kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        assert set(answer) == {"ResponseMetadata"}

    def update(self, store: str, **members) -> None:
        answer = self.kms.update_custom_key_store(CustomKeyStoreId=store, **members)
        assert set(answer) == {"ResponseMetadata"}

    def delete(self, store: str) -> None:
        answer = self.kms.delete_custom_key_store(CustomKeyStoreId=store)
        assert set(answer) == {"ResponseMetadata"}

    def describe(self, store: str) -> dict:
        (entry,) = self.kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"]
        return entry

    def names(self) -> list:
        """The names of all stores."""
        pages = self.kms.get_paginator("describe_custom_key_stores").paginate()
        return [entry["CustomKeyStoreName"] for page in pages for entry in page["CustomKeyStores"]]

    def state(self, store: str) -> tuple:
        entry = self.describe(store)
        return entry["ConnectionState"], entry.get("ConnectionErrorCode")

    def external_key(self, store: str, name: str = "foo", **arguments) -> dict:
        """A KMS key of an external key: its metadata."""
        return self.kms.create_key(
            Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId=name, **arguments
        )["KeyMetadata"]

    def hsm_key(self, store: str, **arguments) -> dict:
        """A KMS key whose key is made in an HSM: its metadata."""
        return self.kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store, **arguments)["KeyMetadata"]

    def key(self, key: dict) -> dict:
        return self.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]

    def key_state(self, key: dict) -> tuple:
        found = self.key(key)
        return found["KeyState"], found["Enabled"]

    def encrypt(self, key: dict, plaintext: bytes = b"attack at dawn", **arguments) -> bytes:
        return self.kms.encrypt(KeyId=key["KeyId"], Plaintext=plaintext, **arguments)["CiphertextBlob"]

    def decrypt(self, blob: bytes, **arguments) -> bytes:
        return self.kms.decrypt(CiphertextBlob=blob, **arguments)["Plaintext"]

    def count_keys(self) -> int:
        pages = self.kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1000})
        return sum(len(page["Keys"]) for page in pages)


def vpc(region: str, number: int = 1) -> dict:
    """What a store differs in that a proxy is behind a VPC endpoint service for."""
    return {
        "XksProxyConnectivity": "VPC_ENDPOINT_SERVICE",
        "XksProxyVpcEndpointServiceName": f"com.amazonaws.vpce.{region}.vpce-svc-{number:017x}",
    }


def advance(server: Server, by: str) -> None:
    """Sets the clock of a server with `--dev-clock` forward; what is due is done when this returns."""
    command = [BINARY, "clock", "advance", by, "--data", server.data]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def leaks(server: Server, secrets: list) -> list:
    """Where secrets are found: files of the data directory, the log, the audit trail. The server is
    stopped for it and started again."""
    records = json.dumps(server.events()).encode()
    server.terminate()
    files = [path for path in server.data.rglob("*") if path.is_file()]
    assert files and records
    held = {str(path): path.read_bytes() for path in [*files, server.log]}
    held["the audit trail"] = records
    server.start()
    return [place for place, content in held.items() for secret in secrets if is_in(secret, content)]


def is_in(secret: bytes, content: bytes) -> bool:
    """Whether the secret is there, in whatever form."""
    forms = [secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")]
    return any(form in content for form in forms) or secret.hex().upper().encode() in content
