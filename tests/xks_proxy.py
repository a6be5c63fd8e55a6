"""An external key store proxy in the test's process: the AWS KMS XKS Proxy API 1.0 over real sockets.

It keeps the specification by means that are not the product's: signatures are verified by botocore, keys
encrypt by `cryptography`. A test tells it to be slow, to refuse, or to answer wrong.
"""

import base64
import binascii
import datetime
import hashlib
import hmac
import json
import os
import re
import secrets
import socket
import ssl
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SERVICE = "kms-xks-proxy"
SKEW = datetime.timedelta(minutes=5)
MOST_PLAINTEXT = 4300
MOST_AAD = 8192
TAG = 16

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Z2-7]+)/(\d{8})/([a-z0-9-]+)/kms-xks-proxy/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)
# Of the requests about keys; a question after the proxy's health has only the first two.
METADATA = ["kmsRequestId", "kmsOperation", "awsPrincipalArn", "kmsKeyArn"]

# The status of each refusal.
STATUS = {
    "ValidationException": 400,
    "InvalidStateException": 400,
    "InvalidCiphertextException": 400,
    "InvalidKeyUsageException": 400,
    "AuthenticationFailedException": 401,
    "AccessDeniedException": 403,
    "KeyNotFoundException": 404,
    "InvalidUriPathException": 404,
    "ThrottlingException": 429,
    "InternalException": 500,
    "UnsupportedOperationException": 501,
    "DependencyTimeoutException": 503,
}


class Refusal(Exception):
    """An answer that is an error of the specification."""

    def __init__(self, name: str, message: str = ""):
        super().__init__(name)
        self.name = name
        self.message = message


@dataclass
class Key:
    """A key of the external key manager."""

    material: bytes = field(default_factory=lambda: AESGCM.generate_key(256))
    spec: str = "AES_256"
    usage: list = field(default_factory=lambda: ["ENCRYPT", "DECRYPT"])
    enabled: bool = True
    # What its ciphertexts carry along, at most 20 bytes.
    metadata: bytes = b"key_version=1"

    def may(self, usage: str) -> None:
        if not self.enabled:
            raise Refusal("InvalidStateException")
        if usage not in self.usage:
            raise Refusal("InvalidKeyUsageException")


@dataclass
class Request:
    """What the proxy was asked, after its signature was found good, and what it answered."""

    operation: str
    key: str | None
    body: dict
    region: str
    answer: dict | None = None

    @property
    def metadata(self) -> dict:
        return self.body["requestMetadata"]

    @property
    def plaintext(self) -> bytes:
        """What was to be encrypted."""
        return base64.b64decode(self.body["plaintext"])

    @property
    def associated_data(self) -> bytes:
        return base64.b64decode(self.body.get("additionalAuthenticatedData", ""))


