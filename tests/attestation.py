"""Attestation documents as Nitro makes them, under a root of the test's own, and the opening of
what is sent to their holders.

    pki = Pki()                          # configure the server to trust pki.root_pem
    enclave = Enclave(pki)
    answer = kms.decrypt(CiphertextBlob=blob, Recipient=enclave.recipient())
    plaintext = enclave.open(answer["CiphertextForRecipient"])
"""

import datetime
import struct
import time

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# {1: -35}: ES384.
PROTECTED = bytes.fromhex("a1013822")
OAEP_SHA256 = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class Raw(bytes):
    """What is already CBOR."""


def cbor(value) -> bytes:
    """`value` in CBOR (RFC 8949), with definite lengths and the shortest heads."""
    match value:
        case Raw():
            return value
        case None:
            return b"\xf6"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list():
            return _head(4, len(value)) + b"".join(map(cbor, value))
        case dict():
            pairs = (cbor(key) + cbor(item) for key, item in value.items())
            return _head(5, len(value)) + b"".join(pairs)
    raise TypeError(type(value))


def indefinite_map(value: dict) -> Raw:
    """A map of indefinite length, which is how real hypervisors write a document."""
    pairs = (cbor(key) + cbor(item) for key, item in value.items())
    return Raw(b"\xbf" + b"".join(pairs) + b"\xff")


def _head(major: int, argument: int) -> bytes:
    major <<= 5
    if argument < 24:
        return bytes([major | argument])
    for extra, (form, limit) in enumerate(((">B", 8), (">H", 16), (">I", 32), (">Q", 64))):
        if argument < 1 << limit:
            return bytes([major | 24 + extra]) + struct.pack(form, argument)
    raise OverflowError(argument)


class Pki:
    """A root, an authority below it, and a key that signs documents; all on P-384."""

    def __init__(self, valid_for: datetime.timedelta = datetime.timedelta(days=1)):
        """The certificates are valid from an hour ago for so long from now."""
        self._valid_for = valid_for
        root, root_key = self._certificate("root", None, None, authority=True)
        zone, zone_key = self._certificate("zone", root, root_key, authority=True)
        leaf, self.key = self._certificate("enclave", zone, zone_key, authority=False)
        self.root_pem = root.public_bytes(serialization.Encoding.PEM)
        der = serialization.Encoding.DER
        self.bundle = [root.public_bytes(der), zone.public_bytes(der)]
        self.certificate = leaf.public_bytes(der)

    def _certificate(self, name, issuer, issuer_key, authority):
        key = ec.generate_private_key(ec.SECP384R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.timezone.utc)
        usages = dict.fromkeys(
            (
                "digital_signature content_commitment key_encipherment data_encipherment "
                "key_agreement key_cert_sign crl_sign encipher_only decipher_only"
            ).split(),
            False,
        )
        usages["key_cert_sign" if authority else "digital_signature"] = True
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + self._valid_for)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(x509.KeyUsage(**usages), critical=True)
            .sign(issuer_key or key, hashes.SHA384())
        )
        return certificate, key

    def members(self, **changes) -> dict:
        """What a document of an enclave says, with changes. A change to `...` leaves a member out."""
        members = {
            "module_id": "i-0123456789abcdef0-enc0123456789abcdef",
            "digest": "SHA384",
            "timestamp": int(time.time() * 1000),
            "pcrs": {number: bytes([number + 1]) * 48 for number in range(16)},
            "certificate": self.certificate,
            "cabundle": self.bundle,
            "public_key": None,
            "user_data": None,
            "nonce": None,
        } | changes
        return {name: value for name, value in members.items() if value is not ...}

    def document(self, **changes) -> bytes:
        """A signed document with these members."""
        return self.sign(indefinite_map(self.members(**changes)))

    def sign(self, payload: bytes) -> bytes:
        """A COSE_Sign1 (RFC 9052) of `payload`."""
        payload = bytes(payload)
        structure = cbor(["Signature1", PROTECTED, b"", payload])
        r, s = utils.decode_dss_signature(self.key.sign(structure, ec.ECDSA(hashes.SHA384())))
        signature = r.to_bytes(48, "big") + s.to_bytes(48, "big")
        return cbor([PROTECTED, {}, payload, signature])


class Enclave:
    """The holder of an RSA key that documents of `pki` vouch for."""

    def __init__(self, pki: Pki, bits: int = 2048):
        self.pki = pki
        self.key = rsa.generate_private_key(65537, bits)
        self.spki = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def document(self, **changes) -> bytes:
        """A fresh document with this enclave's key; `changes` as in `Pki.members`."""
        return self.pki.document(**({"public_key": self.spki} | changes))

    def tpm_document(self, **changes) -> bytes:
        """The same as NitroTPM makes it."""
        pcrs = {number: bytes([number + 1]) * 48 for number in range(24)}
        return self.document(**({"pcrs": ..., "nitrotpm_pcrs": pcrs} | changes))

    def recipient(self, document: bytes | None = None) -> dict:
        """The `Recipient` member of a request."""
        return {
            "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
            "AttestationDocument": document or self.document(),
        }

    def open(self, envelope: bytes) -> bytes:
        """The plaintext of a `CiphertextForRecipient`."""
        return open_envelope(envelope, self.key)


def open_envelope(envelope: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """The plaintext of a CMS EnvelopedData (RFC 5652 §6) with one recipient, who is named by the
    SHA-256 of `key`'s SubjectPublicKeyInfo: RSAES-OAEP with SHA-256, AES-256-CBC."""
    info = cms.ContentInfo.load(envelope)
    assert info["content_type"].native == "enveloped_data"
    enveloped = info["content"]
    assert enveloped["version"].native == "v2"
    (recipient,) = enveloped["recipient_infos"]
    recipient = recipient.chosen
    assert recipient["version"].native == "v2"
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    assert recipient["rid"].name == "subject_key_identifier"
    assert recipient["rid"].native == digest.finalize()
    algorithm = recipient["key_encryption_algorithm"]
    assert algorithm["algorithm"].native == "rsaes_oaep"
    assert algorithm["parameters"]["hash_algorithm"]["algorithm"].native == "sha256"
    mask = algorithm["parameters"]["mask_gen_algorithm"]
    assert mask["algorithm"].native == "mgf1"
    assert mask["parameters"]["algorithm"].native == "sha256"
    content = enveloped["encrypted_content_info"]
    assert content["content_type"].native == "data"
    assert content["content_encryption_algorithm"]["algorithm"].native == "aes256_cbc"
    vector = content["content_encryption_algorithm"]["parameters"].native
    content_key = key.decrypt(recipient["encrypted_key"].native, OAEP_SHA256)
    cipher = Cipher(algorithms.AES(content_key), modes.CBC(vector)).decryptor()
    padded = cipher.update(content["encrypted_content"].native) + cipher.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(padded) + unpadder.finalize()