class XksProxy:
    """A proxy with its keys, started and stopped at will; its port stays the same.

    The API names a proxy by its host alone, on port 443: `route` is what the server's configuration must
    say of the host, so that connections to it come here.

    `refuse` is the name of an error that all requests get, `delay` is how many seconds an answer waits, and
    `alter` is called with each answer (a dictionary) before it is sent; bytes that it returns are sent
    instead. At `path` it is found, and at `more_paths`. `seen` holds the requests.
    """

    def __init__(
        self,
        directory: Path,
        *,
        host: str = "localhost",
        prefix: str = "/tenant-1",
        access_key: str | None = None,
        secret: str | None = None,
    ):
        self.host = host
        self.port = None
        self.ca_file = directory / f"{host}-ca.pem"
        self._server_file = directory / f"{host}-server.pem"
        _make_certificates(host, self.ca_file, self._server_file)
        self._as_made = (
            f"{prefix}/kms/xks/v1",
            access_key or base64.b32encode(os.urandom(15)).decode(),
            secret or base64.b64encode(os.urandom(32)).decode(),
        )
        self._listener = None
        self.reset()

    def reset(self) -> None:
        """As it was made, with one key and nothing seen."""
        self.path, self.access_key, self.secret = self._as_made
        self.more_paths = []
        self.keys = {"foo": Key()}
        self.refuse = None
        self.delay = 0.0
        self.alter = None
        self.seen = []
        self.connections = 0

    @property
    def endpoint(self) -> str:
        """Without a port, which the API has no place for."""
        return f"https://{self.host}"

    @property
    def route(self) -> tuple:
        """The host, and where connections to it go."""
        return self.host, f"127.0.0.1:{self.port}"

    @property
    def counts(self) -> Counter:
        """How many good requests there were for each operation."""
        return Counter(request.operation for request in self.seen)

    def of(self, operation: str) -> list:
        """The good requests for an operation."""
        return [request for request in self.seen if request.operation == operation]

    def rotate_credential(self) -> dict:
        """Another credential is good from now on, and the one before is not."""
        self.access_key = base64.b32encode(os.urandom(15)).decode()
        self.secret = base64.b64encode(os.urandom(32)).decode()
        return self.credential

    @property
    def credential(self) -> dict:
        """As XksProxyAuthenticationCredential."""
        return {"AccessKeyId": self.access_key, "RawSecretAccessKey": self.secret}

    def create_custom_key_store(self, name: str) -> dict:
        """The parameters of CreateCustomKeyStore for this proxy."""
        return {
            "CustomKeyStoreName": name,
            "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "XksProxyUriEndpoint": self.endpoint,
            "XksProxyUriPath": self.path,
            "XksProxyConnectivity": "PUBLIC_ENDPOINT",
            "XksProxyAuthenticationCredential": self.credential,
        }

    def start(self) -> "XksProxy":
        listener = _Listener(("127.0.0.1", self.port or 0), _Handler)
        listener.proxy = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._server_file)
        # The handshake is the connection's own thread's.
        listener.socket = context.wrap_socket(
            listener.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = listener.server_address[1]
        self._listener = listener
        threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Nobody listens any more, and every connection is closed."""
        self._listener.shutdown()
        self._listener.server_close()
        self.hang_up()

    @contextmanager
    def stopped(self):
        """It is not there for a while."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def open(self, request: Request) -> bytes:
        """What is in the answer to an encryption, by the key that it names."""
        part = {name: base64.b64decode(value) for name, value in request.answer.items()}
        bound = _bound(request.associated_data, part.get("ciphertextMetadata", b""))
        sealed = part["ciphertext"] + part["authenticationTag"]
        cipher = AESGCM(self.keys[request.key].material)
        return cipher.decrypt(part["initializationVector"], sealed, bound)

    def hang_up(self) -> None:
        """Closes every connection, and listens on."""
        for connection in list(self._listener.open):
            try:
                # Below TLS, as a network would.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                pass

    def answer(self, path: str, headers, body: bytes) -> dict:
        """The answer to a POST, or a `Refusal`."""
        bases = [f"{base}/" for base in (self.path, *self.more_paths)]
        base = next((base for base in bases if path.startswith(base)), None)
        if base is None:
            raise Refusal("InvalidUriPathException")
        region = self._verify(path, headers, body)
        request = self._read(path.removeprefix(base), body, region)
        self.seen.append(request)
        if self.refuse:
            raise Refusal(self.refuse)
        request.answer = self._do(request)
        return dict(request.answer)

    def _do(self, request: Request) -> dict:
        if request.operation == "health":
            return _health()
        key = self.keys.get(request.key)
        if key is None:
            raise Refusal("KeyNotFoundException")
        do = {"metadata": _describe, "encrypt": _encrypt, "decrypt": _decrypt}[request.operation]
        return do(key, request.body)

    def _verify(self, path: str, headers, body: bytes) -> str:
        """The Region of the signature, if it is good."""
        found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        time_signed = headers.get("x-amz-date", "")
        if not found or found[1] != self.access_key:
            raise Refusal("AuthenticationFailedException")
        _, date, region, names, signature = found.groups()
        signed = {name: headers.get(name, "") for name in names.split(";")}
        try:
            at = datetime.datetime.strptime(time_signed, "%Y%m%dT%H%M%SZ")
        except ValueError:
            raise Refusal("AuthenticationFailedException") from None
        off = abs(datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - at)
        if off > SKEW or not time_signed.startswith(date) or not {"host", "x-amz-date"} <= signed.keys():
            raise Refusal("AuthenticationFailedException")
        request = AWSRequest("POST", f"{self.endpoint}{path}", headers=signed, data=body)
        request.context["timestamp"] = time_signed
        signer = SigV4Auth(Credentials(self.access_key, self.secret), SERVICE, region)
        to_sign = signer.string_to_sign(request, signer.canonical_request(request))
        if not hmac.compare_digest(signer.signature(to_sign, request), signature):
            raise Refusal("AuthenticationFailedException")
        return region

    def _read(self, rest: str, body: bytes, region: str) -> Request:
        match rest.split("/"):
            case ["health"]:
                operation, key, needed = "health", None, METADATA[:2]
            case ["keys", key, "metadata"]:
                operation, needed = "metadata", METADATA[:3]
            case ["keys", key, "encrypt" | "decrypt" as operation]:
                needed = METADATA
            case _:
                raise Refusal("InvalidUriPathException")
        try:
            parsed = json.loads(body)
            metadata = parsed["requestMetadata"]
            good = all(isinstance(metadata[name], str) and metadata[name] for name in needed)
        except (ValueError, KeyError, TypeError):
            good = False
        if not good:
            raise Refusal("ValidationException", "requestMetadata")
        return Request(operation, key, parsed, region)


def _health() -> dict:
    return {
        "xksProxyFleetSize": 1,
        "xksProxyVendor": "Strongroom tests",
        "xksProxyModel": "xks_proxy.py 1.0",
        "ekmVendor": "Strongroom tests",
        "ekmFleetDetails": [{"id": "1", "model": "in memory", "healthStatus": "ACTIVE"}],
    }


def _describe(key: Key, _body: dict) -> dict:
    return {
        "keySpec": key.spec,
        "keyUsage": key.usage,
        "keyStatus": "ENABLED" if key.enabled else "DISABLED",
    }


def _encrypt(key: Key, body: dict) -> dict:
    plaintext = _member(body, "plaintext", 1, MOST_PLAINTEXT)
    aad = _member(body, "additionalAuthenticatedData", 0, MOST_AAD)
    _algorithm(body, "encryptionAlgorithm", "AES_GCM")
    integrity = body.get("ciphertextDataIntegrityValueAlgorithm")
    key.may("ENCRYPT")
    if integrity is not None:
        _algorithm(body, "ciphertextDataIntegrityValueAlgorithm", "SHA_256")
        # The value says that a decryption would succeed.
        key.may("DECRYPT")
    iv = secrets.token_bytes(12)
    cipher = AESGCM(key.material)
    sealed = cipher.encrypt(iv, plaintext, _bound(aad, key.metadata))
    ciphertext, tag = sealed[:-TAG], sealed[-TAG:]
    answer = {
        "ciphertext": _text(ciphertext),
        "initializationVector": _text(iv),
        "authenticationTag": _text(tag),
    }
    if key.metadata:
        answer["ciphertextMetadata"] = _text(key.metadata)
    if integrity is not None:
        # Before the decryption that proves it, as the specification's appendix C has it.
        digest = hashlib.sha256(aad + key.metadata + iv + ciphertext + tag).digest()
        cipher.decrypt(iv, ciphertext + tag, _bound(aad, key.metadata))
        answer["ciphertextDataIntegrityValue"] = _text(digest)
    return answer


def _decrypt(key: Key, body: dict) -> dict:
    ciphertext = _member(body, "ciphertext", 1, MOST_PLAINTEXT)
    aad = _member(body, "additionalAuthenticatedData", 0, MOST_AAD)
    metadata = _member(body, "ciphertextMetadata", 0, 20)
    iv = _member(body, "initializationVector", 12, 16)
    tag = _member(body, "authenticationTag", TAG, TAG)
    _algorithm(body, "encryptionAlgorithm", "AES_GCM")
    key.may("DECRYPT")
    try:
        plaintext = AESGCM(key.material).decrypt(iv, ciphertext + tag, _bound(aad, metadata))
    except InvalidTag:
        raise Refusal("InvalidCiphertextException") from None
    return {"plaintext": _text(plaintext)}


def _bound(aad: bytes, metadata: bytes) -> bytes:
    """The associated data of the cipher: both parts, each with its length before it."""
    return len(aad).to_bytes(2, "big") + aad + bytes([len(metadata)]) + metadata


def _member(body: dict, name: str, least: int, most: int) -> bytes:
    """A member in base64; empty if it is not there and may be so."""
    try:
        value = base64.b64decode(body.get(name, ""), validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Refusal("ValidationException", name) from None
    if not least <= len(value) <= most:
        raise Refusal("ValidationException", name)
    return value


def _algorithm(body: dict, member: str, only: str) -> None:
    if body.get(member) != only:
        raise Refusal("ValidationException", member)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


class _Listener(ThreadingHTTPServer):
    """Listens, a thread for each connection, and knows which are open."""

    def __init__(self, *arguments):
        self.open = set()
        super().__init__(*arguments)

    def get_request(self):
        connection, address = super().get_request()
        self.open.add(connection)
        self.proxy.connections += 1
        return connection, address

    def shutdown_request(self, request):
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        """A client that hangs up, or does not like the certificate, is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Head and body leave in one piece.
    wbufsize = -1

    def do_POST(self):
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            status, answer = 200, proxy.answer(self.path, self.headers, body)
        except Refusal as refusal:
            status, answer = STATUS[refusal.name], {"errorName": refusal.name}
            if refusal.message:
                answer["errorMessage"] = refusal.message
        instead = proxy.alter(answer) if proxy.alter else None
        time.sleep(proxy.delay)
        self._send(status, answer if instead is None else instead)

    def do_GET(self):
        self._send(405, {"errorName": "MethodNotAllowed"})

    def _send(self, status: int, answer) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Says nothing: a test looks at `seen`."""


def _make_certificates(host: str, ca_file: Path, server_file: Path) -> None:
    """An authority, and a certificate with its key for the host."""
    now = datetime.datetime.now(datetime.timezone.utc)
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Authority of {host}")])

    def begin(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )

    ca = begin(issuer, authority).add_extension(x509.BasicConstraints(True, None), critical=True)
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    leaf = begin(x509.Name([]), server).add_extension(names, critical=True)
    pem = serialization.Encoding.PEM
    ca_file.write_bytes(ca.sign(authority, hashes.SHA256()).public_bytes(pem))
    key = server.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server_file.write_bytes(key + leaf.sign(authority, hashes.SHA256()).public_bytes(pem))
    server_file.chmod(0o600)
